//! Tags of rows of lists that come back. A subkey of their own: whoever has a list has many tags, and they must say nothing of tokens.

use std::fmt;

use bidui_model::{Month, NameToken};

use crate::MasterKey;
use crate::seal_keys::{HashAlgorithm, KeyedHash};

/// Digits and letters that cannot be taken for one another: no 0 and O, no 1, I and L.
const CHARACTERS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const GROUP: usize = 4;

/// Makes tags, `7KQ4-M2XR`, by which an answer attaches to its row of its list of its month and to no other.
pub struct ListTags(KeyedHash);

impl ListTags {
    #[must_use]
    pub fn derive(master: &MasterKey, algorithm: HashAlgorithm) -> Self {
        Self(KeyedHash::derive(master, algorithm, "row tags"))
    }

    /// Eight of 31 characters, 39.6 bits; `row_key` is a [`bidui_model::canonical_row_key`]. The edition tells lists of several runs of a month apart.
    #[must_use]
    pub fn tag(&self, list: &str, month: Month, row_key: &str, edition: Option<&str>) -> String {
        let edition = edition.map_or_else(String::new, |edition| format!("\n{edition}"));
        let signs = self.signs(&format!("{list}\n{month}\n{row_key}{edition}"), 2 * GROUP);
        format!("{}-{}", &signs[..GROUP], &signs[GROUP..])
    }

    /// Four characters, 19.8 bits, by which another name that an extract has for a person is known again. The token is of the person and the name
    /// together, so that the mark says nothing of a name alone.
    #[must_use]
    pub fn name_mark(&self, name: NameToken) -> String {
        self.signs(&format!("other name\n{:016x}", name.0), GROUP)
    }

    fn signs(&self, message: &str, count: usize) -> String {
        let mut rest = self.0.hash(&[message.as_bytes()]);
        let mut sign = || {
            let sign = CHARACTERS[(rest % CHARACTERS.len() as u128) as usize];
            rest /= CHARACTERS.len() as u128;
            char::from(sign)
        };
        (0..count).map(|_| sign()).collect()
    }

    /// A tag as it was retyped; `None` for what cannot be one.
    #[must_use]
    pub fn read(text: &str) -> Option<String> {
        let plain = bidui_model::canonical_row_key(text).replace('-', "");
        let is_tag = plain.len() == 2 * GROUP && plain.bytes().all(|byte| CHARACTERS.contains(&byte));
        is_tag.then(|| format!("{}-{}", &plain[..GROUP], &plain[GROUP..]))
    }
}

impl fmt::Debug for ListTags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ListTags")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tags(byte: &str, algorithm: HashAlgorithm) -> ListTags {
        ListTags::derive(&MasterKey::parse(&format!("bidui-key-v1 {}", byte.repeat(32))).unwrap(), algorithm)
    }

    #[test]
    fn a_tag_is_of_its_key_list_month_row_and_edition_and_is_read_out_without_doubt() {
        let mut seen = std::collections::BTreeSet::new();
        let months: [Month; 2] = ["2023-03".parse().unwrap(), "2023-04".parse().unwrap()];
        for byte in ["01", "02"] {
            for algorithm in HashAlgorithm::ALL {
                let tags = tags(byte, *algorithm);
                for (list, month) in ["verification", "sample"].into_iter().zip(months).chain([("sample", months[0])]) {
                    for row in 0..200 {
                        for edition in [None, Some("one"), Some("other")] {
                            let tag = tags.tag(list, month, &format!("2303-{row:05}"), edition);
                            assert!(!tag.contains(['0', 'O', '1', 'I', 'L']), "{tag}");
                            assert_eq!(ListTags::read(&tag), Some(tag.clone()));
                            assert!(seen.insert(tag));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_retyped_tag_is_the_same_and_a_broken_one_is_none() {
        for text in ["7KQ4-M2XR", "7kq4m2xr", " ７KQ4－M2XR ", "7KQ4 M2XR", "7KQ4—M2XR"] {
            assert_eq!(ListTags::read(text).as_deref(), Some("7KQ4-M2XR"), "{text}");
        }
        for text in ["", "7KQ4-M2X", "7KQ4-M2XRR", "7KQ4-M2X0", "韦某某"] {
            assert_eq!(ListTags::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_mark_is_of_its_key_and_of_a_token_of_person_and_name() {
        let mark = |byte: &str, name: u64| tags(byte, HashAlgorithm::HmacSha256).name_mark(NameToken(name));
        let first = mark("01", 7);
        assert!(first.len() == GROUP && first == mark("01", 7));
        for other in [mark("02", 7), mark("01", 8)] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn tags_are_the_same_tomorrow() {
        let month = "2023-03".parse().unwrap();
        let tag = tags("01", HashAlgorithm::HmacSha256).tag("verification", month, "202303-102-0001", None);
        assert_eq!(tag, "TFXJ-CPXV");
    }
}
