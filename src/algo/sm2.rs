//! SM2 (椭圆曲线公钥密码算法): GB/T 32918-2016, keys, signatures, encryption, key exchange and their encodings.
//!
//! Knows nothing of certificates or of where a key is kept. `curve` is the door to the arithmetic below: `field` and
//! `scalar` with `inverse`, `point` and `xyzz`, and products of a point by a number that is secret (`comb`, `split`,
//! `window`) or public (`sum`); `lanes` has eight of each at once, for `batch`.

#[cfg(feature = "alloc")]
mod batch;
mod comb;
mod curve;
pub(crate) mod der;
mod digits;
#[cfg(feature = "alloc")]
pub mod encoding;
#[cfg(feature = "alloc")]
mod encrypt;
mod exchange;
mod field;
mod inverse;
mod kept;
mod keys;
#[cfg(all(feature = "alloc", target_arch = "x86_64", not(miyao_backend = "soft")))]
mod lanes;
#[cfg(feature = "alloc")]
pub(crate) mod pem;
mod point;
mod prepared;
#[cfg(feature = "sm2")]
mod rustcrypto;
mod scalar;
mod select;
mod sign;
mod split;
mod sum;
#[cfg(test)]
mod tests;
mod window;
mod words;
mod xyzz;

#[cfg(feature = "alloc")]
pub use batch::{sign_batch, sign_digest_batch, verify_batch, verify_digest_batch};
#[cfg(feature = "alloc")]
pub use encrypt::{Ciphertext, Encoding};
pub use exchange::{Ephemeral, Exchange, Role};
pub use keys::{PrivateKey, PublicKey};
pub use prepared::PreparedPublicKey;
pub use sign::{MessageDigest, Signature};

/// The user id that GM/T 0009-2012 §10 prescribes where none is agreed. An empty id is another id.
pub const DEFAULT_USER_ID: &[u8] = b"1234567812345678";

/// The longest user id: its length in bits has 16 bits (GB/T 32918.2 §5.5).
pub const MAX_USER_ID: usize = 8191;

/// The name of the arithmetic that batches run on here, for benches.
#[cfg(feature = "alloc")]
#[doc(hidden)]
#[must_use]
pub fn batch_backend() -> &'static str {
    curve::batch_backend()
}

/// The name of the arithmetic that runs here, for benches.
#[doc(hidden)]
#[must_use]
pub fn backend() -> &'static str {
    curve::backend()
}
