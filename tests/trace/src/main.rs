//! Runs every algorithm of miyao under different secrets one instruction at a time, and compares what was executed and
//! where memory was touched: neither may depend on a secret. `run` beside builds it and runs it.
//!
//! What is compared is what really runs, AVX-512 and GFNI with it, which Valgrind cannot run. What it proves, it proves of
//! the secrets that it tried, not of all.

mod batches;
mod cases;
mod controls;
mod decode;
mod sm2;
mod step;

use std::{
    env,
    process::{Command, ExitCode},
    time::Instant,
};

use cases::Case;
use miyao::algo::sm4::{Backend, Sm4};
use step::Count;

/// A tier's name, its kernel of SM4, what `MIYAO_CPU` takes away so that it is the best there is, and the longest text that it is given.
type Tier = (&'static str, Backend, &'static str, usize);

const TIERS: [Tier; 4] = [
    ("avx512", Backend::Avx512, "", 20_000),
    ("gfni", Backend::Gfni, "-avx512", 1100),
    ("aesni", Backend::Aesni, "-gfni", 1100),
    ("soft", Backend::Soft, "-avx2,-clmul", 300),
];

/// The failures of a tier that are printed: one cause has many.
const SHOWN: usize = 12;

/// What a run of one tier says when this processor has it not.
const LACKING: u8 = 77;

fn main() -> ExitCode {
    match env::args().nth(1) {
        Some(full) if full == "full" => all_tiers(&TIERS),
        Some(name) => match TIERS.into_iter().find(|(tier, ..)| *tier == name) {
            Some((_, backend, _, longest)) => one_tier(&name, backend, longest),
            None => {
                eprintln!(
                    "trace: {name} is no tier; say avx512, gfni, aesni, soft, full for all, or nothing for the first two"
                );
                ExitCode::FAILURE
            }
        },
        // Valgrind runs the other two, and sees more.
        None => all_tiers(&TIERS[..2]),
    }
}

/// Each tier in a process of its own: what the processor can is asked once.
fn all_tiers(tiers: &[Tier]) -> ExitCode {
    let (mut failed, mut skipped) = (0, 0);
    for (name, _, without, _) in tiers {
        let exe = env::current_exe().expect("the path of this program");
        let status = Command::new(exe).arg(name).env("MIYAO_CPU", without).status().expect("it runs again");
        if status.code() == Some(LACKING.into()) {
            println!("SKIPPED: trace: this processor cannot run {name}; nothing of it was stepped through");
            skipped += 1;
        } else if !status.success() {
            failed += 1;
        }
    }
    println!("trace: {} tiers passed, {failed} failed, {skipped} skipped", tiers.len() - failed - skipped);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one_tier(name: &str, wanted: Backend, longest: usize) -> ExitCode {
    let here = TIERS.into_iter().find(|(_, backend, ..)| Sm4::with_backend(&[0; 16], *backend).is_some());
    if here.is_none_or(|(_, backend, ..)| backend != wanted) {
        return ExitCode::from(LACKING);
    }
    let (begun, mut watch) = (Instant::now(), Watch::default());
    controls::run(&mut watch);
    // The lanes of AVX-512 are another tier's: SM2 one by one is the same there as here.
    if wanted != Backend::Avx512 {
        sm2::all().iter().for_each(|case| watch.same(case));
    }
    cases::all(longest).iter().for_each(|case| watch.same(case));
    if wanted == Backend::Avx512 {
        batches::all().iter().for_each(|case| watch.same(case));
    }
    println!(
        "trace: {name}: {} passed, {} failed; {} instructions, {} of them touched memory, {:.1} s",
        watch.passed,
        watch.failed,
        watch.count.steps,
        watch.count.touching,
        begun.elapsed().as_secs_f32()
    );
    if watch.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What came of the cases so far.
#[derive(Default)]
struct Watch {
    passed: usize,
    failed: usize,
    count: Count,
}

impl Watch {
    /// Nothing may depend on a secret.
    fn same(&mut self, case: &Case) {
        match self.compare(case) {
            Ok(()) => self.passed += 1,
            Err(found) => self.fail(&case.name, &found),
        }
    }

    /// A negative control: what it does must be noticed.
    fn caught(&mut self, case: &Case) {
        match self.compare(case) {
            Err(_) => self.passed += 1,
            Ok(()) => self.fail(&case.name, "it was not noticed"),
        }
    }

    fn fail(&mut self, name: &str, found: &str) {
        self.failed += 1;
        if self.failed <= SHOWN {
            println!("FAILED: {name}: {found}");
        }
    }

    fn compare(&mut self, case: &Case) -> Result<(), String> {
        step::compare(case, &mut self.count)
    }
}
