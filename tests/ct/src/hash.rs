//! SM3 over secrets, and what is built on it.

use std::{hint::black_box, num::NonZeroU32};

use miyao::{
    algo::{
        hkdf,
        hmac::{self, HmacSm3},
        kdf, pbkdf2, sm3, wrap,
    },
    secret,
};
use rand_core::Rng;

use crate::{Watch, hidden, hidden_secret, hidden_vec, plain_vec, public, revealed, rng};

pub fn run(watch: &Watch) {
    for len in [0, 1, 55, 56, 63, 64, 65, 200, 1024, 4099] {
        watch.clean(&format!("SM3, {len} bytes"), || {
            assert_eq!(revealed(sm3::digest(&hidden_vec(len))), sm3::digest(&plain_vec(len)));
        });
    }
    for key in [0, 16, 64, 65, 200] {
        watch.clean(&format!("HMAC-SM3, a key of {key} bytes, made, verified and refused"), || keyed(key));
    }
    for len in [1, 32, 60, 1000] {
        watch.clean(&format!("HKDF-SM3, {len} bytes"), || {
            let prk = hkdf::extract(&public::<16>(1), &hidden_vec(32));
            hkdf::expand(&prk, &[b"label", &hidden::<8>(2)], &mut vec![0; len]).unwrap();
        });
        watch.clean(&format!("PBKDF2-HMAC-SM3, {len} bytes"), || {
            let three = NonZeroU32::new(3).unwrap();
            pbkdf2::derive(&hidden_vec(20), &public::<16>(1), three, &mut vec![0; len]).unwrap();
        });
        watch.clean(&format!("KDF of GB/T 32918, {len} bytes"), || {
            kdf::derive(&[&hidden::<64>(1), &public::<32>(2)], &mut vec![0; len]).unwrap();
        });
    }
    watch.clean("the generator, seeded and reseeded", || {
        let mut rng = rng(1);
        rng.fill_bytes(&mut [0; 100]);
        rng.reseed(&hidden(2), b"more");
        black_box(rng.next_u64());
    });
    watch.clean("a key wrapped, unwrapped and refused", wrapped);
}

fn keyed(key: usize) {
    let keyed = || {
        let mut hmac = HmacSm3::new(&hidden_vec(key));
        hmac.update(&hidden_vec(100));
        hmac
    };
    let mut tag = revealed(keyed().finalize());
    assert_eq!(tag, hmac::mac(&plain_vec(key), &[&plain_vec(100)]));
    keyed().verify(&tag).unwrap();
    tag[31] ^= 1;
    assert!(keyed().verify(&tag).is_err());
}

fn wrapped() {
    let (outer, inner) = (hidden_secret(1), hidden_secret(2));
    let made = wrap::wrap(&outer, b"label\0", &[b"bound"], &inner, &mut rng(3)).unwrap();
    let mut bytes = made.to_bytes();
    secret::unmark(&mut bytes);
    let made = wrap::Wrapped::from_bytes(&bytes);
    let opened = wrap::unwrap(&outer, b"label\0", &[b"bound"], &made).unwrap();
    assert_eq!(revealed(*opened.expose()), public::<32>(2));
    assert!(wrap::unwrap(&outer, b"label\0", &[b"other"], &made).is_err());
}
