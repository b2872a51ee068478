//! What is due when: verification by level, identification, a helper, a plan, needs of departments, another look. Days are counted from the day on
//! which a list was issued or something was done, which itself does not count.

use bidui_ledger::{Answer, Case, CaseState, Need, NeedState, What};
use bidui_model::Month;
use polars::prelude::*;

use crate::calendar::Count;
use crate::case_stage::stage;
use crate::case_tables::CaseInputs;
use crate::config::Config;
use crate::relation_rows::{Rows, columns_of};
use crate::settings::Settings;

/// How long each step after a verification may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockSettings {
    /// From the verification to the inclusion.
    pub(crate) identify: (u32, Count),
    /// From the inclusion to a helper, and to a plan with measures.
    pub(crate) helper: (u32, Count),
    pub(crate) plan: (u32, Count),
    /// From a verification that met nobody to another look, where the answer names no day.
    pub(crate) recheck: (u32, Count),
}

impl Default for ClockSettings {
    fn default() -> Self {
        Self {
            identify: (15, Count::Working),
            helper: (5, Count::Calendar),
            plan: (10, Count::Calendar),
            recheck: (30, Count::Calendar),
        }
    }
}

/// The day on which the lists of a month are issued.
pub(crate) fn issue_day(settings: &Settings, month: Month) -> i32 {
    month.plus(1).first_day() + i32::from(settings.issue_day) - 1
}

pub(crate) fn issued(inputs: &CaseInputs<'_>, month: Month) -> i32 {
    issue_day(&inputs.config.settings, month)
}

/// One clock of a case.
struct Clock {
    kind: &'static str,
    title: String,
    department: String,
    started: Option<i32>,
    due: Option<i32>,
    done: Option<i32>,
    end: End,
}

/// How a clock ended, or that it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Runs,
    Done,
    /// Its department said that the household has no claim to it.
    Refused,
}

impl Clock {
    fn state(&self, today: i32) -> &'static str {
        let is_before = |day: i32| self.due.is_some_and(|due| due < day);
        match (self.end, self.done) {
            (End::Refused, _) => "refused",
            // Nobody said when: it is not known to have been in time.
            (End::Done, None) => "undated",
            (End::Done, Some(done)) if is_before(done) => "late",
            (End::Done, Some(_)) => "done",
            (End::Runs, _) if is_before(today) => "overdue",
            (End::Runs, _) if self.due == Some(today) => "today",
            (End::Runs, _) => "open",
        }
    }
}

/// Every clock that runs, and those of cases that are shown and have run out or been met.
pub(crate) fn clocks(inputs: &CaseInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("clocks"));
    for case in inputs.cases() {
        let (place, (town_code, town)) = (inputs.place(&case.household), inputs.town_of(case));
        for clock in of_case(inputs, case) {
            let end = if clock.end == End::Runs { Some(inputs.today) } else { clock.done };
            let late = clock.due.zip(end).map(|(due, end)| i64::from((end - due).max(0)));
            let state = clock.state(inputs.today);
            rows.text("case_id", case.number.as_str()).text("household_id", &case.household);
            rows.text("town_code", &town_code).text("town", &town);
            rows.text("village_code", &place.village_code).text("village", &place.village);
            rows.text("department", clock.department).text("clock", clock.kind).text("title", clock.title);
            rows.day("started", clock.started).day("due", clock.due).day("done_on", clock.done);
            rows.integer("overdue_days", late).text("state", state);
            rows.end();
        }
    }
    rows.frame("clocks")
}

/// The day on which the town found what it was asked: by the first list that it answered since, as it said last of that one. What it found when it was asked
/// to look again, or a second look, makes it no later.
fn verified_on(inputs: &CaseInputs<'_>, case: &Case) -> Option<i32> {
    let history = inputs.histories.get(&case.household)?;
    let own = history.all().filter(|one| one.number == case.number && one.looked_at.is_none());
    let found = own.filter_map(|one| match &one.what {
        What::Answered(answer) if answer.is_finding => Some((one.about(), answer.on)),
        _ => None,
    });
    let found: Vec<(Month, Option<i32>)> =
        found.filter(|(list, _)| case.asked.is_none_or(|asked| *list >= asked)).collect();
    let first = found.iter().map(|(list, _)| *list).min()?;
    found.into_iter().filter(|(list, _)| *list == first).filter_map(|(_, on)| on).next_back()
}

fn of_case(inputs: &CaseInputs<'_>, case: &Case) -> Vec<Clock> {
    let calendar = &inputs.config.calendar;
    let settings = &inputs.config.settings.clocks;
    let after = |day: Option<i32>, (days, count): (u32, Count)| day.map(|day| calendar.after(day, days, count));
    let answer = case.answer.as_ref().map(|(_, answer)| answer);
    let mut clocks = Vec::new();
    let mut push = |kind, title: &str, department: &str, started, due, done: Option<i32>, is_done| {
        let (title, department) = (title.to_owned(), department.to_owned());
        let end = if is_done { End::Done } else { End::Runs };
        clocks.push(Clock { kind, title, department, started, due, done, end });
    };
    // What was joined into another unanswered is due there.
    let is_elsewhere = case.joined.is_some() && answer.is_none();
    if case.due.is_some() && !case.withdrawn && !is_elsewhere {
        // Who took it over has its own time, from its own list; so has what was verified and is to be again.
        let first = case.asked.map(|month| issued(inputs, month));
        let is_done = case.state != CaseState::Open;
        let done = verified_on(inputs, case).or(answer.and_then(|answer| answer.on)).filter(|_| is_done);
        push("verify", "核查", "", first, case.due, done, is_done);
    }
    let included = case.included.as_ref().map(|included| included.on);
    // New evidence does not end what an earlier answer began.
    let is_begun = |answer: &&Answer| included.is_some() && matches!(answer.effect.as_str(), "include" | "rollback");
    let begun = case.to_include.as_ref().or(case.answer.as_ref().filter(|(_, answer)| is_begun(&answer)));
    if let Some((month, begun)) = begun {
        // Whoever gave no day has the list's.
        let started = begun.values.get("started_on").and_then(|day| day.parse().ok()).or(begun.on);
        let started = started.or(Some(issued(inputs, *month)));
        let due = after(started, settings.identify);
        // Whom the registry monitors is identified, though nobody told the ledger when: it asks for the day and counts none as late.
        let is_done = included.is_some() || inputs.place(&case.household).is_monitored;
        push("identify", "识别纳入", "", started, due, included.flatten(), is_done);
    }
    if let Some(on) = included {
        let is_over = case.state == CaseState::Closed || !case.is_included();
        let (helper, plan) = (case.helper_on, case.plan_on);
        // A plan without a measure is none; and of what is over nobody says when it was done.
        let measured = case.measures.values().copied().max();
        let planned = plan.zip(measured).map(|(plan, measured)| measured.map_or(plan, |day| day.max(plan)));
        for (kind, title, days, done) in [
            ("helper", "落实帮扶责任人", settings.helper, helper),
            ("plan", "制定帮扶计划、落实措施", settings.plan, planned),
        ] {
            if done.is_some() || !is_over {
                push(kind, title, "", on, after(on, days), done, done.is_some());
            }
        }
    }
    if stage(case) == "待复核" {
        let seen = case.answer.as_ref().map(|(month, answer)| answer.on.unwrap_or_else(|| issued(inputs, *month)));
        // What another alarm was answered with since puts no look off that was owed before.
        let (seen, due) = case.recheck().map_or_else(
            || (seen, after(seen, settings.recheck)),
            |recheck| (recheck.seen.or_else(|| Some(issued(inputs, recheck.month))), Some(recheck.until)),
        );
        push("recheck", "复核", "", seen, due, None, false);
    }
    let of_needs = case.needs.iter().map(|(code, need)| of_need(inputs, code, need));
    clocks.into_iter().chain(of_needs).collect()
}

fn of_need(inputs: &CaseInputs<'_>, code: &str, need: &Need) -> Clock {
    let (department, title) = (need_department(inputs.config, code), need_title(inputs.config, code));
    let (_, started, due) = need_days(inputs, code, need);
    let end = match need.state {
        NeedState::Open => End::Runs,
        NeedState::Met => End::Done,
        NeedState::Refused => End::Refused,
    };
    Clock { kind: "need", title, department, started: Some(started), due: Some(due), done: need.on, end }
}

/// The month whose lists were the first to tell a department of a need, the day on which they were issued, and by when it is to be met.
fn need_days(inputs: &CaseInputs<'_>, code: &str, told: &Need) -> (Month, i32, i32) {
    let month = told.listed.unwrap_or_else(|| told.pushed.plus(1));
    let pushed = issued(inputs, month);
    let days = need(inputs.config, code).and_then(|need| need.days).unwrap_or(30);
    (month, pushed, pushed + i32::from(days))
}

fn need<'a>(config: &'a Config, code: &str) -> Option<&'a bidui_emit::Choice> {
    config.choices.lists.values().flatten().find(|choice| choice.department.is_some() && choice.code == code)
}

pub(crate) fn need_title(config: &Config, code: &str) -> String {
    need(config, code).map_or_else(|| code.to_owned(), |need| need.label.clone())
}

pub(crate) fn need_department(config: &Config, code: &str) -> String {
    need(config, code).and_then(|need| need.department.clone()).unwrap_or_default()
}

/// The needs that departments are to meet, of cases that are shown.
pub(crate) fn needs(inputs: &CaseInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("needs"));
    for case in inputs.cases().into_iter().filter(|case| !case.withdrawn) {
        let (place, (town_code, town)) = (inputs.place(&case.household), inputs.town_of(case));
        for (code, need) in &case.needs {
            let (pushed, _, due) = need_days(inputs, code, need);
            let state = match need.state {
                NeedState::Open => "open",
                NeedState::Met => "met",
                NeedState::Refused => "refused",
            };
            rows.text("need_id", format!("{}-{code}", case.number)).text("case_id", case.number.as_str());
            rows.text("household_id", &case.household).text("town_code", &town_code).text("town", &town);
            rows.text("village_code", &place.village_code).text("village", &place.village);
            rows.text("department", need_department(inputs.config, code));
            rows.text("need", code).text("title", need_title(inputs.config, code));
            rows.text("pushed", pushed.to_string()).day("due", Some(due));
            rows.text("state", state).day("met_on", need.on);
            rows.end();
        }
    }
    rows.frame("needs")
}
