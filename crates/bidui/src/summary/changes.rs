//! What is unusual beside the month before: rules, towns and extracts that changed by more than chance lets them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use bidui_model::Month;
use polars::prelude::DataFrame;

use super::{counted, words};
use crate::published::PublishedMonth;
use crate::run::Published;

/// The month before, as it was published.
pub(super) struct Before {
    pub(super) month: Month,
    pub(super) warnings: DataFrame,
    signals: DataFrame,
    feeds: DataFrame,
    rules: Option<DataFrame>,
}

/// `None` where it is not there, or was written by a program that knew other columns.
pub(super) fn before(out: &Path, month: Month) -> Option<Before> {
    let month = month.plus(-1);
    let published = PublishedMonth::find(out, month)?;
    let relation = |name: &str| published.try_relation(name).ok().flatten();
    Some(Before {
        month,
        warnings: relation("warnings")?,
        signals: relation("signals")?,
        feeds: relation("feeds")?,
        rules: relation("rules"),
    })
}

/// Lines of each sort at most; the rest is in the report.
const MOST_LINES: usize = 4;

pub(super) fn changes(
    text: &mut String,
    published: &Published,
    before: Option<&Before>,
    broken: impl Fn() -> Option<String>,
) {
    let Some(before) = before else {
        let why = broken().unwrap_or_else(|| "上月没有发布".to_owned());
        let _ = writeln!(text, "与上月相比：{why}，无从比较");
        return;
    };
    let mut lines = Vec::new();
    let relation = |name: &str| published.relations.get(name);
    if let (Some(rules), Some(known)) = (relation("rules"), &before.rules) {
        lines.extend(gone(&counted(rules, "title"), &counted(known, "title")));
    }
    if let Some(signals) = relation("signals") {
        let (now, was) = (by_rule(signals), by_rule(&before.signals));
        lines.extend(unusual(&now, &was, |rule, now, was| format!("规则“{rule}”触发{now}户，上月{was}户")));
    }
    if let Some(warnings) = relation("warnings") {
        let (now, was) = (counted(warnings, "town"), counted(&before.warnings, "town"));
        lines.extend(unusual(&now, &was, |town, now, was| {
            let town = if town.is_empty() { "未归属" } else { town };
            format!("{town}预警{now}户，上月{was}户")
        }));
    }
    if let Some(feeds) = relation("feeds") {
        lines.extend(of_feeds(feeds, &before.feeds));
    }
    if lines.is_empty() {
        let _ = writeln!(text, "与上月相比：规则、乡镇、各份数据的数量没有异常的变化");
    } else {
        let _ = writeln!(text, "与上月相比，变化异常的：\n  {}", lines.join("\n  "));
    }
}

/// Rules that are there no more: a file of the configuration may have been left behind.
fn gone(now: &BTreeMap<&str, usize>, was: &BTreeMap<&str, usize>) -> Option<String> {
    let gone: Vec<&str> = was.keys().filter(|rule| !now.contains_key(*rule)).copied().collect();
    let shown = super::few(&gone, MOST_LINES);
    (!gone.is_empty()).then(|| {
        format!("上月有、本月没有的规则{}条：{shown}；不是有意停用的，请核对 config/rules 是否齐全", gone.len())
    })
}

/// Households that each rule fired for, whether they are asked again or not.
fn by_rule(signals: &DataFrame) -> BTreeMap<&str, usize> {
    counted(signals, "rule_title")
}

/// Two counts of rare things differ by about the root of their sum. Three times that, and five at the least, is no chance.
fn is_unusual(now: usize, was: usize) -> bool {
    let apart = now.abs_diff(was);
    apart >= 5 && apart as f64 > 3.0 * ((now + was) as f64).sqrt()
}

/// The largest changes first.
fn unusual(
    now: &BTreeMap<&str, usize>,
    was: &BTreeMap<&str, usize>,
    told: impl Fn(&str, usize, usize) -> String,
) -> Vec<String> {
    let names = now.keys().chain(was.keys().filter(|name| !now.contains_key(*name)));
    let count = |of: &BTreeMap<&str, usize>, name: &str| of.get(name).copied().unwrap_or(0);
    let mut found: Vec<(usize, &str)> = names
        .map(|name| (count(now, name).abs_diff(count(was, name)), *name))
        .filter(|(_, name)| is_unusual(count(now, name), count(was, name)))
        .collect();
    found.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    found.iter().take(MOST_LINES).map(|(_, name)| told(name, count(now, name), count(was, name))).collect()
}

/// Extracts whose amount changed: lists by a fifth, what is new each month by half, and both by more than chance.
fn of_feeds(now: &DataFrame, was: &DataFrame) -> Vec<String> {
    let (before, now_kept) = (kept(was), kept(now));
    let (names, kinds, status) = (words(now, "feed"), words(now, "kind"), words(now, "status"));
    let mut found: Vec<(f64, String)> = Vec::new();
    for at in 0..now.height() {
        let (Some(now), Some(was)) = (now_kept.get(names[at]), before.get(names[at])) else { continue };
        let share = (*now as f64 - *was as f64) / (*was).max(1) as f64;
        let least = if kinds[at] == "events" { 0.5 } else { 0.2 };
        if status[at] == "ok" && share.abs() >= least && is_unusual(*now, *was) {
            let way = if share > 0.0 { "多" } else { "少" };
            let by = if *was == 0 { String::new() } else { format!("，{way}{:.0}%", share.abs() * 100.0) };
            let line = format!("《{}》{now}行，上月{was}行{by}", names[at]);
            found.push((share.abs(), line));
        }
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    found.into_iter().take(MOST_LINES).map(|(_, line)| line).collect()
}

/// Rows of each extract that could be used.
fn kept(feeds: &DataFrame) -> BTreeMap<&str, usize> {
    let Some(rows) = feeds.column("kept").ok().and_then(|column| column.i64().ok()) else { return BTreeMap::new() };
    let pairs = words(feeds, "feed").into_iter().zip(rows.iter());
    pairs.filter_map(|(feed, rows)| Some((feed, usize::try_from(rows?).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(now: usize, was: usize, expected: bool) {
        assert_eq!(is_unusual(now, was), expected, "{now} {was}");
        assert_eq!(is_unusual(was, now), expected, "{was} {now}");
    }

    #[test]
    fn chance_is_not_told_of() {
        check(0, 4, false);
        check(3, 9, false);
        check(10, 30, true);
        check(0, 10, true);
        check(1_000, 1_100, false);
        check(1_000, 1_200, true);
    }
}
