//! What a cell tells of an ID number that cannot be used as one: its characters, fifteen digits, a birth date.

use bidui_model::{CellKind, IdNumber, IdStatus, RawCell};

use crate::canonical_id;
use crate::id::Spelled;

/// As much of a number as a cell holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WrittenId {
    /// The number, where it is whole.
    pub(crate) whole: Option<IdNumber>,
    /// Digits and X as they stand, where a slip may have been made in them: 17 to 19 characters.
    pub(crate) slipped: Vec<u8>,
    pub(crate) first_fifteen: Option<[u8; 15]>,
    /// Eight digits of a birth date that a calendar has.
    pub(crate) born: Option<[u8; 8]>,
    pub(crate) sex: u8,
}

impl WrittenId {
    pub(crate) fn read(cell: RawCell<'_>) -> Self {
        let read = canonical_id(cell);
        if let Some(whole) = read.id {
            return Self::of(whole);
        }
        if read.status == IdStatus::Missing {
            // A placeholder has digits that look like a birth date and are nobody's.
            return Self::default();
        }
        match cell.kind {
            CellKind::Number => Self::rounded(cell.text),
            CellKind::Text => Self::broken(cell.text),
            CellKind::Empty | CellKind::Date | CellKind::Bool | CellKind::Error => Self::default(),
        }
    }

    pub(crate) fn of(whole: IdNumber) -> Self {
        let bytes = whole.expose_bytes();
        Self {
            whole: Some(whole),
            slipped: Vec::new(),
            first_fifteen: bytes.first_chunk().copied(),
            born: bytes[6..].first_chunk().copied(),
            sex: whole.sex() as u8 + 1,
        }
    }

    /// Of a whole number that ends in 000 what Excel would have left of another one.
    pub(crate) fn rounded_off(&self) -> Option<Self> {
        let first = self.whole.as_ref()?.expose_bytes().strip_suffix(b"000")?;
        let digits: [u8; 15] = first.try_into().ok()?;
        Some(Self { born: birth_in(&digits), first_fifteen: Some(digits), ..Self::default() })
    }

    /// A number cell: the nearest double keeps sixteen digits at most, and Excel fifteen.
    fn rounded(text: &str) -> Self {
        let Ok(value) = text.parse::<f64>() else { return Self::default() };
        if !(1e17..1e18).contains(&value) {
            return Self::default();
        }
        Self::of_thousands(((value as u64) + 500) / 1000)
    }

    fn of_thousands(thousands: u64) -> Self {
        let digits: Option<[u8; 15]> = format!("{thousands:015}").into_bytes().try_into().ok();
        Self { born: digits.and_then(|digits| birth_in(&digits)), first_fifteen: digits, ..Self::default() }
    }

    fn broken(text: &str) -> Self {
        let spelled = Spelled::read(text);
        let characters = spelled.characters();
        if let Some((mantissa, _)) = split_exponent(characters) {
            let digits: Vec<u8> = mantissa.iter().copied().filter(u8::is_ascii_digit).collect();
            return digits.get(..15).and_then(|first| first.try_into().ok()).map_or_else(Self::default, |first| Self {
                born: birth_in(&first),
                first_fifteen: Some(first),
                ..Self::default()
            });
        }
        // 学籍号 without an ID number: J and L, six digits of area, eight of birth.
        let characters = match characters {
            [b'J' | b'L', rest @ ..] if rest.len() == 18 => {
                let born = rest[6..].first_chunk().filter(|born| is_date(born)).copied();
                return Self { born, ..Self::default() };
            }
            [b'G', rest @ ..] => rest,
            // A card's last two, or four.
            card if card.len() == 20 || card.len() == 22 => &card[..18],
            other => other,
        };
        // Decimals behind a whole number are the printing of a double.
        let characters = characters.split(|byte| *byte == b'.').next().unwrap_or(characters);
        let is_number = characters.iter().all(|byte| byte.is_ascii_digit() || *byte == b'X');
        if !(17..=19).contains(&characters.len()) || !is_number {
            return Self::default();
        }
        if characters.len() == 18 && (characters.ends_with(b"000") || looks_like_a_double(characters)) {
            let thousands = characters.iter().fold(0_u64, |sum, byte| sum * 10 + u64::from(byte - b'0'));
            return Self { slipped: characters.to_vec(), ..Self::of_thousands((thousands + 500) / 1000) };
        }
        let born = characters[6..].first_chunk().filter(|born| characters.len() == 18 && is_date(born)).copied();
        // The slip may be among its digits; whoever compares must not hold the date against anybody. The sex is one digit, near where slips
        // are made, and half of them change it.
        Self { whole: None, slipped: characters.to_vec(), first_fifteen: None, born, sex: 0 }
    }
}

fn split_exponent(characters: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = characters.iter().position(|byte| *byte == b'E')?;
    let begins = characters.first().is_some_and(u8::is_ascii_digit);
    begins.then(|| (&characters[..at], &characters[at + 1..]))
}

/// The nearest double to a number that ends in 000 ends in …016, …984 and the like.
fn looks_like_a_double(characters: &[u8]) -> bool {
    if characters.ends_with(b"X") {
        return false;
    }
    let value = characters.iter().fold(0_u64, |sum, byte| sum * 10 + u64::from(byte - b'0'));
    let kept = (value + 500) / 1000 * 1000;
    value == (kept as f64) as u64
}

fn birth_in(first_fifteen: &[u8; 15]) -> Option<[u8; 8]> {
    first_fifteen[6..].first_chunk().filter(|born| is_date(born)).copied()
}

fn is_date(born: &[u8; 8]) -> bool {
    born.iter().all(u8::is_ascii_digit) && days_of(born).is_some()
}

/// Days since 1970-01-01 of eight digits.
pub(crate) fn days_of(born: &[u8; 8]) -> Option<i32> {
    let number = |digits: &[u8]| digits.iter().fold(0_u32, |sum, byte| sum * 10 + u32::from(byte.wrapping_sub(b'0')));
    let (year, month, day) = (number(&born[..4]), number(&born[4..6]), number(&born[6..]));
    let month = bidui_model::Month::new(i32::try_from(year).ok().filter(|year| (1850..2150).contains(year))?, month)?;
    let day = i32::try_from(day).ok()?;
    let first = month.first_day();
    (day >= 1 && first + day - 1 <= month.last_day()).then_some(first + day - 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(text: &str) -> WrittenId {
        WrittenId::read(RawCell { kind: CellKind::Text, text })
    }
    fn born(read: &WrittenId) -> String {
        read.born.map_or_else(String::new, |born| String::from_utf8_lossy(&born).into_owned())
    }
    fn fifteen(read: &WrittenId) -> String {
        read.first_fifteen.map_or_else(String::new, |first| String::from_utf8_lossy(&first).into_owned())
    }

    #[test]
    fn what_excel_left_keeps_fifteen_digits() {
        for cell in ["110105194912310000", "1.10105194912310E+17", "110105194912310000.0"] {
            assert_eq!(fifteen(&text(cell)), "110105194912310", "{cell}");
            assert_eq!(born(&text(cell)), "19491231", "{cell}");
        }
        assert_eq!(fifteen(&text("450221199001011008")), "450221199001011", "the nearest double");
        let number = RawCell { kind: CellKind::Number, text: "110105194912310020" };
        assert_eq!(fifteen(&WrittenId::read(number)), "110105194912310");
        assert_eq!(text("1.10105E+17"), WrittenId::default());
    }

    #[test]
    fn a_slip_keeps_its_characters_and_no_fifteen_to_trust() {
        let read = text("１１０１０５１９４９１２３１００３x");
        assert_eq!((read.slipped.as_slice(), born(&read).as_str()), (b"11010519491231003X".as_slice(), "19491231"));
        assert_eq!(fifteen(&read), "");
        assert_eq!(text("1101051949123100").slipped.len(), 0);
        assert_eq!(text("11010519491231002").slipped.len(), 17);
    }

    #[test]
    fn a_student_number_tells_the_birth_date_and_a_card_its_number() {
        assert_eq!(born(&text("L110105201105041234")), "20110504");
        assert_eq!(born(&text("L110105201113041234")), "");
        assert!(text("11010519491231002X43").whole.is_some());
        assert_eq!(text("E12345678"), WrittenId::default());
        assert_eq!(text("办理中"), WrittenId::default());
        assert_eq!(text("999999197001010000"), WrittenId::default());
    }
}
