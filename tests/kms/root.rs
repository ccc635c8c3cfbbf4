//! Roots in devices: made, found, rotated and moved, and killed at every step of it.

use alloc::sync::Arc;

use miyao::{
    Error, Kind, Secret, SecretBytes,
    key::Spec,
    kms::{Kms, RootInfo, rng, root_info},
    policy::Action,
    provider::{DeviceRoot, Identity, Machine, Provider, RootId, Roots, software::Passphrase},
    store::{Store, memory::Memory},
};

use super::{
    common::{context, key, kind, principal, root},
    device::{Double, Fate, Mood, Mortal},
    make,
};

fn store() -> Arc<dyn Store> {
    Arc::new(Memory::new())
}

/// A store whose root is in the machine.
fn init(store: &Arc<dyn Store>, machine: &Double) -> Kms {
    let root = DeviceRoot::create(machine, &mut rng().unwrap()).unwrap();
    Kms::init(Arc::clone(store), &root, principal()).unwrap()
}

fn place(store: &Arc<dyn Store>) -> (RootId, Identity) {
    root_info(&**store).unwrap().place.unwrap()
}

fn open(store: &Arc<dyn Store>, machine: &Double) -> miyao::Result<Kms> {
    let root = DeviceRoot::find(machine, &place(store).0)?;
    Kms::open(Arc::clone(store), &root, principal())
}

fn details(kms: &Kms) -> Vec<String> {
    let entries = kms.audit(1, 1000).unwrap();
    let changes = entries.into_iter().filter(|entry| entry.event.action == Action::ChangeRoot);
    changes.map(|entry| entry.event.detail).collect()
}

#[test]
fn a_store_opens_by_a_root_in_a_device_with_three_calls() {
    for keys in [0, 5] {
        let (store, machine) = (store(), Double::new("1"));
        let kms = init(&store, &machine);
        for index in 0..keys {
            make(&kms, &format!("orders-{index}"), Spec::Sm4);
        }
        drop(kms);
        let before = machine.calls();
        let kms = open(&store, &machine).unwrap();
        assert_eq!(machine.calls() - before, 3, "who it is, the root, the seal");
        assert_eq!(machine.roots(), [place(&store).0]);
        assert_eq!(kms.root().unwrap(), root_info(&*store).unwrap());
        assert_eq!(kms.info().unwrap().root, "double");
    }
}

#[test]
fn a_device_without_the_root_opens_nothing_and_makes_nothing() {
    let (store, machine, other) = (store(), Double::new("1"), Double::new("2"));
    init(&store, &machine);
    assert_eq!(kind(open(&store, &other)), Kind::Missing);
    machine.set(Mood::Empty);
    let refused = open(&store, &machine).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Missing);
    assert!(refused.to_string().contains(&place(&store).0.to_string()), "{refused}");
    machine.set(Mood::Away);
    assert_eq!(kind(open(&store, &machine)), Kind::Unavailable);
    machine.set(Mood::Well);
    assert!(open(&store, &machine).is_ok());
    assert_eq!((machine.roots().len(), other.roots().len()), (1, 0));
}

#[test]
fn a_root_rotates_in_its_device_moves_to_another_and_back_to_software() {
    let (store, one, two) = (store(), Double::new("1"), Double::new("2"));
    let kms = init(&store, &one);
    let token = kms.encrypt(&make(&kms, "orders", Spec::Sm4), &context(), b"value").unwrap();
    let first = place(&store).0;
    assert_eq!(kind(kms.migrate_root(&one)), Kind::Invalid);
    assert_eq!(kind(kms.rotate_root(&two)), Kind::Invalid);
    assert_eq!(kind(kms.resume_root(&one)), Kind::Missing);
    let rotated = kms.rotate_root(&one).unwrap();
    assert_eq!(rotated.former.place, Some((first, one.identity().unwrap()).into_stored()));
    assert_eq!(place(&store).0, rotated.root);
    assert_eq!(one.roots().len(), 2, "the former is kept");
    let told = details(&kms);
    assert_eq!(told.len(), 2);
    assert!(told[1].contains(&first.to_string()) && told[1].contains(&rotated.root.to_string()), "{told:?}");
    let former = DeviceRoot::find(&one, &first).unwrap();
    let refused = Kms::open(Arc::clone(&store), &former, principal()).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Rejected);
    let told = refused.to_string();
    assert!(told.contains(&rotated.root.to_string()) && !told.contains("passphrase"), "{told}");
    assert!(core::error::Error::source(&refused).is_some(), "{told}");

    let moved = kms.migrate_root(&two).unwrap();
    assert_eq!((two.roots(), moved.device.serial.as_str()), (vec![moved.root], "2"));
    let again = open(&store, &two).unwrap();
    assert_eq!(again.decrypt(&context(), &token).unwrap().text.expose(), b"value");

    let passphrase = Passphrase::new(SecretBytes::take(b"another".to_vec()));
    again.change_root(&passphrase).unwrap();
    assert_eq!(again.root().unwrap(), RootInfo { kind: "passphrase".into(), place: None, unfinished: None });
    let again = Kms::open(Arc::clone(&store), &passphrase, principal()).unwrap();
    assert_eq!(again.decrypt(&context(), &token).unwrap().text.expose(), b"value");
    again.migrate_root(&one).unwrap();
    assert!(open(&store, &one).is_ok());
    assert!(again.doctor().unwrap().is_clean());
}

/// A place as a store remembers it: without the profile.
trait Stored {
    fn into_stored(self) -> Self;
}

impl Stored for (RootId, Identity) {
    fn into_stored(mut self) -> Self {
        self.1.profile.clear();
        self
    }
}

#[test]
fn a_rotation_that_is_killed_anywhere_leaves_a_store_that_opens_and_is_resumed_to_one_new_root() {
    for steps in 0.. {
        let (store, machine, fate) = (store(), Double::new("1"), Fate::after(steps));
        drop(init(&store, &machine));
        let first = place(&store).0;
        let mortal: Arc<dyn Store> = Arc::new(Mortal { inner: Arc::clone(&store), fate: fate.clone() });
        let rotated = open(&mortal, &machine).unwrap().rotate_root(&machine.in_process(&fate)).is_ok();

        let kms = open(&store, &machine).expect("the old root or the new one opens it");
        let now = kms.root().unwrap();
        let is_new = place(&store).0 != first;
        assert!(is_new || !rotated);
        if now.unfinished.is_some() {
            assert!(!is_new, "the intent goes with the new seal");
            assert_eq!(kms.doctor().unwrap().warnings.len(), 1);
            let resumed = kms.resume_root(&machine).unwrap();
            assert_eq!(resumed.former.place.map(|(id, _)| id), Some(first));
        } else if !is_new {
            kms.rotate_root(&machine).unwrap();
        }
        assert_eq!(kind(kms.resume_root(&machine)), Kind::Missing);
        let now = place(&store).0;
        assert!(now != first && machine.roots().contains(&first) && machine.roots().contains(&now));
        assert_eq!(machine.roots().len(), 2, "exactly one new root, killed after {steps} steps");
        let report = open(&store, &machine).unwrap().doctor().unwrap();
        assert_eq!((report.findings, report.warnings), (vec![], vec![]));
        if rotated {
            assert!(steps > 4, "the rotation has steps");
            return;
        }
    }
}

/// Begins a change of root to the machine and is killed before the key is made.
fn begin(store: &Arc<dyn Store>, machine: &Double) {
    let fate = Fate::after(2);
    let mortal: Arc<dyn Store> = Arc::new(Mortal { inner: Arc::clone(store), fate: fate.clone() });
    let kms = Kms::open(mortal, &root(), principal()).unwrap();
    assert_eq!(kind(kms.migrate_root(&machine.in_process(&fate))), Kind::Unavailable);
    assert!(root_info(&**store).unwrap().unfinished.is_some());
    assert!(machine.roots().is_empty());
}

#[test]
fn a_change_that_was_begun_is_finished_where_it_was_begun_or_given_up() {
    let (store, one, two) = (store(), Double::new("1"), Double::new("2"));
    let kms = Kms::init(Arc::clone(&store), &root(), principal()).unwrap();
    begin(&store, &one);
    assert_eq!(kind(kms.resume_root(&two)), Kind::Invalid);
    kms.change_root(&root()).unwrap();
    assert!(kms.root().unwrap().unfinished.is_none());
    begin(&store, &one);
    let moved = kms.migrate_root(&two).unwrap();
    assert_eq!((one.roots().len(), two.roots()), (0, vec![moved.root]));
    assert!(details(&kms).iter().filter(|detail| detail.contains("given up")).count() == 2);
}

#[test]
fn a_root_key_of_which_half_was_made_is_given_up_for_another() {
    let (store, machine, fate) = (store(), Double::new("1"), Fate::after(4));
    drop(Kms::init(Arc::clone(&store), &root(), principal()).unwrap());
    let mortal = Arc::new(Mortal { inner: Arc::clone(&store), fate: fate.clone() });
    let kms = Kms::open(mortal, &root(), principal()).unwrap();
    assert_eq!(kind(kms.migrate_root(&machine.in_process(&fate))), Kind::Unavailable);
    let halves = machine.roots();
    assert_eq!(root_info(&*store).unwrap().unfinished.unwrap().0, halves[0]);
    machine.set(Mood::Halves);
    let kms = Kms::open(Arc::clone(&store), &root(), principal()).unwrap();
    let moved = kms.migrate_root(&machine).unwrap();
    assert!(moved.root != halves[0] && machine.roots().len() == 2);
    assert!(details(&kms).iter().any(|detail| detail.contains(&format!("given up {}", halves[0]))));
    machine.set(Mood::Well);
    assert!(open(&store, &machine).unwrap().doctor().unwrap().is_clean());
}

/// A root that knows which root it should have been.
struct Telling;

impl Provider for Telling {
    fn describe(&self) -> String {
        "telling".into()
    }

    fn seal(&self, _: &Secret<32>, _: &[u8], _: &mut dyn rand_core::CryptoRng) -> miyao::Result<Vec<u8>> {
        Err(Error::new(Kind::Unsupported, "this root seals nothing; name another"))
    }

    fn open(&self, _: &[u8], _: &[u8]) -> miyao::Result<Secret<32>> {
        Err(Error::new(Kind::Rejected, "another root sealed this key store; name it").about("id=%07"))
    }
}

#[test]
fn what_a_device_says_of_the_right_root_is_told() {
    let (store, machine) = (store(), Double::new("1"));
    init(&store, &machine);
    let refused = Kms::open(store, &Telling, principal()).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Rejected);
    assert_eq!(refused.to_string(), "id=%07: another root sealed this key store; name it");
}

/// A root of a device that does not say which of its keys it is.
#[test]
fn a_root_in_a_device_without_a_place_gets_no_store() {
    let (store, machine) = (store(), Double::new("1"));
    let id = RootId([7; 16]);
    let nameless = machine.create(&id).unwrap();
    assert!(nameless.place().unwrap().is_none());
    let refused = Kms::init(Arc::clone(&store), &*nameless, principal()).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
    assert!(refused.to_string().contains("by its id"), "{refused}");
    assert!(store.head().unwrap().is_none());
    let kms = Kms::init(Arc::clone(&store), &root(), principal()).unwrap();
    assert_eq!(kind(kms.change_root(&*nameless)), Kind::Invalid);
    kms.change_root(&DeviceRoot::find(&machine, &id).unwrap()).unwrap();
    assert!(open(&store, &machine).is_ok());
}

#[test]
fn a_device_that_does_not_open_what_it_sealed_gets_no_store() {
    let (store, machine) = (store(), Double::new("1"));
    let kms = Kms::init(Arc::clone(&store), &root(), principal()).unwrap();
    machine.set(Mood::Faulty);
    assert_eq!(kind(kms.migrate_root(&machine)), Kind::Corrupt);
    let made = DeviceRoot::create(&machine, &mut rng().unwrap()).unwrap();
    assert_eq!(kind(kms.change_root(&made)), Kind::Corrupt);
    let kms = Kms::open(Arc::clone(&store), &root(), principal()).unwrap();
    machine.set(Mood::Well);
    kms.resume_root(&machine).unwrap();
    assert!(open(&store, &machine).is_ok());
    assert_eq!(kind(kms.encrypt(&key("nothing"), &context(), b"")), Kind::Missing);
}

/// What is told of the root key that was made for a store which was not.
fn names_what_stays(refused: &Error, machine: &Double) -> RootId {
    let (told, roots) = (refused.to_string(), machine.roots());
    let [id] = roots[..] else { panic!("{told}: {roots:?}") };
    assert!(told.contains(&id.to_string()) && told.contains("serial 1"), "{told}");
    assert!(told.contains("named by its id, or destroy"), "{told}");
    id
}

#[test]
fn a_store_that_cannot_be_made_names_the_root_key_that_was_made_for_it() {
    let (store, machine) = (store(), Double::new("1"));
    let made = DeviceRoot::create(&machine, &mut rng().unwrap()).unwrap();
    machine.set(Mood::Faulty);
    let refused = Kms::init(Arc::clone(&store), &made, principal()).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Corrupt);
    assert!(refused.to_string().starts_with("the device does not open what it sealed"), "{refused}");
    assert!(core::error::Error::source(&refused).is_some(), "the failure itself");
    let id = names_what_stays(&refused, &machine);
    // Of a key that was there before nothing is told: whoever named it knows of it.
    let found = DeviceRoot::find(&machine, &id).unwrap();
    let refused = Kms::init(Arc::clone(&store), &found, principal()).map(|_| ()).unwrap_err();
    assert!(!refused.to_string().contains(&id.to_string()), "{refused}");
    machine.set(Mood::Well);
    Kms::init(Arc::clone(&store), &found, principal()).unwrap();
    assert!(open(&store, &machine).is_ok());
    assert_eq!(machine.roots(), [id], "no other was made");
}

#[test]
fn a_device_that_fails_when_it_made_a_root_key_leaves_its_name() {
    let machine = Double::new("1");
    machine.set(Mood::LosesAnswers);
    let refused = DeviceRoot::create(&machine, &mut rng().unwrap()).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable);
    names_what_stays(&refused, &machine);
    let away = Double::new("2");
    away.set(Mood::Away);
    let refused = DeviceRoot::create(&away, &mut rng().unwrap()).map(|_| ()).unwrap_err();
    assert!(!refused.to_string().contains("root key"), "it was not even asked: {refused}");
}
