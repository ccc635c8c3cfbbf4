//! `kill -9` of commands that change the root of a store, in every call of the device and before every change of a file.
//!
//! Some of these moments by turns; MIYAO_KILLS makes it all of them, and the full run does. The hanging calls are those of
//! our own token module, which has them in builds with debug assertions; SoftHSM has its key pairs and its own files.

use core::time::Duration;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use miyao::{Secret, algo::drbg::Drbg};
use serde_json::Value;

use crate::scene::{Ended, Scene};

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "246810";
const OFFICER: &str = "13579135";
/// What is killed of one change, unless it is all.
const SOME: usize = 25;
/// What changes files, of the store or the token.
const CHANGING: [&str; 9] =
    ["write", "pwrite64", "ftruncate", "fsync", "fdatasync", "rename", "linkat", "unlink", "unlinkat"];
/// What a home is made of.
const PARTS: [&str; 3] = ["tokens", ".local", "root.key"];
const KEY_FILE: &str = "keyfile:root.key";

/// A home with a store and the tokens `kms` and `other` of one module.
struct Rig {
    scene: Scene,
    module: PathBuf,
    /// Where the module looks for its configuration.
    variable: &'static str,
    /// What was encrypted before anything was killed.
    token: Vec<u8>,
}

/// A change of root, and the roots before and after.
struct Change {
    from: String,
    command: Vec<String>,
    to: String,
}

impl Change {
    fn new(from: &str, command: &[&str], to: &str) -> Self {
        let command = command.iter().copied().map(Into::into).collect();
        Self { from: from.into(), command, to: to.into() }
    }

    fn rotate(rig: &Rig) -> Self {
        Self::new(&rig.uri("kms"), &["root", "rotate"], &rig.uri("kms"))
    }

    fn migrate(rig: &Rig) -> Self {
        let to = rig.uri("other");
        Self::new(&rig.uri("kms"), &["root", "migrate", "--to", &to], &to)
    }

    fn enter(rig: &Rig) -> Self {
        let to = rig.uri("kms");
        Self::new(KEY_FILE, &["root", "migrate", "--to", &to], &to)
    }

    fn leave(rig: &Rig) -> Self {
        Self::new(&rig.uri("kms"), &["root", "migrate", "--to", KEY_FILE], KEY_FILE)
    }

    fn command(&self, rig: &Rig) -> Command {
        let words: Vec<&str> = self.command.iter().map(String::as_str).collect();
        rig.command(&self.from, &words)
    }
}

impl Rig {
    fn softhsm() -> Self {
        let conf = |tokens: &Path, _: &Scene| format!("directories.tokendir = {}\n", tokens.display());
        Self::new(SOFTHSM.into(), "SOFTHSM2_CONF", conf)
    }

    fn our_own() -> Self {
        let module = env::current_exe().unwrap().parent().unwrap().join("libmiyao_pkcs11.so");
        assert!(
            module.exists(),
            "build the module first: cargo build -p miyao-pkcs11, or test the workspace"
        );
        let conf = |tokens: &Path, scene: &Scene| {
            let (control, log) = (scene.path("control"), scene.path("log"));
            format!(
                "store = {tokens:?}\nslots = 2\n[pin]\niterations = 1024\nfloor = 1024\n[fault]\ncontrol = {control:?}\nlog = {log:?}\n"
            )
        };
        Self::new(module, "MIYAO_PKCS11_CONF", conf)
    }

    fn new(module: PathBuf, variable: &'static str, conf: fn(&Path, &Scene) -> String) -> Self {
        let scene = Scene::in_memory();
        fs::create_dir(scene.path("tokens")).unwrap();
        scene.write("conf", conf(&scene.path("tokens"), &scene));
        scene.write("pin", PIN);
        let rig = Self { scene, module, variable, token: Vec::new() };
        for (index, label) in ["kms", "other"].into_iter().enumerate() {
            let slot = ["--slot-index", &index.to_string()].map(String::from);
            let slot: Vec<&str> = slot.iter().map(String::as_str).collect();
            rig.tool(&[&slot[..], &["--init-token", "--label", label, "--so-pin", OFFICER]].concat());
            let user = ["--token-label", label, "--init-pin", "--login", "--login-type", "so"];
            rig.tool(&[&user[..], &["--so-pin", OFFICER, "--pin", PIN]].concat());
        }
        rig
    }

    fn tool(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("pkcs11-tool");
        command.arg("--module").arg(&self.module).args(arguments);
        let output = command.env(self.variable, self.scene.path("conf")).output();
        let output = output.expect("pkcs11-tool; `./test` installs it");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn uri(&self, token: &str) -> String {
        let (module, pin) = (self.module.display(), self.scene.path("pin"));
        format!("pkcs11:token={token}?module-path={module}&pin-source=file:{}", pin.display())
    }

    fn command(&self, root: &str, arguments: &[&str]) -> Command {
        let mut command = self.scene.command(arguments);
        command.env(self.variable, self.scene.path("conf")).env("MIYAO_ROOT", root);
        command
    }

    fn pipe(&self, root: &str, input: &[u8], arguments: &[&str]) -> Ended {
        Scene::feed(&mut self.command(root, arguments), input)
    }

    fn run(&self, root: &str, arguments: &[&str]) -> Ended {
        self.pipe(root, b"", arguments)
    }

    /// The objects in a token: of each identifier, what they are.
    fn objects(&self, token: &str) -> BTreeMap<String, Vec<String>> {
        let told = self.tool(&["--token-label", token, "--login", "--pin", PIN, "--list-objects"]);
        let mut objects = BTreeMap::<String, Vec<String>>::new();
        let mut what = "";
        for line in told.lines() {
            match line.trim().split_once(':') {
                _ if line.contains(" Object") => what = line.split(" Object").next().unwrap(),
                Some(("ID", id)) => objects.entry(id.trim().into()).or_default().push(what.into()),
                _ => {}
            }
        }
        objects
    }

    /// Destroys a pair, as the vendor's tool does.
    fn destroy(&self, id: &str) {
        let token = ["kms", "other"].into_iter().find(|token| self.objects(token).contains_key(id)).unwrap();
        for kind in ["privkey", "pubkey"] {
            let login = ["--token-label", token, "--login", "--pin", PIN, "--delete-object"];
            self.tool(&[&login[..], &["--type", kind, "--id", id]].concat());
        }
    }

    /// The store, the tokens and the key file, from one directory of the home to another.
    fn copy(&self, from: &str, to: &str) {
        for part in PARTS {
            let (from, to) = (self.scene.path(from).join(part), self.scene.path(to).join(part));
            // It may not be there at all.
            let _ = fs::remove_dir_all(&to).or_else(|_| fs::remove_file(&to));
            if from.exists() {
                assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
            }
        }
    }

    /// Kills a change at each of some moments, and looks at what is left.
    fn kill_in(mut self, change: fn(&Self) -> Change, moments: fn(&Self, &Change) -> Vec<Moment>) {
        let change = change(&self);
        self.run(&change.from, &["init"]).works();
        self.run(&change.from, &["key", "create", "orders", "--spec", "sm4"]).works();
        self.token = self.pipe(&change.from, b"value", &["encrypt", "--key", "orders", "--token"]).works();
        let first = self.key(&change.from);
        fs::create_dir(self.scene.path("saved")).unwrap();
        self.copy(".", "saved");
        let moments = moments(&self, &change);
        assert!(moments.len() > 10, "there is something to kill");
        for moment in some(moments) {
            self.copy("saved", ".");
            let _told = Told(&moment);
            assert!(!moment.kill(&self, &change), "it ended before");
            self.check(&change, first.as_deref());
        }
    }

    /// The root key in a device.
    fn key(&self, root: &str) -> Option<String> {
        let shown = self.run(root, &["--json", "root", "show"]).record();
        shown["key"]["id"].as_str().map(Into::into)
    }

    fn opens(&self, root: &str) -> bool {
        let opened = self.pipe(root, &self.token, &["decrypt", "--token"]);
        opened.code() == 0 && opened.works() == b"value"
    }

    fn doctor(&self, root: &str) -> usize {
        let report = self.run(root, &["--json", "doctor"]).record();
        assert_eq!(report["clean"], true);
        report["warnings"].as_array().unwrap().len()
    }

    /// The store opens, the command comes to its end, all is well, and one root key was made.
    fn check(&self, change: &Change, first: Option<&str>) {
        let now = if self.opens(&change.from) { &change.from } else { &change.to };
        assert!(self.opens(now), "the old root or the new one opens it");
        let shown = self.run(now, &["--json", "root", "show"]).record();
        let unfinished = usize::from(shown["unfinished"] != Value::Null);
        assert_eq!(self.doctor(now), unfinished);
        if now == &change.from && shown["key"]["id"].as_str() == first {
            let ended = Scene::feed(&mut change.command(self), b"");
            if ended.code() == -1 && self.module == Path::new(SOFTHSM) {
                // It dies of a private key that it had not written to its end; docs/hsm.md says what to do.
                self.destroy(shown["unfinished"]["id"].as_str().unwrap());
                Scene::feed(&mut change.command(self), b"").works();
            } else {
                ended.works();
            }
        } else {
            assert_eq!(unfinished, 0, "what was begun went with the new seal");
        }
        assert!(self.opens(&change.to));
        assert_eq!(self.doctor(&change.to), 0);
        self.run(&change.to, &["audit", "verify"]).works();
        let last = self.key(&change.to);
        assert!(last.as_deref() != first);
        self.check_keys(&Vec::from_iter(first.into_iter().chain(last.as_deref())));
    }

    /// The former root and the new one, each whole and once; of a pair that a kill cut apart at most a half.
    fn check_keys(&self, meant: &[&str]) {
        let objects: Vec<(String, Vec<String>)> =
            ["kms", "other"].into_iter().flat_map(|token| self.objects(token)).collect();
        let whole = objects.iter().map(|(_, kinds)| kinds.len()).max().unwrap();
        for (id, kinds) in &objects {
            let different: BTreeSet<&String> = kinds.iter().collect();
            assert_eq!(kinds.len(), different.len(), "{id} is there twice: {objects:?}");
            assert_eq!(kinds.len() == whole, meant.contains(&id.as_str()), "{id} of {meant:?}: {objects:?}");
        }
        assert!((meant.len()..=meant.len() + 1).contains(&objects.len()), "{meant:?}: {objects:?}");
    }
}

/// Where a command is killed.
#[derive(Debug)]
enum Moment {
    /// Before the n-th of this system call.
    System(String, u32),
    /// In the n-th call of the module.
    Module(usize, String),
}

/// Says of a test that fails where the command was killed.
struct Told<'a>(&'a Moment);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = writeln!(std::io::stderr(), "killed at {:?}", self.0);
        }
    }
}

impl Moment {
    /// Every call that changes a file, as strace counts them: of each thread for itself. But for those on the file of the token
    /// itself, which SoftHSM writes in place at every login: who dies in that loses the token, and no root is to blame.
    fn system(rig: &Rig, change: &Change) -> Vec<Self> {
        let command = change.command(rig);
        let trace = rig.scene.path("trace");
        let mut strace = Command::new("strace");
        let calls = CHANGING.map(|call| format!("?{call}")).join(",");
        strace
            .args(["-f", "-y", "-qq", "-e", &format!("trace={calls}"), "-e", "signal=none", "-o"])
            .arg(&trace);
        strace.arg(command.get_program()).args(command.get_args()).env_clear();
        strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        strace.current_dir(rig.scene.path("")).stdin(Stdio::null());
        assert!(strace.output().expect("strace is needed; ./test installs it").status.success());
        let (mut counts, mut seen, mut moments) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let trace = fs::read_to_string(trace).unwrap();
        for line in trace.lines() {
            let (thread, rest) = line.split_once(' ').unwrap();
            let call = rest.trim_start().split_once('(').map_or("", |(call, _)| call);
            let n = counts.entry((thread, call)).or_default();
            *n += 1;
            // The first thread that comes so far is killed there.
            if CHANGING.contains(&call) && seen.insert((call, *n)) && !line.contains("/token.object>") {
                moments.push(Self::System(call.into(), *n));
            }
        }
        moments
    }

    /// Every call of the module.
    fn module(rig: &Rig, change: &Change) -> Vec<Self> {
        rig.scene.write("control", "");
        rig.scene.write("log", "");
        Scene::feed(&mut change.command(rig), b"").works();
        let log = String::from_utf8(rig.scene.read("log")).unwrap();
        fs::remove_file(rig.scene.path("log")).unwrap();
        log.lines().enumerate().map(|(before, call)| Self::Module(before + 1, call.into())).collect()
    }

    /// Whether the command ended well before that moment.
    fn kill(&self, rig: &Rig, change: &Change) -> bool {
        let mut command = change.command(rig);
        let (n, name) = match self {
            Self::System(call, n) => return rig.scene.kill_command_before(*n, call, &command),
            Self::Module(n, name) => (*n, name),
        };
        rig.scene.write("log", "");
        rig.scene.write("control", format!("[[rule]]\nfunction = '*'\ncall = {n}\nhang = true\n"));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = || String::from_utf8(rig.scene.read("log")).unwrap().lines().nth(n - 1) == Some(name);
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(status) => {
                    assert!(status.success(), "it failed before it was killed: {status}");
                    break true;
                }
                None if begun() => break false,
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        child.kill().unwrap();
        child.wait().unwrap();
        rig.scene.write("control", "");
        fs::remove_file(rig.scene.path("log")).unwrap();
        ended
    }
}

/// All of these, or some that lie as far from each other as can be, others every time.
fn some(moments: Vec<Moment>) -> Vec<Moment> {
    if env::var_os("MIYAO_KILLS").is_some() || moments.len() <= SOME {
        return moments;
    }
    let seed = Secret::<32>::build(|seed| getrandom::fill(seed).unwrap());
    let mut rng = Drbg::new(seed.expose(), b"root changes", b"");
    let shift = u32::from_be_bytes(*Secret::<4>::random(&mut rng).expose()) as usize % moments.len();
    let chosen: BTreeSet<usize> = (0..SOME).map(|turn| (turn * moments.len() + shift) / SOME).collect();
    let chosen = moments.into_iter().enumerate().filter(|(index, _)| chosen.contains(index));
    chosen.map(|(_, moment)| moment).collect()
}

#[test]
fn a_rotation_that_is_killed_before_a_change_of_a_file_is_finished_by_the_same_command() {
    Rig::softhsm().kill_in(Change::rotate, Moment::system);
}

#[test]
fn a_move_to_another_token_that_is_killed_before_a_change_of_a_file_is_finished_by_the_same_command() {
    Rig::softhsm().kill_in(Change::migrate, Moment::system);
}

#[test]
fn a_move_into_a_token_that_is_killed_before_a_change_of_a_file_is_finished_by_the_same_command() {
    Rig::softhsm().kill_in(Change::enter, Moment::system);
}

#[test]
fn a_move_to_a_key_file_that_is_killed_before_a_change_of_a_file_is_finished_by_the_same_command() {
    Rig::softhsm().kill_in(Change::leave, Moment::system);
}

#[test]
fn a_rotation_that_is_killed_in_a_call_of_the_token_is_finished_by_the_same_command() {
    Rig::our_own().kill_in(Change::rotate, Moment::module);
}

#[test]
fn a_move_to_another_token_that_is_killed_in_a_call_of_one_is_finished_by_the_same_command() {
    Rig::our_own().kill_in(Change::migrate, Moment::module);
}

#[test]
fn a_move_to_a_key_file_that_is_killed_in_a_call_of_the_token_is_finished_by_the_same_command() {
    Rig::our_own().kill_in(Change::leave, Moment::module);
}

#[test]
fn a_rotation_that_is_killed_before_a_change_of_a_file_of_our_own_token_is_finished_by_the_same_command() {
    Rig::our_own().kill_in(Change::rotate, Moment::system);
}
