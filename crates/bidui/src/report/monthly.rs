//! The monthly report to the city, in sentences. Each is made from figures, and says so where there is nothing.

use std::fmt::Write;

use bidui_model::Month;
use polars::prelude::PolarsResult;

use crate::case_tables::MONTHS_SHOWN;
use crate::report::figures::{Figures, pairs};
use crate::report::words::{change, listed, of_which, quoted, share};

/// How many rules are named.
const RULES_NAMED: usize = 8;
const NO_LEDGER: &str = "尚无台账。列入清单、答复、办结和超期的数，从有台账的月份起统计。";

/// Headings, each with its paragraphs.
pub(crate) type Sections = Vec<(&'static str, Vec<String>)>;

pub(crate) fn sections(figures: &Figures<'_>) -> PolarsResult<Sections> {
    Ok(vec![
        ("一、总体情况", overall(figures)),
        ("二、预警分布", spread(figures)?),
        ("三、核查处置", handling(figures)?),
        ("四、超期与帮扶落实", deadlines(figures)),
        ("五、抽查", second_looks(figures)?),
        ("六、进出稳定性", stability(figures)?),
        ("七、数据到件与质量", data(figures)),
        ("八、与上月比较", compared(figures)?),
    ])
}

/// What the month came to. The month's page says the same.
pub(crate) fn overall(figures: &Figures<'_>) -> Vec<String> {
    let get = |key: &str| figures.get(key);
    let month = figures.month.in_chinese();
    let warned = get("warned");
    let mut first = match (get("feeds_ok"), get("feeds")) {
        (used, due) if used == due => format!("{month}，各部门应到数据{due}份，全部可用。"),
        (used, due) => format!(
            "{month}，各部门应到数据{due}份，可用{used}份{}；未到和暂缓使用的，其指标本月为未知，既不产生也不解除预警。",
            of_which([("未到", get("feeds_missing")), ("暂缓使用", get("feeds_held"))], "份").replace("，其中", "，")
        ),
    };
    if warned == 0 {
        first.push_str("以全区农村人口底册为准逐户比对，本月没有产生预警。");
    } else {
        let levels = of_which(
            [("红色", get("red")), ("橙色", get("orange")), ("黄色", get("yellow")), ("蓝色", get("blue"))],
            "户",
        );
        let _ = write!(first, "以全区农村人口底册为准逐户比对，共预警{warned}户{levels}。");
    }
    let mut paragraphs = vec![first];
    if warned > 0 {
        let states = listed(
            [
                ("新增", get("new")),
                ("持续", get("continuing")),
                ("等级升级", get("escalated")),
                ("核查后又有新情况", get("reopened")),
            ],
            "户",
        );
        let mut second = states.map_or_else(String::new, |states| format!("按与以前月份的关系分：{states}。"));
        let routed = warned - get("unrouted");
        let _ = match get("unrouted") {
            0 => write!(second, "{routed}户已全部派发到乡镇核查。"),
            unrouted => write!(second, "已派发到乡镇核查{routed}户，未能归属乡镇{unrouted}户，由区级核实去向。"),
        };
        if get("identity") > 0 {
            let _ = write!(second, "其中{}户须先核实身份。", get("identity"));
        }
        paragraphs.push(second);
    }
    let held_back = listed(
        [("在冷却期内或已有同类监测、不再重复提示的", get("suppressed")), ("缺少数据、待人工判定的", get("review"))],
        "条",
    );
    paragraphs.extend(held_back.map(|held_back| format!("未列入清单的信号：{held_back}，均保留在数据中备查。")));
    paragraphs
}

fn spread(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    if figures.get("warned") == 0 {
        return Ok(vec!["本月没有预警，不作分布。".to_owned()]);
    }
    let towns = figures.ranked("town_figures", "town", "warned")?;
    let without: Vec<&str> = pairs(&towns).filter(|(_, count)| *count == 0).map(|(town, _)| town).collect();
    let mut by_town = listed(pairs(&towns), "户").map_or_else(String::new, |towns| format!("按乡镇分：{towns}。"));
    if !without.is_empty() {
        let _ = write!(by_town, "没有预警的乡镇：{}。", without.join("、"));
    }
    let departments = figures.ranked("department_figures", "department", "households")?;
    let risks = figures.ranked("risk_figures", "risk", "households")?;
    let rules: Vec<(String, i64)> = figures
        .ranked("rule_figures", "rule_title", "households")?
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(title, count)| (quoted(&title), count))
        .collect();
    let mut paragraphs = vec![by_town];
    paragraphs.extend(common_causes(figures)?);
    paragraphs.extend(
        listed(pairs(&departments), "户").map(|words| format!("按办理部门分（一户涉及几个部门的分别计）：{words}。")),
    );
    paragraphs
        .extend(listed(pairs(&risks), "户").map(|words| format!("按风险类型分（一户有几类的分别计）：{words}。")));
    let named = rules.len().min(RULES_NAMED);
    paragraphs.extend(listed(pairs(&rules[..named]), "户").map(|words| match rules.len() - named {
        0 => format!("按规则分：{words}。"),
        _ => format!("共有{}条规则触发，户数最多的{named}条是：{words}。", rules.len()),
    }));
    Ok(paragraphs)
}

/// Places in which many households are warned of the same kind of risk.
pub(crate) fn common_causes(figures: &Figures<'_>) -> PolarsResult<Option<String>> {
    let Some(clusters) = figures.tables.get("clusters") else { return Ok(None) };
    let (words, all) = crate::clusters::in_words(clusters, RULES_NAMED)?;
    if all == 0 {
        return Ok(None);
    }
    let more = if all > RULES_NAMED { format!("等{all}处") } else { String::new() };
    Ok(Some(format!("同一村（安置点）同一风险聚集的：{words}{more}，须查明是否有共同原因，防止规模性返贫。")))
}

fn handling(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    if !figures.has_ledger {
        return Ok(vec![NO_LEDGER.to_owned()]);
    }
    let get = |key: &str| figures.get(key);
    let mut paragraphs = Vec::new();
    let list = figures.month.plus(-1).in_chinese();
    let (issued, answered, open) = (get("last_issued"), get("answered"), get("open"));
    if issued == 0 {
        paragraphs.push(format!("{list}没有列入清单的档案。"));
    } else {
        let rate = share(answered, issued).map_or_else(String::new, |share| format!("，答复率{share}"));
        let late = if get("overdue") == 0 {
            "没有超期的".to_owned()
        } else {
            format!("其中已超期{}个", get("overdue"))
        };
        paragraphs.push(format!(
            "{list}的清单列入档案{issued}个，到本次下发日已答复{answered}个，未答复{open}个，{late}{rate}。{list}办结档案{}个（含该月清单的答复办结的）。",
            get("closed")
        ));
    }
    paragraphs.push(format!(
        "本月开档{}个，月末在办{}个，本月清单列入{}个。",
        get("opened"),
        get("standing"),
        get("issued")
    ));
    match get("results") {
        0 if issued == 0 => {}
        0 => paragraphs.push(format!("{list}的清单尚未收到核查结果。")),
        results => {
            let kinds = of_which(
                [
                    ("属实", get("confirmed")),
                    ("不属实", get("not_confirmed")),
                    ("其他（非本镇、外出、不符合、放弃等）", get("other_results")),
                ],
                "户",
            );
            let include = match (get("confirmed"), get("to_include")) {
                (0, _) => String::new(),
                (_, 0) => "属实的没有拟纳入监测的。".to_owned(),
                (_, include) => format!("属实的拟纳入监测（含回退）{include}户。"),
            };
            let to_enter = match get("to_enter") {
                0 => String::new(),
                some => format!("答为已是监测对象、底册却没有的{some}户，按拟纳入跟进，待补录。"),
            };
            paragraphs.push(format!(
                "{list}的清单收到核查结果{results}户{kinds}{}。{include}{to_enter}",
                beside_answered(figures)
            ));
        }
    }
    let labels = figures.rows_by_label()?;
    paragraphs.extend(listed(pairs(&labels), "户").map(|words| format!("按结果分：{words}。")));
    if get("not_counted") > 0 {
        paragraphs.push(format!(
            "另有{}户报来的是“未核实”，或者缺必填的内容、与底册不符而没有照办，都算未答复。",
            get("not_counted")
        ));
    }
    paragraphs.extend(late(figures)?);
    paragraphs.push(match (get("included"), get("eliminated"), get("rerouted")) {
        (0, 0, 0) => "预警户本月没有纳入监测的，也没有风险消除的。".to_owned(),
        (included, eliminated, 0) => format!("预警户本月纳入监测{included}户，风险消除{eliminated}户。"),
        (included, eliminated, rerouted) => {
            format!(
                "预警户本月纳入监测{included}户，风险消除{eliminated}户。{list}的清单转到其他乡镇{rerouted}个档案。"
            )
        }
    });
    Ok(paragraphs)
}

/// Why the results that came back are not as many as the cases that are answered.
fn beside_answered(figures: &Figures<'_>) -> String {
    let get = |key: &str| figures.get(key);
    let parts = [
        ("“以前未办结”里不属当月列入的", get("results_unlisted")),
        ("已报结果、又有新预警须再答复的", get("results_open")),
    ];
    let more = listed(parts, "个");
    let less = listed([("按更早清单的答复或并入同户档案计为已答复、没有当月结果的", get("answered_otherwise"))], "个");
    match (more, less) {
        (None, None) => String::new(),
        (more, less) => {
            let more = more.map(|more| format!("含{more}"));
            let less = less.map(|less| format!("不含{less}"));
            let said: Vec<String> = more.into_iter().chain(less).collect();
            format!("（与已答复的{}个比，{}）", get("answered"), said.join("；"))
        }
    }
}

/// What came in to older lists since the last report, and was in none.
fn late(figures: &Figures<'_>) -> PolarsResult<Option<String>> {
    let Some(table) = figures.tables.get("late_answers") else { return Ok(None) };
    let words = |name: &str| table.column(name).and_then(|column| column.str());
    let (months, kinds, outcomes) = (words("list_month")?, words("kind")?, words("outcome")?);
    let cases = table.column("cases")?.i64()?;
    let count = |is_one: &dyn Fn(usize) -> bool| -> i64 {
        (0..table.height()).filter(|row| is_one(*row)).filter_map(|row| cases.get(row)).sum()
    };
    let of_kind = |kind: &str| count(&|row| kinds.get(row) == Some(kind));
    let of_outcome = |outcome: &str| count(&|row| outcomes.get(row) == Some(outcome));
    let all = count(&|_| true);
    if all == 0 {
        return Ok(None);
    }
    let lists: std::collections::BTreeSet<&str> = months.iter().flatten().collect();
    let lists: Vec<String> =
        lists.into_iter().filter_map(|month| Some(month.parse::<Month>().ok()?.in_chinese())).collect();
    let kinds =
        [("迟报", of_kind("迟报")), ("更正以前答复", of_kind("更正")), ("改为未核实或不能照办的", of_kind("撤回"))];
    let kinds = of_which(kinds, "户");
    let outcomes = [("属实", of_outcome("属实")), ("不属实", of_outcome("不属实")), ("其他", of_outcome("其他"))];
    let outcomes = listed(outcomes, "户").map_or_else(String::new, |listed| format!("；结论：{listed}"));
    Ok(Some(format!(
        "另收到更早各月清单（{}）上次月报以后才报来的答复{all}户{kinds}{outcomes}，上次月报没有计入。",
        lists.join("、")
    )))
}

fn deadlines(figures: &Figures<'_>) -> Vec<String> {
    if !figures.has_ledger {
        return vec!["尚无台账，不作统计。".to_owned()];
    }
    let get = |key: &str| figures.get(key);
    let overdue = listed(
        [
            ("核查", get("verify_overdue")),
            ("识别", get("identify_overdue")),
            ("落实帮扶责任人", get("helper_overdue")),
            ("制定计划和措施", get("plan_overdue")),
            ("部门落实帮扶需求", get("need_overdue")),
            ("复核", get("recheck_overdue")),
        ],
        "件",
    );
    let first = match overdue {
        Some(overdue) => format!("到下发日为止超期未办的：{overdue}。"),
        None => "到下发日为止没有超期未办的事项。".to_owned(),
    };
    let helped = [("已落实帮扶责任人", "helpers_done"), ("已制定帮扶计划和措施", "plans_done")];
    let helped: Vec<String> = helped
        .into_iter()
        .filter(|(_, key)| get(key) > 0)
        .map(|(title, key)| format!("{title}{}户{}", get(key), since_last(figures, key, "户")))
        .collect();
    let second = (!helped.is_empty()).then(|| {
        format!(
            "预警后纳入的监测户（在办的和近{MONTHS_SHOWN}个月办结的，含以前各月纳入的），累计{}。",
            helped.join("、")
        )
    });
    let third = match get("needs") {
        0 => "没有推送给部门的帮扶需求。".to_owned(),
        needs => format!(
            "推送给部门的帮扶需求累计{needs}项（本月推送{}项）{}。",
            get("needs_new"),
            of_which(
                [("已落实", get("needs_met")), ("待落实", get("needs_open")), ("不符合条件", get("needs_refused"))],
                "项"
            )
        ),
    };
    std::iter::once(first).chain(second).chain(std::iter::once(third)).collect()
}

/// How many more of what is counted from the beginning there are than a month before; nothing where nobody knows.
fn since_last(figures: &Figures<'_>, key: &str, unit: &str) -> String {
    let more = figures.before(key).map(|before| figures.get(key) - before);
    more.map_or_else(String::new, |more| match more {
        0 => "（比上月没有增加）".to_owned(),
        more if more > 0 => format!("（比上月增加{more}{unit}）"),
        less => format!("（比上月减少{}{unit}）", -less),
    })
}

fn second_looks(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let Some(rates) = figures.tables.get("error_rates") else { return Ok(Vec::new()) };
    let last = rates.height().saturating_sub(1);
    let integer =
        |name: &str, row: usize| -> PolarsResult<i64> { Ok(rates.column(name)?.i64()?.get(row).unwrap_or(0)) };
    let number =
        |name: &str, row: usize| -> PolarsResult<f64> { Ok(rates.column(name)?.f64()?.get(row).unwrap_or(0.0)) };
    let in_words = |prefix: &str, rechecked: i64| -> PolarsResult<String> {
        let integer = |name: &str| integer(&format!("{prefix}{name}"), last);
        let percent = |name: &str| -> PolarsResult<String> {
            Ok(format!("{:.1}%", number(&format!("{prefix}{name}"), last)? * 100.0))
        };
        let unsaid = match integer("unsaid")? {
            0 => String::new(),
            unsaid => format!("，不一致而没有填复核后结果的{unsaid}户，请补填"),
        };
        Ok(format!(
            "{rechecked}户，与原结论不一致{}户，差错率{}（95%置信区间{}—{}），其中原结论为不必纳入或帮扶、复核却要的{}户{unsaid}",
            integer("differing")?,
            percent("rate")?,
            percent("low")?,
            percent("high")?,
            integer("missed")?
        ))
    };
    let (rechecked, of_year) = (integer("rechecked", last)?, integer("year_rechecked", last)?);
    let mut text = match rechecked {
        0 => "上次月报以后，到本月运行时没有收到抽查复核结果；以后收到的列入下次月报。".to_owned(),
        _ => format!("本月（上次月报以后）收到抽查复核结果{}。", in_words("", rechecked)?),
    };
    if of_year > 0 {
        text.push_str(&format!("今年以来累计收到{}。", in_words("year_", of_year)?));
    }
    if rechecked + of_year > 0 {
        text.push_str("抽查对红色、橙色而答复为不必纳入或帮扶的加倍抽取，差错率不代表全部答复。");
    }
    Ok(vec![text])
}

fn stability(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    let Some(stability) = figures.tables.get("stability") else { return Ok(Vec::new()) };
    let (towns, flags) = (stability.column("town")?.str()?, stability.column("flags")?.str()?);
    let flagged: Vec<String> = towns
        .iter()
        .zip(flags.iter())
        .filter_map(|(town, flags)| Some((town?, flags.filter(|flags| !flags.is_empty())?)))
        .map(|(town, flags)| format!("{town}（{flags}）"))
        .collect();
    let county = |name: &str| figures.county_now("stability", name);
    let flows = match (county("included")?, county("eliminated")?) {
        (Some(0), Some(0)) => "按底册和台账的日期，全区本月没有纳入监测，也没有风险消除。".to_owned(),
        (Some(included), Some(eliminated)) => {
            format!("按底册和台账的日期，全区本月纳入监测{included}户，风险消除{eliminated}户。")
        }
        (Some(included), None) => format!("按底册的日期，全区本月纳入监测{included}户；底册没有消除日期。"),
        (None, _) => String::new(),
    };
    Ok(vec![
        flows,
        if flagged.is_empty() {
            "各乡镇本月纳入和消除与此前12个月比较，没有大进大出、突击纳入、突击消除的迹象。".to_owned()
        } else {
            format!("本月须核实纳入和消除情况的：{}。", flagged.join("、"))
        },
        super::late_passages::in_words(figures)?,
    ])
}

fn data(figures: &Figures<'_>) -> Vec<String> {
    let get = |key: &str| figures.get(key);
    let mut text = format!("收到数据{}行", get("rows"));
    let _ = match listed([("剔除", get("rejected")), ("未关联到底册", get("unlinked"))], "行") {
        Some(words) => write!(text, "，其中{words}。"),
        None => write!(text, "，全部留用并关联到底册。"),
    };
    let _ = match get("flaws") {
        0 => write!(text, "没有发现有问题的值。"),
        flaws => write!(text, "有问题的值{flaws}个，已退回部门更正或交乡镇核实。"),
    };
    let anomalies = match (get("anomalies"), get("anomalies_new")) {
        (0, _) => None,
        (all, 0) => Some(format!("数据清洗待核的异常{all}处，均为往月遗留。")),
        (all, new) if all == new => Some(format!("数据清洗待核的异常{all}处。")),
        (all, new) => Some(format!("数据清洗待核的异常{all}处，其中本月新增{new}处。")),
    };
    std::iter::once(text).chain(anomalies).collect()
}

/// What is compared, and in which unit.
const COMPARED: &[(&str, &str, &str)] = &[
    ("预警", "warned", "户"),
    ("红色", "red", "户"),
    ("橙色", "orange", "户"),
    ("月末在办档案", "standing", "个"),
    ("超期未核查", "verify_overdue", "个"),
    ("纳入监测", "included", "户"),
    ("风险消除", "eliminated", "户"),
    ("有问题的值", "flaws", "个"),
];

/// Last month's cases are those of the ledger as it is now: what was answered late belongs to the month.
const BASIS: &str = "上月的档案数（开档、在办、纳入、消除）按现在的台账计，含上月发布以后才收到的答复，可能与上月发布的不同；其余上月的数按上月发布的结果。";

pub(crate) fn compared(figures: &Figures<'_>) -> PolarsResult<Vec<String>> {
    if let Some(why) = figures.not_comparable() {
        return Ok(vec![format!("{why}。")]);
    }
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for (title, key, unit) in COMPARED {
        match (figures.before(key), figures.now.get(key)) {
            (Some(before), Some(now)) => known.push(format!("{title}{now}{unit}，{}", change(before, now, unit))),
            (None, Some(_)) => unknown.push(*title),
            // Nothing of this month to compare with anything.
            (_, None) => {}
        }
    }
    let mut paragraphs = Vec::new();
    if !known.is_empty() {
        paragraphs.push(format!("{}。", known.join("；")));
    }
    if figures.has_ledger && figures.before("standing").is_some() {
        paragraphs.push(BASIS.to_owned());
    }
    if !unknown.is_empty() {
        paragraphs.push(format!("{}上月没有数，不作比较。", unknown.join("、")));
    }
    paragraphs.extend(figures.undecided(&[1, 0])?);
    Ok(paragraphs)
}

impl Figures<'_> {
    /// Results that came back for last month's lists, by label, the most first.
    fn rows_by_label(&self) -> PolarsResult<Vec<(String, i64)>> {
        let mut sums: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
        let Some(frame) = self.tables.get("answer_figures") else { return Ok(Vec::new()) };
        let words = |name: &str| frame.column(name).and_then(|column| column.str());
        let (labels, outcomes) = (words("label")?, words("outcome")?);
        let (ago, cases) = (frame.column("months_ago")?.i64()?, frame.column("cases")?.i64()?);
        let counts = |row: &usize| ago.get(*row) == Some(1) && !matches!(outcomes.get(*row), Some("未核实" | "未照办"));
        for row in (0..frame.height()).filter(counts) {
            let (label, count) = (labels.get(row).unwrap_or(""), cases.get(row).unwrap_or(0));
            *sums.entry(quoted(label)).or_default() += count;
        }
        let mut rows: Vec<(String, i64)> = sums.into_iter().collect();
        rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Ok(rows)
    }
}
