//! The C interface of miyao (C 接口): every function has one shape, and foreign bytes cross at one desk.
//!
//! Knows the public interface of the library and nothing behind it. What callers promise and are promised stands at the top of
//! the header, `ffi/include/miyao.h`, which `cbindgen.toml` begins with; `desk` is where it is kept.

extern crate alloc;

mod buffer;
mod callbacks;
mod ccm;
mod cmac;
mod context;
mod decryptor;
mod desk;
mod device;
mod device_settings;
mod encryptor;
mod error;
mod gcm;
mod hmac;
mod kdf;
mod key_options;
mod key_ref;
mod key_update;
mod kms;
mod message;
mod opener;
mod options;
mod pki;
mod reader;
mod rewrap;
mod root;
mod sm2;
mod sm3;
mod sm4;
mod sm4_stream;
mod status;
mod tagged;
mod token;
mod version;
mod xts;

pub use buffer::miyao_buffer;
pub use callbacks::{miyao_read, miyao_read_at, miyao_write};
pub use ccm::{MIYAO_CCM_NONCE_LEN, MIYAO_CCM_TAG_LEN, miyao_ccm, miyao_ccm_encryptor};
pub use cmac::miyao_cmac;
pub use context::miyao_context;
pub use decryptor::miyao_decryptor;
pub use device::miyao_device;
pub use device_settings::miyao_device_settings;
pub use encryptor::miyao_encryptor;
pub use error::miyao_error;
pub use gcm::{MIYAO_GCM_NONCE_LEN, MIYAO_GCM_TAG_LEN, miyao_gcm, miyao_gcm_encryptor};
pub use hmac::miyao_hmac;
pub use kdf::MIYAO_HKDF_MAX;
pub use key_options::miyao_key_options;
pub use key_ref::miyao_key_ref;
pub use key_update::miyao_key_update;
pub use kms::miyao_kms;
pub use opener::miyao_opener;
pub use options::miyao_options;
pub use pki::{
    miyao_certificate, miyao_certificate_request, miyao_certificate_template, miyao_cms_options, miyao_crl,
    miyao_inspection, miyao_request_draft, miyao_trust,
};
pub use reader::miyao_reader;
pub use root::miyao_root;
pub use sm2::{
    miyao_pkcs8_options, miyao_sm2_digest, miyao_sm2_exchange, miyao_sm2_prepared_key, miyao_sm2_private_key,
    miyao_sm2_public_key,
};
pub use sm3::miyao_sm3;
pub use sm4::miyao_sm4;
pub use sm4_stream::miyao_sm4_stream;
pub use status::miyao_status;
pub use xts::{MIYAO_XTS_KEY_LEN, miyao_xts};

/// What the header promises of threads: no object belongs to one, and one that is passed as a pointer to const is shared.
const fn shared<T: Send + Sync>() {}

const _: () = {
    shared::<miyao_buffer>();
    shared::<miyao_ccm>();
    shared::<miyao_ccm_encryptor>();
    shared::<miyao_certificate>();
    shared::<miyao_certificate_request>();
    shared::<miyao_certificate_template>();
    shared::<miyao_cmac>();
    shared::<miyao_cms_options>();
    shared::<miyao_context>();
    shared::<miyao_crl>();
    shared::<miyao_decryptor>();
    shared::<miyao_device>();
    shared::<miyao_device_settings>();
    shared::<miyao_encryptor>();
    shared::<miyao_error>();
    shared::<miyao_gcm>();
    shared::<miyao_gcm_encryptor>();
    shared::<miyao_hmac>();
    shared::<miyao_inspection>();
    shared::<miyao_key_options>();
    shared::<miyao_key_ref>();
    shared::<miyao_key_update>();
    shared::<miyao_kms>();
    shared::<miyao_opener>();
    shared::<miyao_options>();
    shared::<miyao_pkcs8_options>();
    shared::<miyao_reader>();
    shared::<miyao_request_draft>();
    shared::<miyao_root>();
    shared::<miyao_sm2_digest>();
    shared::<miyao_sm2_exchange>();
    shared::<miyao_sm2_prepared_key>();
    shared::<miyao_sm2_private_key>();
    shared::<miyao_sm2_public_key>();
    shared::<miyao_sm3>();
    shared::<miyao_sm4>();
    shared::<miyao_sm4_stream>();
    shared::<miyao_trust>();
    shared::<miyao_xts>();
};
