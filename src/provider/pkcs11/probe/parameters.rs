//! The parameter of a mechanism, in the shape that a profile names.
//!
//! Knows shapes only; what is in them is the caller's.

use alloc::vec::Vec;

use cryptoki_sys::CK_ULONG;

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
const TAG_BITS: CK_ULONG = 128;
/// The bits of a counter of CTR: the whole block.
const COUNTER_BITS: CK_ULONG = 128;
/// The bytes of the ID in the structure of Westone.
const FIXED_ID: usize = 16;

/// Lends the mechanism of this number, with its parameter in this shape, to `work`.
pub(super) fn lend<R>(
    code: u64,
    shape: Shape,
    material: &Material<'_>,
    work: impl FnOnce(&Mechanism<'_>) -> R,
) -> R {
    let (iv, aad, tag_bits) = (material.iv, material.aad, TAG_BITS);
    let flat = flat(shape, material);
    let parameter = match (shape, material.key) {
        // The calls of 3.2 bring their own, for the tag is written there.
        (Shape::None | Shape::GcmMessage, _) => Parameter::None,
        (Shape::Iv16, _) => Parameter::Bytes(iv),
        (Shape::Id, _) => Parameter::Bytes(material.id),
        (Shape::Gcm, _) => Parameter::Gcm { iv, aad, tag_bits },
        (Shape::GcmShort, _) => Parameter::GcmShort { iv, aad, tag_bits },
        (Shape::GcmKoal, _) => Parameter::GcmKoal { iv, aad, tag_bits },
        (Shape::Ecdh1, _) => Parameter::Ecdh { point: material.point },
        (Shape::KeyHandle, Some(key)) => Parameter::Handle(key),
        (Shape::Ctr | Shape::IdAndKey | Shape::KeyHandle, _) => Parameter::Bytes(&flat),
    };
    work(&Mechanism::with(code, parameter))
}

/// A structure of C without pointers as its bytes; there is no padding in it.
fn flat(shape: Shape, material: &Material<'_>) -> Vec<u8> {
    match shape {
        Shape::Ctr => [&COUNTER_BITS.to_ne_bytes(), material.iv].concat(),
        Shape::IdAndKey => {
            let mut id = [0; FIXED_ID];
            let length = material.id.len().min(FIXED_ID);
            id[..length].copy_from_slice(&material.id[..length]);
            [&(length as u16).to_be_bytes(), id.as_slice(), material.public].concat()
        }
        _ => Vec::new(),
    }
}
