//! Keys in a token: found by name, exactly one of them, and recognised by what they compute.
//!
//! Knows no suite. A handle is an index that may mean another key in the next generation, so it is kept with a generation, and a
//! key is what its fingerprint says and not what its name says. Nothing is made here.

use alloc::{string::String, sync::Arc, vec::Vec};

use cryptoki_sys as ck;
use cryptoki_sys::CK_ULONG;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    fault::Fault,
    member::Work,
    profile::{self, Operation},
    raw::{Mechanism, Object, Parameter, Rv},
    session::Session,
    template,
};
use crate::{
    algo::{sm2::PublicKey, sm3},
    error::{Error, Kind},
    secret::Secret,
};

/// What a key is found by: attributes that it must have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) id: Option<Vec<u8>>,
    pub(super) label: Option<String>,
}

/// Which cipher a secret key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Sm4,
    Aes,
    Hmac,
}

/// A key that was found, in one generation.
#[derive(Clone, Debug)]
pub(super) enum Key {
    /// An SM2 key pair.
    Sm2 {
        private: Object,
        public: PublicKey,
    },
    Secret {
        object: Object,
        family: Family,
    },
}

impl Wanted {
    pub(super) fn by_id(id: &[u8]) -> Self {
        Self { id: Some(id.into()), label: None }
    }
}

impl Session<'_> {
    /// The one key that is wanted.
    pub(super) fn key(&self, wanted: &Wanted) -> Result<Key, Fault> {
        self.find(wanted)?.ok_or_else(|| {
            Fault::from(Error::new(
                Kind::Missing,
                "the token answers and has no such key; nothing was made: check the URI, or restore the key from its backup",
            ))
        })
    }

    /// The one key that is wanted, or `None` of a token that answers and has none.
    pub(super) fn find(&self, wanted: &Wanted) -> Result<Option<Key>, Fault> {
        let privates = self.objects(ck::CKO_PRIVATE_KEY, wanted)?;
        let secrets = self.objects(ck::CKO_SECRET_KEY, wanted)?;
        match (privates.as_slice(), secrets.as_slice()) {
            // A token that vanished has no objects either.
            ([], []) => self.link.check(self.call, self.ready).map(|()| None),
            ([private], []) => self.pair(*private, wanted).map(Some),
            ([], [secret]) => self.secret(*secret).map(Some),
            _ => Err(several()),
        }
    }

    /// At most two of them: more would be no other answer.
    pub(super) fn objects(&self, class: CK_ULONG, wanted: &Wanted) -> Result<Vec<Object>, Fault> {
        let template = template::search(class, wanted.id.as_deref(), wanted.label.as_deref());
        let lenient = self.ready.profile.quirks.ignore_device_error;
        self.call.find(self.handle, &template, 2, lenient).map_err(Fault::while_("looking for a key"))
    }

    fn pair(&self, private: Object, wanted: &Wanted) -> Result<Key, Fault> {
        self.check_kept(private)?;
        // The public half is found by the private one's id, whatever was wanted.
        let id = self.attribute(private, ck::CKA_ID, 256)?;
        let wanted = Wanted { id: Some(id.to_vec()), label: wanted.label.clone() };
        let publics = self.objects(ck::CKO_PUBLIC_KEY, &wanted)?;
        let public = match publics.as_slice() {
            [public] => self.point(*public)?,
            [] => {
                // A token that vanished meanwhile has no objects either.
                self.link.check(self.call, self.ready)?;
                return Err(Error::new(
                    Kind::Corrupt,
                    "the token has a private key without its public half; restore it",
                )
                .into());
            }
            _ => return Err(several()),
        };
        Ok(Key::Sm2 { private, public })
    }

    fn secret(&self, object: Object) -> Result<Key, Fault> {
        self.check_kept(object)?;
        let kind = self.call.number(self.handle, object, ck::CKA_KEY_TYPE).map_err(reading)?;
        let keys = &self.ready.profile.keys;
        let is = |key: &Option<profile::KeyType>| key.as_ref().is_some_and(|key| key.code == u64::from(kind));
        let family = if is(&keys.sm4) {
            Family::Sm4
        } else if is(&keys.aes) {
            Family::Aes
        } else if is(&keys.hmac) {
            Family::Hmac
        } else {
            return Err(
                Error::new(Kind::Unsupported, "the key is of a type that the profile does not know").into()
            );
        };
        Ok(Key::Secret { object, family })
    }

    /// A key that may leave the token is no key of ours.
    fn check_kept(&self, object: Object) -> Result<(), Fault> {
        let flag = |kind| self.call.flag(self.handle, object, kind).map_err(reading);
        if flag(ck::CKA_SENSITIVE)? && !flag(ck::CKA_EXTRACTABLE)? {
            return Ok(());
        }
        Err(Error::new(
            Kind::Forbidden,
            "this key can be taken out of the token; make one inside that is sensitive and not extractable",
        )
        .into())
    }

    fn point(&self, public: Object) -> Result<PublicKey, Fault> {
        let value = self.attribute(public, ck::CKA_EC_POINT, 128)?;
        let point = match value.as_slice() {
            [0x04, 0x41, point @ ..] if point.len() == 65 => PublicKey::from_bytes(point),
            point if point.len() == 65 => PublicKey::from_bytes(point),
            bare => PublicKey::from_bytes(&[&[4], bare].concat()),
        };
        point.map_err(|_| {
            Error::new(Kind::Unsupported, "the key in the token is on another curve than SM2's; name another")
                .into()
        })
    }

    fn attribute(&self, object: Object, kind: CK_ULONG, most: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
        self.call.attribute(self.handle, object, kind, most).map_err(reading)
    }

    /// How the token does this, if it does: an entry of the profile that is complete, and that the token lists.
    pub(super) fn mechanism(&self, operation: Operation) -> Result<&profile::Mechanism, Fault> {
        self.ready.mechanism(operation).ok_or_else(|| {
            Fault::from(
                Error::new(Kind::Unsupported, "the token does not offer this; see `miyao hsm probe`")
                    .about(operation.word()),
            )
        })
    }

    /// `x([d]P)`, computed inside.
    pub(super) fn ecdh(&self, private: Object, point: &PublicKey) -> Result<Secret<32>, Fault> {
        let code = self.mechanism(Operation::Sm2Ecdh)?.code as CK_ULONG;
        let point = point.to_bytes();
        let mechanism = Mechanism::with(code, Parameter::Ecdh { point: &point });
        let derive = |length| self.call.derive(self.handle, &mechanism, private, &template::readable(length));
        // Some want no length where there is but one.
        let derived =
            derive(Some(32)).or_else(|rv| if template::is_unknown(rv) { derive(None) } else { Err(rv) });
        let derived = derived.map_err(Fault::opening("ECDH"))?;
        let value = self.take(derived)?;
        // Some leave leading zeros away.
        let start = 32usize.checked_sub(value.len()).ok_or_else(|| odd("ECDH"))?;
        Ok(Secret::build(|out| out[start..].copy_from_slice(&value)))
    }

    /// Reads an object of the session, and destroys it.
    pub(super) fn take(&self, object: Object) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let value = self.call.attribute(self.handle, object, ck::CKA_VALUE, 64).map_err(reading)?;
        self.call.destroy(self.handle, object).map_err(Fault::while_("destroying a session's object"))?;
        Ok(value)
    }

    /// A known answer of an SM2 key that derives: `[d]G` has the x of its public half.
    pub(super) fn check_pair(&self, private: Object, public: &PublicKey) -> Result<(), Fault> {
        let x = self.ecdh(private, &generator()?);
        let x = x.map_err(|fault| fault.of_a_check(&self.ready.profile.quirks))?;
        let expected: &[u8] = &public.to_bytes()[1..33];
        if bool::from(x.expose().as_slice().ct_eq(expected)) { Ok(()) } else { Err(mismatch()) }
    }
}

/// SM3 of 04 ‖ x ‖ y: by which an SM2 key is recognised.
pub(super) fn fingerprint(public: &PublicKey) -> [u8; 32] {
    sm3::digest(&public.to_bytes())
}

/// G of GB/T 32918.5-2017 §2.
fn generator() -> Result<PublicKey, Fault> {
    const X: [u8; 33] = *b"\x02\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7";
    Ok(PublicKey::from_bytes(&X)?)
}

/// A key that is not the one that was sealed with, though it has its name.
pub(super) fn mismatch() -> Fault {
    Error::new(
        Kind::Rejected,
        "the key in the token has the right name and is another key; restore the right one from its backup",
    )
    .into()
}

/// An answer that the standard does not allow.
pub(super) fn odd(doing: &'static str) -> Fault {
    Fault::while_(doing)(Rv(ck::CKR_GENERAL_ERROR))
}

fn reading(rv: Rv) -> Fault {
    Fault::while_("reading an attribute")(rv)
}

fn several() -> Fault {
    Error::new(
        Kind::Corrupt,
        "the token has several keys of this name; nothing was chosen: remove the wrong ones with the vendor's tool",
    )
    .into()
}

/// A task's parts are shared between attempts.
pub(super) fn shared<R, F>(work: F) -> Arc<Work<R>>
where
    F: Fn(&Session<'_>) -> Result<R, Fault> + Send + Sync + 'static,
{
    Arc::new(work)
}
