//! Arguments of `miyao key …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use miyao::key::{AuditMode, Number, Protection, Span, Spec};

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key with its first version
    Create(Create),
    /// List keys by name; all of them unless --limit is given
    List {
        /// Begin after this name
        #[arg(long, value_name = "NAME")]
        after: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Show a key with its versions
    Show {
        /// Its name, alias or id
        key: String,
    },
    /// Make a new version and let it protect new data
    Rotate {
        /// Its name, alias or id
        key: String,
        /// Rotate only when this version is the current one; otherwise tell the current one
        #[arg(long, value_name = "VERSION", value_parser = number)]
        expected: Option<Number>,
    },
    /// Stop a version from opening data until it is resumed; the current one is replaced
    Suspend {
        /// NAME:VERSION
        version: String,
    },
    /// Let a suspended version open data again
    Resume {
        /// NAME:VERSION
        version: String,
    },
    /// Let a version open old data only
    Deactivate {
        /// NAME:VERSION
        version: String,
    },
    /// Say that a version is known to others; there is no way back
    Compromise {
        /// NAME:VERSION
        version: String,
    },
    /// Stop a key: it verifies only
    Disable {
        /// Its name, alias or id
        key: String,
    },
    /// Start a disabled key again
    Enable {
        /// Its name, alias or id
        key: String,
    },
    /// Destroy a disabled key, or a version out of use, after a waiting period
    ScheduleDestroy(Destroy),
    /// Call off a destruction: the key is disabled then, the version suspended
    CancelDestroy {
        /// NAME or NAME:VERSION
        target: String,
    },
    /// Bring the material of a key made with --import
    Import(Import),
    /// Make a one-time key under which material is to be wrapped, and the token that goes with it
    ImportParams(ImportParams),
    /// Encrypt a version's material to an SM2 public key; plaintext never leaves
    Export(ExportArgs),
    /// Give a key another name, move that name, or remove it
    Alias(AliasArgs),
    /// Set and remove tags
    Tag(Tag),
    /// Change what is written down about a key
    Update(Update),
    /// Print the public half of an SM2 key as PEM
    Public(Public),
}

#[derive(Args)]
pub(crate) struct Create {
    /// Its name: letters, digits and . _ / -
    pub(crate) name: String,
    /// sm4, hmac-sm3, sm2-sign or sm2-encrypt
    #[arg(long, value_parser = Spec::parse)]
    pub(crate) spec: Spec,
    #[command(flatten)]
    pub(crate) policy: Policy,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// A tag
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) tags: Vec<(String, String)>,
    /// Refuse its destruction
    #[arg(long)]
    pub(crate) deletion_protection: bool,
    /// Where it is used: software, or hardware, which is inside a device
    #[arg(long, value_name = "WHERE", default_value = "software", value_parser = protection)]
    pub(crate) protection: Protection,
    /// Which device, by its label or serial number, where several are attached
    #[arg(long, value_name = "DEVICE")]
    pub(crate) in_device: Option<String>,
    /// Wait for material from outside (sm4 only)
    #[arg(long)]
    pub(crate) import: bool,
}

/// What `create` and `update` both set.
#[derive(Args)]
pub(crate) struct Policy {
    /// Rotate at this age, such as 90d
    #[arg(long, value_name = "SPAN", value_parser = Span::parse)]
    pub(crate) rotate_every: Option<Span>,
    /// The most messages, tokens, signatures or MACs of a version
    #[arg(long, value_name = "N")]
    pub(crate) max_messages: Option<u64>,
    /// The most bytes of a version
    #[arg(long, value_name = "N")]
    pub(crate) max_bytes: Option<u64>,
    /// How long a version protects new data
    #[arg(long, value_name = "SPAN", value_parser = Span::parse)]
    pub(crate) originator_period: Option<Span>,
    /// How long a version opens data
    #[arg(long, value_name = "SPAN", value_parser = Span::parse)]
    pub(crate) recipient_period: Option<Span>,
    /// Write data operations to the audit log one by one (each) or as counts (counted)
    #[arg(long, value_name = "MODE", value_parser = audit_mode)]
    pub(crate) audit: Option<AuditMode>,
}

#[derive(Args)]
pub(crate) struct Destroy {
    /// NAME or NAME:VERSION
    pub(crate) target: String,
    /// How long to wait: 7d to 366d
    #[arg(long, value_name = "SPAN", value_parser = Span::parse)]
    pub(crate) wait: Option<Span>,
}

#[derive(Args)]
pub(crate) struct Import {
    /// Its name, alias or id
    pub(crate) key: String,
    /// A file of exactly 32 bytes
    #[arg(long, value_name = "FILE", required_unless_present = "wrapped_file")]
    pub(crate) material_file: Option<PathBuf>,
    /// The token that `key import-params` made
    #[arg(long, value_name = "FILE", requires = "wrapped_file")]
    pub(crate) token_file: Option<PathBuf>,
    /// The 32 bytes encrypted under the public key of `key import-params`: SM2 ciphertext in DER
    #[arg(long, value_name = "FILE", requires = "token_file", conflicts_with = "material_file")]
    pub(crate) wrapped_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ImportParams {
    /// Its name, alias or id
    pub(crate) key: String,
    /// Where the one-time public key goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out_public: PathBuf,
    /// Where the token goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out_token: PathBuf,
    /// How long both may be used
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = Span::parse)]
    pub(crate) valid: Span,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// NAME or NAME:VERSION
    pub(crate) target: String,
    /// The SM2 public key to encrypt to, PEM
    #[arg(long, value_name = "PUB.pem")]
    pub(crate) to: PathBuf,
    /// Where the ciphertext goes
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct AliasArgs {
    /// The key's name or id
    #[arg(required_unless_present = "remove", requires = "alias")]
    pub(crate) key: Option<String>,
    /// Its other name
    pub(crate) alias: Option<String>,
    /// The alias points to another key so far
    #[arg(long, requires = "alias")]
    pub(crate) r#move: bool,
    /// Remove this alias
    #[arg(long, value_name = "ALIAS", conflicts_with_all = ["key", "alias", "move"])]
    pub(crate) remove: Option<String>,
}

#[derive(Args)]
pub(crate) struct Tag {
    /// Its name, alias or id
    pub(crate) key: String,
    /// Tags to set
    #[arg(value_name = "NAME=VALUE", value_parser = pair, required_unless_present = "remove")]
    pub(crate) set: Vec<(String, String)>,
    /// A tag to remove
    #[arg(long, value_name = "NAME")]
    pub(crate) remove: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Update {
    /// Its name, alias or id
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) policy: Policy,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Refuse its destruction, or no longer
    #[arg(long, value_name = "true|false")]
    pub(crate) deletion_protection: Option<bool>,
    /// No longer rotate by age
    #[arg(long, conflicts_with = "rotate_every")]
    pub(crate) no_rotation: bool,
    /// Lift every limit that is not given here
    #[arg(long)]
    pub(crate) no_limits: bool,
    /// Versions below open nothing
    #[arg(long, value_name = "VERSION", value_parser = number)]
    pub(crate) min_decrypt: Option<Number>,
    /// Versions below protect nothing
    #[arg(long, value_name = "VERSION", value_parser = number)]
    pub(crate) min_encrypt: Option<Number>,
}

#[derive(Args)]
pub(crate) struct Public {
    /// NAME or NAME:VERSION
    pub(crate) target: String,
    /// Where it goes [default: the standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

fn number(text: &str) -> Result<Number, String> {
    text.parse().ok().and_then(Number::new).ok_or_else(|| "versions are numbered from 1".into())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a tag is NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

fn protection(text: &str) -> Result<Protection, String> {
    match text {
        "software" => Ok(Protection::Software),
        "hardware" => Ok(Protection::Hardware),
        _ => Err("protection is software or hardware".into()),
    }
}

fn audit_mode(text: &str) -> Result<AuditMode, String> {
    match text {
        "each" => Ok(AuditMode::Each),
        "counted" => Ok(AuditMode::Counted),
        _ => Err("audit is each or counted".into()),
    }
}
