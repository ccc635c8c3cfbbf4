//! A token at whose own pad somebody types the PIN: who needs it is asked once and given the time, and nobody else hangs meanwhile.

use core::time::Duration;
use std::{sync::Arc, thread, time::Instant};

use miyao::{
    Kind,
    key::Spec,
    provider::pkcs11::{Module, Settings, Slot, Token, Uri, probe, profile::Shelf},
};

use crate::{
    desk::{Held, TEXT, kind},
    doubts::count,
    hangs::{DEADLINE, LATE, until},
    yard::{PIN, Yard, alone, module},
};

/// Longer than anything else may take, on a busy machine too.
const TYPING: Duration = Duration::from_secs(4);
/// All sessions end, and with them the login.
const LOST: &str = "[[rule]]\nfunction = '*'\ncall = 1\ndrop_sessions = true\n";

/// Somebody types this after so long, or cancels.
fn types(pin: Option<&str>, after: Duration) -> String {
    let pin = pin.map_or_else(String::new, |pin| format!("pin = {pin:?}\n"));
    format!("[keypad]\n{pin}delay_ms = {}\n", after.as_millis())
}

/// No other way to the PIN is given, and nobody is asked at a terminal.
fn uri(yard: &Yard) -> Uri {
    Uri { pin_source: None, ..yard.uri() }
}

fn within(deadline: Duration) -> Settings {
    let asked_in_vain = Arc::new(|_: &_| panic!("a token with a pad asks by itself"));
    Settings::default().deadline(deadline).unwrap().ask_pin(asked_in_vain)
}

/// A token that is logged in to, of which nothing was written down yet, and a key in it.
fn opened(yard: &Yard, settings: &Settings) -> (Token, Held) {
    yard.ask(&types(Some(PIN), Duration::ZERO));
    let token = Token::open(&uri(yard), settings).unwrap();
    let signer = Held::make(&token, Spec::Sm2Sign, 2);
    yard.calls();
    (token, signer)
}

/// Somebody was asked, and did not type yet.
fn is_asked(yard: &Yard) {
    until("somebody is asked", || yard.has_begun("keypad"));
}

#[test]
fn a_login_at_a_pad_takes_longer_than_anything_else_and_hangs_nowhere() {
    alone("keypad::a_login_at_a_pad_takes_longer_than_anything_else_and_hangs_nowhere", |yard| {
        let slowly = types(Some(PIN), TYPING);
        yard.ask(&slowly);
        yard.calls();
        let begun = Instant::now();
        let token = Token::open(&uri(yard), &within(DEADLINE)).unwrap();
        assert!(begun.elapsed() >= TYPING);
        assert_eq!(token.hanging(), (0, 1));
        let signer = Held::make(&token, Spec::Sm2Sign, 2);
        let calls = yard.calls();
        assert_eq!((count(&calls, "keypad"), count(&calls, "C_Login")), (1, 1), "{calls:?}");
        // A login that is lost is typed anew, and there is as much time for it.
        for _ in 0..2 {
            yard.ask(&(slowly.clone() + LOST));
            signer.sign(&token, TEXT).unwrap();
            assert_eq!(token.hanging(), (0, 1));
            let calls = yard.calls();
            assert_eq!((count(&calls, "keypad"), count(&calls, "C_Login")), (1, 1), "{calls:?}");
        }
    });
}

#[test]
fn who_waits_while_another_one_is_asked_is_not_asked_too() {
    alone("keypad::who_waits_while_another_one_is_asked_is_not_asked_too", |yard| {
        let settings = within(Duration::from_secs(20));
        let (token, signer) = opened(yard, &settings);
        let sign = || signer.sign(&token, TEXT).unwrap();
        for comes_later in [true, false, false, false] {
            yard.ask(&(types(Some(PIN), TYPING / 4) + LOST));
            thread::scope(|scope| {
                scope.spawn(sign);
                if comes_later {
                    is_asked(yard);
                }
                scope.spawn(sign);
            });
            let calls = yard.calls();
            assert_eq!((count(&calls, "keypad"), count(&calls, "C_Login")), (1, 1), "{calls:?}");
        }
        // Likewise who knows nothing of the other one but the token: it says that somebody is in.
        drop(token);
        yard.ask(&types(Some(PIN), TYPING / 4));
        yard.calls();
        thread::scope(|scope| {
            let open = || Token::open(&uri(yard), &settings).unwrap();
            let tokens = [(); 3].map(|()| scope.spawn(open)).map(|opening| opening.join().unwrap());
            tokens.iter().for_each(|token| signer.sign(token, TEXT).unwrap());
        });
        let calls = yard.calls();
        assert_eq!(count(&calls, "keypad"), 1, "{calls:?}");
    });
}

#[test]
fn who_has_less_time_than_somebody_takes_to_type_is_told_so() {
    alone("keypad::who_has_less_time_than_somebody_takes_to_type_is_told_so", |yard| {
        let (token, signer) = opened(yard, &within(DEADLINE));
        yard.ask(&(types(Some(PIN), TYPING) + LOST));
        thread::scope(|scope| {
            let asked = scope.spawn(|| signer.sign(&token, TEXT));
            is_asked(yard);
            let begun = Instant::now();
            let busy = signer.sign(&token, TEXT).unwrap_err();
            assert!(begun.elapsed() < TYPING, "{:?}", begun.elapsed());
            assert_eq!(busy.kind(), Kind::Busy);
            assert!(busy.to_string().contains("type the PIN"), "{busy}");
            assert_eq!(token.hanging(), (0, 1), "neither hangs");
            asked.join().unwrap().unwrap();
        });
        signer.sign(&token, TEXT).unwrap();
        let calls = yard.calls();
        assert_eq!((count(&calls, "keypad"), count(&calls, "C_Login")), (1, 1), "{calls:?}");
    });
}

#[test]
fn a_wrong_pin_is_typed_once_by_all_who_come_at_the_same_time() {
    alone("keypad::a_wrong_pin_is_typed_once_by_all_who_come_at_the_same_time", |yard| {
        let settings = within(Duration::from_secs(20));
        let (token, signer) = opened(yard, &settings);
        yard.ask(&(types(Some("975310"), TYPING / 4) + LOST));
        thread::scope(|scope| {
            let sign = || assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Denied);
            let open = || assert_eq!(kind(Token::open(&uri(yard), &settings)), Kind::Denied);
            (0..3).for_each(|_| drop((scope.spawn(sign), scope.spawn(open))));
        });
        assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Denied);
        let calls = yard.calls();
        assert_eq!((count(&calls, "keypad"), count(&calls, "C_Login")), (1, 1), "{calls:?}");
        yard.ask(&types(Some(PIN), Duration::ZERO));
        assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Denied, "not by itself");
        token.allow_login();
        signer.sign(&token, TEXT).unwrap();
        assert_eq!(count(&yard.calls(), "keypad"), 1);
    });
}

#[test]
fn a_login_that_is_cancelled_at_the_pad_is_no_wrong_pin_and_is_not_begun_again() {
    alone("keypad::a_login_that_is_cancelled_at_the_pad_is_no_wrong_pin_and_is_not_begun_again", |yard| {
        let (token, signer) = opened(yard, &within(DEADLINE));
        for _ in 0..3 {
            yard.ask(&(types(None, Duration::ZERO) + LOST));
            let refused = signer.sign(&token, TEXT).unwrap_err();
            assert_eq!(refused.kind(), Kind::Denied);
            assert!(refused.to_string().contains("cancelled"), "{refused}");
            assert_eq!(count(&yard.calls(), "keypad"), 1, "whoever pressed that is not asked at once again");
        }
        yard.ask(&types(Some(PIN), Duration::ZERO));
        signer.sign(&token, TEXT).unwrap();
    });
}

#[test]
fn somebody_at_a_pad_is_waited_for_as_long_as_was_said_and_no_longer() {
    alone("keypad::somebody_at_a_pad_is_waited_for_as_long_as_was_said_and_no_longer", |yard| {
        const PATIENCE: Duration = Duration::from_millis(1500);
        let (token, signer) = opened(yard, &within(DEADLINE).keypad(PATIENCE).unwrap());
        yard.ask(&(types(Some(PIN), 2 * TYPING) + LOST));
        let begun = Instant::now();
        assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Unavailable);
        let took = begun.elapsed();
        assert!((PATIENCE..TYPING).contains(&took), "{took:?}");
        assert_eq!(token.hanging(), (1, 1), "the call is in the token as long as that waits");
        // What is typed in the end is for whoever comes then.
        let begun = Instant::now();
        while token.hanging() != (0, 1) {
            assert!(begun.elapsed() < 2 * TYPING + LATE);
            thread::sleep(Duration::from_millis(10));
        }
        signer.sign(&token, TEXT).unwrap();
        let calls = yard.calls();
        assert_eq!((count(&calls, "keypad"), count(&calls, "C_Login")), (1, 1), "{calls:?}");
        // Who has more time for anything gives it for this too.
        let patient = within(2 * TYPING).keypad(PATIENCE).unwrap();
        drop(token);
        yard.ask(&types(Some(PIN), TYPING));
        signer.sign(&Token::open(&uri(yard), &patient).unwrap(), TEXT).unwrap();
    });
}

#[test]
fn a_self_test_has_the_pin_typed_at_the_pad() {
    alone("keypad::a_self_test_has_the_pin_typed_at_the_pad", |yard| {
        yard.ask(&types(Some(PIN), TYPING / 4));
        let library = Module::load(&module()).unwrap();
        let ours = |slot: &&Slot| slot.token.as_ref().is_some_and(|token| token.label == "kms");
        let slots = library.slots().unwrap();
        let slot = slots.iter().find(ours).unwrap();
        assert!(slot.token.as_ref().unwrap().protected_path);
        let shelf = Shelf::built_in().unwrap();
        let profile = shelf.named("miyao").unwrap();
        yard.calls();
        assert!(probe::self_test(&library, slot.id, None, profile).unwrap().is_passed());
        assert_eq!(count(&yard.calls(), "keypad"), 1);
        // Without a pad nobody types, and without a PIN nobody gets in.
        yard.calm();
        assert!(!probe::self_test(&library, slot.id, None, profile).is_ok_and(|verdict| verdict.is_passed()));
        assert_eq!(count(&yard.calls(), "C_Login"), 0);
    });
}
