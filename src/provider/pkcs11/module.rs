//! A vendor's module in this process: loaded once, initialised while anybody uses it, initialised anew when its device died.
//!
//! Knows no token's keys and no PIN. A module has one life per process, so everybody who names the same path shares it. Each
//! initialisation is a *generation*: handles of one mean other things in the next, so they are never carried over. A call
//! counts itself in at the gate, and whoever initialises anew closes the gate and waits until nobody is inside.

mod gate;
mod inventory;

use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    string::String,
    sync::Arc,
};
use core::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use std::path::{Path, PathBuf};

use arc_swap::{ArcSwap, ArcSwapOption};

use self::gate::Life;
pub(super) use self::gate::{Call, Entry};
pub use self::inventory::{About, MechanismInfo, Slot, SlotId, TokenInfo};
use super::raw::Functions;
use crate::{
    error::{Error, Kind, Result},
    fork,
};

/// One initialisation of a module; never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

/// A module that stays initialised as long as one of these lives. What is asked of it is waited for as long as it takes, unless
/// that is done [`in_time`](super::in_time).
///
/// ```no_run
/// use miyao::provider::pkcs11::Module;
/// let module = Module::load("/usr/lib/softhsm/libsofthsm2.so".as_ref())?;
/// for slot in module.slots()? {
///     println!("{}: {}", slot.id, slot.token.map(|token| token.label).unwrap_or_default());
/// }
/// # Ok::<(), miyao::Error>(())
/// ```
pub struct Module {
    shared: &'static Shared,
    /// In which process it is among the users: the one that made it, or a child that used it since.
    counted: AtomicU64,
}

/// What is shared by everybody who loaded the same path; it lives as long as the library, which is never unloaded.
struct Shared {
    path: PathBuf,
    functions: Functions,
    /// Of this process: a child begins another one.
    life: ArcSwap<Life>,
    /// Whether it is not safe for several threads: a profile says so, or it is known.
    one_at_a_time: AtomicBool,
    /// Tokens whose PIN was refused, by what names them: nobody tries again by itself.
    refused: ArcSwap<BTreeSet<String>>,
}

/// The files of libraries that are not safe for several threads, whichever token is behind them. In p11-kit's client (up to 0.26.4 at
/// least) a thread that waits while another one reads its own answer is never woken when the line dies under that one. Its server
/// answers one call at a time anyway.
const FOR_ONE_THREAD: [&str; 1] = ["p11-kit-client.so"];

/// Without a lock: a library's initialisers take as long as they like, and of a fork meanwhile the child would have it locked for ever.
static LOADED: ArcSwapOption<BTreeMap<PathBuf, &'static Shared>> = ArcSwapOption::const_empty();

impl Module {
    /// Loads the module of an absolute path, or finds it loaded.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a relative path or another library, [`Missing`](Kind::Missing) when there is none.
    pub fn load(path: &Path) -> Result<Self> {
        if !path.is_absolute() {
            return Err(Error::new(
                Kind::Invalid,
                "a module is loaded by its absolute path only, so that nobody can put another one before it",
            )
            .about(path.display()));
        }
        let path = path.canonicalize().map_err(|error| Error::from(error).about(path.display()))?;
        let loaded = LOADED.load().as_ref().and_then(|loaded| loaded.get(&path).copied());
        let shared = match loaded {
            Some(shared) => shared,
            None => share(Shared::load(&path)?),
        };
        Ok(Self::of(shared))
    }

    fn of(shared: &'static Shared) -> Self {
        let life = shared.life();
        life.users.fetch_add(1, Ordering::SeqCst);
        Self { shared, counted: AtomicU64::new(life.fork) }
    }

    /// The life of this process, among whose users this one is from now on.
    fn life(&self) -> Arc<Life> {
        let life = self.shared.life();
        if self.counted.swap(life.fork, Ordering::SeqCst) != life.fork {
            life.users.fetch_add(1, Ordering::SeqCst);
        }
        life
    }

    /// Where it was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Initialises it if need be, and keeps it so while a call runs.
    ///
    /// # Errors
    /// [`Unavailable`](Kind::Unavailable) when it cannot be initialised, or others initialise it for longer than patience.
    pub(super) fn enter(&self) -> Result<Call> {
        self.enter_as(Entry { patience: gate::PATIENCE, alone: false })
    }

    /// The same for who has a deadline, or does not know yet whether the library is safe for several threads.
    pub(super) fn enter_as(&self, entry: Entry) -> Result<Call> {
        gate::enter(self.life(), &self.shared.functions, self.shared.held_to(entry))
    }

    /// Enters only if handles of this generation still mean what they did: to put away what is of it.
    pub(super) fn enter_if(&self, generation: Generation, patience: Duration) -> Option<Call> {
        let entry = self.shared.held_to(Entry { patience, alone: false });
        gate::enter_if(self.life(), &self.shared.functions, generation, entry)
    }

    /// From now on one call is in it at a time, whoever asks for it.
    pub(super) fn one_at_a_time(&self) {
        self.shared.one_at_a_time.store(true, Ordering::SeqCst);
    }

    /// Initialises it anew, unless somebody did since `seen`: only that brings a dead line back. All handles are void.
    ///
    /// # Errors
    /// [`Unavailable`](Kind::Unavailable) when calls hang inside it, or it cannot be initialised.
    pub(super) fn reopen(&self, seen: Generation, patience: Duration) -> Result<()> {
        gate::reopen(&self.life(), &self.shared.functions, seen, patience)
    }

    /// Whether the PIN of a token was refused in this process.
    pub(super) fn is_refused(&self, token: &str) -> bool {
        self.shared.refused.load().contains(token)
    }

    /// Remembers that the PIN of a token was refused.
    pub(super) fn refuse(&self, token: &str) {
        self.shared.refused.rcu(|tokens| {
            let mut tokens = BTreeSet::clone(tokens);
            tokens.insert(token.into());
            tokens
        });
    }

    /// Forgets that PINs were refused.
    pub(super) fn allow_logins(&self) {
        self.shared.refused.store(Arc::default());
    }
}

/// Of two who load one path at once one is first, and both have that one's.
fn share(shared: Shared) -> &'static Shared {
    let shared: &'static Shared = Box::leak(Box::new(shared));
    let mut first = shared;
    LOADED.rcu(|loaded| {
        let mut loaded = loaded.as_deref().cloned().unwrap_or_default();
        first = loaded.entry(shared.path.clone()).or_insert(shared);
        Some(Arc::new(loaded))
    });
    first
}

impl Clone for Module {
    fn clone(&self) -> Self {
        Self::of(self.shared)
    }
}

impl Drop for Module {
    /// The last one finalises, explicitly: C++ modules that are torn down at exit crash.
    fn drop(&mut self) {
        let life = self.shared.life();
        // A child that never used it leaves it to its parent.
        if *self.counted.get_mut() == life.fork && life.users.fetch_sub(1, Ordering::SeqCst) == 1 {
            let unused = || life.users.load(Ordering::SeqCst) == 0;
            gate::close(&life, &self.shared.functions, unused);
        }
    }
}

impl core::fmt::Debug for Module {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Module").field(&self.shared.path).finish()
    }
}

impl Shared {
    fn held_to(&self, entry: Entry) -> Entry {
        Entry { alone: entry.alone || self.one_at_a_time.load(Ordering::SeqCst), ..entry }
    }

    fn load(path: &Path) -> Result<Self> {
        let is_known = path.file_name().is_some_and(|file| FOR_ONE_THREAD.iter().any(|known| file == *known));
        Ok(Self {
            path: path.into(),
            functions: Functions::load(path)?,
            life: ArcSwap::from_pointee(Life::new(fork::generation())),
            one_at_a_time: AtomicBool::new(is_known),
            refused: ArcSwap::default(),
        })
    }

    /// The life of this process. A child begins a new one and leaves its parent's alone: whoever held a lock of it does not
    /// exist here, and sessions of the parent are not the child's to close.
    fn life(&self) -> Arc<Life> {
        let now = fork::generation();
        let life = self.life.load_full();
        if life.fork == now {
            return life;
        }
        let fresh = Arc::new(Life::new(now));
        let before = self.life.compare_and_swap(&life, Arc::clone(&fresh));
        // Either this one stands now, or another thread of the child was first.
        if Arc::ptr_eq(&before, &life) { fresh } else { self.life.load_full() }
    }
}
