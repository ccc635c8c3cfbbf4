//! Rewriting of files.

use std::{fs, os::unix::fs::PermissionsExt};

use miyao::{
    algo::sm2::{PrivateKey, PublicKey, Signature},
    pki::{enveloped_key, pkcs8},
};

use crate::scene::Scene;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n"
}

#[test]
fn a_private_key_goes_through_all_its_forms_and_stays_itself() {
    let scene = Scene::new();
    let key = scene.key_pair("k", 1);
    let mut from = "k.key".to_owned();
    for (at, form) in ["sec1", "scalar", "pkcs8", "sec1", "pkcs8"].into_iter().enumerate() {
        for encode in ["pem", "binary", "hex", "base64"] {
            if form == "scalar" && encode == "pem" {
                scene.run(["sm2", "convert", "--to", form, "--encode", encode, &from]).fails(4);
                continue;
            }
            let to = format!("{at}-{encode}");
            scene.run(["sm2", "convert", "--to", form, "--encode", encode, "-o", &to, &from]).works();
            let read = scene.run(["sm2", "inspect", &to, "--json"]).record();
            assert_eq!(read["form"], form);
            let public =
                PublicKey::from_pem(&scene.run(["sm2", "convert", "--to", "spki", &to]).works()).unwrap();
            assert_eq!(public, *key.public_key());
            from = to;
        }
    }
    let read = PrivateKey::from_pem(&scene.run(["sm2", "convert", "--to", "pkcs8", &from]).works()).unwrap();
    assert_eq!(read.expose().expose(), key.expose().expose());
    let told = scene.run(["sm2", "convert", "--to", "der", "k.key"]).fails(4);
    assert!(told.contains("this is a private key") && told.contains("pkcs8"), "{told}");
    let told = scene.run(["sm2", "convert", "--to", "pkcs8", "k.pub"]).fails(4);
    assert!(told.contains("this is a public key"), "{told}");
    scene.run(["sm2", "convert", "--to", "tea", "k.key"]).fails(4);
}

#[test]
fn passphrases_are_put_on_changed_and_taken_off() {
    let scene = Scene::new();
    let key = scene.key_pair("k", 1);
    scene.write("one", "first words");
    scene.write("two", "second words");
    let encrypted = ["sm2", "convert", "--to", "encrypted", "--iterations", "1024"];
    let run = |more: &[&str]| scene.run(encrypted.iter().chain(more));
    run(&["--new-passphrase-file", "one", "-o", "a", "k.key"]).works();
    run(&["--passphrase-file", "one", "-o", "b", "k.key"]).works();
    run(&[
        "--passphrase-file",
        "one",
        "--new-passphrase-file",
        "two",
        "--derivation",
        "gmt0091",
        "-o",
        "c",
        "a",
    ])
    .works();
    for (file, words) in [("a", "first words"), ("b", "first words"), ("c", "second words")] {
        let read = pkcs8::decrypt_pem(&scene.read(file), words.as_bytes()).unwrap();
        assert_eq!(read.public_key(), key.public_key(), "{file}");
    }
    let plain = scene.run(["sm2", "convert", "--passphrase-file", "two", "--to", "pkcs8", "c"]).works();
    assert_eq!(PrivateKey::from_pem(&plain).unwrap().public_key(), key.public_key());
    scene.run(["sm2", "convert", "--passphrase-file", "one", "--to", "pkcs8", "c"]).fails(3);
    let told = run(&["--new-passphrase-file", "one", "k.pub"]).fails(4);
    assert!(told.contains("private key"), "{told}");
    for said in [["--new-passphrase-file", "two"], ["--iterations", "1024"], ["--derivation", "hmac-sm3"]] {
        let open = ["sm2", "convert", "--passphrase-file", "one", "--to", "pkcs8", "-o", "plain", "a"];
        let told = scene.run(open.iter().chain(&said)).fails(4);
        assert!(told.contains("say --to encrypted") && !scene.has("plain"), "{told}");
    }
}

#[test]
fn an_enveloped_key_is_taken_out_by_the_key_that_it_was_made_for() {
    let scene = Scene::new();
    let (own, made) = (scene.key_pair("own", 1), scene.key_pair("made", 2));
    let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"cli tests", b"");
    scene.write("envelope", hex(enveloped_key::wrap(&made, own.public_key(), &mut rng).unwrap()));
    let told = scene.run(["sm2", "convert", "--to", "pkcs8", "envelope"]).fails(6);
    assert!(told.contains("open it first"), "{told}");
    let text = scene.run(["sm2", "convert", "--key", "own.key", "--to", "pkcs8", "envelope"]).works();
    assert_eq!(PrivateKey::from_pem(&text).unwrap().public_key(), made.public_key());
    scene.run(["sm2", "convert", "--key", "made.key", "--to", "pkcs8", "envelope"]).fails(3);
}

#[test]
fn public_keys_and_signatures_are_rewritten() {
    let scene = Scene::new();
    let key = scene.key_pair("k", 1);
    let point = key.public_key().to_bytes();
    scene.write("coordinates", hex(&point[1..]));
    for (form, bytes) in [
        ("point", point.to_vec()),
        ("coordinates", point[1..].to_vec()),
        ("compressed", [&[2 | (point[64] & 1)], &point[1..33]].concat()),
    ] {
        let ended = scene.run(["sm2", "convert", "--to", form, "--encode", "hex", "coordinates"]);
        let told = ended.errors();
        assert!(told.contains("coordinates: the point has no 04"), "{told}");
        assert_eq!(ended.text(), hex(bytes));
    }
    let pem = scene.run(["sm2", "convert", "--to", "spki", "coordinates"]).text();
    assert_eq!(pem.into_bytes(), scene.read("k.pub"));

    scene.write("file", b"message");
    scene.run(["sm2", "sign", "--key", "k.key", "-o", "sig", "file"]).works();
    let raw = scene.run(["sm2", "convert", "--to", "raw", "sig"]).works();
    let signature = Signature::from_bytes(raw.as_slice().try_into().unwrap()).unwrap();
    scene.write("raw", raw);
    assert_eq!(scene.run(["sm2", "convert", "--to", "der", "raw"]).works(), scene.read("sig"));
    let (der, len) = signature.to_der();
    assert_eq!(der[..len], scene.read("sig"));
}

#[test]
fn ciphertexts_need_a_key_or_an_order_only_where_the_bytes_do_not_tell() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.key_pair("other", 2);
    let decrypted =
        |file: &str, form: &str| scene.run(["sm2", "decrypt", "--key", "k.key", "--form", form, file]);
    scene.pipe(b"plaintext", ["sm2", "encrypt", "--key", "k.pub", "-o", "der"]).works();
    for form in ["c1c3c2", "c1c2c3", "bare-c1c3c2", "bare-c1c2c3"] {
        scene.run(["sm2", "convert", "--to", form, "-o", form, "der"]).works();
        assert_eq!(decrypted(form, form).works(), b"plaintext");
        let told = scene.run(["sm2", "convert", "--to", "der", form]).fails(4);
        assert!(told.contains("give the key, or say the order"), "{told}");
        let order = form.trim_start_matches("bare-");
        for more in [["--key", "k.key"], ["--order", order]] {
            let back =
                scene.run(["sm2", "convert", "--to", "der"].iter().chain(&more).chain(&[form])).works();
            assert_eq!(back, scene.read("der"), "{form} {more:?}");
        }
        scene.run(["sm2", "convert", "--to", "der", "--key", "other.key", form]).fails(3);
    }
    scene.run(["sm2", "convert", "--to", "der", "--key", "k.key", "--order", "c1c3c2", "c1c3c2"]).fails(2);
    let ordered = |order: &str| scene.run(["sm2", "convert", "--to", "c1c3c2", "--order", order, "der"]);
    assert_eq!(ordered("c1c3c2").works(), scene.read("c1c3c2"));
    let told = ordered("c1c2c3").fails(4);
    assert!(told.contains("leave --order away"), "{told}");
}

#[test]
fn what_is_secret_is_the_owner_s_alone_even_where_everybody_could_read_before() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.write("in", b"secret");
    scene.run(["sm2", "encrypt", "--key", "k.pub", "-o", "c", "in"]).works();
    for line in
        ["convert --to sec1 k.key", "convert --to scalar k.key", "keygen --plain", "decrypt --key k.key c"]
    {
        for more in ["-o new", "-o there --force"] {
            let there = scene.write("there", b"as it was");
            fs::set_permissions(there, fs::Permissions::from_mode(0o644)).unwrap();
            scene.shell(&format!("umask 0; miyao sm2 {line} {more}")).works();
            let output = scene.path(more.split(' ').nth(1).unwrap());
            assert_eq!(fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600, "{line} {more}");
            fs::remove_file(output).unwrap();
        }
    }
}
