//! What opening a seal by `sm2-ec-raw` costs on SoftHSM, beside a bare loop in C of the same calls:
//! `pkcs11/open/sm2-ec-raw`, `pkcs11/bare/sm2-ec-raw`; and, at the end, how much of the bare rate is left.
//!
//! SoftHSM reads its configuration from the environment once, so the bench runs in a process of its own with a fresh token.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark is no API and fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "a benchmark says what it measured")]
#![allow(unsafe_code, reason = "the bare loop is C")]
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks,
    reason = "likewise: one loop of C calls"
)]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a benchmark has std")]

use std::{
    env,
    ffi::{CString, c_char, c_ulong},
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use criterion::Criterion;
use libloading::{Library, Symbol};
use miyao::{
    Secret,
    algo::{drbg::Drbg, sm2::PrivateKey},
    provider::{
        RootId, Roots,
        pkcs11::{Settings, Suite, Token},
    },
};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const INSIDE: &str = "MIYAO_BENCH_PKCS11";
const ID: [u8; 16] = [1; 16];
const BINDING: &[u8] = b"store 1, epoch 1";

fn main() {
    if !Path::new(MODULE).exists() {
        println!("SKIPPED: SoftHSM is needed (`apt-get install softhsm2`)");
        return;
    }
    match env::var(INSIDE) {
        Ok(directory) => measure(Path::new(&directory)),
        Err(_) => furnish_and_run(),
    }
}

fn furnish_and_run() {
    let scratch = tempfile::tempdir().unwrap();
    let (tokens, conf, pin) =
        (scratch.path().join("tokens"), scratch.path().join("conf"), scratch.path().join("pin"));
    fs::create_dir(&tokens).unwrap();
    fs::write(&conf, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display())).unwrap();
    fs::write(&pin, "1234").unwrap();
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "kms", "--so-pin", "87654321", "--pin", "1234"])
        .env("SOFTHSM2_CONF", &conf)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let status = Command::new(env::current_exe().unwrap())
        .args(env::args_os().skip(1))
        .env("SOFTHSM2_CONF", &conf)
        .env(INSIDE, scratch.path())
        .status()
        .unwrap();
    assert!(status.success());
}

fn measure(directory: &Path) {
    let uri = format!("pkcs11:token=kms?module-path={MODULE}&pin-source=file:{}/pin", directory.display());
    let token = Token::open(&uri.parse().unwrap(), &Settings::default().suite(Suite::Sm2EcRaw)).unwrap();
    let root = token.create(&RootId(ID)).unwrap();
    let mut rng = Drbg::new(&[1; 32], b"benches/pkcs11", b"");
    let sealed = root.seal(&Secret::take(&mut [7; 32]), BINDING, &mut rng).unwrap();
    let bare = Bare::open(directory);
    let bare = bare.unwrap();
    let mut bare = || {
        let mut x = [0; 32];
        // SAFETY: it writes 32 bytes.
        assert_eq!(unsafe { bare(x.as_mut_ptr()) }, 0);
        x
    };
    let mut open = || drop(root.open(&sealed, BINDING).unwrap());

    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("pkcs11/open/sm2-ec-raw", |bencher| bencher.iter(&mut open));
    criterion.bench_function("pkcs11/bare/sm2-ec-raw", |bencher| bencher.iter(&mut bare));
    criterion.final_summary();

    // In turns, so that whatever else the machine does is shared.
    let (mut ours, mut theirs) = (Rate::default(), Rate::default());
    for _ in 0..20 {
        ours.measure(&mut open);
        theirs.measure(&mut || {
            bare();
        });
    }
    let share = 100.0 * theirs.processor_time() / ours.processor_time();
    println!(
        "processor time: {:.0} us an unwrap, {:.0} us the bare calls: {share:.1} %",
        ours.processor_time(),
        theirs.processor_time()
    );
    let (ours, theirs) = (ours.per_second(), theirs.per_second());
    println!(
        "sm2-ec-raw on SoftHSM: {ours:.0} unwraps/s, bare calls {theirs:.0}/s: {:.1} %",
        100.0 * ours / theirs
    );
}

#[derive(Default)]
struct Rate {
    times: u64,
    took: Duration,
    /// Of all threads of this process, which a busy machine does not lengthen.
    computed: Duration,
}

impl Rate {
    fn measure(&mut self, work: &mut impl FnMut()) {
        let (begun, computed) = (Instant::now(), processor_time());
        while begun.elapsed() < Duration::from_millis(100) {
            work();
            self.times += 1;
        }
        self.took += begun.elapsed();
        self.computed += processor_time() - computed;
    }

    /// Microseconds each.
    fn processor_time(&self) -> f64 {
        self.computed.as_secs_f64() * 1e6 / self.times as f64
    }

    fn per_second(&self) -> f64 {
        self.times as f64 / self.took.as_secs_f64()
    }
}

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// The same calls in C, on a session of its own.
struct Bare {
    library: Library,
}

impl Bare {
    /// The module is initialised and the token logged in to, by this process.
    fn open(directory: &Path) -> Self {
        let (source, built) =
            (concat!(env!("CARGO_MANIFEST_DIR"), "/benches/bare.c"), directory.join("bare.so"));
        let cc = ["-std=c99", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o"];
        let status = Command::new("cc").args(cc).arg(&built).arg(source).arg("-ldl").status();
        assert!(status.expect("a C compiler is needed").success());
        let mut rng = Drbg::new(&[2; 32], b"benches/pkcs11", b"");
        let (mut id, point) = (ID, PrivateKey::random(&mut rng).public_key().to_bytes());
        let module = CString::new(MODULE).unwrap();
        // SAFETY: our own C, whose functions are of these types, with pointers to variables that live for each call.
        let (library, answer) = unsafe {
            let library = Library::new(built).unwrap();
            let open: Symbol<
                '_,
                unsafe extern "C" fn(*const c_char, *mut u8, c_ulong, *const u8) -> c_ulong,
            > = library.get(b"bare_open").unwrap();
            let answer = open(module.as_ptr(), id.as_mut_ptr(), id.len() as c_ulong, point.as_ptr());
            (library, answer)
        };
        assert_eq!(answer, 0, "a number of PKCS#11, or no such key");
        Self { library }
    }

    fn unwrap(&self) -> Symbol<'_, unsafe extern "C" fn(*mut u8) -> c_ulong> {
        // SAFETY: as above.
        unsafe { self.library.get(b"bare_unwrap") }.unwrap()
    }
}
