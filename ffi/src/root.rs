//! `miyao_root`: what a key store is opened with.

use alloc::{boxed::Box, sync::Arc};
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind, Result, SecretBytes,
    kms::{self, Kms},
    provider::{
        DeviceRoot, Identity, Provider,
        software::{KeyFile, Passphrase},
    },
    store::Store,
};

use crate::{
    desk::{give, guard_secret_telling, guard_value, input, object, path_of},
    device::miyao_device,
    error::miyao_error,
    status::miyao_status,
};

/// The root key of a key store (根密钥): a passphrase, a key file, or a key in an encryption machine. It can be freed once a store was
/// opened with it; whoever has it has all keys of the store.
pub struct miyao_root(Held);

enum Held {
    Software(Box<dyn Provider>),
    Inside(miyao_device),
}

impl miyao_root {
    /// The root of a store that is there; one in a device is found, never made.
    pub(crate) fn of_store(&self, store: &dyn Store) -> Result<Taken<'_>> {
        let device = match &self.0 {
            Held::Software(root) => return Ok(Taken::Software(&**root)),
            Held::Inside(device) => device,
        };
        let found = kms::root_info(store)?;
        let Some((id, _)) = &found.place else {
            return Err(Error::new(
                Kind::Invalid,
                "the store's root is in no device; give the passphrase or key file that it was made with",
            )
            .about(&found));
        };
        DeviceRoot::check_named(id, device.named.as_ref())?;
        let identity = device.device.identity()?;
        Ok(Taken::Inside(Box::new(DeviceRoot::find(&*device.roots, id)?), device, identity))
    }

    /// A root for a store that is to be under it; in a device one is made where none is named and `makes` says that this is meant.
    pub(crate) fn for_new(&self, makes: bool) -> Result<Taken<'_>> {
        Ok(match &self.0 {
            Held::Software(root) => Taken::Software(&**root),
            Held::Inside(device) => {
                // Before anything is made: nothing may fail after that.
                let identity = device.device.identity()?;
                let roots = || Ok::<_, Error>(Arc::clone(&device.roots));
                let root = DeviceRoot::for_new(device.named.as_ref(), makes, &mut kms::rng()?, roots)?;
                Taken::Inside(Box::new(root), device, identity)
            }
        })
    }
}

/// A root that is there, and the device that it is in with who that says it is.
pub(crate) enum Taken<'a> {
    Software(&'a dyn Provider),
    Inside(Box<DeviceRoot>, &'a miyao_device, Identity),
}

impl Taken<'_> {
    pub(crate) fn provider(&self) -> &dyn Provider {
        match self {
            Self::Software(root) => *root,
            Self::Inside(root, _, _) => &**root,
        }
    }

    /// Lets the store use keys in the device that has its root.
    pub(crate) fn attach(&self, kms: Kms) -> Kms {
        if let Self::Inside(_, device, identity) = self {
            kms.attach_known(identity, &device.device);
        }
        kms
    }
}

/// The iterations of a passphrase where 0 is given, and the fewest: PBKDF2-HMAC-SM3.
pub const MIYAO_ITERATIONS_MIN: u32 = 600_000;
/// The most.
pub const MIYAO_ITERATIONS_MAX: u32 = 10_000_000;

const _: () =
    assert!(MIYAO_ITERATIONS_MIN == Passphrase::FLOOR && MIYAO_ITERATIONS_MAX == Passphrase::CEILING);

/// A root from a passphrase of one byte at least. `iterations`, or 0 for the fewest, are what a store is sealed with when it is made or
/// changed; a store that is opened says for itself how many it takes.
///
/// MIYAO_STATUS_INVALID for other iterations.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_root_passphrase(
    passphrase: *const u8,
    passphrase_len: usize,
    iterations: u32,
    out: Option<&mut MaybeUninit<*mut miyao_root>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let passphrase = Passphrase::new(SecretBytes::take(input!(passphrase, passphrase_len).to_vec()));
        let root = match iterations {
            0 => passphrase,
            iterations => passphrase.iterations(iterations)?,
        };
        give(miyao_root(Held::Software(Box::new(root))), object!(out));
        Ok(())
    })
}

/// Makes a key file of 32 random bytes, mode 0600 and durable on return, and a root from it.
///
/// MIYAO_STATUS_EXISTS when something of that name is there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_root_key_file_create(
    path: *const c_char,
    path_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_root>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let out = object!(out);
        give(
            miyao_root(Held::Software(Box::new(KeyFile::create(
                path_of!(path, path_len),
                &mut kms::rng()?,
            )?))),
            out,
        );
        Ok(())
    })
}

/// A root from a key file.
///
/// MIYAO_STATUS_MISSING when there is none; MIYAO_STATUS_INVALID when it is no regular file or others than its owner have rights to it;
/// MIYAO_STATUS_MALFORMED when it has not 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_root_key_file_open(
    path: *const c_char,
    path_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_root>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        give(miyao_root(Held::Software(Box::new(KeyFile::open(path_of!(path, path_len))?))), object!(out));
        Ok(())
    })
}

/// A root in an encryption machine, which it keeps. A store that is opened says by which id its root key is found there; the id in the device's URI, where
/// there is one, must be the same. For `miyao_kms_init` a key is made in the device, or the one of the URI's id is used; no other function makes one
/// from a root.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_root_device(
    device: Option<&miyao_device>,
    out: Option<&mut MaybeUninit<*mut miyao_root>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let device = object!(device).clone();
        give(miyao_root(Held::Inside(device)), object!(out));
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_root_free(root: Option<Box<miyao_root>>) {
    guard_value((), || drop(root));
}
