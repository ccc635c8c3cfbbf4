//! Signatures over files and digests.

use miyao::algo::sm2::{DEFAULT_USER_ID, MessageDigest, Signature};

use crate::scene::{Scene, noise};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.key_pair("other", 2);
    scene.write("file", noise(600_000, 3));
    scene
}

fn verify(scene: &Scene, more: &[&str]) -> i32 {
    let first = ["sm2", "verify", "--key", "k.pub", "--signature", "sig", "file"];
    scene.run(first.iter().chain(more)).code()
}

#[test]
fn signatures_verify_in_every_form_under_their_key_and_file_only() {
    let scene = scene();
    for form in ["der", "raw"] {
        for encode in ["binary", "hex", "base64"] {
            let sign =
                ["sm2", "sign", "--key", "k.key", "--form", form, "--encode", encode, "-o", "sig", "--force"];
            scene.run(sign.into_iter().chain(["file"])).works();
            assert_eq!(verify(&scene, &[]), 0, "{form} in {encode}");
        }
    }
    scene.run(["sm2", "verify", "--key", "other.pub", "--signature", "sig", "file"]).fails(3);
    scene.run(["sm2", "verify", "--key", "k.pub", "--signature", "sig", "k.pub"]).fails(3);
    let printed = scene.run(["sm2", "sign", "--key", "k.key", "file"]).text();
    scene.write("sig", &printed);
    assert!(printed.starts_with("304") && printed.ends_with('\n'), "{printed}");
    assert_eq!(verify(&scene, &[]), 0);
    let signature =
        scene.pipe(&scene.read("file"), ["sm2", "sign", "--key", "k.key", "--encode", "binary"]).works();
    let key = scene.key_pair("k", 1);
    let signature = Signature::from_der(&signature).unwrap();
    key.public_key().verify(DEFAULT_USER_ID, &scene.read("file"), &signature).unwrap();
    let record = scene.run(["sm2", "sign", "--key", "k.key", "file", "--json"]).record();
    assert!(record["signature"].as_str().unwrap().starts_with("304"));
    assert_eq!(
        scene.run(["sm2", "verify", "--key", "k.pub", "--signature", "sig", "file"]).text(),
        "verified\n"
    );
    scene.run(["sm2", "sign", "--key", "k.key", "-o", "sig", "file"]).fails(10);
}

#[test]
fn an_empty_user_id_is_not_the_default_and_8192_bytes_are_too_many() {
    let scene = scene();
    let longest = "a".repeat(8191);
    for id in ["", "alice", DEFAULT_USER_ID.escape_ascii().to_string().as_str(), &longest] {
        scene.run(["sm2", "sign", "--key", "k.key", "--id", id, "-o", "sig", "--force", "file"]).works();
        assert_eq!(verify(&scene, &["--user-id", id]), 0);
        let is_default = id.as_bytes() == DEFAULT_USER_ID;
        assert_eq!(verify(&scene, &[]), if is_default { 0 } else { 3 });
        assert_eq!(verify(&scene, &["--id", "bob"]), 3);
    }
    let told = scene.run(["sm2", "sign", "--key", "k.key", "--id", &"a".repeat(8192), "file"]).fails(4);
    assert!(told.contains("8,191"), "{told}");
    assert_eq!(verify(&scene, &["--id", &"a".repeat(8192)]), 4);
}

#[test]
fn a_digest_is_signed_as_it_is() {
    let scene = scene();
    let key = scene.key_pair("k", 1);
    let mut digest = MessageDigest::new(key.public_key(), DEFAULT_USER_ID).unwrap();
    digest.update(&scene.read("file"));
    let e = digest.finalize();
    scene.write("raw", e);
    scene.write("hex", e.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n");
    for file in ["raw", "hex"] {
        scene.run(["sm2", "sign", "--key", "k.key", "--digest", file, "-o", "sig", "--force"]).works();
        assert_eq!(verify(&scene, &[]), 0);
        scene.run(["sm2", "verify", "--key", "k.pub", "--signature", "sig", "--digest", file]).works();
    }
    scene.run(["sm2", "verify", "--key", "k.pub", "--signature", "sig", "raw"]).fails(3);
    let told = scene.run(["sm2", "sign", "--key", "k.key", "--digest", "file"]).fails(8);
    assert!(told.starts_with("miyao: file: "), "{told}");
    scene.write("short", &e[..31]);
    let told = scene.run(["sm2", "sign", "--key", "k.key", "--digest", "short"]).fails(4);
    assert!(told.contains("64 hexadecimal digits"), "{told}");
    scene.run(["sm2", "sign", "--key", "k.key", "--digest", "--id", "alice", "raw"]).fails(2);
}

#[test]
fn a_signature_that_is_none_fails_as_one_that_does_not_verify() {
    let scene = scene();
    scene.run(["sm2", "sign", "--key", "k.key", "-o", "good", "file"]).works();
    let good = scene.read("good");
    let long = [&[0x30, 0x81, good[1]], &good[2..]].concat();
    let n = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    for (what, bytes) in [
        ("trailing", [&good[..], &[0]].concat()),
        ("a long length", long),
        ("an indefinite length", [&[0x30, 0x80], &good[2..], &[0, 0]].concat()),
        ("cut", good[..good.len() - 1].to_vec()),
        ("empty", vec![]),
        ("r = n", format!("{n}{}", "1".repeat(64)).into_bytes()),
        ("a key", scene.read("k.pub")),
    ] {
        scene.write("sig", &bytes);
        let told = scene.run(["sm2", "verify", "--key", "k.pub", "--signature", "sig", "file"]).fails(3);
        assert!(told.contains("sig: ") && told.contains("miyao sm2 inspect"), "{what}: {told}");
    }
    let told = scene.run(["sm2", "verify", "--key", "file", "--signature", "good", "file"]).fails(5);
    assert!(told.contains("miyao sm2 inspect"), "{told}");
    scene.run(["sm2", "sign", "--key", "k.pub", "file"]).fails(5);
    scene.run(["sm2", "sign", "--key", "missing", "file"]).fails(9);
}
