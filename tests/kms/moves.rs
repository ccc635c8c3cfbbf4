//! Roots that move into a device, to another and out of one, killed at every step: gone on with, killed once more, given up.

use alloc::sync::Arc;

use miyao::{
    Kind,
    algo::sm2::{DEFAULT_USER_ID, Encoding, Signature},
    key::{Key, Spec},
    kms::{Kms, RootInfo, VersionRef, rng, root_info},
    policy::Action,
    provider::{DeviceRoot, Machine as _, Provider, RootId},
    store::{Store, memory::Memory},
};

use super::{
    common::{context, key, kind, principal, root},
    device::{Double, Fate, Mortal},
    make,
};

/// Where a root can be.
#[derive(Clone)]
enum Home {
    KeyFile,
    Machine(Double),
}

impl Home {
    fn machine(serial: &str) -> Self {
        Self::Machine(Double::new(serial))
    }

    /// The key file, or the root key of this id.
    fn root(&self, id: Option<RootId>) -> miyao::Result<Box<dyn Provider>> {
        match self {
            Self::KeyFile => Ok(Box::new(root())),
            Self::Machine(machine) => Ok(Box::new(DeviceRoot::find(machine, &id.unwrap())?)),
        }
    }

    /// The command that moves a store's root here, in a process of this fate.
    fn take(&self, kms: &Kms, fate: &Fate) -> miyao::Result<()> {
        match self {
            Self::KeyFile => kms.change_root(&root()),
            Self::Machine(machine) => kms.migrate_root(&machine.in_process(fate)).map(|_| ()),
        }
    }

    /// Every root key in the device.
    fn roots(&self) -> Vec<RootId> {
        match self {
            Self::KeyFile => Vec::new(),
            Self::Machine(machine) => machine.roots(),
        }
    }

    fn holds(&self, info: &RootInfo) -> bool {
        match (self, &info.place) {
            (Self::KeyFile, None) => info.kind == "keyfile",
            (Self::Machine(machine), Some((id, device))) => {
                machine.roots().contains(id) && device.is_same(&machine.identity().unwrap())
            }
            _ => false,
        }
    }
}

/// A store whose root is to move, and what its keys made before.
struct Trip {
    store: Arc<dyn Store>,
    from: Home,
    to: Home,
    /// The root before, if it is a key in a device.
    first: Option<RootId>,
    keys: Vec<Key>,
    token: Vec<u8>,
    mac: [u8; 32],
    signature: Signature,
    ciphertext: Vec<u8>,
}

impl Trip {
    fn new(from: Home, to: Home) -> Self {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        let first: Box<dyn Provider> = match &from {
            Home::KeyFile => Box::new(root()),
            Home::Machine(machine) => Box::new(DeviceRoot::create(machine, &mut rng().unwrap()).unwrap()),
        };
        let kms = Kms::init(Arc::clone(&store), &*first, principal()).unwrap();
        let [sm4, hmac, signer, reader] = [
            ("orders", Spec::Sm4),
            ("macs", Spec::HmacSm3),
            ("signer", Spec::Sm2Sign),
            ("reader", Spec::Sm2Encrypt),
        ]
        .map(|(name, spec)| make(&kms, name, spec));
        let public = kms.public_key(&VersionRef::from(reader)).unwrap().1;
        Self {
            first: root_info(&*store).unwrap().place.map(|(id, _)| id),
            keys: kms.list(None, 100).unwrap(),
            token: kms.encrypt(&sm4, &context(), b"value").unwrap(),
            mac: kms.mac(&hmac, b"message").unwrap().1,
            signature: kms.sign(&signer, DEFAULT_USER_ID, b"message").unwrap().1,
            ciphertext: public.encrypt(b"value", Encoding::Der, &mut rng().unwrap()).unwrap(),
            store,
            from,
            to,
        }
    }

    fn info(&self) -> RootInfo {
        root_info(&*self.store).unwrap()
    }

    fn has_arrived(&self) -> bool {
        self.to.holds(&self.info())
    }

    fn open(&self, store: Arc<dyn Store>) -> Kms {
        let home = if self.has_arrived() { &self.to } else { &self.from };
        let id = self.info().place.map(|(id, _)| id);
        let root = home.root(id).expect("the root that the store names is there");
        Kms::open(store, &*root, principal()).expect("the old root or the new one opens it")
    }

    /// The command, in a process that dies after so many steps; whether it ended well.
    fn moves(&self, steps: i64) -> bool {
        let fate = Fate::after(steps);
        let kms = self.open(Arc::new(Mortal { inner: Arc::clone(&self.store), fate: fate.clone() }));
        let moved = self.to.take(&kms, &fate).is_ok();
        assert!(self.has_arrived() || !moved);
        moved
    }

    /// Goes on where something was begun, or begins.
    fn finish(&self) {
        match (&self.to, self.info().unfinished) {
            (Home::Machine(machine), Some((meant, _))) => {
                let (kms, there) = (self.check(), machine.roots());
                let resumed = kms.resume_root(machine).unwrap();
                assert_eq!(resumed.former.place.map(|(id, _)| id), self.first);
                assert_eq!(there.contains(&meant), resumed.root == meant, "a key that is there is used");
            }
            _ => assert!(self.moves(i64::MAX)),
        }
    }

    /// What holds after every death; a process that was not there before.
    fn check(&self) -> Kms {
        let kms = self.open(Arc::clone(&self.store));
        assert_eq!(kms.root().unwrap(), self.info());
        let report = kms.doctor().unwrap();
        let unfinished = usize::from(self.info().unfinished.is_some());
        assert_eq!((report.findings, report.warnings.len()), (vec![], unfinished));
        kms.verify_audit().unwrap();
        assert_eq!(kms.list(None, 100).unwrap(), self.keys);
        assert_eq!(kms.decrypt(&context(), &self.token).unwrap().text.expose(), b"value");
        assert_eq!(kms.mac(&key("macs"), b"message").unwrap().1, self.mac);
        let signer = VersionRef::from(key("signer"));
        kms.verify(&signer, DEFAULT_USER_ID, b"message", &self.signature).unwrap();
        let opened = kms.sm2_decrypt(&VersionRef::from(key("reader")), &self.ciphertext, Encoding::Der);
        assert_eq!(opened.unwrap().text.expose(), b"value");
        kms
    }

    /// The root is in its new home and the former is kept and opens nothing any more.
    fn check_arrived(&self) {
        let (kms, info) = (self.check(), self.info());
        assert!(self.has_arrived() && info.unfinished.is_none());
        assert_eq!(self.from.roots(), Vec::from_iter(self.first), "the former is kept");
        let former = self.from.root(self.first).unwrap();
        let refused = kind(Kms::open(Arc::clone(&self.store), &*former, principal()));
        // The double's seal begins with any byte at all, and a key file looks there for its kind.
        assert!(matches!(refused, Kind::Rejected | Kind::Unsupported), "{refused:?}");
        let entries = kms.audit(1, 1000).unwrap();
        let changes = entries.into_iter().filter(|entry| entry.event.action == Action::ChangeRoot);
        let told = changes.last().unwrap().event.detail;
        match (&self.to, &info.place) {
            (Home::Machine(machine), Some((id, device))) => {
                assert!(told.starts_with(&format!("{id} in {device}; before ")), "{told}");
                assert!(self.first.is_none_or(|first| told.contains(&first.to_string())), "{told}");
                assert_eq!(kind(kms.resume_root(machine)), Kind::Missing);
                assert_eq!(kind(kms.migrate_root(machine)), Kind::Invalid);
            }
            _ => assert_eq!(told, "keyfile"),
        }
    }
}

/// How a trip begins, and how many steps it has: the intent, the key and the seal, or a seal alone, before and after each.
const TRIPS: [(fn() -> Trip, i64); 3] = [
    (|| Trip::new(Home::machine("1"), Home::machine("2")), 6),
    (|| Trip::new(Home::KeyFile, Home::machine("1")), 6),
    (|| Trip::new(Home::machine("1"), Home::KeyFile), 2),
];

#[test]
fn a_root_that_moves_is_killed_anywhere_and_killed_again_and_comes_to_one_new_root() {
    for (begin, whole) in TRIPS {
        for (first, second) in (0..=whole).flat_map(|first| (0..=whole).map(move |second| (first, second))) {
            let trip = begin();
            assert_eq!(trip.moves(first), first == whole, "{first} steps of {whole}");
            drop(trip.check());
            if !trip.has_arrived() {
                trip.moves(second);
                drop(trip.check());
            }
            if !trip.has_arrived() {
                trip.finish();
            }
            trip.check_arrived();
            let made = usize::from(matches!(trip.to, Home::Machine(_)));
            assert_eq!(trip.to.roots().len(), made, "killed after {first} steps, and after {second} more");
        }
    }
}

/// Gives the change up: seals under the former root again.
fn stay(trip: &mut Trip, kms: &Kms) {
    kms.change_root(&*trip.from.root(trip.first).unwrap()).unwrap();
}

/// Gives the change up: moves somewhere else.
fn turn(trip: &mut Trip, kms: &Kms) {
    let elsewhere = Home::machine("3");
    elsewhere.take(kms, &Fate::endless()).unwrap();
    let kept = core::mem::replace(&mut trip.from, elsewhere).roots();
    assert_eq!(kept, Vec::from_iter(trip.first));
    trip.first = trip.info().place.map(|(id, _)| id);
}

#[test]
fn a_root_that_moves_is_killed_anywhere_given_up_and_moved_anew() {
    for (begin, whole) in TRIPS {
        for (steps, give_up) in (0..whole).flat_map(|steps| [stay, turn].map(|give_up| (steps, give_up))) {
            let mut trip = begin();
            assert!(!trip.moves(steps));
            let (kms, left) = (trip.check(), trip.to.roots());
            if trip.has_arrived() {
                continue;
            }
            give_up(&mut trip, &kms);
            assert!(trip.info().unfinished.is_none());
            assert_eq!(trip.to.roots(), left, "what was begun there is not gone on with");
            drop(trip.check());
            assert!(trip.moves(i64::MAX));
            trip.check_arrived();
            let now: Vec<RootId> = trip.info().place.into_iter().map(|(id, _)| id).collect();
            let mut meant = [left, now].concat();
            meant.sort_by_key(|id| id.0);
            assert_eq!(
                trip.to.roots(),
                meant,
                "one more, and what was given up is used no more: {steps} steps"
            );
        }
    }
}
