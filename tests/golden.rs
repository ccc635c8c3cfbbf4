//! Golden messages and tokens: what any release wrote is read by this one, and this one writes the same bytes again.
//!
//! `tests/golden/RELEASE/` is written once, by `MIYAO_WRITE_GOLDEN=1 cargo test --test golden`, and never edited.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    io::{Cursor, Read as _},
    path::{Path, PathBuf},
};

use miyao::{
    Secret, SecretBytes,
    algo::{
        sm2::{PrivateKey, PublicKey},
        sm3,
    },
    envelope::{
        self, Context, Decryptor, Entry, FileKey, HeaderDigest, Opener, Reader, Signed, Unwrap, inspect,
        kms_unwrap, recipient::Passphrase, token,
    },
};
use serde_json::{Value, json};

#[path = "shapes/messages.rs"]
mod messages;
use messages::{CONTEXT, KEY_ID, Kms, PASSPHRASE, SHAPES, Shape, TOKENS, To};

const RELEASE: &str = "0.1.0";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// What stands beside each golden file: keys, context and plaintext, all that a reader needs.
fn described(shape: &Shape) -> Value {
    let keys: Vec<Value> = shape
        .recipients()
        .iter()
        .filter_map(|to| match to {
            To::Kms(version) => Some(
                json!({"kms": hex(&KEY_ID), "version": version, "secret": hex(Kms::secret(*version).expose())}),
            ),
            To::Sm2 => Some(json!({"sm2": hex(messages::sm2_key().expose().expose())})),
            To::Passphrase => Some(json!({"passphrase": PASSPHRASE})),
            To::Device | To::Unknown => None,
        })
        .collect();
    let signer = shape.signed.then(|| hex(&messages::signer().public_key().to_bytes()));
    let text = messages::plaintext(shape.len);
    json!({
        "suite": shape.suite.number(), "frame_log2": shape.frame_log2, "recipients": shape.recipients.len(),
        "keys": keys, "signer": signer, "context": pairs(shape.context), "len": text.len(), "sm3": hex(&sm3::digest(&text)),
    })
}

fn pairs(context: &[(&str, &str, bool)]) -> Value {
    context.iter().map(|(key, value, hidden)| json!([key, value, hidden])).collect()
}

fn described_token(len: usize) -> Value {
    json!({
        "key": hex(&KEY_ID), "version": 3, "secret": hex(Kms::secret(3).expose()),
        "context": pairs(CONTEXT), "plaintext": hex(&messages::plaintext(len)),
    })
}

/// Name and content of every golden file of this release.
fn made() -> Vec<(String, Vec<u8>)> {
    let pretty = |value: Value| (serde_json::to_string_pretty(&value).unwrap() + "\n").into_bytes();
    let mut files = Vec::new();
    for shape in SHAPES {
        files.push((format!("{}.miyao", shape.name), shape.make()));
        files.push((format!("{}.json", shape.name), pretty(described(shape))));
    }
    for (name, suite, len) in TOKENS {
        let text = token::to_text(&messages::make_token(name, *suite, *len)) + "\n";
        files.push((format!("{name}.token"), text.into_bytes()));
        files.push((format!("{name}.json"), pretty(described_token(*len))));
    }
    files
}

#[test]
fn this_release_writes_its_golden_files_again_byte_for_byte() {
    let dir = golden().join(RELEASE);
    let writes = std::env::var_os("MIYAO_WRITE_GOLDEN").is_some();
    let mut names = Vec::new();
    for (name, bytes) in made() {
        let path = dir.join(&name);
        if writes && !path.exists() {
            fs::create_dir_all(&dir).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(kept == bytes, "{name} would be written otherwise now");
        names.push(name);
    }
    let mut kept: Vec<String> =
        fs::read_dir(&dir).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    kept.sort_unstable();
    names.sort_unstable();
    assert_eq!(kept, names, "a golden file that nobody makes");
}

#[test]
fn golden_files_of_every_release_are_read() {
    let mut read = 0;
    for release in fs::read_dir(golden()).unwrap() {
        for file in fs::read_dir(release.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let about = || -> Value {
                serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap()
            };
            match path.extension().and_then(|end| end.to_str()) {
                Some("miyao") => read_message(&path, &about()),
                Some("token") => read_token(&path, &about()),
                _ => continue,
            }
            read += 1;
        }
    }
    assert!(read >= SHAPES.len() + TOKENS.len());
}

/// A key as it is written beside a golden message.
enum Key {
    Kms([u8; 16], u32, Secret<32>),
    Other(Box<dyn Unwrap>),
}

impl Unwrap for Key {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<miyao::Result<FileKey>> {
        match (self, entry) {
            (Self::Kms(id, number, secret), Entry::Kms { key, version, .. })
                if (id, number) == (key, version) =>
            {
                Some(kms_unwrap(secret, entry, header).map_err(Into::into))
            }
            (Self::Kms(..), _) => None,
            (Self::Other(key), _) => key.unwrap(entry, header),
        }
    }
}

fn key(about: &Value) -> Key {
    if let Some(text) = about["passphrase"].as_str() {
        return Key::Other(Box::new(Passphrase::new(SecretBytes::take(text.as_bytes().to_vec()))));
    }
    if about["sm2"].is_string() {
        return Key::Other(Box::new(PrivateKey::from_bytes(&array(&about["sm2"])).unwrap()));
    }
    let version = about["version"].as_u64().unwrap() as u32;
    Key::Kms(array(&about["kms"]), version, Secret::take(&mut array(&about["secret"])))
}

fn read_message(path: &Path, about: &Value) {
    let (message, name) = (fs::read(path).unwrap(), path.display());
    let found = inspect(&message).unwrap();
    assert_eq!(u64::from(found.header.suite.number()), about["suite"], "{name}");
    assert_eq!(u64::from(found.header.frame_log2), about["frame_log2"], "{name}");
    assert_eq!(found.recipients.len() as u64, about["recipients"], "{name}");
    let signer =
        about["signer"].as_str().map(|_| PublicKey::from_bytes(&array::<65>(&about["signer"])).unwrap());
    assert_eq!(found.header.signer, signer.as_ref().map(PublicKey::key_identifier));
    let keys = about["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys.iter().map(key) {
        let mut opener = Opener::with(&key).context(context(&about["context"])).every_pair();
        if let Some(signer) = &signer {
            opener = opener.signed_by(signer);
        }
        let (text, signed) =
            envelope::decrypt(&message, &opener).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(text.len() as u64, about["len"], "{name}");
        assert_eq!(hex(&sm3::digest(text.expose())), about["sm3"], "{name}");
        assert_eq!(matches!(signed, Signed::Verified(_)), signer.is_some());
        let mut streamed = Vec::new();
        let mut decryptor = Decryptor::new(&message[..], &opener).unwrap();
        decryptor.read_to_end(&mut streamed).unwrap();
        assert_eq!(decryptor.finish().unwrap(), signed);
        assert!(streamed == text.expose());
        if signer.is_none() {
            let mut ranged = Vec::new();
            Reader::new(Cursor::new(&message), &opener).unwrap().read_to_end(&mut ranged).unwrap();
            assert!(ranged == text.expose());
        }
    }
}

fn read_token(path: &Path, about: &Value) {
    let bytes = token::from_text(&fs::read_to_string(path).unwrap()).unwrap();
    let (id, secret) = (array(&about["key"]), Secret::take(&mut array(&about["secret"])));
    assert_eq!(u64::from(token::TokenHeader::parse(&bytes).unwrap().version), about["version"]);
    let text = token::decrypt(&secret, &id, &context(&about["context"]), &bytes).unwrap();
    assert_eq!(hex(text.expose()), about["plaintext"], "{}", path.display());
    assert!(token::decrypt(&secret, &id, &Context::new(), &bytes).is_err());
}

fn context(pairs: &Value) -> Context {
    pairs.as_array().unwrap().iter().fold(Context::new(), |context, pair| {
        let (key, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        if pair[2] == true { context.with_hidden(key, value) } else { context.with(key, value) }.unwrap()
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn array<const N: usize>(text: &Value) -> [u8; N] {
    let text = text.as_str().unwrap();
    let bytes: Vec<u8> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    bytes.try_into().unwrap()
}
