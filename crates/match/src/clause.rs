//! Conditions of rules and checks, and their sentences: held against the names and types that they may use, before a row is read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bidui_model::{DataContract, Diagnostic, Found, SpecFile, loose_names, nearest, without_comments};
use polars::prelude::{DataType, Expr};

use crate::asked_word::{NO_PATTERN, bare_patterns};
use crate::choice::words_may_come;
use crate::expression::{compile_row, run_on_empty};
use crate::null_comparison::{WITH_NULL, compared_with_null};
use crate::reason::Reason;
use crate::sql::{self, Literal, SqlError};
use crate::sql_kind::{Kind, kind_of};

/// Of an expression that is no SQL, or none that is allowed.
pub(crate) const SYNTAX: &str = "BD0108";
/// Of a name that nobody knows.
pub const UNKNOWN: &str = "BD0206";
/// Of what does not go together.
const UNFIT: &str = "BD0207";
const NAMES_ARE_IN: &str = "可用的名字见 docs/rules.md";

/// The kind of a name, or of a parameter's value.
pub(crate) fn kind_of_name(
    name: &str,
    schema: &BTreeMap<String, DataType>,
    parameters: &BTreeMap<String, Literal>,
) -> Kind {
    match (schema.get(name), parameters.get(name)) {
        (Some(kind), _) => Kind::of(kind),
        (None, Some(Literal::Number(_))) => Kind::Number,
        (None, Some(Literal::Text(_))) => Kind::Text,
        (None, Some(Literal::Date(_))) => Kind::Date,
        (None, None) => Kind::Unknown,
    }
}

/// A condition, as written and as polars runs it.
#[derive(Clone, Debug)]
pub struct Clause {
    /// With parameters filled in: what lists show as the threshold.
    pub sql: String,
    pub(crate) expr: Expr,
    /// Registry columns and facts that it reads.
    pub reads: Vec<String>,
    pub(crate) absorbs_null: bool,
}

/// What an expression may speak of, and where its errors go.
#[derive(Clone, Copy)]
pub(crate) struct ClauseReader<'a> {
    pub(crate) source: &'a SpecFile<'a>,
    pub(crate) registry: &'a DataContract,
    pub(crate) parameters: &'a BTreeMap<String, Literal>,
    /// Names and types of a row.
    pub(crate) schema: &'a BTreeMap<String, DataType>,
}

impl ClauseReader<'_> {
    /// A condition. `hint` says of an unknown name what may have been meant.
    pub(crate) fn condition(&self, text: &Found<String>, hint: impl Fn(&str) -> String) -> Option<Clause> {
        let (clause, kind) = self.expression(text, hint)?;
        if kind == DataType::Boolean {
            return Some(clause);
        }
        let hint = "条件要有比较，例如 self_paid_12m >= 10000";
        self.source.error(UNFIT, Some(self.whole(text)), "这里应是一个条件（真或假）", hint);
        None
    }

    /// Any expression, and the type of its answer.
    pub(crate) fn expression(&self, text: &Found<String>, hint: impl Fn(&str) -> String) -> Option<(Clause, DataType)> {
        let (plain, comments) = without_comments(&text.value);
        let mut good = comments.is_empty();
        let refused = comments.into_iter().map(|at| sql::comment(Some(at))).collect();
        report_sql(self.source, text, refused, SYNTAX);
        let row = match sql::parse_row(&plain) {
            Ok(row) => row,
            Err(errors) => {
                let told: Vec<Range<usize>> = errors.iter().filter_map(|error| error.span.clone()).collect();
                report_sql(self.source, text, errors, SYNTAX);
                self.slips_around(text, &plain, &told, hint);
                return None;
            }
        };
        for (name, span) in row.names.iter().filter(|(name, _)| !self.is_known(name)) {
            good = false;
            self.unknown(text, name, span, &hint);
        }
        let (_, unfit) = kind_of(&row, &text.value, &|name| kind_of_name(name, self.schema, self.parameters));
        good &= unfit.is_empty();
        report_sql(self.source, text, unfit, UNFIT);
        good &= words_may_come(self.source, self.registry, &row, text);
        let with_null = compared_with_null(&row, &text.value);
        good &= with_null.is_empty();
        report_sql(self.source, text, with_null, WITH_NULL);
        let bare = bare_patterns(row.tree(), &text.value);
        good &= bare.is_empty();
        report_sql(self.source, text, bare, NO_PATTERN);
        if !good {
            return None;
        }
        let expr = compile_row(&row, self.parameters);
        match expr.and_then(|expr| run_on_empty(&expr, self.schema).map(|kind| (expr, kind))) {
            Ok((expr, kind)) => {
                let names = row.names.iter().map(|(name, _)| name.clone());
                let mut reads: Vec<String> = names.filter(|name| self.schema.contains_key(name)).collect();
                let mut once = BTreeSet::new();
                reads.retain(|name| once.insert(name.clone()));
                let sql = row.to_sql(self.parameters);
                Some((Clause { sql, expr, reads, absorbs_null: row.absorbs_null }, kind))
            }
            Err(message) => {
                let hint = "检查两边的类型：文字加单引号，金额、数值不加";
                self.source.error(UNFIT, Some(self.whole(text)), message, hint);
                None
            }
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.schema.contains_key(name) || self.parameters.contains_key(name)
    }

    fn unknown(&self, text: &Found<String>, name: &str, at: &Range<usize>, hint: &impl Fn(&str) -> String) {
        let message = format!("没有名为“{name}”的指标、底册列或参数");
        let span = Some(self.source.inside(text, at.clone()));
        let hint = if name.is_ascii() { hint(name) } else { format!("如果是文字，写作 '{name}'") };
        let error = Diagnostic::error(UNKNOWN, self.source.file, span, message).about(name);
        self.source.push(if hint.is_empty() { error } else { error.with_hint(hint) });
    }

    /// Names of an expression that is no SQL: those that are plainly slips of a name that is known, beside what was told.
    fn slips_around(&self, text: &Found<String>, plain: &str, told: &[Range<usize>], hint: impl Fn(&str) -> String) {
        for at in loose_names(plain) {
            let name = &plain[at.clone()];
            let is_told = told.iter().any(|told| told.start < at.end && at.start < told.end);
            if !is_told && !self.is_known(name) && self.nearest_name(name).is_some() {
                self.unknown(text, name, &at, &hint);
            }
        }
    }

    /// The bytes of the whole expression, without its quotes.
    fn whole(&self, text: &Found<String>) -> Range<usize> {
        self.source.inside(text, 0..text.value.len())
    }

    /// The valid name that is nearest, as a question.
    pub(crate) fn nearest_name(&self, name: &str) -> Option<String> {
        let valid = self.schema.keys().chain(self.parameters.keys()).map(String::as_str);
        nearest(name, valid).map(|near| format!("是不是“{near}”？"))
    }

    /// A sentence with names in braces.
    pub(crate) fn sentence(&self, text: &Found<String>) -> Option<Reason> {
        let (reason, wrong) = Reason::read(&text.value);
        for (message, place) in &wrong {
            let span = self.source.inside(text, place.clone());
            self.source.error("BD0208", Some(span), *message, "花括号里写指标名，如 {self_paid_12m}");
        }
        let reason = reason.with_parameters(self.parameters);
        let unknown: Vec<String> =
            reason.names().filter(|name| !self.schema.contains_key(*name)).map(str::to_owned).collect();
        for name in &unknown {
            let hint = nearest(name, self.schema.keys().map(String::as_str))
                .map_or_else(|| NAMES_ARE_IN.to_owned(), |near| format!("是不是“{near}”？"));
            let span = self.source.inside(text, place_in_reason(&text.value, name));
            let message = format!("没有名为“{name}”的指标或底册列");
            let error = Diagnostic::error(UNKNOWN, self.source.file, Some(span), message);
            self.source.push(error.with_hint(hint).about(name));
        }
        (wrong.is_empty() && unknown.is_empty()).then_some(reason)
    }
}

/// Turns errors inside an expression into diagnostics at their bytes in the file.
pub(crate) fn report_sql(source: &SpecFile<'_>, text: &Found<String>, errors: Vec<SqlError>, code: &'static str) {
    for error in errors {
        let span: Range<usize> = error.span.map_or(text.span.clone(), |span| source.inside(text, span));
        source.error(code, Some(span), error.message, error.hint.unwrap_or_default());
    }
}

/// Where a name stands in its braces, between which there may be blanks.
fn place_in_reason(text: &str, name: &str) -> Range<usize> {
    let inside = |(brace, _): (usize, &str)| {
        let behind = &text[brace + 1..];
        brace + 1 + behind.len() - behind.trim_start().len()
    };
    let place = text.match_indices('{').map(inside).find(|at| text[*at..].starts_with(name));
    place.map_or(0..text.len(), |at| at..at + name.len())
}
