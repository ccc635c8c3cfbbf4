//! Which devices a profile is for.
//!
//! Knows what a device says of itself, which proves nothing; reads no device.

use alloc::string::String;
use core::fmt;

/// A version of firmware, as `CK_VERSION` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firmware {
    /// Before the point.
    pub major: u8,
    /// Behind the point.
    pub minor: u8,
}

impl Firmware {
    /// Reads `MAJOR.MINOR`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What is seen of a device, by which its profile is found. Blanks that pad a text are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The path of the module.
    pub module: &'a str,
    /// `manufacturerID` of the token, or of the library where no token is.
    pub manufacturer: &'a str,
    /// `model` of the token.
    pub model: &'a str,
    /// `libraryDescription` of the library.
    pub description: &'a str,
    /// `firmwareVersion` of the token.
    pub firmware: Firmware,
}

/// What a device must look like; what is absent may be anything. `*` stands for any text; case does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The path of the module.
    pub module: Option<String>,
    /// Its manufacturer.
    pub manufacturer: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// The description of its library.
    pub description: Option<String>,
    /// The first firmware.
    pub firmware_from: Option<Firmware>,
    /// The last firmware.
    pub firmware_to: Option<Firmware>,
}

impl Rule {
    /// How many conditions fit; `None` when one does not.
    #[must_use]
    pub fn fits(&self, seen: &Seen<'_>) -> Option<usize> {
        let texts = [
            (&self.module, seen.module),
            (&self.manufacturer, seen.manufacturer),
            (&self.model, seen.model),
            (&self.description, seen.description),
        ];
        let fits = |(pattern, text): &(&Option<String>, &str)| {
            pattern.as_ref().is_none_or(|pattern| is_like(text, pattern))
        };
        let in_range = self.firmware_from.is_none_or(|from| from <= seen.firmware)
            && self.firmware_to.is_none_or(|to| seen.firmware <= to);
        (in_range && texts.iter().all(fits)).then(|| self.conditions())
    }

    /// How many conditions it has.
    pub(super) fn conditions(&self) -> usize {
        [&self.module, &self.manufacturer, &self.model, &self.description]
            .iter()
            .filter(|text| text.is_some())
            .count()
            + usize::from(self.firmware_from.is_some())
            + usize::from(self.firmware_to.is_some())
    }
}

/// Whether a text is like a pattern in which `*` stands for any text, whatever the case of its letters.
fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let Some((middle, last)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    for part in middle.split('*') {
        let Some(place) = text.find(part) else { return false };
        text = &text[place + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (text, pattern) in [
            ("abc", "ABC"),
            ("abc", "*"),
            ("abc", "a*"),
            ("abc", "*c"),
            ("abc", "a*c"),
            ("a", "a*"),
            ("abcbc", "*b*bc"),
        ] {
            assert!(is_like(text, pattern), "{text} is like {pattern}");
        }
        for (text, pattern) in
            [("abc", "b*"), ("abc", "*b"), ("a", "a*a"), ("abc", "a*b*b*"), ("", "a"), ("ab", "*b*b")]
        {
            assert!(!is_like(text, pattern), "{text} is not like {pattern}");
        }
    }
}
