//! Keys in files, read strictly; where one is not read, the error leads to the detective.
//!
//! Asks for a passphrase only when the file is encrypted.

use std::path::Path;

use miyao::{
    Error, Kind,
    algo::sm2::{PrivateKey, PublicKey},
    pki::pkcs8,
};

use crate::{
    failure::{At, OneLine, Result},
    input::{self, is_der},
    session::Run,
};

/// An SM2 private key: PKCS#8, SEC1, or PKCS#8 under a passphrase; PEM or DER.
pub(crate) fn private(run: &Run, path: &Path) -> Result<PrivateKey> {
    let bytes = input::read_small(path)?;
    match bytes.expose() {
        der if is_der(der) => match pkcs8::describe(der) {
            Ok(_) => opened(run, path, |passphrase| pkcs8::decrypt(der, passphrase)),
            Err(error) if error.kind() != Kind::Malformed => Err(error).at(path),
            Err(_) => PrivateKey::from_pkcs8_der(der)
                .or_else(|error| PrivateKey::from_sec1_der(der).map_err(|_| error))
                .map_err(advised)
                .at(path),
        },
        pem => match PrivateKey::from_pem(pem) {
            Err(error) if error.kind() == Kind::Unsupported && has_encrypted(pem) => {
                opened(run, path, |passphrase| pkcs8::decrypt_pem(pem, passphrase))
            }
            read => read.map_err(advised).at(path),
        },
    }
}

/// Whether PEM holds a key under a passphrase, and not one under headers of its own.
fn has_encrypted(pem: &[u8]) -> bool {
    let begin = format!("-----BEGIN {}-----", pkcs8::LABEL);
    pem.windows(begin.len()).any(|window| window == begin.as_bytes())
}

/// An SM2 public key: SubjectPublicKeyInfo, PEM or DER.
pub(crate) fn public(path: &Path) -> Result<PublicKey> {
    let bytes = input::read_small(path)?;
    let read = match bytes.expose() {
        der if is_der(der) => PublicKey::from_spki_der(der),
        pem => PublicKey::from_pem(pem),
    };
    read.map_err(advised).at(path)
}

/// Asks for the passphrase of a key file and opens it.
pub(crate) fn opened(
    run: &Run,
    path: &Path,
    open: impl FnOnce(&[u8]) -> miyao::Result<PrivateKey>,
) -> Result<PrivateKey> {
    let prompt = format!("Passphrase of {}: ", OneLine(&path.to_string_lossy()));
    let passphrase = run.passphrase_source()?.read(&prompt, run.output)?;
    open(passphrase.expose()).at(path)
}

fn advised(error: Error) -> Error {
    match error.kind() {
        Kind::Malformed => Error::new(
            Kind::Malformed,
            "not an SM2 key as the standards write it; `miyao sm2 inspect` tells what it is, `miyao sm2 convert` writes it \
             anew",
        )
        .caused_by(error),
        _ => error,
    }
}
