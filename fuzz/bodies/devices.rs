//! What an operator writes about devices: where they are, and how they are talked to.

use core::time::Duration;

use miyao::provider::pkcs11::{
    Settings, Uri,
    profile::{Firmware, Operation, Profile, Seen},
};

/// A URI that is read is written so that it is read the same, and always written alike.
pub fn uri(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    match Uri::parse(text) {
        Ok(uri) => {
            let written = uri.to_string();
            let again = Uri::parse(&written);
            assert_eq!(again.as_ref().ok(), Some(&uri), "{text} is written as {written}");
            assert_eq!(again.expect("it was just read").to_string(), written);
            assert_eq!(uri.names_a_key(), uri.id.is_some() || uri.object.is_some());
            let paths = [&uri.module_path, &uri.pin_source];
            assert!(paths.into_iter().flatten().all(|path| path.is_absolute()));
        }
        Err(error) => check_silent(text, &format!("{error} {error:?}")),
    }
}

/// A PIN that stands where it must not is not repeated.
fn check_silent(text: &str, told: &str) {
    let pins = text.split([';', '?', '&']).filter_map(|attribute| attribute.strip_prefix("pin-value="));
    for pin in pins.filter(|pin| pin.len() >= 8 && pin.bytes().any(|byte| byte.is_ascii_digit())) {
        assert!(!told.contains(pin), "{told}");
    }
}

/// A profile that is read is written so that it is read the same; nothing that is asked of it fails.
pub fn profile(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let Ok(profile) = Profile::parse(text) else { return };
    let written = profile.to_toml();
    let again = Profile::parse(&written);
    assert_eq!(again.as_ref().ok(), Some(&profile), "written as {written}");
    assert_eq!(again.expect("it was just read").to_toml(), written);
    for operation in Operation::ALL {
        let chosen = profile.mechanism(*operation);
        assert!(chosen.is_none_or(|mechanism| mechanism.is_complete()));
        assert!(chosen.is_none_or(|mechanism| profile.name_of(mechanism.code).is_some()));
    }
    let all_verified = profile.mechanisms.iter().all(|mechanism| mechanism.verified);
    assert_eq!(profile.is_verified(), all_verified);
    let firmware = Firmware { major: 2, minor: 10 };
    let (module, manufacturer, model, description) = ("libacme.so", "Acme", "HSM", "Acme HSM slot");
    let seen = Seen { module, manufacturer, model, description, firmware };
    for rule in &profile.rules {
        assert!(rule.fits(&seen).is_none_or(|conditions| (1..=6).contains(&conditions)));
    }
}

/// Limits are taken where they may be, and refused everywhere else.
pub fn settings(data: &[u8]) {
    let mut words = data.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let (sessions, millis) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let deadline = Duration::from_millis(millis);
    let is_taken = |settings: miyao::Result<Settings>| settings.is_ok();
    let number = usize::try_from(sessions).unwrap_or(usize::MAX);
    assert_eq!(is_taken(Settings::default().sessions(number)), (1..=1024).contains(&sessions));
    assert_eq!(is_taken(Settings::default().deadline(deadline)), (10..=3_600_000).contains(&millis));
    let name = String::from_utf8_lossy(data).into_owned();
    let told = format!("{:?}", Settings::default().profile(name.clone()).profiles(name));
    assert!(told.starts_with("Settings"));
}
