//! One sheet of a list that came back, row by row.

use std::collections::BTreeMap;

use bidui_emit::{AnswerKind, AnswerPlan, Effect};
use bidui_ingest::{GridRow, GridSheet};
use bidui_model::{CellKind, RawCell, ReturnKind, canonical_row_key};
use bidui_normalize::ListTags;

use crate::returned::{Answer, At, Issue, Refusal, ReturnedInputs, ReturnedRow};
use crate::returned_answer::{Reading, is_nothing, read_answer};
use crate::returned_date::hold;
use crate::returned_heading::{Heading, Plans, bare};
use crate::returned_reason::Reason;
use crate::returned_remark::{Remark, Until};

/// What became of the rows under a heading: `rows` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) rows: u64,
    pub(crate) answered: u64,
    /// Nothing was filled in.
    pub(crate) unanswered: u64,
    pub(crate) refused: u64,
    /// The same answers to the same row again.
    pub(crate) repeated: u64,
    /// Another file has a later copy of the row.
    pub(crate) older: u64,
}

/// What a sheet has, a part for each heading row.
#[derive(Default)]
pub(crate) struct ReadSheet {
    pub(crate) parts: Vec<(ReturnKind, Counts)>,
    /// With the place of their part.
    pub(crate) rows: Vec<(ReturnedRow, usize)>,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) remarks: Vec<(At, Remark)>,
}

pub(crate) struct SheetReader<'a> {
    inputs: &'a ReturnedInputs<'a>,
    plans: &'a Plans<'a>,
    file: &'a str,
    sheet: &'a GridSheet,
    read: ReadSheet,
    /// The refusal of all rows below the present heading.
    fault: Option<usize>,
}

/// The fate of a row.
enum Fate {
    Taken(Box<ReturnedRow>),
    Unanswered,
    Refused(Option<String>, Reason),
    /// No row of the list.
    Foreign,
}

impl<'a> SheetReader<'a> {
    pub(crate) fn new(
        inputs: &'a ReturnedInputs<'a>,
        plans: &'a Plans<'a>,
        file: &'a str,
        sheet: &'a GridSheet,
    ) -> Self {
        Self { inputs, plans, file, sheet, read: ReadSheet::default(), fault: None }
    }

    pub(crate) fn read(mut self) -> ReadSheet {
        let mut heading: Option<Heading<'a>> = None;
        for row in &self.sheet.rows {
            if let Some(found) = self.plans.heading(row) {
                self.begin(row, &found);
                heading = Some(found);
            } else if let Some(heading) = &heading {
                self.row(row, heading);
            }
        }
        self.read
    }

    fn at(&self, row: u32) -> At {
        At { file: self.file.to_owned(), sheet: self.sheet.name.clone(), row: Some(row) }
    }

    /// A heading row. Where it is at fault, all below it is refused at once.
    fn begin(&mut self, row: &GridRow, heading: &Heading<'_>) {
        self.read.parts.push((heading.returns.kind, Counts::default()));
        self.fault = heading.fault().map(|reason| {
            let at = self.at(row.number);
            self.read.refusals.push(Refusal { at, heading: None, rows: 0, reason });
            self.read.refusals.len() - 1
        });
    }

    fn row(&mut self, row: &GridRow, heading: &Heading<'_>) {
        let at = self.at(row.number);
        let before = self.read.refusals.len();
        let fate = self.fate(row, heading, &at);
        let part = self.read.parts.len() - 1;
        let counts = &mut self.read.parts[part].1;
        counts.rows += 1;
        match fate {
            Fate::Taken(row) => {
                counts.answered += 1;
                self.read.rows.push((*row, part));
            }
            Fate::Unanswered => counts.unanswered += 1,
            Fate::Refused(title, reason) => {
                counts.refused += 1;
                // Its other cells do not matter any more.
                self.read.refusals.truncate(before);
                self.read.remarks.retain(|(of, _)| *of != at);
                match self.fault.and_then(|fault| self.read.refusals.get_mut(fault)) {
                    // Told once, at the heading.
                    Some(told) => told.rows += 1,
                    None => self.read.refusals.push(Refusal { at, heading: title, rows: 1, reason }),
                }
            }
            Fate::Foreign => counts.rows -= 1,
        }
    }

    fn fate(&mut self, row: &GridRow, heading: &Heading<'_>, at: &At) -> Fate {
        let (key, tag) = match (self.one(row, &heading.key), self.one(row, &heading.tag)) {
            (Ok(key), Ok(tag)) => (canonical_row_key(key.text), tag.text),
            _ => return Fate::Refused(None, Reason::TwoColumns),
        };
        let readings: Vec<(&AnswerPlan, Reading)> =
            heading.answers.iter().map(|(answer, places)| (*answer, self.reading(row, answer, places))).collect();
        let is_answered = readings.iter().any(|(_, reading)| !matches!(reading, Reading::Nothing));
        let has_first = readings.first().is_some_and(|(_, reading)| matches!(reading, Reading::Is(_)));
        // The line for signatures may stand under any column. What has a tag, or an answer, is none, whatever a remark in it begins with.
        if tag.trim().is_empty() && !has_first && is_signature(row, heading.signature) {
            return Fate::Foreign;
        }
        if key.is_empty() && tag.is_empty() {
            return self.without_key_and_tag(row, heading, &readings, at);
        }
        if !is_answered {
            return Fate::Unanswered;
        }
        let title = heading.returns.key_title.clone();
        if self.fault.is_some() {
            // With the words that stand at the heading.
            return Fate::Refused(None, Reason::TagMissing);
        }
        if row.is_broken {
            return Fate::Refused(None, Reason::BrokenRow);
        }
        if key.is_empty() {
            return Fate::Refused(None, Reason::KeyMissing(title));
        }
        if tag.is_empty() {
            return Fate::Refused(None, Reason::TagMissing);
        }
        let Some(tag) = ListTags::read(tag) else {
            return Fate::Refused(None, Reason::TagUnreadable);
        };
        match (self.inputs.lookup)(heading.returns.kind, &key, &tag) {
            Issue::Issued { list, month, household, edition } => {
                if let Some(column) = household.and_then(|household| other_household(row, heading, &household)) {
                    return Fate::Refused(None, Reason::OtherHousehold(column, title));
                }
                let answers = BTreeMap::new();
                let kind = heading.returns.kind;
                let row = ReturnedRow { kind, list, month, row_key: key, tag, edition, answers, at: at.clone() };
                self.answers(row, readings)
            }
            Issue::Unknown => Fate::Refused(None, Reason::NeverIssued(title)),
            Issue::Mismatch => Fate::Refused(None, Reason::Mismatch(title)),
            Issue::WrongCheck => Fate::Refused(None, Reason::WrongCheck(title)),
        }
    }

    /// A signature, a note between the rows, or answers that nobody can attach.
    fn without_key_and_tag(
        &mut self,
        row: &GridRow,
        heading: &Heading<'_>,
        readings: &[(&AnswerPlan, Reading)],
        at: &At,
    ) -> Fate {
        let first = readings.first().map(|(answer, reading)| (&answer.kind, reading));
        let has_result = match first {
            Some((AnswerKind::Text, _)) | None => {
                readings.iter().filter(|(_, reading)| !matches!(reading, Reading::Nothing)).count() > 1
            }
            Some((_, reading)) => matches!(reading, Reading::Is(_) | Reading::YearTaken(..)),
        };
        if has_result {
            return Fate::Refused(None, Reason::BothMissing(heading.returns.key_title.clone()));
        }
        let is_filled = readings
            .iter()
            .any(|(_, reading)| !matches!(reading, Reading::Nothing | Reading::Refused(Reason::Merged(_))));
        if is_filled && !is_signature(row, heading.signature) {
            self.read.remarks.push((at.clone(), Remark::PassedOver));
        }
        Fate::Foreign
    }

    /// The cell under a heading; an error where the heading stands twice and the cells differ.
    fn one<'r>(&self, row: &'r GridRow, places: &[usize]) -> Result<RawCell<'r>, Reason> {
        let mut found = RawCell { kind: CellKind::Empty, text: "" };
        for cell in places.iter().map(|place| row.get(*place)).filter(|cell| !cell.text.is_empty()) {
            if !found.text.is_empty() && bare(found.text) != bare(cell.text) {
                return Err(Reason::TwoColumns);
            }
            found = cell;
        }
        Ok(found)
    }

    fn reading(&self, row: &GridRow, answer: &AnswerPlan, places: &[usize]) -> Reading {
        let merged = self.sheet.merges.iter().find(|(first, last, column)| {
            *first < row.number && row.number <= *last && places.contains(&(*column as usize))
        });
        match self.one(row, places) {
            Err(reason) => Reading::Refused(reason),
            Ok(cell) if cell.text.is_empty() => match merged {
                Some((first, ..)) if self.is_filled(*first, places) => Reading::Refused(Reason::Merged(*first)),
                _ => Reading::Nothing,
            },
            Ok(cell) => read_answer(cell, answer, self.inputs.choices, self.inputs.towns),
        }
    }

    /// Whether something stands in the row of that number.
    fn is_filled(&self, number: u32, places: &[usize]) -> bool {
        let rows = &self.sheet.rows;
        let row = rows.binary_search_by_key(&number, |row| row.number).ok().map(|place| &rows[place]);
        row.is_some_and(|row| places.iter().any(|place| !is_nothing(row.get(*place).text)))
    }

    /// The answers of a row that was issued.
    fn answers(&mut self, mut row: ReturnedRow, readings: Vec<(&AnswerPlan, Reading)>) -> Fate {
        let mut first_refused = None;
        for (place, (plan, reading)) in readings.iter().enumerate() {
            let dated = match reading {
                Reading::Nothing => continue,
                Reading::Is(answer) => Ok((answer.clone(), None)),
                Reading::YearTaken(date) => {
                    date.near(row.month, plan.ahead).map(|(answer, words)| (answer, Some(words)))
                }
                Reading::Refused(reason) => Err(reason.clone()),
            };
            let held = dated.and_then(|(answer, words)| hold(&answer, row.month, plan.ahead).map(|()| (answer, words)));
            match held {
                Ok((answer, words)) => {
                    row.answers.insert(plan.key.clone(), answer);
                    if let Some(words) = words {
                        self.read.remarks.push((row.at.clone(), Remark::YearTaken(plan.title.clone(), words)));
                    }
                }
                Err(reason) => {
                    if place == 0 {
                        first_refused = Some((plan.title.clone(), reason.clone()));
                    }
                    let heading = Some(plan.title.clone());
                    self.read.refusals.push(Refusal { at: row.at.clone(), heading, rows: 0, reason });
                }
            }
        }
        if let Some((title, reason)) = first_refused {
            return Fate::Refused(Some(title), reason);
        }
        if row.answers.is_empty() {
            // Whatever was written there was refused, cell by cell; the last reason stands for the row.
            let told = self.read.refusals.pop();
            let (title, reason) = told.map_or((None, Reason::ErrorValue), |told| (told.heading, told.reason));
            return Fate::Refused(title, reason);
        }
        if matches!(row.answers.get(REVIEW), Some(Answer::Text(words)) if is_refused(words)) {
            return Fate::Refused(None, Reason::NotAgreed);
        }
        let plans: Vec<&AnswerPlan> = readings.iter().map(|(plan, _)| *plan).collect();
        self.remark(&row, &plans);
        Fate::Taken(Box::new(row))
    }

    /// What the answers lack.
    fn remark(&mut self, row: &ReturnedRow, plans: &[&AnswerPlan]) {
        let Some(first) = plans.first() else { return };
        let mut remarks = Vec::new();
        if !row.answers.contains_key(&first.key) {
            remarks.push(Remark::NoFirst(first.title.clone()));
        }
        for plan in plans {
            let (AnswerKind::Choices(name), Some(Answer::Choice(code))) = (&plan.kind, row.answers.get(&plan.key))
            else {
                continue;
            };
            let choices = self.inputs.choices.lists.get(name).into_iter().flatten();
            for choice in choices.filter(|choice| choice.code == *code) {
                let rests_on = choice.effect.map_or(&[][..], Effect::rests_on);
                let group = |key: &str| rests_on.iter().find(|keys| keys.contains(&key));
                let stands = |key: &str| row.stands(key, choice.effect);
                let lacks = |key: &str| match group(key) {
                    Some(_) => !stands(key),
                    None => !row.answers.contains_key(key),
                };
                let is_idle = |key: &str| group(key).is_some_and(|keys| !keys.iter().any(|key| stands(key)));
                for lacking in plans.iter().filter(|plan| choice.requires.contains(&plan.key) && lacks(&plan.key)) {
                    let until = match is_idle(&lacking.key) {
                        false if choice.effect == Some(Effect::Include) => Until::Begun,
                        false => Until::Counts,
                        true if row.kind == ReturnKind::Sample => Until::TownStands,
                        true => Until::Unverified,
                    };
                    let title = match lacking.key == EXPLANATION && !choice.needs.is_empty() {
                        true => format!("{}（{}）", lacking.title, choice.needs),
                        false => lacking.title.clone(),
                    };
                    remarks.push(Remark::Requires(choice.written(), title, until));
                }
                let explains = plans.iter().any(|plan| plan.key == EXPLANATION);
                // Who named the town that a case goes to has said what was to be told of it.
                let is_told = row.answers.contains_key(EXPLANATION)
                    || choice.effect == Some(Effect::Reroute) && row.answers.contains_key("to_town");
                let is_required = choice.requires.iter().any(|key| key == EXPLANATION);
                if !choice.needs.is_empty() && explains && !is_told && !is_required {
                    remarks.push(Remark::Needs(choice.written(), choice.needs.clone()));
                }
            }
        }
        self.read.remarks.extend(remarks.into_iter().map(|remark| (row.at.clone(), remark)));
    }
}

/// The title of a column in which another household's number stands than the one that the row is about.
fn other_household(row: &GridRow, heading: &Heading<'_>, household: &str) -> Option<String> {
    let other = |(_, place): &&(&str, usize)| {
        let cell = row.get(*place);
        !is_nothing(cell.text) && cell.kind != CellKind::Error && !may_be(cell.text, household)
    };
    heading.household.iter().find(other).map(|(title, _)| (*title).to_owned())
}

/// Whether a cell may have held that number before a spreadsheet took it for an amount: then it has lost its zeros, or its last digits.
fn may_be(text: &str, household: &str) -> bool {
    let (found, known) = (bare(text), bare(household));
    let is_amount = known.bytes().all(|byte| byte.is_ascii_digit()) && text.trim().parse::<f64>().is_ok();
    found == known
        || is_amount
            && (found.contains('E')
                || found.trim_start_matches('0').get(..EXACT) == known.trim_start_matches('0').get(..EXACT)
                    && found.len().max(known.len()) >= EXACT
                || found.trim_start_matches('0') == known.trim_start_matches('0'))
}

/// Digits that a spreadsheet keeps of an amount.
const EXACT: usize = 15;

/// The answer in which a town's reviewer says whether he agrees.
const REVIEW: &str = "review";

/// Words by which a reviewer sends a row back, and those of his that only deny it.
const REFUSALS: [&str; 4] = ["不同意", "退回", "重核", "重新核查"];
const DENIALS: [&str; 9] =
    ["无不同意", "没有不同意", "未有不同意", "不退回", "无需退回", "不用退回", "无需重核", "不用重核", "无需重新核查"];

fn is_refused(words: &str) -> bool {
    let said = DENIALS.iter().fold(bare(words), |words, denial| words.replace(denial, ""));
    REFUSALS.iter().any(|refusal| said.contains(refusal))
}

/// The answer in which is told what a choice needs.
const EXPLANATION: &str = "explanation";

/// The line for signatures, filled in or not: it begins as the plan's does, with a colon.
fn is_signature(row: &GridRow, signature: Option<&str>) -> bool {
    let label = signature.and_then(|signature| signature.split('：').next()).map(bare).unwrap_or_default();
    let begins = |text: &str| {
        let before = text.split(['：', ':']).next().map(bare);
        before.is_some_and(|before| before == label) && (text.contains(['：', ':']) || bare(text) == label)
    };
    !label.is_empty() && (0..row.width()).any(|column| begins(row.get(column).text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reviewer_who_has_nothing_against_a_row_does_not_send_it_back() {
        for (words, refuses) in [
            ("不同意", true),
            ("退回 重核", true),
            ("请重新核查", true),
            ("经研究，无不同意见，同意上报", false),
            ("同意，不退回", false),
            ("没有不同意见；数字退回更正", true),
        ] {
            assert_eq!(is_refused(words), refuses, "{words}");
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_took_for_an_amount_is_no_other_households() {
        for (text, household) in [
            ("h00000142 ", "H00000142"),
            ("45020601", "0045020601"),
            ("4.50206E+11", "450206001234"),
            ("450206001234567000", "450206001234567891"),
        ] {
            assert!(may_be(text, household), "{text}");
        }
        for (text, household) in
            [("H00000143", "H00000142"), ("45020602", "45020601"), ("142", "H00000142"), ("4502060", "45020601")]
        {
            assert!(!may_be(text, household), "{text}");
        }
    }
}
