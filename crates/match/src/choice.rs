//! Words that an expression compares a column with, against the words that the column may hold by its contract. A word that never
//! comes makes a condition that is never true, and COUNT(*) = 0 would then warn of everybody.

use bidui_model::{DataContract, Found, SpecFile, nearest};

use crate::sql::RowExpression;

/// Reports every comparison with a word outside the column's `choices`; `false` if there is one. An empty word is "no value".
pub(crate) fn words_may_come(
    source: &SpecFile<'_>,
    contract: &DataContract,
    row: &RowExpression,
    text: &Found<String>,
) -> bool {
    let mut good = true;
    for (column, word, span) in row.compared_words(&text.value) {
        let Some((_, found)) = contract.column(&column) else { continue };
        if found.choices.is_empty() || word.is_empty() || found.choices.contains(&word) {
            continue;
        }
        good = false;
        let hint = nearest(&word, found.choices.iter().map(String::as_str))
            .map_or_else(|| format!("可用：{}", found.choices.join("、")), |near| format!("是不是“{near}”？"));
        let span = span.map_or(text.span.clone(), |span| source.inside(text, span));
        source.error("BD0112", Some(span), format!("“{column}”不会是“{word}”，这个条件永远不成立"), hint);
    }
    good
}
