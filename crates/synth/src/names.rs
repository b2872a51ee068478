//! Names as Liujiang has them: 韦 and 覃 before 王, characters by sex and generation, a few with a middle dot, a few rare characters.

use bidui_model::Sex;

use crate::dice::Dice;

const SURNAMES: &[(&str, u32)] = &[
    ("韦", 150),
    ("覃", 95),
    ("黄", 80),
    ("莫", 55),
    ("梁", 52),
    ("陆", 48),
    ("廖", 42),
    ("罗", 40),
    ("谭", 30),
    ("蓝", 30),
    ("潘", 28),
    ("李", 40),
    ("陈", 36),
    ("张", 24),
    ("刘", 24),
    ("何", 20),
    ("周", 18),
    ("吴", 20),
    ("杨", 18),
    ("王", 16),
    ("曾", 14),
    ("熊", 12),
    ("龙", 14),
    ("石", 10),
    ("欧", 8),
    ("闭", 5),
    ("农", 8),
    ("肖", 6),
    ("付", 5),
    ("闫", 2),
    ("兰", 8),
    ("欧阳", 3),
    ("𠅤", 1),
];
const MALE_OLD: &[&str] =
    &["建", "国", "德", "有", "明", "福", "贵", "荣", "光", "庆", "振", "朝", "保", "金", "天", "文", "世", "显"];
const FEMALE_OLD: &[&str] =
    &["秀", "凤", "桂", "兰", "玉", "美", "月", "金", "莲", "梅", "爱", "英", "翠", "妹", "连", "素", "花", "琼"];
const MALE_YOUNG: &[&str] =
    &["俊", "杰", "宇", "浩", "轩", "子", "豪", "文", "志", "伟", "海", "龙", "鑫", "泽", "嘉", "家", "旭", "柳"];
const FEMALE_YOUNG: &[&str] =
    &["婷", "雨", "欣", "怡", "梦", "思", "佳", "琪", "晓", "丽", "颖", "静", "诗", "涵", "紫", "艳", "倩", "露"];
/// 㛃 is of extension A, 𬭎 of E, 䶮 of A: four bytes each in GB18030, and none in GBK.
const RARE: &[&str] = &["㛃", "𬭎", "䶮", "𬍛", "祎", "珺"];
const DOTTED_FIRST: &[&str] = &["阿依", "迪丽", "卓玛", "古丽", "扎西", "吉克", "阿木", "玛依"];
const DOTTED_LAST: &[&str] = &["木沙", "热巴", "央金", "买买提", "次仁", "阿牛", "拉且", "依拉"];

/// A family name.
pub(crate) fn surname(dice: &mut Dice) -> &'static str {
    let total: u32 = SURNAMES.iter().map(|(_, weight)| weight).sum();
    let mut roll = dice.below(total as usize) as u32;
    for (name, weight) in SURNAMES {
        if roll < *weight {
            return name;
        }
        roll -= weight;
    }
    SURNAMES[0].0
}

/// A full name of this family name.
pub(crate) fn full_name(dice: &mut Dice, surname: &str, sex: Sex, birth_year: i32) -> String {
    if dice.chance(4_000) {
        return format!("{}·{}", dice.pick(DOTTED_FIRST), dice.pick(DOTTED_LAST));
    }
    let pool = match (sex, birth_year >= 1985) {
        (Sex::Male, false) => MALE_OLD,
        (Sex::Female, false) => FEMALE_OLD,
        (Sex::Male, true) => MALE_YOUNG,
        (Sex::Female, true) => FEMALE_YOUNG,
    };
    let mut name = surname.to_owned();
    if dice.percent(75) {
        name.push_str(dice.pick(pool));
    }
    if dice.chance(6_000) {
        name.push_str(dice.pick(RARE));
    } else {
        name.push_str(dice.pick(pool));
    }
    name
}

/// A mobile number that no operator has given out: 199 is followed by a zero.
pub(crate) fn phone(dice: &mut Dice) -> String {
    format!("1990{:07}", dice.below(10_000_000))
}
