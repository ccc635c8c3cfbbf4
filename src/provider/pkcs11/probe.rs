//! What a token really does: known answers for every number it may have, and a profile of what was seen.
//!
//! Knows no key of anybody: it makes its own, in sessions where the token lets it, and destroys them. Nothing that a table or a
//! token says is believed; an entry of the profile it gives is marked as verified when its answer was the one of the standards.

use alloc::{string::String, vec::Vec};

use super::{
    Module, Rv, SlotId,
    fault::Fault,
    profile::{Firmware, Keys, Limits, Mechanism, Operation, Probed, Profile, Quirks, Rule},
    raw::Object,
};
use crate::{
    error::{Error, Kind, Result},
    secret::SecretBytes,
};

mod aes;
mod authenticated;
mod bench;
mod candidates;
mod keys;
mod limits;
mod parameters;
mod sm2;
mod sm3;
mod sm4;
mod verdict;

use bench::Bench;
use candidates::Candidates;
pub use verdict::{Check, Verdict};

/// What a probe found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How the token is talked to. What was seen to work comes first; a number that is offered and of which nothing could be
    /// shown stands there without its forms, so that it is not used.
    pub profile: Profile,
    /// What was tried in vain, but for numbers of which something of the same kind was seen to work.
    pub unshown: Vec<Unshown>,
    /// What it made and could not destroy, by its label and number; somebody has to.
    pub left: Vec<String>,
}

/// Something that a number was tried for, in vain.
#[derive(Clone, Copy, Debug)]
pub struct Unshown {
    /// What was tried.
    pub operation: Operation,
    /// The number.
    pub code: u64,
    /// What the token answered last; `None` when it answered something else than the standards do.
    pub answer: Option<Rv>,
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    mechanisms: Vec<Mechanism>,
    keys: Keys,
    quirks: Quirks,
    limits: Limits,
    unshown: Vec<Unshown>,
    /// A mode that encrypts, and a key for it.
    cipher: Option<(Mechanism, Object)>,
}

/// Tries what the token in a slot does. `profiles` say where to look, the likeliest first; `date` is `YYYY-MM-DD`.
///
/// It logs in when there is a PIN, and when the token asks for it on a path of its own. It writes nothing that stays: keys are
/// made in a session, or where the token insists, as objects labelled `miyao probe`, and destroyed at the end.
///
/// # Errors
/// [`Denied`](Kind::Denied) when the login fails, which is not tried again, and when one more wrong PIN would lock the token;
/// [`Unavailable`](Kind::Unavailable) when the token does not answer; [`Missing`](Kind::Missing) when there is none in the slot.
/// A call that hangs is waited for for ever, unless this is done [`in_time`](super::in_time).
pub fn probe(
    module: &Module,
    slot: SlotId,
    pin: Option<&SecretBytes>,
    profiles: &[&Profile],
    name: &str,
    date: &str,
) -> Result<Report> {
    let (mut found, candidates, left) = look(module, slot, pin, profiles, true)?;
    let mut unshown = core::mem::take(&mut found.unshown);
    unshown.retain(|one| !found.is_known_as_alike(one));
    let profile = described(module, slot, name, date, found, &candidates, profiles.first().copied())?;
    Ok(Report { profile, unshown, left })
}

/// Tries whether the token in a slot does what a profile says, entry by entry.
///
/// # Errors
/// As [`probe`]. That something differs is no error but in the verdicts.
pub fn self_test(
    module: &Module,
    slot: SlotId,
    pin: Option<&SecretBytes>,
    profile: &Profile,
) -> Result<Verdict> {
    let (found, candidates, left) = look(module, slot, pin, &[profile], false)?;
    Ok(verdict::judge(profile, &found, &candidates, left))
}

fn look(
    module: &Module,
    slot: SlotId,
    pin: Option<&SecretBytes>,
    profiles: &[&Profile],
    widely: bool,
) -> Result<(Found, Candidates, Vec<String>)> {
    let (offered, token) = (module.mechanisms(slot)?, token_of(module, slot)?);
    if pin.is_some() || token.protected_path {
        token.check_pin()?;
    }
    let call = module.enter()?;
    let candidates = Candidates::new(&call, slot, offered, profiles, widely);
    let mut bench = Bench::open(call, slot, &token, pin)?;
    let mut found = Found::default();
    sm3::try_digests(&mut bench, &candidates, &mut found);
    sm3::try_macs(&mut bench, &candidates, &mut found);
    sm4::try_all(&mut bench, &candidates, &mut found);
    aes::try_all(&mut bench, &candidates, &mut found);
    sm2::try_all(&mut bench, &candidates, &mut found);
    limits::try_all(&mut bench, &mut found);
    found.quirks.token_objects_only = bench.had_to_write();
    let left = bench.close();
    Ok((found, candidates, left))
}

fn token_of(module: &Module, slot: SlotId) -> Result<super::TokenInfo> {
    let found = module.slots()?.into_iter().find(|known| known.id == slot);
    found.and_then(|slot| slot.token).ok_or_else(|| {
        Error::new(
            Kind::Missing,
            "there is no token in this slot; `miyao hsm list` shows where there are some",
        )
        .about(alloc::format!("slot {slot}"))
    })
}

/// The profile of what was found, for tokens that look like this one.
fn described(
    module: &Module,
    slot: SlotId,
    name: &str,
    date: &str,
    found: Found,
    candidates: &Candidates,
    expected: Option<&Profile>,
) -> Result<Profile> {
    let token = token_of(module, slot)?;
    let firmware = Firmware { major: token.firmware.0, minor: token.firmware.1 };
    let mut mechanisms = found.mechanisms;
    sort_like(&mut mechanisms, expected);
    mechanisms.extend(unproven(&mechanisms, candidates, expected));
    Ok(Profile {
        name: name.into(),
        title: alloc::format!("{} {}", token.manufacturer, token.model),
        note: Some("Written by `miyao hsm probe`.".into()),
        rules: alloc::vec![Rule {
            manufacturer: Some(token.manufacturer.clone()),
            model: Some(token.model.clone()),
            ..Rule::default()
        }],
        mechanisms,
        keys: found.keys,
        quirks: found.quirks,
        limits: found.limits,
        probed: Some(Probed {
            date: date.into(),
            module: alloc::format!("{}", module.path().display()),
            manufacturer: token.manufacturer,
            model: token.model,
            firmware: alloc::format!("{firmware}"),
        }),
    })
}

/// What the expected profile prefers stays preferred.
fn sort_like(mechanisms: &mut [Mechanism], expected: Option<&Profile>) {
    let rank = |mechanism: &Mechanism| {
        let entries = expected.map_or(&[][..], |profile| &profile.mechanisms);
        let place = entries.iter().position(|entry| entry.is_used_as(mechanism));
        (mechanism.operation, place.unwrap_or(usize::MAX))
    };
    mechanisms.sort_by_key(rank);
}

/// Numbers that are expected and offered, and did not show what they do: kept for people, without forms, so never used.
fn unproven(found: &[Mechanism], candidates: &Candidates, expected: Option<&Profile>) -> Vec<Mechanism> {
    let mut kept: Vec<Mechanism> = Vec::new();
    for entry in expected.map_or(&[][..], |profile| &profile.mechanisms) {
        let same = |other: &Mechanism| (other.operation, other.code) == (entry.operation, entry.code);
        if candidates.is_offered(entry.code) && !found.iter().chain(&kept).any(same) {
            let note = Some("offered, and a probe could not show what it does".into());
            kept.push(Mechanism { note, ..Mechanism::new(entry.operation, entry.code) });
        }
    }
    kept
}

impl Found {
    /// Adds what was seen to work.
    fn add(&mut self, mechanism: Mechanism) {
        let mechanism = Mechanism { verified: true, note: None, ..mechanism };
        if !self.mechanisms.iter().any(|known| known.is_used_as(&mechanism)) {
            self.mechanisms.push(mechanism);
        }
    }

    /// The first entry for this, as the use of later ones may need it.
    fn first(&self, operation: Operation) -> Option<&Mechanism> {
        self.mechanisms.iter().find(|mechanism| mechanism.operation == operation)
    }

    /// Whether its number was seen to do something for which tokens have the same flag: then it does not do this.
    fn is_known_as_alike(&self, one: &Unshown) -> bool {
        let flag = candidates::flag(one.operation);
        let same = |known: &Mechanism| known.code == one.code && candidates::flag(known.operation) == flag;
        flag != 0 && self.mechanisms.iter().any(same)
    }

    /// This number was the answer to something that is not genuine.
    fn rejects(&mut self, rv: Rv) {
        if !self.quirks.rejects.contains(&rv.0) {
            self.quirks.rejects.push(rv.0);
        }
    }

    fn miss(&mut self, operation: Operation, code: u64, answer: Option<Rv>) {
        self.unshown.push(Unshown { operation, code, answer });
    }
}

/// What a call that must not fail returned, as the error for people.
fn failed(doing: &'static str) -> impl FnOnce(Rv) -> Error {
    move |rv| Fault::while_(doing)(rv).into()
}
