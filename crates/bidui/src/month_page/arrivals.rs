//! What arrived: each department's extracts, in time or not, and how much of them found its person, beside the month before.

use std::collections::BTreeMap;

use bidui_emit::{PageCell, PageColumn, PageFold, PagePart, PageTable, Tone};

use super::Counts;
use super::columns::{counts, days, integers, numbers, share, words};
use crate::exit::Fault;
use crate::month_day::month_of;

/// How many files that fit no contract are named; somebody may have put a whole archive there.
const STRANGERS: usize = 50;

/// What is known of an extract of a month.
#[derive(Clone, Debug, Default, PartialEq)]
struct Extract {
    feed: String,
    department: String,
    files: String,
    status: String,
    note: String,
    due: Option<i32>,
    rows: Option<i64>,
    kept: i64,
    rejected: i64,
    linked: i64,
    link_rate: Option<f64>,
}

/// Sums of a department.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    due: i64,
    ok: i64,
    held: i64,
    missing: i64,
    late: i64,
    rows: i64,
    rejected: i64,
    kept: i64,
    linked: i64,
}

impl Sums {
    fn add(&mut self, extract: &Extract, issued: i32) {
        self.due += 1;
        self.ok += i64::from(extract.status == "ok");
        self.held += i64::from(extract.status == "held");
        self.missing += i64::from(extract.status == "missing");
        self.late += i64::from(is_late(extract, issued));
        self.rows += extract.rows.unwrap_or(0);
        self.rejected += extract.rejected;
        self.kept += extract.kept;
        self.linked += extract.linked;
    }
}

/// Whether it should have been there by the day of issue. When a file came nobody knows: there is no clock in a run.
fn is_late(extract: &Extract, issued: i32) -> bool {
    extract.status == "missing" && extract.due.is_some_and(|due| due < issued)
}

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let now = extracts(counts.relation("feeds"))?;
    let before = counts.feeds_before.as_ref().map(extracts).transpose()?;
    let (contracts, strangers): (Vec<Extract>, Vec<Extract>) =
        now.into_iter().partition(|extract| extract.status != "stranger");
    let mut parts = Vec::new();
    if before.is_none() {
        let why = counts.figures.not_comparable().unwrap_or_else(|| "上月的数据读不出来，无上月可比".to_owned());
        parts.push(PagePart::Empty(format!("{why}。")));
    }
    parts.push(PagePart::Table(by_department(counts, &contracts, before.as_deref())));
    parts.push(PagePart::Fold(PageFold {
        summary: format!("逐份明细（{}份）", contracts.len()),
        parts: vec![PagePart::Table(by_extract(counts, &contracts, before.as_deref()))],
    }));
    if !strangers.is_empty() {
        parts.push(PagePart::Table(unknown_files(&strangers)));
    }
    Ok(parts)
}

fn extracts(feeds: &polars::prelude::DataFrame) -> polars::prelude::PolarsResult<Vec<Extract>> {
    let (names, departments) = (words(feeds, "feed")?, words(feeds, "department")?);
    let files = words(feeds, "files")?;
    let (statuses, notes, dues) = (words(feeds, "status")?, words(feeds, "note")?, days(feeds, "due")?);
    let (rows, kept, rejected) = (integers(feeds, "rows")?, counts(feeds, "kept")?, counts(feeds, "rejected")?);
    let (linked, rates) = (counts(feeds, "linked")?, numbers(feeds, "link_rate")?);
    let extract = |row: usize| Extract {
        feed: names[row].to_owned(),
        department: departments[row].to_owned(),
        files: files[row].to_owned(),
        status: statuses[row].to_owned(),
        note: notes[row].to_owned(),
        due: dues[row],
        rows: rows[row],
        kept: kept[row],
        rejected: rejected[row],
        linked: linked[row],
        link_rate: rates[row],
    };
    Ok((0..feeds.height()).map(extract).collect())
}

fn by_department(counts: &Counts<'_>, extracts: &[Extract], before: Option<&[Extract]>) -> PageTable {
    let issued = counts.inputs.deadlines.issued;
    let summed = |extracts: &[Extract]| {
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        for extract in extracts.iter().filter(|extract| extract.status != "stranger") {
            sums.entry(extract.department.clone()).or_default().add(extract, issued);
            sums.entry(String::new()).or_default().add(extract, issued);
        }
        sums
    };
    let (now, before) = (summed(extracts), before.map(summed));
    let row = |department: &str, name: &str, sums: &Sums| {
        let last = before.as_ref().and_then(|before| before.get(department));
        vec![
            PageCell::words(name),
            PageCell::count(sums.due),
            PageCell::count(sums.ok),
            alarming(sums.held),
            alarming(sums.missing),
            alarming(sums.late),
            PageCell::count(sums.rows),
            PageCell::known(last.map(|last| last.rows)),
            PageCell::count(sums.rejected),
            PageCell::share(share(sums.linked, sums.kept)),
            PageCell::share(last.and_then(|last| share(last.linked, last.kept))),
        ]
    };
    let departments = now.iter().filter(|(department, _)| !department.is_empty());
    PageTable {
        caption: "各部门数据到件".to_owned(),
        columns: vec![
            PageColumn::words("部门"),
            PageColumn::number("应到"),
            PageColumn::number("可用"),
            PageColumn::number("暂缓"),
            PageColumn::number("未到"),
            PageColumn::number("其中已过应到日"),
            PageColumn::number("收到行数"),
            PageColumn::number("上月行数"),
            PageColumn::number("剔除"),
            PageColumn::number("关联率"),
            PageColumn::number("上月关联率"),
        ],
        rows: departments.map(|(department, sums)| row(department, department, sums)).collect(),
        sums: now.get("").map(|sums| row("", "合计", sums)).unwrap_or_default(),
        empty: "没有约定任何数据。".to_owned(),
        note: "未到和暂缓使用的，其指标本月为未知，既不产生也不解除预警。应到日按数据契约，与下发日比。关联率＝关联到底册的行÷留用的行。".to_owned(),
    }
}

/// A number that should be 0.
fn alarming(count: i64) -> PageCell {
    if count > 0 { PageCell::count(count).toned(Tone::Alarm) } else { PageCell::count(count) }
}

fn by_extract(counts: &Counts<'_>, extracts: &[Extract], before: Option<&[Extract]>) -> PageTable {
    let issued = counts.inputs.deadlines.issued;
    let row = |extract: &Extract| {
        let last = before.and_then(|before| before.iter().find(|other| other.feed == extract.feed));
        let due = extract.due.map_or_else(PageCell::unknown, |due| {
            let (month, day) = month_of(due);
            PageCell::words(format!("{}月{day}日", month.month())).sorted_by(f64::from(due))
        });
        vec![
            PageCell::words(&extract.feed),
            PageCell::words(&extract.department),
            status(extract, issued),
            due,
            PageCell::known(extract.rows),
            PageCell::known(last.and_then(|last| last.rows)),
            PageCell::share(extract.link_rate),
            PageCell::share(last.and_then(|last| last.link_rate)),
            PageCell::words(&extract.note),
        ]
    };
    PageTable {
        caption: "各份数据".to_owned(),
        columns: vec![
            PageColumn::words("数据"),
            PageColumn::words("部门"),
            PageColumn::words("情况"),
            PageColumn::words("应到日"),
            PageColumn::number("行数"),
            PageColumn::number("上月行数"),
            PageColumn::number("关联率"),
            PageColumn::number("上月关联率"),
            PageColumn::words("说明"),
        ],
        rows: extracts.iter().map(row).collect(),
        empty: "没有约定任何数据。".to_owned(),
        ..PageTable::default()
    }
}

fn status(extract: &Extract, issued: i32) -> PageCell {
    match extract.status.as_str() {
        "ok" => PageCell::words("可用").toned(Tone::Good),
        "held" => PageCell::words("暂缓使用").toned(Tone::Alarm),
        _ if is_late(extract, issued) => PageCell::words("未到，已过应到日").toned(Tone::Alarm),
        _ => PageCell::words("未到").toned(Tone::Alarm),
    }
}

fn unknown_files(strangers: &[Extract]) -> PageTable {
    let row = |file: &Extract| vec![PageCell::words(&file.files), PageCell::words(&file.note)];
    PageTable {
        caption: "不符合任何数据契约的文件".to_owned(),
        columns: vec![PageColumn::words("文件"), PageColumn::words("说明")],
        rows: strangers.iter().take(STRANGERS).map(row).collect(),
        note: match strangers.len() {
            ..=STRANGERS => String::new(),
            all => format!("共{all}个，这里列前{STRANGERS}个。"),
        },
        ..PageTable::default()
    }
}
