//! `miyao hsm` against SoftHSM, in a token directory of its own for every test.
//!
//! SoftHSM has no 国密 mechanism: what it shows are the SM2 curve with ECDH, AES, and every refusal.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use miyao::provider::pkcs11::profile::{Profile, Shelf};
use serde_json::Value;

use crate::scene::{Ended, Scene};

pub(crate) const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// A home with a token `kms` in it, whose user PIN 246810 is in the file `pin`.
pub(crate) struct Token {
    pub(crate) scene: Scene,
    pub(crate) conf: PathBuf,
}

impl Token {
    pub(crate) fn new() -> Self {
        let scene = Scene::new();
        fs::create_dir(scene.path("tokens")).unwrap();
        let conf = scene.write(
            "softhsm2.conf",
            format!(
                "directories.tokendir = {}\nobjectstore.backend = file\n",
                scene.path("tokens").display()
            ),
        );
        scene.write("pin", "246810\n");
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", "kms", "--so-pin", "13579135", "--pin", "246810"])
            .env("SOFTHSM2_CONF", &conf)
            .output()
            .expect("softhsm2-util; `./test` installs it");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { scene, conf }
    }

    fn hsm(&self, arguments: &[&str]) -> Ended {
        let mut command = self.scene.command(["hsm"].iter().chain(arguments));
        command.env("SOFTHSM2_CONF", &self.conf);
        Scene::feed(&mut command, b"")
    }

    /// With the module, the token and the PIN.
    fn used(&self, verb: &str, more: &[&str]) -> Ended {
        let common = [verb, "--module", MODULE, "--token", "kms", "--pin-file", "pin"];
        self.hsm(&[&common, more].concat())
    }

    /// How many objects are in the token, for who is logged in.
    fn objects(&self) -> usize {
        let listed = Command::new("pkcs11-tool")
            .args([
                "--module",
                MODULE,
                "--token-label",
                "kms",
                "--login",
                "--pin",
                "246810",
                "--list-objects",
            ])
            .env("SOFTHSM2_CONF", &self.conf)
            .output()
            .expect("pkcs11-tool; `./test` installs it");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        String::from_utf8_lossy(&listed.stdout).matches("Object;").count()
    }

    fn profile(&self, name: &str) -> Profile {
        Profile::parse(&String::from_utf8(self.scene.read(name)).unwrap()).unwrap()
    }
}

#[test]
fn the_slots_of_a_module_are_listed_with_their_profiles() {
    let token = Token::new();
    let records = token.hsm(&["list", "--module", MODULE, "--json"]).records();
    let kms = records.iter().find(|record| record["label"] == "kms").unwrap();
    assert_eq!((&kms["manufacturer"], &kms["profile"]), (&"SoftHSM project".into(), &"softhsm".into()));
    assert_eq!((&kms["initialized"], &kms["pin_set"]), (&true.into(), &true.into()));
    assert!(records.iter().any(|record| record["initialized"] == false), "the free slot of SoftHSM");
    let text = token.hsm(&["list", &format!("pkcs11:?module-path={MODULE}")]).text();
    assert!(
        text.contains(": kms (SoftHSM project SoftHSM v2, serial ") && text.contains("profile softhsm"),
        "{text}"
    );
}

#[test]
fn a_module_is_named_once_and_absolutely() {
    let token = Token::new();
    token.hsm(&["list"]).fails(2);
    token.hsm(&["list", "--module", "libsofthsm2.so"]).fails(4);
    token.hsm(&["list", "pkcs11:token=kms"]).fails(4);
    token.hsm(&["list", &format!("pkcs11:?module-path={MODULE}"), "--module", "/usr/lib/other.so"]).fails(4);
    token.hsm(&["list", "--module", "/usr/lib/softhsm/none.so"]).fails(9);
    token.hsm(&["info", "--module", MODULE, "--token", "nobody"]).fails(9);
    token.hsm(&["info", "--module", MODULE, "--token", "kms", "--profile", "nobody"]).fails(9);
}

#[test]
fn what_a_token_offers_is_told_and_so_is_what_it_does_not() {
    let token = Token::new();
    let info = token.hsm(&["info", &format!("pkcs11:token=kms?module-path={MODULE}"), "--json"]).record();
    let offered = |kind: &str, name: &str| info["offers"][kind][name].as_str().unwrap().to_owned();
    for suite in ["sm2-ec-raw", "aes-gcm-device", "aes-kw-device"] {
        assert_eq!(offered("suites", suite), "offered");
    }
    for suite in ["sm4-gcm-device", "sm4-cbc-etm-device", "sm2-pke-device"] {
        assert_eq!(offered("suites", suite), "not offered");
    }
    assert_eq!(offered("keys", "sm2-encrypt"), "offered");
    for key in ["sm4", "hmac-sm3", "sm2-sign"] {
        assert_eq!(offered("keys", key), "not offered");
    }
    let mechanisms = info["mechanisms"].as_array().unwrap();
    let ecdh = mechanisms.iter().find(|info| info["code"] == "0x00001050").unwrap();
    assert_eq!(ecdh["name"], "sm2-ecdh");
    assert!(ecdh["flags"].as_array().unwrap().contains(&"derive".into()));
    assert!(mechanisms.len() > 50);
    let text = token.hsm(&["info", "--module", MODULE, "--token", "kms"]).text();
    assert!(text.contains("sm2-sign           not offered"), "{text}");
    // Of every suite it is said whether it is 国密.
    for suite in ["aes-gcm-device", "aes-kw-device"] {
        assert!(text.contains(&format!("root     {suite:<18} offered (not 国密)\n")), "{text}");
    }
    assert!(text.contains("root     sm2-ec-raw         offered\n"), "{text}");
    assert_eq!(text.matches("(not 国密)").count(), 2, "{text}");
    // The numbers of others are not there, so by their profile nothing is offered.
    let sansec =
        token.hsm(&["info", "--module", MODULE, "--token", "kms", "--profile", "sansec", "--json"]).record();
    let all = sansec["offers"]["suites"].as_object().unwrap().values();
    assert!(all.clone().count() == 6 && all.clone().all(|offered| offered == "not offered"));
}

#[test]
fn a_probe_recovers_the_profile_of_softhsm_and_leaves_nothing() {
    let token = Token::new();
    let said = token.used("probe", &["--output", "found.toml", "--name", "mine", "--json"]).record();
    assert_eq!(said["left"], Value::Array(Vec::new()));
    let shelf = Shelf::built_in().unwrap();
    let (found, known) = (token.profile("found.toml"), shelf.named("softhsm").unwrap());
    assert_eq!(found.mechanisms, known.mechanisms);
    assert_eq!((found.keys, &found.quirks), (known.keys, &known.quirks));
    assert_eq!(found.name, "mine");
    assert_eq!(found.probed.unwrap().model, "SoftHSM v2");
    assert_eq!(token.objects(), 0);
    assert_eq!(token.scene.leftovers(), Vec::<String>::new());

    // What was written is used in place of what is compiled in, and holds.
    let listed = token.hsm(&["list", "--module", MODULE, "--profiles", "found.toml"]).text();
    assert!(listed.contains("profile mine"), "{listed}");
    token.used("selftest", &["--profiles", "found.toml"]).works();
    token.used("probe", &["--output", "found.toml"]).fails(10);
    token.used("probe", &["--output", "found.toml", "--force"]).works();
    assert_eq!(token.profile("found.toml").name, "probed");
}

#[test]
fn a_store_uses_the_profile_that_a_probe_wrote() {
    let token = Token::new();
    token.used("probe", &["--output", "mine.toml", "--name", "mine"]).works();
    let pin = token.scene.path("pin");
    let root = format!("pkcs11:token=kms?module-path={MODULE}&pin-source=file:{}", pin.display());
    let run = |arguments: &[&str]| {
        let mut command = token.scene.command(arguments);
        command.env("SOFTHSM2_CONF", &token.conf).env("MIYAO_ROOT", &root);
        Scene::feed(&mut command, b"")
    };
    run(&["--profiles", "mine.toml", "init"]).works();
    let shown = run(&["--profiles", "mine.toml", "--json", "root", "show"]).record();
    assert_eq!(shown["root"], "pkcs11");
    run(&["--profiles", "mine.toml", "doctor"]).works();
    run(&["--profiles", "none.toml", "doctor"]).fails(9);
    // A profile that makes the token offer nothing is heeded too.
    let nothing = String::from_utf8(token.scene.read("mine.toml")).unwrap().replace("0x1050", "0x1051");
    token.scene.write("nothing.toml", nothing.replace("verified = true", "verified = false"));
    assert_ne!(run(&["--profiles", "nothing.toml", "doctor"]).code(), 0);
}

#[test]
fn a_probe_that_expects_another_vendor_finds_the_same() {
    let token = Token::new();
    token.used("probe", &["--output", "found.toml", "--profile", "sansec"]).works();
    let shelf = Shelf::built_in().unwrap();
    assert_eq!(token.profile("found.toml").mechanisms, shelf.named("softhsm").unwrap().mechanisms);
}

#[test]
fn the_self_test_says_what_differs() {
    let token = Token::new();
    let passed = token.used("selftest", &["--json"]).record();
    assert_eq!((&passed["passed"], passed["checks"].as_array().unwrap().len()), (&true.into(), 6));
    assert!(passed["checks"].as_array().unwrap().iter().all(|check| check["result"] == "passed"));

    let absent = token.used("selftest", &["--profile", "sansec"]);
    let text = String::from_utf8_lossy(absent.output()).into_owned();
    assert!(text.contains("not offered sm3 0x80009001") && text.contains("keys.sm2"), "{text}");
    absent.fails(22);

    let shelf = Shelf::built_in().unwrap();
    let wrong = shelf.named("softhsm").unwrap().to_toml().replace("\"gcm\"", "\"gcm-koal\"");
    token.scene.write("wrong.toml", wrong);
    let differs = token.used("selftest", &["--profiles", "wrong.toml", "--json"]);
    let record: Value = serde_json::from_slice(differs.output()).unwrap();
    differs.fails(22);
    let check =
        record["checks"].as_array().unwrap().iter().find(|check| check["operation"] == "aes-gcm").unwrap();
    assert_eq!((&check["result"], &check["found"]["parameter"]), (&"differs".into(), &"gcm".into()));

    let wrong = shelf.named("softhsm").unwrap().to_toml().replace("\"octet-string\"", "\"bare\"");
    token.scene.write("wrong.toml", wrong);
    let differs = token.used("selftest", &["--profiles", "wrong.toml"]);
    assert!(String::from_utf8_lossy(differs.output()).contains("keys.sm2: found type 0x3"));
    differs.fails(22);
}

#[test]
fn a_pin_comes_from_its_owners_file_only_and_is_tried_once() {
    let token = Token::new();
    // So long that no serial number has it in it.
    let wrong = token.scene.write("wrong", "97531864");
    token.used("selftest", &["--pin-file", "wrong"]).fails(2);
    let with =
        |file: &str| token.hsm(&["selftest", "--module", MODULE, "--token", "kms", "--pin-file", file]);
    let refused = with("wrong").fails(13);
    assert!(refused.contains("PIN") && !refused.contains("97531864"), "{refused}");
    fs::set_permissions(&wrong, fs::Permissions::from_mode(0o644)).unwrap();
    with("wrong").fails(4);
    with("none").fails(9);
    // There is no terminal to ask.
    token.hsm(&["selftest", "--module", MODULE, "--token", "kms"]).fails(4);
    let pin = token.scene.path("pin");
    let uri = format!("pkcs11:token=kms?module-path={MODULE}&pin-source=file:{}", pin.display());
    token.hsm(&["selftest", &uri]).works();
    token.hsm(&["selftest", &format!("pkcs11:token=kms?module-path={MODULE}&pin-value=246810")]).fails(4);
}

#[test]
fn the_commands_of_the_page_work_as_written() {
    let document = include_str!("../../../docs/hsm.md");
    let blocks = document.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let commands = blocks.collect::<String>();
    assert_eq!((commands.matches("miyao hsm ").count(), commands.matches("miyao ").count()), (3, 8));
    let scene = Scene::new();
    scene.write("pin", "246810\n");
    // Nobody is there to type the PINs: the one thing that is not as written.
    let label = "--label kms";
    let commands = commands.replace(label, &format!("{label} --so-pin 13579135 --pin 246810"));
    let told = scene.shell(&format!("set -e\n{commands}")).text();
    assert!(told.contains("profile softhsm") && told.contains("sm2-ec-raw         offered"), "{told}");
    assert_eq!(told.matches("passed      ").count(), 6, "{told}");
    assert!(told.contains("root       pkcs11"), "{told}");
}

#[test]
fn the_commands_of_the_readme_work_as_written() {
    let scene = Scene::new();
    let block = include_str!("../../../README.md").split("```sh\n").nth(2).unwrap();
    let commands = block.split_once("```").unwrap().0;
    assert_eq!(commands.lines().count(), 3);
    scene.shell(&format!("set -e\n{commands}")).works();
    let root =
        format!("pkcs11:token=kms?module-path={MODULE}&pin-source=file:{}", scene.path("pin").display());
    let mut show = scene.command(["--json", "--root", &root, "root", "show"]);
    show.env("SOFTHSM2_CONF", scene.path("softhsm2.conf"));
    assert_eq!(Scene::feed(&mut show, b"").record()["key"]["id"].as_str().unwrap().len(), 32);
}
