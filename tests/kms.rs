//! Whole trips through the public API of the key-management service.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

extern crate alloc;

#[path = "kms/audit.rs"]
mod audit;
#[path = "common/kms.rs"]
mod common;
#[path = "kms/data.rs"]
mod data;
#[path = "kms/device.rs"]
mod device;
#[path = "kms/hardware.rs"]
mod hardware;
#[path = "kms/import.rs"]
mod import;
#[path = "kms/inside.rs"]
mod inside;
#[path = "kms/kills.rs"]
mod kills;
#[path = "kms/life.rs"]
mod life;
#[path = "kms/manage.rs"]
mod manage;
#[path = "kms/moves.rs"]
mod moves;
#[path = "kms/root.rs"]
mod root;
#[path = "kms/store.rs"]
mod store;

use miyao::{
    key::{KeyName, NewKey, Number, Spec},
    kms::{KeyRef, Kms},
};

use common::key;

fn name(text: &str) -> KeyName {
    KeyName::parse(text).unwrap()
}

fn number(number: u32) -> Number {
    Number::new(number).unwrap()
}

fn make(kms: &Kms, text: &str, spec: Spec) -> KeyRef {
    kms.create(NewKey::new(name(text), spec)).unwrap();
    key(text)
}
