//! Answers that may mean anything: nobody's data is called altered, nobody's PIN is tried again and nobody is believed for one.

use std::{thread, time::Instant};

use cryptoki_sys as ck;
use miyao::{
    Kind, Result, SecretBytes,
    key::Spec,
    provider::{
        Device, ResidentId, RootId, Roots,
        pkcs11::{Module, Settings, Slot, Suite, Token, probe, profile::Shelf},
    },
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open, with},
    habits::PAUSE,
    hangs::LATE,
    yard::{PIN, alone, answers, module},
};

/// How often a function was called.
pub(crate) fn count(calls: &[String], function: &str) -> usize {
    calls.iter().filter(|call| call.split(' ').next() == Some(function)).count()
}

/// The one retry is not made on a session that ended with the others.
#[test]
fn all_sessions_end_while_several_workers_rest_and_the_next_caller_does_not_notice() {
    alone(
        "doubts::all_sessions_end_while_several_workers_rest_and_the_next_caller_does_not_notice",
        |yard| {
            let token = yard.open(&Settings::default().sessions(4).unwrap()).unwrap();
            let signer = Held::make(&token, Spec::Sm2Sign, 2);
            for round in 1..=4 {
                yard.ask("[[rule]]\nfunction = 'C_Sign'\ndelay_ms = 400\n");
                yard.calls();
                thread::scope(|scope| {
                    (0..4).for_each(|_| drop(scope.spawn(|| signer.sign(&token, TEXT).unwrap())));
                });
                let opened = count(&yard.calls(), "C_OpenSession");
                assert!(opened >= 2, "round {round}: several have a session of now, {opened} opened");
                yard.ask("[[rule]]\nfunction = '*'\ncall = 1\ndrop_sessions = true\n");
                signer.sign(&token, TEXT).unwrap();
                let calls = yard.calls();
                assert_eq!(count(&calls, "C_Login"), 1, "round {round}: {calls:?}");
                assert_eq!(count(&calls, "C_SignInit"), 2, "round {round}: {calls:?}");
            }
        },
    );
}

#[test]
fn who_makes_or_destroys_a_key_does_not_notice_that_all_sessions_ended() {
    alone("doubts::who_makes_or_destroys_a_key_does_not_notice_that_all_sessions_ended", |yard| {
        let token = yard.open(&Settings::default().suite(Suite::Sm4GcmDevice)).unwrap();
        let (held, id) = (Held::make(&token, Spec::HmacSm3, 2), ResidentId([3; 16]));
        let before = yard.objects().len();
        let works: [(&dyn Fn() -> Result<()>, usize); 4] = [
            (&|| token.create(&RootId([1; 16])).map(drop), 1),
            (&|| token.generate(Spec::Sm2Sign, &id, "x").map(drop), 1),
            (&|| token.sweep(Spec::Sm2Sign, &ResidentId([4; 16])), 0),
            (&|| token.destroy(&held.resident.reference), 0),
        ];
        for (work, made) in works {
            yard.ask("[[rule]]\nfunction = '*'\ncall = 1\ndrop_sessions = true\n");
            yard.calls();
            work().unwrap();
            let calls = yard.calls();
            assert_eq!(count(&calls, "C_Login"), 1, "{calls:?}");
            assert_eq!(count(&calls, "C_GenerateKey") + count(&calls, "C_GenerateKeyPair"), made);
        }
        // A root, the two halves of a pair, and a key less.
        assert_eq!(yard.objects().len(), before + 1 + 2 - 1);
    });
}

#[test]
fn one_unclear_answer_about_data_does_not_call_it_altered() {
    alone("doubts::one_unclear_answer_about_data_does_not_call_it_altered", |yard| {
        let token = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let unclear = |call| answers("C_Decrypt", call, ck::CKR_GENERAL_ERROR);
        for lost in [ck::CKR_USER_NOT_LOGGED_IN, ck::CKR_DEVICE_ERROR] {
            try_open(&*root, &sealed).unwrap();
            thread::sleep(PAUSE);
            yard.ask(&(answers("C_Decrypt", Some(1), lost) + &unclear(Some(2))));
            assert_eq!(kind(try_open(&*root, &sealed)), Kind::Unavailable, "it was answered so once");
            yard.ask(&unclear(Some(1)));
            try_open(&*root, &sealed).unwrap();
            yard.ask(&unclear(None));
            assert_eq!(kind(try_open(&*root, &sealed)), Kind::Rejected, "it was answered so twice");
            yard.calm();
        }
    });
}

#[test]
fn a_wrong_pin_is_tried_once_by_all_who_come_at_the_same_time() {
    alone("doubts::a_wrong_pin_is_tried_once_by_all_who_come_at_the_same_time", |yard| {
        yard.write_pin("975310");
        yard.ask("[[rule]]\nfunction = 'C_Login'\ndelay_ms = 200\n");
        yard.calls();
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| assert_eq!(kind(yard.open(&Settings::default())), Kind::Denied));
            }
        });
        assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
        assert_eq!(count(&yard.calls(), "C_Login"), 1);
        yard.write_pin(PIN);
        yard.calm();
        Token::allow_logins(&yard.uri()).unwrap();
        yard.open(&Settings::default()).unwrap();
    });
}

#[test]
fn a_pin_that_is_refused_without_saying_so_is_told_as_refused() {
    alone("doubts::a_pin_that_is_refused_without_saying_so_is_told_as_refused", |yard| {
        yard.ask(&answers("C_Login", None, ck::CKR_GENERAL_ERROR));
        yard.calls();
        for logins in [1, 0] {
            assert_eq!(kind(yard.open(&Settings::default())), Kind::Denied);
            assert_eq!(count(&yard.calls(), "C_Login"), logins);
        }
    });
}

/// A wrong PIN may be answered with anything: however many operations want it, it goes out once.
#[test]
fn a_pin_is_not_sent_again_whatever_a_login_is_answered() {
    alone("doubts::a_pin_is_not_sent_again_whatever_a_login_is_answered", |yard| {
        let answered = [
            ck::CKR_ENCRYPTED_DATA_INVALID,
            ck::CKR_DATA_LEN_RANGE,
            ck::CKR_DEVICE_ERROR,
            ck::CKR_DEVICE_REMOVED,
            ck::CKR_SESSION_CLOSED,
            ck::CKR_TOKEN_NOT_RECOGNIZED,
            ck::CKR_USER_NOT_LOGGED_IN,
            ck::CKR_FUNCTION_NOT_SUPPORTED,
            ck::CKR_HOST_MEMORY,
            ck::CKR_SESSION_COUNT,
            ck::CKR_GENERAL_ERROR,
            0x8000_0001,
        ];
        for rv in answered {
            for call in [None, Some(1)] {
                yard.ask(&answers("C_Login", call, rv));
                yard.calls();
                for _ in 0..4 {
                    let error = yard.open(&Settings::default()).unwrap_err();
                    assert_eq!(error.kind(), Kind::Denied, "{rv:#x}: {error:?}");
                    assert!(error.to_string().contains("PIN"), "{rv:#x}: {error}");
                }
                assert_eq!(count(&yard.calls(), "C_Login"), 1, "{rv:#x}");
                yard.calm();
                assert_eq!(kind(yard.open(&Settings::default())), Kind::Denied, "not by itself");
                Token::allow_logins(&yard.uri()).unwrap();
                yard.open(&Settings::default()).unwrap();
            }
        }
    });
}

#[test]
fn a_login_that_nobody_looked_at_is_not_held_against_the_pin() {
    alone("doubts::a_login_that_nobody_looked_at_is_not_held_against_the_pin", |yard| {
        for rv in
            [ck::CKR_TOKEN_NOT_PRESENT, ck::CKR_CRYPTOKI_NOT_INITIALIZED, ck::CKR_SESSION_HANDLE_INVALID]
        {
            for _ in 0..3 {
                yard.ask(&answers("C_Login", None, rv));
                assert_eq!(kind(yard.open(&Settings::default())), Kind::Unavailable, "{rv:#x}");
                thread::sleep(PAUSE);
            }
            yard.calm();
            yard.open(&Settings::default()).unwrap();
        }
    });
}

#[test]
fn a_self_test_that_is_not_let_in_has_verified_nothing() {
    alone("doubts::a_self_test_that_is_not_let_in_has_verified_nothing", |yard| {
        let library = Module::load(&module()).unwrap();
        let slots = library.slots().unwrap();
        let ours = |slot: &&Slot| slot.token.as_ref().is_some_and(|token| token.label == "kms");
        let slot = slots.iter().find(ours).unwrap().id;
        let (shelf, pin) = (Shelf::built_in().unwrap(), SecretBytes::take(PIN.into()));
        let told = [
            (ck::CKR_ENCRYPTED_DATA_INVALID, Kind::Denied),
            (ck::CKR_PIN_INCORRECT, Kind::Denied),
            (ck::CKR_DEVICE_ERROR, Kind::Denied),
            (ck::CKR_TOKEN_NOT_PRESENT, Kind::Unavailable),
        ];
        for (rv, kind_told) in told {
            yard.ask(&answers("C_Login", None, rv));
            yard.calls();
            let profile = shelf.named("miyao").unwrap();
            assert_eq!(kind(probe::self_test(&library, slot, Some(&pin), profile)), kind_told, "{rv:#x}");
            assert_eq!(count(&yard.calls(), "C_Login"), 1);
        }
    });
}

#[test]
fn what_was_made_in_vain_and_cannot_be_destroyed_is_in_nobodys_way() {
    alone("doubts::what_was_made_in_vain_and_cannot_be_destroyed_is_in_nobodys_way", |yard| {
        let token = yard.open(&Settings::default()).unwrap();
        let (before, id) = (yard.objects(), ResidentId([9; 16]));
        let is_of_no_use = answers("C_Decrypt", None, ck::CKR_DEVICE_MEMORY);
        for failing in [1, 2] {
            yard.ask(&(answers("C_DestroyObject", Some(failing), ck::CKR_GENERAL_ERROR) + &is_of_no_use));
            token.generate(Spec::Sm2Encrypt, &id, "x").unwrap_err();
            yard.calm();
            let left = yard.objects().len() - before.len();
            match Device::find(&token, Spec::Sm2Encrypt, &id).unwrap() {
                Some(whole) => {
                    assert_eq!((failing, left), (1, 2));
                    token.destroy(&whole.reference).unwrap();
                }
                None => {
                    assert_eq!((failing, left), (2, 1));
                    token.sweep(Spec::Sm2Encrypt, &id).unwrap();
                }
            }
            assert_eq!(yard.objects(), before);
        }
    });
}

/// A device that fails by itself when it is shown another C3 has not refused it.
#[test]
fn a_refusal_is_believed_of_a_device_that_is_well() {
    alone("doubts::a_refusal_is_believed_of_a_device_that_is_well", |yard| {
        let reader = Held::make(&yard.open(&Settings::default()).unwrap(), Spec::Sm2Encrypt, 3);
        let ciphertext = reader.ciphertext(1);
        // The key is recognised, the text is read, another C3 is shown; then the device is looked at, and the whole is done again.
        for (failing, decryptions) in [(3..=3, 4), (3..=4, 7)] {
            let token = yard.open(&Settings::default()).unwrap();
            let unclear = |call| answers("C_Decrypt", Some(call), ck::CKR_GENERAL_ERROR);
            yard.ask(&failing.map(unclear).collect::<String>());
            for expected in [decryptions, 1] {
                yard.calls();
                assert_eq!(reader.decrypt(&token, &ciphertext).unwrap(), TEXT);
                let calls = yard.calls();
                assert_eq!(count(&calls, "C_Decrypt"), expected, "{calls:?}");
            }
            yard.calm();
        }
    });
}
