//! SM4 and its modes: the key, the plaintext and, where the caller may keep it so, the tweak are secret.

use std::hint::black_box;

use miyao::{
    algo::{
        mode::{
            cbc,
            ccm::{self, Ccm},
            cfb,
            cmac::{Cmac, mac_many},
            ctr, ecb,
            gcm::{self, Gcm, Message},
            ofb, padding,
            stream::{Direction, Mode, Stream},
            xts::Xts,
            xts::XtsGb,
        },
        sm4::Sm4,
    },
    secret,
};

use crate::{Watch, hidden, hidden_vec, plain_vec, public};

/// Lengths with and without a short last block, below and above what the kernels take at once.
const LENGTHS: [usize; 6] = [1, 16, 47, 256, 1024, 2087];
/// Whole blocks only.
const WHOLE: [usize; 5] = [16, 32, 256, 1024, 2080];

pub fn run(watch: &Watch) {
    watch.clean("SM4 key schedule", || {
        black_box(Sm4::new(&hidden(1)));
    });
    for count in [1, 2, 3, 4, 8, 15, 16, 17, 32, 33, 64, 70] {
        watch.clean(&format!("SM4, {count} blocks, both ways"), || {
            let cipher = Sm4::new(&hidden(1));
            let mut blocks: Vec<[u8; 16]> = (0..count).map(|_| hidden(2)).collect();
            cipher.encrypt_blocks(&mut blocks);
            cipher.decrypt_blocks(&mut blocks);
            secret::unmark(blocks.as_flattened_mut());
            assert!(blocks.iter().all(|block| *block == public::<16>(2)));
        });
    }
    plain_modes(watch);
    pieces(watch);
    for len in LENGTHS {
        gcm(watch, len, 12);
        ccm(watch, len);
        watch.clean(&format!("SM4-CMAC, {len} bytes"), || cmac(len));
    }
    watch.clean("SM4-GCM, SM4-CMAC and SM4-CBC, many messages", many);
    sealed_in_pieces(watch);
    gcm(watch, 0, 12);
    gcm(watch, 100, 7);
    gcm(watch, 100, 60);
    padded(watch);
    xts(watch);
}

/// Encrypts, decrypts and looks whether the same came back.
fn there_and_back(watch: &Watch, name: &str, lengths: &[usize], crypt: impl Fn(&Sm4, &mut [u8], bool)) {
    for len in lengths {
        watch.clean(&format!("{name}, {len} bytes, both ways"), || {
            let (cipher, mut text) = (Sm4::new(&hidden(1)), hidden_vec(*len));
            crypt(&cipher, &mut text, true);
            crypt(&cipher, &mut text, false);
            secret::unmark(&mut text);
            assert_eq!(text, plain_vec(*len));
        });
    }
}

fn plain_modes(watch: &Watch) {
    let iv = public(3);
    there_and_back(watch, "SM4-ECB", &WHOLE, |cipher, text, encrypts| {
        if encrypts { ecb::encrypt(cipher, text) } else { ecb::decrypt(cipher, text) }.unwrap();
    });
    there_and_back(watch, "SM4-CBC", &WHOLE, |cipher, text, encrypts| {
        if encrypts { cbc::encrypt(cipher, &iv, text) } else { cbc::decrypt(cipher, &iv, text) }.unwrap();
    });
    there_and_back(watch, "SM4-CFB", &LENGTHS, |cipher, text, encrypts| {
        if encrypts { cfb::encrypt(cipher, &iv, text) } else { cfb::decrypt(cipher, &iv, text) }
    });
    there_and_back(watch, "SM4-CFB8", &LENGTHS, |cipher, text, encrypts| {
        let crypt = if encrypts { cfb::encrypt_bytewise } else { cfb::decrypt_bytewise };
        crypt(cipher, &iv, text);
    });
    there_and_back(watch, "SM4-OFB", &LENGTHS, |cipher, text, _| ofb::apply(cipher, &iv, text));
    there_and_back(watch, "SM4-CTR", &LENGTHS, |cipher, text, _| ctr::apply(cipher, &iv, text));
    there_and_back(watch, "SM4-CTR over a wrap of the counter", &LENGTHS, |cipher, text, _| {
        ctr::apply(cipher, &[0xff; 16], text);
    });
    // Envelopes derive the first twelve bytes of a counter and begin to count at zero: where it wraps is public.
    there_and_back(watch, "SM4-CTR from a secret nonce", &LENGTHS, |cipher, text, _| {
        let mut counter = hidden(4);
        secret::unmark(&mut counter[12..]);
        ctr::apply(cipher, &counter, text);
    });
}

fn pieces(watch: &Watch) {
    let crypt = |mode, direction, text: &[u8]| {
        let mut stream = Stream::new(&hidden(1), mode, direction, &public(3));
        let (mut out, mut last) = (Vec::new(), [0; 16]);
        for piece in text.chunks(39) {
            let mut made = vec![0; stream.update_len(piece.len()).unwrap()];
            stream.update(piece, &mut made).unwrap();
            out.append(&mut made);
        }
        let len = stream.finish(&mut last).unwrap();
        out.extend_from_slice(&last[..len]);
        out
    };
    let modes =
        [Mode::Ecb, Mode::EcbPkcs7, Mode::Cbc, Mode::CbcPkcs7, Mode::Cfb, Mode::Cfb8, Mode::Ofb, Mode::Ctr];
    for mode in modes {
        watch.clean(&format!("SM4 in pieces, {mode:?}, both ways"), || {
            let mut text = crypt(mode, Direction::Encrypt, &hidden_vec(160));
            secret::unmark(&mut text);
            let mut text = crypt(mode, Direction::Decrypt, &text);
            secret::unmark(&mut text);
            assert_eq!(text, plain_vec(160));
        });
    }
}

fn gcm(watch: &Watch, len: usize, nonce: usize) {
    watch.clean(&format!("SM4-GCM, {len} bytes, a nonce of {nonce}, both ways and refused"), || {
        let gcm: Gcm = Gcm::new(&hidden(1));
        let (nonce, mut text, mut elsewhere) = (plain_vec(nonce), hidden_vec(len), vec![0; len]);
        let mut same = gcm.encrypt_to(&nonce, b"associated data", &text, &mut elsewhere).unwrap();
        let mut tag = gcm.encrypt(&nonce, b"associated data", &mut text).unwrap();
        for made in [&mut same[..], &mut tag, &mut elsewhere, &mut text] {
            secret::unmark(made);
        }
        assert_eq!((same, elsewhere), (tag, text.clone()));
        assert!(gcm.decrypt(&nonce, b"other data", &mut text, &tag).is_err());
        gcm.decrypt(&nonce, b"associated data", &mut text, &tag).unwrap();
        secret::unmark(&mut text);
        assert_eq!(text, plain_vec(len));
    });
    watch.clean(&format!("SM4-GCM, {len} bytes under a secret nonce of {nonce}"), || {
        let gcm: Gcm = Gcm::new(&hidden(1));
        black_box(gcm.encrypt(&hidden_vec(nonce), &hidden_vec(33), &mut hidden_vec(len)).unwrap());
    });
}

/// Pieces end within blocks, at their ends, and have one block, some or many.
fn sealed_in_pieces(watch: &Watch) {
    const PIECES: [usize; 7] = [5, 11, 16, 32, 39, 3000, 20];
    watch.clean("SM4-GCM and SM4-CCM in pieces, and refused", || {
        let (gcm, ccm): (Gcm, Ccm) = (Gcm::new(&hidden(1)), Ccm::new(&hidden(1)));
        let (nonce, len) = (public::<12>(3), PIECES.iter().sum());
        let mut in_gcm = gcm::Encryptor::new(&gcm, &nonce, b"associated data").unwrap();
        let mut in_ccm = ccm::Encryptor::new(&ccm, &nonce, b"associated data", len as u64).unwrap();
        let (mut for_gcm, mut for_ccm) = (hidden_vec(len), hidden_vec(len));
        let mut at = 0;
        for piece in PIECES {
            in_gcm.update(&mut for_gcm[at..at + piece]).unwrap();
            in_ccm.update(&mut for_ccm[at..at + piece]).unwrap();
            at += piece;
        }
        assert!(in_ccm.update(&mut [0]).is_err());
        let mut tags = [in_gcm.finish().unwrap(), in_ccm.finish().unwrap()];
        assert!(in_gcm.finish().is_err());
        secret::unmark(tags.as_flattened_mut());
        secret::unmark(&mut for_gcm);
        secret::unmark(&mut for_ccm);
        gcm.decrypt(&nonce, b"associated data", &mut for_gcm, &tags[0]).unwrap();
        ccm.decrypt(&nonce, b"associated data", &mut for_ccm, &tags[1]).unwrap();
        secret::unmark(&mut for_gcm);
        secret::unmark(&mut for_ccm);
        assert_eq!((&for_gcm, &for_ccm), (&plain_vec(len), &plain_vec(len)));
    });
}

fn ccm(watch: &Watch, len: usize) {
    watch.clean(&format!("SM4-CCM, {len} bytes, both ways and refused"), || {
        let ccm: Ccm = Ccm::new(&hidden(1));
        let (nonce, mut text) = (public::<12>(3), hidden_vec(len));
        let mut tag = ccm.encrypt(&nonce, b"associated data", &mut text).unwrap();
        secret::unmark(&mut tag);
        secret::unmark(&mut text);
        let mut other = text.clone();
        assert!(ccm.decrypt(&nonce, b"other data", &mut other, &tag).is_err());
        ccm.decrypt(&nonce, b"associated data", &mut text, &tag).unwrap();
        secret::unmark(&mut text);
        assert_eq!(text, plain_vec(len));
    });
}

fn cmac(len: usize) {
    let keyed = || {
        let mut cmac = Cmac::new(&hidden(1));
        cmac.update(&hidden_vec(len));
        cmac
    };
    let mut tag = keyed().finalize();
    secret::unmark(&mut tag);
    keyed().verify(&tag).unwrap();
    tag[3] ^= 1;
    assert!(keyed().verify(&tag).is_err());
}

/// As many at once as fill a kernel, and some more.
fn many() {
    let (gcm, cipher): (Gcm, _) = (Gcm::new(&hidden(1)), Sm4::new(&hidden(1)));
    let mut texts: Vec<Vec<u8>> = (0..70).map(|at| hidden_vec(at * 5)).collect();
    let mut messages: Vec<_> =
        texts.iter_mut().map(|text| Message::new(&[3; 12], b"associated data", text)).collect();
    gcm.encrypt_many(&mut messages).unwrap();
    let parts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    black_box(mac_many(&hidden(2), &parts));
    texts.iter_mut().for_each(|text| text.truncate(text.len() / 16 * 16));
    let mut chains: Vec<_> = texts.iter_mut().map(|text| (&[4; 16], &mut text[..])).collect();
    cbc::encrypt_many(&cipher, &mut chains).unwrap();
}

/// The padding's length is public once it is found good; what stands there is not.
fn padded(watch: &Watch) {
    for len in [0, 1, 15, 16, 17, 31] {
        watch.clean(&format!("SM4-CBC, {len} bytes padded, decrypted and unpadded"), || {
            let (cipher, mut text) = (Sm4::new(&hidden(1)), hidden_vec(len));
            padding::pad(&mut text);
            cbc::encrypt(&cipher, &public(3), &mut text).unwrap();
            secret::unmark(&mut text);
            cbc::decrypt(&cipher, &public(3), &mut text).unwrap();
            text.truncate(padding::unpadded_len(&text).unwrap());
            secret::unmark(&mut text);
            assert_eq!(text, plain_vec(len));
        });
    }
    watch.clean("a wrong padding is refused", || {
        for last in [0, 3, 17, 255] {
            let mut text = [vec![2; 31], vec![last]].concat();
            secret::mark(&mut text);
            assert!(padding::unpadded_len(&text).is_err());
        }
    });
}

fn xts(watch: &Watch) {
    for len in [16, 17, 32, 47, 512, 1031, 4096] {
        watch.clean(&format!("SM4-XTS, {len} bytes, both ways"), || {
            let (xts, mut sector) = (Xts::new(&hidden(1)).unwrap(), hidden_vec(len));
            xts.encrypt(&public(3), &mut sector).unwrap();
            xts.decrypt(&public(3), &mut sector).unwrap();
            secret::unmark(&mut sector);
            assert_eq!(sector, plain_vec(len));
        });
        watch.clean(&format!("SM4-XTS of GB/T 17964, {len} bytes, both ways"), || {
            let (xts, mut sector) = (XtsGb::new(&hidden(1)).unwrap(), hidden_vec(len));
            xts.encrypt(&public(3), &mut sector).unwrap();
            xts.decrypt(&public(3), &mut sector).unwrap();
            secret::unmark(&mut sector);
            assert_eq!(sector, plain_vec(len));
        });
    }
}
