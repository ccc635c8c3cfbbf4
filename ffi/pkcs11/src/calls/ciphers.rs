//! Encryption, decryption and digests (PKCS#11 2.40 §5.8 to §5.10).
//!
//! Knows no algorithm: what runs is [`Cipher`], and SM3.

use cryptoki_sys::{
    self as ck, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CKR_KEY_INDIGESTIBLE, CKR_MECHANISM_INVALID,
    CKR_MECHANISM_PARAM_INVALID,
};
use miyao::{
    algo::{sm2::MessageDigest, sm3::Sm3},
    provider::pkcs11::profile::Ciphertext,
};

use super::{Mechanism, key};
use crate::{
    code_points::Work,
    module::Module,
    object::Object,
    operation::{Cipher, Digest, Parameter},
    rv::{Result, Rv, check, fail},
    session::{Active, Answer, Room, Running},
};

/// To encrypt or to decrypt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Encrypt,
    Decrypt,
}

impl Direction {
    const fn running(self, active: &mut Active) -> &mut Running<Cipher> {
        match self {
            Self::Encrypt => &mut active.encrypt,
            Self::Decrypt => &mut active.decrypt,
        }
    }
}

impl Module {
    pub(crate) fn cipher_init(
        &self,
        direction: Direction,
        handle: CK_SESSION_HANDLE,
        mechanism: Mechanism,
        object: CK_OBJECT_HANDLE,
    ) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let now = slot.epoch();
        direction.running(&mut active).check_idle(now)?;
        let key = key(slot, object)?;
        let usage = if direction == Direction::Encrypt { ck::CKA_ENCRYPT } else { ck::CKA_DECRYPT };
        key.permits(usage, mechanism.code)?;
        let private = key.is_private().then_some(now);
        let cipher = self.cipher(direction, &key, mechanism)?;
        direction.running(&mut active).begin(cipher, private);
        Ok(())
    }

    /// The cipher of a mechanism under a key, whatever its usage flags say.
    pub(super) fn cipher(&self, direction: Direction, key: &Object, mechanism: Mechanism) -> Result<Cipher> {
        let encrypts = direction == Direction::Encrypt;
        match mechanism.work {
            Work::Ecb | Work::Cbc | Work::CbcPad | Work::Ctr | Work::Gcm => {
                self.check_sm4(key)?;
                Cipher::sm4(encrypts, mechanism.work, key.sm4()?, mechanism.parameter)
            }
            Work::Sm2Encrypt(_) | Work::Sm2Wrap => {
                let form =
                    if let Work::Sm2Encrypt(form) = mechanism.work { form } else { Ciphertext::C1C3C2 };
                let class = if encrypts { ck::CKO_PUBLIC_KEY } else { ck::CKO_PRIVATE_KEY };
                self.check_sm2(key, class)?;
                check(matches!(mechanism.parameter, Parameter::None), CKR_MECHANISM_PARAM_INVALID)?;
                Ok(if encrypts {
                    Cipher::public(key.sm2_public()?, form)
                } else {
                    Cipher::private(key.sm2_private()?, form)
                })
            }
            _ => fail(CKR_MECHANISM_INVALID),
        }
    }

    pub(crate) fn cipher_whole(
        &self,
        direction: Direction,
        handle: CK_SESSION_HANDLE,
        data: &[u8],
        room: Room,
    ) -> Result<Answer> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let running = direction.running(&mut active);
        running.check_whole()?;
        let answer = running
            .look(slot.epoch(), |cipher| room.answer(cipher.last_len(data.len()), || cipher.last(data)))?;
        running.end_with(answer)
    }

    pub(crate) fn cipher_update(
        &self,
        direction: Direction,
        handle: CK_SESSION_HANDLE,
        part: &[u8],
        room: Room,
    ) -> Result<Answer> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let running = direction.running(&mut active);
        let len = running.look(slot.epoch(), |cipher| cipher.update_len(part.len()))?;
        match room {
            Room::Query => Ok(Answer::Length(len)),
            Room::Bytes(room) if room < len => Ok(Answer::Short(len)),
            Room::Bytes(_) => running.part(slot.epoch(), |cipher| cipher.update(part)).map(Answer::Bytes),
        }
    }

    pub(crate) fn cipher_final(
        &self,
        direction: Direction,
        handle: CK_SESSION_HANDLE,
        room: Room,
    ) -> Result<Answer> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let running = direction.running(&mut active);
        let answer =
            running.look(slot.epoch(), |cipher| room.answer(cipher.last_len(0), || cipher.last(&[])))?;
        running.end_with(answer)
    }

    pub(crate) fn digest_init(&self, handle: CK_SESSION_HANDLE, mechanism: Mechanism) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        active.digest.check_idle(slot.epoch())?;
        let digest = match (mechanism.work, mechanism.parameter) {
            (Work::Sm3, Parameter::None) => Digest::Plain(Sm3::new()),
            (Work::Sm3WithZ, Parameter::Signer { id, public }) => {
                let hash = MessageDigest::new(&public, &id);
                Digest::WithZ(hash.map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?)
            }
            _ => return fail(CKR_MECHANISM_PARAM_INVALID),
        };
        active.digest.begin(digest, None);
        Ok(())
    }

    pub(crate) fn digest_whole(&self, handle: CK_SESSION_HANDLE, data: &[u8], room: Room) -> Result<Answer> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let running = &mut active.digest;
        running.check_whole()?;
        room.answer_once(Sm3::LEN, || {
            let mut digest = running.take(slot.epoch())?;
            digest.update(data);
            Ok(digest.finish())
        })
    }

    pub(crate) fn digest_update(&self, handle: CK_SESSION_HANDLE, part: &[u8]) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        session.active()?.digest.part(slot.epoch(), |hash| {
            hash.update(part);
            Ok(())
        })
    }

    /// Only what may be read may be hashed: the digest of a short secret is the secret.
    pub(crate) fn digest_key(&self, handle: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        active.digest.part(slot.epoch(), |hash| {
            let key = key(slot, object)?;
            let readable = key.class() == Some(ck::CKO_SECRET_KEY) && !key.hides(ck::CKA_VALUE);
            check(readable, CKR_KEY_INDIGESTIBLE)?;
            hash.update(key.secret()?);
            Ok(())
        })
    }

    pub(crate) fn digest_final(&self, handle: CK_SESSION_HANDLE, room: Room) -> Result<Answer> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        active.digest.look(slot.epoch(), |_| ())?;
        let running = &mut active.digest;
        room.answer_once(Sm3::LEN, || Ok(running.take(slot.epoch())?.finish()))
    }
}
