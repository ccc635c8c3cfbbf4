//! A process of its own for each test, with two fresh tokens of SoftHSM in it; or of kryoptic, for the suites alone, where
//! `MIYAO_TEST_KRYOPTIC` names its module (`tests/kryoptic` builds it).

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use miyao::{
    Kind, Result, Secret,
    algo::drbg::Drbg,
    provider::{
        Provider, RootId, Roots,
        pkcs11::{Settings, Suite, Token, Uri},
    },
};

pub(crate) const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
pub(crate) const PIN: &str = "1234";
pub(crate) const BINDING: &[u8] = b"store 1, epoch 1";
pub(crate) const MASTER: [u8; 32] = [0xA7; 32];
const OFFICER: &str = "87654321";
const INSIDE: &str = "MIYAO_TEST_PKCS11";
const KRYOPTIC: &str = "MIYAO_TEST_KRYOPTIC";

/// The scratch directory of this process: tokens `kms` and `other` in `tokens`, their PIN in `pin`.
pub(crate) struct Yard {
    pub(crate) directory: PathBuf,
    /// The module of kryoptic, where the tokens are its.
    kryoptic: Option<String>,
}

/// Runs the test `name` in a process of its own, of which this is one already or not, on SoftHSM.
pub(crate) fn alone(name: &str, test: impl FnOnce(&Yard)) {
    on(None, name, test);
}

/// Likewise on kryoptic, where that is asked for.
pub(crate) fn alone_on_any(name: &str, test: impl FnOnce(&Yard)) {
    on(env::var(KRYOPTIC).ok(), name, test);
}

fn on(kryoptic: Option<String>, name: &str, test: impl FnOnce(&Yard)) {
    if let Some(directory) = env::var_os(INSIDE) {
        test(&Yard { directory: directory.into(), kryoptic });
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let yard = Yard { directory: scratch.path().into(), kryoptic };
    assert!(Path::new(yard.module()).exists(), "{} is needed; ./test installs SoftHSM", yard.module());
    yard.furnish();
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, &yard.directory)
        .env("SOFTHSM2_CONF", yard.path("softhsm2.conf"))
        .env("KRYOPTIC_CONF", yard.path("kryoptic.conf"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{name}: {}\n{said}", output.status);
    assert!(said.contains("1 passed"), "{name} was found: {said}");
    for line in said.lines().filter(|line| line.starts_with("# ")) {
        say(line);
    }
}

/// What people see even of a test that passes.
pub(crate) fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

impl Yard {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn module(&self) -> &str {
        self.kryoptic.as_deref().unwrap_or(MODULE)
    }

    /// The name of the profile that fits.
    pub(crate) fn profile(&self) -> &'static str {
        if self.kryoptic.is_some() { "kryoptic" } else { "softhsm" }
    }

    fn furnish(&self) {
        self.write_pin(PIN);
        match self.kryoptic {
            Some(_) => self.furnish_kryoptic(),
            None => self.furnish_softhsm(),
        }
    }

    fn furnish_kryoptic(&self) {
        let slots = [(1, "kms"), (2, "other")];
        let tables = slots.map(|(slot, label)| {
            let file = self.path(label);
            format!("[[slots]]\nslot = {slot}\ndbtype = \"sqlite\"\ndbargs = \"{}.sql\"\n", file.display())
        });
        fs::write(self.path("kryoptic.conf"), tables.concat()).unwrap();
        for (slot, label) in slots {
            let slot = slot.to_string();
            self.tool(&["--init-token", "--slot", &slot, "--label", label, "--so-pin", OFFICER]);
            let officer = ["--login", "--login-type", "so", "--so-pin", OFFICER];
            self.tool(&[&["--slot", &slot], &officer[..], &["--init-pin", "--pin", PIN]].concat());
        }
    }

    fn tool(&self, arguments: &[&str]) -> String {
        let output = self.try_tool(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// `pkcs11-tool` on the module, in another process.
    pub(crate) fn try_tool(&self, arguments: &[&str]) -> Output {
        Command::new("pkcs11-tool")
            .args(["--module", self.module()])
            .args(arguments)
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .env("KRYOPTIC_CONF", self.path("kryoptic.conf"))
            .output()
            .expect("pkcs11-tool is needed: apt-get install opensc")
    }

    fn furnish_softhsm(&self) {
        fs::create_dir(self.path("tokens")).unwrap();
        let tokens = self.path("tokens");
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
            tokens.display()
        );
        fs::write(self.path("softhsm2.conf"), conf).unwrap();
        for label in ["kms", "other"] {
            self.util(&["--init-token", "--free", "--label", label, "--so-pin", OFFICER, "--pin", PIN]);
        }
    }

    pub(crate) fn write_pin(&self, pin: &str) {
        fs::write(self.path("pin"), pin).unwrap();
        fs::set_permissions(self.path("pin"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn util(&self, arguments: &[&str]) {
        let output = Command::new("softhsm2-util")
            .args(arguments)
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .output()
            .expect("softhsm2-util comes with SoftHSM");
        assert!(output.status.success(), "{output:?}");
    }

    /// Sets another PIN, in another process.
    pub(crate) fn change_pin(&self, old: &str, new: &str) {
        self.tool(&["--token-label", "kms", "--login", "--pin", old, "--change-pin", "--new-pin", new]);
    }

    pub(crate) fn uri(&self, token: &str) -> Uri {
        self.uri_of(self.module(), token)
    }

    pub(crate) fn uri_of(&self, module: &str, token: &str) -> Uri {
        let pin = self.path("pin");
        format!("pkcs11:token={token}?module-path={module}&pin-source=file:{}", pin.display())
            .parse()
            .unwrap()
    }

    pub(crate) fn open(&self, settings: &Settings) -> Result<Token> {
        Token::open(&self.uri("kms"), settings)
    }

    /// The files of objects in all tokens, which needs no PIN; of kryoptic, the objects in one.
    pub(crate) fn count_files(&self) -> usize {
        if self.kryoptic.is_none() {
            return count(&self.path("tokens"));
        }
        let listed = self.tool(&["--token-label", "kms", "--login", "--pin", PIN, "--list-objects"]);
        listed.matches("Object;").count()
    }
}

fn count(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.extension() {
            _ if path.is_dir() => count(&path),
            Some(extension) if extension == "object" => 1,
            _ => 0,
        })
        .sum()
}

pub(crate) fn rng(seed: u8) -> Drbg {
    Drbg::new(&[seed; 32], b"tests/pkcs11", b"")
}

pub(crate) fn with(suite: Suite) -> Settings {
    Settings::default().suite(suite)
}

pub(crate) fn seal(root: &dyn Provider, seed: u8) -> Vec<u8> {
    root.seal(&Secret::take(&mut MASTER.clone()), BINDING, &mut rng(seed)).unwrap()
}

pub(crate) fn root(token: &Token, number: u8) -> Box<dyn Provider> {
    token.create(&RootId([number; 16])).unwrap()
}

pub(crate) fn opens(root: &dyn Provider, sealed: &[u8]) {
    assert_eq!(root.open(sealed, BINDING).unwrap().expose(), &MASTER);
}

#[track_caller]
pub(crate) fn kind<T>(result: Result<T>) -> Kind {
    result.err().expect("it must be refused").kind()
}
