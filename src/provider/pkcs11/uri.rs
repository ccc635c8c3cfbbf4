//! `pkcs11:token=…;id=…?module-path=…&pin-source=…`: RFC 7512, strictly.
//!
//! Knows no module and no token; holds no PIN. What is not understood is refused: a URI that names a key must not be read as one
//! that names another. What is refused is not repeated but by name: a value may be a PIN that was put where none belongs.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, str::FromStr};
use std::path::{Path, PathBuf};

use crate::{
    error::{Error, Kind, Result},
    provider::RootId,
};

/// Which token, which key in it, and how both are reached.
///
/// ```
/// use miyao::provider::pkcs11::Uri;
/// let uri: Uri = "pkcs11:token=kms;id=%01%02?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/miyao/pin".parse()?;
/// assert_eq!(uri.token.as_deref(), Some("kms"));
/// assert_eq!(uri.id.as_deref(), Some(&[1, 2][..]));
/// assert!("pkcs11:token=kms?pin-value=1234".parse::<Uri>().is_err());
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uri {
    /// The token's label.
    pub token: Option<String>,
    /// Who made the token.
    pub manufacturer: Option<String>,
    /// Which product.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// The number of the slot, which may be another after the next start.
    pub slot_id: Option<u64>,
    /// The key's `CKA_LABEL`.
    pub object: Option<String>,
    /// The key's `CKA_ID`.
    pub id: Option<Vec<u8>>,
    /// The module, by its absolute path.
    pub module_path: Option<PathBuf>,
    /// Where the PIN is read: a file of its owner alone.
    pub pin_source: Option<PathBuf>,
}

impl Uri {
    /// The root key that it names by its `id`, where it names one.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for an id of another length, or a key named by `object`.
    pub fn root(&self) -> Result<Option<RootId>> {
        match (self.id.as_deref().map(TryInto::try_into), &self.object) {
            (Some(Ok(id)), _) => Ok(Some(RootId(id))),
            (None, None) => Ok(None),
            _ => Err(Error::new(
                Kind::Invalid,
                "a root key is named by its id of 16 bytes, as `miyao root show` tells",
            )),
        }
    }

    /// Reads one; as [`FromStr`].
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for what is no such URI; [`Invalid`](Kind::Invalid) for a PIN in it, a relative path, or an
    /// attribute twice; [`Unsupported`](Kind::Unsupported) for attributes that are not read here.
    pub fn parse(text: &str) -> Result<Self> {
        // Wherever it stands, and whatever stands before it: it must not become a part of what is kept and told.
        if text.contains("pin-value=") {
            return Err(Error::new(
                Kind::Invalid,
                "a PIN in a URI is seen in lists of processes and logs; put it into a file and give pin-source=file:/…",
            ));
        }
        let rest = text.strip_prefix("pkcs11:").ok_or_else(|| malformed("it begins with pkcs11:"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for attribute in parts(path, ';') {
            uri.take_path(split(attribute)?)?;
        }
        for attribute in parts(query, '&') {
            let (name, value) = split(attribute)?;
            // RFC 7512 allows a question mark in a value, but who types one means &, and a semicolon it does not allow.
            if value.contains(['?', ';']) {
                return Err(malformed(
                    "behind the first ? attributes are joined by &; in a value ? is written %3F, and ; %3B",
                ));
            }
            uri.take_query((name, value))?;
        }
        Ok(uri)
    }

    /// Whether it names a key, and not only a token.
    #[must_use]
    pub const fn names_a_key(&self) -> bool {
        self.object.is_some() || self.id.is_some()
    }

    /// Whether a token that says so of itself is one that is meant, wherever it is plugged in.
    pub(super) fn fits(&self, [label, manufacturer, model, serial]: [&str; 4]) -> bool {
        let is = |wanted: &Option<String>, has: &str| wanted.as_ref().is_none_or(|wanted| wanted == has);
        is(&self.token, label)
            && is(&self.manufacturer, manufacturer)
            && is(&self.model, model)
            && is(&self.serial, serial)
    }

    fn take_path(&mut self, (name, value): (&str, &str)) -> Result<()> {
        match name {
            "token" => once(&mut self.token, name, text_of(value)?),
            "manufacturer" => once(&mut self.manufacturer, name, text_of(value)?),
            "model" => once(&mut self.model, name, text_of(value)?),
            "serial" => once(&mut self.serial, name, text_of(value)?),
            "object" => once(&mut self.object, name, text_of(value)?),
            "id" => once(&mut self.id, name, bytes_of(value)?),
            "slot-id" => {
                // The sign that a number may have elsewhere is none of RFC 7512's.
                let digits = Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
                let number = digits.and_then(|digits| digits.parse().ok());
                once(&mut self.slot_id, name, number.ok_or_else(|| malformed("slot-id is a decimal number"))?)
            }
            // A root is found by its class; what other kinds of objects there are is of no use here.
            "type" if matches!(value, "private" | "secret-key") => Ok(()),
            _ => Err(unread(name)),
        }
    }

    fn take_query(&mut self, (name, value): (&str, &str)) -> Result<()> {
        match name {
            "module-path" => once(&mut self.module_path, name, absolute(name, &text_of(value)?)?),
            "pin-source" => {
                let source = text_of(value)?;
                let path = source.strip_prefix("file:").unwrap_or(&source);
                // `file:///etc/pin` has an authority that is empty.
                let path = path.strip_prefix("//").unwrap_or(path);
                once(&mut self.pin_source, name, absolute(name, path)?)
            }
            _ => Err(unread(name)),
        }
    }
}

impl FromStr for Uri {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slot = self.slot_id.map(|slot| slot.to_string());
        let as_text =
            |path: &Option<PathBuf>| path.as_deref().map(|path| path.to_string_lossy().into_owned());
        let path = [
            ("token", self.token.as_deref().map(str::as_bytes)),
            ("manufacturer", self.manufacturer.as_deref().map(str::as_bytes)),
            ("model", self.model.as_deref().map(str::as_bytes)),
            ("serial", self.serial.as_deref().map(str::as_bytes)),
            ("slot-id", slot.as_deref().map(str::as_bytes)),
            ("object", self.object.as_deref().map(str::as_bytes)),
            ("id", self.id.as_deref()),
        ];
        f.write_str("pkcs11:")?;
        write_all(f, ';', path)?;
        let (module, pin) = (as_text(&self.module_path), as_text(&self.pin_source));
        // A path that begins with two slashes would be read as an authority.
        let authority = |path: &str| if path.starts_with("//") { "//" } else { "" };
        let pin = pin.map(|path| std::format!("file:{}{path}", authority(&path)));
        let query = [
            ("module-path", module.as_deref().map(str::as_bytes)),
            ("pin-source", pin.as_deref().map(str::as_bytes)),
        ];
        if query.iter().any(|(_, value)| value.is_some()) {
            f.write_str("?")?;
        }
        write_all(f, '&', query)
    }
}

fn write_all<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    separator: char,
    attributes: [(&str, Option<&[u8]>); N],
) -> fmt::Result {
    let present = attributes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (place, (name, value)) in present.enumerate() {
        if place > 0 {
            write!(f, "{separator}")?;
        }
        write!(f, "{name}=")?;
        for byte in value {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                    write!(f, "{}", char::from(*byte))?;
                }
                _ => write!(f, "%{byte:02X}")?,
            }
        }
    }
    Ok(())
}

fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    // An empty path or query has no attribute; an empty attribute among others is refused where it is split.
    text.split(separator).filter(move |_| !text.is_empty())
}

fn split(attribute: &str) -> Result<(&str, &str)> {
    attribute.split_once('=').ok_or_else(|| malformed("an attribute is name=value"))
}

fn once<T>(field: &mut Option<T>, name: &str, value: T) -> Result<()> {
    if field.replace(value).is_none() {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, "an attribute stands in a PKCS#11 URI once; remove one").about(name))
}

fn absolute(name: &str, path: &str) -> Result<PathBuf> {
    if Path::new(path).is_absolute() {
        return Ok(path.into());
    }
    // The path itself may be a PIN in the place of its file.
    Err(Error::new(Kind::Invalid, "a PKCS#11 URI has absolute paths only; write it from / on").about(name))
}

fn text_of(value: &str) -> Result<String> {
    let text = String::from_utf8(bytes_of(value)?).map_err(|_| malformed("its texts are UTF-8"))?;
    if text.contains('\0') { Err(malformed("its texts have no zero bytes")) } else { Ok(text) }
}

fn bytes_of(value: &str) -> Result<Vec<u8>> {
    let mut rest = value.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        bytes.push(match byte {
            b'%' => {
                let (digits, tail) = rest.split_first_chunk::<2>().ok_or_else(percent)?;
                rest = tail;
                let digit = |digit: u8| char::from(digit).to_digit(16).ok_or_else(percent);
                (digit(digits[0])? * 16 + digit(digits[1])?) as u8
            }
            b'!'..=b'~' if !b"\"<>\\^`{}|#".contains(byte) => *byte,
            _ => return Err(malformed("blanks and other characters are written as % and two digits")),
        });
    }
    Ok(bytes)
}

fn percent() -> Error {
    malformed("behind % stand two hexadecimal digits")
}

fn malformed(why: &str) -> Error {
    Error::new(Kind::Malformed, "this is no PKCS#11 URI; see RFC 7512").about(why.to_owned())
}

fn unread(name: &str) -> Error {
    Error::new(
        Kind::Unsupported,
        "this attribute of a PKCS#11 URI is not read here; use token, manufacturer, model, serial, slot-id, object, id, module-path and pin-source",
    )
    .about(name.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Kind {
        Uri::parse(text).unwrap_err().kind()
    }

    #[test]
    fn a_uri_is_read_and_written_back() {
        let text = "pkcs11:token=My%20Token;manufacturer=a;model=b;serial=%C3%A9;slot-id=7;object=%25;id=%00%FF\
                    ?module-path=/usr/lib/a%2Cb.so&pin-source=file:/etc/pin";
        let uri = Uri::parse(text).unwrap();
        assert_eq!(uri.token.as_deref(), Some("My Token"));
        assert_eq!(uri.serial.as_deref(), Some("é"));
        assert_eq!((uri.slot_id, uri.object.as_deref()), (Some(7), Some("%")));
        assert_eq!(uri.id.as_deref(), Some(&[0, 255][..]));
        assert_eq!(uri.module_path.as_deref(), Some(Path::new("/usr/lib/a,b.so")));
        assert_eq!(uri.pin_source.as_deref(), Some(Path::new("/etc/pin")));
        assert_eq!(uri.to_string(), text);
        assert_eq!(Uri::parse("pkcs11:").unwrap(), Uri::default());
        let twice = Uri { pin_source: Some("//p".into()), ..Uri::default() };
        assert_eq!(twice.to_string(), "pkcs11:?pin-source=file:////p");
        assert_eq!(Uri::parse(&twice.to_string()).unwrap(), twice);
        for source in ["file:/p", "file:///p", "/p"] {
            let uri = Uri::parse(&std::format!("pkcs11:?pin-source={source}")).unwrap();
            assert_eq!(uri.pin_source.as_deref(), Some(Path::new("/p")), "{source}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "pkcs12:",
            "pkcs11:token",
            "pkcs11:id=%0",
            "pkcs11:id=%0g",
            "pkcs11:token=a b",
            "pkcs11:token=a;",
        ] {
            assert_eq!(kind(text), Kind::Malformed, "{text}");
        }
        for text in [
            "pkcs11:token=%FF",
            "pkcs11:token=%00",
            "pkcs11:slot-id=x",
            "pkcs11:slot-id=+7",
            "pkcs11:slot-id=",
        ] {
            assert_eq!(kind(text), Kind::Malformed, "{text}");
        }
        for text in ["pkcs11:x=1", "pkcs11:type=cert", "pkcs11:?module-name=p", "pkcs11:library-version=1"] {
            assert_eq!(kind(text), Kind::Unsupported, "{text}");
        }
        for text in [
            "pkcs11:token=a;token=b",
            "pkcs11:?pin-value=1234",
            "pkcs11:?module-path=a.so",
            "pkcs11:?pin-source=file:pin",
            "pkcs11:?pin-source=%7C/bin/pin",
        ] {
            assert_eq!(kind(text), Kind::Invalid, "{text}");
        }
    }

    /// Whatever it was mistaken for: a PIN that is refused is not repeated, and none becomes a part of something else.
    #[test]
    fn a_pin_is_refused_wherever_it_stands_and_is_not_repeated() {
        for text in [
            "pkcs11:token=a?pin-value=2718",
            "pkcs11:token=a;pin-value=2718",
            "pkcs11:token=a&pin-value=2718?module-path=/x",
            "pkcs11:token=a?module-path=/x?pin-value=2718",
            "pkcs11:token=a?module-path=/x;pin-value=2718",
            "pkcs11:token=a?pin-source=/x?pin-value=2718",
            "pkcs11:token=a?pin-source=2718",
            "pkcs11:token=a?module-path=2718",
            "pin-value=2718",
        ] {
            let refused = Uri::parse(text).unwrap_err();
            assert_eq!(refused.kind(), Kind::Invalid, "{text}");
            assert!(!std::format!("{refused} {refused:?}").contains("2718"), "{refused:?}");
        }
        for text in [
            "pkcs11:token=a?module-path=/x?pin-source=/2718",
            "pkcs11:token=a?module-path=/x?pin=2718",
            "pkcs11:token=a?module-path=/x;pin=2718",
            "pkcs11:token=a?pin-source=/x?2718",
            "pkcs11:token=a?2718",
            "pkcs11:token=a?pin-source=2718%",
            "pkcs11:token=a?module-path=/x&&pin-source=/2718",
        ] {
            let refused = Uri::parse(text).unwrap_err();
            assert_eq!(refused.kind(), Kind::Malformed, "{text}");
            assert!(!std::format!("{refused} {refused:?}").contains("2718"), "{refused:?}");
        }
        let told = Uri::parse("pkcs11:token=a?module-path=/x?pin-source=/y").unwrap_err().to_string();
        assert!(told.contains("joined by &"), "{told}");
        // Both may be in a name of a file, in figures.
        let text = "pkcs11:token=a?module-path=/a%3Fb%3Bc.so";
        let uri = Uri::parse(text).unwrap();
        assert_eq!(uri.module_path.as_deref(), Some(Path::new("/a?b;c.so")));
        assert_eq!(uri.to_string(), text);
    }
}
