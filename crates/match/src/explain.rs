//! One rule over one row, clause by clause: what it read, and what it answered.

use std::collections::BTreeSet;

use bidui_model::Level;
use polars::prelude::*;

use crate::clause::Clause;
use crate::error::MatchError;
use crate::expression::evaluate;
use crate::reason::shown;
use crate::rule::Rule;

/// A clause's answer for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseAnswer {
    /// `None` for the rule's scope.
    pub level: Option<Level>,
    pub sql: String,
    /// Names that it reads, with their values as people read them.
    pub values: Vec<(String, String)>,
    pub answer: Option<bool>,
}

/// Scope first, then the levels. `row` is a table of one row with every column that the rule reads; `unknown` are
/// the facts that the month does not know.
pub fn explain_rule(rule: &Rule, row: &DataFrame, unknown: &BTreeSet<String>) -> Result<Vec<ClauseAnswer>, MatchError> {
    let scope = rule.scope.iter().map(|clause| (None, clause));
    let levels = rule.levels.iter().map(|(level, clause)| (Some(*level), clause));
    scope.chain(levels).map(|(level, clause)| answer(level, clause, row, unknown, &rule.id)).collect()
}

fn answer(
    level: Option<Level>,
    clause: &Clause,
    row: &DataFrame,
    unknown: &BTreeSet<String>,
    id: &str,
) -> Result<ClauseAnswer, MatchError> {
    let answered = evaluate(row, &[("_answer".to_owned(), clause.expr.clone())], id)?;
    let flag = answered.column("_answer").and_then(|column| column.bool().cloned());
    let flag = flag.map_err(|source| MatchError::Compute { what: id.to_owned(), source })?;
    let value = |name: &String| row.column(name).map_or_else(|_| "—".to_owned(), |column| shown(column, 0));
    // As in the run: what could turn a missing extract into an answer is itself unknown.
    let is_unknown = clause.absorbs_null && clause.reads.iter().any(|name| unknown.contains(name));
    let values = clause.reads.iter().map(|name| (name.clone(), value(name))).collect();
    Ok(ClauseAnswer { level, sql: clause.sql.clone(), values, answer: flag.get(0).filter(|_| !is_unknown) })
}
