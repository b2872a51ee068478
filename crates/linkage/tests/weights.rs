//! What weights say.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use bidui_linkage::{Linked, Relation, Table, compile_model, prepare};
use support::{MODEL, model, outcome, people, table};

fn pair_of(linked: &Linked, left: usize, right: usize) -> Option<&bidui_linkage::ScoredPair> {
    linked.pairs.iter().find(|pair| (pair.left as usize, pair.right as usize) == (left, right))
}

fn with_rows(table_of: &Table, rows: &[[&str; 4]]) -> Table {
    let mut all: Vec<[Option<String>; 4]> = (0..table_of.rows())
        .map(|row| {
            ["family", "given", "born", "village"]
                .map(|name| table_of.column(name).unwrap().get(row).map(str::to_owned))
        })
        .collect();
    all.extend(rows.iter().map(|row| row.map(|value| Some(value.to_owned()))));
    table(&all)
}

#[test]
fn a_rare_name_that_agrees_says_more_than_a_common_one() {
    let (left, right) = people(2, 200);
    let rows = [["韦", "文武", "19330303", "甲村"], ["欧阳", "文武", "19340404", "甲村"]];
    let (left, right) = (with_rows(&left, &rows), with_rows(&right, &rows));
    let linked = outcome(&left, &right, &model()).linked;
    let at = left.rows() - 2;
    let family = |row: usize| pair_of(&linked, row, row).expect("both agree in all").parts[0].weight;
    let count = |table: &Table| table.column("family").unwrap().iter().filter(|name| *name == Some("韦")).count();
    let expected = ((count(&left) + count(&right)) as f64 / 2.0).log2();
    assert!((family(at + 1) - family(at) - expected).abs() < 1e-9, "{} {}", family(at), family(at + 1));
}

#[test]
fn two_disagreements_do_not_hide_two_agreements() {
    let (left, right) = people(2, 60);
    let left = with_rows(&left, &[["欧阳", "文武", "19330303", "甲村"]]);
    let right = with_rows(&right, &[["韦", "文武", "19330303", "乙村"]]);
    let mut model = model();
    for comparison in &mut model.comparisons {
        comparison.levels[0].frequency = false;
    }
    let prepared = prepare(&left, &right, &model);
    let mut trained = prepared.train().unwrap();
    for (at, weights) in [(0, [3.0, -8.0]), (3, [3.0, -8.0]), (2, [9.0, -2.0]), (1, [12.0, -2.0])] {
        let levels = &mut trained.comparisons[at].levels;
        let last = levels.len() - 1;
        (levels[0].weight, levels[last].weight) = (weights[0], weights[1]);
    }
    let linked = prepared.link(&trained);
    let pair = pair_of(&linked, left.rows() - 1, right.rows() - 1).expect("21 against 16");
    assert!((pair.weight - 5.0).abs() < 1e-9);
}

#[test]
fn a_level_about_another_field_counts_where_the_first_is_missing() {
    let (left, right) = people(2, 60);
    let left = with_rows(&left, &[["欧阳", "文武", "19330303", ""]]);
    let right = with_rows(&right, &[["欧阳", "文武", "19330303", "甲村"]]);
    let family = "{ test = \"exact\", left = \"family\", right = \"family\" }";
    let village = "field = \"village\"\nlevels = [{ test = \"exact\" }";
    let model = compile_model(&MODEL.replace(village, &format!("{village}, {family}")), "m.toml").unwrap();
    let linked = outcome(&left, &right, &model).linked;
    let pair = pair_of(&linked, left.rows() - 1, right.rows() - 1).expect("all that is there agrees");
    assert_eq!(pair.parts[3].level, Some(1));
}

#[test]
fn namesakes_beside_the_right_partner_are_not_taken_for_matches() {
    let (left, right) = people(4, 200);
    // Everybody has two namesakes in his village, born in other years.
    let mut others = Vec::new();
    for row in 0..200 {
        let of = |name: &str| right.column(name).unwrap().get(row).unwrap_or("").to_owned();
        for born in ["18770707", "18880808"] {
            others.push([of("family"), of("given"), born.to_owned(), of("village")]);
        }
    }
    let rows: Vec<[&str; 4]> = others.iter().map(|row| row.each_ref().map(String::as_str)).collect();
    let right = with_rows(&right, &rows);
    let mut model = model();
    model.relation = Relation::ManyToOne;
    let trained = outcome(&left, &right, &model).trained;
    // 200 of the 300 left rows are registered.
    assert!((0.6..0.75).contains(&trained.matched_share), "{}", trained.matched_share);
    let born = &trained.comparisons[2].levels;
    assert!(born[0].m > 0.8, "{}", born[0].m);
}
