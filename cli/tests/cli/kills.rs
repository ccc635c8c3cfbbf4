//! `kill -9` at random moments: after each the store is sound and everything ever returned still opens.
//!
//! 500 kills; MIYAO_KILLS names another number, and the full run has 10,000.

use core::time::Duration;
use std::{env, process::Stdio, thread, time::Instant};

use miyao::{Secret, algo::drbg::Drbg};

use crate::scene::{Scene, noise};

/// The latest moment of a kill on a machine that ends a command sooner, in microseconds.
const LATEST: u64 = 30_000;
/// The most kills of one store.
const STORE: u32 = 500;

struct Kills {
    scene: Scene,
    rng: Drbg,
    /// Every token that was ever printed whole, with its plaintext.
    tokens: Vec<(Vec<u8>, Vec<u8>)>,
    /// Every message whose encryption ended well.
    files: Vec<(String, u8)>,
    made: u32,
    killed: u32,
    /// The latest moment of a kill: some commands are to end before it.
    latest: u64,
}

impl Kills {
    fn random(&mut self, below: u64) -> u64 {
        u64::from_be_bytes(*Secret::<8>::random(&mut self.rng).expose()) % below
    }

    /// Runs a command and kills it at a random moment, unless it ends before; gives what it printed if it ended well.
    fn run_and_kill(&mut self, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
        use std::io::Write;
        let mut command = self.scene.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let moment = Instant::now() + Duration::from_micros(self.random(self.latest));
        let _ = child.stdin.take().unwrap().write_all(input);
        while Instant::now() < moment && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_micros(200));
        }
        let _ = child.kill();
        let ended = child.wait_with_output().unwrap();
        self.killed += u32::from(!ended.status.success());
        ended.status.success().then_some(ended.stdout)
    }

    fn step(&mut self) {
        self.made += 1;
        let number = self.made;
        match self.random(5) {
            0 => drop(self.run_and_kill(&["key", "create", &format!("key{number}"), "--spec", "sm4"], b"")),
            1 => drop(self.run_and_kill(&["key", "rotate", "orders"], b"")),
            2 => {
                let value = format!("value {number}").into_bytes();
                if let Some(token) = self.run_and_kill(&["encrypt", "--key", "orders", "--token"], &value) {
                    self.tokens.push((token, value));
                }
            }
            3 => {
                let (name, seed) = (format!("m{number}"), number as u8);
                let made =
                    self.run_and_kill(&["encrypt", "--key", "orders", "-o", &name], &noise(5000, seed));
                // A name that is there names a whole message, whatever happened to the command.
                if made.is_some() || self.scene.has(&name) {
                    self.files.push((name, seed));
                }
            }
            _ if self.files.is_empty() => {}
            _ => {
                let at = self.random(self.files.len() as u64) as usize;
                let name = self.files[at].0.clone();
                self.run_and_kill(&["rewrap", &name], b"");
            }
        }
    }

    /// The store is sound; a few of what was returned open, and at the end all of it.
    fn check(&mut self, all: bool) {
        self.scene.run(["doctor"]).works();
        assert_eq!(self.scene.leftovers(), Vec::<String>::new());
        let newest = |len: usize| if all { 0 } else { len.saturating_sub(1) };
        for (token, value) in &self.tokens[newest(self.tokens.len())..] {
            assert_eq!(self.scene.pipe(token, ["decrypt", "--token"]).works(), *value);
        }
        for (name, seed) in &self.files[newest(self.files.len())..] {
            assert!(self.scene.run(["decrypt", name]).works() == noise(5000, *seed), "{name}");
        }
        if !self.files.is_empty() {
            let at = self.random(self.files.len() as u64) as usize;
            let (name, seed) = &self.files[at];
            assert!(self.scene.run(["decrypt", name]).works() == noise(5000, *seed), "{name}");
        }
    }
}

#[test]
fn after_every_kill_the_store_is_sound_and_everything_returned_opens() {
    let kills: u32 = env::var("MIYAO_KILLS").map_or(500, |kills| kills.parse().unwrap());
    // A store of its own for every few hundred: the doctor reads all of one after each kill.
    for begun in (0..kills).step_by(STORE as usize) {
        live(STORE.min(kills - begun));
    }
}

/// The life of one store, of so many kills.
fn live(kills: u32) {
    let seed = Secret::<32>::build(|seed| getrandom::fill(seed).unwrap());
    let scene = Scene::with_store();
    let begun = Instant::now();
    scene.run(["key", "rotate", "orders"]).works();
    let latest = LATEST.max(begun.elapsed().as_micros() as u64 * 3 / 2);
    let mut run = Kills {
        scene,
        rng: Drbg::new(seed.expose(), b"kills", b""),
        tokens: Vec::new(),
        files: Vec::new(),
        made: 0,
        killed: 0,
        latest,
    };
    while run.killed < kills || run.tokens.is_empty() || run.files.is_empty() {
        let before = run.killed;
        run.step();
        if run.killed > before {
            run.check(false);
        }
        assert!(run.made < 100 * kills.max(100), "the commands end before any kill");
    }
    run.check(true);
}
