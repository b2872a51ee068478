//! The rows of one row group while sealed chunks come in, and their pages.
//!
//! polars writes Parquet from a frame: it would have every word of every row looked up again to find the dictionary that the sealed columns
//! had all along, and every token counted to find that none comes twice. Here each column says itself how it is encoded.

use bidui_model::{DatePrecision, IdStatus, NameToken, SealedChunk, SealedColumn, SourceId, TextColumn, Token};
use polars::prelude::{ArrowDataType, DataType, PlHashMap, PlSmallStr, PolarsResult, Schema, SchemaExt};
use polars_arrow::array::{
    Array, BooleanArray, DictionaryArray, MutableArray, MutableBinaryViewArray, MutableBooleanArray,
    MutablePrimitiveArray, PrimitiveArray,
};
use polars_arrow::datatypes::IntegerType;
use polars_parquet::write::Encoding;

use crate::store::{LOOSE, ROW, SOURCE};

/// Columns of the store's schema, filled row by row.
pub(crate) struct RowGroup {
    columns: Vec<(PlSmallStr, Values)>,
    pub(crate) height: usize,
}

enum Values {
    /// Small numbers of which there are few: a status, a precision.
    Byte(Vec<u8>),
    Place(Vec<u32>),
    /// Halves of tokens, and name tokens: no two alike, and nothing to compress.
    Random(Vec<u64>),
    Day(MutablePrimitiveArray<i32>),
    Whole(MutablePrimitiveArray<i64>),
    Float(MutablePrimitiveArray<f64>),
    Flag(MutableBooleanArray),
    Text(Words),
}

/// Where a column of the store comes from.
enum Part<'a> {
    Sources(&'a [SourceId]),
    Rows(&'a [u32]),
    TokensHigh(&'a [Token]),
    TokensLow(&'a [Token]),
    Status(&'a [IdStatus]),
    Names(&'a [NameToken]),
    Precision(&'a [DatePrecision]),
    Days(&'a [Option<i32>]),
    Wholes(&'a [Option<i64>]),
    Floats(&'a [Option<f64>]),
    Flags(&'a [Option<bool>]),
    Text(&'a TextColumn),
}

impl RowGroup {
    pub(crate) fn new(schema: &Schema) -> Self {
        let columns = schema.iter_fields().map(|field| (field.name().clone(), Values::new(field.dtype()))).collect();
        Self { columns, height: 0 }
    }

    /// Appends a chunk's rows. A column that `seal` did not make is null.
    pub(crate) fn add(&mut self, chunk: &SealedChunk) {
        self.fill(SOURCE, "", Part::Sources(&chunk.sources));
        self.fill(ROW, "", Part::Rows(&chunk.rows));
        self.fill(LOOSE, "", Part::Rows(&chunk.loose));
        for (name, column) in &chunk.columns {
            match column {
                SealedColumn::Id { tokens, status } => {
                    self.fill(name, "#hi", Part::TokensHigh(tokens));
                    self.fill(name, "#lo", Part::TokensLow(tokens));
                    self.fill(name, "#status", Part::Status(status));
                }
                SealedColumn::Name(names) => self.fill(name, "#name", Part::Names(names)),
                SealedColumn::Date { days, precision } => {
                    self.fill(name, "", Part::Days(days));
                    self.fill(name, "#precision", Part::Precision(precision));
                }
                SealedColumn::Money(values) | SealedColumn::Integer(values) => {
                    self.fill(name, "", Part::Wholes(values));
                }
                SealedColumn::Number(values) => self.fill(name, "", Part::Floats(values)),
                SealedColumn::Flag(values) => self.fill(name, "", Part::Flags(values)),
                SealedColumn::Text(text) => self.fill(name, "", Part::Text(text)),
                SealedColumn::Dropped => {}
            }
        }
        self.height += chunk.rows.len();
        for (_, values) in &mut self.columns {
            values.extend_null(self.height);
        }
    }

    fn fill(&mut self, name: &str, suffix: &str, part: Part<'_>) {
        let is_meant = |column: &PlSmallStr| column.strip_suffix(suffix) == Some(name);
        if let Some((_, values)) = self.columns.iter_mut().find(|(column, _)| is_meant(column)) {
            values.extend(part);
        }
    }

    /// The columns' arrays and how each is encoded; the group is empty again.
    pub(crate) fn take(&mut self) -> PolarsResult<Vec<(Box<dyn Array>, Encoding)>> {
        self.height = 0;
        self.columns.iter_mut().map(|(_, values)| values.take()).collect()
    }
}

impl Values {
    fn new(kind: &DataType) -> Self {
        match kind {
            DataType::UInt8 => Self::Byte(Vec::new()),
            DataType::UInt32 => Self::Place(Vec::new()),
            DataType::UInt64 => Self::Random(Vec::new()),
            DataType::Date => Self::Day(MutablePrimitiveArray::new()),
            DataType::Float64 => Self::Float(MutablePrimitiveArray::new()),
            DataType::Boolean => Self::Flag(MutableBooleanArray::new()),
            DataType::String => Self::Text(Words::default()),
            _ => Self::Whole(MutablePrimitiveArray::new()),
        }
    }

    fn extend(&mut self, part: Part<'_>) {
        match (self, part) {
            (Self::Byte(values), Part::Status(more)) => values.extend(more.iter().map(|status| status_number(*status))),
            (Self::Byte(values), Part::Precision(more)) => values.extend(more.iter().map(|precision| *precision as u8)),
            (Self::Place(values), Part::Sources(more)) => values.extend(more.iter().map(|source| source.0)),
            (Self::Place(values), Part::Rows(more)) => values.extend_from_slice(more),
            (Self::Random(values), Part::TokensHigh(more)) => {
                values.extend(more.iter().map(|token| (token.0 >> 64) as u64));
            }
            (Self::Random(values), Part::TokensLow(more)) => values.extend(more.iter().map(|token| token.0 as u64)),
            (Self::Random(values), Part::Names(more)) => values.extend(more.iter().map(|name| name.0)),
            (Self::Day(values), Part::Days(more)) => values.extend_trusted_len(more.iter().copied()),
            (Self::Whole(values), Part::Wholes(more)) => values.extend_trusted_len(more.iter().copied()),
            (Self::Float(values), Part::Floats(more)) => values.extend_trusted_len(more.iter().copied()),
            (Self::Flag(values), Part::Flags(more)) => values.extend_trusted_len(more.iter().copied()),
            (Self::Text(words), Part::Text(more)) => words.extend(more),
            // Another kind of column than the contract's: it stays null.
            _ => {}
        }
    }

    /// Nulls up to `height`; a token that is missing is zero.
    fn extend_null(&mut self, height: usize) {
        match self {
            Self::Byte(values) => values.resize(height, 0),
            Self::Place(values) => values.resize(height, 0),
            Self::Random(values) => values.resize(height, 0),
            Self::Day(values) => values.extend_null(height - values.len()),
            Self::Whole(values) => values.extend_null(height - values.len()),
            Self::Float(values) => values.extend_null(height - values.len()),
            Self::Flag(values) => values.extend_null(height - values.len()),
            Self::Text(words) => words.keys.extend_null(height - words.keys.len()),
        }
    }

    fn take(&mut self) -> PolarsResult<(Box<dyn Array>, Encoding)> {
        use Encoding::{Plain, RleDictionary};
        let plain = |array: Box<dyn Array>| Ok((array, Plain));
        match self {
            Self::Byte(values) => Ok((PrimitiveArray::from_vec(std::mem::take(values)).boxed(), RleDictionary)),
            Self::Place(values) => plain(PrimitiveArray::from_vec(std::mem::take(values)).boxed()),
            Self::Random(values) => plain(PrimitiveArray::from_vec(std::mem::take(values)).boxed()),
            Self::Day(values) => {
                let days = std::mem::take(values).to(ArrowDataType::Date32).freeze();
                Ok((days.boxed(), RleDictionary))
            }
            Self::Whole(values) => plain(std::mem::take(values).freeze().boxed()),
            Self::Float(values) => plain(std::mem::take(values).freeze().boxed()),
            Self::Flag(values) => plain(BooleanArray::from(std::mem::take(values)).boxed()),
            Self::Text(words) => std::mem::take(words).into_array(),
        }
    }
}

/// A text column by its words.
#[derive(Default)]
struct Words {
    known: PlHashMap<String, u32>,
    words: MutableBinaryViewArray<str>,
    keys: MutablePrimitiveArray<u32>,
}

impl Words {
    fn extend(&mut self, text: &TextColumn) {
        // Numbers of persons and bills: hardly one comes again, and each would be searched among all before it.
        let are_new = text.words.len() * 2 > text.codes.len();
        let keys: Vec<u32> =
            text.words.iter().map(|word| if are_new { self.add(word) } else { self.key(word) }).collect();
        let key = |code: &u32| code.checked_sub(1).and_then(|place| keys.get(place as usize)).copied();
        self.keys.extend_trusted_len(text.codes.iter().map(key));
    }

    fn key(&mut self, word: &str) -> u32 {
        if let Some(key) = self.known.get(word) {
            return *key;
        }
        let key = self.add(word);
        self.known.insert(word.to_owned(), key);
        key
    }

    fn add(&mut self, word: &str) -> u32 {
        self.words.push_value(word);
        // No more words than rows, and a row group has few enough of those.
        u32::try_from(self.words.len() - 1).unwrap_or(u32::MAX)
    }

    /// A dictionary where words come again; the words themselves where they do not, or where there are none.
    fn into_array(self) -> PolarsResult<(Box<dyn Array>, Encoding)> {
        let (keys, words) = (self.keys.freeze(), self.words.freeze());
        if keys.null_count() == 0 && keys.values_iter().copied().eq(0..words.len() as u32) {
            return Ok((words.boxed(), Encoding::Plain));
        }
        if words.len() * 2 > keys.len() || words.is_empty() {
            let mut all = MutableBinaryViewArray::<str>::with_capacity(keys.len());
            for key in &keys {
                all.push(key.map(|key| words.value(*key as usize)));
            }
            return Ok((all.freeze().boxed(), Encoding::Plain));
        }
        let kind = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(ArrowDataType::Utf8View), false);
        Ok((DictionaryArray::<u32>::try_new(kind, keys, words.boxed())?.boxed(), Encoding::RleDictionary))
    }
}

fn status_number(status: IdStatus) -> u8 {
    IdStatus::ALL.iter().position(|(other, _)| *other == status).unwrap_or(0) as u8
}
