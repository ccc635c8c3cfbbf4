//! SM2 with keys that are made in the token: which numbers make pairs, and what signs, decrypts and derives how.
//!
//! Knows that a pair is one of SM2 when its public half lies on the curve; what is done with pairs is below.

use alloc::{vec, vec::Vec};

use cryptoki_sys as ck;

use super::{Bench, Candidates, Found, sm3::plain};
use crate::{
    algo::sm2::PublicKey,
    provider::pkcs11::{
        Rv,
        profile::{KeyType, Operation, Params, Point},
        raw::{Attribute, Mechanism, Object},
    },
};

mod agree;
mod curve;
mod encrypt;
mod sign;

pub(super) use curve::base_point;

/// What a pair is for; one purpose each.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Signing,
    Decrypting,
    Deriving,
}

/// A pair in the token.
struct Pair {
    public: Object,
    private: Object,
    /// The public half as it is.
    key: PublicKey,
    kind: KeyType,
}

/// The first pair for each use.
#[derive(Default)]
struct Pairs {
    signing: Option<Pair>,
    decrypting: Option<Pair>,
    deriving: Option<Pair>,
}

/// Where the numbers of vendors begin.
const VENDOR: u64 = 0x8000_0000;

pub(super) fn try_all(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    let mut makers = candidates.of(Operation::Sm2KeyPair);
    // The standard's number makes keys of another type, which a token with numbers for SM2 does not sign with.
    makers.sort_by_key(|code| *code < VENDOR);
    let mut pairs = Pairs::default();
    for maker in makers {
        try_maker(bench, candidates, maker, &mut pairs, found);
    }
    if let Some(pair) = &pairs.signing {
        sign::try_all(bench, candidates, pair, found);
    }
    if let Some(pair) = &pairs.decrypting {
        encrypt::try_all(bench, candidates, pair, found);
    }
    if let Some(pair) = &pairs.deriving {
        agree::try_all(bench, candidates, pair, found);
    }
}

fn try_maker(bench: &mut Bench, candidates: &Candidates, maker: u64, pairs: &mut Pairs, found: &mut Found) {
    let mut last = None;
    for (kind, params) in candidates.pairs() {
        if found.keys.sm2.is_some_and(|known| (known.code, known.params) != (kind, Some(params))) {
            continue;
        }
        let mut works = false;
        for purpose in [Use::Signing, Use::Decrypting, Use::Deriving] {
            match make(bench, maker, kind, params, purpose) {
                Ok(pair) => {
                    works = true;
                    found.keys.sm2.get_or_insert(pair.kind);
                    pairs.keep(purpose, pair);
                }
                Err(rv) => last = rv,
            }
        }
        if works {
            found.add(plain(Operation::Sm2KeyPair, maker));
            return;
        }
    }
    found.miss(Operation::Sm2KeyPair, maker, last);
}

impl Pairs {
    fn keep(&mut self, purpose: Use, pair: Pair) {
        let place = match purpose {
            Use::Signing => &mut self.signing,
            Use::Decrypting => &mut self.decrypting,
            Use::Deriving => &mut self.deriving,
        };
        place.get_or_insert(pair);
    }
}

/// A pair whose public half lies on the curve of SM2; else what the token answered, or nothing when it is another curve's.
fn make(bench: &mut Bench, maker: u64, kind: u64, params: Params, purpose: Use) -> Result<Pair, Option<Rv>> {
    let explicit = curve::explicit();
    let named = match params {
        Params::Oid => Some(&curve::OID[..]),
        Params::Explicit => Some(&explicit[..]),
        _ => None,
    };
    let mut public = vec![Attribute::number(ck::CKA_KEY_TYPE, kind)];
    public.extend(named.map(|params| Attribute::bytes(ck::CKA_EC_PARAMS, params)));
    let mut private = vec![
        Attribute::number(ck::CKA_KEY_TYPE, kind),
        Attribute::flag(ck::CKA_SENSITIVE, true),
        Attribute::flag(ck::CKA_EXTRACTABLE, false),
    ];
    let (of_public, of_private) = match purpose {
        Use::Signing => (Some(ck::CKA_VERIFY), ck::CKA_SIGN),
        Use::Decrypting => (Some(ck::CKA_ENCRYPT), ck::CKA_DECRYPT),
        Use::Deriving => (None, ck::CKA_DERIVE),
    };
    public.extend(of_public.map(|flag| Attribute::flag(flag, true)));
    private.push(Attribute::flag(of_private, true));
    let (public, private) = bench.generate_pair(&Mechanism::plain(maker), &public, &private).map_err(Some)?;
    let (key, point) = [public, private].into_iter().find_map(|half| point_of(bench, half)).ok_or(None)?;
    let code = bench.number(private, ck::CKA_KEY_TYPE).unwrap_or(kind);
    let kind = KeyType { code, params: Some(params), point: Some(point), length: false, verified: true };
    Ok(Pair { public, private, key, kind })
}

/// The public key in `CKA_EC_POINT`, and in which form it was there.
fn point_of(bench: &Bench, half: Object) -> Option<(PublicKey, Point)> {
    let bytes = bench.attribute(half, ck::CKA_EC_POINT).ok()?;
    let (point, form): (Vec<u8>, _) = match bytes.as_slice() {
        [0x04, 0x41, point @ ..] if point.len() == PublicKey::LEN => (point.to_vec(), Point::OctetString),
        point if point.len() == PublicKey::LEN => (point.to_vec(), Point::Raw),
        point if point.len() + 1 == PublicKey::LEN => ([&[0x04], point].concat(), Point::Bare),
        _ => return None,
    };
    Some((PublicKey::from_bytes(&point).ok()?, form))
}
