//! Lists of households, a row or two each: members side by side, or in one cell between semicolons. Every member is a record of the truth,
//! at the row where he stands.

use crate::clerk::{Clerk, Desk, begin_draft, spell_all};
use crate::damage::{Draft, Link, Seat};
use crate::feed::Feed;
use crate::options::SynthError;
use crate::particulars::blur;
use crate::rows::{Cell, town_name};
use crate::spelling::Out;
use crate::table::RowPlace;

/// Members in a row of a wide list; more go on in the next.
const PAIRS: usize = 5;

/// A row while it is put together: its cells, and each member's record.
struct RosterRow {
    outs: Vec<Out>,
    records: Vec<(usize, Draft)>,
}

impl Clerk<'_> {
    /// Takes a household of a list of households; `shared` are the cells before the members.
    pub(crate) fn take_roster(
        &mut self,
        desk: &mut Desk<'_>,
        feed: Feed,
        members: &[usize],
        shared: &[Cell<'_>],
    ) -> Result<(), SynthError> {
        let mut shared = shared.to_vec();
        let blurred = blur(self.setting, desk.household, feed, &mut shared, &self.rates.beside, &mut desk.damage);
        let table = self.inbox.table(feed, desk.month, "")?;
        let (mixed, workbook) = (table.layout.style.mixed, table.layout.form.is_workbook());
        let spelled = spell_all(&shared, feed, table, &mut desk.damage);
        let packed = feed == Feed::RigidSpending;
        let mut places: Vec<RowPlace> = Vec::new();
        for part in members.chunks(if packed { members.len().max(1) } else { PAIRS }) {
            // People merge the cells of one household over its rows, and only the first of them holds the value.
            let outs = if mixed && !places.is_empty() { vec![Out::Empty; spelled.len()] } else { spelled.clone() };
            let mut row = self.seat(desk, feed, part, outs, workbook && !packed);
            for (_, draft) in &mut row.records {
                draft.codes.extend(&blurred);
            }
            if packed {
                self.pack(desk, &mut row, spelled.len(), mixed);
            }
            places.push(self.write_roster_row(desk, feed, row)?);
        }
        if let [first, .., last] = &places[..]
            && mixed
        {
            self.inbox.table(feed, desk.month, "")?.merge_down(first, last, &spelled)?;
        }
        Ok(())
    }

    /// Puts the members behind the shared cells, name before number, with what befalls them.
    fn seat(&mut self, desk: &mut Desk<'_>, feed: Feed, part: &[usize], outs: Vec<Out>, workbook: bool) -> RosterRow {
        let mut row = RosterRow { outs, records: Vec::new() };
        for member in part {
            let person = &desk.household.members[*member];
            let seat = Seat { name: row.outs.len(), id: row.outs.len() + 1, of_head: false };
            row.outs.extend([Out::Text(person.name.clone()), Out::Text(person.id.clone())]);
            let mut draft = begin_draft(desk.household, desk.month, Some(*member), row.outs);
            self.damage_at(desk, &mut draft, feed, *member, seat, workbook);
            // A pair of empty cells would be nobody.
            if draft.outs[seat.id] == Out::Empty && draft.outs[seat.name] == Out::Empty {
                draft.outs[seat.name] = Out::Text(person.name.clone());
                draft.codes.retain(|code| *code != "name_missing");
            }
            row.outs = std::mem::take(&mut draft.outs);
            row.records.push((*member, draft));
        }
        row
    }

    /// Gathers names and numbers into two cells. Now and then a number falls out, and those behind it move up.
    fn pack(&mut self, desk: &mut Desk<'_>, row: &mut RosterRow, shared: usize, mixed: bool) {
        let mut names = Vec::new();
        let mut ids = Vec::new();
        for pair in row.outs.split_off(shared).chunks(2) {
            names.push(words(&pair[0]));
            ids.push(words(&pair[1]));
        }
        let whole = row.records.len() > 1 && row.records.iter().all(|(_, draft)| draft.link == Link::Id);
        if whole && desk.damage.chance(self.rates.shifted) {
            let lost = desk.damage.below(ids.len() - 1);
            ids.remove(lost);
            move_up(&mut row.records[lost..]);
        }
        let separator = if mixed && desk.damage.percent(25) { ";" } else { "；" };
        row.outs.extend([listed(names, separator, mixed), listed(ids, separator, mixed)]);
    }

    fn write_roster_row(&mut self, desk: &mut Desk<'_>, feed: Feed, row: RosterRow) -> Result<RowPlace, SynthError> {
        let month = desk.month;
        let sheet = town_name(self.setting, desk.household);
        let table = self.inbox.table(feed, month, "")?;
        let place = table.row(sheet, &row.outs, &Out::Empty, &Out::Empty)?;
        let again = desk.damage.chance(self.rates.duplicate);
        let second = if again { Some(table.row(sheet, &row.outs, &Out::Empty, &Out::Empty)?) } else { None };
        for (member, mut draft) in row.records {
            let person_no = desk.household.person_no(member);
            let owner = (person_no.as_str(), desk.household.id.as_str());
            self.record_in(feed, month, "", owner, &place, &draft)?;
            if let Some(second) = &second {
                draft.codes.push("row_duplicate");
                self.record_in(feed, month, "", owner, second, &draft)?;
            }
        }
        Ok(second.unwrap_or(place))
    }
}

fn words(out: &Out) -> String {
    match out {
        Out::Text(text) => text.clone(),
        Out::Empty | Out::Number(_) | Out::Day(_) => String::new(),
    }
}

/// Everybody gets the number of the one behind, and the last none.
fn move_up(records: &mut [(usize, Draft)]) {
    for index in 0..records.len() {
        let next = records.get(index + 1).map(|(_, draft)| draft.links_to.clone());
        let draft = &mut records[index].1;
        draft.lose("list_shifted");
        if let Some(next) = next {
            draft.link = Link::NameDiffers;
            draft.links_to = next;
        }
    }
}

/// A list in one cell; in a messy county nobody writes separators for what is missing at its end.
fn listed(mut words: Vec<String>, separator: &str, mixed: bool) -> Out {
    while mixed && words.len() > 1 && words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    Out::Text(words.join(separator))
}
