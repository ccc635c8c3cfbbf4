//! Who lets go, who types a PIN and who shares the module with others: nobody waits beyond a deadline, nothing is left behind.
#![allow(unsafe_code, reason = "another user of the module in this process calls it as C does")]

use core::time::Duration;
use std::{
    ffi::{CString, c_char, c_int, c_void},
    mem, ptr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use cryptoki_sys as ck;
use miyao::{
    Kind, SecretBytes,
    key::Spec,
    provider::pkcs11::{Settings, Suite, Token},
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open, with},
    habits::PAUSE,
    hangs::{DEADLINE, LATE, SLACK, soon, until},
    yard::{PIN, Yard, alone, answers, module, say},
};

fn impatient() -> Settings {
    Settings::default().deadline(DEADLINE).unwrap()
}

/// In time, as the crew knows it: the deadline, and a while for a machine that is busy.
#[track_caller]
fn in_time<R>(what: &str, work: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let result = work();
    assert!(begun.elapsed() < 2 * DEADLINE + LATE, "{what} took {:?}", begun.elapsed());
    result
}

#[test]
fn a_person_types_as_slowly_as_it_takes() {
    alone("lines::a_person_types_as_slowly_as_it_takes", |yard| {
        let (asked, here) = (Arc::new(AtomicUsize::new(0)), thread::current().id());
        let counter = Arc::clone(&asked);
        let settings = impatient().ask_pin(Arc::new(move |token| {
            assert_eq!(token.label, "kms");
            assert_eq!(thread::current().id(), here, "whoever wants the token is asked");
            counter.fetch_add(1, Ordering::SeqCst);
            thread::sleep(3 * DEADLINE);
            Ok(SecretBytes::take(PIN.into()))
        }));
        let mut uri = yard.uri();
        uri.pin_source = None;
        let token = Token::open(&uri, &settings).unwrap();
        assert_eq!(token.hanging(), (0, 1));
        let signer = Held::make(&token, Spec::Sm2Sign, 2);
        // A login that is lost is made anew without a question.
        yard.ask("[[rule]]\nfunction = '*'\ncall = 1\ndrop_sessions = true\n");
        signer.sign(&token, TEXT).unwrap();
        yard.calm();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // Who is asked may say no.
        token.allow_login();
        drop(token);
        let no = |_: &_| Err(miyao::Error::new(Kind::Denied, "not today"));
        let refused = Token::open(&uri, &impatient().ask_pin(Arc::new(no))).unwrap_err();
        assert_eq!(refused.kind(), Kind::Denied);
    });
}

#[test]
fn who_lets_go_of_a_dead_line_waits_no_longer_than_for_anything_else() {
    alone("lines::who_lets_go_of_a_dead_line_waits_no_longer_than_for_anything_else", |yard| {
        for function in ["C_CloseSession", "*"] {
            let (token, signer) = hanging(yard, function);
            in_time(function, || drop(token));
            comes_back(yard, &signer);
        }
    });
}

/// In a process of its own: a worker that hung in another call would keep the module from being finalised.
#[test]
fn a_module_that_hangs_in_its_end_is_waited_for_in_time() {
    alone("lines::a_module_that_hangs_in_its_end_is_waited_for_in_time", |yard| {
        let (token, signer) = hanging(yard, "C_Finalize");
        // Nothing waits for ever; that the module is being finalised is told to whoever comes meanwhile.
        let begun = Instant::now();
        drop(token);
        assert!(begun.elapsed() < Duration::from_secs(10) + LATE, "{:?}", begun.elapsed());
        assert_eq!(kind(in_time("opening", || yard.open(&impatient()))), Kind::Unavailable);
        comes_back(yard, &signer);
    });
}

/// A token with a key, and from now on a module that hangs in this function.
fn hanging(yard: &Yard, function: &str) -> (Token, Held) {
    let token = yard.open(&impatient().sessions(3).unwrap()).unwrap();
    let signer = Held::make(&token, Spec::Sm2Sign, 1);
    yard.ask(&format!("[[rule]]\nfunction = {function:?}\nhang = true\n"));
    (token, signer)
}

fn comes_back(yard: &Yard, signer: &Held) {
    yard.calm();
    soon(|| yard.open(&Settings::default()).map(drop));
    let token = yard.open(&Settings::default()).unwrap();
    signer.sign(&token, TEXT).unwrap();
    destroy(&token, signer);
}

fn destroy(token: &Token, held: &Held) {
    miyao::provider::Device::destroy(token, &held.resident.reference).unwrap();
}

#[test]
fn a_session_that_is_lost_on_a_dead_line_is_forgotten_in_time() {
    alone("lines::a_session_that_is_lost_on_a_dead_line_is_forgotten_in_time", |yard| {
        let token = yard.open(&impatient()).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 1);
        let hang = "[[rule]]\nfunction = 'C_CloseSession'\nhang = true\n";
        yard.ask(&(answers("C_Sign", Some(1), ck::CKR_USER_NOT_LOGGED_IN) + hang));
        assert_eq!(kind(in_time("an operation", || signer.sign(&token, TEXT))), Kind::Unavailable);
        yard.calm();
        soon(|| signer.sign(&token, TEXT));
        until("it heals", || token.hanging() == (0, 1));
    });
}

/// Whether a login stands is found out by closing its anchor. A session that is put away just then is closed too.
#[test]
fn a_session_that_is_put_away_while_its_login_is_in_doubt_is_closed() {
    alone("lines::a_session_that_is_put_away_while_its_login_is_in_doubt_is_closed", |yard| {
        yard.calls();
        let token = yard.open(&Settings::default().sessions(2).unwrap()).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 1);
        yard.ask("[[rule]]\nfunction = 'C_Sign'\ndelay_ms = 800\n");
        thread::scope(|scope| {
            (0..2).for_each(|_| drop(scope.spawn(|| signer.sign(&token, TEXT).unwrap())));
        });
        assert_eq!(yard.begun("C_OpenSession"), 3, "the anchor, and two at work at once");
        // The first is the worker's own, the second is the anchor.
        let hang = "[[rule]]\nfunction = 'C_CloseSession'\ncall = 2\nhang = true\n";
        yard.ask(&(answers("C_Sign", Some(1), ck::CKR_USER_NOT_LOGGED_IN) + hang));
        thread::scope(|scope| {
            scope.spawn(|| signer.sign(&token, TEXT).unwrap());
            until("the anchor is being closed", || yard.begun("C_CloseSession") == 2);
            signer.sign(&token, TEXT).unwrap();
            assert_eq!(yard.begun("C_CloseSession"), 2, "it still is");
            yard.calm();
        });
        drop(token);
        assert_eq!(yard.begun("C_OpenSession"), yard.begun("C_CloseSession"));
    });
}

/// Whoever waits while another one initialises hangs in nothing.
#[test]
fn who_waits_at_the_gate_is_no_call_that_hangs() {
    alone("lines::who_waits_at_the_gate_is_no_call_that_hangs", |yard| {
        let token = yard.open(&impatient()).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 1);
        let hang = "[[rule]]\nfunction = 'C_Finalize'\nhang = true\n";
        thread::sleep(PAUSE);
        yard.ask(&(answers("C_Sign", Some(1), ck::CKR_DEVICE_ERROR) + hang));
        assert_eq!(kind(in_time("an operation", || signer.sign(&token, TEXT))), Kind::Unavailable);
        assert_eq!(token.hanging(), (1, 1), "it initialises anew, and that hangs");
        for _ in 0..3 {
            assert_eq!(kind(in_time("waiting", || signer.sign(&token, TEXT))), Kind::Unavailable);
            assert_eq!(token.hanging(), (1, 1), "and nobody else does");
        }
        yard.calm();
        soon(|| signer.sign(&token, TEXT));
        until("it heals", || token.hanging() == (0, 1));
    });
}

#[test]
fn a_module_is_finalised_when_the_last_call_that_hung_is_back() {
    alone("lines::a_module_is_finalised_when_the_last_call_that_hung_is_back", |yard| {
        let token = yard.open(&impatient()).unwrap();
        let signer = Held::make(&token, Spec::Sm2Sign, 1);
        yard.ask("[[rule]]\nfunction = 'C_Sign'\nhang = true\n");
        assert_eq!(kind(signer.sign(&token, TEXT)), Kind::Unavailable);
        in_time("letting go", || drop(token));
        let mut seen = yard.calls();
        assert!(!seen.iter().any(|call| call == "C_Finalize"), "{seen:?}");
        yard.calm();
        let begun = Instant::now();
        while !seen.iter().any(|call| call == "C_Finalize") {
            assert!(begun.elapsed() < SLACK, "nobody finalised: {seen:?}");
            thread::sleep(Duration::from_millis(20));
            seen.extend(yard.calls());
        }
        signer.sign(&yard.open(&Settings::default()).unwrap(), TEXT).unwrap();
    });
}

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// Initialises the module as another user of it in this process, who never finalises.
fn initialise_beside() {
    let path = CString::new(module().to_str().unwrap()).unwrap();
    // SAFETY: the path is a C string; the module's initialisers are its own. 2 is RTLD_NOW.
    let library = unsafe { dlopen(path.as_ptr(), 2) };
    assert!(!library.is_null());
    // SAFETY: the library is open, and the name is a C string.
    let entry = unsafe { dlsym(library, c"C_GetFunctionList".as_ptr()) };
    assert!(!entry.is_null());
    type Entry = unsafe extern "C" fn(*mut *mut ck::CK_FUNCTION_LIST) -> ck::CK_RV;
    // SAFETY: the standard gives the function of this name this type.
    let entry = unsafe { mem::transmute::<*mut c_void, Entry>(entry) };
    let mut list = ptr::null_mut();
    // SAFETY: it writes one pointer, to a variable that lives for the call.
    assert_eq!(unsafe { entry(&raw mut list) }, ck::CKR_OK);
    // SAFETY: after success it points to a table that lives as long as the library.
    let initialize = unsafe { list.as_ref() }.unwrap().C_Initialize.unwrap();
    // SAFETY: it may be given no arguments.
    assert_eq!(unsafe { initialize(ptr::null_mut()) }, ck::CKR_OK);
}

#[test]
fn sessions_in_a_module_that_another_one_initialised_are_closed() {
    alone("lines::sessions_in_a_module_that_another_one_initialised_are_closed", |yard| {
        initialise_beside();
        yard.calls();
        let token = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let mut calls = yard.calls();
        for _ in 0..5 {
            yard.ask(&answers("C_Decrypt", Some(1), ck::CKR_DEVICE_ERROR));
            try_open(&*root, &sealed).unwrap();
            thread::sleep(Duration::from_millis(120));
        }
        yard.calm();
        drop((token, root));
        calls.extend(yard.calls());
        let count = |name: &str| calls.iter().filter(|call| *call == name).count();
        let (opened, closed) = (count("C_OpenSession"), count("C_CloseSession"));
        assert!(opened > 6, "it was begun anew five times: {opened}");
        assert_eq!(opened, closed);
        assert_eq!(count("C_Finalize"), 0, "who did not initialise does not finalise");
        say(&format!("# {opened} sessions were opened in another's module, and closed"));
    });
}
