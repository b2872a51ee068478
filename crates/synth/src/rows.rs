//! A household's life as rows: typed cells in the order of the feeds' columns, before anybody spells them.

use std::borrow::Cow;

use crate::feed::Feed;
use crate::home::{Address, Atlas};
use crate::household::{Era, Household};
use crate::life::{Event, Job, Roster, Spell};
use crate::options::{SynthOptions, SynthVillage};
use crate::particulars::particular;
use crate::plan_rows::PlanRows;
use crate::water::Outage;

/// One value, not yet spelled.
#[derive(Clone, Debug)]
pub(crate) enum Cell<'a> {
    Empty,
    Text(Cow<'a, str>),
    /// An identity number, or a disability card's: the number with two or four characters behind it.
    Id(Cow<'a, str>),
    Name(&'a str),
    Date(i32),
    /// A birth date, which nobody writes without its day.
    Birth(i32),
    Fen(i64),
    Integer(i64),
    Flag(bool),
    Village(&'a SynthVillage),
    Town(&'a str),
}

/// Takes a feed, the member of a row and the row; for a list of households its members, and the cells before theirs.
pub(crate) type Sink<'s> = dyn FnMut(Feed, &[usize], &[Cell<'_>]) + 's;

const CATEGORIES: [&str; 7] = ["视力", "听力", "言语", "肢体", "智力", "精神", "多重"];
const GRADES: [&str; 4] = ["一级", "二级", "三级", "四级"];

/// What the rows of a county need beside a household.
pub(crate) struct Setting<'a> {
    pub(crate) options: &'a SynthOptions,
    pub(crate) atlas: &'a Atlas,
    pub(crate) era: &'a Era,
}

/// One household in one month, as the departments report it.
pub(crate) struct Report<'a, 's> {
    setting: &'a Setting<'a>,
    household: &'a Household,
    month: usize,
    sink: &'s mut Sink<'s>,
}

/// A wage is never quite last month's.
fn overtime_fen(household: u64, month: usize) -> i64 {
    (household as i64 + month as i64 * 3) % 4 * 10_000
}

pub(crate) fn text(text: &str) -> Cell<'_> {
    if text.is_empty() { Cell::Empty } else { Cell::Text(Cow::Borrowed(text)) }
}

fn date(day: Option<i32>) -> Cell<'static> {
    day.map_or(Cell::Empty, Cell::Date)
}

impl<'a, 's> Report<'a, 's> {
    pub(crate) fn new(
        setting: &'a Setting<'a>,
        household: &'a Household,
        month: usize,
        sink: &'s mut Sink<'s>,
    ) -> Self {
        Self { setting, household, month, sink }
    }

    /// All rows of the household in this month, the registry's first.
    pub(crate) fn write(mut self) {
        self.registry();
        self.school();
        self.welfare();
        self.rosters();
        self.police_and_work();
        self.money();
        self.houses();
        self.health();
        self.blows();
        self.plan();
    }

    fn spells<T>(&mut self, feed: Feed, spells: &'a [Spell<T>], cells: impl Fn(&'a T) -> Vec<Cell<'a>>) {
        let month = self.month;
        for spell in spells.iter().filter(|spell| spell.stands_in(month)) {
            self.row(feed, spell.member, cells(&spell.what));
        }
    }

    fn events<T>(&mut self, feed: Feed, events: &'a [Event<T>], cells: impl Fn(&'a T, i32) -> Vec<Cell<'a>>) {
        let month = self.month;
        for event in events.iter().filter(|event| event.month == month) {
            self.row(feed, event.member, cells(&event.what, event.day));
        }
    }

    /// Puts the person and the name before the other cells, and behind them what else the extract says of the person.
    fn row(&mut self, feed: Feed, member: usize, rest: Vec<Cell<'a>>) {
        let person = &self.household.members[member];
        let mut cells = vec![Cell::Id(Cow::Borrowed(&person.id)), Cell::Name(&person.name)];
        cells.extend(rest);
        self.add_particulars(feed, member, &mut cells);
        (self.sink)(feed, &[member], &cells);
    }

    fn add_particulars(&self, feed: Feed, member: usize, cells: &mut Vec<Cell<'a>>) {
        let columns = feed.spec().columns.iter().skip(cells.len()).take_while(|column| column.beside);
        cells.extend(columns.map(|column| particular(self.setting, self.household, self.month, member, column)));
    }

    fn registry(&mut self) {
        let household = self.household;
        let monitor = household.monitor_at(self.month);
        let (town, village) = address(self.setting, household);
        let day = self.setting.era.last_day(self.month);
        let site = household.home.site.and_then(|site| self.setting.options.sites.get(site));
        let risk = monitor.map_or("", |monitor| if self.month >= monitor.resolved_from { "已消除" } else { "未消除" });
        let plan = PlanRows::new(self.setting.options.seed, household);
        let (grid, risks) = (plan.grid(), monitor.map_or_else(String::new, |_| plan.risks()));
        let first_day = |month| self.setting.era.first_day(month);
        let eliminated_on = monitor.and_then(|monitor| plan.eliminated_on(monitor, self.month, first_day));
        for (member, person) in household.members.iter().enumerate() {
            if !household.in_registry(member, self.month) {
                continue;
            }
            let person_no = household.person_no(member);
            let cells = [
                Cell::Text(Cow::Borrowed(person_no.as_str())),
                text(&household.id),
                Cell::Id(Cow::Borrowed(&person.id)),
                Cell::Name(&person.name),
                text(household.relation_at(member, self.month)),
                text(person.labour),
                text(person.health),
                text(person.student_status(day)),
                town.clone(),
                village.clone(),
                text(self.setting.atlas.hamlet_name(&household.home)),
                text(site.map_or("", String::as_str)),
                text(household.kind()),
                text(monitor.map_or("", |monitor| monitor.kind)),
                text(risk),
                date(monitor.map(|monitor| monitor.identified_on)),
                text(&grid),
                text(&risks),
                date(eliminated_on),
                text(&person.phone),
            ];
            (self.sink)(Feed::Registry, &[member], &cells);
        }
    }

    fn school(&mut self) {
        let life = &self.household.life;
        let town = town_name(self.setting, self.household);
        self.spells(Feed::Students, &life.students, |student| {
            vec![school_of(town, student.stage), text(student.stage), grade_of(student.stage), text(student.status)]
        });
        self.spells(Feed::Dropouts, &life.dropouts, |reason| vec![school_of(town, "初中"), text(reason)]);
        self.spells(Feed::Exemptions, &life.exemptions, |kind| vec![text(kind)]);
        self.events(Feed::Tuition, &life.tuition, |tuition, day| {
            vec![text(tuition.stage), Cell::Fen(tuition.paid_fen), Cell::Date(day)]
        });
    }

    fn welfare(&mut self) {
        let life = &self.household.life;
        self.spells(Feed::MinimumAllowance, &life.allowances, |row| {
            vec![text(row.kind), Cell::Fen(row.amount_fen), Cell::Date(row.start), text(row.status)]
        });
        self.spells(Feed::ExtremePoverty, &life.supports, |row| vec![text(row.kind), text(row.status)]);
        self.events(Feed::Relief, &life.reliefs, |relief, day| {
            vec![Cell::Fen(relief.amount_fen), Cell::Date(day), text(relief.reason)]
        });
        for spell in life.cards.iter().filter(|spell| spell.stands_in(self.month)) {
            let (person, card) = (&self.household.members[spell.member], &spell.what);
            let mut number = format!("{}{}{}", person.id, card.category, card.grade);
            if card.reissued > 0 {
                number.push_str(&format!("B{}", card.reissued));
            }
            let mut cells = vec![
                Cell::Id(Cow::Owned(number)),
                Cell::Name(&person.name),
                text(CATEGORIES[card.category - 1]),
                text(GRADES[card.grade - 1]),
                Cell::Date(card.issued),
                text(card.status),
            ];
            self.add_particulars(Feed::Disabled, spell.member, &mut cells);
            (self.sink)(Feed::Disabled, &[spell.member], &cells);
        }
    }

    /// Lists of households, one row each; whoever takes the row writes the members behind these cells.
    fn rosters(&mut self) {
        let household = self.household;
        let (town, village) = address(self.setting, household);
        if let Some((members, what)) = standing(&household.life.near_allowance, self.month) {
            let hamlet = self.setting.atlas.hamlet_name(&household.home);
            let place = format!("{}{hamlet}", town_name(self.setting, household));
            let size = Cell::Integer(members.len() as i64);
            let mut cells = vec![town, village, Cell::Text(Cow::Owned(place)), text(what.kind), size];
            self.add_particulars(Feed::NearAllowance, members[0], &mut cells);
            (self.sink)(Feed::NearAllowance, &members, &cells);
        }
        if let Some((members, what)) = standing(&household.life.rigid_spending, self.month) {
            let head = &household.members[members[0]];
            let size = Cell::Integer(members.len() as i64);
            let mut cells =
                vec![Cell::Name(&head.name), Cell::Id(Cow::Borrowed(&head.id)), size, Cell::Fen(what.amount_fen)];
            self.add_particulars(Feed::RigidSpending, members[0], &mut cells);
            (self.sink)(Feed::RigidSpending, &members, &cells);
        }
    }

    fn police_and_work(&mut self) {
        let life = &self.household.life;
        let (index, month) = (self.household.index, self.month);
        self.events(Feed::Deaths, &life.deaths, |(), day| vec![Cell::Date(day)]);
        self.spells(Feed::Detained, &life.detained, |since| vec![Cell::Date(*since)]);
        self.spells(Feed::Jobs, &life.jobs, |job| {
            vec![
                text(job.place),
                Cell::Fen(job.wage_fen + overtime_fen(index, month)),
                Cell::Date(job.started),
                date(job.ended),
                Cell::Flag(job.working),
            ]
        });
        self.events(Feed::Unemployment, &life.unemployment, |reason, day| vec![Cell::Date(day), text(reason)]);
        self.spells(Feed::PublicPosts, &life.posts, |post| vec![text(post.post), Cell::Date(post.started)]);
        self.events(Feed::Pensions, &life.pensions_stopped, |reason, day| vec![Cell::Date(day), text(reason)]);
    }

    fn money(&mut self) {
        let life = &self.household.life;
        let plan = PlanRows::new(self.setting.options.seed, self.household);
        self.spells(Feed::Income, &life.incomes, |income| {
            let yuan = |yuan: i64| Cell::Fen(yuan * 100);
            let whole = [income.before, income.now, income.spending_before, income.spending_now];
            let parts = plan.income_parts(income).into_iter().flat_map(|(before, now)| [before, now]);
            whole.into_iter().chain(parts).map(yuan).collect()
        });
        self.events(Feed::IndustryFailures, &life.failures, |failure, day| {
            vec![text(failure.project), Cell::Fen(failure.loss_fen), Cell::Date(day)]
        });
    }

    fn houses(&mut self) {
        let life = &self.household.life;
        self.spells(Feed::HouseAppraisals, &life.houses, |house| {
            vec![text(house.grade), Cell::Flag(house.occupied), Cell::Date(house.appraised)]
        });
        self.spells(Feed::Rebuilding, &life.rebuilding, |plan| {
            vec![Cell::Integer(plan.year), text(plan.progress), date(plan.started)]
        });
    }

    fn health(&mut self) {
        let life = &self.household.life;
        self.events(Feed::MajorDiseases, &life.diseases, |disease, day| vec![text(disease), Cell::Date(day)]);
        self.spells(Feed::ChronicDiseases, &life.chronic, |class| vec![text(class)]);
        self.spells(Feed::Insured, &life.insured, |insurance| vec![text(insurance.kind), text(insurance.status)]);
        self.events(Feed::HospitalBills, &life.bills, |bill, day| {
            vec![
                text(&bill.number),
                Cell::Date(day),
                Cell::Fen(bill.total_fen),
                Cell::Fen(bill.fund_fen),
                Cell::Fen(bill.self_paid_fen),
            ]
        });
    }

    fn blows(&mut self) {
        let life = &self.household.life;
        self.spells(Feed::UnsafeWater, &life.unsafe_water, |kind| vec![text(kind)]);
        self.events(Feed::Disasters, &life.disasters, |disaster, day| {
            vec![text(disaster.kind), Cell::Fen(disaster.loss_fen), Cell::Date(day)]
        });
        self.spells(Feed::Measures, &life.measures, |row| {
            vec![text(row.measure), text(row.status), Cell::Date(row.planned)]
        });
    }
}

impl Report<'_, '_> {
    /// What no rule asks.
    fn plan(&mut self) {
        let (household, month) = (self.household, self.month);
        let plan = PlanRows::new(self.setting.options.seed, household);
        let head = household.head_at(month);
        if !household.in_registry(head, month) {
            return;
        }
        let start = self.setting.era.first_day(month);
        if let Some(visit) = plan.visit(month, start) {
            let grid = Cell::Text(Cow::Owned(plan.grid()));
            let found = Cell::Flag(visit.found_problem);
            self.row(Feed::GridVisits, head, vec![Cell::Date(visit.day), grid, text(visit.method), found]);
        }
        let mut paid: Vec<usize> = Vec::new();
        for job in household.life.jobs.iter().filter(|job| job.stands_in(month) && is_outside(&job.what)) {
            let is_due = household.in_registry(job.member, month) && plan.has_subsidy(job.member, month);
            if is_due && !paid.contains(&job.member) {
                paid.push(job.member);
                let day = self.setting.era.first_day(0) - 1 - job.member as i32;
                let cells = vec![text(job.what.place), Cell::Fen(30_000), Cell::Date(day)];
                self.row(Feed::TravelSubsidies, job.member, cells);
            }
        }
        if let Some(award) = plan.award(month) {
            let is_paid = award.status == "已兑现";
            let amount = if is_paid { Cell::Fen(award.yuan * 100) } else { Cell::Empty };
            let day = if is_paid { Cell::Date(self.setting.era.first_day(0) - 9) } else { Cell::Empty };
            let cells = vec![text(award.project), Cell::Integer(award.scale), text(award.status), amount, day];
            self.row(Feed::IndustryAwards, head, cells);
        }
    }
}

/// Work in another province; Guangxi itself is none.
fn is_outside(job: &Job) -> bool {
    job.working && job.place.contains('省')
}

/// Who stands on a list of households in a month, and as what.
fn standing(spells: &[Spell<Roster>], month: usize) -> Option<(Vec<usize>, &Roster)> {
    let here = || spells.iter().filter(|spell| spell.stands_in(month));
    Some((here().map(|spell| spell.member).collect(), &here().next()?.what))
}

/// The row of an outage; it is of a place and of nobody.
pub(crate) fn outage_cells<'a>(setting: &'a Setting<'a>, outage: &Outage) -> Vec<Cell<'a>> {
    let village = &setting.options.villages[outage.village];
    let hamlet = outage.hamlet.and_then(|hamlet| setting.atlas.hamlets(outage.village).get(hamlet));
    vec![
        Cell::Town(&village.town_name),
        Cell::Village(village),
        text(hamlet.map_or("", String::as_str)),
        Cell::Date(outage.started),
        Cell::Integer(outage.days),
        text(outage.kind),
    ]
}

/// 乡镇 and 行政村 of a household.
pub(crate) fn address<'a>(setting: &'a Setting<'a>, household: &Household) -> (Cell<'a>, Cell<'a>) {
    let of = |village: &'a SynthVillage| (Cell::Town(&village.town_name), Cell::Village(village));
    match household.home.at {
        Address::Village(village) => of(&setting.options.villages[village]),
        Address::MovedOut(village) => of(&setting.options.moved_out[village]),
        Address::Unknown(village) => {
            let village = &setting.options.villages[village];
            (Cell::Town(&village.town_name), text(Atlas::unknown_village(household.index)))
        }
    }
}

/// The town whose sheet or file the household is on.
pub(crate) fn town_name<'a>(setting: &'a Setting<'a>, household: &Household) -> &'a str {
    match household.home.at {
        Address::Village(village) | Address::Unknown(village) => &setting.options.villages[village].town_name,
        Address::MovedOut(village) => &setting.options.moved_out[village].town_name,
    }
}

fn school_of(town: &str, stage: &str) -> Cell<'static> {
    Cell::Text(match stage {
        "小学" => Cow::Owned(format!("{town}中心小学")),
        "初中" => Cow::Owned(format!("{town}初级中学")),
        "高中" => Cow::Borrowed("柳江中学"),
        "中职" => Cow::Borrowed("柳江区职业教育中心"),
        "大专" => Cow::Borrowed("柳州职业技术学院"),
        _ => Cow::Borrowed("广西科技大学"),
    })
}

fn grade_of(stage: &str) -> Cell<'static> {
    text(match stage {
        "小学" => "四年级",
        "初中" => "八年级",
        "高中" => "高二",
        "中职" => "二年级",
        _ => "大二",
    })
}
