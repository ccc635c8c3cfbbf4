//! What makes and destroys keys inside devices, killed at every step: `maintain` leaves nothing that nobody knows of.

use alloc::sync::Arc;

use miyao::{
    Error, Kind, Result,
    key::{Span, Spec, VersionState},
    kms::{Kms, Maintained, What},
};

use super::{
    common::{Clock, key, new_store, principal, root},
    device::{Double, Fate, Mood, Mortal},
    inside::{assert_sound, inside, make_inside, use_every_way},
    number,
};

/// Runs `operation` in a process that is killed after each of its steps in turn, and then `maintain` in another.
fn kill_at_every_step(
    prepare: impl Fn(&Kms, &Clock),
    operation: impl Fn(&Kms) -> Result<()>,
    check: impl Fn(&Kms, &Double, bool),
) {
    for steps in 0.. {
        let ((store, clock), machine) = (new_store(), Double::new("1"));
        let kms = Kms::init(Arc::clone(&store), &root(), principal()).unwrap();
        kms.attach(Arc::new(machine.clone())).unwrap();
        prepare(&kms, &clock);
        drop(kms);
        let fate = Fate::after(steps);
        let mortal = Arc::new(Mortal { inner: Arc::clone(&store), fate: fate.clone() });
        let kms = Kms::open(mortal, &root(), principal()).unwrap();
        kms.attach(Arc::new(machine.in_process(&fate))).unwrap();
        let done = operation(&kms).is_ok();
        drop(kms);
        let kms = Kms::open(store, &root(), principal()).unwrap();
        kms.attach(Arc::new(machine.clone())).unwrap();
        clock.advance(Span(2 * 60 * 60 * 1000));
        for done in kms.maintain(true).unwrap() {
            assert!(!matches!(done.what, What::Failed(_)), "{done:?}");
        }
        assert_sound(&kms, &machine);
        check(&kms, &machine, done);
        if done {
            assert!(steps > 4, "the operation has steps");
            return;
        }
    }
}

#[test]
fn a_creation_that_is_killed_leaves_a_key_or_none() {
    kill_at_every_step(
        |_, _| {},
        |kms| kms.create(inside("orders", Spec::Sm4)).map(|_| ()),
        |kms, machine, done| {
            let made = kms.describe(&key("orders")).is_ok();
            assert!(made || !done);
            assert_eq!(machine.keys(), usize::from(made));
            if !made {
                make_inside(kms, "orders", Spec::Sm4);
            }
            use_every_way(kms, &key("orders"), Spec::Sm4).unwrap();
        },
    );
}

#[test]
fn a_rotation_that_is_killed_makes_one_successor_or_none() {
    kill_at_every_step(
        |kms, _| drop(make_inside(kms, "signer", Spec::Sm2Sign)),
        |kms| kms.rotate(&key("signer"), Some(number(1))).map(|_| ()),
        |kms, machine, _| {
            assert_eq!(kms.rotate(&key("signer"), Some(number(1))).unwrap(), number(2));
            assert_eq!(machine.keys(), 2);
            use_every_way(kms, &key("signer"), Spec::Sm2Sign).unwrap();
        },
    );
}

#[test]
fn a_successor_for_a_suspended_primary_survives_kills() {
    kill_at_every_step(
        |kms, _| drop(make_inside(kms, "macs", Spec::HmacSm3)),
        |kms| kms.suspend(&key("macs"), number(1)),
        |kms, machine, done| {
            let described = kms.describe(&key("macs")).unwrap();
            let suspended = described.versions[0].state == VersionState::Suspended;
            assert!(suspended || !done);
            assert_eq!(machine.keys(), 1 + usize::from(suspended));
        },
    );
}

fn schedule(kms: &Kms, clock: &Clock) {
    let key = make_inside(kms, "orders", Spec::Sm4);
    kms.disable(&key).unwrap();
    kms.schedule_destroy(&key, Some(Span::days(7))).unwrap();
    clock.advance(Span::days(8));
    kms.maintain(true).unwrap();
    clock.advance(Span(Span::DAY.0 + 1));
}

#[test]
fn a_destruction_that_is_killed_is_finished_by_the_next_maintenance() {
    kill_at_every_step(
        schedule,
        |kms| {
            let done = kms.maintain(false)?;
            let failed = |done: &Maintained| matches!(done.what, What::Failed(_));
            if done.iter().any(failed) { Err(Error::new(Kind::Unavailable, "killed")) } else { Ok(()) }
        },
        |_, machine, _| assert_eq!(machine.keys(), 0),
    );
}

#[test]
fn a_destruction_waits_for_a_device_that_is_away() {
    let ((store, clock), machine) = (new_store(), Double::new("1"));
    let kms = Kms::init(store, &root(), principal()).unwrap();
    kms.attach(Arc::new(machine.clone())).unwrap();
    schedule(&kms, &clock);
    machine.set(Mood::Away);
    let done: Vec<What> = kms.maintain(false).unwrap().into_iter().map(|done| done.what).collect();
    assert_eq!(done, [What::Destroyed, What::Failed(Kind::Unavailable)]);
    assert_eq!((kms.doctor().unwrap().warnings.len(), machine.keys()), (1, 1));
    machine.set(Mood::Well);
    let done = kms.maintain(false).unwrap();
    assert_eq!(done[0].what, What::DestroyedInside(number(1)));
    assert_eq!((done[0].name.as_str(), machine.keys()), ("orders", 0));
    assert!(kms.maintain(false).unwrap().is_empty());
    assert_sound(&kms, &machine);
}
