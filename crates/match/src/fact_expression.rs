//! The two expressions of a fact: `where`, the rows that count, and `value`, one aggregate over them.

use std::ops::Range;

use bidui_model::{Diagnostic, Found, loose_names, nearest, without_comments};
use polars::prelude::{DataType, Expr};
use sqlparser::ast::{DuplicateTreatment, Expr as Sql, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use crate::asked_word::{NO_PATTERN, bare_patterns};
use crate::choice::words_may_come;
use crate::clause::{SYNTAX, kind_of_name, report_sql};
use crate::expression::{compile_row, run_on_empty};
use crate::fact::{Aggregate, Reader, UNKNOWN_COLUMN, column_type};
use crate::facts::is_about_persons;
use crate::null_comparison::{WITH_NULL, compared_with_null};
use crate::sql::{self, RowExpression, SqlError};
use crate::sql_kind::{Kind, kind_of};
use crate::sql_place::{bytes, place};

const AGGREGATES: &[(&str, Aggregate)] = &[
    ("COUNT", Aggregate::Count),
    ("SUM", Aggregate::Sum),
    ("MIN", Aggregate::Min),
    ("MAX", Aggregate::Max),
    ("AVG", Aggregate::Average),
    ("ANY", Aggregate::Any),
    ("ALL", Aggregate::All),
    ("LATEST", Aggregate::Latest),
];

/// No aggregate, or not one of ours.
const NO_AGGREGATE: &str = "BD0106";
/// Of what does not go together.
const UNFIT: &str = "BD0107";

impl Reader<'_> {
    pub(crate) fn filter(&self, text: &Found<String>) -> Option<(RowExpression, Found<String>)> {
        let (plain, uncommented) = self.plain(text);
        let row = sql::parse_row(&plain).map_err(|errors| self.not_sql(text, &plain, errors)).ok()?;
        let known = self.names_are_known(&row, text);
        let kind = self.kind(&row, text);
        let words = words_may_come(self.source, self.contract, &row, text);
        if kind.is_some_and(|kind| !matches!(kind, Kind::Flag | Kind::Unknown)) {
            let span = self.source.inside(text, 0..text.value.len());
            self.source.error(UNFIT, Some(span), "where 应是一个条件（真或假）", "条件要有比较，例如 self_paid > 0");
            return None;
        }
        (uncommented && known && kind.is_some() && words).then(|| (row, text.clone()))
    }

    /// The text without its comments, which are told of, and whether it had none.
    fn plain(&self, text: &Found<String>) -> (String, bool) {
        let (plain, comments) = without_comments(&text.value);
        let had_none = comments.is_empty();
        let refused = comments.into_iter().map(|at| sql::comment(Some(at))).collect();
        report_sql(self.source, text, refused, SYNTAX);
        (plain, had_none)
    }

    /// What is wrong with an expression that is none, and beside it those of its names that are plainly slips.
    fn not_sql(&self, text: &Found<String>, plain: &str, errors: Vec<SqlError>) {
        let told: Vec<Range<usize>> = errors.iter().filter_map(|error| error.span.clone()).collect();
        report_sql(self.source, text, errors, SYNTAX);
        for at in loose_names(plain) {
            let name = &plain[at.clone()];
            let is_told = told.iter().any(|told| told.start < at.end && at.start < told.end);
            if !is_told && !self.is_readable(name) && nearest(name, self.readable()).is_some() {
                self.unknown_column(name, &at, text);
            }
        }
    }

    /// The kind of its answer; `None` if something in it does not go together.
    fn kind(&self, row: &RowExpression, text: &Found<String>) -> Option<Kind> {
        let schema = self.schema();
        let (kind, unfit) = kind_of(row, &text.value, &|name| kind_of_name(name, &schema, self.parameters));
        let with_null = compared_with_null(row, &text.value);
        let bare = bare_patterns(row.tree(), &text.value);
        let good = unfit.is_empty() && with_null.is_empty() && bare.is_empty();
        report_sql(self.source, text, bare, NO_PATTERN);
        report_sql(self.source, text, unfit, UNFIT);
        report_sql(self.source, text, with_null, WITH_NULL);
        good.then_some(kind)
    }

    fn schema(&self) -> std::collections::BTreeMap<String, DataType> {
        let columns = self.contract.columns.iter();
        columns.filter_map(|column| Some((column.name.clone(), column_type(column.kind)?))).collect()
    }

    fn names_are_known(&self, row: &RowExpression, text: &Found<String>) -> bool {
        let mut good = true;
        for (name, span) in row.names.iter().filter(|(name, _)| !self.is_readable(name)) {
            good = false;
            self.unknown_column(name, span, text);
        }
        good
    }

    /// Columns and parameters that an expression may name.
    fn readable(&self) -> impl Iterator<Item = &str> {
        let columns = self.contract.columns.iter();
        let columns = columns.filter(|column| column.stored && column_type(column.kind).is_some());
        columns.map(|column| column.name.as_str()).chain(self.parameters.keys().map(String::as_str))
    }

    fn is_readable(&self, name: &str) -> bool {
        self.readable().any(|readable| readable == name)
    }

    /// Tells of a column that is read and not kept: of one that several ask for once and where it says so, of one that is asked for once where it is.
    pub(crate) fn is_told_unkept(&self, name: &str, asked: Range<usize>) -> bool {
        if self.contract.column(name).is_none_or(|(_, column)| column.stored) {
            return false;
        }
        let text = self.source.text;
        let facts = text.find("[[fact]]").map_or("", |at| &text[at..]);
        let of_name = |sign: char| sign.is_alphanumeric() || sign == '_';
        let uses = facts.split(|sign| !of_name(sign)).filter(|word| *word == name).count();
        let span = self.place_of_stored(name).filter(|_| uses > 1).unwrap_or(asked);
        let message = format!("列“{name}”写着 stored = false，读了不留，指标不能用它");
        let error = Diagnostic::error(UNKNOWN_COLUMN, self.source.file, Some(span), message);
        self.source.push(error.with_hint("列名写错的，改用别的列；确要用它的，在 [columns] 里删去它的 stored = false"));
        true
    }

    /// The key `stored` of a column, in its line.
    fn place_of_stored(&self, name: &str) -> Option<Range<usize>> {
        let text = self.source.text;
        let columns = text.find("[columns]")?;
        let is_key = |at: &usize| {
            let before = text[..*at].rfind('\n').map_or(0, |newline| newline + 1);
            text[before..*at].trim().is_empty() && text[*at + name.len()..].trim_start().starts_with('=')
        };
        let mut places = text[columns..].match_indices(name).map(|(at, _)| columns + at);
        let line = places.find(is_key)?;
        let start = line + text[line..].lines().next()?.find("stored")?;
        Some(start..start + "stored".len())
    }

    fn unknown_column(&self, name: &str, at: &Range<usize>, text: &Found<String>) {
        if self.is_told_unkept(name, self.source.inside(text, at.clone())) {
            return;
        }
        let hint = match nearest(name, self.readable()) {
            Some(near) => format!("是不是“{near}”？"),
            None if !name.is_ascii() => format!("如果是文字，写作 '{name}'"),
            None => format!("可用：{}", self.readable().collect::<Vec<_>>().join("、")),
        };
        let message = format!("《{}》没有可用于计算的列“{name}”", self.contract.name);
        let span = Some(self.source.inside(text, at.clone()));
        let error = Diagnostic::error(UNKNOWN_COLUMN, self.source.file, span, message);
        self.source.push(error.with_hint(hint).about(name));
    }

    /// The aggregate at the top and the row expression inside it.
    pub(crate) fn aggregate(&self, text: &Found<String>) -> Option<(Aggregate, Option<RowExpression>)> {
        let wrong = |part: Option<Range<usize>>, message: &str| {
            let span = self.source.inside(text, part.unwrap_or(0..text.value.len()));
            let hint = "写成一个聚合，如 SUM(self_paid)、COUNT(*)、COUNT(DISTINCT person)";
            self.source.error(NO_AGGREGATE, Some(span), message, hint);
        };
        let (plain, uncommented) = self.plain(text);
        let tree = sql::parse(&plain).map_err(|error| self.not_sql(text, &plain, vec![error])).ok()?;
        let Sql::Function(function) = &tree else {
            wrong(None, "value 应是一个聚合函数");
            return None;
        };
        let aggregate = self.called(function, text)?;
        let whole = place(&text.value, &tree);
        let FunctionArguments::List(list) = &function.args else {
            wrong(whole, "聚合函数缺少参数");
            return None;
        };
        let [FunctionArg::Unnamed(argument)] = list.args.as_slice() else {
            wrong(whole, "聚合函数应有且只有一个参数");
            return None;
        };
        if function.over.is_some()
            || function.filter.is_some()
            || !function.within_group.is_empty()
            || function.null_treatment.is_some()
            || !matches!(function.parameters, FunctionArguments::None)
            || !list.clauses.is_empty()
        {
            wrong(whole, "聚合函数不能带窗口、FILTER 或排序；筛选请写在 where");
            return None;
        }
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        let found = match argument {
            FunctionArgExpr::Wildcard if aggregate == Aggregate::Count && !distinct => Some((Aggregate::Count, None)),
            FunctionArgExpr::Expr(Sql::Identifier(name))
                if distinct && aggregate == Aggregate::Count && name.value == "person" =>
            {
                if !is_about_persons(self.contract) {
                    wrong(bytes(&text.value, name.span), "本数据按村屯关联，没有人可数");
                    return None;
                }
                Some((Aggregate::CountDistinct, None))
            }
            FunctionArgExpr::Expr(inner) if !distinct || aggregate == Aggregate::Count => {
                let row = sql::check_row(inner.clone(), &text.value);
                let row = row.map_err(|errors| report_sql(self.source, text, errors, SYNTAX)).ok()?;
                let aggregate = if distinct { Aggregate::CountDistinct } else { aggregate };
                let known = self.names_are_known(&row, text);
                let kind = self.kind(&row, text);
                let words = words_may_come(self.source, self.contract, &row, text);
                // What a name that nobody knows gives is not known either.
                let fits = kind.is_some_and(|kind| !known || self.fits(aggregate, kind, inner, text));
                (known && fits && words).then_some((aggregate, Some(row)))
            }
            _ => {
                wrong(whole, "这种参数写法不受支持");
                None
            }
        };
        found.filter(|_| uncommented)
    }

    /// Which aggregate it is by its name.
    fn called(&self, function: &Function, text: &Found<String>) -> Option<Aggregate> {
        let called = function.name.to_string();
        let found = AGGREGATES.iter().find(|(name, _)| called.eq_ignore_ascii_case(name));
        if found.is_none() {
            let names: Vec<&str> = AGGREGATES.iter().map(|(name, _)| *name).collect();
            let hint = nearest(&called.to_uppercase(), names.iter().copied())
                .map_or_else(|| format!("可用：{}", names.join("、")), |near| format!("是不是“{near}”？"));
            let at = text.value.find(&called).unwrap_or(0);
            let span = Some(self.source.inside(text, at..(at + called.len()).min(text.value.len())));
            self.source.error(NO_AGGREGATE, span, format!("不认识的聚合函数“{called}”"), hint);
        }
        found.map(|(_, aggregate)| *aggregate)
    }

    fn fits(&self, aggregate: Aggregate, kind: Kind, inner: &Sql, text: &Found<String>) -> bool {
        let good = match aggregate {
            Aggregate::Sum | Aggregate::Average => kind == Kind::Number,
            Aggregate::Any | Aggregate::All => kind == Kind::Flag,
            _ => true,
        };
        if !good {
            let part = place(&text.value, inner).unwrap_or(0..text.value.len());
            let message = format!("“{inner}”是{}，与聚合函数不合", kind.in_words());
            let hint = "SUM、AVG 用于数值，ANY、ALL 用于条件";
            self.source.error(UNFIT, Some(self.source.inside(text, part)), message, hint);
        }
        good
    }

    pub(crate) fn compile(&self, row: &RowExpression, text: &Found<String>) -> Option<(Expr, DataType)> {
        compile_row(row, self.parameters)
            .and_then(|expr| run_on_empty(&expr, &self.schema()).map(|kind| (expr, kind)))
            .map_err(|message| {
                let hint = "检查两边的类型：文字加单引号，金额、数值不加";
                self.source.error(UNFIT, Some(self.source.inside(text, 0..text.value.len())), message, hint);
            })
            .ok()
    }

    pub(crate) fn compile_boolean(&self, row: &RowExpression, text: &Found<String>) -> Option<Expr> {
        let (expr, kind) = self.compile(row, text)?;
        if kind == DataType::Boolean {
            return Some(expr);
        }
        let span = self.source.inside(text, 0..text.value.len());
        self.source.error(UNFIT, Some(span), "where 应是一个条件（真或假）", "例如 self_paid > 0");
        None
    }
}
