//! Arguments of `miyao sm2 …`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use miyao::{
    algo::sm2,
    pki::{
        convert::{Armor, Target},
        inspect::Order,
        pkcs8::Derivation,
    },
};

use super::certificates::{CertCommand, Csr};

#[derive(Subcommand)]
pub(crate) enum Sm2Command {
    /// Make a key pair: the private half under a passphrase
    Keygen(Keygen),
    /// Sign a file, or a digest, with a private key in a file
    Sign(FileSign),
    /// Verify a signature with a public key in a file
    Verify(FileVerify),
    /// Encrypt a key or another small value to a public key, by SM2 alone
    Encrypt(FileEncrypt),
    /// Decrypt what was encrypted by SM2 alone
    Decrypt(FileDecrypt),
    /// Tell what a key, signature or ciphertext is, how it is written, and what is odd about it
    Inspect(FileInspect),
    /// Write a key, signature or ciphertext in another form
    Convert(Convert),
    /// Ask for a certificate: a request that the key signs
    Csr(Csr),
    /// Make, show and verify certificates
    #[command(subcommand)]
    Cert(CertCommand),
}

/// Where one result goes.
#[derive(Args)]
pub(crate) struct Place {
    /// The output file; - or nothing is the standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// How a private key is encrypted.
#[derive(Args)]
pub(crate) struct Sealing {
    /// The cost of the passphrase: PBKDF2 iterations, 1,024 to 10,000,000 [default: 600,000]
    #[arg(long, value_name = "N")]
    pub(crate) iterations: Option<u32>,
    /// How the derivation is named, for a reader that asks for it [default: hmac-sm3]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) derivation: Option<DerivationName>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DerivationName {
    /// 1.2.156.10197.1.401.2, which GmSSL asks for
    HmacSm3,
    /// The same with NULL, as gmsm writes
    HmacSm3Null,
    /// 1.2.156.10197.1.401.3.1, the number of OpenSSL
    HmacSm3Openssl,
    /// The numbers of GM/T 0091
    Gmt0091,
}

impl From<DerivationName> for Derivation {
    fn from(name: DerivationName) -> Self {
        match name {
            DerivationName::HmacSm3 => Self::HmacSm3,
            DerivationName::HmacSm3Null => Self::HmacSm3Null,
            DerivationName::HmacSm3Openssl => Self::HmacSm3OpenSsl,
            DerivationName::Gmt0091 => Self::GmT0091,
        }
    }
}

#[derive(Args)]
pub(crate) struct Keygen {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Write the public half to this file too
    #[arg(long, value_name = "PUB.pem")]
    pub(crate) public: Option<PathBuf>,
    /// Write the private half without a passphrase: whoever reads the file has the key
    #[arg(long, conflicts_with_all = ["iterations", "derivation"])]
    pub(crate) plain: bool,
    #[command(flatten)]
    pub(crate) sealing: Sealing,
}

/// What is signed.
#[derive(Args)]
pub(crate) struct Signed {
    /// The file; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// The signer's SM2 user id, at most 8,191 bytes; an empty one is not the default
    #[arg(long, visible_alias = "id", value_name = "TEXT", default_value = "1234567812345678")]
    pub(crate) user_id: OsString,
    /// The file is the digest SM3(ZA, message) itself: 32 bytes, or their hexadecimal
    #[arg(long, conflicts_with = "user_id")]
    pub(crate) digest: bool,
}

#[derive(Args)]
pub(crate) struct FileSign {
    #[command(flatten)]
    pub(crate) signed: Signed,
    /// The private key, PEM or DER; --passphrase-file opens it
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) key: PathBuf,
    /// How the signature is written
    #[arg(long, value_enum, default_value = "der", value_name = "FORM")]
    pub(crate) form: SignatureForm,
    /// What is put around it [default: hex on the standard output, binary in a file]
    #[arg(long, value_enum, value_name = "CODE")]
    pub(crate) encode: Option<Encode>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct FileVerify {
    #[command(flatten)]
    pub(crate) signed: Signed,
    /// The public key, PEM or DER
    #[arg(long, value_name = "PUB.pem")]
    pub(crate) key: PathBuf,
    /// The signature: DER, or r and s, in binary, hexadecimal or base64
    #[arg(long, value_name = "SIG")]
    pub(crate) signature: PathBuf,
}

#[derive(Args)]
pub(crate) struct FileEncrypt {
    /// The file, at most 1 MiB; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// The recipient's public key, PEM or DER
    #[arg(long, value_name = "PUB.pem")]
    pub(crate) key: PathBuf,
    /// How the ciphertext is put together
    #[arg(long, value_enum, default_value = "der", value_name = "FORM")]
    pub(crate) form: CiphertextForm,
    /// What is put around it
    #[arg(long, value_enum, default_value = "binary", value_name = "CODE")]
    pub(crate) encode: Encode,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct FileDecrypt {
    /// The ciphertext, in binary, hexadecimal or base64; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// The private key, PEM or DER; --passphrase-file opens it
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) key: PathBuf,
    /// Take this form only [default: what it is; where two orders are possible, C3 decides]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) form: Option<CiphertextForm>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct FileInspect {
    /// A key, signature, ciphertext or certificate; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// A private key that decides what only it can: the order of a ciphertext, and whose this is
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) key: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Convert {
    /// A key, signature or ciphertext; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// The form: pkcs8, sec1, encrypted or scalar; spki, point, coordinates or compressed; der or raw; der, c1c3c2,
    /// c1c2c3, bare-c1c3c2 or bare-c1c2c3
    #[arg(long, value_name = "FORM")]
    pub(crate) to: String,
    /// What is put around it [default: pem where there is a label for it, else binary]
    #[arg(long, value_enum, value_name = "CODE")]
    pub(crate) encode: Option<Code>,
    /// A private key that decides the order of a ciphertext, or opens an enveloped key
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) key: Option<PathBuf>,
    /// The order of a ciphertext whose bytes do not tell it
    #[arg(long, value_enum, value_name = "ORDER", conflicts_with = "key")]
    pub(crate) order: Option<OrderName>,
    /// Read the passphrase of the encrypted output from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sealing: Sealing,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignatureForm {
    /// SEQUENCE { r, s } of GM/T 0009
    Der,
    /// r, s: 64 bytes
    Raw,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiphertextForm {
    /// SEQUENCE { x, y, C3, C2 } of GM/T 0009
    Der,
    /// 04, x, y, C3, C2 of GB/T 32918.4-2016
    C1c3c2,
    /// 04, x, y, C2, C3, the order before
    C1c2c3,
    /// x, y, C3, C2
    BareC1c3c2,
    /// x, y, C2, C3
    BareC1c2c3,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encode {
    /// The bytes as they are
    Binary,
    /// Hexadecimal, one line
    Hex,
    /// Base64, one line
    Base64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Code {
    /// PEM
    Pem,
    /// The bytes as they are
    Binary,
    /// Hexadecimal, one line
    Hex,
    /// Base64, one line
    Base64,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum OrderName {
    /// C1, C3, C2
    C1c3c2,
    /// C1, C2, C3
    C1c2c3,
}

impl From<SignatureForm> for Target {
    fn from(form: SignatureForm) -> Self {
        match form {
            SignatureForm::Der => Self::Der,
            SignatureForm::Raw => Self::Raw,
        }
    }
}

impl CiphertextForm {
    /// How the library puts it together, and whether 04 is left out.
    pub(crate) const fn parts(self) -> (sm2::Encoding, bool) {
        match self {
            Self::Der => (sm2::Encoding::Der, false),
            Self::C1c3c2 => (sm2::Encoding::C1C3C2, false),
            Self::C1c2c3 => (sm2::Encoding::C1C2C3, false),
            Self::BareC1c3c2 => (sm2::Encoding::C1C3C2, true),
            Self::BareC1c2c3 => (sm2::Encoding::C1C2C3, true),
        }
    }
}

impl From<Encode> for Armor {
    fn from(encode: Encode) -> Self {
        match encode {
            Encode::Binary => Self::Binary,
            Encode::Hex => Self::Hexadecimal,
            Encode::Base64 => Self::Base64,
        }
    }
}

impl From<Code> for Armor {
    fn from(code: Code) -> Self {
        match code {
            Code::Pem => Self::Pem,
            Code::Binary => Self::Binary,
            Code::Hex => Self::Hexadecimal,
            Code::Base64 => Self::Base64,
        }
    }
}

impl From<OrderName> for Order {
    fn from(order: OrderName) -> Self {
        match order {
            OrderName::C1c3c2 => Self::C1C3C2,
            OrderName::C1c2c3 => Self::C1C2C3,
        }
    }
}
