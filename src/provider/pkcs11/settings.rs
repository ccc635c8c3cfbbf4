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
    pub(super) quarantine: usize,
    pub(super) profile: Option<String>,
    pub(super) profiles: Option<PathBuf>,
    pub(super) ask: Option<AskPin>,
}

impl Settings {
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
        if (Duration::from_millis(10)..=Duration::from_secs(3600)).contains(&deadline) {
            return Ok(Self { deadline, ..self });
        }
        Err(Error::new(Kind::Invalid, "a device is waited for 10 ms to an hour; choose a time among them"))
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
            deadline: Duration::from_secs(10),
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
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}
