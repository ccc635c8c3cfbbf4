//! `miyao hsm …`: what encryption machines are there, what they say, and what they really do.
//!
//! Opens no store and makes no key that stays. What a token says of itself is told as such; only known answers prove anything.
//! Whatever calls a module does it in a thread of its own, which is left behind where a call hangs.

mod offers;
pub(crate) mod pin;
mod place;
mod probe;

use core::time::Duration;
use std::path::Path;

use miyao::provider::pkcs11::{self, MechanismInfo, Settings, Slot, TokenInfo, profile::Profile};
use serde_json::{Value, json};

use crate::{
    args::{Described, HsmCommand, Module},
    failure::{OneLine, Result},
    session::Run,
};
use offers::Offers;
use place::{Library, Place};

pub(crate) fn run(run: &Run, command: &HsmCommand) -> Result {
    match command {
        HsmCommand::List(arguments) => list(run, arguments),
        HsmCommand::Info(arguments) => info(run, arguments),
        HsmCommand::Probe(arguments) => probe::run(run, arguments),
        HsmCommand::Selftest(arguments) => probe::self_test(run, arguments),
    }
}

/// Works with a module, which may hang: each call is waited for as long as was said, or else as long as this.
fn in_time<R: Send + 'static>(
    arguments: &Module,
    ordinary: Duration,
    work: impl FnOnce() -> Result<R> + Send + 'static,
) -> Result<R> {
    pkcs11::in_time(arguments.timeout.map_or(ordinary, Duration::from_secs), work)?
}

fn list(run: &Run, arguments: &Module) -> Result {
    let (asked, profiles) = (arguments.clone(), run.global.profiles.clone());
    let slots = in_time(arguments, Settings::DEADLINE, move || slots(&asked, profiles.as_deref()))?;
    slots.iter().try_for_each(|(record, line)| run.output.record(record, line))
}

fn slots(arguments: &Module, profiles: Option<&Path>) -> Result<Vec<(Value, String)>> {
    let library = Library::open(arguments, profiles)?;
    let told = library.module.slots()?.into_iter().map(|slot| {
        let Some(token) = &slot.token else {
            let number = slot.id.to_string();
            return Ok((json!({ "slot": number, "token": null }), format!("slot {number}: no token")));
        };
        let profile = library.matching(token)?.map(|profile| profile.name.clone());
        let mut record = token_record(&slot, token);
        record["profile"] = json!(profile);
        Ok((record, line_of(&slot, token, profile.as_deref())))
    });
    told.collect()
}

fn line_of(slot: &Slot, token: &TokenInfo, profile: Option<&str>) -> String {
    let label = if token.initialized { token.label.as_str() } else { "not initialised" };
    format!(
        "slot {}: {} ({} {}, serial {}), {}",
        slot.id,
        OneLine(label),
        OneLine(&token.manufacturer),
        OneLine(&token.model),
        OneLine(&token.serial),
        profile.map_or_else(|| "no profile".to_owned(), |profile| format!("profile {profile}")),
    )
}

fn token_record(slot: &Slot, token: &TokenInfo) -> Value {
    json!({
        "slot": slot.id.to_string(), "label": token.label, "manufacturer": token.manufacturer, "model": token.model,
        "serial": token.serial, "firmware": version(token.firmware), "initialized": token.initialized,
        "login_required": token.login_required, "protected_path": token.protected_path, "pin_set": token.pin_set,
        "pin_final_try": token.final_try, "pin_locked": token.locked, "max_sessions": token.max_sessions,
    })
}

fn version((major, minor): (u8, u8)) -> String {
    format!("{major}.{minor}")
}

fn info(run: &Run, arguments: &Described) -> Result {
    let (asked, profiles) = (arguments.clone(), run.global.profiles.clone());
    let described = move || describe(&asked, profiles.as_deref());
    let (record, page) = in_time(&arguments.module, Settings::DEADLINE, described)?;
    run.output.record(&record, page)
}

fn describe(arguments: &Described, profiles: Option<&Path>) -> Result<(Value, String)> {
    let place = Place::find(arguments, profiles)?;
    let about = place.library.module.about()?;
    let profile = place.profile()?;
    let mechanisms = place.library.module.mechanisms(place.slot.id)?;
    let offers = profile.map(|profile| Offers::new(profile, &mechanisms));
    let mut record = token_record(&place.slot, &place.token);
    record["library"] = json!({
        "path": place.library.module.path().to_string_lossy(), "manufacturer": about.manufacturer,
        "description": about.description, "version": version(about.version), "standard": version(about.standard),
    });
    record["profile"] = json!(profile.map(|profile| json!({
        "name": profile.name, "title": profile.title, "note": profile.note, "verified": profile.is_verified(),
    })));
    record["mechanisms"] = mechanisms.iter().map(|info| mechanism_record(profile, info)).collect();
    record["offers"] = json!(offers.as_ref().map(Offers::record));
    let page = page(&place, profile, &mechanisms, offers.as_ref());
    Ok((record, page))
}

fn mechanism_record(profile: Option<&Profile>, info: &MechanismInfo) -> Value {
    json!({
        "code": format!("{:#010x}", info.code), "name": profile.and_then(|profile| profile.name_of(info.code)),
        "min_key": info.min_key, "max_key": info.max_key, "flags": flags(info.flags),
    })
}

/// The whole of it for people.
fn page(
    place: &Place,
    profile: Option<&Profile>,
    mechanisms: &[MechanismInfo],
    offers: Option<&Offers>,
) -> String {
    let token = &place.token;
    let mut lines = vec![line_of(&place.slot, token, profile.map(|profile| profile.name.as_str()))];
    lines.push(format!("firmware {}; {}", version(token.firmware), state(token)));
    if let Some(profile) = profile {
        lines.push(format!("profile  {}: {}", profile.name, profile.title));
        lines.extend(profile.note.as_ref().map(|note| format!("         {}", OneLine(note))));
    }
    match offers {
        Some(offers) => lines.extend(offers.lines()),
        None => lines.push("offers   not known without a profile; name one, or run `miyao hsm probe`".into()),
    }
    lines.push(format!("mechanisms: {}, as the token lists them", mechanisms.len()));
    lines.extend(mechanisms.iter().map(|info| {
        let name = profile.and_then(|profile| profile.name_of(info.code)).unwrap_or("-");
        format!(
            "  {:#010x}  {name:<18} keys {} to {}  {}",
            info.code,
            info.min_key,
            info.max_key,
            flags(info.flags).join(" ")
        )
    }));
    lines.join("\n")
}

fn state(token: &TokenInfo) -> String {
    let told = [
        (!token.initialized, "not initialised"),
        (token.login_required, "a login is required"),
        (token.protected_path, "it asks for the PIN itself"),
        (!token.pin_set, "the user has no PIN yet"),
        (token.final_try, "one more wrong PIN locks it"),
        (token.locked, "the PIN is locked"),
    ];
    let told: Vec<_> = told.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text).collect();
    let sessions = token
        .max_sessions
        .map_or("sessions without a told limit".into(), |most| format!("at most {most} sessions"));
    [told.join(", "), sessions].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The names of a mechanism's flags, of those that say what it does.
fn flags(flags: u64) -> Vec<&'static str> {
    const NAMES: [(u64, &str); 13] = [
        (0x1, "hardware"),
        (0x100, "encrypt"),
        (0x200, "decrypt"),
        (0x400, "digest"),
        (0x800, "sign"),
        (0x1000, "sign-recover"),
        (0x2000, "verify"),
        (0x4000, "verify-recover"),
        (0x8000, "generate"),
        (0x1_0000, "generate-pair"),
        (0x2_0000, "wrap"),
        (0x4_0000, "unwrap"),
        (0x8_0000, "derive"),
    ];
    NAMES.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name).collect()
}
