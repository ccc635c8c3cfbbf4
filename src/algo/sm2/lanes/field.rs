//! GF(p) in eight lanes: an element is five vectors of limbs in radix 2^52, each lane times 2^260 (Montgomery's form).
//!
//! Knows no points. Nothing overflows, and the compiler checks most of why: a type says below what multiple of p its numbers
//! are, and an operation whose result could pass the bound of its type does not compile.
//!
//! **Numbers.** An [`Element<B>`] is a number in [0, B p), B ≤ 16, with limbs in [0, 2^52); its highest limb is in this range
//! because 16 p < 2^260. A [`Raw<B>`] is a number in [0, B p) whose limbs are between −2^56 and 2^56: a product before its
//! carries. A multiplication takes elements only, since VPMADD52 looks at the lowest 52 bits of a limb and at no more.
//!
//! **Products.** `t_0 … t_9`, the columns of a b, get at most nine numbers below 2^52 each. With
//! p = −1 + 2^64 − 2^96 + (2^256 − 2^224), a step adds `m p 2^(52 i)` for m = t_i mod 2^52: it takes m away from t_i, which leaves a
//! multiple of 2^52 that goes on to t_(i+1) as t_i / 2^52; takes `m (2^44 − 2^12)`, a low and a high half below 2^52, from t_(i+1)
//! and t_(i+2); and adds the halves of `m (2^48 − 2^16)` to t_(i+4) and t_(i+5). So every column gets two more numbers, loses
//! two at most, and what is carried into it is below 2^5 in amount: it stays between −2^54 and 2^56. After five steps what is
//! left is `(a b + Σ m_i p 2^(52 i)) / 2^260`, which for a < A p and b < B p is below `(A B p / 2^260 + 1) p < (A B / 16 + 1) p`.
//!
//! **Sums** take up to four numbers, each of limbs below 2^56 in amount, and up to 16 p, whose limbs are below 2^56: below
//! 2^59 in amount, to which a carry adds less than 2^8. Where something is subtracted, a multiple of p that is not below it is
//! added, so that the whole is not negative; its carries, with signs, leave limbs in [0, 2^52).

use core::arch::x86_64::{
    __m512i, __mmask8, _mm512_add_epi64, _mm512_and_si512, _mm512_andnot_si512, _mm512_cmpeq_epi64_mask,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_mov_epi64, _mm512_mask_sub_epi64,
    _mm512_or_si512, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srai_epi64,
    _mm512_sub_epi64,
};

pub(super) type Limbs = [__m512i; 5];

/// A number below B p in each lane, in limbs of 52 bits.
#[derive(Clone, Copy)]
pub(super) struct Element<const B: u32>(Limbs);

/// A number below B p in each lane, whose carries have not been made.
#[derive(Clone, Copy)]
pub(super) struct Raw<const B: u32>(Limbs);

/// What a sum may take.
pub(super) trait Number<const B: u32> {
    fn limbs(&self) -> &Limbs;
}

/// p.
const P: [u64; 5] = [LOW, 0xf_f000_0000_0fff, LOW, LOW, 0xffff_fffe_ffff];
const LOW: u64 = (1 << 52) - 1;

impl<const B: u32> Number<B> for Element<B> {
    #[inline(always)]
    fn limbs(&self) -> &Limbs {
        &self.0
    }
}

impl<const B: u32> Number<B> for Raw<B> {
    #[inline(always)]
    fn limbs(&self) -> &Limbs {
        &self.0
    }
}

/// By macro: as loops these are not always unrolled, and then the columns go through memory.
macro_rules! each {
    ($at:ident in [$($value:literal)*] $step:block) => {
        $({
            const $at: usize = $value;
            $step
        })*
    };
}

impl<const B: u32> Element<B> {
    /// From limbs that the caller knows to be in [0, 2^52) and to make a number below B p.
    #[inline(always)]
    pub(super) const fn from_limbs(limbs: Limbs) -> Self {
        const { assert!(B <= 16) }
        Self(limbs)
    }

    /// The same in every lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn every(limbs: &[u64; 5]) -> Self {
        let mut all = [_mm512_setzero_si512(); 5];
        each!(AT in [0 1 2 3 4] { all[AT] = every(limbs[AT]); });
        Self::from_limbs(all)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self([_mm512_setzero_si512(); 5])
    }

    /// A number below a higher bound is what one below a lower bound is.
    #[inline(always)]
    pub(super) const fn loosened<const C: u32>(self) -> Element<C> {
        const { assert!(B <= C && C <= 16) }
        Element(self.0)
    }

    /// `other` in the lanes with a one in the mask.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn replaced(mut self, mask: __mmask8, other: &Self) -> Self {
        each!(AT in [0 1 2 3 4] { self.0[AT] = _mm512_mask_mov_epi64(self.0[AT], mask, other.0[AT]); });
        self
    }

    pub(super) fn wipe(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl Element<2> {
    /// The same number below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced(&self) -> Element<1> {
        let (mut less, mut carry) = (self.0, _mm512_setzero_si512());
        each!(AT in [0 1 2 3 4] {
            let limb = _mm512_add_epi64(_mm512_sub_epi64(less[AT], every(P[AT])), carry);
            carry = _mm512_srai_epi64::<52>(limb);
            less[AT] = _mm512_and_si512(limb, every(LOW));
        });
        // What is carried out of the highest limb is −1 where the number was below p, and otherwise 0.
        each!(AT in [0 1 2 3 4] {
            let keep = _mm512_and_si512(carry, self.0[AT]);
            less[AT] = _mm512_or_si512(keep, _mm512_andnot_si512(carry, less[AT]));
        });
        Element(less)
    }
}

impl Element<1> {
    /// The lanes that are zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zeros(&self) -> __mmask8 {
        let mut all = self.0[0];
        each!(AT in [1 2 3 4] { all = _mm512_or_si512(all, self.0[AT]); });
        _mm512_cmpeq_epi64_mask(all, _mm512_setzero_si512())
    }
}

impl<const B: u32> Raw<B> {
    /// The same number, its carries made.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn carried(&self) -> Element<B> {
        const { assert!(B <= 16) }
        Element(carried(self.0))
    }

    /// Minus the number in the lanes with a one in the mask; for [`difference_of_signed`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn negated(mut self, mask: __mmask8) -> Signed<B> {
        let zero = _mm512_setzero_si512();
        each!(AT in [0 1 2 3 4] { self.0[AT] = _mm512_mask_sub_epi64(self.0[AT], mask, zero, self.0[AT]); });
        Signed(self.0)
    }
}

/// A number between −B p and B p, with limbs as [`Raw`] has them.
pub(super) struct Signed<const B: u32>(Limbs);

/// `a b / 2^260`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn product<const A: u32, const B: u32, const C: u32>(a: &Element<A>, b: &Element<B>) -> Raw<C> {
    const { assert!(A * B <= 16 * (C - 1)) }
    let mut t = [_mm512_setzero_si512(); 10];
    each!(I in [0 1 2 3 4] {
        each!(J in [0 1 2 3 4] { t[I + J] = _mm512_madd52lo_epu64(t[I + J], a.0[I], b.0[J]); });
        each!(J in [0 1 2 3 4] { t[I + J + 1] = _mm512_madd52hi_epu64(t[I + J + 1], a.0[I], b.0[J]); });
    });
    Raw(divided(t))
}

/// `a² / 2^260`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn square<const A: u32, const C: u32>(a: &Element<A>) -> Raw<C> {
    const { assert!(A * A <= 16 * (C - 1)) }
    let mut t = [_mm512_setzero_si512(); 10];
    macro_rules! cross {
        ($($i:literal $j:literal),*) => {$(
            t[$i + $j] = _mm512_madd52lo_epu64(t[$i + $j], a.0[$i], a.0[$j]);
            t[$i + $j + 1] = _mm512_madd52hi_epu64(t[$i + $j + 1], a.0[$i], a.0[$j]);
        )*};
    }
    cross!(0 1, 0 2, 0 3, 0 4, 1 2, 1 3, 1 4, 2 3, 2 4, 3 4);
    each!(AT in [1 2 3 4 5 6 7 8] { t[AT] = _mm512_add_epi64(t[AT], t[AT]); });
    cross!(0 0, 1 1, 2 2, 3 3, 4 4);
    Raw(divided(t))
}

/// Five steps of Montgomery's reduction; what they do to the columns is on top of this file.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn divided(mut t: [__m512i; 10]) -> Limbs {
    let (low, second, fifth) = (every(LOW), every((1 << 44) - (1 << 12)), every((1 << 48) - (1 << 16)));
    // What is still to be taken from the columns.
    let mut owed = [_mm512_setzero_si512(); 7];
    each!(I in [0 1 2 3 4] {
        let m = _mm512_and_si512(t[I], low);
        owed[I + 1] = _mm512_madd52lo_epu64(owed[I + 1], m, second);
        owed[I + 2] = _mm512_madd52hi_epu64(owed[I + 2], m, second);
        t[I + 4] = _mm512_madd52lo_epu64(t[I + 4], m, fifth);
        t[I + 5] = _mm512_madd52hi_epu64(t[I + 5], m, fifth);
        let next = _mm512_add_epi64(t[I + 1], _mm512_srai_epi64::<52>(t[I]));
        t[I + 1] = _mm512_sub_epi64(next, owed[I + 1]);
    });
    [t[5], _mm512_sub_epi64(t[6], owed[6]), t[7], t[8], t[9]]
}

/// `a + b`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn sum<const A: u32, const B: u32, const C: u32>(
    a: &impl Number<A>,
    b: &impl Number<B>,
) -> Element<C> {
    const { assert!(A + B <= C && C <= 16) }
    Element(carried(added(*a.limbs(), b.limbs())))
}

/// `a − b`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn difference<const A: u32, const B: u32, const C: u32>(
    a: &impl Number<A>,
    b: &impl Number<B>,
) -> Element<C> {
    const { assert!(A + B <= C && C <= 16) }
    Element(carried(with_multiple::<B>(taken(*a.limbs(), b.limbs()))))
}

/// `a − b` for an a of either sign.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn difference_of_signed<const A: u32, const B: u32, const C: u32, const AB: u32>(
    a: &Signed<A>,
    b: &impl Number<B>,
) -> Element<C> {
    const { assert!(A + B == AB && A + AB <= C && C <= 16) }
    Element(carried(with_multiple::<AB>(taken(a.0, b.limbs()))))
}

/// `2 a`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn twice<const A: u32, const C: u32>(a: &impl Number<A>) -> Element<C> {
    const { assert!(2 * A <= C && C <= 16) }
    Element(carried(added(*a.limbs(), a.limbs())))
}

/// `3 a`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn thrice<const A: u32, const C: u32>(a: &impl Number<A>) -> Element<C> {
    const { assert!(3 * A <= C && C <= 16) }
    Element(carried(added(added(*a.limbs(), a.limbs()), a.limbs())))
}

/// `a − b`, brought below 2 p; `B` has to be the bound of b, and both together at most 16.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn folded_difference<const A: u32, const B: u32>(
    a: &impl Number<A>,
    b: &impl Number<B>,
) -> Element<2> {
    const { assert!(A + B <= 16) }
    Element(folded(with_multiple::<B>(taken(*a.limbs(), b.limbs()))))
}

/// `a − 2 b`, brought below 2 p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn folded_less_twice<const A: u32, const B: u32, const BB: u32>(
    a: &impl Number<A>,
    b: &impl Number<B>,
) -> Element<2> {
    const { assert!(2 * B == BB && A + BB <= 16) }
    Element(folded(with_multiple::<BB>(taken(taken(*a.limbs(), b.limbs()), b.limbs()))))
}

/// `a − b − 2 c`, brought below 2 p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn folded_less<const A: u32, const B: u32, const C: u32, const BCC: u32>(
    a: &impl Number<A>,
    b: &impl Number<B>,
    c: &impl Number<C>,
) -> Element<2> {
    const { assert!(B + 2 * C == BCC && A + BCC <= 16) }
    let limbs = taken(taken(taken(*a.limbs(), b.limbs()), c.limbs()), c.limbs());
    Element(folded(with_multiple::<BCC>(limbs)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn every(word: u64) -> __m512i {
    _mm512_set1_epi64(word as i64)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn added(mut a: Limbs, b: &Limbs) -> Limbs {
    each!(AT in [0 1 2 3 4] { a[AT] = _mm512_add_epi64(a[AT], b[AT]); });
    a
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn taken(mut a: Limbs, b: &Limbs) -> Limbs {
    each!(AT in [0 1 2 3 4] { a[AT] = _mm512_sub_epi64(a[AT], b[AT]); });
    a
}

/// `a + K p`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn with_multiple<const K: u32>(mut a: Limbs) -> Limbs {
    const { assert!(K <= 16) }
    each!(AT in [0 1 2 3 4] { a[AT] = _mm512_add_epi64(a[AT], every(K as u64 * P[AT])); });
    a
}

/// The carries, with their signs, of a number in [0, 2^260).
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried(mut a: Limbs) -> Limbs {
    each!(AT in [0 1 2 3] {
        a[AT + 1] = _mm512_add_epi64(a[AT + 1], _mm512_srai_epi64::<52>(a[AT]));
        a[AT] = _mm512_and_si512(a[AT], every(LOW));
    });
    a
}

/// A number in [0, 16 p) brought below 2 p, and its carries.
///
/// What the highest limb has above 2^256, t, is taken from there and comes back as `t (2^224 + 2^96 − 2^64 + 1)`. The lower limbs
/// together are below 2^217 in amount, so t is from −1 to 16, and what stays is between −2^217 and 2^256 + 2^217. It is negative
/// only for t > 0, when more than 2^223 comes back; for t = −1, 2^256 − 2^217 and more has stayed; and at most 2^229 comes
/// back. So the result is in [0, 2 p).
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn folded(mut a: Limbs) -> Limbs {
    let t = _mm512_srai_epi64::<48>(a[4]);
    a[4] = _mm512_and_si512(a[4], every((1 << 48) - 1));
    a[4] = _mm512_add_epi64(a[4], _mm512_slli_epi64::<16>(t));
    a[1] = _mm512_add_epi64(a[1], _mm512_slli_epi64::<44>(t));
    a[1] = _mm512_sub_epi64(a[1], _mm512_slli_epi64::<12>(t));
    a[0] = _mm512_add_epi64(a[0], t);
    carried(a)
}
