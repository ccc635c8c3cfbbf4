//! A device that has few sessions and takes few bytes in one call: a probe sees both, its profile says so, and its user lives with it.

use core::time::Duration;
use std::{fs, thread};

use cryptoki_sys as ck;
use miyao::{
    Kind, SecretBytes,
    key::Spec,
    provider::pkcs11::{
        Module, Settings, Suite, Token, probe,
        profile::{Profile, Shelf},
    },
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open},
    yard::{PIN, Yard, alone, module},
};

/// By which a device refuses a session, and whether everybody knows that it means full.
const REFUSALS: [(u64, bool); 2] = [(ck::CKR_SESSION_COUNT, true), (0x8000_0042, false)];

/// A probe of a device that is like this, and what its user does.
fn probe_narrow(yard: &Yard, sessions: u64, data: u64, (full, is_known): (u64, bool)) {
    let told = [
        ("MODULE", format!("{:?}", module().display().to_string())),
        ("SESSIONS", sessions.to_string()),
        ("DATA", data.to_string()),
        ("FULL", format!("{full}ul")),
    ];
    let library = yard.before(&format!("narrow-{sessions}"), include_str!("narrow.c"), &told);
    let before = yard.objects();
    let profile = {
        let module = Module::load(&library).unwrap();
        let slots = module.slots().unwrap();
        let slot = slots.iter().find(|slot| slot.token.as_ref().is_some_and(|token| token.label == "kms"));
        let (shelf, pin) = (Shelf::built_in().unwrap(), SecretBytes::take(PIN.into()));
        let known = [shelf.named("miyao").unwrap()];
        let slot = slot.unwrap().id;
        let report = probe::probe(&module, slot, Some(&pin), &known, "found", "2026-01-31").unwrap();
        assert!(report.left.is_empty(), "{:?}", report.left);
        assert!(probe::self_test(&module, slot, Some(&pin), &report.profile).unwrap().is_passed());
        report.profile
    };
    assert_eq!(profile.limits.sessions, Some(sessions));
    // The largest power of two that it took.
    assert_eq!(profile.limits.data, Some(1 << data.ilog2()));
    assert_eq!(profile.quirks.full, if is_known { vec![] } else { vec![full] });
    let written = profile.to_toml();
    assert!(written.contains(&format!("sessions = {sessions}")), "{written}");
    assert!(written.contains(&format!("data = {}", 1 << data.ilog2())), "{written}");
    assert_eq!(Profile::parse(&written).unwrap(), profile);
    assert_eq!(yard.objects(), before, "a probe leaves nothing behind");

    let path = yard.path("found.toml");
    fs::write(&path, written).unwrap();
    let settings = Settings::default().profiles(path).profile("found").suite(Suite::Sm4GcmDevice);
    let settings = settings.deadline(Duration::from_secs(60)).unwrap();
    let token = Token::open(&yard.uri_of(&library), &settings).unwrap();
    let number = u8::try_from(sessions).unwrap();
    let (root, maker) = (root(&token, number), Held::make(&token, Spec::HmacSm3, number + 100));
    let sealed = seal(&*root, 3);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    try_open(&*root, &sealed).unwrap();
                    maker.mac(&token, &[TEXT]).unwrap();
                }
            });
        }
    });
    let long = vec![0x5A; 2 * usize::try_from(data).unwrap()];
    assert_eq!(kind(maker.mac(&token, &[&long])), Kind::TooLarge);
    assert_eq!(token.hanging(), (0, 1));
}

#[test]
fn a_probe_sees_how_many_sessions_and_bytes_a_device_takes() {
    alone("narrow::a_probe_sees_how_many_sessions_and_bytes_a_device_takes", |yard| {
        for ((sessions, data), refusal) in [(5, 4096), (9, 1500)].into_iter().zip(REFUSALS) {
            probe_narrow(yard, sessions, data, refusal);
        }
    });
}

#[test]
fn a_probe_sets_no_limit_where_it_met_none() {
    alone("narrow::a_probe_sets_no_limit_where_it_met_none", |_| {
        let module = Module::load(&module()).unwrap();
        let slot = module.slots().unwrap()[0].id;
        let (shelf, pin) = (Shelf::built_in().unwrap(), SecretBytes::take(PIN.into()));
        let known = [shelf.named("miyao").unwrap()];
        let report = probe::probe(&module, slot, Some(&pin), &known, "found", "2026-01-31").unwrap();
        assert_eq!((report.profile.limits.sessions, report.profile.limits.data), (None, None));
        assert!(!report.profile.to_toml().contains("[limits]"));
    });
}
