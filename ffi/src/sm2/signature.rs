//! Signatures in DER and as r ‖ s.

use core::mem::MaybeUninit;

use miyao::algo::sm2::Signature;

use super::{MIYAO_SM2_SIGNATURE_DER_MAX, MIYAO_SM2_SIGNATURE_LEN};
use crate::{
    desk::{fixed, guard, input, object, output},
    status::miyao_status,
};

/// `SEQUENCE { r, s }`: writes a signature r ‖ s of 64 bytes in DER (GM/T 0009-2012 §7.3), at most 72 bytes, and says how many.
///
/// MIYAO_STATUS_REJECTED: r or s lies outside of [1, n − 1], so it is no signature of anything. MIYAO_STATUS_INVALID: another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_signature_to_der(
    signature: *const u8,
    signature_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard(|| {
        let signature = Signature::from_bytes(fixed!(signature, signature_len))?;
        let out = output!(out, out_cap, MIYAO_SM2_SIGNATURE_DER_MAX);
        let out_len = object!(out_len);
        let (der, len) = signature.to_der();
        out[..len].copy_from_slice(&der[..len]);
        out_len.write(len);
        Ok(())
    })
}

/// Reads a signature in strict DER; writes r ‖ s, 64 bytes.
///
/// MIYAO_STATUS_REJECTED: any other bytes, and numbers outside of [1, n − 1].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_signature_from_der(
    der: *const u8,
    der_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        let der = input!(der, der_len);
        let out = output!(out, out_cap, MIYAO_SM2_SIGNATURE_LEN);
        out.copy_from_slice(&Signature::from_der(der)?.to_bytes());
        Ok(())
    })
}
