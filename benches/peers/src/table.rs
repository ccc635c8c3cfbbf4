//! The tables: every median, the ratios to miyao's, and what is asked of them.

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    rows::{self, Row},
    worker::{LIBRARIES, TIERS, Worker},
};

/// The measurements of each row as it is written, and library.
#[derive(Default)]
pub struct Medians(BTreeMap<(String, &'static str), Vec<f64>>);

impl Medians {
    pub fn add(&mut self, row: &Row, worker: &Worker, nanoseconds: f64) {
        self.0.entry((row.named(worker.tier), worker.library)).or_default().push(row.figure(nanoseconds));
    }

    pub fn get(&self, row: &str, library: &'static str) -> Option<f64> {
        let mut figures = self.0.get(&(row.to_owned(), library))?.clone();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
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

const GOALS: [Goal; 16] = [
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
];

/// What is asked and what is there, and how many are not met.
pub fn goals(medians: &Medians) -> (String, usize) {
    let mut text = String::from(
        "| row | miyao MB/s | peer | MB/s | ratio | at least | |\n|---|---|---|---|---|---|---|\n",
    );
    let mut not_met = 0;
    for Goal { what, row, least, library, of } in &GOALS {
        let (own, peer) = (medians.get(row, "miyao"), medians.get(of, library));
        let ratio = own.zip(peer).map(|(own, peer)| own / peer);
        let is_met = ratio.is_some_and(|ratio| ratio >= *least);
        not_met += usize::from(!is_met);
        let word = if is_met { "met" } else { "NOT met" };
        let shown = ratio.map_or("not measured".to_owned(), |ratio| format!("{ratio:.2}"));
        let [own, peer] = [own, peer].map(|figure| cell(figure, 0));
        _ = writeln!(text, "| {what} | {own} | {library} | {peer} | {shown} | {least} | {word} |");
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
            let ratio =
                own.zip(figure).map(|(own, figure)| if row.size == 0 { figure / own } else { own / figure });
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
fn unit(row: &Row) -> &'static str {
    if row.size == 0 { " (ns)" } else { "" }
}

/// The time of a call as well, where that is what counts.
fn in_nanoseconds(row: &Row, figure: Option<f64>) -> String {
    let is_short_message = row.operation.starts_with("sm4-gcm") && row.size == 64;
    let figure = figure.filter(|_| is_short_message);
    figure.map_or(String::new(), |figure| format!(" = {:.0} ns", row.size as f64 * 1e3 / figure))
}

pub fn of_tiers(medians: &Medians) -> String {
    let mut text = heading("miyao, MB/s", TIERS.into_iter().map(|(tier, _)| tier));
    for row in rows::all().into_iter().filter(Row::has_tiers) {
        let cells = TIERS.map(|(tier, _)| cell(medians.get(&row.named(Some(tier)), "miyao"), 0));
        _ = writeln!(text, "| {}{} | {} |", row.name(), unit(&row), cells.join(" | "));
    }
    text
}

/// One object a line.
pub fn json(medians: &Medians) -> String {
    let tiers = || std::iter::once(None).chain(TIERS.into_iter().map(|(tier, _)| Some(tier)));
    let mut text = String::new();
    for (row, tier) in rows::all().into_iter().flat_map(|row| tiers().map(move |tier| (row, tier))) {
        let (name, unit) = (row.named(tier), row.unit());
        for library in LIBRARIES {
            let Some(median) = medians.get(&name, library) else { continue };
            let (own, figure) =
                (format!(r#""row": "{name}", "library": "{library}""#), format!("{median:.1}"));
            _ = writeln!(text, r#"{{{own}, "median": {figure}, "unit": "{unit}"}}"#);
        }
    }
    text
}
