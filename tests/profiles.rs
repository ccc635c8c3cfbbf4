//! Profiles of encryption machines: those compiled in, what is refused and where, and which is for whom.
#![cfg(feature = "pkcs11")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{collections::BTreeSet, fs};

use miyao::{
    Kind,
    provider::pkcs11::profile::{Firmware, Operation, Parameter, Profile, Seen, Shelf},
};

const NAMES: [&str; 10] =
    ["softhsm", "kryoptic", "sansec", "sansec-itrus", "tass", "koal", "westone", "ibm-ep11", "luna", "miyao"];

const SMALL: &str = r#"name = "acme"
title = "Acme"
match = [{ manufacturer = "Acme*" }]
mechanisms = [
    { operation = "sm3", code = 0x80000005, parameter = "none", verified = true },
]
"#;

/// SMALL with one line replaced.
fn with(line: usize, text: &str) -> String {
    let mut lines: Vec<_> = SMALL.lines().collect();
    lines[line - 1] = text;
    lines.join("\n")
}

fn seen<'a>(module: &'a str, manufacturer: &'a str, model: &'a str) -> Seen<'a> {
    Seen { module, manufacturer, model, description: "", firmware: Firmware { major: 2, minor: 6 } }
}

#[test]
fn every_profile_compiled_in_parses_and_is_written_so_that_it_reads_back() {
    let shelf = Shelf::built_in().unwrap();
    assert_eq!(shelf.profiles().map(|profile| profile.name.as_str()).collect::<Vec<_>>(), NAMES);
    for profile in shelf.profiles() {
        assert_eq!(&Profile::parse(&profile.to_toml()).unwrap(), profile);
        assert!(!profile.rules.is_empty() && !profile.mechanisms.is_empty());
    }
}

#[test]
fn what_a_text_may_hold_survives_writing() {
    let mut profile = Profile::parse(SMALL).unwrap();
    profile.title = "quote \" backslash \\ newline \n tab \t 密码机 \u{7f}".into();
    profile.quirks.rejects = vec![5, 0x40];
    profile.limits.sessions = Some(64);
    assert_eq!(Profile::parse(&profile.to_toml()).unwrap(), profile);
}

#[test]
fn no_vendor_claims_what_no_device_has_shown() {
    for profile in Shelf::built_in().unwrap().profiles() {
        let tested = ["softhsm", "kryoptic", "miyao"].contains(&profile.name.as_str());
        assert!(tested || profile.mechanisms.iter().all(|mechanism| !mechanism.verified), "{}", profile.name);
    }
}

#[test]
fn every_mistake_is_refused_with_its_line() {
    let mechanism = |fields: &str| with(5, &format!("    {{ {fields} }},"));
    let cases = [
        (1, with(1, "name = \"Acme HSM\"")),
        (1, with(1, "name = \"\"")),
        (2, with(2, "titel = \"Acme\"")),
        (2, with(2, "title = 7")),
        (3, with(3, "match = [{ }]")),
        (3, with(3, "match = [{ serial = \"1\" }]")),
        (3, with(3, "match = [{ firmware-from = \"2\" }]")),
        (3, with(3, "match = [{ firmware-to = \"1.256\" }]")),
        (5, mechanism("operation = \"sm5\", code = 1")),
        (5, mechanism("operation = \"sm3\"")),
        (5, mechanism("operation = \"sm3\", code = -1")),
        (5, mechanism("operation = \"sm3\", code = 0x100000000")),
        (5, mechanism("operation = \"sm3\", code = 1, parameter = \"iv\"")),
        (5, mechanism("operation = \"sm3\", code = 1, parameter = \"iv16\"")),
        (5, mechanism("operation = \"sm4-gcm\", code = 1, parameter = \"none\"")),
        (5, mechanism("operation = \"sm3\", code = 1, order = \"c1c3c2\"")),
        (5, mechanism("operation = \"sm3\", code = 1, z = \"none\"")),
        (5, mechanism("operation = \"sm3\", code = 1, ciphertext = \"der\"")),
        (5, mechanism("operation = \"sm3\", code = 1, verified = true")),
        (5, mechanism("operation = \"sm2-sign\", code = 1, input = \"digest\", z = \"device\"")),
        (5, mechanism("operation = \"sm2-sign\", code = 1, input = \"message\", z = \"host\"")),
        (5, mechanism("operation = \"sm2-sign\", code = 1, parameter = \"none\", z = \"parameter\"")),
        (5, mechanism("operation = \"sm2-sign\", code = 1, signature = \"DER\"")),
        (5, mechanism("operation = \"sm2-encrypt\", code = 1, ciphertext = \"c2c1c3\"")),
        (6, with(6, "    { operation = \"sm3\", code = 0x80000005, parameter = \"none\" } ]")),
        (7, format!("{SMALL}nothing")),
        (8, format!("{SMALL}[keys.sm2]\nkind = 3")),
        (8, format!("{SMALL}[keys.sm2]\ntype = 0x100000000")),
        (8, format!("{SMALL}[keys.sm4]\ntype = 0x100000000")),
        (8, format!("{SMALL}[keys.hmac]\ntype = 0x8000000000000000")),
        (8, format!("{SMALL}[keys.aes]\ntype = -1")),
        (9, format!("{SMALL}[keys.sm2]\ntype = 3\nparams = \"name\"")),
        (9, format!("{SMALL}[keys.sm4]\ntype = 3\npoint = \"raw\"")),
        (8, format!("{SMALL}[quirks]\nslow = true")),
        (8, format!("{SMALL}[limits]\nsessions = \"many\"")),
    ];
    for (line, text) in cases {
        let error = Profile::parse(&text).expect_err(&text);
        assert_eq!(error.kind(), Kind::Malformed, "{text}");
        assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}\n{text}");
    }
    // What is missing altogether is missed at the beginning.
    let error = Profile::parse("name = \"acme\"\n").unwrap_err().to_string();
    assert!(error.starts_with("line 1: missing field"), "{error}");
}

#[test]
fn an_entry_of_which_something_is_not_known_is_not_used() {
    let text = with(
        5,
        "    { operation = \"sm4-gcm\", code = 1 }, { operation = \"sm4-gcm\", code = 2, parameter = \"gcm-koal\" },",
    );
    let profile = Profile::parse(&text).unwrap();
    let gcm = profile.mechanism(Operation::Sm4Gcm).unwrap();
    assert_eq!((gcm.code, gcm.parameter), (2, Some(Parameter::GcmKoal)));
    assert_eq!(profile.all(Operation::Sm4Gcm).count(), 2);
    let westone = Shelf::built_in().unwrap();
    assert_eq!(westone.named("westone").unwrap().mechanism(Operation::Sm2Sign), None);
}

/// The words in the row of a table of `docs/hsm.md` that begins with this cell.
fn documented(cell: &str) -> Vec<&'static str> {
    let row = include_str!("../docs/hsm.md").lines().find(|line| line.starts_with(&format!("| {cell} | ")));
    let words = row.unwrap_or_else(|| panic!("no row {cell}")).rsplit_once("| `").unwrap().1;
    words.trim_end_matches(" |").split('`').step_by(2).collect()
}

#[test]
fn the_document_lists_every_word_of_a_profile() {
    use miyao::provider::pkcs11::profile::{Ciphertext, Input, Params, Point, Signature, Z};

    macro_rules! words {
        ($cell:literal, $name:ident) => {
            assert_eq!(
                documented($cell).into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>(),
                $name::ALL.iter().map(|value| value.word()).collect::<Vec<_>>(),
                "{}",
                $cell
            );
            assert!($name::ALL.iter().all(|value| $name::from_word(value.word()) == Some(*value)));
        };
    }
    words!("`operation`", Operation);
    words!("`parameter`", Parameter);
    words!("`input` (of `sm2-sign`)", Input);
    words!("`z` (of `sm2-sign`)", Z);
    words!("`signature` (of `sm2-sign`)", Signature);
    words!("`ciphertext` (of `sm2-encrypt`)", Ciphertext);
    words!("`keys.sm2.params`", Params);
    words!("`keys.sm2.point`", Point);
}

#[test]
fn the_profile_in_the_document_parses() {
    let document = include_str!("../docs/hsm.md");
    let (_, rest) = document.split_once("```toml\n").unwrap();
    let profile = Profile::parse(rest.split_once("```").unwrap().0).unwrap();
    assert_eq!(
        (profile.name.as_str(), profile.mechanisms.len(), profile.limits.sessions),
        ("our-hsm", 3, Some(32))
    );
}

#[test]
fn a_device_finds_its_profile() {
    let shelf = Shelf::built_in().unwrap();
    let name = |seen: &Seen<'_>| shelf.matching(seen).map(|profile| profile.name.clone());
    assert_eq!(
        name(&seen("/usr/lib/softhsm/libsofthsm2.so", "SoftHSM project", "SoftHSM v2")).unwrap(),
        "softhsm"
    );
    assert_eq!(name(&seen("/opt/x.so", "SoftHSM project", "")).unwrap(), "softhsm");
    assert_eq!(name(&seen("/opt/sansec/libupkcs11.so", "Sansec", "SJJ1012")).unwrap(), "sansec");
    assert_eq!(name(&seen("/opt/sansec/libswpkcs11_itrus.so", "SANSEC", "SJJ1012")).unwrap(), "sansec-itrus");
    let nobody = name(&seen("/opt/x.so", "Nobody", "None")).unwrap_err();
    assert_eq!(nobody.kind(), Kind::Missing);
    assert!(nobody.to_string().contains("miyao hsm probe"), "{nobody}");
}

#[test]
fn a_range_of_firmware_has_both_its_ends() {
    let rule = "match = [{ manufacturer = \"Acme\", firmware-from = \"2.10\", firmware-to = \"3.0\" }]";
    let profile = Profile::parse(&with(3, rule)).unwrap();
    let fits = |major, minor| {
        let seen = Seen { firmware: Firmware { major, minor }, ..seen("/x.so", "Acme", "") };
        profile.rules[0].fits(&seen).is_some()
    };
    assert_eq!([fits(2, 9), fits(2, 10), fits(3, 0), fits(3, 1)], [false, true, true, false]);
}

#[test]
fn a_users_profile_comes_before_those_compiled_in() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("a.toml", &SMALL.replace("Acme*", "SoftHSM*"));
    write("b.toml", &SMALL.replace("\"acme\"", "\"sansec\""));
    write("notes.txt", "no profile");
    let shelf = Shelf::with(directory.path()).unwrap();
    let softhsm = seen("/usr/lib/softhsm/libsofthsm2.so", "SoftHSM project", "SoftHSM v2");
    assert_eq!(shelf.matching(&softhsm).unwrap().name, "acme");
    assert_eq!(shelf.named("sansec").unwrap().title, "Acme");
    let names: BTreeSet<_> = shelf.profiles().map(|profile| profile.name.clone()).collect();
    assert_eq!(names.len(), shelf.profiles().count(), "no name twice");
    assert_eq!(Shelf::with(&directory.path().join("a.toml")).unwrap().profiles().count(), NAMES.len() + 1);

    write("c.toml", SMALL);
    let twice = Shelf::with(directory.path()).unwrap_err();
    assert_eq!(twice.kind(), Kind::Exists, "{twice}");
    write("c.toml", &with(5, "    { operation = \"sm3\", code = 1, speed = 1 },"));
    let wrong = Shelf::with(directory.path()).unwrap_err().to_string();
    assert!(wrong.contains("c.toml, line 5: "), "{wrong}");
    assert_eq!(Shelf::with(&directory.path().join("none")).unwrap_err().kind(), Kind::Missing);
    assert!(shelf.named("nobody").unwrap_err().to_string().contains("westone"));
}
