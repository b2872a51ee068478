//! The closing words of a run, for whoever runs it at the end of a long day: what happened, what is to be done next, what is unusual, and
//! where everything went.

mod attention;
mod changes;
mod next_steps;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use bidui_emit::WrittenList;
use bidui_model::Month;
use polars::prelude::DataFrame;

use crate::published::PublishedMonth;
use crate::render::tidy;
use crate::run::Published;
use attention::attention;
use changes::{Before, before, changes};
use next_steps::next_steps;

/// The summary, for standard output.
pub(crate) fn of_run(published: &Published, month: Month) -> String {
    let mut text = String::new();
    let out = published.folder.parent().unwrap_or(Path::new("."));
    let before = before(out, month);
    let _ = writeln!(text, "\n{} 比对完成：{}", month.in_chinese(), tidy(&published.folder).display());
    warned(&mut text, published, before.as_ref());
    next_steps(&mut text, published, month);
    let broken = || PublishedMonth::broken(out, month.plus(-1));
    changes(&mut text, published, before.as_ref(), broken);
    attention(&mut text, published);
    flow(&mut text, published);
    linkage(&mut text, published);
    let _ = writeln!(text, "清单（{}）：", tidy(&published.folder).display());
    for folder in ["towns", "departments", "district"] {
        let _ = writeln!(text, "  {:14}{}", format!("{folder}/"), written(&published.lists, folder));
    }
    let _ = writeln!(text, "  data/         全部关系表（Parquet、CSV），manifest.json 记有来源与校验值");
    text
}

/// The first few of a list, and how many there are.
fn few(names: &[&str], most: usize) -> String {
    if names.len() <= most {
        return names.join("、");
    }
    format!("{}等{}项", names[..most].join("、"), names.len())
}

/// How often each word stands in a column.
fn counted<'a>(frame: &'a DataFrame, column: &str) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for word in words(frame, column) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// The lists of a folder: those that come back by their names, and how many others there are to read.
fn written(lists: &[WrittenList], folder: &str) -> String {
    let of_folder = || lists.iter().filter(|list| list.file.split('/').next() == Some(folder));
    let name = |list: &WrittenList| Some(list.file.rsplit('/').next()?.strip_suffix(".xlsx")?.to_owned());
    let all: BTreeSet<String> = of_folder().filter_map(name).collect();
    let back: BTreeSet<String> = of_folder().filter(|list| !list.issued.is_empty()).filter_map(name).collect();
    let back: Vec<String> = back.into_iter().collect();
    match (back.len(), all.len() - back.len()) {
        (0, others) => format!("{others}种，只看不收"),
        (_, 0) => format!("填好收回：{}", back.join("、")),
        (_, others) => format!("填好收回：{}；另{others}种只看", back.join("、")),
    }
}

fn flow(text: &mut String, published: &Published) {
    let sum = |stage: &str| {
        let of = published.totals.balances.iter().filter(|balance| balance.stage == stage);
        of.fold((0, 0, 0), |sum, balance| (sum.0 + balance.received, sum.1 + balance.kept, sum.2 + balance.set_aside))
    };
    let (received, kept, rejected) = sum("ingest");
    let (_, linked, unlinked) = sum("link");
    let (signals, live, review) = sum("signals");
    let (warnings, routed, unrouted) = sum("route");
    let _ = writeln!(text, "控制总数（两条路径核对一致）：");
    let _ = writeln!(text, "  收到 {received} 行 = 留用 {kept} + 剔除 {rejected}");
    let _ = writeln!(text, "  留用 {kept} 行 = 关联 {linked} + 未关联 {unlinked}");
    let quiet = quiet(published);
    let shown = if quiet > 0 { format!(" + 核查过或已监测、不再下发 {quiet}") } else { String::new() };
    let _ = writeln!(text, "  信号 {signals} 条 = 生效 {live}{shown} + 待判定 {}", review.saturating_sub(quiet));
    let _ = writeln!(text, "  预警 {warnings} 户 = 派到镇 {routed} + 未归属 {unrouted}");
    cases(text, published);
}

/// Signals that need no answer, each with its reason in the relation.
fn quiet(published: &Published) -> u64 {
    let states = published.relations.get("signals").map(|signals| words(signals, "state")).unwrap_or_default();
    states.iter().filter(|state| matches!(**state, "cooling" | "suppressed")).count() as u64
}

/// What the ledger stands at.
fn cases(text: &mut String, published: &Published) {
    let all = published.totals.balances.iter().find(|balance| balance.stage == "cases" && balance.feed == "全部");
    if let Some(all) = all {
        let _ = writeln!(text, "  档案 {} 户 = 未办结 {} + 本月办结 {}", all.received, all.kept, all.set_aside);
    }
}

/// Cases whose towns have not answered in time.
fn overdue(published: &Published) -> usize {
    let cases = published.relations.get("cases").and_then(|cases| cases.column("overdue_days").ok()?.i64().ok());
    cases.map_or(0, |days| days.iter().flatten().filter(|days| *days > 0).count())
}

/// How the rows of the extracts found their persons. The registry's own rows are not among them.
fn linkage(text: &mut String, published: &Published) {
    let Some(linkage) = published.relations.get("linkage") else { return };
    let sum = |columns: &[&str]| -> i64 {
        let found = columns.iter().filter_map(|column| linkage.column(column).ok()?.i64().ok().cloned());
        found.map(|column| column.iter().flatten().sum::<i64>()).sum()
    };
    let by_number = sum(&["certain", "likely", "alias"]);
    let weaker = sum(&["repaired", "damaged_by_excel", "composite", "weighted"]);
    let (decided, places, review) = (sum(&["decided"]), sum(&["place"]), sum(&["review"]));
    let _ = write!(text, "认人：按证件号码 {by_number} 行，按姓名等几项（疑似，身份待核） {weaker} 行");
    for (count, words) in [(decided, "人工认定"), (places, "按村屯")] {
        if count > 0 {
            let _ = write!(text, "，{words} {count} 行");
        }
    }
    let missing = linkage.column("estimated_missing").ok().and_then(|column| column.f64().ok());
    let estimates: Vec<f64> = missing.iter().flat_map(|column| column.iter().flatten()).collect();
    // A sum of some extracts must not be taken for that of all.
    let without = missing.iter().map(|column| column.null_count()).sum::<usize>();
    let missing = (!estimates.is_empty()).then(|| estimates.iter().sum::<f64>());
    let missing = missing.map_or_else(String::new, |missing| {
        let others = if without > 0 { format!("，另{without}份估不出") } else { String::new() };
        format!("；估计还漏认约 {missing:.0} 行（{}份数据{others}）", estimates.len())
    });
    let wrong = linkage.column("expected_wrong").ok().and_then(|column| column.f64().ok());
    let wrong: Vec<f64> = wrong.iter().flat_map(|column| column.iter().flatten()).collect();
    if !wrong.is_empty() {
        let (weighted, wrong) = (sum(&["weighted"]), wrong.iter().sum::<f64>());
        let _ = write!(text, "；其中按权重 {weighted} 行，按各自的概率预计认错 {wrong:.2} 行");
    }
    let list = if review > 0 { "，见 district/待认定关联清单.xlsx" } else { "" };
    let _ = writeln!(text, "\n      待人认定 {review} 行{list}{missing}");
}

fn words<'a>(frame: &'a DataFrame, column: &str) -> Vec<&'a str> {
    let found = frame.column(column).ok().and_then(|column| column.str().ok());
    found.map_or_else(Vec::new, |column| column.iter().map(|word| word.unwrap_or("")).collect())
}

/// How many households are warned, by level, town and what is new of them, beside the month before.
fn warned(text: &mut String, published: &Published, before: Option<&Before>) {
    let Some(warnings) = published.relations.get("warnings") else { return };
    let (levels, towns) = (words(warnings, "level_name"), words(warnings, "town"));
    let by_state = counted(warnings, "state");
    let state = |state: &str| by_state.get(state).copied().unwrap_or(0);
    let was = before
        .map_or_else(String::new, |before| format!("（{}月{}户）", before.month.month(), before.warnings.height()));
    let _ = writeln!(
        text,
        "预警 {} 户{was}：新增 {}，以前未答复而持续 {}，升级 {}，跟进中新增 {}；以前的超期未核查 {} 户",
        warnings.height(),
        state("new"),
        state("continuing"),
        state("escalated"),
        state("reopened"),
        overdue(published)
    );
    let mut names: Vec<(i64, &str)> = Vec::new();
    if let Ok(ranks) = warnings.column("level_rank").and_then(|column| column.i64().cloned()) {
        for (rank, level) in ranks.iter().zip(&levels) {
            let pair = (rank.unwrap_or(0), *level);
            if !names.contains(&pair) {
                names.push(pair);
            }
        }
    }
    names.sort_unstable();
    let now = counted(warnings, "town");
    let then = before.map(|before| counted(&before.warnings, "town"));
    let mut places: Vec<&str> = now.keys().chain(then.iter().flat_map(BTreeMap::keys)).copied().collect();
    places.sort_unstable();
    places.dedup();
    let heading: String = names.iter().map(|(_, name)| format!("{name:>5}")).collect();
    let last = if then.is_some() { "    上月" } else { "" };
    let _ = writeln!(text, "  {}{heading}    合计{last}", pad("乡镇"));
    for place in places {
        let count =
            |name: &str| levels.iter().zip(&towns).filter(|(level, town)| **level == name && **town == place).count();
        let counts: String = names.iter().map(|(_, name)| format!("{:>6}", count(name))).collect();
        let all = now.get(place).copied().unwrap_or(0);
        let was = then.as_ref().map(|then| format!("{:>8}", then.get(place).copied().unwrap_or(0)));
        let shown = if place.is_empty() { "未归属" } else { place };
        let _ = writeln!(text, "  {}{counts}{all:>8}{}", pad(shown), was.unwrap_or_default());
    }
}

/// Pads to ten columns of a terminal.
pub(crate) fn pad(word: &str) -> String {
    pad_to(word, 10)
}

/// Pads to so many columns of a terminal, where a Chinese character takes two.
pub(crate) fn pad_to(word: &str, columns: usize) -> String {
    let width: usize = word.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    format!("{word}{}", " ".repeat(columns.saturating_sub(width)))
}
