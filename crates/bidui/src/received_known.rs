//! What rows that came back are held against: the configuration, the ledger, and the registry of the latest month that is published.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use bidui_ledger::{History, Ledger};
use bidui_model::Month;

use crate::config::Config;
use crate::exit::Fault;
use crate::published::PublishedMonth;
use crate::relation_rows::words_of;

/// The registry, once somebody asked for it; none where no month is published.
pub(crate) type RegistryCell = OnceCell<Option<Registry>>;

/// What answers are held against.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) config: &'a Config,
    pub(crate) ledger: &'a Ledger,
    /// Those that were run.
    pub(crate) months: &'a [Month],
    /// Where months are published.
    pub(crate) out: &'a Path,
    pub(crate) registry: &'a RegistryCell,
}

impl<'a> Known<'a> {
    /// `None` where no month is published: then nobody can tell.
    pub(crate) fn registry(&self) -> Result<Option<&'a Registry>, Fault> {
        if self.registry.get().is_none() {
            let read = Registry::latest(self.months, self.out)?;
            return Ok(self.registry.get_or_init(|| read).as_ref());
        }
        Ok(self.registry.get().and_then(Option::as_ref))
    }
}

/// How the registry writes that a household's risk is gone.
const ELIMINATED: &str = "已消除";

/// What the latest published month knows of households.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) month: Month,
    /// Of the monitored: the day since which they are, if it is known.
    pub(crate) monitored: BTreeMap<String, Option<i32>>,
    /// Of those whose risk is not eliminated: as what they are monitored.
    pub(crate) kinds: BTreeMap<String, String>,
    /// Whether a household was lifted out of poverty or is one like any other, in the registry's words.
    pub(crate) sorts: BTreeMap<String, String>,
    /// How many persons a household has.
    pub(crate) sizes: BTreeMap<String, i64>,
}

impl Registry {
    fn latest(months: &[Month], out: &Path) -> Result<Option<Self>, Fault> {
        let Some(latest) = months.iter().rev().find_map(|month| PublishedMonth::find(out, *month)) else {
            return Ok(None);
        };
        let Some(households) = latest.try_relation("households")? else { return Ok(None) };
        let words = |name: &str| words_of(&households, name);
        let days: Vec<Option<i32>> = households.column("identified_on")?.date()?.physical().iter().collect();
        let (numbers, kinds) = (words("household_id")?, words("monitor_kind")?);
        let standing = numbers.iter().zip(&kinds).zip(words("risk_status")?);
        let standing = standing.filter(|((_, kind), status)| !kind.is_empty() && status != ELIMINATED);
        let sorts = numbers.iter().cloned().zip(words("household_kind")?).collect();
        let by_kind = standing.map(|((home, kind), _)| (home.clone(), kind.clone())).collect();
        let kinds = kinds.into_iter().zip(days);
        let sizes = households.column("size")?.i64()?.iter().map(Option::unwrap_or_default);
        let sizes = numbers.iter().cloned().zip(sizes).collect();
        let monitored = numbers.into_iter().zip(kinds).filter(|(_, (kind, _))| !kind.is_empty());
        let monitored = monitored.map(|(home, (_, day))| (home, day)).collect();
        Ok(Some(Self { month: latest.month, monitored, kinds: by_kind, sorts, sizes }))
    }
    /// Whether a household is monitored and its risk not eliminated. What the towns said since is newer than the registry.
    pub(crate) fn is_monitored(&self, household: &str, history: &History) -> bool {
        let is_included = |case: &bidui_ledger::Case| case.included.is_some() && case.eliminated_on.is_none();
        self.kinds.contains_key(household) || history.cases.iter().any(is_included)
    }
    /// Whether a household is or was monitored. What the towns said since is newer than the registry.
    pub(crate) fn has_monitored(&self, household: &str, history: &History) -> bool {
        self.monitored.contains_key(household) || history.cases.iter().any(|case| case.included.is_some())
    }
    /// How many persons it has.
    pub(crate) fn size(&self, household: &str) -> i64 {
        self.sizes.get(household).copied().unwrap_or_default()
    }
}
