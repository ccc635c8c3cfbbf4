//! Revocation lists: what they revoke, and when they say nothing.

use miyao::{
    Error, Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Certificate, Crl, Moment,
        chain::{Purpose, Trust},
        crl::Reason,
    },
};

use super::{
    authorities::{
        ECDSA, List, MIDDLE, Parts, ROOT, authority_bit, extension, key_usage, moment, now, world,
    },
    element, key, unhex,
};

fn list() -> List {
    List::new("CN=middle,C=CN")
}

fn of_root() -> Crl {
    List::new("CN=root,C=CN").sign(&key(ROOT))
}

/// What a chain says under these lists.
fn verified(world: &[Certificate; 3], crls: &[Crl], now: Moment) -> Result<(), Error> {
    let (anchors, between) = ([world[0].clone()], [world[1].clone()]);
    Trust::new(&anchors).intermediates(&between).crls(crls).verify(&world[2], Purpose::Any, now).map(|_| ())
}

#[test]
fn a_revoked_certificate_is_refused_and_no_other() {
    let world = world();
    let serial = world[2].serial().as_bytes();
    let reason = extension("551d15", false, &[10, 1, 1]);
    let revoking = list().revoking(&[1], &[]).revoking(serial, &[reason]).sign(&key(MIDDLE));
    let error = verified(&world, &[of_root(), revoking.clone()], now()).unwrap_err();
    assert!(error.kind() == Kind::Forbidden && error.to_string().contains("is revoked"), "{error}");
    let other = list().revoking(&[1], &[]).sign(&key(MIDDLE));
    verified(&world, &[of_root(), other.clone()], now()).unwrap();
    // What one list of two says, holds.
    assert_eq!(
        verified(&world, &[of_root(), other, revoking.clone()], now()).unwrap_err().kind(),
        Kind::Forbidden
    );
    let found = revoking.verify(&world[1], DEFAULT_USER_ID, now()).unwrap().find(world[2].serial()).unwrap();
    assert_eq!((found.when(), found.reason()), (moment("2026-05-20"), Some(Reason::KeyCompromise)));
    assert_eq!(found.reason().unwrap().to_string(), "keyCompromise");
    assert_eq!(revoking.verify(&world[1], DEFAULT_USER_ID, now()).unwrap().find(world[0].serial()), None);
    // The authority between is asked for too.
    let of_root = List::new("CN=root,C=CN").revoking(world[1].serial().as_bytes(), &[]).sign(&key(ROOT));
    let error = verified(&world, &[of_root, list().sign(&key(MIDDLE))], now()).unwrap_err();
    assert!(error.kind() == Kind::Forbidden && error.to_string().contains("CN=middle"), "{error}");
}

#[test]
fn where_lists_are_demanded_each_issuer_needs_a_current_one() {
    let world = world();
    assert_eq!(verified(&world, &[], now()).unwrap_err().kind(), Kind::Missing);
    assert_eq!(verified(&world, &[of_root()], now()).unwrap_err().kind(), Kind::Missing);
    let good = list().sign(&key(MIDDLE));
    assert_eq!(verified(&world, core::slice::from_ref(&good), now()).unwrap_err().kind(), Kind::Missing);
    let both = [of_root(), good];
    let kind = |text: &str| verified(&world, &both, moment(text)).map_err(|error| error.kind());
    assert_eq!(kind("2026-05-24T23:59:59Z"), Err(Kind::Stale));
    assert_eq!(kind("2026-05-25"), Ok(()));
    assert_eq!(kind("2026-06-25"), Ok(()));
    assert_eq!(kind("2026-06-25T00:00:01Z"), Err(Kind::Stale));
    let endless = List { next_update: Vec::new(), ..list() }.sign(&key(MIDDLE));
    assert_eq!(verified(&world, &[of_root(), endless.clone()], now()).unwrap_err().kind(), Kind::Stale);
    assert_eq!(endless.next_update(), None);
    // A stale one beside a current one does no harm.
    let stale = List { next_update: element(0x17, &[b"260526000000Z"]), ..list() }.sign(&key(MIDDLE));
    verified(&world, &[of_root(), stale, list().sign(&key(MIDDLE))], now()).unwrap();
}

#[test]
fn lists_are_asked_for_where_an_anchor_is_reached() {
    let [_, middle, leaf] = world();
    let (revoking, between) = (list().revoking(leaf.serial().as_bytes(), &[]).sign(&key(MIDDLE)), [middle]);
    for crls in [&[][..], &[revoking]] {
        let trust = Trust::new(&[]).intermediates(&between).crls(crls);
        let error = trust.verify(&leaf, Purpose::Any, now()).unwrap_err();
        assert_eq!(error.kind(), Kind::Missing);
        assert!(error.to_string().contains("no certificate of this issuer"), "{error}");
    }
}

#[test]
fn a_list_is_its_issuers_or_nothing() {
    let world = world();
    let kind = |crl: Crl| verified(&world, &[of_root(), crl], now()).unwrap_err().kind();
    assert_eq!(kind(list().sign(&key(ROOT))), Kind::Rejected, "another key");
    assert_eq!(kind(List::new("CN=root,C=CN").sign(&key(MIDDLE))), Kind::Missing, "another name");
    assert_eq!(kind(List { inner: unhex(ECDSA), ..list() }.sign(&key(MIDDLE))), Kind::Malformed);
    let good = list().sign(&key(MIDDLE));
    assert_eq!(good.verify(&world[1], b"another", now()).unwrap_err().kind(), Kind::Rejected);
    assert_eq!(good.verify(&world[0], DEFAULT_USER_ID, now()).unwrap_err().kind(), Kind::Rejected);
    // One who may sign certificates and no lists.
    let silent = Parts::new("CN=root,C=CN", "CN=middle,C=CN", &key(MIDDLE));
    let silent = silent.with(authority_bit()).with(key_usage(&[2, 4])).sign(&key(ROOT));
    let error = good.verify(&silent, DEFAULT_USER_ID, now()).unwrap_err();
    assert!(error.kind() == Kind::Forbidden && error.to_string().contains("cRLSign"), "{error}");
}

#[test]
fn lists_of_a_part_and_unknown_demands_are_refused() {
    let world = world();
    let with = |extension: Vec<u8>| List { extensions: vec![extension], ..list() };
    let kind = |list: List| {
        verified(&world, &[of_root(), list.sign(&key(MIDDLE))], now()).map_err(|error| error.kind())
    };
    assert_eq!(kind(with(extension("551d14", false, &[2, 1, 7]))), Ok(()), "its number");
    assert_eq!(kind(with(extension("2b06010401", false, &[5, 0]))), Ok(()), "what demands nothing");
    for (what, id, is_critical) in [
        ("unknown", "2b06010401", true),
        ("delta", "551d1b", true),
        ("delta, not critical", "551d1b", false),
        ("of a distribution point", "551d1c", true),
        ("of a distribution point, not critical", "551d1c", false),
    ] {
        assert_eq!(kind(with(extension(id, is_critical, &[0x30, 0]))), Err(Kind::Unsupported), "{what}");
    }
    // An entry of another issuer's certificate makes the whole list one that is not understood.
    let indirect = list().revoking(&[1], &[extension("551d1d", true, &[0x30, 0])]);
    assert_eq!(kind(indirect), Err(Kind::Unsupported));
    assert_eq!(kind(list().revoking(&[1], &[extension("551d18", false, &[5, 0])])), Ok(()));
}

#[test]
fn other_shapes_are_no_lists() {
    let good = list().revoking(&[1], &[extension("551d15", false, &[10, 1, 1])]);
    Crl::from_der(&good.der(&key(MIDDLE))).unwrap();
    let reason = |value: &[u8]| list().revoking(&[1], &[extension("551d15", false, value)]);
    for bad in [
        reason(&[10, 1, 8]),
        reason(&[10, 1, 7]),
        reason(&[10, 1, 11]),
        reason(&[2, 1, 1]),
        reason(&[10, 2, 0, 1]),
    ] {
        assert_eq!(Crl::from_der(&bad.der(&key(MIDDLE))).unwrap_err().kind(), Kind::Malformed);
    }
    let twice = List { extensions: vec![extension("551d14", false, &[2, 1, 7]); 2], ..list() };
    assert_eq!(Crl::from_der(&twice.der(&key(MIDDLE))).unwrap_err().kind(), Kind::Malformed);
    let empty = List { entries: vec![vec![0x30, 0]], ..list() };
    assert_eq!(Crl::from_der(&empty.der(&key(MIDDLE))).unwrap_err().kind(), Kind::Malformed);
    assert_eq!(Crl::parse(b"no list").unwrap_err().kind(), Kind::Malformed);
    let list = good.sign(&key(MIDDLE));
    assert_eq!(Crl::parse(list.to_pem().unwrap().as_bytes()).unwrap(), list);
    assert_eq!(list.unverified_revoked().len(), 1);
}

#[test]
fn no_truncation_and_no_flipped_bit_verifies() {
    let world = world();
    let der = list().revoking(&[1], &[extension("551d15", false, &[10, 1, 1])]).der(&key(MIDDLE));
    Crl::from_der(&der).unwrap().verify(&world[1], DEFAULT_USER_ID, now()).unwrap();
    for len in 0..der.len() {
        assert_eq!(Crl::from_der(&der[..len]).unwrap_err().kind(), Kind::Malformed);
    }
    assert_eq!(Crl::from_der(&[&der[..], &[0]].concat()).unwrap_err().kind(), Kind::Malformed);
    for at in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        let result =
            Crl::from_der(&flipped).map(|crl| crl.verify(&world[1], DEFAULT_USER_ID, now()).map(|_| ()));
        assert!(!matches!(result, Ok(Ok(()))), "bit {at}");
    }
}
