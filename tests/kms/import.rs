//! Material that is made elsewhere: brought in raw or wrapped, and given out wrapped.

use miyao::{
    Kind, Secret,
    algo::{
        drbg::Drbg,
        sm2::{Encoding, PrivateKey},
    },
    key::{KeyState, NewKey, Origin, Span, Spec},
    kms::Kms,
};

use super::{
    common::{context, key, kind, kms, new_store, principal, root},
    make, name, number,
};

#[test]
fn material_is_imported_raw_or_wrapped_once() {
    let kms = kms();
    let mut new = NewKey::new(name("brought"), Spec::Sm4);
    new.origin = Origin::Imported;
    kms.create(new).unwrap();
    let brought = key("brought");
    assert_eq!(kind(kms.encrypt(&brought, &context(), b"")), Kind::Forbidden);
    assert_eq!(kms.import_raw(&brought, Secret::build(|bytes| bytes.fill(7))).unwrap(), number(1));
    let token = kms.encrypt(&brought, &context(), b"value").unwrap();
    assert_eq!(kind(kms.rotate(&brought, None)), Kind::Forbidden);

    let mut rng = Drbg::new(&[3; 32], b"kms", b"");
    let parameters = kms.import_parameters(&brought, Span::DAY).unwrap();
    let wrapped = parameters.public.encrypt(&[8; 32], Encoding::Der, &mut rng).unwrap();
    let other = make(&kms, "other", Spec::Sm4);
    let mut forged = parameters.token.clone();
    forged[40] ^= 1;
    assert_eq!(kind(kms.import_wrapped(&brought, &forged, &wrapped)), Kind::Rejected);
    assert_eq!(kind(kms.import_wrapped(&other, &parameters.token, &wrapped)), Kind::Rejected);
    let short = parameters.public.encrypt(&[8; 31], Encoding::Der, &mut rng).unwrap();
    assert_eq!(kind(kms.import_wrapped(&brought, &parameters.token, &short)), Kind::Invalid);
    assert_eq!(kms.import_wrapped(&brought, &parameters.token, &wrapped).unwrap(), number(2));
    assert_eq!(kind(kms.import_wrapped(&brought, &parameters.token, &wrapped)), Kind::Missing);
    assert!(kms.decrypt(&context(), &token).is_ok());
    // Stopping the primary of an imported key disables it: nobody here can make a successor.
    kms.suspend(&brought, number(2)).unwrap();
    assert_eq!(kms.describe(&brought).unwrap().key.state, KeyState::Disabled);

    let receiver = PrivateKey::random(&mut rng);
    kms.enable(&brought).unwrap();
    let out = kms.export(&brought, Some(number(1)), receiver.public_key()).unwrap();
    assert_eq!(receiver.decrypt(&out, Encoding::Der).unwrap().expose(), [7; 32]);
    assert!(kms.doctor().unwrap().is_clean());
}

#[test]
fn an_import_permit_expires() {
    let (store, clock) = new_store();
    let kms = Kms::init(store, &root(), principal()).unwrap();
    let mut new = NewKey::new(name("brought"), Spec::Sm4);
    new.origin = Origin::Imported;
    kms.create(new).unwrap();
    let parameters = kms.import_parameters(&key("brought"), Span::DAY).unwrap();
    let mut rng = Drbg::new(&[4; 32], b"kms", b"");
    let wrapped = parameters.public.encrypt(&[8; 32], Encoding::Der, &mut rng).unwrap();
    clock.advance(Span::DAY);
    assert_eq!(kind(kms.import_wrapped(&key("brought"), &parameters.token, &wrapped)), Kind::Missing);
    assert_eq!(kms.maintain(false).unwrap().len(), 1);
    assert_eq!(kind(kms.import_parameters(&key("brought"), Span::days(31))), Kind::Invalid);
}
