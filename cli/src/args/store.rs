//! Arguments of the verbs that look after a store.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Subcommand};

use super::Identities;

#[derive(Args)]
pub(crate) struct Init {
    /// The cost of the passphrase: PBKDF2 iterations, 600,000 to 10,000,000
    #[arg(long, value_name = "N")]
    pub(crate) iterations: Option<u32>,
}

#[derive(Subcommand)]
pub(crate) enum RootCommand {
    /// Tell what the root is, and whether a change of it was not finished
    Show,
    /// Seal the master secret under another root that is there already; --root names the present one
    Change(RootChange),
    /// Make a new root key in the same device, and keep the former; run it again after it was interrupted
    Rotate,
    /// Move the root: to a new key in another device, or back to software; run it again after it was interrupted
    Migrate(RootMigrate),
}

#[derive(Args)]
pub(crate) struct RootChange {
    /// The new root: passphrase, keyfile:PATH, or a key in a device by its URI with an id
    #[arg(long, value_name = "KIND", default_value = "passphrase")]
    pub(crate) new_root: OsString,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
}

#[derive(Args)]
pub(crate) struct RootMigrate {
    /// Where to: passphrase, keyfile:PATH, or a device by its URI
    #[arg(long, value_name = "KIND")]
    pub(crate) to: OsString,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
}

/// Of a root that is a passphrase.
#[derive(Args)]
pub(crate) struct NewPassphrase {
    /// Read the new passphrase from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    /// The cost of the new passphrase: PBKDF2 iterations, 600,000 to 10,000,000
    #[arg(long, value_name = "N")]
    pub(crate) iterations: Option<u32>,
}

#[derive(Subcommand)]
pub(crate) enum StoreCommand {
    /// Tell what the store is
    Info,
    /// Bring the store to this release's format, after a copy of its file
    Upgrade,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Print audit entries
    Show(Show),
    /// Follow the whole chain
    Verify,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Begin with this entry
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) first: u64,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Args)]
pub(crate) struct Backup {
    /// Where the backup goes
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// For the holder of this SM2 public key, PEM
    #[arg(long, value_name = "PUB.pem", required_unless_present = "to_passphrase_file")]
    pub(crate) to_sm2: Vec<PathBuf>,
    /// For whoever knows the passphrase in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) to_passphrase_file: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) backup: PathBuf,
    /// The new store's file; its root is what --root says
    #[arg(long, value_name = "PATH", required_unless_present = "verify")]
    pub(crate) into: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) identities: Identities,
    /// Only prove that every key in the backup is whole; write nothing
    #[arg(long, conflicts_with = "into")]
    pub(crate) verify: bool,
}
