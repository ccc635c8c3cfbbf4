//! A token of its own for each test, one test at a time, and the calls with Rust's types around them.

use std::{
    ffi::c_void,
    fs,
    path::PathBuf,
    ptr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cryptoki_sys::{
    self as ck, CK_ATTRIBUTE, CK_BYTE, CK_FUNCTION_LIST_3_2, CK_MECHANISM, CK_RV, CK_ULONG, CK_VERSION,
};

pub(crate) const OFFICER: &[u8] = b"officer-pin";
pub(crate) const USER: &[u8] = b"user-pin";
/// miyao's own numbers.
pub(crate) const OWN: CK_ULONG = 0xCD59_0000;
pub(crate) const SM2: CK_ULONG = OWN + 1;
pub(crate) const SM4: CK_ULONG = OWN + 2;
pub(crate) const SM2_OID: &[u8] = &[0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D];

/// The module is one a process.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) struct Desk {
    pub(crate) list: &'static CK_FUNCTION_LIST_3_2,
    pub(crate) directory: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// A call through the table.
macro_rules! call {
    ($desk:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        let entry = $desk.list.$name.unwrap();
        // SAFETY: the arguments are values, or places of the test that outlive the call; NULLs are what is tried.
        unsafe { entry($($argument),*) }
    }};
}
pub(crate) use call;

pub(crate) type Template = Vec<(CK_ULONG, Vec<u8>)>;

pub(crate) fn flag(kind: CK_ULONG, value: bool) -> (CK_ULONG, Vec<u8>) {
    (kind, vec![value.into()])
}

pub(crate) fn number(kind: CK_ULONG, value: CK_ULONG) -> (CK_ULONG, Vec<u8>) {
    (kind, value.to_ne_bytes().to_vec())
}

pub(crate) fn bytes(kind: CK_ULONG, value: &[u8]) -> (CK_ULONG, Vec<u8>) {
    (kind, value.to_vec())
}

/// The attributes of a template; they point into it.
pub(crate) fn raw(template: &Template) -> Vec<CK_ATTRIBUTE> {
    let one = |(kind, value): &(CK_ULONG, Vec<u8>)| CK_ATTRIBUTE {
        type_: *kind,
        pValue: value.as_ptr().cast_mut().cast(),
        ulValueLen: value.len() as CK_ULONG,
    };
    template.iter().map(one).collect()
}

pub(crate) fn mechanism(code: CK_ULONG, parameter: &[u8]) -> CK_MECHANISM {
    CK_MECHANISM {
        mechanism: code,
        pParameter: parameter.as_ptr().cast_mut().cast(),
        ulParameterLen: parameter.len() as CK_ULONG,
    }
}

/// A structure as a parameter.
pub(crate) fn with<T>(code: CK_ULONG, parameter: &mut T) -> CK_MECHANISM {
    CK_MECHANISM {
        mechanism: code,
        pParameter: ptr::from_mut(parameter).cast(),
        ulParameterLen: size_of::<T>() as CK_ULONG,
    }
}

/// The module's table of 3.2, which begins as every older one.
pub(crate) fn table() -> &'static CK_FUNCTION_LIST_3_2 {
    let mut found = ptr::null_mut();
    let (name, mut version) = (c"PKCS 11".as_ptr().cast_mut().cast(), CK_VERSION { major: 3, minor: 2 });
    // SAFETY: a text that ends, a version, and room for a pointer.
    let rv = unsafe { miyao_pkcs11::C_GetInterface(name, &raw mut version, &raw mut found, 0) };
    assert_eq!(rv, ck::CKR_OK);
    // SAFETY: the module's interfaces are statics of it.
    let table = unsafe { (*found).pFunctionList }.cast::<CK_FUNCTION_LIST_3_2>();
    // SAFETY: and its tables; this version's has this type.
    unsafe { &*table }
}

impl Desk {
    /// An initialised module over an empty store.
    pub(crate) fn bare(more: &str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = Self { list: table(), directory: tempfile::tempdir().unwrap(), _turn: turn };
        call!(desk, C_Finalize(ptr::null_mut()));
        let (file, store) = (desk.directory.path().join("conf"), desk.directory.path().join("store"));
        let head = if more.contains("profile") { more } else { "" };
        let rest = if head.is_empty() { more } else { "" };
        let pin = if more.contains("[pin]") { "" } else { "[pin]\niterations = 1024\nfloor = 1024\n" };
        fs::write(&file, format!("store = '{}'\n{head}\n{pin}{rest}", store.display())).unwrap();
        // SAFETY: who reads the environment has the turn, which this test has.
        unsafe { std::env::set_var("MIYAO_PKCS11_CONF", &file) };
        assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_OK);
        desk
    }

    /// And a token with both PINs.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// The module over the store of another process, which says where in the environment.
    pub(crate) fn attach() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = Self { list: table(), directory: tempfile::tempdir().unwrap(), _turn: turn };
        assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_OK);
        desk
    }

    pub(crate) fn with(more: &str) -> Self {
        let desk = Self::bare(more);
        assert_eq!(desk.init_token(OFFICER), ck::CKR_OK);
        desk.set_user_pin();
        desk
    }

    /// The user's PIN, set by the officer in a session for it.
    pub(crate) fn set_user_pin(&self) {
        let session = self.open(true);
        assert_eq!(self.login(session, ck::CKU_SO, OFFICER), ck::CKR_OK);
        assert_eq!(call!(self, C_InitPIN(session, at(USER), len(USER))), ck::CKR_OK);
        assert_eq!(call!(self, C_CloseSession(session)), ck::CKR_OK);
    }

    pub(crate) fn token_file(&self) -> PathBuf {
        self.directory.path().join("store/slot-0/token")
    }

    pub(crate) fn init_token(&self, pin: &[u8]) -> CK_RV {
        let label = [b'x'; 32];
        call!(self, C_InitToken(0, at(pin), len(pin), at(&label)))
    }

    pub(crate) fn try_open(&self, writable: bool) -> Result<CK_ULONG, CK_RV> {
        let mut session = 0;
        let flags = ck::CKF_SERIAL_SESSION | if writable { ck::CKF_RW_SESSION } else { 0 };
        result(call!(self, C_OpenSession(0, flags, ptr::null_mut(), None, &raw mut session)), session)
    }

    pub(crate) fn open(&self, writable: bool) -> CK_ULONG {
        self.try_open(writable).unwrap()
    }

    /// A session that writes, with the user logged in.
    pub(crate) fn user(&self) -> CK_ULONG {
        let session = self.open(true);
        assert_eq!(self.login(session, ck::CKU_USER, USER), ck::CKR_OK);
        session
    }

    pub(crate) fn login(&self, session: CK_ULONG, user: CK_ULONG, pin: &[u8]) -> CK_RV {
        call!(self, C_Login(session, user, at(pin), len(pin)))
    }

    pub(crate) fn create(&self, session: CK_ULONG, template: &Template) -> Result<CK_ULONG, CK_RV> {
        let (mut attributes, mut made) = (raw(template), 0);
        let count = attributes.len() as CK_ULONG;
        result(call!(self, C_CreateObject(session, attributes.as_mut_ptr(), count, &raw mut made)), made)
    }

    pub(crate) fn generate(
        &self,
        session: CK_ULONG,
        code: CK_ULONG,
        template: &Template,
    ) -> Result<CK_ULONG, CK_RV> {
        let (mut attributes, mut made, mut how) = (raw(template), 0, mechanism(code, &[]));
        let count = attributes.len() as CK_ULONG;
        let rv =
            call!(self, C_GenerateKey(session, &raw mut how, attributes.as_mut_ptr(), count, &raw mut made));
        result(rv, made)
    }

    pub(crate) fn pair(
        &self,
        session: CK_ULONG,
        code: CK_ULONG,
        public: &Template,
        private: &Template,
    ) -> Result<(CK_ULONG, CK_ULONG), CK_RV> {
        let (mut first, mut second, mut how) = (raw(public), raw(private), mechanism(code, &[]));
        let (mut one, mut other) = (0, 0);
        let rv = call!(
            self,
            C_GenerateKeyPair(
                session,
                &raw mut how,
                first.as_mut_ptr(),
                first.len() as CK_ULONG,
                second.as_mut_ptr(),
                second.len() as CK_ULONG,
                &raw mut one,
                &raw mut other
            )
        );
        result(rv, (one, other))
    }

    /// An attribute, asked for its length first.
    pub(crate) fn attribute(
        &self,
        session: CK_ULONG,
        object: CK_ULONG,
        kind: CK_ULONG,
    ) -> Result<Vec<u8>, CK_RV> {
        let mut asked = CK_ATTRIBUTE { type_: kind, pValue: ptr::null_mut(), ulValueLen: 0 };
        let rv = call!(self, C_GetAttributeValue(session, object, &raw mut asked, 1));
        result(rv, ())?;
        let mut value = vec![0u8; usize::try_from(asked.ulValueLen).unwrap()];
        asked.pValue = value.as_mut_ptr().cast::<c_void>();
        result(call!(self, C_GetAttributeValue(session, object, &raw mut asked, 1)), value)
    }

    pub(crate) fn set(&self, session: CK_ULONG, object: CK_ULONG, template: &Template) -> CK_RV {
        let mut attributes = raw(template);
        let count = attributes.len() as CK_ULONG;
        call!(self, C_SetAttributeValue(session, object, attributes.as_mut_ptr(), count))
    }

    pub(crate) fn find(&self, session: CK_ULONG, template: &Template) -> Vec<CK_ULONG> {
        let mut attributes = raw(template);
        let count = attributes.len() as CK_ULONG;
        assert_eq!(call!(self, C_FindObjectsInit(session, attributes.as_mut_ptr(), count)), ck::CKR_OK);
        let (mut found, mut some) = (Vec::new(), [0; 3]);
        loop {
            let mut count = 0;
            assert_eq!(call!(self, C_FindObjects(session, some.as_mut_ptr(), 3, &raw mut count)), ck::CKR_OK);
            if count == 0 {
                break;
            }
            found.extend_from_slice(&some[..usize::try_from(count).unwrap()]);
        }
        assert_eq!(call!(self, C_FindObjectsFinal(session)), ck::CKR_OK);
        found
    }

    pub(crate) fn encrypt(
        &self,
        session: CK_ULONG,
        how: &CK_MECHANISM,
        key: CK_ULONG,
        text: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let mut how = *how;
        result(call!(self, C_EncryptInit(session, &raw mut how, key)), ())?;
        two_calls(|out, room| call!(self, C_Encrypt(session, at(text), len(text), out, room)))
    }

    pub(crate) fn decrypt(
        &self,
        session: CK_ULONG,
        how: &CK_MECHANISM,
        key: CK_ULONG,
        text: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let mut how = *how;
        result(call!(self, C_DecryptInit(session, &raw mut how, key)), ())?;
        two_calls(|out, room| call!(self, C_Decrypt(session, at(text), len(text), out, room)))
    }

    pub(crate) fn sign(
        &self,
        session: CK_ULONG,
        how: &CK_MECHANISM,
        key: CK_ULONG,
        text: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let mut how = *how;
        result(call!(self, C_SignInit(session, &raw mut how, key)), ())?;
        two_calls(|out, room| call!(self, C_Sign(session, at(text), len(text), out, room)))
    }

    pub(crate) fn verify(
        &self,
        session: CK_ULONG,
        how: &CK_MECHANISM,
        key: CK_ULONG,
        text: &[u8],
        signature: &[u8],
    ) -> CK_RV {
        let mut how = *how;
        let rv = call!(self, C_VerifyInit(session, &raw mut how, key));
        if rv != ck::CKR_OK {
            return rv;
        }
        call!(self, C_Verify(session, at(text), len(text), at(signature), len(signature)))
    }

    pub(crate) fn digest(
        &self,
        session: CK_ULONG,
        how: &CK_MECHANISM,
        text: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let mut how = *how;
        result(call!(self, C_DigestInit(session, &raw mut how)), ())?;
        two_calls(|out, room| call!(self, C_Digest(session, at(text), len(text), out, room)))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        call!(self, C_Finalize(ptr::null_mut()));
    }
}

/// An answer in two calls: its length, a byte too little room, then all of it.
pub(crate) fn two_calls(mut ask: impl FnMut(*mut CK_BYTE, *mut CK_ULONG) -> CK_RV) -> Result<Vec<u8>, CK_RV> {
    let mut room = 0;
    result(ask(ptr::null_mut(), &raw mut room), ())?;
    let mut out = vec![0u8; usize::try_from(room).unwrap()];
    let rv = ask(out.as_mut_ptr(), &raw mut room);
    out.truncate(usize::try_from(room).unwrap());
    result(rv, out)
}

pub(crate) const fn at(bytes: &[u8]) -> *mut CK_BYTE {
    bytes.as_ptr().cast_mut()
}

pub(crate) const fn len(bytes: &[u8]) -> CK_ULONG {
    bytes.len() as CK_ULONG
}

pub(crate) fn result<T>(rv: CK_RV, value: T) -> Result<T, CK_RV> {
    if rv == ck::CKR_OK { Ok(value) } else { Err(rv) }
}

/// An SM4 key of the session for any use.
pub(crate) fn sm4_template() -> Template {
    [ck::CKA_ENCRYPT, ck::CKA_DECRYPT, ck::CKA_WRAP, ck::CKA_UNWRAP, ck::CKA_SIGN, ck::CKA_VERIFY]
        .map(|usage| flag(usage, true))
        .to_vec()
}

/// The answers to a wrapped key that was altered.
pub(crate) const OOPS: [CK_RV; 2] = [ck::CKR_WRAPPED_KEY_INVALID, ck::CKR_WRAPPED_KEY_LEN_RANGE];
