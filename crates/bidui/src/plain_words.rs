//! A rule's condition as a town reads it: the titles of facts and the headings of the registry in place of their names. The condition
//! itself stays what the rule says; this is only for the instructions of a list.

use bidui_model::DataContract;

use bidui_match::Fact;

/// `self_paid_12m >= 20000` as `近12个月住院个人自付合计 ≥ 20000`.
pub(crate) fn in_plain_words(sql: &str, facts: &[Fact], registry: &DataContract) -> String {
    let title = |name: &str| -> Option<String> {
        let known = match name {
            "AND" => "，且",
            "OR" => "，或",
            "NOT" => "非",
            "IN" => "属于",
            "BETWEEN" => "介于",
            "IS" | "NULL" | "TRUE" | "FALSE" => return None,
            "size" => "家庭人口",
            "age" => "年龄",
            "sex" => "性别",
            _ => "",
        };
        if !known.is_empty() {
            return Some(known.to_owned());
        }
        let fact = facts.iter().find(|fact| fact.name == name).map(|fact| fact.title.clone());
        fact.or_else(|| registry.column(name).and_then(|(_, column)| column.headings.first().cloned()))
    };
    let mut text = String::new();
    for (at, piece) in sql.split('\'').enumerate() {
        if at % 2 == 1 {
            text.push_str(&format!("“{piece}”"));
        } else {
            text.push_str(&outside_quotes(piece, &title));
        }
    }
    let signs =
        [(" <> “”", "不为空"), (" = “”", "为空"), (">=", "≥"), ("<=", "≤"), ("<>", "≠"), (" ，", "，"), ("*", "×")];
    signs.iter().fold(text, |text, (from, to)| text.replace(from, to)).trim().to_owned()
}

fn outside_quotes(piece: &str, title: &impl Fn(&str) -> Option<String>) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut text = String::new();
    let mut rest = piece;
    // The AND of BETWEEN is no "and".
    let mut is_between = false;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        text.push_str(&rest[..start]);
        match word {
            "AND" if is_between => text.push('至'),
            _ => text.push_str(&title(word).unwrap_or_else(|| word.to_owned())),
        }
        is_between = word == "BETWEEN" || (is_between && word != "AND");
        rest = &rest[end..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &str) {
        let title = |word: &str| (word == "house_d").then(|| "D级危房数".to_owned());
        let text: String = sql
            .split('\'')
            .enumerate()
            .map(|(at, piece)| if at % 2 == 1 { format!("“{piece}”") } else { outside_quotes(piece, &title) })
            .collect();
        assert_eq!(text, expected);
    }

    #[test]
    fn names_become_titles_and_what_stands_in_quotes_stays() {
        check("house_d > 0", "D级危房数 > 0");
        check("house_d BETWEEN 1 AND 3", "D级危房数 BETWEEN 1 至 3");
        check("kind = 'house_d' AND house_d_occupied > 1", "kind = “house_d” AND house_d_occupied > 1");
    }
}
