//! What must hold for any bytes: nothing panics, what is read is written back the same, and every way of reading agrees.
//!
//! Plain functions; libFuzzer's targets call them, and so does `tests/fuzz.rs` under stable.

use core::num::NonZeroUsize;
use std::{
    io::{Cursor, Read},
    sync::OnceLock,
};

use miyao::{
    Secret,
    algo::{
        drbg::Drbg,
        sm2::{Encoding, PrivateKey, PublicKey, Signature},
        sm3,
    },
    audit,
    envelope::{
        self, Context, Decryptor, Encryptor, Entry, FileKey, Header, HeaderDigest, Opener, Options, Reader,
        Suite, Unwrap, Wrap, inspect, kms_unwrap, kms_wrap,
        token::{self, TokenHeader},
    },
    key::{Key, KeyId, KeyName, Principal, Span, Spec, Usage, Version},
    kms::{KeyRef, VersionRef},
    pki::{
        enveloped_key,
        pkcs8::{self, Encryption},
    },
};
use rand_core::CryptoRng;

#[path = "bodies/certificates.rs"]
pub mod certificates;
#[path = "../cli/src/context.rs"]
mod cli;
#[path = "bodies/cms.rs"]
pub mod cms;
#[path = "bodies/files.rs"]
pub mod files;
#[path = "bodies/roots.rs"]
pub mod roots;

/// A body: it panics when what must hold does not.
pub type Body = fn(&[u8]);

/// Every body, by the name of its target.
pub const ALL: [(&str, Body); 23] = [
    ("header", header),
    ("message", message),
    ("recipients", recipients),
    ("token", token),
    ("records", records),
    ("private_key", private_key),
    ("public_key", public_key),
    ("signature", signature),
    ("ciphertext", ciphertext),
    ("context", context),
    ("names", names),
    ("pieces", pieces),
    ("key_file", key_file),
    ("enveloped_key", enveloped_key),
    ("inspection", files::inspection),
    ("conversion", files::conversion),
    ("certificate", certificates::certificate),
    ("request", certificates::request),
    ("revocation_list", certificates::revocation_list),
    ("certificate_texts", certificates::certificate_texts),
    ("cms", cms::messages),
    ("root_rows", roots::rows),
    ("root_seals", roots::seals),
];

/// The keys that seeds are made for: every version of the KMS key, and an SM2 key.
pub struct Kms;

pub const KEY_ID: [u8; 16] = [7; 16];

impl Kms {
    fn secret(version: u32) -> Secret<32> {
        Secret::build(|bytes| bytes.fill(version as u8))
    }
}

impl Wrap for Kms {
    fn wrap(
        &self,
        key: &FileKey,
        header: &HeaderDigest,
        mut rng: &mut dyn CryptoRng,
    ) -> miyao::Result<Entry> {
        kms_wrap(&Self::secret(1), KEY_ID, 1, key, header, &mut rng)
    }
}

impl Unwrap for Kms {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<miyao::Result<FileKey>> {
        match entry {
            Entry::Kms { key: KEY_ID, version, .. } => {
                Some(kms_unwrap(&Self::secret(*version), entry, header).map_err(Into::into))
            }
            _ => None,
        }
    }
}

pub fn sm2_key() -> PrivateKey {
    PrivateKey::from_bytes(&[0x11; 32]).expect("a scalar in range")
}

pub fn rng() -> Drbg {
    Drbg::new(&[0x33; 32], b"fuzz", b"")
}

/// H alone, and all that is said of a message without a key.
pub fn header(data: &[u8]) {
    if let Ok((header, len)) = Header::parse(data) {
        assert!(len <= data.len());
        // H is nowhere ambiguous: its digest covers exactly the bytes that were read.
        assert_eq!(header.digest().0, sm3::digest(&data[..len]));
        assert_eq!(Header::parse(&data[..len]).ok(), Some((header, len)));
    }
    if let Ok(found) = inspect(data) {
        assert!((1..=16).contains(&found.recipients.len()));
        assert!(found.slots_at < found.body_at && found.body_at <= data.len());
        assert_eq!(found.body_at, found.slots_at + 2 * found.slot_len);
    }
}

/// A message, read in every way there is; all of them give the same plaintext, or none gives any.
pub fn message(data: &[u8]) {
    let sm2 = sm2_key();
    let opener = || Opener::with(&Kms).or_with(&sm2);
    let whole = envelope::decrypt(data, &opener()).map(|(text, _)| text.expose().to_vec()).ok();
    let streamed = |threads| {
        let opener = opener().threads(NonZeroUsize::new(threads)?);
        let (mut text, mut decryptor) = (Vec::new(), Decryptor::new(data, &opener).ok()?);
        decryptor.copy_to(&mut text).ok()?;
        decryptor.finish().ok()?;
        Some(text)
    };
    assert_eq!(whole, streamed(1));
    assert_eq!(whole, streamed(2));
    let ranged = || {
        let (mut text, mut reader) = (Vec::new(), Reader::new(Cursor::new(data), &opener()).ok()?);
        reader.read_to_end(&mut text).ok()?;
        Some(text)
    };
    assert_eq!(whole, ranged());
}

/// Anything as the recipients of a sound header: past the checksum, which a random slot never passes.
pub fn recipients(data: &[u8]) {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let sm2 = sm2_key();
    let made = MADE.get_or_init(|| {
        let options = Options::to(&Kms).and_to(sm2.public_key());
        envelope::encrypt(b"text", &options, &mut rng()).expect("a message")
    });
    let found = inspect(made).expect("a message");
    let body = &data[..data.len().min(32 << 10) / 64 * 64];
    let Some(room) = body.len().checked_sub(32) else { return };
    let mut slot = body[..room].to_vec();
    slot.extend_from_slice(&sm3::digest(&slot));
    let head = &made[..found.slots_at - 2];
    let len = (slot.len() as u16).to_be_bytes();
    let message = [head, &len, &slot, &slot, &made[found.body_at..]].concat();
    if let Ok(read) = inspect(&message) {
        assert!((1..=16).contains(&read.recipients.len()));
        assert_eq!(
            (read.generation, read.slot_len),
            (u32::from_be_bytes([slot[0], slot[1], slot[2], slot[3]]), slot.len())
        );
        let mut at = 5;
        for entry in &read.recipients {
            let prefix = entry.prefix();
            assert_eq!(slot[at..][..prefix.len()], prefix, "an entry is read otherwise than it is written");
            assert_eq!(slot[at], entry.kind());
            at += 3 + usize::from(u16::from_be_bytes([slot[at + 1], slot[at + 2]]));
        }
    }
    if let Ok((text, _)) = envelope::decrypt(&message, &Opener::with(&Kms).or_with(&sm2)) {
        assert_eq!(text.expose(), b"text");
    }
}

/// A token and its text.
pub fn token(data: &[u8]) {
    let (secret, bound) = (Kms::secret(1), Context::new());
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(bytes) = token::from_text(text)
    {
        assert_eq!(token::to_text(&bytes), text.trim_ascii(), "a token has one text");
    }
    if TokenHeader::parse(data).is_err() {
        assert!(token::decrypt(&secret, &KEY_ID, &bound, data).is_err());
    }
    if let Ok(text) = token::decrypt(&secret, &KEY_ID, &bound, data) {
        assert!(text.len() + 31 + 32 <= data.len());
    }
    if data.len() <= token::MAX_PLAINTEXT {
        for suite in [Suite::Gcm, Suite::CtrHmac] {
            let made = token::encrypt(&secret, &KEY_ID, 1, suite, &bound, data, &mut rng()).expect("a token");
            assert_eq!(token::from_text(&token::to_text(&made)).expect("its text"), made);
            assert_eq!(
                token::decrypt(&secret, &KEY_ID, &bound, &made).expect("its plaintext").expose(),
                data
            );
        }
    }
}

/// Whatever a store holds.
pub fn records(data: &[u8]) {
    if let Ok(key) = Key::decode(data)
        && let Ok(bytes) = key.encode()
    {
        assert_eq!(Key::decode(&bytes).expect("what was written"), key);
        assert!(bytes == data || bytes.len() <= data.len());
    }
    if let Ok(version) = Version::decode(data)
        && let Ok(bytes) = version.encode()
    {
        assert!(Version::decode(&bytes).expect("what was written") == version);
    }
    if let Ok(usage) = Usage::decode(data) {
        assert_eq!(Usage::decode(&usage.encode()).expect("what was written"), usage);
    }
    if let Ok(entry) = audit::Entry::decode(data) {
        assert_eq!(audit::Entry::decode(&entry.encode()).expect("what was written"), entry);
        assert_eq!(entry.encode(), data, "an entry has one encoding, for it is chained");
    }
}

/// Every reader of private keys.
pub fn private_key(data: &[u8]) {
    for key in [PrivateKey::from_pem(data), PrivateKey::from_pkcs8_der(data), PrivateKey::from_sec1_der(data)]
        .into_iter()
        .flatten()
    {
        let same = |read: miyao::Result<PrivateKey>| {
            assert_eq!(read.expect("what was written").expose().expose(), key.expose().expose());
        };
        same(PrivateKey::from_pkcs8_der(key.to_pkcs8_der().expose()));
        same(PrivateKey::from_sec1_der(key.to_sec1_der().expose()));
        same(PrivateKey::from_pem(key.to_pkcs8_pem().expect("text").expose()));
    }
}

/// Every reader of public keys.
pub fn public_key(data: &[u8]) {
    for key in [PublicKey::from_pem(data), PublicKey::from_spki_der(data), PublicKey::from_bytes(data)]
        .into_iter()
        .flatten()
    {
        assert_eq!(PublicKey::from_spki_der(&key.spki()).expect("what was written"), key);
        assert_eq!(PublicKey::from_bytes(&key.to_bytes()).expect("what was written"), key);
        assert_eq!(
            PublicKey::from_pem(key.to_pem().expect("text").as_bytes()).expect("what was written"),
            key
        );
        assert_eq!(key.key_identifier(), sm3::digest(&key.spki()));
    }
}

/// DER is one: what is read is written back byte for byte.
pub fn signature(data: &[u8]) {
    let Ok(signature) = Signature::from_der(data) else { return };
    let (der, len) = signature.to_der();
    assert_eq!(&der[..len], data);
    assert_eq!(Signature::from_bytes(&signature.to_bytes()), Ok(signature));
    assert!(sm2_key().public_key().verify(b"", b"fuzz", &signature).is_err());
}

/// SM2 ciphertexts in every encoding, and the round trip of any plaintext.
pub fn ciphertext(data: &[u8]) {
    let key = sm2_key();
    for encoding in [Encoding::Der, Encoding::C1C3C2, Encoding::C1C2C3] {
        if let Ok(text) = key.decrypt(data, encoding) {
            assert!(!text.is_empty() && text.len() < data.len());
        }
    }
    if let Ok(made) = key.public_key().encrypt(data, Encoding::Der, &mut rng()) {
        assert_eq!(key.decrypt(&made, Encoding::Der).expect("what was made").expose(), data);
    } else {
        assert!(data.is_empty());
    }
}

/// The words of `--context` and `--context-hidden`, split by zero bytes; a word that starts with `!` is hidden.
pub fn context(data: &[u8]) {
    let words: Vec<&[u8]> = data.split(|byte| *byte == 0).collect();
    let (hidden, stored): (Vec<&[u8]>, Vec<&[u8]>) = words.iter().partition(|word| word.starts_with(b"!"));
    let Ok(context) = cli::parse(stored.iter().copied(), hidden.iter().map(|word| &word[1..])) else {
        return;
    };
    assert_eq!(context.len(), words.len());
    for (key, _, value) in context.pairs() {
        let text = [key, b"=", value].concat();
        assert!(words.iter().any(|word| *word == text || word.strip_prefix(b"!") == Some(&text[..])));
    }
    let options = Options::to(&Kms).context(context.clone());
    let made = envelope::encrypt(b"text", &options, &mut rng()).expect("a context that was accepted");
    let read = inspect(&made).expect("a message").header.context;
    assert_eq!(read.len(), context.len());
    let every = Opener::with(&Kms).context(context.clone()).every_pair();
    assert_eq!(envelope::decrypt(&made, &every).expect("its own context").0.expose(), b"text");
    let more = context.with("no such key in the corpus", "x");
    assert!(
        more.is_err()
            || more.is_ok_and(|more| envelope::decrypt(&made, &Opener::with(&Kms).context(more)).is_err())
    );
}

/// What people type: names, ids, versions, spans, specs.
pub fn names(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(name) = KeyName::parse(text) {
        assert_eq!(name.as_str(), text);
        assert!(KeyId::parse(text).is_none());
    }
    if let Some(id) = KeyId::parse(text) {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
    if let Ok(key) = KeyRef::parse(text) {
        assert_eq!(KeyRef::parse(&key.to_string()).expect("what was written"), key);
    }
    if let Ok(version) = VersionRef::parse(text) {
        let again = match version.version {
            Some(number) => format!("{}:{number}", version.key),
            None => version.key.to_string(),
        };
        assert_eq!(VersionRef::parse(&again).expect("what was written"), version);
    }
    if let Ok(principal) = Principal::parse(text) {
        assert_eq!(principal.as_str(), text);
    }
    if let Ok(span) = Span::parse(text) {
        assert_eq!(Span::parse(&span.to_string()).expect("what was written"), span);
    }
    if let Ok(spec) = Spec::parse(text) {
        assert_eq!(spec.as_str(), text);
    }
}

/// A plaintext written in pieces of any sizes is the message of the whole; the first bytes say how.
pub fn pieces(data: &[u8]) {
    let Some((&[how, step], text)) = data.split_first_chunk() else { return };
    let suite = if how & 1 == 0 { Suite::Gcm } else { Suite::CtrHmac };
    let threads = NonZeroUsize::new(usize::from(how >> 1 & 1) + 1).expect("one or two");
    let options = Options::to(&Kms).suite(suite).frame_log2(12).expect("in range").threads(threads);
    // Long enough for some frames.
    let text = text.repeat(1 + usize::from(how >> 2) * 4);
    let whole = envelope::encrypt(&text, &options, &mut rng()).expect("a message");
    let mut encryptor = Encryptor::new(Vec::new(), &options, &mut rng()).expect("a message");
    for piece in text.chunks(1 + usize::from(step) * 37) {
        std::io::Write::write_all(&mut encryptor, piece).expect("memory");
    }
    assert!(encryptor.finish().expect("memory") == whole);
    message(&whole);
    assert!(envelope::decrypt(&whole, &Opener::with(&Kms)).expect("its own key").0.expose() == text);
}

/// Private keys under a passphrase: nothing opens at more cost than it says, and what opens is written back.
pub fn key_file(data: &[u8]) {
    let Ok(told) = pkcs8::describe(data) else {
        assert!(pkcs8::decrypt(data, b"passphrase").is_err());
        return;
    };
    assert!((1..=Encryption::CEILING).contains(&told.iterations) && (8..=128).contains(&told.salt_len));
    if told.iterations > 4096 {
        return;
    }
    if let Ok(key) = pkcs8::decrypt(data, b"passphrase") {
        let made = Encryption::new().iterations(1024).expect("in range").encrypt(&key, b"other", &mut rng());
        let again = pkcs8::decrypt(&made.expect("a key file"), b"other").expect("what was written");
        assert_eq!(again.public_key(), key.public_key());
    }
}

/// Enveloped keys of GM/T 0009: what opens is the key that stands in the open beside.
pub fn enveloped_key(data: &[u8]) {
    let named = enveloped_key::unverified_public_key(data);
    if let Ok(key) = enveloped_key::unwrap(data, &sm2_key()) {
        assert_eq!(*key.public_key(), named.expect("it was read"));
        let made = enveloped_key::wrap(&key, sm2_key().public_key(), &mut rng()).expect("an enveloped key");
        let again = enveloped_key::unwrap(&made, &sm2_key()).expect("what was written");
        assert_eq!(again.public_key(), key.public_key());
    }
}
