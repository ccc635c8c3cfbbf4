//! `miyao sm2 sign` and `verify`: signatures over files or digests.
//!
//! A signature that is no signature fails as one that does not verify: exit code 3.

use std::{
    io::{self, Read},
    os::unix::ffi::OsStrExt,
};

use miyao::{
    Error, Kind, SecretBytes,
    algo::sm2::{MessageDigest, PublicKey, Signature},
    kms,
    pki::{
        convert::{Armor, Target},
        inspect::{Found, inspect},
    },
};
use serde_json::json;

use crate::{
    args::{FileSign, FileVerify, Signed},
    failure::{At, Result, failure},
    input::{self, Input},
    key_files,
    output::{from_hex, hex},
    progress::Progress,
    session::Run,
};

pub(super) fn sign(run: &Run, arguments: &FileSign) -> Result {
    arguments.place.check()?;
    let key = key_files::private(run, &arguments.key)?;
    let e = arguments.signed.digest(key.public_key())?;
    let signature = key.sign_digest(&e, &mut kms::rng()?);
    let target = Target::from(arguments.form);
    let bytes = match target {
        Target::Raw => signature.to_bytes().to_vec(),
        _ => {
            let (der, len) = signature.to_der();
            der[..len].to_vec()
        }
    };
    let is_file = arguments.place.file().is_some();
    let usual = if is_file { Armor::Binary } else { Armor::Hexadecimal };
    let text =
        arguments.encode.map_or(usual, Armor::from).around(target, &SecretBytes::take(bytes.clone()))?;
    let record = json!({ "signature": hex(&bytes), "form": target_name(target) });
    if run.output.json && !is_file {
        return run.output.silent_record(&record);
    }
    arguments.place.give(text.expose(), &record, run.output)
}

fn target_name(target: Target) -> &'static str {
    Target::ALL.iter().find(|(_, known)| *known == target).map_or("", |(name, _)| name)
}

pub(super) fn verify(run: &Run, arguments: &FileVerify) -> Result {
    let key = key_files::public(&arguments.key)?;
    let signature = read(input::read_small(&arguments.signature)?.expose()).at(&arguments.signature)?;
    let e = arguments.signed.digest(&key)?;
    key.verify_digest(&e, &signature)?;
    run.output.record(&json!({ "verified": true, "key_identifier": hex(key.key_identifier()) }), "verified")
}

/// A signature in strict DER, or r and s; as bytes or as text.
fn read(bytes: &[u8]) -> miyao::Result<Signature> {
    let found = inspect(bytes);
    match found.found {
        Found::Signature(_, signature) if found.is_strict() => Ok(signature),
        _ => Err(Error::new(
            Kind::Rejected,
            "no signature that could verify; `miyao sm2 inspect` tells what it is and what is odd about it",
        )),
    }
}

impl Signed {
    /// What is signed: the digest of the file under the user id, or the file itself.
    fn digest(&self, signer: &PublicKey) -> Result<[u8; 32]> {
        let input = Input::open(self.file.as_deref())?;
        let name = input.name;
        if self.digest {
            let bytes = input.read_secret(1 << 10)?;
            let given: Option<[u8; 32]> = match bytes.expose() {
                raw if raw.len() == 32 => raw.try_into().ok(),
                text => from_hex(text).and_then(|raw| raw.try_into().ok()),
            };
            return match given {
                Some(e) => Ok(e),
                None => failure(Kind::Invalid, "a digest has 32 bytes, or 64 hexadecimal digits").at(name),
            };
        }
        let mut digest = MessageDigest::new(signer, self.user_id.as_bytes())?;
        let progress = Progress::bytes(input.len.unwrap_or(0));
        feed(&mut digest, progress.reader(input.source)).at(name)?;
        Ok(digest.finalize())
    }
}

fn feed(digest: &mut MessageDigest, mut input: impl Read) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => digest.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
