//! Tokens of one key: one, or several with the same root that stand in for each other.
//!
//! Knows no suite's bytes. One that does not answer, or lets nobody in, is left for a while, and the next one is asked; one that
//! answers with another key than the seal's is an error and not a reason to ask the next.

use alloc::{borrow::ToOwned, boxed::Box, format, string::String, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use rand_core::CryptoRng;

use super::{
    Module, Settings, Suite, Uri,
    hiding::{self, Iv},
    keys::{Key, Wanted, shared},
    member::{Asking, Member, Task, Work},
    root,
    sealed::{self, Claims, Sealed},
};
use crate::{
    error::{Error, Kind, Result},
    provider::{Identity, Machine, Provider, RootId, Roots},
    secret::Secret,
};

/// An encryption machine's token (密码机令牌) behind PKCS#11: a root provider, a maker of roots, and a keeper of keys.
///
/// As a [`Provider`] it is the root that its URI names by `id` or `object`; where the URI names none it opens what any root of the
/// token sealed, and seals nothing. A clone is the same token.
///
/// ```no_run
/// use miyao::provider::{RootId, Roots, pkcs11::{Settings, Token}};
/// let uri = "pkcs11:token=kms?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/miyao/pin".parse()?;
/// let token = Token::open(&uri, &Settings::default().gm_only(true))?;
/// let root = token.create(&RootId([7; 16]))?;
/// # drop(root);
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone)]
pub struct Token {
    pub(super) inner: Arc<Inner>,
    wanted: Option<Wanted>,
}

/// The devices, in the order they are asked.
pub(super) struct Inner {
    devices: Vec<Watched>,
    preferred: AtomicUsize,
    begun: Instant,
    pub(super) settings: Arc<Settings>,
}

struct Watched {
    member: Member,
    /// Until when it is not asked, unless no other answers: milliseconds of the tokens' life. A fork leaves no lock of it behind.
    resting: AtomicU64,
}

/// What sealing needs to know of a root.
struct Facts {
    claims: Claims,
    public: Option<crate::algo::sm2::PublicKey>,
}

/// How many milliseconds a device that does not answer is left alone while another one does.
const REST: u64 = 5000;

impl Token {
    /// Loads the module, and finds the token and logs in.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a URI without `module-path` or with several tokens, [`Missing`](Kind::Missing) when there is
    /// no such module or file, [`Denied`](Kind::Denied) for a wrong PIN, [`Unavailable`](Kind::Unavailable) when the token does
    /// not answer.
    pub fn open(uri: &Uri, settings: &Settings) -> Result<Self> {
        Self::open_all(core::slice::from_ref(uri), settings)
    }

    /// Several devices that hold the same keys: each is asked when those before it do not answer or refuse their PIN, which is not
    /// tried again by itself. At least one has to, now; [`check_health`](Machine::check_health) asks them all. Each URI gives the
    /// `token` or the `serial` of its own, by which keys of one that is down are found in the others.
    ///
    /// # Errors
    /// As [`open`](Self::open), of the last one.
    pub fn open_all(uris: &[Uri], settings: &Settings) -> Result<Self> {
        let (settings, shelf) = (Arc::new(settings.clone()), settings.shelf()?);
        let first = uris.first().ok_or(Error::new(Kind::Invalid, "there is no token to open; give a URI"))?;
        if uris.iter().any(|uri| (&uri.id, &uri.object) != (&first.id, &first.object)) {
            return Err(Error::new(
                Kind::Invalid,
                "devices that stand in for each other hold one root; give one id",
            ));
        }
        let mut devices = Vec::new();
        for uri in uris {
            let member = Member::new(module_of(uri)?, uri.clone(), Arc::clone(&settings), Arc::clone(&shelf));
            devices.push(Watched { member, resting: AtomicU64::new(0) });
        }
        let wanted =
            first.names_a_key().then(|| Wanted { id: first.id.clone(), label: first.object.clone() });
        let (preferred, begun) = (AtomicUsize::new(0), Instant::now());
        let inner = Arc::new(Inner { devices, preferred, begun, settings });
        let token = Self { inner, wanted };
        token.inner.run(&health())?;
        Ok(token)
    }

    /// The PIN was corrected: it may be tried again, once, with every token of the module that the URI names.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a URI without `module-path`, [`Missing`](Kind::Missing) when there is no such module.
    pub fn allow_logins(uri: &Uri) -> Result<()> {
        module_of(uri)?.allow_logins();
        Ok(())
    }

    /// The same for the tokens of this one, which also ask for the PIN again.
    pub fn allow_login(&self) {
        self.inner.devices.iter().for_each(|device| device.member.allow_login());
    }

    /// How many calls hang in devices, and how many devices there are.
    #[must_use]
    pub fn hanging(&self) -> (usize, usize) {
        let hanging = self.inner.devices.iter().map(|device| device.member.quarantined()).sum();
        (hanging, self.inner.devices.len())
    }

    /// The suites that the token offers, by its profile and its list of mechanisms, the most wanted first.
    ///
    /// # Errors
    /// [`Unavailable`](Kind::Unavailable) when it does not answer.
    pub fn suites(&self) -> Result<Vec<Suite>> {
        let gm_only = self.inner.settings.gm_only;
        let work = shared(move |session| {
            let suites = Suite::ALL.into_iter().filter(|suite| suite.is_gm() || !gm_only);
            Ok(suites.filter(|suite| session.ready.serves(*suite, false)).collect())
        });
        self.inner.run(&Task { work, ..Task::of(Asking::Use) })
    }

    fn named(&self, wanted: Wanted) -> Self {
        Self { inner: Arc::clone(&self.inner), wanted: Some(wanted) }
    }

    fn wanted(&self) -> Result<&Wanted> {
        self.wanted.as_ref().ok_or_else(|| {
            Error::new(
                Kind::Invalid,
                "the URI names no root key; add id=…, or make one with `miyao init` or `miyao root migrate`",
            )
        })
    }

    /// Recognises the root that is to seal.
    fn facts(&self, wanted: &Wanted) -> Result<Facts> {
        let (wanted, again) = (wanted.clone(), wanted.clone());
        let work = shared(move |session| {
            // Sealing is rare: what the key is now counts, not what it was.
            let root = session.root(&wanted, None, true)?;
            let claims = Claims {
                suite: root.suite,
                profile: session.ready.profile.name.as_bytes().to_vec(),
                root: root.id,
                version: root::VERSION,
                fingerprint: root.fingerprint,
            };
            let public = match &root.key {
                Key::Sm2 { public, .. } => Some(public.clone()),
                Key::Secret { .. } => None,
            };
            Ok(Facts { claims, public })
        });
        let canary = shared(move |session| session.root(&again, None, true).map(drop));
        self.inner.run(&Task { asking: Asking::Use, work, canary })
    }

    /// The blob that hides a secret, and nothing else on the way.
    fn hide(
        &self,
        facts: &Facts,
        secret: &Arc<Secret<32>>,
        aad: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>> {
        if let Some(public) = &facts.public {
            return hiding::hide_to(public, secret, rng);
        }
        let (claims, secret, aad, iv) =
            (facts.claims.clone(), Arc::clone(secret), aad.to_vec(), Iv::random(rng));
        let (suite, wanted) = (claims.suite, self.root_of(&claims));
        let canary = canary(wanted.clone(), suite);
        let work = shared(move |session| {
            let root = session.sealing_root(&wanted, suite, &claims.fingerprint)?;
            match &root.key {
                Key::Secret { object, .. } => session.hide(suite, *object, &secret, (iv, &aad)),
                Key::Sm2 { .. } => Err(super::keys::mismatch()),
            }
        });
        self.inner.run(&Task { asking: Asking::Use, work, canary })
    }

    fn reveal(&self, claims: &Claims, blob: &[u8], aad: Vec<u8>) -> Result<Secret<32>> {
        let (wanted, claims, blob) = (self.root_of(claims), claims.clone(), blob.to_vec());
        let canary = canary(wanted.clone(), claims.suite);
        let work = shared(move |session| {
            let root = session.sealing_root(&wanted, claims.suite, &claims.fingerprint)?;
            session.reveal(claims.suite, &root.key, &blob, &aad)
        });
        self.inner.run(&Task { asking: Asking::Open, work, canary })
    }

    /// By which the root of a seal is found: its id, and the name that the URI gives it.
    fn root_of(&self, claims: &Claims) -> Wanted {
        let label = self.wanted.as_ref().and_then(|wanted| wanted.label.clone());
        Wanted { id: Some(claims.root.to_vec()), label }
    }
}

fn module_of(uri: &Uri) -> Result<Module> {
    let path = uri.module_path.as_deref().ok_or_else(|| {
        Error::new(Kind::Invalid, "the URI does not say which module to load; add module-path=/…").about(uri)
    })?;
    Module::load(path)
}

/// The root is found again by what it was found by, so that whoever is next has its handle of now, and computes what it did.
fn canary(wanted: Wanted, suite: Suite) -> Arc<Work<()>> {
    shared(move |session| session.root(&wanted, Some(suite), true).map(drop))
}

/// The token answers and somebody is logged in.
pub(super) fn health() -> Task<()> {
    Task { work: shared(|session| session.link.check(session.call, session.ready)), ..Task::of(Asking::Use) }
}

impl<R> Task<R> {
    /// A task of which the canary is that the token answers; it has no work yet.
    pub(super) fn of(asking: Asking) -> Self {
        Self {
            asking,
            work: shared(|_| Err(super::keys::odd("nothing"))),
            canary: shared(|session| session.link.check(session.call, session.ready)),
        }
    }
}

impl Inner {
    /// Has the first device do it that answers, those that failed a moment ago last. What makes or destroys something
    /// has one device only.
    pub(super) fn run<R: Send + 'static>(&self, task: &Task<R>) -> Result<R> {
        let count = self.devices.len();
        if task.asking == Asking::Make && count > 1 {
            return Err(Error::new(
                Kind::Unsupported,
                "keys are made on one device and copied to the others by the vendor's backup; open that one alone",
            ));
        }
        let first = self.preferred.load(Ordering::Relaxed);
        let mut order: Vec<usize> = (0..count).map(|step| (first + step) % count).collect();
        // One that failed a moment ago may be well again by the time that all others fail.
        let now = self.now();
        order.sort_by_key(|place| !self.devices[*place].is_awake(now));
        let mut last = None;
        for place in order {
            let device = &self.devices[place];
            match device.member.run(task) {
                Err(refusal) if refusal.elsewhere => {
                    device.rest(self.now());
                    last = Some(refusal.error);
                }
                result => {
                    device.wake();
                    self.preferred.store(place, Ordering::Relaxed);
                    return result.map_err(Error::from);
                }
            }
        }
        Err(last.unwrap_or_else(|| Error::new(Kind::Internal, "there is no device; please report it")))
    }

    /// Whether this device is one of several here.
    pub(super) fn stands_in_for(&self, device: &Identity) -> bool {
        let Identity { manufacturer, model, serial, label, .. } = device;
        let means = |uri: &Uri| {
            (uri.token.is_some() || uri.serial.is_some()) && uri.fits([label, manufacturer, model, serial])
        };
        self.devices.len() > 1 && self.devices.iter().any(|device| means(&device.member.uri()))
    }

    /// Every device answers.
    pub(super) fn check_all(&self) -> Result<()> {
        self.devices.iter().try_for_each(|device| Ok(device.member.run(&health())?))
    }

    fn now(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }
}

impl Watched {
    fn is_awake(&self, now: u64) -> bool {
        self.resting.load(Ordering::Relaxed) <= now
    }

    fn rest(&self, now: u64) {
        self.resting.store(now + REST, Ordering::Relaxed);
    }

    fn wake(&self) {
        self.resting.store(0, Ordering::Relaxed);
    }
}

impl Provider for Token {
    fn describe(&self) -> String {
        "pkcs11".to_owned()
    }

    fn place(&self) -> Result<Option<(RootId, Identity)>> {
        let Some(id) = self.wanted.as_ref().and_then(|wanted| wanted.id.as_deref()) else { return Ok(None) };
        let id = id.try_into().map_err(|_| {
            Error::new(
                Kind::Invalid,
                "a root key has an id of 16 bytes; name one, as `miyao root show` tells it",
            )
        })?;
        Ok(Some((RootId(id), self.identity()?)))
    }

    fn seal(&self, master: &Secret<32>, binding: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let facts = self.facts(self.wanted()?)?;
        let secret = Arc::new(Secret::random(rng));
        let aad = [binding, &facts.claims.to_bytes()?].concat();
        let blob = self.hide(&facts, &secret, &aad, rng)?;
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let seal = sealed::assemble(&facts.claims, &blob, &secret, (master, binding), &salt)?;
        // What the device cannot open again must not become the only copy.
        let opened = self.open(&seal, binding)?;
        if bool::from(subtle::ConstantTimeEq::ct_eq(&opened, master)) {
            return Ok(seal);
        }
        Err(Error::new(Kind::SelfTest, "the token opened something else than it sealed; do not use it"))
    }

    fn open(&self, seal: &[u8], binding: &[u8]) -> Result<Secret<32>> {
        let sealed = Sealed::parse(seal)?;
        let claims = &sealed.claims;
        claims.suite.check_policy(self.inner.settings.gm_only)?;
        if self.wanted.as_ref().and_then(|wanted| wanted.id.as_deref()).is_some_and(|id| id != claims.root) {
            return Err(Error::new(
                Kind::Rejected,
                "another root key sealed this key store; name it in the URI",
            )
            .about(format!("id={}", Uri { id: Some(claims.root.to_vec()), ..Uri::default() })));
        }
        let aad = [binding, &claims.to_bytes()?].concat();
        let secret = self.reveal(claims, sealed.blob, aad)?;
        sealed.open(&secret, binding)
    }
}

impl Roots for Token {
    fn create(&self, id: &RootId) -> Result<Box<dyn Provider>> {
        let (id, suite) = (*id, self.inner.settings.suite);
        let work = shared(move |session| session.make_root(id, suite).map(drop));
        self.inner.run(&Task { work, ..Task::of(Asking::Make) })?;
        Ok(Box::new(self.named(Wanted::by_id(&id.0))))
    }

    fn find(&self, id: &RootId) -> Result<Option<Box<dyn Provider>>> {
        let wanted = Wanted::by_id(&id.0);
        let sought = wanted.clone();
        let work = shared(move |session| Ok(session.find(&sought)?.is_some()));
        let found = self.inner.run(&Task { work, ..Task::of(Asking::Use) })?;
        Ok(found.then(|| Box::new(self.named(wanted)) as Box<dyn Provider>))
    }
}

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list()
            .entries(self.inner.devices.iter().map(|device| format!("{}", device.member.uri())))
            .finish()
    }
}
