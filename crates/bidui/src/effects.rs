//! What grading.toml says of answers, held against what answers can do.

use bidui_emit::Effect;
use bidui_match::Grading;
use bidui_model::{Diagnostic, nearest};

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
