//! The headings and words of the invented county are those that the contracts know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::path::Path;

/// Every string literal of a Rust source file, in order.
fn literals(source: &str) -> Vec<&str> {
    source.split('"').skip(1).step_by(2).collect()
}

fn before<'a>(text: &'a str, end: &str) -> &'a str {
    text.split(end).next().unwrap()
}

/// Lists of headings that several feeds share, by name.
fn shared_headings(source: &str) -> HashMap<&str, Vec<&str>> {
    let lists = source.lines().filter_map(|line| line.strip_prefix("pub(crate) const "));
    let lists = lists.filter(|line| line.contains(": &[&str] = "));
    lists.map(|line| (before(line, ":"), literals(line))).collect()
}

fn contract(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/feeds").join(format!("{name}.toml"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_heading_stands_in_its_contract() {
    let source = [
        include_str!("../src/feeds.rs"),
        include_str!("../src/feeds_people.rs"),
        include_str!("../src/feeds_households.rs"),
        include_str!("../src/feeds_plan.rs"),
    ]
    .concat();
    let shared = shared_headings(&source);
    let mut checked = 0;
    let feeds: Vec<&str> = source.split("FeedSpec = FeedSpec {").skip(1).map(|text| before(text, "};")).collect();
    assert_eq!(feeds.len(), 32);
    for feed in feeds {
        let texts = literals(feed);
        let contract = contract(texts[0]);
        assert!(contract.contains(&format!("department = \"{}\"", texts[1])), "{}", texts[0]);
        let beside = feed.lines().filter_map(|line| line.trim().strip_prefix("beside("));
        let beside: Vec<&str> = beside.map(|line| line.split([' ', ')']).nth(1).unwrap()).collect();
        for heading in texts[3..].iter().chain(beside.iter().flat_map(|name| &shared[name])) {
            let stands =
                contract.contains(&format!("\"{heading}\"")) || contract.contains(&format!("\n{heading} = {{"));
            assert!(stands, "{} {heading}", texts[0]);
            checked += 1;
        }
    }
    assert!(checked > 600, "{checked}");
}

#[test]
fn what_stands_beside_number_and_name_is_not_asked_for_and_not_stored() {
    let source = [
        include_str!("../src/feeds_people.rs"),
        include_str!("../src/feeds_households.rs"),
        include_str!("../src/feeds_plan.rs"),
    ]
    .concat();
    let mut checked = 0;
    for feed in source.split("FeedSpec = FeedSpec {").skip(1) {
        let contract = contract(literals(feed)[0]);
        for line in before(feed, "};").lines().filter_map(|line| line.trim().strip_prefix("beside(")) {
            let column = literals(line)[0];
            let of_contract = contract.lines().find(|line| line.starts_with(&format!("{column} = "))).unwrap();
            assert!(of_contract.contains("stored = false") && !of_contract.contains("required"), "{of_contract}");
            checked += 1;
        }
    }
    assert!(checked > 70, "{checked}");
}

#[test]
fn every_word_is_an_alias_of_its_contract() {
    let source = include_str!("../src/spelling.rs");
    let all: String = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/feeds"))
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let words: Vec<&str> = source.lines().filter(|line| line.trim_start().starts_with("(Feed::")).collect();
    assert!(words.len() > 40);
    for line in words {
        let texts = literals(line);
        assert!(all.contains(&format!("[\"{}\", \"{}\"]", texts[2], texts[1])), "{line}");
    }
}
