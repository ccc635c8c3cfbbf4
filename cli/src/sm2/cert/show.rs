//! `miyao sm2 cert show`: what a certificate, request or revocation list says of itself.
//!
//! Trusts nobody: of a request alone it is told whether it verifies, for its key is its own.

use core::fmt;

use miyao::{
    Kind,
    algo::sm2::{DEFAULT_USER_ID, PublicKey},
    pki::{
        Certificate, Crl, Request,
        crl::{self, Revoked},
        extension::{ExtendedKeyUsage, Extension, GeneralName},
        request,
    },
};
use serde_json::{Map, Value, json};

use crate::{
    args::CertShow,
    failure::{At, OneLine, Result},
    input::is_der,
    output::hex,
    session::Run,
};

/// Fields in the order in which they are told, and what is revoked, which can be millions.
pub(super) struct Told<'a>(Vec<(&'static str, Value)>, Option<&'a [Revoked]>);

pub(super) fn run(run: &Run, arguments: &CertShow) -> Result {
    let (path, bytes) = super::read(arguments.file.as_deref())?;
    let bytes = bytes.as_slice();
    let tell = |told: Told<'_>| match run.output.json {
        true => run.output.record(&told.json(), ""),
        false => run.output.record(&Value::Null, told),
    };
    if is(bytes, crl::LABEL) {
        return tell(list(&Crl::parse(bytes).at(path)?));
    }
    if is(bytes, request::LABEL) {
        return tell(asked(&Request::parse(bytes).at(path)?));
    }
    // DER does not say what it is, and is only one of them.
    match (Certificate::parse_all(bytes), Request::from_der(bytes), Crl::from_der(bytes)) {
        (Ok(found), ..) => found.iter().map(certificate).try_for_each(tell),
        (_, Ok(found), _) => tell(asked(&found)),
        (.., Ok(found)) => tell(list(&found)),
        (Err(error), ..) => Err(error).at(path),
    }
}

/// Whether a text has a block of PEM with this label. DER is none, whatever a name in it says.
fn is(bytes: &[u8], label: &str) -> bool {
    let line = format!("{label}-----");
    !is_der(bytes) && bytes.windows(line.len()).any(|at| at == line.as_bytes())
}

pub(super) fn certificate(found: &Certificate) -> Told<'_> {
    let validity = found.validity();
    let mut told = Told::new(vec![
        ("kind", json!("certificate")),
        ("subject", json!(found.subject().to_string())),
        ("issuer", json!(found.issuer().to_string())),
        ("serial", json!(found.serial().to_string())),
        ("from", json!(validity.from.to_string())),
        ("until", json!(validity.until.to_string())),
        ("signature", json!(found.signature_algorithm().to_string())),
    ]);
    told.key(found.public_key().ok());
    let constraints = found.basic_constraints().unwrap_or_default();
    told.push("authority", json!(constraints.is_ca));
    if let Some(most) = constraints.path_len {
        told.push("path_len", json!(most));
    }
    told.said(
        found.key_usage().map(|uses| uses.names().collect()),
        found.extended_key_usage(),
        found.alternative_names(),
    );
    for (name, identifier) in [
        ("subject_key_identifier", found.subject_key_identifier()),
        ("authority_key_identifier", found.authority_key_identifier()),
    ] {
        if let Some(identifier) = identifier {
            told.push(name, json!(hex(identifier)));
        }
    }
    told.critical(found.extensions());
    told
}

fn asked(found: &Request) -> Told<'_> {
    let mut told = Told::new(vec![
        ("kind", json!("request")),
        ("subject", json!(found.unverified_subject().to_string())),
        ("signature", json!(found.signature_algorithm().to_string())),
    ]);
    told.key(found.unverified_public_key());
    let verifies = match found.verify(DEFAULT_USER_ID) {
        Ok(_) => "under the default user id",
        Err(error) if error.kind() == Kind::Rejected => "not under the default user id",
        Err(_) => "not here: another algorithm",
    };
    told.push("verifies", json!(verifies));
    told.said(
        found.unverified_key_usage().map(|uses| uses.names().collect()),
        found.unverified_extended_key_usage(),
        found.unverified_alternative_names(),
    );
    told.critical(found.unverified_extensions());
    told
}

fn list(found: &Crl) -> Told<'_> {
    let mut told = Told::new(vec![
        ("kind", json!("revocation list")),
        ("issuer", json!(found.issuer().to_string())),
        ("this_update", json!(found.this_update().to_string())),
        ("next_update", json!(found.next_update().map(|next| next.to_string()))),
        ("signature", json!(found.signature_algorithm().to_string())),
    ]);
    told.1 = Some(found.unverified_revoked());
    told
}

fn entry(revoked: &Revoked) -> Value {
    let reason = revoked.reason().map(|reason| reason.to_string());
    json!({ "serial": revoked.serial().to_string(), "when": revoked.when().to_string(), "reason": reason })
}

impl Told<'_> {
    const fn new(fields: Vec<(&'static str, Value)>) -> Self {
        Self(fields, None)
    }

    pub(super) fn json(self) -> Value {
        let revoked = self.1.map(|revoked| ("revoked", Value::Array(revoked.iter().map(entry).collect())));
        let fields = self.0.into_iter().chain(revoked);
        Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    }

    fn push(&mut self, name: &'static str, value: Value) {
        self.0.push((name, value));
    }

    fn key(&mut self, key: Option<&PublicKey>) {
        self.push("key", json!(if key.is_some() { "SM2" } else { "of another algorithm" }));
        if let Some(key) = key {
            self.push("key_identifier", json!(hex(key.key_identifier())));
        }
    }

    fn said(
        &mut self,
        uses: Option<Vec<&str>>,
        purposes: Option<&[ExtendedKeyUsage]>,
        names: &[GeneralName],
    ) {
        if let Some(uses) = uses {
            self.push("key_usage", json!(uses));
        }
        if let Some(purposes) = purposes {
            self.push("purposes", json!(purposes.iter().map(ToString::to_string).collect::<Vec<_>>()));
        }
        if !names.is_empty() {
            self.push("names", json!(names.iter().map(ToString::to_string).collect::<Vec<_>>()));
        }
    }

    fn critical(&mut self, extensions: &[Extension]) {
        let critical = extensions.iter().filter(|one| one.is_critical()).map(Extension::id);
        self.push("critical_extensions", json!(critical.collect::<Vec<_>>()));
    }
}

impl fmt::Display for Told<'_> {
    /// One field a line; of several values, each on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value)) in self.0.iter().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            let name = name.replace('_', " ");
            match value {
                Value::Array(values) => {
                    let all: Vec<_> = values.iter().map(plain).collect();
                    write!(f, "{end}{name}: {}", OneLine(&all.join(", ")))?;
                }
                value => write!(f, "{end}{name}: {}", OneLine(&plain(value)))?,
            }
        }
        let Some(revoked) = self.1 else { return Ok(()) };
        f.write_str("\nrevoked:")?;
        revoked.iter().try_for_each(|one| {
            write!(f, "\n  {} {}", one.serial(), one.when())?;
            one.reason().map_or(Ok(()), |reason| write!(f, " {reason}"))
        })
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Null => "not said".to_owned(),
        other => other.to_string(),
    }
}
