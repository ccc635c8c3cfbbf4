//! Requests for certificates.

use miyao::{
    Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Request,
        extension::{ExtendedKeyUsage, GeneralName, KeyUsage},
        request::Draft,
    },
};

use super::{
    authorities::{ALGORITHM, ECDSA, extension, name, signed},
    element, key, rng, unhex,
};

fn draft() -> Draft {
    let names = ["dns:a.example", "ip:2001:db8::1"].map(|text| GeneralName::parse(text).unwrap());
    Draft::new(name("CN=host,O=密钥,C=CN"))
        .key_usage(KeyUsage::SIGNING)
        .purposes(&[ExtendedKeyUsage::ServerAuthentication])
        .alternative_names(&names)
}

#[test]
fn a_request_says_what_was_asked_for_and_proves_its_key() {
    let request = draft().sign(&key(5), DEFAULT_USER_ID, &mut rng("csr")).unwrap();
    let read = Request::parse(request.to_pem().unwrap().as_bytes()).unwrap();
    assert_eq!(read, request);
    assert_eq!(Request::parse(request.as_der()).unwrap(), request);
    let old = request.to_pem().unwrap().replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    assert_eq!(Request::parse(old.as_bytes()).unwrap(), request);
    let new = request.to_pem().unwrap();
    for several in [[&new[..], &old].concat(), [&old[..], &old, &new].concat()] {
        assert_eq!(Request::parse(several.as_bytes()).unwrap_err().kind(), Kind::Malformed);
    }
    assert_eq!(read.verify(DEFAULT_USER_ID).unwrap(), key(5).public_key());
    assert_eq!(read.unverified_subject().to_string(), "CN=host,O=密钥,C=CN");
    assert_eq!(read.unverified_key_usage(), Some(KeyUsage::SIGNING));
    assert_eq!(read.unverified_extended_key_usage(), Some(&[ExtendedKeyUsage::ServerAuthentication][..]));
    let names: Vec<_> = read.unverified_alternative_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["dns:a.example", "ip:2001:db8::1"]);
    assert_eq!(read.unverified_extensions().len(), 3);
    for user_id in [&b""[..], b"another", &[1; 8192]] {
        assert_eq!(read.verify(user_id).unwrap_err().kind(), Kind::Rejected);
    }
    let other = draft().sign(&key(5), b"another", &mut rng("csr")).unwrap();
    other.verify(b"another").unwrap();
    let plain = Draft::new(name("CN=x")).sign(&key(5), b"", &mut rng("plain")).unwrap();
    assert!(plain.verify(b"").is_ok() && plain.unverified_extensions().is_empty());
    let nobody = Draft::new(miyao::pki::Name::from_der(&[0x30, 0]).unwrap());
    assert_eq!(nobody.sign(&key(5), b"", &mut rng("nobody")).unwrap_err().kind(), Kind::Invalid);
}

/// A request of these parts, signed by `key(5)`.
fn made(version: &[u8], attributes: &[u8], algorithm: &str) -> Result<Request, Kind> {
    let spki = key(5).public_key().spki();
    let body = element(0x30, &[version, name("CN=x").as_der(), &spki, attributes]);
    Request::from_der(&signed(&body, &unhex(algorithm), &key(5), DEFAULT_USER_ID))
        .map_err(|error| error.kind())
}

#[test]
fn attributes_are_read_strictly_and_others_are_passed_over() {
    let asked = |lists: &[&[u8]]| {
        let sets = lists.concat();
        element(0x30, &[&unhex("06092a864886f70d01090e"), &element(0x31, &[&sets])])
    };
    let usage = element(0x30, &[&extension("551d0f", true, &[3, 2, 6, 0xc0])]);
    let challenge =
        element(0x30, &[&unhex("06092a864886f70d010907"), &element(0x31, &[&element(12, &[b"x"])])]);
    let of = |attributes: &[&[u8]]| made(&[2, 1, 0], &element(0xa0, attributes), ALGORITHM);
    // As CFCA has it: no SET around the value.
    let bare = element(0x30, &[&unhex("06092a864886f70d010907"), &element(0x13, &[b"111111"])]);
    for good in [of(&[]), of(&[&challenge]), of(&[&bare, &challenge]), made(&[2, 1, 0], &[], ALGORITHM)] {
        assert_eq!(good.unwrap().verify(DEFAULT_USER_ID).unwrap(), key(5).public_key());
    }
    assert_eq!(of(&[&challenge, &asked(&[&usage])]).unwrap().unverified_key_usage(), Some(KeyUsage::SIGNING));
    let names = element(0x30, &[&extension("551d11", false, &element(0x30, &[&[0x82, 1, b'x']]))]);
    let apart = of(&[&asked(&[&usage]), &bare, &asked(&[&names])]).unwrap();
    assert_eq!(apart.unverified_key_usage(), Some(KeyUsage::SIGNING));
    assert_eq!((apart.unverified_alternative_names().len(), apart.unverified_extensions().len()), (1, 2));
    for (what, bad) in [
        ("asked twice", of(&[&asked(&[&usage]), &asked(&[&usage])])),
        ("two values", of(&[&asked(&[&usage, &usage])])),
        ("no value", of(&[&asked(&[])])),
        ("no extension", of(&[&asked(&[&[0x30, 0]])])),
        ("no attribute", of(&[&[5, 0]])),
        ("a value that is cut", of(&[&element(0x30, &[&unhex("06092a864886f70d010907"), &[0x13, 2, 1]])])),
        ("no SET around what is asked", of(&[&element(0x30, &[&unhex("06092a864886f70d01090e"), &usage])])),
        ("another version", made(&[2, 1, 1], &[0xa0, 0], ALGORITHM)),
        ("something more", made(&[2, 1, 0], &[0xa0, 0, 5, 0], ALGORITHM)),
    ] {
        assert_eq!(bad, Err(Kind::Malformed), "{what}");
    }
    let ecdsa = made(&[2, 1, 0], &[0xa0, 0], ECDSA).unwrap();
    assert_eq!(ecdsa.verify(DEFAULT_USER_ID).unwrap_err().kind(), Kind::Unsupported);
}

#[test]
fn a_request_for_anothers_key_is_refused() {
    let spki = key(6).public_key().spki();
    let body = element(0x30, &[&[2, 1, 0], name("CN=x").as_der(), &spki, &[0xa0, 0]]);
    let der = signed(&body, &unhex(ALGORITHM), &key(5), DEFAULT_USER_ID);
    assert_eq!(Request::from_der(&der).unwrap().verify(DEFAULT_USER_ID).unwrap_err().kind(), Kind::Rejected);
}

#[test]
fn no_truncation_and_no_flipped_bit_verifies() {
    let der = draft().sign(&key(5), DEFAULT_USER_ID, &mut rng("flip")).unwrap().as_der().to_vec();
    for len in 0..der.len() {
        assert_eq!(Request::from_der(&der[..len]).unwrap_err().kind(), Kind::Malformed);
    }
    assert_eq!(Request::from_der(&[&der[..], &[0]].concat()).unwrap_err().kind(), Kind::Malformed);
    for at in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        let verified =
            Request::from_der(&flipped).is_ok_and(|request| request.verify(DEFAULT_USER_ID).is_ok());
        assert!(!verified, "bit {at}");
    }
}
