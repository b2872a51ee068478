//! The keys of the ladder: keyed hashes of several values of a person together, one subkey a pass. Rows and persons that agree in all of a
//! pass's values have one key, and no single value can be read from it by how often it occurs.

use bidui_model::{IdNumber, KeyPart, Ladder};

use crate::PersonFields;
use crate::key::MasterKey;
use crate::repair::repairs;
use crate::seal_keys::{HashAlgorithm, KeyedHash};

/// The passes with their subkeys.
pub struct LadderKeys {
    passes: Vec<(Vec<KeyPart>, KeyedHash)>,
    digest: KeyedHash,
}

/// Between two parts of a message: no value holds it.
const BETWEEN: char = '\u{1f}';

impl LadderKeys {
    #[must_use]
    pub fn derive(master: &MasterKey, algorithm: HashAlgorithm, ladder: &Ladder) -> Self {
        let of_pass = |parts: &Vec<KeyPart>| {
            let names: Vec<&str> = parts.iter().map(|part| part.name()).collect();
            (parts.clone(), KeyedHash::derive(master, algorithm, &format!("ladder/{}", names.join("+"))))
        };
        Self {
            passes: ladder.passes.iter().map(|pass| of_pass(&pass.parts)).collect(),
            digest: KeyedHash::derive(master, algorithm, "row-digest"),
        }
    }

    /// The keys of each person, by pass, sorted. `is_likely` says which repaired numbers are worth a key.
    #[must_use]
    pub fn keys(&self, persons: &[&PersonFields], is_likely: &dyn Fn(&IdNumber) -> bool) -> Vec<Vec<(u8, u64)>> {
        let mut keys: Vec<Vec<(u8, u64)>> = vec![Vec::new(); persons.len()];
        for (pass, (parts, hash)) in (0_u8..).zip(&self.passes) {
            let mut messages: Vec<(usize, String)> = Vec::with_capacity(persons.len());
            for (at, person) in persons.iter().enumerate() {
                messages.extend(messages_of(person, parts, is_likely).into_iter().map(|message| (at, message)));
            }
            let parts = messages.iter().map(|(at, message)| (*at, [message.as_bytes()]));
            hash.each(parts, |at, hash| keys[at].push((pass, ((hash >> 64) as u64).max(1))));
        }
        for keys in &mut keys {
            keys.sort_unstable();
            keys.dedup();
        }
        keys
    }

    /// Knows a row again by all that names its person, whichever month brings it.
    #[must_use]
    pub fn digest(&self, feed: &str, written_number: &str, person: &PersonFields) -> u64 {
        let birth = person.birth_digits();
        let parts =
            [feed, written_number, &person.name, &birth, &person.village, &person.town, &person.phone, &person.head];
        let message = parts.join("\u{1f}");
        let mut digest = 0;
        self.digest.each(std::iter::once((0, [message.as_bytes()])), |_, hash| digest = (hash >> 64) as u64);
        digest
    }
}

/// What is hashed: the parts in their order; nothing where one of them is not known. One message for each number a slip may have been.
fn messages_of(person: &PersonFields, parts: &[KeyPart], is_likely: &dyn Fn(&IdNumber) -> bool) -> Vec<String> {
    let mut message = String::with_capacity(48);
    let mut numbers: Option<Vec<IdNumber>> = None;
    for part in parts {
        let birth;
        let value = match part {
            KeyPart::Id => {
                numbers = Some(match person.number.whole {
                    Some(whole) => vec![whole],
                    None => repairs(&person.number.slipped, is_likely),
                });
                continue;
            }
            KeyPart::FirstFifteen => match &person.number.first_fifteen {
                Some(digits) => std::str::from_utf8(digits).unwrap_or(""),
                None => "",
            },
            KeyPart::Name => &person.sound,
            KeyPart::Birth => {
                birth = person.birth_digits();
                &birth
            }
            KeyPart::Sex => ["", "1", "2"].get(person.sex as usize).copied().unwrap_or(""),
            KeyPart::Village => &person.village,
            KeyPart::Town => &person.town,
            KeyPart::Phone => &person.phone,
            KeyPart::Head => &person.head_sound,
            KeyPart::Household => &person.household,
        };
        if value.is_empty() {
            return Vec::new();
        }
        message.push_str(value);
        message.push(BETWEEN);
    }
    match numbers {
        None => vec![message],
        Some(numbers) => {
            let digits = |number: &IdNumber| String::from_utf8_lossy(number.expose_bytes()).into_owned();
            numbers.iter().map(|number| digits(number) + &message).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::written_id::WrittenId;
    use bidui_model::{CellKind, LadderPass, LinkClass, RawCell};

    fn pass(parts: &[KeyPart]) -> LadderPass {
        LadderPass { name: String::new(), class: LinkClass::Composite, parts: parts.to_vec() }
    }
    fn ladder() -> Ladder {
        use KeyPart::{Birth, FirstFifteen, Id, Name, Sex};
        Ladder {
            passes: vec![pass(&[Id, Name]), pass(&[FirstFifteen, Name]), pass(&[Name, Birth, Sex])],
            ..Ladder::default()
        }
    }
    fn keys(byte: &str) -> LadderKeys {
        let master = MasterKey::parse(&format!("bidui-key-v1 {}", byte.repeat(32))).unwrap();
        LadderKeys::derive(&master, HashAlgorithm::HmacSha256, &ladder())
    }
    fn person(number: &str, sound: &str) -> PersonFields {
        let number = WrittenId::read(RawCell { kind: CellKind::Text, text: number });
        let mut person = PersonFields::default();
        person.birth = number.born.as_ref().and_then(crate::written_id::days_of);
        person.sex = number.sex;
        person.number = number;
        person.sound = sound.to_owned();
        person
    }
    fn of(person: PersonFields) -> BTreeSet<(u8, u64)> {
        keys("01").keys(&[&person], &|_| true).remove(0).into_iter().collect()
    }

    #[test]
    fn a_broken_number_meets_the_whole_one_in_the_pass_made_for_it() {
        let whole = of(person("11010519491231002X", "wei ming"));
        let meets = |number: &str| -> Vec<u8> {
            of(person(number, "wei ming")).intersection(&whole).map(|(pass, _)| *pass).collect()
        };
        assert_eq!(meets("11010519491231102X"), [0], "a wrong digit");
        assert_eq!(meets("110105194912310000"), [1], "three digits lost");
        assert_eq!(meets("J110105194912310001"), [0_u8; 0], "a birth date without a sex");
        assert!(of(person("11010519491231003X", "wei lan")).is_disjoint(&whole), "another name");
    }

    #[test]
    fn every_key_changes_with_the_bureaus_key_and_the_pass() {
        let person = || person("11010519491231002X", "wei ming");
        let mut seen = BTreeSet::new();
        for byte in ["01", "02"] {
            for (_, key) in keys(byte).keys(&[&person()], &|_| true).remove(0) {
                assert!(seen.insert(key));
            }
            assert!(seen.insert(keys(byte).digest("甲", "1", &person())));
        }
        assert_eq!(seen.len(), 8);
    }

    #[test]
    fn what_is_not_said_makes_no_key() {
        assert!(of(person("", "wei ming")).is_empty());
        assert!(of(person("11010519491231002X", "")).is_empty());
    }
}
