//! ECDH: the x coordinate of \[d\]P, with which SM2 decryption can be done where a token has no more.
//!
//! Knows no derivation: the raw value is what is asked for, so the token has to let it be read.

use alloc::{vec, vec::Vec};

use cryptoki_sys as ck;

use super::Pair;
use crate::{
    algo::{drbg::Drbg, sm2::PrivateKey},
    provider::pkcs11::{
        Rv,
        probe::{
            Bench, Candidates, Found,
            parameters::{Material, lend},
        },
        profile::{Mechanism, Operation, Parameter},
        raw::Attribute,
    },
};

/// The other side's key: nothing is protected with it.
const SEED: [u8; 32] = [0x71; 32];

pub(super) fn try_all(bench: &mut Bench, candidates: &Candidates, pair: &Pair, found: &mut Found) {
    let other = PrivateKey::random(&mut Drbg::new(&SEED, b"miyao probe", b""));
    let expected = other.shared_x(&pair.key);
    let point = other.public_key().to_bytes();
    for code in candidates.of(Operation::Sm2Ecdh) {
        match derived(bench, code, pair, &point) {
            Ok(x) if x == expected.expose() => {
                let entry = Mechanism::new(Operation::Sm2Ecdh, code);
                found.add(Mechanism { parameter: Some(Parameter::Ecdh1), ..entry });
                found.quirks.readable_secrets = true;
            }
            answer => found.miss(Operation::Sm2Ecdh, code, answer.err()),
        }
    }
}

fn derived(bench: &mut Bench, code: u64, pair: &Pair, point: &[u8]) -> Result<Vec<u8>, Rv> {
    let template = |tells_length: bool| {
        let mut template = vec![
            Attribute::number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
            Attribute::number(ck::CKA_KEY_TYPE, ck::CKK_GENERIC_SECRET),
            Attribute::flag(ck::CKA_SENSITIVE, false),
            Attribute::flag(ck::CKA_EXTRACTABLE, true),
        ];
        template.extend(tells_length.then(|| Attribute::number(ck::CKA_VALUE_LEN, 32)));
        template
    };
    let material = Material { point, ..Material::default() };
    let secret = lend(code, Parameter::Ecdh1, &material, |how| {
        bench
            .derive(how, pair.private, &template(true))
            .or_else(|_| bench.derive(how, pair.private, &template(false)))
    })?;
    bench.attribute(secret, ck::CKA_VALUE)
}
