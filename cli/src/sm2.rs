//! `miyao sm2 …`: SM2 with keys in files, beside the store; and what the files of others are.
//!
//! Opens no store. Keys are read strictly; `inspect` and `convert` read as loosely as the field writes.

mod cert;
mod convert;
mod csr;
mod encrypt;
mod inspect;
mod keygen;
mod place;
mod sign;

use crate::{args::Sm2Command, failure::Result, session::Run};

pub(crate) fn run(run: &Run, command: &Sm2Command) -> Result {
    match command {
        Sm2Command::Keygen(arguments) => keygen::run(run, arguments),
        Sm2Command::Sign(arguments) => sign::sign(run, arguments),
        Sm2Command::Verify(arguments) => sign::verify(run, arguments),
        Sm2Command::Encrypt(arguments) => encrypt::encrypt(run, arguments),
        Sm2Command::Decrypt(arguments) => encrypt::decrypt(run, arguments),
        Sm2Command::Inspect(arguments) => inspect::run(run, arguments),
        Sm2Command::Convert(arguments) => convert::run(run, arguments),
        Sm2Command::Csr(arguments) => csr::run(run, arguments),
        Sm2Command::Cert(command) => cert::run(run, command),
    }
}
