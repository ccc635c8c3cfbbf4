//! Directories and many files: nothing is passed over in silence, and a second run goes on where the first ended.

use std::{fs, path::Path};

use crate::scene::{Scene, noise};

fn tree(scene: &Scene) {
    fs::create_dir_all(scene.path("in/deep/er")).unwrap();
    for (seed, name) in
        ["in/one", "in/deep/two", "in/deep/er/three.tar", "in/.hidden"].into_iter().enumerate()
    {
        scene.write(name, noise(10_000 * seed + 1, seed as u8));
    }
}

#[test]
fn a_directory_goes_there_and_back() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    tree(&scene);
    scene.run(["encrypt", "--to-sm2", "k.pub", "--out-dir", "sealed", "in"]).works();
    assert!(scene.has("sealed/deep/er/three.tar.miyao") && scene.has("sealed/.hidden.miyao"));
    scene.run(["decrypt", "--sm2-key", "k.key", "--out-dir", "back", "sealed"]).works();
    for name in ["one", "deep/two", "deep/er/three.tar", ".hidden"] {
        assert!(scene.read(format!("in/{name}")) == scene.read(format!("back/{name}")), "{name}");
    }
}

#[test]
fn a_second_run_skips_what_is_there_and_does_what_is_missing() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    tree(&scene);
    let arguments = ["encrypt", "--to-sm2", "k.pub", "--out-dir", "sealed", "in", "--json"];
    assert!(scene.run(arguments).records().iter().all(|record| record["outcome"] == "encrypted"));
    let before = scene.read("sealed/one.miyao");
    fs::remove_file(scene.path("sealed/deep/two.miyao")).unwrap();
    let records = scene.run(arguments).records();
    let encrypted: Vec<_> = records.iter().filter(|record| record["outcome"] == "encrypted").collect();
    assert_eq!(encrypted.len(), 1);
    assert_eq!(encrypted[0]["file"], "in/deep/two");
    assert!(scene.read("sealed/one.miyao") == before);
}

#[test]
fn what_fails_is_listed_and_the_others_are_done() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    tree(&scene);
    std::os::unix::fs::symlink("/nowhere", scene.path("in/dangling")).unwrap();
    std::os::unix::fs::symlink("deep", scene.path("in/loop")).unwrap();
    let ended = scene.run(["encrypt", "--to-sm2", "k.pub", "--out-dir", "sealed", "in", "missing"]);
    let told = ended.fails(25);
    for name in ["in/dangling", "in/loop", "missing"] {
        assert!(told.contains(name), "{name} is not in {told}");
    }
    assert!(scene.has("sealed/one.miyao") && scene.has("sealed/deep/two.miyao"));
}

#[test]
fn two_inputs_with_one_output_are_not_mixed_up() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    fs::create_dir(scene.path("a")).unwrap();
    fs::create_dir(scene.path("b")).unwrap();
    scene.write("a/x", b"a");
    scene.write("b/x", b"b");
    scene.run(["encrypt", "--to-sm2", "k.pub", "--out-dir", "sealed", "a/x", "b/x"]).fails(25);
    scene.run(["decrypt", "--sm2-key", "k.key", "-o", "x", "sealed/x.miyao"]).works();
    assert_eq!(scene.read("x"), b"a");
    scene.run(["encrypt", "--to-sm2", "k.pub", "a/x", "b/x"]).fails(4);
    scene.run(["encrypt", "--to-sm2", "k.pub", "a"]).fails(4);
    scene.run(["encrypt", "--to-sm2", "k.pub", "--out-dir", "a", "a"]).fails(4);
    scene.run(["encrypt", "--to-sm2", "k.pub", "--out-dir", "a"]).fails(4);
}

#[test]
fn rewrap_touches_recipients_only_lists_failures_and_goes_on_where_it_ended() {
    let scene = Scene::with_store();
    let mut names = Vec::new();
    for seed in 0..8u8 {
        let name = format!("m{seed}");
        scene.write("in", noise(70_000, seed));
        scene.run(["encrypt", "--key", "orders", "-o", &name, "in"]).works();
        names.push(name);
    }
    let body_at = scene.run(["inspect", "--json", "m0"]).record()["body_at"].as_u64().unwrap() as usize;
    let before = scene.read("m0");
    scene.run(["key", "rotate", "orders"]).works();
    scene.write("broken", b"no message at all");
    scene.write("list", names[1..].join("\n"));
    let ended = scene.run(["rewrap", "m0", "broken", "missing", "--from-list", "list", "--json"]);
    assert_eq!(ended.code(), 25);
    let told = ended.errors();
    assert!(told.contains("broken") && told.contains("missing"), "{told}");
    let after = scene.read("m0");
    assert!(before != after && before[body_at..] == after[body_at..] && before.len() == after.len());
    for name in &names {
        let found = scene.run(["inspect", "--json", name]).record();
        assert_eq!(found["recipients"][0]["version"], 2, "{name}");
    }
    let again = scene.run(["rewrap", "--from-list", "list", "--json"]).records();
    assert!(again.iter().all(|record| record["outcome"] == "current"));
    scene.write("list", names.join("\0") + "\0m0\0m0");
    assert_eq!(scene.run(["rewrap", "--from-list", "list", "--json"]).records().len(), names.len());
    scene.run(["decrypt", "-o", "back", "m7"]).works();
    assert!(scene.read("back") == noise(70_000, 7));
    scene.run(["rewrap", "missing"]).fails(9);
}

#[test]
fn rewrap_can_move_a_message_to_another_key() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "archive", "--spec", "sm4"]).works();
    let archive = scene.run(["key", "show", "archive", "--json"]).record();
    scene.write("in", b"text");
    scene.run(["encrypt", "--key", "orders", "-o", "m", "in"]).works();
    scene.run(["rewrap", "--to-key", "archive", "m"]).works();
    assert_eq!(scene.run(["inspect", "--json", "m"]).record()["recipients"][0]["key"], archive["id"]);
    assert_eq!(scene.run(["decrypt", "m"]).works(), b"text");
}

#[test]
fn rewrap_finds_sm2_keys_by_their_public_half_and_passes_over_other_stores_keys() {
    let scene = Scene::with_store();
    scene.run(["key", "create", "inbox", "--spec", "sm2-encrypt"]).works();
    scene.write("in", b"text");
    scene.run(["encrypt", "--key", "inbox", "-o", "m", "in"]).works();
    let recipient = || scene.run(["inspect", "--json", "m"]).record()["recipients"].clone();
    let before = recipient();
    assert_eq!(scene.run(["rewrap", "m", "--json"]).record()["outcome"], "current");
    scene.run(["key", "rotate", "inbox"]).works();
    scene.run(["rewrap", "m"]).works();
    assert_ne!(recipient(), before);
    assert_eq!(scene.run(["decrypt", "m"]).works(), b"text");
    // A message for another store's key alone is for nobody here.
    let other = Scene::with_store();
    other.write("m", scene.read("m"));
    other.run(["rewrap", "m"]).fails(9);
}

#[test]
fn hashes_are_printed_and_checked_as_sha256sum_does_it() {
    let scene = Scene::new();
    scene.write("abc", b"abc");
    scene.write("with\nnewline", b"");
    let lines = scene.run(["sm3", "abc", "with\nnewline"]).text();
    assert!(lines.starts_with("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0  abc\n"));
    assert!(lines.lines().nth(1).unwrap().starts_with('\\') && lines.ends_with("with\\nnewline\n"));
    scene.write("list", &lines);
    scene.run(["sm3", "-c", "list"]).works();
    scene.write("abc", b"abd");
    let told = scene.run(["sm3", "-c", "list"]);
    assert!(String::from_utf8_lossy(told.output()).contains("abc: differs"));
    told.fails(3);
    fs::remove_file(scene.path("abc")).unwrap();
    scene.run(["sm3", "-c", "list"]).fails(25);
    scene.write("list", b"not a list");
    scene.run(["sm3", "-c", "list"]).fails(5);
    assert!(scene.pipe(b"abc", ["sm3"]).text().ends_with("  -\n"));
    assert!(!Path::new("abc").exists());
}
