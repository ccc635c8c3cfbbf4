//! `miyao hsm` at miyao's own token module, which hangs, is slow, refuses or counts wrong PINs when it is told to.

use core::time::Duration;
use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

// The module is loaded as a library of C; this has it built.
use miyao_pkcs11 as _;

use crate::scene::{Ended, Scene};

const PIN: &str = "246810";
const OFFICER: &str = "13579135";
/// How much later than it said a command may end, on a busy machine.
const LATE: Duration = Duration::from_secs(8);

/// A home with a token `kms`, whose PIN is in the file `pin`.
struct StandIn {
    scene: Scene,
}

/// The module that was built with this test.
fn module() -> PathBuf {
    let beside = env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut places = [beside.join("libmiyao_pkcs11.so"), beside.join("../libmiyao_pkcs11.so")].into_iter();
    places.find(|place| place.exists()).expect("the module beside this test").canonicalize().unwrap()
}

fn hang(function: &str) -> String {
    format!("[[rule]]\nfunction = {function:?}\nhang = true\n")
}

impl StandIn {
    fn new() -> Self {
        let scene = Scene::new();
        let store = scene.path("store");
        fs::create_dir(&store).unwrap();
        let plain =
            format!("store = {store:?}\nprofile = \"miyao\"\n[pin]\niterations = 1024\nfloor = 1024\n");
        let faults =
            format!("[fault]\ncontrol = {:?}\nlog = {:?}\n", scene.path("control"), scene.path("log"));
        scene.write("plain.toml", &plain);
        scene.write("faulty.toml", plain + &faults);
        scene.write("pin", PIN);
        let stand_in = Self { scene };
        stand_in.tool(&["--init-token", "--label", "kms", "--so-pin", OFFICER]);
        stand_in.tool(&["--init-pin", "--so-pin", OFFICER, "--pin", PIN]);
        stand_in
    }

    /// Another program at the same token, which suffers no faults.
    fn tool(&self, arguments: &[&str]) {
        let done = Command::new("pkcs11-tool")
            .arg("--module")
            .arg(module())
            .args(arguments)
            .env("MIYAO_PKCS11_CONF", self.scene.path("plain.toml"))
            .output()
            .expect("pkcs11-tool; `./test` installs it");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Calls suffer this from now on, and are written down anew.
    fn ask(&self, rules: &str) {
        self.scene.write("log", "");
        self.scene.write("control", rules);
    }

    /// How often a function was called since.
    fn count(&self, function: &str) -> usize {
        let log = String::from_utf8(self.scene.read("log")).unwrap();
        log.lines().filter(|line| line.split(' ').next() == Some(function)).count()
    }

    /// Whoever never ends is ended, and says so by 124.
    fn hsm(&self, verb: &str, more: &[&str]) -> Ended {
        let module = module();
        let common = ["hsm", verb, "--module", module.to_str().unwrap()];
        let command = self.scene.command(common.iter().chain(more));
        let mut timed = Command::new("timeout");
        timed.arg("60").arg(command.get_program()).args(command.get_args()).env_clear();
        timed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        timed.env("MIYAO_PKCS11_CONF", self.scene.path("faulty.toml"));
        timed.current_dir(self.scene.path("")).stdin(Stdio::null());
        Scene::feed(&mut timed, b"")
    }

    /// With the token and its PIN.
    fn used(&self, verb: &str, more: &[&str]) -> Ended {
        self.hsm(verb, &[&["--token", "kms", "--pin-file", "pin"], more].concat())
    }
}

#[test]
fn a_module_that_hangs_is_left_alone_and_the_call_is_named() {
    let token = StandIn::new();
    let one = ["--timeout", "1"];
    let of_token = ["--token", "kms", "--timeout", "1"];
    let to_file = ["--output", "found.toml", "--timeout", "1"];
    let commands: [(&str, &str, &dyn Fn() -> Ended); 9] = [
        ("list", "C_Initialize", &|| token.hsm("list", &one)),
        ("list", "C_GetSlotList", &|| token.hsm("list", &one)),
        ("list", "C_GetTokenInfo", &|| token.hsm("list", &one)),
        ("info", "C_GetSlotList", &|| token.hsm("info", &of_token)),
        ("info", "C_GetMechanismList", &|| token.hsm("info", &of_token)),
        ("selftest", "C_GetSlotList", &|| token.used("selftest", &one)),
        ("selftest", "C_Login", &|| token.used("selftest", &one)),
        ("selftest", "C_Sign", &|| token.used("selftest", &one)),
        ("probe", "C_Login", &|| token.used("probe", &to_file)),
    ];
    for (verb, function, command) in commands {
        token.ask(&hang(function));
        let begun = Instant::now();
        let ended = command();
        let took = begun.elapsed();
        let said = ended.fails(19);
        assert!(said.contains(function) && said.contains("hangs"), "{verb}: {said}");
        assert!((Duration::from_secs(1)..LATE).contains(&took), "{verb}, {function}: {took:?}");
    }
    assert!(!token.scene.has("found.toml"));
    token.ask("");
    token.used("selftest", &[]).works();
}

#[test]
fn who_says_nothing_of_time_waits_as_long_as_a_store_does() {
    let token = StandIn::new();
    token.ask(&hang("C_GetSlotList"));
    let begun = Instant::now();
    token.hsm("list", &[]).fails(19);
    let took = begun.elapsed();
    let ordinary = Duration::from_secs(10);
    assert!((ordinary..ordinary + LATE).contains(&took), "{took:?}");
}

#[test]
fn a_module_that_is_slow_is_waited_for() {
    let token = StandIn::new();
    token.ask("[[rule]]\nfunction = '*'\ndelay_ms = 300\n");
    let begun = Instant::now();
    let text = token.hsm("list", &["--timeout", "5"]).text();
    assert!(text.contains("profile miyao"), "{text}");
    // Each call has its time, and not all of them together.
    token.hsm("info", &["--token", "kms", "--timeout", "3"]).works();
    assert!(begun.elapsed() > Duration::from_secs(3), "{:?}", begun.elapsed());
    for wrong in ["0", "3601", "soon"] {
        token.hsm("list", &["--timeout", wrong]).fails(2);
    }
}

/// A bad PIN is no altered text, whatever the token calls it.
#[test]
fn who_is_not_let_in_is_not_told_that_something_was_altered() {
    let token = StandIn::new();
    for rv in ["0x40", "0x20", "0xa0"] {
        token.ask(&format!("[[rule]]\nfunction = 'C_Login'\nrv = {rv}\n"));
        let said = token.used("selftest", &[]).fails(13);
        assert!(said.contains("PIN"), "{rv}: {said}");
        assert_eq!(token.count("C_Login"), 1, "{rv}");
    }
}

#[test]
fn a_pin_that_one_more_wrong_one_would_lock_is_not_tried() {
    let token = StandIn::new();
    token.ask("");
    token.scene.write("wrong", "975310");
    let is_last = || token.hsm("info", &["--token", "kms", "--json"]).record()["pin_final_try"] == true;
    let mut wrong = 0;
    while !is_last() {
        token.hsm("selftest", &["--token", "kms", "--pin-file", "wrong"]).fails(13);
        wrong += 1;
        assert!(wrong < 20, "the token counts");
    }
    token.ask("");
    for file in ["pin", "wrong"] {
        let said = token.hsm("selftest", &["--token", "kms", "--pin-file", file]).fails(13);
        assert!(said.contains("one more wrong PIN") && said.contains("vendor's tool"), "{said}");
    }
    assert_eq!(token.count("C_Login"), 0);
    token.tool(&["--login", "--pin", PIN, "--list-objects"]);
    token.used("selftest", &[]).works();
}
