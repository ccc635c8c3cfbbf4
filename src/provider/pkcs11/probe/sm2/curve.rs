//! The names of the curve of GB/T 32918.5-2017 in `CKA_EC_PARAMS`.
//!
//! Knows DER of these two values only.

use alloc::vec::Vec;

/// 1.2.156.10197.1.301
pub(super) const OID: [u8; 10] = [0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];

/// `ECParameters` in full (SEC 1, C.2): version 1, prime field, curve without seed, base point, order, cofactor 1.
pub(super) fn explicit() -> Vec<u8> {
    let field = [&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01], integer(&P).as_slice()].concat();
    let curve = [tagged(0x04, &A), tagged(0x04, &B)].concat();
    let parts = [
        integer(&[1]),
        tagged(0x30, &field),
        tagged(0x30, &curve),
        tagged(0x04, &base_point()),
        integer(&N),
        integer(&[1]),
    ];
    tagged(0x30, &parts.concat())
}

/// G: 04 ‖ x ‖ y.
pub(in crate::provider::pkcs11::probe) fn base_point() -> Vec<u8> {
    [&[0x04], GX.as_slice(), GY.as_slice()].concat()
}

fn integer(number: &[u8]) -> Vec<u8> {
    let is_negative = number.first().is_some_and(|byte| byte & 0x80 != 0);
    tagged(0x02, &[if is_negative { &[0][..] } else { &[] }, number].concat())
}

/// Tag, length up to 255, value.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len() as u8;
    let head: &[u8] = if length < 0x80 { &[tag, length] } else { &[tag, 0x81, length] };
    [head, value].concat()
}

const fn number(hex: &str) -> [u8; 32] {
    let (hex, mut bytes, mut at) = (hex.as_bytes(), [0; 32], 0);
    while at < 32 {
        bytes[at] = digit(hex[2 * at]) << 4 | digit(hex[2 * at + 1]);
        at += 1;
    }
    bytes
}

const fn digit(char: u8) -> u8 {
    if char.is_ascii_digit() { char - b'0' } else { char - b'A' + 10 }
}

const P: [u8; 32] = number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF");
const A: [u8; 32] = number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC");
const B: [u8; 32] = number("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93");
const N: [u8; 32] = number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123");
const GX: [u8; 32] = number("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7");
const GY: [u8; 32] = number("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0");
