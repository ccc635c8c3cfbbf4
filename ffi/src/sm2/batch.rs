//! Many signatures and verifications in one call, each with an outcome of its own.

use alloc::vec::Vec;

use miyao::{
    Error, Kind, Rejected, Result,
    algo::sm2::{Signature, sign_batch, sign_digest_batch, verify_batch, verify_digest_batch},
    kms,
};

use super::{
    MIYAO_SM2_DIGEST_LEN, MIYAO_SM2_SIGNATURE_LEN, private_key::miyao_sm2_private_key,
    public_key::miyao_sm2_public_key,
};
use crate::{
    desk::{guard, guard_secret, input, objects, output, strings},
    status::miyao_status,
};

/// Signs `count` messages, each as `miyao_sm2_private_key_sign` does; the keys may be different or the same, and from eight messages on
/// it takes a fraction of the time. Of item i: `keys[i]`, a user id of `user_id_lens[i]` bytes at `user_ids[i]`, likewise the message;
/// its signature is written to `out + 64 * i`, and to `statuses[i]` how it went, a miyao_status in a byte.
///
/// MIYAO_STATUS_PARTIAL: some were not signed, which `statuses` tells: MIYAO_STATUS_INVALID for a user id of more than MIYAO_SM2_ID_MAX
/// bytes. In place of their signatures are zeros. MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_sign_batch(
    keys: *const Option<&miyao_sm2_private_key>,
    user_ids: *const *const u8,
    user_id_lens: *const usize,
    messages: *const *const u8,
    message_lens: *const usize,
    count: usize,
    out: *mut u8,
    out_cap: usize,
    statuses: *mut u8,
    statuses_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let keys = objects!(keys, count);
        let user_ids = strings!(user_ids, user_id_lens, count);
        let messages = strings!(messages, message_lens, count);
        let out = output!(out, out_cap, times(count, MIYAO_SM2_SIGNATURE_LEN)?);
        let statuses = output!(statuses, statuses_cap, count);
        let ids = user_ids.into_iter().zip(messages);
        let items: Vec<_> = keys.iter().zip(ids).map(|(key, (id, message))| (&key.0, id, message)).collect();
        let signatures = sign_batch(&items, &mut kms::rng()?);
        let places = out.as_chunks_mut::<MIYAO_SM2_SIGNATURE_LEN>().0.iter_mut();
        let outcomes = places.zip(signatures).map(|(place, signature)| {
            *place = signature.as_ref().map_or([0; MIYAO_SM2_SIGNATURE_LEN], Signature::to_bytes);
            signature.map(|_| ())
        });
        told(outcomes, statuses)
    })
}

/// Signs `count` digests e of 32 bytes that stand behind one another, each as `miyao_sm2_private_key_sign_digest` does: with `keys[i]` the
/// one at `digests + 32 * i`, whose signature is written to `out + 64 * i`.
///
/// MIYAO_STATUS_INVALID: another length than 32 times `count`. MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_sign_digest_batch(
    keys: *const Option<&miyao_sm2_private_key>,
    digests: *const u8,
    digests_len: usize,
    count: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let keys = objects!(keys, count);
        let digests = rows::<MIYAO_SM2_DIGEST_LEN>("digests", input!(digests, digests_len), count)?;
        let out = output!(out, out_cap, times(count, MIYAO_SM2_SIGNATURE_LEN)?);
        let items: Vec<_> = keys.iter().zip(digests).map(|(key, digest)| (&key.0, digest)).collect();
        let signatures = sign_digest_batch(&items, &mut kms::rng()?);
        let places = out.as_chunks_mut::<MIYAO_SM2_SIGNATURE_LEN>().0.iter_mut();
        places.zip(signatures).for_each(|(place, signature)| *place = signature.to_bytes());
        Ok(())
    })
}

/// Verifies `count` messages, each as `miyao_sm2_public_key_verify` does. Of item i: `keys[i]`, a user id of `user_id_lens[i]` bytes at
/// `user_ids[i]`, likewise the message, and the signature of 64 bytes at `signatures + 64 * i`; to `statuses[i]` is written how it went, a
/// miyao_status in a byte: MIYAO_STATUS_OK or MIYAO_STATUS_REJECTED. One that is refused says nothing about the others.
///
/// MIYAO_STATUS_OK: every signature verifies. MIYAO_STATUS_PARTIAL: at least one does not, which `statuses` tells.
/// MIYAO_STATUS_INVALID: another length than 64 times `count`; nothing was verified.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_verify_batch(
    keys: *const Option<&miyao_sm2_public_key>,
    user_ids: *const *const u8,
    user_id_lens: *const usize,
    messages: *const *const u8,
    message_lens: *const usize,
    signatures: *const u8,
    signatures_len: usize,
    count: usize,
    statuses: *mut u8,
    statuses_cap: usize,
) -> miyao_status {
    guard(|| {
        let keys = objects!(keys, count);
        let user_ids = strings!(user_ids, user_id_lens, count);
        let messages = strings!(messages, message_lens, count);
        let signatures = each_signature(input!(signatures, signatures_len), count)?;
        let statuses = output!(statuses, statuses_cap, count);
        let ids = user_ids.into_iter().zip(messages);
        let items = keys.iter().zip(ids).zip(&signatures).filter_map(|((key, (id, message)), signature)| {
            Some((&key.0, id, message, signature.as_ref().ok()?))
        });
        told(merged(&signatures, verify_batch(&items.collect::<Vec<_>>())), statuses)
    })
}

/// Verifies `count` digests e of 32 bytes that stand behind one another, each as `miyao_sm2_public_key_verify_digest` does: with `keys[i]`
/// the one at `digests + 32 * i` and the signature at `signatures + 64 * i`; to `statuses[i]` is written how it went, a miyao_status in a
/// byte: MIYAO_STATUS_OK or MIYAO_STATUS_REJECTED.
///
/// MIYAO_STATUS_OK: every signature verifies. MIYAO_STATUS_PARTIAL: at least one does not, which `statuses` tells.
/// MIYAO_STATUS_INVALID: another length than 32 or 64 times `count`; nothing was verified.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_verify_digest_batch(
    keys: *const Option<&miyao_sm2_public_key>,
    digests: *const u8,
    digests_len: usize,
    signatures: *const u8,
    signatures_len: usize,
    count: usize,
    statuses: *mut u8,
    statuses_cap: usize,
) -> miyao_status {
    guard(|| {
        let keys = objects!(keys, count);
        let digests = rows::<MIYAO_SM2_DIGEST_LEN>("digests", input!(digests, digests_len), count)?;
        let signatures = each_signature(input!(signatures, signatures_len), count)?;
        let statuses = output!(statuses, statuses_cap, count);
        let items = keys.iter().zip(digests).zip(&signatures);
        let items =
            items.filter_map(|((key, digest), signature)| Some((&key.0, digest, signature.as_ref().ok()?)));
        told(merged(&signatures, verify_digest_batch(&items.collect::<Vec<_>>())), statuses)
    })
}

/// So many signatures, of which some may be none.
fn each_signature(bytes: &[u8], count: usize) -> Result<Vec<Result<Signature, Rejected>>> {
    let rows = rows::<MIYAO_SM2_SIGNATURE_LEN>("signatures", bytes, count)?;
    Ok(rows.iter().map(Signature::from_bytes).collect())
}

/// The outcome of every item, from those of the items that have a signature.
fn merged(
    signatures: &[Result<Signature, Rejected>],
    outcomes: Vec<Result<(), Rejected>>,
) -> impl Iterator<Item = Result<()>> {
    let mut outcomes = outcomes.into_iter();
    signatures.iter().map(move |signature| {
        signature.as_ref().map_err(|_| Rejected)?;
        Ok(outcomes.next().unwrap_or(Err(Rejected))?)
    })
}

/// Writes how each went; fails where one did.
fn told(outcomes: impl Iterator<Item = Result<()>>, statuses: &mut [u8]) -> Result<()> {
    let mut all = true;
    for (place, outcome) in statuses.iter_mut().zip(outcomes) {
        *place = outcome.as_ref().map_or_else(|error| error.kind().number(), |()| 0);
        all &= outcome.is_ok();
    }
    let partial = || Error::new(Kind::Partial, "not every item went well; the statuses say which");
    if all { Ok(()) } else { Err(partial()) }
}

/// So many arrays of `N` bytes behind one another.
fn rows<'a, const N: usize>(name: &'static str, bytes: &'a [u8], count: usize) -> Result<&'a [[u8; N]]> {
    if bytes.len() != times(count, N)? {
        return Err(
            Error::new(Kind::Invalid, "the length is not that of so many; give all of them").about(name)
        );
    }
    Ok(bytes.as_chunks().0)
}

fn times(count: usize, each: usize) -> Result<usize> {
    count.checked_mul(each).ok_or_else(|| Error::new(Kind::Invalid, "no memory has so many").about("count"))
}
