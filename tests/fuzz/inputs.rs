//! Inputs for fuzz bodies: seeds, and what becomes of them by a seeded generator.
//!
//! Knows no body.

use core::time::Duration;
use std::{env, fs, path::Path, time::Instant};

use miyao::algo::drbg::Drbg;
use rand_core::Rng as _;

/// A body: it panics when what must hold does not.
pub(crate) type Body = fn(&[u8]);

/// The time all bodies together may take; the number of inputs follows from it.
const BUDGET: Duration = Duration::from_secs(6);
/// Inputs of one body, at least and at most.
const COUNTS: core::ops::Range<u32> = 100..20_000;

/// Runs every body on its seeds and on what becomes of them. `MIYAO_FUZZ_SECONDS` gives each of them so much time instead,
/// and other inputs every time; `MIYAO_FUZZ_BODY` names the only one.
pub(crate) fn try_all(bodies: &[(&str, Body)], seeds: impl Fn(&str) -> Vec<Vec<u8>>) {
    let asked = env::var("MIYAO_FUZZ_SECONDS").ok().map(|text| text.parse().expect("a number of seconds"));
    let time = asked.map_or(BUDGET / bodies.len() as u32, Duration::from_secs);
    let most = if asked.is_some() { u32::MAX } else { COUNTS.end };
    let mut entropy = [1; 32];
    if asked.is_some() {
        getrandom::fill(&mut entropy).expect("entropy");
    }
    let mut rng = Drbg::new(&entropy, b"tests/fuzz", b"");
    let only = env::var("MIYAO_FUZZ_BODY").ok();
    for (name, body) in bodies.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for (number, seed) in seeds.iter().enumerate() {
            body(seed);
            if let Some(corpus) = env::var_os("MIYAO_WRITE_SEEDS") {
                let dir = Path::new(&corpus).join(name);
                fs::create_dir_all(&dir).expect("a directory");
                fs::write(dir.join(format!("seed-{number}")), seed).expect("a seed");
            }
        }
        let (start, mut inputs) = (Instant::now(), 0u32);
        while inputs < COUNTS.start || (start.elapsed() < time && inputs < most) {
            let input = mutated(&seeds, &mut rng);
            let shown = Shown(name, &input);
            body(&input);
            core::mem::forget(shown);
            inputs += 1;
        }
        println!("{name}: {} seeds, {inputs} inputs", seeds.len());
    }
}

/// Tells the input of a body that panics.
struct Shown<'a>(&'a str, &'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        println!("{} fails on {:02x?}", self.0, self.1);
    }
}

/// One of the seeds, altered in a few of the usual ways; now and then random bytes.
fn mutated(seeds: &[Vec<u8>], rng: &mut Drbg) -> Vec<u8> {
    let mut below = |end: usize| rng.next_u32() as usize % end.max(1);
    let mut input = seeds[below(seeds.len())].clone();
    for _ in 0..1 + below(4) {
        let at = below(input.len());
        match below(9) {
            0 | 1 if !input.is_empty() => input[at] ^= 1 << below(8),
            2 if !input.is_empty() => input[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)],
            3 => input.truncate(at),
            4 => input.insert(at.min(input.len()), below(256) as u8),
            5 if !input.is_empty() => drop(input.remove(at)),
            6 => {
                let other = &seeds[below(seeds.len())];
                let from = below(other.len());
                let len = below(64).min(other.len() - from);
                let end = (at + len).min(input.len());
                input.splice(at.min(end)..end, other[from..from + len].iter().copied());
            }
            7 if !input.is_empty() => {
                let len = 1 + below(16);
                let copy = input[at..(at + len).min(input.len())].to_vec();
                input.splice(at..at, copy);
            }
            _ => input = (0..below(200)).map(|_| below(256) as u8).collect(),
        }
    }
    input
}
