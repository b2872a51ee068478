//! What a rule may be called: its id stands in CSV files, in `--set`, in the ledger and in links of pages, and is typed by people.

use std::collections::BTreeSet;

use bidui_model::{Found, SpecFile};

/// An id that is there already, of a rule or of a check.
pub const REPEATED_ID: &str = "BD0203";
const ODD_ID: &str = "BD0213";
const LONGEST: usize = 64;

/// Tells of an id that is used twice, or that cannot be typed or told apart.
pub(crate) fn hold_rule_id(source: &SpecFile<'_>, id: &Found<String>, seen: &mut BTreeSet<String>) {
    let twin =
        seen.iter().find(|other| **other != id.value && other.to_lowercase() == id.value.to_lowercase()).cloned();
    let told = if !seen.insert(id.value.clone()) {
        Some((REPEATED_ID, format!("规则编号“{}”重复", id.value), "每条规则的 id 须唯一".to_owned()))
    } else if let Some(twin) = twin {
        let message = format!("规则编号“{}”与“{twin}”只差大小写", id.value);
        Some((ODD_ID, message, "改其中一个：写命令、查表格时分不清是哪一条".to_owned()))
    } else if let Some(odd) = id.value.chars().find(|sign| !is_of_id(*sign)) {
        let shown = if odd.is_whitespace() || odd.is_control() { "空白".to_owned() } else { format!("“{odd}”") };
        let plain: String = id.value.trim().chars().map(|sign| if is_of_id(sign) { sign } else { '-' }).collect();
        let hint =
            format!("用小写英文字母、数字和连字符，如 {}", if plain.is_empty() { "medical-paid" } else { &plain });
        Some((ODD_ID, format!("规则编号“{}”里不能有{shown}", id.value), hint))
    } else if id.value.starts_with(['-', '.']) {
        let message = format!("规则编号“{}”不能以“{}”开头", id.value, &id.value[..1]);
        Some((ODD_ID, message, "以字母或数字开头；表格软件会把它当成算式".to_owned()))
    } else if id.value.chars().count() > LONGEST {
        let message = format!("规则编号有{}个字，太长", id.value.chars().count());
        Some((ODD_ID, message, format!("最多{LONGEST}个字；说明写在 title 里")))
    } else {
        None
    };
    if let Some((code, message, hint)) = told {
        source.error(code, Some(id.span.clone()), message, hint);
    }
}

fn is_of_id(sign: char) -> bool {
    sign.is_alphanumeric() && !('\u{ff00}'..='\u{ffef}').contains(&sign) || matches!(sign, '-' | '_' | '.')
}
