//! The module between `C_Initialize` and `C_Finalize`: its slots and its sessions.
//!
//! There is at most one a process. A forked child sees that it is not who made the module, and has none.
//! Knows nothing of pointers: the desk, [`crate::abi`], checked them.

use std::{
    collections::BTreeMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering, fence},
    },
};

use arc_swap::ArcSwapOption;
use cryptoki_sys::{
    CK_FLAGS, CK_SESSION_HANDLE, CK_SLOT_ID, CK_STATE, CKF_RW_SESSION, CKF_SERIAL_SESSION,
    CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_CRYPTOKI_NOT_INITIALIZED, CKR_DEVICE_REMOVED, CKR_GENERAL_ERROR,
    CKR_SESSION_HANDLE_INVALID, CKR_SESSION_PARALLEL_NOT_SUPPORTED, CKR_SESSION_READ_WRITE_SO_EXISTS,
    CKR_SLOT_ID_INVALID, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED, CKS_RO_PUBLIC_SESSION,
    CKS_RO_USER_FUNCTIONS, CKS_RW_PUBLIC_SESSION, CKS_RW_SO_FUNCTIONS, CKS_RW_USER_FUNCTIONS,
};
use miyao::algo::selftest;

use crate::{
    code_points::CodePoints,
    config::Config,
    fault::Faults,
    process::Process,
    rv::{Result, Rv, check},
    session::Session,
    slot::{Login, PinRules, Slot},
};

static CURRENT: ArcSwapOption<Module> = ArcSwapOption::const_empty();

pub(crate) struct Module {
    /// The process that it belongs to.
    process: Process,
    pub(crate) points: CodePoints,
    pub(crate) pins: PinRules,
    slots: Vec<Slot>,
    sessions: Mutex<BTreeMap<CK_SESSION_HANDLE, Arc<Session>>>,
    /// What callers mixed into the random bytes that they get.
    pub(crate) seed: Mutex<[u8; 32]>,
    pub(crate) faults: Faults,
    /// Whether fault injection lets the tokens vanish.
    vanished: AtomicBool,
}

/// What calls a vanished token fails with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The call asks about the library.
    Library,
    /// About a slot.
    Slot,
    /// About a session.
    Session,
}

impl Module {
    /// Makes this process's module.
    pub(crate) fn initialize() -> Result<()> {
        let before = CURRENT.load_full();
        let ours = before.as_ref().is_some_and(|module| module.process.is_current());
        check(!ours, CKR_CRYPTOKI_ALREADY_INITIALIZED)?;
        selftest::run().map_err(|_| Rv(CKR_GENERAL_ERROR))?;
        let module = Arc::new(Self::new(&Config::load()?)?);
        module.suffer("C_Initialize", About::Library)?;
        let seen = CURRENT.compare_and_swap(&before, Some(module));
        let won = match (seen.as_ref(), &before) {
            (None, None) => true,
            (Some(seen), Some(before)) => Arc::ptr_eq(seen, before),
            _ => false,
        };
        // What a parent left may be locked or half changed, for ever: it is not dropped.
        mem::forget(before);
        check(won, CKR_CRYPTOKI_ALREADY_INITIALIZED)
    }

    /// Ends it; calls in progress end on their own.
    pub(crate) fn finalize() -> Result<()> {
        Self::current()?;
        match CURRENT.swap(None) {
            Some(module) if module.process.is_current() => Ok(()),
            other => {
                mem::forget(other);
                Err(Rv(CKR_CRYPTOKI_NOT_INITIALIZED))
            }
        }
    }

    /// This process's module.
    pub(crate) fn current() -> Result<Arc<Self>> {
        match CURRENT.load_full() {
            Some(module) if module.process.is_current() => Ok(module),
            other => {
                mem::forget(other);
                Err(Rv(CKR_CRYPTOKI_NOT_INITIALIZED))
            }
        }
    }

    fn new(config: &Config) -> Result<Self> {
        let directory = |index| config.store.join(format!("slot-{index}"));
        Ok(Self {
            process: Process::current(),
            points: CodePoints::of(config)?,
            pins: PinRules { min_length: config.pin.min_length, iterations: config.pin.iterations },
            slots: (0..config.slots).map(|index| Slot::new(directory(index))).collect(),
            sessions: Mutex::default(),
            seed: Mutex::new([0; 32]),
            faults: Faults::new(config),
            vanished: AtomicBool::new(false),
        })
    }

    /// Suffers what the control file of fault injection says, if there is one.
    pub(crate) fn suffer(&self, function: &'static str, about: About) -> Result<()> {
        let suffering = self.faults.suffer(function);
        self.vanished.store(suffering.vanished, Ordering::Relaxed);
        if suffering.drop_sessions || suffering.vanished {
            (0..self.slots.len()).try_for_each(|id| self.close_all(id as CK_SLOT_ID))?;
        }
        if suffering.vanished {
            check(about != About::Slot, CKR_TOKEN_NOT_PRESENT)?;
            check(about != About::Session, CKR_DEVICE_REMOVED)?;
        }
        suffering.answer.map_or(Ok(()), |rv| if rv == 0 { Ok(()) } else { Err(Rv(rv)) })
    }

    /// The numbers of all slots; none while fault injection lets the tokens vanish.
    pub(crate) fn slots(&self) -> Vec<CK_SLOT_ID> {
        let count = if self.vanished.load(Ordering::Relaxed) { 0 } else { self.slots.len() };
        (0..count as CK_SLOT_ID).collect()
    }

    pub(crate) fn slot(&self, id: CK_SLOT_ID) -> Result<&Slot> {
        let index = usize::try_from(id).map_err(|_| Rv(CKR_SLOT_ID_INVALID))?;
        self.slots.get(index).ok_or(Rv(CKR_SLOT_ID_INVALID))
    }

    pub(crate) fn open(&self, id: CK_SLOT_ID, flags: CK_FLAGS) -> Result<CK_SESSION_HANDLE> {
        let slot = self.slot(id)?;
        check(flags & CKF_SERIAL_SESSION != 0, CKR_SESSION_PARALLEL_NOT_SUPPORTED)?;
        check(slot.with_contents(|contents| contents.is_some())?, CKR_TOKEN_NOT_RECOGNIZED)?;
        let writable = flags & CKF_RW_SESSION != 0;
        slot.with_login(|login| {
            let officer = matches!(login, Login::Officer(_));
            check(writable || !officer, CKR_SESSION_READ_WRITE_SO_EXISTS)?;
            let handle = next_handle();
            self.sessions()?.insert(handle, Arc::new(Session::new(handle, id as usize, writable)));
            Ok(handle)
        })?
    }

    pub(crate) fn close(&self, handle: CK_SESSION_HANDLE) -> Result<()> {
        let closed = self.sessions()?.remove(&handle).ok_or(Rv(CKR_SESSION_HANDLE_INVALID))?;
        let slot = self.slot(closed.slot as CK_SLOT_ID)?;
        slot.end_session(handle)?;
        // Under the slot's lock, so that no session opened meanwhile is logged out.
        slot.end_sessions_if(|| Ok(self.count(closed.slot as CK_SLOT_ID)? == (0, 0)))
    }

    pub(crate) fn close_all(&self, id: CK_SLOT_ID) -> Result<()> {
        let slot = self.slot(id)?;
        self.sessions()?.retain(|_, session| session.slot as CK_SLOT_ID != id);
        slot.end_sessions_if(|| Ok(true))
    }

    pub(crate) fn session(&self, handle: CK_SESSION_HANDLE) -> Result<Arc<Session>> {
        self.sessions()?.get(&handle).cloned().ok_or(Rv(CKR_SESSION_HANDLE_INVALID))
    }

    /// The session and its slot.
    pub(crate) fn at(&self, handle: CK_SESSION_HANDLE) -> Result<(Arc<Session>, &Slot)> {
        let session = self.session(handle)?;
        let slot = self.slots.get(session.slot).ok_or(Rv(CKR_GENERAL_ERROR))?;
        Ok((session, slot))
    }

    /// How many sessions a slot has that only read, and that write.
    pub(crate) fn count(&self, id: CK_SLOT_ID) -> Result<(usize, usize)> {
        let sessions = self.sessions()?;
        let here = || sessions.values().filter(|session| session.slot as CK_SLOT_ID == id);
        let writable = here().filter(|session| session.writable).count();
        Ok((here().count() - writable, writable))
    }

    /// Ends what logins that are over left behind in sessions: nobody may ever call there again, and the work holds keys.
    /// Where a call is at work it is not waited for; it sweeps when it ends, as every call does.
    pub(crate) fn sweep(&self) {
        // Between the end of a call's work and the look at the epoch, as between a logout and the look whether a call is at
        // work: of two that meet, one sees the other.
        fence(Ordering::SeqCst);
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(epoch) = slot.unswept() else { continue };
            let Ok(sessions) = self.sessions() else { return };
            let here: Vec<_> = sessions.values().filter(|session| session.slot == index).cloned().collect();
            drop(sessions);
            let left = here.iter().filter(|session| !session.expire(epoch)).count();
            if left == 0 {
                slot.mark_swept(epoch);
            }
        }
    }

    /// The state of a session, as the standard numbers them.
    pub(crate) fn state(&self, session: &Session, slot: &Slot) -> Result<CK_STATE> {
        slot.with_login(|login| match (login, session.writable) {
            (Login::Nobody, false) => CKS_RO_PUBLIC_SESSION,
            (Login::Nobody, true) => CKS_RW_PUBLIC_SESSION,
            (Login::User(_), false) => CKS_RO_USER_FUNCTIONS,
            (Login::User(_), true) => CKS_RW_USER_FUNCTIONS,
            (Login::Officer(_), _) => CKS_RW_SO_FUNCTIONS,
        })
    }

    fn sessions(&self) -> Result<MutexGuard<'_, BTreeMap<CK_SESSION_HANDLE, Arc<Session>>>> {
        self.sessions.lock().map_err(|_| Rv(CKR_GENERAL_ERROR))
    }
}

/// A number that no session of this process ever had, over initialisations too: a stale handle never names another session.
fn next_handle() -> CK_SESSION_HANDLE {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) as CK_SESSION_HANDLE
}
