//! Of a check of the whole, what concerns devices: keys that live in them, and changes there that were not finished.
//!
//! Asks each device that is attached for each key once; changes nothing in a device.

use alloc::format;

use super::Doctor;
use crate::{
    error::{Kind, Result},
    key::{Key, Version},
    kms::{
        inside::Residence,
        resident::{self, Journal, Step},
        root,
    },
    store::Row,
};

impl Doctor<'_> {
    /// A version's key is in its device, and is the one that was made for it.
    pub(super) fn resident(&mut self, key: &Key, version: &Version, material: &[u8]) -> Result<()> {
        let what = format!("{}:{}", key.name, version.number);
        let residence = Residence::decode(material)?;
        let fits = residence.check_value(key.spec, version.public.as_ref()) == version.check_value;
        self.demand(fits, &what, "what is said of its key inside a device does not fit its check value");
        let device = &residence.device;
        if residence.maker != self.head.store {
            self.warn(format!(
                "{what}: its key inside {device} is another store's ({}); when it is destroyed here, it stays there",
                residence.maker
            ));
        }
        let Some(attached) = self.devices.find(device) else {
            self.warn(format!(
                "{what}: it lives in {device}, which is not attached; attach it to use the key"
            ));
            return Ok(());
        };
        match attached.check_health().and_then(|()| attached.find(key.spec, &residence.id)) {
            Ok(Some(found)) if found.reference == residence.reference && found.public == version.public => {}
            Ok(Some(_)) => self.find(format!("{what}: {device} has another key of its id")),
            Ok(None) => self.find(format!(
                "{what}: {device} has no such key; name the right device, or restore the device's backup"
            )),
            Err(error) if error.kind() == Kind::Unavailable => {
                self.warn(format!("{what}: {device} does not answer: {error}"));
            }
            Err(error) => self.find(format!("{what}: {device}: {error}")),
        }
        Ok(())
    }

    /// What a row about the store itself says was begun.
    pub(super) fn meta(&mut self, row: &Row) -> Result<()> {
        if row.name == root::intent_row() {
            let begun = root::told_intent(&row.body)?;
            self.warn(format!("{begun}; do it again, or `miyao root change`"));
        } else if row.name.name.starts_with(resident::PREFIX) {
            let Journal { step, device, key, name, number, maker, .. } = Journal::decode(&row.body)?;
            let begun = match step {
                Step::Making => "is being made, or was left behind",
                Step::Doomed if maker != self.head.store => {
                    "is another store's, and stays when it is forgotten,"
                }
                Step::Doomed => "has to be destroyed",
            };
            self.warn(format!(
                "{name}:{number} ({key}): a key of it {begun} in {device}; `miyao maintain` clears it there, an hour after it was begun"
            ));
        }
        Ok(())
    }
}
