//! The life of a key: the tables of `docs/lifecycle.md` against the code, then random histories against a model that
//! knows nothing but those tables.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use miyao::key::{KeyEvent, KeyState, Origin, Span, Spec, Usage, VersionEvent};

#[path = "lifecycle/histories.rs"]
mod histories;
#[path = "lifecycle/model.rs"]
mod model;
#[path = "lifecycle/real.rs"]
mod real;
#[path = "lifecycle/tables.rs"]
mod tables;

use real::Real;

#[test]
fn deletion_protection_stops_every_schedule() {
    let mut real = Real::new(Spec::Sm4, Origin::Generated);
    assert!(real.rotate() && real.rotate());
    real.key.deletion_protection = true;
    assert!(!real.version_event(0, VersionEvent::ScheduleDestroy));
    assert!(real.key.apply(KeyEvent::Disable, real.now, None).is_ok());
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_err());
    real.key.deletion_protection = false;
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_ok());
}

#[test]
fn a_wait_is_7_to_366_days_and_an_event_starts_the_sightings_anew() {
    for (days, allowed) in [(0, false), (6, false), (7, true), (366, true), (367, false)] {
        let mut real = Real::new(Spec::Sm4, Origin::Generated);
        assert!(real.rotate() && real.key.apply(KeyEvent::Disable, real.now, None).is_ok());
        let done = real.key.apply(KeyEvent::ScheduleDestroy, real.now, Some(Span::days(days)));
        assert_eq!(done.is_ok(), allowed, "{days} days");
        assert_eq!(real.key.state == KeyState::DestroyScheduled, allowed);
    }
    let mut real = Real::new(Spec::Sm4, Origin::Generated);
    assert!(real.rotate() && real.key.apply(KeyEvent::Disable, real.now, None).is_ok());
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_ok());
    real.maintain(30);
    assert!(real.key.due_seen.is_some(), "sighted once");
    assert!(real.key.apply(KeyEvent::CancelDestroy, real.now, None).is_ok());
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_ok());
    real.maintain(29);
    assert_eq!(real.key.state, KeyState::DestroyScheduled);
    real.maintain(1);
    real.now = real.now.plus(Span(Span::DAY.0 - 1));
    real.maintain(0);
    assert_eq!(real.key.state, KeyState::DestroyScheduled, "a millisecond short of a day");
    real.now = real.now.plus(Span(1));
    real.maintain(0);
    assert_eq!(real.key.state, KeyState::Destroyed);
}

#[test]
fn limits_refuse_past_the_whole_and_rotate_at_half() {
    let mut real = Real::new(Spec::Sm4, Origin::Generated);
    assert!(real.rotate());
    real.key.limits.messages = Some(10);
    real.key.limits.originator_period = Some(Span::days(10));
    real.key.limits.recipient_period = Some(Span::days(20));
    let at = |days| real.now.plus(Span::days(days));
    let (version, used) = (&real.versions[0], |messages| Usage { messages, bytes: 0 });
    assert!(real.key.sealing(version, used(10), at(9)).is_ok());
    for (messages, days) in [(11, 0), (0, 10)] {
        let refused = real.key.sealing(version, used(messages), at(days)).expect_err("past the limit");
        assert_eq!(refused.kind(), miyao::Kind::Exhausted);
    }
    assert!(real.key.opening(version, at(19)).is_ok());
    assert!(real.key.opening(version, at(20)).is_err());
    assert!(!real.key.past_soft_limit(version, used(4), at(4)));
    assert!(real.key.past_soft_limit(version, used(5), at(0)));
    assert!(real.key.past_soft_limit(version, used(0), at(5)));
}
