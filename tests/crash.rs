//! A process that dies at any commit of any operation leaves a store that opens, is clean, and has lost nothing it gave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

extern crate alloc;

#[path = "common/dying.rs"]
mod dying;
#[path = "common/kms.rs"]
mod support;

use alloc::sync::Arc;

use dying::{Death, Dying};
use miyao::{
    Kind, Result, Secret,
    algo::sm2::PrivateKey,
    envelope::Options,
    key::{KeyName, KeyState, Limits, NewKey, Number, Origin, Span, Spec},
    kms::{KeyRef, KeyUpdate, Kms},
    store::{Store, memory::Memory},
};
use support::{context, key, principal, root};

fn new(name: &str, spec: Spec) -> NewKey {
    NewKey::new(KeyName::parse(name).unwrap(), spec)
}

/// What was handed out before the death.
#[derive(Default)]
struct Given {
    tokens: Vec<Vec<u8>>,
}

/// A life with every operation that commits, in an order that the tables allow.
fn live(store: Arc<dyn Store>, given: &mut Given) -> Result<()> {
    let kms = Kms::init(store, &root(), principal())?;
    let one = Number::FIRST;
    kms.create(NewKey { limits: Limits { messages: Some(3), ..Limits::default() }, ..new("a", Spec::Sm4) })?;
    kms.create(NewKey { origin: Origin::Imported, ..new("b", Spec::Sm4) })?;
    kms.create(new("s", Spec::Sm2Sign))?;
    let a = key("a");
    given.tokens.push(kms.encrypt(&a, &context(), b"value")?);
    kms.rotate(&a, Some(one))?;
    given.tokens.push(kms.encrypt(&a, &context(), b"value")?);
    kms.import_raw(&key("b"), Secret::build(|bytes| bytes.fill(7)))?;
    given.tokens.push(kms.encrypt(&key("b"), &context(), b"value")?);
    kms.import_parameters(&key("b"), Span::DAY)?;
    kms.add_alias(&a, &KeyName::parse("alias")?)?;
    kms.move_alias(&key("b"), &KeyName::parse("alias")?)?;
    kms.update(&a, KeyUpdate { description: Some("text".into()), ..KeyUpdate::default() })?;
    kms.suspend(&key("s"), one)?;
    kms.resume(&key("s"), one)?;
    kms.compromise(&key("s"), one)?;
    kms.schedule_destroy_version(&key("s"), one, None)?;
    kms.cancel_destroy_version(&key("s"), one)?;
    kms.disable(&key("s"))?;
    kms.schedule_destroy(&key("s"), None)?;
    kms.cancel_destroy(&key("s"))?;
    kms.enable(&key("s"))?;
    kms.remove_alias(&KeyName::parse("alias")?)?;
    kms.maintain(false)?;
    kms.change_root(&root())?;
    let officer = PrivateKey::random(&mut miyao::kms::rng()?);
    kms.backup(&mut Vec::new(), &Options::to(officer.public_key()))?;
    kms.close()
}

#[test]
fn after_a_death_at_any_commit_the_store_is_clean_and_everything_given_opens() {
    let counting = Dying::never(Arc::new(Memory::new()));
    live(Arc::new(counting.clone()), &mut Given::default()).unwrap();
    let commits = counting.commits();
    assert!(commits > 25, "{commits}");
    for at in 1..=commits {
        for death in [Death::Before, Death::After] {
            let (memory, mut given) = (Arc::new(Memory::new()), Given::default());
            let dying = Dying::at(memory.clone(), at, death);
            // The last commit of a life may be the counts that are written on a drop.
            let died = live(Arc::new(dying.clone()), &mut given);
            assert!(dying.is_dead() && (died.is_err() || at == commits), "commit {at} {death:?}");
            let again = match Kms::open(memory.clone(), &root(), principal()) {
                Err(error) if error.kind() == Kind::Missing && (at, death) == (1, Death::Before) => continue,
                opened => opened.unwrap_or_else(|error| panic!("commit {at} {death:?}: {error:?}")),
            };
            check(&again, &given, (at, death));
        }
    }
}

fn check(again: &Kms, given: &Given, at: (u64, Death)) {
    let report = again.doctor().unwrap();
    assert!(report.is_clean(), "{at:?}: {:?}", report.findings);
    again.verify_audit().unwrap();
    for token in &given.tokens {
        assert_eq!(again.decrypt(&context(), token).unwrap().text.expose(), b"value", "{at:?}");
    }
    // Whatever was begun is finished, once.
    again.maintain(false).unwrap();
    for key in again.list(None, 10).unwrap() {
        if key.state == KeyState::Enabled && key.origin == Origin::Generated {
            let before = key.primary.unwrap();
            let after = again.rotate(&KeyRef::Id(key.id), Some(before)).unwrap();
            assert_eq!(after.get(), before.get() + 1, "{at:?}");
            assert_eq!(again.describe(&KeyRef::Id(key.id)).unwrap().key.newest, Some(after));
        }
    }
    assert!(again.doctor().unwrap().is_clean());
}
