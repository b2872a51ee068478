//! Words that an expression compares a column with, against the words that the column may hold by its contract.

use bidui_model::{AskedWord, ColumnType, DataContract, Diagnostic, FeedKind, Found, SpecFile, nearest};

use crate::asked_word::strangers;
use crate::check::OWN;
use crate::sql::RowExpression;

/// A word that the column never holds.
pub const NO_CHOICE: &str = "BD0112";

/// What the registry's `sex` holds: it is no column of the contract, but comes from the ID numbers.
const SEXES: [&str; 2] = ["男", "女"];

/// A column that holds places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    Town,
    Village,
    /// A resettlement site, in the words of whoever filled the registry.
    Site,
}

impl PlaceKind {
    /// What the contract's column holds, or what the registry's rows have instead of it.
    pub(crate) fn of(contract: &DataContract, name: &str) -> Option<Self> {
        let is_registry = contract.kind == FeedKind::Registry;
        match name.strip_prefix(OWN).unwrap_or(name) {
            "town_code" if is_registry => Some(Self::Town),
            "village_code" if is_registry => Some(Self::Village),
            "resettlement_site" if is_registry => Some(Self::Site),
            name => match contract.column(name)?.1.kind {
                ColumnType::Town => Some(Self::Town),
                ColumnType::Village => Some(Self::Village),
                _ => None,
            },
        }
    }

    /// Whether it is written as such a place's code.
    pub(crate) fn is_well_written(self, word: &str) -> bool {
        let is_code = |digits: usize| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Town => is_code(9),
            Self::Village => is_code(12),
            Self::Site => true,
        }
    }

    /// What to write: people write the names.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Town => "这里写乡镇的9位代码，见 towns.toml",
            Self::Village => "这里写村（社区）的12位代码，见 villages.csv",
            Self::Site => "安置点见 towns.toml 的 [[site]]；底册里确有别的写法的，加进它的 aliases",
        }
    }
}

/// Reports every comparison with a word outside the column's `choices`; `false` if there is one. An empty word is "no value".
pub(crate) fn words_may_come(
    source: &SpecFile<'_>,
    contract: &DataContract,
    row: &RowExpression,
    text: &Found<String>,
) -> bool {
    let may_come = |column: &str, asked: &AskedWord| {
        if let (Some(place), AskedWord::Word(word)) = (PlaceKind::of(contract, column), asked) {
            return word.is_empty() || place.is_well_written(word);
        }
        let choices = choices(contract, column);
        choices.is_empty() || choices.iter().chain([&""]).any(|word| asked.is_met_by(word))
    };
    let found = strangers(row.tree(), &text.value, &may_come);
    for stranger in &found {
        let (column, word) = (&stranger.column, stranger.asked.written());
        let choices = choices(contract, column);
        let shown = |word: &&str| if word.is_empty() { "（空）".to_owned() } else { (*word).to_owned() };
        let all = || format!("可用：{}", choices.iter().map(shown).collect::<Vec<_>>().join("、"));
        let near = nearest(word, choices.iter().copied()).filter(|_| matches!(stranger.asked, AskedWord::Word(_)));
        let hint = match (PlaceKind::of(contract, column), near) {
            (Some(place), _) => place.hint().to_owned(),
            (None, Some(near)) => format!("是不是“{near}”？"),
            (None, None) => all(),
        };
        let span = stranger.span.clone().map_or(text.span.clone(), |span| source.inside(text, span));
        let error = Diagnostic::error(NO_CHOICE, source.file, Some(span), stranger.message());
        source.push(error.with_hint(hint).about(word));
    }
    found.is_empty()
}

/// What a name may hold; nothing where that is not known. What a person's own row says is of the same choices.
fn choices<'a>(contract: &'a DataContract, name: &str) -> Vec<&'a str> {
    let of_contract = |name: &str| contract.column(name).map(|(_, column)| &column.choices);
    match of_contract(name).or_else(|| of_contract(name.strip_prefix(OWN)?)) {
        Some(choices) => choices.iter().map(String::as_str).collect(),
        None if name == "sex" && contract.kind == FeedKind::Registry => SEXES.to_vec(),
        None => Vec::new(),
    }
}
