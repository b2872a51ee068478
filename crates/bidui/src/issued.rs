//! What was ever issued: of which list of which month a row is that came back, and whose it is.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use bidui_ledger::{CaseNumber, CaseNumberError, Edition, Ledger};
use bidui_model::{Month, ReturnKind};
use bidui_normalize::ListTags;
use polars::prelude::{DataFrame, PolarsResult};

use crate::config::Config;
use crate::published::PublishedMonth;
use crate::relation_rows::words_of;
use crate::returned::Issue;

/// A tag is proof that a row was issued, since nobody else can make one.
pub(crate) struct Issued<'a> {
    config: &'a Config,
    tags: &'a ListTags,
    /// Those that were run.
    months: &'a [Month],
    ledger: &'a Ledger,
    /// Where months are published.
    out: &'a Path,
    /// Households by the rows of a published month's lists, as far as they were asked for.
    published: RefCell<BTreeMap<(ReturnKind, Month), HashMap<String, String>>>,
}

impl<'a> Issued<'a> {
    pub(crate) fn new(
        config: &'a Config,
        tags: &'a ListTags,
        months: &'a [Month],
        ledger: &'a Ledger,
        out: &'a Path,
    ) -> Self {
        Self { config, tags, months, ledger, out, published: RefCell::default() }
    }

    pub(crate) fn look_up(&self, kind: ReturnKind, row_key: &str, tag: &str) -> Issue {
        let of_kind = |list: &&bidui_emit::ListPlan| {
            list.sheets.iter().any(|sheet| sheet.returns.as_ref().is_some_and(|returns| returns.kind == kind))
        };
        for list in self.config.lists_and_samples().filter(of_kind) {
            // The latest lists come back most often.
            for month in self.months.iter().rev() {
                let is_tag = |edition: Option<&str>| self.tags.tag(&list.id, *month, row_key, edition) == tag;
                let edition =
                    self.editions(kind, *month, row_key).into_iter().find(|known| is_tag(Some(&known.digest)));
                if edition.is_some() || is_tag(None) {
                    let edition = edition.filter(|_| kind == ReturnKind::Verification);
                    let household = self.household(kind, *month, row_key);
                    return Issue::Issued { list: list.id.clone(), month: *month, household, edition };
                }
            }
        }
        let Some(number) = number_in(kind, row_key) else { return Issue::Mismatch };
        match CaseNumber::parse(number) {
            Err(CaseNumberError::Check) => Issue::WrongCheck,
            Err(CaseNumberError::Form) => Issue::Unknown,
            Ok(number) => match self.ledger.household(&number) {
                Ok(Some(_)) => Issue::Mismatch,
                _ => Issue::Unknown,
            },
        }
    }

    /// In which editions a month's lists showed the row, where it is a case's.
    fn editions(&self, kind: ReturnKind, month: Month, row_key: &str) -> Vec<Edition> {
        if number_in(kind, row_key) != Some(row_key) {
            return Vec::new();
        }
        let Ok(number) = CaseNumber::parse(row_key) else { return Vec::new() };
        self.ledger.editions(&number, month).unwrap_or_default()
    }

    /// Whom a row is about: nobody's number where it is about a village, `None` where nobody can tell any more.
    fn household(&self, kind: ReturnKind, month: Month, row_key: &str) -> Option<String> {
        if let Some(number) = number_in(kind, row_key) {
            // As the list printed it.
            return self.ledger.household_in(&CaseNumber::parse(number).ok()?, Some(month)).ok()?;
        }
        let key = match kind {
            ReturnKind::HouseholdCheck => return Some(row_key.to_owned()),
            // `H00000012-WC`: a household, and on which of the sheets; on the first of them the household alone.
            ReturnKind::Visits => match row_key.rsplit_once('-') {
                None => return Some(row_key.to_owned()),
                Some((household, _)) => {
                    let of = |household: &str| self.published(kind, month, household);
                    return of(row_key).or_else(|| of(household));
                }
            },
            ReturnKind::Anomalies => row_key,
            // `120001-YB`: a person or a household, and the policy.
            ReturnKind::PolicyGap => row_key.rsplit_once('-')?.0,
            _ => return None,
        };
        self.published(kind, month, key)
    }

    /// The household of a key in the relation that rows of the kind are about.
    fn published(&self, kind: ReturnKind, month: Month, key: &str) -> Option<String> {
        let mut published = self.published.borrow_mut();
        let known = published.entry((kind, month)).or_insert_with(|| self.of_month(kind, month).unwrap_or_default());
        known.get(key).cloned()
    }

    fn of_month(&self, kind: ReturnKind, month: Month) -> Option<HashMap<String, String>> {
        let month = PublishedMonth::find(self.out, month)?;
        let (relation, key) = match kind {
            ReturnKind::Anomalies => ("anomalies", "anomaly_id"),
            ReturnKind::Visits => ("households", "household_id"),
            _ => ("persons", "person_no"),
        };
        let mut columns = vec![key.to_owned(), "household_id".to_owned()];
        columns.dedup();
        let mut households = by_key(&month.columns(relation, &columns).ok()?, key).ok()?;
        if kind == ReturnKind::PolicyGap {
            let own: Vec<String> = households.values().cloned().collect();
            households.extend(own.into_iter().map(|household| (household.clone(), household)));
        }
        Some(households)
    }
}

fn by_key(relation: &DataFrame, key: &str) -> PolarsResult<HashMap<String, String>> {
    let words = |name: &str| words_of(relation, name);
    Ok(words(key)?.into_iter().zip(words("household_id")?).collect())
}

/// The case's number in the key of a row, where rows of the kind are about cases.
fn number_in(kind: ReturnKind, row_key: &str) -> Option<&str> {
    match kind {
        ReturnKind::Verification | ReturnKind::FollowUp | ReturnKind::Sample => Some(row_key),
        ReturnKind::Tasks => Some(row_key.rsplit_once('-').map_or(row_key, |(number, _)| number)),
        _ => None,
    }
}
