//! One slip that makes many: a table or a name that is misspelt where it is named or given is told there, and not wherever it is used.

use std::collections::BTreeSet;

use bidui_model::nearest;
use polars::prelude::Schema;

use crate::list_names::{Columns, Place, Slip, Stranger, Walk};
use crate::list_tables::{fixed_schema, is_table, list_tables};
use crate::list_words::NO_WORD;

/// So many columns that a table does not have are hardly all misspelt.
const LEAST_MISSING: usize = 3;

impl Walk<'_> {
    /// Tells at the table what is wrong with it, behind all of a SELECT.
    pub(crate) fn blame_tables(&mut self, places: &[Place]) {
        let asked = std::mem::take(&mut self.asked);
        let before = self.slips.len();
        self.blame_alias_of_table(places, &asked);
        if self.slips.len() == before {
            self.blame_wrong_table(places, &asked);
        }
        self.missing.clear();
    }

    /// A table that is asked for more than once and stands in no FROM, while one of those there has all that is asked of it and is asked for nothing, was
    /// misnamed there. What it is joined by does not count.
    fn blame_alias_of_table(&mut self, places: &[Place], asked: &BTreeSet<(String, String)>) {
        let strangers = std::mem::take(&mut self.strangers);
        let Some(Stranger { table: name, slip: first, .. }) = strangers.first() else { return };
        let has_all = |columns: &Columns| strangers.iter().all(|stranger| columns.contains_key(&stranger.column));
        let is_idle = |place: &&Place| {
            !asked.iter().any(|(table, _)| *table == place.called) && place.columns.as_ref().is_some_and(has_all)
        };
        let mut idle = places.iter().filter(is_idle);
        let (Some(Place { called, span, .. }), None) = (idle.next(), idle.next()) else { return };
        if strangers.len() == 1 || strangers.iter().any(|other| other.table != *name) {
            return;
        }
        let message = format!("“{called}”没有用到，而用到的“{name}”（{}处）没有：是不是这里写错了", strangers.len());
        let slip = Slip {
            code: "BD0509", span: span.clone(), message, hint: format!("是不是“{name}”？"), about: None
        };
        self.replace_all(&strangers, *first, slip);
    }

    fn replace_all(&mut self, strangers: &[Stranger], first: usize, slip: Slip) {
        let is_of = |at: usize| strangers.iter().any(|stranger| stranger.slip == at);
        let mut at = 0..;
        self.slips.retain(|_| at.next().is_none_or(|at| !is_of(at)));
        self.slips.insert(first.min(self.slips.len()), slip);
    }

    /// A table of which several columns are asked that it does not have, while another has them all and what else is asked of it, is not the one that was
    /// meant.
    fn blame_wrong_table(&mut self, places: &[Place], asked: &BTreeSet<(String, String)>) {
        let missing = std::mem::take(&mut self.missing);
        for place in places {
            let of_table: Vec<Stranger> = missing.iter().filter(|one| one.table == place.called).cloned().collect();
            let columns: BTreeSet<&str> = of_table.iter().map(|one| one.column.as_str()).collect();
            let known = asked.iter().filter(|(table, _)| *table == place.called).map(|(_, column)| column.as_str());
            let wanted: BTreeSet<&str> = known.chain(columns.iter().copied()).collect();
            if columns.len() < LEAST_MISSING {
                continue;
            }
            let mut others = self.tables_with(&wanted);
            others.retain(|other| *other != place.table);
            if others.is_empty() {
                continue;
            }
            let few: Vec<&str> = columns.iter().take(LEAST_MISSING).copied().collect();
            let message = format!("“{}”里没有 {} 等{}列：是不是表写错了", place.table, few.join("、"), columns.len());
            others.sort_by_key(|other| (nearest(&place.table, [*other]).is_none(), *other));
            others.truncate(LEAST_MISSING);
            let hint = format!("这些列都有的表：{}", others.join("、"));
            let slip = Slip { code: "BD0509", span: place.table_span.clone(), message, hint, about: None };
            // Slips behind it have moved up by those that went, so that only one table of a SELECT is blamed.
            let first = of_table.iter().map(|one| one.slip).min().unwrap_or(0);
            return self.replace_all(&of_table, first, slip);
        }
    }

    /// The tables that have all of some columns: those of every list, and what WITH has named.
    fn tables_with(&self, wanted: &BTreeSet<&str>) -> Vec<&str> {
        let has_all = |schema: &Schema| wanted.iter().all(|column| schema.contains(column));
        let of_lists = list_tables().into_iter().filter(|name| match self.schemas.get(*name) {
            Some(schema) => has_all(schema),
            None => fixed_schema(name).is_some_and(|schema| has_all(&schema)),
        });
        let named = self
            .tables
            .iter()
            .filter(|(name, columns)| !is_table(name) && wanted.iter().all(|column| columns.contains_key(*column)));
        of_lists.chain(named.map(|(name, _)| name.as_str())).collect()
    }

    /// A name that is asked for more than once and given nowhere, while one like it is given and asked for nowhere, was misspelt where it is given.
    pub(crate) fn blame_aliases(&mut self) {
        let times = |name: &str| {
            let words = self.text.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
            words.filter(|word| *word == name).count()
        };
        let unused: Vec<_> = self.aliases.iter().filter(|(name, _)| times(name) == 1).collect();
        let mut blamed: Vec<(String, Slip)> = Vec::new();
        for name in self.slips.iter().filter(|slip| slip.code != NO_WORD).filter_map(|slip| slip.about.clone()) {
            let near = nearest(&name, unused.iter().map(|(alias, _)| alias.as_str()));
            let alias = near.and_then(|near| unused.iter().find(|(alias, _)| alias == near));
            if let Some((alias, span)) = alias {
                let message = format!("查询给出的“{alias}”没有用到，而用到的“{name}”没有给出：是不是这里写错了");
                let hint = format!("是不是“{name}”？");
                // Told of the name: it may be one that another file gives, and that file may be broken.
                let about = Some(name.clone());
                let slip = Slip { code: "BD0509", span: span.clone(), message, hint, about };
                if !blamed.iter().any(|(other, _)| *other == name) {
                    blamed.push((name, slip));
                }
            }
        }
        for (name, slip) in blamed {
            // A name that is asked for once may itself be the slip: both places are told.
            let is_sure = times(&name) > 1;
            self.slips.retain(|slip| !is_sure || slip.about.as_ref() != Some(&name));
            self.slips.push(slip);
        }
    }
}
