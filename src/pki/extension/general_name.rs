//! GeneralName (RFC 5280 §4.2.1.6): the other names of a subject, such as hosts and addresses.
//!
//! Knows no host of anybody: whether a name is the one that was asked for, the caller compares.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::super::{
    der::{Reader, SEQUENCE, element},
    name::{Name, misleads},
};
use crate::error::{Error, Kind, Rejected, Result};

/// One of a subject's alternative names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// A host in the domain name system, perhaps with `*` for its first label.
    Dns(String),
    /// An address of mail.
    Email(String),
    /// A URI.
    Uri(String),
    /// A host by its number.
    Ip(IpAddr),
    /// A distinguished name.
    Directory(Name),
    /// Another kind, as it stands in DER.
    Other(Vec<u8>),
}

/// The most names that are read; in memory each takes many times its bytes.
const MOST: usize = 1024;
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xa4;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

impl GeneralName {
    /// Takes a name from text: `dns:host`, `email:address`, `uri:…` or `ip:number`. A backslash stands before two
    /// hexadecimal digits of a letter.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for other text and for letters that are not printable ASCII.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = || {
            Error::new(
                Kind::Invalid,
                "not an alternative name; write dns:host, ip:number, email:address or uri:address, in ASCII",
            )
        };
        let (kind, value) = text.split_once(':').ok_or_else(refused)?;
        let value = unescaped(value).filter(|value| is_printable(value.as_bytes())).ok_or_else(refused)?;
        match kind.to_ascii_lowercase().as_str() {
            "dns" => Ok(Self::Dns(value)),
            "email" => Ok(Self::Email(value)),
            "uri" => Ok(Self::Uri(value)),
            "ip" => value.parse().map(Self::Ip).map_err(|_| refused()),
            _ => Err(refused()),
        }
    }

    pub(super) fn read_all(value: &[u8]) -> Result<Vec<Self>, Rejected> {
        let (mut body, mut found) = (Reader::sequence_of(value)?, Vec::new());
        while !body.is_empty() {
            if found.len() == MOST {
                return Err(Rejected);
            }
            found.push(Self::read(&mut body)?);
        }
        if found.is_empty() { Err(Rejected) } else { Ok(found) }
    }

    pub(in crate::pki) fn write_all(names: &[Self]) -> Vec<u8> {
        element(SEQUENCE, &[&names.iter().flat_map(Self::write).collect::<Vec<_>>()])
    }

    fn read(body: &mut Reader<'_>) -> Result<Self, Rejected> {
        let tag = body.tag();
        let (whole, content) = body.any()?;
        let text = || match core::str::from_utf8(content) {
            Ok(text) if is_printable(content) => Ok(text.to_string()),
            _ => Err(Rejected),
        };
        match tag {
            Some(DNS) => text().map(Self::Dns),
            Some(EMAIL) => text().map(Self::Email),
            Some(URI) => text().map(Self::Uri),
            Some(IP) => address(content).map(Self::Ip),
            Some(DIRECTORY) => {
                let mut inner = Reader::new(content);
                let name = Name::read(&mut inner)?;
                inner.end()?;
                Ok(Self::Directory(name))
            }
            // [0] otherName, [3] x400Address, [5] ediPartyName, [8] registeredID
            Some(0xa0 | 0xa3 | 0xa5 | 0x88) => Ok(Self::Other(whole.to_vec())),
            _ => Err(Rejected),
        }
    }

    fn write(&self) -> Vec<u8> {
        match self {
            Self::Dns(text) => element(DNS, &[text.as_bytes()]),
            Self::Email(text) => element(EMAIL, &[text.as_bytes()]),
            Self::Uri(text) => element(URI, &[text.as_bytes()]),
            Self::Ip(IpAddr::V4(address)) => element(IP, &[&address.octets()]),
            Self::Ip(IpAddr::V6(address)) => element(IP, &[&address.octets()]),
            Self::Directory(name) => element(DIRECTORY, &[name.as_der()]),
            Self::Other(whole) => whole.clone(),
        }
    }
}

/// What hosts, addresses of mail and URIs are written in; a space or a control would let one name look like two.
fn is_printable(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_graphic)
}

fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('\\');
    let mut found = String::from(parts.next()?);
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let mut digits = digits.chars().map_while(|digit| digit.to_digit(16));
        found.push(char::from_u32(digits.next()? << 4 | digits.next()?)?);
        found.push_str(rest);
    }
    Some(found)
}

fn address(content: &[u8]) -> Result<IpAddr, Rejected> {
    if let Ok(four) = <[u8; 4]>::try_from(content) {
        return Ok(IpAddr::V4(Ipv4Addr::from(four)));
    }
    <[u8; 16]>::try_from(content).map(|sixteen| IpAddr::V6(Ipv6Addr::from(sixteen))).map_err(|_| Rejected)
}

impl fmt::Display for GeneralName {
    /// As [`parse`](Self::parse) takes it; what a terminal would obey, and a comma, which may stand between names, are
    /// told in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, text) = match self {
            Self::Dns(text) => ("dns", text),
            Self::Email(text) => ("email", text),
            Self::Uri(text) => ("uri", text),
            Self::Ip(address) => return write!(f, "ip:{address}"),
            Self::Directory(name) => return write!(f, "directory:{name}"),
            Self::Other(whole) => {
                f.write_str("other:#")?;
                return whole.iter().try_for_each(|byte| write!(f, "{byte:02x}"));
            }
        };
        write!(f, "{kind}:")?;
        text.chars().try_for_each(|letter| match misleads(letter) || matches!(letter, ',' | '\\') {
            true => write!(f, "\\{:02x}", u32::from(letter)),
            false => write!(f, "{letter}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_looks_like_no_two_and_is_read_as_it_was_told() {
        for (name, text) in [
            (GeneralName::Dns("a,dns:b".into()), "dns:a\\2cdns:b"),
            (GeneralName::Uri("x:\\2c".into()), "uri:x:\\5c2c"),
        ] {
            assert_eq!(name.to_string(), text);
            assert_eq!(GeneralName::parse(text).unwrap(), name);
            let written = GeneralName::write_all(core::slice::from_ref(&name));
            assert_eq!(GeneralName::read_all(&written), Ok([name].into()));
        }
        for bad in ["dns:", "dns:\\", "dns:\\2", "dns:\\+1", "dns:\\0a", "dns:\\20", "dns:\\e4", "dns:\\2ä"]
        {
            assert!(GeneralName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_written_is_not_read() {
        for text in ["", "a, dns:b", "a\n", "a\0", "\u{e4}"] {
            let written = GeneralName::write_all(&[GeneralName::Dns(text.into())]);
            assert_eq!(GeneralName::read_all(&written), Err(Rejected), "{text:?}");
        }
    }
}
