//! The entries for keys and random bytes.
//!
//! Knows no work; see [`crate::calls`].
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_BYTE, CK_MECHANISM, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_ULONG,
    CKR_ARGUMENTS_BAD,
};

use super::{
    guard,
    mechanism::{mechanism, opening, sealing},
    pointers::{Output, Place, bytes},
    read,
};
use crate::{
    code_points::Purpose,
    module::About,
    rv::Rv,
    session::{Answer, Room},
};

/// `C_GenerateKey`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn generate_key(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    made: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_GenerateKey", About::Session, |module| {
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::MakeKey, given) }?;
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        // SAFETY: the caller promises room for a handle.
        let made = unsafe { Place::new(made) }?;
        made.put(module.generate_key(session, &mechanism, &template)?);
        Ok(())
    })
}

/// `C_GenerateKeyPair`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn generate_pair(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    public: *mut CK_ATTRIBUTE,
    public_count: CK_ULONG,
    private: *mut CK_ATTRIBUTE,
    private_count: CK_ULONG,
    public_made: *mut CK_OBJECT_HANDLE,
    private_made: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_GenerateKeyPair", About::Session, |module| {
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::MakePair, given) }?;
        // SAFETY: the caller promises `public_count` whole attributes.
        let public = unsafe { read::template(public, public_count) }?;
        // SAFETY: the caller promises `private_count` whole attributes.
        let private = unsafe { read::template(private, private_count) }?;
        // SAFETY: the caller promises room for a handle.
        let public_made = unsafe { Place::new(public_made) }?;
        // SAFETY: and for another.
        let private_made = unsafe { Place::new(private_made) }?;
        let [first, second] = module.generate_pair(session, &mechanism, &public, &private)?;
        public_made.put(first);
        private_made.put(second);
        Ok(())
    })
}

/// `C_WrapKey`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn wrap_key(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    wrapping: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_WrapKey", About::Session, |module| {
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Wrap, given) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.wrap_key(session, mechanism, wrapping, key, out.room())?)
    })
}

/// `C_UnwrapKey`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn unwrap_key(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    unwrapping: CK_OBJECT_HANDLE,
    wrapped: *mut CK_BYTE,
    wrapped_len: CK_ULONG,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    made: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_UnwrapKey", About::Session, |module| {
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Wrap, given) }?;
        // SAFETY: the caller promises `wrapped_len` readable bytes at `wrapped`.
        let wrapped = unsafe { bytes(wrapped, wrapped_len) }?;
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        // SAFETY: the caller promises room for a handle.
        let made = unsafe { Place::new(made) }?;
        made.put(module.unwrap_key(session, mechanism, unwrapping, wrapped, &template)?);
        Ok(())
    })
}

/// `C_WrapKeyAuthenticated`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn wrap_key_authenticated(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    wrapping: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    associated: *mut CK_BYTE,
    associated_len: CK_ULONG,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_WrapKeyAuthenticated", About::Session, |module| {
        // SAFETY: the caller promises a whole mechanism, with room for what its parameter gets back.
        let (mechanism, places) = unsafe { sealing(module, given) }?;
        // SAFETY: the caller promises `associated_len` readable bytes at `associated`.
        let associated = unsafe { bytes(associated, associated_len) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        let made =
            module.wrap_key_authenticated(session, mechanism, wrapping, key, associated, out.room())?;
        if let Answer::Bytes(_) = made.wrapped {
            places.put(&made.nonce, &made.tag)?;
        }
        out.give(&made.wrapped)
    })
}

/// `C_UnwrapKeyAuthenticated`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn unwrap_key_authenticated(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    unwrapping: CK_OBJECT_HANDLE,
    wrapped: *mut CK_BYTE,
    wrapped_len: CK_ULONG,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    associated: *mut CK_BYTE,
    associated_len: CK_ULONG,
    made: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_UnwrapKeyAuthenticated", About::Session, |module| {
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { opening(module, given) }?;
        // SAFETY: the caller promises `wrapped_len` readable bytes at `wrapped`.
        let wrapped = unsafe { bytes(wrapped, wrapped_len) }?;
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        // SAFETY: the caller promises `associated_len` readable bytes at `associated`.
        let associated = unsafe { bytes(associated, associated_len) }?;
        // SAFETY: the caller promises room for a handle.
        let made = unsafe { Place::new(made) }?;
        let key = (unwrapping, wrapped);
        made.put(module.unwrap_key_authenticated(session, mechanism, key, associated, &template)?);
        Ok(())
    })
}

/// `C_DeriveKey`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn derive_key(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    base: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    made: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_DeriveKey", About::Session, |module| {
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Derive, given) }?;
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        // SAFETY: the caller promises room for a handle.
        let made = unsafe { Place::new(made) }?;
        made.put(module.derive_key(session, &mechanism, base, &template)?);
        Ok(())
    })
}

/// `C_SeedRandom`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn seed_random(
    session: CK_SESSION_HANDLE,
    seed: *mut CK_BYTE,
    seed_len: CK_ULONG,
) -> CK_RV {
    guard("C_SeedRandom", About::Session, |module| {
        // SAFETY: the caller promises `seed_len` readable bytes at `seed`.
        let seed = unsafe { bytes(seed, seed_len) }?;
        module.seed_random(session, seed)
    })
}

/// `C_GenerateRandom`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn generate_random(
    session: CK_SESSION_HANDLE,
    out: *mut CK_BYTE,
    out_len: CK_ULONG,
) -> CK_RV {
    guard("C_GenerateRandom", About::Session, |module| {
        let mut len = out_len;
        // SAFETY: `len` is a number of ours, and the caller promises so many bytes of room at `out`.
        let out = unsafe { Output::new(out, &raw mut len) }?;
        let Room::Bytes(room) = out.room() else { return Err(Rv(CKR_ARGUMENTS_BAD)) };
        out.give(&Answer::Bytes(module.generate_random(session, room)?))
    })
}
