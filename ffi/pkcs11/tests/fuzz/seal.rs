//! Any bytes as a master secret that a device sealed: they reach its reader through the root key that opens.
//!
//! The device is the module that was built with this test, loaded as a program loads it.

use std::{env, fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::OnceLock};

use miyao::{
    Kind, Secret,
    algo::drbg::Drbg,
    provider::{
        Provider, RootId, Roots,
        pkcs11::{Settings, Suite, Token, Uri},
    },
};

use super::border;

const BINDING: &[u8] = b"store 1, epoch 1";
const MASTER: [u8; 32] = [0xA7; 32];

struct Sealed {
    root: Box<dyn Provider>,
    genuine: Vec<u8>,
    directory: PathBuf,
}

static SEALED: OnceLock<Sealed> = OnceLock::new();

fn sealed() -> &'static Sealed {
    SEALED.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap().keep();
        border::token_in(&directory);
        let pin = directory.join("pin");
        fs::write(&pin, border::USER).unwrap();
        fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
        let (module, pin) = (module(), pin.display());
        let uri: Uri = format!("pkcs11:token=border?module-path={}&pin-source=file:{pin}", module.display())
            .parse()
            .unwrap();
        let token = Token::open(&uri, &Settings::default().suite(Suite::Sm4GcmDevice)).unwrap();
        let root = token.create(&RootId([1; 16])).unwrap();
        let mut rng = Drbg::new(&[3; 32], b"tests/fuzz seal", b"");
        let genuine = root.seal(&Secret::take(&mut MASTER.clone()), BINDING, &mut rng).unwrap();
        Sealed { root, genuine, directory }
    })
}

/// The module that was built with this test.
fn module() -> PathBuf {
    let beside = env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut places = [beside.join("libmiyao_pkcs11.so"), beside.join("../libmiyao_pkcs11.so")].into_iter();
    places.find(|place| place.exists()).expect("the module beside this test").canonicalize().unwrap()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    vec![sealed().genuine.clone()]
}

pub(crate) fn tidy() {
    if let Some(sealed) = SEALED.get() {
        let _ = fs::remove_dir_all(&sealed.directory);
    }
}

/// Nothing opens but what was sealed, and that for its own store only.
pub(crate) fn seal(data: &[u8]) {
    let Sealed { root, genuine, .. } = sealed();
    match root.open(data, BINDING) {
        Ok(master) => assert!(data == genuine && master.expose() == &MASTER),
        Err(error) => {
            let refused = [Kind::Rejected, Kind::Malformed, Kind::Unsupported, Kind::Missing, Kind::Invalid];
            assert!(data != genuine && refused.contains(&error.kind()), "{error:?}");
        }
    }
    assert!(root.open(data, b"store 2, epoch 1").is_err());
}
