//! `miyao_pkcs8_options`: how a private key is written under a passphrase.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result,
    pki::pkcs8::{Derivation, Encryption},
};

use crate::{
    desk::{give, guard, guard_value, object},
    status::miyao_status,
};

/// How a private key is encrypted under a passphrase: SM4-CBC under what PBKDF2 makes of it.
pub struct miyao_pkcs8_options(pub(super) Encryption);

/// The iterations of PBKDF2 unless others are chosen.
pub const MIYAO_PKCS8_DEFAULT_ITERATIONS: u32 = 600_000;

/// The fewest that are written (GM/T 0091-2020).
pub const MIYAO_PKCS8_MIN_ITERATIONS: u32 = 1_024;

/// The most that are written, or paid for a file.
pub const MIYAO_PKCS8_MAX_ITERATIONS: u32 = 10_000_000;

/// HMAC-SM3 as 1.2.156.10197.1.401.2 without parameters, which GmSSL reads: what is written unless another is chosen.
pub const MIYAO_PKCS8_DERIVATION_HMAC_SM3: u32 = 1;

/// The same with NULL for parameters.
pub const MIYAO_PKCS8_DERIVATION_HMAC_SM3_NULL: u32 = 2;

/// HMAC-SM3 as 1.2.156.10197.1.401.3.1, the number of OpenSSL.
pub const MIYAO_PKCS8_DERIVATION_HMAC_SM3_OPENSSL: u32 = 3;

/// HMAC-SM3 under the numbers of GM/T 0091-2020.
pub const MIYAO_PKCS8_DERIVATION_GMT0091: u32 = 4;

// The numbers of the header are those of the library.
const _: () = assert!(MIYAO_PKCS8_DEFAULT_ITERATIONS == Encryption::DEFAULT_ITERATIONS);
const _: () = assert!(MIYAO_PKCS8_MIN_ITERATIONS == Encryption::FLOOR);
const _: () = assert!(MIYAO_PKCS8_MAX_ITERATIONS == Encryption::CEILING);

fn derivation(number: u32) -> Result<Derivation> {
    match number {
        MIYAO_PKCS8_DERIVATION_HMAC_SM3 => Ok(Derivation::HmacSm3),
        MIYAO_PKCS8_DERIVATION_HMAC_SM3_NULL => Ok(Derivation::HmacSm3Null),
        MIYAO_PKCS8_DERIVATION_HMAC_SM3_OPENSSL => Ok(Derivation::HmacSm3OpenSsl),
        MIYAO_PKCS8_DERIVATION_GMT0091 => Ok(Derivation::GmT0091),
        _ => Err(Error::new(
            Kind::Unsupported,
            "no derivation has this number; take a MIYAO_PKCS8_DERIVATION_",
        )
        .about("derivation")),
    }
}

/// HMAC-SM3 under its usual number and MIYAO_PKCS8_DEFAULT_ITERATIONS, to be freed with `miyao_pkcs8_options_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_pkcs8_options_new(
    out: Option<&mut MaybeUninit<*mut miyao_pkcs8_options>>,
) -> miyao_status {
    guard(|| {
        give(miyao_pkcs8_options(Encryption::new()), object!(out));
        Ok(())
    })
}

/// Chooses another cost.
///
/// MIYAO_STATUS_INVALID: fewer than MIYAO_PKCS8_MIN_ITERATIONS, or more than MIYAO_PKCS8_MAX_ITERATIONS.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_pkcs8_options_set_iterations(
    options: Option<&mut miyao_pkcs8_options>,
    iterations: u32,
) -> miyao_status {
    guard(|| {
        let options = object!(options);
        options.0 = options.0.iterations(iterations)?;
        Ok(())
    })
}

/// Chooses another way to write the derivation, a MIYAO_PKCS8_DERIVATION_, for a reader that asks for it.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_pkcs8_options_set_derivation(
    options: Option<&mut miyao_pkcs8_options>,
    derivation: u32,
) -> miyao_status {
    guard(|| {
        let options = object!(options);
        options.0 = options.0.derivation(self::derivation(derivation)?);
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_pkcs8_options_free(options: Option<Box<miyao_pkcs8_options>>) {
    guard_value((), || drop(options));
}
