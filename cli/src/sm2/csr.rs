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
use serde_json::json;

use super::keys;
use crate::{
    args::{Csr, Said},
    failure::{At, Result},
    output::hex,
    session::Run,
};

pub(super) fn run(run: &Run, arguments: &Csr) -> Result {
    arguments.place.check()?;
    let mut draft = Draft::new(Name::parse(&arguments.subject).at("--subject")?)
        .alternative_names(&arguments.said.names()?)
        .purposes(&arguments.said.purposes());
    if let Some(usage) = arguments.said.usage {
        draft = draft.key_usage(usage.into());
    }
    let key = keys::private(run, &arguments.key)?;
    let request = draft.sign(&key, arguments.user_id.as_bytes(), &mut kms::rng()?)?;
    let record = json!({
        "request": hex(request.as_der()),
        "subject": request.unverified_subject().to_string(),
        "key_identifier": hex(key.public_key().key_identifier()),
    });
    let text = if arguments.der { request.as_der().to_vec() } else { request.to_pem()?.into_bytes() };
    arguments.place.give_or_record(&text, &record, run.output)
}

impl Said {
    pub(super) fn names(&self) -> Result<Vec<GeneralName>> {
        self.names.iter().map(|name| GeneralName::parse(name).at("--san")).collect()
    }

    pub(super) fn purposes(&self) -> Vec<ExtendedKeyUsage> {
        self.purposes.iter().map(|purpose| (*purpose).into()).collect()
    }
}
