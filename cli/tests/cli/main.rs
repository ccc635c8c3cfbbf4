//! The built command, driven as people and scripts drive it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_alloc, reason = "a test has std")]

#[cfg(feature = "pkcs11")]
mod commands;
mod contract;
#[cfg(feature = "pkcs11")]
mod devices;
mod files;
mod go;
#[cfg(feature = "pkcs11")]
mod hsm;
mod independent;
mod keys;
mod kills;
mod many;
mod refusals;
#[cfg(feature = "pkcs11")]
mod root_changes;
mod scene;
mod sm2;
#[cfg(feature = "pkcs11")]
mod stand_in;
mod stores;
#[cfg(feature = "pkcs11")]
mod terminal;
mod values;
