//! Warned households by town, and under each town by village: how many at which level, and of a village nothing else.

use std::collections::BTreeMap;

use bidui_emit::{BarChart, BarRow, PageCell, PageColumn, PageFold, PagePart, PageTable, Tone};
use polars::prelude::PolarsResult;

use super::Counts;
use super::columns::{counts, words};
use super::totals::TONES;
use crate::exit::Fault;
use crate::routing::is_at_home;

/// What a town's row shows beside the levels: title and the monthly report's column.
const FIGURES: [(&str, &str); 4] =
    [("新增", "new_cases"), ("持续", "continuing"), ("升级", "escalated"), ("核查后又有新情况", "reopened")];

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    if counts.get("warned") == 0 {
        return Ok(vec![PagePart::Empty("本月没有预警，不作分布。".to_owned())]);
    }
    let mut parts = vec![PagePart::Bars(bars(counts)?), PagePart::Table(table(counts)?)];
    parts.push(PagePart::Note(
        "各村户数在下面，按乡镇点开。村一级只列各等级户数，不列原因：一个村只有一两户预警时，原因会让人认出是哪一户。"
            .to_owned(),
    ));
    parts.extend(villages(counts)?);
    Ok(parts)
}

fn bars(counts: &Counts<'_>) -> PolarsResult<BarChart> {
    let (codes, names) = (words(&counts.towns, "town_code")?, words(&counts.towns, "town")?);
    let levels = levels(counts)?;
    let rows = (0..codes.len()).filter(|row| !codes[*row].is_empty());
    let rows = rows.map(|row| BarRow {
        name: names[row].to_owned(),
        parts: levels.iter().map(|of_level| of_level[row]).collect(),
    });
    Ok(BarChart {
        title: "各乡镇预警户数".to_owned(),
        description: "每个乡镇一条，按等级分段；数在下面的表里。".to_owned(),
        unit: "户".to_owned(),
        kinds: TONES.iter().map(|(level, tone)| (counts.level_name(*level).to_owned(), *tone)).collect(),
        rows: rows.collect(),
        empty: "没有乡镇。".to_owned(),
    })
}

/// Of each level, the numbers of every town and the county.
fn levels(counts: &Counts<'_>) -> PolarsResult<Vec<Vec<i64>>> {
    TONES.iter().map(|(level, _)| self::counts(&counts.towns, level.code())).collect()
}

fn table(counts: &Counts<'_>) -> PolarsResult<PageTable> {
    let frame = &counts.towns;
    let (codes, names, warned) = (words(frame, "town_code")?, words(frame, "town")?, self::counts(frame, "warned")?);
    let (levels, overdue) = (levels(counts)?, super::overdue::by_town(counts, "verify")?);
    let figures: Vec<Vec<i64>> =
        FIGURES.iter().map(|(_, column)| self::counts(frame, column)).collect::<PolarsResult<_>>()?;
    let row = |row: usize, name: &str, overdue: i64| {
        let mut cells = vec![PageCell::words(name), PageCell::count(warned[row])];
        cells.extend(levels.iter().map(|of_level| PageCell::count(of_level[row])));
        cells.extend(figures.iter().map(|figure| PageCell::count(figure[row])));
        let overdue_cell = PageCell::count(overdue);
        cells.push(if overdue > 0 { overdue_cell.toned(Tone::Alarm) } else { overdue_cell });
        cells
    };
    let (mut rows, mut sums) = (Vec::new(), Vec::new());
    for at in 0..codes.len() {
        match codes[at] {
            "" => sums = row(at, "全区", overdue.values().sum()),
            code => rows.push(row(at, names[at], overdue.get(code).copied().unwrap_or(0))),
        }
    }
    let level_columns = TONES.iter().map(|(level, _)| PageColumn::number(counts.level_name(*level)));
    let mut columns = vec![PageColumn::words("乡镇"), PageColumn::number("预警户")];
    columns.extend(level_columns);
    columns.extend(FIGURES.iter().map(|(title, _)| PageColumn::number(*title)));
    columns.push(PageColumn::number("超期未核查"));
    let note = match counts.get("unrouted") {
        0 => String::new(),
        unrouted => format!("全区含未能归属乡镇的{unrouted}户。"),
    };
    Ok(PageTable { caption: "各乡镇预警".to_owned(), columns, rows, sums, note, ..PageTable::default() })
}

/// Levels and new cases of a village.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Village {
    levels: [i64; 4],
    new: i64,
}

/// A part for each town that has warned households.
fn villages(counts: &Counts<'_>) -> PolarsResult<Vec<PagePart>> {
    let warnings = counts.relation("warnings");
    let (routes, towns) = (words(warnings, "route")?, words(warnings, "town_code")?);
    let (codes, names) = (words(warnings, "village_code")?, words(warnings, "village")?);
    let (levels, states) = (words(warnings, "level")?, words(warnings, "state")?);
    let mut by_town: BTreeMap<&str, BTreeMap<(&str, &str), Village>> = BTreeMap::new();
    for row in (0..warnings.height()).filter(|row| is_at_home(routes[*row])) {
        let village = by_town.entry(towns[row]).or_default().entry((codes[row], names[row])).or_default();
        if let Some(level) = TONES.iter().position(|(level, _)| level.code() == levels[row]) {
            village.levels[level] += 1;
        }
        village.new += i64::from(states[row] == "new");
    }
    let town_name = |code: &str| counts.config.gazetteer.town(code).map_or_else(String::new, |town| town.name.clone());
    let fold = |(code, villages): (&str, BTreeMap<(&str, &str), Village>)| {
        let all: i64 = villages.values().map(|village| village.levels.iter().sum::<i64>()).sum();
        let name = town_name(code);
        PagePart::Fold(PageFold {
            summary: format!("{name}　{all}户，{}个村", villages.len()),
            parts: vec![PagePart::Table(village_table(counts, &name, &villages))],
        })
    };
    Ok(by_town.into_iter().map(fold).collect())
}

fn village_table(counts: &Counts<'_>, town: &str, villages: &BTreeMap<(&str, &str), Village>) -> PageTable {
    let mut columns = vec![PageColumn::words("行政村"), PageColumn::number("预警户")];
    columns.extend(TONES.iter().map(|(level, _)| PageColumn::number(counts.level_name(*level))));
    columns.push(PageColumn::number("其中新增"));
    let row = |name: &str, village: &Village| {
        let mut cells = vec![PageCell::words(name), PageCell::count(village.levels.iter().sum())];
        cells.extend(village.levels.iter().map(|count| PageCell::count(*count)));
        cells.push(PageCell::count(village.new));
        cells
    };
    let mut all = Village::default();
    for village in villages.values() {
        all.new += village.new;
        all.levels.iter_mut().zip(village.levels).for_each(|(sum, count)| *sum += count);
    }
    let name = |(code, name): &(&str, &str)| match (*name, *code) {
        ("", "") => "村不明".to_owned(),
        ("", code) => code.to_owned(),
        (name, _) => name.to_owned(),
    };
    PageTable {
        caption: format!("{town}各村预警户数"),
        columns,
        rows: villages.iter().map(|(key, village)| row(&name(key), village)).collect(),
        sums: row("合计", &all),
        ..PageTable::default()
    }
}
