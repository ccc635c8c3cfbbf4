//! A process of its own for each test, with a fresh token, and the control file by which its calls are made to fail.

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};

use miyao::{
    Result,
    provider::pkcs11::{Settings, Token, Uri},
};

use crate::before;

pub(crate) const PIN: &str = "246810";
const OFFICER: &str = "13579135";
const INSIDE: &str = "MIYAO_TEST_YARD";

/// The scratch directory of this process: the token `kms` in `store`, its PIN in `pin`.
pub(crate) struct Yard {
    directory: PathBuf,
}

/// Runs the test `name` on a token with miyao's numbers, in a process of its own, of which this is one already or not.
pub(crate) fn alone(name: &str, test: impl FnOnce(&Yard)) {
    match Yard::inside() {
        Some(yard) => test(&yard),
        None => run(name, "miyao", &[]).iter().for_each(|line| say(line)),
    }
}

/// Runs the test `name` in another process, on a token with a vendor's numbers: what it says.
pub(crate) fn run(name: &str, vendor: &str, environment: &[(&str, &str)]) -> Vec<String> {
    // In memory where that is to be had: the token syncs its file at every login, and there are thousands.
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
    let scratch = tempfile::tempdir_in(place).unwrap();
    let yard = Yard { directory: scratch.path().into() };
    yard.furnish(vendor);
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, &yard.directory)
        .env("MIYAO_PKCS11_CONF", yard.path("faulty.toml"))
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{name} on {vendor}: {}\n{said}", output.status);
    assert!(said.contains("1 passed"), "{name} was found: {said}");
    said.lines().filter(|line| line.starts_with("# ")).map(Into::into).collect()
}

/// What people see even of a test that passes.
pub(crate) fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The module that was built with this test.
pub(crate) fn module() -> PathBuf {
    let beside = env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut places = [beside.join("libmiyao_pkcs11.so"), beside.join("../libmiyao_pkcs11.so")].into_iter();
    places.find(|place| place.exists()).expect("the module beside this test").canonicalize().unwrap()
}

impl Yard {
    /// The yard of this process, if it runs one test.
    pub(crate) fn inside() -> Option<Self> {
        env::var_os(INSIDE).map(|directory| Self { directory: directory.into() })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn furnish(&self, vendor: &str) {
        let store = self.path("store");
        fs::create_dir(&store).unwrap();
        let plain =
            format!("store = {store:?}\nprofile = {vendor:?}\n[pin]\niterations = 1024\nfloor = 1024\n");
        let faults = format!("[fault]\ncontrol = {:?}\nlog = {:?}\n", self.path("control"), self.path("log"));
        fs::write(self.path("plain.toml"), &plain).unwrap();
        fs::write(self.path("faulty.toml"), plain + &faults).unwrap();
        self.write_pin(PIN);
        self.tool(&["--init-token", "--label", "kms", "--so-pin", OFFICER]);
        self.tool(&["--init-pin", "--so-pin", OFFICER, "--pin", PIN]);
    }

    pub(crate) fn write_pin(&self, pin: &str) {
        fs::write(self.path("pin"), pin).unwrap();
        fs::set_permissions(self.path("pin"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Another process at the same token, which suffers no faults.
    fn tool(&self, arguments: &[&str]) -> String {
        let output = Command::new("pkcs11-tool")
            .arg("--module")
            .arg(module())
            .args(arguments)
            .env("MIYAO_PKCS11_CONF", self.path("plain.toml"))
            .output()
            .expect("pkcs11-tool is needed: apt-get install opensc");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Every object of the token as another process sees it, in words: equal lists are equal tokens.
    pub(crate) fn objects(&self) -> Vec<String> {
        let told = self.tool(&["--list-objects", "--login", "--pin", PIN]);
        let mut objects = Vec::<String>::new();
        for line in told.lines() {
            match objects.last_mut() {
                Some(object) if line.starts_with(' ') => object.push_str(line),
                _ => objects.push(line.into()),
            }
        }
        objects.retain(|object| object.contains("Object"));
        objects.sort();
        objects
    }

    /// Destroys an object of the id `number` 16 times, as another process does.
    pub(crate) fn delete(&self, kind: &str, number: u8) {
        let id = format!("{number:02x}").repeat(16);
        self.tool(&["--login", "--pin", PIN, "--delete-object", "--type", kind, "--id", &id]);
    }

    /// A module in C before another one, `MODULE`; and what else it is told.
    pub(crate) fn before(&self, name: &str, source: &str, told: &[(&str, String)]) -> PathBuf {
        before::before(&self.directory, name, source, told)
    }

    /// Where the token is kept.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.path("store/slot-0/token")
    }

    pub(crate) fn uri_of(&self, module: &Path) -> Uri {
        let (module, pin) = (module.display(), self.path("pin"));
        format!("pkcs11:token=kms?module-path={module}&pin-source=file:{}", pin.display()).parse().unwrap()
    }

    pub(crate) fn uri(&self) -> Uri {
        self.uri_of(&module())
    }

    pub(crate) fn open(&self, settings: &Settings) -> Result<Token> {
        Token::open(&self.uri(), settings)
    }

    /// Calls suffer this from now on, counted anew.
    pub(crate) fn ask(&self, rules: &str) {
        static ASKED: AtomicU64 = AtomicU64::new(0);
        // Every text is another one, and is there whole or not at all.
        let text = format!("{rules}\n# {}\n", ASKED.fetch_add(1, Ordering::Relaxed));
        fs::write(self.path("control.new"), text).unwrap();
        fs::rename(self.path("control.new"), self.path("control")).unwrap();
    }

    /// Calls suffer nothing any more.
    pub(crate) fn calm(&self) {
        self.ask("");
    }

    /// The calls since this was asked last: names, and the number that a rule made one answer.
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        fs::write(self.path("log"), "").unwrap();
        text.lines().map(Into::into).collect()
    }

    /// Whether this was written down since; a call is before it waits or hangs.
    pub(crate) fn has_begun(&self, call: &str) -> bool {
        self.begun(call) > 0
    }

    /// How often.
    pub(crate) fn begun(&self, call: &str) -> usize {
        fs::read_to_string(self.path("log")).unwrap_or_default().lines().filter(|line| *line == call).count()
    }
}

/// One rule: `function` answers `rv` at its call number `call`, or at every one.
pub(crate) fn answers(function: &str, call: Option<u64>, rv: u64) -> String {
    let call = call.map_or_else(String::new, |call| format!("call = {call}\n"));
    format!("[[rule]]\nfunction = {function:?}\n{call}rv = {rv}\n")
}
