//! The control file: TOML, read at every call, so that a test changes it while the program runs.
//!
//! ```toml
//! vanish = false                # the token is not there
//!
//! [keypad]                      # the token has a pad of its own: CKF_PROTECTED_AUTHENTICATION_PATH, and C_Login without a PIN
//! pin = "246810"                # what somebody types there; nobody does without it, and the login is cancelled
//! delay_ms = 500                # after so long
//!
//! [[rule]]
//! function = "C_Sign"           # or "*" for every call
//! call = 3                      # the third one since the file changed; every one without it
//! delay_ms = 50                 # waits first
//! hang = true                   # waits until this rule is gone from the file
//! drop_sessions = true          # all sessions end, and who is logged in is logged out
//! overlap = true                # says so in the log, if another call with such a rule is in the module
//! rv = 0x30                     # answers this
//! ```
//!
//! A file that is missing or is no such TOML asks for nothing. Counting goes on when the module is initialised anew: programs
//! do that because a call failed, and a rule for one call strikes once. The log, if the configuration names one and it
//! exists, gets a line for every call: its name, and the number that a rule made it answer; and the line `keypad` when somebody
//! is asked to type there.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write as _,
    mem,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use cryptoki_sys::{CK_RV, CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED};
use serde::Deserialize;

use super::Suffering;
use crate::{
    config::Config,
    process::Process,
    rv::{Result, Rv},
};

pub(crate) struct Faults {
    control: Option<PathBuf>,
    log: Option<PathBuf>,
    counted: Arc<Counted>,
}

/// What one process counted, over all initialisations.
struct Counted {
    process: Process,
    seen: Mutex<Seen>,
    /// The calls of rules that look for an overlap.
    inside: AtomicUsize,
}

static COUNTED: ArcSwapOption<Counted> = ArcSwapOption::const_empty();

/// The file as it was last read, and the calls since it changed.
#[derive(Default)]
struct Seen {
    text: String,
    rules: Rules,
    calls: BTreeMap<&'static str, u64>,
    all: u64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    vanish: bool,
    keypad: Option<Keypad>,
    rule: Vec<Rule>,
}

/// A PIN that stands in a test's file is no secret.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Keypad {
    pin: Option<String>,
    delay_ms: u64,
}

#[derive(Deserialize, Default, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
struct Rule {
    function: String,
    call: Option<u64>,
    delay_ms: u64,
    hang: bool,
    drop_sessions: bool,
    overlap: bool,
    rv: Option<CK_RV>,
}

impl Faults {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            control: config.fault.control.clone(),
            log: config.fault.log.clone(),
            counted: Counted::of_process(),
        }
    }

    /// Waits as the file says, and says what else the call has to suffer.
    pub(crate) fn suffer(&self, function: &'static str) -> Suffering {
        if self.control.is_none() {
            self.write_down(function, None);
            return Suffering::default();
        }
        let (rules, vanished) = self.matching(function);
        let answer = rules.iter().find_map(|rule| rule.rv);
        self.write_down(function, answer);
        let looks = rules.iter().any(|rule| rule.overlap);
        if looks && self.counted.inside.fetch_add(1, Ordering::SeqCst) > 0 {
            self.write_down(&format!("overlap {function}"), None);
        }
        for rule in &rules {
            thread::sleep(Duration::from_millis(rule.delay_ms));
            while rule.hang && self.has(rule) {
                thread::sleep(Duration::from_millis(10));
            }
        }
        self.counted.inside.fetch_sub(usize::from(looks), Ordering::SeqCst);
        let drop_sessions = rules.iter().any(|rule| rule.drop_sessions);
        Suffering { drop_sessions, vanished, answer }
    }

    /// Whether the token has a pad of its own.
    pub(crate) fn has_keypad(&self) -> bool {
        self.keypad().is_some()
    }

    /// What somebody types there, who is asked now and waited for.
    pub(crate) fn typed(&self) -> Result<Vec<u8>> {
        let keypad = self.keypad().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
        self.write_down("keypad", None);
        thread::sleep(Duration::from_millis(keypad.delay_ms));
        keypad.pin.map(String::into_bytes).ok_or(Rv(CKR_FUNCTION_CANCELED))
    }

    fn keypad(&self) -> Option<Keypad> {
        toml::from_str::<Rules>(&self.text()).ok()?.keypad
    }

    fn matching(&self, function: &'static str) -> (Vec<Rule>, bool) {
        let mut seen = self.counted.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Not before: whoever had an older text by then would begin the count anew, and the next one once more.
        let text = self.text();
        if seen.text != text {
            *seen = Seen { rules: toml::from_str(&text).unwrap_or_default(), text, ..Seen::default() };
        }
        seen.all += 1;
        let all = seen.all;
        let calls = seen.calls.entry(function).or_default();
        *calls += 1;
        let calls = *calls;
        let strikes = |rule: &&Rule| match rule.function.as_str() {
            "*" => rule.call.is_none_or(|call| call == all),
            name => name == function && rule.call.is_none_or(|call| call == calls),
        };
        (seen.rules.rule.iter().filter(strikes).cloned().collect(), seen.rules.vanish)
    }

    fn has(&self, rule: &Rule) -> bool {
        toml::from_str::<Rules>(&self.text()).is_ok_and(|rules| rules.rule.contains(rule))
    }

    fn text(&self) -> String {
        self.control.as_ref().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default()
    }

    /// A log that cannot be written says less; whoever reads it misses the call.
    fn write_down(&self, function: &str, answer: Option<CK_RV>) {
        let Some(path) = &self.log else { return };
        let line = answer.map_or_else(|| format!("{function}\n"), |rv| format!("{function} {rv:#x}\n"));
        if let Ok(mut log) = OpenOptions::new().append(true).open(path) {
            let _ = log.write_all(line.as_bytes());
        }
    }
}

impl Counted {
    fn of_process() -> Arc<Self> {
        let before = COUNTED.load_full();
        if let Some(counted) = before.as_ref().filter(|counted| counted.process.is_current()) {
            return Arc::clone(counted);
        }
        let fresh = Arc::new(Self {
            process: Process::current(),
            seen: Mutex::default(),
            inside: AtomicUsize::new(0),
        });
        // What a parent left may be locked or half changed, for ever: it is not dropped.
        mem::forget(COUNTED.swap(Some(Arc::clone(&fresh))));
        mem::forget(before);
        fresh
    }
}
