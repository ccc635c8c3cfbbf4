//! The library, slots, tokens, PINs and sessions (PKCS#11 3.2 §5.4 to §5.6).
//!
//! Knows no objects.

use cryptoki_sys::{
    self as ck, CK_FLAGS, CK_INFO, CK_MECHANISM_INFO, CK_MECHANISM_TYPE, CK_SESSION_HANDLE, CK_SESSION_INFO,
    CK_SESSION_VALIDATION_FLAGS_TYPE, CK_SLOT_ID, CK_SLOT_INFO, CK_TOKEN_INFO, CK_ULONG, CK_USER_TYPE,
    CK_VERSION,
};

use crate::{
    code_points::Work,
    module::Module,
    rv::{Result, Rv, check},
    slot::{ATTEMPTS, PinRules},
    store::Contents,
};

const MANUFACTURER: &[u8] = b"miyao";
const MODEL: &[u8] = b"software token";

impl Module {
    pub(crate) fn info() -> CK_INFO {
        CK_INFO {
            cryptokiVersion: CK_VERSION { major: 3, minor: 2 },
            manufacturerID: padded(MANUFACTURER),
            flags: 0,
            libraryDescription: padded(b"miyao PKCS#11 software token"),
            libraryVersion: version(),
        }
    }

    pub(crate) fn slot_info(&self, id: CK_SLOT_ID) -> Result<CK_SLOT_INFO> {
        self.slot(id)?;
        Ok(CK_SLOT_INFO {
            slotDescription: padded(format!("miyao software slot {id}").as_bytes()),
            manufacturerID: padded(MANUFACTURER),
            flags: ck::CKF_TOKEN_PRESENT,
            hardwareVersion: version(),
            firmwareVersion: version(),
        })
    }

    pub(crate) fn token_info(&self, id: CK_SLOT_ID) -> Result<CK_TOKEN_INFO> {
        let slot = self.slot(id)?;
        let (label, serial, flags) = slot.with_contents(|contents| {
            let names =
                contents.map_or(([b' '; 32], [b' '; 16]), |contents| (contents.label, contents.serial));
            (names.0, names.1, token_flags(contents))
        })?;
        let by_keypad = if self.faults.has_keypad() { ck::CKF_PROTECTED_AUTHENTICATION_PATH } else { 0 };
        let (readers, writers) = self.count(id)?;
        Ok(CK_TOKEN_INFO {
            label,
            manufacturerID: padded(MANUFACTURER),
            model: padded(MODEL),
            serialNumber: serial,
            flags: flags | by_keypad,
            ulMaxSessionCount: ck::CK_EFFECTIVELY_INFINITE,
            ulSessionCount: (readers + writers) as CK_ULONG,
            ulMaxRwSessionCount: ck::CK_EFFECTIVELY_INFINITE,
            ulRwSessionCount: writers as CK_ULONG,
            ulMaxPinLen: PinRules::LONGEST as CK_ULONG,
            ulMinPinLen: self.pins.min_length as CK_ULONG,
            ulTotalPublicMemory: ck::CK_UNAVAILABLE_INFORMATION,
            ulFreePublicMemory: ck::CK_UNAVAILABLE_INFORMATION,
            ulTotalPrivateMemory: ck::CK_UNAVAILABLE_INFORMATION,
            ulFreePrivateMemory: ck::CK_UNAVAILABLE_INFORMATION,
            hardwareVersion: version(),
            firmwareVersion: version(),
            utcTime: [b' '; 16],
        })
    }

    pub(crate) fn mechanisms(&self, id: CK_SLOT_ID) -> Result<Vec<CK_MECHANISM_TYPE>> {
        self.slot(id)?;
        Ok(self.points.codes())
    }

    pub(crate) fn mechanism_info(
        &self,
        id: CK_SLOT_ID,
        code: CK_MECHANISM_TYPE,
    ) -> Result<CK_MECHANISM_INFO> {
        self.slot(id)?;
        let mut ways = self.points.of_code(code).map(|point| described(point.work));
        let ((least, most), first) = ways.next().ok_or(Rv(ck::CKR_MECHANISM_INVALID))?;
        let flags = ways.fold(first, |flags, way| flags | way.1);
        Ok(CK_MECHANISM_INFO { ulMinKeySize: least, ulMaxKeySize: most, flags })
    }

    pub(crate) fn init_token(&self, id: CK_SLOT_ID, pin: &[u8], label: &[u8; 32]) -> Result<()> {
        let slot = self.slot(id)?;
        let no_session = || check(self.count(id)? == (0, 0), ck::CKR_SESSION_EXISTS);
        slot.init_token(pin, label, self.pins, no_session).map_err(|error| match error {
            Rv(ck::CKR_TOKEN_NOT_RECOGNIZED) => Rv(ck::CKR_DEVICE_REMOVED),
            other => other,
        })
    }

    pub(crate) fn init_pin(&self, handle: CK_SESSION_HANDLE, pin: &[u8]) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let state = self.state(&session, slot)?;
        check(state == ck::CKS_RW_SO_FUNCTIONS, ck::CKR_USER_NOT_LOGGED_IN)?;
        slot.init_pin(pin, self.pins)
    }

    pub(crate) fn set_pin(&self, handle: CK_SESSION_HANDLE, old: &[u8], new: &[u8]) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        check(session.writable, ck::CKR_SESSION_READ_ONLY)?;
        slot.set_pin(old, new, self.pins)
    }

    pub(crate) fn session_info(&self, handle: CK_SESSION_HANDLE) -> Result<CK_SESSION_INFO> {
        let (session, slot) = self.at(handle)?;
        let writes = if session.writable { ck::CKF_RW_SESSION } else { 0 };
        Ok(CK_SESSION_INFO {
            slotID: session.slot as CK_SLOT_ID,
            state: self.state(&session, slot)?,
            flags: ck::CKF_SERIAL_SESSION | writes,
            ulDeviceError: 0,
        })
    }

    /// Whatever is in progress can be ended, so nothing is answered with `CKR_OPERATION_CANCEL_FAILED`: a call at work in
    /// another thread is waited for, and what is not in progress is passed over, as the standard wants.
    pub(crate) fn cancel(&self, handle: CK_SESSION_HANDLE, flags: CK_FLAGS) -> Result<()> {
        self.session(handle)?.active()?.cancel(flags);
        Ok(())
    }

    /// Nobody validated the module, so of no operation it is true that it met what a validation asks.
    pub(crate) fn validation_flags(
        &self,
        handle: CK_SESSION_HANDLE,
        kind: CK_SESSION_VALIDATION_FLAGS_TYPE,
    ) -> Result<CK_FLAGS> {
        self.session(handle)?;
        check(kind == ck::CKS_LAST_VALIDATION_OK, ck::CKR_ARGUMENTS_BAD)?;
        Ok(0)
    }

    pub(crate) fn login(&self, handle: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: &[u8]) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let id = session.slot as CK_SLOT_ID;
        slot.login(user, pin, || {
            // Who closes the session while the PIN is tried must not leave somebody logged in.
            self.session(handle)?;
            check(user != ck::CKU_SO || self.count(id)?.0 == 0, ck::CKR_SESSION_READ_ONLY_EXISTS)
        })
    }

    /// The same with the PIN that somebody types at the token: only fault injection gives it a pad. Nobody is asked in vain.
    pub(crate) fn login_by_keypad(&self, handle: CK_SESSION_HANDLE, user: CK_USER_TYPE) -> Result<()> {
        check(self.faults.has_keypad(), ck::CKR_ARGUMENTS_BAD)?;
        self.at(handle)?.1.check_login(user)?;
        self.login(handle, user, &self.faults.typed()?)
    }

    pub(crate) fn logout(&self, handle: CK_SESSION_HANDLE) -> Result<()> {
        self.at(handle)?.1.logout()
    }
}

fn token_flags(contents: Option<&Contents>) -> CK_FLAGS {
    let mut flags = ck::CKF_RNG | ck::CKF_LOGIN_REQUIRED;
    let Some(contents) = contents else { return flags };
    flags |= ck::CKF_TOKEN_INITIALIZED;
    flags |= tries(
        contents.officer.failures,
        [ck::CKF_SO_PIN_COUNT_LOW, ck::CKF_SO_PIN_FINAL_TRY, ck::CKF_SO_PIN_LOCKED],
    );
    if let Some(user) = &contents.user {
        flags |= ck::CKF_USER_PIN_INITIALIZED;
        flags |= tries(
            user.failures,
            [ck::CKF_USER_PIN_COUNT_LOW, ck::CKF_USER_PIN_FINAL_TRY, ck::CKF_USER_PIN_LOCKED],
        );
    }
    flags
}

const fn tries(failures: u32, [low, last, locked]: [CK_FLAGS; 3]) -> CK_FLAGS {
    match failures {
        0 => 0,
        ATTEMPTS.. => locked,
        failures if failures + 1 == ATTEMPTS => low | last,
        _ => low,
    }
}

/// Key sizes, in bits for SM2 and in bytes for secrets, and what it is used for.
const fn described(work: Work) -> ((CK_ULONG, CK_ULONG), CK_FLAGS) {
    use Work::{
        Cbc, CbcPad, Cmac, Ctr, EcPair, Ecb, Ecdh1, Gcm, HmacSm3, SecretKey, Sm2Encrypt, Sm2Pair, Sm2Sign,
        Sm2Wrap, Sm3, Sm3WithZ, Sm4Key,
    };
    const BOTH: CK_FLAGS = ck::CKF_ENCRYPT | ck::CKF_DECRYPT;
    const WRAPS: CK_FLAGS = BOTH | ck::CKF_WRAP | ck::CKF_UNWRAP;
    const SIGNS: CK_FLAGS = ck::CKF_SIGN | ck::CKF_VERIFY;
    const CURVE: CK_FLAGS = ck::CKF_EC_F_P | ck::CKF_EC_NAMEDCURVE | ck::CKF_EC_UNCOMPRESS;
    const SECRET: (CK_ULONG, CK_ULONG) = (1, crate::object::build::MAX_SECRET as CK_ULONG);
    match work {
        Sm2Pair | EcPair => ((256, 256), ck::CKF_GENERATE_KEY_PAIR | CURVE),
        Sm2Sign(..) => ((256, 256), SIGNS | CURVE),
        Sm2Encrypt(_) => ((256, 256), WRAPS | CURVE),
        Sm2Wrap => ((256, 256), ck::CKF_WRAP | ck::CKF_UNWRAP | CURVE),
        Ecdh1 => ((256, 256), ck::CKF_DERIVE | CURVE),
        Sm3 | Sm3WithZ => ((0, 0), ck::CKF_DIGEST),
        HmacSm3 => (SECRET, SIGNS),
        SecretKey => (SECRET, ck::CKF_GENERATE),
        Sm4Key => ((16, 16), ck::CKF_GENERATE),
        Ecb | Cbc | Ctr => ((16, 16), BOTH),
        // Of GCM the flags speak of both ways to wrap: 3.2 marks its mechanism in the table for `C_WrapKeyAuthenticated` as for
        // `C_WrapKey` (§6.13), and has no flag for either alone.
        CbcPad | Gcm => ((16, 16), WRAPS),
        Cmac => ((16, 16), SIGNS),
    }
}

fn version() -> CK_VERSION {
    let number = |text: &str| text.parse().unwrap_or(0);
    CK_VERSION {
        major: number(env!("CARGO_PKG_VERSION_MAJOR")),
        minor: number(env!("CARGO_PKG_VERSION_MINOR")),
    }
}

fn padded<const N: usize>(text: &[u8]) -> [u8; N] {
    core::array::from_fn(|at| text.get(at).copied().unwrap_or(b' '))
}
