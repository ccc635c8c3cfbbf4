//! SM2 draws at random, so its outcomes cannot be compared: what one library makes, all others have to take.
//!
//! Knows no library, and has only questions that the workers answer. Whoever does not know a question is not in it.

mod draw;
mod files;

use draw::{Draw, Trial};
pub use files::{ABLE, files};

use crate::{Result, worker::Worker};

/// So many questions are under way at a time: fewer bytes than a pipe holds.
const TOGETHER: usize = 24;
/// Of so many signatures one is altered, and each way has its turn.
const ALTERED: usize = 4;

type Answer = Option<String>;

/// Asks each worker its questions; they answer beside each other.
fn ask(workers: &mut [Worker], questions: &[Vec<String>]) -> Result<Vec<Vec<Answer>>> {
    for (worker, questions) in workers.iter_mut().zip(questions) {
        worker.ask(questions)?;
    }
    workers.iter_mut().zip(questions).map(|(worker, questions)| worker.hear(questions.len())).collect()
}

fn same(workers: &mut [Worker], questions: &[String]) -> Result<Vec<Vec<Answer>>> {
    ask(workers, &vec![questions.to_vec(); workers.len()])
}

/// Who knows this question, told by its answer to one.
fn who(workers: &mut [Worker], question: &str) -> Result<Vec<usize>> {
    let answers = same(workers, &[question.to_owned()])?;
    Ok((0..workers.len()).filter(|at| answers[*at][0].is_some()).collect())
}

/// Fails if one of them knows not how to sign, verify, encrypt and decrypt.
pub fn all_know(workers: &mut [Worker]) -> Result<()> {
    let trial = Draw::new(0).trial();
    let public = same(workers, &[trial.public()])?;
    let point = unanimous(workers, &public, 0, "a public key")?;
    let ciphertext = format!("{point}{}", "01".repeat(40));
    for question in [
        trial.sign(),
        trial.verify(&point, &"01".repeat(64)),
        trial.encrypt(&point),
        trial.decrypt(&ciphertext),
    ] {
        if who(workers, &question)?.len() < workers.len() {
            return Err(format!("not everybody answers: {question}").into());
        }
    }
    Ok(())
}

/// The answer that everybody gives who gives one.
fn unanimous(workers: &[Worker], answers: &[Vec<Answer>], at: usize, what: &str) -> Result<String> {
    let mut found: Option<&String> = None;
    for (worker, answers) in workers.iter().zip(answers) {
        let Some(answer) = &answers[at] else { continue };
        if *found.get_or_insert(answer) != answer {
            return Err(format!("{what}: {} says {answer}, others {found:?}", worker.name()).into());
        }
    }
    found.cloned().ok_or_else(|| format!("{what}: nobody answers").into())
}

/// So many keys, each signs one message; all verify it, and refuse every one that is altered.
pub fn signatures(workers: &mut [Worker], trials: usize, seed: u64) -> Result<String> {
    let mut draw = Draw::new(seed);
    let probe = draw.trial();
    let signers = who(workers, &probe.sign())?;
    let public = same(workers, &[probe.public()])?;
    let point = unanimous(workers, &public, 0, "a public key")?;
    let verifiers = who(workers, &probe.verify(&point, &"01".repeat(64)))?;
    let (mut done, mut altered) = (0, 0);
    while done < trials {
        let drawn: Vec<Trial> = (done..trials).take(TOGETHER).map(|_| draw.trial()).collect();
        let mut questions = vec![drawn.iter().map(Trial::public).collect::<Vec<_>>(); workers.len()];
        for (at, trial) in drawn.iter().enumerate() {
            questions[signers[(done + at) % signers.len()]].push(trial.sign());
        }
        let mut answers = ask(workers, &questions)?;
        let mut to_verify = Vec::new();
        for (at, trial) in drawn.iter().enumerate() {
            let point = unanimous(workers, &answers, at, &trial.public())?;
            let signer = signers[(done + at) % signers.len()];
            let signature = answers[signer].remove(drawn.len()).unwrap_or_default();
            if (done + at).is_multiple_of(ALTERED) {
                to_verify.push((trial.altered(&mut draw, altered, &point, &signature), "00"));
                altered += 1;
            }
            to_verify.push((trial.verify(&point, &signature), "01"));
        }
        let questions: Vec<String> = to_verify.iter().map(|(question, _)| question.clone()).collect();
        let answers = same(workers, &questions)?;
        for (at, (question, expected)) in to_verify.iter().enumerate() {
            let verdict = unanimous(workers, &answers, at, question)?;
            if verdict != *expected {
                return Err(format!("{question}: {verdict}, and it should be {expected}").into());
            }
        }
        done += drawn.len();
        if done % 9600 == 0 {
            eprint!("\r{done} of {trials}");
        }
    }
    if done > 9600 {
        eprintln!();
    }
    let names = |of: &[usize]| of.iter().map(|at| workers[*at].name()).collect::<Vec<_>>().join(", ");
    Ok(format!(
        "{done} signatures in turns by {} are verified by {}; {altered} altered ones are refused by all (seed {seed})",
        names(&signers),
        names(&verifiers),
    ))
}

/// So many messages, encrypted by each in turn: all decrypt them, and refuse them altered.
pub fn ciphertexts(workers: &mut [Worker], trials: usize, seed: u64) -> Result<String> {
    let mut draw = Draw::new(seed ^ 1);
    let probe = draw.trial();
    let public = same(workers, &[probe.public()])?;
    let point = unanimous(workers, &public, 0, "a public key")?;
    let senders = who(workers, &probe.encrypt(&point))?;
    let (drawn, mut opened) = ((0..trials).map(|_| draw.trial()), 0);
    for (at, trial) in drawn.collect::<Vec<_>>().iter().enumerate() {
        let public = same(workers, &[trial.public()])?;
        let point = unanimous(workers, &public, 0, "a public key")?;
        let sender = &mut workers[senders[at % senders.len()]];
        sender.ask(&[trial.encrypt(&point)])?;
        let hidden = sender.hear(1)?.remove(0).unwrap_or_default();
        // Not its first byte: Bouncy Castle takes a hybrid point too, which is the same point.
        let (form, rest) = hidden.split_at(hidden.len().min(2));
        let altered = format!("{form}{}", draw.flipped(rest));
        let questions = [trial.decrypt(&hidden), trial.decrypt(&altered)];
        let answers = same(workers, &questions)?;
        let text = unanimous(workers, &answers, 0, &questions[0])?;
        let refused = unanimous(workers, &answers, 1, &questions[1])?;
        if text != trial.message() || refused != "refused" {
            return Err(format!("{}: {text}; altered: {refused}", questions[0]).into());
        }
        opened += answers.iter().filter(|answers| answers[0].is_some()).count();
    }
    Ok(format!(
        "{trials} ciphertexts by {} libraries in turns are decrypted {opened} times, and never altered",
        senders.len()
    ))
}

/// So many pairs of keys: everybody agrees on the same bytes with everybody, from both sides.
pub fn agreements(workers: &mut [Worker], trials: usize, seed: u64) -> Result<String> {
    let mut draw = Draw::new(seed ^ 2);
    let mut answered = 0;
    for _ in 0..trials {
        // IPPCP's key exchange is wrong for private keys below 2^64.
        let pairs: [Trial; 4] = core::array::from_fn(|_| draw.usual());
        let public = same(workers, &pairs.each_ref().map(Trial::public))?;
        let mut points = Vec::new();
        for at in 0..pairs.len() {
            points.push(unanimous(workers, &public, at, "a public key")?);
        }
        let [a, ra, b, rb] = pairs.each_ref().map(Trial::key);
        let questions = [
            format!("sm2-ecdh {a} {}", points[2]),
            format!("sm2-ecdh {b} {}", points[0]),
            format!("sm2-exchange 00 {a} {ra} {} {}", points[2], points[3]),
            format!("sm2-exchange 01 {b} {rb} {} {}", points[0], points[1]),
        ];
        let answers = same(workers, &questions)?;
        for (at, question) in questions.iter().enumerate().step_by(2) {
            let [own, peer] = [at, at + 1].map(|at| unanimous(workers, &answers, at, question));
            if own? != peer? {
                return Err(format!("{question}: the two sides differ").into());
            }
        }
        answered += answers.iter().flatten().flatten().count();
    }
    Ok(format!("{trials} pairs of keys agree on one value, {answered} times"))
}
