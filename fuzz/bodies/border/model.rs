//! What a caller may expect: who is logged in, which sessions there are, which answers a call may give (PKCS#11 3.2 §5).
//!
//! Knows nothing of how the module keeps any of it.

use cryptoki_sys::{self as ck, CK_RV, CK_ULONG};

/// The officer's.
pub(super) const OFFICER: &[u8] = b"officer-pin";
/// The user's PIN at the beginning.
pub const USER: &[u8] = b"user-pin";
const ATTEMPTS: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    Nobody,
    User,
    Officer,
}

/// A PIN and how often it was tried in vain.
pub(super) struct Pin {
    pub(super) value: Vec<u8>,
    failures: u32,
}

impl Pin {
    pub(super) fn new(value: &[u8]) -> Self {
        Self { value: value.to_vec(), failures: 0 }
    }

    /// What a trial answers.
    pub(super) fn tried(&mut self, given: &[u8]) -> CK_RV {
        if self.failures == ATTEMPTS {
            return ck::CKR_PIN_LOCKED;
        }
        self.failures += 1;
        if given != self.value {
            return ck::CKR_PIN_INCORRECT;
        }
        self.failures = 0;
        ck::CKR_OK
    }
}

pub(super) struct Model {
    pub(super) is_initialized: bool,
    /// The open sessions, and whether they write.
    pub(super) sessions: Vec<(CK_ULONG, bool)>,
    pub(super) login: Login,
    pub(super) officer: Pin,
    pub(super) user: Option<Pin>,
    /// Handles of objects that there are or were.
    pub(super) objects: Vec<CK_ULONG>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            is_initialized: false,
            sessions: Vec::new(),
            login: Login::Nobody,
            officer: Pin::new(OFFICER),
            user: Some(Pin::new(USER)),
            objects: Vec::new(),
        }
    }

    /// Whether a session writes; `None` for one that there is not.
    pub(super) fn writes(&self, session: CK_ULONG) -> Option<bool> {
        self.sessions.iter().find(|(handle, _)| *handle == session).map(|(_, writes)| *writes)
    }

    pub(super) fn end_all(&mut self) {
        self.sessions.clear();
        self.login = Login::Nobody;
    }

    pub(super) fn end(&mut self, session: CK_ULONG) {
        self.sessions.retain(|(handle, _)| *handle != session);
        if self.sessions.is_empty() {
            self.end_all();
        }
    }

    /// What a login answers, once its arguments are there.
    pub(super) fn log_in(&mut self, user: CK_ULONG, pin: &[u8]) -> CK_RV {
        let (role, gate) = match user {
            ck::CKU_USER => (Login::User, self.user.as_mut()),
            ck::CKU_SO => (Login::Officer, Some(&mut self.officer)),
            ck::CKU_CONTEXT_SPECIFIC => return ck::CKR_OPERATION_NOT_INITIALIZED,
            _ => return ck::CKR_USER_TYPE_INVALID,
        };
        if role == Login::Officer && self.sessions.iter().any(|(_, writes)| !writes) {
            return ck::CKR_SESSION_READ_ONLY_EXISTS;
        }
        match self.login {
            Login::Nobody => {}
            same if same == role => return ck::CKR_USER_ALREADY_LOGGED_IN,
            _ => return ck::CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
        }
        let Some(gate) = gate else { return ck::CKR_USER_PIN_NOT_INITIALIZED };
        let answer = gate.tried(pin);
        if answer == ck::CKR_OK {
            self.login = role;
        }
        answer
    }

    pub(super) const fn state(&self, writes: bool) -> CK_ULONG {
        match (self.login, writes) {
            (Login::Nobody, false) => ck::CKS_RO_PUBLIC_SESSION,
            (Login::Nobody, true) => ck::CKS_RW_PUBLIC_SESSION,
            (Login::User, false) => ck::CKS_RO_USER_FUNCTIONS,
            (Login::User, true) => ck::CKS_RW_USER_FUNCTIONS,
            (Login::Officer, _) => ck::CKS_RW_SO_FUNCTIONS,
        }
    }
}

/// Answers that belong together.
pub(super) type Answers = &'static [CK_RV];

/// Of whatever makes or changes an object.
pub(super) const TEMPLATE: Answers = &[
    ck::CKR_ATTRIBUTE_READ_ONLY,
    ck::CKR_ATTRIBUTE_TYPE_INVALID,
    ck::CKR_ATTRIBUTE_VALUE_INVALID,
    ck::CKR_CURVE_NOT_SUPPORTED,
    ck::CKR_TEMPLATE_INCOMPLETE,
    ck::CKR_TEMPLATE_INCONSISTENT,
    ck::CKR_SESSION_READ_ONLY,
    ck::CKR_USER_NOT_LOGGED_IN,
];
/// Of whatever is about an object that there is.
pub(super) const OBJECT: Answers = &[ck::CKR_OBJECT_HANDLE_INVALID, ck::CKR_ACTION_PROHIBITED];
pub(super) const READING: Answers =
    &[ck::CKR_ATTRIBUTE_SENSITIVE, ck::CKR_ATTRIBUTE_TYPE_INVALID, ck::CKR_BUFFER_TOO_SMALL];
pub(super) const SEARCH: Answers =
    &[ck::CKR_ATTRIBUTE_TYPE_INVALID, ck::CKR_ATTRIBUTE_VALUE_INVALID, ck::CKR_OPERATION_ACTIVE];
pub(super) const MECHANISM: Answers = &[ck::CKR_MECHANISM_INVALID, ck::CKR_MECHANISM_PARAM_INVALID];
/// Of whatever begins work with a key.
pub(super) const KEY: Answers = &[
    ck::CKR_KEY_FUNCTION_NOT_PERMITTED,
    ck::CKR_KEY_HANDLE_INVALID,
    ck::CKR_KEY_TYPE_INCONSISTENT,
    ck::CKR_KEY_SIZE_RANGE,
    ck::CKR_USER_NOT_LOGGED_IN,
];
pub(super) const BUSY: Answers = &[ck::CKR_OPERATION_ACTIVE];
pub(super) const IDLE: Answers = &[ck::CKR_OPERATION_NOT_INITIALIZED];
/// Of whatever is given data and gives data.
pub(super) const DATA: Answers = &[
    ck::CKR_DATA_INVALID,
    ck::CKR_DATA_LEN_RANGE,
    ck::CKR_BUFFER_TOO_SMALL,
    ck::CKR_OPERATION_NOT_INITIALIZED,
];
pub(super) const ENCRYPTED: Answers = &[ck::CKR_ENCRYPTED_DATA_INVALID, ck::CKR_ENCRYPTED_DATA_LEN_RANGE];
pub(super) const SIGNATURE: Answers = &[ck::CKR_SIGNATURE_INVALID, ck::CKR_SIGNATURE_LEN_RANGE];
pub(super) const INDIGESTIBLE: Answers = &[ck::CKR_KEY_INDIGESTIBLE, ck::CKR_KEY_HANDLE_INVALID];
pub(super) const WRAPPING: Answers = &[
    ck::CKR_BUFFER_TOO_SMALL,
    ck::CKR_KEY_NOT_WRAPPABLE,
    ck::CKR_KEY_UNEXTRACTABLE,
    ck::CKR_WRAPPING_KEY_HANDLE_INVALID,
    ck::CKR_WRAPPING_KEY_SIZE_RANGE,
    ck::CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
];
pub(super) const UNWRAPPING: Answers = &[
    ck::CKR_UNWRAPPING_KEY_HANDLE_INVALID,
    ck::CKR_UNWRAPPING_KEY_SIZE_RANGE,
    ck::CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
    ck::CKR_WRAPPED_KEY_INVALID,
    ck::CKR_WRAPPED_KEY_LEN_RANGE,
];
pub(super) const PIN: Answers = &[ck::CKR_PIN_INVALID, ck::CKR_PIN_LEN_RANGE];
pub(super) const ABSENT: Answers = &[ck::CKR_FUNCTION_NOT_SUPPORTED, ck::CKR_FUNCTION_NOT_PARALLEL];
