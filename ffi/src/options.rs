//! `miyao_options`: how a message is to be made.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{mem::MaybeUninit, num::NonZeroUsize};

use miyao::{
    Error, Kind, Result, SecretBytes,
    algo::sm2::PrivateKey,
    envelope::{Context, Options, Suite, Wrap, recipient::Passphrase},
};

use crate::{
    context::miyao_context,
    desk::{give, guard_secret_telling, guard_telling, guard_value, input, object},
    error::miyao_error,
    key_options::known,
    key_ref::miyao_key_ref,
    kms::miyao_kms,
    sm2::{miyao_sm2_private_key, miyao_sm2_public_key},
    status::miyao_status,
};

/// SM4-GCM with tags of 16 bytes: what messages are made in where nothing else is said.
pub const MIYAO_SUITE_GCM: u32 = 1;
/// SM4-CTR, then HMAC-SM3, with tags of 32 bytes: the conservative one.
pub const MIYAO_SUITE_CTR_HMAC: u32 = 2;

/// How messages are made: for whom (1 to 16 recipients), bound to what, signed by whom. A const one may be used by many threads at once, and as
/// often as wanted. It keeps what it needs of the objects that it was given, which can be freed before it.
pub struct miyao_options {
    recipients: Vec<Arc<dyn Wrap + Send + Sync>>,
    context: Context,
    suite: Suite,
    frame_log2: u8,
    signer: Option<Arc<PrivateKey>>,
    spare: usize,
    threads: NonZeroUsize,
}

impl miyao_options {
    /// The recipient, where there is one and no more.
    pub(crate) fn only_recipient(&self) -> Result<&Arc<dyn Wrap + Send + Sync>> {
        match self.recipients.as_slice() {
            [only] => Ok(only),
            _ => Err(Error::new(
                Kind::Invalid,
                "a message is rewrapped for one recipient; give options with one",
            )),
        }
    }

    pub(crate) fn options(&self) -> Result<Options<'static>> {
        let mut recipients = self.recipients.iter().map(Arc::clone);
        let first = recipients
            .next()
            .ok_or(Error::new(Kind::Invalid, "the message is for nobody; add a recipient to the options"))?;
        let mut options = Options::to_shared(first)
            .context(self.context.clone())
            .suite(self.suite)
            .frame_log2(self.frame_log2)?
            .spare(self.spare)
            .threads(self.threads);
        for recipient in recipients {
            options = options.and_to_shared(recipient);
        }
        Ok(match &self.signer {
            Some(signer) => options.signed_by_shared(Arc::clone(signer)),
            None => options,
        })
    }
}

/// A private key again, for an object that keeps it.
pub(crate) fn copied(key: &miyao_sm2_private_key) -> Result<Arc<PrivateKey>> {
    Ok(Arc::new(PrivateKey::from_bytes(key.0.expose().expose())?))
}

/// How many threads a number that came in means: 0 is 1.
pub(crate) fn threads(threads: usize) -> NonZeroUsize {
    NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
}

/// For nobody yet: suite GCM, frames of 64 KiB, no context, unsigned, one thread. To be freed with `miyao_options_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_new(out: Option<&mut MaybeUninit<*mut miyao_options>>) -> miyao_status {
    guard_telling(None, || {
        let options = miyao_options {
            recipients: Vec::new(),
            context: Context::new(),
            suite: Suite::Gcm,
            frame_log2: 16,
            signer: None,
            spare: 64,
            threads: NonZeroUsize::MIN,
        };
        give(options, object!(out));
        Ok(())
    })
}

/// Adds a key of a store, an `sm4` or `sm2-encrypt` key, as a recipient: messages are wrapped under its primary at that time.
///
/// MIYAO_STATUS_MISSING without the key; MIYAO_STATUS_FORBIDDEN for a key of another purpose.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_add_key(
    options: Option<&mut miyao_options>,
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (options, kms, key) = (object!(options), object!(kms), object!(key).key()?);
        let recipient = kms.with(|kms| kms.recipient(key))?;
        options.recipients.push(Arc::new(recipient));
        Ok(())
    })
}

/// Adds the holder of an SM2 private key, by its public half, as a recipient.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_add_sm2(
    options: Option<&mut miyao_options>,
    key: Option<&miyao_sm2_public_key>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (options, key) = (object!(options), object!(key));
        options.recipients.push(Arc::new(key.0.clone()));
        Ok(())
    })
}

/// Adds whoever knows a passphrase as a recipient, at a cost of so many iterations of PBKDF2-HMAC-SM3, 0 for MIYAO_ITERATIONS_MIN.
///
/// MIYAO_STATUS_INVALID for other iterations; and an empty passphrase is MIYAO_STATUS_INVALID for whatever encrypts for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_options_add_passphrase(
    options: Option<&mut miyao_options>,
    passphrase: *const u8,
    passphrase_len: usize,
    iterations: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let options = object!(options);
        let recipient = Passphrase::new(SecretBytes::take(input!(passphrase, passphrase_len).to_vec()));
        let recipient = if iterations == 0 { recipient } else { recipient.iterations(iterations)? };
        options.recipients.push(Arc::new(recipient));
        Ok(())
    })
}

/// Signs messages by a key, of which a copy is kept; docs/format.md says what that proves and what not. NULL for no signature.
///
/// May be NULL: `signer`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_set_signer(
    options: Option<&mut miyao_options>,
    signer: Option<&miyao_sm2_private_key>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let options = object!(options);
        options.signer = signer.map(copied).transpose()?;
        Ok(())
    })
}

/// Binds messages to a context, of which a copy is kept; NULL for none.
///
/// May be NULL: `context`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_set_context(
    options: Option<&mut miyao_options>,
    context: Option<&miyao_context>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).context = miyao_context::copied(context);
        Ok(())
    })
}

/// Chooses the suite, MIYAO_SUITE_….
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_set_suite(
    options: Option<&mut miyao_options>,
    suite: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let all = [(MIYAO_SUITE_GCM, Suite::Gcm), (MIYAO_SUITE_CTR_HMAC, Suite::CtrHmac)];
        object!(options).suite = known(suite, &all)?;
        Ok(())
    })
}

/// Chooses frames of 2^log2 bytes, log2 from 12 to 24.
///
/// MIYAO_STATUS_INVALID for another.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_set_frame_log2(
    options: Option<&mut miyao_options>,
    log2: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let options = object!(options);
        let chosen = u8::try_from(log2).ok().filter(|log2| (12..=24).contains(log2));
        options.frame_log2 = chosen
            .ok_or(Error::new(Kind::Invalid, "frames are 2^12 to 2^24 bytes; give a number from 12 to 24"))?;
        Ok(())
    })
}

/// Leaves room for more recipients: so many bytes of a slot beyond what is needed now; 64 without this.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_set_spare(
    options: Option<&mut miyao_options>,
    bytes: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).spare = bytes;
        Ok(())
    })
}

/// Works on several frames at once in streaming, the caller's thread among those; memory stays bounded by some MiB a thread.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_set_threads(
    options: Option<&mut miyao_options>,
    threads: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).threads = self::threads(threads);
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_options_free(options: Option<Box<miyao_options>>) {
    guard_value((), || drop(options));
}
