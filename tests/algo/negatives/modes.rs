//! Lengths and bytes that a mode has no meaning for.

use miyao::{
    Kind,
    algo::mode::{ccm::Ccm, gcm::Gcm, padding, xts::Xts, xts::XtsGb},
};

#[test]
fn modes_refuse_what_they_have_no_meaning_for() {
    let gcm: Gcm = Gcm::new(&[1; 16]);
    assert_eq!(gcm.encrypt(&[], b"", &mut []).unwrap_err().kind(), Kind::Invalid);
    assert!(gcm.decrypt(&[], b"", &mut [], &[0; 16]).is_err());
    let ccm: Ccm = Ccm::new(&[1; 16]);
    for len in (0..7).chain(14..20) {
        assert_eq!(ccm.encrypt(&vec![0; len], b"", &mut []).unwrap_err().kind(), Kind::Invalid);
        assert!(ccm.decrypt(&vec![0; len], b"", &mut [], &[0; 16]).is_err());
    }
    // Two bytes of length beside 13 of nonce.
    assert!(ccm.encrypt(&[0; 13], b"", &mut vec![0; 0xffff]).is_ok());
    assert_eq!(ccm.encrypt(&[0; 13], b"", &mut vec![0; 0x1_0000]).unwrap_err().kind(), Kind::TooLarge);
    assert!(ccm.encrypt(&[0; 12], b"", &mut vec![0; 0x1_0000]).is_ok());
    let mut rejected = *b"unauthenticated!";
    assert!(ccm.decrypt(&[0; 12], b"", &mut rejected, &[0; 16]).is_err());
    assert_eq!(rejected, [0; 16], "a failing decrypt wipes what it wrote");

    assert_eq!(Xts::new(&[1; 32]).unwrap_err().kind(), Kind::Invalid, "equal halves");
    assert_eq!(XtsGb::new(&[1; 32]).unwrap_err().kind(), Kind::Invalid);
    let xts = Xts::new(&core::array::from_fn(|at| at as u8)).unwrap();
    for len in 0..16 {
        assert_eq!(xts.encrypt(&[0; 16], &mut vec![0; len]).unwrap_err().kind(), Kind::Invalid);
        assert_eq!(xts.decrypt(&[0; 16], &mut vec![0; len]).unwrap_err().kind(), Kind::Invalid);
    }
    let mut longest = vec![0; (16 << 20) + 1];
    assert_eq!(xts.encrypt(&[0; 16], &mut longest).unwrap_err().kind(), Kind::TooLarge);
    assert!(xts.encrypt(&[0; 16], &mut longest[1..]).is_ok());
}

#[test]
fn padding_is_read_in_one_way_only() {
    for fill in 0..=255u8 {
        let mut block = [fill; 32];
        assert_eq!(padding::unpadded_len(&block).is_ok(), (1..=16).contains(&fill), "{fill}");
        if (2..=16).contains(&fill) {
            assert_eq!(padding::unpadded_len(&block), Ok(32 - usize::from(fill)));
            block[32 - usize::from(fill)] ^= 1;
            assert!(padding::unpadded_len(&block).is_err(), "{fill} with a wrong byte");
        }
    }
    for len in [0, 1, 15, 17, 31] {
        assert!(padding::unpadded_len(&vec![1; len]).is_err(), "{len} bytes");
    }
}
