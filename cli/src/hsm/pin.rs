//! The user's PIN: from a file of its owner alone, or from the terminal; never from arguments or the environment.
//!
//! Knows no token; tries nothing.

use std::path::Path;

use miyao::{Error, Kind, SecretBytes, provider::pkcs11::read_pin};

use super::place::Place;
use crate::{
    failure::{Result, failure},
    output::Output,
};

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
        Some(path) => Ok(Some(read_pin(path)?)),
        None if !token.login_required => Ok(None),
        None => from_terminal(&token.label).map(Some),
    }
}

/// Asks a person at the terminal.
pub(crate) fn from_terminal(label: &str) -> Result<SecretBytes> {
    let prompt = format!("User PIN of the token {}: ", crate::failure::OneLine(label));
    let answer = rpassword::prompt_password(prompt).map_err(|error| {
        Error::new(
            Kind::Invalid,
            "no terminal to ask for the PIN; give a pin-source in the URI, or --pin-file to a command of `miyao hsm`",
        )
        .caused_by(error)
    })?;
    Ok(SecretBytes::take(answer.into_bytes()))
}
