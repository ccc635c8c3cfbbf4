//! Every call of what makes or destroys a key fails once, at its first, second or last time, with a number of each class.
//!
//! What was acknowledged is there and of use. What was not is not there, but for a root, which is whole then and stays: somebody
//! else may have sealed with it. What is asked for again is done. Nothing that was there before is lost, and no second key is
//! made. Each cell begins with the same token, whose file is put back; how long the file is tells what is in it.

use core::{fmt, time::Duration};
use std::{collections::BTreeSet, fs, time::Instant};

use miyao::{
    Error, Kind, Result,
    key::Spec,
    provider::{
        Device, ResidentId, RootId, Roots,
        pkcs11::{Class, Settings, Suite, Token},
    },
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open},
    grid::{NUMBERS, OF_DATA, is_first, logins, shuts_out, some_of},
    hangs::{LATE, soon},
    yard::{Yard, alone, answers, say},
};

/// A number of each class.
const DEADLINE: Duration = Duration::from_secs(4);
const NEW: u8 = 0xEE;

/// What is done.
#[derive(Clone, Copy)]
enum What {
    Root(Suite),
    Key(Spec),
    Destruction(Spec),
}

/// One fault.
#[derive(Debug)]
struct Cell<'a> {
    function: &'a str,
    call: u64,
    class: Class,
    rv: u64,
}

/// The token that every cell begins with, and how it is after what is done.
struct Grid<'a> {
    yard: &'a Yard,
    what: What,
    settings: Settings,
    kept: Vec<u8>,
    /// Lengths of its file.
    before: u64,
    after: u64,
    /// A seal of another root.
    sealed: Vec<u8>,
    /// The key that is destroyed.
    held: Option<Held>,
    well: usize,
    ill: usize,
    left: usize,
}

impl What {
    fn act(self, token: &Token, held: Option<&Held>) -> Result<()> {
        match self {
            Self::Root(_) => token.create(&RootId([NEW; 16])).map(drop),
            Self::Key(spec) => token.generate(spec, &ResidentId([NEW; 16]), "a key of a test").map(drop),
            Self::Destruction(_) => token.destroy(&held.unwrap().resident.reference),
        }
    }

    /// Whether the key is there; if so it is of use.
    fn is_there(self, token: &Token, held: Option<&Held>) -> Result<bool> {
        match self {
            Self::Root(_) => {
                let Some(root) = Roots::find(token, &RootId([NEW; 16]))? else { return Ok(false) };
                try_open(&*root, &seal(&*root, 4)).map(|()| true)
            }
            Self::Key(spec) => Ok(Device::find(token, spec, &ResidentId([NEW; 16]))?.is_some()),
            Self::Destruction(spec) => {
                let found = Device::find(token, spec, &ResidentId([NEW; 16]))?;
                assert!(found.is_none() || found.as_ref() == held.map(|held| &held.resident));
                match (&found, held) {
                    (Some(_), Some(held)) if spec == Spec::Sm2Sign => held.sign(token, TEXT)?,
                    (Some(_), Some(held)) => drop(held.mac(token, &[TEXT])?),
                    _ => {}
                }
                Ok(found.is_some())
            }
        }
    }

    const fn makes(self) -> bool {
        !matches!(self, Self::Destruction(_))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(suite) => write!(f, "create a root of {}", suite.name()),
            Self::Key(spec) => write!(f, "generate {}", spec.as_str()),
            Self::Destruction(spec) => write!(f, "destroy {}", spec.as_str()),
        }
    }
}

#[test]
fn every_call_that_creates_a_root_fails_in_every_way() {
    alone("makings::every_call_that_creates_a_root_fails_in_every_way", |yard| {
        let suites = [Suite::Sm4GcmDevice, Suite::Sm2PkeDevice, Suite::Sm2EcRaw, Suite::Sm4CbcEtmDevice];
        suites.into_iter().for_each(|suite| Grid::fill(yard, What::Root(suite), false));
        Grid::fill(yard, What::Root(Suite::Sm4GcmDevice), true);
    });
}

#[test]
fn every_call_that_generates_a_key_fails_in_every_way() {
    alone("makings::every_call_that_generates_a_key_fails_in_every_way", |yard| {
        let specs = [Spec::HmacSm3, Spec::Sm2Sign, Spec::Sm2Encrypt];
        specs.into_iter().for_each(|spec| Grid::fill(yard, What::Key(spec), false));
        Grid::fill(yard, What::Key(Spec::Sm2Sign), true);
    });
}

#[test]
fn every_call_that_destroys_a_key_fails_in_every_way() {
    alone("makings::every_call_that_destroys_a_key_fails_in_every_way", |yard| {
        for spec in [Spec::HmacSm3, Spec::Sm2Sign] {
            Grid::fill(yard, What::Destruction(spec), false);
        }
        Grid::fill(yard, What::Destruction(Spec::Sm2Sign), true);
    });
}

impl<'a> Grid<'a> {
    fn fill(yard: &'a Yard, what: What, cold: bool) {
        let mut settings = Settings::default();
        if let What::Root(suite) = what {
            settings = settings.suite(suite);
        }
        let settings = settings.deadline(DEADLINE).unwrap();
        let untouched = fs::read(yard.token_file()).unwrap();
        let token = yard.open(&settings).unwrap();
        let sealed = seal(&*root(&token, 1), 3);
        let held = match what {
            What::Destruction(spec) => Some(Held::make(&token, spec, NEW)),
            _ => None,
        };
        let kept = fs::read(yard.token_file()).unwrap();
        let before = kept.len() as u64;
        let (after, counts) = (0, (0, 0, 0));
        let (well, ill, left) = counts;
        let mut grid = Self { yard, what, settings, kept, before, after, sealed, held, well, ill, left };
        let objects = yard.objects();
        grid.fill_all(if cold { None } else { Some(&token) });
        grid.restore();
        assert_eq!(yard.objects(), objects);
        // The next ones have a token of their own.
        drop(token);
        fs::write(yard.token_file(), untouched).unwrap();
        let Self { well, ill, left, .. } = grid;
        assert!(ill > 0 && well > 0, "{what}");
        let how = if cold { "cold" } else { "warm" };
        say(&format!(
            "# {what}, {how}: {} faults, {well} succeeded, {ill} were refused rightly; {left} roots were left, whole",
            well + ill
        ));
    }

    fn fill_all(&mut self, warm: Option<&Token>) {
        // Twice: what is used for the first time is looked at closely, and that ends its session.
        for _ in 0..2 {
            self.begin(warm);
            self.attempt(warm).unwrap();
            self.after = self.length();
        }
        assert_eq!(self.what.makes(), self.after > self.before);
        let objects = self.yard.objects();
        self.begin(warm);
        self.attempt(warm).unwrap();
        let calls = self.yard.calls();
        assert_eq!(self.length(), self.after, "the length tells what is in it");
        assert_eq!(self.yard.objects().len(), objects.len());
        let functions: BTreeSet<&str> = calls.iter().map(String::as_str).collect();
        for function in functions {
            let often = calls.iter().filter(|call| *call == function).count();
            for (class, rv) in NUMBERS.into_iter().filter(|number| is_first(*number)) {
                let fits = match class {
                    Class::Auth => function == "C_Login",
                    Class::Data => OF_DATA.contains(&function),
                    _ => true,
                };
                for call in some_of(often).into_iter().filter(|_| fits) {
                    self.try_cell(&Cell { function, call, class, rv }, warm);
                }
            }
        }
    }

    fn length(&self) -> u64 {
        fs::metadata(self.yard.token_file()).unwrap().len()
    }

    fn restore(&self) {
        let beside = self.yard.path("restored");
        fs::write(&beside, &self.kept).unwrap();
        fs::rename(beside, self.yard.token_file()).unwrap();
    }

    /// The token is as it was, and whoever uses it has seen that.
    fn begin(&self, warm: Option<&Token>) {
        self.yard.calm();
        self.restore();
        if let Some(token) = warm {
            soon(|| try_open(token, &self.sealed));
        }
        self.yard.calls();
    }

    fn attempt(&self, warm: Option<&Token>) -> Result<()> {
        match warm {
            Some(token) => self.what.act(token, self.held.as_ref()),
            None => self.what.act(&self.yard.open(&self.settings)?, self.held.as_ref()),
        }
    }

    fn try_cell(&mut self, cell: &Cell<'_>, warm: Option<&Token>) {
        self.begin(warm);
        self.yard.ask(&answers(cell.function, Some(cell.call), cell.rv));
        let begun = Instant::now();
        let result = self.attempt(warm);
        assert!(begun.elapsed() < DEADLINE + LATE, "{cell:?} takes {:?}", begun.elapsed());
        let calls = self.yard.calls();
        let is_struck = |call: &String| call.ends_with(&format!(" {:#x}", cell.rv));
        let struck = calls.iter().filter(|call| is_struck(call)).count();
        assert_eq!(struck, 1, "{cell:?}: {result:?}, {calls:?}");
        // What was not begun is done at the second try.
        let looks = calls.iter().take_while(|call| !is_struck(call)).map(String::as_str);
        if cell.mends() && ![cell.function].into_iter().chain(looks).any(changes) {
            assert!(result.is_ok(), "{cell:?}: {result:?}, {calls:?}");
        }
        let made =
            calls.iter().filter(|call| ["C_GenerateKey", "C_GenerateKeyPair"].contains(&call.as_str()));
        assert!(made.count() <= usize::from(self.what.makes()), "{cell:?}: {calls:?}");
        assert!(logins(&calls) <= if cell.shuts_out() { 1 } else { 2 }, "{cell:?}: {calls:?}");
        self.yard.calm();
        match &result {
            Ok(()) => self.well += 1,
            Err(error) => {
                cell.check(error);
                self.ill += 1;
            }
        }
        if cell.shuts_out() {
            // It is not tried again before somebody says so.
            assert_eq!(kind(self.attempt(warm)), Kind::Denied, "{cell:?}");
            assert_eq!(logins(&self.yard.calls()), 0, "{cell:?}");
        }
        Token::allow_logins(&self.yard.uri()).unwrap();
        self.look(cell, result.is_ok(), warm);
    }

    /// What there is after it, and after it was asked for again.
    fn look(&mut self, cell: &Cell<'_>, is_done: bool, warm: Option<&Token>) {
        let fresh;
        let token = match warm {
            Some(token) => token,
            None => {
                soon(|| self.yard.open(&self.settings).map(drop));
                fresh = self.yard.open(&self.settings).unwrap();
                &fresh
            }
        };
        soon(|| try_open(token, &self.sealed));
        let (what, held) = (self.what, self.held.as_ref());
        let is_there = what.is_there(token, held).unwrap();
        let length = self.length();
        if is_done {
            assert_eq!((is_there, length), (what.makes(), self.after), "{cell:?}: it was acknowledged");
            return;
        }
        match (what, is_there) {
            (What::Root(_), true) => {
                assert_eq!(length, self.after, "{cell:?}: one, and whole");
                assert_eq!(kind(what.act(token, held)), Kind::Exists, "{cell:?}");
                self.left += 1;
                return;
            }
            (What::Root(_) | What::Key(_), is_there) => {
                assert_eq!((is_there, length), (false, self.before), "{cell:?}: nothing was acknowledged");
            }
            (What::Destruction(_), true) => assert_eq!(length, self.before, "{cell:?}: it is whole"),
            (What::Destruction(_), false) => assert!(length < self.before, "{cell:?}"),
        }
        what.act(token, held).unwrap();
        assert_eq!(what.is_there(token, held).unwrap(), what.makes(), "{cell:?}: asked for again");
        assert_eq!(self.length(), self.after, "{cell:?}: asked for again");
        try_open(token, &self.sealed).unwrap();
    }
}

/// Whether something in the token is another than before this call.
fn changes(function: &str) -> bool {
    ["C_GenerateKey", "C_GenerateKeyPair", "C_DestroyObject"].contains(&function)
}

impl Cell<'_> {
    /// Whether one retry mends it.
    fn mends(&self) -> bool {
        let mends = matches!(self.class, Class::SessionLost | Class::DeviceLost | Class::Ambiguous);
        mends && self.function != "C_Initialize" && !self.shuts_out()
    }

    fn shuts_out(&self) -> bool {
        shuts_out(self.function, self.rv)
    }

    fn check(&self, error: &Error) {
        let right = match self.class {
            _ if self.shuts_out() => Kind::Denied,
            Class::Auth => Kind::Denied,
            Class::Data => Kind::Rejected,
            Class::Capacity => Kind::Busy,
            Class::Config => Kind::Unsupported,
            Class::SessionLost | Class::DeviceLost | Class::Ambiguous => Kind::Unavailable,
        };
        // Who does not say which token it is, or does not begin, is not there.
        let unavailable = ["C_Initialize", "C_GetTokenInfo"].contains(&self.function);
        let kind = error.kind();
        assert!(kind == right || unavailable && kind == Kind::Unavailable, "{self:?}: {error:?}");
    }
}
