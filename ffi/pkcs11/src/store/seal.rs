//! `gate[PIN](token key)` and `seal[token key](object)`: what makes a token's file useless without its PIN.
//!
//! A gate is `wrap[PBKDF2-HMAC-SM3(PIN, salt), label](serial, token key)`. An object is
//! `salt ‖ SM4-GCM[key, nonce](serial ‖ id, object)` with `key 16 ‖ nonce 12 = HKDF-Expand(token key, label ‖ salt, 28)`,
//! a fresh salt each time. Knows neither files nor what an object is.

use core::num::NonZeroU32;

use cryptoki_sys::{CKR_DEVICE_ERROR, CKR_GENERAL_ERROR, CKR_PIN_INCORRECT};
use miyao::{
    Secret,
    algo::{
        hkdf,
        mode::gcm::Gcm,
        pbkdf2,
        wrap::{self, Wrapped},
    },
};
use zeroize::Zeroizing;

use super::Gate;
use crate::{
    rng,
    rv::{Result, Rv},
};

/// Whose PIN it is; the gates of one token must not be exchanged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// 安全员, the security officer.
    Officer,
    /// 用户, who uses the keys.
    User,
}

impl Role {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Officer => b"miyao-pkcs11 v1 officer\0",
            Self::User => b"miyao-pkcs11 v1 user\0",
        }
    }
}

const OBJECT: &[u8] = b"miyao-pkcs11 v1 object\0";
const SALT: usize = 16;
const TAG: usize = 16;

/// What a new PIN becomes, at the cost of its iterations; the rest of a gate is made at once.
pub(crate) struct Stretched {
    iterations: u32,
    salt: [u8; 16],
    secret: Secret<32>,
}

impl Stretched {
    pub(crate) fn new(pin: &[u8], iterations: u32) -> Result<Self> {
        let salt = rng::array(&mut rng::fresh()?);
        Ok(Self { iterations, salt, secret: stretch(pin, &salt, iterations)? })
    }

    /// Hides the token's key.
    pub(crate) fn close(self, role: Role, serial: &[u8; 16], key: &Secret<32>) -> Result<Gate> {
        let Self { iterations, salt, secret } = self;
        let wrapped = wrap::wrap(&secret, role.label(), &[serial], key, &mut rng::fresh()?)?;
        Ok(Gate { iterations, salt, failures: 0, wrapped: wrapped.to_bytes() })
    }
}

/// Hides the token's key under a PIN.
pub(crate) fn close(
    role: Role,
    pin: &[u8],
    iterations: u32,
    serial: &[u8; 16],
    key: &Secret<32>,
) -> Result<Gate> {
    Stretched::new(pin, iterations)?.close(role, serial, key)
}

/// Finds the token's key; takes as long as the gate's iterations say.
pub(crate) fn open(role: Role, gate: &Gate, pin: &[u8], serial: &[u8; 16]) -> Result<Secret<32>> {
    let secret = stretch(pin, &gate.salt, gate.iterations)?;
    wrap::unwrap(&secret, role.label(), &[serial], &Wrapped::from_bytes(&gate.wrapped))
        .map_err(|_| Rv(CKR_PIN_INCORRECT))
}

/// Seals an object.
pub(crate) fn seal(key: &Secret<32>, serial: &[u8; 16], id: &[u8; 16], object: &[u8]) -> Result<Vec<u8>> {
    let salt = rng::array::<SALT>(&mut rng::fresh()?);
    let (gcm, nonce) = keyed(key, &salt)?;
    let mut sealed = salt.to_vec();
    sealed.resize(SALT + object.len(), 0);
    let tag = gcm.encrypt_to(&nonce, &[*serial, *id].concat(), object, &mut sealed[SALT..])?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens what [`seal`] made. What does not open is a damaged store.
pub(crate) fn unseal(
    key: &Secret<32>,
    serial: &[u8; 16],
    id: &[u8; 16],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let parts = sealed.split_first_chunk::<SALT>();
    let parts = parts.and_then(|(salt, rest)| Some((salt, rest.split_last_chunk::<TAG>()?)));
    let (salt, (text, tag)) = parts.ok_or(Rv(CKR_DEVICE_ERROR))?;
    let (gcm, nonce) = keyed(key, salt)?;
    let mut object = Zeroizing::new(text.to_vec());
    gcm.decrypt(&nonce, &[*serial, *id].concat(), &mut object, tag).map_err(|_| Rv(CKR_DEVICE_ERROR))?;
    Ok(object)
}

fn keyed(key: &Secret<32>, salt: &[u8; SALT]) -> Result<(Gcm, [u8; 12])> {
    let mut derived = Zeroizing::new([0; 28]);
    hkdf::expand(key, &[OBJECT, salt], derived.as_mut_slice())?;
    let (key, nonce) = derived.split_first_chunk().ok_or(Rv(CKR_GENERAL_ERROR))?;
    let nonce = nonce.try_into().map_err(|_| Rv(CKR_GENERAL_ERROR))?;
    Ok((Gcm::new(key), nonce))
}

fn stretch(pin: &[u8], salt: &[u8], iterations: u32) -> Result<Secret<32>> {
    let iterations = NonZeroU32::new(iterations).ok_or(Rv(CKR_DEVICE_ERROR))?;
    Ok(Secret::try_build(|out| pbkdf2::derive(pin, salt, iterations, out))?)
}

#[cfg(test)]
mod tests {
    use miyao::Secret;

    use super::{Role, close, open, seal, unseal};

    #[test]
    fn a_gate_opens_by_its_pin_for_its_role_on_its_token_only() {
        let key = Secret::take(&mut [9; 32]);
        let gate = close(Role::User, b"123456", 1024, &[1; 16], &key).unwrap_or_else(|_| unreachable!());
        let opened = |role, pin: &[u8], serial| open(role, &gate, pin, &serial).map(|key| *key.expose()).ok();
        assert_eq!(opened(Role::User, b"123456", [1; 16]), Some([9; 32]));
        assert_eq!(opened(Role::User, b"123457", [1; 16]), None);
        assert_eq!(opened(Role::Officer, b"123456", [1; 16]), None);
        assert_eq!(opened(Role::User, b"123456", [2; 16]), None);
    }

    #[test]
    fn a_sealed_object_opens_whole_and_in_its_own_place_only() {
        let key = Secret::take(&mut [9; 32]);
        let sealed = seal(&key, &[1; 16], &[2; 16], b"object").unwrap_or_default();
        let opened =
            |serial, id, sealed: &[u8]| unseal(&key, &serial, &id, sealed).ok().map(|object| object.to_vec());
        assert_eq!(opened([1; 16], [2; 16], &sealed).as_deref(), Some(b"object".as_slice()));
        assert_eq!(opened([1; 16], [3; 16], &sealed), None);
        assert_eq!(opened([3; 16], [2; 16], &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(opened([1; 16], [2; 16], &altered), None, "byte {at}");
            assert_eq!(opened([1; 16], [2; 16], &sealed[..at]), None, "cut at {at}");
        }
    }
}
