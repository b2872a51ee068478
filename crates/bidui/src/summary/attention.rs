//! What a person should look at, a line a matter: the same matter in several extracts is told once, and long lists are cut.

use std::collections::BTreeMap;
use std::fmt::Write;

use polars::prelude::DataFrame;

use super::{few, words};
use crate::clusters;
use crate::run::Published;

/// Names that a line has room for.
const MOST_NAMES: usize = 4;

pub(super) fn attention(text: &mut String, published: &Published) {
    let mut lines = Vec::new();
    if let Some(feeds) = published.relations.get("feeds") {
        lines.extend(of_feeds(feeds));
    }
    if let Some(facts) = published.relations.get("facts") {
        lines.extend(unknown_facts(facts));
        lines.extend(noted_facts(facts));
    }
    lines.extend(published.relations.get("cases").and_then(gone_households));
    lines.extend(published.relations.get("clusters").and_then(common_causes));
    lines.extend(published.notes.iter().cloned());
    if !lines.is_empty() {
        let _ = writeln!(text, "请留意：\n  {}", lines.join("\n  "));
    }
}

/// The same cause in many households of a place.
fn common_causes(clusters: &DataFrame) -> Option<String> {
    let (words, all) = clusters::in_words(clusters, MOST_NAMES).ok().filter(|(_, all)| *all > 0)?;
    let more = if all > MOST_NAMES { format!("等{all}处") } else { String::new() };
    Some(format!("同因聚集：{words}{more}，请查明有没有共同原因；见 district/重点区域清单.xlsx"))
}

/// Cases of households that the registry lacks.
fn gone_households(cases: &DataFrame) -> Option<String> {
    let gone = words(cases, "registry_note").iter().filter(|note| !note.is_empty()).count();
    (gone > 0).then(|| {
        format!(
            "未办结的{gone}户本月底册里没有（改了户编号，或已不在册）：见 district/未归属清单.xlsx 的“底册已无此户”"
        )
    })
}

fn of_feeds(feeds: &DataFrame) -> Vec<String> {
    let (names, status, notes) = (words(feeds, "feed"), words(feeds, "status"), words(feeds, "note"));
    let (files, changes) = (words(feeds, "files"), words(feeds, "layout_change"));
    let (mut lines, mut changed, mut remarks) = (Vec::new(), Vec::new(), Remarks::default());
    for at in 0..feeds.height() {
        match status[at] {
            "missing" => lines.push(format!("《{}》未到", names[at])),
            "held" => lines.push(format!("《{}》暂缓使用：{}", names[at], notes[at])),
            "stranger" => lines.push(format!("“{}”{}", files[at], notes[at])),
            "ok" => {
                changed.extend(Some(names[at]).filter(|_| !changes[at].is_empty()));
                remarks.add(names[at], notes[at]);
            }
            _ => {}
        }
    }
    lines.extend(remarks.told());
    if !changed.is_empty() {
        let all = if changed.len() > MOST_NAMES { "，全部见各部门的到件与质量反馈" } else { "" };
        lines.push(format!(
            "表头与上次不同的有{}份，已按约定的列名读取：{}{all}",
            changed.len(),
            few(&changed, MOST_NAMES)
        ));
    }
    lines
}

/// Remarks on extracts by what they say beside the file's name.
#[derive(Default)]
struct Remarks<'a> {
    /// The remark without the files that it begins with, and the extracts with those files, in the order they came.
    found: Vec<(&'a str, Vec<(&'a str, &'a str)>)>,
}

impl<'a> Remarks<'a> {
    fn add(&mut self, feed: &'a str, notes: &'a str) {
        for note in notes.split('；').filter(|note| !note.is_empty()) {
            let rest = without_files(note);
            match self.found.iter_mut().find(|(other, _)| *other == rest) {
                Some((_, feeds)) => feeds.push((feed, note)),
                None => self.found.push((rest, vec![(feed, note)])),
            }
        }
    }

    /// A remark that several extracts share, once; the others by extract, as they were written.
    fn told(self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut alone: Vec<(&str, Vec<&str>)> = Vec::new();
        for (rest, feeds) in &self.found {
            let mut names: Vec<String> = feeds.iter().map(|(feed, _)| format!("《{feed}》")).collect();
            names.dedup();
            if names.len() > 1 {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                lines.push(format!("{}份数据{rest}：{}", names.len(), few(&names, MOST_NAMES)));
                continue;
            }
            for (feed, note) in feeds {
                match alone.iter_mut().find(|(other, _)| other == feed) {
                    Some((_, notes)) => notes.push(note),
                    None => alone.push((feed, vec![note])),
                }
            }
        }
        lines.extend(alone.into_iter().map(|(feed, notes)| format!("《{feed}》{}", notes.join("；"))));
        lines
    }
}

/// `“甲.xlsx”、“乙.xlsx”的工作表…` without the files.
fn without_files(note: &str) -> &str {
    let mut rest = note;
    while let Some((_, behind)) = rest.strip_prefix('“').and_then(|inside| inside.split_once('”')) {
        rest = behind.strip_prefix('、').unwrap_or(behind);
    }
    rest
}

/// Facts that are known with a remark: a window that the data do not fill yet, a comparison with an older month.
fn noted_facts(facts: &DataFrame) -> Vec<String> {
    let (titles, status, notes) = (words(facts, "title"), words(facts, "status"), words(facts, "note"));
    let mut by_note: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for at in (0..facts.height()).filter(|at| status[*at] == "known" && !notes[*at].is_empty()) {
        by_note.entry(notes[at]).or_default().push(titles[at]);
    }
    by_note.into_iter().map(|(note, titles)| format!("{note}的指标：{}", few(&titles, MOST_NAMES))).collect()
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
            format!("《{feed}》{reason}，指标未知：{}{rules}", few(&unknown, MOST_NAMES))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_extracts_share_is_told_once() {
        let mut remarks = Remarks::default();
        remarks.add("甲", "“a.xlsx”的工作表“上月底稿”未读：隐藏的工作表");
        remarks.add("乙", "“b.xlsx”的工作表“上月底稿”未读：隐藏的工作表；“b.xlsx”有3个隐藏行");
        remarks.add("丙", "“c.xlsx”与“d.xlsx”内容完全相同");
        let expected = [
            "2份数据的工作表“上月底稿”未读：隐藏的工作表：《甲》、《乙》",
            "《乙》“b.xlsx”有3个隐藏行",
            "《丙》“c.xlsx”与“d.xlsx”内容完全相同",
        ];
        assert_eq!(remarks.told(), expected);
    }
}
