//! What was found, as lines for people: a word and what is to be said, never a secret.
//!
//! Knows values, not bytes.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use super::{Ciphertext, Document, Form, Found, Inner, Inspection, Oddity, Order, Protection, Verdict};
use crate::algo::sm2::PublicKey;

impl Inspection {
    /// The findings, each a word and what is to be said.
    #[must_use]
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = alloc::vec![("is", self.headline())];
        let layers: Vec<_> = self.layers.iter().map(ToString::to_string).collect();
        let around = if layers.is_empty() {
            String::from("nothing: the file is binary")
        } else {
            layers.join(", then ")
        };
        lines.push(("around", around));
        match &self.found {
            Found::PrivateKey(form, inner, _) => lines.extend(inside(*form, *inner)),
            Found::EncryptedKey(protection) => protected(protection, &mut lines),
            Found::Ciphertext(found) => ordered(found, &mut lines),
            Found::Document(document) => lines.extend(signer(document)),
            Found::Unusable(_, fault) => lines.push(("unusable", fault.to_string())),
            _ => {}
        }
        lines.extend(self.public_key().map(|public| ("public key", hexadecimal(public))));
        lines.extend(self.verdict.map(|verdict| ("the key", verdict.to_string())));
        // That the order is unknown is said above.
        let odd = self.oddities.iter().filter(|oddity| **oddity != Oddity::UnknownOrder);
        lines.extend(odd.map(|oddity| ("odd", oddity.to_string())));
        lines
    }

    fn headline(&self) -> String {
        match &self.found {
            Found::Document(document) => document.sort.to_string(),
            Found::Unknown => String::from("nothing that is known here"),
            _ => self.form().map_or_else(String::new, |form| format!("{}, {form}", form.sort())),
        }
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (word, text)) in self.lines().iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{word:<12}{text}")?;
        }
        Ok(())
    }
}

fn inside(form: Form, inner: Inner) -> Option<(&'static str, String)> {
    if !matches!(form, Form::Pkcs8 | Form::Sec1) {
        return None;
    }
    let shape = if inner.is_ec_private_key { "ECPrivateKey" } else { "a bare scalar" };
    let curve = if inner.names_curve { ", which names the curve" } else { "" };
    let public = if inner.has_public { "with its public half" } else { "without a public half" };
    Some(("inside", format!("{shape}{curve}, {public}")))
}

fn protected(found: &Protection, lines: &mut Vec<(&'static str, String)>) {
    let Protection { scheme, derivation, iterations, salt_len, cipher, is_supported, .. } = found;
    lines.push(("scheme", scheme.clone()));
    if let Some((derivation, function)) = derivation {
        let of = if function.is_empty() { "" } else { " of " };
        let cost = iterations.map_or_else(String::new, |count| format!(", {count} iterations"));
        let salt = salt_len.map_or_else(String::new, |len| format!(", {len} bytes of salt"));
        lines.push(("derivation", format!("{derivation}{of}{function}{cost}{salt}")));
    }
    lines.extend(cipher.as_ref().map(|cipher| ("cipher", cipher.clone())));
    let read = if *is_supported { "can be opened here with its passphrase" } else { "cannot be opened here" };
    lines.push(("support", String::from(read)));
}

fn ordered(found: &Ciphertext, lines: &mut Vec<(&'static str, String)>) {
    lines.push(("plaintext", format!("{} bytes", found.plaintext_len())));
    let name = |order: &Order| match (order, found.form()) {
        (Order::C1C3C2, Form::DerCiphertext) => "x, y, C3, C2 (GM/T 0009-2012)",
        (Order::C1C2C3, Form::DerCiphertext) => "x, y, C2, C3 (of no standard)",
        (Order::C1C3C2, _) => "C1, C3, C2 (GB/T 32918.4-2016)",
        (Order::C1C2C3, _) => "C1, C2, C3 (the draft of 2010)",
    };
    let candidates: Vec<_> = found.candidates().iter().map(name).collect();
    lines.push(("order", candidates.join(" or ")));
    if found.order().is_none() {
        let why = match found.form() {
            Form::DerCiphertext => "both octet strings have the 32 bytes that C3 has",
            _ => "nothing in the bytes marks where C2 ends and C3 begins",
        };
        lines.push(("why", format!("{why}; whoever has the private key can tell")));
    }
}

fn signer(document: &Document) -> Option<(&'static str, String)> {
    let algorithm = document.algorithm.clone()?;
    let word = match document.sort {
        super::DocumentSort::Message => "type",
        super::DocumentSort::Parameters => "curve",
        _ => "signed by",
    };
    Some((word, algorithm))
}

fn hexadecimal(public: &PublicKey) -> String {
    public.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opens => "opens it",
            Self::DoesNotOpen => "does not open it: it is for another key, or was altered",
            Self::Belongs => "belongs to this",
            Self::IsForeign => "is another one",
        })
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C1C3C2 => "c1c3c2",
            Self::C1C2C3 => "c1c2c3",
        })
    }
}
