//! Modules in C that stand before another one, and do something else than it in a few calls.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Builds one in this directory, of this source; `told` are words that the source has, and what they mean.
pub(crate) fn before(directory: &Path, name: &str, source: &str, told: &[(&str, String)]) -> PathBuf {
    let (text, library) = (directory.join(format!("{name}.c")), directory.join(format!("{name}.so")));
    fs::write(directory.join("before.h"), include_str!("before.h")).unwrap();
    fs::write(&text, source).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror"])
        .args(told.iter().map(|(word, meaning)| format!("-D{word}={meaning}")))
        .arg("-o")
        .args([&library, &text])
        .output()
        .expect("a C compiler is needed");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    library
}
