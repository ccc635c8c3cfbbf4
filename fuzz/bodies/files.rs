//! Files of others: what the detective says of any bytes, and what is made of them.

use miyao::{
    algo::sm2::{Encoding, PrivateKey, PublicKey, Signature},
    pki::{
        convert::{Armor, Target, convert},
        enveloped_key,
        inspect::{Form, Found, Inspection, Oddity, Order, inspect},
    },
};

use super::sm2_key;

/// So long a report is of a file with many long names in it.
const LONGEST: usize = 8 << 10;

/// Whatever a strict reader takes is told with nothing against it, and the other way round.
pub fn inspection(data: &[u8]) {
    let mut found = inspect(data);
    assert!((1..LONGEST).contains(&found.to_string().len()));
    let is_marked =
        found.oddities.iter().any(|oddity| matches!(oddity, Oddity::ByteOrderMark | Oddity::Utf16));
    let told = |found: &Inspection, form| found.form() == Some(form) && found.layers.is_empty() && !is_marked;
    let agrees = |form, is_taken: bool| {
        let is_usable = !matches!(found.found, Found::Unusable(..));
        assert_eq!(told(&found, form) && is_usable && found.is_strict(), is_taken, "{form}: {found}");
    };
    agrees(Form::Pkcs8, PrivateKey::from_pkcs8_der(data).is_ok());
    agrees(Form::Sec1, PrivateKey::from_sec1_der(data).is_ok());
    agrees(Form::Spki, PublicKey::from_spki_der(data).is_ok());
    if PrivateKey::from_pem(data).is_ok() {
        let is_first = matches!(found.found, Found::PrivateKey(Form::Pkcs8 | Form::Sec1, ..));
        let is_later = found.oddities.iter().any(|oddity| matches!(oddity, Oddity::MoreBlocks(_)));
        assert!(is_first || is_later, "{found}");
    }
    if enveloped_key::unverified_public_key(data).is_ok() {
        assert!(told(&found, Form::Enveloped) && found.is_strict(), "{found}");
    }
    if let Ok(signature) = Signature::from_der(data)
        && !matches!(found.found, Found::Unusable(Form::DerSignature, _))
    {
        assert!(matches!(found.found, Found::Signature(Form::DerSignature, told) if told == signature));
        assert!(found.is_strict());
    }
    if sm2_key().decrypt(data, Encoding::Der).is_ok() {
        assert!(told(&found, Form::DerCiphertext) && found.is_strict(), "{found}");
    }
    found.ask(&sm2_key());
    assert!((1..LONGEST).contains(&found.to_string().len()));
}

/// What is made of a file is told to be that, strictly, and made of itself again.
pub fn conversion(data: &[u8]) {
    let mut found = inspect(data);
    if let Found::Ciphertext(ciphertext) = &mut found.found
        && ciphertext.order().is_none()
    {
        ciphertext.assume(if data.len().is_multiple_of(2) { Order::C1C3C2 } else { Order::C1C2C3 });
    }
    for (_, target) in Target::ALL {
        let Ok(made) = convert(&found, target) else { continue };
        let text = Armor::Hexadecimal.around(target, &made).expect("text of any bytes");
        let mut again = inspect(text.expose());
        // Bytes that may be typed, or begin as DER does, are rightly taken for that.
        if made.expose().iter().all(u8::is_ascii)
            || made.expose().first().is_some_and(|byte| *byte == 0x30 || *byte >= 0xef)
        {
            continue;
        }
        if let Found::Ciphertext(ciphertext) = &mut again.found {
            let is_old = matches!(target, Target::C1C2C3 | Target::BareC1C2C3);
            ciphertext.assume(if is_old { Order::C1C2C3 } else { Order::C1C3C2 });
        }
        assert_eq!(convert(&again, target).expect("what was written").expose(), made.expose());
    }
    structured(&found);
}

/// DER is told without doubt.
fn structured(found: &Inspection) {
    for target in [Target::Pkcs8, Target::Sec1, Target::Spki, Target::Der] {
        let Ok(made) = convert(found, target) else { continue };
        let again = inspect(made.expose());
        assert!(again.is_strict() && again.layers.is_empty(), "{again}");
        assert_eq!(
            again.form().map(Form::sort),
            found.form().map(|form| match target {
                Target::Spki => miyao::pki::inspect::Sort::PublicKey,
                _ => form.sort(),
            })
        );
    }
}
