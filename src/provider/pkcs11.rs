//! Encryption machines (密码机) and tokens behind a PKCS#11 module.
//!
//! Knows no store and no message. There are no SM2, SM3 or SM4 mechanisms in PKCS#11 up to 3.2, so every vendor has numbers and
//! habits of its own: they are [`profile`]s, which are data and not code.
//!
//! From the ground up: `raw` is the C table and all unsafe code; `module` loads and initialises, once a process; `link` finds a
//! token and logs in; `crew` are the threads that call it, each with a `session`; `member` supervises one device; `token` is what
//! everybody else uses. `keys`, `root`, `resident`, `reference`, `hiding`, `suite` and `sealed` are what is done with it all, and
//! `machine` is the joint; `watch` is for who calls a module himself.
#![allow(clippy::useless_conversion, reason = "a CK_ULONG has 32 bits where a C long has")]

mod crew;
mod fault;
mod found;
mod hiding;
mod keys;
mod link;
mod machine;
mod member;
mod module;
mod pin;
pub mod probe;
pub mod profile;
mod raw;
mod reference;
mod resident;
mod root;
mod sealed;
mod session;
mod settings;
mod suite;
mod template;
mod token;
mod turn;
mod uri;
mod watch;

pub use self::{
    fault::Class,
    module::{About, Generation, MechanismInfo, Module, Slot, SlotId, TokenInfo},
    pin::{AskPin, read as read_pin},
    raw::Rv,
    settings::Settings,
    suite::Suite,
    token::Token,
    uri::Uri,
    watch::in_time,
};
