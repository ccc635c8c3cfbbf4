//! Verbs that look after a store: init, backup, restore, upgrade, doctor, maintain.
//!
//! Knows files' places; what is in them is the library's.

use alloc::sync::Arc;
use std::{
    ffi::OsString,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use miyao::{
    Kind,
    envelope::{Context, Entry, INSPECTED, inspect},
    kms::{self, Kms},
    store::sqlite::Sqlite,
};
use miyao_records::hex;
use serde_json::json;

use crate::{
    args::{Backup, Init, Restore, StoreCommand},
    encrypt::threads,
    failure::{At, Result, failure},
    input::{Input, absent},
    output::Output,
    progress::Progress,
    recipients::{Keyring, Recipients},
    safe_file::{self, SafeFile},
    session::{Root, Run, Session},
    state,
};

pub(crate) fn init(run: &Run, arguments: &Init) -> Result {
    let path = run.store_path()?;
    let root = run.named_root()?.unwrap_or(Root::Passphrase);
    let principal = run.principal()?;
    prepare_place(&path, run.global.store.is_none())?;
    // A store that is there is refused before a passphrase is asked for; none is made before one is given.
    let unfinished = path.exists().then(|| Sqlite::create(&path)).transpose()?;
    let root = root.make(&run.passphrase_source()?, arguments.iterations, true, run.output)?;
    let store = unfinished.map_or_else(|| Sqlite::create(&path), Ok);
    let store = Arc::new(store.map_err(|error| root.kept_after(error))?);
    let session = Session::made(Kms::init(store, &*root, principal).at(&path)?)?;
    let (info, kind) = (session.kms().info()?, root.describe());
    session.finish()?;
    let place = root.place()?;
    let held = match &place {
        Some((id, device)) => format!("the key {id} in {device}"),
        None => format!("a {kind}"),
    };
    let key = place.map(|(id, _)| hex(id.0));
    run.output.record(
        &json!({ "store": path.to_string_lossy(), "id": info.id.to_string(), "root": kind, "root_key": key }),
        format_args!("{}: a key store whose root is {held}, id {}", path.display(), info.id),
    )
}

/// Makes the directory of a store that is being made; only the default one may be missing.
fn prepare_place(path: &Path, is_default: bool) -> Result {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if is_default {
        return state::make_private(parent);
    }
    fs::metadata(parent).map_err(absent).at(parent).map(drop)
}

pub(crate) fn store(run: &Run, command: &StoreCommand) -> Result {
    match command {
        StoreCommand::Info => run.with_kms(|kms| {
            let info = kms.info()?;
            run.output.record(
                &miyao_records::store(&info),
                format_args!(
                    "id       {}\nroot     {}\nrevision {}\nschema   {}\nepoch    {}\naudit    {} entries",
                    info.id, info.root, info.revision.0, info.schema, info.epoch, info.audit.sequence
                ),
            )
        }),
        StoreCommand::Upgrade => upgrade(run),
    }
}

fn upgrade(run: &Run) -> Result {
    let path = run.store_path()?;
    run.with_kms(|kms| {
        let copy = beside(&path, kms.info()?.revision.0);
        let store = Sqlite::open(&path)?;
        store.copy_to(&copy).at(&copy)?;
        let changed = kms.upgrade()?;
        if !changed {
            fs::remove_file(&copy).at(&copy)?;
        }
        let kept = changed.then(|| copy.display().to_string());
        let text = match &kept {
            Some(kept) => format!("the store was upgraded; a copy of what it was is {kept}"),
            None => "the store is in this release's format already".into(),
        };
        run.output.record(&json!({ "upgraded": changed, "copy": kept }), text)
    })
}

/// The name of the copy taken before an upgrade.
fn beside(path: &Path, revision: u64) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(format!(".before-upgrade-{revision}"));
    path.with_file_name(name)
}

pub(crate) fn doctor(run: &Run) -> Result {
    run.with_kms(|kms| examine(kms, run.output))
}

pub(crate) fn examine(kms: &Kms, output: Output) -> Result {
    let report = kms.doctor()?;
    let mut text = format!(
        "{} rows, {} keys, {} versions and {} audit entries were checked",
        report.rows, report.keys, report.versions, report.entries
    );
    for finding in &report.findings {
        text = format!("{text}\nfound: {finding}");
    }
    for warning in &report.warnings {
        text = format!("{text}\nwarning: {warning}");
    }
    output.record(&miyao_records::report(&report), text)?;
    if report.is_clean() {
        return Ok(());
    }
    failure(Kind::Corrupt, "the store is not sound, see what was found; restore a backup if rows were edited")
}

pub(crate) fn maintain(run: &Run, confirm_clock: bool) -> Result {
    run.with_kms(|kms| {
        let done = kms.maintain(confirm_clock)?;
        for one in &done {
            run.output.record(&miyao_records::maintained(one), format_args!("{}: {}", one.name, one.what))?;
        }
        if done.is_empty() && !run.output.json {
            run.output.note("nothing is due");
        }
        Ok(())
    })
}

pub(crate) fn backup(run: &Run, arguments: &Backup) -> Result {
    safe_file::check(&arguments.output, arguments.force)?;
    let recipients =
        Recipients::without_store(&arguments.to_sm2, arguments.to_passphrase_file.as_deref(), run.output)?;
    run.with_kms(|kms| {
        let mut out = SafeFile::create(&arguments.output, arguments.force)?;
        let report = kms.backup(&mut out, &recipients.options()?.threads(threads(None)))?;
        out.commit()?;
        tell_backup(&report, "backed up", run.output)
    })
}

fn tell_backup(report: &kms::BackupReport, what: &str, output: Output) -> Result {
    output.record(
        &miyao_records::backup(report),
        format_args!(
            "{} keys with {} versions {what}, revision {}",
            report.keys, report.versions, report.revision.0
        ),
    )
}

pub(crate) fn restore(run: &Run, arguments: &Restore) -> Result {
    if let Some(into) = &arguments.into {
        safe_file::check(into, false)?;
    }
    let keyring = Keyring::new(run, &arguments.identities, false)?;
    let recipients = recipients_of(&arguments.backup)?;
    let opener = keyring.opener(&recipients, Context::new())?.threads(threads(None));
    let input = Input::open(Some(&arguments.backup))?;
    let progress = Progress::bytes(input.len.unwrap_or(0));
    let mut source = progress.reader(input.source);
    let Some(into) = &arguments.into else {
        let report = kms::verify_backup(&mut source, &opener).at(&arguments.backup)?;
        return tell_backup(&report, "can be restored", run.output);
    };
    let root = run.named_root()?.unwrap_or(Root::Passphrase);
    let root = root.make(&run.passphrase_source()?, None, false, run.output)?;
    let principal = run.principal()?;
    let store = Arc::new(Sqlite::create(into).at(into)?);
    let (kms, report) = kms::restore(&mut source, &opener, store, &*root, principal)
        .inspect_err(|_| Sqlite::discard(into))
        .at(&arguments.backup)?;
    Session::made(kms)?.finish()?;
    let (keys, versions) = (report.backup.keys, report.backup.versions);
    let waiting: Vec<&str> = report.waiting.iter().map(|name| name.as_str()).collect();
    let mut text = format!("{}: {keys} keys with {versions} versions restored", into.display());
    if !waiting.is_empty() {
        text += &format!("; without a version for new data: {}", waiting.join(", "));
    }
    let devices: Vec<String> = report.devices.iter().map(ToString::to_string).collect();
    for device in &devices {
        text += &format!("\nkeys of it live in {device}: attach it with --device, and run `miyao maintain`");
    }
    let mut record = miyao_records::restored(&report);
    record["store"] = into.to_string_lossy().into();
    run.output.record(&record, text)
}

fn recipients_of(backup: &Path) -> Result<Vec<Entry>> {
    let mut start = Vec::new();
    let input = Input::open(Some(backup))?;
    input.source.take(INSPECTED as u64).read_to_end(&mut start).at(backup)?;
    Ok(inspect(&start).at(backup)?.recipients)
}
