//! Certificates, requests and lists that BouncyCastle makes (`tests/vectors/Certificates.java`), under two user ids.

use miyao::{
    Kind,
    algo::sm2::PrivateKey,
    pki::{
        Certificate, Crl, Request,
        chain::{Purpose, Trust},
        crl::Reason,
        extension::KeyUsage,
    },
};
use serde_json::Value;

use super::{authorities::moment, unhex};

/// The bytes of this name under this user id, and the private key that belongs to them.
fn vector(name: &str, user_id: &str) -> (Vec<u8>, PrivateKey) {
    let file: Value = serde_json::from_str(include_str!("../vectors/certificates_bc.json")).unwrap();
    let tests = file["tests"].as_array().unwrap();
    let test = tests.iter().find(|test| test["name"] == name && test["id"] == user_id).unwrap();
    let bytes = |field: &str| unhex(test[field].as_str().unwrap());
    (bytes("der"), PrivateKey::from_bytes(&bytes("d").try_into().unwrap()).unwrap())
}

#[test]
fn what_bouncycastle_makes_is_verified_under_its_user_id_only() {
    for (user_id, other) in
        [("1234567812345678", "alice@example.com"), ("alice@example.com", "1234567812345678")]
    {
        let certificate = |name: &str| {
            let (der, key) = vector(name, user_id);
            let read = Certificate::from_der(&der).unwrap();
            assert_eq!(read.public_key().unwrap(), key.public_key());
            read
        };
        let (anchors, between) = ([certificate("root")], [certificate("middle")]);
        let (signing, encryption) = (certificate("signing"), certificate("encryption"));
        let trust = Trust::new(&anchors).intermediates(&between).user_id(user_id.as_bytes());
        let now = moment("2055-12-30");
        trust.verify(&signing, Purpose::Signing, now).unwrap();
        trust.verify(&encryption, Purpose::Encryption, now).unwrap();
        assert_eq!(trust.verify(&signing, Purpose::Encryption, now).unwrap_err().kind(), Kind::Forbidden);
        assert_eq!(
            trust.verify(&signing, Purpose::Any, now.plus_days(1)).unwrap_err().kind(),
            Kind::Forbidden
        );
        let wrong = trust.user_id(other.as_bytes()).verify(&signing, Purpose::Any, now);
        assert_eq!(wrong.unwrap_err().kind(), Kind::Rejected);
        assert_eq!(signing.key_usage(), Some(KeyUsage::SIGNING));
        assert_eq!(signing.basic_constraints().map(|found| found.is_ca), Some(false));
        assert_eq!(signing.subject().to_string(), "CN=signing,O=密钥,C=CN");
        let names: Vec<_> = signing.alternative_names().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["dns:a.example", "ip:10.0.0.1"]);

        let (der, key) = vector("request", user_id);
        let request = Request::from_der(&der).unwrap();
        assert_eq!(request.verify(user_id.as_bytes()).unwrap(), key.public_key());
        assert_eq!(request.verify(other.as_bytes()).unwrap_err().kind(), Kind::Rejected);
        assert_eq!(request.unverified_alternative_names()[0].to_string(), "dns:a.example");

        let lists = [Crl::from_der(&vector("list", user_id).0).unwrap()];
        let current = lists[0].verify(&between[0], user_id.as_bytes(), now).unwrap();
        assert_eq!(current.find(encryption.serial()).unwrap().reason(), Some(Reason::KeyCompromise));
        let trust = Trust::new(&between).crls(&lists).user_id(user_id.as_bytes());
        trust.verify(&signing, Purpose::Any, now).unwrap();
        assert_eq!(trust.verify(&encryption, Purpose::Any, now).unwrap_err().kind(), Kind::Forbidden);
    }
}
