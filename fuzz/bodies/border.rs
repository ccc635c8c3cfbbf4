//! The C border of the PKCS#11 module: calls in any order, with arguments of any kind, on a token in a directory of its own.
//!
//! What must hold: every answer is one that the standard lists for the call and none says that something went wrong inside, as
//! a caught panic would; what fails writes nothing, and nothing is written beyond the room that was given; who is logged in
//! decides what is made, seen and read.
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]

#[path = "border/calls.rs"]
mod calls;
#[path = "border/keys.rs"]
mod keys;
#[path = "border/message.rs"]
mod message;
#[path = "border/model.rs"]
mod model;
#[path = "border/objects.rs"]
mod objects;
#[path = "border/stream.rs"]
mod stream;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process, ptr,
    sync::{Mutex, OnceLock, PoisonError},
};

use cryptoki_sys::{self as ck, CK_FUNCTION_LIST_3_2, CK_RV, CK_ULONG, CK_VERSION};
pub use model::USER;
use model::{Answers, Login, Model, OFFICER};
use stream::Stream;

/// A call through the table.
macro_rules! call {
    ($list:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        let entry = $list.$name.expect("no entry is NULL");
        // SAFETY: every pointer is NULL or leads to as many bytes as its length says, until the call ends; where a length is
        // longer, it is one that the module refuses before it reads.
        let rv = unsafe { entry($($argument),*) };
        $crate::border::tell(stringify!($name), rv);
        rv
    }};
}
use call;

/// Which calls gave which answers.
static ANSWERS: Mutex<BTreeSet<(&str, CK_RV)>> = Mutex::new(BTreeSet::new());

fn tell(call: &'static str, rv: CK_RV) {
    ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).insert((call, rv));
}

/// Which calls gave which answers so far: whether the body gets far.
#[must_use]
pub fn answers() -> BTreeSet<(&'static str, CK_RV)> {
    ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The most calls of one input.
const MOST: usize = 96;

/// Where the module's store and configuration lie, and the token as it is at the beginning.
struct Place {
    directory: PathBuf,
    token: Vec<u8>,
}

/// The module is one a process.
static TURN: Mutex<()> = Mutex::new(());
static PLACE: OnceLock<Place> = OnceLock::new();

/// The newest table, which begins as the older ones.
fn table() -> &'static CK_FUNCTION_LIST_3_2 {
    let (mut found, mut version) = (ptr::null_mut(), CK_VERSION { major: 3, minor: 2 });
    let name = c"PKCS 11".as_ptr().cast_mut().cast();
    // SAFETY: a text that ends, a version, and room for a pointer.
    let rv = unsafe { miyao_pkcs11::C_GetInterface(name, &raw mut version, &raw mut found, 0) };
    assert_eq!(rv, ck::CKR_OK);
    // SAFETY: the module's interfaces are statics of it.
    let table = unsafe { (*found).pFunctionList }.cast::<CK_FUNCTION_LIST_3_2>();
    // SAFETY: and its tables; this version's has this type.
    unsafe { &*table }
}

impl Place {
    fn get() -> &'static Self {
        PLACE.get_or_init(|| {
            // In memory where that is to be had: every login syncs the token's file.
            let memory = Path::new("/dev/shm");
            let parent = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
            let directory = parent.join(format!("miyao-border-{}", process::id()));
            fs::create_dir_all(&directory).expect("a scratch directory");
            token_in(&directory);
            let mut place = Self { directory, token: Vec::new() };
            place.token = fs::read(place.token_file()).expect("the token");
            place
        })
    }

    fn token_file(&self) -> PathBuf {
        self.directory.join("store/slot-0/token")
    }
}

fn configure(directory: &Path, text: &[u8]) {
    let file = directory.join("conf");
    fs::write(&file, text).expect("a configuration");
    // SAFETY: nobody else reads or writes the environment: who has the turn is alone.
    unsafe { env::set_var("MIYAO_PKCS11_CONF", &file) };
}

fn usual(directory: &Path) -> Vec<u8> {
    let store = directory.join("store");
    format!("store = '{}'\n[pin]\niterations = 1024\nfloor = 1024\n", store.display()).into_bytes()
}

/// Makes a token `border` with both PINs in this directory, which the environment names from now on.
pub fn token_in(directory: &Path) {
    configure(directory, &usual(directory));
    let (list, mut session, mut label) = (table(), 0, [b' '; 32]);
    label[..6].copy_from_slice(b"border");
    let (officer, user) = (OFFICER.as_ptr().cast_mut(), USER.as_ptr().cast_mut());
    let (officer_len, user_len) = (OFFICER.len() as CK_ULONG, USER.len() as CK_ULONG);
    let writing = ck::CKF_SERIAL_SESSION | ck::CKF_RW_SESSION;
    let answers = [
        call!(list, C_Initialize(ptr::null_mut())),
        call!(list, C_InitToken(0, officer, officer_len, label.as_mut_ptr())),
        call!(list, C_OpenSession(0, writing, ptr::null_mut(), None, &raw mut session)),
        call!(list, C_Login(session, ck::CKU_SO, officer, officer_len)),
        call!(list, C_InitPIN(session, user, user_len)),
        call!(list, C_Finalize(ptr::null_mut())),
    ];
    assert_eq!(answers, [ck::CKR_OK; 6]);
}

/// Removes what the bodies left on the disk; they are over.
pub fn tidy() {
    if let Some(place) = PLACE.get() {
        let _ = fs::remove_dir_all(&place.directory);
    }
}

/// Calls in any order.
pub fn calls(data: &[u8]) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::get();
    // Of an input before that ended with a panic.
    call!(table(), C_Finalize(ptr::null_mut()));
    fs::write(place.token_file(), &place.token).expect("the token");
    configure(&place.directory, &usual(&place.directory));
    let mut run = Run { list: table(), stream: Stream(data), model: Model::new() };
    run.initialize();
    if run.model.is_initialized && !run.stream.one_in(4) {
        run.furnish();
    }
    for _ in 0..MOST {
        if run.stream.is_over() {
            break;
        }
        run.step();
        run.check_states();
    }
    call!(run.list, C_Finalize(ptr::null_mut()));
}

/// Any bytes as the module's configuration: it is taken or refused, and what is taken holds.
pub fn settings(data: &[u8]) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (place, list) = (Place::get(), table());
    call!(list, C_Finalize(ptr::null_mut()));
    configure(&place.directory, data);
    match call!(list, C_Initialize(ptr::null_mut())) {
        ck::CKR_OK => {
            let (mut count, mut info) = (0, ck::CK_TOKEN_INFO::default());
            assert_eq!(call!(list, C_GetSlotList(0, ptr::null_mut(), &raw mut count)), ck::CKR_OK);
            assert!((1..=64).contains(&count), "{count} slots");
            if call!(list, C_GetTokenInfo(0, &raw mut info)) == ck::CKR_OK {
                assert!((4..=64).contains(&info.ulMinPinLen), "PINs of {} bytes", info.ulMinPinLen);
            }
            assert_eq!(call!(list, C_Finalize(ptr::null_mut())), ck::CKR_OK);
        }
        rv => assert_eq!(rv, ck::CKR_GENERAL_ERROR),
    }
}

/// One input at work.
struct Run<'a> {
    list: &'static CK_FUNCTION_LIST_3_2,
    stream: Stream<'a>,
    model: Model,
}

impl Run<'_> {
    /// That an answer is one of those that the standard lists, and fits whether there is such a session.
    fn listed(&self, rv: CK_RV, session: Option<CK_ULONG>, answers: &[Answers]) {
        if !self.model.is_initialized {
            assert_eq!(rv, ck::CKR_CRYPTOKI_NOT_INITIALIZED);
            return;
        }
        let is_open = session.is_none_or(|session| self.model.writes(session).is_some());
        if rv == ck::CKR_OK || rv == ck::CKR_SESSION_HANDLE_INVALID {
            assert_eq!(rv == ck::CKR_OK, is_open, "{rv:#x} where a session is open: {is_open}");
            return;
        }
        let listed = rv == ck::CKR_ARGUMENTS_BAD || answers.iter().any(|answers| answers.contains(&rv));
        assert!(listed, "{rv:#x} is no answer of this call");
    }

    /// A session that is open, mostly.
    fn session(&mut self) -> CK_ULONG {
        let open: Vec<_> = self.model.sessions.iter().map(|(handle, _)| *handle).collect();
        match open.last() {
            Some(last) if !self.stream.one_in(32) => {
                let at = usize::from(self.stream.byte());
                open.get(at).copied().unwrap_or(*last)
            }
            last => self.stream.of(&[0, last.map_or(1, |last| last + 1), CK_ULONG::MAX]),
        }
    }

    /// A handle of an object, mostly.
    fn object(&mut self) -> CK_ULONG {
        let at = usize::from(self.stream.byte());
        let known = &self.model.objects;
        match known.len() {
            0 => at as CK_ULONG,
            _ if at == 255 => CK_ULONG::MAX,
            len => known[len - 1 - at % len],
        }
    }

    /// Every session is in the state that the model has it in.
    fn check_states(&self) {
        for (session, writes) in &self.model.sessions {
            let mut info = ck::CK_SESSION_INFO::default();
            assert_eq!(call!(self.list, C_GetSessionInfo(*session, &raw mut info)), ck::CKR_OK);
            assert_eq!(info.state, self.model.state(*writes));
        }
    }

    /// What was made may be there: on the token by a session that writes, private by the user.
    fn check_made(&mut self, session: CK_ULONG, made: CK_ULONG) {
        let flag = |kind| self.flag(session, made, kind);
        let (token, private) = (flag(ck::CKA_TOKEN), flag(ck::CKA_PRIVATE));
        assert!(token.is_some() && private.is_some(), "what was made is there");
        assert!(token != Some(true) || self.model.writes(session) == Some(true));
        assert!(private != Some(true) || self.model.login == Login::User);
        self.model.objects.push(made);
    }

    /// A flag of an object that is seen.
    fn flag(&self, session: CK_ULONG, object: CK_ULONG, kind: CK_ULONG) -> Option<bool> {
        let mut value = 7u8;
        let mut asked = ck::CK_ATTRIBUTE { type_: kind, pValue: (&raw mut value).cast(), ulValueLen: 1 };
        match call!(self.list, C_GetAttributeValue(session, object, &raw mut asked, 1)) {
            ck::CKR_OK => Some(value == 1),
            _ => None,
        }
    }
}
