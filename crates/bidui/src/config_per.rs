//! A fact that says whose it is and is asked for, wherever it is, as if it were the other's: the slip is its `per`, and not each use.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use bidui_model::Diagnostic;

use crate::config_files::Loader;
use crate::config_names::{Given, words};

/// A fact of persons that all the others take for one of households.
const WHOSE: &str = "BD0734";
/// So many uses are hardly all slips.
const LEAST_USES: usize = 3;

/// One error, at its `per`, for all uses of a fact of persons where one of households is needed.
pub(crate) fn settle_per(loader: &mut Loader, all: &[Given]) {
    let mut wrong: BTreeMap<&str, usize> = BTreeMap::new();
    for name in loader.errors.iter().filter_map(|(error, _)| error.about.as_deref()) {
        *wrong.entry(name).or_default() += 1;
    }
    wrong.retain(|_, times| *times >= LEAST_USES);
    if wrong.is_empty() {
        return;
    }
    let words: HashMap<&str, usize> = words(&loader.texts);
    let mut found: Vec<(Diagnostic, String, String)> = Vec::new();
    for (name, times) in wrong {
        let mut given = all.iter().filter(|given| given.what == "指标" && given.name == name);
        let (Some(fact), None) = (given.next(), given.next()) else { continue };
        // What reads it rightly, as one of persons, is no error.
        let uses = words.get(name).copied().unwrap_or(0).saturating_sub(1);
        if times * 5 < uses * 4 {
            continue;
        }
        let Some((_, text)) = loader.texts.iter().find(|(file, _)| *file == fact.file) else { continue };
        let Some(per) = per_of(text, fact.span.end).filter(|per| &text[per.clone()] == "\"person\"") else { continue };
        let first = loader.errors.iter().find(|(error, _)| error.about.as_deref() == Some(name));
        let place = first.map_or_else(String::new, |(error, text)| {
            let line = error.span.as_ref().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("如 {}:{line}", error.file)
        });
        let message = format!("指标“{name}”按人算，而用到它的{times}处都按户：是不是这里写错了");
        let hint = format!("是不是 per = \"household\"？用到它的{place}；确是按人的，那些地方改成按人的写法");
        let error = Diagnostic::error(WHOSE, &fact.file, Some(per), message).with_hint(hint);
        found.push((error, text.clone(), name.to_owned()));
    }
    for (error, text, name) in found {
        loader.errors.retain(|(other, _)| other.about.as_deref() != Some(name.as_str()));
        loader.errors.push((error, text));
    }
}

/// The value of the `per` that stands in the same section behind a place.
fn per_of(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let words = line.trim_start();
        if words.starts_with('[') {
            return None;
        }
        if words.strip_prefix("per").is_some_and(|rest| rest.trim_start().starts_with('=')) {
            let start = at + line.find('"')?;
            let end = start + 1 + text[start + 1..].find('"')? + 1;
            return Some(start..end);
        }
        at += line.len();
    }
    None
}
