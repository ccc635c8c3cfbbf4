//! How long the start of a message is, is told as soon as it stands there, and not before.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use alloc::{collections::BTreeSet, vec::Vec};

use super::{inspect, start_len};
use crate::{
    algo::{drbg::Drbg, sm2::PrivateKey},
    envelope::{Context, Options, encrypt},
    error::Kind,
};

fn messages() -> Vec<Vec<u8>> {
    let mut rng = Drbg::new(&[7; 32], b"src/envelope/inspect", b"");
    let (key, other) = (PrivateKey::random(&mut rng), PrivateKey::random(&mut rng));
    let to = || Options::to(key.public_key());
    let context = Context::new().with("table", "orders").unwrap();
    let several = [to(), to().signed_by(&key).spare(2000), to().and_to(other.public_key()).context(context)];
    several.iter().map(|options| encrypt(b"text", options, &mut rng).unwrap()).collect()
}

#[test]
fn the_length_of_the_start_is_told_in_at_most_four_steps() {
    for message in messages() {
        let body = inspect(&message).unwrap().body_at;
        let mut told = BTreeSet::new();
        for len in 0..=message.len() {
            let needed = start_len(&message[..len]).unwrap();
            let is_whole = inspect(&message[..len]).is_ok();
            assert_eq!(is_whole, len >= needed, "{len} of {needed}");
            told.insert(needed);
        }
        assert!(told.len() <= 4 && told.last() == Some(&body), "{told:?}, {body}");
    }
}

#[test]
fn what_is_no_message_is_refused_by_its_first_bytes() {
    let refused = |bytes: &[u8]| start_len(bytes).unwrap_err().kind();
    assert_eq!(start_len(b"no ").unwrap(), 4);
    assert_eq!(refused(b"no m"), Kind::Malformed);
    let message = messages().remove(0);
    let altered = |at: usize, byte: u8| {
        let mut start = message[..43].to_vec();
        start[at] = byte;
        start
    };
    assert_eq!(refused(&altered(4, 9)), Kind::Unsupported);
    assert_eq!(refused(&altered(8, 99)), Kind::Malformed);
    let slots_at = inspect(&message).unwrap().slots_at;
    let no_slots = [&message[..slots_at - 2], &[0, 1]].concat();
    assert_eq!(refused(&no_slots), Kind::Malformed);
    assert_eq!(refused(&[0; 100]), Kind::Malformed);
}
