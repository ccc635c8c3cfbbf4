//! Paths of certificates (证书链) from an end to an anchor of trust: RFC 5280 §6 for SM2 with SM3, under one user id.
//!
//! Knows no clock, no host and no network. What an authority's certificate demands and is not understood here, such as
//! name constraints, refuses the path; no rule is passed over.

mod check;

use alloc::vec::Vec;

pub use self::check::Purpose;
use super::{certificate::Certificate, crl::Crl, moment::Moment};
use crate::{
    algo::sm2::DEFAULT_USER_ID,
    error::{Error, Kind, Result},
};

/// Whom one trusts, and with what help paths to them are found.
///
/// ```
/// use miyao::pki::{Moment, chain::{Purpose, Trust}};
/// # use miyao::{algo::sm2::{DEFAULT_USER_ID, PrivateKey}, pki::{Name, certificate::{Authority, Template, Validity}}};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// # let validity = Validity::days(Moment::parse("2026-01-01")?, 365);
/// # let (root_key, key) = (PrivateKey::random(&mut rng), PrivateKey::random(&mut rng));
/// # let root = Template::authority(Name::parse("CN=root")?, validity, None).self_sign(&root_key, DEFAULT_USER_ID, &mut rng)?;
/// # let leaf = Template::signing(Name::parse("CN=leaf")?, validity)
/// #     .issue(key.public_key(), &Authority::new(&root, &root_key)?, &mut rng)?;
/// let anchors = [root];
/// let path = Trust::new(&anchors).verify(&leaf, Purpose::Signing, Moment::parse("2026-06-01")?)?;
/// assert_eq!(path, [&leaf, &anchors[0]]);
/// assert!(Trust::new(&anchors).verify(&leaf, Purpose::Encryption, Moment::parse("2026-06-01")?).is_err());
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    anchors: &'a [Certificate],
    intermediates: &'a [Certificate],
    crls: Option<&'a [Crl]>,
    user_id: &'a [u8],
}

impl<'a> Trust<'a> {
    /// The most certificates of a path, its end and its anchor included.
    pub const LONGEST: usize = 10;
    /// The most signatures that are verified before a search is given up: cross certificates can make it endless.
    pub const MOST_SIGNATURES: usize = 64;

    /// Trusts these certificates, whoever signed them; each holds in its time and for what it says it may do.
    #[must_use]
    pub const fn new(anchors: &'a [Certificate]) -> Self {
        Self { anchors, intermediates: &[], crls: None, user_id: DEFAULT_USER_ID }
    }

    /// Certificates that may stand between, in any order; nobody has to trust them.
    #[must_use]
    pub const fn intermediates(self, intermediates: &'a [Certificate]) -> Self {
        Self { intermediates, ..self }
    }

    /// Demands of every certificate below the anchor that a current list of its issuer does not revoke it.
    #[must_use]
    pub const fn crls(self, crls: &'a [Crl]) -> Self {
        Self { crls: Some(crls), ..self }
    }

    /// The user id that all issuers signed under, where it is not the default.
    #[must_use]
    pub const fn user_id(self, user_id: &'a [u8]) -> Self {
        Self { user_id, ..self }
    }

    /// Finds a path from `end` to an anchor that holds at `now` and gives it in this order.
    ///
    /// # Errors
    /// Each names the certificate, the extension or the algorithm it is about:
    /// [`Forbidden`](Kind::Forbidden) for one that has expired, is not valid yet, is revoked, or that may not do what it
    /// does here: no authority, key usage, path length, purpose;
    /// [`Rejected`](Kind::Rejected) where a signature does not verify under the issuer's key and the user id;
    /// [`Missing`](Kind::Missing) where no issuer, or no revocation list of an issuer, is at hand;
    /// [`Stale`](Kind::Stale) for a revocation list out of its time;
    /// [`Unsupported`](Kind::Unsupported) for a critical extension that is not understood, and for keys and signatures
    /// of other algorithms; [`Malformed`](Kind::Malformed) where a certificate contradicts itself;
    /// [`TooLarge`](Kind::TooLarge) beyond [`LONGEST`](Self::LONGEST) and [`MOST_SIGNATURES`](Self::MOST_SIGNATURES).
    pub fn verify<'c>(
        &self,
        end: &'c Certificate,
        purpose: Purpose,
        now: Moment,
    ) -> Result<Vec<&'c Certificate>>
    where
        'a: 'c,
    {
        check::end(end, purpose, now)?;
        let mut path = Vec::from([end]);
        if !self.anchors.contains(end) {
            Search { trust: self, purpose, now, signatures: 0 }.extend(&mut path)?;
        }
        Ok(path)
    }
}

struct Search<'t, 'a> {
    trust: &'t Trust<'a>,
    purpose: Purpose,
    now: Moment,
    signatures: usize,
}

impl<'a> Search<'_, 'a> {
    /// Goes on from the last certificate of the path to an anchor, or says why there is no way.
    fn extend<'c>(&mut self, path: &mut Vec<&'c Certificate>) -> Result<()>
    where
        'a: 'c,
    {
        let Some(&last) = path.last() else { return Err(missing()) };
        if path.len() == Trust::LONGEST {
            return Err(Error::new(
                Kind::TooLarge,
                "the path has more than 10 certificates; trust one further down",
            )
            .about(last.subject()));
        }
        let anchors = self.trust.anchors.iter().map(|anchor| (true, anchor));
        let others = self.trust.intermediates.iter().map(|other| (false, other));
        let mut failure: Option<(bool, Error)> = None;
        for (is_anchor, issuer) in anchors.chain(others) {
            if issuer.subject() != last.issuer() || path.contains(&issuer) {
                continue;
            }
            let signed = self.signature(last, issuer);
            let is_signer = signed.is_ok();
            let result = signed.and_then(|()| self.step(path, issuer, is_anchor));
            match result {
                Ok(()) => return Ok(()),
                // What is wrong with who did sign says more than that others did not.
                Err(error) if failure.as_ref().is_none_or(|(did_sign, _)| is_signer && !did_sign) => {
                    failure = Some((is_signer, error));
                }
                Err(_) => {}
            }
        }
        Err(failure.map_or_else(|| missing().about(last.issuer()), |(_, error)| error))
    }

    /// Takes `issuer`, who signed the last, into the path, and goes on; at an anchor asks for what is revoked.
    fn step<'c>(
        &mut self,
        path: &mut Vec<&'c Certificate>,
        issuer: &'c Certificate,
        is_anchor: bool,
    ) -> Result<()>
    where
        'a: 'c,
    {
        // Authorities between, of which one that issued to itself does not count (RFC 5280 §6.1.4 l).
        let between = path.iter().skip(1).filter(|authority| !authority.is_self_issued()).count();
        check::authority(issuer, self.purpose, self.now, between)?;
        path.push(issuer);
        let result = if is_anchor { self.revocations(path) } else { self.extend(path) };
        result.inspect_err(|_| {
            path.pop();
        })
    }

    fn signature(&mut self, last: &Certificate, issuer: &Certificate) -> Result<()> {
        if self.signatures == Trust::MOST_SIGNATURES {
            return Err(Error::new(
                Kind::TooLarge,
                "no path was found among 64 signatures; give fewer intermediates",
            )
            .about(last.subject()));
        }
        self.signatures += 1;
        last.verify_signature(issuer.public_key()?, self.trust.user_id).map_err(|error| match error.kind() {
            Kind::Rejected => error.about(last.subject()),
            _ => error,
        })
    }

    /// Asks of every certificate of a finished path whether it is revoked, from the anchor down. Only there: lists can be
    /// long, and whoever is not trusted must not get them hashed.
    fn revocations(&self, path: &[&Certificate]) -> Result<()> {
        let pairs = path.iter().zip(path.iter().skip(1));
        pairs.rev().try_for_each(|(certificate, issuer)| self.revocation(certificate, issuer))
    }

    /// Whether a current list of the issuer is there, and does not list the certificate. Lists of others are passed over.
    fn revocation(&self, certificate: &Certificate, issuer: &Certificate) -> Result<()> {
        let Some(crls) = self.trust.crls else { return Ok(()) };
        let mut found =
            Err(Error::new(Kind::Missing, "no revocation list of this issuer is at hand; get one")
                .about(issuer.subject()));
        for crl in crls.iter().filter(|crl| crl.issuer() == issuer.subject()) {
            match crl.verify(issuer, self.trust.user_id, self.now) {
                Ok(current) if current.find(certificate.serial()).is_some() => {
                    return Err(Error::new(
                        Kind::Forbidden,
                        "the certificate is revoked; ask its holder for a new one",
                    )
                    .about(certificate.subject()));
                }
                Ok(_) => found = Ok(()),
                Err(error) if found.is_err() => found = Err(error),
                Err(_) => {}
            }
        }
        found
    }
}

fn missing() -> Error {
    Error::new(
        Kind::Missing,
        "no certificate of this issuer is at hand, trusted or between; give the intermediates, or trust the issuer",
    )
}
