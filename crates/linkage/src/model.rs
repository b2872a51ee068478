//! The nouns of a link model: what is compared, how it is blocked, what errors cost. Made by `compile_model` only.

use std::ops::Range;

/// How many partners a row may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Both tables may hold a person several times.
    ManyToMany,
    /// The right table is a register: a left row has at most one partner.
    ManyToOne,
    /// Neither table holds a person twice.
    OneToOne,
}

/// A step that makes a raw value comparable. Every value is first made NFKC and trimmed; an empty one is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clean {
    /// Lower case.
    Lower,
    /// Letters and digits only.
    Alphanumeric,
    /// ASCII digits only.
    Digits,
    /// Words in the order of the alphabet.
    SortWords,
    /// The English sound code of 1918, for blocks.
    Soundex,
}

/// A column of both tables, cleaned.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    pub left: String,
    pub right: String,
    pub clean: Vec<Clean>,
    /// Cleaned values that say nothing.
    pub missing: Vec<String>,
}

/// A question about two values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TestKind {
    Exact,
    /// Jaro-Winkler similarity over characters.
    JaroWinkler {
        at_least: f64,
    },
    /// Insertions, deletions, replacements and swaps of neighbours.
    Edits {
        at_most: usize,
    },
    /// Of year, month and day (`YYYYMMDD`) this many agree.
    DateParts {
        at_least: usize,
    },
    /// Day and month stand in each other's place.
    DateSwapped,
    /// One value is the beginning of the other.
    Prefix,
}

/// A question about the left value of one field and the right value of the same or another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    pub kind: TestKind,
    pub left: usize,
    pub right: usize,
}

/// A degree of agreement: all its tests hold, and no earlier level's.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub name: String,
    /// Empty for the last level, which takes what is left.
    pub tests: Vec<Test>,
    /// A rare value that agrees says more than a common one.
    pub frequency: bool,
    pub pinned_m: Option<f64>,
    pub pinned_u: Option<f64>,
}

/// One thing that is compared, by levels from the best to "otherwise".
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub name: String,
    /// The field whose absence makes the comparison missing.
    pub field: usize,
    pub levels: Vec<Level>,
}

/// Part of a block's key: a field, or a range of its characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPart {
    pub field: usize,
    pub characters: Option<Range<usize>>,
}

/// Rows are compared when they agree on a block's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub name: String,
    pub left: Vec<KeyPart>,
    pub right: Vec<KeyPart>,
    /// Added to the key where a value of it would cost more pairs than `most_pairs`.
    pub split: Vec<KeyPart>,
}

/// What errors cost, in any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    pub false_link: f64,
    pub missed_link: f64,
    pub review: f64,
}

impl Costs {
    /// From this probability on, a link costs less than a review.
    #[must_use]
    pub fn link_from(&self) -> f64 {
        (1.0 - self.review / self.false_link).max(self.missed_or_false())
    }
    /// From this probability on, a review costs less than a missed link.
    #[must_use]
    pub fn review_from(&self) -> f64 {
        (self.review / self.missed_link).min(self.link_from())
    }
    /// Where a link and no link cost the same, if nobody could review.
    fn missed_or_false(&self) -> f64 {
        self.false_link / (self.false_link + self.missed_link)
    }
}

/// A checked model.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkModel {
    pub name: String,
    pub seed: u64,
    pub relation: Relation,
    pub fields: Vec<Field>,
    pub comparisons: Vec<Comparison>,
    pub blocks: Vec<Block>,
    /// The most pairs that one key of a block may cost.
    pub most_pairs: u64,
    /// A pair with fewer comparisons that are not missing is no pair.
    pub least_compared: usize,
    pub random_pairs: usize,
    /// Candidates that weights are learnt from; where there are more, a part of the left rows stands for all.
    pub training_pairs: u64,
    pub costs: Costs,
    /// Columns that name a row in what is written, if any.
    pub left_id: Option<String>,
    pub right_id: Option<String>,
    /// Of everything that the weights depend on.
    pub digest: u64,
}
