//! That what is watched computes what it should: the examples of the standards, and on every tier what the portable one has.
//!
//! Nothing is secret here. A model of instructions that were wrong would prove nothing of the right ones.

use miyao::algo::{
    mode::{gcm::Gcm, xts::Xts},
    sm3::{self, Tier},
    sm4::{Backend, Sm4},
};

use crate::{Watch, plain_vec, public};

pub fn run(watch: &Watch) {
    watch.clean("SM4 gives the example of GB/T 32907", || {
        let key = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128.to_be_bytes();
        let mut block = key;
        Sm4::new(&key).encrypt_block(&mut block);
        assert_eq!(u128::from_be_bytes(block), 0x681e_df34_d206_965e_86b3_e94f_536e_4246);
    });
    watch.clean("SM3 gives the example of GB/T 32905", || {
        let digest = sm3::digest(b"abc");
        assert_eq!(digest[..8], 0x66c7_f0f4_62ee_edd9_u64.to_be_bytes());
    });
    for len in [0, 16, 31, 100, 240, 272, 512, 1040, 2087, 3103] {
        watch.clean(&format!("SM4 and GCM, {len} bytes, as the portable kernels have them"), || same(len));
    }
    for count in [1, 3, 16, 17] {
        watch.clean(&format!("SM3, {count} messages, as the portable kernel has them"), || {
            let messages: Vec<Vec<u8>> = (0..count).map(|at| plain_vec(37 * at + 20)).collect();
            let messages: Vec<&[u8]> = messages.iter().map(|message| &message[..]).collect();
            assert_eq!(Some(sm3::digest_many(&messages)), Tier::Soft.digest_many(&messages));
        });
    }
}

fn same(len: usize) {
    let (key, sectors): ([u8; 16], [u8; 32]) = (public(1), public(2));
    let blocks = plain_vec(len / 16 * 16);
    let crypted = |cipher: Sm4| {
        let (mut there, mut back) = (blocks.clone(), blocks.clone());
        cipher.encrypt_blocks(there.as_chunks_mut().0);
        cipher.decrypt_blocks(back.as_chunks_mut().0);
        (there, back)
    };
    assert_eq!(crypted(Sm4::new(&key)), crypted(Sm4::with_backend(&key, Backend::Soft).unwrap()));
    let sealed = |gcm: Gcm| {
        let mut text = plain_vec(len);
        let tag = gcm.encrypt(&[9; 12], b"associated data", &mut text).unwrap();
        let sealed = (text.clone(), tag);
        gcm.decrypt(&[9; 12], b"associated data", &mut text, &tag).unwrap();
        assert_eq!(text, plain_vec(len));
        sealed
    };
    assert_eq!(sealed(Gcm::new(&key)), sealed(Gcm::with_backend(&key, Backend::Soft).unwrap()));
    if len >= 16 {
        let sector = |xts: Xts| {
            let mut sector = plain_vec(len);
            xts.encrypt(&[3; 16], &mut sector).unwrap();
            sector
        };
        assert_eq!(
            sector(Xts::new(&sectors).unwrap()),
            sector(Xts::with_backend(&sectors, Backend::Soft).unwrap())
        );
    }
}
