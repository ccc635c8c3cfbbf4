//! Signed messages, attached and detached.

use miyao::{
    Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Certificate,
        chain::{Purpose, Trust},
        cms::{self, Dialect, Holder, Identifier, MAX_SIGNERS, SignedData, Signers},
    },
};

use super::{
    super::{
        authorities::{LEAF, now, world},
        key,
    },
    bare, element, holders, made_by_others, rng,
};

#[test]
fn messages_of_gmsm_and_gmssl_verify_and_say_whose_way_they_are_written_in() {
    for made in made_by_others("signed") {
        let message = SignedData::parse(&made.der).unwrap();
        let verified = message.verify(DEFAULT_USER_ID, &message.unverified_holders()).unwrap();
        assert_eq!(verified.content(), made.content, "{}", made.way);
        assert_eq!(verified.dialect(), made.dialect(), "{}", made.way);
        assert_eq!(verified.signers().len(), made.holders.len());
        for signer in verified.signers() {
            let named = |(holder, _): &&(Holder, _)| holder.identifier() == signer.identifier();
            let (holder, _) = made.holders.iter().find(named).unwrap();
            assert_eq!(signer.holder().unwrap().certificate(), holder.certificate());
            assert_eq!(signer.attributes().is_some(), made.way.contains("attr") || made.way.contains("two"));
            assert_eq!(signer.outcome().unwrap(), made.dialect());
        }
        // GmSSL signs no user id.
        let other = message.verify(b"", &message.unverified_holders());
        assert_eq!(other.is_ok(), made.dialect() == Dialect::GmSsl, "{}", made.way);
        assert!(other.is_ok() || other.unwrap_err().kind() == Kind::Rejected);
        assert_eq!(message.verify_detached(&made.content, b"", &[]).unwrap_err().kind(), Kind::Invalid);
    }
}

#[test]
fn detached_contents_of_gmsm_verify_and_no_others() {
    for made in made_by_others("detached") {
        let message = SignedData::parse(&made.der).unwrap();
        assert!(message.is_detached());
        let brought = message.unverified_holders();
        let verified = message.verify_detached(&made.content, DEFAULT_USER_ID, &brought).unwrap();
        assert_eq!((verified.content(), verified.dialect()), (&made.content[..], made.dialect()));
        for other in [&b""[..], b"another", &[&made.content[..], b"\0"].concat()] {
            let error = message.verify_detached(other, DEFAULT_USER_ID, &brought).unwrap_err();
            assert_eq!(error.kind(), Kind::Rejected);
        }
        assert_eq!(message.verify(DEFAULT_USER_ID, &[]).unwrap_err().kind(), Kind::Invalid);
    }
}

#[test]
fn a_signer_without_a_certificate_is_missed_until_it_is_given() {
    for made in made_by_others("bare") {
        let message = SignedData::parse(&made.der).unwrap();
        assert!(message.certificates().is_empty());
        assert_eq!(message.verify(DEFAULT_USER_ID, &[]).unwrap_err().kind(), Kind::Missing);
        let signers = message.verify_each(DEFAULT_USER_ID, &[]).unwrap();
        assert!(signers[0].holder().is_none() && signers[0].outcome().is_err());
        let [(other, _), _] = holders();
        assert_eq!(message.verify(DEFAULT_USER_ID, &[other]).unwrap_err().kind(), Kind::Missing);
        let known = [made.holders[0].0.clone()];
        assert_eq!(message.verify(DEFAULT_USER_ID, &known).unwrap().content(), made.content);
    }
}

#[test]
fn a_message_of_certificates_alone_gives_them_and_verifies_nothing() {
    for made in made_by_others("unsigned") {
        let message = SignedData::parse(&made.der).unwrap();
        let expected: Vec<_> =
            made.holders.iter().map(|(holder, _)| holder.certificate().unwrap().as_der()).collect();
        assert_eq!(message.certificates(), expected);
        assert_eq!((message.signers().len(), message.dialect()), (0, Dialect::Pkcs7));
        assert_eq!(message.verify_detached(b"", DEFAULT_USER_ID, &[]).unwrap_err().kind(), Kind::Missing);
    }
}

#[test]
fn what_is_signed_is_read_back_in_every_way_it_is_written() {
    let [(one, first), (two, second)] = holders();
    let hidden = bare(&two);
    for round in 0..32u32 {
        let is = |bit: u32| round >> bit & 1 == 1;
        let dialect = if is(0) { Dialect::Pkcs7 } else { Dialect::Standard };
        let user_id = if is(1) { &b""[..] } else { DEFAULT_USER_ID };
        let mut signers = Signers::new(&one, &first).unwrap().dialect(dialect).unwrap().user_id(user_id);
        if is(2) {
            signers = signers.with_attributes();
        }
        if is(3) {
            signers = signers.detached();
        }
        if is(4) {
            signers = signers.and(&hidden, &second).unwrap().certificate(two.certificate().unwrap().as_der());
        }
        let der = signers.sign(b"content", &mut rng("signed")).unwrap();
        let message = SignedData::parse(&der).unwrap();
        assert_eq!((message.dialect(), message.is_detached()), (dialect, is(3)));
        assert_eq!(message.certificates().len(), 1 + usize::from(is(4)));
        let verify = |user_id| match is(3) {
            true => message.verify_detached(b"content", user_id, &message.unverified_holders()),
            false => message.verify(user_id, &message.unverified_holders()),
        };
        let verified = verify(user_id).unwrap();
        assert_eq!((verified.content(), verified.dialect()), (&b"content"[..], dialect));
        assert_eq!(verified.signers().len(), 1 + usize::from(is(4)));
        assert!(verified.signers().iter().all(|signer| signer.attributes().is_some() == is(2)));
        assert_eq!(verify(b"another").unwrap_err().kind(), Kind::Rejected);
        assert_eq!(verify(&[0; 8192]).unwrap_err().kind(), Kind::Invalid);
    }
}

#[test]
fn a_known_certificate_stands_before_one_that_is_brought_under_its_name() {
    let [(one, first), (_, second)] = holders();
    let der = Signers::new(&one, &first).unwrap().sign(b"content", &mut rng("known")).unwrap();
    let message = SignedData::parse(&der).unwrap();
    let known = Holder::new(one.issuer(), one.serial(), second.public_key()).unwrap();
    let known = [&[known][..], &message.unverified_holders()].concat();
    assert_eq!(message.verify(DEFAULT_USER_ID, &known).unwrap_err().kind(), Kind::Rejected);
    assert!(message.verify(DEFAULT_USER_ID, &[bare(&one)]).is_ok());
}

#[test]
fn a_certificate_that_is_brought_is_not_among_those_who_may_sign() {
    let [(one, _), (two, second)] = holders();
    let der = Signers::new(&two, &second).unwrap().sign(b"content", &mut rng("brought")).unwrap();
    let message = SignedData::parse(&der).unwrap();
    let alone = [one];
    assert_eq!(message.verify(DEFAULT_USER_ID, &alone).unwrap_err().kind(), Kind::Missing);
    assert_eq!(message.verify_some(DEFAULT_USER_ID, &alone).unwrap_err().kind(), Kind::Missing);
    let asked = [&alone[..], &message.unverified_holders()].concat();
    let verified = message.verify(DEFAULT_USER_ID, &asked).unwrap();
    assert_eq!(verified.signers()[0].holder().unwrap().certificate(), two.certificate());
}

#[test]
fn signatures_of_one_certificate_share_it() {
    let [(one, first), _] = holders();
    let signers = Signers::new(&one, &first).unwrap().and(&one, &first).unwrap();
    let der = signers.sign(b"content", &mut rng("share")).unwrap();
    let signers = SignedData::parse(&der).unwrap().verify_each(DEFAULT_USER_ID, &[one]).unwrap();
    let [a, b] = [&signers[0], &signers[1]].map(|signer| signer.holder().unwrap().certificate().unwrap());
    assert!(core::ptr::eq(a, b), "two copies");
}

#[test]
fn each_of_many_signers_has_an_outcome_of_its_own() {
    let [(one, first), (two, second)] = holders();
    let signers = Signers::new(&one, &first).unwrap().and(&two, &second).unwrap();
    let der = signers.sign(b"content", &mut rng("each")).unwrap();
    let message = SignedData::parse(&der).unwrap();
    let known = [bare(&one), Holder::new(two.issuer(), two.serial(), first.public_key()).unwrap()];
    let outcomes = message.verify_each(DEFAULT_USER_ID, &known).unwrap();
    for signer in &outcomes {
        match signer.outcome() {
            Ok(dialect) => assert_eq!((dialect, signer.identifier()), (Dialect::Standard, one.identifier())),
            Err(error) => {
                assert_eq!((error.kind(), signer.identifier()), (Kind::Rejected, two.identifier()));
            }
        }
    }
    assert_eq!(outcomes.iter().filter(|signer| signer.outcome().is_ok()).count(), 1);
    let all = message.verify(DEFAULT_USER_ID, &known);
    assert_eq!(all.unwrap_err().kind(), Kind::Rejected, "one of two is not all");
    let some = message.verify_some(DEFAULT_USER_ID, &known).unwrap();
    assert_eq!((some.content(), some.signers().len()), (&b"content"[..], 1));
    assert_eq!(some.signers()[0].identifier(), one.identifier());
    assert_eq!(message.verify_some(b"", &known).unwrap_err().kind(), Kind::Rejected);
}

#[test]
fn what_a_message_brings_goes_on_to_the_chain() {
    let [root, middle, leaf] = world();
    let list = element(0x30, &[&[5, 0]]);
    let holder = Holder::of(&leaf).unwrap();
    let key = key(LEAF);
    let signers = Signers::new(&holder, &key).unwrap().certificate(middle.as_der()).revocation_list(&list);
    let der = signers.sign(b"content", &mut rng("chain")).unwrap();
    let message = SignedData::parse(&der).unwrap();
    assert_eq!(message.revocation_lists(), [&list]);
    let verified = message.verify(DEFAULT_USER_ID, &message.unverified_holders()).unwrap();
    let signer = verified.signers()[0].holder().unwrap().certificate().unwrap();
    let brought: Vec<_> =
        message.certificates().iter().map(|der| Certificate::from_der(der).unwrap()).collect();
    let anchors = [root];
    let trust = || Trust::new(&anchors).intermediates(&brought);
    trust().verify(signer, Purpose::Signing, now()).unwrap();
    assert!(trust().verify(signer, Purpose::Encryption, now()).is_err());
}

#[test]
fn messages_are_read_from_pem_under_both_labels() {
    let [(one, first), _] = holders();
    let der = Signers::new(&one, &first).unwrap().sign(b"content", &mut rng("pem")).unwrap();
    let pem = cms::to_pem(&der).unwrap();
    assert!(pem.starts_with("-----BEGIN CMS-----\n"));
    for text in [pem.clone(), pem.replace(" CMS", " PKCS7")] {
        assert_eq!(cms::from_pem(text.as_bytes()).unwrap(), der);
    }
    assert_eq!(cms::from_pem(&der).unwrap(), der);
    for wrong in
        [pem.replace(" CMS", " X509 CRL"), [&pem[..], &pem].concat(), String::new(), "-----".to_owned()]
    {
        assert_eq!(cms::from_pem(wrong.as_bytes()).unwrap_err().kind(), Kind::Malformed);
    }
    let old = pem.replace(" CMS", " PKCS7");
    for several in
        [[&pem[..], &old].concat(), [&old[..], &old, &pem].concat(), [&pem[..], &pem, &old].concat()]
    {
        assert_eq!(cms::from_pem(several.as_bytes()).unwrap_err().kind(), Kind::Malformed, "one of several");
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let [(one, first), (two, _)] = holders();
    assert_eq!(Signers::new(&two, &first).unwrap_err().kind(), Kind::Invalid, "another's key");
    let signers = Signers::new(&one, &first).unwrap();
    for dialect in [Dialect::GmSsl, Dialect::Cfca] {
        assert_eq!(signers.clone().dialect(dialect).unwrap_err().kind(), Kind::Invalid);
    }
    let long = [0; 8192];
    let error = signers.clone().user_id(&long).sign(b"x", &mut rng("long")).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let mut many = signers;
    for _ in 1..MAX_SIGNERS {
        many = many.and(&one, &first).unwrap();
    }
    let der = many.sign(b"x", &mut rng("many")).unwrap();
    let verified = SignedData::parse(&der).unwrap().verify(DEFAULT_USER_ID, core::slice::from_ref(&one));
    assert_eq!(verified.unwrap().signers().len(), MAX_SIGNERS);
    assert_eq!(many.and(&one, &first).unwrap_err().kind(), Kind::TooLarge);
    for serial in [&[][..], &[0, 1], &[0xff, 0x80]] {
        assert_eq!(Holder::new(one.issuer(), serial, one.public_key()).unwrap_err().kind(), Kind::Invalid);
    }
    assert!(matches!(one.identifier(), Identifier::IssuerAndSerial { serial: [0, 0x80], .. }));
}
