//! What a worker in Rust does: answers the coordinator, a line for a line.
//!
//! `check ROW/SIZE` is answered with the bytes that come out, `time ROW/SIZE NANOSECONDS` with the nanoseconds of a call
//! in the best of the short batches that fit that time, `ask QUESTION HEX…` with the bytes that the question has for an
//! answer, or `refused`. Knows no library; `c/worker.c` and `go/worker.go` are the same.

use std::{
    hint::black_box,
    io::{self, BufRead, Write},
    time::{Duration, Instant},
};

/// The same bytes in every worker: the first 16 are SM4's key.
pub const KEYS: [u8; 32] = [
    1, 18, 35, 52, 69, 86, 103, 120, 137, 154, 171, 188, 205, 222, 239, 0, 17, 34, 51, 68, 85, 102, 119, 136,
    153, 170, 187, 204, 221, 238, 255, 16,
];
pub const NONCE: [u8; 16] = [9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48, 51, 54];
pub const TAG: usize = 16;

const BATCH: Duration = Duration::from_micros(200);
const AT_ONCE: usize = 16384;
const MESSAGES: usize = 16;
/// Sixteen messages a power of two apart would fight for the same lines of a cache, in any library.
const STRIDE: usize = 320;

pub fn key() -> [u8; 16] {
    core::array::from_fn(|at| KEYS[at])
}

type InPlace = Box<dyn FnMut(&mut [u8])>;
type Opening = Box<dyn FnMut(&mut [u8]) -> bool>;
type Hashing = Box<dyn FnMut(&[u8]) -> [u8; 32]>;
type HashingMany = Box<dyn FnMut(&[&[u8]]) -> Vec<[u8; 32]>>;
type Keying = Box<dyn FnMut(&[u8; 16])>;
type Calling = Box<dyn FnMut() -> bool>;
type UnderKey = Box<dyn Fn(&[u8; 16], &mut [u8; 16])>;

/// What a row does to its message.
pub enum Work {
    Crypt(InPlace),
    /// The last 16 bytes are room for the tag.
    Seal(InPlace),
    /// What makes the message, and what takes it apart: whether the tag is right.
    Open(InPlace, Opening),
    Hash(Hashing),
    Many(HashingMany),
    /// A key schedule, and a block under it.
    Key(Keying, UnderKey),
    /// All of its own: no message, and what comes out differs from call to call. Whether it was done.
    Call(Calling),
}

/// A question of SM2, with what answers it: nothing where it is refused.
pub type Question = (&'static str, Box<dyn FnMut(&[Vec<u8>]) -> Option<Vec<u8>>>);

/// A message of a row, and as it was before the first call.
struct Bench<'a> {
    work: &'a mut Work,
    size: usize,
    arena: Vec<u8>,
    saved: Vec<u8>,
}

impl<'a> Bench<'a> {
    fn new(work: &'a mut Work, size: usize) -> Self {
        let text =
            |size| (0..size).map(|at: usize| (at * 167 + (at >> 8) * 59 + 3) as u8).collect::<Vec<u8>>();
        let mut arena = match work {
            Work::Many(_) => text(MESSAGES * (size + STRIDE)),
            _ => text(size),
        };
        if let Work::Seal(_) | Work::Open(..) = work {
            arena.resize(size + TAG, 0);
        }
        if let Work::Open(seal, _) = work {
            seal(&mut arena);
            // Side by side, so that the clock is not read for each.
            arena = arena.repeat((AT_ONCE / size).max(1));
        }
        let saved = arena.clone();
        Self { work, size, arena, saved }
    }

    /// How many calls are timed together at least.
    fn together(&self) -> usize {
        if let Work::Open(..) = self.work { self.arena.len() / (self.size + TAG) } else { 1 }
    }

    fn batch(&mut self, calls: usize) -> Duration {
        if let Work::Open(_, open) = &mut *self.work {
            return opened(open, &mut self.arena, &self.saved, self.size + TAG, calls);
        }
        let messages: Vec<&[u8]> = match self.work {
            Work::Many(_) => self.saved.chunks(self.size + STRIDE).map(|chunk| &chunk[..self.size]).collect(),
            _ => Vec::new(),
        };
        let mut good = true;
        let begun = Instant::now();
        for _ in 0..calls {
            match self.work {
                Work::Crypt(work) | Work::Seal(work) => work(black_box(&mut self.arena)),
                Work::Open(..) => {}
                Work::Hash(work) => _ = black_box(work(black_box(&self.arena))),
                Work::Many(work) => _ = black_box(work(black_box(&messages))),
                Work::Key(work, _) => work(black_box(&key())),
                Work::Call(work) => good &= work(),
            }
        }
        assert!(good, "a call must succeed");
        begun.elapsed()
    }

    /// Nanoseconds of a call.
    fn best(&mut self, budget: Duration) -> f64 {
        let mut calls = self.together();
        let mut spent = self.batch(calls);
        while spent < BATCH {
            calls *= 2;
            spent = self.batch(calls);
        }
        let (begun, mut least, mut at) = (Instant::now(), spent, 0);
        while at < 3 || begun.elapsed() < budget {
            least = least.min(self.batch(calls));
            at += 1;
        }
        least.as_secs_f64() * 1e9 / calls as f64
    }

    fn output(mut self) -> Vec<u8> {
        match self.work {
            Work::Crypt(work) | Work::Seal(work) => work(&mut self.arena),
            Work::Hash(work) => self.arena = work(&self.arena).to_vec(),
            Work::Open(_, open) => {
                self.arena.truncate(self.size + TAG);
                self.arena[self.size / 2] ^= 1;
                assert!(!open(&mut self.arena), "a message with one bit changed must be refused");
                self.arena.copy_from_slice(&self.saved[..self.size + TAG]);
                assert!(open(&mut self.arena), "a message must be opened");
                self.arena.truncate(self.size);
            }
            Work::Many(work) => {
                let messages = self.arena.chunks(self.size + STRIDE).map(|chunk| &chunk[..self.size]);
                self.arena = work(&messages.collect::<Vec<_>>()).concat();
            }
            Work::Key(_, encrypt) => {
                let mut block = [0; 16];
                encrypt(&key(), &mut block);
                self.arena = block.to_vec();
            }
            Work::Call(work) => assert!(work(), "a call must succeed"),
        }
        self.arena
    }
}

fn opened(
    open: &mut dyn FnMut(&mut [u8]) -> bool,
    arena: &mut [u8],
    saved: &[u8],
    each: usize,
    calls: usize,
) -> Duration {
    let (mut spent, mut done) = (Duration::ZERO, 0);
    while done < calls {
        let mut good = true;
        arena.copy_from_slice(saved);
        let begun = Instant::now();
        for message in black_box(&mut *arena).chunks_exact_mut(each) {
            good &= open(message);
            done += 1;
        }
        spent += begun.elapsed();
        assert!(good, "a message must be opened");
    }
    spent
}

/// Says hello, then answers until nobody asks any more.
pub fn serve(hello: &str, mut rows: Vec<(&str, Work)>, mut questions: Vec<Question>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{hello}")?;
    stdout.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.strip_prefix("ask ") {
            Some(question) => told(question, &mut questions),
            None => answer(&line, &mut rows),
        };
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}

/// Fields are hexadecimal, `-` where there are no bytes.
fn told(question: &str, questions: &mut [Question]) -> String {
    let mut words = question.split(' ');
    let name = words.next();
    let Some((_, work)) = questions.iter_mut().find(|(known, _)| Some(*known) == name) else {
        return "none".to_owned();
    };
    let fields: Vec<Vec<u8>> = words.map(|word| unhex(word.trim_start_matches('-'))).collect();
    work(&fields).map_or("refused".to_owned(), |bytes| hex(&bytes))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("hexadecimal") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn answer(line: &str, rows: &mut [(&str, Work)]) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let (name, size) = words[1].split_once('/').expect("a row and a size");
    let Some((_, work)) = rows.iter_mut().find(|(row, _)| *row == name) else { return "none".to_owned() };
    let mut bench = Bench::new(work, size.parse().expect("a size"));
    if words[0] == "check" {
        return hex(&bench.output());
    }
    let budget = Duration::from_nanos(words[2].parse().expect("nanoseconds"));
    format!("{:.3}", bench.best(budget))
}
