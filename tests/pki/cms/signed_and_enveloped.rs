//! Messages that are signed and enveloped at once.

use miyao::{
    Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::cms::{Dialect, Holder, Recipients, SignedAndEnvelopedData, Signers},
};

use super::{bare, holders, made_by_others, rng};

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
        for (holder, key) in &made.holders {
            let opened = message.open(holder, key, DEFAULT_USER_ID, &[]).unwrap();
            assert_eq!(opened.content().expose(), made.content, "{}", made.way);
            assert_eq!(opened.dialect(), made.dialect());
            assert_eq!(opened.signers()[0].holder().unwrap().certificate(), signer.certificate());
            assert_eq!(opened.into_content().expose(), made.content);
            if made.dialect() != Dialect::GmSsl {
                let error = message.open(holder, key, b"", &[]).map(|_| ()).unwrap_err();
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
            let opened = message.open(&two, &second, DEFAULT_USER_ID, &[]).unwrap();
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
