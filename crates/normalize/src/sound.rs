//! How a name sounds: pinyin without tones, so that 明 and 鸣 are one, after the variants that a county's offices take for one another
//! (兰 for 蓝, 谭 for 覃) were folded. For keys and comparisons only: two names that sound alike are two names.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use pinyin::ToPinyin;

/// Variants of a county, ready for look-up.
#[derive(Debug, Default)]
pub struct NameSounds {
    first_of: HashMap<char, char, RandomState>,
}

impl NameSounds {
    /// Each group's characters are read as its first.
    #[must_use]
    pub fn new(variants: &[Vec<char>]) -> Self {
        let pairs = |group: &Vec<char>| {
            let first = group.first().copied().unwrap_or('\u{fffd}');
            group.iter().map(|other| (*other, first)).collect::<Vec<_>>()
        };
        Self { first_of: variants.iter().flat_map(pairs).collect() }
    }

    /// Syllables with a blank between; a character without a known sound stands for itself, a middle dot for nothing. Takes a canonical
    /// name.
    #[must_use]
    pub fn of(&self, canonical_name: &str) -> String {
        let mut sound = String::with_capacity(canonical_name.len() * 2);
        for character in canonical_name.chars().filter(|character| *character != '\u{b7}') {
            let character = self.first_of.get(&character).copied().unwrap_or(character);
            if !sound.is_empty() {
                sound.push(' ');
            }
            match character.to_pinyin() {
                Some(syllable) => sound.push_str(syllable.plain()),
                None => sound.push(character),
            }
        }
        sound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        let sounds = NameSounds::new(&[vec!['覃', '谭'], vec!['蓝', '兰']]);
        assert_eq!(sounds.of(name), expected, "{name}");
    }

    #[test]
    fn homophones_and_declared_variants_sound_alike() {
        check("韦明", "wei ming");
        check("韦鸣", "wei ming");
        check("蓝秀莲", "lan xiu lian");
        check("兰秀连", "lan xiu lian");
        check("谭美", &NameSounds::new(&[]).of("覃美"));
    }

    #[test]
    fn dots_are_silent_and_what_has_no_sound_stands_for_itself() {
        check("阿迪力·买买提", "a di li mai mai ti");
        check("阿迪力买买提", "a di li mai mai ti");
        check("韦A", "wei A");
        check("", "");
    }
}
