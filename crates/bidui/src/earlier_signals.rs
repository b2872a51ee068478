//! The list-only table `signals_before`: what fired in the earlier months of the year, for lists from which nobody is to fall within it. A town that was
//! told to look must not lose the household in the month in which the extract has it no more.
//!
//! What was warned of is in the ledger, and stays there when a published month is moved away. What fired and was not issued (of households that are monitored
//! already) is only in the months that were published; one that is gone, or was changed since, adds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_ledger::{Happening, History, What};
use bidui_model::Month;
use polars::prelude::*;

use crate::config::Config;
use crate::exit::Fault;
use crate::published::PublishedMonth;
use crate::relation_rows::words_of;

/// The table by this name.
pub(crate) const NAME: &str = "signals_before";

/// Month, household, rule.
type Fired = BTreeSet<(Month, String, String)>;

pub(crate) fn of(
    histories: &BTreeMap<String, History>,
    month: Month,
    out: &Path,
    config: &Config,
) -> Result<DataFrame, Fault> {
    let mut sheets = config.lists.iter().flat_map(|list| &list.sheets);
    let mut fired = Fired::new();
    if sheets.any(|sheet| sheet.query.reads(NAME)) {
        fired.extend(warned(histories, month));
        let now = |(now, history): (&String, &History)| {
            history.former_numbers().map(|former| (former.to_owned(), now.clone())).collect::<Vec<_>>()
        };
        let now: BTreeMap<String, String> = histories.iter().flat_map(now).collect();
        for before in (1..month.month()).filter_map(|number| Month::new(month.year(), number)) {
            let published = published(out, before).unwrap_or_default().into_iter();
            fired.extend(published.map(|(month, household, rule)| {
                let household = now.get(&household).cloned().unwrap_or(household);
                (month, household, rule)
            }));
        }
    }
    let words = |pick: &dyn Fn(&(Month, String, String)) -> String| fired.iter().map(pick).collect::<Vec<_>>();
    let columns = vec![
        Column::new("month".into(), words(&|(month, ..)| month.to_string())),
        Column::new("household_id".into(), words(&|(_, household, _)| household.clone())),
        Column::new("rule_id".into(), words(&|(.., rule)| rule.clone())),
    ];
    Ok(DataFrame::new(fired.len(), columns)?)
}

/// What the ledger was warned of in the year before the month.
fn warned(histories: &BTreeMap<String, History>, month: Month) -> Fired {
    let is_earlier = |happened: Month| happened.year() == month.year() && happened < month;
    let of_happening = |household: &str, happening: &Happening| {
        let reasons = match &happening.what {
            What::Stepped { step, reasons, .. } if step.is_warned() && is_earlier(happening.month) => {
                reasons.as_slice()
            }
            _ => &[],
        };
        let fired = reasons.iter().map(|reason| (happening.month, household.to_owned(), reason.rule.clone()));
        fired.collect::<Vec<_>>()
    };
    let all = histories.iter();
    all.flat_map(|(household, history)| history.all().flat_map(|one| of_happening(household, one))).collect()
}

/// What a published month has, but for what somebody must still decide.
fn published(out: &Path, month: Month) -> Option<Fired> {
    let columns = ["household_id", "rule_id", "state"].map(str::to_owned);
    let signals = PublishedMonth::find(out, month)?.columns("signals", &columns).ok()?;
    let words = |name: &str| words_of(&signals, name).ok();
    let rows = words("household_id")?.into_iter().zip(words("rule_id")?).zip(words("state")?);
    let fired = rows.filter(|(_, state)| state != "review");
    Some(fired.map(|((household, rule), _)| (month, household, rule)).collect())
}
