//! The same rows after `normalize` and `seal`: canonical values, tokens, and no plain identifier.

use crate::{Flaw, NameToken, Reject, SourceId, Token, WordList};

/// Some thousands of sealed rows of one feed.
#[derive(Clone, Debug, Default)]
pub struct SealedChunk {
    pub sources: Vec<SourceId>,
    pub rows: Vec<u32>,
    /// One per column of the contract, in its order, then the registry's derived ones.
    pub columns: Vec<(String, SealedColumn)>,
    /// The number of each row among the feed's loose rows, from 1; 0 for a row that its ID number settles. Empty where nobody asks.
    pub loose: Vec<u32>,
    pub flaws: Vec<Flaw>,
    /// Those of the raw chunk, and those that `normalize` added.
    pub rejects: Vec<Reject>,
}

/// A typed column, as long as the chunk has rows.
#[derive(Clone, Debug)]
pub enum SealedColumn {
    Id {
        tokens: Vec<Token>,
        status: Vec<IdStatus>,
    },
    Name(Vec<NameToken>),
    /// Days since 1970-01-01 and how exact they are.
    Date {
        days: Vec<Option<i32>>,
        precision: Vec<DatePrecision>,
    },
    /// Fen.
    Money(Vec<Option<i64>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Flag(Vec<Option<bool>>),
    Text(TextColumn),
    /// Not stored (phones, plain words that only lists show).
    Dropped,
}

/// Words by their number in a dictionary, since most columns hold a few words many times.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    /// 0 is "no value"; `n` is `words[n - 1]`.
    pub codes: Vec<u32>,
    pub words: WordList,
}

impl TextColumn {
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        let code = *self.codes.get(index)? as usize;
        code.checked_sub(1).and_then(|place| self.words.get(place))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatePrecision {
    #[default]
    Day,
    /// Only the month is known; the day stands as its first.
    Month,
    /// Only the year is known; the day stands as 1 January.
    Year,
}

/// What became of an identifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdStatus {
    /// A valid number; the token is there.
    Valid,
    /// A valid number, lifted from 15 digits.
    Upgraded,
    #[default]
    Missing,
    Malformed,
    CheckDigit,
    BirthDate,
    DamagedByExcel,
    OtherDocument,
}

impl IdStatus {
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Valid, "valid"),
        (Self::Upgraded, "upgraded"),
        (Self::Missing, "missing"),
        (Self::Malformed, "malformed"),
        (Self::CheckDigit, "check_digit"),
        (Self::BirthDate, "birth_date"),
        (Self::DamagedByExcel, "damaged_by_excel"),
        (Self::OtherDocument, "other_document"),
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("", |(_, code)| code)
    }
}
