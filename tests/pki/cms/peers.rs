//! What is written here, read by others where they are at hand: OpenSSL, gmsm and GmSSL.

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use miyao::pki::cms::{Dialect, Recipients, Signers};

use super::{holders, rng, unhex};

/// Runs a program with this input; `None` and a word to the log where it is not there.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            // Written past the harness, which keeps what a passing test prints to itself.
            io::stderr().write_all(format!("SKIPPED: {program} is needed: {error}\n").as_bytes()).unwrap();
            return None;
        }
    };
    // Whoever needs no input may have ended before.
    drop(child.stdin.take().unwrap().write_all(input));
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    Some(ended.stdout)
}

/// A program that a variable names, such as the one built of `tests/vectors/cms.go`.
fn named(variable: &str, source: &str) -> Option<String> {
    let found = env::var(variable).ok();
    if found.is_none() {
        let said = format!("SKIPPED: {variable} names no program; build {source} as it says on top\n");
        io::stderr().write_all(said.as_bytes()).unwrap();
    }
    found
}

fn written(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn openssl_verifies_signed_attributes_under_its_empty_user_id() {
    let dir = tempfile::tempdir().unwrap();
    let [(one, first), _] = holders();
    for detached in [false, true] {
        let signers = Signers::new(&one, &first).unwrap().dialect(Dialect::Pkcs7).unwrap();
        let signers = signers.user_id(b"").with_attributes();
        let signers = if detached { signers.detached() } else { signers };
        let message = written(dir.path(), "message", &signers.sign(b"content", &mut rng("openssl")).unwrap());
        let content = written(dir.path(), "content", b"content");
        let mut arguments = vec!["cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", &message];
        if detached {
            arguments.extend(["-content", &content]);
        }
        if let Some(found) = run("openssl", &arguments, b"") {
            assert_eq!(found, b"content");
        }
    }
}

#[test]
fn gmsm_reads_everything_that_is_written() {
    let Some(gmsm) = named("MIYAO_GMSM_CMS", "tests/vectors/cms.go") else { return };
    let dir = tempfile::tempdir().unwrap();
    let [(one, first), (two, second)] = holders();
    let certificate = written(dir.path(), "certificate", two.certificate().unwrap().as_der());
    let scalar: String = second.expose().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    let read = |kind: &str, message: &[u8]| {
        let path = written(dir.path(), "message", message);
        let found = run(&gmsm, &[kind, &path, &certificate, &scalar], b"content").unwrap();
        assert_eq!(unhex(core::str::from_utf8(&found).unwrap().trim()), b"content", "{kind}");
    };
    for dialect in [Dialect::Standard, Dialect::Pkcs7] {
        for round in 0..4 {
            let signers =
                Signers::new(&one, &first).unwrap().and(&two, &second).unwrap().dialect(dialect).unwrap();
            let signers = if round & 1 == 1 { signers.with_attributes() } else { signers };
            let signers = if round & 2 == 2 { signers.detached() } else { signers };
            read("signed", &signers.sign(b"content", &mut rng("gmsm")).unwrap());
        }
        let recipients = Recipients::new(&one).and(&two).dialect(dialect).unwrap();
        read("enveloped", &recipients.seal(b"content", &mut rng("gmsm")).unwrap());
        let signers = Signers::new(&one, &first).unwrap().dialect(dialect).unwrap();
        read("both", &recipients.seal_signed(b"content", &signers, &mut rng("gmsm")).unwrap());
    }
}
