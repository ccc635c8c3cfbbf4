//! The user's PIN: from a file of its owner alone, or from the terminal; never from arguments or the environment.
//!
//! Knows no token; tries nothing.

use std::{
    fs::OpenOptions,
    io::Read,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use miyao::{Error, Kind, SecretBytes};
use rustix::fs::OFlags;

use super::place::Place;
use crate::{
    failure::{At, Result, failure},
    input::absent,
    output::Output,
};

/// The most bytes of a PIN.
const LONGEST: u64 = 1024;

/// The PIN of a token, or nothing where it needs none or asks for it itself.
pub(super) fn ask(place: &Place, file: Option<&Path>, output: Output) -> Result<Option<SecretBytes>> {
    let token = &place.token;
    if token.locked {
        return failure(
            Kind::Denied,
            "the PIN of this token is locked; the security officer can set a new one",
        );
    }
    if token.protected_path {
        output.note("the token asks for its PIN itself");
        return Ok(None);
    }
    if token.final_try {
        output.note("warning: one more wrong PIN locks this token");
    }
    match file.or(place.library.uri.pin_source.as_deref()) {
        Some(path) => from_file(path).at(path).map(Some),
        None if !token.login_required => Ok(None),
        None => from_terminal(&token.label).map(Some),
    }
}

fn from_file(path: &Path) -> Result<SecretBytes> {
    // A pipe would keep an opener waiting for its writer.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(absent)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return failure(Kind::Invalid, "a PIN is in a regular file; name another one");
    }
    if found.mode() & 0o077 != 0 {
        return failure(
            Kind::Invalid,
            "others than its owner have rights to this file with a PIN; `chmod 600` it",
        );
    }
    if found.len() > LONGEST {
        return failure(Kind::TooLarge, "a PIN has at most 1,024 bytes; is it the right file?");
    }
    let mut bytes = Vec::with_capacity(LONGEST as usize + 1);
    let read = file.take(LONGEST).read_to_end(&mut bytes);
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    let pin = SecretBytes::take(bytes);
    read?;
    Ok(pin)
}

fn from_terminal(label: &str) -> Result<SecretBytes> {
    let prompt = format!("User PIN of the token {}: ", crate::failure::OneLine(label));
    let answer = rpassword::prompt_password(prompt).map_err(|error| {
        Error::new(
            Kind::Invalid,
            "no terminal to ask for the PIN; give --pin-file, or a pin-source in the URI",
        )
        .caused_by(error)
    })?;
    Ok(SecretBytes::take(answer.into_bytes()))
}
