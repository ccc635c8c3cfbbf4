//! Arguments of the verbs that work on data.

use core::num::NonZeroUsize;
use std::{ffi::OsString, path::PathBuf};

use clap::{Args, ValueEnum};
use miyao::envelope::Suite;

/// Whom a message is for.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Readers {
    /// A key of the store
    #[arg(long = "key", value_name = "NAME")]
    pub(crate) keys: Vec<String>,
    /// The holder of this SM2 public key, PEM
    #[arg(long, value_name = "PUB.pem")]
    pub(crate) to_sm2: Vec<PathBuf>,
    /// Whoever knows the passphrase in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) to_passphrase_file: Option<PathBuf>,
    /// Whoever knows a passphrase that is asked for now
    #[arg(long, conflicts_with = "to_passphrase_file")]
    pub(crate) to_passphrase: bool,
}

/// What a ciphertext is bound to.
#[derive(Args)]
pub(crate) struct Binding {
    /// A pair of the context that is stored in a message, readable by all
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<OsString>,
    /// A pair of the context whose value is required to decrypt but not stored
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context_hidden: Vec<OsString>,
}

/// Where the result goes.
#[derive(Args)]
pub(crate) struct Target {
    /// The output file; - or nothing is the standard output
    #[arg(short, long, value_name = "OUT", conflicts_with = "out_dir")]
    pub(crate) output: Option<PathBuf>,
    /// A directory for the outputs of several inputs or directories
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
    /// Work on so many frames at once [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SuiteName {
    /// SM4-GCM
    Gcm,
    /// SM4-CTR, then HMAC-SM3
    CtrHmac,
}

impl From<SuiteName> for Suite {
    fn from(name: SuiteName) -> Self {
        match name {
            SuiteName::Gcm => Self::Gcm,
            SuiteName::CtrHmac => Self::CtrHmac,
        }
    }
}

#[derive(Args)]
pub(crate) struct Encrypt {
    /// Files or directories; - or nothing is the standard input
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) readers: Readers,
    /// Sign the message with this SM2 private key, PEM or DER; --passphrase-file opens it
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) sign_with: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) binding: Binding,
    /// How frames are encrypted [default: gcm]
    #[arg(long)]
    pub(crate) suite: Option<SuiteName>,
    /// Make a token: one small value as a line of text, for a database column or a configuration
    #[arg(long, conflicts_with_all = ["to_sm2", "to_passphrase_file", "to_passphrase", "sign_with", "suite", "out_dir"])]
    pub(crate) token: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Keys that need no store.
#[derive(Args)]
pub(crate) struct Identities {
    /// Open with this SM2 private key, PEM or DER; --passphrase-file opens it
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) sm2_key: Option<PathBuf>,
    /// Open with the passphrase in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) with_passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Decrypt {
    /// Files or directories; - or nothing is the standard input
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) identities: Identities,
    /// Demand a signature by this SM2 public key, PEM; on the standard output only the exit code tells that it verified
    #[arg(long, value_name = "PUB.pem")]
    pub(crate) verify_signer: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) binding: Binding,
    /// Let compromised versions open; the origin of what they open is unproven
    #[arg(long)]
    pub(crate) recover: bool,
    /// The input is a token
    #[arg(long, conflicts_with_all = ["sm2_key", "with_passphrase_file", "verify_signer", "out_dir"])]
    pub(crate) token: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args)]
pub(crate) struct Rewrap {
    /// Messages
    #[arg(required_unless_present = "from_list")]
    pub(crate) files: Vec<PathBuf>,
    /// A file that lists messages, one a line or each ended by a zero byte; - is the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from_list: Option<PathBuf>,
    /// The key to wrap under [default: the keys of the message itself]
    #[arg(long, value_name = "NAME")]
    pub(crate) to_key: Option<String>,
    /// Work on so many messages at once [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// A message or token; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DataKey {
    /// The key to wrap under
    #[arg(long, value_name = "NAME")]
    pub(crate) key: String,
    /// How many bytes: 16 to 64
    #[arg(long, default_value_t = 32, conflicts_with = "pair")]
    pub(crate) len: usize,
    #[command(flatten)]
    pub(crate) binding: Binding,
    /// An SM2 key pair: the token holds the private half, the public half is printed
    #[arg(long)]
    pub(crate) pair: bool,
    /// Only the token, which is what happens anyway unless --out or --plaintext-to-stdout asks for more
    #[arg(long, conflicts_with_all = ["out", "plaintext_to_stdout"])]
    pub(crate) no_plaintext: bool,
    /// Write the plaintext to this new file of mode 0600: raw bytes, or PKCS#8 PEM of a pair
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print the plaintext too: hexadecimal, or PKCS#8 PEM of a pair
    #[arg(long)]
    pub(crate) plaintext_to_stdout: bool,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// The key
    #[arg(long, value_name = "NAME")]
    pub(crate) key: String,
    /// The file; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// Where the signature goes, in DER [default: hexadecimal on the standard output]
    #[arg(short, long, value_name = "SIG")]
    pub(crate) output: Option<PathBuf>,
    /// The signer's SM2 user id
    #[arg(long, value_name = "TEXT", default_value = "1234567812345678")]
    pub(crate) user_id: OsString,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The key: NAME tries every version that may verify, NAME:VERSION one
    #[arg(long, value_name = "NAME[:VERSION]")]
    pub(crate) key: String,
    /// The signature: DER, or its hexadecimal text
    #[arg(long, value_name = "SIG")]
    pub(crate) signature: PathBuf,
    /// The file; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
    /// The signer's SM2 user id
    #[arg(long, value_name = "TEXT", default_value = "1234567812345678")]
    pub(crate) user_id: OsString,
}

#[derive(Args)]
pub(crate) struct Mac {
    /// The key
    #[arg(long, value_name = "NAME")]
    pub(crate) key: String,
    /// The file; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct VerifyMac {
    /// The key: NAME tries every version that may verify, NAME:VERSION one
    #[arg(long, value_name = "NAME[:VERSION]")]
    pub(crate) key: String,
    /// The MAC in hexadecimal
    #[arg(long, value_name = "HEX")]
    pub(crate) mac: String,
    /// The file; - or nothing is the standard input
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Checksum {
    /// Files to hash, or with -c lists to check; - or nothing is the standard input
    pub(crate) files: Vec<PathBuf>,
    /// Read hashes from the files and check them
    #[arg(short, long)]
    pub(crate) check: bool,
}

#[derive(Args)]
pub(crate) struct Bench {
    /// The size of the file to encrypt, such as 256m or 4g
    #[arg(long, default_value = "256m", value_parser = size)]
    pub(crate) size: u64,
    /// Where the files are made [default: the temporary directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// How many threads "all" means [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

fn size(text: &str) -> Result<u64, String> {
    let refused = || "a size is a number and k, m or g, such as 256m".to_owned();
    let split = text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err(refused()),
    };
    let number: u64 = number.parse().map_err(|_| refused())?;
    number.checked_mul(1 << shift).filter(|size| *size > 0).ok_or_else(refused)
}
