//! The weighted pass: rows that no key settles, weighed against the registered persons who share a block with them. It compares plain values,
//! and so is done once, in the run that seals the rows; what came of it stands beside them in the store (`<feed>.weights.json`), by
//! person number, without a value of any row.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use bidui_linkage::{Class, Costs, Decided, LinkModel, Linked, Prior, Table, TrainedModel, decide_each, prepare};
use bidui_match::{Candidate, Finding, Registry, WEIGHTED};
use bidui_model::{LinkClass, LooseKind};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::exit::Fault;
use crate::person_table::{Values, table, values};
use crate::private;
use crate::sealing::Fresh;

/// What is kept of a feed's weighed rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weighed {
    /// By the row's number.
    pub(crate) rows: BTreeMap<u32, Vec<WeighedCandidate>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WeighedCandidate {
    pub(crate) person_no: String,
    pub(crate) link: bool,
    pub(crate) weight: f64,
    pub(crate) probability: f64,
    /// Comparison, level, weight.
    pub(crate) parts: Vec<(String, String, f64)>,
}

/// A row to be weighed: its feed and month (by place among the fresh ones), and its number.
pub(crate) type Place = (usize, u32);

/// Rows to be weighed against persons.
#[derive(Clone, Copy)]
pub(crate) struct Weighing<'a> {
    pub(crate) model: &'a LinkModel,
    pub(crate) left: &'a [(LooseKind, Place, &'a Values)],
    /// Rows in the registry, and the persons' values in their order.
    pub(crate) persons: &'a [u32],
    pub(crate) right: &'a Table,
    pub(crate) registry: &'a Registry,
    /// How many registered persons have each of the rows' names.
    pub(crate) names: &'a HashMap<String, u32>,
    /// How many persons a row may be at most.
    pub(crate) eligible: usize,
    /// How likely a row is somebody's of them, and how many he may be, as far as it can be known before.
    pub(crate) prior: &'a dyn Fn(LooseKind, &Place) -> Prior,
    /// Whether a row without a number may be a person's: not where he stands on the list under his own.
    pub(crate) may_be: &'a dyn Fn(&Place, u32) -> bool,
}

/// A row that its number does not settle, by its kind.
pub(crate) type Open = (LooseKind, Place, Values);

/// All such rows with a name, of some feeds and months.
pub(crate) fn open_rows(fresh: &[Fresh], is_asked: impl Fn(usize) -> bool) -> Vec<Open> {
    let mut rows = Vec::new();
    for (at, fresh) in fresh.iter().enumerate().filter(|(at, _)| is_asked(*at)) {
        let of_feed = (1_u32..).zip(&fresh.loose);
        let open = of_feed.filter(|(_, loose)| loose.row.kind != LooseKind::Sample && !loose.person.name.is_empty());
        rows.extend(open.map(|(number, loose)| (loose.row.kind, (at, number), values(&loose.person.view()))));
    }
    rows
}

/// How likely a row without a number is somebody's of the registry, by its place among the fresh ones: as likely as its neighbours in the extract with
/// one are. Of one month's rows, so that it does not depend on which other months are sealed in the same run.
pub(crate) fn registered_shares(fresh: &[Fresh]) -> Vec<f64> {
    let share = |fresh: &Fresh| (fresh.registered + 1) as f64 / (fresh.numbered + 2) as f64;
    fresh.iter().map(|fresh| share(fresh).clamp(0.05, 0.99)).collect()
}

/// What is known of an extract's rows whose whole number the registry does not have, before they are weighed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Unknown {
    /// All rows with such a number.
    pub(crate) rows: u64,
    /// Of them, those that a key has linked.
    pub(crate) linked: u64,
    /// Rows whose number the registry has.
    pub(crate) registered: u64,
}

/// How likely a row with a whole number that the registry does not have, and that no key has linked, is a registered person's whose number it lacks.
/// Such persons have as many rows in an extract as those with a number; what the keys linked of those is gone, and all who are nobody's
/// of the registry are left. Counted over all such rows and not over those that share a name with one of those persons: that they do is
/// what the weight of the name says.
pub(crate) fn stranger_share(persons: usize, without_number: usize, unknown: Unknown) -> f64 {
    let without = without_number as f64;
    let with = (persons as f64 - without).max(1.0);
    let expected = unknown.registered as f64 * without / with;
    let linked = unknown.linked as f64;
    let rest = unknown.rows as f64 - linked;
    (((expected - linked).max(0.0) + 1.0) / (rest.max(0.0) + 2.0)).clamp(0.01, 0.9)
}

/// Rows whose ID number says whose they are: what weights are learnt from.
pub(crate) fn sample(fresh: &[Fresh]) -> Vec<Values> {
    const MOST: usize = 4_000;
    let of_feed = |fresh: &Fresh| -> Vec<Values> {
        let sample = fresh.loose.iter().filter(|loose| loose.row.kind == LooseKind::Sample);
        sample.map(|loose| values(&loose.person.view())).collect()
    };
    let each = MOST.div_ceil(fresh.len().max(1));
    fresh.iter().flat_map(|fresh| of_feed(fresh).into_iter().take(each)).collect()
}

/// Learns the weights; `None` where there is too little to learn from.
pub(crate) fn train(
    model: &LinkModel,
    left: &Table,
    right: &Table,
    names: &HashMap<String, u32>,
    persons: usize,
) -> Option<TrainedModel> {
    let prepared = prepare(left, right, model).of_register(persons, "name", names);
    prepared.train().ok().filter(|trained| trained.converged && trained.matches >= 100.0)
}

impl Weighing<'_> {
    /// Candidates of each row.
    pub(crate) fn weigh(
        &self,
        trained: &TrainedModel,
        notes: &mut Vec<String>,
    ) -> BTreeMap<Place, Vec<WeighedCandidate>> {
        if self.left.is_empty() {
            return BTreeMap::new();
        }
        let left = table(self.left.iter().map(|(_, _, values)| *values));
        let prepared = prepare(&left, self.right, self.model).of_register(self.registry.persons(), "name", self.names);
        let prepared = prepared.among(self.eligible);
        let prior = |row: u32| {
            let (kind, place, _) = &self.left[row as usize];
            (self.prior)(*kind, place)
        };
        let share = (0..self.left.len() as u32).map(|row| prior(row).share).fold(0.0, f64::max);
        let trained = TrainedModel { matched_share: share, ..trained.clone() };
        let mut linked = prepared.link(&trained);
        linked.pairs.retain(|pair| {
            let (kind, place, _) = &self.left[pair.left as usize];
            *kind != LooseKind::NoNumber || (self.may_be)(place, self.persons[pair.right as usize])
        });
        for cost in linked.costs.iter().filter(|cost| cost.skipped_keys > 0) {
            notes.push(format!(
                "按权重关联时，分块条件“{}”有{}个值太常见，{}对没有在这里比较；请在 {} 里加 split，或调高 most_pairs",
                cost.name, cost.skipped_keys, cost.skipped_pairs, self.model.name
            ));
        }
        // Of many who fit alike each is unlikely, and all together are not: whoever decides must see them.
        let costs = Costs { missed_link: self.model.costs.review / LEAST_SHOWN, ..self.model.costs };
        let decided = decide_each(&linked, &LinkModel { costs, ..self.model.clone() }, &prior);
        let mut rows = self.by_row(&linked, &decided);
        rows.retain(|_, candidates| {
            candidates.iter().map(|candidate| candidate.probability).sum::<f64>() >= self.model.costs.review_from()
        });
        rows
    }

    fn by_row(&self, linked: &Linked, decided: &Decided) -> BTreeMap<Place, Vec<WeighedCandidate>> {
        let mut rows: BTreeMap<Place, Vec<WeighedCandidate>> = BTreeMap::new();
        for decision in &decided.decisions {
            let pair = &linked.pairs[decision.pair];
            let part = |(comparison, part): (&bidui_linkage::Comparison, &bidui_linkage::Part)| {
                let level = part.level.and_then(|level| comparison.levels.get(level));
                let level = level.map_or_else(|| "missing".to_owned(), |level| level.name.clone());
                (comparison.name.clone(), level, rounded(part.weight))
            };
            rows.entry(self.left[pair.left as usize].1).or_default().push(WeighedCandidate {
                person_no: self.registry.person_no(self.persons[pair.right as usize]).to_owned(),
                link: decision.class == Class::Link,
                weight: rounded(pair.weight),
                probability: rounded(decision.probability),
                parts: self.model.comparisons.iter().zip(&pair.parts).map(part).collect(),
            });
        }
        for candidates in rows.values_mut() {
            candidates.sort_by(|one, other| {
                other.probability.total_cmp(&one.probability).then_with(|| one.person_no.cmp(&other.person_no))
            });
        }
        rows
    }
}

/// A candidate less likely than this is not shown.
pub(crate) const LEAST_SHOWN: f64 = 0.005;

/// Six decimals are more than any weight is worth, and read back to the bit.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// What a row's candidates make of it.
pub(crate) fn finding(
    kind: Option<LooseKind>,
    candidates: &[WeighedCandidate],
    person: impl Fn(&str) -> Option<u32>,
) -> Finding {
    let registry_number = kind == Some(LooseKind::Stranger);
    let known = candidates.iter().filter_map(|candidate| {
        let person = person(&candidate.person_no)?;
        let (weight, probability) = (Some(candidate.weight), Some(candidate.probability));
        Some((
            candidate.link,
            Candidate { person, pass: WEIGHTED, weight, probability, against: None, registry_number },
        ))
    });
    let known: Vec<(bool, Candidate)> = known.collect();
    match known.iter().find(|(link, _)| *link) {
        Some((_, candidate)) => Finding::Linked(LinkClass::Weighted, *candidate),
        None if known.is_empty() => Finding::Nothing,
        None => Finding::Review(known.into_iter().map(|(_, candidate)| candidate).collect()),
    }
}

/// The file of weighed rows beside a feed's rows.
pub(crate) fn path_of(rows: &Path) -> PathBuf {
    rows.with_extension("weights.json")
}

pub(crate) fn read(path: &Path) -> Option<Weighed> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

pub(crate) fn write(path: &Path, weighed: &Weighed) -> Result<(), Fault> {
    private::write_file(path, &serde_json::to_vec(weighed)?)
}

/// The weights: what the state folder has, else what came with the configuration. `None` where they must be learnt first.
pub(crate) fn trained(config: &Config, state: &Path, model: &LinkModel) -> Result<Option<TrainedModel>, Fault> {
    for path in [state.join(trained_name(config)), config.folder.join(trained_name(config))] {
        if !path.exists() {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        // Weights of another model are learnt anew.
        if let Ok(trained) = TrainedModel::from_json(&text, model) {
            return Ok(Some(trained));
        }
    }
    Ok(None)
}

pub(crate) fn keep_trained(config: &Config, state: &Path, trained: &TrainedModel) -> Result<PathBuf, Fault> {
    let path = state.join(trained_name(config));
    private::write_file(&path, trained.to_json().as_bytes())?;
    Ok(path)
}

fn trained_name(config: &Config) -> String {
    let model = config.ladder.model.as_deref().unwrap_or("linkage_model.toml");
    format!("{}.trained.json", model.trim_end_matches(".toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a registry of 1,000 persons, of whom 100 have no number; in hundredths.
    fn check(rows: u64, linked: u64, registered: u64, expected: f64) {
        let share = stranger_share(1_000, 100, Unknown { rows, linked, registered });
        assert!((share * 100.0).round() == expected, "{rows} {linked} {registered}: {share}");
    }

    #[test]
    fn a_number_that_the_registry_lacks_is_as_likely_a_registered_persons_as_such_rows_are_his_extract_by_extract() {
        // A ninth of 900 rows with a known number should be such persons', and nobody else has an unknown one.
        check(100, 0, 900, 90.0);
        check(200, 0, 900, 50.0);
        check(1_000, 0, 900, 10.0);
        // What the keys have linked is no longer to be found.
        check(1_000, 80, 900, 2.0);
        check(1_000, 200, 900, 1.0);
        check(0, 0, 0, 50.0);
    }
}
