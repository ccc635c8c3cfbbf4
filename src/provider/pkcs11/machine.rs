//! A token as the joint of devices sees it: who it is, whether it is well, and its keys under permissions.
//!
//! Knows no session; each operation is a task for the supervisor.

use alloc::{borrow::ToOwned, sync::Arc};

use super::{
    Token,
    keys::shared,
    member::{Asking, Task},
    reference::Reference,
    resident::joined,
};
use crate::{
    error::{Error, Kind, Result},
    key::{Opening, Signing, Spec},
    provider::{Device, Identity, Machine, Permission, Resident, ResidentId},
    secret::{Secret, SecretBytes},
};

impl Machine for Token {
    fn identity(&self) -> Result<Identity> {
        let work = shared(|session| {
            // What is remembered of a token says nothing of whether it is there.
            session.link.check(session.call, session.ready)?;
            let token = session.ready.token.clone();
            Ok(Identity {
                manufacturer: token.manufacturer,
                model: token.model,
                serial: token.serial,
                label: token.label,
                profile: session.ready.profile.name.clone(),
            })
        });
        self.inner.run(&Task { work, ..Task::of(Asking::Use) })
    }

    fn check_health(&self) -> Result<()> {
        self.inner.check_all()
    }
}

impl Device for Token {
    /// By what the URIs say, since one that is down tells nobody who it is; a URI that names a slot alone says nothing of that.
    fn stands_in_for(&self, device: &Identity) -> bool {
        self.inner.stands_in_for(device)
    }

    fn offers(&self, spec: Spec) -> bool {
        let work = shared(move |session| Ok(session.offers(spec)));
        // One that does not answer offers nothing now.
        self.inner.run(&Task { work, ..Task::of(Asking::Use) }).unwrap_or(false)
    }

    fn generate(&self, spec: Spec, id: &ResidentId, label: &str) -> Result<Resident> {
        let (id, label) = (*id, label.to_owned());
        let work = shared(move |session| session.make_resident(spec, id, &label));
        self.inner.run(&Task { work, ..Task::of(Asking::Make) })
    }

    fn find(&self, spec: Spec, id: &ResidentId) -> Result<Option<Resident>> {
        let id = *id;
        let work = shared(move |session| session.find_resident(spec, id));
        self.inner.run(&Task { work, ..Task::of(Asking::Use) })
    }

    fn sign(&self, _: &Signing<'_>, reference: &[u8], e: &[u8; 32]) -> Result<[u8; 64]> {
        let (reference, e) = (Reference::parse(reference)?, *e);
        let canary = canary(&reference);
        let work = shared(move |session| session.resident_sign(&reference, &e));
        self.inner.run(&Task { asking: Asking::Use, work, canary }).map_err(used)
    }

    fn decrypt(&self, _: &Opening<'_>, reference: &[u8], ciphertext: &[u8]) -> Result<SecretBytes> {
        let (reference, ciphertext) = (Reference::parse(reference)?, ciphertext.to_owned());
        let canary = canary(&reference);
        let work = shared(move |session| session.resident_decrypt(&reference, &ciphertext));
        self.inner.run(&Task { asking: Asking::Open, work, canary })
    }

    fn mac(&self, _: Permission<'_>, reference: &[u8], parts: &[&[u8]]) -> Result<Secret<32>> {
        let (reference, message) = (Reference::parse(reference)?, joined(parts));
        let canary = canary(&reference);
        let work = shared(move |session| session.resident_mac(&reference, &message));
        self.inner.run(&Task { asking: Asking::Use, work, canary }).map_err(used)
    }

    fn destroy(&self, reference: &[u8]) -> Result<()> {
        let reference = Reference::parse(reference)?;
        let work = shared(move |session| session.destroy_resident(&reference));
        self.inner.run(&Task { work, ..Task::of(Asking::Make) })
    }

    fn sweep(&self, _: Spec, id: &ResidentId) -> Result<()> {
        let id = *id;
        let work = shared(move |session| session.sweep_resident(id));
        self.inner.run(&Task { work, ..Task::of(Asking::Make) })
    }
}

/// What a token refuses to use is no forgery of whoever asked.
fn used(error: Error) -> Error {
    match error.kind() {
        Kind::Rejected => Error::new(
            Kind::Corrupt,
            "the token has another key in this one's place, or refuses what it is given; check it with `miyao doctor`",
        )
        .caused_by(error),
        _ => error,
    }
}

/// The key is found again, and is the one it was.
fn canary(reference: &Reference) -> Arc<super::member::Work<()>> {
    let reference = reference.clone();
    shared(move |session| session.resident(&reference, true).map(drop))
}
