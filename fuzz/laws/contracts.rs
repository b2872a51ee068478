//! Data contracts: a file that compiles has its columns in order, and any other one is refused with places in it.

use bidui_ingest::compile_contract;

pub fn any_contract(text: &str) {
    // The product takes a byte order mark off before it compiles.
    let text = text.trim_start_matches('\u{feff}');
    match compile_contract(text, "feeds/x.toml") {
        Ok(contract) => {
            let names: Vec<&str> = contract.columns.iter().map(|column| column.name.as_str()).collect();
            assert!(names.is_sorted(), "columns stand by name");
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a column stands twice");
            assert_eq!(compile_contract(text, "feeds/x.toml"), Ok(contract), "a text has one meaning");
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                let place = error.span.unwrap_or(0..0);
                assert!(text.get(place.clone()).is_some(), "{} points at {place:?} of {}", error.code, text.len());
            }
        }
    }
}
