//! Frames in batches: consecutive frames with room for their tags, and what is done with them.
//!
//! Knows frames' places, neither threads nor files.

use alloc::{vec, vec::Vec};

use zeroize::Zeroize;

use super::{
    Suite,
    body::{Body, Place},
    signed,
};
use crate::error::{Rejected, Result};

/// About how many bytes of frames one batch holds, and half of those where they are authenticated side by side.
const TARGET: usize = 512 << 10;

/// Consecutive frames, each followed by its tag; wiped on drop.
///
/// Its memory is as long as it will ever be and is filled from the front: bytes that are overwritten anyway are not set to
/// zero before.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) first: u64,
    pub(super) last: bool,
    memory: Vec<u8>,
    filled: usize,
    /// How many frames from the first on are encrypted already.
    pub(super) sealed: usize,
    pub(super) leaves: Vec<[u8; 32]>,
}

impl Batch {
    pub(super) fn new(len: usize) -> Self {
        Self { first: 0, last: false, memory: vec![0; len], filled: 0, sealed: 0, leaves: Vec::new() }
    }

    /// Empties it.
    pub(super) fn restart(&mut self, first: u64) {
        (self.first, self.last, self.filled, self.sealed) = (first, false, 0, 0);
        self.leaves.clear();
    }

    /// Whether it is one of [`new`](Self::new), not of `default`.
    pub(super) const fn has_memory(&self) -> bool {
        !self.memory.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.filled
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.memory[..self.filled]
    }

    fn data_mut(&mut self) -> &mut [u8] {
        &mut self.memory[..self.filled]
    }

    /// What is not filled yet, with whatever was there before.
    pub(super) fn rest(&mut self) -> &mut [u8] {
        &mut self.memory[self.filled..]
    }

    /// Counts the first bytes of the rest as filled.
    pub(super) const fn fill(&mut self, len: usize) {
        self.filled += len;
    }

    pub(super) const fn truncate(&mut self, len: usize) {
        self.filled = len;
    }

    /// Wipes its memory and gives it back, where the whole will not be dropped.
    pub(super) fn wipe(&mut self) {
        self.memory.zeroize();
        self.memory = Vec::new();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Seal,
    Open,
}

/// What is done with every batch.
pub(super) struct Plan {
    pub(super) task: Task,
    pub(super) body: Body,
    pub(super) frame_len: usize,
    pub(super) tag_len: usize,
    pub(super) hashes_leaves: bool,
}

impl Plan {
    pub(super) const fn whole(&self) -> usize {
        self.frame_len + self.tag_len
    }

    pub(super) const fn frames_per_batch(&self) -> usize {
        let target = if self.tag_len == Suite::CtrHmac.tag_len() { 2 * TARGET } else { TARGET };
        if self.frame_len >= target { 1 } else { target / self.frame_len }
    }

    pub(super) fn run(&self, batch: &mut Batch) -> Result<(), Rejected> {
        // Leaves are of ciphertext: they are made before it is opened, or after it is sealed.
        if self.task == Task::Open && self.hashes_leaves {
            batch.leaves = signed::leaves(batch.first, batch.data().chunks(self.whole()));
        }
        let mut place = Place { first: batch.first, last: batch.last, whole: self.whole() };
        match self.task {
            Task::Seal => {
                place.first += batch.sealed as u64;
                let rest = batch.sealed * place.whole;
                self.body.seal_all(&place, &mut batch.data_mut()[rest..]).map_err(|_| Rejected)?;
            }
            Task::Open => self.body.open_all(&place, batch.data_mut())?,
        }
        if self.task == Task::Seal && self.hashes_leaves {
            batch.leaves = signed::leaves(batch.first, batch.data().chunks(self.whole()));
        }
        Ok(())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.memory.zeroize();
    }
}
