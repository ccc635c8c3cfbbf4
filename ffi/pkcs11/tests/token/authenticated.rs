//! Keys wrapped under SM4-GCM with data that is associated: the standard's answer, what is altered, who makes the
//! initialisation vector.

use std::ptr;

use cryptoki_sys::{self as ck, CK_ULONG};

use super::{
    desk::{OWN, at, call, sm4_template, with},
    messages::{CONTEXT, GCM, IV, Message, TAG, TEXT, Table, WRAPPED, hex, readable},
};

#[test]
fn the_standard_s_example_goes_out_and_comes_back() {
    let table = Table::new();
    let (context, mut message) = (hex(CONTEXT), Message::new(&hex(IV)));
    let wrapped = table.wrap(&mut message, &context, table.wrapping, table.secret).unwrap();
    assert_eq!((wrapped.as_slice(), message.tag.as_slice()), (&hex(WRAPPED)[..], &hex(TAG)[..]));
    assert_eq!(message.iv, hex(IV));
    // Who made the initialisation vector is not asked any more.
    (message.generator, message.fixed) = (99, 10_000);
    let back = table.unwrap(&mut message, &context, table.wrapping, &wrapped, &readable()).unwrap();
    assert_eq!(table.value(back), hex(TEXT));
    let read = |kind| table.desk.attribute(table.session, back, kind).unwrap();
    assert_eq!((read(ck::CKA_ALWAYS_SENSITIVE), read(ck::CKA_NEVER_EXTRACTABLE)), (vec![0], vec![0]));
    assert_eq!(read(ck::CKA_LOCAL), [0]);
    // The older call puts the tag behind, and is the same beside that.
    let (nonce, mut room) = (hex(IV), 80);
    let mut whole = ck::CK_GCM_PARAMS {
        pIv: at(&nonce),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: at(&context),
        ulAADLen: 20,
        ulTagBits: 128,
    };
    let (mut how, mut out) = (with(GCM, &mut whole), vec![0; 80]);
    let (session, wrapping, secret) = (table.session, table.wrapping, table.secret);
    let place = out.as_mut_ptr();
    let rv = call!(table.desk, C_WrapKey(session, &raw mut how, wrapping, secret, place, &raw mut room));
    assert_eq!((rv, out), (ck::CKR_OK, [wrapped, message.tag].concat()));
}

#[test]
fn every_flipped_bit_is_refused_and_leaves_no_object() {
    let table = Table::new();
    let (context, mut message) = (hex(CONTEXT), Message::new(&hex(IV)));
    let wrapped = table.wrap(&mut message, &context, table.wrapping, table.secret).unwrap();
    let before = table.objects();
    let try_all = |message: &Message, context: &[u8], wrapped: &[u8]| {
        table.unwrap(&mut message.clone(), context, table.wrapping, wrapped, &readable())
    };
    let altered = |text: &[u8]| -> Vec<Vec<u8>> {
        let flipped = |bit: usize| {
            let mut text = text.to_vec();
            text[bit / 8] ^= 1 << (bit % 8);
            text
        };
        let cut = [text[1..].to_vec(), text[..text.len() - 1].to_vec(), [text, &[0]].concat(), Vec::new()];
        (0..text.len() * 8).map(flipped).chain(cut).collect()
    };
    let refused = Err(ck::CKR_WRAPPED_KEY_INVALID);
    for wrapped in altered(&wrapped) {
        assert_eq!(try_all(&message, &context, &wrapped), refused);
    }
    for context in altered(&context) {
        assert_eq!(try_all(&message, &context, &wrapped), refused);
    }
    for iv in altered(&message.iv).iter().filter(|iv| !iv.is_empty()) {
        assert_eq!(try_all(&Message { iv: iv.clone(), ..message.clone() }, &context, &wrapped), refused);
    }
    for tag in altered(&message.tag).iter().filter(|tag| tag.len() == 16) {
        assert_eq!(try_all(&Message { tag: tag.clone(), ..message.clone() }, &context, &wrapped), refused);
    }
    let other = table.desk.generate(table.session, OWN + 0x30, &sm4_template()).unwrap();
    assert_eq!(table.unwrap(&mut message, &context, other, &wrapped, &readable()), refused);
    assert_eq!(table.objects(), before + 1);
    assert!(try_all(&message, &context, &wrapped).is_ok());
}

#[test]
fn tags_have_the_lengths_that_they_have_elsewhere() {
    let table = Table::new();
    for tag_bits in [96, 104, 112, 120, 128] {
        let mut message = Message { tag_bits, ..Message::new(&hex(IV)) };
        let wrapped = table.wrap(&mut message, &hex(CONTEXT), table.wrapping, table.secret).unwrap();
        let tag = tag_bits as usize / 8;
        assert_eq!(message.tag, [&hex(TAG)[..tag], &vec![0xA5; 16 - tag]].concat());
        assert_eq!(wrapped, hex(WRAPPED));
        let back = table.unwrap(&mut message, &hex(CONTEXT), table.wrapping, &wrapped, &readable()).unwrap();
        assert_eq!(table.value(back), hex(TEXT));
    }
    for tag_bits in [0, 8, 64, 88, 97, 127, 136, 256, CK_ULONG::MAX] {
        let mut message = Message { tag_bits, ..Message::new(&hex(IV)) };
        let refused = Some(ck::CKR_MECHANISM_PARAM_INVALID);
        assert_eq!(table.wrap(&mut message, &[], table.wrapping, table.secret).err(), refused);
        let opened = table.unwrap(&mut message, &[], table.wrapping, &hex(WRAPPED), &readable());
        assert_eq!(opened.err(), refused);
    }
}

#[test]
fn what_is_made_differs_and_keeps_the_bits_that_are_fixed() {
    let table = Table::new();
    let seal = |message: &mut Message| table.wrap(message, b"bound", table.wrapping, table.secret);
    for generator in [ck::CKG_GENERATE, ck::CKG_GENERATE_RANDOM] {
        for (len, fixed) in [(12, 0), (12, 1), (12, 12), (12, 31), (12, 32), (8, 0), (16, 64), (256, 9)] {
            let mut seen: Vec<Vec<u8>> = Vec::new();
            // All bits that are made are zero once and one once, or a token is the rarest of all.
            let (mut zeros, mut ones) = (vec![0; len], vec![0; len]);
            for _ in 0..64 {
                let mut message = Message::made(len, fixed as CK_ULONG, generator);
                let wrapped = seal(&mut message).unwrap();
                assert!(!seen.contains(&message.iv));
                for (at, byte) in message.iv.iter().enumerate() {
                    zeros[at] |= !byte;
                    ones[at] |= byte;
                }
                seen.push(message.iv.clone());
                message.generator = ck::CKG_NO_GENERATE;
                let back = table.unwrap(&mut message, b"bound", table.wrapping, &wrapped, &readable());
                assert_eq!(table.value(back.unwrap()), hex(TEXT));
            }
            for bit in 0..len * 8 {
                let in_byte = |bytes: &[u8]| bytes[bit / 8] >> (7 - bit % 8) & 1 == 1;
                let (was_zero, was_one) = (in_byte(&zeros), in_byte(&ones));
                let kept = in_byte(&[0xA5; 256]);
                let expected = if bit < fixed { (!kept, kept) } else { (true, true) };
                assert_eq!((was_zero, was_one), expected, "bit {bit} of {len} bytes, {fixed} fixed");
            }
        }
    }
}

#[test]
fn a_vector_that_cannot_be_made_well_is_refused() {
    let table = Table::new();
    let refused = Some(ck::CKR_MECHANISM_PARAM_INVALID);
    let seal = |mut message: Message| table.wrap(&mut message, &[], table.wrapping, table.secret).err();
    for generator in [ck::CKG_GENERATE_COUNTER, ck::CKG_GENERATE_COUNTER_XOR, 5, CK_ULONG::MAX] {
        assert_eq!(seal(Message::made(12, 0, generator)), refused, "{generator}");
    }
    for (len, fixed) in [(12, 33), (12, 96), (12, 97), (12, CK_ULONG::MAX), (7, 0), (0, 0), (257, 0)] {
        assert_eq!(seal(Message::made(len, fixed, ck::CKG_GENERATE)), refused, "{len} {fixed}");
    }
    assert_eq!(seal(Message::new(&[])), refused);
    // A vector of the caller's has no bits that are fixed.
    assert_eq!(seal(Message { fixed: CK_ULONG::MAX, ..Message::new(&[1]) }), None);
}

#[test]
fn too_little_room_writes_nothing_and_says_how_much() {
    let table = Table::new();
    let mut message = Message::made(12, 8, ck::CKG_GENERATE);
    let before = message.clone();
    let mut parameter = message.parameter();
    let (mut how, mut out, mut room) = (with(GCM, &mut parameter), [0xA5u8; 65], 63);
    let (session, wrapping, secret) = (table.session, table.wrapping, table.secret);
    let mut ask = |out, room| {
        call!(
            table.desk,
            C_WrapKeyAuthenticated(session, &raw mut how, wrapping, secret, at(b"x"), 1, out, room)
        )
    };
    assert_eq!((ask(out.as_mut_ptr(), &raw mut room), room), (ck::CKR_BUFFER_TOO_SMALL, 64));
    assert_eq!((&message, out), (&before, [0xA5; 65]));
    room = 0;
    assert_eq!((ask(ptr::null_mut(), &raw mut room), room), (ck::CKR_OK, 64));
    room = 0;
    assert_eq!((ask(out.as_mut_ptr(), &raw mut room), room), (ck::CKR_BUFFER_TOO_SMALL, 64));
    assert_eq!((&message, out), (&before, [0xA5; 65]));
    room = 65;
    assert_eq!((ask(out.as_mut_ptr(), &raw mut room), room, out[64]), (ck::CKR_OK, 64, 0xA5));
    assert!(message.iv[1..] != before.iv[1..] && message.iv[0] == 0xA5 && message.tag != before.tag);
    let back = table.unwrap(&mut message, b"x", wrapping, &out[..64], &readable()).unwrap();
    assert_eq!(table.value(back), hex(TEXT));
}
