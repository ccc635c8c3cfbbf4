//! A library that may take one call at a time gets one at a time until it is known which token is behind it.

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{fs, thread};

use miyao::{
    key::Spec,
    provider::pkcs11::{Settings, Token, profile::Shelf},
};

use crate::{
    desk::{Held, TEXT},
    doubts::count,
    hangs::until,
    yard::{Yard, alone},
};

/// Every call takes long enough to meet another one, which is written down.
const SLOWLY: &str = "[[rule]]\nfunction = '*'\ndelay_ms = 8\noverlap = true\n";

/// Profiles at hand: those compiled in, and one that a rule gives to `module`, of a library that takes one call at a time.
fn one_at_a_time(yard: &Yard, module: &str) -> Settings {
    let mut profile = Shelf::built_in().unwrap().named("miyao").unwrap().clone();
    profile.name = "narrow".into();
    profile.quirks.one_at_a_time = true;
    let written = profile.to_toml();
    let (before, rules) = written.split_once("match = [").unwrap();
    let (_, after) = rules.split_once("\n]\n").unwrap();
    let path = yard.path("narrow.toml");
    fs::write(&path, format!("{before}match = [{{ module = {module:?} }}]\n{after}")).unwrap();
    assert!(Shelf::with(&path).unwrap().named("narrow").unwrap().quirks.one_at_a_time);
    Settings::default().profiles(path)
}

/// How many calls met another one in the module while this was done.
fn overlaps(yard: &Yard, work: impl FnOnce()) -> usize {
    yard.ask(SLOWLY);
    yard.calls();
    work();
    yard.calm();
    let calls = yard.calls();
    assert!(calls.len() > 10, "{calls:?}");
    count(&calls, "overlap")
}

/// Several at once, who know nothing of each other.
fn open_by_all(yard: &Yard, settings: &Settings) -> Vec<Token> {
    thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| yard.open(settings).unwrap())).collect();
        opening.into_iter().map(|opening| opening.join().unwrap()).collect()
    })
}

fn sign_by_all(tokens: &[Token], signer: &Held) {
    thread::scope(|scope| {
        for token in tokens {
            scope.spawn(|| (0..5).for_each(|_| signer.sign(token, TEXT).unwrap()));
        }
    });
}

/// There is always somebody in the library.
#[test]
fn who_has_to_be_alone_comes_in_though_others_never_cease() {
    alone("careful::who_has_to_be_alone_comes_in_though_others_never_cease", |yard| {
        let free = yard.open(&Settings::default().deadline(Duration::from_secs(60)).unwrap()).unwrap();
        let signer = Held::make(&free, Spec::Sm2Sign, 2);
        yard.calls();
        yard.ask("[[rule]]\nfunction = 'C_Sign'\ndelay_ms = 60\n");
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        signer.sign(&free, TEXT).unwrap();
                    }
                });
            }
            until("they are at work", || yard.begun("C_Sign") > 16);
            let opened = (0..2).map(|_| yard.open(&one_at_a_time(yard, "/of/another/*")).map(drop));
            let opened: Vec<_> = opened.collect();
            over.store(true, Ordering::Relaxed);
            opened.into_iter().for_each(|opened| opened.unwrap());
        });
    });
}

#[test]
fn calls_go_one_at_a_time_until_the_profile_allows_more() {
    alone("careful::calls_go_one_at_a_time_until_the_profile_allows_more", |yard| {
        let patient = |settings: Settings| settings.deadline(Duration::from_secs(60)).unwrap();
        // With no such profile at hand nobody waits for another.
        let free = patient(Settings::default());
        assert!(overlaps(yard, || drop(open_by_all(yard, &free))) > 0);

        // It may be another device's, or this one's: that is known once the token told who it is.
        let others = patient(one_at_a_time(yard, "/of/another/*"));
        let mut tokens = Vec::new();
        assert_eq!(overlaps(yard, || tokens = open_by_all(yard, &others)), 0);
        let signer = Held::make(&tokens[0], Spec::Sm2Sign, 2);
        assert!(overlaps(yard, || sign_by_all(&tokens, &signer)) > 0, "it is another device's");
        // A profile that is named is the one.
        drop(tokens);
        let named = patient(one_at_a_time(yard, "*")).profile("miyao");
        assert!(overlaps(yard, || drop(open_by_all(yard, &named))) > 0);

        // In the end, since the library is one for everybody in the process from here on.
        let ours = patient(one_at_a_time(yard, "*"));
        let mut tokens = Vec::new();
        assert_eq!(overlaps(yard, || tokens = open_by_all(yard, &ours)), 0);
        assert_eq!(overlaps(yard, || sign_by_all(&tokens, &signer)), 0, "it is this one's");
        assert_eq!(overlaps(yard, || sign_by_all(&open_by_all(yard, &free), &signer)), 0, "for everybody");
    });
}
