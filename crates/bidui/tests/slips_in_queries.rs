//! Slips in the queries of lists that would have been taken in silence, or told far from where they are: words of known columns, joins, groups, functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/said.rs"]
mod said;
mod support;

use said::check;

const REVIEW: &str = "lists/review.toml";
const VISITS: &str = "lists/home_visits.toml";

/// A column of the review list, written otherwise, is told at `at`.
fn check_column(wrong: &str, (code, at): (&str, &str), words: &str) {
    check(REVIEW, "s.risk, s.level", &format!("{wrong}, s.level"), (code, at), words);
}

fn check_condition(wrong: &str, (code, at): (&str, &str), words: &str) {
    check(REVIEW, "WHERE s.state = 'review'", &format!("WHERE s.state = 'review' AND {wrong}"), (code, at), words);
}

#[test]
fn a_list_that_is_not_there_is_told_at_its_word() {
    check(
        VISITS,
        "WHERE t.list = 'home_visits'",
        "WHERE t.list = 'home_visist'",
        ("BD0516", "'home_visist'"),
        "“home_visits”",
    );
    let needs = "v.list IN ('home_visits', 'grid_visits', 'household_check')";
    let wrong = "v.list IN ('home_visits', 'grid_visit', 'household_check')";
    check("lists/visit_findings.toml", needs, wrong, ("BD0516", "'grid_visit'"), "“grid_visits”");
    check("lists/visit_needs.toml", "v.key = 'need_1'", "v.key = 'need_l'", ("BD0516", "'need_l'"), "“need_1”");
}

#[test]
fn a_stage_or_a_reason_that_there_is_not_is_told_at_its_word() {
    check(
        "lists/unrouted.toml",
        "c.stage = '待区里查明去向'",
        "c.stage = '待区查明去向'",
        ("BD0516", "'待区查明去向'"),
        "“待区里查明去向”",
    );
    let waits = "'待部门落实', '部门退回，待镇处理', '识别中，新预警待核查'";
    check(
        "lists/followup.toml",
        waits,
        &waits.replacen("待部门", "部门待", 1),
        ("BD0516", "'部门待落实'"),
        "“待部门落实”",
    );
    let reason = "WHEN l.reason = 'id_missing' THEN '证件号码为空'";
    check(
        "lists/data_return.toml",
        reason,
        &reason.replace("missing", "mising"),
        ("BD0516", "'id_mising'"),
        "“id_missing”",
    );
}

#[test]
fn a_list_that_is_called_otherwise_than_its_users_call_it_is_told_where_it_is_called_so() {
    check(VISITS, "id = \"home_visits\"", "id = \"home_visist\"", ("BD0710", "home_visist"), "“home_visits”");
}

#[test]
fn a_word_that_a_column_never_holds_is_told_also_behind_case() {
    check_column("CASE s.level WHEN 'rde' THEN '甲' ELSE '' END AS risk", ("BD0516", "'rde'"), "“red”");
}

#[test]
fn tables_that_nothing_holds_together_are_told_at_their_condition() {
    let right = "ON h.household_id = s.household_id";
    for wrong in ["h.household_id > s.household_id", "h.household_id = h.household_id", "h.household_id <> ''", "1 = 1"]
    {
        check(REVIEW, right, &format!("ON {wrong}"), ("BD0517", wrong), "CROSS JOIN");
    }
    check(
        REVIEW,
        "FROM signals AS s",
        "FROM signals AS s, parameters AS q",
        ("BD0507", "parameters AS q"),
        "CROSS JOIN",
    );
    let villages = "LEFT JOIN villages AS v ON v.village_code = h.village_code";
    check(REVIEW, villages, "LEFT JOIN villages AS v", ("BD0507", "villages AS v"), "没有 ON 的连接");
    check(REVIEW, "LEFT JOIN heads AS p ON p.", "LEFT JOIN heads AS v ON v.", ("BD0511", "v"), "两张表都叫“v”");
}

#[test]
fn a_bare_name_of_two_tables_is_told() {
    check(REVIEW, "SELECT s.household_id", "SELECT household_id", ("BD0511", "household_id"), "s.household_id");
}

#[test]
fn what_is_counted_and_what_is_grouped_are_held_against_each_other() {
    check_column("COUNT(s.risk) AS risk", ("BD0511", "COUNT(s.risk)"), "没有 GROUP BY");
    check_condition("COUNT(s.state) > 1", ("BD0511", "COUNT(s.state)"), "HAVING");
    let having = "WHERE s.state = 'review' HAVING s.value > 1";
    check(REVIEW, "WHERE s.state = 'review'", having, ("BD0511", "HAVING"), "没有 GROUP BY");
    check(VISITS, "GROUP BY t.row_key)", "GROUP BY t.list)", ("BD0511", "t.row_key"), "GROUP BY");
    check_column("SUM(MAX(s.value)) AS risk", ("BD0511", "MAX(s.value)"), "WITH");
}

#[test]
fn a_function_with_wrong_arguments_is_told_at_its_name_or_at_the_argument() {
    check_column("SPLIT_PART(s.risk, '、') AS risk", ("BD0511", "SPLIT_PART"), "要3个参数，这里有2个");
    check_column("LENGTH(s.value) AS risk", ("BD0511", "s.value"), "LENGTH(文字)");
    check_column("LEFT(s.risk, '2') AS risk", ("BD0511", "'2'"), "LEFT(文字, 几个字)");
    check_column("MAX(s.value, 2) AS risk", ("BD0511", "MAX"), "GREATEST");
    check_column("ROUND(s.risk, 1) AS risk", ("BD0511", "s.risk"), "ROUND(数, 几位小数)");
    check_column("COALESCE(s.risk) AS risk", ("BD0511", "COALESCE"), "没有时的值");
    check_column("s.value / 0 AS risk", ("BD0511", "0"), "NULLIF");
}

#[test]
fn a_number_or_a_word_is_no_condition() {
    check_condition("s.value", ("BD0511", "s.value"), "不是条件");
    check_condition("NOT s.risk", ("BD0511", "s.risk"), "不是条件");
    check_column("CASE WHEN s.value THEN '甲' ELSE '' END AS risk", ("BD0511", "s.value"), "不是条件");
}

#[test]
fn a_part_of_a_union_with_other_columns_is_told() {
    let union =
        "SELECT t.feed AS feed FROM totals AS t UNION ALL SELECT f.feed AS feed, f.code AS code FROM flaws AS f";
    let query = format!("WITH both AS ({union}) SELECT s.household_id");
    check(REVIEW, "SELECT s.household_id", &query, ("BD0511", "f.code AS code"), "第一段1列，这一段2列");
}

#[test]
fn what_is_looked_up_is_joined_by_its_key() {
    let right = "LEFT JOIN heads AS p ON p.household_id = h.household_id";
    let wrong = "p.village_code = h.village_code";
    let join = format!("LEFT JOIN heads AS p ON {wrong}");
    check(VISITS, right, &join, ("BD0517", wrong), "household_id");
}

#[test]
fn words_and_numbers_do_not_stand_in_one_column() {
    check_column("COALESCE(s.value, 'x') AS risk", ("BD0511", "'x'"), "不能放在一列里");
    check_column("CASE WHEN s.value > 1 THEN 1 ELSE 'a' END AS risk", ("BD0511", "'a'"), "不能放在一列里");
}

#[test]
fn a_table_that_is_misnamed_where_it_is_joined_is_told_there_and_once() {
    let join = "LEFT JOIN heads AS p ON";
    check("lists/grid_visits.toml", join, "LEFT JOIN heads AS q ON", ("BD0509", "q"), "“p”（9处）");
    // The alias is asked for elsewhere: the slip is where it is used.
    check(
        "lists/grid_visits.toml",
        "h.size,\n  h.household_kind",
        "h.size,\n  g.household_kind",
        ("BD0509", "g"),
        "可用：h、m、p、v",
    );
}

#[test]
fn a_pattern_without_signs_for_others_is_told() {
    let right = "h.monitor_risks LIKE '%因病%'";
    check("lists/elimination.toml", right, "h.monitor_risks LIKE '因病'", ("BD0519", "'因病'"), "'%因病%'");
    let health = "health LIKE '%残疾%'";
    let registry = "feeds/乡村振兴_农村人口底册.toml";
    check(registry, health, "health LIKE '残疾'", ("BD0117", "'残疾'"), "'%残疾%'");
}

#[test]
fn a_table_that_is_not_the_one_that_is_asked_is_told_once() {
    let verification = "lists/verification.toml";
    check(verification, "FROM warnings AS w", "FROM persons AS w", ("BD0509", "persons"), "warnings");
    check(verification, "JOIN households AS h", "JOIN persons AS h", ("BD0509", "persons"), "households");
    check(VISITS, "FROM households", "FROM persons", ("BD0509", "persons"), "households");
    // Two columns may well be misspelt: each is told.
    let (right, wrong) = ("w.village, w.hamlet, w.household_id,", "w.vilage, w.hamlt, w.household_id,");
    let said = said::check_all(&[(verification, right, wrong)]);
    assert_eq!(said.iter().filter(|said| said.code == "BD0509").count(), 2, "{said:#?}");
}

#[test]
fn a_sheet_comes_back_by_its_own_rows_and_as_what_it_asks() {
    let (verification, sample) = ("lists/verification.toml", "sample/sample.toml");
    let key = "row_key = \"case_id\"";
    check(verification, key, "row_key = \"household_id\"", ("BD0514", "\"household_id\""), "case_id");
    check(sample, key, "row_key = \"household_id\"", ("BD0514", "\"household_id\""), "case_id");
    let kind = "returns = \"verification\"";
    check(verification, kind, "returns = \"followup\"", ("BD0514", "\"followup\""), "“verification”");
    check(verification, kind, "returns = \"sample\"", ("BD0514", "\"sample\""), "“verification”");
    check(sample, "returns = \"sample\"", kind, ("BD0709", "\"verification\""), "sample");
    let day = "key = \"started_on\", kind = \"date\", ";
    let row = "{ title = \"启动识别日期\", key = \"started_on\", width = 11.5, hint = \"复核后结果为11的填\" }";
    check(sample, day, "key = \"started_on\", ", ("BD0514", row), "kind = \"date\"");
}
