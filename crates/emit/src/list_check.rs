//! Holds a list against the columns that the run will have: first name by name, so that a slip shows with its nearest name; then by
//! running each query on empty tables, so that what the names do not show (a sum of words, a comparison of unlike kinds) shows too.

use crate::choices::Choices;
use crate::list_plan::{AnswerKind, ColumnPlan, ListPlan, SheetPlan};
use crate::list_query::QueryNames;
use crate::list_tables::fixed_schema;
use bidui_model::{Diagnostic, nearest};
use polars::prelude::{DataFrame, DataType, IntoLazy, PolarsResult, Schema};
use polars::sql::SQLContext;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Everything wrong with a list. `schemas` are the relations of the run; where one is missing its fixed columns are taken.
#[must_use]
pub fn check_list(list: &ListPlan, schemas: &BTreeMap<String, Schema>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for sheet in &list.sheets {
        let mut check = Check { list, sheet, tables: tables(sheet, schemas), found: Vec::new() };
        check.names();
        if check.found.is_empty() {
            check.run();
        }
        found.append(&mut check.found);
    }
    found
}

/// Answers whose choice list is not there, or whose choices require an answer that the sheet does not ask.
#[must_use]
pub fn check_choices(list: &ListPlan, choices: &Choices) -> Vec<Diagnostic> {
    let mut found = missing_choices(list, choices);
    for sheet in list.sheets.iter().filter(|sheet| sheet.returns.is_some()) {
        let keys = sheet.answers.iter().map(|answer| answer.key.as_str());
        for answer in &sheet.answers {
            let AnswerKind::Choices(name) = &answer.kind else { continue };
            for choice in choices.lists.get(name).into_iter().flatten() {
                for key in choice.requires.iter().filter(|key| !keys.clone().any(|asked| asked == **key)) {
                    let message = format!("“{}”须同时填“{key}”，工作表“{}”没有这一列", choice.written(), sheet.name);
                    let finding = Diagnostic::error("BD0514", &list.source, Some(answer.span.clone()), message);
                    found.push(finding.with_hint(hint(key, keys.clone())));
                }
            }
        }
    }
    found
}

fn missing_choices(list: &ListPlan, choices: &Choices) -> Vec<Diagnostic> {
    let answers = list.sheets.iter().flat_map(|sheet| &sheet.answers);
    answers
        .filter_map(|answer| match &answer.kind {
            AnswerKind::Choices(name) if !choices.lists.contains_key(name) => {
                let valid = choices.lists.keys().map(String::as_str);
                let span = Some(answer.span.clone());
                let message = format!("没有选项表“{name}”");
                let finding = Diagnostic::error("BD0512", &list.source, span, message);
                Some(finding.with_hint(hint(name, valid)))
            }
            _ => None,
        })
        .collect()
}

fn tables(sheet: &SheetPlan, schemas: &BTreeMap<String, Schema>) -> BTreeMap<String, Schema> {
    let tables = sheet.query.tables.iter();
    tables
        .map(|table| {
            let schema = schemas.get(table).cloned();
            let schema = schema.or_else(|| fixed_schema(table)).unwrap_or_default();
            (table.clone(), schema)
        })
        .collect()
}

fn hint<'a>(name: &str, valid: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, valid.clone()) {
        Some(near) => format!("是不是“{near}”？"),
        None => format!("可用：{}", valid.collect::<Vec<_>>().join("、")),
    }
}

struct Check<'a> {
    list: &'a ListPlan,
    sheet: &'a SheetPlan,
    tables: BTreeMap<String, Schema>,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn add(&mut self, code: &'static str, span: Range<usize>, message: String, hint: String) {
        let finding = Diagnostic::error(code, &self.list.source, Some(span), message);
        self.found.push(finding.with_hint(hint));
    }

    fn names(&mut self) {
        let names = &self.sheet.query.names;
        let mut seen = BTreeSet::new();
        let unknown: Vec<_> = names
            .used
            .iter()
            .filter(|used| seen.insert(*used))
            .filter_map(|(table, column)| {
                let valid = self.columns_of(table.as_deref(), names)?;
                (!valid.contains(column.as_str())).then(|| (column.clone(), hint(column, valid.iter().copied())))
            })
            .collect();
        for (column, hint) in unknown {
            let message = format!("查询中的列“{column}”不存在");
            let span = self.sheet.name_spans.get(&column);
            let span = span.unwrap_or(&self.sheet.query_span).clone();
            self.add("BD0509", span, message, hint);
        }
    }

    /// The columns that may stand behind a table's alias, or unqualified; `None` where they are a CTE's and not known here.
    fn columns_of<'a>(&'a self, alias: Option<&str>, names: &'a QueryNames) -> Option<BTreeSet<&'a str>> {
        let Some(alias) = alias else {
            let tables = self.tables.values().flat_map(Schema::iter_names);
            let own = names.defined.iter().map(String::as_str);
            return Some(tables.map(|name| name.as_str()).chain(own).collect());
        };
        let table = names.aliases.get(alias)?;
        let schema = self.tables.get(table)?;
        Some(schema.iter_names().map(|name| name.as_str()).collect())
    }

    fn run(&mut self) {
        let span = self.sheet.query_span.clone();
        // polars panics on a few odd expressions; at a check that is a finding, not a crash.
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run_empty()));
        let output = match run {
            Ok(Ok(frame)) => frame.schema().clone(),
            Ok(Err(error)) => {
                let first_line = error.to_string();
                let first_line = first_line.lines().next().unwrap_or_default();
                let message = "查询不能运行".to_owned();
                return self.add("BD0511", span, message, first_line.to_owned());
            }
            Err(_) => {
                let hint = "请换一种写法".to_owned();
                return self.add("BD0511", span, "查询不能运行".to_owned(), hint);
            }
        };
        self.output(&output);
    }

    fn run_empty(&self) -> PolarsResult<DataFrame> {
        let mut context = SQLContext::new();
        for (name, schema) in &self.tables {
            context.register(name, DataFrame::empty_with_schema(schema).lazy());
        }
        context.execute(&self.sheet.query.sql)?.collect()
    }

    /// The query must give the columns that the sheet shows, and the one by which it is split.
    fn output(&mut self, output: &Schema) {
        let given: BTreeSet<&str> = output.iter_names().map(|name| name.as_str()).collect();
        for column in &self.sheet.columns {
            let shown = [Some(&column.value), column.colour_by.as_ref()];
            for name in shown.into_iter().flatten() {
                if name != ColumnPlan::RUNNING_NUMBER && !given.contains(name.as_str()) {
                    let message = format!("查询没有给出列“{name}”");
                    let hint = hint(name, given.iter().copied());
                    self.add("BD0509", column.span.clone(), message, hint);
                }
            }
        }
        if let Some(returns) = &self.sheet.returns
            && output.get(&returns.row_key).is_some_and(|kind| *kind != DataType::String)
        {
            let message = format!("row_key“{}”不是文字", returns.row_key);
            self.add("BD0514", self.sheet.query_span.clone(), message, "请用CAST(… AS VARCHAR)改成文字".to_owned());
        }
        if let Some(name) = self.sheet.group_by.as_deref().filter(|name| !given.contains(name)) {
            let message = format!("查询没有给出列“{name}”（group_by）");
            self.add("BD0509", self.sheet.query_span.clone(), message, hint(name, given.iter().copied()));
        }
        if self.sheet.query.reads("heads") && !given.contains("household_id") {
            let message = "查询用到heads，没有给出列“household_id”".to_owned();
            let hint = "请在SELECT中加上household_id，程序凭它读户主的姓名".to_owned();
            self.add("BD0509", self.sheet.query_span.clone(), message, hint);
        }
        if let Some(key) = self.list.split.key_column().filter(|key| !given.contains(key)) {
            let message = format!("清单按“{key}”分发，工作表“{}”的查询没有给出这一列", self.sheet.name);
            let hint = format!("请在SELECT中加上{key}");
            self.add("BD0509", self.sheet.query_span.clone(), message, hint);
        }
    }
}
