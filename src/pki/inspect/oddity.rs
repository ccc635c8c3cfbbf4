//! What is odd about a file, as values and as sentences.
//!
//! Knows no bytes.

use alloc::string::String;
use core::fmt;

/// What a strict reader would refuse, or what a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// The text begins with a byte-order mark.
    ByteOrderMark,
    /// The text has 16 bits a character.
    Utf16,
    /// Lines end with CR LF or CR.
    CarriageReturns,
    /// Line ends are written as a backslash and n.
    EscapedLines,
    /// BEGIN, END and what is between them do not stand on lines of their own.
    JoinedLines,
    /// A line of base64 is longer than 64 characters.
    LongLines,
    /// Lines are indented or end with blanks, or blank lines are between.
    Blanks,
    /// Other text stands around the PEM.
    TextAround,
    /// The END line is missing or has another label.
    NoEnd,
    /// Headers of RFC 1421 stand before the base64.
    Headers,
    /// PEM's label says something else than the content is.
    Label,
    /// These PEM blocks follow and were not looked at.
    MoreBlocks(String),
    /// A block of parameters beside the key names another curve.
    Parameters,
    /// Base64 with the alphabet for URLs.
    UrlAlphabet,
    /// Base64 with too much or too little padding.
    Padding,
    /// Hexadecimal with 0x or \x before the digits.
    HexPrefix,
    /// Hexadecimal with colons, commas or brackets among the digits.
    HexSeparators,
    /// Hexadecimal with an odd number of digits; a zero in front was assumed.
    OddDigits,
    /// So many bytes follow what was read.
    Trailing(usize),
    /// The SEQUENCE that begins lacks so many bytes.
    Truncated(usize),
    /// It begins like DER, but an element passes the end of the one around it.
    BrokenDer,
    /// A length is written longer than it must be.
    LongLength,
    /// A length is not written; an end mark stands instead (BER).
    IndefiniteLength,
    /// A number has zeros in front.
    PaddedInteger,
    /// A number lacks the zero that keeps it above zero.
    NegativeInteger,
    /// A BIT STRING says that some of its bits are unused.
    UnusedBits,
    /// A version that the format does not have there.
    Version(u64),
    /// The private scalar has this many bytes instead of 32.
    ScalarLength(usize),
    /// The private key inside PKCS#8 is no ECPrivateKey of RFC 5915.
    InnerShape,
    /// The algorithm has this name, not id-ecPublicKey.
    AlgorithmName(String),
    /// The curve is not named where it has to be; SM2's was assumed.
    NoCurve,
    /// The curve has this name, but the key lies on SM2's.
    CurveName(String),
    /// The curve is given by its numbers, which are SM2's.
    ExplicitCurve,
    /// NULL stands where nothing may stand.
    SuperfluousNull,
    /// NULL is missing where it has to stand.
    MissingNull,
    /// The public half inside does not belong to the private key.
    PublicMismatch,
    /// The point has no 04 before it.
    No04,
    /// The point begins with 06 or 07.
    HybridPoint,
    /// C2 stands before C3, the order of 2010.
    OldOrder,
    /// A SEQUENCE of x, y, C2, C3, which no standard has.
    DerOldOrder,
    /// The order of C2 and C3 cannot be told without the private key.
    UnknownOrder,
    /// Any bytes of this length look like this.
    MayBeAnything,
    /// The algorithm outside the signed part is another than the one inside.
    AlgorithmsDiffer,
    /// A strict reader refuses it for a reason that is none of the others.
    Refused,
}

impl Oddity {
    /// Whether the file contradicts itself, so that nothing should be made of it.
    #[must_use]
    pub const fn is_contradiction(&self) -> bool {
        matches!(self, Self::PublicMismatch)
    }

    /// Whether it is a reason for a strict reader of DER to refuse the content, whatever is around it.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Trailing(_)
                | Self::Truncated(_)
                | Self::BrokenDer
                | Self::LongLength
                | Self::IndefiniteLength
                | Self::PaddedInteger
                | Self::NegativeInteger
                | Self::UnusedBits
                | Self::Version(_)
                | Self::ScalarLength(_)
                | Self::InnerShape
                | Self::NoCurve
                | Self::CurveName(_)
                | Self::ExplicitCurve
                | Self::PublicMismatch
                | Self::HybridPoint
                | Self::DerOldOrder
                | Self::Refused
        )
    }

    /// The word for programs; it stays the same from release to release.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ByteOrderMark => "byte-order-mark",
            Self::Utf16 => "utf-16",
            Self::CarriageReturns => "carriage-returns",
            Self::EscapedLines => "escaped-lines",
            Self::JoinedLines => "joined-lines",
            Self::LongLines => "long-lines",
            Self::Blanks => "blanks",
            Self::TextAround => "text-around",
            Self::NoEnd => "no-end",
            Self::Headers => "headers",
            Self::Label => "label",
            Self::MoreBlocks(_) => "more-blocks",
            Self::Parameters => "parameters",
            Self::UrlAlphabet => "url-alphabet",
            Self::Padding => "padding",
            Self::HexPrefix => "hex-prefix",
            Self::HexSeparators => "hex-separators",
            Self::OddDigits => "odd-digits",
            Self::Trailing(_) => "trailing",
            Self::Truncated(_) => "truncated",
            Self::BrokenDer => "broken-der",
            Self::LongLength => "long-length",
            Self::IndefiniteLength => "indefinite-length",
            Self::PaddedInteger => "padded-integer",
            Self::NegativeInteger => "negative-integer",
            Self::UnusedBits => "unused-bits",
            Self::Version(_) => "version",
            Self::ScalarLength(_) => "scalar-length",
            Self::InnerShape => "inner-shape",
            Self::AlgorithmName(_) => "algorithm-name",
            Self::NoCurve => "no-curve",
            Self::CurveName(_) => "curve-name",
            Self::ExplicitCurve => "explicit-curve",
            Self::SuperfluousNull => "superfluous-null",
            Self::MissingNull => "missing-null",
            Self::PublicMismatch => "public-mismatch",
            Self::No04 => "no-04",
            Self::HybridPoint => "hybrid-point",
            Self::OldOrder => "old-order",
            Self::DerOldOrder => "der-old-order",
            Self::UnknownOrder => "unknown-order",
            Self::MayBeAnything => "may-be-anything",
            Self::AlgorithmsDiffer => "algorithms-differ",
            Self::Refused => "refused",
        }
    }

    const fn sentence(&self) -> &'static str {
        match self {
            Self::ByteOrderMark => "the text begins with a byte-order mark, which most readers refuse",
            Self::Utf16 => "the text has 16 bits a character (UTF-16), which most readers refuse",
            Self::CarriageReturns => "lines end with carriage returns",
            Self::EscapedLines => "line ends are written as a backslash and n",
            Self::JoinedLines => "BEGIN and END do not stand on lines of their own",
            Self::LongLines => "a line is longer than the 64 characters of RFC 7468",
            Self::Blanks => "there are blanks or blank lines among the base64",
            Self::TextAround => "other text stands around the PEM",
            Self::NoEnd => "the END line is missing or has another label: the text may be cut off",
            Self::Headers => "headers stand before the base64",
            Self::Label => "the PEM label does not fit the content",
            Self::MoreBlocks(_) => "that follow were not looked at",
            Self::Parameters => "the parameters beside the key are not those of SM2",
            Self::UrlAlphabet => "the base64 has the alphabet for URLs, - and _",
            Self::Padding => "the base64 has too many or too few = at its end",
            Self::HexPrefix => "the hexadecimal has 0x or \\x before its digits",
            Self::HexSeparators => "the hexadecimal has signs between its digits",
            Self::OddDigits => "the hexadecimal has an odd number of digits; a zero in front was assumed",
            Self::Trailing(_) => "bytes too many follow the end",
            Self::Truncated(_) => "bytes are missing at the end: get a whole copy",
            Self::BrokenDer => "it begins like DER, but something inside is longer than what is around it",
            Self::LongLength => "a length is written with more bytes than it needs: this is BER, not DER",
            Self::IndefiniteLength => "a length is indefinite: this is BER, not DER",
            Self::PaddedInteger => "a number has zeros in front that DER forbids",
            Self::NegativeInteger => "a number lacks its leading zero, so that DER reads it as negative",
            Self::UnusedBits => "a bit string says that some of its bits are unused",
            Self::Version(_) => "as version, which does not fit what follows",
            Self::ScalarLength(_) => "bytes of private scalar, where 32 have to stand",
            Self::InnerShape => "the private key inside stands bare, not as an ECPrivateKey of RFC 5915",
            Self::AlgorithmName(_) => "is the name of the algorithm, where id-ecPublicKey is usual",
            Self::NoCurve => "the curve is not named; it was taken for SM2's",
            Self::CurveName(_) => "is named as the curve, but the key lies on SM2's: it was labelled wrongly",
            Self::ExplicitCurve => {
                "the curve is given by its numbers; they are SM2's, but few readers take them"
            }
            Self::SuperfluousNull => "NULL stands as a parameter where nothing may stand",
            Self::MissingNull => "the parameter NULL is missing where it has to stand",
            Self::PublicMismatch => "the public half does not belong to the private key: do not use it",
            Self::No04 => "the point has no 04 before it",
            Self::HybridPoint => "the point begins with 06 or 07, the hybrid form that hardly anybody reads",
            Self::OldOrder => "C2 stands before C3, the order before GB/T 32918.4-2016",
            Self::DerOldOrder => "C2 stands before C3, which no standard has in DER",
            Self::UnknownOrder => "the order of C2 and C3 cannot be told without the private key",
            Self::MayBeAnything => {
                "any bytes of this length look like this; nothing but use shows what they are"
            }
            Self::AlgorithmsDiffer => {
                "the signature algorithm outside is another than the one that is signed"
            }
            Self::Refused => "a strict reader refuses it",
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = self.sentence();
        match self {
            Self::Trailing(count) | Self::Truncated(count) | Self::ScalarLength(count) => {
                write!(f, "{count} {sentence}")
            }
            Self::Version(version) => write!(f, "{version} stands {sentence}"),
            Self::AlgorithmName(name) | Self::CurveName(name) => write!(f, "{name} {sentence}"),
            Self::MoreBlocks(labels) => write!(f, "the blocks {labels} {sentence}"),
            _ => f.write_str(sentence),
        }
    }
}
