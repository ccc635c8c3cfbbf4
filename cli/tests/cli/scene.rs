//! A home of its own for every test, and the command run in it.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use miyao::{
    Secret,
    algo::{drbg::Drbg, sm2::PrivateKey},
};
use serde_json::Value;
use tempfile::TempDir;

/// A home, where commands run.
pub(crate) struct Scene {
    home: TempDir,
}

/// How a command ended.
pub(crate) struct Ended {
    output: Output,
}

impl Scene {
    /// A home without a store.
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// The same in memory where that is to be had: for thousands of files that are synced, each for a moment.
    #[cfg(feature = "pkcs11")]
    pub(crate) fn in_memory() -> Self {
        let memory = PathBuf::from("/dev/shm");
        let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
        Self { home: tempfile::tempdir_in(place).unwrap() }
    }

    /// A home with a store under a key file, and the key `orders`.
    pub(crate) fn with_store() -> Self {
        let scene = Self::new();
        scene.run(["init"]).works();
        scene.run(["key", "create", "orders", "--spec", "sm4"]).works();
        scene
    }

    pub(crate) fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.home.path().join(name.as_ref())
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn read(&self, name: impl AsRef<OsStr>) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn has(&self, name: impl AsRef<OsStr>) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    /// An SM2 key pair as `NAME.key` and `NAME.pub`.
    pub(crate) fn key_pair(&self, name: &str, seed: u8) -> PrivateKey {
        let key = PrivateKey::random(&mut Drbg::new(&[seed; 32], b"cli tests", b""));
        self.write(&format!("{name}.key"), key.to_pkcs8_pem().unwrap().expose());
        self.write(&format!("{name}.pub"), key.public_key().to_pem().unwrap());
        key
    }

    /// A command in this home, with nothing else in its environment.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_miyao"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", "/usr/bin:/bin")
            .env("MIYAO_ROOT", format!("keyfile:{}", self.path("root.key").display()))
            .current_dir(self.home.path());
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ended {
        Ended { output: self.command(arguments).stdin(Stdio::null()).output().unwrap() }
    }

    /// Runs a command whose standard output nobody reads any more.
    pub(crate) fn run_unread<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ended {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Ended { output: self.command(arguments).stdin(Stdio::null()).stdout(writer).output().unwrap() }
    }

    /// Runs a command and kills it just before the n-th of this system call; whether it ended well before that.
    pub(crate) fn kill_before<S: AsRef<OsStr>>(
        &self,
        n: u32,
        call: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> bool {
        self.kill_command_before(n, call, &self.command(arguments))
    }

    /// The same of a command of this home that was told more.
    pub(crate) fn kill_command_before(&self, n: u32, call: &str, command: &Command) -> bool {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace=?{call}")]);
        strace.args(["-e", &format!("inject=?{call}:signal=SIGKILL:when={n}")]);
        strace.arg(command.get_program()).args(command.get_args());
        let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let strace = strace.env_clear().envs(set).current_dir(self.home.path());
        let ended = strace.stdin(Stdio::null()).output().expect("strace is needed; ./test installs it");
        let (status, told) = (ended.status, String::from_utf8_lossy(&ended.stderr));
        assert!(status.success() || status.signal() == Some(9), "neither done nor killed: {told}");
        status.success()
    }

    /// Runs a command that reads `input`.
    pub(crate) fn pipe<S: AsRef<OsStr>>(
        &self,
        input: &[u8],
        arguments: impl IntoIterator<Item = S>,
    ) -> Ended {
        let mut command = self.command(arguments);
        Self::feed(&mut command, input)
    }

    pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Ended {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A command that fails early reads nothing.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ended { output }
    }

    /// Runs a line as a shell would; `miyao` is the command.
    pub(crate) fn shell(&self, line: &str) -> Ended {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("miyao() {{ \"$MIYAO_BINARY\" \"$@\"; }}\n{line}"))
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", "/usr/bin:/bin")
            .env("MIYAO_BINARY", env!("CARGO_BIN_EXE_miyao"))
            .current_dir(self.home.path());
        Ended { output: command.stdin(Stdio::null()).output().unwrap() }
    }

    /// Names that must not be there when no command runs.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        fs::read_dir(self.home.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains("partial") || name.contains("tmp"))
            .collect()
    }
}

impl Ended {
    /// Asserts success and gives the standard output.
    #[track_caller]
    pub(crate) fn works(self) -> Vec<u8> {
        assert_eq!(self.code(), 0, "it failed: {}", self.errors());
        self.output.stdout
    }

    /// Asserts success and gives the standard output as text.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.works()).unwrap()
    }

    /// Asserts success and gives the one record.
    #[track_caller]
    pub(crate) fn record(self) -> Value {
        let mut records = self.records();
        assert_eq!(records.len(), 1);
        records.remove(0)
    }

    /// Asserts success and gives the records.
    #[track_caller]
    pub(crate) fn records(self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asserts a failure of this number, told on one line that advises; gives that line.
    #[track_caller]
    pub(crate) fn fails(self, number: i32) -> String {
        assert_eq!(self.code(), number, "standard error: {}", self.errors());
        let errors = self.errors();
        if number != 2 {
            let last = errors.lines().last().unwrap();
            assert!(last.starts_with("miyao: "), "{errors}");
        }
        errors
    }

    pub(crate) fn code(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }

    pub(crate) fn errors(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub(crate) fn output(&self) -> &[u8] {
        &self.output.stdout
    }
}

/// `len` bytes that differ from place to place.
pub(crate) fn noise(len: usize, seed: u8) -> Vec<u8> {
    let mut rng = Drbg::new(&[seed; 32], b"noise", b"");
    let mut bytes = Vec::new();
    while bytes.len() < len {
        bytes.extend_from_slice(Secret::<1024>::random(&mut rng).expose());
    }
    bytes.truncate(len);
    bytes
}
