//! The relations of the ledger: cases, answers, and what happened last. Made of the households' histories as they stood on a day.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_emit::Choice;
use bidui_ledger::{
    Answer, Case, CaseNumber, CaseState, CaseStep, Deed, Happening, History, Ledger, Need, NeedState, Reason, Shown,
    What,
};
use bidui_match::Rule;
use bidui_model::{Level, Month, ReturnKind};
use polars::prelude::*;

use crate::case_stage::stage;
use crate::casebook::{held, label_of, result_choices, said_of};
use crate::config::Config;
use crate::exit::Fault;
use crate::left_registry::{self, Left, NOBODY_LEFT};
use crate::relation_rows::{Rows, columns_of, words_of};

/// Where a household lives, by the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) town_code: String,
    pub(crate) village_code: String,
    pub(crate) village: String,
    pub(crate) hamlet: String,
    /// Whether the month's registry has it as monitored, with its risk not gone.
    pub(crate) is_monitored: bool,
}

/// All that the relations are made of.
pub(crate) struct CaseInputs<'a> {
    pub(crate) config: &'a Config,
    pub(crate) month: Month,
    /// The day on which things are due or overdue.
    pub(crate) today: i32,
    pub(crate) histories: &'a BTreeMap<String, History>,
    pub(crate) places: &'a BTreeMap<String, Place>,
    /// Those of them that the month's registry does not have; none where nobody asked it.
    pub(crate) left: &'a Left,
}

/// Months that a case is shown for after it was closed.
pub(crate) const MONTHS_SHOWN: i32 = 13;
/// Between the numbers of persons in one cell.
pub(crate) const PERSONS_APART: &str = "、";

impl<'a> CaseInputs<'a> {
    /// The cases that stand, and those closed in the last months, by number.
    pub(crate) fn cases(&self) -> Vec<&'a Case> {
        let since = self.month.plus(1 - MONTHS_SHOWN);
        let all = self.histories.values().flat_map(|history| &history.cases);
        let mut cases: Vec<&Case> = all.filter(|case| case.closed.is_none_or(|month| month >= since)).collect();
        cases.sort_by(|one, other| one.number.cmp(&other.number));
        cases
    }
    pub(crate) fn place(&self, household: &str) -> Place {
        self.places.get(household).cloned().unwrap_or_default()
    }
    /// Who has the case now: the town that is to verify it, else the household's.
    pub(crate) fn town_of(&self, case: &Case) -> (String, String) {
        if case.town.is_empty() { self.named(&self.place(&case.household).town_code) } else { self.named(&case.town) }
    }
    fn named(&self, town: &str) -> (String, String) {
        let name = self.config.gazetteer.town(town).map_or_else(String::new, |town| town.name.clone());
        (town.to_owned(), name)
    }
    /// What the case is about, each rule once: the last warning, what earlier ones warned of and nobody has answered, and what the household is to be
    /// included for or was, or looked at again for.
    fn about(case: &Case) -> Vec<(Month, &Reason)> {
        let mut about: Vec<(Month, &Reason)> = case.reasons.iter().map(|reason| (case.last_warned, reason)).collect();
        let to_look_at = case.rechecks.iter().flat_map(|recheck| &recheck.about);
        for (month, reason) in case.unanswered.iter().chain(&case.included_for).chain(to_look_at) {
            if about.iter().all(|(_, known)| known.rule != reason.rule) {
                about.push((*month, reason));
            }
        }
        about
    }
    fn rules(&self, case: &Case) -> Vec<&'a Rule> {
        let rule = |id: &str| self.config.rules.iter().find(|rule| rule.id == id);
        Self::about(case).into_iter().filter_map(|(_, reason)| rule(&reason.rule)).collect()
    }
    /// What warnings said, a line a rule. The sentences of their months are not kept; the rule, its value and its level are.
    fn reasons<'r>(&self, warned_of: impl IntoIterator<Item = (Month, &'r Reason)>) -> String {
        let config = self.config;
        let line = |(month, reason): (Month, &Reason)| {
            let rule = config.rules.iter().find(|rule| rule.id == reason.rule)?;
            let fact = rule.value.as_ref().and_then(|name| config.facts.iter().find(|fact| fact.name == *name));
            // What its extract is about is told to nobody but its department.
            let fact = fact.filter(|fact| !config.contracts[fact.feed].sensitive);
            let value = fact.zip(reason.value).map_or_else(String::new, |(fact, value)| {
                format!("{}{}{}，", fact.title, (value * 100.0).round() / 100.0, fact.unit)
            });
            Some(format!("{month}：{}（{value}{}色）", rule.title, config.grading.name(reason.level)))
        };
        warned_of.into_iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }
    /// That the month's registry does not have the household, and where its members are.
    fn registry_note(&self, case: &Case) -> String {
        let number = |household: &str| Some(self.histories.get(household)?.standing()?.number.to_string());
        let gone = self.left.get(&case.household).filter(|_| case.state != CaseState::Closed);
        gone.map_or_else(String::new, |gone| left_registry::note(gone, number))
    }
    /// What was asked of departments, and what became of it.
    fn needs(&self, case: &Case) -> String {
        let of_need = |(code, need): (&String, &Need)| {
            let became = match need.state {
                NeedState::Open => "待落实",
                NeedState::Met => "已落实",
                NeedState::Refused => "不符合条件",
            };
            format!("{}：{became}", crate::clocks::need_title(self.config, code))
        };
        case.needs.iter().map(of_need).collect::<Vec<_>>().join("\n")
    }
    /// What the rules advise, each once.
    fn actions(&self, rules: &[&Rule]) -> String {
        let mut seen = BTreeSet::new();
        let actions = rules.iter().flat_map(|rule| &rule.actions);
        actions.filter(|action| seen.insert(*action)).map(String::as_str).collect::<Vec<_>>().join("；")
    }
    /// By how many days an unverified case is late.
    pub(crate) fn overdue(&self, case: &Case) -> i64 {
        let due = case.due.filter(|_| case.state == CaseState::Open);
        due.map_or(0, |due| i64::from((self.today - due).max(0)))
    }
}

/// The level of a case, and a more serious one of before. Whom the month warns of has the level of that warning on every list; what the case is about
/// besides may have been worse, and is shown beside it and not in its place.
fn levels(case: &Case, about: &[(Month, &Reason)], month: Month) -> (Level, Option<Level>) {
    let worst = about.iter().map(|(_, reason)| reason.level).chain([case.level]).min().unwrap_or(case.level);
    if case.last_warned == month { (case.level, (worst < case.level).then_some(worst)) } else { (worst, None) }
}

fn closed_because(case: &Case, choices: &[Choice]) -> String {
    match (&case.answer, case.closed) {
        (_, None) => String::new(),
        _ if case.joined.is_some() => joined_into(case.joined.as_ref()),
        _ if case.withdrawn => "重新运行后不再预警，系统撤回".to_owned(),
        _ if case.eliminated_on.is_some() => "风险消除".to_owned(),
        (Some((_, answer)), _) if answer.leaves == CaseState::Closed => label_of(choices, &answer.code),
        (Some((_, answer)), _) if answer.effect == "department" && !case.needs.is_empty() => "部门已办理".to_owned(),
        _ => "已办结".to_owned(),
    }
}

/// `并入2302-00001X`.
pub(crate) fn joined_into(into: Option<&CaseNumber>) -> String {
    into.map_or_else(String::new, |into| format!("并入{into}"))
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut seen = BTreeSet::new();
    words.filter(|word| seen.insert(*word)).collect::<Vec<_>>().join("、")
}

pub(crate) fn cases(inputs: &CaseInputs<'_>) -> PolarsResult<DataFrame> {
    let choices = result_choices(inputs.config);
    let mut rows = Rows::new(&columns_of("cases"));
    for case in inputs.cases() {
        let (place, (town_code, town)) = (inputs.place(&case.household), inputs.town_of(case));
        let rules = inputs.rules(case);
        let answer = case.answer.as_ref();
        let month = |month: Option<Month>| month.map_or_else(String::new, |month| month.to_string());
        let recheck = case.recheck().map(|recheck| recheck.until);
        rows.text("as_of", inputs.month.to_string());
        rows.text("case_id", case.number.as_str()).text("household_id", &case.household);
        rows.text("opened", case.opened.to_string()).day("opened_on", Some(crate::clocks::issued(inputs, case.opened)));
        rows.text("state", case.state.code()).text("stage", stage(case));
        let about = CaseInputs::about(case);
        let (level, earlier) = levels(case, &about, inputs.month);
        let name = |level: Level| inputs.config.grading.name(level);
        rows.text("level", level.code()).text("level_name", name(level)).integer("level_rank", Some(level as i64 + 1));
        rows.text("earlier_level", earlier.map_or("", name));
        rows.text("risks", joined(rules.iter().map(|rule| rule.risk.as_str())));
        rows.text("rules", about.iter().map(|(_, reason)| reason.rule.as_str()).collect::<Vec<_>>().join(","));
        rows.text("titles", joined(rules.iter().map(|rule| rule.title.as_str())));
        rows.text("departments", joined(rules.iter().flat_map(|rule| &rule.departments).map(String::as_str)));
        rows.text("reasons", inputs.reasons(about.iter().copied())).text("actions", inputs.actions(&rules));
        rows.text("unanswered", inputs.reasons(case.unanswered.iter().map(|(month, reason)| (*month, reason))));
        rows.text("town_code", town_code).text("town", town);
        rows.text("village_code", place.village_code).text("village", place.village).text("hamlet", place.hamlet);
        rows.text("registry_note", inputs.registry_note(case));
        let members: BTreeSet<&String> = about.iter().flat_map(|(_, reason)| &reason.persons).collect();
        rows.text("person_nos", members.into_iter().map(String::as_str).collect::<Vec<_>>().join(PERSONS_APART));
        rows.text("last_warned", case.last_warned.to_string()).text("cleared", month(case.cleared));
        rows.integer("issued", Some(case.listings.len() as i64)).integer("answers", Some(i64::from(case.answers)));
        rows.text("answer", answer.map_or("", |(_, answer)| &answer.code));
        rows.text("answer_label", answer.map_or_else(String::new, |(_, answer)| said_of(inputs.config, answer)));
        rows.text("effect", answer.map_or("", |(_, answer)| &answer.effect));
        rows.day("answered_on", answer.and_then(|(_, answer)| answer.on));
        rows.text("answer_month", month(answer.map(|(month, _)| *month)));
        rows.day("due", case.due).integer("overdue_days", Some(inputs.overdue(case)));
        rows.text("monitor_kind", case.included.as_ref().map_or("", |included| &included.kind));
        rows.day("included_on", case.included.as_ref().and_then(|included| included.on));
        rows.day("helper_on", case.helper_on).day("plan_on", case.plan_on);
        rows.text("measures", joined(case.measures.keys().map(String::as_str)));
        rows.text("needs", inputs.needs(case));
        rows.day("eliminated_on", case.eliminated_on);
        let next = crate::clocks::issued(inputs, inputs.month.plus(1));
        let is_now = case.state == CaseState::Followed && recheck.is_some_and(|day| day < next);
        rows.text("recheck", month(recheck.map(Month::of_day)))
            .text("recheck_now", if is_now { "是" } else { "" })
            .day("exempt_until", case.exempt_until);
        rows.text("closed", month(case.closed)).text("closed_because", closed_because(case, choices));
        rows.end();
    }
    rows.frame("cases")
}

/// Every answer of the last months; of several to one list of one case the last stands.
pub(crate) fn answers(inputs: &CaseInputs<'_>) -> PolarsResult<DataFrame> {
    let choices = result_choices(inputs.config);
    let since = inputs.month.plus(1 - MONTHS_SHOWN);
    let mut rows = Rows::new(&columns_of("answers"));
    for history in inputs.histories.values() {
        let alone = second_looks_alone(history, choices);
        let seconds = alone.iter().map(|(looked, answer)| (&looked.number, looked.month, looked.list.as_str(), answer));
        let all: Vec<_> = history.answers().chain(seconds).filter(|(_, month, ..)| *month >= since).collect();
        for (at, (number, month, list, answer)) in all.iter().enumerate() {
            let Some(case) = history.cases.iter().find(|case| case.number == **number) else { continue };
            let same = |(other, of, from, _): &(&CaseNumber, Month, &str, &Answer)| {
                (*other, *of, *from) == (*number, *month, *list)
            };
            let heard = history.as_heard((number, *month, list), answer);
            let stands = heard.map_or_else(|| !all[at + 1..].iter().any(same), |(_, stands)| stands);
            let (town_code, town) = match answered_by(history, number, *month, list) {
                Some(code) => inputs.named(code),
                None => inputs.town_of(case),
            };
            let (level, rules) = warned_of(history, case, *month, heard.and_then(|(heard, _)| heard.shown.as_ref()));
            rows.text("case_id", number.as_str()).text("household_id", &case.household);
            rows.text("list", *list).text("list_month", month.to_string());
            rows.text("code", &answer.code)
                .text("label", label_of(choices, &answer.code))
                .text("effect", &answer.effect)
                .text("held", held(choices, answer));
            rows.day("answered_on", answer.on).text("standing", if stands { "是" } else { "否" });
            rows.text("town_code", town_code).text("town", town);
            let value = |key: &str| answer.values.get(key).cloned().unwrap_or_default();
            for key in ["include", "method", "education", "medical", "housing", "water", "risk"] {
                rows.text(key, value(key));
            }
            rows.number("income", value("income").parse::<f64>().ok().map(|fen| fen / 100.0));
            rows.text("level", level).text("rules", rules);
            let looked_at = happening_of(history, number, *month, list).and_then(|one| one.looked_at.as_ref());
            rows.text("looked_at", looked_at.map_or_else(String::new, |looked_at| looked_at.month.to_string()));
            rows.text("first_code", looked_at.map_or("", |looked_at| &looked_at.code));
            rows.text("first_effect", looked_at.map_or("", |looked_at| &looked_at.effect));
            rows.text("differs", if looked_at.is_some() { differs(history, number, *month, list) } else { "" });
            rows.end();
        }
    }
    rows.frame("answers")
}

/// Second looks that put no answer of their own in place: what they found is the answer that they agree with, or they do not say what.
fn second_looks_alone<'h>(history: &'h History, choices: &[Choice]) -> Vec<(&'h Happening, Answer)> {
    let mut found = Vec::new();
    for looked in history.all() {
        let What::Did { deed: Deed::SpotChecked, on, code } = &looked.what else { continue };
        let of_case = || history.answers().filter(|(number, ..)| **number == looked.number);
        if of_case().any(|(_, month, list, _)| month == looked.month && list == looked.list) {
            continue;
        }
        let of_first = of_case().filter(|(_, month, list, _)| *month == looked.about() && *list != looked.list);
        let leaves = of_first.last().map_or(CaseState::Open, |(.., answer)| answer.leaves);
        let first = looked.looked_at.as_ref().map_or("", |looked_at| looked_at.code.as_str());
        let code = if code.is_empty() { first } else { code };
        let effect = choices.iter().find(|choice| choice.code == code).and_then(|choice| choice.effect);
        let answer = Answer {
            code: code.to_owned(),
            effect: effect.map_or("", bidui_emit::Effect::name).to_owned(),
            leaves,
            is_finding: true,
            on: *on,
            until: None,
            values: BTreeMap::new(),
        };
        found.push((looked, answer));
    }
    found
}

/// Whether a second look did not agree with the answer, if only in what goes with its code.
fn differs(history: &History, number: &CaseNumber, month: Month, list: &str) -> &'static str {
    let is_look = |one: &&Happening| one.number == *number && one.month == month && one.list == list;
    let differs = history.all().filter(is_look).any(|one| match &one.what {
        What::Did { deed: Deed::SpotChecked, code, .. } => !code.is_empty(),
        _ => false,
    });
    if differs { "是" } else { "否" }
}

/// What a row of a list said of its case.
fn happening_of<'h>(history: &'h History, number: &CaseNumber, month: Month, list: &str) -> Option<&'h Happening> {
    history.all().find(|one| one.number == *number && one.month == month && one.list == list)
}

/// The town that was asked by a list, wherever the case is now: a second look is at its answer. None where no town had the case.
pub(crate) fn answered_by<'h>(history: &'h History, number: &CaseNumber, month: Month, list: &str) -> Option<&'h str> {
    let about = happening_of(history, number, month, list).map_or(month, Happening::about);
    let of_case = history.all().filter(|happening| happening.number == *number && happening.month <= about);
    let asked = of_case.filter_map(|happening| match &happening.what {
        What::Stepped { town, .. } | What::Listed { town, .. } => Some(town.as_str()).filter(|town| !town.is_empty()),
        _ => None,
    });
    asked.last()
}

/// Level and rules of the warning that the answered list of the month showed of a case: where nobody knows which run made the list, its last one by then.
fn warned_of(history: &History, case: &Case, month: Month, shown: Option<&Shown>) -> (&'static str, String) {
    let rules_of = |reasons: &[bidui_ledger::Reason]| {
        reasons.iter().map(|reason| reason.rule.as_str()).collect::<Vec<_>>().join(",")
    };
    if let Some(shown) = shown {
        return (shown.level.code(), rules_of(&shown.reasons));
    }
    let mut found = (case.level.code(), String::new());
    for happening in history.all().filter(|happening| happening.number == case.number && happening.month <= month) {
        if let What::Stepped { step, level, reasons, .. } = &happening.what
            && step.is_warned()
        {
            found = (level.code(), rules_of(reasons));
        }
    }
    found
}

/// What the month did to cases, and what was answered to the lists of the month before it.
pub(crate) fn case_events(inputs: &CaseInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("case_events"));
    for (household, history) in inputs.histories {
        let of_answers = history.happened_in(inputs.month.plus(-1)).filter(|happening| !happening.list.is_empty());
        let of_run = history.happened_in(inputs.month).filter(|happening| happening.list.is_empty());
        let happened = of_answers.chain(of_run).map(|happening| (&happening.number, in_words(inputs, happening)));
        let of_joins = history.joins.iter().filter(|joining| joining.month == inputs.month);
        let joined = of_joins.map(|joining| {
            let detail = joined_into(Some(&joining.into));
            (&joining.from, SaidEvent { kind: "joined", title: "并入同户的另一编号", detail, on: None })
        });
        for (number, said) in happened.chain(joined) {
            let case = history.cases.iter().find(|case| case.number == *number);
            let (town_code, town) = case.map(|case| inputs.town_of(case)).unwrap_or_default();
            rows.text("month", inputs.month.to_string()).text("case_id", number.as_str());
            rows.text("household_id", household).text("town_code", town_code).text("town", town);
            rows.text("kind", said.kind).text("title", said.title).text("detail", said.detail);
            rows.day("happened_on", said.on).end();
        }
    }
    rows.frame("case_events")
}

/// Something that happened, as people read it.
pub(crate) struct SaidEvent {
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    pub(crate) on: Option<i32>,
}

pub(crate) fn in_words(inputs: &CaseInputs<'_>, happening: &Happening) -> SaidEvent {
    match &happening.what {
        What::Stepped { step, level, .. } => {
            let name = inputs.config.grading.name(*level);
            let detail = if step.is_warned() { format!("{name}色") } else { String::new() };
            SaidEvent { kind: step.code(), title: step_title(*step), detail, on: None }
        }
        What::Listed { .. } => {
            SaidEvent { kind: "listed", title: "列入清单（后来重新运行）", detail: String::new(), on: None }
        }
        What::Answered(answer) => {
            let detail = label_of(result_choices(inputs.config), &answer.code);
            let is_second = happening.list == list_of(inputs.config, ReturnKind::Sample);
            let is_alike = happening.looked_at.as_ref().is_some_and(|looked_at| looked_at.code == answer.code);
            let title = match (is_second, is_alike) {
                (true, true) => "抽查，与镇里同一项",
                (true, false) => "抽查改正",
                (false, _) => "收到核查结果",
            };
            SaidEvent { kind: "answered", title, detail, on: answer.on }
        }
        What::Did { deed, on, code } => {
            let detail = match deed {
                Deed::NeedPushed | Deed::NeedMet | Deed::NeedRefused => crate::clocks::need_title(inputs.config, code),
                Deed::Rerouted => {
                    inputs.config.gazetteer.town(code).map_or_else(|| code.clone(), |town| town.name.clone())
                }
                Deed::SpotChecked => label_of(result_choices(inputs.config), code),
                Deed::Eliminated if !code.is_empty() => "镇里填报，落实帮扶并满规定的月数才算".to_owned(),
                _ => code.clone(),
            };
            SaidEvent { kind: deed.code(), title: deed_title(*deed), detail, on: *on }
        }
    }
}

/// The id of the list of a kind; empty where there is none.
pub(crate) fn list_of(config: &Config, kind: ReturnKind) -> &str {
    let is_kind = |sheet: &bidui_emit::SheetPlan| sheet.returns.as_ref().is_some_and(|returns| returns.kind == kind);
    config.lists_and_samples().find(|list| list.sheets.iter().any(is_kind)).map_or("", |list| list.id.as_str())
}

pub(crate) fn step_title(step: CaseStep) -> &'static str {
    match step {
        CaseStep::Raised => "新预警",
        CaseStep::Continuing => "持续预警",
        CaseStep::Escalated => "预警升级",
        CaseStep::Reopened => "跟进中又有新预警",
        CaseStep::Cleared => "预警不再出现",
        CaseStep::Withdrawn => "系统撤回",
        CaseStep::Handed => "转来待核查",
        CaseStep::Moved => "底册迁到本镇，随户转来",
    }
}

fn deed_title(deed: Deed) -> &'static str {
    match deed {
        Deed::Included => "纳入监测",
        Deed::RolledBack => "风险回退",
        Deed::NotIncluded => "没有纳入，原报的纳入日期撤销",
        Deed::HelperAssigned => "落实帮扶责任人",
        Deed::PlanMade => "制定帮扶计划",
        Deed::Measure => "落实帮扶措施",
        Deed::Eliminated => "风险消除",
        Deed::NeedPushed => "推送帮扶需求",
        Deed::NeedMet => "部门已落实",
        Deed::NeedRefused => "部门认为不符合条件",
        Deed::Rerouted => "转往",
        Deed::Exempted => "豁免",
        Deed::SpotChecked => "抽查",
        Deed::Renumbered => "底册换了户编号",
    }
}

/// The relations of a month's cases and answers as the ledger has them today: the answers to the month's own lists are there, too. `published` are the
/// month's cases as they were published, with their places. Nothing where there is no ledger.
pub(crate) fn of_ledger(
    state: &Path,
    config: &Config,
    month: Month,
    published: &DataFrame,
) -> Result<BTreeMap<String, DataFrame>, Fault> {
    let path = state.join("ledger.db");
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let histories = Ledger::open(&path)?.before(month.plus(1), month.plus(-MONTHS_SHOWN))?;
    let words = |name: &str| words_of(published, name);
    let households = words("household_id")?.into_iter().zip(words("town_code")?);
    let villages = words("village_code")?.into_iter().zip(words("village")?).zip(words("hamlet")?);
    let places: BTreeMap<String, Place> = households
        .zip(villages)
        .map(|((household, town_code), ((village_code, village), hamlet))| {
            (household, Place { town_code, village_code, village, hamlet, is_monitored: false })
        })
        .collect();
    let today = crate::clocks::issue_day(&config.settings, month);
    let inputs = CaseInputs { config, month, today, histories: &histories, places: &places, left: &NOBODY_LEFT };
    Ok(BTreeMap::from([("answers".to_owned(), answers(&inputs)?), ("cases".to_owned(), cases(&inputs)?)]))
}
