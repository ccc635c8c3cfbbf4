//! The root of a store (L0): the row that seals the master secret under it, and its changes, resumable where a device
//! has to make a key.
//!
//! The row `master` in table 1: 1 what holds the root, 2 epoch, 3 the seal, and of a root key in a device 4 its id and 5
//! to 8 the device. The row `root change`, while there is one: 1 the id of the new root key, 2 to 5 its device, 6 since.
//! Knows no key of the store.

use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::fmt;

use subtle::ConstantTimeEq;

use super::{
    Kms,
    inside::{put_identity, read_identity},
    master::Master,
    rng,
    tx::Tx,
};
use crate::{
    error::{Error, Kind, Result},
    field::{Reader, Writer, malformed},
    key::Time,
    policy::Action,
    provider::{Identity, Provider, RootId, Roots},
    store::{Name, Row, Store, Table},
};

/// What a store says of its root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootInfo {
    /// What holds it: `passphrase`, `keyfile`, or what a device calls itself.
    pub kind: String,
    /// By which it is found in a device, and in which device it was made.
    pub place: Option<(RootId, Identity)>,
    /// The root key that a change of root was to make, and the device for it: the change was begun and not finished.
    pub unfinished: Option<(RootId, Identity)>,
}

/// What a change of root did.
#[derive(Clone, Debug)]
pub struct RootChanged {
    /// The root key that seals the master secret now.
    pub root: RootId,
    /// The device that holds it.
    pub device: Identity,
    /// The root before. A root key in a device is kept there: copies of the store may still need it.
    pub former: RootInfo,
}

/// The row that holds the sealed master secret.
pub(super) struct Seal {
    root: String,
    pub(super) epoch: u32,
    pub(super) sealed: Vec<u8>,
    pub(super) place: Option<(RootId, Identity)>,
}

/// What roots call themselves that are in no device.
const IN_SOFTWARE: [&str; 2] = ["passphrase", "keyfile"];

/// The row of a change that was begun.
struct Intent {
    id: RootId,
    device: Identity,
    since: Time,
}

/// What a store says of its root key: unverified until the store is opened.
///
/// # Errors
/// [`Missing`](Kind::Missing) for a store that was never made; [`Malformed`](Kind::Malformed) for a damaged row.
pub fn root_info(store: &dyn Store) -> Result<RootInfo> {
    told(|name| store.read(name))
}

fn told(read: impl Fn(&Name) -> Result<Option<Row>>) -> Result<RootInfo> {
    let seal = read(&seal_row())?.ok_or_else(super::open::no_store)?;
    let Seal { root, place, .. } = Seal::decode(&seal.body)?;
    let intent = read(&intent_row())?.map(|row| Intent::decode(&row.body)).transpose()?;
    let unfinished = intent.map(|intent| (intent.id, intent.device));
    Ok(RootInfo { kind: root, place, unfinished })
}

impl Kms {
    /// What is known of the root key.
    ///
    /// # Errors
    /// As [`root_info`]; [`Corrupt`](Kind::Corrupt) for a row that was edited.
    pub fn root(&self) -> Result<RootInfo> {
        told(|name| self.shared.row(name))
    }

    /// Seals the master secret under another root key, which is there already; nothing else is rewritten. A change that
    /// was begun and not finished is given up.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a root in a device that has no place; whatever store or provider return.
    pub fn change_root(&self, root: &dyn Provider) -> Result<()> {
        let seal = Seal::make(root, &self.shared.master, &self.shared.id)?;
        self.manage(Action::ChangeRoot, None, |tx| {
            let mut detail = seal.root.clone();
            if let Some(intent) = tx.read(&intent_row())?.map(Intent::decode).transpose()? {
                tx.delete(intent_row());
                detail = format!("{detail}; given up {} in {}", intent.id, intent.device);
            }
            tx.put(seal_row(), seal.encode());
            tx.note(Action::ChangeRoot, None, None, detail);
            Ok(())
        })
    }

    /// Makes a new root key in the device that holds the present one, and seals the master secret under it; the former is
    /// kept. Where this was begun before and not finished, it is finished.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when the root is not in this device; [`Unavailable`](Kind::Unavailable) when the device
    /// does not answer: call it again then, or [`resume_root`](Self::resume_root); whatever store or device return.
    pub fn rotate_root(&self, roots: &dyn Roots) -> Result<RootChanged> {
        let (device, former) = (roots.identity()?, self.root()?);
        match &former.place {
            Some((_, present)) if present.is_same(&device) => self.move_root(roots, device, former),
            _ => Err(Error::new(
                Kind::Invalid,
                "the store's root is not in this device; move it there with `miyao root migrate`",
            )
            .about(&former)),
        }
    }

    /// Makes a root key in a device that does not hold the present one, and seals the master secret under it. Where this
    /// was begun before and not finished, it is finished; one begun for another device is given up.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when the root is in this device already; otherwise as
    /// [`rotate_root`](Self::rotate_root).
    pub fn migrate_root(&self, roots: &dyn Roots) -> Result<RootChanged> {
        let (device, former) = (roots.identity()?, self.root()?);
        match &former.place {
            Some((_, present)) if present.is_same(&device) => Err(Error::new(
                Kind::Invalid,
                "the store's root is in this device already; a new one is made there with `miyao root rotate`",
            )
            .about(&former)),
            _ => self.move_root(roots, device, former),
        }
    }

    /// Finishes a change of root that was begun for this device.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when none was begun; [`Invalid`](Kind::Invalid) when it was for another device;
    /// otherwise as [`rotate_root`](Self::rotate_root).
    pub fn resume_root(&self, roots: &dyn Roots) -> Result<RootChanged> {
        let (device, former) = (roots.identity()?, self.root()?);
        match &former.unfinished {
            None => Err(Error::new(Kind::Missing, "no change of root was begun; there is nothing to finish")),
            Some((_, meant)) if !meant.is_same(&device) => Err(Error::new(
                Kind::Invalid,
                "the change of root was begun for another device; name that one",
            )
            .about(meant)),
            Some(_) => self.move_root(roots, device, former),
        }
    }

    /// Intent, key, seal: each step is known to the store before the next is taken.
    fn move_root(&self, roots: &dyn Roots, device: Identity, former: RootInfo) -> Result<RootChanged> {
        let begun = former.unfinished.as_ref().filter(|(_, meant)| meant.is_same(&device)).map(|(id, _)| *id);
        let made = match begun {
            Some(id) => find_whole(roots, &id)?.map(|root| (id, root)),
            None => None,
        };
        let (id, root) = match made {
            Some(made) => made,
            None => {
                // A new id even where one was begun: whoever began may still be about to make a key of that.
                let id = self.begin(&device)?;
                (id, roots.create(&id)?)
            }
        };
        let (master, store) = (&self.shared.master, &self.shared.id);
        let seal = Seal::unopened(&*root, Some((id, device.clone())), master, store)?;
        seal.check_opens(&*root, master, store)?;
        self.manage(Action::ChangeRoot, None, |tx| {
            let intent = tx.read(&intent_row())?.map(Intent::decode).transpose()?;
            if intent.is_none_or(|intent| intent.id != id) {
                return Err(Error::new(
                    Kind::Conflict,
                    "another change of the root came first; see what it is now with `miyao root show`",
                ));
            }
            tx.put(seal_row(), seal.encode());
            tx.delete(intent_row());
            tx.note(Action::ChangeRoot, None, None, format!("{id} in {device}; before {former}"));
            Ok(())
        })?;
        Ok(RootChanged { root: id, device, former })
    }

    /// Commits that a root key is about to be made; gives its id.
    fn begin(&self, device: &Identity) -> Result<RootId> {
        let id = RootId::random(&mut rng()?);
        self.manage(Action::ChangeRoot, None, |tx| {
            let mut detail = format!("begun {id} in {device}");
            if let Some(other) = tx.read(&intent_row())?.map(Intent::decode).transpose()? {
                detail = format!("{detail}; given up {} in {}", other.id, other.device);
            }
            let intent = Intent { id, device: device.clone(), since: tx.now };
            tx.put(intent_row(), intent.encode());
            tx.note(Action::ChangeRoot, None, None, detail);
            Ok(())
        })?;
        Ok(id)
    }
}

/// The root key that was begun, if it is there: of a half, as a device leaves it that lost its power, nothing more comes.
fn find_whole(roots: &dyn Roots, id: &RootId) -> Result<Option<Box<dyn Provider>>> {
    match roots.find(id) {
        Err(error) if error.kind() == Kind::Corrupt => Ok(None),
        found => found,
    }
}

/// Puts the seal of a new store into its first commit; gives what holds the root.
pub(super) fn put_seal(tx: &mut Tx<'_>, root: &dyn Provider) -> Result<String> {
    let seal = Seal::make(root, tx.master, &tx.head.store)?;
    tx.put(seal_row(), seal.encode());
    Ok(match seal.place {
        Some((id, device)) => format!("{id} in {device}"),
        None => seal.root,
    })
}

pub(super) fn seal_row() -> Name {
    Name::new(Table::Meta, *b"master")
}

pub(super) fn intent_row() -> Name {
    Name::new(Table::Meta, *b"root change")
}

/// What the row of a change that was begun says, for people.
pub(super) fn told_intent(body: &[u8]) -> Result<String> {
    let Intent { id, device, since } = Intent::decode(body)?;
    Ok(format!("a change of root to {id} in {device} was begun at {since} and not finished"))
}

impl Seal {
    /// A root in a device has a place, or it is not found again; what a device sealed is opened once before anything
    /// relies on it.
    fn make(root: &dyn Provider, master: &Master, store: &super::StoreId) -> Result<Self> {
        let place = root.place()?;
        if place.is_none() && !IN_SOFTWARE.contains(&root.describe().as_str()) {
            return Err(Error::new(
                Kind::Invalid,
                "the store would not know which key in the device its root is; name the root key by its id",
            )
            .about(root.describe()));
        }
        let seal = Self::unopened(root, place, master, store)?;
        if seal.place.is_some() {
            seal.check_opens(root, master, store)?;
        }
        Ok(seal)
    }

    fn unopened(
        root: &dyn Provider,
        place: Option<(RootId, Identity)>,
        master: &Master,
        store: &super::StoreId,
    ) -> Result<Self> {
        let epoch = master.epoch();
        let binding = Master::binding(store, epoch);
        let sealed = root.seal(master.secret(), &binding, &mut rng()?)?;
        Ok(Self { root: root.describe(), epoch, sealed, place })
    }

    fn check_opens(&self, root: &dyn Provider, master: &Master, store: &super::StoreId) -> Result<()> {
        let opened = root.open(&self.sealed, &Master::binding(store, self.epoch))?;
        if bool::from(opened.ct_eq(master.secret())) {
            return Ok(());
        }
        Err(Error::new(
            Kind::Corrupt,
            "the device does not open what it sealed; check the device and its profile",
        ))
    }

    pub(super) fn read(store: &dyn Store) -> Result<Self> {
        Self::decode(&store.read(&seal_row())?.ok_or_else(super::open::no_store)?.body)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let (root, epoch) = (from.text(1)?, u32::try_from(from.number(2)?).map_err(|_| malformed())?);
        let sealed = from.bytes(3)?.to_vec();
        let place = match from.optional_array(4)? {
            Some(id) => Some((RootId(id), read_identity(&mut from, 5)?)),
            None => None,
        };
        from.finish()?;
        Ok(Self { root, epoch, sealed, place })
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(1, self.root.as_bytes());
        out.number(2, self.epoch.into());
        out.bytes(3, &self.sealed);
        if let Some((id, device)) = &self.place {
            out.bytes(4, &id.0);
            put_identity(&mut out, 5, device);
        }
        out.finish()
    }

    /// What holds the root, for people.
    pub(super) fn told(&self) -> String {
        match &self.place {
            Some((id, device)) => format!("{id} in {device}"),
            None => self.root.clone(),
        }
    }
}

impl Intent {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(1, &self.id.0);
        put_identity(&mut out, 2, &self.device);
        out.number(6, self.since.0);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let id = RootId(from.array(1)?);
        let intent = Self { id, device: read_identity(&mut from, 2)?, since: Time(from.number(6)?) };
        from.finish()?;
        Ok(intent)
    }
}

impl fmt::Display for RootInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((id, device)) => write!(f, "{id} in {device}"),
            None => f.write_str(&self.kind),
        }
    }
}
