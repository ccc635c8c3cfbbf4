//! miyao without std: the algorithms alone, and with `alloc` messages, tokens and keys. A C program would call this.
#![no_std]

use core::panic::PanicInfo;

use miyao::algo::{drbg::Drbg, selftest};

/// A second one, std's, would make this crate fail to build.
#[panic_handler]
fn halt(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Every known answer, a generator, and with `alloc` one round trip: 0 when all is well.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_nostd() -> i32 {
    if selftest::run().is_err() {
        return 1;
    }
    let mut rng = Drbg::new(&[7; 32], b"", b"nostd");
    round_trip(&mut rng)
}

#[cfg(not(feature = "alloc"))]
fn round_trip(rng: &mut Drbg) -> i32 {
    use miyao::{Secret, algo::mode::gcm::Gcm};
    let (key, mut text) = (Secret::<16>::random(rng), *b"sixteen bytes...");
    let gcm: Gcm = Gcm::new(key.expose());
    let Ok(tag) = gcm.encrypt(&[1; 12], b"aad", &mut text) else { return 2 };
    match gcm.decrypt(&[1; 12], b"aad", &mut text, &tag) {
        Ok(()) if text == *b"sixteen bytes..." => 0,
        _ => 3,
    }
}

#[cfg(feature = "alloc")]
fn round_trip(rng: &mut Drbg) -> i32 {
    use miyao::{
        Secret,
        algo::sm2::PrivateKey,
        envelope::{Context, Opener, Options, Suite, decrypt, encrypt, token},
        key::{Key, KeyId, KeyName, NewKey, Spec, Time},
    };
    let reader = PrivateKey::random(rng);
    let Ok(context) = Context::new().with("row", "7") else { return 2 };
    let options = Options::to(reader.public_key()).context(context.clone());
    let Ok(message) = encrypt(b"value", &options, rng) else { return 3 };
    match decrypt(&message, &Opener::with(&reader).context(context.clone())) {
        Ok(opened) if opened.0.expose() == b"value" => {}
        _ => return 4,
    }
    let (secret, id) = (Secret::random(rng), KeyId::random(rng));
    let made = token::encrypt(&secret, id.as_bytes(), 1, Suite::CtrHmac, &context, b"value", rng);
    match made.and_then(|made| token::decrypt(&secret, id.as_bytes(), &context, &made)) {
        Ok(text) if text.expose() == b"value" => {}
        _ => return 5,
    }
    let Ok(name) = KeyName::parse("key") else { return 6 };
    let Ok(key) = Key::new(id, NewKey::new(name, Spec::Sm4), Time(0)) else { return 7 };
    match key.encode().and_then(|bytes| Key::decode(&bytes)) {
        Ok(read) if read == key => 0,
        _ => 8,
    }
}

/// A heap that only grows: enough for one trip.
#[cfg(feature = "alloc")]
mod heap {
    use core::{
        alloc::{GlobalAlloc, Layout},
        cell::UnsafeCell,
        ptr,
        sync::atomic::{AtomicUsize, Ordering},
    };

    const SIZE: usize = 4 << 20;

    #[repr(align(64))]
    struct Heap {
        bytes: UnsafeCell<[u8; SIZE]>,
        used: AtomicUsize,
    }

    // SAFETY: bytes are handed out once each, by an atomic that only grows.
    unsafe impl Sync for Heap {}

    #[global_allocator]
    static HEAP: Heap = Heap { bytes: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) };

    // SAFETY: every block lies within `bytes`, is aligned (up to the heap's own 64) and meets no other.
    unsafe impl GlobalAlloc for Heap {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let wanted = layout.size().saturating_add(layout.align());
            let start = self.used.fetch_add(wanted, Ordering::Relaxed).next_multiple_of(layout.align());
            if layout.align() > 64 || start.saturating_add(layout.size()) > SIZE {
                return ptr::null_mut();
            }
            // SAFETY: `start` was just seen to lie within the heap.
            unsafe { self.bytes.get().cast::<u8>().add(start) }
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }
}
