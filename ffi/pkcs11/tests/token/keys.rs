//! Keys made and wrapped: usage flags, allowed mechanisms, what may leave and how.

use cryptoki_sys::{self as ck, CK_MECHANISM, CK_ULONG};

use super::desk::{
    Desk, OFFICER, OOPS, OWN, SM2, SM2_OID, SM4, Template, at, bytes, call, flag, len, mechanism, number,
    raw, result, sm4_template, two_calls, with,
};

fn wrap(
    desk: &Desk,
    session: CK_ULONG,
    how: &CK_MECHANISM,
    wrapping: CK_ULONG,
    key: CK_ULONG,
) -> Result<Vec<u8>, CK_ULONG> {
    let mut how = *how;
    two_calls(|out, room| call!(desk, C_WrapKey(session, &raw mut how, wrapping, key, out, room)))
}

fn unwrap(
    desk: &Desk,
    session: CK_ULONG,
    how: &CK_MECHANISM,
    unwrapping: CK_ULONG,
    wrapped: &[u8],
    template: &Template,
) -> Result<CK_ULONG, CK_ULONG> {
    let (mut how, mut attributes, mut made) = (*how, raw(template), 0);
    let count = attributes.len() as CK_ULONG;
    let rv = call!(
        desk,
        C_UnwrapKey(
            session,
            &raw mut how,
            unwrapping,
            at(wrapped),
            len(wrapped),
            attributes.as_mut_ptr(),
            count,
            &raw mut made
        )
    );
    result(rv, made)
}

fn secret() -> Template {
    vec![number(ck::CKA_CLASS, ck::CKO_SECRET_KEY), number(ck::CKA_KEY_TYPE, SM4)]
}

fn may_leave() -> Template {
    [sm4_template(), vec![flag(ck::CKA_EXTRACTABLE, true)]].concat()
}

#[test]
fn a_pair_of_either_type_signs_and_both_halves_say_the_same_point() {
    let desk = Desk::new();
    let session = desk.user();
    let curve = vec![bytes(ck::CKA_EC_PARAMS, SM2_OID)];
    for (code, public, key_type) in [(OWN + 0x10, vec![], SM2), (ck::CKM_EC_KEY_PAIR_GEN, curve, ck::CKK_EC)]
    {
        let (public, private) = desk.pair(session, code, &public, &vec![]).unwrap();
        let read = |object, kind| desk.attribute(session, object, kind).unwrap();
        assert_eq!(read(private, ck::CKA_KEY_TYPE), key_type.to_ne_bytes());
        assert_eq!(read(public, ck::CKA_EC_PARAMS), SM2_OID);
        assert_eq!(read(public, ck::CKA_EC_POINT).len(), 67);
        assert_eq!(read(public, ck::CKA_EC_POINT), read(private, ck::CKA_EC_POINT));
        assert_eq!(desk.attribute(session, private, ck::CKA_VALUE), Err(ck::CKR_ATTRIBUTE_SENSITIVE));
        let how = mechanism(OWN + 0x15, &[]);
        let signature = desk.sign(session, &how, private, b"text").unwrap();
        assert_eq!(desk.verify(session, &how, public, b"text", &signature), ck::CKR_OK);
    }
}

#[test]
fn a_key_does_only_what_its_flags_and_its_list_allow() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &vec![flag(ck::CKA_ENCRYPT, true)]).unwrap();
    let not = ck::CKR_KEY_FUNCTION_NOT_PERMITTED;
    let ecb = mechanism(OWN + 0x31, &[]);
    assert!(desk.encrypt(session, &ecb, key, &[0; 16]).is_ok());
    assert_eq!(desk.decrypt(session, &ecb, key, &[0; 16]).err(), Some(not));
    assert_eq!(desk.sign(session, &mechanism(OWN + 0x36, &[]), key, b"x").err(), Some(not));
    let allowed = [OWN + 0x32, OWN + 0x34].map(CK_ULONG::to_ne_bytes).concat();
    let only = [sm4_template(), vec![bytes(ck::CKA_ALLOWED_MECHANISMS, &allowed)]].concat();
    let key = desk.generate(session, OWN + 0x30, &only).unwrap();
    assert!(desk.encrypt(session, &mechanism(OWN + 0x32, &[0; 16]), key, &[0; 16]).is_ok());
    assert_eq!(desk.encrypt(session, &ecb, key, &[0; 16]).err(), Some(ck::CKR_MECHANISM_INVALID));
    let list = vec![bytes(ck::CKA_ALLOWED_MECHANISMS, &[])];
    assert_eq!(desk.set(session, key, &list), ck::CKR_ATTRIBUTE_READ_ONLY);
}

#[test]
fn a_key_goes_out_and_in_under_sm4_and_under_sm2() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &may_leave()).unwrap();
    let ecb = mechanism(OWN + 0x31, &[]);
    let expected = desk.encrypt(session, &ecb, key, &[9; 16]).unwrap();
    let wrapping = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let public = vec![flag(ck::CKA_WRAP, true)];
    let (public, private) =
        desk.pair(session, OWN + 0x10, &public, &vec![flag(ck::CKA_UNWRAP, true)]).unwrap();
    let nonce = [5; 12];
    let mut parameter = ck::CK_GCM_PARAMS {
        pIv: at(&nonce),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: at(&[]),
        ulAADLen: 0,
        ulTagBits: 128,
    };
    let ways = [
        (with(OWN + 0x35, &mut parameter), wrapping, wrapping),
        (mechanism(OWN + 0x33, &[1; 16]), wrapping, wrapping),
        (mechanism(OWN + 0x18, &[]), public, private),
        (mechanism(OWN + 0x19, &[]), public, private),
    ];
    for (how, out, back) in ways {
        let mut wrapped = wrap(&desk, session, &how, out, key).unwrap();
        let again =
            unwrap(&desk, session, &how, back, &wrapped, &[secret(), sm4_template()].concat()).unwrap();
        assert_eq!(desk.encrypt(session, &ecb, again, &[9; 16]).unwrap(), expected);
        let read = |kind| desk.attribute(session, again, kind).unwrap();
        assert_eq!((read(ck::CKA_SENSITIVE), read(ck::CKA_EXTRACTABLE)), (vec![1], vec![0]));
        assert_eq!((read(ck::CKA_ALWAYS_SENSITIVE), read(ck::CKA_LOCAL)), (vec![0], vec![0]));
        let last = wrapped.len() - 1;
        wrapped[last] ^= 1;
        let refused = unwrap(&desk, session, &how, back, &wrapped, &secret());
        assert!(OOPS.contains(&refused.unwrap_err()), "{:#x}", how.mechanism);
    }
    let how = mechanism(OWN + 0x31, &[]);
    assert_eq!(wrap(&desk, session, &how, wrapping, key).err(), Some(ck::CKR_MECHANISM_INVALID));
}

#[test]
fn a_private_key_goes_out_and_in_as_pkcs8() {
    let desk = Desk::new();
    let session = desk.user();
    let wrapping = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let leaves = vec![flag(ck::CKA_EXTRACTABLE, true), flag(ck::CKA_SIGN, true)];
    let (public, private) = desk.pair(session, OWN + 0x10, &vec![], &leaves).unwrap();
    let how = mechanism(OWN + 0x33, &[1; 16]);
    let wrapped = wrap(&desk, session, &how, wrapping, private).unwrap();
    let template = vec![number(ck::CKA_CLASS, ck::CKO_PRIVATE_KEY), number(ck::CKA_KEY_TYPE, SM2)];
    let again = unwrap(&desk, session, &how, wrapping, &wrapped, &template).unwrap();
    let sign = mechanism(OWN + 0x16, &[]);
    let signature = desk.sign(session, &sign, again, b"text").unwrap();
    assert_eq!(desk.verify(session, &sign, public, b"text", &signature), ck::CKR_OK);
    let not_a_key = desk.encrypt(session, &how, wrapping, b"no key").unwrap();
    assert_eq!(
        unwrap(&desk, session, &how, wrapping, &not_a_key, &template),
        Err(ck::CKR_WRAPPED_KEY_INVALID)
    );
    assert_eq!(
        unwrap(&desk, session, &how, wrapping, &not_a_key, &secret()),
        Err(ck::CKR_WRAPPED_KEY_LEN_RANGE)
    );
    assert_eq!(unwrap(&desk, session, &how, wrapping, &not_a_key, &vec![]), Err(ck::CKR_TEMPLATE_INCOMPLETE));
}

#[test]
fn what_must_not_leave_does_not() {
    let desk = Desk::new();
    let session = desk.user();
    let wrapping = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let stays = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let how = mechanism(OWN + 0x33, &[1; 16]);
    assert_eq!(wrap(&desk, session, &how, wrapping, stays).err(), Some(ck::CKR_KEY_UNEXTRACTABLE));
    let trusting = [may_leave(), vec![flag(ck::CKA_WRAP_WITH_TRUSTED, true)]].concat();
    let trusting = desk.generate(session, OWN + 0x30, &trusting).unwrap();
    assert_eq!(wrap(&desk, session, &how, wrapping, trusting).err(), Some(ck::CKR_KEY_NOT_WRAPPABLE));
    let (public, _) = desk.pair(session, OWN + 0x10, &vec![], &vec![]).unwrap();
    assert_eq!(wrap(&desk, session, &how, wrapping, public).err(), Some(ck::CKR_KEY_NOT_WRAPPABLE));
    let leaves = desk.generate(session, OWN + 0x30, &may_leave()).unwrap();
    let sm2 = mechanism(OWN + 0x18, &[]);
    assert_eq!(wrap(&desk, session, &sm2, public, leaves).err(), Some(ck::CKR_KEY_FUNCTION_NOT_PERMITTED));
    assert_eq!(
        wrap(&desk, session, &sm2, wrapping, leaves).err(),
        Some(ck::CKR_WRAPPING_KEY_TYPE_INCONSISTENT)
    );
    assert_eq!(wrap(&desk, session, &how, 999_999, leaves).err(), Some(ck::CKR_WRAPPING_KEY_HANDLE_INVALID));
    assert_eq!(wrap(&desk, session, &how, wrapping, 999_999).err(), Some(ck::CKR_KEY_HANDLE_INVALID));
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    assert_eq!(desk.login(session, ck::CKU_SO, OFFICER), ck::CKR_OK);
    assert_eq!(desk.generate(session, OWN + 0x30, &sm4_template()), Err(ck::CKR_USER_NOT_LOGGED_IN));
}

#[test]
fn lengths_are_those_that_the_type_has() {
    let desk = Desk::new();
    let session = desk.user();
    let long = |len| vec![number(ck::CKA_VALUE_LEN, len)];
    assert!(desk.generate(session, OWN + 0x30, &long(16)).is_ok());
    assert_eq!(desk.generate(session, OWN + 0x30, &long(32)), Err(ck::CKR_KEY_SIZE_RANGE));
    let generic = ck::CKM_GENERIC_SECRET_KEY_GEN;
    assert_eq!(desk.generate(session, generic, &vec![]), Err(ck::CKR_TEMPLATE_INCOMPLETE));
    assert_eq!(desk.generate(session, generic, &long(0)), Err(ck::CKR_KEY_SIZE_RANGE));
    let key = desk.generate(session, generic, &long(20)).unwrap();
    assert_eq!(desk.attribute(session, key, ck::CKA_VALUE_LEN), Ok((20 as CK_ULONG).to_ne_bytes().to_vec()));
    let (mut first, mut second) = ([0u8; 64], [0u8; 64]);
    assert_eq!(call!(desk, C_SeedRandom(session, at(b"seed"), 4)), ck::CKR_OK);
    assert_eq!(call!(desk, C_GenerateRandom(session, first.as_mut_ptr(), 64)), ck::CKR_OK);
    assert_eq!(call!(desk, C_GenerateRandom(session, second.as_mut_ptr(), 64)), ck::CKR_OK);
    assert!(first != second && first != [0; 64]);
}
