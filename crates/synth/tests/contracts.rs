//! The headings and words of the invented county are those that the contracts know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

/// Every string literal of a Rust source file, in order.
fn literals(source: &str) -> Vec<&str> {
    source.split('"').skip(1).step_by(2).collect()
}

fn contract(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/feeds").join(format!("{name}.toml"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_heading_stands_in_its_contract() {
    let source = include_str!("../src/feeds.rs");
    let mut checked = 0;
    let table = source.split("const FEEDS").nth(1).unwrap();
    for feed in table.split("FeedSpec {").skip(1) {
        let texts = literals(feed);
        let contract = contract(texts[0]);
        assert!(contract.contains(&format!("department = \"{}\"", texts[1])), "{}", texts[0]);
        for heading in &texts[3..] {
            let stands =
                contract.contains(&format!("\"{heading}\"")) || contract.contains(&format!("\n{heading} = {{"));
            assert!(stands, "{} {heading}", texts[0]);
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked}");
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
