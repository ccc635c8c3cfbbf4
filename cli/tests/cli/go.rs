//! What the command makes, the reader in Go opens, and the command what the tests in Go write; both refuse the same.

use std::{env, process::Command};

const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ffi/go/message");

#[test]
fn the_reader_in_go_passes_its_tests_beside_this_command() {
    let mut tests = Command::new("go");
    tests
        .args(["test", "-count=1", "-v", "./..."])
        .current_dir(MODULE)
        .env("MIYAO", env!("CARGO_BIN_EXE_miyao"));
    // A distribution may forbid a Go that is older than go.mod asks for to fetch a newer one; who runs it may too.
    if env::var_os("GOTOOLCHAIN").is_none() {
        tests.env("GOTOOLCHAIN", "auto");
    }
    let ended = tests.output().expect("Go 1.25 is needed; ./test installs it");
    let (told, errors) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "go test in ffi/go/message: {told}{errors}");
    assert!(told.matches("--- PASS: TestLive").count() >= 6, "tests with the command did not run: {told}");
    assert!(!told.contains("--- SKIP"), "tests in Go were skipped: {told}");
}
