//! Mechanisms with the parameter of one message, which gets something back.
//!
//! Knows no call. Its pointers are NULL or lead to as many bytes as it says.

use core::ptr;

use cryptoki_sys::{self as ck, CK_MECHANISM, CK_ULONG};

use super::stream::{CODES, OWN, Stream};

/// A mechanism with the parameter of a message, and what it points to.
pub(super) struct Message {
    raw: CK_MECHANISM,
    given: Box<ck::CK_GCM_MESSAGE_PARAMS>,
    iv: Vec<u8>,
    tag: Vec<u8>,
}

impl Message {
    pub(super) fn new(stream: &mut Stream<'_>) -> Self {
        let (mut iv, mut tag) = (stream.bytes(16), vec![stream.byte(); 16]);
        if !stream.one_in(4) {
            iv.resize(12, 0);
        }
        let no_place = stream.one_in(32);
        let mut given = Box::new(ck::CK_GCM_MESSAGE_PARAMS {
            pIv: if stream.one_in(32) { ptr::null_mut() } else { iv.as_mut_ptr() },
            ulIvLen: iv.len() as CK_ULONG,
            ulIvFixedBits: stream.of(&[0, 0, 7, 32, 33, 96, CK_ULONG::MAX]),
            ivGenerator: stream.of(&[0, 0, 1, 1, 3, 2, CK_ULONG::MAX]),
            pTag: if no_place { ptr::null_mut() } else { tag.as_mut_ptr() },
            ulTagBits: stream.of(&[128, 128, 128, 96, 104, 0, 7, 136, CK_ULONG::MAX]),
        });
        let size = size_of::<ck::CK_GCM_MESSAGE_PARAMS>() as CK_ULONG;
        let raw = CK_MECHANISM {
            mechanism: if stream.one_in(16) { stream.of(&CODES) } else { OWN + 0x35 },
            pParameter: ptr::from_mut(&mut *given).cast(),
            ulParameterLen: if stream.one_in(32) { stream.of(&[0, size - 1, size + 1]) } else { size },
        };
        Self { raw, given, iv, tag }
    }

    pub(super) fn at(&mut self) -> *mut CK_MECHANISM {
        &raw mut self.raw
    }

    /// What it points to, as it is now.
    pub(super) fn now(&self) -> (Vec<u8>, Vec<u8>) {
        (self.iv.clone(), self.tag.clone())
    }

    /// What holds after it was sealed: a vector that was given stays, and one that was made keeps the bits that are fixed.
    pub(super) fn check_sealed(&self, (iv, tag): (Vec<u8>, Vec<u8>)) {
        let fixed = match self.given.ivGenerator {
            ck::CKG_NO_GENERATE => iv.len() * 8,
            _ => usize::try_from(self.given.ulIvFixedBits).expect("no more bits than there are"),
        };
        let bit = |bytes: &[u8], at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
        assert!((0..fixed).all(|at| bit(&iv, at) == bit(&self.iv, at)), "fixed bits stay");
        let used = usize::try_from(self.given.ulTagBits / 8).expect("the length of a tag");
        assert_eq!(tag[used..], self.tag[used..], "behind the tag");
    }
}
