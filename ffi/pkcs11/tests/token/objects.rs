//! Attributes: which there are, who reads and changes them, and which objects are found.

use cryptoki_sys::{self as ck, CK_ATTRIBUTE, CK_RV, CK_ULONG};

use super::desk::{Desk, OWN, SM2, SM4, Template, bytes, call, flag, number, raw, sm4_template};

fn data(more: Template) -> Template {
    [vec![number(ck::CKA_CLASS, ck::CKO_DATA), bytes(ck::CKA_VALUE, b"text")], more].concat()
}

#[test]
fn keys_are_sensitive_and_never_leave_unless_asked_otherwise() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &Vec::new()).unwrap();
    let read = |kind| desk.attribute(session, key, kind);
    for kind in [
        ck::CKA_SENSITIVE,
        ck::CKA_ALWAYS_SENSITIVE,
        ck::CKA_NEVER_EXTRACTABLE,
        ck::CKA_LOCAL,
        ck::CKA_PRIVATE,
        ck::CKA_MODIFIABLE,
    ] {
        assert_eq!(read(kind), Ok(vec![1]), "{kind:#x}");
    }
    for kind in [ck::CKA_EXTRACTABLE, ck::CKA_TOKEN, ck::CKA_WRAP, ck::CKA_SIGN, ck::CKA_TRUSTED] {
        assert_eq!(read(kind), Ok(vec![0]), "{kind:#x}");
    }
    assert_eq!(read(ck::CKA_VALUE), Err(ck::CKR_ATTRIBUTE_SENSITIVE));
    assert_eq!(read(ck::CKA_MODULUS), Err(ck::CKR_ATTRIBUTE_TYPE_INVALID));
    assert_eq!(read(ck::CKA_KEY_GEN_MECHANISM), Ok((OWN + 0x30).to_ne_bytes().to_vec()));
    assert_eq!(read(ck::CKA_CHECK_VALUE).map(|value| value.len()), Ok(3));
    assert_eq!(desk.set(session, key, &vec![flag(ck::CKA_SENSITIVE, false)]), ck::CKR_ATTRIBUTE_READ_ONLY);
    assert_eq!(desk.set(session, key, &vec![flag(ck::CKA_EXTRACTABLE, true)]), ck::CKR_ATTRIBUTE_READ_ONLY);
    assert_eq!(desk.set(session, key, &vec![flag(ck::CKA_TOKEN, true)]), ck::CKR_ATTRIBUTE_READ_ONLY);
    assert_eq!(desk.set(session, key, &vec![flag(ck::CKA_TRUSTED, true)]), ck::CKR_ATTRIBUTE_READ_ONLY);
    assert_eq!(desk.set(session, key, &vec![bytes(ck::CKA_LABEL, b"name")]), ck::CKR_OK);
    assert_eq!(read(ck::CKA_LABEL), Ok(b"name".to_vec()));
}

#[test]
fn a_key_that_was_asked_to_be_readable_is_and_says_for_ever_that_it_was() {
    let desk = Desk::new();
    let session = desk.user();
    let open = vec![flag(ck::CKA_SENSITIVE, false), flag(ck::CKA_EXTRACTABLE, true)];
    let key = desk.generate(session, OWN + 0x30, &open).unwrap();
    assert_eq!(desk.attribute(session, key, ck::CKA_VALUE).map(|value| value.len()), Ok(16));
    let close = vec![flag(ck::CKA_SENSITIVE, true), flag(ck::CKA_EXTRACTABLE, false)];
    assert_eq!(desk.set(session, key, &close), ck::CKR_OK);
    assert_eq!(desk.attribute(session, key, ck::CKA_VALUE), Err(ck::CKR_ATTRIBUTE_SENSITIVE));
    assert_eq!(desk.attribute(session, key, ck::CKA_ALWAYS_SENSITIVE), Ok(vec![0]));
    assert_eq!(desk.attribute(session, key, ck::CKA_NEVER_EXTRACTABLE), Ok(vec![0]));
    assert_eq!(desk.set(session, key, &open), ck::CKR_ATTRIBUTE_READ_ONLY);
}

#[test]
fn one_call_reads_what_it_may_and_marks_what_it_may_not() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &vec![bytes(ck::CKA_LABEL, b"four")]).unwrap();
    let (mut label, mut value, mut short) = ([0u8; 8], [0u8; 16], [0u8; 2]);
    let ask = |kind, place: &mut [u8]| CK_ATTRIBUTE {
        type_: kind,
        pValue: place.as_mut_ptr().cast(),
        ulValueLen: place.len() as CK_ULONG,
    };
    let mut asked =
        [ask(ck::CKA_VALUE, &mut value), ask(ck::CKA_LABEL, &mut label), ask(ck::CKA_LABEL, &mut short)];
    let rv = call!(desk, C_GetAttributeValue(session, key, asked.as_mut_ptr(), 3));
    assert_eq!(rv, ck::CKR_ATTRIBUTE_SENSITIVE);
    let gone = ck::CK_UNAVAILABLE_INFORMATION;
    assert_eq!(asked.map(|attribute| attribute.ulValueLen), [gone, 4, gone]);
    assert_eq!((label, value, short), (*b"four\0\0\0\0", [0; 16], [0; 2]));
    let rv = call!(desk, C_GetAttributeValue(session, key, &raw mut asked[2], 1));
    assert_eq!((rv, short), (ck::CKR_BUFFER_TOO_SMALL, [0; 2]), "what a call said of a value is no room");
}

#[test]
fn templates_that_say_too_little_too_much_or_nonsense_make_nothing() {
    let desk = Desk::new();
    let session = desk.user();
    let made = |template: Template| desk.create(session, &template).err();
    assert_eq!(made(vec![]), Some(ck::CKR_TEMPLATE_INCOMPLETE));
    assert_eq!(made(vec![number(ck::CKA_CLASS, ck::CKO_HW_FEATURE)]), Some(ck::CKR_ATTRIBUTE_VALUE_INVALID));
    assert_eq!(made(data(vec![bytes(0x8765_4321, b"")])), Some(ck::CKR_ATTRIBUTE_TYPE_INVALID));
    assert_eq!(made(data(vec![bytes(ck::CKA_TOKEN, &[2])])), Some(ck::CKR_ATTRIBUTE_VALUE_INVALID));
    assert_eq!(made(data(vec![bytes(ck::CKA_TOKEN, &[])])), Some(ck::CKR_ATTRIBUTE_VALUE_INVALID));
    assert_eq!(made(data(vec![flag(ck::CKA_SIGN, true)])), Some(ck::CKR_TEMPLATE_INCONSISTENT));
    assert_eq!(made(data(vec![bytes(ck::CKA_VALUE, b"other")])), Some(ck::CKR_TEMPLATE_INCONSISTENT));
    let secret = |more: Template| [vec![number(ck::CKA_CLASS, ck::CKO_SECRET_KEY)], more].concat();
    assert_eq!(made(secret(vec![number(ck::CKA_KEY_TYPE, SM4)])), Some(ck::CKR_TEMPLATE_INCOMPLETE));
    let fifteen = vec![number(ck::CKA_KEY_TYPE, SM4), bytes(ck::CKA_VALUE, &[1; 15])];
    assert_eq!(made(secret(fifteen)), Some(ck::CKR_ATTRIBUTE_VALUE_INVALID));
    let whole = || vec![number(ck::CKA_KEY_TYPE, SM4), bytes(ck::CKA_VALUE, &[1; 16])];
    for kind in [ck::CKA_LOCAL, ck::CKA_ALWAYS_SENSITIVE, ck::CKA_NEVER_EXTRACTABLE] {
        assert_eq!(
            made(secret([whole(), vec![flag(kind, true)]].concat())),
            Some(ck::CKR_ATTRIBUTE_READ_ONLY)
        );
    }
    let bare = vec![flag(ck::CKA_TOKEN, true), flag(ck::CKA_PRIVATE, false)];
    assert_eq!(made(secret([whole(), bare].concat())), Some(ck::CKR_TEMPLATE_INCONSISTENT));
    let wrong = vec![bytes(ck::CKA_CHECK_VALUE, &[0; 3])];
    assert_eq!(made(secret([whole(), wrong].concat())), Some(ck::CKR_ATTRIBUTE_VALUE_INVALID));
    let point = vec![
        number(ck::CKA_CLASS, ck::CKO_PUBLIC_KEY),
        number(ck::CKA_KEY_TYPE, SM2),
        bytes(ck::CKA_EC_POINT, &[4; 65]),
    ];
    assert_eq!(made(point), Some(ck::CKR_ATTRIBUTE_VALUE_INVALID));
    let p256 = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
    let pair = desk.pair(session, ck::CKM_EC_KEY_PAIR_GEN, &vec![bytes(ck::CKA_EC_PARAMS, &p256)], &vec![]);
    assert_eq!(pair, Err(ck::CKR_CURVE_NOT_SUPPORTED));
    assert_eq!(
        desk.pair(session, ck::CKM_EC_KEY_PAIR_GEN, &vec![], &vec![]),
        Err(ck::CKR_TEMPLATE_INCOMPLETE)
    );
    assert_eq!(desk.find(session, &vec![]), []);
}

#[test]
fn public_objects_are_seen_before_the_login_and_private_ones_only_after() {
    let desk = Desk::new();
    let session = desk.user();
    let kept = |private, label: &[u8]| {
        data(vec![flag(ck::CKA_TOKEN, true), flag(ck::CKA_PRIVATE, private), bytes(ck::CKA_LABEL, label)])
    };
    assert!(desk.create(session, &kept(false, b"open to all who look")).is_ok());
    assert!(desk.create(session, &kept(true, b"shut to all but the user")).is_ok());
    assert_eq!(desk.find(session, &vec![number(ck::CKA_CLASS, ck::CKO_DATA)]).len(), 2);
    let stored = std::fs::read(desk.token_file()).unwrap();
    let holds = |text: &[u8]| stored.windows(text.len()).any(|window| window == text);
    assert!(holds(b"open to all who look") && !holds(b"shut to all but the user"));
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    let seen = desk.find(session, &vec![]);
    assert_eq!(seen.len(), 1);
    assert_eq!(desk.attribute(session, seen[0], ck::CKA_LABEL), Ok(b"open to all who look".to_vec()));
    assert_eq!(desk.create(session, &kept(true, b"late")), Err(ck::CKR_USER_NOT_LOGGED_IN));
    assert!(desk.create(session, &kept(false, b"late")).is_ok());
}

#[test]
fn a_session_that_reads_makes_nothing_that_stays_and_what_it_makes_ends_with_it() {
    let desk = Desk::new();
    let (reader, writer) = (desk.open(false), desk.open(true));
    assert_eq!(desk.create(reader, &data(vec![flag(ck::CKA_TOKEN, true)])), Err(ck::CKR_SESSION_READ_ONLY));
    let fleeting = desk.create(reader, &data(vec![])).unwrap();
    assert_eq!(desk.attribute(writer, fleeting, ck::CKA_VALUE), Ok(b"text".to_vec()));
    let kept = desk.create(writer, &data(vec![flag(ck::CKA_TOKEN, true)])).unwrap();
    assert_eq!(call!(desk, C_DestroyObject(reader, kept)), ck::CKR_SESSION_READ_ONLY);
    assert_eq!(desk.set(reader, kept, &vec![bytes(ck::CKA_LABEL, b"x")]), ck::CKR_SESSION_READ_ONLY);
    assert_eq!(call!(desk, C_CloseSession(reader)), ck::CKR_OK);
    assert_eq!(desk.attribute(writer, fleeting, ck::CKA_VALUE), Err(ck::CKR_OBJECT_HANDLE_INVALID));
    assert_eq!(call!(desk, C_DestroyObject(writer, kept)), ck::CKR_OK);
    assert_eq!(call!(desk, C_DestroyObject(writer, kept)), ck::CKR_OBJECT_HANDLE_INVALID);
}

fn copied(desk: &Desk, session: CK_ULONG, object: CK_ULONG, template: &Template) -> Result<CK_ULONG, CK_RV> {
    let (mut attributes, mut made) = (raw(template), 0);
    let count = attributes.len() as CK_ULONG;
    let rv = call!(desk, C_CopyObject(session, object, attributes.as_mut_ptr(), count, &raw mut made));
    super::desk::result(rv, made)
}

#[test]
fn a_public_key_of_a_session_is_copied_to_the_token_sealed_or_not_at_all() {
    let desk = Desk::new();
    let session = desk.user();
    let value = b"sixteen in clear";
    let fleeting = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, SM4),
        flag(ck::CKA_PRIVATE, false),
        bytes(ck::CKA_VALUE, value),
    ];
    let key = desk.create(session, &fleeting).unwrap();
    let bare = vec![flag(ck::CKA_TOKEN, true)];
    assert_eq!(copied(&desk, session, key, &bare), Err(ck::CKR_TEMPLATE_INCONSISTENT));
    assert!(copied(&desk, session, key, &vec![bytes(ck::CKA_LABEL, b"fleeting")]).is_ok());
    let sealed = vec![flag(ck::CKA_TOKEN, true), flag(ck::CKA_PRIVATE, true)];
    assert!(copied(&desk, session, key, &sealed).is_ok());
    let stored = std::fs::read(desk.token_file()).unwrap();
    assert!(!stored.windows(value.len()).any(|window| window == value));
}

#[test]
fn what_must_not_change_does_not_and_a_copy_is_never_less_secret() {
    let desk = Desk::new();
    let session = desk.user();
    let fixed = desk
        .create(session, &data(vec![flag(ck::CKA_MODIFIABLE, false), flag(ck::CKA_DESTROYABLE, false)]))
        .unwrap();
    assert_eq!(desk.set(session, fixed, &vec![bytes(ck::CKA_LABEL, b"x")]), ck::CKR_ACTION_PROHIBITED);
    assert_eq!(call!(desk, C_DestroyObject(session, fixed)), ck::CKR_ACTION_PROHIBITED);
    let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let copy = |object, template: Template| copied(&desk, session, object, &template);
    for worse in
        [flag(ck::CKA_SENSITIVE, false), flag(ck::CKA_EXTRACTABLE, true), flag(ck::CKA_PRIVATE, false)]
    {
        assert_eq!(copy(key, vec![worse]), Err(ck::CKR_ATTRIBUTE_READ_ONLY));
    }
    let kept = copy(key, vec![flag(ck::CKA_TOKEN, true), bytes(ck::CKA_LABEL, b"kept")]).unwrap();
    assert_eq!(desk.attribute(session, kept, ck::CKA_TOKEN), Ok(vec![1]));
    assert_eq!(desk.attribute(session, kept, ck::CKA_NEVER_EXTRACTABLE), Ok(vec![1]));
    let single = desk.create(session, &data(vec![flag(ck::CKA_COPYABLE, false)])).unwrap();
    assert_eq!(copy(single, vec![]), Err(ck::CKR_ACTION_PROHIBITED));
}

#[test]
fn a_search_never_answers_about_secret_bytes() {
    let desk = Desk::new();
    let session = desk.user();
    let known = vec![
        number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        number(ck::CKA_KEY_TYPE, SM4),
        bytes(ck::CKA_VALUE, &[1; 16]),
    ];
    let shut = desk.create(session, &known).unwrap();
    assert_eq!(desk.find(session, &vec![bytes(ck::CKA_VALUE, &[1; 16])]), []);
    assert_eq!(desk.find(session, &vec![number(ck::CKA_KEY_TYPE, SM4)]), [shut]);
}

#[test]
fn a_certificate_is_kept_as_it_is() {
    let desk = Desk::new();
    let session = desk.open(true);
    let template = vec![
        number(ck::CKA_CLASS, ck::CKO_CERTIFICATE),
        number(ck::CKA_CERTIFICATE_TYPE, ck::CKC_X_509),
        flag(ck::CKA_TOKEN, true),
        bytes(ck::CKA_SUBJECT, b"subject"),
        bytes(ck::CKA_VALUE, b"any bytes"),
    ];
    let certificate = desk.create(session, &template).unwrap();
    assert_eq!(desk.attribute(session, certificate, ck::CKA_VALUE), Ok(b"any bytes".to_vec()));
    assert_eq!(desk.find(session, &vec![bytes(ck::CKA_SUBJECT, b"subject")]), [certificate]);
    let trusted = [template, vec![flag(ck::CKA_TRUSTED, true)]].concat();
    assert_eq!(desk.create(session, &trusted), Err(ck::CKR_ATTRIBUTE_READ_ONLY));
}
