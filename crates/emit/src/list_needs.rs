//! What the lists ask of a relation that is too long to be held whole: which columns, and which rows can matter at all. Read off the
//! queries' syntax trees, and never more narrowly than they say: a table that is asked for in a way that is not on this page is
//! needed whole.
//!
//! Rows are spared in two shapes. A table that a query joins by an equality (`LEFT JOIN households AS h ON h.household_id =
//! w.household_id`) needs only the rows whose key stands on the other side. A table that a query begins with (`FROM links AS l …
//! WHERE l.link_class = 'none'`) needs only the rows that pass the parts of WHERE that speak of it alone.

use crate::EmitError;
use crate::list_plan::ListPlan;
use polars::prelude::{DataFrame, Expr as Expression, IntoLazy, PolarsResult, col};
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, Query, Select, SetExpr, TableFactor, visit_expressions,
    visit_expressions_mut,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// One use of a table in a query: what spares it rows, if anything does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableUse {
    pub(crate) table: String,
    pub(crate) spared_by: Spared,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spared {
    Nothing,
    /// Its column, and the table and column that it is joined to.
    Join {
        key: String,
        table: String,
        column: String,
    },
    /// A condition over its columns alone, without its alias.
    Filter(String),
}

/// Which rows of a table the lists need.
#[derive(Clone, Debug, PartialEq)]
pub enum NeededRows {
    All,
    /// Those whose `key` stands in one of these tables' columns.
    Joined {
        key: String,
        to: BTreeSet<(String, String)>,
    },
    /// Those that pass one of the conditions.
    Passing(Expression),
    /// Those of either kind.
    JoinedOrPassing {
        key: String,
        to: BTreeSet<(String, String)>,
        condition: Expression,
    },
}

/// What the lists need of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableNeed {
    pub columns: Vec<String>,
    pub rows: NeededRows,
}

impl TableNeed {
    /// The needed part of a frame of the relation. Where rows are joined every row is kept: the caller knows the keys.
    pub fn keep(&self, frame: DataFrame) -> PolarsResult<DataFrame> {
        let columns: Vec<Expression> = self.columns.iter().map(|name| col(name.as_str())).collect();
        let kept = match &self.rows {
            NeededRows::Passing(condition) => frame.lazy().filter(condition.clone()),
            _ => frame.lazy(),
        };
        kept.select(columns).collect()
    }
}

/// What the lists need of a relation whose columns are these; `None` if no list names it.
pub fn table_need<'a>(
    lists: &[ListPlan],
    table: &str,
    columns: impl Iterator<Item = &'a str>,
) -> Result<Option<TableNeed>, EmitError> {
    let sheets = || lists.iter().flat_map(|list| list.sheets.iter().map(move |sheet| (list, sheet)));
    let mut uses: Vec<(&ListPlan, &Spared)> = Vec::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (list, sheet) in sheets().filter(|(_, sheet)| sheet.query.reads(table)) {
        let of_table: Vec<_> = sheet.query.uses.iter().filter(|found| found.table == table).collect();
        // A use that was overlooked would cost a list its rows.
        uses.extend(of_table.is_empty().then_some((list, &Spared::Nothing)));
        uses.extend(of_table.into_iter().map(|found| (list, &found.spared_by)));
        names.extend(sheet.query.names.used.iter().map(|(_, name)| name.as_str()));
    }
    if uses.is_empty() {
        return Ok(None);
    }
    let columns = columns.filter(|column| names.contains(column)).map(str::to_owned).collect();
    Ok(Some(TableNeed { columns, rows: needed_rows(&uses)? }))
}

fn needed_rows(uses: &[(&ListPlan, &Spared)]) -> Result<NeededRows, EmitError> {
    let mut joined: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    let mut filters: Vec<Expression> = Vec::new();
    for (list, spared) in uses {
        match spared {
            Spared::Nothing => return Ok(NeededRows::All),
            Spared::Join { key, table, column } => {
                joined.entry(key).or_default().insert((table.clone(), column.clone()));
            }
            Spared::Filter(condition) => filters.push(
                polars::sql::sql_expr(condition)
                    .map_err(|source| EmitError::Query { list: list.id.clone(), source })?,
            ),
        }
    }
    let mut joined = joined.into_iter();
    Ok(match (joined.next(), joined.next(), filters.into_iter().reduce(Expression::or)) {
        (Some((key, to)), None, None) => NeededRows::Joined { key: key.to_owned(), to },
        (None, _, Some(condition)) => NeededRows::Passing(condition),
        (Some((key, to)), None, Some(condition)) => NeededRows::JoinedOrPassing { key: key.to_owned(), to, condition },
        _ => NeededRows::All,
    })
}

/// Every use of a table in an admitted query. `ctes` are the names that the query gives itself.
pub(crate) fn table_uses(query: &Query, ctes: &BTreeSet<String>) -> Vec<TableUse> {
    let mut uses = Vec::new();
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        uses_of_body(&cte.query.body, ctes, &mut uses);
    }
    uses_of_body(&query.body, ctes, &mut uses);
    uses
}

fn uses_of_body(body: &SetExpr, ctes: &BTreeSet<String>, uses: &mut Vec<TableUse>) {
    match body {
        SetExpr::Select(select) => uses_of_select(select, ctes, uses),
        SetExpr::SetOperation { left, right, .. } => {
            uses_of_body(left, ctes, uses);
            uses_of_body(right, ctes, uses);
        }
        _ => {}
    }
}

fn uses_of_select(select: &Select, ctes: &BTreeSet<String>, uses: &mut Vec<TableUse>) {
    // Alias and name of every table of the FROM that is not the query's own.
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    let factors = select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    known.extend(factors.filter_map(named).filter(|(_, table)| !ctes.contains(*table)));
    for from in &select.from {
        if let Some((alias, table)) = named(&from.relation).filter(|(_, table)| !ctes.contains(*table)) {
            let spared_by = select.selection.as_ref().and_then(|condition| filter_of(condition, alias));
            uses.push(TableUse { table: table.to_owned(), spared_by: spared_by.unwrap_or(Spared::Nothing) });
        }
        for join in &from.joins {
            let Some((alias, table)) = named(&join.relation).filter(|(_, table)| !ctes.contains(*table)) else {
                continue;
            };
            let on = match &join.join_operator {
                JoinOperator::Join(on)
                | JoinOperator::Inner(on)
                | JoinOperator::Left(on)
                | JoinOperator::LeftOuter(on) => on,
                _ => &JoinConstraint::None,
            };
            let spared_by = match on {
                JoinConstraint::On(condition) => joined_by(condition, alias, &known),
                _ => None,
            };
            uses.push(TableUse { table: table.to_owned(), spared_by: spared_by.unwrap_or(Spared::Nothing) });
        }
    }
}

/// Alias and name of a table.
fn named(factor: &TableFactor) -> Option<(&str, &str)> {
    let TableFactor::Table { name, alias, .. } = factor else { return None };
    let [part] = name.0.as_slice() else { return None };
    let table = part.as_ident()?.value.as_str();
    Some((alias.as_ref().map_or(table, |alias| alias.name.value.as_str()), table))
}

/// The conditions that must all hold.
fn conjuncts<'a>(condition: &'a Expr, found: &mut Vec<&'a Expr>) {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(left, found);
            conjuncts(right, found);
        }
        Expr::Nested(inner) => conjuncts(inner, found),
        other => found.push(other),
    }
}

/// The conjuncts that name columns of `alias` and of nothing else.
fn filter_of(condition: &Expr, alias: &str) -> Option<Spared> {
    let mut all = Vec::new();
    conjuncts(condition, &mut all);
    let own = all.into_iter().filter(|conjunct| speaks_of_alone(conjunct, alias)).map(|conjunct| {
        let mut bare = conjunct.clone();
        let _ = visit_expressions_mut(&mut bare, |expression| {
            if let Expr::CompoundIdentifier(parts) = expression {
                *expression = Expr::Identifier(parts[1].clone());
            }
            ControlFlow::<()>::Continue(())
        });
        format!("({bare})")
    });
    let own: Vec<String> = own.collect();
    (!own.is_empty()).then(|| Spared::Filter(own.join(" AND ")))
}

fn speaks_of_alone(condition: &Expr, alias: &str) -> bool {
    let mut columns = 0;
    let stranger = visit_expressions(condition, |expression| match expression {
        Expr::CompoundIdentifier(parts) if parts.len() == 2 && parts[0].value == alias => {
            columns += 1;
            ControlFlow::Continue(())
        }
        Expr::CompoundIdentifier(_) | Expr::Identifier(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    stranger.is_continue() && columns > 0
}

/// An equality between a column of `alias` and one of another table, among the conditions of a join.
fn joined_by(condition: &Expr, alias: &str, known: &BTreeMap<&str, &str>) -> Option<Spared> {
    let mut all = Vec::new();
    conjuncts(condition, &mut all);
    all.into_iter().find_map(|conjunct| {
        let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = conjunct else { return None };
        let (one, other) = (column(left)?, column(right)?);
        let (own, other) = if one.0 == alias { (one, other) } else { (other, one) };
        let table = known.get(other.0).filter(|_| own.0 == alias && other.0 != alias)?;
        Some(Spared::Join { key: own.1.to_owned(), table: (*table).to_owned(), column: other.1.to_owned() })
    })
}

fn column(expression: &Expr) -> Option<(&str, &str)> {
    match expression {
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [Ident { value: table, .. }, Ident { value: column, .. }] => Some((table, column)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;
