//! Holds a list against the columns that the run will have: first name by name, so that a slip shows with its nearest name; then by
//! running each query on empty tables, so that what the names do not show (a sum of words, a comparison of unlike kinds) shows too.

use crate::choices::{Choice, Choices};
use crate::list_names::{Names, Slip, hint, names};
use crate::list_plan::{AnswerKind, ColumnPlan, ListPlan, ReturnPlan, SheetPlan};
use crate::list_query::{KnownCtes, parse};
use crate::list_tables::fixed_schema;
use crate::list_words::{ClosedColumns, NO_WORD};
use bidui_model::{Diagnostic, nearest};
use polars::prelude::{DataFrame, DataType, IntoLazy, PolarsError, PolarsResult, Schema};
use polars::sql::SQLContext;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Everything wrong with a list. `schemas` are the relations of the run, where one is missing its fixed columns are taken; `closed` are the
/// columns whose words are known.
#[must_use]
pub fn check_list(list: &ListPlan, schemas: &BTreeMap<String, Schema>, closed: &ClosedColumns) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut known = KnownCtes::default();
    for sheet in &list.sheets {
        let tables = tables(sheet, schemas);
        let mut check = Check { list, sheet, tables, schemas, closed, found: Vec::new(), aliases: Vec::new() };
        let given = check.names();
        if check.found.is_empty() {
            check.run(&mut known);
        } else {
            check.output(&given.iter().map(String::as_str).collect());
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
            let is_result = answer.key == "result" && sheet.returns.as_ref().is_some_and(ReturnPlan::is_verified);
            let has_effects = |list: &Vec<Choice>| list.iter().all(|choice| choice.effect.is_some());
            if is_result && !choices.lists.get(name).is_none_or(has_effects) {
                let span = answer.choices_span.clone().unwrap_or_else(|| answer.span.clone());
                let message = format!("选项表“{name}”的各项没有 effect，不是核查结果");
                let hint = "核查结果要用每一项都写了 effect 的选项表，如 verification_results";
                found.push(Diagnostic::error(REQUIRED, &list.source, Some(span), message).with_hint(hint));
            }
            for choice in choices.lists.get(name).into_iter().flatten() {
                for key in choice.requires.iter().filter(|key| !keys.clone().any(|asked| asked == **key)) {
                    let message = format!("“{}”须同时填“{key}”，工作表“{}”没有这一列", choice.written(), sheet.name);
                    // A column whose key is almost that, and asked for by no choice, is the one that is misspelt.
                    let is_asked = |key: &str| {
                        choices.lists.values().flatten().any(|choice| choice.requires.iter().any(|asked| asked == key))
                    };
                    let near = nearest(key, keys.clone().filter(|key| !is_asked(key)));
                    let slip = near.and_then(|near| sheet.answers.iter().find(|answer| answer.key == near));
                    let span = slip.unwrap_or(answer).span.clone();
                    let finding = Diagnostic::error(REQUIRED, &list.source, Some(span), message).about(key);
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
                let span = answer.choices_span.clone().or_else(|| Some(answer.span.clone()));
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

/// Of a choice that requires an answer which its sheet does not ask; it is about that answer's key, which the choice may have misspelt.
pub const REQUIRED: &str = "BD0514";

/// The column of levels, in every table that has them.
const LEVEL: &str = "level";

struct Check<'a> {
    list: &'a ListPlan,
    sheet: &'a SheetPlan,
    tables: BTreeMap<String, Schema>,
    schemas: &'a BTreeMap<String, Schema>,
    closed: &'a ClosedColumns,
    found: Vec<Diagnostic>,
    /// Names that the query gives, and where in the file.
    aliases: Vec<(String, Range<usize>)>,
}

impl Check<'_> {
    fn add(&mut self, code: &'static str, span: Range<usize>, message: String, hint: String) {
        let finding = Diagnostic::error(code, &self.list.source, Some(span), message);
        self.found.push(finding.with_hint(hint));
    }

    /// Tells of the query's names that are not there; those of the columns that it gives.
    fn names(&mut self) -> BTreeSet<String> {
        let text = &self.sheet.text;
        // It was admitted, so it can be read.
        let Ok(query) = parse(&text.whole) else { return BTreeSet::new() };
        let Names { slips, given, aliases, passed } =
            names(&query, &text.whole, (&self.tables, self.schemas), self.closed);
        self.aliases = aliases.into_iter().filter_map(|(name, span)| Some((name, text.span(&span?)))).collect();
        self.colours(&passed);
        for Slip { code, span, message, hint, about } in slips {
            let span = span.map_or_else(|| self.sheet.query_span.clone(), |span| text.span(&span));
            let finding = Diagnostic::error(code, &self.list.source, Some(span), message).with_hint(hint);
            // What WITH says is said for every sheet of the file.
            if !self.found.contains(&finding) {
                self.found.push(match &about {
                    Some(name) => finding.about(name),
                    None => finding,
                });
            }
        }
        given
    }

    /// Colours are those of levels: a column of anything else would colour nothing.
    fn colours(&mut self, passed: &BTreeMap<String, String>) {
        for column in &self.sheet.columns {
            let (Some(name), Some(span)) = (&column.colour_by, &column.colour_span) else { continue };
            if let Some(of) = passed.get(name).filter(|of| *of != LEVEL) {
                let message = format!("colour_by 写的“{name}”不是等级（是{of}），不会有颜色");
                let hint = "写查询给出的等级代码那一列，如 colour_by = \"level\"";
                self.add("BD0505", span.clone(), message, hint.to_owned());
            }
        }
    }

    fn run(&mut self, known: &mut KnownCtes) {
        let span = self.sheet.query_span.clone();
        // polars panics on a few odd expressions; at a check that is a finding, not a crash.
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run_empty(known)));
        let output = match run {
            Ok(Ok(frame)) => frame.schema().clone(),
            Ok(Err(error)) => {
                let (message, hint, word) = in_words(&error);
                let span = word.and_then(|word| self.word(&word)).unwrap_or(span);
                return self.add("BD0511", span, message, hint);
            }
            Err(_) => {
                let hint = "请换一种写法，或逐句删减找出是哪一处".to_owned();
                return self.add("BD0511", span, "查询不能运行".to_owned(), hint);
            }
        };
        self.output(&output.iter_names().map(|name| name.as_str()).collect());
        if let Some(returns) = &self.sheet.returns
            && output.get(&returns.row_key).is_some_and(|kind| *kind != DataType::String)
        {
            let message = format!("row_key“{}”不是文字", returns.row_key);
            self.add("BD0514", self.sheet.query_span.clone(), message, "请用CAST(… AS VARCHAR)改成文字".to_owned());
        }
    }

    /// The last place of a word in the query.
    fn word(&self, word: &str) -> Option<Range<usize>> {
        let text = &self.sheet.text;
        text.whole.rfind(word).map(|at| text.span(&(at..at + word.len())))
    }

    fn run_empty(&self, known: &mut KnownCtes) -> PolarsResult<DataFrame> {
        let context = SQLContext::new();
        for (name, schema) in &self.tables {
            context.register(name, DataFrame::empty_with_schema(schema).lazy());
        }
        self.sheet.query.run_empty(context, known)
    }

    /// A column that the sheet shows and the query does not give. It may be given under a misspelt name, which the sheet then shows nowhere: the slip
    /// is the one of the two whose parts are met less; where they are alike, both places are told.
    fn not_given(&mut self, name: &str, span: &Range<usize>, valid: &BTreeSet<&str>) {
        let is_shown = |alias: &str| {
            let columns = self.sheet.columns.iter();
            let mut shown = columns.flat_map(|column| [Some(&column.value), column.colour_by.as_ref()]).flatten();
            shown.any(|shown| shown == alias) || self.sheet.group_by.as_deref() == Some(alias)
        };
        let unused = self.aliases.iter().filter(|(alias, _)| self.times(alias) == 1 && !is_shown(alias));
        let near = nearest(name, unused.clone().map(|(alias, _)| alias.as_str()));
        let blamed = near.and_then(|near| unused.clone().find(|(alias, _)| alias == near)).cloned();
        let known = |word: &str, itself: u64| {
            word.split('_').map(|part| self.met(part).saturating_sub(itself)).product::<u64>()
        };
        let (asked, given) = (known(name, 0), blamed.as_ref().map_or(0, |(alias, _)| known(alias, 1)));
        if let Some((alias, place)) = blamed.filter(|_| asked >= given) {
            let message = format!("查询给出的“{alias}”没有用到，而用到的“{name}”没有给出：是不是这里写错了");
            let error = Diagnostic::error("BD0509", &self.list.source, Some(place), message);
            let error = error.with_hint(format!("是不是“{name}”？")).with_also(span.clone(), "用在这里");
            if !self.found.contains(&error) {
                self.found.push(error);
            }
            if asked > given {
                return;
            }
        }
        self.add("BD0509", span.clone(), format!("查询没有给出列“{name}”"), hint(name, valid.iter().copied()));
    }

    /// How often a word stands in the query.
    fn times(&self, word: &str) -> usize {
        let words = self.sheet.text.whole.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
        words.filter(|other| *other == word).count()
    }

    /// How often a part of a name is met in the query and its tables.
    fn met(&self, part: &str) -> u64 {
        let in_query = self.sheet.text.whole.split(|sign: char| !sign.is_alphanumeric()).filter(|other| *other == part);
        let columns = self.tables.values().flat_map(Schema::iter_names);
        let in_columns = columns.flat_map(|name| name.split('_')).filter(|other| *other == part);
        (in_query.count() + in_columns.count()) as u64
    }

    /// The query must give the columns that the sheet shows, and the one by which it is split.
    fn output(&mut self, names: &BTreeSet<&str>) {
        // What a slip gives under a wrong name has been told of.
        let names_one = |finding: &&Diagnostic| finding.code != NO_WORD;
        let slips: Vec<String> =
            self.found.iter().filter(names_one).filter_map(|finding| finding.about.clone()).collect();
        let given = &|name: &str| names.contains(name) || slips.iter().any(|slip| nearest(slip, [name]).is_some());
        let valid = names.iter().copied();
        for column in &self.sheet.columns {
            let shown =
                [Some((&column.value, &column.value_span)), column.colour_by.as_ref().zip(column.colour_span.as_ref())];
            for (name, span) in shown.into_iter().flatten() {
                if !name.is_empty() && name != ColumnPlan::RUNNING_NUMBER && !given(name) {
                    self.not_given(name, span, &valid.clone().collect());
                }
            }
        }
        if let Some(name) = self.sheet.group_by.as_deref().filter(|name| !given(name)) {
            let message = format!("查询没有给出列“{name}”（group_by）");
            let span = self.sheet.group_span.clone().unwrap_or_else(|| self.sheet.query_span.clone());
            self.add("BD0509", span, message, hint(name, valid.clone()));
        }
        if self.sheet.query.reads("heads") && !given("household_id") {
            let message = "查询用到heads，没有给出列“household_id”".to_owned();
            let hint = "请在SELECT中加上household_id，程序凭它读户主的姓名".to_owned();
            self.add("BD0509", self.sheet.query_span.clone(), message, hint);
        }
        if let Some(key) = self.list.split.key_column().filter(|key| !given(key)) {
            let message = format!("清单按“{key}”分发，工作表“{}”的查询没有给出这一列", self.sheet.name);
            let hint = format!("请在SELECT中加上{key}");
            self.add("BD0509", self.sheet.query_span.clone(), message, hint);
        }
    }
}

/// What polars says, as far as it can be told in a word, what to do, and the word of the query that it names. Its own messages are English.
fn in_words(error: &PolarsError) -> (String, String, Option<String>) {
    let said = error.to_string();
    let named = said.split(['"', '\'', '`']).nth(1).map(str::to_owned);
    let (message, hint) = match error {
        PolarsError::ColumnNotFound(name) => {
            let message = format!("查询不能运行：这里没有列“{name}”");
            return (message, "分组以后只有分组的列和聚合可以用".to_owned(), Some(name.to_string()));
        }
        PolarsError::SchemaMismatch(_) | PolarsError::InvalidOperation(_) | PolarsError::ComputeError(_) => {
            ("查询不能运行：有一处两边的类型不合", "数与文字、日期与文字不能相比、相加；UNION ALL 的各列类型要一致")
        }
        PolarsError::Duplicate(_) => ("查询不能运行：给出了两个同名的列", "用 AS 给其中一个另起名字"),
        PolarsError::SQLInterface(_) | PolarsError::SQLSyntax(_) => {
            ("查询不能运行：有一处写法不受支持", "检查函数的参数个数，GROUP BY 是否列全了没有聚合的列")
        }
        _ => ("查询不能运行", "请逐句删减找出是哪一处"),
    };
    (message.to_owned(), hint.to_owned(), named.filter(|word| !word.is_empty() && !word.contains(' ')))
}
