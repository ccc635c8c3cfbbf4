//! Tokens and messages: secrets of versions, file keys, private keys and plaintexts are secret; what is sent is not.

use miyao::{
    Result, Secret,
    algo::sm2::PrivateKey,
    envelope::{
        Context, Entry, FileKey, HeaderDigest, Opener, Options, Suite, Unwrap, Wrap, decrypt, encrypt,
        kms_unwrap, kms_wrap, token,
    },
    secret,
};
use rand_core::CryptoRng;

use crate::{Watch, hidden, hidden_secret, hidden_vec, plain_vec, public, rng};

pub fn run(watch: &Watch) {
    for suite in [Suite::Gcm, Suite::CtrHmac] {
        for len in [0, 100, 2000] {
            watch.clean(&format!("a token of {len} bytes, {suite:?}, both ways and refused"), || {
                tokens(suite, len)
            });
        }
        // Several frames of 4 KiB.
        for len in [0, 100, 10_000] {
            watch.clean(&format!("a message of {len} bytes, {suite:?}, to a version and an SM2 key"), || {
                messages(suite, len);
            });
        }
    }
}

fn context() -> Context {
    Context::new().with("row", "7").unwrap()
}

fn tokens(suite: Suite, len: usize) {
    let secret = hidden_secret(1);
    let mut made =
        token::encrypt(&secret, &public(2), 1, suite, &context(), &hidden_vec(len), &mut rng(3)).unwrap();
    secret::unmark(&mut made);
    let mut text = token::decrypt(&secret, &public(2), &context(), &made).unwrap().expose().to_vec();
    secret::unmark(&mut text);
    assert_eq!(text, plain_vec(len));
    assert!(token::decrypt(&secret, &public(2), &Context::new(), &made).is_err());
}

fn messages(suite: Suite, len: usize) {
    let (version, reader) = (Version(hidden_secret(1)), PrivateKey::from_bytes(&hidden(2)).unwrap());
    let options = Options::to(&version).and_to(reader.public_key()).suite(suite).context(context());
    let options = options.frame_log2(12).unwrap().signed_by(&reader);
    let mut message = encrypt(&hidden_vec(len), &options, &mut rng(3)).unwrap();
    secret::unmark(&mut message);
    for identity in [&version as &dyn Unwrap, &reader] {
        let mut text =
            decrypt(&message, &Opener::with(identity).context(context())).unwrap().0.expose().to_vec();
        secret::unmark(&mut text);
        assert_eq!(text, plain_vec(len));
    }
    assert!(decrypt(&message, &Opener::with(&Version(hidden_secret(4)))).is_err());
}

/// A key's version, as the facade has it.
struct Version(Secret<32>);

impl Wrap for Version {
    fn wrap(&self, file_key: &FileKey, header: &HeaderDigest, mut rng: &mut dyn CryptoRng) -> Result<Entry> {
        kms_wrap(&self.0, public(5), 1, file_key, header, &mut rng)
    }
}

impl Unwrap for Version {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<Result<FileKey>> {
        matches!(entry, Entry::Kms { .. }).then(|| Ok(kms_unwrap(&self.0, entry, header)?))
    }
}
