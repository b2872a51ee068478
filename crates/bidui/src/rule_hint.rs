//! Which rule somebody may have meant by an id that no rule has.

use bidui_model::nearest;

/// So many of those that hold the word are named.
const SHOWN: usize = 3;

/// The nearest id as a question; of a word that several hold (`medical`) the first of them.
pub(crate) fn rule_hint<'a>(given: &str, ids: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(given, ids.clone()) {
        return format!("是不是“{near}”？");
    }
    let holds = |id: &&str| !given.is_empty() && id.contains(&given.to_lowercase());
    let found: Vec<String> = ids.filter(holds).map(|id| format!("“{id}”")).collect();
    match found.len() {
        0 => "规则编号见 docs/rules.md".to_owned(),
        1..=SHOWN => format!("是不是{}？", found.join("、")),
        more => format!("是不是{}等{more}条之一？", found[..SHOWN].join("、")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_by_a_slip_and_by_a_part_of_its_id() {
        let ids = ["medical-self-paid", "medical-self-paid-focus", "uninsured", "medical-a", "medical-b"];
        let check = |given: &str, expected: &str| assert_eq!(rule_hint(given, ids.into_iter()), expected);
        check("uninsurd", "是不是“uninsured”？");
        check("focus", "是不是“medical-self-paid-focus”？");
        check("Medical", "是不是“medical-self-paid”、“medical-self-paid-focus”、“medical-a”等4条之一？");
        check("housing", "规则编号见 docs/rules.md");
        check("", "规则编号见 docs/rules.md");
    }
}
