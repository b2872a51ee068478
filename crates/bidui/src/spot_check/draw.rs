//! Which answers are looked at a second time: systematic sampling (Madow 1949) of a frame that is sorted by town, level and answer, so that every
//! stratum has its share to within one case, and "no risk" on red and orange more than its share.
//!
//! All is integers, and chance comes from a hash of the seed: the same answers, rate and seed draw the same cases on any machine.

use std::collections::BTreeMap;

use bidui_model::Level;
use sha2::{Digest, Sha256};

/// Certainty, in the unit that chances are counted in.
const CERTAIN: u64 = 1_000_000;

/// An answer that may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) case_id: String,
    pub(super) town_code: String,
    pub(super) level: Option<Level>,
    pub(super) code: String,
    /// Whether the answer says that there is nothing to do.
    pub(super) no_risk: bool,
}

/// How many are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Design {
    /// Above 0, up to 1.
    pub(super) rate: f64,
    /// How many times as likely "no risk" on red or orange is drawn.
    pub(super) no_risk_weight: f64,
    pub(super) seed: u64,
}

/// Why a case was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Rate,
    /// No risk on red or orange.
    Doubtful,
    /// Nothing of its town would have been drawn.
    OnlyOfTown,
}

/// The candidates that are drawn, by their places, in the order of the frame.
pub(super) fn draw(candidates: &[Candidate], design: &Design) -> Vec<(usize, Why)> {
    let lots: Vec<[u8; 32]> = candidates.iter().map(|candidate| lot(design.seed, &candidate.case_id)).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|at| {
        let candidate = &candidates[*at];
        (&candidate.town_code, candidate.level, !is_doubtful(candidate), &candidate.code, lots[*at], &candidate.case_id)
    });
    let mut passed = start(design.seed);
    let mut drawn = Vec::new();
    let mut of_town: BTreeMap<&str, usize> = BTreeMap::new();
    for at in &order {
        let candidate = &candidates[*at];
        let before = passed / CERTAIN;
        passed += chance(candidate, design);
        if passed / CERTAIN > before {
            drawn.push((*at, if is_doubtful(candidate) { Why::Doubtful } else { Why::Rate }));
            *of_town.entry(&candidate.town_code).or_default() += 1;
        }
    }
    // A town of which nothing is looked at would have no rate of error at all.
    for at in &order {
        let town = candidates[*at].town_code.as_str();
        if !of_town.contains_key(town) {
            let own = order.iter().copied().filter(|other| candidates[*other].town_code == town);
            let one = own.min_by_key(|other| (!is_doubtful(&candidates[*other]), lots[*other], *other));
            drawn.extend(one.map(|one| (one, Why::OnlyOfTown)));
            of_town.insert(town, 1);
        }
    }
    let mut places = vec![0; candidates.len()];
    for (place, at) in order.iter().enumerate() {
        places[*at] = place;
    }
    drawn.sort_by_key(|(at, _)| places[*at]);
    drawn
}

pub(super) fn is_doubtful(candidate: &Candidate) -> bool {
    candidate.no_risk && matches!(candidate.level, Some(Level::Red | Level::Orange))
}

fn chance(candidate: &Candidate, design: &Design) -> u64 {
    let weight = if is_doubtful(candidate) { design.no_risk_weight } else { 1.0 };
    ((design.rate * weight * CERTAIN as f64).round() as u64).clamp(1, CERTAIN)
}

fn start(seed: u64) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = lot(seed, "");
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) % CERTAIN
}

fn lot(seed: u64, case_id: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"bidui sample\0");
    digest.update(seed.to_be_bytes());
    digest.update(case_id.as_bytes());
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six towns with as many candidates of each of four levels and two answers.
    fn county(each: usize) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for town in 0..6 {
            for level in Level::ALL {
                for (code, no_risk) in [("11", false), ("21", true)] {
                    candidates.extend((0..each).map(|at| Candidate {
                        case_id: format!("{town}-{}-{code}-{at}", level.code()),
                        town_code: format!("45020610{town}"),
                        level: Some(level),
                        code: code.to_owned(),
                        no_risk,
                    }));
                }
            }
        }
        candidates
    }

    fn design(rate: f64, seed: u64) -> Design {
        Design { rate, no_risk_weight: 3.0, seed }
    }

    #[test]
    fn every_stratum_has_its_share_to_within_one() {
        let candidates = county(25);
        for seed in 0..50 {
            let drawn = draw(&candidates, &design(0.1, seed));
            let mut counts: BTreeMap<(&str, Level, &str), i64> = BTreeMap::new();
            for (at, _) in &drawn {
                let one = &candidates[*at];
                *counts.entry((&one.town_code, one.level.unwrap_or(Level::Blue), &one.code)).or_default() += 1;
            }
            for ((_, level, code), count) in counts {
                let is_doubtful = code == "21" && level <= Level::Orange;
                let share = if is_doubtful { 7.5 } else { 2.5 };
                assert!((count as f64 - share).abs() < 1.0, "{seed} {level:?} {code} {count}");
            }
        }
    }

    #[test]
    fn everybody_is_drawn_equally_often_over_many_seeds() {
        let candidates = county(3);
        let mut hits = vec![0_u32; candidates.len()];
        for seed in 0..2_000 {
            for (at, _) in draw(&candidates, &design(0.1, seed)) {
                hits[at] += 1;
            }
        }
        for (candidate, hits) in candidates.iter().zip(hits) {
            let expected = if is_doubtful(candidate) { 600.0 } else { 200.0 };
            // Five standard deviations of a binomial count.
            let wide = 5.0 * (expected * (1.0 - expected / 2_000.0_f64)).sqrt();
            assert!((f64::from(hits) - expected).abs() < wide, "{candidate:?} {hits}");
        }
    }

    #[test]
    fn the_order_of_the_answers_is_no_matter_and_the_seed_is() {
        let candidates = county(10);
        let names = |candidates: &[Candidate], seed| -> Vec<String> {
            draw(candidates, &design(0.1, seed)).iter().map(|(at, _)| candidates[*at].case_id.clone()).collect()
        };
        let mut turned = candidates.clone();
        turned.reverse();
        assert_eq!(names(&candidates, 7), names(&turned, 7));
        assert_ne!(names(&candidates, 7), names(&candidates, 8));
    }

    #[test]
    fn a_town_with_few_answers_has_one_drawn() {
        let mut candidates = county(50);
        candidates.push(Candidate {
            case_id: "A".into(),
            town_code: "450206110".into(),
            level: None,
            code: "11".into(),
            no_risk: false,
        });
        let drawn = draw(&candidates, &design(0.01, 3));
        assert!(drawn.contains(&(candidates.len() - 1, Why::OnlyOfTown)), "{drawn:?}");
        assert_eq!(draw(&candidates, &design(1.0, 3)).len(), candidates.len());
        assert!(draw(&[], &design(0.1, 3)).is_empty());
    }
}
