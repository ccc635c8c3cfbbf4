//! `miyao hsm probe` and `miyao hsm selftest`: known answers over a session, and what came of them.
//!
//! Knows how findings are told; how they are found is the library's.

use core::time::Duration;

use miyao::{
    Error, Kind,
    key::Time,
    provider::pkcs11::{
        Settings,
        probe::{self, Check, Report, Unshown, Verdict},
        profile::{Mechanism, Profile},
    },
};
use serde_json::{Value, json};

use super::{in_time, pin, place::Place};
use crate::{
    args::{HsmProbe, Used},
    failure::{Result, failure},
    output::Output,
    safe_file,
    session::Run,
};

/// How long a call may take where it is tried what a token does: somebody may have to type the PIN, and a card to encrypt 1 MiB.
const PATIENCE: Duration = Settings::KEYPAD;

pub(super) fn run(run: &Run, arguments: &HsmProbe) -> Result {
    let output = run.output;
    safe_file::check(&arguments.output, arguments.force)?;
    let (place, expected) = find(run, &arguments.used)?;
    let pin = pin::ask(&place, arguments.used.pin_file.as_deref(), output)?;
    let (name, date) = (arguments.name.clone(), today()?);
    let tried = move || {
        let all = place.library.shelf.profiles();
        let others = all.filter(|other| expected.as_ref().is_none_or(|known| known.name != other.name));
        let profiles: Vec<_> = expected.iter().chain(others).collect();
        Ok(probe::probe(&place.library.module, place.slot.id, pin.as_ref(), &profiles, &name, &date)?)
    };
    let report = in_time(&arguments.used.described.module, PATIENCE, tried)?;
    let text = report.profile.to_toml();
    // What was written has to be what will be read.
    Profile::parse(&text)?;
    safe_file::write(&arguments.output, text.as_bytes(), arguments.force)?;
    tell(output, arguments, &report)?;
    leftovers(output, &report.left)
}

/// The token that is named, and the profile for it if there is one.
fn find(run: &Run, arguments: &Used) -> Result<(Place, Option<Profile>)> {
    let (asked, profiles) = (arguments.described.clone(), run.global.profiles.clone());
    in_time(&arguments.described.module, Settings::DEADLINE, move || {
        let place = Place::find(&asked, profiles.as_deref())?;
        let profile = place.profile()?.cloned();
        Ok((place, profile))
    })
}

fn today() -> Result<String> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    match now {
        Ok(now) => Ok(Time(now.as_millis() as u64).to_string().chars().take(10).collect()),
        Err(_) => failure(Kind::Clock, "the clock shows a time before 1970; set it"),
    }
}

fn tell(output: Output, arguments: &HsmProbe, report: &Report) -> Result {
    let path = arguments.output.display().to_string();
    let shown = report.profile.mechanisms.iter().filter(|entry| entry.verified);
    let record = json!({
        "profile": report.profile.name, "file": path,
        "verified": shown.clone().map(mechanism).collect::<Vec<_>>(),
        "tried_in_vain": report.unshown.iter().map(unshown).collect::<Vec<_>>(),
        "left": report.left,
    });
    let mut lines: Vec<_> = shown.map(|entry| format!("verified {}", describe(entry))).collect();
    if output.verbose > 0 {
        lines.extend(
            report
                .unshown
                .iter()
                .map(|one| format!("in vain  {} {:#x}: {}", one.operation.word(), one.code, answer(one))),
        );
    }
    lines.push(format!("{path}: the profile {}", report.profile.name));
    output.record(&record, lines.join("\n"))
}

fn answer(unshown: &Unshown) -> String {
    unshown.answer.map_or_else(|| "another answer than the standard's".into(), |rv| rv.to_string())
}

fn unshown(unshown: &Unshown) -> Value {
    json!({ "operation": unshown.operation.word(), "code": format!("{:#x}", unshown.code), "answer": answer(unshown) })
}

fn mechanism(entry: &Mechanism) -> Value {
    let mut record = json!({ "operation": entry.operation.word(), "code": format!("{:#x}", entry.code) });
    for (name, word) in words(entry) {
        record[name] = json!(word);
    }
    record
}

fn describe(entry: &Mechanism) -> String {
    let words: Vec<_> = words(entry).into_iter().map(|(name, word)| format!("{name} {word}")).collect();
    format!("{} {:#x}: {}", entry.operation.word(), entry.code, words.join(", "))
}

fn words(entry: &Mechanism) -> Vec<(&'static str, &'static str)> {
    let words = [
        ("parameter", entry.parameter.map(|word| word.word())),
        ("input", entry.input.map(|word| word.word())),
        ("z", entry.z.map(|word| word.word())),
        ("signature", entry.signature.map(|word| word.word())),
        ("ciphertext", entry.ciphertext.map(|word| word.word())),
    ];
    words.into_iter().filter_map(|(name, word)| Some((name, word?))).collect()
}

/// Tells what could not be destroyed, which somebody has to do.
fn leftovers(output: Output, left: &[String]) -> Result {
    for one in left {
        output.note(format_args!("could not be destroyed: {one}"));
    }
    if left.is_empty() {
        return Ok(());
    }
    failure(
        Kind::Partial,
        "test keys stay in the token; destroy what is labelled \"miyao probe\" with its own tools",
    )
}

pub(super) fn self_test(run: &Run, arguments: &Used) -> Result {
    let output = run.output;
    let (place, profile) = find(run, arguments)?;
    let profile = profile.ok_or_else(no_profile)?;
    let pin = pin::ask(&place, arguments.pin_file.as_deref(), output)?;
    let tried = move || {
        let verdict = probe::self_test(&place.library.module, place.slot.id, pin.as_ref(), &profile)?;
        Ok((profile, verdict))
    };
    let (profile, verdict) = in_time(&arguments.described.module, PATIENCE, tried)?;
    output.record(&verdict_record(&profile, &verdict), verdict_text(&verdict))?;
    leftovers(output, &verdict.left)?;
    if verdict.is_passed() {
        return Ok(());
    }
    failure(
        Kind::SelfTest,
        "the token does not do what its profile says; run `miyao hsm probe` and use the profile that it writes",
    )
}

fn no_profile() -> Error {
    Error::new(
        Kind::Missing,
        "no profile is for this token; name one with --profile, or run `miyao hsm probe`",
    )
}

fn verdict_record(profile: &Profile, verdict: &Verdict) -> Value {
    let checks = verdict.checks.iter().map(|(entry, check)| {
        let mut record = mechanism(entry);
        record["result"] = json!(result(check));
        if let Check::Differs(found) = check {
            record["found"] = mechanism(found);
        }
        record
    });
    json!({
        "profile": profile.name, "passed": verdict.is_passed(), "checks": checks.collect::<Vec<_>>(),
        "keys_that_differ": verdict.keys.iter().map(|(name, _)| name).collect::<Vec<_>>(), "habits_not_told": verdict.habits,
        "left": verdict.left,
    })
}

fn verdict_text(verdict: &Verdict) -> String {
    let mut lines: Vec<_> = verdict
        .checks
        .iter()
        .map(|(entry, check)| match check {
            Check::Differs(found) => {
                format!("{:<11} {}; found {}", result(check), describe(entry), describe(found))
            }
            Check::Failed(Some(rv)) => format!("{:<11} {}: {rv}", result(check), describe(entry)),
            _ => format!("{:<11} {}", result(check), describe(entry)),
        })
        .collect();
    lines.extend(verdict.keys.iter().map(|(name, found)| match found {
        Some(found) => format!("{:<11} keys.{name}: found type {:#x}", "differs", found.code),
        None => format!("{:<11} keys.{name}: no such key could be made", "failed"),
    }));
    lines.extend(
        verdict.habits.iter().map(|name| format!("{:<11} quirks.{name}: it is so, and not told", "differs")),
    );
    lines.join("\n")
}

const fn result(check: &Check) -> &'static str {
    match check {
        Check::Passed => "passed",
        Check::Differs(_) => "differs",
        Check::NotOffered => "not offered",
        Check::Failed(_) => "failed",
        Check::NotTested => "not tested",
    }
}
