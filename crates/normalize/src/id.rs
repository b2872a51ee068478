//! The canonical ID number: one spelling, version [`CANONICALISER`], for every way in which a cell may write it.
//! Source: GB 11643-1999; the rules, their reasons and the test vectors are in docs/id-canonicaliser.md.
//!
//! Taken: 18 characters; 15 digits (lifted to 18); 残疾人证号 of 20 and 22; 学籍号 `G` + 18; residence permits 81, 82, 83; in any
//! width and case, with blanks, quotes, hyphens and invisible characters anywhere, and the look-alikes of X. Known and refused:
//! numbers that Excel has rounded, placeholders, other documents. Not taken: labels before the number, two numbers in one cell.

use bidui_model::{CellKind, FlawCode, IdNumber, IdStatus, RawCell, check_character};
use unicode_normalization::UnicodeNormalization;

use crate::DisabilityCard;
use crate::fold::{is_dash, is_invisible, is_quote};

/// Version of these rules. It stands beside every stored token, since two spellings of one ID never meet.
pub const CANONICALISER: u32 = 1;

/// What an ID cell was read as. `id` is there exactly when `status` is `Valid` or `Upgraded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identifier {
    pub status: IdStatus,
    pub id: Option<IdNumber>,
    pub card: Option<DisabilityCard>,
    pub flaw: Option<FlawCode>,
}

/// The longest thing that has a meaning is a 22-character card; a little more room for decimals and exponents.
const ROOM: usize = 32;

/// Reads one cell. Pure, total, and without an allocation.
#[must_use]
pub fn canonical_id(cell: RawCell<'_>) -> Identifier {
    match cell.kind {
        CellKind::Empty => refused(IdStatus::Missing),
        CellKind::Number => number_cell(cell.text),
        CellKind::Error => Identifier { flaw: Some(FlawCode::CellError), ..refused(IdStatus::Malformed) },
        CellKind::Date | CellKind::Bool => refused(IdStatus::Malformed),
        CellKind::Text => text_cell(cell.text),
    }
}

fn text_cell(text: &str) -> Identifier {
    if let Some(clean) = clean_eighteen(text.as_bytes()) {
        return eighteen(clean);
    }
    let spelled = Spelled::read(text);
    let characters = spelled.characters();
    if spelled.too_long {
        return refused(IdStatus::Malformed);
    }
    if spelled.has_other {
        return words(text);
    }
    if characters.is_empty() || is_placeholder(characters) {
        return refused(IdStatus::Missing);
    }
    if is_rounded_text(characters) {
        return refused(IdStatus::DamagedByExcel);
    }
    by_length(characters)
}

fn by_length(characters: &[u8]) -> Identifier {
    if let Some(clean) = clean_eighteen(characters) {
        return eighteen(clean);
    }
    match characters {
        [rest @ .., b'*'] if rest.len() == 17 => starred(rest),
        [b'G', rest @ ..] if rest.len() == 18 => {
            clean_eighteen(rest).map_or_else(|| refused(IdStatus::Malformed), eighteen)
        }
        digits if digits.len() == 15 && digits.iter().all(u8::is_ascii_digit) => fifteen(digits),
        [id @ .., category, level] if id.len() == 18 => card(id, *category, *level),
        [id @ .., category, level, b'A'..=b'Z', b'0'..=b'9'] if id.len() == 18 => card(id, *category, *level),
        other => other_document(other),
    }
}

/// The 18 characters, if there are 18 and all have the right class.
fn clean_eighteen(bytes: &[u8]) -> Option<&[u8; 18]> {
    let bytes: &[u8; 18] = bytes.try_into().ok()?;
    let last = bytes[17];
    (bytes[..17].iter().all(u8::is_ascii_digit) && (last.is_ascii_digit() || last == b'X')).then_some(bytes)
}

fn eighteen(bytes: &[u8; 18]) -> Identifier {
    if is_placeholder(bytes) {
        return refused(IdStatus::Missing);
    }
    let Some(id) = IdNumber::from_canonical(bytes) else {
        return refused(why_not(bytes));
    };
    if bytes.ends_with(b"0000") {
        // Sequence 000 is never issued, so a check digit that fits is chance: the last three digits were lost.
        return refused(IdStatus::DamagedByExcel);
    }
    if bytes[0] == b'9' {
        // 外国人永久居留身份证 of 2023: the same build, another register.
        return refused(IdStatus::OtherDocument);
    }
    accepted(IdStatus::Valid, id)
}

/// Why 18 well-formed characters are no ID number.
fn why_not(bytes: &[u8; 18]) -> IdStatus {
    let mut corrected = *bytes;
    if let Some(check) = check_character(&bytes[..17]) {
        corrected[17] = check;
    }
    if IdNumber::from_canonical(&corrected).is_none() {
        IdStatus::BirthDate
    } else if lost_its_tail(bytes) {
        IdStatus::DamagedByExcel
    } else {
        IdStatus::CheckDigit
    }
}

/// Excel keeps 15 digits: the number ends in 000, or, printed from the double by another program, in what the nearest double to
/// such a number ends in (…016, …984). One mistyped ID in a thousand looks so by chance; it cannot be used either way.
fn lost_its_tail(bytes: &[u8; 18]) -> bool {
    if bytes[17] == b'X' {
        return false;
    }
    let value = bytes.iter().fold(0u64, |value, byte| value * 10 + u64::from(byte - b'0'));
    let kept = (value + 500) / 1000 * 1000;
    value == kept || value == (kept as f64) as u64
}

/// 15 digits were issued until 1999: the century is 19, but for sequences 996 to 999, kept for people over a hundred.
fn fifteen(digits: &[u8]) -> Identifier {
    if is_placeholder(digits) {
        return refused(IdStatus::Missing);
    }
    if digits[0] == b'9' || digits.ends_with(b"000") {
        // Never given: no area begins with 9, and sequences begin with 001. Lifted, it would be a number that is refused as such.
        return refused(IdStatus::Malformed);
    }
    let mut lifted = [0u8; 18];
    lifted[..6].copy_from_slice(&digits[..6]);
    let centenarian = digits[12..14] == *b"99" && digits[14] >= b'6';
    lifted[6..8].copy_from_slice(if centenarian { b"18" } else { b"19" });
    lifted[8..17].copy_from_slice(&digits[6..]);
    if let Some(check) = check_character(&lifted[..17]) {
        lifted[17] = check;
    }
    IdNumber::from_canonical(&lifted)
        .map_or_else(|| refused(IdStatus::BirthDate), |id| accepted(IdStatus::Upgraded, id))
}

fn card(id: &[u8], category: u8, level: u8) -> Identifier {
    let (Some(id), b'0'..=b'9', b'0'..=b'9') = (clean_eighteen(id), category, level) else {
        return refused(IdStatus::Malformed);
    };
    let read = eighteen(id);
    let card = DisabilityCard::new(category - b'0', level - b'0');
    match (read.id, card) {
        // The ID stands on its own check character; only the card's tail is wrong.
        (Some(_), None) => Identifier { flaw: Some(FlawCode::IdMalformed), ..read },
        (Some(_), card) => Identifier { card, ..read },
        (None, _) => read,
    }
}

/// A star in the last place stands for X if the other 17 digits ask for X; stars elsewhere are masks.
fn starred(digits: &[u8]) -> Identifier {
    let mut bytes = [b'X'; 18];
    bytes[..17].copy_from_slice(digits);
    match clean_eighteen(&bytes).map(eighteen) {
        Some(read) if read.id.is_some() => read,
        _ => refused(IdStatus::Malformed),
    }
}

/// 999999… stands for "no number" in the national system's exports; zeros alone are Excel's or a form's default.
fn is_placeholder(characters: &[u8]) -> bool {
    characters.starts_with(b"999999")
        || characters.iter().all(|byte| *byte == b'0')
        || matches!(characters, b"NULL" | b"NONE" | b"NA" | b"NAN" | b"N/A" | b"/" | b"//" | b"\\" | b"?")
}

/// `4.50221E+17` and `450221199001011000.0`: the text of a number cell.
fn is_rounded_text(characters: &[u8]) -> bool {
    let text = std::str::from_utf8(characters).unwrap_or("");
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    if let Some((mantissa, exponent)) = text.split_once('E') {
        let exponent = exponent.trim_start_matches('+');
        return mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && exponent.parse::<u32>().is_ok_and(|power| (10..25).contains(&power));
    }
    text.split_once('.').is_some_and(|(whole, decimals)| {
        whole.len() >= 15 && whole.bytes().all(|b| b.is_ascii_digit()) && decimals.bytes().all(|b| b == b'0')
    })
}

/// A number cell is never an ID: 18 digits do not fit a double. Short numbers are slips, and zero is a default.
fn number_cell(text: &str) -> Identifier {
    match text.parse::<f64>().map(f64::abs) {
        Ok(value) if value < 0.5 => refused(IdStatus::Missing),
        Ok(value) if value >= 1e14 => refused(IdStatus::DamagedByExcel),
        _ => refused(IdStatus::Malformed),
    }
}

/// Student numbers J and L, passports, permits of letters and digits. What begins with digits was meant as an ID.
fn other_document(characters: &[u8]) -> Identifier {
    let digits = characters.iter().filter(|b| b.is_ascii_digit()).count();
    let document = characters.first().is_some_and(u8::is_ascii_uppercase)
        && characters.iter().all(u8::is_ascii_alphanumeric)
        && (5..=20).contains(&digits)
        && characters.len() <= 22;
    refused(if document { IdStatus::OtherDocument } else { IdStatus::Malformed })
}

/// Cells with words in them.
fn words(text: &str) -> Identifier {
    const DOCUMENTS: &[&str] =
        &["护照", "军", "士兵", "警官", "出生", "户口", "学籍", "通行证", "永久居留", "回乡证", "台胞"];
    const NOTHING: &[&str] = &["无", "没", "未", "暂", "待", "办理", "补办", "不详", "空", "缺", "新生"];
    let has_digit = text.chars().any(|c| c.is_numeric());
    refused(match has_digit {
        true if DOCUMENTS.iter().any(|word| text.contains(word)) => IdStatus::OtherDocument,
        false if NOTHING.iter().any(|word| text.contains(word)) => IdStatus::Missing,
        _ => IdStatus::Malformed,
    })
}

/// A cell's characters in upper-case ASCII, with everything that means nothing left out.
pub(crate) struct Spelled {
    bytes: [u8; ROOM],
    length: usize,
    too_long: bool,
    /// A character that no document has, such as a word.
    has_other: bool,
}

impl Spelled {
    pub(crate) fn read(text: &str) -> Self {
        let mut spelled = Self { bytes: [0; ROOM], length: 0, too_long: false, has_other: false };
        for character in text.chars() {
            spelled.push(character);
        }
        spelled
    }

    fn push(&mut self, character: char) {
        match character {
            _ if character.is_whitespace() || is_invisible(character) => {}
            _ if is_quote(character) || is_dash(character) => {}
            '0'..='9' | 'A'..='Z' => self.keep(character as u8),
            'a'..='z' => self.keep(character.to_ascii_uppercase() as u8),
            'Х' | 'х' | 'Χ' | 'χ' | '×' | '✕' | '✖' | '╳' => self.keep(b'X'),
            '!'..='~' => self.keep(character as u8),
            _ => {
                let mut folded = std::iter::once(character).nfkc();
                match (folded.next(), folded.next()) {
                    (Some(ascii), None) if ascii.is_ascii_graphic() => self.push(ascii),
                    _ => self.has_other = true,
                }
            }
        }
    }

    fn keep(&mut self, byte: u8) {
        match self.bytes.get_mut(self.length) {
            Some(place) => {
                *place = byte;
                self.length += 1;
            }
            None => self.too_long = true,
        }
    }

    pub(crate) fn characters(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn accepted(status: IdStatus, id: IdNumber) -> Identifier {
    Identifier { status, id: Some(id), card: None, flaw: None }
}

fn refused(status: IdStatus) -> Identifier {
    let flaw = match status {
        IdStatus::Valid | IdStatus::Upgraded => None,
        IdStatus::Missing => Some(FlawCode::IdMissing),
        IdStatus::Malformed => Some(FlawCode::IdMalformed),
        IdStatus::CheckDigit => Some(FlawCode::IdCheckDigit),
        IdStatus::BirthDate => Some(FlawCode::IdBirthDate),
        IdStatus::DamagedByExcel => Some(FlawCode::IdDamagedByExcel),
        IdStatus::OtherDocument => Some(FlawCode::IdOtherDocument),
    };
    Identifier { status, id: None, card: None, flaw }
}
