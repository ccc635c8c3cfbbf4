//! Ciphertexts in every order and wrapping: DER, with and without 04, compressed, and ECCCipher of GM/T 0018.
//!
//! What only the private key can tell stays open until it is asked: C3 decides.

use alloc::vec::Vec;

use super::{
    Fault, Form, Found, Oddity,
    ber::{Element, integer, note},
    point::{self, narrowed},
};
use crate::{
    algo::sm2::{Encoding, PrivateKey, PublicKey},
    error::{Error, Kind, Rejected, Result},
    pki::der,
};

/// The bytes of C3.
const C3: usize = 32;

/// A ciphertext taken apart.
#[derive(Clone, Debug)]
pub struct Ciphertext {
    form: Form,
    order: Option<Order>,
    c1: PublicKey,
    /// C3 and C2 as they stand.
    tail: Vec<u8>,
}

/// Which of C2 and C3 stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// C1, C3, C2: GB/T 32918.4-2016 and GM/T 0009-2012.
    C1C3C2,
    /// C1, C2, C3: the draft of 2010.
    C1C2C3,
}

impl Ciphertext {
    /// How it is put together.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The order, where it is known.
    #[must_use]
    pub const fn order(&self) -> Option<Order> {
        self.order
    }

    /// Every order that the bytes allow.
    #[must_use]
    pub const fn candidates(&self) -> &'static [Order] {
        match self.order {
            Some(Order::C1C3C2) => &[Order::C1C3C2],
            Some(Order::C1C2C3) => &[Order::C1C2C3],
            None => &[Order::C1C3C2, Order::C1C2C3],
        }
    }

    /// How many bytes were encrypted.
    #[must_use]
    pub const fn plaintext_len(&self) -> usize {
        self.tail.len() - C3
    }

    /// Says in which order it is, where the sender is known to tell the truth.
    pub const fn assume(&mut self, order: Order) {
        self.order = Some(order);
    }

    /// Decides the order by C3, which is compared under the private key.
    ///
    /// # Errors
    /// [`Rejected`] when the key opens it in neither order; what was known before is kept.
    pub fn settle(&mut self, key: &PrivateKey) -> Result<Order, Rejected> {
        let opens =
            |order: &Order| key.decrypt(&self.joined(Order::C1C3C2, *order), Encoding::C1C3C2).is_ok();
        let order = [Order::C1C3C2, Order::C1C2C3].into_iter().find(opens).ok_or(Rejected)?;
        self.order = Some(order);
        Ok(order)
    }

    /// Puts it together anew.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) while the order is unknown.
    pub fn to_bytes(&self, encoding: Encoding) -> Result<Vec<u8>> {
        let order = self.order.ok_or(Error::new(
            Kind::Invalid,
            "the order of C2 and C3 cannot be told without the private key; give the key, or say the order",
        ))?;
        Ok(match encoding {
            Encoding::C1C3C2 => self.joined(Order::C1C3C2, order),
            Encoding::C1C2C3 => self.joined(Order::C1C2C3, order),
            Encoding::Der => {
                let (c1, (c3, c2)) = (self.c1.to_bytes(), self.split(order));
                let [x, y] = [&c1[1..33], &c1[33..]].map(unsigned);
                let [c3, c2] = [c3, c2].map(|part| der::element(der::OCTET_STRING, &[part]));
                der::element(der::SEQUENCE, &[&x, &y, &c3, &c2])
            }
        })
    }

    /// 04, x, y, and the rest in the order `wanted`, read in the order `found`.
    fn joined(&self, wanted: Order, found: Order) -> Vec<u8> {
        let (c1, (c3, c2)) = (self.c1.to_bytes(), self.split(found));
        match wanted {
            Order::C1C3C2 => [&c1[..], c3, c2].concat(),
            Order::C1C2C3 => [&c1[..], c2, c3].concat(),
        }
    }

    /// C3 and C2; there are at least as many bytes as C3 has.
    fn split(&self, order: Order) -> (&[u8], &[u8]) {
        match order {
            Order::C1C3C2 => self.tail.split_at(C3),
            Order::C1C2C3 => {
                let (c2, c3) = self.tail.split_at(self.plaintext_len());
                (c3, c2)
            }
        }
    }
}

/// The shortest INTEGER of a coordinate.
fn unsigned(number: &[u8]) -> Vec<u8> {
    let mut out = [0; 36];
    let len = crate::algo::sm2::der::write_integer(number, &mut out);
    out[..len].to_vec()
}

/// SEQUENCE { x, y, C3, C2 }; which octet string is C3 is told by its length, unless both have it.
pub(super) fn structured(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let [x, y, first, second] = parts else { return None };
    let (x, y) = (integer::<32>(x.content, notes)?, integer::<32>(y.content, notes)?);
    let unusable = |fault| Some(Found::Unusable(Form::DerCiphertext, fault));
    let order = match (first.content.len(), second.content.len()) {
        (C3, 0) | (0, C3) => return unusable(Fault::NoText),
        (C3, C3) => None,
        (C3, _) => Some(Order::C1C3C2),
        (_, C3) => Some(Order::C1C2C3),
        _ => return unusable(Fault::NoDigest),
    };
    let c1 = match point::read(&[&[4], &x[..], &y].concat(), notes)? {
        Ok((_, c1)) => c1,
        Err(fault) => return unusable(fault),
    };
    let tail = [first.content, second.content].concat();
    Some(told(Ciphertext { form: Form::DerCiphertext, order, c1, tail }, notes))
}

/// C1 in front of what may be C3, C2 or C2, C3.
pub(super) fn raw(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let starts = |form, prefix: &[u8], len: usize| {
        let (point, tail) = bytes.split_at_checked(len)?;
        let c1 = PublicKey::from_bytes(&[prefix, point].concat()).ok()?;
        (tail.len() >= C3).then(|| Ciphertext { form, order: None, c1, tail: tail.to_vec() })
    };
    let found = device(bytes)
        .or_else(|| starts(Form::RawCiphertext, &[], 65))
        .or_else(|| starts(Form::BareCiphertext, &[4], 64))
        .or_else(|| starts(Form::CompressedCiphertext, &[], 33));
    match found {
        Some(found) if found.tail.len() == C3 => Some(Found::Unusable(found.form, Fault::NoText)),
        Some(found) => Some(told(found, notes)),
        // 04 and a length that fits are all there is to go by.
        None if bytes.first() == Some(&4) && bytes.len() > 65 + C3 => {
            note(notes, Oddity::MayBeAnything);
            Some(Found::Unusable(Form::RawCiphertext, Fault::OffCurve))
        }
        None => None,
    }
}

/// ECCCipher { x[64], y[64], C3[32], the length of C2 in 4 bytes, C2 }.
fn device(bytes: &[u8]) -> Option<Ciphertext> {
    let (fields, rest) = bytes.split_at_checked(128)?;
    let (c3, rest) = rest.split_at_checked(C3)?;
    let (len, c2) = rest.split_first_chunk()?;
    let lengths = [u32::from_le_bytes(*len), u32::from_be_bytes(*len)];
    if !lengths.iter().any(|len| usize::try_from(*len) == Ok(c2.len())) {
        return None;
    }
    let c1 = PublicKey::from_bytes(&[&[4], &narrowed(fields)?[..]].concat()).ok()?;
    let order = Some(Order::C1C3C2);
    Some(Ciphertext { form: Form::DeviceCiphertext, order, c1, tail: [c3, c2].concat() })
}

/// Notes what is to be known of a ciphertext.
fn told(found: Ciphertext, notes: &mut Vec<Oddity>) -> Found {
    if found.form == Form::BareCiphertext {
        note(notes, Oddity::No04);
    }
    if found.form == Form::CompressedCiphertext {
        // Half of all numbers are the x of a point.
        note(notes, Oddity::MayBeAnything);
    }
    ordered(&found, notes);
    Found::Ciphertext(found)
}

/// Notes what the order means, once or again after a key was asked.
pub(super) fn ordered(found: &Ciphertext, notes: &mut Vec<Oddity>) {
    let all = [Oddity::UnknownOrder, Oddity::OldOrder, Oddity::DerOldOrder];
    notes.retain(|oddity| !all.contains(oddity));
    match (found.order, found.form) {
        (None, _) => note(notes, Oddity::UnknownOrder),
        (Some(Order::C1C2C3), Form::DerCiphertext) => note(notes, Oddity::DerOldOrder),
        (Some(Order::C1C2C3), _) => note(notes, Oddity::OldOrder),
        (Some(Order::C1C3C2), _) => {}
    }
}
