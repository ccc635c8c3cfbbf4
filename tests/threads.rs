//! The threads of a stream end with it, however it ends. Alone in its file: it counts the threads of the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use core::{num::NonZeroUsize, time::Duration};
use std::{
    fs,
    io::{self, Read as _, Write},
    thread,
};

use miyao::envelope::{Decryptor, Encryptor, Opener, Options};

#[path = "shapes/messages.rs"]
#[allow(dead_code, reason = "this test uses the key alone")]
mod messages;
use messages::Kms;

/// Of the kernel's `linux/sched.h`: the thread is on its way out, which whoever joins it does not wait for to the last step.
const PF_EXITING: u64 = 4;

/// How many threads of this process work on frames.
fn workers() -> usize {
    let stat = |task: io::Result<fs::DirEntry>| fs::read_to_string(task.unwrap().path().join("stat"));
    // A thread that ends meanwhile has none any more.
    let stats = fs::read_dir("/proc/self/task").unwrap().filter_map(|task| stat(task).ok());
    stats.filter(|stat| works_on_frames(stat)).count()
}

/// `NUMBER (NAME) STATE`, five numbers, the flags and more: proc_pid_stat(5).
fn works_on_frames(stat: &str) -> bool {
    let (name, rest) = stat.split_once('(').unwrap().1.rsplit_once(')').unwrap();
    let flags: u64 = rest.split_whitespace().nth(6).unwrap().parse().unwrap();
    name.starts_with("miyao-frames") && flags & PF_EXITING == 0
}

/// Whether two are there soon, who with their owner make three: a thread has its name only when it runs.
fn two_come() -> bool {
    (0..1000).any(|_| {
        thread::sleep(Duration::from_millis(5));
        workers() == 2
    })
}

/// Takes so many bytes and then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(data.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stream_that_is_finished_abandoned_or_broken_leaves_no_thread_behind() {
    let (key, threads) = (Kms(1), NonZeroUsize::new(3).unwrap());
    let options = || Options::to(&key).threads(threads);
    let (text, mut rng) = (messages::plaintext(6_000_000), messages::rng("threads"));

    let mut encryptor = Encryptor::new(Vec::new(), &options(), &mut rng).unwrap();
    assert!(two_come(), "three were asked for, the caller among them");
    encryptor.write_all(&text).unwrap();
    let mut message = encryptor.finish().unwrap();
    assert_eq!(workers(), 0, "finished");

    let mut encryptor = Encryptor::new(Vec::new(), &options(), &mut rng).unwrap();
    encryptor.write_all(&text).unwrap();
    drop(encryptor);
    assert_eq!(workers(), 0, "abandoned");

    let mut encryptor = Encryptor::new(Full(1_500_000), &options(), &mut rng).unwrap();
    assert!(encryptor.write_all(&text).is_err());
    assert!(encryptor.write_all(b"more").is_err(), "after a failure nothing is taken");
    assert!(encryptor.finish().is_err());
    assert_eq!(workers(), 0, "broken");

    let opener = Opener::with(&key).threads(threads);
    let mut decryptor = Decryptor::new(message.as_slice(), &opener).unwrap();
    decryptor.read_exact(&mut [0; 10]).unwrap();
    assert!(two_come(), "three were asked for, the caller among them");
    drop(decryptor);
    assert_eq!(workers(), 0, "read in part");

    let middle = message.len() / 2;
    message[middle] ^= 1;
    let mut decryptor = Decryptor::new(message.as_slice(), &opener).unwrap();
    let mut read = Vec::new();
    assert!(decryptor.read_to_end(&mut read).is_err());
    assert!(read.len() < middle && text.starts_with(&read), "only authenticated frames come out");
    assert!(decryptor.read(&mut [0; 10]).is_err(), "and none after the failure");
    assert!(decryptor.finish().is_err());
    assert_eq!(workers(), 0, "rejected");
}
