//! What tuning found, as a page for a browser: the same model as the terminal and the JSON.

use bidui_emit::{
    BarChart, BarRow, ChartMark, LineChart, LineSeries, Page, PageCell, PageColumn, PageFigure, PageFold, PagePart,
    PageSection, PageTable, Tone,
};

use crate::tune::Report;
use crate::tune::axes::NoCurve;
use crate::tune::bands::Band;
use crate::tune::curve::{Curve, Point};
use crate::tune::figures::{DoorFigures, RuleFigures, Workload};
use crate::tune::measure::{Change, Precision};
use crate::tune::print::{BAND_COLUMNS, NOT_ASKED, compared, named, number, overloaded};
use crate::tune::suggest::Suggestion;
use crate::tune::tally::Tally;

pub(crate) fn page(report: &Report) -> Page {
    let figures = &report.figures;
    let mut sections = vec![
        section("rules", "规则", rules(&figures.rules)),
        section("towns", "各镇的入户", workload(&figures.workload, &figures.towns)),
        section(
            "groups",
            "按等级、户类型、部门、月份",
            [
                ("等级", &figures.levels),
                ("户类型", &figures.kinds),
                ("部门", &figures.departments),
                ("月份", &figures.by_month),
            ]
            .into_iter()
            .map(|(title, groups)| PagePart::Table(doors(title, groups)))
            .collect(),
        ),
        section("overlap", "常在同一户的规则", vec![overlap(report)]),
    ];
    if !report.curves.is_empty() {
        sections.push(section("curves", "阈值曲线", report.curves.iter().flat_map(curve).collect()));
    }
    if !report.no_curves.is_empty() {
        sections.push(section("no-curves", "不画曲线的规则及原因", vec![without_curve(&report.no_curves)]));
    }
    if let Some(suggestion) = &report.suggestion {
        sections.push(section("suggestion", "建议的阈值", suggested(suggestion)));
    }
    let particulars = [
        ("试的是", report.what.clone()),
        ("月份", report.months.join("、")),
        ("核查结果", format!("这些月份的清单已收到 {} 条", report.answers)),
    ];
    Page {
        title: format!("{}规则试算", report.county),
        particulars: particulars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        opening: opening(report),
        sections,
        closing: [
            "“原”是当月实际发布的，“试”是按所试的规则；没有改动的规则取当月的结果。入户按户次计：一户在一个月的清单上为一户次。".to_owned(),
            "属实率 = 属实 ÷（属实 + 不属实），后面依次是属实和有结论的户次、威尔逊95%区间（百分数）；没有答复的、其他结果的不计入。".to_owned(),
            crate::tune::print::beside(&report.figures).map_or_else(String::new, |beside| beside + "。"),
            "当月不在清单上的户，结果不知道：阈值放宽以后多出来的入户没有属实率；同一户每个月都再算一次，真去过的核查后多半不再下发，所以户次偏多，看户数。".to_owned(),
            "本页不含姓名、证件号码和户编号，供区乡村振兴局调整规则时参考。".to_owned(),
        ]
        .into_iter()
        .filter(|words: &String| !words.is_empty())
        .collect(),
    }
}

fn section(anchor: &'static str, heading: &str, parts: Vec<PagePart>) -> PageSection {
    PageSection { anchor, heading: heading.to_owned(), parts }
}

fn opening(report: &Report) -> Vec<PagePart> {
    let figures = &report.figures;
    let Tally { doors_gone, gone_no_risk, gone_confirmed, gone_unanswered, doors_new, included, missed, later, .. } =
        figures.tally;
    let figure =
        |name: &str, value: String, note: String, tone: Tone| PageFigure { name: name.to_owned(), value, note, tone };
    let count = |count: u64| bidui_emit::grouped(count as i64);
    let beside = match figures.beside.answered {
        0 => String::new(),
        answered => format!("；“以前未办结”的 {answered} 条不计"),
    };
    let mut parts: Vec<PagePart> = report.notes.iter().map(|note| PagePart::Note(format!("注意：{note}"))).collect();
    parts.push(PagePart::Figures(vec![
        figure(
            "入户（户次）",
            format!("{} → {}", count(figures.doors.before), count(figures.doors.after)),
            format!("新增 {}，减少 {}，改等级 {}", figures.doors.new, figures.doors.gone, figures.doors.changed),
            Tone::Plain,
        ),
        figure("属实率", share(&figures.all.1), format!("原 {}{beside}", share(&figures.all.0)), Tone::Plain),
        figure(
            "少入户",
            count(doors_gone),
            format!(
                "无须帮扶 {gone_no_risk}，属实 {gone_confirmed}，其他结果 {}，没有答复 {gone_unanswered}",
                doors_gone - gone_no_risk - gone_confirmed - gone_unanswered
            ),
            if doors_gone > 0 { Tone::Good } else { Tone::Plain },
        ),
        figure(
            "多入户",
            count(doors_new),
            format!(
                "{} 户，当月不在清单上，每月再算一次；其中别的月份去过的 {} 户",
                figures.tally.households_new, figures.tally.new_visited
            ),
            Tone::Plain,
        ),
        figure(
            "漏掉的纳入户",
            count(missed),
            format!("这些清单上纳入 {included} 户，推迟发现 {later} 户"),
            if missed > 0 { Tone::Alarm } else { Tone::Good },
        ),
    ]));
    parts
}

fn share(precision: &Precision) -> String {
    precision.precision.map_or_else(|| "—".to_owned(), |share| format!("{:.1}%", share * 100.0))
}

fn precision_cell(of: &Precision) -> PageCell {
    match of.precision {
        Some(share) => {
            let bounds = |bound: Option<f64>| format!("{:.0}", bound.unwrap_or(0.0) * 100.0);
            let text = format!(
                "{:.1}%　{}/{}　{}–{}",
                share * 100.0,
                of.confirmed,
                of.answered,
                bounds(of.low),
                bounds(of.high)
            );
            PageCell::words(text).sorted_by(share)
        }
        None => PageCell::unknown(),
    }
}

fn counts(change: &Change) -> [PageCell; 5] {
    [change.before, change.after, change.new, change.gone, change.changed].map(|count| PageCell::count(count as i64))
}

const CHANGES: [&str; 5] = ["原", "试", "新增", "减少", "改等级"];

fn columns(first: &[&str], numbers: &[&str]) -> Vec<PageColumn> {
    let words = first.iter().map(|name| PageColumn::words(*name));
    words.chain(numbers.iter().map(|name| PageColumn::number(*name))).collect()
}

fn rules(rules: &[RuleFigures]) -> Vec<PagePart> {
    let status = |rule: &RuleFigures| match rule.status {
        "changed" => PageCell::words("有改动").toned(Tone::Alarm),
        "new" => PageCell::words("新加").toned(Tone::Alarm),
        "removed" => PageCell::words("去掉").toned(Tone::Alarm),
        _ => PageCell::words("相同"),
    };
    let row = |rule: &RuleFigures| {
        let mut row = vec![PageCell::words(&rule.title), PageCell::words(&rule.rule), status(rule)];
        row.extend(counts(&rule.signals));
        row.push(PageCell::count(rule.alone.after as i64));
        row.extend([precision_cell(&rule.before), precision_cell(&rule.after)]);
        row
    };
    let shown = || rules.iter().filter(|rule| rule.signals.before + rule.signals.after > 0 || rule.status != "same");
    let numbers = [&CHANGES[..], &["独占（试）", "属实率 原", "属实率 试"]].concat();
    let mut most: Vec<&RuleFigures> = shown().collect();
    most.sort_by_key(|rule| std::cmp::Reverse(rule.signals.after.max(rule.signals.before)));
    most.truncate(20);
    let bars = BarChart {
        title: "各条规则引出的信号（户次），最多的二十条".to_owned(),
        description: "每条规则一根，分为两边都有、试的新增、试的减少三段".to_owned(),
        unit: "户次".to_owned(),
        kinds: vec![
            ("两边都有".to_owned(), Tone::Kind(0)),
            ("新增".to_owned(), Tone::Kind(1)),
            ("减少".to_owned(), Tone::Muted),
        ],
        rows: most
            .into_iter()
            .map(|rule| BarRow {
                name: rule.title.clone(),
                parts: [rule.signals.before - rule.signals.gone, rule.signals.new, rule.signals.gone]
                    .map(|count| count as i64)
                    .to_vec(),
            })
            .collect(),
        empty: "这些月份没有信号".to_owned(),
    };
    let table = PageTable {
        caption: "各条规则：信号和属实率".to_owned(),
        columns: columns(&["规则", "编号", "与当月相比"], &numbers),
        rows: shown().map(row).collect(),
        empty: "这些月份没有信号".to_owned(),
        note: format!(
            "信号按户次计；独占是只由这一条规则引出的入户。{}",
            crate::tune::print::supposed(rules).map_or_else(String::new, |supposed| supposed + "。")
        ),
        ..PageTable::default()
    };
    vec![PagePart::Bars(bars), PagePart::Table(table)]
}

fn doors(title: &str, groups: &[DoorFigures]) -> PageTable {
    let row = |group: &DoorFigures| {
        let mut row = vec![PageCell::words(&group.title)];
        row.extend(counts(&group.doors));
        row.extend([group.signals.before, group.signals.after].map(|count| PageCell::count(count as i64)));
        row.extend([precision_cell(&group.before), precision_cell(&group.after)]);
        row
    };
    PageTable {
        caption: format!("按{title}：入户（户次）和属实率"),
        columns: columns(&[title], &[&CHANGES[..], &["信号 原", "信号 试", "属实率 原", "属实率 试"]].concat()),
        rows: groups.iter().map(row).collect(),
        empty: "没有入户".to_owned(),
        ..PageTable::default()
    }
}

fn workload(workload: &[Workload], towns: &[DoorFigures]) -> Vec<PagePart> {
    let capacity = |town: &Workload, over: u64| {
        let cell = PageCell::known(town.capacity.map(|_| over as i64));
        if over > 0 { cell.toned(Tone::Alarm) } else { cell }
    };
    let row = |town: &Workload| {
        let mean = |mean: f64| PageCell::words(format!("{mean:.1}")).sorted_by(mean);
        vec![
            PageCell::words(&town.town),
            mean(town.mean_before),
            mean(town.mean_after),
            PageCell::count(town.most_before as i64),
            PageCell::count(town.most_after as i64),
            PageCell::known(town.capacity.map(|most| most as i64)),
            capacity(town, town.over_before),
            capacity(town, town.over_after),
        ]
    };
    let numbers = ["月均 原", "月均 试", "最多 原", "最多 试", "每月能入户", "超出的月数 原", "超出的月数 试"];
    let table = PageTable {
        caption: "各镇每月入户".to_owned(),
        columns: columns(&["乡镇"], &numbers),
        rows: workload.iter().map(row).collect(),
        empty: "没有乡镇".to_owned(),
        ..PageTable::default()
    };
    vec![PagePart::Table(table), PagePart::Table(doors("乡镇", towns))]
}

fn overlap(report: &Report) -> PagePart {
    let rows = report.figures.overlap.iter().map(|pair| {
        vec![
            PageCell::words(&pair.one_title),
            PageCell::words(&pair.other_title),
            PageCell::count(pair.doors as i64),
            PageCell::share(Some(pair.share)).sorted_by(pair.share),
        ]
    });
    PagePart::Table(PageTable {
        caption: "同一户同一个月两条规则都有信号（试）".to_owned(),
        columns: columns(&["规则", "与"], &["户次", "占较少者"]),
        rows: rows.collect(),
        empty: "没有两条规则落在同一户".to_owned(),
        ..PageTable::default()
    })
}

fn curve(curve: &Curve) -> Vec<PagePart> {
    let is_at = |point: &Point, number: f64| (point.threshold - number).abs() <= f64::EPSILON * number.abs().max(1.0);
    let mark = |value: f64, words: &str| {
        let at = curve.points.iter().position(|point| is_at(point, value))?;
        Some(ChartMark { at, words: format!("{words} {}", number(value)) })
    };
    let is_moved = (curve.present - curve.proposed).abs() > f64::EPSILON;
    let proposed = if is_moved { mark(curve.proposed, "试") } else { None };
    let marks: Vec<ChartMark> = mark(curve.present, "现在").into_iter().chain(proposed).collect();
    let places: Vec<String> = curve.points.iter().map(|point| number(point.threshold)).collect();
    let series = |name: &str, tone: Tone, value: &dyn Fn(&Point) -> Option<f64>| LineSeries {
        name: name.to_owned(),
        tone,
        values: curve.points.iter().map(value).collect(),
        ..LineSeries::default()
    };
    let interval = |point: &Point| point.precision.low.zip(point.precision.high);
    let of_precision = LineSeries {
        intervals: curve.points.iter().map(interval).collect(),
        ..series("属实率", Tone::Kind(0), &|point| point.precision.precision)
    };
    let heading = format!("{}（{}）：{}", curve.title, curve.rule, compared(curve, "阈值"));
    let shares = LineChart {
        title: format!("{heading}，属实率和抓到的纳入户"),
        description:
            "横轴为阈值；属实率按有结论的入户计，竖线为其95%区间，召回为这条规则抓到的纳入户占全部纳入户的比例"
                .to_owned(),
        unit: String::new(),
        places: places.clone(),
        series: vec![of_precision, series("纳入户的召回", Tone::Kind(1), &|point| point.recall)],
        marks: marks.clone(),
        is_share: true,
        empty: "还没有核查结果".to_owned(),
    };
    let visits = LineChart {
        title: format!("{heading}，每月入户"),
        description: "横轴为阈值；全部规则合计的每月入户户数".to_owned(),
        unit: "户".to_owned(),
        places,
        series: vec![series("每月总入户", Tone::Kind(2), &|point| Some(point.visits))],
        marks,
        is_share: false,
        empty: "没有入户".to_owned(),
    };
    let fold = PageFold {
        summary: format!("{}：各点和各段的数字", curve.title),
        parts: vec![PagePart::Table(points(curve, &heading)), PagePart::Table(bands(curve))],
    };
    vec![PagePart::Lines(shares), PagePart::Lines(visits), PagePart::Fold(fold)]
}

fn points(curve: &Curve, heading: &str) -> PageTable {
    let row = |point: &Point| {
        vec![
            PageCell::words(number(point.threshold)).sorted_by(point.threshold),
            PageCell::count(point.signals as i64),
            PageCell::count(point.households as i64),
            PageCell::count(point.alone as i64),
            PageCell::words(format!("{:.1}", point.visits)).sorted_by(point.visits),
            precision_cell(&point.precision),
            PageCell::count(point.caught as i64),
            PageCell::count(point.missed as i64),
            PageCell::words(format!("--set {}", point.set)),
        ]
    };
    let numbers = ["信号", "户", "独占", "每月总入户", "属实率", "抓到纳入户", "全部规则漏掉"];
    let mut of_table = columns(&["阈值"], &numbers);
    of_table.push(PageColumn::words("试的写法"));
    PageTable {
        caption: format!("{heading}，逐点"),
        columns: of_table,
        rows: curve.points.iter().map(row).collect(),
        empty: "没有数值".to_owned(),
        ..PageTable::default()
    }
}

fn without_curve(without: &[NoCurve]) -> PagePart {
    let row = |one: &NoCurve| vec![PageCell::words(&one.title), PageCell::words(named(one)), PageCell::words(&one.why)];
    PagePart::Table(PageTable {
        caption: "没有曲线的规则".to_owned(),
        columns: columns(&["规则", "编号", "原因"], &[]),
        rows: without.iter().map(row).collect(),
        empty: "每条规则都有曲线".to_owned(),
        ..PageTable::default()
    })
}

fn bands(curve: &Curve) -> PageTable {
    let row = |(at, band): (usize, &Band)| {
        let found = if band.is_asked() { precision_cell(&band.precision) } else { PageCell::words(NOT_ASKED) };
        vec![
            PageCell::words(&band.title).sorted_by(at as f64),
            PageCell::count(band.signals as i64),
            found,
            PageCell::count(band.not_asked as i64),
            precision_cell(&band.elsewhere),
        ]
    };
    PageTable {
        caption: format!("{}：各段数值的属实率", curve.title),
        columns: columns(&BAND_COLUMNS[..1], &BAND_COLUMNS[1..]),
        rows: curve.bands.iter().enumerate().map(row).collect(),
        empty: "没有数值".to_owned(),
        ..PageTable::default()
    }
}

fn suggested(suggestion: &Suggestion) -> Vec<PagePart> {
    let Suggestion { doors_before, doors_after, no_risk, confirmed, other, unanswered, missed, .. } = suggestion;
    let row = |one: &crate::tune::suggest::Move| {
        vec![
            PageCell::words(&one.title),
            PageCell::words(one.level),
            PageCell::words(number(one.from)).sorted_by(one.from),
            PageCell::words(number(one.to)).sorted_by(one.to),
            PageCell::words(&one.set),
            PageCell::count(one.doors as i64),
            PageCell::count(one.missed as i64),
        ]
    };
    let table = PageTable {
        caption: "建议的阈值（只供参考，没有写入任何文件）".to_owned(),
        columns: columns(&["规则", "等级", "现在", "建议", "试的写法"], &["这一条少入户（户次）", "这一条漏掉纳入户"]),
        rows: suggestion.moves.iter().map(row).collect(),
        empty: crate::tune::print::nothing_to_move(suggestion).to_owned(),
        ..PageTable::default()
    };
    let mut parts = vec![
        PagePart::Table(table),
        PagePart::Paragraph(format!(
            "每月总入户 {doors_before:.1} → {doors_after:.1}。放弃的入户里：核查为无须帮扶 {no_risk} 户次，属实 {confirmed} 户次，\
             其他结果 {other} 户次，没有答复 {unanswered} 户次；漏掉纳入户 {missed} 户。"
        )),
    ];
    let over: Vec<String> = suggestion.over.iter().map(overloaded).collect();
    if !over.is_empty() {
        parts.push(PagePart::Steps(over));
    }
    parts
}
