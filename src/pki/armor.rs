//! Files of certificates, requests and lists: DER as it is, or blocks of PEM (RFC 7468) with one of these labels.
//!
//! Knows no content. Blocks of other labels, such as keys, are passed over.

use alloc::vec::Vec;

use super::der::Reader;
use crate::{
    algo::sm2::pem,
    error::{Error, Kind, Rejected, Result},
};

/// The one that is there, under whichever of the labels.
pub(super) fn one(bytes: &[u8], labels: &[&str]) -> Result<Vec<u8>> {
    let mut found = all(bytes, labels)?;
    match (found.pop(), found.is_empty()) {
        (Some(der), true) => Ok(der),
        _ => Err(Error::new(Kind::Malformed, "the PEM text holds more than one of these; give one alone")
            .about(labels.join(" or "))),
    }
}

/// All that are there, at least one, in their order.
pub(super) fn all(bytes: &[u8], labels: &[&str]) -> Result<Vec<Vec<u8>>> {
    // Text may begin with the tag too, which is the digit 0: the length tells.
    if Reader::sequence_of(bytes).is_ok() {
        return Ok([bytes.to_vec()].into());
    }
    let decode = || {
        let blocks = pem::blocks(bytes)?;
        let wanted = blocks.iter().filter(|block| labels.contains(&block.label));
        let found: Vec<_> =
            wanted.map(|block| Ok(block.decode()?.expose().to_vec())).collect::<Result<_, Rejected>>()?;
        if found.is_empty() { Err(Rejected) } else { Ok(found) }
    };
    decode().map_err(|Rejected| {
        Error::new(
            Kind::Malformed,
            "neither DER nor PEM with a block of this label; check that it is the right file",
        )
        .about(labels.join(" or "))
    })
}
