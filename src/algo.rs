//! The algorithms (国密算法): SM2, SM3, SM4, their modes and derivations.
//!
//! Knows nothing of keys' lives, formats, clocks, or where randomness comes from: every caller brings it.

mod cpu;
pub mod drbg;
#[doc(hidden)]
pub mod ghash;
pub mod hkdf;
pub mod hmac;
pub mod kdf;
pub mod mode;
pub mod pbkdf2;
pub mod selftest;
pub mod sm2;
pub mod sm3;
pub mod sm4;
pub mod wrap;
