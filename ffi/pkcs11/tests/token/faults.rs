//! Fault injection: calls fail, wait, hang and lose the token as the control file says, and only then.

use std::{
    fs,
    path::PathBuf,
    ptr, thread,
    time::{Duration, Instant},
};

use cryptoki_sys::{self as ck, CK_RV, CK_ULONG};

use super::desk::{Desk, USER, call};

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
