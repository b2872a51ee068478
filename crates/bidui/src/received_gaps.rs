//! Of a gap in what a household is entitled to, its town and the department are both asked. What one of them says and the other denies is taken as it is, and
//! told: nobody else would see that the two lists contradict each other.

use std::collections::BTreeMap;

use bidui_emit::Split;
use bidui_ledger::{Told, at_the_head};
use bidui_model::{Month, ReturnKind};

use crate::exit::Fault;
use crate::received_known::Known;
use crate::returned::{Answer, At, ReturnedRow};
use crate::returned_remark::Remark;

/// What was last said of each gap, with the month of the list, by list.
type Said = BTreeMap<String, BTreeMap<String, (Month, String)>>;

pub(crate) fn contradictions(rows: &[ReturnedRow], known: &Known<'_>) -> Result<Vec<(At, Remark)>, Fault> {
    let of_gaps: Vec<&ReturnedRow> = rows.iter().filter(|row| row.kind == ReturnKind::PolicyGap).collect();
    if of_gaps.is_empty() {
        return Ok(Vec::new());
    }
    let said = said(&of_gaps, known)?;
    let side = |list: &str| {
        let split = known.config.lists.iter().find(|plan| plan.id == list).map(|plan| plan.split);
        if split == Some(Split::Department) { "部门" } else { "乡镇" }
    };
    let mut found = Vec::new();
    for row in of_gaps {
        let Some(word) = word(row) else { continue };
        let own = said.get(&row.list).and_then(|said| said.get(&row.row_key));
        // Of an older list than the last that was answered: that one counts.
        if own.is_some_and(|(month, _)| *month > row.month) {
            continue;
        }
        let others = said.iter().filter(|(list, _)| **list != row.list);
        let others = others.filter_map(|(list, said)| Some((list, said.get(&row.row_key)?)));
        for (list, (month, other)) in others.filter(|(_, (_, other))| other != word) {
            let remark = Remark::SaidOtherwise(side(list).to_owned(), *month, other.clone());
            found.push((row.at.clone(), remark));
        }
    }
    Ok(found)
}

/// By what the ledger has heard and what came in now; of one month's list the latter counts.
fn said(rows: &[&ReturnedRow], known: &Known<'_>) -> Result<Said, Fault> {
    let sheets = |plan: &bidui_emit::ListPlan| {
        plan.sheets
            .iter()
            .any(|sheet| sheet.returns.as_ref().is_some_and(|returns| returns.kind == ReturnKind::PolicyGap))
    };
    let months = rows.iter().map(|row| row.month).chain(known.months.iter().copied());
    let after = months.max().map_or(rows[0].month, |last| last.plus(1));
    let mut said = Said::new();
    for plan in known.config.lists.iter().filter(|plan| sheets(plan)) {
        let told = known.ledger.told(&plan.id, after, &BTreeMap::new(), &at_the_head)?.into_iter();
        let told = told.map(|Told { row_key, month, code, .. }| (row_key, (month, code)));
        said.insert(plan.id.clone(), told.filter(|(_, (_, code))| !code.is_empty()).collect());
    }
    for row in rows {
        let (Some(word), Some(said)) = (word(row), said.get_mut(&row.list)) else { continue };
        let known = said.get(&row.row_key).is_some_and(|(month, _)| *month > row.month);
        if !known {
            said.insert(row.row_key.clone(), (row.month, word.clone()));
        }
    }
    Ok(said)
}

fn word(row: &ReturnedRow) -> Option<&String> {
    match row.answers.get("result")? {
        Answer::Option(word) => Some(word),
        _ => None,
    }
}
