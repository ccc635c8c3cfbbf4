//! Tokens, PINs, sessions: what is allowed in which state.

use std::ptr;

use cryptoki_sys::{self as ck, CK_SESSION_INFO, CK_TOKEN_INFO, CK_ULONG};

use super::desk::{Desk, OFFICER, OWN, USER, at, bytes, call, flag, len, mechanism, number, sm4_template};

fn state(desk: &Desk, session: CK_ULONG) -> CK_ULONG {
    let mut info = CK_SESSION_INFO::default();
    assert_eq!(call!(desk, C_GetSessionInfo(session, &raw mut info)), ck::CKR_OK);
    info.state
}

fn flags(desk: &Desk) -> CK_ULONG {
    let mut info = CK_TOKEN_INFO::default();
    assert_eq!(call!(desk, C_GetTokenInfo(0, &raw mut info)), ck::CKR_OK);
    info.flags
}

#[test]
fn every_session_of_a_token_has_the_state_of_who_is_logged_in() {
    let desk = Desk::new();
    let (reader, writer) = (desk.open(false), desk.open(true));
    assert_eq!(state(&desk, reader), ck::CKS_RO_PUBLIC_SESSION);
    assert_eq!(state(&desk, writer), ck::CKS_RW_PUBLIC_SESSION);
    assert_eq!(desk.login(reader, ck::CKU_USER, USER), ck::CKR_OK);
    assert_eq!(state(&desk, reader), ck::CKS_RO_USER_FUNCTIONS);
    assert_eq!(state(&desk, writer), ck::CKS_RW_USER_FUNCTIONS);
    assert_eq!(desk.login(writer, ck::CKU_USER, USER), ck::CKR_USER_ALREADY_LOGGED_IN);
    assert_eq!(desk.login(writer, ck::CKU_SO, OFFICER), ck::CKR_SESSION_READ_ONLY_EXISTS);
    assert_eq!(call!(desk, C_CloseSession(reader)), ck::CKR_OK);
    assert_eq!(desk.login(writer, ck::CKU_SO, OFFICER), ck::CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    assert_eq!(call!(desk, C_Logout(writer)), ck::CKR_OK);
    assert_eq!(call!(desk, C_Logout(writer)), ck::CKR_USER_NOT_LOGGED_IN);
    assert_eq!(state(&desk, writer), ck::CKS_RW_PUBLIC_SESSION);
    assert_eq!(desk.login(writer, ck::CKU_SO, OFFICER), ck::CKR_OK);
    assert_eq!(state(&desk, writer), ck::CKS_RW_SO_FUNCTIONS);
    assert_eq!(desk.try_open(false), Err(ck::CKR_SESSION_READ_WRITE_SO_EXISTS));
    assert_eq!(desk.login(writer, ck::CKU_USER, USER), ck::CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}

#[test]
fn the_last_session_that_ends_logs_out_and_no_number_comes_back() {
    let desk = Desk::new();
    let (first, second) = (desk.user(), desk.open(true));
    assert_eq!(call!(desk, C_CloseSession(first)), ck::CKR_OK);
    assert_eq!(state(&desk, second), ck::CKS_RW_USER_FUNCTIONS);
    assert_eq!(call!(desk, C_CloseSession(second)), ck::CKR_OK);
    assert_eq!(call!(desk, C_CloseSession(second)), ck::CKR_SESSION_HANDLE_INVALID);
    let third = desk.open(true);
    assert_eq!(state(&desk, third), ck::CKS_RW_PUBLIC_SESSION);
    assert!(third != first && third != second);
    assert_eq!(call!(desk, C_CloseAllSessions(0)), ck::CKR_OK);
    let mut info = CK_SESSION_INFO::default();
    assert_eq!(call!(desk, C_GetSessionInfo(third, &raw mut info)), ck::CKR_SESSION_HANDLE_INVALID);
    call!(desk, C_Finalize(ptr::null_mut()));
    assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_OK);
    assert!(desk.open(true) > third);
}

#[test]
fn a_session_must_be_serial_and_a_token_initialised() {
    let desk = Desk::bare("");
    let mut session = 0;
    let open =
        |flags, session: &mut CK_ULONG| call!(desk, C_OpenSession(0, flags, ptr::null_mut(), None, session));
    assert_eq!(open(ck::CKF_SERIAL_SESSION, &mut session), ck::CKR_TOKEN_NOT_RECOGNIZED);
    assert_eq!(open(0, &mut session), ck::CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    assert_eq!(flags(&desk) & ck::CKF_TOKEN_INITIALIZED, 0);
    assert_eq!(
        call!(desk, C_OpenSession(1, ck::CKF_SERIAL_SESSION, ptr::null_mut(), None, &raw mut session)),
        ck::CKR_SLOT_ID_INVALID
    );
    assert_eq!(desk.init_token(b"short"), ck::CKR_PIN_LEN_RANGE);
    assert_eq!(desk.init_token(OFFICER), ck::CKR_OK);
    assert_eq!(
        flags(&desk) & (ck::CKF_TOKEN_INITIALIZED | ck::CKF_USER_PIN_INITIALIZED),
        ck::CKF_TOKEN_INITIALIZED
    );
    let session = desk.open(true);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_USER_PIN_NOT_INITIALIZED);
    assert_eq!(desk.init_token(OFFICER), ck::CKR_SESSION_EXISTS);
}

#[test]
fn a_pin_is_locked_after_ten_wrong_ones_and_over_a_restart_until_the_officer_sets_another() {
    let desk = Desk::new();
    let session = desk.open(true);
    for attempt in 1..=10 {
        assert_eq!(desk.login(session, ck::CKU_USER, b"wrong-pin"), ck::CKR_PIN_INCORRECT, "{attempt}");
        let (low, last, locked) =
            (ck::CKF_USER_PIN_COUNT_LOW, ck::CKF_USER_PIN_FINAL_TRY, ck::CKF_USER_PIN_LOCKED);
        let expected = match attempt {
            10 => locked,
            9 => low | last,
            _ => low,
        };
        assert_eq!(flags(&desk) & (low | last | locked), expected, "{attempt}");
    }
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_PIN_LOCKED);
    call!(desk, C_Finalize(ptr::null_mut()));
    assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_OK);
    let session = desk.open(true);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_PIN_LOCKED);
    assert_eq!(desk.login(session, ck::CKU_SO, OFFICER), ck::CKR_OK);
    assert_eq!(call!(desk, C_InitPIN(session, at(USER), len(USER))), ck::CKR_OK);
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_OK);
    assert_eq!(flags(&desk) & ck::CKF_USER_PIN_COUNT_LOW, 0);
}

#[test]
fn a_right_pin_clears_the_count_and_a_changed_one_replaces_the_old() {
    let desk = Desk::new();
    let session = desk.open(true);
    for _ in 0..9 {
        assert_eq!(desk.login(session, ck::CKU_USER, b"wrong-pin"), ck::CKR_PIN_INCORRECT);
    }
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_OK);
    let key = desk.generate(session, OWN + 0x30, &[sm4_template(), vec![flag(ck::CKA_TOKEN, true)]].concat());
    assert!(key.is_ok());
    let set = |old: &[u8], new: &[u8]| call!(desk, C_SetPIN(session, at(old), len(old), at(new), len(new)));
    assert_eq!(set(b"wrong-pin", b"another-pin"), ck::CKR_PIN_INCORRECT);
    assert_eq!(set(USER, b"short"), ck::CKR_PIN_LEN_RANGE);
    assert_eq!(set(USER, b"another-pin"), ck::CKR_OK);
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_PIN_INCORRECT);
    assert_eq!(desk.login(session, ck::CKU_USER, b"another-pin"), ck::CKR_OK);
    assert_eq!(desk.find(session, &vec![number(ck::CKA_CLASS, ck::CKO_SECRET_KEY)]).len(), 1);
}

#[test]
fn only_the_officer_sets_the_user_s_pin_and_a_reader_changes_none() {
    let desk = Desk::new();
    let session = desk.open(true);
    assert_eq!(call!(desk, C_InitPIN(session, at(USER), len(USER))), ck::CKR_USER_NOT_LOGGED_IN);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_OK);
    assert_eq!(call!(desk, C_InitPIN(session, at(USER), len(USER))), ck::CKR_USER_NOT_LOGGED_IN);
    let reader = desk.open(false);
    assert_eq!(
        call!(desk, C_SetPIN(reader, at(USER), len(USER), at(USER), len(USER))),
        ck::CKR_SESSION_READ_ONLY
    );
    assert_eq!(desk.login(session, 7, USER), ck::CKR_USER_TYPE_INVALID);
    assert_eq!(desk.login(session, ck::CKU_CONTEXT_SPECIFIC, USER), ck::CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(desk, C_Login(session, ck::CKU_USER, ptr::null_mut(), 0)), ck::CKR_ARGUMENTS_BAD);
}

#[test]
fn a_token_is_initialised_anew_by_its_officer_only_and_then_empty() {
    let desk = Desk::new();
    let session = desk.user();
    let data =
        vec![number(ck::CKA_CLASS, ck::CKO_DATA), flag(ck::CKA_TOKEN, true), bytes(ck::CKA_VALUE, b"x")];
    assert!(desk.create(session, &data).is_ok());
    assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
    assert_eq!(desk.init_token(b"wrong-pin"), ck::CKR_PIN_INCORRECT);
    let session = desk.open(false);
    assert_eq!(desk.find(session, &Vec::new()).len(), 1);
    assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
    assert_eq!(desk.init_token(OFFICER), ck::CKR_OK);
    let session = desk.open(false);
    assert_eq!(desk.find(session, &Vec::new()), []);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_USER_PIN_NOT_INITIALIZED);
}

#[test]
fn a_logout_ends_work_with_a_private_key_and_hides_the_key() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let mut how = mechanism(OWN + 0x31, &[]);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut how, key)), ck::CKR_OK);
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    let (mut out, mut room) = ([0; 16], 16);
    let rv = call!(desk, C_Encrypt(session, at(&[0; 16]), 16, out.as_mut_ptr(), &raw mut room));
    assert_eq!(rv, ck::CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut how, key)), ck::CKR_KEY_HANDLE_INVALID);
    assert_eq!(call!(desk, C_DestroyObject(session, key)), ck::CKR_OBJECT_HANDLE_INVALID);
}

#[test]
fn work_is_cancelled_by_its_kind_and_other_work_goes_on() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let (mut ecb, mut cmac) = (mechanism(OWN + 0x31, &[]), mechanism(OWN + 0x36, &[]));
    let mut sm3 = mechanism(OWN + 0x20, &[]);
    let mut begin = |kind| match kind {
        ck::CKF_ENCRYPT => call!(desk, C_EncryptInit(session, &raw mut ecb, key)),
        ck::CKF_DECRYPT => call!(desk, C_DecryptInit(session, &raw mut ecb, key)),
        ck::CKF_DIGEST => call!(desk, C_DigestInit(session, &raw mut sm3)),
        ck::CKF_SIGN => call!(desk, C_SignInit(session, &raw mut cmac, key)),
        ck::CKF_VERIFY => call!(desk, C_VerifyInit(session, &raw mut cmac, key)),
        _ => call!(desk, C_FindObjectsInit(session, ptr::null_mut(), 0)),
    };
    let kinds = [
        ck::CKF_ENCRYPT,
        ck::CKF_DECRYPT,
        ck::CKF_DIGEST,
        ck::CKF_SIGN,
        ck::CKF_VERIFY,
        ck::CKF_FIND_OBJECTS,
    ];
    let cancel = |flags| call!(desk, C_SessionCancel(session, flags));
    let all = kinds.iter().fold(0, |all, kind| all | kind);
    // What is not in progress, and what there is no work of, is passed over.
    for flags in [0, all, ck::CKF_MESSAGE_ENCRYPT | ck::CKF_WRAP, ck::CK_FLAGS::MAX] {
        assert_eq!(cancel(flags), ck::CKR_OK);
    }
    kinds.iter().for_each(|kind| assert_eq!(begin(*kind), ck::CKR_OK));
    for flags in [0, !all] {
        assert_eq!(cancel(flags), ck::CKR_OK);
        kinds.iter().for_each(|kind| assert_eq!(begin(*kind), ck::CKR_OPERATION_ACTIVE));
    }
    let none = ptr::null_mut();
    let cancel_alone = |kind| match kind {
        ck::CKF_ENCRYPT => call!(desk, C_EncryptInit(session, none, 0)),
        ck::CKF_DECRYPT => call!(desk, C_DecryptInit(session, none, 0)),
        ck::CKF_DIGEST => call!(desk, C_DigestInit(session, none)),
        ck::CKF_SIGN => call!(desk, C_SignInit(session, none, 0)),
        ck::CKF_VERIFY => call!(desk, C_VerifyInit(session, none, 0)),
        _ => cancel(kind),
    };
    let ways: [&dyn Fn(ck::CK_FLAGS) -> ck::CK_RV; 2] = [&cancel, &cancel_alone];
    for (cancelled, way) in kinds.iter().flat_map(|kind| ways.map(|way| (*kind, way))) {
        assert_eq!(way(cancelled), ck::CKR_OK);
        for kind in kinds {
            let expected = if kind == cancelled { ck::CKR_OK } else { ck::CKR_OPERATION_ACTIVE };
            assert_eq!(begin(kind), expected, "{kind:x} after {cancelled:x}");
        }
    }
    assert_eq!(cancel(all), ck::CKR_OK);
    let (mut out, mut room) = ([0; 16], 16);
    let rv = call!(desk, C_Encrypt(session, at(&[0; 16]), 16, out.as_mut_ptr(), &raw mut room));
    assert_eq!(rv, ck::CKR_OPERATION_NOT_INITIALIZED);
    kinds.iter().for_each(|kind| assert_eq!(begin(*kind), ck::CKR_OK));
    // Of another session nothing ends.
    let other = desk.open(false);
    assert_eq!(call!(desk, C_SessionCancel(other, all)), ck::CKR_OK);
    assert_eq!(begin(ck::CKF_DIGEST), ck::CKR_OPERATION_ACTIVE);
    assert_eq!(call!(desk, C_CloseSession(other)), ck::CKR_OK);
    assert_eq!(call!(desk, C_SessionCancel(other, all)), ck::CKR_SESSION_HANDLE_INVALID);
}

#[test]
fn no_session_says_that_anything_was_validated() {
    let desk = Desk::new();
    let session = desk.user();
    let ask = |session, kind| {
        let mut flags = 0xA5;
        let rv = call!(desk, C_GetSessionValidationFlags(session, kind, &raw mut flags));
        (rv, flags)
    };
    assert_eq!(ask(session, ck::CKS_LAST_VALIDATION_OK), (ck::CKR_OK, 0));
    assert!(desk.generate(session, OWN + 0x30, &sm4_template()).is_ok());
    assert_eq!(ask(session, ck::CKS_LAST_VALIDATION_OK), (ck::CKR_OK, 0));
    assert_eq!(ask(session, 0), (ck::CKR_ARGUMENTS_BAD, 0xA5));
    assert_eq!(ask(session + 1, ck::CKS_LAST_VALIDATION_OK), (ck::CKR_SESSION_HANDLE_INVALID, 0xA5));
    let rv = call!(desk, C_GetSessionValidationFlags(session, ck::CKS_LAST_VALIDATION_OK, ptr::null_mut()));
    assert_eq!(rv, ck::CKR_ARGUMENTS_BAD);
}
