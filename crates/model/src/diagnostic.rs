//! An error in a configuration file, with its place. Rooms make them; only `bidui` prints them.

use std::ops::Range;

/// Something wrong in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `BD0101`; see docs/diagnostics.md.
    pub code: &'static str,
    pub severity: Severity,
    /// Relative to the configuration folder.
    pub file: String,
    /// Bytes of the file's text; `None` when the matter is the whole file.
    pub span: Option<Range<usize>>,
    /// What was found, in Chinese.
    pub message: String,
    /// What is valid, and the nearest valid name.
    pub hint: Option<String>,
    /// The name that nobody knows, if that is what is wrong: another file may be the one that is wrong with it.
    pub about: Option<String>,
    /// Other places of the file that it has to do with, and what they are: where two do not agree, either may be the one that is wrong.
    pub also: Vec<(Range<usize>, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

impl Diagnostic {
    #[must_use]
    pub fn error(code: &'static str, file: &str, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            file: file.to_owned(),
            span,
            message: message.into(),
            hint: None,
            about: None,
            also: Vec::new(),
        }
    }
    #[must_use]
    pub fn warning(code: &'static str, file: &str, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, file, span, message) }
    }
    #[must_use]
    pub fn about(mut self, name: &str) -> Self {
        self.about = Some(name.to_owned());
        self
    }
    #[must_use]
    pub fn with_also(mut self, span: Range<usize>, what: impl Into<String>) -> Self {
        self.also.push((span, what.into()));
        self
    }
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The valid name nearest to `found` by optimal string alignment over characters, if it is near enough to be a slip.
#[must_use]
pub fn nearest<'a>(found: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (found.chars().count() / 3).max(2);
    // `HOUSE_C` for `house_c` is one slip and not seven.
    let distance = |name: &str| {
        let folded = strsim::osa_distance(&found.to_lowercase(), &name.to_lowercase());
        strsim::osa_distance(found, name).min(folded + usize::from(found != name))
    };
    valid
        .into_iter()
        .map(|name| (distance(name), name))
        .filter(|(distance, name)| *distance <= limit && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// Whether a word is another with one sign lost, doubled, changed or exchanged with the next.
#[must_use]
pub fn is_slip_of(word: &str, other: &str) -> bool {
    strsim::osa_distance(word, other) == 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_none() {
        assert_eq!(nearest("self_payed_12m", ["insured", "self_paid_12m"]), Some("self_paid_12m"));
        assert_eq!(nearest("HOUSE_C", ["insured", "house_c"]), Some("house_c"));
        assert_eq!(nearest("户籍", ["姓名", "住址"]), None);
    }
}
