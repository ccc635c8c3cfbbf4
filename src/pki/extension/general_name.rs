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
    /// Takes a name from text: `dns:host`, `email:address`, `uri:…` or `ip:number`.
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
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused());
        }
        match kind.to_ascii_lowercase().as_str() {
            "dns" => Ok(Self::Dns(value.into())),
            "email" => Ok(Self::Email(value.into())),
            "uri" => Ok(Self::Uri(value.into())),
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
            Ok(text) if text.is_ascii() => Ok(text.to_string()),
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

fn address(content: &[u8]) -> Result<IpAddr, Rejected> {
    if let Ok(four) = <[u8; 4]>::try_from(content) {
        return Ok(IpAddr::V4(Ipv4Addr::from(four)));
    }
    <[u8; 16]>::try_from(content).map(|sixteen| IpAddr::V6(Ipv6Addr::from(sixteen))).map_err(|_| Rejected)
}

impl fmt::Display for GeneralName {
    /// As [`parse`](Self::parse) takes it; what a terminal would obey is told in hexadecimal.
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
        text.chars().try_for_each(|letter| match misleads(letter) {
            true => write!(f, "\\{:02x}", u32::from(letter)),
            false => write!(f, "{letter}"),
        })
    }
}
