//! The `openssl` of the system and the command read each other's files.

use std::{io::Write, process::Command};

use crate::scene::Scene;

/// Runs `openssl` in the scene, or says loudly that there is none.
pub(super) fn openssl(scene: &Scene, arguments: &[&str]) -> Option<bool> {
    match Command::new("openssl").args(arguments).current_dir(scene.path("")).output() {
        Ok(ended) => Some(ended.status.success()),
        Err(error) => {
            // Written past the harness, which keeps what a passing test prints to itself.
            let said = format!("SKIPPED: openssl is needed (`apt-get install openssl`): {error}\n");
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            None
        }
    }
}

#[test]
fn signatures_and_ciphertexts_go_both_ways() {
    let scene = Scene::new();
    scene.write("pass", "words\n");
    scene.write("file", b"message");
    scene.run(["sm2", "keygen", "--plain", "-o", "ours", "--public", "ours.pub"]).works();
    let make = ["genpkey", "-algorithm", "SM2", "-out", "theirs"];
    let Some(true) = openssl(&scene, &make) else { return };
    assert_eq!(openssl(&scene, &["pkey", "-in", "theirs", "-pubout", "-out", "theirs.pub"]), Some(true));
    let id = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"];
    for name in ["ours", "theirs"] {
        let public = format!("{name}.pub");
        scene.run(["sm2", "sign", "--key", name, "-o", "sig", "--force", "file"]).works();
        let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", &public, "-in", "file", "-sigfile", "sig"];
        assert_eq!(openssl(&scene, &[&verify[..], &id].concat()), Some(true), "{name}");
        let sign = ["pkeyutl", "-sign", "-inkey", name, "-in", "file", "-out", "sig"];
        assert_eq!(openssl(&scene, &[&sign[..], &id].concat()), Some(true), "{name}");
        scene.run(["sm2", "verify", "--key", &public, "--signature", "sig", "file"]).works();
        scene.run(["sm2", "verify", "--key", &public, "--signature", "sig", "--id", "", "file"]).fails(3);

        scene.run(["sm2", "encrypt", "--key", &public, "-o", "m", "--force", "file"]).works();
        assert_eq!(
            openssl(&scene, &["pkeyutl", "-decrypt", "-inkey", name, "-in", "m", "-out", "out"]),
            Some(true)
        );
        assert_eq!(scene.read("out"), b"message");
        let encrypt = ["pkeyutl", "-encrypt", "-pubin", "-inkey", &public, "-in", "file", "-out", "m"];
        assert_eq!(openssl(&scene, &encrypt), Some(true));
        assert_eq!(scene.run(["sm2", "decrypt", "--key", name, "m"]).works(), b"message");
    }
    let seal =
        ["pkcs8", "-topk8", "-v2", "sm4-cbc", "-in", "theirs", "-out", "sealed", "-passout", "file:pass"];
    assert_eq!(openssl(&scene, &seal), Some(true));
    scene.run(["sm2", "sign", "--passphrase-file", "pass", "--key", "sealed", "file"]).works();
}
