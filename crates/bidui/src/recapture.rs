//! How many rows of registered persons were not linked, told without any truth.
//!
//! Two independent ways lead from a row to its person: the ID number, and what else the row says. A sample of the rows that the number
//! links is linked by the other way too; the part of them that it finds is the chance c that it finds a row at all. If it found n rows
//! that the number did not, then there are about n/c such rows (Lincoln 1930, Petersen 1896). The other way are the passes by keys: what the weights found
//! beside them, on rows that no key settles, is taken off what is then missing.

use bidui_match::{Finding, Registry, settle};
use bidui_model::{KeyPart, Ladder, LooseKind, LooseRow};

/// What the sample of a feed said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recapture {
    /// Rows of the sample whose person is known.
    pub(crate) asked: u64,
    /// Of them, those whose person the other passes found.
    pub(crate) found: u64,
    /// And those for which they found somebody else.
    pub(crate) wrong: u64,
}

/// So few rows say nothing.
const LEAST: u64 = 30;

impl Recapture {
    /// `met` gives a row's meetings (pass and person, sorted).
    pub(crate) fn measure(
        registry: &Registry,
        ladder: &Ladder,
        rows: &[LooseRow],
        met: &dyn Fn(usize) -> Vec<(u8, u32)>,
    ) -> Self {
        let by_number = |pass: u8| {
            let parts = ladder.passes.get(usize::from(pass)).map_or(&[][..], |pass| &pass.parts);
            parts.contains(&KeyPart::Id) || parts.contains(&KeyPart::FirstFifteen)
        };
        let is_whole =
            |pass: u8| ladder.passes.get(usize::from(pass)).is_some_and(|pass| pass.parts.contains(&KeyPart::Id));
        let mut measured = Self::default();
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.kind == LooseKind::Sample) {
            let all = met(at);
            let [owner] =
                all.iter().filter(|(pass, _)| is_whole(*pass)).map(|(_, person)| *person).collect::<Vec<_>>()[..]
            else {
                continue;
            };
            measured.asked += 1;
            let others: Vec<(u8, u32)> = all.into_iter().filter(|(pass, _)| !by_number(*pass)).collect();
            let alone = LooseRow { kind: LooseKind::NoNumber, ..row.clone() };
            match settle(registry, ladder, &alone, &others) {
                Finding::Linked(_, candidate) if candidate.person == owner => measured.found += 1,
                Finding::Linked(..) => measured.wrong += 1,
                _ => {}
            }
        }
        measured
    }

    /// Rows of registered persons that nothing found, when keys alone found so many, and so many others were found by weight or by a person.
    pub(crate) fn missing(&self, by_keys: u64, others: u64) -> Option<f64> {
        if self.asked < LEAST || self.found == 0 {
            return None;
        }
        let chance = self.found as f64 / self.asked as f64;
        Some((by_keys as f64 * (1.0 - chance) / chance - others as f64).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_the_other_way_misses_is_told_by_what_it_misses_of_the_sample() {
        let of = |asked, found| Recapture { asked, found, wrong: 0 };
        assert!(of(100, 80).missing(40, 0).is_some_and(|missing| (missing - 10.0).abs() < 1e-9));
        assert!(
            of(100, 80).missing(40, 6).is_some_and(|missing| (missing - 4.0).abs() < 1e-9),
            "the weights found six of them"
        );
        assert_eq!(of(100, 80).missing(40, 20), Some(0.0));
        assert_eq!(of(100, 100).missing(40, 0), Some(0.0));
        assert_eq!(of(100, 0).missing(40, 0), None);
        assert_eq!(of(10, 8).missing(40, 0), None, "a handful says nothing");
    }
}
