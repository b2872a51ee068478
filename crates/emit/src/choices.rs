//! Named choice lists that drop-downs offer.
//!
//! Grammar: one list a file, named by the file's stem; `[[result]]` with `code`, `label` and, where the town must add something,
//! `needs`.

use bidui_model::{Diagnostic, SpecFile, SpecTable};
use std::collections::BTreeMap;
use std::path::Path;

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub code: String,
    pub label: String,
    /// What to fill in beside it; empty for nothing.
    pub needs: String,
}

impl Choice {
    /// As it stands in the drop-down and comes back: the code and the label.
    #[must_use]
    pub fn written(&self) -> String {
        format!("{} {}", self.code, self.label)
    }
}

/// Choice lists by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    pub lists: BTreeMap<String, Vec<Choice>>,
}

impl Choices {
    /// These and those; of two lists with one name, the other's.
    pub fn extend(&mut self, other: Self) {
        self.lists.extend(other.lists);
    }
}

/// The choice list of one file, `config/verification_results.toml` for `verification_results`.
pub fn compile_choices(text: &str, file: &str) -> Result<Choices, Vec<Diagnostic>> {
    let source = SpecFile::new(file, text);
    let mut parsed = None;
    let choices = source.root(&mut parsed).map(|root| {
        let results = root.tables("result");
        if results.is_empty() {
            source.error("BD0503", None, "没有一个[[result]]", "请写上代码和含义");
        }
        let choices = read(&source, results);
        root.finish();
        choices
    });
    let name = Path::new(file).file_stem().map_or_else(|| file.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let lists = choices.map(|choices| Choices { lists: [(name, choices)].into() });
    source.finish(lists)
}

fn read(source: &SpecFile<'_>, results: Vec<SpecTable<'_>>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for table in results {
        let (code, label) = (table.required_text("code"), table.required_text("label"));
        let needs = table.text("needs").map(|needs| needs.value).unwrap_or_default();
        table.finish();
        let (Some(code), Some(label)) = (code, label) else { continue };
        if choices.iter().any(|choice| choice.code == code.value) {
            let message = format!("代码“{}”重复", code.value);
            source.error("BD0513", Some(code.span), message, "每个代码只能有一个含义");
        }
        choices.push(Choice { code: code.value, label: label.value, needs });
    }
    choices
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_list_is_named_by_its_file() {
        let text = "[[result]]\ncode = '22'\nlabel = '不属实：已变化'\nneeds = '日期'\n";
        let choices = compile_choices(text, "a/results.toml").expect("a valid list");
        assert_eq!(choices.lists["results"][0].written(), "22 不属实：已变化");
    }

    #[test]
    fn every_error_is_found_at_once() {
        let text = "[[result]]\ncod = '1'\nlabel = '甲'\n[[result]]\ncode = 2\nlabel = '乙'\n";
        let found = compile_choices(text, "results.toml").expect_err("three errors");
        let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["BD0002", "BD0004", "BD0003"]);
        assert_eq!(found[1].hint.as_deref(), Some("是不是“code”？"));
    }
}
