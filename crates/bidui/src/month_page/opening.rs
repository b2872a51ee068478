//! What a reader takes away who reads no further: a few figures, the month in sentences, and what is to be done first.

use std::collections::BTreeMap;

use bidui_emit::{PageFigure, PagePart, Tone, grouped};
use bidui_model::Level;
use polars::prelude::PolarsResult;

use super::Counts;
use super::columns::{counts, days, words};
use crate::exit::Fault;
use crate::month_day::in_chinese;
use crate::report::monthly;
use crate::report::words::{change, listed};

/// How many names a sentence holds.
const NAMED: usize = 5;

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let mut parts = vec![PagePart::Figures(figures(counts))];
    parts.extend(monthly::overall(&counts.figures).into_iter().map(PagePart::Paragraph));
    parts.extend(monthly::compared(&counts.figures)?.into_iter().map(PagePart::Paragraph));
    Ok(parts)
}

/// What is to be done, the most pressing first.
pub(super) fn first(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let steps = steps(counts)?;
    if steps.is_empty() {
        return Ok(vec![PagePart::Empty("没有须先办的事项：把清单下发，按时限核查。".to_owned())]);
    }
    Ok(vec![PagePart::Steps(steps)])
}

fn figures(counts: &Counts<'_>) -> Vec<PageFigure> {
    let figure = |name: &str, key: &str, unit: &str, tone: Tone| {
        let now = counts.get(key);
        let note = counts.figures.before(key).map_or_else(String::new, |before| change(before, now, unit));
        PageFigure { name: name.to_owned(), value: format!("{}{unit}", grouped(now)), note, tone }
    };
    let alarm = |key: &str| if counts.get(key) > 0 { Tone::Alarm } else { Tone::Good };
    let level = |level: Level| format!("{}色预警", counts.level_name(level).trim_end_matches('色'));
    vec![
        figure("预警户", "warned", "户", Tone::Plain),
        figure(&level(Level::Red), "red", "户", Tone::Red),
        figure(&level(Level::Orange), "orange", "户", Tone::Orange),
        figure("新增预警", "new", "户", Tone::Plain),
        figure("月末在办档案", "standing", "个", Tone::Plain),
        figure("超期未核查", "verify_overdue", "个", alarm("verify_overdue")),
        figure("未到的数据", "feeds_missing", "份", alarm("feeds_missing")),
        figure("暂缓使用的数据", "feeds_held", "份", alarm("feeds_held")),
    ]
}

fn steps(counts: &Counts<'_>) -> Result<Vec<String>, Fault> {
    let steps = [
        unusable(counts)?,
        undecided(counts)?,
        serious(counts)?,
        homeless(counts),
        late(counts)?,
        for_review(counts),
        uneven(counts)?,
        common_causes(counts),
    ];
    Ok(steps.into_iter().flatten().collect())
}

/// Names up to a number of them, and how many more there are.
fn named(names: &[String]) -> String {
    match names.len().saturating_sub(NAMED) {
        0 => names.join("、"),
        more => format!("{}等{}份", names[..NAMED].join("、"), NAMED + more),
    }
}

fn unusable(counts: &Counts<'_>) -> PolarsResult<Option<String>> {
    let feeds = counts.relation("feeds");
    let (names, statuses) = (words(feeds, "feed")?, words(feeds, "status")?);
    let of = |status: &str| -> Vec<String> {
        names.iter().zip(&statuses).filter(|(_, of)| **of == status).map(|(name, _)| format!("《{name}》")).collect()
    };
    let (missing, held) = (of("missing"), of("held"));
    let said = [("催报未到的", &missing), ("查明暂缓使用的", &held)];
    let said: Vec<String> = said
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}{}", named(names)))
        .collect();
    Ok((!said.is_empty()).then(|| format!("{}；补来后重新运行本月，再下发清单。", said.join("；"))))
}

fn undecided(counts: &Counts<'_>) -> PolarsResult<Option<String>> {
    let linkage = counts.relation("linkage");
    let rows: i64 = self::counts(linkage, "review")?.iter().sum();
    Ok((rows > 0)
        .then(|| format!("认定{}行数据是谁的：见 district/待认定关联清单.xlsx；认定后重新运行本月。", grouped(rows))))
}

/// The most serious level that anybody has, and by when.
fn serious(counts: &Counts<'_>) -> PolarsResult<Option<String>> {
    let warnings = counts.relation("warnings");
    let (levels, dues, towns) = (words(warnings, "level")?, days(warnings, "due")?, words(warnings, "town")?);
    for level in [Level::Red, Level::Orange] {
        let rows: Vec<usize> = (0..levels.len()).filter(|row| levels[*row] == level.code()).collect();
        if rows.is_empty() {
            continue;
        }
        let due = rows.iter().filter_map(|row| dues[*row]).max();
        let mut by_town: BTreeMap<&str, i64> = BTreeMap::new();
        for row in rows.iter().filter(|row| !towns[**row].is_empty()) {
            *by_town.entry(towns[*row]).or_default() += 1;
        }
        let mut most: Vec<(&str, i64)> = by_town.into_iter().collect();
        most.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        let more = if most.len() > NAMED { "等" } else { "" };
        most.truncate(NAMED);
        let places = listed(most, "户").map_or_else(String::new, |places| format!("（{places}{more}）"));
        let until = due.map_or_else(String::new, |due| format!("，应于{}前办结", in_chinese(due)));
        let name = counts.level_name(level).trim_end_matches('色');
        return Ok(Some(format!("先核查{name}色预警{}户{places}{until}。", rows.len())));
    }
    Ok(None)
}

fn homeless(counts: &Counts<'_>) -> Option<String> {
    let unrouted = counts.get("unrouted");
    (unrouted > 0).then(|| format!("查明{unrouted}户去向：未能归属乡镇，见 district/未归属清单.xlsx。"))
}

fn late(counts: &Counts<'_>) -> PolarsResult<Option<String>> {
    let by_town = super::overdue::of_towns(counts, "verify")?;
    let all: i64 = by_town.iter().map(|(_, count)| count).sum();
    let more = if by_town.len() > NAMED { "等" } else { "" };
    let most = by_town.iter().take(NAMED).map(|(town, count)| (town.as_str(), *count));
    Ok(listed(most, "个").map(|towns| format!("督办超期未核查的{all}个档案：{towns}{more}。")))
}

fn for_review(counts: &Counts<'_>) -> Option<String> {
    let review = counts.get("review");
    (review > 0).then(|| format!("判定{review}条缺数据的信号：见 district/待判定清单.xlsx。"))
}

fn uneven(counts: &Counts<'_>) -> PolarsResult<Option<String>> {
    let stability = counts.relation("stability");
    let (towns, flags) = (words(stability, "town")?, words(stability, "flags")?);
    let flagged = towns.iter().zip(flags).filter(|(_, flags)| !flags.is_empty());
    let flagged: Vec<String> = flagged.map(|(town, flags)| format!("{town}（{flags}）")).collect();
    Ok((!flagged.is_empty()).then(|| format!("核实纳入和消除情况：{}。", flagged.join("、"))))
}

fn common_causes(counts: &Counts<'_>) -> Option<String> {
    let places: Vec<String> = counts
        .clusters
        .iter()
        .take(NAMED)
        .map(|cluster| format!("{}{}{}户", cluster.place, cluster.risk, cluster.households))
        .collect();
    let more = if counts.clusters.len() > NAMED { format!("等{}处", counts.clusters.len()) } else { String::new() };
    (!places.is_empty()).then(|| format!("查明是否有共同原因：{}{more}。", places.join("、")))
}
