//! A small world of authorities to test with, and certificates and lists put together by hand, as no honest tool would.

use miyao::{
    algo::sm2::{DEFAULT_USER_ID, PrivateKey},
    pki::{
        Certificate, Crl, Moment, Name,
        certificate::{Authority, Template, Validity},
    },
};

use super::{element, key, rng, unhex};

/// SM2 with SM3, without parameters, and with NULL.
pub(super) const ALGORITHM: &str = "300a06082a811ccf55018375";
pub(super) const ALGORITHM_NULL: &str = "300c06082a811ccf550183750500";
/// ECDSA with SHA-256.
pub(super) const ECDSA: &str = "300a06082a8648ce3d040302";

pub(super) const ROOT: u8 = 1;
pub(super) const MIDDLE: u8 = 2;
pub(super) const LEAF: u8 = 3;

pub(super) fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

pub(super) fn now() -> Moment {
    moment("2026-06-01T12:00:00Z")
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn year() -> Validity {
    Validity { from: moment("2026-01-01"), until: moment("2026-12-31T23:59:59Z") }
}

/// A root, an authority below it and the signing certificate of a host below that, by the keys of these numbers.
pub(super) fn world() -> [Certificate; 3] {
    world_under(DEFAULT_USER_ID)
}

/// The same world, where all sign under this user id.
pub(super) fn world_under(user_id: &[u8]) -> [Certificate; 3] {
    let (root_key, middle_key) = (key(ROOT), key(MIDDLE));
    let root = Template::authority(name("CN=root,C=CN"), year(), None)
        .self_sign(&root_key, user_id, &mut rng("root"))
        .unwrap();
    let by_root = Authority::new(&root, &root_key).unwrap().user_id(user_id);
    let middle = Template::authority(name("CN=middle,C=CN"), year(), Some(0))
        .issue(middle_key.public_key(), &by_root, &mut rng("middle"))
        .unwrap();
    let by_middle = Authority::new(&middle, &middle_key).unwrap().user_id(user_id);
    let leaf = Template::signing(name("CN=leaf,C=CN"), year())
        .issue(key(LEAF).public_key(), &by_middle, &mut rng("leaf"))
        .unwrap();
    [root, middle, leaf]
}

/// An extension in DER: its identifier in hexadecimal, whether it is critical, and its value.
pub(super) fn extension(id: &str, is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { &[1, 1, 0xff] } else { &[] };
    element(0x30, &[&element(6, &[&unhex(id)]), critical, &element(4, &[value])])
}

pub(super) fn authority_bit() -> Vec<u8> {
    extension("551d13", true, &[0x30, 3, 1, 1, 0xff])
}

pub(super) fn path_len(most: u8) -> Vec<u8> {
    extension("551d13", true, &[0x30, 6, 1, 1, 0xff, 2, 1, most])
}

/// keyUsage of this BIT STRING.
pub(super) fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension("551d0f", true, &element(3, &[bits]))
}

/// The parts of a certificate, each free to be wrong.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) version: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) inner: Vec<u8>,
    pub(super) outer: Vec<u8>,
    pub(super) issuer: Name,
    pub(super) validity: Vec<u8>,
    pub(super) subject: Name,
    pub(super) spki: Vec<u8>,
    pub(super) extensions: Vec<Vec<u8>>,
    pub(super) user_id: Vec<u8>,
}

impl Parts {
    pub(super) fn new(issuer: &str, subject: &str, key: &PrivateKey) -> Self {
        let time = |text: &[u8]| element(0x17, &[text]);
        Self {
            version: vec![0xa0, 3, 2, 1, 2],
            serial: vec![2, 2, 0x12, 0x34],
            inner: unhex(ALGORITHM),
            outer: unhex(ALGORITHM),
            issuer: name(issuer),
            validity: element(0x30, &[&time(b"260101000000Z"), &time(b"261231235959Z")]),
            subject: name(subject),
            spki: key.public_key().spki().to_vec(),
            extensions: Vec::new(),
            user_id: DEFAULT_USER_ID.to_vec(),
        }
    }

    pub(super) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(super) fn der(&self, signer: &PrivateKey) -> Vec<u8> {
        let extensions = match self.extensions.is_empty() {
            true => Vec::new(),
            false => element(0xa3, &[&element(0x30, &[&self.extensions.concat()])]),
        };
        let parts = [
            &self.version[..],
            &self.serial,
            &self.inner,
            self.issuer.as_der(),
            &self.validity,
            self.subject.as_der(),
            &self.spki,
            &extensions,
        ];
        signed(&element(0x30, &parts), &self.outer, signer, &self.user_id)
    }

    pub(super) fn sign(&self, signer: &PrivateKey) -> Certificate {
        Certificate::from_der(&self.der(signer)).unwrap()
    }
}

/// A body, this name of an algorithm, and a genuine signature.
pub(super) fn signed(body: &[u8], algorithm: &[u8], signer: &PrivateKey, user_id: &[u8]) -> Vec<u8> {
    let (signature, len) = signer.sign(user_id, body, &mut rng("signed")).unwrap().to_der();
    element(0x30, &[body, algorithm, &element(3, &[&[0], &signature[..len]])])
}

/// The parts of a revocation list of `CN=middle`, each free to be wrong.
#[derive(Clone)]
pub(super) struct List {
    pub(super) inner: Vec<u8>,
    pub(super) issuer: Name,
    pub(super) this_update: Vec<u8>,
    pub(super) next_update: Vec<u8>,
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) extensions: Vec<Vec<u8>>,
    pub(super) user_id: Vec<u8>,
}

impl List {
    pub(super) fn new(issuer: &str) -> Self {
        Self {
            inner: unhex(ALGORITHM),
            issuer: name(issuer),
            this_update: element(0x17, &[b"260525000000Z"]),
            next_update: element(0x17, &[b"260625000000Z"]),
            entries: Vec::new(),
            extensions: Vec::new(),
            user_id: DEFAULT_USER_ID.to_vec(),
        }
    }

    /// Puts this number on the list, with extensions of the entry.
    pub(super) fn revoking(mut self, serial: &[u8], extensions: &[Vec<u8>]) -> Self {
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => element(0x30, &[&extensions.concat()]),
        };
        let when = element(0x17, &[b"260520000000Z"]);
        self.entries.push(element(0x30, &[&element(2, &[serial]), &when, &extensions]));
        self
    }

    pub(super) fn der(&self, signer: &PrivateKey) -> Vec<u8> {
        let entries = match self.entries.is_empty() {
            true => Vec::new(),
            false => element(0x30, &[&self.entries.concat()]),
        };
        let extensions = match self.extensions.is_empty() {
            true => Vec::new(),
            false => element(0xa0, &[&element(0x30, &[&self.extensions.concat()])]),
        };
        let parts = [
            &[2, 1, 1],
            &self.inner[..],
            self.issuer.as_der(),
            &self.this_update,
            &self.next_update,
            &entries,
            &extensions,
        ];
        signed(&element(0x30, &parts), &unhex(ALGORITHM), signer, &self.user_id)
    }

    pub(super) fn sign(&self, signer: &PrivateKey) -> Crl {
        Crl::from_der(&self.der(signer)).unwrap()
    }
}
