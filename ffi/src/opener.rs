//! `miyao_opener`: who opens a message, and what is demanded of it.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{mem::MaybeUninit, num::NonZeroUsize};

use miyao::{
    Error, Kind, Result, SecretBytes,
    algo::sm2::PublicKey,
    envelope::{Context, Opener, Unwrap, recipient::Passphrase},
};

use crate::{
    context::miyao_context,
    desk::{give, guard_secret_telling, guard_telling, guard_value, input, object},
    error::miyao_error,
    kms::miyao_kms,
    options,
    sm2::{miyao_sm2_private_key, miyao_sm2_public_key},
    status::miyao_status,
};

/// Who opens messages, by which keys, and what is demanded of them. A const one may be used by many threads at once, and as often as wanted. It
/// keeps what it needs of the objects that it was given, which can be freed before it.
pub struct miyao_opener(pub(crate) Arc<Demands>);

/// What an opener holds, which goes on with the streams that were opened by it.
#[derive(Clone)]
pub(crate) struct Demands {
    identities: Vec<Arc<dyn Unwrap + Send + Sync>>,
    context: Context,
    every_pair: bool,
    signer: Option<PublicKey>,
    threads: NonZeroUsize,
}

impl Demands {
    /// At least one.
    pub(crate) fn identities(&self) -> Result<&[Arc<dyn Unwrap + Send + Sync>]> {
        if self.identities.is_empty() {
            return Err(Error::new(Kind::Invalid, "nobody opens the message; add an identity to the opener"));
        }
        Ok(&self.identities)
    }

    pub(crate) fn opener(&self) -> Result<Opener<'_>> {
        let identities = self.identities()?;
        let mut opener = Opener::with(&*identities[0]).context(self.context.clone()).threads(self.threads);
        for identity in &identities[1..] {
            opener = opener.or_with(&**identity);
        }
        if self.every_pair {
            opener = opener.every_pair();
        }
        Ok(match &self.signer {
            Some(signer) => opener.signed_by(signer),
            None => opener,
        })
    }
}

/// By nobody yet: no context pair demanded, no signature, one thread. To be freed with `miyao_opener_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_new(out: Option<&mut MaybeUninit<*mut miyao_opener>>) -> miyao_status {
    guard_telling(None, || {
        let demands = Demands {
            identities: Vec::new(),
            context: Context::new(),
            every_pair: false,
            signer: None,
            threads: NonZeroUsize::MIN,
        };
        give(miyao_opener(Arc::new(demands)), object!(out));
        Ok(())
    })
}

/// Adds every key of a store as an identity, found by the id that stands in a message.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_add_kms(
    opener: Option<&mut miyao_opener>,
    kms: Option<&miyao_kms>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (opener, kms) = (object!(opener), object!(kms));
        let identity = kms.with(|kms| Ok(kms.identity()))?;
        Arc::make_mut(&mut opener.0).identities.push(Arc::new(identity));
        Ok(())
    })
}

/// The same, compromised versions too: what they open is of unproven origin.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_add_recovering_kms(
    opener: Option<&mut miyao_opener>,
    kms: Option<&miyao_kms>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (opener, kms) = (object!(opener), object!(kms));
        let identity = kms.with(|kms| Ok(kms.recovering_identity()))?;
        Arc::make_mut(&mut opener.0).identities.push(Arc::new(identity));
        Ok(())
    })
}

/// Adds an SM2 private key, of which a copy is kept, as an identity.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_add_sm2(
    opener: Option<&mut miyao_opener>,
    key: Option<&miyao_sm2_private_key>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (opener, key) = (object!(opener), object!(key));
        Arc::make_mut(&mut opener.0).identities.push(options::copied(key)?);
        Ok(())
    })
}

/// Adds a passphrase as an identity. With an empty one, what was encrypted for a passphrase is MIYAO_STATUS_INVALID to open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_opener_add_passphrase(
    opener: Option<&mut miyao_opener>,
    passphrase: *const u8,
    passphrase_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let opener = object!(opener);
        let identity = Passphrase::new(SecretBytes::take(input!(passphrase, passphrase_len).to_vec()));
        Arc::make_mut(&mut opener.0).identities.push(Arc::new(identity));
        Ok(())
    })
}

/// The pairs that the caller knows, of which a copy is kept: each must be in the message and equal, and hidden ones must be given here.
///
/// May be NULL: `context`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_set_context(
    opener: Option<&mut miyao_opener>,
    context: Option<&miyao_context>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        Arc::make_mut(&mut object!(opener).0).context = miyao_context::copied(context);
        Ok(())
    })
}

/// Demands a signature by this key, of which a copy is kept; NULL for none.
///
/// May be NULL: `signer`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_set_signer(
    opener: Option<&mut miyao_opener>,
    signer: Option<&miyao_sm2_public_key>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        Arc::make_mut(&mut object!(opener).0).signer = signer.map(|signer| signer.0.clone());
        Ok(())
    })
}

/// Whether the caller's context must name every pair of the message, stored ones too; without this it need not.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_set_every_pair(
    opener: Option<&mut miyao_opener>,
    every_pair: bool,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        Arc::make_mut(&mut object!(opener).0).every_pair = every_pair;
        Ok(())
    })
}

/// Works on several frames at once in streaming, the caller's thread among those.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_set_threads(
    opener: Option<&mut miyao_opener>,
    threads: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        Arc::make_mut(&mut object!(opener).0).threads = options::threads(threads);
        Ok(())
    })
}

/// Wipes and frees it, but for what streams that were opened by it still hold. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_opener_free(opener: Option<Box<miyao_opener>>) {
    guard_value((), || drop(opener));
}
