//! The key-management service (密钥管理服务): policy → key → provider → message → commit, as one principal.
//!
//! Knows the traits [`Provider`](crate::provider::Provider) and [`Store`](crate::store::Store), no adapter by name. A
//! warm `encrypt`, `decrypt` or `sign` takes no lock, makes no system call and touches no store. Every call acts as a
//! principal and is audited: management operations one by one in the commit of their change; data operations counted
//! and written every second and on [`close`](Kms::close), or one by one where the key says so. A key with hardware
//! protection is used inside an [attached](Kms::attach) device, under the same permissions.
//!
//! ```
//! use std::sync::Arc;
//! use miyao::{
//!     Secret, SecretBytes,
//!     envelope::Context,
//!     key::{KeyName, NewKey, Principal, Spec},
//!     kms::{KeyRef, Kms},
//!     provider::software::KeyFile,
//!     store::memory::Memory,
//! };
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("root.key");
//! let root = KeyFile::create(&path, &mut miyao::kms::rng()?)?;
//! let kms = Kms::init(Arc::new(Memory::new()), &root, Principal::parse("service:orders")?)?;
//! let orders = KeyRef::from(KeyName::parse("orders")?);
//! kms.create(NewKey::new(KeyName::parse("orders")?, Spec::Sm4))?;
//!
//! let context = Context::new().with("row", "7")?;
//! let token = kms.encrypt(&orders, &context, b"value")?;
//! kms.rotate(&orders, None)?;
//! assert_eq!(kms.decrypt(&context, &token)?.text.expose(), b"value");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backup;
mod budget;
mod cache;
mod check;
mod clock;
mod data;
mod head;
mod import;
mod inside;
mod keeper;
mod ledger;
mod load;
mod mac;
mod maintain;
mod manage;
mod master;
mod message;
mod open;
mod public;
mod reference;
mod resident;
mod restore;
mod rewrap;
mod rng;
mod root;
mod rotate;
mod shared;
mod sign;
mod states;
mod tx;
mod witness;

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

pub use backup::BackupReport;
pub use check::{AuditReport, Report};
pub use data::{DataKey, DataKeyPair, Opened};
pub use import::ImportParameters;
pub use maintain::{Maintained, What};
pub use manage::{Described, KeyUpdate};
pub use message::{Identity, Recipient};
pub use open::StoreInfo;
pub use reference::{KeyRef, VersionRef};
pub use restore::{RestoreReport, restore, verify_backup};
pub use rng::{Rng, rng};
pub use root::{RootChanged, RootInfo, root_info};
pub use sign::Verified;
pub use witness::{StoreId, Witness};

use self::{
    cache::{HeldVersion, Warm},
    shared::Shared,
    tx::Tx,
};
use crate::{
    audit::Event,
    error::{Kind, Result},
    key::{AuditMode, KeyId, Principal},
    policy::Action,
    provider::{Device, Identity as Machine},
};

/// A key store, opened, acting as one principal. Clones share everything.
#[derive(Clone)]
pub struct Kms {
    shared: Arc<Shared>,
    principal: Principal,
}

impl Kms {
    /// The same store, acting as somebody else.
    #[must_use]
    pub fn acting_as(&self, principal: Principal) -> Self {
        Self { shared: Arc::clone(&self.shared), principal }
    }

    /// Who acts.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Lets the store's keys with hardware protection use a device, and new ones be made in it. A device is recognised by
    /// its identity; one that was attached before is replaced. Gives who it is.
    ///
    /// # Errors
    /// [`Unavailable`](Kind::Unavailable) when the device does not answer.
    pub fn attach(&self, device: Arc<dyn Device>) -> Result<Machine> {
        let identity = device.identity()?;
        self.attach_known(&identity, &device);
        Ok(identity)
    }

    /// The same for a device that was asked just now who it is, so that nothing can fail any more.
    pub fn attach_known(&self, identity: &Machine, device: &Arc<dyn Device>) {
        self.shared.devices.attach(identity, device);
    }

    /// The devices that are attached.
    #[must_use]
    pub fn devices(&self) -> Vec<Machine> {
        self.shared.devices.identities()
    }

    /// Writes what was counted to the audit log now.
    ///
    /// # Errors
    /// Whatever the store returns; the counts are kept for the next time.
    pub fn flush(&self) -> Result<()> {
        self.shared.flush()
    }

    /// Writes what was counted and ends this handle. A handle that is only dropped cannot say that it failed.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn close(self) -> Result<()> {
        self.shared.flush()
    }

    /// A management operation: permitted, prepared, committed with its audit entry; a refusal is audited too.
    fn manage<T>(
        &self,
        action: Action,
        key: Option<&KeyRef>,
        prepare: impl FnMut(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        let id = key.and_then(|key| self.known_id(key));
        let done = self
            .shared
            .policy()
            .check(&self.principal, action, id.as_ref())
            .and_then(|()| self.transact(prepare));
        if let Err(error) = &done
            && is_answer(error.kind())
        {
            self.audit_one(action, id, Some(error.kind()))?;
        }
        done
    }

    /// A management operation that only reads: permitted, done, audited; a store of a newer release takes no entry.
    fn read<T>(&self, action: Action, key: Option<&KeyId>, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let done = self.shared.policy().check(&self.principal, action, key).and_then(|()| run());
        let outcome = done.as_ref().err().map(crate::Error::kind);
        if self.shared.is_read_only() {
            tracing::warn!(%action, "a newer release wrote this store, so this is not in its audit log");
        } else if outcome.is_none_or(is_answer) {
            self.audit_one(action, key.copied(), outcome)?;
        }
        done
    }

    /// A data operation on a key: permitted, done, counted or audited.
    fn data<T>(&self, action: Action, key: &KeyRef, run: impl FnOnce(&Warm) -> Result<T>) -> Result<T> {
        self.shared.keep();
        match self.shared.warm(key) {
            Ok(warm) => self.on(action, &warm, run),
            Err(error) => {
                let counted = (self.principal.clone(), None, action, error.kind().number());
                self.shared.live().pending.add(counted, 1);
                Err(error)
            }
        }
    }

    /// The same on a key that is warm.
    fn on<T>(&self, action: Action, warm: &Warm, run: impl FnOnce(&Warm) -> Result<T>) -> Result<T> {
        let key = &warm.held.key;
        let done =
            self.shared.policy().check(&self.principal, action, Some(&key.id)).and_then(|()| run(warm));
        let outcome = done.as_ref().err().map(crate::Error::kind);
        match key.audit {
            AuditMode::Counted => warm.held.ledger.count(&self.principal, action, outcome),
            // Durable before anybody sees the result; what cannot be audited is not handed out.
            AuditMode::Each => self.audit_one(action, Some(key.id), outcome)?,
        }
        done
    }

    /// One audit entry of its own.
    fn audit_one(&self, action: Action, key: Option<KeyId>, outcome: Option<Kind>) -> Result<()> {
        self.shared.transact(&self.principal, |tx| {
            let event = Event {
                time: tx.now,
                principal: self.principal.clone(),
                action,
                key,
                version: None,
                outcome: outcome.map_or(0, Kind::number),
                count: 1,
                detail: String::new(),
            };
            tx.push(event);
            Ok(())
        })
    }

    /// Somebody used what is out of use with a genuine ciphertext: that is written down before anything else.
    fn trip(&self, warm: &Warm, version: &HeldVersion) -> Result<()> {
        let (key, number) = (&warm.held.key, version.record.number);
        tracing::warn!(key = %key.name, version = %number, principal = %self.principal, "tripwire: a version out of use was asked for");
        self.shared.transact(&self.principal, |tx| {
            tx.note(Action::Tripwire, Some(key.id), Some(number), "");
            Ok(())
        })
    }

    /// The id that a reference means, where it can be told without an error of its own.
    fn known_id(&self, key: &KeyRef) -> Option<KeyId> {
        match key {
            KeyRef::Id(id) => Some(*id),
            KeyRef::Name(name) => {
                let row = self.shared.row(&tx::alias_row(name)).ok()??;
                tx::key_id(&row.body).ok()
            }
        }
    }
}

/// Whether a failure is an answer to who asked, which is audited; not one of the store or of a race.
const fn is_answer(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Rejected
            | Kind::Invalid
            | Kind::Malformed
            | Kind::Missing
            | Kind::Exists
            | Kind::Forbidden
            | Kind::Denied
            | Kind::Exhausted
            | Kind::TooLarge
    )
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kms({} as {})", self.shared.id, self.principal)
    }
}
