//! What every wrap suite has to do.

use miyao::{
    Kind,
    provider::{
        Provider, RootId, Roots,
        pkcs11::{Settings, Suite, Token},
    },
};

use crate::softhsm::{BINDING, MASTER, Yard, alone, alone_on_any, kind, opens, root, say, seal, with};

/// Where what follows the profile's name begins in a seal: the root's id of 16 bytes, 4 bytes, the fingerprint of 32, the length of
/// the blob, the blob.
fn after_name(yard: &Yard) -> usize {
    3 + yard.profile().len()
}

const OFFERED: [(&str, &[Suite]); 2] = [
    ("softhsm", &[Suite::Sm2EcRaw, Suite::AesGcmDevice, Suite::AesKwDevice]),
    ("kryoptic", &[Suite::AesGcmDevice, Suite::AesKwDevice]),
];

fn on_every_suite(yard: &Yard, test: impl Fn(&Token, Suite)) {
    let offered = yard.open(&Settings::default()).unwrap().suites().unwrap();
    let (_, expected) = OFFERED.into_iter().find(|(profile, _)| *profile == yard.profile()).unwrap();
    assert_eq!(offered, expected);
    for suite in Suite::ALL {
        if offered.contains(&suite) {
            test(&yard.open(&with(suite)).unwrap(), suite);
        } else {
            say(&format!("# {}: not offered", suite.name()));
            let token = yard.open(&with(suite)).unwrap();
            let before = yard.count_files();
            assert_eq!(kind(token.create(&RootId([suite.number(); 16]))), Kind::Unsupported);
            assert_eq!(yard.count_files(), before);
        }
    }
}

#[test]
fn what_was_sealed_is_opened_and_no_two_seals_are_alike() {
    alone_on_any("suites::what_was_sealed_is_opened_and_no_two_seals_are_alike", |yard| {
        on_every_suite(yard, |token, suite| {
            let root = root(token, suite.number());
            assert_eq!(root.describe(), "pkcs11");
            let seals = [seal(&*root, 3), seal(&*root, 4)];
            for sealed in &seals {
                opens(&*root, sealed);
                let (profile, rest) = (yard.profile(), after_name(yard));
                assert_eq!(sealed[..3], [3, suite.number(), profile.len() as u8]);
                assert_eq!(sealed[3..rest], *profile.as_bytes());
                assert_eq!(sealed[rest..rest + 16], [suite.number(); 16]);
                assert!(!sealed.windows(8).any(|bytes| bytes == &MASTER[..8]));
                // A token whose URI names no key finds it by the seal.
                opens(token, sealed);
            }
            let (print, blob) = (after_name(yard) + 20..after_name(yard) + 52, after_name(yard) + 54);
            assert_eq!(seals[0][print.clone()], seals[1][print]);
            assert_ne!(seals[0][blob..blob + 12], seals[1][blob..blob + 12], "an IV or a C1 is fresh");
            assert_ne!(seals[0][seals[0].len() - 80..], seals[1][seals[1].len() - 80..]);
        });
    });
}

#[test]
fn another_root_or_binding_is_rejected() {
    alone_on_any("suites::another_root_or_binding_is_rejected", |yard| {
        on_every_suite(yard, |token, suite| {
            let (one, other) = (root(token, suite.number()), root(token, suite.number() + 100));
            let sealed = seal(&*one, 3);
            assert_eq!(kind(other.open(&sealed, BINDING)), Kind::Rejected);
            for binding in [b"store 1, epoch 2".as_slice(), b""] {
                assert_eq!(kind(one.open(&sealed, binding)), Kind::Rejected);
            }
            // The other root, whatever the seal is made to say.
            let mut altered = sealed.clone();
            let rest = after_name(yard);
            altered[rest..rest + 16].copy_from_slice(&[suite.number() + 100; 16]);
            assert_eq!(kind(other.open(&altered, BINDING)), Kind::Rejected);
            let print = rest + 20..rest + 52;
            altered[print.clone()].copy_from_slice(&seal(&*other, 3)[print]);
            assert_eq!(kind(other.open(&altered, BINDING)), Kind::Rejected);
            opens(&*one, &sealed);
        });
    });
}

#[test]
fn flipped_bits_and_other_lengths_are_refused() {
    alone_on_any("suites::flipped_bits_and_other_lengths_are_refused", |yard| {
        on_every_suite(yard, |token, suite| {
            let root = root(token, suite.number());
            let mut sealed = seal(&*root, 3);
            for length in 0..sealed.len() {
                assert_eq!(kind(root.open(&sealed[..length], BINDING)), Kind::Malformed, "{length} bytes");
            }
            sealed.push(0);
            assert_eq!(kind(root.open(&sealed, BINDING)), Kind::Malformed);
            sealed.pop();
            for bit in 0..sealed.len() * 8 {
                let mut altered = sealed.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                let refused = kind(root.open(&altered, BINDING));
                let length = after_name(yard) + 52;
                let allowed = match bit / 8 {
                    0 | 1 => matches!(refused, Kind::Rejected | Kind::Unsupported | Kind::Malformed),
                    // Lengths: of the profile's name, and of the blob.
                    2 => matches!(refused, Kind::Rejected | Kind::Malformed | Kind::Unsupported),
                    byte if byte == length || byte == length + 1 => {
                        matches!(refused, Kind::Rejected | Kind::Malformed | Kind::Unsupported)
                    }
                    _ => refused == Kind::Rejected,
                };
                assert!(allowed, "{}: bit {bit} gives {refused:?}", suite.name());
            }
            opens(&*root, &sealed);
        });
    });
}

#[test]
fn a_root_is_made_once_and_found_again() {
    alone_on_any("suites::a_root_is_made_once_and_found_again", |yard| {
        on_every_suite(yard, |token, suite| {
            let id = RootId([suite.number(); 16]);
            assert!(Roots::find(token, &id).unwrap().is_none());
            let sealed = seal(&*root(token, suite.number()), 3);
            let before = yard.count_files();
            assert_eq!(kind(token.create(&id)), Kind::Exists);
            assert_eq!(yard.count_files(), before);
            let found = Roots::find(token, &id).unwrap().expect("it is there");
            opens(&*found, &sealed);
            // A fresh handle that names it by its URI.
            let mut uri = yard.uri("kms");
            uri.id = Some(id.0.to_vec());
            let named = Token::open(&uri, &Settings::default()).unwrap();
            opens(&named, &sealed);
            opens(&named, &seal(&named, 5));
            assert_eq!(seal(&named, 5)[1], suite.number(), "the key says which suite it is for");
            assert_eq!(named.place().unwrap().unwrap().0, id);
        });
    });
}

#[test]
fn what_is_not_gm_is_refused_where_only_gm_is_allowed() {
    alone("suites::what_is_not_gm_is_refused_where_only_gm_is_allowed", |yard| {
        let strict = yard.open(&Settings::default().gm_only(true)).unwrap();
        assert_eq!(strict.suites().unwrap(), [Suite::Sm2EcRaw]);
        let sealed = seal(&*root(&yard.open(&with(Suite::AesGcmDevice)).unwrap(), 6), 3);
        assert_eq!(kind(strict.open(&sealed, BINDING)), Kind::Denied);
        let found = Roots::find(&strict, &RootId([6; 16])).unwrap().expect("it is there");
        assert_eq!(kind(found.open(&sealed, BINDING)), Kind::Denied);
        let made = root(&strict, 1);
        assert_eq!(seal(&*made, 3)[1], Suite::Sm2EcRaw.number(), "the first that is 国密");
        let before = yard.count_files();
        let aes = yard.open(&with(Suite::AesGcmDevice).gm_only(true)).unwrap();
        assert_eq!(kind(aes.create(&RootId([9; 16]))), Kind::Denied);
        assert_eq!(yard.count_files(), before);
    });
}

#[test]
fn a_device_seal_given_to_others_names_what_is_needed() {
    alone("suites::a_device_seal_given_to_others_names_what_is_needed", |yard| {
        let token = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let sealed = seal(&*root(&token, 1), 3);
        let path = yard.path("root");
        let file = miyao::provider::software::KeyFile::create(&path, &mut crate::softhsm::rng(1)).unwrap();
        let refused = file.open(&sealed, BINDING).unwrap_err();
        assert_eq!(refused.kind(), Kind::Rejected);
        assert!(refused.to_string().contains("--root pkcs11:"), "{refused}");
        assert_eq!(kind(token.open(&seal(&file, 3), BINDING)), Kind::Rejected);
    });
}
