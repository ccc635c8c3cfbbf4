//! The `miyao` command: 国密 key management for operators.
//!
//! Reads arguments, hands them to one verb, and turns its failure into one line and the exit code of `docs/errors.md`.

extern crate alloc;

mod args;
mod audit;
mod bench;
mod checksum;
mod context;
mod decrypt;
mod demo;
mod device;
mod encrypt;
mod failure;
#[cfg(feature = "pkcs11")]
mod hsm;
mod input;
mod inspect;
mod keys;
mod output;
mod passphrase;
mod progress;
mod recipients;
mod records;
mod rewrap;
mod root;
mod safe_file;
mod session;
mod sm2;
mod state;
mod store;
mod tally;
mod values;
mod walk;
mod watched;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use args::{Cli, Command};
use failure::Result;
use output::Output;
use session::Run;

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let output = Output { json: global.json, verbose: global.verbose };
    let run = Run { global, output };
    match harden().and_then(|()| perform(&run, &command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_told() {
                output.failure(&failure);
            }
            ExitCode::from(failure.kind().number())
        }
    }
}

/// Keys in memory are nobody else's: no debugger of the same user, no core file.
fn harden() -> Result {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(std::io::Error::from)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(std::io::Error::from)?;
    Ok(())
}

fn perform(run: &Run, command: &Command) -> Result {
    trace(run.output.verbose);
    match command {
        Command::Init(arguments) => store::init(run, arguments),
        Command::Key(command) => keys::run(run, command),
        Command::Maintain { confirm_clock } => store::maintain(run, *confirm_clock),
        Command::Encrypt(arguments) => encrypt::run(run, arguments),
        Command::Decrypt(arguments) => decrypt::run(run, arguments),
        Command::Rewrap(arguments) => rewrap::run(run, arguments),
        Command::Inspect(arguments) => inspect::run(run, arguments),
        Command::Datakey(arguments) => values::data_key(run, arguments),
        Command::Sign(arguments) => values::sign(run, arguments),
        Command::Verify(arguments) => values::verify(run, arguments),
        Command::Mac(arguments) => values::mac(run, arguments),
        Command::VerifyMac(arguments) => values::verify_mac(run, arguments),
        Command::Sm2(command) => sm2::run(run, command),
        Command::Sm3(arguments) => checksum::run(run, arguments),
        Command::Random { bytes } => values::random(run, *bytes),
        Command::Audit(command) => audit::run(run, command),
        Command::Doctor => store::doctor(run),
        Command::Root(command) => root::run(run, command),
        Command::Store(command) => store::store(run, command),
        #[cfg(feature = "pkcs11")]
        Command::Hsm(command) => hsm::run(run, command),
        Command::Backup(arguments) => store::backup(run, arguments),
        Command::Restore(arguments) => store::restore(run, arguments),
        Command::Selftest => self_test(run.output),
        Command::Bench(arguments) => bench::run(run, arguments),
        Command::Completions { shell } => completions(*shell, run.output),
        Command::Demo => demo::run(run),
    }
}

/// Events go to the standard error; they never hold secrets.
fn trace(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(output::stderr_is_terminal())
        .init();
}

fn self_test(output: Output) -> Result {
    miyao::algo::selftest::run()?;
    output.record(&json!({ "passed": true }), "every known answer was found")
}

fn completions(shell: clap_complete::Shell, output: Output) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "miyao", &mut script);
    output.bytes(&script)
}
