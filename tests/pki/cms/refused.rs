//! Signed messages that are wrong in one part, and what is said of them.

use miyao::{
    Kind,
    algo::{
        sm2::{DEFAULT_USER_ID, PrivateKey},
        sm3,
    },
    pki::cms::{Dialect, Holder, SignedData, Signers},
};

use super::{
    DATA, SIGNED, SM3, bare, element, holders,
    made::{CONTENT_TYPE, MESSAGE_DIGEST, Parts, algorithm, around, attribute, attributes},
    oid, replaced, rng, signature, unhex,
};

fn signer() -> (Holder, PrivateKey) {
    let [(one, key), _] = holders();
    (bare(&one), key)
}

fn outcome(der: &[u8]) -> Result<Vec<u8>, Kind> {
    let message = SignedData::parse(der).map_err(|error| error.kind())?;
    let verified = message.verify(DEFAULT_USER_ID, &[signer().0]).map_err(|error| error.kind())?;
    Ok(verified.content().to_vec())
}

fn made(parts: &Parts) -> Result<Vec<u8>, Kind> {
    let (holder, key) = signer();
    outcome(&parts.by(&holder, &key))
}

#[test]
fn what_is_made_by_hand_is_read_as_it_should_be() {
    assert_eq!(made(&Parts::new(b"content")), Ok(b"content".to_vec()));
    assert_eq!(made(&Parts::with_attributes(b"content")), Ok(b"content".to_vec()));
    let unsigned = element(0xa1, &[&attribute("2a03", &[&[5, 0]])]);
    assert_eq!(made(&Parts { after: unsigned, ..Parts::new(b"content") }), Ok(b"content".to_vec()));
    for id in ["2a811ccf5501822d", "2a811ccf5501822d01", "2a811ccf55018375"] {
        for algorithm in [algorithm(id), element(0x30, &[&oid(id)])] {
            let parts = Parts { signature_algorithm: algorithm, ..Parts::with_attributes(b"content") };
            assert_eq!(made(&parts), Ok(b"content".to_vec()), "{id}");
        }
    }
}

#[test]
fn a_signer_named_by_a_key_identifier_is_found_by_it() {
    let [(holder, key), _] = holders();
    let id = holder.certificate().unwrap().subject_key_identifier().unwrap().to_vec();
    let named = |version, id: &[u8]| {
        let parts = Parts { version, identifier: Some(element(0x80, &[id])), ..Parts::new(b"content") };
        let der = parts.by(&holder, &key);
        let message = SignedData::parse(&der).map_err(|error| error.kind())?;
        message
            .verify(DEFAULT_USER_ID, core::slice::from_ref(&holder))
            .map(|_| ())
            .map_err(|error| error.kind())
    };
    assert_eq!(named(3, &id), Ok(()));
    assert_eq!(named(1, &id), Err(Kind::Unsupported));
    assert_eq!(named(3, b"another"), Err(Kind::Missing));
}

#[test]
fn attributes_that_are_not_those_of_the_content_are_rejected() {
    let with =
        |attributes: Vec<Vec<u8>>| made(&Parts { attributes: Some(attributes), ..Parts::new(b"content") });
    let [of_type, digest] = attributes(b"content").try_into().unwrap();
    assert_eq!(with(attributes(b"contenu")), Err(Kind::Rejected), "another's digest");
    for id in [SIGNED, "2a864886f70d010701"] {
        let other = attribute(CONTENT_TYPE, &[&oid(id)]);
        assert_eq!(with(vec![other, digest.clone()]), Err(Kind::Rejected), "another type");
    }
    let bytes = sm3::digest(b"content");
    for wrong in [&bytes[..31], &[&bytes[..], &[0]].concat(), &[]] {
        let wrong = attribute(MESSAGE_DIGEST, &[&element(4, &[wrong])]);
        assert_eq!(with(vec![of_type.clone(), wrong]), Err(Kind::Malformed), "another length");
    }
}

#[test]
fn attributes_are_read_in_the_order_of_der_each_once_and_none_missing() {
    let with = |attributes: &[&[u8]]| {
        let attributes = attributes.iter().map(|attribute| attribute.to_vec()).collect();
        made(&Parts { attributes: Some(attributes), ..Parts::new(b"content") })
    };
    let [of_type, digest] = attributes(b"content").try_into().unwrap();
    let other = attribute("2a0304", &[&[5, 0], &[1, 1, 0xff]]);
    let value = element(4, &[&sm3::digest(b"content")]);
    assert_eq!(with(&[&other, &of_type, &digest]), Ok(b"content".to_vec()));
    let twice = attribute(MESSAGE_DIGEST, &[&value, &value]);
    let none = attribute(MESSAGE_DIGEST, &[]);
    let later = attribute(MESSAGE_DIGEST, &[&element(4, &[&[0xff; 32]])]);
    for (what, wrong) in [
        ("none at all", &[][..]),
        ("no digest", &[&of_type[..]]),
        ("no type", &[&digest]),
        ("another order", &[&digest, &of_type]),
        ("an attribute twice", &[&of_type, &digest, &digest]),
        ("two of one type", &[&of_type, &digest, &later]),
        ("two values", &[&of_type, &twice]),
        ("no value", &[&none, &of_type]),
        ("something else", &[&of_type, &digest, &[5, 0]]),
        ("a tail", &[&of_type, &digest, &[0x30, 0]]),
    ] {
        assert_eq!(with(wrong), Err(Kind::Malformed), "{what}");
    }
}

#[test]
fn a_signature_of_attributes_is_none_of_a_content_and_the_other_way_round() {
    let (holder, key) = signer();
    let of_attributes = Parts::with_attributes(b"content");
    let set = element(0x31, &[&of_attributes.attributes.as_ref().unwrap().concat()]);
    // What was signed as attributes is now the content; the signature of it is genuine.
    assert_eq!(made(&Parts::new(&set)), Err(Kind::Rejected));
    let unordered = element(0x31, &[&attributes(b"content").into_iter().rev().collect::<Vec<_>>().concat()]);
    assert_eq!(made(&Parts::new(&unordered)), Err(Kind::Rejected));
    let signers = Signers::new(&holder, &key).unwrap();
    for content in [&set, &unordered] {
        assert_eq!(signers.sign(content, &mut rng("set")).unwrap_err().kind(), Kind::Invalid);
        let der = signers.clone().with_attributes().sign(content, &mut rng("set")).unwrap();
        assert_eq!(outcome(&der).as_ref(), Ok(content));
    }
    let harmless = element(0x31, &[&attribute("2a03", &[&[5, 0]])]);
    assert_eq!(made(&Parts::new(&harmless)), Ok(harmless));
}

#[test]
fn a_signature_without_za_is_read_of_gmssl_alone() {
    let (_, key) = signer();
    let own = |digest: &[u8; 32]| Some(signature(&key.sign_digest(digest, &mut rng("za"))));
    let bare = Parts { signature: own(&sm3::digest(b"content")), ..Parts::new(b"content") };
    assert_eq!(made(&bare), Err(Kind::Rejected), "the digest of the content alone");
    let za = key.public_key().za(DEFAULT_USER_ID).unwrap();
    let genuine = key.sign(DEFAULT_USER_ID, b"content", &mut rng("za")).unwrap();
    let forged =
        Parts { signature: Some(signature(&genuine)), ..Parts::new(&[&za[..], b"content"].concat()) };
    assert_eq!(made(&forged), Err(Kind::Rejected), "a signature of the standard for ZA and the content");
    let info = element(0x30, &[&oid(DATA), &element(0xa0, &[&element(4, &[b"content"])])]);
    let whole = own(&sm3::digest(&info));
    let gmssl = Parts { signature: whole.clone(), ..Parts::new(b"content") };
    assert_eq!(made(&gmssl), Err(Kind::Rejected), "under the number that GmSSL does not write");
    let gmssl = Parts { signature_algorithm: algorithm("2a811ccf55018375"), ..gmssl };
    assert_eq!(made(&gmssl), Ok(b"content".to_vec()));
    let (holder, key) = signer();
    let der = gmssl.by(&holder, &key);
    let message = SignedData::parse(&der).unwrap();
    let known = [holder];
    let verified = message.verify(DEFAULT_USER_ID, &known).unwrap();
    assert_eq!((message.dialect(), verified.dialect()), (Dialect::Standard, Dialect::GmSsl));
    let attributes = Some(attributes(b"content"));
    assert_eq!(made(&Parts { attributes, ..gmssl }), Err(Kind::Rejected), "GmSSL signs no attributes");
    let pkcs7 = element(0x30, &[&oid("2a864886f70d010701"), &element(0xa0, &[&element(4, &[b"content"])])]);
    let parts = Parts {
        signature: own(&sm3::digest(&pkcs7)),
        signature_algorithm: algorithm("2a811ccf55018375"),
        ..Parts::new(b"content")
    };
    assert_eq!(made(&parts), Err(Kind::Rejected));
}

#[test]
fn versions_algorithms_and_contents_that_are_not_known_are_named() {
    let kind = |parts: &Parts| made(parts).unwrap_err();
    let right = || Parts::with_attributes(b"content");
    for version in [0, 2, 3, 4] {
        assert_eq!(kind(&Parts { version, ..right() }), Kind::Unsupported, "version {version}");
    }
    let sha256 = "608648016503040201";
    let ecdsa = "2a8648ce3d040302";
    assert_eq!(kind(&Parts { digest_algorithm: algorithm(sha256), ..right() }), Kind::Unsupported);
    assert_eq!(kind(&Parts { signature_algorithm: algorithm(ecdsa), ..right() }), Kind::Unsupported);
    let (holder, key) = signer();
    let der = Parts { digest_algorithm: algorithm(sha256), ..right() }.by(&holder, &key);
    assert!(SignedData::parse(&der).unwrap_err().to_string().starts_with("2.16.840.1.101.3.4.2.1: "));
    let parameters = element(0x30, &[&oid(SM3), &[4, 0]]);
    assert_eq!(kind(&Parts { digest_algorithm: parameters, ..right() }), Kind::Malformed);
    assert_eq!(kind(&Parts { content_type: oid(SIGNED), ..right() }), Kind::Unsupported);
    assert_eq!(kind(&Parts { content_type: oid("2a03"), ..right() }), Kind::Unsupported);
    let der = Parts::new(b"").by(&holder, &key);
    let enveloped = replaced(&der, &oid(SIGNED), &oid("2a811ccf550601040203"));
    let error = SignedData::parse(&enveloped).unwrap_err();
    assert!(error.kind() == Kind::Unsupported && error.to_string().starts_with("EnvelopedData: "), "{error}");
    assert_eq!(kind(&Parts { after: vec![5, 0], ..right() }), Kind::Malformed);
}

#[test]
fn signatures_in_another_form_are_rejected() {
    let (_, key) = signer();
    let signed = key.sign(DEFAULT_USER_ID, b"content", &mut rng("form")).unwrap();
    let (der, len) = signed.to_der();
    let form =
        |bytes: &[u8]| made(&Parts { signature: Some(element(4, &[bytes])), ..Parts::new(b"content") });
    assert_eq!(form(&der[..len]), Ok(b"content".to_vec()));
    for wrong in [&signed.to_bytes()[..], &[], &der[..len - 1], &[&der[..len], &[0]].concat()] {
        assert_eq!(form(wrong), Err(Kind::Rejected));
    }
}

#[test]
fn nobody_too_many_and_open_lengths_are_refused() {
    let (holder, key) = signer();
    let parts = Parts::new(b"content");
    let signer = parts.signer(&holder, &key);
    assert_eq!(outcome(&parts.message(&[])), Err(Kind::Missing));
    assert_eq!(outcome(&parts.message(&[&signer[..]; 64])), Ok(b"content".to_vec()));
    assert_eq!(outcome(&parts.message(&[&signer[..]; 65])), Err(Kind::TooLarge));
    let open = [&[0x30, 0x80][..], &oid(SIGNED), &[0xa0, 0x80, 0x30, 0x80, 0, 0, 0, 0, 0, 0]].concat();
    let error = SignedData::parse(&open).unwrap_err();
    assert!(error.kind() == Kind::Malformed && error.to_string().contains("BER"), "{error}");
    // The same inside.
    let inside = around(SIGNED, &[&[2, 1, 1, 0x31, 0x80, 0, 0]]);
    assert_eq!(outcome(&inside), Err(Kind::Malformed));
    let pieces =
        element(0x30, &[&oid(DATA), &element(0xa0, &[&element(0x24, &[&element(4, &[b"content"])])])]);
    let whole = element(0x30, &[&oid(DATA), &element(0xa0, &[&element(4, &[b"content"])])]);
    let der = around(SIGNED, &[&[2, 1, 1, 0x31, 0], &whole, &element(0x31, &[&signer])]);
    assert_eq!(outcome(&der), Ok(b"content".to_vec()), "who signs says with what");
    let der = around(SIGNED, &[&[2, 1, 1, 0x31, 0], &pieces, &element(0x31, &[&signer])]);
    assert_eq!(outcome(&der), Err(Kind::Malformed), "a content in pieces");
    assert_eq!(outcome(&unhex("3000")), Err(Kind::Malformed));
    assert_eq!(outcome(&[]), Err(Kind::Malformed));
}
