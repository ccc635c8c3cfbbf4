//! Many messages at once: each has a lane of its own, and whoever comes next takes the lane of one that is done.
//!
//! Knows hashes and what is still to be appended to them; needs no allocator. Lengths are public, contents are not.

#[cfg(feature = "alloc")]
use alloc::{vec, vec::Vec};
#[cfg(feature = "alloc")]
use core::cmp::Reverse;
use core::{array, ops::Range};

use zeroize::Zeroize;

use super::{Backend, Block, IV, LENGTH, Sm3, to_bytes};

/// `SM3` of each message, in their order.
#[cfg(feature = "alloc")]
pub(super) fn digest_each(backend: Backend, messages: &[&[u8]]) -> Vec<[u8; 32]> {
    let mut order: Vec<usize> = (0..messages.len()).collect();
    // The longest first, so that no long one is left alone at the end.
    order.sort_unstable_by_key(|at| Reverse(messages[*at].len()));
    let mut digests = vec![[0; 32]; messages.len()];
    let jobs = order.iter().map(|at| (Sm3::new(), messages[*at]));
    finish_each(backend, jobs, |at, digest| digests[order[at]] = digest);
    digests
}

/// `SM3(message)`.
pub(super) fn digest_one(backend: Backend, message: &[u8]) -> [u8; 32] {
    let (mut state, mut edge) = (IV, Edge::default());
    let (blocks, tail) = message.as_chunks();
    backend.compress(&mut state, blocks);
    let end = edge.pad(0, tail, (message.len() as u64).wrapping_mul(8));
    backend.compress(&mut state, &edge.0[end]);
    to_bytes(&state)
}

/// Appends to each hash its rest and finishes it; `done` is told the job's place among the jobs, and its digest.
#[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "a build without alloc uses fewer"))]
pub(crate) fn finish_each<'a>(
    backend: Backend,
    jobs: impl IntoIterator<Item = (Sm3, &'a [u8])>,
    mut done: impl FnMut(usize, [u8; 32]),
) {
    let mut jobs = jobs.into_iter().enumerate();
    let mut lanes: [Lane<'a>; Backend::MOST] = array::from_fn(|_| Lane::default());
    let mut states = [IV; Backend::MOST];
    let mut busy = 0;
    for (place, (hash, rest)) in jobs.by_ref().take(backend.lanes()) {
        states[busy] = hash.state;
        lanes[busy].begin(place, &hash, rest);
        busy += 1;
    }
    while busy > 0 {
        let count = lanes[..busy].iter().map(|lane| lane.run().len()).min().unwrap_or(0);
        let runs: [_; Backend::MOST] = array::from_fn(|at| lanes[at].run().get(..count).unwrap_or(&[]));
        backend.compress_many(&mut states[..busy], &runs[..busy]);
        for at in (0..busy).rev() {
            lanes[at].advance(count);
            if !lanes[at].run().is_empty() {
                continue;
            }
            done(lanes[at].place, to_bytes(&states[at]));
            if let Some((place, (hash, rest))) = jobs.next() {
                states[at] = hash.state;
                lanes[at].begin(place, &hash, rest);
            } else {
                busy -= 1;
                lanes.swap(at, busy);
                states.swap(at, busy);
            }
        }
    }
    states.as_flattened_mut().zeroize();
}

/// What is left of a message that has a lane; wiped on drop.
#[derive(Default)]
struct Lane<'a> {
    place: usize,
    /// The number of bits of the whole message.
    bits: u64,
    /// What follows the edge.
    data: &'a [u8],
    /// Blocks put together here: first the one that a hash had begun, in the end the padded ones.
    edge: Edge,
    /// Which of them are still to be compressed.
    ready: Range<usize>,
    padded: bool,
}

/// Room for the end of a message, which is one block or two.
struct Edge([Block; 2]);

impl<'a> Lane<'a> {
    fn begin(&mut self, place: usize, hash: &Sm3, data: &'a [u8]) {
        let filled = hash.filled();
        self.place = place;
        self.bits = hash.len.wrapping_add(data.len() as u64).wrapping_mul(8);
        (self.data, self.ready, self.padded) = (data, 0..0, false);
        self.edge.0[0][..filled].copy_from_slice(&hash.buffer[..filled]);
        if data.len() < 64 - filled {
            self.pad(filled);
        } else if filled > 0 {
            let (head, data) = data.split_at(64 - filled);
            self.edge.0[0][filled..].copy_from_slice(head);
            (self.data, self.ready) = (data, 0..1);
        }
    }

    /// The blocks that come next; none when the message is done.
    fn run(&self) -> &[Block] {
        if self.ready.is_empty() { self.data.as_chunks().0 } else { &self.edge.0[self.ready.clone()] }
    }

    /// Leaves behind blocks of the [`run`](Self::run).
    fn advance(&mut self, count: usize) {
        if self.ready.is_empty() {
            self.data = &self.data[64 * count..];
        } else {
            self.ready.start += count;
        }
        self.pad_if_due();
    }

    fn pad_if_due(&mut self) {
        if !self.padded && self.run().is_empty() {
            self.pad(0);
        }
    }

    /// Puts the rest, less than a block, after `filled` bytes of the edge, and the padding after that.
    fn pad(&mut self, filled: usize) {
        self.ready = self.edge.pad(filled, self.data, self.bits);
        self.data = &[];
        self.padded = true;
    }
}

impl Edge {
    /// Appends data and padding (GB/T 32905-2016 §5.2) after `filled` bytes; which blocks that makes.
    fn pad(&mut self, filled: usize, data: &[u8], bits: u64) -> Range<usize> {
        let end = filled + data.len();
        let count = if end < LENGTH { 1 } else { 2 };
        let edge = &mut self.0.as_flattened_mut()[..64 * count];
        edge[filled..end].copy_from_slice(data);
        edge[end] = 0x80;
        edge[end + 1..].fill(0);
        edge[64 * count - 8..].copy_from_slice(&bits.to_be_bytes());
        0..count
    }
}

impl Default for Edge {
    fn default() -> Self {
        Self([[0; 64]; 2])
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.0.as_flattened_mut().zeroize();
    }
}

/// Fills `out` with `SM3(prefix ‖ n) ‖ SM3(prefix ‖ n + 1) ‖ …`, `n` being four bytes.
pub(crate) fn finish_counted(backend: Backend, prefix: &Sm3, mut n: u32, out: &mut [u8]) {
    if out.len() <= 32 {
        // One is not worth the room for sixteen.
        let mut hash = prefix.clone();
        hash.update(&n.to_be_bytes());
        let mut digest = hash.finalize_in_place();
        out.copy_from_slice(&digest[..out.len()]);
        digest.as_mut_slice().zeroize();
        return;
    }
    let filled = prefix.filled();
    let bits = prefix.len.wrapping_add(4).wrapping_mul(8);
    let mut states = [IV; Backend::MOST];
    let mut edges: [Edge; Backend::MOST] = array::from_fn(|_| Edge([prefix.buffer, [0; 64]]));
    for chunk in out.chunks_mut(32 * Backend::MOST) {
        let count = chunk.len().div_ceil(32);
        let mut blocks = 0..0;
        for edge in &mut edges[..count] {
            blocks = edge.pad(filled, &n.to_be_bytes(), bits);
            n = n.wrapping_add(1);
        }
        states[..count].fill(prefix.state);
        let runs = edges.each_ref().map(|edge| &edge.0[blocks.clone()]);
        backend.compress_many(&mut states[..count], &runs[..count]);
        for (out, state) in chunk.chunks_mut(32).zip(&states) {
            let mut digest = to_bytes(state);
            out.copy_from_slice(&digest[..out.len()]);
            digest.as_mut_slice().zeroize();
        }
    }
    states.as_flattened_mut().zeroize();
}
