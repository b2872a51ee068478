//! Lists and choices: a file compiles and its queries run on empty tables, or it is refused with places in it.

use std::collections::BTreeMap;

use bidui_emit::{check_choices, check_list, compile_choices, compile_lists};
use bidui_model::Diagnostic;

pub fn any_list(text: &str) {
    // The product takes a byte order mark off before it compiles.
    let text = text.trim_start_matches('\u{feff}');
    let choices = compile_choices(text, "c.toml");
    if let Err(errors) = &choices {
        well_placed(text, errors);
    }
    match compile_lists(text, "l.toml") {
        Ok(lists) => {
            for list in lists {
                well_placed(text, &check_list(&list, &BTreeMap::new(), &BTreeMap::new()));
                if let Ok(choices) = &choices {
                    well_placed(text, &check_choices(&list, choices));
                }
            }
        }
        Err(errors) => well_placed(text, &errors),
    }
}

fn well_placed(text: &str, errors: &[Diagnostic]) {
    for error in errors {
        let place = error.span.clone().unwrap_or(0..0);
        assert!(text.get(place.clone()).is_some(), "{} points at {place:?} of {}", error.code, text.len());
    }
}
