//! What each suite does with 32 bytes: on the host, and on a session.
//!
//! Knows the profile's words. Every length that a device says is checked; what it cannot authenticate is authenticated by the seal
//! around it.

use alloc::vec::Vec;

use cryptoki_sys as ck;
use cryptoki_sys::CK_ULONG;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Suite,
    fault::Fault,
    keys::{Key, odd},
    profile::{self, Operation},
    raw::{Attribute, Mechanism, Object, Parameter},
    session::Session,
    template,
};
use crate::{
    algo::sm2::{Ciphertext, Encoding, PublicKey},
    error::{Error, Kind, Rejected, Result},
    secret::{Secret, SecretBytes},
};

/// What is used of the host's generator for one blob: an IV is never the device's choice, never empty, and never used twice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Iv([u8; 16]);

const TAG_BITS: CK_ULONG = 128;
const GCM_IV: usize = 12;

impl Iv {
    /// A fresh one; the one of zeros, which belongs to the key's check, comes up once in 2^96 draws and is drawn again.
    pub(super) fn random(rng: &mut dyn CryptoRng) -> Self {
        loop {
            let mut iv = [0; 16];
            rng.fill_bytes(&mut iv);
            if iv[..GCM_IV] != [0; GCM_IV] {
                return Self(iv);
            }
        }
    }

    /// Of the key's check alone, which computes the same thing always.
    pub(super) const CHECK: Self = Self([0; 16]);
}

/// Encrypts to the public half, on the host.
pub(super) fn hide_to(public: &PublicKey, secret: &Secret<32>, rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
    public.encrypt(secret.expose(), Encoding::C1C3C2, rng)
}

impl Session<'_> {
    /// Hides 32 bytes under a secret key of the token.
    pub(super) fn hide(
        &self,
        suite: Suite,
        key: Object,
        secret: &Secret<32>,
        (iv, aad): (Iv, &[u8]),
    ) -> Result<Vec<u8>, Fault> {
        let mechanism = self.mechanism(suite.operation())?;
        let Iv(bytes) = iv;
        match suite {
            Suite::Sm4GcmDevice | Suite::AesGcmDevice => {
                let iv = &bytes[..GCM_IV];
                let hidden = self.encrypt(&gcm(mechanism, iv, aad)?, key, secret, 48)?;
                Ok([iv, &hidden].concat())
            }
            Suite::Sm4CbcEtmDevice => {
                let parameter = Parameter::Bytes(&bytes);
                let hidden = self.encrypt(&Mechanism::with(code(mechanism), parameter), key, secret, 32)?;
                Ok([&bytes[..], &hidden].concat())
            }
            Suite::AesKwDevice => self.wrap(&Mechanism::plain(code(mechanism)), key, secret),
            Suite::Sm2EcRaw | Suite::Sm2PkeDevice => Err(wrong_key()),
        }
    }

    /// Finds what was hidden.
    pub(super) fn reveal(
        &self,
        suite: Suite,
        key: &Key,
        blob: &[u8],
        aad: &[u8],
    ) -> Result<Secret<32>, Fault> {
        let mechanism = self.mechanism(suite.operation())?;
        match (suite, key) {
            (Suite::Sm2EcRaw | Suite::Sm2PkeDevice, Key::Sm2 { private, .. }) => {
                let text = self.sm2_decrypt(suite.operation(), *private, blob)?;
                exactly(text.expose())
            }
            (Suite::Sm4GcmDevice | Suite::AesGcmDevice, Key::Secret { object, .. }) => {
                let (iv, hidden) = part(blob, GCM_IV, 48)?;
                self.decrypt(&gcm(mechanism, iv, aad)?, *object, hidden)
            }
            (Suite::Sm4CbcEtmDevice, Key::Secret { object, .. }) => {
                let (iv, hidden) = part(blob, 16, 32)?;
                self.decrypt(&Mechanism::with(code(mechanism), Parameter::Bytes(iv)), *object, hidden)
            }
            (Suite::AesKwDevice, Key::Secret { object, .. }) => {
                let (_, wrapped) = part(blob, 0, 40)?;
                self.unwrap(&Mechanism::plain(code(mechanism)), *object, wrapped)
            }
            (_, Key::Sm2 { .. } | Key::Secret { .. }) => Err(wrong_key()),
        }
    }

    /// SM2 decryption of `04 ‖ x ‖ y ‖ C3 ‖ C2`: by the device, or by ECDH there and the rest here.
    pub(super) fn sm2_decrypt(
        &self,
        operation: Operation,
        private: Object,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, Fault> {
        // C1 is on the curve, or the device never sees it: one off the curve could tell bits of the key.
        let parsed = Ciphertext::parse(ciphertext, Encoding::C1C3C2).map_err(rejected)?;
        if operation == Operation::Sm2Ecdh {
            let x = self.ecdh(private, parsed.c1())?;
            return parsed.decrypt_with_x(&x).map_err(rejected);
        }
        let mechanism = self.mechanism(operation)?;
        let formed = formed(&parsed, mechanism.ciphertext);
        self.check_length(formed.len())?;
        let mut text = Zeroizing::new(alloc::vec![0; formed.len()]);
        let asked = Mechanism::plain(code(mechanism));
        let written = self.call.decrypt(self.handle, &asked, private, &formed, &mut text);
        let written = written.map_err(Fault::opening("SM2 decryption"))?;
        if written != ciphertext.len() - 97 {
            return Err(odd("SM2 decryption"));
        }
        text.truncate(written);
        Ok(SecretBytes::take(core::mem::take(&mut *text)))
    }

    fn encrypt(
        &self,
        mechanism: &Mechanism<'_>,
        key: Object,
        secret: &Secret<32>,
        length: usize,
    ) -> Result<Vec<u8>, Fault> {
        self.check_length(length)?;
        let mut hidden = alloc::vec![0; 80];
        let written = self.call.encrypt(self.handle, mechanism, key, secret.expose(), &mut hidden);
        if written.map_err(Fault::while_("encryption"))? != length {
            return Err(odd("encryption"));
        }
        hidden.truncate(length);
        Ok(hidden)
    }

    fn decrypt(&self, mechanism: &Mechanism<'_>, key: Object, hidden: &[u8]) -> Result<Secret<32>, Fault> {
        self.check_length(hidden.len())?;
        let mut text = Zeroizing::new([0; 80]);
        let written = self.call.decrypt(self.handle, mechanism, key, hidden, &mut *text);
        let written = written.map_err(Fault::opening("decryption"))?;
        exactly(&text[..written])
    }

    fn wrap(&self, mechanism: &Mechanism<'_>, key: Object, secret: &Secret<32>) -> Result<Vec<u8>, Fault> {
        let mut made = template::readable(None);
        made.push(Attribute::bytes(ck::CKA_VALUE, secret.expose()));
        let object =
            self.call.create(self.handle, &made).map_err(Fault::while_("making a session's object"))?;
        let mut wrapped = alloc::vec![0; 64];
        let written = self.call.wrap(self.handle, mechanism, key, object, &mut wrapped);
        // After any error the session is closed, and the object is gone with it.
        let written = written.map_err(Fault::while_("key wrap"))?;
        self.call.destroy(self.handle, object).map_err(Fault::while_("destroying a session's object"))?;
        if written != 40 {
            return Err(odd("key wrap"));
        }
        wrapped.truncate(written);
        Ok(wrapped)
    }

    fn unwrap(&self, mechanism: &Mechanism<'_>, key: Object, wrapped: &[u8]) -> Result<Secret<32>, Fault> {
        let unwrapped = self.call.unwrap(self.handle, mechanism, key, wrapped, &template::readable(None));
        let value = self.take(unwrapped.map_err(Fault::opening("key unwrap"))?)?;
        exactly(&value)
    }
}

/// A mechanism of GCM, by the shape of the profile.
fn gcm<'a>(mechanism: &profile::Mechanism, iv: &'a [u8], aad: &'a [u8]) -> Result<Mechanism<'a>, Fault> {
    let tag_bits = TAG_BITS;
    let parameter = match mechanism.parameter {
        Some(profile::Parameter::Gcm) => Parameter::Gcm { iv, aad, tag_bits },
        Some(profile::Parameter::GcmShort) => Parameter::GcmShort { iv, aad, tag_bits },
        Some(profile::Parameter::GcmKoal) => Parameter::GcmKoal { iv, aad, tag_bits },
        _ => {
            return Err(Error::new(
                Kind::Unsupported,
                "the profile gives GCM no parameter; probe the device",
            )
            .into());
        }
    };
    Ok(Mechanism::with(code(mechanism), parameter))
}

/// The ciphertext as the device wants it.
fn formed(ciphertext: &Ciphertext<'_>, form: Option<profile::Ciphertext>) -> Vec<u8> {
    let bare = |encoding| ciphertext.to_bytes(encoding).split_off(1);
    match form.unwrap_or(profile::Ciphertext::C1C3C2) {
        profile::Ciphertext::C1C3C2 => ciphertext.to_bytes(Encoding::C1C3C2),
        profile::Ciphertext::BareC1C3C2 => bare(Encoding::C1C3C2),
        profile::Ciphertext::C1C2C3 => ciphertext.to_bytes(Encoding::C1C2C3),
        profile::Ciphertext::BareC1C2C3 => bare(Encoding::C1C2C3),
        profile::Ciphertext::Der => ciphertext.to_bytes(Encoding::Der),
    }
}

const fn code(mechanism: &profile::Mechanism) -> CK_ULONG {
    mechanism.code as CK_ULONG
}

fn part(blob: &[u8], first: usize, second: usize) -> Result<(&[u8], &[u8]), Fault> {
    let parts = blob.split_at_checked(first).filter(|(_, rest)| rest.len() == second);
    parts.ok_or_else(|| rejected(Rejected))
}

fn exactly(bytes: &[u8]) -> Result<Secret<32>, Fault> {
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| rejected(Rejected))?;
    Ok(Secret::build(|out| out.copy_from_slice(bytes)))
}

pub(super) fn rejected(rejected: Rejected) -> Fault {
    Fault::Final(rejected.into())
}

fn wrong_key() -> Fault {
    Error::new(
        Kind::Rejected,
        "the root key in the token is of another kind than the seal's; name the right one",
    )
    .into()
}
