//! Which module, which token in it, and which profile is for it.
//!
//! Knows how people name them; asks nothing that needs a login.

use std::path::Path;

use miyao::{
    Kind,
    provider::pkcs11::{
        Module, Slot, TokenInfo, Uri,
        profile::{Firmware, Profile, Seen, Shelf},
    },
};

use crate::{
    args,
    failure::{Result, failure},
};

/// A module and the profiles at hand.
pub(super) struct Library {
    pub(super) module: Module,
    pub(super) shelf: Shelf,
    pub(super) uri: Uri,
}

/// One token of it.
pub(super) struct Place {
    pub(super) library: Library,
    pub(super) slot: Slot,
    pub(super) token: TokenInfo,
    named: Option<String>,
}

impl Library {
    pub(super) fn open(arguments: &args::Module, profiles: Option<&Path>) -> Result<Self> {
        let uri = arguments.uri.as_deref().map(Uri::parse).transpose()?.unwrap_or_default();
        let path = match (&arguments.module, &uri.module_path) {
            (Some(path), None) | (None, Some(path)) => path,
            (Some(one), Some(other)) if one == other => one,
            (Some(_), Some(_)) => {
                return failure(Kind::Invalid, "the URI and --module name different modules; leave one away");
            }
            (None, None) => {
                return failure(
                    Kind::Invalid,
                    "no module is named; add ?module-path=/… to the URI, or give --module",
                );
            }
        };
        let shelf = profiles.map_or_else(Shelf::built_in, Shelf::with)?;
        Ok(Self { module: Module::load(path)?, shelf, uri })
    }

    /// The profile for a token; none is no failure.
    pub(super) fn matching(&self, token: &TokenInfo) -> Result<Option<&Profile>> {
        let about = self.module.about()?;
        let path = self.module.path().to_string_lossy();
        let seen = Seen {
            module: &path,
            manufacturer: &token.manufacturer,
            model: &token.model,
            description: &about.description,
            firmware: Firmware { major: token.firmware.0, minor: token.firmware.1 },
        };
        match self.shelf.matching(&seen) {
            Ok(profile) => Ok(Some(profile)),
            Err(error) if error.kind() == Kind::Missing => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Place {
    /// The one token that the arguments name.
    pub(super) fn find(arguments: &args::Described, profiles: Option<&Path>) -> Result<Self> {
        let library = Library::open(&arguments.module, profiles)?;
        let mut found = Vec::new();
        for slot in library.module.slots()? {
            if let Some(token) = slot.token.clone()
                && is_named(arguments, &library.uri, &slot, &token)
            {
                found.push((slot, token));
            }
        }
        let several = found.len() > 1;
        let Some((slot, token)) = found.pop() else {
            return failure(Kind::Missing, "no token is so named; `miyao hsm list` shows those there are");
        };
        if several {
            return failure(
                Kind::Invalid,
                "several tokens are so named; add --token or --slot, see `miyao hsm list`",
            );
        }
        Ok(Self { library, slot, token, named: arguments.profile.clone() })
    }

    /// The profile that is named, or the one that matches.
    pub(super) fn profile(&self) -> Result<Option<&Profile>> {
        match &self.named {
            Some(name) => Ok(Some(self.library.shelf.named(name)?)),
            None => self.library.matching(&self.token),
        }
    }
}

fn is_named(arguments: &args::Described, uri: &Uri, slot: &Slot, token: &TokenInfo) -> bool {
    let is = |wanted: &Option<String>, told: &str| wanted.as_deref().is_none_or(|wanted| wanted == told);
    let number = slot.id.to_string();
    let in_slot = |wanted: Option<u64>| wanted.is_none_or(|wanted| wanted.to_string() == number);
    // A slot with a token that nobody initialised is named by its number only.
    let is_ready = token.initialized || arguments.slot.is_some() || uri.slot_id.is_some();
    is_ready
        && in_slot(arguments.slot)
        && in_slot(uri.slot_id)
        && is(&arguments.token, &token.label)
        && is(&uri.token, &token.label)
        && is(&uri.manufacturer, &token.manufacturer)
        && is(&uri.model, &token.model)
        && is(&uri.serial, &token.serial)
}
