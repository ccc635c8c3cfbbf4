//! `miyao sm2 convert`: a key, signature or ciphertext in another form.
//!
//! What was odd about the input is told on the standard error; the output has none of it.

use std::path::Path;

use miyao::{
    Kind, SecretBytes,
    algo::sm2::PrivateKey,
    pki::{
        convert::{self, Armor, Target},
        inspect::{Found, Inspection, Oddity, Order, inspect},
    },
};
use serde_json::json;

use super::{inspect::MAX, keygen::sealed};
use crate::{
    args,
    failure::{At, Failure, OneLine, Result, failure},
    input::Input,
    key_files,
    passphrase::Source,
    session::Run,
};

/// The form that needs a passphrase; the library has the others.
const ENCRYPTED: &str = "encrypted";

pub(super) fn run(run: &Run, arguments: &args::Convert) -> Result {
    let target = if arguments.to == ENCRYPTED { None } else { Some(Target::parse(&arguments.to)?) };
    if target.is_some() && (arguments.new_passphrase_file.is_some() || arguments.sealing.is_said()) {
        return failure(
            Kind::Invalid,
            "a passphrase and its cost are of the form `encrypted` alone; say --to encrypted, or leave them away",
        );
    }
    arguments.place.check()?;
    let key = arguments.key.as_deref().map(|path| key_files::private(run, path)).transpose()?;
    let input = Input::open(arguments.file.as_deref())?;
    let name = input.name;
    let mut found = inspect(input.read_secret(MAX)?.expose());
    for oddity in found.oddities.iter().filter(|oddity| !is_settled(oddity, arguments)) {
        run.output.note(format_args!(
            "{}: {}",
            OneLine(&name.to_string_lossy()),
            OneLine(&oddity.to_string())
        ));
    }
    let was_encrypted = matches!(found.found, Found::EncryptedKey(_));
    unlock(run, arguments, key.as_ref(), name, &mut found)?;
    let written = match target {
        Some(target) => plain(&found, target, arguments.encode).at(name)?,
        None => {
            let key = private(&found).at(name)?;
            let source = chosen(run, arguments, was_encrypted)?;
            let armor = arguments.encode.map_or(Armor::Pem, Armor::from);
            sealed(run, &arguments.sealing.encryption()?, key, &source, armor)?
        }
    };
    arguments.place.give(written.expose(), &json!({ "form": arguments.to }), run.output)
}

/// What a key or an order that was given settles is no news.
const fn is_settled(oddity: &Oddity, arguments: &args::Convert) -> bool {
    match oddity {
        Oddity::UnknownOrder => arguments.key.is_some() || arguments.order.is_some(),
        Oddity::MayBeAnything => true,
        _ => false,
    }
}

/// Opens what is closed, and decides the order of a ciphertext.
fn unlock(
    run: &Run,
    arguments: &args::Convert,
    key: Option<&PrivateKey>,
    name: &Path,
    found: &mut Inspection,
) -> Result {
    let opened = match (&mut found.found, key) {
        (Found::EncryptedKey(protection), _) => {
            key_files::opened(run, name, |passphrase| protection.open(passphrase))?
        }
        (Found::EnvelopedKey(envelope), Some(key)) => envelope.open(key).at(name)?,
        (Found::Ciphertext(ciphertext), Some(key)) => return ciphertext.settle(key).map(|_| ()).at(name),
        (Found::Ciphertext(ciphertext), None) => {
            let said = arguments.order.map(Order::from);
            match (ciphertext.order(), said) {
                (Some(told), Some(said)) if told != said => {
                    return failure(Kind::Invalid, "the bytes tell another order; leave --order away")
                        .at(name);
                }
                (_, Some(said)) => ciphertext.assume(said),
                (_, None) => {}
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    found.found =
        Found::PrivateKey(miyao::pki::inspect::Form::Pkcs8, miyao::pki::inspect::Inner::default(), opened);
    Ok(())
}

fn plain(found: &Inspection, target: Target, code: Option<args::Code>) -> Result<SecretBytes, miyao::Error> {
    let usual = if target.label().is_some() { Armor::Pem } else { Armor::Binary };
    let bytes = convert::convert(found, target)?;
    code.map_or(usual, Armor::from).around(target, &bytes)
}

/// The private key that is to be encrypted, under the same conditions as any other form of it.
fn private(found: &Inspection) -> Result<&PrivateKey, Failure> {
    convert::convert(found, Target::Pkcs8)?;
    match &found.found {
        Found::PrivateKey(_, _, key) => Ok(key),
        _ => failure(Kind::Invalid, "only a private key is encrypted under a passphrase"),
    }
}

/// Where the new passphrase comes from: its own file, else where the old one would, unless there is an old one.
fn chosen<'a>(run: &'a Run, arguments: &'a args::Convert, was_encrypted: bool) -> Result<Source<'a>> {
    match &arguments.new_passphrase_file {
        Some(file) => Ok(Source::File(file)),
        None if was_encrypted => Ok(Source::Terminal),
        None => run.passphrase_source(),
    }
}
