//! Every call that only AES suites make fails with a number of each class, once and every time: what one retry mends is done, what
//! else comes of it is an error of its kind, and nothing is lost or made. The other suites' calls are tried on our own token.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use miyao::{
    Kind, Result,
    provider::{
        Provider,
        pkcs11::{Class, Settings, Suite, Token},
    },
};

use crate::{
    before::before,
    softhsm::{BINDING, MASTER, MODULE, Yard, alone, opens, rng, root, say, seal, with},
};

/// A number of each class; of those about a PIN none is an answer to these calls.
const NUMBERS: [(Class, u64); 7] = [
    (Class::Data, 0x40),        // CKR_ENCRYPTED_DATA_INVALID
    (Class::Data, 0x110),       // CKR_WRAPPED_KEY_INVALID
    (Class::SessionLost, 0xB3), // CKR_SESSION_HANDLE_INVALID
    (Class::DeviceLost, 0x30),  // CKR_DEVICE_ERROR
    (Class::Capacity, 0x02),    // CKR_HOST_MEMORY
    (Class::Config, 0x70),      // CKR_MECHANISM_INVALID
    (Class::Ambiguous, 0x05),   // CKR_GENERAL_ERROR
];

/// What is done with a root, and by which calls: their places in the standard's table, and whether they open something.
#[derive(Clone, Copy, Debug)]
struct Deed {
    suite: Suite,
    opens: bool,
    calls: &'static [(u64, &'static str)],
}

const DEEDS: [Deed; 4] = [
    Deed {
        suite: Suite::AesKwDevice,
        opens: false,
        calls: &[(20, "C_CreateObject"), (60, "C_WrapKey"), (22, "C_DestroyObject")],
    },
    Deed {
        suite: Suite::AesKwDevice,
        opens: true,
        calls: &[(61, "C_UnwrapKey"), (24, "C_GetAttributeValue"), (22, "C_DestroyObject")],
    },
    Deed { suite: Suite::AesGcmDevice, opens: false, calls: &[(29, "C_EncryptInit"), (30, "C_Encrypt")] },
    Deed { suite: Suite::AesGcmDevice, opens: true, calls: &[(33, "C_DecryptInit"), (34, "C_Decrypt")] },
];

/// A module that was just initialised is not initialised again.
const PAUSE: Duration = Duration::from_millis(150);
/// Where the device stays full, which is waited for until the deadline.
const SHORT: Duration = Duration::from_millis(500);

/// SoftHSM with calls that fail.
struct Failing<'a> {
    yard: &'a Yard,
    library: PathBuf,
    control: PathBuf,
    asked: u64,
}

impl<'a> Failing<'a> {
    fn new(yard: &'a Yard) -> Self {
        let control = yard.path("control");
        let told =
            [("MODULE", format!("{MODULE:?}")), ("CONTROL", format!("{:?}", control.display().to_string()))];
        let library = before(&yard.directory, "failing", include_str!("failing.c"), &told);
        Self { yard, library, control, asked: 0 }
    }

    fn open(&self, settings: &Settings) -> Token {
        Token::open(&self.yard.uri_of(self.library.to_str().unwrap(), "kms"), settings).unwrap()
    }

    /// From now on the call of this place fails so.
    fn ask(&mut self, place: u64, call: u64, rv: u64) {
        self.asked += 1;
        let beside = self.yard.path("control.new");
        fs::write(&beside, format!("{place} {call} {rv} {}\n", self.asked)).unwrap();
        fs::rename(beside, &self.control).unwrap();
    }

    /// No call fails any more; how many did.
    fn calm(&self) -> usize {
        let log = self.yard.path("control.log");
        fs::remove_file(&self.control).unwrap();
        let struck = fs::read(&log).unwrap_or_default().len();
        let _ = fs::remove_file(log);
        struck
    }
}

fn act(deed: Deed, root: &dyn Provider, sealed: &[u8]) -> Result<()> {
    let done = if deed.opens { root.open(sealed, BINDING)? } else { root.open(&try_seal(root)?, BINDING)? };
    assert_eq!(done.expose(), &MASTER);
    Ok(())
}

fn try_seal(root: &dyn Provider) -> Result<Vec<u8>> {
    root.seal(&miyao::Secret::take(&mut MASTER.clone()), BINDING, &mut rng(9))
}

#[test]
fn every_call_of_an_aes_root_fails_in_every_way() {
    alone("failing::every_call_of_an_aes_root_fails_in_every_way", |yard| {
        let mut failing = Failing::new(yard);
        for deed in DEEDS {
            let token = failing.open(&with(deed.suite));
            let made = root(&token, 10 * deed.suite.number() + u8::from(deed.opens));
            let sealed = seal(&*made, 3);
            let before = yard.count_files();
            let short = failing.open(&with(deed.suite).deadline(SHORT).unwrap());
            let (mut well, mut ill) = (0, 0);
            for (place, name) in deed.calls {
                for (class, rv) in NUMBERS {
                    if class == Class::Data && !(deed.opens && ["C_UnwrapKey", "C_Decrypt"].contains(name)) {
                        continue;
                    }
                    for call in [1, 0] {
                        thread::sleep(PAUSE);
                        failing.ask(*place, call, rv);
                        let root: &dyn Provider =
                            if class == Class::Capacity && deed.opens { &short } else { &*made };
                        let begun = Instant::now();
                        let result = act(deed, root, &sealed);
                        let cell = format!("{deed:?} {name} {call} {rv:#x}: {result:?}");
                        let struck = failing.calm();
                        assert!(if call == 1 { struck == 1 } else { struck > 0 }, "{struck}, {cell}");
                        assert!(begun.elapsed() < Duration::from_secs(20), "{cell}");
                        let mends =
                            matches!(class, Class::SessionLost | Class::DeviceLost | Class::Ambiguous);
                        assert!(result.is_ok() || !(mends && call == 1), "{cell}");
                        if let Err(error) = &result {
                            let allowed: &[Kind] = match class {
                                Class::Data => &[Kind::Rejected, Kind::Unavailable],
                                Class::Capacity => &[Kind::Busy, Kind::Unavailable],
                                Class::Config => &[Kind::Unsupported],
                                // With SoftHSM it means that a text is not genuine, and the key is seen to be well.
                                Class::Ambiguous if deed.opens => &[Kind::Rejected, Kind::Unavailable],
                                _ => &[Kind::Unavailable],
                            };
                            assert!(allowed.contains(&error.kind()), "{cell}");
                        }
                        well += usize::from(result.is_ok());
                        ill += usize::from(result.is_err());
                        thread::sleep(PAUSE);
                        opens(&*made, &sealed);
                        assert_eq!(yard.count_files(), before, "{cell}");
                    }
                }
            }
            let what = if deed.opens { "open" } else { "seal" };
            say(&format!("# {what} {}: {well} succeeded, {ill} were refused rightly", deed.suite.name()));
            assert!(well > 0 && ill > 0);
        }
    });
}
