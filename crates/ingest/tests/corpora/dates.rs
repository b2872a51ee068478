//! Date cells of every system and form, each as the day that it is.

use std::path::Path;

use crate::outcome::{Outcome, outcome};
use bidui_model::CellKind;

/// A file's headings and rows, kinds where they are neither text nor date. A file without a heading has its first row for one, so that
/// dates stand among the headings too.
pub(crate) fn told(path: &Path) -> String {
    let Outcome::Rows(told) = outcome(path) else { panic!("{} has no rows", path.display()) };
    let headings: Vec<&str> = told.report.headings.iter().map(|(_, heading)| heading.as_str()).collect();
    let mut lines = vec![headings.join("|")];
    for source in 0..told.report.sources.len() {
        for (row, cells) in told.cells(source) {
            let cells: Vec<String> = cells
                .iter()
                .map(|(kind, text)| match kind {
                    CellKind::Empty => String::new(),
                    CellKind::Text => format!("'{text}'"),
                    CellKind::Date => text.clone(),
                    kind => format!("{kind:?} {text}"),
                })
                .collect();
            lines.push(format!("{row}: {}", cells.join("|").trim_end_matches('|')));
        }
    }
    lines.join("\n")
}
