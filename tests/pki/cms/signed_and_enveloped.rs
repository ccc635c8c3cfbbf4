//! Messages that are signed and enveloped at once.

use miyao::{
    Kind,
    algo::{
        mode::cbc,
        sm2::{DEFAULT_USER_ID, Encoding},
        sm3,
        sm4::Sm4,
    },
    pki::cms::{Dialect, Holder, Recipients, SignedAndEnvelopedData, Signers},
};

use super::{
    DATA, SM3, bare, element, holders,
    made::{Parts, algorithm, around},
    made_by_others, oid, rng, signature,
};

#[test]
fn messages_of_gmsm_and_gmssl_open_and_verify_and_say_whose_way_they_are_written_in() {
    for made in made_by_others("both") {
        let message = SignedAndEnvelopedData::parse(&made.der).unwrap();
        assert_eq!(message.dialect(), made.dialect(), "{}", made.way);
        assert_eq!(message.recipients().len(), made.holders.len());
        let signer = &made.holders[0].0;
        assert!(message.signers().eq([signer.identifier()]));
        assert_eq!(message.certificates(), [signer.certificate().unwrap().as_der()]);
        assert!(message.revocation_lists().is_empty());
        let brought = message.unverified_holders();
        for (holder, key) in &made.holders {
            let opened = message.open(holder, key, DEFAULT_USER_ID, &brought).unwrap();
            assert_eq!(opened.content().expose(), made.content, "{}", made.way);
            assert_eq!(opened.dialect(), made.dialect());
            assert_eq!(opened.signers()[0].holder().unwrap().certificate(), signer.certificate());
            assert_eq!(opened.into_content().expose(), made.content);
            if made.dialect() != Dialect::GmSsl {
                let error = message.open(holder, key, b"", &brought).map(|_| ()).unwrap_err();
                assert_eq!(error.kind(), Kind::Rejected, "another user id");
            }
        }
    }
}

#[test]
fn what_is_signed_and_sealed_opens_for_its_recipients_with_every_signature() {
    let [(one, first), (two, second)] = holders();
    for (dialect, attributes) in [
        (Dialect::Standard, false),
        (Dialect::Standard, true),
        (Dialect::Pkcs7, false),
        (Dialect::Pkcs7, true),
    ] {
        for content in [&b""[..], b"content", &[7; 300]] {
            let mut signers =
                Signers::new(&one, &first).unwrap().and(&two, &second).unwrap().dialect(dialect).unwrap();
            if attributes {
                signers = signers.with_attributes();
            }
            let recipients = Recipients::new(&two).dialect(dialect).unwrap();
            let der = recipients.seal_signed(content, &signers, &mut rng("both")).unwrap();
            let message = SignedAndEnvelopedData::parse(&der).unwrap();
            let opened = message.open(&two, &second, DEFAULT_USER_ID, &message.unverified_holders()).unwrap();
            assert_eq!((opened.content().expose(), opened.dialect()), (content, dialect));
            assert_eq!(opened.signers().len(), 2);
            let kind =
                |holder, key| message.open(holder, key, DEFAULT_USER_ID, &[]).map(|_| ()).unwrap_err().kind();
            assert_eq!(kind(&one, &first), Kind::Missing, "not for the signer");
            assert_eq!(kind(&two, &first), Kind::Invalid);
        }
    }
}

#[test]
fn nothing_is_given_out_whose_signatures_do_not_all_verify() {
    let [(one, first), (two, second)] = holders();
    let der = Recipients::new(&two)
        .seal_signed(b"content", &Signers::new(&one, &first).unwrap(), &mut rng("brought"))
        .unwrap();
    let message = SignedAndEnvelopedData::parse(&der).unwrap();
    let error = message.open(&two, &second, DEFAULT_USER_ID, core::slice::from_ref(&two)).unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "brought, and not among those who may sign");
    let hidden = bare(&one);
    let signers = Signers::new(&hidden, &first).unwrap();
    let der = Recipients::new(&two).seal_signed(b"content", &signers, &mut rng("known")).unwrap();
    let message = SignedAndEnvelopedData::parse(&der).unwrap();
    let open = |known: &[Holder]| {
        message.open(&two, &second, DEFAULT_USER_ID, known).map(|_| ()).map_err(|error| error.kind())
    };
    assert_eq!(open(&[]), Err(Kind::Missing));
    assert_eq!(open(&[bare(&one)]), Ok(()));
    let wrong = Holder::new(one.issuer(), one.serial(), two.public_key()).unwrap();
    assert_eq!(open(&[wrong]), Err(Kind::Rejected));
    let error = message.open(&two, &second, &[0; 8192], &[]).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
}

/// What comes of a text that the second holder can decrypt, with these parts of the first for its signature.
fn opened(text: &[u8], parts: &Parts) -> Result<Vec<u8>, Kind> {
    let [(one, first), (two, second)] = holders();
    let encrypted = two.public_key().encrypt(&[8; 16], Encoding::Der, &mut rng("key")).unwrap();
    let name = element(0x30, &[two.issuer().as_der(), &element(2, &[two.serial()])]);
    let recipient = [&[2, 1, 1][..], &name, &algorithm("2a811ccf5501822d03"), &element(4, &[&encrypted])];
    let mut ciphertext = text.to_vec();
    cbc::encrypt(&Sm4::new(&[8; 16]), &[9; 16], &mut ciphertext).unwrap();
    let cipher = element(0x30, &[&oid("2a811ccf55016802"), &element(4, &[&[9; 16]])]);
    let der = around(
        "2a811ccf550601040204",
        &[
            &[2, 1, 1],
            &element(0x31, &[&element(0x30, &recipient)]),
            &element(0x31, &[&algorithm(SM3)]),
            &element(0x30, &[&oid(DATA), &cipher, &element(0x80, &[&ciphertext])]),
            &element(0x31, &[&parts.signer(&one, &first)]),
        ],
    );
    let message = SignedAndEnvelopedData::parse(&der).unwrap();
    let opened = message.open(&two, &second, DEFAULT_USER_ID, &[bare(&one)]);
    opened.map(|opened| opened.content().expose().to_vec()).map_err(|error| error.kind())
}

#[test]
fn a_text_without_padding_is_rejected_though_all_of_it_is_signed() {
    let open = |text: &[u8], signed: &[u8]| opened(text, &Parts::new(signed));
    let padded = [&[7; 12][..], &[4; 4]].concat();
    assert_eq!(open(&padded, &[7; 12]), Ok(vec![7; 12]));
    assert_eq!(open(&padded, &padded), Err(Kind::Rejected));
    for text in [[0; 16], [17; 16], [0xff; 16]] {
        assert_eq!(open(&text, &text), Err(Kind::Rejected));
        assert_eq!(open(&text, &[]), Err(Kind::Rejected));
    }
}

#[test]
fn a_signature_of_gmssl_does_not_go_from_signed_data_to_an_envelope() {
    let [(_, first), _] = holders();
    // GmSSL signs this of SignedData with `inner` in an OCTET STRING, and of an envelope with all of `content`.
    let open = |content: &[u8], signed_by_gmssl: bool| {
        let info = element(0x30, &[&oid(DATA), &element(0xa0, &[content])]);
        let whole = signature(&first.sign_digest(&sm3::digest(&info), &mut rng("gmssl")));
        let parts = Parts {
            signature: signed_by_gmssl.then_some(whole),
            signature_algorithm: algorithm("2a811ccf55018375"),
            ..Parts::new(content)
        };
        let pad = 16 - content.len() % 16;
        opened(&[content, &vec![pad as u8; pad]].concat(), &parts)
    };
    let inner = element(4, &[b"pay 1"]);
    assert_eq!(open(&inner, true), Err(Kind::Rejected));
    assert_eq!(open(&inner, false), Ok(inner), "the standard signs all of it in both");
    for other in [&b"pay 1"[..], b"", &[4, 5, b'p'], &[4, 1, b'p', b'a']] {
        assert_eq!(open(other, true), Ok(other.to_vec()));
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let [(one, first), (two, _)] = holders();
    let signers = || Signers::new(&one, &first).unwrap();
    let seal = |signers: &Signers<'_>| {
        Recipients::new(&two).seal_signed(b"content", signers, &mut rng("refused")).unwrap_err().kind()
    };
    assert_eq!(seal(&signers().dialect(Dialect::Pkcs7).unwrap()), Kind::Invalid);
    assert_eq!(seal(&signers().detached()), Kind::Invalid);
}
