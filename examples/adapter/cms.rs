//! Messages of GM/T 0010: `cms type=signedData|envelopedData f=… cert=… [d=…]`, answered with the content.

use miyao::{
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Certificate,
        cms::{self, EnvelopedData, Holder, SignedData},
    },
};

use super::{Answer, Reply, Request, one};

pub(super) fn read(request: &Request) -> Answer {
    let der = cms::from_pem(&request.bytes("f")?).ok()?;
    let holder = Holder::of(&Certificate::parse(&request.bytes("cert")?).ok()?).ok()?;
    match request.word("type") {
        "signedData" => {
            let message = SignedData::parse(&der).ok()?;
            one("m", message.verify(DEFAULT_USER_ID, &[holder]).ok()?.content().to_vec())
        }
        "envelopedData" => {
            let text = EnvelopedData::parse(&der).ok()?.open(&holder, &request.private()?).ok()?;
            one("m", text.expose().to_vec())
        }
        _ => Some(Reply::Unsupported),
    }
}
