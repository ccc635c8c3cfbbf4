//! Two devices with the same root in them, of which one dies at work and comes back, and then the other.
//!
//! Each is a library of its own, before a copy of the module: with one library both would die. The second token is the first one's
//! backup, restored.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use miyao::{
    Kind,
    provider::{
        Machine, RootId, Roots,
        pkcs11::{Suite, Token, Uri},
    },
};

use crate::{
    desk::{kind, root, seal, try_open, try_seal, with},
    hangs::{soon, until},
    yard::{Yard, alone, module, say},
};

/// A device with the token of this slot, dead as long as the file is there.
fn device(yard: &Yard, slot: u64) -> (Uri, PathBuf) {
    let (copy, dead) = (yard.path(&format!("copy-{slot}.so")), yard.path(&format!("dead-{slot}")));
    fs::copy(module(), &copy).unwrap();
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let told = [("MODULE", quoted(&copy)), ("DEAD", quoted(&dead))];
    let library = yard.before(&format!("device-{slot}"), include_str!("mortal.c"), &told);
    let mut uri = yard.uri_of(&library);
    (uri.token, uri.slot_id) = (None, Some(slot));
    (uri, dead)
}

/// The file of the token in the other slot.
fn twin_file(yard: &Yard) -> PathBuf {
    yard.path("store/slot-1/token")
}

/// A root in the token, and a second slot with a copy of it.
fn furnish(yard: &Yard) -> Vec<u8> {
    let maker = yard.open(&with(Suite::Sm4GcmDevice)).unwrap();
    let sealed = seal(&*root(&maker, 1), 3);
    drop(maker);
    fs::create_dir(yard.path("store/slot-1")).unwrap();
    fs::copy(yard.token_file(), twin_file(yard)).unwrap();
    let configuration = yard.path("faulty.toml");
    let text = fs::read_to_string(&configuration).unwrap();
    fs::write(configuration, format!("slots = 2\n{text}")).unwrap();
    sealed
}

struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_device_with_the_same_root_dies_at_work_and_nobody_notices() {
    alone("pool::a_device_with_the_same_root_dies_at_work_and_nobody_notices", |yard| {
        let sealed = furnish(yard);
        let devices = [device(yard, 0), device(yard, 1)];
        let lengths = || [yard.token_file(), twin_file(yard)].map(|file| fs::metadata(file).unwrap().len());
        let (before, settings) = (lengths(), with(Suite::Sm4GcmDevice));
        let uris = devices.each_ref().map(|(uri, _)| uri.clone());
        let both = Token::open_all(&uris, &settings).unwrap();
        both.check_health().unwrap();
        let root = Roots::find(&both, &RootId([1; 16])).unwrap().unwrap();
        let (stop, done) = (AtomicBool::new(false), [(); 4].map(|()| AtomicUsize::new(0)));
        let counts = || done.each_ref().map(|done| done.load(Ordering::Relaxed));
        thread::scope(|scope| {
            let stopping = Stopping(&stop);
            for (place, done) in done.iter().enumerate() {
                let (stop, root, sealed) = (&stop, &root, &sealed);
                scope.spawn(move || {
                    let mut seals = vec![sealed.clone()];
                    while !stop.load(Ordering::Relaxed) {
                        if place % 2 == 0 {
                            seals.push(try_seal(&**root, place as u8).unwrap());
                        }
                        try_open(&**root, &seals[seals.len() - 1]).unwrap();
                        try_open(&**root, &seals[0]).unwrap();
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let go_on = |what: &str| {
                let then = counts();
                until(what, || counts().iter().zip(then).all(|(now, then)| *now >= then + 5));
            };
            for (uri, dead) in &devices {
                go_on("both are well");
                fs::write(dead, b"").unwrap();
                go_on("one is dead");
                assert_eq!(kind(both.check_health()), Kind::Unavailable, "one of them is not well");
                assert_eq!(kind(Token::open(uri, &settings)), Kind::Unavailable);
                fs::remove_file(dead).unwrap();
                soon(|| both.check_health());
            }
            go_on("both are well again");
            drop(stopping);
        });
        // What was sealed by either is opened by each.
        let last = try_seal(&*root, 9).unwrap();
        for uri in &uris {
            let alone = Token::open(uri, &settings).unwrap();
            let root = Roots::find(&alone, &RootId([1; 16])).unwrap().unwrap();
            try_open(&*root, &sealed).unwrap();
            try_open(&*root, &last).unwrap();
            let another = seal(&*root, 10);
            try_open(&both, &another).unwrap();
        }
        assert_eq!(kind(both.create(&RootId([2; 16])).map(drop)), Kind::Unsupported);
        assert_eq!(lengths(), before, "nothing was made and nothing lost on either");
        assert_eq!(both.hanging(), (0, 2));
        say(&format!("# two devices, each dead once: {:?} rounds of 4 threads, none failed", counts()));
    });
}
