//! Blows and strains: one story for each rule of the pack, so that every rule has households to find, in a small county too.
//!
//! A story first casts its people ([`cast`], before the everyday life is lived) and then happens (`plot.rs`, after it).

use bidui_model::Sex;

use crate::dice::Dice;
use crate::household::{ABLE, ALWAYS, Era, Household, Member, Monitor, person};
use crate::plot::Plot;

/// What kind of household a story needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Any,
    /// 脱贫户 or 监测对象.
    Focus,
    /// 监测对象 whose risk stands.
    Monitored,
    Ordinary,
}

/// Whom it happens to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Head,
    /// 16 to 59, with labour.
    Able,
    /// 8 to 12.
    Child,
    /// 62 or older.
    Elder,
    /// 70 or older, without labour.
    VeryOld,
    /// At a 大专.
    Student,
    /// Two at schools beyond the compulsory ones.
    TwoStudents,
    /// The head of six or more, whom a wide list does not hold in one row.
    HeadOfMany,
}

pub(crate) struct Story {
    /// The rule that should fire.
    pub(crate) rule: &'static str,
    pub(crate) standing: Standing,
    pub(crate) role: Role,
}

const fn story(rule: &'static str, standing: Standing, role: Role) -> Story {
    Story { rule, standing, role }
}

/// The first [`SLOTS`] have a household each; the rest share one with the first ones, and suit them.
pub(crate) const STORIES: &[Story] = &[
    story("medical-self-paid-focus", Standing::Focus, Role::Head),
    story("medical-self-paid", Standing::Ordinary, Role::Head),
    story("medical-against-income", Standing::Any, Role::Head),
    story("uninsured-focus", Standing::Focus, Role::Able),
    story("uninsured", Standing::Ordinary, Role::Able),
    story("major-disease", Standing::Any, Role::Head),
    story("mental-illness", Standing::Any, Role::Able),
    story("dropout", Standing::Any, Role::Child),
    story("not-in-school", Standing::Any, Role::Child),
    story("tuition", Standing::Any, Role::Student),
    story("several-students", Standing::Focus, Role::TwoStudents),
    story("dibao-whole-new", Standing::Any, Role::Head),
    story("dibao-partial-new", Standing::Any, Role::Child),
    story("dibao-stopped", Standing::Focus, Role::Head),
    story("tekun-new", Standing::Any, Role::Elder),
    story("disability-new", Standing::Any, Role::Able),
    story("disability-severe-new", Standing::Any, Role::Able),
    story("disability-multiple", Standing::Focus, Role::Child),
    story("job-lost", Standing::Focus, Role::Able),
    story("zero-employment", Standing::Focus, Role::Able),
    story("unemployment", Standing::Any, Role::Able),
    story("labourer-death", Standing::Any, Role::Able),
    story("labourer-absent", Standing::Any, Role::Able),
    story("income-below-line", Standing::Any, Role::Head),
    story("income-under-10000", Standing::Focus, Role::Head),
    story("income-plunge", Standing::Any, Role::Head),
    story("spending-jump", Standing::Any, Role::Head),
    story("measures-missing", Standing::Monitored, Role::Head),
    story("pension-stopped", Standing::Any, Role::Elder),
    story("public-post", Standing::Any, Role::VeryOld),
    story("water-hamlet", Standing::Any, Role::Head),
    story("water-village", Standing::Any, Role::Head),
    story("house-d", Standing::Any, Role::Head),
    story("house-c", Standing::Any, Role::Head),
    story("rebuild-new", Standing::Any, Role::Head),
    story("rebuild-stalled", Standing::Any, Role::Head),
    story("industry-failed", Standing::Any, Role::Head),
    story("disaster-house", Standing::Any, Role::Head),
    story("disaster-crop", Standing::Any, Role::Head),
    story("water-household", Standing::Any, Role::Head),
    story("relief", Standing::Any, Role::Head),
    story("disability-income", Standing::Any, Role::Head),
    story("dibao-edge-new", Standing::Any, Role::HeadOfMany),
    story("rigid-spending-new", Standing::Any, Role::Head),
];

/// Households that a county of any size sets aside for stories of the last month.
pub(crate) const SLOTS: usize = 32;

/// Gives the household the standing and the people that the story needs.
pub(crate) fn cast(dice: &mut Dice, era: &Era, household: &mut Household, story: &Story, at: usize) -> Plot {
    match story.standing {
        Standing::Any => {}
        Standing::Focus => {
            if household.monitor.as_ref().is_none_or(|monitor| monitor.from > 0) {
                household.lifted_from_poverty = true;
                household.monitor = None;
            }
        }
        Standing::Ordinary => {
            household.lifted_from_poverty = false;
            household.monitor = None;
        }
        Standing::Monitored => {
            let identified_on = era.first_day(at) - dice.between(45, 120) as i32;
            let from = (0..era.count()).find(|month| era.last_day(*month) >= identified_on).unwrap_or(0);
            let kind = if household.lifted_from_poverty { "脱贫不稳定户" } else { "突发严重困难户" };
            household.monitor = Some(Monitor { kind, identified_on, from, resolved_from: ALWAYS });
        }
    }
    let (member, second) = find_role(dice, era, household, story.role);
    Plot { rule: story.rule, member, second, at }
}

fn find_role(dice: &mut Dice, era: &Era, household: &mut Household, role: Role) -> (usize, usize) {
    let end = era.last_day(era.last());
    let head_age = household.members[0].age(end);
    let mut find = |wanted: &dyn Fn(&Member) -> bool, dice: &mut Dice, relation, sex, age| {
        if let Some(found) = household.members.iter().position(wanted) {
            return found;
        }
        household.members.push(person(dice, era, relation, sex, age));
        household.members.len() - 1
    };
    match role {
        Role::Head => (0, 0),
        Role::HeadOfMany => {
            while household.members.len() < 6 {
                let (relation, sex) = if dice.percent(50) { ("之子", Sex::Male) } else { ("之女", Sex::Female) };
                let age = 3 + dice.below(3) as i32;
                household.members.push(person(dice, era, relation, sex, age));
            }
            (0, 0)
        }
        Role::Able => {
            let fits = |member: &Member| (20..=55).contains(&member.age(end)) && member.is_able();
            let found = find(&fits, dice, "之子", Sex::Male, 30);
            let member = &mut household.members[found];
            member.labour = ABLE[0];
            member.stage = None;
            (found, 0)
        }
        Role::Child => {
            let fits = |member: &Member| (8..=12).contains(&member.age(end)) && member.from == 0;
            (find(&fits, dice, "之女", Sex::Female, 10), 0)
        }
        Role::Elder => {
            let fits = |member: &Member| (63..=88).contains(&member.age(end));
            (find(&fits, dice, "之母", Sex::Female, (head_age + 24).max(66)), 0)
        }
        Role::VeryOld => {
            let fits = |member: &Member| (72..=92).contains(&member.age(end));
            let found = find(&fits, dice, "之父", Sex::Male, (head_age + 25).max(74));
            household.members[found].labour = "无劳动力";
            (found, 0)
        }
        Role::Student | Role::TwoStudents => {
            let fits = |member: &Member| matches!(member.stage, Some("大专" | "本科"));
            let first = find(&fits, dice, "之子", Sex::Male, 19);
            household.members[first].stage = household.members[first].stage.or(Some("大专"));
            household.members[first].labour = "无劳动力";
            if role == Role::Student {
                return (first, 0);
            }
            household.members.push(person(dice, era, "之女", Sex::Female, 17));
            let second = household.members.len() - 1;
            household.members[second].stage = Some("中职");
            household.members[second].labour = "无劳动力";
            (first, second)
        }
    }
}
