//! Looking after a store: rollback, roots, backups, audit.

use std::{fs, process::Stdio};

use serde_json::json;

use crate::scene::{Scene, noise};

const STORE: &str = ".local/share/miyao/store.db";

#[test]
fn a_store_that_was_put_back_is_noticed() {
    let scene = Scene::with_store();
    fs::copy(scene.path(STORE), scene.path("old.db")).unwrap();
    scene.run(["key", "rotate", "orders"]).works();
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(scene.path(format!("{STORE}{suffix}")));
    }
    fs::copy(scene.path("old.db"), scene.path(STORE)).unwrap();
    for arguments in [&["doctor"][..], &["key", "list"], &["key", "rotate", "orders"]] {
        let told = scene.run(arguments).fails(16);
        assert!(told.contains("store.db"), "{told}");
    }
    // Another user of the store has seen nothing yet.
    fs::remove_dir_all(scene.path(".local/state")).unwrap();
    scene.run(["key", "list"]).works();
}

#[test]
fn an_edited_row_is_found_by_the_doctor() {
    let scene = Scene::with_store();
    let mut store = fs::read(scene.path(STORE)).unwrap();
    let name = b"orders";
    let places: Vec<usize> =
        (0..store.len() - name.len()).filter(|at| store[*at..].starts_with(name)).collect();
    assert!(!places.is_empty());
    for place in places {
        store[place] ^= 1;
    }
    fs::write(scene.path(STORE), store).unwrap();
    assert_ne!(scene.run(["doctor"]).code(), 0);
}

#[test]
fn the_root_changes_and_the_old_one_opens_nothing() {
    let scene = Scene::with_store();
    let token = scene.pipe(b"value", ["encrypt", "--key", "orders", "--token"]).works();
    scene.write("pass", b"new passphrase\n");
    scene.run(["root", "change", "--new-root", "passphrase", "--new-passphrase-file", "pass"]).works();
    assert_ne!(scene.run(["key", "list"]).code(), 0);
    scene.shell("miyao --passphrase-file pass key list").works();
    scene.shell("miyao --passphrase-file pass root change --new-root keyfile:second.key").works();
    let open = ["--root", "keyfile:second.key", "decrypt", "--token"];
    assert_eq!(scene.pipe(&token, open).works(), b"value");
    scene.run(["--root", "keyfile:root.key", "key", "list"]).fails(3);
}

#[test]
fn a_backup_is_proved_and_restored_into_a_new_store() {
    let scene = Scene::with_store();
    scene.key_pair("k", 1);
    scene.key_pair("other", 2);
    let token = scene.pipe(b"value", ["encrypt", "--key", "orders", "--context", "row=7", "--token"]).works();
    let report = scene.run(["backup", "-o", "b", "--to-sm2", "k.pub", "--json"]).record();
    assert_eq!((&report["keys"], &report["versions"]), (&json!(1), &json!(1)));
    scene.run(["backup", "-o", "b", "--to-sm2", "k.pub"]).fails(10);
    let verified = scene.run(["restore", "b", "--verify", "--sm2-key", "k.key", "--json"]).record();
    assert_eq!(verified["keys"], 1);
    scene.run(["restore", "b", "--verify", "--sm2-key", "other.key"]).fails(9);
    let restore = ["restore", "b", "--into", "new.db", "--sm2-key", "k.key"];
    scene.run(restore.iter().chain(["--root", "keyfile:new.key"].iter())).works();
    scene.run(restore.iter().chain(["--root", "keyfile:new.key"].iter())).fails(10);
    let new = ["--store", "new.db", "--root", "keyfile:new.key"];
    let open = ["decrypt", "--context", "row=7", "--token"];
    assert_eq!(scene.pipe(&token, new.iter().chain(&open)).works(), b"value");
    scene.run(new.iter().chain(&["doctor"])).works();

    let mut backup = scene.read("b");
    let middle = backup.len() - 40;
    backup[middle] ^= 1;
    scene.write("broken", backup);
    assert_ne!(scene.run(["restore", "broken", "--verify", "--sm2-key", "k.key"]).code(), 0);
    let ended = scene.run(["restore", "broken", "--into", "half.db", "--sm2-key", "k.key"]);
    assert_ne!(ended.code(), 0);
    assert!(!scene.has("half.db") && !scene.has("half.db-wal"));
}

#[test]
fn a_backup_can_be_for_a_passphrase() {
    let scene = Scene::with_store();
    scene.write("pass", b"backup words\n");
    scene.run(["backup", "-o", "b", "--to-passphrase-file", "pass"]).works();
    scene.run(["restore", "b", "--verify", "--with-passphrase-file", "pass"]).works();
}

#[test]
fn the_audit_log_names_who_did_what() {
    let scene = Scene::with_store();
    scene.run(["--as", "alice", "key", "rotate", "orders"]).works();
    scene.pipe(b"v", ["--as", "bob", "encrypt", "--key", "orders", "--token"]).works();
    let entries = scene.run(["audit", "show", "--json"]).records();
    let find = |action: &str, principal: &str| {
        entries.iter().any(|entry| entry["action"] == action && entry["principal"] == principal)
    };
    assert!(find("rotate", "alice") && find("encrypt", "bob"), "{entries:#?}");
    for (place, entry) in entries.iter().enumerate() {
        assert_eq!(entry["sequence"], place + 1);
        if place > 0 {
            assert_eq!(entry["previous"], entries[place - 1]["digest"]);
        }
    }
    let two = scene.run(["audit", "show", "--first", "2", "--limit", "2", "--json"]).records();
    assert_eq!(two, entries[1..3]);
    assert!(scene.run(["audit", "show"]).text().contains("alice rotate"));
    let report = scene.run(["audit", "verify", "--json"]).record();
    assert!(report["entries"].as_u64().unwrap() >= entries.len() as u64);
    scene.run(["--as", "white space", "key", "list"]).fails(4);
}

#[test]
fn an_operation_audited_one_by_one_is_in_the_log_when_it_returns() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "each", "--spec", "sm4", "--audit", "each"]).works();
    let before = scene.run(["audit", "show", "--json"]).records().len();
    for _ in 0..3 {
        scene.pipe(b"v", ["encrypt", "--key", "each", "--token"]).works();
    }
    let entries = scene.run(["audit", "show", "--json"]).records();
    let encrypts = entries[before..].iter().filter(|entry| entry["action"] == "encrypt").count();
    assert_eq!(encrypts, 3);
}

#[test]
fn maintain_rotates_what_is_used_up_and_says_so() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "few", "--spec", "sm4", "--max-messages", "4"]).works();
    for _ in 0..3 {
        scene.pipe(b"v", ["encrypt", "--key", "few", "--token"]);
    }
    let done = scene.run(["maintain", "--json"]).records();
    assert!(done.iter().any(|record| record["name"] == "few"), "{done:?}");
    assert_eq!(scene.run(["key", "show", "few", "--json"]).record()["primary"], 2);
    assert!(scene.run(["maintain", "--json"]).records().is_empty());
}

#[test]
fn a_store_of_this_release_needs_no_upgrade() {
    let scene = Scene::with_store();
    let record = scene.run(["store", "upgrade", "--json"]).record();
    assert_eq!(record["upgraded"], false);
    let names = fs::read_dir(scene.path(".local/share/miyao")).unwrap();
    assert!(names.flatten().all(|entry| !entry.file_name().to_string_lossy().contains("upgrade")));
    let info = scene.run(["store", "info", "--json"]).record();
    assert_eq!(info["root"], "keyfile");
}

#[test]
fn the_default_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::with_store();
    let mode = |path: &str| fs::metadata(scene.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".local/share/miyao"), mode(STORE), mode(".local/state/miyao")), (0o700, 0o600, 0o700));
}

#[test]
fn many_commands_on_one_store_at_once_all_succeed() {
    let scene = Scene::with_store();
    let children: Vec<_> = (0..8u8)
        .map(|seed| {
            scene.write(&format!("in{seed}"), noise(1000, seed));
            let arguments = ["encrypt", "--key", "orders", "-o", &format!("m{seed}"), &format!("in{seed}")];
            scene.command(arguments).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    for seed in 0..8u8 {
        assert!(scene.run(["decrypt", &format!("m{seed}")]).works() == noise(1000, seed));
    }
    scene.run(["doctor"]).works();
}
