use super::*;

fn check(sql: &str, expected: &[&str]) {
    let codes: Vec<_> = match admit(sql) {
        Ok(_) => Vec::new(),
        Err(refusals) => refusals.iter().map(|refusal| refusal.code).collect(),
    };
    assert_eq!(codes, expected, "{sql}");
}

#[test]
fn one_ordered_select_over_the_relations_passes() {
    check("SELECT household_id FROM warnings ORDER BY household_id", &[]);
    check(
        "SELECT w.town AS t, COUNT(*) AS n FROM warnings AS w LEFT JOIN households AS h ON h.household_id = w.household_id WHERE w.level IN ('red') GROUP BY w.town HAVING COUNT(*) > 1 ORDER BY t",
        &[],
    );
    check(
        "WITH a AS (SELECT feed FROM rejects), b AS (SELECT feed FROM flaws) SELECT feed FROM a UNION ALL SELECT feed FROM b ORDER BY feed",
        &[],
    );
    check("SELECT name FROM people ORDER BY name;", &[]);
}

#[test]
fn files_are_not_tables() {
    check("SELECT a FROM read_csv('/etc/passwd') ORDER BY a", &["BD0507", "BD0508"]);
    check("SELECT a FROM 'x.csv' ORDER BY a", &["BD0508"]);
    check("SELECT a FROM \"/etc/passwd\" ORDER BY a", &["BD0508"]);
    check(
        "SELECT feed FROM feeds WHERE feed IN (SELECT column_1 FROM read_csv('/etc/passwd')) ORDER BY feed",
        &["BD0507", "BD0508"],
    );
    check("WITH a AS (SELECT b FROM read_parquet('x')) SELECT b FROM a ORDER BY b", &["BD0507", "BD0508"]);
    check(
        "SELECT feed FROM feeds JOIN (SELECT a FROM scan_csv('x')) AS x ON TRUE ORDER BY feed",
        &["BD0507", "BD0508"],
    );
    check("SELECT a FROM TABLE(read_csv('x')) ORDER BY a", &["BD0507", "BD0507"]);
}

#[test]
fn one_statement_and_it_reads() {
    check("SELECT feed FROM feeds ORDER BY feed; DROP TABLE feeds", &["BD0507"]);
    check("DROP TABLE feeds", &["BD0507"]);
    check("INSERT INTO feeds VALUES (1)", &["BD0507"]);
    check("", &["BD0507"]);
    check("SELECT feed FROM feeds ORDER BY feed nonsense here", &["BD0506"]);
    check("SELEC feed FROM feeds", &["BD0506"]);
}

#[test]
fn the_order_is_said_and_no_row_is_cut_off() {
    check("SELECT feed FROM feeds", &["BD0510"]);
    check("SELECT feed FROM feeds ORDER BY feed LIMIT 5", &["BD0507"]);
    check("SELECT feed FROM feeds ORDER BY ALL", &["BD0510"]);
}

#[test]
fn stars_windows_subqueries_and_strangers_are_refused() {
    check("SELECT * FROM feeds ORDER BY feed", &["BD0507"]);
    check("SELECT RANK() OVER (ORDER BY feed) AS r FROM feeds ORDER BY r", &["BD0507", "BD0507"]);
    check("SELECT feed FROM feeds WHERE EXISTS (SELECT town FROM warnings) ORDER BY feed", &["BD0507"]);
    check("SELECT feed FROM feeds UNION SELECT feed FROM flaws ORDER BY feed", &["BD0507"]);
    check("SELECT strftime(due, '%Y') AS y FROM feeds ORDER BY y", &["BD0507"]);
    check("SELECT feed FROM fedes ORDER BY feed", &["BD0508"]);
}

#[test]
fn ties_are_broken_by_every_column() {
    let admitted = admit("SELECT town, village FROM warnings ORDER BY level_rank DESC").map(|query| query.body);
    let expected = "SELECT town, village FROM warnings ORDER BY level_rank DESC, 1, 2";
    assert_eq!(admitted.as_deref(), Ok(expected));
}
