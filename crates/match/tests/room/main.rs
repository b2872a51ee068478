//! The room as a whole, over small stores written for each test: links, facts, rules, evidence and grades.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod checks;
mod comparing;
mod county;
mod evidence;
mod fact_specs;
mod facts;
mod grading;
mod ladder;
mod large;
mod laws;
mod linking;
mod places;
mod registry;
mod relations;
mod rows;
mod rule_specs;
mod signals;
mod store;
mod suppressing;
mod thresholds;
mod windows;
