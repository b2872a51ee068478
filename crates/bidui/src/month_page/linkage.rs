//! How rows found their persons: by class and department, and what was probably missed.

use std::collections::BTreeMap;

use bidui_emit::{BarChart, BarRow, PageCell, PageColumn, PageFold, PagePart, PageTable, Tone};
use polars::prelude::PolarsResult;

use super::Counts;
use super::columns::{counts, numbers, share, words};
use crate::exit::Fault;

/// Classes that are shown together: how strong a link is, and the columns of `linkage`.
const CLASSES: [(&str, Tone, &[&str]); 6] = [
    ("号码与姓名一致", Tone::Good, &["certain"]),
    ("号码一致、姓名待核", Tone::Kind(0), &["likely", "alias"]),
    ("人工认定、按村屯", Tone::Kind(2), &["decided", "place"]),
    ("疑似（更正、多项一致、按权重）", Tone::Kind(4), &["repaired", "damaged_by_excel", "composite", "weighted"]),
    ("待认定", Tone::Kind(1), &["review"]),
    ("未关联", Tone::Muted, &["unlinked"]),
];

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let frame = counts.relation("linkage");
    if frame.height() == 0 {
        return Ok(vec![PagePart::Empty("本月没有须关联到底册的数据。".to_owned())]);
    }
    let departments = words(frame, "department")?;
    let mut sums: BTreeMap<&str, [i64; CLASSES.len()]> = BTreeMap::new();
    for (at, (_, _, columns)) in CLASSES.iter().enumerate() {
        for column in *columns {
            for (department, count) in departments.iter().zip(self::counts(frame, column)?) {
                sums.entry(department).or_default()[at] += count;
            }
        }
    }
    let estimates: Vec<f64> = numbers(frame, "estimated_missing")?.into_iter().flatten().collect();
    let estimated = match estimates.is_empty() {
        true => "各份数据的行数都太少，不估计漏认了多少。".to_owned(),
        false => {
            let missing: f64 = estimates.iter().sum();
            let others = frame.height() - estimates.len();
            let others = match others {
                0 => String::new(),
                others => format!("另有{others}份估计不出（行数太少，或没有可比的项目）。"),
            };
            format!("{}份数据里估计还有约{missing:.0}行是底册里的人而没有认出来。{others}", estimates.len())
        }
    };
    let wrong: Vec<f64> = numbers(frame, "expected_wrong")?.into_iter().flatten().collect();
    let weighted: i64 = self::counts(frame, "weighted")?.into_iter().sum();
    let estimated = match wrong.is_empty() {
        true => estimated,
        false => {
            format!("{estimated}按权重认出的{weighted}行，按各自的概率预计认错{:.2}行。", wrong.iter().sum::<f64>())
        }
    };
    Ok(vec![
        PagePart::Paragraph(estimated),
        PagePart::Bars(bars(&sums)),
        PagePart::Table(table(&sums)),
        PagePart::Fold(PageFold {
            summary: "各份数据的关联".to_owned(),
            parts: vec![PagePart::Table(by_feed(counts)?)],
        }),
    ])
}

fn bars(sums: &BTreeMap<&str, [i64; CLASSES.len()]>) -> BarChart {
    BarChart {
        title: "各部门数据怎样关联".to_owned(),
        description: "每个部门一条，按关联等级分段；数在下面的表里。".to_owned(),
        unit: "行".to_owned(),
        kinds: CLASSES.iter().map(|(name, tone, _)| ((*name).to_owned(), *tone)).collect(),
        rows: sums.iter().map(|(name, parts)| BarRow { name: (*name).to_owned(), parts: parts.to_vec() }).collect(),
        empty: String::new(),
    }
}

fn table(sums: &BTreeMap<&str, [i64; CLASSES.len()]>) -> PageTable {
    let row = |name: &str, parts: &[i64; CLASSES.len()]| {
        let all: i64 = parts.iter().sum();
        let linked: i64 = parts[..4].iter().sum();
        let mut cells = vec![PageCell::words(name), PageCell::count(all)];
        cells.extend(parts.iter().map(|count| PageCell::count(*count)));
        cells.push(PageCell::share(share(linked, all)));
        cells
    };
    let mut all = [0; CLASSES.len()];
    for parts in sums.values() {
        all.iter_mut().zip(parts).for_each(|(sum, count)| *sum += count);
    }
    let mut columns = vec![PageColumn::words("部门"), PageColumn::number("留用行数")];
    columns.extend(CLASSES.iter().map(|(name, ..)| PageColumn::number(*name)));
    columns.push(PageColumn::number("关联率"));
    PageTable {
        caption: "各部门数据的关联等级".to_owned(),
        columns,
        rows: sums.iter().map(|(name, parts)| row(name, parts)).collect(),
        sums: row("合计", &all),
        note: "底册自己的行不在内。靠疑似的行才达到的预警，清单上注明身份待核。".to_owned(),
        ..PageTable::default()
    }
}

fn by_feed(counts: &Counts<'_>) -> PolarsResult<PageTable> {
    let frame = counts.relation("linkage");
    let (names, rows) = (words(frame, "feed")?, self::counts(frame, "rows")?);
    let (review, unlinked) = (self::counts(frame, "review")?, self::counts(frame, "unlinked")?);
    let (rates, before) = (numbers(frame, "link_rate")?, numbers(frame, "link_rate_before")?);
    let (recall, missing) = (numbers(frame, "estimated_recall")?, numbers(frame, "estimated_missing")?);
    let row = |at: usize| {
        let missing = missing[at].map_or_else(PageCell::unknown, |missing| PageCell::words(format!("{missing:.1}")));
        vec![
            PageCell::words(names[at]),
            PageCell::count(rows[at]),
            PageCell::share(rates[at]),
            PageCell::share(before[at]),
            PageCell::count(review[at]),
            PageCell::count(unlinked[at]),
            PageCell::share(recall[at]),
            missing,
        ]
    };
    let headings = ["留用行数", "关联率", "上次关联率", "待认定", "未关联", "估计查全率", "估计漏认"];
    let mut columns = vec![PageColumn::words("数据")];
    columns.extend(headings.map(PageColumn::number));
    Ok(PageTable {
        caption: "各份数据的关联".to_owned(),
        columns,
        rows: (0..names.len()).map(row).collect(),
        ..PageTable::default()
    })
}
