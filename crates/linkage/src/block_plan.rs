//! Blocks, with their cost counted before a pair is made.

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

/// One block's work.
#[derive(Debug)]
struct Work {
    pieces: Vec<Piece>,
    left: Vec<u32>,
    right: Vec<u32>,
}

/// As many pieces of one block as one thread takes at a time.
#[derive(Debug)]
struct Run {
    block: usize,
    pieces: std::ops::Range<usize>,
}

/// All blocks, ready to be gone through.
#[derive(Debug)]
pub(crate) struct BlockPlan {
    pub(crate) costs: Vec<BlockCost>,
    work: Vec<Work>,
    runs: Vec<Run>,
    /// Each row's keys, block by block, side by side.
    left_keys: Vec<u64>,
    right_keys: Vec<u64>,
    /// The last sixteen bits of each, four in a word: what nearly always tells that two rows share no key, in a quarter of the memory.
    left_prints: Vec<u64>,
    right_prints: Vec<u64>,
}

/// Pairs that are handed on together, so that the memory's delays for one pass while another is looked at.
const A_BATCH: usize = 256;

/// About this many pairs are one thread's turn.
const PAIRS_A_RUN: u64 = 1 << 15;

impl BlockPlan {
    pub(crate) fn new(records: &Records, model: &LinkModel) -> Self {
        let blocks: Vec<OneBlock> = model.blocks.par_iter().map(|block| plan_block(records, model, block)).collect();
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        let mut plan = Self {
            costs: Vec::new(),
            work: Vec::new(),
            runs: Vec::new(),
            left_keys: Vec::new(),
            right_keys: Vec::new(),
            left_prints: Vec::new(),
            right_prints: Vec::new(),
        };
        for (at, block) in blocks.into_iter().enumerate() {
            plan.runs.extend(runs(at, &block.work.pieces));
            plan.costs.push(block.cost);
            plan.work.push(block.work);
            lefts.push(block.left_keys);
            rights.push(block.right_keys);
        }
        (plan.left_keys, plan.right_keys) = rayon::join(|| side_by_side(&lefts), || side_by_side(&rights));
        let count = model.blocks.len();
        (plan.left_prints, plan.right_prints) =
            rayon::join(|| prints(&plan.left_keys, count), || prints(&plan.right_keys, count));
        plan
    }
    /// Goes through every pair that shares a block, once, of the left rows that are wanted, and gives what `each` made of them, in an order
    /// that no thread changes. `each` gets many pairs at a time, those of one left row one after another.
    pub(crate) fn each_pair<T: Send>(
        &self,
        wanted: impl Fn(u32) -> bool + Sync,
        make: impl Fn() -> T + Sync,
        each: impl Fn(&mut T, &[(u32, u32)]) + Sync,
    ) -> Vec<T> {
        let turn = |run: &Run| {
            let mut made = make();
            let mut batch = Vec::with_capacity(2 * A_BATCH);
            let later = later(run.block, self.work.len());
            let work = &self.work[run.block];
            for piece in &work.pieces[run.pieces.clone()] {
                let rights = &work.right[piece.right[0] as usize..piece.right[1] as usize];
                let lefts = &work.left[piece.left[0] as usize..piece.left[1] as usize];
                for left in lefts.iter().filter(|left| wanted(**left)) {
                    for rights in rights.chunks(A_BATCH) {
                        self.first_here(run, &later, (*left, rights), &mut batch);
                        if batch.len() >= A_BATCH {
                            each(&mut made, &batch);
                            batch.clear();
                        }
                    }
                }
            }
            each(&mut made, &batch);
            made
        };
        self.runs.par_iter().map(turn).collect()
    }
    /// The pairs of a left row that no earlier block holds: a pair belongs to the first.
    fn first_here(&self, run: &Run, later: &[u64], (left, rights): (u32, &[u32]), batch: &mut Vec<(u32, u32)>) {
        let words = later.len();
        let own = &self.left_prints[left as usize * words..][..words];
        let earlier = &self.keys_of_left(left)[..run.block];
        for right in rights {
            let prints = &self.right_prints[*right as usize * words..][..words];
            let both = own.iter().zip(prints).zip(later);
            let may_share = both.fold(false, |may, ((left, right), later)| may | has_zero(left ^ right | later));
            if !may_share || !earlier.iter().zip(self.keys_of_right(*right)).any(|(left, right)| left == right) {
                batch.push((left, *right));
            }
        }
    }
    fn keys_of_left(&self, row: u32) -> &[u64] {
        &self.left_keys[row as usize * self.work.len()..][..self.work.len()]
    }
    fn keys_of_right(&self, row: u32) -> &[u64] {
        &self.right_keys[row as usize * self.work.len()..][..self.work.len()]
    }
    /// Which blocks hold a pair, a bit each.
    pub(crate) fn holding(&self, left: u32, right: u32) -> u64 {
        let both = self.keys_of_left(left).iter().zip(self.keys_of_right(right)).enumerate();
        both.filter(|(_, (left, right))| left == right).fold(0, |bits, (block, _)| bits | 1 << block)
    }
}

fn runs(block: usize, pieces: &[Piece]) -> Vec<Run> {
    let mut runs = Vec::new();
    let (mut start, mut pairs) = (0, 0);
    for (at, piece) in pieces.iter().enumerate() {
        pairs += piece.pairs();
        if pairs >= PAIRS_A_RUN || at + 1 == pieces.len() {
            runs.push(Run { block, pieces: start..at + 1 });
            (start, pairs) = (at + 1, 0);
        }
    }
    runs
}

fn side_by_side(columns: &[Vec<u64>]) -> Vec<u64> {
    let rows = columns.first().map_or(0, Vec::len);
    let mut all = Vec::with_capacity(rows * columns.len());
    for row in 0..rows {
        all.extend(columns.iter().map(|column| column[row]));
    }
    all
}

const PRINTS_A_WORD: usize = 4;

/// The prints of rows of so many keys.
fn prints(keys: &[u64], blocks: usize) -> Vec<u64> {
    let word = |keys: &[u64]| keys.iter().rev().fold(0, |word, key| word << 16 | key & 0xffff);
    keys.chunks(blocks.max(1)).flat_map(|keys| keys.chunks(PRINTS_A_WORD).map(word)).collect()
}

/// Word by word, ones where the print of a block stands or of one behind it.
fn later(block: usize, blocks: usize) -> Vec<u64> {
    let of_word = |first: usize| match block.saturating_sub(first) {
        earlier @ 0..PRINTS_A_WORD => u64::MAX << (16 * earlier),
        _ => 0,
    };
    (0..blocks).step_by(PRINTS_A_WORD).map(of_word).collect()
}

/// Whether any of the four sixteen bits are all zero (Mycroft 1987).
fn has_zero(word: u64) -> bool {
    const ONES: u64 = 0x0001_0001_0001_0001;
    word.wrapping_sub(ONES) & !word & (ONES << 15) != 0
}

struct OneBlock {
    cost: BlockCost,
    work: Work,
    left_keys: Vec<u64>,
    right_keys: Vec<u64>,
}

fn plan_block(records: &Records, model: &LinkModel, block: &Block) -> OneBlock {
    let mut left_keys = keys(records, &block.left, &records.left, NO_LEFT_KEY);
    let mut right_keys = keys(records, &block.right, &records.right, NO_RIGHT_KEY);
    let mut cost =
        BlockCost { name: block.name.clone(), keys: 0, pairs: 0, split_keys: 0, skipped_keys: 0, skipped_pairs: 0 };
    let (mut left, mut right) = (sorted(&left_keys, NO_LEFT_KEY), sorted(&right_keys, NO_RIGHT_KEY));
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
        (left, right) = (sorted(&left_keys, NO_LEFT_KEY), sorted(&right_keys, NO_RIGHT_KEY));
        pieces = meet(&left, &right);
        for piece in pieces.extract_if(.., |piece| piece.pairs() > model.most_pairs) {
            cost.skipped_keys += 1;
            cost.skipped_pairs += piece.pairs();
            for (_, row) in rows(&left, piece.left) {
                left_keys[*row as usize] = NO_LEFT_KEY;
            }
        }
    }
    cost.keys = pieces.len() as u64;
    cost.pairs = pieces.iter().map(Piece::pairs).sum();
    let pieces = pieces.into_iter().flat_map(in_turns).collect();
    let of = |sorted: Sorted| sorted.into_iter().map(|(_, row)| row).collect();
    OneBlock { cost, work: Work { pieces, left: of(left), right: of(right) }, left_keys, right_keys }
}

fn rows(sorted: &Sorted, range: [u32; 2]) -> &[(u64, u32)] {
    &sorted[range[0] as usize..range[1] as usize]
}

/// A key with many pairs is cut, so that it does not keep one thread busy while the others wait.
fn in_turns(piece: Piece) -> impl Iterator<Item = Piece> {
    let width = u64::from(piece.right[1] - piece.right[0]).max(1);
    let height = u32::try_from((PAIRS_A_RUN / width).max(1)).unwrap_or(u32::MAX);
    let [start, end] = piece.left;
    (start..end)
        .step_by(height as usize)
        .map(move |start| Piece { left: [start, (start + height).min(end)], right: piece.right })
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
