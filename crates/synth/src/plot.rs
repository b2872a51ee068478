//! A story as it happens: what the rules look for is written into the household's life, over what stood there.

use crate::calendar::civil;
use crate::dice::Dice;
use crate::everyday::{bill, die, job, roster};
use crate::household::{ALWAYS, Era, Household};
use crate::life::{
    Allowance, Card, Disaster, Event, Failure, House, Post, Rebuild, Relief, Roster, Spell, Student, Support, Tuition,
};

/// A story under way: whom it happens to, and in which month.
pub(crate) struct Plot {
    pub(crate) rule: &'static str,
    pub(crate) member: usize,
    pub(crate) second: usize,
    pub(crate) at: usize,
}

fn from_then_on<T>(plot: &Plot, what: T) -> Spell<T> {
    Spell { member: plot.member, from: plot.at, until: ALWAYS, what }
}

/// Lets the story happen.
pub(crate) fn happen(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    match plot.rule {
        "medical-self-paid-focus"
        | "medical-self-paid"
        | "medical-against-income"
        | "uninsured-focus"
        | "uninsured"
        | "major-disease"
        | "mental-illness" => sickness(dice, era, household, plot),
        "dropout" | "not-in-school" | "tuition" | "several-students" => schooling(dice, era, household, plot),
        "dibao-whole-new" | "dibao-partial-new" | "dibao-stopped" | "tekun-new" | "relief" => {
            allowance(dice, era, household, plot);
        }
        "dibao-edge-new" => {
            let what = Roster { kind: "低保边缘", amount_fen: 0 };
            household.life.near_allowance = roster(household, plot.at, what);
        }
        "rigid-spending-new" => {
            let what = Roster { kind: "刚性支出困难", amount_fen: dice.between(12, 48) * 1_000 };
            household.life.rigid_spending = roster(household, plot.at, what);
        }
        "disability-new" | "disability-severe-new" | "disability-multiple" | "disability-income" => {
            disability(dice, era, household, plot);
        }
        "job-lost" | "zero-employment" | "unemployment" | "labourer-death" | "labourer-absent" | "pension-stopped"
        | "public-post" => work(dice, era, household, plot),
        "income-below-line" | "income-under-10000" | "income-plunge" | "spending-jump" | "industry-failed" => {
            money(dice, era, household, plot);
        }
        _ => shelter(dice, era, household, plot),
    }
}

fn sickness(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    let own = match plot.rule {
        "medical-self-paid-focus" => dice.between(6_000, 26_000) * 100 + dice.between(0, 99),
        "medical-self-paid" => dice.between(21_000, 95_000) * 100 + dice.between(0, 99),
        "medical-against-income" => {
            let share = if household.lifted_from_poverty || household.monitor.is_some() { 56 } else { 106 };
            let income = household.life.incomes.first().map_or(20_000, |spell| spell.what.now);
            income * household.members.len() as i64 * share + dice.between(0, 99)
        }
        "major-disease" => {
            let what = dice.pick(&["儿童白血病", "肺癌", "终末期肾病", "急性心肌梗塞", "脑卒中"]);
            let event = Event { member: plot.member, month: plot.at, day: era.some_day(dice, plot.at), what };
            household.life.diseases.push(event);
            return;
        }
        "mental-illness" => {
            household.life.chronic.retain(|spell| spell.member != plot.member);
            household.life.chronic.push(from_then_on(plot, "严重精神障碍"));
            return;
        }
        _ => {
            for spell in household.life.insured.iter_mut().filter(|spell| spell.member == plot.member) {
                spell.until = spell.until.min(plot.at);
            }
            return;
        }
    };
    bill(dice, era, household, plot.member, plot.at, own * 5 / 2, own);
}

fn schooling(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    let life = &mut household.life;
    match plot.rule {
        "tuition" => {
            let paid_fen = dice.between(10_500, 26_000) * 100;
            let (month, day) = (plot.at, era.some_day(dice, plot.at));
            let what = Tuition { stage: "大专", paid_fen };
            life.tuition.push(Event { member: plot.member, month, day, what });
        }
        "several-students" => {
            for member in [plot.member, plot.second] {
                if !life.students.iter().any(|spell| spell.member == member && spell.what.status == "在读") {
                    let what = Student { stage: "中职", status: "在读" };
                    life.students.push(Spell { member, from: 0, until: ALWAYS, what });
                }
            }
        }
        _ => {
            life.exemptions.retain(|spell| spell.member != plot.member);
            for spell in life.students.iter_mut().filter(|spell| spell.member == plot.member) {
                spell.until = spell.until.min(plot.at);
            }
            if plot.rule == "dropout" {
                life.dropouts.push(from_then_on(plot, dice.pick(&["厌学", "随父母外出", "早婚", "家庭困难"])));
            }
        }
    }
}

fn allowance(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    let start = era.first_day(plot.at);
    let life = &mut household.life;
    let row = |member, from, until, status| Spell {
        member,
        from,
        until,
        what: Allowance { kind: "差额", amount_fen: 32_000, start, status },
    };
    match plot.rule {
        "relief" => {
            let what = Relief { amount_fen: dice.between(32, 160) * 10_000, reason: "突发意外" };
            life.reliefs.push(Event { member: 0, month: plot.at, day: era.some_day(dice, plot.at), what });
        }
        "tekun-new" => life.supports.push(from_then_on(plot, Support { kind: "分散供养", status: "在保" })),
        "dibao-stopped" => {
            life.allowances.clear();
            life.allowances.push(row(0, 0, plot.at, "在保"));
            if dice.percent(50) {
                life.allowances.push(row(0, plot.at, ALWAYS, "停保"));
            }
        }
        "dibao-partial-new" => {
            life.allowances.clear();
            life.allowances.push(row(plot.member, plot.at, ALWAYS, "在保"));
        }
        _ => {
            life.allowances.clear();
            for member in 0..household.members.len() {
                let mut whole = row(member, plot.at.max(household.members[member].from), ALWAYS, "在保");
                whole.what.kind = "全额";
                life.allowances.push(whole);
            }
        }
    }
}

fn disability(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    let issued = era.first_day(plot.at) + dice.between(0, 20) as i32;
    let (category, mut grade) = (1 + dice.below(4), 3 + dice.below(2));
    if plot.rule == "disability-severe-new" {
        grade = 1 + dice.below(2);
    }
    let card = |member, from, grade| Spell {
        member,
        from,
        until: ALWAYS,
        what: Card {
            category,
            grade,
            issued: if from == 0 { era.first_day(0) - 400 } else { issued },
            status: "有效",
            reissued: 0,
        },
    };
    household.members[plot.member].health = "残疾";
    household.life.cards.retain(|spell| spell.member != plot.member);
    match plot.rule {
        "disability-multiple" => {
            household.life.cards.retain(|spell| spell.member != 0);
            household.members[0].health = "残疾";
            household.life.cards.push(card(0, 0, grade));
            household.life.cards.push(card(plot.member, 0, grade));
        }
        "disability-income" => {
            household.life.cards.push(card(plot.member, 0, grade));
            earn(household, dice.between(4_000, 6_600));
        }
        _ => household.life.cards.push(card(plot.member, plot.at, grade)),
    }
}

fn work(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    let (month, day) = (plot.at, era.some_day(dice, plot.at));
    let member = plot.member;
    let life = &mut household.life;
    match plot.rule {
        "job-lost" => {
            let alone = dice.percent(40);
            life.jobs.retain(|spell| !alone && spell.member != member);
            let lost = job(dice, era.first_day(0));
            let mut over = lost.clone();
            over.ended = Some(day);
            over.working = false;
            life.jobs.push(Spell { member, from: 0, until: month, what: lost });
            life.jobs.push(Spell { member, from: month, until: ALWAYS, what: over });
        }
        "zero-employment" => life.jobs.clear(),
        "unemployment" => life.unemployment.push(Event { member, month, day, what: "企业停产" }),
        "labourer-absent" => {
            life.detained.retain(|spell| spell.member != member);
            life.detained.push(from_then_on(plot, day));
        }
        "pension-stopped" => {
            let what = "未按期认证";
            life.pensions_stopped.push(Event { member, month, day, what });
        }
        "public-post" => life.posts.push(Spell {
            member,
            from: 0,
            until: ALWAYS,
            what: Post { post: "乡村保洁员", started: day - 700 },
        }),
        _ => die(household, member, month, month, day),
    }
}

/// Sets this year's income per head, and a last year's that is no plunge.
fn earn(household: &mut Household, now: i64) {
    for spell in &mut household.life.incomes {
        spell.what.now = now;
        spell.what.before = now + 37;
    }
}

fn money(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    match plot.rule {
        "income-below-line" => earn(household, dice.between(3_600, 6_700)),
        "income-under-10000" => earn(household, dice.between(7_600, 9_900)),
        "industry-failed" => {
            let what = Failure {
                project: dice.pick(&["生猪养殖", "莲藕种植", "葡萄种植"]),
                loss_fen: dice.between(55, 320) * 10_000,
            };
            let event = Event { member: 0, month: plot.at, day: era.some_day(dice, plot.at), what };
            household.life.failures.push(event);
        }
        "income-plunge" => {
            let left = dice.between(45, 78);
            for spell in &mut household.life.incomes {
                spell.what.before = spell.what.now * 100 / left + 1;
            }
        }
        _ => {
            let size = household.members.len() as i64;
            for spell in &mut household.life.incomes {
                let income = &mut spell.what;
                income.spending_now = (income.spending_before * 8 / 5).max(income.now * size * 35 / 100) + 11;
            }
        }
    }
}

fn shelter(dice: &mut Dice, era: &Era, household: &mut Household, plot: &Plot) {
    let (month, day) = (plot.at, era.some_day(dice, plot.at));
    let life = &mut household.life;
    match plot.rule {
        "house-d" | "house-c" => {
            let grade = if plot.rule == "house-d" { "D级" } else { "C级" };
            life.houses.push(Spell {
                member: 0,
                from: 0,
                until: ALWAYS,
                what: House { grade, occupied: dice.percent(60), appraised: day - 500 },
            });
        }
        "rebuild-new" => {
            life.rebuilding.clear();
            let year = i64::from(civil(day).0);
            life.rebuilding.push(from_then_on(plot, Rebuild { year, progress: "未开工", started: None }));
        }
        "rebuild-stalled" => {
            life.rebuilding.clear();
            let started = Some(era.first_day(0) - dice.between(190, 320) as i32);
            let what = Rebuild { year: 2022, progress: "已开工", started };
            life.rebuilding.push(Spell { member: 0, from: 0, until: ALWAYS, what });
        }
        "disaster-house" | "disaster-crop" => {
            let house = dice.pick(&["房屋倒塌", "房屋严重损坏", "房屋一般损坏"]);
            let kind = if plot.rule == "disaster-crop" { "农作物绝收" } else { house };
            let what = Disaster { kind, loss_fen: dice.between(20, 600) * 10_000 };
            life.disasters.push(Event { member: 0, month, day, what });
        }
        "measures-missing" => {
            for spell in &mut life.measures {
                spell.what.status = "未实施";
            }
        }
        "water-household" => {
            life.unsafe_water.clear();
            life.unsafe_water.push(from_then_on(plot, dice.pick(&["水质不达标", "水量不足", "取水不便"])));
        }
        // An outage is of a hamlet or a village: `water.rs` has it.
        _ => {}
    }
}
