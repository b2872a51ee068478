//! Words that one file gives and others repeat: departments, which report the extracts and are asked to act, and risks, which rules warn of and lists
//! let a village answer. A word that nobody else knows would split one department, or one risk, into two on every list.

use std::collections::BTreeSet;
use std::ops::Range;

use bidui_emit::{AnswerKind, ListPlan};
use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, nearest};

use crate::config_files::Loader;

/// A department that reports nothing and is declared nowhere.
const DEPARTMENT: &str = "BD0715";
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
    let (reporting, lacks) =
        written(&loader.texts, |file| file.starts_with("feeds/"), |root| root.text("department").into_iter().collect());
    let of_rules = |root: &SpecTable<'_>| {
        root.tables("rule").iter().flat_map(|rule| rule.texts("departments")).collect::<Vec<_>>()
    };
    let of_needs =
        |root: &SpecTable<'_>| root.tables("need").iter().filter_map(|need| need.text("department")).collect();
    let (mut used, _) = written(&loader.texts, |file| file.starts_with("rules/"), of_rules);
    used.extend(written(&loader.texts, |file| file == "needs.toml", of_needs).0);
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

/// Whether two names have more in common than the 局 that most end with: of three characters, two may differ and still be near.
fn share(one: &str, other: &str) -> bool {
    one.chars().filter(|sign| other.contains(*sign)).count() > 1
}

/// Risks of rules that no list lets anybody answer.
pub(crate) fn unknown_risks<'a>(loader: &mut Loader, lists: impl Iterator<Item = &'a ListPlan>) {
    let answers = lists.flat_map(|list| &list.sheets).flat_map(|sheet| &sheet.answers);
    let mut known: Vec<&str> = Vec::new();
    for answer in answers.filter(|answer| answer.key == RISK_KEY) {
        if let AnswerKind::Options(options) = &answer.kind {
            known.extend(
                options.iter().map(String::as_str).filter(|option| !known.contains(option)).collect::<Vec<_>>(),
            );
        }
    }
    if known.is_empty() {
        return;
    }
    if !known.contains(&OTHER_RISK) {
        known.push(OTHER_RISK);
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
