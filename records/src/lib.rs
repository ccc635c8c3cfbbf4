//! Records of miyao in JSON, as the command prints them and the C interface returns them.
//!
//! The names are a promise: they stay. Times are RFC 3339, spans as `90d`, bytes hexadecimal, what is not there is null. Knows
//! neither who asked nor where a record goes; lines for people are the command's.

extern crate alloc;

mod inspection;
mod key;
mod message;
mod store;

use alloc::string::{String, ToString};
use core::fmt::Write;

use miyao::key::{Span, Time};

pub use inspection::{inspection, kind};
pub use key::{audit, described, key, origin, protection};
pub use message::{message, opened, plaintext_len, suite, token};
pub use store::{
    audit_report, backup, device, entry, maintained, report, restored, root, root_changed, store,
};

/// A time, or null.
#[must_use]
pub fn time(time: Option<Time>) -> Option<String> {
    time.map(|time| time.to_string())
}

fn span(span: Option<Span>) -> Option<String> {
    span.map(|span| span.to_string())
}

/// Bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
