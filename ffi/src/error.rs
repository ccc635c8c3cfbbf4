//! `miyao_error`: what happened and what to do, in words.

use alloc::{boxed::Box, ffi::CString, string::String};
use core::{error::Error as _, ffi::c_char, fmt::Write as _};

use miyao::Error;

use crate::{desk::guard_value, status::miyao_status};

/// A failure in words, for a log or a person: a sentence that says what happened and what to do next, and what caused it. It
/// never contains key bytes, plaintext, contexts or the contents of files.
pub struct miyao_error {
    status: miyao_status,
    message: CString,
}

impl miyao_error {
    pub(crate) fn new(error: &Error) -> Self {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(text, "{error}");
        let mut cause = error.source();
        while let Some(inner) = cause {
            let _ = write!(text, "; caused by: {inner}");
            cause = inner.source();
        }
        // A name that somebody gave may hold a NUL, which would end the text, or the end of a line, which would begin one in a log.
        let mut message = String::with_capacity(text.len());
        for character in text.chars() {
            if character.is_control() {
                message.extend(character.escape_default());
            } else {
                message.push(character);
            }
        }
        Self { status: error.kind().into(), message: CString::new(message).unwrap_or_default() }
    }
}

/// The status that came with it.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_error_status(error: Option<&miyao_error>) -> miyao_status {
    error.map_or(miyao_status::Ok, |error| error.status)
}

/// Its text in UTF-8, which lives until the error is freed; an empty text for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_error_message(error: Option<&miyao_error>) -> *const c_char {
    error.map_or(c"", |error| &error.message).as_ptr()
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_error_free(error: Option<Box<miyao_error>>) {
    guard_value((), || drop(error));
}

#[cfg(test)]
mod tests {
    use miyao::Kind;

    use super::*;

    #[test]
    fn a_text_is_one_line_whatever_name_is_in_it() {
        let error = miyao_error::new(&Error::new(Kind::Missing, "there is no such file").about("a\0b\nc"));
        assert_eq!(error.message.as_c_str(), c"a\\u{0}b\\nc: there is no such file");
    }
}
