//! What the command line may say; clap reads it.
//!
//! Types and help texts only. Names of keys stay text here and are parsed where they are used.

mod certificates;
mod data;
#[cfg(feature = "pkcs11")]
mod hsm;
mod keys;
mod sm2;
mod store;

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand, builder::FalseyValueParser};

pub(crate) use certificates::{
    AuthoritySaid, CertCommand, CertShow, CertVerify, Csr, Issue, Said, SelfSign, Signing, Term, UsageName,
};
pub(crate) use data::{
    Bench, Binding, Checksum, DataKey, Decrypt, Encrypt, Identities, Inspect, Mac, Readers, Rewrap, Sign,
    Target, Verify, VerifyMac,
};
#[cfg(feature = "pkcs11")]
pub(crate) use hsm::{Described, HsmCommand, HsmProbe, Module, Used};
pub(crate) use keys::{
    AliasArgs, Create, Destroy, ExportArgs, Import, ImportParams, KeyCommand, Public, Tag, Update,
};
pub(crate) use sm2::{
    CiphertextForm, Code, Convert, FileDecrypt, FileEncrypt, FileInspect, FileSign, FileVerify, Keygen,
    Place, Sealing, Signed, Sm2Command,
};
pub(crate) use store::{
    AuditCommand, Backup, Init, NewPassphrase, Restore, RootChange, RootCommand, RootMigrate, Show,
    StoreCommand,
};

/// 国密 (SM2/SM3/SM4) keys, envelopes and rotation on one machine.
///
/// With --json every record is one JSON object on a line of its own. The exit code is the number of the failure
/// in docs/errors.md: 0 success, 2 arguments not understood, 3 verification failed.
#[derive(Parser)]
#[command(name = "miyao", version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Understood before and after the verb.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The key store [default: miyao/store.db in the XDG data directory]
    #[arg(long, global = true, env = "MIYAO_STORE", value_name = "PATH", hide_env_values = true)]
    pub(crate) store: Option<PathBuf>,
    /// Who holds the store's root key: passphrase, keyfile:PATH, or a device by its URI,
    /// 'pkcs11:token=…?module-path=/…&pin-source=file:/…' [default: passphrase]
    #[arg(long, global = true, env = "MIYAO_ROOT", value_name = "KIND", hide_env_values = true)]
    pub(crate) root: Option<OsString>,
    /// A device that keys live in, by its URI; the device of the root is one already
    #[arg(long = "device", global = true, env = "MIYAO_DEVICE", value_name = "URI", hide_env_values = true)]
    pub(crate) devices: Vec<OsString>,
    /// Profiles of devices, before those compiled in: a file, or every .toml of a directory; `hsm probe` writes them
    #[arg(long, global = true, env = "MIYAO_PROFILES", value_name = "PATH", hide_env_values = true)]
    pub(crate) profiles: Option<PathBuf>,
    /// How a root key in a device hides the master secret, such as sm2-ec-raw [default: the first that the device offers]
    #[arg(long, global = true, env = "MIYAO_ROOT_SUITE", value_name = "SUITE", hide_env_values = true)]
    pub(crate) root_suite: Option<String>,
    /// Refuse suites of devices that are not 国密 (AES)
    #[arg(long, global = true, env = "MIYAO_GM_ONLY", value_parser = FalseyValueParser::new(), hide_env_values = true)]
    pub(crate) gm_only: bool,
    /// Read the passphrase of the store, and of key files, from this file; one newline at its end is dropped
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Read that passphrase from this file descriptor, to its end
    #[arg(long, global = true, value_name = "N")]
    pub(crate) passphrase_fd: Option<u32>,
    /// Act, and be audited, as this principal [default: uid:N]
    #[arg(long = "as", global = true, value_name = "PRINCIPAL")]
    pub(crate) principal: Option<String>,
    /// Print records as JSON, one a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell causes and events; twice tells more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a key store
    Init(Init),
    /// Make, show and change keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Do what is due: rotations, expiries, destructions
    Maintain {
        /// The clock stepped and is right now: let time-driven changes go on
        #[arg(long)]
        confirm_clock: bool,
    },
    /// Encrypt files, directories, the standard input, or one small value
    Encrypt(Encrypt),
    /// Decrypt what `encrypt` made
    Decrypt(Decrypt),
    /// Bring messages under their key's current version, in place; running it again goes on where it ended
    Rewrap(Rewrap),
    /// Tell what a message or token says of itself; needs no key and authenticates nothing
    Inspect(Inspect),
    /// Make a data key: its token, and where you say, its plaintext
    Datakey(DataKey),
    /// Sign a file with SM2
    Sign(Sign),
    /// Verify a file's SM2 signature
    Verify(Verify),
    /// Compute a file's HMAC-SM3
    Mac(Mac),
    /// Verify a file's HMAC-SM3
    VerifyMac(VerifyMac),
    /// SM2 with keys in files, without a store; and what the files of others are
    #[command(subcommand)]
    Sm2(Sm2Command),
    /// Hash files with SM3, or check a list of hashes
    Sm3(Checksum),
    /// Print N random bytes in hexadecimal
    Random {
        /// How many bytes, at most 1,048,576
        bytes: usize,
    },
    /// Read and verify the audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check every record of the store, the audit chain, and that the store was not rolled back
    Doctor,
    /// Show and change who holds the root key
    #[command(subcommand)]
    Root(RootCommand),
    /// Look after the store's file
    #[command(subcommand)]
    Store(StoreCommand),
    /// Look at encryption machines behind a PKCS#11 module, and try what they really do
    #[cfg(feature = "pkcs11")]
    #[command(subcommand)]
    Hsm(HsmCommand),
    /// Write an encrypted backup of all keys
    Backup(Backup),
    /// Make a new store of a backup, or prove that one can be restored
    Restore(Restore),
    /// Run the known-answer tests of every algorithm
    Selftest,
    /// Measure this machine: raw encryption, streams, files, and peak memory
    Bench(Bench),
    /// Print completions for a shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Walk through everything once in a temporary directory, with figures
    Demo,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
