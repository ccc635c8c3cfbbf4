//! What is around the bytes: PEM as people have it, hexadecimal, base64, and one in another.

use miyao::pki::inspect::{Layer, inspect};

use super::{key, tells, word};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pem() -> String {
    String::from_utf8(key(5).to_pkcs8_pem().unwrap().expose().to_vec()).unwrap()
}

/// The base64 of a PEM text.
fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.contains("---")).collect()
}

#[test]
fn pem_is_told_with_what_was_done_to_it() {
    let (pem, public) = (pem(), key(5).public_key().to_pem().unwrap());
    let base64 = body(&pem);
    let wrapped =
        |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    assert!(pem.contains(['+', '/']) && public.contains('='), "the text has what is to be changed");
    let parameters = |body: &str| wrapped("EC PARAMETERS", body) + &pem;
    for (what, text, form, oddities) in [
        ("as written", pem.clone(), "pkcs8", &[][..]),
        ("CRLF", pem.replace('\n', "\r\n"), "pkcs8", &["carriage-returns"]),
        ("CR", pem.replace('\n', "\r"), "pkcs8", &["carriage-returns"]),
        ("no final newline", pem.trim_end().to_owned(), "pkcs8", &[]),
        ("a mark before", format!("\u{feff}{pem}"), "pkcs8", &["byte-order-mark"]),
        ("one line of base64", wrapped("PRIVATE KEY", &base64), "pkcs8", &["long-lines"]),
        ("all on one line", pem.replace('\n', ""), "pkcs8", &["joined-lines", "long-lines"]),
        ("escaped", pem.replace('\n', "\\n"), "pkcs8", &["escaped-lines"]),
        ("escaped and quoted", format!("\"{}\"", pem.replace('\n', "\\n")), "pkcs8", &["escaped-lines"]),
        ("indented", pem.lines().map(|line| format!("  {line}\n")).collect(), "pkcs8", &["blanks"]),
        ("blank lines", pem.replace('\n', "\n\n"), "pkcs8", &["blanks"]),
        ("text around", format!("Subject: 我\n{pem}bye\n"), "pkcs8", &["text-around"]),
        ("no END", pem.replace("-----END PRIVATE KEY-----\n", ""), "pkcs8", &["no-end"]),
        ("another END", pem.replace("END PRIVATE", "END EC PRIVATE"), "pkcs8", &["no-end"]),
        ("another label", pem.replace("PRIVATE KEY", "EC PRIVATE KEY"), "pkcs8", &["label"]),
        ("a certificate's label", pem.replace("PRIVATE KEY", "CERTIFICATE"), "pkcs8", &["label"]),
        ("two blocks", format!("{pem}{public}"), "pkcs8", &["more-blocks"]),
        ("parameters before", parameters("BggqgRzPVQGCLQ=="), "pkcs8", &[]),
        ("another curve's parameters before", parameters("BggqhkjOPQMBBw=="), "pkcs8", &["parameters"]),
        ("parameters alone", wrapped("EC PARAMETERS", "BggqgRzPVQGCLQ=="), "parameters", &[]),
        ("the URL alphabet", pem.replace('+', "-").replace("/", "_"), "pkcs8", &["url-alphabet"]),
        ("no padding", public.replace('=', ""), "spki", &["padding"]),
        ("headers", pem.replacen('\n', "\nComment: mine\n\n", 1), "pkcs8", &["headers", "blanks"]),
        ("a public key", public.clone(), "spki", &[]),
        (
            "PEM's own encryption",
            wrapped("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: SM4-CBC,00\n\nMIIB"),
            "old-pem: old-encryption",
            &["blanks"],
        ),
        ("no base64", wrapped("PRIVATE KEY", "M!IB"), "unknown", &[]),
        ("a cut key", wrapped("PRIVATE KEY", &base64[..40]), "unknown", &["truncated"]),
    ] {
        let found = tells(what, text.as_bytes(), form, oddities);
        assert!(matches!(found.layers.first(), Some(Layer::Pem(_))), "{what}");
    }
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(pem.bytes().flat_map(|byte| [byte, 0])).collect();
    tells("UTF-16", &wide, "pkcs8", &["utf-16"]);
    let latin = [b"Schl\xfcssel\n", pem.as_bytes()].concat();
    tells("text of no UTF-8 around", &latin, "pkcs8", &["text-around"]);
}

#[test]
fn hexadecimal_and_base64_are_told_one_in_another() {
    let der = key(5).to_pkcs8_der();
    let (hex, base64) = (hex(der.expose()), body(&pem()));
    let spaced: String =
        hex.as_bytes().chunks(2).map(|pair| format!("{}:", str::from_utf8(pair).unwrap())).collect();
    let listed: String =
        hex.as_bytes().chunks(2).map(|pair| format!("0x{}, ", str::from_utf8(pair).unwrap())).collect();
    let url: String = base64.replace('+', "-").replace('/', "_").replace('=', "");
    let twice = self::hex(pem().as_bytes());
    for (what, text, layers, oddities) in [
        ("hexadecimal", hex.clone(), &[Layer::Hexadecimal][..], &[][..]),
        ("with a line end", format!("{hex}\r\n"), &[Layer::Hexadecimal], &[]),
        ("capitals", hex.to_uppercase(), &[Layer::Hexadecimal], &[]),
        ("0x", format!("0x{hex}"), &[Layer::Hexadecimal], &["hex-prefix"]),
        ("colons", spaced, &[Layer::Hexadecimal], &["hex-separators"]),
        ("an array", format!("{{ {listed} }}"), &[Layer::Hexadecimal], &["hex-separators", "hex-prefix"]),
        ("base64", base64.clone(), &[Layer::Base64], &[]),
        ("base64 with a mark", format!("\u{feff}{base64}\n"), &[Layer::Base64], &["byte-order-mark"]),
        ("hexadecimal of PEM", twice, &[Layer::Hexadecimal, Layer::Pem("PRIVATE KEY".to_owned())], &[]),
        ("hexadecimal of base64", self::hex(base64.as_bytes()), &[Layer::Hexadecimal, Layer::Base64], &[]),
    ] {
        let found = tells(what, text.as_bytes(), "pkcs8", oddities);
        assert_eq!(found.layers, layers, "{what}");
    }
    assert_eq!(word(&inspect(url.as_bytes())), "pkcs8");
    let deep = (0..6).fold(der.expose().to_vec(), |bytes, _| self::hex(&bytes).into_bytes());
    assert_eq!(word(&inspect(&deep)), "unknown", "layers are bounded");
    tells(
        "62 digits of a scalar",
        "5".repeat(62).as_bytes(),
        "scalar",
        &["scalar-length", "may-be-anything"],
    );
    let short = "5".repeat(63);
    tells("63 digits of a scalar", short.as_bytes(), "scalar", &["odd-digits", "may-be-anything"]);
}

#[test]
fn a_mark_is_cut_off_text_alone() {
    let marked = |rest: &[u8]| [b"\xef\xbb\xbf", rest].concat();
    tells("a signature that begins as a mark does", &marked(&[0x95; 61]), "raw", &["may-be-anything"]);
    tells("a text as long as a signature", &marked(&[b'.'; 61]), "unknown", &["byte-order-mark"]);
    tells("a mark before what is unknown", &marked(&[0x95; 70]), "unknown", &["byte-order-mark"]);
}
