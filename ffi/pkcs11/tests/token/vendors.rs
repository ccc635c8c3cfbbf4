//! The module under the numbers of every vendor that there is a profile for.

use cryptoki_sys::{self as ck, CK_ULONG};
use miyao::{
    algo::{
        sm2::{DEFAULT_USER_ID, MessageDigest, PublicKey},
        sm3,
    },
    provider::pkcs11::profile::{Mechanism, Operation, Profile, Shelf},
};

use super::desk::{Desk, Template, at, bytes, call, flag, mechanism, number, two_calls, with};

fn vendors() -> Vec<Profile> {
    let names = ["sansec", "sansec-itrus", "tass", "koal", "westone", "ibm-ep11", "luna", "miyao"];
    let shelf = Shelf::built_in().unwrap();
    names.iter().map(|name| shelf.named(name).unwrap().clone()).collect()
}

fn code(entry: &Mechanism) -> CK_ULONG {
    CK_ULONG::try_from(entry.code).unwrap()
}

/// Both uses of an SM2 pair.
fn pair(desk: &Desk, session: CK_ULONG, profile: &Profile) -> (CK_ULONG, CK_ULONG) {
    let maker = code(profile.mechanism(Operation::Sm2KeyPair).unwrap());
    let public: Template = vec![flag(ck::CKA_VERIFY, true), flag(ck::CKA_ENCRYPT, true)];
    let private = vec![flag(ck::CKA_SIGN, true), flag(ck::CKA_DECRYPT, true)];
    desk.pair(session, maker, &public, &private).unwrap()
}

#[test]
fn every_vendor_s_mechanisms_are_listed_and_described() {
    for profile in vendors() {
        let desk = Desk::with(&format!("profile = '{}'", profile.name));
        let mut count = 0;
        assert_eq!(call!(desk, C_GetMechanismList(0, std::ptr::null_mut(), &raw mut count)), ck::CKR_OK);
        let mut codes = vec![0; usize::try_from(count).unwrap()];
        assert_eq!(call!(desk, C_GetMechanismList(0, codes.as_mut_ptr(), &raw mut count)), ck::CKR_OK);
        let strange = [Operation::Sm2Agree, Operation::Sm4Mac];
        for entry in profile.mechanisms.iter().filter(|entry| !strange.contains(&entry.operation)) {
            assert!(codes.contains(&code(entry)), "{} {:#x}", profile.name, entry.code);
        }
        for code in codes {
            let mut info = ck::CK_MECHANISM_INFO::default();
            assert_eq!(call!(desk, C_GetMechanismInfo(0, code, &raw mut info)), ck::CKR_OK);
            assert!(info.flags != 0, "{} {code:#x}", profile.name);
        }
    }
}

#[test]
fn every_vendor_s_sm3_sm4_and_sm2_work_under_its_numbers() {
    for profile in vendors() {
        let desk = Desk::with(&format!("profile = '{}'", profile.name));
        let session = desk.user();
        let name = &profile.name;
        let how = |entry: &Mechanism| mechanism(code(entry), &[]);
        let sm3 = profile.mechanism(Operation::Sm3).unwrap();
        assert_eq!(desk.digest(session, &how(sm3), b"abc").unwrap(), sm3::digest(b"abc"), "{name}");
        let maker = code(profile.mechanism(Operation::Sm4Key).unwrap());
        let both =
            vec![flag(ck::CKA_ENCRYPT, true), flag(ck::CKA_DECRYPT, true), number(ck::CKA_VALUE_LEN, 16)];
        let key = desk.generate(session, maker, &both).unwrap();
        let cbc = mechanism(code(profile.mechanism(Operation::Sm4CbcPad).unwrap()), &[4; 16]);
        let sealed = desk.encrypt(session, &cbc, key, b"a text").unwrap();
        assert_eq!(desk.decrypt(session, &cbc, key, &sealed).unwrap(), b"a text", "{name}");
        let (public, private) = pair(&desk, session, &profile);
        let kind = desk.attribute(session, public, ck::CKA_KEY_TYPE).unwrap();
        if let Some(known) = profile.keys.sm2 {
            assert_eq!(kind, CK_ULONG::try_from(known.code).unwrap().to_ne_bytes(), "{name}");
        }
        for entry in profile.all(Operation::Sm2Sign).filter(|entry| entry.is_complete()) {
            let id: &[u8] = if entry.parameter == Some(miyao::provider::pkcs11::profile::Parameter::Id) {
                b"who"
            } else {
                &[]
            };
            let how = mechanism(code(entry), id);
            let signature = desk.sign(session, &how, private, &[7; 32]).unwrap();
            assert_eq!(
                desk.verify(session, &how, public, &[7; 32], &signature),
                ck::CKR_OK,
                "{name} {:#x}",
                entry.code
            );
        }
        for entry in profile.all(Operation::Sm2Encrypt) {
            let sealed = desk.encrypt(session, &how(entry), public, b"a text").unwrap();
            assert_eq!(desk.decrypt(session, &how(entry), private, &sealed).unwrap(), b"a text", "{name}");
        }
    }
}

#[test]
fn one_number_of_westone_hashes_with_z_when_it_is_given_a_key() {
    let desk = Desk::with("profile = 'westone'");
    let session = desk.user();
    let profile = Shelf::built_in().unwrap().named("westone").unwrap().clone();
    let (public, _) = pair(&desk, session, &profile);
    let point = desk.attribute(session, public, ck::CKA_EC_POINT).unwrap();
    let key = PublicKey::from_bytes(&point[2..]).unwrap();
    let parameter = [&[0, 16], DEFAULT_USER_ID, &point[3..]].concat();
    let digest = desk.digest(session, &mechanism(0x8000_001F, &parameter), b"abc").unwrap();
    let mut expected = MessageDigest::new(&key, DEFAULT_USER_ID).unwrap();
    expected.update(b"abc");
    assert_eq!(digest, expected.finalize());
    let secret = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, ck::CKK_GENERIC_SECRET),
        bytes(ck::CKA_VALUE, b"secret"),
    ];
    let secret = desk.create(session, &secret).unwrap();
    let mac = |handle: CK_ULONG| {
        desk.sign(session, &mechanism(0x8000_A001, &handle.to_ne_bytes()), secret, b"text")
    };
    assert_eq!(mac(secret).unwrap(), miyao::algo::hmac::mac(b"secret", &[b"text"]));
    assert_eq!(mac(secret + 1).err(), Some(ck::CKR_MECHANISM_PARAM_INVALID));
}

#[test]
fn koal_s_gcm_takes_its_fields_in_its_own_order() {
    #[repr(C)]
    struct Koal {
        iv: *const u8,
        context: *const u8,
        context_len: CK_ULONG,
        tag_bits: CK_ULONG,
        iv_bits: CK_ULONG,
    }
    let desk = Desk::with("profile = 'koal'");
    let session = desk.user();
    let known = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, 0x8000_0106),
        bytes(ck::CKA_VALUE, &[1; 16]),
    ];
    let key = desk.create(session, &known).unwrap();
    let (iv, context) = ([3; 12], *b"context");
    let mut parameter =
        Koal { iv: iv.as_ptr(), context: context.as_ptr(), context_len: 7, tag_bits: 128, iv_bits: 96 };
    let mut how = with(0x8000_010F, &mut parameter);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut how, key)), ck::CKR_OK);
    let sealed = two_calls(|out, room| call!(desk, C_Encrypt(session, at(b"text"), 4, out, room))).unwrap();
    let mut expected = *b"text";
    let tag = miyao::algo::mode::gcm::Gcm::<16>::new(&[1; 16]).encrypt(&iv, &context, &mut expected).unwrap();
    assert_eq!(sealed, [expected.as_slice(), &tag].concat());
}

#[test]
fn the_parameter_of_a_message_is_the_standard_s_whatever_shape_koal_s_other_one_has() {
    let desk = Desk::with("profile = 'koal'");
    let session = desk.user();
    let known = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, 0x8000_0106),
        bytes(ck::CKA_VALUE, &[1; 16]),
        flag(ck::CKA_WRAP, true),
        flag(ck::CKA_EXTRACTABLE, true),
    ];
    let key = desk.create(session, &known).unwrap();
    let (iv, mut tag) = ([3; 12], [0; 16]);
    let mut parameter = ck::CK_GCM_MESSAGE_PARAMS {
        pIv: at(&iv),
        ulIvLen: 12,
        ulIvFixedBits: 0,
        ivGenerator: ck::CKG_NO_GENERATE,
        pTag: tag.as_mut_ptr(),
        ulTagBits: 128,
    };
    let mut how = with(0x8000_010F, &mut parameter);
    let wrapped = two_calls(|out, room| {
        call!(desk, C_WrapKeyAuthenticated(session, &raw mut how, key, key, at(b"context"), 7, out, room))
    });
    let mut expected = [1; 16];
    let gcm = miyao::algo::mode::gcm::Gcm::<16>::new(&[1; 16]);
    let expected_tag = gcm.encrypt(&iv, b"context", &mut expected).unwrap();
    assert_eq!((wrapped.unwrap().as_slice(), tag), (expected.as_slice(), expected_tag));
}
