//! Columns of one chunk, one by one: cells to typed values, with a flaw for each that could not be read.

use std::borrow::Cow;
use std::collections::HashMap;

use bidui_model::{
    CellKind, ColumnContract, DatePrecision, FeedKind, Flaw, FlawCode, Month, NameToken, Place, RawCell, RawColumn,
    SealedColumn, SourceId, TextColumn, Token, WordList,
};

use foldhash::fast::RandomState;

use crate::blank::is_blank;
use crate::cell_text::CellText;
use crate::fold::{fold, is_plain_han};
use crate::mask::{Keep, mask_found};
use crate::mask_value::mask_value;
use crate::slipped::is_like_a_name;
use crate::text::TextReader;
use crate::{CanonicalName, Gazetteer, SealKeys, canonical_name, mask_name, parse_date};

/// Flaws of a chunk with the index of their row, so that those of a row set aside later can go with it.
pub(crate) struct Notes<'a> {
    pub(crate) source: SourceId,
    pub(crate) rows: &'a [u32],
    pub(crate) flaws: Vec<(usize, Flaw)>,
}

impl Notes<'_> {
    pub(crate) fn add(&mut self, row: usize, column: &str, code: FlawCode, found: String) {
        self.flaws.push((
            row,
            Flaw {
                source: self.source,
                row: self.rows.get(row).copied().unwrap_or(0),
                column: column.to_owned(),
                code,
                found,
            },
        ));
    }
}

/// What a required column makes of a cell without a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blank {
    /// Dates: 无 is as bad as nothing.
    Missing,
    /// Amounts and numbers: an empty cell was forgotten, but a dash says that there is none.
    MissingIfEmpty,
    /// Flags: a file of ticks leaves the others empty, and "not said" is an answer of its own.
    Fine,
}

/// A plain parser's column: dates, money, integers, numbers, flags.
pub(crate) fn seal_values<T>(
    cells: &RawColumn,
    column: &ColumnContract,
    blank: Blank,
    notes: &mut Notes<'_>,
    parse: impl Fn(RawCell<'_>) -> Result<Option<T>, FlawCode>,
) -> Vec<Option<T>> {
    let mut values = Vec::with_capacity(notes.rows.len());
    for row in 0..notes.rows.len() {
        let cell = cells.get(row);
        let (value, flaw) = match parse(cell) {
            Ok(None) if column.required => (None, Some(FlawCode::RequiredMissing)),
            Ok(value) => (value, None),
            Err(code) => (None, Some(code)),
        };
        let excused = flaw == Some(FlawCode::RequiredMissing)
            && match blank {
                Blank::Missing => false,
                Blank::MissingIfEmpty => !fold(cell.text).is_empty(),
                Blank::Fine => true,
            };
        if let Some(code) = flaw.filter(|_| !excused) {
            notes.add(row, &column.name, code, mask_value(cell.text));
        }
        values.push(value);
    }
    values
}

/// More than thirty years ahead of the month nobody plans; it is a slip of the year.
const AHEAD_MONTHS: i32 = 360;

pub(crate) fn seal_dates(
    cells: &RawColumn,
    column: &ColumnContract,
    kind: FeedKind,
    month: Month,
    notes: &mut Notes<'_>,
) -> SealedColumn {
    let latest = match kind {
        // What a month brings has happened.
        FeedKind::Events => month.last_day(),
        FeedKind::Snapshot | FeedKind::Registry => month.plus(AHEAD_MONTHS).last_day(),
    };
    let values = seal_values(cells, column, Blank::Missing, notes, |cell| match parse_date(cell) {
        Ok(Some((days, _))) if days > latest => Err(FlawCode::DateImpossible),
        other => other,
    });
    SealedColumn::Date {
        days: values.iter().map(|value| value.map(|(days, _)| days)).collect(),
        precision: values.iter().map(|value| value.map_or(DatePrecision::Day, |(_, precision)| precision)).collect(),
    }
}

/// Name tokens, each bound to its row's person.
pub(crate) fn seal_names(
    cells: &RawColumn,
    column: &ColumnContract,
    persons: Option<&[Token]>,
    keys: &SealKeys,
    notes: &mut Notes<'_>,
) -> Vec<NameToken> {
    // A column that the file lacks is no flaw of every row.
    let expected = column.required || cells.iter().any(|cell| cell.kind != CellKind::Empty);
    let nobody = vec![Token::NONE; if persons.is_none() { notes.rows.len() } else { 0 }];
    let mut names: Vec<Cow<'_, str>> = Vec::with_capacity(notes.rows.len());
    for row in 0..notes.rows.len() {
        let cell = cells.get(row);
        // Most names are canonical as they stand, and need no copy.
        if cell.kind == CellKind::Text && is_plain_han(cell.text) && !is_blank(cell.text) {
            names.push(Cow::Borrowed(cell.text));
            continue;
        }
        let name = match cell.kind {
            CellKind::Error => {
                notes.add(row, &column.name, FlawCode::CellError, String::new());
                String::new()
            }
            _ => match canonical_name(cell.text) {
                CanonicalName::Name(name) => name,
                CanonicalName::Illegible { .. } => {
                    notes.add(row, &column.name, FlawCode::NameIllegible, mask_name(cell.text));
                    String::new()
                }
                CanonicalName::Missing => {
                    if expected {
                        notes.add(row, &column.name, FlawCode::NameMissing, String::new());
                    }
                    String::new()
                }
            },
        };
        names.push(Cow::Owned(name));
    }
    keys.name_tokens(persons.unwrap_or(&nobody), &names)
}

/// What has been read in a column of one chunk, by its spelling: nearly all cells say what another said before.
type Read<K> = HashMap<K, (u32, Option<FlawCode>), RandomState>;

/// A dictionary that grows. Different spellings of a word are that word.
#[derive(Default)]
struct Words {
    codes: HashMap<String, u32, RandomState>,
    words: WordList,
}

impl Words {
    fn code(&mut self, word: Option<&str>) -> u32 {
        let Some(word) = word.filter(|word| !word.is_empty()) else {
            return 0;
        };
        if let Some(code) = self.codes.get(word) {
            return *code;
        }
        self.codes.insert(word.to_owned(), self.next());
        self.add(word)
    }
    /// Without looking whether it is there: a word may stand in a dictionary twice.
    fn add(&mut self, word: &str) -> u32 {
        let code = self.next();
        self.words.push(word);
        code
    }
    fn next(&self) -> u32 {
        u32::try_from(self.words.len() + 1).unwrap_or(u32::MAX)
    }
}

/// A text column; each spelling of the chunk is read once, but numbers of persons and bills, which are all different, as they come.
pub(crate) fn seal_text(
    cells: &RawColumn,
    column: &ColumnContract,
    reader: &TextReader,
    keep: Keep<'_>,
    slipped: &[bool],
    notes: &mut Notes<'_>,
) -> SealedColumn {
    let is_key = matches!(keep, Keep::Keys(_));
    let mut read: Read<(CellText<'_>, bool)> = Read::default();
    let mut words = Words::default();
    let mut codes = Vec::with_capacity(notes.rows.len());
    let missing = column.required && !reader.may_be_blank();
    // Neighbours say the same: a household's members, a village's people.
    let mut last = ((CellText(""), false), (u32::MAX, None));
    for row in 0..notes.rows.len() {
        let cell = cells.get(row);
        if slipped.get(row) == Some(&true) && is_like_a_name(cell.text) {
            notes.add(row, &column.name, FlawCode::NameElsewhere, String::new());
            codes.push(0);
            continue;
        }
        let spelling = (CellText(cell.text), cell.kind == CellKind::Error);
        if last.0 != spelling || last.1.0 == u32::MAX {
            let read_cell = |words: &mut Words| {
                let text = reader.read(cell, keep);
                let blank = text.value.is_none() && text.flaw.is_none();
                let flaw = if blank && missing { Some(FlawCode::RequiredMissing) } else { text.flaw };
                match text.value.as_deref().filter(|word| !word.is_empty()) {
                    Some(word) if is_key => (words.add(word), flaw),
                    word => (words.code(word), flaw),
                }
            };
            let found = if is_key {
                read_cell(&mut words)
            } else {
                *read.entry(spelling).or_insert_with(|| read_cell(&mut words))
            };
            last = (spelling, found);
        }
        let (code, flaw) = last.1;
        if let Some(flaw) = flaw {
            let found = if reader.has_choices() { mask_value(cell.text) } else { mask_found(cell.text) };
            notes.add(row, &column.name, flaw, found);
        }
        codes.push(code);
    }
    SealedColumn::Text(TextColumn { codes, words: words.words })
}

/// Villages, with the row's town beside them where there is a town column, or towns.
pub(crate) fn seal_places(
    cells: &RawColumn,
    towns: Option<&RawColumn>,
    column: &ColumnContract,
    gazetteer: &Gazetteer,
    notes: &mut Notes<'_>,
) -> SealedColumn {
    let village = column.kind == bidui_model::ColumnType::Village;
    let mut read: Read<(CellText<'_>, CellText<'_>)> = Read::default();
    let mut words = Words::default();
    let mut codes = Vec::with_capacity(notes.rows.len());
    let mut last = ((CellText(""), CellText("")), (u32::MAX, None));
    for row in 0..notes.rows.len() {
        let cell = cells.get(row);
        if cell.kind == CellKind::Error {
            notes.add(row, &column.name, FlawCode::CellError, String::new());
            codes.push(0);
            continue;
        }
        let town = towns.map_or("", |towns| towns.get(row).text);
        let spelling = (CellText(cell.text), CellText(town));
        if last.0 != spelling || last.1.0 == u32::MAX {
            let found = *read.entry(spelling).or_insert_with(|| {
                let (code, flaw) = if is_blank(&fold(cell.text)) {
                    (None, column.required.then_some(FlawCode::RequiredMissing))
                } else if village {
                    village_code(gazetteer.resolve(Some(town).filter(|town| !town.is_empty()), cell.text))
                } else {
                    town_code(gazetteer.resolve_town(cell.text))
                };
                (words.code(code.as_deref()), flaw)
            });
            last = (spelling, found);
        }
        let (code, flaw) = last.1;
        if let Some(flaw) = flaw {
            let found = match town {
                "" => mask_found(cell.text),
                town if village => mask_found(&format!("{town} {}", cell.text)),
                _ => mask_found(cell.text),
            };
            notes.add(row, &column.name, flaw, found);
        }
        codes.push(code);
    }
    SealedColumn::Text(TextColumn { codes, words: words.words })
}

fn village_code(place: Place) -> (Option<String>, Option<FlawCode>) {
    match place {
        Place::Village(code) => (Some(code.0), None),
        // Its present code, so that whoever has it now can be told.
        Place::MovedOut { code, .. } => (Some(code), Some(FlawCode::PlaceMovedOut)),
        Place::Ambiguous => (None, Some(FlawCode::PlaceAmbiguous)),
        // A town is not a village.
        Place::Town(_) | Place::Unknown => (None, Some(FlawCode::PlaceUnknown)),
    }
}

fn town_code(place: Place) -> (Option<String>, Option<FlawCode>) {
    match place {
        Place::Town(code) => (Some(code.0), None),
        other => village_code(other),
    }
}
