//! The calls one by one: of ciphers, digests, signatures and keys.
//!
//! Knows no algorithm.

use std::ptr;

use cryptoki_sys::{self as ck, CK_RV, CK_ULONG};

use super::{
    Run, call,
    message::Message,
    model::{self, Answers, Login},
    stream::{Mechanism, OWN, Output, Template},
};

const CIPHERS: &[CK_ULONG] =
    &[OWN + 0x18, OWN + 0x19, OWN + 0x1A, OWN + 0x31, OWN + 0x32, OWN + 0x33, OWN + 0x34, OWN + 0x35];
const SIGNATURES: &[CK_ULONG] =
    &[OWN + 0x11, OWN + 0x12, OWN + 0x13, OWN + 0x14, OWN + 0x15, OWN + 0x16, OWN + 0x21, OWN + 0x36];
const WRAPS: &[CK_ULONG] = &[OWN + 0x18, OWN + 0x33, OWN + 0x35];

/// Usages, and what lets a key be wrapped.
const ANY_USE: [(CK_ULONG, &[u8]); 8] = [
    (ck::CKA_ENCRYPT, &[1]),
    (ck::CKA_DECRYPT, &[1]),
    (ck::CKA_SIGN, &[1]),
    (ck::CKA_VERIFY, &[1]),
    (ck::CKA_WRAP, &[1]),
    (ck::CKA_UNWRAP, &[1]),
    (ck::CKA_DERIVE, &[1]),
    (ck::CKA_EXTRACTABLE, &[1]),
];

/// What begins with which of the first keys: the direction, the mechanism, and the key's place.
const FITTING: [(u8, CK_ULONG, usize); 14] = [
    (0, OWN + 0x33, 0),
    (0, OWN + 0x34, 0),
    (0, OWN + 0x35, 0),
    (0, OWN + 0x18, 1),
    (1, OWN + 0x33, 0),
    (1, OWN + 0x34, 0),
    (1, OWN + 0x35, 0),
    (1, OWN + 0x18, 2),
    (2, OWN + 0x15, 2),
    (2, OWN + 0x36, 0),
    (2, OWN + 0x21, 3),
    (3, OWN + 0x16, 1),
    (3, OWN + 0x36, 0),
    (4, OWN + 0x20, 0),
];

impl Run<'_> {
    /// A session, a login, and a key of each kind: an SM4 key, both halves of a pair, a secret.
    pub(super) fn furnish(&mut self) {
        let (list, mut session, writing) = (self.list, 0, ck::CKF_SERIAL_SESSION | ck::CKF_RW_SESSION);
        let pin = (model::USER.as_ptr().cast_mut(), model::USER.len() as CK_ULONG);
        assert_eq!(
            call!(list, C_OpenSession(0, writing, ptr::null_mut(), None, &raw mut session)),
            ck::CKR_OK
        );
        self.model.sessions.push((session, true));
        assert_eq!(call!(list, C_Login(session, ck::CKU_USER, pin.0, pin.1)), ck::CKR_OK);
        self.model.login = Login::User;
        let len = (32 as CK_ULONG).to_ne_bytes();
        let secret = [&ANY_USE[..], &[(ck::CKA_VALUE_LEN, &len)]].concat();
        let (public, private) = (
            [ANY_USE[0], ANY_USE[3], ANY_USE[4]],
            [ANY_USE[1], ANY_USE[2], ANY_USE[5], ANY_USE[6], ANY_USE[7]],
        );
        for (code, uses) in
            [(OWN + 0x30, &ANY_USE[..]), (OWN + 0x10, &[]), (ck::CKM_GENERIC_SECRET_KEY_GEN, &secret)]
        {
            let (mut made, mut other) = (0, 0);
            let mut how =
                ck::CK_MECHANISM { mechanism: code, pParameter: ptr::null_mut(), ulParameterLen: 0 };
            let (mut first, mut second) = (Template::of(&public), Template::of(&private));
            let mut whole = Template::of(uses);
            let rv = if uses.is_empty() {
                let (at, count) = (first.at(), first.count());
                let (then, then_count) = (second.at(), second.count());
                let (made, other) = (&raw mut made, &raw mut other);
                call!(
                    list,
                    C_GenerateKeyPair(session, &raw mut how, at, count, then, then_count, made, other)
                )
            } else {
                let (at, count) = (whole.at(), whole.count());
                call!(list, C_GenerateKey(session, &raw mut how, at, count, &raw mut made))
            };
            assert_eq!(rv, ck::CKR_OK);
            self.model.objects.extend([made, other].iter().filter(|handle| **handle != 0));
        }
    }

    /// One call that works with keys or data.
    pub(super) fn work(&mut self, choice: u8) {
        match choice {
            25 => self.generate(),
            26 => self.pair(),
            27..=30 => self.begin(),
            31..=33 => self.cipher(),
            34 => self.digest(),
            35 => self.sign(),
            36 => self.verify(),
            37 if self.stream.one_in(2) => self.wrap_authenticated(),
            37 => self.wrap(),
            38 => self.derive(),
            _ => self.random(),
        }
    }

    /// An answer with bytes: as the standard lists it, and within its room. A second one that asks the same without room
    /// changes nothing.
    fn answered(
        &mut self,
        session: CK_ULONG,
        answers: &[Answers],
        ask: impl Fn(*mut u8, *mut CK_ULONG) -> CK_RV,
    ) -> Option<Vec<u8>> {
        let output = Output::new(&mut self.stream);
        let rv = ask(output.at(), output.len());
        self.listed(rv, Some(session), answers);
        output.check(rv)
    }

    fn generate(&mut self) {
        let (session, mut made) = (self.session(), 0);
        let mut how = Mechanism::new(&mut self.stream, &[OWN + 0x30, ck::CKM_GENERIC_SECRET_KEY_GEN]);
        let len = self.stream.of(&[16 as CK_ULONG, 32, 0, 5000]).to_ne_bytes();
        let base = [(ck::CKA_VALUE_LEN, &len[..]), (ck::CKA_EXTRACTABLE, &[1][..])];
        let mut template = Template::fitting(&mut self.stream, &base);
        let (at, count) = (template.at(), template.count());
        let rv = call!(self.list, C_GenerateKey(session, how.at(), at, count, &raw mut made));
        let answers = [model::TEMPLATE, model::MECHANISM, &[ck::CKR_KEY_SIZE_RANGE]];
        self.made(rv, session, made, &answers);
    }

    fn pair(&mut self) {
        let (session, mut public_made, mut private_made) = (self.session(), 0, 0);
        let mut how = Mechanism::new(&mut self.stream, &[OWN + 0x10]);
        let (mut public, mut private) = (Template::new(&mut self.stream), Template::new(&mut self.stream));
        let place = if self.stream.one_in(32) { ptr::null_mut() } else { &raw mut public_made };
        let rv = call!(
            self.list,
            C_GenerateKeyPair(
                session,
                how.at(),
                public.at(),
                public.count(),
                private.at(),
                private.count(),
                place,
                &raw mut private_made,
            )
        );
        let answers = [model::TEMPLATE, model::MECHANISM];
        self.made(rv, session, public_made, &answers);
        self.made(rv, session, private_made, &answers);
    }

    fn begin(&mut self) {
        let (session, mut key) = (self.session(), self.object());
        let mut choice = self.stream.byte() % 5;
        let mut usual = match choice {
            0 | 1 => CIPHERS,
            2 | 3 => SIGNATURES,
            _ => &[OWN + 0x20],
        };
        let fitting = self.stream.of(&FITTING);
        if let Some(known) = self.model.objects.get(fitting.2)
            && !self.stream.one_in(4)
        {
            (choice, key) = (fitting.0, *known);
            usual = core::slice::from_ref(&fitting.1);
        }
        let mut how = Mechanism::new(&mut self.stream, usual);
        let rv = match choice {
            0 => call!(self.list, C_EncryptInit(session, how.at(), key)),
            1 => call!(self.list, C_DecryptInit(session, how.at(), key)),
            2 => call!(self.list, C_SignInit(session, how.at(), key)),
            3 => call!(self.list, C_VerifyInit(session, how.at(), key)),
            _ => call!(self.list, C_DigestInit(session, how.at())),
        };
        let key: Answers = if choice == 4 { &[] } else { model::KEY };
        self.listed(rv, Some(session), &[model::MECHANISM, key, model::BUSY]);
    }

    fn cipher(&mut self) {
        let (session, data, list) = (self.session(), self.stream.bytes(70), self.list);
        let (at, len) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (choice, answers) = (self.stream.byte() % 6, [model::DATA, model::ENCRYPTED]);
        let answers = if choice < 3 { &answers[..1] } else { &answers[..] };
        self.answered(session, answers, |out, room| match choice {
            0 => call!(list, C_Encrypt(session, at, len, out, room)),
            1 => call!(list, C_EncryptUpdate(session, at, len, out, room)),
            2 => call!(list, C_EncryptFinal(session, out, room)),
            3 => call!(list, C_Decrypt(session, at, len, out, room)),
            4 => call!(list, C_DecryptUpdate(session, at, len, out, room)),
            _ => call!(list, C_DecryptFinal(session, out, room)),
        });
    }

    fn digest(&mut self) {
        let (session, data, list) = (self.session(), self.stream.bytes(70), self.list);
        let (at, len) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        match self.stream.byte() % 4 {
            0 => {
                let rv = call!(list, C_DigestUpdate(session, at, len));
                self.listed(rv, Some(session), &[model::IDLE]);
            }
            1 => {
                let rv = call!(list, C_DigestKey(session, self.object()));
                self.listed(rv, Some(session), &[model::IDLE, model::INDIGESTIBLE]);
            }
            choice => {
                let digest = self.answered(session, &[model::DATA], |out, room| match choice {
                    2 => call!(list, C_Digest(session, at, len, out, room)),
                    _ => call!(list, C_DigestFinal(session, out, room)),
                });
                assert!(digest.is_none_or(|digest| digest.len() == 32));
            }
        }
    }

    fn sign(&mut self) {
        let (session, data, list) = (self.session(), self.stream.bytes(70), self.list);
        let (at, len) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let choice = self.stream.byte() % 3;
        if choice == 0 {
            let rv = call!(list, C_SignUpdate(session, at, len));
            self.listed(rv, Some(session), &[model::DATA]);
            return;
        }
        let signature = self.answered(session, &[model::DATA], |out, room| match choice {
            1 => call!(list, C_Sign(session, at, len, out, room)),
            _ => call!(list, C_SignFinal(session, out, room)),
        });
        assert!(signature.is_none_or(|signature| (16..=72).contains(&signature.len())));
    }

    fn verify(&mut self) {
        let (session, data, signature) = (self.session(), self.stream.bytes(70), self.stream.bytes(72));
        let (at, len) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (signature, signature_len) = (signature.as_ptr().cast_mut(), signature.len() as CK_ULONG);
        let rv = match self.stream.byte() % 3 {
            0 => call!(self.list, C_VerifyUpdate(session, at, len)),
            1 => call!(self.list, C_Verify(session, at, len, signature, signature_len)),
            _ => call!(self.list, C_VerifyFinal(session, signature, signature_len)),
        };
        self.listed(rv, Some(session), &[model::DATA, model::SIGNATURE]);
    }

    /// A key wrapped, and the bytes unwrapped: as they are, or altered.
    fn wrap(&mut self) {
        let (session, wrapping, key, list) = (self.session(), self.object(), self.object(), self.list);
        let mut how = Mechanism::new(&mut self.stream, WRAPS);
        let how = how.at();
        let answers = [model::WRAPPING, model::MECHANISM, model::KEY, model::DATA];
        let wrapped = self.answered(session, &answers, |out, room| {
            call!(list, C_WrapKey(session, how, wrapping, key, out, room))
        });
        let mut bytes = wrapped.unwrap_or_else(|| vec![7; 48]);
        if self.stream.one_in(4)
            && let Some(byte) = bytes.first_mut()
        {
            *byte ^= 1;
        }
        let (unwrapping, mut made) = (self.object(), 0);
        let (class, kind) =
            (ck::CKO_SECRET_KEY.to_ne_bytes(), self.stream.of(&[OWN + 2, 0x10]).to_ne_bytes());
        let base = [(ck::CKA_CLASS, &class[..]), (ck::CKA_KEY_TYPE, &kind[..])];
        let mut template = Template::fitting(&mut self.stream, &base);
        let (at, count) = (template.at(), template.count());
        let (place, len) = (bytes.as_mut_ptr(), bytes.len() as CK_ULONG);
        let rv = call!(list, C_UnwrapKey(session, how, unwrapping, place, len, at, count, &raw mut made));
        let answers = [model::UNWRAPPING, model::TEMPLATE, model::MECHANISM, model::KEY];
        self.made(rv, session, made, &answers);
    }

    /// The same with a tag beside: what comes back as it went out is opened, and only that.
    fn wrap_authenticated(&mut self) {
        let (session, mut wrapping, mut key, list) =
            (self.session(), self.object(), self.object(), self.list);
        // Mostly the SM4 key of the beginning, and it or the secret as what is wrapped.
        let places = (0, self.stream.of(&[0, 3]));
        if let (Some(first), Some(other), false) =
            (self.model.objects.get(places.0), self.model.objects.get(places.1), self.stream.one_in(4))
        {
            (wrapping, key) = (*first, *other);
        }
        let (mut message, context) = (Message::new(&mut self.stream), self.stream.bytes(8));
        let (how, before) = (message.at(), message.now());
        let (with, with_len) = (context.as_ptr().cast_mut(), context.len() as CK_ULONG);
        let answers = [model::WRAPPING, model::MECHANISM, model::KEY];
        let wrapped = self.answered(session, &answers, |out, room| {
            call!(list, C_WrapKeyAuthenticated(session, how, wrapping, key, with, with_len, out, room))
        });
        match wrapped {
            Some(_) => message.check_sealed(before),
            None => assert_eq!(message.now(), before, "what is not sealed changes nothing"),
        }
        let is_sealed = wrapped.is_some();
        let mut bytes = wrapped.unwrap_or_else(|| vec![7; 48]);
        let is_altered = self.stream.one_in(4) && bytes.first_mut().map(|byte| *byte ^= 1).is_some();
        let unwrapping = if self.stream.one_in(2) { wrapping } else { self.object() };
        let (class, kind, mut made) =
            (ck::CKO_SECRET_KEY.to_ne_bytes(), self.stream.of(&[OWN + 2, 0x10]).to_ne_bytes(), 0);
        let base = [(ck::CKA_CLASS, &class[..]), (ck::CKA_KEY_TYPE, &kind[..])];
        let mut template = Template::fitting(&mut self.stream, &base);
        let (at, count) = (template.at(), template.count());
        let (place, len) = (bytes.as_mut_ptr(), bytes.len() as CK_ULONG);
        let made_at = &raw mut made;
        let rv = call!(
            list,
            C_UnwrapKeyAuthenticated(
                session, how, unwrapping, place, len, at, count, with, with_len, made_at
            )
        );
        assert!(rv != ck::CKR_OK || is_sealed && !is_altered, "what nobody sealed is not opened");
        let answers = [model::UNWRAPPING, model::TEMPLATE, model::MECHANISM, model::KEY];
        self.made(rv, session, made, &answers);
    }

    fn derive(&mut self) {
        let (session, base, mut made) = (self.session(), self.object(), 0);
        let mut how = Mechanism::new(&mut self.stream, &[ck::CKM_ECDH1_DERIVE]);
        let mut template = Template::new(&mut self.stream);
        let (at, count) = (template.at(), template.count());
        let rv = call!(self.list, C_DeriveKey(session, how.at(), base, at, count, &raw mut made));
        self.made(rv, session, made, &[model::TEMPLATE, model::MECHANISM, model::KEY]);
    }

    fn random(&mut self) {
        let (session, mut bytes) = (self.session(), vec![0xA5; 96]);
        let len = self.stream.of(&[0, 1, 64]);
        let rv = match self.stream.byte() % 3 {
            0 => call!(self.list, C_SeedRandom(session, bytes.as_mut_ptr(), len)),
            1 => call!(self.list, C_GenerateRandom(session, ptr::null_mut(), len)),
            _ => call!(self.list, C_GenerateRandom(session, bytes.as_mut_ptr(), len)),
        };
        self.listed(rv, Some(session), &[]);
        assert!(bytes[64..].iter().all(|byte| *byte == 0xA5));
    }
}
