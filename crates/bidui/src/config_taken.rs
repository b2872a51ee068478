//! Names that are taken: a fact of a column's name would make a table with two columns of it, and a parameter of a fact's or a column's name would
//! stand in for it in every condition, without a word.

use std::collections::BTreeMap;

use bidui_match::{Fact, Literal, own_columns};
use bidui_model::{DataContract, Diagnostic};

use crate::config_files::Loader;
use crate::config_names::given;
use crate::settings::Settings;

/// A fact that is called like a column that every county has.
pub(crate) const FACT: &str = "BD0717";
/// A parameter that is called like something else.
pub(crate) const PARAMETER: &str = "BD0718";
/// Days of the month that conditions may name.
const OF_MONTH: [&str; 2] = ["month_start", "month_end"];

/// Tells of facts whose names are taken, and leaves them out: what reads the name means the column.
pub(crate) fn refuse_facts(loader: &mut Loader, registry: &DataContract, files: &[String], facts: &mut Vec<Fact>) {
    let columns = own_columns(registry);
    let is_taken = |name: &str| columns.contains(name) || OF_MONTH.contains(&name);
    for fact in facts.iter().filter(|fact| is_taken(&fact.name)) {
        let Some(file) = files.get(fact.feed) else { continue };
        let what = if OF_MONTH.contains(&fact.name.as_str()) { "自带的日期" } else { "底册或自带的列" };
        tell(loader, FACT, file, "指标", &fact.name, what);
    }
    facts.retain(|fact| !is_taken(&fact.name));
}

/// What the columns and facts of the feeds are called, and what each is; `feeds` are contracts with their files' names and texts.
pub(crate) fn of_feeds<'a>(
    feeds: impl Iterator<Item = (&'a DataContract, &'a str, &'a str)>,
) -> BTreeMap<String, String> {
    let mut taken = BTreeMap::new();
    for (contract, file, text) in feeds {
        if contract.kind == bidui_model::FeedKind::Registry {
            taken.extend(own_columns(contract).into_iter().map(|name| (name, "底册或自带的列".to_owned())));
        }
        let columns = contract.columns.iter().map(|column| column.name.clone());
        for name in columns {
            taken.entry(name).or_insert_with(|| format!("《{}》的列", contract.name));
        }
        for fact in given(file, text).into_iter().filter(|given| given.what == "指标") {
            taken.entry(fact.name).or_insert_with(|| format!("《{}》的指标", contract.name));
        }
    }
    taken
}

/// Tells of parameters whose names are taken, and forgets their values: what reads the name means the other.
pub(crate) fn refuse_parameters(
    loader: &mut Loader,
    file: &str,
    settings: &Settings,
    taken: &BTreeMap<String, String>,
    literals: &mut BTreeMap<String, Literal>,
) {
    let mut names: Vec<&str> = settings.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        if OF_MONTH.contains(&name) {
            tell(loader, PARAMETER, file, "参数", name, "自带的日期");
        } else if let Some(what) = taken.get(name) {
            literals.remove(name);
            tell(loader, PARAMETER, file, "参数", name, what);
        }
    }
}

fn tell(loader: &mut Loader, code: &'static str, file: &str, what: &str, name: &str, taken: &str) {
    let text = loader.texts.iter().find(|(of, _)| of == file).map_or_else(String::new, |(_, text)| text.clone());
    let place = given(file, &text).into_iter().find(|given| given.name == name && given.what == what);
    let message = format!("{what}不能叫“{name}”：已是{taken}的名字");
    let error = Diagnostic::error(code, file, place.map(|given| given.span), message);
    loader.push(error.with_hint(format!("改 name，用到它的地方一起改，如“{name}_2”一类还没有用的名字")), &text);
}
