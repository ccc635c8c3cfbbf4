//! What the operator decides: limits, deadlines, the profile, whether only 国密 is allowed.
//!
//! Knows no token.

use alloc::{string::String, sync::Arc};
use core::{fmt, time::Duration};
use std::path::PathBuf;

use super::{AskPin, Suite, profile::Shelf};
use crate::error::{Error, Kind, Result};

/// How tokens are used; every value has a default.
///
/// ```
/// use core::time::Duration;
/// use miyao::provider::pkcs11::Settings;
/// let settings = Settings::default().gm_only(true).sessions(4)?.deadline(Duration::from_secs(5))?;
/// # drop(settings);
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    pub(super) gm_only: bool,
    pub(super) suite: Option<Suite>,
    pub(super) sessions: usize,
    pub(super) deadline: Duration,
    pub(super) keypad: Duration,
    pub(super) quarantine: usize,
    pub(super) profile: Option<String>,
    pub(super) profiles: Option<PathBuf>,
    pub(super) ask: Option<AskPin>,
}

impl Settings {
    /// How long an operation is waited for, unless somebody says otherwise.
    pub const DEADLINE: Duration = Duration::from_secs(10);
    /// How long somebody at a token's own pad is waited for, likewise.
    pub const KEYPAD: Duration = Duration::from_secs(120);

    /// Refuses what is not 国密 (AES); false by default.
    #[must_use]
    pub fn gm_only(self, gm_only: bool) -> Self {
        Self { gm_only, ..self }
    }

    /// Seals and makes roots with this suite, and not with the first that the token offers.
    #[must_use]
    pub fn suite(self, suite: Suite) -> Self {
        Self { suite: Some(suite), ..self }
    }

    /// Uses at most so many sessions at once, besides the one that stays logged in: 1 to 1,024, by default 8.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for another number.
    pub fn sessions(self, sessions: usize) -> Result<Self> {
        if (1..=1024).contains(&sessions) {
            return Ok(Self { sessions, ..self });
        }
        Err(Error::new(Kind::Invalid, "1 to 1,024 sessions can be used; choose among them"))
    }

    /// Waits so long for an operation, 10 ms to an hour; by default 10 s. A call that is still out then is left alone.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for another time.
    pub fn deadline(self, deadline: Duration) -> Result<Self> {
        Ok(Self { deadline: patience(deadline)?, ..self })
    }

    /// Waits so long for a PIN that is typed at the token's own pad, 10 ms to an hour and never less than for anything else; by
    /// default 2 minutes. Whoever needs the token meanwhile waits for his own deadline, and is told that it is [`Busy`](Kind::Busy).
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for another time.
    pub fn keypad(self, keypad: Duration) -> Result<Self> {
        Ok(Self { keypad: patience(keypad)?, ..self })
    }

    /// Uses the profile of this name, whatever the device says it is.
    #[must_use]
    pub fn profile(self, name: impl Into<String>) -> Self {
        Self { profile: Some(name.into()), ..self }
    }

    /// Reads profiles from this file or directory, before those compiled in.
    #[must_use]
    pub fn profiles(self, path: impl Into<PathBuf>) -> Self {
        Self { profiles: Some(path.into()), ..self }
    }

    /// Asks for the PIN where the URI has no `pin-source`: in the thread of whoever wants the token first, and for as long as it takes.
    #[must_use]
    pub fn ask_pin(self, ask: AskPin) -> Self {
        Self { ask: Some(ask), ..self }
    }

    pub(super) fn shelf(&self) -> Result<Arc<Shelf>> {
        let shelf = match &self.profiles {
            Some(path) => Shelf::with(path)?,
            None => Shelf::built_in()?,
        };
        Ok(Arc::new(shelf))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gm_only: false,
            suite: None,
            sessions: 8,
            deadline: Self::DEADLINE,
            keypad: Self::KEYPAD,
            quarantine: 16,
            profile: None,
            profiles: None,
            ask: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("gm_only", &self.gm_only)
            .field("suite", &self.suite)
            .field("sessions", &self.sessions)
            .field("deadline", &self.deadline)
            .field("keypad", &self.keypad)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// A time that somebody may be made to wait.
fn patience(time: Duration) -> Result<Duration> {
    if (Duration::from_millis(10)..=Duration::from_secs(3600)).contains(&time) {
        return Ok(time);
    }
    Err(Error::new(Kind::Invalid, "a device is waited for 10 ms to an hour; choose a time among them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_at_a_pad_is_given_two_minutes_or_what_is_said() {
        let settings = Settings::default();
        assert_eq!((settings.deadline, settings.keypad), (Duration::from_secs(10), Duration::from_secs(120)));
        let settings = settings.keypad(Duration::from_millis(10)).unwrap();
        assert_eq!(
            (settings.deadline, settings.keypad),
            (Duration::from_secs(10), Duration::from_millis(10))
        );
        for refused in [Duration::ZERO, Duration::from_millis(9), Duration::from_millis(3_600_001)] {
            assert_eq!(Settings::default().keypad(refused).unwrap_err().kind(), Kind::Invalid);
        }
    }
}
