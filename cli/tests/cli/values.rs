//! Tokens, data keys, signatures and MACs.

use std::{fs, os::unix::fs::PermissionsExt};

use miyao::algo::sm2::{DEFAULT_USER_ID, PrivateKey, PublicKey, Signature};

use crate::scene::{Scene, noise};

#[test]
fn a_token_is_text_whose_surrounding_white_space_does_not_count() {
    let scene = Scene::with_store();
    let value = b"line one\nline two\n\n";
    let encrypt =
        ["encrypt", "--key", "orders", "--context", "row=7", "--context-hidden", "who=me", "--token"];
    let token = scene.pipe(value, encrypt).text();
    assert!(token.starts_with("miyao") && token.ends_with('\n') && token.lines().count() == 1);
    let decrypt = ["decrypt", "--context", "row=7", "--context-hidden", "who=me", "--token"];
    for spaced in [token.clone(), token.trim().to_owned(), format!("\n \t{}\r\n \n", token.trim())] {
        assert_eq!(scene.pipe(spaced.as_bytes(), decrypt).works(), value);
    }
    scene.pipe(token.as_bytes(), ["decrypt", "--context", "row=7", "--token"]).fails(3);
    scene.pipe(b"not! a token", decrypt).fails(5);
    scene.pipe(b"", decrypt).fails(5);
    let record = scene.pipe(value, encrypt.into_iter().chain(["--json"])).record();
    assert!(record["token"].as_str().unwrap().starts_with("miyao"));
    let inspected = scene.pipe(token.as_bytes(), ["inspect", "--json"]).record();
    assert_eq!((&inspected["kind"], &inspected["version"]), (&"token".into(), &1.into()));
    scene.pipe(&noise(70_000, 1), encrypt).fails(8);
    let longest = scene.pipe(&noise(65_536, 1), encrypt).works();
    assert_eq!(scene.pipe(&longest, ["inspect", "--json"]).record()["bytes"], 65_536 + 31 + 32);
    assert!(scene.pipe(&longest, decrypt).works() == noise(65_536, 1));
}

#[test]
fn a_data_key_keeps_its_plaintext_to_itself_unless_asked() {
    let scene = Scene::with_store();
    let token = scene.run(["datakey", "--key", "orders"]).text();
    assert_eq!(token.lines().count(), 1);
    assert_eq!(scene.pipe(token.as_bytes(), ["decrypt", "--token"]).works().len(), 32);

    let token = scene.run(["datakey", "--key", "orders", "--len", "16", "--out", "plain"]).text();
    assert_eq!(scene.pipe(token.as_bytes(), ["decrypt", "--token"]).works(), scene.read("plain"));
    assert_eq!(scene.read("plain").len(), 16);
    assert_eq!(fs::metadata(scene.path("plain")).unwrap().permissions().mode() & 0o777, 0o600);
    scene.run(["datakey", "--key", "orders", "--out", "plain"]).fails(10);

    let record = scene.run(["datakey", "--key", "orders", "--plaintext-to-stdout", "--json"]).record();
    let token = record["token"].as_str().unwrap();
    let plain: String = scene
        .pipe(token.as_bytes(), ["decrypt", "--token"])
        .works()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(record["plaintext"], plain);
    scene.run(["datakey", "--key", "orders", "--len", "15"]).fails(4);
}

#[test]
fn a_data_key_pair_prints_its_public_half_and_wraps_the_private_one() {
    let scene = Scene::with_store();
    let record =
        scene.run(["datakey", "--key", "orders", "--pair", "--out", "private.pem", "--json"]).record();
    let public = PublicKey::from_pem(record["public_pem"].as_str().unwrap().as_bytes()).unwrap();
    let private = PrivateKey::from_pem(&scene.read("private.pem")).unwrap();
    assert!(*private.public_key() == public && record["plaintext"].is_null());
    let token = record["token"].as_str().unwrap();
    let der = scene.pipe(token.as_bytes(), ["decrypt", "--token"]).works();
    assert!(*PrivateKey::from_pkcs8_der(&der).unwrap().public_key() == public);
    let text = scene.run(["datakey", "--key", "orders", "--pair"]).text();
    assert!(text.contains("BEGIN PUBLIC KEY") && !text.contains("PRIVATE"));
}

#[test]
fn signatures_verify_under_every_version_and_no_other_file() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "k", "--spec", "sm2-sign"]).works();
    scene.write("file", noise(100_000, 1));
    scene.write("other", noise(100_000, 2));
    scene.run(["sign", "--key", "k", "file", "-o", "sig"]).works();
    scene.run(["key", "rotate", "k"]).works();
    scene.run(["verify", "--key", "k", "--signature", "sig", "file"]).works();
    scene.run(["verify", "--key", "k:1", "--signature", "sig", "file"]).works();
    scene.run(["verify", "--key", "k:2", "--signature", "sig", "file"]).fails(3);
    scene.run(["verify", "--key", "k", "--signature", "sig", "other"]).fails(3);
    scene.run(["verify", "--key", "k", "--signature", "sig", "--user-id", "alice", "file"]).fails(3);
    scene.run(["verify", "--key", "k", "--signature", "other", "file"]).fails(3);
    scene.run(["sign", "--key", "k", "file", "-o", "sig"]).fails(10);

    let pem = scene.run(["key", "public", "k:1"]).text();
    let signature = Signature::from_der(&scene.read("sig")).unwrap();
    PublicKey::from_pem(pem.as_bytes())
        .unwrap()
        .verify(DEFAULT_USER_ID, &scene.read("file"), &signature)
        .unwrap();

    let hex = scene.run(["sign", "--key", "k", "--user-id", "alice", "file"]).text();
    scene.write("hex", hex);
    scene.run(["verify", "--key", "k", "--signature", "hex", "--user-id", "alice", "file"]).works();
    let verified = scene.run(["verify", "--key", "k", "--signature", "sig", "--json", "file"]).record();
    assert_eq!(verified["version"], 1);
    scene.run(["key", "compromise", "k:1"]).works();
    let flagged = scene.run(["verify", "--key", "k", "--signature", "sig", "--json", "file"]);
    assert!(flagged.errors().contains("compromised"));
    assert!(flagged.record()["compromised"].is_string());
}

#[test]
fn macs_verify_and_are_hexadecimal() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "m", "--spec", "hmac-sm3"]).works();
    scene.write("file", b"message");
    let mac = scene.run(["mac", "--key", "m", "file"]).text();
    let mac = mac.trim();
    assert_eq!(mac.len(), 64);
    scene.run(["verify-mac", "--key", "m", "--mac", mac, "file"]).works();
    assert_eq!(scene.pipe(b"message", ["mac", "--key", "m"]).text().trim(), mac);
    scene.pipe(b"messagf", ["verify-mac", "--key", "m", "--mac", mac]).fails(3);
    scene.run(["verify-mac", "--key", "m", "--mac", &mac[2..], "file"]).fails(3);
    scene.run(["verify-mac", "--key", "m", "--mac", "xyz", "file"]).fails(4);
    scene.run(["mac", "--key", "orders", "file"]).fails(12);
}

#[test]
fn random_bytes_differ() {
    let scene = Scene::new();
    let one = scene.run(["random", "100"]).text();
    assert_eq!(one.trim().len(), 200);
    assert_ne!(one, scene.run(["random", "100"]).text());
    scene.run(["random", "0"]).fails(4);
}
