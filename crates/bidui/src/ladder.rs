//! The ladder below the ID number: keys, decisions, weights. What comes of it is a finding for each loose row of each feed and month, which linking
//! then reads beside the rows.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bidui_linkage::{BlockFilter, TrainedModel};
use bidui_match::{Finding, KeyTable, Meeting, Registry, settle};
use bidui_model::{FeedKind, LooseKind, LooseRow, Month};
use bidui_normalize::{LadderKeys, NameSounds, PersonReader};
use polars::prelude::PlHashMap;
use rayon::prelude::*;

use crate::config::Config;
use crate::decisions::{self, Decisions};
use crate::exit::Fault;
use crate::linking::SealedMonths;
use crate::person_table::{PERSON_FIELDS, Values, table};
use crate::probe::{Probe, Probed};
use crate::recapture::Recapture;
use crate::run::Folders;
use crate::sealing::Fresh;
use crate::tried;
use crate::weighing::{self, Open, Place, Weighed, WeighedCandidate, Weighing};

/// A feed's month.
type FeedMonth = (usize, Month);

/// All that the ladder needs.
pub(crate) struct LadderInputs<'a> {
    pub(crate) config: &'a Config,
    pub(crate) folders: &'a Folders,
    pub(crate) month: Month,
    pub(crate) registry: &'a Registry,
    pub(crate) keys: &'a LadderKeys,
    pub(crate) sounds: &'a NameSounds,
    pub(crate) sealed: &'a [SealedMonths],
    pub(crate) train: bool,
}

/// What it found.
#[derive(Default)]
pub(crate) struct LadderFound {
    /// By the numbers of a feed's loose rows.
    pub(crate) findings: BTreeMap<FeedMonth, Vec<Finding>>,
    /// The month's loose rows, for the list of rows to be decided.
    pub(crate) rows: BTreeMap<usize, Vec<LooseRow>>,
    /// The month's weighed rows, for the parts of a weight.
    pub(crate) weighed: BTreeMap<usize, Weighed>,
    /// The month's loose rows: how many persons each pass found of those that the row has the values for.
    pub(crate) tried: BTreeMap<usize, Vec<Vec<(u8, u32)>>>,
    /// How well the passes find rows whose person is known, by feed, this month.
    pub(crate) recapture: BTreeMap<usize, Recapture>,
    pub(crate) notes: Vec<String>,
}

/// Goes down the ladder for every loose row of every month.
pub(crate) fn climb(inputs: &LadderInputs<'_>, fresh: Vec<(usize, Month, Fresh)>) -> Result<LadderFound, Fault> {
    let months = loose_rows(inputs);
    let (places, fresh): (Vec<FeedMonth>, Vec<Fresh>) =
        fresh.into_iter().map(|(feed, month, fresh)| ((feed, month), fresh)).unzip();
    let table = KeyTable::new(months.iter().flat_map(|(_, rows)| rows));
    let open = if inputs.config.link_model.is_some() { weighing::open_rows(&fresh) } else { Vec::new() };
    let trained = match &inputs.config.link_model {
        Some(model) if !inputs.train => weighing::trained(inputs.config, &inputs.folders.state, model)?,
        _ => None,
    };
    let sample = if trained.is_none() && !open.is_empty() { weighing::sample(&fresh) } else { Vec::new() };
    let months_sealed: BTreeSet<Month> = places.iter().map(|(_, month)| *month).collect();
    let share = |month: Month| weighing::registered_share(&fresh, &open, |at| places[at].1 == month);
    let shares = months_sealed.into_iter().map(|month| (month, share(month))).collect();
    let rows = FreshRows { places: &places, open, sample, shares };
    let probed = probe(inputs, &table, &rows)?;
    let decisions = decisions::read(&inputs.folders.state)?;
    let mut found = settle_all(inputs, &months, &probed.meetings, &decisions);
    let weighed = weigh(inputs, &rows, trained, &probed, &mut found)?;
    let kinds = months.iter().map(|(place, rows)| (*place, rows.iter().map(|row| row.kind).collect())).collect();
    apply_weights(inputs, &places, weighed, &kinds, &mut found)?;
    found.rows = months
        .into_iter()
        .filter(|((_, month), _)| *month == inputs.month)
        .map(|((feed, _), rows)| (feed, rows))
        .collect();
    Ok(found)
}

/// Loose rows of every month up to this one, by feed and month.
fn loose_rows(inputs: &LadderInputs<'_>) -> Vec<(FeedMonth, Vec<LooseRow>)> {
    let contracts = &inputs.config.contracts;
    let persons = |feed: &usize| contracts[*feed].kind != FeedKind::Registry;
    let all: Vec<(FeedMonth, &crate::sealing::SealedFeed)> = (0..inputs.sealed.len())
        .filter(persons)
        .flat_map(|feed| inputs.sealed[feed].range(..=inputs.month).map(move |(month, found)| ((feed, *month), found)))
        .collect();
    all.into_par_iter().filter_map(|(place, found)| Some((place, found.loose_rows()?))).collect()
}

/// The one pass over the registry's extract, if anything asks for it.
fn probe(inputs: &LadderInputs<'_>, keys: &KeyTable, fresh: &FreshRows<'_>) -> Result<Probed, Fault> {
    let config = inputs.config;
    let contract = &config.contracts[config.registry];
    let reader = PersonReader::new(contract, &config.gazetteer, inputs.sounds, &config.ladder.placeholders);
    let Some(reader) = reader.filter(|_| !keys.is_empty() || !fresh.open.is_empty()) else {
        return Ok(Probed::default());
    };
    let left = table(fresh.open.iter().map(|(_, _, values)| values).chain(&fresh.sample));
    let blocks = config.link_model.as_ref().filter(|_| left.rows() > 0);
    let blocks = blocks.map(|model| BlockFilter::new(&left, model, &PERSON_FIELDS));
    let names: HashSet<String> = left.column("name").unwrap_or_default().iter().flatten().cloned().collect();
    let probe = Probe {
        ladder: &config.ladder,
        keys: inputs.keys,
        table: keys,
        blocks: blocks.as_ref(),
        names: &names,
        reader,
    };
    let sealed = &inputs.sealed[config.registry][&inputs.month];
    probe.run(&inputs.folders.inbox.join(inputs.month.to_string()), contract, sealed)
}

/// What keys and decisions make of each row, and how well the keys find the sample.
fn settle_all(
    inputs: &LadderInputs<'_>,
    months: &[(FeedMonth, Vec<LooseRow>)],
    meetings: &[Meeting],
    decisions: &Decisions,
) -> LadderFound {
    let registry = inputs.registry;
    let persons = registry.persons_at(&mut meetings.iter().map(|meeting| meeting.origin).collect());
    let decided = registry.persons_of(decisions.values().flatten().map(String::as_str));
    let mut found = LadderFound::default();
    let unknown = decisions.values().flatten().filter(|number| !decided.contains_key(number.as_str())).count();
    if unknown > 0 {
        found.notes.push(format!("认定结果里有{unknown}行认定的人编号不在本月底册中，本月按未认定处理"));
    }
    let mut first = 0_u32;
    let mut rest = meetings;
    for (place, rows) in months {
        let end = first + rows.len() as u32;
        let (own, others) = rest.split_at(rest.partition_point(|meeting| meeting.loose < end));
        rest = others;
        let of_row = |at: usize| -> Vec<(u8, u32)> {
            let loose = first + at as u32;
            let from = own.partition_point(|meeting| meeting.loose < loose);
            let own = own[from..].iter().take_while(|meeting| meeting.loose == loose);
            let mut met: Vec<(u8, u32)> =
                own.filter_map(|meeting| Some((meeting.pass, *persons.get(&meeting.origin)?))).collect();
            met.sort_unstable();
            met.dedup();
            met
        };
        let settled = |(at, row): (usize, &LooseRow)| settle(registry, &inputs.config.ladder, row, &of_row(at));
        let by_keys: Vec<Finding> = rows.par_iter().enumerate().map(settled).collect();
        if place.1 == inputs.month {
            let tried = rows.iter().enumerate().map(|(at, row)| tried::by_pass(row, &of_row(at)));
            found.tried.insert(place.0, tried.collect());
            let met = |at: usize| of_row(at);
            found.recapture.insert(place.0, Recapture::measure(registry, &inputs.config.ladder, rows, &met));
        }
        let findings = rows.iter().zip(by_keys).filter(|(row, _)| row.kind != LooseKind::Sample);
        let findings =
            findings.map(|(row, by_keys)| decision_of(row, decisions, &decided).unwrap_or(by_keys)).collect();
        found.findings.insert(*place, findings);
        first = end;
    }
    found
}

fn decision_of(row: &LooseRow, decisions: &Decisions, persons: &PlHashMap<String, u32>) -> Option<Finding> {
    match decisions.get(&row.digest)? {
        None => Some(Finding::Decided(None)),
        Some(number) => persons.get(number.as_str()).map(|person| Finding::Decided(Some(*person))),
    }
}

/// What was sealed just now.
struct FreshRows<'a> {
    places: &'a [FeedMonth],
    open: Vec<Open>,
    sample: Vec<Values>,
    /// Of the rows of each month without a number, as many are registered.
    shares: BTreeMap<Month, f64>,
}

/// Weighs the rows of this run that no key settled, and keeps what came of it beside them.
fn weigh(
    inputs: &LadderInputs<'_>,
    fresh: &FreshRows<'_>,
    trained: Option<TrainedModel>,
    probed: &Probed,
    found: &mut LadderFound,
) -> Result<BTreeMap<FeedMonth, Weighed>, Fault> {
    let Some(model) = &inputs.config.link_model else { return Ok(BTreeMap::new()) };
    let mut weighed: BTreeMap<FeedMonth, Weighed> =
        fresh.places.iter().map(|place| (*place, Weighed::default())).collect();
    if !fresh.open.is_empty() {
        let registry = inputs.registry;
        let persons = registry.persons_at(&mut probed.near.iter().map(|(origin, _)| *origin).collect());
        let near: Vec<(u32, &Values)> =
            probed.near.iter().filter_map(|(origin, values)| Some((*persons.get(origin)?, values))).collect();
        let all = Weighing {
            model,
            left: Vec::new(),
            right: near.iter().map(|(person, values)| (registry.person_no(*person), *values)).collect(),
            persons: registry.persons(),
            names: &probed.names,
            eligible: registry.persons(),
            share: 0.5,
        };
        let trained = match trained {
            None => learn(inputs, all.clone(), fresh, found)?,
            trained => trained,
        };
        for (place, candidates) in
            trained.iter().flat_map(|trained| weigh_open(fresh, all.clone(), registry, &near, trained, found))
        {
            weighed.entry(fresh.places[place.0]).or_default().rows.insert(place.1, candidates);
        }
    }
    for (place, rows) in &weighed {
        if inputs.config.contracts[place.0].kind != FeedKind::Registry {
            weighing::write(&weighing::path_of(&inputs.sealed[place.0][&place.1].stored()), rows)?;
        }
    }
    Ok(weighed)
}

/// Candidates of the rows that are still open. A stranger's row, whose number is whole, can only be somebody's who has none.
fn weigh_open(
    fresh: &FreshRows<'_>,
    all: Weighing<'_>,
    registry: &Registry,
    near: &[(u32, &Values)],
    trained: &TrainedModel,
    found: &LadderFound,
) -> BTreeMap<Place, Vec<WeighedCandidate>> {
    let is_open = |(at, number): &Place| {
        let finding = found.findings.get(&fresh.places[*at]).and_then(|rows| rows.get(*number as usize - 1));
        matches!(finding, Some(Finding::Nothing | Finding::Review(_)))
    };
    let rows = |month: Month, stranger: bool| {
        let of_month = fresh.open.iter().filter(move |(_, place, _)| fresh.places[place.0].1 == month);
        let rows = of_month.filter(|(kind, place, _)| (*kind == LooseKind::Stranger) == stranger && is_open(place));
        rows.map(|(_, place, values)| (*place, values.clone())).collect::<Vec<_>>()
    };
    let without: Vec<(&str, &Values)> = near
        .iter()
        .filter(|(person, _)| !registry.has_number(*person))
        .map(|(person, values)| (registry.person_no(*person), *values))
        .collect();
    let mut candidates = BTreeMap::new();
    for (month, share) in &fresh.shares {
        let of_month = Weighing { left: rows(*month, false), share: *share, ..all.clone() };
        let of_strangers = Weighing {
            left: rows(*month, true),
            right: without.clone(),
            eligible: registry.without_number(),
            ..all.clone()
        };
        for weighing in [of_month, of_strangers].into_iter().filter(|weighing| !weighing.left.is_empty()) {
            candidates.extend(weighing.weigh(trained));
        }
    }
    candidates
}

/// Learns the weights from this run's rows and keeps them; nothing where the rows are too few to learn from.
fn learn(
    inputs: &LadderInputs<'_>,
    all: Weighing<'_>,
    fresh: &FreshRows<'_>,
    found: &mut LadderFound,
) -> Result<Option<TrainedModel>, Fault> {
    let left = fresh.open.iter().filter(|(kind, ..)| *kind == LooseKind::NoNumber);
    let left = left.map(|(_, place, values)| (*place, values.clone())).collect();
    let trained = Weighing { left, ..all }.train(&fresh.sample);
    match &trained {
        Some(trained) => weighing::keep_trained(inputs.config, &inputs.folders.state, trained)?,
        None => found.notes.push("数据太少，权重还训练不出来，本月没有按权重关联；数据齐全后会自动训练".to_owned()),
    }
    Ok(trained)
}

/// Puts what was weighed, now or in the run that sealed the rows, where no key said more.
fn apply_weights(
    inputs: &LadderInputs<'_>,
    places: &[FeedMonth],
    mut weighed: BTreeMap<FeedMonth, Weighed>,
    kinds: &BTreeMap<FeedMonth, Vec<LooseKind>>,
    found: &mut LadderFound,
) -> Result<(), Fault> {
    if inputs.config.link_model.is_none() {
        return Ok(());
    }
    for (feed, month) in found.findings.keys().filter(|place| !places.contains(place)) {
        let path = weighing::path_of(&inputs.sealed[*feed][month].stored());
        weighed.extend(weighing::read(&path).map(|rows| ((*feed, *month), rows)));
    }
    let numbers = weighed.values().flat_map(|rows| rows.rows.values().flatten()).map(|found| found.person_no.as_str());
    let persons = inputs.registry.persons_of(numbers);
    for (place, rows) in &weighed {
        let Some(findings) = found.findings.get_mut(place) else { continue };
        for (number, candidates) in &rows.rows {
            let Some(now) = findings.get_mut(*number as usize - 1) else { continue };
            let by_weight = weighing::finding(candidates, |number| persons.get(number).copied());
            let is_owned =
                kinds.get(place).and_then(|kinds| kinds.get(*number as usize - 1)) == Some(&LooseKind::OtherName);
            match (&now, &by_weight) {
                // Whose number it is has the say, and what the weights say is for a person's eye.
                (Finding::Nothing, Finding::Linked(_, one)) if is_owned => *now = Finding::Review(vec![*one]),
                (_, Finding::Linked(..)) if is_owned => {}
                (Finding::Nothing, _) => *now = by_weight,
                // Several agree in a key: the weights may know which, but only one of them.
                (Finding::Review(open), Finding::Linked(_, one))
                    if open.iter().any(|other| other.person == one.person && other.against.is_none()) =>
                {
                    *now = by_weight
                }
                _ => {}
            }
        }
    }
    found.weighed = weighed
        .into_iter()
        .filter(|((_, month), _)| *month == inputs.month)
        .map(|((feed, _), rows)| (feed, rows))
        .collect();
    Ok(())
}
