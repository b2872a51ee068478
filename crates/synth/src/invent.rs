//! A household from its number: who lives in it, what happens to them, and at last their names and identity numbers.

use crate::calendar::civil;
use crate::dice::{Dice, Purpose};
use crate::everyday;
use crate::home::Atlas;
use crate::household::{Era, Household, compose};
use crate::identity::NumberBook;
use crate::life::Life;
use crate::names;
use crate::plot::happen;
use crate::stories::{SLOTS, STORIES, cast};

/// Households by size, 1 to 7: 3.6 persons on average.
const SIZES: [u32; 7] = [8, 17, 22, 26, 16, 8, 3];

/// Which households have a story, and in which month.
pub(crate) struct Plan {
    seed: u64,
    step: u64,
    /// Chance in a million that any other household has one too.
    others: u32,
    last: usize,
}

impl Plan {
    pub(crate) fn new(seed: u64, persons: u64, era: &Era) -> Self {
        let households = persons * 100 / 361;
        let step = (households * 9 / 10 / SLOTS as u64).max(1);
        // About one household in twenty has a story; in a small county those set aside are that many already.
        let set_aside = (SLOTS as u64 * 1_000_000 / households.max(1)).min(1_000_000) as u32;
        Self { seed, step, others: 42_000u32.saturating_sub(set_aside), last: era.last() }
    }

    /// Stories of the household, by their place in [`STORIES`], and the month in which they happen.
    pub(crate) fn of(&self, household: u64) -> Vec<(usize, usize)> {
        let slot = (household / self.step) as usize;
        if household % self.step == self.step / 2 && slot < SLOTS {
            let shared = Some(slot + SLOTS).filter(|story| *story < STORIES.len());
            return [Some(slot), shared].into_iter().flatten().map(|story| (story, self.last)).collect();
        }
        let mut dice = Dice::new(self.seed, Purpose::Story, household);
        if !dice.chance(self.others) {
            return Vec::new();
        }
        let count = if dice.percent(12) { 2 } else { 1 };
        let month = if self.last == 0 { 0 } else { 1 + dice.below(self.last) };
        (0..count).map(|_| (dice.below(STORIES.len()), month)).collect()
    }

    /// Households of the stories of water, which happen to places.
    pub(crate) fn home_of(&self, rule: &str) -> Option<u64> {
        let slot = STORIES.iter().position(|story| story.rule == rule).filter(|slot| *slot < SLOTS)?;
        Some(slot as u64 * self.step + self.step / 2)
    }
}

/// Invents household `index`, of at most `limit` persons unless its story needs more.
pub(crate) fn invent(
    seed: u64,
    index: u64,
    limit: u64,
    era: &Era,
    atlas: &Atlas,
    plan: &Plan,
    book: &mut NumberBook,
) -> Household {
    let mut dice = Dice::new(seed, Purpose::Life, index);
    let size = (dice.weighted(&SIZES) + 1).min(limit.max(1) as usize);
    let stories = if limit < 8 { Vec::new() } else { plan.of(index) };
    let mut household = Household {
        index,
        id: Household::number(index),
        home: atlas.home(index, !stories.is_empty()),
        lifted_from_poverty: false,
        monitor: None,
        members: compose(&mut dice, era, size),
        life: Life::default(),
    };
    everyday::stand(&mut dice, era, &mut household);
    let plots: Vec<_> =
        stories.iter().map(|(story, month)| cast(&mut dice, era, &mut household, &STORIES[*story], *month)).collect();
    everyday::live(&mut dice, era, &mut household);
    for plot in &plots {
        happen(&mut dice, era, &mut household, plot);
    }
    if plots.is_empty() {
        everyday::pass_away(&mut dice, era, &mut household);
    }
    identify(&mut dice, &mut household, book);
    household
}

/// Names and numbers, last of all, since a story may have changed who lives here.
fn identify(dice: &mut Dice, household: &mut Household, book: &mut NumberBook) {
    let family = names::surname(dice);
    for member in &mut household.members {
        let (number, birth) = book.give(member.issued, member.birth, member.sex);
        member.id = String::from_utf8_lossy(&number).into_owned();
        member.birth = birth;
        let married_in = matches!(member.relation, "配偶" | "之儿媳" | "之母");
        let surname = if married_in { names::surname(dice) } else { family };
        member.name = names::full_name(dice, surname, member.sex, civil(birth).0);
        member.phone = if dice.percent(70) { names::phone(dice) } else { String::new() };
    }
}
