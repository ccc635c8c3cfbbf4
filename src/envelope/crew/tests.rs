//! An owner who panics at a batch is told so by every later call; nobody waits for the batch, and the crew can be dropped.

use core::{panic::AssertUnwindSafe, time::Duration};
use std::{
    panic::catch_unwind,
    sync::mpsc::{Receiver, channel},
};

use super::*;
use crate::envelope::{Suite, batch::Task, body::Body, keys::BodyKeys};

fn crew(threads: usize) -> Crew {
    let plan = Plan {
        task: Task::Seal,
        body: Body::new(Suite::Gcm, &BodyKeys::default()),
        frame_len: 1 << 12,
        tag_len: Suite::Gcm.tag_len(),
        hashes_leaves: false,
    };
    Crew::new(plan, NonZeroUsize::new(threads).unwrap()).unwrap()
}

/// One that says of itself what is not so: work on it panics.
fn broken(crew: &mut Crew) -> Batch {
    let mut batch = crew.blank(0);
    batch.sealed = 1;
    batch
}

/// On a thread of its own, which may be waited for no longer than this.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = channel();
    thread::spawn(move || tell.send(work()));
    let told: Receiver<T> = told;
    told.recv_timeout(Duration::from_secs(20)).unwrap()
}

fn panics(crew: &mut Crew) {
    assert!(catch_unwind(AssertUnwindSafe(|| crew.oldest())).is_err(), "the batch is worked on as any");
}

fn refused<T>(result: Result<T>) -> Kind {
    result.err().map_or(Kind::Invalid, |error| error.kind())
}

/// Whatever is called on the crew from then on.
fn is_lost(crew: &mut Crew) {
    let batch = crew.blank(0);
    for _ in 0..3 {
        assert_eq!(refused(crew.oldest().unwrap()), Kind::Internal);
        assert_eq!(refused(crew.check_present()), Kind::Internal);
    }
    assert_eq!(refused(crew.submit(batch)), Kind::Internal);
}

#[test]
fn an_owner_who_panicked_while_a_helper_worked_waits_for_nothing() {
    in_time(|| {
        let mut crew = crew(2);
        // The one helper goes home, and this test does what it would do.
        crew.shared.desk().closed = true;
        crew.shared.work.notify_all();
        while !crew.threads[0].is_finished() {
            thread::yield_now();
        }
        for first in [0, 1] {
            let mut batch = crew.blank(first);
            batch.fill(16);
            crew.submit(batch).unwrap();
        }
        crew.shared.place(1).sealed = 1;
        assert_eq!(crew.shared.desk().jobs.pop_front(), Some(0));
        panics(&mut crew);
        let result = crew.shared.run(0);
        crew.shared.desk().finished.push_back((0, result));
        is_lost(&mut crew);
    });
}

#[test]
fn an_owner_who_panicked_alone_does_not_go_on_without_the_batch() {
    in_time(|| {
        let mut crew = crew(1);
        let batch = broken(&mut crew);
        crew.submit(batch).unwrap();
        panics(&mut crew);
        is_lost(&mut crew);
    });
}

#[test]
fn a_helper_who_panicked_is_told_of_and_not_waited_for() {
    in_time(|| {
        let mut crew = crew(2);
        let batch = broken(&mut crew);
        crew.submit(batch).unwrap();
        // The helper takes it, and the owner finds nothing that it could do.
        while !crew.shared.desk().jobs.is_empty() {
            thread::yield_now();
        }
        assert_eq!(refused(crew.oldest().unwrap()), Kind::Internal);
    });
}
