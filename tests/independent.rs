//! An independent program written from `docs/format.md` alone opens what the library makes, and refuses what it must.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use miyao::{algo::sm2::PrivateKey, envelope::inspect, envelope::token};
use tempfile::TempDir;

#[path = "shapes/messages.rs"]
mod messages;
use messages::{CONTEXT, KEY_ID, Kms, PASSPHRASE, SHAPES, TOKENS, To};

const REJECTED: i32 = 3;
const REFUSED: i32 = 5;

/// The reader with every key beside it.
struct Independent {
    dir: TempDir,
}

impl Independent {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        write("passphrase", format!("{PASSPHRASE}\n").as_bytes());
        write("wrong", b"incorrect\n");
        write("sm2", messages::sm2_key().to_pkcs8_pem().unwrap().expose());
        write("signer", messages::signer().public_key().to_pem().unwrap().as_bytes());
        write("other", messages::sm2_key().public_key().to_pem().unwrap().as_bytes());
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let keys: String = (1..8)
            .map(|version| format!("{} {version} {}\n", hex(&KEY_ID), hex(Kms::secret(version).expose())))
            .collect();
        write("keys", keys.as_bytes());
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs the reader over `input`; `words` with a leading `@` name a file of the keys.
    fn run(&self, input: &[u8], words: &[&str]) -> Output {
        let file = self.path("input");
        fs::write(&file, input).unwrap();
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent/reader.py");
        let words = words.iter().map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).into_os_string(),
            None => (*word).into(),
        });
        Command::new("python3")
            .arg(program)
            .args(words)
            .arg(&file)
            .output()
            .expect("this test needs python3: `./test` installs it, or `apt-get install python3`")
    }

    fn opens(&self, input: &[u8], words: &[&str], expected: &[u8], what: &str) {
        let output = self.run(input, words);
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout == expected, "{what}: another plaintext");
    }

    fn fails(&self, input: &[u8], words: &[&str], status: i32, what: &str) {
        let output = self.run(input, words);
        assert_eq!(output.status.code(), Some(status), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty(), "{what}: plaintext was given out");
    }
}

/// The words that give the whole context to a message's reader.
fn given(context: &[(&str, &str, bool)]) -> Vec<String> {
    context.iter().flat_map(|(key, value, _)| ["--context".to_owned(), format!("{key}={value}")]).collect()
}

fn key_words(to: To) -> Option<[&'static str; 2]> {
    match to {
        To::Kms(_) => Some(["--key-file", "@keys"]),
        To::Sm2 => Some(["--sm2-key", "@sm2"]),
        To::Passphrase => Some(["--passphrase-file", "@passphrase"]),
        To::Device | To::Unknown => None,
    }
}

#[test]
fn messages_of_every_shape_are_opened_for_every_recipient() {
    let reader = Independent::new();
    for shape in SHAPES {
        let (message, context) = (shape.make(), given(shape.context));
        for key in shape.recipients().into_iter().filter_map(key_words) {
            let mut words: Vec<&str> = key.to_vec();
            words.extend(context.iter().map(String::as_str));
            words.push("--every-pair");
            if shape.signed {
                words.extend(["--signed-by", "@signer"]);
            }
            reader.opens(&message, &words, &messages::plaintext(shape.len), shape.name);
        }
    }
}

#[test]
fn the_independent_reader_refuses_what_the_format_says_it_must() {
    let reader = Independent::new();
    let by_name = |name| SHAPES.iter().find(|shape| shape.name == name).unwrap();
    let (message, bound) = (by_name("three-frames").make(), by_name("context").make());
    let (signed, locked) = (by_name("signed").make(), by_name("passphrase").make());
    let keys = ["--key-file", "@keys"];
    let with = |more: &[&'static str]| [&keys[..], more].concat();
    reader.fails(&locked, &["--passphrase-file", "@wrong"], REJECTED, "a wrong passphrase");
    reader.fails(&locked, &keys, REFUSED, "no key given");
    reader.fails(&bound, &keys, REJECTED, "a hidden value not given");
    reader.opens(&bound, &with(&["--context", "patient=4711"]), &messages::plaintext(10), "hidden value");
    reader.fails(&bound, &with(&["--context", "patient=4712"]), REJECTED, "another hidden value");
    reader.fails(&message, &with(&["--context", "more=x"]), REJECTED, "a pair that is not there");
    reader.fails(&message, &with(&["--signed-by", "@signer"]), REJECTED, "an unsigned message");
    reader.fails(&signed, &with(&["--signed-by", "@other"]), REJECTED, "another signer");
    let found = inspect(&message).unwrap();
    for (at, status) in [
        (0, REFUSED),
        (4, REFUSED),
        (6, REFUSED),
        (8, REFUSED),
        (20, REJECTED),
        (50, REJECTED),
        (found.body_at, REJECTED),
    ] {
        let mut changed = message.clone();
        changed[at] ^= 0x40;
        reader.fails(&changed, &keys, status, &format!("byte {at}"));
    }
    let mut unsigned = signed.clone();
    *unsigned.last_mut().unwrap() ^= 1;
    reader.fails(&unsigned, &with(&["--signed-by", "@signer"]), REJECTED, "a changed signature");
    for len in [0, 10, found.slots_at, found.body_at, found.body_at + 4112, message.len() - 1] {
        let output = reader.run(&message[..len], &keys);
        assert!(matches!(output.status.code(), Some(REFUSED | REJECTED)), "cut to {len}");
    }
    let mut torn = message;
    torn[found.slots_at + 3] ^= 1;
    reader.opens(&torn, &keys, &messages::plaintext(3 * 4096), "one torn slot");
    torn[found.slots_at + found.slot_len + 3] ^= 1;
    reader.fails(&torn, &keys, REFUSED, "two torn slots");
}

#[test]
fn tokens_are_opened_under_their_context_and_no_other() {
    let reader = Independent::new();
    let pairs: Vec<String> = CONTEXT
        .iter()
        .flat_map(|(key, value, hidden)| {
            [if *hidden { "--context-hidden" } else { "--context" }.to_owned(), format!("{key}={value}")]
        })
        .collect();
    let mut words = vec!["--key-file", "@keys"];
    words.extend(pairs.iter().map(String::as_str));
    words.push("--token");
    for (name, suite, len) in TOKENS {
        let token = messages::make_token(name, *suite, *len);
        let text = format!(" {}\n", token::to_text(&token));
        reader.opens(text.as_bytes(), &words, &messages::plaintext(*len), name);
        reader.fails(text.as_bytes(), &["--key-file", "@keys", "--token"], REJECTED, name);
        let mut changed = token.clone();
        *changed.last_mut().unwrap() ^= 1;
        reader.fails(token::to_text(&changed).as_bytes(), &words, REJECTED, name);
        reader.fails(format!("{}=", text.trim()).as_bytes(), &words, REFUSED, "padding");
    }
}

#[test]
fn the_reader_knows_the_same_curve() {
    // Another key than the fixed ones, so that nothing about them is special.
    let reader = Independent::new();
    let key = PrivateKey::random(&mut messages::rng("curve"));
    fs::write(reader.path("sm2"), key.to_pkcs8_pem().unwrap().expose()).unwrap();
    let options = miyao::envelope::Options::to(key.public_key());
    let message = miyao::envelope::encrypt(b"text", &options, &mut messages::rng("curve")).unwrap();
    reader.opens(&message, &["--sm2-key", "@sm2"], b"text", "a random key");
}
