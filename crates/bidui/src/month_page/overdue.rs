//! What is overdue: by the step, by town, and the needs by department.

use std::collections::BTreeMap;

use bidui_emit::{PageCell, PageColumn, PagePart, PageTable, Tone};
use polars::prelude::PolarsResult;

use super::Counts;
use super::columns::{counts, words};
use crate::exit::Fault;

/// Steps by their codes in `clocks`, in the order in which they run.
const STEPS: [(&str, &str); 6] = [
    ("verify", "核查"),
    ("identify", "识别纳入"),
    ("helper", "落实帮扶责任人"),
    ("plan", "制定计划和措施"),
    ("need", "部门落实帮扶需求"),
    ("recheck", "复核"),
];

/// Deadlines of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    open: i64,
    today: i64,
    overdue: i64,
    longest: i64,
    done: i64,
    late: i64,
    undated: i64,
    refused: i64,
}

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let sums = sums(counts, |row, clocks| Some(clocks.kinds[row].to_owned()))?;
    if sums.is_empty() {
        return Ok(vec![PagePart::Empty("台账里还没有时限：本月的清单下发以后才开始计时。".to_owned())]);
    }
    let steps = STEPS.iter().filter_map(|(code, title)| Some((*title, sums.get(*code)?)));
    let mut parts = vec![PagePart::Table(table("各环节时限", "环节", steps))];
    let towns = self::sums(counts, |row, clocks| (clocks.kinds[row] != "need").then(|| clocks.towns[row].to_owned()))?;
    let of_towns = towns.iter().filter(|(_, sums)| sums.overdue > 0);
    let of_towns: Vec<(&str, &Sums)> =
        of_towns.map(|(town, sums)| (if town.is_empty() { "未派发" } else { town.as_str() }, sums)).collect();
    let departments =
        self::sums(counts, |row, clocks| (clocks.kinds[row] == "need").then(|| clocks.departments[row].to_owned()))?;
    let of_departments = departments.iter().filter(|(_, sums)| sums.overdue > 0);
    let of_departments: Vec<(&str, &Sums)> = of_departments.map(|(name, sums)| (name.as_str(), sums)).collect();
    for (caption, heading, rows, empty) in [
        ("各乡镇超期", "乡镇", of_towns, "没有超期的乡镇。"),
        ("各部门帮扶需求超期", "部门", of_departments, "没有超期的部门。"),
    ] {
        let table = table(caption, heading, rows.into_iter());
        parts.push(PagePart::Table(PageTable { empty: empty.to_owned(), ..table }));
    }
    Ok(parts)
}

/// Words of `clocks`.
struct Clocks<'a> {
    kinds: Vec<&'a str>,
    towns: Vec<&'a str>,
    departments: Vec<&'a str>,
}

/// Sums of deadlines under a key; those without one are left out.
fn sums(
    counts: &Counts<'_>,
    key: impl Fn(usize, &Clocks<'_>) -> Option<String>,
) -> PolarsResult<BTreeMap<String, Sums>> {
    let frame = counts.relation("clocks");
    let clocks = Clocks {
        kinds: words(frame, "clock")?,
        towns: words(frame, "town")?,
        departments: words(frame, "department")?,
    };
    let (states, late) = (words(frame, "state")?, self::counts(frame, "overdue_days")?);
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for row in 0..frame.height() {
        let Some(key) = key(row, &clocks) else { continue };
        let sum = sums.entry(key).or_default();
        match states[row] {
            "open" => sum.open += 1,
            "today" => sum.today += 1,
            "overdue" => {
                sum.overdue += 1;
                sum.longest = sum.longest.max(late[row]);
            }
            "done" => sum.done += 1,
            "late" => sum.late += 1,
            "undated" => sum.undated += 1,
            "refused" => sum.refused += 1,
            _ => {}
        }
    }
    Ok(sums)
}

fn table<'a>(caption: &str, heading: &str, rows: impl Iterator<Item = (&'a str, &'a Sums)>) -> PageTable {
    let row = |(name, sums): (&str, &Sums)| {
        let overdue = PageCell::count(sums.overdue);
        vec![
            PageCell::words(name),
            if sums.overdue > 0 { overdue.toned(Tone::Alarm) } else { overdue },
            PageCell::known((sums.overdue > 0).then_some(sums.longest)),
            PageCell::count(sums.today),
            PageCell::count(sums.open),
            PageCell::count(sums.done),
            PageCell::count(sums.late),
            PageCell::count(sums.undated),
            PageCell::count(sums.refused),
        ]
    };
    let mut columns = vec![PageColumn::words(heading)];
    let headings =
        ["超期未办", "最长超期天数", "下发日到期", "未到期", "按期办结", "超期办结", "办结而无日期", "不符合条件"];
    columns.extend(headings.map(PageColumn::number));
    PageTable { caption: caption.to_owned(), columns, rows: rows.map(row).collect(), ..PageTable::default() }
}

/// Overdue deadlines of a kind by the code of the town.
pub(super) fn by_town(counts: &Counts<'_>, kind: &str) -> PolarsResult<BTreeMap<String, i64>> {
    let frame = counts.relation("clocks");
    let (kinds, states, towns) = (words(frame, "clock")?, words(frame, "state")?, words(frame, "town_code")?);
    let mut by_town: BTreeMap<String, i64> = BTreeMap::new();
    for row in (0..frame.height()).filter(|row| kinds[*row] == kind && states[*row] == "overdue") {
        *by_town.entry(towns[row].to_owned()).or_default() += 1;
    }
    Ok(by_town)
}

/// The same by the town's name, the most first.
pub(super) fn of_towns(counts: &Counts<'_>, kind: &str) -> PolarsResult<Vec<(String, i64)>> {
    let name = |code: String| match counts.config.gazetteer.town(&code) {
        Some(town) => town.name.clone(),
        None => "未派发".to_owned(),
    };
    let mut towns: Vec<(String, i64)> =
        by_town(counts, kind)?.into_iter().map(|(code, count)| (name(code), count)).collect();
    towns.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    Ok(towns)
}
