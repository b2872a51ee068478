//! The plans of lists, reports and samples, held against the columns that a run will have and the words that these may hold.

use std::collections::BTreeMap;

use bidui_emit::{
    Choices, ClosedColumns, ListPlan, NO_WORD, check_choices, check_list, read_lists, relation_schema, repeated_plans,
};
use bidui_match::CheckFile;
use bidui_model::{Diagnostic, RELATIONS, is_slip_of, nearest};
use polars::prelude::Schema;
use rayon::prelude::*;

use crate::config_agree::risks_of;
use crate::config_files::{Loader, NO_TEXT};
use crate::config_list_names::{ListNames, given};
use crate::config_words::{add_lists, add_risks};
use crate::plans::Plans;

const UNHEARD_DATA: &str = "BD0518";

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

/// Tells of plans that must be there and are not: at the id of one that is called almost so, if there is one.
pub(crate) fn missing_plans(loader: &mut Loader, plans: Plans, ids: &[&str], found: &[ListPlan]) {
    let folder = format!("{}/", plans.folder());
    let of_folder = loader.texts.iter().filter(|(file, _)| file.starts_with(&folder));
    let is_given = |id: &str| of_folder.clone().any(|(_, text)| given(text, "id").any(|(word, _)| word == id));
    let is_unreadable = loader.errors.iter().any(|(error, _)| error.code == NO_TEXT && error.file.starts_with(&folder));
    // Where something is wrong in the folder, the plan may be what is wrong.
    let may_be_wrong = |id: &str| is_unreadable || is_given(id) || found.iter().any(|plan| is_slip_of(&plan.id, id));
    let is_wrong = loader.is_wrong(plans.folder());
    let lacks = |id: &&&str| !(found.iter().any(|plan| plan.id == ***id) || is_wrong && may_be_wrong(id));
    let lacking: Vec<&str> = ids.iter().filter(lacks).copied().collect();
    for id in lacking {
        // What asks for it is right.
        let asked = format!("不会是“{id}”");
        loader.errors.retain(|(error, _)| error.code != NO_WORD || !error.message.contains(&asked));
        // What is called like its own file is what it is called.
        let is_itself = |plan: &ListPlan| plan.source == format!("{folder}{}.toml", plan.id);
        let strangers = found.iter().filter(|plan| !ids.contains(&plan.id.as_str()) && !is_itself(plan));
        let near = nearest(id, strangers.clone().map(|plan| plan.id.as_str()));
        let slip = strangers.clone().find(|plan| Some(plan.id.as_str()) == near);
        let (file, span) = slip.map_or((plans.folder(), None), |plan| (plan.source.as_str(), Some(plan.id_place())));
        let (what, hint) = if plans == Plans::LISTS {
            ("清单", "核查清单（verification）和未归属清单（unrouted）必须有")
        } else {
            ("报表", "月报（monthly_report）和季度分析（quarterly_report）必须有；不出报表的，删去整个 report 文件夹")
        };
        let message = slip
            .map_or_else(|| format!("缺少{what}“{id}”"), |plan| format!("缺少{what}“{id}”：“{}”是不是写错了", plan.id));
        let text = loader.texts.iter().find(|(of, _)| of == file).map_or_else(String::new, |(_, text)| text.clone());
        loader.push(Diagnostic::error("BD0707", file, span, message).with_hint(hint), &text);
    }
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
    let names = ListNames::of(loader, plans, &files);
    let tables = tables.map(|tables| {
        if plans == Plans::LISTS {
            add_lists(&mut tables.closed, &names);
        }
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
    if let Some(facts) = tables.and_then(|of| of.closed.get(&("facts".to_owned(), "fact".to_owned()))) {
        for (file, text) in &files {
            unheard_data(file, text, &facts.words).into_iter().for_each(|error| loader.push(error, text));
        }
    }
    for error in repeated_plans(all.iter()) {
        let text = files.iter().find(|(file, _)| *file == error.file).map_or("", |(_, text)| text);
        loader.push(error, text);
    }
    names.blame(loader, &files);
    all
}

/// Between which stand the facts of which a sheet says, where it is empty, whether the month has them.
pub(crate) const DATA_MARKS: (&str, &str) = ("{data:", "}");

/// Facts of such marks that nobody has heard of: the sheet would say every month that their data did not come.
fn unheard_data(file: &str, text: &str, facts: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for (at, _) in text.match_indices(DATA_MARKS.0) {
        let start = at + DATA_MARKS.0.len();
        let line = text[start..].find('\n').map_or(text.len(), |end| start + end);
        let Some(end) = text[start..line].find(DATA_MARKS.1).map(|end| start + end) else {
            let message = format!("“{}”没有“{}”收尾", DATA_MARKS.0, DATA_MARKS.1);
            errors.push(Diagnostic::error(UNHEARD_DATA, file, Some(at..start), message));
            continue;
        };
        let mut place = start;
        for part in text[start..end].split(',') {
            let name = part.trim();
            let from = place + part.len() - part.trim_start().len();
            if !facts.contains_key(name) {
                let error =
                    Diagnostic::error(UNHEARD_DATA, file, Some(from..from + name.len()), format!("没有指标“{name}”"));
                let near = nearest(name, facts.keys().map(String::as_str));
                let hint = near.map_or_else(
                    || "这里写指标的名字：feeds 文件里 [[fact]] 的 name".to_owned(),
                    |near| format!("是不是“{near}”"),
                );
                errors.push(error.with_hint(hint));
            }
            place += part.len() + 1;
        }
    }
    errors
}
