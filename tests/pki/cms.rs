//! Messages of GM/T 0010: what gmsm and GmSSL make is read, and what is wrong is refused.

use miyao::{
    algo::sm2::{PrivateKey, Signature},
    pki::{
        Certificate,
        cms::{Dialect, Holder},
    },
};
use serde_json::Value;

use super::{element, replaced, rng, unhex};

#[path = "cms/altered.rs"]
mod altered;
#[path = "cms/enveloped.rs"]
mod enveloped;
#[path = "cms/made.rs"]
mod made;
#[path = "cms/peers.rs"]
mod peers;
#[path = "cms/refused.rs"]
mod refused;
#[path = "cms/signed.rs"]
mod signed;
#[path = "cms/signed_and_enveloped.rs"]
mod signed_and_enveloped;

/// A message that somebody made, and who signed it or can read it.
struct Made {
    way: String,
    content: Vec<u8>,
    der: Vec<u8>,
    holders: Vec<(Holder, PrivateKey)>,
}

impl Made {
    fn dialect(&self) -> Dialect {
        match self.way.split(' ').next().unwrap() {
            "standard" => Dialect::Standard,
            "pkcs7" => Dialect::Pkcs7,
            "gmssl" => Dialect::GmSsl,
            "cfca" => Dialect::Cfca,
            other => panic!("{other}"),
        }
    }
}

/// What gmsm and GmSSL made of this kind.
fn made_by_others(kind: &str) -> Vec<Made> {
    let text = |value: &Value, field: &str| value[field].as_str().unwrap().to_owned();
    let of = |file: &str| {
        let file: Value = serde_json::from_str(file).unwrap();
        let tests = file["tests"].as_array().unwrap().iter().filter(|test| test["kind"] == kind);
        let read = |test: &Value| Made {
            way: text(test, "way"),
            content: unhex(&text(test, "content")),
            der: unhex(&text(test, "der")),
            holders: test["holders"]
                .as_array()
                .unwrap()
                .iter()
                .map(|of| {
                    let certificate = Certificate::from_der(&unhex(&text(of, "certificate"))).unwrap();
                    let key = PrivateKey::from_bytes(&unhex(&text(of, "d")).try_into().unwrap()).unwrap();
                    (Holder::of(&certificate).unwrap(), key)
                })
                .collect(),
        };
        tests.map(read).collect::<Vec<_>>()
    };
    let gmsm = of(include_str!("../vectors/cms_gmsm.json"));
    let found: Vec<_> = gmsm.into_iter().chain(of(include_str!("../vectors/cms_gmssl.json"))).collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

/// Two holders of certificates that gmsm made, with their keys.
fn holders() -> [(Holder, PrivateKey); 2] {
    made_by_others("enveloped").remove(0).holders.try_into().map_err(|_| "two").unwrap()
}

/// Without their certificates.
fn bare(holder: &Holder) -> Holder {
    Holder::new(holder.issuer(), holder.serial(), holder.public_key()).unwrap()
}

fn oid(hex: &str) -> Vec<u8> {
    element(6, &[&unhex(hex)])
}

fn signature(signature: &Signature) -> Vec<u8> {
    let (der, len) = signature.to_der();
    element(4, &[&der[..len]])
}

const SM3: &str = "2a811ccf55018311";
const SM2_1: &str = "2a811ccf5501822d01";
const DATA: &str = "2a811ccf550601040201";
const SIGNED: &str = "2a811ccf550601040202";
const ENVELOPED: &str = "2a811ccf550601040203";
