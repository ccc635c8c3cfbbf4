//! Mechanisms: a number and a parameter with pointers in it, read into Rust values; what of a parameter is written back.
//!
//! Knows the shapes of parameters, and nothing of the work.
#![allow(unsafe_code, reason = "the structures are the caller's and hold pointers")]

use cryptoki_sys::{
    CK_AES_CTR_PARAMS, CK_BYTE, CK_ECDH1_DERIVE_PARAMS, CK_GCM_MESSAGE_PARAMS, CK_GCM_PARAMS, CK_MECHANISM,
    CK_ULONG, CKG_GENERATE, CKG_GENERATE_RANDOM, CKG_NO_GENERATE, CKR_MECHANISM_PARAM_INVALID,
};
use miyao::{algo::sm2::PublicKey, provider::pkcs11::profile::Parameter as Shape};

use super::pointers::{Row, bytes, value};
use crate::{
    calls::Mechanism,
    code_points::Purpose,
    module::Module,
    object::Value,
    operation::{Message, Parameter},
    rv::{Result, Rv, check, fail},
};

/// `CK_GCM_PARAMS` before it had `ulIvBits`.
#[repr(C)]
#[derive(Clone, Copy)]
struct ShortGcm {
    iv: *const CK_BYTE,
    iv_len: CK_ULONG,
    context: *const CK_BYTE,
    context_len: CK_ULONG,
    tag_bits: CK_ULONG,
}

/// The same as one vendor orders it.
#[repr(C)]
#[derive(Clone, Copy)]
struct KoalGcm {
    iv: *const CK_BYTE,
    context: *const CK_BYTE,
    context_len: CK_ULONG,
    tag_bits: CK_ULONG,
    iv_bits: CK_ULONG,
}

/// A mechanism for this purpose, its parameter in the first of the shapes that fits.
///
/// # Safety
/// `mechanism` is NULL or points to a mechanism, whose parameter is NULL or as long as it says, and whose parameter's own
/// pointers are likewise.
pub(super) unsafe fn mechanism(
    module: &Module,
    purpose: Purpose,
    mechanism: *const CK_MECHANISM,
) -> Result<Mechanism> {
    // SAFETY: as the caller of this function keeps.
    let CK_MECHANISM { mechanism: code, pParameter, ulParameterLen } = unsafe { value(mechanism) }?;
    let ways = module.ways(code, purpose)?;
    // SAFETY: likewise.
    let raw = unsafe { bytes(pParameter.cast(), ulParameterLen) };
    let raw = raw.map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
    for way in ways {
        // SAFETY: likewise.
        if let Ok(parameter) = unsafe { parameter(way.shape, raw) } {
            return Ok(Mechanism { code, work: way.work, parameter });
        }
    }
    fail(CKR_MECHANISM_PARAM_INVALID)
}

/// Where the parameter of a message gets back what was made for it.
pub(super) struct Places {
    /// Where the caller gave no initialisation vector.
    iv: Option<Row>,
    tag: Row,
}

impl Places {
    pub(super) fn put(&self, nonce: &[u8], tag: &[u8]) -> Result<()> {
        self.iv.as_ref().map_or(Ok(()), |iv| iv.put(nonce))?;
        self.tag.put(tag)
    }
}

/// A mechanism whose parameter is that of a message to seal, and the places in it.
///
/// # Safety
/// As for [`mechanism`]; the parameter's pointers are writable too, for as many bytes as it says, until the call ends.
pub(super) unsafe fn sealing(module: &Module, mechanism: *const CK_MECHANISM) -> Result<(Mechanism, Places)> {
    // SAFETY: as the caller of this function keeps.
    let (base, given) = unsafe { message(module, mechanism) }?;
    let mut iv = None;
    let message = match given.ivGenerator {
        // SAFETY: likewise.
        CKG_NO_GENERATE => Message::new(unsafe { part(given.pIv, given.ulIvLen) }?.to_vec(), given.ulTagBits),
        CKG_GENERATE | CKG_GENERATE_RANDOM => {
            let fixed = given.ulIvFixedBits;
            check(fixed.div_ceil(8) <= given.ulIvLen, CKR_MECHANISM_PARAM_INVALID)?;
            // SAFETY: likewise; of what is made nothing is read.
            let head = unsafe { part(given.pIv, fixed.div_ceil(8)) }?;
            let message = Message::made(head, fixed, given.ulIvLen, given.ulTagBits)?;
            // SAFETY: likewise.
            iv = Some(unsafe { Row::new(given.pIv, message.nonce().len()) }.map_err(|_| INVALID)?);
            message
        }
        _ => return fail(CKR_MECHANISM_PARAM_INVALID),
    };
    // SAFETY: likewise.
    let tag = unsafe { Row::new(given.pTag, message.tag_len()?) }.map_err(|_| INVALID)?;
    Ok((Mechanism { parameter: Parameter::Message(message), ..base }, Places { iv, tag }))
}

/// A mechanism whose parameter is that of a message to open. Who made its initialisation vector does not matter any more.
///
/// # Safety
/// As for [`mechanism`].
pub(super) unsafe fn opening(module: &Module, mechanism: *const CK_MECHANISM) -> Result<Mechanism> {
    // SAFETY: as the caller of this function keeps.
    let (base, given) = unsafe { message(module, mechanism) }?;
    // SAFETY: likewise.
    let message = Message::new(unsafe { part(given.pIv, given.ulIvLen) }?.to_vec(), given.ulTagBits);
    // SAFETY: likewise.
    let tag = unsafe { part(given.pTag, message.tag_len()? as CK_ULONG) }?;
    Ok(Mechanism { parameter: Parameter::Message(message.tagged(tag)), ..base })
}

const INVALID: Rv = Rv(CKR_MECHANISM_PARAM_INVALID);

/// The mechanism without its parameter, and the parameter of its message as it stands. It has one shape, whatever that of
/// whole texts is.
///
/// # Safety
/// `mechanism` is NULL or points to a mechanism, whose parameter is NULL or as long as it says.
unsafe fn message(
    module: &Module,
    mechanism: *const CK_MECHANISM,
) -> Result<(Mechanism, CK_GCM_MESSAGE_PARAMS)> {
    // SAFETY: as the caller of this function keeps.
    let CK_MECHANISM { mechanism: code, pParameter, ulParameterLen } = unsafe { value(mechanism) }?;
    let ways = module.ways(code, Purpose::WrapAuthenticated)?;
    let way = ways.first().ok_or(INVALID)?;
    // SAFETY: likewise.
    let raw = unsafe { part(pParameter.cast(), ulParameterLen) }?;
    // SAFETY: any bytes are such a structure.
    let given = unsafe { structure::<CK_GCM_MESSAGE_PARAMS>(raw) }?;
    Ok((Mechanism { code, work: way.work, parameter: Parameter::None }, given))
}

/// # Safety
/// Where `raw` is a structure of this shape, its pointers are NULL or point to as many bytes as it says.
unsafe fn parameter(shape: Shape, raw: &[u8]) -> Result<Parameter> {
    match shape {
        Shape::None if raw.is_empty() => Ok(Parameter::None),
        Shape::Iv16 if raw.len() == 16 => Ok(Parameter::Bytes(raw.to_vec())),
        Shape::Id if !raw.is_empty() => Ok(Parameter::Bytes(raw.to_vec())),
        Shape::KeyHandle if raw.len() == size_of::<CK_ULONG>() => Ok(Parameter::Bytes(raw.to_vec())),
        Shape::IdAndKey => id_and_key(raw).ok_or(Rv(CKR_MECHANISM_PARAM_INVALID)),
        Shape::Ctr => {
            // SAFETY: the structure holds no pointer.
            let counter = unsafe { structure::<CK_AES_CTR_PARAMS>(raw) }?;
            Ok(Parameter::Counter { bits: counter.ulCounterBits, block: counter.cb })
        }
        // SAFETY: as the caller of this function keeps.
        Shape::Gcm | Shape::GcmShort | Shape::GcmKoal => unsafe { gcm(shape, raw) },
        // SAFETY: likewise.
        Shape::Ecdh1 => unsafe { ecdh1(raw) },
        // `GcmMessage` is the shape of calls of their own.
        _ => fail(CKR_MECHANISM_PARAM_INVALID),
    }
}

/// The length of the identifier, big-endian; 16 bytes for it; x and y.
fn id_and_key(raw: &[u8]) -> Option<Parameter> {
    let (len, rest) = raw.split_first_chunk()?;
    let (id, public) = rest.split_first_chunk::<16>()?;
    let id = id.get(..usize::from(u16::from_be_bytes(*len)))?.to_vec();
    let public: &[u8; 64] = public.try_into().ok()?;
    let public = PublicKey::from_bytes(&[&[4], public.as_slice()].concat()).ok()?;
    Some(Parameter::Signer { id, public: Box::new(public) })
}

/// # Safety
/// As for [`parameter`].
unsafe fn gcm(shape: Shape, raw: &[u8]) -> Result<Parameter> {
    let (iv, iv_len, context, context_len, tag_bits) = match shape {
        Shape::GcmShort => {
            // SAFETY: any bytes are such a structure.
            let gcm = unsafe { structure::<ShortGcm>(raw) }?;
            (gcm.iv, gcm.iv_len, gcm.context, gcm.context_len, gcm.tag_bits)
        }
        Shape::GcmKoal => {
            // SAFETY: likewise.
            let gcm = unsafe { structure::<KoalGcm>(raw) }?;
            (gcm.iv, gcm.iv_bits / 8, gcm.context, gcm.context_len, gcm.tag_bits)
        }
        _ => {
            // SAFETY: likewise.
            let gcm = unsafe { structure::<CK_GCM_PARAMS>(raw) }?;
            (gcm.pIv.cast_const(), gcm.ulIvLen, gcm.pAAD.cast_const(), gcm.ulAADLen, gcm.ulTagBits)
        }
    };
    // SAFETY: as the caller of this function keeps.
    let nonce = unsafe { part(iv, iv_len) }?.to_vec();
    // SAFETY: likewise.
    let context = unsafe { part(context, context_len) }?.to_vec();
    Ok(Parameter::Gcm { nonce, context, tag_bits })
}

/// # Safety
/// As for [`parameter`].
unsafe fn ecdh1(raw: &[u8]) -> Result<Parameter> {
    // SAFETY: any bytes are such a structure.
    let ecdh1 = unsafe { structure::<CK_ECDH1_DERIVE_PARAMS>(raw) }?;
    // SAFETY: as the caller of this function keeps.
    let shared = Value::new(unsafe { part(ecdh1.pSharedData, ecdh1.ulSharedDataLen) }?.to_vec());
    // SAFETY: likewise.
    let public = unsafe { part(ecdh1.pPublicData, ecdh1.ulPublicDataLen) }?.to_vec();
    Ok(Parameter::Ecdh1 { kdf: ecdh1.kdf, shared, public })
}

/// The structure that these bytes are, if they are as long.
///
/// # Safety
/// Any bytes are a `T`.
unsafe fn structure<T: Copy>(raw: &[u8]) -> Result<T> {
    check(raw.len() == size_of::<T>(), CKR_MECHANISM_PARAM_INVALID)?;
    // SAFETY: the length was just compared, and the caller of this function keeps that any bytes are a `T`.
    unsafe { value(raw.as_ptr().cast::<T>()) }
}

/// # Safety
/// As for [`bytes`].
unsafe fn part<'a>(data: *const u8, len: CK_ULONG) -> Result<&'a [u8]> {
    // SAFETY: as the caller of this function keeps.
    match unsafe { bytes(data, len) } {
        Ok(bytes) => Ok(bytes),
        Err(_) => fail(CKR_MECHANISM_PARAM_INVALID),
    }
}
