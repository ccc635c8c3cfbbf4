//! Many are told at once that the device is gone: one of them initialises the module anew, once, and all go on.

use core::time::Duration;
use std::{fs, thread};

use cryptoki_sys as ck;
use miyao::{
    key::Spec,
    provider::pkcs11::{Settings, Suite},
};

use crate::{
    desk::{Held, TEXT, root, seal, try_open},
    doubts::count,
    habits::PAUSE,
    hangs::until,
    yard::{Yard, alone, say},
};

const THREADS: usize = 8;

/// All do it, and each is in the function before the first of them hears this from it: what was called.
fn all_are_told(yard: &Yard, function: &str, rv: u64, work: &(dyn Fn() + Sync)) -> Vec<String> {
    // A module that was just initialised is not initialised again.
    thread::sleep(PAUSE);
    yard.ask(&format!("[[rule]]\nfunction = {function:?}\nhang = true\nrv = {rv}\n"));
    yard.calls();
    let told = format!("{function} {rv:#x}");
    let are_told = || {
        let log = fs::read_to_string(yard.path("log")).unwrap();
        log.lines().filter(|line| *line == told).count()
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(work)));
        until("all are in it", || are_told() == THREADS);
        yard.calm();
    });
    assert_eq!(are_told(), THREADS, "each heard it once");
    yard.calls()
}

#[test]
fn many_who_lose_the_device_at_once_initialise_it_once() {
    alone("reopening::many_who_lose_the_device_at_once_initialise_it_once", |yard| {
        let settings = Settings::default().suite(Suite::Sm4GcmDevice).sessions(THREADS).unwrap();
        let token = yard.open(&settings.deadline(Duration::from_secs(60)).unwrap()).unwrap();
        let root = root(&token, 1);
        let (sealed, signer) = (seal(&*root, 3), Held::make(&token, Spec::Sm2Sign, 2));
        let before = yard.objects();
        let open = || try_open(&*root, &sealed).unwrap();
        let sign = || signer.sign(&token, TEXT).unwrap();
        let works: [(&str, &(dyn Fn() + Sync)); 2] = [("C_Decrypt", &open), ("C_Sign", &sign)];
        for (function, work) in works {
            for rv in [ck::CKR_DEVICE_ERROR, ck::CKR_CRYPTOKI_NOT_INITIALIZED, ck::CKR_DEVICE_REMOVED] {
                let calls = all_are_told(yard, function, rv, work);
                let lost = calls.iter().position(|call| call == "C_Finalize").unwrap();
                let (before, calls) = calls.split_at(lost);
                let often = |name: &str| count(calls, name);
                assert_eq!(count(before, "C_Initialize") + count(before, "C_Login"), 0, "{before:?}");
                let once = ["C_Finalize", "C_Initialize", "C_Login"].map(often);
                assert_eq!(once, [1, 1, 1], "{function} {rv:#x}: {calls:?}");
                assert!(often("C_OpenSession") <= THREADS + 1, "{function} {rv:#x}: {calls:?}");
                // What ran in vain ran once more, and nobody heard of it.
                let retried = calls.iter().filter(|call| *call == function).count();
                assert!(retried >= THREADS, "{function} {rv:#x}: {calls:?}");
                work();
                assert_eq!(token.hanging(), (0, 1));
            }
        }
        assert_eq!(yard.objects(), before);
        say(&format!(
            "# {THREADS} threads lost the device 6 times at once: one end and one beginning each time"
        ));
    });
}
