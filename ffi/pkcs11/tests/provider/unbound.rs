//! A probe believes a module's keys wrapped by PKCS#11 3.2 only where they are bound to what the caller says.

use cryptoki_sys as ck;
use miyao::{
    SecretBytes,
    provider::pkcs11::{
        Module,
        probe::{self, Report},
        profile::{Operation, Shelf},
    },
};

use crate::yard::{PIN, Yard, alone, module};

/// What a probe finds of miyao's token behind a module of this mode.
fn probed(yard: &Yard, mode: u8) -> Report {
    let quoted = format!("{:?}", module().display().to_string());
    let told = [("MODULE", quoted), ("MODE", mode.to_string())];
    let library = yard.before(&format!("unbound-{mode}"), include_str!("unbound.c"), &told);
    let module = Module::load(&library).unwrap();
    let slots = module.slots().unwrap();
    let is_ours =
        |slot: &&miyao::provider::pkcs11::Slot| slot.token.as_ref().is_some_and(|token| token.label == "kms");
    let slot = slots.iter().find(is_ours).unwrap().id;
    let shelf = Shelf::built_in().unwrap();
    let profiles: Vec<_> = shelf.profiles().filter(|profile| profile.name == "miyao").collect();
    probe::probe(&module, slot, Some(&SecretBytes::take(PIN.into())), &profiles, "found", "2026-01-31")
        .unwrap()
}

fn is_found(report: &Report) -> bool {
    let entry = report.profile.mechanisms.iter().find(|entry| entry.operation == Operation::Sm4GcmWrap);
    entry.is_some_and(|entry| entry.verified)
}

#[test]
fn what_is_bound_to_nothing_is_not_verified() {
    alone("unbound::what_is_bound_to_nothing_is_not_verified", |yard| {
        let before = yard.objects();
        assert!(is_found(&probed(yard, 0)), "as the module has it");
        for (mode, answer) in [(1, None), (2, None), (3, Some(ck::CKR_FUNCTION_NOT_SUPPORTED))] {
            let report = probed(yard, mode);
            assert!(!is_found(&report), "{mode}");
            let missed = report.unshown.iter().find(|one| one.operation == Operation::Sm4GcmWrap).unwrap();
            assert_eq!(missed.answer.map(|rv| rv.0), answer, "{mode}");
            let encrypts = |entry: &&miyao::provider::pkcs11::profile::Mechanism| {
                entry.operation == Operation::Sm4Gcm && entry.verified
            };
            assert!(report.profile.mechanisms.iter().any(|entry| encrypts(&entry)), "{mode}");
        }
        assert_eq!(yard.objects(), before, "a probe leaves nothing behind");
    });
}
