//! A logout leaves no private key behind in memory, also of work that nobody goes on with.
//!
//! One test alone: it looks through the memory of the whole process.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(dead_code, reason = "the desk has more calls than this test makes")]

#[path = "token/desk.rs"]
mod desk;

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    ptr,
};

use cryptoki_sys::{self as ck, CK_ATTRIBUTE, CK_ULONG};
use desk::{Desk, OFFICER, OWN, SM4, call, with};

/// Every bit of the key turned over, so that the test itself does not hold it.
const TURNED: [u8; 16] = *b"\x83\x1e\x5f\xc2\x09\xb4\x77\xda\x36\x90\xeb\x4d\xa1\x68\xfc\x15";

/// How often the key stands in memory that is written to, but for the stack of this thread.
fn copies() -> usize {
    let here = ptr::from_ref(&0u8).addr();
    let on_stack = 0u8;
    let stack = ptr::from_ref(&on_stack).addr();
    let memory = File::open("/proc/self/mem").unwrap();
    let mut part = vec![0u8; 1 << 16];
    // It is read into itself too: a key that stands before it is there once more, and again.
    let own = part.as_ptr().addr()..part.as_ptr().addr() + part.len();
    let mut found = 0;
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let mut words = line.split(' ');
        let (start, end) = words.next().and_then(|range| range.split_once('-')).unwrap();
        let number = |text| usize::from_str_radix(text, 16).unwrap();
        let (mut start, end) = (number(start), number(end));
        if !words.next().unwrap().starts_with("rw") || (start..end).contains(&stack) {
            continue;
        }
        assert!(!(start..end).contains(&here), "a constant is not written to");
        while start < end {
            let len = part.len().min(end - start);
            if memory.read_exact_at(&mut part[..len], start as u64).is_err() {
                break;
            }
            let windows = part[..len].windows(16).zip(start..);
            found += windows.filter(|(window, at)| !own.contains(at) && is_key(window)).count();
            part.fill(0);
            // Keys that lie over the edge of two parts are found in the next.
            start += if len == part.len() { len - 15 } else { len };
        }
    }
    found
}

fn is_key(window: &[u8]) -> bool {
    window.iter().zip(TURNED).all(|(byte, turned)| *byte == !turned)
}

/// A private SM4 key of the session; its value is on the stack only.
fn create(desk: &Desk, session: CK_ULONG) -> CK_ULONG {
    let mut value = TURNED.map(|byte| !byte);
    let (mut class, mut kind, mut made) = (ck::CKO_SECRET_KEY, SM4, 0);
    let attribute = |kind, place: *mut u8, len: usize| CK_ATTRIBUTE {
        type_: kind,
        pValue: place.cast(),
        ulValueLen: len as CK_ULONG,
    };
    let word = size_of::<CK_ULONG>();
    let mut template = [
        attribute(ck::CKA_CLASS, (&raw mut class).cast(), word),
        attribute(ck::CKA_KEY_TYPE, (&raw mut kind).cast(), word),
        attribute(ck::CKA_VALUE, value.as_mut_ptr(), 16),
    ];
    assert_eq!(call!(desk, C_CreateObject(session, template.as_mut_ptr(), 3, &raw mut made)), ck::CKR_OK);
    made
}

fn begin(desk: &Desk, session: CK_ULONG, key: CK_ULONG) {
    let mut nonce = [7u8; 12];
    let mut gcm = ck::CK_GCM_PARAMS {
        pIv: nonce.as_mut_ptr(),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: ptr::null_mut(),
        ulAADLen: 0,
        ulTagBits: 128,
    };
    let mut how = with(OWN + 0x35, &mut gcm);
    assert_eq!(call!(desk, C_EncryptInit(session, &raw mut how, key)), ck::CKR_OK);
}

#[test]
fn work_that_nobody_goes_on_with_holds_no_key_after_the_logout() {
    let desk = Desk::new();
    let (session, idle) = (desk.user(), desk.open(true));
    let key = create(&desk, session);
    let of_object = copies();
    assert!(of_object > 0, "the key is found where it must be");
    begin(&desk, idle, key);
    assert!(copies() > of_object, "and where work holds it");
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    assert_eq!(copies(), 0, "after the logout");

    assert_eq!(desk.login(session, ck::CKU_USER, desk::USER), ck::CKR_OK);
    begin(&desk, idle, create(&desk, session));
    assert_eq!(call!(desk, C_CloseSession(idle)), ck::CKR_OK);
    assert_eq!(copies(), of_object, "after the end of the session");
    assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
    assert_eq!(copies(), 0, "after the end of the last one");

    // Another process puts another token in the place of this one: whatever is asked next, all is over.
    let first = fs::read(desk.token_file()).unwrap();
    assert_eq!(desk.init_token(OFFICER), ck::CKR_OK);
    desk.set_user_pin();
    let (session, idle) = (desk.user(), desk.open(true));
    begin(&desk, idle, create(&desk, session));
    fs::write(desk.token_file(), first).unwrap();
    let mut info = ck::CK_TOKEN_INFO::default();
    assert_eq!(call!(desk, C_GetTokenInfo(0, &raw mut info)), ck::CKR_OK);
    assert_eq!(copies(), 0, "after another token took its place");
}
