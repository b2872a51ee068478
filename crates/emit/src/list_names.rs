//! Every name of a query against the tables that stand where it is named, and words against numbers: so that a slip shows at its own bytes with the
//! nearest valid name, also where the column is one that the query's own WITH gives.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use bidui_model::nearest;
use polars::prelude::{DataType, Schema};
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    JoinConstraint, JoinOperator, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, UnaryOperator, Value,
};

use crate::list_place::{bytes, place};
use crate::list_query::single_name;
use crate::list_words::{ClosedColumn, ClosedColumns};

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
}

/// Checks the names of an admitted query against its tables.
pub(crate) fn names(query: &Query, text: &str, tables: &BTreeMap<String, Schema>, closed: &ClosedColumns) -> Names {
    let kind = |kind: &DataType| match kind {
        DataType::String => Kind::Text,
        kind if kind.is_primitive_numeric() => Kind::Number,
        _ => Kind::Other,
    };
    let columns = |schema: &Schema| schema.iter().map(|(name, of)| (name.to_string(), kind(of))).collect();
    let tables = tables.iter().map(|(name, schema)| (name.clone(), columns(schema))).collect();
    let closed = closed.clone();
    let mut walk = Walk { text, tables, closed, given_words: BTreeMap::new(), slips: Vec::new(), aliases: Vec::new() };
    let given = walk.query(query);
    walk.blame_aliases();
    Names { slips: walk.slips, given: given.into_keys().collect(), aliases: walk.aliases }
}

pub(crate) struct Walk<'a> {
    pub(crate) text: &'a str,
    /// Tables, and what WITH has named so far.
    tables: BTreeMap<String, Columns>,
    /// Columns of those whose words are known.
    pub(crate) closed: ClosedColumns,
    /// The same of what was read last.
    given_words: BTreeMap<String, Arc<ClosedColumn>>,
    pub(crate) slips: Vec<Slip>,
    /// Names that the query gives, and where.
    aliases: Vec<(String, Option<Range<usize>>)>,
}

/// The tables that a SELECT names, by their aliases, and what it names itself.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) tables: Vec<(String, Option<Columns>)>,
    /// What they are, by their aliases.
    pub(crate) sources: Vec<(String, String)>,
    given: Columns,
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
            self.tables.insert(name.clone(), given);
        }
        let (given, scope) = self.body(&query.body);
        if let Some(OrderByKind::Expressions(by)) = query.order_by.as_ref().map(|order| &order.kind) {
            // Behind a UNION ALL only what it gives can be named.
            let scope = scope.unwrap_or_default();
            let scope = Scope { given: given.clone(), ..scope };
            for order in by {
                self.kind(&order.expr, &scope);
            }
        }
        given
    }

    /// A name that is asked for more than once and given nowhere, while one like it is given and asked for nowhere, was misspelt where it is given.
    fn blame_aliases(&mut self) {
        let times = |name: &str| {
            let words = self.text.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
            words.filter(|word| *word == name).count()
        };
        let unused: Vec<_> = self.aliases.iter().filter(|(name, _)| times(name) == 1).collect();
        let mut blamed: Vec<(String, Slip)> = Vec::new();
        for name in self.slips.iter().filter_map(|slip| slip.about.clone()) {
            let near = nearest(&name, unused.iter().map(|(alias, _)| alias.as_str()));
            let alias = near.and_then(|near| unused.iter().find(|(alias, _)| alias == near));
            if let Some((alias, span)) = alias {
                let message = format!("查询给出的“{alias}”没有用到，而用到的“{name}”没有给出：是不是这里写错了");
                let hint = format!("是不是“{name}”？");
                let slip = Slip { code: "BD0509", span: span.clone(), message, hint, about: None };
                if !blamed.iter().any(|(other, _)| *other == name) {
                    blamed.push((name, slip));
                }
            }
        }
        for (name, slip) in blamed {
            // A name that is asked for once may itself be the slip: both places are told.
            let is_sure = times(&name) > 1;
            self.slips.retain(|slip| !is_sure || slip.about.as_ref() != Some(&name));
            self.slips.push(slip);
        }
    }

    fn body(&mut self, body: &SetExpr) -> (Columns, Option<Scope>) {
        match body {
            SetExpr::Select(select) => {
                let (given, scope) = self.select(select);
                (given, Some(scope))
            }
            SetExpr::SetOperation { left, right, .. } => {
                let (given, _) = self.body(left);
                self.body(right);
                self.given_words.clear();
                (given, None)
            }
            _ => (Columns::new(), None),
        }
    }

    fn select(&mut self, select: &Select) -> (Columns, Scope) {
        let mut scope = Scope::default();
        for table in &select.from {
            self.enter(&table.relation, &mut scope);
            for join in &table.joins {
                self.enter(&join.relation, &mut scope);
                let constraint = match &join.join_operator {
                    JoinOperator::Join(on)
                    | JoinOperator::Inner(on)
                    | JoinOperator::Left(on)
                    | JoinOperator::LeftOuter(on) => on,
                    _ => continue,
                };
                match constraint {
                    JoinConstraint::On(condition) => {
                        self.kind(condition, &scope);
                    }
                    JoinConstraint::Using(columns) => {
                        for column in columns.iter().filter_map(|column| column.0.first()?.as_ident()) {
                            self.named(None, column, &scope);
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut given = Columns::new();
        let mut given_words = BTreeMap::new();
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => {
                    let kind = self.kind(expr, &scope);
                    let words = self.closed(expr, &scope).cloned();
                    given_words.extend(words.map(|words| (alias.value.clone(), words)));
                    self.aliases.push((alias.value.clone(), bytes(self.text, alias.span)));
                    given.insert(alias.value.clone(), kind);
                }
                SelectItem::UnnamedExpr(expr) => {
                    let kind = self.kind(expr, &scope);
                    let name = match expr {
                        Expr::Identifier(name) => Some(name),
                        Expr::CompoundIdentifier(parts) => parts.last(),
                        _ => None,
                    };
                    let words = name.zip(self.closed(expr, &scope).cloned());
                    given_words.extend(words.map(|(name, words)| (name.value.clone(), words)));
                    given.extend(name.map(|name| (name.value.clone(), kind)));
                }
                _ => {}
            }
        }
        if let Some(condition) = &select.selection {
            self.kind(condition, &scope);
        }
        scope.given = given.clone();
        let groups = match &select.group_by {
            GroupByExpr::Expressions(by, _) => by.as_slice(),
            GroupByExpr::All(_) => &[],
        };
        for part in groups.iter().chain(&select.having) {
            self.kind(part, &scope);
        }
        self.given_words = given_words;
        (given, scope)
    }

    fn enter(&mut self, factor: &TableFactor, scope: &mut Scope) {
        let TableFactor::Table { name, alias, .. } = factor else { return };
        let Some(table) = single_name(name) else { return };
        let called = alias.as_ref().map_or(table, |alias| alias.name.value.as_str());
        scope.tables.push((called.to_owned(), self.tables.get(table).cloned()));
        scope.sources.push((called.to_owned(), table.to_owned()));
    }

    /// The kind of a name, which may be one that the SELECT itself gives.
    fn named(&mut self, table: Option<&Ident>, name: &Ident, scope: &Scope) -> Kind {
        let Some(alias) = table else {
            // All of them are known before something can be said of one.
            let all_known = scope.tables.iter().all(|(_, columns)| columns.is_some());
            let found =
                scope.tables.iter().flat_map(|(_, columns)| columns).find_map(|columns| columns.get(&name.value));
            return match found.or_else(|| scope.given.get(&name.value)) {
                Some(kind) => *kind,
                None if !all_known => Kind::Other,
                None => {
                    let valid = scope.names().chain(scope.given.keys().map(String::as_str));
                    self.unknown(name, valid);
                    Kind::Other
                }
            };
        };
        match scope.tables.iter().find(|(called, _)| *called == alias.value) {
            None => {
                let valid = scope.tables.iter().map(|(called, _)| called.as_str());
                let hint = hint(&alias.value, valid);
                let message = format!("没有叫“{}”的表", alias.value);
                let span = bytes(self.text, alias.span);
                self.slips.push(Slip { code: "BD0509", span, message, hint, about: None });
                Kind::Other
            }
            Some((_, None)) => Kind::Other,
            Some((_, Some(columns))) => match columns.get(&name.value) {
                Some(kind) => *kind,
                None => {
                    self.unknown(name, columns.keys().map(String::as_str));
                    Kind::Other
                }
            },
        }
    }

    fn unknown<'a>(&mut self, name: &Ident, valid: impl Iterator<Item = &'a str> + Clone) {
        // What one slip gives is not there under its right name.
        let follows = |slip: &Slip| {
            slip.about
                .as_deref()
                .is_some_and(|about| about != name.value && nearest(about, [name.value.as_str()]).is_some())
        };
        if self.slips.iter().any(follows) {
            return;
        }
        let message = format!("查询中的列“{}”不存在", name.value);
        let (span, hint) = (bytes(self.text, name.span), hint(&name.value, valid));
        let about = Some(name.value.clone());
        self.slips.push(Slip { code: "BD0509", span, message, hint, about });
    }

    fn kind(&mut self, node: &Expr, scope: &Scope) -> Kind {
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
                _ => Kind::Other,
            },
            Expr::Nested(inner) => self.kind(inner, scope),
            Expr::UnaryOp { op, expr } => {
                let kind = self.kind(expr, scope);
                if *op == UnaryOperator::Not { Kind::Other } else { kind }
            }
            Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner) => {
                self.kind(inner, scope);
                Kind::Other
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope),
            Expr::Between { expr, low, high, .. } => {
                [low, high].into_iter().for_each(|bound| self.same(expr, bound, scope));
                Kind::Other
            }
            Expr::InList { expr, list, .. } => {
                list.iter().for_each(|item| self.same(expr, item, scope));
                Kind::Other
            }
            Expr::Like { expr, pattern, .. } => {
                self.kind(expr, scope);
                self.kind(pattern, scope);
                Kind::Other
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
                        None => {
                            self.kind(&when.condition, scope);
                        }
                    }
                }
                let results: Vec<Kind> = conditions
                    .iter()
                    .map(|when| &when.result)
                    .chain(else_result.as_deref())
                    .map(|result| self.kind(result, scope))
                    .collect();
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
                self.kind(left, scope);
                self.kind(right, scope);
                Kind::Other
            }
            Plus | Minus | Multiply | Divide => {
                let kinds = [left, right].map(|side| (self.kind(side, scope), side));
                for (_, side) in kinds.iter().filter(|(kind, _)| *kind == Kind::Text) {
                    let message = format!("“{side}”是文字，不能加减乘除");
                    self.unfit(side, message);
                }
                if kinds.iter().all(|(kind, _)| *kind == Kind::Number) { Kind::Number } else { Kind::Other }
            }
            _ => {
                self.same(left, right, scope);
                Kind::Other
            }
        }
    }

    fn same(&mut self, left: &Expr, right: &Expr, scope: &Scope) {
        let kinds = (self.kind(left, scope), self.kind(right, scope));
        let word = |kind| if kind == Kind::Number { "数值" } else { "文字" };
        if let (Kind::Number, Kind::Text) | (Kind::Text, Kind::Number) = kinds {
            let guilty = if matches!(left, Expr::Value(_)) { left } else { right };
            let message = format!("“{left}”是{}，“{right}”是{}，不能相比", word(kinds.0), word(kinds.1));
            self.unfit(guilty, message);
        }
    }

    fn function(&mut self, function: &Function, scope: &Scope) -> Kind {
        let name = function.name.to_string().to_lowercase();
        let mut kinds = Vec::new();
        if let FunctionArguments::List(list) = &function.args {
            for argument in &list.args {
                if let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument {
                    kinds.push((self.kind(argument, scope), argument));
                }
            }
        }
        let numbers = ["sum", "avg", "abs", "round", "ceil", "floor"].contains(&name.as_str());
        if let Some((_, argument)) = kinds.first().filter(|(kind, _)| numbers && *kind == Kind::Text) {
            self.unfit(argument, format!("“{argument}”是文字，不能用 {}", function.name));
        }
        match name.as_str() {
            "count" | "length" | "strpos" => Kind::Number,
            "concat" | "concat_ws" | "left" | "right" | "lower" | "upper" | "lpad" | "rpad" | "ltrim" | "rtrim"
            | "replace" | "split_part" | "substr" => Kind::Text,
            _ if numbers => Kind::Number,
            "coalesce" | "max" | "min" | "nullif" | "greatest" | "least" => {
                let known = kinds.iter().map(|(kind, _)| *kind).find(|kind| *kind != Kind::Other);
                let same = known.is_some_and(|known| kinds.iter().all(|(kind, _)| *kind == known));
                if same { known.unwrap_or(Kind::Other) } else { Kind::Other }
            }
            _ => Kind::Other,
        }
    }

    fn unfit(&mut self, node: &Expr, message: String) {
        let span = place(self.text, node);
        let hint = "文字加单引号，数不加；数改成文字用 CAST(… AS VARCHAR)".to_owned();
        self.slips.push(Slip { code: "BD0511", span, message, hint, about: None });
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
