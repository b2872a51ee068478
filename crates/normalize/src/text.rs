//! A text column: folded, its spellings made one, its choices checked, and no ID number left in it.

use std::collections::HashMap;

use bidui_model::{CellKind, ColumnContract, FlawCode, RawCell};

use crate::blank::is_blank;
use crate::fold::fold;
use crate::mask::{Keep, without_ids};

/// How one column is read.
pub(crate) struct TextReader {
    /// Folded spelling to the one that is kept.
    aliases: HashMap<String, String>,
    /// Folded choice to the choice as the contract writes it; empty for anything.
    choices: HashMap<String, String>,
}

/// One text, read.
pub(crate) struct TextValue {
    pub(crate) value: Option<String>,
    pub(crate) flaw: Option<FlawCode>,
}

impl TextReader {
    pub(crate) fn new(column: &ColumnContract) -> Self {
        let folded = |text: &str| fold(text).into_owned();
        Self {
            aliases: column.aliases.iter().map(|(from, to)| (folded(from), to.clone())).collect(),
            choices: column.choices.iter().map(|choice| (folded(choice), choice.clone())).collect(),
        }
    }

    /// Whether the contract lists "nothing" among the choices.
    pub(crate) fn may_be_blank(&self) -> bool {
        self.choices.contains_key("")
    }

    pub(crate) fn read(&self, cell: RawCell<'_>, keep: Keep<'_>) -> TextValue {
        if cell.kind == CellKind::Error {
            return TextValue { value: None, flaw: Some(FlawCode::CellError) };
        }
        let folded = fold(cell.text);
        let word = self.aliases.get(folded.as_ref()).map_or(folded.as_ref(), String::as_str);
        if let Some(choice) = self.choices.get(fold(word).as_ref()) {
            return TextValue { value: Some(choice.clone()).filter(|choice| !choice.is_empty()), flaw: None };
        }
        if is_blank(word) {
            return TextValue { value: None, flaw: None };
        }
        let flaw = if word.contains('\u{fffd}') {
            Some(FlawCode::TextUndecodable)
        } else if self.choices.is_empty() {
            None
        } else {
            Some(FlawCode::ChoiceUnknown)
        };
        TextValue { value: Some(without_ids(word, keep).unwrap_or_else(|| word.to_owned())), flaw }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bidui_model::ColumnType;

    fn check(text: &str, expected: Option<&str>, flaw: Option<FlawCode>) {
        let reader = TextReader::new(&ColumnContract {
            name: "grade".to_owned(),
            kind: ColumnType::Text,
            headings: vec![],
            required: false,
            choices: vec!["C级".to_owned(), "D级".to_owned()],
            aliases: vec![("四级".to_owned(), "D级".to_owned()), ("（D）".to_owned(), "D级".to_owned())],
            stored: true,
            fen_per_unit: 100,
        });
        let cell = RawCell { kind: CellKind::Text, text };
        let read = reader.read(cell, Keep::Nothing);
        assert_eq!((read.value.as_deref(), read.flaw), (expected, flaw), "{text}");
    }

    #[test]
    fn spellings_fold_and_choices_are_checked() {
        check("Ｃ级 ", Some("C级"), None);
        check("四级", Some("D级"), None);
        check("(Ｄ)", Some("D级"), None);
        check("无", None, None);
        check("", None, None);
        check("E级", Some("E级"), Some(FlawCode::ChoiceUnknown));
        check("C\u{fffd}", Some("C\u{fffd}"), Some(FlawCode::TextUndecodable));
    }
}
