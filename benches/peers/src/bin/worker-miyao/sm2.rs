//! SM2: what is measured, and what the others' answers are compared with.

use std::{cell::RefCell, hint::black_box, rc::Rc};

use getrandom::{SysRng, rand_core::TryRng};
use miyao::{
    algo::{
        drbg::Drbg,
        sm2::{
            DEFAULT_USER_ID as ID, Encoding, Ephemeral, Exchange, PreparedPublicKey, PrivateKey, PublicKey,
            Role, Signature, sign_batch, verify_batch,
        },
    },
    pki::pkcs8,
};
use peers::{KEYS, Question, Work};

const MESSAGE: [u8; 32] = KEYS;

/// The generator that the key service keeps for each thread, seeded by the system.
fn rng() -> Drbg {
    let mut entropy = [0; 32];
    SysRng.try_fill_bytes(&mut entropy).expect("entropy");
    Drbg::new(&entropy, b"", b"benches/peers")
}

fn private(d: &[u8]) -> Option<PrivateKey> {
    PrivateKey::from_bytes(d.try_into().ok()?).ok()
}

fn own() -> PrivateKey {
    private(&KEYS).expect("a key")
}

fn der(signature: &Signature) -> Vec<u8> {
    let (bytes, len) = signature.to_der();
    bytes[..len].to_vec()
}

fn call(name: &'static str, work: impl FnMut() -> bool + 'static) -> (&'static str, Work) {
    (name, Work::Call(Box::new(work)))
}

/// From the DER of a signature to whether it is valid.
fn verifying(name: &'static str, verify: impl Fn(&Signature) -> bool + 'static) -> (&'static str, Work) {
    let bytes = der(&own().sign(ID, &MESSAGE, &mut rng()).expect("a signature"));
    call(name, move || Signature::from_der(black_box(&bytes)).is_ok_and(|signature| verify(&signature)))
}

pub fn rows() -> Vec<(&'static str, Work)> {
    let (key, public, mut random) = (own(), own().public_key().clone(), rng());
    let (small, full) = (PreparedPublicKey::new(&public), PreparedPublicKey::full(&public));
    let mut rows = vec![
        call("sm2-keygen", move || {
            black_box(PrivateKey::random(&mut random));
            true
        }),
        verifying("sm2-verify", move |signature| public.verify(ID, &MESSAGE, signature).is_ok()),
        verifying("sm2-verify-prepared-small", move |signature| {
            small.verify(ID, &MESSAGE, signature).is_ok()
        }),
        verifying("sm2-verify-prepared-full", move |signature| full.verify(ID, &MESSAGE, signature).is_ok()),
    ];
    let mut random = rng();
    rows.push(call("sm2-sign", move || {
        key.sign(ID, black_box(&MESSAGE), &mut random)
            .is_ok_and(|signature| !black_box(der(&signature)).is_empty())
    }));
    rows.extend(hiding());
    rows.extend(agreeing());
    rows.extend(batches());
    rows
}

/// Eight keys and eight messages.
fn batches() -> Vec<(&'static str, Work)> {
    let mut random = rng();
    let keys = PrivateKey::random_batch(8, &mut random);
    let messages: [[u8; 32]; 8] = core::array::from_fn(|at| MESSAGE.map(|byte| byte ^ at as u8));
    let sign = move |keys: &[PrivateKey], random: &mut Drbg| {
        let items: Vec<_> =
            keys.iter().zip(&messages).map(|(key, message)| (key, ID, &message[..])).collect();
        sign_batch(black_box(&items), random)
            .into_iter()
            .map(|made| der(&made.expect("a signature")))
            .collect()
    };
    let signed: Vec<Vec<u8>> = sign(&keys, &mut random);
    let public: Vec<PublicKey> = keys.iter().map(|key| key.public_key().clone()).collect();
    let (mut first, mut second) = (rng(), rng());
    vec![
        call("sm2-batch8-sign", move || black_box(sign(&keys, &mut first)).len() == 8),
        call("sm2-batch8-verify", move || {
            let read =
                black_box(&signed).iter().map(|bytes| Signature::from_der(bytes).expect("a signature"));
            let read: Vec<_> = read.collect();
            let items: Vec<_> = (0..8).map(|at| (&public[at], ID, &messages[at][..], &read[at])).collect();
            verify_batch(&items).iter().all(Result::is_ok)
        }),
        call("sm2-batch8-keygen", move || black_box(PrivateKey::random_batch(8, &mut second)).len() == 8),
    ]
}

fn hiding() -> Vec<(&'static str, Work)> {
    let (key, public) = (own(), own().public_key().clone());
    let full = PreparedPublicKey::full(&public);
    let hidden = public.encrypt(&MESSAGE, Encoding::C1C3C2, &mut rng()).expect("a ciphertext");
    let (mut first, mut second) = (rng(), rng());
    vec![
        call("sm2-encrypt", move || {
            public.encrypt(black_box(&MESSAGE), Encoding::C1C3C2, &mut first).is_ok()
        }),
        call("sm2-encrypt-prepared", move || {
            full.encrypt(black_box(&MESSAGE), Encoding::C1C3C2, &mut second).is_ok()
        }),
        call("sm2-decrypt", move || key.decrypt(black_box(&hidden), Encoding::C1C3C2).is_ok()),
    ]
}

fn agreeing() -> Vec<(&'static str, Work)> {
    let (first, second, mut random) = (own(), own(), rng());
    let (peer, ephemeral) = (PrivateKey::random(&mut random), PrivateKey::random(&mut random));
    let (theirs, point) = (peer.public_key().clone(), ephemeral.public_key().clone());
    vec![
        call("sm2-ecdh", move || {
            black_box(first.shared_x(peer.public_key()));
            true
        }),
        call("sm2-exchange", move || {
            let fresh = Ephemeral::random(&mut random);
            let mut agreed = [0; 16];
            let exchange = Exchange::new(Role::Initiator, (&second, ID), &fresh, (&theirs, ID), &point);
            exchange.and_then(|exchange| exchange.key(&mut agreed)).is_ok() && black_box(agreed) != [0; 16]
        }),
    ]
}

/// Every way to verify, which have to say the same.
fn verify(key: &PublicKey, id: &[u8], message: &[u8], signature: &Signature, asked: usize) -> bool {
    let plain = key.verify(id, message, signature).is_ok();
    let small = PreparedPublicKey::new(key).verify(id, message, signature).is_ok();
    assert_eq!(plain, small, "with the small table");
    // A full table takes as long as ten verifications.
    if asked.is_multiple_of(16) {
        let full = PreparedPublicKey::full(key).verify(id, message, signature).is_ok();
        assert_eq!(plain, full, "with the full one");
        let mut changed = signature.to_bytes();
        changed[63] ^= 1;
        let changed = Signature::from_bytes(&changed).unwrap_or(*signature);
        let lane = asked / 16 % 8;
        let one = |at| (key, id, message, if at == lane { signature } else { &changed });
        for (at, verdict) in verify_batch(&[0, 1, 2, 3, 4, 5, 6, 7].map(one)).iter().enumerate() {
            assert_eq!(verdict.is_ok(), plain && (at == lane || changed == *signature), "in a batch");
        }
    }
    plain
}

/// Key files, which are read by others and theirs here.
fn files() -> Vec<Question> {
    let scalar = |key: PrivateKey| key.expose().expose().to_vec();
    let encryption = |f: &[Vec<u8>]| {
        let encryption = pkcs8::Encryption::new().iterations(2048).ok()?;
        encryption.encrypt(&private(&f[0])?, &f[1], &mut rng()).ok()
    };
    vec![
        ("sm2-pkcs8", Box::new(|f| Some(private(&f[0])?.to_pkcs8_der().expose().to_vec()))),
        ("sm2-read-pkcs8", Box::new(move |f| PrivateKey::from_pkcs8_der(&f[0]).ok().map(scalar))),
        ("sm2-spki", Box::new(|f| Some(PublicKey::from_bytes(&f[0]).ok()?.spki().to_vec()))),
        ("sm2-read-spki", Box::new(|f| Some(PublicKey::from_spki_der(&f[0]).ok()?.to_bytes().to_vec()))),
        ("sm2-seal", Box::new(encryption)),
        ("sm2-unseal", Box::new(move |f| pkcs8::decrypt(&f[0], &f[1]).ok().map(scalar))),
    ]
}

pub fn questions() -> Vec<Question> {
    answers().into_iter().chain(files()).collect()
}

fn answers() -> Vec<Question> {
    let random = Rc::new(RefCell::new(rng()));
    let (for_signing, mut asked, mut signed) = (Rc::clone(&random), 0, 0);
    vec![
        ("sm2-public", Box::new(|f| Some(private(&f[0])?.public_key().to_bytes().to_vec()))),
        (
            "sm2-sign",
            Box::new(move |f| {
                signed += 1;
                let (key, random) = (private(&f[0])?, &mut *for_signing.borrow_mut());
                let signature = if signed % 4 == 0 {
                    sign_batch(&[(&key, &f[1][..], &f[2][..]); 8], random).swap_remove(signed / 4 % 8)
                } else {
                    key.sign(&f[1], &f[2], random)
                };
                signature.ok().map(|signature| signature.to_bytes().to_vec())
            }),
        ),
        (
            "sm2-verify",
            Box::new(move |f| {
                asked += 1;
                let key = PublicKey::from_bytes(&f[0]).ok()?;
                let signature = Signature::from_bytes(f[3][..].try_into().ok()?);
                let valid = signature.is_ok_and(|signature| verify(&key, &f[1], &f[2], &signature, asked));
                Some(vec![u8::from(valid)])
            }),
        ),
        (
            "sm2-encrypt",
            Box::new(move |f| {
                let key = PublicKey::from_bytes(&f[0]).ok()?;
                key.encrypt(&f[1], Encoding::C1C3C2, &mut *random.borrow_mut()).ok()
            }),
        ),
        (
            "sm2-decrypt",
            Box::new(|f| Some(private(&f[0])?.decrypt(&f[1], Encoding::C1C3C2).ok()?.expose().to_vec())),
        ),
        (
            "sm2-ecdh",
            Box::new(|f| {
                Some(private(&f[0])?.shared_x(&PublicKey::from_bytes(&f[1]).ok()?).expose().to_vec())
            }),
        ),
        ("sm2-exchange", Box::new(exchange)),
    ]
}

/// The key of 16 bytes: role (0 starts), own key and ephemeral, the peer's.
fn exchange(f: &[Vec<u8>]) -> Option<Vec<u8>> {
    let role = if f[0] == [0] { Role::Initiator } else { Role::Responder };
    let (key, ephemeral) = (private(&f[1])?, private(&f[2])?);
    let (peer, point) = (PublicKey::from_bytes(&f[3]).ok()?, PublicKey::from_bytes(&f[4]).ok()?);
    let mut agreed = vec![0; 16];
    Exchange::new(role, (&key, ID), &ephemeral, (&peer, ID), &point).ok()?.key(&mut agreed).ok()?;
    Some(agreed)
}
