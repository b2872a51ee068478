#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::list_query::admit;
use polars::prelude::Column;

fn check(sql: &str, expected: &[(&str, &str)]) {
    let uses = admit(sql).expect("an admitted query").uses;
    let shown: Vec<(String, String)> = uses
        .into_iter()
        .map(|found| {
            let spared = match found.spared_by {
                Spared::Nothing => "whole".to_owned(),
                Spared::Join { key, table, column } => format!("{key} of {table}.{column}"),
                Spared::Filter(condition) => condition,
            };
            (found.table, spared)
        })
        .collect();
    let expected: Vec<(String, String)> =
        expected.iter().map(|(table, spared)| ((*table).to_owned(), (*spared).to_owned())).collect();
    assert_eq!(shown, expected, "{sql}");
}

#[test]
fn a_joined_table_needs_the_keys_of_the_other_side() {
    let joined = "SELECT h.size FROM warnings AS w LEFT JOIN households AS h ON";
    for (on, spared) in [
        ("h.household_id = w.household_id", "household_id of warnings.household_id"),
        ("w.household_id = h.household_id AND h.size > 1", "household_id of warnings.household_id"),
        ("h.household_id = w.household_id OR h.size > 1", "whole"),
        ("h.household_id <> w.household_id", "whole"),
        ("h.household_id = 'x'", "whole"),
        ("h.household_id = h.head_no", "whole"),
        ("household_id = w.household_id", "whole"),
    ] {
        check(&format!("{joined} {on} ORDER BY h.size"), &[("warnings", "whole"), ("households", spared)]);
    }
    check(
        "SELECT h.size FROM warnings AS w CROSS JOIN households AS h ORDER BY h.size",
        &[("warnings", "whole"), ("households", "whole")],
    );
    // A table that the query makes itself is not one that is held.
    check(
        "WITH w AS (SELECT household_id FROM warnings) SELECT h.size FROM w JOIN households AS h ON h.household_id = w.household_id ORDER BY h.size",
        &[("warnings", "whole"), ("households", "whole")],
    );
}

#[test]
fn the_first_table_needs_what_passes_its_own_conditions() {
    for (condition, spared) in [
        ("l.link_class = 'none'", "(link_class = 'none')"),
        ("l.link_class = 'none' AND (l.reason <> 'x' AND d.kind = 'a')", "(link_class = 'none') AND (reason <> 'x')"),
        ("l.link_class = 'none' OR d.kind = 'a'", "whole"),
        ("l.feed = d.feed", "whole"),
        ("link_class = 'none'", "whole"),
        ("1 = 1", "whole"),
    ] {
        check(
            &format!(
                "SELECT l.row FROM links AS l JOIN feeds AS d ON d.feed = l.feed WHERE {condition} ORDER BY l.row"
            ),
            &[("links", spared), ("feeds", "feed of links.feed")],
        );
    }
    // After an outer join a condition may be about the rows that found nobody.
    check(
        "SELECT l.row FROM feeds AS d LEFT JOIN links AS l ON l.feed = d.feed WHERE l.row IS NULL ORDER BY l.row",
        &[("feeds", "whole"), ("links", "feed of feeds.feed")],
    );
}

fn lists(queries: &[&str]) -> Vec<ListPlan> {
    let list = |(at, query): (usize, &&str)| {
        let text = format!(
            "[[list]]\nid = 'x{at}'\ntitle = 'x'\nfile = 'x{at}.xlsx'\nsheet = 'x'\nquery = \"{query}\"\ncolumns = [{{ title = 'x', value = 'row' }}]\n"
        );
        crate::compile_list(&text, "x.toml").expect("a list")
    };
    queries.iter().enumerate().map(list).collect()
}

const LINKS: [&str; 4] = ["feed", "row", "link_class", "reason"];

fn need(queries: &[&str]) -> Option<TableNeed> {
    table_need(&lists(queries), "links", LINKS.into_iter()).expect("queries that compile")
}

#[test]
fn several_uses_need_the_rows_of_each() {
    let none = "SELECT l.row FROM links AS l WHERE l.link_class = 'none' ORDER BY l.row";
    let missing = "SELECT l.row FROM links AS l WHERE l.reason = 'id_missing' ORDER BY l.row";
    assert_eq!(need(&["SELECT f.row FROM flaws AS f ORDER BY f.row"]), None);
    assert_eq!(need(&[none, "SELECT row FROM links ORDER BY row"]).unwrap().rows, NeededRows::All);
    let both = need(&[none, missing]).unwrap();
    assert_eq!(both.columns, ["row", "link_class", "reason"]);
    let words = |name: &str, words: [&str; 3]| Column::new(name.into(), words);
    let frame = DataFrame::new(
        3,
        vec![
            words("feed", ["a", "a", "a"]),
            Column::new("row".into(), [2_i64, 3, 4]),
            words("link_class", ["none", "certain", "certain"]),
            words("reason", ["", "id_missing", ""]),
        ],
    )
    .unwrap();
    let kept = both.keep(frame).unwrap();
    assert_eq!((kept.width(), kept.column("row").unwrap().i64().unwrap().to_vec()), (3, vec![Some(2), Some(3)]));
}

#[test]
fn a_table_joined_in_one_list_and_begun_with_in_another_needs_the_rows_of_both() {
    let list = |queries: &[&str]| {
        table_need(&lists(queries), "households", ["household_id", "size"].into_iter()).unwrap().unwrap().rows
    };
    let joined =
        "SELECT h.size FROM warnings AS w LEFT JOIN households AS h ON h.household_id = w.household_id ORDER BY h.size";
    let passing = "SELECT h.size FROM households AS h WHERE h.size > 3 ORDER BY h.size";
    let to = BTreeSet::from([("warnings".to_owned(), "household_id".to_owned())]);
    let NeededRows::JoinedOrPassing { key, to: found, .. } = list(&[joined, passing]) else { panic!("not both") };
    assert_eq!((key.as_str(), found), ("household_id", to));
    let by_head = "SELECT h.size FROM people AS p JOIN households AS h ON h.head_no = p.person_no ORDER BY h.size";
    assert_eq!(list(&[joined, passing, by_head]), NeededRows::All);
}
