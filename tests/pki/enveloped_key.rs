//! The enveloped keys of GM/T 0009.

use miyao::{
    Kind,
    algo::{
        mode::ecb,
        sm2::{Encoding, PrivateKey},
        sm4::Sm4,
    },
    pki::enveloped_key::{unverified_public_key, unwrap, wrap},
};

use super::{element, key, minus_generator, out_of_range, replaced, rng, scalar, unhex, vectors};

#[test]
fn enveloped_keys_of_gmsm_are_opened() {
    for (own, d, der) in vectors("enveloped") {
        let own = PrivateKey::from_bytes(&unhex(&own).try_into().unwrap()).unwrap();
        assert_eq!(scalar(&unwrap(&der, &own).unwrap()), d);
        assert_eq!(unwrap(&der, &key(3)).unwrap_err().kind(), Kind::Rejected);
    }
}

#[test]
fn what_is_wrapped_is_found_by_its_recipient_alone() {
    let der = wrap(&key(5), key(6).public_key(), &mut rng("wrap")).unwrap();
    assert_eq!(unverified_public_key(&der).unwrap(), *key(5).public_key());
    assert_eq!(scalar(&unwrap(&der, &key(6)).unwrap()), scalar(&key(5)));
    assert_eq!(unwrap(&der, &key(5)).unwrap_err().kind(), Kind::Rejected);
}

/// An enveloped key of these parts for `key(6)`.
fn made(algorithm: &[u8], symmetric: &[u8], public: &[u8], private: &[u8]) -> Vec<u8> {
    let wrapped = key(6).public_key().encrypt(symmetric, Encoding::Der, &mut rng("made")).unwrap();
    let bits = |bytes: &[u8]| element(3, &[&[0], bytes]);
    element(0x30, &[algorithm, &wrapped, &bits(public), &bits(private)])
}

fn encrypted(symmetric: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    let mut text = plain.to_vec();
    ecb::encrypt(&Sm4::new(symmetric), &mut text).unwrap();
    text
}

#[test]
fn both_numbers_of_sm4_and_both_widths_of_the_scalar_are_read() {
    let (public, d) = (key(5).public_key().to_bytes(), scalar(&key(5)));
    for algorithm in [
        "300a06082a811ccf55016801",
        "300c06082a811ccf550168010500",
        "300906072a811ccf550168",
        "300b06072a811ccf5501680500",
    ] {
        for plain in [d.to_vec(), [[0; 32], d].concat()] {
            let der = made(&unhex(algorithm), &[8; 16], &public, &encrypted(&[8; 16], &plain));
            assert_eq!(scalar(&unwrap(&der, &key(6)).unwrap()), d);
        }
    }
}

#[test]
fn halves_that_do_not_belong_together_and_other_shapes_are_refused() {
    let algorithm = unhex("300c06082a811ccf550168010500");
    let (public, d) = (key(5).public_key().to_bytes(), scalar(&key(5)));
    let kind = |der: &[u8]| unwrap(der, &key(6)).unwrap_err().kind();
    let sealed = |plain: &[u8]| encrypted(&[8; 16], plain);
    let of = |public: &[u8], private: &[u8]| made(&algorithm, &[8; 16], public, private);
    assert_eq!(
        kind(&of(&key(4).public_key().to_bytes(), &sealed(&d))),
        Kind::Rejected,
        "another public half"
    );
    assert_eq!(kind(&of(&public, &sealed(&scalar(&key(4))))), Kind::Rejected, "another private half");
    for plain in [[0; 32], [0xff; 32], out_of_range(0), out_of_range(1)] {
        assert_eq!(kind(&of(&public, &sealed(&plain))), Kind::Rejected, "no scalar");
        assert_eq!(kind(&of(&minus_generator(), &sealed(&plain))), Kind::Rejected, "no scalar of its half");
    }
    for plain in [&[[1; 32], d].concat()[..], &[&d[..], &[16; 16]].concat(), &[0; 16], &[]] {
        assert_eq!(kind(&of(&public, &sealed(plain))), Kind::Rejected, "{} bytes", plain.len());
    }
    assert_eq!(kind(&of(&public, &sealed(&d)[..31])), Kind::Rejected, "no whole blocks");
    for symmetric in [&[8; 15][..], &[8; 17], &[8; 32]] {
        let der = made(&algorithm, symmetric, &public, &sealed(&d));
        assert_eq!(kind(&der), Kind::Rejected, "a key of {} bytes", symmetric.len());
    }
    let cbc = unhex("300c06082a811ccf550168020500");
    assert_eq!(kind(&made(&cbc, &[8; 16], &public, &sealed(&d))), Kind::Unsupported);
    let parameters = unhex("300d06082a811ccf55016801040100");
    assert_eq!(kind(&made(&parameters, &[8; 16], &public, &sealed(&d))), Kind::Malformed);
    let mut off = public;
    off[64] ^= 1;
    assert_eq!(kind(&of(&off, &sealed(&d))), Kind::Malformed, "a point off the curve");
    let good = of(&public, &sealed(&d));
    assert_eq!(kind(&replaced(&good, &[3, 66, 0, 4], &[3, 66, 1, 4])), Kind::Malformed, "unused bits");
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let der = wrap(&key(5), key(6).public_key(), &mut rng("flip")).unwrap();
    for len in 0..der.len() {
        assert_eq!(unwrap(&der[..len], &key(6)).unwrap_err().kind(), Kind::Malformed);
    }
    assert_eq!(unwrap(&[&der[..], &[0]].concat(), &key(6)).unwrap_err().kind(), Kind::Malformed);
    for at in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(unwrap(&flipped, &key(6)).is_err(), "bit {at}");
    }
}
