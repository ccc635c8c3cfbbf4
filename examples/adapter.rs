//! The conformance adapter: answers one request a line on standard input over the public API.
//!
//! `ok key=hex …`, `bad` (refused or failed), or `unsup`: what `docs/conformance.md` says is not there yet.

use core::num::NonZeroU32;
use std::{
    collections::HashMap,
    io::{BufRead, Write},
};

use miyao::algo::{
    hkdf, hmac, kdf,
    mode::{cbc, ccm::Ccm, cfb, cmac::Cmac, ctr, ecb, gcm::Gcm, ofb, padding, xts::Xts, xts::XtsGb},
    pbkdf2,
    sm2::{Encoding, Exchange, MessageDigest, PrivateKey, PublicKey, Role, Signature},
    sm3::{self, Sm3},
    sm4::Sm4,
};
use rand_core::CryptoRng;

#[path = "adapter/cms.rs"]
mod cms;
#[path = "adapter/pki.rs"]
mod pki;

/// The most bytes and iterations one request may ask for: a reply takes less than 20 s.
const MOST: usize = 1 << 28;

enum Reply {
    Fields(Vec<(&'static str, Vec<u8>)>),
    Unsupported,
}

/// `None` is the answer `bad`.
type Answer = Option<Reply>;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        match answer(&Request::parse(&line?)) {
            Some(Reply::Fields(fields)) => {
                let text: String =
                    fields.iter().map(|(name, bytes)| format!(" {name}={}", hex(bytes))).collect();
                writeln!(out, "ok{text}")?;
            }
            Some(Reply::Unsupported) => writeln!(out, "unsup")?,
            None => writeln!(out, "bad")?,
        }
        out.flush()?;
    }
    Ok(())
}

struct Request {
    op: String,
    fields: HashMap<String, String>,
}

impl Request {
    fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let op = words.next().unwrap_or_default().to_owned();
        let fields = words
            .filter_map(|word| word.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        Self { op, fields }
    }

    fn word(&self, key: &str) -> &str {
        self.fields.get(key).map_or("", String::as_str)
    }

    fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        unhex(self.word(key))
    }

    fn array<const N: usize>(&self, key: &str) -> Option<[u8; N]> {
        self.bytes(key)?.try_into().ok()
    }

    fn number(&self, key: &str) -> Option<usize> {
        self.word(key).parse().ok().filter(|number| *number <= MOST)
    }

    fn private(&self) -> Option<PrivateKey> {
        PrivateKey::from_bytes(&self.array("d")?).ok()
    }

    fn public(&self, key: &str) -> Option<PublicKey> {
        PublicKey::from_bytes(&self.bytes(key)?).ok()
    }

    fn encoding(&self) -> Option<Encoding> {
        match self.word("fmt") {
            "der" => Some(Encoding::Der),
            "c1c3c2" => Some(Encoding::C1C3C2),
            "c1c2c3" => Some(Encoding::C1C2C3),
            _ => None,
        }
    }
}

fn answer(request: &Request) -> Answer {
    match request.op.as_str() {
        "info" => one("ver", env!("CARGO_PKG_VERSION").as_bytes().to_vec()),
        "sm3" | "sm3s" | "sm3r" | "hmac" | "cmac" | "hkdf" | "pbkdf2" | "kdf" => hash(request),
        "sm4" => sm4(request),
        "pub" | "chkpub" => key(request),
        "sign" | "verify" | "vraw" | "ve" | "signk" => signature(request),
        "enc" | "dec" | "enck" => encryption(request),
        "kex" => exchange(request),
        "keyfile" | "pubfile" | "chain" | "csr" | "crl" | "envkey" => pki::read(request),
        "cms" => cms::read(request),
        _ => Some(Reply::Unsupported),
    }
}

fn hash(request: &Request) -> Answer {
    match request.op.as_str() {
        "sm3" => one("md", sm3::digest(&request.bytes("m")?).to_vec()),
        "sm3s" => {
            let message = request.bytes("m")?;
            let (mut hash, mut rest) = (Sm3::new(), message.as_slice());
            for count in request.word("counts").split(',').filter(|count| !count.is_empty()) {
                let (chunk, after) = rest.split_at_checked(count.parse().ok()?)?;
                hash.update(chunk);
                rest = after;
            }
            hash.update(rest);
            one("md", hash.finalize().to_vec())
        }
        "sm3r" => {
            let chunk = vec![*request.bytes("byte")?.first()?; 1 << 16];
            let mut left: u64 = request.word("count").parse().ok().filter(|count| *count <= 1 << 32)?;
            let mut hash = Sm3::new();
            while left > 0 {
                let now = left.min(chunk.len() as u64);
                hash.update(&chunk[..now as usize]);
                left -= now;
            }
            one("md", hash.finalize().to_vec())
        }
        "hmac" => one("mac", hmac::mac(&request.bytes("k")?, &[&request.bytes("m")?]).to_vec()),
        "cmac" => {
            let mut cmac = Cmac::new(&request.array("k")?);
            cmac.update(&request.bytes("m")?);
            one("mac", cmac.finalize().to_vec())
        }
        "hkdf" => {
            let prk = hkdf::extract(&request.bytes("s")?, &request.bytes("k")?);
            let info = request.bytes("i")?;
            filled("okm", request.number("n")?, |out| hkdf::expand(&prk, &[&info], out).ok())
        }
        "pbkdf2" => {
            let iterations =
                NonZeroU32::new(request.word("c").parse().ok()?).filter(|count| count.get() <= 10_000_000)?;
            let (password, salt) = (request.bytes("p")?, request.bytes("s")?);
            filled("dk", request.number("n")?, |out| pbkdf2::derive(&password, &salt, iterations, out).ok())
        }
        _ => {
            let z = request.bytes("z")?;
            filled("k", request.number("n")?, |out| kdf::derive(&[&z], out).ok())
        }
    }
}

fn sm4(request: &Request) -> Answer {
    let encrypting = request.word("dir") == "e";
    let mode = request.word("mode");
    if matches!(mode, "gcm" | "ccm") {
        return aead(request, encrypting);
    }
    let mut text = request.bytes("m")?;
    if matches!(mode, "xts" | "xtsgb") {
        let (key, tweak) = (request.array("k")?, request.array("iv")?);
        let done = match (mode, encrypting) {
            ("xts", true) => Xts::new(&key).ok()?.encrypt(&tweak, &mut text),
            ("xts", false) => Xts::new(&key).ok()?.decrypt(&tweak, &mut text),
            (_, true) => XtsGb::new(&key).ok()?.encrypt(&tweak, &mut text),
            (_, false) => XtsGb::new(&key).ok()?.decrypt(&tweak, &mut text),
        };
        return done.ok().and_then(|()| text_reply(encrypting, text));
    }
    let cipher = Sm4::new(&request.array("k")?);
    if mode.starts_with("ecb") {
        if mode == "ecb7" && encrypting {
            padding::pad(&mut text);
        }
        if encrypting { ecb::encrypt(&cipher, &mut text) } else { ecb::decrypt(&cipher, &mut text) }.ok()?;
    } else {
        let iv = request.array("iv")?;
        match (mode, encrypting) {
            ("cbc", true) => cbc::encrypt(&cipher, &iv, &mut text).ok()?,
            ("cbc7", true) => {
                padding::pad(&mut text);
                cbc::encrypt(&cipher, &iv, &mut text).ok()?;
            }
            ("cbc" | "cbc7", false) => cbc::decrypt(&cipher, &iv, &mut text).ok()?,
            ("cfb", true) => cfb::encrypt(&cipher, &iv, &mut text),
            ("cfb", false) => cfb::decrypt(&cipher, &iv, &mut text),
            ("cfb8", true) => cfb::encrypt_bytewise(&cipher, &iv, &mut text),
            ("cfb8", false) => cfb::decrypt_bytewise(&cipher, &iv, &mut text),
            ("ofb", _) => ofb::apply(&cipher, &iv, &mut text),
            ("ctr", _) => ctr::apply(&cipher, &iv, &mut text),
            _ => return Some(Reply::Unsupported),
        }
    }
    if mode.ends_with('7') && !encrypting {
        text.truncate(padding::unpadded_len(&text).ok()?);
    }
    text_reply(encrypting, text)
}

fn aead(request: &Request, encrypting: bool) -> Answer {
    match (request.word("mode"), request.word("tl")) {
        ("gcm", "4") => gcm::<4>(request, encrypting),
        ("gcm", "8") => gcm::<8>(request, encrypting),
        ("gcm", "12") => gcm::<12>(request, encrypting),
        ("gcm", "13") => gcm::<13>(request, encrypting),
        ("gcm", "14") => gcm::<14>(request, encrypting),
        ("gcm", "15") => gcm::<15>(request, encrypting),
        ("gcm", "16") => gcm::<16>(request, encrypting),
        ("ccm", "4") => ccm::<4>(request, encrypting),
        ("ccm", "6") => ccm::<6>(request, encrypting),
        ("ccm", "8") => ccm::<8>(request, encrypting),
        ("ccm", "10") => ccm::<10>(request, encrypting),
        ("ccm", "12") => ccm::<12>(request, encrypting),
        ("ccm", "14") => ccm::<14>(request, encrypting),
        ("ccm", "16") => ccm::<16>(request, encrypting),
        _ => None,
    }
}

fn gcm<const TAG: usize>(request: &Request, encrypting: bool) -> Answer {
    let gcm = Gcm::<TAG>::new(&request.array("k")?);
    let (nonce, aad, mut text) = (request.bytes("iv")?, request.bytes("aad")?, request.bytes("m")?);
    if encrypting {
        let tag = gcm.encrypt(&nonce, &aad, &mut text).ok()?;
        return Some(Reply::Fields(vec![("c", text), ("tag", tag.to_vec())]));
    }
    gcm.decrypt(&nonce, &aad, &mut text, &request.array("tag")?).ok()?;
    one("m", text)
}

fn ccm<const TAG: usize>(request: &Request, encrypting: bool) -> Answer {
    let ccm = Ccm::<TAG>::new(&request.array("k")?);
    let (nonce, aad, mut text) = (request.bytes("iv")?, request.bytes("aad")?, request.bytes("m")?);
    if encrypting {
        let tag = ccm.encrypt(&nonce, &aad, &mut text).ok()?;
        return Some(Reply::Fields(vec![("c", text), ("tag", tag.to_vec())]));
    }
    ccm.decrypt(&nonce, &aad, &mut text, &request.array("tag")?).ok()?;
    one("m", text)
}

fn key(request: &Request) -> Answer {
    match request.op.as_str() {
        "pub" => one("q", request.private()?.public_key().to_bytes().to_vec()),
        _ => {
            request.public("q")?;
            Some(Reply::Fields(vec![]))
        }
    }
}

fn signature(request: &Request) -> Answer {
    let verified = |key: &PublicKey, signature: Signature| {
        key.verify(&request.bytes("id")?, &request.bytes("m")?, &signature)
            .ok()
            .map(|()| Reply::Fields(vec![]))
    };
    match request.op.as_str() {
        "sign" => {
            let key = request.private()?;
            if !request.word("q").is_empty() && request.public("q")? != *key.public_key() {
                return None;
            }
            let mut digest = MessageDigest::new(key.public_key(), &request.bytes("id")?).ok()?;
            digest.update(&request.bytes("m")?);
            let (der, len) = key.sign_digest(&digest.finalize(), &mut system()?).to_der();
            one("sig", der[..len].to_vec())
        }
        "verify" => verified(&request.public("q")?, Signature::from_der(&request.bytes("sig")?).ok()?),
        "vraw" => verified(&request.public("q")?, Signature::from_bytes(&request.array("rs")?).ok()?),
        "ve" => {
            let mut raw = [0; 64];
            raw[..32].copy_from_slice(&request.array::<32>("r")?);
            raw[32..].copy_from_slice(&request.array::<32>("s")?);
            let signature = Signature::from_bytes(&raw).ok()?;
            request.public("q")?.verify_digest(&request.array("e")?, &signature).ok()?;
            Some(Reply::Fields(vec![]))
        }
        _ => {
            let (key, e) = (request.private()?, request.array("e")?);
            let signature =
                nonces(request)?.iter().find_map(|k| key.hazmat_sign_with_nonce(&e, k))?.to_bytes();
            Some(Reply::Fields(vec![("r", signature[..32].to_vec()), ("s", signature[32..].to_vec())]))
        }
    }
}

fn encryption(request: &Request) -> Answer {
    match request.op.as_str() {
        "enc" => {
            let (key, encoding) = (request.public("q")?, request.encoding()?);
            one("c", key.encrypt(&request.bytes("m")?, encoding, &mut system()?).ok()?)
        }
        "dec" => {
            let text = request.private()?.decrypt(&request.bytes("c")?, request.encoding()?).ok()?;
            one("m", text.expose().to_vec())
        }
        _ => {
            let (key, message) = (request.public("q")?, request.bytes("m")?);
            let encrypt = |k| key.hazmat_encrypt_with_nonce(&message, Encoding::C1C3C2, k);
            one("c", nonces(request)?.iter().find_map(encrypt)?)
        }
    }
}

fn exchange(request: &Request) -> Answer {
    let (role, own_id, peer_id) = match request.word("role") {
        "A" => (Role::Initiator, request.bytes("ida")?, request.bytes("idb")?),
        "B" => (Role::Responder, request.bytes("idb")?, request.bytes("ida")?),
        _ => return None,
    };
    let (own, ephemeral) = (request.private()?, PrivateKey::from_bytes(&request.array("r")?).ok()?);
    let (peer, peer_ephemeral) = (request.public("qp")?, request.public("rp")?);
    let exchange =
        Exchange::new(role, (&own, &own_id), &ephemeral, (&peer, &peer_id), &peer_ephemeral).ok()?;
    let mut key = vec![0; request.number("n")?];
    exchange.key(&mut key).ok()?;
    let (sb, sa) = exchange.confirmations();
    Some(Reply::Fields(vec![("k", key), ("s1", sb.to_vec()), ("s2", sa.to_vec())]))
}

fn nonces(request: &Request) -> Option<Vec<[u8; 32]>> {
    request.word("ks").split(',').map(|k| unhex(k)?.try_into().ok()).collect()
}

/// A generator seeded by the system.
fn system() -> Option<impl CryptoRng> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).ok()?;
    Some(miyao::algo::drbg::Drbg::new(&seed, b"", b"adapter"))
}

fn filled(name: &'static str, len: usize, fill: impl FnOnce(&mut [u8]) -> Option<()>) -> Answer {
    let mut out = vec![0; len];
    fill(&mut out)?;
    one(name, out)
}

fn text_reply(encrypting: bool, text: Vec<u8>) -> Answer {
    one(if encrypting { "c" } else { "m" }, text)
}

fn one(name: &'static str, bytes: Vec<u8>) -> Answer {
    Some(Reply::Fields(vec![(name, bytes)]))
}

fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then_some(())?;
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
