//! Devices that the command line names by URIs: opened, asked for roots, attached to a store.
//!
//! Knows how a URI becomes a device; what a device does is the library's.

use alloc::sync::Arc;
use std::ffi::OsStr;

use miyao::{
    Kind, kms,
    provider::{Device, DeviceRoot, RootId, Roots},
};

use crate::{
    args::Global,
    failure::{Result, failure},
    output::Output,
};

/// A device that answered.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) device: Arc<dyn Device>,
    pub(crate) roots: Arc<dyn Roots>,
}

/// The URI of a device, read, and how it is to be used.
pub(crate) struct Place {
    #[cfg(feature = "pkcs11")]
    uri: Box<miyao::provider::pkcs11::Uri>,
    #[cfg(feature = "pkcs11")]
    settings: miyao::provider::pkcs11::Settings,
}

/// Whether the text names a device.
pub(crate) fn is_device(text: &OsStr) -> bool {
    let bytes = text.as_encoded_bytes();
    bytes.starts_with(b"pkcs11:") || bytes.starts_with(b"sdf:")
}

#[cfg(feature = "pkcs11")]
impl Place {
    pub(crate) fn parse(text: &OsStr, global: &Global) -> Result<Self> {
        use miyao::provider::pkcs11::{Settings, Suite};
        let Some(text) = text.to_str().filter(|text| text.starts_with("pkcs11:")) else {
            return failure(Kind::Unsupported, "this build knows devices of PKCS#11; give pkcs11:…");
        };
        let uri = Box::new(miyao::provider::pkcs11::Uri::parse(text)?);
        let mut settings = Settings::default().gm_only(global.gm_only);
        if let Some(path) = &global.profiles {
            settings = settings.profiles(path);
        }
        if let Some(name) = &global.root_suite {
            settings = settings.suite(Suite::parse(name)?);
        }
        Ok(Self { uri, settings })
    }

    /// Loads the module, finds the token and logs in; without a pin-source the terminal is asked for the PIN, for as long as that takes.
    pub(crate) fn open(&self, _: Output) -> Result<Handle> {
        use miyao::provider::pkcs11::{AskPin, Token, TokenInfo};
        let ask: AskPin = Arc::new(|token: &TokenInfo| {
            crate::hsm::pin::from_terminal(&token.label).map_err(crate::failure::Failure::into_error)
        });
        let token = Token::open(&self.uri, &self.settings.clone().ask_pin(ask))?;
        Ok(Handle { device: Arc::new(token.clone()), roots: Arc::new(token) })
    }

    /// The root key that the URI names.
    fn root(&self) -> Result<Option<RootId>> {
        Ok(self.uri.root()?)
    }
}

#[cfg(not(feature = "pkcs11"))]
impl Place {
    pub(crate) fn parse(_: &OsStr, _: &Global) -> Result<Self> {
        failure(Kind::Unsupported, "this build has no devices; use one with the feature pkcs11")
    }

    pub(crate) fn open(&self, _: Output) -> Result<Handle> {
        failure(Kind::Unsupported, "this build has no devices; use one with the feature pkcs11")
    }

    fn root(&self) -> Result<Option<RootId>> {
        Ok(None)
    }
}

impl Place {
    /// The root of a store that is in this device; it is found, never made.
    pub(crate) fn find_root(&self, id: &RootId, output: Output) -> Result<(DeviceRoot, Handle)> {
        DeviceRoot::check_named(id, self.root()?.as_ref())?;
        let handle = self.open(output)?;
        Ok((DeviceRoot::find(&*handle.roots, id)?, handle))
    }

    /// The root key that the URI names, for a store that is to be under it; without a name a new one is made, where
    /// `makes` says that this is meant.
    pub(crate) fn new_root(&self, makes: bool, output: Output) -> Result<DeviceRoot> {
        let named = self.root()?;
        DeviceRoot::for_new(named.as_ref(), makes, &mut kms::rng()?, || Ok(self.open(output)?.roots))
    }
}
