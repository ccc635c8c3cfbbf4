//! Two fresh tokens of SoftHSM, for programs that use a device.

use std::{
    fs,
    io::{Write as _, stderr},
    path::Path,
    process::Command,
};

use crate::build::{How, Workshop, place};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "1234";
const OFFICER: &str = "87654321";

/// Makes the tokens `kms` and `other`; gives the file that SoftHSM finds them by.
fn furnish(workshop: &Workshop) -> String {
    let directory = workshop.scratch();
    let configuration = directory.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        directory.display()
    );
    fs::write(&configuration, text).unwrap();
    for label in ["kms", "other"] {
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label, "--so-pin", OFFICER, "--pin", PIN])
            .env("SOFTHSM2_CONF", &configuration)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    }
    configuration.to_str().unwrap().to_owned()
}

/// The environment of programs that use a fresh token of their own, where there is SoftHSM.
pub(crate) fn device(workshop: &Workshop) -> Option<[(&'static str, String); 3]> {
    if !Path::new(MODULE).exists() {
        return None;
    }
    // What the module, and the library below it, forget to free is their own.
    let forgiven = workshop.write("forgiven", "leak:libsofthsm2\nleak:libcrypto.so\n");
    Some([
        ("SOFTHSM2_CONF", furnish(workshop)),
        ("MIYAO_DEVICE", format!("pkcs11:token=kms?module-path={MODULE}")),
        ("LSAN_OPTIONS", format!("suppressions={}:print_suppressions=0", forgiven.display())),
    ])
}

#[test]
fn a_store_lives_under_roots_in_a_token() {
    if !Path::new(MODULE).exists() {
        // Past what keeps the words of a test that passes to itself.
        stderr()
            .write_all(b"# NOT RUN: programs with a device, for want of SoftHSM; ./test installs it\n")
            .unwrap();
        return;
    }
    for how in [How::C, How::Cpp, How::Sanitized] {
        let workshop = Workshop::new();
        let configuration = furnish(&workshop);
        // What the module forgets to free is its own.
        let environment = [("SOFTHSM2_CONF", configuration.as_str()), ("ASAN_OPTIONS", "detect_leaks=0")];
        let ran = workshop.try_run_in(&place("tests/devices/token.c"), how, &environment);
        assert!(ran.is_ok(), "{ran:?}");
    }
}
