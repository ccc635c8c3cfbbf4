//! What a profile says of a device's habits is heeded: which numbers mean what, how much it takes, and how many calls at once.

use core::time::Duration;
use std::{collections::BTreeSet, fs, path::PathBuf, thread, time::Instant};

use cryptoki_sys as ck;
use miyao::{
    Kind, SecretBytes,
    algo::sm2::Encoding,
    key::Spec,
    provider::{
        Device, ResidentId,
        pkcs11::{
            Module, Settings, Suite, Token, probe,
            profile::{Operation, Profile, Shelf},
        },
    },
};

use crate::{
    desk::{Held, TEXT, kind, rng, root, seal, try_open, try_seal},
    hangs::{LATE, until},
    yard::{PIN, Yard, alone, answers, module, say},
};

/// Settings with the profile of miyao's token, changed.
fn with_profile(yard: &Yard, change: impl FnOnce(&mut Profile)) -> Settings {
    let mut profile = Shelf::built_in().unwrap().named("miyao").unwrap().clone();
    profile.name = "changed".into();
    change(&mut profile);
    let path = yard.path("changed.toml");
    fs::write(&path, profile.to_toml()).unwrap();
    Settings::default().profiles(path).profile("changed")
}

/// A module that was just initialised is not initialised again.
pub(crate) const PAUSE: Duration = Duration::from_millis(150);

fn is_made_anew(calls: &[String]) -> bool {
    calls.iter().any(|call| call.starts_with("C_Initialize") || call.starts_with("C_Finalize"))
}

#[test]
fn a_number_that_rejects_is_no_trouble_of_the_device() {
    alone("habits::a_number_that_rejects_is_no_trouble_of_the_device", |yard| {
        for suite in [Suite::Sm4GcmDevice, Suite::Sm4CbcEtmDevice] {
            let rejecting = with_profile(yard, |profile| profile.quirks.rejects.push(ck::CKR_DEVICE_ERROR));
            let token = yard.open(&rejecting.suite(suite)).unwrap();
            let root = root(&token, suite.number());
            let sealed = seal(&*root, 3);
            for _ in 0..3 {
                yard.ask(&answers("C_Decrypt", None, ck::CKR_DEVICE_ERROR));
                yard.calls();
                assert_eq!(kind(try_open(&*root, &sealed)), Kind::Rejected);
                assert!(!is_made_anew(&yard.calls()), "the device is well");
                // Of another call it says what it always said.
                yard.ask(&answers("C_Encrypt", None, ck::CKR_DEVICE_ERROR));
                assert_eq!(kind(try_seal(&*root, 4)), Kind::Unavailable);
                yard.calm();
                thread::sleep(PAUSE);
                try_open(&*root, &sealed).unwrap();
            }
            // Where no profile says so it is the device that fails.
            drop((token, root));
            let token = yard.open(&with_profile(yard, |_| ()).suite(suite)).unwrap();
            thread::sleep(PAUSE);
            yard.ask(&answers("C_Decrypt", None, ck::CKR_DEVICE_ERROR));
            yard.calls();
            assert_eq!(kind(try_open(&token, &sealed)), Kind::Unavailable);
            assert!(is_made_anew(&yard.calls()));
            yard.calm();
            thread::sleep(PAUSE);
        }
    });
}

#[test]
fn a_number_that_means_full_is_waited_for() {
    alone("habits::a_number_that_means_full_is_waited_for", |yard| {
        const FULL: u64 = 0x8000_0042;
        let token = yard.open(&with_profile(yard, |profile| profile.quirks.full.push(FULL))).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 2);
        yard.ask(&(1..=40).map(|call| answers("C_OpenSession", Some(call), FULL)).collect::<String>());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..20).for_each(|_| signer.sign(&token, TEXT).unwrap()));
            }
        });
        yard.calm();
        assert_eq!(token.hanging(), (0, 1));
    });
}

#[test]
fn a_search_may_end_with_a_device_error_that_means_nothing() {
    alone("habits::a_search_may_end_with_a_device_error_that_means_nothing", |yard| {
        let settings = with_profile(yard, |profile| profile.quirks.ignore_device_error = true);
        let token = yard.open(&settings.suite(Suite::Sm4GcmDevice)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        // Of a private key there is none; there is one secret key, and then no more.
        let at_the_end = answers("C_FindObjects", Some(3), ck::CKR_DEVICE_ERROR);
        let at_once = answers("C_FindObjects", None, ck::CKR_DEVICE_ERROR);
        thread::sleep(PAUSE);
        yard.ask(&at_the_end);
        yard.calls();
        let again = seal(&*root, 4);
        yard.ask(&at_once);
        assert_eq!(Device::find(&token, Spec::Sm4, &ResidentId([77; 16])).unwrap(), None);
        assert!(!is_made_anew(&yard.calls()));
        yard.ask(&("vanish = true\n".to_owned() + &at_once));
        let of_a_token_that_is_not_there = Device::find(&token, Spec::Sm4, &ResidentId([77; 16]));
        assert_eq!(kind(of_a_token_that_is_not_there), Kind::Unavailable);
        yard.calm();
        let strict = yard.open(&with_profile(yard, |_| ())).unwrap();
        try_open(&strict, &again).unwrap();
        thread::sleep(PAUSE);
        yard.ask(&at_the_end);
        yard.calls();
        let found = miyao::provider::Roots::find(&strict, &miyao::provider::RootId([1; 16])).unwrap();
        assert!(found.is_some() && is_made_anew(&yard.calls()), "it might be the device");
        yard.calm();
        try_open(&strict, &sealed).unwrap();
    });
}

#[test]
fn what_is_too_long_for_a_call_is_refused_before_it() {
    alone("habits::what_is_too_long_for_a_call_is_refused_before_it", |yard| {
        let token = yard.open(&with_profile(yard, |profile| profile.limits.data = Some(160))).unwrap();
        let (maker, reader) = (Held::make(&token, Spec::HmacSm3, 1), Held::make(&token, Spec::Sm2Encrypt, 2));
        maker.mac(&token, &[&[1; 100], &[2; 60]]).unwrap();
        let short = reader.public().encrypt(&TEXT[..60], Encoding::C1C3C2, &mut rng(1)).unwrap();
        assert_eq!(reader.decrypt(&token, &short).unwrap(), &TEXT[..60]);
        let ciphertext = reader.ciphertext(1);
        assert!(short.len() < 160 && ciphertext.len() > 160);
        yard.calls();
        assert_eq!(kind(maker.mac(&token, &[&[1; 100], &[2; 61]])), Kind::TooLarge);
        assert_eq!(kind(reader.decrypt(&token, &ciphertext)), Kind::TooLarge);
        let calls = yard.calls();
        assert!(!calls.iter().any(|call| call.starts_with("C_Sign") || call == "C_Decrypt"), "{calls:?}");
    });
}

#[test]
fn a_library_that_takes_one_call_at_a_time_gets_one_whoever_asks() {
    alone("habits::a_library_that_takes_one_call_at_a_time_gets_one_whoever_asks", |yard| {
        const DELAY: Duration = Duration::from_millis(60);
        let settings = with_profile(yard, |profile| profile.quirks.one_at_a_time = true);
        let settings = settings.deadline(Duration::from_secs(3)).unwrap();
        let tokens = [yard.open(&settings).unwrap(), yard.open(&settings).unwrap()];
        let signer = Held::make(&tokens[0], Spec::Sm2Sign, 2);
        let sign_by_all = || {
            thread::scope(|scope| {
                for token in &tokens {
                    scope.spawn(|| (0..5).for_each(|_| signer.sign(token, TEXT).unwrap()));
                }
            });
        };
        sign_by_all();
        yard.ask(&format!("[[rule]]\nfunction = 'C_Sign'\ndelay_ms = {}\n", DELAY.as_millis()));
        let begun = Instant::now();
        sign_by_all();
        let took = begun.elapsed();
        assert!(took >= 10 * DELAY, "two were in the library at once: ten took {took:?}");
        // Whoever waits for one that hangs has a deadline, and is no call that hangs.
        yard.ask("[[rule]]\nfunction = 'C_Sign'\ncall = 1\nhang = true\n");
        yard.calls();
        thread::scope(|scope| {
            let hangs = scope.spawn(|| kind(signer.sign(&tokens[0], TEXT)));
            until("it hangs", || yard.has_begun("C_Sign"));
            let begun = Instant::now();
            assert_eq!(kind(signer.sign(&tokens[1], TEXT)), Kind::Busy);
            assert!(begun.elapsed() < Duration::from_secs(3) + LATE, "{:?}", begun.elapsed());
            assert_eq!(tokens[1].hanging(), (0, 1));
            assert_eq!(hangs.join().unwrap(), Kind::Unavailable);
        });
        yard.calm();
        until("it heals", || tokens[0].hanging() == (0, 1));
        sign_by_all();
    });
}

/// A device that decrypts whatever has the right C1 and C2.
fn careless(yard: &Yard) -> PathBuf {
    let behind = format!("{:?}", module().display().to_string());
    yard.before("careless", include_str!("careless.c"), &[("MODULE", behind)])
}

#[test]
fn a_device_that_does_not_look_at_c3_keeps_no_key_that_decrypts() {
    alone("habits::a_device_that_does_not_look_at_c3_keeps_no_key_that_decrypts", |yard| {
        let careless = careless(yard);
        let uri = yard.uri_of(&careless);
        let built_in = |settings: Settings| settings.profile("miyao");
        let sound = yard.open(&built_in(Settings::default())).unwrap();
        let held = Held::make(&sound, Spec::Sm2Encrypt, 1);
        let ciphertext = held.ciphertext(1);
        assert_eq!(held.decrypt(&sound, &ciphertext).unwrap(), TEXT);
        let before = yard.objects();

        // The profile does not say so: it is seen before anything of it is believed.
        let token = Token::open(&uri, &built_in(Settings::default())).unwrap();
        let refused = token.generate(Spec::Sm2Encrypt, &ResidentId([2; 16]), "x").unwrap_err();
        assert_eq!(refused.kind(), Kind::Unsupported);
        assert!(refused.to_string().contains("C3"), "{refused}");
        assert_eq!(yard.objects(), before, "what was made for it is destroyed");
        let refused = held.decrypt(&token, &ciphertext).unwrap_err();
        assert!(refused.kind() == Kind::Unsupported && refused.to_string().contains("C3"), "{refused}");
        // A root's blob is checked by the seal around it.
        let with_suite = built_in(Settings::default().suite(Suite::Sm2PkeDevice));
        let sealing = Token::open(&uri, &with_suite).unwrap();
        let root = root(&sealing, 3);
        let sealed = seal(&*root, 3);
        try_open(&*root, &sealed).unwrap();
        let mut altered = sealed.clone();
        let place = altered.len() - 80 - 50;
        altered[place] ^= 1;
        assert_eq!(kind(try_open(&*root, &altered)), Kind::Rejected);
    });
}

#[test]
fn a_probe_sees_that_a_device_does_not_look_at_c3_and_its_profile_says_so() {
    alone("habits::a_probe_sees_that_a_device_does_not_look_at_c3_and_its_profile_says_so", |yard| {
        let careless = careless(yard);
        let uri = yard.uri_of(&careless);
        let module = Module::load(&careless).unwrap();
        let slots = module.slots().unwrap();
        let ours = |slot: &&miyao::provider::pkcs11::Slot| {
            slot.token.as_ref().is_some_and(|token| token.label == "kms")
        };
        let slot = slots.iter().find(ours).unwrap().id;
        let (shelf, pin) = (Shelf::built_in().unwrap(), SecretBytes::take(PIN.into()));
        let miyaos = shelf.named("miyao").unwrap();
        let profile =
            probe::probe(&module, slot, Some(&pin), &[miyaos], "found", "2026-01-31").unwrap().profile;
        assert!(profile.quirks.unchecked_c3);
        assert_eq!(probe::self_test(&module, slot, Some(&pin), miyaos).unwrap().habits, ["unchecked-c3"]);
        assert!(probe::self_test(&module, slot, Some(&pin), &profile).unwrap().is_passed());
        drop(module);

        // By ECDH the host looks at C3 itself.
        let write = |profile: &Profile| {
            fs::write(yard.path("found.toml"), profile.to_toml()).unwrap();
            Settings::default().profiles(yard.path("found.toml")).profile("found")
        };
        let token = Token::open(&uri, &write(&profile)).unwrap();
        assert!(token.offers(Spec::Sm2Encrypt));
        let by_ecdh = Held::make(&token, Spec::Sm2Encrypt, 4);
        let mut ciphertext = by_ecdh.ciphertext(1);
        assert_eq!(by_ecdh.decrypt(&token, &ciphertext).unwrap(), TEXT);
        ciphertext[70] ^= 1;
        assert_eq!(kind(by_ecdh.decrypt(&token, &ciphertext)), Kind::Rejected);
        // Without it there is nothing to offer.
        let mut bare = profile;
        bare.mechanisms.retain(|entry| entry.operation != Operation::Sm2Ecdh);
        let token = Token::open(&uri, &write(&bare)).unwrap();
        assert!(!token.offers(Spec::Sm2Encrypt) && token.offers(Spec::Sm2Sign));
        let refused = token.generate(Spec::Sm2Encrypt, &ResidentId([5; 16]), "x").unwrap_err();
        assert!(refused.kind() == Kind::Unsupported && refused.to_string().contains("C3"), "{refused}");
    });
}

/// A key whose handle of before means nothing any more is found again, whatever the URI names it by.
#[test]
fn a_root_that_is_named_by_its_label_is_found_again_when_its_handle_is_void() {
    alone("habits::a_root_that_is_named_by_its_label_is_found_again_when_its_handle_is_void", |yard| {
        let settings = Settings::default().suite(Suite::Sm4GcmDevice);
        let maker = yard.open(&settings).unwrap();
        let sealed = seal(&*root(&maker, 7), 3);
        let mut uri = yard.uri();
        uri.object = Some(format!("miyao root {}", "07".repeat(16)));
        let token = Token::open(&uri, &settings).unwrap();
        try_open(&token, &sealed).unwrap();
        let file = yard.token_file();
        let kept = fs::read(&file).unwrap();
        yard.delete("secrkey", 7);
        maker_sees(&maker);
        fs::write(&file, kept).unwrap();
        try_open(&token, &sealed).unwrap();
        try_open(&token, &seal(&token, 4)).unwrap();
    });
}

/// The module looks at the token's file.
fn maker_sees(token: &Token) {
    miyao::provider::Machine::check_health(token).unwrap();
}

#[test]
fn a_public_half_that_was_left_behind_is_swept_and_is_in_nobodys_way() {
    alone("habits::a_public_half_that_was_left_behind_is_swept_and_is_in_nobodys_way", |yard| {
        let token = yard.open(&Settings::default()).unwrap();
        let before: BTreeSet<_> = yard.objects().into_iter().collect();
        for spec in [Spec::Sm2Encrypt, Spec::Sm2Sign] {
            let id = ResidentId([9; 16]);
            let held = Held::make(&token, spec, 9);
            token.sweep(spec, &id).unwrap();
            assert!(Device::find(&token, spec, &id).unwrap().is_some(), "what is there stays");
            yard.delete("privkey", 9);
            assert_eq!(Device::find(&token, spec, &id).unwrap(), None);
            let again = Held::make(&token, spec, 9);
            assert_ne!(again.resident.public, held.resident.public);
            assert_eq!(Device::find(&token, spec, &id).unwrap().as_ref(), Some(&again.resident));
            yard.delete("privkey", 9);
            token.sweep(spec, &id).unwrap();
            let after: BTreeSet<_> = yard.objects().into_iter().collect();
            assert_eq!(after, before, "{spec:?}: nothing is left of either");
        }
        say("# public halves of two specs were swept");
    });
}
