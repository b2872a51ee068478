//! What SQL a list may use. polars' SQL opens files while it parses (`read_csv('/etc/passwd')`), so nothing reaches it that is not
//! on this page.
//!
//! Grammar: one SELECT, with CTEs, joins, WHERE, GROUP BY, HAVING, UNION ALL of such, and an ORDER BY at its end. Tables are the
//! relations and the list-only tables. Every column is named: no `*`. Not admitted: a second statement, anything but SELECT,
//! subqueries, table functions, window functions, LIMIT (it would drop rows unseen), functions outside [`FUNCTIONS`].
//!
//! The admitted query orders by its own ORDER BY and then by every column it gives, so that rows that tie are the same rows.

use crate::list_needs::{TableUse, table_uses};
use crate::list_tables::is_table;
use bidui_model::nearest;
use sqlparser::ast::{
    Cte, Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, JoinConstraint,
    JoinOperator, ObjectName, OrderByExpr, OrderByKind, OrderByOptions, Query, Select, SelectItem, SetExpr,
    SetOperator, SetQuantifier, Statement, TableFactor, TableWithJoins, Value, visit_expressions, visit_relations,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Functions that depend on their arguments alone and give the same answer in any order of rows.
pub(crate) const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "floor",
    "greatest",
    "least",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "max",
    "min",
    "nullif",
    "replace",
    "right",
    "round",
    "rpad",
    "rtrim",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "sum",
    "upper",
];

/// A query that may run.
#[derive(Clone, Debug)]
pub struct AdmittedQuery {
    pub(crate) sql: String,
    /// The tables that it reads.
    pub(crate) tables: BTreeSet<String>,
    /// Each place where it names one of them.
    pub(crate) uses: Vec<TableUse>,
    pub(crate) names: QueryNames,
}

impl AdmittedQuery {
    /// Whether the query reads that table.
    #[must_use]
    pub fn reads(&self, table: &str) -> bool {
        self.tables.contains(table)
    }

    /// Whether it reads a table of a kind.
    #[must_use]
    pub fn any_table(&self, is_of_kind: impl Fn(&str) -> bool) -> bool {
        self.tables.iter().any(|table| is_of_kind(table))
    }
}

/// The names in a query, for telling a slip of the pen from a column.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryNames {
    /// Columns as they are named, with the alias of their table where one is written.
    pub(crate) used: Vec<(Option<String>, String)>,
    /// What the query itself names: output columns and CTEs' columns.
    pub(crate) defined: BTreeSet<String>,
    /// Table aliases, and tables by their own name.
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) ctes: BTreeSet<String>,
}

/// Why a query may not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
    /// A word of the query to point at.
    pub(crate) word: Option<String>,
}

/// Admits a query, or says everything that stands against it.
pub(crate) fn admit(sql: &str) -> Result<AdmittedQuery, Vec<Refusal>> {
    let mut query = parse(sql).map_err(|refusal| vec![refusal])?;
    let mut admission = Admission::default();
    if let Some(with) = &query.with {
        for cte in &with.cte_tables {
            admission.names.ctes.insert(cte.alias.name.value.clone());
        }
    }
    admission.query(&query, true);
    admission.expressions(&query);
    admission.relations(&query);
    if !admission.refusals.is_empty() {
        return Err(admission.refusals);
    }
    let uses = table_uses(&query, &admission.names.ctes);
    break_ties(&mut query);
    Ok(AdmittedQuery { sql: query.to_string(), tables: admission.tables, uses, names: admission.names })
}

fn parse(sql: &str) -> Result<Query, Refusal> {
    // parse_sql reads to the end of its input, where parse_expr would leave the rest unread.
    let statements = Parser::parse_sql(&GenericDialect {}, sql)
        .map_err(|error| refusal("BD0506", "SQL无法解析", &error.to_string()))?;
    let count = statements.len();
    let mut statements = statements.into_iter();
    match (statements.next(), count) {
        (Some(Statement::Query(query)), 1) => Ok(*query),
        (_, 1) => Err(refusal("BD0507", "只能是一条SELECT语句", "请改写为SELECT … FROM …")),
        _ => Err(refusal("BD0507", &format!("只能有一条语句，现有{count}条"), "请删去多余的语句")),
    }
}

fn refusal(code: &'static str, message: &str, hint: &str) -> Refusal {
    Refusal { code, message: message.to_owned(), hint: hint.to_owned(), word: None }
}

#[derive(Default)]
struct Admission {
    refusals: Vec<Refusal>,
    tables: BTreeSet<String>,
    names: QueryNames,
}

impl Admission {
    fn refuse(&mut self, what: &str) {
        self.refusals.push(refusal(
            "BD0507",
            &format!("清单的查询里不能用{what}"),
            "可用：WITH、JOIN、WHERE、GROUP BY、HAVING、UNION ALL、ORDER BY",
        ));
    }

    fn refuse_if(&mut self, forbidden: bool, what: &str) {
        if forbidden {
            self.refuse(what);
        }
    }

    fn query(&mut self, query: &Query, outermost: bool) {
        if let Some(with) = &query.with {
            self.refuse_if(with.recursive, "WITH RECURSIVE");
            self.refuse_if(!outermost, "套在里面的WITH");
            for cte in &with.cte_tables {
                self.cte(cte);
            }
        }
        self.refuse_if(query.limit_clause.is_some() || query.fetch.is_some(), "LIMIT、FETCH（会悄悄丢行）");
        self.refuse_if(!query.locks.is_empty() || query.for_clause.is_some(), "FOR子句");
        self.refuse_if(query.settings.is_some() || query.format_clause.is_some(), "SETTINGS、FORMAT");
        self.refuse_if(!query.pipe_operators.is_empty(), "管道运算符");
        let ordered = query.order_by.as_ref().is_some_and(|order| {
            matches!(&order.kind, OrderByKind::Expressions(by) if !by.is_empty() && !by.iter().any(is_order_by_all))
                && order.interpolate.is_none()
        });
        if outermost && !ordered {
            self.refusals.push(refusal(
                "BD0510",
                "查询没有写明行的次序",
                "请在末尾加ORDER BY，同样的数据才有同样的清单",
            ));
        }
        self.body(&query.body);
    }

    fn cte(&mut self, cte: &Cte) {
        self.refuse_if(cte.from.is_some() || cte.materialized.is_some(), "CTE的这种写法");
        self.refuse_if(!cte.alias.columns.is_empty(), "CTE的列名表（请在SELECT里用AS命名）");
        self.query(&cte.query, false);
    }

    fn body(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let union_all = *op == SetOperator::Union && *set_quantifier == SetQuantifier::All;
                self.refuse_if(!union_all, "UNION ALL以外的集合运算");
                self.body(left);
                self.body(right);
            }
            _ => self.refuse("SELECT以外的查询体"),
        }
    }

    fn select(&mut self, select: &Select) {
        self.refuse_if(matches!(select.distinct, Some(Distinct::On(_))), "DISTINCT ON");
        self.refuse_if(select.top.is_some(), "TOP");
        self.refuse_if(select.into.is_some(), "INTO");
        self.refuse_if(select.qualify.is_some() || !select.named_window.is_empty(), "窗口");
        self.refuse_if(matches!(select.group_by, GroupByExpr::All(_)), "GROUP BY ALL");
        self.refuse_if(
            matches!(&select.group_by, GroupByExpr::Expressions(_, modifiers) if !modifiers.is_empty()),
            "ROLLUP、CUBE",
        );
        let odd = !select.lateral_views.is_empty()
            || select.prewhere.is_some()
            || !select.connect_by.is_empty()
            || !select.cluster_by.is_empty()
            || !select.distribute_by.is_empty()
            || !select.sort_by.is_empty()
            || select.value_table_mode.is_some()
            || select.exclude.is_some()
            || select.select_modifiers.is_some()
            || !select.optimizer_hints.is_empty();
        self.refuse_if(odd, "SELECT的方言写法");
        self.refuse_if(select.from.is_empty(), "没有FROM的SELECT");
        for item in &select.projection {
            self.projection(item);
        }
        for table in &select.from {
            self.joins(table);
        }
    }

    fn projection(&mut self, item: &SelectItem) {
        match item {
            SelectItem::UnnamedExpr(_) => {}
            SelectItem::ExprWithAlias { alias, .. } => {
                self.names.defined.insert(alias.value.clone());
            }
            _ => self.refuse("“*”（请写明每一列）"),
        }
    }

    fn joins(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        self.refuse_if(is_heads(&table.relation), "heads开头的FROM（请用LEFT JOIN heads）");
        for join in &table.joins {
            self.factor(&join.relation);
            // The query is asked once without names, to learn whose are to be read: a join that keeps only rows with a name would
            // then keep none.
            let keeps_rows = matches!(join.join_operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_));
            self.refuse_if(is_heads(&join.relation) && !keeps_rows, "LEFT JOIN以外的heads");
            self.refuse_if(join.global, "GLOBAL JOIN");
            let constraint = match &join.join_operator {
                JoinOperator::Join(on)
                | JoinOperator::Inner(on)
                | JoinOperator::Left(on)
                | JoinOperator::LeftOuter(on)
                | JoinOperator::CrossJoin(on) => Some(on),
                _ => None,
            };
            let plain = constraint.is_some_and(|on| !matches!(on, JoinConstraint::Natural));
            self.refuse_if(!plain, "JOIN、LEFT JOIN、CROSS JOIN以外的连接");
        }
    }

    fn factor(&mut self, factor: &TableFactor) {
        let TableFactor::Table {
            name,
            alias,
            args: None,
            with_hints,
            version: None,
            with_ordinality: false,
            partitions,
            json_path: None,
            sample: None,
            index_hints,
        } = factor
        else {
            return self.refuse("表函数、子查询或别的来源（请用WITH给子查询起名）");
        };
        let plain = with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty();
        self.refuse_if(!plain, "表的附加提示");
        let Some(table) = single_name(name) else {
            return self.refuse("带点的表名");
        };
        let alias = alias.as_ref().map_or(table, |alias| &alias.name.value);
        self.names.aliases.insert(alias.to_owned(), table.to_owned());
    }

    /// Every relation anywhere in the tree, also where [`Self::factor`] did not look.
    fn relations(&mut self, query: &Query) {
        let mut named = Vec::new();
        let _ = visit_relations(query, |name| {
            named.push(name.to_string().replace(['"', '`'], ""));
            ControlFlow::<()>::Continue(())
        });
        for name in named {
            if self.names.ctes.contains(&name) {
                continue;
            }
            if is_table(&name) {
                self.tables.insert(name);
                continue;
            }
            let valid = crate::list_tables::list_tables();
            let hint = match nearest(&name, valid.iter().copied()) {
                Some(near) => format!("是不是“{near}”？"),
                None => format!("可用：{}", valid.join("、")),
            };
            self.refusals.push(Refusal {
                code: "BD0508",
                message: format!("没有“{name}”这个关系"),
                hint,
                word: Some(name),
            });
        }
    }

    fn expressions(&mut self, query: &Query) {
        let _ = visit_expressions(query, |expression| {
            self.expression(expression);
            ControlFlow::<()>::Continue(())
        });
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Identifier(name) => self.names.used.push((None, name.value.clone())),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] => {
                    let used = (Some(table.value.clone()), column.value.clone());
                    self.names.used.push(used);
                }
                _ => self.refuse("多于一个点的列名"),
            },
            Expr::Value(value) => self.refuse_if(
                !matches!(
                    value.value,
                    Value::Number(..) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null
                ),
                "这种写法的常量",
            ),
            Expr::Function(function) => self.function(function),
            Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::InList { .. }
            | Expr::Between { .. }
            | Expr::BinaryOp { .. }
            | Expr::UnaryOp { .. }
            | Expr::Like { .. }
            | Expr::Cast { .. }
            | Expr::Ceil { .. }
            | Expr::Floor { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::Nested(_)
            | Expr::TypedString(_)
            | Expr::Case { .. } => {}
            _ => self.refuse("子查询或这种表达式"),
        }
    }

    fn function(&mut self, function: &Function) {
        let name = single_name(&function.name).unwrap_or_default().to_lowercase();
        if !FUNCTIONS.contains(&name.as_str()) {
            let written = function.name.to_string();
            let hint = match nearest(&name, FUNCTIONS.iter().copied()) {
                Some(near) => format!("是不是“{near}”？"),
                None => format!("可用：{}", FUNCTIONS.join("、")),
            };
            self.refusals.push(Refusal {
                code: "BD0507",
                message: format!("清单的查询里不能用函数“{written}”"),
                hint,
                word: Some(written),
            });
        }
        let odd = function.over.is_some()
            || function.null_treatment.is_some()
            || !function.within_group.is_empty()
            || function.uses_odbc_syntax
            || !matches!(function.parameters, FunctionArguments::None);
        self.refuse_if(odd, "窗口函数");
        let FunctionArguments::List(list) = &function.args else {
            return self.refuse("没有参数表的函数");
        };
        self.refuse_if(!list.clauses.is_empty(), "函数参数里的子句");
        let plain = list.args.iter().all(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(_)) => true,
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => name == "count",
            _ => false,
        });
        self.refuse_if(!plain, "这种函数参数");
    }
}

fn is_heads(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::Table { name, .. } if single_name(name) == Some("heads"))
}

/// `ORDER BY ALL` is an order of polars' own making, and WITH FILL makes up rows.
fn is_order_by_all(order: &OrderByExpr) -> bool {
    let all = matches!(&order.expr, Expr::Identifier(name) if name.value.eq_ignore_ascii_case("all"));
    all || order.with_fill.is_some()
}

fn single_name(name: &ObjectName) -> Option<&str> {
    match name.0.as_slice() {
        [part] => part.as_ident().map(|ident| ident.value.as_str()),
        _ => None,
    }
}

/// Appends every output column, by its position, to the ORDER BY.
fn break_ties(query: &mut Query) {
    let width = width(&query.body);
    let Some(order) = &mut query.order_by else {
        return;
    };
    if let OrderByKind::Expressions(by) = &mut order.kind {
        by.extend((1..=width).map(|position| OrderByExpr {
            expr: Expr::Value(Value::Number(position.to_string(), false).into()),
            options: OrderByOptions::default(),
            with_fill: None,
        }));
    }
}

fn width(body: &SetExpr) -> usize {
    match body {
        SetExpr::Select(select) => select.projection.len(),
        SetExpr::SetOperation { left, .. } => width(left),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
