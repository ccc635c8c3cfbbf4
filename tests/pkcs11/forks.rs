//! A fork in the middle: the child begins anew, and the parent loses nothing.

use core::sync::atomic::{AtomicBool, Ordering};
use std::{panic, thread};

use miyao::provider::pkcs11::Suite;

use crate::{
    fork::{_exit, fork, wait},
    softhsm::{alone, opens, root, seal, with},
};

#[test]
fn a_child_logs_in_anew_and_the_parent_goes_on() {
    alone("forks::a_child_logs_in_anew_and_the_parent_goes_on", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let before = yard.count_files();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            // Other threads are inside the module while this one forks, but for the moment of the fork: SoftHSM's own locks
            // would stay locked in the child for ever.
            for _ in 0..3 {
                let child = fork();
                if child == 0 {
                    let well = panic::catch_unwind(panic::AssertUnwindSafe(|| {
                        for _ in 0..5 {
                            opens(&*root, &sealed);
                        }
                        opens(&token, &seal(&*root, 4));
                    }));
                    _exit(i32::from(well.is_err()));
                }
                let busy = scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        opens(&*root, &sealed);
                    }
                });
                assert_eq!(wait(child), 0, "the child opened the seal");
                opens(&*root, &sealed);
                stop.store(true, Ordering::Relaxed);
                busy.join().unwrap();
                stop.store(false, Ordering::Relaxed);
            }
        });
        assert_eq!(yard.count_files(), before);
    });
}

#[test]
fn a_child_that_only_lets_go_closes_nothing_of_its_parent() {
    alone("forks::a_child_that_only_lets_go_closes_nothing_of_its_parent", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let child = fork();
        if child == 0 {
            drop((token, root));
            _exit(0);
        }
        assert_eq!(wait(child), 0);
        opens(&*root, &sealed);
        opens(&token, &seal(&*root, 4));
    });
}
