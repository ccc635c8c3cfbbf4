//! The message format: what is written is read back, and everything else is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use core::num::NonZeroUsize;
use std::{
    io::{Cursor, Read, Seek, SeekFrom, Write},
    path::Path,
};

use miyao::{
    Kind, Secret, SecretBytes,
    algo::{drbg::Drbg, sm2::PrivateKey},
    envelope::{
        self, Context, Decryptor, Encryptor, Entry, FileKey, HeaderDigest, Opener, Options, Reader,
        Rewrapped, Signed, Suite, Unwrap, Wrap, inspect, kms_unwrap, kms_wrap, recipient::Passphrase, token,
    },
};
use proptest::prelude::*;
use rand_core::CryptoRng;

fn rng(seed: u8) -> Drbg {
    Drbg::new(&[seed; 32], b"tests/envelope", b"")
}

/// A KMS key of the test: a secret a version.
struct TestKey {
    id: [u8; 16],
    primary: u32,
}

impl TestKey {
    fn secret(version: u32) -> Secret<32> {
        Secret::build(|bytes| bytes.fill(version as u8))
    }
}

impl Wrap for TestKey {
    fn wrap(
        &self,
        file_key: &FileKey,
        header: &HeaderDigest,
        mut rng: &mut dyn CryptoRng,
    ) -> miyao::Result<Entry> {
        kms_wrap(&Self::secret(self.primary), self.id, self.primary, file_key, header, &mut rng)
    }
}

impl Unwrap for TestKey {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<miyao::Result<FileKey>> {
        match entry {
            Entry::Kms { key, version, .. } if *key == self.id => {
                Some(Ok(match kms_unwrap(&Self::secret(*version), entry, header) {
                    Ok(file_key) => file_key,
                    Err(rejected) => return Some(Err(rejected.into())),
                }))
            }
            _ => None,
        }
    }
}

fn key() -> TestKey {
    TestKey { id: [7; 16], primary: 1 }
}

fn kind<T>(result: miyao::Result<T>) -> Kind {
    result.err().expect("must be refused").kind()
}

#[test]
fn what_is_encrypted_is_decrypted_at_every_length_around_a_frame() {
    for suite in [Suite::Gcm, Suite::CtrHmac] {
        for len in [0usize, 1, 4095, 4096, 4097, 8191, 8192, 8193, 3 * 4096] {
            let text: Vec<u8> = (0..len).map(|index| index as u8).collect();
            let key = key();
            let options = Options::to(&key).suite(suite).frame_log2(12).unwrap();
            let message = envelope::encrypt(&text, &options, &mut rng(1)).unwrap();
            let (plain, signed) = envelope::decrypt(&message, &Opener::with(&key)).unwrap();
            assert_eq!((plain.expose(), signed), (text.as_slice(), Signed::No));
            let body = message.len() - inspect(&message).unwrap().body_at;
            assert_eq!(body, len + len.div_ceil(4096).max(1) * suite.tag_len());
        }
    }
}

#[test]
fn every_flipped_bit_and_every_truncation_of_a_message_is_refused() {
    let signer = PrivateKey::random(&mut rng(2));
    for (suite, signed) in [(Suite::Gcm, false), (Suite::CtrHmac, false), (Suite::Gcm, true)] {
        let key = key();
        let mut options =
            Options::to(&key).suite(suite).spare(0).context(Context::new().with("a", "b").unwrap());
        if signed {
            options = options.signed_by(&signer);
        }
        let opener = || {
            let opener = Opener::with(&key).context(Context::new().with("a", "b").unwrap());
            if signed { opener.signed_by(signer.public_key()) } else { opener }
        };
        let message = envelope::encrypt(b"text", &options, &mut rng(3)).unwrap();
        let slots = inspect(&message).unwrap();
        assert!(envelope::decrypt(&message, &opener()).is_ok());
        for bit in 0..message.len() * 8 {
            let mut altered = message.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let at = bit / 8;
            let in_one_slot = (slots.slots_at..slots.body_at).contains(&at);
            // One damaged slot is what the other one is for; the plaintext is the same.
            match envelope::decrypt(&altered, &opener()) {
                Ok((text, _)) => assert!(in_one_slot && text.expose() == b"text", "bit {bit} was accepted"),
                Err(error) => assert!(!in_one_slot, "bit {bit} of one slot: {error:?}"),
            }
        }
        for len in 0..message.len() {
            assert!(envelope::decrypt(&message[..len], &opener()).is_err(), "cut to {len}");
            assert!(drain(&message[..len], &opener()).is_err(), "stream cut to {len}");
        }
        let longer = [message.as_slice(), &[0]].concat();
        assert!(envelope::decrypt(&longer, &opener()).is_err());
        assert!(drain(&longer, &opener()).is_err());
    }
}

fn drain(message: &[u8], opener: &Opener<'_>) -> miyao::Result<(Vec<u8>, Signed)> {
    let mut text = Vec::new();
    let mut decryptor = Decryptor::new(message, opener)?;
    decryptor.copy_to(&mut text)?;
    Ok((text, decryptor.finish()?))
}

#[test]
fn frames_cannot_be_swapped_dropped_doubled_or_spliced() {
    let key = key();
    let options = Options::to(&key).frame_log2(12).unwrap();
    let text = vec![5; 3 * 4096];
    let one = envelope::encrypt(&text, &options, &mut rng(4)).unwrap();
    let other = envelope::encrypt(&text, &options, &mut rng(5)).unwrap();
    let at = inspect(&one).unwrap().body_at;
    let frames = |message: &[u8]| message[at..].chunks(4096 + 16).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (a, b) = (frames(&one), frames(&other));
    let build = |frames: &[&Vec<u8>]| {
        [&one[..at], &frames.iter().flat_map(|frame| frame.iter().copied()).collect::<Vec<_>>()].concat()
    };
    assert!(envelope::decrypt(&build(&[&a[0], &a[1], &a[2]]), &Opener::with(&key)).is_ok());
    for frames in [
        vec![&a[1], &a[0], &a[2]],
        vec![&a[0], &a[2]],
        vec![&a[0], &a[1]],
        vec![&a[0], &a[0], &a[1], &a[2]],
        vec![&a[0], &b[1], &a[2]],
        vec![&b[0], &b[1], &b[2]],
        vec![],
    ] {
        assert!(envelope::decrypt(&build(&frames), &Opener::with(&key)).is_err());
        assert!(drain(&build(&frames), &Opener::with(&key)).is_err());
    }
}

#[test]
fn the_context_must_fit_in_every_way() {
    let key = key();
    let context = Context::new().with("tenant", "a").unwrap().with_hidden("patient", "4711").unwrap();
    let message = envelope::encrypt(b"text", &Options::to(&key).context(context), &mut rng(6)).unwrap();
    assert!(!message.windows(4).any(|part| part == b"4711"), "a hidden value is stored");
    let open = |pairs: &[(&str, &str)], every: bool| {
        let given =
            pairs.iter().fold(Context::new(), |context, (key, value)| context.with(key, value).unwrap());
        let opener = Opener::with(&key).context(given);
        envelope::decrypt(&message, &if every { opener.every_pair() } else { opener }).map(|_| ())
    };
    assert!(open(&[("patient", "4711")], false).is_ok());
    assert!(open(&[("patient", "4711"), ("tenant", "a")], true).is_ok());
    for (pairs, every) in [
        (&[][..], false),
        (&[("patient", "4712")], false),
        (&[("patient", "4711")], true),
        (&[("patient", "4711"), ("tenant", "b")], false),
        (&[("patient", "4711"), ("more", "x")], false),
        (&[("tenant", "a")], false),
    ] {
        assert_eq!(kind(open(pairs, every)), Kind::Rejected, "{pairs:?}");
    }
    assert_eq!(kind(Context::new().with("a", "b").unwrap().with("a", "c")), Kind::Invalid);
    assert_eq!(kind(Context::new().with("a", vec![0; 9000])), Kind::TooLarge);
}

#[test]
fn every_kind_of_recipient_opens_and_nobody_else() {
    let (private, other) = (PrivateKey::random(&mut rng(7)), PrivateKey::random(&mut rng(8)));
    let (key, passphrase) = (key(), Passphrase::new(SecretBytes::take(b"correct".to_vec())));
    let wrong = Passphrase::new(SecretBytes::take(b"wrong".to_vec()));
    let options = Options::to(&key).and_to(private.public_key()).and_to(&passphrase);
    let message = envelope::encrypt(b"text", &options, &mut rng(9)).unwrap();
    for identity in [&key as &dyn Unwrap, &private, &passphrase] {
        assert_eq!(envelope::decrypt(&message, &Opener::with(identity)).unwrap().0.expose(), b"text");
    }
    assert_eq!(kind(envelope::decrypt(&message, &Opener::with(&other))), Kind::Missing);
    assert_eq!(kind(envelope::decrypt(&message, &Opener::with(&wrong))), Kind::Rejected);
    assert!(envelope::decrypt(&message, &Opener::with(&other).or_with(&key)).is_ok());
    let twice = Options::to(&key).and_to(&key);
    assert_eq!(kind(envelope::encrypt(b"", &twice, &mut rng(9))), Kind::Malformed);
}

#[test]
fn a_signature_is_verified_only_under_the_key_demanded() {
    let (signer, other) = (PrivateKey::random(&mut rng(10)), PrivateKey::random(&mut rng(11)));
    let key = key();
    let message = envelope::encrypt(
        &[1; 10_000],
        &Options::to(&key).signed_by(&signer).frame_log2(12).unwrap(),
        &mut rng(12),
    )
    .unwrap();
    let unsigned = envelope::encrypt(b"text", &Options::to(&key), &mut rng(12)).unwrap();
    let id = signer.public_key().key_identifier();
    for open in [
        |m: &[u8], o: &Opener<'_>| envelope::decrypt(m, o).map(|(_, signed)| signed),
        |m: &[u8], o: &Opener<'_>| drain(m, o).map(|(_, signed)| signed),
    ] {
        assert_eq!(open(&message, &Opener::with(&key)).unwrap(), Signed::Unchecked(id));
        assert_eq!(
            open(&message, &Opener::with(&key).signed_by(signer.public_key())).unwrap(),
            Signed::Verified(id)
        );
        assert_eq!(kind(open(&message, &Opener::with(&key).signed_by(other.public_key()))), Kind::Rejected);
        assert_eq!(kind(open(&unsigned, &Opener::with(&key).signed_by(signer.public_key()))), Kind::Rejected);
    }
}

#[test]
fn a_rewrap_changes_recipient_bytes_only_and_survives_a_torn_slot() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("message");
    let old = key();
    let new = TestKey { primary: 2, ..key() };
    let message = envelope::encrypt(&[3; 5000], &Options::to(&old), &mut rng(13)).unwrap();
    std::fs::write(&path, &message).unwrap();
    assert_eq!(envelope::rewrap(&path, &new, &new, &mut rng(14)).unwrap(), Rewrapped::InPlace);
    assert_eq!(envelope::rewrap(&path, &new, &new, &mut rng(15)).unwrap(), Rewrapped::Current);
    let after = std::fs::read(&path).unwrap();
    let found = inspect(&after).unwrap();
    assert_eq!((found.generation, found.recipients.len()), (2, 1));
    assert!(matches!(found.recipients[0], Entry::Kms { version: 2, .. }));
    assert_eq!(
        (&after[..found.slots_at], &after[found.body_at..]),
        (&message[..found.slots_at], &message[found.body_at..])
    );
    assert_eq!(
        after[found.slots_at..][..found.slot_len],
        after[found.slots_at + found.slot_len..][..found.slot_len]
    );
    // Power fails at any byte of either slot's write: the other slot still opens, and the next rewrap heals it.
    for slot in [0, 1] {
        for torn in [0, 1, found.slot_len / 2, found.slot_len - 1] {
            let mut bytes = message.clone();
            let at = found.slots_at + slot * found.slot_len;
            bytes[at..at + torn].copy_from_slice(&after[at..at + torn]);
            bytes[at + torn] ^= 0x55;
            std::fs::write(&path, &bytes).unwrap();
            assert!(envelope::decrypt(&bytes, &Opener::with(&old)).is_ok());
            assert_eq!(envelope::rewrap(&path, &new, &new, &mut rng(16)).unwrap(), Rewrapped::InPlace);
            assert!(envelope::decrypt(&std::fs::read(&path).unwrap(), &Opener::with(&new)).is_ok());
        }
    }
}

#[test]
fn a_rewrap_that_does_not_fit_writes_the_file_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("message");
    let key = key();
    let sm2 = PrivateKey::random(&mut rng(17));
    let message = envelope::encrypt(&[3; 100_000], &Options::to(&key).spare(0), &mut rng(18)).unwrap();
    std::fs::write(&path, &message).unwrap();
    assert_eq!(envelope::rewrap(&path, &key, sm2.public_key(), &mut rng(19)).unwrap(), Rewrapped::Copied);
    let after = std::fs::read(&path).unwrap();
    assert_eq!(envelope::decrypt(&after, &Opener::with(&sm2)).unwrap().0.expose(), [3; 100_000]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "something was left beside it");
    assert_eq!(kind(envelope::rewrap(Path::new("/nonexistent/x"), &key, &key, &mut rng(19))), Kind::Missing);
}

#[test]
fn a_reader_gives_any_range_and_sees_truncation_at_once() {
    let key = key();
    let text: Vec<u8> = (0..20_000u32).flat_map(u32::to_le_bytes).collect();
    let message = envelope::encrypt(&text, &Options::to(&key).frame_log2(12).unwrap(), &mut rng(20)).unwrap();
    let mut reader = Reader::new(Cursor::new(&message), &Opener::with(&key)).unwrap();
    assert_eq!(reader.len(), text.len() as u64);
    for (at, len) in [(0, 10), (4090, 20), (79_990, 100), (40_000, 30_000), (80_000, 1), (90_000, 1)] {
        reader.seek(SeekFrom::Start(at)).unwrap();
        let mut out = Vec::new();
        Read::by_ref(&mut reader).take(len).read_to_end(&mut out).unwrap();
        assert_eq!(out, &text[text.len().min(at as usize)..text.len().min((at + len) as usize)]);
    }
    let whole_frames = inspect(&message).unwrap().body_at + 5 * (4096 + 16);
    assert!(Reader::new(Cursor::new(&message[..whole_frames]), &Opener::with(&key)).is_err());
}

#[test]
fn every_flipped_bit_and_every_truncation_of_a_token_is_refused() {
    let secret = TestKey::secret(1);
    let context = Context::new().with("row", "7").unwrap();
    for suite in [Suite::Gcm, Suite::CtrHmac] {
        let made = token::encrypt(&secret, &[9; 16], 1, suite, &context, b"value", &mut rng(21)).unwrap();
        let open = |token: &[u8]| {
            token::decrypt(&secret, &[9; 16], &context, token).map(|text| text.expose().to_vec())
        };
        assert_eq!(open(&made).unwrap(), b"value");
        assert!(token::to_text(&made).starts_with("miyao"));
        assert_eq!(token::from_text(&format!(" {}\n", token::to_text(&made))).unwrap(), made);
        for bit in 0..made.len() * 8 {
            let mut altered = made.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&altered).is_err(), "bit {bit}");
        }
        for len in 0..made.len() {
            assert!(open(&made[..len]).is_err(), "cut to {len}");
        }
        assert!(open(&[made.as_slice(), &[0]].concat()).is_err());
        assert_eq!(kind(token::decrypt(&secret, &[8; 16], &context, &made)), Kind::Rejected);
        assert_eq!(kind(token::decrypt(&secret, &[9; 16], &Context::new(), &made)), Kind::Rejected);
        assert_eq!(kind(token::decrypt(&TestKey::secret(2), &[9; 16], &context, &made)), Kind::Rejected);
    }
    assert_eq!(
        kind(token::encrypt(&secret, &[9; 16], 1, Suite::Gcm, &context, &vec![0; 65_537], &mut rng(21))),
        Kind::TooLarge
    );
}

/// A reader that gives at most so many bytes a call.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = out.len().min(self.1).min(self.0.len());
        let (now, rest) = self.0.split_at(len);
        out[..len].copy_from_slice(now);
        self.0 = rest;
        Ok(len)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn streams_and_memory_make_and_read_the_same_bytes(
        len in prop_oneof![0usize..20_000, Just(524_288), Just(1_048_576), 500_000usize..1_700_000],
        chunk in 1usize..70_000,
        threads in 1usize..4,
        log2 in 12u8..=16,
        signed: bool,
        hmac: bool,
    ) {
        let (key, signer) = (key(), PrivateKey::random(&mut rng(22)));
        let threads = NonZeroUsize::new(threads).unwrap();
        let mut options = Options::to(&key).frame_log2(log2).unwrap().threads(threads);
        if signed {
            options = options.signed_by(&signer);
        }
        if hmac {
            options = options.suite(Suite::CtrHmac);
        }
        let text: Vec<u8> = (0..len).map(|index| (index ^ (index >> 8)) as u8).collect();
        let whole = envelope::encrypt(&text, &options, &mut rng(23)).unwrap();
        let mut written = Encryptor::new(Vec::new(), &options, &mut rng(23)).unwrap();
        for part in text.chunks(chunk) {
            written.write_all(part).unwrap();
        }
        let mut copied = Encryptor::new(Vec::new(), &options, &mut rng(23)).unwrap();
        prop_assert_eq!(copied.copy_from(&mut Trickle(&text, chunk)).unwrap(), len as u64);
        let (written, copied) = (written.finish().unwrap(), copied.finish().unwrap());
        // Signatures are drawn anew; everything before them is the same.
        let same = whole.len() - if signed { 64 } else { 0 };
        prop_assert!(whole[..same] == written[..same] && whole[..same] == copied[..same]);
        prop_assert_eq!(written.len(), whole.len());
        let mut opener = Opener::with(&key).threads(threads);
        if signed {
            opener = opener.signed_by(signer.public_key());
        }
        for message in [&whole, &written, &copied] {
            prop_assert!(envelope::decrypt(message, &opener).unwrap().0.expose() == text);
        }
        let mut out = Vec::new();
        let mut decryptor = Decryptor::new(Trickle(&written, chunk), &opener).unwrap();
        decryptor.read_to_end(&mut out).unwrap();
        prop_assert!(out == text);
        prop_assert_eq!(matches!(decryptor.finish().unwrap(), Signed::Verified(_)), signed);
        let mut out = Vec::new();
        prop_assert_eq!(Reader::new(Cursor::new(&whole), &opener).is_err(), signed);
        Reader::new(Cursor::new(&whole), &Opener::with(&key)).unwrap().read_to_end(&mut out).unwrap();
        prop_assert!(out == text);
    }
}
