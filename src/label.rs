//! Every label of the whole system: which purpose a derived key or a hash serves (one purpose per secret).
//!
//! Constants only; each is ASCII and ends in a zero byte, so none is a prefix of another.

/// `bind` of a message.
pub(crate) const MESSAGE: &[u8] = b"miyao v1 message\0";
/// The commitment of a message.
pub(crate) const COMMIT: &[u8] = b"miyao v1 commit\0";
/// The body keys of a message.
pub(crate) const BODY: &[u8] = b"miyao v1 body\0";
/// What the trailer of a signed message signs.
pub(crate) const SIGNATURE: &[u8] = b"miyao v1 signature\0";
/// The wrap keys of a recipient entry.
pub(crate) const WRAP: &[u8] = b"miyao v1 wrap\0";
/// `bind` of a token.
pub(crate) const TOKEN: &[u8] = b"miyao v1 token\0";
/// The body keys of a token.
pub(crate) const TOKEN_BODY: &[u8] = b"miyao v1 token body\0";
/// The commitment of a token.
pub(crate) const TOKEN_COMMIT: &[u8] = b"miyao v1 token commit\0";
/// The wrap of a key version's secret (L2) under the master secret (L1).
pub(crate) const VERSION_WRAP: &[u8] = b"miyao v1 version wrap\0";
/// The seal of the master secret (L1) under a software root (L0).
pub(crate) const MASTER_SEAL: &[u8] = b"miyao v1 master seal\0";
/// What a root key in a device is recognised by.
pub(crate) const ROOT_CHECK: &[u8] = b"miyao v1 root check\0";
/// The MAC of a stored row.
pub(crate) const ROW: &[u8] = b"miyao v1 row\0";
/// The second, never stored MAC of a row, summed into the root.
pub(crate) const ROW_ROOT: &[u8] = b"miyao v1 row root\0";
/// The mask over that sum in the head.
pub(crate) const ROOT_MASK: &[u8] = b"miyao v1 root mask\0";
/// The MAC of the head row.
pub(crate) const HEAD: &[u8] = b"miyao v1 head\0";
/// The MAC of an audit record.
pub(crate) const AUDIT: &[u8] = b"miyao v1 audit\0";
/// The check value by which a restored key is recognised.
pub(crate) const CHECK_VALUE: &[u8] = b"miyao v1 check value\0";
/// The token that permits one import of wrapped key material.
pub(crate) const IMPORT: &[u8] = b"miyao v1 import\0";
