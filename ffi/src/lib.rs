//! The C interface of miyao (C 接口): every function has one shape, and foreign bytes cross at one desk.
//!
//! Knows the public interface of the library and nothing behind it. What callers promise and are promised stands at the top of
//! the header, `ffi/include/miyao.h`, which `cbindgen.toml` begins with; `desk` is where it is kept.

extern crate alloc;

mod buffer;
mod ccm;
mod cmac;
mod desk;
mod error;
mod gcm;
mod hmac;
mod kdf;
mod sm3;
mod sm4;
mod sm4_stream;
mod status;
mod version;
mod xts;

pub use buffer::miyao_buffer;
pub use ccm::{MIYAO_CCM_NONCE_LEN, MIYAO_CCM_TAG_LEN, miyao_ccm};
pub use cmac::miyao_cmac;
pub use error::miyao_error;
pub use gcm::{MIYAO_GCM_NONCE_LEN, MIYAO_GCM_TAG_LEN, miyao_gcm};
pub use hmac::miyao_hmac;
pub use kdf::MIYAO_HKDF_MAX;
pub use sm3::miyao_sm3;
pub use sm4::miyao_sm4;
pub use sm4_stream::miyao_sm4_stream;
pub use status::miyao_status;
pub use xts::{MIYAO_XTS_KEY_LEN, miyao_xts};
