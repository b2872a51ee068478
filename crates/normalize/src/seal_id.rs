//! A column of ID numbers to a column of tokens.

use bidui_model::{CellKind, FlawCode, IdNumber, IdStatus, Month, RawColumn, SealedColumn, Token};

use crate::mask::mask_found;
use crate::seal_column::Notes;
use crate::{DisabilityCard, SealKeys, canonical_id, mask_id};

/// A sealed ID column, with what other columns of the same rows still ask of it. The numbers live no longer than the chunk.
pub(crate) struct SealedIds {
    pub(crate) tokens: Vec<Token>,
    pub(crate) status: Vec<IdStatus>,
    /// Birth dates and sexes of the registry come from it.
    pub(crate) numbers: Vec<Option<IdNumber>>,
    pub(crate) cards: Vec<(usize, DisabilityCard)>,
}

impl SealedIds {
    pub(crate) fn into_column(self) -> SealedColumn {
        self.into_parts().0
    }
    /// The column, and the plain numbers.
    pub(crate) fn into_parts(self) -> (SealedColumn, Vec<Option<IdNumber>>) {
        (SealedColumn::Id { tokens: self.tokens, status: self.status }, self.numbers)
    }
}

pub(crate) struct IdSealing<'a> {
    pub(crate) keys: &'a SealKeys,
    pub(crate) month: Month,
    pub(crate) column: &'a str,
    /// Whether an empty cell is a flaw.
    pub(crate) expected: bool,
}

pub(crate) fn seal_ids(cells: &RawColumn, rows: usize, sealing: &IdSealing<'_>, notes: &mut Notes<'_>) -> SealedIds {
    let mut sealed = SealedIds {
        tokens: Vec::new(),
        status: Vec::with_capacity(rows),
        numbers: Vec::with_capacity(rows),
        cards: Vec::new(),
    };
    let mut round_numbers = Vec::new();
    let last_birth = sealing.month.plus(12);
    for row in 0..rows {
        let cell = cells.get(row);
        let mut read = canonical_id(cell);
        if read.id.is_some_and(|id| is_unborn(&id, last_birth)) {
            read.id = None;
            read.status = IdStatus::BirthDate;
            read.flaw = Some(FlawCode::IdBirthDate);
        }
        if let Some(code) = read.flaw.filter(|code| sealing.expected || *code != FlawCode::IdMissing) {
            let found = match cell.kind {
                CellKind::Error => mask_found(cell.text),
                _ => mask_id(cell.text),
            };
            notes.add(row, sealing.column, code, found);
        }
        if read.status == IdStatus::Valid && read.id.is_some_and(|id| id.expose_bytes().ends_with(b"000")) {
            round_numbers.push(row);
        }
        if let Some(card) = read.card {
            sealed.cards.push((row, card));
        }
        sealed.status.push(read.status);
        sealed.numbers.push(read.id);
    }
    if is_damaged_column(&sealed.status) {
        for row in round_numbers {
            sealed.status[row] = IdStatus::DamagedByExcel;
            sealed.numbers[row] = None;
            let found = mask_id(cells.get(row).text);
            notes.add(row, sealing.column, FlawCode::IdDamagedByExcel, found);
        }
    }
    sealed.tokens = sealing.keys.id_tokens(&sealed.numbers);
    sealed
}

/// In a column that Excel has been through, a number ending in 000 whose check digit fits is more likely damaged (1 in 11 of the
/// damaged) than whole (9 sequences of 999 and 1 check digit of 11: 1 in 1,200 of the whole) from about one damaged cell in a hundred.
fn is_damaged_column(status: &[IdStatus]) -> bool {
    let damaged = status.iter().filter(|status| **status == IdStatus::DamagedByExcel).count();
    let missing = status.iter().filter(|status| **status == IdStatus::Missing).count();
    damaged > 0 && damaged * 100 >= status.len() - missing
}

/// Born more than a year after the month: a mistyped date whose check digit happens to fit.
fn is_unborn(id: &IdNumber, last: Month) -> bool {
    let (year, month, _) = id.birth_date();
    Month::new(year, month).is_some_and(|birth| birth > last)
}
