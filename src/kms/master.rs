//! The master secret (L1) of one logical store and what it derives: the MACs of rows, head and log, the wraps of versions.
//!
//! Each key is `HKDF-Expand(L1, label ‖ store id ‖ epoch u32, 32)`, one purpose each. Knows no record's meaning.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{StoreId, head::Root};
use crate::{
    algo::{
        hkdf,
        hmac::{self, HmacSm3},
        wrap::{self, Wrapped},
    },
    error::{Error, Kind, Rejected, Result},
    key::{KeyId, Number, Spec},
    label,
    secret::Secret,
    store::{Head, LogRow, Name, Revision, Row},
};

/// L1 and its keys; all of it is wiped on drop.
pub(super) struct Master {
    epoch: u32,
    secret: Secret<32>,
    rows: HmacSm3,
    root: HmacSm3,
    mask: HmacSm3,
    head: HmacSm3,
    audit: HmacSm3,
    permits: HmacSm3,
    versions: Secret<32>,
}

impl Master {
    pub(super) fn new(secret: Secret<32>, store: StoreId, epoch: u32) -> Result<Self> {
        let derive = |label: &[u8]| {
            let epoch = epoch.to_be_bytes();
            Secret::<32>::try_build(|out| hkdf::expand(&secret, &[label, store.as_bytes(), &epoch], out))
        };
        let keyed = |label: &[u8]| derive(label).map(|key| HmacSm3::new(key.expose()));
        Ok(Self {
            rows: keyed(label::ROW)?,
            root: keyed(label::ROW_ROOT)?,
            mask: keyed(label::ROOT_MASK)?,
            head: keyed(label::HEAD)?,
            audit: keyed(label::AUDIT)?,
            permits: keyed(label::IMPORT)?,
            versions: derive(label::VERSION_WRAP)?,
            epoch,
            secret,
        })
    }

    /// What the root key's seal is bound to: `store id ‖ epoch`.
    pub(super) fn binding(store: &StoreId, epoch: u32) -> [u8; 20] {
        let mut binding = [0; 20];
        binding[..16].copy_from_slice(store.as_bytes());
        binding[16..].copy_from_slice(&epoch.to_be_bytes());
        binding
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.secret
    }

    pub(super) const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// A row with its MAC.
    pub(super) fn row(&self, name: Name, revision: Revision, body: alloc::vec::Vec<u8>) -> Row {
        let mac = row_mac(&self.rows, &name, revision, &body);
        Row { name, revision, body, mac }
    }

    /// The row, if its MAC fits its name, its revision and this store.
    pub(super) fn check_row(&self, row: &Row) -> Result<()> {
        let expected = row_mac(&self.rows, &row.name, row.revision, &row.body);
        genuine(&expected, &row.mac, "a row was edited, moved or damaged; run `miyao doctor`")
    }

    /// The never stored MAC of a row whose sum over all rows stands in the head.
    pub(super) fn summand(&self, row: &Row) -> [u8; 32] {
        row_mac(&self.root, &row.name, row.revision, &row.body)
    }

    /// The sum as it stands in the head, under a mask used once: what a commit adds to it is not told by the difference
    /// of two heads.
    pub(super) fn hide(&self, sum: &[u8; 32], rng: &mut (impl CryptoRng + ?Sized)) -> Root {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        Root { salt, masked: self.masked(&salt, sum) }
    }

    pub(super) fn reveal(&self, root: &Root) -> [u8; 32] {
        self.masked(&root.salt, &root.masked)
    }

    fn masked(&self, salt: &[u8; 16], sum: &[u8; 32]) -> [u8; 32] {
        let mask = joined(&self.mask, &[salt]);
        core::array::from_fn(|index| mask[index] ^ sum[index])
    }

    pub(super) fn head_mac(&self, revision: Revision, body: &[u8]) -> [u8; 32] {
        joined(&self.head, &[&revision.0.to_be_bytes(), body])
    }

    pub(super) fn check_head(&self, head: &Head) -> Result<()> {
        let expected = self.head_mac(head.revision, &head.body);
        genuine(&expected, &head.mac, "the head of the store was edited or damaged; restore a backup")
    }

    pub(super) fn log_row(&self, sequence: u64, body: alloc::vec::Vec<u8>) -> LogRow {
        let mac = joined(&self.audit, &[&sequence.to_be_bytes(), &body]);
        LogRow { sequence, body, mac }
    }

    pub(super) fn check_log_row(&self, row: &LogRow) -> Result<()> {
        let expected = joined(&self.audit, &[&row.sequence.to_be_bytes(), &row.body]);
        genuine(&expected, &row.mac, "an audit entry was edited or damaged; run `miyao audit verify`")
            .map_err(|error| error.about(format_args!("entry {}", row.sequence)))
    }

    /// The MAC of an import token.
    pub(super) fn permit_mac(&self, body: &[u8]) -> [u8; 32] {
        joined(&self.permits, &[body])
    }

    /// Hides a version's secret for its row.
    pub(super) fn wrap_version(
        &self,
        (key, number, spec): (&KeyId, Number, Spec),
        secret: &Secret<32>,
        rng: &mut dyn CryptoRng,
    ) -> Result<alloc::vec::Vec<u8>> {
        let aad = version_aad(key, number, spec);
        Ok(wrap::wrap(&self.versions, label::VERSION_WRAP, &[&aad], secret, rng)?.to_bytes().to_vec())
    }

    pub(super) fn unwrap_version(
        &self,
        (key, number, spec): (&KeyId, Number, Spec),
        material: &[u8],
    ) -> Result<Secret<32>> {
        let damaged =
            || Error::new(Kind::Corrupt, "a version's wrapped secret does not open; run `miyao doctor`");
        let wrapped = Wrapped::from_bytes(material.try_into().map_err(|_| damaged())?);
        let aad = version_aad(key, number, spec);
        wrap::unwrap(&self.versions, label::VERSION_WRAP, &[&aad], &wrapped).map_err(|Rejected| damaged())
    }

    /// Hides the one-time private key of an import permit.
    pub(super) fn wrap_permit(
        &self,
        permit: &[u8; 16],
        secret: &Secret<32>,
        rng: &mut dyn CryptoRng,
    ) -> Result<[u8; Wrapped::LEN]> {
        Ok(wrap::wrap(&self.versions, label::IMPORT, &[permit], secret, rng)?.to_bytes())
    }

    pub(super) fn unwrap_permit(
        &self,
        permit: &[u8; 16],
        wrapped: &[u8; Wrapped::LEN],
    ) -> Result<Secret<32>, Rejected> {
        wrap::unwrap(&self.versions, label::IMPORT, &[permit], &Wrapped::from_bytes(wrapped))
    }
}

/// By which a version's secret is recognised wherever it is restored: `HMAC-SM3[label](spec ‖ secret)`, 8 bytes.
pub(super) fn check_value(spec: Spec, secret: &Secret<32>) -> [u8; 8] {
    let mut value = [0; 8];
    value.copy_from_slice(&hmac::mac(label::CHECK_VALUE, &[&[spec as u8], secret.expose()])[..8]);
    value
}

/// `sum + summand` modulo 2^256, big-endian.
pub(super) fn add(sum: &mut [u8; 32], summand: &[u8; 32]) {
    let mut carry = 0u16;
    for (byte, other) in sum.iter_mut().zip(summand).rev() {
        carry += u16::from(*byte) + u16::from(*other);
        *byte = carry as u8;
        carry >>= 8;
    }
}

/// `sum - summand` modulo 2^256: the sum with its two's complement.
pub(super) fn subtract(sum: &mut [u8; 32], summand: &[u8; 32]) {
    let mut one = [0; 32];
    one[31] = 1;
    add(sum, &summand.map(|byte| !byte));
    add(sum, &one);
}

/// `table u8 ‖ length of the name u16 ‖ name ‖ revision u64 ‖ body`
fn row_mac(keyed: &HmacSm3, name: &Name, revision: Revision, body: &[u8]) -> [u8; 32] {
    let len = (name.name.len() as u16).to_be_bytes();
    joined(keyed, &[&[name.table as u8], &len, &name.name, &revision.0.to_be_bytes(), body])
}

fn joined(keyed: &HmacSm3, parts: &[&[u8]]) -> [u8; 32] {
    let mut hmac = keyed.clone();
    for part in parts {
        hmac.update(part);
    }
    hmac.finalize()
}

fn genuine(expected: &[u8; 32], found: &[u8; 32], what: &'static str) -> Result<()> {
    if bool::from(expected.ct_eq(found)) { Ok(()) } else { Err(Error::new(Kind::Corrupt, what)) }
}

/// `key id ‖ number u32 ‖ spec u8`
fn version_aad(key: &KeyId, number: Number, spec: Spec) -> [u8; 21] {
    let mut aad = [0; 21];
    aad[..16].copy_from_slice(key.as_bytes());
    aad[16..20].copy_from_slice(&number.get().to_be_bytes());
    aad[20] = spec as u8;
    aad
}

#[cfg(test)]
mod tests {
    use super::{Master, Secret, StoreId, add, subtract};
    use crate::algo::drbg::Drbg;

    #[test]
    fn equal_sums_are_hidden_differently_in_every_head() {
        let master = Master::new(Secret::take(&mut [9; 32]), StoreId::from_bytes([7; 16]), 1).unwrap();
        let mut rng = Drbg::new(&[1; 32], b"master", b"");
        let (one, two) = (master.hide(&[5; 32], &mut rng), master.hide(&[5; 32], &mut rng));
        assert_ne!((one.salt, one.masked), (two.salt, two.masked));
        assert_ne!(one.masked, [5; 32]);
        assert_eq!([master.reveal(&one), master.reveal(&two)], [[5; 32]; 2]);
    }

    #[test]
    fn what_is_added_can_be_taken_away_in_any_order() {
        let (a, b) = ([0xff; 32], [0x80; 32]);
        let mut sum = [0; 32];
        add(&mut sum, &a);
        add(&mut sum, &b);
        subtract(&mut sum, &a);
        assert_eq!(sum, b);
        subtract(&mut sum, &b);
        assert_eq!(sum, [0; 32]);
        subtract(&mut sum, &a);
        assert_eq!(sum[31], 1);
    }
}
