//! Which signals follow from a household's true life: the rules of the pack, written out by hand over what really is, so that the
//! engine is measured against something that shares none of its code.
//!
//! The semantics are those of the facts: a window counts the rows of files of its months whose day lies in its days, a comparison
//! with a list that the county does not have is unknown, and an unknown clause raises nothing. Only persons of the month's registry
//! count, since only their rows link.

use bidui_model::Level;
use bidui_model::Level::{Blue, Orange, Red, Yellow};

use crate::household::{Era, Household};
use crate::life::{Event, Spell};
use crate::water::Water;

/// Parameters of the rules, as config/bidui.toml has them: yuan.
fn monitor_line(year: i32) -> i64 {
    if year < 2023 { 6_900 } else { 7_300 }
}
const LOW_INCOME_LINE: i64 = 10_000;

/// A household in one month.
struct View<'a> {
    household: &'a Household,
    era: &'a Era,
    month: usize,
    /// One bit a member, for those in the month's registry.
    registered: u64,
    focus: bool,
    signals: Vec<(&'static str, Level)>,
}

/// The signals of a household in a month, in the order of the pack.
pub(crate) fn signals(household: &Household, era: &Era, water: &Water, month: usize) -> Vec<(&'static str, Level)> {
    let registered = bits((0..household.members.len()).filter(|member| household.in_registry(*member, month)));
    if registered == 0 {
        return Vec::new();
    }
    let focus = household.lifted_from_poverty || household.monitor_at(month).is_some();
    let mut view = View { household, era, month, registered, focus, signals: Vec::new() };
    view.medical();
    view.persons();
    view.school();
    view.welfare();
    view.disability();
    view.houses();
    view.work();
    view.income();
    view.disasters();
    view.water(water);
    view.measures();
    view.signals
}

fn bits(members: impl Iterator<Item = usize>) -> u64 {
    members.fold(0, |mask, member| mask | 1 << member)
}

/// The first of the levels whose condition holds.
fn first(levels: &[(bool, Level)]) -> Option<Level> {
    levels.iter().find(|(holds, _)| *holds).map(|(_, level)| *level)
}

impl View<'_> {
    fn raise(&mut self, rule: &'static str, level: Option<Level>) {
        if let Some(level) = level {
            self.signals.push((rule, level));
        }
    }

    /// Registered members with a passing row on this month's list.
    fn listed<T>(&self, spells: &[Spell<T>], pass: impl Fn(&T) -> bool) -> u64 {
        self.listed_in(spells, self.month, pass) & self.registered
    }
    fn listed_in<T>(&self, spells: &[Spell<T>], month: usize, pass: impl Fn(&T) -> bool) -> u64 {
        let rows = spells.iter().filter(|spell| spell.stands_in(month) && pass(&spell.what));
        bits(rows.map(|spell| spell.member))
    }
    fn rows<T>(&self, spells: &[Spell<T>], pass: impl Fn(&T) -> bool) -> usize {
        let stands = |spell: &&Spell<T>| spell.stands_in(self.month) && self.has(spell.member) && pass(&spell.what);
        spells.iter().filter(stands).count()
    }
    fn has(&self, member: usize) -> bool {
        self.registered >> member & 1 == 1
    }
    /// On this month's list and not on that of `base`; `None` without such a list.
    fn new_since<T>(&self, spells: &[Spell<T>], base: Option<usize>, pass: impl Fn(&T) -> bool) -> Option<u64> {
        let before = self.listed_in(spells, base?, &pass);
        Some(self.listed(spells, pass) & !before)
    }
    fn gone<T>(&self, spells: &[Spell<T>], pass: impl Fn(&T) -> bool) -> Option<u64> {
        let before = self.listed_in(spells, self.previous()?, &pass);
        Some(before & !self.listed_in(spells, self.month, pass) & self.registered)
    }
    fn previous(&self) -> Option<usize> {
        self.month.checked_sub(1)
    }
    fn year_baseline(&self) -> Option<usize> {
        self.era.year_baseline(self.month)
    }
    /// Events of the files of the window's months, of a day in the window's days. A window of one month asks for no day: what is
    /// reported late would be seen by no month at all.
    fn events<'e, T>(&self, events: &'e [Event<T>], months: usize) -> Vec<&'e Event<T>> {
        let earliest = (self.month + 1).saturating_sub(months);
        let from = self.era.months[self.month].plus(1 - months as i32).first_day();
        let until = self.era.last_day(self.month);
        let inside = |event: &&Event<T>| {
            (earliest..=self.month).contains(&event.month)
                && (months == 1 || (from..=until).contains(&event.day))
                && self.has(event.member)
        };
        events.iter().filter(inside).collect()
    }
    fn sum<T>(&self, events: &[Event<T>], months: usize, fen: impl Fn(&T) -> i64) -> i64 {
        self.events(events, months).iter().map(|event| fen(&event.what)).sum()
    }
    fn who<T>(&self, events: &[Event<T>], months: usize) -> u64 {
        bits(self.events(events, months).iter().map(|event| event.member))
    }
    fn size(&self) -> i64 {
        i64::from(self.registered.count_ones())
    }
    /// Registered members of an age and in a set.
    fn any_aged(&self, members: u64, ages: std::ops::RangeInclusive<i32>) -> bool {
        let end = self.era.last_day(self.month);
        (0..self.household.members.len()).any(|member| {
            members & self.registered & 1 << member != 0 && ages.contains(&self.household.members[member].age(end))
        })
    }
    fn able(&self) -> u64 {
        let able = |member: &usize| self.household.members[*member].is_able();
        bits((0..self.household.members.len()).filter(able)) & self.registered
    }
    /// This year's income per head, in yuan.
    fn income_now(&self) -> Option<i64> {
        let incomes = self.household.life.incomes.iter();
        incomes.filter(|spell| spell.stands_in(self.month) && self.has(spell.member)).map(|spell| spell.what.now).max()
    }

    fn medical(&mut self) {
        let paid = self.sum(&self.household.life.bills, 12, |bill| bill.self_paid_fen);
        let at_least = |yuan: i64| paid >= yuan * 100;
        if self.focus {
            self.raise(
                "medical-self-paid-focus",
                first(&[(at_least(20_000), Red), (at_least(10_000), Orange), (at_least(5_000), Yellow)]),
            );
        } else {
            self.raise(
                "medical-self-paid",
                first(&[(at_least(80_000), Red), (at_least(40_000), Orange), (at_least(20_000), Yellow)]),
            );
        }
        if let Some(income) = self.income_now() {
            let year = income * self.size() * 100;
            let level = first(&[(self.focus && paid * 2 > year, Orange), (!self.focus && paid > year, Yellow)]);
            self.raise("medical-against-income", level);
        }
    }

    fn persons(&mut self) {
        let life = &self.household.life;
        let uninsured = !self.listed(&life.insured, |insurance| insurance.status == "正常");
        let uninsured = self.any_aged(uninsured, 1..=200);
        if self.focus {
            let monitor = self.household.monitor_at(self.month);
            let monitored = monitor.is_some_and(|monitor| self.month < monitor.resolved_from);
            self.raise("uninsured-focus", first(&[(uninsured && monitored, Orange), (uninsured, Yellow)]));
        } else {
            self.raise("uninsured", first(&[(uninsured, Blue)]));
        }
        let major = self.who(&life.diseases, 1) != 0;
        self.raise("major-disease", first(&[(major && self.focus, Orange), (major, Yellow)]));
        let ill = self.new_since(&life.chronic, self.previous(), |class| *class == "严重精神障碍");
        self.raise("mental-illness", first(&[(ill.is_some_and(|ill| ill != 0), Blue)]));
    }

    fn school(&mut self) {
        let life = &self.household.life;
        let exempt = self.listed(&life.exemptions, |_| true);
        let suspected = self.listed(&life.dropouts, |_| true);
        let studying = self.listed(&life.students, |student| student.status == "在读");
        let dropout = self.any_aged(suspected & !exempt, 6..=16);
        let absent = self.any_aged(!(studying | exempt | suspected), 7..=14);
        let advanced = self
            .listed(&life.students, |student| {
                student.status == "在读" && matches!(student.stage, "高中" | "中职" | "大专" | "本科")
            })
            .count_ones();
        let tuition = self.sum(&life.tuition, 12, |tuition| tuition.paid_fen);
        self.raise("dropout", first(&[(dropout, Red)]));
        self.raise("not-in-school", first(&[(absent, Yellow)]));
        self.raise("tuition", first(&[(tuition >= 2_000_000, Orange), (tuition >= 1_000_000, Yellow)]));
        if self.focus {
            self.raise("several-students", first(&[(advanced >= 3, Orange), (advanced >= 2, Yellow)]));
        }
    }

    fn welfare(&mut self) {
        let life = &self.household.life;
        let on = |status: &str| status == "在保";
        let members = i64::from(self.listed(&life.allowances, |row| on(row.status)).count_ones());
        let new = self.new_since(&life.allowances, self.year_baseline(), |row| on(row.status));
        let new = new.is_some_and(|new| new != 0);
        let gone = self.gone(&life.allowances, |row| on(row.status)).is_some_and(|gone| gone != 0);
        let extreme = self.new_since(&life.supports, self.year_baseline(), |row| on(row.status));
        let relief = self.sum(&life.reliefs, 12, |relief| relief.amount_fen);
        self.raise("dibao-whole-new", first(&[(members >= self.size() && new, Orange)]));
        self.raise("dibao-partial-new", first(&[(members < self.size() && new, Yellow)]));
        self.raise("dibao-stopped", first(&[(self.focus && gone, Yellow)]));
        self.raise("tekun-new", first(&[(extreme.is_some_and(|new| new != 0), Yellow)]));
        let near = self.new_since(&life.near_allowance, self.year_baseline(), |_| true).is_some_and(|new| new != 0);
        let rigid = self.new_since(&life.rigid_spending, self.year_baseline(), |_| true).is_some_and(|new| new != 0);
        self.raise("dibao-edge-new", first(&[(near, Yellow)]));
        self.raise("rigid-spending-new", first(&[(rigid && self.focus, Orange), (rigid, Yellow)]));
        self.raise("relief", first(&[(relief >= 1_000_000, Orange), (relief >= 300_000, Yellow)]));
    }

    fn disability(&mut self) {
        let cards = &self.household.life.cards;
        let count = self.listed(cards, |card| card.status == "有效").count_ones();
        let new = self.new_since(cards, self.previous(), |card| card.status == "有效");
        let severe = self.new_since(cards, self.previous(), |card| {
            card.status == "有效" && (card.grade <= 2 || card.grade == 3 && matches!(card.category, 5 | 6))
        });
        self.raise("disability-new", first(&[(new.is_some_and(|new| new != 0), Yellow)]));
        self.raise("disability-severe-new", first(&[(severe.is_some_and(|new| new != 0), Orange)]));
        if self.focus {
            self.raise("disability-multiple", first(&[(count >= 3, Orange), (count >= 2, Yellow)]));
        }
        let line = monitor_line(self.era.months[self.month].year());
        let poor = self.income_now().is_some_and(|income| income < line);
        self.raise("disability-income", first(&[(count > 0 && poor, Orange)]));
    }

    fn houses(&mut self) {
        let life = &self.household.life;
        let occupied = self.rows(&life.houses, |house| house.grade == "D级" && house.occupied) > 0;
        let ruin = self.rows(&life.houses, |house| house.grade == "D级") > 0;
        let weak = self.rows(&life.houses, |house| house.grade == "C级") > 0;
        let new = self.new_since(&life.rebuilding, self.year_baseline(), |_| true);
        let limit = self.era.months[self.month].plus(-6).first_day();
        let stalled = self
            .rows(&life.rebuilding, |plan| plan.progress == "已开工" && plan.started.is_some_and(|day| day < limit));
        self.raise("house-d", first(&[(occupied, Red), (ruin, Orange)]));
        self.raise("house-c", first(&[(weak, Orange)]));
        self.raise("rebuild-new", first(&[(new.is_some_and(|new| new != 0), Orange)]));
        self.raise("rebuild-stalled", first(&[(stalled > 0, Blue)]));
    }

    fn work(&mut self) {
        let life = &self.household.life;
        let nobody_works = self.listed(&life.jobs, |job| job.working) == 0;
        let lost = self.gone(&life.jobs, |job| job.working).is_some_and(|gone| gone != 0);
        let able = self.able();
        let unemployed = self.who(&life.unemployment, 3).count_ones();
        let died = self.who(&life.deaths, 1);
        let detained = self.new_since(&life.detained, self.previous(), |_| true);
        let stopped = self.who(&life.pensions_stopped, 3);
        let posts = self.listed(&life.posts, |_| true);
        let unfit = |member: &usize| matches!(self.household.members[*member].labour, "无劳动力" | "丧失劳动力");
        let unfit = bits((0..self.household.members.len()).filter(unfit));
        let misplaced = posts & unfit != 0 || self.any_aged(posts, 0..=15) || self.any_aged(posts, 70..=200);
        let dead_worker = self.any_aged(died & able, 16..=59);
        let dead_adult = self.any_aged(died, 16..=59);
        let absent = detained.is_some_and(|detained| self.any_aged(detained & able, 16..=59));
        let pension = self.any_aged(stopped & !died, 60..=200);
        if self.focus {
            self.raise("job-lost", first(&[(lost && nobody_works, Orange), (lost, Yellow)]));
            self.raise("zero-employment", first(&[(able != 0 && nobody_works, Yellow)]));
        }
        self.raise("unemployment", first(&[(unemployed >= 2, Orange), (unemployed >= 1, Yellow)]));
        self.raise("labourer-death", first(&[(dead_worker, Red), (dead_adult, Yellow)]));
        self.raise("labourer-absent", first(&[(absent, Orange)]));
        self.raise("pension-stopped", first(&[(pension, Yellow)]));
        self.raise("public-post", first(&[(misplaced, Blue)]));
    }

    fn income(&mut self) {
        let incomes = &self.household.life.incomes;
        let here = incomes.iter().find(|spell| spell.stands_in(self.month) && self.has(spell.member));
        let losses = self.sum(&self.household.life.failures, 6, |failure| failure.loss_fen);
        if let Some(income) = here.map(|spell| spell.what.clone()) {
            let poor = income.now < monitor_line(self.era.months[self.month].year());
            self.raise("income-below-line", first(&[(poor && self.focus, Orange), (poor, Yellow)]));
            self.raise("income-under-10000", first(&[(self.focus && income.now < LOW_INCOME_LINE, Blue)]));
            let fell_to = |tenths: i64| income.now * 10 <= income.before * tenths;
            self.raise("income-plunge", first(&[(fell_to(6), Orange), (fell_to(8), Yellow)]));
            let jumped = income.spending_now * 2 >= income.spending_before * 3;
            let heavy = income.spending_now * 10 >= income.now * self.size() * 3;
            self.raise("spending-jump", first(&[(jumped && heavy, Yellow)]));
        }
        self.raise("industry-failed", first(&[(losses >= 2_000_000, Orange), (losses >= 500_000, Yellow)]));
    }

    fn disasters(&mut self) {
        let events = self.events(&self.household.life.disasters, 1);
        let any = |kind: &str| events.iter().any(|event| event.what.kind == kind);
        let house = first(&[(any("房屋倒塌"), Red), (any("房屋严重损坏"), Orange), (any("房屋一般损坏"), Yellow)]);
        let crop = first(&[(any("农作物绝收"), Yellow)]);
        self.raise("disaster-house", house);
        self.raise("disaster-crop", crop);
    }

    fn water(&mut self, water: &Water) {
        let (hamlet, village) = water.days_for(&self.household.home, self.month);
        let level = |days: i64| first(&[(days >= 7, Orange), (days >= 3, Yellow)]);
        self.raise("water-hamlet", level(hamlet));
        self.raise("water-village", level(village));
        let new = self.new_since(&self.household.life.unsafe_water, self.previous(), |_| true);
        self.raise("water-household", first(&[(new.is_some_and(|new| new != 0), Orange)]));
    }

    fn measures(&mut self) {
        let Some(monitor) = self.household.monitor_at(self.month) else { return };
        if self.month >= monitor.resolved_from {
            return;
        }
        let taken = self.rows(&self.household.life.measures, |row| matches!(row.status, "实施中" | "已完成"));
        let limit = self.era.months[self.month].plus(-1).first_day();
        self.raise("measures-missing", first(&[(taken == 0 && monitor.identified_on < limit, Orange)]));
    }
}
