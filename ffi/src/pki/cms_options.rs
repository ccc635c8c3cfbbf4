//! `miyao_cms_options`: how a message is written.

use alloc::{boxed::Box, vec::Vec};
use core::mem::MaybeUninit;

use miyao::{Error, Kind, Result, algo::sm2::DEFAULT_USER_ID, pki::cms::Dialect};

use super::{certificate::miyao_certificate, crl::miyao_crl};
use crate::{
    desk::{give, guard, guard_value, input, object},
    status::miyao_status,
};

/// How a message is written, and what goes along.
pub struct miyao_cms_options {
    pub(super) dialect: Dialect,
    pub(super) user_id: Vec<u8>,
    pub(super) attributes: bool,
    pub(super) detached: bool,
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) lists: Vec<Vec<u8>>,
}

impl Default for miyao_cms_options {
    fn default() -> Self {
        Self {
            dialect: Dialect::Standard,
            user_id: DEFAULT_USER_ID.to_vec(),
            attributes: false,
            detached: false,
            certificates: Vec::new(),
            lists: Vec::new(),
        }
    }
}

/// GM/T 0010-2012 and GB/T 35275-2017, which is what is written unless another is chosen.
pub const MIYAO_CMS_DIALECT_STANDARD: u32 = 1;
/// The same under the content types of PKCS#7, which OpenSSL reads.
pub const MIYAO_CMS_DIALECT_PKCS7: u32 = 2;
/// GmSSL 3, which is only read: a signature says nothing of the user id.
pub const MIYAO_CMS_DIALECT_GMSSL: u32 = 3;
/// CFCA's SADK before 3.2, which is only read.
pub const MIYAO_CMS_DIALECT_CFCA: u32 = 4;

fn dialect(number: u32) -> Result<Dialect> {
    match number {
        MIYAO_CMS_DIALECT_STANDARD => Ok(Dialect::Standard),
        MIYAO_CMS_DIALECT_PKCS7 => Ok(Dialect::Pkcs7),
        MIYAO_CMS_DIALECT_GMSSL => Ok(Dialect::GmSsl),
        MIYAO_CMS_DIALECT_CFCA => Ok(Dialect::Cfca),
        _ => Err(Error::new(Kind::Unsupported, "no dialect has this number; take a MIYAO_CMS_DIALECT_")
            .about("dialect")),
    }
}

/// The number of a dialect; 0 for one that has none yet.
pub(super) const fn number(dialect: Dialect) -> u32 {
    match dialect {
        Dialect::Standard => MIYAO_CMS_DIALECT_STANDARD,
        Dialect::Pkcs7 => MIYAO_CMS_DIALECT_PKCS7,
        Dialect::GmSsl => MIYAO_CMS_DIALECT_GMSSL,
        Dialect::Cfca => MIYAO_CMS_DIALECT_CFCA,
        _ => 0,
    }
}

/// The usual ones: MIYAO_CMS_DIALECT_STANDARD, signed under MIYAO_SM2_DEFAULT_ID, without attributes and with the content. To be freed with
/// `miyao_cms_options_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cms_options_new(
    out: Option<&mut MaybeUninit<*mut miyao_cms_options>>,
) -> miyao_status {
    guard(|| {
        give(miyao_cms_options::default(), object!(out));
        Ok(())
    })
}

/// Writes under other numbers. A dialect that is only read is refused when the message is made.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cms_options_set_dialect(
    options: Option<&mut miyao_cms_options>,
    dialect: u32,
) -> miyao_status {
    guard(|| {
        object!(options).dialect = self::dialect(dialect)?;
        Ok(())
    })
}

/// Signs under another user id; a copy is kept. OpenSSL reads the empty one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_options_set_user_id(
    options: Option<&mut miyao_cms_options>,
    user_id: *const u8,
    user_id_len: usize,
) -> miyao_status {
    guard(|| {
        object!(options).user_id = input!(user_id, user_id_len).to_vec();
        Ok(())
    })
}

/// Whether attributes that name the content and its digest are signed, rather than the content.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cms_options_set_attributes(
    options: Option<&mut miyao_cms_options>,
    attributes: bool,
) -> miyao_status {
    guard(|| {
        object!(options).attributes = attributes;
        Ok(())
    })
}

/// Whether the content stays elsewhere.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cms_options_set_detached(
    options: Option<&mut miyao_cms_options>,
    detached: bool,
) -> miyao_status {
    guard(|| {
        object!(options).detached = detached;
        Ok(())
    })
}

/// A certificate to go along beside those of the signers, such as their issuer's; a copy is kept.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cms_options_add_certificate(
    options: Option<&mut miyao_cms_options>,
    certificate: Option<&miyao_certificate>,
) -> miyao_status {
    guard(|| {
        let (options, certificate) = (object!(options), object!(certificate));
        options.certificates.push(certificate.0.as_der().to_vec());
        Ok(())
    })
}

/// A revocation list to go along; a copy is kept.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cms_options_add_crl(
    options: Option<&mut miyao_cms_options>,
    crl: Option<&miyao_crl>,
) -> miyao_status {
    guard(|| {
        let (options, crl) = (object!(options), object!(crl));
        options.lists.push(crl.0.as_der().to_vec());
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cms_options_free(options: Option<Box<miyao_cms_options>>) {
    guard_value((), || drop(options));
}
