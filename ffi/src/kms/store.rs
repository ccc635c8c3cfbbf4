//! A store as a whole: what is due, what is wrong, what was done, whether it went back.

use core::mem::MaybeUninit;

use miyao::kms::{Kms, Witness};
use serde_json::Value;

use super::miyao_kms;
use crate::{
    buffer::miyao_buffer,
    desk::{fixed, guard_telling, object, output, tell},
    error::miyao_error,
    status::miyao_status,
};

/// The bytes of a witness.
pub const MIYAO_WITNESS_LEN: usize = 56;

/// What there is to say of the store, as a record in JSON.
///
/// MIYAO_STATUS_ROLLED_BACK when it went back since it was opened.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_info(
    kms: Option<&miyao_kms>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, record) = (object!(kms), object!(record));
        let info = kms.with(Kms::info)?;
        miyao_buffer::give_json(&miyao_records::store(&info), record);
        Ok(())
    })
}

/// Does everything that is due, and gives what it did as an array of records in JSON; what fails for one key is among them. `confirm_clock`
/// believes the clock after it stepped.
///
/// MIYAO_STATUS_CLOCK when the clock stepped since the store was last changed: back by more than 5 s, or ahead by more than 25 h.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_maintain(
    kms: Option<&miyao_kms>,
    confirm_clock: bool,
    records: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, records) = (object!(kms), object!(records));
        let done = kms.with(|kms| kms.maintain(confirm_clock))?;
        miyao_buffer::give_json(&done.iter().map(miyao_records::maintained).collect::<Value>(), records);
        Ok(())
    })
}

/// Checks everything that can be checked, and gives what was found as a record in JSON, whose `clean` says whether nothing is wrong.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_doctor(
    kms: Option<&miyao_kms>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, record) = (object!(kms), object!(record));
        let report = kms.with(Kms::doctor)?;
        miyao_buffer::give_json(&miyao_records::report(&report), record);
        Ok(())
    })
}

/// Audit entries from number `first` on, which counts from 1, at most `limit`: an array of records in JSON, empty past the end.
///
/// MIYAO_STATUS_CORRUPT for an entry that was edited.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_audit(
    kms: Option<&miyao_kms>,
    first: u64,
    limit: usize,
    records: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, records) = (object!(kms), object!(records));
        let entries = kms.with(|kms| kms.audit(first.max(1), limit))?;
        miyao_buffer::give_json(&entries.iter().map(miyao_records::entry).collect::<Value>(), records);
        Ok(())
    })
}

/// Follows the audit chain from its first entry to the end that the store's head names, and gives how many there are as a record in JSON.
///
/// MIYAO_STATUS_CORRUPT where it was edited, or entries were removed or moved.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_verify_audit(
    kms: Option<&miyao_kms>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, record) = (object!(kms), object!(record));
        let report = kms.with(Kms::verify_audit)?;
        miyao_buffer::give_json(&miyao_records::audit_report(&report), record);
        Ok(())
    })
}

/// The newest state of the store that this process saw, MIYAO_WITNESS_LEN bytes; keep it outside the store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_witness(
    kms: Option<&miyao_kms>,
    out: *mut u8,
    out_cap: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let kms = object!(kms);
        let out = output!(out, out_cap, MIYAO_WITNESS_LEN);
        out.copy_from_slice(&kms.with(|kms| Ok(kms.witness()))?.to_bytes());
        Ok(())
    })
}

/// Refuses a store that is older than a witness kept from before.
///
/// MIYAO_STATUS_ROLLED_BACK; MIYAO_STATUS_INVALID for a witness of another store, or of another length than MIYAO_WITNESS_LEN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_check_witness(
    kms: Option<&miyao_kms>,
    witness: *const u8,
    witness_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let kms = object!(kms);
        let last = Witness::from_bytes(fixed!(witness, witness_len));
        kms.with(|kms| kms.check_witness(&last))
    })
}

/// Brings the rows of an older release to this one's layout; `changed`, where it is not NULL, gets whether anything had to be done.
///
/// MIYAO_STATUS_READ_ONLY for a store of a newer release.
///
/// May be NULL: `changed`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_upgrade(
    kms: Option<&miyao_kms>,
    changed: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        tell(changed, object!(kms).with(Kms::upgrade)?);
        Ok(())
    })
}
