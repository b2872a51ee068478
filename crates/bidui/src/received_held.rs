//! Answers that the registry contradicts, and that nothing else would ever show once their case is closed: that a household is monitored which the
//! registry does not know so, and that nobody of a household is alive of which it has several persons. They do not close their case on the first word.

use bidui_emit::{Choice, Effect};
use bidui_ledger::{Answer, CaseState};

use crate::casebook::effect_held;
use crate::received_known::Known;
use crate::received_rows::case_of;
use crate::returned::ReturnedRow;

/// Why an answer is not carried out as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// It is so, and the household is not monitored: somebody is to include it, or to enter that it is.
    NotMonitored,
    /// Several persons are registered; how many. A second list that says so is believed.
    SeveralAlive(i64),
}

pub(crate) fn held(row: &ReturnedRow, choice: &Choice, known: &Known<'_>) -> Option<Held> {
    if !matches!(choice.effect, Some(Effect::Monitored | Effect::Deceased)) {
        return None;
    }
    let number = case_of(&row.row_key)?;
    // What cannot be read is told where the remarks are made.
    let registry = known.registry().ok().flatten()?;
    let (household, history) = known.ledger.history(&number).ok().flatten()?;
    if choice.effect == Some(Effect::Monitored) {
        return (!registry.is_monitored(&household, &history)).then_some(Held::NotMonitored);
    }
    // The same list again, or the same file, is the same word.
    let is_second = history.answers().any(|(of, month, list, answer)| {
        let is_before = (month, list) != (row.month, row.list.as_str()) && month <= row.month;
        *of == number && is_before && answer.code == choice.code
    });
    let size = registry.size(&household);
    (size > 1 && !is_second).then_some(Held::SeveralAlive(size))
}

/// The answer as far as it can be carried out.
pub(crate) fn as_held(answer: &mut Answer, choice: &Choice, held: Held) {
    match held {
        Held::NotMonitored => answer.leaves = CaseState::Followed,
        Held::SeveralAlive(_) => (answer.leaves, answer.is_finding) = (CaseState::Open, false),
    }
    if let Some(effect) = effect_held(choice.effect) {
        effect.name().clone_into(&mut answer.effect);
    }
}
