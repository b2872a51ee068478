//! The figures that a report names, each counted in the same way for this month and the one before.

use std::collections::BTreeMap;

use bidui_model::Month;
use polars::prelude::*;
use polars::sql::SQLContext;

use crate::exit::Fault;
use crate::published::PublishedMonth;

/// One figure: how sentences call it, what the sheet calls it, and how it is counted over a relation.
pub(crate) struct Item {
    pub(crate) key: &'static str,
    pub(crate) part: &'static str,
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    relation: &'static str,
    /// An aggregate over the relation; `{month}` and `{before}` are this month and the last, `{result}` a standing answer to the last one's lists.
    count: &'static str,
}

macro_rules! items {
    ($($part:literal, $relation:literal: { $($key:literal $title:literal $unit:literal $count:literal;)* })*) => {
        &[$($(Item { key: $key, part: $part, title: $title, unit: $unit, relation: $relation, count: $count },)*)*]
    };
}

/// Those of the ledger for the month itself.
const CASES: &str = "档案";

/// In the order of the sheet.
pub(crate) const ITEMS: &[Item] = items! {
    "预警", "warnings": {
        "warned" "预警户数" "户" "COUNT(*)";
        "red" "红色" "户" "SUM(CASE WHEN level = 'red' THEN 1 ELSE 0 END)";
        "orange" "橙色" "户" "SUM(CASE WHEN level = 'orange' THEN 1 ELSE 0 END)";
        "yellow" "黄色" "户" "SUM(CASE WHEN level = 'yellow' THEN 1 ELSE 0 END)";
        "blue" "蓝色" "户" "SUM(CASE WHEN level = 'blue' THEN 1 ELSE 0 END)";
        "new" "新增预警" "户" "SUM(CASE WHEN state = 'new' THEN 1 ELSE 0 END)";
        "continuing" "持续预警" "户" "SUM(CASE WHEN state = 'continuing' THEN 1 ELSE 0 END)";
        "escalated" "等级升级" "户" "SUM(CASE WHEN state = 'escalated' THEN 1 ELSE 0 END)";
        "reopened" "核查后又有新情况" "户" "SUM(CASE WHEN state = 'reopened' THEN 1 ELSE 0 END)";
        "unrouted" "未能归属乡镇" "户" "SUM(CASE WHEN route NOT IN ('registry', 'resettlement') THEN 1 ELSE 0 END)";
        "identity" "身份待核" "户" "SUM(CASE WHEN identity_check <> '' THEN 1 ELSE 0 END)";
    }
    "信号", "signals": {
        "live" "生效信号" "条" "SUM(CASE WHEN state = 'live' THEN 1 ELSE 0 END)";
        "review" "缺数据待判定" "条" "SUM(CASE WHEN state = 'review' THEN 1 ELSE 0 END)";
        "suppressed" "冷却期内、不再提示" "条" "SUM(CASE WHEN state IN ('cooling', 'suppressed') THEN 1 ELSE 0 END)";
    }
    "档案", "standing": {
        "opened" "本月开档" "个" "SUM(CASE WHEN town_code = '' AND month = '{month}' THEN opened ELSE 0 END)";
        "standing" "月末在办" "个" "SUM(CASE WHEN town_code = '' AND month = '{month}' THEN standing ELSE 0 END)";
        "issued" "本月清单列入" "个" "SUM(CASE WHEN town_code = '' AND month = '{month}' THEN issued ELSE 0 END)";
        "included" "本月纳入监测" "户" "SUM(CASE WHEN town_code = '' AND month = '{month}' THEN included ELSE 0 END)";
        "eliminated" "本月风险消除" "户" "SUM(CASE WHEN town_code = '' AND month = '{month}' THEN eliminated ELSE 0 END)";
    }
    "上月清单", "standing": {
        "last_issued" "列入" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN issued ELSE 0 END)";
        "answered" "其中已答复" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN answered ELSE 0 END)";
        "open" "其中未答复" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN open ELSE 0 END)";
        "overdue" "未答复的已超期" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN overdue ELSE 0 END)";
        "results_unlisted" "“以前未办结”的户在上月清单上报的结果" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN results_unlisted ELSE 0 END)";
        "results_open" "报了结果、又有新预警须再答的" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN results_open ELSE 0 END)";
        "answered_otherwise" "按更早清单的答复或并入同户档案计为已答复的" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN answered_otherwise ELSE 0 END)";
        "rerouted" "转到其他乡镇" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN rerouted ELSE 0 END)";
        "closed" "上月办结（含上月清单的答复）" "个" "SUM(CASE WHEN town_code = '' AND month = '{before}' THEN closed ELSE 0 END)";
    }
    "上月清单的核查结果", "answers": {
        "results" "收到核查结果" "户" "SUM(CASE WHEN {result} AND effect <> 'pending' AND held <> 'open' THEN 1 ELSE 0 END)";
        "confirmed" "属实" "户" "SUM(CASE WHEN {result} AND held <> 'open' AND effect IN ('include', 'monitored', 'rollback', 'cool', 'department', 'exempt') THEN 1 ELSE 0 END)";
        "to_include" "其中拟纳入" "户" "SUM(CASE WHEN {result} AND held = '' AND effect IN ('include', 'rollback') THEN 1 ELSE 0 END)";
        "to_enter" "其中答为已是监测对象、底册没有的" "户" "SUM(CASE WHEN {result} AND held = 'include' THEN 1 ELSE 0 END)";
        "not_confirmed" "不属实（数据错误、已变化、重复）" "户" "SUM(CASE WHEN {result} AND held <> 'open' AND effect IN ('data_error', 'changed', 'duplicate') THEN 1 ELSE 0 END)";
        "not_counted" "未核实、未照办（算未答复）" "户" "SUM(CASE WHEN {result} AND (effect = 'pending' OR held = 'open') THEN 1 ELSE 0 END)";
        "other_results" "其他（非本镇、外出、不符合、放弃等）" "户" "SUM(CASE WHEN {result} AND held <> 'open' AND effect IN ('reroute', 'deceased', 'away', 'negative', 'declined') THEN 1 ELSE 0 END)";
    }
    "超期", "clocks": {
        "verify_overdue" "核查超期" "个" "SUM(CASE WHEN clock = 'verify' AND state = 'overdue' THEN 1 ELSE 0 END)";
        "identify_overdue" "识别超期" "个" "SUM(CASE WHEN clock = 'identify' AND state = 'overdue' THEN 1 ELSE 0 END)";
        "helper_overdue" "帮扶责任人超期" "户" "SUM(CASE WHEN clock = 'helper' AND state = 'overdue' THEN 1 ELSE 0 END)";
        "plan_overdue" "计划和措施超期" "户" "SUM(CASE WHEN clock = 'plan' AND state = 'overdue' THEN 1 ELSE 0 END)";
        "need_overdue" "部门帮扶需求超期" "项" "SUM(CASE WHEN clock = 'need' AND state = 'overdue' THEN 1 ELSE 0 END)";
        "recheck_overdue" "复核超期" "个" "SUM(CASE WHEN clock = 'recheck' AND state = 'overdue' THEN 1 ELSE 0 END)";
        "helpers_done" "累计已落实帮扶责任人" "户" "SUM(CASE WHEN clock = 'helper' AND state IN ('done', 'late', 'undated') THEN 1 ELSE 0 END)";
        "plans_done" "累计已制定计划和措施" "户" "SUM(CASE WHEN clock = 'plan' AND state IN ('done', 'late', 'undated') THEN 1 ELSE 0 END)";
    }
    "帮扶需求", "needs": {
        "needs" "推送部门的需求（累计）" "项" "COUNT(*)";
        "needs_new" "其中本月推送" "项" "SUM(CASE WHEN pushed = '{month}' THEN 1 ELSE 0 END)";
        "needs_met" "其中已落实" "项" "SUM(CASE WHEN state = 'met' THEN 1 ELSE 0 END)";
        "needs_open" "其中待落实" "项" "SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END)";
        "needs_refused" "其中不符合条件" "项" "SUM(CASE WHEN state = 'refused' THEN 1 ELSE 0 END)";
    }
    "数据到件与质量", "feeds": {
        "feeds" "应到数据" "份" "SUM(CASE WHEN status <> 'stranger' THEN 1 ELSE 0 END)";
        "feeds_ok" "其中可用" "份" "SUM(CASE WHEN status = 'ok' THEN 1 ELSE 0 END)";
        "feeds_missing" "其中未到" "份" "SUM(CASE WHEN status = 'missing' THEN 1 ELSE 0 END)";
        "feeds_held" "其中暂缓使用" "份" "SUM(CASE WHEN status = 'held' THEN 1 ELSE 0 END)";
        "rows" "收到的行" "行" "SUM(rows)";
        "rejected" "剔除的行" "行" "SUM(rejected)";
        "unlinked" "未关联的行" "行" "SUM(unlinked)";
        "flaws" "有问题的值" "个" "SUM(flaws)";
    }
    "数据清洗", "anomalies": {
        "anomalies" "待核的异常" "处" "SUM(CASE WHEN state <> 'exempt' THEN 1 ELSE 0 END)";
        "anomalies_new" "其中本月新增" "处" "SUM(CASE WHEN state = 'new' THEN 1 ELSE 0 END)";
    }
};

/// The figures of one month by key. A relation that an older program did not write has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted(BTreeMap<&'static str, i64>);

impl Counted {
    pub(crate) fn of(published: &PublishedMonth) -> Result<Self, Fault> {
        Self::of_month(published.month, |relation| published.try_relation(relation))
    }

    /// The same of a month whose relations are at hand.
    pub(crate) fn of_month(
        month: Month,
        relation: impl Fn(&str) -> Result<Option<DataFrame>, Fault>,
    ) -> Result<Self, Fault> {
        let mut counted = BTreeMap::new();
        let mut at = 0;
        while let Some(first) = ITEMS.get(at) {
            let end = at + ITEMS[at..].iter().take_while(|item| item.relation == first.relation).count();
            if let Some(frame) = relation(first.relation)? {
                count(frame, &ITEMS[at..end], month, &mut counted)?;
            }
            at = end;
        }
        Ok(Self(counted))
    }

    /// The month's cases as a later month's ledger has them, with what was answered since it was published: what a month is compared with, so that what
    /// stood open, opened and closed adds up, and every page has the figure of its trend. As published where that ledger does not know the month.
    pub(crate) fn with_cases_of(mut self, standing: Option<&DataFrame>, month: Month) -> PolarsResult<Self> {
        let Some(standing) = standing else { return Ok(self) };
        let (months, towns) = (standing.column("month")?.str()?, standing.column("town_code")?.str()?);
        let written = month.to_string();
        let is_of = |row: usize| months.get(row) == Some(written.as_str()) && towns.get(row) == Some("");
        // A month without a ledger has no cases to be compared with.
        if self.0.contains_key("standing") && (0..standing.height()).any(is_of) {
            let first = ITEMS.iter().position(|item| item.part == CASES).unwrap_or(ITEMS.len());
            let items = &ITEMS[first..];
            let end = items.iter().position(|item| item.part != CASES).unwrap_or(items.len());
            count(standing.clone(), &items[..end], month, &mut self.0)?;
        }
        Ok(self)
    }

    pub(crate) fn get(&self, key: &str) -> Option<i64> {
        self.0.get(key).copied()
    }
}

fn count(
    frame: DataFrame,
    items: &[Item],
    month: Month,
    counted: &mut BTreeMap<&'static str, i64>,
) -> PolarsResult<()> {
    let Some(relation) = items.first().map(|item| item.relation) else { return Ok(()) };
    let (now, before) = (month.to_string(), month.plus(-1).to_string());
    let result = format!("list = 'verification' AND standing = '是' AND list_month = '{before}'");
    let filled =
        |item: &Item| item.count.replace("{result}", &result).replace("{month}", &now).replace("{before}", &before);
    let columns: Vec<String> =
        items.iter().enumerate().map(|(at, item)| format!("{} AS c{at}", filled(item))).collect();
    let mut sql = SQLContext::new();
    sql.register(relation, frame.lazy());
    let found = sql.execute(&format!("SELECT {} FROM {relation}", columns.join(", ")))?.collect()?;
    for (item, column) in items.iter().zip(found.columns()) {
        // A sum over no row is null: nothing was counted.
        counted.insert(item.key, column.get(0)?.extract::<i64>().unwrap_or(0));
    }
    Ok(())
}

/// The table `report_items`: every figure beside that of the month before.
pub(crate) fn frame(now: &Counted, before: Option<&Counted>) -> PolarsResult<DataFrame> {
    let mut parts: Vec<&str> = Vec::new();
    let mut part_no = Vec::new();
    for item in ITEMS {
        if parts.last() != Some(&item.part) {
            parts.push(item.part);
        }
        part_no.push(parts.len() as i64);
    }
    let of = |counted: Option<&Counted>| -> Vec<Option<i64>> {
        ITEMS.iter().map(|item| counted.and_then(|counted| counted.get(item.key))).collect()
    };
    let (now, before) = (of(Some(now)), of(before));
    let change: Vec<Option<i64>> = now.iter().zip(&before).map(|(now, before)| Some((*now)? - (*before)?)).collect();
    let texts = |pick: fn(&Item) -> &'static str| ITEMS.iter().map(pick).collect::<Vec<_>>();
    DataFrame::new(
        ITEMS.len(),
        vec![
            Column::new("part_no".into(), part_no),
            Column::new("part".into(), texts(|item| item.part)),
            Column::new("item_no".into(), (1..=ITEMS.len() as i64).collect::<Vec<_>>()),
            Column::new("item".into(), texts(|item| item.title)),
            Column::new("unit".into(), texts(|item| item.unit)),
            Column::new("now".into(), now),
            Column::new("before".into(), before),
            Column::new("change".into(), change),
            Column::new("note".into(), vec![""; ITEMS.len()]),
        ],
    )
}
