//! Where a probe works: one session that holds its keys, one that computes, and a list of what has to be destroyed.
//!
//! Knows no mechanism. After any failure the computing session is thrown away, since some tokens leave an operation open for ever.

use alloc::{format, string::String, vec, vec::Vec};

use cryptoki_sys as ck;

use super::failed;
use crate::{
    error::Result,
    provider::pkcs11::{
        SlotId, TokenInfo,
        fault::Fault,
        module::Call,
        raw::{Answer, Attribute, Bound, Mechanism, Object, Rv, SessionHandle},
    },
    secret::SecretBytes,
};

/// The most bytes that an operation of a probe gives back, besides those of the limit's test.
const ROOM: usize = 1024;
/// By which people recognise what a probe could not destroy.
pub(super) const LABEL: &[u8] = b"miyao probe";

pub(super) struct Bench {
    call: Call,
    slot: SlotId,
    anchor: SessionHandle,
    worker: Option<SessionHandle>,
    made: Vec<Object>,
    /// Whether some key could not be made in a session.
    wrote: bool,
    logged_in: bool,
}

impl Bench {
    pub(super) fn open(
        call: Call,
        slot: SlotId,
        token: &TokenInfo,
        pin: Option<&SecretBytes>,
    ) -> Result<Self> {
        let anchor = call.open_session(slot.0, true).map_err(failed("C_OpenSession"))?;
        let mut bench =
            Self { call, slot, anchor, worker: None, made: Vec::new(), wrote: false, logged_in: false };
        if pin.is_some() || token.protected_path {
            match bench.call.login(anchor, pin.map(SecretBytes::expose)) {
                Ok(()) => bench.logged_in = true,
                Err(Rv(ck::CKR_USER_ALREADY_LOGGED_IN)) => {}
                Err(rv) => {
                    bench.close();
                    return Err(Fault::of_login(rv, &token.label).into());
                }
            }
        }
        Ok(bench)
    }

    /// Destroys what was made and ends; what could not be destroyed is named.
    pub(super) fn close(self) -> Vec<String> {
        let mut left = Vec::new();
        for object in self.made.iter().rev() {
            if let Err(rv) = self.call.destroy(self.anchor, *object) {
                left.push(format!("an object labelled \"miyao probe\" in slot {}: {rv}", self.slot));
            }
        }
        // A session that cannot be closed ends with the process, and so does a login.
        let closed = [self.worker, Some(self.anchor)].into_iter().flatten();
        if self.logged_in {
            let _ = self.call.logout(self.anchor);
        }
        for session in closed {
            let _ = self.call.close_session(session);
        }
        // Objects of a session died with it.
        if self.wrote { left } else { Vec::new() }
    }

    /// Whether some key had to be an object of the token.
    pub(super) const fn had_to_write(&self) -> bool {
        self.wrote
    }

    /// Opens as many sessions as the token lets it, at most `most`, and closes them: how many, and what refused the next.
    pub(super) fn count_sessions(&self, most: usize) -> (usize, Option<Rv>) {
        let mut opened = Vec::new();
        let mut refused = None;
        while opened.len() < most && refused.is_none() {
            match self.call.open_session(self.slot.0, false) {
                Ok(session) => opened.push(session),
                Err(rv) => refused = Some(rv),
            }
        }
        let count = opened.len();
        for session in opened {
            let _ = self.call.close_session(session);
        }
        (count + 1 + usize::from(self.worker.is_some()), refused)
    }

    /// Makes a secret key with what is common to all of a probe's.
    pub(super) fn generate(
        &mut self,
        mechanism: &Mechanism<'_>,
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        self.make(template, |bench, template| bench.call.generate(bench.anchor, mechanism, template))
    }

    /// Brings in a key whose value everybody knows.
    pub(super) fn import(&mut self, template: &[Attribute<'_>]) -> Answer<Object> {
        self.make(template, |bench, template| bench.call.create(bench.anchor, template))
    }

    pub(super) fn derive(
        &mut self,
        mechanism: &Mechanism<'_>,
        base: Object,
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        self.make(template, |bench, template| bench.call.derive(bench.anchor, mechanism, base, template))
    }

    pub(super) fn unwrap(
        &mut self,
        mechanism: &Mechanism<'_>,
        kek: Object,
        wrapped: &[u8],
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        self.make(template, |bench, template| {
            bench.call.unwrap(bench.anchor, mechanism, kek, wrapped, template)
        })
    }

    pub(super) fn generate_pair(
        &mut self,
        mechanism: &Mechanism<'_>,
        public: &[Attribute<'_>],
        private: &[Attribute<'_>],
    ) -> Answer<(Object, Object)> {
        let attempt = |on_token: bool| {
            let (public, private) = (common(public, on_token, false), common(private, on_token, true));
            self.call.generate_pair(self.anchor, mechanism, &public, &private)
        };
        let pair = match attempt(false) {
            Ok(pair) => pair,
            Err(first) => {
                let pair = attempt(true).map_err(|_| first)?;
                self.wrote = true;
                pair
            }
        };
        self.made.extend([pair.0, pair.1]);
        Ok(pair)
    }

    fn make(
        &mut self,
        template: &[Attribute<'_>],
        work: impl Fn(&Self, &[Attribute<'_>]) -> Answer<Object>,
    ) -> Answer<Object> {
        let object = match work(self, &common(template, false, true)) {
            Ok(object) => object,
            Err(first) => {
                let object = work(self, &common(template, true, true)).map_err(|_| first)?;
                self.wrote = true;
                object
            }
        };
        self.made.push(object);
        Ok(object)
    }

    pub(super) fn attribute(&self, object: Object, kind: ck::CK_ULONG) -> Answer<Vec<u8>> {
        self.call.attribute(self.anchor, object, kind, ROOM).map(|value| value.to_vec())
    }

    pub(super) fn number(&self, object: Object, kind: ck::CK_ULONG) -> Answer<u64> {
        self.call.number(self.anchor, object, kind)
    }

    pub(super) fn digest(&mut self, mechanism: &Mechanism<'_>, input: &[u8]) -> Answer<Vec<u8>> {
        self.compute(ROOM, |call, session, out| call.digest(session, mechanism, input, out))
    }

    pub(super) fn sign(&mut self, mechanism: &Mechanism<'_>, key: Object, input: &[u8]) -> Answer<Vec<u8>> {
        self.compute(ROOM, |call, session, out| call.sign(session, mechanism, key, input, out))
    }

    pub(super) fn encrypt(
        &mut self,
        mechanism: &Mechanism<'_>,
        key: Object,
        input: &[u8],
    ) -> Answer<Vec<u8>> {
        self.compute(input.len() + ROOM, |call, session, out| {
            call.encrypt(session, mechanism, key, input, out)
        })
    }

    pub(super) fn decrypt(
        &mut self,
        mechanism: &Mechanism<'_>,
        key: Object,
        input: &[u8],
    ) -> Answer<Vec<u8>> {
        self.compute(input.len() + ROOM, |call, session, out| {
            call.decrypt(session, mechanism, key, input, out)
        })
    }

    pub(super) fn wrap(
        &mut self,
        mechanism: &Mechanism<'_>,
        key: Object,
        wrapped: Object,
    ) -> Answer<Vec<u8>> {
        self.compute(ROOM, |call, session, out| call.wrap(session, mechanism, key, wrapped, out))
    }

    /// Whether the module has the calls of PKCS#11 3.2.
    pub(super) fn is_of_3_2(&self) -> bool {
        self.call.is_of_3_2()
    }

    pub(super) fn wrap_authenticated(
        &mut self,
        code: u64,
        keys: (Object, Object),
        bound: Bound<'_>,
    ) -> Answer<Vec<u8>> {
        self.compute(ROOM, |call, session, out| call.wrap_authenticated(session, code as _, keys, bound, out))
    }

    pub(super) fn unwrap_authenticated(
        &mut self,
        code: u64,
        key: Object,
        wrapped: &[u8],
        bound: Bound<'_>,
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        self.make(template, |bench, template| {
            bench.call.unwrap_authenticated(bench.anchor, code as _, key, wrapped, bound, template)
        })
    }

    /// In the computing session, which is thrown away after a failure.
    fn compute(
        &mut self,
        room: usize,
        work: impl FnOnce(&Call, SessionHandle, &mut [u8]) -> Answer<usize>,
    ) -> Answer<Vec<u8>> {
        let session = match self.worker {
            Some(session) => session,
            None => self.call.open_session(self.slot.0, true)?,
        };
        let mut out = vec![0; room];
        let written = work(&self.call, session, &mut out);
        if written.is_ok() {
            self.worker = Some(session);
        } else {
            self.worker = None;
            let _ = self.call.close_session(session);
        }
        out.truncate(written?);
        Ok(out)
    }
}

/// A template, and what every key of a probe has.
fn common<'a>(template: &[Attribute<'a>], on_token: bool, is_private: bool) -> Vec<Attribute<'a>> {
    let mut whole = vec![
        Attribute::flag(ck::CKA_TOKEN, on_token),
        Attribute::flag(ck::CKA_PRIVATE, is_private),
        Attribute::bytes(ck::CKA_LABEL, LABEL),
    ];
    whole.extend_from_slice(template);
    whole
}
