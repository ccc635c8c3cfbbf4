//! What a number of PKCS#11 means for whoever asked: the class of a failure, and the error that a person can act on.
//!
//! Knows no device. What a device says is often ambiguous: a bad tag, a dead line and a vanished token may all be
//! `CKR_GENERAL_ERROR`, so that class asks for a canary operation.

use alloc::boxed::Box;

use cryptoki_sys as ck;
use cryptoki_sys::CK_RV;

use super::{TokenInfo, profile::Quirks, raw::Rv};
use crate::error::{Error, Kind};

/// What a failure asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The PIN was refused: never tried again by itself.
    Auth,
    /// What was given to the operation does not fit its key.
    Data,
    /// The session or its login is gone: a new one helps.
    SessionLost,
    /// The device or the line to it is gone: only initialising anew helps.
    DeviceLost,
    /// No session or memory is left: waiting helps.
    Capacity,
    /// The device does not do this, or not with this key: another profile or key helps.
    Config,
    /// Any of these; a canary operation decides.
    Ambiguous,
}

/// Whether this answer to a login says that nobody looked at the PIN: the session, its token or the whole module was gone when the
/// call was made (PKCS #11 2.40, 5.1), and has to be made anew. Whatever ended during the call may have ended for a wrong PIN.
pub(super) const fn precedes_the_pin(rv: Rv) -> bool {
    matches!(
        rv.0,
        ck::CKR_CRYPTOKI_NOT_INITIALIZED | ck::CKR_SESSION_HANDLE_INVALID | ck::CKR_TOKEN_NOT_PRESENT
    )
}

/// A failed piece of work.
#[derive(Debug)]
pub(super) enum Fault {
    /// A call returned this number.
    Call {
        /// What it asks for.
        class: Class,
        /// The number.
        rv: Rv,
        /// What was being done.
        doing: &'static str,
        /// Whether it was given what others may have altered.
        opens: bool,
    },
    /// Nobody gets in: the PIN was refused, or is not tried.
    Shut(Error),
    /// A person has to be asked for this token's PIN, which takes as long as it takes.
    Asks(Box<TokenInfo>),
    /// What needs no classification, and no second try.
    Final(Error),
}

impl Class {
    /// The class of a number.
    pub(super) const fn of(rv: Rv) -> Self {
        match rv.0 {
            ck::CKR_PIN_INCORRECT
            | ck::CKR_PIN_INVALID
            | ck::CKR_PIN_LEN_RANGE
            | ck::CKR_PIN_EXPIRED
            | ck::CKR_PIN_LOCKED
            | ck::CKR_USER_PIN_NOT_INITIALIZED => Self::Auth,
            ck::CKR_ENCRYPTED_DATA_INVALID
            | ck::CKR_ENCRYPTED_DATA_LEN_RANGE
            | ck::CKR_DATA_INVALID
            | ck::CKR_DATA_LEN_RANGE
            | ck::CKR_WRAPPED_KEY_INVALID
            | ck::CKR_WRAPPED_KEY_LEN_RANGE
            | ck::CKR_SIGNATURE_INVALID
            | ck::CKR_SIGNATURE_LEN_RANGE => Self::Data,
            ck::CKR_SESSION_CLOSED
            | ck::CKR_SESSION_HANDLE_INVALID
            | ck::CKR_OPERATION_ACTIVE
            | ck::CKR_OPERATION_NOT_INITIALIZED
            | ck::CKR_USER_NOT_LOGGED_IN => Self::SessionLost,
            ck::CKR_DEVICE_ERROR
            | ck::CKR_DEVICE_REMOVED
            | ck::CKR_TOKEN_NOT_PRESENT
            | ck::CKR_TOKEN_NOT_RECOGNIZED
            | ck::CKR_TOKEN_NOT_INITIALIZED
            | ck::CKR_SLOT_ID_INVALID
            | ck::CKR_CRYPTOKI_NOT_INITIALIZED => Self::DeviceLost,
            ck::CKR_SESSION_COUNT
            | ck::CKR_HOST_MEMORY
            | ck::CKR_DEVICE_MEMORY
            | ck::CKR_TOKEN_RESOURCE_EXCEEDED => Self::Capacity,
            ck::CKR_MECHANISM_INVALID
            | ck::CKR_MECHANISM_PARAM_INVALID
            | ck::CKR_FUNCTION_NOT_SUPPORTED
            | ck::CKR_TEMPLATE_INCOMPLETE
            | ck::CKR_TEMPLATE_INCONSISTENT
            | ck::CKR_ATTRIBUTE_TYPE_INVALID
            | ck::CKR_ATTRIBUTE_VALUE_INVALID
            | ck::CKR_ATTRIBUTE_READ_ONLY
            | ck::CKR_ATTRIBUTE_SENSITIVE
            | ck::CKR_KEY_TYPE_INCONSISTENT
            | ck::CKR_KEY_SIZE_RANGE
            | ck::CKR_KEY_FUNCTION_NOT_PERMITTED
            | ck::CKR_KEY_NOT_WRAPPABLE
            | ck::CKR_KEY_UNEXTRACTABLE
            | ck::CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT
            | ck::CKR_WRAPPING_KEY_TYPE_INCONSISTENT
            | ck::CKR_CURVE_NOT_SUPPORTED
            | ck::CKR_DOMAIN_PARAMS_INVALID
            | ck::CKR_ACTION_PROHIBITED
            | ck::CKR_SESSION_READ_ONLY
            | ck::CKR_TOKEN_WRITE_PROTECTED
            | ck::CKR_BUFFER_TOO_SMALL
            | ck::CKR_CANT_LOCK => Self::Config,
            _ => Self::Ambiguous,
        }
    }
}

impl Fault {
    /// A login to the token of this name that was answered so.
    pub(super) fn of_login(rv: Rv, label: &str) -> Self {
        let doing = "logging in";
        if precedes_the_pin(rv) {
            return Self::while_(doing)(rv);
        }
        // What was given to a login, and does not fit, is the PIN.
        if matches!(Class::of(rv), Class::Auth | Class::Data) {
            return Self::of_class(Class::Auth, rv, doing);
        }
        let what = "the login fails, perhaps for its PIN, which is not tried again until somebody says so: check it, and the \
                    token's log";
        Self::Shut(Error::new(Kind::Denied, what).about(label).caused_by(rv))
    }

    /// For `map_err`: what was being done when a call failed.
    pub(super) const fn while_(doing: &'static str) -> impl Fn(Rv) -> Self {
        move |rv| Self::Call { class: Class::of(rv), rv, doing, opens: false }
    }

    /// The same of a call that is given what others may have altered.
    pub(super) const fn opening(doing: &'static str) -> impl Fn(Rv) -> Self {
        move |rv| Self::Call { class: Class::of(rv), rv, doing, opens: true }
    }

    /// A failure of this class, whatever the number says.
    pub(super) const fn of_class(class: Class, rv: Rv, doing: &'static str) -> Self {
        Self::Call { class, rv, doing, opens: false }
    }

    /// As the profile's author knows it: what means "not genuine" on this device may mean anything else there too, so a canary
    /// decides.
    pub(super) fn known_to(self, quirks: &Quirks) -> Self {
        match self {
            Self::Call { class, rv, doing, opens: true }
                if class != Class::Data && quirks.rejects.iter().any(|known| *known == u64::from(rv.0)) =>
            {
                Self::Call { class: Class::Ambiguous, rv, doing, opens: true }
            }
            other => other,
        }
    }

    /// Whether a call returned one of these numbers.
    pub(super) fn is(&self, numbers: &[CK_RV]) -> bool {
        matches!(self, Self::Call { rv, .. } if numbers.contains(&rv.0))
    }

    /// Whether it is about what others may have altered.
    pub(super) const fn opens(&self) -> bool {
        matches!(self, Self::Call { opens: true, .. })
    }

    /// Whether the number says "not genuine", by the standard or by the profile.
    pub(super) fn is_rejection(&self, quirks: &Quirks) -> bool {
        matches!(self, Self::Call { class, rv, opens: true, .. }
            if *class == Class::Data || quirks.rejects.contains(&u64::from(rv.0)))
    }

    /// The same of what nobody altered, since it is known here: a check of the device.
    pub(super) fn of_a_check(self, quirks: &Quirks) -> Self {
        match self.known_to(quirks) {
            Self::Call { class, rv, doing, .. } => Self::Call { class, rv, doing, opens: false },
            other => other,
        }
    }

    /// Its class, unless it is final.
    pub(super) const fn class(&self) -> Option<Class> {
        match self {
            Self::Call { class, .. } => Some(*class),
            Self::Final(_) | Self::Shut(_) | Self::Asks(_) => None,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let (class, rv, doing) = match fault {
            Fault::Final(error) | Fault::Shut(error) => return error,
            Fault::Asks(token) => {
                return Self::new(Kind::Denied, "somebody has to give the token's PIN first; try again")
                    .about(token.label);
            }
            Fault::Call { class, rv, doing, .. } => (class, rv, doing),
        };
        let (kind, what) = match class {
            Class::Auth => (
                Kind::Denied,
                "the token refuses the PIN; it is not tried again until somebody says so: check it first",
            ),
            Class::Data => return crate::Rejected.into(),
            Class::SessionLost => (Kind::Unavailable, "the token dropped the session; try again"),
            Class::DeviceLost => {
                (Kind::Unavailable, "the token does not answer; bring it back, then try again")
            }
            Class::Capacity => {
                (Kind::Busy, "the token has no session or memory left; try again, or use fewer sessions")
            }
            Class::Config => (
                Kind::Unsupported,
                "the token does not do this with this key; check the profile with `miyao hsm probe`",
            ),
            Class::Ambiguous => {
                (Kind::Unavailable, "the token failed and does not say why; see its log, then try again")
            }
        };
        Self::new(kind, what).about(doing).caused_by(rv)
    }
}

macro_rules! names {
    ($($name:ident)*) => {
        /// The standard's name of a number, of those that a person may meet.
        pub(super) const fn name(rv: CK_RV) -> Option<&'static str> {
            match rv {
                $(ck::$name => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

names! {
    CKR_HOST_MEMORY CKR_SLOT_ID_INVALID CKR_GENERAL_ERROR CKR_FUNCTION_FAILED CKR_ARGUMENTS_BAD CKR_CANT_LOCK
    CKR_ATTRIBUTE_READ_ONLY CKR_ATTRIBUTE_SENSITIVE CKR_ATTRIBUTE_TYPE_INVALID CKR_ATTRIBUTE_VALUE_INVALID
    CKR_ACTION_PROHIBITED CKR_DATA_INVALID CKR_DATA_LEN_RANGE CKR_DEVICE_ERROR CKR_DEVICE_MEMORY CKR_DEVICE_REMOVED
    CKR_ENCRYPTED_DATA_INVALID CKR_ENCRYPTED_DATA_LEN_RANGE CKR_FUNCTION_CANCELED CKR_FUNCTION_NOT_SUPPORTED
    CKR_KEY_HANDLE_INVALID CKR_KEY_SIZE_RANGE CKR_KEY_TYPE_INCONSISTENT CKR_KEY_FUNCTION_NOT_PERMITTED
    CKR_KEY_NOT_WRAPPABLE CKR_KEY_UNEXTRACTABLE CKR_MECHANISM_INVALID CKR_MECHANISM_PARAM_INVALID
    CKR_OBJECT_HANDLE_INVALID CKR_OPERATION_ACTIVE CKR_OPERATION_NOT_INITIALIZED CKR_PIN_INCORRECT CKR_PIN_INVALID
    CKR_PIN_LEN_RANGE CKR_PIN_EXPIRED CKR_PIN_LOCKED CKR_SESSION_CLOSED CKR_SESSION_COUNT CKR_SESSION_HANDLE_INVALID
    CKR_SESSION_READ_ONLY CKR_SIGNATURE_INVALID CKR_SIGNATURE_LEN_RANGE CKR_TEMPLATE_INCOMPLETE
    CKR_TEMPLATE_INCONSISTENT CKR_TOKEN_NOT_PRESENT CKR_TOKEN_NOT_RECOGNIZED CKR_TOKEN_WRITE_PROTECTED
    CKR_UNWRAPPING_KEY_HANDLE_INVALID CKR_USER_ALREADY_LOGGED_IN CKR_USER_NOT_LOGGED_IN
    CKR_USER_PIN_NOT_INITIALIZED CKR_WRAPPED_KEY_INVALID CKR_WRAPPED_KEY_LEN_RANGE CKR_BUFFER_TOO_SMALL
    CKR_CRYPTOKI_NOT_INITIALIZED CKR_CRYPTOKI_ALREADY_INITIALIZED CKR_CURVE_NOT_SUPPORTED CKR_DOMAIN_PARAMS_INVALID
}
