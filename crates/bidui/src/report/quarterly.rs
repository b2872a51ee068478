//! The quarter's analysis in sentences: three months side by side, and what is to be consulted on.

use std::collections::BTreeMap;

use bidui_model::Month;
use polars::prelude::*;

use crate::report::figures::{Figures, pairs};
use crate::report::monthly::Sections;
use crate::report::words::{change, listed, quoted, share};

const MONTHS: i64 = 3;
/// Fewer answers say nothing of a rule.
const LEAST_ANSWERS: i64 = 5;
const NAMED: usize = 5;

/// `2023年第一季度`, if the month ends one.
pub(crate) fn quarter(month: Month) -> Option<String> {
    let name = match month.month() {
        3 => "一",
        6 => "二",
        9 => "三",
        12 => "四",
        _ => return None,
    };
    Some(format!("{}年第{name}季度", month.year()))
}

pub(crate) fn sections(figures: &Figures<'_>) -> PolarsResult<Sections> {
    Ok(vec![
        ("一、预警走势", trend(figures)?.into_iter().chain(super::monthly::common_causes(figures)?).collect()),
        ("二、乡镇", towns(figures)?),
        ("三、规则", rules(figures)?),
        ("四、监测对象与收入", monitored(figures)?),
        ("五、纳入与消除", passages(figures)?),
        ("六、会商材料：疑难结果", hard_cases(figures)?),
        ("七、会商材料：指标准确率", precision(figures)?),
    ])
}

/// The county's number of a month of the quarter; `None` where the month was not published.
fn county(figures: &Figures<'_>, column: &str, ago: i64) -> PolarsResult<Option<i64>> {
    let Some(frame) = figures.tables.get("town_figures") else { return Ok(None) };
    let (codes, ago_of) = (frame.column("town_code")?.str()?, frame.column("months_ago")?.i64()?);
    let row = (0..frame.height()).find(|row| codes.get(*row) == Some("") && ago_of.get(*row) == Some(ago));
    row.map(|row| Ok(frame.column(column)?.i64()?.get(row).unwrap_or(0))).transpose()
}

fn trend(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let (mut known, mut missing) = (Vec::new(), Vec::new());
    for ago in (0..MONTHS).rev() {
        let month = figures.month.plus(-(ago as i32)).in_chinese();
        match county(figures, "warned", ago)? {
            Some(warned) => known.push((month, warned, county(figures, "red", ago)?.unwrap_or(0))),
            None => missing.push(month),
        }
    }
    let months: Vec<String> =
        known.iter().map(|(month, warned, red)| format!("{month}预警{warned}户（红色{red}户）")).collect();
    let mut text = format!("{}。", months.join("，"));
    match known.as_slice() {
        [first, .., last] => text.push_str(&format!(
            "{}比{}{}。",
            last.0,
            first.0,
            change(first.1, last.1, "户").replace("比上月", "").replace("与上月持平", "持平")
        )),
        _ => text.push_str("本季度只有一个月的数据，看不出走势。"),
    }
    if !missing.is_empty() {
        text.push_str(&format!("{}没有发布，未计入。", missing.join("、")));
    }
    text.push_str(&figures.undecided(&[2, 1, 0])?.unwrap_or_default());
    Ok(vec![text])
}

/// Sums over the quarter's months by name, the most first.
fn summed(figures: &Figures<'_>, table: &str, name: &str, number: &str) -> PolarsResult<Vec<(String, i64)>> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for ago in 0..MONTHS {
        for (name, count) in figures.rows(table, name, number, ago)? {
            *sums.entry(name).or_default() += count;
        }
    }
    let mut rows: Vec<(String, i64)> = sums.into_iter().collect();
    rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    Ok(rows)
}

fn towns(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let by_town = summed(figures, "town_figures", "town", "warned")?;
    let mut paragraphs = vec![match listed(pairs(&by_town), "户次") {
        Some(words) => format!("本季度各乡镇预警户次：{words}。"),
        None => "本季度各乡镇没有预警。".to_owned(),
    }];
    let now: BTreeMap<String, i64> = figures.rows("town_figures", "town", "warned", 0)?.into_iter().collect();
    let first: BTreeMap<String, i64> = figures.rows("town_figures", "town", "warned", 2)?.into_iter().collect();
    if !first.is_empty() {
        let rise = |(town, now): (&String, &i64)| (town.clone(), now - first.get(town).copied().unwrap_or(0));
        let mut rises: Vec<(String, i64)> = now.iter().map(rise).filter(|(_, rise)| *rise > 0).collect();
        rises.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        rises.truncate(NAMED);
        paragraphs.push(match listed(pairs(&rises), "户") {
            Some(words) => format!("季末比季初增加较多的：{words}。"),
            None => "没有季末比季初增加的乡镇。".to_owned(),
        });
        paragraphs.extend(figures.undecided(&[2, 0])?);
    }
    Ok(paragraphs)
}

fn rules(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    // A rule fired where a household was warned of it: what could not be decided and what was not asked again is in the sheet.
    let mut by_rule = summed(figures, "rule_figures", "rule_title", "households")?;
    by_rule.retain(|(_, count)| *count > 0);
    let all = by_rule.len();
    by_rule.truncate(NAMED);
    let by_rule: Vec<(String, i64)> = by_rule.into_iter().map(|(title, count)| (quoted(&title), count)).collect();
    Ok(vec![match listed(pairs(&by_rule), "户次") {
        Some(words) if all <= NAMED => format!("本季度触发的规则{all}条：{words}。"),
        Some(words) => format!("本季度触发的规则{all}条，户次最多的{NAMED}条是：{words}。"),
        None => "本季度没有规则触发。".to_owned(),
    }])
}

fn monitored(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let Some(households) = figures.tables.get("households") else { return Ok(Vec::new()) };
    let status = households.column("risk_status")?.str()?;
    let count = |word: &str| status.iter().filter(|status| *status == Some(word)).count() as i64;
    let (open, eliminated) = (count("未消除"), count("已消除"));
    let all = open + eliminated;
    Ok(vec![match share(open, all) {
        Some(share) => format!(
            "季末在册监测对象{all}户，其中风险未消除{open}户（{share}），已消除{eliminated}户。各乡镇收入和监测情况见附表。"
        ),
        None => "季末底册中没有监测对象。各乡镇收入情况见附表。".to_owned(),
    }])
}

fn passages(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let Some(frame) = figures.tables.get("stability_figures") else { return Ok(Vec::new()) };
    let (codes, ago_of) = (frame.column("town_code")?.str()?, frame.column("months_ago")?.i64()?);
    let (towns, months, flags) =
        (frame.column("town")?.str()?, frame.column("month")?.str()?, frame.column("flags")?.str()?);
    let (included, eliminated) = (frame.column("included")?.i64()?, frame.column("eliminated")?.i64()?);
    let late = frame.column("last5_included_share")?.f64()?;
    let (mut into, mut out, mut rush) = (0, 0, 0.0);
    let mut flagged = Vec::new();
    for row in (0..frame.height()).rev().filter(|row| ago_of.get(*row).is_some_and(|ago| ago < MONTHS)) {
        if codes.get(row) == Some("") {
            into += included.get(row).unwrap_or(0);
            out += eliminated.get(row).unwrap_or(0);
            if ago_of.get(row) == Some(0) {
                rush = late.get(row).unwrap_or(0.0) * included.get(row).unwrap_or(0) as f64;
            }
        }
        if let Some(flags) = flags.get(row).filter(|flags| !flags.is_empty()) {
            flagged.push((months.get(row).unwrap_or(""), towns.get(row).unwrap_or(""), flags));
        }
    }
    flagged.sort_unstable();
    let in_words = |(month, town, flags): (&str, &str, &str)| {
        let month = month.parse::<Month>().map_or_else(|_| month.to_owned(), Month::in_chinese);
        format!("{month}{town}（{flags}）")
    };
    let flagged: Vec<String> = flagged.into_iter().map(in_words).collect();
    let mut text = match (into, out) {
        (0, 0) => "按底册和台账的日期，全区本季度没有纳入监测，也没有风险消除。".to_owned(),
        (into, out) => format!("按底册和台账的日期，全区本季度纳入监测{into}户，风险消除{out}户。"),
    };
    if let Some(share) = share(rush.round() as i64, into).filter(|_| rush >= 0.5) {
        text.push_str(&format!("落在季末最后几天的纳入{}户，占本季度的{share}。", rush.round() as i64));
    }
    let warned = (of_quarter(figures, "included")?, of_quarter(figures, "eliminated")?);
    if figures.has_ledger && warned != (into, out) {
        text.push_str(&format!(
            "只计预警户、按台账，纳入监测{}户，风险消除{}户（附表“核查处置”），与前一句口径不同：前一句含没有预警的户。",
            warned.0, warned.1
        ));
    }
    text.push_str(&if flagged.is_empty() {
        "各乡镇没有大进大出、突击纳入、突击消除的迹象。".to_owned()
    } else {
        format!("须核实的：{}。", flagged.join("、"))
    });
    Ok(vec![text])
}

/// The county's sum of a column over the quarter's months, as far as they are known.
fn of_quarter(figures: &Figures<'_>, column: &str) -> PolarsResult<i64> {
    (0..MONTHS).map(|ago| Ok(county(figures, column, ago)?.unwrap_or(0))).sum()
}

/// The lists whose answers are consulted on: those of the quarter, and of the month before it, which were answered in it.
fn lists_answered(figures: &Figures<'_>) -> String {
    format!(
        "{}至{}各月清单收到的核查结果中",
        figures.month.plus(-(MONTHS as i32)).in_chinese(),
        figures.month.in_chinese()
    )
}

/// Results that one bureau alone cannot settle, where no second look found otherwise.
const HARD: [(&str, &str, &str); 3] = [
    ("department", "政策未落实、转行业部门的", "请有关部门说明未落实的原因和时限"),
    ("data_error", "不属实、数据错误的", "请报送部门核对数据"),
    ("reroute", "非本镇、已迁出或查无此人的", "请公安、民政核对户籍和居住地"),
];

fn hard_cases(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let Some(frame) = figures.tables.get("answer_figures") else { return Ok(Vec::new()) };
    let (effects, cases) = (frame.column("effect")?.str()?, frame.column("cases")?.i64()?);
    let refuted = frame.column("refuted")?.i64()?;
    let outcomes = frame.column("outcome")?.str()?;
    let count = |effect: &str| -> i64 {
        let is_one = |row: &usize| effects.get(*row) == Some(effect) && outcomes.get(*row) != Some("未照办");
        (0..frame.height()).filter(is_one).filter_map(|row| Some(cases.get(row)? - refuted.get(row).unwrap_or(0))).sum()
    };
    let said: Vec<String> = HARD
        .iter()
        .map(|(effect, title, asked)| (count(effect), title, asked))
        .filter(|(cases, ..)| *cases > 0)
        .map(|(cases, title, asked)| format!("{title}{cases}户，{asked}"))
        .collect();
    Ok(vec![if said.is_empty() {
        format!("{}，没有需要会商的疑难结果。", lists_answered(figures))
    } else {
        format!("{}：{}。", lists_answered(figures), said.join("；"))
    }])
}

fn precision(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let Some(frame) = figures.tables.get("rule_figures") else { return Ok(Vec::new()) };
    let titles = frame.column("rule_title")?.str()?;
    let (answered, confirmed) = (frame.column("answered")?.i64()?, frame.column("confirmed")?.i64()?);
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for row in 0..frame.height() {
        let sum = sums.entry(titles.get(row).unwrap_or("")).or_default();
        sum.0 += answered.get(row).unwrap_or(0);
        sum.1 += confirmed.get(row).unwrap_or(0);
    }
    let (all, right) = sums.values().fold((0, 0), |sum, found| (sum.0 + found.0, sum.1 + found.1));
    let Some(share_of_all) = share(right, all) else {
        return Ok(vec!["还没有可用来计算指标准确率的核查结果。".to_owned()]);
    };
    let mut text = format!(
        "{}，有属实或不属实结论的{all}条次，其中属实{right}条次，指标准确率{share_of_all}。",
        lists_answered(figures)
    );
    if sums.values().all(|(answered, _)| *answered < LEAST_ANSWERS) {
        text.push_str(&format!("没有一条规则的结论达到{LEAST_ANSWERS}条次，暂不逐条评价。"));
        return Ok(vec![text]);
    }
    let mut low: Vec<(&str, i64, i64)> = sums
        .into_iter()
        .filter(|(_, (answered, confirmed))| *answered >= LEAST_ANSWERS && confirmed * 2 < *answered)
        .map(|(title, (answered, confirmed))| (title, answered, confirmed))
        .collect();
    low.sort_by(|one, other| (one.2 * other.1).cmp(&(other.2 * one.1)).then_with(|| one.0.cmp(other.0)));
    low.truncate(NAMED);
    if low.is_empty() {
        text.push_str(&format!("结论不少于{LEAST_ANSWERS}条次的规则，准确率都不低于一半。"));
    } else {
        let named: Vec<String> = low
            .iter()
            .map(|(title, answered, confirmed)| {
                format!("{}（{}）", quoted(title), share(*confirmed, *answered).unwrap_or_default())
            })
            .collect();
        text.push_str(&format!("准确率不到一半、建议调整阈值或核对数据的：{}。", named.join("、")));
    }
    Ok(vec![text])
}
