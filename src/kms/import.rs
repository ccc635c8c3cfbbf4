//! Material that owners bring, raw or wrapped under a one-time SM2 key, and material handed out, wrapped only.
//!
//! A permit is bound to key, version and expiry, and used once. Its token:
//! `permit id 16 ‖ key id 16 ‖ version u32 ‖ expiry u64 ‖ MAC 32`.

use alloc::vec::Vec;

use rand_core::Rng as _;
use subtle::ConstantTimeEq;

use super::{
    Kms,
    manage::make,
    reference::{KeyRef, VersionRef},
    rng,
    rotate::succeed,
    tx::Tx,
};
use crate::{
    algo::sm2::{Encoding, PrivateKey, PublicKey},
    error::{Error, Kind, Rejected, Result},
    field::{Reader, Writer, malformed},
    key::{Key, KeyId, Number, Protection, Span, Time},
    policy::Action,
    secret::Secret,
    store::{Name, Table},
};

/// What the owner of material needs to bring it.
#[derive(Clone, Debug)]
pub struct ImportParameters {
    /// The one-time public key: encrypt the 32 bytes to it, in DER.
    pub public: PublicKey,
    /// The token that permits one import.
    pub token: Vec<u8>,
    /// When it expires.
    pub expires: Time,
}

/// The row of a permit: 1 key id, 2 version, 3 expiry, 4 the wrapped one-time private key.
pub(super) struct Permit {
    pub(super) key: KeyId,
    version: Number,
    pub(super) expires: Time,
    private: [u8; 80],
}

/// The longest a permit may be valid.
const MAX_VALID: Span = Span::days(30);
const TOKEN: usize = 76;

impl Kms {
    /// A one-time public key and a token for the next version of an imported key, valid so long, at most 30 days.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) for a key whose material is made here, or by state; [`Invalid`](Kind::Invalid) for
    /// another span.
    pub fn import_parameters(&self, key: &KeyRef, valid: Span) -> Result<ImportParameters> {
        if valid == Span(0) || valid > MAX_VALID {
            return Err(Error::new(Kind::Invalid, "an import permit is valid for at most 30 days"));
        }
        self.manage(Action::ImportParameters, Some(key), |tx| {
            let key = tx.key(key)?;
            check_takes(&key)?;
            let (version, expires) = (key.next_number()?, tx.now.plus(valid));
            let mut rng = rng()?;
            let (private, mut id) = (PrivateKey::random(&mut rng), [0; 16]);
            rng.fill_bytes(&mut id);
            let wrapped = tx.master.wrap_permit(&id, &private.expose(), &mut rng)?;
            let permit = Permit { key: key.id, version, expires, private: wrapped };
            tx.put(row(&id), permit.encode());
            tx.note(Action::ImportParameters, Some(key.id), Some(version), alloc::format!("until {expires}"));
            let token = permit.token(&id, tx);
            Ok(ImportParameters { public: private.public_key().clone(), token, expires })
        })
    }

    /// Brings the next version's 32 bytes as they are; gives its number.
    ///
    /// # Errors
    /// As [`import_parameters`](Self::import_parameters).
    pub fn import_raw(&self, key: &KeyRef, material: Secret<32>) -> Result<Number> {
        self.manage(Action::Import, Some(key), |tx| {
            let key = tx.key(key)?;
            import(tx, key, &material, "raw")
        })
    }

    /// Brings the next version's 32 bytes encrypted to a permit's public key (SM2, DER); gives its number. The permit is
    /// used up.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) for another token, key or altered bytes; [`Missing`](Kind::Missing) for a permit that
    /// was used or expired; [`Conflict`](Kind::Conflict) when the key got another version meanwhile.
    pub fn import_wrapped(&self, key: &KeyRef, token: &[u8], ciphertext: &[u8]) -> Result<Number> {
        self.manage(Action::Import, Some(key), |tx| {
            let key = tx.key(key)?;
            let id = check_token(tx, token)?;
            let used =
                || Error::new(Kind::Missing, "the import permit was used or has expired; ask for a new one");
            let permit = Permit::decode(tx.read(&row(&id))?.ok_or_else(used)?)?;
            if permit.key != key.id || permit.token(&id, tx) != token {
                return Err(Rejected.into());
            }
            if permit.expires <= tx.now {
                return Err(used());
            }
            if key.next_number()? != permit.version {
                return Err(Error::new(
                    Kind::Conflict,
                    "the key got another version since; ask for a new permit",
                )
                .about(&key.name));
            }
            let secret = tx.master.unwrap_permit(&id, &permit.private)?;
            let private = PrivateKey::from_bytes(secret.expose())?;
            let text = private.decrypt(ciphertext, Encoding::Der)?;
            let bytes: &[u8; 32] = text.expose().try_into().map_err(|_| {
                Error::new(Kind::Invalid, "the material of an sm4 key has 32 bytes; this has another length")
            })?;
            let material = Secret::build(|out| out.copy_from_slice(bytes));
            tx.delete(row(&id));
            import(tx, key, &material, "wrapped")
        })
    }

    /// Hands out a version's 32 bytes encrypted to an SM2 public key (DER), never in the clear: of the primary, where no
    /// version is named.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) by state; [`Missing`](Kind::Missing) without the key or version.
    pub fn export(&self, key: &KeyRef, version: Option<Number>, to: &PublicKey) -> Result<Vec<u8>> {
        let named = VersionRef { key: key.clone(), version };
        let (id, number) = self.opens(&named)?;
        self.manage(Action::Export, Some(key), |tx| {
            let key = tx.key(&KeyRef::Id(id))?;
            let version = tx.version(&key, number)?;
            let permit = key.exporting(&version)?;
            let (version, key) = (permit.version(), permit.key());
            let gone = || Error::new(Kind::Forbidden, "the version's secret is gone; it was destroyed");
            let material = version.material.as_ref().ok_or_else(gone)?;
            let secret = tx.master.unwrap_version((&key.id, number, key.spec), material)?;
            let wrapped = to.encrypt(secret.expose(), Encoding::Der, &mut rng()?)?;
            let identifier = to.key_identifier();
            let [a, b, c, d, ..] = identifier;
            tx.note(
                Action::Export,
                Some(key.id),
                Some(number),
                alloc::format!("to {a:02x}{b:02x}{c:02x}{d:02x}…"),
            );
            Ok(wrapped)
        })
    }

    /// The key and version that a reference means.
    fn opens(&self, named: &VersionRef) -> Result<(KeyId, Number)> {
        let warm = self.shared.warm(&named.key)?;
        let number = match named.version {
            Some(number) => number,
            None => warm.held.primary()?.record.number,
        };
        Ok((warm.held.key.id, number))
    }
}

fn import(tx: &mut Tx<'_>, mut key: Key, material: &Secret<32>, how: &str) -> Result<Number> {
    check_takes(&key)?;
    let next = make(tx, &key, key.next_number()?, Some(material))?;
    let number = next.number;
    succeed(tx, &mut key, next)?;
    tx.put_key(&key)?;
    tx.note(Action::Import, Some(key.id), Some(number), how);
    Ok(number)
}

/// Whether material can be brought for the key's next version.
fn check_takes(key: &Key) -> Result<()> {
    if key.protection == Protection::Hardware {
        return Err(Error::new(
            Kind::Forbidden,
            "the key lives inside a device, into which no material gets; rotate it, and the device makes the next version",
        )
        .about(&key.name));
    }
    key.check_can_rotate(true)
}

/// The permit's id, when the token's MAC is ours.
fn check_token(tx: &Tx<'_>, token: &[u8]) -> Result<[u8; 16]> {
    let (body, mac) = token.split_last_chunk::<32>().ok_or(Rejected)?;
    let genuine = token.len() == TOKEN && bool::from(tx.master.permit_mac(body).ct_eq(mac));
    match body.first_chunk() {
        Some(id) if genuine => Ok(*id),
        _ => Err(Rejected.into()),
    }
}

fn row(id: &[u8; 16]) -> Name {
    Name::new(Table::Import, *id)
}

impl Permit {
    fn token(&self, id: &[u8; 16], tx: &Tx<'_>) -> Vec<u8> {
        let version = self.version.get().to_be_bytes();
        let mut token = [&id[..], self.key.as_bytes(), &version, &self.expires.0.to_be_bytes()].concat();
        let mac = tx.master.permit_mac(&token);
        token.extend_from_slice(&mac);
        token
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(1, self.key.as_bytes());
        out.number(2, self.version.get().into());
        out.number(3, self.expires.0);
        out.bytes(4, &self.private);
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let permit = Self {
            key: KeyId::from_bytes(from.array(1)?),
            version: u32::try_from(from.number(2)?).ok().and_then(Number::new).ok_or_else(malformed)?,
            expires: Time(from.number(3)?),
            private: from.array(4)?,
        };
        from.finish()?;
        Ok(permit)
    }
}
