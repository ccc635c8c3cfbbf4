//! What is made here, read by gmsm and BouncyCastle; `tests/interop/certificates` builds both readers and runs this.

use std::{
    env, fs,
    io::{self, Write as _},
    process::Command,
};

use miyao::{
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        certificate::{Authority, Template},
        extension::GeneralName,
        request::Draft,
    },
};

use super::{
    authorities::{LEAF, List, MIDDLE, name, world, year},
    key, rng,
};

/// Whether a reader verifies these five: root, middle, leaf, request, and the list of middle.
fn reads(reader: &str, files: &[String; 5]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["root", "middle", "leaf", "request", "list"].map(|name| dir.path().join(name));
    for (path, text) in paths.iter().zip(files) {
        fs::write(path, text).unwrap();
    }
    let ended = Command::new(reader).args(&paths).output().unwrap();
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    assert!(ended.status.success() || !said.is_empty(), "a reader that refuses says why");
    ended.status.success()
}

fn holds_for(reader: &str) {
    let Some(program) = env::var_os(reader) else {
        // Written past the harness, which keeps what a passing test prints to itself.
        let said = format!("SKIPPED: {reader} names no program; tests/interop/certificates builds it\n");
        io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let program = program.to_str().unwrap();
    let [root, middle, _] = world();
    let names = ["dns:a.example", "ip:2001:db8::1"].map(|text| GeneralName::parse(text).unwrap());
    let middle_key = key(MIDDLE);
    let by = Authority::new(&middle, &middle_key).unwrap();
    for template in [Template::signing, Template::encryption] {
        let template = template(name("CN=密钥,O=Example\\, Inc.,C=CN"), year()).alternative_names(&names);
        let leaf = template.issue(key(LEAF).public_key(), &by, &mut rng("readers")).unwrap();
        let draft = Draft::new(name("CN=a.example")).alternative_names(&names);
        let request = draft.sign(&key(LEAF), DEFAULT_USER_ID, &mut rng("readers")).unwrap();
        let list = List::new("CN=middle,C=CN").revoking(leaf.serial().as_bytes(), &[]);
        let good = [
            root.to_pem().unwrap(),
            middle.to_pem().unwrap(),
            leaf.to_pem().unwrap(),
            request.to_pem().unwrap(),
            list.sign(&key(MIDDLE)).to_pem().unwrap(),
        ];
        assert!(reads(program, &good));
        // The same under another user id is refused, one by one.
        let other = by.user_id(b"another");
        let leaf = template.issue(key(LEAF).public_key(), &other, &mut rng("readers")).unwrap();
        let request = draft.sign(&key(LEAF), b"another", &mut rng("readers")).unwrap();
        let list = List { user_id: b"another".to_vec(), ..list }.sign(&key(MIDDLE));
        let bad = [(2, leaf.to_pem()), (3, request.to_pem()), (4, list.to_pem())];
        for (place, text) in bad {
            let mut files = good.clone();
            files[place] = text.unwrap();
            assert!(!reads(program, &files), "file {place} under another user id");
        }
    }
}

#[test]
fn gmsm_verifies_what_is_made() {
    holds_for("MIYAO_GMSM_CERTIFICATES");
}

#[test]
fn bouncycastle_verifies_what_is_made() {
    holds_for("MIYAO_BC_CERTIFICATES");
}
