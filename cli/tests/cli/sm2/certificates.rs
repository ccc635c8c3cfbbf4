//! `miyao sm2 csr` and `miyao sm2 cert`: a root, an authority below it, a pair of certificates, and what must not hold.

use miyao::pki::{Certificate, Request};

use super::openssl;
use crate::scene::{Ended, Scene};

/// Runs a line, split at its spaces.
fn run(scene: &Scene, line: &str) -> Ended {
    scene.run(line.split(' '))
}

/// Whether a line of `openssl` ended well; nothing where there is none.
fn openssl(scene: &Scene, line: &str) -> Option<bool> {
    openssl::openssl(scene, &line.split(' ').collect::<Vec<_>>())
}

/// A root, an authority below it, and a host's two certificates that hold in 2026.
fn scene() -> Scene {
    let scene = Scene::new();
    for (name, seed) in [("root", 1), ("middle", 2), ("sign", 3), ("encrypt", 4)] {
        scene.key_pair(name, seed);
    }
    let year = "--from 2026-01-01 --until 2026-12-31T23:59:59Z";
    run(&scene, &format!("sm2 cert self-sign --key root.key --subject CN=root,C=CN --ca {year} -o root.pem"))
        .works();
    let asked = "--san dns:a.example --san ip:10.0.0.1 --purpose server";
    for (name, subject, more) in [
        ("middle", "CN=middle,C=CN", ""),
        ("sign", "CN=a.example,C=CN", asked),
        ("encrypt", "CN=a.example,C=CN", ""),
    ] {
        let line = format!("sm2 csr --key {name}.key --subject {subject} -o {name}.csr {more}");
        run(&scene, line.trim_end()).works();
    }
    for (name, issuer, more) in [
        ("middle", "root", "--ca --path-len 0"),
        ("sign", "middle", "--grant-names --purpose server"),
        ("encrypt", "middle", "--usage encryption --san dns:b.example"),
    ] {
        let by = format!("--issuer {issuer}.pem --key {issuer}.key");
        run(&scene, &format!("sm2 cert issue {name}.csr {by} {year} {more} -o {name}.pem")).works();
    }
    scene
}

const VERIFY: &str = "sm2 cert verify --trust root.pem --between middle.pem --at 2026-06-01";

#[test]
fn a_pair_of_certificates_verifies_up_to_its_root() {
    let scene = scene();
    for (name, purpose, code) in [
        ("sign", "any", 0),
        ("sign", "signing", 0),
        ("sign", "server", 0),
        ("sign", "client", 12),
        ("sign", "encryption", 12),
        ("encrypt", "encryption", 0),
        ("encrypt", "signing", 12),
        ("middle", "authority", 0),
        ("sign", "authority", 12),
    ] {
        let ended = run(&scene, &format!("{VERIFY} --purpose {purpose} {name}.pem"));
        assert_eq!(ended.code(), code, "{name} for {purpose}: {}", ended.errors());
    }
    assert_eq!(
        run(&scene, &format!("{VERIFY} sign.pem")).text(),
        "verified: CN=a.example,C=CN\n  issued by CN=middle,C=CN\n  issued by CN=root,C=CN\n"
    );
    let record = run(&scene, &format!("{VERIFY} --json sign.pem")).record();
    assert_eq!((record["verified"].as_bool(), record["path"].as_array().unwrap().len()), (Some(true), 3));
    // What stands between may come behind the certificate itself.
    let both = [scene.read("sign.pem"), scene.read("middle.pem")].concat();
    let line = "sm2 cert verify --trust root.pem --at 2026-06-01";
    scene.pipe(&both, line.split(' ')).works();
    scene.pipe(&scene.read("sign.pem"), line.split(' ')).fails(9);
}

#[test]
fn what_does_not_hold_is_told_with_its_number() {
    let scene = scene();
    let (late, early) =
        (VERIFY.replace("2026-06-01", "2027-01-01"), VERIFY.replace("2026-06-01", "2025-12-31"));
    assert!(run(&scene, &format!("{late} sign.pem")).fails(12).contains("has expired"));
    assert!(run(&scene, &format!("{early} sign.pem")).fails(12).contains("not valid yet"));
    assert!(run(&scene, &format!("{VERIFY} --id bob sign.pem")).fails(3).contains("user id"));
    run(&scene, "sm2 cert verify --trust sign.pem middle.pem --at 2026-06-01").fails(9);
    run(&scene, "sm2 cert verify --trust root.pem --between middle.pem --at today sign.pem").fails(4);
    run(&scene, &format!("{VERIFY} sign.csr")).fails(5);
    run(&scene, "sm2 cert verify sign.pem").fails(2);
    // Who may not sign others, and keys that are not the certificate's.
    run(&scene, "sm2 cert issue sign.csr --issuer sign.pem --key sign.key").fails(12);
    run(&scene, "sm2 cert issue sign.csr --issuer root.pem --key middle.key").fails(4);
    run(&scene, "sm2 cert issue middle.csr --issuer middle.pem --key middle.key --ca").fails(12);
    run(&scene, "sm2 cert issue sign.csr --issuer root.pem --key root.key --request-user-id bob").fails(3);
    run(&scene, "sm2 csr --key sign.key --subject a.example").fails(4);
    run(&scene, "sm2 csr --key sign.key --subject CN=a --san a.example").fails(4);
    run(&scene, "sm2 csr --key sign.key --subject CN=a -o sign.csr").fails(10);
    run(&scene, "sm2 cert self-sign --key sign.key --subject CN=a --until 2020-01-01").fails(4);
    run(&scene, "sm2 cert self-sign --key sign.key --subject CN=a --path-len 1").fails(2);
}

#[test]
fn certificates_and_requests_are_shown() {
    let scene = scene();
    let record = run(&scene, "sm2 cert show --json sign.pem").record();
    assert_eq!(record["subject"], "CN=a.example,C=CN");
    assert_eq!(record["names"], serde_json::json!(["dns:a.example", "ip:10.0.0.1"]));
    assert_eq!(record["key_usage"], serde_json::json!(["digitalSignature", "nonRepudiation"]));
    assert_eq!((&record["authority"], &record["until"]), (&false.into(), &"2026-12-31T23:59:59Z".into()));
    let text = run(&scene, "sm2 cert show middle.pem").text();
    for line in
        ["authority: yes\npath len: 0\n", "key usage: keyCertSign, cRLSign\n", "signature: SM2 with SM3\n"]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
    let encrypt = run(&scene, "sm2 cert show --json encrypt.pem").record();
    assert_eq!(encrypt["names"], serde_json::json!(["dns:b.example"]), "only what was granted");
    let request = run(&scene, "sm2 cert show --json sign.csr").record();
    assert_eq!(
        (&request["kind"], &request["verifies"]),
        (&"request".into(), &"under the default user id".into())
    );
    run(&scene, "sm2 csr --key sign.key --subject CN=a --id bob --der -o bob.csr").works();
    let request = run(&scene, "sm2 cert show --json bob.csr").record();
    assert_eq!(request["verifies"], "not under the default user id");
    run(&scene, "sm2 cert issue bob.csr --issuer root.pem --key root.key --request-user-id bob -o bob.pem")
        .works();
    run(&scene, "sm2 cert show root.key").fails(5);
    run(&scene, "sm2 cert show nothing.pem").fails(9);
    scene.write("long", vec![0x30; (64 << 20) + 1]);
    run(&scene, "sm2 cert show long").fails(8);
    let all = [scene.read("root.pem"), scene.read("middle.pem")].concat();
    assert_eq!(scene.pipe(&all, ["sm2", "cert", "show", "--json"]).records().len(), 2);
}

#[test]
fn what_is_printed_is_pem_and_der_goes_to_files() {
    let scene = scene();
    let printed = run(&scene, "sm2 csr --key sign.key --subject CN=a").works();
    assert_eq!(Request::parse(&printed).unwrap().unverified_subject().to_string(), "CN=a");
    let printed = run(&scene, "sm2 cert self-sign --key sign.key --subject CN=a --days 1").works();
    let made = Certificate::parse(&printed).unwrap();
    assert_eq!(made.validity().until, made.validity().from.plus_days(1));
    assert!(made.basic_constraints().is_none() && made.is_self_issued());
    let record = run(&scene, "sm2 cert self-sign --key sign.key --subject CN=a --json").record();
    assert!(record["certificate"].as_str().unwrap().starts_with("3082"));
    run(&scene, "sm2 cert self-sign --key sign.key --subject CN=a --der -o a.der").works();
    assert!(Certificate::from_der(&scene.read("a.der")).is_ok());
    run(&scene, "sm2 cert verify --trust a.der a.der").works();
    // A name in DER is no label of PEM.
    for label in ["CERTIFICATE REQUEST", "X509 CRL"] {
        let (subject, out) = (format!("CN={label}-----"), format!("{label}.der"));
        let made =
            ["sm2", "cert", "self-sign", "--key", "sign.key", "--subject", &subject, "--der", "-o", &out];
        scene.run(made).works();
        assert_eq!(scene.run(["sm2", "cert", "show", "--json", &out]).record()["subject"], subject.as_str());
    }
}

#[test]
fn lists_of_openssl_revoke_and_openssl_verifies_what_is_issued() {
    let scene = scene();
    let verify = "verify -partial_chain -attime 1780315200 -vfyopt distid:1234567812345678 -CAfile";
    let Some(is_verified) = openssl(&scene, &format!("{verify} middle.pem sign.pem")) else { return };
    assert!(is_verified);
    assert_eq!(openssl(&scene, &format!("{verify} root.pem middle.pem")), Some(true));
    assert_eq!(openssl(&scene, &format!("{verify} root.pem sign.pem")), Some(false));
    scene.write("index", "");
    scene.write("number", "01\n");
    for issuer in ["root", "middle"] {
        scene.write(
            &format!("{issuer}.cnf"),
            format!(
                "[ca]\ndefault_ca=own\n[own]\ndatabase=index\ncrlnumber=number\ncertificate={issuer}.pem\n\
                 private_key={issuer}.key\ndefault_md=sm3\n"
            ),
        );
        let ca = format!(
            "ca -config {issuer}.cnf -sigopt distid:1234567812345678 -vfyopt distid:1234567812345678"
        );
        if issuer == "middle" {
            assert_eq!(openssl(&scene, &format!("{ca} -revoke encrypt.pem")), Some(true));
        }
        let dates = "-crl_lastupdate 20260525000000Z -crl_nextupdate 20260625000000Z";
        assert_eq!(openssl(&scene, &format!("{ca} -gencrl {dates} -out {issuer}.crl")), Some(true));
    }
    let lists = "--crl root.crl --crl middle.crl";
    run(&scene, &format!("{VERIFY} {lists} sign.pem")).works();
    assert!(run(&scene, &format!("{VERIFY} {lists} encrypt.pem")).fails(12).contains("revoked"));
    run(&scene, &format!("{VERIFY} --crl root.crl sign.pem")).fails(9);
    let late = VERIFY.replace("2026-06-01", "2026-07-01");
    run(&scene, &format!("{late} {lists} sign.pem")).fails(23);
    let shown = run(&scene, "sm2 cert show --json middle.crl").record();
    assert_eq!(shown["revoked"].as_array().unwrap().len(), 1);
    let text = run(&scene, "sm2 cert show middle.crl").text();
    assert!(text.contains("next update: 2026-06-25T00:00:00Z\n"), "{text}");
    let serial = shown["revoked"][0]["serial"].as_str().unwrap();
    assert!(text.contains(&format!("\nrevoked:\n  {serial} ")), "{text}");
}
