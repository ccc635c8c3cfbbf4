//! Many threads at once, and the token taken away under them.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, thread, time::Instant};

use miyao::{Kind, provider::pkcs11::Suite};

use crate::{
    faults::soon,
    softhsm::{BINDING, MASTER, alone, opens, root, say, seal, with},
};

/// How long eight threads work; a long run says so in `MIYAO_TEST_SECONDS`.
fn seconds() -> u64 {
    std::env::var("MIYAO_TEST_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(10)
}

#[test]
fn eight_threads_seal_and_open() {
    alone("threads::eight_threads_seal_and_open", |yard| {
        for suite in [Suite::Sm2EcRaw, Suite::AesGcmDevice] {
            let token = yard.open(&with(suite)).unwrap();
            let root = root(&token, suite.number());
            let (opened, until) = (AtomicUsize::new(0), Instant::now() + Duration::from_secs(seconds() / 2));
            thread::scope(|scope| {
                for thread in 0..8 {
                    let (opened, root) = (&opened, &root);
                    scope.spawn(move || {
                        let mut sealed = seal(&**root, thread);
                        while Instant::now() < until {
                            opens(&**root, &sealed);
                            if opened.fetch_add(1, Ordering::Relaxed) % 50 == 0 {
                                sealed = seal(&**root, thread);
                            }
                        }
                    });
                }
            });
            let opened = opened.into_inner();
            assert!(opened > 8, "{opened}");
            say(&format!("# {}: 8 threads opened {opened} seals", suite.name()));
        }
    });
}

#[test]
fn a_token_taken_away_under_threads_never_gives_a_wrong_answer() {
    alone("threads::a_token_taken_away_under_threads_never_gives_a_wrong_answer", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let before = yard.count_files();
        let (stop, well, ill) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        match root.open(&sealed, BINDING) {
                            Ok(opened) => {
                                assert_eq!(opened.expose(), &MASTER);
                                well.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(error) => {
                                assert!(matches!(error.kind(), Kind::Unavailable | Kind::Busy), "{error:?}");
                                ill.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
            for _ in 0..4 {
                thread::sleep(Duration::from_millis(300));
                fs::rename(yard.path("tokens"), yard.path("away")).unwrap();
                thread::sleep(Duration::from_millis(300));
                fs::rename(yard.path("away"), yard.path("tokens")).unwrap();
            }
            thread::sleep(Duration::from_millis(1000));
            stop.store(true, Ordering::Relaxed);
        });
        soon(|| root.open(&sealed, BINDING).map(drop));
        opens(&*root, &sealed);
        assert!(well.load(Ordering::Relaxed) > 0);
        say(&format!("# {well:?} seals were opened and {ill:?} were not while the token came and went"));
        assert_eq!(yard.count_files(), before);
    });
}
