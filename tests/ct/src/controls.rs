//! What must be noticed, or the rest proves nothing; and what must not, or the marks spread too far.

use std::hint::black_box;

use ::sm4::cipher::{BlockCipherEncrypt, KeyInit};
use miyao::secret;
use subtle::ConstantTimeEq;

use crate::{Watch, hidden, hidden_vec, plain_vec, public, revealed};

pub fn run(watch: &Watch) {
    watch.caught("control: a table indexed by secrets (the sm4 crate)", || {
        let cipher = ::sm4::Sm4::new(&hidden::<16>(1).into());
        let mut block = public::<16>(2).into();
        cipher.encrypt_block(&mut block);
        black_box(block);
    });
    watch.caught("control: a branch on a secret", || {
        let mut sum = 0u64;
        for byte in hidden::<16>(1) {
            if black_box(byte) > 100 {
                sum = black_box(sum * 3 + 1);
            }
        }
        black_box(sum);
    });
    watch.caught("control: an array indexed by a secret", || {
        let table = black_box(public::<256>(3));
        let sum = hidden::<16>(1).iter().fold(0, |sum, byte| sum ^ table[usize::from(*byte)]);
        black_box(sum);
    });
    watch.caught("control: a comparison that stops at the first difference", || {
        black_box(hidden_vec(70) == plain_vec(70));
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
