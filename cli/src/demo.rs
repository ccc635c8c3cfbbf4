//! `miyao demo`: one walk through everything, in a temporary directory, with figures; it leaves nothing behind.
//!
//! Every line is an expectation: where one does not hold the command fails and says which.

use alloc::sync::Arc;
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::Instant,
};

use miyao::{
    Error, Kind, Secret, SecretBytes,
    algo::sm2::DEFAULT_USER_ID,
    envelope::{self, Context, Entry, INSPECTED, Opener, Suite, token},
    key::{KeyName, NewKey, Number, Principal, Span, Spec},
    kms::{self, KeyRef, Kms, VersionRef},
    provider::software::Passphrase,
    store::sqlite::Sqlite,
};
use serde_json::json;

use crate::{
    bench::{decrypt_file, generate, mb, peak_memory, speed},
    checksum::{digest, digest_of},
    encrypt::{Making, threads},
    failure::{At, Result},
    input::Input,
    output::{Output, hex},
    progress::Progress,
    recipients::Recipients,
    session::Run,
};

/// The size of the file that is encrypted.
const SIZE: u64 = 64 << 20;

pub(crate) fn run(run: &Run) -> Result {
    let directory = tempfile::Builder::new().prefix("miyao-demo-").tempdir()?;
    let place = directory.path().to_owned();
    let demo = Demo { output: run.output, place: place.clone() };
    demo.tell("place", format_args!("everything happens in {}", place.display()))?;
    let passphrase = hex(Secret::<16>::random(&mut kms::rng()?).expose());
    let kms = demo.makes_a_store(&passphrase)?;
    let orders = demo.makes_keys(&kms)?;
    demo.encrypts_a_file(&kms, &orders)?;
    demo.rotates_and_rewraps(&kms, &orders)?;
    demo.makes_a_token(&kms, &orders)?;
    demo.signs(&kms)?;
    demo.refuses(&kms)?;
    demo.proves_the_store(kms, &passphrase)?;
    directory.close()?;
    expect(!place.exists(), "the temporary directory is gone")?;
    let peak = peak_memory().map_or("unknown".into(), |peak| format!("{} MiB", peak >> 20));
    demo.tell("end", format_args!("nothing is left behind; peak memory {peak}"))
}

struct Demo {
    output: Output,
    place: PathBuf,
}

impl Demo {
    fn tell(&self, step: &str, text: core::fmt::Arguments<'_>) -> Result {
        self.output
            .record(&json!({ "step": step, "text": text.to_string() }), format_args!("{step:10} {text}"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    fn root(passphrase: &str) -> Passphrase {
        Passphrase::new(SecretBytes::take(passphrase.into()))
    }

    fn makes_a_store(&self, passphrase: &str) -> Result<Kms> {
        let begun = Instant::now();
        let store = Arc::new(Sqlite::create(&self.path("store.db"))?);
        let kms = Kms::init(store, &Self::root(passphrase), Principal::parse("demo")?)?;
        let (id, took) = (kms.info()?.id, begun.elapsed().as_millis());
        self.tell(
            "store",
            format_args!("made {id}; its root is a passphrase, 600,000 iterations of PBKDF2 took {took} ms"),
        )?;
        Ok(kms)
    }

    fn makes_keys(&self, kms: &Kms) -> Result<KeyRef> {
        let mut orders = NewKey::new(KeyName::parse("orders")?, Spec::Sm4);
        orders.rotate_every = Some(Span::days(90));
        let orders = kms.create(orders)?.key;
        let signer = kms.create(NewKey::new(KeyName::parse("signer")?, Spec::Sm2Sign))?.key;
        self.tell("keys", format_args!("made orders (sm4, rotated every 90d) and signer (sm2-sign)"))?;
        expect(orders.primary == Some(Number::FIRST), "a new key has version 1")?;
        expect(signer.id != orders.id, "two keys have two ids")?;
        Ok(orders.id.into())
    }

    fn encrypts_a_file(&self, kms: &Kms, orders: &KeyRef) -> Result {
        let (plain, message, back) = (self.path("big"), self.path("big.miyao"), self.path("back"));
        generate(&plain, SIZE)?;
        let crew = threads(None);
        let making = Making {
            recipients: Recipients::one(kms.recipient(orders)?),
            signer: None,
            context: tenant("a")?,
            suite: Suite::Gcm,
            threads: crew,
        };
        let begun = Instant::now();
        making.file(Input::open(Some(&plain))?, &message, false, &Progress::none())?;
        let there = speed(SIZE, begun);
        let begun = Instant::now();
        self.decrypt(kms, &message, &back, "a")?;
        let again = speed(SIZE, begun);
        expect(digest(&plain)? == digest(&back)?, "a decrypted file is what was encrypted")?;
        self.tell(
            "encrypt",
            format_args!(
                "{} MiB under orders, context tenant=a: {}, {crew} threads",
                SIZE >> 20,
                mb(there).trim()
            ),
        )?;
        self.tell("decrypt", format_args!("the same bytes came back: {}", mb(again).trim()))
    }

    fn decrypt(&self, kms: &Kms, from: &Path, to: &Path, value: &str) -> Result {
        let identity = kms.identity();
        decrypt_file(
            from,
            to,
            &Opener::with(&identity).context(tenant(value)?).every_pair().threads(threads(None)),
        )
    }

    fn rotates_and_rewraps(&self, kms: &Kms, orders: &KeyRef) -> Result {
        let message = self.path("big.miyao");
        let second = kms.rotate(orders, Some(Number::FIRST))?;
        expect(second.get() == 2, "rotation makes version 2")?;
        expect(
            kms.rotate(orders, Some(Number::FIRST))? == second,
            "a rotation asked for twice happens once",
        )?;
        self.tell("rotate", format_args!("orders: version 2 protects new data, version 1 opens old data"))?;
        let (before, version) = body(&message)?;
        expect(version == 1, "the message is under version 1")?;
        let begun = Instant::now();
        kms.rewrap(&message, None)?;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        let (after, version) = body(&message)?;
        expect(version == 2, "the rewrapped message is under version 2")?;
        expect(before == after, "a rewrap does not touch the body")?;
        let back = self.path("again");
        self.decrypt(kms, &message, &back, "a")?;
        expect(digest(&back)? == digest(&self.path("big"))?, "a rewrapped message opens")?;
        self.tell("rewrap", format_args!("in place in {took:.1} ms; body unchanged, SM3 {}", hex(after)))
    }

    fn makes_a_token(&self, kms: &Kms, orders: &KeyRef) -> Result {
        let row = Context::new().with("row", "7")?;
        let made = kms.encrypt(orders, &row, b"4111 1111 1111 1111")?;
        let text = token::to_text(&made);
        let opened = kms.decrypt(&row, &token::from_text(&text)?)?;
        expect(opened.text.expose() == b"4111 1111 1111 1111", "a token opens")?;
        let other = Context::new().with("row", "8")?;
        expect_refusal(kms.decrypt(&other, &made).err(), "a token moved to another row is refused")?;
        self.tell(
            "token",
            format_args!(
                "19 bytes, context row=7: {} characters, opened again; row=8 is refused",
                text.len()
            ),
        )
    }

    fn signs(&self, kms: &Kms) -> Result {
        let (key, big) = (KeyRef::parse("signer")?, self.path("big"));
        let (version, signature) = kms.sign_stream(&key, DEFAULT_USER_ID, &mut File::open(&big)?)?;
        let signer = VersionRef { key, version: None };
        let verified = kms.verify_stream(&signer, DEFAULT_USER_ID, &mut File::open(&big)?, &signature)?;
        expect(verified.version == version, "the version that signed verifies")?;
        let other =
            kms.verify_stream(&signer, DEFAULT_USER_ID, &mut File::open(self.path("big.miyao"))?, &signature);
        expect_refusal(other.err(), "a signature does not fit another file")?;
        self.tell(
            "sign",
            format_args!("SM2 over {} MiB, verified; over another file it is refused", SIZE >> 20),
        )
    }

    fn refuses(&self, kms: &Kms) -> Result {
        let (message, refused) = (self.path("big.miyao"), self.path("refused"));
        let error = self.decrypt(kms, &message, &refused, "b").err();
        expect(error.is_some_and(|error| error.kind() == Kind::Rejected), "a wrong context is refused")?;
        let file = File::options().read(true).write(true).open(&message)?;
        let middle = file.metadata()?.len() / 2;
        let mut byte = [0];
        file.read_exact_at(&mut byte, middle)?;
        file.write_all_at(&[byte[0] ^ 1], middle)?;
        let error = self.decrypt(kms, &message, &refused, "a").err();
        expect(error.is_some_and(|error| error.kind() == Kind::Rejected), "a flipped bit is refused")?;
        file.write_all_at(&byte, middle)?;
        expect(!refused.exists(), "a refused decryption leaves no file")?;
        self.tell(
            "refuse",
            format_args!("a wrong context and a flipped bit are refused, and no output appears"),
        )
    }

    /// Closes the store and opens it anew, as the next command would.
    fn proves_the_store(&self, kms: Kms, passphrase: &str) -> Result {
        kms.close()?;
        let open = |passphrase: &str| {
            let store = Arc::new(Sqlite::open(&self.path("store.db"))?);
            Kms::open(store, &Self::root(passphrase), Principal::parse("demo")?)
        };
        expect_refusal(open("wrong").err(), "a wrong passphrase is refused")?;
        let kms = open(passphrase)?;
        let back = self.path("reopened");
        self.decrypt(&kms, &self.path("big.miyao"), &back, "a")?;
        expect(
            digest(&back)? == digest(&self.path("big"))?,
            "a message opens after the store was opened anew",
        )?;
        self.tell("reopen", format_args!("the store opens with its passphrase only, and the file with it"))?;
        let audit = kms.verify_audit()?;
        expect(audit.entries > 0, "what was done is in the audit log")?;
        self.tell("audit", format_args!("{} entries, the chain is whole", audit.entries))?;
        let report = kms.doctor()?;
        expect(report.is_clean() && report.keys == 2, "the doctor finds nothing")?;
        self.tell(
            "doctor",
            format_args!("{} rows with {} versions checked, nothing found", report.rows, report.versions),
        )?;
        Ok(kms.close()?)
    }
}

fn tenant(value: &str) -> Result<Context> {
    Ok(Context::new().with("tenant", value)?)
}

/// The SM3 of a message's frames, and which version of a key its first recipient names.
fn body(message: &Path) -> Result<([u8; 32], u32)> {
    let mut file = File::open(message).at(message)?;
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(INSPECTED as u64).read_to_end(&mut start)?;
    let found = envelope::inspect(&start)?;
    file.seek(SeekFrom::Start(found.body_at as u64))?;
    let version = match found.recipients.first() {
        Some(Entry::Kms { version, .. }) => *version,
        _ => 0,
    };
    Ok((digest_of(&mut file)?, version))
}

fn expect(holds: bool, what: &'static str) -> Result {
    if holds {
        return Ok(());
    }
    Err(Error::new(Kind::Internal, "the demo expected otherwise; please report it").about(what).into())
}

fn expect_refusal(error: Option<Error>, what: &'static str) -> Result {
    expect(error.is_some_and(|error| error.kind() == Kind::Rejected), what)
}
