//! `miyao hsm probe` and `miyao hsm selftest`: known answers over a session, and what came of them.
//!
//! Knows how findings are told; how they are found is the library's.

use miyao::{
    Kind,
    key::Time,
    provider::pkcs11::{
        probe::{self, Check, Report, Unshown, Verdict},
        profile::{Mechanism, Profile},
    },
};
use serde_json::{Value, json};

use super::{pin, place::Place};
use crate::{
    args::{HsmProbe, Used},
    failure::{Result, failure},
    output::Output,
    safe_file,
    session::Run,
};

pub(super) fn run(run: &Run, arguments: &HsmProbe) -> Result {
    let output = run.output;
    safe_file::check(&arguments.output, arguments.force)?;
    let place = Place::find(&arguments.used.described, run.global.profiles.as_deref())?;
    let expected = place.profile()?;
    let others =
        place.library.shelf.profiles().filter(|other| expected.is_none_or(|known| known.name != other.name));
    let profiles: Vec<_> = expected.into_iter().chain(others).collect();
    let pin = pin::ask(&place, arguments.used.pin_file.as_deref(), output)?;
    let report = probe::probe(
        &place.library.module,
        place.slot.id,
        pin.as_ref(),
        &profiles,
        &arguments.name,
        &today()?,
    )?;
    let text = report.profile.to_toml();
    // What was written has to be what will be read.
    Profile::parse(&text)?;
    safe_file::write(&arguments.output, text.as_bytes(), arguments.force)?;
    tell(output, arguments, &report)?;
    leftovers(output, &report.left)
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
    let place = Place::find(&arguments.described, run.global.profiles.as_deref())?;
    let profile = place.needed_profile()?;
    let pin = pin::ask(&place, arguments.pin_file.as_deref(), output)?;
    let verdict = probe::self_test(&place.library.module, place.slot.id, pin.as_ref(), profile)?;
    output.record(&verdict_record(profile, &verdict), verdict_text(&verdict))?;
    leftovers(output, &verdict.left)?;
    if verdict.is_passed() {
        return Ok(());
    }
    failure(
        Kind::SelfTest,
        "the token does not do what its profile says; run `miyao hsm probe` and use the profile that it writes",
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
