//! The suite of the provider under every vendor's numbers: by the profile that is compiled in, and by the one that a probe writes.
//!
//! What a profile does not offer is told as that and never counted as passed; which that is stands in a table here, so that
//! a row cannot vanish unseen. The module has no numbers of SoftHSM and kryoptic, which are not 国密.

use std::{env, fs};

use miyao::{
    Kind, SecretBytes,
    key::Spec,
    provider::{
        Device, ResidentId, RootId, Roots,
        pkcs11::{Module, Settings, Suite, Token, probe, profile::Shelf},
    },
};

use crate::{
    desk::{Held, TEXT, kind, root, seal, try_open, with},
    yard::{PIN, Yard, module, run, say},
};

const NAME: &str = "vendors::every_vendor_serves_what_its_profile_offers";
const VENDOR: &str = "MIYAO_TEST_VENDOR";
const SUITES: [Suite; 4] =
    [Suite::Sm4GcmDevice, Suite::Sm2PkeDevice, Suite::Sm2EcRaw, Suite::Sm4CbcEtmDevice];

/// What each offers by the profile that is compiled in, and by a probe's: suites in the order above, then keys of the specs
/// Sm4, HmacSm3, Sm2Sign and Sm2Encrypt. `+` is offered.
const OFFERS: [(&str, &str, &str); 8] = [
    ("sansec", "-+-+ --++", "-+++ --++"),
    ("sansec-itrus", "-+-+ --++", "-+++ --++"),
    ("tass", "-+-+ --++", "-+++ ++++"),
    ("koal", "---- ----", "++++ --++"),
    ("westone", "---+ ----", "-+++ ++++"),
    ("ibm-ep11", "-+-+ --++", "-+++ --++"),
    ("luna", "---+ +++-", "--++ ++++"),
    ("miyao", "++++ ++++", "++++ ++++"),
];

#[test]
fn every_vendor_serves_what_its_profile_offers() {
    if let Some(yard) = Yard::inside() {
        return as_one_vendor(&yard, &env::var(VENDOR).unwrap());
    }
    say(
        "# vendor          profile   offered and ran: sm4-gcm sm2-pke sm2-ec sm4-cbc | sm4 hmac-sm3 sm2-sign sm2-encrypt",
    );
    let (mut ran, mut wrong) = (0, Vec::new());
    for (vendor, built_in, probed) in OFFERS {
        let told = run(NAME, vendor, &[(VENDOR, vendor)]);
        for (profile, offered) in [("built in", built_in), ("probed", probed)] {
            let line = told.iter().find_map(|line| line.strip_prefix(&format!("# {profile}: "))).unwrap();
            let count = line.matches('+').count();
            ran += count;
            say(&format!("# {vendor:15} {profile:8}  {line}  {count} of 8 ran, {} not offered", 8 - count));
            if let Some(names) = not_offered(line) {
                say(&format!("# {vendor} {profile}: not offered: {names}"));
            }
            if line != offered {
                wrong.push(format!("{vendor} {profile}: {line}, and not {offered}"));
            }
        }
    }
    say(&format!("# {ran} rows of {} ran, the others were not offered", OFFERS.len() * 16));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn as_one_vendor(yard: &Yard, vendor: &str) {
    say(&format!("# built in: {}", try_all(yard, &|settings| settings.profile(vendor), 0)));
    let profiles = write_probed(yard);
    let probed = |settings: Settings| settings.profiles(&profiles).profile("found");
    say(&format!("# probed: {}", try_all(yard, &probed, 100)));
}

/// What has no `+` in a line of marks, by name.
fn not_offered(line: &str) -> Option<String> {
    let names = SUITES.iter().map(|suite| suite.name()).chain(Spec::ALL.iter().map(|spec| spec.as_str()));
    let marks = line.chars().filter(|mark| *mark != ' ');
    assert_eq!(marks.clone().count(), SUITES.len() + Spec::ALL.len(), "{line}");
    let missing: Vec<&str> =
        names.zip(marks).filter(|(_, mark)| *mark != '+').map(|(name, _)| name).collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// What a probe that is told nothing finds out.
fn write_probed(yard: &Yard) -> std::path::PathBuf {
    let shelf = Shelf::built_in().unwrap();
    let module = Module::load(&module()).unwrap();
    let slots = module.slots().unwrap();
    let is_ours = |slot: &&_| {
        let slot: &miyao::provider::pkcs11::Slot = slot;
        slot.token.as_ref().is_some_and(|token| token.label == "kms")
    };
    let slot = slots.iter().find(is_ours).unwrap().id;
    let profiles: Vec<_> = shelf.profiles().collect();
    let pin = SecretBytes::take(PIN.into());
    let before = yard.objects();
    let report = probe::probe(&module, slot, Some(&pin), &profiles, "found", "2026-01-31").unwrap();
    assert_eq!(yard.objects(), before, "a probe leaves nothing behind");
    let path = yard.path("found.toml");
    fs::write(&path, report.profile.to_toml()).unwrap();
    path
}

/// A mark for each suite and each spec.
fn try_all(yard: &Yard, settled: &dyn Fn(Settings) -> Settings, number: u8) -> String {
    let offered = yard.open(&settled(Settings::default())).unwrap().suites().unwrap();
    let mark = |ran| if ran { '+' } else { '-' };
    let mut marks = String::new();
    for suite in SUITES {
        let token = yard.open(&settled(with(suite))).unwrap();
        let before = yard.objects();
        if offered.contains(&suite) {
            let gm = yard.open(&settled(Settings::default().gm_only(true))).unwrap();
            try_suite(yard, &token, &gm, number + suite.number());
            let made = if matches!(suite, Suite::Sm2EcRaw | Suite::Sm2PkeDevice) { 4 } else { 2 };
            let after = yard.objects();
            assert_eq!(after.len(), before.len() + made, "two roots of {}: {after:#?}", suite.name());
            assert!(before.iter().all(|object| after.contains(object)), "and nothing was lost");
        } else {
            assert_eq!(
                kind(token.create(&RootId([number + suite.number(); 16])).map(drop)),
                Kind::Unsupported
            );
            assert_eq!(yard.objects(), before);
        }
        marks.push(mark(offered.contains(&suite)));
    }
    marks.push(' ');
    let token = yard.open(&settled(Settings::default())).unwrap();
    let before = yard.objects();
    for spec in Spec::ALL {
        if token.offers(spec) {
            try_resident(&token, spec, number + 50);
        } else {
            let refused = token.generate(spec, &ResidentId([number + 50; 16]), "x");
            assert_eq!(kind(refused), Kind::Unsupported);
        }
        assert_eq!(yard.objects(), before, "{spec:?}: all that was made was destroyed, and nothing else");
        marks.push(mark(token.offers(spec)));
    }
    marks
}

fn try_suite(yard: &Yard, token: &Token, gm: &Token, number: u8) {
    let (one, other) = (root(token, number), root(token, number + 20));
    let before = yard.objects();
    assert_eq!(kind(token.create(&RootId([number; 16])).map(drop)), Kind::Exists);
    let sealed = seal(&*one, number);
    try_open(&*one, &sealed).unwrap();
    // By name, and with nothing but 国密 allowed.
    try_open(&*Roots::find(gm, &RootId([number; 16])).unwrap().unwrap(), &sealed).unwrap();
    assert_ne!(seal(&*one, number + 1), sealed);
    for binding in [b"store 1, epoch 2".as_slice(), b""] {
        assert_eq!(kind(one.open(&sealed, binding)), Kind::Rejected);
    }
    let name = usize::from(sealed[2]);
    let (id, fingerprint) = (3 + name..19 + name, 23 + name..55 + name);
    assert_eq!(kind(try_open(&*other, &sealed)), Kind::Rejected);
    let mut altered = sealed.clone();
    altered[id].fill(number + 20);
    assert_eq!(kind(try_open(&*other, &altered)), Kind::Rejected);
    altered[fingerprint.clone()].copy_from_slice(&seal(&*other, 1)[fingerprint.clone()]);
    assert_eq!(kind(try_open(&*other, &altered)), Kind::Rejected);
    for length in 0..sealed.len() {
        assert_eq!(kind(try_open(&*one, &sealed[..length])), Kind::Malformed, "{length} bytes");
    }
    let lengths = fingerprint.end..fingerprint.end + 2;
    for bit in (0..sealed.len() * 8).step_by(7) {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let refused = kind(try_open(&*one, &altered));
        let of_form = bit / 8 < 3 || lengths.contains(&(bit / 8));
        let allowed = of_form && matches!(refused, Kind::Malformed | Kind::Unsupported);
        assert!(allowed || refused == Kind::Rejected, "bit {bit} gives {refused:?}");
    }
    try_open(&*one, &sealed).unwrap();
    assert_eq!(yard.objects(), before, "what is refused makes nothing");
}

fn try_resident(token: &Token, spec: Spec, number: u8) {
    let id = ResidentId([number; 16]);
    assert_eq!(Device::find(token, spec, &id).unwrap(), None);
    let (one, other) = (Held::make(token, spec, number), Held::make(token, spec, number + 1));
    assert_eq!(Device::find(token, spec, &id).unwrap().as_ref(), Some(&one.resident));
    assert_eq!(kind(token.generate(spec, &id, "again")), Kind::Exists);
    match spec {
        Spec::Sm2Sign => one.sign(token, TEXT).unwrap(),
        Spec::Sm2Encrypt => try_decryption(token, &one, &other),
        Spec::Sm4 | Spec::HmacSm3 => {
            let mac = one.mac(token, &[TEXT]).unwrap();
            assert_eq!(one.mac(token, &[TEXT]).unwrap(), mac);
            assert_eq!(one.mac(token, &[&TEXT[..9], b"", &TEXT[9..]]).unwrap(), mac);
            assert_ne!(one.mac(token, &[&TEXT[1..]]).unwrap(), mac);
            assert_ne!(other.mac(token, &[TEXT]).unwrap(), mac, "another key, another MAC");
        }
    }
    for held in [&one, &other] {
        token.destroy(&held.resident.reference).unwrap();
        token.destroy(&held.resident.reference).unwrap();
    }
    assert_eq!(Device::find(token, spec, &id).unwrap(), None);
    let gone = match spec {
        Spec::Sm2Sign => kind(one.sign(token, TEXT)),
        Spec::Sm2Encrypt => kind(one.decrypt(token, &one.ciphertext(1))),
        Spec::Sm4 | Spec::HmacSm3 => kind(one.mac(token, &[TEXT])),
    };
    assert_eq!(gone, Kind::Missing);
}

fn try_decryption(token: &Token, one: &Held, other: &Held) {
    let mut ciphertext = one.ciphertext(1);
    assert_eq!(one.decrypt(token, &ciphertext).unwrap(), TEXT);
    assert_eq!(kind(other.decrypt(token, &ciphertext)), Kind::Rejected);
    for byte in [1, 40, 70, 97, ciphertext.len() - 1] {
        ciphertext[byte] ^= 1;
        assert_eq!(kind(one.decrypt(token, &ciphertext)), Kind::Rejected, "byte {byte}");
        ciphertext[byte] ^= 1;
    }
    assert_eq!(kind(one.decrypt(token, &ciphertext[..97])), Kind::Rejected);
    assert_eq!(one.decrypt(token, &ciphertext).unwrap(), TEXT);
}
