//! Control totals: the flow from rows to towns, and the table of what was received, kept and set aside.

use bidui_emit::{FlowChart, FlowColumn, FlowLink, FlowNode, PageCell, PageColumn, PagePart, PageTable, Tone, grouped};
use bidui_model::Level;

use super::Counts;
use super::columns::{counts, words};
use crate::exit::Fault;
use crate::routing::is_at_home;

/// What a stage of the totals is called, in which unit, and what becomes of what goes in.
const STAGES: [(&str, &str, &str, &str, &str); 9] = [
    ("ingest", "读取", "行", "留用", "剔除"),
    ("link", "关联", "行", "关联", "未关联"),
    ("signals", "信号", "条", "生效", "冷却、不再提示、待判定"),
    ("warnings", "预警", "户", "预警", "—"),
    ("route", "派发", "户", "派到乡镇", "未归属"),
    ("lists", "清单", "户", "乡镇清单", "未归属清单"),
    ("issued", "列入台账", "户", "列入", "—"),
    ("cases", "档案", "个", "月末在办", "本月办结"),
    ("answers", "本月清单的答复", "个", "已答复", "未答复"),
];

pub(super) const TONES: [(Level, Tone); 4] =
    [(Level::Red, Tone::Red), (Level::Orange, Tone::Orange), (Level::Yellow, Tone::Yellow), (Level::Blue, Tone::Blue)];

/// A stage summed over its extracts; of the ledger's, which name every town too, the county.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    received: i64,
    kept: i64,
    set_aside: i64,
    recounted: Option<i64>,
}

pub(super) fn parts(counts: &Counts<'_>) -> Result<Vec<PagePart>, Fault> {
    Ok(vec![
        PagePart::Paragraph(
            "每一行数据、每一条信号、每一户都有去处：收到＝留用＋剔除，留用＝关联＋未关联，信号＝生效＋未生效，预警＝派到乡镇＋未归属。各数按两条路径各算一遍，一致才发布。"
                .to_owned(),
        ),
        PagePart::Flow(flow(counts)?),
        PagePart::Table(table(counts)),
        PagePart::Fold(bidui_emit::PageFold {
            summary: "各份数据的控制总数".to_owned(),
            parts: vec![PagePart::Table(by_feed(counts))],
        }),
    ])
}

fn sum(counts: &Counts<'_>, stage: &str) -> Option<Sum> {
    let of_ledger = matches!(stage, "cases" | "answers");
    let balances = counts.totals.balances.iter().filter(|balance| balance.stage == stage);
    let balances: Vec<_> = balances.filter(|balance| !of_ledger || balance.feed == "全部").collect();
    if balances.is_empty() {
        return None;
    }
    let all = |pick: fn(&bidui_model::Balance) -> u64| balances.iter().map(|balance| pick(balance) as i64).sum();
    let recounted = balances.iter().map(|balance| balance.recount.map(|count| count as i64)).sum();
    Some(Sum {
        received: all(|balance| balance.received),
        kept: all(|balance| balance.kept),
        set_aside: all(|balance| balance.set_aside),
        recounted,
    })
}

fn table(counts: &Counts<'_>) -> PageTable {
    let rows = STAGES.iter().filter_map(|(stage, title, unit, kept, aside)| {
        let sum = sum(counts, stage)?;
        Some(vec![
            PageCell::words(*title),
            PageCell::words(*unit),
            PageCell::count(sum.received),
            PageCell::count(sum.kept),
            PageCell::words(*kept),
            PageCell::count(sum.set_aside),
            PageCell::words(*aside),
            PageCell::known(sum.recounted),
        ])
    });
    PageTable {
        caption: "控制总数".to_owned(),
        columns: vec![
            PageColumn::words("环节"),
            PageColumn::words("单位"),
            PageColumn::number("进"),
            PageColumn::number("出"),
            PageColumn::words("出到哪里"),
            PageColumn::number("另计"),
            PageColumn::words("另计的是"),
            PageColumn::number("第二条路径复核"),
        ],
        rows: rows.collect(),
        note: "进＝出＋另计。第二条路径从写好的文件重新数。档案一行的进是月初在办加本月开档。".to_owned(),
        ..PageTable::default()
    }
}

fn by_feed(counts: &Counts<'_>) -> PageTable {
    let of_feed = |balance: &&bidui_model::Balance| matches!(balance.stage.as_str(), "ingest" | "link");
    let rows = counts.totals.balances.iter().filter(of_feed).map(|balance| {
        let stage = STAGES.iter().find(|(stage, ..)| *stage == balance.stage).map_or("", |(_, title, ..)| title);
        vec![
            PageCell::words(&balance.feed),
            PageCell::words(stage),
            PageCell::count(balance.received as i64),
            PageCell::count(balance.kept as i64),
            PageCell::count(balance.set_aside as i64),
            PageCell::known(balance.recount.map(|count| count as i64)),
        ]
    });
    PageTable {
        caption: "各份数据：读取和关联".to_owned(),
        columns: vec![
            PageColumn::words("数据"),
            PageColumn::words("环节"),
            PageColumn::number("进"),
            PageColumn::number("出"),
            PageColumn::number("另计"),
            PageColumn::number("复核"),
        ],
        rows: rows.collect(),
        empty: "本月没有收到数据。".to_owned(),
        ..PageTable::default()
    }
}

/// Rows, then signals, then households by level and by town.
fn flow(counts: &Counts<'_>) -> Result<FlowChart, Fault> {
    let (read, linked) = (sum(counts, "ingest").unwrap_or_default(), sum(counts, "link").unwrap_or_default());
    let signals = sum(counts, "signals").unwrap_or_default();
    let node = |name: &str, count: i64, tone: Tone| FlowNode { name: name.to_owned(), count, tone };
    let column = |heading: &str, unit: &str, nodes: Vec<FlowNode>| FlowColumn {
        heading: heading.to_owned(),
        unit: unit.to_owned(),
        nodes,
    };
    let (suppressed, review) = (counts.get("suppressed"), counts.get("review"));
    let places = Places::of(counts)?;
    let levels = places.levels.iter().zip(TONES).map(|(sum, (level, tone))| node(counts.level_name(level), *sum, tone));
    let towns = places.towns.iter().map(|(town, sums)| {
        let tone = if town == UNROUTED { Tone::Alarm } else { Tone::Plain };
        node(town, sums.iter().sum(), tone)
    });
    let columns = vec![
        column("收到", "行", vec![node("收到", read.received, Tone::Plain)]),
        column("读取", "行", vec![node("留用", read.kept, Tone::Plain), node("剔除", read.set_aside, Tone::Muted)]),
        column(
            "关联",
            "行",
            vec![node("关联", linked.kept, Tone::Plain), node("未关联", linked.set_aside, Tone::Muted)],
        ),
        column(
            "信号",
            "条",
            vec![
                node("生效", signals.kept, Tone::Plain),
                node("不再提示", suppressed, Tone::Muted),
                node("待判定", review, Tone::Alarm),
            ],
        ),
        column("预警", "户", levels.collect()),
        column("乡镇", "户", towns.collect()),
    ];
    let part = |column, from, to, count| FlowLink::Part { column, from, to, count };
    let mut links = vec![
        part(0, 0, 0, read.kept),
        part(0, 0, 1, read.set_aside),
        part(1, 0, 0, linked.kept),
        part(1, 0, 1, linked.set_aside),
        FlowLink::Becomes { column: 2, from: 0 },
        FlowLink::Becomes { column: 3, from: 0 },
    ];
    for level in 0..TONES.len() {
        let of_level = places.towns.iter().enumerate().filter(|(_, (_, sums))| sums[level] > 0);
        links.extend(of_level.map(|(town, (_, sums))| part(4, level, town, sums[level])));
    }
    let description = format!(
        "收到{}行，留用{}行，关联{}行；产生信号{}条，生效{}条；预警{}户，分到{}个去处。",
        grouped(read.received),
        grouped(read.kept),
        grouped(linked.kept),
        signals.received,
        signals.kept,
        counts.get("warned"),
        places.towns.len()
    );
    Ok(FlowChart { title: "从数据到乡镇".to_owned(), description, columns, links })
}

const UNROUTED: &str = "未归属";

/// Warned households by level, and by town and level.
struct Places {
    levels: [i64; 4],
    towns: Vec<(String, [i64; 4])>,
}

impl Places {
    fn of(counts: &Counts<'_>) -> Result<Self, Fault> {
        let frame = &counts.towns;
        let (codes, names) = (words(frame, "town_code")?, words(frame, "town")?);
        let of_level: Vec<Vec<i64>> =
            TONES.iter().map(|(level, _)| self::counts(frame, level.code())).collect::<Result<_, _>>()?;
        let at = |row: usize| [of_level[0][row], of_level[1][row], of_level[2][row], of_level[3][row]];
        let mut towns = Vec::new();
        let mut levels = [0; 4];
        for row in 0..codes.len() {
            match codes[row] {
                "" => levels = at(row),
                _ if at(row).iter().sum::<i64>() > 0 => towns.push((names[row].to_owned(), at(row))),
                _ => {}
            }
        }
        let mut unrouted = [0; 4];
        let warnings = counts.relation("warnings");
        for (route, level) in words(warnings, "route")?.into_iter().zip(words(warnings, "level")?) {
            let place = TONES.iter().position(|(of, _)| of.code() == level);
            if let Some(place) = place.filter(|_| !is_at_home(route)) {
                unrouted[place] += 1;
            }
        }
        if unrouted.iter().sum::<i64>() > 0 {
            towns.push((UNROUTED.to_owned(), unrouted));
        }
        Ok(Self { levels, towns })
    }
}
