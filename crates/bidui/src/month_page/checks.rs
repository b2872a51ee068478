//! Whether towns take in and let go evenly, and what the checks of the data found, by family.

use std::collections::BTreeMap;

use bidui_emit::{BarChart, BarRow, PageCell, PageColumn, PagePart, PageTable, Tone};

use super::Counts;
use super::columns::{integers, numbers, words};
use crate::exit::Fault;

pub(super) fn stability(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let frame = counts.relation("stability");
    let (codes, towns, flags) = (words(frame, "town_code")?, words(frame, "town")?, words(frame, "flags")?);
    let (included, eliminated) = (integers(frame, "included")?, integers(frame, "eliminated")?);
    let (mean_in, mean_out) = (numbers(frame, "mean_included")?, numbers(frame, "mean_eliminated")?);
    let back = integers(frame, "in_out_in")?;
    let mean = |mean: Option<f64>| mean.map_or_else(PageCell::unknown, |mean| PageCell::words(format!("{mean:.2}")));
    let row = |at: usize| {
        let flag = match flags[at] {
            "" => PageCell::words("无"),
            flags => PageCell::words(flags).toned(Tone::Alarm),
        };
        vec![
            PageCell::words(towns[at]),
            flag,
            PageCell::known(included[at]),
            mean(mean_in[at]),
            PageCell::known(eliminated[at]),
            mean(mean_out[at]),
            PageCell::known(back[at]),
        ]
    };
    let (county, of_towns): (Vec<usize>, Vec<usize>) = (0..codes.len()).partition(|at| codes[*at].is_empty());
    let flagged = flags.iter().filter(|flags| !flags.is_empty()).count();
    let said = match flagged {
        0 => "各乡镇本月纳入和消除与此前12个月比较，没有大进大出、突击纳入、突击消除的迹象。".to_owned(),
        _ => "有提示的，请核实纳入和消除情况。".to_owned(),
    };
    let mut columns = vec![PageColumn::words("乡镇"), PageColumn::words("提示")];
    let headings = ["本月纳入", "此前12个月月均", "本月消除", "此前12个月月均", "消除后又纳入"];
    columns.extend(headings.map(PageColumn::number));
    Ok(vec![
        PagePart::Paragraph(said),
        PagePart::Table(PageTable {
            caption: "各乡镇纳入和消除".to_owned(),
            columns,
            rows: of_towns.into_iter().map(row).collect(),
            sums: county.first().map(|at| row(*at)).unwrap_or_default(),
            empty: "没有乡镇。".to_owned(),
            note: "按底册和台账的日期。底册没有消除日期的，消除为—。".to_owned(),
        }),
    ])
}

/// What the checks of a family came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Family {
    checks: i64,
    unanswered: i64,
    widespread: i64,
    new: i64,
    standing: i64,
    exempt: i64,
}

pub(super) fn anomalies(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let (checks, anomalies) = (counts.relation("checks"), counts.relation("anomalies"));
    if checks.height() == 0 {
        return Ok(vec![PagePart::Empty("没有配置数据检查。".to_owned())]);
    }
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for (family, status) in words(checks, "family")?.into_iter().zip(words(checks, "status")?) {
        let of = families.entry(family).or_default();
        of.checks += 1;
        of.unanswered += i64::from(status == "unanswered");
        of.widespread += i64::from(status == "widespread");
    }
    for (family, state) in words(anomalies, "family")?.into_iter().zip(words(anomalies, "state")?) {
        let of = families.entry(family).or_default();
        match state {
            "new" => of.new += 1,
            "exempt" => of.exempt += 1,
            _ => of.standing += 1,
        }
    }
    let mut parts = Vec::new();
    if anomalies.height() == 0 {
        parts.push(PagePart::Empty("本月没有发现异常。".to_owned()));
    } else {
        parts.push(PagePart::Bars(bars(&families)));
    }
    parts.push(PagePart::Table(table(&families)));
    Ok(parts)
}

fn bars(families: &BTreeMap<&str, Family>) -> BarChart {
    let row = |(name, family): (&&str, &Family)| BarRow {
        name: (*name).to_owned(),
        parts: vec![family.new, family.standing, family.exempt],
    };
    let kinds = [("本月新增", Tone::Kind(1)), ("往月已有", Tone::Kind(0)), ("已豁免", Tone::Muted)];
    BarChart {
        title: "各类异常".to_owned(),
        description: "每类检查一条，按新增、往月已有、已豁免分段；数在下面的表里。".to_owned(),
        unit: "处".to_owned(),
        kinds: kinds.map(|(name, tone)| (name.to_owned(), tone)).to_vec(),
        rows: families.iter().map(row).collect(),
        empty: String::new(),
    }
}

fn table(families: &BTreeMap<&str, Family>) -> PageTable {
    let row = |name: &str, family: &Family| {
        let alarming = |count: i64| match count {
            0 => PageCell::count(0),
            count => PageCell::count(count).toned(Tone::Alarm),
        };
        vec![
            PageCell::words(name),
            PageCell::count(family.checks),
            alarming(family.unanswered),
            alarming(family.widespread),
            PageCell::count(family.new),
            PageCell::count(family.standing),
            PageCell::count(family.exempt),
            PageCell::count(family.new + family.standing),
        ]
    };
    let all = families.values().fold(Family::default(), |all, family| Family {
        checks: all.checks + family.checks,
        unanswered: all.unanswered + family.unanswered,
        widespread: all.widespread + family.widespread,
        new: all.new + family.new,
        standing: all.standing + family.standing,
        exempt: all.exempt + family.exempt,
    });
    let headings =
        ["检查项", "缺数据、未能检查", "异常过多、不逐条列出", "本月新增", "往月已有", "已豁免", "待核（新增＋往月）"];
    let mut columns = vec![PageColumn::words("检查类别")];
    columns.extend(headings.map(PageColumn::number));
    PageTable {
        caption: "各类数据检查".to_owned(),
        columns,
        rows: families.iter().map(|(name, family)| row(name, family)).collect(),
        sums: row("合计", &all),
        note: "逐项见 district/数据清洗异常汇总表.xlsx。".to_owned(),
        ..PageTable::default()
    }
}
