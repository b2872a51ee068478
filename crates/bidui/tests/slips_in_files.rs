//! Slips that compile and would have been taken in silence: what stands twice, what is changed into something else, days that cannot be, files and plans that
//! are not there. Each is told at its token.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/said.rs"]
mod said;
mod support;

use said::{ILLNESS, check, check_all, told};

const DIBAO: &str = "feeds/民政_低保在册.toml";
const STAYS: &str = "feeds/医保_住院结算.toml";
const GRADING: &str = "grading.toml";
const TASKS: &str = "lists/tasks.toml";

#[test]
fn a_level_that_stands_twice_or_out_of_order_is_told() {
    check(GRADING, "code = \"blue\"", "code = \"yellow\"", ("BD0308", "\"yellow\""), "写了两次");
    check(GRADING, "name = \"蓝\"", "name = \"黄\"", ("BD0308", "\"黄\""), "两个等级都叫“黄”");
    let said = check_all(&[
        (GRADING, "code = \"red\"", "code = \"orange\""),
        (GRADING, "code = \"orange\"\nname = \"橙\"", "code = \"red\"\nname = \"橙\""),
    ]);
    assert_eq!(
        said.iter().map(|said| (said.code.as_str(), said.at.as_str())).collect::<Vec<_>>(),
        [("BD0308", "\"red\"")]
    );
}

#[test]
fn an_effect_cools_in_one_way_and_every_finding_cools() {
    let right = "effects = [\"monitored\", \"cool\"";
    check(GRADING, right, "effects = [\"changed\", \"monitored\", \"cool\"", ("BD0308", "\"changed\""), "[[cooling]]");
    told(
        &[(GRADING, "\"duplicate\", \"away\"]", "\"duplicate\"]")],
        ("verification_results.toml", "BD0724", "\"away\""),
        "grading.toml",
    );
    let choice = "label = \"重复预警\"";
    assert!(check_all(&[("verification_results.toml", choice, choice)]).is_empty());
}

#[test]
fn what_makes_no_sense_twice_is_told_at_the_second() {
    check(
        DIBAO,
        "choices = [\"在保\", \"停保\"]",
        "choices = [\"在保\", \"停保\", \"在保\"]",
        ("BD0404", "\"在保\""),
        "写了两次",
    );
    check("needs.toml", "label = \"就业帮扶\"", "label = \"产业帮扶\"", ("BD0513", "\"产业帮扶\""), "N01");
    check(
        "verification_results.toml",
        "label = \"重复预警\"",
        "label = \"未核实\"",
        ("BD0513", "\"未核实\""),
        "分不出",
    );
    let options = "options = [\"已落实\", \"办理中\", \"不符合条件\"]";
    check(TASKS, options, "options = [\"已落实\", \"已落实\", \"不符合条件\"]", ("BD0513", "\"已落实\""), "写了两次");
    check(
        ILLNESS,
        "departments = [\"医疗保障局\", \"卫生健康局\"]",
        "departments = [\"医疗保障局\", \"医疗保障局\"]",
        ("BD0202", "\"医疗保障局\""),
        "写了两次",
    );
    check(STAYS, "unique = [\"bill\"]", "unique = [\"bill\", \"bill\"]", ("BD0404", "\"bill\""), "写了两次");
    check("checks/教育.toml", "id = \"Q402\"", "id = \"q401\"", ("BD0203", "\"q401\""), "只差大小写");
    check(
        "lists/weekly_meeting.toml",
        "id = \"weekly_meeting\"",
        "id = \"Tasks\"",
        ("BD0513", "\"Tasks\""),
        "只差大小写",
    );
}

#[test]
fn an_alias_changes_no_choice_and_says_one_thing() {
    let right = "aliases = [[\"正常\", \"在保\"]";
    check(
        DIBAO,
        right,
        "aliases = [[\"在保\", \"停保\"], [\"正常\", \"在保\"]",
        ("BD0404", "\"在保\""),
        "本身就在choices里",
    );
    check(DIBAO, right, "aliases = [[\"正常\", \"在保\"], [\"正常\", \"停保\"]", ("BD0404", "\"正常\""), "写了两次");
    check(DIBAO, "[\"全额救助\", \"全额\"]", "[\"全额救助\", \"全\"]", ("BD0404", "\"全\""), "“全额”");
    check(DIBAO, "[\"全额救助\", \"全额\"]", "[\"全额救助\", 3]", ("BD0402", "3"), "成对的文字");
}

#[test]
fn sheets_and_files_of_one_name_are_told() {
    let monthly = "report/monthly.toml";
    check(monthly, "name = \"按乡镇\"", "name = \"总体情况\"", ("BD0513", "\"总体情况\""), "只差大小写");
    check(monthly, "name = \"按乡镇\"", "name = \"History\"", ("BD0505", "\"History\""), "不可用");
    let file = "file = \"departments/{department}/数据退回清单.xlsx\"";
    check(
        "lists/tasks.toml",
        &format!("file = \"{}\"", tasks_file()),
        file,
        ("BD0513", &file["file = ".len()..]),
        "盖掉",
    );
}

fn tasks_file() -> String {
    let text = std::fs::read_to_string(support::repository().join("config/lists/tasks.toml")).unwrap();
    text.split("file = \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn a_placeholder_of_a_file_is_told_at_itself() {
    let right = "file = \"departments/{department}/";
    check(TASKS, right, "file = \"departments/{departmant}/", ("BD0505", "departmant"), "“department”");
}

#[test]
fn a_value_that_is_no_number_is_told() {
    let right = "value = \"self_paid_12m\"";
    check(ILLNESS, right, "value = \"household_kind\"", ("BD0207", "\"household_kind\""), "不是数");
    check(ILLNESS, right, "value = \"size\"", ("BD0225", "\"size\""), "没有比");
}

#[test]
fn plans_that_must_be_there_are_told_at_the_one_that_is_called_otherwise() {
    check(
        "report/monthly.toml",
        "id = \"monthly_report\"",
        "id = \"monthly_reprot\"",
        ("BD0707", "\"monthly_reprot\""),
        "monthly_report",
    );
    check("lists/unrouted.toml", "id = \"unrouted\"", "id = \"unruoted\"", ("BD0707", "\"unruoted\""), "unrouted");
    check(
        "lists/verification.toml",
        "id = \"verification\"",
        "id = \"verifcation\"",
        ("BD0710", "verifcation"),
        "“verification”",
    );
}

#[test]
fn keys_of_answers_are_those_that_the_program_reads() {
    check(TASKS, "key = \"outcome\"", "key = \"outcom\"", ("BD0514", "\"outcom\""), "“outcome”");
    check(TASKS, "key = \"met_on\"", "key = \"meton\"", ("BD0514", "\"meton\""), "“met_on”");
    check(TASKS, "key = \"outcome\"", "key = \"met_on\"", ("BD0514", "\"met_on\""), "重复");
    check(TASKS, "returns = \"tasks\"", "returns = \"verification\"", ("BD0514", "\"verification\""), "“result”");
    check("lists/verification.toml", "key = \"to_town\"", "key = \"totown\"", ("BD0514", "\"totown\""), "“to_town”");
}

#[test]
fn colours_are_those_of_levels() {
    check(
        "lists/review.toml",
        "colour_by = \"level\"",
        "colour_by = \"village\"",
        ("BD0505", "\"village\""),
        "不是等级",
    );
}

#[test]
fn a_file_that_is_named_and_not_there_is_told_where_it_is_named() {
    check(
        "bidui.toml",
        "holidays = \"holidays.toml\"",
        "holidays = \"holiday.toml\"",
        ("BD0006", "\"holiday.toml\""),
        "“holidays.toml”",
    );
    check(
        "linkage.toml",
        "model = \"linkage_model.toml\"",
        "model = \"linkage_modle.toml\"",
        ("BD0006", "\"linkage_modle.toml\""),
        "“linkage_model.toml”",
    );
}

#[test]
fn a_field_that_is_declared_otherwise_than_all_use_it_is_told_at_its_declaration() {
    let right = "[[field]]\nname = \"sound\"";
    check("linkage_model.toml", right, &right.replace("sound", "sounds"), ("BD0803", "\"sounds\""), "“sound”");
}

#[test]
fn what_is_written_in_single_brackets_or_in_the_wrong_kind_is_one_mistake() {
    let right = "[[rule]]\nid = \"house-c\"";
    check("rules/住房.toml", right, &right.replace("[[rule]]", "[rule]"), ("BD0001", "[rule]"), "[[rule]]");
    let right = "[[rule.example]]\nrow = { house_c = 0 }";
    check(
        "rules/住房.toml",
        right,
        &right.replace("[[rule.example]]", "[rule.example]"),
        ("BD0001", "[rule.example]"),
        "[[rule.example]]",
    );
    let right = "departments = [\"住房和城乡建设局\"]\norange = \"house_c > 0\"";
    let wrong = "departments = \"住房和城乡建设局\"\norange = \"house_c > 0\"";
    check("rules/住房.toml", right, wrong, ("BD0003", "\"住房和城乡建设局\""), "文字列表");
}

#[test]
fn what_is_almost_a_word_is_one_mistake_and_what_hangs_on_it_is_none() {
    let right = "split = \"town\"\nall = true\nfile = \"towns/{town_code}_{town}/核查清单.xlsx\"";
    let wrong = right.replace("\"town\"", "\"towns\"");
    check("lists/verification.toml", right, &wrong, ("BD0505", "\"towns\""), "“town”");
    let registry = "feeds/乡村振兴_农村人口底册.toml";
    check(registry, "type = \"village\"", "type = \"vilage\"", ("BD0402", "\"vilage\""), "“village”");
}

#[test]
fn words_and_kinds_of_answers_are_those_that_the_program_reads() {
    let check = |file: &str, right: &str, wrong: &str, words: &str| {
        let said = said::check_all(&[(file, right, wrong)]);
        let found: Vec<_> = said.iter().map(|said| (said.file.as_str(), said.code.as_str())).collect();
        assert_eq!(found, [(file, "BD0514")], "{said:#?}");
        assert!(said[0].message.contains(words) || said[0].help.contains(words), "{said:#?}");
    };
    check(TASKS, "[\"已落实\", \"办理中\"", "[\"已办结\", \"办理中\"", "“已落实”");
    check("lists/link_review.toml", "\"是此人\"", "\"是本人\"", "“是此人”");
    check("lists/anomalies.toml", "[\"已改\", \"豁免\"", "[\"已改\", \"申请豁免\"", "“豁免”");
    check(TASKS, "key = \"met_on\", kind = \"date\"", "key = \"met_on\"", "kind = \"date\"");
    let result = "{ title = \"核查结果\", key = \"result\", choices = \"verification_results\", width = 15, hint = \"从下拉列表中选择代码\" }";
    let wrong = result.replace("verification_results", "needs");
    check("lists/verification.toml", result, &wrong, "effect");
}

#[test]
fn a_fact_that_has_another_ones_name_is_one_mistake() {
    let houses = "feeds/住建_危房鉴定.toml";
    check(houses, "name = \"house_c\"", "name = \"house_d\"", ("BD0109", "house_d"), "“house_c”");
}

#[test]
fn a_copied_fact_or_pair_that_was_not_changed_is_told() {
    let facts = "feeds/农业_收入测算.toml";
    check(facts, "\"MAX(income_2022)\"", "\"MAX(income_2021)\"", ("BD0116", "\"income_2022\""), "“income_2021”");
    let water = "feeds/水利_饮水不安全户.toml";
    check(
        water,
        "compare = \"new_since_previous\"\n",
        "",
        ("BD0115", "\"本月新增饮水不安全登记\""),
        "new_since_previous",
    );
    let edge = "feeds/民政_低保边缘.toml";
    check(edge, "person = \"身份证号3\"", "person = \"身份证号2\"", ("BD0404", "\"身份证号2\""), "两次");
}

#[test]
fn months_that_facts_need_are_kept_and_wide_commas_part_no_names() {
    check("bidui.toml", "store_months = 24", "store_months = 6", ("BD0708", "6"), "13");
    let (right, file) = ("低保{名单,名册,花名册,人员,对象,台账,明细,发放,保障,户,家庭}*\"", "feeds/民政_低保在册.toml");
    let wrong = right.replacen(',', "，", 1);
    check(file, right, &wrong, ("BD0402", &format!("\"民政局/*{wrong}")), "半角");
}

#[test]
fn a_part_of_a_list_that_is_of_another_kind_is_told_at_itself() {
    check(STAYS, "rows_vs_previous = [0.2, 5.0]", "rows_vs_previous = [0.2, \"五\"]", ("BD0402", "\"五\""), "两个数");
}

#[test]
fn a_name_that_no_condition_can_have_is_told_where_it_is_given_and_nowhere_else() {
    let right = "name = \"self_paid_12m\"";
    check(STAYS, right, "name = \"self_paid_12m \"", ("BD0007", " "), "字母、数字和下划线");
    check(STAYS, right, "name = \"self-paid-12m\"", ("BD0007", "-"), "字母、数字和下划线");
    check("bidui.toml", "name = \"monitor_line\"", "name = \"monitor line\"", ("BD0007", " "), "字母、数字和下划线");
}

#[test]
fn keys_whose_heading_is_lost_are_told_once() {
    let keys = "\n[guard]\nrows_vs_previous";
    let said = check_all(&[(STAYS, keys, "\nrows_vs_previous"), (DIBAO, "\n[columns]\n", "\n")]);
    let unknown: Vec<&str> =
        said.iter().filter(|said| said.code == "BD0004").map(|said| said.message.as_str()).collect();
    assert_eq!(unknown.iter().filter(|message| message.starts_with("这一节里没有这些键：")).count(), 1, "{unknown:?}");
    // One of them is called like a key of the section before.
    let visits = "feeds/乡村振兴_网格走访.toml";
    check(visits, "\n[columns]\nperson", "\nperson", ("BD0004", "person"), "[columns]");
}

#[test]
fn what_can_never_be_used_is_told() {
    check(STAYS, "rows_vs_previous = [0.2, 5.0]", "rows_vs_previous = [20, 500]", ("BD0402", "[20, 500]"), "不小于1");
    let files = "files = [\"医疗保障局/*住院*结算*\"";
    check(
        STAYS,
        files,
        "files = [\"2023-03/医疗保障局/*住院*结算*\"",
        ("BD0402", "\"2023-03/医疗保障局/*住院*结算*\""),
        "月份",
    );
    check("needs.toml", "code = \"N05\"", "code = \"N0５\"", ("BD0505", "\"N0５\""), "半角");
}

#[test]
fn a_choice_that_is_misspelt_where_it_is_given_is_told_there_and_once() {
    let measures = "feeds/乡村振兴_帮扶措施.toml";
    let right = "choices = [\"未实施\", \"实施中\", \"已完成\"]";
    check(measures, right, &right.replace("已完成", "以完成"), ("BD0710", "以完成"), "“已完成”（10处）");
    let registry = "feeds/乡村振兴_农村人口底册.toml";
    let right = "choices = [\"未消除\", \"已消除\"]";
    check(registry, right, &right.replace("\"已消除", "\"己消除"), ("BD0710", "己消除"), "“已消除”");
    // However it is written, and also where what hangs on it is given by lists.
    let students = "feeds/教育_在校学生.toml";
    check(students, "[\"在读\",", "['在渎',", ("BD0710", "在渎"), "“在读”");
    check("feeds/住建_危房鉴定.toml", "\"C级\"", "\"C及\"", ("BD0710", "C及"), "“C级”");
    let levels = "\"二级\", \"三级\"";
    check("feeds/残联_持证残疾人.toml", levels, "\"二级,三级\"", ("BD0710", "二级,三级"), "没有用到，而用到的");
    // What is used once may itself be the slip.
    let kinds = "feeds/乡村振兴_网格走访.toml";
    check(kinds, "method = '入户'", "method = '入沪'", ("BD0112", "'入沪'"), "“入户”");
}

#[test]
fn a_parameter_that_is_misspelt_where_it_is_given_is_told_there_and_once() {
    let right = "name = \"low_income_line\"";
    check("bidui.toml", right, "name = \"low_incom_line\"", ("BD0710", "low_incom_line"), "“low_income_line”");
}

#[test]
fn a_column_that_is_not_kept_is_told_once_and_where_it_says_so() {
    let (right, visits) = ("\"入户时间\"], required = true }", "feeds/乡村振兴_网格走访.toml");
    let wrong = "\"入户时间\"], required = true, stored = false }";
    check(visits, right, wrong, ("BD0105", "stored"), "“visited_on”");
    // The file's own key of that name is another; and what is asked for once may be a slip of the pen.
    let relief = "feeds/应急_灾情核定.toml";
    check(relief, "\nkind = { ", "\nkind = { stored = false, ", ("BD0105", "stored"), "“kind”");
    let income = "feeds/农业_收入测算.toml";
    check(
        income,
        "value = \"MAX(income_2022)\"",
        "value = \"MAX(income_2022)\"\nwhere = \"hamlet <> ''\"",
        ("BD0105", "hamlet"),
        "stored = false",
    );
}

#[test]
fn folders_lie_beside_one_another() {
    let key = "key = \"../state/key/bidui.key\"";
    let within = "\"../out/2023-03/../bidui.key\"";
    check("bidui.toml", key, &format!("key = {within}"), ("BD0727", within), "密钥");
    let inbox = "inbox = \"../fixtures/inbox\"";
    check("bidui.toml", inbox, "inbox = \"../out\"", ("BD0727", "\"../out\""), "混在一起");
    // What holds several is itself the slip.
    check("bidui.toml", "out = \"../out\"", "out = \"../state\"", ("BD0727", "\"../state\""), "key、state 在 out");
    check("bidui.toml", "out = \"../out\"", "out = \"..\"", ("BD0727", "\"..\""), "key、state、inbox 在 out");
}

#[test]
fn numbers_that_are_hardly_meant_are_told() {
    let file = "bidui.toml";
    check(file, "red = { days = 3,", "red = { days = 0,", ("BD0728", "0"), "当天");
    check(file, "red = { days = 3,", "red = { days = 30,", ("BD0728", "30"), "red 的时限（30天）");
    check(file, "blue = { days = 15,", "blue = { days = 1,", ("BD0728", "1"), "blue 的时限（1天）");
    let orange = "orange = { days = 5, count = \"working\" }";
    check(file, orange, "orange = { days = 2, count = \"calendar\" }", ("BD0728", "2"), "orange 的时限（2天）");
    check(file, "value = 0.065", "value = 6.5", ("BD0729", "6.5"), "0.065");
    check("grading.toml", "orange >= 2", "orange = 2", ("BD0309", "2"), "orange >= 2");
    check("grading.toml", "orange >= 2", "orange IN (2)", ("BD0309", "2"), "orange >= 2");
    let several = "orange = \"noncompulsory_students >= 3\"\nyellow = \"noncompulsory_students >= 2\"";
    check("rules/因学.toml", several, &several.replace(">=", "="), ("BD0230", "noncompulsory_students = 3"), ">= 3");
    let days = "from = 2025-04-04\nto = 2025-04-06";
    check("holidays.toml", days, &days.replace("2025", "2015"), ("BD0732", "2015-04-04"), "2016年");
    check("villages.csv", "450221110215,450206110,", "450221110215,450206109,", ("BD0606", "450206109"), "450206110");
    let costs = "linkage_model.toml";
    check(costs, "missed_link = 10", "missed_link = 1000", ("BD0816", "missed_link"), "false_link");
    check(costs, "at_least = 0.92", "at_least = 0.092", ("BD0806", "0.092"), "0.5");
    check(file, "days = 5, count", "days = ５, count", ("BD0001", "５"), "半角");
}

#[test]
fn clocks_caps_and_villages_that_are_hardly_meant_are_told() {
    let (file, helper, plan) = ("bidui.toml", "helper = { days = 5,", "plan = { days = 10,");
    check(file, helper, "helper = { days = 0,", ("BD0733", "0"), "超期");
    check(file, helper, "helper = { days = 50,", ("BD0733", "10"), "helper 的（50天）");
    check(file, plan, "plan = { days = 3,", ("BD0733", "3"), "helper 的（5天）");
    let cap = "code = \"composite\"\ncap = \"orange\"";
    check("linkage.toml", cap, &cap.replace("orange", "red"), ("BD0817", "\"red\""), "repaired");
    let villages = "villages.csv";
    check(villages, "450203102,社区,鱼峰区", "450203102,社区,鱼锋区", ("BD0607", "鱼锋区"), "“鱼峰区”");
    check(villages, "450203102,社区,鱼峰区", "450203102,社曲,鱼峰区", ("BD0607", "社曲"), "“社区”");
    let (right, wrong) = ("王眉村村委会|王眉村民委员会|王眉村委", "王眉村村委会、王眉村民委员会|王眉村委");
    check(villages, right, wrong, ("BD0607", wrong), "用 |");
}

#[test]
fn a_heading_that_is_a_remark_is_one_mistake() {
    let said = |file: &str, heading: &str| {
        let said = said::check_all(&[(file, heading, &format!("# {heading}"))]);
        said.into_iter().map(|said| said.code).collect::<Vec<_>>()
    };
    let fact = "[[fact]]\nname = \"self_paid_12m\"";
    assert_eq!(said("feeds/医保_住院结算.toml", fact), ["BD0001"]);
    assert_eq!(said("feeds/水利_饮水不安全户.toml", "[[fact]]\nname = \"water_unsafe_now\""), ["BD0001"]);
    assert_eq!(said(said::ILLNESS, "[[rule]]\nid = \"medical-self-paid-focus\""), ["BD0004"]);
}

#[test]
fn a_fact_of_the_wrong_ones_is_told_where_it_says_so() {
    let right = "name = \"self_paid_12m\"\ntitle = \"近12个月住院个人自付合计\"\nper = \"household\"";
    let wrong = right.replace("household", "person");
    check("feeds/医保_住院结算.toml", right, &wrong, ("BD0734", "\"person\""), "per = \"household\"");
}

#[test]
fn a_file_that_is_not_read_is_told_and_what_it_gives_is_not() {
    let moved = |from: &str, to: &str| {
        let said = said::check_moved(from, to);
        let found: Vec<_> = said.iter().map(|said| (said.file.as_str(), said.code.as_str())).collect();
        assert_eq!(found, [(to, "BD0731")], "{said:#?}");
    };
    moved("feeds/农业_收入测算.toml", "feeds/农业_收入测算.toml.txt");
    moved("rules/因病.toml", "rules/因病.toml.bak");
    let said = said::check_moved("lists/verification.toml", "核查.toml");
    let found: Vec<_> = said.iter().map(|said| (said.file.as_str(), said.code.as_str())).collect();
    assert_eq!(found, [("lists", "BD0707")], "{said:#?}");
    // One that is broken is there.
    let (id, lists) = ("id = \"verification\"\n", "lists/verification.toml");
    let changes =
        [(lists, id, "id = \"verification\" # 镇\n"), (lists, "title = \"防返贫预警信息核查清单\"", "title = 5")];
    said::told(&changes, (lists, "BD0003", "5"), "文字");
}

#[test]
fn two_versions_laid_over_one_another_are_one_mistake() {
    let rule = "[[escalation]]\n";
    let wrong = format!("<<<<<<< HEAD\n{rule}=======\n[[escalation]]\n>>>>>>> other\n");
    check("grading.toml", rule, &wrong, ("BD0001", "<<<<<<<"), "冲突");
}

#[test]
fn options_are_words_of_the_extracts_and_of_their_twins() {
    let (kinds, followup) = ("\"边缘易致贫户\", \"突发严重困难户\", \"没有纳入\"], width", "lists/followup.toml");
    check(followup, kinds, &kinds.replace("致贫户", "致贫"), ("BD0730", "\"边缘易致贫\""), "“边缘易致贫户”");
    check(followup, "\"就业帮扶\", \"公", "\"就业邦扶\", \"公", ("BD0730", "\"就业邦扶\""), "“就业帮扶”");
    // What is another question is no slip.
    let asked = |one: &str, other: &str| {
        format!(
            "{{ title = \"一\", key = \"ask_1\", options = [{one}], width = 8 }},\n  {{ title = \"二\", key = \"ask_2\", options = [{other}], width = 8 }},\n  "
        )
    };
    let question = "{ title = \"备注\", key = \"note\", width = 18 }";
    let wrong = format!("{}{question}", asked("\"已入住\", \"未入住\"", "\"已入学\", \"未入学\""));
    assert!(said::check_all(&[(followup, question, &wrong)]).is_empty());
    let ways = "options = [\"入户\", \"电话\", \"视频\"]";
    check("lists/grid_visits.toml", ways, &ways.replace("视频", "视屏"), ("BD0730", "\"视屏\""), "“视频”");
}
