//! How a value is written. A clean county writes each in one way; in a messy one every file has its own, and some cells another.

use bidui_model::Money;

use crate::calendar::civil;
use crate::dice::Dice;
use crate::feed::Feed;
use crate::options::SynthVillage;
use crate::rows::Cell;

/// A cell as a file holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Out {
    Empty,
    Text(String),
    /// A number cell of a workbook; its shortest decimal in a text file.
    Number(f64),
    /// Excel's day number under a date format.
    Day(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateStyle {
    /// `2023-01-05`
    Iso,
    /// `20230105`
    Compact,
    /// `2023-1-5`
    Short,
    /// `2023/1/5`
    Slashes,
    /// `2023.1`
    DotMonth,
    /// `2023年1月5日`
    Chinese,
    /// `2023年1月`
    ChineseMonth,
    /// `202301`
    CompactMonth,
    /// `2023-01-05 00:00:00`
    WithTime,
    /// `44931`: a number cell in a workbook.
    Serial,
    /// A date cell.
    Cell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MoneyStyle {
    /// `1234.50`
    Plain,
    /// `1,234.50`
    Commas,
    /// `1234.50元`
    Yuan,
    /// `0.12345万元`
    TenThousands,
    /// A number cell.
    Number,
    /// `0.12345` beneath a heading in 万元.
    UnderTenThousands,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlagStyle {
    /// 是, 否
    Words,
    /// √, and nothing
    Tick,
    /// 1, 0
    Digits,
    /// 有, 无
    Have,
}

/// The ways of one file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) date: DateStyle,
    pub(crate) money: MoneyStyle,
    pub(crate) flag: FlagStyle,
    /// Some cells are written in another way, words are replaced by their aliases and villages by their other names.
    pub(crate) mixed: bool,
}

const DATE_STYLES: [DateStyle; 11] = [
    DateStyle::Iso,
    DateStyle::Compact,
    DateStyle::Short,
    DateStyle::Slashes,
    DateStyle::Chinese,
    DateStyle::WithTime,
    DateStyle::Serial,
    DateStyle::DotMonth,
    DateStyle::ChineseMonth,
    DateStyle::CompactMonth,
    DateStyle::Cell,
];
const MONEY_STYLES: [MoneyStyle; 5] =
    [MoneyStyle::Plain, MoneyStyle::Commas, MoneyStyle::Yuan, MoneyStyle::TenThousands, MoneyStyle::Number];
const FLAG_STYLES: [FlagStyle; 4] = [FlagStyle::Words, FlagStyle::Tick, FlagStyle::Digits, FlagStyle::Have];
/// 1899-12-30, day 0 of Excel, counted from 1970-01-01.
const EXCEL_EPOCH: i32 = -25_569;

/// Words that an office writes for a contract's word, by column. A test holds them against config/feeds.
pub(crate) const WORDS: &[(Feed, &str, &str, &str)] = &[
    (Feed::Registry, "labour", "普通劳动力", "普通劳动能力"),
    (Feed::Registry, "labour", "无劳动力", "无劳动能力"),
    (Feed::Registry, "labour", "弱劳动力或半劳动力", "弱劳动力"),
    (Feed::Registry, "household_kind", "脱贫户", "建档立卡脱贫户"),
    (Feed::Registry, "household_kind", "一般农户", "一般户"),
    (Feed::Registry, "monitor_kind", "边缘易致贫户", "边缘户"),
    (Feed::Registry, "monitor_kind", "突发严重困难户", "突发困难户"),
    (Feed::Registry, "monitor_kind", "脱贫不稳定户", "脱贫不稳定"),
    (Feed::Registry, "risk_status", "已消除", "是"),
    (Feed::Registry, "risk_status", "未消除", "否"),
    (Feed::Students, "stage", "小学", "普通小学"),
    (Feed::Students, "stage", "初中", "初级中学"),
    (Feed::Students, "stage", "高中", "普通高中"),
    (Feed::Students, "stage", "中职", "中等职业学校"),
    (Feed::Students, "stage", "大专", "高职高专"),
    (Feed::Students, "status", "在读", "正常在读"),
    (Feed::Exemptions, "kind", "区外就读", "县外就读"),
    (Feed::Exemptions, "kind", "送教上门", "送教"),
    (Feed::MinimumAllowance, "kind", "全额", "全额救助"),
    (Feed::MinimumAllowance, "kind", "差额", "差额救助"),
    (Feed::MinimumAllowance, "status", "在保", "正常享受"),
    (Feed::MinimumAllowance, "status", "停保", "停发"),
    (Feed::ExtremePoverty, "kind", "分散供养", "分散"),
    (Feed::Disabled, "category", "肢体", "肢体残疾"),
    (Feed::Disabled, "category", "言语", "语言"),
    (Feed::Disabled, "grade", "一级", "1级"),
    (Feed::Disabled, "grade", "二级", "贰级"),
    (Feed::Disabled, "grade", "三级", "3"),
    (Feed::Disabled, "status", "有效", "正常"),
    (Feed::HouseAppraisals, "grade", "D级", "D"),
    (Feed::HouseAppraisals, "grade", "C级", "c级"),
    (Feed::Rebuilding, "progress", "已开工", "在建"),
    (Feed::Rebuilding, "progress", "已竣工", "3"),
    (Feed::ChronicDiseases, "class", "严重精神障碍", "重性精神疾病"),
    (Feed::ChronicDiseases, "class", "慢性病", "慢病"),
    (Feed::Insured, "insurance", "城乡居民", "城乡居民基本医疗保险"),
    (Feed::Insured, "insurance", "城镇职工", "职工医保"),
    (Feed::Insured, "status", "正常", "参保缴费"),
    (Feed::Insured, "status", "中断", "暂停参保"),
    (Feed::Disasters, "kind", "房屋倒塌", "倒房"),
    (Feed::Disasters, "kind", "农作物绝收", "绝收"),
    (Feed::Measures, "status", "实施中", "正在实施"),
    (Feed::Measures, "status", "未实施", "待实施"),
    (Feed::NearAllowance, "kind", "低保边缘", "低保边缘家庭"),
    (Feed::WaterOutages, "hamlet", "", "全村"),
];

impl DateStyle {
    /// The same way, for a date of which the day is known and wanted.
    fn to_the_day(self) -> Self {
        match self {
            Self::DotMonth => Self::Short,
            Self::ChineseMonth => Self::Chinese,
            Self::CompactMonth => Self::Compact,
            other => other,
        }
    }
}

impl Style {
    pub(crate) const CLEAN: Self =
        Self { date: DateStyle::Iso, money: MoneyStyle::Plain, flag: FlagStyle::Words, mixed: false };

    /// The ways of a messy file; only workbooks have number cells.
    pub(crate) fn rolled(dice: &mut Dice, workbook: bool) -> Self {
        let mut date = DATE_STYLES[dice.below(DATE_STYLES.len())];
        let mut money = MONEY_STYLES[dice.below(MONEY_STYLES.len())];
        if !workbook {
            date = if matches!(date, DateStyle::Serial | DateStyle::Cell) { DateStyle::Compact } else { date };
            money = if money == MoneyStyle::Number { MoneyStyle::Plain } else { money };
        }
        Self { date, money, flag: FLAG_STYLES[dice.below(FLAG_STYLES.len())], mixed: true }
    }
}

/// Spells a cell of this column.
pub(crate) fn spell(cell: &Cell<'_>, feed: Feed, column: usize, style: &Style, dice: &mut Dice) -> Out {
    let other_way = style.mixed && dice.percent(4);
    match cell {
        Cell::Empty => word(feed, column, "", style, dice),
        Cell::Text(text) => word(feed, column, text, style, dice),
        Cell::Id(id) => Out::Text(id.to_string()),
        Cell::Name(name) => Out::Text((*name).to_owned()),
        Cell::Date(day) => {
            let other = DATE_STYLES[dice.below(5)];
            date(*day, if other_way { other } else { style.date })
        }
        Cell::Birth(day) => {
            let other = DATE_STYLES[dice.below(5)];
            date(*day, if other_way { other } else { style.date.to_the_day() })
        }
        Cell::Fen(fen) => {
            let other = match style.money {
                // Beneath 万元 only an amount with its own unit may be another.
                MoneyStyle::UnderTenThousands => MoneyStyle::Yuan,
                _ => MONEY_STYLES[dice.below(4)],
            };
            money(*fen, if other_way { other } else { style.money }, style.mixed, dice)
        }
        Cell::Integer(number) => Out::Text(number.to_string()),
        Cell::Flag(flag) => self::flag(*flag, style.flag),
        Cell::Village(place) => Out::Text(village(place, style, dice)),
        Cell::Town(town) => Out::Text(match dice.below(30) {
            0 if style.mixed => format!("柳江县{town}"),
            1 if style.mixed => format!("{town}人民政府"),
            _ => (*town).to_owned(),
        }),
    }
}

fn word(feed: Feed, column: usize, text: &str, style: &Style, dice: &mut Dice) -> Out {
    if style.mixed && dice.percent(8) {
        let name = feed.spec().columns[column].name;
        let alias = WORDS.iter().find(|(of, column, word, _)| *of == feed && *column == name && *word == text);
        if let Some((.., alias)) = alias {
            return Out::Text((*alias).to_owned());
        }
    }
    if text.is_empty() { Out::Empty } else { Out::Text(text.to_owned()) }
}

/// One of the names a village goes by, or its code, or its code of before 2016.
fn village(place: &SynthVillage, style: &Style, dice: &mut Dice) -> String {
    if !style.mixed {
        return place.name.clone();
    }
    match dice.below(20) {
        0..=7 => place.short_name.clone(),
        8..=11 if !place.aliases.is_empty() => place.aliases[dice.below(place.aliases.len())].clone(),
        12 => place.code12.clone(),
        13 if place.code12.starts_with("450206") => place.code12.replacen("450206", "450221", 1),
        14 => format!("{}{}", place.town_name, place.short_name),
        _ => place.name.clone(),
    }
}

fn date(day: i32, style: DateStyle) -> Out {
    let (year, month, date) = civil(day);
    Out::Text(match style {
        DateStyle::Iso => format!("{year}-{month:02}-{date:02}"),
        DateStyle::Compact => format!("{year}{month:02}{date:02}"),
        DateStyle::Short => format!("{year}-{month}-{date}"),
        DateStyle::Slashes => format!("{year}/{month}/{date}"),
        DateStyle::DotMonth => format!("{year}.{month}"),
        DateStyle::Chinese => format!("{year}年{month}月{date}日"),
        DateStyle::ChineseMonth => format!("{year}年{month}月"),
        DateStyle::CompactMonth => format!("{year}{month:02}"),
        DateStyle::WithTime => format!("{year}-{month:02}-{date:02} 00:00:00"),
        DateStyle::Serial => return Out::Number(f64::from(day - EXCEL_EPOCH)),
        DateStyle::Cell => return Out::Day(f64::from(day - EXCEL_EPOCH)),
    })
}

fn money(fen: i64, style: MoneyStyle, mixed: bool, dice: &mut Dice) -> Out {
    if fen == 0 && mixed {
        return Out::Text(dice.pick(&["—", "无", "/", "0"]).to_owned());
    }
    Out::Text(match style {
        MoneyStyle::Plain => Money(fen).to_string(),
        MoneyStyle::Commas => commas(fen),
        MoneyStyle::Yuan => format!("{}元", Money(fen)),
        MoneyStyle::TenThousands => format!("{}万元", ten_thousands(fen)),
        MoneyStyle::UnderTenThousands => ten_thousands(fen),
        MoneyStyle::Number => return Out::Number(fen as f64 / 100.0),
    })
}

fn ten_thousands(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    let text = format!("{sign}{}.{:06}", fen / 1_000_000, fen % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn commas(fen: i64) -> String {
    let whole = (fen.unsigned_abs() / 100).to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{grouped}.{:02}", fen.unsigned_abs() % 100)
}

fn flag(value: bool, style: FlagStyle) -> Out {
    let words = match style {
        FlagStyle::Words => ["否", "是"],
        FlagStyle::Tick => ["", "√"],
        FlagStyle::Digits => ["0", "1"],
        FlagStyle::Have => ["无", "有"],
    };
    let word = words[usize::from(value)];
    if word.is_empty() { Out::Empty } else { Out::Text(word.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(out: Out, expected: &str) {
        assert_eq!(out, Out::Text(expected.to_owned()));
    }

    #[test]
    fn amounts_keep_every_fen() {
        let mut dice = Dice::new(1, crate::dice::Purpose::Damage, 0);
        check(money(123_450_678, MoneyStyle::Commas, true, &mut dice), "1,234,506.78");
        check(money(-5_001, MoneyStyle::TenThousands, true, &mut dice), "-0.005001万元");
        check(money(3_000_000, MoneyStyle::TenThousands, true, &mut dice), "3万元");
    }

    #[test]
    fn a_serial_day_is_excels() {
        assert_eq!(date(crate::calendar::day_of(2023, 1, 5), DateStyle::Serial), Out::Number(44_931.0));
    }
}
