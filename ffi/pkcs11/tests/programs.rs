//! Programs of others on the token: `pkcs11-tool` of OpenSC, `p11tool` of GnuTLS, `p11-kit` and its proxy.
//!
//! A program that is not there is a failure; `./test` installs them.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(dead_code, reason = "the desk has more calls than these tests make")]

#[path = "token/desk.rs"]
mod desk;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    ptr,
};

use cryptoki_sys as ck;
use desk::{Desk, OWN, SM2_OID, bytes, call, flag};
use miyao::algo::{sm2, sm3};

const PIN: &str = "user-pin";

/// The library that was built with this test; elsewhere may be one of before.
fn library() -> PathBuf {
    let profile = env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let found = [profile.join("deps/libmiyao_pkcs11.so"), profile.join("libmiyao_pkcs11.so")];
    let library = found.into_iter().find(|path| path.exists());
    library.unwrap_or_else(|| panic!("build the library first: cargo build -p miyao-pkcs11"))
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{program} is needed; ./test installs it: {error}"))
}

/// What the program prints, when it ends well.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = run(program, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {text} {errors}");
    text
}

/// `pkcs11-tool` with the library.
fn tool(arguments: &[&str]) -> String {
    let library = library();
    said("pkcs11-tool", &[&["--module", library.to_str().unwrap()], arguments].concat())
}

fn as_user(arguments: &[&str]) -> String {
    tool(&[&["--login", "--pin", PIN], arguments].concat())
}

/// A token with an SM2 pair of each type and an SM4 key, identifiers 01, 02 and 03; nobody has it open.
fn furnished() -> Desk {
    let desk = Desk::new();
    let session = desk.user();
    let of = |id: u8, more: desk::Template| {
        [
            vec![
                flag(ck::CKA_TOKEN, true),
                bytes(ck::CKA_ID, &[id]),
                bytes(ck::CKA_LABEL, &[b'k', b'0' + id]),
            ],
            more,
        ]
        .concat()
    };
    let public = |id, more: desk::Template| {
        of(id, [vec![flag(ck::CKA_VERIFY, true), flag(ck::CKA_ENCRYPT, true)], more].concat())
    };
    let private = |id| of(id, vec![flag(ck::CKA_SIGN, true), flag(ck::CKA_DECRYPT, true)]);
    assert!(desk.pair(session, OWN + 0x10, &public(1, vec![]), &private(1)).is_ok());
    let curve = vec![bytes(ck::CKA_EC_PARAMS, SM2_OID)];
    assert!(desk.pair(session, ck::CKM_EC_KEY_PAIR_GEN, &public(2, curve), &private(2)).is_ok());
    assert!(desk.generate(session, OWN + 0x30, &of(3, desk::sm4_template())).is_ok());
    assert_eq!(call!(desk, C_Finalize(ptr::null_mut())), ck::CKR_OK);
    desk
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn pkcs11_tool_makes_a_token_of_an_empty_slot() {
    let desk = Desk::bare("");
    assert!(tool(&["-L"]).contains("uninitialized"));
    tool(&["--init-token", "--slot", "0", "--label", "a name", "--so-pin", "officer-pin"]);
    tool(&["--login", "--login-type", "so", "--so-pin", "officer-pin", "--init-pin", "--pin", PIN]);
    let slots = tool(&["-L"]);
    assert!(slots.contains("a name") && slots.contains("PIN initialized"), "{slots}");
    as_user(&["--change-pin", "--new-pin", "another-pin"]);
    let (library, wrong) = (library(), ["--login", "--pin", PIN, "-O"]);
    let refused = run("pkcs11-tool", &[&["--module", path(&library)], wrong.as_slice()].concat());
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("CKR_PIN_INCORRECT"));
    drop(desk);
}

#[test]
fn pkcs11_tool_finds_all_interfaces_and_takes_the_newest() {
    let desk = Desk::bare("");
    let listed = tool(&["--list-interfaces"]);
    let versions: Vec<_> = listed.lines().filter_map(|line| line.trim().strip_prefix("version: ")).collect();
    assert_eq!(versions, ["3.2", "3.0", "2.40"], "{listed}");
    assert_eq!(listed.matches("Interface 'PKCS 11'").count(), 3, "{listed}");
    assert!(tool(&["-I"]).contains("Cryptoki version 3.2"));
    drop(desk);
}

#[test]
fn pkcs11_tool_lists_hashes_keeps_data_and_tries_the_token_itself() {
    let desk = furnished();
    let listed = tool(&["-M"]);
    assert!(listed.contains("mechtype-0xCD590020, digest"), "{listed}");
    let gcm = "mechtype-0xCD590035, keySize={16,16}, encrypt, decrypt, wrap, unwrap";
    assert!(listed.contains(gcm), "{listed}");
    let objects = as_user(&["-O"]);
    assert!(objects.contains("k1") && objects.contains("k2") && objects.contains("k3"), "{objects}");
    let (text, out) = (desk.directory.path().join("abc"), desk.directory.path().join("out"));
    fs::write(&text, b"abc").unwrap();
    tool(&["--hash", "--mechanism", "0xCD590020", "-i", path(&text), "-o", path(&out)]);
    assert_eq!(fs::read(&out).unwrap(), sm3::digest(b"abc"));
    as_user(&["--write-object", path(&text), "--type", "data", "--label", "note", "--private"]);
    as_user(&["--read-object", "--type", "data", "--label", "note", "-o", path(&out)]);
    assert_eq!(fs::read(&out).unwrap(), b"abc");
    assert!(!tool(&["-O"]).contains("note"));
    as_user(&["--delete-object", "--type", "data", "--label", "note"]);
    assert!(as_user(&["-t"]).contains("No errors"));
}

#[test]
fn pkcs11_tool_signs_and_its_signatures_are_the_standard_s() {
    let desk = furnished();
    let (text, out) = (desk.directory.path().join("text"), desk.directory.path().join("signature"));
    fs::write(&text, b"a message").unwrap();
    for id in ["01", "02"] {
        let sign = ["--sign", "--mechanism", "0xCD590015", "--id", id, "-i", path(&text), "-o", path(&out)];
        as_user(&sign);
        let signature =
            sm2::Signature::from_bytes(fs::read(&out).unwrap().as_slice().try_into().unwrap()).unwrap();
        let point = desk.directory.path().join("point");
        let key = public_of(&desk, u8::from_str_radix(id, 16).unwrap());
        assert!(key.verify(sm2::DEFAULT_USER_ID, b"a message", &signature).is_ok());
        let verify = [
            "--verify",
            "--mechanism",
            "0xCD590015",
            "--id",
            id,
            "-i",
            path(&text),
            "--signature-file",
            path(&out),
        ];
        assert!(as_user(&verify).contains("Signature is valid"));
        fs::write(&point, b"another message").unwrap();
        let wrong = [
            "--verify",
            "--mechanism",
            "0xCD590015",
            "--id",
            id,
            "-i",
            path(&point),
            "--signature-file",
            path(&out),
        ];
        let library = library();
        let refused = run(
            "pkcs11-tool",
            &[&["--module", path(&library), "--login", "--pin", PIN], wrong.as_slice()].concat(),
        );
        assert!(!String::from_utf8_lossy(&refused.stdout).contains("Signature is valid"));
    }
}

/// The public key of an identifier, read in this process.
fn public_of(desk: &Desk, id: u8) -> sm2::PublicKey {
    assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_OK);
    let session = desk.open(false);
    let asked = vec![desk::number(ck::CKA_CLASS, ck::CKO_PUBLIC_KEY), bytes(ck::CKA_ID, &[id])];
    let point = desk.attribute(session, desk.find(session, &asked)[0], ck::CKA_EC_POINT).unwrap();
    assert_eq!(call!(desk, C_Finalize(ptr::null_mut())), ck::CKR_OK);
    sm2::PublicKey::from_bytes(&point[2..]).unwrap()
}

#[test]
fn pkcs11_tool_makes_secrets() {
    let desk = furnished();
    let keygen = [
        "--keygen",
        "--key-type",
        "GENERIC:32",
        "--id",
        "04",
        "--label",
        "mac",
        "--usage-sign",
        "--private",
        "--sensitive",
    ];
    as_user(&keygen);
    assert!(as_user(&["-O", "--type", "secrkey"]).contains("mac"));
    drop(desk);
}

#[test]
fn p11tool_lists_tokens_mechanisms_and_objects() {
    let desk = furnished();
    let library = library();
    let ask = |arguments: &[&str]| {
        said("p11tool", &[&["--provider", path(&library), "--batch"], arguments].concat())
    };
    let tokens = ask(&["--list-tokens"]);
    let url =
        tokens.lines().find_map(|line| line.trim().strip_prefix("URL: ").filter(|url| url.contains("miyao")));
    let url = url.unwrap_or_else(|| panic!("no token of ours: {tokens}"));
    assert!(ask(&["--list-mechanisms", url]).contains("0xcd590015"));
    let pin = ["--login", "--set-pin", PIN, "--list-all", url];
    let all = ask(&pin);
    assert!(all.contains("object=k2"), "{all}");
    drop(desk);
}

/// Runs it with the modules of a home. p11-kit reads those of no superuser's, so a superuser runs it as nobody.
fn as_nobody(directory: &Path, home: &Path, program: &str, arguments: &[&str]) -> Output {
    const NOBODY: u32 = 65534;
    let mut command = if rustix::process::getuid().is_root() {
        give(directory, NOBODY);
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).env("HOME", home).env("XDG_CONFIG_HOME", home.join(".config")).output().unwrap()
}

/// Gives a directory and what is in it to another user.
fn give(place: &Path, user: u32) {
    std::os::unix::fs::chown(place, Some(user), Some(user)).unwrap();
    if place.is_dir() {
        fs::read_dir(place).unwrap().for_each(|entry| give(&entry.unwrap().path(), user));
    }
}

#[test]
fn p11_kit_finds_the_module_and_its_proxy_passes_vendor_numbers_on() {
    let desk = furnished();
    let home = desk.directory.path().join("home");
    let modules = home.join(".config/pkcs11/modules");
    fs::create_dir_all(&modules).unwrap();
    let copy = home.join("libmiyao_pkcs11.so");
    fs::copy(library(), &copy).unwrap();
    fs::write(modules.join("miyao.module"), format!("module: {}\n", path(&copy))).unwrap();
    let at_home =
        |program: &str, arguments: &[&str]| as_nobody(desk.directory.path(), &home, program, arguments);
    let listed = at_home("p11-kit", &["list-modules"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("miyao PKCS#11 software token"), "{listed}");
    let proxies = [
        "/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so",
        "/usr/lib/aarch64-linux-gnu/p11-kit-proxy.so",
        "/usr/lib64/p11-kit-proxy.so",
    ];
    let proxy = proxies.into_iter().find(|proxy| Path::new(proxy).exists());
    let proxy = proxy.expect("p11-kit-proxy.so is needed; ./test installs it");
    let (text, out) = (desk.directory.path().join("abc"), desk.directory.path().join("out"));
    fs::write(&text, b"abc").unwrap();
    let hash =
        ["--module", proxy, "--hash", "--mechanism", "0xCD590020", "-i", path(&text), "-o", path(&out)];
    let output = at_home("pkcs11-tool", &hash);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(&out).unwrap(), sm3::digest(b"abc"));
}
