//! The example in C is compiled as its user would compile it, and keeps its records through rotations and restarts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};

use miyao::{
    envelope::token::TokenHeader,
    key::{KeyName, NewKey, Principal, Spec},
    kms::{KeyRef, Kms},
    provider::software::KeyFile,
    store::sqlite::Sqlite,
};

/// The bytes of a row, and where its token is: docs/tutorial-c.md.
const ROW: usize = 32 + 79 + 12 + 16 + 1024;
const TOKEN: core::ops::Range<usize> = 32..32 + 79;

fn compiled(directory: &Path) -> PathBuf {
    let library = env::current_exe().unwrap().with_file_name("libmiyao_ffi.so");
    assert!(library.exists(), "{} is built with this test", library.display());
    for name in ["libmiyao.so", "libmiyao.so.1"] {
        symlink(&library, directory.join(name)).unwrap();
    }
    let (here, program) = (Path::new(env!("CARGO_MANIFEST_DIR")), directory.join("service"));
    let made = Command::new(env::var_os("CC").unwrap_or("cc".into()))
        .args(["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg(here.join("examples/service.c"))
        .args(["-I".as_ref(), here.join("include").as_os_str(), "-L".as_ref(), directory.as_os_str()])
        .arg(format!("-Wl,-rpath,{}", directory.display()))
        .arg("-lmiyao")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    program
}

struct Service {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Service {
    fn start(program: &Path, directory: &Path) -> Self {
        let mut child = Command::new(program)
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn answer(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

/// The versions of the key that the rows are under.
fn versions(directory: &Path) -> Vec<u32> {
    let table = fs::read(directory.join("records")).unwrap();
    assert_eq!(table.len() % ROW, 0);
    table.chunks(ROW).map(|row| TokenHeader::parse(&row[TOKEN]).unwrap().version).collect()
}

#[test]
fn the_service_in_c_keeps_its_records_through_rotations_and_restarts() {
    let (build, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (program, directory) = (compiled(build.path()), directory.path());
    let root = KeyFile::create(&directory.join("root.key"), &mut miyao::kms::rng().unwrap()).unwrap();
    let store = Arc::new(Sqlite::create(&directory.join("store.db")).unwrap());
    let operator = Kms::init(store, &root, Principal::parse("operator").unwrap()).unwrap();
    operator.create(NewKey::new(KeyName::parse("records").unwrap(), Spec::Sm4)).unwrap();
    let key = KeyRef::parse("records").unwrap();

    let mut service = Service::start(&program, directory);
    assert_eq!(service.answer("put a first text"), "ok");
    assert_eq!(service.answer("put b second"), "ok");
    // Under its hands: what was written and what is written still come back.
    operator.rotate(&key, None).unwrap();
    assert_eq!(service.answer("put b second text"), "ok");
    assert_eq!(service.answer("get a"), "first text");
    assert_eq!(service.answer("get b"), "second text");
    assert_eq!(service.answer("get none"), "error 9");
    assert_eq!(service.answer("drop a"), "error 4");
    service.end();
    assert_eq!(versions(directory), [1, 1]);

    // What is maintained first wraps anew.
    let mut service = Service::start(&program, directory);
    assert_eq!(service.answer("put c third"), "ok");
    for (question, text) in [("get a", "first text"), ("get b", "second text"), ("get c", "third")] {
        assert_eq!(service.answer(question), text);
    }
    service.end();
    assert_eq!(versions(directory), [2, 2, 2]);

    let mut table = fs::read(directory.join("records")).unwrap();
    table[ROW - 1] ^= 1;
    table[ROW] = b'x'; // the second row under another id
    fs::write(directory.join("records"), table).unwrap();
    let mut service = Service::start(&program, directory);
    assert_eq!(service.answer("get a"), "error 3");
    assert_eq!(service.answer("get x"), "error 3");
    assert_eq!(service.answer("get c"), "third");
    service.end();
}

/// The names of ours in a text.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    // Those that end so stand for several, and the two of the environment are the command's.
    words.filter(|word| word.starts_with("miyao_") || word.starts_with("MIYAO_")).filter(|word| {
        !word.ends_with('_') && !["MIYAO_STORE", "MIYAO_ROOT", "miyao_pkgconfig"].contains(word)
    })
}

#[test]
fn the_documents_for_c_name_nothing_that_the_header_has_not() {
    let header = include_str!("../include/miyao.h");
    let has = |name: &str| names(header).any(|there| there == name);
    for (document, text) in [
        ("c.md", include_str!("../../docs/c.md")),
        ("tutorial-c.md", include_str!("../../docs/tutorial-c.md")),
        ("README.md", include_str!("../../README.md")),
    ] {
        assert!(names(text).count() > 10, "{document}");
        for name in names(text) {
            assert!(has(name), "{document}: {name}");
        }
    }
    assert!(!has("miyao_no_such_function"));
}
