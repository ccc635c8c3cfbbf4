//! The plot: what each library does with 16 KiB, as bars.

use std::fmt::Write;

use crate::{table::Medians, worker::LIBRARIES};

const ROWS: [&str; 11] = [
    "sm4-ecb/16384",
    "sm4-cbc-encrypt/16384",
    "sm4-cbc-decrypt/16384",
    "sm4-ctr/16384",
    "sm4-gcm-encrypt/16384",
    "sm4-gcm-decrypt/16384",
    "sm4-xts-encrypt/16384",
    "sm4-ccm-encrypt/16384",
    "sm3/16384",
    "sm3x16/16384",
    "hmac-sm3/16384",
];
/// As the libraries stand in their list; told apart by those who see few colours, too.
const COLOURS: [&str; 8] =
    ["#c0392b", "#1f5f99", "#5aa0d8", "#2e8b57", "#e08e0b", "#7d5ba6", "#7f8c8d", "#222222"];
const LEFT: f64 = 190.0;
const WIDE: f64 = 560.0;
const BAR: f64 = 11.0;
const GAP: f64 = 12.0;

pub fn svg(medians: &Medians) -> String {
    let most = ROWS.iter().flat_map(|row| LIBRARIES.map(|library| medians.get(row, library).unwrap_or(0.0)));
    let scale = WIDE / most.fold(1.0, f64::max);
    let (mut body, mut y) = (legend(), 40.0);
    for row in ROWS {
        let bars = LIBRARIES.iter().zip(COLOURS);
        let bars: Vec<_> =
            bars.filter_map(|(library, colour)| Some((medians.get(row, library)?, colour))).collect();
        let middle = y + BAR * bars.len() as f64 / 2.0 + 4.0;
        _ = writeln!(body, r#"<text x="{}" y="{middle}" text-anchor="end">{row}</text>"#, LEFT - 8.0);
        for (figure, colour) in bars {
            body.push_str(&bar(figure, figure * scale, y, colour));
            y += BAR;
        }
        y += GAP;
    }
    let width = LEFT + WIDE + 70.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {y}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>MB/s with messages of 16 KiB, one core; longer is faster</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

fn bar(figure: f64, length: f64, y: f64, colour: &str) -> String {
    let (height, x, base) = (BAR - 1.0, LEFT + length + 4.0, y + BAR - 2.5);
    format!(
        "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{height}\" fill=\"{colour}\"/>\n\
         <text x=\"{x:.1}\" y=\"{base}\" font-size=\"9\">{figure:.0}</text>\n"
    )
}

fn legend() -> String {
    let mut text = String::new();
    for (at, (library, colour)) in LIBRARIES.iter().zip(COLOURS).enumerate() {
        let x = 20.0 + 98.0 * at as f64;
        _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"12\" width=\"10\" height=\"10\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"21\">{library}</text>",
            x + 14.0
        );
    }
    text
}
