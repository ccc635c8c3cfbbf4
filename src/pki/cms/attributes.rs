//! Signed attributes (RFC 2315 §9.2, RFC 5652 §5.4): what is signed in the content's place, and names its digest.
//!
//! Knows no signature. Read in the order of DER, each type once, contentType and messageDigest among them.

use alloc::{collections::BTreeSet, vec::Vec};

use super::{
    super::der::{OCTET_STRING, OID, Reader, SEQUENCE, SET, element},
    content::set_of,
};
use crate::error::Rejected;

/// Signed attributes as they came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes<'a> {
    /// The content of the SET.
    pub(super) content: &'a [u8],
    /// The object identifier of what is signed.
    pub(super) content_type: &'a [u8],
    /// Its digest.
    pub(super) digest: &'a [u8; 32],
}

impl<'a> Attributes<'a> {
    /// Reads the content of a SET OF Attribute.
    pub(super) fn read(content: &'a [u8]) -> Result<Self, Rejected> {
        let (mut all, mut types) = (Reader::new(content), BTreeSet::new());
        let (mut last, mut content_type, mut digest) = (&[][..], None, None);
        while !all.is_empty() {
            let whole = all.whole(SEQUENCE)?;
            let (id, values) = attribute(whole)?;
            if whole <= last || !types.insert(id) {
                return Err(Rejected);
            }
            last = whole;
            match id {
                CONTENT_TYPE => content_type = Some(only(values, OID)?),
                MESSAGE_DIGEST => digest = Some(only(values, OCTET_STRING)?),
                _ => {}
            }
        }
        let digest = digest.and_then(|digest| digest.try_into().ok()).ok_or(Rejected)?;
        Ok(Self { content, content_type: content_type.ok_or(Rejected)?, digest })
    }
}

/// The SET OF Attribute for this content type (an element) and this digest.
pub(super) fn write(content_type: &[u8], digest: &[u8; 32]) -> Vec<u8> {
    let attribute =
        |id: &[u8], value: &[u8]| element(SEQUENCE, &[&element(OID, &[id]), &element(SET, &[value])]);
    let attributes =
        [attribute(CONTENT_TYPE, content_type), attribute(MESSAGE_DIGEST, &element(OCTET_STRING, &[digest]))];
    set_of(SET, attributes.into())
}

/// Whether a content could have been signed as somebody's attributes, in whichever order they stood. A signature of
/// it as content would be one of attributes as well.
pub(super) fn resembled_by(content: &[u8]) -> bool {
    let read = || {
        let mut outer = Reader::new(content);
        let mut all = Reader::new(outer.take(SET)?);
        outer.end()?;
        let mut found = false;
        while !all.is_empty() {
            found |= attribute(all.whole(SEQUENCE)?)?.0 == MESSAGE_DIGEST;
        }
        Ok::<_, Rejected>(found)
    };
    read().unwrap_or(false)
}

/// The type of an attribute and its values.
fn attribute(whole: &[u8]) -> Result<(&[u8], Reader<'_>), Rejected> {
    let mut body = Reader::sequence_of(whole)?;
    let parts = (body.take(OID)?, Reader::new(body.take(SET)?));
    body.end()?;
    Ok(parts)
}

fn only(mut values: Reader<'_>, tag: u8) -> Result<&[u8], Rejected> {
    let value = values.take(tag)?;
    values.end()?;
    Ok(value)
}

/// 1.2.840.113549.1.9.3
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
/// 1.2.840.113549.1.9.4
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
