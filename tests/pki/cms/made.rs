//! Signed messages made by hand, part by part, so that each part can be wrong.

use miyao::{
    algo::{
        sm2::{DEFAULT_USER_ID, PrivateKey},
        sm3,
    },
    pki::cms::Holder,
};

use super::{DATA, SIGNED, SM2_1, SM3, element, oid, rng, signature};

/// A message of one signer; what is not said is right.
pub(super) struct Parts {
    pub(super) version: u8,
    pub(super) identifier: Option<Vec<u8>>,
    pub(super) digest_algorithm: Vec<u8>,
    pub(super) attributes: Option<Vec<Vec<u8>>>,
    pub(super) signature_algorithm: Vec<u8>,
    pub(super) signature: Option<Vec<u8>>,
    pub(super) content_type: Vec<u8>,
    pub(super) content: Vec<u8>,
    pub(super) after: Vec<u8>,
}

impl Parts {
    pub(super) fn new(content: &[u8]) -> Self {
        Self {
            version: 1,
            identifier: None,
            digest_algorithm: algorithm(SM3),
            attributes: None,
            signature_algorithm: algorithm(SM2_1),
            signature: None,
            content_type: oid(DATA),
            content: content.to_vec(),
            after: Vec::new(),
        }
    }

    /// With attributes that are as they should be, in the order of DER.
    pub(super) fn with_attributes(content: &[u8]) -> Self {
        Self { attributes: Some(attributes(content)), ..Self::new(content) }
    }

    pub(super) fn signer(&self, holder: &Holder, key: &PrivateKey) -> Vec<u8> {
        let set = self.attributes.as_ref().map(|all| all.concat());
        let signed = set.as_ref().map_or_else(|| self.content.clone(), |set| element(0x31, &[set]));
        let own = || signature(&key.sign(DEFAULT_USER_ID, &signed, &mut rng("made")).unwrap());
        let identifier = element(0x30, &[holder.issuer().as_der(), &element(2, &[holder.serial()])]);
        element(
            0x30,
            &[
                &[2, 1, self.version],
                self.identifier.as_ref().unwrap_or(&identifier),
                &self.digest_algorithm,
                &set.map(|set| element(0xa0, &[&set])).unwrap_or_default(),
                &self.signature_algorithm,
                &self.signature.clone().unwrap_or_else(own),
                &self.after,
            ],
        )
    }

    pub(super) fn message(&self, signers: &[&[u8]]) -> Vec<u8> {
        let info = element(0x30, &[&self.content_type, &element(0xa0, &[&element(4, &[&self.content])])]);
        around(SIGNED, &[&[2, 1, 1], &element(0x31, &[&algorithm(SM3)]), &info, &element(0x31, signers)])
    }

    pub(super) fn by(&self, holder: &Holder, key: &PrivateKey) -> Vec<u8> {
        self.message(&[&self.signer(holder, key)])
    }
}

/// A ContentInfo of this type around a SEQUENCE of these parts.
pub(super) fn around(content_type: &str, parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &[&oid(content_type), &element(0xa0, &[&element(0x30, parts)])])
}

pub(super) fn algorithm(hex: &str) -> Vec<u8> {
    element(0x30, &[&oid(hex), &[5, 0]])
}

pub(super) fn attribute(hex: &str, values: &[&[u8]]) -> Vec<u8> {
    element(0x30, &[&oid(hex), &element(0x31, values)])
}

pub(super) fn attributes(content: &[u8]) -> Vec<Vec<u8>> {
    vec![
        attribute(CONTENT_TYPE, &[&oid(DATA)]),
        attribute(MESSAGE_DIGEST, &[&element(4, &[&sm3::digest(content)])]),
    ]
}

pub(super) const CONTENT_TYPE: &str = "2a864886f70d010903";
pub(super) const MESSAGE_DIGEST: &str = "2a864886f70d010904";
