//! Encryption machines (密码机) and tokens behind a PKCS#11 module.
//!
//! Knows no store and no message. There are no SM2, SM3 or SM4 mechanisms in PKCS#11 up to 3.2, so every vendor has numbers and
//! habits of its own: they are [`profile`]s, which are data and not code.

mod fault;
mod module;
pub mod probe;
pub mod profile;
mod raw;

pub use self::{
    fault::Class,
    module::{About, Generation, MechanismInfo, Module, Slot, SlotId, TokenInfo},
    raw::Rv,
};
