//! The weighted linker: which row of one table is the same person as which row of another.
//!
//! Comes in: two [`Table`]s of text, and a [`LinkModel`] compiled from TOML ([`compile_model`]): fields, comparisons with levels,
//! blocks, costs. [`prepare`] counts the pairs first. Goes out: a [`TrainedModel`] ([`Prepared::train`]), scored pairs
//! ([`Prepared::link`]), and what may be done with them ([`decide`]).
//!
//! The theory is Fellegi and Sunter's (1969): a pair's weight is the sum over comparisons of log2(m / u), where m is how often a level
//! is seen among pairs of one person and u among pairs of two. Missing is neither agreement nor disagreement.
//!
//! Never: prints, reads a file or a clock, names a value in an error, or lets the order of rows or threads show.

mod block_filter;
mod block_keys;
mod block_plan;
mod clean;
mod closeness;
mod compare;
mod csv_table;
mod decide;
mod estimate;
mod link;
mod model;
mod recall;
mod records;
mod spec;
mod spec_level;
mod table;
mod train;
mod trained;

pub use block_filter::BlockFilter;
pub use block_plan::BlockCost;
pub use csv_table::{CsvProblem, read_csv};
pub use decide::{Class, Decided, Decision, Prior, decide, decide_each};
pub use link::{KEPT_FROM, Linked, Part, Prepared, ScoredPair, prepare};
pub use model::{Block, Clean, Comparison, Costs, Field, Level, LinkModel, Relation, Test, TestKind};
pub use recall::{RecallEstimate, estimate_recall};
pub use spec::compile_model;
pub use table::{Column, Table};
pub use trained::{LevelEvidence, TrainedComparison, TrainedLevel, TrainedModel, TrainingError};
