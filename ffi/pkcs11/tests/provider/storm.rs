//! Eight threads at work while sessions end and the token vanishes for moments: an answer is right, or it is that there is none.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{thread, time::Instant};

use miyao::{
    Kind, Result,
    key::Spec,
    provider::{
        Provider,
        pkcs11::{Suite, Token},
    },
};

use crate::{
    desk::{Held, TEXT, root, seal, try_open, with},
    hangs::soon,
    yard::{Yard, alone, say},
};

const THREADS: usize = 8;
/// Of each thread.
const OPERATIONS: usize = 10_000;

/// What all threads use.
struct Work {
    token: Token,
    root: Box<dyn Provider>,
    sealed: Vec<u8>,
    signer: Held,
    reader: Held,
    ciphertext: Vec<u8>,
    maker: Held,
    mac: [u8; 32],
}

impl Work {
    fn new(yard: &Yard) -> Self {
        let token = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let make = |spec, number| Held::make(&token, spec, number);
        let (signer, reader, maker) =
            (make(Spec::Sm2Sign, 2), make(Spec::Sm2Encrypt, 3), make(Spec::HmacSm3, 4));
        let (ciphertext, mac) = (reader.ciphertext(1), maker.mac(&token, &[TEXT]).unwrap());
        Self { token, root, sealed, signer, reader, ciphertext, maker, mac }
    }

    /// A wrong answer ends the test.
    fn step(&self, step: usize) -> Result<()> {
        match step % 4 {
            0 => try_open(&*self.root, &self.sealed),
            1 => self.signer.sign(&self.token, TEXT),
            2 => {
                let text = self.reader.decrypt(&self.token, &self.ciphertext)?;
                assert_eq!(text, TEXT);
                Ok(())
            }
            _ => self.maker.mac(&self.token, &[TEXT]).map(|mac| assert_eq!(mac, self.mac)),
        }
    }
}

#[test]
fn a_storm_of_faults_never_makes_an_answer_wrong() {
    alone("storm::a_storm_of_faults_never_makes_an_answer_wrong", |yard| {
        yard.calm();
        let work = Work::new(yard);
        let before = yard.objects();
        let (over, begun) = (AtomicBool::new(false), Instant::now());
        let (well, away, busy) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let faults = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (work, well, away, busy) = (&work, &well, &away, &busy);
                    scope.spawn(move || {
                        for step in 0..OPERATIONS {
                            let counter =
                                match work.step(thread + step).map_err(|error| (error.kind(), error)) {
                                    Ok(()) => well,
                                    Err((Kind::Unavailable, _)) => {
                                        // Who asks at once again has the same answer, and the work would be over before the storm.
                                        thread::sleep(Duration::from_millis(5));
                                        away
                                    }
                                    Err((Kind::Busy, _)) => busy,
                                    Err((_, error)) => panic!("{error:?}"),
                                };
                            counter.fetch_add(1, Ordering::Relaxed);
                        }
                    })
                })
                .collect();
            let weather = scope.spawn(|| weather(yard, &over));
            let ended: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
            over.store(true, Ordering::Relaxed);
            let faults = weather.join().unwrap();
            ended.into_iter().for_each(|ended| ended.unwrap());
            faults
        });
        let (well, away, busy) = (well.into_inner(), away.into_inner(), busy.into_inner());
        assert_eq!(well + away + busy, THREADS * OPERATIONS);
        assert!(well * 2 > THREADS * OPERATIONS, "most were done: {well}");
        (0..4).for_each(|step| soon(|| work.step(step)));
        assert_eq!(work.token.hanging(), (0, 1));
        assert_eq!(yard.objects(), before, "nothing was made and nothing lost");
        say(&format!(
            "# {THREADS} threads x {} operations in {:.1} s: {well} right, {away} unavailable, {busy} busy; sessions ended {} times, \
             the token vanished {} times",
            OPERATIONS,
            begun.elapsed().as_secs_f32(),
            faults.0,
            faults.1,
        ));
    });
}

/// How often all sessions ended, and how often the token vanished.
fn weather(yard: &Yard, over: &AtomicBool) -> (usize, usize) {
    let mut faults = (0, 0);
    while !over.load(Ordering::Relaxed) {
        for _ in 0..4 {
            yard.ask("[[rule]]\nfunction = '*'\ncall = 5\ndrop_sessions = true\n");
            thread::sleep(Duration::from_millis(15));
            faults.0 += 1;
        }
        yard.ask("vanish = true\n");
        thread::sleep(Duration::from_millis(5));
        faults.1 += 1;
        yard.calm();
        thread::sleep(Duration::from_millis(60));
    }
    yard.calm();
    faults
}
