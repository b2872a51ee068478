//! What the parts of a SELECT may hold: conditions are conditions, a joined table is joined by a column of both, what is counted over groups stands beside
//! what is grouped by, and a name is of one table.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    BinaryOperator, Expr, Function, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, Select, SelectItem,
    SetExpr, Spanned, Visit, Visitor, visit_expressions,
};

use crate::list_names::{Columns, Kind, Scope, Slip, Walk};
use crate::list_place::{bytes, place};

/// A join that no column of both tables holds together.
const FREE_JOIN: &str = "BD0517";
/// Tables in which something is looked up, each with its key.
const LOOKED_UP: [(&str, &str); 4] =
    [("heads", "household_id"), ("warned", "household_id"), ("people", "person_no"), ("towns", "town_code")];
/// Functions over the rows of a group.
const OVER_ROWS: [&str; 5] = ["count", "sum", "avg", "min", "max"];

impl Walk<'_> {
    /// A condition, and what in it is none.
    pub(crate) fn condition(&mut self, node: &Expr, scope: &Scope) {
        let kind = self.kind(node, scope);
        if matches!(kind, Kind::Number | Kind::Text | Kind::Day) {
            let message = format!("“{node}”是{}，不是条件", kind.words());
            self.slip(place(self.text, node), message, "写明与什么比，如 … > 0、… <> ''、… IS NOT NULL");
        }
    }

    pub(crate) fn join(&mut self, join: &Join, scope: &mut Scope) {
        self.enter(&join.relation, scope);
        let (JoinOperator::Join(on) | JoinOperator::Inner(on) | JoinOperator::Left(on) | JoinOperator::LeftOuter(on)) =
            &join.join_operator
        else {
            return;
        };
        match on {
            JoinConstraint::On(condition) => {
                let before = self.slips.len();
                self.condition(condition, scope);
                self.of_rows(condition, "ON", "先在 WITH 里分组算好，再连接");
                // What is misspelt may be what holds the two together.
                if self.slips.len() > before {
                    return;
                }
                if let Some(key) = self.key_not_asked(condition, scope) {
                    let table = scope.sources.last().map_or("", |(_, table)| table.as_str());
                    let message = format!("{table} 一个{key}一行，连接的条件里没有它，每一行都会配上许多行");
                    let hint = format!("写作 ON 这张表的{key} = 前面表的{key}");
                    let span = place(self.text, condition);
                    self.slips.push(Slip { code: FREE_JOIN, span, message, hint, about: None });
                } else if !self.holds_together(condition, scope) {
                    let message = "连接的条件里没有两张表相等的列，每一行都会配上许多行".to_owned();
                    let hint = "写作 ON 这张表的列 = 前面表的列；确要两两相配，写 CROSS JOIN";
                    let span = place(self.text, condition);
                    self.slips.push(Slip { code: FREE_JOIN, span, message, hint: hint.to_owned(), about: None });
                }
            }
            JoinConstraint::Using(columns) => {
                for column in columns.iter().filter_map(|column| column.0.first()?.as_ident()) {
                    scope.using.insert(column.value.clone());
                    self.named(None, column, scope);
                }
            }
            _ => {}
        }
    }

    /// The key of a table that says something of each household, person or town, if the table is joined last and not by its key.
    fn key_not_asked(&self, condition: &Expr, scope: &Scope) -> Option<&'static str> {
        let (called, table) = scope.sources.last()?;
        let (_, key) = LOOKED_UP.iter().find(|(of, _)| of == table)?;
        let mut is_asked = false;
        let _ = visit_expressions(condition, |part| {
            let is_key = last_name(part) == Some(key) && tables_of(part, scope).contains(called);
            is_asked |= is_key;
            ControlFlow::<()>::Continue(())
        });
        // With no column of it at all it is told what it lacks by another.
        (!is_asked && self.holds_together(condition, scope)).then_some(*key)
    }

    /// Whether one of the conditions that all hold says that a column of the table that came last is one of another table.
    fn holds_together(&self, condition: &Expr, scope: &Scope) -> bool {
        match condition {
            Expr::Nested(inner) => self.holds_together(inner, scope),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.holds_together(left, scope) || self.holds_together(right, scope)
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                let last = scope.tables.last().map_or("", |(called, _)| called.as_str());
                let sides = [left, right].map(|side| tables_of(side, scope));
                let of_last = |at: usize| sides[at].contains(last);
                let of_others = |at: usize| !sides[at].is_empty() && !sides[at].contains(last);
                (of_last(0) && of_others(1)) || (of_last(1) && of_others(0))
            }
            _ => false,
        }
    }

    /// Tells of a function over rows where there are no groups yet.
    fn of_rows(&mut self, node: &Expr, clause: &str, hint: &str) {
        if let Some(function) = over_rows(node) {
            let message = format!("{} 是对一组行算的，不能写在 {clause} 里", function.name);
            self.slip(place(self.text, &function), message, hint);
        }
    }

    /// Holds WHERE, GROUP BY, HAVING and what is shown against each other.
    pub(crate) fn grouping(&mut self, select: &Select) {
        if let Some(condition) = &select.selection {
            self.of_rows(condition, "WHERE", "分组以后的条件写在 HAVING 里");
        }
        let groups = match &select.group_by {
            GroupByExpr::Expressions(by, _) => by.as_slice(),
            GroupByExpr::All(_) => &[],
        };
        groups.iter().for_each(|group| self.of_rows(group, "GROUP BY", "按列分组，函数写在 SELECT 或 HAVING 里"));
        let shown = || select.projection.iter().filter_map(shown_of);
        let before = self.slips.len();
        shown().chain(&select.having).for_each(|node| self.within_itself(node));
        if self.slips.len() > before {
            return;
        }
        let is_counted = shown().chain(&select.having).any(|node| over_rows(node).is_some());
        if groups.is_empty()
            && let Some(having) = &select.having
        {
            let span = bytes(self.text, having.span()).and_then(|span| self.keyword_before("HAVING", span.start));
            self.slip(span, "有 HAVING 而没有 GROUP BY".to_owned(), "不分组的条件写在 WHERE 里");
            return;
        }
        if groups.is_empty() && !is_counted {
            return;
        }
        if groups.is_empty() {
            return self.counted_with_plain(select);
        }
        for item in &select.projection {
            let Some(node) = shown_of(item) else { continue };
            let alias = match item {
                SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.as_str()),
                _ => None,
            };
            let mut plain = Plain { groups, inside: 0, found: None };
            let _ = node.visit(&mut plain);
            let is_group = groups
                .iter()
                .any(|group| alias.is_some_and(|alias| last_name(group) == Some(alias)) || is_number(group));
            if let Some(column) = plain.found.filter(|_| !is_group) {
                let message = format!("“{column}”既不在 GROUP BY 里，也没有用函数合起来");
                let span = self.within(node, &column);
                self.slip(span, message, &format!("把 {column} 写进 GROUP BY，或写作 MAX({column})"));
            }
        }
    }

    /// Tells of a function over rows beside a column as it is, where there are no groups.
    fn counted_with_plain(&mut self, select: &Select) {
        let plain = select.projection.iter().filter_map(shown_of).find_map(|node| {
            let mut plain = Plain { groups: &[], inside: 0, found: None };
            let _ = node.visit(&mut plain);
            plain.found
        });
        let counted = select.projection.iter().filter_map(shown_of).find_map(over_rows);
        if let (Some(column), Some(function)) = (plain, counted) {
            let message = format!("{} 是对许多行算的，“{column}”是一行的，两样写在一起而没有 GROUP BY", function.name);
            self.slip(place(self.text, &function), message, "加上 GROUP BY，列出没有用函数合起来的各列");
        }
    }

    /// Tells of a function over rows in the arguments of another.
    fn within_itself(&mut self, node: &Expr) {
        let mut inner = None;
        let _ = visit_expressions(node, |part| {
            let Expr::Function(function) = part else { return ControlFlow::<()>::Continue(()) };
            if is_over_rows(function) && inner.is_none() {
                let _ = function.args.visit(&mut Over(&mut inner));
            }
            ControlFlow::Continue(())
        });
        if let Some(function) = inner {
            let message = format!("{} 套在另一个对一组行算的函数里", function.name);
            self.slip(place(self.text, &function), message, "分两步：先在 WITH 里分组算好");
        }
    }

    /// The column of a table that an expression passes on as it is, also by way of WITH.
    pub(crate) fn passed_on(&self, node: &Expr, scope: &Scope) -> Option<String> {
        let name = last_name(node)?;
        let source = match node {
            Expr::CompoundIdentifier(parts) => {
                let alias = parts.first()?;
                scope.sources.iter().find(|(called, _)| *called == alias.value)?
            }
            _ => {
                let has = |(called, _): &&(String, String)| {
                    let of = scope.tables.iter().find(|(other, _)| other == called);
                    of.and_then(|(_, columns)| columns.as_ref()).is_some_and(|columns| columns.contains_key(name))
                };
                scope.sources.iter().find(has)?
            }
        };
        match self.passed_by.get(&(source.1.clone(), name.to_owned())) {
            Some(column) => column.clone(),
            None => Some(name.to_owned()),
        }
    }

    /// A column's place in an expression.
    fn within(&self, node: &Expr, column: &Expr) -> Option<Range<usize>> {
        bytes(self.text, column.span()).or_else(|| place(self.text, node))
    }

    fn keyword_before(&self, word: &str, end: usize) -> Option<Range<usize>> {
        let at = self.text.get(..end)?.to_ascii_uppercase().rfind(word)?;
        Some(at..at + word.len())
    }

    /// Tells of a column that the SELECT gives already.
    pub(crate) fn once(&mut self, given: &Columns, name: &Ident) {
        if given.contains_key(&name.value) {
            let message = format!("给出了两个叫“{}”的列", name.value);
            self.slip(bytes(self.text, name.span), message, "用 AS 给其中一个另起名字");
        }
    }

    /// Tells of a bare name that more than one table has.
    pub(crate) fn of_one_table(&mut self, name: &Ident, scope: &Scope) {
        if scope.given.contains_key(&name.value) || scope.using.contains(&name.value) {
            return;
        }
        let has = |columns: &Option<Columns>| columns.as_ref().is_some_and(|columns| columns.contains_key(&name.value));
        let mut of = scope.tables.iter().filter(|(_, columns)| has(columns)).map(|(called, _)| called);
        if let (Some(first), Some(second)) = (of.next(), of.next()) {
            let message = format!("“{}”在 {first} 和 {second} 里都有，没有写明是哪一张表的", name.value);
            self.slip(bytes(self.text, name.span), message, &format!("写作 {first}.{0} 或 {second}.{0}", name.value));
        }
    }

    /// Tells of a part of a UNION ALL with more or fewer columns than the first.
    pub(crate) fn as_wide(&mut self, first: &SetExpr, other: &SetExpr) {
        let (Some(first), SetExpr::Select(other)) = (first_of(first), other) else { return };
        let (wide, narrow) = (first.projection.len(), other.projection.len());
        if wide != narrow {
            let span = other.projection.last().and_then(|item| bytes(self.text, item.span()));
            let message = format!("UNION ALL 的各段列数不同：第一段{wide}列，这一段{narrow}列");
            self.slip(span, message, "各段的列要一样多，次序也一样");
        }
    }
}

fn first_of(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::SetOperation { left, .. } => first_of(left),
        _ => None,
    }
}

fn shown_of(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr) => Some(expr),
        _ => None,
    }
}

fn is_over_rows(function: &Function) -> bool {
    OVER_ROWS.contains(&function.name.to_string().to_lowercase().as_str())
}

/// The first function over rows in an expression.
fn over_rows(node: &Expr) -> Option<Function> {
    let mut found = None;
    let _ = node.visit(&mut Over(&mut found));
    found
}

struct Over<'a>(&'a mut Option<Function>);

impl Visitor for Over<'_> {
    type Break = ();
    fn pre_visit_expr(&mut self, node: &Expr) -> ControlFlow<()> {
        match node {
            Expr::Function(function) if is_over_rows(function) => {
                *self.0 = Some(function.clone());
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// Looks for a column outside functions over rows and outside what is grouped by.
struct Plain<'a> {
    groups: &'a [Expr],
    inside: usize,
    found: Option<Expr>,
}

impl Plain<'_> {
    fn is_settled(&self, node: &Expr) -> bool {
        let is_grouped = |group: &Expr| {
            let is_column = matches!(node, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            group == node || group.to_string() == node.to_string() || (is_column && last_name(group) == last_name(node))
        };
        matches!(node, Expr::Function(function) if is_over_rows(function)) || self.groups.iter().any(is_grouped)
    }
}

impl Visitor for Plain<'_> {
    type Break = ();
    fn pre_visit_expr(&mut self, node: &Expr) -> ControlFlow<()> {
        if self.is_settled(node) {
            self.inside += 1;
        } else if self.inside == 0
            && self.found.is_none()
            && matches!(node, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
        {
            self.found = Some(node.clone());
        }
        ControlFlow::Continue(())
    }
    fn post_visit_expr(&mut self, node: &Expr) -> ControlFlow<()> {
        if self.is_settled(node) {
            self.inside -= 1;
        }
        ControlFlow::Continue(())
    }
}

fn last_name(node: &Expr) -> Option<&str> {
    match node {
        Expr::Identifier(name) => Some(&name.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.as_str()),
        _ => None,
    }
}

fn is_number(node: &Expr) -> bool {
    matches!(node, Expr::Value(_))
}

/// The tables whose columns an expression names.
fn tables_of(node: &Expr, scope: &Scope) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let _ = visit_expressions(node, |part| {
        match part {
            Expr::CompoundIdentifier(parts) => found.extend(parts.first().map(|table| table.value.clone())),
            Expr::Identifier(name) => {
                let has = |columns: &Option<Columns>| columns.as_ref().is_none_or(|of| of.contains_key(&name.value));
                found.extend(scope.tables.iter().find(|(_, columns)| has(columns)).map(|(called, _)| called.clone()));
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    found
}
