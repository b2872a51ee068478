//! A word, or a pattern of one, that a condition holds a column against: whether the column can ever meet it is asked of the words that it may hold.

/// What a column is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedWord {
    Word(String),
    /// A pattern of LIKE, or what STARTS_WITH and ENDS_WITH ask as one; and as it is written.
    Pattern {
        pattern: Vec<PatternPart>,
        written: String,
    },
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternPart {
    /// `%`
    Any,
    /// `_`
    One,
    Sign(char),
}

/// What is odd about a pattern of LIKE: that it is met by itself alone, or has signs for others that are none. The message, and what to do.
#[must_use]
pub fn odd_pattern(word: &str, column: &str, negated: bool) -> Option<(String, String)> {
    if let Some(sign) = word.chars().find(|sign| ['％', '＿', '*', '＊'].contains(sign)) {
        let right = word.replace(sign, if sign == '＿' { "_" } else { "%" });
        let hint = format!("任意多个字写半角的 %，一个字写半角的 _：是不是“{right}”？");
        return Some((format!("LIKE '{word}' 里的“{sign}”不是通配符，照字面对"), hint));
    }
    if word.contains(['%', '_']) {
        return None;
    }
    let message = format!("LIKE '{word}' 没有 %，只有整个值正好是“{word}”的才算");
    let equals = if negated { "<>" } else { "=" };
    let hint = format!("要“含有”，写 '%{word}%'；要“开头是”，写 '{word}%'；要“等于”，写 {column} {equals} '{word}'");
    Some((message, hint))
}

impl AskedWord {
    /// Of LIKE.
    #[must_use]
    pub fn like(pattern: &str) -> Self {
        let part = |sign| match sign {
            '%' => PatternPart::Any,
            '_' => PatternPart::One,
            sign => PatternPart::Sign(sign),
        };
        Self::Pattern { pattern: pattern.chars().map(part).collect(), written: pattern.to_owned() }
    }

    /// Of STARTS_WITH (`true`) or ENDS_WITH.
    #[must_use]
    pub fn starts_or_ends(word: &str, is_start: bool) -> Self {
        let mut pattern: Vec<PatternPart> = word.chars().map(PatternPart::Sign).collect();
        pattern.insert(if is_start { pattern.len() } else { 0 }, PatternPart::Any);
        Self::Pattern { pattern, written: word.to_owned() }
    }

    /// As it is written.
    #[must_use]
    pub fn written(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Pattern { written, .. } => written,
        }
    }

    /// Whether a column that holds `word` meets it.
    #[must_use]
    pub fn is_met_by(&self, word: &str) -> bool {
        match self {
            Self::Word(asked) => asked == word,
            Self::Pattern { pattern, .. } => meets(pattern, &word.chars().collect::<Vec<_>>()),
        }
    }
}

/// Greedy, with the last `%` to come back to: a pattern of many is no slower than its length times the word's.
fn meets(pattern: &[PatternPart], word: &[char]) -> bool {
    let (mut at, mut place, mut again) = (0, 0, None);
    while place < word.len() {
        match pattern.get(at) {
            Some(PatternPart::Any) => {
                again = Some((at + 1, place));
                at += 1;
            }
            Some(part) if *part == PatternPart::One || *part == PatternPart::Sign(word[place]) => {
                (at, place) = (at + 1, place + 1);
            }
            _ => {
                let Some((behind, from)) = again else { return false };
                again = Some((behind, from + 1));
                (at, place) = (behind, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|part| *part == PatternPart::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, word: &str, expected: bool) {
        assert_eq!(AskedWord::like(pattern).is_met_by(word), expected, "{pattern} {word}");
    }

    #[test]
    fn a_pattern_is_met_as_sql_meets_it() {
        check("%脱贫%", "脱贫户", true);
        check("%贫脱%", "脱贫户", false);
        check("脱贫_", "脱贫户", true);
        check("脱贫__", "脱贫户", false);
        check("%", "", true);
        check("", "", true);
        check("", "户", false);
        check("%户%户", "户户", true);
        check("%户%户", "农户", false);
        check("a%b%c", "a1b2b3c", true);
        check("a%b%c", "a1b2b3", false);
    }

    #[test]
    fn a_start_is_no_pattern_of_its_own() {
        assert!(AskedWord::starts_or_ends("a_", true).is_met_by("a_b"));
        assert!(!AskedWord::starts_or_ends("a_", true).is_met_by("axb"));
        assert!(AskedWord::starts_or_ends("户", false).is_met_by("脱贫户"));
    }
}
