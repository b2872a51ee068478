//! All that a row says of its person, in canonical form: what the ladder's keys and the weighted pass compare. Plain, and so kept no
//! longer than the row's chunk, or in memory until the row is linked.

use std::borrow::Cow;
use std::collections::HashMap;

use bidui_model::{CellKind, DataContract, DatePrecision, IdNumber, LinkBy, Place, Placeholders, RawCell, RawChunk};
use foldhash::fast::RandomState;
use zeroize::Zeroize;

use crate::blank::is_blank;
use crate::fold::{is_plain_han, squeeze};
use crate::sound::NameSounds;
use crate::written_id::{WrittenId, days_of};
use crate::{CanonicalName, Gazetteer, canonical_name, parse_date};

/// One row's person. Empty words and `None` are "not said".
#[derive(Clone, Default)]
pub struct PersonFields {
    pub(crate) number: WrittenId,
    pub name: String,
    pub sound: String,
    /// Days since 1970-01-01.
    pub birth: Option<i32>,
    /// Whether the birth date was read where no slip is known to be.
    pub birth_is_sure: bool,
    /// 1 male, 2 female, 0 unknown.
    pub sex: u8,
    pub village: String,
    pub town: String,
    pub hamlet: String,
    pub phone: String,
    pub head: String,
    pub head_sound: String,
    pub relation: String,
    pub household: String,
}

impl PersonFields {
    /// Whether the row's ID number is whole.
    #[must_use]
    pub fn has_number(&self) -> bool {
        self.number.whole.is_some()
    }
    #[must_use]
    pub fn number(&self) -> Option<IdNumber> {
        self.number.whole
    }
    /// Lets go of all that the ID number said: it is somebody else's.
    pub(crate) fn forget_number(&mut self, own_birth: Option<i32>, own_sex: u8) {
        self.number = WrittenId::default();
        (self.birth, self.birth_is_sure, self.sex) = (own_birth, own_birth.is_some(), own_sex);
    }
    /// `19491231`, or nothing.
    #[must_use]
    pub fn birth_digits(&self) -> String {
        self.view().birth_digits().to_owned()
    }
    /// The same, borrowed.
    #[must_use]
    pub fn view(&self) -> PersonView<'_> {
        PersonView {
            name: &self.name,
            sound: &self.sound,
            village: &self.village,
            town: &self.town,
            hamlet: &self.hamlet,
            phone: &self.phone,
            head: &self.head,
            head_sound: &self.head_sound,
            relation: &self.relation,
            household: &self.household,
            sex: self.sex,
            birth: self.birth.map(date_digits),
            number: self.number.whole,
            slipped: &self.number.slipped,
            first_fifteen: self.number.first_fifteen,
        }
    }
}

/// A person's values, wherever they are held. Empty words are "not said".
#[derive(Clone, Copy, Default)]
pub struct PersonView<'a> {
    pub name: &'a str,
    pub sound: &'a str,
    pub village: &'a str,
    pub town: &'a str,
    pub hamlet: &'a str,
    pub phone: &'a str,
    pub head: &'a str,
    pub(crate) head_sound: &'a str,
    pub relation: &'a str,
    pub(crate) household: &'a str,
    /// 1 male, 2 female, 0 unknown.
    pub sex: u8,
    pub(crate) birth: Option<[u8; 8]>,
    pub(crate) number: Option<IdNumber>,
    pub(crate) slipped: &'a [u8],
    pub(crate) first_fifteen: Option<[u8; 15]>,
}

impl PersonView<'_> {
    /// `19491231`, or nothing.
    #[must_use]
    pub fn birth_digits(&self) -> &str {
        self.birth.as_ref().and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or("")
    }
    pub(crate) fn sex_digit(&self) -> &'static str {
        ["", "1", "2"].get(self.sex as usize).copied().unwrap_or("")
    }
}

impl Drop for PersonFields {
    fn drop(&mut self) {
        for text in [&mut self.name, &mut self.sound, &mut self.phone, &mut self.head, &mut self.head_sound] {
            text.zeroize();
        }
        self.number.slipped.zeroize();
    }
}

/// Days since 1970-01-01 as `1949-12-31`.
#[must_use]
pub fn iso_date(days: i32) -> String {
    let digits = date_digits(days).map(char::from);
    let text: String = digits.into_iter().collect();
    format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])
}

/// Eight digits of a day.
pub(crate) fn date_digits(days: i32) -> [u8; 8] {
    // Civil from days (Howard Hinnant's algorithm), for dates after 1850.
    let shifted = i64::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let day = of_year - (153 * part + 2) / 5 + 1;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let mut digits = [0; 8];
    let mut rest = year * 10_000 + month * 100 + day;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// Reads persons out of one contract's chunks.
pub struct PersonReader<'a> {
    gazetteer: &'a Gazetteer,
    sounds: &'a NameSounds,
    placeholders: &'a Placeholders,
    columns: Columns,
}

/// Places that were resolved before. Neighbours mostly live in one, and a county has a few hundred.
#[derive(Default)]
pub(crate) struct KnownPlaces {
    /// Village, kind of its cell and town as they were written last, which is looked at first, and its place in `places`.
    last: Option<(String, CellKind, String, usize)>,
    by_spelling: HashMap<String, usize, RandomState>,
    /// Codes of village and town.
    places: Vec<(String, String)>,
}

impl KnownPlaces {
    /// An extract that spells more of them than this is not helped by remembering.
    const MOST: usize = 1 << 14;

    fn place(
        &mut self,
        village: RawCell<'_>,
        town: &str,
        resolve: impl FnOnce() -> (String, String),
    ) -> (String, String) {
        let is_last = |last: &(String, CellKind, String, usize)| {
            last.0 == village.text && last.1 == village.kind && last.2 == town
        };
        if let Some((.., at)) = self.last.as_ref().filter(|last| is_last(last)) {
            return self.places[*at].clone();
        }
        if self.places.len() >= Self::MOST {
            (self.by_spelling, self.places) = (HashMap::default(), Vec::new());
        }
        let spelling = format!("{:?}\u{1f}{}\u{1f}{town}", village.kind, village.text);
        let at = *self.by_spelling.entry(spelling).or_insert_with(|| {
            self.places.push(resolve());
            self.places.len() - 1
        });
        self.last = Some((village.text.to_owned(), village.kind, town.to_owned(), at));
        self.places[at].clone()
    }
}

/// Where a contract has each field.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    number: Option<usize>,
    name: Option<usize>,
    birth: Option<usize>,
    sex: Option<usize>,
    village: Option<usize>,
    town: Option<usize>,
    hamlet: Option<usize>,
    phone: Option<usize>,
    head: Option<usize>,
    relation: Option<usize>,
    household: Option<usize>,
}

impl<'a> PersonReader<'a> {
    /// `None` for a contract whose rows are not about persons.
    #[must_use]
    pub fn new(
        contract: &DataContract,
        gazetteer: &'a Gazetteer,
        sounds: &'a NameSounds,
        placeholders: &'a Placeholders,
    ) -> Option<Self> {
        let LinkBy::Person { id, name } = &contract.link else { return None };
        let at = |name: &str| contract.column(name).map(|(at, _)| at);
        let columns = Columns {
            number: at(id),
            name: name.as_deref().and_then(at),
            birth: at("birth"),
            sex: at("sex"),
            village: at("village"),
            town: at("town"),
            hamlet: at("hamlet"),
            phone: at("phone"),
            head: at("head_name"),
            relation: at("relation"),
            household: at("household_id"),
        };
        Some(Self { gazetteer, sounds, placeholders, columns })
    }

    /// The person of a row, by its place in the chunk.
    #[must_use]
    pub fn read(&self, chunk: &RawChunk, row: usize) -> PersonFields {
        let mut person = self.read_unheard(chunk, row, &mut KnownPlaces::default());
        self.hear(&mut person);
        person
    }

    /// The same without how names sound.
    pub(crate) fn read_unheard(&self, chunk: &RawChunk, row: usize, known: &mut KnownPlaces) -> PersonFields {
        let cell = |column| cell_of(chunk, row, column);
        let columns = &self.columns;
        let number = WrittenId::read(cell(columns.number));
        let mut person = PersonFields::default();
        person.name = self.name(cell(columns.name));
        person.head = self.name(cell(columns.head));
        let of_number = number.born.as_ref().and_then(days_of);
        let own = birth_of(cell(columns.birth));
        person.birth = of_number.filter(|_| number.slipped.is_empty() || own.is_none()).or(own).or(of_number);
        person.birth_is_sure = own.is_some() || number.whole.is_some() || number.slipped.is_empty();
        person.sex = if number.sex == 0 { sex_of(cell(columns.sex)) } else { number.sex };
        let (village, town) = (cell(columns.village), cell(columns.town));
        (person.village, person.town) = known.place(village, town.text, || self.place(village, town));
        person.phone = self.phone(cell(columns.phone));
        person.hamlet = squeeze(cell(columns.hamlet).text);
        person.relation = squeeze(cell(columns.relation).text);
        person.household = cell(columns.household).text.trim().to_owned();
        person.number = number;
        person
    }

    /// A reader of no contract, for persons who have been read before.
    #[must_use]
    pub fn of_columns(gazetteer: &'a Gazetteer, sounds: &'a NameSounds, placeholders: &'a Placeholders) -> Self {
        Self { gazetteer, sounds, placeholders, columns: Columns::default() }
    }

    /// How a canonical name sounds.
    #[must_use]
    pub fn sound_of(&self, canonical_name: &str) -> String {
        self.sounds.of(canonical_name)
    }

    /// How the row's name sounds.
    #[must_use]
    pub fn sound(&self, chunk: &RawChunk, row: usize) -> String {
        let cells = self.columns.name.and_then(|column| chunk.columns.get(column));
        cells.map_or_else(String::new, |cells| self.sounds.of(&self.name(cells.get(row))))
    }

    /// The same of a row whose number is another person's.
    #[must_use]
    pub fn read_without_number(&self, chunk: &RawChunk, row: usize) -> PersonFields {
        let mut person = self.read(chunk, row);
        let cell = |column| cell_of(chunk, row, column);
        person.forget_number(birth_of(cell(self.columns.birth)), sex_of(cell(self.columns.sex)));
        person
    }

    /// The same of a row whose number is not taken. Where it would be whole, its column has been through Excel: the last three digits say nothing, nor
    /// whether it is a man's.
    pub(crate) fn read_refused(&self, chunk: &RawChunk, row: usize) -> PersonFields {
        let mut person = self.read(chunk, row);
        if let Some(rounded) = person.number.rounded_off() {
            person.number = rounded;
            person.sex = sex_of(cell_of(chunk, row, self.columns.sex));
        }
        person
    }

    /// The same as if the number had told nothing but itself: what would be left if it were lost.
    #[must_use]
    pub fn read_beside_number(&self, chunk: &RawChunk, row: usize) -> PersonFields {
        let mut person = self.read_without_number(chunk, row);
        person.number = WrittenId { born: None, sex: 0, ..WrittenId::read(cell_of(chunk, row, self.columns.number)) };
        person
    }

    /// Fills in how the names sound.
    fn hear(&self, person: &mut PersonFields) {
        person.sound = self.sounds.of(&person.name);
        person.head_sound = self.sounds.of(&person.head);
        if person.head_sound == person.sound {
            // That somebody is his own head would be his name said twice.
            person.head.clear();
            person.head_sound.clear();
        }
    }

    /// Sets the head of a registry's household, who stands in another row.
    pub fn set_head(&self, person: &mut PersonFields, head: &str) {
        head.clone_into(&mut person.head);
        self.hear(person);
    }

    fn name(&self, cell: RawCell<'_>) -> String {
        // Most names are canonical as they stand.
        let name = if is_plain_han(cell.text) && !is_blank(cell.text) {
            Cow::Borrowed(cell.text)
        } else {
            match canonical_name(cell.text) {
                CanonicalName::Name(name) => Cow::Owned(name),
                CanonicalName::Missing | CanonicalName::Illegible { .. } => return String::new(),
            }
        };
        let is_placeholder = self.placeholders.names.iter().any(|placeholder| *placeholder == name);
        if is_placeholder { String::new() } else { without_role(&name).to_owned() }
    }

    /// Codes of village and town.
    fn place(&self, village: RawCell<'_>, town: RawCell<'_>) -> (String, String) {
        let town_text = Some(town.text).filter(|text| !is_blank(text));
        let of_village = match (village.kind, is_blank(village.text)) {
            (CellKind::Text, false) => match self.gazetteer.resolve(town_text, village.text) {
                Place::Village(code) => Some(code.0),
                _ => None,
            },
            _ => None,
        };
        let of_town = match (&of_village, town_text.map(|text| self.gazetteer.resolve_town(text))) {
            (Some(village), _) => village.get(..9).map(str::to_owned),
            (None, Some(Place::Town(code))) => Some(code.0),
            _ => None,
        };
        (of_village.unwrap_or_default(), of_town.unwrap_or_default())
    }

    fn phone(&self, cell: RawCell<'_>) -> String {
        let mut digits = squeeze(cell.text);
        digits.retain(|character| character.is_ascii_digit());
        let is_one = (7..=12).contains(&digits.len()) && !same_digit(&digits);
        if is_one && !self.placeholders.phones.contains(&digits) { digits } else { String::new() }
    }
}

/// `韦某户主` and `户主韦某`, without brackets that would have told.
fn without_role(name: &str) -> &str {
    let bare = name.strip_suffix("户主").or_else(|| name.strip_prefix("户主")).unwrap_or(name);
    let bare = bare.trim_matches([':', '\u{b7}']);
    if bare.chars().count() >= 2 { bare } else { name }
}

/// A row's cell of a column; an empty one where there is no such column.
#[must_use]
pub fn cell_of(chunk: &RawChunk, row: usize, column: Option<usize>) -> RawCell<'_> {
    let cells = column.and_then(|column| chunk.columns.get(column));
    cells.map_or(RawCell { kind: CellKind::Empty, text: "" }, |cells| cells.get(row))
}

fn same_digit(digits: &str) -> bool {
    digits.bytes().all(|digit| Some(&digit) == digits.as_bytes().first())
}

fn birth_of(cell: RawCell<'_>) -> Option<i32> {
    match parse_date(cell) {
        Ok(Some((days, DatePrecision::Day))) => Some(days),
        _ => None,
    }
}

fn sex_of(cell: RawCell<'_>) -> u8 {
    match squeeze(cell.text).as_str() {
        "男" | "男性" | "1" => 1,
        "女" | "女性" | "2" => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_the_number_has_them() {
        for born in [b"19491231", b"20000229", b"19040229", b"20230301"] {
            let days = days_of(born).unwrap_or(0);
            assert_eq!(&date_digits(days), born);
        }
    }

    #[test]
    fn a_role_behind_a_name_is_no_part_of_it() {
        for name in ["韦明山户主", "户主韦明山", "户主:韦明山"] {
            assert_eq!(without_role(name), "韦明山");
        }
        assert_eq!((without_role("户主"), without_role("韦户主")), ("户主", "韦户主"));
    }

    #[test]
    fn what_sex_is_written_as() {
        let sex = |text: &str| sex_of(RawCell { kind: CellKind::Text, text });
        assert_eq!((sex("男"), sex(" 女 "), sex("1"), sex("")), (1, 2, 1, 0));
    }
}
