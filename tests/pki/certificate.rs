//! Certificates as they are read and made.

use miyao::{
    Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Certificate, Moment, Name, SignatureAlgorithm,
        certificate::{Authority, Serial, Template, Validity},
        extension::{BasicConstraints, ExtendedKeyUsage, GeneralName, KeyUsage},
    },
};

use super::{
    authorities::{LEAF, MIDDLE, name, world, year},
    element, key, rng, unhex,
};

/// `openssl req -new -x509 -sm3 -sigopt distid:1234567812345678 -addext subjectAltName=DNS:a.example,IP:10.0.0.1`
const ROOT: &[u8] = b"\
-----BEGIN CERTIFICATE-----\n\
MIIB2DCCAX+gAwIBAgIUCtBO1rjtAx3Wgd1pAv3n56Ox4LswCgYIKoEcz1UBg3Uw\n\
NDELMAkGA1UEBhMCQ04xFjAUBgNVBAoMDUV4YW1wbGUsIEluYy4xDTALBgNVBAMM\n\
BHJvb3QwHhcNMjYxMTI2MTE0MjAwWhcNMzYxMTIzMTE0MjAwWjA0MQswCQYDVQQG\n\
EwJDTjEWMBQGA1UECgwNRXhhbXBsZSwgSW5jLjENMAsGA1UEAwwEcm9vdDBZMBMG\n\
ByqGSM49AgEGCCqBHM9VAYItA0IABHDssfHKIrKoi6XyYAaHBgKpOVpueOMk5FM/\n\
DLwRFs/r9ZNCqiGmiBqv21Fqms9aEzdQkfmsgQmZqJDUNWhX+WejbzBtMB0GA1Ud\n\
DgQWBBTmaXykoFi/coPoc9WU1o3mNlV5eTAfBgNVHSMEGDAWgBTmaXykoFi/coPo\n\
c9WU1o3mNlV5eTAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGCCWEuZXhhbXBs\n\
ZYcECgAAATAKBggqgRzPVQGDdQNHADBEAiADgMoDjeuLz3IhOx/+d2bvg1AuxT82\n\
dntlCz6LBtecGgIgRuWKsaNtmqAizGXMNA3CQgNImRZUgXfiI6eknWs/EPo=\n\
-----END CERTIFICATE-----\n";

#[test]
fn a_certificate_of_openssl_is_read_and_verifies_itself() {
    let root = Certificate::parse(ROOT).unwrap();
    assert_eq!(root.subject().to_string(), "CN=root,O=Example\\, Inc.,C=CN");
    assert_eq!(Name::parse("CN=root,O=Example\\, Inc.,C=CN").unwrap(), *root.issuer());
    assert_eq!(root.serial().to_string(), "0ad04ed6b8ed031dd681dd6902fde7e7a3b1e0bb");
    assert_eq!(root.validity().from.to_string(), "2026-11-26T11:42:00Z");
    assert_eq!(root.validity().until.to_string(), "2036-11-23T11:42:00Z");
    assert_eq!(root.signature_algorithm(), SignatureAlgorithm::Sm2Sm3);
    assert_eq!(root.basic_constraints(), Some(BasicConstraints { is_ca: true, path_len: None }));
    assert_eq!(root.key_usage(), None);
    assert_eq!(root.subject_key_identifier(), root.authority_key_identifier());
    assert_eq!(root.subject_key_identifier().unwrap().len(), 20);
    let names: Vec<_> = root.alternative_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["dns:a.example", "ip:10.0.0.1"]);
    assert_eq!(Certificate::parse(root.as_der()).unwrap(), root);
    assert_eq!(root.to_pem().unwrap().as_bytes(), ROOT);
    root.verify_signature(root.public_key().unwrap(), DEFAULT_USER_ID).unwrap();
    let wrong = root.verify_signature(root.public_key().unwrap(), b"another").unwrap_err();
    assert_eq!(wrong.kind(), Kind::Rejected);
}

#[test]
fn what_is_made_says_what_was_asked_for() {
    let [root, middle, leaf] = world();
    assert_eq!(root.basic_constraints(), Some(BasicConstraints { is_ca: true, path_len: None }));
    assert_eq!(middle.basic_constraints(), Some(BasicConstraints { is_ca: true, path_len: Some(0) }));
    assert_eq!((leaf.basic_constraints(), leaf.version()), (None, 3));
    assert_eq!(
        [&root, &middle, &leaf].map(|made| made.key_usage().unwrap()),
        [KeyUsage::AUTHORITY, KeyUsage::AUTHORITY, KeyUsage::SIGNING]
    );
    assert_eq!(leaf.issuer(), middle.subject());
    assert_eq!(leaf.authority_key_identifier(), middle.subject_key_identifier());
    assert_eq!(leaf.subject_key_identifier().unwrap(), key(LEAF).public_key().key_identifier());
    assert_eq!(leaf.signature_algorithm(), SignatureAlgorithm::Sm2Sm3);
    assert_eq!(leaf.validity(), year());
    assert!(root.is_self_issued() && !leaf.is_self_issued());
    let mut rng = rng("serials");
    let mut serials: Vec<_> = (0..50u8).map(|_| Serial::random(&mut rng)).collect();
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 50);
    assert!(
        serials
            .iter()
            .all(|serial| serial.as_bytes().len() == 16 && (0x40..0x80).contains(&serial.as_bytes()[0]))
    );
}

#[test]
fn a_pair_of_keys_gets_a_pair_of_certificates_with_names_and_purposes() {
    let [_, middle, _] = world();
    let middle_key = key(MIDDLE);
    let by = Authority::new(&middle, &middle_key).unwrap();
    let names = ["dns:a.example", "email:x@a.example", "uri:https://a.example/", "ip:10.0.0.1", "ip:::1"];
    let parsed = names.map(|text| GeneralName::parse(text).unwrap());
    for (template, uses) in [
        (Template::signing(name("CN=a"), year()), "digitalSignature, nonRepudiation"),
        (Template::encryption(name("CN=a"), year()), "keyEncipherment, dataEncipherment, keyAgreement"),
        (Template::signing(name("CN=a"), year()).key_usage(KeyUsage::KEY_AGREEMENT), "keyAgreement"),
    ] {
        let other = ExtendedKeyUsage::Other(unhex("2b0601040182371402"));
        assert_eq!(other.to_string(), "1.3.6.1.4.1.311.20.2");
        let purposes = [
            ExtendedKeyUsage::ServerAuthentication,
            ExtendedKeyUsage::ClientAuthentication,
            ExtendedKeyUsage::CodeSigning,
            ExtendedKeyUsage::EmailProtection,
            ExtendedKeyUsage::TimeStamping,
            ExtendedKeyUsage::OcspSigning,
            ExtendedKeyUsage::Any,
            other,
        ];
        let template = template.purposes(&purposes).alternative_names(&parsed);
        let made = template.issue(key(5).public_key(), &by, &mut rng("pair")).unwrap();
        let made = Certificate::parse(made.to_pem().unwrap().as_bytes()).unwrap();
        assert_eq!(made.key_usage().unwrap().to_string(), uses);
        assert_eq!(made.extended_key_usage().unwrap(), purposes);
        assert_eq!(made.alternative_names().iter().map(ToString::to_string).collect::<Vec<_>>(), names);
        let critical: Vec<_> =
            made.extensions().iter().filter(|it| it.is_critical()).map(|it| it.id()).collect();
        assert_eq!(critical, ["2.5.29.15"]);
    }
    for bad in ["", "dns:", "dns", "ip:1.2.3", "uri:ä", "x:y", "dns:a b", "email:\n"] {
        assert_eq!(GeneralName::parse(bad).unwrap_err().kind(), Kind::Invalid, "{bad}");
    }
}

#[test]
fn what_would_not_hold_is_not_signed() {
    let [root, middle, leaf] = world();
    let empty = Name::from_der(&[0x30, 0]).unwrap();
    let backwards = Validity { from: year().until, until: year().from };
    let beyond = Validity { from: year().from, until: Moment(Moment::NO_END.0 + 1) };
    for bad in [
        Template::authority(empty.clone(), year(), None),
        Template::signing(empty, year()),
        Template::signing(name("CN=x"), backwards),
        Template::signing(name("CN=x"), beyond),
        Template::signing(name("CN=x"), year()).key_usage(KeyUsage::KEY_CERT_SIGN),
        Template::authority(name("CN=x"), year(), None).key_usage(KeyUsage::CRL_SIGN),
    ] {
        let error = bad.self_sign(&key(5), DEFAULT_USER_ID, &mut rng("bad")).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{error}");
    }
    let signing = Template::signing(name("CN=x"), year());
    let long = signing.self_sign(&key(5), &[0; 8192], &mut rng("long")).unwrap_err();
    assert_eq!(long.kind(), Kind::Invalid);
    assert_eq!(Authority::new(&root, &key(MIDDLE)).unwrap_err().kind(), Kind::Invalid, "another's key");
    assert_eq!(Authority::new(&leaf, &key(LEAF)).unwrap_err().kind(), Kind::Forbidden, "no authority");
    let middle_key = key(MIDDLE);
    let by = Authority::new(&middle, &middle_key).unwrap();
    let below =
        Template::authority(name("CN=x"), year(), None).issue(key(5).public_key(), &by, &mut rng("below"));
    assert_eq!(below.unwrap_err().kind(), Kind::Forbidden, "path length 0");
}

#[test]
fn names_are_told_as_they_are_taken_and_never_mislead() {
    for text in [
        "CN=host,OU=unit,O=Example\\, Inc.,STREET=1\\+1,L=北京,ST=\\#1,C=CN",
        "CN=\\ a \\ ",
        "emailAddress=a@b.example,serialNumber=12 34,DC=example,UID=u,title=t,SN=s,GN=g",
        "CN=a\\\\b\\\"c\\;d\\<e\\>",
        "CN=a\\0ab\\e2\\80\\aec",
    ] {
        let name = name(text);
        assert_eq!(Name::from_der(name.as_der()).unwrap().to_string(), text);
    }
    assert_eq!(name(" cn = a , c = CN "), name("CN=a,C=CN"));
    assert_eq!(name("CN=\\41\\e5\\af\\86").to_string(), "CN=A密");
    assert_eq!(name("CN=a,CN=b").common_name().unwrap(), "a");
    let long = format!("CN={}", "x".repeat(65));
    for bad in [
        "",
        "CN",
        "CN=",
        "X=1",
        "CN=a,",
        "CN=a+OU=b",
        "CN=\"a\"",
        "CN=a;b",
        "CN=#0c0161",
        "CN=\\",
        "CN=\\4",
        "CN=\\ff",
        "CN=\\a",
        "C=CHN",
        "C=C",
        "C=中国",
        "serialNumber=a_b",
        "emailAddress=ä@b",
        "CN=a\0",
        long.as_str(),
    ] {
        assert_eq!(Name::parse(bad).unwrap_err().kind(), Kind::Invalid, "{bad}");
    }
    let value = |tag: u8, bytes: &[u8]| {
        let pair = element(0x30, &[&[6, 3, 0x55, 4, 3], &element(tag, &[bytes])]);
        Name::from_der(&element(0x30, &[&element(0x31, &[&pair])])).unwrap()
    };
    assert_eq!(value(0x1e, &[0x5b, 0xc6, 0x94, 0xa5]).to_string(), "CN=密钥");
    assert_eq!(value(0x14, &[0xe4]).to_string(), "CN=ä");
    assert_eq!(value(0x1e, &[0x5b]).to_string(), "CN=#1e015b");
    assert_eq!(value(0x0c, &[0xff]).to_string(), "CN=#0c01ff");
    assert_eq!(value(0x0c, b"a\x1b[2Jb").to_string(), "CN=a\\1b[2Jb");
    for bad in
        ["3000ff", "3002310030", "30023100", "31003000", "3006310430020603", "300a3108300606035504030c"]
    {
        assert_eq!(Name::from_der(&unhex(bad)).unwrap_err().kind(), Kind::Malformed, "{bad}");
    }
}

#[test]
fn files_with_several_certificates_are_read_in_their_order() {
    let world = world();
    let text: String = world.iter().map(|one| one.to_pem().unwrap()).collect();
    let key = String::from_utf8(key(5).to_pkcs8_pem().unwrap().expose().to_vec()).unwrap();
    assert_eq!(Certificate::parse_all(format!("a note\n{key}{text}").as_bytes()).unwrap(), world);
    assert_eq!(Certificate::parse(text.as_bytes()).unwrap_err().kind(), Kind::Malformed);
    assert_eq!(Certificate::parse_all(world[0].as_der()).unwrap(), world[..1]);
    // 0 is the tag of a SEQUENCE too.
    assert_eq!(Certificate::parse_all(format!("0: Certificate\n{text}").as_bytes()).unwrap(), world);
    for bad in [
        &b""[..],
        b"no file",
        key.as_bytes(),
        b"-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(Certificate::parse_all(bad).unwrap_err().kind(), Kind::Malformed);
    }
}
