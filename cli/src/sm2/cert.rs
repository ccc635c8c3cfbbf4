//! `miyao sm2 cert …`: certificates made, told and verified.
//!
//! The one place where certificates meet the clock, and a path the files that it is made of.

mod show;

use std::{
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use miyao::{
    Error, Kind, kms,
    pki::{
        Certificate, Crl, Moment, Name, Request,
        certificate::{Authority, Template, Validity},
        chain::Trust,
    },
};
use serde_json::{Value, json};

use crate::{
    args::{AuthoritySaid, CertCommand, CertVerify, Issue, Said, SelfSign, Signing, Term, UsageName},
    failure::{At, Result, failure},
    input::Input,
    key_files,
    output::hex,
    session::Run,
};

pub(super) fn run(run: &Run, command: &CertCommand) -> Result {
    match command {
        CertCommand::SelfSign(arguments) => self_sign(run, arguments),
        CertCommand::Issue(arguments) => issue(run, arguments),
        CertCommand::Show(arguments) => show::run(run, arguments),
        CertCommand::Verify(arguments) => verify(run, arguments),
    }
}

fn self_sign(run: &Run, arguments: &SelfSign) -> Result {
    let signing = &arguments.signing;
    signing.place.check()?;
    let subject = Name::parse(&arguments.subject).at("--subject")?;
    let template = template(subject, &arguments.term, &arguments.authority, &arguments.said)?
        .alternative_names(&arguments.said.names()?);
    let key = key_files::private(run, &signing.key)?;
    give(run, &template.self_sign(&key, signing.user_id.as_bytes(), &mut kms::rng()?)?, signing)
}

fn issue(run: &Run, arguments: &Issue) -> Result {
    let signing = &arguments.signing;
    signing.place.check()?;
    let (path, bytes) = read(arguments.request.as_deref())?;
    let request = Request::parse(&bytes).at(path)?;
    let public = request.verify(arguments.request_user_id.as_bytes()).at(path)?;
    let subject = match &arguments.subject {
        Some(text) => Name::parse(text).at("--subject")?,
        None => request.unverified_subject().clone(),
    };
    let mut names = arguments.said.names()?;
    if arguments.grant_names {
        names.extend_from_slice(request.unverified_alternative_names());
    }
    let template =
        template(subject, &arguments.term, &arguments.authority, &arguments.said)?.alternative_names(&names);
    let issuer = certificate(&arguments.issuer)?;
    let key = key_files::private(run, &signing.key)?;
    let authority = Authority::new(&issuer, &key).at(&arguments.issuer)?.user_id(signing.user_id.as_bytes());
    give(run, &template.issue(public, &authority, &mut kms::rng()?)?, signing)
}

fn template(subject: Name, term: &Term, authority: &AuthoritySaid, said: &Said) -> Result<Template> {
    let validity = term.validity()?;
    let template = match (authority.ca, said.usage) {
        (true, _) => Template::authority(subject, validity, authority.path_len),
        (false, Some(UsageName::Encryption)) => Template::encryption(subject, validity),
        (false, Some(UsageName::Signing) | None) => Template::signing(subject, validity),
    };
    Ok(template.purposes(&said.purposes()))
}

fn give(run: &Run, made: &Certificate, signing: &Signing) -> Result {
    let mut record = show::certificate(made).json();
    record["certificate"] = json!(hex(made.as_der()));
    signing.give(made.as_der(), &made.to_pem()?, &record, run.output)
}

fn verify(run: &Run, arguments: &CertVerify) -> Result {
    let (path, bytes) = read(arguments.file.as_deref())?;
    let given = Certificate::parse_all(&bytes).at(path)?;
    let Some((end, beside)) = given.split_first() else {
        return failure(Kind::Missing, "there is no certificate in this file; give another").at(path);
    };
    let (anchors, mut between) = (certificates(&arguments.trust)?, certificates(&arguments.between)?);
    between.extend_from_slice(beside);
    let crls = arguments.crls.iter().map(|path| Crl::parse(&read(Some(path))?.1).at(path));
    let crls = crls.collect::<Result<Vec<_>>>()?;
    let trust = Trust::new(&anchors).intermediates(&between).user_id(arguments.user_id.as_bytes());
    let trust = if crls.is_empty() { trust } else { trust.crls(&crls) };
    let at = moment(arguments.at.as_deref(), "--at")?;
    let found = trust.verify(end, arguments.purpose.into(), at).at(path)?;
    let names: Vec<Value> = found.iter().map(|one| json!(one.subject().to_string())).collect();
    let text = found.iter().map(|one| one.subject().to_string()).collect::<Vec<_>>().join("\n  issued by ");
    run.output.record(
        &json!({ "verified": true, "path": names, "at": at.to_string(), "revocation": !crls.is_empty() }),
        format!("verified: {text}"),
    )
}

fn certificates(paths: &[PathBuf]) -> Result<Vec<Certificate>> {
    let mut found = Vec::new();
    for path in paths {
        found.extend(Certificate::parse_all(&read(Some(path))?.1).at(path)?);
    }
    Ok(found)
}

fn certificate(path: &Path) -> Result<Certificate> {
    Certificate::parse(&read(Some(path))?.1).at(path)
}

/// An input that is nobody's secret, and its name in messages.
fn read(path: Option<&Path>) -> Result<(&Path, Vec<u8>)> {
    let input = Input::open(path)?;
    let mut bytes = Vec::new();
    input.source.take(MOST + 1).read_to_end(&mut bytes).at(input.name)?;
    if bytes.len() as u64 > MOST {
        return failure(Kind::TooLarge, "the input is too long for this; is it the right file?")
            .at(input.name);
    }
    Ok((input.name, bytes))
}

/// Lists of revoked certificates can be long.
const MOST: u64 = 64 << 20;

/// The moment that was given, or now.
fn moment(text: Option<&str>, option: &str) -> Result<Moment> {
    match text {
        Some(text) => Moment::parse(text).at(option),
        None => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| {
                Error::new(Kind::Clock, "the clock is before 1970; correct it").caused_by(error)
            })?;
            Ok(Moment(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)))
        }
    }
}

impl Term {
    fn validity(&self) -> Result<Validity> {
        let from = moment(self.from.as_deref(), "--from")?;
        match &self.until {
            Some(until) => Ok(Validity { from, until: Moment::parse(until).at("--until")? }),
            None => Ok(Validity::days(from, self.days)),
        }
    }
}
