//! The part of a sheet's plan by which it comes back: `returns` and `row_key`, held against the sheet's columns and answers.

use std::ops::Range;

use bidui_model::{ReturnKind, SpecFile, SpecTable, nearest};

use crate::list_compile::not_one_of;
use crate::list_plan::{AnswerKind, AnswerPlan, ColumnFormat, ColumnPlan, ReturnPlan};

/// In a book that comes back every sheet with answers does: what is filled in on another would look sent and be lost.
pub(crate) fn hold_answers_return(source: &SpecFile<'_>, sheets: &[SpecTable<'_>]) {
    let asks_back =
        |sheet: &SpecTable<'_>| ["returns", "row_key"].iter().any(|key| sheet.has(key) || sheet.is_misspelt(key));
    if !sheets.iter().any(|sheet| sheet.has("returns")) {
        return;
    }
    for sheet in sheets.iter().filter(|sheet| sheet.has("answers") && !asks_back(sheet)) {
        let name = sheet.text("name").map(|name| name.value).unwrap_or_default();
        let message = format!("工作表“{name}”有要填的列而没有returns，同一清单的别的表要收回");
        let hint = "填在这里的收不回来：请写上returns和row_key，或把要填的列移到另一张不收回的清单";
        source.error("BD0514", sheet.span_of("answers"), message, hint);
    }
}

/// The keys' plan, if the sheet comes back at all.
pub(crate) fn return_plan(
    source: &SpecFile<'_>,
    table: &SpecTable<'_>,
    columns: &[ColumnPlan],
    answers: &[AnswerPlan],
) -> Option<ReturnPlan> {
    let (returns, row_key) = (table.text("returns"), table.text("row_key"));
    let (returns, row_key) = match (returns, row_key) {
        (Some(returns), Some(row_key)) => (returns, row_key),
        (None, None) => return None,
        // One of them is there and wrong.
        _ if table.has("returns") && table.has("row_key") => return None,
        (Some(found), None) => {
            source.error("BD0514", Some(found.span), "写了returns而没有row_key", "请写明按查询的哪一列认行");
            return None;
        }
        (None, Some(found)) => {
            source.error("BD0514", Some(found.span), "写了row_key而没有returns", "请写明收回的是什么，或删去row_key");
            return None;
        }
    };
    let kind = ReturnKind::from_code(&returns.value);
    if kind.is_none() {
        let names: Vec<_> = ReturnKind::ALL.iter().map(|kind| kind.code()).collect();
        not_one_of(source, returns.span.clone(), ("收回的种类", &returns.value), &names);
    }
    if answers.is_empty() {
        source.error(
            "BD0514",
            Some(returns.span.clone()),
            "收回的工作表没有一列answers",
            "没有要填的列，就没有可收回的",
        );
    }
    hold_titles(source, columns, answers);
    if let Some(kind) = kind.filter(|_| !answers.is_empty()) {
        if let Some(fitting) = better_kind(kind, answers) {
            let message = format!("要填的列是 returns = \"{}\" 的，这里写的是“{}”", fitting.code(), kind.code());
            let hint = format!("是不是“{}”？照现在的写法，收回来的多半不记下", fitting.code());
            source.error("BD0514", Some(returns.span.clone()), message, hint);
            return None;
        }
        hold_keys(source, table, kind, (&returns.span, answers));
        let is_once = |answer: &AnswerPlan| answers.iter().filter(|other| other.key == answer.key).count() == 1;
        if answers.iter().all(is_once) {
            hold_kinds(source, kind, answers);
        }
    }
    let Some(column) = columns.iter().find(|column| column.value == row_key.value) else {
        if columns.iter().any(|column| column.value.is_empty()) {
            return None;
        }
        let message = format!("row_key“{}”不是显示的列", row_key.value);
        // Where the query knows the key, it is the column that is misspelt.
        let query = table.text("query").map(|query| query.value).unwrap_or_default();
        let is_known =
            query.split(|sign: char| !(sign.is_alphanumeric() || sign == '_')).any(|word| word == row_key.value);
        let near = nearest(&row_key.value, columns.iter().map(|column| column.value.as_str()));
        if let Some(column) =
            near.filter(|_| is_known).and_then(|near| columns.iter().find(|column| column.value == near))
        {
            let hint = format!("是不是这一列写错了，或 row_key 应写“{}”？认行用的列要写进columns", column.value);
            source.error("BD0514", Some(column.value_span.clone()), message, hint);
            return None;
        }
        source.error("BD0514", Some(row_key.span), message, "认行用的列要印在清单上，请把它写进columns");
        return None;
    };
    if matches!(column.format, ColumnFormat::Numbered(_) | ColumnFormat::Money | ColumnFormat::Percent) {
        source.error("BD0514", Some(column.span.clone()), "认行用的列不能用这种格式", "用plain、centred或lines");
    }
    let kind = kind?;
    // Where what is needed is not asked, it is the kind that is wrong.
    let is_asked = |key: &&str| answers.iter().any(|answer| answer.key == **key);
    let is_whole = keys_read(kind).0.iter().all(is_asked);
    let is_other_key = |wanted: &&str| *wanted != row_key.value && KEYS.contains(&row_key.value.as_str());
    if let Some(wanted) = key_column(kind).filter(is_other_key).filter(|_| is_whole) {
        let message = format!("returns = \"{}\" 的工作表按 {wanted} 认行，不按“{}”", kind.code(), row_key.value);
        source.error(
            "BD0514",
            Some(row_key.span),
            message,
            format!("写 row_key = \"{wanted}\"，否则收回来一行也认不出"),
        );
        return None;
    }
    Some(ReturnPlan { kind, row_key: row_key.value, key_title: column.title.clone(), span: returns.span })
}

/// Columns that rows are known by, of one kind of list or another. A query may call its own otherwise.
const KEYS: [&str; 8] =
    ["case_id", "need_id", "anomaly_id", "check_id", "row_and_person", "household_id", "person_no", "gap_id"];

/// The column whose values the program knows rows of a kind by when they come back, where it is one and the same.
fn key_column(kind: ReturnKind) -> Option<&'static str> {
    match kind {
        ReturnKind::Verification | ReturnKind::FollowUp | ReturnKind::Sample => Some("case_id"),
        ReturnKind::Tasks => Some("need_id"),
        ReturnKind::Anomalies => Some("anomaly_id"),
        ReturnKind::DataCheck => Some("check_id"),
        ReturnKind::LinkReview => Some("row_and_person"),
        ReturnKind::HouseholdCheck => Some("household_id"),
        ReturnKind::Visits | ReturnKind::PolicyGap => None,
    }
}

/// The kind whose answers these are, where the declared one reads hardly any of them.
fn better_kind(kind: ReturnKind, answers: &[AnswerPlan]) -> Option<ReturnKind> {
    let read_of = |kind: ReturnKind| {
        let (needed, read) = keys_read(kind);
        let is_asked = |key: &&&str| answers.iter().any(|answer| answer.key == **key);
        let all_needed = needed.iter().filter(is_asked).count() == needed.len();
        (all_needed, needed.iter().chain(read).filter(is_asked).count())
    };
    let (_, own) = read_of(kind);
    let (needed, read) = keys_read(kind);
    if needed.is_empty() && read.is_empty() {
        // Such a list asks what its county likes.
        return None;
    }
    let others = ReturnKind::ALL.iter().copied().filter(|other| *other != kind);
    let fits = |other: &ReturnKind| {
        let (all_needed, known) = read_of(*other);
        all_needed && known >= LEAST_FITTING && known > own * 2
    };
    others.filter(fits).max_by_key(|other| read_of(*other).1)
}

/// So many answers of another kind are no coincidence.
const LEAST_FITTING: usize = 4;

/// Keys of answers that the program itself reads, by what comes back: those without which nothing would come of it, and the others.
fn keys_read(kind: ReturnKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        ReturnKind::Verification => (
            &["result"],
            &[
                "verified_on",
                "until",
                "need_1",
                "need_2",
                "to_town",
                "income",
                "include",
                "method",
                "education",
                "medical",
                "housing",
                "water",
                "risk",
                "monitor_kind",
                "started_on",
                "verifier_1",
                "verifier_2",
                "review",
                "explanation",
            ],
        ),
        // A county may follow up on several lists.
        ReturnKind::FollowUp => (
            &[],
            &[
                "included_on",
                "monitor_kind",
                "helper_on",
                "plan_on",
                "measure_1",
                "measure_2",
                "measures_on",
                "eliminated_on",
            ],
        ),
        ReturnKind::Tasks => (&["outcome"], &["met_on", "explanation"]),
        ReturnKind::Sample => {
            let read = &[
                "result",
                "checked_on",
                "checker",
                "until",
                "need_1",
                "need_2",
                "to_town",
                "explanation",
                "monitor_kind",
                "risk",
                "started_on",
            ];
            (&["outcome"], read)
        }
        ReturnKind::HouseholdCheck => (&[], &["result", "corrected", "checker_1", "checker_2", "review"]),
        ReturnKind::Anomalies => (&[], &["result", "until", "explanation"]),
        ReturnKind::LinkReview => (&["decision"], &["decided_by", "decided_on"]),
        _ => (&[], &[]),
    }
}

/// Words that the program itself looks for among the options of an answer, each at their beginning.
fn words_read(kind: ReturnKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        ReturnKind::Tasks => &[("outcome", "已落实"), ("outcome", "不符合条件")],
        ReturnKind::Sample => &[("outcome", "不一致")],
        ReturnKind::HouseholdCheck => &[("result", "不一致")],
        ReturnKind::Anomalies => &[("result", "豁免")],
        ReturnKind::LinkReview => &[("decision", "是此人"), ("decision", "不是底册中的人")],
        _ => &[],
    }
}

/// Keys of days on which something was done, of which the program counts.
pub const DAYS_DONE: [&str; 9] = [
    "verified_on",
    "started_on",
    "checked_on",
    "included_on",
    "helper_on",
    "plan_on",
    "measures_on",
    "eliminated_on",
    "met_on",
];
/// Of other days.
const OTHER_DAYS: [&str; 2] = ["until", "decided_on"];

/// An answer that the program reads and that cannot hold what it looks for.
fn hold_kinds(source: &SpecFile<'_>, kind: ReturnKind, answers: &[AnswerPlan]) {
    let (needed, read) = keys_read(kind);
    for answer in answers.iter().filter(|answer| needed.iter().chain(read).any(|key| *key == answer.key)) {
        let wanted = match answer.key.as_str() {
            key if DAYS_DONE.iter().chain(&OTHER_DAYS).any(|day| *day == key) && answer.kind != AnswerKind::Date => {
                "kind = \"date\""
            }
            "income" if answer.kind != AnswerKind::Money => "kind = \"money\"",
            "to_town" if answer.kind != AnswerKind::Town => "kind = \"town\"",
            _ => continue,
        };
        let message = format!("“{}”是程序要算的一列，不是这种写法", answer.key);
        source.error("BD0514", Some(answer.span.clone()), message, format!("写 {wanted}"));
    }
    for (key, word) in words_read(kind) {
        let Some(answer) = answers.iter().find(|answer| answer.key == *key) else { continue };
        let AnswerKind::Options(options) = &answer.kind else { continue };
        if !options.iter().any(|option| option.starts_with(word)) {
            let message = format!("“{key}”的选项里没有程序要认的“{word}”");
            let hint = format!("要有一项写作或开头是“{word}”，否则收回来也不照办");
            source.error("BD0514", Some(answer.span.clone()), message, hint);
        }
    }
}

/// A key that is almost one that the program reads, and one that it needs and nobody asks for.
fn hold_keys(
    source: &SpecFile<'_>,
    table: &SpecTable<'_>,
    kind: ReturnKind,
    (returns, answers): (&Range<usize>, &[AnswerPlan]),
) {
    let (needed, read) = keys_read(kind);
    let asked = |key: &str| answers.iter().any(|answer| answer.key == key);
    // What could not be read may be what is missing.
    let is_twice = |answer: &AnswerPlan| answers.iter().filter(|other| other.key == answer.key).count() > 1;
    let is_whole = answers.len() == table.items("answers").len() && !answers.iter().any(is_twice);
    if !is_whole {
        return;
    }
    let is_read = |key: &str| needed.contains(&key) || read.contains(&key);
    let slip_of = |key: &str| {
        let strangers = answers.iter().filter(|answer| !is_read(&answer.key));
        let near = nearest(key, strangers.clone().map(|answer| answer.key.as_str()))?;
        strangers.clone().find(|answer| answer.key == near)
    };
    if let Some(key) = needed.iter().find(|key| !asked(key) && slip_of(key).is_none()) {
        let message = format!("returns = \"{}\" 的工作表没有key为“{key}”的一列", kind.code());
        let hint = "没有它，收回来的什么也不会记下；补上这一列，或看 returns 写得对不对";
        return source.error("BD0514", Some(returns.clone()), message, hint);
    }
    let mut slips: Vec<&str> = Vec::new();
    for key in needed.iter().chain(read).copied().filter(|key| !asked(key)) {
        let Some(slip) = slip_of(key).filter(|slip| !slips.contains(&slip.key.as_str())) else { continue };
        let message = format!("“{}”不是程序读的key，而key为“{key}”的一列没有", slip.key);
        source.error("BD0514", Some(slip.key_span.clone()), message, format!("是不是“{key}”？"));
        slips.push(&slip.key);
    }
}

/// A list that comes back is read by its headings, so that each may stand there once.
fn hold_titles(source: &SpecFile<'_>, columns: &[ColumnPlan], answers: &[AnswerPlan]) {
    let mut seen = vec![ReturnPlan::TAG_TITLE];
    let columns = columns.iter().map(|column| (column.title.as_str(), &column.span));
    for (title, span) in columns.chain(answers.iter().map(|answer| (answer.title.as_str(), &answer.title_span))) {
        if seen.contains(&title) {
            let message = format!("列名“{title}”重复");
            source.error("BD0514", Some(span.clone()), message, "收回的清单按列名读，列名要各不相同，也不能叫“校验码”");
        }
        seen.push(title);
    }
    let mut keys: Vec<&str> = Vec::new();
    for answer in answers {
        if keys.contains(&answer.key.as_str()) {
            let message = format!("要填的列的key“{}”重复", answer.key);
            source.error("BD0514", Some(answer.key_span.clone()), message, "每个key只能用一次");
        }
        keys.push(&answer.key);
    }
}
