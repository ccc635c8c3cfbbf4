//! A person at a terminal: what is asked there, what is shown of the answer, and how often a wrong one is tried.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    hsm::{MODULE, Token},
    scene::{Ended, Scene},
};

/// Runs a command at a terminal of its own, its standard output in the file `out`, and types once nothing of it is shown.
/// What the terminal showed is what this prints.
const TYPIST: &str = r#"
import os, pty, sys, termios, time
child, terminal = pty.fork()
if child == 0:
    os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.execv(sys.argv[1], sys.argv[1:])
shown, typed = b"", False
while True:
    try:
        part = os.read(terminal, 1024)
    except OSError:  # nobody has the other end any more
        break
    shown += part
    if shown.endswith(b": ") and not typed:
        begun = time.monotonic()
        while termios.tcgetattr(terminal)[3] & termios.ECHO:
            if time.monotonic() - begun > 20:
                sys.exit("the terminal shows what is typed")
            time.sleep(0.01)
        os.write(terminal, os.environ["TYPED"].encode() + b"\n")
        typed = True
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// Writes down every call of another module; a part of OpenSC.
fn spy() -> PathBuf {
    let libraries = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut places = libraries.chain(["/usr/lib64".into()]).map(|library| library.join("pkcs11-spy.so"));
    places.find(|place| place.exists()).expect("pkcs11-spy.so of OpenSC; `./test` installs it")
}

/// `miyao hsm selftest` where somebody types this: how it ended, with what the terminal showed, and the number of logins.
fn typed(token: &Token, pin: &str) -> (Ended, usize) {
    let spy = spy();
    let module = ["hsm", "selftest", "--module", spy.to_str().unwrap(), "--token", "kms"];
    let miyao = token.scene.command(module);
    let calls = token.scene.write("calls", "");
    let mut command = Command::new("python3");
    command.args(["-c", TYPIST]).arg(miyao.get_program()).args(miyao.get_args()).env_clear();
    command.envs(miyao.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", env::var_os("PATH").unwrap()).env("SOFTHSM2_CONF", &token.conf);
    command.env("PKCS11SPY", MODULE).env("PKCS11SPY_OUTPUT", calls).env("TYPED", pin);
    let ended = Scene::feed(command.current_dir(token.scene.path("")).stdin(Stdio::null()), b"");
    let calls = String::from_utf8_lossy(&token.scene.read("calls")).into_owned();
    let logins = calls.lines().filter(|line| line.ends_with(": C_Login")).count();
    (ended, logins)
}

fn shown(ended: &Ended) -> String {
    String::from_utf8_lossy(ended.output()).into_owned()
}

#[test]
fn a_pin_is_asked_for_at_the_terminal_which_does_not_show_it() {
    let token = Token::new();
    let (ended, logins) = typed(&token, "246810");
    let terminal = shown(&ended);
    assert_eq!(terminal.matches("User PIN of the token kms: ").count(), 1, "{terminal}");
    assert!(!terminal.contains("246810"), "{terminal}");
    assert_eq!(ended.code(), 0, "{terminal}");
    assert!(logins > 0, "the spy sees it");
    let out = String::from_utf8(token.scene.read("out")).unwrap();
    assert_eq!((out.matches("passed      ").count(), out.contains("PIN")), (6, false), "{out}");
}

#[test]
fn a_wrong_pin_from_the_terminal_is_tried_once_and_asked_for_once() {
    let token = Token::new();
    let (ended, logins) = typed(&token, "97531864");
    let terminal = shown(&ended);
    assert_eq!((ended.code(), logins), (13, 1), "{terminal}");
    assert_eq!(terminal.matches("User PIN").count(), 1, "{terminal}");
    assert!(terminal.contains("miyao: ") && !terminal.contains("97531864"), "{terminal}");
}
