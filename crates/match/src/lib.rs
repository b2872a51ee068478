//! Floor 1: who is it, what do we know of him, which rules fire, how serious is it.
//!
//! In: sealed chunks on their way to the store, the store's months, and the facts, rules and grading of the configuration. Out: links
//! of every row, facts, signals and graded warnings, as plain data and as the tables of the public schema. This room never sees a
//! plain ID number or name, reads no extract and no clock, and routes nothing.

mod accumulate;
mod anomaly;
mod bits;
mod check;
mod choice;
mod clause;
mod disagreement;
mod doubt;
mod error;
mod evaluate;
mod evidence;
mod example;
mod explain;
mod expression;
mod fact;
mod fact_expression;
mod fact_scan;
mod fact_values;
mod facts;
mod finding;
mod frames;
mod grade;
mod history;
mod key_table;
mod ladder_spec;
mod link;
mod links;
mod lint;
mod lint_value;
mod loose_file;
mod null_comparison;
mod range;
mod reach;
mod reason;
mod registry;
mod registry_before;
mod registry_gone;
mod registry_load;
mod relation_rules;
mod relations;
mod row_group;
mod rule;
mod set_aside;
mod spool;
mod sql;
mod sql_kind;
mod sql_place;
mod store;
mod store_file;
mod suppress;
mod sweep;
mod tables;
mod threshold;
mod token_index;
mod weak;

pub use anomaly::{Anomaly, Answered, CheckInputs, CheckOutcome, FoundAnomalies, find_anomalies};
pub use check::{Check, CheckFile, CheckObject, Checks, Tally, compile_checks};
pub use clause::Clause;
pub use doubt::weigh_doubt;
pub use error::MatchError;
pub use evaluate::{DOUBTFUL, RuleInputs, Signal, SignalState, evaluate_rules};
pub use evidence::{Evidence, gather_evidence};
pub use explain::{ClauseAnswer, explain_rule};
pub use fact::{Compare, Fact, OF_KIND_AND_LINK, Per, compile_facts, drop_unread_text, read_facts};
pub use fact_values::FactValues;
pub use facts::{FactColumn, FactInputs, compute_facts};
pub use finding::{Against, Candidate, Finding, WEIGHTED, against, settle};
pub use grade::{Graded, Grading, compile_grading, grade};
pub use history::FeedHistory;
pub use key_table::{KeyTable, Meeting};
pub use ladder_spec::compile_ladder;
pub use link::LinkCounts;
pub use links::{LinkBatch, LinkTask, Links, Numbered};
pub use lint::{lint_facts, lint_levels, lint_rules};
pub use loose_file::{loose_from_bytes, loose_to_bytes};
pub use reach::Reach;
pub use registry::Registry;
pub use registry_before::{Aliases, RegistryChange};
pub use registry_gone::GoneHousehold;
pub use relations::{
    Deadlines, RelationInputs, Roll, SourceNames, build_relations, link_frame, own_columns, relation_types,
};
pub use rule::{OnUnknown, Rule, RuleContext, compile_rules, compile_rules_without_examples};
pub use set_aside::set_rows_aside;
pub use sql::Literal;
pub use store::StoreWriter;
pub use store_file::StoreFile;
pub use suppress::{Households, Past, SuppressInputs, Verified, suppress};
pub use sweep::{Span, Sweep, Swept, sweep_rules};
pub use tables::{MonthTables, replay_rules};
pub use threshold::{Threshold, Way};
pub use weak::{StrongFacts, WeakFact, strong_facts};
