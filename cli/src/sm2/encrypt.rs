//! `miyao sm2 encrypt` and `decrypt`: small values by SM2 alone, in any order of the field.
//!
//! Nothing of a plaintext is written before C3 was compared.

use miyao::{
    Error, Kind, Rejected, SecretBytes,
    algo::sm2::{Encoding, PrivateKey},
    kms,
    pki::{
        convert::{Armor, Target},
        inspect::{Ciphertext, Form, Found, Order, inspect},
    },
};
use serde_json::json;

use crate::{
    args::{CiphertextForm, FileDecrypt, FileEncrypt},
    failure::{At, Failure, Result},
    input::Input,
    key_files,
    session::Run,
};

/// The most that is encrypted: more is a message's business.
const MAX_PLAINTEXT: usize = 1 << 20;
/// The most that is read of a ciphertext: hexadecimal with separators, and room.
const MAX_CIPHERTEXT: usize = 4 << 20;

pub(super) fn encrypt(run: &Run, arguments: &FileEncrypt) -> Result {
    arguments.place.check()?;
    let key = key_files::public(&arguments.key)?;
    let input = Input::open(arguments.file.as_deref())?;
    let name = input.name;
    let text = input.read_secret(MAX_PLAINTEXT).map_err(too_large).at(name)?;
    let (encoding, is_bare) = arguments.form.parts();
    let made = key.encrypt(text.expose(), encoding, &mut kms::rng()?).at(name)?;
    let bytes = SecretBytes::take(made[usize::from(is_bare)..].to_vec());
    // No form of a ciphertext has a label, so that any of them stands for all.
    let around = Armor::from(arguments.encode).around(Target::Der, &bytes)?;
    arguments.place.give(around.expose(), &json!({ "bytes": text.len() }), run.output)
}

pub(super) fn decrypt(run: &Run, arguments: &FileDecrypt) -> Result {
    arguments.place.check()?;
    let key = key_files::private(run, &arguments.key)?;
    let input = Input::open(arguments.file.as_deref())?;
    let name = input.name;
    let bytes = input.read_secret(MAX_CIPHERTEXT)?;
    let text = open(&key, bytes.expose(), arguments.form).at(name)?;
    arguments.place.give(text.expose(), &json!({ "bytes": text.len() }), run.output)
}

fn open(key: &PrivateKey, bytes: &[u8], form: Option<CiphertextForm>) -> Result<SecretBytes> {
    let found = inspect(bytes);
    let is_strict = found.is_strict();
    let Found::Ciphertext(mut found) = found.found else { return Err(unreadable().into()) };
    if !is_strict || form.is_some_and(|form| !fits(&found, form)) {
        return Err(unreadable().into());
    }
    match form.map(CiphertextForm::parts) {
        Some((Encoding::C1C2C3, _)) => found.assume(Order::C1C2C3),
        // DER has one order; what may be in another is for `convert`.
        None if found.form() != Form::DerCiphertext => {
            found.settle(key).map_err(|Rejected| rejected())?;
        }
        _ => found.assume(Order::C1C3C2),
    }
    let plain = found.to_bytes(Encoding::C1C3C2)?;
    Ok(key.decrypt(&plain, Encoding::C1C3C2).map_err(|Rejected| rejected())?)
}

/// Whether the bytes are in the form that was asked for, as far as that shows.
fn fits(found: &Ciphertext, form: CiphertextForm) -> bool {
    match form.parts() {
        (Encoding::Der, _) => found.form() == Form::DerCiphertext,
        (_, false) => matches!(found.form(), Form::RawCiphertext | Form::CompressedCiphertext),
        (_, true) => found.form() == Form::BareCiphertext,
    }
}

fn rejected() -> Error {
    Error::new(
        Kind::Rejected,
        "the key does not open this: it is for another key, in another order, or was altered",
    )
}

fn unreadable() -> Error {
    Error::new(
        Kind::Malformed,
        "not a ciphertext in this form as the standards write it; `miyao sm2 inspect` tells what it is, `miyao sm2 \
         convert` writes it anew",
    )
}

fn too_large(failure: Failure) -> Failure {
    match failure.kind() {
        Kind::TooLarge => Error::new(
            Kind::TooLarge,
            "SM2 alone encrypts keys and small values, 1 MiB at most; use `miyao encrypt --to-sm2` for this",
        )
        .into(),
        _ => failure,
    }
}
