//! How a message is to be made ([`Options`]) and who opens it, demanding what ([`Opener`]).
//!
//! Values only; the work is in the files beside it.

use alloc::{sync::Arc, vec::Vec};
use core::{num::NonZeroUsize, ops::Deref};

use super::{Context, Unwrap, Wrap, header::FRAME_LOG2};
use crate::{
    algo::sm2::{PrivateKey, PublicKey},
    error::{Error, Kind, Result},
};

/// How frames and tokens are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Suite {
    /// 0x0001: SM4-GCM, 16-byte tags; the default of messages.
    Gcm = 1,
    /// 0x0002: SM4-CTR then HMAC-SM3, 32-byte tags; the conservative profile and the default of tokens.
    CtrHmac = 2,
}

impl Suite {
    /// The number in the format.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The suite of a number.
    ///
    /// # Errors
    /// [`Unsupported`](Kind::Unsupported) for a number this build does not know.
    pub fn from_number(number: u16) -> Result<Self> {
        match number {
            1 => Ok(Self::Gcm),
            2 => Ok(Self::CtrHmac),
            _ => Err(Error::new(
                Kind::Unsupported,
                "a cipher suite this build does not know; use a newer release",
            )),
        }
    }

    /// The number of bytes of a tag.
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Gcm => 16,
            Self::CtrHmac => 32,
        }
    }
}

/// What is somebody else's, or shared with them.
pub(super) enum Held<'a, T: ?Sized> {
    Borrowed(&'a T),
    Shared(Arc<T>),
}

impl<T: ?Sized> Clone for Held<'_, T> {
    fn clone(&self) -> Self {
        match self {
            Self::Borrowed(held) => Self::Borrowed(held),
            Self::Shared(held) => Self::Shared(Arc::clone(held)),
        }
    }
}

impl<T: ?Sized> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Borrowed(held) => held,
            Self::Shared(held) => held,
        }
    }
}

/// How a message is made.
pub struct Options<'a> {
    pub(super) suite: Suite,
    pub(super) frame_log2: u8,
    pub(super) context: Context,
    pub(super) recipients: Vec<Held<'a, dyn Wrap + 'a>>,
    pub(super) signer: Option<Held<'a, PrivateKey>>,
    pub(super) spare: usize,
    pub(super) threads: NonZeroUsize,
}

impl<'a> Options<'a> {
    /// For one recipient: suite GCM, frames of 64 KiB, no context, unsigned, one thread.
    #[must_use]
    pub fn to(recipient: &'a dyn Wrap) -> Self {
        Self::with(Held::Borrowed(recipient))
    }

    /// The same for whoever cannot borrow: options, and what encrypts by them, that live as long as they like.
    #[must_use]
    pub fn to_shared(recipient: Arc<dyn Wrap + 'a>) -> Self {
        Self::with(Held::Shared(recipient))
    }

    fn with(recipient: Held<'a, dyn Wrap + 'a>) -> Self {
        Self {
            suite: Suite::Gcm,
            frame_log2: 16,
            context: Context::new(),
            recipients: alloc::vec![recipient],
            signer: None,
            spare: 64,
            threads: NonZeroUsize::MIN,
        }
    }

    /// Adds a recipient; a message has at most 16.
    #[must_use]
    pub fn and_to(mut self, recipient: &'a dyn Wrap) -> Self {
        self.recipients.push(Held::Borrowed(recipient));
        self
    }

    /// The same of a shared one.
    #[must_use]
    pub fn and_to_shared(mut self, recipient: Arc<dyn Wrap + 'a>) -> Self {
        self.recipients.push(Held::Shared(recipient));
        self
    }

    /// Binds the message to a context.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Chooses the suite.
    #[must_use]
    pub const fn suite(mut self, suite: Suite) -> Self {
        self.suite = suite;
        self
    }

    /// Chooses frames of 2^log2 bytes.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) outside 12 to 24.
    pub fn frame_log2(mut self, log2: u8) -> Result<Self> {
        if !FRAME_LOG2.contains(&log2) {
            return Err(Error::new(
                Kind::Invalid,
                "frames are 2^12 to 2^24 bytes; give a number from 12 to 24",
            ));
        }
        self.frame_log2 = log2;
        Ok(self)
    }

    /// Signs the message; `docs/format.md` says what that proves and what not.
    #[must_use]
    pub fn signed_by(mut self, signer: &'a PrivateKey) -> Self {
        self.signer = Some(Held::Borrowed(signer));
        self
    }

    /// The same with a shared key.
    #[must_use]
    pub fn signed_by_shared(mut self, signer: Arc<PrivateKey>) -> Self {
        self.signer = Some(Held::Shared(signer));
        self
    }

    /// Leaves room for more recipients: bytes of a slot beyond what is needed now.
    #[must_use]
    pub const fn spare(mut self, bytes: usize) -> Self {
        self.spare = bytes;
        self
    }

    /// Works on several frames at once in streaming, the caller's thread among those; memory stays bounded by some MiB a thread.
    #[must_use]
    pub const fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }
}

/// Who opens a message and what is demanded of it.
pub struct Opener<'a> {
    pub(super) identities: Vec<&'a dyn Unwrap>,
    pub(super) context: Context,
    pub(super) every_pair: bool,
    pub(super) signer: Option<&'a PublicKey>,
    pub(super) threads: NonZeroUsize,
}

impl<'a> Opener<'a> {
    /// With one identity, no context pair demanded, one thread.
    #[must_use]
    pub fn with(identity: &'a dyn Unwrap) -> Self {
        Self {
            identities: alloc::vec![identity],
            context: Context::new(),
            every_pair: false,
            signer: None,
            threads: NonZeroUsize::MIN,
        }
    }

    /// Tries another identity after the others.
    #[must_use]
    pub fn or_with(mut self, identity: &'a dyn Unwrap) -> Self {
        self.identities.push(identity);
        self
    }

    /// The pairs the caller knows: each must be in the message and equal, and hidden ones must be given here.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Demands that the caller's context names every pair, stored ones too.
    #[must_use]
    pub const fn every_pair(mut self) -> Self {
        self.every_pair = true;
        self
    }

    /// Demands a signature by this key.
    #[must_use]
    pub const fn signed_by(mut self, signer: &'a PublicKey) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Works on several frames at once in streaming.
    #[must_use]
    pub const fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }
}

/// What is known of a message's signature once all of it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It carries none.
    No,
    /// It carries one by this key identifier that nobody checked, because no key was given.
    Unchecked([u8; 32]),
    /// It was verified under the key that the opener demanded.
    Verified([u8; 32]),
}
