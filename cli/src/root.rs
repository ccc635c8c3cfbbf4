//! `miyao root …`: who holds the root key, and how that changes.
//!
//! Decides nothing; each change is one journalled operation of the library, which goes on where an earlier try ended.

use miyao::{
    Kind,
    kms::{Kms, RootChanged},
};
use serde_json::json;

use crate::{
    args::{NewPassphrase, RootChange, RootCommand, RootMigrate},
    failure::{Result, failure},
    output::Output,
    passphrase::Source,
    session::{Root, Run},
};

pub(crate) fn run(run: &Run, command: &RootCommand) -> Result {
    match command {
        RootCommand::Show => run.with_kms(|kms| show(kms, run.output)),
        RootCommand::Change(arguments) => change(run, arguments),
        RootCommand::Rotate => run.with_session(|session| match session.device() {
            Some(device) => changed(&session.kms().rotate_root(&*device.roots)?, run.output),
            None => failure(
                Kind::Invalid,
                "the store's root is not in a device; change it with `root change`, or move it with `root migrate`",
            ),
        }),
        RootCommand::Migrate(arguments) => migrate(run, arguments),
    }
}

fn migrate(run: &Run, arguments: &RootMigrate) -> Result {
    let NewPassphrase { new_passphrase_file, iterations } = &arguments.passphrase;
    match Root::parse(&arguments.to, &run.global)? {
        Root::Device(_) if new_passphrase_file.is_some() || iterations.is_some() => failure(
            Kind::Invalid,
            "a new passphrase and its iterations are for --to passphrase; a device has none",
        ),
        Root::Device(place) => run.with_session(|session| {
            let device = place.open(run.output)?;
            changed(&session.kms().migrate_root(&*device.roots)?, run.output)
        }),
        software => seal_under(run, &software, &arguments.passphrase),
    }
}

fn show(kms: &Kms, output: Output) -> Result {
    let info = kms.root()?;
    let mut text = format!("root       {}", info.kind);
    if let Some((id, device)) = &info.place {
        text = format!("{text}\nkey        {id}\ndevice     {device}");
    }
    if let Some((id, device)) = &info.unfinished {
        text = format!("{text}\nunfinished {id} in {device}");
    }
    output.record(&miyao_records::root(&info), text)
}

fn change(run: &Run, arguments: &RootChange) -> Result {
    seal_under(run, &Root::parse(&arguments.new_root, &run.global)?, &arguments.passphrase)
}

/// Seals under a root that makes no key in a device: that is one commit.
fn seal_under(run: &Run, new: &Root, passphrase: &NewPassphrase) -> Result {
    run.with_kms(|kms| {
        let source = Source::new(passphrase.new_passphrase_file.as_deref(), None)?;
        let new = new.make(&source, passphrase.iterations, false, run.output)?;
        kms.change_root(&*new)?;
        let kind = new.describe();
        run.output.record(&json!({ "root": kind }), format_args!("the store's root is a {kind} now"))
    })
}

fn changed(changed: &RootChanged, output: Output) -> Result {
    let RootChanged { root, device, former } = changed;
    let mut text = format!("the store's root is the key {root} in {device} now");
    if former.place.is_some() {
        text = format!(
            "{text}; the former, {former}, was kept: destroy it once no copy or backup file of the store is under it"
        );
    }
    output.record(&miyao_records::root_changed(changed), text)
}
