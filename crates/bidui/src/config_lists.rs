//! The plans of lists, reports and samples, held against the columns that a run will have and the words that these may hold.

use std::collections::BTreeMap;

use bidui_emit::{Choices, ClosedColumns, ListPlan, check_choices, check_list, read_lists, relation_schema};
use bidui_match::CheckFile;
use bidui_model::{Diagnostic, RELATIONS};
use polars::prelude::Schema;
use rayon::prelude::*;

use crate::config_agree::risks_of;
use crate::config_files::Loader;
use crate::config_words::add_risks;
use crate::plans::Plans;

/// What queries may ask.
pub(crate) struct Tables {
    pub(crate) schemas: BTreeMap<String, Schema>,
    pub(crate) closed: ClosedColumns,
}

/// Every relation's columns; `known` are those that come from registry and facts.
pub(crate) fn schemas(known: BTreeMap<String, Schema>) -> BTreeMap<String, Schema> {
    let fixed =
        RELATIONS.iter().filter_map(|relation| Some((relation.name.to_owned(), relation_schema(relation.name)?)));
    fixed.chain(known).collect()
}

/// The plans of a folder. `tables` is `None` while there is no registry, and then no list is held against any columns.
pub(crate) fn lists(
    loader: &mut Loader,
    plans: Plans,
    tables: Option<&mut Tables>,
    choices: Option<&Choices>,
) -> Vec<ListPlan> {
    if plans.may_be_missing() && !loader.folder.join(plans.folder()).is_dir() {
        return Vec::new();
    }
    let named = loader.list(plans.folder());
    let files: Vec<CheckFile> =
        named.into_iter().filter_map(|file| Some((file.clone(), loader.read(&file)?))).collect();
    let mut read: Vec<(Vec<ListPlan>, Vec<Diagnostic>)> =
        files.par_iter().map(|(file, text)| read_lists(text, file)).collect();
    let tables = tables.map(|tables| {
        // What a village may answer is a risk that lists may ask for.
        add_risks(&mut tables.closed, risks_of(read.iter().flat_map(|(lists, _)| lists)));
        &*tables
    });
    read.par_iter_mut().for_each(|(lists, errors)| {
        for list in lists.iter() {
            errors.extend(tables.map(|of| check_list(list, &of.schemas, &of.closed)).unwrap_or_default());
            errors.extend(choices.map(|choices| check_choices(list, choices)).unwrap_or_default());
            errors.extend(plans.misplaced(list));
        }
    });
    let mut all = Vec::new();
    for ((lists, errors), (_, text)) in read.into_iter().zip(&files) {
        errors.into_iter().for_each(|error| loader.push(error, text));
        all.extend(lists);
    }
    all
}
