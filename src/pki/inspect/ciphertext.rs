//! Ciphertexts in every order and wrapping: DER, with and without 04, compressed, and ECCCipher of GM/T 0018.
//!
//! What only the private key can tell stays open until it is asked: C3 decides.

use alloc::vec::Vec;

use super::{
    Found, Oddity,
    loose::{Element, integer, note},
    plain::narrowed,
};
use crate::{
    algo::sm2::{Encoding, PrivateKey, PublicKey},
    error::{Error, Kind, Rejected, Result},
    pki::der::{INTEGER, OCTET_STRING, SEQUENCE, element},
};

/// A ciphertext taken apart.
#[derive(Clone, Debug)]
pub struct Ciphertext {
    shape: Shape,
    order: Option<Order>,
    c1: PublicKey,
    /// C3 and C2 as they stand.
    tail: Vec<u8>,
}

/// How C1 and the rest are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// SEQUENCE of GM/T 0009-2012 §7.2.
    Der,
    /// 04, x, y, then the rest.
    With04,
    /// x, y, then the rest.
    Without04,
    /// 02 or 03, x, then the rest.
    Compressed,
    /// ECCCipher of GM/T 0018.
    Device,
}

/// Which of C2 and C3 stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// C1, C3, C2: GB/T 32918.4-2016.
    C1C3C2,
    /// C1, C2, C3: the draft of 2010.
    C1C2C3,
}

impl Ciphertext {
    /// How it is put together.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The order, where it is known.
    #[must_use]
    pub const fn order(&self) -> Option<Order> {
        self.order
    }

    /// How many bytes were encrypted.
    #[must_use]
    pub fn plaintext_len(&self) -> usize {
        self.tail.len() - 32
    }

    /// Decides the order by C3.
    ///
    /// # Errors
    /// [`Rejected`] when the key opens it in neither order.
    pub fn settle(&mut self, key: &PrivateKey) -> Result<Order, Rejected> {
        let guesses = match self.order {
            Some(known) => [known, other(known)],
            None => [Order::C1C3C2, Order::C1C2C3],
        };
        for order in guesses {
            let (c3, c2) = self.split(order);
            if key.decrypt(&[&self.c1.to_bytes()[..], c3, c2].concat(), Encoding::C1C3C2).is_ok() {
                self.order = Some(order);
                return Ok(order);
            }
        }
        Err(Rejected)
    }

    /// Puts it together anew.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) while the order is unknown.
    pub fn to_bytes(&self, encoding: Encoding) -> Result<Vec<u8>> {
        let order = self.order.ok_or(Error::new(
            Kind::Invalid,
            "the order of C2 and C3 cannot be told without the private key; give it, and C3 decides",
        ))?;
        let (c3, c2) = self.split(order);
        let c1 = self.c1.to_bytes();
        Ok(match encoding {
            Encoding::C1C3C2 => [&c1[..], c3, c2].concat(),
            Encoding::C1C2C3 => [&c1[..], c2, c3].concat(),
            Encoding::Der => {
                let [x, y] = [&c1[1..33], &c1[33..]].map(unsigned);
                element(SEQUENCE, &[&x, &y, &element(OCTET_STRING, &[c3]), &element(OCTET_STRING, &[c2])])
            }
        })
    }

    /// C3 and C2.
    fn split(&self, order: Order) -> (&[u8], &[u8]) {
        match order {
            Order::C1C3C2 => self.tail.split_at(32),
            Order::C1C2C3 => {
                let (c2, c3) = self.tail.split_at(self.tail.len() - 32);
                (c3, c2)
            }
        }
    }
}

const fn other(order: Order) -> Order {
    match order {
        Order::C1C3C2 => Order::C1C2C3,
        Order::C1C2C3 => Order::C1C3C2,
    }
}

/// The shortest INTEGER of a number.
fn unsigned(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
    let digits = &number[zeros..];
    let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
    element(INTEGER, &[sign, digits])
}

/// SEQUENCE { x, y, C3, C2 }; where only the second OCTET STRING is as long as a digest, they stand the other way round.
pub(super) fn structured(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let [(_, x), (_, y), (_, first), (_, second)] = parts else { return None };
    let (x, y) = (integer::<32>(x, notes)?, integer::<32>(y, notes)?);
    let order = match (first.len(), second.len()) {
        (32, 1..) => Order::C1C3C2,
        (1.., 32) => Order::C1C2C3,
        _ => return None,
    };
    let Ok(c1) = PublicKey::from_bytes(&[&[4], &x[..], &y].concat()) else {
        return Some(Found::Other(
            "a ciphertext by its shape, but C1 is not on the SM2 curve: it never opens",
        ));
    };
    if order == Order::C1C2C3 {
        note(notes, Oddity::OldOrder);
    }
    Some(Found::Ciphertext(Ciphertext {
        shape: Shape::Der,
        order: Some(order),
        c1,
        tail: [*first, *second].concat(),
    }))
}

pub(super) fn raw(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let starts = |shape, prefix: &[u8], len: usize| {
        let (point, tail) = bytes.split_at_checked(len)?;
        let c1 = PublicKey::from_bytes(&[prefix, point].concat()).ok()?;
        (tail.len() > 32).then(|| Ciphertext { shape, order: None, c1, tail: tail.to_vec() })
    };
    let found = starts(Shape::With04, &[], 65)
        .or_else(|| starts(Shape::Compressed, &[], 33))
        .or_else(|| device(bytes))
        .or_else(|| starts(Shape::Without04, &[4], 64))?;
    if found.order.is_none() {
        note(notes, Oddity::UnknownOrder);
    }
    if found.shape == Shape::Without04 {
        note(notes, Oddity::No04);
    }
    Some(Found::Ciphertext(found))
}

/// ECCCipher { x[64], y[64], M[32], L, C[L] }, whose order is C1, C3, C2.
fn device(bytes: &[u8]) -> Option<Ciphertext> {
    let (fields, rest) = bytes.split_at_checked(128)?;
    let (c3, rest) = rest.split_at_checked(32)?;
    let (len, c2) = rest.split_first_chunk()?;
    if c2.is_empty() || u32::from_le_bytes(*len) as usize != c2.len() {
        return None;
    }
    let c1 = PublicKey::from_bytes(&[&[4], &narrowed(fields)?[..]].concat()).ok()?;
    Some(Ciphertext { shape: Shape::Device, order: Some(Order::C1C3C2), c1, tail: [c3, c2].concat() })
}
