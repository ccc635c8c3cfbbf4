use std::sync::mpsc::channel;

use super::*;

struct Counting(usize);

impl Desk for Counting {
    fn new() -> Self {
        Self(0)
    }

    /// Nobody needs anything but those who were given an odd number.
    fn is_ready(&self) -> bool {
        self.0.is_multiple_of(2)
    }
}

/// Time for a worker to begin, on a busy machine too.
fn soon() -> Instant {
    Instant::now() + Duration::from_millis(500)
}

fn late() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[test]
fn a_worker_keeps_its_desk_and_a_full_crew_is_waited_for() {
    let crew = Crew::<Counting>::new(1, 1);
    for count in 1..4 {
        let seen = crew.ask(late(), |desk| {
            desk.0 += 1;
            desk.0
        });
        assert_eq!(seen.unwrap(), count);
    }
    let (release, held) = channel::<()>();
    thread::scope(|scope| {
        let (begun, begin) = channel();
        scope.spawn(|| {
            crew.ask(late(), move |_| {
                begun.send(()).unwrap();
                held.recv().unwrap();
            })
            .unwrap();
        });
        begin.recv().unwrap();
        assert_eq!(crew.ask(soon(), |_| ()).unwrap_err().kind(), Kind::Busy);
        release.send(()).unwrap();
        assert_eq!(crew.ask(late(), |desk| desk.0).unwrap(), 3);
    });
}

#[test]
fn who_hangs_is_left_alone_and_their_number_is_bounded() {
    let crew = Crew::<Counting>::new(1, 2);
    let mut held = Vec::new();
    for hanging in 1..=2 {
        let (release, wait) = channel::<()>();
        held.push(release);
        let asked = crew.ask(soon(), move |_| wait.recv());
        assert_eq!(asked.unwrap_err().kind(), Kind::Unavailable);
        assert_eq!(crew.quarantined(), hanging);
    }
    let refused = crew.ask(late(), |_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable, "at once: {refused}");
    drop(held);
    while crew.quarantined() > 0 {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(crew.ask(late(), |desk| desk.0).unwrap(), 0, "a new worker has a new desk");
}

#[test]
fn a_job_sees_whether_it_is_waited_for() {
    let crew = Crew::<Counting>::new(1, 1);
    assert!(!crew.ask_knowing(late(), |_, ticket| ticket.is_abandoned()).unwrap());
    let ((release, wait), (told, seen)) = (channel::<()>(), channel());
    let hangs = crew.ask_knowing(soon(), move |_, ticket| {
        wait.recv().unwrap_err();
        told.send(ticket.is_abandoned()).unwrap();
    });
    assert_eq!(hangs.unwrap_err().kind(), Kind::Unavailable);
    drop(release);
    assert!(seen.recv().unwrap());
}

/// Has two workers at a job at once; what each does at its desk.
fn two_at_once(crew: &Crew<Counting>, first: usize, second: usize) {
    let meeting = Arc::new(std::sync::Barrier::new(2));
    thread::scope(|scope| {
        for number in [first, second] {
            let meeting = Arc::clone(&meeting);
            let sit = move |desk: &mut Counting| {
                meeting.wait();
                desk.0 = number;
            };
            scope.spawn(|| crew.ask(late(), sit).unwrap());
        }
    });
}

#[test]
fn who_is_ready_is_asked_first_and_who_is_not_goes_when_the_device_is_full() {
    for (first, second) in [(1, 2), (2, 1)] {
        let crew = Crew::<Counting>::new(2, 1);
        two_at_once(&crew, first, second);
        for _ in 0..3 {
            assert_eq!(crew.ask(late(), |desk| desk.0).unwrap(), 2);
        }
        crew.shrink();
        assert_eq!(crew.shared.lock().threads.len(), 1);
        // Once more says nothing else: the one that has what it needs stays.
        crew.shrink();
        assert_eq!(crew.ask(late(), |desk| desk.0).unwrap(), 2);
    }
}

#[test]
fn a_crew_that_was_made_smaller_grows_again_under_those_who_wait() {
    let crew = Crew::<Counting>::new(2, 1);
    let (release, held) = channel::<()>();
    thread::scope(|scope| {
        let (begun, begin) = channel();
        scope.spawn(|| {
            crew.ask(late(), move |_| {
                begun.send(()).unwrap();
                held.recv().unwrap();
            })
            .unwrap();
        });
        begin.recv().unwrap();
        crew.shrink();
        // Long before it may grow again.
        let at_once = Instant::now() + Duration::from_millis(20);
        assert_eq!(crew.ask(at_once, |_| ()).unwrap_err().kind(), Kind::Busy);
        let asked = Instant::now();
        crew.ask(late(), |_| ()).unwrap();
        assert!(asked.elapsed() < RECOVERY * 15, "{:?}", asked.elapsed());
        release.send(()).unwrap();
    });
}

#[test]
fn a_panic_is_told_once_and_is_no_call_that_hangs() {
    let crew = Crew::<Counting>::new(1, 1);
    let told = crew.ask(late(), |_| -> () { panic!("of a test") });
    assert_eq!(told.unwrap_err().kind(), Kind::Internal);
    let (release, wait) = channel::<()>();
    let hangs = crew.ask(soon(), move |_| -> () {
        wait.recv().unwrap_err();
        panic!("of a test");
    });
    assert_eq!(hangs.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(crew.quarantined(), 1);
    drop(release);
    let begun = Instant::now();
    while crew.quarantined() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it counts no more");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(crew.ask(late(), |desk| desk.0).unwrap(), 0);
}

#[test]
fn a_desk_that_cannot_be_put_away_is_not_waited_for_beyond_the_deadline() {
    struct Stuck;

    impl Desk for Stuck {
        fn new() -> Self {
            Self
        }

        fn is_ready(&self) -> bool {
            true
        }
    }

    impl Drop for Stuck {
        fn drop(&mut self) {
            thread::sleep(Duration::from_secs(60));
        }
    }

    let crew = Crew::<Stuck>::new(1, 1);
    crew.ask(late(), |_| ()).unwrap();
    let begun = Instant::now();
    crew.dismiss(soon());
    drop(crew);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
