//! The log: who did what, and when it is written.

use miyao::{
    Kind,
    envelope::Context,
    key::{AuditMode, NewKey, Spec},
    policy::Action,
};

use super::{
    common::{context, key, kms, principal},
    make, name,
};

#[test]
fn every_call_is_audited_and_the_chain_holds() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let other = kms.acting_as(miyao::key::Principal::parse("service:b").unwrap());
    let token = kms.encrypt(&orders, &context(), b"").unwrap();
    for _ in 0..3 {
        other.decrypt(&context(), &token).unwrap();
    }
    assert!(other.decrypt(&Context::new(), &token).is_err());
    assert!(other.enable(&orders).is_err());
    kms.flush().unwrap();
    let entries = kms.audit(1, 1000).unwrap();
    let count = |principal: &str, action: Action, outcome: u8| -> u64 {
        let of = |entry: &&miyao::audit::Entry| {
            let event = &entry.event;
            event.principal.as_str() == principal && event.action == action && event.outcome == outcome
        };
        entries.iter().filter(of).map(|entry| entry.event.count).sum()
    };
    let me = principal();
    assert_eq!(count(me.as_str(), Action::Init, 0), 1);
    assert_eq!(count(me.as_str(), Action::Create, 0), 1);
    assert_eq!(count(me.as_str(), Action::Encrypt, 0), 1);
    assert_eq!(count("service:b", Action::Decrypt, 0), 3);
    assert_eq!(count("service:b", Action::Decrypt, Kind::Rejected.number()), 1);
    assert_eq!(count("service:b", Action::Enable, Kind::Forbidden.number()), 1);
    assert_eq!(kms.verify_audit().unwrap().entries, entries.len() as u64);
}

#[test]
fn a_key_that_is_audited_each_time_writes_before_it_answers() {
    let kms = kms();
    let mut new = NewKey::new(name("orders"), Spec::Sm4);
    new.audit = AuditMode::Each;
    kms.create(new).unwrap();
    kms.encrypt(&key("orders"), &context(), b"").unwrap();
    let last = kms.audit(1, 1000).unwrap().pop().unwrap();
    assert_eq!((last.event.action, last.event.count, last.event.outcome), (Action::Encrypt, 1, 0));
}
