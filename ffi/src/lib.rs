//! The C interface of miyao (C 接口): every function has one shape, and foreign bytes cross at one desk.
//!
//! Knows the public interface of the library and nothing behind it. What callers promise and are promised stands at the top of
//! the header, `ffi/include/miyao.h`, which `cbindgen.toml` begins with; `desk` is where it is kept.

extern crate alloc;

mod buffer;
mod desk;
mod error;
mod sm3;
mod status;
mod version;

pub use buffer::miyao_buffer;
pub use error::miyao_error;
pub use sm3::miyao_sm3;
pub use status::miyao_status;
