//! `miyao sm2 keygen`: a key pair, whose private half is under a passphrase unless it is asked not to be.
//!
//! Knows no store.

use std::path::Path;

use miyao::{
    Kind, SecretBytes,
    algo::sm2::PrivateKey,
    kms,
    pki::{convert::Armor, pkcs8::Encryption},
};
use serde_json::json;

use crate::{
    args::{Keygen, Place, Sealing},
    failure::{At, Result, failure},
    input::is_stdio,
    output::hex,
    passphrase::Source,
    safe_file::{self, SafeFile},
    session::Run,
};

pub(super) fn run(run: &Run, arguments: &Keygen) -> Result {
    arguments.place.check()?;
    if let Some(path) = &arguments.public {
        check(path, &arguments.place)?;
    }
    let encryption = arguments.sealing.encryption()?;
    let key = PrivateKey::random(&mut kms::rng()?);
    let text = if arguments.plain {
        key.to_pkcs8_pem()?
    } else {
        sealed(run, &encryption, &key, &run.passphrase_source()?, Armor::Pem)?
    };
    let (public, force) = (key.public_key(), arguments.place.force);
    let public_pem = public.to_pem()?;
    let prepared =
        arguments.public.as_ref().map(|path| safe_file::prepare(path, public_pem.as_bytes(), force));
    let prepared = prepared.transpose()?;
    let record = json!({
        "public_pem": public_pem,
        "public": hex(public.to_bytes()),
        "key_identifier": hex(public.key_identifier()),
        "encrypted": !arguments.plain,
    });
    // The private half first: the public one can be made of it again, and what is encrypted to it without it is lost.
    match (arguments.place.file(), prepared) {
        (Some(path), Some(prepared)) => {
            safe_file::commit_both(safe_file::prepare(path, text.expose(), force)?, prepared)?;
            Place::tell(path, record, run.output)
        }
        (_, prepared) => {
            arguments.place.give(text.expose(), &record, run.output)?;
            prepared.map_or(Ok(()), SafeFile::commit)
        }
    }
}

/// Refuses a public half that has no file of its own, or whose file exists.
fn check(public: &Path, private: &Place) -> Result {
    if is_stdio(public) {
        return failure(Kind::Invalid, "the public half has a file of its own; name it after --public");
    }
    if private.file().is_some_and(|private| safe_file::is_same(private, public)) {
        return failure(Kind::Invalid, "both halves would be this file; name another after --public")
            .at(public);
    }
    safe_file::check(public, private.force)
}

/// A private key under a passphrase that is being chosen.
pub(super) fn sealed(
    run: &Run,
    encryption: &Encryption,
    key: &PrivateKey,
    source: &Source<'_>,
    armor: Armor,
) -> Result<SecretBytes> {
    let chosen = source.choose("New passphrase of the private key: ", run.output)?;
    let der = encryption.encrypt(key, chosen.expose(), &mut kms::rng()?)?;
    Ok(armor.around_encrypted(&der)?)
}

impl Sealing {
    /// Whether any of it was asked for.
    pub(super) const fn is_said(&self) -> bool {
        self.iterations.is_some() || self.derivation.is_some()
    }

    pub(super) fn encryption(&self) -> Result<Encryption> {
        let mut encryption = Encryption::new();
        if let Some(derivation) = self.derivation {
            encryption = encryption.derivation(derivation.into());
        }
        Ok(match self.iterations {
            Some(iterations) => encryption.iterations(iterations)?,
            None => encryption,
        })
    }
}
