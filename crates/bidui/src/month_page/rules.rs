//! Rules by what they yield: signals, warned households, and what the towns' answers said of them.

use std::collections::{BTreeMap, BTreeSet};

use bidui_emit::{BarChart, BarRow, PageCell, PageColumn, PageFold, PagePart, PageTable, Tone};
use polars::prelude::PolarsResult;

use super::Counts;
use super::columns::{counts, share, words};
use super::totals::TONES;
use crate::exit::Fault;
use crate::report::error_rates::wilson;

/// Below so many answers the share says too little to be marked.
const LEAST_ANSWERS: i64 = 10;
/// How many rules are drawn; the table has all.
const DRAWN: usize = 20;
const LEVELS: usize = TONES.len();

/// What came back of a rule's warnings, of all months that the ledger still shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Answers {
    /// True or not true.
    answered: i64,
    confirmed: i64,
    included: i64,
}

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    let answers = answers(counts)?;
    let fired: BTreeSet<&str> = words(&counts.rules, "rule_id")?.into_iter().collect();
    let mut parts = Vec::new();
    if fired.is_empty() {
        parts.push(PagePart::Empty("本月没有规则触发。".to_owned()));
    } else {
        parts.push(PagePart::Bars(bars(counts)?));
        parts.push(PagePart::Table(table(counts, &answers)?));
    }
    if answers.values().all(|answers| answers.answered == 0) {
        parts.push(PagePart::Empty("还没有收到属实或不属实的核查结果，准确率无从计算。".to_owned()));
    }
    parts.extend(silent(counts, &fired)?);
    Ok(parts)
}

/// Most warned households first.
fn order(counts: &Counts<'_>) -> PolarsResult<Vec<usize>> {
    let (live, ids) = (self::counts(&counts.rules, "households")?, words(&counts.rules, "rule_id")?);
    let mut rows: Vec<usize> = (0..ids.len()).collect();
    rows.sort_by(|one, other| live[*other].cmp(&live[*one]).then_with(|| ids[*one].cmp(ids[*other])));
    Ok(rows)
}

fn answers(counts: &Counts<'_>) -> PolarsResult<BTreeMap<String, Answers>> {
    let frame = &counts.answers_by_rule;
    let (rules, outcomes, effects) = (words(frame, "rules")?, words(frame, "outcome")?, words(frame, "effect")?);
    let mut sums: BTreeMap<String, Answers> = BTreeMap::new();
    for row in 0..frame.height() {
        let sum = sums.entry(rules[row].to_owned()).or_default();
        sum.answered += i64::from(matches!(outcomes[row], "属实" | "不属实"));
        sum.confirmed += i64::from(outcomes[row] == "属实");
        sum.included += i64::from(matches!(effects[row], "include" | "rollback"));
    }
    Ok(sums)
}

fn bars(counts: &Counts<'_>) -> PolarsResult<BarChart> {
    let (titles, live) = (words(&counts.rules, "rule_title")?, self::counts(&counts.rules, "households")?);
    let (suppressed, review) = (self::counts(&counts.rules, "suppressed")?, self::counts(&counts.rules, "review")?);
    let rows = order(counts)?
        .into_iter()
        .take(DRAWN)
        .map(|row| BarRow { name: titles[row].to_owned(), parts: vec![live[row], suppressed[row], review[row]] });
    let kinds = [("生效", Tone::Plain), ("冷却期内、不再提示", Tone::Muted), ("缺数据待判定", Tone::Kind(4))];
    Ok(BarChart {
        title: match titles.len() {
            ..=DRAWN => "各规则的信号".to_owned(),
            all => format!("各规则的信号（生效最多的{DRAWN}条，共{all}条）"),
        },
        description: "每条规则一条，按生效、不再提示、待判定分段；数在下面的表里。".to_owned(),
        unit: "条".to_owned(),
        kinds: kinds.map(|(name, tone)| (name.to_owned(), tone)).to_vec(),
        rows: rows.collect(),
        empty: String::new(),
    })
}

fn table(counts: &Counts<'_>, answers: &BTreeMap<String, Answers>) -> PolarsResult<PageTable> {
    let frame = &counts.rules;
    let (ids, titles, risks) = (words(frame, "rule_id")?, words(frame, "rule_title")?, words(frame, "risk")?);
    let column = |name: &str| self::counts(frame, name);
    let (live, suppressed, review) = (column("households")?, column("suppressed")?, column("review")?);
    let levels: Vec<Vec<i64>> = TONES.iter().map(|(level, _)| column(level.code())).collect::<PolarsResult<_>>()?;
    let sensitive = sensitive(counts);
    let row = |at: usize| {
        let answers = answers.get(ids[at]).copied().unwrap_or_default();
        let is_open = !sensitive.contains(ids[at]);
        let mut cells = vec![
            PageCell::words(titles[at]),
            PageCell::words(risks[at]),
            PageCell::count(live[at] + suppressed[at] + review[at]),
        ];
        cells.extend(levels.iter().map(|of_level| PageCell::known(is_open.then_some(of_level[at]))));
        cells.push(PageCell::count(live[at]));
        cells.extend(said(answers));
        cells
    };
    // Rules that are quiet this month and were answered before.
    let quiet = counts.config.rules.iter().filter_map(|rule| {
        let answers =
            answers.get(&rule.id).filter(|answers| answers.answered > 0 && !ids.contains(&rule.id.as_str()))?;
        let mut cells = vec![PageCell::words(&rule.title), PageCell::words(&rule.risk)];
        cells.extend((0..LEVELS + 2).map(|_| PageCell::count(0)));
        cells.extend(said(*answers));
        Some(cells)
    });
    let mut columns = vec![PageColumn::words("规则"), PageColumn::words("风险类型"), PageColumn::number("信号")];
    columns.extend(TONES.iter().map(|(level, _)| PageColumn::number(counts.level_name(*level))));
    columns.push(PageColumn::number("生效（预警户）"));
    columns.extend(["有结论", "属实", "拟纳入", "准确率", "95%区间"].map(PageColumn::number));
    let months = words(&counts.answers_by_rule, "list_month")?;
    let since = months.iter().min().map_or_else(String::new, |first| format!("答复自{first}的清单起。"));
    Ok(PageTable {
        caption: "各规则的成效".to_owned(),
        columns,
        rows: order(counts)?.into_iter().map(row).chain(quiet).collect(),
        note: format!(
            "一户几条规则的分别计。信号含不再提示和待判定的；等级是生效的信号的等级。有结论＝属实＋不属实（数据错误、已变化、重复）；准确率＝属实÷有结论，区间按威尔逊法，有结论不到{LEAST_ANSWERS}条的不标颜色。“以前未办结”表上的答复也计在当初引出它的规则里，bidui tune 不计。依据健康、涉案等敏感数据的规则不分等级，以免与村的等级对上。{since}"
        ),
        ..PageTable::default()
    })
}

/// Rules that read a sensitive extract. Their levels beside those of a village could say of whom they speak.
fn sensitive<'a>(counts: &'a Counts<'_>) -> BTreeSet<&'a str> {
    let config = counts.config;
    let is_sensitive =
        |name: &String| config.facts.iter().any(|fact| fact.name == *name && config.contracts[fact.feed].sensitive);
    config.rules.iter().filter(|rule| rule.reads().iter().any(is_sensitive)).map(|rule| rule.id.as_str()).collect()
}

fn said(answers: Answers) -> [PageCell; 5] {
    let precision = share(answers.confirmed, answers.answered);
    let tone = match precision {
        Some(share) if share < 0.5 && answers.answered >= LEAST_ANSWERS => Tone::Alarm,
        _ => Tone::Plain,
    };
    let interval = wilson(answers.confirmed, answers.answered).map_or_else(PageCell::unknown, |(low, high)| {
        PageCell::words(format!("{:.1}%—{:.1}%", low * 100.0, high * 100.0)).sorted_by(low)
    });
    let share = PageCell::share(precision);
    [
        PageCell::count(answers.answered),
        PageCell::count(answers.confirmed),
        PageCell::count(answers.included),
        if tone == Tone::Plain { share } else { share.toned(tone) },
        interval,
    ]
}

/// Rules without a signal: nothing was found, or nothing could be.
fn silent(counts: &Counts<'_>, fired: &BTreeSet<&str>) -> PolarsResult<Vec<PagePart>> {
    let facts = counts.relation("facts");
    let (statuses, readers, feeds) = (words(facts, "status")?, words(facts, "rules")?, words(facts, "feed")?);
    let mut unknown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in (0..facts.height()).filter(|row| statuses[*row] == "unknown") {
        for rule in readers[row].split(',').filter(|rule| !rule.is_empty()) {
            unknown.entry(rule).or_default().insert(feeds[row]);
        }
    }
    let mut parts = Vec::new();
    let rules = &counts.config.rules;
    let unanswered: Vec<Vec<PageCell>> = rules
        .iter()
        .filter_map(|rule| {
            let feeds = unknown.get(rule.id.as_str())?;
            let feeds = feeds.iter().map(|feed| format!("《{feed}》")).collect::<Vec<_>>().join("、");
            Some(vec![PageCell::words(&rule.title), PageCell::words(&rule.risk), PageCell::words(feeds)])
        })
        .collect();
    if !unanswered.is_empty() {
        parts.push(PagePart::Table(PageTable {
            caption: "缺数据、本月不能完全判定的规则".to_owned(),
            columns: ["规则", "风险类型", "缺的数据"].map(PageColumn::words).to_vec(),
            rows: unanswered,
            ..PageTable::default()
        }));
    }
    let silent: Vec<Vec<PageCell>> = rules
        .iter()
        .filter(|rule| !fired.contains(rule.id.as_str()) && !unknown.contains_key(rule.id.as_str()))
        .map(|rule| vec![PageCell::words(&rule.title), PageCell::words(&rule.risk)])
        .collect();
    if !silent.is_empty() {
        parts.push(PagePart::Fold(PageFold {
            summary: format!("本月没有信号的规则（{}条）", silent.len()),
            parts: vec![PagePart::Table(PageTable {
                caption: "没有信号的规则".to_owned(),
                columns: ["规则", "风险类型"].map(PageColumn::words).to_vec(),
                rows: silent,
                ..PageTable::default()
            })],
        }));
    }
    Ok(parts)
}
