//! A fork in the middle of work on the token: the child begins anew, and the parent loses nothing.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, panic, process::Command, sync::mpsc, thread};

use miyao::{
    Kind,
    key::Spec,
    provider::pkcs11::{Module, Suite},
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open, with},
    doubts::count,
    fork::{_exit, fork, wait},
    hangs::until,
    yard::{alone, module, say},
};

#[test]
fn a_child_logs_in_anew_while_its_parent_works() {
    alone("forks::a_child_logs_in_anew_while_its_parent_works", |yard| {
        let token = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let signer = Held::make(&token, Spec::Sm2Sign, 9);
        let before = yard.objects();
        let (stop, worked) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        try_open(&*root, &sealed).unwrap();
                        signer.sign(&token, TEXT).unwrap();
                        worked.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            for round in 0..20 {
                let child = fork();
                if child == 0 {
                    let well = panic::catch_unwind(panic::AssertUnwindSafe(|| {
                        try_open(&*root, &sealed).unwrap();
                        signer.sign(&token, TEXT).unwrap();
                        try_open(&token, &seal(&*root, 4)).unwrap();
                    }));
                    _exit(i32::from(well.is_err()));
                }
                assert_eq!(wait(child), 0, "child {round} used the token");
                try_open(&*root, &sealed).unwrap();
            }
            stop.store(true, Ordering::Relaxed);
        });
        let worked = worked.into_inner();
        assert!(worked > 0);
        say(&format!("# 20 children used the token while 3 threads of their parent used it {worked} times"));
        assert_eq!(yard.objects(), before);
    });
}

#[test]
fn a_child_that_only_lets_go_closes_nothing_of_its_parent() {
    alone("forks::a_child_that_only_lets_go_closes_nothing_of_its_parent", |yard| {
        let token = yard.open(&with(Suite::Sm2PkeDevice)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let before = yard.objects();
        let child = fork();
        if child == 0 {
            drop((token, root));
            _exit(0);
        }
        assert_eq!(wait(child), 0);
        yard.calls();
        try_open(&*root, &sealed).unwrap();
        assert!(!yard.calls().iter().any(|call| call == "C_Login"), "the parent's login stands");
        assert_eq!(yard.objects(), before);
    });
}

/// Of workers that had sessions in the parent there is none here, so nobody has to let go for them.
#[test]
fn a_child_finalises_what_it_initialised_and_its_parent_likewise() {
    alone("forks::a_child_finalises_what_it_initialised_and_its_parent_likewise", |yard| {
        let token = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let beside = Module::load(&module()).unwrap();
        let ends = |what| {
            let calls = yard.calls();
            assert_eq!(count(&calls, "C_Finalize"), 1, "{what}: {calls:?}");
            let (opened, closed) = (count(&calls, "C_OpenSession"), count(&calls, "C_CloseSession"));
            assert!(opened <= closed, "{what}: {calls:?}");
        };
        for uses_beside in [false, true] {
            yard.calls();
            let child = fork();
            if child == 0 {
                let well = panic::catch_unwind(panic::AssertUnwindSafe(|| {
                    try_open(&*root, &sealed).unwrap();
                    if uses_beside {
                        beside.slots().unwrap();
                    }
                    drop((token, root));
                    assert_eq!(yard.has_begun("C_Finalize"), !uses_beside, "as long as somebody uses it");
                    drop(beside);
                    ends("the child");
                }));
                _exit(i32::from(well.is_err()));
            }
            assert_eq!(wait(child), 0, "the child let go of all it had");
        }
        try_open(&*root, &sealed).unwrap();
        drop((token, root));
        assert!(!yard.has_begun("C_Finalize"), "somebody uses it");
        drop(beside);
        ends("the parent");
    });
}

/// A library that takes its time when it is loaded.
const SLOW: &str = r#"
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void begin(void) {
    FILE *begun = fopen(BEGUN, "w");
    if (begun)
        fclose(begun);
    usleep(1500 * 1000);
}
"#;

#[test]
fn a_child_that_is_made_while_a_library_is_loaded_waits_for_nobody() {
    alone("forks::a_child_that_is_made_while_a_library_is_loaded_waits_for_nobody", |yard| {
        let (source, library, begun) = (yard.path("slow.c"), yard.path("slow.so"), yard.path("begun"));
        fs::write(&source, SLOW).unwrap();
        let marks = format!("-DBEGUN={:?}", begun.display().to_string());
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-Wall", "-Werror", &marks, "-o"])
            .args([&library, &source])
            .output()
            .expect("a C compiler is needed");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let ours = Module::load(&module()).unwrap();
        thread::scope(|scope| {
            let loading = scope.spawn(|| kind(Module::load(&library)));
            until("it is being loaded", || begun.exists());
            let child = fork();
            if child == 0 {
                let (done, loaded) = mpsc::channel();
                thread::spawn(move || {
                    done.send(Module::load(&module()).is_ok_and(|loaded| loaded.slots().is_ok()))
                });
                _exit(i32::from(loaded.recv_timeout(Duration::from_secs(30)) != Ok(true)));
            }
            assert_eq!(wait(child), 0, "the child has the module");
            assert_eq!(loading.join().unwrap(), Kind::Invalid, "it is no module");
        });
        ours.slots().unwrap();
    });
}
