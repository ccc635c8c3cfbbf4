//! Objects of a token: found, made, changed, destroyed (PKCS#11 2.40 §5.7).
//!
//! What belongs to the token goes to its file in one step, several objects at once where they belong together. Knows how
//! objects are seen by who is logged in, and nothing of what they are for.

use std::sync::Arc;

use cryptoki_sys::{
    CK_ATTRIBUTE_TYPE, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CKA_DESTROYABLE, CKR_ACTION_PROHIBITED,
    CKR_DEVICE_REMOVED, CKR_GENERAL_ERROR, CKR_OBJECT_HANDLE_INVALID, CKR_SESSION_READ_ONLY,
    CKR_TOKEN_NOT_RECOGNIZED, CKR_USER_NOT_LOGGED_IN,
};

use super::{Held, Home, Login, Slot, State, next_handle};
use crate::{
    object::{Object, Value},
    rng,
    rv::{Result, Rv, check, fail},
    store::{Record, Turn, seal},
};

/// Who asks: a session, and whether it may write.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) session: CK_SESSION_HANDLE,
    pub(crate) writable: bool,
}

impl Slot {
    /// The object of a handle, as far as it may be seen now.
    pub(crate) fn object(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        let state = self.fresh()?;
        state.visible(handle).map(|held| Arc::clone(&held.object))
    }

    /// The handles of all objects that match; for no template, of all that may be seen.
    pub(crate) fn search(&self, template: &[(CK_ATTRIBUTE_TYPE, Value)]) -> Result<Vec<CK_OBJECT_HANDLE>> {
        let state = self.fresh()?;
        let seen = state.held.iter().filter(|(_, held)| state.is_visible(&held.object));
        Ok(seen.filter(|(_, held)| held.object.matches(template)).map(|(handle, _)| *handle).collect())
    }

    /// Gives objects handles, all or none.
    pub(crate) fn add<const N: usize>(
        &self,
        asker: Asker,
        objects: [Object; N],
    ) -> Result<[CK_OBJECT_HANDLE; N]> {
        let may_write =
            |state: &State| objects.iter().try_for_each(|object| state.check_write(asker, object));
        // Who may not does not wait for a turn.
        may_write(&*self.fresh()?)?;
        let turn = objects.iter().any(Object::is_token).then(|| self.place.turn()).transpose()?;
        let mut state = self.fresh()?;
        may_write(&state)?;
        let mut records = Vec::new();
        let mut homes = [Home::Session(asker.session); N];
        for (object, home) in objects.iter().zip(&mut homes) {
            if object.is_token() {
                let id = rng::array(&mut rng::fresh()?);
                records.push(state.record(id, object)?);
                *home = Home::Token(id);
            }
        }
        if let Some(turn) = turn {
            write(&turn, &mut state, |_, known| {
                known.extend(records);
                Ok(())
            })?;
        }
        let mut handles = [0; N];
        for ((object, home), handle) in objects.into_iter().zip(homes).zip(&mut handles) {
            *handle = state.hold(home, object)?;
        }
        Ok(handles)
    }

    /// Puts in the place of an object what `change` makes of it, as it is when nobody else can change it.
    pub(crate) fn alter(
        &self,
        asker: Asker,
        handle: CK_OBJECT_HANDLE,
        change: impl FnOnce(&Object) -> Result<Object>,
    ) -> Result<()> {
        let turn = self.turn_for(asker, handle)?;
        let mut state = self.fresh()?;
        let held = state.visible(handle)?;
        if let (Home::Token(id), Some(turn)) = (held.home, turn) {
            return write(&turn, &mut state, |state, known| {
                let (place, stored) = state.stored(known, id)?;
                let changed = change(&stored)?;
                state.check_write(asker, &changed)?;
                *place = state.record(id, &changed)?;
                Ok(())
            });
        }
        let changed = change(&held.object)?;
        state.check_write(asker, &changed)?;
        let held = state.held.get_mut(&handle).ok_or(Rv(CKR_OBJECT_HANDLE_INVALID))?;
        held.object = Arc::new(changed);
        Ok(())
    }

    /// Destroys an object.
    pub(crate) fn destroy(&self, asker: Asker, handle: CK_OBJECT_HANDLE) -> Result<()> {
        let turn = self.turn_for(asker, handle)?;
        let mut state = self.fresh()?;
        let held = state.visible(handle)?;
        let home = held.home;
        check(held.object.bytes(CKA_DESTROYABLE) != Some(&[0]), CKR_ACTION_PROHIBITED)?;
        state.check_write(asker, &Arc::clone(&held.object))?;
        if let (Home::Token(id), Some(turn)) = (home, turn) {
            write(&turn, &mut state, |state, known| {
                let (_, stored) = state.stored(known, id)?;
                check(stored.bytes(CKA_DESTROYABLE) != Some(&[0]), CKR_ACTION_PROHIBITED)?;
                known.retain(|known| known.id != id);
                Ok(())
            })?;
        }
        state.held.remove(&handle);
        Ok(())
    }

    /// Destroys what belongs to a session that ends.
    pub(crate) fn end_session(&self, session: CK_SESSION_HANDLE) -> Result<()> {
        self.lock()?.held.retain(|_, held| held.home != Home::Session(session));
        Ok(())
    }

    /// Logs out and destroys what belongs to sessions, if the last of them ended.
    pub(crate) fn end_sessions_if(&self, ended: impl FnOnce() -> Result<bool>) -> Result<()> {
        let mut state = self.lock()?;
        if !ended()? {
            return Ok(());
        }
        state.login = Login::Nobody;
        state.held.retain(|_, held| matches!(held.home, Home::Token(_)) && !held.object.is_private());
        self.next_epoch();
        Ok(())
    }

    /// The turn to change an object, where it is in the file; an object never moves. Who may not change it does not wait.
    fn turn_for(&self, asker: Asker, handle: CK_OBJECT_HANDLE) -> Result<Option<Turn<'_>>> {
        let stays = {
            let state = self.fresh()?;
            let held = state.visible(handle)?;
            state.check_write(asker, &held.object)?;
            matches!(held.home, Home::Token(_))
        };
        stays.then(|| self.place.turn()).transpose()
    }
}

/// Changes the records of this very token, and takes over whatever else changed.
fn write(
    turn: &Turn<'_>,
    state: &mut State,
    work: impl FnOnce(&State, &mut Vec<Record>) -> Result<()>,
) -> Result<()> {
    let serial = state.contents.as_ref().map(|contents| contents.serial);
    let ((), written) = turn.change(|contents| {
        let contents = contents.as_mut().ok_or(Rv(CKR_DEVICE_REMOVED))?;
        check(Some(contents.serial) == serial, CKR_DEVICE_REMOVED)?;
        work(state, &mut contents.records)
    })?;
    state.adopt(written.ok_or(Rv(CKR_DEVICE_REMOVED))?)
}

impl State {
    fn visible(&self, handle: CK_OBJECT_HANDLE) -> Result<&Held> {
        let held = self.held.get(&handle).filter(|held| self.is_visible(&held.object));
        held.ok_or(Rv(CKR_OBJECT_HANDLE_INVALID))
    }

    fn check_write(&self, asker: Asker, object: &Object) -> Result<()> {
        check(!object.is_token() || asker.writable, CKR_SESSION_READ_ONLY)?;
        check(!object.is_token() || self.contents.is_some(), CKR_TOKEN_NOT_RECOGNIZED)?;
        check(!object.is_private() || self.is_user(), CKR_USER_NOT_LOGGED_IN)
    }

    /// The record of this number, and the object in it.
    fn stored<'a>(&self, known: &'a mut [Record], id: [u8; 16]) -> Result<(&'a mut Record, Object)> {
        let record = known.iter_mut().find(|known| known.id == id).ok_or(Rv(CKR_OBJECT_HANDLE_INVALID))?;
        let serial = self.contents.as_ref().map(|contents| contents.serial);
        let object = self.open(&serial.ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?, record)?;
        Ok((record, object.ok_or(Rv(CKR_OBJECT_HANDLE_INVALID))?))
    }

    fn record(&self, id: [u8; 16], object: &Object) -> Result<Record> {
        object.check_sealed()?;
        let (bytes, private) = (object.to_bytes(), object.is_private());
        if !private {
            return Ok(Record { id, private, bytes: bytes.to_vec() });
        }
        let Login::User(key) = &self.login else { return fail(CKR_USER_NOT_LOGGED_IN) };
        let contents = self.contents.as_ref().ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?;
        Ok(Record { id, private, bytes: seal::seal(key, &contents.serial, &id, &bytes)? })
    }

    /// The handle of an object: a new one in a session, in a token the one that it got when it was written.
    fn hold(&mut self, home: Home, object: Object) -> Result<CK_OBJECT_HANDLE> {
        if let Home::Token(_) = home {
            let known = self.held.iter().find(|(_, held)| held.home == home);
            return known.map(|(handle, _)| *handle).ok_or(Rv(CKR_GENERAL_ERROR));
        }
        let handle = next_handle();
        self.held.insert(handle, Held { object: Arc::new(object), home });
        Ok(handle)
    }
}
