//! What the relation `links` says of a row that its ID number did not settle: the passes that were tried, with how many persons each found, and
//! the row's digest.

use bidui_match::Finding;
use bidui_model::LooseRow;
use polars::prelude::*;

use crate::candidates::pass_name;
use crate::config::Config;
use crate::ladder::LadderFound;

/// For each pass that the row has the values for, how many persons it met. Meetings are sorted.
pub(crate) fn by_pass(row: &LooseRow, meetings: &[(u8, u32)]) -> Vec<(u8, u32)> {
    let mut passes: Vec<u8> = row.keys.iter().map(|(pass, _)| *pass).collect();
    passes.dedup();
    let count = |pass: u8| meetings.iter().filter(|(met, _)| *met == pass).count() as u32;
    passes.into_iter().map(|pass| (pass, count(pass))).collect()
}

/// Adds `tried` and `row_digest` to a batch of `links`; both are empty where the number settled the row.
pub(crate) fn add_columns(
    frame: &mut DataFrame,
    loose: &[u32],
    config: &Config,
    ladder: &LadderFound,
    (feed, findings): (usize, &[Finding]),
) -> PolarsResult<()> {
    let rows = frame.height();
    let place = |at: usize| (*loose.get(at)? as usize).checked_sub(1);
    let tried = |at: usize| -> Option<String> {
        let place = place(at)?;
        let passes = ladder.tried.get(&feed)?.get(place)?;
        let mut words: Vec<String> =
            passes.iter().map(|(pass, found)| format!("{}：{found}人", pass_name(&config.ladder, *pass))).collect();
        let weighed = ladder.weighed.get(&feed).and_then(|weighed| weighed.rows.get(&(place as u32 + 1)));
        match weighed {
            Some(candidates) => words.push(format!("按权重关联：{}人", candidates.len())),
            None if config.link_model.is_some() && findings.get(place) == Some(&Finding::Nothing) => {
                words.push("按权重关联：0人".to_owned());
            }
            None => {}
        }
        if ladder.joined.contains(&(feed, place)) && matches!(findings.get(place), Some(Finding::Linked(..))) {
            words.push("号码和姓名都相同的另一行已认出：1人".to_owned());
        }
        Some(words.join("；"))
    };
    let digest = |at: usize| Some(format!("{:016x}", ladder.rows.get(&feed)?.get(place(at)?)?.digest));
    let column = |name: &str, of: &dyn Fn(usize) -> Option<String>| {
        if loose.is_empty() {
            return StringChunked::full(name.into(), "", rows).into_column();
        }
        let words: Vec<String> = (0..rows).map(|at| of(at).unwrap_or_default()).collect();
        Column::new(name.into(), words)
    };
    frame.with_column(column("tried", &tried))?;
    frame.with_column(column("row_digest", &digest))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use bidui_model::LooseKind;

    use super::*;

    #[test]
    fn a_pass_that_the_row_has_no_values_for_was_not_tried() {
        let row = LooseRow {
            kind: LooseKind::NoNumber,
            source: 0,
            row: 2,
            keys: vec![(0, 11), (0, 12), (3, 13)],
            birth: None,
            sex: 0,
            digest: 0,
        };
        assert_eq!(by_pass(&row, &[(0, 7), (0, 9)]), [(0, 2), (3, 0)]);
    }
}
