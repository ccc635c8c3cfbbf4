//! SM2 across a fork: parent and children draw other nonces, though each begins with the same memory.
//!
//! One test alone, so that no other thread of this process holds a lock of the allocator when it forks.
#![cfg(feature = "std")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "no safe face of fork(2) and _exit(2) is at hand")]

extern crate alloc;

use alloc::collections::BTreeSet;
use std::{fs, path::Path};

use miyao::{
    algo::{
        drbg::Drbg,
        sm2::{PrivateKey, Signature, sign_digest_batch},
    },
    kms,
};

unsafe extern "C" {
    safe fn fork() -> i32;
    safe fn _exit(status: i32) -> !;
}

const DIGEST: [u8; 32] = [7; 32];

/// Three signatures of one digest by one key: with a handle to the generator from before the fork, with a new one, and in
/// a batch. Two that are the same were made with the same nonce.
fn sign(key: &PrivateKey, kept: &mut kms::Rng) -> Vec<Signature> {
    let mut made = vec![key.sign_digest(&DIGEST, kept), key.sign_digest(&DIGEST, &mut kms::rng().unwrap())];
    made.extend(sign_digest_batch(&[(key, &DIGEST); 9], &mut kms::rng().unwrap()));
    made
}

fn write(path: &Path, signatures: &[Signature]) {
    fs::write(path, signatures.iter().flat_map(Signature::to_bytes).collect::<Vec<_>>()).unwrap();
}

fn read(path: &Path) -> Vec<Signature> {
    let bytes = fs::read(path).unwrap();
    bytes.as_chunks().0.iter().map(|raw| Signature::from_bytes(raw).unwrap()).collect()
}

#[test]
fn nonces_after_a_fork_are_nobody_else_s() {
    let directory = tempfile::tempdir().unwrap();
    let mut kept = kms::rng().unwrap();
    let key = PrivateKey::random(&mut kept);
    let mut all = sign(&key, &mut kept);
    // A generator that knows of no forks: what this test would find of a bad one.
    let (mut deaf, mut repeated) = (Drbg::new(&[1; 32], b"", b"tests/fork_nonces"), BTreeSet::new());
    let paths = ["one", "other"].map(|name| directory.path().join(name));
    for path in &paths {
        let child = fork();
        if child == 0 {
            let mut made = sign(&key, &mut kept);
            made.push(key.sign_digest(&DIGEST, &mut deaf));
            write(path, &made);
            _exit(0);
        }
        let child = rustix::process::Pid::from_raw(child).expect("a child");
        let ended = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty()).unwrap();
        assert_eq!(ended.and_then(|(_, status)| status.exit_status()), Some(0));
        all.extend(read(path));
        repeated.extend(all.pop().map(|signature| signature.to_bytes()));
    }
    assert_eq!(repeated.len(), 1, "both children drew on from the same state");
    all.extend(sign(&key, &mut kept));
    assert_eq!(all.len(), 4 * 11);
    for signature in &all {
        key.public_key().verify_digest(&DIGEST, signature).unwrap();
    }
    let different: BTreeSet<_> = all.iter().map(Signature::to_bytes).collect();
    assert_eq!(different.len(), all.len(), "a nonce was drawn twice");
}
