//! Certificates that are not exactly what DER and RFC 5280 say.

use miyao::{Kind, algo::sm2::DEFAULT_USER_ID, pki::Certificate};

use super::{
    authorities::{LEAF, MIDDLE, Parts, authority_bit, extension, world},
    element, key, replaced, unhex,
};

fn parts() -> Parts {
    Parts::new("CN=middle,C=CN", "CN=leaf,C=CN", &key(LEAF))
}

fn kind(der: &[u8]) -> Result<(), Kind> {
    Certificate::from_der(der).map(|_| ()).map_err(|error| error.kind())
}

fn made(parts: &Parts) -> Result<(), Kind> {
    kind(&parts.der(&key(MIDDLE)))
}

fn with(id: &str, value: &[u8]) -> Result<(), Kind> {
    made(&parts().with(extension(id, false, value)))
}

const MALFORMED: Result<(), Kind> = Err(Kind::Malformed);

#[test]
fn bytes_behind_lengths_of_another_form_and_numbers_of_another_form_are_refused() {
    let der = parts().der(&key(MIDDLE));
    kind(&der).unwrap();
    assert_eq!(kind(&[&der[..], &[0]].concat()), MALFORMED, "bytes behind");
    assert_eq!(kind(&[&der[..], &der].concat()), MALFORMED, "another behind");
    let content = &der[4..];
    let len = (content.len() as u16).to_be_bytes();
    for (what, header) in [
        ("a length with a zero", vec![0x30, 0x83, 0, len[0], len[1]]),
        ("an indefinite length", vec![0x30, 0x80]),
        ("a set", vec![0x31, 0x82, len[0], len[1]]),
    ] {
        assert_eq!(kind(&[&header, content].concat()), MALFORMED, "{what}");
        assert_eq!(kind(&[&header, content, &[0, 0]].concat()), MALFORMED, "{what}");
    }
    let long = parts().subject.as_der().to_vec();
    let longer = [&[0x30, 0x81, long[1]], &long[2..]].concat();
    let body = replaced(&der[4..][..], &long, &longer);
    assert_eq!(kind(&element(0x30, &[&body])), MALFORMED, "a long form inside");
    for (serial, expected) in [
        (&[2, 2, 0, 0x7f][..], MALFORMED),
        (&[2, 2, 0xff, 0x80], MALFORMED),
        (&[2, 0], MALFORMED),
        (&[2, 1, 0], Ok(())),
        (&[2, 1, 0x80], Ok(())),
        (&[2, 2, 0, 0x80], Ok(())),
        (&element(2, &[&[1; 20]]), Ok(())),
        (&element(2, &[&[1; 21]]), MALFORMED),
    ] {
        assert_eq!(made(&Parts { serial: serial.to_vec(), ..parts() }), expected, "{serial:x?}");
    }
}

#[test]
fn versions_and_what_belongs_to_them_are_held() {
    for (version, expected) in [
        (&[][..], Ok(())),
        (&[0xa0, 3, 2, 1, 0], Ok(())),
        (&[0xa0, 3, 2, 1, 1], Ok(())),
        (&[0xa0, 3, 2, 1, 2], Ok(())),
        (&[0xa0, 3, 2, 1, 3], MALFORMED),
        (&[0xa0, 4, 2, 2, 0, 2], MALFORMED),
        (&[0xa0, 0], MALFORMED),
    ] {
        let parts = Parts { version: version.to_vec(), ..parts() };
        assert_eq!(made(&parts), expected, "{version:x?}");
        let is_third = version == [0xa0, 3, 2, 1, 2];
        assert_eq!(made(&parts.with(authority_bit())).is_ok(), is_third, "extensions of {version:x?}");
    }
    let spki = |more: &[u8]| [&key(LEAF).public_key().spki()[..], more].concat();
    assert_eq!(made(&Parts { spki: spki(&[0x81, 2, 0, 1, 0x82, 2, 0, 1]), ..parts() }), Ok(()));
    assert_eq!(made(&Parts { spki: spki(&[0x82, 2, 0, 1, 0x81, 2, 0, 1]), ..parts() }), MALFORMED);
    let first = Parts { version: Vec::new(), spki: spki(&[0x81, 2, 0, 1]), ..parts() };
    assert_eq!(made(&first), MALFORMED);
    let time = |text: &[u8]| element(0x17, &[text]);
    for validity in [&[&time(b"260101000000Z")[..]][..], &[&time(b"260101000000Z"), &time(b"261301000000Z")]]
    {
        assert_eq!(made(&Parts { validity: element(0x30, validity), ..parts() }), MALFORMED);
    }
    assert_eq!(made(&Parts { inner: unhex("3000"), ..parts() }), Ok(()), "it is compared, and differs");
    assert_eq!(made(&Parts { outer: unhex("3000"), ..parts() }), MALFORMED);
    assert_eq!(made(&Parts { outer: unhex("300d06082a811ccf55018375020100"), ..parts() }), MALFORMED);
}

#[test]
fn an_extension_stands_once_and_is_what_it_says() {
    let bit = authority_bit();
    assert_eq!(made(&parts().with(bit.clone())), Ok(()));
    assert_eq!(made(&parts().with(bit.clone()).with(bit)), MALFORMED, "twice");
    let many = |count: u8| {
        (0..count).fold(parts(), |parts, at| parts.with(extension(&format!("2b{at:02x}"), false, &[])))
    };
    assert_eq!(made(&many(64)), Ok(()));
    assert_eq!(made(&many(65)), MALFORMED);
    assert_eq!(made(&parts().with(vec![])), MALFORMED, "none");
    let raw = |critical: &[u8]| element(0x30, &[&unhex("06022b01"), critical, &[4, 0]]);
    assert_eq!(made(&parts().with(raw(&[1, 1, 0]))), Ok(()), "a default that is written out");
    assert_eq!(made(&parts().with(raw(&[1, 1, 1]))), MALFORMED, "a truth of BER");
    assert_eq!(made(&parts().with(raw(&[1, 1, 0xff, 5, 0]))), MALFORMED);
    for (value, expected) in [
        ("3000", Ok(())),
        ("3003010100", Ok(())),
        ("30060101ff020100", Ok(())),
        ("3003020100", MALFORMED),
        ("30060101000201ff", MALFORMED),
        ("30060101ff0201ff", MALFORMED),
        ("30090101ff020100020100", MALFORMED),
        ("300a0101ff02050100000000", MALFORMED),
        ("30030101ff00", MALFORMED),
    ] {
        assert_eq!(with("551d13", &unhex(value)), expected, "basic constraints {value}");
    }
    for (value, expected) in [("04020102", Ok(())), ("0402010200", MALFORMED), ("03020102", MALFORMED)] {
        assert_eq!(with("551d0e", &unhex(value)), expected, "subject key {value}");
    }
    for (value, expected) in [
        ("300480020102", Ok(())),
        ("3000", Ok(())),
        ("300780020102820107", MALFORMED),
        ("3007800201028201070000", MALFORMED),
        ("30088002010285020102", MALFORMED),
    ] {
        assert_eq!(with("551d23", &unhex(value)), expected, "authority key {value}");
    }
    for (value, expected) in [
        ("3003820161", Ok(())),
        ("30068704010203 04", Ok(())),
        ("3000", MALFORMED),
        ("30038201ff", MALFORMED),
        ("30058703010203", MALFORMED),
        ("30038a0161", MALFORMED),
        ("3004a4023000", Ok(())),
        ("3006a40430000500", MALFORMED),
        ("30048802 2a03", Ok(())),
    ] {
        assert_eq!(with("551d11", &unhex(&value.replace(' ', ""))), expected, "names {value}");
    }
    for (value, expected) in [
        ("300406022b01", Ok(())),
        ("300506032b8101", Ok(())),
        ("3000", MALFORMED),
        ("30020500", MALFORMED),
        ("30020600", MALFORMED),
        ("300406022b81", MALFORMED),
        ("300506032b8001", MALFORMED),
        ("3004060280 01", MALFORMED),
    ] {
        assert_eq!(with("551d25", &unhex(&value.replace(' ', ""))), expected, "purposes {value}");
    }
}

#[test]
fn more_names_or_purposes_than_anybody_needs_are_refused() {
    let names = |count: usize| with("551d11", &element(0x30, &[&element(0x82, &[b"a"]).repeat(count)]));
    assert_eq!((names(1024), names(1025)), (Ok(()), Err(Kind::Malformed)));
    let purposes = |count: usize| with("551d25", &element(0x30, &[&[6, 1, 0x2a].repeat(count)]));
    assert_eq!((purposes(64), purposes(65)), (Ok(()), Err(Kind::Malformed)));
}

#[test]
fn no_truncation_and_no_flipped_bit_verifies() {
    let [_, _, leaf] = world();
    let der = leaf.as_der();
    leaf.verify_signature(key(MIDDLE).public_key(), DEFAULT_USER_ID).unwrap();
    for len in 0..der.len() {
        assert_eq!(kind(&der[..len]), MALFORMED);
    }
    for at in 0..der.len() * 8 {
        let mut flipped = der.to_vec();
        flipped[at / 8] ^= 1 << (at % 8);
        let verified = Certificate::from_der(&flipped)
            .is_ok_and(|read| read.verify_signature(key(MIDDLE).public_key(), DEFAULT_USER_ID).is_ok());
        assert!(!verified, "bit {at}");
    }
}
