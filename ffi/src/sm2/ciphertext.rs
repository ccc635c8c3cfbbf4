//! How a ciphertext is put together, and how long it gets.

use miyao::{Error, Kind, Result, algo::sm2::Encoding};

/// SEQUENCE { x, y, C3, C2 } in DER (GM/T 0009-2012 §7.2).
pub const MIYAO_SM2_ENCODING_DER: u32 = 1;

/// 04 ‖ x ‖ y ‖ C3 ‖ C2 (GB/T 32918.4-2016).
pub const MIYAO_SM2_ENCODING_C1C3C2: u32 = 2;

/// 04 ‖ x ‖ y ‖ C2 ‖ C3, the order of 2010.
pub const MIYAO_SM2_ENCODING_C1C2C3: u32 = 3;

pub(crate) fn encoding(number: u32) -> Result<Encoding> {
    match number {
        MIYAO_SM2_ENCODING_DER => Ok(Encoding::Der),
        MIYAO_SM2_ENCODING_C1C3C2 => Ok(Encoding::C1C3C2),
        MIYAO_SM2_ENCODING_C1C2C3 => Ok(Encoding::C1C2C3),
        _ => Err(Error::new(Kind::Unsupported, "no encoding has this number; take a MIYAO_SM2_ENCODING_")
            .about("encoding")),
    }
}

/// The most bytes of a ciphertext.
pub(super) const fn most(plaintext_len: usize, encoding: Encoding) -> usize {
    plaintext_len.saturating_add(match encoding {
        // C1 and C3
        Encoding::C1C3C2 | Encoding::C1C2C3 => 65 + 32,
        // Two INTEGERs of 33 bytes and C3 with their headers, those of C2 and of the SEQUENCE with lengths of 2^30 bytes
        Encoding::Der => 2 * 35 + 34 + 2 * 6,
    })
}

/// The most bytes of a ciphertext of so many bytes, which is what `out_cap` has to be for miyao_sm2_public_key_encrypt; exact but for
/// MIYAO_SM2_ENCODING_DER. 0 for an encoding that does not exist.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_ciphertext_max(plaintext_len: usize, encoding: u32) -> usize {
    self::encoding(encoding).map_or(0, |encoding| most(plaintext_len, encoding))
}
