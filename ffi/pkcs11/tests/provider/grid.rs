//! Every call that an operation makes fails once, at its first, second or last time, or every time, with every class of number:
//! the operation succeeds by its one retry or fails as it should, and the next one succeeds.
//!
//! Which calls those are is read from the module's log of an operation without faults, so that none is forgotten. `warm` is
//! a token that was used before, `cold` one that is opened for the operation, in a module that is initialised for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

use cryptoki_sys as ck;
use miyao::{
    Error, Kind, Result,
    key::Spec,
    provider::{
        RootId, Roots,
        pkcs11::{Class, Settings, Suite, Token},
    },
};

use crate::{
    desk::{Held, TEXT, root, seal, try_open, try_seal, with},
    hangs::LATE,
    yard::{Yard, alone, answers, say},
};

/// The numbers that are tried, and the class that each is of.
pub(crate) const NUMBERS: [(Class, u64); 15] = [
    (Class::Auth, ck::CKR_PIN_INCORRECT),
    (Class::Auth, ck::CKR_PIN_LOCKED),
    (Class::Data, ck::CKR_ENCRYPTED_DATA_INVALID),
    (Class::Data, ck::CKR_DATA_LEN_RANGE),
    (Class::SessionLost, ck::CKR_SESSION_HANDLE_INVALID),
    (Class::SessionLost, ck::CKR_USER_NOT_LOGGED_IN),
    (Class::DeviceLost, ck::CKR_DEVICE_ERROR),
    (Class::DeviceLost, ck::CKR_TOKEN_NOT_PRESENT),
    (Class::Capacity, ck::CKR_HOST_MEMORY),
    (Class::Capacity, ck::CKR_SESSION_COUNT),
    (Class::Config, ck::CKR_MECHANISM_INVALID),
    (Class::Config, ck::CKR_FUNCTION_NOT_SUPPORTED),
    (Class::Ambiguous, ck::CKR_GENERAL_ERROR),
    (Class::Ambiguous, ck::CKR_FUNCTION_FAILED),
    (Class::Ambiguous, 0x8000_0001),
];
const CLASSES: [Class; 7] = [
    Class::Auth,
    Class::Data,
    Class::SessionLost,
    Class::DeviceLost,
    Class::Capacity,
    Class::Config,
    Class::Ambiguous,
];
/// Where numbers about data come from; elsewhere they would be a lie.
pub(crate) const OF_DATA: [&str; 6] =
    ["C_Encrypt", "C_Decrypt", "C_Sign", "C_DeriveKey", "C_DecryptInit", "C_SignInit"];
/// A module that could not be initialised is not tried again for 100 ms, and a busy machine is slow.
const PAUSE: Duration = Duration::from_secs(5);

const DEADLINE: Duration = Duration::from_secs(4);
/// Where the device stays full, which is waited for until the deadline.
const SHORT: Duration = Duration::from_millis(300);

pub(crate) type Operation<'a> = Box<dyn Fn(&Token) -> Result<()> + 'a>;

/// What is tried, with all that it needs on the token.
pub(crate) struct Grid<'a> {
    yard: &'a Yard,
    settings: Settings,
    operation: Operation<'a>,
    counts: BTreeMap<String, [(usize, usize); CLASSES.len()]>,
}

/// One fault.
#[derive(Clone, Copy, Debug)]
struct Cell<'a> {
    function: &'a str,
    call: Option<u64>,
    class: Class,
    rv: u64,
    opens: bool,
}

#[test]
fn every_call_of_open_fails_in_every_way() {
    alone("grid::every_call_of_open_fails_in_every_way", |yard| {
        for suite in [Suite::Sm4GcmDevice, Suite::Sm2PkeDevice, Suite::Sm2EcRaw] {
            let sealed = {
                let token = yard.open(&with(suite)).unwrap();
                seal(&*root(&token, suite.number()), 3)
            };
            let operation = move |token: &Token| try_open(token, &sealed);
            Grid::fill(yard, &format!("open {}", suite.name()), with(suite), true, Box::new(operation));
        }
    });
}

#[test]
fn every_call_of_seal_fails_in_every_way() {
    alone("grid::every_call_of_seal_fails_in_every_way", |yard| {
        for suite in [Suite::Sm4GcmDevice, Suite::Sm2PkeDevice] {
            let id = RootId([suite.number(); 16]);
            drop(root(&yard.open(&with(suite)).unwrap(), suite.number()));
            let operation = move |token: &Token| {
                let root = Roots::find(token, &id)?.expect("it is there");
                try_open(&*root, &try_seal(&*root, 5)?)
            };
            Grid::fill(yard, &format!("seal {}", suite.name()), with(suite), true, Box::new(operation));
        }
    });
}

#[test]
fn every_call_of_a_key_inside_fails_in_every_way() {
    alone("grid::every_call_of_a_key_inside_fails_in_every_way", |yard| {
        let token = yard.open(&Settings::default()).unwrap();
        let make = |spec, number| Held::make(&token, spec, number);
        let (signer, reader, maker) =
            (make(Spec::Sm2Sign, 1), make(Spec::Sm2Encrypt, 2), make(Spec::HmacSm3, 3));
        let (ciphertext, mac) = (reader.ciphertext(1), maker.mac(&token, &[TEXT]).unwrap());
        drop(token);
        let sign = |token: &Token| signer.sign(token, TEXT);
        let decrypt = |token: &Token| reader.decrypt(token, &ciphertext).map(|text| assert_eq!(text, TEXT));
        let compute = |token: &Token| maker.mac(token, &[TEXT]).map(|again| assert_eq!(again, mac));
        Grid::fill(yard, "sign", Settings::default(), false, Box::new(sign));
        Grid::fill(yard, "decrypt", Settings::default(), true, Box::new(decrypt));
        Grid::fill(yard, "mac", Settings::default(), false, Box::new(compute));
    });
}

impl<'a> Grid<'a> {
    pub(crate) fn fill(
        yard: &'a Yard,
        name: &str,
        settings: Settings,
        opens: bool,
        operation: Operation<'a>,
    ) {
        Self::fill_those(&[false, true], yard, name, settings, (opens, operation));
    }

    /// Without a cold one, where how it begins is tried with another operation.
    pub(crate) fn fill_warm(
        yard: &'a Yard,
        name: &str,
        settings: Settings,
        opens: bool,
        operation: Operation<'a>,
    ) {
        Self::fill_those(&[false], yard, name, settings, (opens, operation));
    }

    fn fill_those(
        colds: &[bool],
        yard: &'a Yard,
        name: &str,
        settings: Settings,
        (opens, mut operation): (bool, Operation<'a>),
    ) {
        let settings = settings.deadline(DEADLINE).unwrap();
        let before = yard.objects();
        for &cold in colds {
            let counts = BTreeMap::new();
            let mut grid = Grid { yard, settings: settings.clone(), operation, counts };
            grid.fill_all(cold, opens);
            grid.tell(&format!("{name}, {}", if cold { "cold" } else { "warm" }));
            operation = grid.operation;
        }
        assert_eq!(yard.objects(), before, "{name}: nothing was made and nothing lost");
    }

    fn fill_all(&mut self, cold: bool, opens: bool) {
        let yard = self.yard;
        yard.calm();
        let mut warm = None;
        if !cold {
            let token = yard.open(&self.settings).unwrap();
            // Twice: what is used for the first time is looked at closely, and that ends its session.
            (0..2).for_each(|_| (self.operation)(&token).unwrap());
            warm = Some(token);
        }
        yard.calls();
        self.attempt(warm.as_ref(), DEADLINE).unwrap();
        let calls = yard.calls();
        let functions: BTreeSet<&str> = calls.iter().map(String::as_str).collect();
        for function in functions {
            let often = calls.iter().filter(|call| *call == function).count();
            for (class, rv) in NUMBERS {
                let fits = match class {
                    Class::Auth => function == "C_Login",
                    Class::Data => OF_DATA.contains(&function) || function == "C_Login",
                    _ => true,
                };
                // What fails every time takes long; one number of each class does, but each may be a wrong PIN's.
                let is_tried_long = is_first((class, rv)) || function == "C_Login";
                for call in times(often).into_iter().filter(|call| fits && (call.is_some() || is_tried_long))
                {
                    let cell = Cell { function, call, class, rv, opens };
                    let went_well = self.try_cell(cell, warm.as_ref());
                    let place = CLASSES.iter().position(|known| *known == class).unwrap();
                    let counts = &mut self.counts.entry(function.into()).or_default()[place];
                    if went_well { counts.0 += 1 } else { counts.1 += 1 }
                }
            }
        }
    }

    fn attempt(&self, warm: Option<&Token>, deadline: Duration) -> Result<()> {
        match warm {
            Some(token) => (self.operation)(token),
            None => (self.operation)(&self.yard.open(&self.settings.clone().deadline(deadline).unwrap())?),
        }
    }

    /// The next operation, without a fault, succeeds: at once, unless the module is left alone for a moment.
    fn attempt_next(&self, cell: Cell<'_>, warm: Option<&Token>) {
        let begun = Instant::now();
        let is_left_alone = cell.function == "C_Initialize" || cell.call.is_none();
        while let Err(error) = self.attempt(warm, DEADLINE) {
            let may_wait = is_left_alone && begun.elapsed() < PAUSE && error.kind() == Kind::Unavailable;
            assert!(may_wait, "{cell:?}: then {error:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the operation succeeded under the fault.
    fn try_cell(&self, cell: Cell<'_>, warm: Option<&Token>) -> bool {
        let yard = self.yard;
        yard.ask(&answers(cell.function, cell.call, cell.rv));
        yard.calls();
        let stays_full = cell.class == Class::Capacity && cell.call.is_none();
        let deadline = if stays_full { SHORT } else { DEADLINE };
        let begun = Instant::now();
        let result = self.attempt(warm, deadline);
        assert!(begun.elapsed() < deadline + LATE, "{cell:?} takes {:?}", begun.elapsed());
        let calls = yard.calls();
        let struck = calls.iter().filter(|call| call.ends_with(&format!(" {:#x}", cell.rv))).count();
        assert!(
            struck == 1 || cell.call.is_none() && struck > 0,
            "{cell:?} struck {struck} times: {result:?}, {calls:?}"
        );
        let makes = |call: &String| {
            ["C_GenerateKey", "C_CreateObject", "C_CopyObject", "C_UnwrapKey"]
                .iter()
                .any(|name| call.starts_with(name))
        };
        assert!(!calls.iter().any(makes), "{cell:?}: {calls:?}");
        if let Err(error) = &result {
            cell.check(error);
        }
        assert!(result.is_ok() || !cell.must_succeed(), "{cell:?}: {result:?}");
        if cell.shuts_out() {
            self.check_one_login(cell, &calls, warm);
        }
        yard.calm();
        self.attempt_next(cell, warm);
        result.is_ok()
    }

    /// A PIN that may be refused was tried once, and is not tried again before somebody says so.
    fn check_one_login(&self, cell: Cell<'_>, calls: &[String], warm: Option<&Token>) {
        assert_eq!(logins(calls), 1, "{cell:?}");
        self.yard.calm();
        for _ in 0..3 {
            let denied = self.attempt(warm, DEADLINE).unwrap_err();
            assert_eq!(denied.kind(), Kind::Denied, "{cell:?}: {denied:?}");
        }
        assert_eq!(logins(&self.yard.calls()), 0, "{cell:?}");
        Token::allow_logins(&self.yard.uri()).unwrap();
    }

    fn tell(&self, name: &str) {
        let (mut well, mut ill) = (0, 0);
        say(&format!("# {name}: succeeded/refused rightly under each class"));
        let heads: Vec<_> = CLASSES.iter().map(|class| format!("{:>12}", format!("{class:?}"))).collect();
        say(&format!("#   {:22}{}", "", heads.concat()));
        for (function, counts) in &self.counts {
            let cells = counts.iter().map(|(well, ill)| match well + ill {
                0 => format!("{:>12}", "-"),
                _ => format!("{:>12}", format!("{well}/{ill}")),
            });
            say(&format!("#   {function:22}{}", cells.collect::<String>()));
            well += counts.iter().map(|count| count.0).sum::<usize>();
            ill += counts.iter().map(|count| count.1).sum::<usize>();
        }
        assert!(well > 0 && ill > 0, "{name}");
        say(&format!("# {name}: {} faults, {well} succeeded, {ill} were refused rightly", well + ill));
    }
}

/// The times that a call which is made so often fails at; `None` is every time.
fn times(often: usize) -> Vec<Option<u64>> {
    some_of(often).into_iter().map(Some).chain([None]).collect()
}

/// The first, the second and the last of so many.
pub(crate) fn some_of(often: usize) -> BTreeSet<u64> {
    let often = often as u64;
    [1, 2, often].into_iter().filter(|call| *call <= often).collect()
}

pub(crate) fn logins(calls: &[String]) -> usize {
    calls.iter().filter(|call| call.starts_with("C_Login")).count()
}

/// Whether it answers a login, and does not say that nobody looked at the PIN.
pub(crate) fn shuts_out(function: &str, rv: u64) -> bool {
    function == "C_Login" && ![ck::CKR_SESSION_HANDLE_INVALID, ck::CKR_TOKEN_NOT_PRESENT].contains(&rv)
}

/// Whether it is the first of the numbers of its class.
pub(crate) fn is_first((class, rv): (Class, u64)) -> bool {
    NUMBERS.iter().find(|number| number.0 == class) == Some(&(class, rv))
}

impl Cell<'_> {
    /// What one retry mends.
    fn must_succeed(&self) -> bool {
        let mends = matches!(self.class, Class::SessionLost | Class::DeviceLost | Class::Ambiguous);
        mends && self.call.is_some() && self.function != "C_Initialize" && !self.shuts_out()
    }

    fn shuts_out(&self) -> bool {
        shuts_out(self.function, self.rv)
    }

    fn check(&self, error: &Error) {
        let kind = error.kind();
        if self.shuts_out() {
            return assert_eq!(kind, Kind::Denied, "{self:?}: {error:?}");
        }
        let unavailable = self.call.is_none() || self.function == "C_Initialize";
        let right = match self.class {
            Class::Data => kind == if self.opens { Kind::Rejected } else { Kind::Corrupt },
            Class::Capacity => kind == Kind::Busy,
            Class::Config => kind == Kind::Unsupported,
            // A device that is well but for this: its answer may be about what was given to be opened.
            Class::Ambiguous => self.opens && kind == Kind::Rejected && self.call.is_none(),
            Class::Auth | Class::SessionLost | Class::DeviceLost => false,
        };
        assert!(right || unavailable && kind == Kind::Unavailable, "{self:?}: {error:?}");
    }
}
