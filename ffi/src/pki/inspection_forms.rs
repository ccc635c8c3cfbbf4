//! What was found in a file, taken out of it or written in another form.

use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind, Result,
    algo::sm2::PrivateKey,
    pki::{
        convert::{Armor, Target, convert},
        inspect::{Found, Inspection, Oddity, Order},
    },
};

use super::inspection::miyao_inspection;
use crate::{
    buffer::miyao_buffer,
    desk::{give, guard, guard_secret_telling, guard_telling, input, object, words},
    error::miyao_error,
    sm2::{
        MIYAO_SM2_ENCODING_C1C2C3, MIYAO_SM2_ENCODING_C1C3C2, miyao_sm2_private_key, miyao_sm2_public_key,
    },
    status::miyao_status,
};

/// Nothing around the bytes.
pub const MIYAO_ARMOR_BINARY: u32 = 1;
/// PEM (RFC 7468), for the forms that have a label.
pub const MIYAO_ARMOR_PEM: u32 = 2;
/// Lower-case hexadecimal digits and a line end.
pub const MIYAO_ARMOR_HEXADECIMAL: u32 = 3;
/// Base64 and a line end.
pub const MIYAO_ARMOR_BASE64: u32 = 4;

fn armor(number: u32) -> Result<Armor> {
    match number {
        MIYAO_ARMOR_BINARY => Ok(Armor::Binary),
        MIYAO_ARMOR_PEM => Ok(Armor::Pem),
        MIYAO_ARMOR_HEXADECIMAL => Ok(Armor::Hexadecimal),
        MIYAO_ARMOR_BASE64 => Ok(Armor::Base64),
        _ => {
            Err(Error::new(Kind::Unsupported, "no armor has this number; take a MIYAO_ARMOR_").about("armor"))
        }
    }
}

/// The SM2 public key that was found, or belongs to what was found, to be freed with `miyao_sm2_public_key_free`.
///
/// MIYAO_STATUS_MISSING: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_public_key(
    inspection: Option<&miyao_inspection>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (inspection, out) = (object!(inspection), object!(out));
        let missing = || Error::new(Kind::Missing, "no SM2 public key was found; is it the right file?");
        let key = inspection.0.public_key().ok_or_else(missing)?;
        give(miyao_sm2_public_key(key.clone()), out);
        Ok(())
    })
}

/// The private key that was found, to be freed with `miyao_sm2_private_key_free`: one under a passphrase is opened with it, one that is
/// enveloped with `own`; both are NULL where they are not needed.
///
/// MIYAO_STATUS_MISSING: it is under a passphrase or enveloped, and none or no key was given. MIYAO_STATUS_REJECTED: the passphrase or the
/// key does not open it. MIYAO_STATUS_INVALID: no private key was found. MIYAO_STATUS_MALFORMED: its halves do not belong together.
/// MIYAO_STATUS_UNSUPPORTED: encrypted with what is not read. MIYAO_STATUS_TOO_LARGE: more than MIYAO_PKCS8_MAX_ITERATIONS.
///
/// May be NULL: `own`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_inspection_private_key(
    inspection: Option<&miyao_inspection>,
    passphrase: *const u8,
    passphrase_len: usize,
    own: Option<&miyao_sm2_private_key>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_private_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (inspection, passphrase) = (object!(inspection), input!(passphrase, passphrase_len));
        miyao_sm2_private_key::give(out, || opened(&inspection.0, passphrase, own))
    })
}

fn opened(
    inspection: &Inspection,
    passphrase: &[u8],
    own: Option<&miyao_sm2_private_key>,
) -> Result<PrivateKey> {
    if inspection.oddities.iter().any(Oddity::is_contradiction) {
        return Err(Error::new(
            Kind::Malformed,
            "the halves of the key do not belong together; nothing is made of it, get it anew",
        ));
    }
    match (&inspection.found, own) {
        (Found::PrivateKey(_, _, key), _) => PrivateKey::from_bytes(key.expose().expose()),
        (Found::EncryptedKey(protection), _) if !passphrase.is_empty() => protection.open(passphrase),
        (Found::EnvelopedKey(envelope), Some(own)) => envelope.open(&own.0),
        (Found::EncryptedKey(_) | Found::EnvelopedKey(_), _) => Err(Error::new(
            Kind::Missing,
            "the private key is under a passphrase, or enveloped for another key; give that",
        )),
        _ => Err(Error::new(Kind::Invalid, "no private key was found; is it the right file?")),
    }
}

/// Says in which order a ciphertext is, where neither its bytes nor a key tell: MIYAO_SM2_ENCODING_C1C3C2 or MIYAO_SM2_ENCODING_C1C2C3.
///
/// MIYAO_STATUS_INVALID: no ciphertext was found.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_assume(
    inspection: Option<&mut miyao_inspection>,
    encoding: u32,
) -> miyao_status {
    guard(|| {
        let inspection = object!(inspection);
        let order = match encoding {
            MIYAO_SM2_ENCODING_C1C3C2 => Order::C1C3C2,
            MIYAO_SM2_ENCODING_C1C2C3 => Order::C1C2C3,
            _ => {
                return Err(Error::new(Kind::Unsupported, "an order is that of C1C3C2 or of C1C2C3")
                    .about("encoding"));
            }
        };
        let Found::Ciphertext(found) = &mut inspection.0.found else {
            return Err(Error::new(Kind::Invalid, "no ciphertext was found; nothing else has an order"));
        };
        found.assume(order);
        Ok(())
    })
}

/// Writes what was found in a form that fits it, always strictly, with a MIYAO_ARMOR_ around it; to be freed with `miyao_buffer_free`,
/// which wipes it. A form is, in text: of a private key pkcs8, sec1 or scalar; of a key spki, point, coordinates or compressed; of a
/// signature der or raw; of a ciphertext der, c1c3c2, c1c2c3, bare-c1c3c2 or bare-c1c2c3. A private key may become a public one.
///
/// MIYAO_STATUS_INVALID: a form of something else, a ciphertext whose order is unknown, and PEM around a form without a label.
/// MIYAO_STATUS_MALFORMED: what contradicts itself or cannot be used. MIYAO_STATUS_UNSUPPORTED: what has no other form, or is still
/// encrypted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_inspection_convert(
    inspection: Option<&miyao_inspection>,
    form: *const c_char,
    form_len: usize,
    armor: u32,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (inspection, form) = (object!(inspection), words!(form, form_len));
        let (armor, out) = (self::armor(armor)?, object!(out));
        let target = Target::parse(form)?;
        miyao_buffer::give(armor.around(target, &convert(&inspection.0, target)?)?, out);
        Ok(())
    })
}
