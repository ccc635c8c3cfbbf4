//! The verbs of `miyao key`: each does what it says and prints what it did.

use serde_json::json;

use crate::scene::{Scene, noise};

#[test]
fn a_key_is_made_with_everything_that_was_asked_for() {
    let scene = Scene::with_store();
    let arguments = [
        "key",
        "create",
        "pay/cards",
        "--spec",
        "sm4",
        "--rotate-every",
        "90d",
        "--description",
        "card numbers",
        "--tag",
        "team=pay",
        "--tag",
        "level=3",
        "--max-messages",
        "1000",
        "--max-bytes",
        "1000000",
        "--originator-period",
        "365d",
        "--recipient-period",
        "730d",
        "--audit",
        "each",
        "--deletion-protection",
    ];
    scene.run(arguments).works();
    let key = scene.run(["key", "show", "pay/cards", "--json"]).record();
    assert_eq!(key["name"], "pay/cards");
    assert_eq!(key["spec"], "sm4");
    assert_eq!(key["state"], "enabled");
    assert_eq!(key["primary"], 1);
    assert_eq!(key["rotate_every"], "90d");
    assert_eq!(key["description"], "card numbers");
    assert_eq!(key["tags"], json!({ "team": "pay", "level": "3" }));
    assert_eq!(
        key["limits"],
        json!({ "messages": 1000, "bytes": 1_000_000, "originator_period": "365d", "recipient_period": "730d" })
    );
    assert_eq!(key["audit"], "each");
    assert_eq!(key["deletion_protection"], true);
    assert_eq!(key["versions"][0]["state"], "active");
    assert!(key["created"].as_str().unwrap().ends_with('Z'));
    let page = scene.run(["key", "show", "pay/cards"]).text();
    assert!(page.contains("team=pay") && page.contains("90d"), "{page}");
    scene.run(["key", "create", "pay/cards", "--spec", "sm4"]).fails(10);
    scene.run(["key", "create", "-x", "--spec", "sm4"]).fails(2);
    scene.run(["key", "create", "a b", "--spec", "sm4"]).fails(4);
    scene.run(["key", "create", "k", "--spec", "aes"]).fails(2);
}

#[test]
fn keys_are_listed_by_name_and_in_pages() {
    let scene = Scene::with_store();
    for name in ["c", "a", "b"] {
        scene.run(["key", "create", name, "--spec", "hmac-sm3"]).works();
    }
    let names = |arguments: &[&str]| -> Vec<String> {
        let records = scene.run(["key", "list", "--json"].iter().chain(arguments)).records();
        records.iter().map(|record| record["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&[]), ["a", "b", "c", "orders"]);
    assert_eq!(names(&["--after", "a", "--limit", "2"]), ["b", "c"]);
    assert_eq!(names(&["--limit", "0"]), Vec::<String>::new());
    assert_eq!(scene.run(["key", "list"]).text().lines().count(), 4);
}

#[test]
fn rotation_with_an_expected_version_happens_once() {
    let scene = Scene::with_store();
    for _ in 0..3 {
        assert_eq!(
            scene.run(["key", "rotate", "orders", "--expected", "1", "--json"]).record()["version"],
            2
        );
    }
    assert_eq!(scene.run(["key", "rotate", "orders", "--json"]).record()["version"], 3);
    let key = scene.run(["key", "show", "orders", "--json"]).record();
    let states: Vec<_> =
        key["versions"].as_array().unwrap().iter().map(|version| &version["state"]).collect();
    assert_eq!(states, ["deactivated", "deactivated", "active"]);
}

#[test]
fn the_states_of_versions_follow_the_verbs_and_forbid_what_they_must() {
    let scene = Scene::with_store();
    let token = scene.pipe(b"value", ["encrypt", "--key", "orders", "--token"]).works();
    scene.run(["key", "rotate", "orders"]).works();
    let state = |version: usize| {
        scene.run(["key", "show", "orders", "--json"]).record()["versions"][version - 1]["state"].clone()
    };
    let open = || scene.pipe(&token, ["decrypt", "--token"]);
    scene.run(["key", "suspend", "orders:1"]).works();
    assert_eq!(state(1), "suspended");
    open().fails(12);
    scene.run(["key", "resume", "orders:1"]).works();
    assert_eq!(state(1), "deactivated");
    assert_eq!(open().works(), b"value");
    scene.run(["key", "compromise", "orders:1"]).works();
    assert_eq!(state(1), "compromised");
    open().fails(12);
    let recovered = scene.pipe(&token, ["decrypt", "--token", "--recover"]);
    assert!(recovered.errors().contains("compromised"), "{}", recovered.errors());
    assert_eq!(recovered.works(), b"value");
    scene.run(["key", "suspend", "orders"]).fails(4);
    scene.run(["key", "suspend", "orders:9"]).fails(9);
    scene.run(["key", "disable", "orders"]).works();
    scene.pipe(b"value", ["encrypt", "--key", "orders", "--token"]).fails(12);
    scene.run(["key", "enable", "orders"]).works();
    scene.pipe(b"value", ["encrypt", "--key", "orders", "--token"]).works();
}

#[test]
fn a_destruction_is_scheduled_waits_and_can_be_cancelled() {
    let scene = Scene::with_store();
    scene.run(["key", "schedule-destroy", "orders"]).fails(12);
    scene.run(["key", "disable", "orders"]).works();
    scene.run(["key", "schedule-destroy", "orders", "--wait", "1d"]).fails(4);
    let due = scene.run(["key", "schedule-destroy", "orders", "--wait", "7d", "--json"]).record();
    let key = scene.run(["key", "show", "orders", "--json"]).record();
    assert_eq!((&key["state"], &key["destroy_at"]), (&json!("destroy-scheduled"), &due["destroy_at"]));
    scene.run(["key", "cancel-destroy", "orders"]).works();
    assert_eq!(scene.run(["key", "show", "orders", "--json"]).record()["state"], "disabled");
    scene.run(["key", "enable", "orders"]).works();
    scene.run(["key", "rotate", "orders"]).works();
    scene.run(["key", "schedule-destroy", "orders:1"]).works();
    scene.run(["key", "cancel-destroy", "orders:1"]).works();
    let key = scene.run(["key", "show", "orders", "--json"]).record();
    assert_eq!(key["versions"][0]["state"], "suspended");
    scene.run(["key", "update", "orders", "--deletion-protection", "true"]).works();
    scene.run(["key", "disable", "orders"]).works();
    scene.run(["key", "schedule-destroy", "orders"]).fails(12);
}

#[test]
fn aliases_tags_and_policies_change() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "other", "--spec", "sm4"]).works();
    scene.run(["key", "alias", "orders", "current"]).works();
    scene.run(["key", "alias", "other", "current"]).fails(10);
    let id = |key: &str| scene.run(["key", "show", key, "--json"]).record()["id"].clone();
    assert_eq!(id("current"), id("orders"));
    scene.run(["key", "alias", "other", "current", "--move"]).works();
    assert_eq!(id("current"), id("other"));
    scene.run(["key", "alias", "--remove", "current"]).works();
    scene.run(["key", "show", "current"]).fails(9);
    scene.run(["key", "tag", "orders", "a=1", "b=2"]).works();
    scene.run(["key", "tag", "orders", "c=3", "--remove", "a"]).works();
    assert_eq!(
        scene.run(["key", "show", "orders", "--json"]).record()["tags"],
        json!({ "b": "2", "c": "3" })
    );
    let arguments =
        ["key", "update", "orders", "--max-messages", "5", "--rotate-every", "30d", "--description", "d"];
    scene.run(arguments).works();
    scene.run(["key", "update", "orders", "--max-bytes", "7"]).works();
    let key = scene.run(["key", "show", "orders", "--json"]).record();
    assert_eq!((&key["limits"]["messages"], &key["limits"]["bytes"]), (&json!(5), &json!(7)));
    assert_eq!((&key["rotate_every"], &key["description"]), (&json!("30d"), &json!("d")));
    scene.run(["key", "update", "orders", "--no-limits", "--no-rotation"]).works();
    let key = scene.run(["key", "show", "orders", "--json"]).record();
    assert_eq!((&key["limits"]["messages"], &key["rotate_every"]), (&json!(null), &json!(null)));
}

#[test]
fn a_limit_that_is_used_up_refuses_and_a_rotation_cures_it() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "few", "--spec", "sm4", "--max-messages", "2"]).works();
    let encrypt = || scene.pipe(b"v", ["encrypt", "--key", "few", "--token"]);
    let mut refused = 0;
    for _ in 0..4 {
        refused += i32::from(encrypt().code() == 14);
    }
    assert!(refused >= 2, "at most two messages were allowed");
    scene.run(["key", "rotate", "few"]).works();
    encrypt().works();
}

#[test]
fn material_comes_in_raw_or_wrapped_and_leaves_wrapped_only() {
    let scene = Scene::with_store();
    let material = noise(32, 7);
    scene.write("material", &material);
    scene.write("short", &material[..31]);
    scene.run(["key", "create", "raw", "--spec", "sm4", "--import"]).works();
    scene.run(["key", "import", "raw", "--material-file", "short"]).fails(4);
    scene.run(["key", "import", "raw", "--material-file", "material"]).works();
    let key = scene.run(["key", "show", "raw", "--json"]).record();
    assert_eq!((&key["origin"], &key["state"]), (&json!("imported"), &json!("enabled")));

    let taker = scene.key_pair("taker", 8);
    scene.run(["key", "export", "raw:1", "--to", "taker.pub", "-o", "exported"]).works();
    let exported = taker.decrypt(&scene.read("exported"), miyao::algo::sm2::Encoding::Der).unwrap();
    assert_eq!(exported.expose(), material);

    scene.run(["key", "create", "wrapped", "--spec", "sm4", "--import"]).works();
    scene.run(["key", "import-params", "wrapped", "--out-public", "p.pem", "--out-token", "t"]).works();
    let public = miyao::algo::sm2::PublicKey::from_pem(&scene.read("p.pem")).unwrap();
    let mut rng = miyao::algo::drbg::Drbg::new(&[1; 32], b"", b"");
    let ciphertext = public.encrypt(&material, miyao::algo::sm2::Encoding::Der, &mut rng).unwrap();
    scene.write("c", &ciphertext);
    let import = ["key", "import", "wrapped", "--token-file", "t", "--wrapped-file", "c"];
    scene.run(import).works();
    assert_ne!(scene.run(import).code(), 0, "the permit is for one import");
    scene.run(["key", "export", "wrapped", "--to", "taker.pub", "-o", "again"]).works();
    let exported = taker.decrypt(&scene.read("again"), miyao::algo::sm2::Encoding::Der).unwrap();
    assert_eq!(exported.expose(), material);
}

#[test]
fn a_kill_leaves_no_public_key_without_its_token() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "k", "--spec", "sm4", "--import"]).works();
    let params = ["key", "import-params", "k", "--out-public", "p", "--out-token", "t", "--force"];
    let ended = scene.run(["key", "import-params", "k", "--out-public", "p", "--out-token", "./p"]).fails(4);
    assert!(ended.contains("would be this file") && !scene.has("p"), "{ended}");
    scene.run(["key", "import-params", "k", "--out-public", "none/p", "--out-token", "t"]).fails(9);
    assert!(!scene.has("t"));
    let pair = || (scene.has("p").then(|| scene.read("p")), scene.has("t").then(|| scene.read("t")));
    scene.run(params).works();
    let mut whole = pair();
    let mut apart = 0;
    // What gives and takes names: before each call of each there is the old pair, the new one, or no public key.
    for call in ["unlink", "unlinkat", "linkat", "rename", "renameat", "renameat2"] {
        for moment in 1.. {
            let ended = scene.kill_before(moment, call, params);
            let found = pair();
            let is_changed = (found.0 != whole.0, found.1 != whole.1);
            match &found.0 {
                Some(_) => assert_eq!(is_changed.0, is_changed.1, "{call} {moment}: beside another's token"),
                None => apart += 1,
            }
            if ended {
                assert_eq!((found.0.is_some(), is_changed), (true, (true, true)));
            }
            scene.run(params).works();
            whole = pair();
            if ended {
                break;
            }
        }
    }
    assert!(apart >= 3, "{apart} of the kills came between the two");
}

#[test]
fn the_public_half_is_printed_as_pem_and_opens_messages_to_a_key_of_the_store() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "inbox", "--spec", "sm2-encrypt"]).works();
    let pem = scene.run(["key", "public", "inbox"]).text();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----"));
    scene.run(["key", "public", "inbox:1", "-o", "inbox.pem"]).works();
    assert_eq!(scene.read("inbox.pem"), pem.as_bytes());
    scene.write("in", b"for the inbox");
    scene.run(["encrypt", "--to-sm2", "inbox.pem", "-o", "m", "in"]).works();
    assert_eq!(scene.run(["decrypt", "m"]).works(), b"for the inbox");
    scene.run(["key", "public", "orders"]).fails(12);
}
