//! Messages and tokens of every shape the format has, made by a seeded generator under keys that are written here:
//! the same build makes the same bytes.

use miyao::{
    Secret, SecretBytes,
    algo::{drbg::Drbg, sm2::PrivateKey},
    envelope::{
        self, Context, Entry, FileKey, HeaderDigest, Options, Suite, Unwrap, Wrap, kms_unwrap, kms_wrap,
        recipient::Passphrase, token,
    },
};
use rand_core::CryptoRng;

pub(crate) const KEY_ID: [u8; 16] = *b"a key of a test.";
pub(crate) const PASSPHRASE: &str = "correct horse battery staple 正确的马";

/// A KMS key of the tests: the secret of each version follows from its number.
pub(crate) struct Kms(pub(crate) u32);

/// A recipient of a type that nobody here opens.
pub(crate) struct Carried(Entry);

/// What a message is made of; `len` bytes of [`plaintext`].
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) suite: Suite,
    pub(crate) frame_log2: u8,
    pub(crate) len: usize,
    pub(crate) recipients: &'static [To],
    pub(crate) context: &'static [(&'static str, &'static str, bool)],
    pub(crate) signed: bool,
    /// Rewrapped for this version of the KMS key after it was made.
    pub(crate) rewrapped: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Kms(u32),
    Sm2,
    Passphrase,
    Device,
    Unknown,
}

/// A message of one frame for a KMS key.
const PLAIN: Shape = Shape {
    name: "empty",
    suite: Suite::Gcm,
    frame_log2: 12,
    len: 0,
    recipients: &[To::Kms(1)],
    context: &[],
    signed: false,
    rewrapped: None,
};
/// Key, value, hidden.
pub(crate) const CONTEXT: &[(&str, &str, bool)] =
    &[("tenant", "a", false), ("patient", "4711", true), ("empty", "", false), ("租户", "甲", false)];
const EVERYBODY: &[To] = &[To::Kms(1), To::Sm2, To::Passphrase];

pub(crate) const SHAPES: &[Shape] = &[
    PLAIN,
    Shape { name: "rewrapped", len: 50, recipients: &[To::Kms(2)], rewrapped: Some(5), ..PLAIN },
    Shape { name: "empty-hmac", suite: Suite::CtrHmac, ..PLAIN },
    Shape { name: "one-byte", len: 1, ..PLAIN },
    Shape { name: "exactly-one-frame", len: 4096, ..PLAIN },
    Shape { name: "exactly-one-frame-hmac", len: 4096, suite: Suite::CtrHmac, ..PLAIN },
    Shape { name: "one-frame-and-a-byte", len: 4097, ..PLAIN },
    Shape { name: "three-frames", len: 3 * 4096, recipients: &[To::Kms(7)], ..PLAIN },
    Shape { name: "frames-of-8-kib-hmac", len: 20_000, frame_log2: 13, suite: Suite::CtrHmac, ..PLAIN },
    Shape { name: "default-frames", len: 5000, frame_log2: 16, ..PLAIN },
    Shape { name: "largest-frames", len: 100, frame_log2: 24, ..PLAIN },
    Shape { name: "context", len: 10, context: CONTEXT, ..PLAIN },
    Shape { name: "passphrase", len: 4100, recipients: &[To::Passphrase], ..PLAIN },
    Shape { name: "sm2", len: 33, recipients: &[To::Sm2], ..PLAIN },
    Shape {
        name: "everybody",
        len: 9000,
        recipients: EVERYBODY,
        context: CONTEXT,
        suite: Suite::CtrHmac,
        ..PLAIN
    },
    Shape { name: "signed", len: 9000, signed: true, ..PLAIN },
    Shape {
        name: "signed-everything",
        len: 4096,
        recipients: EVERYBODY,
        context: CONTEXT,
        signed: true,
        ..PLAIN
    },
    Shape { name: "signed-empty-hmac", signed: true, suite: Suite::CtrHmac, ..PLAIN },
    Shape {
        name: "unopened-recipients",
        len: 5,
        recipients: &[To::Device, To::Kms(1), To::Unknown, To::Kms(2)],
        ..PLAIN
    },
];

/// The shapes of tokens: name, suite, length.
pub(crate) const TOKENS: &[(&str, Suite, usize)] = &[
    ("token-empty", Suite::CtrHmac, 0),
    ("token", Suite::CtrHmac, 16),
    ("token-long", Suite::CtrHmac, 1000),
    ("token-gcm-empty", Suite::Gcm, 0),
    ("token-gcm", Suite::Gcm, 17),
];

impl Kms {
    pub(crate) fn secret(version: u32) -> Secret<32> {
        Secret::build(|bytes| bytes.fill(0x40 + version as u8))
    }
}

impl Wrap for Kms {
    fn wrap(
        &self,
        key: &FileKey,
        header: &HeaderDigest,
        mut rng: &mut dyn CryptoRng,
    ) -> miyao::Result<Entry> {
        kms_wrap(&Self::secret(self.0), KEY_ID, self.0, key, header, &mut rng)
    }
}

impl Unwrap for Kms {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<miyao::Result<FileKey>> {
        match entry {
            Entry::Kms { key: KEY_ID, version, .. } if *version == self.0 => {
                Some(kms_unwrap(&Self::secret(self.0), entry, header).map_err(Into::into))
            }
            _ => None,
        }
    }
}

impl Wrap for Carried {
    fn wrap(&self, _: &FileKey, _: &HeaderDigest, _: &mut dyn CryptoRng) -> miyao::Result<Entry> {
        Ok(self.0.clone())
    }
}

pub(crate) fn sm2_key() -> PrivateKey {
    PrivateKey::from_bytes(&[0x11; 32]).unwrap()
}

pub(crate) fn signer() -> PrivateKey {
    PrivateKey::from_bytes(&[0x22; 32]).unwrap()
}

pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new(SecretBytes::take(PASSPHRASE.as_bytes().to_vec()))
}

/// Bytes without a period of a power of two.
pub(crate) fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 ^ (at >> 8) as u8).collect()
}

pub(crate) fn context(pairs: &[(&str, &str, bool)]) -> Context {
    pairs.iter().fold(Context::new(), |context, (key, value, hidden)| {
        if *hidden { context.with_hidden(key, value) } else { context.with(key, value) }.unwrap()
    })
}

pub(crate) fn rng(name: &str) -> Drbg {
    Drbg::new(&[0x33; 32], name.as_bytes(), b"tests/shapes")
}

impl Shape {
    pub(crate) fn make(&self) -> Vec<u8> {
        let (sm2, passphrase, signer) = (sm2_key(), passphrase(), signer());
        let device = Carried(Entry::Device {
            provider: 3,
            key: [9; 16],
            version: 1,
            suite: 1,
            blob: b"what a device made".to_vec(),
        });
        let unknown = Carried(Entry::Unknown { kind: 200, body: b"of a later release".to_vec() });
        let kms: Vec<Kms> = (0..8).map(Kms).collect();
        let recipient = |to: &To| -> &dyn Wrap {
            match to {
                To::Kms(version) => &kms[*version as usize],
                To::Sm2 => sm2.public_key(),
                To::Passphrase => &passphrase,
                To::Device => &device,
                To::Unknown => &unknown,
            }
        };
        let (first, rest) = self.recipients.split_first().unwrap();
        let mut options = Options::to(recipient(first))
            .suite(self.suite)
            .frame_log2(self.frame_log2)
            .unwrap()
            .context(context(self.context));
        for to in rest {
            options = options.and_to(recipient(to));
        }
        if self.signed {
            options = options.signed_by(&signer);
        }
        let message = envelope::encrypt(&plaintext(self.len), &options, &mut rng(self.name)).unwrap();
        match (self.rewrapped, first) {
            (Some(after), To::Kms(before)) => rewrapped(&message, *before, after),
            _ => message,
        }
    }

    /// Who opens it now.
    pub(crate) fn recipients(&self) -> Vec<To> {
        self.rewrapped.map_or_else(|| self.recipients.to_vec(), |version| vec![To::Kms(version)])
    }
}

fn rewrapped(message: &[u8], before: u32, after: u32) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("message");
    std::fs::write(&path, message).unwrap();
    envelope::rewrap(&path, &Kms(before), &Kms(after), &mut rng("rewrap")).unwrap();
    std::fs::read(&path).unwrap()
}

/// A token under version 3 with [`CONTEXT`].
pub(crate) fn make_token(name: &str, suite: Suite, len: usize) -> Vec<u8> {
    token::encrypt(&Kms::secret(3), &KEY_ID, 3, suite, &context(CONTEXT), &plaintext(len), &mut rng(name))
        .unwrap()
}
