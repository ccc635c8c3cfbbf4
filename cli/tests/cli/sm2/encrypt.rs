//! Small values encrypted by SM2 alone.

use crate::scene::{Scene, noise};

const FORMS: [&str; 5] = ["der", "c1c3c2", "c1c2c3", "bare-c1c3c2", "bare-c1c2c3"];

fn scene() -> Scene {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.key_pair("other", 2);
    scene
}

#[test]
fn every_form_in_every_code_opens_with_and_without_being_named() {
    let scene = scene();
    for (at, form) in FORMS.into_iter().enumerate() {
        for encode in ["binary", "hex", "base64"] {
            // 32 bytes are as long as C3.
            for len in [1, 32, 100] {
                let text = noise(len, at as u8);
                let encrypt = ["sm2", "encrypt", "--key", "k.pub", "--form", form, "--encode", encode];
                let made = scene.pipe(&text, encrypt).works();
                let decrypt = ["sm2", "decrypt", "--key", "k.key"];
                assert_eq!(scene.pipe(&made, decrypt).works(), text, "{form} in {encode}");
                let named = decrypt.into_iter().chain(["--form", form]);
                assert_eq!(scene.pipe(&made, named).works(), text, "{form} in {encode}, named");
                for other in FORMS.into_iter().filter(|other| *other != form) {
                    let ended = scene.pipe(&made, decrypt.into_iter().chain(["--form", other]));
                    assert!([3, 5].contains(&ended.code()), "{form} as {other}: {}", ended.errors());
                    assert_eq!(ended.output(), b"");
                }
            }
        }
    }
}

#[test]
fn nothing_is_written_before_c3_fits() {
    let scene = scene();
    scene.write("in", noise(5000, 1));
    for form in FORMS {
        scene.run(["sm2", "encrypt", "--key", "k.pub", "--form", form, "-o", "m", "--force", "in"]).works();
        let made = scene.read("m");
        for at in [0, 1, 40, 80, 97, 110, 3000, made.len() - 1] {
            let mut altered = made.clone();
            altered[at] ^= 1;
            scene.write("altered", altered);
            let ended = scene.run(["sm2", "decrypt", "--key", "k.key", "-o", "out", "altered"]);
            assert!([3, 5].contains(&ended.code()), "{form}, byte {at}: {}", ended.errors());
            assert!(ended.output().is_empty() && !scene.has("out"));
        }
        for len in [0, 1, 64, 96, 97, made.len() - 1] {
            scene.write("short", &made[..len]);
            let ended = scene.run(["sm2", "decrypt", "--key", "k.key", "-o", "out", "short"]);
            assert!([3, 5].contains(&ended.code()), "{form}, {len} bytes: {}", ended.errors());
            assert!(!scene.has("out"));
        }
        let told = scene.run(["sm2", "decrypt", "--key", "other.key", "-o", "out", "m"]).fails(3);
        assert!(told.starts_with("miyao: m: ") && !scene.has("out"), "{told}");
        scene.run(["sm2", "decrypt", "--key", "k.key", "-o", "out", "m"]).works();
        assert_eq!(scene.read("out"), noise(5000, 1));
        std::fs::remove_file(scene.path("out")).unwrap();
    }
    assert_eq!(scene.leftovers(), Vec::<String>::new());
}

#[test]
fn what_der_forbids_is_refused_and_said_how_to_mend() {
    let scene = scene();
    let made = scene.pipe(b"text", ["sm2", "encrypt", "--key", "k.pub"]).works();
    let content = &made[2..];
    for (what, bytes) in [
        ("trailing", [&made[..], &[0]].concat()),
        ("a long length", [&[0x30, 0x81, content.len() as u8], content].concat()),
        ("an indefinite length", [&[0x30, 0x80], content, &[0, 0]].concat()),
    ] {
        scene.write("odd", bytes);
        let told = scene.run(["sm2", "decrypt", "--key", "k.key", "odd"]).fails(5);
        assert!(told.contains("miyao sm2 convert"), "{what}: {told}");
        scene.run(["sm2", "convert", "--to", "der", "-o", "mended", "--force", "odd"]).works();
        assert_eq!(scene.run(["sm2", "decrypt", "--key", "k.key", "mended"]).works(), b"text", "{what}");
    }
}

#[test]
fn too_little_and_too_much_are_refused_with_what_to_do() {
    let scene = scene();
    let told = scene.pipe(b"", ["sm2", "encrypt", "--key", "k.pub"]).fails(4);
    assert!(told.contains("at least one byte"), "{told}");
    scene.write("big", noise((1 << 20) + 1, 1));
    let told = scene.run(["sm2", "encrypt", "--key", "k.pub", "big"]).fails(8);
    assert!(told.contains("big: ") && told.contains("miyao encrypt --to-sm2"), "{told}");
    let whole = noise(1 << 20, 2);
    let made = scene.pipe(&whole, ["sm2", "encrypt", "--key", "k.pub", "--encode", "hex"]).works();
    assert!(scene.pipe(&made, ["sm2", "decrypt", "--key", "k.key"]).works() == whole);
    scene.write("there", "as it was");
    scene.pipe(b"text", ["sm2", "encrypt", "--key", "k.pub", "-o", "there"]).fails(10);
    assert_eq!(scene.read("there"), b"as it was");
}
