//! What tuning found, for a terminal of a hundred columns.

use std::fmt::Write as _;

use crate::tune::Report;
use crate::tune::axes::NoCurve;
use crate::tune::bands::Band;
use crate::tune::curve::{Curve, Point};
use crate::tune::figures::{DoorFigures, Figures, RuleFigures};
use crate::tune::measure::{Change, Precision};
use crate::tune::suggest::{Overloaded, Suggestion};
use crate::tune::tally::Tally;

/// So many missed households are named.
const NAMED: usize = 5;

/// Whether anything would be another.
fn is_moved(change: &Change) -> bool {
    change.new + change.gone + change.changed > 0
}

pub(crate) fn report(report: &Report) -> String {
    let mut text = String::new();
    let figures = &report.figures;
    let _ = writeln!(text, "{} 规则试算：{}", report.county, report.what);
    let _ = writeln!(text, "月份：{}；这些月份的清单已收到核查结果 {} 条", report.months.join("、"), report.answers);
    let _ = writeln!(text, "“原”是当月实际发布的，“试”是按这套规则；没有改动的规则取当月的结果");
    for note in &report.notes {
        let _ = writeln!(text, "注意：{note}");
    }
    let _ = writeln!(text, "\n入户（户次，各月合计）：{}", change(&figures.doors));
    for month in figures.by_month.iter().filter(|_| figures.by_month.len() > 1) {
        let _ = writeln!(text, "  {}  {}", month.key, change(&month.doors));
    }
    let _ = writeln!(
        text,
        "属实率（属实 ÷ 属实与不属实）：原 {}；试 {}",
        precision(&figures.all.0),
        precision(&figures.all.1)
    );
    if let Some(beside) = beside(figures) {
        let _ = writeln!(text, "  {beside}");
    }
    tally(&mut text, &figures.tally, &figures.missed_households);
    rules(&mut text, &figures.rules);
    for (title, groups) in [
        ("等级", &figures.levels),
        ("户类型", &figures.kinds),
        ("部门", &figures.departments),
        ("乡镇", &figures.towns),
    ] {
        doors(&mut text, title, groups);
    }
    workload(&mut text, report);
    overlap(&mut text, report);
    for curve in &report.curves {
        shown_curve(&mut text, curve);
    }
    without_curve(&mut text, report);
    if let Some(suggestion) = &report.suggestion {
        suggested(&mut text, suggestion);
    }
    text
}

/// The answers that the month's page counts and the replay does not.
pub(crate) fn beside(figures: &Figures) -> Option<String> {
    let (beside, all) = (&figures.beside, &figures.all.0);
    (beside.answered > 0).then(|| {
        let both = Precision::of(all.confirmed + beside.confirmed, all.answered + beside.answered);
        format!(
            "“以前未办结”的答复 {} 条有结论（属实 {}）不计：那一户当月没有信号。报告.html 和月报计入，合起来是 {}",
            beside.answered,
            beside.confirmed,
            precision(&both)
        )
    })
}

/// Of which rules it is only supposed that they are about the same members as before.
pub(crate) fn supposed(rules: &[RuleFigures]) -> Option<String> {
    let of_rule = |rule: &RuleFigures| format!("{} {} 户次", rule.rule, rule.supposed_same);
    let named: Vec<String> = rules.iter().filter(|rule| rule.supposed_same > 0).map(of_rule).collect();
    (!named.is_empty()).then(|| {
        format!(
            "试的一边没有算进：{}。以前核查过，当作还是那几位成员而不再下发；按户判定而多看了别的指标的，依据的是哪几位试算不知道，换了人的真运行时照样下发，所以“试”至多少算这些",
            named.join("、")
        )
    })
}

fn change(change: &Change) -> String {
    let Change { before, after, new, gone, changed } = *change;
    let levels = if changed > 0 { format!("，改等级 {changed}") } else { String::new() };
    if before == after && new == 0 && changed == 0 {
        return format!("{before}，没有变化");
    }
    format!("{before} → {after}（新增 {new}，减少 {gone}{levels}）")
}

pub(crate) fn precision(precision: &Precision) -> String {
    match (precision.precision, precision.low, precision.high) {
        (Some(share), Some(low), Some(high)) => format!(
            "{}（{}/{}，95%区间 {}–{}）",
            percent(share),
            precision.confirmed,
            precision.answered,
            percent(low),
            percent(high)
        ),
        _ => "还没有结论".to_owned(),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn tally(text: &mut String, tally: &Tally, households: &[String]) {
    if tally.doors_gone > 0 {
        let Tally { doors_gone, gone_no_risk, gone_confirmed, gone_unanswered, .. } = *tally;
        let other = doors_gone - gone_no_risk - gone_confirmed - gone_unanswered;
        let _ = writeln!(
            text,
            "少入户 {doors_gone} 户次（{} 户）：其中核查为无须帮扶 {gone_no_risk}，属实 {gone_confirmed}，其他结果 {other}，没有答复 {gone_unanswered}",
            tally.households_gone
        );
    }
    if tally.doors_new > 0 {
        let _ = writeln!(
            text,
            "多入户 {} 户次（{} 户，当月不在清单上，每个月都再算一次；真去过的，核查后多半不再下发）：结果不知道；其中别的月份去过的 {} 户，因别的清单纳入的 {} 户次",
            tally.doors_new, tally.households_new, tally.new_visited, tally.new_included
        );
    }
    let missed = if tally.missed > 0 {
        let rest = if households.len() > NAMED { "等，全部见 --json 的 missed_households" } else { "" };
        let named: Vec<&str> = households.iter().take(NAMED).map(String::as_str).collect();
        format!("将漏掉 {} 户（{}{rest}）", tally.missed, named.join("、"))
    } else {
        "一户不漏".to_owned()
    };
    if tally.included > 0 {
        let later = if tally.later > 0 { format!("，推迟发现 {} 户", tally.later) } else { String::new() };
        let _ = writeln!(text, "这些清单上纳入监测的 {} 户：{missed}{later}", tally.included);
    }
}

/// Columns of text, each as wide as its widest cell; the first is words, the others numbers.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn of(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|cell| (*cell).to_owned()).collect()] }
    }
    fn add(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }
    fn write(&self, text: &mut String) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max();
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
        for row in &self.rows {
            let mut line = String::from(" ");
            for (column, (cell, widest)) in row.iter().zip(&widths).enumerate() {
                let blanks = " ".repeat(widest - width(cell));
                let cell = if column == 0 { format!(" {cell}{blanks}") } else { format!("  {blanks}{cell}") };
                line.push_str(&cell);
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
}

/// Columns on a terminal: a Chinese character takes two.
fn width(text: &str) -> usize {
    text.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum()
}

fn short(precision: &Precision) -> String {
    match precision.precision {
        Some(share) => format!("{} {}/{}", percent(share), precision.confirmed, precision.answered),
        None => "—".to_owned(),
    }
}

fn cells(change: &Change) -> [String; 5] {
    [change.before, change.after, change.new, change.gone, change.changed].map(|number| number.to_string())
}

fn rules(text: &mut String, rules: &[RuleFigures]) {
    let status = |rule: &RuleFigures| match rule.status {
        "new" => "新*",
        "changed" => "改*",
        "removed" => "去*",
        _ => "",
    };
    let _ = writeln!(text, "\n规则（信号，户次；*为与当月不同的规则；独占为只由它一条规则引出的入户）：");
    let mut table = Table::of(&["规则", "原", "试", "新增", "减少", "改等级", "独占", "属实率 原", "属实率 试"]);
    let is_other = |rule: &&RuleFigures| rule.status != "same" || is_moved(&rule.signals);
    let others: Vec<&RuleFigures> = rules.iter().filter(is_other).collect();
    let fired = rules.iter().filter(|rule| rule.signals.before + rule.signals.after > 0).collect();
    // Of a change what changes; of the rules as they are, all that have fired.
    let shown: Vec<&RuleFigures> = if others.is_empty() { fired } else { others };
    let rest = rules.len() - shown.len();
    for rule in shown {
        let mut row = vec![format!("{}{}", status(rule), rule.rule)];
        row.extend(cells(&rule.signals));
        row.extend([rule.alone.after.to_string(), short(&rule.before), short(&rule.after)]);
        table.add(row);
    }
    table.write(text);
    if rest > 0 {
        let _ = writeln!(text, "  其余 {rest} 条规则没有变化或没有信号");
    }
    if let Some(supposed) = supposed(rules) {
        let _ = writeln!(text, "  {supposed}");
    }
}

fn doors(text: &mut String, title: &str, groups: &[DoorFigures]) {
    let _ = writeln!(text, "\n按{title}（入户，户次）：");
    let mut table =
        Table::of(&[title, "原", "试", "新增", "减少", "改等级", "信号 原", "信号 试", "属实率 原", "属实率 试"]);
    let any = groups.iter().any(|group| is_moved(&group.doors));
    for group in groups.iter().filter(|group| !any || is_moved(&group.doors)) {
        let mut row = vec![group.title.clone()];
        row.extend(cells(&group.doors));
        row.extend([group.signals.before, group.signals.after].map(|count| count.to_string()));
        row.extend([short(&group.before), short(&group.after)]);
        table.add(row);
    }
    table.write(text);
}

fn workload(text: &mut String, report: &Report) {
    let has_capacity = report.figures.workload.iter().any(|town| town.capacity.is_some());
    let _ = writeln!(text, "\n各镇每月入户：");
    let mut heading = vec!["乡镇", "月均 原", "月均 试", "最多 原", "最多 试"];
    if has_capacity {
        heading.extend(["每月能入户", "超出的月数 原", "超出的月数 试"]);
    }
    let mut table = Table::of(&heading);
    for town in &report.figures.workload {
        let mut row = vec![
            town.town.clone(),
            format!("{:.1}", town.mean_before),
            format!("{:.1}", town.mean_after),
            town.most_before.to_string(),
            town.most_after.to_string(),
        ];
        if has_capacity {
            let capacity = town.capacity.map_or_else(|| "—".to_owned(), |capacity| capacity.to_string());
            row.extend([capacity, town.over_before.to_string(), town.over_after.to_string()]);
        }
        table.add(row);
    }
    table.write(text);
}

fn overlap(text: &mut String, report: &Report) {
    if report.figures.overlap.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n常在同一户的规则（试）：");
    let mut table = Table::of(&["规则", "与", "同户（户次）", "占较少者"]);
    for pair in report.figures.overlap.iter().take(10) {
        table.add(vec![pair.one.clone(), pair.other.clone(), pair.doors.to_string(), percent(pair.share)]);
    }
    table.write(text);
}

pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What is said of a band, and where this rule has not been.
pub(crate) const BAND_COLUMNS: [&str; 5] = ["数值", "信号", "属实率", "没有敲过门的户次", "其中别的规则敲过的"];
pub(crate) const NOT_ASKED: &str = "本规则没有敲过门";

/// What is compared with what.
pub(crate) fn compared(curve: &Curve, number: &str) -> String {
    let Curve { fact_title, unit, factor_title, .. } = curve;
    let sign = match curve.sign {
        ">=" => "≥",
        "<=" => "≤",
        other => other,
    };
    let unit = if unit.is_empty() { String::new() } else { format!("（{unit}）") };
    let times = if factor_title.is_empty() { String::new() } else { format!("{factor_title} × ") };
    let worst = if curve.per == "person" { "，按人判定，取户内最重的一人" } else { "" };
    format!("{fact_title} {sign} {times}{number}{unit}{worst}")
}

/// A rule without a curve, and which of its numbers.
pub(crate) fn named(one: &NoCurve) -> String {
    let set = one.set.trim_end_matches('=');
    if set.is_empty() { one.rule.clone() } else { set.to_owned() }
}

fn without_curve(text: &mut String, report: &Report) {
    if report.no_curves.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n不画曲线的规则及原因：");
    for one in &report.no_curves {
        let _ = writeln!(text, "  {}　{}：{}", named(one), one.title, one.why);
    }
}

fn shown_curve(text: &mut String, curve: &Curve) {
    let Curve { title, rule, level, .. } = curve;
    let _ = writeln!(text, "\n阈值曲线　{rule}　{title}：{level} {}", compared(curve, "?"));
    let mut table = Table::of(&["阈值", "信号", "户", "独占", "每月总入户", "属实率", "抓到纳入户", "全部规则漏掉"]);
    for point in &curve.points {
        let Point { threshold, signals, households, alone, visits, precision, caught, missed, .. } = point;
        let same = |other: f64| (threshold - other).abs() < f64::EPSILON * other.abs().max(1.0);
        let mark = match (same(curve.present), same(curve.proposed)) {
            (true, _) => "←现",
            (false, true) => "←试",
            _ => "",
        };
        table.add(vec![
            format!("{}{mark}", number(*threshold)),
            signals.to_string(),
            households.to_string(),
            alone.to_string(),
            format!("{visits:.1}"),
            short(precision),
            caught.to_string(),
            missed.to_string(),
        ]);
    }
    table.write(text);
    if let Some(point) = curve.points.last() {
        let _ = writeln!(text, "  试其中一点写作 --set {}", point.set);
    }
    shown_bands(text, &curve.bands);
}

fn shown_bands(text: &mut String, bands: &[Band]) {
    if bands.iter().all(|band| band.precision.answered + band.elsewhere.answered == 0) {
        return;
    }
    text.push_str("  各段数值的属实率：\n");
    let mut table = Table::of(&BAND_COLUMNS);
    for band in bands {
        let found = if band.is_asked() { short(&band.precision) } else { NOT_ASKED.to_owned() };
        let counts = [band.signals, band.not_asked].map(|count| count.to_string());
        let [signals, not_asked] = counts;
        table.add(vec![band.title.clone(), signals, found, not_asked, short(&band.elsewhere)]);
    }
    table.write(text);
}

/// A town that stays overloaded.
pub(crate) fn overloaded(one: &Overloaded) -> String {
    let Overloaded { town, months, most, capacity } = one;
    format!("{town}仍有{months}个月超出：最多 {most} 户，能入户 {capacity} 户；单靠这些阈值收不下来")
}

/// Why nothing is proposed.
pub(crate) fn nothing_to_move(suggestion: &Suggestion) -> &'static str {
    if suggestion.over.is_empty() {
        "不用动：各镇各月都在能力之内"
    } else {
        "收紧这些阈值也收不下来，没有建议"
    }
}

fn suggested(text: &mut String, suggestion: &Suggestion) {
    let _ = writeln!(text, "\n建议的阈值（只供参考，没有写入任何文件）：");
    if suggestion.moves.is_empty() {
        let _ = writeln!(text, "  {}", nothing_to_move(suggestion));
    }
    for one in &suggestion.moves {
        let _ = writeln!(
            text,
            "  {}　{}　{}：{} → {}　（{}）　这一条少入户 {} 户次，漏掉纳入户 {} 户",
            one.rule,
            one.title,
            one.level,
            number(one.from),
            number(one.to),
            one.set,
            one.doors,
            one.missed
        );
    }
    let Suggestion { doors_before, doors_after, no_risk, confirmed, other, unanswered, missed, .. } = suggestion;
    let _ = writeln!(text, "  每月总入户 {doors_before:.1} → {doors_after:.1}");
    let _ = writeln!(
        text,
        "  放弃的入户里：核查为无须帮扶 {no_risk} 户次，属实 {confirmed} 户次，其他结果 {other} 户次，没有答复 {unanswered} 户次；漏掉纳入户 {missed} 户"
    );
    for one in &suggestion.over {
        let _ = writeln!(text, "  {}", overloaded(one));
    }
}
