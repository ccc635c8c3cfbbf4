//! A session (会话) and the work in progress in it: at most one of each kind.
//!
//! Knows no objects: work holds the keys it needs, and says whether a private object gave them.

use std::sync::{Mutex, MutexGuard, TryLockError};

use cryptoki_sys::{
    CK_FLAGS, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CKF_DECRYPT, CKF_DIGEST, CKF_ENCRYPT, CKF_FIND_OBJECTS,
    CKF_SIGN, CKF_VERIFY, CKR_GENERAL_ERROR, CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED,
};

use crate::{
    object::Value,
    operation::{Cipher, Digest, Signer, Verifier},
    rv::{Result, Rv, check},
};

pub(crate) struct Session {
    pub(crate) handle: CK_SESSION_HANDLE,
    /// The slot it was opened on.
    pub(crate) slot: usize,
    pub(crate) writable: bool,
    active: Mutex<Active>,
}

/// The work in progress.
#[derive(Default)]
pub(crate) struct Active {
    pub(crate) encrypt: Running<Cipher>,
    pub(crate) decrypt: Running<Cipher>,
    pub(crate) digest: Running<Digest>,
    pub(crate) sign: Running<Signer>,
    pub(crate) verify: Running<Verifier>,
    pub(crate) find: Option<std::vec::IntoIter<CK_OBJECT_HANDLE>>,
}

/// Work of one kind, if there is any.
pub(crate) struct Running<T>(Option<Work<T>>);

struct Work<T> {
    work: T,
    /// The epoch it began in, if a private object is in it.
    epoch: Option<u64>,
    /// Whether a part of the data was given.
    parts: bool,
}

/// How much room a caller has for the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// None: it asks how much it needs.
    Query,
    /// So many bytes.
    Bytes(usize),
}

/// What a caller gets.
pub(crate) enum Answer {
    /// The room that is needed, or a little more.
    Length(usize),
    /// The room was too small; so much is needed.
    Short(usize),
    /// The answer.
    Bytes(Value),
}

impl Session {
    pub(crate) fn new(handle: CK_SESSION_HANDLE, slot: usize, writable: bool) -> Self {
        Self { handle, slot, writable, active: Mutex::default() }
    }

    pub(crate) fn active(&self) -> Result<MutexGuard<'_, Active>> {
        self.active.lock().map_err(|_| Rv(CKR_GENERAL_ERROR))
    }

    /// Ends work with a private object that began before this epoch, whether or not anybody asks for it again; `false` where
    /// a call is at work, which is not waited for.
    pub(crate) fn expire(&self, epoch: u64) -> bool {
        let mut active = match self.active.try_lock() {
            Ok(active) => active,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        active.expire(epoch);
        true
    }
}

impl Active {
    /// Ends the work of the kinds that these flags name, as `CK_MECHANISM_INFO` has them.
    pub(crate) fn cancel(&mut self, flags: CK_FLAGS) {
        let Self { encrypt, decrypt, digest, sign, verify, find } = self;
        let named = |flag| flags & flag != 0;
        encrypt.cancel(named(CKF_ENCRYPT));
        decrypt.cancel(named(CKF_DECRYPT));
        digest.cancel(named(CKF_DIGEST));
        sign.cancel(named(CKF_SIGN));
        verify.cancel(named(CKF_VERIFY));
        if named(CKF_FIND_OBJECTS) {
            *find = None;
        }
    }

    fn expire(&mut self, epoch: u64) {
        let Self { encrypt, decrypt, digest, sign, verify, find: _ } = self;
        encrypt.expire(epoch);
        decrypt.expire(epoch);
        digest.expire(epoch);
        sign.expire(epoch);
        verify.expire(epoch);
    }
}

impl<T> Default for Running<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Running<T> {
    /// Nothing may be running.
    pub(crate) fn check_idle(&mut self, epoch: u64) -> Result<()> {
        self.expire(epoch);
        check(self.0.is_none(), CKR_OPERATION_ACTIVE)
    }

    pub(crate) fn begin(&mut self, work: T, epoch: Option<u64>) {
        self.0 = Some(Work { work, epoch, parts: false });
    }

    /// Gives a part of the data to the work; a failure ends it.
    pub(crate) fn part<R>(&mut self, epoch: u64, give: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
        self.expire(epoch);
        let running = self.0.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        running.parts = true;
        let given = give(&mut running.work);
        if given.is_err() {
            self.0 = None;
        }
        given
    }

    /// A look at the work, which goes on.
    pub(crate) fn look<R>(&mut self, epoch: u64, look: impl FnOnce(&T) -> R) -> Result<R> {
        self.expire(epoch);
        self.0.as_ref().map(|running| look(&running.work)).ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))
    }

    /// The data comes at once: no part of it may have come before.
    pub(crate) fn check_whole(&mut self) -> Result<()> {
        if self.0.as_ref().is_some_and(|running| running.parts) {
            self.0 = None;
        }
        check(self.0.is_some(), CKR_OPERATION_NOT_INITIALIZED)
    }

    /// Takes the work, which ends.
    pub(crate) fn take(&mut self, epoch: u64) -> Result<T> {
        self.expire(epoch);
        self.0.take().map(|running| running.work).ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))
    }

    /// Ends the work unless the answer is a length.
    pub(crate) fn end_with(&mut self, answer: Result<Answer>) -> Result<Answer> {
        if !matches!(answer, Ok(Answer::Length(_) | Answer::Short(_))) {
            self.0 = None;
        }
        answer
    }

    fn cancel(&mut self, named: bool) {
        if named {
            self.0 = None;
        }
    }

    fn expire(&mut self, epoch: u64) {
        if self.0.as_ref().is_some_and(|running| running.epoch.is_some_and(|began| began < epoch)) {
            self.0 = None;
        }
    }
}

impl Room {
    /// An answer of at most `bound` bytes: its length where that is asked, and itself where there is room for it.
    pub(crate) fn answer(self, bound: usize, work: impl FnOnce() -> Result<Value>) -> Result<Answer> {
        let Self::Bytes(room) = self else { return Ok(Answer::Length(bound)) };
        let out = work()?;
        Ok(if out.len() > room { Answer::Short(out.len()) } else { Answer::Bytes(out) })
    }

    /// As [`answer`](Self::answer), for work that can be done once: where there is no room for `bound` bytes it is not begun.
    pub(crate) fn answer_once(self, bound: usize, work: impl FnOnce() -> Result<Value>) -> Result<Answer> {
        match self {
            Self::Bytes(room) if room < bound => Ok(Answer::Short(bound)),
            _ => self.answer(bound, work),
        }
    }
}
