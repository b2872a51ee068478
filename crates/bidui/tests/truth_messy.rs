//! A messy county against its truth. Whoever is linked without a good number of his own is linked to himself, or left to a person's
//! decision; and signals differ only where a row's damage explains it, each difference named here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use support::{County, Record, repository};

/// The first is the end of the year before: the baseline of the others.
const MONTHS: [&str; 4] = ["2022-12", "2023-01", "2023-02", "2023-03"];
const REGISTRY: &str = "乡村振兴_农村人口底册";

/// A row of an extract, as truth knows it.
#[derive(Deserialize)]
struct TruthRow {
    month: String,
    feed: String,
    file: String,
    sheet: String,
    row: u32,
    person_no: String,
    household_id: String,
    damage: String,
    link_expected: String,
    links_to: String,
}

/// A row of `links` or `rejects`.
#[derive(Deserialize)]
struct Found {
    feed: String,
    file: String,
    sheet: String,
    row: u32,
    #[serde(default)]
    link_class: String,
    #[serde(default)]
    person_no: String,
    #[serde(default)]
    code: String,
}

type Place = (String, String, String, u32);

impl TruthRow {
    fn place(&self) -> Place {
        (self.feed.clone(), self.file.clone(), self.sheet.clone(), self.row)
    }
    /// The row counts for nobody, or for somebody else.
    fn breaks_the_link(&self) -> bool {
        self.link_expected == "none" || !self.links_to.is_empty()
    }
    /// Whose number stands in the row.
    fn person_of_number(&self) -> &str {
        if self.links_to.is_empty() { &self.person_no } else { &self.links_to }
    }
    fn is_second(&self) -> bool {
        ["bill_twice", "row_duplicate", "file_twice"].iter().any(|code| self.damage.contains(code))
    }
    fn name(&self) -> String {
        let sheet = if self.sheet.is_empty() { String::new() } else { format!("[{}]", self.sheet) };
        format!("{}/{}{sheet}:{} {}", self.month, self.file, self.row, self.damage)
    }
}

fn read<T: for<'row> Deserialize<'row>>(path: &std::path::Path) -> Vec<T> {
    csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect()
}

/// A row of a wide extract holds several records, so that several stand in one place.
fn by_place(county: &County, month: &str, relation: &str) -> HashMap<Place, Vec<Found>> {
    let path = county.path("out").join(month).join(format!("data/{relation}.csv"));
    let mut places: HashMap<Place, Vec<Found>> = HashMap::new();
    for row in read::<Found>(&path) {
        let place = (row.feed.clone(), row.file.clone(), row.sheet.clone(), row.row);
        places.entry(place).or_default().push(row);
    }
    places
}

#[test]
fn every_difference_to_the_truth_is_a_row_whose_damage_breaks_its_link() {
    let county = County::invent(20_000, &["--messy", "--seed", "1"]);
    let rows: Vec<TruthRow> = read(&county.path("truth/rows.csv"));
    // The last month, one after a half-empty list, and one without a list.
    for at in [3, 2, 1] {
        county.run(MONTHS[at]).expect(0);
        rows_link_as_the_truth_says(&county, &rows, MONTHS[at]);
        signals_differ_only_where_rows_are_broken(&county, &rows, at);
    }
    let status = |month: &str, feed: &str| {
        let feeds = county.relation(month, "feeds");
        feeds.iter().find(|found| found["feed"] == feed).unwrap()["status"].clone()
    };
    assert_eq!(status(MONTHS[1], "人社_公益性岗位"), "missing");
    assert_eq!(status(MONTHS[2], "教育_在校学生"), "held");
}

/// Nobody's row is lost or made up, and no row is linked to anybody but its person, or the one whose number stands in it.
fn rows_link_as_the_truth_says(county: &County, rows: &[TruthRow], month: &str) {
    let (mut links, mut rejects) = (by_place(county, month, "links"), by_place(county, month, "rejects"));
    let mut wrong = Vec::new();
    let (mut lost, mut found) = (0, 0);
    // Of a file that came twice the second in the order of names is set aside, whichever the truth calls so: as many rows, no more.
    let mut twins: HashMap<&str, usize> = HashMap::new();
    for row in rows.iter().filter(|row| row.month == month && row.damage.contains("file_twice")) {
        *twins.entry(row.feed.as_str()).or_default() += 1;
    }
    for row in rows.iter().filter(|row| row.month == month) {
        let place = row.place();
        let (linked, set_aside) = (links.entry(place.clone()).or_default(), rejects.entry(place).or_default());
        // Of several records in one place, his own before one that is nobody's.
        let own = linked.iter().position(|link| !link.person_no.is_empty() && fits(row, link));
        if let Some(at) = own.or_else(|| linked.iter().position(|link| fits(row, link))) {
            let link = linked.swap_remove(at);
            if row.link_expected == "none" && row.feed != REGISTRY {
                lost += 1;
                found += usize::from(!link.person_no.is_empty());
            }
        } else if let Some(at) = set_aside.iter().position(|reject| reject.code == "duplicate" && row.is_second()) {
            set_aside.swap_remove(at);
        } else if twins.get(row.feed.as_str()).is_some_and(|left| *left > 0) && set_aside.pop().is_some() {
            twins.entry(row.feed.as_str()).and_modify(|left| *left -= 1);
        } else {
            let name = row.name();
            wrong.push(format!("{name} ({}) is linked to somebody else, or lost", row.link_expected));
        }
    }
    for link in links.into_values().flatten() {
        let person = link.person_no;
        wrong.push(format!("{}:{} is linked as {} to “{person}”, unasked", link.file, link.row, link.link_class));
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
    println!("{month}: of {lost} rows without a good number {found} are linked");
    assert!(found * 10 > lost * 6, "{month}: of {lost} rows without a good number only {found} are linked");
}

/// Whether a link is one that the row's damage allows.
fn fits(row: &TruthRow, link: &Found) -> bool {
    let (class, person) = (link.link_class.as_str(), link.person_no.as_str());
    let is_weak = ["alias", "repaired", "damaged_by_excel", "composite", "weighted"].contains(&class);
    let is_open = ["none", "review"].contains(&class) && person.is_empty();
    match row.link_expected.as_str() {
        // A row of the registry is its own person, with or without a number that can be read.
        "id" => class == "certain" && person == row.person_no,
        _ if row.feed == REGISTRY => class == "certain" && person == row.person_no,
        "name_differs" => (class == "likely" && person == row.person_of_number()) || class == "review",
        "place" => class == "place",
        "none" => is_open || (is_weak && person == row.person_no),
        _ => is_open,
    }
}

fn signals_differ_only_where_rows_are_broken(county: &County, rows: &[TruthRow], at: usize) {
    let month = MONTHS[at];
    let fired = county.relation(month, "signals").into_iter().filter(|signal| signal["state"] != "review");
    let found = levels(fired.collect(), month);
    let truth = levels(county.truth("signals"), month);
    let sources = sources(county, at);
    let broken = broken_rows(county, rows);
    let unknown = unknown_rules(county, month);
    let (mut named, mut unexplained) = (Vec::new(), Vec::new());
    for key in truth.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
        let (expected, got) = (truth.get(key), found.get(key));
        if expected == got {
            continue;
        }
        let (household, rule) = key;
        let what = format!("{household} {rule}: {expected:?} in truth, {got:?} found");
        let causes: Vec<String> = broken
            .get(household.as_str())
            .into_iter()
            .flatten()
            .copied()
            .filter(|row| sources[rule].contains(&(row.feed.clone(), row.month.clone())))
            .map(TruthRow::name)
            .collect();
        if !causes.is_empty() {
            named.push(format!("{what}, by {}", causes.join(" and ")));
        } else if got.is_none() && unknown.contains(rule) {
            named.push(format!("{what}, an extract being missing or held"));
        } else {
            unexplained.push(what);
        }
    }
    println!("{month}: {} differences for {} signals:\n{}", named.len(), truth.len(), named.join("\n"));
    assert!(unexplained.is_empty(), "{month}: {} without a cause:\n{}", unexplained.len(), unexplained.join("\n"));
    assert!(!named.is_empty(), "a messy county without a difference tests nothing");
}

/// Level by household and rule, in the month.
fn levels(signals: Vec<Record>, month: &str) -> BTreeMap<(String, String), String> {
    let of_month = signals.into_iter().filter(|signal| signal["month"] == month);
    of_month
        .map(|signal| ((signal["household_id"].clone(), signal["rule_id"].clone()), signal["level"].clone()))
        .collect()
}

/// Rows that count for nobody or for another, by each household that this touches.
fn broken_rows<'a>(county: &County, rows: &'a [TruthRow]) -> HashMap<String, Vec<&'a TruthRow>> {
    let homes: HashMap<String, String> = county
        .truth("persons")
        .into_iter()
        .map(|person| (person["person_no"].clone(), person["household_id"].clone()))
        .collect();
    let mut broken: HashMap<String, Vec<&TruthRow>> = HashMap::new();
    for row in rows.iter().filter(|row| row.breaks_the_link()) {
        broken.entry(row.household_id.clone()).or_default().push(row);
        if let Some(other) = homes.get(&row.links_to).filter(|other| **other != row.household_id) {
            broken.entry(other.clone()).or_default().push(row);
        }
    }
    broken
}

fn rules_of(fact: &Record) -> impl Iterator<Item = String> {
    fact["rules"].split([',', '、']).map(str::to_owned)
}

/// Feeds and months whose rows a rule rests on. Every rule rests on the month's registry.
fn sources(county: &County, at: usize) -> HashMap<String, BTreeSet<(String, String)>> {
    let (month, comparisons) = (MONTHS[at], comparisons());
    let mut sources: HashMap<String, BTreeSet<(String, String)>> = HashMap::new();
    for fact in county.relation(month, "facts") {
        let months: Vec<&str> = match (comparisons.get(&fact["fact"]).map(String::as_str), fact["months"].as_str()) {
            (Some("new_since_year_start"), _) => vec![MONTHS[0], month],
            (Some(_), _) => vec![MONTHS[at - 1], month],
            (None, "1") => vec![month],
            (None, _) => MONTHS[..=at].to_vec(),
        };
        for rule in rules_of(&fact) {
            let of_rule = sources.entry(rule).or_default();
            of_rule.extend(months.iter().map(|month| (fact["feed"].clone(), (*month).to_owned())));
            of_rule.insert((REGISTRY.to_owned(), month.to_owned()));
        }
    }
    sources
}

/// Facts that compare two lists, and how, from the contracts.
fn comparisons() -> HashMap<String, String> {
    let folder = repository().join("config/feeds");
    let mut comparisons = HashMap::new();
    for file in support::files_under(&folder) {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        for fact in text.split("[[fact]]").skip(1) {
            let value = |key: &str| {
                let line = fact.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
                line.map(|value| value.trim().trim_matches('"').to_owned())
            };
            if let Some(compare) = value("compare") {
                comparisons.insert(value("name").unwrap(), compare);
            }
        }
    }
    assert!(comparisons.len() >= 8, "{comparisons:?}");
    comparisons
}

fn unknown_rules(county: &County, month: &str) -> BTreeSet<String> {
    let facts = county.relation(month, "facts").into_iter().filter(|fact| fact["status"] == "unknown");
    facts.flat_map(|fact| rules_of(&fact).collect::<Vec<_>>()).collect()
}
