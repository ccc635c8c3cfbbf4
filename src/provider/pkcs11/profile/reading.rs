//! A profile from its file: strictly, and every mistake with its line.
//!
//! Knows the names of the fields; what words mean together is the mechanism's.

use alloc::{format, string::String, vec::Vec};
use core::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{
    Firmware, KeyType, Keys, Limits, Mechanism, Operation, Params, Point, Probed, Profile, Quirks, Rule,
    words::{Ciphertext, Input, Parameter, Signature, Z},
};
use crate::error::{Error, Kind, Result};

/// The most characters of a profile's name.
const LONGEST_NAME: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    title: String,
    note: Option<String>,
    #[serde(rename = "match")]
    rules: Vec<Spanned<RuleTable>>,
    mechanisms: Vec<Spanned<MechanismTable>>,
    #[serde(default)]
    keys: KeyTables,
    #[serde(default)]
    quirks: QuirkTable,
    #[serde(default)]
    limits: LimitTable,
    probed: Option<ProbedTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleTable {
    module: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    description: Option<String>,
    firmware_from: Option<Spanned<String>>,
    firmware_to: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MechanismTable {
    operation: Spanned<String>,
    code: Spanned<u64>,
    parameter: Option<Spanned<String>>,
    input: Option<Spanned<String>>,
    z: Option<Spanned<String>>,
    signature: Option<Spanned<String>>,
    ciphertext: Option<Spanned<String>>,
    #[serde(default)]
    verified: bool,
    note: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyTables {
    sm2: Option<PairTable>,
    sm4: Option<SecretTable>,
    hmac: Option<SecretTable>,
    aes: Option<SecretTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairTable {
    #[serde(rename = "type")]
    code: Spanned<u64>,
    params: Option<Spanned<String>>,
    point: Option<Spanned<String>>,
    #[serde(default)]
    verified: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretTable {
    #[serde(rename = "type")]
    code: Spanned<u64>,
    #[serde(default)]
    length: bool,
    #[serde(default)]
    verified: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct QuirkTable {
    ignore_device_error: bool,
    readable_secrets: bool,
    check_value: bool,
    empty_iv: bool,
    token_objects_only: bool,
    one_at_a_time: bool,
    wrap_pads_with_zeros: bool,
    unchecked_c3: bool,
    rejects: Vec<u64>,
    full: Vec<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitTable {
    sessions: Option<u64>,
    data: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbedTable {
    date: String,
    module: String,
    manufacturer: String,
    model: String,
    firmware: String,
}

pub(super) fn read(text: &str) -> Result<Profile> {
    let place = Place(text);
    let file: File = toml::from_str(text).map_err(|error| place.unread(&error))?;
    let name = place.name(file.name)?;
    let rules = file.rules.into_iter().map(|rule| place.rule(rule)).collect::<Result<_>>()?;
    let mechanisms = place.mechanisms(file.mechanisms)?;
    Ok(Profile {
        name,
        title: file.title,
        note: file.note,
        rules,
        mechanisms,
        keys: place.keys(file.keys)?,
        quirks: file.quirks.into(),
        limits: Limits { sessions: file.limits.sessions, data: file.limits.data },
        probed: file.probed.map(Into::into),
    })
}

/// The text of the file, in which places are lines.
struct Place<'a>(&'a str);

impl Place<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.0.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
    }

    fn error(&self, span: &Range<usize>, what: &'static str) -> Error {
        Error::new(Kind::Malformed, what).about(format!("line {}", self.line(span)))
    }

    /// What the reader of TOML says is no secret: a profile holds none.
    fn unread(&self, error: &toml::de::Error) -> Error {
        let line = error.span().map_or(1, |span| self.line(&span));
        let said = error.message().replace('\n', "; ");
        Error::new(Kind::Malformed, "this is no field or value of a profile; docs/hsm.md lists them")
            .about(format!("line {line}: {said}"))
    }

    fn name(&self, name: Spanned<String>) -> Result<String> {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let text = name.get_ref();
        if text.is_empty() || text.len() > LONGEST_NAME || !text.bytes().all(is_name) {
            return Err(self.error(&name.span(), "a profile's name is 1 to 40 of a-z, 0-9 and -; choose one"));
        }
        Ok(name.into_inner())
    }

    fn rule(&self, rule: Spanned<RuleTable>) -> Result<Rule> {
        let span = rule.span();
        let table = rule.into_inner();
        let rule = Rule {
            module: table.module,
            manufacturer: table.manufacturer,
            model: table.model,
            description: table.description,
            firmware_from: self.firmware(table.firmware_from.as_ref())?,
            firmware_to: self.firmware(table.firmware_to.as_ref())?,
        };
        if rule.conditions() == 0 {
            return Err(self.error(&span, "a rule without a condition fits every device; give it one"));
        }
        Ok(rule)
    }

    fn firmware(&self, text: Option<&Spanned<String>>) -> Result<Option<Firmware>> {
        let Some(text) = text else { return Ok(None) };
        match Firmware::parse(text.get_ref()) {
            Some(firmware) => Ok(Some(firmware)),
            None => Err(self.error(&text.span(), "a firmware is two numbers up to 255, as \"2.10\"")),
        }
    }

    fn mechanisms(&self, tables: Vec<Spanned<MechanismTable>>) -> Result<Vec<Mechanism>> {
        let mut mechanisms: Vec<Mechanism> = Vec::with_capacity(tables.len());
        for table in tables {
            let span = table.span();
            let mechanism = self.mechanism(table.into_inner())?;
            if let Some(what) = mechanism.contradiction() {
                return Err(self.error(&span, what));
            }
            if mechanism.verified && !mechanism.is_complete() {
                return Err(self.error(
                    &span,
                    "what was verified is known in full; say so, or that it was not verified",
                ));
            }
            if mechanisms.iter().any(|other| other.is_used_as(&mechanism)) {
                return Err(self.error(&span, "this entry stands there already; remove one"));
            }
            mechanisms.push(mechanism);
        }
        Ok(mechanisms)
    }

    fn mechanism(&self, table: MechanismTable) -> Result<Mechanism> {
        let Some(operation) = Operation::from_word(table.operation.get_ref()) else {
            return Err(self.no_word(&table.operation, Operation::ALL.iter().map(|known| known.word())));
        };
        Ok(Mechanism {
            operation,
            code: self.code(&table.code)?,
            parameter: self
                .word(table.parameter, Parameter::from_word, Parameter::ALL, |word| word.word())?,
            input: self.word(table.input, Input::from_word, Input::ALL, |word| word.word())?,
            z: self.word(table.z, Z::from_word, Z::ALL, |word| word.word())?,
            signature: self
                .word(table.signature, Signature::from_word, Signature::ALL, |word| word.word())?,
            ciphertext: self
                .word(table.ciphertext, Ciphertext::from_word, Ciphertext::ALL, |word| word.word())?,
            verified: table.verified,
            note: table.note,
        })
    }

    /// Numbers of PKCS#11 fit 32 bits, so that they are the same on every platform.
    fn code(&self, code: &Spanned<u64>) -> Result<u64> {
        match u32::try_from(*code.get_ref()) {
            Ok(fits) => Ok(u64::from(fits)),
            Err(_) => Err(self.error(&code.span(), "a number of PKCS#11 has at most 32 bits; check it")),
        }
    }

    fn word<T: Copy>(
        &self,
        text: Option<Spanned<String>>,
        from_word: fn(&str) -> Option<T>,
        all: &[T],
        to_word: fn(T) -> &'static str,
    ) -> Result<Option<T>> {
        let Some(text) = text else { return Ok(None) };
        match from_word(text.get_ref()) {
            Some(word) => Ok(Some(word)),
            None => Err(self.no_word(&text, all.iter().map(|known| to_word(*known)))),
        }
    }

    fn no_word(&self, text: &Spanned<String>, known: impl Iterator<Item = &'static str>) -> Error {
        let known: Vec<_> = known.collect();
        Error::new(Kind::Malformed, "this word is none that may stand here; take one of those listed").about(
            format!(
                "line {}: \"{}\", not one of {}",
                self.line(&text.span()),
                text.get_ref().escape_debug(),
                known.join(", ")
            ),
        )
    }

    fn keys(&self, tables: KeyTables) -> Result<Keys> {
        let sm2 = match tables.sm2 {
            Some(table) => Some(KeyType {
                code: self.code(&table.code)?,
                params: self.word(table.params, Params::from_word, Params::ALL, |word| word.word())?,
                point: self.word(table.point, Point::from_word, Point::ALL, |word| word.word())?,
                length: false,
                verified: table.verified,
            }),
            None => None,
        };
        let secret = |table: Option<SecretTable>| -> Result<_> {
            let Some(table) = table else { return Ok(None) };
            let code = self.code(&table.code)?;
            let (length, verified) = (table.length, table.verified);
            Ok(Some(KeyType { code, params: None, point: None, length, verified }))
        };
        Ok(Keys { sm2, sm4: secret(tables.sm4)?, hmac: secret(tables.hmac)?, aes: secret(tables.aes)? })
    }
}

impl From<QuirkTable> for Quirks {
    fn from(table: QuirkTable) -> Self {
        Self {
            ignore_device_error: table.ignore_device_error,
            readable_secrets: table.readable_secrets,
            check_value: table.check_value,
            empty_iv: table.empty_iv,
            token_objects_only: table.token_objects_only,
            one_at_a_time: table.one_at_a_time,
            wrap_pads_with_zeros: table.wrap_pads_with_zeros,
            unchecked_c3: table.unchecked_c3,
            rejects: table.rejects,
            full: table.full,
        }
    }
}

impl From<ProbedTable> for Probed {
    fn from(table: ProbedTable) -> Self {
        Self {
            date: table.date,
            module: table.module,
            manufacturer: table.manufacturer,
            model: table.model,
            firmware: table.firmware,
        }
    }
}
