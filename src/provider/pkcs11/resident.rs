//! Keys that are kept and used inside a token: made, recognised, used, destroyed.
//!
//! Knows no permission; who asks has shown one. What is used is the key of a reference's fingerprint or none.

use alloc::{sync::Arc, vec::Vec};

use cryptoki_sys as ck;
use cryptoki_sys::CK_ULONG;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    Class, Suite,
    fault::Fault,
    keys::{self, Family, Key, Wanted, mismatch, odd},
    profile::{self, Input, Operation},
    raw::{Mechanism, Object, Parameter},
    reference::{Reference, Way},
    session::Session,
    template::{self, Named, Purpose},
};
use crate::{
    algo::sm2::{PublicKey, Signature},
    error::{Error, Kind, Result},
    key::Spec,
    label,
    provider::{Resident, ResidentId},
    secret::{Secret, SecretBytes},
};

/// A byte of C3 in `04 ‖ x ‖ y ‖ C3 ‖ C2`.
const C3: usize = 70;

impl Session<'_> {
    /// Whether keys of this spec can be made and used.
    pub(super) fn offers(&self, spec: Spec) -> bool {
        self.way(spec).is_ok()
    }

    fn way(&self, spec: Spec) -> Result<Way, Fault> {
        let keys = &self.ready.profile.keys;
        let offered = |way: &&Way| {
            way.key_type(keys).is_some() && self.using(**way).is_ok() && self.mechanism(way.making()).is_ok()
        };
        Way::of(spec).iter().find(offered).copied().ok_or_else(|| {
            if spec == Spec::Sm2Encrypt && self.ready.profile.quirks.unchecked_c3 {
                return unchecked();
            }
            Error::new(Kind::Unsupported, "the token cannot keep keys of this spec; see `miyao hsm probe`")
                .about(spec.as_str())
                .into()
        })
    }

    /// The mechanism of a way. A signature is made of a digest, since that is all there is of the message.
    fn using(&self, way: Way) -> Result<&profile::Mechanism, Fault> {
        if way == Way::Decrypt && self.ready.profile.quirks.unchecked_c3 {
            return Err(unchecked());
        }
        if way != Way::Sign {
            return self.mechanism(way.operation());
        }
        self.ready.mechanism_that(Operation::Sm2Sign, |entry| entry.input == Some(Input::Digest)).ok_or_else(
            || {
                Error::new(
                    Kind::Unsupported,
                    "the token does not offer SM2 signatures of a digest; see `miyao hsm probe`",
                )
                .into()
            },
        )
    }

    /// Makes a key, after a look that there is none of its id.
    pub(super) fn make_resident(&self, spec: Spec, id: ResidentId, label: &str) -> Result<Resident, Fault> {
        let (way, wanted) = (self.way(spec)?, Wanted::by_id(&id.0));
        if self.find(&wanted)?.is_some() {
            return Err(
                Error::new(Kind::Exists, "the token has a key of this id already; choose another").into()
            );
        }
        // The public half of one whose destruction was interrupted would be a second one of this id.
        self.destroy_public(&wanted)?;
        self.change()?;
        let made = self.generate_resident(way, Named { id: &id.0, label })?;
        let found = self.find_resident(spec, id).and_then(|found| {
            if way == Way::Decrypt {
                self.check_refusal(&self.key(&wanted)?)?;
            }
            Ok(found)
        });
        if !matches!(found, Ok(Some(_))) {
            // Nobody has its reference; why it is of no use says more than this failure would.
            let _ = made.into_iter().try_for_each(|object| self.destroy(object, "destroying a key"));
        }
        found?.ok_or_else(|| odd("looking for a key that was just made"))
    }

    fn generate_resident(&self, way: Way, named: Named<'_>) -> Result<Vec<Object>, Fault> {
        let keys = &self.ready.profile.keys;
        let making = Mechanism::plain(self.mechanism(way.making())?.code as CK_ULONG);
        let allowed = [self.using(way)?.code as CK_ULONG];
        let kind = way.key_type(keys).ok_or_else(|| {
            Error::new(Kind::Unsupported, "the profile does not say what type the key has; probe the device")
        })?;
        let code = kind.code as CK_ULONG;
        if way != Way::Mac {
            return self.generate_sm2(code, kind.params, (&making, &allowed), named, way.purpose());
        }
        let template = template::secret(code, kind.length.then_some(32), named, Purpose::Sign);
        let made = self.held_to(&allowed, (template, Vec::new()), |template, _| {
            self.call.generate(self.handle, &making, template)
        });
        Ok(alloc::vec![made.map_err(Fault::while_("making a key"))?])
    }

    /// What was made under an id, if a token that answers has it.
    pub(super) fn find_resident(&self, spec: Spec, id: ResidentId) -> Result<Option<Resident>, Fault> {
        let Some(key) = self.find(&Wanted::by_id(&id.0))? else { return Ok(None) };
        let way = self.way_of(spec, &key)?;
        let fingerprint = self.resident_fingerprint(way, &key)?;
        let public = match &key {
            Key::Sm2 { public, .. } => Some(public.to_bytes()),
            Key::Secret { .. } => None,
        };
        let reference = Reference { spec, way, id: id.0, fingerprint }.to_bytes();
        Ok(Some(Resident { reference, public }))
    }

    /// How a key of this spec was made to be used.
    fn way_of(&self, spec: Spec, key: &Key) -> Result<Way, Fault> {
        let object = match key {
            Key::Sm2 { private, .. } => *private,
            Key::Secret { object, .. } => *object,
        };
        for way in Way::of(spec) {
            let usage = match way.purpose() {
                Purpose::Derive => ck::CKA_DERIVE,
                Purpose::Decrypt => ck::CKA_DECRYPT,
                Purpose::Sign => ck::CKA_SIGN,
                Purpose::Unwrap => ck::CKA_UNWRAP,
            };
            let flag = self.call.flag(self.handle, object, usage);
            if (*way == Way::Mac) != spec.is_sm2() && flag.map_err(Fault::while_("reading an attribute"))? {
                return Ok(*way);
            }
        }
        Err(mismatch())
    }

    fn resident_fingerprint(&self, way: Way, key: &Key) -> Result<[u8; 32], Fault> {
        match (way, key) {
            (Way::Ecdh, Key::Sm2 { private, public }) => {
                self.check_pair(*private, public)?;
                Ok(keys::fingerprint(public))
            }
            (Way::Decrypt, Key::Sm2 { public, .. }) => {
                self.check_decryption(Suite::Sm2PkeDevice, key, public)?;
                Ok(keys::fingerprint(public))
            }
            (Way::Sign, Key::Sm2 { public, .. }) => Ok(keys::fingerprint(public)),
            (Way::Mac, Key::Secret { object, family: Family::Hmac }) => {
                Ok(*self.hmac(*object, label::ROOT_CHECK)?.expose())
            }
            (_, Key::Sm2 { .. } | Key::Secret { .. }) => Err(mismatch()),
        }
    }

    /// The key that a reference names: found once a generation, and recognised by its fingerprint.
    pub(super) fn resident(&self, reference: &Reference, fresh: bool) -> Result<Arc<Key>, Fault> {
        let name = reference.to_bytes();
        if let Some(key) = self.ready.found.key(&name).filter(|_| !fresh) {
            return Ok(key);
        }
        self.ready.found.forget_key(&name);
        let key = Arc::new(self.key(&reference.wanted())?);
        let fingerprint = self.resident_fingerprint(reference.way, &key)?;
        if !bool::from(fingerprint.ct_eq(&reference.fingerprint)) {
            return Err(mismatch());
        }
        self.ready.found.keep_key(name, Arc::clone(&key));
        Ok(key)
    }

    pub(super) fn resident_sign(&self, reference: &Reference, e: &[u8; 32]) -> Result<[u8; 64], Fault> {
        let key = self.resident(reference, false)?;
        let (Way::Sign, Key::Sm2 { private, public }) = (reference.way, &*key) else {
            return Err(mismatch());
        };
        let entry = self.using(Way::Sign)?;
        let mut made = [0; 80];
        let mechanism = Mechanism::plain(entry.code as CK_ULONG);
        let written = self.call.sign(self.handle, &mechanism, *private, e, &mut made);
        let written = written.map_err(Fault::while_("an SM2 signature"))?;
        let signature = match entry.signature {
            Some(profile::Signature::Der) => Signature::from_der(&made[..written]),
            _ => made[..written].try_into().map_err(|_| crate::Rejected).and_then(Signature::from_bytes),
        };
        let signature = signature.map_err(|_| odd("an SM2 signature"))?;
        verified(public, e, &signature)?;
        Ok(signature.to_bytes())
    }

    pub(super) fn resident_decrypt(
        &self,
        reference: &Reference,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, Fault> {
        let key = self.resident(reference, false)?;
        match (reference.way, &*key) {
            (Way::Ecdh | Way::Decrypt, Key::Sm2 { private, .. }) => {
                self.using(reference.way)?;
                let text = self.sm2_decrypt(reference.way.operation(), *private, ciphertext)?;
                if reference.way == Way::Decrypt {
                    self.check_refusal(&key)?;
                }
                Ok(text)
            }
            _ => Err(mismatch()),
        }
    }

    /// A known answer of a token that decrypts: a ciphertext with another C3 has none. Once a generation, since it fails; what was
    /// decrypted before it is not given to anybody until then.
    fn check_refusal(&self, key: &Key) -> Result<(), Fault> {
        let Key::Sm2 { private, public } = key else { return Err(mismatch()) };
        if self.ready.found.refuses() {
            return Ok(());
        }
        let mut ciphertext = self.known_ciphertext(public)?;
        ciphertext[C3] ^= 1;
        let answer = self.sm2_decrypt(Operation::Sm2Encrypt, *private, &ciphertext);
        self.spoil();
        let quirks = &self.ready.profile.quirks;
        match answer {
            // What has another length than the text is an answer too.
            Ok(_) | Err(Fault::Call { opens: false, .. }) => return Err(unchecked()),
            Err(fault) if fault.is_rejection(quirks) => {}
            // It may have failed by itself, which is no refusal.
            Err(fault @ Fault::Call { class: Class::Config | Class::Ambiguous, .. }) => {
                self.check_well(key, public).map_err(|_| fault.of_a_check(quirks))?;
            }
            Err(fault) => return Err(fault.of_a_check(quirks)),
        }
        self.ready.found.keep_refusal();
        Ok(())
    }

    /// The token decrypts what is genuine just now: on another session where it kept this one in what failed.
    fn check_well(&self, key: &Key, public: &PublicKey) -> Result<(), Fault> {
        match self.check_decryption(Suite::Sm2PkeDevice, key, public) {
            Err(fault) if fault.is(&[ck::CKR_OPERATION_ACTIVE]) => {
                self.beside(|session| session.check_decryption(Suite::Sm2PkeDevice, key, public))
            }
            result => result,
        }
    }

    /// Nothing shows under which key a MAC is. A module may give the number of a key that was destroyed to another one, so it is
    /// asked after the MAC whose number that is: before it the answer could be of what was.
    pub(super) fn resident_mac(&self, reference: &Reference, message: &[u8]) -> Result<Secret<32>, Fault> {
        for fresh in [false, true] {
            let key = self.resident(reference, fresh)?;
            let (Way::Mac, Key::Secret { object, .. }) = (reference.way, &*key) else {
                return Err(mismatch());
            };
            let mac = self.hmac(*object, message)?;
            let id = self.call.attribute(self.handle, *object, ck::CKA_ID, 256);
            if *id.map_err(Fault::while_("reading an attribute"))? == reference.id {
                return Ok(mac);
            }
        }
        Err(mismatch())
    }

    fn hmac(&self, key: Object, message: &[u8]) -> Result<Secret<32>, Fault> {
        let entry = self.mechanism(Operation::HmacSm3)?;
        self.check_length(message.len())?;
        let parameter = match entry.parameter {
            Some(profile::Parameter::KeyHandle) => Parameter::Handle(key),
            _ => Parameter::None,
        };
        let mechanism = Mechanism::with(entry.code as CK_ULONG, parameter);
        Secret::try_build(|tag| {
            let written = self.call.sign(self.handle, &mechanism, key, message, tag);
            let written = written.map_err(Fault::while_("HMAC-SM3"))?;
            if written == tag.len() { Ok(()) } else { Err(odd("HMAC-SM3")) }
        })
    }

    /// Destroys the key of a reference, and no other of its name; that there is none is success.
    pub(super) fn destroy_resident(&self, reference: &Reference) -> Result<(), Fault> {
        let wanted = reference.wanted();
        if self.find(&wanted)?.is_none() {
            self.ready.found.forget_key(&reference.to_bytes());
            return self.destroy_public(&wanted);
        }
        let key = self.resident(reference, true)?;
        self.ready.found.forget_key(&reference.to_bytes());
        let object = match &*key {
            Key::Sm2 { private, .. } => *private,
            Key::Secret { object, .. } => *object,
        };
        self.destroy(object, "destroying a key")?;
        self.destroy_public(&wanted)
    }

    /// Destroys what is left of a key that is not there any more.
    pub(super) fn sweep_resident(&self, id: ResidentId) -> Result<(), Fault> {
        let wanted = Wanted::by_id(&id.0);
        if self.find(&wanted)?.is_some() { Ok(()) } else { self.destroy_public(&wanted) }
    }

    /// The public half, which may be left over from an interrupted destruction.
    fn destroy_public(&self, wanted: &Wanted) -> Result<(), Fault> {
        let mut halves = self.objects(ck::CKO_PUBLIC_KEY, wanted)?.into_iter();
        halves.try_for_each(|object| self.destroy(object, "destroying a public key"))
    }

    /// Destroys an object for whoever waits for that. Once nobody does others may have destroyed it, and its number be another's.
    fn destroy(&self, object: Object, doing: &'static str) -> Result<(), Fault> {
        self.change()?;
        self.call.destroy(self.handle, object).map_err(Fault::while_(doing))
    }
}

fn unchecked() -> Fault {
    Error::new(
        Kind::Unsupported,
        "the token decrypts SM2 ciphertexts without a look at C3, so that altered ones would be taken for genuine; keep keys that \
         decrypt in software, or in another device",
    )
    .into()
}

/// A device that signs something else than it was asked to is misread: its profile is wrong.
fn verified(public: &PublicKey, e: &[u8; 32], signature: &Signature) -> Result<(), Fault> {
    public.verify_digest(e, signature).map_err(|rejection| {
        let what = "the token's signature is not of the digest; its profile is wrong: run `miyao hsm probe`";
        Error::new(Kind::SelfTest, what).caused_by(rejection).into()
    })
}

/// What a message that is given in parts is, in one piece; it may derive keys.
pub(super) fn joined(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(parts.concat())
}
