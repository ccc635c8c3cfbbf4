//! A line to a token that dies and comes back: `p11-kit server` in between, killed and started again.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use miyao::{
    Kind,
    provider::{
        Machine, Roots,
        pkcs11::{Settings, Suite, Token},
    },
};

use crate::softhsm::{BINDING, MODULE, Yard, alone, kind, opens, root, say, seal, with};

/// The module of p11-kit that a server stands behind.
fn client() -> &'static str {
    let places = [
        "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib64/pkcs11/p11-kit-client.so",
    ];
    let found = places.into_iter().find(|place| Path::new(place).exists());
    found.expect("p11-kit and its client are needed; ./test installs them")
}

struct Server(Child);

impl Server {
    fn start(yard: &Yard) -> Self {
        let socket = yard.path("socket");
        // One that was killed left its socket behind.
        let _ = fs::remove_file(&socket);
        let server = Command::new("p11-kit")
            .args(["server", "--foreground", "--provider", MODULE, "--name"])
            .arg(&socket)
            .arg("pkcs11:")
            .env("SOFTHSM2_CONF", yard.path("softhsm2.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !socket.exists() {
            assert!(begun.elapsed() < Duration::from_secs(10), "p11-kit server makes its socket");
            thread::sleep(Duration::from_millis(10));
        }
        Self(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has a process for every line, which would go on without it.
        let group = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}

#[test]
fn a_line_that_died_is_opened_again() {
    alone("lines::a_line_that_died_is_opened_again", |yard| {
        // The client looks up the address once, when it is loaded.
        let address = format!("unix:path={}", yard.path("socket").display());
        if std::env::var("P11_KIT_SERVER_ADDRESS").ok() != Some(address.clone()) {
            let again = Command::new(std::env::current_exe().unwrap())
                .args(["lines::a_line_that_died_is_opened_again", "--exact", "--nocapture"])
                .env("P11_KIT_SERVER_ADDRESS", address)
                .status()
                .unwrap();
            assert!(again.success());
            return;
        }
        let server = Server::start(yard);
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
        let _server = Server::start(yard);
        let begun = Instant::now();
        while let Err(error) = works() {
            assert_eq!(error.kind(), Kind::Unavailable, "{error:?}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{error:?}");
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
        // A device with another root of the same name is no stand-in.
        let other = Token::open(&yard.uri("other"), &with(Suite::Sm2EcRaw)).unwrap();
        other.create(&miyao::provider::RootId([1; 16])).unwrap();
        let wrong = Token::open_all(&[absent, yard.uri("other")], &Settings::default()).unwrap();
        assert_eq!(kind(miyao::provider::Provider::open(&wrong, &sealed, BINDING)), Kind::Rejected);
    });
}
