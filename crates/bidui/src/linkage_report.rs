//! The relation `linkage`: how each extract of the month was linked, against the month before, what was probably missed, and what would mend
//! its rows.

use bidui_match::LinkCounts;
use bidui_model::{FeedKind, LinkBy, LinkClass, UnlinkedReason};
use polars::prelude::*;

use crate::accounts::AccountInputs;
use crate::relation_rows::{Rows, columns_of};

/// Classes and reasons that are columns, by their codes.
const CLASSES: [LinkClass; 10] = [
    LinkClass::Certain,
    LinkClass::Likely,
    LinkClass::Decided,
    LinkClass::Alias,
    LinkClass::Repaired,
    LinkClass::DamagedByExcel,
    LinkClass::Composite,
    LinkClass::Weighted,
    LinkClass::Place,
    LinkClass::Review,
];
const REASONS: [UnlinkedReason; 8] = [
    UnlinkedReason::NotInRegistry,
    UnlinkedReason::IdMissing,
    UnlinkedReason::IdUnusable,
    UnlinkedReason::IdDamagedByExcel,
    UnlinkedReason::PlaceUnknown,
    UnlinkedReason::NameOfAnother,
    UnlinkedReason::DecidedNobody,
    UnlinkedReason::NotThisPerson,
];

/// One row a feed that came.
pub(crate) fn frame(inputs: &AccountInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("linkage"));
    for (feed, contract) in inputs.config.contracts.iter().enumerate() {
        let Some(counts) = inputs.linked.counts.get(&feed) else { continue };
        if contract.kind == FeedKind::Registry || !inputs.sealed[feed].contains_key(&inputs.month) {
            continue;
        }
        let whole = |count: u64| Some(count as i64);
        rows.text("feed", &contract.name).text("department", &contract.department).integer("rows", whole(counts.rows));
        for class in CLASSES {
            rows.integer(class.code(), whole(counts.of_class(class)));
        }
        rows.integer("unlinked", whole(counts.of_class(LinkClass::None)));
        for reason in REASONS {
            rows.integer(reason.code(), whole(counts.of_reason(reason)));
        }
        let rate = |counts: &LinkCounts| counts.rate().map(|rate| (rate * 10_000.0).round() / 10_000.0);
        rows.number("link_rate", rate(counts));
        rows.number("link_rate_before", inputs.linked.before.get(&feed).and_then(rate));
        let is_of_persons = matches!(contract.link, LinkBy::Person { .. });
        let missing = inputs.ladder.recapture.get(&feed).filter(|_| is_of_persons);
        // No more can have been missed than were not linked.
        let unlinked = counts.unlinked() as f64;
        let missing = missing.and_then(|recapture| {
            let (keys, weights) = (counts.of_class(LinkClass::Composite), counts.of_class(LinkClass::Weighted));
            recapture.missing(keys, weights + counts.of_class(LinkClass::Decided))
        });
        let missing = missing.map(|missing| missing.min(unlinked));
        let recall = missing.map(|missing| counts.linked() as f64 / (counts.linked() as f64 + missing).max(1.0));
        rows.number("estimated_recall", recall.map(|recall| (recall * 10_000.0).round() / 10_000.0));
        rows.number("estimated_missing", missing.map(|missing| (missing * 10.0).round() / 10.0));
        rows.number("expected_wrong", expected_wrong(inputs, feed));
        rows.text("advice", advice(counts, |class| at_fault(inputs, feed, class))).end();
    }
    rows.frame("linkage")
}

/// Of a feed's rows that were linked by weight so many are somebody else's, if their probabilities are right.
fn expected_wrong(inputs: &AccountInputs<'_>, feed: usize) -> Option<f64> {
    let weighed = inputs.ladder.weighed.get(&feed)?;
    let linked = weighed.rows.values().flatten().filter(|candidate| candidate.link);
    let doubts: Vec<f64> = linked.map(|candidate| 1.0 - candidate.probability).collect();
    (!doubts.is_empty()).then(|| (doubts.iter().sum::<f64>() * 10_000.0).round() / 10_000.0)
}

/// Rows that were linked without any part of their ID number.
fn found_beside(counts: &LinkCounts) -> u64 {
    counts.of_class(LinkClass::Composite) + counts.of_class(LinkClass::Weighted)
}

/// What the department can do so that more of its rows are linked next time.
/// `at_fault` are rows of a class whose number is whole: nothing of the department's to mend.
fn advice(counts: &LinkCounts, at_fault: impl Fn(LinkClass) -> u64) -> String {
    let mut said = Vec::new();
    let missing = counts.of_reason(UnlinkedReason::IdMissing);
    if missing > 0 {
        said.push(format!("没有证件号码的{missing}行：请补填；确实没有的，请填写姓名、出生日期、村和户主姓名"));
    }
    let damaged = counts.damaged - at_fault(LinkClass::DamagedByExcel);
    if damaged > 0 {
        said.push(format!("证件号码被Excel当作数字、丢了后三位的{}行：请把该列设为“文本”，从原系统重新导出", damaged));
    }
    let unusable = counts.of_reason(UnlinkedReason::IdUnusable);
    if unusable > 0 {
        said.push(format!("证件号码不能用的{unusable}行：请按户口簿或身份证核对，逐行见“退回数据”"));
    }
    let repaired = counts.of_class(LinkClass::Repaired) - at_fault(LinkClass::Repaired);
    if repaired > 0 {
        said.push(format!("证件号码错一位、已按姓名认出的{repaired}行：请核对原系统里的号码"));
    }
    let beside = found_beside(counts) - at_fault(LinkClass::Composite) - at_fault(LinkClass::Weighted);
    if beside > 0 {
        said.push(format!("没有凭证件号码、按姓名等几项认出的{beside}行：请核对并补填证件号码"));
    }
    let other = counts.of_reason(UnlinkedReason::NameOfAnother);
    if other > 0 {
        said.push(format!("证件号码与姓名不是同一人的{other}行：请核对是否填了户主或监护人的号码"));
    }
    let not_he = counts.of_reason(UnlinkedReason::NotThisPerson);
    if not_he > 0 {
        said.push(format!("乡镇核实不是证件号码本人的{not_he}行：请按身份证更正证件号码或姓名，逐行见“未关联行”"));
    }
    let places = counts.of_reason(UnlinkedReason::PlaceUnknown);
    if places > 0 {
        said.push(format!("村屯无法识别的{places}行：请按规范名称填写"));
    }
    said.join("\n")
}

/// Linked rows of a class whose number is whole, the registry's being at fault.
fn at_fault(inputs: &AccountInputs<'_>, feed: usize, class: LinkClass) -> u64 {
    inputs.linked.registry_number.get(&(feed, class)).copied().unwrap_or(0)
}
