//! A line to a token that dies and comes back: `p11-kit server` in between, killed and started again.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use miyao::{
    Kind,
    provider::{
        Device, Identity, Machine, Roots,
        pkcs11::{Settings, Suite, Token, Uri},
    },
};

use crate::{
    served::{Server, client, is_told},
    softhsm::{BINDING, MODULE, PIN, alone, kind, opens, root, say, seal, with},
};

#[test]
fn a_line_that_died_is_opened_again() {
    alone("lines::a_line_that_died_is_opened_again", |yard| {
        let socket = yard.path("socket");
        if !is_told(&socket, "lines::a_line_that_died_is_opened_again") {
            return;
        }
        let configuration = yard.path("softhsm2.conf");
        let start = || Server::start(&socket, Path::new(MODULE), ("SOFTHSM2_CONF", &configuration));
        let server = start();
        let settings = Settings::default().profile("softhsm");
        let token = Token::open(&yard.uri_of(client(), "kms"), &settings).unwrap();
        // The line passes few mechanisms with parameters, and none of vendors.
        let suites = token.suites().unwrap();
        say(&format!("# over p11-kit: {suites:?}"));
        let sealed = suites.first().map(|suite| {
            let token = Token::open(&yard.uri_of(client(), "kms"), &with(*suite).profile("softhsm")).unwrap();
            let root = root(&token, 1);
            let sealed = seal(&*root, 3);
            (root, sealed)
        });
        let works = || match &sealed {
            Some((root, sealed)) => root.open(sealed, BINDING).map(drop),
            None => token.check_health(),
        };
        let before = yard.count_files();
        for _ in 0..2 {
            works().unwrap();
        }
        drop(server);
        for _ in 0..3 {
            assert_eq!(kind(works()), Kind::Unavailable);
            assert_eq!(kind(Roots::find(&token, &miyao::provider::RootId([1; 16]))), Kind::Unavailable);
            assert_eq!(kind(token.create(&miyao::provider::RootId([2; 16]))), Kind::Unavailable);
        }
        let _server = start();
        let begun = Instant::now();
        while let Err(error) = works() {
            assert_eq!(error.kind(), Kind::Unavailable, "{error:?}");
            assert!(begun.elapsed() < Duration::from_secs(30), "{error:?}");
            thread::sleep(Duration::from_millis(20));
        }
        works().unwrap();
        assert_eq!(
            Roots::find(&token, &miyao::provider::RootId([1; 16])).unwrap().is_some(),
            sealed.is_some()
        );
        assert!(Roots::find(&token, &miyao::provider::RootId([2; 16])).unwrap().is_none());
        assert_eq!(yard.count_files(), before);
    });
}

#[test]
fn another_device_with_the_same_root_stands_in() {
    alone("lines::another_device_with_the_same_root_stands_in", |yard| {
        let one = yard.open(&with(Suite::Sm2EcRaw)).unwrap();
        let sealed = seal(&*root(&one, 1), 3);
        // The same token twice, once by a name that is not there: a device that does not answer.
        let absent = yard.uri("absent");
        let uris = [absent.clone(), yard.uri("kms")];
        let both = Token::open_all(&uris, &Settings::default()).unwrap();
        opens(&both, &sealed);
        assert_eq!(kind(both.check_health()), Kind::Unavailable, "one of them is not well");
        assert_eq!(kind(both.create(&miyao::provider::RootId([2; 16]))), Kind::Unsupported);
        // What was kept under the one that is down is looked for here, and nothing of a third.
        let kept_under = |label: &str| Identity { label: label.into(), ..one.identity().unwrap() };
        assert!(both.stands_in_for(&kept_under("absent")) && both.stands_in_for(&kept_under("kms")));
        assert!(!both.stands_in_for(&kept_under("other")) && !one.stands_in_for(&kept_under("kms")));
        let slot = Uri { token: None, slot_id: Some(999_999), ..absent.clone() };
        let unnamed = Token::open_all(&[slot, yard.uri("kms")], &Settings::default()).unwrap();
        assert!(!unnamed.stands_in_for(&kept_under("absent")), "a slot is whoever is in it");
        // A device with another root of the same name is no stand-in.
        let other = Token::open(&yard.uri("other"), &with(Suite::Sm2EcRaw)).unwrap();
        other.create(&miyao::provider::RootId([1; 16])).unwrap();
        let wrong = Token::open_all(&[absent, yard.uri("other")], &Settings::default()).unwrap();
        assert_eq!(kind(miyao::provider::Provider::open(&wrong, &sealed, BINDING)), Kind::Rejected);
    });
}

#[test]
fn a_device_that_refuses_its_pin_is_stood_in_for_and_its_pin_is_not_tried_again() {
    alone("lines::a_device_that_refuses_its_pin_is_stood_in_for_and_its_pin_is_not_tried_again", |yard| {
        let sealed = seal(&*root(&yard.open(&with(Suite::Sm2EcRaw)).unwrap(), 1), 3);
        let pin = yard.path("other-pin");
        let write = |text: &str| {
            fs::write(&pin, text).unwrap();
            fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
        };
        write("wrong");
        let mut other = yard.uri("other");
        other.pin_source = Some(pin.clone());
        let both = Token::open_all(&[other.clone(), yard.uri("kms")], &Settings::default()).unwrap();
        opens(&both, &sealed);
        let refused = both.check_health().unwrap_err();
        assert_eq!(refused.kind(), Kind::Denied, "one of them lets nobody in: {refused:?}");
        // Not by itself, though it would be right by now: neither at a look nor after a rest.
        write(PIN);
        assert_eq!(kind(both.check_health()), Kind::Denied);
        thread::sleep(Duration::from_millis(5100));
        opens(&both, &sealed);
        assert_eq!(kind(both.check_health()), Kind::Denied);
        assert_eq!(kind(Token::open(&other, &Settings::default())), Kind::Denied);
        both.allow_login();
        both.check_health().unwrap();
        opens(&both, &sealed);
        // Where nobody else is left it is said.
        write("wrong");
        let absent = yard.uri("absent");
        drop(both);
        assert_eq!(kind(Token::open_all(&[absent, other], &Settings::default())), Kind::Denied);
    });
}

/// A library that is none of PKCS#11 may have threads by the time that is known.
#[test]
fn a_library_that_is_no_module_is_refused_and_stays_loaded() {
    let is_mapped = |path: &Path| {
        let (maps, path) = (fs::read_to_string("/proc/self/maps").unwrap(), path.canonicalize().unwrap());
        maps.contains(path.to_str().unwrap())
    };
    let directory = Path::new(MODULE).parent().unwrap().parent().unwrap();
    let of_architecture = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let directories = of_architecture.filter(|path| path.to_string_lossy().ends_with("-linux-gnu"));
    let names = ["libz.so.1", "libbz2.so.1.0", "liblzma.so.5", "libffi.so.8"];
    let libraries = directories.flat_map(|directory| names.map(|name| directory.join(name)));
    let library = libraries.into_iter().find(|path| path.exists() && !is_mapped(path));
    let library = library.expect("a library of the system that this program does not use");
    for _ in 0..2 {
        assert_eq!(kind(miyao::provider::pkcs11::Module::load(&library)), Kind::Invalid);
        assert!(is_mapped(&library));
    }
}
