//! The levels of a comparison from TOML: `{ test = "exact" }`, `{ all = [{ … }, { … }] }`, and at last `{ test = "otherwise" }`, which is
//! added where it is not written.

use bidui_model::{SpecFile, SpecTable};

use crate::compare::MOST_LEVELS;
use crate::model::{Field, Level, Test, TestKind};
use crate::spec::{did_you_mean, field_named};

const TESTS: [&str; 7] = ["exact", "jaro_winkler", "edits", "date_parts", "date_swapped", "prefix", "otherwise"];

pub(crate) fn levels(
    source: &SpecFile<'_>,
    table: &SpecTable<'_>,
    fields: &[Field],
    field: Option<usize>,
) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    let items = table.items("levels");
    for item in &items {
        let Some(entry) = table.entry_table("levels", item) else { continue };
        let span = entry.span.clone();
        let after_the_last = levels.last().is_some_and(|level| level.tests.is_empty());
        if after_the_last {
            source.error("BD0806", Some(span), "“otherwise”之后还有档次", "把它移到最后");
        } else if let Some(level) = level(source, &entry, fields, field) {
            levels.push(level);
        }
        entry.finish();
    }
    if items.is_empty() {
        source.error("BD0806", Some(table.span.clone()), "这项比较没有档次", "写 levels = [{ test = \"exact\" }]");
    }
    if levels.last().is_none_or(|level| !level.tests.is_empty()) {
        let name = "otherwise".to_owned();
        levels.push(Level { name, tests: Vec::new(), frequency: false, pinned_m: None, pinned_u: None });
    }
    if levels.len() > MOST_LEVELS {
        source.error("BD0806", Some(table.span.clone()), format!("档次超过{MOST_LEVELS}个"), "合并或删去一些");
    }
    levels
}

fn level(source: &SpecFile<'_>, entry: &SpecTable<'_>, fields: &[Field], field: Option<usize>) -> Option<Level> {
    let mut tests = Vec::new();
    let mut words = Vec::new();
    let mut whole = true;
    let all = entry.items("all");
    if all.is_empty() {
        let found = test(source, entry, fields, field);
        whole = found.is_some();
        if let Some((found, word)) = found {
            tests.extend(found);
            words.push(word);
        }
    }
    for item in all {
        let Some(part) = entry.entry_table("all", item) else { continue };
        match test(source, &part, fields, field) {
            Some((Some(found), word)) => {
                tests.push(found);
                words.push(word);
            }
            _ => whole = false,
        }
        part.finish();
    }
    let frequency = entry.flag("frequency");
    let (pinned_m, pinned_u) = (rate(source, entry, "m"), rate(source, entry, "u"));
    let name = entry.text("name").map_or_else(|| words.join(" + "), |found| found.value);
    if let Some(flag) = frequency.as_ref().filter(|flag| flag.value && whole)
        && !tests.iter().any(|test: &Test| test.kind == TestKind::Exact)
    {
        source.error("BD0806", Some(flag.span.clone()), "frequency 只用于 exact", "值相同才有“这个值常不常见”可言");
    }
    let frequency = frequency.is_some_and(|flag| flag.value);
    whole.then_some(Level { name, tests, frequency, pinned_m, pinned_u })
}

/// A test and the words that name it; no test for `otherwise`.
fn test(
    source: &SpecFile<'_>,
    entry: &SpecTable<'_>,
    fields: &[Field],
    field: Option<usize>,
) -> Option<(Option<Test>, String)> {
    let kind = entry.required_text("test");
    let of = |key| match entry.text(key) {
        Some(found) => field_named(source, fields, &found, &found.value),
        None => field,
    };
    let (left, right) = (of("left"), of("right"));
    let found = kind?;
    let (at_least, at_most) = (entry.number("at_least"), entry.number("at_most"));
    let bound = |number: &Option<bidui_model::Found<f64>>, key: &str, range: std::ops::RangeInclusive<f64>| {
        let value = number.as_ref().map(|found| found.value).filter(|value| range.contains(value));
        if value.is_none() {
            let span = number.as_ref().map_or_else(|| found.span.clone(), |number| number.span.clone());
            let hint = format!("写 {key} = {}到{}之间的数", range.start(), range.end());
            source.error("BD0806", Some(span), format!("“{}”要有 {key}", found.value), hint);
        }
        value
    };
    let kind = match found.value.as_str() {
        "exact" => TestKind::Exact,
        "jaro_winkler" => TestKind::JaroWinkler { at_least: bound(&at_least, "at_least", 0.5..=1.0)? },
        "edits" => TestKind::Edits { at_most: bound(&at_most, "at_most", 1.0..=9.0)? as usize },
        "date_parts" => TestKind::DateParts { at_least: bound(&at_least, "at_least", 1.0..=3.0)? as usize },
        "date_swapped" => TestKind::DateSwapped,
        "prefix" => TestKind::Prefix,
        "otherwise" => return Some((None, found.value)),
        other => {
            source.error("BD0806", Some(found.span), format!("不认识的比较方法“{other}”"), did_you_mean(other, &TESTS));
            return None;
        }
    };
    let (left, right) = (left?, right?);
    let number = at_least.or(at_most).map_or_else(String::new, |found| format!(" {}", found.value));
    let of_fields = if left == right && Some(left) == field {
        String::new()
    } else {
        let name = |at: usize| fields.get(at).map_or("", |field| field.name.as_str());
        format!(" {}/{}", name(left), name(right))
    };
    Some((Some(Test { kind, left, right }), format!("{}{number}{of_fields}", found.value)))
}

fn rate(source: &SpecFile<'_>, entry: &SpecTable<'_>, key: &'static str) -> Option<f64> {
    let found = entry.number(key)?;
    if found.value > 0.0 && found.value < 1.0 {
        return Some(found.value);
    }
    source.error("BD0806", Some(found.span), format!("“{key}”应在0与1之间"), "它是这一档出现的机会");
    None
}
