//! The gazetteer: two files at once, here the text before and after a line of `---`.

use bidui_normalize::Gazetteer;

pub fn any_gazetteer(text: &str) {
    let (towns, villages) = text.split_once("\n---\n").unwrap_or((text, ""));
    // The product takes a byte order mark off before it compiles.
    let [towns, villages] = [towns, villages].map(|text| text.trim_start_matches('\u{feff}'));
    if let Err(errors) = Gazetteer::compile(towns, "towns.toml", villages, "villages.csv") {
        assert!(!errors.is_empty());
        for error in errors {
            let of = if error.file == "towns.toml" { towns } else { villages };
            let place = error.span.unwrap_or(0..0);
            assert!(of.get(place.clone()).is_some(), "{} points at {place:?} of {}", error.code, of.len());
        }
    }
}
