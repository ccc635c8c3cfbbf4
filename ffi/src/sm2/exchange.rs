//! `miyao_sm2_exchange`: a key that two sides agree on (GB/T 32918.3).

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result,
    algo::sm2::{Exchange, Role},
};

use super::{MIYAO_SM2_DIGEST_LEN, private_key::miyao_sm2_private_key, public_key::miyao_sm2_public_key};
use crate::{
    desk::{fixed, give, guard_secret, guard_value, input, object, output},
    status::miyao_status,
};

/// What both sides share after an exchange (密钥交换).
pub struct miyao_sm2_exchange(Exchange);

/// The user A, who starts.
pub const MIYAO_SM2_ROLE_INITIATOR: u32 = 1;

/// The user B, who answers.
pub const MIYAO_SM2_ROLE_RESPONDER: u32 = 2;

fn role(number: u32) -> Result<Role> {
    match number {
        MIYAO_SM2_ROLE_INITIATOR => Ok(Role::Initiator),
        MIYAO_SM2_ROLE_RESPONDER => Ok(Role::Responder),
        _ => {
            Err(Error::new(Kind::Unsupported, "no role has this number; take a MIYAO_SM2_ROLE_")
                .about("role"))
        }
    }
}

/// Steps A4 to A7, or B3 to B6, of GB/T 32918.3 §6.1, in one's own role: from one's own key and user id, a fresh key that is used once
/// (`miyao_sm2_private_key_random`; its public half goes to the peer), the peer's key and user id, and the peer's public half of such a
/// one. To be freed with `miyao_sm2_exchange_free`; nothing of what was given is kept.
///
/// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_REJECTED: the shared point is the identity.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_exchange_new(
    role: u32,
    own: Option<&miyao_sm2_private_key>,
    own_id: *const u8,
    own_id_len: usize,
    ephemeral: Option<&miyao_sm2_private_key>,
    peer: Option<&miyao_sm2_public_key>,
    peer_id: *const u8,
    peer_id_len: usize,
    peer_ephemeral: Option<&miyao_sm2_public_key>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_exchange>>,
) -> miyao_status {
    guard_secret(|| {
        let role = self::role(role)?;
        let (own, ephemeral) = (object!(own), object!(ephemeral));
        let (peer, peer_ephemeral) = (object!(peer), object!(peer_ephemeral));
        let own = (&own.0, input!(own_id, own_id_len));
        let peer = (&peer.0, input!(peer_id, peer_id_len));
        let out = object!(out);
        let exchange = Exchange::new(role, own, &ephemeral.0, peer, &peer_ephemeral.0)?;
        give(miyao_sm2_exchange(exchange), out);
        Ok(())
    })
}

/// `KDF(x ‖ y ‖ ZA ‖ ZB)`: fills `out` with `out_cap` bytes of the agreed key.
///
/// MIYAO_STATUS_INVALID: no bytes, or more than the KDF gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_exchange_key(
    exchange: Option<&miyao_sm2_exchange>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let exchange = object!(exchange);
        let out = output!(out, out_cap, out_cap);
        // What was begun is wiped, should it fail.
        exchange.0.key(out).inspect_err(|_| out.fill(0))
    })
}

/// The confirmation that the user of this role sends, 32 bytes to `out`: SB = S1 is the responder's, SA = S2 the initiator's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_exchange_confirmation(
    exchange: Option<&miyao_sm2_exchange>,
    role: u32,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let (exchange, role) = (object!(exchange), self::role(role)?);
        let out = output!(out, out_cap, MIYAO_SM2_DIGEST_LEN);
        let (of_responder, of_initiator) = exchange.0.confirmations();
        out.copy_from_slice(if role == Role::Responder { &of_responder } else { &of_initiator });
        Ok(())
    })
}

/// Verifies the confirmation that the peer sent, 32 bytes.
///
/// MIYAO_STATUS_REJECTED: the peer has another key. MIYAO_STATUS_INVALID: another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_exchange_verify(
    exchange: Option<&miyao_sm2_exchange>,
    confirmation: *const u8,
    confirmation_len: usize,
) -> miyao_status {
    guard_secret(|| {
        let exchange = object!(exchange);
        Ok(exchange.0.verify(fixed!(confirmation, confirmation_len))?)
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_exchange_free(exchange: Option<Box<miyao_sm2_exchange>>) {
    guard_value((), || drop(exchange));
}
