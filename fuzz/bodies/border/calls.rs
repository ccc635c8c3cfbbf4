//! The calls one by one: of the library, tokens, PINs and sessions.
//!
//! Knows what a call answers as far as the model does.

use std::ptr;

use cryptoki_sys::{self as ck, CK_RV, CK_ULONG};

use super::{
    Run, call,
    model::{self, Login, Pin, USER},
    stream::OWN,
};

impl Run<'_> {
    /// One call.
    pub(super) fn step(&mut self) {
        match self.stream.byte() % 40 {
            0 => self.initialize(),
            1 if self.stream.one_in(4) => self.finalize(),
            2 => self.library(),
            3 => self.init_token(),
            4..=6 => self.open(),
            7 => self.close(),
            8 if self.stream.one_in(4) => self.close_all(),
            9..=11 => self.login(),
            12 if self.stream.one_in(2) => self.logout(),
            13 => self.init_pin(),
            14 => self.set_pin(),
            15 | 16 => self.create(),
            17 => self.copy(),
            18 => self.destroy(),
            19 | 20 => self.read(),
            21 => self.set(),
            22 | 23 => self.find(),
            24 if self.stream.one_in(4) => self.cancel(),
            24 => self.absent(),
            choice => self.work(choice),
        }
    }

    pub(super) fn initialize(&mut self) {
        let mut arguments = ck::CK_C_INITIALIZE_ARGS::default();
        let (expected, place) = match self.stream.byte() % 8 {
            1 => {
                arguments.pReserved = ptr::dangling_mut();
                (ck::CKR_ARGUMENTS_BAD, (&raw mut arguments).cast())
            }
            2 => (ck::CKR_OK, (&raw mut arguments).cast()),
            _ => (ck::CKR_OK, ptr::null_mut()),
        };
        let rv = call!(self.list, C_Initialize(place));
        let again = self.model.is_initialized && expected == ck::CKR_OK;
        assert_eq!(rv, if again { ck::CKR_CRYPTOKI_ALREADY_INITIALIZED } else { expected });
        self.model.is_initialized |= rv == ck::CKR_OK;
    }

    fn finalize(&mut self) {
        let reserved = if self.stream.one_in(4) { ptr::dangling_mut() } else { ptr::null_mut() };
        let rv = call!(self.list, C_Finalize(reserved));
        self.listed(rv, None, &[]);
        if rv == ck::CKR_OK {
            assert!(reserved.is_null());
            self.model.end_all();
            self.model.is_initialized = false;
        }
    }

    fn library(&mut self) {
        let slot = self.slot();
        let known = slot == 0;
        let (mut token, mut info) = (ck::CK_TOKEN_INFO::default(), ck::CK_SLOT_INFO::default());
        let mut mechanism = ck::CK_MECHANISM_INFO::default();
        let code = self.stream.of(&[OWN + 0x10, OWN + 0x35, OWN + 0x20, 0]);
        let mut list = [0xA5A5 as CK_ULONG; 40];
        let room = self.stream.of(&[0, 1, 5, 39]);
        let mut count = room;
        let out = if self.stream.one_in(2) { ptr::null_mut() } else { list.as_mut_ptr() };
        let rvs = match self.stream.byte() % 4 {
            0 => call!(self.list, C_GetSlotInfo(slot, &raw mut info)),
            1 => call!(self.list, C_GetTokenInfo(slot, &raw mut token)),
            2 => {
                let rv = call!(self.list, C_GetMechanismInfo(slot, code, &raw mut mechanism));
                assert!(rv != ck::CKR_MECHANISM_INVALID || code == 0);
                if rv == ck::CKR_MECHANISM_INVALID { ck::CKR_OK } else { rv }
            }
            _ => {
                let rv = call!(self.list, C_GetMechanismList(slot, out, &raw mut count));
                let written = if rv == ck::CKR_OK && !out.is_null() { count } else { 0 };
                assert!(written <= room && list[written as usize..].iter().all(|word| *word == 0xA5A5));
                assert!(rv != ck::CKR_BUFFER_TOO_SMALL || count > room);
                if rv == ck::CKR_BUFFER_TOO_SMALL { ck::CKR_OK } else { rv }
            }
        };
        let expected = if known { ck::CKR_OK } else { ck::CKR_SLOT_ID_INVALID };
        assert_eq!(rvs, if self.model.is_initialized { expected } else { ck::CKR_CRYPTOKI_NOT_INITIALIZED });
    }

    fn slot(&mut self) -> CK_ULONG {
        if self.stream.one_in(16) { self.stream.of(&[1, CK_ULONG::MAX]) } else { 0 }
    }

    /// A PIN: the right one, mostly.
    fn pin(&mut self, right: &[u8]) -> Vec<u8> {
        match self.stream.byte() % 8 {
            0 => self.stream.bytes(40),
            1 => b"another-pin".to_vec(),
            2 => vec![0xFF; 8],
            _ => right.to_vec(),
        }
    }

    /// That an answer is the one that the model gives, if there is a module.
    fn is(&self, rv: CK_RV, expected: CK_RV) {
        let none = ck::CKR_CRYPTOKI_NOT_INITIALIZED;
        assert_eq!(rv, if self.model.is_initialized { expected } else { none }, "expected {expected:#x}");
    }

    fn init_token(&mut self) {
        let (slot, right) = (self.slot(), self.model.officer.value.clone());
        let pin = self.pin(&right);
        let mut label = [b'x'; 32];
        let no_label = self.stream.one_in(8);
        let label = if no_label { ptr::null_mut() } else { label.as_mut_ptr() };
        let rv = call!(self.list, C_InitToken(slot, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG, label));
        let expected = if !self.model.is_initialized {
            ck::CKR_OK
        } else if no_label {
            ck::CKR_ARGUMENTS_BAD
        } else if slot != 0 {
            ck::CKR_SLOT_ID_INVALID
        } else if !self.model.sessions.is_empty() {
            ck::CKR_SESSION_EXISTS
        } else {
            self.model.officer.tried(&pin)
        };
        self.is(rv, expected);
        if rv == ck::CKR_OK {
            self.model.user = None;
        }
    }

    fn open(&mut self) {
        let (slot, mut session) = (self.slot(), 0);
        let flags = self.stream.of(&[6, 6, 6, 4, 4, 2, CK_ULONG::MAX]);
        let no_place = self.stream.one_in(32);
        let place = if no_place { ptr::null_mut() } else { &raw mut session };
        let rv = call!(self.list, C_OpenSession(slot, flags, ptr::null_mut(), None, place));
        let writes = flags & ck::CKF_RW_SESSION != 0;
        self.is(
            rv,
            if no_place {
                ck::CKR_ARGUMENTS_BAD
            } else if slot != 0 {
                ck::CKR_SLOT_ID_INVALID
            } else if flags & ck::CKF_SERIAL_SESSION == 0 {
                ck::CKR_SESSION_PARALLEL_NOT_SUPPORTED
            } else if !writes && self.model.login == Login::Officer {
                ck::CKR_SESSION_READ_WRITE_SO_EXISTS
            } else {
                ck::CKR_OK
            },
        );
        if rv == ck::CKR_OK {
            assert!(self.model.writes(session).is_none(), "a handle of its own");
            self.model.sessions.push((session, writes));
        }
    }

    fn close(&mut self) {
        let session = self.session();
        let rv = call!(self.list, C_CloseSession(session));
        self.listed(rv, Some(session), &[]);
        if rv == ck::CKR_OK {
            self.model.end(session);
        }
    }

    fn close_all(&mut self) {
        let slot = self.slot();
        let rv = call!(self.list, C_CloseAllSessions(slot));
        self.is(rv, if slot == 0 { ck::CKR_OK } else { ck::CKR_SLOT_ID_INVALID });
        if rv == ck::CKR_OK {
            self.model.end_all();
        }
    }

    fn login(&mut self) {
        let session = self.session();
        let user = self.stream.of(&[
            ck::CKU_USER,
            ck::CKU_USER,
            ck::CKU_USER,
            ck::CKU_SO,
            ck::CKU_CONTEXT_SPECIFIC,
            7,
        ]);
        let right = match user {
            ck::CKU_SO => self.model.officer.value.clone(),
            _ => self.model.user.as_ref().map_or(USER.to_vec(), |pin| pin.value.clone()),
        };
        let pin = self.pin(&right);
        let no_pin = self.stream.one_in(32);
        let place = if no_pin { ptr::null_mut() } else { pin.as_ptr().cast_mut() };
        let rv = call!(self.list, C_Login(session, user, place, pin.len() as CK_ULONG));
        let expected = if !self.model.is_initialized {
            ck::CKR_OK
        } else if no_pin {
            ck::CKR_ARGUMENTS_BAD
        } else if self.model.writes(session).is_none() {
            ck::CKR_SESSION_HANDLE_INVALID
        } else {
            self.model.log_in(user, &pin)
        };
        self.is(rv, expected);
    }

    fn logout(&mut self) {
        let session = self.session();
        let rv = call!(self.list, C_Logout(session));
        self.is(
            rv,
            if self.model.writes(session).is_none() {
                ck::CKR_SESSION_HANDLE_INVALID
            } else if self.model.login == Login::Nobody {
                ck::CKR_USER_NOT_LOGGED_IN
            } else {
                ck::CKR_OK
            },
        );
        if rv == ck::CKR_OK {
            self.model.login = Login::Nobody;
        }
    }

    fn init_pin(&mut self) {
        let (session, pin) = (self.session(), self.pin(USER));
        let rv = call!(self.list, C_InitPIN(session, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG));
        self.listed(rv, Some(session), &[model::PIN, &[ck::CKR_USER_NOT_LOGGED_IN]]);
        if rv == ck::CKR_OK {
            assert_eq!(self.model.login, Login::Officer);
            self.model.user = Some(Pin::new(&pin));
        }
    }

    fn set_pin(&mut self) {
        let session = self.session();
        let is_officer = self.model.login == Login::Officer;
        let gate = if is_officer { Some(&self.model.officer) } else { self.model.user.as_ref() };
        let right = gate.map_or(USER.to_vec(), |pin| pin.value.clone());
        let (old, new) = (self.pin(&right), self.pin(USER));
        let (old_len, new_len) = (old.len() as CK_ULONG, new.len() as CK_ULONG);
        let (old_at, new_at) = (old.as_ptr().cast_mut(), new.as_ptr().cast_mut());
        let rv = call!(self.list, C_SetPIN(session, old_at, old_len, new_at, new_len));
        let refused = [
            ck::CKR_PIN_INCORRECT,
            ck::CKR_PIN_LOCKED,
            ck::CKR_SESSION_READ_ONLY,
            ck::CKR_USER_PIN_NOT_INITIALIZED,
        ];
        if !refused.contains(&rv) {
            self.listed(rv, Some(session), &[model::PIN]);
        }
        let gate = if is_officer { Some(&mut self.model.officer) } else { self.model.user.as_mut() };
        if [ck::CKR_OK, ck::CKR_PIN_INCORRECT, ck::CKR_PIN_LOCKED].contains(&rv) {
            let gate = gate.expect("a PIN that was tried");
            assert_eq!(gate.tried(&old), rv);
            if rv == ck::CKR_OK {
                *gate = Pin::new(&new);
            }
        }
    }

    fn cancel(&mut self) {
        let (session, mut told) = (self.session(), 0xA5);
        let flags = self.stream.of(&[
            0,
            ck::CKF_ENCRYPT,
            ck::CKF_SIGN | ck::CKF_FIND_OBJECTS,
            ck::CKF_DIGEST,
            CK_ULONG::MAX,
        ]);
        let rv = if self.stream.one_in(2) {
            call!(self.list, C_SessionCancel(session, flags))
        } else {
            let kind = self.stream.of(&[ck::CKS_LAST_VALIDATION_OK, 0]);
            let rv = call!(self.list, C_GetSessionValidationFlags(session, kind, &raw mut told));
            assert_eq!(told, if rv == ck::CKR_OK { 0 } else { 0xA5 });
            rv
        };
        self.listed(rv, Some(session), &[]);
    }

    fn absent(&mut self) {
        let (session, mut len) = (self.session(), 0);
        let (none, no_mechanism) = (ptr::null_mut::<u8>(), ptr::null_mut());
        let rv = match self.stream.byte() % 9 {
            0 => call!(self.list, C_GetOperationState(session, none, &raw mut len)),
            1 => call!(self.list, C_SetOperationState(session, none, 0, 0, 0)),
            2 => call!(self.list, C_SignRecoverInit(session, no_mechanism, 0)),
            3 => call!(self.list, C_DigestEncryptUpdate(session, none, 0, none, &raw mut len)),
            4 => call!(self.list, C_GetFunctionStatus(session)),
            5 => call!(self.list, C_LoginUser(session, ck::CKU_USER, none, 0, none, 0)),
            6 => call!(self.list, C_MessageEncryptInit(session, no_mechanism, 0)),
            7 => call!(self.list, C_AsyncGetID(session, none, &raw mut len)),
            _ => call!(self.list, C_WaitForSlotEvent(1, ptr::null_mut(), ptr::null_mut())),
        };
        assert!(rv != ck::CKR_OK, "it is not offered");
        self.listed(rv, None, &[model::ABSENT]);
    }
}
