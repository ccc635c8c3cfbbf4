//! The code under test, driven as the key-management service drives it.

use miyao::key::{
    Key, KeyEvent, KeyId, KeyName, KeyState, NewKey, Origin, Span, Spec, Time, Version, VersionEvent,
    VersionState,
};

/// The code under test, driven as the key-management service drives it.
pub(crate) struct Real {
    pub(crate) key: Key,
    pub(crate) versions: Vec<Version>,
    pub(crate) now: Time,
}

impl Real {
    pub(crate) fn new(spec: Spec, origin: Origin) -> Self {
        let name = KeyName::parse("history").expect("a name");
        let new = NewKey { origin, ..NewKey::new(name, spec) };
        let now = Time(1_800_000_000_000);
        let key = Key::new(KeyId::from_bytes([7; 16]), new, now).expect("a key");
        Self { key, versions: Vec::new(), now }
    }

    pub(crate) fn imports(&self) -> bool {
        self.key.origin == Origin::Imported
    }

    pub(crate) fn stage(&mut self) -> bool {
        if self.key.check_can_rotate(self.imports()).is_err() {
            return false;
        }
        let number = self.key.next_number().expect("a number");
        let mut version = Version::staged(self.key.id, number, self.now);
        version.material = Some(vec![1]);
        self.key.newest = Some(number);
        self.versions.push(version);
        true
    }

    pub(crate) fn rotate(&mut self) -> bool {
        let staged = self.versions.last().is_some_and(|last| {
            Some(last.number) > self.key.primary && last.state == VersionState::PreActive
        });
        if self.key.check_can_rotate(self.imports()).is_err() || (!staged && !self.stage()) {
            return false;
        }
        let (next, before) = self.versions.split_last_mut().expect("a version");
        let former = before.iter_mut().find(|version| Some(version.number) == self.key.primary);
        self.key.activate(former, next, self.now).expect("an activation");
        true
    }

    pub(crate) fn version_event(&mut self, index: usize, event: VersionEvent) -> bool {
        let stops =
            matches!(event, VersionEvent::Suspend | VersionEvent::Compromise | VersionEvent::Deactivate);
        let number = self.versions[index].number;
        if stops && self.key.state == KeyState::Enabled && self.key.primary == Some(number) {
            let replaced = match self.key.origin {
                Origin::Imported => self.key.apply(KeyEvent::Disable, self.now, None).is_ok(),
                Origin::Generated => self.rotate(),
            };
            assert!(replaced);
            if event == VersionEvent::Deactivate && self.versions[index].state == VersionState::Deactivated {
                return true;
            }
        }
        self.key.apply_to(&mut self.versions[index], event, self.now, None).is_ok()
    }

    pub(crate) fn maintain(&mut self, days: u64) {
        self.now = self.now.plus(Span::days(days));
        for version in &mut self.versions {
            self.key.sight_destroy_version(version, self.now).expect("a sighting");
        }
        self.key.sight_destroy(&mut self.versions, self.now).expect("a sighting");
    }
}
