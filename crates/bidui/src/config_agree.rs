//! Words that one file gives and others repeat: departments, which report the extracts and are asked to act, and risks, which rules warn of and lists
//! let a village answer. A word that nobody else knows would split one department, or one risk, into two on every list.

use std::collections::BTreeSet;
use std::ops::Range;

use bidui_emit::{AnswerKind, ListPlan};
use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, nearest};

use crate::config_files::Loader;

/// A department that reports nothing and is declared nowhere.
const DEPARTMENT: &str = "BD0715";
/// A department of one feed alone whose name is almost another's.
const ALMOST: &str = "BD0723";
/// A risk that no answer knows.
const RISK: &str = "BD0716";
/// Of which nothing more is said, and which is always there.
const OTHER_RISK: &str = "其他";
/// The key of the answers that name a risk.
const RISK_KEY: &str = "risk";

/// A word where it is written.
struct Written {
    word: String,
    file: String,
    span: Range<usize>,
}

/// The words of those files that `read` finds, and whether some file has none.
fn written(
    texts: &[(String, String)],
    is_of: impl Fn(&str) -> bool,
    read: impl Fn(&SpecTable<'_>) -> Vec<Found<String>>,
) -> (Vec<Written>, bool) {
    let (mut found, mut lacks) = (Vec::new(), false);
    for (file, text) in texts.iter().filter(|(file, _)| is_of(file)) {
        // What is wrong with the file has been told by its own reader.
        let source = SpecFile::new(file, text);
        let mut tree = None;
        let words = source.root(&mut tree).map(|root| read(&root)).unwrap_or_default();
        lacks |= words.is_empty();
        found.extend(words.into_iter().map(|word| Written { word: word.value, file: file.clone(), span: word.span }));
    }
    (found, lacks)
}

/// Departments of rules and needs that report no extract and that bidui.toml does not declare; `None` if it cannot be read.
pub(crate) fn unknown_departments(loader: &mut Loader, declared: Option<&[String]>) {
    let (reporting, lacks) = reporting(&loader.texts);
    let used = used(&loader.texts);
    let names: BTreeSet<&str> = reporting
        .iter()
        .map(|of| of.word.as_str())
        .chain(declared.unwrap_or_default().iter().map(String::as_str))
        .collect();
    let times = |word: &str| used.iter().filter(|each| each.word == word).count();
    let mut found = Vec::new();
    let mut settled = BTreeSet::new();
    for each in used.iter().filter(|each| !each.word.trim().is_empty() && !names.contains(each.word.as_str())) {
        let near = nearest(&each.word, names.iter().copied().filter(|name| share(name, &each.word)));
        let many = times(&each.word);
        // A word that is used all over, while the one like it reports and is used nowhere, was misspelt where it reports.
        if let Some(slip) =
            reporting.iter().find(|of| Some(of.word.as_str()) == near && times(&of.word) == 0 && many > 1)
        {
            if settled.insert(each.word.as_str()) {
                let message =
                    format!("没有规则、需求用到部门“{}”，而用到的“{}”（{many}处）没有报送数据", slip.word, each.word);
                let hint = format!("用到的如 {}；两边要写得一样", each.file);
                found.push(Diagnostic::error(DEPARTMENT, &slip.file, Some(slip.span.clone()), message).with_hint(hint));
            }
            continue;
        }
        // It may be the department of a file that cannot be read.
        if (lacks || declared.is_none()) && (many > 1 || near.is_none()) {
            continue;
        }
        let known = names.iter().copied().collect::<Vec<_>>().join("、");
        let near = near.map_or_else(|| format!("可用：{known}。"), |near| format!("是不是“{near}”？"));
        let hint = format!("{near}不报送数据的部门写进 bidui.toml 的 departments");
        let message = format!("没有一份数据是“{}”报送的", each.word);
        found.push(Diagnostic::error(DEPARTMENT, &each.file, Some(each.span.clone()), message).with_hint(hint));
    }
    push(loader, found);
}

/// Departments that one feed alone names, and nothing else, while another is called almost so: one of several feeds of a department, misspelt, would be
/// another department on every list of what has arrived. A department that is declared is meant.
pub(crate) fn almost_departments(
    texts: &[(String, String)],
    declared: &[String],
    towns: &[&str],
) -> Vec<(Diagnostic, String)> {
    let (reporting, _) = reporting(texts);
    let used = used(texts);
    let times = |word: &str| reporting.iter().filter(|each| each.word == word).count();
    let is_known = |word: &str| {
        used.iter().any(|each| each.word == word) || declared.iter().any(|each| each == word) || towns.contains(&word)
    };
    let alone = reporting.iter().filter(|each| times(&each.word) == 1 && !is_known(&each.word));
    let told = alone.filter_map(|each| {
        let others = reporting.iter().chain(&used).map(|other| other.word.as_str());
        let others = others
            .chain(declared.iter().map(String::as_str))
            .filter(|other| *other != each.word && share(other, &each.word) && (times(other) > 1 || is_known(other)));
        let near = nearest(&each.word, others)?;
        let message = format!("部门“{}”只有这一份数据写到，别处都没有", each.word);
        let hint = format!("是不是“{near}”？确实是另一个部门的，写进 bidui.toml 的 departments");
        let warning = Diagnostic::warning(ALMOST, &each.file, Some(each.span.clone()), message).with_hint(hint);
        let text = texts.iter().find(|(file, _)| *file == each.file).map_or("", |(_, text)| text.as_str());
        Some((warning, text.to_owned()))
    });
    told.collect()
}

/// The departments of feeds, and whether some feed has none.
fn reporting(texts: &[(String, String)]) -> (Vec<Written>, bool) {
    written(texts, |file| file.starts_with("feeds/"), |root| root.text("department").into_iter().collect())
}

/// The departments of rules and needs.
fn used(texts: &[(String, String)]) -> Vec<Written> {
    let of_rules = |root: &SpecTable<'_>| {
        root.tables("rule").iter().flat_map(|rule| rule.texts("departments")).collect::<Vec<_>>()
    };
    let of_needs =
        |root: &SpecTable<'_>| root.tables("need").iter().filter_map(|need| need.text("department")).collect();
    let (mut used, _) = written(texts, |file| file.starts_with("rules/"), of_rules);
    used.extend(written(texts, |file| file == "needs.toml", of_needs).0);
    used
}

/// Whether two names have more in common than the 局 that most end with: of three characters, two may differ and still be near.
fn share(one: &str, other: &str) -> bool {
    one.chars().filter(|sign| other.contains(*sign)).count() > 1
}

/// The risks that lists let anybody answer, in their order, 其他 among them; none where no list asks for one.
pub(crate) fn risks_of<'a>(lists: impl Iterator<Item = &'a ListPlan>) -> Vec<&'a str> {
    let answers = lists.flat_map(|list| &list.sheets).flat_map(|sheet| &sheet.answers);
    let mut known: Vec<&str> = Vec::new();
    for answer in answers.filter(|answer| answer.key == RISK_KEY) {
        if let AnswerKind::Options(options) = &answer.kind {
            for option in options {
                if !known.contains(&option.as_str()) {
                    known.push(option);
                }
            }
        }
    }
    if !known.is_empty() && !known.contains(&OTHER_RISK) {
        known.push(OTHER_RISK);
    }
    known
}

/// Risks of rules that no list lets anybody answer.
pub(crate) fn unknown_risks<'a>(loader: &mut Loader, lists: impl Iterator<Item = &'a ListPlan>) {
    let known = risks_of(lists);
    if known.is_empty() {
        return;
    }
    let of_rules = |root: &SpecTable<'_>| root.tables("rule").iter().filter_map(|rule| rule.text("risk")).collect();
    let (used, _) = written(&loader.texts, |file| file.starts_with("rules/"), of_rules);
    let strangers = used.iter().filter(|each| !each.word.trim().is_empty() && !known.contains(&each.word.as_str()));
    let told = strangers.map(|each| {
        let all = format!("可用：{}", known.join("、"));
        // Of two words almost every short one is near: the list of all says more.
        let near = nearest(&each.word, known.iter().copied()).filter(|near| near.chars().count() > 2);
        let hint = near.map_or(all, |near| format!("是不是“{near}”？"));
        let message = format!("没有“{}”这种风险：清单的“返贫致贫风险类型”里没有它", each.word);
        Diagnostic::error(RISK, &each.file, Some(each.span.clone()), message).with_hint(hint)
    });
    let told = told.collect();
    push(loader, told);
}

fn push(loader: &mut Loader, found: Vec<Diagnostic>) {
    for error in found {
        let text = loader
            .texts
            .iter()
            .find(|(file, _)| *file == error.file)
            .map_or_else(String::new, |(_, text)| text.clone());
        loader.push(error, &text);
    }
}
