//! The room's batch: raw chunks of one feed and month in, sealed chunks out.

use bidui_model::{
    ColumnContract, ColumnType, DataContract, DatePrecision, FeedKind, FlawCode, LinkBy, Month, RawChunk, RawColumn,
    SealedChunk, SealedColumn, SourceId, TextColumn,
};

use crate::keep_rows::finish;
use crate::mask::{Keep, mask_found};
use crate::person_fields::KnownPlaces;
use crate::seal_column::{Blank, Notes, seal_dates, seal_names, seal_places, seal_text, seal_values};
use crate::seal_id::{IdSealing, SealedIds, seal_ids};
use crate::slipped::is_no_name;
use crate::text::TextReader;
use crate::unique::SeenKeys;
use crate::watch::{Watch, WatchSetting, Watched};
use crate::{Gazetteer, PersonReader, Roll, SealKeys, parse_flag, parse_integer, parse_money, parse_number};

/// Seals the chunks of one feed and month. The only state between chunks is which `unique` keys have been seen, so that the chunks of
/// a feed must come in one order, that of its files.
pub struct FeedSealer<'a> {
    contract: &'a DataContract,
    keys: &'a SealKeys,
    gazetteer: &'a Gazetteer,
    month: Month,
    /// One per column; used for text only.
    readers: Vec<TextReader>,
    person: Option<usize>,
    town: Option<usize>,
    seen: SeenKeys,
    watch: Option<Watch<'a>>,
    /// Of a registry: its persons, for the ladder.
    roll: Option<(Roll, PersonReader<'a>, KnownPlaces)>,
}

impl<'a> FeedSealer<'a> {
    #[must_use]
    pub fn new(contract: &'a DataContract, keys: &'a SealKeys, gazetteer: &'a Gazetteer, month: Month) -> Self {
        let person = match &contract.link {
            LinkBy::Person { id, .. } => contract.column(id).map(|(index, _)| index),
            LinkBy::Place { .. } | LinkBy::Town { .. } => None,
        };
        Self {
            contract,
            keys,
            gazetteer,
            month,
            readers: contract.columns.iter().map(TextReader::new).collect(),
            person,
            town: contract.columns.iter().position(|column| column.kind == ColumnType::Town),
            seen: SeenKeys::default(),
            watch: None,
            roll: None,
        }
    }

    /// Picks out, on the way, the rows whose ID number does not settle whose they are; of the registry of the month, what that asks of it.
    #[must_use]
    pub fn watched(mut self, setting: WatchSetting<'a>) -> Self {
        if self.contract.kind == FeedKind::Registry {
            let reader = PersonReader::new(self.contract, self.gazetteer, setting.sounds, setting.placeholders);
            let reader = reader.filter(|_| self.month == setting.month);
            self.roll = reader.map(|reader| (Roll::default(), reader, KnownPlaces::default()));
        } else {
            self.watch = Watch::new(self.contract, self.gazetteer, self.month, setting);
        }
        self
    }

    /// What was picked out on the way.
    #[must_use]
    pub fn finish(self) -> Watched {
        let watched = self.watch.map(Watch::finish).unwrap_or_default();
        Watched { roll: self.roll.map(|(roll, ..)| roll), ..watched }
    }

    /// Seals one chunk. Every row of it is in the result: kept, or among the rejects.
    pub fn seal(&mut self, chunk: RawChunk) -> SealedChunk {
        let source = chunk.source.unwrap_or(SourceId(0));
        let mut notes = Notes { source, rows: &chunk.rows, flaws: Vec::new() };
        let people = self.person.map(|person| self.seal_ids(person, &chunk, &mut notes));
        let mut columns = self.seal_columns(&chunk, people.as_ref(), &mut notes);
        if let Some(people) = &people {
            self.compare_cards(people, &columns, &mut notes);
        }
        if self.contract.kind == FeedKind::Registry
            && let Some(people) = &people
        {
            columns.extend(self.derived(people));
        }
        let flaws = notes.flaws;
        let numbers = match (self.person, people) {
            (Some(person), Some(people)) => {
                let (column, numbers) = people.into_parts();
                columns[person].1 = column;
                numbers
            }
            _ => Vec::new(),
        };
        let keep = self.first_seen(&chunk, &columns);
        self.enrol_kept(&chunk, &keep);
        let loose = self.watch.as_mut().map_or_else(Vec::new, |watch| watch.look(&chunk, &numbers, &columns, &keep));
        finish(source, chunk.rows, chunk.rejects, columns, flaws, &keep, loose)
    }

    /// Puts a registry's persons on the roll without sealing them.
    pub fn enrol(&mut self, chunk: &RawChunk) {
        self.enrol_kept(chunk, &[]);
    }

    fn enrol_kept(&mut self, chunk: &RawChunk, keep: &[bool]) {
        let Some((roll, reader, known)) = &mut self.roll else { return };
        let source = chunk.source.map_or(0, |source| source.0);
        for row in (0..chunk.rows.len()).filter(|row| keep.get(*row).copied().unwrap_or(true)) {
            roll.add((source, chunk.rows[row]), &reader.read_unheard(chunk, row, known));
        }
    }

    fn seal_ids(&self, index: usize, chunk: &RawChunk, notes: &mut Notes<'_>) -> SealedIds {
        let column = &self.contract.columns[index];
        let cells = cells(chunk, index);
        let sealing = IdSealing {
            keys: self.keys,
            month: self.month,
            column: &column.name,
            expected: column.required || cells.iter().any(|cell| cell.kind != bidui_model::CellKind::Empty),
        };
        seal_ids(cells, chunk.rows.len(), &sealing, notes)
    }

    /// The contract's columns in its order. The person's place is held by `Dropped` until its column is moved there.
    fn seal_columns(
        &self,
        chunk: &RawChunk,
        people: Option<&SealedIds>,
        notes: &mut Notes<'_>,
    ) -> Vec<(String, SealedColumn)> {
        let tokens = people.map(|people| people.tokens.as_slice());
        let slipped = self.slipped(chunk);
        let mut sealed = Vec::with_capacity(self.contract.columns.len() + 2);
        for (index, column) in self.contract.columns.iter().enumerate() {
            let cells = cells(chunk, index);
            let values = match column.kind {
                _ if Some(index) == self.person => SealedColumn::Dropped,
                ColumnType::Phone => SealedColumn::Dropped,
                _ if !column.stored => SealedColumn::Dropped,
                ColumnType::IdNumber => self.seal_ids(index, chunk, notes).into_column(),
                ColumnType::Name => SealedColumn::Name(seal_names(cells, column, tokens, self.keys, notes)),
                ColumnType::Date => seal_dates(cells, column, self.contract.kind, self.month, notes),
                ColumnType::Money => {
                    SealedColumn::Money(seal_values(cells, column, Blank::MissingIfEmpty, notes, |cell| {
                        parse_money(cell, fen_per_unit(&chunk.units, index, column))
                    }))
                }
                ColumnType::Integer => {
                    SealedColumn::Integer(seal_values(cells, column, Blank::MissingIfEmpty, notes, parse_integer))
                }
                ColumnType::Number => {
                    SealedColumn::Number(seal_values(cells, column, Blank::MissingIfEmpty, notes, parse_number))
                }
                ColumnType::Flag => SealedColumn::Flag(seal_values(cells, column, Blank::Fine, notes, |cell| {
                    parse_flag(cell, &column.headings)
                })),
                ColumnType::Text => {
                    seal_text(cells, column, &self.readers[index], self.keep(&column.name), &slipped, notes)
                }
                ColumnType::Village => {
                    let towns = self.town.map(|town| self::cells(chunk, town));
                    seal_places(cells, towns, column, self.gazetteer, notes)
                }
                ColumnType::Town => seal_places(cells, None, column, self.gazetteer, notes),
            };
            sealed.push((column.name.clone(), values));
        }
        sealed
    }

    /// By row, whether its name column holds what no name is; empty where no row's does.
    fn slipped(&self, chunk: &RawChunk) -> Vec<bool> {
        let LinkBy::Person { name: Some(name), .. } = &self.contract.link else { return Vec::new() };
        let Some((index, _)) = self.contract.column(name) else { return Vec::new() };
        let names = cells(chunk, index);
        let slipped: Vec<bool> = (0..chunk.rows.len()).map(|row| is_no_name(names.get(row).text)).collect();
        if slipped.contains(&true) { slipped } else { Vec::new() }
    }

    /// Numbers of households, persons and bills must stay distinct; everything else may lose its long numbers.
    fn keep(&self, column: &str) -> Keep<'a> {
        let registry_key = self.contract.kind == FeedKind::Registry && matches!(column, "person_no" | "household_id");
        if registry_key || self.contract.unique.iter().any(|key| key == column) {
            Keep::Keys(self.keys)
        } else {
            Keep::Nothing
        }
    }

    /// 残疾人证号 says category and level; the columns beside it may not say others.
    fn compare_cards(&self, people: &SealedIds, columns: &[(String, SealedColumn)], notes: &mut Notes<'_>) {
        let text = |name: &str| {
            columns.iter().find_map(|(column, values)| match values {
                SealedColumn::Text(text) if column == name => Some(text),
                _ => None,
            })
        };
        let (category, grade) = (text("category"), text("grade"));
        for (row, card) in &people.cards {
            if let Some(written) = category.and_then(|text| text.get(*row))
                && card.contradicts_category(written)
            {
                let found = format!("{}（证号为{}）", mask_found(written), card.category_title());
                notes.add(*row, "category", FlawCode::CardContradicts, found);
            }
            if let Some(written) = grade.and_then(|text| text.get(*row))
                && card.contradicts_level(written)
            {
                let found = format!("{}（证号为{}）", mask_found(written), card.level_title());
                notes.add(*row, "grade", FlawCode::CardContradicts, found);
            }
        }
    }

    /// The registry's birth dates and sexes, from the numbers themselves.
    fn derived(&self, people: &SealedIds) -> Vec<(String, SealedColumn)> {
        let days = people
            .numbers
            .iter()
            .map(|number| {
                let (year, month, day) = number.as_ref()?.birth_date();
                let first = Month::new(year, month)?.first_day();
                Some(first + i32::try_from(day).ok()? - 1)
            })
            .collect();
        let codes = people
            .numbers
            .iter()
            .map(|number| match number.map(|number| number.sex()) {
                None => 0,
                Some(bidui_model::Sex::Male) => 1,
                Some(bidui_model::Sex::Female) => 2,
            })
            .collect();
        let birth = SealedColumn::Date { days, precision: vec![DatePrecision::Day; people.numbers.len()] };
        let sex = SealedColumn::Text(TextColumn { codes, words: ["男", "女"].into_iter().collect() });
        [("birth", birth), ("sex", sex)]
            .into_iter()
            .filter(|(name, _)| self.contract.column(name).is_none())
            .map(|(name, column)| (name.to_owned(), column))
            .collect()
    }

    fn first_seen(&mut self, chunk: &RawChunk, columns: &[(String, SealedColumn)]) -> Vec<bool> {
        let parts: Vec<(&SealedColumn, &RawColumn)> = self
            .contract
            .unique
            .iter()
            .filter_map(|name| self.contract.column(name))
            .map(|(index, _)| (&columns[index].1, cells(chunk, index)))
            .collect();
        if parts.is_empty() {
            return vec![true; chunk.rows.len()];
        }
        self.seen.first_seen(&parts, chunk.rows.len())
    }
}

/// The unit of the heading that the column was read under, else the contract's.
fn fen_per_unit(units: &[(usize, i64)], index: usize, column: &ColumnContract) -> i64 {
    units.iter().find(|(place, _)| *place == index).map_or(column.fen_per_unit, |(_, fen)| *fen)
}

/// A reader fills every column; a shorter chunk is read as if it had empty ones.
fn cells(chunk: &RawChunk, index: usize) -> &RawColumn {
    static NONE: std::sync::LazyLock<RawColumn> = std::sync::LazyLock::new(RawColumn::default);
    chunk.columns.get(index).unwrap_or(&NONE)
}
