//! Every truncation and every flipped bit of a message.

use miyao::{
    Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::cms::{EnvelopedData, Recipients, SignedAndEnvelopedData, SignedData, Signers},
};

use super::{bare, holders, rng};

/// Each byte that is missing at the end is missed, and so is one that is too many.
fn truncated(der: &[u8], parse: impl Fn(&[u8]) -> Option<Kind>) {
    for len in 0..der.len() {
        assert_eq!(parse(&der[..len]), Some(Kind::Malformed), "{len} bytes");
    }
    assert_eq!(parse(&[der, &[0]].concat()), Some(Kind::Malformed));
    assert_eq!(parse(der), None);
}

/// The flipped bits after which it is still read; what `read` gives must be the content.
fn survivors(der: &[u8], content: &[u8], read: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<usize> {
    let mut found = Vec::new();
    for bit in 0..der.len() * 8 {
        let mut flipped = der.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Some(read) = read(&flipped) {
            assert_eq!(read, content, "bit {bit}");
            found.push(bit);
        }
    }
    found
}

#[test]
fn signed_messages_lose_nothing_and_bear_no_other_bit() {
    let [(one, key), _] = holders();
    let holder = bare(&one);
    for attributes in [false, true] {
        let signers = Signers::new(&holder, &key).unwrap();
        let signers = if attributes { signers.with_attributes() } else { signers };
        let der = signers.sign(b"content", &mut rng("flip")).unwrap();
        truncated(&der, |der| SignedData::parse(der).err().map(|error| error.kind()));
        let found = survivors(&der, b"content", |der| {
            let verified =
                SignedData::parse(der).ok()?.verify(DEFAULT_USER_ID, core::slice::from_ref(&holder)).ok()?;
            Some(verified.content().to_vec())
        });
        // The version of the message, 1 or 3, means nothing to its reader.
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(der[found[0] / 8 - 2..=found[0] / 8], [2, 1, 1]);
    }
}

#[test]
fn signed_and_enveloped_messages_lose_nothing_and_bear_no_other_bit() {
    let [(one, first), (two, second)] = holders();
    let (signer, recipient) = (bare(&one), bare(&two));
    let signers = Signers::new(&signer, &first).unwrap();
    let der = Recipients::new(&recipient).seal_signed(b"content", &signers, &mut rng("flip")).unwrap();
    truncated(&der, |der| SignedAndEnvelopedData::parse(der).err().map(|error| error.kind()));
    let found = survivors(&der, b"content", |der| {
        let message = SignedAndEnvelopedData::parse(der).ok()?;
        let opened =
            message.open(&recipient, &second, DEFAULT_USER_ID, core::slice::from_ref(&signer)).ok()?;
        Some(opened.content().expose().to_vec())
    });
    // The version of a recipient, 0 or 1, and SM2-3 or GmSSL's SM2-2, mean the same to their reader.
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(der[found[0] / 8 - 2..=found[0] / 8], [2, 1, 1]);
    assert_eq!(der[found[1] / 8 - 8..=found[1] / 8], super::unhex("2a811ccf5501822d03"));
}

#[test]
fn enveloped_messages_lose_nothing_and_keep_their_shape() {
    let [_, (two, second)] = holders();
    let recipient = bare(&two);
    let der = Recipients::new(&recipient).seal(&[7; 40], &mut rng("flip")).unwrap();
    truncated(&der, |der| EnvelopedData::parse(der).err().map(|error| error.kind()));
    // IV and ciphertext are not authenticated, which is what the documentation says; their length is.
    let (mut altered, ciphertext) = (0, der.len() - 48);
    for bit in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Ok(message) = EnvelopedData::parse(&flipped) else { continue };
        match message.open(&recipient, &second) {
            Ok(text) if text.expose() == [7; 40] => assert!(bit / 8 < ciphertext - 18),
            Ok(text) => {
                assert!(bit / 8 >= ciphertext - 20 && text.len() < 48, "bit {bit}");
                altered += 1;
            }
            Err(error) => {
                assert!(
                    matches!(error.kind(), Kind::Rejected | Kind::Missing | Kind::Unsupported),
                    "bit {bit}"
                );
            }
        }
    }
    assert!(altered > 100, "{altered}");
}
