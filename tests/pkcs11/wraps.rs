//! What a root that wraps may be used for by others who have the PIN: for what miyao does with it, and for no key of the token.

use std::{fs, process::Output};

use miyao::provider::pkcs11::Suite;

use crate::softhsm::{PIN, Yard, alone, opens, root, seal, with};

/// Keys that others have in the token: their type, their identifier.
const OTHERS: [(&str, &str); 2] = [("AES:32", "61"), ("GENERIC:32", "62")];
/// The key that anybody makes, held to nothing.
const ORDINARY: &str = "60";

fn tool(yard: &Yard, arguments: &[&str]) -> Output {
    yard.try_tool(&[&["--token-label", "kms", "--login", "--pin", PIN], arguments].concat())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn a_root_that_wraps_takes_no_key_of_the_token_out_and_brings_in_none_that_works() {
    alone("wraps::a_root_that_wraps_takes_no_key_of_the_token_out_and_brings_in_none_that_works", |yard| {
        let token = yard.open(&with(Suite::AesKwDevice)).unwrap();
        let kek = root(&token, 7);
        let sealed = seal(&*kek, 3);
        let id = "07".repeat(16);
        let make = |kind, id| {
            let made = tool(yard, &["--keygen", "--key-type", kind, "--id", id, "--extractable"]);
            assert!(made.status.success(), "{}", said(&made));
        };
        make("AES:32", ORDINARY);
        let file = yard.path("wrapped");
        let file = file.to_str().unwrap();
        let wrap = |by, id| {
            let what = ["--wrap", "--mechanism", "AES-KEY-WRAP", "--id", by, "--application-id", id];
            tool(yard, &[&what[..], &["--output-file", file]].concat())
        };
        for (kind, other) in OTHERS {
            make(kind, other);
            let refused = wrap(&id, other);
            assert!(!refused.status.success(), "{}", said(&refused));
            assert!(said(&refused).contains("CKR_KEY_NOT_WRAPPABLE"), "{}", said(&refused));
            let _ = fs::remove_file(file);
            let done = wrap(ORDINARY, other);
            assert!(done.status.success() && fs::read(file).unwrap().len() == 40, "{}", said(&done));
        }
        let unwrap = |by| {
            let what = ["--unwrap", "--mechanism", "AES-KEY-WRAP", "--id", by, "--application-id", "70"];
            tool(yard, &[&what[..], &["--key-type", "AES:", "--extractable", "--input-file", file]].concat())
        };
        let refused = unwrap(&id);
        assert!(!refused.status.success(), "{}", said(&refused));
        assert!(said(&refused).contains("CKR_TEMPLATE_INCONSISTENT"), "{}", said(&refused));
        let done = unwrap(ORDINARY);
        assert!(done.status.success(), "{}", said(&done));
        opens(&*kek, &sealed);
    });
}
