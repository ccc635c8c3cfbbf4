//! A slot and its token: who is logged in, and which objects have handles here.
//!
//! Knows no sessions beyond their numbers. The token's file may change under it by another process; every question looks
//! first whether it did. Locks are taken in the order session's operations, turn at the file, slot, list of sessions: for
//! others' turns nobody waits with the slot locked.

mod login;
mod objects;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use cryptoki_sys::{CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CKR_DEVICE_REMOVED, CKR_GENERAL_ERROR};
use miyao::Secret;

use crate::{
    object::Object,
    rv::{Result, Rv, fail},
    store::{Contents, Place, Record, seal},
};

pub(crate) use {login::PinRules, objects::Asker};

/// The attempts after which a PIN is locked.
pub(crate) const ATTEMPTS: u32 = 10;

pub(crate) struct Slot {
    place: Place,
    state: Mutex<State>,
    /// Goes up with every login and logout: work with a private object that began before is over.
    epoch: AtomicU64,
    /// The epoch up to which such work was looked for in every session, and ended.
    swept: AtomicU64,
}

/// Who is logged in, with the token's key.
pub(crate) enum Login {
    Nobody,
    User(Secret<32>),
    Officer(Secret<32>),
}

/// What this process knows of the token.
pub(crate) struct State {
    contents: Option<Contents>,
    login: Login,
    held: BTreeMap<CK_OBJECT_HANDLE, Held>,
}

/// An object that has a handle.
struct Held {
    object: Arc<Object>,
    home: Home,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    Token([u8; 16]),
    Session(CK_SESSION_HANDLE),
}

impl Slot {
    pub(crate) const fn new(directory: PathBuf) -> Self {
        let state = State { contents: None, login: Login::Nobody, held: BTreeMap::new() };
        Self {
            place: Place::new(directory),
            state: Mutex::new(state),
            epoch: AtomicU64::new(0),
            swept: AtomicU64::new(0),
        }
    }

    /// The number that tells work begun before a login or logout from work begun after.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The epoch, where work of before may still be in some session.
    pub(crate) fn unswept(&self) -> Option<u64> {
        let epoch = self.epoch();
        (self.swept.load(Ordering::Acquire) != epoch).then_some(epoch)
    }

    /// All work of before this epoch was ended.
    pub(crate) fn mark_swept(&self, epoch: u64) {
        self.swept.store(epoch, Ordering::Release);
    }

    fn next_epoch(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// A look at the token as its file has it now; `None` when it is not initialised.
    pub(crate) fn with_contents<T>(&self, look: impl FnOnce(Option<&Contents>) -> T) -> Result<T> {
        Ok(look(self.fresh()?.contents.as_ref()))
    }

    /// Who is logged in.
    pub(crate) fn with_login<T>(&self, look: impl FnOnce(&Login) -> T) -> Result<T> {
        Ok(look(&self.lock()?.login))
    }

    fn lock(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| Rv(CKR_GENERAL_ERROR))
    }

    /// The state, after a look at the file.
    fn fresh(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.lock()?;
        self.refresh(&mut state)?;
        Ok(state)
    }

    fn refresh(&self, state: &mut State) -> Result<()> {
        let known = state.contents.as_ref();
        if self.place.stamp()? == known.map(|known| known.stamp) {
            return Ok(());
        }
        let Some(contents) = self.place.read()? else { return fail(CKR_DEVICE_REMOVED) };
        if known.is_some_and(|known| known.serial != contents.serial) {
            // Initialised anew: nothing of before is left.
            state.forget();
            self.next_epoch();
        }
        state.adopt(contents)
    }
}

impl State {
    fn forget(&mut self) {
        self.login = Login::Nobody;
        self.held.clear();
    }

    fn is_user(&self) -> bool {
        matches!(self.login, Login::User(_))
    }

    fn is_officer(&self) -> bool {
        matches!(self.login, Login::Officer(_))
    }

    /// Takes over what a file says; an object keeps its handle as long as it is there.
    fn adopt(&mut self, contents: Contents) -> Result<()> {
        let mut found = BTreeMap::new();
        for record in &contents.records {
            if let Some(object) = self.open(&contents.serial, record)? {
                found.insert(record.id, Arc::new(object));
            }
        }
        self.held.retain(|_, held| match held.home {
            Home::Session(_) => true,
            Home::Token(id) => found.remove(&id).map(|object| held.object = object).is_some(),
        });
        for (id, object) in found {
            self.held.insert(next_handle(), Held { object, home: Home::Token(id) });
        }
        self.contents = Some(contents);
        Ok(())
    }

    /// The object of a record, unless it is private and no user is logged in.
    fn open(&self, serial: &[u8; 16], record: &Record) -> Result<Option<Object>> {
        if !record.private {
            return Object::from_bytes(&record.bytes).map(Some);
        }
        let Login::User(key) = &self.login else { return Ok(None) };
        Object::from_bytes(&seal::unseal(key, serial, &record.id, &record.bytes)?).map(Some)
    }

    fn is_visible(&self, object: &Object) -> bool {
        !object.is_private() || self.is_user()
    }
}

/// A number that no object of this process ever had.
fn next_handle() -> CK_OBJECT_HANDLE {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) as CK_OBJECT_HANDLE
}
