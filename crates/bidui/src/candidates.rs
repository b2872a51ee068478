//! Rows that somebody must decide about, a row a candidate: what agrees, what does not, and what the weight is made of. No plain value of
//! any row.

use bidui_linkage::LinkModel;
use bidui_match::{Against, Candidate, Links, Registry, WEIGHTED};
use bidui_model::{Ladder, Month, UnlinkedReason};
use polars::prelude::*;

use crate::accounts::AccountInputs;
use crate::config::Config;
use crate::ladder::LadderFound;
use crate::linking::{Linked, ReviewRow};
use crate::relation_rows::{Rows, columns_of};
use crate::weighing::WeighedCandidate;

/// A candidate of a row.
#[derive(Clone, Debug)]
pub(crate) struct CandidateRow {
    pub(crate) feed: usize,
    pub(crate) source: u32,
    pub(crate) row: u32,
    pub(crate) digest: u64,
    pub(crate) reason: UnlinkedReason,
    /// From 1.
    pub(crate) rank: i64,
    pub(crate) person: u32,
    pub(crate) pass: String,
    pub(crate) agrees: String,
    pub(crate) differs: String,
    pub(crate) against: Option<Against>,
    pub(crate) weight: Option<f64>,
    pub(crate) probability: Option<f64>,
    /// A line a comparison, and their sum.
    pub(crate) parts: String,
}

/// So many candidates of a row are shown: who looks at more does not decide, he searches.
const MOST: usize = 20;

/// Every candidate of the month's rows in review, in the order of feeds, files and rows.
pub(crate) fn gather(
    config: &Config,
    registry: &Registry,
    links: &Links,
    linked: &Linked,
    ladder: &LadderFound,
    month: Month,
) -> Vec<CandidateRow> {
    let mut all = Vec::new();
    for (feed, rows) in &linked.review {
        let findings = links.findings(*feed, month);
        for row in rows {
            let place = row.loose as usize;
            let Some(loose) = place.checked_sub(1).and_then(|place| ladder.rows.get(feed)?.get(place)) else {
                continue;
            };
            let Some(finding) = findings.get(place - 1) else { continue };
            let weighed = ladder.weighed.get(feed).and_then(|weighed| weighed.rows.get(&row.loose));
            let of_row =
                RowOf { config, registry, feed: *feed, row, digest: loose.digest, weighed: weighed.map(Vec::as_slice) };
            all.extend(of_row.candidates(finding.candidates()));
        }
    }
    all
}

struct RowOf<'a> {
    config: &'a Config,
    registry: &'a Registry,
    feed: usize,
    row: &'a ReviewRow,
    digest: u64,
    weighed: Option<&'a [WeighedCandidate]>,
}

impl RowOf<'_> {
    fn candidates(&self, found: &[Candidate]) -> Vec<CandidateRow> {
        let mut rows = Vec::new();
        if let Some(owner) = self.row.owner {
            rows.push(CandidateRow {
                pass: "证件号码一致".to_owned(),
                agrees: "证件号码".to_owned(),
                differs: "姓名".to_owned(),
                ..self.blank(owner)
            });
        }
        let mut seen: Vec<u32> = rows.iter().map(|row| row.person).collect();
        for candidate in found {
            if seen.contains(&candidate.person) {
                continue;
            }
            seen.push(candidate.person);
            rows.push(self.of(candidate));
        }
        rows.truncate(MOST);
        rows.iter_mut().zip(1..).for_each(|(row, rank)| row.rank = rank);
        rows
    }

    fn of(&self, candidate: &Candidate) -> CandidateRow {
        let ladder = &self.config.ladder;
        let differs = candidate.against.map_or("", Against::title).to_owned();
        let mut row = CandidateRow {
            pass: pass_name(ladder, candidate.pass),
            agrees: agreeing(ladder, candidate.pass),
            against: candidate.against,
            differs,
            weight: candidate.weight,
            probability: candidate.probability,
            ..self.blank(candidate.person)
        };
        let number = self.registry.person_no(candidate.person);
        let weighed = self.weighed.and_then(|rows| rows.iter().find(|row| row.person_no == number));
        if let Some(weighed) = weighed {
            let model = self.config.link_model.as_ref();
            (row.weight, row.probability) = (Some(weighed.weight), Some(weighed.probability));
            row.parts = waterfall(weighed, model, false);
            if candidate.pass == WEIGHTED {
                let by_sign = |keep: fn(f64) -> bool| {
                    let kept = weighed.parts.iter().filter(|(.., weight)| keep(*weight));
                    kept.map(|(comparison, level, _)| in_words(comparison, level)).collect::<Vec<_>>().join("、")
                };
                (row.agrees, row.differs) = (by_sign(|weight| weight > 0.0), by_sign(|weight| weight < 0.0));
            }
        }
        row
    }

    fn blank(&self, person: u32) -> CandidateRow {
        CandidateRow {
            feed: self.feed,
            source: self.row.source,
            row: self.row.row,
            digest: self.digest,
            reason: self.row.reason,
            rank: 0,
            person,
            pass: String::new(),
            agrees: String::new(),
            differs: String::new(),
            against: None,
            weight: None,
            probability: None,
            parts: String::new(),
        }
    }
}

/// As lists and `explain` name a pass.
pub(crate) fn pass_name(ladder: &Ladder, pass: u8) -> String {
    match ladder.passes.get(usize::from(pass)) {
        Some(pass) => pass.name.clone(),
        None => "按权重关联".to_owned(),
    }
}

fn agreeing(ladder: &Ladder, pass: u8) -> String {
    let parts = ladder.passes.get(usize::from(pass)).map_or(&[][..], |pass| &pass.parts);
    parts.iter().map(|part| part.title()).collect::<Vec<_>>().join("、")
}

/// A comparison and its level.
fn in_words(comparison: &str, level: &str) -> String {
    let is_named = !level.is_ascii();
    let comparison = match comparison {
        // Its levels name themselves: 村相同, 户主和村都相同.
        "place" if is_named => "",
        "name" => "姓名",
        "sound" => "读音",
        "birth" => "出生日期",
        "sex" => "性别",
        "place" => "村镇",
        "village" => "村",
        "town" => "乡镇",
        "phone" => "电话",
        "head" => "户主",
        "relation" => "与户主关系",
        other => other,
    };
    let level = match level {
        "exact" => "相同",
        "otherwise" => "不同",
        "missing" => "一方没有",
        "date_swapped" => "月日颠倒",
        "镇相同" => "不同或没写，只知同镇",
        other if other.starts_with("jaro_winkler") => "相近",
        other if other.starts_with("edits") => "差一个字",
        other if other.starts_with("date_parts") => "年月日差一项",
        other => other,
    };
    format!("{comparison}{level}")
}

/// The weight as a sum, a line a part, each with a bar as long as it weighs.
pub(crate) fn waterfall(weighed: &WeighedCandidate, model: Option<&LinkModel>, is_linked: bool) -> String {
    let bar = |weight: f64| {
        let length = ((weight.abs() / 2.0).round() as usize).min(12);
        if weight < 0.0 { "▁".repeat(length) } else { "▆".repeat(length) }
    };
    let mut lines: Vec<String> = weighed
        .parts
        .iter()
        .filter(|(_, level, _)| level != "missing")
        .map(|(comparison, level, weight)| format!("{} {weight:+.1} {}", in_words(comparison, level), bar(*weight)))
        .collect();
    lines.push(format!("合计 {:+.1}", weighed.weight));
    if let Some(model) = model {
        let from = model.costs.link_from();
        lines.push(if is_linked {
            format!("概率 {:.3}（已关联）", weighed.probability)
        } else if weighed.probability < from {
            format!("概率 {:.3}（不到{from:.3}，不自动关联）", weighed.probability)
        } else {
            format!("概率 {:.3}（须由人认定，见“为什么没有关联”）", weighed.probability)
        });
    }
    lines.join("\n")
}

/// The relation `candidates`.
pub(crate) fn frame(inputs: &AccountInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("candidates"));
    let registry = inputs.registry;
    for found in inputs.candidates {
        let contract = &inputs.config.contracts[found.feed];
        let sources = inputs.sealed[found.feed].get(&inputs.month).map_or(&[][..], |sealed| &sealed.sources);
        let (file, sheet) = sources.get(found.source as usize).map_or(("", ""), |(file, sheet)| (file, sheet));
        let household = registry.household_of(found.person);
        let town = household.map_or("", |household| registry.household_word("town_code", household));
        rows.text("feed", &contract.name)
            .text("department", &contract.department)
            .text("file", file)
            .text("sheet", sheet);
        rows.integer("row", Some(i64::from(found.row))).text("row_digest", format!("{:016x}", found.digest));
        rows.text("reason", found.reason.code()).integer("rank", Some(found.rank));
        rows.text("person_no", registry.person_no(found.person));
        rows.text("household_id", household.map_or("", |household| registry.household_id(household)));
        rows.text("town_code", town).text("pass", &found.pass).text("agrees", &found.agrees);
        rows.text("differs", &found.differs).text("against", found.against.map_or("", Against::title));
        let is_shown = inputs.config.ladder.shows_scores;
        rows.number("weight", found.weight.filter(|_| is_shown))
            .number("probability", found.probability.filter(|_| is_shown));
        rows.text("parts", if is_shown { found.parts.as_str() } else { "" }).end();
    }
    rows.frame("candidates")
}
