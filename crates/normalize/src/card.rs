//! What a 残疾人证 number says after its 18-character ID: one digit of category, one of level (GB/T 26341-2010 order).

/// Category and level of a disability card, both within their ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisabilityCard {
    category: u8,
    level: u8,
}

const CATEGORIES: [&str; 7] = ["视力", "听力", "言语", "肢体", "智力", "精神", "多重"];
const LEVELS: [&str; 4] = ["一级", "二级", "三级", "四级"];

impl DisabilityCard {
    /// `None` unless the category is 1 to 7 and the level 1 to 4.
    #[must_use]
    pub fn new(category: u8, level: u8) -> Option<Self> {
        ((1..=7).contains(&category) && (1..=4).contains(&level)).then_some(Self { category, level })
    }
    /// 1 to 7.
    #[must_use]
    pub fn category(self) -> u8 {
        self.category
    }
    /// 1 (the most severe) to 4.
    #[must_use]
    pub fn level(self) -> u8 {
        self.level
    }
    #[must_use]
    pub fn category_title(self) -> &'static str {
        CATEGORIES[usize::from(self.category) - 1]
    }
    #[must_use]
    pub fn level_title(self) -> &'static str {
        LEVELS[usize::from(self.level) - 1]
    }

    /// Whether a category column says something else. Words that name no category contradict nothing.
    #[must_use]
    pub fn contradicts_category(self, written: &str) -> bool {
        CATEGORIES.iter().any(|title| written.contains(title)) && !written.contains(self.category_title())
    }

    /// Whether a level column says something else; takes 二级, 二, 贰级, 2级 and 2.
    #[must_use]
    pub fn contradicts_level(self, written: &str) -> bool {
        let found = written.chars().find_map(|character| match character {
            '一' | '壹' | '1' => Some(1),
            '二' | '贰' | '2' => Some(2),
            '三' | '叁' | '3' => Some(3),
            '四' | '肆' | '4' => Some(4),
            _ => None,
        });
        found.is_some_and(|level| level != self.level)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_real_categories_and_levels_make_a_card() {
        assert!(DisabilityCard::new(0, 1).is_none() && DisabilityCard::new(8, 1).is_none());
        assert!(DisabilityCard::new(7, 5).is_none() && DisabilityCard::new(7, 4).is_some());
    }

    #[test]
    fn a_card_contradicts_only_what_names_something_else() {
        let card = DisabilityCard::new(4, 2).unwrap();
        assert!(!card.contradicts_category("肢体残疾") && card.contradicts_category("视力"));
        assert!(!card.contradicts_category("") && !card.contradicts_category("其他"));
        assert!(!card.contradicts_level("二级") && card.contradicts_level("一级"));
        assert!(!card.contradicts_level("2级") && !card.contradicts_level(""));
    }
}
