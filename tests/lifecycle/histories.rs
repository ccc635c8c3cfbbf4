//! Random histories: what the code makes of them is what the tables make of them.

use miyao::key::{
    Key, KeyEvent, KeyState, Number, Operation, Origin, Spec, Usage, Version, VersionEvent, VersionState,
};
use proptest::prelude::*;

use super::{
    model::Model,
    real::Real,
    tables::{DOCUMENT, Tables},
};

/// A step of a history. A version is chosen among those there are, by `usize` modulo their number.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Makes the next version, not yet primary: a rotation that a crash cut short.
    Stage,
    /// Makes the newest staged version primary, or a fresh one.
    Rotate,
    /// An event of the key.
    Key(KeyEvent),
    /// An event of a version, the primary of an enabled key being succeeded first (L13).
    Version(usize, VersionEvent),
    /// Time passes, then every destruction that is due is sighted.
    Maintain { days: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use {KeyEvent as K, VersionEvent as V};
    let key = prop::sample::select(vec![K::Disable, K::Enable, K::ScheduleDestroy, K::CancelDestroy]);
    let version = prop::sample::select(vec![
        V::Suspend,
        V::Resume,
        V::Compromise,
        V::ScheduleDestroy,
        V::CancelDestroy,
        V::Deactivate,
    ]);
    let step = prop_oneof![
        2 => Just(Step::Stage),
        4 => Just(Step::Rotate),
        4 => key.prop_map(Step::Key),
        10 => (any::<prop::sample::Index>(), version)
            .prop_map(|(index, event)| Step::Version(index.index(1 << 20), event)),
        3 => (0..40u64).prop_map(|days| Step::Maintain { days }),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_is_what_the_tables_make_of_it(
        spec in prop::sample::select(Spec::ALL.to_vec()),
        imported in any::<bool>(),
        history in steps(),
    ) {
        let tables = Tables::read(DOCUMENT);
        // Only sm4 keys take imported material.
        let (spec, origin) = if imported { (Spec::Sm4, Origin::Imported) } else { (spec, Origin::Generated) };
        let mut real = Real::new(spec, origin);
        let mut model = Model::new(&tables, imported);
        for each in history {
            let (done, expected) = step(&mut real, &mut model, each);
            prop_assert_eq!(done, expected, "{:?}", each);
            same(&real, &model);
            invariants_hold(&real);
            permissions_follow_the_tables(&real, &model);
        }
    }
}

/// Runs a step on both; says whether each allowed it.
fn step(real: &mut Real, model: &mut Model<'_>, step: Step) -> (bool, bool) {
    match step {
        Step::Stage => (real.stage(), model.stage()),
        Step::Rotate => (real.rotate(), model.rotate()),
        Step::Key(event) => (real.key.apply(event, real.now, None).is_ok(), model.key_event(event)),
        Step::Version(index, event) => match index.checked_rem(real.versions.len()) {
            Some(index) => (real.version_event(index, event), model.version_event(index, event)),
            None => (false, false),
        },
        Step::Maintain { days } => {
            real.maintain(days);
            model.maintain(days);
            (true, true)
        }
    }
}

fn same(real: &Real, model: &Model<'_>) {
    assert_eq!(format!("{:?}", real.key.state), model.key);
    assert_eq!(real.key.primary.map(|number| number.get() as usize - 1), model.primary);
    let states: Vec<_> = real.versions.iter().map(|version| format!("{:?}", version.state)).collect();
    let expected: Vec<_> = model.versions.iter().map(|version| version.state.clone()).collect();
    assert_eq!(states, expected);
}

fn invariants_hold(real: &Real) {
    // L10: numbers count from 1 without a gap, so none was handed out twice.
    let numbers: Vec<_> = real.versions.iter().map(|version| version.number.get()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
    assert_eq!(real.key.newest.map_or(0, Number::get) as usize, numbers.len());
    // L54: material is brought exactly to the keys whose owners bring it.
    assert!(real.key.check_can_rotate(!real.imports()).is_err());
    // L11: one primary while enabled, and nothing else is active.
    let active = |version: &&Version| version.state == VersionState::Active;
    assert!(real.versions.iter().filter(active).all(|version| Some(version.number) == real.key.primary));
    assert!(real.versions.iter().filter(active).count() <= 1);
    assert!(real.key.state != KeyState::Enabled || real.key.primary.is_some());
    for version in &real.versions {
        // L33: destroyed material is gone, and no other is.
        assert_eq!(version.material.is_none(), version.state.is_destroyed(), "{version:?}");
        assert_eq!(version.destroyed.is_some(), version.state.is_destroyed());
        let waits = matches!(
            version.state,
            VersionState::DestroyScheduled | VersionState::DestroyScheduledCompromised
        );
        assert_eq!(version.destroy_at.is_some(), waits);
        assert_eq!(version.compromised.is_some(), version.state.is_compromised());
    }
    assert_eq!(real.key.destroy_at.is_some(), real.key.state == KeyState::DestroyScheduled);
    // What is stored is what is read back.
    assert_eq!(Key::decode(&real.key.encode().expect("bytes")).expect("a key"), real.key);
    for version in &real.versions {
        assert_eq!(&Version::decode(&version.encode().expect("bytes")).expect("a version"), version);
    }
}

/// L20, L21: a permission is granted exactly when both tables say so and the key is for that purpose.
fn permissions_follow_the_tables(real: &Real, model: &Model<'_>) {
    let Real { key, versions, now } = real;
    let used = Usage::default();
    for (version, modelled) in versions.iter().zip(&model.versions) {
        let allows = |operation: Operation, recovers: bool| {
            let of_key = model.tables.key_access.cell(&model.key, operation);
            let of_version = model.tables.version_access.cell(&modelled.state, operation);
            of_key == Some("Yes")
                && (of_version == Some("Yes") || (recovers && of_version == Some("Recover")))
        };
        let is = |specs: &[Spec]| specs.contains(&key.spec);
        let (protects, opens, verifies) = (
            allows(Operation::Protect, false),
            allows(Operation::Open, false),
            allows(Operation::Verify, false),
        );
        for (granted, expected) in [
            (key.sealing(version, used, *now).is_ok(), protects && is(&[Spec::Sm4])),
            (key.signing(version, used, *now).is_ok(), protects && is(&[Spec::Sm2Sign])),
            (key.macing(version, used, *now).is_ok(), protects && is(&[Spec::HmacSm3])),
            (key.enciphering(version, *now).is_ok(), protects && is(&[Spec::Sm2Encrypt])),
            (key.exporting(version).is_ok(), opens),
            (key.opening(version, *now).is_ok(), opens && is(&[Spec::Sm4, Spec::Sm2Encrypt])),
            (key.verifying(version).is_ok(), verifies && is(&[Spec::Sm2Sign, Spec::HmacSm3])),
            (
                key.rewrapping(version).is_ok(),
                allows(Operation::Rewrap, false) && is(&[Spec::Sm4, Spec::Sm2Encrypt]),
            ),
            (
                key.recovering(version).is_ok(),
                allows(Operation::Open, true) && is(&[Spec::Sm4, Spec::Sm2Encrypt]),
            ),
        ] {
            assert_eq!(granted, expected, "{} and {version:?}", model.key);
        }
        let trips = model.tables.key_access.cell(&model.key, Operation::Open) == Some("Tripwire")
            || model.tables.version_access.cell(&modelled.state, Operation::Open) == Some("Tripwire");
        assert_eq!(key.has_tripwire(version), trips);
    }
}
