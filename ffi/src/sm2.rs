//! SM2 (GB/T 32918): keys, signatures, encryption, key exchange, and private keys in files.
//!
//! A signature is 64 bytes, r ‖ s; `signature` makes DER of it and back. Nonces come from this thread's generator; nobody gives one.

mod batch;
mod ciphertext;
mod digest;
mod enveloped_key;
mod exchange;
mod files;
mod prepared_key;
mod private_key;
mod public_key;
mod seal;
mod signature;

use miyao::algo::sm2::{self, PublicKey, Signature};

pub(crate) use self::ciphertext::{MIYAO_SM2_ENCODING_C1C2C3, MIYAO_SM2_ENCODING_C1C3C2, encoding};
pub use self::{
    digest::miyao_sm2_digest, exchange::miyao_sm2_exchange, prepared_key::miyao_sm2_prepared_key,
    private_key::miyao_sm2_private_key, public_key::miyao_sm2_public_key, seal::miyao_pkcs8_options,
};

/// The bytes of MIYAO_SM2_DEFAULT_ID.
pub const MIYAO_SM2_DEFAULT_ID_LEN: usize = 16;

/// The most bytes of a user id.
pub const MIYAO_SM2_ID_MAX: usize = 8191;

/// The bytes of a private key.
pub const MIYAO_SM2_PRIVATE_KEY_LEN: usize = 32;

/// The bytes of a public key as 04 ‖ x ‖ y.
pub const MIYAO_SM2_PUBLIC_KEY_LEN: usize = 65;

/// The bytes of a public key as 02 ‖ x or 03 ‖ x.
pub const MIYAO_SM2_COMPRESSED_KEY_LEN: usize = 33;

/// The bytes of a public key as x ‖ y.
pub const MIYAO_SM2_COORDINATES_LEN: usize = 64;

/// The bytes of a public key as SubjectPublicKeyInfo in DER.
pub const MIYAO_SM2_SPKI_LEN: usize = 91;

/// The bytes of a digest e, of ZA, of a key identifier, of a confirmation, and of the x of a shared point.
pub const MIYAO_SM2_DIGEST_LEN: usize = 32;

/// The bytes of a signature r ‖ s.
pub const MIYAO_SM2_SIGNATURE_LEN: usize = 64;

/// The most bytes of a signature in DER; 8 are the least.
pub const MIYAO_SM2_SIGNATURE_DER_MAX: usize = 72;

// The numbers of the header are those of the library.
const _: () = assert!(MIYAO_SM2_DEFAULT_ID_LEN == sm2::DEFAULT_USER_ID.len());
const _: () = assert!(MIYAO_SM2_ID_MAX == sm2::MAX_USER_ID);
const _: () = assert!(MIYAO_SM2_PUBLIC_KEY_LEN == PublicKey::LEN);
const _: () = assert!(MIYAO_SM2_SIGNATURE_LEN == Signature::LEN);
