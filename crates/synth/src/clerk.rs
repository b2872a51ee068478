//! Takes typed rows, and writes them as an office would: spelled, damaged, into the right file, with a line of truth each.

use std::borrow::Cow;
use std::collections::VecDeque;

use bidui_model::Sex;

use crate::damage::{Draft, Link, Others, Rates, Seat, damage, old_number_list, registry_loss};
use crate::dice::{Dice, Purpose};
use crate::feed::{Feed, Kind};
use crate::household::{ALWAYS, Household};
use crate::identity::{Issued, NumberBook, skip_leap_day};
use crate::inbox::Inbox;
use crate::layout::{Column, Form, Split, files_of};
use crate::options::{SynthError, SynthReport};
use crate::particulars::{Stranger, blur};
use crate::rows::{Cell, Setting, outage_cells, town_name};
use crate::spelling::{Out, spell};
use crate::table::{RowPlace, Table};
use crate::truth_files::{Owner, TruthFiles};
use crate::water::Outage;

pub(crate) struct Clerk<'a> {
    pub(crate) setting: &'a Setting<'a>,
    pub(crate) inbox: Inbox,
    pub(crate) truth: TruthFiles,
    pub(crate) book: NumberBook,
    pub(crate) rates: Rates,
    pub(crate) report: SynthReport,
    /// A feed that did not arrive in a month, and one that arrived half empty.
    pub(crate) missing: Option<(Feed, usize)>,
    pub(crate) half_empty: Option<(Feed, usize)>,
    /// A small list that is sent twice, and its rows: place, 人编号, 户编号, and what was made of them.
    pub(crate) twice: Option<(Feed, usize)>,
    pub(crate) kept_rows: Vec<(RowPlace, String, String, Draft)>,
    /// Some persons of households before: number and 人编号.
    pub(crate) neighbours: VecDeque<(String, String)>,
}

/// A household in a month, while its rows are taken.
pub(crate) struct Desk<'a> {
    pub(crate) household: &'a Household,
    pub(crate) month: usize,
    strangers: Dice,
    pub(crate) damage: Dice,
    /// By member: how the registry has lost the number.
    losses: Vec<Option<&'static str>>,
    /// By member: the list that has an old number.
    old: Vec<Option<Feed>>,
}

/// Feeds whose facts take no harm from a row that stands twice: lists, and events that are counted by person or by bill.
fn may_repeat(feed: Feed) -> bool {
    feed.spec().kind != Kind::Events || matches!(feed, Feed::HospitalBills | Feed::Unemployment | Feed::Deaths)
}

impl<'a> Desk<'a> {
    pub(crate) fn new(seed: u64, household: &'a Household, month: usize, rates: &Rates) -> Self {
        let stream = household.index << 8 | month as u64;
        Self {
            household,
            month,
            strangers: Dice::new(seed, Purpose::Stranger, stream),
            damage: Dice::new(seed, Purpose::Damage, stream),
            losses: (0..household.members.len())
                .map(|member| registry_loss(seed, household.index, member, rates))
                .collect(),
            old: (0..household.members.len())
                .map(|member| old_number_list(seed, household.index, member, rates))
                .collect(),
        }
    }
}

impl Clerk<'_> {
    /// Takes a row of a member; events are now and then followed by one of somebody who is not of the county.
    pub(crate) fn take(
        &mut self,
        desk: &mut Desk<'_>,
        feed: Feed,
        member: usize,
        cells: &[Cell<'_>],
    ) -> Result<(), SynthError> {
        self.write(desk, feed, Some(member), cells)?;
        let per_million = match feed.spec().kind {
            Kind::Events => 20_000,
            Kind::Snapshot if matches!(feed, Feed::Students | Feed::Insured) => 2_000,
            _ => 0,
        };
        if per_million > 0 && desk.strangers.chance(per_million) {
            let stranger = self.stranger(desk);
            let mut foreign = cells.to_vec();
            foreign[0] = Cell::Id(Cow::Borrowed(&stranger.id));
            foreign[1] = Cell::Name(&stranger.name);
            stranger.take_over(feed, &mut foreign);
            if feed == Feed::HospitalBills
                && let Cell::Text(bill) = &cells[2]
            {
                foreign[2] = Cell::Text(Cow::Owned(format!("{bill}W{:02}", desk.month)));
            }
            self.write(desk, feed, None, &foreign)?;
        }
        Ok(())
    }

    /// Takes an outage of water, which is about a place.
    pub(crate) fn take_outage(&mut self, outage: &Outage, dice: &mut Dice) -> Result<(), SynthError> {
        let cells = outage_cells(self.setting, outage);
        let table = self.inbox.table(Feed::WaterOutages, outage.month, "")?;
        let outs = spell_all(&cells, Feed::WaterOutages, table, dice);
        let place = table.row("Sheet1", &outs, &Out::Empty, &Out::Empty)?;
        let draft = Draft { outs, codes: Vec::new(), link: Link::Place, links_to: String::new() };
        self.record(Feed::WaterOutages, outage.month, ("", ""), &place, &draft)
    }

    fn stranger(&mut self, desk: &mut Desk<'_>) -> Stranger {
        let dice = &mut desk.strangers;
        let sex = if dice.percent(50) { Sex::Male } else { Sex::Female };
        let birth = skip_leap_day(self.setting.era.first_day(0) - dice.between(7_000, 26_000) as i32);
        let (number, birth) = self.book.give(Issued::City(dice.below(4)), birth, sex);
        Stranger::new(dice, String::from_utf8_lossy(&number).into_owned(), sex, birth)
    }

    fn write(
        &mut self,
        desk: &mut Desk<'_>,
        feed: Feed,
        member: Option<usize>,
        cells: &[Cell<'_>],
    ) -> Result<(), SynthError> {
        let (household, month) = (desk.household, desk.month);
        if self.missing == Some((feed, month)) {
            return Ok(());
        }
        if self.half_empty == Some((feed, month)) && household.index % 20 >= 9 {
            self.truth.count(self.setting.era.months[month], feed.spec().name, "row_not_sent");
            return Ok(());
        }
        let (part, sheet) = self.part_and_sheet(household, feed, month, cells);
        let mut cells = cells.to_vec();
        let blurred = blur(self.setting, household, feed, &mut cells, &self.rates.beside, &mut desk.damage);
        let table = self.inbox.table(feed, month, &part)?;
        let outs = spell_all(&cells, feed, table, &mut desk.damage);
        let mut draft = begin_draft(household, month, member, outs);
        let workbook = table.layout.form.is_workbook();
        if let (Some(member), Some(seat)) = (member, Seat::of(feed)) {
            self.damage_at(desk, &mut draft, feed, member, seat, workbook);
            draft.codes.extend(blurred);
        }
        let table = self.inbox.table(feed, month, &part)?;
        prefix_student_number(&mut draft, feed, table);
        let (decoy, remark) = side_cells(household, feed, month, &mut desk.damage);
        let place = table.row(&sheet, &draft.outs, &decoy, &remark)?;
        let again = may_repeat(feed) && desk.damage.chance(self.rates.duplicate);
        let second = if again { Some(table.row(&sheet, &draft.outs, &decoy, &remark)?) } else { None };
        let person_no = member.map_or(String::new(), |member| household.person_no(member));
        let owner = (person_no.as_str(), member.map_or("", |_| household.id.as_str()));
        self.record_in(feed, month, &part, owner, &place, &draft)?;
        let mut places = vec![place];
        if let Some(place) = second {
            draft.codes.push(if feed == Feed::HospitalBills { "bill_twice" } else { "row_duplicate" });
            self.record_in(feed, month, &part, owner, &place, &draft)?;
            places.push(place);
        }
        if self.twice == Some((feed, month)) {
            let kept = places.into_iter().map(|place| (place, owner.0.to_owned(), owner.1.to_owned(), draft.clone()));
            self.kept_rows.extend(kept);
        }
        Ok(())
    }

    /// Damages what stands of a member at a seat of a row.
    pub(crate) fn damage_at(
        &self,
        desk: &mut Desk<'_>,
        draft: &mut Draft,
        feed: Feed,
        member: usize,
        seat: Seat,
        workbook: bool,
    ) {
        let head = head_of(desk.household, desk, member);
        let others = Others {
            head: head.as_ref().map(|(id, no)| (*id, no.as_str())),
            neighbour: self.neighbours.front().map(|(id, no)| (id.as_str(), no.as_str())),
            registry_loss: desk.losses[member],
            workbook,
            old: desk.old[member] == Some(feed),
        };
        damage(draft, feed, seat, &self.rates, &others, &mut desk.damage);
    }

    /// Sends the small list a second time, byte for byte.
    pub(crate) fn send_twice(&mut self) -> Result<(), SynthError> {
        let Some((feed, month)) = self.twice else { return Ok(()) };
        let Some(file) = self.inbox.send_twice(feed, month)? else { return Ok(()) };
        for (place, person_no, household_id, mut draft) in std::mem::take(&mut self.kept_rows) {
            draft.codes.push("file_twice");
            self.report.rows += 1;
            self.report.damaged_rows += 1;
            let owner = Owner {
                month: self.setting.era.months[month],
                feed: feed.spec().name,
                file: &file,
                person_no: &person_no,
                household_id: &household_id,
            };
            self.truth.row(&owner, &place, &draft)?;
        }
        Ok(())
    }

    fn part_and_sheet(&self, household: &Household, feed: Feed, month: usize, cells: &[Cell<'_>]) -> (String, String) {
        let town = town_name(self.setting, household);
        let part = match (files_of(feed, month, self.setting.options.messy), cells.get(2)) {
            (Split::One, _) => String::new(),
            (Split::School, Some(Cell::Text(school))) => school.to_string(),
            _ => town.to_owned(),
        };
        (part, town.to_owned())
    }

    fn record(
        &mut self,
        feed: Feed,
        month: usize,
        owner: (&str, &str),
        place: &RowPlace,
        draft: &Draft,
    ) -> Result<(), SynthError> {
        self.record_in(feed, month, "", owner, place, draft)
    }

    pub(crate) fn record_in(
        &mut self,
        feed: Feed,
        month: usize,
        part: &str,
        (person_no, household_id): (&str, &str),
        place: &RowPlace,
        draft: &Draft,
    ) -> Result<(), SynthError> {
        self.report.rows += 1;
        self.report.damaged_rows += u64::from(!draft.codes.is_empty());
        let file = self.inbox.table(feed, month, part)?.file.clone();
        let owner = Owner {
            month: self.setting.era.months[month],
            feed: feed.spec().name,
            file: &file,
            person_no,
            household_id,
        };
        self.truth.row(&owner, place, draft)
    }

    /// Remembers somebody whose number others may borrow: in the registry of every month, and sound there.
    pub(crate) fn remember(&mut self, household: &Household, losses: &[Option<&'static str>]) {
        let member = &household.members[0];
        if member.from == 0 && member.until == ALWAYS && losses.first() == Some(&None) {
            self.neighbours.push_back((member.id.clone(), household.person_no(0)));
        }
        if self.neighbours.len() > 16 {
            self.neighbours.pop_front();
        }
    }
}

impl Desk<'_> {
    pub(crate) fn losses(&self) -> &[Option<&'static str>] {
        &self.losses
    }
}

pub(crate) fn spell_all(cells: &[Cell<'_>], feed: Feed, table: &Table, dice: &mut Dice) -> Vec<Out> {
    let style = table.layout.style;
    cells.iter().enumerate().map(|(column, cell)| spell(cell, feed, column, &style, dice)).collect()
}

pub(crate) fn begin_draft(household: &Household, month: usize, member: Option<usize>, outs: Vec<Out>) -> Draft {
    let registered = member.filter(|member| household.in_registry(*member, month));
    Draft {
        outs,
        codes: Vec::new(),
        link: if registered.is_some() { Link::Id } else { Link::Outside },
        links_to: registered.map_or(String::new(), |member| household.person_no(member)),
    }
}

/// The head's number, if it is another's and sound in the registry.
fn head_of<'h>(household: &'h Household, desk: &Desk<'_>, member: usize) -> Option<(&'h str, String)> {
    let head = household.head_at(desk.month);
    let sound = head != member && desk.losses[head].is_none() && household.in_registry(head, desk.month);
    sound.then(|| (household.members[head].id.as_str(), household.person_no(head)))
}

/// Under the heading 学籍号 a school writes student numbers: `G` and the identity number.
fn prefix_student_number(draft: &mut Draft, feed: Feed, table: &Table) {
    let Some(id) = feed.spec().column("person") else { return };
    let place = table.layout.columns.iter().position(|column| *column == Column::Feed(id));
    if place.is_none_or(|place| table.layout.headings[place] != "学籍号") {
        return;
    }
    if let Some(Out::Text(number)) = draft.outs.get_mut(id)
        && number.len() == 18
        && number.bytes().take(17).all(|byte| byte.is_ascii_digit())
        && table.layout.form != Form::Parquet
    {
        number.insert(0, 'G');
        draft.codes.push("id_g_prefix");
    }
}

/// What stands in columns that no contract means: the wrong one of a doubled heading, and a remark, in which somebody wrote down the
/// number of whoever came to fetch the money.
fn side_cells(household: &Household, feed: Feed, month: usize, dice: &mut Dice) -> (Out, Out) {
    let text = |text: &str| Out::Text(text.to_owned());
    match feed {
        Feed::Registry if household.monitor_at(month).is_some() => (text("是"), Out::Empty),
        Feed::Measures => (text("综合类"), Out::Empty),
        Feed::Relief if dice.percent(25) => {
            let fetched = household.members.last().map_or("", |member| member.id.as_str());
            (Out::Empty, Out::Text(format!("由{fetched}代领")))
        }
        _ => (Out::Empty, Out::Empty),
    }
}
