//! What the border costs: a token of 64 bytes made and opened by the library, and through the C interface by functions that nobody inlines.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and tells what it measured"
)]

extern crate alloc;

use alloc::sync::Arc;
use core::{
    ffi::{c_char, c_void},
    hint::black_box,
    ptr::null_mut,
};
use std::time::Instant;

use miyao::{
    envelope::Context,
    key::{KeyName, NewKey, Principal, Spec},
    kms::{self, KeyRef, Kms},
    provider::software::KeyFile,
    store::sqlite::Sqlite,
};
use miyao_ffi as _;

unsafe extern "C" {
    fn miyao_root_key_file_open(
        path: *const c_char,
        path_len: usize,
        out: *mut *mut c_void,
        error: *mut *mut c_void,
    ) -> u32;
    fn miyao_kms_open(
        path: *const c_char,
        path_len: usize,
        root: *const c_void,
        principal: *const c_char,
        principal_len: usize,
        out: *mut *mut c_void,
        error: *mut *mut c_void,
    ) -> u32;
    fn miyao_key_ref_new(
        text: *const c_char,
        text_len: usize,
        out: *mut *mut c_void,
        error: *mut *mut c_void,
    ) -> u32;
    fn miyao_context_new(out: *mut *mut c_void) -> u32;
    fn miyao_context_add(
        context: *mut c_void,
        key: *const u8,
        key_len: usize,
        value: *const u8,
        value_len: usize,
        error: *mut *mut c_void,
    ) -> u32;
    fn miyao_kms_encrypt(
        kms: *const c_void,
        key: *const c_void,
        context: *const c_void,
        plaintext: *const u8,
        plaintext_len: usize,
        out: *mut u8,
        out_cap: usize,
        out_len: *mut usize,
        error: *mut *mut c_void,
    ) -> u32;
    fn miyao_kms_decrypt(
        kms: *const c_void,
        context: *const c_void,
        token: *const u8,
        token_len: usize,
        out: *mut u8,
        out_cap: usize,
        out_len: *mut usize,
        key_id: *mut u8,
        key_id_cap: usize,
        version: *mut u32,
        unproven: *mut bool,
        error: *mut *mut c_void,
    ) -> u32;
}

/// The caller of C: what it has made beforehand.
struct Caller {
    kms: *mut c_void,
    key: *mut c_void,
    context: *mut c_void,
}

impl Caller {
    fn new(store: &str, root: &str) -> Self {
        let (mut kms, mut key, mut context, mut key_file) = (null_mut(), null_mut(), null_mut(), null_mut());
        let (who, name) = ("bench", "orders");
        let (root, root_len) = (root.as_ptr().cast(), root.len());
        // SAFETY: as the header says.
        assert_eq!(unsafe { miyao_root_key_file_open(root, root_len, &mut key_file, null_mut()) }, 0);
        let (store, store_len) = (store.as_ptr().cast(), store.len());
        let (who, who_len) = (who.as_ptr().cast(), who.len());
        // SAFETY: as the header says.
        let opened =
            unsafe { miyao_kms_open(store, store_len, key_file, who, who_len, &mut kms, null_mut()) };
        assert_eq!(opened, 0);
        // SAFETY: as the header says.
        let named = unsafe { miyao_key_ref_new(name.as_ptr().cast(), name.len(), &mut key, null_mut()) };
        assert_eq!(named, 0);
        // SAFETY: as the header says.
        assert_eq!(unsafe { miyao_context_new(&mut context) }, 0);
        // SAFETY: as the header says.
        let added = unsafe { miyao_context_add(context, b"row".as_ptr(), 3, b"7".as_ptr(), 1, null_mut()) };
        assert_eq!(added, 0);
        Self { kms, key, context }
    }

    fn encrypt(&self, text: &[u8], token: &mut [u8]) -> usize {
        let mut len = 0;
        // SAFETY: as the header says.
        let status = unsafe {
            miyao_kms_encrypt(
                self.kms,
                self.key,
                self.context,
                text.as_ptr(),
                text.len(),
                token.as_mut_ptr(),
                token.len(),
                &mut len,
                null_mut(),
            )
        };
        assert_eq!(status, 0);
        len
    }

    fn decrypt(&self, token: &[u8], text: &mut [u8]) -> usize {
        let mut len = 0;
        // SAFETY: as the header says.
        let status = unsafe {
            miyao_kms_decrypt(
                self.kms,
                self.context,
                token.as_ptr(),
                token.len(),
                text.as_mut_ptr(),
                text.len(),
                &mut len,
                null_mut(),
                0,
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        assert_eq!(status, 0);
        len
    }
}

/// The median of what one call takes in 200 rounds of 1,000, which the four take in turn: what slows the machine down slows all.
fn medians<const N: usize>(works: [(&str, &mut dyn FnMut()); N]) {
    let mut works = works.map(|(name, work)| (name, work, Vec::new()));
    for _ in 0..200 {
        for (_, work, took) in &mut works {
            let begun = Instant::now();
            for _ in 0..1000 {
                work();
            }
            took.push(begun.elapsed().as_nanos() as f64 / 1000.0);
        }
    }
    for (name, _, mut took) in works {
        took.sort_by(f64::total_cmp);
        println!("{name:16} {:8.1} ns", took[took.len() / 2]);
    }
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (store, root) = (place("store.db"), place("root.key"));
    let held = KeyFile::create(root.as_ref(), &mut kms::rng().unwrap()).unwrap();
    let by = Principal::parse("bench").unwrap();
    let kms = Kms::init(Arc::new(Sqlite::create(store.as_ref()).unwrap()), &held, by).unwrap();
    let name = KeyName::parse("orders").unwrap();
    kms.create(NewKey::new(name.clone(), Spec::Sm4)).unwrap();
    let (key, context) = (KeyRef::from(name), Context::new().with("row", "7").unwrap());
    let caller = Caller::new(&store, &root);
    let (text, mut token, mut back) = ([7; 64], [0; 127], [0; 64]);
    let sealed = kms.encrypt(&key, &context, &text).unwrap();
    medians([
        ("encrypt/64 rust", &mut || drop(black_box(kms.encrypt(&key, &context, black_box(&text)).unwrap()))),
        ("encrypt/64 c", &mut || assert_eq!(caller.encrypt(black_box(&text), &mut token), 127)),
        ("decrypt/64 rust", &mut || drop(black_box(kms.decrypt(&context, black_box(&sealed)).unwrap()))),
        ("decrypt/64 c", &mut || assert_eq!(caller.decrypt(black_box(&sealed), &mut back), 64)),
    ]);
}
