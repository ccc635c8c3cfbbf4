//! GCM that wraps keys with associated data, as PKCS#11 3.2 has it.
//!
//! Knows no cipher: whoever asks says what the answer is.

use alloc::vec::Vec;

use super::{
    Bench, Candidates, Found,
    keys::{self, Use},
};
use crate::provider::pkcs11::{
    profile::{Mechanism, Operation, Parameter},
    raw::{Bound, Object, Rv},
};

/// `CKK_GENERIC_SECRET`
pub(super) const GENERIC: u64 = 0x10;

/// A secret, and what has to become of it under the wrapping key.
pub(super) struct Example<'a> {
    pub(super) bound: Bound<'a>,
    pub(super) secret: &'a [u8],
    /// Ciphertext ‖ tag.
    pub(super) wrapped: &'a [u8],
}

/// The numbers to try: those of profiles, and the ones that were seen to encrypt so, since a standard's number does both. A module
/// of an older standard has no call for any.
pub(super) fn numbers(
    bench: &Bench,
    candidates: &Candidates,
    (wraps, encrypts): (Operation, Operation),
    found: &mut Found,
) -> Vec<u64> {
    let mut codes = candidates.of(wraps);
    if !bench.is_of_3_2() {
        for code in codes.drain(..) {
            found.miss(wraps, code, Some(Rv(cryptoki_sys::CKR_FUNCTION_NOT_SUPPORTED)));
        }
        return codes;
    }
    for seen in found.mechanisms.iter().filter(|seen| seen.operation == encrypts) {
        if !codes.contains(&seen.code) {
            codes.push(seen.code);
        }
    }
    codes
}

/// Wraps and unwraps the example by each number.
pub(super) fn try_all(
    bench: &mut Bench,
    (operation, codes): (Operation, &[u64]),
    wrapping: Object,
    example: &Example<'_>,
    found: &mut Found,
) {
    let Ok(secret) = keys::import(bench, GENERIC, example.secret, Use::Nothing) else { return };
    for code in codes {
        match shown(bench, *code, (wrapping, secret), example) {
            Ok(Some(refusal)) => {
                found.rejects(refusal);
                let parameter = Some(Parameter::GcmMessage);
                found.add(Mechanism { parameter, ..Mechanism::new(operation, *code) });
            }
            answer => found.miss(operation, *code, answer.err()),
        }
    }
}

/// What the token says of a wrapped key that is not genuine, where it wraps and unwraps the example; `None` where some answer is
/// another than the standard's.
fn shown(
    bench: &mut Bench,
    code: u64,
    keys: (Object, Object),
    example: &Example<'_>,
) -> Result<Option<Rv>, Rv> {
    let template = keys::unwrapped(GENERIC);
    let bound = example.bound;
    let wrapped = bench.wrap_authenticated(code, keys, bound)?;
    if wrapped != example.wrapped {
        return Ok(None);
    }
    let unwrapped = bench.unwrap_authenticated(code, keys.0, &wrapped, bound, &template)?;
    if bench.attribute(unwrapped, cryptoki_sys::CKA_VALUE)? != example.secret {
        return Ok(None);
    }
    // Other data, under the same tag.
    let other = Bound { aad: &bound.aad[1..], ..bound };
    Ok(bench.unwrap_authenticated(code, keys.0, &wrapped, other, &template).err())
}
