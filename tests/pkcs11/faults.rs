//! What goes wrong with a token: nothing is lost and no key is made because of it.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use miyao::{
    Kind, Result, Secret, SecretBytes,
    provider::{
        Machine, Provider, RootId, Roots,
        pkcs11::{Settings, Suite, Token},
    },
};

use crate::softhsm::{BINDING, MASTER, PIN, Yard, alone, kind, opens, root, seal, with};

#[test]
fn a_token_that_was_away_is_used_again_and_nothing_was_made_meanwhile() {
    alone("faults::a_token_that_was_away_is_used_again_and_nothing_was_made_meanwhile", |yard| {
        for suite in [Suite::Sm2EcRaw, Suite::AesGcmDevice] {
            let token = yard.open(&with(suite)).unwrap();
            let root = root(&token, suite.number());
            let sealed = seal(&*root, 3);
            let before = yard.count_files();
            fs::rename(yard.path("tokens"), yard.path("away")).unwrap();
            fs::create_dir(yard.path("tokens")).unwrap();
            for _ in 0..3 {
                // First, while a session is open that knew whose it was.
                assert_eq!(kind(root.place()), Kind::Unavailable, "it has a place, and nobody can look");
                assert_eq!(kind(token.identity()), Kind::Unavailable);
                assert_eq!(kind(root.open(&sealed, BINDING)), Kind::Unavailable);
                assert_eq!(kind(Roots::find(&token, &RootId([suite.number(); 16]))), Kind::Unavailable);
                assert_eq!(kind(token.create(&RootId([suite.number() + 50; 16]))), Kind::Unavailable);
                assert_eq!(kind(token.check_health()), Kind::Unavailable);
                assert_eq!(kind(root.place()), Kind::Unavailable);
                thread::sleep(Duration::from_millis(60));
            }
            assert_eq!(yard.count_files(), 0, "no key was made");
            fs::remove_dir_all(yard.path("tokens")).unwrap();
            fs::rename(yard.path("away"), yard.path("tokens")).unwrap();
            soon(|| root.open(&sealed, BINDING).map(drop));
            opens(&*root, &sealed);
            opens(&*root, &seal(&*root, 4));
            assert_eq!(root.place().unwrap().unwrap().0, RootId([suite.number(); 16]));
            assert!(token.place().unwrap().is_none(), "a token alone is no root");
            assert_eq!(yard.count_files(), before, "and none was lost");
        }
    });
}

/// Soon it works, and until then it says that it does not.
#[track_caller]
pub(crate) fn soon(attempt: impl Fn() -> Result<()>) {
    let begun = Instant::now();
    loop {
        match attempt() {
            Ok(()) => return,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Unavailable, "{error:?}");
                assert!(begun.elapsed() < Duration::from_secs(20), "{error:?}");
                thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

#[test]
fn a_key_that_was_destroyed_is_missing_and_is_not_made_again() {
    alone("faults::a_key_that_was_destroyed_is_missing_and_is_not_made_again", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let gone = root(&token, 1);
        let sealed = seal(&*gone, 3);
        delete(yard, &"01".repeat(16));
        let before = yard.count_files();
        for _ in 0..2 {
            assert_eq!(kind(gone.open(&sealed, BINDING)), Kind::Missing);
            assert_eq!(
                kind(gone.seal(&Secret::take(&mut MASTER.clone()), BINDING, &mut crate::softhsm::rng(1))),
                Kind::Missing
            );
        }
        assert_eq!(yard.count_files(), before);
        // Another key of the same name is not the one that sealed.
        let another = root(&token, 1);
        let refused = another.open(&sealed, BINDING).unwrap_err();
        assert_eq!(refused.kind(), Kind::Rejected);
        assert!(refused.to_string().contains("another key"), "{refused}");
        opens(&*another, &seal(&*another, 4));
    });
}

/// Destroys a key pair from another process.
fn delete(yard: &Yard, id: &str) {
    for class in ["privkey", "pubkey"] {
        let deleted = std::process::Command::new("pkcs11-tool")
            .args(["--module", crate::softhsm::MODULE, "--token-label", "kms", "--login", "--pin", PIN])
            .args(["--delete-object", "--type", class, "--id", id])
            .env("SOFTHSM2_CONF", yard.path("softhsm2.conf"))
            .output()
            .expect("pkcs11-tool is needed: apt-get install opensc");
        assert!(deleted.status.success(), "{deleted:?}");
    }
}

#[test]
fn two_keys_of_one_name_are_an_error() {
    alone("faults::two_keys_of_one_name_are_an_error", |yard| {
        let token = yard.open(&with(Suite::AesGcmDevice)).unwrap();
        let one = root(&token, 1);
        let sealed = seal(&*one, 3);
        let made = std::process::Command::new("pkcs11-tool")
            .args(["--module", crate::softhsm::MODULE, "--token-label", "kms", "--login", "--pin", PIN])
            .args(["--keygen", "--key-type", "AES:32", "--id", &"01".repeat(16), "--label", "twin"])
            .env("SOFTHSM2_CONF", yard.path("softhsm2.conf"))
            .output()
            .expect("pkcs11-tool is needed: apt-get install opensc");
        assert!(made.status.success(), "{made:?}");
        let before = yard.count_files();
        // A new process, as it were: nothing is remembered of the one key.
        drop((token, one));
        let token = yard.open(&with(Suite::AesGcmDevice)).unwrap();
        assert_eq!(kind(token.open(&sealed, BINDING)), Kind::Corrupt);
        assert_eq!(kind(Roots::find(&token, &RootId([1; 16]))), Kind::Corrupt);
        assert_eq!(kind(token.create(&RootId([1; 16]))), Kind::Corrupt);
        assert_eq!(yard.count_files(), before);
    });
}

#[test]
fn a_wrong_pin_is_tried_once_until_somebody_says_otherwise() {
    alone("faults::a_wrong_pin_is_tried_once_until_somebody_says_otherwise", |yard| {
        let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = std::sync::Arc::clone(&asked);
        let answer = std::sync::Arc::new(std::sync::Mutex::new("wrong"));
        let given = std::sync::Arc::clone(&answer);
        let mut uri = yard.uri("kms");
        uri.pin_source = None;
        let settings = Settings::default().ask_pin(std::sync::Arc::new(move |token| {
            assert_eq!(token.label, "kms");
            counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok(SecretBytes::take(given.lock().unwrap().as_bytes().to_vec()))
        }));
        let refused = Token::open(&uri, &settings).unwrap_err();
        assert_eq!(refused.kind(), Kind::Denied, "{refused:?}");
        assert!(!format!("{refused:?}").contains("wrong\""), "{refused:?}");
        *answer.lock().unwrap() = PIN;
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        assert_eq!(kind(Token::open(&uri, &settings)), Kind::Denied);
                    }
                });
            }
        });
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1, "exactly one attempt");
        // A token of another name has a PIN of its own, and through it the operator says that this one may be tried.
        let other = Token::open(&yard.uri("other"), &Settings::default()).unwrap();
        other.allow_login();
        let token = Token::open(&uri, &settings).unwrap();
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 2);
        opens(&*root(&token, 1), &seal(&*Roots::find(&token, &RootId([1; 16])).unwrap().unwrap(), 3));
    });
}

#[test]
fn a_pin_that_another_process_changes_is_read_anew() {
    alone("faults::a_pin_that_another_process_changes_is_read_anew", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        yard.change_pin(PIN, "98765");
        // The login stands.
        opens(&*root, &sealed);
        // A new start with the old PIN: one attempt, and nothing made.
        let before = yard.count_files();
        drop((token, root));
        assert_eq!(kind(yard.open(&Settings::default())), Kind::Denied);
        assert_eq!(kind(yard.open(&Settings::default())), Kind::Denied);
        yard.write_pin("98765");
        assert_eq!(kind(yard.open(&Settings::default())), Kind::Denied, "not by itself");
        Token::open(&yard.uri("other"), &Settings::default()).unwrap_err();
        yard.write_pin(PIN);
        let other = Token::open(&yard.uri("other"), &Settings::default());
        // The file was wrong for the other token just now; its PIN was refused too, once.
        assert_eq!(kind(other), Kind::Denied);
        yard.write_pin("98765");
        Token::allow_logins(&yard.uri("kms")).unwrap();
        let token = yard.open(&Settings::default()).unwrap();
        opens(&token, &sealed);
        assert_eq!(yard.count_files(), before);
    });
}

#[test]
fn sessions_that_are_all_in_use_are_waited_for() {
    alone("faults::sessions_that_are_all_in_use_are_waited_for", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw).sessions(1).unwrap()).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..10).for_each(|_| opens(&*root, &sealed)));
            }
        });
        assert_eq!(token.hanging(), (0, 1));
    });
}

#[test]
fn the_last_one_finalises_and_the_next_one_initialises() {
    alone("faults::the_last_one_finalises_and_the_next_one_initialises", |yard| {
        let mut sealed = None;
        for _ in 0..5 {
            let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
            let other = Token::open(&yard.uri("other"), &Settings::default()).unwrap();
            let sealed = sealed.get_or_insert_with(|| seal(&*root(&token, 1), 3));
            drop(other);
            opens(&token, sealed);
        }
    });
}
