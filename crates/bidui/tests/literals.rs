//! Words, codes, patterns and numbers in conditions that can never be met, and signs as a Chinese keyboard gives them: each told at its token, with
//! what to write instead. Without it the families that are meant are missed in silence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/said.rs"]
mod said;
mod support;

use said::{check, check_rule};

/// A rule whose one level asks for this beside an amount.
fn level(condition: &str, (code, at): (&str, &str), words: &str) {
    check_rule(&format!("red = \"self_paid_12m > 5 AND {condition}\""), (code, at), words);
}

const NEVER: &str = "这个条件永远不成立";

#[test]
fn a_code_of_no_town_or_village_is_told_with_the_nearest() {
    level("town_code = '450206122'", ("BD0112", "'450206122'"), "是不是“450206102”（百朋镇）？");
    level("town_code IN ('450206100', '450206122')", ("BD0112", "'450206122'"), "写在 IN 里对不上任何一行");
    level("town_code <> '450221102'", ("BD0112", "'450221102'"), "是旧代码，现在写“450206102”（百朋镇）");
    level("town_code = '百朋镇'", ("BD0112", "'百朋镇'"), "写作 '450206102'（百朋镇）");
    level("village_code = '百朋村'", ("BD0112", "'百朋村'"), "写作 '450206102201'（百朋村）");
    level("village_code = '450206102021'", ("BD0112", "'450206102021'"), "是不是“450206102");
    check(
        "checks/缺项.toml",
        "when = \"village_code = ''\"",
        "when = \"village_code = '' OR village_code = '450206199201'\"",
        ("BD0112", "'450206199201'"),
        NEVER,
    );
}

#[test]
fn codes_of_the_county_and_of_what_has_left_it_are_none_of_these() {
    let condition = "town_code IN ('450206102', '450203102') AND village_code <> '450203102201' AND town_code LIKE '450206%' AND resettlement_site IN ('兴柳新居', '荷苑安置点', '无', '')";
    let rule = format!("red = \"self_paid_12m > 5 AND {condition}\"");
    let keys = format!(
        "[[rule]]\nid = \"test\"\ntitle = \"试\"\nrisk = \"因病\"\nbasis = \"试\"\nper = \"household\"\ndepartments = [\"医疗保障局\"]\nreason = \"试{{self_paid_12m}}\"\n{rule}\n\n{}",
        said::FIRST
    );
    let found = said::check_all(&[(said::ILLNESS, said::FIRST, &keys)]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_resettlement_site_that_the_county_does_not_have_is_a_reminder() {
    level("resettlement_site = '兴柳新区'", ("BD0719", "'兴柳新区'"), "是不是“兴柳新居”？");
    level("resettlement_site LIKE '%柳新居苑%'", ("BD0719", "'%柳新居苑%'"), "towns.toml");
}

#[test]
fn a_pattern_that_no_word_of_the_column_meets_is_told() {
    level("household_kind LIKE '%贫脱%'", ("BD0112", "'%贫脱%'"), NEVER);
    level("household_kind NOT LIKE '%贫脱%'", ("BD0112", "'%贫脱%'"), "这个条件凡有值的都成立");
    level("STARTS_WITH(household_kind, '贫')", ("BD0112", "'贫'"), "可用：脱贫户、一般农户");
    level("ENDS_WITH(monitor_kind, '难')", ("BD0112", "'难'"), NEVER);
    level("town_code LIKE '450207%'", ("BD0112", "'450207%'"), "towns.toml");
    level("village_code LIKE '%百朋%'", ("BD0112", "'%百朋%'"), "villages.csv");
    check(
        "feeds/乡村振兴_农村人口底册.toml",
        "where = \"labour IN ('普通劳动力','技能劳动力')\"",
        "where = \"labour LIKE '%劳力%'\"",
        ("BD0112", "'%劳力%'"),
        NEVER,
    );
}

#[test]
fn what_no_number_meets_is_a_reminder() {
    for condition in [
        "ABS(self_paid_12m) < 0",
        "ABS(self_paid_12m) BETWEEN -5 AND -1",
        "GREATEST(self_paid_12m, 100) < 50",
        "LEAST(self_paid_12m, 100) > 500",
        "self_paid_12m > GREATEST(5, 8) AND self_paid_12m < LEAST(9, 7)",
        "disabled_members + ill_registered < 0",
    ] {
        check_rule(&format!("red = \"{condition}\""), ("BD0221", condition), "永远不会出现");
    }
}

#[test]
fn a_level_that_every_household_meets_is_a_reminder() {
    for condition in ["ABS(self_paid_12m) >= 0", "disabled_members >= 0", "size > 0 OR self_paid_12m > 5"] {
        check_rule(&format!("red = \"{condition}\""), ("BD0226", condition), "凡有值的都成立");
    }
}

#[test]
fn a_tally_that_counts_nothing_is_a_reminder() {
    let first = "[[check]]\nid = \"Q101\"";
    let never = "own_household_kind = '脱贫户' AND age < 0";
    let more =
        format!("[[tally]]\nname = \"babies\"\ntitle = \"试\"\nof = \"household\"\nwhere = \"{never}\"\n\n{first}");
    let found = said::check_all(&[("checks/证件和家庭关系.toml", first, &more)]);
    let found: Vec<_> = found.iter().map(|said| (said.code.as_str(), said.at.as_str())).collect();
    assert_eq!(found, [("BD0711", "babies"), ("BD0227", never)]);
}

#[test]
fn numbers_and_signs_as_clerks_write_them_say_what_to_write() {
    for (condition, at, words) in [
        ("self_paid_12m >= 2万", "2万", "写作 20000"),
        ("self_paid_12m >= 1.5万", "1.5万", "写作 15000"),
        ("self_paid_12m >= 2万元", "2万元", "写作 20000"),
        ("self_paid_12m >= 8000元", "8000元", "写作 8000"),
        ("self_paid_12m >= 3千", "3千", "写作 3000"),
        ("self_paid_12m ≥ 8000", "≥", "写作 >="),
        ("self_paid_12m ≤ 8000", "≤", "写作 <="),
        ("size ≠ 8", "≠", "写作 <>"),
        ("size × 2 > 8", "×", "写作 *"),
        ("size ÷ 2 > 8", "÷", "写作 /"),
        ("self_paid_12m > 20,000", "20,000", "写作 20000"),
        ("self_paid_12m BETWEEN 1,000 AND 20,000", "1,000", "写作 1000"),
        ("self_paid_12m > ８０００", "８０００", "写作 8000"),
        ("self_paid_12m ＞ 8000", "＞", "写作 >"),
        ("self_paid_12m ＞＝ 8000", "＞＝", "写作 >="),
        ("size ＝ 8", "＝", "写作 ="),
        ("（size = 8 OR size = 9)", "（", "写作 ("),
        ("household_kind IN ('脱贫户'，'一般农户')", "，", "写作 ,"),
    ] {
        level(condition, ("BD0108", at), words);
    }
    check(
        "feeds/医保_住院结算.toml",
        "value = \"SUM(self_paid)\"",
        "where = \"self_paid ≥ 2万\"\nvalue = \"SUM(self_paid)\"",
        ("BD0108", "≥"),
        "写作 >=",
    );
}

#[test]
fn in_queries_of_lists_too() {
    let right = "WHERE w.route NOT IN ('registry', 'resettlement')";
    for (more, (code, at), words) in [
        (" AND w.months_open ≥ 2", ("BD0506", "≥"), "写作 >="),
        (" AND w.months_open > 2万", ("BD0506", "2万"), "写作 20000"),
        (" AND w.list_no > 20,000", ("BD0506", "20,000"), "写作 20000"),
        (" AND w.case_id = NULL", ("BD0515", "NULL"), "w.case_id IS NULL"),
        (" AND w.case_id <> NULL", ("BD0515", "NULL"), "w.case_id IS NOT NULL"),
        (" AND w.case_id IN ('a', NULL)", ("BD0515", "NULL"), "去掉 NULL"),
        (" AND w.town_code = '450206122'", ("BD0516", "'450206122'"), "是不是“450206102”（百朋镇）？"),
        (" AND w.town_code = '百朋镇'", ("BD0516", "'百朋镇'"), "450206102"),
        (" AND w.town = '百棚镇'", ("BD0516", "'百棚镇'"), "是不是“百朋镇”？"),
        (" AND w.level = '红色'", ("BD0516", "'红色'"), "red"),
        (" AND w.level_name IN ('红', '橙色')", ("BD0516", "'橙色'"), "写在 IN 里对不上任何一行"),
        (" AND w.level LIKE 'r_ed'", ("BD0516", "'r_ed'"), "永远不成立"),
    ] {
        check("lists/unrouted.toml", right, &format!("{right}{more}"), (code, at), words);
    }
    let right = "WHERE s.state = 'live' AND s.risk IN ('因病', '因残')";
    let wrong = "WHERE s.state = 'live' AND s.risk IN ('因病', '因残疾')";
    check("lists/verification.toml", right, wrong, ("BD0516", "'因残疾'"), "是不是“因残”？");
}

#[test]
fn a_parameter_that_is_no_number_is_told_where_it_is_given() {
    for value in ["inf", "nan", "-inf"] {
        let more = format!(
            "[[parameter]]\nname = \"nobody\"\nvalue = {value}\nfrom = \"2022-01\"\nsource = \"试\"\n\n[[parameter]]\nname = \"cluster_households\""
        );
        let at = ("BD0003", value);
        check("bidui.toml", "[[parameter]]\nname = \"cluster_households\"", &more, at, "写一个数");
    }
}

#[test]
fn a_department_misspelt_in_one_of_several_feeds_is_a_reminder() {
    let file = "feeds/民政_低保在册.toml";
    let right = "department = \"民政局\"";
    check(file, right, "department = \"民证局\"", ("BD0723", "\"民证局\""), "是不是“民政局”？");
}

#[test]
fn a_department_that_is_declared_or_like_no_other_is_meant() {
    let file = "feeds/民政_低保在册.toml";
    let right = "department = \"民政局\"";
    let declared = ("bidui.toml", "issue_day = 6\n", "issue_day = 6\ndepartments = [\"民宗局\"]\n");
    assert!(said::check_all(&[(file, right, "department = \"民宗局\""), declared]).is_empty());
    assert!(said::check_all(&[(file, right, "department = \"红十字会\"")]).is_empty());
}

#[test]
fn an_id_that_cannot_be_typed_or_told_apart_is_refused() {
    let long = "a".repeat(65);
    for (id, words) in [
        ("medical paid", "如 medical-paid"),
        ("自付，大额", "里不能有“，”"),
        ("medical=paid", "里不能有“=”"),
        ("medical/paid", "里不能有“/”"),
        ("ｍedical", "里不能有“ｍ”"),
        ("-paid", "不能以“-”开头"),
        ("Medical-Self-Paid", "只差大小写"),
        (&long, "最多64个字"),
    ] {
        let rule = "[[rule]]\nid = \"medical-against-income\"";
        let wrong = format!("[[rule]]\nid = \"{id}\"");
        let at = format!("\"{id}\"");
        check(said::ILLNESS, rule, &wrong, ("BD0213", &at), words);
    }
}
