//! The lists of a month: the tables that their queries ask, and what they show beside them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bidui_emit::{Asked, EmitError, ListContext, ListPlan, Relations, RowTags, WrittenList, asked_for, render_lists};
use bidui_match::{Clause, RelationInputs, Rule, Signal};
use bidui_model::Month;
use polars::prelude::*;

use crate::accounts::{self, AccountInputs};
use crate::config::Config;
use crate::config_lists::DATA_MARKS;
use crate::exit::Fault;
use crate::people::{AboutCases, Shown};
use crate::plain_words::in_plain_words;
use crate::review_people::{self, Lens};
use crate::routing::route_table;
use crate::run::Folders;
use crate::seal_month::Keys;
use crate::{differing_names, list_tables, people, rolls};

/// Writes every list of the month.
pub(crate) fn render(
    folders: &Folders,
    relations: &Relations,
    accounts: &AccountInputs<'_>,
    inputs: &RelationInputs<'_>,
    (keys, editions): (&Keys, BTreeMap<String, String>),
    out: &Path,
) -> Result<Vec<WrittenList>, Fault> {
    let (config, month, registry) = (accounts.config, accounts.month, accounts.registry);
    let mut issued: Vec<ListPlan> = config.lists.iter().filter(|list| list.is_issued(month.month())).cloned().collect();
    say_whether_data_came(&mut issued, &relations["facts"])?;
    let context = list_context(config, month, row_tags(keys, month, editions));
    let lens = Lens { keys: &keys.ladder, sounds: &keys.sounds };
    let mut tables = tables(relations, accounts, inputs, &issued)?;
    if reads(&issued, "flaws") {
        let flaws = differing_names::add_to_flaws(accounts, &folders.inbox, &keys.list_tags, &relations["flaws"])?;
        tables.insert("flaws".to_owned(), flaws);
    }
    let nobody = BTreeMap::new();
    let about = people::about_cases(registry, &relations["cases"])?;
    add_people(accounts, (inputs.signals, &about), &nobody, &Asked::default(), &mut tables)?;
    tables.insert("review_rows".to_owned(), review_people::frame(accounts, &folders.inbox, &lens)?);

    let asked = asked_for(&issued, &tables, &context)?;
    let mut to_show = accounts::persons_to_check(accounts);
    to_show.extend(accounts.candidates.iter().map(|candidate| candidate.person));
    to_show.extend(people::asked(registry, &asked));
    to_show.extend(about.values().flat_map(people::About::members));
    let wanted = people::wanted(registry, inputs.graded, inputs.signals, &to_show);
    let folder = folders.inbox.join(month.to_string());
    let contract = &config.contracts[config.registry];
    let shown = people::read_people(&folder, contract, &accounts.sealed[config.registry][&month], registry, &wanted)?;
    add_people(accounts, (inputs.signals, &about), &shown, &asked, &mut tables)?;
    render_lists(&issued, &tables, &context, out).map_err(|error| match error {
        EmitError::SameFile { .. } => Fault::command(format!("{error}；请改其中一个清单的 file")),
        other => Fault::from(other),
    })
}

fn reads(lists: &[ListPlan], table: &str) -> bool {
    lists.iter().flat_map(|list| &list.sheets).any(|sheet| sheet.query.reads(table))
}

/// In what a sheet says when it is empty, `{data:insured,in_school}` becomes whether the month has those facts: nothing found is good news only
/// where something was looked at. A fact that nobody has heard of is lacking, too.
fn say_whether_data_came(issued: &mut [ListPlan], facts: &DataFrame) -> PolarsResult<()> {
    let words = |name: &str| -> PolarsResult<Vec<&str>> {
        Ok(facts.column(name)?.str()?.iter().map(Option::unwrap_or_default).collect())
    };
    let (names, titles, states) = (words("fact")?, words("title")?, words("status")?);
    let lacking = |fact: &str| match names.iter().position(|name| *name == fact) {
        Some(row) => (states[row] == "unknown").then(|| titles[row].to_owned()),
        None => Some(fact.to_owned()),
    };
    for sheet in issued.iter_mut().flat_map(|list| &mut list.sheets) {
        let Some((before, rest)) = sheet.empty.split_once(DATA_MARKS.0) else { continue };
        let Some((asked, after)) = rest.split_once(DATA_MARKS.1) else { continue };
        let lacking: Vec<String> = asked.split(',').filter_map(|fact| lacking(fact.trim())).collect();
        let says = match lacking.as_slice() {
            [] => "数据已到，没有".to_owned(),
            lacking => format!("本月没有“{}”的数据，不等于没有", lacking.join("”“")),
        };
        sheet.empty = format!("{before}{says}{after}");
    }
    Ok(())
}

/// What the queries ask that holds no name.
fn tables(
    relations: &Relations,
    accounts: &AccountInputs<'_>,
    inputs: &RelationInputs<'_>,
    issued: &[ListPlan],
) -> Result<Relations, Fault> {
    let (config, month) = (accounts.config, accounts.month);
    let mut tables = relations.clone();
    // The data keep the names by which they are computed; who reads a list gets them as people call them.
    for (table, column, in_words) in [
        ("signals", "threshold", &(|sql: &str| said(config, sql)) as &dyn Fn(&str) -> String),
        ("facts", "rules", &|rules: &str| titles(config, rules)),
    ] {
        let words = in_other_words(&tables[table], column, in_words)?;
        tables.insert(table.to_owned(), words);
    }
    tables.insert("parameters".to_owned(), list_tables::parameters(&config.settings, month)?);
    tables.insert("sites".to_owned(), list_tables::sites(&config.gazetteer)?);
    if reads(issued, "village_roll") || reads(issued, "grid_roll") {
        let counted = list_tables::Counts::of(inputs)?;
        tables.insert("village_roll".to_owned(), counted.village_roll(&config.gazetteer)?);
        tables.insert("grid_roll".to_owned(), counted.grid_roll(&config.gazetteer)?);
    }
    rolls::add_for_lists(inputs, issued, &mut tables)?;
    if let Some(links) = &accounts.linked.for_lists {
        tables.insert("links".to_owned(), links.clone());
    }
    Ok(tables)
}

/// A condition of a rule as people say it.
fn said(config: &Config, sql: &str) -> String {
    in_plain_words(sql, &config.facts, &config.contracts[config.registry])
}

/// Titles of rules that are named with `,` between them.
fn titles(config: &Config, rules: &str) -> String {
    let title = |id: &str| {
        config.rules.iter().find(|rule| rule.id == id).map_or_else(|| id.to_owned(), |rule| rule.title.clone())
    };
    rules.split(',').filter(|id| !id.is_empty()).map(title).collect::<Vec<_>>().join("、")
}

/// The table with a column said otherwise; what says the same is asked once.
fn in_other_words(table: &DataFrame, column: &str, say: &dyn Fn(&str) -> String) -> PolarsResult<DataFrame> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let words = table.column(column)?.str()?.iter().map(|word| {
        let word = word.unwrap_or_default();
        known.entry(word.to_owned()).or_insert_with(|| if word.is_empty() { String::new() } else { say(word) }).clone()
    });
    let words: Vec<String> = words.collect();
    let mut table = table.clone();
    table.replace(column, Column::new(column.into(), words))?;
    Ok(table)
}

/// The tables with names; empty of them while it is not known yet who will be printed.
fn add_people(
    accounts: &AccountInputs<'_>,
    (signals, about): (&[Signal], &AboutCases),
    shown: &BTreeMap<u32, Shown>,
    asked: &Asked,
    tables: &mut Relations,
) -> Result<(), Fault> {
    let registry = accounts.registry;
    let routes = route_table(&accounts.config.gazetteer);
    tables.insert("people".to_owned(), people::people_frame(registry, shown)?);
    tables.insert("heads".to_owned(), people::heads_frame(registry, &routes, shown, &asked.households)?);
    tables.insert("warned".to_owned(), people::warned_frame(registry, signals, about, shown)?);
    Ok(())
}

/// A rule and its conditions, as the instructions of a list show them.
fn thresholds(config: &Config, rule: &Rule) -> (String, String) {
    let in_words = |clause: &Clause| said(config, &clause.sql);
    let scope = rule.scope.iter().map(|scope| format!("适用：{}", in_words(scope)));
    let levels =
        rule.levels.iter().map(|(level, clause)| format!("{}：{}", config.grading.name(*level), in_words(clause)));
    (format!("规则：{}", rule.title), scope.chain(levels).collect::<Vec<_>>().join("；"))
}

/// Makes the tags of the month's lists. `editions` are those of the cases that it warns of.
fn row_tags(keys: &Keys, month: Month, editions: BTreeMap<String, String>) -> RowTags {
    let tags = Arc::clone(&keys.list_tags);
    RowTags::new(move |list, row_key| tags.tag(list, month, row_key, editions.get(row_key).map(String::as_str)))
}

/// Of sheets that do not come back.
pub(crate) fn no_row_tags() -> RowTags {
    RowTags::new(|_, _| String::new())
}

pub(crate) fn list_context(config: &Config, month: Month, row_tags: RowTags) -> ListContext {
    let settings = &config.settings;
    let next = month.plus(1);
    let parameters = settings.valid(month).map(|parameter| {
        (format!("参数：{}", parameter.title), format!("{}{}（{}）", parameter.value, parameter.unit, parameter.source))
    });
    let mut departments: Vec<String> = config.contracts.iter().map(|contract| contract.department.clone()).collect();
    departments.sort_unstable();
    departments.dedup();
    let gazetteer = &config.gazetteer;
    ListContext {
        month,
        county: settings.county_name.clone(),
        bureau: settings.bureau.clone(),
        run_note: [
            ("程序版本".to_owned(), format!("bidui {}", env!("CARGO_PKG_VERSION"))),
            ("规则包版本".to_owned(), config.rule_pack()),
        ]
        .into_iter()
        .chain(parameters)
        .chain(config.rules.iter().map(|rule| thresholds(config, rule)))
        .collect(),
        choices: config.choices.clone(),
        towns: gazetteer.towns().iter().map(|town| (town.code.0.clone(), town.name.clone())).collect(),
        villages: gazetteer
            .villages()
            .iter()
            .map(|village| (village.code.0.clone(), village.short_name.clone(), village.town_code.0.clone()))
            .collect(),
        departments,
        created: (next.year() as u16, next.month() as u8, settings.issue_day),
        row_tags,
    }
}
