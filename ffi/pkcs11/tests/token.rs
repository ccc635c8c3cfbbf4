//! The token through its function table, as a C program sees it: every answer by the standard's number.
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "token/desk.rs"]
#[allow(dead_code, reason = "other tests make more calls than these")]
mod desk;
#[path = "token/faults.rs"]
mod faults;
#[path = "token/keys.rs"]
mod keys;
#[path = "token/misuse.rs"]
mod misuse;
#[path = "token/objects.rs"]
mod objects;
#[path = "token/states.rs"]
mod states;
#[path = "token/vendors.rs"]
mod vendors;
#[path = "token/work.rs"]
mod work;
