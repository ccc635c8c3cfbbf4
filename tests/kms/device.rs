//! An encryption machine to test with: keys in memory, calls counted, failures and deaths on demand.

use alloc::{collections::BTreeMap, sync::Arc};
use core::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use miyao::{
    Error, Kind, Result, Secret, SecretBytes,
    algo::{
        hmac,
        sm2::{Encoding, PrivateKey},
        wrap::{self, Wrapped},
    },
    key::{Opening, Signing, Spec, Time},
    kms::rng,
    provider::{Device, Identity, Machine, Permission, Provider, Resident, ResidentId, RootId, Roots},
    store::{Change, Changes, Head, LogRow, Name, Revision, Row, Store, Table},
};

/// How long a process lives: every change outside it is two steps, one before and one after it is made.
#[derive(Clone)]
pub(crate) struct Fate(Arc<AtomicI64>);

impl Fate {
    pub(crate) fn endless() -> Self {
        Self::after(i64::MAX)
    }

    pub(crate) fn after(steps: i64) -> Self {
        Self(Arc::new(AtomicI64::new(steps)))
    }

    fn is_alive(&self) -> Result<()> {
        let dead = || Error::new(Kind::Unavailable, "the process was killed");
        if self.0.load(Ordering::SeqCst) >= 0 { Ok(()) } else { Err(dead()) }
    }

    fn step(&self) -> Result<()> {
        self.is_alive()?;
        self.0.fetch_sub(1, Ordering::SeqCst);
        self.is_alive()
    }
}

/// A machine as one process has it; clones reach the same keys.
#[derive(Clone)]
pub(crate) struct Double {
    identity: Identity,
    state: Arc<State>,
    fate: Fate,
    /// Another one with the same keys, by its serial number.
    other: Option<&'static str>,
}

#[derive(Default)]
struct State {
    keys: Mutex<BTreeMap<ResidentId, (Spec, Secret<32>)>>,
    roots: Mutex<BTreeMap<[u8; 16], Secret<32>>>,
    late: Mutex<Option<(ResidentId, Spec, Secret<32>)>>,
    calls: AtomicU64,
    mood: Mutex<Mood>,
}

/// What a machine does to be tested against.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Well,
    /// It does not answer.
    Away,
    /// It answers, and finds nothing: as when another token is in the slot.
    Empty,
    /// It fails where it should make a key, and made it all the same.
    LosesAnswers,
    /// It fails where it should make a key, and makes it after that.
    Late,
    /// Its signatures and seals are not what they should be.
    Faulty,
    /// Of every root key it has a half.
    Halves,
    /// It offers nothing.
    Bare,
}

impl Double {
    pub(crate) fn new(serial: &str) -> Self {
        let text = |text: &str| text.into();
        let identity = Identity {
            manufacturer: text("miyao tests"),
            model: text("double"),
            serial: text(serial),
            label: text("kms"),
            profile: text("double"),
        };
        Self { identity, state: Arc::default(), fate: Fate::endless(), other: None }
    }

    /// The same machine in a process of this fate.
    pub(crate) fn in_process(&self, fate: &Fate) -> Self {
        Self { fate: fate.clone(), ..self.clone() }
    }

    /// A machine of this serial number with the same keys, which stands in for this one.
    pub(crate) fn copy(&self, serial: &str, stands_in_for: &'static str) -> Self {
        let identity = Identity { serial: serial.into(), ..self.identity.clone() };
        Self { identity, other: Some(stands_in_for), ..self.clone() }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    pub(crate) fn calls(&self) -> u64 {
        self.state.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn keys(&self) -> usize {
        self.state.keys.lock().unwrap().len()
    }

    /// Makes the key that it was late with.
    pub(crate) fn catch_up(&self) {
        let (id, spec, secret) = self.state.late.lock().unwrap().take().unwrap();
        assert!(self.keys_now().insert(id, (spec, secret)).is_none(), "an id is used once");
    }

    pub(crate) fn roots(&self) -> Vec<RootId> {
        self.state.roots.lock().unwrap().keys().map(|id| RootId(*id)).collect()
    }

    /// The secret of the only key, as no real machine gives it.
    pub(crate) fn only_secret(&self) -> Secret<32> {
        let keys = self.state.keys.lock().unwrap();
        assert_eq!(keys.len(), 1);
        Secret::build(|out| out.copy_from_slice(keys.values().next().unwrap().1.expose()))
    }

    fn mood(&self) -> Mood {
        *self.state.mood.lock().unwrap()
    }

    fn called(&self) -> Result<()> {
        self.state.calls.fetch_add(1, Ordering::SeqCst);
        self.fate.is_alive()?;
        match self.mood() {
            Mood::Away => Err(away()),
            _ => Ok(()),
        }
    }

    fn keys_now(&self) -> MutexGuard<'_, BTreeMap<ResidentId, (Spec, Secret<32>)>> {
        self.state.keys.lock().unwrap()
    }

    fn with<T>(&self, reference: &[u8], spec: &[Spec], use_: impl FnOnce(&Secret<32>) -> T) -> Result<T> {
        self.called()?;
        let id = ResidentId(reference.try_into().unwrap());
        let keys = self.keys_now();
        let found = keys.get(&id).filter(|_| self.mood() != Mood::Empty);
        let (found, secret) = found.ok_or(Error::new(Kind::Missing, "the machine has no such key"))?;
        assert!(spec.contains(found), "a key is used for its one purpose");
        Ok(use_(secret))
    }
}

fn away() -> Error {
    Error::new(Kind::Unavailable, "the machine does not answer; bring it back")
}

fn resident(spec: Spec, id: &ResidentId, secret: &Secret<32>) -> Resident {
    let public = || PrivateKey::from_bytes(secret.expose()).unwrap().public_key().to_bytes();
    Resident { reference: id.0.to_vec(), public: spec.is_sm2().then(public) }
}

impl Machine for Double {
    fn identity(&self) -> Result<Identity> {
        self.called()?;
        Ok(self.identity.clone())
    }

    fn check_health(&self) -> Result<()> {
        self.called()
    }
}

impl Device for Double {
    fn stands_in_for(&self, device: &Identity) -> bool {
        self.other == Some(&*device.serial)
    }

    fn offers(&self, _: Spec) -> bool {
        self.mood() != Mood::Bare
    }

    fn generate(&self, spec: Spec, id: &ResidentId, label: &str) -> Result<Resident> {
        self.called()?;
        assert!(label.starts_with("miyao "), "{label}");
        self.fate.step()?;
        let secret = match spec.is_sm2() {
            true => PrivateKey::random(&mut rng()?).expose(),
            false => Secret::random(&mut rng()?),
        };
        if self.mood() == Mood::Late {
            *self.state.late.lock().unwrap() = Some((*id, spec, secret));
            return Err(away());
        }
        let made = resident(spec, id, &secret);
        assert!(self.keys_now().insert(*id, (spec, secret)).is_none(), "an id is used once");
        self.fate.step()?;
        if self.mood() == Mood::LosesAnswers { Err(away()) } else { Ok(made) }
    }

    fn find(&self, spec: Spec, id: &ResidentId) -> Result<Option<Resident>> {
        self.called()?;
        let keys = self.keys_now();
        let found = keys.get(id).filter(|(found, _)| *found == spec && self.mood() != Mood::Empty);
        Ok(found.map(|(_, secret)| resident(spec, id, secret)))
    }

    fn sign(&self, permission: &Signing<'_>, reference: &[u8], e: &[u8; 32]) -> Result<[u8; 64]> {
        assert!(permission.version().material.is_some());
        let faulty = self.mood() == Mood::Faulty;
        self.with(reference, &[Spec::Sm2Sign], |secret| {
            let key = PrivateKey::from_bytes(secret.expose()).unwrap();
            let e = if faulty { &[0; 32] } else { e };
            key.sign_digest(e, &mut rng().unwrap()).to_bytes()
        })
    }

    fn decrypt(&self, _: &Opening<'_>, reference: &[u8], ciphertext: &[u8]) -> Result<SecretBytes> {
        self.with(reference, &[Spec::Sm2Encrypt], |secret| {
            let key = PrivateKey::from_bytes(secret.expose()).unwrap();
            Ok(key.decrypt(ciphertext, Encoding::C1C3C2)?)
        })?
    }

    fn mac(&self, permission: Permission<'_>, reference: &[u8], parts: &[&[u8]]) -> Result<Secret<32>> {
        let spec = match permission {
            Permission::Sealing(_) | Permission::Opening(_) => Spec::Sm4,
            Permission::Macing(_) | Permission::Verifying(_) => Spec::HmacSm3,
        };
        self.with(reference, &[spec], |secret| Secret::take(&mut hmac::mac(secret.expose(), parts)))
    }

    fn destroy(&self, reference: &[u8]) -> Result<()> {
        self.called()?;
        self.fate.step()?;
        self.keys_now().remove(&ResidentId(reference.try_into().unwrap()));
        self.fate.step()
    }

    fn sweep(&self, _: Spec, id: &ResidentId) -> Result<()> {
        self.called()?;
        assert!(
            !self.keys_now().contains_key(id) || self.mood() == Mood::Empty,
            "a key that is there is not swept"
        );
        Ok(())
    }
}

/// A root key of the double.
struct Root {
    machine: Double,
    id: [u8; 16],
}

impl Roots for Double {
    fn create(&self, id: &RootId) -> Result<Box<dyn Provider>> {
        self.called()?;
        self.fate.step()?;
        let secret = Secret::random(&mut rng()?);
        assert!(self.state.roots.lock().unwrap().insert(id.0, secret).is_none(), "an id is used once");
        self.fate.step()?;
        match self.mood() {
            Mood::LosesAnswers => Err(away()),
            _ => Ok(Box::new(Root { machine: self.clone(), id: id.0 })),
        }
    }

    fn find(&self, id: &RootId) -> Result<Option<Box<dyn Provider>>> {
        self.called()?;
        if self.mood() == Mood::Halves {
            return Err(Error::new(Kind::Corrupt, "the machine has half of this key; restore it"));
        }
        let found = self.mood() != Mood::Empty && self.state.roots.lock().unwrap().contains_key(&id.0);
        Ok(found.then(|| Box::new(Root { machine: self.clone(), id: id.0 }) as _))
    }
}

impl Provider for Root {
    fn describe(&self) -> String {
        "double".into()
    }

    fn seal(
        &self,
        master: &Secret<32>,
        binding: &[u8],
        mut rng: &mut dyn rand_core::CryptoRng,
    ) -> Result<Vec<u8>> {
        self.machine.called()?;
        let other = Secret::take(&mut [1; 32]);
        let sealed = if self.machine.mood() == Mood::Faulty { &other } else { master };
        let roots = self.machine.state.roots.lock().unwrap();
        Ok(wrap::wrap(&roots[&self.id], b"double\0", &[binding], sealed, &mut rng)?.to_bytes().to_vec())
    }

    fn open(&self, sealed: &[u8], binding: &[u8]) -> Result<Secret<32>> {
        self.machine.called()?;
        let roots = self.machine.state.roots.lock().unwrap();
        let wrapped = sealed.try_into().map_err(|_| Error::new(Kind::Malformed, "no seal of the double"))?;
        Ok(wrap::unwrap(&roots[&self.id], b"double\0", &[binding], &Wrapped::from_bytes(wrapped))?)
    }
}

/// A store as a process of this fate has it.
pub(crate) struct Mortal {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) fate: Fate,
}

impl Store for Mortal {
    fn head(&self) -> Result<Option<Head>> {
        self.fate.is_alive()?;
        self.inner.head()
    }

    fn read(&self, name: &Name) -> Result<Option<Row>> {
        self.fate.is_alive()?;
        self.inner.read(name)
    }

    fn scan(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        self.fate.is_alive()?;
        self.inner.scan(table, prefix, after, limit)
    }

    fn log(&self, first: u64, limit: usize) -> Result<Vec<LogRow>> {
        self.inner.log(first, limit)
    }

    fn commit(&self, change: &Change) -> Result<Revision> {
        self.fate.step()?;
        let done = self.inner.commit(change)?;
        self.fate.step()?;
        Ok(done)
    }

    fn changed_since(&self, revision: Revision) -> Result<Changes> {
        self.inner.changed_since(revision)
    }

    fn snapshot(&self) -> Result<Box<dyn Store>> {
        self.inner.snapshot()
    }

    fn now(&self) -> Result<Time> {
        self.inner.now()
    }
}
