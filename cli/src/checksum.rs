//! `miyao sm3`: hashes of files, in the lines that `sha256sum` writes and reads.
//!
//! Knows no key and no store.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use miyao::{Error, Kind, algo::sm3::Sm3};
use serde_json::json;

use crate::{
    args::Checksum,
    failure::{At, Result, failure},
    input::Input,
    output::{Output, from_hex, hex},
    progress::Progress,
    session::Run,
};

pub(crate) fn run(run: &Run, arguments: &Checksum) -> Result {
    let standard = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &standard[..] } else { &arguments.files };
    if arguments.check { check(run.output, files) } else { print(run.output, files) }
}

fn print(output: Output, files: &[PathBuf]) -> Result {
    let mut failed = Vec::new();
    for file in files {
        match digest(file) {
            Ok(digest) if output.json => {
                output.silent_record(&json!({ "file": file.to_string_lossy(), "sm3": hex(digest) }))?;
            }
            Ok(digest) => output.bytes(&line(&digest, file))?,
            Err(failure) => {
                output.failure(&failure);
                failed.push(failure);
            }
        }
    }
    match (files.len(), failed.pop()) {
        (_, None) => Ok(()),
        (1, Some(only)) => Err(only.already_told()),
        _ => failure(Kind::Partial, "some files could not be read and are listed; the others are hashed"),
    }
}

/// The SM3 of a file.
pub(crate) fn digest(file: &Path) -> Result<[u8; 32]> {
    let input = Input::open(Some(file))?;
    let progress = Progress::bytes(input.len.unwrap_or(0));
    digest_of(&mut progress.reader(input.source)).at(file)
}

/// The SM3 of everything that `input` gives.
pub(crate) fn digest_of(input: &mut impl Read) -> io::Result<[u8; 32]> {
    let mut hash = Sm3::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize()),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// `hash`, two spaces, name; a name with a newline or backslash is escaped and the line begins with a backslash.
fn line(digest: &[u8; 32], file: &Path) -> Vec<u8> {
    let mut name = Vec::new();
    for byte in file.as_os_str().as_bytes() {
        match byte {
            b'\n' => name.extend_from_slice(b"\\n"),
            b'\\' => name.extend_from_slice(b"\\\\"),
            byte => name.push(*byte),
        }
    }
    let mut line = if name.len() == file.as_os_str().len() { Vec::new() } else { vec![b'\\'] };
    line.extend_from_slice(hex(digest).as_bytes());
    line.extend_from_slice(b"  ");
    line.append(&mut name);
    line.push(b'\n');
    line
}

/// Reads such a line.
fn parse(line: &[u8]) -> Option<([u8; 32], OsString)> {
    let (is_escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (digest, rest) = line.split_at_checked(64)?;
    let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
    let digest = from_hex(digest)?.try_into().ok()?;
    if name.is_empty() {
        return None;
    }
    if !is_escaped {
        return Some((digest, OsStr::from_bytes(name).to_owned()));
    }
    let mut plain = Vec::new();
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        plain.push(match (byte, if *byte == b'\\' { bytes.next() } else { None }) {
            (b'\\', Some(b'n')) => b'\n',
            (b'\\', Some(b'\\')) => b'\\',
            (b'\\', _) => return None,
            (byte, _) => *byte,
        });
    }
    Some((digest, OsString::from_vec(plain)))
}

fn check(output: Output, lists: &[PathBuf]) -> Result {
    let (mut differ, mut unread) = (0u64, 0u64);
    for list in lists {
        let mut text = Vec::new();
        Input::open(Some(list))?.source.read_to_end(&mut text).at(list)?;
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            let (expected, name) = parse(line).ok_or_else(not_a_list).at(list)?;
            let outcome = match digest(Path::new(&name)) {
                Ok(found) if found == expected => "ok",
                Ok(_) => {
                    differ += 1;
                    "differs"
                }
                Err(failure) => {
                    output.failure(&failure);
                    unread += 1;
                    "unread"
                }
            };
            let name = name.to_string_lossy();
            output.record(&json!({ "file": name, "outcome": outcome }), format_args!("{name}: {outcome}"))?;
        }
    }
    match (differ, unread) {
        (0, 0) => Ok(()),
        (0, _) => failure(Kind::Partial, "some files could not be read and are listed; the others fit"),
        _ => failure(
            Kind::Rejected,
            "some files differ from their hashes and are listed; treat them as altered",
        ),
    }
}

fn not_a_list() -> Error {
    Error::new(
        Kind::Malformed,
        "a line is not 64 hexadecimal digits, two spaces and a name; is it the right list?",
    )
}
