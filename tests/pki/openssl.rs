//! Certificates, requests and lists between us and the `openssl` of the system, both ways, under default and other user ids.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::Command,
};

use miyao::{
    Kind,
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Certificate, Crl, Request,
        certificate::{Authority, Template},
        chain::{Purpose, Trust},
        extension::{ExtendedKeyUsage, GeneralName, KeyUsage},
        request::Draft,
    },
};
use tempfile::TempDir;

use super::{
    authorities::{LEAF, List, MIDDLE, ROOT, name, now, world, world_under, year},
    key, rng,
};

/// A directory where `openssl` runs, with the private keys of the world as `1.key`, `2.key`, `3.key`.
struct Bench(TempDir);

impl Bench {
    fn new() -> Option<Self> {
        let bench = Self(tempfile::tempdir().unwrap());
        for number in [ROOT, MIDDLE, LEAF] {
            bench.write(&format!("{number}.key"), key(number).to_pkcs8_pem().unwrap().expose());
        }
        if let Err(error) = Command::new("openssl").arg("version").output() {
            // Written past the harness, which keeps what a passing test prints to itself.
            let said = format!("SKIPPED: openssl is needed (`apt-get install openssl`): {error}\n");
            io::stderr().write_all(said.as_bytes()).unwrap();
            return None;
        }
        Some(bench)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// Whether a line of `openssl` ended well, and all that it said.
    fn run(&self, line: &str) -> (bool, String) {
        let ended = Command::new("openssl").args(line.split(' ')).current_dir(self.path()).output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    #[track_caller]
    fn works(&self, line: &str) -> String {
        let (is_well, said) = self.run(line);
        assert!(is_well, "openssl {line}: {said}");
        said
    }
}

#[test]
fn openssl_verifies_the_chains_that_are_made() {
    let Some(bench) = Bench::new() else { return };
    let [root, middle, leaf] = world();
    for (file, certificate) in [("root.pem", &root), ("middle.pem", &middle), ("leaf.pem", &leaf)] {
        bench.write(file, certificate.to_pem().unwrap());
    }
    // OpenSSL 3.0 sets the user id for the end alone, so each link is verified by itself.
    let verify = "verify -x509_strict -partial_chain -attime 1780315200 -CAfile";
    for (issuer, subject) in [("root", "root"), ("root", "middle"), ("middle", "leaf")] {
        bench.works(&format!("{verify} {issuer}.pem -vfyopt distid:1234567812345678 {subject}.pem"));
        let wrong = format!("{verify} {issuer}.pem -vfyopt distid:1234567812345679 {subject}.pem");
        // It does not look at the signature of whom it trusts.
        assert!(subject == issuer || !bench.run(&wrong).0, "{subject}");
    }
    let text = bench.works("x509 -in leaf.pem -noout -text -nameopt RFC2253");
    for said in [
        "Signature Algorithm: SM2-with-SM3",
        "Issuer: CN=middle,C=CN",
        "Subject: CN=leaf,C=CN",
        "Digital Signature, Non Repudiation",
        "ASN1 OID: SM2",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    let text = bench.works("x509 -in middle.pem -noout -text");
    assert!(text.contains("CA:TRUE, pathlen:0") && text.contains("Certificate Sign, CRL Sign"), "{text}");
}

/// Without any option OpenSSL 3.0 hashes an empty user id: of lists and of what stands between it knows no other.
#[test]
fn openssl_verifies_whole_chains_and_lists_under_an_empty_user_id() {
    let Some(bench) = Bench::new() else { return };
    let [root, middle, leaf] = world_under(b"");
    for (file, certificate) in [("root.pem", &root), ("middle.pem", &middle), ("leaf.pem", &leaf)] {
        bench.write(file, certificate.to_pem().unwrap());
    }
    let verify = "verify -x509_strict -attime 1780315200 -CAfile root.pem -untrusted middle.pem";
    bench.works(&format!("{verify} leaf.pem"));
    let list = |issuer: &str| List { user_id: Vec::new(), ..List::new(issuer) };
    bench.write("root.crl", list("CN=root,C=CN").sign(&key(ROOT)).to_pem().unwrap());
    bench.write("middle.crl", list("CN=middle,C=CN").sign(&key(MIDDLE)).to_pem().unwrap());
    let lists = "-crl_check_all -CRLfile middle.crl -CRLfile root.crl";
    bench.works(&format!("{verify} {lists} leaf.pem"));
    let revoking = list("CN=middle,C=CN").revoking(leaf.serial().as_bytes(), &[]);
    bench.write("middle.crl", revoking.sign(&key(MIDDLE)).to_pem().unwrap());
    let (is_well, said) = bench.run(&format!("{verify} {lists} leaf.pem"));
    assert!(!is_well && said.contains("certificate revoked"), "{said}");
}

#[test]
fn chains_that_openssl_makes_are_verified() {
    let Some(bench) = Bench::new() else { return };
    for user_id in ["1234567812345678", "alice@example.com"] {
        let root =
            "-x509 -key 1.key -subj /C=CN/CN=root -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign";
        bench.works(&format!("req -new -sm3 -sigopt distid:{user_id} {root} -out root.pem"));
        bench.write(
            "middle.cnf",
            "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n",
        );
        bench.write(
            "leaf.cnf",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:a.example\n",
        );
        for (subject, issuer, names) in [("middle", "root", (2, 1)), ("leaf", "middle", (3, 2))] {
            let (own, above) = names;
            bench.works(&format!(
                "req -new -sm3 -sigopt distid:{user_id} -key {own}.key -subj /C=CN/CN={subject} -out {subject}.csr"
            ));
            bench.works(&format!(
                "x509 -req -sm3 -in {subject}.csr -CA {issuer}.pem -CAkey {above}.key -CAcreateserial -days 365 \
                 -sigopt distid:{user_id} -vfyopt distid:{user_id} -extfile {subject}.cnf -out {subject}.pem"
            ));
        }
        let read = |name: &str| Certificate::parse(&bench.read(name)).unwrap();
        let (anchors, between, leaf) = ([read("root.pem")], [read("middle.pem")], read("leaf.pem"));
        let trust = Trust::new(&anchors).intermediates(&between).user_id(user_id.as_bytes());
        let now = leaf.validity().from.plus_days(1);
        trust.verify(&leaf, Purpose::ServerAuthentication, now).unwrap();
        let wrong = trust.user_id(b"another").verify(&leaf, Purpose::Any, now).unwrap_err();
        assert_eq!(wrong.kind(), Kind::Rejected);
        let late = trust.verify(&leaf, Purpose::Any, now.plus_days(365)).unwrap_err();
        assert_eq!(late.kind(), Kind::Forbidden);
        let request = Request::parse(&bench.read("leaf.csr")).unwrap();
        assert_eq!(request.verify(user_id.as_bytes()).unwrap(), key(LEAF).public_key());
        assert_eq!(request.verify(b"another").unwrap_err().kind(), Kind::Rejected);
    }
}

#[test]
fn openssl_verifies_and_certifies_the_requests_that_are_made() {
    let Some(bench) = Bench::new() else { return };
    bench.write("root.pem", world()[0].to_pem().unwrap());
    let request = Draft::new(name("CN=密钥,O=Example\\, Inc.,C=CN"))
        .key_usage(KeyUsage::SIGNING)
        .purposes(&[ExtendedKeyUsage::ClientAuthentication])
        .alternative_names(&[
            GeneralName::parse("dns:a.example").unwrap(),
            GeneralName::parse("ip:::1").unwrap(),
        ])
        .sign(&key(LEAF), b"alice", &mut rng("openssl"))
        .unwrap();
    bench.write("leaf.csr", request.to_pem().unwrap());
    let text = bench.works("req -in leaf.csr -noout -verify -vfyopt distid:alice -text");
    for said in ["verify OK", "DNS:a.example, IP Address:0:0:0:0:0:0:0:1", "TLS Web Client Authentication"] {
        assert!(text.contains(said), "{said} in {text}");
    }
    let (_, wrong) = bench.run("req -in leaf.csr -noout -verify -vfyopt distid:1234567812345678");
    assert!(!wrong.contains("verify OK"), "{wrong}");
    bench.works(
        "x509 -req -sm3 -in leaf.csr -vfyopt distid:alice -CA root.pem -CAkey 1.key -CAcreateserial \
         -sigopt distid:1234567812345678 -days 30 -copy_extensions copyall -out leaf.pem",
    );
    let leaf = Certificate::parse(&bench.read("leaf.pem")).unwrap();
    assert_eq!(leaf.subject(), request.unverified_subject());
    assert_eq!(leaf.alternative_names(), request.unverified_alternative_names());
    leaf.verify_signature(key(ROOT).public_key(), DEFAULT_USER_ID).unwrap();
}

#[test]
fn lists_that_openssl_makes_revoke() {
    let Some(bench) = Bench::new() else { return };
    let (root_key, leaf_key) = (key(ROOT), key(LEAF));
    let root = Template::authority(name("CN=root,C=CN"), year(), None);
    let root = root.self_sign(&root_key, DEFAULT_USER_ID, &mut rng("root")).unwrap();
    let by = Authority::new(&root, &root_key).unwrap();
    let issue = |label: &str| {
        let template = Template::signing(name(&format!("CN={label},C=CN")), year());
        template.issue(leaf_key.public_key(), &by, &mut rng(label)).unwrap()
    };
    let (revoked, other) = (issue("revoked"), issue("other"));
    bench.write("root.pem", root.to_pem().unwrap());
    bench.write("revoked.pem", revoked.to_pem().unwrap());
    bench.write("index", "");
    bench.write("number", "01\n");
    bench.write(
        "ca.cnf",
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index\ncrlnumber=number\ncertificate=root.pem\nprivate_key=1.key\n\
         default_md=sm3\ncrl_extensions=list\n[list]\nauthorityKeyIdentifier=keyid\n",
    );
    let ca = "ca -config ca.cnf -sigopt distid:1234567812345678 -vfyopt distid:1234567812345678";
    bench.works(&format!("{ca} -revoke revoked.pem -crl_reason keyCompromise"));
    let dates = "-crl_lastupdate 20260525000000Z -crl_nextupdate 20260625000000Z";
    bench.works(&format!("{ca} -gencrl {dates} -out root.crl"));
    let crls = [Crl::parse(&bench.read("root.crl")).unwrap()];
    let found = crls[0].verify(&root, DEFAULT_USER_ID, now()).unwrap().find(revoked.serial()).unwrap();
    assert_eq!(found.reason().unwrap().to_string(), "keyCompromise");
    let anchors = [root];
    let trust = Trust::new(&anchors).crls(&crls);
    trust.verify(&other, Purpose::Signing, now()).unwrap();
    assert_eq!(trust.verify(&revoked, Purpose::Signing, now()).unwrap_err().kind(), Kind::Forbidden);
    assert_eq!(trust.verify(&other, Purpose::Signing, now().plus_days(30)).unwrap_err().kind(), Kind::Stale);
}
