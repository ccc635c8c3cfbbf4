//! The random generator of each thread: an SM3 DRBG seeded by the system, seeded again after a fork and every 2^20 requests.
//!
//! Knows neither keys nor stores.

use core::{cell::RefCell, convert::Infallible, fmt, marker::PhantomData};
use std::{process, thread_local};

use rand_core::{TryCryptoRng, TryRng};

use crate::{
    algo::drbg::Drbg,
    error::{Error, Kind, Result},
    fork,
    secret::Secret,
};

/// A handle to this thread's generator. It makes no system call but to seed.
pub struct Rng(PhantomData<*const ()>);

/// This thread's generator, seeded.
///
/// ```
/// use rand_core::Rng as _;
/// let mut bytes = [0; 32];
/// miyao::kms::rng()?.fill_bytes(&mut bytes);
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// [`Entropy`](Kind::Entropy) when the system gives none.
pub fn rng() -> Result<Rng> {
    LOCAL.with_borrow_mut(|local| {
        let generation = fork::generation();
        match local {
            Some(seeded) if seeded.generation == generation && seeded.drbg.generated() < REQUESTS => {}
            Some(seeded) => {
                seeded.drbg.reseed(entropy()?.expose(), &process::id().to_be_bytes());
                seeded.generation = generation;
            }
            None => {
                let drbg = Drbg::new(entropy()?.expose(), &process::id().to_be_bytes(), b"miyao kms");
                *local = Some(Seeded { drbg, generation });
            }
        }
        Ok(Rng(PhantomData))
    })
}

struct Seeded {
    drbg: Drbg,
    generation: u64,
}

thread_local! {
    static LOCAL: RefCell<Option<Seeded>> = const { RefCell::new(None) };
}

/// GM/T 0105-2021, level 1.
const REQUESTS: u64 = 1 << 20;

fn entropy() -> Result<Secret<32>> {
    Secret::try_build(|bytes| {
        getrandom::fill(bytes).map_err(|error| {
            Error::new(Kind::Entropy, "the system gives no randomness; nothing was done").caused_by(error)
        })
    })
}

impl Rng {
    fn with<T>(&self, draw: impl FnOnce(&mut Drbg) -> T) -> T {
        LOCAL.with_borrow_mut(|local| {
            // `rng()` put one there, and nothing takes it out; a fixed seed is never reached.
            let seeded = local.get_or_insert_with(|| Seeded {
                drbg: Drbg::new(&[0; 32], b"", b"unreachable"),
                generation: u64::MAX,
            });
            let generation = fork::generation();
            if seeded.generation != generation && seeded.generation != u64::MAX {
                // Forked while a handle lived: the child leaves the parent's stream before it draws. `rng()` reseeds.
                seeded.drbg.reseed(&[0; 32], &process::id().to_be_bytes());
            }
            draw(&mut seeded.drbg)
        })
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng")
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.with(TryRng::try_next_u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.with(TryRng::try_next_u64)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.with(|drbg| drbg.try_fill_bytes(out))
    }
}

impl TryCryptoRng for Rng {}
