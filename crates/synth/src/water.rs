//! Outages of water: of a hamlet or of a whole village. They belong to places, so they are decided before any household is.

use crate::dice::{Dice, Purpose};
use crate::home::{Address, Atlas, Home};
use crate::household::Era;

/// One row of the waterworks' book.
#[derive(Clone, Debug)]
pub(crate) struct Outage {
    pub(crate) month: usize,
    pub(crate) village: usize,
    /// `None` for the whole village.
    pub(crate) hamlet: Option<usize>,
    pub(crate) started: i32,
    pub(crate) days: i64,
    pub(crate) kind: &'static str,
}

/// Every outage of the county: as many as its villages, whatever its persons.
#[derive(Default)]
pub(crate) struct Water {
    pub(crate) outages: Vec<Outage>,
}

impl Water {
    pub(crate) fn new(seed: u64, era: &Era, atlas: &Atlas, villages: usize) -> Self {
        let mut water = Self::default();
        for village in 0..villages {
            let mut dice = Dice::new(seed, Purpose::County, (1 << 32) + village as u64);
            for month in 0..era.count() {
                if dice.chance(6_000) {
                    let days = dice.between(1, 9);
                    water.add(&mut dice, era, month, village, None, days);
                }
                for hamlet in 0..atlas.hamlets(village).len() {
                    if dice.chance(1_500) {
                        let days = dice.between(1, 12);
                        water.add(&mut dice, era, month, village, Some(hamlet), days);
                    }
                }
            }
        }
        water
    }

    /// An outage at this home, so that the story of it has a household.
    pub(crate) fn strike(&mut self, seed: u64, era: &Era, home: &Home, whole_village: bool) {
        let Address::Village(village) = home.at else { return };
        let mut dice = Dice::new(seed, Purpose::County, (2 << 32) + u64::from(whole_village));
        let (hamlet, days) = if whole_village { (None, 4) } else { (Some(home.hamlet), 8) };
        self.add(&mut dice, era, era.last(), village, hamlet, days);
    }

    /// Days without water in the month: of the home's hamlet, and of its whole village.
    pub(crate) fn days_for(&self, home: &Home, month: usize) -> (i64, i64) {
        let Address::Village(village) = home.at else { return (0, 0) };
        let mut days = (0, 0);
        for outage in self.outages.iter().filter(|outage| outage.month == month && outage.village == village) {
            match outage.hamlet {
                None => days.1 += outage.days,
                Some(hamlet) if hamlet == home.hamlet => days.0 += outage.days,
                Some(_) => {}
            }
        }
        days
    }

    fn add(&mut self, dice: &mut Dice, era: &Era, month: usize, village: usize, hamlet: Option<usize>, days: i64) {
        let started = era.some_day(dice, month);
        let kind = dice.pick(&["管道爆裂", "水源枯竭", "水质浑浊", "停电停水"]);
        self.outages.push(Outage { month, village, hamlet, started, days, kind });
    }
}
