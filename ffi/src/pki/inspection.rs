//! `miyao_inspection`: what a file is, in which form and encoding, and what is odd about it.

use alloc::{
    boxed::Box,
    string::{String, ToString},
};
use core::mem::MaybeUninit;

use miyao::pki::inspect::{Inspection, Verdict, inspect};

use crate::{
    buffer::miyao_buffer,
    desk::{give, guard, guard_secret, guard_value, input, object, wiping_deep},
    sm2::miyao_sm2_private_key,
    status::miyao_status,
};

/// What was found of a file (格式鉴别): a key, a signature or a ciphertext, in which form, and what is odd about it. It is read far more
/// loosely than by any other function, and nothing of it is authenticated.
pub struct miyao_inspection(pub(super) Inspection);

/// No key was asked, or it had nothing to say.
pub const MIYAO_VERDICT_NONE: u32 = 0;
/// The key opens it.
pub const MIYAO_VERDICT_OPENS: u32 = 1;
/// The key does not open it.
pub const MIYAO_VERDICT_DOES_NOT_OPEN: u32 = 2;
/// It is the key's public half, or the key itself.
pub const MIYAO_VERDICT_BELONGS: u32 = 3;
/// It belongs to another key.
pub const MIYAO_VERDICT_IS_FOREIGN: u32 = 4;

/// Tells what a file is, whatever is around it (PEM, base64, hexadecimal digits), to be freed with `miyao_inspection_free`. Every file is
/// something, if only unknown; work and memory grow with its length alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_inspection_new(
    file: *const u8,
    file_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_inspection>>,
) -> miyao_status {
    guard(|| {
        let (file, out) = (input!(file, file_len), object!(out));
        wiping_deep(|| give(miyao_inspection(inspect(file)), out));
        Ok(())
    })
}

/// Asks a private key: it decides the order of a ciphertext, and whether what was found is its own, which `miyao_inspection_verdict` tells.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_ask(
    inspection: Option<&mut miyao_inspection>,
    key: Option<&miyao_sm2_private_key>,
) -> miyao_status {
    guard_secret(|| {
        let (inspection, key) = (object!(inspection), object!(key));
        inspection.0.ask(&key.0);
        Ok(())
    })
}

/// What the key that was asked said, a MIYAO_VERDICT_.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_verdict(inspection: Option<&miyao_inspection>) -> u32 {
    let verdict = inspection.and_then(|inspection| inspection.0.verdict);
    match verdict {
        None => MIYAO_VERDICT_NONE,
        Some(Verdict::Opens) => MIYAO_VERDICT_OPENS,
        Some(Verdict::DoesNotOpen) => MIYAO_VERDICT_DOES_NOT_OPEN,
        Some(Verdict::Belongs) => MIYAO_VERDICT_BELONGS,
        Some(Verdict::IsForeign) => MIYAO_VERDICT_IS_FOREIGN,
    }
}

/// One word for what it is: private-key, public-key, signature, ciphertext, certificate, request, revocation-list, message, pkcs12,
/// parameters or unknown; to be freed with `miyao_buffer_free`. The words stay the same from release to release.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_kind(
    inspection: Option<&miyao_inspection>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (inspection, out) = (object!(inspection), object!(out));
        miyao_buffer::give_vec(miyao_records::kind(&inspection.0).as_bytes().to_vec(), out);
        Ok(())
    })
}

/// One word for its form: pkcs8, sec1, scalar, device-scalar, encrypted, enveloped, old-pem, spki, point, compressed, coordinates,
/// device-point, der, raw, device, bare or compressed-point, and empty for what has none; to be freed with `miyao_buffer_free`. The words
/// stay the same from release to release.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_form(
    inspection: Option<&miyao_inspection>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (inspection, out) = (object!(inspection), object!(out));
        let word = inspection.0.form().map_or("", |form| form.word());
        miyao_buffer::give_vec(word.as_bytes().to_vec(), out);
        Ok(())
    })
}

/// Whether a strict reader takes the content, whatever is around it; false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_is_strict(inspection: Option<&miyao_inspection>) -> bool {
    guard_value(false, || inspection.is_some_and(|inspection| inspection.0.is_strict()))
}

/// The words for what a strict reader would take offence at and what else one should know, with commas between, empty where there is
/// nothing; to be freed with `miyao_buffer_free`. The words stay the same from release to release.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_oddities(
    inspection: Option<&miyao_inspection>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (inspection, out) = (object!(inspection), object!(out));
        let words: alloc::vec::Vec<_> = inspection.0.oddities.iter().map(|oddity| oddity.word()).collect();
        miyao_buffer::give_vec(words.join(",").into_bytes(), out);
        Ok(())
    })
}

/// All that was found as a page for people, one finding a line, without any secret; to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_report(
    inspection: Option<&miyao_inspection>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (inspection, out) = (object!(inspection), object!(out));
        let page: String = inspection.0.to_string();
        miyao_buffer::give_vec(page.into_bytes(), out);
        Ok(())
    })
}

/// All that was found as a record in JSON, without any secret, as `miyao sm2 inspect --json` prints it; to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_record(
    inspection: Option<&miyao_inspection>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (inspection, record) = (object!(inspection), object!(record));
        miyao_buffer::give_json(&miyao_records::inspection(&inspection.0), record);
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_inspection_free(inspection: Option<Box<miyao_inspection>>) {
    guard_value((), || drop(inspection));
}
