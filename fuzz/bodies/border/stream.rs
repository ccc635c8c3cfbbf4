//! Choices made from bytes, and arguments made from choices: templates, mechanisms, rooms.
//!
//! Knows no call. Every pointer is NULL or leads to as many bytes as its length says, or the length is one that the module
//! promises to refuse before it reads.

use core::{cell::RefCell, ptr};

use cryptoki_sys::{self as ck, CK_ATTRIBUTE, CK_MECHANISM, CK_ULONG};

/// miyao's own numbers.
pub(super) const OWN: CK_ULONG = 0xCD59_0000;
const SM2_OID: [u8; 10] = [0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D];

/// The input, read from its front; nothing but zeros behind its end.
pub(super) struct Stream<'a>(pub(super) &'a [u8]);

impl Stream<'_> {
    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    pub(super) fn one_in(&mut self, many: u8) -> bool {
        self.byte() % many == many - 1
    }

    pub(super) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    pub(super) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let len = usize::from(self.byte()) % (most + 1);
        (0..len).map(|_| self.byte()).collect()
    }

    /// How much room an answer gets.
    pub(super) fn room(&mut self) -> usize {
        self.of(&[0, 1, 12, 15, 16, 17, 31, 32, 33, 63, 64, 71, 72, 130, 300])
    }
}

/// Attributes and what they point to.
pub(super) struct Template {
    values: Vec<Vec<u8>>,
    raw: Vec<CK_ATTRIBUTE>,
    is_null: bool,
}

impl Template {
    pub(super) fn new(stream: &mut Stream<'_>) -> Self {
        // Most attributes of most templates are refused: a few get far.
        let count = stream.of(&[0, 0, 0, 1, 1, 2, 3, 8]);
        let mut made = Self::empty();
        for _ in 0..count {
            made.push(stream);
        }
        made.is_null = stream.one_in(64);
        made
    }

    /// A template of these alone.
    pub(super) fn of(base: &[(CK_ULONG, &[u8])]) -> Self {
        let mut made = Self::empty();
        base.iter().for_each(|(kind, value)| made.put(*kind, value.to_vec(), None));
        made
    }

    /// A template that fits its purpose but for what the stream puts on top.
    pub(super) fn fitting(stream: &mut Stream<'_>, base: &[(CK_ULONG, &[u8])]) -> Self {
        let mut made = if stream.one_in(3) { Self::new(stream) } else { Self::empty() };
        for (kind, value) in base {
            made.put(*kind, value.to_vec(), None);
        }
        made
    }

    const fn empty() -> Self {
        Self { values: Vec::new(), raw: Vec::new(), is_null: false }
    }

    fn push(&mut self, stream: &mut Stream<'_>) {
        let kind = stream.of(&KINDS);
        let value = match stream.byte() % 8 {
            0 => vec![0],
            1..=3 => vec![1],
            4 => stream.of(&NUMBERS).to_ne_bytes().to_vec(),
            5 => SM2_OID.to_vec(),
            6 => vec![stream.byte(); 16],
            _ => stream.bytes(40),
        };
        // Lengths that the module refuses without a look: no value, and far too long a one.
        let claimed = match stream.byte() % 32 {
            0 => Some(CK_ULONG::MAX),
            1 => Some((1 << 20) + 1),
            _ => None,
        };
        self.put(kind, value, claimed);
        if stream.one_in(24)
            && let Some(last) = self.raw.last_mut()
        {
            last.pValue = ptr::null_mut();
        }
    }

    fn put(&mut self, kind: CK_ULONG, mut value: Vec<u8>, claimed: Option<CK_ULONG>) {
        let len = claimed.unwrap_or(value.len() as CK_ULONG);
        self.raw.push(CK_ATTRIBUTE { type_: kind, pValue: value.as_mut_ptr().cast(), ulValueLen: len });
        // The bytes of a vector stay where they are when it moves.
        self.values.push(value);
    }

    pub(super) fn at(&mut self) -> *mut CK_ATTRIBUTE {
        if self.is_null { ptr::null_mut() } else { self.raw.as_mut_ptr() }
    }

    pub(super) fn count(&self) -> CK_ULONG {
        self.raw.len() as CK_ULONG
    }

    pub(super) fn attributes(&mut self) -> &mut [CK_ATTRIBUTE] {
        &mut self.raw
    }
}

/// A mechanism and what it points to.
pub(super) struct Mechanism {
    raw: CK_MECHANISM,
    is_null: bool,
    _parts: Vec<Vec<u8>>,
    _gcm: Box<ck::CK_GCM_PARAMS>,
    _ctr: Box<ck::CK_AES_CTR_PARAMS>,
    _ecdh: Box<ck::CK_ECDH1_DERIVE_PARAMS>,
}

impl Mechanism {
    pub(super) fn new(stream: &mut Stream<'_>, usual: &[CK_ULONG]) -> Self {
        let code = if stream.one_in(8) { stream.of(&CODES) } else { stream.of(usual) };
        let (mut nonce, mut context) = (stream.bytes(16), stream.bytes(4));
        let mut point = POINT.to_vec();
        let mut plain = if stream.one_in(6) { stream.bytes(40) } else { vec![stream.byte(); 16] };
        let mut gcm = Box::new(ck::CK_GCM_PARAMS {
            pIv: nonce.as_mut_ptr(),
            ulIvLen: nonce.len() as CK_ULONG,
            ulIvBits: 0,
            pAAD: if stream.one_in(8) { ptr::null_mut() } else { context.as_mut_ptr() },
            ulAADLen: context.len() as CK_ULONG,
            ulTagBits: stream.of(&[128, 96, 104, 120, 0, 7, 256, CK_ULONG::MAX]),
        });
        let mut ctr = Box::new(ck::CK_AES_CTR_PARAMS {
            ulCounterBits: stream.of(&[128, 32, 1, 0, 129, CK_ULONG::MAX]),
            cb: [stream.byte(); 16],
        });
        let mut ecdh = Box::new(ck::CK_ECDH1_DERIVE_PARAMS {
            kdf: stream.of(&[ck::CKD_NULL, ck::CKD_NULL, 2]),
            ulSharedDataLen: 0,
            pSharedData: ptr::null_mut(),
            ulPublicDataLen: stream.of(&[65, 65, 64, 0]),
            pPublicData: point.as_mut_ptr(),
        });
        // Mostly the shape that the number asks for.
        let shape = match (stream.one_in(6), code.wrapping_sub(OWN)) {
            (true, _) => stream.byte() % 6,
            (_, 0x32 | 0x33) => 1,
            (_, 0x34) => stream.of(&[1, 2]),
            (_, 0x35) => 3,
            (_, 0x15 | 0x16) => stream.of(&[0, 1]),
            _ if code == ck::CKM_ECDH1_DERIVE => 4,
            _ => 0,
        };
        let (place, len) = match shape {
            1 => (plain.as_mut_ptr().cast(), plain.len()),
            2 => (ptr::from_mut(&mut *ctr).cast(), size_of::<ck::CK_AES_CTR_PARAMS>()),
            3 => (ptr::from_mut(&mut *gcm).cast(), size_of::<ck::CK_GCM_PARAMS>()),
            4 => (ptr::from_mut(&mut *ecdh).cast(), size_of::<ck::CK_ECDH1_DERIVE_PARAMS>()),
            5 => (ptr::null_mut(), 16),
            _ => (ptr::null_mut(), 0),
        };
        let raw = CK_MECHANISM { mechanism: code, pParameter: place, ulParameterLen: len as CK_ULONG };
        let is_null = stream.one_in(64);
        Self { raw, is_null, _parts: vec![nonce, context, point, plain], _gcm: gcm, _ctr: ctr, _ecdh: ecdh }
    }

    pub(super) fn at(&mut self) -> *mut CK_MECHANISM {
        if self.is_null { ptr::null_mut() } else { &raw mut self.raw }
    }
}

/// Room for an answer, with guards on both sides.
pub(super) struct Output {
    bytes: RefCell<Vec<u8>>,
    room: usize,
    len: RefCell<CK_ULONG>,
    out_is_null: bool,
    len_is_null: bool,
}

const GUARD: usize = 64;
const UNTOUCHED: u8 = 0xA5;

impl Output {
    pub(super) fn new(stream: &mut Stream<'_>) -> Self {
        let room = stream.room();
        Self {
            bytes: RefCell::new(vec![UNTOUCHED; GUARD + room + GUARD]),
            room,
            len: RefCell::new(room as CK_ULONG),
            out_is_null: stream.one_in(4),
            len_is_null: stream.one_in(64),
        }
    }

    pub(super) fn at(&self) -> *mut u8 {
        if self.out_is_null { ptr::null_mut() } else { self.bytes.borrow_mut()[GUARD..].as_mut_ptr() }
    }

    pub(super) fn len(&self) -> *mut CK_ULONG {
        if self.len_is_null { ptr::null_mut() } else { self.len.as_ptr() }
    }

    /// The length that the caller says.
    pub(super) fn told(&self) -> CK_ULONG {
        self.room as CK_ULONG
    }

    /// What holds of the answer to one attribute; whether its bytes were given.
    pub(super) fn check_attribute(self, told: CK_ULONG) -> bool {
        let bytes = self.bytes.into_inner();
        let is_known = told != ck::CK_UNAVAILABLE_INFORMATION;
        let written =
            if is_known && !self.out_is_null { usize::try_from(told).expect("a length") } else { 0 };
        assert!(written <= self.room, "more than there is room for");
        assert!(bytes[..GUARD].iter().all(|byte| *byte == UNTOUCHED), "before the room");
        assert!(bytes[GUARD + self.room..].iter().all(|byte| *byte == UNTOUCHED), "behind the room");
        is_known && bytes[GUARD..][..written].iter().any(|byte| *byte != UNTOUCHED)
    }

    /// What holds of every answer: its bytes, where there are any.
    pub(super) fn check(self, rv: ck::CK_RV) -> Option<Vec<u8>> {
        let (bytes, told) = (self.bytes.into_inner(), self.len.into_inner());
        assert!(bytes[..GUARD].iter().all(|byte| *byte == UNTOUCHED), "before the room");
        let written = match rv {
            ck::CKR_OK if !self.out_is_null => usize::try_from(told).expect("a length"),
            _ => 0,
        };
        assert!(written <= self.room, "more than there is room for");
        // What fails writes nothing at all, and what succeeds nothing behind its end.
        let rest = &bytes[GUARD + written..];
        assert!(rest.iter().all(|byte| *byte == UNTOUCHED), "{rv:#x}: behind {written} of {}", self.room);
        match rv {
            ck::CKR_BUFFER_TOO_SMALL => {
                assert!(!self.out_is_null && told > self.room as CK_ULONG, "{told} for {}", self.room);
            }
            ck::CKR_OK => assert!(!self.len_is_null),
            _ => assert_eq!(told, self.room as CK_ULONG, "{rv:#x} changes no length"),
        }
        (rv == ck::CKR_OK && !self.out_is_null).then(|| bytes[GUARD..][..written].to_vec())
    }
}

/// The attributes of the standard that the token has, and some that it has not.
const KINDS: [CK_ULONG; 40] = [
    ck::CKA_CLASS,
    ck::CKA_TOKEN,
    ck::CKA_TOKEN,
    ck::CKA_PRIVATE,
    ck::CKA_PRIVATE,
    ck::CKA_LABEL,
    ck::CKA_MODIFIABLE,
    ck::CKA_COPYABLE,
    ck::CKA_DESTROYABLE,
    ck::CKA_APPLICATION,
    ck::CKA_OBJECT_ID,
    ck::CKA_VALUE,
    ck::CKA_CERTIFICATE_TYPE,
    ck::CKA_SUBJECT,
    ck::CKA_TRUSTED,
    ck::CKA_CHECK_VALUE,
    ck::CKA_PUBLIC_KEY_INFO,
    ck::CKA_ID,
    ck::CKA_START_DATE,
    ck::CKA_KEY_TYPE,
    ck::CKA_DERIVE,
    ck::CKA_LOCAL,
    ck::CKA_KEY_GEN_MECHANISM,
    ck::CKA_ALLOWED_MECHANISMS,
    ck::CKA_ENCRYPT,
    ck::CKA_DECRYPT,
    ck::CKA_SIGN,
    ck::CKA_VERIFY,
    ck::CKA_WRAP,
    ck::CKA_UNWRAP,
    ck::CKA_SENSITIVE,
    ck::CKA_ALWAYS_SENSITIVE,
    ck::CKA_EXTRACTABLE,
    ck::CKA_EXTRACTABLE,
    ck::CKA_WRAP_WITH_TRUSTED,
    ck::CKA_ALWAYS_AUTHENTICATE,
    ck::CKA_EC_PARAMS,
    ck::CKA_EC_POINT,
    ck::CKA_VALUE_LEN,
    0x8000_0001,
];

/// Classes, types of keys, and lengths.
const NUMBERS: [CK_ULONG; 12] = [
    ck::CKO_DATA,
    ck::CKO_CERTIFICATE,
    ck::CKO_PUBLIC_KEY,
    ck::CKO_PRIVATE_KEY,
    ck::CKO_SECRET_KEY,
    ck::CKK_EC,
    ck::CKK_GENERIC_SECRET,
    OWN + 1,
    OWN + 2,
    16,
    4097,
    CK_ULONG::MAX,
];

pub(super) const CODES: [CK_ULONG; 25] = [
    OWN + 0x10,
    OWN + 0x11,
    OWN + 0x12,
    OWN + 0x13,
    OWN + 0x14,
    OWN + 0x15,
    OWN + 0x16,
    OWN + 0x18,
    OWN + 0x19,
    OWN + 0x1A,
    OWN + 0x20,
    OWN + 0x21,
    OWN + 0x30,
    OWN + 0x31,
    OWN + 0x32,
    OWN + 0x33,
    OWN + 0x34,
    OWN + 0x35,
    OWN + 0x36,
    ck::CKM_EC_KEY_PAIR_GEN,
    ck::CKM_ECDH1_DERIVE,
    ck::CKM_GENERIC_SECRET_KEY_GEN,
    ck::CKM_AES_CBC,
    0,
    CK_ULONG::MAX,
];

/// The base point of the curve.
const POINT: [u8; 65] = *b"\x04\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";
