//! A token that is gone between two questions: what was answered before is no answer, and nothing is made because of it.

use std::{fmt::Debug, thread};

use cryptoki_sys as ck;
use miyao::{
    Kind, Result,
    key::Spec,
    provider::{
        Device, Machine, ResidentId, RootId, Roots,
        pkcs11::{Suite, Token},
    },
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open, with},
    doubts::count,
    habits::PAUSE,
    hangs::soon,
    yard::{Yard, alone, answers},
};

/// What the questions of a search are, in their order: of a private key, of a secret one, and whether the token was there.
const BETWEEN: [(&str, u64); 7] = [
    ("C_FindObjects", 1),
    ("C_FindObjectsFinal", 1),
    ("C_FindObjectsInit", 2),
    ("C_FindObjects", 2),
    ("C_FindObjectsFinal", 2),
    ("C_GetTokenInfo", 1),
    ("C_GetSessionInfo", 1),
];
const GONE: [u64; 2] = [ck::CKR_TOKEN_NOT_PRESENT, ck::CKR_DEVICE_REMOVED];
const ABSENT: [u8; 16] = [99; 16];

/// From this call on it is gone, for longer than anybody tries.
fn from_then_on(function: &str, call: u64, rv: u64) -> String {
    (call..call + 40).map(|call| answers(function, Some(call), rv)).collect()
}

#[track_caller]
fn is_refused<T: Debug>(yard: &Yard, before: &[String], what: &str, result: Result<T>) {
    assert_eq!(kind(result), Kind::Unavailable, "{what}");
    let calls = yard.calls();
    for making in ["C_GenerateKey", "C_GenerateKeyPair", "C_CreateObject", "C_DestroyObject"] {
        assert_eq!(count(&calls, making), 0, "{what}: {calls:?}");
    }
    yard.calm();
    assert_eq!(yard.objects(), before, "{what}");
}

#[test]
fn a_token_that_is_gone_between_two_searches_makes_nothing_and_comes_back() {
    alone("searches::a_token_that_is_gone_between_two_searches_makes_nothing_and_comes_back", |yard| {
        let token = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
        let (root, held) = (root(&token, 1), Held::make(&token, Spec::HmacSm3, 2));
        let sealed = seal(&*root, 3);
        let before = yard.objects();
        for (function, call) in BETWEEN {
            for rv in GONE {
                let what = format!("{function} {call} {rv:#x}");
                thread::sleep(PAUSE);
                // It was there: somebody is logged in.
                let goes = || {
                    soon(|| token.check_health());
                    yard.ask(&from_then_on(function, call, rv));
                    yard.calls();
                };
                goes();
                is_refused(yard, &before, &what, token.create(&RootId(ABSENT)).map(drop));
                goes();
                is_refused(yard, &before, &what, token.generate(Spec::HmacSm3, &ResidentId(ABSENT), "x"));
                goes();
                is_refused(yard, &before, &what, token.generate(Spec::Sm2Sign, &ResidentId(ABSENT), "x"));
                goes();
                is_refused(yard, &before, &what, token.sweep(Spec::Sm2Sign, &ResidentId(ABSENT)));
                // It comes back, and is as it was.
                soon(|| held.mac(&token, &[TEXT]).map(drop));
                try_open(&*root, &sealed).unwrap();
                // Gone for a moment only, it is looked at once more.
                yard.ask(&answers(function, Some(call), rv));
                token.sweep(Spec::Sm2Sign, &ResidentId(ABSENT)).unwrap();
                yard.calm();
            }
        }
        // The same once it can be made.
        let made = token.create(&RootId(ABSENT)).unwrap();
        try_open(&*made, &seal(&*made, 4)).unwrap();
    });
}

#[test]
fn that_nothing_was_found_is_not_believed_of_a_token_that_is_gone() {
    alone("searches::that_nothing_was_found_is_not_believed_of_a_token_that_is_gone", |yard| {
        let token = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
        let _root = root(&token, 1);
        let before = yard.objects();
        for (function, call) in BETWEEN {
            for rv in GONE {
                let what = format!("{function} {call} {rv:#x}");
                thread::sleep(PAUSE);
                let goes = || {
                    soon(|| token.check_health());
                    yard.ask(&from_then_on(function, call, rv));
                    yard.calls();
                };
                goes();
                let found = Roots::find(&token, &RootId(ABSENT)).map(|found| found.is_some());
                is_refused(yard, &before, &what, found);
                goes();
                let found = Device::find(&token, Spec::Sm2Sign, &ResidentId(ABSENT));
                is_refused(yard, &before, &what, found);
                // Gone for a moment only, it is asked once more, and what it says then is so.
                for (id, is_there) in [(ABSENT, false), ([1; 16], true)] {
                    soon(|| token.check_health());
                    yard.ask(&answers(function, Some(call), rv));
                    let found = Roots::find(&token, &RootId(id));
                    assert_eq!(found.unwrap().is_some(), is_there, "{what}");
                    yard.calm();
                }
            }
        }
        assert_eq!(yard.objects(), before);
    });
}

/// A pair of which the public half is looked for when the token is gone is not broken.
#[test]
fn a_pair_is_not_called_broken_by_a_token_that_is_gone() {
    alone("searches::a_pair_is_not_called_broken_by_a_token_that_is_gone", |yard| {
        let token: Token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let before = yard.objects();
        for rv in GONE {
            for function in ["C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal"] {
                thread::sleep(PAUSE);
                yard.ask(&from_then_on(function, 3, rv));
                yard.calls();
                let found = Roots::find(&token, &RootId([1; 16])).map(|found| found.is_some());
                is_refused(yard, &before, function, found);
                soon(|| try_open(&*root, &sealed));
            }
        }
    });
}
