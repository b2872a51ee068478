//! What a list asks to be filled in beside an answer, and what does not go with it: told of each row that was taken without. The choices of a verification
//! say in the configuration what they require; this is what no choice says.

use std::collections::BTreeMap;

use bidui_emit::Effect;
use bidui_model::ReturnKind;
use bidui_normalize::iso_date;

use crate::casebook::EXEMPT;
use crate::clocks;
use crate::config::Config;
use crate::received_remarks::finds;
use crate::received_rows::{agrees, last_day, result_of};
use crate::received_silence::title;
use crate::returned::{Answer, At, ReturnedRow};
use crate::returned_remark::{Remark, Until};

/// A kind of list, the key of an answer, how its word begins, and the key without which that is not enough.
const ASKED: [(ReturnKind, &str, &str, &str); 4] = [
    (ReturnKind::HouseholdCheck, "result", "不一致", "corrected"),
    (ReturnKind::PolicyGap, "result", "已落实", "done_on"),
    (ReturnKind::Tasks, "outcome", "不符合条件", "explanation"),
    // Of those who are away for long, whom somebody reached.
    (ReturnKind::Visits, "outcome", "联系上", "contacted_on"),
];

/// The same, of what does not go with that word.
const AGAINST: [(ReturnKind, &str, &str, &str); 1] = [(ReturnKind::PolicyGap, "result", "属实，未落实", "done_on")];

/// Keys of two persons who are not to be one.
const PAIRS: [(&str, &str); 2] = [("checker_1", "checker_2"), ("verifier_1", "verifier_2")];

/// Words of who has not seen it.
const HEARSAY: [&str; 12] =
    ["听说", "据说", "听人", "据反映", "群众反映", "村民反映", "传闻", "好像", "可能", "估计", "推测", "疑似"];

pub(crate) fn required(rows: &[ReturnedRow], config: &Config) -> Vec<(At, Remark)> {
    let mut found = Vec::new();
    for row in rows {
        let title = |key: &str| title(row, key, config).unwrap_or_else(|| key.to_owned());
        let has = |key: &str| row.answers.contains_key(key);
        let mut remark = |remark| found.push((row.at.clone(), remark));
        for (_, key, begins, asked) in ASKED.iter().filter(|(kind, ..)| *kind == row.kind) {
            if let Some(word) = option(row, key).filter(|word| word.starts_with(begins) && !has(asked)) {
                remark(Remark::Requires(word.to_owned(), title(asked), Until::Counts));
            }
        }
        for (_, key, word, other) in AGAINST.iter().filter(|(kind, ..)| *kind == row.kind) {
            if option(row, key) == Some(*word) && has(other) {
                remark(Remark::Against(title(key), (*word).to_owned(), title(other)));
            }
        }
        for (one, other) in PAIRS {
            if text(row, one).is_some_and(|name| text(row, other) == Some(name)) {
                remark(Remark::OnePerson(title(one), title(other)));
            }
        }
        if row.kind == ReturnKind::HouseholdCheck && option(row, "review").is_some_and(|word| word.starts_with("退回"))
        {
            remark(Remark::SentBack(title("result"), title("review")));
        }
        let issued = clocks::issue_day(&config.settings, row.month);
        if row.kind == ReturnKind::Anomalies
            && option(row, "result") == Some(EXEMPT)
            && last_day(row, "until").is_some_and(|until| until <= issued)
        {
            remark(Remark::Over(title("until"), iso_date(issued)));
        }
        of_result(row, config, &title, &mut remark);
    }
    found.extend(nobodys_looks(rows));
    found
}

/// What goes with a result of a verification beside what its choice requires.
fn of_result(row: &ReturnedRow, config: &Config, title: &dyn Fn(&str) -> String, remark: &mut dyn FnMut(Remark)) {
    let Some(choice) = result_of(row, config).filter(|_| finds(row)) else { return };
    // Who spoke with them by telephone: nobody else can tell.
    let is_unsigned = row.kind == ReturnKind::Verification
        && ["verifier_1", "verifier_2"].iter().all(|key| !row.answers.contains_key(*key));
    match choice.effect {
        Some(Effect::Away) if is_unsigned => {
            remark(Remark::Requires(choice.written(), title("verifier_1"), Until::Counts));
        }
        Some(Effect::Negative) => {
            let told = text(row, "explanation").unwrap_or_default();
            let is_hearsay = HEARSAY.iter().any(|word| told.contains(word));
            remark(Remark::Excludes { choice: choice.written(), is_hearsay });
        }
        _ => {}
    }
}

/// Second looks of which nobody knows who took them, or when, a line a sheet.
fn nobodys_looks(rows: &[ReturnedRow]) -> Vec<(At, Remark)> {
    let mut by_sheet: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for row in rows.iter().filter(|row| agrees(row).is_some()) {
        if ["checked_on", "checker"].iter().any(|key| !row.answers.contains_key(*key)) {
            by_sheet.entry((&row.at.file, &row.at.sheet)).or_default().extend(row.at.row);
        }
    }
    let of_sheet = |((file, sheet), rows): ((&str, &str), Vec<u32>)| {
        let at = At { file: file.to_owned(), sheet: sheet.to_owned(), row: None };
        (at, Remark::NobodysLook(rows))
    };
    by_sheet.into_iter().map(of_sheet).collect()
}

fn option<'r>(row: &'r ReturnedRow, key: &str) -> Option<&'r str> {
    match row.answers.get(key) {
        Some(Answer::Option(word)) => Some(word),
        _ => None,
    }
}

/// What was written in words; no two names are alike but for blanks.
fn text<'r>(row: &'r ReturnedRow, key: &str) -> Option<&'r str> {
    match row.answers.get(key) {
        Some(Answer::Text(words)) => Some(words.trim()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
