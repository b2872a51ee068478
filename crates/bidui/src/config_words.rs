//! The words that columns of relations may hold, for holding the lists' queries against them: levels and states as docs/relations.md has them, kinds of
//! households by the registry's contract, risks, departments and places by the configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use bidui_emit::{ClosedColumn, ClosedColumns, Effect};
use bidui_match::{Checks, Fact, Grading, Rule};
use bidui_model::{DataContract, Level, LinkClass, RELATIONS, UnlinkedReason};
use bidui_normalize::Gazetteer;

use crate::case_stage::STAGES;
use crate::config_list_names::ListNames;
use crate::config_places::known_places;
use crate::settings::Parameter;

/// Columns whose words the program gives. docs/relations.md lists them too, and a test holds the two together.
const FIXED: &[(&str, &str, &[&str])] = &[
    ("signals", "state", &["live", "cooling", "suppressed", "review"]),
    ("warnings", "state", &["new", "continuing", "escalated", "reopened"]),
    ("warnings", "route", &["registry", "resettlement", "moved", "unrouted"]),
    ("cases", "state", &["open", "followed", "closed"]),
    ("clocks", "clock", &["verify", "identify", "helper", "plan", "need", "recheck"]),
    ("clocks", "state", &["open", "today", "overdue", "done", "late", "undated", "refused"]),
    ("needs", "state", &["open", "met", "refused"]),
    (
        "case_events",
        "kind",
        &[
            "raised",
            "continuing",
            "escalated",
            "reopened",
            "cleared",
            "withdrawn",
            "handed",
            "moved",
            "joined",
            "listed",
            "answered",
            "rerouted",
            "included",
            "helper_assigned",
            "plan_made",
            "measure",
            "need_pushed",
            "need_met",
            "need_refused",
            "eliminated",
            "rolled_back",
            "exempted",
            "spot_checked",
            "renumbered",
        ],
    ),
    ("anomalies", "object", &["person", "household", "village"]),
    ("anomalies", "state", &["new", "standing", "exempt"]),
    ("checks", "object", &["person", "household", "village"]),
    ("checks", "status", &["answered", "unanswered", "widespread"]),
    ("flaws", "goes_to", &["town", "department"]),
    ("feeds", "kind", &["events", "snapshot", "registry"]),
    ("feeds", "status", &["ok", "held", "missing", "stranger"]),
    ("facts", "per", &["person", "household", "village", "hamlet"]),
    ("facts", "status", &["known", "unknown"]),
    ("rules", "per", &["household", "person"]),
    ("rules", "status", &["known", "unknown"]),
    ("totals", "stage", &["ingest", "link", "signals", "warnings", "route", "lists"]),
];
/// Chinese words that the program gives.
const IN_CHINESE: &[(&str, &str, &[&str])] = &[
    ("persons", "sex", &["男", "女"]),
    ("cases", "recheck_now", &["是"]),
    ("answers", "standing", &["是", "否"]),
    ("answers", "differs", &["是", "否"]),
    ("clusters", "kind", &["行政村", "安置点"]),
    ("answers", "held", &["include", "open"]),
    ("answer_figures", "outcome", &["属实", "不属实", "未核实", "未照办", "其他"]),
    ("late_answers", "outcome", &["属实", "不属实", "未核实", "未照办", "其他"]),
    ("late_answers", "kind", &["迟报", "更正", "撤回"]),
];
/// Why a row is not linked.
const WITH_REASON: [&str; 2] = ["links", "candidates"];
/// What answers do to their cases.
const WITH_EFFECT: [(&str, &str); 3] =
    [("answers", "effect"), ("answers", "first_effect"), ("answer_figures", "effect")];
const WITH_LEVEL: [&str; 3] = ["signals", "warnings", "cases"];
const WITH_LINK: [&str; 4] = ["signals", "warnings", "evidence", "links"];
const WITH_RISK: [&str; 2] = ["signals", "rules"];
/// Those of what arrives; a clock's or a need's department may be one that reports nothing.
const WITH_DEPARTMENT: [&str; 5] = ["candidates", "linkage", "flaws", "rejects", "feeds"];
const WITH_CHOICES: [&str; 2] = ["persons", "households"];
/// Tables that lists have beside the relations, with codes of places.
const WITH_PLACES: [&str; 4] = ["towns", "villages", "village_roll", "warned"];
const WITH_TOWN: [&str; 3] = ["warnings", "cases", "towns"];

/// Of what could be read; risks come with [`add_risks`].
pub(crate) fn closed_columns(
    registry: &DataContract,
    contracts: &[DataContract],
    rules: &[Rule],
    grading: Option<&Grading>,
    gazetteer: Option<&Gazetteer>,
    parameters: &[Parameter],
) -> ClosedColumns {
    let mut closed = ClosedColumns::new();
    let mut add = |tables: &[&str], column: &str, of: ClosedColumn| {
        let of = Arc::new(of);
        closed.extend(tables.iter().map(|table| (((*table).to_owned(), column.to_owned()), Arc::clone(&of))));
    };
    for (table, column, words) in FIXED.iter().chain(IN_CHINESE) {
        add(&[table], column, plain(words.iter().copied()));
    }
    for (table, column) in WITH_EFFECT {
        add(&[table], column, plain(Effect::ALL.iter().map(|(name, _)| *name)));
    }
    add(&["cases"], "stage", plain(STAGES.into_iter()));
    add(&WITH_REASON, "reason", plain(UnlinkedReason::ALL.iter().map(|reason| reason.code())));
    if let Some(grading) = grading {
        let name = |level: &Level| (level.code().to_owned(), grading.name(*level).to_owned());
        add(&WITH_LEVEL, "level", ClosedColumn { words: Level::ALL.iter().map(name).collect(), ..Default::default() });
        add(&WITH_LEVEL, "level_name", plain(Level::ALL.iter().map(|level| grading.name(*level))));
    }
    add(&WITH_LINK, "link_class", plain(LinkClass::ALL.iter().map(|class| class.code())));
    add(&WITH_DEPARTMENT, "department", plain(contracts.iter().map(|contract| contract.department.as_str())));
    let words = parameters.iter().map(|parameter| (parameter.name.clone(), String::new())).collect();
    add(&["parameters"], "name", ClosedColumn { words, may_be_others: true, ..Default::default() });
    if !rules.is_empty() {
        add(&WITH_RISK, "risk", plain(rules.iter().map(|rule| rule.risk.as_str())));
    }
    for column in registry.columns.iter().filter(|column| !column.choices.is_empty()) {
        add(&WITH_CHOICES, &column.name, plain(column.choices.iter().map(String::as_str)));
    }
    if let Some(gazetteer) = gazetteer {
        let known = known_places(gazetteer);
        let tables: Vec<&str> = RELATIONS.iter().map(|relation| relation.name).chain(WITH_PLACES).collect();
        add(&WITH_TOWN, "town", plain(known.towns.values().map(String::as_str)));
        add(
            &tables,
            "town_code",
            ClosedColumn { words: known.towns, former: known.former.clone(), ..Default::default() },
        );
        add(
            &tables,
            "village_code",
            ClosedColumn { words: known.villages, former: known.former, ..Default::default() },
        );
    }
    closed
}

fn plain<'a>(words: impl Iterator<Item = &'a str>) -> ClosedColumn {
    ClosedColumn {
        words: words.map(|word| (word.to_owned(), String::new())).collect(),
        former: BTreeMap::new(),
        ..Default::default()
    }
}

/// What the configuration calls its extracts, facts, rules and checks, all of which could be read. Lists may ask for parameters that a county has yet to give.
pub(crate) struct OwnNames<'a> {
    pub(crate) contracts: &'a [DataContract],
    pub(crate) facts: &'a [Fact],
    pub(crate) rules: &'a [Rule],
    pub(crate) checks: &'a Checks,
}

/// Columns that hold such names; totals count all extracts together, too, and figures of rules reach back to rules that are no more.
pub(crate) fn add_names(closed: &mut ClosedColumns, names: &OwnNames<'_>) {
    let mut add = |tables: &[&str], column: &str, words: BTreeMap<String, String>| {
        let of = Arc::new(ClosedColumn { words, former: BTreeMap::new(), ..Default::default() });
        closed.extend(tables.iter().map(|table| (((*table).to_owned(), column.to_owned()), Arc::clone(&of))));
    };
    let of_feeds: Vec<&str> = RELATIONS.iter().map(|relation| relation.name).filter(|name| *name != "totals").collect();
    add(&of_feeds, "feed", names.contracts.iter().map(|contract| (contract.name.clone(), String::new())).collect());
    add(&["facts"], "fact", names.facts.iter().map(|fact| (fact.name.clone(), fact.title.clone())).collect());
    let of_rules = names.rules.iter().map(|rule| (rule.id.clone(), rule.title.clone())).collect();
    add(&["signals", "evidence", "rules"], "rule_id", of_rules);
    let of_checks = names.checks.checks.iter().map(|check| (check.id.clone(), check.title.clone())).collect();
    add(&["anomalies", "checks"], "check_id", of_checks);
}

/// The lists whose answers are kept, and the keys of answers to those that are about no case.
pub(crate) fn add_lists(closed: &mut ClosedColumns, names: &ListNames) {
    let mut add = |table: &str, column: &str, words: BTreeMap<String, String>| {
        let of = ClosedColumn { words, former: BTreeMap::new(), ..Default::default() };
        closed.insert((table.to_owned(), column.to_owned()), Arc::new(of));
    };
    for table in ["told", "told_values"] {
        add(table, "list", names.lists.clone());
    }
    add(
        "answers",
        "list",
        names.lists.iter().chain(&names.samples).map(|(id, title)| (id.clone(), title.clone())).collect(),
    );
    add("told_values", "key", names.keys.clone());
}

/// Risks that lists may ask for though no rule warns of them.
pub(crate) fn add_risks<'a>(closed: &mut ClosedColumns, risks: impl IntoIterator<Item = &'a str>) {
    let risks: Vec<&str> = risks.into_iter().collect();
    for table in WITH_RISK {
        if let Some(of) = closed.get_mut(&(table.to_owned(), "risk".to_owned())) {
            let words = &mut Arc::make_mut(of).words;
            words.extend(risks.iter().map(|risk| ((*risk).to_owned(), String::new())));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn states_are_those_that_the_page_of_relations_lists() {
        let page = include_str!("../../../docs/relations.md");
        for (table, column, words) in FIXED {
            let section = page.split(&format!("## {table}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
            let line = section.lines().find(|line| line.starts_with(&format!("| `{column}` "))).unwrap();
            let said = line.split(" | ").nth(2).unwrap();
            let of_word = |sign: char| sign.is_ascii_lowercase() || sign == '_';
            let mut said: Vec<&str> = said
                .split(|sign| !of_word(sign))
                .filter(|word| !word.is_empty() && !["state_reason", "links"].contains(word))
                .collect();
            let mut words = words.to_vec();
            said.sort_unstable();
            words.sort_unstable();
            assert_eq!(said, words, "{table}.{column}");
        }
    }
}
