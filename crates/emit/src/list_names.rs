//! Every name of a query against the tables that stand where it is named, and words against numbers: so that a slip shows at its own bytes with the
//! nearest valid name, also where the column is one that the query's own WITH gives.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use bidui_model::nearest;
use polars::prelude::{DataType, Schema};
use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Ident, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor,
    UnaryOperator, Value,
};

use crate::list_place::{bytes, place};
use crate::list_query::single_name;
use crate::list_words::{ClosedColumn, ClosedColumns, NO_WORD};

/// Something wrong with a name or with what two sides are.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub(crate) code: &'static str,
    /// Bytes of the query's text.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) message: String,
    pub(crate) hint: String,
    /// The name that nobody knows.
    pub(crate) about: Option<String>,
}

/// What a value is, as far as that is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Day,
    /// True or false.
    Truth,
    Other,
}

pub(crate) type Columns = BTreeMap<String, Kind>;

/// What the names of a query are.
pub(crate) struct Names {
    pub(crate) slips: Vec<Slip>,
    /// The columns that it gives by name.
    pub(crate) given: BTreeSet<String>,
    /// Those that it names itself, and where.
    pub(crate) aliases: Vec<(String, Option<Range<usize>>)>,
    /// Columns of the tables that it passes on as they are, by the name that it gives them.
    pub(crate) passed: BTreeMap<String, String>,
}

/// Checks the names of an admitted query against its tables.
/// `schemas` are those of the tables that need a config to be known, whether the query reads them or not.
pub(crate) fn names(
    query: &Query,
    text: &str,
    (tables, schemas): (&BTreeMap<String, Schema>, &BTreeMap<String, Schema>),
    closed: &ClosedColumns,
) -> Names {
    let kind = |kind: &DataType| match kind {
        DataType::String => Kind::Text,
        DataType::Date => Kind::Day,
        DataType::Boolean => Kind::Truth,
        kind if kind.is_primitive_numeric() => Kind::Number,
        _ => Kind::Other,
    };
    let columns = |schema: &Schema| schema.iter().map(|(name, of)| (name.to_string(), kind(of))).collect();
    let tables = tables.iter().map(|(name, schema)| (name.clone(), columns(schema))).collect();
    let closed = closed.clone();
    let mut walk = Walk {
        text,
        schemas,
        tables,
        closed,
        given_words: BTreeMap::new(),
        slips: Vec::new(),
        aliases: Vec::new(),
        passed: BTreeMap::new(),
        passed_by: BTreeMap::new(),
        asked: BTreeSet::new(),
        strangers: Vec::new(),
        missing: Vec::new(),
    };
    let given = walk.query(query);
    walk.blame_aliases();
    Names { slips: walk.slips, given: given.into_keys().collect(), aliases: walk.aliases, passed: walk.passed }
}

/// A column that is asked of a table which is not there or does not have it, and where its slip stands among all.
#[derive(Clone)]
pub(crate) struct Stranger {
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) slip: usize,
}

pub(crate) struct Walk<'a> {
    pub(crate) text: &'a str,
    pub(crate) schemas: &'a BTreeMap<String, Schema>,
    /// Tables, and what WITH has named so far.
    pub(crate) tables: BTreeMap<String, Columns>,
    /// Columns of those whose words are known.
    pub(crate) closed: ClosedColumns,
    /// The same of what was read last.
    given_words: BTreeMap<String, Arc<ClosedColumn>>,
    pub(crate) slips: Vec<Slip>,
    /// Columns of tables that were passed on as they are by what was read last, and by what WITH has named.
    passed: BTreeMap<String, String>,
    pub(crate) passed_by: BTreeMap<(String, String), Option<String>>,
    /// Names that the query gives, and where.
    pub(crate) aliases: Vec<(String, Option<Range<usize>>)>,
    /// Columns that the present SELECT asks of tables, those that it asks of tables which it does not have, and those that its tables do not have, with
    /// their slips' places among all.
    pub(crate) asked: BTreeSet<(String, String)>,
    pub(crate) strangers: Vec<Stranger>,
    pub(crate) missing: Vec<Stranger>,
}

/// A table where it is named.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) called: String,
    pub(crate) table: String,
    /// Of its alias, if it has one.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) table_span: Option<Range<usize>>,
    pub(crate) columns: Option<Columns>,
}

/// The tables that a SELECT names, by their aliases, and what it names itself.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) tables: Vec<(String, Option<Columns>)>,
    /// What they are, by their aliases.
    pub(crate) sources: Vec<(String, String)>,
    /// Where they are named.
    places: Vec<Place>,
    pub(crate) given: Columns,
    /// Columns that two tables are joined by under one name.
    pub(crate) using: BTreeSet<String>,
    /// Whether two tables have one name, so that no name says of which it is.
    is_doubled: bool,
}

impl Scope {
    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.tables.iter().flat_map(|(_, columns)| columns.iter().flatten()).map(|(name, _)| name.as_str())
    }
}

impl Walk<'_> {
    fn query(&mut self, query: &Query) -> Columns {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let given = self.query(&cte.query);
            let name = &cte.alias.name.value;
            self.closed.retain(|(table, _), _| table != name);
            let words = std::mem::take(&mut self.given_words);
            self.closed.extend(words.into_iter().map(|(column, words)| ((name.clone(), column), words)));
            let passed = std::mem::take(&mut self.passed);
            let passed = given.keys().map(|column| ((name.clone(), column.clone()), passed.get(column).cloned()));
            self.passed_by.extend(passed);
            self.tables.insert(name.clone(), given);
        }
        let (given, scope) = self.body(&query.body);
        let places = scope.as_ref().map(|scope| scope.places.clone()).unwrap_or_default();
        if let Some(OrderByKind::Expressions(by)) = query.order_by.as_ref().map(|order| &order.kind) {
            // Behind a UNION ALL only what it gives can be named.
            let scope = scope.unwrap_or_default();
            let scope = Scope { given: given.clone(), ..scope };
            for order in by {
                self.kind(&order.expr, &scope);
            }
        }
        self.blame_tables(&places);
        given
    }

    fn body(&mut self, body: &SetExpr) -> (Columns, Option<Scope>) {
        match body {
            SetExpr::Select(select) => {
                let (given, scope) = self.select(select);
                (given, Some(scope))
            }
            SetExpr::SetOperation { left, right, .. } => {
                let (given, scope) = self.body(left);
                self.blame_tables(&scope.map(|scope| scope.places).unwrap_or_default());
                let (_, scope) = self.body(right);
                self.blame_tables(&scope.map(|scope| scope.places).unwrap_or_default());
                self.as_wide(left, right);
                self.given_words.clear();
                self.passed.clear();
                (given, None)
            }
            _ => (Columns::new(), None),
        }
    }

    fn select(&mut self, select: &Select) -> (Columns, Scope) {
        let mut scope = Scope::default();
        let before = self.slips.len();
        for table in &select.from {
            self.enter(&table.relation, &mut scope);
            table.joins.iter().for_each(|join| self.join(join, &mut scope));
        }
        // What tables are joined by is no use of them.
        self.asked.clear();
        let mut given = Columns::new();
        let mut given_words = BTreeMap::new();
        let mut passed = BTreeMap::new();
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => {
                    let kind = self.kind(expr, &scope);
                    passed.extend(self.passed_on(expr, &scope).map(|column| (alias.value.clone(), column)));
                    let words = self.closed(expr, &scope).cloned();
                    given_words.extend(words.map(|words| (alias.value.clone(), words)));
                    self.aliases.push((alias.value.clone(), bytes(self.text, alias.span)));
                    self.once(&given, alias);
                    given.insert(alias.value.clone(), kind);
                }
                SelectItem::UnnamedExpr(expr) => {
                    let kind = self.kind(expr, &scope);
                    let name = match expr {
                        Expr::Identifier(name) => Some(name),
                        Expr::CompoundIdentifier(parts) => parts.last(),
                        _ => None,
                    };
                    let column = self.passed_on(expr, &scope);
                    passed.extend(name.zip(column).map(|(name, column)| (name.value.clone(), column)));
                    let words = name.zip(self.closed(expr, &scope).cloned());
                    given_words.extend(words.map(|(name, words)| (name.value.clone(), words)));
                    name.into_iter().for_each(|name| self.once(&given, name));
                    given.extend(name.map(|name| (name.value.clone(), kind)));
                }
                _ => {}
            }
        }
        if let Some(condition) = &select.selection {
            self.condition(condition, &scope);
        }
        scope.given = given.clone();
        let groups = match &select.group_by {
            GroupByExpr::Expressions(by, _) => by.as_slice(),
            GroupByExpr::All(_) => &[],
        };
        for part in groups {
            self.kind(part, &scope);
        }
        if let Some(condition) = &select.having {
            self.condition(condition, &scope);
        }
        // A name that is misspelt in one place is no other column in the next.
        if self.slips.len() == before {
            self.grouping(select);
        }
        self.given_words = given_words;
        self.passed = passed;
        (given, scope)
    }

    pub(crate) fn enter(&mut self, factor: &TableFactor, scope: &mut Scope) {
        let TableFactor::Table { name, alias, .. } = factor else { return };
        let Some(table) = single_name(name) else { return };
        let called = alias.as_ref().map_or(table, |alias| alias.name.value.as_str());
        let span = alias.as_ref().map_or_else(|| place(self.text, name), |alias| bytes(self.text, alias.name.span));
        let columns = self.tables.get(table).cloned();
        let (table_span, of) = (place(self.text, name), table.to_owned());
        let called_here = called.to_owned();
        scope.places.push(Place { called: called_here, table: of, span: span.clone(), table_span, columns });
        if scope.tables.iter().any(|(other, _)| other == called) {
            let message = format!("两张表都叫“{called}”");
            self.slip(span, message, "用 AS 给后一张另起名字");
            scope.is_doubled = true;
        }
        scope.tables.push((called.to_owned(), self.tables.get(table).cloned()));
        scope.sources.push((called.to_owned(), table.to_owned()));
    }

    /// The kind of a name, which may be one that the SELECT itself gives.
    pub(crate) fn named(&mut self, table: Option<&Ident>, name: &Ident, scope: &Scope) -> Kind {
        if scope.is_doubled {
            return Kind::Other;
        }
        let Some(alias) = table else {
            // All of them are known before something can be said of one.
            let all_known = scope.tables.iter().all(|(_, columns)| columns.is_some());
            let found =
                scope.tables.iter().flat_map(|(_, columns)| columns).find_map(|columns| columns.get(&name.value));
            self.of_one_table(name, scope);
            return match found.or_else(|| scope.given.get(&name.value)) {
                Some(kind) => *kind,
                None if !all_known => Kind::Other,
                None => {
                    let before = self.slips.len();
                    let valid = scope.names().chain(scope.given.keys().map(String::as_str));
                    self.unknown(name, valid);
                    if let [(only, _)] = scope.tables.as_slice() {
                        self.missing(only, name, before);
                    }
                    Kind::Other
                }
            };
        };
        self.asked.insert((alias.value.clone(), name.value.clone()));
        match scope.tables.iter().find(|(called, _)| *called == alias.value) {
            None => {
                let valid = scope.tables.iter().map(|(called, _)| called.as_str());
                let hint = hint(&alias.value, valid);
                let message = format!("没有叫“{}”的表", alias.value);
                let span = bytes(self.text, alias.span);
                let (table, column) = (alias.value.clone(), name.value.clone());
                self.strangers.push(Stranger { table, column, slip: self.slips.len() });
                self.slips.push(Slip { code: "BD0509", span, message, hint, about: None });
                Kind::Other
            }
            Some((_, None)) => Kind::Other,
            Some((_, Some(columns))) => match columns.get(&name.value) {
                Some(kind) => *kind,
                None => {
                    let before = self.slips.len();
                    self.unknown(name, columns.keys().map(String::as_str));
                    self.missing(&alias.value, name, before);
                    Kind::Other
                }
            },
        }
    }

    /// A slip that there was no need to tell of has no place.
    fn missing(&mut self, table: &str, name: &Ident, before: usize) {
        let slip = if self.slips.len() > before { before } else { usize::MAX };
        self.missing.push(Stranger { table: table.to_owned(), column: name.value.clone(), slip });
    }

    fn unknown<'a>(&mut self, name: &Ident, valid: impl Iterator<Item = &'a str> + Clone) {
        // What one slip gives is not there under its right name.
        let is_near = |about: &str| about != name.value && nearest(about, [name.value.as_str()]).is_some();
        let follows = |slip: &Slip| slip.code != NO_WORD && slip.about.as_deref().is_some_and(is_near);
        if self.slips.iter().any(follows) {
            return;
        }
        let message = format!("查询中的列“{}”不存在", name.value);
        let (span, hint) = (bytes(self.text, name.span), hint(&name.value, valid));
        let about = Some(name.value.clone());
        self.slips.push(Slip { code: "BD0509", span, message, hint, about });
    }

    pub(crate) fn kind(&mut self, node: &Expr, scope: &Scope) -> Kind {
        self.never_met(node, scope);
        match node {
            Expr::Identifier(name) => self.named(None, name, scope),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, name] => self.named(Some(table), name, scope),
                _ => Kind::Other,
            },
            Expr::Value(value) => match &value.value {
                Value::Number(..) => Kind::Number,
                Value::SingleQuotedString(_) => Kind::Text,
                Value::Boolean(_) => Kind::Truth,
                _ => Kind::Other,
            },
            Expr::TypedString(_) => Kind::Day,
            Expr::Nested(inner) => self.kind(inner, scope),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                self.condition(expr, scope);
                Kind::Truth
            }
            Expr::UnaryOp { expr, .. } => self.kind(expr, scope),
            Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner) => {
                self.kind(inner, scope);
                Kind::Truth
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope),
            Expr::Between { expr, low, high, .. } => {
                [low, high].into_iter().for_each(|bound| self.same(expr, bound, scope));
                Kind::Truth
            }
            Expr::InList { expr, list, .. } => {
                list.iter().for_each(|item| self.same(expr, item, scope));
                Kind::Truth
            }
            Expr::Like { expr, pattern, .. } => {
                self.kind(expr, scope);
                self.kind(pattern, scope);
                Kind::Truth
            }
            Expr::Cast { expr, data_type, .. } => {
                self.kind(expr, scope);
                if data_type.to_string() == "VARCHAR" { Kind::Text } else { Kind::Number }
            }
            Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => {
                self.kind(expr, scope);
                Kind::Number
            }
            Expr::Substring { expr, .. } | Expr::Trim { expr, .. } => {
                self.kind(expr, scope);
                Kind::Text
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                for when in conditions {
                    match operand {
                        Some(operand) => self.same(operand, &when.condition, scope),
                        None => self.condition(&when.condition, scope),
                    }
                }
                let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
                let results: Vec<(Kind, &Expr)> = results.map(|result| (self.kind(result, scope), result)).collect();
                self.of_one_kind(&results);
                let results: Vec<Kind> = results.into_iter().map(|(kind, _)| kind).collect();
                results.first().copied().filter(|first| results.iter().all(|kind| kind == first)).unwrap_or(Kind::Other)
            }
            Expr::Function(function) => self.function(function, scope),
            _ => Kind::Other,
        }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, scope: &Scope) -> Kind {
        use BinaryOperator::{And, Divide, Minus, Multiply, Or, Plus};
        match op {
            And | Or => {
                [left, right].into_iter().for_each(|side| self.condition(side, scope));
                Kind::Truth
            }
            Plus | Minus | Multiply | Divide => {
                let kinds = [left, right].map(|side| (self.kind(side, scope), side));
                for (_, side) in kinds.iter().filter(|(kind, _)| *kind == Kind::Text) {
                    let message = format!("“{side}”是文字，不能加减乘除");
                    self.unfit(side, message);
                }
                if *op == Divide {
                    self.by_zero(right);
                }
                if kinds.iter().all(|(kind, _)| *kind == Kind::Number) { Kind::Number } else { Kind::Other }
            }
            _ => {
                self.same(left, right, scope);
                Kind::Truth
            }
        }
    }

    pub(crate) fn same(&mut self, left: &Expr, right: &Expr, scope: &Scope) {
        let kinds = (self.kind(left, scope), self.kind(right, scope));
        if let (Kind::Number, Kind::Text | Kind::Day) | (Kind::Text | Kind::Day, Kind::Number) = kinds {
            let guilty = if matches!(left, Expr::Value(_)) { left } else { right };
            let message = format!("“{left}”是{}，“{right}”是{}，不能相比", kinds.0.words(), kinds.1.words());
            self.unfit(guilty, message);
        }
    }
}

/// The nearest valid name, or all of them once.
pub(crate) fn hint<'a>(name: &str, valid: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, valid.clone()) {
        Some(near) => format!("是不是“{near}”？"),
        None => {
            let once: BTreeSet<&str> = valid.collect();
            format!("可用：{}", once.into_iter().collect::<Vec<_>>().join("、"))
        }
    }
}
