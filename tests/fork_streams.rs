//! Streams with threads across a fork: the child is refused them and waits for nobody, and what it drops is wiped.
//!
//! One test alone, so that no other thread of this process holds a lock of the allocator when it forks.
#![cfg(feature = "std")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "no safe face of fork(2), alarm(2) and _exit(2) is at hand")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{
    fs::{self, File},
    io::{Read, Write},
    num::NonZeroUsize,
    os::unix::fs::FileExt as _,
};

use miyao::{
    Kind, SecretBytes,
    algo::drbg::Drbg,
    envelope::{self, Decryptor, Encryptor, Opener, Options, Suite, recipient::Passphrase},
};

unsafe extern "C" {
    safe fn fork() -> i32;
    safe fn alarm(seconds: u32) -> u32;
    safe fn _exit(status: i32) -> !;
}

/// Words of plaintext, each told by itself: whoever finds some that follow each other has found the text.
const WORDS: u64 = 1 << 19;
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
const MASK: u64 = 0x5bd1_e995_c2b2_ae35;
/// More than kernels have of a frame on their stacks, which nobody can wipe for a thread that is not there; a frame has 8,192.
const RUN: u64 = 512;

fn word(at: u64) -> u64 {
    at.wrapping_mul(ODD) ^ MASK
}

/// The place in the text where this word stands.
fn place(word: u64) -> Option<u64> {
    // Newton's method for the inverse modulo 2^64.
    let inverse =
        (0..6).fold(ODD, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(ODD.wrapping_mul(inverse))));
    Some((word ^ MASK).wrapping_mul(inverse)).filter(|at| *at < WORDS)
}

/// Part of the text, for one call.
fn with_words<T>(words: core::ops::Range<u64>, work: impl FnOnce(&[u8]) -> T) -> T {
    // A vector that grows leaves behind what it grew out of.
    let mut text = vec![0; (words.end - words.start) as usize * 8];
    text.chunks_mut(8).zip(words).for_each(|(bytes, at)| bytes.copy_from_slice(&word(at).to_ne_bytes()));
    let done = work(&text);
    text.fill(0);
    core::hint::black_box(&mut text);
    done
}

/// Whether a run of the text stands anywhere in the memory of this process.
fn has_text() -> bool {
    longest_run() >= RUN
}

/// The longest run of the text, in words.
fn longest_run() -> u64 {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let memory = File::open("/proc/self/mem").unwrap();
    let mut chunk = vec![0_u8; 1 << 20];
    let own = chunk.as_ptr() as u64..chunk.as_ptr() as u64 + chunk.len() as u64;
    let mut longest = 0;
    for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        let (mut run, mut next) = (0, None);
        for at in (start..end).step_by(chunk.len()) {
            let len = chunk.len().min((end - at) as usize);
            if memory.read_exact_at(&mut chunk[..len], at).is_err() {
                continue;
            }
            for (number, bytes) in chunk[..len].as_chunks().0.iter().enumerate() {
                let here = at + number as u64 * 8;
                let found = place(u64::from_ne_bytes(*bytes)).filter(|_| !own.contains(&here));
                run = if found.is_some() && found == next { run + 1 } else { u64::from(found.is_some()) };
                next = found.map(|found| found + 1);
                longest = longest.max(run);
            }
        }
        chunk.fill(0);
    }
    longest
}

/// What a child does, and whether it said that it is well.
fn child_says(work: impl FnOnce() -> bool) -> bool {
    let child = fork();
    if child == 0 {
        alarm(60);
        _exit(i32::from(!work()));
    }
    let child = rustix::process::Pid::from_raw(child).expect("a child");
    let ended = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty()).unwrap();
    let (_, status) = ended.expect("it ended");
    assert_eq!(status.terminating_signal(), None, "the child waited for ever");
    status.exit_status() == Some(0)
}

fn kind(error: std::io::Error) -> Kind {
    miyao::Error::from(error).kind()
}

#[test]
fn a_child_waits_for_no_thread_of_its_parent_and_wipes_what_it_drops() {
    let threads = |count| NonZeroUsize::new(count).unwrap();
    let passphrase = Passphrase::new(SecretBytes::take(b"correct horse".to_vec()));
    let opener = Opener::with(&passphrase);
    let mut rng = Drbg::new(&[7; 32], b"tests/fork_streams", b"");
    for suite in [Suite::Gcm, Suite::CtrHmac] {
        for round in 0..3 {
            let options = Options::to(&passphrase).suite(suite).threads(threads(4));
            // What a child takes out of it is still the parent's.
            let mut open = Some(Encryptor::new(Vec::new(), &options, &mut rng).unwrap());
            with_words(0..WORDS / 2, |text| open.as_mut().unwrap().write_all(text)).unwrap();
            // Dropped alone, after it was refused, and in the middle of finishing.
            assert!(child_says(|| {
                let mut encryptor = open.take().unwrap();
                if round % 3 == 1 && kind(encryptor.write_all(b"more").unwrap_err()) != Kind::Unavailable {
                    return false;
                }
                if round % 3 == 2 {
                    let finished = encryptor.finish();
                    return finished.is_err_and(|error| error.kind() == Kind::Unavailable) && !has_text();
                }
                drop(encryptor);
                !has_text()
            }));
            assert!(child_says(has_text), "what is not dropped is found");
            let mut encryptor = open.unwrap();
            with_words(WORDS / 2..WORDS, |text| encryptor.write_all(text)).unwrap();
            let message = encryptor.finish().unwrap();
            let (text, _) = envelope::decrypt(&message, &opener).unwrap();
            assert!(with_words(0..WORDS, |expected| expected == text.expose()));
            drop(text);

            let several = Opener::with(&passphrase).threads(threads(4));
            let mut open = Some(Decryptor::new(message.as_slice(), &several).unwrap());
            let mut begun = [0; 1000];
            open.as_mut().unwrap().read_exact(&mut begun).unwrap();
            begun.fill(0);
            assert!(child_says(|| {
                let mut decryptor = open.take().unwrap();
                if round % 3 == 1 && kind(decryptor.read(&mut begun).unwrap_err()) != Kind::Unavailable {
                    return false;
                }
                if round % 3 == 2 {
                    let finished = decryptor.finish();
                    return finished.is_err_and(|error| error.kind() == Kind::Unavailable) && !has_text();
                }
                drop(decryptor);
                !has_text()
            }));
            assert!(child_says(has_text), "what is not dropped is found");
            let mut decryptor = open.unwrap();
            assert_eq!(decryptor.copy_to(&mut std::io::sink()).unwrap(), WORDS * 8 - 1000);
            decryptor.finish().unwrap();
        }
        // One without threads goes on in either process.
        let options = Options::to(&passphrase).suite(suite);
        let mut open = Some(Encryptor::new(Vec::new(), &options, &mut rng).unwrap());
        open.as_mut().unwrap().write_all(&[1; 1 << 20]).unwrap();
        assert!(child_says(|| {
            let mut encryptor = open.take().unwrap();
            encryptor.write_all(&[2; 1 << 20]).unwrap();
            let message = encryptor.finish().unwrap();
            envelope::decrypt(&message, &opener).is_ok_and(|(text, _)| text.len() == 2 << 20)
        }));
        assert!(open.is_some(), "the child had its own");
    }
}
