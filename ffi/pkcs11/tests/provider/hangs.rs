//! Calls that hang, tokens that vanish, sessions that end or run out: callers hear of it in time, and it heals by itself.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, thread, time::Instant};

use miyao::{
    Kind, Result,
    key::Spec,
    provider::{
        Device, Machine, ResidentId, RootId, Roots,
        pkcs11::{Settings, Suite, Token, profile::Shelf},
    },
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open, with},
    habits::PAUSE,
    yard::{Yard, alone, answers, say},
};

/// Shorter than anything that hangs here, and long enough for what does not on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(1);

/// How much later than its deadline a caller may have its answer, on a busy machine.
pub(crate) const LATE: Duration = Duration::from_secs(5);

/// What a busy machine may take for what nobody set a deadline.
pub(crate) const SLACK: Duration = Duration::from_secs(15);

/// Soon it works, and until then it says that it does not.
#[track_caller]
pub(crate) fn soon(attempt: impl Fn() -> Result<()>) {
    let begun = Instant::now();
    while let Err(error) = attempt() {
        assert!(matches!(error.kind(), Kind::Unavailable | Kind::Busy), "{error:?}");
        assert!(begun.elapsed() < SLACK, "{error:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < SLACK, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_hangs_is_left_alone_while_others_go_on() {
    alone("hangs::who_hangs_is_left_alone_while_others_go_on", |yard| {
        let settings = with(Suite::Sm4GcmDevice).deadline(DEADLINE).unwrap().sessions(4).unwrap();
        let token = yard.open(&settings).unwrap();
        let root = root(&token, 1);
        let (sealed, signer) = (seal(&*root, 3), Held::make(&token, Spec::Sm2Sign, 2));
        let before = yard.objects();
        for round in 1..=3 {
            yard.ask("[[rule]]\nfunction = 'C_Sign'\ncall = 1\nhang = true\n");
            let (stop, opened) = (AtomicBool::new(false), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        while !stop.load(Ordering::Relaxed) {
                            try_open(&*root, &sealed).unwrap();
                            opened.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
                let begun = Instant::now();
                let hung = kind(signer.sign(&token, TEXT));
                let took = begun.elapsed();
                assert_eq!(hung, Kind::Unavailable);
                assert!(took < DEADLINE + LATE, "{took:?}");
                assert_eq!(token.hanging(), (1, 1), "one call, one device");
                signer.sign(&token, TEXT).unwrap();
                say(&format!("# round {round}: the caller of a call that hangs waited {took:?}"));
                stop.store(true, Ordering::Relaxed);
            });
            assert!(opened.into_inner() > 1, "others went on");
            yard.calm();
            until("it heals", || token.hanging() == (0, 1));
            signer.sign(&token, TEXT).unwrap();
        }
        assert_eq!(yard.objects(), before);
    });
}

/// What hangs inside keeps the module from being initialised anew: nobody crashes, and all is well when the call returns.
#[test]
fn a_token_that_is_lost_while_a_call_hangs_comes_back_after_it() {
    alone("hangs::a_token_that_is_lost_while_a_call_hangs_comes_back_after_it", |yard| {
        let token = yard.open(&with(Suite::Sm4GcmDevice).deadline(DEADLINE).unwrap()).unwrap();
        let root = root(&token, 1);
        let (sealed, signer) = (seal(&*root, 3), Held::make(&token, Spec::Sm2Sign, 2));
        let before = yard.objects();
        let hang = "[[rule]]\nfunction = 'C_Sign'\nhang = true\n";
        yard.ask(hang);
        assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Unavailable);
        yard.ask(&format!("vanish = true\n{hang}"));
        for _ in 0..3 {
            let begun = Instant::now();
            assert_eq!(kind(try_open(&*root, &sealed)), Kind::Unavailable);
            assert!(begun.elapsed() < DEADLINE + LATE);
        }
        yard.calm();
        soon(|| try_open(&*root, &sealed));
        soon(|| signer.sign(&token, TEXT));
        until("it heals", || token.hanging() == (0, 1));
        assert_eq!(yard.objects(), before);
    });
}

/// What fails asks for the module to be initialised anew, which a call that hangs keeps it from: no reason to keep others out.
#[test]
fn a_token_that_is_well_answers_while_a_call_hangs_and_another_token_fails() {
    alone("hangs::a_token_that_is_well_answers_while_a_call_hangs_and_another_token_fails", |yard| {
        const PATIENT: Duration = Duration::from_secs(12);
        let open = |deadline| yard.open(&with(Suite::Sm4GcmDevice).deadline(deadline).unwrap()).unwrap();
        let [hanging, failing, well] = [DEADLINE, PATIENT, 2 * PATIENT].map(open);
        let root = root(&failing, 1);
        let (sealed, signer) = (seal(&*root, 3), Held::make(&hanging, Spec::Sm2Sign, 2));
        let maker = Held::make(&well, Spec::HmacSm3, 3);
        thread::sleep(PAUSE);
        let hang = "[[rule]]\nfunction = 'C_Sign'\ncall = 1\nhang = true\n";
        yard.ask(&(answers("C_Decrypt", None, cryptoki_sys::CKR_DEVICE_ERROR) + hang));
        assert_eq!(kind(signer.sign(&hanging, TEXT)), Kind::Unavailable);
        let (over, mut longest, mut done) = (AtomicBool::new(false), Duration::ZERO, 0);
        thread::scope(|scope| {
            let fails = scope.spawn(|| {
                let failed = kind(try_open(&*root, &sealed));
                over.store(true, Ordering::Relaxed);
                failed
            });
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                maker.mac(&well, &[TEXT]).unwrap();
                (longest, done) = (longest.max(begun.elapsed()), done + 1);
            }
            assert_eq!(fails.join().unwrap(), Kind::Unavailable);
        });
        // It would be half of the patience of whoever fails.
        assert!(longest < PATIENT / 4 && done > 10, "{done} were done, one of them in {longest:?}");
        yard.calm();
        soon(|| try_open(&*root, &sealed));
        until("it heals", || hanging.hanging() == (0, 1));
    });
}

#[test]
fn every_worker_may_hang_and_the_crew_is_made_anew() {
    alone("hangs::every_worker_may_hang_and_the_crew_is_made_anew", |yard| {
        let settings = Settings::default().deadline(DEADLINE).unwrap().sessions(2).unwrap();
        let token = yard.open(&settings).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 2);
        let before = yard.objects();
        yard.ask("[[rule]]\nfunction = 'C_Sign'\nhang = true\n");
        // The sixteenth is the last that may hang: nobody waits after that.
        for hanging in 1..=16 {
            let begun = Instant::now();
            assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Unavailable);
            assert!(begun.elapsed() < DEADLINE + LATE);
            assert_eq!(token.hanging(), (hanging, 1));
        }
        let begun = Instant::now();
        assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Unavailable);
        assert!(begun.elapsed() < DEADLINE, "{:?}", begun.elapsed());
        yard.calm();
        until("it heals", || token.hanging() == (0, 1));
        soon(|| signer.sign(&token, TEXT));
        assert_eq!(yard.objects(), before);
    });
}

#[test]
fn a_slow_call_is_waited_for_until_the_deadline() {
    alone("hangs::a_slow_call_is_waited_for_until_the_deadline", |yard| {
        let token = yard.open(&Settings::default().deadline(DEADLINE).unwrap()).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 2);
        yard.ask("[[rule]]\nfunction = 'C_Sign'\ndelay_ms = 100\n");
        let begun = Instant::now();
        signer.sign(&token, TEXT).unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(100));
        yard.ask("[[rule]]\nfunction = 'C_Sign'\ncall = 1\ndelay_ms = 12000\n");
        let begun = Instant::now();
        assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Unavailable);
        assert!(begun.elapsed() < DEADLINE + LATE);
        signer.sign(&token, TEXT).unwrap();
        until("it heals", || token.hanging() == (0, 1));
    });
}

#[test]
fn a_token_that_vanished_makes_nothing_and_comes_back() {
    alone("hangs::a_token_that_vanished_makes_nothing_and_comes_back", |yard| {
        for suite in [Suite::Sm4GcmDevice, Suite::Sm2PkeDevice, Suite::Sm2EcRaw, Suite::Sm4CbcEtmDevice] {
            let number = suite.number();
            let token = yard.open(&with(suite)).unwrap();
            let root = root(&token, number);
            let sealed = seal(&*root, 3);
            let held = Held::make(&token, Spec::HmacSm3, number + 50);
            let before = yard.objects();
            for _ in 0..3 {
                yard.ask("vanish = true\n");
                assert_eq!(kind(try_open(&*root, &sealed)), Kind::Unavailable);
                assert_eq!(kind(held.mac(&token, &[TEXT])), Kind::Unavailable);
                let sought = RootId([number; 16]);
                assert_eq!(
                    kind(Roots::find(&token, &sought).map(|found| found.is_some())),
                    Kind::Unavailable
                );
                let absent = RootId([number + 70; 16]);
                assert_eq!(
                    kind(Roots::find(&token, &absent).map(|found| found.is_some())),
                    Kind::Unavailable
                );
                assert_eq!(kind(token.create(&absent).map(drop)), Kind::Unavailable);
                let id = ResidentId([number + 70; 16]);
                assert_eq!(kind(token.generate(Spec::Sm4, &id, "x")), Kind::Unavailable);
                assert_eq!(kind(Device::find(&token, Spec::Sm4, &id)), Kind::Unavailable);
                assert_eq!(kind(token.destroy(&held.resident.reference)), Kind::Unavailable);
                assert_eq!(kind(token.check_health()), Kind::Unavailable);
                yard.calm();
                soon(|| try_open(&*root, &sealed));
                soon(|| held.mac(&token, &[TEXT]).map(drop));
                assert_eq!(yard.objects(), before, "no key was made and none was lost");
            }
        }
    });
}

#[test]
fn sessions_that_end_are_opened_again_within_the_call() {
    alone("hangs::sessions_that_end_are_opened_again_within_the_call", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let root = root(&token, 1);
        let (sealed, signer) = (seal(&*root, 3), Held::make(&token, Spec::Sm2Sign, 2));
        let (reader, maker) = (Held::make(&token, Spec::Sm2Encrypt, 3), Held::make(&token, Spec::HmacSm3, 4));
        let ciphertext = reader.ciphertext(1);
        let before = yard.objects();
        let mut dropped = 0;
        for call in 1..=6 {
            let operations: [&dyn Fn() -> Result<()>; 4] = [
                &|| try_open(&*root, &sealed),
                &|| signer.sign(&token, TEXT),
                &|| reader.decrypt(&token, &ciphertext).map(|text| assert_eq!(text, TEXT)),
                &|| maker.mac(&token, &[TEXT]).map(drop),
            ];
            for operation in operations {
                yard.ask(&format!("[[rule]]\nfunction = '*'\ncall = {call}\ndrop_sessions = true\n"));
                operation().unwrap();
                operation().unwrap();
                dropped += 1;
            }
        }
        yard.calm();
        say(&format!("# all sessions ended {dropped} times under a call, and no caller noticed"));
        assert_eq!(yard.objects(), before);
    });
}

#[test]
fn sessions_that_run_out_are_waited_for() {
    alone("hangs::sessions_that_run_out_are_waited_for", |yard| {
        let token = yard.open(&Settings::default().sessions(8).unwrap()).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 2);
        let before = yard.objects();
        // One worker has its session; no other gets any for a while. Not for ever: a worker that goes gives its session back, and on
        // a token that was full the next one gets that.
        let refused = |call| answers("C_OpenSession", Some(call), cryptoki_sys::CKR_SESSION_COUNT);
        yard.ask(&(1..=40).map(refused).collect::<String>());
        all_sign(&token, &signer);
        yard.calm();
        all_sign(&token, &signer);
        // Nobody has one: that is said in time, and later it is well.
        drop(token);
        let token = yard.open(&Settings::default().deadline(DEADLINE).unwrap()).unwrap();
        for _ in 0..2 {
            yard.ask(
                &(answers("C_OpenSession", None, cryptoki_sys::CKR_SESSION_COUNT)
                    + "[[rule]]\nfunction = 'C_Sign'\ncall = 1\ndrop_sessions = true\n"),
            );
            let begun = Instant::now();
            assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Busy);
            assert!(begun.elapsed() < DEADLINE + LATE);
        }
        yard.calm();
        soon(|| signer.sign(&token, TEXT));
        assert_eq!(yard.objects(), before);
    });
}

#[test]
fn no_more_sessions_are_opened_than_the_profile_allows() {
    alone("hangs::no_more_sessions_are_opened_than_the_profile_allows", |yard| {
        let token = yard.open(&limited(yard, 3)).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 2);
        yard.calls();
        all_sign(&token, &signer);
        let opened = yard.calls().iter().filter(|call| *call == "C_OpenSession").count();
        assert!(opened <= 2, "one stays logged in and two work, of which one is open: {opened} more");
        assert_eq!(token.hanging(), (0, 1));
    });
}

/// A profile of miyao's token that has so many sessions.
fn limited(yard: &Yard, sessions: u64) -> Settings {
    let mut profile = Shelf::built_in().unwrap().named("miyao").unwrap().clone();
    profile.name = "limited".into();
    profile.limits.sessions = Some(sessions);
    fs::write(yard.path("limited.toml"), profile.to_toml()).unwrap();
    Settings::default().profiles(yard.path("limited.toml")).profile("limited")
}

fn all_sign(token: &Token, signer: &Held) {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..20).for_each(|_| signer.sign(token, TEXT).unwrap()));
        }
    });
}

#[test]
fn a_root_that_was_made_stays_though_whoever_made_it_failed() {
    alone("hangs::a_root_that_was_made_stays_though_whoever_made_it_failed", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        // The key is made; that it computes what it should cannot be seen.
        yard.ask(&answers("C_DeriveKey", None, cryptoki_sys::CKR_DEVICE_MEMORY));
        let made = token.create(&RootId([9; 16]));
        assert_ne!(kind(made.map(drop)), Kind::Exists);
        yard.calm();
        // Another one finds it by its identifier and seals with it.
        let found = Roots::find(&token, &RootId([9; 16])).unwrap().unwrap();
        try_open(&*found, &seal(&*found, 3)).unwrap();
    });
}
