//! A clean county gives exactly the signals that follow from its households' lives, which synth works out without the engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::{County, Record};

/// Household, rule and level.
type Signals = BTreeSet<(String, String, String)>;

fn signals(records: Vec<Record>, month: &str) -> Signals {
    let of_month = records.into_iter().filter(|record| record["month"] == month);
    of_month
        .map(|mut record| {
            let mut take = |column: &str| record.remove(column).unwrap();
            (take("household_id"), take("rule_id"), take("level"))
        })
        .collect()
}

/// Runs a month, and holds its signals against the truth.
fn check(county: &County, month: &str) -> Signals {
    county.run(month).expect(0);
    let (found, in_doubt): (Vec<_>, Vec<_>) =
        county.relation(month, "signals").into_iter().partition(|signal| signal["state"] != "review");
    doubts_have_a_cause(county, month, &in_doubt);
    let (found, truth) = (signals(found, month), signals(county.truth("signals"), month));
    let (extra, lacking): (Vec<_>, Vec<_>) = (found.difference(&truth).collect(), truth.difference(&found).collect());
    assert!(extra.is_empty() && lacking.is_empty(), "{month}: raised without cause {extra:?}, not raised {lacking:?}");
    found
}

/// A signal for review stands for a household without a value that its rule asks for, which truth does not speak of.
fn doubts_have_a_cause(county: &County, month: &str, signals: &[Record]) {
    let households = county.relation(month, "households").into_iter();
    let households: BTreeMap<String, Record> =
        households.map(|record| (record["household_id"].clone(), record)).collect();
    for signal in signals {
        let household = &households[&signal["household_id"]];
        let mut facts = signal["facts"].split(',');
        assert!(facts.any(|fact| household.get(fact).is_some_and(String::is_empty)), "{signal:?}");
    }
}

/// Facts of a month of which nothing is known.
fn unknown(county: &County, month: &str) -> Vec<String> {
    let facts = county.relation(month, "facts").into_iter().filter(|fact| fact["status"] == "unknown");
    facts.map(|fact| fact["fact"].clone()).collect()
}

fn rules_of_the_pack() -> BTreeSet<String> {
    let folder = support::repository().join("config/rules");
    let id = |line: &str| Some(line.strip_prefix("id = \"")?.trim_end_matches('"').to_owned());
    let files = support::files_under(&folder).into_iter();
    files
        .flat_map(|file| {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            text.lines().filter_map(id).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn fifty_thousand_persons_have_exactly_the_signals_of_the_truth_and_every_rule_fires() {
    let county = County::invent(50_000, &["--clean", "--seed", "11"]);
    let fired: BTreeSet<String> = check(&county, "2023-03").into_iter().map(|(_, rule, _)| rule).collect();
    let rules = rules_of_the_pack();
    assert!(rules.len() >= 40);
    assert_eq!(fired, rules);
    assert!(county.relation("2023-03", "feeds").iter().all(|feed| feed["status"] == "ok"));
}

#[test]
fn earlier_months_have_theirs_and_a_comparison_without_a_baseline_raises_nothing() {
    let county = County::invent(3_000, &["--clean", "--seed", "12"]);
    for month in ["2022-12", "2023-01", "2023-02"] {
        check(&county, month);
    }
    assert!(unknown(&county, "2022-12").iter().any(|fact| fact == "disabled_new"));
    assert_eq!(unknown(&county, "2023-02"), Vec::<String>::new());
}
