//! The end of a chunk: rows that are not kept leave every column and stand among the rejects.

use bidui_model::{Flaw, Reject, RejectCode, SealedChunk, SealedColumn, SourceId};

/// Takes the rows that are not kept out of everything and puts them among the rejects.
pub(crate) fn finish(
    source: SourceId,
    rows: Vec<u32>,
    mut rejects: Vec<Reject>,
    mut columns: Vec<(String, SealedColumn)>,
    flaws: Vec<(usize, Flaw)>,
    keep: &[bool],
    mut loose: Vec<u32>,
) -> SealedChunk {
    let all = keep.iter().all(|keep| *keep);
    if !all {
        for (row, _) in rows.iter().zip(keep).filter(|(_, keep)| !**keep) {
            rejects.push(Reject { source, row: *row, code: RejectCode::Duplicate });
        }
        for (_, column) in &mut columns {
            retain(column, keep);
        }
        retain_values(&mut loose, keep);
    }
    let mut kept_rows = rows;
    if !all {
        retain_values(&mut kept_rows, keep);
    }
    let mut flaws = flaws;
    // By row, so that the order of columns does not show.
    flaws.sort_by_key(|(row, _)| *row);
    SealedChunk {
        sources: vec![source; kept_rows.len()],
        rows: kept_rows,
        columns,
        loose,
        flaws: flaws
            .into_iter()
            .filter(|(row, _)| keep.get(*row).copied().unwrap_or(true))
            .map(|(_, flaw)| flaw)
            .collect(),
        rejects,
    }
}

fn retain(column: &mut SealedColumn, keep: &[bool]) {
    match column {
        SealedColumn::Id { tokens, status } => {
            retain_values(tokens, keep);
            retain_values(status, keep);
        }
        SealedColumn::Name(values) => retain_values(values, keep),
        SealedColumn::Date { days, precision } => {
            retain_values(days, keep);
            retain_values(precision, keep);
        }
        SealedColumn::Money(values) | SealedColumn::Integer(values) => retain_values(values, keep),
        SealedColumn::Number(values) => retain_values(values, keep),
        SealedColumn::Flag(values) => retain_values(values, keep),
        SealedColumn::Text(text) => retain_values(&mut text.codes, keep),
        SealedColumn::Dropped => {}
    }
}

fn retain_values<T>(values: &mut Vec<T>, keep: &[bool]) {
    let mut row = 0;
    values.retain(|_| {
        row += 1;
        keep.get(row - 1).copied().unwrap_or(true)
    });
}
