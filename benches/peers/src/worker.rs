//! The processes that measure, a library or a forced tier of miyao each.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::{Result, rows::Row};

/// In the order of the tables.
pub const LIBRARIES: [&str; 8] =
    ["miyao", "ippcp", "crypto_mb", "gmsm", "rustcrypto", "tongsuo", "openssl", "libgcrypt"];
/// What leaves miyao that tier, as `MIYAO_CPU` takes it.
pub const TIERS: [(&str, &str); 4] = [
    ("avx512", ""),
    ("avx2-gfni", "-avx512"),
    ("aesni", "-gfni"),
    ("soft", "-avx2,-aes,-clmul,-gfni,-avx512"),
];

pub struct Worker {
    pub library: &'static str,
    pub tier: Option<&'static str>,
    /// What it says it is.
    pub hello: String,
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A library that cannot be had, and why.
pub type Missing = Vec<(&'static str, String)>;

/// Everything that `run` has put there.
pub fn all(directory: &Path) -> Result<(Vec<Worker>, Missing)> {
    let (mut workers, mut missing) = (Vec::new(), Missing::new());
    for library in LIBRARIES {
        match Worker::start(directory, library, None) {
            Ok(worker) => workers.push(worker),
            Err(error) => {
                let reason = fs::read_to_string(directory.join(format!("{library}.missing")));
                missing.push((library, reason.map_or(error.to_string(), |text| text.trim().to_owned())));
            }
        }
    }
    for tier in TIERS {
        let worker = Worker::start(directory, "miyao", Some(tier))?;
        if worker.hello.ends_with(&format!(" {}", tier.0)) {
            workers.push(worker);
        } else {
            missing.push(("miyao", format!("{} on this processor", tier.0)));
        }
    }
    Ok((workers, missing))
}

impl Worker {
    fn start(
        directory: &Path,
        library: &'static str,
        tier: Option<(&'static str, &'static str)>,
    ) -> Result<Self> {
        let mut command = Command::new(directory.join(library));
        command.env("MIYAO_CPU", tier.map_or("", |(_, without)| without)).env("GOMAXPROCS", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let asked = child.stdin.take().ok_or("a worker without its input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("a worker without its output")?);
        let tier = tier.map(|(name, _)| name);
        let mut worker = Self { library, tier, hello: String::new(), child, asked, answers };
        worker.hello = worker.line()?;
        Ok(worker)
    }

    /// The library, and the tier that is forced.
    pub fn name(&self) -> String {
        self.tier.map_or(self.library.to_owned(), |tier| format!("{}@{tier}", self.library))
    }

    /// The bytes that come out of a row in hexadecimal, if it is offered.
    pub fn check(&mut self, row: &Row) -> Result<Option<String>> {
        if self.tier.is_some() && !row.has_tiers() {
            return Ok(None);
        }
        writeln!(self.asked, "check {}/{}", row.operation, row.size)?;
        let answer = self.line()?;
        Ok((answer != "none").then_some(answer))
    }

    /// Nanoseconds of one call.
    pub fn time(&mut self, row: &Row, budget: u64) -> Result<f64> {
        writeln!(self.asked, "time {}/{} {budget}", row.operation, row.size)?;
        Ok(self.line()?.parse()?)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("{} ended; what it said stands above", self.name()).into());
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It would end by itself when nobody asks any more; there is nothing to do about one that does not end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
