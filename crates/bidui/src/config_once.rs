//! What was found, told once: what stands at the head of a file of lists is held for every sheet, and of a pattern that a column never meets no more is said.

use std::ops::Range;

use bidui_emit::{NO_WORD, ODD_PATTERN};
use bidui_match::{NO_CHOICE, NO_PATTERN, REPEATED_ID};
use bidui_model::Diagnostic;

/// Each error once, in order.
pub(crate) fn once(errors: Vec<(Diagnostic, String)>, texts: &[(String, String)]) -> Vec<(Diagnostic, String)> {
    let place = |error: &Diagnostic| (error.file.clone(), error.span.clone());
    let is_strange = |error: &Diagnostic| [NO_CHOICE, NO_WORD].contains(&error.code);
    let strange: Vec<(String, Option<Range<usize>>)> =
        errors.iter().filter(|(error, _)| is_strange(error)).map(|(error, _)| place(error)).collect();
    let says_less =
        |error: &Diagnostic| [NO_PATTERN, ODD_PATTERN].contains(&error.code) && strange.contains(&place(error));
    let mut kept: Vec<(Diagnostic, String)> = Vec::new();
    for mut error in errors.into_iter().filter(|(error, _)| !says_less(error)) {
        name_the_other(&mut error, texts);
        if !kept.iter().any(|(other, _)| *other == error.0) {
            kept.push(error);
        }
    }
    kept
}

/// Where an id is there already: in a copy of the file, as a rule.
fn name_the_other((error, text): &mut (Diagnostic, String), texts: &[(String, String)]) {
    let (Some(span), Some((folder, _))) = (error.span.clone(), error.file.split_once('/')) else { return };
    if error.code != REPEATED_ID {
        return;
    }
    let Some(id) = text.get(span).map(|id| id.trim_matches(['"', '\''])) else { return };
    let is_given = |text: &str| {
        let mut lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("id"));
        lines.any(|line| line.split(['"', '\'']).nth(1) == Some(id))
    };
    let is_other = |file: &str| file != error.file && file.split_once('/').is_some_and(|(of, _)| of == folder);
    if let Some((other, _)) = texts.iter().find(|(file, text)| is_other(file) && is_given(text)) {
        let hint = error.hint.take().unwrap_or_default();
        error.hint = Some(format!("{other} 里已有；是那个文件的副本的，删去一个。{hint}"));
    }
}
