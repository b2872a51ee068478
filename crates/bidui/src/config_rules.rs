//! Rules that stand elsewhere than in the configuration, over its facts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bidui_match::{Literal, Rule, RuleContext, compile_rules, compile_rules_without_examples};

use crate::config::Config;
use crate::config_files::Loader;
use crate::config_places::{known_places, places_of_rules};
use crate::exit::Fault;

/// The rules of another folder, or of this one's `rules`, over this configuration's facts and those parameters. Their examples are asked only where
/// the parameters are those that the examples were written for.
pub(crate) fn rules_in(
    config: &Config,
    folder: &Path,
    parameters: &BTreeMap<String, Literal>,
    with_examples: bool,
) -> Result<Vec<Rule>, Fault> {
    let (folder, within) = match folder.file_name().and_then(|name| name.to_str()) {
        Some(name) if !folder.join("rules").is_dir() => {
            (folder.parent().map_or_else(PathBuf::new, Path::to_path_buf), name)
        }
        _ => (folder.to_owned(), "rules"),
    };
    let mut loader = Loader::new(folder);
    let context = RuleContext { facts: &config.facts, registry: &config.contracts[config.registry], parameters };
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for file in loader.list(within) {
        let Some(text) = loader.read(&file) else { continue };
        let compiled = if with_examples {
            compile_rules(&text, &file, &context, &mut seen)
        } else {
            compile_rules_without_examples(&text, &file, &context, &mut seen)
        };
        rules.extend(loader.keep(&text, compiled).unwrap_or_default());
    }
    // What is only odd is told by `check`.
    let _ = places_of_rules(&mut loader, context.registry, &known_places(&config.gazetteer), &[within]);
    if !loader.errors.is_empty() {
        return Err(Fault::Config(loader.errors));
    }
    if rules.is_empty() {
        return Err(Fault::command(format!(
            "文件夹“{}”里没有规则文件（*.toml）",
            loader.folder.join(within).display()
        )));
    }
    Ok(rules)
}
