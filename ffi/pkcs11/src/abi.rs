//! The desk (柜台): where C crosses into Rust, and the only room with `unsafe`.
//!
//! Every entry has one shape: panics caught, the module asked for, arguments read into Rust values, the call made, and only
//! then something written to the caller's memory. What is behind [`crate::module::Module`] sees no pointer.
//!
//! The promise of every entry is the standard's (PKCS#11 3.2 §5): a pointer that is not NULL points to as many readable or
//! writable bytes as its length says, for the time of the call, and nobody else writes there meanwhile.

mod absent;
mod ciphers;
mod interfaces;
mod keys;
mod library;
mod mechanism;
mod objects;
mod pointers;
mod read;
mod sessions;
mod signatures;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};

use cryptoki_sys::{CK_RV, CKR_GENERAL_ERROR, CKR_OK};

pub use interfaces::{C_GetFunctionList, C_GetInterface, C_GetInterfaceList};

use crate::{
    module::{About, Module},
    rv::{Result, Rv},
};

/// One call: `work` on this process's module, after what fault injection does to it.
fn guard(function: &'static str, about: About, work: impl FnOnce(&Module) -> Result<()>) -> CK_RV {
    bare(|| {
        let module = Module::current()?;
        let outcome = module.suffer(function, about).and_then(|()| work(&module));
        module.sweep();
        outcome
    })
}

/// One call that needs no module.
fn bare(work: impl FnOnce() -> Result<()>) -> CK_RV {
    // Behind a panic nothing is used again: the locks that it held are poisoned and answer with an error for ever.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => CKR_OK,
        Ok(Err(Rv(number))) => number,
        Err(_) => CKR_GENERAL_ERROR,
    }
}
