//! Known answers of the standards, for every algorithm, before it is trusted (GM/T 0028 power-up tests).
//!
//! Knows the published examples only.

use rand_core::Rng;

use super::{
    drbg::Drbg,
    hkdf, hmac, kdf,
    mode::{ccm::Ccm, cmac::Cmac, gcm::Gcm},
    pbkdf2,
    sm2::{DEFAULT_USER_ID, PrivateKey, PublicKey, Signature},
    sm3,
    sm4::Sm4,
};
use crate::error::{Error, Kind, Result};

/// Runs every known-answer test.
///
/// # Errors
/// [`SelfTest`](Kind::SelfTest) naming the first that fails; nothing of this build must be used then.
pub fn run() -> Result<()> {
    for (passes, what) in [
        (sm3_abc as fn() -> bool, "self-test of SM3 failed; this build must not be used"),
        (hmac_and_derivations, "self-test of HMAC-SM3 or a derivation failed; this build must not be used"),
        (sm4_block, "self-test of SM4 failed; this build must not be used"),
        (sm4_modes, "self-test of an SM4 mode failed; this build must not be used"),
        (sm2_signature, "self-test of SM2 signatures failed; this build must not be used"),
        (sm2_round_trip, "self-test of SM2 failed; this build must not be used"),
        #[cfg(feature = "alloc")]
        (sm2_encryption, "self-test of SM2 encryption failed; this build must not be used"),
        (generator, "self-test of the generator failed; this build must not be used"),
    ] {
        if !passes() {
            return Err(Error::new(Kind::SelfTest, what));
        }
    }
    Ok(())
}

/// GB/T 32905-2016 A.1.
fn sm3_abc() -> bool {
    sm3::digest(b"abc") == *b"\x66\xc7\xf0\xf4\x62\xee\xed\xd9\xd1\xf2\xd4\x6b\xdc\x10\xe4\xe2\x41\x67\xc4\x87\x5c\xf2\xf7\xa2\x29\x7d\xa0\x2b\x8f\x4b\xa8\xe0"
}

/// Structure against SM3 itself: HMAC by its definition, the others by HMAC.
fn hmac_and_derivations() -> bool {
    let inner = sm3::digest_parts(&[&[0x36 ^ 0x0b; 64], b"Hi There"]);
    let expected = sm3::digest_parts(&[&[0x5c ^ 0x0b; 64], &inner]);
    let key = [0x0b; 64];
    let mut derived = [0; 32];
    let mut first = hmac::mac(b"password", &[b"salt", &[0, 0, 0, 1]]);
    let second = hmac::mac(b"password", &[&first]);
    first.iter_mut().zip(second).for_each(|(byte, other)| *byte ^= other);
    let two = core::num::NonZeroU32::MIN.saturating_add(1);
    let prk = hkdf::extract(b"salt", b"ikm");
    let mut expanded = [0; 32];
    let mut shared = [0; 32];
    hmac::mac(&key, &[b"Hi There"]) == expected
        && pbkdf2::derive(b"password", b"salt", two, &mut derived).is_ok()
        && derived == first
        && hkdf::expand(&prk, &[b"info"], &mut expanded).is_ok()
        && expanded == hmac::mac(prk.expose(), &[b"info", &[1]])
        && kdf::derive(&[b"abc"], &mut shared).is_ok()
        && shared == sm3::digest(b"abc\0\0\0\x01")
}

/// GB/T 32907-2016 A.1.
fn sm4_block() -> bool {
    let mut block = EXAMPLE_KEY;
    let cipher = Sm4::new(&EXAMPLE_KEY);
    cipher.encrypt_block(&mut block);
    let encrypted = block == *b"\x68\x1e\xdf\x34\xd2\x06\x96\x5e\x86\xb3\xe9\x4f\x53\x6e\x42\x46";
    cipher.decrypt_block(&mut block);
    encrypted && block == EXAMPLE_KEY
}

/// RFC 8998 A.1 (GCM) and A.2 (CCM); CMAC by its definition over one block.
fn sm4_modes() -> bool {
    let nonce = b"\x00\x00\x12\x34\x56\x78\x00\x00\x00\x00\xab\xcd";
    let aad = b"\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef\xab\xad\xda\xd2";
    let mut text = [0u8; 64];
    for (chunk, byte) in text.chunks_mut(8).zip([0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0xee, 0xaa]) {
        chunk.fill(byte);
    }
    let plain = text;
    let gcm: Gcm = Gcm::new(&EXAMPLE_KEY);
    let sealed = gcm.encrypt(nonce, aad, &mut text);
    let gcm_good = sealed
        .as_ref()
        .is_ok_and(|tag| *tag == *b"\x83\xde\x35\x41\xe4\xc2\xb5\x81\x77\xe0\x65\xa9\xbf\x7b\x62\xec")
        && sealed.is_ok_and(|tag| gcm.decrypt(nonce, aad, &mut text, &tag).is_ok())
        && text == plain;
    let ccm: Ccm = Ccm::new(&EXAMPLE_KEY);
    let ccm_good = ccm
        .encrypt(nonce, aad, &mut text)
        .is_ok_and(|tag| tag == *b"\x16\x84\x2d\x4f\xa1\x86\xf5\x6a\xb3\x32\x56\x97\x1f\xa1\x10\xf4");
    let mut subkey = [0u8; 16];
    Sm4::new(&EXAMPLE_KEY).encrypt_block(&mut subkey);
    let doubled = u128::from_be_bytes(subkey);
    let mut expected =
        ((doubled << 1) ^ ((doubled >> 127).wrapping_neg() & 0x87) ^ u128::from_be_bytes(EXAMPLE_KEY))
            .to_be_bytes();
    Sm4::new(&EXAMPLE_KEY).encrypt_block(&mut expected);
    let mut cmac = Cmac::new(&EXAMPLE_KEY);
    cmac.update(&EXAMPLE_KEY);
    gcm_good && ccm_good && cmac.finalize() == expected
}

/// GB/T 32918.5-2017 A.2: the key, the message and the signature of the standard.
fn sm2_signature() -> bool {
    let public = PublicKey::from_bytes(b"\x04\x09\xf9\xdf\x31\x1e\x54\x21\xa1\x50\xdd\x7d\x16\x1e\x4b\xc5\xc6\x72\x17\x9f\xad\x18\x33\xfc\x07\x6b\xb0\x8f\xf3\x56\xf3\x50\x20\xcc\xea\x49\x0c\xe2\x67\x75\xa5\x2d\xc6\xea\x71\x8c\xc1\xaa\x60\x0a\xed\x05\xfb\xf3\x5e\x08\x4a\x66\x32\xf6\x07\x2d\xa9\xad\x13");
    let mut raw = *b"\xf5\xa0\x3b\x06\x48\xd2\xc4\x63\x0e\xea\xc5\x13\xe1\xbb\x81\xa1\x59\x44\xda\x38\x27\xd5\xb7\x41\x43\xac\x7e\xac\xee\xe7\x20\xb3\xb1\xb6\xaa\x29\xdf\x21\x2f\xd8\x76\x31\x82\xbc\x0d\x42\x1c\xa1\xbb\x90\x38\xfd\x1f\x7f\x42\xd4\x84\x0b\x69\xc4\x85\xbb\xc1\xaa";
    let Ok(public) = public else { return false };
    let verifies = |raw: &[u8; 64]| {
        Signature::from_bytes(raw)
            .and_then(|signature| public.verify(DEFAULT_USER_ID, b"message digest", &signature))
            .is_ok()
    };
    let good = verifies(&raw);
    raw[40] ^= 1;
    good && !verifies(&raw)
}

/// GB/T 32918.5-2017 C.2: the key, the nonce, the plaintext and the ciphertext of the standard, and back.
#[cfg(feature = "alloc")]
fn sm2_encryption() -> bool {
    use super::sm2::Encoding;

    let key = PrivateKey::from_bytes(b"\x39\x45\x20\x8f\x7b\x21\x44\xb1\x3f\x36\xe3\x8a\xc6\xd3\x9f\x95\x88\x93\x93\x69\x28\x60\xb5\x1a\x42\xfb\x81\xef\x4d\xf7\xc5\xb8");
    let nonce = b"\x59\x27\x6e\x27\xd5\x06\x86\x1a\x16\x68\x0f\x3a\xd9\xc0\x2d\xcc\xef\x3c\xc1\xfa\x3c\xdb\xe4\xce\x6d\x54\xb8\x0d\xea\xc1\xbc\x21";
    let c3_c2 = b"\x59\x98\x3c\x18\xf8\x09\xe2\x62\x92\x3c\x53\xae\xc2\x95\xd3\x03\x83\xb5\x4e\x39\xd6\x09\xd1\x60\xaf\xcb\x19\x08\xd0\xbd\x87\x66\x21\x88\x6c\xa9\x89\xca\x9c\x7d\x58\x08\x73\x07\xca\x93\x09\x2d\x65\x1e\xfa";
    let plain = b"encryption standard";
    let Ok(key) = key else { return false };
    let Some(mut made) = key.public_key().hazmat_encrypt_with_nonce(plain, Encoding::C1C3C2, nonce) else {
        return false;
    };
    let opens = |made: &[u8]| key.decrypt(made, Encoding::C1C3C2).is_ok_and(|text| text.expose() == plain);
    let good = made.get(65..) == Some(c3_c2) && opens(&made);
    made[70] ^= 1;
    good && !opens(&made)
}

/// SP 800-90A §10.1.1 with SM3, written out elsewhere (`tests/vectors/drbg_sm3.json`).
fn generator() -> bool {
    let mut out = [0; 32];
    Drbg::new(&[0x5a; 32], b"self-test", b"").fill_bytes(&mut out);
    out == *b"\x90\xc8\x92\x39\xb6\xef\xbf\x70\xe0\x74\x1d\x38\xce\x22\x02\x6e\x3a\xb3\x16\x67\x67\x08\xbb\x28\x85\xd5\xa3\x43\x45\x6d\xc5\x82"
}

/// A pair-wise consistency test with a fixed seed.
fn sm2_round_trip() -> bool {
    let mut rng = Drbg::new(&[0x5a; 32], b"self-test", b"");
    let key = PrivateKey::random(&mut rng);
    let other = PrivateKey::random(&mut rng);
    let e = sm3::digest(b"self-test");
    let signature = key.sign_digest(&e, &mut rng);
    let agreed = key.shared_x(other.public_key());
    key.public_key().verify_digest(&e, &signature).is_ok()
        && other.public_key().verify_digest(&e, &signature).is_err()
        && *agreed.expose() == *other.shared_x(key.public_key()).expose()
}

/// The key and the plaintext of GB/T 32907-2016 A.1.
const EXAMPLE_KEY: [u8; 16] = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10";
