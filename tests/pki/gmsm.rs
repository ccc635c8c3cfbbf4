//! Certificates, requests and lists that gmsm makes (`tests/vectors/certificates.go`).

use miyao::{
    Kind,
    algo::sm2::{DEFAULT_USER_ID, PrivateKey},
    pki::{
        Certificate, Crl, Request,
        chain::{Purpose, Trust},
        crl::Reason,
    },
};
use serde_json::Value;

use super::{authorities::moment, unhex};

/// The bytes of this name, and the private key that belongs to them.
fn vector(name: &str) -> (Vec<u8>, PrivateKey) {
    let file: Value = serde_json::from_str(include_str!("../vectors/certificates.json")).unwrap();
    let test = file["tests"].as_array().unwrap().iter().find(|test| test["name"] == name).unwrap();
    let bytes = |field: &str| unhex(test[field].as_str().unwrap());
    (bytes("der"), PrivateKey::from_bytes(&bytes("d").try_into().unwrap()).unwrap())
}

fn certificate(name: &str) -> Certificate {
    let (der, key) = vector(name);
    let read = Certificate::from_der(&der).unwrap();
    assert_eq!(read.public_key().unwrap(), key.public_key());
    read
}

#[test]
fn chains_of_gmsm_are_verified_and_its_list_revokes() {
    let (anchors, between) = ([certificate("root")], [certificate("middle")]);
    let (signing, encryption) = (certificate("signing"), certificate("encryption"));
    let trust = Trust::new(&anchors).intermediates(&between);
    let now = moment("2054-12-31");
    trust.verify(&signing, Purpose::ServerAuthentication, now).unwrap();
    trust.verify(&signing, Purpose::Signing, now).unwrap();
    trust.verify(&encryption, Purpose::Encryption, now).unwrap();
    for (end, purpose) in [(&signing, Purpose::Encryption), (&encryption, Purpose::Signing)] {
        assert_eq!(trust.verify(end, purpose, now).unwrap_err().kind(), Kind::Forbidden);
    }
    assert_eq!(trust.user_id(b"").verify(&signing, Purpose::Any, now).unwrap_err().kind(), Kind::Rejected);
    assert_eq!(signing.validity().until, moment("2055-12-31T23:59:59Z"), "a GeneralizedTime");
    assert_eq!(signing.subject().to_string(), "CN=signing,O=密钥,C=CN");
    let names: Vec<_> = signing.alternative_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["dns:a.example", "ip:10.0.0.1"]);

    let list = Crl::from_der(&vector("list").0).unwrap();
    let current = list.verify(&between[0], DEFAULT_USER_ID, now).unwrap();
    assert_eq!(current.find(encryption.serial()).unwrap().reason(), Some(Reason::KeyCompromise));
    assert_eq!(current.find(signing.serial()), None);
    let lists = [list];
    // The authority between has an issuer too, of whom there is no list.
    let trusted = Trust::new(&between).crls(&lists);
    trusted.verify(&signing, Purpose::Any, now).unwrap();
    assert_eq!(trusted.verify(&encryption, Purpose::Any, now).unwrap_err().kind(), Kind::Forbidden);
    assert_eq!(trust.crls(&lists).verify(&signing, Purpose::Any, now).unwrap_err().kind(), Kind::Missing);
}

#[test]
fn requests_of_gmsm_prove_their_key() {
    let (der, key) = vector("request");
    let request = Request::from_der(&der).unwrap();
    assert_eq!(request.verify(DEFAULT_USER_ID).unwrap(), key.public_key());
    assert_eq!(request.unverified_alternative_names()[0].to_string(), "dns:a.example");
    assert_eq!(request.verify(b"").unwrap_err().kind(), Kind::Rejected);
}
