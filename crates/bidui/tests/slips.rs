//! Slips that compile and would have been taken in silence: words that nobody else knows, names that are taken, conditions that nobody or everybody
//! meets. Each is told at its token.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/said.rs"]
mod said;
mod support;

use said::{FIRST, ILLNESS, check, check_all, check_rule};

#[test]
fn a_department_that_nobody_knows_is_told_with_the_nearest() {
    let both = "departments = [\"医疗保障局\", \"卫生健康局\"]";
    let wrong = "departments = [\"医疗保障局\", \"卫生健康委\"]";
    check(ILLNESS, both, wrong, ("BD0715", "\"卫生健康委\""), "是不是“卫生健康局”？");
    check(
        "needs.toml",
        "department = \"水利局\"",
        "department = \"水力局\"",
        ("BD0715", "\"水力局\""),
        "是不是“水利局”？",
    );
    let justice = "departments = [\"司法局\", \"卫生健康局\"]";
    check(ILLNESS, both, justice, ("BD0715", "\"司法局\""), "可用：");
    let women = "departments = [\"医疗保障局\", \"妇女联合会\"]";
    check(ILLNESS, both, women, ("BD0715", "\"妇女联合会\""), "不报送数据的部门写进 bidui.toml 的 departments");
    let declared = ("bidui.toml", "issue_day = 6\n", "issue_day = 6\ndepartments = [\"妇女联合会\"]\n");
    assert!(check_all(&[(ILLNESS, both, women), declared]).is_empty());
}

#[test]
fn a_department_that_is_misspelt_where_it_reports_is_told_there() {
    let feed = "feeds/残联_持证残疾人.toml";
    check(
        feed,
        "department = \"残疾人联合会\"",
        "department = \"残疾人联会\"",
        ("BD0715", "\"残疾人联会\""),
        "“残疾人联合会”",
    );
}

#[test]
fn a_risk_that_no_list_lets_answer_is_told_with_the_nearest() {
    check(ILLNESS, "risk = \"因病\"", "risk = \"因自然灾\"", ("BD0716", "\"因自然灾\""), "是不是“因自然灾害”？");
    check(ILLNESS, "risk = \"因病\"", "risk = \"经济原因\"", ("BD0716", "\"经济原因\""), "可用：因病、");
}

#[test]
fn a_fact_or_tally_of_a_column_s_name_is_refused() {
    let feed = "feeds/医保_住院结算.toml";
    for name in ["size", "age", "household_id", "household_kind", "village_code", "month_end", "birth"] {
        let fact = "[[fact]]\nname = \"self_paid_12m\"";
        let more = format!("[[fact]]\nname = \"{name}\"\nper = \"household\"\nvalue = \"COUNT(*)\"\n\n{fact}");
        check(feed, fact, &more, ("BD0717", name), "已是");
    }
    for name in ["household_id", "month_end", "monitor_line"] {
        let tally =
            format!("[[tally]]\nname = \"{name}\"\ntitle = \"试\"\nof = \"household\"\n\n[[check]]\nid = \"Q101\"");
        let at = format!("\"{name}\"");
        check("checks/证件和家庭关系.toml", "[[check]]\nid = \"Q101\"", &tally, ("BD0211", &at), "另起一个名字");
    }
}

#[test]
fn a_parameter_of_a_name_that_is_taken_is_refused_where_it_is_given() {
    for (name, words) in [
        ("self_paid_12m", "《医保_住院结算》的指标"),
        ("household_kind", "底册或自带的列"),
        ("size", "底册或自带的列"),
        ("self_paid", "《医保_住院结算》的列"),
        ("month_end", "自带的日期"),
    ] {
        let parameter = "[[parameter]]\nname = \"cluster_households\"";
        let more =
            format!("[[parameter]]\nname = \"{name}\"\nvalue = 1\nfrom = \"2022-01\"\nsource = \"试\"\n\n{parameter}");
        check("bidui.toml", parameter, &more, ("BD0718", name), words);
    }
}

#[test]
fn a_comparison_with_null_is_told_at_the_null() {
    check_rule("red = \"self_paid_12m = NULL\"", ("BD0114", "NULL"), "self_paid_12m IS NULL");
    check_rule("red = \"self_paid_12m <> NULL\"", ("BD0114", "NULL"), "self_paid_12m IS NOT NULL");
    let scope = "scope = \"household_kind IN ('脱贫户', null)\"\nred = \"self_paid_12m > 5\"";
    check_rule(scope, ("BD0114", "null"), "household_kind IS NULL");
    let value = "value = \"SUM(self_paid)\"";
    let filter = format!("where = \"self_paid >= NULL\"\n{value}");
    check("feeds/医保_住院结算.toml", value, &filter, ("BD0114", "NULL"), "self_paid IS NOT NULL");
    let wrong = "when = \"monitor_kind <> '' AND monitor_risks = NULL\"";
    let right = "when = \"monitor_kind <> '' AND monitor_risks = ''\"";
    check("checks/缺项.toml", right, wrong, ("BD0114", "NULL"), "monitor_risks IS NULL");
    check(
        "grading.toml",
        "when = \"orange >= 2",
        "when = \"red = NULL OR orange >= 2",
        ("BD0114", "NULL"),
        "red IS NULL",
    );
}

#[test]
fn a_word_that_never_comes_says_what_its_comparison_comes_to() {
    let level = |condition: &str| format!("red = \"self_paid_12m > 5 AND {condition}\"");
    let never = "这个条件永远不成立";
    let always = "这个条件凡有值的都成立";
    for (condition, words) in [
        ("household_kind = '脱贫'", never),
        ("household_kind <> '脱贫'", always),
        ("household_kind NOT IN ('脱贫')", always),
        ("household_kind IN ('一般农户', '脱贫')", "写在 IN 里对不上任何一行"),
        ("household_kind NOT IN ('一般农户', '脱贫')", "写在 NOT IN 里排除不了任何一行"),
    ] {
        check_rule(&level(condition), ("BD0112", "'脱贫'"), words);
    }
    for (condition, at, words) in [
        ("town_code = '百朋镇'", "'百朋镇'", "乡镇的9位代码，见 towns.toml"),
        ("village_code IN ('450206102')", "'450206102'", "12位代码，见 villages.csv"),
    ] {
        check_rule(&level(condition), ("BD0112", at), words);
    }
    check_rule(&level("monitor_kind = '甲乙丙丁戊己庚'"), ("BD0112", "'甲乙丙丁戊己庚'"), "可用：（空）、脱贫不稳定户");
    let person = "per = \"person\"\nred = \"sex = '男性' AND self_paid_12m > 5\"";
    let rule = format!(
        "[[rule]]\nid = \"test\"\ntitle = \"试\"\nrisk = \"因病\"\nbasis = \"试\"\n{person}\ndepartments = [\"医疗保障局\"]\nreason = \"试{{self_paid_12m}}\"\n\n{FIRST}"
    );
    check(ILLNESS, FIRST, &rule, ("BD0112", "'男性'"), "可用：男、女");
}

#[test]
fn a_condition_that_nobody_meets_is_a_reminder() {
    for condition in ["size < 1", "self_paid_12m > size AND self_paid_12m < size"] {
        check_rule(&format!("red = \"{condition}\""), ("BD0221", condition), "永远不会出现");
    }
    let rule = format!(
        "[[rule]]\nid = \"test\"\ntitle = \"试\"\nrisk = \"因病\"\nbasis = \"试\"\nper = \"person\"\ndepartments = [\"医疗保障局\"]\nreason = \"试\"\nred = \"age < 0\"\n\n{FIRST}"
    );
    check(ILLNESS, FIRST, &rule, ("BD0221", "age < 0"), "永远不会出现");
}

#[test]
fn an_operator_that_is_not_supported_is_pointed_at_itself() {
    check_rule("red = \"self_paid_12m >> 5\"", ("BD0108", ">>"), "不支持运算符“>>”");
    check_rule("red = \"(5 || size) = '5'\"", ("BD0108", "||"), "不支持运算符“||”");
    check_rule("red = \"ABS(self_paid_12m) % 2 = 1\"", ("BD0108", "%"), "不支持运算符“%”");
}

#[test]
fn a_value_that_the_conditions_do_not_ask_for_is_a_reminder() {
    let level = "red = \"self_paid_12m >= 5\"\nvalue = ";
    check_rule(&format!("{level}\"self_paid_12m\"\nworse = \"less\""), ("BD0224", "\"less\""), "越大越严重写 more");
    check_rule("red = \"self_paid_12m >= 5\"\nworse = \"less\"", ("BD0224", "\"less\""), "self_paid_12m");
    check_rule(
        "red = \"self_paid_12m < 5\"\nvalue = \"self_paid_12m\"",
        ("BD0224", "\"self_paid_12m\""),
        "没有写 worse",
    );
    check_rule(
        "red = \"self_paid_12m < 5\"\nvalue = \"self_paid_12m\"\nworse = \"more\"",
        ("BD0224", "\"more\""),
        "写 worse = \"less\"",
    );
    check_rule(&format!("{level}\"disabled_members\""), ("BD0225", "\"disabled_members\""), "没有比");
}

/// What is said of these changes: code and token, in order.
fn all_of(changes: &[(&str, &str, &str)], expected: &[(&str, &str)]) {
    let said = check_all(changes);
    let found: Vec<_> = said.iter().map(|said| (said.code.as_str(), said.at.as_str())).collect();
    assert_eq!(found, expected, "{changes:?}: {said:#?}");
}

#[test]
fn a_slip_in_a_parameter_is_told_once_and_not_where_it_is_read() {
    let parameter = |right: &str, wrong: &str, expected: &[(&str, &str)]| {
        let line = "value = 7300\nunit = \"元\"\nfrom = \"2023-01\"";
        assert!(line.contains(right));
        all_of(&[("bidui.toml", line, &line.replace(right, wrong))], expected);
    };
    parameter("2023-01", "2023-13", &[("BD0705", "\"2023-13\"")]);
    parameter("value", "valeu", &[("BD0004", "valeu")]);
    parameter("7300", "\"7300\"", &[("BD0003", "\"7300\"")]);
    parameter(
        "7300\nunit = \"元\"\nfrom = \"2023-01\"",
        "\"7300\"\nfrom = \"2023-13\"",
        &[("BD0003", "\"7300\""), ("BD0705", "\"2023-13\"")],
    );
}

#[test]
fn all_that_is_wrong_in_one_table_or_sentence_is_told() {
    let red = "red = { days = 3, count = \"working\" }";
    let wrong = "red = { days = 999, count = \"workng\" }";
    all_of(&[("bidui.toml", red, wrong)], &[("BD0704", "999"), ("BD0704", "\"workng\"")]);
    let sentence = "合计{self_paid_12m}元";
    let wrong = "合计{self_pad_12m}元{incme}{}";
    all_of(&[(ILLNESS, sentence, wrong)], &[("BD0206", "self_pad_12m"), ("BD0206", "incme"), ("BD0208", "{}")]);
    all_of(
        &[("grading.toml", "months = 3\ngrowth = 0.2", "months = 30\ngrowth = -2")],
        &[("BD0303", "30"), ("BD0303", "-2")],
    );
}

#[test]
fn the_code_of_a_town_is_told_where_it_stands_or_beside_it() {
    let town = |code: &str, wrong: &str, expected: &[(&str, &str)]| {
        let (right, wrong) = (format!("code = \"{code}\""), format!("code = \"{wrong}\""));
        all_of(&[("towns.toml", &right, &wrong)], expected);
    };
    town("450206106", "450206116", &[("BD0603", "\"450206116\"")]);
    town("450206", "450216", &[("BD0602", "\"450216\"")]);
    town("450206100", "450206101", &[("BD0604", "\"450206101\""), ("BD0603", "\"450206100\"")]);
}

#[test]
fn a_character_that_nobody_sees_is_named_with_its_number() {
    let keys = "red = \"self_paid_12m >\u{200b} 5\"";
    check_rule(keys, ("BD0108", "\u{200b}"), "删去这个看不见的字符（U+200B）");
}

const BILLS: &str = "feeds/医保_住院结算.toml";
const REGISTRY: &str = "feeds/乡村振兴_农村人口底册.toml";

#[test]
fn a_column_that_would_keep_what_nobody_may_see_is_told_once() {
    let of = |key: &str, kind: &str| format!("{key} = {{ type = \"{kind}\"");
    for (file, key, kind, wrong, words) in [
        (REGISTRY, "name", "name", "text", "姓名会照原样存下来"),
        (REGISTRY, "person", "id_number", "text", "号码会照原样存下来"),
        (REGISTRY, "phone", "phone", "text", "号码会照原样存下来"),
        (REGISTRY, "village", "village", "town", "type = \"village\""),
        (REGISTRY, "person_no", "text", "id_number", "照原样认"),
        (BILLS, "name", "name", "text", "也不会核对"),
    ] {
        let at = if key == "person_no" { key.to_owned() } else { format!("\"{wrong}\"") };
        check(file, &of(key, kind), &of(key, wrong), ("BD0404", &at), words);
    }
}

#[test]
fn a_fact_whose_name_was_changed_is_told_there_and_not_at_each_use() {
    let name = "name = \"self_paid_12m\"";
    for (wrong, code, words) in [
        ("住院自付", "BD0710", "“self_paid_12m”（36处）"),
        ("income_2022", "BD0109", "“self_paid_12m”（如 rules/"),
        ("size", "BD0717", "“self_paid_12m”（如 rules/"),
        ("monitor_line", "BD0717", "已是 bidui.toml 里参数的名字"),
    ] {
        check(BILLS, name, &format!("name = \"{wrong}\""), (code, wrong), words);
    }
    let tally = ("checks/监测对象.toml", "name = \"able_or_weak\"", "name = \"size\"");
    check(tally.0, tally.1, tally.2, ("BD0211", "\"size\""), "“able_or_weak”（如 ");
}

#[test]
fn what_is_counted_over_whole_villages_or_taken_from_all_files_is_told() {
    check(BILLS, "per = \"household\"", "per = \"village\"", ("BD0118", "\"village\""), "全村的数");
    let files = "files = [\"医疗保障局/*住院*结算*\"]";
    let all = ("BD0726", "\"医疗保障局/*\"");
    check(BILLS, files, "files = [\"医疗保障局/*\"]", all, "也算在内");
    check(BILLS, files, "files = [\"医保局/*住院*结算*\"]", ("BD0736", "医保局"), "department 是“医疗保障局”");
}

#[test]
fn months_without_a_parameter_places_of_two_and_wide_braces_are_told() {
    check("bidui.toml", "to = \"2022-12\"\nsource", "to = \"2022-11\"\nsource", ("BD0735", "\"2022-11\""), "没有值");
    let park = "village = \"450206109002\"\ntown = \"450206109\"";
    let elsewhere = "village = \"450206109002\"\ntown = \"450206108\"";
    check("towns.toml", park, elsewhere, ("BD0603", "\"450206108\""), "有一个写错了");
    let braces = ("BD0208", "｛");
    let reason = "{jobs_lost}人";
    let found = check_all(&[("rules/就业收入.toml", reason, "｛jobs_lost}人")]);
    assert!(found.iter().all(|said| said.code == braces.0), "{found:?}");
    check(
        "rules/住房.toml",
        "\"house_c > 0\"",
        "\"house_c > 0 AND town = '穿山镇'\"",
        ("BD0206", "town"),
        "没有名为“town”",
    );
    check("rules/住房.toml", "\"house_c > 0\"", "\"HOUSE_C > 0\"", ("BD0206", "HOUSE_C"), "是不是“house_c”？");
    check("grading.toml", "growth = 0.2\n", "growth = 20%\n", ("BD0001", "%"), "20% 写 0.2");
}
