//! The fuzz bodies of devices and of the C border under stable: seeds, then what becomes of them by a seeded generator.
//!
//! `MIYAO_FUZZ_SECONDS` gives each body more time than the few seconds of every run; `MIYAO_WRITE_SEEDS` is as in
//! `tests/fuzz.rs` of the library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(clippy::print_stdout, reason = "how much was tried belongs into the log")]

#[path = "../../../fuzz/bodies/border.rs"]
#[allow(unreachable_pub, missing_docs, reason = "also part of a library")]
mod border;
#[path = "../../../fuzz/bodies/devices.rs"]
#[allow(unreachable_pub, missing_docs, reason = "likewise")]
mod devices;
#[path = "../../../tests/fuzz/inputs.rs"]
mod inputs;
#[path = "fuzz/seal.rs"]
mod seal;

use inputs::{Body, try_all};
use miyao::{algo::drbg::Drbg, provider::pkcs11::profile::Shelf};
use rand_core::Rng as _;

const BODIES: [(&str, Body); 6] = [
    ("device_uri", devices::uri),
    ("device_profile", devices::profile),
    ("device_settings", devices::settings),
    // Before those that name other configurations: a module reads its own once.
    ("device_seal", seal::seal),
    ("calls", border::calls),
    ("module_settings", border::settings),
];

#[test]
fn every_body_holds_for_its_seeds_and_for_what_becomes_of_them() {
    try_all(&BODIES, seeds);
    border::tidy();
    seal::tidy();
    let answers = border::answers();
    let done = answers.iter().filter(|(_, rv)| *rv == cryptoki_sys::CKR_OK).count();
    println!("calls: {done} of the table did their work, with {} answers in all", answers.len());
    assert!(answers.is_empty() || done >= 35, "the calls get far: {answers:x?}");
}

/// Every field once.
const SMALL: &str = r#"name = "a"
title = "\u0001\"\\"
note = "n"
match = [{ module = "*a", manufacturer = "A*c", model = "h*", description = "*", firmware-from = "1.0", firmware-to = "2.255" }]
mechanisms = [
    { operation = "sm2-sign", code = 1, parameter = "id", input = "message", z = "parameter", signature = "raw", verified = true, note = "x" },
    { operation = "sm2-encrypt", code = 2, parameter = "none", ciphertext = "der" },
]
[keys.sm2]
type = 3
[keys.sm4]
type = 4
length = true
[quirks]
check-value = true
rejects = [5, 6]
[limits]
sessions = 7
data = 8
[probed]
date = "2026-01-31"
module = "m"
manufacturer = "A"
model = "h"
firmware = "1.0"
"#;

fn seeds(body: &str) -> Vec<Vec<u8>> {
    match body {
        "device_uri" => [
            "pkcs11:",
            "pkcs11:token=My%20Token;manufacturer=a;model=b;serial=%C3%A9;slot-id=7;object=%25;id=%00%FF\
             ?module-path=/usr/lib/a%2Cb.so&pin-source=file:/etc/pin",
            "pkcs11:type=private;token=a?pin-source=file:///etc/pin",
            "pkcs11:token=a?pin-value=12345678",
            "pkcs11:token=a?module-path=/x?pin-value=12345678",
            "pkcs11:token=a?pin-source=/x;pin-value=12345678",
            "pkcs11:?pin-source=/etc/pin&module-path=/a",
        ]
        .map(|text| text.as_bytes().to_vec())
        .into(),
        "device_profile" => Shelf::built_in()
            .unwrap()
            .profiles()
            .map(|profile| profile.to_toml().into_bytes())
            .chain([SMALL.as_bytes().to_vec()])
            .collect(),
        "device_settings" => [[1u64, 10], [1024, 3_600_000], [0, 0], [1025, 3_600_001]]
            .map(|words| words.iter().flat_map(|word| word.to_le_bytes()).collect())
            .into(),
        "device_seal" => seal::seeds(),
        "calls" => calls(),
        "module_settings" => [
            "store = '/nowhere'\nprofile = 'sansec'\nslots = 64\n[pin]\niterations = 1024\nfloor = 1024\nmin_length = 4\n",
            "store = '/nowhere'\nprofile = 'koal'\nprofile_file = '/nowhere/profiles'\n",
            "store = '/nowhere'\n[fault]\ncontrol = '/nowhere/control'\n",
            "store = 'here'",
            "",
        ]
        .map(|text| text.as_bytes().to_vec())
        .into(),
        other => panic!("{other} has no seeds"),
    }
}

/// What the bytes mean is the body's; each begins with `C_Initialize` and the keys that most calls need.
fn calls() -> Vec<Vec<u8>> {
    let mut rng = Drbg::new(&[2; 32], b"tests/fuzz calls", b"");
    let mut drawn = |len: usize| {
        let mut bytes = vec![0; len];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    (0..24).map(|turn| [&[0, 0][..], &drawn(100 + 50 * turn)].concat()).collect()
}
