//! What people and programs do to identity numbers, names and rows. Each kind of damage has a code, which the truth carries.

use crate::dice::{Dice, Purpose};
use crate::feed::{Feed, Kind};
use crate::identity::old_number;
use crate::spelling::Out;

/// How a row should link by its exact token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// The number and the name are those of the registry.
    Id,
    /// The number is a registered one, the name is not that person's.
    NameDiffers,
    /// A registered person's row whose number cannot be used, or whose number in the registry cannot.
    None,
    /// Somebody, or some place, that the registry does not have.
    Outside,
    /// A row about a place.
    Place,
}

impl Link {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::NameDiffers => "name_differs",
            Self::None => "none",
            Self::Outside => "outside",
            Self::Place => "place",
        }
    }
}

/// Chances in a million.
#[derive(Clone, Debug)]
pub(crate) struct Rates {
    /// Each of the spellings that mean the same number: full width, quotes, blanks, 15 digits.
    pub(crate) spelling: u32,
    /// Each of the ways in which a number is lost.
    pub(crate) lost: u32,
    /// Another person's number.
    pub(crate) borrowed: u32,
    pub(crate) name: u32,
    /// A registry's own number lost, for all months.
    pub(crate) registry: u32,
    pub(crate) duplicate: u32,
    /// A person whom one department still has under an old number.
    pub(crate) old: u32,
    /// A list in a cell from which a number has fallen out.
    pub(crate) shifted: u32,
    pub(crate) beside: BesideRates,
}

/// Chances in a million of what stands beside number and name.
#[derive(Clone, Debug)]
pub(crate) struct BesideRates {
    /// Nobody asked, or nobody answered: a third of all phones, whatever the damage.
    pub(crate) phone_blank: u32,
    pub(crate) phone_wrong: u32,
    pub(crate) town_blank: u32,
    pub(crate) village_blank: u32,
    /// A neighbouring village.
    pub(crate) village_wrong: u32,
    pub(crate) hamlet_blank: u32,
    pub(crate) birth_blank: u32,
    pub(crate) birth_wrong: u32,
    pub(crate) sex_blank: u32,
    pub(crate) sex_wrong: u32,
    pub(crate) head_blank: u32,
    pub(crate) head_variant: u32,
}

impl Rates {
    pub(crate) fn new(messy: bool, multiplier: f64, borrowed_share: Option<f64>) -> Self {
        let rate = |per_million: f64| {
            if messy { (per_million * multiplier).clamp(0.0, 1_000_000.0) as u32 } else { 0 }
        };
        Self {
            spelling: rate(4_000.0),
            lost: rate(1_200.0),
            borrowed: match borrowed_share {
                Some(share) if messy => (share * 1_000_000.0) as u32,
                _ => rate(900.0),
            },
            name: rate(1_500.0),
            registry: rate(2_500.0),
            duplicate: rate(4_000.0),
            old: rate(2_500.0),
            shifted: rate(120_000.0),
            beside: BesideRates {
                phone_blank: if messy { 350_000 } else { 0 },
                phone_wrong: rate(20_000.0),
                town_blank: rate(20_000.0),
                village_blank: rate(30_000.0),
                village_wrong: rate(4_000.0),
                hamlet_blank: rate(150_000.0),
                birth_blank: rate(10_000.0),
                birth_wrong: rate(3_000.0),
                sex_blank: rate(10_000.0),
                sex_wrong: rate(1_000.0),
                head_blank: rate(100_000.0),
                head_variant: rate(9_000.0),
            },
        }
    }
}

/// Who may stand in for the person of a row.
pub(crate) struct Others<'a> {
    /// Number and 人编号 of the head, if the row is of another member.
    pub(crate) head: Option<(&'a str, &'a str)>,
    /// Somebody of a household before.
    pub(crate) neighbour: Option<(&'a str, &'a str)>,
    /// How the registry writes the person's number when it is lost there.
    pub(crate) registry_loss: Option<&'static str>,
    /// The file has number cells.
    pub(crate) workbook: bool,
    /// This department has the person under an old number.
    pub(crate) old: bool,
}

/// Where a person stands in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) id: usize,
    pub(crate) name: usize,
    /// Beneath 户主姓名, where some write （户主） behind it.
    pub(crate) of_head: bool,
}

impl Seat {
    /// The seat of a row that is of one person; none in a row about a place.
    pub(crate) fn of(feed: Feed) -> Option<Self> {
        let spec = feed.spec();
        let (id, name) = (spec.column("person")?, spec.column("name")?);
        Some(Self { id, name, of_head: spec.columns[name].headings.contains(&"户主姓名") })
    }
}

/// A row's cells while they are being damaged.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) outs: Vec<Out>,
    pub(crate) codes: Vec<&'static str>,
    pub(crate) link: Link,
    /// 人编号 of the registered person whose number stands in the row, if any number that can be read does.
    pub(crate) links_to: String,
}

/// The ways in which a number is lost, in the order they are rolled for.
const LOSSES: [&str; 8] = [
    "id_number_cell",
    "id_e17",
    "id_000",
    "id_one_off",
    "id_swapped",
    "id_missing",
    "id_placeholder",
    "id_other_document",
];

/// How the registry itself has lost this person's number, the same in every month.
pub(crate) fn registry_loss(seed: u64, household: u64, member: usize, rates: &Rates) -> Option<&'static str> {
    let mut dice = Dice::new(seed, Purpose::Damage, (1 << 40) + household * 16 + member as u64);
    dice.chance(rates.registry).then(|| LOSSES[1 + dice.below(6)])
}

impl Draft {
    pub(crate) fn lose(&mut self, code: &'static str) {
        self.codes.push(code);
        self.link = Link::None;
        self.links_to.clear();
    }
    fn differ(&mut self, code: &'static str) {
        self.codes.push(code);
        if self.link == Link::Id {
            self.link = Link::NameDiffers;
        }
    }
}

/// Departments of which one may have a person under an old number, with their lists.
const OLD_LISTS: [Feed; 4] = [Feed::Insured, Feed::Insured, Feed::Disabled, Feed::MinimumAllowance];

/// The list on which a person stands under an old number, the same in every month.
pub(crate) fn old_number_list(seed: u64, household: u64, member: usize, rates: &Rates) -> Option<Feed> {
    let mut dice = Dice::new(seed, Purpose::Damage, (1 << 41) + household * 16 + member as u64);
    dice.chance(rates.old).then(|| OLD_LISTS[dice.below(OLD_LISTS.len())])
}

/// Damages the number and the name at a seat of a row.
pub(crate) fn damage(draft: &mut Draft, feed: Feed, seat: Seat, rates: &Rates, others: &Others<'_>, dice: &mut Dice) {
    let Seat { id, name, of_head } = seat;
    let number = match draft.outs.get(id) {
        Some(Out::Text(number)) => number.clone(),
        _ => return,
    };
    if draft.link == Link::Outside {
        return;
    }
    if feed.spec().kind == Kind::Registry {
        if let Some(code) = others.registry_loss {
            draft.lose(code);
            draft.outs[id] = lost(&number, code, others.workbook, dice);
        } else {
            respell(draft, feed, id, &number, rates, dice);
        }
        blank_name(draft, name, rates, dice);
        return;
    }
    if others.old
        && let Some(old) = number.get(..18).and_then(old_number)
    {
        draft.lose("id_old");
        draft.outs[id] = Out::Text(format!("{old}{}", &number[18..]));
        damage_name(draft, of_head, name, rates, dice);
        return;
    }
    let loss = LOSSES.iter().find(|_| dice.chance(rates.lost));
    let borrowed = dice.chance(rates.borrowed);
    match (loss, borrowed, others.head, others.neighbour) {
        (Some(code), ..) => {
            let code = if *code == "id_number_cell" && !others.workbook { "id_e17" } else { code };
            draft.lose(code);
            draft.outs[id] = lost(&number, code, others.workbook, dice);
        }
        (None, true, Some((head, person_no)), _) => borrow(draft, id, head, person_no, "id_of_head"),
        (None, true, None, Some((other, person_no))) => borrow(draft, id, other, person_no, "id_borrowed"),
        _ => respell(draft, feed, id, &number, rates, dice),
    }
    if others.registry_loss.is_some() && draft.link == Link::Id {
        draft.lose("registry_id");
    }
    damage_name(draft, of_head, name, rates, dice);
}

fn borrow(draft: &mut Draft, id: usize, other: &str, person_no: &str, code: &'static str) {
    draft.outs[id] = Out::Text(other.to_owned());
    draft.links_to = person_no.to_owned();
    draft.codes.push(code);
    draft.link = Link::NameDiffers;
}

/// What is left of a number after a loss.
fn lost(number: &str, code: &str, workbook: bool, dice: &mut Dice) -> Out {
    let digits = &number[..18.min(number.len())];
    let as_number = format!("{}000", &digits[..15]);
    Out::Text(match code {
        "id_number_cell" if workbook => {
            return as_number.parse().map_or(Out::Text(as_number), Out::Number);
        }
        "id_e17" => format!("{}.{}E+17", &digits[..1], &digits[1..6]),
        "id_000" | "id_number_cell" => as_number,
        "id_one_off" => {
            // Not among the first fourteen, so that the birth date stays real and only the check character can tell.
            let place = 14 + dice.below(3);
            let digit = digits.as_bytes()[place] - b'0';
            let wrong = (digit + 1 + dice.below(8) as u8) % 10;
            format!("{}{wrong}{}", &digits[..place], &digits[place + 1..])
        }
        "id_swapped" => swapped(digits),
        "id_placeholder" => dice.pick(&["无", "办理中", "999999999999999999", "999999197001010000"]).to_owned(),
        "id_other_document" => match dice.below(3) {
            0 => format!("J{}{:04}", &digits[..14], dice.below(10_000)),
            1 => format!("L{}{:04}", &digits[..14], dice.below(10_000)),
            _ => format!("E{:08}", dice.below(100_000_000)),
        },
        _ => return Out::Empty,
    })
}

/// Two neighbouring digits that differ change places, in the last part if any do.
fn swapped(digits: &str) -> String {
    let mut bytes = digits.as_bytes().to_vec();
    let place = [15, 14, 16, 13, 4, 3, 12]
        .into_iter()
        .find(|place| bytes[*place] != bytes[place + 1] && bytes[place + 1].is_ascii_digit())
        .unwrap_or(15);
    bytes.swap(place, place + 1);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The same number in another spelling, which the canonical form takes back.
fn respell(draft: &mut Draft, feed: Feed, id: usize, number: &str, rates: &Rates, dice: &mut Dice) {
    let mut text = number.to_owned();
    let mut code = "";
    let of_last_century = number.len() == 18 && number[6..].starts_with("19");
    if number.ends_with('X') && dice.chance(rates.spelling * 40) {
        (text, code) = match dice.below(3) {
            0 => (number.replace('X', "×"), "id_x_lookalike"),
            1 => (number.replace('X', "Х"), "id_x_lookalike"),
            _ => (number.to_lowercase(), "id_lower_x"),
        };
    } else if dice.chance(rates.spelling) {
        text = number.chars().map(full_width).collect();
        code = "id_full_width";
    } else if dice.chance(rates.spelling) {
        text = format!("'{number}");
        code = "id_quote";
    } else if dice.chance(rates.spelling) {
        text = format!("\u{a0}{number}\u{a0}");
        code = "id_nbsp";
    } else if dice.chance(rates.spelling) {
        text = format!("{} {} {}", &number[..6], &number[6..14], &number[14..]);
        code = "id_blanks";
    } else if of_last_century && dice.chance(rates.spelling) {
        text = format!("{}{}", &number[..6], &number[8..17]);
        code = "id_15";
    } else if matches!(feed, Feed::Students | Feed::Dropouts) && number.len() == 18 && dice.chance(rates.spelling * 10)
    {
        text = format!("G{number}");
        code = "id_g_prefix";
    }
    if !code.is_empty() {
        draft.outs[id] = Out::Text(text);
        draft.codes.push(code);
    }
}

fn full_width(character: char) -> char {
    if character.is_ascii_graphic() {
        char::from_u32(u32::from(character) + 0xFEE0).unwrap_or(character)
    } else {
        character
    }
}

fn blank_name(draft: &mut Draft, name: usize, rates: &Rates, dice: &mut Dice) -> String {
    let Some(Out::Text(text)) = draft.outs.get(name).cloned() else { return String::new() };
    if text.chars().count() == 2 && dice.chance(rates.name * 8) {
        let gap = dice.pick(&[" ", "\u{3000}", "  "]);
        let spaced: Vec<String> = text.chars().map(String::from).collect();
        draft.outs[name] = Out::Text(spaced.join(gap));
        draft.codes.push("name_blanks");
    } else if dice.chance(rates.name) {
        draft.outs[name] = Out::Text(format!("{text}{}", 1 + dice.below(3)));
        draft.codes.push("name_digit");
    }
    text
}

/// Characters taken for one another: variants first, then those that only sound alike.
pub(crate) const VARIANTS: &[(&str, &str)] =
    &[("蓝", "兰"), ("兰", "蓝"), ("覃", "谭"), ("肖", "萧"), ("付", "傅"), ("闫", "阎"), ("韦", "韋")];
const HOMOPHONES: &[(&str, &str)] = &[
    ("莲", "连"),
    ("英", "鹰"),
    ("明", "鸣"),
    ("国", "帼"),
    ("美", "镁"),
    ("文", "纹"),
    ("志", "智"),
    ("佳", "嘉"),
    ("静", "靖"),
];
const RARE: &[char] = &['㛃', '𬭎', '䶮', '𬍛', '𠅤'];

fn damage_name(draft: &mut Draft, of_head: bool, name: usize, rates: &Rates, dice: &mut Dice) {
    let text = blank_name(draft, name, rates, dice);
    let put = |draft: &mut Draft, text: String| draft.outs[name] = Out::Text(text);
    if text.contains('·') && dice.chance(rates.name * 250) {
        if dice.percent(30) {
            put(draft, text.replace('·', ""));
            draft.differ("name_dot_missing");
        } else {
            let dot = dice.pick(&["•", "‧", "．", ".", "・"]);
            put(draft, text.replace('·', dot));
            draft.codes.push("name_dot_variant");
        }
    } else if let Some(rare) = text.chars().find(|character| RARE.contains(character))
        && dice.chance(rates.name * 250)
    {
        put(draft, text.replace(rare, dice.pick(&["?", "□", "*", "(王+韦)", "\u{e863}"])));
        draft.differ("name_illegible");
    } else if of_head && dice.chance(rates.name * 15) {
        put(draft, format!("{text}（户主）"));
        draft.codes.push("name_suffix_head");
    } else if dice.chance(rates.name) {
        draft.outs[name] = Out::Empty;
        draft.differ("name_missing");
    } else if dice.chance(rates.name * 6)
        && let Some((from, to)) = VARIANTS.iter().find(|(from, _)| text.starts_with(from))
    {
        put(draft, text.replacen(from, to, 1));
        draft.differ("name_variant");
    } else if dice.chance(rates.name * 6)
        && let Some((from, to)) = HOMOPHONES.iter().find(|(from, _)| text.contains(from))
    {
        put(draft, text.replacen(from, to, 1));
        draft.differ("name_homophone");
    }
}
