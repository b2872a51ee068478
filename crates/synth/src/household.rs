//! A household: its members, what the registry says of it in each month, and how its first picture is composed.

use bidui_model::{Month, Sex};

use crate::calendar::age_on;
use crate::dice::Dice;
use crate::home::Home;
use crate::identity::{Issued, skip_leap_day};
use crate::life::Life;

/// The months of the county, and their places 0 to `count - 1`.
pub(crate) struct Era {
    pub(crate) months: Vec<Month>,
}

pub(crate) struct Household {
    pub(crate) index: u64,
    /// `H00001234`: never as long as an identity number.
    pub(crate) id: String,
    pub(crate) home: Home,
    /// 脱贫户, and otherwise 一般农户.
    pub(crate) lifted_from_poverty: bool,
    pub(crate) monitor: Option<Monitor>,
    /// The first is the head that departments know.
    pub(crate) members: Vec<Member>,
    pub(crate) life: Life,
}

/// A monitored household (监测对象).
#[derive(Clone, Debug)]
pub(crate) struct Monitor {
    pub(crate) kind: &'static str,
    pub(crate) identified_on: i32,
    /// First month in which the registry says so.
    pub(crate) from: usize,
    /// First month in which its risk counts as removed.
    pub(crate) resolved_from: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) sex: Sex,
    pub(crate) birth: i32,
    pub(crate) issued: Issued,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) relation: &'static str,
    pub(crate) labour: &'static str,
    pub(crate) health: &'static str,
    /// The stage of school they attend, if any.
    pub(crate) stage: Option<&'static str>,
    /// Months in which the registry has them: `from..until`.
    pub(crate) from: usize,
    pub(crate) until: usize,
}

/// No end within the months of the county.
pub(crate) const ALWAYS: usize = usize::MAX;
pub(crate) const ABLE: [&str; 2] = ["普通劳动力", "技能劳动力"];

impl Era {
    pub(crate) fn count(&self) -> usize {
        self.months.len()
    }
    pub(crate) fn last(&self) -> usize {
        self.months.len().saturating_sub(1)
    }
    pub(crate) fn first_day(&self, month: usize) -> i32 {
        self.months.get(month).map_or(0, |month| month.first_day())
    }
    pub(crate) fn last_day(&self, month: usize) -> i32 {
        self.months.get(month).map_or(0, |month| month.last_day())
    }
    /// The place of December of the year before, if the county has that month.
    pub(crate) fn year_baseline(&self, month: usize) -> Option<usize> {
        let months_back = self.months.get(month)?.month() as usize;
        month.checked_sub(months_back)
    }
    /// A day within the month.
    pub(crate) fn some_day(&self, dice: &mut Dice, month: usize) -> i32 {
        let length = self.last_day(month) - self.first_day(month) + 1;
        self.first_day(month) + dice.below(length.max(1) as usize) as i32
    }
}

impl Household {
    pub(crate) fn number(index: u64) -> String {
        format!("H{index:08}")
    }
    pub(crate) fn person_no(&self, member: usize) -> String {
        format!("{}{:02}", self.id, member + 1)
    }
    pub(crate) fn in_registry(&self, member: usize, month: usize) -> bool {
        self.members.get(member).is_some_and(|person| (person.from..person.until).contains(&month))
    }
    pub(crate) fn kind(&self) -> &'static str {
        if self.lifted_from_poverty { "脱贫户" } else { "一般农户" }
    }
    pub(crate) fn monitor_at(&self, month: usize) -> Option<&Monitor> {
        self.monitor.as_ref().filter(|monitor| month >= monitor.from)
    }
    /// 户主 in the registry of this month: the first member that is in it.
    pub(crate) fn head_at(&self, month: usize) -> usize {
        (0..self.members.len()).find(|member| self.in_registry(*member, month)).unwrap_or(0)
    }
    pub(crate) fn relation_at(&self, member: usize, month: usize) -> &'static str {
        if member == self.head_at(month) { "户主" } else { self.members[member].relation }
    }
}

impl Member {
    pub(crate) fn age(&self, day: i32) -> i32 {
        age_on(self.birth, day)
    }
    pub(crate) fn is_able(&self) -> bool {
        ABLE.contains(&self.labour)
    }
    /// 在校生状况, as the national system words it.
    pub(crate) fn student_status(&self, day: i32) -> &'static str {
        match (self.age(day), self.stage) {
            (..=2, _) => "学龄前儿童",
            (3..=5, _) => "学前教育",
            (_, Some("小学")) => "小学",
            (12, Some("初中")) => "七年级",
            (13, Some("初中")) => "八年级",
            (_, Some("初中")) => "九年级",
            (_, Some("高中")) => "高中",
            (_, Some("中职")) => "中职二年级",
            (_, Some("大专")) => "高职高专二年级",
            (_, Some("本科")) => "本科",
            _ => "",
        }
    }
}

/// A member of this relation and about this age at the end of the county's months.
pub(crate) fn person(dice: &mut Dice, era: &Era, relation: &'static str, sex: Sex, age: i32) -> Member {
    let age = age.clamp(0, 98);
    let end = era.last_day(era.last());
    let days_back = f64::from(age) * 365.2425;
    let birth = skip_leap_day(end - days_back as i32 - 1 - dice.below(360) as i32);
    let married_in = matches!(relation, "配偶" | "之儿媳") && dice.percent(55);
    let issued = match married_in {
        true if dice.chance(6_000) => Issued::Elsewhere(9 + dice.below(2)),
        true => Issued::Elsewhere(dice.below(9)),
        false => Issued::Here,
    };
    let mut member = Member {
        sex,
        birth,
        issued,
        id: String::new(),
        name: String::new(),
        phone: String::new(),
        relation,
        labour: "",
        health: "健康",
        stage: None,
        from: (0..era.count()).find(|month| era.last_day(*month) >= birth).unwrap_or(0),
        until: ALWAYS,
    };
    settle(dice, era, &mut member);
    member
}

/// School, labour and health that go with the age.
pub(crate) fn settle(dice: &mut Dice, era: &Era, member: &mut Member) {
    let age = member.age(era.last_day(era.last()));
    let age_at_start = member.age(era.first_day(0));
    // Whoever is of school age in any month is at school in every month, unless a story says otherwise.
    member.stage = match age {
        6..=11 => Some("小学"),
        12..=14 => Some("初中"),
        _ if age >= 6 && age_at_start <= 15 => Some(if age_at_start < 12 { "小学" } else { "初中" }),
        15..=17 if dice.percent(88) => Some(if dice.percent(60) { "高中" } else { "中职" }),
        18..=21 if dice.percent(40) => Some(if dice.percent(55) { "大专" } else { "本科" }),
        _ => None,
    };
    member.labour = match age {
        ..=15 => "无劳动力",
        _ if member.stage.is_some() => "无劳动力",
        16..=59 => ["普通劳动力", "技能劳动力", "弱劳动力或半劳动力", "丧失劳动力"][dice.weighted(&[82, 10, 6, 2])],
        60..=74 => ["弱劳动力或半劳动力", "无劳动力"][dice.weighted(&[60, 40])],
        _ => "无劳动力",
    };
    if age >= 45 && dice.percent(8) {
        member.health = "长期慢性病";
    }
}

/// The members of a household of this size.
pub(crate) fn compose(dice: &mut Dice, era: &Era, size: usize) -> Vec<Member> {
    let head_age = match size {
        1 => dice.between(38, 86),
        2 => dice.between(30, 78),
        _ => dice.between(30, 68),
    } as i32;
    let head_sex = if dice.percent(83) { Sex::Male } else { Sex::Female };
    let mut members = vec![person(dice, era, "户主", head_sex, head_age)];
    if size >= 2 && dice.percent(88) {
        let age = head_age + dice.between(-5, 3) as i32;
        members.push(person(dice, era, "配偶", other(head_sex), age));
    }
    let mut child = 0;
    while members.len() < size {
        let roll = dice.percent(50);
        let sex = if roll { Sex::Male } else { Sex::Female };
        let relation_of_child = if roll { "之子" } else { "之女" };
        let age = head_age - 24 - child * 3 - dice.between(0, 2) as i32;
        let next = match child {
            _ if head_age < 52 && child < 3 && age >= 0 => person(dice, era, relation_of_child, sex, age),
            0 | 1 if head_age >= 52 => person(dice, era, relation_of_child, sex, age),
            _ if head_age >= 52 => {
                let (relation, back) = if child == 2 { ("之儿媳", 27) } else { ("之孙子", 52 + 2 * child) };
                let sex = if child == 2 { Sex::Female } else { sex };
                let relation = if child > 2 && sex == Sex::Female { "之孙女" } else { relation };
                person(dice, era, relation, sex, (head_age - back).max(1))
            }
            _ => {
                let relation = if roll { "之父" } else { "之母" };
                let age = head_age + 25 + dice.between(0, 4) as i32;
                person(dice, era, relation, sex, age)
            }
        };
        members.push(next);
        child += 1;
    }
    members
}

pub(crate) fn other(sex: Sex) -> Sex {
    match sex {
        Sex::Male => Sex::Female,
        Sex::Female => Sex::Male,
    }
}
