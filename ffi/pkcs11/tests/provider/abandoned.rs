//! Work that nobody waits for any more: when the call that hung returns, nothing is made and nothing is destroyed behind it.

use core::fmt::Debug;

use cryptoki_sys as ck;
use miyao::{
    Kind, Result,
    key::Spec,
    provider::{
        Device, ResidentId, RootId, Roots,
        pkcs11::{Settings, Suite, Token},
    },
};

use crate::{
    desk::{Held, kind, with},
    hangs::{DEADLINE, until},
    yard::{Yard, alone},
};

const ID: [u8; 16] = [9; 16];

/// The first call of this function hangs, and answers this number when it returns.
fn hangs(function: &str, rv: Option<u64>) -> String {
    let rv = rv.map_or_else(String::new, |rv| format!("rv = {rv}\n"));
    format!("[[rule]]\nfunction = {function:?}\ncall = 1\nhang = true\n{rv}")
}

/// The caller hears that it was not done; then the call returns, and what it was for comes to its end.
#[track_caller]
fn is_given_up<T: Debug>(yard: &Yard, token: &Token, rule: &str, work: impl FnOnce() -> Result<T>) {
    yard.ask(rule);
    assert_eq!(kind(work()), Kind::Unavailable);
    assert_eq!(token.hanging(), (1, 1));
    yard.calm();
    until("it returns", || token.hanging() == (0, 1));
}

#[test]
fn what_nobody_waits_for_is_neither_made_nor_destroyed() {
    alone("abandoned::what_nobody_waits_for_is_neither_made_nor_destroyed", |yard| {
        let open = |suite| yard.open(&with(suite).deadline(DEADLINE).unwrap()).unwrap();
        let (token, pairs) = (open(Suite::Sm4GcmDevice), open(Suite::Sm2EcRaw));
        let held: Vec<_> = [Spec::HmacSm3, Spec::Sm2Sign]
            .into_iter()
            .map(|spec| Held::make(&token, spec, spec as u8))
            .collect();
        Held::make(&token, Spec::Sm2Encrypt, 50);
        yard.delete("privkey", 50);
        let before = yard.objects();

        // The look before it hangs.
        let look = hangs("C_FindObjects", None);
        for token in [&token, &pairs] {
            is_given_up(yard, token, &look, || token.create(&RootId(ID)).map(drop));
            assert_eq!(yard.objects(), before, "no root was made");
        }
        for spec in Spec::ALL {
            is_given_up(yard, &token, &look, || token.generate(spec, &ResidentId(ID), "x"));
            assert_eq!(yard.objects(), before, "{spec:?}: none was made");
        }
        for held in &held {
            is_given_up(yard, &token, &look, || token.destroy(&held.resident.reference));
            assert_eq!(yard.objects(), before, "{:?}: it is still there", held.spec);
        }
        let left = ResidentId([50; 16]);
        is_given_up(yard, &token, &look, || token.sweep(Spec::Sm2Encrypt, &left));
        assert_eq!(yard.objects(), before, "what is left of it is still there");

        // The making itself hangs and is refused; it is not tried with less in the template.
        let refused = |function| hangs(function, Some(ck::CKR_TEMPLATE_INCONSISTENT));
        is_given_up(yard, &token, &refused("C_GenerateKey"), || token.create(&RootId(ID)).map(drop));
        let making = refused("C_GenerateKeyPair");
        is_given_up(yard, &token, &making, || token.generate(Spec::Sm2Sign, &ResidentId(ID), "x"));
        assert_eq!(yard.objects(), before, "none was made in the end");

        // All of it is done once it is waited for.
        token.create(&RootId(ID)).unwrap();
        held.iter().for_each(|held| token.destroy(&held.resident.reference).unwrap());
        token.sweep(Spec::Sm2Encrypt, &left).unwrap();
        assert_eq!(yard.objects().len(), before.len() + 1 - 4);
    });
}

/// Whoever was told that it was not done looks for it and destroys it, and the number of the object may be another key's by then.
#[test]
fn what_was_made_and_is_of_no_use_is_left_to_who_was_told_so() {
    alone("abandoned::what_was_made_and_is_of_no_use_is_left_to_who_was_told_so", |yard| {
        let token = yard.open(&Settings::default().deadline(DEADLINE).unwrap()).unwrap();
        let (before, id) = (yard.objects(), ResidentId(ID));
        let useless = hangs("C_Decrypt", Some(ck::CKR_DEVICE_MEMORY));
        is_given_up(yard, &token, &useless, || token.generate(Spec::Sm2Encrypt, &id, "x"));
        let made = Device::find(&token, Spec::Sm2Encrypt, &id).unwrap().unwrap();
        token.destroy(&made.reference).unwrap();
        assert_eq!(yard.objects(), before);
    });
}
