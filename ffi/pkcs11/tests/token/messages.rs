//! The calls of authenticated wrapping with Rust's types around them, on the standard's example.

use cryptoki_sys::{self as ck, CK_GCM_MESSAGE_PARAMS, CK_OBJECT_HANDLE, CK_RV, CK_ULONG};

use super::desk::{
    Desk, OWN, SM4, Template, at, bytes, call, flag, len, number, raw, result, sm4_template, two_calls, with,
};

pub(super) const GCM: CK_ULONG = OWN + 0x35;

/// RFC 8998 A.1.
pub(super) const KEY: &str = "0123456789abcdeffedcba9876543210";
pub(super) const IV: &str = "00001234567800000000abcd";
pub(super) const CONTEXT: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
pub(super) const TEXT: &str = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa";
pub(super) const WRAPPED: &str = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d";
pub(super) const TAG: &str = "83de3541e4c2b58177e065a9bf7b62ec";

pub(super) fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

/// A message under a key: its initialisation vector, its tag, and how they come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) iv: Vec<u8>,
    pub(super) fixed: CK_ULONG,
    pub(super) generator: CK_ULONG,
    pub(super) tag: Vec<u8>,
    pub(super) tag_bits: CK_ULONG,
}

impl Message {
    pub(super) fn new(iv: &[u8]) -> Self {
        Self { iv: iv.to_vec(), fixed: 0, generator: ck::CKG_NO_GENERATE, tag: vec![0xA5; 16], tag_bits: 128 }
    }

    pub(super) fn made(len: usize, fixed: CK_ULONG, generator: CK_ULONG) -> Self {
        Self { fixed, generator, ..Self::new(&vec![0xA5; len]) }
    }

    pub(super) fn parameter(&mut self) -> CK_GCM_MESSAGE_PARAMS {
        CK_GCM_MESSAGE_PARAMS {
            pIv: self.iv.as_mut_ptr(),
            ulIvLen: self.iv.len() as CK_ULONG,
            ulIvFixedBits: self.fixed,
            ivGenerator: self.generator,
            pTag: self.tag.as_mut_ptr(),
            ulTagBits: self.tag_bits,
        }
    }
}

/// A token with a session, an SM4 key that wraps, and the text of the standard as a secret that may leave.
pub(super) struct Table {
    pub(super) desk: Desk,
    pub(super) session: CK_ULONG,
    pub(super) wrapping: CK_OBJECT_HANDLE,
    pub(super) secret: CK_OBJECT_HANDLE,
}

pub(super) fn generic(more: Template) -> Template {
    [vec![number(ck::CKA_CLASS, ck::CKO_SECRET_KEY), number(ck::CKA_KEY_TYPE, ck::CKK_GENERIC_SECRET)], more]
        .concat()
}

/// A secret that its holder may read.
pub(super) fn readable() -> Template {
    generic(vec![flag(ck::CKA_SENSITIVE, false), flag(ck::CKA_EXTRACTABLE, true)])
}

impl Table {
    pub(super) fn new() -> Self {
        let desk = Desk::new();
        let session = desk.user();
        let key = vec![
            number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
            number(ck::CKA_KEY_TYPE, SM4),
            bytes(ck::CKA_VALUE, &hex(KEY)),
        ];
        let wrapping = desk.create(session, &[key, sm4_template()].concat()).unwrap();
        let text = [readable(), vec![bytes(ck::CKA_VALUE, &hex(TEXT))]].concat();
        let secret = desk.create(session, &text).unwrap();
        Self { desk, session, wrapping, secret }
    }

    /// Measured, then wrapped; what is measured is not touched.
    pub(super) fn wrap(
        &self,
        message: &mut Message,
        context: &[u8],
        wrapping: CK_ULONG,
        key: CK_ULONG,
    ) -> Result<Vec<u8>, CK_RV> {
        let before = message.clone();
        let mut parameter = message.parameter();
        let mut how = with(GCM, &mut parameter);
        let (context, context_len) = (at(context), len(context));
        two_calls(|out, room| {
            let session = self.session;
            let rv = call!(
                self.desk,
                C_WrapKeyAuthenticated(session, &raw mut how, wrapping, key, context, context_len, out, room)
            );
            assert!(rv == ck::CKR_OK && !out.is_null() || *message == before, "{rv:#x} writes nothing");
            rv
        })
    }

    pub(super) fn unwrap(
        &self,
        message: &mut Message,
        context: &[u8],
        unwrapping: CK_ULONG,
        wrapped: &[u8],
        template: &Template,
    ) -> Result<CK_ULONG, CK_RV> {
        let before = message.clone();
        let mut parameter = message.parameter();
        let (mut how, mut attributes, mut made) = (with(GCM, &mut parameter), raw(template), 77);
        let rv = call!(
            self.desk,
            C_UnwrapKeyAuthenticated(
                self.session,
                &raw mut how,
                unwrapping,
                at(wrapped),
                len(wrapped),
                attributes.as_mut_ptr(),
                attributes.len() as CK_ULONG,
                at(context),
                len(context),
                &raw mut made
            )
        );
        assert_eq!(*message, before);
        assert!(rv == ck::CKR_OK || made == 77, "{rv:#x} makes nothing");
        result(rv, made)
    }

    pub(super) fn value(&self, key: CK_ULONG) -> Vec<u8> {
        self.desk.attribute(self.session, key, ck::CKA_VALUE).unwrap()
    }

    pub(super) fn objects(&self) -> usize {
        self.desk.find(self.session, &Vec::new()).len()
    }
}
