//! Medians of messages and tokens from memory to memory: `cargo bench --bench envelope`. Ids read
//! `envelope/way/operation/threads/bytes`; `envelope/raw` is the AEAD alone over the same frames, on as many threads.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench has no API and ends by panicking")]

use core::{hint::black_box, num::NonZeroUsize, time::Duration};
use std::{io::Write, thread};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use miyao::{
    Secret,
    algo::{drbg::Drbg, mode::gcm::Gcm},
    envelope::{
        self, Context, Decryptor, Encryptor, Entry, FileKey, HeaderDigest, Opener, Options, Suite, Unwrap,
        Wrap, kms_unwrap, kms_wrap, token,
    },
};
use rand_core::CryptoRng;

const BYTES: usize = 16 << 20;
const FRAME: usize = 1 << 16;

struct Kms;

fn secret() -> Secret<32> {
    Secret::build(|bytes| bytes.fill(7))
}

impl Wrap for Kms {
    fn wrap(
        &self,
        key: &FileKey,
        header: &HeaderDigest,
        mut rng: &mut dyn CryptoRng,
    ) -> miyao::Result<Entry> {
        kms_wrap(&secret(), [1; 16], 1, key, header, &mut rng)
    }
}

impl Unwrap for Kms {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<miyao::Result<FileKey>> {
        Some(kms_unwrap(&secret(), entry, header).map_err(Into::into))
    }
}

/// Memory that is written over and over: what a page cache would be, without its faults.
struct Sink(Vec<u8>);

impl Write for &mut Sink {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0[..data.len()].copy_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn raw(data: &mut [u8], threads: usize) {
    thread::scope(|scope| {
        for part in data.chunks_mut(data.len().div_ceil(threads)) {
            scope.spawn(move || {
                let gcm = Gcm::<16>::new(&[3; 16]);
                for frame in part.chunks_mut(FRAME) {
                    black_box(gcm.encrypt(&[5; 12], &[], frame).unwrap());
                }
            });
        }
    });
}

fn messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("envelope");
    group.throughput(Throughput::Bytes(BYTES as u64));
    let (text, mut rng) = (vec![0x5a; BYTES], Drbg::new(&[1; 32], b"", b""));
    let message = envelope::encrypt(&text, &Options::to(&Kms), &mut rng).unwrap();
    let mut sink = Sink(vec![0; 32 << 20]);
    for threads in [1, 2] {
        let id = |way: &str| BenchmarkId::new(format!("{way}/threads-{threads}"), BYTES);
        let count = NonZeroUsize::new(threads).unwrap();
        let mut data = text.clone();
        group.bench_function(id("raw/encrypt"), |b| b.iter(|| raw(&mut data, threads)));
        group.bench_function(id("stream/encrypt"), |b| {
            b.iter(|| {
                let options = Options::to(&Kms).threads(count);
                let mut encryptor = Encryptor::new(&mut sink, &options, &mut rng).unwrap();
                encryptor.copy_from(&mut text.as_slice()).unwrap();
                encryptor.finish().unwrap();
            });
        });
        group.bench_function(id("stream/decrypt"), |b| {
            b.iter(|| {
                let opener = Opener::with(&Kms).threads(count);
                let mut decryptor = Decryptor::new(message.as_slice(), &opener).unwrap();
                decryptor.copy_to(&mut &mut sink).unwrap();
                decryptor.finish().unwrap();
            });
        });
    }
    let id = |way| BenchmarkId::new(way, BYTES);
    group.bench_function(id("memory/encrypt"), |b| {
        b.iter(|| envelope::encrypt(&text, &Options::to(&Kms), &mut rng).unwrap());
    });
    group.bench_function(id("memory/decrypt"), |b| {
        b.iter(|| envelope::decrypt(&message, &Opener::with(&Kms)).unwrap());
    });
}

fn tokens(c: &mut Criterion) {
    let (context, secret) = (Context::new().with("row", "7").unwrap(), secret());
    let mut rng = Drbg::new(&[2; 32], b"", b"");
    for (suite, name) in [(Suite::CtrHmac, "token"), (Suite::Gcm, "token-gcm")] {
        for size in [64, 1024] {
            let text = vec![1; size];
            let made = token::encrypt(&secret, &[1; 16], 1, suite, &context, &text, &mut rng).unwrap();
            c.bench_function(&format!("{name}/encrypt/{size}"), |b| {
                b.iter(|| token::encrypt(&secret, &[1; 16], 1, suite, &context, &text, &mut rng));
            });
            c.bench_function(&format!("{name}/decrypt/{size}"), |b| {
                b.iter(|| token::decrypt(&secret, &[1; 16], &context, &made));
            });
        }
    }
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4))
        .sample_size(20)
}

criterion_group! { name = benches; config = short(); targets = messages, tokens }
criterion_main!(benches);
