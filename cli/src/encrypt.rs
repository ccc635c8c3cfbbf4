//! `miyao encrypt`: files, directories, the standard input; as messages or one token.
//!
//! The work itself is the library's; here inputs meet outputs.

use core::num::NonZeroUsize;
use std::{
    fs,
    io::{Read, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
    thread,
};

use miyao::{
    Kind,
    algo::sm2::PrivateKey,
    envelope::{Context, Encryptor, Options, Suite, token},
    kms::{self, KeyRef},
};
use serde_json::json;

use crate::{
    args::{Binding, Encrypt, Target},
    context,
    failure::{Result, failure},
    input::{self, Input, is_stdio},
    key_files,
    output::{STANDARD_OUTPUT, stdout_is_terminal, unbuffered_stdout},
    progress::Progress,
    recipients::Recipients,
    safe_file::{self, SafeFile},
    session::Run,
    state,
    tally::Tally,
    walk::{Jobs, Naming},
    watched::Watched,
};

/// Inputs shorter than this are not worth threads.
const SMALL: u64 = 1 << 20;

/// How messages are made.
pub(crate) struct Making {
    pub(crate) recipients: Recipients,
    pub(crate) signer: Option<PrivateKey>,
    pub(crate) context: Context,
    pub(crate) suite: Suite,
    pub(crate) threads: NonZeroUsize,
}

impl Making {
    pub(crate) fn options(&self, len: Option<u64>) -> Result<Options<'_>> {
        let threads = if len.is_some_and(|len| len < SMALL) { NonZeroUsize::MIN } else { self.threads };
        let options =
            self.recipients.options()?.context(self.context.clone()).suite(self.suite).threads(threads);
        Ok(match &self.signer {
            Some(signer) => options.signed_by(signer),
            None => options,
        })
    }

    /// Encrypts a stream; gives the number of bytes of plaintext.
    pub(crate) fn stream(
        &self,
        input: &mut impl Read,
        len: Option<u64>,
        out: &mut impl Write,
    ) -> Result<u64> {
        let mut encryptor = Encryptor::new(out, &self.options(len)?, &mut kms::rng()?)?;
        let bytes = encryptor.copy_from(input)?;
        encryptor.finish()?;
        Ok(bytes)
    }

    /// Encrypts one file to another.
    pub(crate) fn file(
        &self,
        input: Input<'_>,
        output: &Path,
        force: bool,
        progress: &Progress,
    ) -> Result<u64> {
        let mut out = Watched::new(SafeFile::create(output, force)?);
        let made = self.stream(&mut progress.reader(input.source), input.len, &mut out);
        let bytes = out.blame(made, input.name, output)?;
        out.into_inner().commit()?;
        Ok(bytes)
    }
}

pub(crate) fn run(run: &Run, arguments: &Encrypt) -> Result {
    check_output(&arguments.target)?;
    if arguments.token {
        return make_token(run, arguments);
    }
    let signer = arguments.sign_with.as_deref().map(|path| key_files::private(run, path)).transpose()?;
    let context = bound(&arguments.binding)?;
    let make = |kms: Option<&kms::Kms>| {
        messages(
            run,
            arguments,
            &Making {
                recipients: Recipients::of(&arguments.readers, kms, run.output)?,
                signer,
                context,
                suite: arguments.suite.map_or(Suite::Gcm, Into::into),
                threads: threads(arguments.target.threads),
            },
        )
    };
    if arguments.readers.keys.is_empty() { make(None) } else { run.with_kms(|kms| make(Some(kms))) }
}

fn messages(run: &Run, arguments: &Encrypt, making: &Making) -> Result {
    let target = &arguments.target;
    if let Some(out) = &target.out_dir {
        let jobs = Jobs::list(&arguments.inputs, out, Naming::Adds)?;
        return many(run, jobs, target.force, "encrypted", |input, output| {
            making.file(Input::open(Some(input))?, output, target.force, &Progress::none())
        });
    }
    let input = Input::only(&arguments.inputs)?;
    match target.output.as_deref().filter(|path| !is_stdio(path)) {
        Some(output) => {
            let (name, progress) = (input.name, Progress::bytes(input.len.unwrap_or(0)));
            let bytes = making.file(input, output, target.force, &progress)?;
            run.output.silent_record(&json!({
                "input": name.to_string_lossy(), "output": output.to_string_lossy(), "bytes": bytes,
            }))
        }
        None => {
            input::refuse_terminal(target.output.is_none() && stdout_is_terminal())?;
            let (name, len) = (input.name, input.len);
            let progress = Progress::bytes(len.unwrap_or(0));
            let mut out = Watched::new(unbuffered_stdout()?);
            let made = making.stream(&mut progress.reader(input.source), len, &mut out);
            out.blame(made, name, Path::new(STANDARD_OUTPUT)).map(|_| ())
        }
    }
}

/// Works through many files; an output that is there is left as it is, and one that fails does not stop the others.
pub(crate) fn many(
    run: &Run,
    jobs: Jobs,
    force: bool,
    verb: &str,
    work: impl Fn(&Path, &Path) -> Result<u64>,
) -> Result {
    let progress = Progress::items(jobs.jobs.len());
    let mut tally = Tally::new(run.output, &progress);
    for failure in jobs.failed {
        tally.failed(Path::new(""), failure)?;
    }
    for job in jobs.jobs {
        if !force && fs::symlink_metadata(&job.output).is_ok() {
            tally.skipped(&job.input, "skipped")?;
            continue;
        }
        let made = job.output.parent().map_or(Ok(()), state::make_private);
        match made.and_then(|()| work(&job.input, &job.output)) {
            Ok(bytes) => tally.done(&job.input, verb, bytes)?,
            Err(failure) => tally.failed(&job.input, failure)?,
        }
    }
    tally.finish(verb)
}

fn make_token(run: &Run, arguments: &Encrypt) -> Result {
    let [name] = arguments.readers.keys.as_slice() else {
        return failure(Kind::Invalid, "a token is for one key of the store; give one --key");
    };
    let key = KeyRef::parse(name)?;
    let context = bound(&arguments.binding)?;
    let text = Input::only(&arguments.inputs)?.read_secret(token::MAX_PLAINTEXT)?;
    let made = run.with_kms(|kms| Ok(kms.encrypt(&key, &context, text.expose())?))?;
    let line = format!("{}\n", token::to_text(&made));
    match arguments.target.output.as_deref().filter(|path| !is_stdio(path)) {
        Some(output) => safe_file::write(output, line.as_bytes(), arguments.target.force),
        None if run.output.json => run.output.silent_record(&json!({ "token": line.trim_end() })),
        None => run.output.bytes(line.as_bytes()),
    }
}

/// Refuses an output that exists before anything is asked or read.
pub(crate) fn check_output(target: &Target) -> Result {
    match target.output.as_deref().filter(|path| !is_stdio(path)) {
        Some(output) => safe_file::check(output, target.force),
        None => Ok(()),
    }
}

/// The context that the arguments name.
pub(crate) fn bound(binding: &Binding) -> Result<Context> {
    let stored = binding.context.iter().map(|text| text.as_bytes());
    let hidden = binding.context_hidden.iter().map(|text| text.as_bytes());
    Ok(context::parse(stored, hidden)?)
}

/// As many threads as asked for, or as there are cores.
pub(crate) fn threads(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    asked.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}
