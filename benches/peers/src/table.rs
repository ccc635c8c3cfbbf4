//! The tables: every median, the ratios to miyao's, and what is asked of them.

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    rows::{self, Row, Unit},
    worker::{LIBRARIES, TIERS, Worker},
};

/// The measurements of each row as it is written, and library.
#[derive(Default)]
pub struct Medians(BTreeMap<(String, &'static str), Vec<f64>>);

impl Medians {
    pub fn add(&mut self, row: &Row, worker: &Worker, nanoseconds: f64) {
        self.0
            .entry((row.named(worker.tier.map(|tier| tier.name)), worker.library))
            .or_default()
            .push(row.figure(nanoseconds));
    }

    pub fn get(&self, row: &str, library: &'static str) -> Option<f64> {
        let mut figures = self.0.get(&(row.to_owned(), library))?.clone();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    }

    /// The fastest peer's, or this peer's.
    fn of_peer(&self, row: &str, library: &'static str) -> Option<(&'static str, f64)> {
        let figure = |library| Some((library, self.get(row, library)?));
        if library != BEST {
            return figure(library);
        }
        let peers = LIBRARIES.into_iter().filter(|library| *library != "miyao").filter_map(figure);
        peers.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// What is asked: so many times as fast in miyao's row as the library is in its own.
struct Goal {
    what: &'static str,
    row: &'static str,
    least: f64,
    library: &'static str,
    of: &'static str,
}

const fn goal(
    what: &'static str,
    row: &'static str,
    least: f64,
    library: &'static str,
    of: &'static str,
) -> Goal {
    Goal { what, row, least, library, of }
}

const GOALS: [Goal; 31] = [
    goal("CTR 16 KiB", "sm4-ctr/16384", 1.5, "ippcp", "sm4-ctr/16384"),
    goal("ECB 16 KiB", "sm4-ecb/16384", 1.3, "ippcp", "sm4-ecb/16384"),
    goal("CBC-decrypt 16 KiB", "sm4-cbc-decrypt/16384", 1.3, "ippcp", "sm4-cbc-decrypt/16384"),
    goal("GCM encrypt 16 KiB, peer's CTR", "sm4-gcm-encrypt/16384", 1.3, "ippcp", "sm4-ctr/16384"),
    goal("GCM encrypt 16 KiB", "sm4-gcm-encrypt/16384", 5.0, "gmsm", "sm4-gcm-encrypt/16384"),
    goal("GCM decrypt 16 KiB, peer's CTR", "sm4-gcm-decrypt/16384", 1.2, "ippcp", "sm4-ctr/16384"),
    goal("GCM encrypt 64 B, ready key", "sm4-gcm-encrypt/64", 3.0, "gmsm", "sm4-gcm-encrypt/64"),
    goal("GCM decrypt 64 B, ready key", "sm4-gcm-decrypt/64", 3.0, "gmsm", "sm4-gcm-decrypt/64"),
    goal("XTS 16 KiB", "sm4-xts-encrypt/16384", 2.8, "gmsm", "sm4-xts-encrypt/16384"),
    goal("CBC-encrypt 16 KiB", "sm4-cbc-encrypt/16384", 1.25, "ippcp", "sm4-cbc-encrypt/16384"),
    goal("AVX2+GFNI CTR 16 KiB", "sm4-ctr@avx2-gfni/16384", 0.95, "ippcp", "sm4-ctr/16384"),
    goal("AVX2+AES-NI CTR 16 KiB", "sm4-ctr@aesni/16384", 1.9, "gmsm", "sm4-ctr/16384"),
    goal("portable ECB 16 KiB", "sm4-ecb@soft/16384", 2.5, "rustcrypto", "sm4-ecb/16384"),
    goal("SM3 16 KiB", "sm3/16384", 1.25, "rustcrypto", "sm3/16384"),
    goal("SM3, 16 messages of 16 KiB", "sm3x16/16384", 1.2, "crypto_mb", "sm3x16/16384"),
    goal("HMAC-SM3 1 KiB", "hmac-sm3/1024", 1.2, "rustcrypto", "hmac-sm3/1024"),
    goal("SM2 sign", "sm2-sign", 2.0, "gmsm", "sm2-sign"),
    goal("SM2 key generation", "sm2-keygen", 1.5, "gmsm", "sm2-keygen"),
    goal("SM2 verify, unknown key", "sm2-verify", 1.15, "gmsm", "sm2-verify"),
    goal("SM2 verify, unknown key, best peer", "sm2-verify", 1.0, BEST, "sm2-verify"),
    goal("SM2 verify, prepared key of 2 KiB", "sm2-verify-prepared-small", 2.3, "gmsm", "sm2-verify"),
    goal("SM2 verify, prepared key, full table", "sm2-verify-prepared-full", 4.0, "gmsm", "sm2-verify"),
    goal("SM2 decrypt 32 B", "sm2-decrypt", 1.05, "gmsm", "sm2-decrypt"),
    goal("SM2 ECDH", "sm2-ecdh", 1.05, "gmsm", "sm2-ecdh"),
    goal("SM2 encrypt 32 B", "sm2-encrypt", 1.05, "gmsm", "sm2-encrypt"),
    goal("SM2 encrypt 32 B, prepared recipient", "sm2-encrypt-prepared", 3.0, "gmsm", "sm2-encrypt"),
    goal("SM2 verify, 8 at once", "sm2-batch8-verify", 1.0, "crypto_mb", "sm2-batch8-verify"),
    goal("SM2 sign, 8 at once", "sm2-batch8-sign", 1.0, "crypto_mb", "sm2-batch8-sign"),
    goal("SM2 key generation, 8 at once", "sm2-batch8-keygen", 1.0, "crypto_mb", "sm2-batch8-keygen"),
    goal("portable SM2 sign", "sm2-sign@portable", 2.0, "rustcrypto", "sm2-sign"),
    goal("portable SM2 verify", "sm2-verify@portable", 2.0, "rustcrypto", "sm2-verify"),
];

/// Whichever peer of the run is the fastest.
const BEST: &str = "the fastest";

/// What is asked and what is there, and how many are not met.
pub fn goals(medians: &Medians) -> (String, usize) {
    let mut text = String::from(
        "| row | unit | miyao | peer | | ratio | at least | |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut not_met = 0;
    for Goal { what, row, least, library, of } in &GOALS {
        let (own, peer) = (medians.get(row, "miyao"), medians.of_peer(of, library));
        let ratio = own.zip(peer).map(|(own, (_, peer))| own / peer);
        let is_met = ratio.is_some_and(|ratio| ratio >= *least);
        not_met += usize::from(!is_met);
        let word = if is_met { "met" } else { "NOT met" };
        let shown = ratio.map_or("not measured".to_owned(), |ratio| format!("{ratio:.2}"));
        let unit = if row.starts_with("sm2-") { "ops/s" } else { "MB/s" };
        let library = peer.map_or(*library, |(library, _)| library);
        let [own, peer] = [own, peer.map(|(_, figure)| figure)].map(|figure| cell(figure, 0));
        _ = writeln!(text, "| {what} | {unit} | {own} | {library} | {peer} | {shown} | {least} | {word} |");
    }
    (text, not_met)
}

fn cell(figure: Option<f64>, digits: usize) -> String {
    figure.map_or("–".to_owned(), |figure| {
        let digits = if figure < 100.0 { digits.max(1) } else { digits };
        format!("{figure:.digits$}")
    })
}

/// Every median, with the ratio of miyao's to it: above 1, miyao is the faster.
pub fn all(medians: &Medians) -> String {
    format!("{}\n{}", beside_libraries(medians), of_tiers(medians))
}

fn heading(first: &str, columns: impl Iterator<Item = &'static str>) -> String {
    let columns: Vec<_> = columns.collect();
    format!("| {first} | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len()))
}

pub fn beside_libraries(medians: &Medians) -> String {
    let mut text = heading("MB/s (miyao / peer)", LIBRARIES.into_iter());
    for row in rows::all() {
        let name = row.name();
        let own = medians.get(&name, "miyao");
        let cells = LIBRARIES.map(|library| {
            let figure = medians.get(&name, library);
            let ratio = own.zip(figure).map(|(own, figure)| row.ratio(own, figure));
            let shown = cell(figure, 0) + &in_nanoseconds(&row, figure);
            match ratio {
                Some(ratio) if library != "miyao" => format!("{shown} ({ratio:.2})"),
                _ => shown,
            }
        });
        _ = writeln!(text, "| {name}{} | {} |", unit(&row), cells.join(" | "));
    }
    text
}

/// Said where it is not what the heading says.
fn unit(row: &Row) -> String {
    let unit = row.unit();
    if unit == Unit::Megabytes { String::new() } else { format!(" ({})", unit.name()) }
}

/// The time of a call as well, where that is what counts.
fn in_nanoseconds(row: &Row, figure: Option<f64>) -> String {
    let is_short_message = row.operation.starts_with("sm4-gcm") && row.size == 64;
    let figure = figure.filter(|_| is_short_message);
    figure.map_or(String::new(), |figure| format!(" = {:.0} ns", row.size as f64 * 1e3 / figure))
}

pub fn of_tiers(medians: &Medians) -> String {
    let mut text = heading("miyao, MB/s", TIERS.into_iter().map(|tier| tier.name));
    for row in rows::all().into_iter().filter(|row| TIERS.iter().any(|tier| row.has_tier(tier.name))) {
        let cells = TIERS.map(|tier| cell(medians.get(&row.named(Some(tier.name)), "miyao"), 0));
        _ = writeln!(text, "| {}{} | {} |", row.name(), unit(&row), cells.join(" | "));
    }
    text
}

/// One object a line.
pub fn json(medians: &Medians) -> String {
    let tiers = || std::iter::once(None).chain(TIERS.into_iter().map(|tier| Some(tier.name)));
    let mut text = String::new();
    for (row, tier) in rows::all().into_iter().flat_map(|row| tiers().map(move |tier| (row, tier))) {
        let (name, unit) = (row.named(tier), row.unit().name());
        for library in LIBRARIES {
            let Some(median) = medians.get(&name, library) else { continue };
            let (own, figure) =
                (format!(r#""row": "{name}", "library": "{library}""#), format!("{median:.1}"));
            _ = writeln!(text, r#"{{{own}, "median": {figure}, "unit": "{unit}"}}"#);
        }
    }
    text
}
