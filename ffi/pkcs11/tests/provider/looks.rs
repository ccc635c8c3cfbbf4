//! The grid of faults for what only looks, for who a token is and how it does, and for the suite that the host makes genuine.
//!
//! What is not there is never found under a fault, and what is there is never missed: whoever asks hears that it is not known.

use miyao::{
    key::Spec,
    provider::{
        Device, Machine, ResidentId, RootId, Roots,
        pkcs11::{Settings, Suite, Token},
    },
};

use crate::{
    desk::{Held, root, seal, try_open, try_seal, with},
    grid::Grid,
    yard::alone,
};

const ABSENT: [u8; 16] = [0xEE; 16];

#[test]
fn every_call_of_a_look_fails_in_every_way() {
    alone("looks::every_call_of_a_look_fails_in_every_way", |yard| {
        let (id, held) = {
            let token = yard.open(&with(Suite::Sm2PkeDevice)).unwrap();
            drop(root(&token, 1));
            (RootId([1; 16]), Held::make(&token, Spec::Sm2Sign, 2))
        };
        let root_is_there =
            move |token: &Token| Roots::find(token, &id).map(|found| assert!(found.is_some()));
        let nothing_is_there =
            |token: &Token| Roots::find(token, &RootId(ABSENT)).map(|found| assert!(found.is_none()));
        let sought = ResidentId([2; 16]);
        let key_is_there = |token: &Token| {
            assert_eq!(Device::find(token, Spec::Sm2Sign, &sought)?.as_ref(), Some(&held.resident));
            assert_eq!(Device::find(token, Spec::Sm2Sign, &ResidentId(ABSENT))?, None);
            Ok(())
        };
        Grid::fill_warm(yard, "find a root", Settings::default(), false, Box::new(root_is_there));
        Grid::fill_warm(yard, "find no root", Settings::default(), false, Box::new(nothing_is_there));
        Grid::fill(yard, "find keys", Settings::default(), false, Box::new(key_is_there));
    });
}

#[test]
fn every_call_of_who_it_is_and_how_it_does_fails_in_every_way() {
    alone("looks::every_call_of_who_it_is_and_how_it_does_fails_in_every_way", |yard| {
        let id = RootId([1; 16]);
        drop(root(&yard.open(&with(Suite::Sm2PkeDevice)).unwrap(), 1));
        let identity = |token: &Token| token.identity().map(|who| assert_eq!(who.label, "kms"));
        let place = move |token: &Token| {
            let root = Roots::find(token, &id)?.expect("it is there");
            let (place, who) = root.place()?.expect("it has one");
            assert_eq!((place, who.label.as_str()), (id, "kms"));
            Ok(())
        };
        Grid::fill(yard, "identity", Settings::default(), false, Box::new(identity));
        Grid::fill_warm(
            yard,
            "check_health",
            Settings::default(),
            false,
            Box::new(|token| token.check_health()),
        );
        Grid::fill_warm(yard, "place", Settings::default(), false, Box::new(place));
    });
}

#[test]
fn every_call_of_the_suite_of_cbc_fails_in_every_way() {
    alone("looks::every_call_of_the_suite_of_cbc_fails_in_every_way", |yard| {
        let (suite, id) = (Suite::Sm4CbcEtmDevice, RootId([1; 16]));
        let sealed = seal(&*root(&yard.open(&with(suite)).unwrap(), 1), 3);
        let open = move |token: &Token| try_open(token, &sealed);
        let seal = move |token: &Token| {
            let root = Roots::find(token, &id)?.expect("it is there");
            try_open(&*root, &try_seal(&*root, 5)?)
        };
        Grid::fill(yard, "open sm4-cbc-etm", with(suite), true, Box::new(open));
        Grid::fill_warm(yard, "seal sm4-cbc-etm", with(suite), true, Box::new(seal));
    });
}
