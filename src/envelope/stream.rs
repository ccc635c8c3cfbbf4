//! What both directions of a stream need: reading up to the first frame, and reading until a buffer is full.
//!
//! Knows no frame.

use alloc::vec::Vec;
use std::io::{self, Read};

use super::{Header, header, slot};
use crate::error::{Error, Kind, Result};

/// Reads H and R: the header, its length, both slots and the length of one.
pub(super) fn read_start(source: &mut impl Read) -> Result<(Header, usize, Vec<u8>, usize)> {
    let ends = || Error::new(Kind::Truncated, "the message ends inside its header; get a whole copy");
    let mut bytes = Vec::with_capacity(512);
    bytes.resize(header::FIXED, 0);
    let got = read_full(source, &mut bytes)?;
    bytes.truncate(got);
    let len = match bytes.first_chunk() {
        Some(fixed) => Header::len(fixed)?,
        None => return Header::parse(&bytes).and(Err(ends())),
    };
    bytes.resize(len + 2, 0);
    if read_full(source, &mut bytes[header::FIXED..])? < len + 2 - header::FIXED {
        return Err(ends());
    }
    let slot_len = slot::checked_len([bytes[len], bytes[len + 1]])?;
    let (header, _) = Header::parse(&bytes[..len])?;
    let mut slots = alloc::vec![0; 2 * slot_len];
    if read_full(source, &mut slots)? < slots.len() {
        return Err(Error::new(Kind::Truncated, "the message ends inside its recipients; get a whole copy"));
    }
    Ok((header, len, slots, slot_len))
}

/// Reads until `out` is full or the input ends; gives the number of bytes.
pub(super) fn read_full(input: &mut impl Read, out: &mut [u8]) -> Result<usize> {
    let mut got = 0;
    while got < out.len() {
        match input.read(&mut out[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(got)
}
