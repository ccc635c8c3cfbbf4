//! Making a store and opening one: where the master secret is made and found again.
//!
//! Knows the head and the row that seals the master secret; no key.

use alloc::{string::String, sync::Arc};

use super::{
    Kms, StoreId, Witness,
    head::{Record, SCHEMA},
    master::Master,
    rng,
    root::{Seal, put_seal, seal_row},
    shared::Shared,
    tx::Tx,
};
use crate::{
    algo::selftest,
    audit::{Chain, Entry},
    error::{Error, Kind, Result},
    key::Principal,
    policy::{Action, Mode},
    provider::Provider,
    secret::Secret,
    store::{Revision, Store},
};

/// What there is to say of a store.
#[derive(Clone, Debug)]
pub struct StoreInfo {
    /// Its id.
    pub id: StoreId,
    /// How many commits it has seen.
    pub revision: Revision,
    /// The number of its rows' layout.
    pub schema: u32,
    /// Which master secret it is under; a restore starts another.
    pub epoch: u32,
    /// What holds its root key, such as `passphrase`.
    pub root: String,
    /// Whether it has owners or roles.
    pub mode: Mode,
    /// Where its audit chain ends.
    pub audit: Chain,
    /// The number of its rows.
    pub rows: u64,
}

impl Kms {
    /// Makes a key store in an empty store, under a root key.
    ///
    /// # Errors
    /// [`Exists`](Kind::Exists) when there is one; whatever store or provider return, with the name of a root key that was made
    /// for this and stays in its device.
    pub fn init(store: Arc<dyn Store>, root: &dyn Provider, principal: Principal) -> Result<Self> {
        let (id, epoch) = (StoreId::random(&mut rng()?), 1);
        let secret = Secret::random(&mut rng()?);
        found(store, (id, epoch, secret), root, &principal, |tx, root| {
            tx.note(Action::Init, None, None, root);
            Ok(())
        })
        .map_err(|error| root.kept_after(error))
    }

    /// Opens a key store: unseals the master secret and verifies the head and the end of the audit log.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when there is none; [`Rejected`](Kind::Rejected) for a wrong root key;
    /// [`Corrupt`](Kind::Corrupt) when the head or the audit log contradict their MACs.
    pub fn open(store: Arc<dyn Store>, root: &dyn Provider, principal: Principal) -> Result<Self> {
        tested()?;
        let head = store.head()?.ok_or_else(no_store)?;
        let record = Record::decode(&head)?;
        let seal = Seal::read(&*store)?;
        let secret = root.open(&seal.sealed, &Master::binding(&record.store, seal.epoch)).map_err(|error| {
            match error.kind() {
                // The device says which root sealed it.
                Kind::Rejected if seal.place.is_some() && error.detail().is_some() => error,
                Kind::Rejected if seal.place.is_some() => Error::new(
                    Kind::Rejected,
                    "the root key in the device does not open the store: name the root that sealed it",
                )
                .about(format_args!("a store under {}", seal.told()))
                .caused_by(error),
                Kind::Rejected | Kind::Malformed => Error::new(
                    Kind::Rejected,
                    "the root key does not open the store: another passphrase, key file or kind of root sealed it",
                )
                .about(format_args!("a store under {}", seal.told()))
                .caused_by(error),
                _ => error,
            }
        })?;
        let master = Master::new(secret, record.store, seal.epoch)?;
        master.check_head(&head)?;
        let shared = Shared::new(store, master, &head, record.clone());
        shared.row(&seal_row())?;
        if record.epoch != seal.epoch {
            return Err(Error::new(
                Kind::Corrupt,
                "the sealed master secret is of another epoch; restore a backup",
            ));
        }
        check_end(&shared, record.chain)?;
        Ok(Self { shared: Arc::new(shared), principal })
    }

    /// What there is to say of the store.
    ///
    /// # Errors
    /// Whatever the store returns; [`RolledBack`](Kind::RolledBack) when it went back.
    pub fn info(&self) -> Result<StoreInfo> {
        let (record, revision) = self.shared.head()?;
        let root = self.root()?.kind;
        Ok(StoreInfo {
            id: record.store,
            revision,
            schema: record.schema,
            epoch: record.epoch,
            root,
            mode: record.mode,
            audit: record.chain,
            rows: record.rows,
        })
    }

    /// The newest state of the store that this process saw; keep it outside the store.
    #[must_use]
    pub fn witness(&self) -> Witness {
        self.shared.witness()
    }

    /// Refuses a store that is older than `last`, a witness kept from before.
    ///
    /// # Errors
    /// As [`Witness::check_not_before`].
    pub fn check_witness(&self, last: &Witness) -> Result<()> {
        self.witness().check_not_before(last)
    }

    /// Brings the rows of an older release to this one's layout; gives whether anything had to be done. This release's
    /// layout is the first, so there is no older one yet.
    ///
    /// # Errors
    /// [`ReadOnly`](Kind::ReadOnly) for a store of a newer release.
    pub fn upgrade(&self) -> Result<bool> {
        let (record, _) = self.shared.head()?;
        if record.schema == SCHEMA {
            return Ok(false);
        }
        Err(Error::new(
            Kind::ReadOnly,
            "this release knows no way from that layout; use the release that wrote it",
        )
        .about(format_args!("schema {}", record.schema)))
    }
}

/// Makes the first commit of an empty store: the sealed master secret and whatever `fill` adds.
pub(super) fn found(
    store: Arc<dyn Store>,
    (id, epoch, secret): (StoreId, u32, Secret<32>),
    root: &dyn Provider,
    principal: &Principal,
    mut fill: impl FnMut(&mut Tx<'_>, &str) -> Result<()>,
) -> Result<Kms> {
    tested()?;
    if store.head()?.is_some() {
        return Err(Error::new(Kind::Exists, "there is a key store already; open it, or name another place"));
    }
    let master = Master::new(secret, id, epoch)?;
    let head = Record::empty(id, epoch, store.now()?);
    let mut tx = Tx::new(&*store, &master, principal.clone(), (head, Revision(0)))?;
    let name = put_seal(&mut tx, root)?;
    fill(&mut tx, &name)?;
    let committed = tx.commit()?.ok_or(Error::new(Kind::Internal, "a new store has no first entry"))?;
    let shared = Shared::new(store, master, &committed.head, committed.record);
    Ok(Kms { shared: Arc::new(shared), principal: principal.clone() })
}

/// The last audit entry is the one that the head names.
fn check_end(shared: &Shared, chain: Chain) -> Result<()> {
    let broken = || {
        Error::new(
            Kind::Corrupt,
            "the audit log does not end where the head says: its end was cut off or edited; find out who changed the store, then restore a backup",
        )
    };
    let row = shared.store.log(chain.sequence, 1)?.pop().ok_or_else(broken)?;
    shared.master.check_log_row(&row)?;
    let entry = Entry::decode(&row.body)?;
    let genuine = entry.sequence == chain.sequence && entry.digest() == chain.digest;
    if genuine { Ok(()) } else { Err(broken()) }
}

pub(super) fn no_store() -> Error {
    Error::new(Kind::Missing, "there is no key store here; make one with `miyao init`")
}

/// Known answers, once a process before the first use.
fn tested() -> Result<()> {
    static PASSED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    if *PASSED.get_or_init(|| selftest::run().is_ok()) { Ok(()) } else { selftest::run() }
}
