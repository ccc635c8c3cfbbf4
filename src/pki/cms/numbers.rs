//! Object identifiers of algorithms in messages (GM/T 0006-2012, GM/T 0010-2012 §6), and who writes them.

use alloc::vec::Vec;

use super::{
    super::{
        der::{NULL, OID, Reader, SEQUENCE, SET, element},
        oid,
    },
    content::strict,
};
use crate::error::{Error, Kind, Result};

/// SM3, 1.2.156.10197.1.401
pub(super) const SM3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11];
/// SM2, 1.2.156.10197.1.301, as some write for either
pub(super) const SM2: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];
/// SM2-1, the signature, 1.2.156.10197.1.301.1: the standard
pub(super) const SM2_1: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x01];
/// SM2-2, the key exchange, 1.2.156.10197.1.301.2, which GmSSL writes for encryption
pub(super) const SM2_2: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x02];
/// SM2-3, the encryption, 1.2.156.10197.1.301.3: the standard
pub(super) const SM2_3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03];

/// An AlgorithmIdentifier among these, without parameters or with NULL.
pub(super) fn read<'a>(body: &mut Reader<'a>, known: &[&[u8]]) -> Result<&'a [u8]> {
    let (id, parameters) = strict(body.algorithm())?;
    if !known.contains(&id) {
        return Err(unsupported(id));
    }
    strict(parameters.end_or_null())?;
    Ok(id)
}

/// digestAlgorithms, a SET: SM3 for whoever signs.
pub(super) fn read_digests(body: &mut Reader<'_>) -> Result<()> {
    let mut set = Reader::new(strict(body.take(SET))?);
    while !set.is_empty() {
        read(&mut set, &[SM3])?;
    }
    Ok(())
}

/// digestAlgorithms: SM3 alone.
pub(super) fn digests() -> Vec<u8> {
    element(SET, &[&write(SM3)])
}

/// An AlgorithmIdentifier with NULL for its parameters.
pub(super) fn write(id: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(OID, &[id]), &[NULL, 0]])
}

/// What this identifier names is not done here.
pub(super) fn unsupported(id: &[u8]) -> Error {
    Error::new(
        Kind::Unsupported,
        "the message asks for an algorithm that is not known here; SM2, SM3 and SM4-CBC are, ask the sender for those",
    )
    .about(oid::name(id))
}
