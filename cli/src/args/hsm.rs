//! Arguments of `miyao hsm`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum HsmCommand {
    /// List the slots of a PKCS#11 module, the tokens in them, and the profile of each
    List(Module),
    /// Tell what a token says of itself, and what it offers by its profile; needs no PIN and verifies nothing
    Info(Described),
    /// Try with known answers what every mechanism does, and write the profile of what was seen
    ///
    /// Keys are made in a session, or where the token insists, as objects labelled "miyao probe"; all are destroyed.
    Probe(HsmProbe),
    /// Try with known answers whether a token does what its profile says
    Selftest(Used),
}

/// Where the module is.
#[derive(Args, Clone)]
pub(crate) struct Module {
    /// The token: pkcs11:token=LABEL?module-path=/abs/path.so (RFC 7512)
    #[arg(value_name = "URI", required_unless_present = "module")]
    pub(crate) uri: Option<String>,
    /// The module, by its absolute path
    #[arg(long, value_name = "PATH")]
    pub(crate) module: Option<PathBuf>,
    /// Wait so long for each call of the module, 1 to 3600, and so for a PIN typed at the token [default: 10, and 120
    /// where it is tried what a token does]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: Option<u64>,
}

/// A token and its profile.
#[derive(Args, Clone)]
pub(crate) struct Described {
    #[command(flatten)]
    pub(crate) module: Module,
    /// The token of this label
    #[arg(long, value_name = "LABEL")]
    pub(crate) token: Option<String>,
    /// The token in this slot
    #[arg(long, value_name = "N", conflicts_with = "token")]
    pub(crate) slot: Option<u64>,
    /// The profile of this name, whatever the token says it is
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// A token that is logged in to.
#[derive(Args)]
pub(crate) struct Used {
    #[command(flatten)]
    pub(crate) described: Described,
    /// Read the user's PIN from this file of mode 0600; else from the URI's pin-source, else a terminal is asked
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct HsmProbe {
    #[command(flatten)]
    pub(crate) used: Used,
    /// Where the profile goes
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// What the profile is called
    #[arg(long, value_name = "NAME", default_value = "probed")]
    pub(crate) name: String,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}
