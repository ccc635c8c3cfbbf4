//! Certificates, requests and revocation lists: any bytes are read as themselves or refused, and only what was signed verifies.

use std::sync::OnceLock;

use miyao::{
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Certificate, Crl, Moment, Name, Request,
        certificate::{Authority, Template, Validity},
        chain::{Purpose, Trust},
        extension::{ExtendedKeyUsage, GeneralName},
        request::Draft,
    },
};

use super::{rng, sm2_key};

/// What the SM2 key really signed. Nothing else may ever verify.
#[derive(Default)]
pub struct Genuine {
    /// A root, and what it issued.
    pub certificates: Vec<Vec<u8>>,
    pub requests: Vec<Vec<u8>>,
    /// What the root revoked.
    pub lists: Vec<Vec<u8>>,
}

pub fn genuine() -> &'static Genuine {
    static GENUINE: OnceLock<Genuine> = OnceLock::new();
    GENUINE.get_or_init(|| made().unwrap_or_default())
}

fn made() -> miyao::Result<Genuine> {
    let (key, mut rng) = (sm2_key(), rng());
    let validity = Validity::days(Moment(0), 36_500);
    let names = ["dns:a.example", "ip:::1", "email:a@b", "uri:x:y"];
    let names = names.iter().map(|text| GeneralName::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let purposes = [ExtendedKeyUsage::ServerAuthentication, ExtendedKeyUsage::Any];
    let root = Template::authority(Name::parse("CN=root,C=CN")?, validity, Some(3));
    let root = root.self_sign(&key, DEFAULT_USER_ID, &mut rng)?;
    let by = Authority::new(&root, &key)?;
    let subject = Name::parse("CN=密钥,OU=a\\, b,serialNumber=1,C=CN")?;
    let issued = [
        Template::signing(subject.clone(), validity).purposes(&purposes).alternative_names(&names),
        Template::encryption(Name::parse("CN=x")?, validity),
    ];
    let mut made = Genuine { certificates: vec![root.as_der().to_vec()], ..Genuine::default() };
    for template in issued {
        made.certificates.push(template.issue(key.public_key(), &by, &mut rng)?.as_der().to_vec());
    }
    for draft in
        [Draft::new(subject).alternative_names(&names).purposes(&purposes), Draft::new(Name::parse("CN=x")?)]
    {
        made.requests.push(draft.sign(&key, DEFAULT_USER_ID, &mut rng)?.as_der().to_vec());
    }
    for entries in [
        &[][..],
        &[
            0x30, 18, 2, 1, 7, 0x17, 13, b'7', b'0', b'0', b'1', b'0', b'1', b'0', b'0', b'0', b'0', b'0',
            b'0', b'Z',
        ],
    ] {
        made.lists.push(list(root.subject().as_der(), entries)?);
    }
    Ok(made)
}

/// A revocation list of the root, which the library reads and does not write.
fn list(issuer: &[u8], entries: &[u8]) -> miyao::Result<Vec<u8>> {
    const ALGORITHM: [u8; 12] = [0x30, 10, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75];
    let times = [element(0x17, b"700101000000Z"), element(0x17, b"700201000000Z")].concat();
    let entries = if entries.is_empty() { Vec::new() } else { element(0x30, entries) };
    let body = element(0x30, &[&[2, 1, 1][..], &ALGORITHM, issuer, &times, &entries].concat());
    let (signature, len) = sm2_key().sign(DEFAULT_USER_ID, &body, &mut rng())?.to_der();
    let signature = element(3, &[&[0], &signature[..len]].concat());
    Ok(element(0x30, &[&body[..], &ALGORITHM, &signature].concat()))
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let header = if content.len() < 0x80 { vec![tag] } else { vec![tag, 0x81] };
    [&header[..], &[content.len() as u8], content].concat()
}

fn is_among(known: &[Vec<u8>], data: &[u8]) -> bool {
    known.iter().any(|known| known == data)
}

fn root() -> Vec<Certificate> {
    genuine().certificates.iter().take(1).filter_map(|der| Certificate::from_der(der).ok()).collect()
}

pub fn certificate(data: &[u8]) {
    let is_genuine = is_among(&genuine().certificates, data);
    let Ok(read) = Certificate::from_der(data) else {
        assert!(!is_genuine);
        return;
    };
    assert_eq!(read.as_der(), data);
    assert_eq!(Certificate::parse(read.to_pem().unwrap_or_default().as_bytes()).ok().as_ref(), Some(&read));
    named(read.subject());
    named(read.issuer());
    read.alternative_names().iter().for_each(|name| is_harmless(&name.to_string()));
    let key = sm2_key();
    let verifies = read.verify_signature(key.public_key(), DEFAULT_USER_ID).is_ok();
    assert_eq!(verifies, is_genuine);
    let is_trusted = Trust::new(&root()).verify(&read, Purpose::Any, Moment(1)).is_ok();
    assert_eq!(is_trusted, is_genuine);
    // Nobody signs with what is in it, and nothing breaks when it is asked to be an authority, or trusted.
    assert!(Authority::new(&read, &key).is_err() || read.public_key().ok() == Some(key.public_key()));
    let anchors = [read];
    for known in genuine().certificates.iter().filter_map(|known| Certificate::from_der(known).ok()) {
        let _ = Trust::new(&anchors).intermediates(&anchors).verify(&known, Purpose::Signing, Moment(1));
    }
}

pub fn request(data: &[u8]) {
    let is_genuine = is_among(&genuine().requests, data);
    let Ok(read) = Request::from_der(data) else {
        assert!(!is_genuine);
        return;
    };
    assert_eq!(read.as_der(), data);
    named(read.unverified_subject());
    let is_ours = read.verify(DEFAULT_USER_ID).is_ok_and(|key| key == sm2_key().public_key());
    assert_eq!(is_ours, is_genuine);
}

pub fn revocation_list(data: &[u8]) {
    let Ok(read) = Crl::from_der(data) else { return };
    assert_eq!(read.as_der(), data);
    named(read.issuer());
    for issuer in root() {
        let verifies = read.verify(&issuer, DEFAULT_USER_ID, Moment(1)).is_ok();
        assert_eq!(verifies, is_among(&genuine().lists, data));
    }
    assert!(read.unverified_revoked().len() <= data.len());
}

/// What people write: names, alternative names and moments are told as they are taken.
pub fn certificate_texts(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(name) = Name::parse(text) {
        named(&name);
        assert_eq!(Name::parse(&name.to_string()).ok().as_ref(), Some(&name), "{text:?}");
    }
    if let Ok(name) = GeneralName::parse(text) {
        assert_eq!(GeneralName::parse(&name.to_string()).ok(), Some(name), "{text:?}");
    }
    if let Ok(moment) = Moment::parse(text) {
        assert_eq!(Moment::parse(&moment.to_string()).ok(), Some(moment), "{text:?}");
    }
}

fn named(name: &Name) {
    assert_eq!(Name::from_der(name.as_der()).ok().as_ref(), Some(name));
    is_harmless(&name.to_string());
}

fn is_harmless(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
