//! Frames in batches: consecutive frames with room for their tags, and what is done with them.
//!
//! Knows frames' places, neither threads nor files.

use alloc::vec::Vec;

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
#[derive(Default)]
pub(super) struct Batch {
    pub(super) first: u64,
    pub(super) last: bool,
    pub(super) data: Vec<u8>,
    pub(super) leaves: Vec<[u8; 32]>,
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

    pub(super) fn run(&self, mut batch: Batch) -> Result<Batch, Rejected> {
        batch.leaves.clear();
        // Leaves are of ciphertext: they are made before it is opened, or after it is sealed.
        if self.task == Task::Open && self.hashes_leaves {
            batch.leaves = signed::leaves(batch.first, batch.data.chunks(self.whole()));
        }
        let place = Place { first: batch.first, last: batch.last, whole: self.whole() };
        match self.task {
            Task::Seal => self.body.seal_all(&place, &mut batch.data).map_err(|_| Rejected)?,
            Task::Open => self.body.open_all(&place, &mut batch.data)?,
        }
        if self.task == Task::Seal && self.hashes_leaves {
            batch.leaves = signed::leaves(batch.first, batch.data.chunks(self.whole()));
        }
        Ok(batch)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}
