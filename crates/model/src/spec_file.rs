//! A configuration file while it is read: its text, and all that is found wrong with it.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use crate::spec_table::{Found, LOST_HEADING, SpecTable};
use crate::toml_syntax::{TWICE, beneath, line_from, mend};
use crate::{Diagnostic, Severity};

/// The errors of one file, gathered while its tables are read.
#[derive(Debug)]
pub struct SpecFile<'a> {
    pub file: &'a str,
    pub text: &'a str,
    errors: RefCell<Vec<Diagnostic>>,
    /// The text without its broken statements, if it is not TOML as it stands.
    mended: OnceCell<String>,
    /// Parts of the text of which nothing is known for certain.
    hearsay: RefCell<Vec<Range<usize>>>,
    /// A key that is missing because it is written wrongly, and its table's bytes, if these are known.
    misnamed: RefCell<Vec<(Option<Range<usize>>, String)>>,
}

/// What is not a TOML text.
const SYNTAX: &str = "BD0001";
/// What a slip of a key is told by.
const UNKNOWN_KEY: &str = "BD0004";

impl<'a> SpecFile<'a> {
    #[must_use]
    pub fn new(file: &'a str, text: &'a str) -> Self {
        let (errors, hearsay, misnamed) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { file, text, errors, mended: OnceCell::new(), hearsay, misnamed }
    }

    /// The file's root: of all that is TOML in it. `parsed` keeps the tree alive.
    pub fn root(&'a self, parsed: &'a mut Option<Spanned<DeTable<'a>>>) -> Option<SpecTable<'a>> {
        let tree = match DeTable::parse(self.text) {
            Ok(tree) => tree,
            Err(_) => {
                let mended = mend(self.text);
                for slip in mended.slips {
                    self.error(SYNTAX, Some(slip.span), slip.message, slip.hint);
                }
                self.hearsay.borrow_mut().extend(mended.sections);
                self.misnamed.borrow_mut().extend(mended.keys.into_iter().map(|key| (None, key)));
                if mended.lost_header {
                    // What the file has not may stand beneath that header.
                    self.hearsay.borrow_mut().push(0..1);
                }
                DeTable::parse(self.mended.get_or_init(|| mended.text)).ok()?
            }
        };
        let tree: &'a Spanned<DeTable<'a>> = parsed.insert(tree);
        Some(SpecTable::new(self, tree.get_ref(), 0..self.text.len().min(1)))
    }

    pub fn error(
        &self,
        code: &'static str,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let hint = hint.into();
        let diagnostic = Diagnostic::error(code, self.file, span, message);
        self.push(if hint.is_empty() { diagnostic } else { diagnostic.with_hint(hint) });
    }
    pub fn push(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    /// `key` is missing in the table at `table` because it is written wrongly there.
    pub(crate) fn stands_for(&self, table: Range<usize>, key: &str) {
        self.misnamed.borrow_mut().push((Some(table), key.to_owned()));
    }

    /// Whether that key of the table at `table` is written wrongly, which is told.
    #[must_use]
    pub fn is_misnamed(&self, table: &Range<usize>, key: &str) -> bool {
        self.misnamed.borrow().iter().any(|(of, name)| of.as_ref() == Some(table) && name == key)
    }

    /// Whether a key of the table at `table` is written wrongly or cannot be read, so that what the rest of it comes to says nothing.
    #[must_use]
    pub fn lacks_a_part(&self, table: &Range<usize>) -> bool {
        let is_misnamed = self.misnamed.borrow().iter().any(|(of, _)| of.as_ref() == Some(table));
        is_misnamed || self.hearsay.borrow().iter().any(|part| part.contains(&table.start))
    }

    /// A header that nobody knows: what stands beneath it belongs to nobody, or was given to the table before it.
    pub(crate) fn unknown_section(&self, key: usize) {
        let start = self.text.get(..key).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        if line_from(self.text, start).trim_start().starts_with('[') {
            self.hearsay.borrow_mut().push(beneath(self.text, start));
        }
    }

    /// `value`, or every error of the file.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        let (value, errors) = self.finish_partly(value);
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            _ => Err(errors),
        }
    }

    /// What could be read of the file, and every error in it.
    pub fn finish_partly<T>(self, value: Option<T>) -> (Option<T>, Vec<Diagnostic>) {
        let (hearsay, misnamed) = (self.hearsay.into_inner(), self.misnamed.into_inner());
        let mut errors = self.errors.into_inner();
        errors.retain(|error| is_certain(error, &hearsay) && !follows(error, &misnamed));
        // Keys whose heading is lost stand beside those of the section before: some are there twice.
        let is_lost = |error: &&Diagnostic| error.code == UNKNOWN_KEY && error.message.starts_with(LOST_HEADING);
        let lost =
            errors.iter().filter(is_lost).filter_map(|error| Some(beneath(self.text, error.span.as_ref()?.start)));
        let lost: Vec<Range<usize>> = lost.collect();
        let is_within = |error: &Diagnostic| {
            error.span.as_ref().is_some_and(|span| lost.iter().any(|part| part.contains(&span.start)))
        };
        errors.retain(|error| error.code != SYNTAX || !error.message.contains(TWICE) || !is_within(error));
        errors.sort_by_key(|error| error.span.as_ref().map_or(0, |span| span.start));
        (value, errors)
    }

    /// Bytes in the file of a range inside a string literal.
    #[must_use]
    pub fn inside(&self, literal: &Found<String>, part: Range<usize>) -> Range<usize> {
        let raw = self.text.get(literal.span.clone()).unwrap_or("");
        let start = literal.span.start;
        place_in_literal(raw, &literal.value, part)
            .map_or_else(|| literal.span.clone(), |inside| start + inside.start..start + inside.end)
    }
}

/// Bytes in a literal, as a file has it with its quotes, of a part of its value; `None` where they are not two forms of one text.
#[must_use]
pub fn place_in_literal(raw: &str, value: &str, part: Range<usize>) -> Option<Range<usize>> {
    if part.end > value.len() || part.start > part.end {
        return None;
    }
    // Most literals have no escape and no folded line. A part of a sign is the whole of it.
    let (at, end) = inside(raw)?;
    let is_whole = value.is_char_boundary(part.start) && value.is_char_boundary(part.end);
    if is_whole && raw.get(at..end) == Some(value) {
        return Some(at + part.start..at + part.end);
    }
    let places = places(raw, value)?;
    if part.end >= places.len() {
        return None;
    }
    // The end is that of the last sign, not the beginning of the next: between them a line may be folded.
    let end = if part.start == part.end { places[part.end].start } else { places[part.end - 1].end };
    Some(places[part.start].start..end)
}

fn is_certain(error: &Diagnostic, hearsay: &[Range<usize>]) -> bool {
    if error.code == SYNTAX || error.code == UNKNOWN_KEY || error.severity == Severity::Warning {
        return true;
    }
    match &error.span {
        Some(span) => !hearsay.iter().any(|part| part.start <= span.start && span.start < part.end),
        // It is said of the whole file.
        None => hearsay.is_empty(),
    }
}

/// Whether an error says that something is missing which is only misnamed.
fn follows(error: &Diagnostic, misnamed: &[(Option<Range<usize>>, String)]) -> bool {
    let says = |key: &str| {
        let names = |text: &str| {
            text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).any(|word| word == key)
        };
        names(&error.message) || error.hint.as_deref().is_some_and(names)
    };
    let of_table = |table: &Option<Range<usize>>| match (table, &error.span) {
        (Some(table), Some(span)) => table == span,
        _ => true,
    };
    ![UNKNOWN_KEY, SYNTAX].contains(&error.code) && misnamed.iter().any(|(table, key)| of_table(table) && says(key))
}

/// From where to where a literal has its value: within its quotes, without the line end behind the first ones.
fn inside(raw: &str) -> Option<(usize, usize)> {
    let fence = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|fence| raw.starts_with(*fence))?;
    let end = raw.len().checked_sub(fence.len())?;
    let mut at = fence.len();
    if fence.len() == 3 {
        at += ["\r\n", "\n"].into_iter().find(|newline| raw[at..].starts_with(*newline)).map_or(0, str::len);
    }
    Some((at, end))
}

/// The bytes in a literal (with its quotes) that each byte of its value comes from, and an empty range for the value's end. Grammar: TOML 1.1's
/// four kinds of strings with their escapes, and a backslash before a line's end, which folds it.
fn places(raw: &str, value: &str) -> Option<Vec<Range<usize>>> {
    let (mut at, end) = inside(raw)?;
    let mut places = Vec::with_capacity(value.len() + 1);
    let mut rest = value.chars();
    while at < end {
        let sign = raw[at..].chars().next()?;
        let next = at + sign.len_utf8();
        let (next, given) = match sign {
            '\\' if raw.starts_with('"') => escape(raw, next)?,
            '\r' if raw[next..].starts_with('\n') && !rest.as_str().starts_with('\r') => (next, None),
            sign => (next, Some(sign)),
        };
        if let Some(given) = given {
            if rest.next() != Some(given) {
                return None;
            }
            places.extend(std::iter::repeat_n(at..next, given.len_utf8()));
        }
        at = next;
    }
    places.push(end..end);
    (places.len() == value.len() + 1).then_some(places)
}

/// Behind a backslash: where the escape ends, and what it stands for.
fn escape(raw: &str, at: usize) -> Option<(usize, Option<char>)> {
    let sign = raw.get(at..)?.chars().next()?;
    let digits = match sign {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let code = u32::from_str_radix(raw.get(at + 1..at + 1 + digits)?, 16).ok()?;
        return Some((at + 1 + digits, Some(char::from_u32(code)?)));
    }
    let given = match sign {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        '"' => '"',
        '\\' => '\\',
        _ => {
            let folded = raw[at..].len() - raw[at..].trim_start().len();
            return Some((at + folded.max(1), None));
        }
    };
    Some((at + 1, Some(given)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used)]
    use super::*;

    /// What of the literal is pointed at for `part` of its value.
    fn check(literal: &str, part: &str, expected: &str) {
        let text = format!("阈 = {literal}\n").replace('阈', "a");
        let file = SpecFile::new("a.toml", &text);
        let mut tree = None;
        let root = file.root(&mut tree).expect("toml");
        let found = root.text("a").expect("text");
        let at = found.value.find(part).expect("the part");
        assert_eq!(&text[file.inside(&found, at..at + part.len())], expected, "{literal}");
    }

    #[test]
    fn a_part_of_a_literal_is_found_whatever_its_quotes() {
        check("\"甲乙 = 1 AND x\"", "x", "x");
        check("'甲\\乙 AND x'", "x", "x");
        check("\"a = \\\"乙\\\" AND xx\"", "xx", "xx");
        check("\"\\u7532 AND x\"", "甲", "\\u7532");
        check("\"\\u7532 AND x\"", "x", "x");
        check("\"\"\"\nSELECT \\\n   a,\n x\"\"\"", "x", "x");
        check("\"\"\"\nSELECT \\\n   a,\n x\"\"\"", "a,\n x", "a,\n x");
        check("'''\r\nSELECT\r\n x'''", "x", "x");
        check("\"\"\"\"x\"\"\"\"", "x", "x");
        // A part of a sign is the whole of it: nothing is cut in two.
        assert_eq!(place_in_literal("'警x'", "警x", 2..4), Some(1..5));
    }

    #[test]
    fn one_slip_of_a_key_is_one_error() {
        let text = "nmae = \"x\"\n";
        let file = SpecFile::new("a.toml", text);
        let mut tree = None;
        {
            let root = file.root(&mut tree).expect("toml");
            assert!(root.required_text("name").is_none());
            root.finish();
        }
        let errors = file.errors.borrow().clone();
        assert_eq!(errors.len(), 2);
        let misnamed = file.misnamed.borrow().clone();
        assert!(follows(&errors[0], &misnamed) && !follows(&errors[1], &misnamed), "{errors:?}");
    }
}
