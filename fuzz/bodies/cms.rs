//! What must hold for any bytes that may be a message of GM/T 0010.

use miyao::{
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Name,
        cms::{EnvelopedData, Holder, Recipients, SignedAndEnvelopedData, SignedData, Signers},
    },
};

use super::{rng, sm2_key};

/// The holder of [`sm2_key`], as messages name it.
pub fn holder() -> Holder {
    let issuer = Name::parse("CN=issuer").expect("a name");
    Holder::new(&issuer, &[1], sm2_key().public_key()).expect("a serial number")
}

/// Messages of GM/T 0010: a content that leaves one can be signed and sealed anew, and is found again.
pub fn messages(data: &[u8]) {
    let (holder, key) = (holder(), sm2_key());
    let known = core::slice::from_ref(&holder);
    if let Ok(message) = SignedData::parse(data) {
        let all = [known, &message.unverified_holders()].concat();
        let verified = match message.is_detached() {
            true => message.verify_detached(b"content", DEFAULT_USER_ID, &all),
            false => message.verify(DEFAULT_USER_ID, &all),
        };
        if let Ok(verified) = verified {
            assert!(!verified.signers().is_empty());
            assert!(verified.signers().iter().all(|signer| signer.outcome().is_ok()));
            let signers = Signers::new(&holder, &key).expect("a pair").with_attributes();
            let made = signers.sign(verified.content(), &mut rng()).expect("a message");
            let again = SignedData::parse(&made).expect("what was written");
            let again = again.verify(DEFAULT_USER_ID, known).expect("what was signed");
            assert_eq!(again.content(), verified.content());
        }
    }
    if let Ok(message) = EnvelopedData::parse(data)
        && let Ok(text) = message.open(&holder, &key)
    {
        let made = Recipients::new(&holder).seal(text.expose(), &mut rng()).expect("a message");
        let again = EnvelopedData::parse(&made).expect("what was written");
        assert_eq!(again.open(&holder, &key).expect("its recipient").expose(), text.expose());
    }
    if let Ok(message) = SignedAndEnvelopedData::parse(data)
        && let Ok(opened) = message.open(&holder, &key, DEFAULT_USER_ID, known)
    {
        assert!(opened.signers().iter().all(|signer| signer.outcome().is_ok()));
        // One alone was ever signed and sealed.
        assert_eq!(opened.content().expose(), b"content");
    }
}
