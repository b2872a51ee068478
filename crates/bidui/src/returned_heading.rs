//! Which row of a sheet is the heading of a list, of which list, and where its columns are.

use std::collections::{BTreeMap, BTreeSet};

use bidui_emit::{AnswerKind, AnswerPlan, ListPlan, ReturnPlan, SHEETS_BESIDE, SheetPlan};
use bidui_ingest::GridRow;
use bidui_model::{ReturnKind, canonical_row_key};

use crate::returned_reason::Reason;

/// A word without what people change in it: blanks, width, punctuation, small letters.
pub(crate) fn bare(text: &str) -> String {
    canonical_row_key(text).chars().filter(|character| character.is_alphanumeric()).collect()
}

/// The column of a query that holds the household's number.
const HOUSEHOLD: &str = "household_id";

/// The sheets that come back.
pub(crate) struct Plans<'a> {
    plans: Vec<Plan<'a>>,
    /// Names of the sheets that are issued to be read.
    to_read: BTreeSet<&'a str>,
}

struct Plan<'a> {
    sheet: &'a SheetPlan,
    returns: &'a ReturnPlan,
    list: &'a ListPlan,
    answers: Vec<String>,
    columns: Vec<String>,
    key: String,
}

/// A heading row: whose it is, and in which columns of the file things stand. A heading may stand there twice.
pub(crate) struct Heading<'a> {
    pub(crate) returns: &'a ReturnPlan,
    pub(crate) signature: Option<&'a str>,
    pub(crate) key: Vec<usize>,
    pub(crate) tag: Vec<usize>,
    /// Columns that say whose row it is, with their title.
    pub(crate) household: Vec<(&'a str, usize)>,
    pub(crate) answers: Vec<(&'a AnswerPlan, Vec<usize>)>,
}

impl Heading<'_> {
    /// What makes every row below it worthless: a column is missing by which rows attach, or an answer does not stand between those two. Only
    /// there a sort of a part of the columns parts the key from the tag; an answer outside could have been sorted away from both unseen.
    pub(crate) fn fault(&self) -> Option<Reason> {
        let (Some(key), Some(tag)) = (self.key.first(), self.tag.first()) else {
            let missing = if self.key.is_empty() { &self.returns.key_title } else { ReturnPlan::TAG_TITLE };
            return Some(Reason::ColumnMissing(missing.to_owned()));
        };
        // Without its main answer a row says nothing; where that is a day, the others do.
        if let Some((answer, _)) = self.answers.first().filter(|(answer, places)| {
            places.is_empty() && matches!(answer.kind, AnswerKind::Choices(_) | AnswerKind::Options(_))
        }) {
            return Some(Reason::AnswerMissing(answer.title.clone()));
        }
        let between = key.min(tag)..key.max(tag);
        let outside = |(_, places): &&(&AnswerPlan, Vec<usize>)| places.iter().any(|place| !between.contains(&place));
        let (answer, _) = self.answers.iter().find(outside)?;
        Some(Reason::Outside(answer.title.clone(), self.returns.key_title.clone()))
    }
}

impl<'a> Plans<'a> {
    /// Whether sheets of that name are issued to be read and not to be filled in.
    pub(crate) fn is_to_read(&self, sheet: &str) -> bool {
        SHEETS_BESIDE.contains(&sheet) || self.to_read.contains(sheet)
    }

    pub(crate) fn of(lists: &'a [ListPlan]) -> Self {
        let sheets = lists.iter().flat_map(|list| list.sheets.iter().map(move |sheet| (list, sheet)));
        let plan = |(list, sheet): (&'a ListPlan, &'a SheetPlan)| {
            let returns = sheet.returns.as_ref()?;
            Some(Plan {
                sheet,
                returns,
                list,
                answers: sheet.answers.iter().map(|answer| bare(&answer.title)).collect(),
                columns: sheet.columns.iter().map(|column| bare(&column.title)).collect(),
                key: bare(&returns.key_title),
            })
        };
        let plans: Vec<Plan<'a>> = sheets.clone().filter_map(plan).collect();
        let fills = |name: &str| plans.iter().any(|plan| plan.sheet.name == name);
        let to_read = sheets.map(|(_, sheet)| sheet.name.as_str()).filter(|name| !fills(name)).collect();
        Self { plans, to_read }
    }

    /// `“预警编号”“校验码”和“核查结果”等（《…》）`.
    pub(crate) fn looked_for(&self) -> String {
        let words = self.plans.iter().map(|plan| {
            let first = plan.sheet.answers.first().map_or("", |answer| answer.title.as_str());
            format!("“{}”“{}”“{first}”（{}）", plan.returns.key_title, ReturnPlan::TAG_TITLE, plan.sheet.title)
        });
        // Of many lists the first will do to see what is meant.
        let words: Vec<String> = words.collect();
        let first = self.plans.iter().position(|plan| plan.returns.kind == ReturnKind::Verification).unwrap_or(0);
        if words.len() > 3 {
            format!("{}，或者别的下发清单的", words[first])
        } else {
            words.join("，或者")
        }
    }

    /// The heading that the row is, if it is one: the key's column or the tags', and answers, by their titles.
    pub(crate) fn heading(&self, row: &GridRow) -> Option<Heading<'a>> {
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for column in 0..row.width() {
            let title = bare(row.get(column).text);
            if !title.is_empty() {
                places.entry(title).or_default().push(column);
            }
        }
        let at = |title: &str| places.get(title).cloned().unwrap_or_default();
        let tag = at(ReturnPlan::TAG_TITLE);
        let score = |plan: &Plan<'_>| {
            let answers = plan.answers.iter().filter(|title| places.contains_key(*title)).count();
            let keys = usize::from(places.contains_key(&plan.key)) + usize::from(!tag.is_empty());
            let columns = plan.columns.iter().filter(|title| places.contains_key(*title)).count();
            let is_one = answers > 0 && keys > 0 && (keys == 2 || answers + columns > 3);
            is_one.then_some((answers, keys, columns, usize::MAX - plan.answers.len()))
        };
        // Of equals the first; a row of another kind's list would not be known under this kind, and so be refused and not mistaken.
        let scored = self.plans.iter().filter_map(|plan| Some((score(plan)?, plan)));
        let (_, plan) = scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        let says_whose = plan.sheet.columns.iter().filter(|column| column.value == HOUSEHOLD);
        let says_whose = says_whose.map(|column| column.title.as_str());
        Some(Heading {
            household: says_whose.flat_map(|title| at(&bare(title)).into_iter().map(move |at| (title, at))).collect(),
            returns: plan.returns,
            signature: plan.list.signature.as_deref(),
            key: at(&plan.key),
            tag,
            answers: plan.sheet.answers.iter().zip(&plan.answers).map(|(answer, title)| (answer, at(title))).collect(),
        })
    }
}
