//! The curve as the `sm2` crate computes it: points and numbers to make what has to be refused, or must not be.

use sm2::{
    AffinePoint, FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{
        Group, PrimeField,
        ops::Reduce,
        point::{AffineCoordinates, DecompressPoint},
    },
};

pub(super) fn number(bytes: &[u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(*bytes))
}

pub(super) fn small(number: u64) -> Scalar {
    Scalar::from(number)
}

pub(super) fn bytes(number: &Scalar) -> [u8; 32] {
    number.to_repr().into()
}

/// `[k]G`
pub(super) fn base(k: &Scalar) -> ProjectivePoint {
    ProjectivePoint::mul_by_generator(k)
}

/// x and y of a point that is not the identity.
pub(super) fn coordinates(point: &ProjectivePoint) -> ([u8; 32], [u8; 32]) {
    let point = point.to_affine();
    (point.x().into(), point.y().into())
}

/// x, as a number modulo n.
pub(super) fn x_of(point: &ProjectivePoint) -> Scalar {
    number(&coordinates(point).0)
}

/// A point with this x, if there is one.
pub(super) fn with_x(x: &[u8; 32]) -> Option<ProjectivePoint> {
    let point: Option<AffinePoint> = AffinePoint::decompress(&FieldBytes::from(*x), 0.into()).into();
    point.map(Into::into)
}

/// `04 ‖ x ‖ y`
pub(super) fn uncompressed(point: &ProjectivePoint) -> [u8; 65] {
    let (x, y) = coordinates(point);
    let mut bytes = [4; 65];
    bytes[1..33].copy_from_slice(&x);
    bytes[33..].copy_from_slice(&y);
    bytes
}
