//! What the ladder makes of a row that its number does not settle, and what a link that it made may do.

use std::collections::BTreeMap;

use bidui_match::{Against, Candidate, Finding, Signal, SignalState, grade, settle};
use bidui_model::{
    FeedKind, IdStatus, KeyPart, Ladder, LadderPass, Level, LinkClass, LooseKind, LooseRow, NameToken, UnlinkedReason,
};
use proptest::prelude::*;

use crate::county::{County, PERSON, Person, ROW, Row, day, month, of, person_contract};
use crate::rows::token;

/// p1 and p2 of h1; p3 of h2, who has no number.
fn persons() -> Vec<Person> {
    let born = |text: &str| Some(day(text));
    vec![
        Person { no: "p1", household: "h1", id: 1, name: 1, birth: born("1973-03-31"), sex: "男", ..PERSON },
        Person { no: "p2", household: "h1", id: 2, name: 2, birth: born("2010-04-01"), sex: "女", ..PERSON },
        Person { no: "p3", household: "h2", name: 3, ..PERSON },
    ]
}

/// A repaired number, then two passes of several values.
fn ladder() -> Ladder {
    let pass = |class, parts: &[KeyPart]| LadderPass { name: String::new(), class, parts: parts.to_vec() };
    Ladder {
        passes: vec![
            pass(LinkClass::Repaired, &[KeyPart::Id, KeyPart::Name]),
            pass(LinkClass::Composite, &[KeyPart::Name, KeyPart::Birth]),
            pass(LinkClass::Composite, &[KeyPart::Name, KeyPart::Village]),
        ],
        caps: BTreeMap::from([(LinkClass::Composite, Level::Yellow)]),
        ..Ladder::default()
    }
}

fn loose(kind: LooseKind) -> LooseRow {
    LooseRow { kind, source: 0, row: 0, keys: Vec::new(), birth: None, sex: 0, digest: 0 }
}

/// `class pNUMBER`, or `review p1 p2`, or nothing; `met` are pass and person.
fn check(row: &LooseRow, met: &[(u8, u32)], expected: &str) {
    let county = County::new("2023-03", &persons());
    let found = settle(&county.registry, &ladder(), row, met);
    let names = |candidates: &[Candidate]| {
        candidates.iter().map(|found| county.registry.person_no(found.person).to_owned()).collect::<Vec<_>>().join(" ")
    };
    let shown = match &found {
        Finding::Linked(class, one) => format!("{} {}", class.code(), names(std::slice::from_ref(one))),
        Finding::Review(all) => format!("review {}", names(all)),
        Finding::Nothing => String::new(),
        Finding::Decided(_) => "decided".to_owned(),
    };
    assert_eq!(shown, expected, "{row:?} {met:?}");
}

#[test]
fn one_person_alone_is_linked_by_the_first_pass_that_has_him() {
    let row = loose(LooseKind::NoNumber);
    check(&row, &[], "");
    check(&row, &[(0, 0)], "repaired p1");
    check(&row, &[(1, 1), (2, 1)], "composite p2");
    check(&row, &[(0, 0), (2, 1)], "repaired p1");
}

#[test]
fn several_are_a_persons_choice_unless_a_later_pass_names_one_of_them() {
    let row = loose(LooseKind::NoNumber);
    check(&row, &[(1, 0), (1, 1)], "review p1 p2");
    check(&row, &[(1, 0), (1, 1), (2, 1)], "composite p2");
    check(&row, &[(1, 0), (1, 1), (2, 2)], "review p1 p2");
}

#[test]
fn whom_another_key_does_not_name_but_somebody_else_alone_is_a_persons_choice() {
    let row = loose(LooseKind::NoNumber);
    check(&row, &[(1, 0), (2, 1)], "review p1 p2");
    // Who agrees in more keys is clear of who agrees in one; several who agree in a key name nobody.
    check(&row, &[(1, 0), (2, 0), (2, 1)], "composite p1");
    // A number that was mended says more than any composite.
    check(&row, &[(0, 0), (1, 1), (2, 1)], "repaired p1");
}

#[test]
fn what_the_row_says_of_itself_must_not_contradict() {
    let born = LooseRow { birth: Some(day("1980-01-01")), sex: 1, ..loose(LooseKind::NoNumber) };
    check(&born, &[(2, 0)], "review p1");
    check(&born, &[(2, 2)], "composite p3");
    let same = LooseRow { birth: Some(day("1973-03-31")), sex: 2, ..loose(LooseKind::NoNumber) };
    check(&same, &[(2, 0)], "review p1");
}

#[test]
fn two_whole_numbers_are_never_one_person() {
    let stranger = loose(LooseKind::Stranger);
    check(&stranger, &[(1, 0), (2, 0)], "review p1");
    check(&stranger, &[(1, 2)], "composite p3");
    check(&loose(LooseKind::OtherName), &[(1, 0)], "review p1");
    let county = County::new("2023-03", &persons());
    let found = settle(&county.registry, &ladder(), &stranger, &[(1, 0)]);
    assert_eq!(found.candidates()[0].against, Some(Against::Number));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever else agrees in a later pass, or in none, a link of an earlier one stands; and it is never to a person with another number.
    #[test]
    fn a_stronger_class_is_never_replaced_and_numbers_never_differ(
        met in proptest::collection::btree_set((0..3_u8, 0..3_u32), 0..6),
        stranger in any::<bool>(),
    ) {
        let county = County::new("2023-03", &persons());
        let row = loose(if stranger { LooseKind::Stranger } else { LooseKind::NoNumber });
        let met: Vec<(u8, u32)> = met.into_iter().collect();
        let found = settle(&county.registry, &ladder(), &row, &met);
        if let Finding::Linked(class, one) = &found {
            prop_assert!(!stranger || one.person == 2, "a whole number that is another's");
            let first: Vec<(u8, u32)> = met.iter().copied().filter(|(pass, _)| *pass == met[0].0).collect();
            let alone = settle(&county.registry, &ladder(), &row, &first);
            if let Finding::Linked(of_first, of_first_pass) = &alone {
                prop_assert_eq!((of_first, of_first_pass.person), (class, one.person));
            }
        }
    }
}

/// The links of rows with findings: class, person and reason of each.
fn links(rows: &[Row], findings: Vec<Finding>) -> Vec<String> {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", rows);
    county.findings.insert((feed, month("2023-03")), findings);
    county.aliases.insert(token(77), (1, NameToken(77)));
    let (links, _) = county.links(feed, "2023-03");
    (0..rows.len())
        .map(|at| {
            let who = if links.person[at] == u32::MAX { "" } else { county.registry.person_no(links.person[at]) };
            let reason = links.reason[at].map_or("", UnlinkedReason::code);
            let words = [links.class[at].code(), who, reason];
            words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The same of one row with the number of the first person and another name, of which his town found that it is not he.
fn denied(row: Row, findings: Vec<Finding>) -> String {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[row]);
    county.findings.insert((feed, month("2023-03")), findings);
    county.denied.push((0, 9));
    let (links, counts) = county.links(feed, "2023-03");
    assert_eq!(counts.name_differs, u64::from(links.name_differs[0]));
    format!("{} {}", links.class[0].code(), links.reason[0].map_or("", UnlinkedReason::code))
}

#[test]
fn who_was_found_not_to_be_he_is_not_linked_to_him() {
    let row = |name| Row { loose: 1, name, ..of(1) };
    assert_eq!(denied(row(9), Vec::new()), "none not_this_person");
    assert_eq!(denied(row(8), Vec::new()), "likely ", "another name is another question");
    assert_eq!(denied(of(1), Vec::new()), "certain ", "and so is his own");
    assert_eq!(denied(row(9), vec![Finding::Decided(Some(0))]), "decided ", "a decision goes before");
    assert_eq!(denied(row(9), vec![Finding::Review(vec![candidate(1)])]), "review name_of_another");
}

fn candidate(person: u32) -> Candidate {
    Candidate { person, pass: 1, weight: None, probability: None, against: None, registry_number: false }
}

#[test]
fn a_finding_links_what_the_number_does_not() {
    let broken = |loose| Row { status: IdStatus::CheckDigit, loose, ..ROW };
    let rows = [broken(1), broken(2), broken(3), broken(4), broken(5), broken(0)];
    let findings = vec![
        Finding::Linked(LinkClass::Repaired, candidate(1)),
        Finding::Review(vec![candidate(0), candidate(1)]),
        Finding::Decided(Some(2)),
        Finding::Decided(None),
        Finding::Nothing,
    ];
    let expected = [
        "repaired p2",
        "review id_unusable",
        "decided p3",
        "none decided_nobody",
        "none id_unusable",
        "none id_unusable",
    ];
    assert_eq!(links(&rows, findings), expected);
}

#[test]
fn a_number_of_the_registry_goes_before_every_finding_but_a_decision() {
    let weak = Finding::Linked(LinkClass::Composite, candidate(1));
    assert_eq!(links(&[Row { loose: 1, ..of(1) }], vec![weak.clone()]), ["certain p1"]);
    let other_name = Row { loose: 1, name: 9, ..of(1) };
    assert_eq!(links(std::slice::from_ref(&other_name), vec![weak]), ["likely p1"]);
    let of = |candidates: &[u32]| vec![Finding::Review(candidates.iter().map(|person| candidate(*person)).collect())];
    assert_eq!(links(std::slice::from_ref(&other_name), of(&[1])), ["review name_of_another"]);
    assert_eq!(links(std::slice::from_ref(&other_name), of(&[0, 1])), ["likely p1"], "the owner fits too");
    assert_eq!(links(&[other_name], vec![Finding::Decided(Some(1))]), ["decided p2"]);
}

#[test]
fn a_number_that_was_his_before_is_his() {
    assert_eq!(links(&[of(77)], Vec::new()), ["alias p2"]);
    assert_eq!(links(&[Row { name: 9, ..of(77) }], Vec::new()), ["none not_in_registry"], "another name");
    let weak = Finding::Linked(LinkClass::Composite, candidate(0));
    assert_eq!(links(&[Row { loose: 1, ..of(77) }], vec![weak]), ["alias p2"]);
}

/// Signals of a rule over the amounts of h1: `sure` on rows that the number links, `weak` on one that a composite key links.
fn signals(sure: i64, weak: i64, rule: &str) -> (Vec<Signal>, Vec<Level>) {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.declare(feed, "[[fact]]\nname = \"paid\"\nper = \"household\"\nvalue = \"SUM(amount)\"\n");
    let broken = Row { status: IdStatus::Missing, loose: 1, amount: Some(weak * 100), ..ROW };
    county.put(feed, "2023-03", &[Row { amount: Some(sure * 100), ..of(1) }, broken]);
    county.findings.insert((feed, month("2023-03")), vec![Finding::Linked(LinkClass::Composite, candidate(1))]);
    county.compute();
    county.rule(&format!(
        "[[rule]]\nid = \"r\"\ntitle = \"t\"\nrisk = \"x\"\nbasis = \"b\"\nper = \"household\"\ndepartments = [\"d\"]\n\
         red = \"paid >= 300\"\norange = \"paid >= 200\"\nyellow = \"paid >= 100\"\nreason = \"{{paid}}\"\nactions = [\"a\"]\n{rule}\n\
         [[rule.example]]\nrow = {{ paid = 300.0 }}\nanswer = \"red\"\n"
    ));
    let mut signals = county.signals();
    county.evidence(&mut signals);
    county.weigh_doubt(&ladder(), &mut signals);
    let shown = |signals: &[Signal]| -> Vec<(u32, Level, SignalState, bool, LinkClass, String)> {
        let shown = signals.iter();
        shown.map(|one| (one.household, one.level, one.state, one.doubtful, one.class, one.reason.clone())).collect()
    };
    assert_eq!(shown(&county.replayed(&ladder())), shown(&signals), "as it is published");
    let grading = bidui_match::compile_grading(
        "[[escalation]]\nto = \"red\"\nwhen = \"signals >= 1\"\nreason = \"x\"\n",
        "grading.toml",
    );
    let graded = grade(&signals, &county.rules, &grading.unwrap()).unwrap();
    (signals, graded.iter().map(|warning| warning.level).collect())
}

#[test]
fn what_only_a_weak_row_reaches_is_capped_and_raises_nothing() {
    let check = |sure: i64, weak: i64, level: Level, doubtful: bool, household: Level| {
        let (signals, graded) = signals(sure, weak, "");
        let found: Vec<(Level, bool)> = signals.iter().map(|signal| (signal.level, signal.doubtful)).collect();
        assert_eq!((found, graded), (vec![(level, doubtful)], vec![household]), "{sure} {weak}");
        assert_eq!(signals[0].identity_check().starts_with("疑似，身份待核"), doubtful);
    };
    check(300, 5, Level::Red, false, Level::Red);
    check(250, 100, Level::Orange, false, Level::Red);
    check(50, 300, Level::Yellow, true, Level::Yellow);
    check(100, 300, Level::Yellow, false, Level::Red);
    check(0, 150, Level::Yellow, true, Level::Yellow);
}

#[test]
fn a_rule_may_ask_for_better_links() {
    let of = |rule: &str| signals(0, 150, rule).0.remove(0).state;
    assert_eq!(of("least_link = \"likely\""), SignalState::Review);
    assert_eq!(of("least_link = \"composite\""), SignalState::Live);
    assert_eq!(signals(100, 50, "least_link = \"likely\"").0[0].state, SignalState::Live, "beyond doubt without it");
}
