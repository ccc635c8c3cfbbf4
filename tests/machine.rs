//! Random lives of a key through the whole service, against a model that knows only the two tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

extern crate alloc;

#[path = "common/kms.rs"]
mod support;

use alloc::sync::Arc;

use miyao::{
    Kind,
    envelope::Context,
    key::{Access, KeyEvent, KeyName, KeyState, NewKey, Number, Operation, Spec, VersionEvent, VersionState},
    kms::{KeyRef, Kms},
    store::memory::Memory,
};
use proptest::prelude::*;
use support::{principal, root};

#[derive(Clone, Debug)]
enum Step {
    Encrypt,
    Rotate,
    Key(KeyEvent),
    Version(usize, VersionEvent),
    Reopen,
    Maintain,
}

/// What the tables say of the one key.
struct Model {
    key: KeyState,
    versions: Vec<VersionState>,
    primary: usize,
    tokens: Vec<(usize, Vec<u8>)>,
}

fn step() -> impl Strategy<Value = Step> {
    let version_event = prop_oneof![
        Just(VersionEvent::Suspend),
        Just(VersionEvent::Resume),
        Just(VersionEvent::Compromise),
        Just(VersionEvent::Deactivate),
        Just(VersionEvent::ScheduleDestroy),
        Just(VersionEvent::CancelDestroy),
    ];
    let key_event = prop_oneof![
        3 => Just(KeyEvent::Disable),
        5 => Just(KeyEvent::Enable),
        1 => Just(KeyEvent::ScheduleDestroy),
        3 => Just(KeyEvent::CancelDestroy),
    ];
    prop_oneof![
        4 => Just(Step::Encrypt),
        3 => Just(Step::Rotate),
        3 => key_event.prop_map(Step::Key),
        8 => (0..6usize, version_event).prop_map(|(at, event)| Step::Version(at, event)),
        1 => Just(Step::Reopen),
        1 => Just(Step::Maintain),
    ]
}

impl Model {
    fn new() -> Self {
        Self { key: KeyState::Enabled, versions: vec![VersionState::Active], primary: 0, tokens: Vec::new() }
    }

    /// The former primary is deactivated if it was active, and a new one stands at the end.
    fn succeed(&mut self) {
        if let Ok(state) = self.versions[self.primary].after(VersionEvent::Deactivate) {
            self.versions[self.primary] = state;
        }
        self.versions.push(VersionState::Active);
        self.primary = self.versions.len() - 1;
    }

    /// Whether the event is allowed; it happens then.
    fn version_event(&mut self, at: usize, event: VersionEvent) -> bool {
        let replaces =
            matches!(event, VersionEvent::Suspend | VersionEvent::Compromise | VersionEvent::Deactivate);
        if replaces && at == self.primary && self.key == KeyState::Enabled {
            let before = self.versions[at];
            if event == VersionEvent::Deactivate && before == VersionState::Active {
                self.succeed();
                return true;
            }
            let after = before.after(VersionEvent::Deactivate).unwrap_or(before);
            let Ok(state) = after.after(event) else { return false };
            self.succeed();
            self.versions[at] = state;
            return true;
        }
        let Ok(state) = self.versions[at].after(event) else { return false };
        self.versions[at] = state;
        true
    }

    fn opens(&self, version: usize, operation: Operation) -> bool {
        self.key.access(operation) == Access::Yes && self.versions[version].access(operation) == Access::Yes
    }
}

fn key() -> KeyRef {
    KeyRef::parse("key").unwrap()
}

fn number(at: usize) -> Number {
    Number::new(u32::try_from(at).unwrap() + 1).unwrap()
}

fn apply(kms: &Kms, model: &mut Model, step: &Step) {
    match step {
        Step::Encrypt => {
            let may = model.opens(model.primary, Operation::Protect);
            match kms.encrypt(&key(), &Context::new(), b"value") {
                Ok(token) if may => model.tokens.push((model.primary, token)),
                Err(error) if !may => assert_eq!(error.kind(), Kind::Forbidden),
                other => panic!("{may}: {other:?}"),
            }
        }
        Step::Rotate => {
            let may = model.key == KeyState::Enabled;
            let done = kms.rotate(&key(), None);
            assert_eq!(done.is_ok(), may, "{done:?}");
            if may {
                model.succeed();
                assert_eq!(done.unwrap(), number(model.primary));
            }
        }
        Step::Key(event) => {
            let done = match event {
                KeyEvent::Disable => kms.disable(&key()),
                KeyEvent::Enable => kms.enable(&key()),
                KeyEvent::ScheduleDestroy => kms.schedule_destroy(&key(), None).map(|_| ()),
                _ => kms.cancel_destroy(&key()),
            };
            let next = model.key.after(*event);
            assert_eq!(done.is_ok(), next.is_ok(), "{event:?}: {done:?}");
            model.key = next.unwrap_or(model.key);
            if *event == KeyEvent::Enable
                && done.is_ok()
                && model.versions[model.primary] != VersionState::Active
            {
                model.succeed();
            }
        }
        Step::Version(at, event) => {
            let at = at % model.versions.len();
            let version = number(at);
            let done = match event {
                VersionEvent::Suspend => kms.suspend(&key(), version),
                VersionEvent::Resume => kms.resume(&key(), version),
                VersionEvent::Compromise => kms.compromise(&key(), version),
                VersionEvent::Deactivate => kms.deactivate(&key(), version),
                VersionEvent::ScheduleDestroy => {
                    kms.schedule_destroy_version(&key(), version, None).map(|_| ())
                }
                _ => kms.cancel_destroy_version(&key(), version),
            };
            assert_eq!(done.is_ok(), model.version_event(at, *event), "{version} {event:?}: {done:?}");
        }
        Step::Maintain => assert!(kms.maintain(false).unwrap().is_empty()),
        Step::Reopen => {}
    }
}

fn check(kms: &Kms, model: &Model) {
    let described = kms.describe(&key()).unwrap();
    let states: Vec<_> = described.versions.iter().map(|version| version.state).collect();
    assert_eq!((described.key.state, &states), (model.key, &model.versions));
    assert_eq!(described.key.primary, Some(number(model.primary)));
    assert!(states.iter().filter(|state| **state == VersionState::Active).count() <= 1);
    for (version, token) in &model.tokens {
        let opened = kms.decrypt(&Context::new(), token);
        assert_eq!(opened.is_ok(), model.opens(*version, Operation::Open), "{version}: {opened:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_service_does_what_the_tables_say_and_nothing_else(
        steps in proptest::collection::vec(step(), 1..40)
    ) {
        let store = Arc::new(Memory::new());
        let mut kms = Kms::init(store.clone(), &root(), principal()).unwrap();
        kms.create(NewKey::new(KeyName::parse("key").unwrap(), Spec::Sm4)).unwrap();
        let mut model = Model::new();
        for step in &steps {
            if matches!(step, Step::Reopen) {
                kms = Kms::open(store.clone(), &root(), principal()).unwrap();
            }
            apply(&kms, &mut model, step);
            check(&kms, &model);
        }
        let report = kms.doctor().unwrap();
        prop_assert!(report.is_clean(), "{:?}", report.findings);
    }
}
