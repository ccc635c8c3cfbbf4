//! A library that may take one call at a time gets one at a time until it is known which token is behind it.

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{fs, thread};

use miyao::{
    key::Spec,
    provider::pkcs11::{Settings, Token, Uri, profile::Shelf},
};

use crate::{
    desk::{Held, TEXT},
    doubts::count,
    hangs::until,
    yard::{Yard, alone, module},
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
fn open_by_all(uri: &Uri, settings: &Settings) -> Vec<Token> {
    thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| Token::open(uri, settings).unwrap())).collect();
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

fn patient(settings: Settings) -> Settings {
    settings.deadline(Duration::from_secs(60)).unwrap()
}

#[test]
fn the_client_of_p11_kit_gets_one_call_at_a_time_whatever_is_behind_it() {
    alone("careful::the_client_of_p11_kit_gets_one_call_at_a_time_whatever_is_behind_it", |yard| {
        let client = yard.path("p11-kit-client.so");
        fs::copy(module(), &client).unwrap();
        let (uri, settings) = (yard.uri_of(&client), patient(Settings::default()));
        let mut tokens = Vec::new();
        assert_eq!(overlaps(yard, || tokens = open_by_all(&uri, &settings)), 0);
        let signer = Held::make(&tokens[0], Spec::Sm2Sign, 2);
        assert_eq!(overlaps(yard, || sign_by_all(&tokens, &signer)), 0);
        assert!(overlaps(yard, || drop(open_by_all(&yard.uri(), &settings))) > 0, "another library");
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
        let uri = yard.uri();
        // With no such profile at hand nobody waits for another.
        let free = patient(Settings::default());
        assert!(overlaps(yard, || drop(open_by_all(&uri, &free))) > 0);

        // It may be another device's, or this one's: that is known once the token told who it is.
        let others = patient(one_at_a_time(yard, "/of/another/*"));
        let mut tokens = Vec::new();
        assert_eq!(overlaps(yard, || tokens = open_by_all(&uri, &others)), 0);
        let signer = Held::make(&tokens[0], Spec::Sm2Sign, 2);
        assert!(overlaps(yard, || sign_by_all(&tokens, &signer)) > 0, "it is another device's");
        // A profile that is named is the one.
        drop(tokens);
        let named = patient(one_at_a_time(yard, "*")).profile("miyao");
        assert!(overlaps(yard, || drop(open_by_all(&uri, &named))) > 0);

        // In the end, since the library is one for everybody in the process from here on.
        let ours = patient(one_at_a_time(yard, "*"));
        let mut tokens = Vec::new();
        assert_eq!(overlaps(yard, || tokens = open_by_all(&uri, &ours)), 0);
        assert_eq!(overlaps(yard, || sign_by_all(&tokens, &signer)), 0, "it is this one's");
        assert_eq!(overlaps(yard, || sign_by_all(&open_by_all(&uri, &free), &signer)), 0, "for everybody");
    });
}
