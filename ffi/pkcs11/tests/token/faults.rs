//! Fault injection: calls fail, wait, hang and lose the token as the control file says, and only then.

use std::{
    fs,
    path::PathBuf,
    ptr, thread,
    time::{Duration, Instant},
};

use cryptoki_sys::{self as ck, CK_RV, CK_ULONG};

use super::desk::{Desk, OWN, SM4, USER, call, flag, number, raw, sm4_template, with};

struct Faulty {
    desk: Desk,
    control: PathBuf,
    _directory: tempfile::TempDir,
}

impl Faulty {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let control = directory.path().join("control");
        let desk = Desk::with(&format!("[fault]\ncontrol = '{}'\n", control.display()));
        Self { desk, control, _directory: directory }
    }

    fn ask(&self, text: &str) {
        fs::write(&self.control, text).unwrap();
    }

    fn random(&self, session: CK_ULONG) -> CK_RV {
        call!(self.desk, C_GenerateRandom(session, [0u8; 4].as_mut_ptr(), 4))
    }
}

#[test]
fn a_rule_strikes_the_call_that_it_counts_and_no_other() {
    let faulty = Faulty::new();
    let session = faulty.desk.open(false);
    faulty.ask("[[rule]]\nfunction = 'C_GenerateRandom'\ncall = 2\nrv = 0x30\n");
    let answers: Vec<_> = (0..4).map(|_| faulty.random(session)).collect();
    assert_eq!(answers, [ck::CKR_OK, ck::CKR_DEVICE_ERROR, ck::CKR_OK, ck::CKR_OK]);
    faulty.ask("[[rule]]\nfunction = '*'\nrv = 0x5\n");
    assert_eq!(faulty.random(session), ck::CKR_GENERAL_ERROR);
    assert_eq!(faulty.desk.try_open(false), Err(ck::CKR_GENERAL_ERROR));
    faulty.ask("");
    assert_eq!(faulty.random(session), ck::CKR_OK);
    faulty.ask("no toml [");
    assert_eq!(faulty.random(session), ck::CKR_OK);
}

#[test]
fn sessions_that_are_dropped_are_gone_and_nobody_is_logged_in() {
    let faulty = Faulty::new();
    let session = faulty.desk.user();
    faulty.ask("[[rule]]\nfunction = 'C_GenerateRandom'\ncall = 1\ndrop_sessions = true\n");
    assert_eq!(faulty.random(session), ck::CKR_SESSION_HANDLE_INVALID);
    let session = faulty.desk.open(true);
    assert_eq!(faulty.desk.login(session, ck::CKU_USER, USER), ck::CKR_OK);
    assert_eq!(faulty.random(session), ck::CKR_OK);
}

#[test]
fn a_vanished_token_is_in_no_list_and_comes_back() {
    let faulty = Faulty::new();
    let session = faulty.desk.open(false);
    faulty.ask("vanish = true\n");
    let slots = || {
        let mut count = 9;
        assert_eq!(call!(faulty.desk, C_GetSlotList(1, ptr::null_mut(), &raw mut count)), ck::CKR_OK);
        count
    };
    assert_eq!(slots(), 0);
    assert_eq!(faulty.desk.try_open(false), Err(ck::CKR_TOKEN_NOT_PRESENT));
    assert_eq!(faulty.random(session), ck::CKR_DEVICE_REMOVED);
    faulty.ask("");
    assert_eq!(slots(), 1);
    assert_eq!(faulty.random(session), ck::CKR_SESSION_HANDLE_INVALID);
    assert_eq!(faulty.random(faulty.desk.open(false)), ck::CKR_OK);
}

#[test]
fn a_call_waits_and_one_that_hangs_goes_on_when_the_rule_is_gone() {
    let faulty = Faulty::new();
    let session = faulty.desk.open(false);
    faulty.ask("[[rule]]\nfunction = 'C_GenerateRandom'\ncall = 1\ndelay_ms = 120\n");
    let start = Instant::now();
    assert_eq!(faulty.random(session), ck::CKR_OK);
    assert!(start.elapsed() >= Duration::from_millis(120));
    faulty.ask("[[rule]]\nfunction = 'C_GenerateRandom'\nhang = true\n");
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(150));
            faulty.ask("");
        });
        assert_eq!(faulty.random(session), ck::CKR_OK);
    });
    assert!(start.elapsed() >= Duration::from_millis(150));
}

#[test]
fn the_calls_of_later_tables_are_struck_by_their_names() {
    let faulty = Faulty::new();
    let (desk, session) = (&faulty.desk, faulty.desk.user());
    let leaves = [sm4_template(), vec![flag(ck::CKA_EXTRACTABLE, true)]].concat();
    let key = desk.generate(session, OWN + 0x30, &leaves).unwrap();
    let (mut iv, mut tag, mut out) = ([0xA5u8; 12], [0xA5u8; 16], [0xA5u8; 16]);
    let mut parameter = ck::CK_GCM_MESSAGE_PARAMS {
        pIv: iv.as_mut_ptr(),
        ulIvLen: 12,
        ulIvFixedBits: 0,
        ivGenerator: ck::CKG_GENERATE,
        pTag: tag.as_mut_ptr(),
        ulTagBits: 128,
    };
    let (mut how, none, place) = (with(OWN + 0x35, &mut parameter), ptr::null_mut(), out.as_mut_ptr());
    let how = &raw mut how;
    let seal = || {
        let mut room = 16;
        call!(desk, C_WrapKeyAuthenticated(session, how, key, key, none, 0, place, &raw mut room))
    };
    let values = vec![number(ck::CKA_CLASS, ck::CKO_SECRET_KEY), number(ck::CKA_KEY_TYPE, SM4)];
    let mut template = raw(&values);
    let template = template.as_mut_ptr();
    let open = || {
        let mut made = 0;
        call!(
            desk,
            C_UnwrapKeyAuthenticated(session, how, key, place, 16, template, 2, none, 0, &raw mut made)
        )
    };
    let cancel = || call!(desk, C_SessionCancel(session, 0));
    faulty.ask("[[rule]]\nfunction = 'C_WrapKeyAuthenticated'\ncall = 2\nrv = 0x30\n");
    assert_eq!([seal(), seal(), seal()], [ck::CKR_OK, ck::CKR_DEVICE_ERROR, ck::CKR_OK]);
    faulty.ask("[[rule]]\nfunction = 'C_UnwrapKeyAuthenticated'\nrv = 0x31\n");
    assert_eq!([seal(), open(), cancel()], [ck::CKR_OK, ck::CKR_DEVICE_MEMORY, ck::CKR_OK]);
    faulty.ask("[[rule]]\nfunction = 'C_SessionCancel'\nrv = 0x30\n");
    assert_eq!([open(), cancel()], [ck::CKR_OK, ck::CKR_DEVICE_ERROR]);
    faulty.ask("vanish = true\n");
    assert_eq!([seal(), open(), cancel()], [ck::CKR_DEVICE_REMOVED; 3]);
    assert!(iv != [0xA5; 12] && tag != [0xA5; 16] && out != [0xA5; 16]);
}
