//! How good links are, counted against the truth: what is counted, and the counting. Rows about places never come here.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::link_truth::TrueRow;

/// A row of `links`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundLink {
    pub(crate) class: String,
    /// Empty where there is none.
    pub(crate) person: String,
    pub(crate) weight: Option<f64>,
}

/// Classes by which a row counts for nobody.
const UNLINKED: &str = "none";
const REVIEW: &str = "review";
/// Decided by people: a link, but none of the program's.
const DECIDED: &str = "decided";
/// The class of a row that the truth does not list, since nothing is wrong with it.
const PLAIN: &str = "certain";

/// Known classes, strongest first; others come behind them.
const CLASSES: [&str; 8] =
    ["certain", "likely", DECIDED, "repaired", "damaged_by_excel", "alias", "composite", "weighted"];

/// Bands of the weight: name, and the least weight of the next. The last has no end.
const BANDS: [(&str, f64); 6] =
    [("<0", 0.0), ("0-5", 5.0), ("5-10", 10.0), ("10-15", 15.0), ("15-20", 20.0), (">20", f64::INFINITY)];

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct LinkedRows {
    pub(crate) links: u64,
    pub(crate) right: u64,
    pub(crate) wrong: u64,
    pub(crate) precision: Option<f64>,
}

/// Links and pairs for review whose weight lies in one band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct BandFigures {
    #[serde(flatten)]
    pub(crate) linked: LinkedRows,
    pub(crate) review: u64,
    /// The person to be decided on is the row's.
    pub(crate) review_right: u64,
}

/// What became of registered persons' rows with one kind of damage; of those without any, under no code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct DamageFigures {
    pub(crate) rows: u64,
    pub(crate) right: u64,
    pub(crate) wrong: u64,
    pub(crate) review: u64,
    pub(crate) unlinked: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Overall {
    /// Rows about persons, without the registry's own.
    pub(crate) rows: u64,
    /// Of these, rows of persons whom the month's registry has.
    pub(crate) registered: u64,
    pub(crate) linked_right: u64,
    pub(crate) linked_wrong: u64,
    pub(crate) recall: Option<f64>,
    /// Without what people decided.
    pub(crate) automatic_links: u64,
    pub(crate) precision: Option<f64>,
    pub(crate) f1: Option<f64>,
    pub(crate) review: u64,
    pub(crate) review_share: Option<f64>,
    pub(crate) outside: u64,
    pub(crate) outside_linked: u64,
    /// One in so many rows of people outside the registry was linked.
    pub(crate) outside_linked_one_in: Option<f64>,
    /// Rows of the truth that were set aside, and those that are nowhere: of an extract that was not used.
    pub(crate) set_aside: u64,
    pub(crate) unused: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Figures {
    pub(crate) month: String,
    pub(crate) overall: Overall,
    /// By class, as in `links`.
    pub(crate) classes: BTreeMap<String, LinkedRows>,
    /// By band of the weight; empty where `links` has no weights.
    pub(crate) weights: BTreeMap<&'static str, BandFigures>,
    /// By code; `""` for rows without damage.
    pub(crate) damage: BTreeMap<String, DamageFigures>,
}

impl FoundLink {
    fn is_linked(&self) -> bool {
        self.class != UNLINKED && self.class != REVIEW
    }
    fn is_to(&self, person: &str) -> bool {
        !person.is_empty() && self.person == person
    }
}

impl LinkedRows {
    fn add(&mut self, is_right: bool) {
        self.links += 1;
        *if is_right { &mut self.right } else { &mut self.wrong } += 1;
    }
}

/// `part` of `whole`, if there is a whole.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn band(weight: f64) -> &'static str {
    // A weight of 20 is not above 20.
    let is_in = |end: f64| if end == 20.0 { weight <= end } else { weight < end };
    BANDS.iter().find(|(_, end)| is_in(*end)).map_or(">20", |(name, _)| name)
}

impl Figures {
    pub(crate) fn new(month: String) -> Self {
        Self { month, ..Self::default() }
    }

    /// Counts the links of one place against the records that the truth has there. Returns how many of these have no link.
    pub(crate) fn count(&mut self, truths: Vec<TrueRow>, links: Vec<FoundLink>) -> u64 {
        let (pairs, left) = pair(truths, links);
        for (link, truth) in &pairs {
            self.tally(link, truth.as_ref());
        }
        left
    }

    /// `truth` is `None` for a row that the truth does not list: nothing is wrong with it.
    pub(crate) fn tally(&mut self, link: &FoundLink, truth: Option<&TrueRow>) {
        let is_of_registry = truth.is_none_or(|truth| !truth.person.is_empty());
        let is_persons = truth.map_or(link.class == PLAIN, |truth| link.is_to(&truth.person));
        let is_right = link.is_linked() && is_persons;
        let is_review = link.class == REVIEW;
        let all = &mut self.overall;
        all.rows += 1;
        all.review += u64::from(is_review);
        if is_of_registry {
            all.registered += 1;
            all.linked_right += u64::from(is_right);
        } else {
            all.outside += 1;
            all.outside_linked += u64::from(link.is_linked());
        }
        if link.is_linked() {
            all.linked_wrong += u64::from(!is_right);
            self.classes.entry(link.class.clone()).or_default().add(is_right);
        }
        if let Some(weight) = link.weight {
            let figures = self.weights.entry(band(weight)).or_default();
            if link.is_linked() {
                figures.linked.add(is_right);
            } else if is_review {
                figures.review += 1;
                figures.review_right += u64::from(is_persons);
            }
        }
        if is_of_registry {
            self.tally_damage(link, truth.map_or(&[], |truth| &truth.damage), is_right);
        }
    }

    fn tally_damage(&mut self, link: &FoundLink, codes: &[String], is_right: bool) {
        let whole = [String::new()];
        for code in if codes.is_empty() { &whole } else { codes } {
            let figures = self.damage.entry(code.clone()).or_default();
            figures.rows += 1;
            *match link.class.as_str() {
                UNLINKED => &mut figures.unlinked,
                REVIEW => &mut figures.review,
                _ if is_right => &mut figures.right,
                _ => &mut figures.wrong,
            } += 1;
        }
    }

    /// The shares, once everything is counted.
    pub(crate) fn finish(&mut self) {
        let bands = self.weights.values_mut().map(|band| &mut band.linked);
        for linked in self.classes.values_mut().chain(bands) {
            linked.precision = share(linked.right, linked.links);
        }
        let automatic = || self.classes.iter().filter(|(class, _)| *class != DECIDED).map(|(_, linked)| linked);
        let all = &mut self.overall;
        all.automatic_links = automatic().map(|linked| linked.links).sum();
        all.precision = share(automatic().map(|linked| linked.right).sum(), all.automatic_links);
        all.recall = share(all.linked_right, all.registered);
        all.f1 = all.precision.zip(all.recall).and_then(|(precision, recall)| {
            (precision + recall > 0.0).then(|| 2.0 * precision * recall / (precision + recall))
        });
        all.review_share = share(all.review, all.rows);
        all.outside_linked_one_in = share(all.outside, all.outside_linked);
    }

    /// Classes in their order, with what they hold.
    pub(crate) fn classes_in_order(&self) -> Vec<(&str, &LinkedRows)> {
        let mut classes: Vec<(&str, &LinkedRows)> =
            self.classes.iter().map(|(class, linked)| (class.as_str(), linked)).collect();
        let place = |class: &str| CLASSES.iter().position(|known| *known == class).unwrap_or(CLASSES.len());
        classes.sort_by_key(|(class, _)| (place(class), *class));
        classes
    }

    pub(crate) fn bands_in_order(&self) -> impl Iterator<Item = (&'static str, &BandFigures)> {
        BANDS.iter().filter_map(|(name, _)| Some((*name, self.weights.get(name)?)))
    }
}

/// Links with the records they are of, and how many records have no link.
type Paired = (Vec<(FoundLink, Option<TrueRow>)>, u64);

/// Several persons may stand in one row of a wide extract, in no order that both sides keep: a link goes with the record of its own person,
/// else with the record that carries its person's number. A truth that leaves out plain rows leaves certain links over; what is left then goes by
/// its order.
fn pair(mut truths: Vec<TrueRow>, mut links: Vec<FoundLink>) -> Paired {
    let mut pairs = Vec::with_capacity(links.len());
    let mut take =
        |truths: &mut Vec<TrueRow>, links: &mut Vec<FoundLink>, fits: &dyn Fn(&TrueRow, &FoundLink) -> bool| {
            let mut at = 0;
            while at < truths.len() {
                match links.iter().position(|link| fits(&truths[at], link)) {
                    Some(place) => pairs.push((links.remove(place), Some(truths.remove(at)))),
                    None => at += 1,
                }
            }
        };
    take(&mut truths, &mut links, &|truth, link| link.class == PLAIN && link.is_to(&truth.person));
    take(&mut truths, &mut links, &|truth, link| link.is_linked() && link.is_to(&truth.person));
    take(&mut truths, &mut links, &|truth, link| link.class != PLAIN && link.is_to(&truth.links_to));
    take(&mut truths, &mut links, &|truth, link| link.is_to(&truth.person));
    while links.len() > truths.len() {
        let Some(place) = links.iter().position(|link| link.class == PLAIN) else { break };
        pairs.push((links.remove(place), None));
    }
    let left = truths.len().saturating_sub(links.len()) as u64;
    let mut truths = truths.into_iter();
    pairs.extend(links.into_iter().map(|link| (link, truths.next())));
    (pairs, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(class: &str, person: &str, weight: Option<f64>) -> FoundLink {
        FoundLink { class: class.to_owned(), person: person.to_owned(), weight }
    }

    fn truth(person: &str, links_to: &str, damage: &[&str]) -> TrueRow {
        let damage = damage.iter().map(|code| (*code).to_owned()).collect();
        TrueRow { person: person.to_owned(), links_to: links_to.to_owned(), damage }
    }

    fn figures(places: Vec<(Vec<TrueRow>, Vec<FoundLink>)>) -> Figures {
        let mut figures = Figures::new("2023-03".to_owned());
        for (truths, links) in places {
            figures.overall.set_aside += figures.count(truths, links);
        }
        figures.finish();
        figures
    }

    #[test]
    fn a_small_table_is_counted_by_hand() {
        let found = figures(vec![
            (vec![truth("1", "", &[])], vec![link("certain", "1", None)]),
            (vec![truth("2", "9", &["id_borrowed"])], vec![link("likely", "9", None)]),
            (vec![truth("3", "", &["id_missing", "phone_wrong"])], vec![link("weighted", "3", Some(12.5))]),
            (vec![truth("4", "", &["id_missing"])], vec![link("review", "4", Some(7.0))]),
            (vec![truth("5", "", &["id_e17"])], vec![link("none", "", None)]),
            (vec![truth("", "", &[])], vec![link("weighted", "6", Some(20.0))]),
            (vec![truth("", "", &[])], vec![link("none", "", None)]),
            (vec![truth("7", "", &["row_duplicate"])], vec![]),
            (vec![truth("8", "", &[])], vec![link("decided", "8", None)]),
        ]);
        let all = &found.overall;
        assert_eq!((all.rows, all.registered, all.outside, all.set_aside), (8, 6, 2, 1));
        assert_eq!((all.linked_right, all.linked_wrong, all.review, all.outside_linked), (3, 2, 1, 1));
        assert_eq!((all.recall, all.precision), (Some(0.5), Some(0.5)));
        assert_eq!((all.automatic_links, all.f1, all.outside_linked_one_in), (4, Some(0.5), Some(2.0)));
        let classes: Vec<&str> = found.classes_in_order().iter().map(|(class, _)| *class).collect();
        assert_eq!(classes, ["certain", "likely", "decided", "weighted"]);
        let bands: Vec<(&str, u64, u64, u64)> = found
            .bands_in_order()
            .map(|(name, band)| (name, band.linked.right, band.linked.wrong, band.review_right))
            .collect();
        assert_eq!(bands, [("5-10", 0, 0, 1), ("10-15", 1, 0, 0), ("15-20", 0, 1, 0)]);
        let missing = found.damage["id_missing"];
        assert_eq!((missing.rows, missing.right, missing.review, missing.unlinked), (2, 1, 1, 0));
        assert_eq!(
            (found.damage["id_borrowed"].wrong, found.damage["id_e17"].unlinked, found.damage[""].rows),
            (1, 1, 2)
        );
    }

    #[test]
    fn the_persons_of_a_wide_row_are_matched_whatever_their_order() {
        let truths = vec![truth("1", "", &[]), truth("2", "1", &["id_of_head"]), truth("3", "", &["id_missing"])];
        let links = vec![link("none", "", None), link("likely", "1", None), link("certain", "1", None)];
        let found = figures(vec![(truths, links)]);
        assert_eq!(found.classes["certain"], LinkedRows { links: 1, right: 1, wrong: 0, precision: Some(1.0) });
        assert_eq!((found.damage["id_of_head"].wrong, found.damage["id_missing"].unlinked), (1, 1));
    }

    #[test]
    fn rows_that_the_truth_does_not_list_are_right_when_they_are_certain() {
        let listed = vec![truth("2", "1", &["id_of_head"])];
        let links = vec![link("certain", "1", None), link("likely", "1", None), link("certain", "3", None)];
        let mut found = figures(vec![(listed, links)]);
        assert_eq!(
            (found.overall.linked_right, found.overall.linked_wrong, found.damage["id_of_head"].wrong),
            (2, 1, 1)
        );
        found.tally(&link("likely", "4", None), None);
        found.tally(&link("none", "", None), None);
        assert_eq!((found.overall.linked_right, found.overall.linked_wrong, found.overall.registered), (2, 2, 5));
    }
}
