//! A service that keeps records under data keys while their key rotates; docs/tutorial-rust.md builds it up.
//! `cargo run --release --example service -- DIRECTORY`; a line of its input is `put ID TEXT` or `get ID`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a service has std")]
#![allow(clippy::print_stderr, reason = "its log")]

use std::io::{self, BufRead as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{env, fs, path::Path, path::PathBuf, thread, time::Duration};

use miyao::envelope::{Context, Suite, token, token::TokenHeader};
use miyao::kms::{KeyRef, Kms};
use miyao::{Error, Kind, Rejected, Result, algo::mode::gcm::Gcm};
use miyao::{key::Number, key::Principal, provider::software::KeyFile, store::sqlite::Sqlite};

/// A data key protects so many records, and so long, at most.
const RECORDS: u32 = 1000;
const AGE: Duration = Duration::from_secs(600);
/// A record is a file: the token of its data key, a nonce, the text, and a tag.
const TOKEN: usize = token::len(Suite::CtrHmac, 16);

struct DataKey {
    gcm: Gcm,
    token: Vec<u8>,
    left: u32,
}

pub(crate) struct Records {
    kms: Kms,
    key: KeyRef,
    context: Context,
    directory: PathBuf,
    current: Mutex<Option<DataKey>>, // whoever writes a record holds it, so nobody writes an older one over it
}

impl Records {
    /// The store, its root and the key are an operator's, who made them once.
    pub(crate) fn open(directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory.join("records"))?;
        let root = KeyFile::open(&directory.join("root.key"))?;
        let store = Arc::new(Sqlite::open(&directory.join("store.db"))?);
        let kms = Kms::open(store, &root, Principal::parse("service:records")?)?;
        // No token of another table under the same key is taken for a data key of this one.
        let (key, context) = (KeyRef::parse("records")?, Context::new().with("table", "records")?);
        Ok(Self { kms, key, context, directory: directory.to_owned(), current: Mutex::new(None) })
    }

    pub(crate) fn put(&self, id: &str, text: &[u8]) -> Result<()> {
        let (path, mut current) = (self.path(id)?, self.alone());
        let key = match current.take().filter(|key| key.left > 0) {
            Some(key) => current.insert(key),
            None => {
                let made = self.kms.generate_data_key(&self.key, &self.context, 16)?;
                let (gcm, token) = (gcm(made.plaintext.expose())?, made.wrapped);
                current.insert(DataKey { gcm, token, left: RECORDS })
            }
        };
        key.left -= 1;
        // Random, not counted: a count would repeat after a restored snapshot, and 1000 of 96 bits do not meet.
        let mut nonce = [0; 12];
        self.kms.random(&mut nonce)?;
        let mut record = [&key.token[..], &nonce, text].concat();
        let tag = key.gcm.encrypt(&nonce, id.as_bytes(), &mut record[TOKEN + nonce.len()..])?;
        record.extend(tag);
        self.write(&path, &record)
    }

    pub(crate) fn get(&self, id: &str) -> Result<Vec<u8>> {
        let record = fs::read(self.path(id)?)?;
        let (token, rest) = record.split_at_checked(TOKEN).ok_or(Rejected)?;
        let (nonce, rest) = rest.split_first_chunk::<12>().ok_or(Rejected)?;
        let (text, tag) = rest.split_last_chunk::<16>().ok_or(Rejected)?;
        // Nothing is kept for reading: a token of a key in use opens without a lock, a system call or the store.
        let gcm = gcm(self.kms.decrypt(&self.context, token)?.text.expose())?;
        let mut text = text.to_vec();
        gcm.decrypt(nonce, id.as_bytes(), &mut text, tag)?;
        Ok(text)
    }

    /// Every AGE: a new data key, a rotation where one is due, and the tokens of older versions wrapped anew, whoever rotated.
    pub(crate) fn maintain(&self) -> Result<()> {
        *self.alone() = None;
        self.kms.maintain(false)?;
        let primary = self.kms.describe(&self.key)?.key.primary;
        let files = fs::read_dir(self.directory.join("records"))?;
        files.map(|file| self.rewrap(&file?.path(), primary)).fold(Ok(()), Result::and) // none stops another
    }

    fn rewrap(&self, path: &Path, primary: Option<Number>) -> Result<()> {
        let _alone = self.alone(); // for one record: others are written in between
        let mut record = fs::read(path)?;
        let token = record.get_mut(..TOKEN).ok_or(Rejected)?;
        if Some(TokenHeader::parse(token)?.version) == primary.map(Number::get) {
            return Ok(());
        }
        token.copy_from_slice(&self.kms.reencrypt(&self.context, token)?);
        self.write(path, &record)
    }

    /// The old record or the new one, whenever power fails.
    fn write(&self, path: &Path, record: &[u8]) -> Result<()> {
        let new = self.directory.join("record.new");
        let mut file = fs::File::create(&new)?;
        file.write_all(record)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        Ok(fs::File::open(self.directory.join("records"))?.sync_all()?)
    }

    /// An id becomes the name of a file, so it is nothing else.
    fn path(&self, id: &str) -> Result<PathBuf> {
        let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) {
            return Err(Error::new(Kind::Invalid, "an id is 1 to 64 of a-z, 0-9 and -"));
        }
        Ok(self.directory.join("records").join(id))
    }

    /// No data key is half changed where a thread panicked, so the others go on.
    fn alone(&self) -> MutexGuard<'_, Option<DataKey>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gcm(key: &[u8]) -> Result<Gcm> {
    key.try_into().map(Gcm::new).map_err(|_| Error::new(Kind::Malformed, "the token holds no SM4 key"))
}

/// Answers a line. Who asks gets the number of docs/errors.md, the log the sentence.
pub(crate) fn answer(records: &Records, line: &str) -> String {
    let done = match line.splitn(3, ' ').collect::<Vec<_>>()[..] {
        ["put", id, text] => records.put(id, text.as_bytes()).map(|()| "ok".to_owned()),
        ["get", id] => records.get(id).map(|text| String::from_utf8_lossy(&text).into_owned()),
        _ => Err(Error::new(Kind::Invalid, "say `put ID TEXT` or `get ID`")),
    };
    done.inspect_err(|error| eprintln!("{error}"))
        .unwrap_or_else(|error| format!("error {}", error.kind().number()))
}

fn main() -> Result<()> {
    let directory = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let records = Arc::new(Records::open(Path::new(&directory))?);
    let timer = Arc::clone(&records);
    let tick = move || timer.maintain().map_or_else(|error| eprintln!("{error}; it is tried again"), drop);
    thread::spawn(move || std::iter::repeat_with(tick).for_each(|()| thread::sleep(AGE)));
    for line in io::stdin().lock().lines() {
        writeln!(io::stdout(), "{}", answer(&records, &line?))?;
    }
    records.kms.flush() // what was counted for the audit log
}
