//! Arguments of `miyao sm2 csr` and `miyao sm2 cert`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use miyao::pki::{
    chain::Purpose,
    extension::{ExtendedKeyUsage, KeyUsage},
};

use super::sm2::Place;

/// What a certificate says of its subject and key.
#[derive(Args)]
pub(crate) struct Said {
    /// Another name of the subject: dns:HOST, ip:NUMBER, email:ADDRESS or uri:ADDRESS
    #[arg(long = "san", value_name = "KIND:NAME")]
    pub(crate) names: Vec<String>,
    /// Which certificate of a pair it is
    #[arg(long, value_enum, value_name = "USE")]
    pub(crate) usage: Option<UsageName>,
    /// What the key is for
    #[arg(long = "purpose", value_enum, value_name = "PURPOSE")]
    pub(crate) purposes: Vec<PurposeName>,
}

/// The certificate of an authority.
#[derive(Args)]
pub(crate) struct AuthoritySaid {
    /// It is an authority's: its key signs certificates and revocation lists
    #[arg(long, conflicts_with = "usage")]
    pub(crate) ca: bool,
    /// The most authorities that may stand below it
    #[arg(long, value_name = "N", requires = "ca")]
    pub(crate) path_len: Option<u32>,
}

/// How long a certificate holds.
#[derive(Args)]
pub(crate) struct Term {
    /// The first moment, as 2026-01-31 or 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "MOMENT")]
    pub(crate) from: Option<String>,
    /// How many days it holds
    #[arg(long, value_name = "N", default_value_t = 365, conflicts_with = "until")]
    pub(crate) days: u32,
    /// The last moment
    #[arg(long, value_name = "MOMENT")]
    pub(crate) until: Option<String>,
}

/// Whose key signs a certificate or a request, and where it goes.
#[derive(Args)]
pub(crate) struct Signing {
    /// The private key that signs it, PEM or DER; --passphrase-file opens it
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) key: PathBuf,
    /// The SM2 user id to sign under; an empty one is not the default
    #[arg(long, visible_alias = "id", value_name = "TEXT", default_value = "1234567812345678")]
    pub(crate) user_id: OsString,
    /// Write DER instead of PEM
    #[arg(long)]
    pub(crate) der: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct Csr {
    /// The name that is asked for, most specific part first: CN=host,O=organisation,C=CN
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: String,
    #[command(flatten)]
    pub(crate) said: Said,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

#[derive(Subcommand)]
pub(crate) enum CertCommand {
    /// Make a certificate that its own key signs: a root, or one that is trusted by itself
    SelfSign(SelfSign),
    /// Verify a request and make the certificate that it asks for
    Issue(Issue),
    /// Tell what a certificate, request or revocation list says; needs no key and trusts nobody
    Show(CertShow),
    /// Verify a certificate up to one that is trusted
    Verify(CertVerify),
}

#[derive(Args)]
pub(crate) struct SelfSign {
    /// The name of the subject, most specific part first: CN=root,O=organisation,C=CN
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: String,
    #[command(flatten)]
    pub(crate) authority: AuthoritySaid,
    #[command(flatten)]
    pub(crate) said: Said,
    #[command(flatten)]
    pub(crate) term: Term,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

#[derive(Args)]
pub(crate) struct Issue {
    /// The request, PEM or DER; - or nothing is the standard input
    pub(crate) request: Option<PathBuf>,
    /// The authority's certificate, PEM or DER
    #[arg(long, value_name = "CA.pem")]
    pub(crate) issuer: PathBuf,
    /// Grant the other names that the request asks for
    #[arg(long)]
    pub(crate) grant_names: bool,
    /// Grant another name of the subject than the request asks for
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Option<String>,
    #[command(flatten)]
    pub(crate) authority: AuthoritySaid,
    #[command(flatten)]
    pub(crate) said: Said,
    #[command(flatten)]
    pub(crate) term: Term,
    /// The SM2 user id that the request was signed under
    #[arg(long, value_name = "TEXT", default_value = "1234567812345678")]
    pub(crate) request_user_id: OsString,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

#[derive(Args)]
pub(crate) struct CertShow {
    /// A certificate, request or revocation list, PEM or DER; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct CertVerify {
    /// The certificate, PEM or DER; others after it in the same file may stand between; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// Certificates that are trusted, whoever signed them
    #[arg(long, value_name = "CA.pem", required = true)]
    pub(crate) trust: Vec<PathBuf>,
    /// Certificates that may stand between
    #[arg(long = "between", visible_alias = "intermediate", value_name = "FILE")]
    pub(crate) between: Vec<PathBuf>,
    /// Revocation lists: where one is given, every issuer needs a current one
    #[arg(long = "crl", value_name = "FILE")]
    pub(crate) crls: Vec<PathBuf>,
    /// What the key is going to be used for
    #[arg(long, value_enum, default_value = "any", value_name = "PURPOSE")]
    pub(crate) purpose: VerifiedPurpose,
    /// The moment at which it has to hold [default: now]
    #[arg(long, value_name = "MOMENT")]
    pub(crate) at: Option<String>,
    /// The SM2 user id that the issuers signed under; an empty one is not the default
    #[arg(long, visible_alias = "id", value_name = "TEXT", default_value = "1234567812345678")]
    pub(crate) user_id: OsString,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum UsageName {
    /// digitalSignature and nonRepudiation
    Signing,
    /// keyEncipherment, dataEncipherment and keyAgreement
    Encryption,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PurposeName {
    /// The server of TLS
    Server,
    /// The client of TLS
    Client,
    /// Signing code
    CodeSigning,
    /// Signing and encrypting mail
    Email,
    /// Signing the time
    TimeStamping,
    /// Signing answers of OCSP
    Ocsp,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum VerifiedPurpose {
    /// Its uses are not asked for
    Any,
    /// Verifying signatures with it
    Signing,
    /// Encrypting to it
    Encryption,
    /// The server of TLS
    Server,
    /// The client of TLS
    Client,
    /// Signing certificates
    Authority,
}

impl From<UsageName> for KeyUsage {
    fn from(name: UsageName) -> Self {
        match name {
            UsageName::Signing => Self::SIGNING,
            UsageName::Encryption => Self::ENCRYPTION,
        }
    }
}

impl From<PurposeName> for ExtendedKeyUsage {
    fn from(name: PurposeName) -> Self {
        match name {
            PurposeName::Server => Self::ServerAuthentication,
            PurposeName::Client => Self::ClientAuthentication,
            PurposeName::CodeSigning => Self::CodeSigning,
            PurposeName::Email => Self::EmailProtection,
            PurposeName::TimeStamping => Self::TimeStamping,
            PurposeName::Ocsp => Self::OcspSigning,
        }
    }
}

impl From<VerifiedPurpose> for Purpose {
    fn from(name: VerifiedPurpose) -> Self {
        match name {
            VerifiedPurpose::Any => Self::Any,
            VerifiedPurpose::Signing => Self::Signing,
            VerifiedPurpose::Encryption => Self::Encryption,
            VerifiedPurpose::Server => Self::ServerAuthentication,
            VerifiedPurpose::Client => Self::ClientAuthentication,
            VerifiedPurpose::Authority => Self::Authority,
        }
    }
}
