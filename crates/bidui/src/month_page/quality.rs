//! The quality of each department's data: bad values and rows set aside, for every thousand rows and by kind.

use std::collections::BTreeMap;

use bidui_emit::{BarChart, BarRow, PageCell, PageColumn, PageFold, PagePart, PageTable, Tone};
use polars::prelude::{DataFrame, PolarsResult};

use super::Counts;
use super::columns::{counts, share, words};
use crate::exit::Fault;

/// What a department sent, and what was wrong with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    rows: i64,
    flaws: i64,
    /// Seen only once the rows had found their persons: names that differ, persons who stand twice in the registry.
    linked_flaws: i64,
    rejected: i64,
    damaged: i64,
}

/// Numbers by department and by what is wrong.
type Kinds = BTreeMap<(String, String), i64>;

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let mut departments = departments(counts.relation("feeds"))?;
    let (flaws, rejects) = (kinds(counts.relation("flaws"))?, kinds(counts.relation("rejects"))?);
    for ((department, _), count) in &flaws {
        departments.entry(department.clone()).or_default().linked_flaws += count;
    }
    for sums in departments.values_mut() {
        sums.linked_flaws -= sums.flaws;
    }
    if flaws.is_empty() && rejects.is_empty() {
        return Ok(vec![PagePart::Empty("本月没有发现有问题的值，也没有剔除的行。".to_owned())]);
    }
    Ok(vec![
        PagePart::Bars(bars(&departments)),
        PagePart::Table(table(&departments)),
        PagePart::Fold(PageFold {
            summary: "问题种类：各部门有问题的值".to_owned(),
            parts: vec![PagePart::Table(kind_table("有问题的值", "个数", &flaws))],
        }),
        PagePart::Fold(PageFold {
            summary: "问题种类：各部门剔除的行".to_owned(),
            parts: vec![PagePart::Table(kind_table("剔除的行", "行数", &rejects))],
        }),
    ])
}

fn departments(feeds: &DataFrame) -> PolarsResult<BTreeMap<String, Sums>> {
    let (names, statuses) = (words(feeds, "department")?, words(feeds, "status")?);
    let (rows, flaws) = (counts(feeds, "rows")?, counts(feeds, "flaws")?);
    let (rejected, damaged) = (counts(feeds, "rejected")?, counts(feeds, "damaged_ids")?);
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for row in (0..feeds.height()).filter(|row| statuses[*row] != "stranger") {
        let sum = sums.entry(names[row].to_owned()).or_default();
        sum.rows += rows[row];
        sum.flaws += flaws[row];
        sum.rejected += rejected[row];
        sum.damaged += damaged[row];
    }
    Ok(sums)
}

fn kinds(frame: &DataFrame) -> PolarsResult<Kinds> {
    let mut kinds = Kinds::new();
    for (department, title) in words(frame, "department")?.into_iter().zip(words(frame, "title")?) {
        *kinds.entry((department.to_owned(), title.to_owned())).or_default() += 1;
    }
    Ok(kinds)
}

fn bars(departments: &BTreeMap<String, Sums>) -> BarChart {
    let mut rows: Vec<BarRow> = departments
        .iter()
        .map(|(name, sums)| BarRow { name: name.clone(), parts: vec![sums.flaws, sums.rejected] })
        .filter(|row| row.parts.iter().sum::<i64>() > 0)
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.parts.iter().sum::<i64>()));
    BarChart {
        title: "各部门有问题的值和剔除的行".to_owned(),
        description: "每个部门一条，分有问题的值和剔除的行；数在下面的表里。".to_owned(),
        unit: "个、行".to_owned(),
        kinds: vec![("有问题的值".to_owned(), Tone::Kind(1)), ("剔除的行".to_owned(), Tone::Kind(3))],
        rows,
        empty: String::new(),
    }
}

/// For every thousand rows.
fn rate(count: i64, rows: i64) -> PageCell {
    share(count, rows).map_or_else(PageCell::unknown, |share| PageCell::words(format!("{:.1}", share * 1000.0)))
}

fn table(departments: &BTreeMap<String, Sums>) -> PageTable {
    let row = |name: &str, sums: &Sums| {
        vec![
            PageCell::words(name),
            PageCell::count(sums.rows),
            PageCell::count(sums.flaws),
            rate(sums.flaws, sums.rows),
            PageCell::count(sums.linked_flaws),
            PageCell::count(sums.rejected),
            rate(sums.rejected, sums.rows),
            PageCell::count(sums.damaged),
        ]
    };
    let all = departments.values().fold(Sums::default(), |all, sums| Sums {
        rows: all.rows + sums.rows,
        flaws: all.flaws + sums.flaws,
        linked_flaws: all.linked_flaws + sums.linked_flaws,
        rejected: all.rejected + sums.rejected,
        damaged: all.damaged + sums.damaged,
    });
    let headings = ["收到行数", "有问题的值", "每千行", "关联后发现的", "剔除的行", "每千行", "被Excel损坏的证件号码"];
    let mut columns = vec![PageColumn::words("部门")];
    columns.extend(headings.map(PageColumn::number));
    PageTable {
        caption: "各部门数据质量".to_owned(),
        columns,
        rows: departments.iter().map(|(name, sums)| row(name, sums)).collect(),
        sums: row("合计", &all),
        note: "没有报数据的部门，每千行为—。关联后发现的：姓名与底册不一致、底册一人登记两次等。有问题的值已退回部门更正或交乡镇核实。".to_owned(),
        ..PageTable::default()
    }
}

fn kind_table(caption: &str, unit: &str, kinds: &Kinds) -> PageTable {
    let mut rows: Vec<(&(String, String), i64)> = kinds.iter().map(|(key, count)| (key, *count)).collect();
    rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    let row = |((department, title), count): (&(String, String), i64)| {
        vec![PageCell::words(department), PageCell::words(title), PageCell::count(count)]
    };
    PageTable {
        caption: format!("{caption}：部门和种类"),
        columns: vec![PageColumn::words("部门"), PageColumn::words("问题"), PageColumn::number(unit)],
        rows: rows.into_iter().map(row).collect(),
        empty: "没有。".to_owned(),
        ..PageTable::default()
    }
}
