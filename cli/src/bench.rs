//! `miyao bench`: raw encryption, streams from memory to memory, a file against `cp` of it, and peak memory.
//!
//! Measures the same code that `encrypt` and `decrypt` run; decides nothing.

use core::{num::NonZeroUsize, time::Duration};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    process::Command,
    thread,
    time::Instant,
};

use miyao::{
    Error, Kind,
    algo::{mode::gcm::Gcm, sm2::PrivateKey},
    envelope::{Context, Decryptor, Encryptor, Opener, Suite},
    kms,
};
use serde_json::json;

use crate::{
    args::Bench,
    encrypt::{Making, threads},
    failure::{At, Result},
    input::Input,
    progress::Progress,
    recipients::Recipients,
    safe_file::SafeFile,
    session::Run,
};

/// The frame size of messages.
const FRAME: usize = 64 << 10;
/// How long each figure in memory is measured.
const SPAN: Duration = Duration::from_millis(1500);

/// Bytes a second.
type Speed = f64;

pub(crate) fn run(run: &Run, arguments: &Bench) -> Result {
    let crew = threads(arguments.threads);
    let bench = Measured::new(arguments, crew)?;
    let record = json!({
        "threads": crew.get(),
        "raw_one": bench.raw_one, "raw_all": bench.raw_all,
        "stream_one": bench.stream_one, "stream_all": bench.stream_all,
        "stream_one_ratio": bench.stream_one / bench.raw_one, "stream_all_ratio": bench.stream_all / bench.raw_all,
        "file_bytes": arguments.size, "file_encrypt": bench.file, "file_decrypt": bench.back, "cp": bench.copy,
        "file_ratio": bench.file / bench.raw_all.min(bench.copy), "peak_memory_bytes": bench.peak,
    });
    run.output.record(&record, bench.page(arguments.size, crew))
}

/// Every figure, in bytes a second.
struct Measured {
    raw_one: Speed,
    raw_all: Speed,
    stream_one: Speed,
    stream_all: Speed,
    copy: Speed,
    file: Speed,
    back: Speed,
    peak: Option<u64>,
}

impl Measured {
    fn new(arguments: &Bench, crew: NonZeroUsize) -> Result<Self> {
        let key = PrivateKey::random(&mut kms::rng()?);
        let directory = match &arguments.dir {
            Some(dir) => tempfile::Builder::new().prefix("miyao-bench-").tempdir_in(dir).at(dir)?,
            None => tempfile::Builder::new().prefix("miyao-bench-").tempdir()?,
        };
        let files = Files::generate(directory.path(), arguments.size)?;
        // What is compared is measured side by side, and raw encryption before and after it: machines change their speed.
        let raw_one = raw(NonZeroUsize::MIN)?;
        let stream_one = stream(&making(&key, NonZeroUsize::MIN))?;
        let before = raw(crew)?;
        let stream_all = stream(&making(&key, crew))?;
        let copy = files.copy()?;
        let file = files.encrypt(&making(&key, crew))?;
        let raw_all = f64::midpoint(before, raw(crew)?);
        let back = files.decrypt(&key, crew)?;
        Ok(Self { raw_one, raw_all, stream_one, stream_all, copy, file, back, peak: peak_memory() })
    }

    fn page(&self, size: u64, crew: NonZeroUsize) -> String {
        let percent = |part: Speed, whole: Speed| format!("{:.0} %", 100.0 * part / whole);
        let lesser = self.raw_all.min(self.copy);
        [
            format!("raw SM4-GCM, one thread        {}", mb(self.raw_one)),
            format!("raw SM4-GCM, {crew:3} threads       {}", mb(self.raw_all)),
            format!(
                "stream in memory, one thread   {}  {} of raw",
                mb(self.stream_one),
                percent(self.stream_one, self.raw_one)
            ),
            format!(
                "stream in memory, {crew:3} threads  {}  {} of raw",
                mb(self.stream_all),
                percent(self.stream_all, self.raw_all)
            ),
            format!("cp of {:6} MiB               {}", size >> 20, mb(self.copy)),
            format!(
                "encrypt it to a file           {}  {} of the lesser of raw and cp",
                mb(self.file),
                percent(self.file, lesser)
            ),
            format!("decrypt it to a file           {}", mb(self.back)),
            format!(
                "peak memory                    {}",
                self.peak
                    .map_or("unknown".into(), |peak| format!("{:.1} MiB", peak as f64 / f64::from(1 << 20)))
            ),
        ]
        .join("\n")
    }
}

pub(crate) fn mb(speed: Speed) -> String {
    format!("{:7.1} MB/s", speed / 1e6)
}

pub(crate) fn speed(bytes: u64, since: Instant) -> Speed {
    bytes as f64 / since.elapsed().as_secs_f64().max(1e-9)
}

fn making(key: &PrivateKey, threads: NonZeroUsize) -> Making {
    Making {
        recipients: Recipients::one(key.public_key().clone()),
        signer: None,
        context: Context::new(),
        suite: Suite::Gcm,
        threads,
    }
}

/// Encrypts frames in place on so many threads at once.
fn raw(crew: NonZeroUsize) -> Result<Speed> {
    let begun = Instant::now();
    let bytes = thread::scope(|scope| {
        let workers: Vec<_> = (0..crew.get()).map(|_| scope.spawn(|| raw_until(begun + SPAN))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(Ok(0))).sum::<Result<u64>>()
    })?;
    Ok(speed(bytes, begun))
}

fn raw_until(end: Instant) -> Result<u64> {
    let gcm: Gcm = Gcm::new(&[7; 16]);
    let mut frame = vec![0; FRAME];
    let (mut nonce, mut frames) = ([0; 12], 0u64);
    while Instant::now() < end {
        nonce[4..].copy_from_slice(&frames.to_be_bytes());
        gcm.encrypt(&nonce, &[], &mut frame)?;
        frames += 1;
    }
    Ok(frames * FRAME as u64)
}

/// Encrypts a stream that comes from memory and goes to memory.
///
/// Both stay in the cache, as what raw encryption works on does: the memory of the machine is not what is measured.
fn stream(making: &Making) -> Result<Speed> {
    let begun = Instant::now();
    let block = generated(1 << 20);
    let sink = Cycle { block: vec![0; FRAME], at: 0 };
    let mut encryptor = Encryptor::new(sink, &making.options(None)?, &mut kms::rng()?)?;
    let mut bytes = 0;
    while begun.elapsed() < SPAN {
        encryptor.write_all(&block)?;
        bytes += block.len() as u64;
    }
    encryptor.finish()?;
    Ok(speed(bytes, begun))
}

/// A block of memory that is written again and again.
struct Cycle {
    block: Vec<u8>,
    at: usize,
}

impl Write for Cycle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.block.len() - self.at);
        self.block[self.at..self.at + len].copy_from_slice(&bytes[..len]);
        self.at = (self.at + len) % self.block.len();
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The files of one measurement.
struct Files<'a> {
    directory: &'a Path,
    size: u64,
}

impl<'a> Files<'a> {
    fn generate(directory: &'a Path, size: u64) -> Result<Self> {
        generate(&directory.join("plain"), size)?;
        Ok(Self { directory, size })
    }

    /// What the system's own command takes.
    fn copy(&self) -> Result<Speed> {
        let (from, to) = (self.directory.join("plain"), self.directory.join("copy"));
        let begun = Instant::now();
        if !Command::new("cp").arg(&from).arg(&to).status()?.success() {
            return Err(Error::new(Kind::Io, "cp failed; see what it said").into());
        }
        let speed = speed(self.size, begun);
        fs::remove_file(&to).at(&to)?;
        Ok(speed)
    }

    fn encrypt(&self, making: &Making) -> Result<Speed> {
        let (from, to) = (self.directory.join("plain"), self.directory.join("message"));
        let begun = Instant::now();
        making.file(Input::open(Some(&from))?, &to, false, &Progress::none())?;
        Ok(speed(self.size, begun))
    }

    fn decrypt(&self, key: &PrivateKey, crew: NonZeroUsize) -> Result<Speed> {
        let (from, to) = (self.directory.join("message"), self.directory.join("back"));
        let begun = Instant::now();
        decrypt_file(&from, &to, &Opener::with(key).threads(crew))?;
        Ok(speed(self.size, begun))
    }
}

/// Decrypts a file that a bench or a demo made.
pub(crate) fn decrypt_file(from: &Path, to: &Path, opener: &Opener<'_>) -> Result {
    let mut out = SafeFile::create(to, false)?;
    let mut decryptor = Decryptor::new(File::open(from).at(from)?, opener)?;
    decryptor.copy_to(&mut out)?;
    decryptor.finish()?;
    out.commit()
}

/// Writes a file that no file system can compress.
pub(crate) fn generate(path: &Path, size: u64) -> Result {
    let mut file = File::create_new(path).at(path)?;
    let mut block = generated(1 << 20);
    let mut left = size;
    while left > 0 {
        let len = left.min(block.len() as u64);
        file.write_all(&block[..len as usize]).at(path)?;
        left -= len;
        // Another block for little work: no two are alike.
        block.rotate_left(7);
        block[..8].copy_from_slice(&left.to_be_bytes());
    }
    file.sync_all().at(path)
}

/// Bytes that look random; they protect nothing.
fn generated(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| step()).collect()
}

/// The most memory this process ever had, as the system counts it.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}
