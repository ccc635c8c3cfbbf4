//! Encrypting and decrypting files: what appears, what does not, and what is left alone.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    process::{Command, Stdio},
};

use crate::scene::{Scene, noise};

/// A scene with an SM2 key pair: messages need no store.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene
}

#[test]
fn files_of_every_shape_of_length_come_back() {
    let scene = scene();
    for (seed, len) in
        [0, 1, 65_535, 65_536, 65_537, 131_072, (1 << 20) + 1, 5_000_000].into_iter().enumerate()
    {
        let text = noise(len, seed as u8);
        scene.write("in", &text);
        for suite in ["gcm", "ctr-hmac"] {
            scene.run(["encrypt", "--to-sm2", "k.pub", "--suite", suite, "--force", "-o", "m", "in"]).works();
            scene.run(["decrypt", "--sm2-key", "k.key", "--force", "-o", "out", "m"]).works();
            assert!(scene.read("out") == text, "{len} bytes, {suite}");
        }
    }
    assert_eq!(scene.leftovers(), Vec::<String>::new());
}

#[test]
fn outputs_are_their_owners_alone() {
    let scene = scene();
    scene.write("in", b"text");
    scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "m", "in"]).works();
    scene.run(["decrypt", "--sm2-key", "k.key", "-o", "out", "m"]).works();
    for name in ["m", "out"] {
        assert_eq!(fs::metadata(scene.path(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn an_output_that_exists_is_left_alone_unless_forced() {
    let scene = scene();
    scene.write("in", b"text");
    scene.write("m", b"precious");
    let told = scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "m", "in"]).fails(10);
    assert!(told.contains("--force"), "{told}");
    assert_eq!(scene.read("m"), b"precious");
    // Before any work: the missing key is not even looked at.
    scene.run(["encrypt", "--to-sm2", "nowhere", "-o", "m", "in"]).fails(10);
    scene.run(["encrypt", "--to-sm2", "k.pub", "--force", "-o", "m", "in"]).works();
    scene.write("out", b"precious");
    scene.run(["decrypt", "--sm2-key", "k.key", "-o", "out", "m"]).fails(10);
    assert_eq!(scene.read("out"), b"precious");
    scene.run(["decrypt", "--sm2-key", "k.key", "--force", "-o", "out", "m"]).works();
    assert_eq!(scene.read("out"), b"text");
    // In place, and still never half written.
    scene.run(["encrypt", "--to-sm2", "k.pub", "--force", "-o", "in", "in"]).works();
    scene.run(["decrypt", "--sm2-key", "k.key", "--force", "-o", "in", "in"]).works();
    assert_eq!(scene.read("in"), b"text");
    assert_eq!(scene.leftovers(), Vec::<String>::new());
}

#[test]
fn a_device_is_not_replaced_by_force_and_a_link_does_not_lead_elsewhere() {
    let scene = scene();
    scene.write("in", b"text");
    scene.run(["encrypt", "--to-sm2", "k.pub", "--force", "-o", "/dev/null", "in"]).fails(4);
    scene.write("target", b"precious");
    std::os::unix::fs::symlink("target", scene.path("link")).unwrap();
    scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "link", "in"]).fails(10);
    scene.run(["encrypt", "--to-sm2", "k.pub", "--force", "-o", "link", "in"]).works();
    assert_eq!(scene.read("target"), b"precious");
}

#[test]
fn streams_go_through_standard_input_and_output() {
    let scene = scene();
    let text = noise(1_000_000, 4);
    for input in [vec!["-"], vec![]] {
        let mut arguments = vec!["encrypt", "--to-sm2", "k.pub"];
        arguments.extend(&input);
        let message = scene.pipe(&text, &arguments).works();
        let mut arguments = vec!["decrypt", "--sm2-key", "k.key", "-o", "-"];
        arguments.extend(&input);
        assert!(scene.pipe(&message, &arguments).works() == text);
    }
}

#[test]
fn only_authenticated_frames_reach_the_standard_output_and_a_failure_is_told() {
    let scene = scene();
    let text = noise(300_000, 5);
    scene.write("in", &text);
    scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "m", "in"]).works();
    let mut message = scene.read("m");
    // In the third of five frames: at most the first two come out.
    let body_at = scene.run(["inspect", "--json", "m"]).record()["body_at"].as_u64().unwrap() as usize;
    message[body_at + 2 * (65_536 + 16) + 100] ^= 1;
    let ended = scene.pipe(&message, ["decrypt", "--sm2-key", "k.key"]);
    assert!(ended.output().len() <= 2 * 65_536 && text.starts_with(ended.output()));
    ended.fails(3);
    message.truncate(body_at + 2 * (65_536 + 16));
    let ended = scene.pipe(&message, ["decrypt", "--sm2-key", "k.key"]);
    assert!(ended.output().len() < text.len() && text.starts_with(ended.output()));
    assert!([3, 7].contains(&ended.code()), "{}", ended.errors());
}

#[test]
fn a_signed_message_is_verified_under_the_key_that_is_demanded() {
    let scene = scene();
    scene.key_pair("signer", 2);
    scene.key_pair("other", 3);
    scene.write("in", b"contract");
    scene.run(["encrypt", "--to-sm2", "k.pub", "--sign-with", "signer.key", "-o", "m", "in"]).works();
    let decrypt = ["decrypt", "--sm2-key", "k.key", "m"];
    assert_eq!(scene.run(decrypt).works(), b"contract");
    assert_eq!(scene.run(decrypt.into_iter().chain(["--verify-signer", "signer.pub"])).works(), b"contract");
    scene.run(decrypt.into_iter().chain(["--verify-signer", "other.pub", "-o", "out"])).fails(3);
    scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "unsigned", "in"]).works();
    scene
        .run(["decrypt", "--sm2-key", "k.key", "--verify-signer", "signer.pub", "-o", "out", "unsigned"])
        .fails(3);
    let mut message = scene.read("m");
    *message.last_mut().unwrap() ^= 1;
    scene.write("forged", message);
    scene
        .run(["decrypt", "--sm2-key", "k.key", "--verify-signer", "signer.pub", "-o", "out", "forged"])
        .fails(3);
    assert!(!scene.has("out"));
}

#[test]
fn names_need_not_be_text() {
    let scene = scene();
    let name = OsStr::from_bytes(b"caf\xe9 \xff");
    fs::write(scene.path(name), b"text").unwrap();
    let out = OsStr::from_bytes(b"out \xfe");
    let m = OsStr::from_bytes(b"m \xfd");
    let os = OsStr::new;
    scene.run([os("encrypt"), os("--to-sm2"), os("k.pub"), os("-o"), m, name]).works();
    scene.run([os("decrypt"), os("--sm2-key"), os("k.key"), os("-o"), out, m]).works();
    assert_eq!(scene.read(out), b"text");
    let line = scene.run([os("sm3"), out]).works();
    assert!(line.ends_with(b"  out \xfe\n"));
    scene.pipe(&line, ["sm3", "-c", "-"]).works();
    let context = OsStr::from_bytes(b"k\xff=v\xfe=");
    scene
        .run([os("encrypt"), os("--to-sm2"), os("k.pub"), os("--context"), context, os("-o"), os("c"), name])
        .works();
    scene.run([os("decrypt"), os("--sm2-key"), os("k.key"), os("--context"), context, os("c")]).works();
    assert_eq!(scene.run(["inspect", "--json", "c"]).record()["context"][0]["value_hex"], "76fe3d");
}

#[test]
fn a_large_file_takes_little_memory() {
    let scene = scene();
    let large = fs::File::create(scene.path("large")).unwrap();
    large.set_len(300 << 20).unwrap();
    let limited = |arguments: &str| {
        // 64 MiB of data on top of what the program itself and its threads' stacks map.
        scene.shell(&format!("ulimit -d 65536; exec \"$MIYAO_BINARY\" {arguments}"))
    };
    limited("encrypt --to-sm2 k.pub --threads 2 -o m large").works();
    limited("decrypt --sm2-key k.key --threads 2 -o back m").works();
    assert_eq!(fs::metadata(scene.path("back")).unwrap().len(), 300 << 20);
}

#[test]
fn a_message_for_none_of_the_keys_given_says_so() {
    let scene = scene();
    scene.key_pair("other", 9);
    scene.write("in", b"text");
    scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "m", "in"]).works();
    let told = scene.run(["decrypt", "--sm2-key", "other.key", "-o", "out", "m"]).fails(9);
    assert!(told.contains("inspect"), "{told}");
    assert!(!scene.has("out"));
}

#[test]
fn a_command_that_is_killed_in_the_middle_leaves_nothing() {
    let scene = scene();
    for signal in ["INT", "TERM", "KILL"] {
        let mut command = scene.command(["encrypt", "--to-sm2", "k.pub", "-o", "m"]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // More than a pipe holds: when this returns, most of it was read and encrypted.
        child.stdin.as_mut().unwrap().write_all(&noise(8 << 20, 1)).unwrap();
        let kill = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert!(!child.wait().unwrap().success());
        assert!(!scene.has("m"), "{signal}");
        assert_eq!(scene.leftovers(), Vec::<String>::new(), "{signal}");
    }
}
