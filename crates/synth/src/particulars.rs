//! What an extract says of a person beside number and name: where he lives, when he was born, with whom he lives, how to call him. The
//! values are the registry's; in a messy county some are blank or wrong, each by the rate of its kind.

use std::borrow::Cow;

use bidui_model::Sex;

use crate::calendar::{civil, day_of};
use crate::damage::{BesideRates, VARIANTS};
use crate::dice::Dice;
use crate::feed::{ColumnSpec, Feed};
use crate::home::Address;
use crate::household::Household;
use crate::names;
use crate::options::SynthVillage;
use crate::rows::{Cell, Setting, address, text};

/// The cell of one such column.
pub(crate) fn particular<'a>(
    setting: &'a Setting<'a>,
    household: &'a Household,
    month: usize,
    member: usize,
    column: &ColumnSpec,
) -> Cell<'a> {
    let person = &household.members[member];
    let head = household.head_at(month);
    match column.name {
        "town" => address(setting, household).0,
        "village" => address(setting, household).1,
        "hamlet" => text(setting.atlas.hamlet_name(&household.home)),
        "phone" => text(&person.phone),
        "birth" => Cell::Birth(person.birth),
        "sex" => Cell::Text(Cow::Borrowed(person.sex.in_chinese())),
        // Nobody is his own guardian, but a head stands beside himself in a list of members.
        "head_name" if head == member && column.headings[0].starts_with("监护") => Cell::Empty,
        "head_name" => Cell::Name(&household.members[head].name),
        _ => Cell::Empty,
    }
}

/// Somebody whom the registry does not have.
pub(crate) struct Stranger {
    pub(crate) id: String,
    pub(crate) name: String,
    sex: Sex,
    birth: i32,
    phone: String,
    family: String,
    /// Lives where the row's person does, outside the registry; otherwise in the city.
    near: bool,
}

impl Stranger {
    pub(crate) fn new(dice: &mut Dice, id: String, sex: Sex, birth: i32) -> Self {
        let surname = names::surname(dice);
        let name = names::full_name(dice, surname, sex, 1980);
        let family = names::full_name(dice, surname, Sex::Male, 1980);
        Self { id, name, sex, birth, phone: names::phone(dice), family, near: dice.percent(50) }
    }

    /// Puts his particulars in place of those of the person before him.
    pub(crate) fn take_over<'s>(&'s self, feed: Feed, cells: &mut [Cell<'s>]) {
        for (cell, column) in cells.iter_mut().zip(feed.spec().columns).filter(|(_, column)| column.beside) {
            *cell = match column.name {
                "town" | "village" | "hamlet" if self.near => continue,
                "town" => text("市区"),
                "phone" => text(&self.phone),
                "birth" => Cell::Birth(self.birth),
                "sex" => text(self.sex.in_chinese()),
                "head_name" => Cell::Name(&self.family),
                _ => Cell::Empty,
            };
        }
    }
}

/// Leaves some of a row's particulars blank and makes some wrong. Returns the codes of what is wrong; a gap has none, being so common.
pub(crate) fn blur<'c>(
    setting: &'c Setting<'c>,
    household: &Household,
    feed: Feed,
    cells: &mut [Cell<'c>],
    rates: &BesideRates,
    dice: &mut Dice,
) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for (cell, column) in cells.iter_mut().zip(feed.spec().columns).filter(|(_, column)| column.beside) {
        let blank = match column.name {
            "phone" => rates.phone_blank,
            "town" => rates.town_blank,
            "village" => rates.village_blank,
            "hamlet" => rates.hamlet_blank,
            "birth" => rates.birth_blank,
            "sex" => rates.sex_blank,
            _ => rates.head_blank,
        };
        let is_blank = blank > 0 && dice.chance(blank);
        let wrong = match cell {
            _ if is_blank => Some((Cell::Empty, "")),
            Cell::Text(phone) if column.name == "phone" => {
                dice.chance(rates.phone_wrong).then(|| (wrong_phone(phone, dice), "phone_wrong"))
            }
            Cell::Village(_) if dice.chance(rates.village_wrong) => {
                neighbour(setting, household).map(|village| (Cell::Village(village), "village_wrong"))
            }
            Cell::Birth(day) => dice.chance(rates.birth_wrong).then(|| (wrong_birth(*day, dice), "birth_wrong")),
            Cell::Text(sex) if column.name == "sex" => dice
                .chance(rates.sex_wrong)
                .then(|| (text(if sex.as_ref() == "男" { "女" } else { "男" }), "sex_wrong")),
            Cell::Name(name) if dice.chance(rates.head_variant) => {
                variant(name).map(|name| (name, "head_name_variant"))
            }
            _ => None,
        };
        if let Some((other, code)) = wrong {
            *cell = other;
            codes.extend((!code.is_empty()).then_some(code));
        }
    }
    codes
}

/// A digit written as another, or somebody else's number altogether.
fn wrong_phone(phone: &str, dice: &mut Dice) -> Cell<'static> {
    if dice.percent(50) {
        return Cell::Text(Cow::Owned(names::phone(dice)));
    }
    let mut digits = phone.as_bytes().to_vec();
    let place = 4 + dice.below(digits.len().saturating_sub(4));
    if let Some(digit) = digits.get_mut(place) {
        *digit = b'0' + (*digit - b'0' + 1 + dice.below(9) as u8) % 10;
    }
    Cell::Text(Cow::Owned(String::from_utf8_lossy(&digits).into_owned()))
}

/// Month and day exchanged where that is a date, otherwise a year or a day beside the true one.
fn wrong_birth(day: i32, dice: &mut Dice) -> Cell<'static> {
    let (year, month, date) = civil(day);
    let is_exchangeable = date <= 12 && date != month;
    Cell::Birth(match dice.below(3) {
        0 if is_exchangeable => day_of(year, date, month),
        0 | 1 => day_of(year - 10 + 20 * dice.below(2) as i32, month, date),
        _ if date < 28 => day + 1,
        _ => day - 1,
    })
}

/// A village of the same town that stands next to the household's own in the gazetteer.
fn neighbour<'a>(setting: &'a Setting<'a>, household: &Household) -> Option<&'a SynthVillage> {
    let Address::Village(at) = household.home.at else { return None };
    let villages = &setting.options.villages;
    let own = villages.get(at)?;
    let beside = [at.checked_add(1), at.checked_sub(1)];
    beside
        .into_iter()
        .flatten()
        .filter_map(|place| villages.get(place))
        .find(|village| village.town_code == own.town_code)
}

/// The name under a surname that is taken for it.
fn variant(name: &str) -> Option<Cell<'static>> {
    let (from, to) = VARIANTS.iter().find(|(from, _)| name.starts_with(from))?;
    // Names of two calls' lifetimes meet in one row, so that this one owns its text.
    Some(Cell::Text(Cow::Owned(name.replacen(from, to, 1))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::damage::Rates;
    use crate::dice::Purpose;
    use crate::home::Atlas;
    use crate::household::Era;
    use crate::identity::NumberBook;
    use crate::invent::{Plan, invent};
    use crate::options::SynthOptions;

    const ROLLS: u32 = 40_000;

    fn village(number: u32) -> SynthVillage {
        SynthVillage {
            code12: format!("4502061022{number:02}"),
            name: format!("第{number}村村民委员会"),
            short_name: format!("第{number}村"),
            aliases: Vec::new(),
            town_code: "450206102".to_owned(),
            town_name: "百朋镇".to_owned(),
        }
    }

    /// How many of a register's rows in a thousand have a gap in a column, and one of its errors.
    fn per_thousand(messy: bool, damage: f64, column: &str, code: &str) -> (u32, u32) {
        let options = SynthOptions {
            persons: 100,
            months: vec!["2023-03".parse().unwrap()],
            seed: 5,
            messy,
            villages: (1..4).map(village).collect(),
            moved_out: Vec::new(),
            sites: Vec::new(),
            damage_rate: damage,
            borrowed_share: None,
        };
        let (era, atlas) = (Era { months: options.months.clone() }, Atlas::new(&options));
        let plan = Plan::new(options.seed, options.persons, &era);
        let mut household = invent(options.seed, 0, 5, &era, &atlas, &plan, &mut NumberBook::new());
        household.members[0].phone = "19900000001".to_owned();
        let setting = Setting { options: &options, atlas: &atlas, era: &era };
        let (feed, rates) = (Feed::ChronicDiseases, Rates::new(messy, damage, None).beside);
        let columns = feed.spec().columns;
        let whole: Vec<Cell<'_>> =
            columns.iter().map(|column| particular(&setting, &household, 0, 0, column)).collect();
        let at = columns.iter().position(|known| known.name == column).unwrap();
        let mut dice = Dice::new(1, Purpose::Damage, 1);
        let (mut gaps, mut errors) = (0, 0);
        for _ in 0..ROLLS {
            let mut cells = whole.clone();
            let codes = blur(&setting, &household, feed, &mut cells, &rates, &mut dice);
            gaps += u32::from(matches!(cells[at], Cell::Empty));
            errors += u32::from(codes.contains(&code));
        }
        let share = |count: u32| (count * 1_000 + ROLLS / 2) / ROLLS;
        (share(gaps), share(errors))
    }

    #[test]
    fn gaps_and_errors_come_at_their_rates_and_phones_are_missing_whatever_the_damage() {
        assert_eq!(per_thousand(false, 1.0, "phone", "phone_wrong"), (0, 0));
        let about = |(gaps, errors): (u32, u32), expected: (u32, u32)| {
            assert!(gaps.abs_diff(expected.0) <= 6 && errors.abs_diff(expected.1) <= 2, "{gaps} {errors} {expected:?}");
        };
        about(per_thousand(true, 0.0, "phone", "phone_wrong"), (350, 0));
        about(per_thousand(true, 1.0, "phone", "phone_wrong"), (350, 13));
        about(per_thousand(true, 5.0, "phone", "phone_wrong"), (350, 65));
        about(per_thousand(true, 1.0, "village", "village_wrong"), (30, 4));
        about(per_thousand(true, 1.0, "birth", "birth_wrong"), (10, 3));
        about(per_thousand(true, 5.0, "birth", "birth_wrong"), (50, 14));
    }

    #[test]
    fn a_wrong_birth_date_is_another_date() {
        let mut dice = Dice::new(1, Purpose::Damage, 2);
        for day in (-20_000..18_000).step_by(97) {
            assert!(!matches!(wrong_birth(day, &mut dice), Cell::Birth(other) if other == day), "{day}");
        }
    }
}
