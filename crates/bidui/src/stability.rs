//! Whether towns take households in and let them go evenly (方案二（二）1: 不得大进大出、突击纳入). Counted from the registry's dates and, where the
//! registry has none yet, from the ledger's.

use std::collections::{BTreeMap, BTreeSet};

use bidui_emit::Relations;
use bidui_match::Registry;
use bidui_model::Month;
use bidui_normalize::Gazetteer;
use polars::prelude::*;

use crate::accounts::AccountInputs;
use crate::loop_settings::StabilityLimits;
use crate::relation_rows::{Rows, columns_of};

/// Months before that a month is held against.
const MONTHS_BEFORE: i32 = 12;
/// Two dates of one event, as the town told it and as it came into the registry, may lie so many days apart.
const SAME_EVENT_DAYS: i32 = 60;

/// When a household went in and out; days since 1970-01-01, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Passage {
    town_code: String,
    included: Vec<i32>,
    eliminated: Vec<i32>,
}

/// Months before a run's that are counted anew, for what was told of them since: with its own, a quarter.
const COUNTED_ANEW: i32 = 2;

/// The relations of a run's month, from its registry and its `cases`: `stability`, and `stability_before` of the months before as they are known now.
pub(crate) fn of_month(accounts: &AccountInputs<'_>, relations: &Relations) -> PolarsResult<[DataFrame; 2]> {
    let (gazetteer, limits) = (&accounts.config.gazetteer, &accounts.config.settings.stability);
    let (passages, knows) = passages(accounts.registry, relations, gazetteer)?;
    let frame = |name: &str, months: &[Month]| {
        let mut rows = Rows::new(&columns_of(name));
        months.iter().for_each(|month| add_month(&mut rows, (&passages, knows), gazetteer, limits, *month));
        rows.frame(name)
    };
    let before: Vec<Month> = (1..=COUNTED_ANEW).rev().map(|ago| accounts.month.plus(-ago)).collect();
    Ok([frame("stability", &[accounts.month])?, frame("stability_before", &before)?])
}

/// The passages of every household that ever went in or out. Whether dates of elimination are known at all comes beside them.
fn passages(registry: &Registry, relations: &Relations, gazetteer: &Gazetteer) -> PolarsResult<(Vec<Passage>, bool)> {
    let mut of_household: BTreeMap<String, Passage> = BTreeMap::new();
    let (included, eliminated) = (registry.household_days("identified_on"), registry.household_days("eliminated_on"));
    for (household, (included, eliminated)) in (0_u32..).zip(included.into_iter().zip(eliminated)) {
        if included.is_none() && eliminated.is_none() {
            continue;
        }
        let passage = of_household.entry(registry.household_id(household).to_owned()).or_default();
        passage.town_code = town_of(registry.household_word("town_code", household), gazetteer);
        passage.included.extend(included);
        passage.eliminated.extend(eliminated);
    }
    let mut knows_eliminations = registry.has_days("eliminated_on");
    if let Some(cases) = relations.get("cases") {
        knows_eliminations |= cases.height() > 0;
        let (households, towns) = (cases.column("household_id")?.str()?, cases.column("town_code")?.str()?);
        let (included, eliminated) = (cases.column("included_on")?.date()?, cases.column("eliminated_on")?.date()?);
        for row in 0..cases.height() {
            let days = (included.physical().get(row), eliminated.physical().get(row));
            let Some(household) = households.get(row).filter(|_| days != (None, None)) else { continue };
            let passage = of_household.entry(household.to_owned()).or_insert_with(|| Passage {
                town_code: town_of(towns.get(row).unwrap_or(""), gazetteer),
                ..Passage::default()
            });
            add_new(&mut passage.included, days.0);
            add_new(&mut passage.eliminated, days.1);
        }
    }
    let passages = of_household.into_values().map(|mut passage| {
        passage.included.sort_unstable();
        passage.eliminated.sort_unstable();
        passage
    });
    Ok((passages.collect(), knows_eliminations))
}

/// A town of the county, or none.
fn town_of(code: &str, gazetteer: &Gazetteer) -> String {
    let known = gazetteer.towns().iter().any(|town| town.code.0 == code);
    if known { code.to_owned() } else { String::new() }
}

/// A day that is not one that is known already.
fn add_new(known: &mut Vec<i32>, day: Option<i32>) {
    if let Some(day) = day.filter(|day| known.iter().all(|other| (day - other).abs() > SAME_EVENT_DAYS)) {
        known.push(day);
    }
}

/// A row for each town, and one for the county, which has the households of no town too.
fn add_month(
    rows: &mut Rows,
    (passages, knows_eliminations): (&[Passage], bool),
    gazetteer: &Gazetteer,
    limits: &StabilityLimits,
    month: Month,
) {
    let towns = gazetteer.towns().iter().map(|town| (town.code.0.as_str(), town.name.as_str()));
    for (code, name) in std::iter::once(("", "全区")).chain(towns) {
        let of_town: Vec<&Passage> =
            passages.iter().filter(|passage| code.is_empty() || passage.town_code == code).collect();
        let figures = Figures::count(&of_town, limits, month);
        let known = |count: usize| knows_eliminations.then_some(count as i64);
        rows.text("month", month.to_string())
            .text("town_code", code)
            .text("town", name)
            .integer("included", Some(figures.included.now as i64))
            .integer("eliminated", known(figures.eliminated.now))
            .number("mean_included", Some(figures.included.mean()))
            .number("mean_eliminated", knows_eliminations.then_some(figures.eliminated.mean()))
            .number("last5_included_share", figures.included.late_share())
            .number("last5_eliminated_share", figures.eliminated.late_share())
            .integer("largest_same_day", Some(figures.included.largest_day.max(figures.eliminated.largest_day) as i64))
            .integer("shortest_months", figures.shortest_months.map(i64::from))
            .integer("in_out_in", Some(figures.in_out_in as i64))
            .text("flags", figures.flags(limits))
            .end();
    }
}

/// What happened in a month, of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Flow {
    now: usize,
    /// In the twelve months before.
    before: usize,
    /// On the month's last days.
    late: usize,
    largest_day: usize,
}

impl Flow {
    fn count(days: impl Iterator<Item = i32>, limits: &StabilityLimits, month: Month) -> Self {
        let first = month.first_day();
        let earliest = month.plus(-MONTHS_BEFORE).first_day();
        let last_days = month.last_day() - limits.last_days as i32 + 1;
        let mut flow = Self::default();
        let mut by_day: BTreeMap<i32, usize> = BTreeMap::new();
        for day in days {
            if (earliest..first).contains(&day) {
                flow.before += 1;
            } else if (first..=month.last_day()).contains(&day) {
                flow.now += 1;
                flow.late += usize::from(day >= last_days);
                *by_day.entry(day).or_default() += 1;
            }
        }
        flow.largest_day = by_day.into_values().max().unwrap_or(0);
        flow
    }

    fn mean(self) -> f64 {
        self.before as f64 / f64::from(MONTHS_BEFORE)
    }

    fn late_share(self) -> Option<f64> {
        (self.now > 0).then(|| self.late as f64 / self.now as f64)
    }

    fn is_many(self, limits: &StabilityLimits) -> bool {
        self.now >= limits.least && self.now as f64 > limits.times * self.mean()
    }

    fn is_rush(self, limits: &StabilityLimits) -> bool {
        self.now >= limits.least && self.late_share().is_some_and(|share| share >= limits.rush_share)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Figures {
    included: Flow,
    eliminated: Flow,
    shortest_months: Option<i32>,
    in_out_in: usize,
}

impl Figures {
    fn count(passages: &[&Passage], limits: &StabilityLimits, month: Month) -> Self {
        let of_month = |day: &i32| (month.first_day()..=month.last_day()).contains(day);
        let days =
            |pick: fn(&Passage) -> &Vec<i32>| passages.iter().flat_map(move |passage| pick(passage).iter().copied());
        let stays = passages.iter().flat_map(|passage| {
            let out = passage.eliminated.iter().filter(|day| of_month(day));
            out.filter_map(|out| {
                let into = passage.included.iter().rev().find(|into| *into <= out)?;
                Some(Month::full_between(*into, *out))
            })
        });
        let is_back = |passage: &&&Passage| {
            let back = passage.included.iter().filter(|day| of_month(day));
            back.into_iter().any(|back| passage.eliminated.iter().any(|out| out < back))
        };
        Self {
            included: Flow::count(days(|passage| &passage.included), limits, month),
            eliminated: Flow::count(days(|passage| &passage.eliminated), limits, month),
            shortest_months: stays.min(),
            in_out_in: passages.iter().filter(is_back).count(),
        }
    }

    fn flags(&self, limits: &StabilityLimits) -> String {
        let mut flags: BTreeSet<(u8, &str)> = BTreeSet::new();
        if self.included.is_many(limits) || self.eliminated.is_many(limits) {
            flags.insert((0, "大进大出"));
        }
        if self.included.is_rush(limits) {
            flags.insert((1, "突击纳入"));
        }
        if self.eliminated.is_rush(limits) {
            flags.insert((2, "突击消除"));
        }
        if self.shortest_months.is_some_and(|months| months < limits.early_months as i32) {
            flags.insert((3, "过早消除"));
        }
        flags.into_iter().map(|(_, flag)| flag).collect::<Vec<_>>().join("、")
    }
}

#[cfg(test)]
mod tests;
