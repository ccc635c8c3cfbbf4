//! Programs in C that make stores, use them and close them, and that make messages and open them: each in an empty directory of its own.

use std::{
    env,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// The shared library that was built with this test.
fn library() -> PathBuf {
    let test = env::current_exe().unwrap();
    let built = test.with_file_name("libmiyao_ffi.so");
    assert!(built.exists(), "{} is built with this test", built.display());
    built
}

fn run(name: &str) {
    let directory = tempfile::tempdir().unwrap();
    let (libraries, scratch) = (directory.path().join("lib"), directory.path().join("scratch"));
    std::fs::create_dir(&libraries).unwrap();
    std::fs::create_dir(&scratch).unwrap();
    for name in ["libmiyao.so", "libmiyao.so.1"] {
        symlink(library(), libraries.join(name)).unwrap();
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = directory.path().join(name);
    let made = Command::new(env::var_os("CC").unwrap_or("cc".into()))
        .args(["-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"])
        .arg(&program)
        .arg(here.join("tests/stores").join(name).with_extension("c"))
        .arg("-I")
        .arg(here.join("include"))
        .arg("-L")
        .arg(&libraries)
        .arg(format!("-Wl,-rpath,{}", libraries.display()))
        .arg("-lmiyao")
        .output()
        .unwrap();
    assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
    let ran = Command::new(&program).arg(&scratch).output().unwrap();
    assert!(
        ran.status.success(),
        "{name}: {}\n{}{}",
        ran.status,
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn a_store_serves_from_its_making_to_its_close() {
    run("kms_trip");
}

#[test]
fn sm2_keys_of_a_store_sign_decrypt_and_travel() {
    run("kms_sm2");
}

#[test]
fn sixteen_threads_share_a_store_while_its_key_rotates_and_it_is_closed() {
    run("kms_threads");
}

#[test]
fn a_child_is_refused_the_store_and_its_parent_goes_on() {
    run("kms_fork");
}

#[test]
fn nothing_secret_is_left_in_memory_once_it_was_freed() {
    run("kms_memory");
}

#[test]
fn no_byte_outside_of_a_buffer_is_touched() {
    run("kms_guard");
}

#[test]
fn messages_go_in_memory_through_functions_and_in_pieces() {
    run("message_trip");
}

#[test]
fn streams_at_their_edges_refuse_and_go_on_and_keep_little() {
    run("message_edges");
}
