//! Paths: what holds, and everything that must not.

use miyao::{
    Error, Kind,
    pki::{
        Certificate, Moment,
        certificate::{Authority, Template},
        chain::{Purpose, Trust},
        extension::ExtendedKeyUsage,
    },
};

use super::{
    authorities::{
        ALGORITHM, ALGORITHM_NULL, ECDSA, LEAF, MIDDLE, Parts, ROOT, authority_bit, extension, key_usage,
        moment, name, now, path_len, world, year,
    },
    element, key, rng, unhex,
};

/// What a chain of these three, under the first, is refused for.
fn refusal(root: &Certificate, middle: &Certificate, leaf: &Certificate) -> Error {
    let (anchors, between) = ([root.clone()], [middle.clone()]);
    Trust::new(&anchors).intermediates(&between).verify(leaf, Purpose::Signing, now()).unwrap_err()
}

fn leaf() -> Parts {
    Parts::new("CN=middle,C=CN", "CN=leaf,C=CN", &key(LEAF))
}

fn middle() -> Parts {
    Parts::new("CN=root,C=CN", "CN=middle,C=CN", &key(MIDDLE))
}

#[test]
fn a_path_is_found_whatever_the_order_and_holds_for_its_purposes() {
    let [root, middle, leaf] = world();
    let (anchors, between) = ([root.clone()], [leaf.clone(), root.clone(), middle.clone()]);
    let trust = Trust::new(&anchors).intermediates(&between);
    for purpose in
        [Purpose::Any, Purpose::Signing, Purpose::ServerAuthentication, Purpose::ClientAuthentication]
    {
        assert_eq!(trust.verify(&leaf, purpose, now()).unwrap(), [&leaf, &middle, &root], "{purpose:?}");
    }
    for purpose in [Purpose::Encryption, Purpose::Authority] {
        assert_eq!(trust.verify(&leaf, purpose, now()).unwrap_err().kind(), Kind::Forbidden, "{purpose:?}");
    }
    assert_eq!(trust.verify(&middle, Purpose::Authority, now()).unwrap(), [&middle, &root]);
    assert_eq!(trust.verify(&root, Purpose::Authority, now()).unwrap(), [&root]);
    // Whom one trusts needs nobody above.
    let trusted = [middle.clone()];
    assert_eq!(Trust::new(&trusted).verify(&leaf, Purpose::Any, now()).unwrap(), [&leaf, &middle]);
    let nobody = Trust::new(&[]).intermediates(&between).verify(&leaf, Purpose::Any, now()).unwrap_err();
    assert_eq!(nobody.kind(), Kind::Missing);
    let alone = Trust::new(&anchors).verify(&leaf, Purpose::Any, now()).unwrap_err();
    assert_eq!((alone.kind(), alone.to_string().contains("CN=middle,C=CN")), (Kind::Missing, true));
}

#[test]
fn both_certificates_of_a_pair_hold_for_their_own_use_only() {
    let [root, middle, _] = world();
    let middle_key = key(MIDDLE);
    let by = Authority::new(&middle, &middle_key).unwrap();
    let encryption = Template::encryption(name("CN=leaf,C=CN"), year())
        .issue(key(4).public_key(), &by, &mut rng("encryption"))
        .unwrap();
    let (anchors, between) = ([root], [middle.clone()]);
    let trust = Trust::new(&anchors).intermediates(&between);
    trust.verify(&encryption, Purpose::Encryption, now()).unwrap();
    trust.verify(&encryption, Purpose::ServerAuthentication, now()).unwrap();
    assert_eq!(trust.verify(&encryption, Purpose::Signing, now()).unwrap_err().kind(), Kind::Forbidden);
}

#[test]
fn an_algorithm_inside_that_is_not_the_one_outside_is_refused() {
    let [root, middle, _] = world();
    for (inner, outer) in [(ALGORITHM_NULL, ALGORITHM), (ALGORITHM, ALGORITHM_NULL), (ECDSA, ALGORITHM)] {
        let parts = Parts { inner: unhex(inner), outer: unhex(outer), ..leaf() };
        let error = refusal(&root, &middle, &parts.sign(&key(MIDDLE)));
        assert_eq!(error.kind(), Kind::Malformed, "{error}");
    }
    let other = Parts { inner: unhex(ECDSA), outer: unhex(ECDSA), ..leaf() };
    let error = refusal(&root, &middle, &other.sign(&key(MIDDLE)));
    assert!(error.kind() == Kind::Unsupported && error.to_string().contains("ECDSA"), "{error}");
    // With NULL on both sides it means the same as without.
    let null = Parts { inner: unhex(ALGORITHM_NULL), outer: unhex(ALGORITHM_NULL), ..leaf() };
    let (anchors, between) = ([root], [middle]);
    let leaf = null.sign(&key(MIDDLE));
    Trust::new(&anchors).intermediates(&between).verify(&leaf, Purpose::Signing, now()).unwrap();
}

#[test]
fn another_user_id_is_refused_wherever_it_was_hashed() {
    let [root, middle, good] = world();
    let (anchors, between) = ([root.clone()], [middle.clone()]);
    for user_id in [&b""[..], b"1234567812345679", &[7; 8191]] {
        let trust = Trust::new(&anchors).intermediates(&between).user_id(user_id);
        assert_eq!(trust.verify(&good, Purpose::Any, now()).unwrap_err().kind(), Kind::Rejected);
        let other = Parts { user_id: user_id.to_vec(), ..leaf() };
        assert_eq!(refusal(&root, &middle, &other.sign(&key(MIDDLE))).kind(), Kind::Rejected);
    }
    let trust = Trust::new(&anchors).intermediates(&between).user_id(&[7; 8192]);
    assert_eq!(trust.verify(&good, Purpose::Any, now()).unwrap_err().kind(), Kind::Rejected);
    // All under one other id is another world, and holds.
    let root = Template::authority(name("CN=root,C=CN"), year(), None);
    let root = root.self_sign(&key(ROOT), b"alice", &mut rng("alice")).unwrap();
    let root_key = key(ROOT);
    let by = Authority::new(&root, &root_key).unwrap().user_id(b"alice");
    let leaf = Template::signing(name("CN=leaf"), year());
    let leaf = leaf.issue(key(LEAF).public_key(), &by, &mut rng("alice")).unwrap();
    let anchors = [root.clone()];
    Trust::new(&anchors).user_id(b"alice").verify(&leaf, Purpose::Signing, now()).unwrap();
    assert_eq!(
        Trust::new(&anchors).verify(&leaf, Purpose::Signing, now()).unwrap_err().kind(),
        Kind::Rejected
    );
}

#[test]
fn certificates_hold_from_their_first_second_to_their_last() {
    let [root, middle, leaf] = world();
    let (anchors, between) = ([root.clone()], [middle.clone()]);
    let at = |now: Moment| {
        Trust::new(&anchors).intermediates(&between).verify(&leaf, Purpose::Any, now).map(|_| ())
    };
    let (first, last) = (moment("2026-01-01"), moment("2026-12-31T23:59:59Z"));
    at(first).unwrap();
    at(last).unwrap();
    let early = at(Moment(first.0 - 1)).unwrap_err();
    assert!(early.kind() == Kind::Forbidden && early.to_string().contains("not valid yet"), "{early}");
    let late = at(Moment(last.0 + 1)).unwrap_err();
    assert!(late.kind() == Kind::Forbidden && late.to_string().contains("has expired"), "{late}");
    // An authority or an anchor out of its time is no better.
    let time = |text: &[u8]| element(0x17, &[text]);
    let old = element(0x30, &[&time(b"250101000000Z"), &time(b"260531000000Z")]);
    let new = element(0x30, &[&time(b"260602000000Z"), &time(b"270101000000Z")]);
    for (validity, word) in [(old, "has expired"), (new, "not valid yet")] {
        let parts = Parts { validity: validity.clone(), ..super::chain::middle().with(authority_bit()) };
        let error = refusal(&root, &parts.sign(&key(ROOT)), &leaf);
        assert!(error.to_string().contains(word) && error.to_string().contains("CN=middle"), "{error}");
        let parts = Parts { validity, ..Parts::new("CN=root,C=CN", "CN=root,C=CN", &key(ROOT)) };
        let error = refusal(&parts.with(authority_bit()).sign(&key(ROOT)), &middle, &leaf);
        assert!(error.to_string().contains(word) && error.to_string().contains("CN=root"), "{error}");
    }
}

#[test]
fn who_signs_others_is_an_authority_and_may() {
    let [root, _, leaf] = world();
    let v1 = Parts { version: Vec::new(), ..middle() };
    let not = extension("551d13", true, &[0x30, 0]);
    let not_said = extension("551d13", true, &[0x30, 3, 1, 1, 0]);
    for parts in
        [middle(), v1, middle().with(not), middle().with(not_said), middle().with(key_usage(&[1, 6]))]
    {
        let error = refusal(&root, &parts.sign(&key(ROOT)), &leaf);
        assert!(error.kind() == Kind::Forbidden && error.to_string().contains("CA bit"), "{error}");
    }
    // An end with the bit set on its own behalf, below an authority that has it.
    for bits in [&[6, 0xc0][..], &[1, 2], &[7, 0x80]] {
        let parts = middle().with(authority_bit()).with(key_usage(bits));
        let error = refusal(&root, &parts.sign(&key(ROOT)), &leaf);
        assert!(error.kind() == Kind::Forbidden && error.to_string().contains("keyCertSign"), "{error}");
    }
    let root = Parts::new("CN=root,C=CN", "CN=root,C=CN", &key(ROOT));
    let error = refusal(&root.sign(&key(ROOT)), &middle().with(authority_bit()).sign(&key(ROOT)), &leaf);
    assert!(error.kind() == Kind::Forbidden && error.to_string().contains("CN=root"), "{error}");
}

#[test]
fn what_a_certificate_demands_and_is_not_understood_refuses_the_path() {
    let [root, middle_one, leaf_one] = world();
    let unknown = extension("2b0601040182371506", true, &[5, 0]);
    let harmless = extension("2b0601040182371506", false, &[5, 0]);
    let policies = extension("551d20", true, &element(0x30, &[&element(0x30, &[&unhex("0604551d2000")])]));
    for bad in
        [unknown, policies, extension("551d1e", true, &[0x30, 0]), extension("551d1e", false, &[0x30, 0])]
    {
        let end = refusal(&root, &middle_one, &leaf().with(bad.clone()).sign(&key(MIDDLE)));
        let between = middle().with(authority_bit()).with(bad.clone()).sign(&key(ROOT));
        let anchor = Parts::new("CN=root,C=CN", "CN=root,C=CN", &key(ROOT)).with(authority_bit()).with(bad);
        for error in [
            end,
            refusal(&root, &between, &leaf_one),
            refusal(&anchor.sign(&key(ROOT)), &middle_one, &leaf_one),
        ] {
            assert_eq!(error.kind(), Kind::Unsupported, "{error}");
        }
    }
    let (anchors, between) = ([root], [middle_one]);
    let end = leaf().with(harmless).sign(&key(MIDDLE));
    Trust::new(&anchors).intermediates(&between).verify(&end, Purpose::Any, now()).unwrap();
}

#[test]
fn no_more_authorities_stand_below_one_than_it_may_have() {
    // root (at most `most` below), then CN=1 … CN=n, then the leaf.
    let kind = |most: u8, below: u8, self_issued: bool| {
        let anchors = [Parts::new("CN=0", "CN=0", &key(10)).with(path_len(most)).sign(&key(10))];
        let between: Vec<_> = (1..=below)
            .map(|at| {
                let names = if self_issued { (0, 0) } else { (at - 1, at) };
                let (issuer, subject) = (format!("CN={}", names.0), format!("CN={}", names.1));
                let parts = Parts::new(&issuer, &subject, &key(10 + at)).with(authority_bit());
                parts.sign(&key(10 + at - 1))
            })
            .collect();
        let issuer = if self_issued { "CN=0".to_owned() } else { format!("CN={below}") };
        let leaf = Parts::new(&issuer, "CN=leaf", &key(LEAF)).sign(&key(10 + below));
        let trust = Trust::new(&anchors).intermediates(&between);
        trust.verify(&leaf, Purpose::Signing, now()).map(|path| path.len()).map_err(|error| error.kind())
    };
    assert_eq!(kind(0, 0, false), Ok(2));
    assert_eq!(kind(0, 1, false), Err(Kind::Forbidden));
    assert_eq!(kind(1, 1, false), Ok(3));
    assert_eq!(kind(1, 2, false), Err(Kind::Forbidden));
    assert_eq!(kind(2, 2, false), Ok(4));
    // One that issued to itself, to change its key, does not count.
    assert_eq!(kind(0, 1, true), Ok(3));
    // Ten certificates are a path, eleven are none.
    assert_eq!(kind(100, 8, false), Ok(10));
    assert_eq!(kind(100, 9, false), Err(Kind::TooLarge));
}

#[test]
fn keys_of_other_curves_and_algorithms_are_refused() {
    let [root, middle_one, leaf_one] = world();
    let point = key(LEAF).public_key().to_bytes();
    let bits = element(3, &[&[0], &point]);
    let p256 = element(0x30, &[&unhex("301306072a8648ce3d020106082a8648ce3d030107"), &bits]);
    let mut off = point;
    off[64] ^= 1;
    let off = element(0x30, &[&key(LEAF).public_key().spki()[2..23], &element(3, &[&[0], &off])]);
    let rsa = element(0x30, &[&unhex("300d06092a864886f70d0101010500"), &element(3, &[&[0, 0x30, 0]])]);
    for spki in [p256, off, rsa] {
        let end = Parts { spki: spki.clone(), ..leaf() }.sign(&key(MIDDLE));
        let between = Parts { spki, ..middle().with(authority_bit()) }.sign(&key(ROOT));
        for error in [refusal(&root, &middle_one, &end), refusal(&root, &between, &leaf_one)] {
            assert!(
                error.kind() == Kind::Unsupported && error.to_string().contains("none of SM2"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_name_alone_makes_no_issuer() {
    let [root, middle_one, leaf_one] = world();
    // Signed by another key under the same name.
    for error in [
        refusal(&root, &middle_one, &leaf().sign(&key(9))),
        refusal(&root, &middle().with(authority_bit()).sign(&key(9)), &leaf_one),
        refusal(
            &Parts {
                spki: key(9).public_key().spki().to_vec(),
                ..Parts::new("CN=root,C=CN", "CN=root,C=CN", &key(9))
            }
            .with(authority_bit())
            .sign(&key(9)),
            &middle_one,
            &leaf_one,
        ),
    ] {
        assert!(error.kind() == Kind::Rejected && error.to_string().contains("does not verify"), "{error}");
    }
    // Signed by the right key, under a name that nobody has.
    let other = Parts { issuer: name("CN=Middle,C=CN"), ..leaf() };
    assert_eq!(refusal(&root, &middle_one, &other.sign(&key(MIDDLE))).kind(), Kind::Missing);
    // Of two that have the name, the one whose key fits is found.
    let (anchors, impostor) = ([root], middle().with(authority_bit()));
    let impostor = Parts { spki: key(9).public_key().spki().to_vec(), ..impostor }.sign(&key(9));
    let between = [impostor, middle_one];
    let path = Trust::new(&anchors).intermediates(&between).verify(&leaf_one, Purpose::Any, now()).unwrap();
    assert_eq!(path[1], &between[1]);
}

#[test]
fn authorities_that_certify_each_other_end_the_search() {
    let cross = |issuer: u8, subject: u8| {
        let (above, below) = (format!("CN={issuer}"), format!("CN={subject}"));
        Parts::new(&above, &below, &key(subject)).with(authority_bit()).sign(&key(issuer))
    };
    let all: Vec<_> =
        (1..=12).flat_map(|a| (1..=12).map(move |b| (a, b))).map(|(a, b)| cross(a, b)).collect();
    let leaf = Parts::new("CN=1", "CN=leaf", &key(LEAF)).sign(&key(1));
    let error = Trust::new(&[]).intermediates(&all).verify(&leaf, Purpose::Any, now()).unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge);
    let two = [cross(1, 2), cross(2, 1)];
    let error = Trust::new(&[]).intermediates(&two).verify(&leaf, Purpose::Any, now()).unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
    let lonely = Parts::new("CN=1", "CN=1", &key(1)).with(authority_bit()).sign(&key(1));
    let error = Trust::new(&[]).verify(&lonely, Purpose::Any, now()).unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "who signs for himself is trusted by nobody for that");
}

#[test]
fn purposes_narrow_the_end_and_every_authority() {
    let [root, middle_one, _] = world();
    let (anchors, middle_key) = ([root], key(MIDDLE));
    let by = Authority::new(&middle_one, &middle_key).unwrap();
    let server = Template::signing(name("CN=leaf,C=CN"), year())
        .purposes(&[ExtendedKeyUsage::ServerAuthentication])
        .issue(key(LEAF).public_key(), &by, &mut rng("server"))
        .unwrap();
    let between = [middle_one.clone()];
    let trust = Trust::new(&anchors).intermediates(&between);
    trust.verify(&server, Purpose::ServerAuthentication, now()).unwrap();
    assert_eq!(
        trust.verify(&server, Purpose::ClientAuthentication, now()).unwrap_err().kind(),
        Kind::Forbidden
    );
    // clientAuth alone, of the authority.
    let narrow = extension("551d25", false, &unhex("300a06082b06010505070302"));
    let between = [middle().with(authority_bit()).with(narrow).sign(&key(ROOT))];
    let trust = Trust::new(&anchors).intermediates(&between);
    assert_eq!(
        trust.verify(&server, Purpose::ServerAuthentication, now()).unwrap_err().kind(),
        Kind::Forbidden
    );
}

#[test]
fn critical_purposes_leave_out_signing_and_encryption() {
    let [root, middle_one, _] = world();
    let (anchors, between) = ([root], [middle_one]);
    let trust = Trust::new(&anchors).intermediates(&between);
    let time_stamping = "300a06082b06010505070308";
    let any = "30060604551d2500";
    for (uses, purpose) in [(&[6, 0xc0], Purpose::Signing), (&[3, 0x38], Purpose::Encryption)] {
        for (is_critical, purposes, expected) in
            [(true, time_stamping, Err(Kind::Forbidden)), (false, time_stamping, Ok(())), (true, any, Ok(()))]
        {
            let purposes = extension("551d25", is_critical, &unhex(purposes));
            let end = leaf().with(key_usage(uses)).with(purposes).sign(&key(MIDDLE));
            let found = trust.verify(&end, purpose, now()).map(|_| ()).map_err(|error| error.kind());
            assert_eq!(found, expected, "{purpose:?}, critical: {is_critical}");
            trust.verify(&end, Purpose::Any, now()).unwrap();
        }
    }
}
