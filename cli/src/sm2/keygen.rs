//! `miyao sm2 keygen`: a key pair, whose private half is under a passphrase unless it is asked not to be.
//!
//! Knows no store.

use miyao::{
    SecretBytes,
    algo::sm2::PrivateKey,
    kms,
    pki::{convert::Armor, pkcs8::Encryption},
};
use serde_json::json;

use crate::{
    args::{Keygen, Sealing},
    failure::Result,
    output::hex,
    passphrase::Source,
    safe_file,
    session::Run,
};

pub(super) fn run(run: &Run, arguments: &Keygen) -> Result {
    arguments.place.check()?;
    if let Some(public) = &arguments.public {
        safe_file::check(public, arguments.place.force)?;
    }
    let encryption = arguments.sealing.encryption()?;
    let key = PrivateKey::random(&mut kms::rng()?);
    let text = if arguments.plain {
        key.to_pkcs8_pem()?
    } else {
        sealed(run, &encryption, &key, &run.passphrase_source()?, Armor::Pem)?
    };
    // The public half first: a private key whose public half could not be kept is of no use yet.
    let public = key.public_key();
    if let Some(path) = &arguments.public {
        safe_file::write(path, public.to_pem()?.as_bytes(), arguments.place.force)?;
    }
    let record = json!({
        "public_pem": public.to_pem()?,
        "public": hex(public.to_bytes()),
        "key_identifier": hex(public.key_identifier()),
        "encrypted": !arguments.plain,
    });
    arguments.place.give(text.expose(), &record, run.output)
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
    pub(super) fn encryption(&self) -> Result<Encryption> {
        let encryption = Encryption::new().derivation(self.derivation.into());
        Ok(match self.iterations {
            Some(iterations) => encryption.iterations(iterations)?,
            None => encryption,
        })
    }
}
