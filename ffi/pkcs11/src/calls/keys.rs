//! Keys made, wrapped, unwrapped, derived; random bytes (PKCS#11 2.40 §5.13, §5.14; 3.2 §5.18).
//!
//! Knows no stored form: an object is built, then the slot keeps it.

use cryptoki_sys::{
    self as ck, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CKA_VALUE_LEN, CKK_EC, CKK_GENERIC_SECRET,
    CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_SECRET_KEY, CKR_KEY_HANDLE_INVALID, CKR_KEY_SIZE_RANGE,
    CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
    CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE, CKR_WRAPPING_KEY_HANDLE_INVALID,
};
use miyao::algo::{
    sm2::{PrivateKey, PublicKey},
    sm3,
};

use super::{Mechanism, ciphers::Direction, key, objects::asker};
use crate::{
    code_points::Work,
    module::Module,
    object::{
        Object, Value, attributes,
        build::{self, MAX_SECRET, Origin, Template},
    },
    operation::{Cipher, Parameter},
    rng,
    rv::{Result, Rv, check, fail},
    session::{Answer, Room},
};

/// A key that was wrapped under an authenticated mechanism.
pub(crate) struct Authenticated {
    pub(crate) wrapped: Answer,
    /// The initialisation vector.
    pub(crate) nonce: Vec<u8>,
    /// Empty unless the wrapped key is given.
    pub(crate) tag: Vec<u8>,
}

impl Module {
    pub(crate) fn generate_key(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let (session, slot) = self.at(handle)?;
        check(matches!(mechanism.parameter, Parameter::None), CKR_MECHANISM_PARAM_INVALID)?;
        let context = self.context(slot, Origin::Generated(mechanism.code))?;
        let mut object = build::parse(context, template)?;
        check(!object.has(ck::CKA_VALUE), CKR_TEMPLATE_INCONSISTENT)?;
        build::of_class(&mut object, CKO_SECRET_KEY)?;
        let asked = object.number(CKA_VALUE_LEN);
        let len = match mechanism.work {
            Work::Sm4Key => {
                build::of_type(&mut object, self.points.sm4)?;
                check(asked.is_none_or(|len| len == 16), CKR_KEY_SIZE_RANGE)?;
                16
            }
            Work::SecretKey => {
                build::of_type(&mut object, CKK_GENERIC_SECRET)?;
                let len = asked.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))? as usize;
                check((1..=MAX_SECRET).contains(&len), CKR_KEY_SIZE_RANGE)?;
                len
            }
            _ => return fail(CKR_MECHANISM_INVALID),
        };
        let mut value = Value::new(vec![0; len]);
        rng::fill(&mut rng::fresh()?, &mut value);
        let object = build::secret_key(context, object, value)?;
        slot.add(asker(&session), [object]).map(|[made]| made)
    }

    /// The public key, then the private one; both are stored or none.
    pub(crate) fn generate_pair(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        public: &Template,
        private: &Template,
    ) -> Result<[CK_OBJECT_HANDLE; 2]> {
        let (session, slot) = self.at(handle)?;
        check(matches!(mechanism.parameter, Parameter::None), CKR_MECHANISM_PARAM_INVALID)?;
        let key_type = match mechanism.work {
            Work::Sm2Pair => self.points.sm2,
            Work::EcPair => CKK_EC,
            _ => return fail(CKR_MECHANISM_INVALID),
        };
        let context = self.context(slot, Origin::Generated(mechanism.code))?;
        let mut public = build::parse(context, public)?;
        let mut private = build::parse(context, private)?;
        for (object, class) in [(&mut public, CKO_PUBLIC_KEY), (&mut private, CKO_PRIVATE_KEY)] {
            let given = [ck::CKA_VALUE, ck::CKA_EC_POINT, ck::CKA_PUBLIC_KEY_INFO];
            check(!given.iter().any(|kind| object.has(*kind)), CKR_TEMPLATE_INCONSISTENT)?;
            build::of_class(object, class)?;
            build::of_type(object, key_type)?;
        }
        check(key_type != CKK_EC || public.has(ck::CKA_EC_PARAMS), CKR_TEMPLATE_INCOMPLETE)?;
        // The curve is said in the public template (PKCS#11 curves 2.40 §2.3.5).
        private.default_to(ck::CKA_EC_PARAMS, &attributes::SM2_PARAMETERS);
        let key = PrivateKey::random(&mut rng::fresh()?);
        let public = build::public_key(context, public, key.public_key())?;
        let private = build::private_key(context, private, &key)?;
        slot.add(asker(&session), [public, private])
    }

    pub(crate) fn wrap_key(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: Mechanism,
        wrapping: CK_OBJECT_HANDLE,
        wrapped: CK_OBJECT_HANDLE,
        room: Room,
    ) -> Result<Answer> {
        let (cipher, bytes) = self.wrapping(handle, wrapping, mechanism, wrapped)?;
        room.answer(cipher.last_len(bytes.len()), || cipher.last(&bytes))
    }

    /// As [`wrap_key`](Self::wrap_key), with the tag beside the wrapped key, which is then as long as the key.
    pub(crate) fn wrap_key_authenticated(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: Mechanism,
        wrapping: CK_OBJECT_HANDLE,
        wrapped: CK_OBJECT_HANDLE,
        associated: &[u8],
        room: Room,
    ) -> Result<Authenticated> {
        let Parameter::Message(mut message) = mechanism.parameter else {
            return fail(CKR_MECHANISM_PARAM_INVALID);
        };
        message.make()?;
        let mechanism = Mechanism { parameter: message.parameter(associated), ..mechanism };
        let (cipher, bytes) = self.wrapping(handle, wrapping, mechanism, wrapped)?;
        let mut tag = Vec::new();
        let wrapped = room.answer_once(bytes.len(), || {
            let mut all = cipher.last(&bytes)?;
            tag = all.split_off(bytes.len());
            Ok(all)
        })?;
        Ok(Authenticated { wrapped, nonce: message.nonce().to_vec(), tag })
    }

    /// The cipher of a wrapping key, and the bytes of a key that may leave under it.
    fn wrapping(
        &self,
        handle: CK_SESSION_HANDLE,
        wrapping: CK_OBJECT_HANDLE,
        mechanism: Mechanism,
        wrapped: CK_OBJECT_HANDLE,
    ) -> Result<(Cipher, Value)> {
        let (_, slot) = self.at(handle)?;
        let wrapping =
            key(slot, wrapping).map_err(|error| renamed(error, CKR_WRAPPING_KEY_HANDLE_INVALID))?;
        let object = key(slot, wrapped)?;
        wrapping.permits(ck::CKA_WRAP, mechanism.code)?;
        let hidden = matches!(object.class(), Some(CKO_SECRET_KEY | CKO_PRIVATE_KEY));
        check(hidden, ck::CKR_KEY_NOT_WRAPPABLE)?;
        check(object.flag(ck::CKA_EXTRACTABLE), ck::CKR_KEY_UNEXTRACTABLE)?;
        let trusts = !object.flag(ck::CKA_WRAP_WITH_TRUSTED) || wrapping.flag(ck::CKA_TRUSTED);
        check(trusts, ck::CKR_KEY_NOT_WRAPPABLE)?;
        let cipher = self.cipher(Direction::Encrypt, &wrapping, mechanism).map_err(wrapping_error)?;
        Ok((cipher, wrappable(&object)?))
    }

    pub(crate) fn unwrap_key(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: Mechanism,
        unwrapping: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let (session, slot) = self.at(handle)?;
        let unwrapping =
            key(slot, unwrapping).map_err(|error| renamed(error, ck::CKR_UNWRAPPING_KEY_HANDLE_INVALID))?;
        unwrapping.permits(ck::CKA_UNWRAP, mechanism.code)?;
        let context = self.context(slot, Origin::Unwrapped)?;
        let object = build::parse(context, template)?;
        check(object.class().is_some() && object.key_type().is_some(), CKR_TEMPLATE_INCOMPLETE)?;
        check(!object.has(ck::CKA_VALUE), CKR_TEMPLATE_INCONSISTENT)?;
        let cipher = self.cipher(Direction::Decrypt, &unwrapping, mechanism).map_err(unwrapping_error)?;
        let bytes = cipher.last(wrapped).map_err(wrapped_error)?;
        let object = match object.class() {
            Some(CKO_SECRET_KEY) => {
                let asked = object.number(CKA_VALUE_LEN);
                let fits = asked.is_none_or(|len| len as usize == bytes.len());
                let sm4 = object.key_type() == Some(self.points.sm4);
                check(fits && (!sm4 || bytes.len() == 16), CKR_WRAPPED_KEY_LEN_RANGE)?;
                check((1..=MAX_SECRET).contains(&bytes.len()), CKR_WRAPPED_KEY_LEN_RANGE)?;
                build::secret_key(context, object, bytes)?
            }
            Some(CKO_PRIVATE_KEY) => {
                let key = PrivateKey::from_pkcs8_der(&bytes).map_err(|_| Rv(CKR_WRAPPED_KEY_INVALID))?;
                let mut object = object;
                object.default_to(ck::CKA_EC_PARAMS, &attributes::SM2_PARAMETERS);
                build::private_key(context, object, &key)?
            }
            _ => return fail(CKR_TEMPLATE_INCONSISTENT),
        };
        slot.add(asker(&session), [object]).map(|[made]| made)
    }

    /// As [`unwrap_key`](Self::unwrap_key), of a wrapped key whose tag came beside it.
    pub(crate) fn unwrap_key_authenticated(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: Mechanism,
        (unwrapping, wrapped): (CK_OBJECT_HANDLE, &[u8]),
        associated: &[u8],
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let Parameter::Message(message) = mechanism.parameter else {
            return fail(CKR_MECHANISM_PARAM_INVALID);
        };
        let mechanism = Mechanism { parameter: message.parameter(associated), ..mechanism };
        let whole = [wrapped, message.tag()].concat();
        self.unwrap_key(handle, mechanism, unwrapping, &whole, template)
    }

    /// `x([d]P)` as a secret key; a shorter one has its last bytes (PKCS#11 curves 2.40 §2.3.8).
    pub(crate) fn derive_key(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        base: CK_OBJECT_HANDLE,
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let (session, slot) = self.at(handle)?;
        let base = key(slot, base)?;
        check(mechanism.work == Work::Ecdh1, CKR_MECHANISM_INVALID)?;
        base.permits(ck::CKA_DERIVE, mechanism.code)?;
        self.check_sm2(&base, CKO_PRIVATE_KEY)?;
        let peer = peer(&mechanism.parameter)?;
        let sensitive = base.flag(ck::CKA_ALWAYS_SENSITIVE);
        let unextractable = base.flag(ck::CKA_NEVER_EXTRACTABLE);
        let context = self.context(slot, Origin::Derived { sensitive, unextractable })?;
        let mut object = build::parse(context, template)?;
        check(!object.has(ck::CKA_VALUE), CKR_TEMPLATE_INCONSISTENT)?;
        build::of_class(&mut object, CKO_SECRET_KEY)?;
        object.default_to(ck::CKA_KEY_TYPE, &CKK_GENERIC_SECRET.to_ne_bytes());
        let whole = if object.key_type() == Some(self.points.sm4) { 16 } else { 32 };
        let len = object.number(CKA_VALUE_LEN).map_or(whole, |len| len as usize);
        check((1..=32).contains(&len), CKR_KEY_SIZE_RANGE)?;
        let x = base.sm2_private()?.shared_x(&peer);
        let value = Value::new(x.expose()[32 - len..].to_vec());
        let object = build::secret_key(context, object, value)?;
        slot.add(asker(&session), [object]).map(|[made]| made)
    }

    pub(crate) fn seed_random(&self, handle: CK_SESSION_HANDLE, seed: &[u8]) -> Result<()> {
        self.session(handle)?;
        let mut pool = self.seed.lock().map_err(|_| Rv(ck::CKR_GENERAL_ERROR))?;
        *pool = sm3::digest_parts(&[&*pool, seed]);
        Ok(())
    }

    pub(crate) fn generate_random(&self, handle: CK_SESSION_HANDLE, len: usize) -> Result<Value> {
        self.session(handle)?;
        check(len <= MOST_RANDOM, ck::CKR_ARGUMENTS_BAD)?;
        let pool = *self.seed.lock().map_err(|_| Rv(ck::CKR_GENERAL_ERROR))?;
        let mut value = Value::new(vec![0; len]);
        rng::fill(&mut rng::seeded(&pool)?, &mut value);
        Ok(value)
    }
}

/// The most random bytes of one call.
const MOST_RANDOM: usize = 1 << 24;

/// The bytes of a key as they are wrapped: a secret as it is, a private key as PKCS#8.
fn wrappable(object: &Object) -> Result<Value> {
    if object.class() == Some(CKO_SECRET_KEY) {
        return Ok(Value::new(object.secret()?.to_vec()));
    }
    Ok(Value::new(object.sm2_private()?.to_pkcs8_der().expose().to_vec()))
}

fn peer(parameter: &Parameter) -> Result<PublicKey> {
    let Parameter::Ecdh1 { kdf, shared, public } = parameter else {
        return fail(CKR_MECHANISM_PARAM_INVALID);
    };
    check(*kdf == ck::CKD_NULL && shared.is_empty(), CKR_MECHANISM_PARAM_INVALID)?;
    attributes::public(public).ok_or(Rv(CKR_MECHANISM_PARAM_INVALID))
}

const fn renamed(error: Rv, name: cryptoki_sys::CK_RV) -> Rv {
    if error.0 == CKR_KEY_HANDLE_INVALID { Rv(name) } else { error }
}

const fn wrapping_error(error: Rv) -> Rv {
    match error.0 {
        ck::CKR_KEY_TYPE_INCONSISTENT => Rv(ck::CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
        _ => error,
    }
}

const fn unwrapping_error(error: Rv) -> Rv {
    match error.0 {
        ck::CKR_KEY_TYPE_INCONSISTENT => Rv(ck::CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
        _ => error,
    }
}

const fn wrapped_error(error: Rv) -> Rv {
    match error.0 {
        ck::CKR_ENCRYPTED_DATA_INVALID => Rv(CKR_WRAPPED_KEY_INVALID),
        ck::CKR_ENCRYPTED_DATA_LEN_RANGE => Rv(CKR_WRAPPED_KEY_LEN_RANGE),
        _ => error,
    }
}
