//! What SQL a list may use. polars' SQL opens files while it parses (`read_csv('/etc/passwd')`), so nothing reaches it that is not
//! on this page.
//!
//! Grammar: one SELECT, with CTEs, joins, WHERE, GROUP BY, HAVING, UNION ALL of such, and an ORDER BY at its end. Tables are the
//! relations and the list-only tables. Every column is named: no `*`. Not admitted: a second statement, anything but SELECT,
//! subqueries, table functions, window functions, LIMIT (it would drop rows unseen), functions and other expressions outside list_expression.rs.
//!
//! The admitted query orders by its own ORDER BY and then by every column it gives, so that rows that tie are the same rows.
//! It is run here, too, CTE by CTE.

use crate::list_needs::{TableUse, table_uses};
use crate::list_place::{bytes, place, syntax, tokens};
use crate::list_tables::is_table;
use bidui_model::nearest;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsResult};
use polars::sql::SQLContext;
use sqlparser::ast::{
    Cte, Distinct, Expr, GroupByExpr, JoinConstraint, JoinOperator, ObjectName, OrderByExpr, OrderByKind,
    OrderByOptions, Query, Select, SelectItem, SetExpr, SetOperator, SetQuantifier, Spanned, Statement, TableFactor,
    TableWithJoins, Value, visit_relations,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

/// A query that may run.
#[derive(Clone, Debug)]
pub struct AdmittedQuery {
    /// Its CTEs in their order, by name, and what is asked of them.
    ctes: Vec<(String, String)>,
    body: String,
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

    /// The rows that it gives over tables that the context has. Each CTE is asked once and is a table for what follows: polars looks up every column
    /// that is named with its table in the plan of that table, which of a chain of CTEs takes longer than to run them.
    pub(crate) fn run(&self, context: SQLContext, known: &mut KnownCtes) -> PolarsResult<DataFrame> {
        self.run_as(context, known, LazyFrame::collect)
    }

    /// The same over tables without a row, where a better plan is worth nothing.
    pub(crate) fn run_empty(&self, context: SQLContext, known: &mut KnownCtes) -> PolarsResult<DataFrame> {
        self.run_as(context, known, |rows| rows.without_optimizations().collect())
    }

    fn run_as(
        &self,
        mut context: SQLContext,
        known: &mut KnownCtes,
        collect: fn(LazyFrame) -> PolarsResult<DataFrame>,
    ) -> PolarsResult<DataFrame> {
        let mut so_far = String::new();
        for (name, cte) in &self.ctes {
            so_far.push_str(&format!("{name} AS ({cte}), "));
            let rows = match known.0.get(&so_far) {
                Some(rows) => rows.clone(),
                None => {
                    let rows = collect(context.execute(cte)?)?;
                    known.0.insert(so_far.clone(), rows.clone());
                    rows
                }
            };
            context.register(name, rows.lazy());
        }
        collect(context.execute(&self.body)?)
    }

    /// Whether it reads a table of a kind.
    #[must_use]
    pub fn any_table(&self, is_of_kind: impl Fn(&str) -> bool) -> bool {
        self.tables.iter().any(|table| is_of_kind(table))
    }
}

/// What the CTEs of a list's sheets gave, by their text and that of those before them: sheets share most of them, and each is asked once. Only of queries
/// over the same tables.
#[derive(Default)]
pub(crate) struct KnownCtes(BTreeMap<String, DataFrame>);

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
    /// Bytes of the query.
    pub(crate) span: Option<Range<usize>>,
}

/// Admits a query, or says everything that stands against it.
pub(crate) fn admit(sql: &str) -> Result<AdmittedQuery, Vec<Refusal>> {
    let mut query = parse(sql).map_err(|refusal| vec![refusal])?;
    let mut admission =
        Admission { text: sql, refusals: Vec::new(), tables: BTreeSet::new(), names: QueryNames::default() };
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
    let ctes = query.with.take().into_iter().flat_map(|with| with.cte_tables);
    let ctes = ctes.map(|cte| (cte.alias.name.value, cte.query.to_string())).collect();
    Ok(AdmittedQuery { ctes, body: query.to_string(), tables: admission.tables, uses, names: admission.names })
}

/// One SELECT, read to the end of the text.
pub(crate) fn parse(sql: &str) -> Result<Query, Refusal> {
    let tokens = tokens(sql)?;
    let mut parser = Parser::new(&GenericDialect {}).with_tokens_with_locations(tokens.clone());
    // parse_statements reads to the end of its input, where parse_expr would leave the rest unread.
    let statements = parser.parse_statements().map_err(|error| syntax(&error, sql, &tokens))?;
    let count = statements.len();
    let mut statements = statements.into_iter();
    match (statements.next(), count) {
        (Some(Statement::Query(query)), 1) => Ok(*query),
        (_, 0 | 1) => Err(refusal("BD0507", "只能是一条SELECT语句", "请改写为SELECT … FROM …")),
        _ => {
            let end = tokens.iter().find(|token| token.token == Token::SemiColon);
            let span = end.and_then(|token| bytes(sql, token.span)).map(|span| span.start..sql.trim_end().len());
            let message = format!("只能有一条语句，现有{count}条");
            Err(Refusal { span, ..refusal("BD0507", &message, "请删去多余的语句") })
        }
    }
}

fn refusal(code: &'static str, message: &str, hint: &str) -> Refusal {
    Refusal { code, message: message.to_owned(), hint: hint.to_owned(), span: None }
}

pub(crate) struct Admission<'a> {
    pub(crate) text: &'a str,
    pub(crate) refusals: Vec<Refusal>,
    tables: BTreeSet<String>,
    pub(crate) names: QueryNames,
}

impl Admission<'_> {
    pub(crate) fn refuse(&mut self, span: Option<Range<usize>>, what: &str) {
        let hint = "可用：WITH、JOIN、WHERE、GROUP BY、HAVING、UNION ALL、ORDER BY";
        let message = format!("清单的查询里不能用{what}");
        self.refusals.push(Refusal { span, ..refusal("BD0507", &message, hint) });
    }

    pub(crate) fn refuse_if(&mut self, forbidden: bool, span: Option<Range<usize>>, what: &str) {
        if forbidden {
            self.refuse(span, what);
        }
    }

    /// Bytes of a node.
    pub(crate) fn of(&self, node: &(impl Spanned + ToString)) -> Option<Range<usize>> {
        place(self.text, node)
    }

    /// From the first place of a word, of which the tree keeps none, behind where `from` begins.
    fn word(&self, from: &impl Spanned, word: &str) -> Option<Range<usize>> {
        let start = bytes(self.text, from.span()).map_or(0, |span| span.start);
        let behind = self.text.get(start..)?.to_ascii_uppercase();
        let at = behind.match_indices(word).map(|(at, _)| at).find(|at| {
            let of_word = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || sign == '_');
            !of_word(behind[..*at].chars().next_back()) && !of_word(behind[at + word.len()..].chars().next())
        })?;
        Some(start + at..start + at + word.len())
    }

    fn query(&mut self, query: &Query, outermost: bool) {
        if let Some(with) = &query.with {
            self.refuse_if(with.recursive, self.word(query, "RECURSIVE"), "WITH RECURSIVE");
            self.refuse_if(!outermost, bytes(self.text, with.span()), "套在里面的WITH");
            for cte in &with.cte_tables {
                self.cte(cte);
            }
        }
        let limit = ["LIMIT", "FETCH", "OFFSET"].into_iter().find_map(|word| self.word(query, word));
        self.refuse_if(query.limit_clause.is_some() || query.fetch.is_some(), limit, "LIMIT、FETCH（会悄悄丢行）");
        let word = self.word(query, "FOR");
        self.refuse_if(!query.locks.is_empty() || query.for_clause.is_some(), word, "FOR子句");
        let word = self.word(query, "SETTINGS").or_else(|| self.word(query, "FORMAT"));
        self.refuse_if(query.settings.is_some() || query.format_clause.is_some(), word, "SETTINGS、FORMAT");
        self.refuse_if(!query.pipe_operators.is_empty(), self.word(query, "|>"), "管道运算符");
        let ordered = query.order_by.as_ref().is_some_and(|order| {
            matches!(&order.kind, OrderByKind::Expressions(by) if !by.is_empty() && !by.iter().any(is_order_by_all))
                && order.interpolate.is_none()
        });
        if outermost && !ordered {
            let hint = "请在末尾加ORDER BY，同样的数据才有同样的清单";
            let span = query.order_by.as_ref().and_then(|order| bytes(self.text, order.span()));
            self.refusals.push(Refusal { span, ..refusal("BD0510", "查询没有写明行的次序", hint) });
        }
        self.body(&query.body);
    }

    fn cte(&mut self, cte: &Cte) {
        let name = bytes(self.text, cte.alias.name.span);
        self.refuse_if(cte.from.is_some() || cte.materialized.is_some(), name.clone(), "CTE的这种写法");
        self.refuse_if(!cte.alias.columns.is_empty(), name, "CTE的列名表（请在SELECT里用AS命名）");
        self.query(&cte.query, false);
    }

    fn body(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let union_all = *op == SetOperator::Union && *set_quantifier == SetQuantifier::All;
                let word = bytes(self.text, left.span()).map_or(0, |span| span.end);
                let word =
                    self.text[word..].find(&op.to_string()).map(|at| word + at..word + at + op.to_string().len());
                self.refuse_if(!union_all, word, "UNION ALL以外的集合运算");
                self.body(left);
                self.body(right);
            }
            _ => self.refuse(self.of(body), "SELECT以外的查询体"),
        }
    }

    fn select(&mut self, select: &Select) {
        let word = |word: &str| self.word(select, word);
        let (distinct, top, into, window) = (word("DISTINCT"), word("TOP"), word("INTO"), word("QUALIFY"));
        let group = word("GROUP");
        self.refuse_if(matches!(select.distinct, Some(Distinct::On(_))), distinct, "DISTINCT ON");
        self.refuse_if(select.top.is_some(), top, "TOP");
        self.refuse_if(select.into.is_some(), into, "INTO");
        self.refuse_if(select.qualify.is_some() || !select.named_window.is_empty(), window, "窗口");
        self.refuse_if(matches!(select.group_by, GroupByExpr::All(_)), group.clone(), "GROUP BY ALL");
        self.refuse_if(
            matches!(&select.group_by, GroupByExpr::Expressions(_, modifiers) if !modifiers.is_empty()),
            group,
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
        let whole = bytes(self.text, select.span());
        self.refuse_if(odd, whole.clone(), "SELECT的方言写法");
        self.refuse_if(select.from.is_empty(), whole, "没有FROM的SELECT");
        for item in &select.projection {
            self.projection(item);
        }
        for table in &select.from {
            self.joins(table);
        }
        for table in select.from.iter().skip(1) {
            let what = "逗号连接（请写 JOIN … ON …；确要两两相配，写 CROSS JOIN）";
            self.refuse(self.of(&table.relation), what);
        }
    }

    fn projection(&mut self, item: &SelectItem) {
        match item {
            SelectItem::UnnamedExpr(_) => {}
            SelectItem::ExprWithAlias { alias, .. } => {
                self.names.defined.insert(alias.value.clone());
            }
            _ => self.refuse(self.of(item), "“*”（请写明每一列）"),
        }
    }

    fn joins(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        self.refuse_if(is_heads(&table.relation), self.of(&table.relation), "heads开头的FROM（请用LEFT JOIN heads）");
        for join in &table.joins {
            self.factor(&join.relation);
            // The query is asked once without names, to learn whose are to be read: a join that keeps only rows with a name would
            // then keep none.
            let keeps_rows = matches!(join.join_operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_));
            let place = self.of(&join.relation);
            self.refuse_if(is_heads(&join.relation) && !keeps_rows, place.clone(), "LEFT JOIN以外的heads");
            self.refuse_if(join.global, place.clone(), "GLOBAL JOIN");
            let constraint = match &join.join_operator {
                JoinOperator::Join(on)
                | JoinOperator::Inner(on)
                | JoinOperator::Left(on)
                | JoinOperator::LeftOuter(on)
                | JoinOperator::CrossJoin(on) => Some(on),
                _ => None,
            };
            let plain = constraint.is_some_and(|on| !matches!(on, JoinConstraint::Natural));
            self.refuse_if(!plain, place.clone(), "JOIN、LEFT JOIN、CROSS JOIN以外的连接");
            let is_cross = matches!(join.join_operator, JoinOperator::CrossJoin(_));
            let is_free = !is_cross && matches!(constraint, Some(JoinConstraint::None));
            self.refuse_if(is_free, place, "没有 ON 的连接（请写明两张表的哪一列相等）");
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
            return self.refuse(self.of(factor), "表函数、子查询或别的来源（请用WITH给子查询起名）");
        };
        let plain = with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty();
        self.refuse_if(!plain, self.of(factor), "表的附加提示");
        let Some(table) = single_name(name) else {
            return self.refuse(self.of(name), "带点的表名");
        };
        let alias = alias.as_ref().map_or(table, |alias| &alias.name.value);
        self.names.aliases.insert(alias.to_owned(), table.to_owned());
    }

    /// Every relation anywhere in the tree, also where [`Self::factor`] did not look.
    fn relations(&mut self, query: &Query) {
        let mut named = Vec::new();
        let _ = visit_relations(query, |name| {
            named.push((name.to_string().replace(['"', '`'], ""), place(self.text, name)));
            ControlFlow::<()>::Continue(())
        });
        for (name, span) in named {
            if self.names.ctes.contains(&name) {
                continue;
            }
            if is_table(&name) {
                self.tables.insert(name);
                continue;
            }
            if self.misspelt_cte(query, &name) {
                continue;
            }
            let valid = crate::list_tables::list_tables();
            let hint = match nearest(&name, valid.iter().copied()) {
                Some(near) => format!("是不是“{near}”？"),
                None => format!("可用：{}", valid.join("、")),
            };
            self.refusals
                .push(Refusal { code: "BD0508", message: format!("没有“{name}”这个关系"), hint, span });
        }
    }

    /// Tells of a name of WITH that nobody asks for, if it is like the one that is asked for and not there.
    fn misspelt_cte(&mut self, query: &Query, name: &str) -> bool {
        let times = |name: &str| {
            let words = self.text.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
            words.filter(|word| *word == name).count()
        };
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables).map(|cte| &cte.alias.name);
        let unused: Vec<_> = ctes.filter(|cte| times(&cte.value) == 1).collect();
        let near = nearest(name, unused.iter().map(|cte| cte.value.as_str()));
        let Some(cte) = near.and_then(|near| unused.iter().find(|cte| cte.value == near)) else { return false };
        let span = bytes(self.text, cte.span);
        if !self.refusals.iter().any(|refusal| refusal.span == span) {
            let message = format!("WITH 里的“{}”没有用到，而用到的“{name}”没有：是不是这里写错了", cte.value);
            let hint = format!("是不是“{name}”？");
            self.refusals.push(Refusal { code: "BD0508", message, hint, span });
        }
        // Asked for once, the slip may be either.
        times(name) > 1
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

pub(crate) fn single_name(name: &ObjectName) -> Option<&str> {
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
