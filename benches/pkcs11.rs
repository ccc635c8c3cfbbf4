//! What opening a seal by `sm2-ec-raw` costs on SoftHSM, beside a bare loop of the same calls through the function table:
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
#![allow(clippy::std_instead_of_core, reason = "a benchmark has std")]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    ptr,
    time::{Duration, Instant},
};

use criterion::Criterion;
use cryptoki_sys as ck;
use miyao::{
    Secret,
    algo::drbg::Drbg,
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
    let mut bare = Bare::open();
    let mut open = || drop(root.open(&sealed, BINDING).unwrap());

    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("pkcs11/open/sm2-ec-raw", |bencher| bencher.iter(&mut open));
    criterion.bench_function("pkcs11/bare/sm2-ec-raw", |bencher| bencher.iter(|| bare.unwrap()));
    criterion.final_summary();

    // In turns, so that whatever else the machine does is shared.
    let (mut ours, mut theirs) = (Rate::default(), Rate::default());
    for _ in 0..20 {
        ours.measure(&mut open);
        theirs.measure(&mut || {
            bare.unwrap();
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

/// The three calls on a session of its own, with the least that they need.
struct Bare {
    module: ck::Pkcs11,
    session: ck::CK_SESSION_HANDLE,
    private: ck::CK_OBJECT_HANDLE,
    point: [u8; 65],
}

impl Bare {
    /// The module is initialised and the token logged in to, by this process.
    fn open() -> Self {
        let (mut slots, mut count) = ([0; 8], 8);
        let (mut session, mut private, mut found) = (0, 0, 0);
        let (mut class, mut id) = (ck::CKO_PRIVATE_KEY, ID);
        let mut template = [attribute(ck::CKA_CLASS, &mut class), attribute(ck::CKA_ID, &mut id)];
        // SAFETY: the module's own functions, with pointers to variables that live for each call.
        let module = unsafe {
            let module = ck::Pkcs11::new(MODULE).unwrap();
            assert_eq!(module.C_GetSlotList(1, slots.as_mut_ptr(), &raw mut count), 0);
            let flags = ck::CKF_SERIAL_SESSION | ck::CKF_RW_SESSION;
            assert_eq!(module.C_OpenSession(slots[0], flags, ptr::null_mut(), None, &raw mut session), 0);
            assert_eq!(module.C_FindObjectsInit(session, template.as_mut_ptr(), 2), 0);
            assert_eq!(module.C_FindObjects(session, &raw mut private, 1, &raw mut found), 0);
            assert_eq!(module.C_FindObjectsFinal(session), 0);
            module
        };
        assert_eq!(found, 1);
        let mut rng = Drbg::new(&[2; 32], b"benches/pkcs11", b"");
        let point = miyao::algo::sm2::PrivateKey::random(&mut rng).public_key().to_bytes();
        Self { module, session, private, point }
    }

    fn unwrap(&mut self) -> [u8; 32] {
        let mut parameter = ck::CK_ECDH1_DERIVE_PARAMS {
            kdf: ck::CKD_NULL,
            ulSharedDataLen: 0,
            pSharedData: ptr::null_mut(),
            ulPublicDataLen: 65,
            pPublicData: self.point.as_mut_ptr(),
        };
        let mut mechanism = ck::CK_MECHANISM {
            mechanism: ck::CKM_ECDH1_DERIVE,
            pParameter: (&raw mut parameter).cast(),
            ulParameterLen: size_of::<ck::CK_ECDH1_DERIVE_PARAMS>() as ck::CK_ULONG,
        };
        let (mut class, mut kind, mut length) =
            (ck::CKO_SECRET_KEY, ck::CKK_GENERIC_SECRET, 32 as ck::CK_ULONG);
        let (mut stored, mut sensitive, mut readable) = (ck::CK_FALSE, ck::CK_FALSE, ck::CK_TRUE);
        let (mut derived, mut x) = (0, [0; 32]);
        let mut template = [
            attribute(ck::CKA_CLASS, &mut class),
            attribute(ck::CKA_KEY_TYPE, &mut kind),
            attribute(ck::CKA_TOKEN, &mut stored),
            attribute(ck::CKA_SENSITIVE, &mut sensitive),
            attribute(ck::CKA_EXTRACTABLE, &mut readable),
            attribute(ck::CKA_VALUE_LEN, &mut length),
        ];
        let mut value = [attribute(ck::CKA_VALUE, &mut x)];
        let (session, base) = (self.session, self.private);
        // SAFETY: as above.
        unsafe {
            let template = template.as_mut_ptr();
            assert_eq!(
                self.module.C_DeriveKey(session, &raw mut mechanism, base, template, 6, &raw mut derived),
                0
            );
            assert_eq!(self.module.C_GetAttributeValue(session, derived, value.as_mut_ptr(), 1), 0);
            assert_eq!(self.module.C_DestroyObject(session, derived), 0);
        }
        x
    }
}

fn attribute<T>(kind: ck::CK_ULONG, value: &mut T) -> ck::CK_ATTRIBUTE {
    ck::CK_ATTRIBUTE {
        type_: kind,
        pValue: ptr::from_mut(value).cast(),
        ulValueLen: size_of::<T>() as ck::CK_ULONG,
    }
}
