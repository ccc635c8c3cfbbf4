//! Encryption machines (密码机) behind PKCS#11.
//!
//! Knows no store.

mod fault;
mod module;
mod raw;

pub use self::{
    fault::Class,
    module::{About, Generation, MechanismInfo, Module, Slot, SlotId, TokenInfo},
    raw::Rv,
};
