//! The profiles at hand: those of a user, then those compiled in; and which of them is for a device.
//!
//! Knows files of profiles; what a device says of itself is brought by the caller.

use alloc::{
    borrow::ToOwned as _,
    string::{String, ToString as _},
    vec::Vec,
};
use std::{fs, path::Path};

use super::{Profile, Seen};
use crate::error::{Error, Kind, Result};

/// The profiles compiled in, each with the name of its file.
const BUILT_IN: [(&str, &str); 10] = [
    ("softhsm", include_str!("../profiles/softhsm.toml")),
    ("kryoptic", include_str!("../profiles/kryoptic.toml")),
    ("sansec", include_str!("../profiles/sansec.toml")),
    ("sansec-itrus", include_str!("../profiles/sansec-itrus.toml")),
    ("tass", include_str!("../profiles/tass.toml")),
    ("koal", include_str!("../profiles/koal.toml")),
    ("westone", include_str!("../profiles/westone.toml")),
    ("ibm-ep11", include_str!("../profiles/ibm-ep11.toml")),
    ("luna", include_str!("../profiles/luna.toml")),
    ("miyao", include_str!("../profiles/miyao.toml")),
];

/// The most bytes of a file of a profile.
const LARGEST: u64 = 1 << 20;

/// Profiles to choose from; a user's come before those compiled in.
///
/// ```
/// use miyao::provider::pkcs11::profile::Shelf;
///
/// let shelf = Shelf::built_in()?;
/// assert_eq!(shelf.named("softhsm")?.name, "softhsm");
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shelf {
    /// A user's.
    own: Vec<Profile>,
    built_in: Vec<Profile>,
}

impl Shelf {
    /// Those compiled in.
    ///
    /// # Errors
    /// [`Internal`](Kind::Internal) when one of them cannot be read.
    pub fn built_in() -> Result<Self> {
        let read = |(name, text): &(&str, &str)| {
            Profile::parse(text).map_err(|error| {
                Error::new(Kind::Internal, "a profile that was compiled in cannot be read; please report it")
                    .about(name)
                    .caused_by(error)
            })
        };
        Ok(Self { own: Vec::new(), built_in: BUILT_IN.iter().map(read).collect::<Result<_>>()? })
    }

    /// Those compiled in, behind a user's: one file, or every `*.toml` of a directory in the order of their names.
    ///
    /// # Errors
    /// As [`Profile::parse`] with the file before the line; [`Exists`](Kind::Exists) when two of the files have one name;
    /// [`Missing`](Kind::Missing) or [`Io`](Kind::Io) when they cannot be read; [`TooLarge`](Kind::TooLarge) above 1 MiB.
    pub fn with(path: &Path) -> Result<Self> {
        let mut shelf = Self::built_in()?;
        for file in files(path)? {
            let named = |error: Error| {
                Error::new(error.kind(), "the profile cannot be read").about(file.display()).caused_by(error)
            };
            let profile = Profile::parse(&text_of(&file).map_err(named)?).map_err(|error| {
                Error::new(error.kind(), "the profile cannot be used")
                    .about(alloc::format!("{}, {error}", file.display()))
            })?;
            if shelf.own.iter().any(|other| other.name == profile.name) {
                return Err(Error::new(Kind::Exists, "another profile here has the same name; rename one")
                    .about(alloc::format!("{}: {}", file.display(), profile.name)));
            }
            shelf.own.push(profile);
        }
        Ok(shelf)
    }

    /// Every profile, a user's first. One of the same name hides the one compiled in.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        let is_hidden = |profile: &Profile| self.own.iter().any(|own| own.name == profile.name);
        self.own.iter().chain(self.built_in.iter().filter(move |profile| !is_hidden(profile)))
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing), with the names there are.
    pub fn named(&self, name: &str) -> Result<&Profile> {
        self.profiles().find(|profile| profile.name == name).ok_or_else(|| {
            let names: Vec<_> = self.profiles().map(|profile| profile.name.as_str()).collect();
            Error::new(Kind::Missing, "there is no profile of this name; take one of those listed")
                .about(alloc::format!("{}, not one of {}", name.escape_debug(), names.join(", ")))
        })
    }

    /// The profile for a device: of those whose rule fits, the one with the most conditions; a user's before any compiled in,
    /// and the first of equals.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when none fits.
    pub fn matching(&self, seen: &Seen<'_>) -> Result<&Profile> {
        best(self.own.iter(), seen).or_else(|| best(self.profiles(), seen)).ok_or_else(|| {
            Error::new(Kind::Missing, "no profile is for this device; name one, or run `miyao hsm probe`")
                .about(alloc::format!("{} {}", seen.manufacturer.escape_debug(), seen.model.escape_debug()))
        })
    }
}

fn best<'a>(profiles: impl Iterator<Item = &'a Profile>, seen: &Seen<'_>) -> Option<&'a Profile> {
    let mut found: Option<(usize, &Profile)> = None;
    for profile in profiles {
        let fit = profile.rules.iter().filter_map(|rule| rule.fits(seen)).max();
        if let Some(fit) = fit.filter(|fit| found.is_none_or(|(best, _)| *fit > best)) {
            found = Some((fit, profile));
        }
    }
    found.map(|(_, profile)| profile)
}

fn files(path: &Path) -> Result<Vec<std::path::PathBuf>> {
    let named = |error| Error::from(error).about(path.display());
    if !fs::metadata(path).map_err(named)?.is_dir() {
        return Ok(alloc::vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(named)?;
    let mut files = entries.map(|entry| Ok(entry.map_err(named)?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    Ok(files)
}

fn text_of(file: &Path) -> Result<String> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    fs::File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::new(Kind::TooLarge, "a profile has at most 1 MiB; is it the right file?"));
    }
    match core::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.to_string()),
        Err(error) => Err(Error::new(Kind::Malformed, "a profile is UTF-8; convert it").caused_by(error)),
    }
}
