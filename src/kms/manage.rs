//! Keys as records: made, described, listed, changed, and the names that point to them.
//!
//! Knows no state machine beyond making a key; states are changed beside it.

use alloc::{string::String, vec::Vec};

use super::{
    Kms,
    master::check_value,
    reference::KeyRef,
    resident::{residences, settle},
    rng,
    tx::{Tx, alias_row, key_id, key_row, version_row},
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey},
    error::{Error, Kind, Result},
    key::{
        AuditMode, Key, KeyId, KeyName, Limits, NewKey, Number, Origin, Protection, Span, Spec, Usage,
        Version,
    },
    policy::Action,
    provider::Identity,
    secret::Secret,
    store::{Name, Table},
};

/// A key with everything that is remembered of it.
#[derive(Clone, Debug)]
pub struct Described {
    /// The key.
    pub key: Key,
    /// Its versions, in ascending order of number.
    pub versions: Vec<Version>,
    /// How much of the primary's limits is reserved.
    pub used: Usage,
    /// The devices that versions live in, by their numbers; none for a key in software.
    pub devices: Vec<(Number, Identity)>,
}

/// What to change of a key; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct KeyUpdate {
    /// The description.
    pub description: Option<String>,
    /// How its data operations are audited.
    pub audit: Option<AuditMode>,
    /// Whether destruction is refused.
    pub deletion_protection: Option<bool>,
    /// The age at which it rotates, or none.
    pub rotate_every: Option<Option<Span>>,
    /// What each version may be used for.
    pub limits: Option<Limits>,
    /// Versions below open nothing.
    pub min_decrypt: Option<Number>,
    /// Versions below protect nothing.
    pub min_encrypt: Option<Number>,
    /// Tags to add or replace.
    pub set_tags: Vec<(String, String)>,
    /// Tags to remove.
    pub remove_tags: Vec<String>,
}

impl Kms {
    /// Makes a key with its first version; an imported one waits for its material. A key with hardware protection is made
    /// inside an [attached](Self::attach) device.
    ///
    /// # Errors
    /// [`Exists`](Kind::Exists) when the name is taken; as [`Key::new`]; [`Unavailable`](Kind::Unavailable) or
    /// [`Unsupported`](Kind::Unsupported) of the device.
    pub fn create(&self, new: NewKey) -> Result<Described> {
        let mut first = None;
        self.manage(Action::Create, None, |tx| {
            tx.supply.called.clone_from(&new.device);
            if tx.alias(&new.name)?.is_some() {
                return Err(Error::new(Kind::Exists, "the name is taken; choose another").about(&new.name));
            }
            // The id stays when a device had to make the key first.
            let id = match first {
                Some(id) if !tx.has_hint(KeyId::hint(&id))? => id,
                _ => fresh_id(tx)?,
            };
            first = Some(id);
            let mut key = Key::new(id, new.clone(), tx.now)?;
            let mut versions = Vec::new();
            if key.origin == Origin::Generated {
                let mut version = make(tx, &key, key.next_number()?, None)?;
                key.activate(None, &mut version, tx.now)?;
                tx.put_version(&version)?;
                versions.push(version);
            }
            tx.put_key(&key)?;
            tx.put(alias_row(&key.name), id.as_bytes().to_vec());
            tx.note(Action::Create, Some(id), key.primary, key.name.as_str());
            let devices = devices(&key, &versions)?;
            Ok(Described { key, versions, used: Usage::default(), devices })
        })
    }

    /// Everything that is remembered of a key.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when there is none.
    pub fn describe(&self, key: &KeyRef) -> Result<Described> {
        let id = self.known_id(key);
        self.read(Action::Describe, id.as_ref(), || {
            self.shared.look(&self.principal, |tx| {
                let key = tx.key(key)?;
                let versions = tx.versions(&key.id)?;
                let used = key.primary.map_or(Ok(Usage::default()), |number| tx.usage(&key.id, number))?;
                let devices = devices(&key, &versions)?;
                Ok(Described { key, versions, used, devices })
            })
        })
    }

    /// Keys in the order of their names, from after `after`, at most `limit`.
    ///
    /// # Errors
    /// Whatever the store returns.
    pub fn list(&self, after: Option<&KeyName>, limit: usize) -> Result<Vec<Key>> {
        self.read(Action::List, None, || self.page(after, limit))
    }

    fn page(&self, after: Option<&KeyName>, limit: usize) -> Result<Vec<Key>> {
        let (mut keys, mut after) = (Vec::new(), after.map(|name| name.as_str().as_bytes().to_vec()));
        while keys.len() < limit {
            let page = (limit - keys.len()).min(PAGE);
            let rows = self.shared.store.scan(Table::Alias, &[], after.as_deref(), page)?;
            for row in &rows {
                self.shared.master.check_row(row)?;
                let id = key_id(&row.body)?;
                // An alias is passed over: the key is listed under its own name.
                if let Some(record) = self.shared.row(&key_row(&id))?
                    && let key = Key::decode(&record.body)?
                    && key.name.as_str().as_bytes() == row.name.name
                {
                    keys.push(key);
                }
            }
            after = rows.last().map(|row| row.name.name.clone());
            if rows.len() < page {
                break;
            }
        }
        Ok(keys)
    }

    /// Changes what is remembered of a key.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when there is none; as [`Key::check`].
    pub fn update(&self, key: &KeyRef, update: KeyUpdate) -> Result<Described> {
        self.manage(Action::Update, Some(key), |tx| {
            let mut key = tx.key(key)?;
            let changed = update.apply(&mut key)?;
            tx.put_key(&key)?;
            tx.note(Action::Update, Some(key.id), None, changed);
            Ok(())
        })?;
        self.describe(key)
    }

    /// Lets another name point to a key.
    ///
    /// # Errors
    /// [`Exists`](Kind::Exists) when the name is taken; [`move_alias`](Self::move_alias) points it elsewhere.
    pub fn add_alias(&self, key: &KeyRef, alias: &KeyName) -> Result<()> {
        self.point(key, alias, false)
    }

    /// Points an alias to another key; a key's own name stays with it.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) without the alias; [`Forbidden`](Kind::Forbidden) for a key's own name.
    pub fn move_alias(&self, key: &KeyRef, alias: &KeyName) -> Result<()> {
        self.point(key, alias, true)
    }

    /// Removes an alias.
    ///
    /// # Errors
    /// As [`move_alias`](Self::move_alias).
    pub fn remove_alias(&self, alias: &KeyName) -> Result<()> {
        self.manage(Action::Alias, Some(&KeyRef::from(alias.clone())), |tx| {
            let old = released(tx, alias)?;
            tx.delete(alias_row(alias));
            tx.note(Action::Alias, Some(old), None, alloc::format!("remove {alias}"));
            Ok(())
        })
    }

    fn point(&self, key: &KeyRef, alias: &KeyName, moves: bool) -> Result<()> {
        self.manage(Action::Alias, Some(key), |tx| {
            if moves {
                released(tx, alias)?;
            } else if tx.alias(alias)?.is_some() {
                return Err(Error::new(Kind::Exists, "the name is taken; move the alias, or choose another")
                    .about(alias));
            }
            let mut key = tx.key(key)?;
            key.aliases.insert(alias.clone());
            tx.put_key(&key)?;
            tx.put(alias_row(alias), key.id.as_bytes().to_vec());
            tx.note(Action::Alias, Some(key.id), None, alias.as_str());
            Ok(())
        })
    }
}

const PAGE: usize = 256;

impl KeyUpdate {
    /// Applies it; gives the names of what it changes.
    fn apply(&self, key: &mut Key) -> Result<String> {
        let mut changed = Vec::new();
        let mut set = |what: &'static str, done: bool| changed.extend(done.then_some(what));
        set("description", assign(&mut key.description, &self.description));
        set("audit", assign(&mut key.audit, &self.audit));
        set("deletion-protection", assign(&mut key.deletion_protection, &self.deletion_protection));
        set("rotate-every", assign(&mut key.rotate_every, &self.rotate_every));
        set("limits", assign(&mut key.limits, &self.limits));
        set("min-decrypt", assign(&mut key.min_decrypt, &self.min_decrypt));
        set("min-encrypt", assign(&mut key.min_encrypt, &self.min_encrypt));
        set("tags", !(self.set_tags.is_empty() && self.remove_tags.is_empty()));
        for tag in &self.remove_tags {
            if key.tags.remove(tag).is_none() {
                return Err(Error::new(Kind::Missing, "the key has no such tag").about(tag));
            }
        }
        key.tags.extend(self.set_tags.iter().cloned());
        if changed.is_empty() {
            return Err(Error::new(Kind::Invalid, "nothing to change was named"));
        }
        Ok(changed.join(" "))
    }
}

fn assign<T: Clone>(field: &mut T, value: &Option<T>) -> bool {
    value.as_ref().map(|value| field.clone_from(value)).is_some()
}

fn devices(key: &Key, versions: &[Version]) -> Result<Vec<(Number, Identity)>> {
    let residences = residences(key, versions)?;
    Ok(residences.into_iter().map(|(number, residence)| (number, residence.device)).collect())
}

/// A version's record with its secret made here or inside a device, or the one that its owner brought.
pub(super) fn make(
    tx: &mut Tx<'_>,
    key: &Key,
    number: Number,
    brought: Option<&Secret<32>>,
) -> Result<Version> {
    if key.protection == Protection::Hardware {
        return settle(tx, key, number);
    }
    let mut rng = rng()?;
    let made;
    let secret = match (brought, key.spec) {
        (Some(secret), _) => secret,
        (None, Spec::Sm4 | Spec::HmacSm3) => {
            made = Secret::random(&mut rng);
            &made
        }
        (None, Spec::Sm2Sign | Spec::Sm2Encrypt) => {
            made = PrivateKey::random(&mut rng).expose();
            &made
        }
    };
    let mut version = Version::staged(key.id, number, tx.now);
    version.check_value = check_value(key.spec, secret);
    version.material = Some(tx.master.wrap_version((&key.id, number, key.spec), secret, &mut rng)?);
    if key.spec.is_sm2() {
        let public = PrivateKey::from_bytes(secret.expose())?.public_key().clone();
        version.public = Some(public.to_bytes());
        tx.put(identifier_row(&public), version_row(&key.id, number).name);
    }
    Ok(version)
}

/// The row by which a message's SM2 recipient is found: named by the key identifier, its body the version's name.
pub(super) fn identifier_row(public: &PublicKey) -> Name {
    Name::new(Table::Identifier, public.key_identifier())
}

/// An id whose first four bytes, which stand in tokens, no other key has.
fn fresh_id(tx: &Tx<'_>) -> Result<KeyId> {
    loop {
        let id = KeyId::random(&mut rng()?);
        if !tx.has_hint(id.hint())? {
            return Ok(id);
        }
    }
}

/// Takes an alias away from the key it points to, unless it is that key's own name.
fn released(tx: &mut Tx<'_>, alias: &KeyName) -> Result<KeyId> {
    let mut old = tx.key(&KeyRef::from(alias.clone()))?;
    if !old.aliases.remove(alias) {
        return Err(
            Error::new(Kind::Forbidden, "this is a key's own name, not an alias; it stays").about(alias)
        );
    }
    tx.put_key(&old)?;
    Ok(old.id)
}
