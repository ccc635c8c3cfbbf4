//! Keys in the files of others (公钥基础设施): PKCS#8 under a passphrase, and the enveloped keys of GM/T 0009.
//!
//! Knows no store, no life of a key, no file and no clock; randomness and passphrases are the caller's.

mod der;
pub mod enveloped_key;
mod oid;
pub mod pkcs8;
