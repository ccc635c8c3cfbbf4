//! Puts a run into `docs/performance.md`, between its markers, and the plot beside it.

use std::{env, fmt::Write, fs, path::Path};

use crate::{
    ROUNDS, Result, plot, table,
    table::Medians,
    worker::{Missing, Worker},
};

const BEGIN: &str = "<!-- begin: written by benches/peers/run --docs -->\n";
const END: &str = "<!-- end -->";

pub fn write(medians: &Medians, workers: &[Worker], missing: &Missing) -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let document = docs.join("performance.md");
    let text = fs::read_to_string(&document)?;
    let (before, rest) =
        text.split_once(BEGIN).ok_or("docs/performance.md has no mark where tables begin")?;
    let (_, after) = rest.split_once(END).ok_or("docs/performance.md has no mark where tables end")?;
    let generated = generated(medians, workers, missing);
    fs::write(&document, format!("{before}{BEGIN}\n{generated}\n{END}{after}"))?;
    Ok(fs::write(docs.join("performance.svg"), plot::svg(medians))?)
}

fn generated(medians: &Medians, workers: &[Worker], missing: &Missing) -> String {
    let mut text = format!("{}\n\n", machine());
    for worker in workers.iter().filter(|worker| worker.tier.is_none()) {
        _ = writeln!(text, "- `{}`: {}", worker.library, worker.hello);
    }
    for (library, reason) in missing {
        _ = writeln!(text, "- `{library}`: not available: {reason}");
    }
    let (goals, _) = table::goals(medians);
    let [all, tiers] = [table::beside_libraries(medians), table::of_tiers(medians)];
    _ = write!(
        text,
        "\n### What is asked of it\n\n{goals}\n![Megabytes a second with messages of 16 KiB](performance.svg)\n\n\
         ### Every row\n\n{all}\n### Every tier of miyao\n\n{tiers}"
    );
    text
}

/// Whose figures these are, as far as the system says.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").to_owned()
    };
    let is_virtual = if field("flags").contains("hypervisor") { ", a virtual machine" } else { "" };
    let tools = env::var("PEERS_TOOLS").unwrap_or_default();
    format!(
        "{} (family {}, model {}{is_virtual}); {tools}; medians of {ROUNDS} rounds.",
        field("model name"),
        field("cpu family"),
        field("model\t"),
    )
}
