//! Many threads on one module: each session works for itself, and a logout among them breaks nothing.

use std::{
    fs::{self, File},
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use cryptoki_sys::{self as ck, CK_RV, CK_ULONG};

use super::desk::{Desk, OFFICER, OWN, USER, at, bytes, call, flag, len, mechanism, number, sm4_template};

#[test]
fn sessions_of_many_threads_work_each_for_itself() {
    let desk = Desk::new();
    let session = desk.user();
    let token = [sm4_template(), vec![flag(ck::CKA_TOKEN, true)]].concat();
    let key = desk.generate(session, OWN + 0x30, &token).unwrap();
    let expected = desk.encrypt(session, &mechanism(OWN + 0x31, &[]), key, &[7; 32]).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let session = desk.open(true);
                for round in 0..40 {
                    let sealed = desk.encrypt(session, &mechanism(OWN + 0x31, &[]), key, &[7; 32]);
                    assert_eq!(sealed, Ok(expected.clone()));
                    let template = if round % 8 == 0 { token.clone() } else { vec![] };
                    let other = desk.generate(session, OWN + 0x30, &template);
                    assert_eq!(call!(desk, C_DestroyObject(session, other.unwrap())), ck::CKR_OK);
                }
                assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
            });
        }
    });
    assert_eq!(desk.find(session, &vec![]), [key]);
}

#[test]
fn a_logout_among_threads_gives_each_an_answer_that_fits() {
    let desk = Desk::new();
    let session = desk.user();
    let token = [sm4_template(), vec![flag(ck::CKA_TOKEN, true)]].concat();
    desk.generate(session, OWN + 0x30, &token).unwrap();
    let fitting =
        [ck::CKR_KEY_HANDLE_INVALID, ck::CKR_OPERATION_NOT_INITIALIZED, ck::CKR_OBJECT_HANDLE_INVALID];
    let (stop, worked, refused) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let session = desk.open(true);
                while !stop.load(Ordering::Relaxed) {
                    let Some(key) = desk.find(session, &vec![]).first().copied() else {
                        refused.fetch_add(1, Ordering::Relaxed);
                        continue;
                    };
                    match desk.encrypt(session, &mechanism(OWN + 0x31, &[]), key, &[7; 32]) {
                        Ok(_) => worked.fetch_add(1, Ordering::Relaxed),
                        Err(rv) => {
                            assert!(fitting.contains(&rv), "{rv:#x}");
                            refused.fetch_add(1, Ordering::Relaxed)
                        }
                    };
                }
            });
        }
        let at_once = 20;
        for round in 0..at_once + 10 {
            if round >= at_once {
                goes_on(&worked, &stop);
            }
            assert_eq!(call!(desk, C_Logout(session)), ck::CKR_OK);
            if round >= at_once {
                goes_on(&refused, &stop);
            }
            assert_eq!(desk.login(session, ck::CKU_USER, USER), ck::CKR_OK);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Waits until it is counted on, however late the threads come to it.
fn goes_on(count: &AtomicU32, stop: &AtomicBool) {
    let (before, begun) = (count.load(Ordering::Relaxed), Instant::now());
    while count.load(Ordering::Relaxed) == before && begun.elapsed() < PATIENCE {
        thread::yield_now();
    }
    let came = count.load(Ordering::Relaxed) != before;
    stop.fetch_or(!came, Ordering::Relaxed);
    assert!(came, "none of them in {PATIENCE:?}");
}

/// Time for a thread to come as far as a lock that another has. One that is late makes no difference to any answer.
const WHILE: Duration = Duration::from_millis(400);
/// Time for what has nothing to wait for, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_session_that_is_closed_while_its_pin_is_tried_logs_nobody_in() {
    let desk = Desk::new();
    let session = desk.open(true);
    let turn = File::create(desk.token_file().with_file_name("pin")).unwrap();
    turn.lock().unwrap();
    thread::scope(|scope| {
        let login = scope.spawn(|| desk.login(session, ck::CKU_USER, USER));
        thread::sleep(WHILE);
        assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
        turn.unlock().unwrap();
        assert_eq!(login.join().unwrap(), ck::CKR_SESSION_HANDLE_INVALID);
    });
    let (session, mut info) = (desk.open(true), ck::CK_SESSION_INFO::default());
    assert_eq!(call!(desk, C_GetSessionInfo(session, &raw mut info)), ck::CKR_OK);
    assert_eq!(info.state, ck::CKS_RW_PUBLIC_SESSION);
}

#[test]
fn a_change_starts_from_what_is_stored_and_undoes_nothing_that_came_meanwhile() {
    let desk = Desk::new();
    let session = desk.user();
    let open = [sm4_template(), vec![flag(ck::CKA_TOKEN, true), flag(ck::CKA_SENSITIVE, false)]].concat();
    let key = desk.generate(session, OWN + 0x30, &open).unwrap();
    let single = vec![number(ck::CKA_CLASS, ck::CKO_DATA), flag(ck::CKA_TOKEN, true)];
    let single = desk.create(session, &single).unwrap();
    let place = desk.token_file();
    let before = fs::read(&place).unwrap();
    assert_eq!(desk.set(session, key, &vec![flag(ck::CKA_SENSITIVE, true)]), ck::CKR_OK);
    assert_eq!(desk.set(session, single, &vec![flag(ck::CKA_DESTROYABLE, false)]), ck::CKR_OK);
    let after = fs::read(&place).unwrap();
    // Another process does it once more, while this one waits for its turn to write.
    for destroys in [false, true] {
        fs::write(&place, &before).unwrap();
        assert_eq!(desk.attribute(session, key, ck::CKA_SENSITIVE), Ok(vec![0]));
        let lock = File::create(place.with_file_name("lock")).unwrap();
        lock.lock().unwrap();
        thread::scope(|scope| {
            let change = scope.spawn(|| {
                if destroys {
                    call!(desk, C_DestroyObject(session, single))
                } else {
                    desk.set(session, key, &vec![bytes(ck::CKA_LABEL, b"named")])
                }
            });
            thread::sleep(WHILE);
            fs::write(&place, &after).unwrap();
            lock.unlock().unwrap();
            let answer = if destroys { ck::CKR_ACTION_PROHIBITED } else { ck::CKR_OK };
            assert_eq!(change.join().unwrap(), answer);
        });
        assert_eq!(desk.attribute(session, key, ck::CKA_SENSITIVE), Ok(vec![1]));
        let label = if destroys { vec![] } else { b"named".to_vec() };
        assert_eq!(desk.attribute(session, key, ck::CKA_LABEL), Ok(label));
    }
}

fn token_info(desk: &Desk) -> CK_RV {
    let mut info = ck::CK_TOKEN_INFO::default();
    call!(desk, C_GetTokenInfo(0, &raw mut info))
}

#[test]
fn who_waits_for_a_turn_to_write_keeps_nobody_waiting_who_does_not_write() {
    let desk = Desk::new();
    let session = desk.user();
    let kept = vec![number(ck::CKA_CLASS, ck::CKO_DATA), flag(ck::CKA_TOKEN, true)];
    let object = desk.create(session, &kept).unwrap();
    let doomed = desk.create(session, &kept).unwrap();
    let named = vec![bytes(ck::CKA_LABEL, b"named")];
    let writing: [&(dyn Fn() -> CK_RV + Sync); 3] = [
        &|| desk.create(session, &kept).map_or_else(|rv| rv, |_| ck::CKR_OK),
        &|| desk.set(session, object, &named),
        &|| call!(desk, C_DestroyObject(session, doomed)),
    ];
    let turn = File::create(desk.token_file().with_file_name("lock")).unwrap();
    for write in writing {
        turn.lock().unwrap();
        let (told, answer) = mpsc::channel();
        let desk = &desk;
        thread::scope(|scope| {
            let writer = scope.spawn(write);
            thread::sleep(WHILE);
            scope.spawn(move || told.send((token_info(desk), desk.try_open(false).is_ok())));
            let answered = answer.recv_timeout(PATIENCE);
            assert!(!writer.is_finished(), "it is not its turn");
            turn.unlock().unwrap();
            assert_eq!(answered, Ok((ck::CKR_OK, true)));
            assert_eq!(writer.join().unwrap(), ck::CKR_OK);
        });
    }
}

#[test]
fn a_pin_that_is_set_at_great_cost_keeps_nobody_waiting() {
    let desk = Desk::bare("[pin]\niterations = 400000\nfloor = 1024\n");
    assert_eq!(desk.init_token(OFFICER), ck::CKR_OK);
    let session = desk.open(true);
    assert_eq!(desk.login(session, ck::CKU_SO, OFFICER), ck::CKR_OK);
    // Who is kept waiting is so every time; that this thread had no processor for so long comes once in a while.
    let measured: Vec<_> = (0..5).map(|_| longest_while_a_pin_is_set(&desk, session)).collect();
    assert!(
        measured.iter().any(|(longest, took)| *longest < *took / 2),
        "(an answer, all of it): {measured:?}"
    );
}

/// The longest time that an answer took, and the time that the setting did.
fn longest_while_a_pin_is_set(desk: &Desk, session: CK_ULONG) -> (Duration, Duration) {
    thread::scope(|scope| {
        let begun = Instant::now();
        let setting = scope.spawn(|| call!(desk, C_InitPIN(session, at(USER), len(USER))));
        let mut longest = Duration::ZERO;
        while !setting.is_finished() {
            let asked = Instant::now();
            assert_eq!(token_info(desk), ck::CKR_OK);
            longest = longest.max(asked.elapsed());
        }
        assert_eq!(setting.join().unwrap(), ck::CKR_OK);
        (longest, begun.elapsed())
    })
}

#[test]
fn a_token_is_not_made_anew_under_a_session_that_was_opened_meanwhile() {
    let desk = Desk::new();
    let session = desk.open(true);
    let kept = vec![number(ck::CKA_CLASS, ck::CKO_DATA), flag(ck::CKA_TOKEN, true)];
    let object = desk.create(session, &kept).unwrap();
    assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
    let turn = File::create(desk.token_file().with_file_name("pin")).unwrap();
    turn.lock().unwrap();
    thread::scope(|scope| {
        let anew = scope.spawn(|| desk.init_token(OFFICER));
        thread::sleep(WHILE);
        let session = desk.open(true);
        turn.unlock().unwrap();
        assert_eq!(anew.join().unwrap(), ck::CKR_SESSION_EXISTS);
        assert_eq!(desk.find(session, &vec![]), [object]);
        assert_eq!(call!(desk, C_CloseSession(session)), ck::CKR_OK);
    });
    assert_eq!(desk.init_token(OFFICER), ck::CKR_OK, "the officer's PIN was right");
}

#[test]
fn a_restored_backup_that_was_changed_as_often_is_told_from_what_was_there() {
    let desk = Desk::new();
    let session = desk.user();
    let kept = vec![number(ck::CKA_CLASS, ck::CKO_DATA), flag(ck::CKA_TOKEN, true)];
    let object = desk.create(session, &kept).unwrap();
    let place = desk.token_file();
    let backup = fs::read(&place).unwrap();
    assert_eq!(desk.set(session, object, &vec![bytes(ck::CKA_LABEL, b"one")]), ck::CKR_OK);
    let one = fs::read(&place).unwrap();
    fs::write(&place, backup).unwrap();
    assert_eq!(desk.set(session, object, &vec![bytes(ck::CKA_LABEL, b"two")]), ck::CKR_OK);
    // As long, of the same revision, in the same file and with its time.
    let time = fs::metadata(&place).unwrap().modified().unwrap();
    fs::write(&place, one).unwrap();
    File::options().write(true).open(&place).unwrap().set_modified(time).unwrap();
    assert_eq!(desk.attribute(session, object, ck::CKA_LABEL), Ok(b"one".to_vec()));
}
