//! How a ciphertext is put together: one of each form is made here, and the token says which it decrypts.
//!
//! Knows the forms. A token that takes several is described by the one that it writes. One that decrypts what has another C3 is
//! described so, since what it decrypts may have been altered.

use alloc::vec::Vec;

use super::Pair;
use crate::{
    algo::{drbg::Drbg, sm2::Encoding},
    provider::pkcs11::{
        Rv,
        probe::{
            Bench, Candidates, Found,
            parameters::{Material, lend},
        },
        profile::{Ciphertext, Mechanism, Operation, Parameter},
    },
};

/// As long as C3, so that both orders are of one length.
const TEXT: &[u8; 32] = b"a text of miyao's probe to hide.";
/// What its ciphertexts need: the text is no secret, so a fixed seed will do.
const SEED: [u8; 32] = [0x70; 32];

pub(super) fn try_all(bench: &mut Bench, candidates: &Candidates, pair: &Pair, found: &mut Found) {
    let all = Ciphertext::ALL.iter().filter_map(|form| Some((*form, hidden(pair, *form)?)));
    let all: Vec<_> = all.collect();
    for code in candidates.of(Operation::Sm2Encrypt) {
        let mut last = None;
        let mut taken = Vec::new();
        for (form, ciphertext) in &all {
            match shown(bench, code, pair, ciphertext) {
                Ok(text) if text == TEXT => taken.push(*form),
                Ok(_) => {}
                Err(rv) => last = Some(rv),
            }
        }
        if taken.is_empty() {
            found.miss(Operation::Sm2Encrypt, code, last);
            continue;
        }
        for (form, ciphertext) in all.iter().filter(|(form, _)| taken.contains(form)) {
            match shown(bench, code, pair, &with_another_c3(*form, ciphertext)) {
                Ok(_) => found.quirks.unchecked_c3 = true,
                Err(rv) => found.rejects(rv),
            }
        }
        let form = if taken.len() == 1 { taken.pop() } else { written(bench, code, pair, &taken) };
        let entry =
            Mechanism { parameter: Some(Parameter::None), ..Mechanism::new(Operation::Sm2Encrypt, code) };
        found.add(Mechanism { ciphertext: form, ..entry });
    }
}

fn shown(bench: &mut Bench, code: u64, pair: &Pair, ciphertext: &[u8]) -> Result<Vec<u8>, Rv> {
    lend(code, Parameter::None, &Material::default(), |how| bench.decrypt(how, pair.private, ciphertext))
}

/// The text under the pair's public key, in this form.
fn hidden(pair: &Pair, form: Ciphertext) -> Option<Vec<u8>> {
    let (encoding, is_bare) = match form {
        Ciphertext::C1C3C2 => (Encoding::C1C3C2, false),
        Ciphertext::BareC1C3C2 => (Encoding::C1C3C2, true),
        Ciphertext::C1C2C3 => (Encoding::C1C2C3, false),
        Ciphertext::BareC1C2C3 => (Encoding::C1C2C3, true),
        Ciphertext::Der => (Encoding::Der, false),
    };
    let mut rng = Drbg::new(&SEED, b"miyao probe", b"");
    let mut ciphertext = pair.key.encrypt(TEXT, encoding, &mut rng).ok()?;
    if is_bare {
        ciphertext.remove(0);
    }
    Some(ciphertext)
}

/// The ciphertext with a bit of C3 flipped, which nothing may decrypt.
fn with_another_c3(form: Ciphertext, ciphertext: &[u8]) -> Vec<u8> {
    let mut altered = ciphertext.to_vec();
    // C2 is as long as the text and so as C3; in DER a tag and a length stand before each.
    let from_end = match form {
        Ciphertext::C1C3C2 | Ciphertext::BareC1C3C2 => TEXT.len() + 1,
        Ciphertext::C1C2C3 | Ciphertext::BareC1C2C3 => 1,
        Ciphertext::Der => TEXT.len() + 3,
    };
    if let Some(byte) = ciphertext.len().checked_sub(from_end).and_then(|place| altered.get_mut(place)) {
        *byte ^= 1;
    }
    altered
}

/// Of the forms that a token takes, the one that it writes itself, or else the first: the order is told by what it decrypts,
/// so only the outline is looked at.
fn written(bench: &mut Bench, code: u64, pair: &Pair, taken: &[Ciphertext]) -> Option<Ciphertext> {
    let made = lend(code, Parameter::None, &Material::default(), |how| bench.encrypt(how, pair.public, TEXT));
    let outline = made.ok().and_then(|made| match (made.len(), made.first()) {
        (161.., Some(0x30)) if made.len() != PREFIXED => Some(&[Ciphertext::Der][..]),
        (PREFIXED, Some(0x04)) => Some(&[Ciphertext::C1C3C2, Ciphertext::C1C2C3][..]),
        (BARE, _) => Some(&[Ciphertext::BareC1C3C2, Ciphertext::BareC1C2C3][..]),
        _ => None,
    });
    let of_outline = outline.and_then(|forms| taken.iter().find(|form| forms.contains(form)));
    of_outline.or_else(|| taken.first()).copied()
}

/// 04, x, y, C3 and C2.
const PREFIXED: usize = 1 + 64 + 32 + TEXT.len();
/// The same without the 04.
const BARE: usize = PREFIXED - 1;
