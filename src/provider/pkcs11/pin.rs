//! Where a PIN comes from: a file of its owner alone, or whoever the caller asks.
//!
//! Knows no token; a PIN never stands in a URI, an argument or a log.

use alloc::sync::Arc;
use std::{
    fs::OpenOptions,
    io::Read,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use zeroize::Zeroizing;

use super::TokenInfo;
use crate::{
    error::{Error, Kind, Result},
    secret::SecretBytes,
};

/// Whoever knows a token's PIN and is asked for it; once, and again only after [`Token::allow_login`](super::Token::allow_login).
pub type AskPin = Arc<dyn Fn(&TokenInfo) -> Result<SecretBytes> + Send + Sync>;

/// The most bytes of a PIN.
const LONGEST: u64 = 1024;

/// Reads a PIN from a file of ours, or root's, that nobody else has rights to: its content without the end of its line. It may be
/// empty.
///
/// # Errors
/// [`Invalid`](Kind::Invalid) for another's file, or one that others have rights to; [`TooLarge`](Kind::TooLarge) for more than
/// 1,024 bytes.
pub fn read(path: &Path) -> Result<SecretBytes> {
    // A pipe would keep an opener waiting for its writer.
    let waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(waiting).open(path);
    let file = opened.map_err(|error| Error::from(error).about(path.display()))?;
    let found = file.metadata().map_err(|error| Error::from(error).about(path.display()))?;
    if !found.is_file() {
        return Err(
            Error::new(Kind::Invalid, "a PIN is in a regular file; name another one").about(path.display())
        );
    }
    if found.mode() & 0o077 != 0 {
        return Err(Error::new(Kind::Invalid, "others than its owner have rights to the file with the PIN")
            .about(std::format!("`chmod 600 {}` is needed", path.display())));
    }
    // Whoever owns it reads it, and may give us another PIN than ours.
    if !is_trusted(found.uid()) {
        return Err(Error::new(
            Kind::Invalid,
            "the file with the PIN is another user's; it has to be ours, or root's",
        )
        .about(std::format!("`chown {} {}` is needed", us(), path.display())));
    }
    // With room for all that is read: a vector that grows leaves what it had behind.
    let mut bytes = Zeroizing::new(alloc::vec::Vec::with_capacity(2 * LONGEST as usize));
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::from(error).about(path.display()))?;
    // What it says of its length is no answer: it may grow meanwhile, and the beginning of a PIN is another one.
    if bytes.len() as u64 > LONGEST {
        return Err(Error::new(Kind::TooLarge, "a PIN has at most 1,024 bytes; is it the right file?")
            .about(path.display()));
    }
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    Ok(SecretBytes::take(core::mem::take(&mut *bytes)))
}

fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn is_trusted(owner: u32) -> bool {
    owner == us() || owner == 0
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_pin_is_its_owners_and_loses_only_the_end_of_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pin");
        let write = |content: &[u8], mode| {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let contents: [(&[u8], &[u8]); 5] = [
            (b"1234", b"1234"),
            (b"1234\n", b"1234"),
            (b"12 34\r\n", b"12 34"),
            (b"a\n\n", b"a\n"),
            (b"", b""),
        ];
        for (content, pin) in contents {
            write(content, 0o600);
            assert_eq!(read(&path).unwrap().expose(), pin);
        }
        assert!(is_trusted(us()) && is_trusted(0) && !is_trusted(us() + 1));
        if us() == 0 {
            // Nobody else may give a file away.
            write(b"1234", 0o600);
            std::os::unix::fs::chown(&path, Some(1), None).unwrap();
            assert_eq!(read(&path).unwrap_err().kind(), Kind::Invalid);
            std::os::unix::fs::chown(&path, Some(0), None).unwrap();
        }
        write(b"1234", 0o640);
        assert_eq!(read(&path).unwrap_err().kind(), Kind::Invalid);
        write(&[b'1'; 1025], 0o600);
        assert_eq!(read(&path).unwrap_err().kind(), Kind::TooLarge);
        assert_eq!(read(directory.path()).unwrap_err().kind(), Kind::Invalid);
        assert_eq!(read(&directory.path().join("none")).unwrap_err().kind(), Kind::Missing);
    }
}
