//! What a model may say, and what a trained one says of itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use bidui_linkage::{LevelEvidence, TrainedModel, TrainingError, compile_model, prepare};
use support::{MODEL, model, outcome, people};

/// Every error of the text with the bytes it points at.
fn check(from: &str, to: &str, expected: &[(&str, &str)]) {
    let text = MODEL.replacen(from, to, 1);
    assert_ne!(text, MODEL, "{from} is in the model");
    let errors = compile_model(&text, "m.toml").unwrap_err();
    let found: Vec<(&str, &str)> =
        errors.iter().map(|error| (error.code, error.span.clone().map_or("", |span| &text[span]))).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_wrong_word_is_pointed_at() {
    check("\"one_to_one\"", "\"one_to_on\"", &[("BD0801", "\"one_to_on\"")]);
    check("[\"digits\"]", "[\"digit\"]", &[("BD0801", "\"digit\"")]);
    check("random_pairs = 2000", "random_pairs = 2", &[("BD0801", "2")]);
    check(
        "name = \"born\"",
        "name = \"family\"",
        &[("BD0802", "\"family\""), ("BD0803", "\"born\""), ("BD0803", "\"born\""), ("BD0803", "\"born[0..4]\"")],
    );
    check("field = \"given\"", "field = \"give\"", &[("BD0803", "\"give\"")]);
    check("born[0..4]", "born[4..0]", &[("BD0805", "\"born[4..0]\"")]);
    check("\"jaro_winkler\"", "\"jaro\"", &[("BD0806", "\"jaro\"")]);
    check("at_least = 0.7", "at_least = 7", &[("BD0806", "7")]);
    check("at_most = 1", "at_mst = 1", &[("BD0806", "\"edits\""), ("BD0004", "at_mst")]);
}

#[test]
fn pins_are_rates() {
    check("{ test = \"date_swapped\" }", "{ test = \"date_swapped\", m = 1.5 }", &[("BD0806", "1.5")]);
    let text = MODEL.replace("{ test = \"date_swapped\" }", "{ test = \"date_swapped\", m = 0.02, u = 0.0001 }");
    let model = compile_model(&text, "m.toml").unwrap();
    let (left, right) = people(1, 100);
    let trained = prepare(&left, &right, &model).train().unwrap();
    let level = &trained.comparisons[2].levels[1];
    assert_eq!((level.m, level.u, level.evidence), (0.02, 0.0001, LevelEvidence::Pinned));
    for comparison in &trained.comparisons {
        let sums = comparison.levels.iter().fold((0.0, 0.0), |sum, level| (sum.0 + level.m, sum.1 + level.u));
        assert!((sums.0 - 1.0).abs() < 1e-9 && (sums.1 - 1.0).abs() < 1e-9, "{}", comparison.name);
    }
}

#[test]
fn a_level_that_was_never_seen_is_said_so() {
    let (left, right) = people(1, 100);
    let trained = outcome(&left, &right, &model()).trained;
    let unseen = trained.unobserved().find(|(_, level)| level.name == "date_swapped").expect("nobody swapped a date");
    assert_eq!((unseen.0, unseen.1.evidence, unseen.1.weight), ("born", LevelEvidence::Never, 0.0));
}

#[test]
fn a_trained_model_comes_back_from_its_file_and_fits_no_other() {
    let (left, right) = people(1, 100);
    let trained = outcome(&left, &right, &model()).trained;
    let json = trained.to_json();
    assert_eq!(TrainedModel::from_json(&json, &model()).unwrap(), trained);
    let other = compile_model(&MODEL.replace("0.7", "0.75"), "m.toml").unwrap();
    assert_eq!(TrainedModel::from_json(&json, &other), Err(TrainingError::OtherModel));
    let later = json.replacen("\"version\": 1", "\"version\": 99", 1);
    assert_eq!(TrainedModel::from_json(&later, &model()), Err(TrainingError::OtherVersion));
    assert_eq!(TrainedModel::from_json("{}", &model()), Err(TrainingError::NotATrainedModel));
    let costs = format!("{MODEL}[costs]\nfalse_link = 500\n");
    let dearer = compile_model(&costs, "m.toml").unwrap();
    assert!(TrainedModel::from_json(&json, &dearer).is_ok(), "costs may change without training");
}

#[test]
fn the_file_of_a_trained_model_names_nobody() {
    let (left, right) = people(1, 100);
    let json = outcome(&left, &right, &model()).trained.to_json();
    for name in ["family", "given", "born", "village"] {
        for value in left.column(name).unwrap().iter().flatten() {
            assert!(!json.contains(value));
        }
    }
}

#[test]
fn tables_with_nothing_in_common_cannot_train() {
    let (left, _) = people(1, 20);
    let other =
        bidui_linkage::Table::new(vec!["family".to_owned()], vec![[None::<&str>].into_iter().collect()]).unwrap();
    assert_eq!(prepare(&left, &other, &model()).train(), Err(TrainingError::NoCandidates));
    let empty = bidui_linkage::Table::default();
    assert_eq!(prepare(&empty, &empty, &model()).train(), Err(TrainingError::NoCandidates));
}
