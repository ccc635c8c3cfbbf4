//! Keys and certificates in the files of others (公钥基础设施): PKCS#8 under a passphrase, the enveloped keys of
//! GM/T 0009, and the certificates of X.509 with SM2.
//!
//! Knows no store, no life of a key, no file and no clock; time, randomness and passphrases are the caller's.

mod armor;
pub mod certificate;
pub mod chain;
pub mod crl;
mod der;
pub mod enveloped_key;
pub mod extension;
mod moment;
mod name;
mod oid;
pub mod pkcs8;
pub mod request;
mod signed;

pub use certificate::Certificate;
pub use crl::Crl;
pub use moment::Moment;
pub use name::Name;
pub use request::Request;
pub use signed::SignatureAlgorithm;
