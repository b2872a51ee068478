//! The ladder below the ID number: keys, decisions, weights. What comes of it is a finding for each loose row of each feed and month, which linking
//! then reads beside the rows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bidui_linkage::{BlockFilter, Column, LinkModel, Prior, Table, TrainedModel};
use bidui_match::{Candidate, Finding, KeyTable, Meeting, Numbered, Registry, against, settle};
use bidui_model::{FeedKind, LinkClass, LooseKind, LooseRow, Month};
use bidui_normalize::{LadderKeys, NameSounds, PersonReader, Roll};
use polars::prelude::PlHashMap;
use rayon::prelude::*;

use crate::config::Config;
use crate::decisions::{self, Decisions};
use crate::exit::Fault;
use crate::linking::SealedMonths;
use crate::person_table::{PERSON_FIELDS, table};
use crate::probe::{Near, Phones, Probe};
use crate::recapture::Recapture;
use crate::review_people::ShownRow;
use crate::run::Folders;
use crate::same_number;
use crate::sealing::Fresh;
use crate::tried;
use crate::weighing::{self, Open, Place, Unknown, Weighed, WeighedCandidate, Weighing};

/// A feed's month.
pub(crate) type FeedMonth = (usize, Month);

/// All that the ladder needs.
pub(crate) struct LadderInputs<'a> {
    pub(crate) config: &'a Config,
    pub(crate) folders: &'a Folders,
    pub(crate) month: Month,
    pub(crate) registry: &'a Registry,
    pub(crate) roll: &'a Roll,
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
    /// What the keys said of rows of which a person has decided since: they are weighed all the same, for the day on which that is revoked.
    pub(crate) beneath: BTreeMap<(FeedMonth, usize), Finding>,
    /// The month's loose rows, for the list of rows to be decided.
    pub(crate) rows: BTreeMap<usize, Vec<LooseRow>>,
    /// The month's weighed rows, for the parts of a weight.
    pub(crate) weighed: BTreeMap<usize, Weighed>,
    /// The month's loose rows: how many persons each pass found of those that the row has the values for.
    pub(crate) tried: BTreeMap<usize, Vec<Vec<(u8, u32)>>>,
    /// How well the passes find rows whose person is known, by feed, this month.
    pub(crate) recapture: BTreeMap<usize, Recapture>,
    /// What the month's rows in review say of their persons, by digest, where they were sealed just now.
    pub(crate) shown: BTreeMap<u64, ShownRow>,
    /// The month's rows that are linked because others under the same number and name are: feed, and place among its loose rows.
    pub(crate) joined: BTreeSet<(usize, usize)>,
    pub(crate) notes: Vec<String>,
}

/// Goes down the ladder for every loose row of every month.
pub(crate) fn climb(inputs: &LadderInputs<'_>, fresh: Vec<(usize, Month, Fresh)>) -> Result<LadderFound, Fault> {
    let months = loose_rows(inputs);
    let (places, fresh): (Vec<FeedMonth>, Vec<Fresh>) =
        fresh.into_iter().map(|(feed, month, fresh)| ((feed, month), fresh)).unzip();
    let probe = Probe {
        ladder: &inputs.config.ladder,
        roll: inputs.roll,
        reader: PersonReader::of_columns(&inputs.config.gazetteer, inputs.sounds, &inputs.config.ladder.placeholders),
        phones: Phones::of(inputs.roll),
    };
    let meetings = probe.meet(inputs.keys, &KeyTable::new(months.iter().flat_map(|(_, rows)| rows)));
    let numbered = numbered(inputs, &months)?;
    let decisions = decisions::read(&inputs.folders.state)?;
    let mut found = settle_all(inputs, &months, &meetings, &numbered, &decisions);
    let weighed = weigh(inputs, &probe, &places, &fresh, &numbered, &mut found)?;
    apply_weights(inputs, &places, weighed, &months, &mut found)?;
    one_row_each(&numbered, &mut found.findings);
    let joined = same_number::agree(&inputs.config.ladder, &months, &mut found.findings);
    one_row_each(&numbered, &mut found.findings);
    found.joined =
        joined.into_iter().filter(|((_, month), _)| *month == inputs.month).map(|((feed, _), at)| (feed, at)).collect();
    found.shown = shown(inputs.month, &places, &fresh, &found);
    found.rows = months
        .into_iter()
        .filter(|((_, month), _)| *month == inputs.month)
        .map(|((feed, _), rows)| (feed, rows))
        .collect();
    Ok(found)
}

/// Of the lists on which a person stands once, who stands there under his own number.
fn numbered(
    inputs: &LadderInputs<'_>,
    months: &[(FeedMonth, Vec<LooseRow>)],
) -> Result<BTreeMap<FeedMonth, Numbered>, Fault> {
    let is_open = |row: &LooseRow| row.kind != LooseKind::Sample;
    let rosters: Vec<FeedMonth> = months
        .iter()
        .filter(|((feed, _), rows)| inputs.config.contracts[*feed].roster && rows.iter().any(is_open))
        .map(|(place, _)| *place)
        .collect();
    let read = |(feed, month): FeedMonth| -> Result<(FeedMonth, Numbered), Fault> {
        let (contract, file) = (&inputs.config.contracts[feed], inputs.sealed[feed][&month].store());
        Ok(((feed, month), Numbered::of(inputs.registry, &file, contract)?))
    };
    rosters.into_par_iter().map(read).collect()
}

/// On a list on which a person stands once, of two rows that are linked to one person the better link stands; equals go to review.
fn one_row_each(rosters: &BTreeMap<FeedMonth, Numbered>, findings: &mut BTreeMap<FeedMonth, Vec<Finding>>) {
    findings.iter_mut().filter(|(place, _)| rosters.contains_key(*place)).for_each(|(_, findings)| one_row(findings));
}

fn one_row(findings: &mut [Finding]) {
    let mut by_person: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        if let Finding::Linked(_, candidate) = finding {
            by_person.entry(candidate.person).or_default().push(at);
        }
    }
    for mut rows in by_person.into_values().filter(|rows| rows.len() > 1) {
        let rank = |finding: &Finding| match finding {
            Finding::Linked(class, candidate) => {
                (*class, candidate.pass, -(candidate.weight.unwrap_or(0.0) * 1e6) as i64)
            }
            _ => (LinkClass::None, u8::MAX, 0),
        };
        rows.sort_by_key(|at| (rank(&findings[*at]), *at));
        let is_tied = rank(&findings[rows[0]]) == rank(&findings[rows[1]]);
        for at in &rows[usize::from(!is_tied)..] {
            findings[*at] = Finding::Review(findings[*at].candidates().to_vec());
        }
    }
}

/// What the month's rows in review say of their persons, of those that were sealed just now.
fn shown(month: Month, places: &[FeedMonth], fresh: &[Fresh], found: &LadderFound) -> BTreeMap<u64, ShownRow> {
    let of_month = places.iter().zip(fresh).filter(|((_, of), _)| *of == month);
    let rows = of_month.flat_map(|(place, fresh)| {
        let findings = found.findings.get(place).map_or(&[][..], Vec::as_slice);
        fresh.loose.iter().zip(findings).filter(|(_, finding)| matches!(finding, Finding::Review(_)))
    });
    rows.map(|(loose, _)| (loose.row.digest, ShownRow::of(&loose.person, loose.masked.clone()))).collect()
}

/// Loose rows of every month up to this one, by feed and month.
fn loose_rows(inputs: &LadderInputs<'_>) -> Vec<(FeedMonth, Vec<LooseRow>)> {
    let contracts = &inputs.config.contracts;
    let persons = |feed: &usize| contracts[*feed].kind != FeedKind::Registry;
    let all: Vec<(FeedMonth, &crate::sealing::SealedFeed)> = (0..inputs.sealed.len())
        .filter(persons)
        .flat_map(|feed| inputs.sealed[feed].range(..=inputs.month).map(move |(month, found)| ((feed, *month), found)))
        .collect();
    all.into_par_iter().filter_map(|(place, found)| Some((place, found.loose_rows(&inputs.config.ladder)?))).collect()
}

/// What keys and decisions make of each row, and how well the keys find the sample.
fn settle_all(
    inputs: &LadderInputs<'_>,
    months: &[(FeedMonth, Vec<LooseRow>)],
    meetings: &[Meeting],
    numbered: &BTreeMap<FeedMonth, Numbered>,
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
        let on_list = numbered.get(place);
        let settled = |(at, row): (usize, &LooseRow)| {
            let mut met = of_row(at);
            if row.kind == LooseKind::NoNumber {
                met.retain(|(_, person)| on_list.is_none_or(|on_list| !on_list.has(*person)));
            }
            settle(registry, &inputs.config.ladder, row, &met)
        };
        let by_keys: Vec<Finding> = rows.par_iter().enumerate().map(settled).collect();
        if place.1 == inputs.month {
            let tried = rows.iter().enumerate().map(|(at, row)| tried::by_pass(row, &of_row(at)));
            found.tried.insert(place.0, tried.collect());
            let met = |at: usize| of_row(at);
            found.recapture.insert(place.0, Recapture::measure(registry, &inputs.config.ladder, rows, &met));
        }
        let mut findings: Vec<Finding> = Vec::with_capacity(rows.len());
        for (at, (row, by_keys)) in
            rows.iter().zip(by_keys).filter(|(row, _)| row.kind != LooseKind::Sample).enumerate()
        {
            match decision_of(row, decisions, &decided) {
                Some(decision) => {
                    findings.push(decision);
                    found.beneath.insert((*place, at), by_keys);
                }
                None => findings.push(by_keys),
            }
        }
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

/// Weighs the rows of this run that no key settled, and keeps what came of it beside them.
fn weigh(
    inputs: &LadderInputs<'_>,
    probe: &Probe<'_>,
    places: &[FeedMonth],
    fresh: &[Fresh],
    numbered: &BTreeMap<FeedMonth, Numbered>,
    found: &mut LadderFound,
) -> Result<BTreeMap<FeedMonth, Weighed>, Fault> {
    let Some(model) = &inputs.config.link_model else { return Ok(BTreeMap::new()) };
    let mut weighed: BTreeMap<FeedMonth, Weighed> = places.iter().map(|place| (*place, Weighed::default())).collect();
    let trained = if inputs.train { None } else { weighing::trained(inputs.config, &inputs.folders.state, model)? };
    let trained = match trained {
        None if !fresh.is_empty() => learn(inputs, probe, model, fresh, found)?,
        trained => trained,
    };
    if inputs.train && fresh.is_empty() {
        found.notes.push("没有新封存的数据，权重没有重新训练；请移走要据以训练的月份的封存数据再运行".to_owned());
    }
    if let Some(trained) = trained {
        let months: BTreeSet<Month> = places.iter().map(|(_, month)| *month).collect();
        let open: Vec<Vec<Open>> = months.iter().map(|month| open_rows(*month, places, fresh, found)).collect();
        let left: Vec<Table> = open.iter().map(|rows| table(rows.iter().map(|(_, _, values)| values))).collect();
        let near = near_of(probe, model, &left);
        let unknown = unknown_numbers(places, fresh, found);
        for (bit, rows) in open.iter().enumerate() {
            let own: Vec<u32> =
                near.persons.iter().filter(|(_, held)| held >> bit & 1 == 1).map(|(at, _)| *at).collect();
            let month = MonthRows { places, fresh, rows, own, names: &near.names, numbered, unknown: &unknown };
            for (place, candidates) in weigh_month(inputs, probe, model, &trained, &month, &mut found.notes) {
                weighed.entry(places[place.0]).or_default().rows.insert(place.1, candidates);
            }
        }
    }
    for (place, rows) in &weighed {
        if inputs.config.contracts[place.0].kind != FeedKind::Registry {
            weighing::write(&weighing::path_of(&inputs.sealed[place.0][&place.1].stored()), rows)?;
        }
    }
    Ok(weighed)
}

/// A month's rows that are still open.
fn open_rows(month: Month, places: &[FeedMonth], fresh: &[Fresh], found: &LadderFound) -> Vec<Open> {
    let mut rows = weighing::open_rows(fresh, |at| places[at].1 == month);
    rows.retain(|(_, (at, number), _)| {
        let row = *number as usize - 1;
        let beneath = found.beneath.get(&(places[*at], row));
        let finding = beneath.or_else(|| found.findings.get(&places[*at])?.get(row));
        matches!(finding, Some(Finding::Nothing | Finding::Review(_)))
    });
    rows
}

/// A month's open rows, and who is near them.
struct MonthRows<'a> {
    places: &'a [FeedMonth],
    fresh: &'a [Fresh],
    rows: &'a [Open],
    /// Places on the roll.
    own: Vec<u32>,
    names: &'a HashMap<String, u32>,
    numbered: &'a BTreeMap<FeedMonth, Numbered>,
    unknown: &'a [Unknown],
}

/// Of each extract's rows whose whole number the registry does not have, what the keys have linked.
fn unknown_numbers(places: &[FeedMonth], fresh: &[Fresh], found: &LadderFound) -> Vec<Unknown> {
    let of = |(place, fresh): (&FeedMonth, &Fresh)| {
        let findings = found.findings.get(place).map_or(&[][..], Vec::as_slice);
        let rows = fresh.loose.iter().zip(findings).filter(|(loose, _)| loose.row.kind == LooseKind::Stranger);
        let linked = rows.filter(|(_, finding)| matches!(finding, Finding::Linked(..))).count();
        Unknown {
            rows: fresh.numbered.saturating_sub(fresh.registered),
            linked: linked as u64,
            registered: fresh.registered,
        }
    };
    places.iter().zip(fresh).map(of).collect()
}

/// The part of those on a list on which a person stands once who stand there by a row of their own: the number may be lent.
const ON_LIST_HIMSELF: f64 = 0.99;

/// Candidates of a month's open rows. A stranger's row, whose number is whole, can only be somebody's who has none.
fn weigh_month(
    inputs: &LadderInputs<'_>,
    probe: &Probe<'_>,
    model: &LinkModel,
    trained: &TrainedModel,
    month: &MonthRows<'_>,
    notes: &mut Vec<String>,
) -> BTreeMap<Place, Vec<WeighedCandidate>> {
    let registry = inputs.registry;
    let origin = |at: &u32| inputs.roll.origin(*at as usize);
    let by_origin = registry.persons_at(&mut month.own.iter().map(origin).collect());
    // Rows that were set aside as duplicates are on no roll and in no registry.
    let (own, persons): (Vec<u32>, Vec<u32>) =
        month.own.iter().filter_map(|at| Some((*at, *by_origin.get(&origin(at))?))).unzip();
    let right = probe.table(&own);
    let may_be = |place: &Place, person: u32| {
        month.numbered.get(&month.places[place.0]).is_none_or(|on_list| !on_list.has(person))
    };
    let shares = weighing::registered_shares(month.fresh);
    let on_list = |place: &FeedMonth| month.numbered.get(place).map_or(0, Numbered::persons);
    let elsewhere = |place| registry.persons() - (on_list(place) as f64 * ON_LIST_HIMSELF) as usize;
    let elsewhere: Vec<usize> = month.places.iter().map(elsewhere).collect();
    let prior = |kind: LooseKind, place: &Place| {
        let among = if kind == LooseKind::NoNumber { elsewhere[place.0] } else { registry.persons() };
        Prior { share: shares[place.0], among }
    };
    let of = |is_stranger: bool| {
        let rows = month.rows.iter().filter(move |(kind, ..)| (*kind == LooseKind::Stranger) == is_stranger);
        rows.map(|(kind, place, values)| (*kind, *place, values)).collect::<Vec<_>>()
    };
    let (strangers, others) = (of(true), of(false));
    let all = Weighing {
        model,
        left: &others,
        persons: &persons,
        right: &right,
        registry,
        names: month.names,
        eligible: registry.persons(),
        prior: &prior,
        may_be: &may_be,
    };
    let mut candidates = all.weigh(trained, notes);
    let numberless: Vec<usize> = (0..persons.len()).filter(|at| !registry.has_number(persons[*at])).collect();
    let without = registry.without_number();
    let share = |unknown: &Unknown| weighing::stranger_share(registry.persons(), without, *unknown);
    let shares: Vec<f64> = month.unknown.iter().map(share).collect();
    let of_strangers = Weighing {
        left: &strangers,
        persons: &numberless.iter().map(|at| persons[*at]).collect::<Vec<u32>>(),
        right: &right.reordered(&numberless),
        eligible: without,
        prior: &|_, place| Prior { share: shares[place.0], among: without },
        ..all
    };
    candidates.extend(of_strangers.weigh(trained, notes));
    candidates
}

fn near_of(probe: &Probe<'_>, model: &LinkModel, left: &[Table]) -> Near {
    if left.iter().all(|left| left.rows() == 0) {
        return Near::default();
    }
    let names = left.iter().filter_map(|left| left.column("name")).flat_map(Column::iter).flatten();
    let names: HashSet<String> = names.map(str::to_owned).collect();
    let filters: Vec<BlockFilter> = left.iter().map(|left| BlockFilter::new(left, model, &PERSON_FIELDS)).collect();
    probe.near(&filters, &names)
}

/// Learns the weights from this run's rows and keeps them; nothing where the rows are too few to learn from.
fn learn(
    inputs: &LadderInputs<'_>,
    probe: &Probe<'_>,
    model: &LinkModel,
    fresh: &[Fresh],
    found: &mut LadderFound,
) -> Result<Option<TrainedModel>, Fault> {
    let mut rows = weighing::open_rows(fresh, |_| true);
    rows.retain(|(kind, ..)| *kind == LooseKind::NoNumber);
    let sample = weighing::sample(fresh);
    let left = table(rows.iter().map(|(_, _, values)| values).chain(&sample));
    let near = near_of(probe, model, std::slice::from_ref(&left));
    let right = probe.table(&near.persons.iter().map(|(at, _)| *at).collect::<Vec<u32>>());
    let trained = weighing::train(model, &left, &right, &near.names, inputs.registry.persons());
    match &trained {
        Some(trained) => {
            let path = weighing::keep_trained(inputs.config, &inputs.folders.state, trained)?;
            found.notes.push(format!(
                "按权重关联用的权重是本次训练的，写在“{}”；待认定的行和疑似的行与以前的月份不完全可比",
                path.display()
            ));
            let unseen: Vec<String> =
                trained.unobserved().map(|(comparison, level)| format!("{comparison}的“{}”", level.name)).collect();
            if !unseen.is_empty() {
                let levels = unseen.join("、");
                found.notes.push(format!(
                    "训练时没有见过或只在一类里见过的档次：{levels}；它们的权重只是界限，见 docs/linkage.md"
                ));
            }
        }
        None => found.notes.push("数据太少，权重还训练不出来，本月没有按权重关联；数据齐全后会自动训练".to_owned()),
    }
    Ok(trained)
}

/// Puts what was weighed, now or in the run that sealed the rows, where no key said more.
fn apply_weights(
    inputs: &LadderInputs<'_>,
    places: &[FeedMonth],
    mut weighed: BTreeMap<FeedMonth, Weighed>,
    months: &[(FeedMonth, Vec<LooseRow>)],
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
    let rows_of: BTreeMap<&FeedMonth, &Vec<LooseRow>> = months.iter().map(|(place, rows)| (place, rows)).collect();
    for (place, rows) in &weighed {
        let Some(findings) = found.findings.get_mut(place) else { continue };
        for (number, candidates) in &rows.rows {
            let Some(now) = findings.get_mut(*number as usize - 1) else { continue };
            let row = rows_of.get(place).and_then(|rows| rows.get(*number as usize - 1));
            let kind = row.map(|row| row.kind);
            let mut by_weight = weighing::finding(kind, candidates, |number| persons.get(number).copied());
            if let (Finding::Linked(_, one), Some(row)) = (&by_weight, row)
                && let Some(against) = against(inputs.registry, row, one.person)
            {
                by_weight = Finding::Review(vec![Candidate { against: Some(against), ..*one }]);
            }
            let is_owned = kind == Some(LooseKind::OtherName);
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
