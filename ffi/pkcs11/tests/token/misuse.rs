//! NULLs, wrong lengths, too little room, calls out of order, forks: every entry answers with a number.

use std::ptr;

use cryptoki_sys::{self as ck, CK_C_INITIALIZE_ARGS, CK_ULONG};

use super::desk::{Desk, OWN, at, call, mechanism, sm4_template};

#[test]
fn before_the_start_and_after_the_end_every_call_says_so() {
    let desk = Desk::new();
    assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_CRYPTOKI_ALREADY_INITIALIZED);
    assert_eq!(call!(desk, C_Finalize(ptr::dangling_mut())), ck::CKR_ARGUMENTS_BAD);
    assert_eq!(call!(desk, C_Finalize(ptr::null_mut())), ck::CKR_OK);
    let none = ck::CKR_CRYPTOKI_NOT_INITIALIZED;
    assert_eq!(call!(desk, C_Finalize(ptr::null_mut())), none);
    assert_eq!(call!(desk, C_GetInfo(ptr::null_mut())), none);
    assert_eq!(call!(desk, C_GetSlotList(0, ptr::null_mut(), ptr::null_mut())), none);
    assert_eq!(call!(desk, C_Encrypt(1, ptr::null_mut(), 0, ptr::null_mut(), ptr::null_mut())), none);
    assert_eq!(call!(desk, C_WaitForSlotEvent(0, ptr::null_mut(), ptr::null_mut())), none);
    assert_eq!(call!(desk, C_SignRecover(1, ptr::null_mut(), 0, ptr::null_mut(), ptr::null_mut())), none);
    assert_eq!(call!(desk, C_SessionCancel(1, 0)), none);
    assert_eq!(call!(desk, C_GetSessionValidationFlags(1, 1, ptr::null_mut())), none);
}

#[test]
fn locks_of_the_program_alone_are_refused() {
    let desk = Desk::new();
    call!(desk, C_Finalize(ptr::null_mut()));
    unsafe extern "C" fn create(_: *mut *mut core::ffi::c_void) -> ck::CK_RV {
        0
    }
    unsafe extern "C" fn other(_: *mut core::ffi::c_void) -> ck::CK_RV {
        0
    }
    let mut arguments = CK_C_INITIALIZE_ARGS { CreateMutex: Some(create), ..CK_C_INITIALIZE_ARGS::default() };
    let initialize =
        |arguments: &mut CK_C_INITIALIZE_ARGS| call!(desk, C_Initialize(ptr::from_mut(arguments).cast()));
    assert_eq!(initialize(&mut arguments), ck::CKR_ARGUMENTS_BAD);
    arguments.DestroyMutex = Some(other);
    arguments.LockMutex = Some(other);
    arguments.UnlockMutex = Some(other);
    assert_eq!(initialize(&mut arguments), ck::CKR_CANT_LOCK);
    arguments.flags = ck::CKF_OS_LOCKING_OK;
    arguments.pReserved = ptr::dangling_mut();
    assert_eq!(initialize(&mut arguments), ck::CKR_ARGUMENTS_BAD);
    arguments.pReserved = ptr::null_mut();
    assert_eq!(initialize(&mut arguments), ck::CKR_OK);
}

#[test]
fn nulls_where_something_must_be_are_bad_arguments() {
    let desk = Desk::new();
    let session = desk.user();
    let bad = ck::CKR_ARGUMENTS_BAD;
    assert_eq!(call!(desk, C_GetInfo(ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_GetFunctionList(ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_GetSlotList(0, ptr::null_mut(), ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_GetSlotInfo(0, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_GetTokenInfo(0, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_GetMechanismList(0, ptr::null_mut(), ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_GetMechanismInfo(0, OWN + 0x20, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_GetSessionInfo(session, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_OpenSession(0, 4, ptr::null_mut(), None, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_InitToken(0, ptr::null_mut(), 0, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_SetPIN(session, ptr::null_mut(), 0, ptr::null_mut(), 0)), bad);
    assert_eq!(call!(desk, C_CreateObject(session, ptr::null_mut(), 1, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_FindObjects(session, ptr::null_mut(), 1, ptr::null_mut())), bad);
    assert_eq!(call!(desk, C_DigestUpdate(session, ptr::null_mut(), 1)), bad);
    assert_eq!(call!(desk, C_GenerateRandom(session, ptr::null_mut(), 1)), bad);
    assert_eq!(
        call!(desk, C_GenerateKey(session, ptr::null_mut(), ptr::null_mut(), 0, ptr::null_mut())),
        bad
    );
    let mut lonely = ck::CK_ATTRIBUTE { type_: ck::CKA_LABEL, pValue: ptr::null_mut(), ulValueLen: 4 };
    let rv = call!(desk, C_FindObjectsInit(session, &raw mut lonely, 1));
    assert_eq!(rv, ck::CKR_ATTRIBUTE_VALUE_INVALID);
    assert_eq!(call!(desk, C_FindObjectsInit(session, ptr::null_mut(), 0)), ck::CKR_OK);
    let mut found = 7;
    assert_eq!(call!(desk, C_FindObjects(session, ptr::null_mut(), 1, &raw mut found)), bad);
    assert_eq!(found, 7);
}

#[test]
fn too_little_room_says_how_much_and_ends_nothing() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let mut how = mechanism(OWN + 0x33, &[7; 16]);
    let text = [5; 20];
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut how, key)), ck::CKR_OK);
    let (mut out, mut room) = ([0xAA; 40], 31);
    let rv = call!(desk, C_Encrypt(session, at(&text), 20, out.as_mut_ptr(), &raw mut room));
    assert_eq!((rv, room), (ck::CKR_BUFFER_TOO_SMALL, 32));
    assert_eq!(out, [0xAA; 40]);
    let rv = call!(desk, C_Encrypt(session, at(&text), 20, out.as_mut_ptr(), &raw mut room));
    assert_eq!((rv, room, &out[32..]), (ck::CKR_OK, 32, [0xAA; 8].as_slice()));
    // The text is shorter than what the length says first, and the exact room is enough.
    assert_eq!(call!(desk, C_DecryptInit(session, &raw mut how, key)), ck::CKR_OK);
    let (mut back, mut room) = ([0xAA; 20], 19);
    let rv = call!(desk, C_Decrypt(session, out.as_mut_ptr(), 32, back.as_mut_ptr(), &raw mut room));
    assert_eq!((rv, room, back), (ck::CKR_BUFFER_TOO_SMALL, 20, [0xAA; 20]));
    let rv = call!(desk, C_Decrypt(session, out.as_mut_ptr(), 32, back.as_mut_ptr(), &raw mut room));
    assert_eq!((rv, back), (ck::CKR_OK, text));
    let rv = call!(desk, C_Decrypt(session, out.as_mut_ptr(), 32, back.as_mut_ptr(), &raw mut room));
    assert_eq!(rv, ck::CKR_OPERATION_NOT_INITIALIZED);
    let mut sm3 = mechanism(OWN + 0x20, &[]);
    assert_eq!(call!(desk, C_DigestInit(session, &raw mut sm3)), ck::CKR_OK);
    let mut room = 31;
    let rv = call!(desk, C_Digest(session, at(b"abc"), 3, out.as_mut_ptr(), &raw mut room));
    assert_eq!((rv, room), (ck::CKR_BUFFER_TOO_SMALL, 32));
    assert_eq!(call!(desk, C_Digest(session, at(b"abc"), 3, out.as_mut_ptr(), &raw mut room)), ck::CKR_OK);
    assert_eq!(out[..4], [0x66, 0xc7, 0xf0, 0xf4]);
}

#[test]
fn an_answer_may_be_written_over_its_question() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let how = mechanism(OWN + 0x32, &[9; 16]);
    let expected = desk.encrypt(session, &how, key, &[3; 32]).unwrap();
    let (mut how, mut place, mut room) = (how, [3; 32], 32);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut how, key)), ck::CKR_OK);
    let start = place.as_mut_ptr();
    assert_eq!(call!(desk, C_Encrypt(session, start, 32, start, &raw mut room)), ck::CKR_OK);
    assert_eq!(place.as_slice(), expected);
}

#[test]
fn work_is_one_of_a_kind_and_parts_are_not_mixed_with_the_whole() {
    let desk = Desk::new();
    let session = desk.user();
    let mut sm3 = mechanism(OWN + 0x20, &[]);
    let (mut out, mut room) = ([0; 32], 32);
    assert_eq!(call!(desk, C_DigestUpdate(session, at(b"a"), 1)), ck::CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(desk, C_DigestInit(session, &raw mut sm3)), ck::CKR_OK);
    assert_eq!(call!(desk, C_DigestInit(session, &raw mut sm3)), ck::CKR_OPERATION_ACTIVE);
    assert_eq!(call!(desk, C_DigestUpdate(session, at(b"a"), 1)), ck::CKR_OK);
    let rv = call!(desk, C_Digest(session, at(b"bc"), 2, out.as_mut_ptr(), &raw mut room));
    assert_eq!(rv, ck::CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(desk, C_FindObjectsFinal(session)), ck::CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(desk, C_FindObjectsInit(session, ptr::null_mut(), 0)), ck::CKR_OK);
    assert_eq!(call!(desk, C_FindObjectsInit(session, ptr::null_mut(), 0)), ck::CKR_OPERATION_ACTIVE);
}

#[test]
fn what_is_not_offered_says_so() {
    let desk = Desk::new();
    let session = desk.user();
    let (none, mut room) = (ptr::null_mut::<u8>(), 0 as CK_ULONG);
    let not = ck::CKR_FUNCTION_NOT_SUPPORTED;
    assert_eq!(call!(desk, C_GetOperationState(session, none, &raw mut room)), not);
    assert_eq!(call!(desk, C_SetOperationState(session, none, 0, 0, 0)), not);
    assert_eq!(call!(desk, C_SignRecover(session, none, 0, none, &raw mut room)), not);
    assert_eq!(call!(desk, C_DigestEncryptUpdate(session, none, 0, none, &raw mut room)), not);
    assert_eq!(call!(desk, C_WaitForSlotEvent(0, ptr::null_mut(), ptr::null_mut())), not);
    assert_eq!(call!(desk, C_GetFunctionStatus(session)), ck::CKR_FUNCTION_NOT_PARALLEL);
    assert_eq!(call!(desk, C_CancelFunction(session)), ck::CKR_FUNCTION_NOT_PARALLEL);
    let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    let mut aes = mechanism(ck::CKM_AES_CBC, &[0; 16]);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut aes, key)), ck::CKR_MECHANISM_INVALID);
    let mut sm3 = mechanism(OWN + 0x20, &[]);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut sm3, key)), ck::CKR_MECHANISM_INVALID);
    let mut cbc = mechanism(OWN + 0x32, &[0; 15]);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut cbc, key)), ck::CKR_MECHANISM_PARAM_INVALID);
    let mut ecb = mechanism(OWN + 0x31, &[0; 16]);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut ecb, key)), ck::CKR_MECHANISM_PARAM_INVALID);
}

const WORD: usize = size_of::<CK_ULONG>();

#[test]
fn lists_are_given_wherever_the_room_for_them_lies() {
    let desk = Desk::new();
    let session = desk.user();
    let mut made: Vec<_> =
        (0..2).map(|_| desk.generate(session, OWN + 0x30, &sm4_template()).unwrap()).collect();
    // Of two places, one byte apart, at most one is where a number would lie by itself.
    for shift in 0..2 {
        let (mut place, mut found) = ([0xAA_u8; 3 * WORD + 2], 0);
        let out = place.as_mut_ptr().wrapping_add(shift).cast();
        assert_eq!(call!(desk, C_FindObjectsInit(session, ptr::null_mut(), 0)), ck::CKR_OK);
        assert_eq!(call!(desk, C_FindObjects(session, out, 3, &raw mut found)), ck::CKR_OK);
        assert_eq!(call!(desk, C_FindObjectsFinal(session)), ck::CKR_OK);
        let words = place[shift..].chunks_exact(WORD).take(2);
        let mut given: Vec<_> = words.map(|word| CK_ULONG::from_ne_bytes(word.try_into().unwrap())).collect();
        given.sort_unstable();
        made.sort_unstable();
        assert_eq!((found, given), (2, made.clone()));
        assert!(place[shift + 2 * WORD..].iter().all(|byte| *byte == 0xAA));
    }
}

#[test]
fn a_template_has_a_mebibyte_of_values_and_no_more() {
    let desk = Desk::new();
    let session = desk.user();
    let data = |label: usize, value: usize| {
        vec![
            super::desk::number(ck::CKA_CLASS, ck::CKO_DATA),
            super::desk::bytes(ck::CKA_LABEL, &vec![b'x'; label]),
            super::desk::bytes(ck::CKA_VALUE, &vec![b'x'; value]),
        ]
    };
    let most = 1 << 20;
    assert!(desk.create(session, &data(0, most - WORD)).is_ok());
    for (label, value) in [(0, most + 1), (most / 2, most / 2)] {
        assert_eq!(desk.create(session, &data(label, value)), Err(ck::CKR_ATTRIBUTE_VALUE_INVALID));
    }
    // Two lengths that add up to little when they wrap around.
    let byte = b"x".as_ptr().cast_mut().cast();
    let one = |len| ck::CK_ATTRIBUTE { type_: ck::CKA_LABEL, pValue: byte, ulValueLen: len };
    let mut nonsense = [one(1), one(CK_ULONG::MAX)];
    let rv = call!(desk, C_FindObjectsInit(session, nonsense.as_mut_ptr(), 2));
    assert_eq!(rv, ck::CKR_ATTRIBUTE_VALUE_INVALID);
}
