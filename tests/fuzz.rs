//! The fuzz bodies under stable: seeds, then thousands of mutated and random inputs by a seeded generator.
//!
//! `MIYAO_WRITE_SEEDS=fuzz/corpus cargo test --test fuzz` writes the seeds for `cargo fuzz run`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(clippy::print_stdout, reason = "how much was tried belongs into the log")]

use miyao::{
    algo::{
        sm2::{Encoding, PrivateKey},
        sm3,
    },
    audit,
    envelope::{self, Context, Options, Suite, token},
    key::{
        AuditMode, Key, KeyId, KeyName, Limits, NewKey, Number, Principal, Span, Spec, Time, Usage, Version,
    },
    pki::{
        cms::{Dialect, Recipients, Signers},
        enveloped_key,
        pkcs8::{Derivation, Encryption},
    },
    policy::Action,
};

#[path = "../fuzz/bodies.rs"]
#[allow(unreachable_pub, missing_docs, reason = "also a library of its own")]
mod bodies;
#[path = "fuzz/inputs.rs"]
mod inputs;

#[test]
fn every_body_holds_for_its_seeds_and_for_what_becomes_of_them() {
    inputs::try_all(&bodies::ALL, seeds);
}

fn seeds(body: &str) -> Vec<Vec<u8>> {
    match body {
        "header" | "message" => messages(),
        "recipients" => {
            let slots = messages().into_iter().map(|message| {
                let found = envelope::inspect(&message).unwrap();
                message[found.slots_at..][..found.slot_len].to_vec()
            });
            slots.collect()
        }
        "token" => tokens(),
        "records" => records(),
        "private_key" => {
            let key = bodies::sm2_key();
            let (pkcs8, sec1) = (key.to_pkcs8_der().expose().to_vec(), key.to_sec1_der().expose().to_vec());
            vec![pkcs8, sec1, key.to_pkcs8_pem().unwrap().expose().to_vec()]
        }
        "public_key" => {
            let key = bodies::sm2_key().public_key().clone();
            let bytes = key.to_bytes();
            let compressed = [&[2 | (bytes[64] & 1)], &bytes[1..33]].concat();
            vec![key.spki().to_vec(), key.to_pem().unwrap().into_bytes(), bytes.to_vec(), compressed]
        }
        "signature" => (0..20u8)
            .map(|round| {
                let signature = bodies::sm2_key().sign(b"", &[round], &mut bodies::rng()).unwrap();
                let (der, len) = signature.to_der();
                der[..len].to_vec()
            })
            .collect(),
        "ciphertext" => [Encoding::Der, Encoding::C1C3C2, Encoding::C1C2C3]
            .map(|encoding| {
                bodies::sm2_key().public_key().encrypt(b"plaintext", encoding, &mut bodies::rng()).unwrap()
            })
            .into(),
        "context" => {
            [&b"tenant=a"[..], b"a=b\0!c=d\0e=", b"k==v\0!k2=", b"=", b"a=1\0a=2", "租户=甲".as_bytes()]
                .map(<[u8]>::to_vec)
                .into()
        }
        "names" => [
            "orders",
            "orders:2",
            "0123456789abcdef0123456789abcdef",
            "uid:1000",
            "90d",
            "sm4",
            "hmac-sm3",
            "sm2-sign",
            "a/b.c_d-e",
            "18446744073709551615s",
            "0123456789abcdef0123456789abcdef:4294967295",
        ]
        .map(|text| text.as_bytes().to_vec())
        .into(),
        "pieces" => vec![vec![0, 1, 7, 7, 7], [vec![0xff, 3], vec![9; 700]].concat(), vec![2, 0]],
        "key_file" => {
            [Derivation::HmacSm3, Derivation::HmacSm3Null, Derivation::HmacSm3OpenSsl, Derivation::GmT0091]
                .map(|derivation| {
                    let encryption = Encryption::new().iterations(1024).unwrap().derivation(derivation);
                    encryption.encrypt(&bodies::sm2_key(), b"passphrase", &mut bodies::rng()).unwrap()
                })
                .into()
        }
        "enveloped_key" => (1..5)
            .map(|byte| {
                let key = PrivateKey::from_bytes(&[byte; 32]).unwrap();
                enveloped_key::wrap(&key, bodies::sm2_key().public_key(), &mut bodies::rng()).unwrap()
            })
            .collect(),
        "cms" => cms(),
        "root_rows" => root_rows(),
        "root_seals" => vec![vec![0; 4], vec![1], vec![0; 96]],
        "inspection" | "conversion" => files(),
        "certificate" => bodies::certificates::genuine().certificates.clone(),
        "request" => bodies::certificates::genuine().requests.clone(),
        "revocation_list" => bodies::certificates::genuine().lists.clone(),
        "certificate_texts" => [
            "CN=host\\, a,O=密\\20,C=CN",
            "emailAddress=a@b,DC=x,serialNumber=1\\+2",
            "dns:*.a.example",
            "ip:2001:db8::1",
            "uri:https://a.example/",
            "2026-11-26T12:00:00Z",
            "2050-02-28",
        ]
        .map(|text| text.as_bytes().to_vec())
        .into(),
        other => panic!("{other} has no seeds"),
    }
}

/// The genuine row, and rows that are told: of a root in a device, and of a change that was begun.
fn root_rows() -> Vec<Vec<u8>> {
    let field = |tag: u8, value: &[u8]| [&[tag][..], &(value.len() as u32).to_be_bytes(), value].concat();
    let device = |first: u8| (first..first + 4).flat_map(|tag| field(tag, b"text")).collect::<Vec<_>>();
    let place = [field(4, &[7; 16]), device(5)].concat();
    let seal = [field(1, b"device"), field(2, &1u64.to_be_bytes()), field(3, &[3; 200])].concat();
    let intent = [field(1, &[7; 16]), device(2), field(6, &5u64.to_be_bytes())].concat();
    let journal = [
        field(1, &[1]),
        device(2),
        field(6, &[1]),
        field(7, &5u64.to_be_bytes()),
        field(8, &[8; 16]),
        field(9, b"orders"),
        field(10, &1u64.to_be_bytes()),
        field(11, &[9; 16]),
    ];
    let rows = [(0, [seal, place].concat()), (1, intent), (2, journal.concat())];
    let rows = rows.map(|(which, body)| [&[which][..], &body].concat());
    [vec![bodies::roots::genuine()], rows.into()].concat()
}

fn cms() -> Vec<Vec<u8>> {
    let (holder, key) = (bodies::cms::holder(), bodies::sm2_key());
    let mut made = Vec::new();
    for dialect in [Dialect::Standard, Dialect::Pkcs7] {
        let signers = || Signers::new(&holder, &key).unwrap().dialect(dialect).unwrap();
        let recipients = Recipients::new(&holder).dialect(dialect).unwrap();
        for signers in [signers(), signers().with_attributes(), signers().detached()] {
            made.push(signers.sign(b"content", &mut bodies::rng()).unwrap());
        }
        made.push(recipients.seal(b"content", &mut bodies::rng()).unwrap());
        made.push(recipients.seal_signed(b"content", &signers(), &mut bodies::rng()).unwrap());
    }
    made
}

/// Keys, signatures and ciphertexts of every other body, and some of them as text.
fn files() -> Vec<Vec<u8>> {
    let bodies = ["private_key", "public_key", "signature", "ciphertext", "key_file", "enveloped_key"];
    let mut files: Vec<Vec<u8>> =
        bodies.into_iter().flat_map(|body| seeds(body).into_iter().take(4)).collect();
    let hexadecimal: Vec<Vec<u8>> = files
        .iter()
        .map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes())
        .collect();
    files.extend(hexadecimal);
    files.push(bodies::sm2_key().expose().expose().to_vec());
    files
}

fn messages() -> Vec<Vec<u8>> {
    let sm2 = bodies::sm2_key();
    let context = Context::new().with("tenant", "a").unwrap().with("empty", "").unwrap();
    let small = || Options::to(&bodies::Kms).frame_log2(12).unwrap();
    let options = [
        small().spare(0),
        small().suite(Suite::CtrHmac).context(context.clone()),
        small().and_to(sm2.public_key()).signed_by(&sm2),
        Options::to(sm2.public_key()).frame_log2(12).unwrap().context(context),
    ];
    let lengths = [0, 5, 4096, 4097, 9000];
    let made = options.iter().flat_map(|options| {
        lengths.map(|len| envelope::encrypt(&vec![len as u8; len], options, &mut bodies::rng()).unwrap())
    });
    made.collect()
}

fn tokens() -> Vec<Vec<u8>> {
    let secret = miyao::Secret::build(|bytes| bytes.fill(1));
    let made = [Suite::Gcm, Suite::CtrHmac].into_iter().flat_map(|suite| {
        let token =
            token::encrypt(&secret, &bodies::KEY_ID, 1, suite, &Context::new(), b"value", &mut bodies::rng())
                .unwrap();
        let text = token::to_text(&token);
        [token, format!(" {text}\n").into_bytes(), text.into_bytes()]
    });
    made.collect()
}

/// Every kind of record, full and empty.
fn records() -> Vec<Vec<u8>> {
    let mut new = NewKey::new(KeyName::parse("orders").unwrap(), Spec::Sm4);
    let id = KeyId::from_bytes([5; 16]);
    let plain = Key::new(id, new.clone(), Time(1)).unwrap();
    new.audit = AuditMode::Each;
    new.description = "of the shop".to_owned();
    new.tags = [("team", "a"), ("zone", "")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    new.limits = Limits {
        originator_period: Some(Span::days(90)),
        recipient_period: Some(Span::days(900)),
        messages: Some(1 << 20),
        bytes: Some(1 << 40),
    };
    new.rotate_every = Some(Span::days(30));
    new.deletion_protection = true;
    let full = Key::new(id, new, Time(2)).unwrap();
    let mut version = Version::staged(id, Number::FIRST, Time(3));
    let staged = version.encode().unwrap();
    version.public = Some(bodies::sm2_key().public_key().to_bytes());
    version.material = Some(vec![9; 80]);
    version.activated = Some(Time(4));
    let event = audit::Event {
        time: Time(5),
        principal: Principal::parse("uid:0").unwrap(),
        action: Action::from_number(1).unwrap(),
        key: Some(id),
        version: Some(Number::FIRST),
        outcome: 0,
        count: 1,
        detail: "orders".to_owned(),
    };
    let mut chain = audit::Chain { sequence: 0, digest: sm3::digest(b"") };
    vec![
        plain.encode().unwrap(),
        full.encode().unwrap(),
        staged,
        version.encode().unwrap(),
        Usage { messages: 1, bytes: 2 }.encode(),
        chain.append(event.clone()).encode(),
        chain.append(audit::Event { key: None, version: None, detail: String::new(), ..event }).encode(),
    ]
}
