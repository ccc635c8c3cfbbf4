//! What must be noticed, or the rest proves nothing; and what must not, or the marks spread too far.

use std::hint::black_box;

use ::sm4::cipher::{BlockCipherEncrypt, KeyInit};
use miyao::{
    algo::{
        mode::gcm::Gcm,
        sm2::{PrivateKey, PublicKey},
        sm3,
        sm4::Sm4,
    },
    envelope::{Context, Suite, token},
    secret,
};
use subtle::ConstantTimeEq;

use crate::{Watch, hidden, hidden_secret, hidden_vec, plain_vec, public, revealed, rng};

pub fn run(watch: &Watch) {
    watch.caught("control: a table indexed by secrets (the sm4 crate)", || {
        let cipher = ::sm4::Sm4::new(&hidden::<16>(1).into());
        let mut block = public::<16>(2).into();
        cipher.encrypt_block(&mut block);
        black_box(block);
    });
    watch.caught("control: a branch on a secret", || branch(&hidden::<16>(1)));
    watch.caught("control: an array indexed by a secret", || {
        let table = black_box(public::<256>(3));
        let sum = hidden::<16>(1).iter().fold(0, |sum, byte| sum ^ table[usize::from(*byte)]);
        black_box(sum);
    });
    watch.caught("control: a comparison that stops at the first difference", || {
        black_box(hidden_vec(70) == plain_vec(70));
    });
    // The marks go all the way through: what comes out is as secret as what went in.
    watch.caught("control: a branch on what SM4 made", || {
        let mut block = public(2);
        Sm4::new(&hidden(1)).encrypt_block(&mut block);
        branch(&block);
    });
    watch.caught("control: a branch on a digest", || branch(&sm3::digest(&hidden_vec(100))));
    watch.caught("control: a branch on a tag of GCM", || {
        let gcm: Gcm = Gcm::new(&hidden(1));
        branch(&gcm.encrypt(&public::<12>(2), b"", &mut [0; 100]).unwrap());
    });
    watch.caught("control: a branch on a shared point of SM2", || {
        let key = PrivateKey::from_bytes(&hidden(1)).unwrap();
        branch(key.shared_x(&PublicKey::from_bytes(&key.public_key().to_bytes()).unwrap()).expose());
    });
    watch.caught("control: a branch on what a token held", || {
        let (key, context) = (hidden_secret(1), Context::new());
        let made = token::encrypt(&key, &[2; 16], 1, Suite::CtrHmac, &context, b"text", &mut rng(3));
        let mut made = made.unwrap();
        secret::unmark(&mut made);
        branch(token::decrypt(&key, &[2; 16], &context, &made).unwrap().expose());
    });
    watch.clean("control: a comparison in constant time", || {
        let mut equal = [hidden_vec(70).ct_eq(&plain_vec(70)).unwrap_u8()];
        secret::unmark(&mut equal);
        assert_eq!(equal, [1]);
    });
    watch.clean("control: a secret that was made public", || {
        assert_eq!(revealed(hidden::<16>(1)), public::<16>(1));
    });
}

/// A branch on each byte, as a careless comparison has it.
#[inline(never)]
fn branch(bytes: &[u8]) {
    let mut sum = 0u64;
    for byte in bytes {
        if black_box(*byte) > 100 {
            sum = black_box(sum * 3 + 1);
        }
    }
    black_box(sum);
}
