//! Root keys on a session: recognised by what they compute, and made only for who says so.
//!
//! Knows suites, and no seal.

use alloc::{format, string::String, sync::Arc, vec::Vec};

use cryptoki_sys as ck;
use cryptoki_sys::CK_ULONG;
use subtle::ConstantTimeEq;

use super::{
    Suite,
    fault::Fault,
    found::RootKey,
    hiding::Iv,
    keys::{self, Key, Wanted, mismatch},
    profile::{Operation, Params},
    raw::{Attribute, Mechanism, Object, Rv},
    session::Session,
    template::{self, Named},
};
use crate::{
    algo::{
        sm2::{Encoding, PublicKey},
        sm3,
    },
    error::{Error, Kind},
    label,
    provider::RootId,
};

/// The root is new under its identifier; another number would be its successor there.
pub(super) const VERSION: u32 = 1;

impl Session<'_> {
    /// The one root that is wanted, for a suite if it must be one: as it was recognised in this generation, or freshly so.
    pub(super) fn root(
        &self,
        wanted: &Wanted,
        suite: Option<Suite>,
        fresh: bool,
    ) -> Result<Arc<RootKey>, Fault> {
        let asked = (wanted.clone(), suite);
        if let Some(root) = self.ready.found.root(&asked).filter(|_| !fresh) {
            return Ok(root);
        }
        let key = self.key(wanted)?;
        let root = Arc::new(self.recognise(key, suite)?);
        self.ready.found.keep_root(asked, Arc::clone(&root));
        Ok(root)
    }

    /// The root that a seal was made under: whatever is of its name and another key is not it.
    pub(super) fn sealing_root(
        &self,
        wanted: &Wanted,
        suite: Suite,
        fingerprint: &[u8; 32],
    ) -> Result<Arc<RootKey>, Fault> {
        for fresh in [false, true] {
            let root = self.root(wanted, Some(suite), fresh)?;
            if bool::from(root.fingerprint.ct_eq(fingerprint)) {
                return Ok(root);
            }
        }
        Err(mismatch())
    }

    /// Makes a root of this identifier, after a look that there is none.
    pub(super) fn make_root(&self, id: RootId, suite: Option<Suite>) -> Result<Arc<RootKey>, Fault> {
        let wanted = Wanted::by_id(&id.0);
        if self.find(&wanted)?.is_some() {
            return Err(Error::new(
                Kind::Exists,
                "the token has a key of this identifier already; choose another",
            )
            .into());
        }
        let suite = suite.map_or_else(|| self.first_offered(), Ok)?;
        suite.check_policy(self.link.settings.gm_only)?;
        self.mechanism(suite.operation())?;
        let label: String =
            id.0.iter().fold(String::from("miyao root "), |text, byte| text + &format!("{byte:02x}"));
        self.change()?;
        self.generate(suite, Named { id: &id.0, label: &label })?;
        // It stays whatever becomes of this: somebody else may have found it by its identifier meanwhile and sealed with it.
        self.root(&wanted, Some(suite), true)
    }

    /// The suite that the token offers, the ones that a probe saw working before others.
    fn first_offered(&self) -> Result<Suite, Fault> {
        let gm_only = self.link.settings.gm_only;
        for verified in [true, false] {
            let mut suites = Suite::ALL.into_iter().filter(|suite| suite.is_gm() || !gm_only);
            if let Some(suite) = suites.find(|suite| self.ready.serves(*suite, verified)) {
                return Ok(suite);
            }
        }
        Err(Error::new(Kind::Unsupported, "the token offers no suite for a root key; see `miyao hsm probe`")
            .into())
    }

    fn generate(&self, suite: Suite, named: Named<'_>) -> Result<(), Fault> {
        let keys = &self.ready.profile.keys;
        let making = Mechanism::plain(self.mechanism(suite.making())?.code as CK_ULONG);
        let allowed = [self.mechanism(suite.operation())?.code as CK_ULONG];
        let missing =
            || Error::new(Kind::Unsupported, "the profile does not say what type the key has; probe it");
        if suite.making() == Operation::Sm2KeyPair {
            let kind = suite.key_type(keys).ok_or_else(missing)?;
            let (code, purpose) = (kind.code as CK_ULONG, suite.purpose());
            return self.generate_sm2(code, kind.params, (&making, &allowed), named, purpose).map(drop);
        }
        let length = match suite {
            Suite::Sm4GcmDevice | Suite::Sm4CbcEtmDevice => 16,
            _ => 32,
        };
        let kind = suite.key_type(keys).ok_or_else(missing)?;
        let template =
            template::secret(kind.code as CK_ULONG, kind.length.then_some(length), named, suite.purpose());
        let made = self.held_to(&allowed, (template, Vec::new()), |template, _| {
            self.call.generate(self.handle, &making, template)
        });
        made.map(drop).map_err(Fault::while_("making a key"))
    }

    /// The halves that were made, in the order in which they are destroyed again: a private key without its public half is in
    /// everybody's way.
    pub(super) fn generate_sm2(
        &self,
        kind: CK_ULONG,
        params: Option<Params>,
        (making, allowed): (&Mechanism<'_>, &[CK_ULONG]),
        named: Named<'_>,
        purpose: template::Purpose,
    ) -> Result<Vec<Object>, Fault> {
        let curve: Option<&[u8]> = match params {
            Some(Params::Oid) | None => Some(&template::SM2_CURVE),
            Some(Params::Explicit) => Some(&template::SM2_EXPLICIT),
            Some(Params::Absent) => None,
        };
        let public = template::public(kind, curve, named, purpose);
        let private = template::private(kind, named, purpose);
        let made = self.held_to(allowed, (private, public), |private, public| {
            self.call.generate_pair(self.handle, making, public, private)
        });
        let (public, private) = made.map_err(Fault::while_("making a key pair"))?;
        Ok(alloc::vec![private, public])
    }

    /// Makes a key of this template, and of another `beside` it, held to its mechanisms; without what the module does not know.
    pub(super) fn held_to<R>(
        &self,
        allowed: &[CK_ULONG],
        (mut template, beside): (Vec<Attribute<'_>>, Vec<Attribute<'_>>),
        make: impl Fn(&[Attribute<'_>], &[Attribute<'_>]) -> Result<R, Rv>,
    ) -> Result<R, Rv> {
        template.push(template::allowed(allowed));
        let mut answer = Err(Rv(ck::CKR_FUNCTION_NOT_SUPPORTED));
        let mut tried = usize::MAX;
        for away in template::OPTIONAL {
            let template = template::without(away, &template);
            let beside = template::without(away, &beside);
            let lines = template.len() + beside.len();
            if lines == tried {
                continue;
            }
            tried = lines;
            answer = make(&template, &beside);
            let is_unknown = answer.as_ref().is_err_and(|rv| template::is_unknown(*rv));
            // Nobody may wait any more by now, and whoever did was told that nothing was made.
            if !is_unknown || self.is_abandoned() {
                break;
            }
        }
        answer
    }

    fn recognise(&self, key: Key, suite: Option<Suite>) -> Result<RootKey, Fault> {
        let object = match &key {
            Key::Sm2 { private, .. } => *private,
            Key::Secret { object, .. } => *object,
        };
        let id = self.call.attribute(self.handle, object, ck::CKA_ID, 256);
        let id = id.map_err(Fault::while_("reading an attribute"))?;
        let id = *id.first_chunk().filter(|_| id.len() == 16).ok_or_else(|| {
            Fault::from(Error::new(
                Kind::Invalid,
                "a root key has a CKA_ID of 16 random bytes; make one with `miyao init` or `miyao root migrate`",
            ))
        })?;
        let suite = match suite {
            Some(suite) if suite.is_for(&key) => suite,
            Some(_) => return Err(mismatch()),
            None => self.suite_of(&key, object)?,
        };
        suite.check_policy(self.link.settings.gm_only)?;
        let fingerprint = self.fingerprint(&key, suite)?;
        Ok(RootKey { key, suite, id, fingerprint })
    }

    /// What a key that is there is for: the wanted suite, or the first that its type, its usage and the token allow.
    fn suite_of(&self, key: &Key, object: Object) -> Result<Suite, Fault> {
        let wanted = self.link.settings.suite;
        for suite in Suite::ALL {
            let fits = suite.is_for(key) && wanted.is_none_or(|wanted| wanted == suite);
            if fits
                && self.ready.mechanism(suite.operation()).is_some()
                && self
                    .call
                    .flag(self.handle, object, suite.usage())
                    .map_err(Fault::while_("reading an attribute"))?
            {
                return Ok(suite);
            }
        }
        Err(Error::new(
            Kind::Unsupported,
            "the key in the token fits no suite; make a root with `miyao init` or `miyao root migrate`",
        )
        .into())
    }

    /// By which a root is recognised: SM3 of an SM2 key's public half, whose private half is shown to be there, or of what a secret
    /// key computes of a fixed label.
    fn fingerprint(&self, key: &Key, suite: Suite) -> Result<[u8; 32], Fault> {
        match key {
            Key::Sm2 { private, public } => {
                if suite == Suite::Sm2EcRaw {
                    self.check_pair(*private, public)?;
                } else {
                    self.check_decryption(suite, key, public)?;
                }
                Ok(keys::fingerprint(public))
            }
            Key::Secret { object, .. } => {
                let known = crate::Secret::take(&mut sm3::digest(label::ROOT_CHECK));
                let computed = self.hide(suite, *object, &known, (Iv::CHECK, label::ROOT_CHECK))?;
                Ok(sm3::digest_parts(&[label::ROOT_CHECK, &computed]))
            }
        }
    }

    /// A known answer of a key that decrypts: a text that everybody may know, encrypted with a number that everybody may know.
    pub(super) fn check_decryption(&self, suite: Suite, key: &Key, public: &PublicKey) -> Result<(), Fault> {
        let text = self.reveal(suite, key, &self.known_ciphertext(public)?, b"");
        let text = text.map_err(|fault| fault.of_a_check(&self.ready.profile.quirks))?;
        if bool::from(text.expose().ct_eq(&sm3::digest(label::ROOT_CHECK))) {
            Ok(())
        } else {
            Err(mismatch())
        }
    }

    /// That text under a public key: 04 ‖ x ‖ y ‖ C3 ‖ C2.
    pub(super) fn known_ciphertext(&self, public: &PublicKey) -> Result<Vec<u8>, Fault> {
        let known = sm3::digest(label::ROOT_CHECK);
        let ciphertext = public.hazmat_encrypt_with_nonce(&known, Encoding::C1C3C2, &known);
        ciphertext.ok_or_else(|| keys::odd("the check of a key"))
    }
}
