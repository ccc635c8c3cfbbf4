//! Signatures and MACs (PKCS#11 2.40 §5.11, §5.12).
//!
//! Knows no algorithm: what runs is [`Signer`] and [`Verifier`].

use cryptoki_sys::{
    self as ck, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID,
};
use miyao::algo::{hmac::HmacSm3, mode::cmac::Cmac};

use super::{Mechanism, key};
use crate::{
    code_points::Work,
    module::Module,
    object::{Object, to_number},
    operation::{Mac, Parameter, Signer, Verifier},
    rv::{Result, check, fail},
    session::{Answer, Room},
};

impl Module {
    pub(crate) fn sign_init(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        object: CK_OBJECT_HANDLE,
    ) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let now = slot.epoch();
        active.sign.check_idle(now)?;
        let key = key(slot, object)?;
        key.permits(ck::CKA_SIGN, mechanism.code)?;
        let signer = match mechanism.work {
            Work::Sm2Sign(hashing, form) => {
                self.check_sm2(&key, ck::CKO_PRIVATE_KEY)?;
                Signer::sm2(key.sm2_private()?, hashing, form, &mechanism.parameter)?
            }
            _ => Signer::Mac(self.mac(object, &key, mechanism)?),
        };
        active.sign.begin(signer, key.is_private().then_some(now));
        Ok(())
    }

    pub(crate) fn sign_whole(&self, handle: CK_SESSION_HANDLE, data: &[u8], room: Room) -> Result<Answer> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let (running, now) = (&mut active.sign, slot.epoch());
        running.check_whole()?;
        let len = running.look(now, Signer::len)?;
        room.answer_once(len, || {
            let mut signer = running.take(now)?;
            signer.update(data)?;
            signer.sign()
        })
    }

    pub(crate) fn sign_update(&self, handle: CK_SESSION_HANDLE, part: &[u8]) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        session.active()?.sign.part(slot.epoch(), |signer| signer.update(part))
    }

    pub(crate) fn sign_final(&self, handle: CK_SESSION_HANDLE, room: Room) -> Result<Answer> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let (running, now) = (&mut active.sign, slot.epoch());
        let len = running.look(now, Signer::len)?;
        room.answer_once(len, || running.take(now)?.sign())
    }

    pub(crate) fn verify_init(
        &self,
        handle: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        object: CK_OBJECT_HANDLE,
    ) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        let now = slot.epoch();
        active.verify.check_idle(now)?;
        let key = key(slot, object)?;
        key.permits(ck::CKA_VERIFY, mechanism.code)?;
        let verifier = match mechanism.work {
            Work::Sm2Sign(hashing, form) => {
                self.check_sm2(&key, ck::CKO_PUBLIC_KEY)?;
                Verifier::sm2(key.sm2_public()?, hashing, form, &mechanism.parameter)?
            }
            _ => Verifier::Mac(self.mac(object, &key, mechanism)?),
        };
        active.verify.begin(verifier, key.is_private().then_some(now));
        Ok(())
    }

    pub(crate) fn verify_whole(
        &self,
        handle: CK_SESSION_HANDLE,
        data: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        active.verify.check_whole()?;
        let mut verifier = active.verify.take(slot.epoch())?;
        verifier.update(data)?;
        verifier.verify(signature)
    }

    pub(crate) fn verify_update(&self, handle: CK_SESSION_HANDLE, part: &[u8]) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        session.active()?.verify.part(slot.epoch(), |verifier| verifier.update(part))
    }

    pub(crate) fn verify_final(&self, handle: CK_SESSION_HANDLE, signature: &[u8]) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let verifier = session.active()?.verify.take(slot.epoch())?;
        verifier.verify(signature)
    }

    fn mac(&self, handle: CK_OBJECT_HANDLE, key: &Object, mechanism: &Mechanism) -> Result<Mac> {
        let mac = match mechanism.work {
            Work::HmacSm3 => {
                check(key.class() == Some(ck::CKO_SECRET_KEY), ck::CKR_KEY_TYPE_INCONSISTENT)?;
                Mac::Hmac(HmacSm3::new(key.secret()?))
            }
            Work::Cmac => {
                self.check_sm4(key)?;
                Mac::Cmac(Cmac::new(key.sm4()?))
            }
            _ => return fail(CKR_MECHANISM_INVALID),
        };
        let fits = match &mechanism.parameter {
            Parameter::None => true,
            // One vendor says the key twice.
            Parameter::Bytes(bytes) => to_number(bytes) == Some(handle),
            _ => false,
        };
        check(fits, CKR_MECHANISM_PARAM_INVALID)?;
        Ok(mac)
    }
}
