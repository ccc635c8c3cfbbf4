//! Keys that are kept and used inside: on SoftHSM that is SM2 decryption alone.

use miyao::{
    Kind,
    algo::sm2::{Encoding, PublicKey},
    key::{Key, KeyId, KeyName, NewKey, Number, Opening, Spec, Time, Version},
    provider::{
        Device, Machine, Resident, ResidentId,
        pkcs11::{Settings, Token},
    },
};

use crate::softhsm::{Yard, alone, kind, rng, say};

/// A key and its active version, from which permissions come.
fn owner() -> (Key, Version) {
    let (id, now) = (KeyId::from_bytes([7; 16]), Time(1));
    let new = NewKey::new(KeyName::parse("a").unwrap(), Spec::Sm2Encrypt);
    let mut key = Key::new(id, new, now).unwrap();
    let mut version = Version::staged(id, Number::FIRST, now);
    key.activate(None, &mut version, now).unwrap();
    (key, version)
}

fn device(yard: &Yard) -> Token {
    yard.open(&Settings::default()).unwrap()
}

fn public(resident: &Resident) -> PublicKey {
    PublicKey::from_bytes(&resident.public.unwrap()).unwrap()
}

#[test]
fn a_token_says_who_it_is_and_what_it_keeps() {
    alone("keys::a_token_says_who_it_is_and_what_it_keeps", |yard| {
        let token = device(yard);
        let identity = token.identity().unwrap();
        assert_eq!((identity.label.as_str(), identity.profile.as_str()), ("kms", "softhsm"));
        assert_eq!(identity.manufacturer, "SoftHSM project");
        token.check_health().unwrap();
        // No SM2 signature can be had of ECDSA and ECDH, and there is no SM3.
        for spec in Spec::ALL {
            assert_eq!(token.offers(spec), spec == Spec::Sm2Encrypt, "{spec:?}");
            if spec != Spec::Sm2Encrypt {
                let before = yard.count_files();
                assert_eq!(kind(token.generate(spec, &ResidentId([1; 16]), "x")), Kind::Unsupported);
                assert_eq!(yard.count_files(), before);
                say(&format!("# {}: not offered", spec.as_str()));
            }
        }
    });
}

#[test]
fn a_key_inside_decrypts_and_is_destroyed() {
    alone("keys::a_key_inside_decrypts_and_is_destroyed", |yard| {
        let (token, (key, version)) = (device(yard), owner());
        let permission: Opening<'_> = key.opening(&version, Time(2)).unwrap();
        let id = ResidentId([9; 16]);
        assert_eq!(Device::find(&token, Spec::Sm2Encrypt, &id).unwrap(), None);
        let resident = token.generate(Spec::Sm2Encrypt, &id, "store 1, key a").unwrap();
        assert_eq!(Device::find(&token, Spec::Sm2Encrypt, &id).unwrap(), Some(resident.clone()));
        assert_eq!(kind(token.generate(Spec::Sm2Encrypt, &id, "again")), Kind::Exists);
        for length in [1, 32, 33, 300] {
            let text = vec![0x5A; length];
            let mut ciphertext =
                public(&resident).encrypt(&text, Encoding::C1C3C2, &mut rng(length as u8)).unwrap();
            let decrypt = |ciphertext: &[u8]| token.decrypt(&permission, &resident.reference, ciphertext);
            assert_eq!(decrypt(&ciphertext).unwrap().expose(), text);
            for byte in [1, 40, 70, 97, ciphertext.len() - 1] {
                ciphertext[byte] ^= 1;
                assert_eq!(kind(decrypt(&ciphertext)), Kind::Rejected, "byte {byte}");
                ciphertext[byte] ^= 1;
            }
            for length in [0, 1, 65, 97] {
                assert_eq!(kind(decrypt(&ciphertext[..length])), Kind::Rejected);
            }
        }
        assert_eq!(kind(token.decrypt(&permission, &resident.reference[1..], b"")), Kind::Malformed);
        for byte in 3..resident.reference.len() {
            let mut altered = resident.reference.clone();
            altered[byte] ^= 1;
            // Another id is of no key, and another fingerprint of another key.
            let wanted = if byte < 19 { Kind::Missing } else { Kind::Rejected };
            let ciphertext = public(&resident).encrypt(b"x", Encoding::C1C3C2, &mut rng(1)).unwrap();
            let fresh = device(yard);
            assert_eq!(kind(fresh.decrypt(&permission, &altered, &ciphertext)), wanted, "byte {byte}");
            if byte >= 19 {
                assert_eq!(kind(fresh.destroy(&altered)), Kind::Rejected, "nobody else's key is destroyed");
            }
        }
        let other = token.generate(Spec::Sm2Encrypt, &ResidentId([10; 16]), "store 1, key b").unwrap();
        assert_ne!(other.public, resident.public);
        let before = yard.count_files();
        token.destroy(&resident.reference).unwrap();
        assert_eq!(yard.count_files(), before - 2, "both halves are gone");
        token.destroy(&resident.reference).unwrap();
        assert_eq!(Device::find(&token, Spec::Sm2Encrypt, &id).unwrap(), None);
        assert!(Device::find(&token, Spec::Sm2Encrypt, &ResidentId([10; 16])).unwrap().is_some());
        let ciphertext = public(&resident).encrypt(b"x", Encoding::C1C3C2, &mut rng(1)).unwrap();
        assert_eq!(kind(token.decrypt(&permission, &resident.reference, &ciphertext)), Kind::Missing);
    });
}
