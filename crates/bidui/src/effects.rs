//! What grading.toml says of answers, held against what answers can do.

use std::collections::BTreeSet;

use bidui_emit::{Choices, Effect};
use bidui_match::Grading;
use bidui_model::{Diagnostic, nearest};

/// After which nothing is cooled: what is not verified, went to another town, or is exempt until a day.
const UNCOOLED: [Effect; 3] = [Effect::Pending, Effect::Reroute, Effect::Exempt];

/// Effects of answers that no `[[cooling]]` is written for: a household that was answered so is warned of again the next month.
pub(crate) fn uncooled_effects(
    grading: &Grading,
    choices: &Choices,
    texts: &[(String, String)],
) -> Vec<(Diagnostic, String)> {
    let cooled: Vec<&str> = grading.cooling_effects().collect();
    if cooled.is_empty() {
        return Vec::new();
    }
    let used: BTreeSet<Effect> = choices.lists.values().flatten().filter_map(|choice| choice.effect).collect();
    let left = used.into_iter().filter(|effect| !UNCOOLED.contains(effect) && !cooled.contains(&effect.name()));
    let told = left.filter_map(|effect| {
        let quoted = format!("\"{}\"", effect.name());
        let (file, text, start) = texts.iter().find_map(|(file, text)| {
            let mut places = text.match_indices(&quoted).map(|(at, _)| at);
            let of_effect = |at: &usize| text[..*at].trim_end().trim_end_matches('=').trim_end().ends_with("effect");
            Some((file, text, places.find(of_effect)?))
        })?;
        let message =
            format!("答复“{}”没有写进 grading.toml 的任何一节 [[cooling]]：答复以后下个月照样下发", effect.name());
        let warning = Diagnostic::warning("BD0724", file, Some(start..start + quoted.len()), message);
        Some((warning.with_hint("写进一节 [[cooling]] 的 effects"), text.clone()))
    });
    told.collect()
}

/// Effects that no answer can have: what they are written for would never cool.
pub(crate) fn unknown_effects(grading: &Grading, text: &str, file: &str) -> Vec<Diagnostic> {
    let names = || Effect::ALL.iter().map(|(name, _)| *name);
    let strangers = grading.cooling_effects().filter(|effect| !names().any(|name| name == *effect));
    let told = strangers.map(|effect| {
        let quoted = [format!("\"{effect}\""), format!("'{effect}'")];
        let span = quoted.iter().find_map(|quoted| text.find(quoted).map(|start| start..start + quoted.len()));
        let hint = nearest(effect, names()).map_or_else(
            || format!("可用：{}", names().collect::<Vec<_>>().join("、")),
            |near| format!("是不是“{near}”？"),
        );
        Diagnostic::error("BD0722", file, span, format!("没有“{effect}”这样的 effect")).with_hint(hint)
    });
    told.collect()
}
