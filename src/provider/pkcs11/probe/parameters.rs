//! The parameter of a mechanism, in the shape that a profile names.
//!
//! Knows shapes only; what is in them is the caller's.

use alloc::vec::Vec;

use crate::provider::pkcs11::{
    profile::Parameter as Shape,
    raw::{Mechanism, Object, Parameter},
};

/// What a parameter may hold.
#[derive(Clone, Copy, Default)]
pub(super) struct Material<'a> {
    pub(super) iv: &'a [u8],
    pub(super) aad: &'a [u8],
    pub(super) id: &'a [u8],
    /// The signer's public key, x ‖ y.
    pub(super) public: &'a [u8],
    /// The other's point, 04 ‖ x ‖ y.
    pub(super) point: &'a [u8],
    pub(super) key: Option<Object>,
}

/// The bits of a tag of GCM.
const TAG_BITS: usize = 128;
/// The bytes of the ID in the structure of Westone.
const FIXED_ID: usize = 16;

/// Lends the mechanism of this number, with its parameter in this shape, to `work`.
pub(super) fn lend<R>(
    code: u64,
    shape: Shape,
    material: &Material<'_>,
    work: impl FnOnce(&Mechanism<'_>) -> R,
) -> R {
    let flat = flat(shape, material);
    let parameter = match shape {
        Shape::None => Parameter::None,
        Shape::Iv16 => Parameter::Bytes(material.iv),
        Shape::Id => Parameter::Bytes(material.id),
        Shape::Gcm => Parameter::Gcm { iv: material.iv, aad: material.aad, tag_bits: TAG_BITS as _ },
        Shape::Ecdh1 => Parameter::Ecdh { point: material.point },
        Shape::Ctr | Shape::GcmShort | Shape::GcmKoal | Shape::IdAndKey | Shape::KeyHandle => {
            Parameter::Bytes(&flat)
        }
    };
    work(&Mechanism::with(code, parameter))
}

/// A structure of C as its bytes. Its fields are as wide as a pointer, or bytes, so there is no padding between them; a pointer
/// goes in as its exposed address, and what it points to outlives the call because the material does.
fn flat(shape: Shape, material: &Material<'_>) -> Vec<u8> {
    let (iv, aad) = (material.iv.as_ptr().expose_provenance(), material.aad.as_ptr().expose_provenance());
    let (iv_length, aad_length) = (material.iv.len(), material.aad.len());
    match shape {
        Shape::Ctr => [&words(&[128]), material.iv].concat(),
        Shape::GcmShort => words(&[iv, iv_length, aad, aad_length, TAG_BITS]),
        Shape::GcmKoal => words(&[iv, aad, aad_length, TAG_BITS, iv_length * 8]),
        Shape::IdAndKey => {
            let mut id = [0; FIXED_ID];
            let length = material.id.len().min(FIXED_ID);
            id[..length].copy_from_slice(&material.id[..length]);
            [&(length as u16).to_be_bytes(), id.as_slice(), material.public].concat()
        }
        Shape::KeyHandle => material.key.map_or_else(Vec::new, |key| key.number().to_ne_bytes().to_vec()),
        Shape::None | Shape::Iv16 | Shape::Id | Shape::Gcm | Shape::Ecdh1 => Vec::new(),
    }
}

fn words(words: &[usize]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}
