//! What the ledger made of rows that came back, in remarks that say so: an answer is one of several to a household, and what it does hangs on the others.
//! Nothing here is guessed from the row; it is what stands once the file is taken, in a trial, too.

use std::collections::BTreeMap;

use bidui_ledger::{CaseNumber, CaseState, History, Ledger};
use bidui_model::ReturnKind;

use crate::case_stage::stage;
use crate::exit::Fault;
use crate::received_rows::{case_of, day};
use crate::returned::{At, ReturnedRow};
use crate::returned_remark::Remark;

/// Fills in what became of the rows that remarks are about. `after` are, of a trial, the households of which a file says something
/// new, as they would stand with it; else the ledger knows.
pub(crate) fn tell_outcomes(
    remarks: &mut Vec<(At, Remark)>,
    rows: &[ReturnedRow],
    after: &BTreeMap<&str, &BTreeMap<String, History>>,
    ledger: &Ledger,
) -> Result<(), Fault> {
    let rows: BTreeMap<&At, &ReturnedRow> = rows.iter().map(|row| (&row.at, row)).collect();
    for (at, remark) in remarks.iter_mut().filter(|(_, remark)| remark.tells_outcome()) {
        let Some(row) = rows.get(at) else { continue };
        let Some(number) = case_number(row) else { continue };
        let Some((household, known)) = ledger.history(&number)? else { continue };
        let history = after.get(at.file.as_str()).and_then(|files| files.get(&household)).unwrap_or(&known);
        let stands = history.standing();
        let stage = || stands.map(|case| stage(case).to_owned());
        match remark {
            Remark::NotMonitored { stage: became, .. } => *became = stage(),
            Remark::EndsInclusion(_, became) | Remark::BesideInclusion(_, became) => {
                let goes_on = stands.is_some_and(|case| case.to_include.is_some() || case.is_included());
                *became = stage().map(|stage| (stage, goes_on));
            }
            Remark::Moved(_, is_taken) | Remark::BeforeWarning(is_taken) => {
                let on = history.heir(&number).and_then(|case| case.included.as_ref()?.on);
                *is_taken = on == day(row, "included_on");
            }
            Remark::EarlierList(is_open) => {
                *is_open = history.heir(&number).is_some_and(|case| case.state == CaseState::Open);
            }
            _ => {}
        }
    }
    remarks.retain(|(_, remark)| *remark != Remark::EarlierList(false));
    Ok(())
}

fn case_number(row: &ReturnedRow) -> Option<CaseNumber> {
    match row.kind {
        ReturnKind::Verification | ReturnKind::Sample | ReturnKind::FollowUp => case_of(&row.row_key),
        _ => None,
    }
}
