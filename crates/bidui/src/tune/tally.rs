//! What a proposal wins and loses, of what towns found out about the doors.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::tune::figures::Door;
use crate::tune::measure::{Counted, Precision};
use crate::tune::replay::Replayed;
use crate::tune::verdicts::{Outcome, Verdict, Verdicts};

/// What is won and what is lost, of what towns found.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Tally {
    /// Doors that would not have been knocked on, of so many households, by what was found there.
    pub(crate) doors_gone: u64,
    pub(crate) households_gone: u64,
    pub(crate) gone_no_risk: u64,
    pub(crate) gone_confirmed: u64,
    pub(crate) gone_unanswered: u64,
    /// Doors that were on no list of their month, of so many households: what would have been found then is not known. As nobody was sent, a household counts
    /// again in each month, where a visited one would not have been asked again.
    pub(crate) doors_new: u64,
    pub(crate) households_new: u64,
    /// Households among them about which something was found out over another month's list.
    pub(crate) new_visited: u64,
    /// Of those: households that were included over another month's list.
    pub(crate) new_included: u64,
    /// Families that were included, in the window; of them those whom no list would have had, and those whom the first would have had later.
    pub(crate) included: u64,
    pub(crate) missed: u64,
    pub(crate) later: u64,
}

/// What was answered to the months' lists about households that had no warning in that month.
pub(super) fn beside(months: &[Replayed], verdicts: &Verdicts) -> Precision {
    let mut counted = Counted::default();
    for month in months {
        let warned: BTreeSet<&str> =
            month.before.doors.keys().map(|home| month.homes[*home as usize].household.as_str()).collect();
        let others = verdicts.in_month(month.month).filter(|(household, _)| !warned.contains(household));
        others.for_each(|(_, verdict)| counted.add(Some(verdict)));
    }
    counted.precision()
}

/// Wins and losses, and the households that were included and would have been missed.
pub(super) fn tally(doors: &[Door<'_>], verdicts: &Verdicts) -> (Tally, Vec<String>) {
    let mut tally = Tally::default();
    // By household: the first month with a door, on either side.
    let mut first: BTreeMap<&str, [Option<bidui_model::Month>; 2]> = BTreeMap::new();
    for door in doors {
        let household = door.home().household.as_str();
        match (door.before, door.after) {
            (Some(_), None) => {
                tally.doors_gone += 1;
                match door.verdict {
                    Some(verdict) if verdict.is_no_risk => tally.gone_no_risk += 1,
                    Some(Verdict { outcome: Outcome::Confirmed, .. }) => tally.gone_confirmed += 1,
                    Some(_) => {}
                    None => tally.gone_unanswered += 1,
                }
            }
            (None, Some(_)) => {
                tally.doors_new += 1;
                tally.new_included += u64::from(verdicts.included.contains(household));
            }
            _ => {}
        }
        let firsts = first.entry(household).or_default();
        for (side, level) in [(0, door.before), (1, door.after)] {
            if level.is_some() && firsts[side].is_none_or(|month| door.month.month < month) {
                firsts[side] = Some(door.month.month);
            }
        }
    }
    let of_households = |before: bool| {
        let other = doors.iter().filter(|door| door.before.is_some() == before && door.after.is_some() != before);
        other.map(|door| door.home().household.as_str()).collect::<BTreeSet<_>>().len() as u64
    };
    (tally.households_gone, tally.households_new) = (of_households(true), of_households(false));
    let new = doors.iter().filter(|door| door.before.is_none() && door.after.is_some());
    let new: BTreeSet<&str> = new.map(|door| door.home().household.as_str()).collect();
    tally.new_visited = new.into_iter().filter(|household| verdicts.was_visited(household)).count() as u64;
    let mut missed = Vec::new();
    for household in &verdicts.included {
        let [Some(before), after] = first.get(household.as_str()).copied().unwrap_or_default() else { continue };
        tally.included += 1;
        match after {
            None => missed.push(household.clone()),
            Some(after) if after > before => tally.later += 1,
            Some(_) => {}
        }
    }
    tally.missed = missed.len() as u64;
    (tally, missed)
}
