//! Authenticated wrapping where it must not be: keys that may not, keys that stay, arguments that are missing.

use std::ptr;

use cryptoki_sys::{self as ck, CK_GCM_MESSAGE_PARAMS, CK_MECHANISM, CK_RV, CK_ULONG};

use super::{
    desk::{
        OWN, SM2, SM4, Template, USER, at, bytes, call, flag, mechanism, number, raw, sm4_template, with,
    },
    messages::{CONTEXT, GCM, IV, Message, TAG, TEXT, Table, WRAPPED, generic, hex, readable},
};

fn refused<T>(answer: Result<T, CK_RV>) -> CK_RV {
    answer.err().unwrap()
}

fn only(usage: CK_ULONG) -> Template {
    vec![flag(usage, true)]
}

#[test]
fn a_key_that_may_not_wrap_does_not() {
    let table = Table::new();
    let make = |template: &Template| table.desk.generate(table.session, OWN + 0x30, template).unwrap();
    let seal = |wrapping| refused(table.wrap(&mut Message::new(&hex(IV)), &[], wrapping, table.secret));
    let open = |unwrapping| {
        let mut message = Message::new(&hex(IV));
        refused(table.unwrap(&mut message, &[], unwrapping, &hex(WRAPPED), &readable()))
    };
    let not = ck::CKR_KEY_FUNCTION_NOT_PERMITTED;
    for usage in [ck::CKA_ENCRYPT, ck::CKA_DECRYPT, ck::CKA_UNWRAP] {
        assert_eq!(seal(make(&only(usage))), not);
    }
    for usage in [ck::CKA_ENCRYPT, ck::CKA_DECRYPT, ck::CKA_WRAP] {
        assert_eq!(open(make(&only(usage))), not);
    }
    let listed =
        |code: CK_ULONG| [sm4_template(), vec![bytes(ck::CKA_ALLOWED_MECHANISMS, &code.to_ne_bytes())]];
    let other = make(&listed(OWN + 0x33).concat());
    assert_eq!((seal(other), open(other)), (ck::CKR_MECHANISM_INVALID, ck::CKR_MECHANISM_INVALID));
    let wrapping = make(&listed(GCM).concat());
    assert!(table.wrap(&mut Message::new(&hex(IV)), &[], wrapping, table.secret).is_ok());
    assert_eq!(seal(999_999), ck::CKR_WRAPPING_KEY_HANDLE_INVALID);
    assert_eq!(open(999_999), ck::CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    let (public, private) =
        table.desk.pair(table.session, OWN + 0x10, &only(ck::CKA_WRAP), &only(ck::CKA_UNWRAP)).unwrap();
    assert_eq!(seal(public), ck::CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    assert_eq!(open(private), ck::CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
}

#[test]
fn a_key_that_stays_is_not_wrapped() {
    let table = Table::new();
    let seal = |key| table.wrap(&mut Message::new(&hex(IV)), &[], table.wrapping, key);
    let make = |more: Template| {
        table.desk.generate(table.session, OWN + 0x30, &[sm4_template(), more].concat()).unwrap()
    };
    assert_eq!(refused(seal(make(vec![]))), ck::CKR_KEY_UNEXTRACTABLE);
    let leaves = flag(ck::CKA_EXTRACTABLE, true);
    let trusting = make(vec![leaves.clone(), flag(ck::CKA_WRAP_WITH_TRUSTED, true)]);
    assert_eq!(refused(seal(trusting)), ck::CKR_KEY_NOT_WRAPPABLE);
    let (public, private) =
        table.desk.pair(table.session, OWN + 0x10, &only(ck::CKA_VERIFY), &only(ck::CKA_SIGN)).unwrap();
    assert_eq!(refused(seal(public)), ck::CKR_KEY_NOT_WRAPPABLE);
    assert_eq!(refused(seal(private)), ck::CKR_KEY_UNEXTRACTABLE);
    assert_eq!(refused(seal(999_999)), ck::CKR_KEY_HANDLE_INVALID);
    assert_eq!(seal(make(vec![leaves])).map(|wrapped| wrapped.len()), Ok(16));
}

#[test]
fn a_private_key_goes_out_and_in_as_pkcs8() {
    let table = Table::new();
    let leaves = [only(ck::CKA_SIGN), only(ck::CKA_EXTRACTABLE)].concat();
    let (public, private) =
        table.desk.pair(table.session, OWN + 0x10, &only(ck::CKA_VERIFY), &leaves).unwrap();
    let mut message = Message::made(12, 0, ck::CKG_GENERATE);
    let wrapped = table.wrap(&mut message, b"bound", table.wrapping, private).unwrap();
    let template = vec![number(ck::CKA_CLASS, ck::CKO_PRIVATE_KEY), number(ck::CKA_KEY_TYPE, SM2)];
    let again = table.unwrap(&mut message, b"bound", table.wrapping, &wrapped, &template).unwrap();
    let sign = mechanism(OWN + 0x15, &[]);
    let signature = table.desk.sign(table.session, &sign, again, b"text").unwrap();
    assert_eq!(table.desk.verify(table.session, &sign, public, b"text", &signature), ck::CKR_OK);
    // Genuine, and no key.
    let mut message = Message::new(&hex(IV));
    let wrapped = table.wrap(&mut message, &[], table.wrapping, table.secret).unwrap();
    let opened = table.unwrap(&mut message, &[], table.wrapping, &wrapped, &template);
    assert_eq!(opened, Err(ck::CKR_WRAPPED_KEY_INVALID));
}

#[test]
fn a_template_must_fit_what_is_unwrapped() {
    let table = Table::new();
    let mut message = Message { tag: hex(TAG), ..Message::new(&hex(IV)) };
    let before = table.objects();
    let mut open =
        |template| table.unwrap(&mut message, &hex(CONTEXT), table.wrapping, &hex(WRAPPED), &template);
    let sm4 = vec![number(ck::CKA_CLASS, ck::CKO_SECRET_KEY), number(ck::CKA_KEY_TYPE, SM4)];
    let refusals = [
        (Vec::new(), ck::CKR_TEMPLATE_INCOMPLETE),
        (generic(vec![bytes(ck::CKA_VALUE, &hex(TEXT))]), ck::CKR_TEMPLATE_INCONSISTENT),
        (sm4, ck::CKR_WRAPPED_KEY_LEN_RANGE),
        (generic(vec![number(ck::CKA_VALUE_LEN, 63)]), ck::CKR_WRAPPED_KEY_LEN_RANGE),
        (generic(vec![flag(ck::CKA_LOCAL, true)]), ck::CKR_ATTRIBUTE_READ_ONLY),
        (
            generic(vec![flag(ck::CKA_TOKEN, true), flag(ck::CKA_PRIVATE, false)]),
            ck::CKR_TEMPLATE_INCONSISTENT,
        ),
        (generic(vec![(0x8000_0001, vec![1])]), ck::CKR_ATTRIBUTE_TYPE_INVALID),
    ];
    for (template, expected) in refusals {
        assert_eq!(refused(open(template.clone())), expected, "{template:x?}");
    }
    assert_eq!(table.objects(), before);
    let kept = generic(vec![number(ck::CKA_VALUE_LEN, 64), flag(ck::CKA_TOKEN, true)]);
    let made = table.unwrap(&mut message, &hex(CONTEXT), table.wrapping, &hex(WRAPPED), &kept).unwrap();
    let read = |kind| table.desk.attribute(table.session, made, kind);
    assert_eq!((read(ck::CKA_SENSITIVE), read(ck::CKA_EXTRACTABLE)), (Ok(vec![1]), Ok(vec![0])));
    assert_eq!(read(ck::CKA_VALUE), Err(ck::CKR_ATTRIBUTE_SENSITIVE));
}

#[test]
fn who_is_not_logged_in_wraps_with_no_private_key_and_a_reader_keeps_none() {
    let mut table = Table::new();
    let session = table.session;
    let mut message = Message { tag: hex(TAG), ..Message::new(&hex(IV)) };
    let kept = [readable(), only(ck::CKA_TOKEN), only(ck::CKA_PRIVATE)].concat();
    table.session = table.desk.open(false);
    let opened = table.unwrap(&mut message, &hex(CONTEXT), table.wrapping, &hex(WRAPPED), &kept);
    assert_eq!(opened, Err(ck::CKR_SESSION_READ_ONLY));
    table.session = session;
    let desk = &table.desk;
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    let sealed = table.wrap(&mut message, &[], table.wrapping, table.secret);
    assert_eq!(refused(sealed), ck::CKR_WRAPPING_KEY_HANDLE_INVALID);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_OK);
    assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
    let opened = table.unwrap(&mut message, &hex(CONTEXT), table.wrapping, &hex(WRAPPED), &readable());
    assert_eq!(opened, Err(ck::CKR_SESSION_HANDLE_INVALID));
}

/// Both calls with this mechanism, and NULLs where it is asked for.
fn both(table: &Table, mut how: Option<CK_MECHANISM>) -> [CK_RV; 2] {
    let how = how.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
    let (session, key, secret) = (table.session, table.wrapping, table.secret);
    let (mut out, mut room, mut made) = ([0xA5u8; 64], 64, 77);
    let values = readable();
    let mut template = raw(&values);
    let (place, wrapped) = (out.as_mut_ptr(), hex(WRAPPED));
    let sealed = call!(
        table.desk,
        C_WrapKeyAuthenticated(session, how, key, secret, ptr::null_mut(), 0, place, &raw mut room)
    );
    assert_eq!((room, out), (64, [0xA5; 64]));
    let opened = call!(
        table.desk,
        C_UnwrapKeyAuthenticated(
            session,
            how,
            key,
            at(&wrapped),
            64,
            template.as_mut_ptr(),
            4,
            ptr::null_mut(),
            0,
            &raw mut made
        )
    );
    assert_eq!(made, 77);
    [sealed, opened]
}

#[test]
fn a_mechanism_that_is_not_whole_is_refused() {
    let table = Table::new();
    let wrong = [ck::CKR_MECHANISM_PARAM_INVALID; 2];
    let mut message = Message::new(&hex(IV));
    let mut given = message.parameter();
    assert_eq!(both(&table, None), [ck::CKR_ARGUMENTS_BAD; 2]);
    for code in [OWN + 0x33, OWN + 0x18, OWN + 0x34, OWN + 0x20, ck::CKM_AES_GCM, 0] {
        assert_eq!(both(&table, Some(with(code, &mut given))), [ck::CKR_MECHANISM_INVALID; 2]);
    }
    let size = size_of::<CK_GCM_MESSAGE_PARAMS>() as CK_ULONG;
    for length in [0, 1, size - 1, size + 1, CK_ULONG::MAX] {
        let how = CK_MECHANISM { ulParameterLen: length, ..with(GCM, &mut given) };
        assert_eq!(both(&table, Some(how)), wrong, "{length}");
    }
    let how = CK_MECHANISM { pParameter: ptr::null_mut(), ..with(GCM, &mut given) };
    assert_eq!(both(&table, Some(how)), wrong);
    // The parameter of whole texts is no parameter of a message.
    let mut whole =
        ck::CK_GCM_PARAMS { pIv: at(&[1; 12]), ulIvLen: 12, ulTagBits: 128, ..Default::default() };
    let mut how = with(GCM, &mut whole);
    how.ulParameterLen = size;
    assert_eq!(both(&table, Some(how))[1], wrong[1]);
    let broken = [
        CK_GCM_MESSAGE_PARAMS { pIv: ptr::null_mut(), ..given },
        CK_GCM_MESSAGE_PARAMS { pTag: ptr::null_mut(), ..given },
        CK_GCM_MESSAGE_PARAMS { ulIvLen: 0, ..given },
        CK_GCM_MESSAGE_PARAMS { ulIvLen: CK_ULONG::MAX, ..given },
        CK_GCM_MESSAGE_PARAMS { ulTagBits: CK_ULONG::MAX, ..given },
    ];
    for mut given in broken {
        assert_eq!(both(&table, Some(with(GCM, &mut given))), wrong, "{given:?}");
    }
    for (iv, len, fixed) in
        [(ptr::null_mut(), 12, 0), (ptr::null_mut(), 12, 8), (given.pIv, CK_ULONG::MAX, 0), (given.pIv, 0, 0)]
    {
        let mut given = CK_GCM_MESSAGE_PARAMS {
            pIv: iv,
            ulIvLen: len,
            ulIvFixedBits: fixed,
            ivGenerator: ck::CKG_GENERATE,
            ..given
        };
        assert_eq!(both(&table, Some(with(GCM, &mut given)))[0], wrong[0], "{given:?}");
    }
    assert_eq!(message, Message::new(&hex(IV)));
}

#[test]
fn nulls_where_something_must_be_are_bad_arguments() {
    let table = Table::new();
    let (session, key, secret) = (table.session, table.wrapping, table.secret);
    let mut message = Message { tag: hex(TAG), ..Message::new(&hex(IV)) };
    let mut given = message.parameter();
    let (mut how, context, wrapped) = (with(GCM, &mut given), hex(CONTEXT), hex(WRAPPED));
    let (mut out, mut room, mut made) = ([0xA5u8; 64], 64, 77);
    let values = readable();
    let mut template = raw(&values);
    let none = ptr::null_mut::<u8>();
    let mut seal = |context, context_len, out, room| {
        call!(
            table.desk,
            C_WrapKeyAuthenticated(session, &raw mut how, key, secret, context, context_len, out, room)
        )
    };
    let bad = ck::CKR_ARGUMENTS_BAD;
    assert_eq!(seal(none, 1, out.as_mut_ptr(), &raw mut room), bad);
    assert_eq!(seal(none, 0, out.as_mut_ptr(), ptr::null_mut()), bad);
    assert_eq!(seal(at(&context), CK_ULONG::MAX, out.as_mut_ptr(), &raw mut room), bad);
    assert_eq!((out, room, &message.tag), ([0xA5; 64], 64, &hex(TAG)));
    let mut open = |wrapped, template, count, context, context_len, made| {
        call!(
            table.desk,
            C_UnwrapKeyAuthenticated(
                session,
                &raw mut how,
                key,
                wrapped,
                64,
                template,
                count,
                context,
                context_len,
                made
            )
        )
    };
    let (whole, template) = (at(&wrapped), template.as_mut_ptr());
    assert_eq!(open(none, template, 4, at(&context), 20, &raw mut made), bad);
    assert_eq!(open(whole, ptr::null_mut(), 1, at(&context), 20, &raw mut made), bad);
    assert_eq!(open(whole, template, 4, none, 20, &raw mut made), bad);
    assert_eq!(open(whole, template, 4, at(&context), 20, ptr::null_mut()), bad);
    assert_eq!(made, 77);
    assert_eq!(open(whole, template, 4, at(&context), 20, &raw mut made), ck::CKR_OK);
    assert_eq!(call!(table.desk, C_Finalize(ptr::null_mut())), ck::CKR_OK);
    assert_eq!(both(&table, None), [ck::CKR_CRYPTOKI_NOT_INITIALIZED; 2]);
}
