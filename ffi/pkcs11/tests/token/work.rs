//! What the token computes against what the library computes, whole and in parts.

use cryptoki_sys::{self as ck, CK_ULONG};
use miyao::algo::{
    hmac,
    mode::{cbc, cmac, ctr, gcm::Gcm},
    sm2::{self, Encoding, PrivateKey, Signature},
    sm3,
    sm4::Sm4,
};

use super::desk::{
    Desk, OWN, SM2, SM4, Template, at, bytes, call, flag, len, mechanism, number, sm4_template, two_calls,
    with,
};

const KEY: [u8; 16] = [0x42; 16];
const SCALAR: [u8; 32] = [0x21; 32];

fn known_sm4(desk: &Desk, session: CK_ULONG) -> CK_ULONG {
    let known = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, SM4),
        bytes(ck::CKA_VALUE, &KEY),
    ];
    desk.create(session, &[known, sm4_template()].concat()).unwrap()
}

/// The public and the private half of a known key.
fn known_sm2(desk: &Desk, session: CK_ULONG) -> (CK_ULONG, CK_ULONG) {
    let key = PrivateKey::from_bytes(&SCALAR).unwrap();
    let point = [&[4, 65], key.public_key().to_bytes().as_slice()].concat();
    let of = |class, uses: &[CK_ULONG], more: (CK_ULONG, Vec<u8>)| -> Template {
        let head = vec![number(ck::CKA_CLASS, class), number(ck::CKA_KEY_TYPE, SM2), more];
        [head, uses.iter().map(|usage| flag(*usage, true)).collect()].concat()
    };
    let public = of(ck::CKO_PUBLIC_KEY, &[ck::CKA_ENCRYPT, ck::CKA_VERIFY], bytes(ck::CKA_EC_POINT, &point));
    let private = of(
        ck::CKO_PRIVATE_KEY,
        &[ck::CKA_DECRYPT, ck::CKA_SIGN, ck::CKA_DERIVE],
        bytes(ck::CKA_VALUE, &SCALAR),
    );
    (desk.create(session, &public).unwrap(), desk.create(session, &private).unwrap())
}

fn der(signature: &[u8]) -> Signature {
    Signature::from_der(signature).unwrap()
}

fn plain(signature: &[u8]) -> Signature {
    Signature::from_bytes(signature.try_into().unwrap()).unwrap()
}

#[test]
fn sm3_is_sm3_whole_and_in_parts() {
    let desk = Desk::new();
    let session = desk.open(false);
    let mut how = mechanism(OWN + 0x20, &[]);
    assert_eq!(desk.digest(session, &how, b"abc").unwrap(), sm3::digest(b"abc"));
    let text: Vec<u8> = (0..=255).collect();
    assert_eq!(call!(desk, C_DigestInit(session, &raw mut how)), ck::CKR_OK);
    for part in text.chunks(37) {
        assert_eq!(call!(desk, C_DigestUpdate(session, at(part), len(part))), ck::CKR_OK);
    }
    let answer = two_calls(|out, room| call!(desk, C_DigestFinal(session, out, room)));
    assert_eq!(answer.unwrap(), sm3::digest(&text));
}

#[test]
fn only_what_may_be_read_may_be_hashed() {
    let desk = Desk::new();
    let session = desk.user();
    let mut how = mechanism(OWN + 0x20, &[]);
    let shut = known_sm4(&desk, session);
    assert_eq!(call!(desk, C_DigestInit(session, &raw mut how)), ck::CKR_OK);
    assert_eq!(call!(desk, C_DigestKey(session, shut)), ck::CKR_KEY_INDIGESTIBLE);
    let open = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, SM4),
        bytes(ck::CKA_VALUE, &KEY),
        flag(ck::CKA_SENSITIVE, false),
        flag(ck::CKA_EXTRACTABLE, true),
    ];
    let open = desk.create(session, &open).unwrap();
    assert_eq!(call!(desk, C_DigestInit(session, &raw mut how)), ck::CKR_OK);
    assert_eq!(call!(desk, C_DigestKey(session, open)), ck::CKR_OK);
    let answer = two_calls(|out, room| call!(desk, C_DigestFinal(session, out, room)));
    assert_eq!(answer.unwrap(), sm3::digest(&KEY));
}

#[test]
fn sm2_signs_what_each_mechanism_says() {
    let desk = Desk::new();
    let session = desk.user();
    let (public, private) = known_sm2(&desk, session);
    let key = PrivateKey::from_bytes(&SCALAR).unwrap();
    let (text, hashed) = (b"a message".as_slice(), sm3::digest(b"a message"));
    let of = |code: CK_ULONG, parameter: &[u8], text: &[u8]| {
        let how = mechanism(OWN + code, parameter);
        let signature = desk.sign(session, &how, private, text).unwrap();
        assert_eq!(desk.verify(session, &how, public, text, &signature), ck::CKR_OK, "{code:#x}");
        let other = [text, b"!"].concat();
        let rv = desk.verify(session, &how, public, &other[1..], &signature);
        assert_eq!(rv, ck::CKR_SIGNATURE_INVALID, "{code:#x}");
        signature
    };
    let check = |e: &[u8; 32], signature: &Signature| key.public_key().verify_digest(e, signature).is_ok();
    assert!(check(&hashed, &plain(&of(0x11, &[], &hashed))));
    assert!(check(&hashed, &der(&of(0x12, &[], &hashed))));
    assert!(check(&hashed, &plain(&of(0x13, &[], text))));
    assert!(check(&hashed, &der(&of(0x14, &[], text))));
    let verifies = |id: &[u8], signature: &Signature| key.public_key().verify(id, text, signature).is_ok();
    assert!(verifies(sm2::DEFAULT_USER_ID, &plain(&of(0x15, &[], text))));
    assert!(verifies(sm2::DEFAULT_USER_ID, &der(&of(0x16, &[], text))));
    assert!(verifies(b"somebody", &plain(&of(0x15, b"somebody", text))));
    let how = mechanism(OWN + 0x11, &[]);
    assert_eq!(desk.sign(session, &how, private, b"short").err(), Some(ck::CKR_DATA_LEN_RANGE));
    assert_eq!(desk.verify(session, &how, public, &hashed, &[0; 63]), ck::CKR_SIGNATURE_LEN_RANGE);
    assert_eq!(desk.verify(session, &how, public, &hashed, &[0; 64]), ck::CKR_SIGNATURE_INVALID);
}

#[test]
fn sm2_signs_in_parts() {
    let desk = Desk::new();
    let session = desk.user();
    let (public, private) = known_sm2(&desk, session);
    let mut how = mechanism(OWN + 0x15, &[]);
    assert_eq!(call!(desk, C_SignInit(session, &raw mut how, private)), ck::CKR_OK);
    for part in [b"a mes".as_slice(), b"sage"] {
        assert_eq!(call!(desk, C_SignUpdate(session, at(part), len(part))), ck::CKR_OK);
    }
    let signature = two_calls(|out, room| call!(desk, C_SignFinal(session, out, room))).unwrap();
    assert_eq!(desk.verify(session, &how, public, b"a message", &signature), ck::CKR_OK);
    assert_eq!(call!(desk, C_VerifyInit(session, &raw mut how, public)), ck::CKR_OK);
    assert_eq!(call!(desk, C_VerifyUpdate(session, at(b"a messag"), 8)), ck::CKR_OK);
    assert_eq!(call!(desk, C_VerifyUpdate(session, at(b"e"), 1)), ck::CKR_OK);
    assert_eq!(call!(desk, C_VerifyFinal(session, at(&signature), 64)), ck::CKR_OK);
}

#[test]
fn sm2_encrypts_for_the_library_and_decrypts_from_it() {
    let desk = Desk::new();
    let session = desk.user();
    let (public, private) = known_sm2(&desk, session);
    let key = PrivateKey::from_bytes(&SCALAR).unwrap();
    let forms = [(0x18, Encoding::C1C3C2), (0x19, Encoding::Der), (0x1A, Encoding::C1C2C3)];
    for (code, encoding) in forms {
        let how = mechanism(OWN + code, &[]);
        let sealed = desk.encrypt(session, &how, public, b"a text").unwrap();
        assert_eq!(key.decrypt(&sealed, encoding).unwrap().expose(), b"a text");
        assert_eq!(desk.decrypt(session, &how, private, &sealed).unwrap(), b"a text");
        let mut altered = sealed;
        let last = altered.len() - 1;
        altered[last] ^= 1;
        assert_eq!(
            desk.decrypt(session, &how, private, &altered).err(),
            Some(ck::CKR_ENCRYPTED_DATA_INVALID)
        );
        assert_eq!(
            desk.encrypt(session, &how, private, b"x").err(),
            Some(ck::CKR_KEY_FUNCTION_NOT_PERMITTED)
        );
        assert_eq!(desk.encrypt(session, &how, public, b"").err(), Some(ck::CKR_DATA_LEN_RANGE));
    }
}

#[test]
fn sm4_modes_are_the_library_s() {
    let desk = Desk::new();
    let session = desk.user();
    let key = known_sm4(&desk, session);
    let (cipher, iv, text) = (Sm4::new(&KEY), [7; 16], [0x5A; 48]);
    let mut expected = text;
    cbc::encrypt(&cipher, &iv, &mut expected).unwrap();
    let how = mechanism(OWN + 0x32, &iv);
    assert_eq!(desk.encrypt(session, &how, key, &text).unwrap(), expected);
    assert_eq!(desk.decrypt(session, &how, key, &expected).unwrap(), text);
    assert_eq!(desk.encrypt(session, &how, key, &text[1..]).err(), Some(ck::CKR_DATA_LEN_RANGE));
    assert_eq!(desk.decrypt(session, &how, key, &text[1..]).err(), Some(ck::CKR_ENCRYPTED_DATA_LEN_RANGE));
    for long in [0, 1, 15, 16, 17, 48] {
        let how = mechanism(OWN + 0x33, &iv);
        let sealed = desk.encrypt(session, &how, key, &text[..long]).unwrap();
        assert_eq!(sealed.len(), (long & !15) + 16);
        assert_eq!(desk.decrypt(session, &how, key, &sealed).unwrap(), &text[..long]);
    }
    let mut expected = text;
    ctr::apply(&cipher, &iv, &mut expected);
    assert_eq!(
        desk.encrypt(session, &mechanism(OWN + 0x34, &iv), key, &text[..41]).unwrap(),
        &expected[..41]
    );
    let mut narrow = ck::CK_AES_CTR_PARAMS { ulCounterBits: 8, cb: [0xFE; 16] };
    let how = with(OWN + 0x34, &mut narrow);
    assert!(desk.encrypt(session, &how, key, &text[..32]).is_ok());
    assert_eq!(desk.encrypt(session, &how, key, &text[..33]).err(), Some(ck::CKR_DATA_LEN_RANGE));
}

#[test]
fn gcm_binds_its_context_and_gives_nothing_of_what_it_rejects() {
    let desk = Desk::new();
    let session = desk.user();
    let key = known_sm4(&desk, session);
    let (nonce, context, text) = ([1; 12], b"context".as_slice(), b"a text of some length".as_slice());
    let parameters = |context: &[u8], tag| ck::CK_GCM_PARAMS {
        pIv: at(&nonce),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: at(context),
        ulAADLen: len(context),
        ulTagBits: tag,
    };
    for tag in [96, 104, 112, 120, 128] {
        let mut parameter = parameters(context, tag);
        let how = with(OWN + 0x35, &mut parameter);
        let sealed = desk.encrypt(session, &how, key, text).unwrap();
        let mut expected = text.to_vec();
        let full = Gcm::<16>::new(&KEY).encrypt(&nonce, context, &mut expected).unwrap();
        expected.extend_from_slice(&full[..usize::try_from(tag / 8).unwrap()]);
        assert_eq!(sealed, expected);
        assert_eq!(desk.decrypt(session, &how, key, &sealed).unwrap(), text);
        let mut other = parameters(b"contexT", tag);
        let how = with(OWN + 0x35, &mut other);
        assert_eq!(desk.decrypt(session, &how, key, &sealed).err(), Some(ck::CKR_ENCRYPTED_DATA_INVALID));
    }
    let mut parameter = parameters(context, 128);
    let mut how = with(OWN + 0x35, &mut parameter);
    let mut sealed = desk.encrypt(session, &how, key, text).unwrap();
    sealed[0] ^= 1;
    assert_eq!(call!(desk, C_DecryptInit(session, &raw mut how, key)), ck::CKR_OK);
    let (mut out, mut room) = ([0xAA; 64], 64);
    let rv =
        call!(desk, C_DecryptUpdate(session, at(&sealed), len(&sealed), out.as_mut_ptr(), &raw mut room));
    assert_eq!((rv, room), (ck::CKR_OK, 0));
    room = 64;
    assert_eq!(
        call!(desk, C_DecryptFinal(session, out.as_mut_ptr(), &raw mut room)),
        ck::CKR_ENCRYPTED_DATA_INVALID
    );
    assert_eq!(out, [0xAA; 64]);
    for (bits, nonce_len) in [(128, 0), (64, 12), (127, 12), (136, 12)] {
        let mut parameter = ck::CK_GCM_PARAMS { ulIvLen: nonce_len, ..parameters(context, bits) };
        let how = with(OWN + 0x35, &mut parameter);
        assert_eq!(desk.encrypt(session, &how, key, text).err(), Some(ck::CKR_MECHANISM_PARAM_INVALID));
    }
}

#[test]
fn parts_of_any_length_give_what_the_whole_gives() {
    let desk = Desk::new();
    let session = desk.user();
    let key = known_sm4(&desk, session);
    let text: Vec<u8> = (0..112).collect();
    for code in [0x31, 0x32, 0x33, 0x34] {
        let iv = [3; 16];
        let mut how = mechanism(OWN + code, if code == 0x31 { &[] } else { &iv });
        let whole = desk.encrypt(session, &how, key, &text).unwrap();
        for step in [1, 5, 16, 17, 40] {
            assert_eq!(call!(desk, C_EncryptInit(session, &raw mut how, key)), ck::CKR_OK);
            let mut sealed = Vec::new();
            for part in text.chunks(step) {
                let update =
                    |out, room| call!(desk, C_EncryptUpdate(session, at(part), len(part), out, room));
                sealed.extend(two_calls(update).unwrap());
            }
            sealed.extend(two_calls(|out, room| call!(desk, C_EncryptFinal(session, out, room))).unwrap());
            assert_eq!(sealed, whole, "{code:#x} in steps of {step}");
            assert_eq!(call!(desk, C_DecryptInit(session, &raw mut how, key)), ck::CKR_OK);
            let mut opened = Vec::new();
            for part in whole.chunks(step) {
                let update =
                    |out, room| call!(desk, C_DecryptUpdate(session, at(part), len(part), out, room));
                opened.extend(two_calls(update).unwrap());
            }
            opened.extend(two_calls(|out, room| call!(desk, C_DecryptFinal(session, out, room))).unwrap());
            assert_eq!(opened, text, "{code:#x} in steps of {step}");
        }
    }
}

#[test]
fn macs_are_the_library_s() {
    let desk = Desk::new();
    let session = desk.user();
    let sm4 = known_sm4(&desk, session);
    let secret = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, ck::CKK_GENERIC_SECRET),
        bytes(ck::CKA_VALUE, b"a secret"),
    ];
    let secret = desk.create(session, &secret).unwrap();
    let how = mechanism(OWN + 0x21, &[]);
    let tag = desk.sign(session, &how, secret, b"text").unwrap();
    assert_eq!(tag, hmac::mac(b"a secret", &[b"text"]));
    assert_eq!(desk.verify(session, &how, secret, b"text", &tag), ck::CKR_OK);
    assert_eq!(desk.verify(session, &how, secret, b"texT", &tag), ck::CKR_SIGNATURE_INVALID);
    assert_eq!(desk.verify(session, &how, secret, b"text", &tag[1..]), ck::CKR_SIGNATURE_LEN_RANGE);
    let tag = desk.sign(session, &mechanism(OWN + 0x36, &[]), sm4, b"text").unwrap();
    assert_eq!(tag, cmac::mac_many(&KEY, &[b"text"])[0]);
    assert_eq!(
        desk.sign(session, &mechanism(OWN + 0x36, &[]), secret, b"text").err(),
        Some(ck::CKR_KEY_TYPE_INCONSISTENT)
    );
}

#[test]
fn ecdh_gives_the_x_coordinate_as_a_secret_that_is_read_only_where_asked() {
    let desk = Desk::new();
    let session = desk.user();
    let (_, private) = known_sm2(&desk, session);
    let peer = PrivateKey::from_bytes(&[0x33; 32]).unwrap();
    let expected = peer.shared_x(PrivateKey::from_bytes(&SCALAR).unwrap().public_key());
    let point = peer.public_key().to_bytes();
    let wrapped = [&[4, 65], point.as_slice()].concat();
    let derive = |point: &[u8], kdf: CK_ULONG, template: &Template| {
        let mut parameter = ck::CK_ECDH1_DERIVE_PARAMS {
            kdf,
            ulSharedDataLen: 0,
            pSharedData: std::ptr::null_mut(),
            ulPublicDataLen: len(point),
            pPublicData: at(point),
        };
        let (mut how, mut attributes, mut made) =
            (with(ck::CKM_ECDH1_DERIVE, &mut parameter), super::desk::raw(template), 0);
        let count = attributes.len() as CK_ULONG;
        let rv = call!(
            desk,
            C_DeriveKey(session, &raw mut how, private, attributes.as_mut_ptr(), count, &raw mut made)
        );
        super::desk::result(rv, made)
    };
    let open = vec![flag(ck::CKA_SENSITIVE, false), flag(ck::CKA_EXTRACTABLE, true)];
    for point in [point.as_slice(), &wrapped] {
        let key = derive(point, ck::CKD_NULL, &open).unwrap();
        assert_eq!(desk.attribute(session, key, ck::CKA_VALUE).unwrap(), expected.expose());
        assert_eq!(desk.attribute(session, key, ck::CKA_LOCAL), Ok(vec![0]));
    }
    let short = [open, vec![number(ck::CKA_VALUE_LEN, 10)]].concat();
    let key = derive(&point, ck::CKD_NULL, &short).unwrap();
    assert_eq!(desk.attribute(session, key, ck::CKA_VALUE).unwrap(), &expected.expose()[22..]);
    let shut = derive(&point, ck::CKD_NULL, &vec![]).unwrap();
    assert_eq!(desk.attribute(session, shut, ck::CKA_VALUE), Err(ck::CKR_ATTRIBUTE_SENSITIVE));
    assert_eq!(derive(&[4; 65], ck::CKD_NULL, &vec![]), Err(ck::CKR_MECHANISM_PARAM_INVALID));
    assert_eq!(derive(&point, ck::CKD_SHA1_KDF, &vec![]), Err(ck::CKR_MECHANISM_PARAM_INVALID));
}
