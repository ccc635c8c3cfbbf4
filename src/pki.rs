//! Keys and certificates in the files of others (公钥基础设施): keys under a passphrase, enveloped, told apart by a
//! detective, written otherwise; the certificates of X.509 with SM2; and messages signed and enveloped with it.
//!
//! Knows no store, no life of a key, no file and no clock; time, randomness and passphrases are the caller's.

mod armor;
pub mod certificate;
pub mod chain;
pub mod cms;
pub mod convert;
pub mod crl;
mod der;
pub mod enveloped_key;
pub mod extension;
mod hexadecimal;
pub mod inspect;
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
