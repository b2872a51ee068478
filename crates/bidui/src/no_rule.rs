//! A rule that was asked for and is none: the nearest that is.

use bidui_match::Rule;
use bidui_model::nearest;

/// So many are named that hold what was written.
const NAMED: usize = 5;

/// A slip has its nearest name; of what is only a part of names, those that have it.
pub(crate) fn no_rule(id: &str, rules: &[Rule]) -> String {
    let ids = || rules.iter().map(|rule| rule.id.as_str());
    let hint = match nearest(id, ids()) {
        Some(near) => format!("是不是“{near}”？"),
        None => holding(id, ids()),
    };
    format!("没有规则“{id}”；{hint}")
}

fn holding<'a>(part: &str, ids: impl Iterator<Item = &'a str>) -> String {
    let part = part.trim();
    let found: Vec<String> = ids.filter(|id| id.contains(part)).map(|id| format!("“{id}”")).collect();
    if part.is_empty() || found.is_empty() {
        return "规则编号见 docs/rules.md".to_owned();
    }
    let named = found[..found.len().min(NAMED)].join("、");
    let rest = found.len().saturating_sub(NAMED);
    if rest == 0 {
        format!("是不是{named}？")
    } else {
        format!("是不是{named}，或另外{rest}条之一？规则编号见 docs/rules.md")
    }
}
