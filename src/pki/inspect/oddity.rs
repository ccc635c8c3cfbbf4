//! What is odd about a file, as values and as sentences.
//!
//! Knows no bytes.

use core::fmt;

/// What a strict reader would refuse, or what a person should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Oddity {
    /// So many bytes follow what was read.
    Trailing(usize),
    /// A length is written longer than it must be.
    LongLength,
    /// A length is not written; an end mark stands instead (BER).
    IndefiniteLength,
    /// A number has zeros in front.
    PaddedInteger,
    /// A number lacks the zero that keeps it above zero.
    NegativeInteger,
    /// The private scalar has this many bytes instead of 32.
    ScalarLength(usize),
    /// The algorithm has another name than id-ecPublicKey, as Botan writes.
    AlgorithmName,
    /// The curve is not named where it has to be; SM2's was assumed.
    NoCurve,
    /// The public half inside does not belong to the private key.
    PublicMismatch,
    /// PEM's label says something else than the content is.
    Label,
    /// The PEM text has so many blocks more, which were not looked at.
    MoreBlocks(usize),
    /// 32 bytes may as well be a digest or a symmetric key.
    MayBeAnything,
    /// C2 stands before C3, the order of 2010.
    OldOrder,
    /// The order of C2 and C3 cannot be told without the private key.
    UnknownOrder,
    /// The point has no 04 before it.
    No04,
}

impl Oddity {
    /// Whether the file contradicts itself, so that nothing should be made of it.
    #[must_use]
    pub const fn is_contradiction(&self) -> bool {
        matches!(self, Self::PublicMismatch)
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Trailing(count) => return write!(f, "{count} bytes follow the end"),
            Self::ScalarLength(len) => return write!(f, "the private scalar has {len} bytes, not 32"),
            Self::MoreBlocks(count) => return write!(f, "{count} more PEM blocks were not looked at"),
            Self::LongLength => "a length is written with more bytes than it needs",
            Self::IndefiniteLength => "a length is indefinite: this is BER, not DER",
            Self::PaddedInteger => "a number has zeros in front that DER forbids",
            Self::NegativeInteger => "a number lacks its leading zero, so that DER reads it as negative",
            Self::AlgorithmName => "the algorithm is named by a number of GM/T 0006, not by id-ecPublicKey",
            Self::NoCurve => "the curve is not named; it was taken for SM2's",
            Self::PublicMismatch => "the public half does not belong to the private key: do not use it",
            Self::Label => "the PEM label does not fit the content",
            Self::MayBeAnything => "any 32 bytes look like this; it may be a digest or another key",
            Self::OldOrder => "C2 stands before C3, the order of 2010",
            Self::UnknownOrder => {
                "whether it is C1 C3 C2 or C1 C2 C3 cannot be told without the private key; C3 decides it with the key"
            }
            Self::No04 => "the point has no 04 before it",
        };
        f.write_str(text)
    }
}
