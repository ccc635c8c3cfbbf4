//! Roots and keys in a token of SoftHSM, from `init` to a root moved away.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::scene::{Ended, Scene, noise};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// A home with tokens of SoftHSM.
struct Hsm {
    scene: Scene,
    /// What the commands open their store with.
    root: String,
}

impl Hsm {
    /// With tokens `kms` and `other`, whose PIN is in the file `pin`.
    fn new() -> Self {
        assert!(Path::new(MODULE).exists(), "SoftHSM is needed; ./test installs it");
        let scene = Scene::new();
        fs::create_dir(scene.path("tokens")).unwrap();
        let tokens = scene.path("tokens");
        scene.write("softhsm2.conf", format!("directories.tokendir = {}\n", tokens.display()));
        scene.write("pin", "1234\n");
        let hsm = Self { root: uri(&scene, "kms"), scene };
        for label in ["kms", "other"] {
            let mut command = Command::new("softhsm2-util");
            command.args([
                "--init-token",
                "--free",
                "--label",
                label,
                "--so-pin",
                "87654321",
                "--pin",
                "1234",
            ]);
            command.env("SOFTHSM2_CONF", hsm.conf()).stdout(Stdio::null());
            assert!(command.status().unwrap().success());
        }
        hsm
    }

    fn conf(&self) -> PathBuf {
        self.scene.path("softhsm2.conf")
    }

    fn pipe<S: AsRef<OsStr>>(&self, input: &[u8], arguments: impl IntoIterator<Item = S>) -> Ended {
        let mut command = self.scene.command(arguments);
        command.env("SOFTHSM2_CONF", self.conf()).env("MIYAO_ROOT", &self.root);
        Scene::feed(&mut command, input)
    }

    fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ended {
        self.pipe(b"", arguments)
    }

    /// The id of the root key in a device, as the store says it.
    fn root_key(&self) -> String {
        let shown = self.run(["--json", "root", "show"]).record();
        shown["key"]["id"].as_str().unwrap_or_default().to_owned()
    }
}

fn uri(scene: &Scene, token: &str) -> String {
    format!("pkcs11:token={token}?module-path={MODULE}&pin-source=file:{}", scene.path("pin").display())
}

#[test]
fn a_store_lives_under_a_token_and_its_keys_inside() {
    let mut hsm = Hsm::new();
    let made = hsm.run(["--json", "init"]).record();
    assert_eq!(made["root_key"].as_str().unwrap().len(), 32);
    hsm.run(["init"]).fails(10);
    let create = ["key", "create", "reader", "--spec", "sm2-encrypt", "--protection", "hardware"];
    let key = hsm.run(["--json"].iter().chain(&create)).record();
    assert_eq!(key["protection"], "hardware");
    assert!(key["versions"][0]["device"].as_str().unwrap().contains("kms"));
    // A token without SM2 signatures says so, and nothing is left in it.
    hsm.run(["key", "create", "signer", "--spec", "sm2-sign", "--protection", "hardware"]).fails(6);
    hsm.run(["key", "create", "orders", "--spec", "sm4"]).works();

    let text = noise(100_000, 3);
    hsm.scene.write("in", &text);
    hsm.run(["encrypt", "--key", "reader", "-o", "m", "in"]).works();
    let token = hsm.pipe(b"value", ["encrypt", "--key", "orders", "--token"]).works();
    hsm.run(["key", "rotate", "reader"]).works();
    hsm.run(["encrypt", "--key", "reader", "-o", "m2", "in"]).works();
    for message in ["m", "m2"] {
        hsm.run(["decrypt", "--force", "-o", "out", message]).works();
        assert_eq!(hsm.scene.read("out"), text);
    }

    let first = hsm.root_key();
    let told = hsm.run(["root", "rotate"]).text();
    let second = hsm.root_key();
    assert!(first != second && told.contains(&first) && told.contains(&second), "{told}");
    assert_eq!(hsm.pipe(&token, ["decrypt", "--token"]).works(), b"value");

    // The token goes away and comes back; nothing was made meanwhile.
    let (tokens, away) = (hsm.scene.path("tokens"), hsm.scene.path("away"));
    fs::rename(&tokens, &away).unwrap();
    fs::create_dir(&tokens).unwrap();
    assert_ne!(hsm.pipe(&token, ["decrypt", "--token"]).code(), 0);
    assert_ne!(hsm.run(["root", "rotate"]).code(), 0);
    assert_eq!(fs::read_dir(&tokens).unwrap().count(), 0);
    fs::remove_dir(&tokens).unwrap();
    fs::rename(&away, &tokens).unwrap();
    assert_eq!(hsm.root_key(), second);

    // To the other token; the reader's key stays where it is.
    let other = uri(&hsm.scene, "other");
    hsm.run(["root", "migrate", "--to", &hsm.root]).fails(4);
    hsm.run(["root", "migrate", "--to", &other]).works();
    let kms = core::mem::replace(&mut hsm.root, other);
    hsm.run(["decrypt", "--force", "-o", "out", "m"]).fails(19);
    let doctor = hsm.run(["--json", "doctor"]).record();
    assert_eq!((doctor["clean"].as_bool(), doctor["warnings"].as_array().unwrap().len()), (Some(true), 2));
    hsm.run(["--device", &kms, "decrypt", "--force", "-o", "out", "m"]).works();
    assert_eq!(hsm.scene.read("out"), text);

    // And back to a key file, of which no device knows.
    hsm.run(["root", "migrate", "--to", &kms, "--iterations", "600000"]).fails(4);
    hsm.run(["root", "migrate", "--to", "keyfile:root.key", "--iterations", "600000"]).fails(4);
    hsm.run(["root", "migrate", "--to", "keyfile:root.key"]).works();
    hsm.root = "keyfile:root.key".into();
    hsm.run(["root", "rotate"]).fails(4);
    assert_eq!(hsm.pipe(&token, ["decrypt", "--token"]).works(), b"value");
    let doctor = hsm.run(["--json", "--device", &kms, "doctor"]).record();
    assert_eq!((doctor["clean"].as_bool(), doctor["warnings"].as_array().unwrap().len()), (Some(true), 0));
    hsm.run(["root", "change", "--new-root", &kms]).fails(4);
    let named = kms.replace("token=kms", &format!("token=kms;id={}", percent(&second)));
    hsm.run(["root", "change", "--new-root", &named]).works();
    hsm.root = kms.clone();
    assert_eq!(hsm.root_key(), second);
    // Or to a passphrase.
    hsm.scene.write("pass", "correct horse battery staple");
    let to = ["root", "migrate", "--to", "passphrase", "--new-passphrase-file", "pass"];
    hsm.run(to).works();
    hsm.root = "passphrase".into();
    let passphrase = ["--passphrase-file", "pass"];
    hsm.run([&passphrase[..], &["--json", "--device", &kms, "doctor"]].concat()).works();
    hsm.run([&passphrase[..], &["audit", "verify"]].concat()).works();
}

/// An id as a URI writes it.
fn percent(hex: &str) -> String {
    hex.as_bytes().chunks(2).map(|pair| format!("%{}", String::from_utf8_lossy(pair))).collect()
}

#[test]
fn a_root_that_is_not_gm_is_made_on_request_and_refused_where_only_gm_is_allowed() {
    let hsm = Hsm::new();
    hsm.run(["--root-suite", "no-such-suite", "init"]).fails(4);
    hsm.run(["--root-suite", "sm4-gcm-device", "init"]).fails(6);
    hsm.run(["--gm-only", "--root-suite", "aes-gcm-device", "init"]).fails(13);
    hsm.run(["--root-suite", "aes-gcm-device", "init"]).works();
    hsm.run(["doctor"]).works();
    hsm.run(["--gm-only", "doctor"]).fails(13);
    // One of SM2 in its place is allowed.
    hsm.run(["root", "rotate"]).works();
    hsm.run(["--gm-only", "doctor"]).works();
}

#[test]
fn a_store_that_cannot_be_made_leaves_a_root_key_that_is_named_and_can_be_used() {
    let mut hsm = Hsm::new();
    // Nothing is at its end, and nothing can be made there: which is seen when the key is made.
    std::os::unix::fs::symlink("nowhere/store.db", hsm.scene.path("link.db")).unwrap();
    let told = hsm.run(["--store", "link.db", "init"]).fails(9);
    let id = told.split("the root key ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    assert!(id.len() == 32 && told.contains("stays in kms (serial"), "{told}");
    hsm.root = hsm.root.replace("token=kms", &format!("token=kms;id={}", percent(id)));
    assert_eq!(hsm.run(["--json", "init"]).record()["root_key"].as_str(), Some(id));
    hsm.run(["doctor"]).works();
}
