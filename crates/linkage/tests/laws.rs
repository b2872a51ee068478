//! What holds for any two tables.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;

use bidui_linkage::{
    Class, Column, Decided, KEPT_FROM, LinkModel, Linked, Relation, Table, TrainedModel, compile_model, decide, prepare,
};
use proptest::prelude::*;
use support::{Dice, MODEL, Outcome, model, outcome, people, run};

type Row = (usize, usize, Class, u64, u64);

/// Decisions by row, with the bits of their numbers.
fn rows(linked: &Linked, decided: &Decided, left: &[usize], right: &[usize]) -> BTreeSet<Row> {
    let of = |decision: &bidui_linkage::Decision| {
        let pair = &linked.pairs[decision.pair];
        let at = (left[pair.left as usize], right[pair.right as usize]);
        (at.0, at.1, decision.class, pair.weight.to_bits(), decision.probability.to_bits())
    };
    decided.decisions.iter().map(of).collect()
}

/// The model with comparisons of two fields: names, whose frequency counts at the second level; and the village, or else the family.
fn names_in_one() -> String {
    let (head, rest) = MODEL.split_once("[[compare]]").unwrap();
    let (_, rest) = rest.split_once("field = \"born\"").unwrap();
    let (born, rest) = rest.split_once("[[compare]]").unwrap();
    let (_, blocks) = rest.split_once("[[block]]").unwrap();
    let equal = |field: &str| format!("{{ test = \"exact\", left = \"{field}\", right = \"{field}\" }}");
    let both = format!("{{ name = \"both\", all = [{}, {}] }}", equal("family"), equal("given"));
    let others = "{ test = \"exact\", frequency = true }, { test = \"jaro_winkler\", at_least = 0.7 }";
    let names = format!("[[compare]]\nname = \"names\"\nfield = \"given\"\nlevels = [{both}, {others}]\n");
    let place = format!("[[compare]]\nfield = \"village\"\nlevels = [{{ test = \"exact\" }}, {}]\n", equal("family"));
    format!("{head}{names}[[compare]]\nfield = \"born\"{born}{place}[[block]]{blocks}")
}

fn as_they_are(table: &Table) -> Vec<usize> {
    (0..table.rows()).collect()
}

fn with_row(table: &Table, row: [Option<&str>; 4]) -> Table {
    let mut columns: Vec<Column> = table.names().iter().map(|name| table.column(name).unwrap().clone()).collect();
    for (column, value) in columns.iter_mut().zip(row) {
        column.push(value);
    }
    Table::new(table.names().to_vec(), columns).unwrap()
}

fn links(linked: &Linked, decided: &Decided) -> Vec<(u32, u32)> {
    let link = decided.decisions.iter().filter(|decision| decision.class == Class::Link);
    link.map(|decision| (linked.pairs[decision.pair].left, linked.pairs[decision.pair].right)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn shuffled_rows_give_the_same_weights_and_links(seed in 0_u64..1000) {
        let (left, right) = people(seed, 60);
        let mut dice = Dice::new(seed + 1);
        let orders = (dice.shuffle(left.rows()), dice.shuffle(right.rows()));
        for relation in [Relation::ManyToMany, Relation::ManyToOne, Relation::OneToOne] {
            let mut model = model();
            model.relation = relation;
            let one = outcome(&left, &right, &model);
            let other = outcome(&left.reordered(&orders.0), &right.reordered(&orders.1), &model);
            prop_assert_eq!(one.trained.to_json(), other.trained.to_json());
            prop_assert_eq!(
                rows(&one.linked, &one.decided, &as_they_are(&left), &as_they_are(&right)),
                rows(&other.linked, &other.decided, &orders.0, &orders.1)
            );
        }
    }

    #[test]
    fn a_stranger_changes_nobody_elses_link(seed in 0_u64..1000, on_the_left: bool) {
        let (left, right) = people(seed, 60);
        let stranger = [Some("欧阳"), Some("莎莎"), Some("19010101"), Some("远方村")];
        for relation in [Relation::ManyToOne, Relation::OneToOne] {
            let mut model = model();
            model.relation = relation;
            let before = outcome(&left, &right, &model);
            let (more_left, more_right) = if on_the_left {
                (with_row(&left, stranger), right.clone())
            } else {
                (left.clone(), with_row(&right, stranger))
            };
            let linked = prepare(&more_left, &more_right, &model).link(&before.trained);
            let decided = decide(&linked, &model, &before.trained);
            prop_assert_eq!(links(&before.linked, &before.decided), links(&linked, &decided));
        }
    }

    #[test]
    fn what_is_linked_one_to_one_is_one_to_one(seed in 0_u64..1000) {
        let (left, right) = people(seed, 60);
        let Outcome { linked, decided, .. } = outcome(&left, &right, &model());
        let links = links(&linked, &decided);
        prop_assert!(!links.is_empty());
        let lefts: BTreeSet<u32> = links.iter().map(|pair| pair.0).collect();
        let rights: BTreeSet<u32> = links.iter().map(|pair| pair.1).collect();
        prop_assert_eq!((lefts.len(), rights.len()), (links.len(), links.len()));
        let right_ones = links.iter().filter(|(left, right)| left == right).count();
        prop_assert!(right_ones as f64 >= 0.95 * links.len() as f64, "{right_ones} of {}", links.len());
    }

    #[test]
    fn a_pair_given_up_early_was_no_candidate(seed in 0_u64..1000) {
        let (left, right) = people(seed, 60);
        let mut dice = Dice::new(seed);
        for usual in [model(), compile_model(&names_in_one(), "m.toml").unwrap()] {
            let mut patient = usual.clone();
            patient.costs.review = 1e-12;
            let mut trained = prepare(&left, &right, &usual).train().unwrap();
            let of = |model: &LinkModel, trained: &TrainedModel| {
                let mut pairs = prepare(&left, &right, model).link(trained).pairs;
                pairs.retain(|pair| pair.probability >= usual.costs.review_from() * KEPT_FROM * 1.000_001);
                pairs
            };
            prop_assert!(!of(&usual, &trained).is_empty());
            prop_assert_eq!(of(&usual, &trained), of(&patient, &trained));
            // Whatever the weights are.
            for level in trained.comparisons.iter_mut().flat_map(|comparison| &mut comparison.levels) {
                level.weight = dice.below(24) as f64 - 8.0;
            }
            prop_assert_eq!(of(&usual, &trained), of(&patient, &trained));
        }
    }

    #[test]
    fn a_tie_is_linked_to_nobody(seed in 0_u64..1000) {
        let (left, right) = people(seed, 60);
        let twin = right.rows() as u32;
        let of = |name: &str| right.column(name).unwrap().get(0);
        let row = [of("family"), of("given"), of("born"), of("village")];
        let right = with_row(&right, row);
        let mut model = model();
        model.relation = Relation::ManyToOne;
        let Outcome { linked, decided, .. } = outcome(&left, &right, &model);
        prop_assert!(links(&linked, &decided).iter().all(|pair| pair.1 != 0 && pair.1 != twin));
    }
}

#[test]
fn threads_do_not_show() {
    let (left, right) = people(7, 300);
    let model = model();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&prepare(&left, &right, &model), &model))
    };
    let (one, many) = (with(1), with(5));
    assert_eq!(one.trained, many.trained);
    assert_eq!(one.linked.pairs, many.linked.pairs);
    assert_eq!(one.decided.decisions, many.decided.decisions);
}

#[test]
fn missing_is_neither_agreement_nor_disagreement() {
    let (left, right) = people(3, 60);
    let left = with_row(&left, [None, None, Some("19010101"), None]);
    let right = with_row(&right, [Some("韦"), Some("秀英"), Some("19010101"), Some("里团村")]);
    let mut model = model();
    let at = left.rows() as u32 - 1;
    let linked = outcome(&left, &right, &model).linked;
    assert!(linked.pairs.iter().all(|pair| pair.left != at), "one value in common is too little");
    model.least_compared = 1;
    let linked = outcome(&left, &right, &model).linked;
    let pair = linked.pairs.iter().find(|pair| pair.left == at).expect("one value is enough now");
    let said: Vec<bool> = pair.parts.iter().map(|part| part.level.is_some()).collect();
    assert_eq!(said, [false, false, true, false]);
    assert!(pair.parts.iter().all(|part| part.level.is_some() || part.weight == 0.0));
}

#[test]
fn a_part_of_the_rows_teaches_nearly_the_same() {
    let (left, right) = people(11, 600);
    let all = outcome(&left, &right, &model());
    let mut model = model();
    model.training_pairs = all.trained.candidate_pairs / 2;
    let part = outcome(&left, &right, &model);
    let share = part.trained.candidate_pairs as f64 / all.trained.candidate_pairs as f64;
    assert!((0.35..0.65).contains(&share), "{share}");
    assert!((part.trained.matched_share - all.trained.matched_share).abs() < 0.06);
    let (some, every) = (links(&part.linked, &part.decided), links(&all.linked, &all.decided));
    let common = some.iter().filter(|pair| every.contains(pair)).count();
    assert!(common as f64 > 0.97 * every.len() as f64, "{common} of {}", every.len());
}

#[test]
fn a_field_that_no_row_has_takes_nothing_from_the_others() {
    let bare = |table: &Table| {
        let column = |name: &String| {
            let column = table.column(name).unwrap();
            column.iter().map(|value| value.map(str::to_owned).filter(|_| name != "village")).collect()
        };
        Table::new(table.names().to_vec(), table.names().iter().map(column).collect()).unwrap()
    };
    let (left, right) = people(5, 80);
    let outcome = outcome(&bare(&left), &bare(&right), &model());
    let right_ones = links(&outcome.linked, &outcome.decided).into_iter().filter(|(left, right)| left == right).count();
    assert!(right_ones > 60, "{right_ones} of 80");
}
