//! Keys and certificates in the files of others (公钥基础设施): PKCS#8 under a passphrase, the enveloped keys of
//! GM/T 0009, the certificates of X.509 with SM2, and messages signed and enveloped with it.
//!
//! Knows no store, no life of a key, no file and no clock; time, randomness and passphrases are the caller's.

mod armor;
pub mod certificate;
pub mod cms;
mod der;
pub mod enveloped_key;
#[allow(dead_code, reason = "written from the next commit on")]
pub mod extension;
#[allow(dead_code, reason = "written from the next commit on")]
mod moment;
#[allow(dead_code, reason = "written from the next commit on")]
mod name;
#[allow(dead_code, reason = "written from the next commit on")]
mod oid;
pub mod pkcs8;
#[allow(dead_code, reason = "written from the next commit on")]
mod signed;

pub use certificate::Certificate;
pub use moment::Moment;
pub use name::Name;
pub use signed::SignatureAlgorithm;
