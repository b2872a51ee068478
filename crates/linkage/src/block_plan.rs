//! Blocks, with their cost counted before a pair is made.

use std::ops::Range;

use rayon::prelude::*;

use crate::block_keys::{NO_LEFT_KEY, NO_RIGHT_KEY, Sorted, keys, refine, sorted};
use crate::model::{Block, LinkModel};
use crate::records::Records;

/// What a block costs, and what it leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCost {
    pub name: String,
    /// Key values that stand in both tables.
    pub keys: u64,
    /// Pairs of rows that share one, before those of earlier blocks are taken off.
    pub pairs: u64,
    /// Key values that were over the cap and were split.
    pub split_keys: u64,
    /// Key values that were over the cap and could not be split enough: their pairs are not compared in this block.
    pub skipped_keys: u64,
    pub skipped_pairs: u64,
}

/// Some left rows against some right rows of one key, as places in the block's orders.
#[derive(Clone, Copy, Debug)]
struct Piece {
    left: [u32; 2],
    right: [u32; 2],
}

impl Piece {
    fn pairs(&self) -> u64 {
        u64::from(self.left[1] - self.left[0]) * u64::from(self.right[1] - self.right[0])
    }
}

/// All blocks, ready to be gone through: left row by left row, so that what its partners of all blocks have in common is fetched once.
#[derive(Debug)]
pub(crate) struct BlockPlan {
    pub(crate) costs: Vec<BlockCost>,
    /// By block: the right rows, those of one key one behind the other.
    rights: Vec<Vec<u32>>,
    /// By left row, and there by block: where the right rows of its key begin and end.
    ranges: Vec<[u32; 2]>,
    right_rows: usize,
    /// As many left rows as one thread takes at a time.
    runs: Vec<Range<u32>>,
}

/// Pairs that share a block, once each, those of one left row one after another; and the blocks that hold each, a bit for every one.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) pairs: Vec<(u32, u32)>,
    pub(crate) blocks: Vec<u64>,
}

/// At least so many pairs are handed on together, so that the memory's delays for one pass while another is looked at.
const A_BATCH: usize = 256;

/// About this many pairs are one thread's turn.
const PAIRS_A_RUN: u64 = 1 << 15;

/// Which pair each right row was met in last. Pairs are numbered through all that one thread goes through.
struct Met {
    last: Vec<u32>,
    pairs: u32,
}

impl Met {
    fn new(right_rows: usize) -> Self {
        Self { last: vec![0; right_rows], pairs: 0 }
    }
    /// Adds a left row's pairs to a batch.
    fn add(&mut self, left: u32, rights: &[Vec<u32>], ranges: &[[u32; 2]], batch: &mut Batch) {
        let most: u64 = ranges.iter().map(|[start, end]| u64::from(end - start)).sum();
        if u64::from(self.pairs) + most > u64::from(u32::MAX) {
            *self = Self::new(self.last.len());
        }
        let (before, begun) = (self.pairs, batch.pairs.len());
        for (block, (rights, [start, end])) in rights.iter().zip(ranges).enumerate() {
            for right in &rights[*start as usize..*end as usize] {
                let last = &mut self.last[*right as usize];
                if *last > before {
                    batch.blocks[begun + (*last - before) as usize - 1] |= 1 << block;
                    continue;
                }
                self.pairs += 1;
                *last = self.pairs;
                batch.pairs.push((left, *right));
                batch.blocks.push(1 << block);
            }
        }
    }
}

impl BlockPlan {
    pub(crate) fn new(records: &Records, model: &LinkModel) -> Self {
        let blocks: Vec<OneBlock> = model.blocks.par_iter().map(|block| plan_block(records, model, block)).collect();
        let rows = records.left.count;
        let mut ranges = Vec::with_capacity(rows * blocks.len());
        for row in 0..rows {
            ranges.extend(blocks.iter().map(|block| block.ranges[row]));
        }
        let (costs, rights) = blocks.into_iter().map(|block| (block.cost, block.rights)).unzip();
        let runs = runs(&ranges, model.blocks.len());
        Self { costs, rights, ranges, right_rows: records.right.count, runs }
    }
    /// Goes through every pair that shares a block, once, of the left rows that are wanted, and gives what `each` made of them, in an order
    /// that no thread changes.
    pub(crate) fn each_pair<T: Send>(
        &self,
        wanted: impl Fn(u32) -> bool + Sync,
        make: impl Fn() -> T + Sync,
        each: impl Fn(&mut T, &Batch) + Sync,
    ) -> Vec<T> {
        let turn = |met: &mut Met, run: &Range<u32>| {
            let (mut made, mut batch) = (make(), Batch::default());
            for left in run.clone().filter(|left| wanted(*left)) {
                let blocks = self.rights.len();
                met.add(left, &self.rights, &self.ranges[left as usize * blocks..][..blocks], &mut batch);
                if batch.pairs.len() >= A_BATCH {
                    each(&mut made, &batch);
                    batch.pairs.clear();
                    batch.blocks.clear();
                }
            }
            each(&mut made, &batch);
            made
        };
        self.runs.par_iter().map_init(|| Met::new(self.right_rows), turn).collect()
    }
}

fn runs(ranges: &[[u32; 2]], blocks: usize) -> Vec<Range<u32>> {
    let mut runs = Vec::new();
    let (mut start, mut next, mut pairs) = (0, 0, 0);
    for ranges in ranges.chunks(blocks.max(1)) {
        next += 1;
        pairs += ranges.iter().map(|[start, end]| u64::from(end - start)).sum::<u64>();
        if pairs >= PAIRS_A_RUN {
            runs.push(start..next);
            (start, pairs) = (next, 0);
        }
    }
    runs.push(start..next);
    runs
}

struct OneBlock {
    cost: BlockCost,
    rights: Vec<u32>,
    /// By left row.
    ranges: Vec<[u32; 2]>,
}

fn plan_block(records: &Records, model: &LinkModel, block: &Block) -> OneBlock {
    let mut left_keys = keys(records, &block.left, &records.left, NO_LEFT_KEY);
    let mut right_keys = keys(records, &block.right, &records.right, NO_RIGHT_KEY);
    let mut cost =
        BlockCost { name: block.name.clone(), keys: 0, pairs: 0, split_keys: 0, skipped_keys: 0, skipped_pairs: 0 };
    let [mut left, mut right] = sorted(&left_keys, &right_keys);
    let mut pieces = meet(&left, &right);
    let over: Vec<Piece> = pieces.extract_if(.., |piece| piece.pairs() > model.most_pairs).collect();
    if !over.is_empty() {
        let more_left = keys(records, &block.split, &records.left, NO_LEFT_KEY);
        let more_right = keys(records, &block.split, &records.right, NO_RIGHT_KEY);
        for piece in &over {
            cost.split_keys += u64::from(!block.split.is_empty());
            refine(&mut left_keys, rows(&left, piece.left), &more_left, NO_LEFT_KEY);
            refine(&mut right_keys, rows(&right, piece.right), &more_right, NO_RIGHT_KEY);
        }
        [left, right] = sorted(&left_keys, &right_keys);
        pieces = meet(&left, &right);
        for piece in pieces.extract_if(.., |piece| piece.pairs() > model.most_pairs) {
            cost.skipped_keys += 1;
            cost.skipped_pairs += piece.pairs();
        }
    }
    cost.keys = pieces.len() as u64;
    cost.pairs = pieces.iter().map(Piece::pairs).sum();
    let mut ranges = vec![[0, 0]; records.left.count];
    for piece in &pieces {
        for (_, row) in rows(&left, piece.left) {
            ranges[*row as usize] = piece.right;
        }
    }
    OneBlock { cost, rights: right.into_iter().map(|(_, row)| row).collect(), ranges }
}

fn rows(sorted: &Sorted, range: [u32; 2]) -> &[(u64, u32)] {
    &sorted[range[0] as usize..range[1] as usize]
}

/// The keys that both sides have.
fn meet(left: &Sorted, right: &Sorted) -> Vec<Piece> {
    let end =
        |rows: &Sorted, start: usize| start + rows[start..].iter().take_while(|row| row.0 == rows[start].0).count();
    let mut pieces = Vec::new();
    let (mut at, mut to) = (0, 0);
    while at < left.len() && to < right.len() {
        let (here, there) = (left[at].0, right[to].0);
        let (at_end, to_end) = (end(left, at), end(right, to));
        if here == there {
            pieces.push(Piece { left: [at as u32, at_end as u32], right: [to as u32, to_end as u32] });
        }
        if here <= there {
            at = at_end;
        }
        if there <= here {
            to = to_end;
        }
    }
    pieces
}
