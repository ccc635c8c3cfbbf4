//! miyao (密钥): 国密 SM2/SM3/SM4 envelope encryption and key lifecycle.
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod algo;
#[cfg(feature = "alloc")]
pub mod audit;
#[cfg(feature = "alloc")]
pub mod envelope;
pub mod error;
#[cfg(feature = "alloc")]
mod field;
#[cfg(feature = "std")]
pub mod fork;
#[cfg(feature = "alloc")]
pub mod key;
#[cfg(feature = "std")]
pub mod kms;
#[allow(dead_code, reason = "a build without alloc uses fewer")]
mod label;
#[cfg(feature = "alloc")]
pub mod pki;
#[cfg(feature = "alloc")]
pub mod policy;
#[cfg(feature = "std")]
pub mod provider;
pub mod secret;
#[cfg(feature = "std")]
pub mod store;

/// The example of the README compiles and runs.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
pub struct Readme;

pub use error::{Error, Kind, Rejected, Result};
pub use secret::Secret;
#[cfg(feature = "alloc")]
pub use secret::SecretBytes;
