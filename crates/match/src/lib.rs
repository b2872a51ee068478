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
mod loose_file;
mod reason;
mod registry;
mod registry_before;
mod registry_load;
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
mod token_index;

pub use anomaly::{Anomaly, Answered, CheckInputs, CheckOutcome, FoundAnomalies, find_anomalies};
pub use check::{Check, CheckFile, CheckObject, Checks, Tally, compile_checks};
pub use clause::Clause;
pub use doubt::weigh_doubt;
pub use error::MatchError;
pub use evaluate::{RuleInputs, Signal, SignalState, evaluate_rules};
pub use evidence::{Evidence, gather_evidence};
pub use explain::{ClauseAnswer, explain_rule};
pub use fact::{Compare, Fact, Per, UNKNOWN_COLUMN, compile_facts, drop_unread_text, read_facts};
pub use fact_values::FactValues;
pub use facts::{FactColumn, FactInputs, compute_facts};
pub use finding::{Against, Candidate, Finding, WEIGHTED, against, settle};
pub use grade::{Graded, Grading, compile_grading, grade};
pub use history::FeedHistory;
pub use key_table::{KeyTable, Meeting};
pub use ladder_spec::compile_ladder;
pub use link::LinkCounts;
pub use links::{LinkBatch, LinkTask, Links, Numbered};
pub use loose_file::{loose_from_bytes, loose_to_bytes};
pub use registry::Registry;
pub use registry_before::{Aliases, RegistryChange};
pub use relations::{Deadlines, RelationInputs, Roll, SourceNames, build_relations, link_frame, relation_types};
pub use rule::{OnUnknown, Rule, RuleContext, UNKNOWN_NAME, compile_rules};
pub use set_aside::set_rows_aside;
pub use sql::Literal;
pub use store::StoreWriter;
pub use store_file::StoreFile;
pub use suppress::{Past, SuppressInputs, Verified, suppress};
