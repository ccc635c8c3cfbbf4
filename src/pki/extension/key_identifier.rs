//! Key identifiers (RFC 5280 §4.2.1.1, §4.2.1.2): which key a certificate has, and which key signed it.
//!
//! Knows no key. They are hints to find an issuer by; only a signature proves one.

use alloc::vec::Vec;

use super::super::der::{OCTET_STRING, Reader, SEQUENCE, element};
use crate::error::Rejected;

/// [0] keyIdentifier of the authority's.
const KEY: u8 = 0x80;
/// [1] authorityCertIssuer and [2] authorityCertSerialNumber, which stand together or not at all.
const ISSUER: u8 = 0xa1;
const SERIAL: u8 = 0x82;

pub(super) fn write_subject(key: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, &[key])
}

pub(super) fn write_authority(key: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(KEY, &[key])])
}

pub(super) fn read_subject(value: &[u8]) -> Result<Vec<u8>, Rejected> {
    let mut body = Reader::new(value);
    let key = body.take(OCTET_STRING)?;
    body.end()?;
    Ok(key.to_vec())
}

/// The authority's key; issuer and number of its certificate are passed over.
pub(super) fn read_authority(value: &[u8]) -> Result<Option<Vec<u8>>, Rejected> {
    let mut body = Reader::sequence_of(value)?;
    let key = body.take_if(KEY)?.map(<[u8]>::to_vec);
    if body.take_if(ISSUER)?.is_some() != body.take_if(SERIAL)?.is_some() {
        return Err(Rejected);
    }
    body.end()?;
    Ok(key)
}
