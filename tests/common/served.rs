//! A line to a module that can be killed: `p11-kit server` before it, and the module of p11-kit that reaches the server.
//!
//! Knows no token. Each line has a process of its own at the server's end, with the server's environment.

use std::{
    env, fs,
    os::unix::{net::UnixStream, process::CommandExt as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const ADDRESS: &str = "P11_KIT_SERVER_ADDRESS";

/// The module of p11-kit that a server stands behind.
pub(crate) fn client() -> &'static str {
    let places = [
        "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib64/pkcs11/p11-kit-client.so",
    ];
    let found = places.into_iter().find(|place| Path::new(place).exists());
    found.expect("p11-kit and its client are needed; ./test installs them")
}

/// Whether the client of this process will look for its server there. If not, the test `name` ran in a process where it does:
/// the client looks up the address once, when it is loaded.
pub(crate) fn is_told(socket: &Path, name: &str) -> bool {
    let address = format!("unix:path={}", socket.display());
    if env::var(ADDRESS).is_ok_and(|told| told == address) {
        return true;
    }
    let arguments = [name, "--exact", "--nocapture"];
    let again = Command::new(env::current_exe().unwrap()).args(arguments).env(ADDRESS, address).status();
    assert!(again.unwrap().success());
    false
}

pub(crate) struct Server(Child);

impl Server {
    /// One that listens there, before a module that reads its configuration from the file which this variable names.
    pub(crate) fn start(socket: &Path, module: &Path, (variable, file): (&str, &Path)) -> Self {
        // One that was killed left its socket behind.
        let _ = fs::remove_file(socket);
        let server = Command::new("p11-kit")
            .args(["server", "--foreground", "--provider"])
            .arg(module)
            .arg("--name")
            .arg(socket)
            .arg("pkcs11:")
            .env(variable, file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        // It is there a moment before anybody listens.
        while UnixStream::connect(socket).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "p11-kit server listens on its socket");
            thread::sleep(Duration::from_millis(10));
        }
        Self(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has a process for every line, which would go on without it.
        let group = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}
