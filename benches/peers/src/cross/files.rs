//! Key files: what miyao writes the others read, and what they write miyao reads.

use super::{Answer, ask, draw::Draw, same, unanimous};
use crate::{Result, worker::Worker};

/// A kind of file: the question that writes it, and the one that reads it.
struct Kind {
    what: &'static str,
    writes: &'static str,
    reads: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind { what: "PKCS#8", writes: "sm2-pkcs8", reads: "sm2-read-pkcs8" },
    Kind { what: "SubjectPublicKeyInfo", writes: "sm2-spki", reads: "sm2-read-spki" },
    Kind { what: "encrypted PKCS#8", writes: "sm2-seal", reads: "sm2-unseal" },
];

/// What each library must be able to do, as the questions say it; the rest is its own lack. miyao does all.
pub const ABLE: [(&str, &[&str]); 6] = [
    ("openssl", &["sm2-pkcs8", "sm2-read-pkcs8", "sm2-spki", "sm2-read-spki", "sm2-seal"]),
    ("bouncycastle", &["sm2-pkcs8", "sm2-read-pkcs8", "sm2-spki", "sm2-read-spki"]),
    ("botan", &["sm2-pkcs8", "sm2-read-pkcs8", "sm2-spki", "sm2-read-spki", "sm2-seal"]),
    ("gmsm", &["sm2-pkcs8", "sm2-read-pkcs8", "sm2-spki", "sm2-read-spki", "sm2-seal", "sm2-unseal"]),
    ("rustcrypto", &["sm2-pkcs8", "sm2-read-pkcs8", "sm2-spki", "sm2-read-spki"]),
    ("gmssl", &[]),
];

/// So many keys, each through every kind of file both ways. The first worker is miyao.
pub fn files(workers: &mut [Worker], trials: usize, seed: u64) -> Result<Vec<String>> {
    let mut draw = Draw::new(seed ^ 3);
    let mut lines = Vec::new();
    for kind in &KINDS {
        let (mut written, mut read) = (vec![0; workers.len()], vec![0; workers.len()]);
        for _ in 0..trials {
            let trial = draw.trial();
            let public = same(workers, &[trial.public()])?;
            let point = unanimous(workers, &public, 0, "a public key")?;
            let is_public = kind.reads == "sm2-read-spki";
            let content = if is_public { point } else { trial.key().to_owned() };
            let passphrase = if kind.reads == "sm2-unseal" { " 70617373" } else { "" };
            let files = same(workers, &[format!("{} {content}{passphrase}", kind.writes)])?;
            let reading = |file: &Answer| {
                file.as_ref().map(|file| format!("{} {file}{passphrase}", kind.reads)).into_iter().collect()
            };
            // All read what miyao wrote, then miyao reads what they wrote.
            let own = files[0][0].clone();
            let answers = ask(workers, &vec![reading(&own); workers.len()])?;
            for (at, answers) in answers.iter().enumerate() {
                read[at] += counted(&workers[at], kind, &answers[0], &content)?;
            }
            let questions: Vec<String> = files.iter().flat_map(|file| reading(&file[0])).collect();
            let answers = ask(&mut workers[..1], &[questions])?;
            let writers = (0..files.len()).filter(|at| files[*at][0].is_some());
            for (at, answer) in writers.zip(&answers[0]) {
                // Botan writes a private key without the zeros in front, which RFC 5915 forbids: that has to be refused.
                let is_short = workers[at].library == "botan" && !is_public && content.starts_with("00");
                let expected = if is_short { "refused" } else { &content };
                written[at] += counted(&workers[at], kind, answer, expected)?;
            }
        }
        for (library, able) in ABLE {
            let Some(at) = workers.iter().position(|worker| worker.library == library) else { continue };
            if able.contains(&kind.writes) != (written[at] == trials)
                || able.contains(&kind.reads) != (read[at] == trials)
            {
                return Err(
                    format!("{library}, {}: {} written, {} read", kind.what, written[at], read[at]).into()
                );
            }
        }
        let names = |counts: &[usize]| {
            let able = workers.iter().zip(counts).skip(1).filter(|(_, count)| **count == trials);
            able.map(|(worker, _)| worker.name()).collect::<Vec<_>>().join(", ")
        };
        lines.push(format!(
            "{trials} of {}: miyao's are read by {}; miyao reads those of {}",
            kind.what,
            names(&read),
            names(&written)
        ));
    }
    Ok(lines)
}

/// One where the content is back, none where the library has no such question.
fn counted(worker: &Worker, kind: &Kind, answer: &Answer, content: &str) -> Result<usize> {
    match answer {
        None => Ok(0),
        Some(found) if found == content => Ok(1),
        Some(found) => {
            Err(format!("{}, {}: {found} where {content} was written", worker.name(), kind.what).into())
        }
    }
}
