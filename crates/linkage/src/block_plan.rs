//! Blocks, with their cost counted before a pair is made.

use std::ops::Range;

use rayon::prelude::*;

use crate::model::{Block, KeyPart, LinkModel};
use crate::records::{Records, Rows, digest, mix};

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

/// Some left rows against some right rows of one key.
#[derive(Debug)]
struct Task {
    block: usize,
    left: Range<usize>,
    right: Range<usize>,
}

/// All blocks, ready to be gone through.
#[derive(Debug)]
pub(crate) struct BlockPlan {
    pub(crate) costs: Vec<BlockCost>,
    tasks: Vec<Task>,
    /// By block: the key of each row, 0 for none.
    left_keys: Vec<Vec<u64>>,
    right_keys: Vec<Vec<u64>>,
    /// By block: rows in the order of their keys.
    left_order: Vec<Vec<u32>>,
    right_order: Vec<Vec<u32>>,
}

/// Pairs that one task may have; a key with more becomes several.
const PAIRS_A_TASK: usize = 1 << 14;

impl BlockPlan {
    pub(crate) fn new(records: &Records, model: &LinkModel) -> Self {
        let sides: Vec<OneBlock> = model.blocks.par_iter().map(|block| plan_block(records, model, block)).collect();
        let mut plan = Self {
            costs: Vec::new(),
            tasks: Vec::new(),
            left_keys: Vec::new(),
            right_keys: Vec::new(),
            left_order: Vec::new(),
            right_order: Vec::new(),
        };
        for (at, side) in sides.into_iter().enumerate() {
            for group in side.groups {
                let height = (PAIRS_A_TASK / group.right.len().max(1)).max(1);
                for start in group.left.clone().step_by(height) {
                    let left = start..(start + height).min(group.left.end);
                    plan.tasks.push(Task { block: at, left, right: group.right.clone() });
                }
            }
            plan.costs.push(side.cost);
            plan.left_keys.push(side.left_keys);
            plan.right_keys.push(side.right_keys);
            plan.left_order.push(side.left_order);
            plan.right_order.push(side.right_order);
        }
        plan
    }
    /// Goes through every pair that shares a block, once, and gives what `each` made of them, in an order that no thread changes.
    pub(crate) fn each_pair<T: Send>(
        &self,
        make: impl Fn() -> T + Sync,
        each: impl Fn(&mut T, u32, u32) + Sync,
    ) -> Vec<T> {
        self.tasks
            .par_chunks(64)
            .map(|tasks| {
                let mut made = make();
                for task in tasks {
                    self.run(task, |left, right| each(&mut made, left, right));
                }
                made
            })
            .collect()
    }
    fn run(&self, task: &Task, mut each: impl FnMut(u32, u32)) {
        for left in &self.left_order[task.block][task.left.clone()] {
            for right in &self.right_order[task.block][task.right.clone()] {
                if !(0..task.block).any(|earlier| self.share(earlier, *left, *right)) {
                    each(*left, *right);
                }
            }
        }
    }
    fn share(&self, block: usize, left: u32, right: u32) -> bool {
        let key = self.left_keys[block][left as usize];
        key != 0 && key == self.right_keys[block][right as usize]
    }
    /// Which blocks hold a pair, a bit each.
    pub(crate) fn holding(&self, left: u32, right: u32) -> u64 {
        (0..self.left_keys.len())
            .filter(|block| self.share(*block, left, right))
            .fold(0, |bits, block| bits | 1 << block)
    }
}

/// One key's rows, as ranges of the two orders.
struct Group {
    left: Range<usize>,
    right: Range<usize>,
}

impl Group {
    fn pairs(&self) -> u64 {
        self.left.len() as u64 * self.right.len() as u64
    }
}

struct OneBlock {
    cost: BlockCost,
    groups: Vec<Group>,
    left_keys: Vec<u64>,
    right_keys: Vec<u64>,
    left_order: Vec<u32>,
    right_order: Vec<u32>,
}

fn plan_block(records: &Records, model: &LinkModel, block: &Block) -> OneBlock {
    let mut left_keys = keys(records, &block.left, &records.left);
    let mut right_keys = keys(records, &block.right, &records.right);
    let mut cost =
        BlockCost { name: block.name.clone(), keys: 0, pairs: 0, split_keys: 0, skipped_keys: 0, skipped_pairs: 0 };
    let (mut left_order, mut right_order) = (in_order(&left_keys), in_order(&right_keys));
    let mut groups = groups(&left_keys, &right_keys, &left_order, &right_order);
    let over: Vec<Group> = groups.extract_if(.., |group| group.pairs() > model.most_pairs).collect();
    if !over.is_empty() {
        let more_left = keys(records, &block.split, &records.left);
        let more_right = keys(records, &block.split, &records.right);
        for group in &over {
            cost.split_keys += u64::from(!block.split.is_empty());
            refine(&mut left_keys, &left_order[group.left.clone()], &more_left);
            refine(&mut right_keys, &right_order[group.right.clone()], &more_right);
        }
        (left_order, right_order) = (in_order(&left_keys), in_order(&right_keys));
        groups = self::groups(&left_keys, &right_keys, &left_order, &right_order);
        for group in groups.extract_if(.., |group| group.pairs() > model.most_pairs) {
            cost.skipped_keys += 1;
            cost.skipped_pairs += group.pairs();
            for row in &left_order[group.left] {
                left_keys[*row as usize] = 0;
            }
        }
    }
    cost.keys = groups.len() as u64;
    cost.pairs = groups.iter().map(Group::pairs).sum();
    OneBlock { cost, groups, left_keys, right_keys, left_order, right_order }
}

fn refine(keys: &mut [u64], rows: &[u32], more: &[u64]) {
    for row in rows {
        let at = *row as usize;
        if more[at] != 0 {
            keys[at] = mix(keys[at], more[at]).max(1);
        }
    }
}

/// Each row's key, 0 where a part is missing.
fn keys(records: &Records, parts: &[KeyPart], rows: &Rows) -> Vec<u64> {
    let mut keys = vec![u64::from(!parts.is_empty()); rows.count];
    for part in parts {
        let digests = records.values[part.field].map(|symbols| part_digest(symbols, part));
        for (key, id) in keys.iter_mut().zip(rows.column(part.field)) {
            let digest = digests.get(id as usize).copied().unwrap_or(0);
            *key = if *key == 0 || digest == 0 { 0 } else { mix(*key, digest).max(1) };
        }
    }
    keys
}

/// A digest of the part of a value that a key takes; 0 where the value is too short to have it.
fn part_digest(symbols: &[u32], part: &KeyPart) -> u64 {
    let taken = match &part.characters {
        None => Some(symbols),
        Some(range) => symbols.get(range.clone()),
    };
    taken.map_or(0, |taken| digest(taken).max(1))
}

fn in_order(keys: &[u64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..keys.len() as u32).filter(|row| keys[*row as usize] != 0).collect();
    order.sort_unstable_by_key(|row| (keys[*row as usize], *row));
    order
}

fn groups(left_keys: &[u64], right_keys: &[u64], left_order: &[u32], right_order: &[u32]) -> Vec<Group> {
    let run = |keys: &[u64], order: &[u32], start: usize| {
        let key = keys[order[start] as usize];
        start + order[start..].iter().take_while(|row| keys[**row as usize] == key).count()
    };
    let mut groups = Vec::new();
    let (mut at, mut to) = (0, 0);
    while at < left_order.len() && to < right_order.len() {
        let (left_key, right_key) = (left_keys[left_order[at] as usize], right_keys[right_order[to] as usize]);
        let left_end = run(left_keys, left_order, at);
        let right_end = run(right_keys, right_order, to);
        if left_key == right_key {
            groups.push(Group { left: at..left_end, right: to..right_end });
        }
        if left_key <= right_key {
            at = left_end;
        }
        if right_key <= left_key {
            to = right_end;
        }
    }
    groups
}
