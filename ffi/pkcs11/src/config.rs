//! What the operator decides: where the store lies, which numbers the mechanisms have, what a PIN costs to guess.
//!
//! Knows no token. `docs/pkcs11-module.md` describes the file for its reader.
#![allow(unsafe_code, reason = "no safe face of getauxval(3) is at hand")]

use core::ffi::c_ulong;
use std::{env, ffi::OsString, fs, io, path::PathBuf};

use cryptoki_sys::CKR_GENERAL_ERROR;
use serde::Deserialize;

use crate::rv::{Result, Rv, check};

/// The file that is read where the environment names none.
const DEFAULT_FILE: &str = "/etc/miyao/pkcs11.toml";
/// The variable that names it.
const VARIABLE: &str = "MIYAO_PKCS11_CONF";
/// The iterations of PBKDF2 below which a configuration is refused, unless it lowers the floor itself.
const FLOOR: u32 = 600_000;
/// What the floor may be lowered to, for tests.
const LOWEST: u32 = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The directory of the tokens; one directory a slot is made in it.
    pub(crate) store: PathBuf,
    /// Whose numbers the mechanisms have.
    #[serde(default = "own_numbers")]
    pub(crate) profile: String,
    /// A profile of the operator's own, in place of a built-in one.
    pub(crate) profile_file: Option<PathBuf>,
    #[serde(default = "one")]
    pub(crate) slots: usize,
    #[serde(default)]
    pub(crate) pin: Pin,
    #[serde(default)]
    #[cfg_attr(not(any(debug_assertions, feature = "fault-injection")), allow(dead_code))]
    pub(crate) fault: Fault,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pin {
    /// The iterations of PBKDF2-HMAC-SM3 for PINs that are set from now on.
    pub(crate) iterations: u32,
    /// The fewest iterations this file may ask for.
    pub(crate) floor: u32,
    /// The fewest bytes of a PIN.
    pub(crate) min_length: usize,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The control file of fault injection; ignored where it is not compiled in.
    #[cfg_attr(not(any(debug_assertions, feature = "fault-injection")), allow(dead_code))]
    pub(crate) control: Option<PathBuf>,
    /// Where it writes down every call, if the file exists.
    #[cfg_attr(not(any(debug_assertions, feature = "fault-injection")), allow(dead_code))]
    pub(crate) log: Option<PathBuf>,
}

impl Config {
    /// Reads the file that the environment names, or the default one; where that is missing, a store of this user.
    pub(crate) fn load() -> Result<Self> {
        let named = trusted(VARIABLE).map(PathBuf::from);
        let text = fs::read_to_string(named.as_deref().unwrap_or(DEFAULT_FILE.as_ref()));
        match text {
            Ok(text) if is_elevated() => Ok(Self { fault: Fault::default(), ..Self::parse(&text)? }),
            Ok(text) => Self::parse(&text),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Self::of_user(),
            Err(_) => Err(Rv(CKR_GENERAL_ERROR)),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|_| Rv(CKR_GENERAL_ERROR))?;
        let pin = &config.pin;
        check(config.store.is_absolute(), CKR_GENERAL_ERROR)?;
        check((1..=64).contains(&config.slots), CKR_GENERAL_ERROR)?;
        check(pin.floor >= LOWEST && pin.iterations >= pin.floor, CKR_GENERAL_ERROR)?;
        check((4..=64).contains(&pin.min_length), CKR_GENERAL_ERROR)?;
        Ok(config)
    }

    fn of_user() -> Result<Self> {
        let data = trusted("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || trusted("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        let store = data.or_else(home).ok_or(Rv(CKR_GENERAL_ERROR))?.join("miyao/pkcs11");
        check(store.is_absolute(), CKR_GENERAL_ERROR)?;
        let (profile, slots) = (own_numbers(), one());
        Ok(Self { store, profile, profile_file: None, slots, pin: Pin::default(), fault: Fault::default() })
    }
}

impl Default for Pin {
    fn default() -> Self {
        Self { iterations: FLOOR, floor: FLOOR, min_length: 6 }
    }
}

/// A variable of the environment, unless the program runs with other rights than those of who started it.
fn trusted(name: &str) -> Option<OsString> {
    (!is_elevated()).then(|| env::var_os(name)).flatten().filter(|value| !value.is_empty())
}

/// Whether the program has rights that its user has not. The kernel tells how it began: as another user or group, with
/// capabilities of its file, by a word of a security module. Who took another's rights since is told by the numbers.
fn is_elevated() -> bool {
    use rustix::process::{getegid, geteuid, getgid, getuid};
    let same = getuid() == geteuid() && getgid() == getegid();
    !same || getauxval(AT_SECURE) != 0
}

const AT_SECURE: c_ulong = 23;

// SAFETY: the C library's, of this type (getauxval(3)).
unsafe extern "C" {
    // A look at a table that the kernel gave the process; any number may be asked for.
    safe fn getauxval(kind: c_ulong) -> c_ulong;
}

fn own_numbers() -> String {
    "miyao".into()
}

const fn one() -> usize {
    1
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn few_iterations_are_refused_unless_the_floor_is_lowered_too() {
        let with = |pin: &str| Config::parse(&format!("store = '/x'\n[pin]\n{pin}"));
        assert!(with("iterations = 599999").is_err());
        assert!(with("iterations = 1024").is_err());
        assert!(with("iterations = 1024\nfloor = 1024").is_ok());
        assert!(with("iterations = 1023\nfloor = 1023").is_err());
        assert_eq!(with("").map(|config| config.pin.iterations), Ok(600_000));
    }

    #[test]
    fn a_misspelt_name_or_a_relative_store_is_refused() {
        assert!(Config::parse("store = '/x'\nprofil = 'miyao'").is_err());
        assert!(Config::parse("store = 'x'").is_err());
        assert!(Config::parse("store = '/x'\nslots = 0").is_err());
        assert!(Config::parse("store = '/x'").is_ok());
    }
}
