//! Calls that compute: encryption, signatures, digests.
//!
//! Knows no mechanism by name. Every output is the caller's buffer, so that there is one call and not two: a network
//! device may compute twice to tell a length.

use cryptoki_sys::{CK_ULONG, CKR_GENERAL_ERROR};

use super::{Answer, Functions, Mechanism, Object, Rv, SessionHandle, call, check, length};

impl Functions {
    /// `C_EncryptInit`, `C_Encrypt`: how many bytes of `out` were written.
    pub(in crate::provider::pkcs11) fn encrypt(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        key: Object,
        input: &[u8],
        out: &mut [u8],
    ) -> Answer<usize> {
        mechanism.lend(|mechanism| call!(self, C_EncryptInit(session.0, mechanism, key.0)))?;
        transform(input, out, |input, length, out, written| {
            call!(self, C_Encrypt(session.0, input, length, out, written))
        })
    }

    /// `C_DecryptInit`, `C_Decrypt`
    pub(in crate::provider::pkcs11) fn decrypt(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        key: Object,
        input: &[u8],
        out: &mut [u8],
    ) -> Answer<usize> {
        mechanism.lend(|mechanism| call!(self, C_DecryptInit(session.0, mechanism, key.0)))?;
        transform(input, out, |input, length, out, written| {
            call!(self, C_Decrypt(session.0, input, length, out, written))
        })
    }

    /// `C_SignInit`, `C_Sign`: a signature or a MAC.
    pub(in crate::provider::pkcs11) fn sign(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        key: Object,
        input: &[u8],
        out: &mut [u8],
    ) -> Answer<usize> {
        mechanism.lend(|mechanism| call!(self, C_SignInit(session.0, mechanism, key.0)))?;
        transform(input, out, |input, length, out, written| {
            call!(self, C_Sign(session.0, input, length, out, written))
        })
    }

    /// `C_DigestInit`, `C_Digest`
    pub(in crate::provider::pkcs11) fn digest(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        input: &[u8],
        out: &mut [u8],
    ) -> Answer<usize> {
        mechanism.lend(|mechanism| call!(self, C_DigestInit(session.0, mechanism)))?;
        transform(input, out, |input, length, out, written| {
            call!(self, C_Digest(session.0, input, length, out, written))
        })
    }
}

fn transform(
    input: &[u8],
    out: &mut [u8],
    work: impl FnOnce(*mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> Answer<()>,
) -> Answer<usize> {
    let mut written = length(out);
    work(input.as_ptr().cast_mut(), length(input), out.as_mut_ptr(), &raw mut written)?;
    within(written, out.len())
}

/// A device that says it wrote past the buffer is not believed.
pub(super) fn within(written: CK_ULONG, room: usize) -> Answer<usize> {
    usize::try_from(written).ok().filter(|written| *written <= room).ok_or(Rv(CKR_GENERAL_ERROR))
}
