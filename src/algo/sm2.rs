//! SM2 (椭圆曲线公钥密码算法): GB/T 32918-2016, keys, signatures, encryption, key exchange and their encodings.
//!
//! Knows nothing of certificates or of where a key is kept. The curve arithmetic is the `sm2` crate's until our own
//! stands here; nonces, hashing, comparison and encodings are ours.

pub(crate) mod der;
#[cfg(feature = "alloc")]
pub mod encoding;
#[cfg(feature = "alloc")]
mod encrypt;
mod exchange;
mod keys;
#[cfg(feature = "alloc")]
pub(crate) mod pem;
mod sign;

#[cfg(feature = "alloc")]
pub use encrypt::Encoding;
pub use exchange::{Ephemeral, Exchange, Role};
pub use keys::{PrivateKey, PublicKey};
pub use sign::{MessageDigest, Signature};

/// The user id that GM/T 0009-2012 §10 prescribes where none is agreed. An empty id is another id.
pub const DEFAULT_USER_ID: &[u8] = b"1234567812345678";

/// The longest user id: its length in bits has 16 bits (GB/T 32918.2 §5.5).
pub const MAX_USER_ID: usize = 8191;
