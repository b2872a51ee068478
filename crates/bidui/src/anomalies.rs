//! The relations of data cleaning: `anomalies`, one for everything that a check found wrong, and `checks`, what became of each check.

use std::collections::BTreeMap;
use std::ops::Range;

use bidui_emit::{RouteTable, Routed, route};
use bidui_ledger::at_the_head;
use bidui_match::{
    Anomaly, Answered, Check, CheckInputs, CheckObject, CheckOutcome, FoundAnomalies, RelationInputs, find_anomalies,
};
use bidui_model::{Month, ReturnKind};
use polars::prelude::*;

use crate::case_tables::list_of;
use crate::config::Config;
use crate::exit::Fault;
use crate::relation_rows::{Rows, columns_of};
use crate::routing::{is_at_home, route_table};

/// What earlier months know of an anomaly.
#[derive(Clone, Debug)]
pub(crate) struct KnownAnomaly {
    /// The month in which it was first found.
    pub(crate) first_month: Month,
    /// What its town answered last, in the words of the list; empty if nothing.
    pub(crate) answer: String,
    /// The last day on which it need not be corrected, since 1970-01-01.
    pub(crate) exempt_until: Option<i32>,
}

/// By the number of the anomaly.
pub(crate) type KnownAnomalies = BTreeMap<String, KnownAnomaly>;

/// The two relations of the month, `anomalies` first.
pub(crate) fn frames(
    config: &Config,
    inputs: &RelationInputs<'_>,
    known: &KnownAnomalies,
) -> Result<(DataFrame, DataFrame), Fault> {
    let at_home = config.gazetteer.villages().iter().filter(|village| village.moved_to.is_none());
    let villages: Vec<String> = at_home.map(|village| village.code.0.clone()).collect();
    let found = find_anomalies(&CheckInputs {
        checks: &config.checks,
        facts: inputs.facts,
        columns: inputs.columns,
        registry: inputs.registry,
        month: inputs.month,
        villages: &villages,
    })?;
    let objects = Objects { inputs, villages: &villages, routes: route_table(&config.gazetteer) };
    let anomalies = anomalies_frame(&config.checks.checks, &objects, &found, known)?;
    Ok((anomalies, checks_frame(config, inputs, &found.outcomes)?))
}

/// Who is who, and whose town has him.
struct Objects<'a> {
    inputs: &'a RelationInputs<'a>,
    villages: &'a [String],
    routes: RouteTable,
}

impl Objects<'_> {
    fn person<'a>(&'a self, check: &Check, anomaly: &Anomaly) -> &'a str {
        match check.object {
            CheckObject::Person => self.inputs.registry.person_no(anomaly.object),
            CheckObject::Household | CheckObject::Village => "",
        }
    }
    fn household(&self, check: &Check, anomaly: &Anomaly) -> Option<u32> {
        match check.object {
            CheckObject::Person => self.inputs.registry.household_of(anomaly.object),
            CheckObject::Household => Some(anomaly.object),
            CheckObject::Village => None,
        }
    }
    /// The same in every month, as long as the registry keeps its numbers.
    fn key(&self, check: &Check, anomaly: &Anomaly) -> String {
        let registry = self.inputs.registry;
        let household = self.household(check, anomaly).map_or("", |household| registry.household_id(household));
        let object = match (check.object, self.person(check, anomaly), household) {
            (CheckObject::Village, ..) => self.villages[anomaly.object as usize].clone(),
            // A person without a number of his own is told from the others of his household by his place among them.
            (CheckObject::Person, "", household) => {
                let first = registry.household_of(anomaly.object).map_or(0, |own| registry.members(own).start);
                format!("{household}-{}", anomaly.object - first + 1)
            }
            (_, "", household) => household.to_owned(),
            (_, person, _) => person.to_owned(),
        };
        format!("{}-{object}", check.id)
    }
    fn place(&self, check: &Check, anomaly: &Anomaly) -> Routed {
        let registry = self.inputs.registry;
        let routed = match self.household(check, anomaly) {
            Some(household) => {
                let word = |column: &str| registry.household_word(column, household);
                route(word("resettlement_site"), word("village_code"), word("town_code"), &self.routes)
            }
            None => route("", &self.villages[anomaly.object as usize], "", &self.routes),
        };
        if is_at_home(routed.route.code()) {
            return routed;
        }
        let nowhere = String::new;
        Routed { town_code: nowhere(), town: nowhere(), village_code: nowhere(), village: nowhere(), ..routed }
    }
}

/// Where in the key of an anomaly the number of its household stands: behind the check's, where that looks at households or at a member without a number.
pub(crate) fn household_in_key(checks: &[Check], key: &str) -> Range<usize> {
    let found = key.split_once('-').and_then(|(id, object)| {
        let start = key.len() - object.len();
        match checks.iter().find(|check| check.id == id)?.object {
            CheckObject::Household => Some(start..key.len()),
            CheckObject::Person => Some(start..start + object.rfind('-')?),
            CheckObject::Village => None,
        }
    });
    found.unwrap_or(0..0)
}

/// The same of the keys of any list's rows.
pub(crate) fn household_in_keys<'c>(config: &'c Config, list: &str) -> impl Fn(&str) -> Range<usize> + 'c {
    let is_of_anomalies = list_of(config, ReturnKind::Anomalies) == list;
    move |key| if is_of_anomalies { household_in_key(&config.checks.checks, key) } else { at_the_head(key) }
}

fn anomalies_frame(
    checks: &[Check],
    objects: &Objects<'_>,
    found: &FoundAnomalies,
    known: &KnownAnomalies,
) -> PolarsResult<DataFrame> {
    let (month, today) = (objects.inputs.month, objects.inputs.deadlines.issued);
    let all = &found.anomalies;
    let registry = objects.inputs.registry;
    let check = |anomaly: &Anomaly| &checks[anomaly.check];
    let keys: Vec<String> = all.iter().map(|anomaly| objects.key(check(anomaly), anomaly)).collect();
    let before: Vec<Option<&KnownAnomaly>> = keys.iter().map(|key| known.get(key)).collect();
    let places: Vec<Routed> = all.iter().map(|anomaly| objects.place(check(anomaly), anomaly)).collect();
    let texts = |name: &'static str, values: Vec<&str>| Column::new(name.into(), values);
    let place = |name: &'static str, pick: fn(&Routed) -> &String| {
        texts(name, places.iter().map(|place| pick(place).as_str()).collect())
    };
    let household = |anomaly: &Anomaly| objects.household(check(anomaly), anomaly);
    let of_household = |name: &'static str, pick: &dyn Fn(u32) -> String| {
        let values = all.iter().map(|anomaly| household(anomaly).map_or_else(String::new, pick));
        Column::new(name.into(), values.collect::<Vec<String>>())
    };
    let first_month = |known: &Option<&KnownAnomaly>| known.map_or(month, |known| known.first_month).to_string();
    DataFrame::new(
        all.len(),
        vec![
            texts("month", vec![month.to_string().as_str(); all.len()]),
            texts("anomaly_id", keys.iter().map(String::as_str).collect()),
            of_check("check_id", checks, all, |check| &check.id)?,
            of_check("title", checks, all, |check| &check.title)?,
            of_check("family", checks, all, |check| &check.family)?,
            of_check("object", checks, all, |check| check.object.code())?,
            texts("person_no", all.iter().map(|anomaly| objects.person(check(anomaly), anomaly)).collect()),
            of_household("household_id", &|household| registry.household_id(household).to_owned()),
            place("town_code", |place| &place.town_code),
            place("town", |place| &place.town),
            place("village_code", |place| &place.village_code),
            place("village", |place| &place.village),
            of_household("hamlet", &|household| registry.household_word("hamlet", household).to_owned()),
            texts("found", all.iter().map(|anomaly| anomaly.found.as_str()).collect()),
            of_check("hint", checks, all, |check| &check.hint)?,
            texts("state", before.iter().map(|known| state(*known, month, today)).collect()),
            Column::new("first_month".into(), before.iter().map(first_month).collect::<Vec<String>>()),
            texts("answer", before.iter().map(|known| known.map_or("", |known| known.answer.as_str())).collect()),
            Column::new(
                "exempt_until".into(),
                before.iter().map(|known| known.and_then(|known| known.exempt_until)).collect::<Vec<Option<i32>>>(),
            )
            .cast(&DataType::Date)?,
        ],
    )
}

/// A word of each anomaly's check, without a copy of any.
fn of_check<'c>(
    name: &str,
    checks: &'c [Check],
    all: &[Anomaly],
    pick: impl Fn(&'c Check) -> &'c str,
) -> PolarsResult<Column> {
    let words = StringChunked::from_iter_values(name.into(), checks.iter().map(pick));
    let places = IdxCa::from_vec("check".into(), all.iter().map(|anomaly| anomaly.check as IdxSize).collect());
    Ok(words.take(&places)?.into_column())
}

/// An exemption ends with its last day, and what a run of an earlier month finds is new there.
fn state(known: Option<&KnownAnomaly>, month: Month, today: i32) -> &'static str {
    match known {
        Some(known) if known.exempt_until.is_some_and(|last| last >= today) => "exempt",
        Some(known) if known.first_month < month => "standing",
        _ => "new",
    }
}

fn checks_frame(config: &Config, inputs: &RelationInputs<'_>, outcomes: &[CheckOutcome]) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("checks"));
    for (check, outcome) in config.checks.checks.iter().zip(outcomes) {
        let (status, note, named) = match &outcome.answered {
            Answered::Yes => ("answered", String::new(), outcome.hits),
            Answered::No { facts, columns } => ("unanswered", missing(config, inputs, facts, columns), 0),
            Answered::TooMany => {
                let note = format!("{}处，超过一成，多半是整列没有填或填法变了，请整列核对，不逐条列出", outcome.hits);
                ("widespread", note, 0)
            }
        };
        rows.text("check_id", &check.id).text("title", &check.title).text("family", &check.family);
        rows.text("object", check.object.code()).text("status", status).text("note", note);
        rows.integer("objects", Some(outcome.objects as i64)).integer("anomalies", Some(named as i64));
        rows.text("hint", &check.hint).end();
    }
    rows.frame("checks")
}

/// What a check would have needed.
fn missing(config: &Config, inputs: &RelationInputs<'_>, facts: &[usize], columns: &[String]) -> String {
    let contract = &config.contracts[config.registry];
    let heading = |name: &String| {
        let name = match name.as_str() {
            "village_code" => "village",
            "town_code" => "town",
            name => name,
        };
        let found = contract.columns.iter().find(|column| column.name == name);
        let heading = found.and_then(|column| column.headings.first()).map_or(name, String::as_str);
        format!("底册没有“{heading}”")
    };
    let fact = |at: &usize| {
        let fact = &inputs.facts[*at];
        let note = &inputs.columns[*at].note;
        let why = if note.is_empty() { String::new() } else { format!("：{note}") };
        format!("《{}》的“{}”不明{why}", inputs.feeds[fact.feed], fact.title)
    };
    columns.iter().map(heading).chain(facts.iter().map(fact)).collect::<Vec<_>>().join("；")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(first: &str, until: Option<i32>, expected: &str) {
        let known = KnownAnomaly { first_month: first.parse().unwrap(), answer: String::new(), exempt_until: until };
        assert_eq!(state(Some(&known), "2023-03".parse().unwrap(), 19_453), expected, "{first} {until:?}");
    }

    #[test]
    fn an_anomaly_is_new_once_and_exempt_to_the_last_day_of_its_exemption() {
        assert_eq!(state(None, "2023-03".parse().unwrap(), 19_453), "new");
        check("2023-03", None, "new");
        check("2023-02", None, "standing");
        check("2023-04", None, "new");
        check("2023-02", Some(19_453), "exempt");
        check("2023-02", Some(19_452), "standing");
    }
}
