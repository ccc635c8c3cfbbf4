//! The C interface of miyao (C 接口): every function has one shape, and foreign bytes cross at one desk.
//!
//! Knows the public interface of the library and nothing behind it. What callers promise and are promised stands at the top of
//! the header, `ffi/include/miyao.h`, which `cbindgen.toml` begins with; `desk` is where it is kept.

extern crate alloc;

mod buffer;
mod desk;
mod error;
mod pki;
mod sm2;
mod sm3;
mod status;
mod version;

pub use buffer::miyao_buffer;
pub use error::miyao_error;
pub use pki::{
    miyao_certificate, miyao_certificate_request, miyao_cms_options, miyao_crl, miyao_inspection,
    miyao_request_draft, miyao_trust,
};
pub use sm2::{
    miyao_pkcs8_options, miyao_sm2_digest, miyao_sm2_exchange, miyao_sm2_prepared_key, miyao_sm2_private_key,
    miyao_sm2_public_key,
};
pub use sm3::miyao_sm3;
pub use status::miyao_status;
