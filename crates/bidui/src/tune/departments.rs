//! Doors and signals by department, which a door has from its signals' rules: the departments of the month as it was published, since what a department
//! was asked then is what its answers are about. What the proposal itself hands to other departments is theirs on its side.

use std::collections::{BTreeMap, BTreeSet};

use crate::tune::figures::{Door, DoorFigures, Group, add_sides, add_signals};
use crate::tune::replay::{Book, Fired, Replayed};

pub(super) fn departments(doors: &[Door<'_>], book: &Book) -> Vec<DoorFigures> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for door in doors {
        let of_signals = |signals: &[Fired], is_after: bool| -> Vec<String> {
            let names: BTreeSet<&String> =
                signals.iter().flat_map(|signal| of_rule(book, door.month, signal.rule, is_after)).collect();
            names.into_iter().cloned().collect()
        };
        let (before, after) = (of_signals(door.before_signals, false), of_signals(door.after_signals, true));
        add_sides(&mut groups, door, before, after);
        let of_signal = |signal: &Fired, is_after: bool| of_rule(book, door.month, signal.rule, is_after).to_vec();
        add_signals(&mut groups, door, &of_signal);
    }
    groups.into_iter().map(|(key, group)| group.shown(key.clone(), key)).collect()
}

fn of_rule<'a>(book: &'a Book, month: &'a Replayed, rule: usize, is_after: bool) -> &'a [String] {
    let name = &book.rules[rule];
    match month.departments.get(&rule) {
        Some(published) if !(is_after && name.is_handed_over) => published,
        _ => &name.departments,
    }
}
