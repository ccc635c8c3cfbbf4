//! Calls under watch: whoever calls a module himself waits for a call that hangs no longer than he wants, and hears which it is.
//!
//! Knows no module. Tokens have workers with deadlines; this is for all that is asked of a [`Module`](super::Module) or tried by
//! a [`probe`](super::probe), which would wait for ever. A call cannot be cancelled: its thread is left alone.

use alloc::sync::Arc;
use core::{cell::RefCell, time::Duration};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Instant,
};

use crate::error::{Error, Kind, Result};

/// What a thread is in, as far as whoever waits for it is told.
#[derive(Default)]
struct Watch(Mutex<Option<(&'static str, Instant)>>);

/// A call that is under way until this is dropped.
pub(super) struct Watched(Option<Arc<Watch>>);

std::thread_local! {
    static WATCH: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// Works in a thread of its own, in which no call into a module may take longer than `patience`. All of them together may; the
/// work asks no person, who is slower.
///
/// ```no_run
/// use miyao::provider::pkcs11::{Module, Settings, in_time};
/// let slots = in_time(Settings::DEADLINE, || Module::load("/opt/vendor/lib.so".as_ref())?.slots())??;
/// # drop(slots);
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// [`Unavailable`](Kind::Unavailable) when a call takes longer, which is named: it is left alone with all that the work holds.
pub fn in_time<R: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R> {
    let watch = Arc::new(Watch::default());
    let theirs = Arc::clone(&watch);
    let (reply, answer) = mpsc::sync_channel(1);
    let job = move || {
        WATCH.with(|watch| watch.replace(Some(theirs)));
        // Nobody may wait any more.
        let _ = reply.send(work());
    };
    thread::Builder::new().name("miyao-pkcs11".into()).spawn(job).map_err(|error| {
        Error::new(Kind::Unavailable, "no thread can be made to call the module; allow more of them")
            .caused_by(error)
    })?;
    loop {
        match answer.recv_timeout(watch.left_of(patience)) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::new(
                    Kind::Internal,
                    "a thread that calls a module is gone; please report it",
                ));
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(call) = watch.overdue(patience) {
                    return Err(hangs(call, patience));
                }
            }
        }
    }
}

/// Says what this thread calls now, to whoever waits for it.
pub(super) fn begin(call: &'static str) -> Watched {
    // A thread that ends is waited for by nobody.
    let watch = WATCH.try_with(|watch| watch.borrow().clone()).unwrap_or_default();
    if let Some(watch) = &watch {
        *watch.lock() = Some((call, Instant::now()));
    }
    Watched(watch)
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(watch) = &self.0 {
            *watch.lock() = None;
        }
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Option<(&'static str, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long from now on no call can be overdue.
    fn left_of(&self, patience: Duration) -> Duration {
        let begun = *self.lock();
        begun.map_or(patience, |(_, begun)| patience.saturating_sub(begun.elapsed()))
    }

    fn overdue(&self, patience: Duration) -> Option<&'static str> {
        let begun = *self.lock();
        begun.filter(|(_, begun)| begun.elapsed() >= patience).map(|(call, _)| call)
    }
}

fn hangs(call: &'static str, patience: Duration) -> Error {
    Error::new(
        Kind::Unavailable,
        "a call hangs in the PKCS#11 module; check the line to the device, then try again or allow more time",
    )
    .about(std::format!("{call}, {patience:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hangs_is_named_and_who_is_slow_with_many_calls_is_waited_for() {
        // A busy machine is slow too.
        let generous = Duration::from_secs(2);
        let calls = move || {
            for _ in 0..5 {
                let _call = begin("C_Sign");
                thread::sleep(generous / 4);
            }
            7
        };
        assert_eq!(in_time(generous, calls).unwrap(), 7);
        let patience = Duration::from_millis(300);
        let (release, hang) = mpsc::channel::<()>();
        let work = move || {
            drop(begin("C_Initialize"));
            let _call = begin("C_GetSlotList");
            // Until the test is over.
            let _ = hang.recv();
        };
        let begun = Instant::now();
        let hangs = in_time(patience, work).unwrap_err();
        assert!(begun.elapsed() >= patience);
        assert_eq!(hangs.kind(), Kind::Unavailable);
        assert!(std::format!("{hangs}").starts_with("C_GetSlotList, 300ms: a call hangs"), "{hangs}");
        drop(release);
        assert_eq!(in_time(patience, || -> () { panic!("as a test") }).unwrap_err().kind(), Kind::Internal);
        // Nobody watches this thread.
        drop(begin("C_Sign"));
    }
}
