//! Enveloped messages.

use miyao::{
    Kind,
    algo::{
        mode::{cbc, padding},
        sm2::Encoding,
        sm4::Sm4,
    },
    pki::cms::{Dialect, EnvelopedData, Holder, Identifier, Recipients},
};

use super::{
    DATA, ENVELOPED, element, holders,
    made::{algorithm, around},
    made_by_others, oid, rng,
};

#[test]
fn messages_of_gmsm_and_gmssl_open_for_each_recipient_and_say_whose_way_they_are_written_in() {
    for made in made_by_others("enveloped") {
        let message = EnvelopedData::parse(&made.der).unwrap();
        assert_eq!(message.dialect(), made.dialect(), "{}", made.way);
        assert_eq!(message.recipients().len(), 2);
        for ((holder, key), named) in made.holders.iter().zip(message.recipients()) {
            assert_eq!(message.open(holder, key).unwrap().expose(), made.content, "{}", made.way);
            assert_eq!(matches!(named, Identifier::KeyIdentifier(_)), made.way.contains("identifiers"));
        }
        let [(one, first), (two, second)] = &made.holders[..] else { panic!("two") };
        assert_eq!(message.open(one, second).unwrap_err().kind(), Kind::Invalid);
        let other = Holder::new(one.issuer(), &[7], one.public_key()).unwrap();
        assert_eq!(message.open(&other, first).unwrap_err().kind(), Kind::Missing);
        let swapped = Holder::new(one.issuer(), one.serial(), two.public_key()).unwrap();
        let kind = message.open(&swapped, second).unwrap_err().kind();
        assert!(matches!(kind, Kind::Rejected | Kind::Missing), "another's entry");
    }
}

#[test]
fn another_cipher_and_shared_information_are_named() {
    for (made, name) in made_by_others("unsupported").iter().zip(["SM4-GCM", "SM4-ECB"]) {
        let error = EnvelopedData::parse(&made.der).unwrap_err();
        assert!(error.kind() == Kind::Unsupported && error.to_string().contains(name), "{error}");
    }
    for made in made_by_others("shared information") {
        assert_eq!(EnvelopedData::parse(&made.der).unwrap_err().kind(), Kind::Unsupported);
    }
}

#[test]
fn what_is_sealed_opens_for_its_recipients_alone() {
    let [(one, first), (two, second)] = holders();
    for dialect in [Dialect::Standard, Dialect::Pkcs7] {
        for len in [0, 1, 15, 16, 17, 300, 70_000] {
            let content = vec![7; len];
            let recipients = Recipients::new(&one).and(&two).dialect(dialect).unwrap();
            let der = recipients.seal(&content, &mut rng("sealed")).unwrap();
            let message = EnvelopedData::parse(&der).unwrap();
            assert_eq!((message.dialect(), message.recipients().len()), (dialect, 2));
            assert_eq!(message.open(&one, &first).unwrap().expose(), content);
            assert_eq!(message.open(&two, &second).unwrap().expose(), content);
        }
    }
    let der = Recipients::new(&one).seal(b"content", &mut rng("alone")).unwrap();
    assert_eq!(EnvelopedData::parse(&der).unwrap().open(&two, &second).unwrap_err().kind(), Kind::Missing);
    for dialect in [Dialect::GmSsl, Dialect::Cfca] {
        assert_eq!(Recipients::new(&one).dialect(dialect).unwrap_err().kind(), Kind::Invalid);
    }
}

#[test]
fn key_and_vector_are_fresh_each_time() {
    let [(one, _), _] = holders();
    let mut rng = rng("fresh");
    let mut seal = || Recipients::new(&one).seal(&[0; 160], &mut rng).unwrap();
    let (first, second) = (seal(), seal());
    assert_ne!(first[first.len() - 176..], second[second.len() - 176..]);
    let same = first.iter().rev().zip(second.iter().rev()).take(176).filter(|(a, b)| a == b).count();
    assert!(same < 10, "{same} bytes of the ciphertext are the same");
}

/// A message for `holders()[0]`; what is not said is right.
struct Parts {
    versions: [u8; 2],
    key_algorithm: Vec<u8>,
    encrypted_key: Vec<u8>,
    content_type: Vec<u8>,
    cipher: Vec<u8>,
    ciphertext: Vec<u8>,
    recipients: Option<Vec<u8>>,
}

const KEY: [u8; 16] = [8; 16];
const IV: [u8; 16] = [9; 16];

impl Parts {
    fn new() -> Self {
        let mut text = b"content".to_vec();
        padding::pad(&mut text);
        Self {
            versions: [1, 1],
            key_algorithm: algorithm("2a811ccf5501822d03"),
            encrypted_key: encrypted(&KEY),
            content_type: oid(DATA),
            cipher: cipher("2a811ccf55016802", &IV),
            ciphertext: element(0x80, &[&under_key(&text)]),
            recipients: None,
        }
    }

    fn open(&self) -> Result<Vec<u8>, Kind> {
        let [(holder, key), _] = holders();
        let identifier = element(0x30, &[holder.issuer().as_der(), &element(2, &[holder.serial()])]);
        let encrypted_key = element(4, &[&self.encrypted_key]);
        let recipient =
            element(0x30, &[&[2, 1, self.versions[1]], &identifier, &self.key_algorithm, &encrypted_key]);
        let recipients = self.recipients.as_ref().unwrap_or(&recipient);
        let content = element(0x30, &[&self.content_type, &self.cipher, &self.ciphertext]);
        let der = around(ENVELOPED, &[&[2, 1, self.versions[0]], &element(0x31, &[recipients]), &content]);
        let message = EnvelopedData::parse(&der).map_err(|error| error.kind())?;
        message.open(&holder, &key).map(|text| text.expose().to_vec()).map_err(|error| error.kind())
    }
}

fn encrypted(content_key: &[u8]) -> Vec<u8> {
    holders()[0].0.public_key().encrypt(content_key, Encoding::Der, &mut rng("encrypted")).unwrap()
}

fn cipher(hex: &str, iv: &[u8]) -> Vec<u8> {
    element(0x30, &[&oid(hex), &element(4, &[iv])])
}

fn under_key(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    cbc::encrypt(&Sm4::new(&KEY), &IV, &mut text).unwrap();
    text
}

#[test]
fn numbers_and_versions_that_others_write_are_read_and_no_others() {
    let right = Ok(b"content".to_vec());
    assert_eq!(Parts::new().open(), right);
    for versions in [[0, 0], [1, 1], [2, 0]] {
        assert_eq!(Parts { versions, ..Parts::new() }.open(), right);
    }
    for versions in [[3, 1], [1, 2], [1, 3]] {
        assert_eq!(Parts { versions, ..Parts::new() }.open(), Err(Kind::Unsupported));
    }
    for id in ["2a811ccf5501822d03", "2a811ccf5501822d02", "2a811ccf5501822d"] {
        for key_algorithm in [algorithm(id), element(0x30, &[&oid(id)])] {
            assert_eq!(Parts { key_algorithm, ..Parts::new() }.open(), right);
        }
    }
    let rsa = algorithm("2a864886f70d010101");
    assert_eq!(Parts { key_algorithm: rsa, ..Parts::new() }.open(), Err(Kind::Unsupported));
    let plain = cipher("2a811ccf550168", &IV);
    assert_eq!(Parts { cipher: plain, ..Parts::new() }.open(), right);
    let aes = cipher("608648016503040102", &IV);
    assert_eq!(Parts { cipher: aes, ..Parts::new() }.open(), Err(Kind::Unsupported));
    let signed = oid("2a811ccf550601040202");
    assert_eq!(Parts { content_type: signed, ..Parts::new() }.open(), Err(Kind::Unsupported));
    let agreed = Some(element(0xa1, &[&[2, 1, 3]]));
    assert_eq!(Parts { recipients: agreed, ..Parts::new() }.open(), Err(Kind::Unsupported));
}

#[test]
fn other_shapes_are_malformed() {
    let malformed = Err(Kind::Malformed);
    assert_eq!(Parts { recipients: Some(Vec::new()), ..Parts::new() }.open(), malformed, "for nobody");
    for iv in [&IV[..15], &[&IV[..], &[0]].concat(), &[]] {
        assert_eq!(Parts { cipher: cipher("2a811ccf55016802", iv), ..Parts::new() }.open(), malformed);
    }
    assert_eq!(Parts { cipher: algorithm("2a811ccf55016802"), ..Parts::new() }.open(), malformed);
    let whole = under_key(&[16; 16]);
    let pieces = element(0xa0, &[&element(4, &[&whole])]);
    for ciphertext in
        [pieces, Vec::new(), element(0x80, &[]), element(0x80, &[&whole[..15]]), element(4, &[&whole])]
    {
        assert_eq!(Parts { ciphertext, ..Parts::new() }.open(), malformed);
    }
    for encrypted_key in [Vec::new(), vec![4; 113], vec![1; 111]] {
        assert_eq!(Parts { encrypted_key, ..Parts::new() }.open(), malformed);
    }
}

#[test]
fn keys_of_other_lengths_and_bad_padding_are_rejected_alike() {
    let told = |parts: Parts| {
        assert_eq!(parts.open(), Err(Kind::Rejected));
    };
    for content_key in [&[8; 15][..], &[8; 17], &[8; 32]] {
        told(Parts { encrypted_key: encrypted(content_key), ..Parts::new() });
    }
    told(Parts { encrypted_key: encrypted(&[7; 16]), ..Parts::new() });
    let mut encrypted_key = encrypted(&KEY);
    *encrypted_key.last_mut().unwrap() ^= 1;
    told(Parts { encrypted_key, ..Parts::new() });
    told(Parts { encrypted_key: vec![1; 112], ..Parts::new() });
    for end in [&[0][..], &[17], &[255], &[1, 2], &[2, 3, 3]] {
        let text = [&[9; 16][end.len()..], end].concat();
        told(Parts { ciphertext: element(0x80, &[&under_key(&text)]), ..Parts::new() });
    }
    let text = [&[9; 15][..], &[1]].concat();
    assert_eq!(
        Parts { ciphertext: element(0x80, &[&under_key(&text)]), ..Parts::new() }.open(),
        Ok(vec![9; 15])
    );
}

#[test]
fn a_bare_key_of_cfca_opens_though_it_begins_like_a_sequence() {
    let [(holder, _), _] = holders();
    // [86945]G has an x of 30 6e…: a SEQUENCE of 110 bytes, which together are the 112 of a bare key.
    for (k, begins) in [(86_945u32, [0x30, 0x6e]), (1, [0x32, 0xc4])] {
        let mut nonce = [0; 32];
        nonce[28..].copy_from_slice(&k.to_be_bytes());
        let key = holder.public_key();
        let whole = key.hazmat_encrypt_with_nonce(&KEY, Encoding::C1C2C3, &nonce).unwrap();
        assert_eq!((whole.len(), &whole[1..3]), (113, &begins[..]));
        let parts = Parts { encrypted_key: whole[1..].to_vec(), ..Parts::new() };
        assert_eq!(parts.open(), Ok(b"content".to_vec()));
    }
}
