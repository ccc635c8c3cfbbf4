//! The token through its function tables, as a C program sees it: every answer by the standard's number.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "token/authenticated.rs"]
mod authenticated;
#[path = "token/desk.rs"]
#[allow(dead_code, reason = "other tests make more calls than these")]
mod desk;
#[path = "token/faults.rs"]
mod faults;
#[path = "token/interfaces.rs"]
mod interfaces;
#[path = "token/keys.rs"]
mod keys;
#[path = "token/messages.rs"]
mod messages;
#[path = "token/misuse.rs"]
mod misuse;
#[path = "token/objects.rs"]
mod objects;
#[path = "token/states.rs"]
mod states;
#[path = "token/threads.rs"]
mod threads;
#[path = "token/vendors.rs"]
mod vendors;
#[path = "token/withheld.rs"]
mod withheld;
#[path = "token/work.rs"]
mod work;
