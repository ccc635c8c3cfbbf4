//! What else `pkcs11-tool` of OpenSC and `p11tool` of GnuTLS do with the module: everything that they can do with a token which has
//! no RSA; and what they cannot, which they say.
//!
//! A program that is not there is a failure; `./test` installs them.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on ends")]

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output},
};

use miyao::algo::{
    mode::{cbc, ecb},
    sm4::Sm4,
};

const PIN: &str = "user-pin";
const OFFICER: &str = "officer-pin";
const URL: &str = "pkcs11:model=software%20token;manufacturer=miyao";
const IV: [u8; 16] = *b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";

/// The profile of the document, SM4 under the numbers of AES, which programs know.
fn as_aes() -> &'static str {
    let document = include_str!("../../../docs/pkcs11-module.md");
    let mut blocks = document.split("```toml\n").map(|block| block.split("```").next().unwrap());
    blocks.find(|block| block.starts_with("name = \"as-aes\"")).expect("the document has it")
}

/// A store of its own, for programs that are told where by the environment.
struct Scratch(tempfile::TempDir);

/// The built library, beside the programs of the tests.
fn library() -> PathBuf {
    let profile = env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let found = [profile.join("libmiyao_pkcs11.so"), profile.join("deps/libmiyao_pkcs11.so")];
    let library = found.into_iter().find(|path| path.exists());
    library.unwrap_or_else(|| panic!("build the library first: cargo build -p miyao-pkcs11"))
}

/// What a program printed, both ways.
fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Scratch {
    /// An empty slot, with these numbers.
    fn empty(profile: Option<&str>) -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        let numbers = profile.map_or_else(String::new, |profile| {
            fs::write(scratch.path("profile.toml"), profile).unwrap();
            format!("profile = \"as-aes\"\nprofile_file = {:?}\n", scratch.path("profile.toml"))
        });
        let store = scratch.path("store");
        let text = format!("store = {store:?}\n{numbers}[pin]\niterations = 1024\nfloor = 1024\n");
        fs::write(scratch.path("conf"), text).unwrap();
        scratch
    }

    /// And a token with both PINs.
    fn new(profile: Option<&str>) -> Self {
        let scratch = Self::empty(profile);
        scratch.tool(&["--init-token", "--slot", "0", "--label", "main", "--so-pin", OFFICER]);
        let officer = ["--login", "--login-type", "so", "--so-pin", OFFICER];
        scratch.tool(&[&officer[..], &["--init-pin", "--pin", PIN]].concat());
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A place that a program is told of.
    fn place(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.place(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn run(&self, program: &str, option: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.arg(option).arg(library()).args(arguments).env("MIYAO_PKCS11_CONF", self.path("conf"));
        command.output().unwrap_or_else(|error| panic!("{program} is needed; ./test installs it: {error}"))
    }

    /// What `pkcs11-tool` prints when it ends well.
    fn tool(&self, arguments: &[&str]) -> String {
        let output = self.run("pkcs11-tool", "--module", arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn as_user(&self, arguments: &[&str]) -> String {
        self.tool(&[&["--login", "--pin", PIN], arguments].concat())
    }

    /// What it prints when it does not, for this reason.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], reason: &str) {
        let output = self.run("pkcs11-tool", "--module", &[&["--login", "--pin", PIN], arguments].concat());
        let told = text(&output);
        assert!(!output.status.success() && told.contains(reason), "{arguments:?}: {told}");
    }

    /// What `p11tool` prints when it ends well.
    fn p11tool(&self, arguments: &[&str]) -> String {
        let output = self.run("p11tool", "--provider", &[&["--batch"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn p11tool_as_user(&self, arguments: &[&str]) -> String {
        self.p11tool(&[&["--login", "--set-pin", PIN], arguments].concat())
    }
}

#[test]
fn pkcs11_tool_tells_what_library_and_what_token_it_is() {
    let scratch = Scratch::new(None);
    let about = scratch.tool(&["-I"]);
    assert!(
        about.contains("Cryptoki version 3.2") && about.contains("miyao PKCS#11 software token"),
        "{about}"
    );
    let tokens = scratch.tool(&["-T"]);
    for line in
        ["miyao software slot 0", "token label        : main", "login required, rng", "PIN initialized"]
    {
        assert!(tokens.contains(line), "{tokens}");
    }
    let mechanisms = scratch.tool(&["-M"]);
    for line in [
        "mechtype-0xCD590010, keySize={256,256}, generate_key_pair",
        "mechtype-0xCD590020, digest",
        "mechtype-0xCD590032, keySize={16,16}, encrypt, decrypt",
        "ECDH1-DERIVE, keySize={256,256}, derive",
    ] {
        assert!(mechanisms.contains(line), "{line}: {mechanisms}");
    }
    // Without a token there is a slot to be listed, and no token.
    let empty = Scratch::empty(None);
    assert!(empty.tool(&["-L"]).contains("uninitialized"));
}

#[test]
fn pkcs11_tool_draws_random_bytes() {
    let scratch = Scratch::new(None);
    let mut drawn = Vec::new();
    for (name, length) in [("a", "16"), ("b", "16"), ("c", "1"), ("d", "1000")] {
        scratch.tool(&["--generate-random", length, "-o", &scratch.place(name)]);
        drawn.push(scratch.read(name));
        assert_eq!(drawn.last().unwrap().len(), length.parse::<usize>().unwrap());
    }
    assert_ne!(drawn[0], drawn[1]);
    assert!(drawn[3].chunks(16).all(|part| part != vec![0; part.len()] || part.len() < 8), "{:?}", drawn[3]);
}

#[test]
fn pkcs11_tool_forks_and_the_child_begins_anew() {
    let scratch = Scratch::new(None);
    for login in [&[][..], &["--login", "--pin", PIN]] {
        let told = scratch.tool(&[login, &["--test-fork"]].concat());
        assert!(told.contains("Calling C_Initialize in forked child process"), "{told}");
        assert!(!told.contains("CKR_"), "{told}");
    }
}

/// A certificate of GB/T 20518, from the vectors.
fn certificate() -> Vec<u8> {
    let vectors = include_str!("../../../tests/vectors/certificates.json");
    let der = vectors.split("\"der\": \"").nth(1).unwrap().split('"').next().unwrap();
    (0..der.len()).step_by(2).map(|at| u8::from_str_radix(&der[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn pkcs11_tool_keeps_certificates() {
    let (scratch, certificate) = (Scratch::new(None), certificate());
    let file = scratch.write("certificate", &certificate);
    let names = ["--type", "cert", "--id", "07", "--label", "root"];
    scratch.as_user(&[&["--write-object", &file], &names[..]].concat());
    // Everybody sees it.
    let listed = scratch.tool(&["-O", "--type", "cert"]);
    assert!(listed.contains("X.509 cert") && listed.contains("CN=root") && listed.contains("07"), "{listed}");
    scratch.tool(&["--read-object", "--type", "cert", "--id", "07", "-o", &scratch.place("read")]);
    assert_eq!(scratch.read("read"), certificate);
    scratch.as_user(&["--type", "cert", "--id", "07", "--set-id", "08"]);
    scratch.as_user(&["--delete-object", "--type", "cert", "--id", "08"]);
    assert!(!scratch.as_user(&["-O"]).contains("Certificate"));
}

/// A key that is told, and one that is not: their identifiers are 04 and 05.
fn with_sm4_keys() -> (Scratch, [u8; 16]) {
    let scratch = Scratch::new(Some(as_aes()));
    let keygen = ["--keygen", "--key-type", "AES:16", "--private", "--usage-decrypt"];
    let told = scratch.as_user(&[&keygen[..], &["--id", "04", "--label", "told", "--extractable"]].concat());
    assert!(told.contains("Secret Key Object; AES length 16"), "{told}");
    scratch.as_user(&[&keygen[..], &["--id", "05", "--label", "kept", "--sensitive"]].concat());
    scratch.as_user(&["--read-object", "--type", "secrkey", "--id", "04", "-o", &scratch.place("key")]);
    let key = scratch.read("key").try_into().unwrap();
    (scratch, key)
}

#[test]
fn pkcs11_tool_encrypts_with_sm4_under_numbers_that_it_knows() {
    let (scratch, key) = with_sm4_keys();
    let (cipher, iv) = (Sm4::new(&key), hex(&IV));
    let whole = b"a text of sixteen bytes and more".to_vec();
    let padded = [&whole[..21], &[11; 11]].concat();
    let (mut by_ecb, mut by_cbc, mut by_pad) = (whole.clone(), whole.clone(), padded);
    ecb::encrypt(&cipher, &mut by_ecb).unwrap();
    cbc::encrypt(&cipher, &IV, &mut by_cbc).unwrap();
    cbc::encrypt(&cipher, &IV, &mut by_pad).unwrap();
    for (mechanism, length, expected) in
        [("AES-ECB", 32, by_ecb), ("AES-CBC", 32, by_cbc), ("AES-CBC-PAD", 21, by_pad)]
    {
        let clear = scratch.write("clear", &whole[..length]);
        let (made, back) = (scratch.place("made"), scratch.place("back"));
        for id in ["04", "05"] {
            let with = ["--mechanism", mechanism, "--iv", &iv, "--id", id];
            scratch.as_user(&[&["--encrypt", "-i", &clear, "-o", &made], &with[..]].concat());
            let is_ours = scratch.read("made") == expected;
            assert_eq!(is_ours, id == "04", "{mechanism} under {id}: what miyao encrypts to, under that key");
            scratch.as_user(&[&["--decrypt", "-i", &made, "-o", &back], &with[..]].concat());
            assert_eq!(scratch.read("back"), &whole[..length], "{mechanism} under {id}");
        }
        // And what miyao encrypted.
        let ours = scratch.write("ours", &expected);
        let with = ["--mechanism", mechanism, "--iv", &iv, "--id", "04"];
        scratch.as_user(&[&["--decrypt", "-i", &ours, "-o", &back], &with[..]].concat());
        assert_eq!(scratch.read("back"), &whole[..length], "{mechanism}");
    }
}

#[test]
fn pkcs11_tool_brings_in_an_sm4_key_and_changes_its_name() {
    let (scratch, key) = with_sm4_keys();
    let names = ["--type", "secrkey", "--key-type", "AES:16", "--id", "09", "--label", "brought"];
    let usage = ["--private", "--sensitive", "--usage-decrypt"];
    let file = scratch.place("key");
    scratch.as_user(&[&["--write-object", &file], &names[..], &usage[..]].concat());
    scratch.as_user(&["--type", "secrkey", "--id", "09", "--set-id", "0b"]);
    let (clear, made, iv) = (scratch.write("clear", &[7; 48]), scratch.place("made"), hex(&IV));
    let with = ["--mechanism", "AES-CBC", "--iv", &iv, "--id", "0b"];
    scratch.as_user(&[&["--encrypt", "-i", &clear, "-o", &made], &with[..]].concat());
    let mut expected = [7; 48];
    cbc::encrypt(&Sm4::new(&key), &IV, &mut expected).unwrap();
    assert_eq!(scratch.read("made"), expected);
    scratch.as_user(&["--delete-object", "--type", "secrkey", "--id", "0b"]);
    let listed = scratch.as_user(&["-O", "--type", "secrkey"]);
    assert!(!listed.contains("brought") && listed.contains("told") && listed.contains("kept"), "{listed}");
}

#[test]
fn pkcs11_tool_says_what_it_cannot_do() {
    let (scratch, _) = with_sm4_keys();
    let (made, iv) = (scratch.place("made"), hex(&IV));
    // A value that stays inside.
    let read = ["--read-object", "--type", "secrkey", "--id", "05", "-o", &made];
    scratch.refuses(&read, "CKR_ATTRIBUTE_SENSITIVE");
    // SM4 has keys of one length, and CBC no padding.
    scratch.refuses(
        &["--keygen", "--key-type", "AES:32", "--id", "06", "--private", "--sensitive"],
        "CKR_KEY_SIZE_RANGE",
    );
    let short = scratch.write("short", &[7; 31]);
    let with = ["--mechanism", "AES-CBC", "--iv", &iv, "--id", "04"];
    scratch.refuses(&[&["--encrypt", "-i", &short, "-o", &made], &with[..]].concat(), "LEN_RANGE");
    // A curve of no name of the tool's, and a pair of no kind of the token's.
    for curve in ["sm2", "SM2", "sm2p256v1", "wapip192v1"] {
        let pair = format!("EC:{curve}");
        scratch.refuses(&["--keypairgen", "--key-type", &pair, "--id", "08"], "Unknown EC key params");
    }
    scratch.refuses(&["--keypairgen", "--key-type", "EC:prime256v1", "--id", "08"], "C_GenerateKeyPair");
    scratch.refuses(&["--keypairgen", "--key-type", "rsa:2048", "--id", "08"], "not supported");
    let kept = scratch.as_user(&["-O"]);
    assert_eq!(kept.matches(" Object").count(), 2, "nothing was made of it: {kept}");

    // It hashes and signs with numbers that it does not know, and encrypts with none.
    let own = Scratch::new(None);
    let clear = own.write("clear", &[7; 32]);
    let secret = ["--keygen", "--key-type", "GENERIC:16", "--id", "04", "--private", "--sensitive"];
    own.as_user(&secret);
    for (number, iv) in [("0xCD590032", &iv), ("0xCD590031", &iv), ("0xCD590018", &iv)] {
        let with = ["--mechanism", number, "--iv", iv, "--id", "04", "-i", &clear, "-o", &made];
        own.refuses(&[&["--encrypt"], &with[..]].concat(), "illegal or not supported");
        own.refuses(&[&["--decrypt"], &with[..]].concat(), "not supported");
    }
    assert!(!own.path("made").exists());
}

#[test]
fn p11tool_makes_a_token_and_draws_random_bytes() {
    let scratch = Scratch::empty(None);
    let pins = ["--set-so-pin", OFFICER, "--set-pin", PIN];
    scratch.p11tool(&[&pins[..], &["--initialize", "--label", "main", URL]].concat());
    assert!(!scratch.tool(&["-T"]).contains("PIN initialized"));
    scratch.p11tool(&[&["--so-login"], &pins[..], &["--initialize-pin", URL]].concat());
    assert!(scratch.tool(&["-T"]).contains("PIN initialized"));
    let listed = scratch.p11tool(&["--list-tokens"]);
    assert!(listed.contains("Label: main") && listed.contains("Model: software token"), "{listed}");
    let mut drawn = Vec::new();
    for name in ["a", "b"] {
        scratch.p11tool(&["--generate-random", "32", "--outraw", "--outfile", &scratch.place(name), URL]);
        drawn.push(scratch.read(name));
        assert_eq!(drawn.last().unwrap().len(), 32);
    }
    assert_ne!(drawn[0], drawn[1]);
    // The other one's PIN is another.
    assert!(scratch.as_user(&["-t"]).contains("No errors"));
}

#[test]
fn p11tool_brings_in_a_secret_and_a_certificate_and_deletes_them() {
    let (scratch, certificate) = (Scratch::new(None), certificate());
    let secret = ["--write", "--secret-key", "000102030405060708090a0b0c0d0e0f", "--label", "secret"];
    scratch.p11tool_as_user(&[&secret[..], &["--mark-private", URL]].concat());
    let listed = scratch.p11tool_as_user(&["--list-all", URL]);
    assert!(listed.contains("Type: Secret key") && listed.contains("Label: secret"), "{listed}");
    assert!(listed.contains("CKA_PRIVATE; CKA_SENSITIVE"), "{listed}");
    let nobody = text(&scratch.run("p11tool", "--provider", &["--batch", "--list-all", URL]));
    assert!(nobody.contains("No matching objects found"), "{nobody}");

    // It reads no DER, and says of the key in it that it does not know it.
    let (der, pem) = (scratch.write("der", &certificate), scratch.place("pem"));
    let made = Command::new("openssl").args(["x509", "-inform", "DER", "-in", &der, "-out", &pem]).status();
    assert!(made.expect("openssl is needed; ./test installs it").success());
    scratch.p11tool_as_user(&["--write", "--load-certificate", &pem, "--label", "root", URL]);
    let named = format!("{URL};object=root");
    scratch.p11tool(&["--export", "--outder", "--outfile", &scratch.place("read"), &named]);
    assert_eq!(scratch.read("read"), certificate);
    assert!(scratch.p11tool(&["--info", &named]).contains("X.509 Certificate"));

    for name in ["root", "secret"] {
        let told = scratch.p11tool_as_user(&["--delete", &format!("{URL};object={name}")]);
        assert!(told.contains("1 objects deleted"), "{told}");
    }
    assert!(!scratch.as_user(&["-O"]).contains("Object"));
}

#[test]
fn p11tool_says_what_it_cannot_do() {
    let scratch = Scratch::new(None);
    for (kind, more) in [("ecc", &["--curve", "secp256r1"][..]), ("rsa", &["--bits", "2048"])] {
        let login = ["--batch", "--login", "--set-pin", PIN, "--generate-privkey", kind];
        let made = scratch.run("p11tool", "--provider", &[&login[..], more, &["--label", "x", URL]].concat());
        assert!(
            !made.status.success() && text(&made).contains("Error in pkcs11_generate"),
            "{}",
            text(&made)
        );
    }
    let wrong = ["--batch", "--login", "--set-pin", "another-pin", "--list-all", URL];
    let refused = scratch.run("p11tool", "--provider", &wrong);
    assert!(!refused.status.success(), "{}", text(&refused));
    assert!(!scratch.as_user(&["-O"]).contains("Object"), "nothing was made");
}
