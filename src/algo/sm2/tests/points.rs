//! Sums and doubles of points in every form, against the `sm2` crate, at their exceptions too.

use alloc::{vec, vec::Vec};

use ::sm2::{ProjectivePoint, elliptic_curve::Group};

use super::{assert_same, oracle, ours, small, with_z};
use crate::algo::sm2::{
    field::{Fe, Field, Soft, tests::for_each_backend},
    point::{Affine, Jacobian, odd_multiples, to_entries},
    xyzz::{self, Xyzz},
};

fn changed(mut point: Jacobian, change: impl FnOnce(&mut Jacobian)) -> Jacobian {
    change(&mut point);
    point
}

fn sums_and_doubles(f: impl Field) {
    let g = ProjectivePoint::GENERATOR;
    let points: Vec<ProjectivePoint> = (0..6).map(|k| oracle(&small(k))).flat_map(|p| [p, -p]).collect();
    let forms = |p: &ProjectivePoint| {
        if bool::from(p.is_identity()) {
            return vec![
                Jacobian::IDENTITY,
                Jacobian { x: Fe::ZERO, y: f.encode(&[5, 6, 7, 8]), z: Fe::ZERO },
            ];
        }
        vec![Jacobian::from(ours(p)), with_z(f, &ours(p), 3), with_z(f, &ours(p), 9)]
    };
    for p in &points {
        for a in forms(p) {
            assert_same(f, &changed(a, |a| a.double(f)), &p.double(), "2P");
            assert_same(f, &changed(a, |a| a.negate_if(f, u64::MAX)), &-p, "−P");
            for q in &points {
                // P + P, P + (−P), P + O and O + P are among them.
                let expected = p + q;
                for b in forms(q) {
                    assert_same(f, &changed(a, |a| a.add_complete(f, &b)), &expected, "P + Q");
                    assert_same(f, &changed(a, |a| a.vartime_add(f, &b)), &expected, "P + Q, public");
                    let (found, exceptional) = (
                        changed(a, |a| a.add(f, &b)),
                        p == q || a.z.vartime_is_zero() || b.z.vartime_is_zero(),
                    );
                    assert!(!exceptional || found.z.vartime_is_zero(), "an exception has no z");
                    if !exceptional {
                        assert_same(f, &found, &expected, "P + Q, not exceptional");
                    }
                }
                if !bool::from(q.is_identity()) {
                    assert_same(
                        f,
                        &changed(a, |a| a.vartime_add_affine(f, &ours(q))),
                        &expected,
                        "P + affine Q",
                    );
                }
            }
        }
    }
    assert!(ours(&g).vartime_is_on_curve(f));
    let off = Affine { x: ours(&g).y, y: ours(&g).x };
    assert!(!off.vartime_is_on_curve(f) && !Affine { x: Fe::ZERO, y: Fe::ZERO }.vartime_is_on_curve(f));
    for p in points.iter().filter(|p| !bool::from(p.is_identity())) {
        let point = ours(p);
        let is_odd = f.decode(&point.y)[0] & 1 == 1;
        assert_eq!(Affine::vartime_decompress(f, point.x, is_odd), Some(point));
        assert_eq!(Affine::vartime_decompress(f, point.x, !is_odd), Some(ours(&-p)));
    }
}

#[test]
fn sums_and_doubles_are_the_oracle_s_where_they_are_exceptional_too() {
    for_each_backend!(sums_and_doubles());
}

#[test]
fn multiples_are_brought_to_coordinates_together() {
    let multiples = odd_multiples::<9>(Soft, &with_z(Soft, &ours(&ProjectivePoint::GENERATOR), 5));
    let mut entries = [[Fe::ZERO; 2]; 9];
    to_entries(Soft, &multiples, &mut entries);
    for (at, entry) in entries.into_iter().enumerate() {
        assert_eq!(Affine::from(entry), ours(&oracle(&small(2 * at as u64 + 1))));
    }
}

/// `[p + q]G` and `[r + s]G` side by side, from a form whose zz and zzz are not 1, and both exceptions.
fn affine_sums(f: impl Field) {
    let entry = |k: u64| ours(&oracle(&small(k)));
    for (p, q) in [(2, 9), (9, 2), (70, 90)] {
        let (mut a, mut b) = (Xyzz::from(entry(1)), Xyzz::from(entry(5)));
        xyzz::add_each(f, [&mut a, &mut b], [&entry(p), &entry(q)]);
        a.add(f, &entry(q));
        assert_same(f, &a.to_jacobian(f), &oracle(&small(1 + p + q)), "1 + p + q");
        assert_same(f, &b.to_jacobian(f), &oracle(&small(5 + q)), "5 + q");
        for exception in [oracle(&small(5 + q)), -oracle(&small(5 + q))] {
            let mut sum = b;
            sum.add(f, &ours(&exception));
            assert!(sum.to_jacobian(f).z.vartime_is_zero(), "an exception has no z");
        }
    }
}

#[test]
fn affine_points_are_added_as_by_the_oracle() {
    for_each_backend!(affine_sums());
}
