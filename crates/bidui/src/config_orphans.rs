//! A fact or a tally whose name was changed leaves its own name without a meaning wherever it is used. Where one name alone is missed all over, and one alone is
//! refused or used nowhere, that is one slip, however little the two are alike.

use std::collections::BTreeMap;

use bidui_match::{EXAMPLE, TALLY};
use bidui_model::Diagnostic;

use crate::config_files::Loader;
use crate::config_names::{DEFINED_TWICE, Given, words};
use crate::config_taken::{FACT, PARAMETER};

/// So many uses are hardly all slips.
const LEAST_USES: usize = 3;

/// One error for all uses of a name that is given nowhere any more.
pub(crate) fn settle_orphans(loader: &mut Loader, all: &[Given]) {
    let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
    for name in loader.errors.iter().filter_map(|(error, _)| error.about.as_deref()) {
        *missed.entry(name).or_default() += 1;
    }
    missed.retain(|name, times| *times >= LEAST_USES && !all.iter().any(|given| given.name == *name));
    let missed: Vec<(String, usize)> = missed.into_iter().map(|(name, times)| (name.to_owned(), times)).collect();
    let [(orphan, times)] = missed.as_slice() else { return };
    // What a person's own row says of a column is called after it.
    if orphan.starts_with("own_") {
        return;
    }
    let is_of = |error: &Diagnostic| error.about.as_deref() == Some(orphan.as_str());
    let place = loader.errors.iter().find(|(error, _)| is_of(error)).map_or_else(String::new, |(error, text)| {
        let line = error.span.as_ref().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        format!("{}:{line}", error.file)
    });
    let hint = format!("用到而没有定义的“{orphan}”（如 {place}，共{times}处），是不是它");
    let refused = |error: &Diagnostic| [DEFINED_TWICE, FACT, PARAMETER, TALLY].contains(&error.code);
    let places: Vec<usize> =
        loader.errors.iter().enumerate().filter(|(_, (error, _))| refused(error)).map(|(at, _)| at).collect();
    let slip = match places[..] {
        [at] => refused_one(&loader.errors[at], all, &loader.texts).map(|slip| (Some(at), slip)),
        [] => unused_one(all, loader, orphan, *times).map(|slip| (None, slip)),
        _ => None,
    };
    let Some((at, (error, text))) = slip else { return };
    let is_parameter = at.is_some_and(|at| loader.errors[at].0.code == PARAMETER);
    if let Some(at) = at {
        loader.errors.remove(at);
    }
    // Without the parameter no example could be answered that asks for it.
    loader.errors.retain(|(other, _)| !(is_of(other) || is_parameter && other.code == EXAMPLE));
    loader.errors.push((error.with_hint(hint), text));
}

/// The error where the name was changed: of a parameter whose name a fact has now, at the fact.
fn refused_one(
    (error, text): &(Diagnostic, String),
    all: &[Given],
    texts: &[(String, String)],
) -> Option<(Diagnostic, String)> {
    if error.code != PARAMETER {
        return Some((error.clone(), text.clone()));
    }
    let name = text.get(error.span.clone()?)?;
    let fact = all.iter().find(|given| given.what == "指标" && given.name == name)?;
    let (_, text) = texts.iter().find(|(file, _)| *file == fact.file)?;
    let message = format!("指标不能叫“{name}”：已是 {} 里参数的名字", error.file);
    Some((Diagnostic::error(FACT, &fact.file, Some(fact.span.clone()), message), text.clone()))
}

/// The only fact or tally that nothing uses.
fn unused_one(all: &[Given], loader: &Loader, orphan: &str, times: usize) -> Option<(Diagnostic, String)> {
    let words = words(&loader.texts);
    let of_rules = all.iter().filter(|given| ["指标", "合计"].contains(&given.what));
    let mut unused = of_rules.filter(|given| words.get(given.name.as_str()).is_none_or(|count| *count <= 1));
    let (Some(given), None) = (unused.next(), unused.next()) else { return None };
    let (_, text) = loader.texts.iter().find(|(file, _)| *file == given.file)?;
    let message =
        format!("{}“{}”没有用到，而用到的“{orphan}”（{times}处）没有定义：是不是这里写错了", given.what, given.name);
    Some((Diagnostic::error("BD0710", &given.file, Some(given.span.clone()), message), text.clone()))
}
