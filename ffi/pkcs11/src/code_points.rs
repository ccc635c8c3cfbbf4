//! Which number stands for which work: the standard gives 国密 mechanisms none, and every vendor took its own.
//!
//! Knows no keys. What the module can do is [`Work`]; a profile of [`miyao::provider::pkcs11::profile`] says under which numbers
//! it is asked for, and in which shape the parameter comes. Where a profile leaves a word open because nobody published it,
//! the module takes the standard's way.

use cryptoki_sys::{
    CK_KEY_TYPE, CK_MECHANISM_TYPE, CK_ULONG, CKK_EC, CKM_EC_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
    CKM_GENERIC_SECRET_KEY_GEN, CKR_GENERAL_ERROR,
};
use miyao::provider::pkcs11::profile::{
    Ciphertext, Input, KeyType, Mechanism, Operation, Parameter as Shape, Point, Profile, Shelf, Signature, Z,
};

use crate::{
    config::Config,
    rv::{Result, Rv},
};

/// What a mechanism does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Makes an SM2 key pair of the vendor's key type.
    Sm2Pair,
    /// Makes an SM2 key pair of the type `CKK_EC`; the curve is in `CKA_EC_PARAMS`.
    EcPair,
    /// SM2 signatures.
    Sm2Sign(Hashing, Form),
    /// SM2 encryption, and wrapping.
    Sm2Encrypt(Ciphertext),
    /// Wrapping with SM2, and nothing else.
    Sm2Wrap,
    /// SM3.
    Sm3,
    /// SM3 over Z and the message.
    Sm3WithZ,
    /// HMAC-SM3.
    HmacSm3,
    /// Makes an SM4 key.
    Sm4Key,
    /// Makes a secret of any length.
    SecretKey,
    /// SM4-ECB.
    Ecb,
    /// SM4-CBC of whole blocks.
    Cbc,
    /// SM4-CBC with padding, and wrapping.
    CbcPad,
    /// SM4-CTR.
    Ctr,
    /// SM4-GCM, and wrapping.
    Gcm,
    /// SM4-CMAC.
    Cmac,
    /// `x([d]P)`.
    Ecdh1,
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hashing {
    /// The caller gives `e`.
    Given,
    /// `e = SM3(M)`, as some machines do.
    Plain,
    /// `e = SM3(Z ‖ M)`, GB/T 32918.2-2016; the parameter is the user's identifier, the default one where there is none.
    WithZ,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `r ‖ s`.
    Raw,
    /// `SEQUENCE { r, s }`.
    Der,
}

/// What a call wants of a mechanism: with some vendors one number signs and encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Encrypt,
    Digest,
    Sign,
    MakeKey,
    MakePair,
    Wrap,
    /// To wrap with data that is associated, and a tag that stands beside.
    WrapAuthenticated,
    Derive,
}

/// One way to use a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodePoint {
    code: CK_MECHANISM_TYPE,
    pub(crate) work: Work,
    /// The shape of the parameter.
    pub(crate) shape: Shape,
}

/// A profile, as far as the module uses it.
pub(crate) struct CodePoints {
    /// The type of SM2 keys.
    pub(crate) sm2: CK_KEY_TYPE,
    /// The type of SM4 keys.
    pub(crate) sm4: CK_KEY_TYPE,
    /// How `CKA_EC_POINT` is told.
    pub(crate) point: Point,
    points: Vec<CodePoint>,
}

/// The types of SM2 and SM4 keys where a profile says none: those of most vendors.
const USUAL_TYPES: (CK_KEY_TYPE, CK_KEY_TYPE) = (0x8000_0004, 0x8000_0106);

impl CodePoints {
    /// The profile that the configuration names.
    pub(crate) fn of(config: &Config) -> Result<Self> {
        let shelf = config.profile_file.as_deref().map_or_else(Shelf::built_in, Shelf::with);
        let shelf = shelf.map_err(|_| Rv(CKR_GENERAL_ERROR))?;
        shelf.named(&config.profile).map(Self::from_profile).map_err(|_| Rv(CKR_GENERAL_ERROR))
    }

    fn from_profile(profile: &Profile) -> Self {
        let mut points: Vec<_> = profile.mechanisms.iter().flat_map(points).collect();
        let standard = [
            (CKM_EC_KEY_PAIR_GEN, Work::EcPair, Shape::None),
            (CKM_ECDH1_DERIVE, Work::Ecdh1, Shape::Ecdh1),
            (CKM_GENERIC_SECRET_KEY_GEN, Work::SecretKey, Shape::None),
        ];
        for (code, work, shape) in standard {
            if !points.iter().any(|point| point.code == code) {
                points.push(CodePoint { code, work, shape });
            }
        }
        let code = |key: Option<KeyType>| key.and_then(|key| number(key.code));
        Self {
            sm2: code(profile.keys.sm2).unwrap_or(USUAL_TYPES.0),
            sm4: code(profile.keys.sm4).unwrap_or(USUAL_TYPES.1),
            point: profile.keys.sm2.and_then(|key| key.point).unwrap_or(Point::OctetString),
            points,
        }
    }

    /// The ways to use this number.
    pub(crate) fn of_code(&self, code: CK_MECHANISM_TYPE) -> impl Iterator<Item = &CodePoint> {
        self.points.iter().filter(move |point| point.code == code)
    }

    /// Every number once, in the order of the profile.
    pub(crate) fn codes(&self) -> Vec<CK_MECHANISM_TYPE> {
        let mut codes = Vec::new();
        for point in &self.points {
            if !codes.contains(&point.code) {
                codes.push(point.code);
            }
        }
        codes
    }

    /// Whether a key of this type is on the SM2 curve.
    pub(crate) const fn is_sm2(&self, key_type: CK_KEY_TYPE) -> bool {
        key_type == self.sm2 || key_type == CKK_EC
    }
}

impl Work {
    /// Whether a call of this purpose may ask for it.
    pub(crate) const fn serves(self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Encrypt => matches!(
                self,
                Self::Ecb | Self::Cbc | Self::CbcPad | Self::Ctr | Self::Gcm | Self::Sm2Encrypt(_)
            ),
            Purpose::Digest => matches!(self, Self::Sm3 | Self::Sm3WithZ),
            Purpose::Sign => matches!(self, Self::Sm2Sign(..) | Self::HmacSm3 | Self::Cmac),
            Purpose::MakeKey => matches!(self, Self::Sm4Key | Self::SecretKey),
            Purpose::MakePair => matches!(self, Self::Sm2Pair | Self::EcPair),
            Purpose::Wrap => {
                matches!(self, Self::CbcPad | Self::Gcm | Self::Sm2Encrypt(_) | Self::Sm2Wrap)
            }
            Purpose::WrapAuthenticated => matches!(self, Self::Gcm),
            Purpose::Derive => matches!(self, Self::Ecdh1),
        }
    }
}

/// What an entry of a profile comes to here: nothing, where the module does not offer the operation.
fn points(entry: &Mechanism) -> Vec<CodePoint> {
    let (Some(work), Some(code)) = (work(entry), number(entry.code)) else { return Vec::new() };
    let shapes: &[Shape] = match (work, entry.parameter) {
        // Both say the same, so both are taken.
        (Work::Ctr, _) => &[Shape::Iv16, Shape::Ctr],
        (_, Some(shape)) => &[shape],
        (Work::Cbc | Work::CbcPad, None) => &[Shape::Iv16],
        (Work::Gcm, None) => &[Shape::Gcm],
        (Work::Ecdh1, None) => &[Shape::Ecdh1],
        (Work::Sm3WithZ, None) => &[Shape::IdAndKey],
        (Work::Sm2Sign(Hashing::WithZ, _), None) => &[Shape::None, Shape::Id],
        (_, None) => &[Shape::None],
    };
    shapes.iter().map(|&shape| CodePoint { code, work, shape }).collect()
}

/// A number of a profile as C has it; none where C's numbers are too short for it.
fn number(code: u64) -> Option<CK_ULONG> {
    let number = code as CK_ULONG;
    (number as u64 == code).then_some(number)
}

fn work(entry: &Mechanism) -> Option<Work> {
    let form = if entry.signature == Some(Signature::Der) { Form::Der } else { Form::Raw };
    Some(match entry.operation {
        Operation::Sm2KeyPair => Work::Sm2Pair,
        Operation::Sm2Sign => Work::Sm2Sign(hashing(entry), form),
        Operation::Sm2Encrypt => Work::Sm2Encrypt(entry.ciphertext.unwrap_or(Ciphertext::C1C3C2)),
        Operation::Sm2Wrap | Operation::Sm2Unwrap => Work::Sm2Wrap,
        Operation::Sm2Ecdh => Work::Ecdh1,
        Operation::Sm3 => Work::Sm3,
        Operation::Sm3WithZ => Work::Sm3WithZ,
        Operation::HmacSm3 => Work::HmacSm3,
        Operation::HmacKey => Work::SecretKey,
        Operation::Sm4Key => Work::Sm4Key,
        Operation::Sm4Ecb => Work::Ecb,
        Operation::Sm4Cbc => Work::Cbc,
        Operation::Sm4CbcPad => Work::CbcPad,
        Operation::Sm4Ctr => Work::Ctr,
        Operation::Sm4Gcm => Work::Gcm,
        Operation::Sm4Cmac => Work::Cmac,
        _ => return None,
    })
}

fn hashing(entry: &Mechanism) -> Hashing {
    match (entry.input, entry.z) {
        (Some(Input::Digest) | None, _) => Hashing::Given,
        (_, Some(Z::None)) => Hashing::Plain,
        _ => Hashing::WithZ,
    }
}

#[cfg(test)]
mod tests {
    use miyao::provider::pkcs11::profile::{Parameter as Shape, Shelf};

    use super::{CodePoints, Hashing, Purpose, Work};

    fn profile(name: &str) -> Option<CodePoints> {
        Shelf::built_in().ok()?.named(name).ok().map(CodePoints::from_profile)
    }

    #[test]
    fn every_vendor_gives_its_numbers_and_the_standard_s_are_always_there() {
        let vendors = ["sansec", "sansec-itrus", "tass", "koal", "westone", "ibm-ep11", "luna", "miyao"];
        for vendor in vendors {
            let points = profile(vendor);
            let codes = points.map(|points| points.codes()).unwrap_or_default();
            assert!(codes.len() > 8, "{vendor}");
            assert!([0x1040, 0x1050, 0x350].iter().all(|code| codes.contains(code)), "{vendor}");
        }
    }

    #[test]
    fn one_number_of_westone_signs_and_encrypts() {
        let points = profile("westone");
        let works: Vec<_> = points.iter().flat_map(|points| points.of_code(0x8000_0002)).collect();
        assert!(works.iter().any(|point| point.work.serves(Purpose::Sign)));
        assert!(works.iter().any(|point| point.work.serves(Purpose::Encrypt)));
    }

    #[test]
    fn our_own_number_takes_an_identifier_or_none() {
        let points = profile("miyao");
        let points: Vec<_> = points.iter().flat_map(|points| points.of_code(0xCD59_0015)).collect();
        let shapes: Vec<_> = points.iter().map(|point| point.shape).collect();
        assert_eq!(shapes, [Shape::None, Shape::Id]);
        assert!(points.iter().all(|point| matches!(point.work, Work::Sm2Sign(Hashing::WithZ, _))));
    }
}
