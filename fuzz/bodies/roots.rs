//! Rows of a store as somebody may have written them who does not hold its root: the sealed master secret, a change of root
//! that was begun, a key that is being made in a device. The first two are read before anything is verified.

use std::sync::{Arc, OnceLock};

use miyao::{
    Error, Kind, Result, Secret,
    algo::sm3,
    key::{KeyName, NewKey, Principal, Spec, Time},
    kms::{self, Kms},
    provider::{Provider, software::KeyFile},
    store::{Change, Changes, Head, LogRow, Name, Revision, Row, Store, Table, memory::Memory},
};
use rand_core::CryptoRng;

/// A root that hides nothing; what it opens is what it sealed.
struct Open;

impl Provider for Open {
    fn describe(&self) -> String {
        "keyfile".to_owned()
    }

    fn seal(&self, master: &Secret<32>, binding: &[u8], _: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let sum = sm3::digest_parts(&[master.expose(), binding]);
        Ok([*master.expose(), sum].concat())
    }

    fn open(&self, sealed: &[u8], binding: &[u8]) -> Result<Secret<32>> {
        let (master, sum) = sealed
            .split_first_chunk::<32>()
            .filter(|(master, sum)| sm3::digest_parts(&[*master, binding]).as_slice() == *sum)
            .ok_or_else(|| Error::new(Kind::Rejected, "another root sealed it"))?;
        debug_assert_eq!(sum.len(), 32);
        Ok(Secret::take(&mut { *master }))
    }
}

/// A store with one row as somebody wrote it.
struct Edited {
    inner: Box<dyn Store>,
    row: Row,
}

impl Store for Edited {
    fn head(&self) -> Result<Option<Head>> {
        self.inner.head()
    }

    fn read(&self, name: &Name) -> Result<Option<Row>> {
        if *name == self.row.name { Ok(Some(self.row.clone())) } else { self.inner.read(name) }
    }

    fn scan(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        let mut rows = self.inner.scan(table, prefix, after, limit)?;
        let name = &self.row.name;
        rows.retain(|row| row.name != *name);
        if name.table == table
            && name.name.starts_with(prefix)
            && after.is_none_or(|after| *name.name > *after)
        {
            rows.push(self.row.clone());
            rows.sort_by(|one, other| one.name.cmp(&other.name));
            rows.truncate(limit);
        }
        Ok(rows)
    }

    fn log(&self, first: u64, limit: usize) -> Result<Vec<LogRow>> {
        self.inner.log(first, limit)
    }

    fn commit(&self, change: &Change) -> Result<Revision> {
        self.inner.commit(change)
    }

    fn changed_since(&self, revision: Revision) -> Result<Changes> {
        self.inner.changed_since(revision)
    }

    fn snapshot(&self) -> Result<Box<dyn Store>> {
        Ok(Box::new(Self { inner: self.inner.snapshot()?, row: self.row.clone() }))
    }

    fn now(&self) -> Result<Time> {
        self.inner.now()
    }
}

/// The rows that are edited.
fn names() -> [Name; 3] {
    let resident = [&b"resident"[..], &[7; 16]].concat();
    [&b"master"[..], b"root change", &resident].map(|name| Name::new(Table::Meta, name))
}

fn principal() -> Principal {
    Principal::parse("uid:1000").expect("a principal")
}

fn made() -> &'static Memory {
    static MADE: OnceLock<Memory> = OnceLock::new();
    MADE.get_or_init(|| {
        let store = Memory::new();
        let kms = Kms::init(Arc::new(store.clone()), &Open, principal()).expect("a store");
        kms.create(NewKey::new(KeyName::parse("orders").expect("a name"), Spec::Sm4)).expect("a key");
        kms.close().expect("closed");
        store
    })
}

/// The genuine row of a root in software, as a seed.
#[must_use]
pub fn genuine() -> Vec<u8> {
    let row = made().read(&names()[0]).expect("a store").expect("a row");
    [&[0], &*row.body].concat()
}

/// The first byte says which row, the rest is what stands there: whatever it is, it is told or refused, and noticed.
pub fn rows(data: &[u8]) {
    let Some((which, body)) = data.split_first() else { return };
    let [name, ..] = &names()[usize::from(which % 3)..] else { return };
    let (body, inner) = (body.to_vec(), made().snapshot().expect("a snapshot"));
    let known = made().read(name).expect("a store");
    let (revision, mac) = known.as_ref().map_or((Revision(1), [0; 32]), |row| (row.revision, row.mac));
    let is_genuine = known.is_some_and(|row| row.body == body);
    let store = Edited { inner, row: Row { name: name.clone(), revision, body, mac } };
    if let Ok(info) = kms::root_info(&store) {
        let told = info.to_string();
        assert!(info.place.is_some() || told == info.kind);
        assert_eq!(info.unfinished.is_some(), which % 3 == 1);
    }
    let opened = Kms::open(Arc::new(store), &Open, principal());
    let is_clean =
        opened.is_ok_and(|kms| kms.doctor().is_ok_and(|report| report.is_clean()) && kms.root().is_ok());
    assert_eq!(is_clean, is_genuine, "an edited row is noticed");
}

/// Any bytes as the seal of a root in software: none opens but the one that this root made, and to nobody else.
pub fn seals(data: &[u8]) {
    static MADE: OnceLock<(KeyFile, Vec<u8>)> = OnceLock::new();
    let (root, genuine) = MADE.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("miyao-fuzz-root-{}", std::process::id()));
        let root = KeyFile::create(&path, &mut super::rng()).expect("a key file");
        let _ = std::fs::remove_file(&path);
        let sealed = root.seal(&Secret::take(&mut [9; 32]), b"binding", &mut super::rng()).expect("a seal");
        (root, sealed)
    });
    // What the stream alters is the genuine one: nobody guesses it.
    let mut sealed = genuine.clone();
    for (byte, change) in sealed.iter_mut().zip(data) {
        *byte ^= change;
    }
    sealed.truncate(sealed.len().saturating_sub(data.get(genuine.len()).copied().unwrap_or(0).into()));
    match root.open(&sealed, b"binding") {
        Ok(master) => assert!(sealed == *genuine && master.expose() == &[9; 32]),
        Err(error) => assert!(
            sealed != *genuine
                && [Kind::Rejected, Kind::Malformed, Kind::Unsupported].contains(&error.kind())
        ),
    }
    assert!(root.open(&sealed, b"another binding").is_err());
    assert!(root.open(data, b"binding").is_err(), "bytes of the input alone");
}
