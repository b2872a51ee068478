//! What is to be done with a published month, in its order.

use std::fmt::Write;

use bidui_model::Month;

use super::{few, overdue, words};
use crate::month_page;
use crate::render::tidy;
use crate::run::Published;

pub(super) fn next_steps(text: &mut String, published: &Published, month: Month) {
    let mut steps = Vec::new();
    if let Some(key) = &published.new_key {
        steps.push(format!(
            "首次运行，已生成密钥“{}”（仅本人可读）：请立即备份到安全的地方，丢了它，已封存的历史数据将无法再用",
            tidy(key).display()
        ));
    }
    steps.extend(to_mend(published, month));
    let review = sum(published, "linkage", "review");
    if review > 0 {
        steps.push(format!(
            "定下是谁：district/待认定关联清单.xlsx 有{review}行，填好用 bidui receive 收回，再运行一次 bidui run {month}"
        ));
    }
    let judge = states(published, "signals", "review");
    if judge > 0 {
        steps.push(format!("人工判定：district/待判定清单.xlsx 有{judge}条，数据不够，程序判不了"));
    }
    steps.extend(to_settle(published));
    if published.folder.join(month_page::FILE).is_file() {
        steps.push(format!("看一遍：{}（用浏览器打开），本月的数、走势和不寻常的都在一页上", month_page::FILE));
    }
    steps.push(hand_out(published));
    let late = match overdue(published) {
        0 => String::new(),
        late => format!("；以前的还有{late}户超期未核查，催办用 bidui cases"),
    };
    steps.push(format!(
        "收回：填好的放进一个文件夹，先试收 bidui receive {month} 文件夹 --dry-run，没有问题再去掉 --dry-run{late}"
    ));
    steps.push(format!("月报：bidui report {month}"));
    let _ = writeln!(text, "接下来：");
    for (at, step) in steps.iter().enumerate() {
        let _ = writeln!(text, "  {}. {step}", at + 1);
    }
}

/// Extracts without which the month is poorer than it could be.
fn to_mend(published: &Published, month: Month) -> Option<String> {
    let feeds = published.relations.get("feeds")?;
    let (names, status) = (words(feeds, "feed"), words(feeds, "status"));
    let of = |wanted: &str| -> Vec<&str> {
        names.iter().zip(&status).filter(|(_, status)| **status == wanted).map(|(name, _)| *name).collect()
    };
    let parts: Vec<String> = [("missing", "未到"), ("held", "暂缓使用")]
        .into_iter()
        .filter_map(|(status, what)| {
            let found = of(status);
            (!found.is_empty()).then(|| format!("{}份{what}（{}）", found.len(), few(&found, 3)))
        })
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "催数据：{}；补来后重新运行 bidui run {month}，整月替换。来不及也可先发，靠它们的规则本月不判",
            parts.join("，")
        )
    })
}

/// Lists of the district on which two sides contradict each other; what they are called and what a row is.
const CONTRADICTIONS: [(&str, &str); 2] = [("ledger_and_registry", "户"), ("policy_gap_apart", "条")];

fn to_settle(published: &Published) -> Option<String> {
    let rows = |id: &str| {
        let lists = published.lists.iter().filter(|list| list.list == id && list.rows > 0);
        lists.map(|list| (list.file.clone(), list.rows)).next()
    };
    let found = CONTRADICTIONS.iter().filter_map(|(id, unit)| Some((rows(id)?, unit)));
    let parts: Vec<String> = found.map(|((file, rows), unit)| format!("{file} 有{rows}{unit}")).collect();
    (!parts.is_empty()).then(|| format!("两边核对：{}，说错、漏录的一方更正", parts.join("，")))
}

fn hand_out(published: &Published) -> String {
    let towns = published.lists.iter().filter(|list| list.list == "verification" && !list.key.is_empty()).count();
    let mut text = format!("发清单：towns/ 发{towns}个镇，departments/ 发各部门，district/ 留区里");
    let unrouted = published.relations.get("warnings").map_or(0, |warnings| {
        words(warnings, "route").iter().filter(|route| matches!(**route, "unrouted" | "moved")).count()
    });
    if unrouted > 0 {
        let _ = write!(text, "；district/未归属清单.xlsx 有{unrouted}户，查清归哪个镇后转办");
    }
    text
}

fn sum(published: &Published, relation: &str, column: &str) -> i64 {
    let column = published.relations.get(relation).and_then(|frame| frame.column(column).ok()?.i64().ok().cloned());
    column.map_or(0, |column| column.iter().flatten().sum())
}

fn states(published: &Published, relation: &str, state: &str) -> usize {
    let states = published.relations.get(relation).map(|frame| words(frame, "state")).unwrap_or_default();
    states.iter().filter(|found| **found == state).count()
}
