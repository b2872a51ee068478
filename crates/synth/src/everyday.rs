//! The quiet life of a household: what stands on the lists when nothing happens. Rates keep it below nearly every threshold.

use crate::dice::Dice;
use crate::household::{ALWAYS, Era, Household, Monitor};
use crate::life::{
    Allowance, Bill, Card, Disaster, Event, Failure, House, Income, Insurance, Job, Measure, Post, Rebuild, Relief,
    Roster, Spell, Student, Support, Tuition,
};

const PLACES: &[&str] = &[
    "广东省深圳市",
    "广东省佛山市",
    "柳州市柳南区",
    "柳州市鱼峰区",
    "柳江区拉堡镇",
    "柳江区新兴工业园",
    "浙江省义乌市",
    "南宁市",
    "本村",
];
const POSTS: &[&str] = &["乡村保洁员", "护林员", "河道巡查员", "公路养护员", "村级协管员"];
const MEASURES: &[&str] = &["产业帮扶", "就业帮扶", "健康帮扶", "综合保障", "社会帮扶", "教育帮扶"];

/// Decides the standing of a household: 脱贫户, and 监测对象.
pub(crate) fn stand(dice: &mut Dice, era: &Era, household: &mut Household) {
    household.lifted_from_poverty = dice.percent(9);
    if !dice.percent(3) {
        return;
    }
    let kind = if household.lifted_from_poverty {
        "脱贫不稳定户"
    } else {
        ["边缘易致贫户", "突发严重困难户"][dice.below(2)]
    };
    let from = if dice.percent(92) { 0 } else { dice.below(era.count()) };
    let identified_on =
        if from == 0 { era.first_day(0) - dice.between(40, 700) as i32 } else { era.some_day(dice, from) };
    let resolved_from = match dice.below(10) {
        0..=2 if from == 0 => 0,
        3 => from + 1 + dice.below(era.count()),
        _ => ALWAYS,
    };
    household.monitor = Some(Monitor { kind, identified_on, from, resolved_from });
}

/// Fills the life of a household.
pub(crate) fn live(dice: &mut Dice, era: &Era, household: &mut Household) {
    school(dice, era, household);
    welfare(dice, era, household);
    work(dice, era, household);
    income(dice, household);
    hospital(dice, era, household);
    health(dice, era, household);
    house(dice, era, household);
    measures(dice, era, household);
    rosters(dice, household);
}

/// Deaths of old age, last: they end the spells of a life.
pub(crate) fn pass_away(dice: &mut Dice, era: &Era, household: &mut Household) {
    for member in 0..household.members.len() {
        if household.members[member].age(era.first_day(0)) < 62 {
            continue;
        }
        let Some(month) = (0..era.count()).find(|_| dice.chance(1_800)) else { continue };
        let day = era.some_day(dice, month);
        // Some deaths are reported a month late: they lie outside the window of their file's month.
        let reported = if dice.percent(10) { (month + 1).min(era.last()) } else { month };
        die(household, member, month, reported, day);
        if dice.percent(50) {
            let what = "待遇领取人死亡";
            household.life.pensions_stopped.push(Event { member, month: reported, day, what });
        }
    }
}

/// Writes a death into the lists and ends what ends with it.
pub(crate) fn die(household: &mut Household, member: usize, month: usize, reported: usize, day: i32) {
    household.life.end_with(member, month);
    household.life.deaths.push(Event { member, month: reported, day, what: () });
    household.members[member].until = reported + 1;
}

fn spell<T>(member: usize, what: T) -> Spell<T> {
    Spell { member, from: 0, until: ALWAYS, what }
}

fn school(dice: &mut Dice, era: &Era, household: &mut Household) {
    let end = era.last_day(era.last());
    for (member, person) in household.members.iter().enumerate() {
        let Some(stage) = person.stage else {
            if (19..=24).contains(&person.age(end)) && dice.percent(10) {
                household.life.students.push(spell(member, Student { stage: "大专", status: "毕业" }));
            }
            continue;
        };
        if person.age(end) <= 15 && dice.chance(12_000) {
            let kind = dice.pick(&["区外就读", "送教上门", "延缓入学", "境外就读"]);
            household.life.exemptions.push(spell(member, kind));
            continue;
        }
        household.life.students.push(spell(member, Student { stage, status: "在读" }));
        for (month, calendar) in era.months.iter().enumerate() {
            if matches!(stage, "小学" | "初中") || !matches!(calendar.month(), 2 | 9) || !dice.percent(60) {
                continue;
            }
            let yuan = match stage {
                "大专" | "本科" => dice.between(3_000, 5_500),
                _ => dice.between(500, 1_600),
            };
            let day = era.some_day(dice, month);
            household.life.tuition.push(Event { member, month, day, what: Tuition { stage, paid_fen: yuan * 100 } });
        }
    }
}

fn welfare(dice: &mut Dice, era: &Era, household: &mut Household) {
    let start = era.first_day(0) - 30 * dice.between(2, 60) as i32;
    let life = &mut household.life;
    if dice.chance(28_000) {
        let whole = dice.percent(35);
        for member in 0..household.members.len() {
            if !whole && member > 0 {
                break;
            }
            let (kind, yuan) = if whole { ("全额", 520) } else { ("差额", dice.between(180, 420)) };
            let what = Allowance { kind, amount_fen: yuan * 100, start, status: "在保" };
            life.allowances.push(spell(member, what));
        }
    } else if dice.chance(2_000) {
        let what = Allowance { kind: "差额", amount_fen: 0, start, status: "停保" };
        life.allowances.push(spell(0, what));
    }
    if household.members.len() == 1 && household.members[0].age(start) >= 62 && dice.percent(7) {
        let kind = dice.pick(&["集中供养", "分散供养"]);
        life.supports.push(spell(0, Support { kind, status: "在保" }));
    }
    for month in 0..era.count() {
        if dice.chance(1_500) {
            let amount_fen = dice.between(3, 14) * 10_000;
            let what = Relief { amount_fen, reason: "重大疾病" };
            life.reliefs.push(Event { member: 0, month, day: era.some_day(dice, month), what });
        }
    }
    for (member, person) in household.members.iter_mut().enumerate() {
        if person.age(start) < 5 || !dice.chance(20_000) {
            continue;
        }
        person.health = "残疾";
        let status = if dice.percent(4) { "注销" } else { "有效" };
        let reissued = if dice.percent(12) { dice.between(1, 2) as usize } else { 0 };
        let issued = start - dice.between(0, 2_000) as i32;
        let (category, grade) = (1 + dice.below(7), 1 + dice.weighted(&[15, 25, 30, 30]));
        life.cards.push(spell(member, Card { category, grade, issued, status, reissued }));
    }
}

fn work(dice: &mut Dice, era: &Era, household: &mut Household) {
    let focus = household.lifted_from_poverty || household.monitor.is_some();
    let start = era.first_day(0);
    let able: Vec<usize> = (0..household.members.len()).filter(|member| household.members[*member].is_able()).collect();
    let life = &mut household.life;
    for member in &able {
        // A focus household with labour and nobody at work is a warning: leave that to its story.
        let must = focus && *member == able[0];
        if must || dice.percent(60) {
            life.jobs.push(spell(*member, job(dice, start)));
            if dice.percent(8) {
                let mut earlier = job(dice, start - 400);
                earlier.ended = Some(start - 20);
                earlier.working = false;
                life.jobs.push(spell(*member, earlier));
            }
        }
        if dice.chance(9_000) {
            let what = Post { post: dice.pick(POSTS), started: start - dice.between(30, 900) as i32 };
            life.posts.push(spell(*member, what));
        }
        if !focus && era.count() > 1 && dice.chance(4_000) {
            // Outside the focus a lost job is no warning.
            let month = 1 + dice.below(era.count() - 1);
            for job in life.jobs.iter_mut().filter(|job| job.member == *member && job.what.working) {
                job.until = month;
            }
        }
    }
    for month in 0..era.count() {
        if dice.chance(300) && !able.is_empty() {
            let event = Event { member: able[0], month, day: era.some_day(dice, month), what: "企业裁员" };
            life.unemployment.push(event);
        }
        if dice.chance(300) {
            let what = Failure { project: "蔬菜种植", loss_fen: dice.between(8, 45) * 10_000 };
            life.failures.push(Event { member: 0, month, day: era.some_day(dice, month), what });
        }
    }
}

/// A job that goes on.
pub(crate) fn job(dice: &mut Dice, before: i32) -> Job {
    Job {
        place: dice.pick(PLACES),
        wage_fen: dice.between(22, 65) * 10_000,
        started: before - dice.between(10, 700) as i32,
        ended: None,
        working: true,
    }
}

fn income(dice: &mut Dice, household: &mut Household) {
    let focus = household.lifted_from_poverty || household.monitor.is_some();
    let now = if focus { dice.between(11_200, 19_500) } else { dice.between(12_500, 31_000) };
    // From 10% more to 17% less than the year before, which is no plunge.
    let before = now * 1_000 / dice.between(830, 1_120).max(1) - 1;
    let spending_before = dice.between(1_500, 9_000);
    let spending_now = spending_before * dice.between(85, 125) / 100;
    let what = Income { before, now, spending_before, spending_now };
    household.life.incomes.push(spell(0, what));
}

fn hospital(dice: &mut Dice, era: &Era, household: &mut Household) {
    let focus = household.lifted_from_poverty || household.monitor.is_some();
    for member in 0..household.members.len() {
        let rate = if household.members[member].age(era.first_day(0)) >= 60 { 24_000 } else { 6_000 };
        for month in household.members[member].from..era.count() {
            if !dice.chance(rate) {
                continue;
            }
            let heavy = dice.percent(2);
            let total = if heavy { dice.between(2_000_000, 6_000_000) } else { dice.between(120_000, 900_000) };
            // Monitored and lifted households pay a tenth or two themselves, others up to two fifths.
            let own = if focus { dice.between(6, 16) } else { dice.between(18, 40) };
            bill(dice, era, household, member, month, total, total * own / 100);
        }
    }
}

/// A hospital stay settled in this month's file, sometimes late, sometimes reversed and settled again.
pub(crate) fn bill(
    dice: &mut Dice,
    era: &Era,
    household: &mut Household,
    member: usize,
    month: usize,
    total: i64,
    own: i64,
) {
    let mut day = era.some_day(dice, month);
    if dice.percent(5) {
        day -= 31;
    }
    let mut push = |total_fen: i64, self_paid_fen: i64| {
        let number = format!("ZY{}{:03}", &household.id[1..], household.life.bills.len() + 1);
        let what = Bill { number, total_fen, fund_fen: total_fen - self_paid_fen, self_paid_fen };
        household.life.bills.push(Event { member, month, day, what });
    };
    push(total, own);
    if dice.percent(3) {
        push(-total, -own);
        push(total, own);
    }
}

fn health(dice: &mut Dice, era: &Era, household: &mut Household) {
    let none_insured = dice.chance(5_000);
    let life = &mut household.life;
    for (member, person) in household.members.iter().enumerate() {
        let status = if dice.chance(400) { "中断" } else { "正常" };
        if !none_insured && !dice.chance(500) {
            let employed = person.is_able() && dice.percent(9);
            let what = Insurance { kind: if employed { "城镇职工" } else { "城乡居民" }, status };
            life.insured.push(Spell { member, from: person.from, until: ALWAYS, what });
        }
        if person.health == "长期慢性病" && dice.percent(60) {
            life.chronic.push(spell(member, "慢性病"));
        }
        if person.age(era.first_day(0)) >= 16 && dice.chance(1_500) {
            life.chronic.push(spell(member, "严重精神障碍"));
        }
        if person.is_able() && dice.chance(300) {
            life.detained.push(spell(member, era.first_day(0) - dice.between(60, 900) as i32));
        }
    }
}

fn house(dice: &mut Dice, era: &Era, household: &mut Household) {
    let start = era.first_day(0);
    let life = &mut household.life;
    if dice.chance(18_000) {
        let what = House {
            grade: ["A级", "B级"][dice.below(2)],
            occupied: dice.percent(90),
            appraised: start - dice.between(20, 900) as i32,
        };
        life.houses.push(spell(0, what));
    }
    if dice.chance(3_000) {
        let done = dice.percent(70);
        let (progress, started) = if done { ("已竣工", Some(start - 300)) } else { ("未开工", None) };
        life.rebuilding.push(spell(0, Rebuild { year: 2022, progress, started }));
    }
    if dice.chance(2_000) {
        life.unsafe_water.push(spell(0, "季节性缺水"));
    }
    for month in 0..era.count() {
        if dice.chance(500) {
            let what = Disaster { kind: "农作物受灾", loss_fen: dice.between(5, 60) * 10_000 };
            life.disasters.push(Event { member: 0, month, day: era.some_day(dice, month), what });
        }
    }
}

fn measures(dice: &mut Dice, era: &Era, household: &mut Household) {
    let (from, count) = match &household.monitor {
        Some(monitor) => (monitor.from, 1 + dice.below(3)),
        None if household.lifted_from_poverty && dice.percent(30) => (0, 1),
        None => return,
    };
    for index in 0..count {
        let status = if index == 0 { "实施中" } else { dice.pick(&["未实施", "实施中", "已完成"]) };
        let what = Measure {
            measure: dice.pick(MEASURES),
            status,
            planned: era.first_day(from) - dice.between(1, 200) as i32,
        };
        household.life.measures.push(Spell { member: 0, from, until: ALWAYS, what });
    }
}

/// Households beside the minimum allowance, listed whole since before the county's first month.
fn rosters(dice: &mut Dice, household: &mut Household) {
    let near = dice.chance(9_000) && household.life.allowances.is_empty();
    if near {
        household.life.near_allowance = roster(household, 0, Roster { kind: "低保边缘", amount_fen: 0 });
    } else if dice.chance(5_000) {
        let what = Roster { kind: "刚性支出困难", amount_fen: dice.between(12, 48) * 1_000 };
        household.life.rigid_spending = roster(household, 0, what);
    }
}

/// Every member on a list from a month on, those born later from their birth.
pub(crate) fn roster(household: &Household, from: usize, what: Roster) -> Vec<Spell<Roster>> {
    let spell = |member: usize| Spell {
        member,
        from: from.max(household.members[member].from),
        until: household.members[member].until,
        what: what.clone(),
    };
    (0..household.members.len()).map(spell).collect()
}
