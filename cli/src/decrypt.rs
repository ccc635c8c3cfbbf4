//! `miyao decrypt`: messages and tokens back to what they were.
//!
//! A file appears only when all of it was authenticated; on the standard output frames appear as they are.

use core::num::NonZeroUsize;
use std::{
    io::{Cursor, Read, Write},
    path::Path,
};

use miyao::{
    Kind, SecretBytes,
    algo::sm2::PublicKey,
    envelope::{Context, Decryptor, INSPECTED, inspect, token},
};
use serde_json::json;

use crate::{
    args::Decrypt,
    encrypt::{bound, check_output, many, threads},
    failure::{At, Result},
    input::{Input, is_stdio},
    key_files,
    output::{STANDARD_OUTPUT, unbuffered_stdout},
    progress::Progress,
    recipients::Keyring,
    safe_file::{self, SafeFile},
    session::Run,
    walk::{Jobs, Naming},
    watched::Watched,
};

/// How messages are opened.
struct Opening<'a> {
    keyring: Keyring<'a>,
    signer: Option<PublicKey>,
    context: Context,
    threads: NonZeroUsize,
}

impl Opening<'_> {
    /// Decrypts a stream; gives the number of bytes of plaintext.
    fn stream(&self, mut input: impl Read, out: &mut impl Write) -> Result<u64> {
        let mut start = Vec::new();
        input.by_ref().take(INSPECTED as u64).read_to_end(&mut start)?;
        let found = inspect(&start)?;
        let opener = self.keyring.opener(&found.recipients, self.context.clone())?;
        let opener = opener.threads(self.threads);
        let opener = match &self.signer {
            Some(signer) => opener.signed_by(signer),
            None => opener,
        };
        let mut decryptor = Decryptor::new(Cursor::new(start).chain(input), &opener)?;
        let bytes = decryptor.copy_to(out)?;
        decryptor.finish()?;
        out.flush()?;
        Ok(bytes)
    }

    fn file(&self, input: Input<'_>, output: &Path, force: bool, progress: &Progress) -> Result<u64> {
        let mut out = Watched::new(SafeFile::create(output, force)?);
        let opened = self.stream(progress.reader(input.source), &mut out);
        let bytes = out.blame(opened, input.name, output)?;
        out.into_inner().commit()?;
        Ok(bytes)
    }
}

pub(crate) fn run(run: &Run, arguments: &Decrypt) -> Result {
    check_output(&arguments.target)?;
    if arguments.token {
        return open_token(run, arguments);
    }
    let opening = Opening {
        signer: arguments.verify_signer.as_deref().map(key_files::public).transpose()?,
        context: bound(&arguments.binding)?,
        threads: threads(arguments.target.threads),
        keyring: Keyring::new(run, &arguments.identities, arguments.recover)?,
    };
    let done = messages(run, arguments, &opening);
    let ended = opening.keyring.finish();
    done.and(ended)
}

fn messages(run: &Run, arguments: &Decrypt, opening: &Opening<'_>) -> Result {
    let target = &arguments.target;
    if let Some(out) = &target.out_dir {
        let jobs = Jobs::list(&arguments.inputs, out, Naming::Removes)?;
        return many(run, jobs, target.force, "decrypted", |input, output| {
            opening.file(Input::open(Some(input))?, output, target.force, &Progress::none())
        });
    }
    let input = Input::only(&arguments.inputs)?;
    match target.output.as_deref().filter(|path| !is_stdio(path)) {
        Some(output) => {
            let (name, progress) = (input.name, Progress::bytes(input.len.unwrap_or(0)));
            let bytes = opening.file(input, output, target.force, &progress)?;
            run.output.silent_record(&json!({
                "input": name.to_string_lossy(), "output": output.to_string_lossy(), "bytes": bytes,
            }))
        }
        None => {
            let progress = Progress::bytes(input.len.unwrap_or(0));
            let mut out = Watched::new(unbuffered_stdout()?);
            let opened = opening.stream(progress.reader(input.source), &mut out);
            out.blame(opened, input.name, Path::new(STANDARD_OUTPUT)).map(|_| ())
        }
    }
}

fn open_token(run: &Run, arguments: &Decrypt) -> Result {
    let context = bound(&arguments.binding)?;
    let input = Input::only(&arguments.inputs)?;
    let name = input.name;
    let token = read_token(&input.read_secret(2 * token::MAX_PLAINTEXT)?).at(name)?;
    let opened = run.with_kms(|kms| {
        Ok(if arguments.recover { kms.recover(&context, &token)? } else { kms.decrypt(&context, &token)? })
    })?;
    if opened.unproven {
        run.output.note("warning: the version is compromised, so whoever knows it may have made this token");
    }
    match arguments.target.output.as_deref().filter(|path| !is_stdio(path)) {
        Some(output) => safe_file::write(output, opened.text.expose(), arguments.target.force),
        None => run.output.bytes(opened.text.expose()),
    }
}

/// A token as text, or as the bytes that the text stands for.
pub(crate) fn read_token(input: &SecretBytes) -> miyao::Result<Vec<u8>> {
    match input.expose() {
        bytes @ [0x9a, ..] => Ok(bytes.to_vec()),
        text => core::str::from_utf8(text)
            .map_err(|_| miyao::Error::new(Kind::Malformed, "not the text of a token: base64url is expected"))
            .and_then(token::from_text),
    }
}
