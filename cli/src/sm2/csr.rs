//! `miyao sm2 csr`: a request for a certificate, signed by the key that it is for.
//!
//! Knows no authority.

use std::os::unix::ffi::OsStrExt;

use miyao::{
    kms,
    pki::{
        Name,
        extension::{ExtendedKeyUsage, GeneralName},
        request::Draft,
    },
};
use serde_json::{Value, json};

use crate::{
    args::{Csr, Said, Signing},
    failure::{At, Result},
    key_files,
    output::{Output, hex},
    session::Run,
};

pub(super) fn run(run: &Run, arguments: &Csr) -> Result {
    let signing = &arguments.signing;
    signing.place.check()?;
    let mut draft = Draft::new(Name::parse(&arguments.subject).at("--subject")?)
        .alternative_names(&arguments.said.names()?)
        .purposes(&arguments.said.purposes());
    if let Some(usage) = arguments.said.usage {
        draft = draft.key_usage(usage.into());
    }
    let key = key_files::private(run, &signing.key)?;
    let request = draft.sign(&key, signing.user_id.as_bytes(), &mut kms::rng()?)?;
    let record = json!({
        "request": hex(request.as_der()),
        "subject": request.unverified_subject().to_string(),
        "key_identifier": hex(key.public_key().key_identifier()),
    });
    signing.give(request.as_der(), &request.to_pem()?, &record, run.output)
}

impl Signing {
    /// Gives what was signed in the form that was asked for.
    pub(super) fn give(&self, der: &[u8], pem: &str, record: &Value, output: Output) -> Result {
        self.place.give_or_record(if self.der { der } else { pem.as_bytes() }, record, output)
    }
}

impl Said {
    pub(super) fn names(&self) -> Result<Vec<GeneralName>> {
        self.names.iter().map(|name| GeneralName::parse(name).at("--san")).collect()
    }

    pub(super) fn purposes(&self) -> Vec<ExtendedKeyUsage> {
        self.purposes.iter().map(|purpose| (*purpose).into()).collect()
    }
}
