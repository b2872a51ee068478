//! What the lists of the plan rest on: risks of monitored households, grids, parts of income, visits, subsidies, awards. A function of the
//! seed and the household alone, rolled apart from its life, so that no rule's signal hangs on it.

use crate::dice::{Dice, Purpose};
use crate::home::Address;
use crate::household::{Household, Monitor};
use crate::life::Income;

const RISKS: [&str; 8] =
    ["因病", "因学", "因残", "因务工就业不稳", "缺劳动力", "因产业失败", "因自然灾害", "因意外事故"];
const PROJECTS: [&str; 5] = ["莲藕种植", "葡萄种植", "生猪养殖", "肉牛养殖", "甘蔗种植"];
/// Households of a village share this many grids.
const GRIDS: usize = 3;

/// One visit of a grid worker.
pub(crate) struct Visit {
    pub(crate) day: i32,
    pub(crate) method: &'static str,
    pub(crate) found_problem: bool,
}

/// A project of a household that may be awarded for.
pub(crate) struct Award {
    pub(crate) project: &'static str,
    pub(crate) scale: i64,
    pub(crate) status: &'static str,
    pub(crate) yuan: i64,
}

/// What is rolled of one household.
pub(crate) struct PlanRows<'a> {
    seed: u64,
    household: &'a Household,
}

impl<'a> PlanRows<'a> {
    pub(crate) fn new(seed: u64, household: &'a Household) -> Self {
        Self { seed, household }
    }

    fn dice(&self, subject: u64) -> Dice {
        Dice::new(self.seed, Purpose::Plan, self.household.index * 64 + subject)
    }

    fn is_focus(&self, month: usize) -> bool {
        self.household.lifted_from_poverty || self.household.monitor_at(month).is_some()
    }

    /// One or two risks, as the national system has them.
    pub(crate) fn risks(&self) -> String {
        let mut dice = self.dice(0);
        let first = dice.below(RISKS.len());
        let second = (first + 1 + dice.below(RISKS.len() - 1)) % RISKS.len();
        if dice.percent(25) { format!("{}、{}", RISKS[first], RISKS[second]) } else { RISKS[first].to_owned() }
    }

    /// The day on which the risk was marked as eliminated, if it was by this month.
    pub(crate) fn eliminated_on(
        &self,
        monitor: &Monitor,
        month: usize,
        first_day: impl Fn(usize) -> i32,
    ) -> Option<i32> {
        let marked = first_day(monitor.resolved_from.min(month)) - self.dice(1).between(1, 20) as i32;
        (month >= monitor.resolved_from).then_some(marked.max(monitor.identified_on + 30))
    }

    /// The grid of the household; only a village of the county has any.
    pub(crate) fn grid(&self) -> String {
        match self.household.home.at {
            Address::Village(village) => format!("WG{village:04}{:02}", 1 + self.household.home.hamlet % GRIDS),
            _ => String::new(),
        }
    }

    /// Wages, business, property and transfers of last year and this: they add up to the income per head, and the change of the year is
    /// mostly one part's.
    pub(crate) fn income_parts(&self, income: &Income) -> [(i64, i64); 4] {
        let mut dice = self.dice(2);
        let (before, now) = (income.before.max(0), income.now.max(0));
        let wages = before * dice.between(40, 65) / 100;
        let business = before * dice.between(10, 25) / 100;
        let property = before * dice.between(0, 3) / 100;
        let of_last_year = [wages, business, property, before - wages - business - property];
        let moved = [0, 0, 0, 1, 1, 3][dice.below(6)];
        let mut of_this_year = of_last_year;
        let mut left = now - before;
        for part in [moved, 0, 1, 3, 2] {
            let taken = left.max(-of_this_year[part]);
            of_this_year[part] += taken;
            left -= taken;
        }
        std::array::from_fn(|part| (of_last_year[part], of_this_year[part]))
    }

    /// The month's visit, if there was one.
    pub(crate) fn visit(&self, month: usize, month_start: i32) -> Option<Visit> {
        let mut dice = self.dice(8 + month as u64 % 32);
        let is_away = self.dice(3).percent(4);
        if !dice.percent(if is_away { 60 } else { 94 }) {
            return None;
        }
        let method = if is_away { dice.pick(&["电话", "视频"]) } else { "入户" };
        Some(Visit { day: month_start + dice.between(0, 27) as i32, method, found_problem: dice.percent(3) })
    }

    /// Whether a worker of another province has had his subsidy.
    pub(crate) fn has_subsidy(&self, member: usize, month: usize) -> bool {
        self.is_focus(month) && self.dice(40 + member as u64 % 16).percent(70)
    }

    /// The household's project, if it has one.
    pub(crate) fn award(&self, month: usize) -> Option<Award> {
        let mut dice = self.dice(4);
        if !self.is_focus(month) || !dice.percent(35) {
            return None;
        }
        let status = ["已兑现", "待兑现", "未申报"][dice.weighted(&[60, 25, 15])];
        let scale = dice.between(2, 40);
        Some(Award { project: dice.pick(&PROJECTS), scale, status, yuan: scale * dice.between(80, 150) })
    }
}
