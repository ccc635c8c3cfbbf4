//! Keys in the files of others (公钥基础设施): under a passphrase, enveloped, told apart by a detective, written otherwise.
//!
//! Knows no store, no life of a key, no file and no clock; randomness and passphrases are the caller's.

pub mod convert;
mod der;
pub mod enveloped_key;
mod hexadecimal;
pub mod inspect;
mod oid;
pub mod pkcs8;
