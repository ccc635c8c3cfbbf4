//! `miyao key …`: each verb is one call of the store and one record.
//!
//! Decides nothing; what a state allows is the library's to say.

use miyao::{
    Error, Kind, Result as Checked, Secret,
    key::{KeyName, Limits, NewKey, Number, Origin},
    kms::{KeyRef, KeyUpdate, Kms, VersionRef},
};
use serde_json::json;

use crate::{
    args::{AliasArgs, Create, Destroy, ExportArgs, Import, ImportParams, KeyCommand, Public, Tag, Update},
    failure::{At, Result, failure},
    input, key_files,
    output::Output,
    records::{KeyLine, KeyPage},
    safe_file::{self, SafeFile},
    session::Run,
};

/// So many keys are asked for at once.
const PAGE: usize = 500;

pub(crate) fn run(run: &Run, command: &KeyCommand) -> Result {
    check_outputs(command)?;
    run.with_kms(|kms| perform(kms, command, run.output))
}

fn check_outputs(command: &KeyCommand) -> Result {
    match command {
        KeyCommand::ImportParams(ImportParams { out_public, out_token, .. })
            if safe_file::is_same(out_public, out_token) =>
        {
            failure(
                Kind::Invalid,
                "the public key and the token would be this file; name another after --out-token",
            )
            .at(out_public)
        }
        KeyCommand::ImportParams(ImportParams { out_public, out_token, force, .. }) => {
            safe_file::check(out_public, *force)?;
            safe_file::check(out_token, *force)
        }
        KeyCommand::Export(ExportArgs { output, force, .. })
        | KeyCommand::Public(Public { output: Some(output), force, .. }) => safe_file::check(output, *force),
        _ => Ok(()),
    }
}

fn perform(kms: &Kms, command: &KeyCommand, output: Output) -> Result {
    use KeyCommand as K;
    match command {
        K::Create(arguments) => create(kms, arguments, output),
        K::List { after, limit } => list(kms, after.as_deref(), *limit, output),
        K::Show { key } => show(kms, &KeyRef::parse(key)?, output),
        K::Rotate { key, expected } => rotate(kms, key, *expected, output),
        K::Suspend { version } => version_verb(kms, version, Kms::suspend, output),
        K::Resume { version } => version_verb(kms, version, Kms::resume, output),
        K::Deactivate { version } => version_verb(kms, version, Kms::deactivate, output),
        K::Compromise { version } => version_verb(kms, version, Kms::compromise, output),
        K::Disable { key } => key_verb(kms, key, Kms::disable, output),
        K::Enable { key } => key_verb(kms, key, Kms::enable, output),
        K::ScheduleDestroy(arguments) => schedule_destroy(kms, arguments, output),
        K::CancelDestroy { target } => cancel_destroy(kms, target, output),
        K::Import(arguments) => import(kms, arguments, output),
        K::ImportParams(arguments) => import_params(kms, arguments, output),
        K::Export(arguments) => export(kms, arguments, output),
        K::Alias(arguments) => alias(kms, arguments, output),
        K::Tag(arguments) => tag(kms, arguments, output),
        K::Update(arguments) => update(kms, arguments, output),
        K::Public(arguments) => public(kms, arguments, output),
    }
}

fn create(kms: &Kms, arguments: &Create, output: Output) -> Result {
    let policy = &arguments.policy;
    let mut new = NewKey::new(KeyName::parse(&arguments.name)?, arguments.spec);
    new.rotate_every = policy.rotate_every;
    new.limits = Limits {
        originator_period: policy.originator_period,
        recipient_period: policy.recipient_period,
        messages: policy.max_messages,
        bytes: policy.max_bytes,
    };
    new.audit = policy.audit.unwrap_or(new.audit);
    new.description = arguments.description.clone().unwrap_or_default();
    new.tags = arguments.tags.iter().cloned().collect();
    new.deletion_protection = arguments.deletion_protection;
    new.protection = arguments.protection;
    new.device.clone_from(&arguments.in_device);
    if arguments.import {
        new.origin = Origin::Imported;
    }
    let made = kms.create(new)?;
    let what = if arguments.import { "waits for its material: key import" } else { "made, version 1" };
    output.record(
        &miyao_records::described(&made),
        format_args!("{}: {what}, id {}", made.key.name, made.key.id),
    )
}

fn list(kms: &Kms, after: Option<&str>, limit: Option<usize>, output: Output) -> Result {
    let mut after = after.map(KeyName::parse).transpose()?;
    let mut left = limit.unwrap_or(usize::MAX);
    while left > 0 {
        let page = kms.list(after.as_ref(), left.min(PAGE))?;
        for key in &page {
            output.record(&miyao_records::key(key), KeyLine(key))?;
        }
        left -= page.len();
        match page.last() {
            Some(last) => after = Some(last.name.clone()),
            None => break,
        }
    }
    Ok(())
}

fn show(kms: &Kms, key: &KeyRef, output: Output) -> Result {
    let described = kms.describe(key)?;
    output.record(&miyao_records::described(&described), KeyPage(&described))
}

fn rotate(kms: &Kms, key: &str, expected: Option<Number>, output: Output) -> Result {
    let version = kms.rotate(&KeyRef::parse(key)?, expected)?;
    output.record(
        &json!({ "key": key, "version": version.get() }),
        format_args!("{key}: version {version} protects new data"),
    )
}

fn version_verb(
    kms: &Kms,
    text: &str,
    verb: impl Fn(&Kms, &KeyRef, Number) -> Checked<()>,
    output: Output,
) -> Result {
    let VersionRef { key, version } = VersionRef::parse(text)?;
    let Some(version) = version else {
        return failure(Kind::Invalid, "this is done to one version; give NAME:VERSION");
    };
    verb(kms, &key, version)?;
    state_of(kms, &key, output)
}

fn key_verb(kms: &Kms, text: &str, verb: impl Fn(&Kms, &KeyRef) -> Checked<()>, output: Output) -> Result {
    let key = KeyRef::parse(text)?;
    verb(kms, &key)?;
    state_of(kms, &key, output)
}

/// What a key is after a change of state.
fn state_of(kms: &Kms, key: &KeyRef, output: Output) -> Result {
    let described = kms.describe(key)?;
    let versions: Vec<String> =
        described.versions.iter().map(|version| format!("{} {}", version.number, version.state)).collect();
    output.record(
        &miyao_records::described(&described),
        format_args!("{}: {}; {}", described.key.name, described.key.state, versions.join(", ")),
    )
}

fn schedule_destroy(kms: &Kms, arguments: &Destroy, output: Output) -> Result {
    let VersionRef { key, version } = VersionRef::parse(&arguments.target)?;
    let due = match version {
        Some(version) => kms.schedule_destroy_version(&key, version, arguments.wait)?,
        None => kms.schedule_destroy(&key, arguments.wait)?,
    };
    let target = &arguments.target;
    output.record(
        &json!({ "target": target, "destroy_at": due.to_string() }),
        format_args!("{target}: destroyed on {due} at the earliest, by `miyao maintain`"),
    )
}

fn cancel_destroy(kms: &Kms, target: &str, output: Output) -> Result {
    let VersionRef { key, version } = VersionRef::parse(target)?;
    match version {
        Some(version) => kms.cancel_destroy_version(&key, version)?,
        None => kms.cancel_destroy(&key)?,
    }
    state_of(kms, &key, output)
}

fn import(kms: &Kms, arguments: &Import, output: Output) -> Result {
    let key = KeyRef::parse(&arguments.key)?;
    let version = match (&arguments.material_file, &arguments.token_file, &arguments.wrapped_file) {
        (Some(file), ..) => {
            let bytes = input::read_small(file)?;
            let material: &[u8; 32] = bytes.expose().try_into().map_err(|_| wrong_length()).at(file)?;
            kms.import_raw(&key, Secret::build(|out| out.copy_from_slice(material)))?
        }
        (None, Some(token), Some(wrapped)) => kms.import_wrapped(
            &key,
            input::read_small(token)?.expose(),
            input::read_small(wrapped)?.expose(),
        )?,
        _ => return failure(Kind::Invalid, "give --material-file, or --token-file and --wrapped-file"),
    };
    let name = &arguments.key;
    output.record(
        &json!({ "key": name, "version": version.get() }),
        format_args!("{name}: version {version} was imported and protects new data"),
    )
}

fn wrong_length() -> Error {
    Error::new(Kind::Invalid, "key material is exactly 32 raw bytes; this file has another length")
}

fn import_params(kms: &Kms, arguments: &ImportParams, output: Output) -> Result {
    let file = |path| SafeFile::create(path, arguments.force);
    let (public, token) = (file(&arguments.out_public)?, file(&arguments.out_token)?);
    let made = kms.import_parameters(&KeyRef::parse(&arguments.key)?, arguments.valid)?;
    let (token, public) = (token.filled(&made.token)?, public.filled(made.public.to_pem()?.as_bytes())?);
    // A token alone imports nothing; what is encrypted to a public key alone, or beside another's token, is lost work.
    safe_file::commit_both(token, public)?;
    output.record(
        &json!({
            "key": arguments.key,
            "public": arguments.out_public.to_string_lossy(),
            "token": arguments.out_token.to_string_lossy(),
            "expires": made.expires.to_string(),
        }),
        format_args!(
            "encrypt 32 bytes under the public key by {}, then import them with the token",
            made.expires
        ),
    )
}

fn export(kms: &Kms, arguments: &ExportArgs, output: Output) -> Result {
    let to = key_files::public(&arguments.to)?;
    let VersionRef { key, version } = VersionRef::parse(&arguments.target)?;
    let wrapped = kms.export(&key, version, &to)?;
    safe_file::write(&arguments.output, &wrapped, arguments.force)?;
    output.silent_record(&json!({ "target": arguments.target, "output": arguments.output.to_string_lossy() }))
}

fn alias(kms: &Kms, arguments: &AliasArgs, output: Output) -> Result {
    let (key, alias) = match arguments {
        AliasArgs { remove: Some(alias), .. } => {
            kms.remove_alias(&KeyName::parse(alias)?)?;
            return output.silent_record(&json!({ "alias": alias, "key": null }));
        }
        AliasArgs { key: Some(key), alias: Some(alias), .. } => (key, alias),
        _ => return failure(Kind::Invalid, "give the key and its alias"),
    };
    let (target, name) = (KeyRef::parse(key)?, KeyName::parse(alias)?);
    if arguments.r#move {
        kms.move_alias(&target, &name)?
    } else {
        kms.add_alias(&target, &name)?
    }
    output.silent_record(&json!({ "alias": alias, "key": key }))
}

fn tag(kms: &Kms, arguments: &Tag, output: Output) -> Result {
    let change = KeyUpdate {
        set_tags: arguments.set.clone(),
        remove_tags: arguments.remove.clone(),
        ..KeyUpdate::default()
    };
    let described = kms.update(&KeyRef::parse(&arguments.key)?, change)?;
    output.silent_record(&miyao_records::described(&described))
}

fn update(kms: &Kms, arguments: &Update, output: Output) -> Result {
    let key = KeyRef::parse(&arguments.key)?;
    let policy = &arguments.policy;
    let present = if arguments.no_limits { Limits::default() } else { kms.describe(&key)?.key.limits };
    let limits = Limits {
        originator_period: policy.originator_period.or(present.originator_period),
        recipient_period: policy.recipient_period.or(present.recipient_period),
        messages: policy.max_messages.or(present.messages),
        bytes: policy.max_bytes.or(present.bytes),
    };
    let change = KeyUpdate {
        description: arguments.description.clone(),
        audit: policy.audit,
        deletion_protection: arguments.deletion_protection,
        rotate_every: if arguments.no_rotation { Some(None) } else { policy.rotate_every.map(Some) },
        limits: (arguments.no_limits || limits != present).then_some(limits),
        min_decrypt: arguments.min_decrypt,
        min_encrypt: arguments.min_encrypt,
        ..KeyUpdate::default()
    };
    let described = kms.update(&key, change)?;
    output.silent_record(&miyao_records::described(&described))
}

fn public(kms: &Kms, arguments: &Public, output: Output) -> Result {
    let (version, public) = kms.public_key(&VersionRef::parse(&arguments.target)?)?;
    let pem = public.to_pem()?;
    let record = json!({
        "target": arguments.target,
        "version": version.get(),
        "public_pem": pem,
        "public": miyao_records::hex(public.to_bytes()),
        "key_identifier": miyao_records::hex(public.key_identifier()),
    });
    match &arguments.output {
        Some(path) => {
            safe_file::write(path, pem.as_bytes(), arguments.force)?;
            output.silent_record(&record)
        }
        None => output.record(&record, pem.trim_end()),
    }
}
