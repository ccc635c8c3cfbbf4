//! Certificates, requests, revocation lists and messages of others (公钥基础设施), and what a file is.
//!
//! Whatever is read may be PEM or strict DER. Times are seconds since 1970-01-01T00:00:00Z: nothing here has a clock.

mod certificate;
mod certificate_fields;
mod cms;
mod cms_make;
mod cms_options;
mod crl;
mod draft;
mod inspection;
mod inspection_forms;
mod request;
mod template;
mod trust;

pub use self::{
    certificate::miyao_certificate, cms_options::miyao_cms_options, crl::miyao_crl,
    draft::miyao_request_draft, inspection::miyao_inspection, request::miyao_certificate_request,
    template::miyao_certificate_template, trust::miyao_trust,
};
