//! Several processes on one token: changes are seen, none is lost, and a kill at any moment leaves a whole token.
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(dead_code, reason = "the desk has more calls than these tests make")]

#[path = "token/desk.rs"]
mod desk;

use std::{
    env,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use cryptoki_sys::{self as ck, CK_ULONG};
use desk::{Desk, OWN, USER, at, bytes, call, flag, len, number, sm4_template};

const ROLE: &str = "MIYAO_TEST_ROLE";

/// This program again, as another process on the same token.
fn other(role: &str) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "the_other_process", "--nocapture", "--ignored"]).env(ROLE, role);
    command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

fn kept(label: &[u8]) -> desk::Template {
    vec![
        number(ck::CKA_CLASS, ck::CKO_DATA),
        flag(ck::CKA_TOKEN, true),
        flag(ck::CKA_PRIVATE, true),
        bytes(ck::CKA_LABEL, label),
    ]
}

fn of_class(class: CK_ULONG) -> desk::Template {
    vec![number(ck::CKA_CLASS, class)]
}

/// What the other process does; it is no test of itself.
#[test]
#[ignore = "started by the other tests"]
fn the_other_process() {
    let Ok(role) = env::var(ROLE) else { return };
    let desk = Desk::attach();
    let session = desk.open(true);
    if role == "guess" {
        let wrong =
            (0..20).filter(|_| desk.login(session, ck::CKU_USER, b"wrong-pin") == ck::CKR_PIN_INCORRECT);
        std::process::exit(i32::try_from(wrong.count()).unwrap());
    }
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_OK);
    match role.as_str() {
        "change" => {
            let found = desk.find(session, &kept(b"first"));
            assert_eq!(found.len(), 1);
            assert_eq!(desk.set(session, found[0], &vec![bytes(ck::CKA_LABEL, b"second")]), ck::CKR_OK);
            let new = b"another-pin";
            assert_eq!(call!(desk, C_SetPIN(session, at(USER), len(USER), at(new), len(new))), ck::CKR_OK);
        }
        "make" => (0..20).for_each(|_| assert!(desk.create(session, &kept(b"theirs")).is_ok())),
        "churn" => loop {
            let token = vec![flag(ck::CKA_TOKEN, true)];
            let (public, private) = desk.pair(session, OWN + 0x10, &token, &token).unwrap();
            if desk.find(session, &of_class(ck::CKO_PUBLIC_KEY)).len() > 6 {
                assert_eq!(call!(desk, C_DestroyObject(session, private)), ck::CKR_OK);
                assert_eq!(call!(desk, C_DestroyObject(session, public)), ck::CKR_OK);
            }
        },
        other => panic!("no role {other}"),
    }
}

#[test]
fn what_another_process_changes_is_seen_and_a_login_outlives_a_new_pin() {
    let desk = Desk::new();
    let session = desk.user();
    let object = desk.create(session, &kept(b"first")).unwrap();
    assert!(other("change").wait().unwrap().success());
    assert_eq!(desk.attribute(session, object, ck::CKA_LABEL), Ok(b"second".to_vec()));
    assert!(desk.create(session, &kept(b"third")).is_ok());
    assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_PIN_INCORRECT);
    assert_eq!(desk.login(session, ck::CKU_USER, b"another-pin"), ck::CKR_OK);
    assert_eq!(desk.find(session, &of_class(ck::CKO_DATA)).len(), 2);
}

#[test]
fn of_objects_made_at_once_none_is_lost() {
    let desk = Desk::new();
    let session = desk.user();
    let mut others = [other("make"), other("make")];
    for _ in 0..20 {
        assert!(desk.create(session, &kept(b"ours")).is_ok());
    }
    assert!(others.iter_mut().all(|other| other.wait().unwrap().success()));
    assert_eq!(desk.find(session, &kept(b"theirs")).len(), 40);
    assert_eq!(desk.find(session, &kept(b"ours")).len(), 20);
}

#[test]
fn processes_that_guess_at_once_have_ten_attempts_together() {
    let desk = Desk::new();
    let mut others = [other("guess"), other("guess"), other("guess")];
    let attempts: i32 = others.iter_mut().map(|other| other.wait().unwrap().code().unwrap()).sum();
    assert_eq!(attempts, 10);
    let session = desk.open(true);
    assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_PIN_LOCKED);
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_token_and_no_half_of_a_pair() {
    let desk = Desk::new();
    let session = desk.user();
    let anchor =
        desk.generate(session, OWN + 0x30, &[sm4_template(), vec![flag(ck::CKA_TOKEN, true)]].concat());
    let mut changed = 0;
    for round in 0..25_u64 {
        let before = std::fs::read(desk.token_file()).unwrap();
        let mut churning = other("churn");
        thread::sleep(Duration::from_millis(60 + 13 * round));
        churning.kill().unwrap();
        churning.wait().unwrap();
        changed += u32::from(std::fs::read(desk.token_file()).unwrap() != before);
        let (public, private) = (of_class(ck::CKO_PUBLIC_KEY), of_class(ck::CKO_PRIVATE_KEY));
        let (public, private) = (desk.find(session, &public), desk.find(session, &private));
        // Halves are destroyed one after the other, the private one first.
        assert!(
            public.len() >= private.len()
                && public.len() <= private.len() + usize::try_from(round).unwrap() + 1
        );
        for key in private {
            let how = desk::mechanism(OWN + 0x15, &[]);
            assert!(desk.sign(session, &how, key, b"text").is_ok());
        }
        assert!(desk.create(session, &kept(b"after")).is_ok());
    }
    assert!(changed > 10, "the other process was killed before it did anything, {changed} of 25");
    assert_eq!(desk.find(session, &of_class(ck::CKO_SECRET_KEY)), [anchor.unwrap()]);
    assert_eq!(desk.find(session, &kept(b"after")).len(), 25);
}
