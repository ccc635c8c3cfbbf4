//! Medians of the algorithms: `cargo bench --bench algo -- sm4-gcm`. Ids read `algorithm/operation/backend/bytes`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench has no API and ends by panicking")]

use core::{hint::black_box, num::NonZeroU32, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use miyao::algo::{
    drbg::Drbg,
    ghash::{self, GhashKey},
    hmac,
    mode::{
        cbc,
        ccm::Ccm,
        cmac::Cmac,
        ctr, ecb,
        gcm::{Encryptor, Gcm, Message},
        xts::Xts,
    },
    pbkdf2,
    sm2::{self, DEFAULT_USER_ID, Encoding, Exchange, PreparedPublicKey, PrivateKey, Role},
    sm3::Tier,
    sm4::{Backend, Sm4},
};
use rand_core::Rng as _;

/// Whatever runs where nobody has forced anything; a kernel that is forced goes by its own name.
const BACKEND: &str = "chosen";
/// What can be forced of SM4, where the processor can.
const BACKENDS: [(&str, Backend); 6] = [
    ("avx512", Backend::Avx512),
    ("gfni", Backend::Gfni),
    ("aesni", Backend::Aesni),
    ("sm4e", Backend::Sm4e),
    ("aese", Backend::Aese),
    ("soft", Backend::Soft),
];
const SIZES: [usize; 4] = [64, 1 << 10, 16 << 10, 1 << 20];

/// One operation over buffers of every size, whatever backend is chosen for it.
fn sized<T>(c: &mut Criterion, name: &str, work: impl FnMut(&mut [u8]) -> T) {
    forced(c, name, BACKEND, work);
}

fn forced<T>(c: &mut Criterion, name: &str, backend: &str, mut work: impl FnMut(&mut [u8]) -> T) {
    let mut group = c.benchmark_group(name);
    for size in SIZES {
        let mut buffer = vec![0x5a; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new(backend, size), |b| b.iter(|| work(black_box(&mut buffer))));
    }
}

/// Every kernel that this processor has: one message, and sixteen at once that do not lie a power of two apart.
fn sm3(c: &mut Criterion) {
    let data = vec![0x5a; 16 * ((1 << 20) + 320)];
    for (tier, size) in Tier::ALL.into_iter().flat_map(|tier| SIZES.map(|size| (tier, size))) {
        if tier.digest(&[]).is_none() {
            continue;
        }
        let id = BenchmarkId::new(tier.name(), size);
        let mut one = c.benchmark_group("sm3");
        one.throughput(Throughput::Bytes(size as u64));
        one.bench_function(id.clone(), |b| b.iter(|| tier.digest(black_box(&data[..size]))));
        one.finish();
        let messages: Vec<&[u8]> = data.chunks(size + 320).map(|chunk| &chunk[..size]).take(16).collect();
        let mut many = c.benchmark_group("sm3x16");
        many.throughput(Throughput::Bytes(16 * size as u64));
        many.bench_function(id, |b| b.iter(|| tier.digest_many(black_box(&messages))));
    }
}

fn keyed(c: &mut Criterion) {
    let (key, iv) = ([7; 16], [9; 16]);
    sized(c, "hmac-sm3", |data| hmac::mac(&key, &[data]));
    sized(c, "sm4-cmac", |data| {
        let mut cmac = Cmac::new(&key);
        cmac.update(data);
        cmac.finalize()
    });
    let mut rng = Drbg::new(&[1; 32], b"", b"");
    sized(c, "drbg-sm3", |data| rng.fill_bytes(data));
    c.bench_function("pbkdf2-hmac-sm3/10000", |b| {
        let iterations = NonZeroU32::new(10_000).unwrap();
        b.iter(|| pbkdf2::derive(b"password", &iv, iterations, &mut [0; 32]));
    });
}

fn ghash(c: &mut Criterion) {
    let h = [7; 16];
    let mut group = c.benchmark_group("ghash");
    for (tier, key) in
        ghash::Tier::ALL.into_iter().filter_map(|tier| Some((tier, GhashKey::forced(tier, &h)?)))
    {
        group.bench_function(BenchmarkId::new(tier.name(), "key"), |b| {
            b.iter(|| GhashKey::forced(tier, black_box(&h)));
        });
        for size in SIZES {
            let text = vec![0x5a; size];
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::new(tier.name(), size), |b| {
                b.iter(|| key.hash(black_box(&[]), black_box(&text)));
            });
        }
    }
}

/// Every kernel of SM4 in every mode: `sm4-ctr/encrypt/avx512/16384`.
fn sm4(c: &mut Criterion) {
    let (key, iv) = ([7; 16], [9; 16]);
    for (name, backend) in BACKENDS {
        let Some(cipher) = Sm4::with_backend(&key, backend) else { continue };
        forced(c, "sm4-ecb/encrypt", name, |data| ecb::encrypt(&cipher, data).unwrap());
        forced(c, "sm4-ctr/encrypt", name, |data| ctr::apply(&cipher, &iv, data));
        forced(c, "sm4-cbc/encrypt", name, |data| cbc::encrypt(&cipher, &iv, data).unwrap());
        forced(c, "sm4-cbc/decrypt", name, |data| cbc::decrypt(&cipher, &iv, data).unwrap());
        let xts = Xts::with_backend(&core::array::from_fn(|at| at as u8), backend).unwrap();
        forced(c, "sm4-xts/encrypt", name, |data| xts.encrypt(&iv, data).unwrap());
        let ccm = Ccm::<16>::with_backend(&key, backend).unwrap();
        forced(c, "sm4-ccm/encrypt", name, |data| ccm.encrypt(&iv[..12], &[], data).unwrap());
        let new = || Sm4::with_backend(black_box(&key), backend);
        c.bench_function(&format!("sm4-key/{name}"), |b| b.iter(new));
        if let Some(gcm) = Gcm::with_backend(&key, backend) {
            sm4_gcm(c, name, &gcm);
        }
    }
}

fn sm4_gcm(c: &mut Criterion, name: &str, gcm: &Gcm) {
    let nonce = [9; 12];
    forced(c, "sm4-gcm/encrypt", name, |data| gcm.encrypt(&nonce, &[], data).unwrap());
    forced(c, "sm4-gcm/encrypt-pieces", name, |data| {
        let mut encryptor = Encryptor::new(gcm, &nonce, &[]).unwrap();
        data.chunks_mut(4 << 10).for_each(|piece| encryptor.update(piece).unwrap());
        encryptor.finish().unwrap()
    });
    // A tag that does not fit costs the whole check and leaves the buffer as it was.
    forced(c, "sm4-gcm/verify", name, |data| gcm.decrypt(&nonce, &[], data, &[0; 16]));
    // With bringing the ciphertext back, which takes less than a tenth of the time.
    let sealed = SIZES.map(|size| {
        let mut text = vec![0x5a; size];
        let tag = gcm.encrypt(&nonce, &[], &mut text).unwrap();
        (text, tag)
    });
    forced(c, "sm4-gcm/decrypt", name, |data| {
        let (text, tag) = sealed.iter().find(|(text, _)| text.len() == data.len()).unwrap();
        data.copy_from_slice(text);
        gcm.decrypt(&nonce, &[], data, tag).unwrap();
    });
    let mut group = c.benchmark_group("sm4-gcm-x16/encrypt");
    for size in [16, 64, 240] {
        let (mut texts, nonces) = (vec![0x5a; 16 * size], [9; 16].map(|at| [at; 12]));
        let texts = texts.chunks_mut(size).zip(&nonces);
        let mut messages: Vec<_> = texts.map(|(text, nonce)| Message::new(nonce, &[], text)).collect();
        group.throughput(Throughput::Bytes(16 * size as u64));
        group.bench_function(BenchmarkId::new(name, size), |b| {
            b.iter(|| gcm.encrypt_many(black_box(&mut messages)).unwrap());
        });
    }
}

/// On the arithmetic that is chosen, by its name: `sm2/sign/adx`; `MIYAO_CPU=-adx` chooses another.
fn sm2(c: &mut Criterion) {
    let mut rng = Drbg::new(&[2; 32], b"", b"");
    let (key, peer) = (PrivateKey::random(&mut rng), PrivateKey::random(&mut rng));
    let signature = key.sign(DEFAULT_USER_ID, b"message", &mut rng).unwrap();
    let made = key.public_key().encrypt(&[1; 32], Encoding::Der, &mut rng).unwrap();
    let id = |operation: &str| format!("sm2/{operation}/{}", sm2::backend());
    c.bench_function(&id("generate"), |b| b.iter(|| PrivateKey::random(&mut rng)));
    c.bench_function(&id("sign"), |b| {
        b.iter(|| key.sign(DEFAULT_USER_ID, black_box(b"message"), &mut rng));
    });
    c.bench_function(&id("sign-digest"), |b| b.iter(|| key.sign_digest(black_box(&[1; 32]), &mut rng)));
    c.bench_function(&id("verify"), |b| {
        b.iter(|| key.public_key().verify(DEFAULT_USER_ID, black_box(b"message"), &signature));
    });
    c.bench_function(&id("encrypt-32"), |b| {
        b.iter(|| key.public_key().encrypt(black_box(&[1; 32]), Encoding::Der, &mut rng));
    });
    c.bench_function(&id("decrypt-32"), |b| b.iter(|| key.decrypt(black_box(&made), Encoding::Der)));
    c.bench_function(&id("ecdh"), |b| b.iter(|| key.shared_x(black_box(peer.public_key()))));
    c.bench_function(&id("exchange"), |b| {
        let (ours, theirs) = ((&key, DEFAULT_USER_ID), (peer.public_key(), DEFAULT_USER_ID));
        b.iter(|| Exchange::new(Role::Initiator, ours, &peer, theirs, black_box(key.public_key())));
    });
    for (size, prepare) in
        [("small", PreparedPublicKey::new as fn(&_) -> _), ("full", PreparedPublicKey::full)]
    {
        let prepared = prepare(key.public_key());
        c.bench_function(&id(&format!("prepare-{size}")), |b| {
            b.iter(|| prepare(black_box(key.public_key())))
        });
        c.bench_function(&id(&format!("verify-{size}")), |b| {
            b.iter(|| prepared.verify(DEFAULT_USER_ID, black_box(b"message"), &signature));
        });
        c.bench_function(&id(&format!("encrypt-32-{size}")), |b| {
            b.iter(|| prepared.encrypt(black_box(&[1; 32]), Encoding::Der, &mut rng));
        });
    }
}

/// Eight at once, as `sm2/sign-batch8/ifma`, or one after the other where there are no lanes.
fn batches(c: &mut Criterion) {
    let mut rng = Drbg::new(&[2; 32], b"", b"");
    let keys = PrivateKey::random_batch(8, &mut rng);
    let to_sign: Vec<_> = keys.iter().map(|key| (key, DEFAULT_USER_ID, &b"message"[..])).collect();
    let made: Vec<_> = sm2::sign_batch(&to_sign, &mut rng).into_iter().map(Result::unwrap).collect();
    let signed = keys.iter().zip(&made);
    let signed: Vec<_> =
        signed.map(|(key, made)| (key.public_key(), DEFAULT_USER_ID, &b"message"[..], made)).collect();
    let id = |operation: &str| format!("sm2/{operation}-batch8/{}", sm2::batch_backend());
    c.bench_function(&id("generate"), |b| b.iter(|| PrivateKey::random_batch(8, &mut rng)));
    c.bench_function(&id("sign"), |b| b.iter(|| sm2::sign_batch(black_box(&to_sign), &mut rng)));
    c.bench_function(&id("verify"), |b| b.iter(|| sm2::verify_batch(black_box(&signed))));
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}

criterion_group! { name = benches; config = short(); targets = sm3, keyed, sm4, ghash, sm2, batches }
criterion_main!(benches);
