//! Blocks say what they cost, and what they leave out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use bidui_linkage::{BlockCost, Table, compile_model, prepare};
use support::{MODEL, people};

fn costs(blocks: &str, most_pairs: u64) -> Vec<BlockCost> {
    let (left, right) = people(5, 80);
    let without = MODEL.split("[[block]]").next().unwrap();
    let model = compile_model(&format!("most_pairs = {most_pairs}\n{without}{blocks}"), "m.toml").unwrap();
    prepare(&left, &right, &model).costs().to_vec()
}

const VILLAGES: &str = "[[block]]\non = [\"village\"]\n";

#[test]
fn a_block_over_the_cap_is_named() {
    let free = &costs(VILLAGES, 1_000_000)[0];
    assert_eq!((free.name.as_str(), free.keys, free.skipped_keys), ("village", 8, 0));
    let capped = &costs(VILLAGES, 1)[0];
    assert_eq!((capped.keys, capped.pairs), (0, 0));
    assert_eq!((capped.skipped_keys, capped.skipped_pairs), (8, free.pairs));
}

#[test]
fn a_block_over_the_cap_is_split_where_it_can_be() {
    let free = &costs(VILLAGES, 1_000_000)[0];
    let split = &costs(&format!("{VILLAGES}split = [\"born[0..3]\"]\n"), 60)[0];
    assert_eq!((split.split_keys, split.skipped_keys), (8, 0));
    assert!(split.keys > 8 && split.pairs < free.pairs);
}

#[test]
fn a_pair_that_two_blocks_share_is_scored_once() {
    let (left, right) = people(5, 80);
    let twice = format!("{}{VILLAGES}{VILLAGES}", MODEL.split("[[block]]").next().unwrap());
    let once = format!("{}{VILLAGES}", MODEL.split("[[block]]").next().unwrap());
    let candidates = |text: &str| {
        let model = compile_model(text, "m.toml").unwrap();
        let prepared = prepare(&left, &right, &model);
        prepared.link(&prepared.train().unwrap()).candidates
    };
    assert_eq!(candidates(&twice), candidates(&once));
}

#[test]
fn every_pair_that_any_block_holds_is_scored_and_no_other() {
    // So many pairs that some keys of one block agree in many of their bits.
    let (left, right) = people(5, 1_500);
    let keys = ["born\", \"given", "born\", \"village", "born", "given", "born[4..8]", "village"];
    let blocks: String = keys.iter().map(|on| format!("[[block]]\non = [\"{on}\"]\n")).collect();
    let model = compile_model(&format!("{}{blocks}", MODEL.split("[[block]]").next().unwrap()), "m.toml").unwrap();
    let rows = |table: &Table| -> Vec<[Option<String>; 3]> {
        let value = |row: usize, name: &str| table.column(name).unwrap().get(row).map(str::to_owned);
        (0..table.rows()).map(|row| ["born", "given", "village"].map(|name| value(row, name))).collect()
    };
    let (lefts, rights) = (rows(&left), rows(&right));
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    let day = |value: &Option<String>| value.as_ref().map(|born| born[4..].to_owned());
    let shares = |a: &[Option<String>; 3], b: &[Option<String>; 3]| {
        (0..3).any(|at| same(&a[at], &b[at])) || same(&day(&a[0]), &day(&b[0]))
    };
    let expected = lefts.iter().map(|a| rights.iter().filter(|b| shares(a, b)).count() as u64).sum::<u64>();
    let prepared = prepare(&left, &right, &model);
    assert_eq!(prepared.link(&prepared.train().unwrap()).candidates, expected);
}
