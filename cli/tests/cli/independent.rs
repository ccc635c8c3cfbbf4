//! What the command makes, a program opens that was written from `docs/format.md` alone.

use std::process::Command;

use crate::scene::{Scene, noise};

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/independent/reader.py");

fn reader(scene: &Scene, passphrase: &str, context: &str) -> (Option<i32>, Vec<u8>) {
    let read = Command::new("python3")
        .arg(READER)
        .arg(scene.path("m"))
        .arg("--passphrase-file")
        .arg(scene.path(passphrase))
        .args(["--context", context])
        .output()
        .expect("python3 is needed; ./test installs it");
    (read.status.code(), read.stdout)
}

#[test]
fn an_independent_reader_opens_a_message_for_a_passphrase() {
    let scene = Scene::new();
    scene.write("right", "correct horse\n");
    scene.write("wrong", "incorrect horse\n");
    let text = noise(10_000, 7);
    scene.write("in", &text);
    let encrypt = ["encrypt", "--to-passphrase-file", "right", "--context", "tenant=a", "-o", "m", "in"];
    scene.run(encrypt).works();
    assert!(reader(&scene, "right", "tenant=a") == (Some(0), text));
    assert_eq!(reader(&scene, "wrong", "tenant=a"), (Some(3), Vec::new()));
    assert_eq!(reader(&scene, "right", "tenant=b"), (Some(3), Vec::new()));
}
