//! The user's PIN: from a file of its owner alone, or from the terminal; never from arguments or the environment.
//!
//! Knows no token; tries nothing.

use std::path::Path;

use miyao::{Error, Kind, SecretBytes, provider::pkcs11::read_pin};

use super::place::Place;
use crate::{failure::Result, output::Output};

/// The PIN of a token, or nothing where it needs none or asks for it itself. Where one more wrong one would lock it none is tried.
pub(super) fn ask(place: &Place, file: Option<&Path>, output: Output) -> Result<Option<SecretBytes>> {
    let token = &place.token;
    if token.protected_path {
        token.check_pin()?;
        output.note("the token asks for its PIN itself");
        return Ok(None);
    }
    let file = file.or(place.library.uri.pin_source.as_deref());
    if file.is_none() && !token.login_required {
        return Ok(None);
    }
    // Before anybody is asked for what is not tried.
    token.check_pin()?;
    file.map_or_else(|| from_terminal(&token.label), |path| Ok(read_pin(path)?)).map(Some)
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
