//! Keys that are used over a line, while the server at its other end is killed and when it is there again.
//!
//! p11-kit passes only mechanisms that it knows, and parameters of few: so 国密 has numbers of the standard here that it passes on
//! without any. What they are otherwise for has no part in it.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, path::Path, thread, time::Instant};

use miyao::{
    Kind, Result,
    key::Spec,
    provider::{
        Device, Machine, ResidentId, RootId, Roots,
        pkcs11::{Suite, Token},
    },
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open, try_seal, with},
    hangs::{LATE, soon, until},
    line::{Server, client, is_told},
    yard::{Yard, alone, module, say},
};

const NAME: &str = "served::keys_behind_a_line_that_died_are_used_again";
const DEADLINE: Duration = Duration::from_secs(4);
/// In some of these p11-kit's client hangs on a busy machine, unless one thread at a time is in it.
const KILLS: usize = 12;

/// `CKM_EC_KEY_PAIR_GEN`, `CKM_ECDSA`, `CKM_RSA_X_509`, `CKM_SHA256_HMAC`, `CKM_GENERIC_SECRET_KEY_GEN`; `CKK_EC`.
const PROFILE: &str = r#"
name = "served"
title = "miyao's own token under numbers that p11-kit passes on"
match = [{ module = "*" }]
mechanisms = [
    { operation = "sm2-key-pair", code = 0x1040, parameter = "none", verified = true },
    { operation = "sm2-sign", code = 0x1041, parameter = "none", input = "digest", z = "host", signature = "raw", verified = true },
    { operation = "sm2-encrypt", code = 0x3, parameter = "none", ciphertext = "c1c3c2", verified = true },
    { operation = "hmac-sm3", code = 0x251, parameter = "none", verified = true },
    { operation = "hmac-key", code = 0x350, parameter = "none", verified = true },
]

[keys.sm2]
type = 0x3
params = "oid"
point = "octet-string"
verified = true

[keys.hmac]
type = 0x10
length = true
verified = true
"#;

/// What became of one thread's work.
#[derive(Default)]
struct Tally {
    right: AtomicUsize,
    away: AtomicUsize,
}

/// Whatever becomes of who has this, the others stop.
struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn go_on(stop: &AtomicBool, tally: &Tally, work: &dyn Fn() -> Result<()>) {
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let counter = match work() {
            Ok(()) => &tally.right,
            Err(error) if error.kind() == Kind::Unavailable => &tally.away,
            Err(error) => panic!("{error:?}"),
        };
        assert!(begun.elapsed() < DEADLINE + LATE, "{:?}", begun.elapsed());
        counter.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(2));
    }
}

/// A configuration of the module with these numbers, for the server.
fn configure(yard: &Yard, profile: &Path) {
    let (store, served) = (yard.path("store"), yard.path("served.toml"));
    let text = format!(
        "store = {store:?}\nprofile = \"served\"\nprofile_file = {profile:?}\n[pin]\niterations = 1024\nfloor = 1024\n"
    );
    fs::write(served, text).unwrap();
}

#[test]
fn keys_behind_a_line_that_died_are_used_again() {
    alone(NAME, |yard| {
        let (socket, profile) = (yard.path("socket"), yard.path("profile.toml"));
        if !is_told(&socket, NAME) {
            return;
        }
        fs::write(&profile, PROFILE).unwrap();
        configure(yard, &profile);
        let configuration = yard.path("served.toml");
        let start = || Server::start(&socket, &module(), ("MIYAO_PKCS11_CONF", &configuration));
        let mut server = Some(start());
        let settings = with(Suite::Sm2PkeDevice).profiles(&profile).profile("served").deadline(DEADLINE);
        let token = Token::open(&yard.uri_of(Path::new(client())), &settings.unwrap()).unwrap();
        assert_eq!(token.suites().unwrap(), [Suite::Sm2PkeDevice]);
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        let (signer, maker) = (Held::make(&token, Spec::Sm2Sign, 2), Held::make(&token, Spec::HmacSm3, 3));
        let mac = maker.mac(&token, &[TEXT]).unwrap();
        let compute = || maker.mac(&token, &[TEXT]).map(|again| assert_eq!(again, mac));
        let before = yard.objects();
        assert_eq!(before.len(), 5, "two pairs and a secret: {before:#?}");

        let works: [&(dyn Fn() -> Result<()> + Sync); 4] = [
            &|| try_open(&*root, &sealed),
            &|| try_seal(&*root, 4).and_then(|sealed| try_open(&*root, &sealed)),
            &|| signer.sign(&token, TEXT),
            &compute,
        ];
        let (stop, tallies) = (AtomicBool::new(false), [(); 4].map(|()| Tally::default()));
        let counts = |of: fn(&Tally) -> &AtomicUsize| {
            tallies.iter().map(|tally| of(tally).load(Ordering::Relaxed)).collect::<Vec<_>>()
        };
        let all_reach = |of: fn(&Tally) -> &AtomicUsize, than: &[usize]| {
            counts(of).iter().zip(than).all(|(now, then)| *now >= then + 3)
        };
        thread::scope(|scope| {
            let stopping = Stopping(&stop);
            for (work, tally) in works.into_iter().zip(&tallies) {
                let stop = &stop;
                scope.spawn(move || go_on(stop, tally, work));
            }
            for round in 1..=KILLS {
                let (right, away) = (counts(|tally| &tally.right), counts(|tally| &tally.away));
                until("it is used over the line", || all_reach(|tally| &tally.right, &right));
                assert_eq!(away, counts(|tally| &tally.away), "and by everybody");
                drop(server.take());
                until("all hear that it is away", || all_reach(|tally| &tally.away, &away));
                is_unavailable(&token, &signer);
                assert_eq!(yard.objects(), before, "round {round}: nothing was made and nothing lost");
                server = Some(start());
                let right = counts(|tally| &tally.right);
                until("it comes back to all", || all_reach(|tally| &tally.right, &right));
            }
            drop(stopping);
        });
        // The same root opens the old seal and a new one, the same keys are used.
        for work in works {
            soon(work);
            work().unwrap();
        }
        try_open(&*Roots::find(&token, &RootId([1; 16])).unwrap().unwrap(), &sealed).unwrap();
        assert_eq!(
            Device::find(&token, Spec::Sm2Sign, &ResidentId([2; 16])).unwrap().as_ref(),
            Some(&signer.resident)
        );
        assert!(Roots::find(&token, &RootId([9; 16])).unwrap().is_none());
        assert_eq!(token.hanging(), (0, 1));
        assert_eq!(yard.objects(), before);
        let (right, away) = (counts(|tally| &tally.right), counts(|tally| &tally.away));
        say(&format!("# over p11-kit, killed {KILLS} times: right {right:?}, unavailable {away:?}"));
    });
}

/// Whatever is asked of a line that is dead; nothing is made of it.
fn is_unavailable(token: &Token, signer: &Held) {
    let reference = &signer.resident.reference;
    for _ in 0..2 {
        assert_eq!(kind(token.create(&RootId([9; 16])).map(drop)), Kind::Unavailable);
        assert_eq!(kind(token.generate(Spec::Sm2Sign, &ResidentId([9; 16]), "x")), Kind::Unavailable);
        assert_eq!(kind(token.generate(Spec::HmacSm3, &ResidentId([9; 16]), "x")), Kind::Unavailable);
        assert_eq!(kind(token.destroy(reference)), Kind::Unavailable);
        assert_eq!(kind(Roots::find(token, &RootId([1; 16])).map(drop)), Kind::Unavailable);
        assert_eq!(kind(Device::find(token, Spec::Sm2Sign, &ResidentId([2; 16]))), Kind::Unavailable);
        assert_eq!(kind(token.identity()), Kind::Unavailable);
        assert_eq!(kind(token.check_health()), Kind::Unavailable);
    }
}
