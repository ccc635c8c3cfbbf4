//! What files are told to be.

use crate::scene::{Scene, noise};

#[test]
fn the_report_says_what_it_is_what_is_around_it_and_what_is_odd() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    let text = scene.run(["sm2", "inspect", "k.key"]).text();
    let words: Vec<_> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(words, ["is", "around", "inside", "public", "nothing"], "{text}");
    assert!(text.contains("private key, PKCS#8") && text.contains("PEM PRIVATE KEY"), "{text}");
    let pem = String::from_utf8(scene.read("k.key")).unwrap();
    scene.write("odd", pem.replace('\n', "\r\n"));
    let text = scene.run(["sm2", "inspect", "odd"]).text();
    assert!(text.contains("\nodd         lines end with carriage returns\n"), "{text}");
    let record = scene.run(["sm2", "inspect", "odd", "--json"]).record();
    assert_eq!((&record["kind"], &record["form"]), (&"private-key".into(), &"pkcs8".into()));
    assert_eq!(record["layers"][0], "PEM PRIVATE KEY");
    assert_eq!(record["oddities"][0]["word"], "carriage-returns");
    assert_eq!((&record["strict"], &record["authenticated"]), (&true.into(), &false.into()));
    assert_eq!(record["public"].as_str().unwrap().len(), 130);
    assert_eq!(scene.pipe(pem.as_bytes(), ["sm2", "inspect", "--json"]).record()["form"], "pkcs8");
}

#[test]
fn the_order_of_a_ciphertext_is_said_to_be_unknown_until_a_key_is_given() {
    let scene = Scene::new();
    scene.key_pair("k", 1);
    scene.key_pair("other", 2);
    for form in ["c1c3c2", "c1c2c3", "bare-c1c2c3"] {
        let made = scene.pipe(b"plaintext", ["sm2", "encrypt", "--key", "k.pub", "--form", form]).works();
        scene.write("m", made);
        let record = scene.run(["sm2", "inspect", "m", "--json"]).record();
        assert!(record["order"].is_null() && record["plaintext_bytes"] == 9, "{record}");
        assert_eq!(record["candidates"], serde_json::json!(["c1c3c2", "c1c2c3"]));
        let text = scene.run(["sm2", "inspect", "m"]).text();
        assert!(
            text.contains("C1, C3, C2 (GB/T 32918.4-2016) or C1, C2, C3")
                && text.contains("private key can tell")
        );
        let record = scene.run(["sm2", "inspect", "--key", "k.key", "m", "--json"]).record();
        assert_eq!(record["order"], form.trim_start_matches("bare-"));
        assert_eq!(record["verdict"], "opens");
        let record = scene.run(["sm2", "inspect", "--key", "other.key", "m", "--json"]).record();
        assert_eq!(
            (&record["order"], &record["verdict"]),
            (&serde_json::Value::Null, &"does-not-open".into())
        );
    }
}

#[test]
fn a_key_under_a_passphrase_is_described_without_it() {
    let scene = Scene::new();
    scene.write("pass", "words");
    let keygen = ["sm2", "keygen", "--passphrase-file", "pass", "--iterations", "1024", "-o", "k"];
    scene.run(keygen).works();
    let protection = scene.run(["sm2", "inspect", "k", "--json"]).record()["protection"].clone();
    assert_eq!(protection["iterations"], 1024);
    assert_eq!(protection["cipher"], "SM4-CBC (1.2.156.10197.1.104.2)");
    assert_eq!(protection["function"], "HMAC-SM3 (1.2.156.10197.1.401.2)");
    let text = scene.run(["sm2", "inspect", "k"]).text();
    assert!(text.contains("1024 iterations") && text.contains("can be opened here"), "{text}");
}

#[test]
fn a_foreign_generator_and_halves_that_do_not_belong_together_are_named() {
    let scene = Scene::new();
    let (own, other) = (scene.key_pair("k", 1), scene.key_pair("other", 2));
    let der = own.to_pkcs8_der();
    let at = der.len() - 65;
    scene.write("mixed", [&der.expose()[..at], &other.public_key().to_bytes()].concat());
    let record = scene.run(["sm2", "inspect", "mixed", "--json"]).record();
    assert_eq!(record["oddities"][0]["word"], "public-mismatch");
    let told = scene.run(["sm2", "convert", "--to", "pkcs8", "mixed"]).fails(5);
    assert!(told.contains("do not belong together"), "{told}");
    scene.run(["sm2", "sign", "--key", "mixed", "k.pub"]).fails(5);

    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    // ECParameters of SM2 whose generator is the public key itself: then 1 is its private key.
    let point = own.public_key().to_bytes();
    let parameters = [
        hex("3081e0020101302c06072a8648ce3d0101022100fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"),
        hex("30440420fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"),
        hex("042028e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e930441"),
        point.to_vec(),
        hex("022100fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123020101"),
    ]
    .concat();
    let algorithm = [hex("3081ec06072a8648ce3d0201"), parameters].concat();
    let spki = [&[0x30, 0x82, 1, 0x33][..], &algorithm, &[3, 66, 0], &point].concat();
    scene.write("spoofed", spki);
    let record = scene.run(["sm2", "inspect", "spoofed", "--json"]).record();
    assert_eq!(record["fault"]["word"], "foreign-generator", "{record}");
    let told = scene.run(["sm2", "convert", "--to", "spki", "spoofed"]).fails(5);
    assert!(told.contains("CVE-2020-0601"), "{told}");
    scene.run(["sm2", "verify", "--key", "spoofed", "--signature", "k.pub", "k.pub"]).fails(5);
}

#[test]
fn nothing_known_is_said_and_ends_with_the_number_of_malformed() {
    let scene = Scene::new();
    scene.write("noise", noise(500, 1));
    let ended = scene.run(["sm2", "inspect", "noise"]);
    assert!(ended.output().starts_with(b"is          nothing that is known here"));
    let told = ended.fails(5);
    assert!(told.starts_with("miyao: noise: "), "{told}");
    scene.write("long", [&[0x30, 0x82, 0x10, 0][..], &[0; 100]].concat());
    let ended = scene.run(["sm2", "inspect", "long"]);
    assert!(String::from_utf8_lossy(ended.output()).contains("3996 bytes are missing"));
    ended.fails(5);
}
