//! A year of months: warnings and extracts from the months as they were published, cases and answers from the ledger.

use std::path::Path;

use bidui_emit::{LineChart, LineSeries, PageCell, PageColumn, PagePart, PageTable, Relations, Tone};
use bidui_model::Month;
use polars::prelude::{DataFrame, PolarsResult};

use super::Counts;
use super::columns::{counts, share, words};
use super::totals::TONES;
use crate::published::PublishedMonth;

/// How many months there are at most, this one among them.
const MONTHS: i32 = 12;

/// The months before, as far as they stand in the output folder whole; the latest last.
pub(super) fn earlier(out: &Path, month: Month) -> Vec<PublishedMonth> {
    (1..MONTHS).rev().filter_map(|ago| PublishedMonth::find(out, month.plus(-ago))).collect()
}

/// A month's figures; nothing where they are not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MonthFigures {
    month: String,
    /// Warned households by level.
    levels: Option<[i64; 4]>,
    rows: Option<i64>,
    link_rate: Option<f64>,
    flaws: Option<i64>,
    rejected: Option<i64>,
    cases: Option<Cases>,
}

/// What the ledger says of a month, as it stands now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cases {
    opened: i64,
    closed: i64,
    standing: i64,
    issued: i64,
    answered: i64,
    overdue: i64,
    included: i64,
}

impl MonthFigures {
    fn warned(&self) -> Option<i64> {
        self.levels.map(|levels| levels.iter().sum())
    }
}

/// A year up to the month, from the first of which anything is known.
pub(super) fn of_months(
    relations: &Relations,
    month: Month,
    earlier: &[PublishedMonth],
) -> PolarsResult<Vec<MonthFigures>> {
    let mut months = Vec::new();
    for month in month.plus(1 - MONTHS).through(month) {
        let cases = cases(&relations["standing"], month)?;
        months.push(MonthFigures { month: month.to_string(), cases, ..MonthFigures::default() });
    }
    let place = |of: Month| MONTHS - 1 - month.since(of);
    for published in earlier {
        let Some(figures) = usize::try_from(place(published.month)).ok().and_then(|place| months.get_mut(place)) else {
            continue;
        };
        // One that an older program wrote otherwise, or that was changed since it was published, has no figures.
        let of_month = |name: &str| published.try_relation(name).ok().flatten();
        read(of_month("warnings").as_ref(), of_month("feeds").as_ref(), figures)?;
    }
    if let Some(figures) = months.last_mut() {
        read(relations.get("warnings"), relations.get("feeds"), figures)?;
    }
    let first = months.iter().position(|figures| figures.levels.is_some() || figures.cases.is_some());
    Ok(months.split_off(first.unwrap_or(0)))
}

fn read(warnings: Option<&DataFrame>, feeds: Option<&DataFrame>, figures: &mut MonthFigures) -> PolarsResult<()> {
    if let Some(warnings) = warnings {
        let levels = words(warnings, "level")?;
        let count = |code: &str| levels.iter().filter(|level| **level == code).count() as i64;
        figures.levels = Some(TONES.map(|(level, _)| count(level.code())));
    }
    if let Some(feeds) = feeds {
        let sum = |column: &str| -> PolarsResult<i64> { Ok(counts(feeds, column)?.iter().sum()) };
        figures.rows = Some(sum("rows")?);
        figures.link_rate = share(sum("linked")?, sum("kept")?);
        figures.flaws = Some(sum("flaws")?);
        figures.rejected = Some(sum("rejected")?);
    }
    Ok(())
}

/// The county's row of the month.
fn cases(standing: &DataFrame, month: Month) -> PolarsResult<Option<Cases>> {
    let (months, towns) = (words(standing, "month")?, words(standing, "town_code")?);
    let month = month.to_string();
    let Some(row) = (0..standing.height()).find(|row| months[*row] == month && towns[*row].is_empty()) else {
        return Ok(None);
    };
    let of = |column: &str| -> PolarsResult<i64> { Ok(counts(standing, column)?[row]) };
    Ok(Some(Cases {
        opened: of("opened")?,
        closed: of("closed")?,
        standing: of("standing")?,
        issued: of("issued")?,
        answered: of("answered")?,
        overdue: of("overdue")?,
        included: of("included")?,
    }))
}

pub(super) fn parts(counts: &Counts<'_>) -> Vec<PagePart> {
    let months = &counts.months;
    if months.len() < 2 {
        return vec![PagePart::Empty("第一个月，没有以前的数据：从下个月起这里有走势。".to_owned())];
    }
    vec![
        PagePart::Lines(warned(counts)),
        PagePart::Lines(cases_chart(months)),
        PagePart::Lines(answer_rate(counts)),
        PagePart::Lines(data(months)),
        PagePart::Table(table(months)),
    ]
}

fn chart(title: &str, unit: &str, months: &[MonthFigures], series: Vec<LineSeries>) -> LineChart {
    LineChart {
        title: title.to_owned(),
        description: "横轴是月份；数在下面的各月表里。".to_owned(),
        unit: unit.to_owned(),
        places: months.iter().map(|figures| figures.month.clone()).collect(),
        series,
        empty: "这些月份没有数。".to_owned(),
        ..LineChart::default()
    }
}

fn series(name: &str, tone: Tone, months: &[MonthFigures], of: impl Fn(&MonthFigures) -> Option<f64>) -> LineSeries {
    LineSeries { name: name.to_owned(), tone, values: months.iter().map(of).collect(), ..LineSeries::default() }
}

fn warned(counts: &Counts<'_>) -> LineChart {
    let months = &counts.months;
    let mut lines = vec![series("合计", Tone::Plain, months, |figures| Some(figures.warned()? as f64))];
    for (at, (level, tone)) in TONES.iter().enumerate() {
        let of = move |figures: &MonthFigures| Some(figures.levels?[at] as f64);
        lines.push(series(counts.level_name(*level), *tone, months, of));
    }
    chart("各月预警户数", "户", months, lines)
}

fn cases_chart(months: &[MonthFigures]) -> LineChart {
    let of = |pick: fn(&Cases) -> i64| move |figures: &MonthFigures| figures.cases.as_ref().map(|of| pick(of) as f64);
    let lines = vec![
        series("月末在办", Tone::Kind(0), months, of(|cases| cases.standing)),
        series("开档", Tone::Kind(1), months, of(|cases| cases.opened)),
        series("办结", Tone::Kind(2), months, of(|cases| cases.closed)),
    ];
    chart("各月档案", "个", months, lines)
}

/// Of the lists of earlier months: nobody can have answered this month's.
fn answer_rate(counts: &Counts<'_>) -> LineChart {
    let now = counts.month.to_string();
    let of = |figures: &MonthFigures, pick: fn(&Cases) -> i64| {
        let cases = figures.cases.filter(|_| figures.month != now)?;
        share(pick(&cases), cases.issued)
    };
    let lines = vec![
        series("已答复", Tone::Kind(2), &counts.months, |figures| of(figures, |cases| cases.answered)),
        series("超期未答复", Tone::Kind(1), &counts.months, |figures| of(figures, |cases| cases.overdue)),
    ];
    LineChart {
        is_share: true, ..chart("以前各月清单的答复（占列入清单的）", "", &counts.months, lines)
    }
}

fn data(months: &[MonthFigures]) -> LineChart {
    let rate = |count: fn(&MonthFigures) -> Option<i64>| {
        move |figures: &MonthFigures| share(count(figures)?, figures.rows?).map(|share| share * 1000.0)
    };
    let lines = vec![
        series("有问题的值", Tone::Kind(1), months, rate(|figures| figures.flaws)),
        series("剔除的行", Tone::Kind(3), months, rate(|figures| figures.rejected)),
    ];
    chart("各月数据质量", "每千行", months, lines)
}

fn table(months: &[MonthFigures]) -> PageTable {
    let row = |figures: &MonthFigures| {
        let cases = |pick: fn(&Cases) -> i64| PageCell::known(figures.cases.as_ref().map(pick));
        let mut cells = vec![PageCell::words(&figures.month), PageCell::known(figures.warned())];
        cells.extend((0..4).map(|at| PageCell::known(figures.levels.map(|levels| levels[at]))));
        cells.extend([
            cases(|cases| cases.opened),
            cases(|cases| cases.closed),
            cases(|cases| cases.standing),
            cases(|cases| cases.issued),
            cases(|cases| cases.answered),
            cases(|cases| cases.overdue),
            cases(|cases| cases.included),
            PageCell::known(figures.rows),
            PageCell::share(figures.link_rate),
        ]);
        cells
    };
    let headings = [
        "预警户",
        "红",
        "橙",
        "黄",
        "蓝",
        "开档",
        "办结",
        "月末在办",
        "列入清单",
        "已答复",
        "超期未答复",
        "纳入监测",
        "收到行数",
        "关联率",
    ];
    let mut columns = vec![PageColumn::words("月份")];
    columns.extend(headings.map(PageColumn::number));
    PageTable {
        caption: "各月情况".to_owned(),
        columns,
        rows: months.iter().map(row).collect(),
        note: "预警户数和数据取自各月发布时的结果，没有发布的月份为—；档案和答复取自台账，按本次运行时收到的；对当月清单的答复，下月的页上才有。".to_owned(),
        ..PageTable::default()
    }
}
