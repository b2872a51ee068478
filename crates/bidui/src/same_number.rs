//! What rows under a whole number that the registry does not have say of one another. A row alone may say too little; but such a number is one
//! person's, wherever it stands. So rows that share number and name are one person's, and where some of them are found, the others are his
//! too if they have him among their candidates. And nobody has two birth dates: of rows that would be one person's although their numbers
//! say two, those with the better link stand, and the others go to review.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{Candidate, Finding, WEIGHTED};
use bidui_model::{KeyPart, Ladder, LinkClass, LooseKind, LooseRow};

use crate::ladder::FeedMonth;

/// A row: its feed and month, and its place among the loose rows there.
type At = (FeedMonth, usize);

/// Which rows were linked because of others under the same number and name.
pub(crate) type Joined = BTreeSet<At>;

/// Makes the rows under such numbers agree with one another.
pub(crate) fn agree(
    ladder: &Ladder,
    months: &[(FeedMonth, Vec<LooseRow>)],
    findings: &mut BTreeMap<FeedMonth, Vec<Finding>>,
) -> Joined {
    let strangers: Vec<(At, &LooseRow)> = months
        .iter()
        .flat_map(|(place, rows)| rows.iter().enumerate().map(move |(at, row)| ((*place, at), row)))
        .filter(|(_, row)| row.kind == LooseKind::Stranger)
        .collect();
    let mut of_person: BTreeMap<u32, Vec<Claim<(i32, u8)>>> = BTreeMap::new();
    for (at, row) in &strangers {
        if let (Some((class, person)), Some(birth)) = (found(findings, *at), row.birth) {
            of_person.entry(person).or_default().push(Claim { class, says: (birth, row.sex), at: *at });
        }
    }
    for claims in of_person.into_values() {
        keep_best(claims, findings);
    }
    // Of number and name together no more than the key is kept.
    let is_whole = |pass: u8| {
        let parts = ladder.passes.get(usize::from(pass)).map_or(&[][..], |pass| &pass.parts);
        parts == [KeyPart::Id, KeyPart::Name] || parts == [KeyPart::Name, KeyPart::Id]
    };
    let mut of_number: BTreeMap<(u8, u64), Vec<At>> = BTreeMap::new();
    for (at, row) in &strangers {
        for key in row.keys.iter().filter(|(pass, _)| is_whole(*pass)) {
            of_number.entry(*key).or_default().push(*at);
        }
    }
    let mut joined = Joined::new();
    for rows in of_number.into_values().filter(|rows| rows.len() > 1) {
        join(ladder, &rows, findings, &mut joined);
    }
    joined
}

/// What a linked row says that another may contradict.
struct Claim<T> {
    class: LinkClass,
    says: T,
    at: At,
}

/// Whose a row is, by which class. That it is nobody's, as somebody has decided, is no claim.
fn found(findings: &BTreeMap<FeedMonth, Vec<Finding>>, (place, at): At) -> Option<(LinkClass, u32)> {
    match findings.get(&place)?.get(at)? {
        Finding::Linked(class, candidate) => Some((*class, candidate.person)),
        Finding::Decided(Some(person)) => Some((LinkClass::Decided, *person)),
        Finding::Decided(None) | Finding::Review(_) | Finding::Nothing => None,
    }
}

/// Of links that cannot all be right, those of the best class stand if they say one thing; the others go to review. What they all say, if it is one.
fn keep_best<T: Copy + PartialEq>(
    claims: Vec<Claim<T>>,
    findings: &mut BTreeMap<FeedMonth, Vec<Finding>>,
) -> Option<T> {
    let best = claims.iter().map(|claim| claim.class).min()?;
    let mut of_best = claims.iter().filter(|claim| claim.class == best).map(|claim| claim.says);
    let said = of_best.next().filter(|first| of_best.all(|other| other == *first));
    for claim in claims.iter().filter(|claim| Some(claim.says) != said) {
        let (place, at) = claim.at;
        if let Some(finding) = findings.get_mut(&place).and_then(|findings| findings.get_mut(at))
            && matches!(finding, Finding::Linked(..))
        {
            *finding = Finding::Review(finding.candidates().to_vec());
        }
    }
    said
}

fn join(ladder: &Ladder, rows: &[At], findings: &mut BTreeMap<FeedMonth, Vec<Finding>>, joined: &mut Joined) {
    let of = |place: FeedMonth, at: usize| findings.get(&place).and_then(|findings| findings.get(at));
    let is_nobodys = rows.iter().any(|(place, at)| of(*place, *at) == Some(&Finding::Decided(None)));
    let claims = rows.iter().filter_map(|at| {
        let (class, person) = found(findings, *at)?;
        Some(Claim { class, says: person, at: *at })
    });
    let Some(person) = keep_best(claims.collect(), findings).filter(|_| !is_nobodys) else { return };
    for (place, at) in rows {
        let Some(finding) = findings.get_mut(place).and_then(|findings| findings.get_mut(*at)) else { continue };
        let Finding::Review(candidates) = &*finding else { continue };
        let him = candidates.iter().find(|candidate| candidate.person == person && candidate.against.is_none());
        if let Some(him) = him.copied() {
            *finding = Finding::Linked(class_of(ladder, &him), him);
            joined.insert((*place, *at));
        }
    }
}

fn class_of(ladder: &Ladder, candidate: &Candidate) -> LinkClass {
    let pass = ladder.passes.get(usize::from(candidate.pass)).filter(|_| candidate.pass != WEIGHTED);
    pass.map_or(LinkClass::Weighted, |pass| pass.class)
}

#[cfg(test)]
mod tests {
    use bidui_model::{LadderPass, Month};

    use super::*;

    /// A row by its feed, with the key of its number and name, its birth date, and what is found of it.
    type Case = (usize, u64, i32, Finding);

    fn candidate(person: u32) -> Candidate {
        Candidate {
            person,
            pass: WEIGHTED,
            weight: Some(12.0),
            probability: Some(0.9),
            against: None,
            registry_number: true,
        }
    }
    fn linked(class: LinkClass, person: u32) -> Finding {
        Finding::Linked(class, candidate(person))
    }
    fn review(persons: &[u32]) -> Finding {
        Finding::Review(persons.iter().map(|person| candidate(*person)).collect())
    }

    /// What is found afterwards, in the order of the rows: `class person`, `review`, or nothing.
    fn check(rows: &[Case], expected: &[&str]) {
        let Ok(month) = "2023-03".parse::<Month>() else { return assert_eq!(rows.len(), 0, "a month") };
        let parts = vec![KeyPart::Id, KeyPart::Name];
        let pass = LadderPass { name: String::new(), class: LinkClass::Repaired, parts };
        let ladder = Ladder { passes: vec![pass], ..Ladder::default() };
        let (mut months, mut findings) = (Vec::new(), BTreeMap::new());
        for (feed, key, birth, finding) in rows.iter().cloned() {
            let row = LooseRow {
                kind: LooseKind::Stranger,
                source: 0,
                row: 2,
                keys: vec![(0, key)],
                birth: Some(birth),
                sex: 1,
                digest: 0,
            };
            months.push(((feed, month), vec![row]));
            findings.insert((feed, month), vec![finding]);
        }
        agree(&ladder, &months, &mut findings);
        let shown: Vec<String> = findings
            .values()
            .flatten()
            .map(|finding| match finding {
                Finding::Linked(class, candidate) => format!("{} {}", class.code(), candidate.person),
                Finding::Review(_) => "review".to_owned(),
                Finding::Decided(person) => format!("decided {}", person.unwrap_or_default()),
                Finding::Nothing => String::new(),
            })
            .collect();
        assert_eq!(shown, expected, "{rows:?}");
    }

    #[test]
    fn a_weak_row_is_his_whose_the_other_rows_under_its_number_and_name_are() {
        let sure = linked(LinkClass::Composite, 7);
        check(&[(0, 1, 9, sure.clone()), (1, 1, 9, review(&[6, 7]))], &["composite 7", "weighted 7"]);
        check(&[(0, 1, 9, Finding::Decided(Some(7))), (1, 1, 9, review(&[7]))], &["decided 7", "weighted 7"]);
        // Of another number or name, of other candidates, or somebody's who is not in the registry.
        check(&[(0, 1, 9, sure.clone()), (1, 2, 9, review(&[7]))], &["composite 7", "review"]);
        check(&[(0, 1, 9, sure.clone()), (1, 1, 9, review(&[6]))], &["composite 7", "review"]);
        check(&[(0, 1, 9, sure.clone()), (1, 1, 9, Finding::Nothing)], &["composite 7", ""]);
        let nobodys = Finding::Decided(None);
        check(&[(0, 1, 9, sure), (1, 1, 9, nobodys), (2, 1, 9, review(&[7]))], &["composite 7", "decided 0", "review"]);
    }

    #[test]
    fn a_candidate_whom_a_row_contradicts_is_not_its_person_for_another_rows_sake() {
        let against = Candidate { against: Some(bidui_match::Against::Birth), ..candidate(7) };
        let doubtful = Finding::Review(vec![against]);
        check(&[(0, 1, 9, linked(LinkClass::Composite, 7)), (1, 1, 9, doubtful)], &["composite 7", "review"]);
    }

    #[test]
    fn of_two_numbers_with_two_birth_dates_one_at_most_is_a_persons() {
        let (key, weight) = (linked(LinkClass::Composite, 7), linked(LinkClass::Weighted, 7));
        check(&[(0, 1, 9, key.clone()), (1, 2, 8, weight.clone())], &["composite 7", "review"]);
        check(&[(0, 1, 9, weight.clone()), (1, 2, 8, weight.clone())], &["review", "review"]);
        check(&[(0, 1, 9, Finding::Decided(Some(7))), (1, 2, 8, key.clone())], &["decided 7", "review"]);
        // A name that is misspelt makes another key, and no other birth date.
        check(&[(0, 1, 9, key), (1, 2, 9, weight)], &["composite 7", "weighted 7"]);
    }

    #[test]
    fn one_number_and_name_are_not_two_persons() {
        let weight = |person| linked(LinkClass::Weighted, person);
        check(&[(0, 1, 9, linked(LinkClass::Composite, 7)), (1, 1, 9, weight(6))], &["composite 7", "review"]);
        check(&[(0, 1, 9, weight(7)), (1, 1, 9, weight(6))], &["review", "review"]);
    }
}
