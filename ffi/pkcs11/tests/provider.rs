//! The provider of miyao on miyao's own token module: every vendor's numbers, a whole service, and every fault that a token has.
//!
//! A module has one life and one configuration a process, so every test runs in a process of its own: this program again, for
//! that test alone, with a token of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

extern crate alloc;

#[path = "provider/abandoned.rs"]
mod abandoned;
#[path = "../../../tests/common/before.rs"]
mod before;
#[path = "provider/careful.rs"]
mod careful;
#[path = "provider/counts.rs"]
mod counts;
#[path = "provider/desk.rs"]
mod desk;
#[path = "provider/doubts.rs"]
mod doubts;
#[path = "../../../tests/common/fork.rs"]
mod fork;
#[path = "provider/forks.rs"]
mod forks;
#[path = "provider/grid.rs"]
mod grid;
#[path = "provider/habits.rs"]
mod habits;
#[path = "provider/hangs.rs"]
mod hangs;
#[path = "provider/keypad.rs"]
mod keypad;
#[path = "../../../tests/common/kms.rs"]
mod kms;
#[path = "../../../tests/common/served.rs"]
mod line;
#[path = "provider/lines.rs"]
mod lines;
#[path = "provider/looks.rs"]
mod looks;
#[path = "provider/makings.rs"]
mod makings;
#[path = "provider/narrow.rs"]
mod narrow;
#[path = "provider/numbers.rs"]
mod numbers;
#[path = "provider/pool.rs"]
mod pool;
#[path = "provider/reopening.rs"]
mod reopening;
#[path = "provider/searches.rs"]
mod searches;
#[path = "provider/served.rs"]
mod served;
#[path = "provider/storm.rs"]
mod storm;
#[path = "provider/trip.rs"]
mod trip;
#[path = "provider/unbound.rs"]
mod unbound;
#[path = "provider/unknown.rs"]
mod unknown;
#[path = "provider/vendors.rs"]
mod vendors;
#[path = "provider/yard.rs"]
mod yard;
