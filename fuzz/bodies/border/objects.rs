//! The calls one by one: of objects, whichever they are.
//!
//! Knows what a call answers as far as the model does.

use std::ptr;

use cryptoki_sys::{self as ck, CK_RV, CK_ULONG};

use super::{
    Run, call,
    model::{self, Login},
    stream::{OWN, Output, Template},
};

impl Run<'_> {
    pub(super) fn create(&mut self) {
        let session = self.session();
        let (class, kind) = self.stream.of(&[
            (ck::CKO_DATA, 0),
            (ck::CKO_SECRET_KEY, OWN + 2),
            (ck::CKO_PRIVATE_KEY, OWN + 1),
            (ck::CKO_SECRET_KEY, ck::CKK_GENERIC_SECRET),
        ]);
        let (class, kind) = (class.to_ne_bytes(), kind.to_ne_bytes());
        let value = [7; 32];
        let value = if kind == (OWN + 2).to_ne_bytes() { &value[..16] } else { &value[..] };
        let base = [(ck::CKA_CLASS, &class[..]), (ck::CKA_VALUE, value), (ck::CKA_KEY_TYPE, &kind[..])];
        let base = if class == ck::CKO_DATA.to_ne_bytes() { &base[..2] } else { &base[..] };
        let mut template = Template::fitting(&mut self.stream, base);
        let mut made = 0;
        let place = if self.stream.one_in(32) { ptr::null_mut() } else { &raw mut made };
        let rv = call!(self.list, C_CreateObject(session, template.at(), template.count(), place));
        self.made(rv, session, made, &[model::TEMPLATE]);
    }

    /// What was made is there by right; what was not has no handle.
    pub(super) fn made(&mut self, rv: CK_RV, session: CK_ULONG, made: CK_ULONG, answers: &[model::Answers]) {
        self.listed(rv, Some(session), answers);
        if rv == ck::CKR_OK {
            self.check_made(session, made);
        } else {
            assert_eq!(made, 0, "{rv:#x} writes no handle");
        }
    }

    pub(super) fn copy(&mut self) {
        let (session, object, mut made) = (self.session(), self.object(), 0);
        let mut template = Template::new(&mut self.stream);
        let (at, count) = (template.at(), template.count());
        let rv = call!(self.list, C_CopyObject(session, object, at, count, &raw mut made));
        self.made(rv, session, made, &[model::TEMPLATE, model::OBJECT]);
    }

    pub(super) fn destroy(&mut self) {
        let (session, object) = (self.session(), self.object());
        let was_token = self.flag(session, object, ck::CKA_TOKEN);
        let rv = call!(self.list, C_DestroyObject(session, object));
        let refused = [ck::CKR_SESSION_READ_ONLY, ck::CKR_USER_NOT_LOGGED_IN];
        self.listed(
            rv,
            Some(session),
            &[model::OBJECT, if refused.contains(&rv) { model::TEMPLATE } else { &[] }],
        );
        if rv == ck::CKR_OK {
            assert!(was_token != Some(true) || self.model.writes(session) == Some(true));
            assert_eq!(self.flag(session, object, ck::CKA_TOKEN), None, "it is gone");
        }
    }

    /// Attributes, each with a room of its own.
    pub(super) fn read(&mut self) {
        let (session, object) = (self.session(), self.object());
        let (mut kinds, mut outputs) = (Template::new(&mut self.stream), Vec::new());
        for attribute in kinds.attributes() {
            let output = Output::new(&mut self.stream);
            attribute.pValue = output.at().cast();
            attribute.ulValueLen = output.told();
            outputs.push(output);
        }
        let rv = call!(self.list, C_GetAttributeValue(session, object, kinds.at(), kinds.count()));
        let answers = [model::READING, &[ck::CKR_OBJECT_HANDLE_INVALID]];
        self.listed(rv, Some(session), &answers);
        for (attribute, output) in kinds.attributes().iter().zip(outputs) {
            let is_given = output.check_attribute(attribute.ulValueLen);
            if is_given && attribute.type_ == ck::CKA_VALUE {
                self.check_shown(session, object);
            }
        }
        if rv == ck::CKR_OK && self.flag(session, object, ck::CKA_PRIVATE) == Some(true) {
            assert_eq!(self.model.login, Login::User, "a private object is the user's to see");
        }
    }

    /// A key's value is shown where the key is neither sensitive nor stays inside, and nowhere else.
    fn check_shown(&self, session: CK_ULONG, object: CK_ULONG) {
        if let Some(sensitive) = self.flag(session, object, ck::CKA_SENSITIVE) {
            assert!(!sensitive && self.flag(session, object, ck::CKA_EXTRACTABLE) == Some(true));
        }
    }

    pub(super) fn set(&mut self) {
        let (session, object) = (self.session(), self.object());
        let before = self.flag(session, object, ck::CKA_SENSITIVE);
        let mut template = Template::new(&mut self.stream);
        let rv = call!(self.list, C_SetAttributeValue(session, object, template.at(), template.count()));
        self.listed(rv, Some(session), &[model::TEMPLATE, model::OBJECT]);
        let after = self.flag(session, object, ck::CKA_SENSITIVE);
        assert!(before != Some(true) || after != Some(false), "what is sensitive stays so");
    }

    pub(super) fn find(&mut self) {
        let session = self.session();
        let mut template = Template::new(&mut self.stream);
        let (mut found, mut count) = ([0xA5A5 as CK_ULONG; 9], 77);
        let most = self.stream.of(&[8, 1, 0]);
        let rv = match self.stream.byte() % 4 {
            0 | 1 => {
                let count = if self.stream.one_in(2) { 0 } else { template.count() };
                let rv = call!(self.list, C_FindObjectsInit(session, template.at(), count));
                self.listed(rv, Some(session), &[model::SEARCH]);
                return;
            }
            2 => call!(self.list, C_FindObjects(session, found.as_mut_ptr(), most, &raw mut count)),
            _ => call!(self.list, C_FindObjectsFinal(session)),
        };
        self.listed(rv, Some(session), &[model::IDLE]);
        let given = if count == 77 { 0 } else { count };
        assert!(given <= most && (rv == ck::CKR_OK || given == 0));
        assert!(found[given as usize..].iter().all(|word| *word == 0xA5A5));
        self.model.objects.extend_from_slice(&found[..given as usize]);
    }
}
