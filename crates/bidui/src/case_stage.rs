//! How far a case is, in the words of the lists.

use bidui_ledger::{Case, CaseState, NeedState};

/// Every stage there is.
pub(crate) const STAGES: [&str; 15] = [
    "待派发",
    "待区里查明去向",
    "待核查",
    "识别中",
    "识别中，新预警待核查",
    "待落实帮扶",
    "待落实帮扶，新预警待核查",
    "帮扶中",
    "帮扶中，新预警待核查",
    "待部门落实",
    "部门退回，待镇处理",
    "待复核",
    "已办结",
    "已并入",
    "风险已消除",
];

/// What a case waits for, in the words of the lists.
pub(crate) fn stage(case: &Case) -> &'static str {
    let stage = stage_of(case);
    debug_assert!(STAGES.contains(&stage), "a list could not ask for {stage}");
    stage
}

fn stage_of(case: &Case) -> &'static str {
    match case.state {
        CaseState::Closed if case.joined.is_some() => "已并入",
        CaseState::Closed if case.eliminated_on.is_some() => "风险已消除",
        CaseState::Closed => "已办结",
        CaseState::Open if case.town.is_empty() => "待派发",
        CaseState::Open if case.is_unplaced() => "待区里查明去向",
        // What an earlier answer began goes on beside what is to be verified.
        CaseState::Open => match followed(case) {
            Some("识别中") => "识别中，新预警待核查",
            Some("待落实帮扶") => "待落实帮扶，新预警待核查",
            Some(_) => "帮扶中，新预警待核查",
            None => "待核查",
        },
        CaseState::Followed => {
            let waits_for_departments = case.answer.as_ref().is_some_and(|(_, answer)| answer.effect == "department");
            let is_refused = waits_for_departments
                && case.needs.values().all(|need| need.state != NeedState::Open)
                && case.needs.values().any(|need| need.state == NeedState::Refused);
            followed(case).unwrap_or(match (is_refused, waits_for_departments) {
                (true, _) => "部门退回，待镇处理",
                (false, true) => "待部门落实",
                (false, false) => "待复核",
            })
        }
    }
}

/// How far an inclusion is.
fn followed(case: &Case) -> Option<&'static str> {
    if case.is_included() {
        let is_helped = case.helper_on.is_some() && case.plan_on.is_some();
        return Some(if is_helped { "帮扶中" } else { "待落实帮扶" });
    }
    case.to_include.as_ref().map(|_| "识别中")
}
