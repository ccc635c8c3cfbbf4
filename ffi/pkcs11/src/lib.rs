//! `libmiyao_pkcs11.so`: a PKCS#11 token (软件密码模块) in software, with SM2, SM3 and SM4.
//!
//! Programs reach it through three exported symbols: [`C_GetInterface`] and [`C_GetInterfaceList`] give the tables of 3.2, 3.0 and
//! 2.40, [`C_GetFunctionList`] the last alone. `docs/pkcs11-module.md` says how it is set up.
//! The rooms, from the door inwards: `abi` (pointers, the only `unsafe` beside a question to the kernel in `config`), `calls` (what each call does), `session` and
//! `operation` (work in progress), `slot` and `object` (what is kept), `store` (the file). None knows the one before it.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a library of a hosted system has std"
)]

mod abi;
mod calls;
mod code_points;
mod config;
mod fault;
mod module;
mod object;
mod operation;
mod process;
mod rng;
mod rv;
mod session;
mod slot;
mod store;

pub use abi::{C_GetFunctionList, C_GetInterface, C_GetInterfaceList};
