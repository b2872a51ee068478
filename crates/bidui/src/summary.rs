//! The closing words of a run: what came in, where it went, what to look at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use bidui_emit::WrittenList;
use polars::prelude::DataFrame;

use crate::render::tidy;
use crate::run::Published;

/// The summary, for standard output.
pub(crate) fn of_run(published: &Published, county: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "\n{county} 比对完成");
    flow(&mut text, published);
    linkage(&mut text, published);
    levels(&mut text, published);
    attention(&mut text, published);
    let towns = published.lists.iter().filter(|list| list.list == "verification" && !list.key.is_empty()).count();
    let _ = writeln!(text, "清单：{}", tidy(&published.folder).display());
    for (folder, whose) in
        [("towns", format!("{towns}个镇：")), ("departments", "各部门：".to_owned()), ("district", String::new())]
    {
        let _ = writeln!(text, "  {:14}{whose}{}", format!("{folder}/"), written(&published.lists, folder).join("、"));
    }
    let _ = writeln!(text, "  data/         全部关系表（Parquet、CSV），manifest.json 记有来源与校验值");
    if let Some(key) = &published.new_key {
        let _ = writeln!(text, "\n注意：首次运行，已生成密钥“{}”（仅本人可读）。", tidy(key).display());
        let _ = writeln!(text, "      请立即备份到安全的地方。密钥丢失后，已封存的历史数据将无法再用。");
    }
    text
}

/// The lists of a folder by their names, each once.
fn written<'a>(lists: &'a [WrittenList], folder: &str) -> Vec<&'a str> {
    let files = lists.iter().map(|list| list.file.as_str()).filter(|file| file.split('/').next() == Some(folder));
    let names = files.filter_map(|file| file.rsplit('/').next()?.strip_suffix(".xlsx"));
    names.collect::<BTreeSet<_>>().into_iter().collect()
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
    let (Some(all), Some(warnings)) = (all, published.relations.get("warnings")) else { return };
    let _ = writeln!(text, "  档案 {} 户 = 未办结 {} + 本月办结 {}", all.received, all.kept, all.set_aside);
    let states = words(warnings, "state");
    let count = |state: &str| states.iter().filter(|found| **found == state).count();
    let (new, goes_on) = (count("new"), count("continuing"));
    let (escalated, reopened) = (count("escalated"), count("reopened"));
    let overdue = published.relations.get("cases").and_then(|cases| {
        let days = cases.column("overdue_days").ok()?.i64().ok()?;
        Some(days.iter().flatten().filter(|days| *days > 0).count())
    });
    let _ = writeln!(
        text,
        "本月预警：新增 {new} 户，以前未答复而持续 {goes_on} 户，升级 {escalated} 户，跟进中新增 {reopened} 户；超期未核查 {} 户",
        overdue.unwrap_or(0)
    );
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
    let missing = (!estimates.is_empty()).then(|| estimates.iter().sum::<f64>());
    let missing = missing.map_or_else(String::new, |missing| format!("；估计还漏认约 {missing:.0} 行"));
    let list = if review > 0 { "，见 district/待认定关联清单.xlsx" } else { "" };
    let _ = writeln!(text, "\n      待人认定 {review} 行{list}{missing}");
}

fn words<'a>(frame: &'a DataFrame, column: &str) -> Vec<&'a str> {
    let found = frame.column(column).ok().and_then(|column| column.str().ok());
    found.map_or_else(Vec::new, |column| column.iter().map(|word| word.unwrap_or("")).collect())
}

fn levels(text: &mut String, published: &Published) {
    let Some(warnings) = published.relations.get("warnings") else { return };
    let (levels, towns) = (words(warnings, "level_name"), words(warnings, "town"));
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
    let mut places: Vec<&str> = towns.clone();
    places.sort_unstable();
    places.dedup();
    let _ = writeln!(text, "预警户数：");
    let heading: String = names.iter().map(|(_, name)| format!("{name:>5}")).collect();
    let _ = writeln!(text, "  {}{heading}    合计", pad("乡镇"));
    for place in places {
        let count =
            |name: &str| levels.iter().zip(&towns).filter(|(level, town)| **level == name && **town == place).count();
        let counts: String = names.iter().map(|(_, name)| format!("{:>6}", count(name))).collect();
        let all = towns.iter().filter(|town| **town == place).count();
        let shown = if place.is_empty() { "未归属" } else { place };
        let _ = writeln!(text, "  {}{counts}{all:>8}", pad(shown));
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

fn attention(text: &mut String, published: &Published) {
    let mut lines = Vec::new();
    let mut changed = Vec::new();
    if let Some(feeds) = published.relations.get("feeds") {
        let (names, status, notes) = (words(feeds, "feed"), words(feeds, "status"), words(feeds, "note"));
        let (files, changes) = (words(feeds, "files"), words(feeds, "layout_change"));
        for at in 0..feeds.height() {
            match status[at] {
                "missing" => lines.push(format!("《{}》未到", names[at])),
                "held" => lines.push(format!("《{}》暂缓使用：{}", names[at], notes[at])),
                "stranger" => lines.push(format!("“{}”{}", files[at], notes[at])),
                _ => {}
            }
            if status[at] == "ok" {
                changed.extend(Some(names[at]).filter(|_| !changes[at].is_empty()));
                lines.extend(Some(format!("《{}》{}", names[at], notes[at])).filter(|_| !notes[at].is_empty()));
            }
        }
        if !changed.is_empty() {
            lines.push(format!("表头与上次不同的有{}份：{}（已按约定的列名读取）", changed.len(), changed.join("、")));
        }
    }
    if let Some(facts) = published.relations.get("facts") {
        lines.extend(unknown_facts(facts));
        lines.extend(noted_facts(facts));
    }
    lines.extend(published.notes.iter().cloned());
    if !lines.is_empty() {
        let _ = writeln!(text, "请留意：\n  {}", lines.join("\n  "));
    }
}

/// Facts that are known with a remark: a window that the data do not fill yet, a comparison with an older month.
fn noted_facts(facts: &DataFrame) -> Vec<String> {
    let (titles, status, notes) = (words(facts, "title"), words(facts, "status"), words(facts, "note"));
    let mut by_note: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for at in (0..facts.height()).filter(|at| status[*at] == "known" && !notes[*at].is_empty()) {
        by_note.entry(notes[at]).or_default().push(titles[at]);
    }
    by_note.into_iter().map(|(note, titles)| format!("{note}的指标：{}", titles.join("、"))).collect()
}

/// One line a feed: which facts are unknown, and which rules are silent for it. The reason stands once.
fn unknown_facts(facts: &DataFrame) -> Vec<String> {
    let (titles, status, notes) = (words(facts, "title"), words(facts, "status"), words(facts, "note"));
    let (feeds, rules) = (words(facts, "feed"), words(facts, "rules"));
    /// Titles of facts, and rules.
    type Silenced<'a> = (Vec<&'a str>, Vec<&'a str>);
    let mut by_reason: BTreeMap<(&str, &str), Silenced<'_>> = BTreeMap::new();
    for at in (0..facts.height()).filter(|at| status[*at] == "unknown") {
        let (unknown, silent) = by_reason.entry((feeds[at], notes[at])).or_default();
        unknown.push(titles[at]);
        silent.extend(rules[at].split(',').filter(|rule| !rule.is_empty()));
    }
    by_reason
        .into_iter()
        .map(|((feed, note), (unknown, mut silent))| {
            silent.sort_unstable();
            silent.dedup();
            // Why a file is held has been said above, in full.
            let reason = note.split('：').next().unwrap_or(note);
            let rules = if silent.is_empty() {
                String::new()
            } else {
                format!("；规则 {} 本月无法判定", silent.join("、"))
            };
            format!("《{feed}》{reason}，指标未知：{}{rules}", unknown.join("、"))
        })
        .collect()
}
