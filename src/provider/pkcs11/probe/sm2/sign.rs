//! What a signature is over, and how it is written: every convention is tried until one verifies.
//!
//! Knows that Z is not implied: a published signature of a device is over SM3(M), without it.

use super::Pair;
use crate::{
    algo::{
        sm2::{DEFAULT_USER_ID, PublicKey, Signature as Numbers},
        sm3,
    },
    provider::pkcs11::{
        probe::{
            Bench, Candidates, Found,
            parameters::{Material, lend},
        },
        profile::{Input, Mechanism, Operation, Parameter, Signature, Z},
    },
};

/// No digest's length, so that a device which wants a digest refuses it or is found out.
const MESSAGE: &[u8] = b"a message of miyao's probe, to be signed";
/// An ID that is not the default one, as long as structures of a fixed length hold.
const ID: &[u8; 16] = b"miyao probe's ID";

pub(super) fn try_all(bench: &mut Bench, candidates: &Candidates, pair: &Pair, found: &mut Found) {
    let Some(digests) = Digests::new(&pair.key) else { return };
    for code in candidates.of(Operation::Sm2Sign) {
        let before = found.mechanisms.len();
        let mut last = None;
        for parameter in [Parameter::None, Parameter::Id, Parameter::IdAndKey] {
            for input in [Input::Digest, Input::Message] {
                match try_one(bench, code, parameter, input, pair, &digests) {
                    Ok(Some(entry)) => found.add(entry),
                    Ok(None) => {}
                    Err(rv) => last = Some(rv),
                }
            }
        }
        if found.mechanisms.len() == before {
            found.miss(Operation::Sm2Sign, code, last);
        }
    }
}

/// What a signature over the message may be over.
struct Digests {
    /// SM3(Z ‖ M), Z of the default ID.
    of_default: [u8; 32],
    /// SM3(Z ‖ M), Z of the parameter's ID.
    of_id: [u8; 32],
    /// SM3(M).
    without: [u8; 32],
}

impl Digests {
    fn new(key: &PublicKey) -> Option<Self> {
        let with = |id| Some(sm3::digest_parts(&[&key.za(id).ok()?, MESSAGE]));
        Some(Self { of_default: with(DEFAULT_USER_ID)?, of_id: with(ID)?, without: sm3::digest(MESSAGE) })
    }
}

fn try_one(
    bench: &mut Bench,
    code: u64,
    parameter: Parameter,
    input: Input,
    pair: &Pair,
    digests: &Digests,
) -> Result<Option<Mechanism>, crate::provider::pkcs11::Rv> {
    let point = pair.key.to_bytes();
    let material = Material { id: ID, public: &point[1..], ..Material::default() };
    let given = if input == Input::Digest { &digests.of_default[..] } else { MESSAGE };
    let made = lend(code, parameter, &material, |how| bench.sign(how, pair.private, given))?;
    let Some((numbers, form)) = read(&made) else { return Ok(None) };
    let is_over = |e: &[u8; 32]| pair.key.verify_digest(e, &numbers).is_ok();
    let z = match (input, parameter) {
        (Input::Digest, Parameter::None) if is_over(&digests.of_default) => Z::Host,
        (Input::Message, Parameter::None) if is_over(&digests.of_default) => Z::Device,
        (Input::Message, Parameter::None) if is_over(&digests.without) => Z::None,
        (Input::Message, _) if is_over(&digests.of_id) => Z::Parameter,
        // Another convention, or a parameter that was not heeded.
        _ => return Ok(None),
    };
    Ok(Some(Mechanism {
        parameter: Some(parameter),
        input: Some(input),
        z: Some(z),
        signature: Some(form),
        ..Mechanism::new(Operation::Sm2Sign, code)
    }))
}

fn read(made: &[u8]) -> Option<(Numbers, Signature)> {
    match <&[u8; 64]>::try_from(made) {
        Ok(raw) => Some((Numbers::from_bytes(raw).ok()?, Signature::Raw)),
        Err(_) => Some((Numbers::from_der(made).ok()?, Signature::Der)),
    }
}

const _: () = assert!(MESSAGE.len() != 32 && ID.len() == DEFAULT_USER_ID.len());
