//! What must be refused: numbers out of range, points off the curve, encodings that are not the one DER, files that
//! are no key. The cases are those the published suites (Wycheproof, BSI TR-03111, CVE reports) are made of.

#[path = "negatives/ciphertexts.rs"]
mod ciphertexts;
#[path = "negatives/curve.rs"]
mod curve;
#[path = "negatives/der.rs"]
mod der;
#[path = "negatives/files.rs"]
mod files;
#[path = "negatives/modes.rs"]
mod modes;
#[path = "negatives/numbers.rs"]
mod numbers;
#[path = "negatives/signatures.rs"]
mod signatures;

pub(crate) use numbers::{N, plus};

use super::{rng, unhex};
