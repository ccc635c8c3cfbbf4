//! What is on the desk of every test: roots, seals, keys that stay inside, and the permissions to use them.

use core::fmt::Debug;

use miyao::{
    Kind, Result, Secret,
    algo::{
        drbg::Drbg,
        sm2::{Encoding, PublicKey, Signature},
        sm3,
    },
    key::{Key, KeyId, KeyName, NewKey, Number, Spec, Time, Usage, Version},
    provider::{
        Device, Permission, Provider, Resident, ResidentId, RootId, Roots,
        pkcs11::{Settings, Suite, Token},
    },
};

pub(crate) const BINDING: &[u8] = b"store 1, epoch 1";
pub(crate) const MASTER: [u8; 32] = [0xA7; 32];
pub(crate) const TEXT: &[u8] =
    b"a text that is longer than one block of SM3, so that its key stream is of two parts";

pub(crate) fn rng(seed: u8) -> Drbg {
    Drbg::new(&[seed; 32], b"the provider on the token", b"")
}

pub(crate) fn with(suite: Suite) -> Settings {
    Settings::default().suite(suite)
}

pub(crate) fn root(token: &Token, number: u8) -> Box<dyn Provider> {
    token.create(&RootId([number; 16])).unwrap()
}

pub(crate) fn try_seal(root: &dyn Provider, seed: u8) -> Result<Vec<u8>> {
    root.seal(&Secret::take(&mut MASTER.clone()), BINDING, &mut rng(seed))
}

pub(crate) fn seal(root: &dyn Provider, seed: u8) -> Vec<u8> {
    try_seal(root, seed).unwrap()
}

/// It is opened and gives what was sealed, or it is refused; nothing else happens.
pub(crate) fn try_open(root: &dyn Provider, sealed: &[u8]) -> Result<()> {
    root.open(sealed, BINDING).map(|opened| assert_eq!(opened.expose(), &MASTER))
}

#[track_caller]
pub(crate) fn kind<T: Debug>(result: Result<T>) -> Kind {
    result.map_err(|error| error.kind()).expect_err("it must be refused")
}

/// A key and its active version, from which permissions come.
pub(crate) fn owner(spec: Spec) -> (Key, Version) {
    let (id, now) = (KeyId::from_bytes([7; 16]), Time(1));
    let mut key = Key::new(id, NewKey::new(KeyName::parse("a").unwrap(), spec), now).unwrap();
    let mut version = Version::staged(id, Number::FIRST, now);
    key.activate(None, &mut version, now).unwrap();
    (key, version)
}

/// A key inside, and what allows its use.
pub(crate) struct Held {
    pub(crate) spec: Spec,
    pub(crate) resident: Resident,
    owner: (Key, Version),
}

impl Held {
    pub(crate) fn make(token: &Token, spec: Spec, number: u8) -> Self {
        let resident = token.generate(spec, &ResidentId([number; 16]), "a key of a test").unwrap();
        Self { spec, resident, owner: owner(spec) }
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::from_bytes(&self.resident.public.unwrap()).unwrap()
    }

    /// Signs the digest of a message; the signature is right or this ends the test.
    pub(crate) fn sign(&self, token: &Token, message: &[u8]) -> Result<()> {
        let e = sm3::digest(message);
        let permission = self.owner.0.signing(&self.owner.1, Usage::default(), Time(2)).unwrap();
        let signature = token.sign(&permission, &self.resident.reference, &e)?;
        let signature = Signature::from_bytes(&signature).unwrap();
        self.public().verify_digest(&e, &signature).unwrap();
        self.public().verify_digest(&sm3::digest(b"another"), &signature).unwrap_err();
        Ok(())
    }

    pub(crate) fn ciphertext(&self, seed: u8) -> Vec<u8> {
        self.public().encrypt(TEXT, Encoding::C1C3C2, &mut rng(seed)).unwrap()
    }

    pub(crate) fn decrypt(&self, token: &Token, ciphertext: &[u8]) -> Result<Vec<u8>> {
        let permission = self.owner.0.opening(&self.owner.1, Time(2)).unwrap();
        let text = token.decrypt(&permission, &self.resident.reference, ciphertext)?;
        Ok(text.expose().to_vec())
    }

    pub(crate) fn mac(&self, token: &Token, parts: &[&[u8]]) -> Result<[u8; 32]> {
        let reference = &self.resident.reference;
        let (key, version) = &self.owner;
        if self.spec == Spec::Sm4 {
            let permission = key.sealing(version, Usage::default(), Time(2)).unwrap();
            return Ok(*token.mac(Permission::Sealing(&permission), reference, parts)?.expose());
        }
        let permission = key.macing(version, Usage::default(), Time(2)).unwrap();
        Ok(*token.mac(Permission::Macing(&permission), reference, parts)?.expose())
    }
}
