//! The control file: TOML, read at every call, so that a test changes it while the program runs.
//!
//! ```toml
//! vanish = false                # the token is not there
//!
//! [[rule]]
//! function = "C_Sign"           # or "*" for every call
//! call = 3                      # the third one since the file changed; every one without it
//! delay_ms = 50                 # waits first
//! hang = true                   # waits until this rule is gone from the file
//! drop_sessions = true          # all sessions end, and who is logged in is logged out
//! rv = 0x30                     # answers this
//! ```
//!
//! A file that is missing or is no such TOML asks for nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use cryptoki_sys::CK_RV;
use serde::Deserialize;

use super::Suffering;
use crate::config::Config;

pub(crate) struct Faults {
    control: Option<PathBuf>,
    seen: Mutex<Seen>,
}

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
    rule: Vec<Rule>,
}

#[derive(Deserialize, Default, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
struct Rule {
    function: String,
    call: Option<u64>,
    delay_ms: u64,
    hang: bool,
    drop_sessions: bool,
    rv: Option<CK_RV>,
}

impl Faults {
    pub(crate) fn new(config: &Config) -> Self {
        Self { control: config.fault.control.clone(), seen: Mutex::default() }
    }

    /// Waits as the file says, and says what else the call has to suffer.
    pub(crate) fn suffer(&self, function: &'static str) -> Suffering {
        if self.control.is_none() {
            return Suffering::default();
        }
        let (rules, vanished) = self.matching(function);
        for rule in &rules {
            thread::sleep(Duration::from_millis(rule.delay_ms));
            while rule.hang && self.has(rule) {
                thread::sleep(Duration::from_millis(10));
            }
        }
        let drop_sessions = rules.iter().any(|rule| rule.drop_sessions);
        Suffering { drop_sessions, vanished, answer: rules.iter().find_map(|rule| rule.rv) }
    }

    fn matching(&self, function: &'static str) -> (Vec<Rule>, bool) {
        let text = self.text();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
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
}
