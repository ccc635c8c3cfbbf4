//! Certificates as they are read.

use miyao::{
    Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::{Certificate, Name, SignatureAlgorithm, extension::BasicConstraints},
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
