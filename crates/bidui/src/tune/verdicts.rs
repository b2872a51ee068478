//! What towns found out about the households of past lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_ledger::Ledger;
use bidui_model::{Month, ReturnKind};

use crate::case_tables::list_of;
use crate::casebook::MONTHS_BACK;
use crate::config::Config;
use crate::exit::Fault;
use crate::report::says_no_risk;

/// What an answer says of the evidence that led to the door. As the monthly report counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 属实.
    Confirmed,
    /// 不属实.
    Refuted,
    /// Neither: away, another town's, dead …
    Other,
}

impl Outcome {
    fn of(effect: &str) -> Option<Self> {
        match effect {
            "include" | "monitored" | "rollback" | "cool" | "department" | "exempt" => Some(Self::Confirmed),
            "data_error" | "changed" | "duplicate" => Some(Self::Refuted),
            "pending" => None,
            _ => Some(Self::Other),
        }
    }
}

/// The standing answer of a household about a month's list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    /// There was nothing to do.
    pub(crate) is_no_risk: bool,
}

/// Every answer to the lists of the months.
pub(crate) struct Verdicts {
    /// By month and household.
    answers: BTreeMap<Month, BTreeMap<String, Verdict>>,
    /// What the answered list warned of, where that is known: another run of the month may warn of something else.
    about: BTreeMap<Month, BTreeMap<String, BTreeSet<String>>>,
    /// Households that were found to be included among the monitored, or are.
    pub(crate) included: BTreeSet<String>,
    /// Months about whose lists a household was found out, also before those that are looked at.
    visited: BTreeMap<String, BTreeSet<Month>>,
}

impl Verdicts {
    /// `months` in their order.
    pub(crate) fn read(state: &Path, config: &Config, months: &[Month]) -> Result<Self, Fault> {
        let path = state.join("ledger.db");
        let mut verdicts = Self {
            answers: BTreeMap::new(),
            about: BTreeMap::new(),
            included: BTreeSet::new(),
            visited: BTreeMap::new(),
        };
        if !path.is_file() {
            return Ok(verdicts);
        }
        let (Some(first), Some(last)) = (months.first().copied(), months.last().copied()) else { return Ok(verdicts) };
        let ledger = Ledger::open(&path)?;
        let list = list_of(config, ReturnKind::Verification);
        for found in ledger.found_out(list, first.plus(-MONTHS_BACK), last)? {
            if Outcome::of(&found.effect).is_some() {
                verdicts.visited.entry(found.household).or_default().insert(found.month);
            }
        }
        let answers = ledger.found_out(list, first, last)?;
        for found in answers.into_iter().filter(|found| months.contains(&found.month)) {
            if matches!(found.effect.as_str(), "include" | "rollback") {
                verdicts.included.insert(found.household.clone());
            }
            if let Some(outcome) = Outcome::of(&found.effect) {
                let verdict = Verdict { outcome, is_no_risk: says_no_risk(&found.effect) };
                if let Some(rules) = found.rules {
                    verdicts.about.entry(found.month).or_default().insert(found.household.clone(), rules);
                }
                verdicts.answers.entry(found.month).or_default().insert(found.household, verdict);
            }
        }
        // Months between that are not looked at say nothing.
        let is_whole = last.since(first) + 1 == months.len() as i32;
        let spans = if is_whole { vec![(first, last)] } else { months.iter().map(|month| (*month, *month)).collect() };
        for (first, last) in spans {
            verdicts.included.extend(ledger.included(first, last)?);
        }
        Ok(verdicts)
    }

    pub(crate) fn of(&self, month: Month, household: &str) -> Option<Verdict> {
        self.answers.get(&month)?.get(household).copied()
    }

    /// The same where the answered list warned of that rule, as far as is known.
    pub(crate) fn of_rule(&self, month: Month, household: &str, rule: &str) -> Option<Verdict> {
        let about = self.about.get(&month).and_then(|about| about.get(household));
        self.of(month, household).filter(|_| about.is_none_or(|rules| rules.contains(rule)))
    }

    /// Those about a month's list, by household.
    pub(crate) fn in_month(&self, month: Month) -> impl Iterator<Item = (&str, Verdict)> {
        let of_month = self.answers.get(&month).into_iter().flatten();
        of_month.map(|(household, verdict)| (household.as_str(), *verdict))
    }

    /// Whether a town found something out about the household over an earlier month's list, or over a later one that is looked at.
    pub(crate) fn was_visited(&self, household: &str) -> bool {
        self.visited.contains_key(household)
    }

    /// How many answers there are.
    pub(crate) fn len(&self) -> usize {
        self.answers.values().map(BTreeMap::len).sum()
    }
}
