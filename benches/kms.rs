//! What warm operations cost, and whether making and rotating keys gets slower as a store grows.
//!
//! `MIYAO_KEYS=100000 cargo bench --bench kms` measures with that many keys; 2,000 by default.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; criterion makes its main")]

extern crate alloc;

use alloc::sync::Arc;
use core::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
};

use criterion::{Criterion, criterion_group, criterion_main};
use miyao::{
    algo::sm2::DEFAULT_USER_ID,
    envelope::Context,
    key::{KeyName, NewKey, Principal, Spec},
    kms::{KeyRef, Kms},
    provider::software::KeyFile,
    store::{Store, memory::Memory, sqlite::Sqlite},
};

fn init(directory: &tempfile::TempDir, store: Arc<dyn Store>) -> Kms {
    let path = directory.path().join("root");
    let root = KeyFile::create(&path, &mut miyao::kms::rng().unwrap()).unwrap();
    Kms::init(store, &root, Principal::parse("bench").unwrap()).unwrap()
}

fn create(kms: &Kms, name: &str, spec: Spec) -> KeyRef {
    kms.create(NewKey::new(KeyName::parse(name).unwrap(), spec)).unwrap();
    KeyRef::parse(name).unwrap()
}

fn warm(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let kms = init(&directory, Arc::new(Memory::new()));
    let (orders, signer) = (create(&kms, "orders", Spec::Sm4), create(&kms, "signer", Spec::Sm2Sign));
    let macer = create(&kms, "macer", Spec::HmacSm3);
    let context = Context::new().with("row", "7").unwrap();
    let token = kms.encrypt(&orders, &context, &[7; 64]).unwrap();
    criterion.bench_function("kms/encrypt/64", |bench| {
        bench.iter(|| kms.encrypt(&orders, &context, black_box(&[7; 64])).unwrap());
    });
    criterion.bench_function("kms/decrypt/64", |bench| {
        bench.iter(|| kms.decrypt(&context, black_box(&token)).unwrap());
    });
    criterion.bench_function("kms/sign/64", |bench| {
        bench.iter(|| kms.sign(&signer, DEFAULT_USER_ID, black_box(&[7; 64])).unwrap());
    });
    criterion.bench_function("kms/mac/64", |bench| {
        bench.iter(|| kms.mac(&macer, black_box(&[7; 64])).unwrap());
    });
}

fn grown(criterion: &mut Criterion) {
    let most: u64 = std::env::var("MIYAO_KEYS").ok().and_then(|keys| keys.parse().ok()).unwrap_or(2000);
    let directory = tempfile::tempdir().unwrap();
    let kms = init(&directory, Arc::new(Sqlite::create(&directory.path().join("store.db")).unwrap()));
    let made = AtomicU64::new(0);
    let next = || create(&kms, &format!("key-{}", made.fetch_add(1, Ordering::Relaxed)), Spec::Sm4);
    let mut group = criterion.benchmark_group("kms/sqlite");
    group.sample_size(20);
    for keys in [most / 100, most] {
        while made.load(Ordering::Relaxed) < keys {
            next();
        }
        group.bench_function(format!("create/{keys}"), |bench| bench.iter(next));
        let first = KeyRef::parse("key-0").unwrap();
        group.bench_function(format!("rotate/{keys}"), |bench| {
            bench.iter(|| kms.rotate(&first, None).unwrap())
        });
        group.bench_function(format!("list-100/{keys}"), |bench| bench.iter(|| kms.list(None, 100).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, warm, grown);
criterion_main!(benches);
