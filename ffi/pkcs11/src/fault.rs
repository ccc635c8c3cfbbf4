//! Fault injection (故障注入): calls that fail, wait, hang or lose the token because a control file says so, and a token that has
//! its PIN typed at a pad of its own.
//!
//! For tests of those who use a token. Builds without debug assertions have it only by the feature `fault-injection`;
//! elsewhere the configuration's control file is not looked at. Knows calls by their names and nothing of what they do.

#[cfg(any(debug_assertions, feature = "fault-injection"))]
mod control;

#[cfg(any(debug_assertions, feature = "fault-injection"))]
pub(crate) use control::Faults;
#[cfg(not(any(debug_assertions, feature = "fault-injection")))]
pub(crate) use nothing::Faults;

/// What a call is made to suffer beside its own work.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Suffering {
    /// All sessions end before the call.
    pub(crate) drop_sessions: bool,
    /// The token is not there.
    pub(crate) vanished: bool,
    /// The call answers this instead of working.
    pub(crate) answer: Option<cryptoki_sys::CK_RV>,
}

#[cfg(not(any(debug_assertions, feature = "fault-injection")))]
mod nothing {
    use super::Suffering;
    use crate::{
        config::Config,
        rv::{Result, fail},
    };

    pub(crate) struct Faults;

    impl Faults {
        pub(crate) const fn new(_: &Config) -> Self {
            Self
        }

        pub(crate) const fn suffer(&self, _: &str) -> Suffering {
            Suffering { drop_sessions: false, vanished: false, answer: None }
        }

        pub(crate) const fn has_keypad(&self) -> bool {
            false
        }

        pub(crate) fn typed(&self) -> Result<Vec<u8>> {
            fail(cryptoki_sys::CKR_ARGUMENTS_BAD)
        }
    }
}
