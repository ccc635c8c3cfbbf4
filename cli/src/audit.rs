//! `miyao audit`: the log as records, and the proof that it is whole.
//!
//! Knows no chain; the library follows it.

use miyao::kms::Kms;

use crate::{
    args::{AuditCommand, Show},
    failure::Result,
    output::Output,
    records::EntryLine,
    session::Run,
};

/// So many entries are read at once.
const PAGE: u64 = 1000;

pub(crate) fn run(run: &Run, command: &AuditCommand) -> Result {
    run.with_kms(|kms| match command {
        AuditCommand::Show(arguments) => show(kms, arguments, run.output),
        AuditCommand::Verify => verify(kms, run.output),
    })
}

fn show(kms: &Kms, arguments: &Show, output: Output) -> Result {
    let mut next = arguments.first.max(1);
    let mut left = arguments.limit.unwrap_or(u64::MAX);
    while left > 0 {
        let page = kms.audit(next, left.min(PAGE) as usize)?;
        for entry in &page {
            output.record(&miyao_records::entry(entry), EntryLine(entry))?;
        }
        let Some(last) = page.last() else { break };
        left -= page.len() as u64;
        next = last.sequence + 1;
    }
    Ok(())
}

pub(crate) fn verify(kms: &Kms, output: Output) -> Result {
    let report = kms.verify_audit()?;
    let last = miyao_records::time(report.last);
    output.record(
        &miyao_records::audit_report(&report),
        format_args!(
            "the audit chain is whole: {} entries, the last of {}",
            report.entries,
            last.as_deref().unwrap_or("never")
        ),
    )
}
