//! A check that passed becomes a value: who holds one of these may do what it is named for, and nobody else can make one.
//!
//! Knows states, limits and time; touches no key material.

use super::{Access, Key, Number, Operation, Protection, Spec, Time, Usage, Version};
use crate::error::{Error, Kind, Result};

macro_rules! permission {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a> {
            key: &'a Key,
            version: &'a Version,
        }

        impl<'a> $name<'a> {
            /// The key.
            #[must_use]
            pub const fn key(&self) -> &'a Key {
                self.key
            }

            /// The version.
            #[must_use]
            pub const fn version(&self) -> &'a Version {
                self.version
            }
        }
    };
}

permission!(
    /// Permission to encrypt or wrap.
    Sealing
);
permission!(
    /// Permission to decrypt or unwrap.
    Opening
);
permission!(
    /// Permission to sign.
    Signing
);
permission!(
    /// Permission to compute a MAC.
    Macing
);
permission!(
    /// Permission to verify a signature or a MAC.
    Verifying
);
permission!(
    /// Permission to hand the secret out, wrapped for somebody else.
    Exporting
);

impl Opening<'_> {
    /// Whether what is opened is of unproven origin, since others know the key.
    #[must_use]
    pub const fn is_unproven(&self) -> bool {
        self.version.state.is_compromised()
    }
}

impl Key {
    /// Permission to encrypt or wrap under `version`, of which `used` is used.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) by state or purpose, [`Exhausted`](Kind::Exhausted) past a limit.
    pub fn sealing<'a>(&'a self, version: &'a Version, used: Usage, now: Time) -> Result<Sealing<'a>> {
        self.check_purpose(&[Spec::Sm4])?;
        self.check_protect(version, used, now)?;
        Ok(Sealing { key: self, version })
    }

    /// Permission to encrypt to the public half of `version`.
    ///
    /// # Errors
    /// As [`sealing`](Self::sealing).
    pub fn enciphering<'a>(&'a self, version: &'a Version, now: Time) -> Result<Sealing<'a>> {
        self.check_purpose(&[Spec::Sm2Encrypt])?;
        self.check_protect(version, Usage::default(), now)?;
        Ok(Sealing { key: self, version })
    }

    /// Permission to sign.
    ///
    /// # Errors
    /// As [`sealing`](Self::sealing).
    pub fn signing<'a>(&'a self, version: &'a Version, used: Usage, now: Time) -> Result<Signing<'a>> {
        self.check_purpose(&[Spec::Sm2Sign])?;
        self.check_protect(version, used, now)?;
        Ok(Signing { key: self, version })
    }

    /// Permission to compute a MAC.
    ///
    /// # Errors
    /// As [`sealing`](Self::sealing).
    pub fn macing<'a>(&'a self, version: &'a Version, used: Usage, now: Time) -> Result<Macing<'a>> {
        self.check_purpose(&[Spec::HmacSm3])?;
        self.check_protect(version, used, now)?;
        Ok(Macing { key: self, version })
    }

    /// Permission to decrypt or unwrap.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) by state, purpose or minimum, [`Exhausted`](Kind::Exhausted) past the
    /// recipient-usage period.
    pub fn opening<'a>(&'a self, version: &'a Version, now: Time) -> Result<Opening<'a>> {
        self.check_purpose(&[Spec::Sm4, Spec::Sm2Encrypt])?;
        self.check_access(version, Operation::Open, false)?;
        self.check_open_limits(version, now)?;
        Ok(Opening { key: self, version })
    }

    /// Permission to unwrap in order to wrap anew at once.
    ///
    /// # Errors
    /// As [`opening`](Self::opening).
    pub fn rewrapping<'a>(&'a self, version: &'a Version) -> Result<Opening<'a>> {
        self.check_purpose(&[Spec::Sm4, Spec::Sm2Encrypt])?;
        self.check_access(version, Operation::Rewrap, false)?;
        Ok(Opening { key: self, version })
    }

    /// Permission to open with a compromised version; what comes out is of unproven origin.
    ///
    /// # Errors
    /// As [`opening`](Self::opening).
    pub fn recovering<'a>(&'a self, version: &'a Version) -> Result<Opening<'a>> {
        self.check_purpose(&[Spec::Sm4, Spec::Sm2Encrypt])?;
        self.check_access(version, Operation::Open, true)?;
        Ok(Opening { key: self, version })
    }

    /// Permission to verify.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) by state or purpose.
    pub fn verifying<'a>(&'a self, version: &'a Version) -> Result<Verifying<'a>> {
        self.check_purpose(&[Spec::Sm2Sign, Spec::HmacSm3])?;
        self.check_access(version, Operation::Verify, false)?;
        Ok(Verifying { key: self, version })
    }

    /// Permission to hand the secret out, wrapped for somebody else: what may open may be exported.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) by state, and for a key inside a device.
    pub fn exporting<'a>(&'a self, version: &'a Version) -> Result<Exporting<'a>> {
        if self.protection == Protection::Hardware {
            return Err(Error::new(
                Kind::Forbidden,
                "the key lives inside a device and never leaves it; use it there",
            )
            .about(&self.name));
        }
        self.check_access(version, Operation::Open, false)?;
        Ok(Exporting { key: self, version })
    }

    /// Whether an attempt to open with `version` has to raise an alarm, once its MAC was found genuine.
    #[must_use]
    pub fn has_tripwire(&self, version: &Version) -> bool {
        self.state.access(Operation::Open) == Access::Tripwire
            || version.state.access(Operation::Open) == Access::Tripwire
    }

    /// Whether half of any limit of `version` is used: time to rotate.
    #[must_use]
    pub fn past_soft_limit(&self, version: &Version, used: Usage, now: Time) -> bool {
        let past = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| used >= limit.div_ceil(2));
        let age = now.since(version.activated.unwrap_or(version.created));
        past(self.limits.messages, used.messages)
            || past(self.limits.bytes, used.bytes)
            || past(self.limits.originator_period.map(|span| span.0), age.0)
    }

    fn check_purpose(&self, specs: &[Spec]) -> Result<()> {
        if specs.contains(&self.spec) {
            return Ok(());
        }
        Err(Error::new(Kind::Forbidden, "the key is for another purpose; make one of the right spec")
            .about(&self.name))
    }

    fn check_access(&self, version: &Version, operation: Operation, recovers: bool) -> Result<()> {
        if self.state.access(operation) != Access::Yes {
            return Err(Error::new(Kind::Forbidden, self.state.forbids()).about(&self.name));
        }
        match version.state.access(operation) {
            Access::Yes => Ok(()),
            Access::Recover if recovers => Ok(()),
            _ => Err(Error::new(Kind::Forbidden, version.state.forbids()).about(label(self, version.number))),
        }
    }

    fn check_protect(&self, version: &Version, used: Usage, now: Time) -> Result<()> {
        self.check_access(version, Operation::Protect, false)?;
        if version.number < self.min_encrypt {
            return Err(Error::new(
                Kind::Forbidden,
                "the version is below the key's encryption minimum; rotate the key",
            )
            .about(label(self, version.number)));
        }
        let reached = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| used > limit);
        let age = now.since(version.activated.unwrap_or(version.created));
        if reached(self.limits.messages, used.messages)
            || reached(self.limits.bytes, used.bytes)
            || self.limits.originator_period.is_some_and(|period| age >= period)
        {
            return Err(Error::new(Kind::Exhausted, "a limit of the version is used up; rotate the key")
                .about(label(self, version.number)));
        }
        Ok(())
    }

    fn check_open_limits(&self, version: &Version, now: Time) -> Result<()> {
        if version.number < self.min_decrypt {
            return Err(Error::new(
                Kind::Forbidden,
                "the version is below the key's decryption minimum; lower it with `key update`",
            )
            .about(label(self, version.number)));
        }
        let age = now.since(version.activated.unwrap_or(version.created));
        if self.limits.recipient_period.is_some_and(|period| age >= period) {
            return Err(Error::new(
                Kind::Exhausted,
                "the version's recipient-usage period is over; extend it with `key update`",
            )
            .about(label(self, version.number)));
        }
        Ok(())
    }
}

fn label(key: &Key, number: Number) -> impl core::fmt::Display {
    alloc::format!("{}:{number}", key.name)
}
