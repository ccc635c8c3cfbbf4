//! Key pairs.

use std::{fs, os::unix::fs::PermissionsExt};

use miyao::{
    algo::sm2::{PrivateKey, PublicKey},
    pki::pkcs8,
};

use crate::scene::Scene;

#[test]
fn a_key_is_under_a_passphrase_unless_it_is_asked_not_to_be() {
    let scene = Scene::new();
    scene.write("pass", "correct horse\n");
    let keygen = ["sm2", "keygen", "--passphrase-file", "pass", "--iterations", "1024"];
    scene.run(keygen.into_iter().chain(["-o", "k.pem", "--public", "k.pub"])).works();
    let text = scene.read("k.pem");
    assert!(text.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert_eq!(fs::metadata(scene.path("k.pem")).unwrap().permissions().mode() & 0o777, 0o600);
    let key = pkcs8::decrypt_pem(&text, b"correct horse").unwrap();
    assert_eq!(*key.public_key(), PublicKey::from_pem(&scene.read("k.pub")).unwrap());

    scene.run(["sm2", "keygen", "--plain", "-o", "plain.pem"]).works();
    let plain = PrivateKey::from_pem(&scene.read("plain.pem")).unwrap();
    assert_ne!(plain.public_key(), key.public_key());
    let printed = scene.run(["sm2", "keygen", "--plain"]).works();
    assert!(PrivateKey::from_pem(&printed).is_ok());

    let record = scene.run(["sm2", "keygen", "--plain", "--json", "-o", "other.pem"]).record();
    let public = PublicKey::from_pem(record["public_pem"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(*PrivateKey::from_pem(&scene.read("other.pem")).unwrap().public_key(), public);
    assert!(record["encrypted"] == false && !record.to_string().contains("PRIVATE"));
}

#[test]
fn nothing_is_replaced_or_half_made() {
    let scene = Scene::new();
    scene.write("pass", "words");
    scene.write("there", "as it was");
    let keygen = |more: &[&str]| {
        let first = ["sm2", "keygen", "--passphrase-file", "pass", "--iterations", "1024"];
        scene.run(first.iter().chain(more))
    };
    keygen(&["-o", "there"]).fails(10);
    keygen(&["-o", "new", "--public", "there"]).fails(10);
    assert!(!scene.has("new") && scene.read("there") == b"as it was");
    keygen(&["-o", "there", "--force"]).works();
    scene.run(["sm2", "keygen", "--passphrase-file", "pass", "--iterations", "1023", "-o", "new"]).fails(4);
    scene.run(["sm2", "keygen", "--plain", "--iterations", "2000", "-o", "new"]).fails(2);
    let told = scene.shell("setsid -w \"$MIYAO_BINARY\" sm2 keygen -o new").fails(4);
    assert!(told.contains("--passphrase-file"), "{told}");
    assert!(!scene.has("new"));
}

#[test]
fn the_public_half_appears_only_beside_its_private_half() {
    let scene = Scene::new();
    let keygen = |line: &str| scene.shell(&format!("miyao sm2 keygen --plain {line}"));
    keygen("-o none/k --public p").fails(9);
    keygen("--public p >/dev/full").fails(20);
    assert!(!scene.has("p"));
    scene.write("p", "as it was");
    keygen("-o none/k --public p --force").fails(9);
    assert_eq!(scene.read("p"), b"as it was");
    for same in ["k", "./k", "$PWD/k"] {
        let told = keygen(&format!("-o k --public {same} --force")).fails(4);
        assert!(told.contains("both halves would be this file"), "{told}");
    }
    keygen("-o k --public -").fails(4);
    assert!(!scene.has("k") && !scene.has("-") && scene.leftovers().is_empty());
}

#[test]
fn a_kill_leaves_no_public_half_beside_a_stranger() {
    let scene = Scene::new();
    let keygen = ["sm2", "keygen", "--plain", "-o", "k", "--public", "p", "--force"];
    scene.run(keygen).works();
    let mut alone = 0;
    for call in ["unlink", "unlinkat", "linkat", "rename", "renameat", "renameat2"] {
        for moment in 1.. {
            let ended = scene.kill_before(moment, call, keygen);
            let private = PrivateKey::from_pem(&scene.read("k")).unwrap();
            match scene.has("p").then(|| PublicKey::from_pem(&scene.read("p")).unwrap()) {
                Some(public) => assert_eq!(public, *private.public_key(), "{call} {moment}"),
                None => alone += 1,
            }
            if ended {
                break;
            }
        }
        scene.run(keygen).works();
    }
    assert!(alone >= 3, "{alone} of the kills came between the two");
}

#[test]
fn a_sealed_key_opens_and_signs_messages_too() {
    let scene = Scene::new();
    scene.write("pass", "two words");
    scene.write("other", "two word");
    scene.write("in", b"text");
    let sealed = ["sm2", "keygen", "--passphrase-file", "pass", "--iterations", "1024"];
    scene.run(sealed.into_iter().chain(["-o", "k", "--public", "p"])).works();
    let made = ["encrypt", "--passphrase-file", "pass", "--to-sm2", "p", "--sign-with", "k", "-o", "m", "in"];
    scene.run(made).works();
    let open = |pass| {
        let line = ["decrypt", "--passphrase-file", pass, "--sm2-key", "k", "--verify-signer", "p", "m"];
        scene.run(line)
    };
    assert_eq!(open("pass").works(), b"text");
    let told = open("other").fails(3);
    assert!(told.starts_with("miyao: k: the passphrase does not open"), "{told}");
    let told = scene.shell("setsid -w \"$MIYAO_BINARY\" decrypt --sm2-key k m").fails(4);
    assert!(told.contains("--passphrase-file"), "{told}");
    let told = scene.run(["decrypt", "--sm2-key", "in", "m"]).fails(5);
    assert!(told.starts_with("miyao: in: ") && told.contains("miyao sm2 inspect"), "{told}");
}

#[test]
fn the_passphrase_opens_the_key_wherever_it_comes_from_and_another_does_not() {
    let scene = Scene::new();
    scene.write("in", b"message");
    for derivation in ["hmac-sm3", "hmac-sm3-null", "hmac-sm3-openssl", "gmt0091"] {
        let line = format!(
            "printf 'two words' | miyao sm2 keygen --passphrase-fd 0 --iterations 1024 --derivation {derivation} -o k --force"
        );
        scene.shell(&line).works();
        scene.shell("printf 'two words' | miyao sm2 sign --passphrase-fd 0 --key k in").works();
        let told = scene.shell("printf 'two word' | miyao sm2 sign --passphrase-fd 0 --key k in").fails(3);
        assert!(told.starts_with("miyao: k: the passphrase does not open"), "{told}");
    }
}

#[test]
fn a_key_file_that_is_not_as_the_standards_write_it_is_refused_before_a_passphrase_is_asked_for() {
    let scene = Scene::new();
    scene.write("pass", "words");
    let sealed = ["sm2", "keygen", "--passphrase-file", "pass", "--iterations", "1024", "-o", "k"];
    scene.run(sealed).works();
    scene.run(["sm2", "convert", "--passphrase-file", "pass", "--to", "pkcs8", "-o", "plain", "k"]).works();
    let encode = ["sm2", "convert", "--passphrase-file", "pass", "--to", "encrypted", "--iterations", "1024"];
    scene.run(encode.into_iter().chain(["--encode", "binary", "-o", "der", "plain"])).works();
    let der = scene.read("der");
    scene.write("trailing", [&der[..], b"\n"].concat());
    scene.write("cut", &der[..der.len() - 1]);
    let at = der.windows(8).position(|at| at == [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x02]).unwrap();
    scene.write("gcm", [&der[..at + 7], &[8], &der[at + 8..]].concat());
    scene.write(
        "old",
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIB\n-----END EC PRIVATE KEY-----\n",
    );
    scene.write("told\u{1b}", [b"0: Key\n", &scene.read("k")[..]].concat());
    let sign = |key: &str| scene.shell(&format!("setsid -w \"$MIYAO_BINARY\" sm2 sign --key {key} pass"));
    for (key, code, says) in [
        ("trailing", 5, "miyao sm2 inspect"),
        ("cut", 5, "miyao sm2 inspect"),
        ("gcm", 6, "SM4-GCM"),
        ("old", 6, "decrypt the file first"),
        ("told\u{1b}", 4, "--passphrase-file"),
        ("der", 4, "--passphrase-file"),
        ("k", 4, "--passphrase-file"),
    ] {
        let told = sign(key).fails(code);
        assert!(told.contains(says), "{key}: {told}");
    }
    scene.run(["sm2", "sign", "--passphrase-file", "pass", "--key", "der", "pass"]).works();
    scene.run(["sm2", "sign", "--passphrase-file", "pass", "--key", "told\u{1b}", "pass"]).works();
    let open = scene.write("open\u{1b}", "words");
    fs::set_permissions(open, fs::Permissions::from_mode(0o644)).unwrap();
    let ended = scene.run(["sm2", "sign", "--passphrase-file", "open\u{1b}", "--key", "der", "pass"]);
    let told = ended.errors();
    assert!(told.contains("file open\\u{1b}; `chmod") && !told.contains('\u{1b}'), "{told}");
    ended.works();
}
