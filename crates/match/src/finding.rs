//! What the ladder makes of a loose row: one person, several of whom somebody must choose, or nobody.
//!
//! A pass links only where one person alone agrees and nothing that is known contradicts. The order of rows and persons never shows.

use bidui_model::{Ladder, LinkClass, LooseKind, LooseRow};

use crate::registry::Registry;

/// A registered person who may be a row's, and which pass says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    pub person: u32,
    /// Place among the ladder's key passes; [`WEIGHTED`] for the weighted pass.
    pub pass: u8,
    /// Of the weighted pass: log2 of how much more likely the row looks as his than as somebody else's.
    pub weight: Option<f64>,
    /// Of the weighted pass, rivals considered.
    pub probability: Option<f64>,
    /// Why he cannot be linked although he agrees.
    pub against: Option<Against>,
    /// Whether the row's number is whole and the registry's is at fault.
    pub registry_number: bool,
}

/// The number of the weighted pass.
pub const WEIGHTED: u8 = u8::MAX;

/// What is known of a candidate that the row contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    Birth,
    Sex,
    /// Both have a whole ID number, and the two differ: never one person.
    Number,
}

impl Against {
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Birth => "出生日期不同",
            Self::Sex => "性别不同",
            Self::Number => "证件号码不同（两个号码都有效）",
        }
    }
}

/// What came of one loose row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Finding {
    /// No pass has a candidate.
    #[default]
    Nothing,
    Linked(LinkClass, Candidate),
    /// Candidates, by pass and person.
    Review(Vec<Candidate>),
    /// A person at the bureau has said whose it is, or that it is nobody's.
    Decided(Option<u32>),
}

impl Finding {
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Linked(_, candidate) => std::slice::from_ref(candidate),
            Self::Review(candidates) => candidates,
            Self::Nothing | Self::Decided(_) => &[],
        }
    }
}

/// Settles a row by its meetings: pass and person, sorted, each once.
#[must_use]
pub fn settle(registry: &Registry, ladder: &Ladder, row: &LooseRow, meetings: &[(u8, u32)]) -> Finding {
    let candidate = |(pass, person): &(u8, u32)| Candidate {
        person: *person,
        pass: *pass,
        weight: None,
        probability: None,
        against: against(registry, row, *person),
        registry_number: row.kind == LooseKind::Stranger,
    };
    let all: Vec<Candidate> = meetings.iter().map(candidate).collect();
    if row.kind == LooseKind::OtherName {
        // Whose number it is has the say; what else the name agrees with is for a person's eye.
        return if all.is_empty() { Finding::Nothing } else { Finding::Review(each_once(all)) };
    }
    let mut contradicted = Vec::new();
    for of_pass in all.chunk_by(|one, other| one.pass == other.pass) {
        let (fit, unfit): (Vec<Candidate>, Vec<Candidate>) =
            of_pass.iter().copied().partition(|candidate| candidate.against.is_none());
        match fit.as_slice() {
            [] => contradicted.extend(unfit),
            [one] if contradicted.is_empty() => return unless_rivalled(ladder, &all, *one),
            _ => return narrow(ladder, &all, fit, contradicted),
        }
    }
    if contradicted.is_empty() { Finding::Nothing } else { Finding::Review(each_once(contradicted)) }
}

/// Several agree in a pass: if a later pass names one of them alone, he is it.
fn narrow(ladder: &Ladder, all: &[Candidate], fit: Vec<Candidate>, contradicted: Vec<Candidate>) -> Finding {
    let first = fit[0].pass;
    if contradicted.is_empty() {
        for later in all.chunk_by(|one, other| one.pass == other.pass).filter(|pass| pass[0].pass > first) {
            let of_both: Vec<&Candidate> =
                later.iter().filter(|other| fit.iter().any(|candidate| candidate.person == other.person)).collect();
            if let [one] = of_both.as_slice() {
                return unless_rivalled(ladder, all, **one);
            }
        }
    }
    let mut open = fit;
    open.extend(contradicted);
    Finding::Review(each_once(open))
}

/// Links a row, unless it was found by a composite key and another such key names somebody else alone, who agrees in as many of them: then it is for a
/// person's eye, or for the weights.
fn unless_rivalled(ladder: &Ladder, all: &[Candidate], one: Candidate) -> Finding {
    let class = class_of(ladder, one.pass);
    if class != LinkClass::Composite {
        return Finding::Linked(class, one);
    }
    let composite: Vec<&Candidate> =
        all.iter().filter(|found| found.against.is_none() && class_of(ladder, found.pass) == class).collect();
    let keys_of = |person: u32| composite.iter().filter(|found| found.person == person).count();
    let is_alone = |found: &Candidate| composite.iter().filter(|beside| beside.pass == found.pass).count() == 1;
    let is_rival = |found: &Candidate| {
        found.person != one.person && is_alone(found) && keys_of(found.person) >= keys_of(one.person)
    };
    let rivals: Vec<Candidate> = composite.iter().map(|found| **found).filter(is_rival).collect();
    if rivals.is_empty() {
        return Finding::Linked(class, one);
    }
    Finding::Review(each_once(std::iter::once(one).chain(rivals).collect()))
}

/// By pass and person, each person under the first pass that has him.
fn each_once(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| (candidate.person, candidate.pass));
    candidates.dedup_by_key(|candidate| candidate.person);
    candidates.sort_by_key(|candidate| (candidate.pass, candidate.person));
    candidates
}

fn class_of(ladder: &Ladder, pass: u8) -> LinkClass {
    ladder.passes.get(usize::from(pass)).map_or(LinkClass::Composite, |pass| pass.class)
}

/// What the row's own facts say against a person.
#[must_use]
pub fn against(registry: &Registry, row: &LooseRow, person: u32) -> Option<Against> {
    if matches!(row.kind, LooseKind::Stranger | LooseKind::OtherName) && registry.can_be_found.get(person as usize) {
        return Some(Against::Number);
    }
    let birth = registry.birth(person);
    if row.birth.is_some() && birth.is_some() && row.birth != birth {
        return Some(Against::Birth);
    }
    let sex = match registry.word("sex", person) {
        "男" => 1,
        "女" => 2,
        _ => 0,
    };
    (row.sex != 0 && sex != 0 && row.sex != sex).then_some(Against::Sex)
}
