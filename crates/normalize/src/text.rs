//! A text column: folded, its spellings made one, its choices checked, and no ID or phone number left in it.

use std::borrow::Cow;
use std::collections::HashMap;

use bidui_model::{CellKind, ColumnContract, FlawCode, RawCell};

use crate::blank::is_blank;
use crate::fold::fold;
use crate::mask::{Keep, masked_text};

/// How one column is read.
pub(crate) struct TextReader {
    /// Folded spelling to the one that is kept.
    aliases: HashMap<String, String>,
    /// Folded choice to the choice as the contract writes it; empty for anything.
    choices: HashMap<String, String>,
}

/// One text, read.
pub(crate) struct TextValue<'a> {
    /// The cell's own text where nothing in it had to be changed, as in nearly all.
    pub(crate) value: Option<Cow<'a, str>>,
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

    pub(crate) fn has_choices(&self) -> bool {
        !self.choices.is_empty()
    }

    pub(crate) fn read<'a>(&self, cell: RawCell<'a>, keep: Keep<'_>) -> TextValue<'a> {
        if cell.kind == CellKind::Error {
            return TextValue { value: None, flaw: Some(FlawCode::CellError) };
        }
        let folded = fold(cell.text);
        if self.aliases.is_empty() && !self.has_choices() {
            return free(folded, keep);
        }
        let word = self.aliases.get(folded.as_ref()).map_or(folded.as_ref(), String::as_str);
        if let Some(choice) = self.choices.get(fold(word).as_ref()) {
            let choice = Some(choice).filter(|choice| !choice.is_empty());
            return TextValue { value: choice.map(|choice| Cow::Owned(choice.clone())), flaw: None };
        }
        if !self.has_choices() || is_blank(word) {
            return free(Cow::Owned(word.to_owned()), keep);
        }
        // It may be anything, a name from the next column too; what is no choice means nothing to a rule either.
        TextValue { value: None, flaw: Some(broken(word).unwrap_or(FlawCode::ChoiceUnknown)) }
    }
}

/// A text that may be anything.
fn free<'a>(word: Cow<'a, str>, keep: Keep<'_>) -> TextValue<'a> {
    if is_blank(&word) {
        return TextValue { value: None, flaw: None };
    }
    let flaw = broken(&word);
    TextValue { value: Some(masked_text(word, keep)), flaw }
}

fn broken(word: &str) -> Option<FlawCode> {
    word.contains('\u{fffd}').then_some(FlawCode::TextUndecodable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bidui_model::ColumnType;

    fn check(text: &str, expected: Option<&str>, flaw: Option<FlawCode>) {
        check_in(&["C级", "D级"], text, expected, flaw);
    }

    fn check_in(choices: &[&str], text: &str, expected: Option<&str>, flaw: Option<FlawCode>) {
        let reader = TextReader::new(&ColumnContract {
            name: "grade".to_owned(),
            kind: ColumnType::Text,
            headings: vec![],
            required: false,
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
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
    }

    #[test]
    fn what_is_no_choice_is_not_stored() {
        check("E级", None, Some(FlawCode::ChoiceUnknown));
        check("韦颖", None, Some(FlawCode::ChoiceUnknown));
        check("C\u{fffd}", None, Some(FlawCode::TextUndecodable));
    }

    #[test]
    fn free_text_is_stored_without_phones() {
        check_in(&[], "打13877221234找", Some("打138＊＊＊＊找"), None);
        check_in(&[], "C\u{fffd}", Some("C\u{fffd}"), Some(FlawCode::TextUndecodable));
    }
}
