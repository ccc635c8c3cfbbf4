//! Verbs on single values: data keys, signatures, MACs, random bytes.
//!
//! A data key's plaintext goes to a new file or, when asked for in so many words, to the standard output; never by default.

use std::os::unix::ffi::OsStrExt;

use miyao::{
    Error, Kind, Rejected, Secret,
    algo::sm2::Signature,
    envelope::token,
    kms::{self, KeyRef, Verified, VersionRef},
};
use serde_json::{Value, json};

use crate::{
    args::{DataKey, Mac, Sign, Verify, VerifyMac},
    encrypt::bound,
    failure::{At, Result, failure},
    input::{self, Input},
    output::{Output, from_hex, hex},
    progress::Progress,
    safe_file,
    session::Run,
};

/// The most random bytes printed at once.
const MAX_RANDOM: usize = 1 << 20;

pub(crate) fn data_key(run: &Run, arguments: &DataKey) -> Result {
    if let Some(out) = &arguments.out {
        safe_file::check(out, arguments.force)?;
    }
    let (key, context) = (KeyRef::parse(&arguments.key)?, bound(&arguments.binding)?);
    let wants_plaintext = arguments.out.is_some() || arguments.plaintext_to_stdout;
    run.with_kms(|kms| match (arguments.pair, wants_plaintext) {
        (false, false) => {
            let wrapped = kms.generate_data_key_without_plaintext(&key, &context, arguments.len)?;
            give(arguments, &wrapped, None, None, run.output)
        }
        (false, true) => {
            let made = kms.generate_data_key(&key, &context, arguments.len)?;
            give(arguments, &made.wrapped, Some(made.plaintext.expose()), None, run.output)
        }
        (true, false) => {
            let (public, wrapped) = kms.generate_data_key_pair_without_plaintext(&key, &context)?;
            give(arguments, &wrapped, None, Some(public.to_pem()?), run.output)
        }
        (true, true) => {
            let made = kms.generate_data_key_pair(&key, &context)?;
            let private = made.private.to_pkcs8_pem()?;
            give(arguments, &made.wrapped, Some(private.expose()), Some(made.public.to_pem()?), run.output)
        }
    })
}

/// Hands out a data key: first the file, so that no token is printed whose plaintext could not be kept.
fn give(
    arguments: &DataKey,
    wrapped: &[u8],
    plaintext: Option<&[u8]>,
    public_pem: Option<String>,
    output: Output,
) -> Result {
    if let (Some(out), Some(plaintext)) = (&arguments.out, plaintext) {
        safe_file::write(out, plaintext, arguments.force)?;
    }
    let printed = plaintext.filter(|_| arguments.plaintext_to_stdout).map(|plaintext| {
        if arguments.pair { String::from_utf8_lossy(plaintext).into_owned() } else { hex(plaintext) }
    });
    let wrapped = token::to_text(wrapped);
    let mut lines = vec![wrapped.as_str()];
    lines.extend(public_pem.as_deref().map(str::trim_end));
    lines.extend(printed.as_deref().map(str::trim_end));
    let text = lines.join("\n");
    output.record(&json!({ "token": wrapped, "public_pem": public_pem, "plaintext": printed }), text)
}

pub(crate) fn sign(run: &Run, arguments: &Sign) -> Result {
    if let Some(path) = &arguments.output {
        safe_file::check(path, arguments.force)?;
    }
    let key = KeyRef::parse(&arguments.key)?;
    let input = Input::open(arguments.file.as_deref())?;
    let progress = Progress::bytes(input.len.unwrap_or(0));
    let (version, signature) = run.with_kms(|kms| {
        Ok(kms.sign_stream(&key, arguments.user_id.as_bytes(), &mut progress.reader(input.source))?)
    })?;
    let (der, len) = signature.to_der();
    let der = &der[..len];
    let record = json!({ "key": arguments.key, "version": version.get(), "signature": hex(der) });
    match &arguments.output {
        Some(path) => {
            safe_file::write(path, der, arguments.force)?;
            run.output.silent_record(&record)
        }
        None => run.output.record(&record, hex(der)),
    }
}

pub(crate) fn verify(run: &Run, arguments: &Verify) -> Result {
    let key = VersionRef::parse(&arguments.key)?;
    let signature =
        read_signature(input::read_small(&arguments.signature)?.expose()).at(&arguments.signature)?;
    let input = Input::open(arguments.file.as_deref())?;
    let progress = Progress::bytes(input.len.unwrap_or(0));
    let verified = run.with_kms(|kms| {
        let mut source = progress.reader(input.source);
        Ok(kms.verify_stream(&key, arguments.user_id.as_bytes(), &mut source, &signature)?)
    })?;
    tell_verified(&arguments.key, &verified, run.output)
}

/// DER, or its hexadecimal text; anything else is no valid signature.
fn read_signature(bytes: &[u8]) -> Result<Signature, Rejected> {
    match from_hex(bytes) {
        Some(der) => Signature::from_der(&der),
        None => Signature::from_der(bytes),
    }
}

pub(crate) fn mac(run: &Run, arguments: &Mac) -> Result {
    let key = KeyRef::parse(&arguments.key)?;
    let input = Input::open(arguments.file.as_deref())?;
    let progress = Progress::bytes(input.len.unwrap_or(0));
    let (version, mac) = run.with_kms(|kms| Ok(kms.mac_stream(&key, &mut progress.reader(input.source))?))?;
    run.output.record(&json!({ "key": arguments.key, "version": version.get(), "mac": hex(mac) }), hex(mac))
}

pub(crate) fn verify_mac(run: &Run, arguments: &VerifyMac) -> Result {
    let key = VersionRef::parse(&arguments.key)?;
    let mac = from_hex(arguments.mac.as_bytes())
        .ok_or(Error::new(Kind::Invalid, "a MAC is hexadecimal text; give what `miyao mac` printed"))?;
    let input = Input::open(arguments.file.as_deref())?;
    let progress = Progress::bytes(input.len.unwrap_or(0));
    let verified =
        run.with_kms(|kms| Ok(kms.verify_mac_stream(&key, &mut progress.reader(input.source), &mac)?))?;
    tell_verified(&arguments.key, &verified, run.output)
}

fn tell_verified(key: &str, verified: &Verified, output: Output) -> Result {
    let compromised: Value = miyao_records::time(verified.compromised).into();
    if let Some(since) = verified.compromised {
        output.note(format_args!("warning: the version is known to be compromised since {since}"));
    }
    output.record(
        &json!({ "key": key, "version": verified.version.get(), "compromised": compromised }),
        format_args!("verified by version {}", verified.version),
    )
}

pub(crate) fn random(run: &Run, bytes: usize) -> Result {
    if !(1..=MAX_RANDOM).contains(&bytes) {
        return failure(Kind::Invalid, "give a number of bytes from 1 to 1,048,576");
    }
    let mut rng = kms::rng()?;
    let mut out = Vec::with_capacity(bytes);
    while out.len() < bytes {
        let fresh = Secret::<64>::random(&mut rng);
        out.extend_from_slice(&fresh.expose()[..fresh.expose().len().min(bytes - out.len())]);
    }
    run.output.record(&json!({ "random": hex(&out) }), hex(&out))
}
