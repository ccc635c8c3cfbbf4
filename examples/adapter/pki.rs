//! Key files, certificates, requests, revocation lists and enveloped keys.

use miyao::{
    algo::sm2::{PrivateKey, PublicKey},
    pki::{
        Certificate, Moment,
        chain::{Purpose, Trust},
        crl::Crl,
        enveloped_key, pkcs8,
        request::Request as Csr,
    },
};

use super::{Answer, Reply, Request, one};

pub(super) fn read(request: &Request) -> Answer {
    let id = || request.bytes("id");
    match request.op.as_str() {
        "keyfile" => private(request),
        "pubfile" => {
            let file = request.bytes("f")?;
            let key = PublicKey::from_pem(&file).or_else(|_| PublicKey::from_spki_der(&file)).ok()?;
            one("q", key.to_bytes().to_vec())
        }
        "chain" => {
            let leaf = Certificate::parse(&request.bytes("leaf")?).ok()?;
            let anchors = [Certificate::parse(&request.bytes("root")?).ok()?];
            let between = match request.word("inter") {
                "" => Vec::new(),
                _ => Certificate::parse_all(&request.bytes("inter")?).ok()?,
            };
            let id = id()?;
            let trust = Trust::new(&anchors).intermediates(&between).user_id(&id);
            trust.verify(&leaf, Purpose::Any, moment(request)?).ok()?;
            Some(Reply::Fields(vec![]))
        }
        "csr" => {
            let csr = Csr::parse(&request.bytes("f")?).ok()?;
            one("q", csr.verify(&id()?).ok()?.to_bytes().to_vec())
        }
        "crl" => {
            let issuer = Certificate::parse(&request.bytes("issuer")?).ok()?;
            let crl = Crl::parse(&request.bytes("f")?).ok()?;
            let id = match request.word("id") {
                "" => miyao::algo::sm2::DEFAULT_USER_ID.to_vec(),
                _ => id()?,
            };
            crl.verify(&issuer, &id, moment(request)?).ok()?;
            Some(Reply::Fields(vec![]))
        }
        _ => pair(&enveloped_key::unwrap(&request.bytes("f")?, &request.private()?).ok()?),
    }
}

fn private(request: &Request) -> Answer {
    let file = request.bytes("f")?;
    let key = if request.fields.contains_key("p") {
        let passphrase = request.bytes("p")?;
        pkcs8::decrypt_pem(&file, &passphrase).or_else(|_| pkcs8::decrypt(&file, &passphrase)).ok()?
    } else {
        PrivateKey::from_pem(&file)
            .or_else(|_| PrivateKey::from_pkcs8_der(&file))
            .or_else(|_| PrivateKey::from_sec1_der(&file))
            .ok()?
    };
    pair(&key)
}

fn pair(key: &PrivateKey) -> Answer {
    Some(Reply::Fields(vec![
        ("d", key.expose().expose().to_vec()),
        ("q", key.public_key().to_bytes().to_vec()),
    ]))
}

fn moment(request: &Request) -> Option<Moment> {
    request.word("t").parse().ok().map(Moment)
}
