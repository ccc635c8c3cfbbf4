//! What a user can do wrong: each has its number, says what to do, and leaves everything as it was.

use crate::scene::{Scene, noise};

#[test]
fn arguments_that_are_not_understood_end_with_two() {
    let scene = Scene::new();
    for arguments in
        [&["frobnicate"][..], &["key"], &["encrypt", "in"], &["key", "create", "x"], &["sign"], &[]]
    {
        scene.run(arguments).fails(2);
    }
}

#[test]
fn a_store_that_is_not_there_is_named_with_what_to_do() {
    let scene = Scene::new();
    let told = scene.run(["key", "list"]).fails(9);
    assert!(told.contains("miyao init") && told.contains("store.db"), "{told}");
    assert!(!scene.has(".local"));
    scene.write("empty", b"");
    scene.run(["--store", "empty", "key", "list"]).fails(9);
    scene.write("other", noise(5000, 1));
    scene.run(["--store", "other", "key", "list"]).fails(5);
}

#[test]
fn a_second_init_is_refused_and_the_store_is_as_before() {
    let scene = Scene::with_store();
    scene.run(["init"]).fails(10);
    scene.run(["key", "show", "orders"]).works();
}

#[test]
fn a_wrong_passphrase_or_root_is_refused_and_says_which_root_the_store_has() {
    let scene = Scene::new();
    scene.write("right", b"the right passphrase\n");
    scene.write("wrong", b"the wrong passphrase\n");
    scene.write("none", b"\n");
    scene.shell("miyao --store s.db --passphrase-file right init").works();
    let told = scene.shell("miyao --store s.db --passphrase-file wrong key list").fails(3);
    assert!(told.contains("passphrase") && !told.contains("wrong passphrase"), "{told}");
    let told = scene.shell("miyao -v --store s.db --passphrase-file wrong key list").errors();
    assert!(told.contains("caused by: a store under passphrase"), "{told}");
    scene.shell("miyao --store s.db --passphrase-file none key list").fails(4);
    scene.write("root", noise(32, 1));
    let told = scene.shell("miyao --store s.db --root keyfile:root key list").fails(4);
    assert!(told.contains("root is a passphrase"), "{told}");
    scene.shell("miyao --store s.db --passphrase-file right key list").works();

    let scene = Scene::with_store();
    let told = scene.shell("miyao key list").fails(4);
    assert!(told.contains("root is a key file") && told.contains("keyfile:PATH"), "{told}");
    scene.write("another.key", noise(32, 2));
    scene.run(["--root", "keyfile:another.key", "key", "list"]).fails(3);
    scene.run(["--root", "keyfile:missing.key", "key", "list"]).fails(9);
    scene.run(["--root", "pkcs11:token", "key", "list"]).fails(5);
    scene.run(["--root", "sdf:device", "key", "list"]).fails(6);
    let told = scene.run(["--root", "pkcs11:token=kms", "key", "list"]).fails(4);
    assert!(told.contains("root is a"), "a store that is not under a device is opened by none: {told}");
    scene.run(["--root", "tea", "key", "list"]).fails(4);
}

#[test]
fn a_readable_passphrase_file_is_warned_about_and_used() {
    let scene = Scene::new();
    scene.write("pass", b"words");
    scene.shell("chmod 644 pass").works();
    let ended = scene.shell("miyao --store s.db --passphrase-file pass init");
    assert!(ended.errors().contains("chmod 600"), "{}", ended.errors());
    ended.works();
}

#[test]
fn every_pair_of_the_context_is_required() {
    let scene = Scene::with_store();
    scene.write("in", b"text");
    let encrypt =
        ["encrypt", "--key", "orders", "--context", "a=1", "--context-hidden", "b=2", "-o", "m", "in"];
    scene.run(encrypt).works();
    let decrypt = |context: &[&str]| {
        let mut arguments = vec!["decrypt", "-o", "out", "--force", "m"];
        for pair in context {
            arguments.extend(["--context", pair]);
        }
        scene.run(&arguments)
    };
    decrypt(&["a=1", "b=2"]).works();
    std::fs::remove_file(scene.path("out")).unwrap();
    for context in [&[][..], &["a=1"], &["b=2"], &["a=1", "b=3"], &["a=2", "b=2"], &["a=1", "b=2", "c=3"]] {
        decrypt(context).fails(3);
        assert!(!scene.has("out"), "{context:?}");
    }
    decrypt(&["a"]).fails(4);
    decrypt(&["a=1", "a=1"]).fails(4);
    decrypt(&["=1"]).fails(4);
}

#[test]
fn altered_and_shortened_messages_leave_no_output() {
    let scene = Scene::with_store();
    scene.write("in", noise(150_000, 3));
    scene.run(["encrypt", "--key", "orders", "-o", "m", "in"]).works();
    let message = scene.read("m");
    let places = [0, 4, 20, 60, 100, 500, 1000, 70_000, message.len() - 1];
    for place in places {
        let mut altered = message.clone();
        altered[place] ^= 0x10;
        scene.write("altered", altered);
        let ended = scene.run(["decrypt", "-o", "out", "altered"]);
        // One of the two recipient slots may be torn: then the other opens the message.
        if ended.code() == 0 {
            assert!((75..1000).contains(&place), "byte {place}");
            assert!(scene.read("out") == noise(150_000, 3));
            std::fs::remove_file(scene.path("out")).unwrap();
            continue;
        }
        assert!([3, 5, 6, 7, 9].contains(&ended.code()), "byte {place}: {}", ended.errors());
        assert!(!scene.has("out"));
    }
    for len in [0, 3, 40, 100, 300, 70_000, message.len() - 16, message.len() - 1] {
        scene.write("short", &message[..len]);
        let ended = scene.run(["decrypt", "-o", "out", "short"]);
        assert!([3, 5, 7].contains(&ended.code()), "{len} bytes: {}", ended.errors());
        assert!(!scene.has("out"));
    }
    assert_eq!(scene.leftovers(), Vec::<String>::new());
}

#[test]
fn errors_never_show_a_secret() {
    let scene = Scene::new();
    let secret = "HushHushPassphrase";
    scene.write("pass", secret);
    scene.write("wrong", "OtherHushPassphrase");
    scene.shell("miyao --store s.db --passphrase-file pass init").works();
    scene.shell("miyao --store s.db --passphrase-file pass key create k --spec sm4").works();
    let mut seen = String::new();
    for line in [
        "miyao -vv --store s.db --passphrase-file wrong key list",
        "miyao -vv --store s.db --passphrase-file pass key show nothing",
        "printf HushHushValue | miyao -vv --store s.db --passphrase-file pass encrypt --key nothing --token",
        "printf HushHushValue | miyao -vv --store s.db --passphrase-file pass encrypt --key k \
         --context-hidden pin=HushHushPin --token > token; true",
        "miyao -vv --store s.db --passphrase-file pass decrypt --context-hidden pin=HushHushWrong --token token",
        "miyao -vv --store s.db --passphrase-file pass audit show",
        "miyao -vv --store s.db --passphrase-file pass doctor",
        "miyao -vv sm2 keygen --iterations 1024 --passphrase-file pass -o k.pem --public p.pem",
        "miyao -vv sm2 sign --key k.pem --passphrase-file wrong pass",
        "miyao -vv sm2 sign --key pass pass",
        "miyao -vv sm2 encrypt --key p.pem -o c pass; miyao -vv sm2 decrypt --key k.pem --passphrase-file pass p.pem",
        "miyao -vv sm2 inspect pass; miyao -vv sm2 inspect --json --key k.pem --passphrase-file pass c",
        "miyao -vv sm2 convert --to pkcs8 --passphrase-file wrong k.pem; miyao -vv sm2 convert --to der pass",
        "miyao -vv sm2 convert --to encrypted --passphrase-file pass --new-passphrase-file pass -o again k.pem",
        "miyao -vv sm2 csr --key pass --subject CN=a; miyao -vv sm2 cert show pass",
    ] {
        let ended = scene.shell(line);
        seen += &ended.errors();
        seen += &String::from_utf8_lossy(ended.output());
    }
    assert!(!seen.contains("Hush"), "{seen}");
    assert!(seen.contains("miyao: "), "nothing was told at all");
}

#[test]
fn verbose_errors_tell_their_kind_and_cause() {
    let scene = Scene::new();
    let told = scene.run(["-v", "sm3", "/nowhere/at/all"]);
    assert_eq!(told.code(), 9);
    assert!(
        told.errors().contains("kind: Missing (9)") && told.errors().contains("caused by"),
        "{}",
        told.errors()
    );
}

#[test]
fn a_file_is_named_whatever_the_error_begins_with() {
    let scene = Scene::new();
    for name in ["there", "there is no such file"] {
        let told = scene.run(["sm3", name]).fails(9);
        assert!(told.starts_with(&format!("miyao: {name}: there is no such file")), "{told}");
    }
}

#[test]
fn a_full_disk_leaves_no_output() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.write("in", noise(3_000_000, 1));
    // What a file may grow to here: the write fails as on a full disk.
    let ended = scene.shell("trap '' XFSZ; ulimit -f 1000; miyao encrypt --to-sm2 k.pub -o m in");
    ended.fails(20);
    assert!(!scene.has("m"));
    assert_eq!(scene.leftovers(), Vec::<String>::new());
}

#[test]
fn an_output_that_is_full_is_named_and_not_the_input() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.write("in", noise(3_000_000, 1));
    scene.run(["encrypt", "--to-sm2", "k.pub", "-o", "m", "in"]).works();
    for line in [
        "miyao encrypt --to-sm2 k.pub in > /dev/full",
        "miyao encrypt --to-sm2 k.pub < in > /dev/full",
        "miyao decrypt --sm2-key k.key m > /dev/full",
        "miyao decrypt --sm2-key k.key < m > /dev/full",
        "miyao random 100 > /dev/full",
        "miyao sm2 convert --to point k.pub > /dev/full",
    ] {
        let told = scene.shell(line).fails(20);
        assert!(told.starts_with("miyao: standard output: no space left"), "{line}: {told}");
    }
    let limited = "trap '' XFSZ; ulimit -f 1000; miyao encrypt --to-sm2 k.pub -o out in";
    let told = scene.shell(limited).fails(20);
    assert!(told.starts_with("miyao: out: "), "{told}");
    // What is wrong with the input is still the input's.
    scene.write("short", &scene.read("m")[..2_000_000]);
    let told = scene.shell("miyao decrypt --sm2-key k.key < short > /dev/null").fails(3);
    assert!(told.starts_with("miyao: standard input: "), "{told}");
}
