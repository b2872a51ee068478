//! Names that one file gives and others use: facts, columns, parameters, tallies. One slip in such a name is one error, and it stands where the slip
//! was made: a name whose own file is broken is no error where it is used, and a name that is used all over and given nowhere, while one like it is given
//! and used nowhere, was misspelt where it was given.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use bidui_emit::{Choices, ListPlan, NO_WORD, REQUIRED};
use bidui_ingest::CONTRADICTION;
use bidui_match::NO_CHOICE;
use bidui_model::{Diagnostic, Found, Month, Severity, SpecFile, nearest};

use crate::clusters;
use crate::config_files::{Loader, NO_TEXT};
use crate::config_folders::UNREAD;
use crate::config_orphans::settle_orphans;
use crate::config_per::settle_per;
use crate::received_doubts::MONITOR_LINE;
use crate::settings::Settings;

/// A name where it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) span: Range<usize>,
    /// What it is: 指标, 列, 参数, 合计; or a word of a column's choices, 选项.
    pub(crate) what: &'static str,
}

/// The names that were read without an error.
pub(crate) struct Known {
    /// Those that rules, checks and lists may use.
    pub(crate) names: BTreeSet<String>,
    /// The registry's file, whose columns are among them.
    pub(crate) registry: Option<String>,
    /// The columns of each feed's file.
    pub(crate) columns: BTreeMap<String, BTreeSet<String>>,
}

/// The names that a file gives, whether or not it can be read.
pub(crate) fn given(file: &str, text: &str) -> Vec<Given> {
    let mut found = Vec::new();
    let (mut header, mut at) = (String::new(), 0);
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let words = line.trim();
        // A remark that takes a header away, and not what stands beneath it.
        let next = lines.peek().map_or("", |next| next.trim());
        let is_lost = words.starts_with('#')
            && next.starts_with("name")
            && words.trim_start_matches(['#', ' ']).starts_with("[[");
        if is_lost {
            words.trim_start_matches(['#', ' ']).trim().trim_matches(['[', ']']).clone_into(&mut header);
        } else if words.starts_with('[') {
            let written = words.split('#').next().unwrap_or("").trim().trim_matches(['[', ']']);
            header = nearest(written, ["columns", "fact", "parameter", "tally"]).unwrap_or(written).to_owned();
        }
        // The first word, and the first behind `name`: also of a line that is not TOML.
        let word_at = |from: usize| {
            let start = from + words[from..].find(is_of_name)?;
            let end = words[start..].find(|sign| !is_of_name(sign)).map_or(words.len(), |end| start + end);
            Some(start..end)
        };
        let first = word_at(0).filter(|word| word.start == 0 && !words.starts_with('['));
        let named = first.clone().filter(|word| &words[word.clone()] == "name").and_then(|word| word_at(word.end));
        let place = match header.as_str() {
            "columns" => first.filter(|word| &words[word.clone()] != "unique").map(|word| ("列", word)),
            "fact" => named.map(|word| ("指标", word)),
            "parameter" => named.map(|word| ("参数", word)),
            "tally" => named.map(|word| ("合计", word)),
            _ => None,
        };
        if let Some((what, word)) = place {
            let start = at + line.len() - line.trim_start().len() + word.start;
            // A name with a sign that no name may have is asked for as it was meant.
            let rest = words[word.end..].split(['"', '\'']).next().unwrap_or("").trim_end();
            let is_inner = what != "列" && rest.contains(is_of_name) && !rest.contains(['#', '=']);
            let meant =
                if is_inner { format!("{}{rest}", &words[word.clone()]) } else { words[word.clone()].to_owned() };
            let (span, name) = (start..start + word.len(), meant.replace(|sign| !is_of_name(sign), "_"));
            found.push(Given { name, file: file.to_owned(), span, what });
        }
        at += line.len();
    }
    if file.starts_with("feeds/") && text.contains("choices") {
        found.extend(choices(file, text));
    }
    found
}

const CHOICE: &str = "选项";
/// Errors that are about a word that a column never holds.
const ABOUT_WORDS: [&str; 3] = [NO_CHOICE, CONTRADICTION, NO_WORD];

/// The words of the columns' `choices`, of what can be read of the file.
fn choices(file: &str, text: &str) -> Vec<Given> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(columns) = source.root(&mut tree).and_then(|root| root.table("columns")) else { return Vec::new() };
    let columns = columns.entries().into_iter().filter_map(|(name, value)| columns.entry_table(&name.value, value));
    let words = columns.filter(|column| column.has("choices")).flat_map(|column| column.texts("choices"));
    let given = |word: Found<String>| {
        // Without its quotes.
        let span = word.span.start + 1..word.span.end.saturating_sub(1);
        Given { name: word.value, file: file.to_owned(), span, what: CHOICE }
    };
    words.filter(|word| !word.value.is_empty()).map(given).collect()
}

/// Parameters that the program asks for by name.
const READ_BY_PROGRAM: [&str; 2] = [clusters::PARAMETER, MONITOR_LINE];

/// Facts, parameters and tallies that stand nowhere but where they are given, and that the program does not ask for.
pub(crate) fn unread(texts: &[(String, String)]) -> Vec<(Diagnostic, String)> {
    let words = words(texts);
    let all: Vec<(Given, &String)> = texts
        .iter()
        .flat_map(|(file, text)| given(file, text).into_iter().map(move |given| (given, text)))
        .filter(|(given, _)| !["列", CHOICE].contains(&given.what))
        .collect();
    let times = |name: &str| all.iter().filter(|(given, _)| given.name == name).count();
    all.iter()
        .filter(|(given, _)| words.get(given.name.as_str()).copied().unwrap_or(0) <= times(&given.name))
        .filter(|(given, _)| given.what != "参数" || !READ_BY_PROGRAM.contains(&given.name.as_str()))
        .map(|(given, text)| {
            let code = if given.what == "参数" { "BD0712" } else { "BD0711" };
            let message = format!("{}“{}”没有用到：规则、检查、清单里都没有它", given.what, given.name);
            let hint = "不用的删去；要用的，看用的地方名字写得对不对";
            let warning = Diagnostic::warning(code, &given.file, Some(given.span.clone()), message);
            (warning.with_hint(hint), (*text).clone())
        })
        .collect()
}

/// Files that say nothing: whoever emptied one would hardly know that it is read as if there were none.
pub(crate) fn empty(texts: &[(String, String)]) -> Vec<(Diagnostic, String)> {
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let of_toml = texts.iter().filter(|(file, _)| file.ends_with(".toml"));
    of_toml
        .filter(|(_, text)| !text.lines().any(says))
        .map(|(file, text)| {
            let warning = Diagnostic::warning("BD0714", file, None, "这个文件是空的，等于没有写");
            (warning.with_hint("不要的文件请删去；本来有内容的，从备份或原来的配置里找回"), text.clone())
        })
        .collect()
}

fn of_column(given: &Given) -> bool {
    ["列", CHOICE].contains(&given.what)
}

fn is_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Takes errors about names to where they were made.
pub(crate) fn settle(loader: &mut Loader, known: &Known, settings: Option<&Settings>, month: Option<Month>) {
    let all: Vec<Given> = loader.texts.iter().flat_map(|(file, text)| given(file, text)).collect();
    // Of a parameter with a value for each year one may be broken: what it would have been for this month is then not known.
    let is_partly_read = |name: &str| {
        let given = all.iter().filter(|given| given.what == "参数" && given.name == name).count();
        let read = settings.iter().flat_map(|settings| &settings.parameters).filter(|read| read.name == name).count();
        read < given
    };
    let is_feed_lost = loader
        .errors
        .iter()
        .any(|(error, _)| error.file.starts_with("feeds/") && [NO_TEXT, UNREAD].contains(&error.code));
    let is_broken = |error: &Diagnostic| {
        let Some(name) = error.about.as_deref().filter(|_| !ABOUT_WORDS.contains(&error.code)) else { return false };
        if settings.is_none() || is_feed_lost {
            // It may be a name of the file that cannot be read.
            return true;
        }
        // What a person's own row says of a column is called after it.
        let name = name.strip_prefix("own_").unwrap_or(name);
        if error.file.starts_with("feeds/") {
            // A feed knows its own columns, and parameters.
            let is_read = known.columns.get(&error.file).is_some_and(|columns| columns.contains(name));
            let is_given = |given: &Given| given.name == name && given.what == "列" && given.file == error.file;
            return !is_read && all.iter().any(is_given);
        }
        let is_given = |given: &Given| {
            given.name == name
                && given.what != CHOICE
                && (given.what != "列" || known.registry.as_ref().is_none_or(|file| *file == given.file))
        };
        let is_known = known.names.contains(name) && !is_partly_read(name);
        !is_known && all.iter().any(is_given)
    };
    let told = std::mem::take(&mut loader.errors).into_iter();
    let (dropped, kept): (Vec<_>, Vec<_>) = told.partition(|(error, _)| is_broken(error));
    loader.errors = kept;
    if !loader.errors.iter().any(|(error, _)| error.severity == Severity::Error) {
        // What was to be told where a name is given was told nowhere: then where it is used.
        loader.errors.extend(dropped);
    }
    copied(loader);
    settle_per(loader, &all);
    misspelt(loader, &all, known);
    settle_orphans(loader, &all);
    if let (Some(settings), Some(month)) = (settings, month) {
        point_out_parameters(&mut loader.errors, settings, month);
    }
}

/// A fact's name that another one has already.
pub(crate) const DEFINED_TWICE: &str = "BD0109";

/// A fact that was copied, or whose name was mistyped into another's, has left its own name without a meaning: what uses that is not told, too.
fn copied(loader: &mut Loader) {
    let is_twice = |(error, _): &&(Diagnostic, String)| error.code == DEFINED_TWICE;
    let name = |(error, text): &(Diagnostic, String)| Some(text.get(error.span.clone()?)?.to_owned());
    let twice: BTreeSet<String> = loader.errors.iter().filter(is_twice).filter_map(name).collect();
    for name in twice {
        let is_meant = |error: &Diagnostic| {
            error.about.as_deref().is_some_and(|about| about != name && nearest(about, [name.as_str()]).is_some())
        };
        let meant: BTreeSet<String> = loader
            .errors
            .iter()
            .filter(|(error, _)| is_meant(error))
            .filter_map(|(error, _)| error.about.clone())
            .collect();
        if meant.is_empty() {
            continue;
        }
        // A list may take what it calls almost so for a slip of its own.
        let quoted: Vec<String> = meant.iter().map(|name| format!("“{name}”")).collect();
        let names_it = |error: &Diagnostic| quoted.iter().any(|name| error.message.contains(name));
        loader.errors.retain(|(error, _)| !is_meant(error) && !names_it(error));
        let meant = quoted.join("、");
        let is_of = |(error, text): &&mut (Diagnostic, String)| {
            error.code == DEFINED_TWICE && error.span.clone().and_then(|span| text.get(span)) == Some(name.as_str())
        };
        if let Some((error, _)) = loader.errors.iter_mut().find(is_of) {
            error.hint = Some(format!("改其中一个的 name；用到而没有定义的是{meant}，是不是它"));
        }
    }
}

/// Keys of answers that the program itself reads: in the choices they are right.
const ANSWER_KEYS: [&str; 7] = ["result", "monitor_kind", "risk", "started_on", "until", "need_1", "need_2"];

/// A key that a choice requires and no list asks, though it may ask one that is almost that: the slip is the choice's, and stands in its file. A key
/// that the program knows, or that several choices require, was misspelt in the list.
pub(crate) fn misspelt_requirements<'a>(
    loader: &mut Loader,
    choices: &Choices,
    lists: impl Iterator<Item = &'a ListPlan>,
) {
    let asked: BTreeSet<&str> = lists
        .flat_map(|list| &list.sheets)
        .flat_map(|sheet| &sheet.answers)
        .map(|answer| answer.key.as_str())
        .collect();
    let times = |key: &str| {
        let all = choices.lists.values().flatten().flat_map(|choice| &choice.requires);
        all.filter(|required| *required == key).count()
    };
    let is_slip = |key: &str| !asked.contains(key) && !ANSWER_KEYS.contains(&key) && times(key) == 1;
    let of_choice = |error: &Diagnostic| error.code == REQUIRED && error.about.as_deref().is_some_and(is_slip);
    let slips: BTreeSet<String> = loader
        .errors
        .iter()
        .filter(|(error, _)| of_choice(error))
        .filter_map(|(error, _)| error.about.clone())
        .collect();
    for key in slips {
        let quoted = format!("\"{key}\"");
        let place = loader.texts.iter().find_map(|(file, text)| {
            let is_of_choices = choices.lists.keys().any(|name| *file == format!("{name}.toml"));
            let is_required = |at: usize| {
                let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
                text[line..].trim_start().starts_with("requires")
            };
            let mut places = text.match_indices(&quoted).map(|(at, _)| at);
            let start = places.find(|at| is_of_choices && is_required(*at))?;
            Some((file.clone(), text.clone(), start..start + quoted.len()))
        });
        let Some((file, text, span)) = place else { continue };
        loader.errors.retain(|(error, _)| error.code != REQUIRED || error.about.as_deref() != Some(key.as_str()));
        let near = nearest(&key, asked.iter().copied().chain(ANSWER_KEYS));
        let hint =
            near.map_or_else(|| "requires 里写清单 answers 的 key".to_owned(), |near| format!("是不是“{near}”？"));
        let message = format!("没有一张清单有key为“{key}”的一列");
        loader.push(Diagnostic::error(REQUIRED, &file, Some(span), message).with_hint(hint), &text);
    }
}

/// One error for all uses of a name that was misspelt where it is given.
fn misspelt(loader: &mut Loader, all: &[Given], known: &Known) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for name in loader.errors.iter().filter_map(|(error, _)| error.about.clone()) {
        *uses.entry(name).or_default() += 1;
    }
    if uses.is_empty() {
        return;
    }
    let words = words(&loader.texts);
    let count = |word: &str| words.get(word).copied().unwrap_or(0);
    let times = |name: &str| all.iter().filter(|given| given.name == name).count();
    let unused: Vec<&Given> = all.iter().filter(|given| count(&given.name) <= times(&given.name)).collect();
    let mut found: Vec<(&Given, String, usize, bool)> = Vec::new();
    for (name, uses) in uses {
        // A column is meant only in its own file, and one of the registry in rules, checks and lists too; so are its choices.
        let may_mean = |given: &Given, file: &str| {
            let of_registry = known.registry.as_deref().is_none_or(|registry| registry == given.file);
            !of_column(given) || file == given.file || (of_registry && !file.starts_with("feeds/"))
        };
        let files: BTreeSet<&str> = loader
            .errors
            .iter()
            .filter(|(error, _)| error.about.as_deref() == Some(name.as_str()))
            .map(|(error, _)| error.file.as_str())
            .collect();
        let meant = || unused.iter().filter(|given| files.iter().any(|file| may_mean(given, file)));
        // Two choices between one pair of quotes are a slip of both.
        let holds = |given: &&&Given| {
            given.what == CHOICE && given.name.split([',', '，', '、', ';', '；']).any(|part| part.trim() == name)
        };
        let both = meant().find(holds).map(|given| given.name.as_str());
        let Some(near) = both.or_else(|| nearest(&name, meant().map(|given| given.name.as_str()))) else { continue };
        let Some(slip) = meant().find(|given| given.name == near) else { continue };
        // A name that is used once may itself be the slip: it is the one of the two whose parts are met nowhere else. Where both are alike, both
        // places are told.
        let met = |name: &str| name.split('_').map(|part| count(part) as u64).product::<u64>();
        let (used, given) = (met(&name), met(near));
        if uses > 1 || (used >= given && slip.what != CHOICE) {
            found.push((slip, name, uses, uses > 1 || used > given));
        }
    }
    let found: Vec<(Given, String, usize, bool)> =
        found.into_iter().map(|(slip, name, uses, is_sure)| (slip.clone(), name, uses, is_sure)).collect();
    // What a person's own row says of a column is called after it: one slip, told of the column. So are two choices between one pair of quotes.
    let mut found = found;
    found.sort_by_key(|(_, name, ..)| name.starts_with("own_"));
    let mut told: Vec<Given> = Vec::new();
    for (slip, name, uses, is_sure) in found {
        let may_mean =
            |error: &Diagnostic| !of_column(&slip) || !error.file.starts_with("feeds/") || error.file == slip.file;
        let is_of = |error: &Diagnostic| error.about.as_deref() == Some(name.as_str()) && may_mean(error);
        if told.contains(&slip) {
            loader.errors.retain(|(error, _)| !is_of(error));
            continue;
        }
        let Some((first, text)) = loader.errors.iter().find(|(error, _)| is_of(error)) else { continue };
        let line = first.span.as_ref().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        let hint = format!("用到“{name}”的如 {}:{line}；两边要写得一样", first.file);
        let message =
            format!("{}“{}”没有用到，而用到的“{name}”（{uses}处）没有定义：是不是这里写错了", slip.what, slip.name);
        let text = loader.texts.iter().find(|(file, _)| *file == slip.file).map_or("", |(_, text)| text.as_str());
        let error = Diagnostic::error("BD0710", &slip.file, Some(slip.span.clone()), message).with_hint(hint);
        let text = text.to_owned();
        loader.errors.retain(|(error, _)| !is_sure || !is_of(error));
        loader.errors.push((error, text));
        told.push(slip);
    }
}

/// How often each word, and each part of one, stands in all files, remarks aside.
pub(crate) fn words(texts: &[(String, String)]) -> HashMap<&str, usize> {
    let mut words = HashMap::new();
    let lines = texts.iter().flat_map(|(_, text)| text.lines());
    for line in lines.filter(|line| !line.trim_start().starts_with('#')) {
        for word in line.split(|sign| !is_of_name(sign)).filter(|word| !word.is_empty()) {
            *words.entry(word).or_default() += 1;
            // And its parts.
            if word.contains('_') {
                word.split('_').filter(|part| !part.is_empty()).for_each(|part| *words.entry(part).or_default() += 1);
            }
        }
    }
    words
}

/// A name that is a parameter of other months is not a slip of the pen.
fn point_out_parameters(errors: &mut [(Diagnostic, String)], settings: &Settings, month: Month) {
    for (error, _) in errors {
        let lapsed = settings.parameters.iter().find(|parameter| error.about.as_deref() == Some(&parameter.name));
        if let Some(parameter) = lapsed {
            error.hint =
                Some(format!("参数“{}”在{month}没有有效的一条，请在 bidui.toml 里补上 [[parameter]]", parameter.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_given() {
        let text = "name = \"医保\"\n[columns]\nself_paid = { type = \"money\" }\nunique = [\"a\"]\n[[fact]]\nname = \"paid_12m\"\nvalue = \"SUM(self_paid)\"\n";
        let found: Vec<&str> = given("feeds/x.toml", text).iter().map(|given| &text[given.span.clone()]).collect();
        assert_eq!(found, ["self_paid", "paid_12m"]);
    }
}
