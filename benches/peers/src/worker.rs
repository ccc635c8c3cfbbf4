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
/// The kernels that miyao is left with by what `MIYAO_CPU` takes away.
#[derive(Clone, Copy)]
pub struct Tier {
    pub name: &'static str,
    without: &'static str,
    /// What its hello has to say then.
    says: &'static str,
}

const fn tier(name: &'static str, without: &'static str, says: &'static str) -> Tier {
    Tier { name, without, says }
}

/// Those of SM4, and the portable one of SM2.
pub const TIERS: [Tier; 5] = [
    tier("avx512", "", "SM4 on avx512,"),
    tier("avx2-gfni", "-avx512", "SM4 on avx2-gfni,"),
    tier("aesni", "-gfni", "SM4 on aesni,"),
    tier("soft", "-avx2,-aes,-clmul,-gfni,-avx512", "SM4 on soft,"),
    tier("portable", "-avx2,-aes,-clmul,-gfni,-avx512,-adx", "SM2 on soft"),
];

pub struct Worker {
    pub library: &'static str,
    pub tier: Option<Tier>,
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
        if worker.hello.contains(tier.says) {
            workers.push(worker);
        } else {
            missing.push(("miyao", format!("{} on this processor", tier.name)));
        }
    }
    Ok((workers, missing))
}

/// Those by their names, all of which have to be there.
pub fn these(directory: &Path, libraries: &[&'static str]) -> Result<Vec<Worker>> {
    let start = |library: &&'static str| {
        Worker::start(directory, library, None).map_err(|error| format!("{library}: {error}").into())
    };
    libraries.iter().map(start).collect()
}

impl Worker {
    fn start(directory: &Path, library: &'static str, tier: Option<Tier>) -> Result<Self> {
        let mut command = Command::new(directory.join(library));
        command.env("MIYAO_CPU", tier.map_or("", |tier| tier.without)).env("GOMAXPROCS", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let asked = child.stdin.take().ok_or("a worker without its input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("a worker without its output")?);
        let mut worker = Self { library, tier, hello: String::new(), child, asked, answers };
        worker.hello = worker.line()?;
        Ok(worker)
    }

    /// The library, and the tier that is forced.
    pub fn name(&self) -> String {
        self.tier.map_or(self.library.to_owned(), |tier| format!("{}@{}", self.library, tier.name))
    }

    /// The bytes that come out of a row in hexadecimal, if it is offered.
    pub fn check(&mut self, row: &Row) -> Result<Option<String>> {
        if self.tier.is_some_and(|tier| !row.has_tier(tier.name)) {
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

    /// What each question is answered with; `None` where it is not known to this worker.
    ///
    /// They are put together as far as a pipe holds, so that workers compute beside each other: ask all, then hear all.
    pub fn ask(&mut self, questions: &[String]) -> Result<()> {
        for question in questions {
            writeln!(self.asked, "ask {question}")?;
        }
        Ok(())
    }

    pub fn hear(&mut self, questions: usize) -> Result<Vec<Option<String>>> {
        let answer = |_| Ok(Some(self.line()?).filter(|answer| answer != "none"));
        (0..questions).map(answer).collect()
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
