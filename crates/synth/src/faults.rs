//! What departments send by mistake: a fault inflicted on the newest month of a clean county that [`crate::generate`] has written. One
//! fault on one extract, chosen by the seed; the same folder, fault and seed give the same bytes. For tests of the guards, and for a
//! contractor's drill: inflict, run, and see what the program says.
//!
//! Only clean counties, since the rows must be found again under known headings.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bidui_model::Month;

use crate::dice::{Dice, Purpose};
use crate::fault_rows as rows;
use crate::fault_rows::Sheet;
use crate::feed::{Feed, FeedSpec, Kind};
use crate::feeds::FEEDS;
use crate::options::SynthError;
use crate::table::io_error;

/// What can be wrong with a file, and with the rows of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    EmptyFile,
    AnotherMonth,
    AnotherMonthRenamed,
    LastMonthRenamed,
    LastMonthSavedAgain,
    FileTwice,
    FileTwiceSavedAgain,
    Cumulative,
    IdAndMoneySwapped,
    IdAndNameSwapped,
    NameAndVillageSwapped,
    IdSlipped,
    MoneySwapped,
    TenThousands,
    TwoRegistries,
    PersonInTwoHouseholds,
    HouseholdInTwoVillages,
    FolderForFile,
    BrokenLink,
    NoPermission,
}

impl Fault {
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::EmptyFile, "empty-file", "空文件"),
        (Self::AnotherMonth, "another-month", "误报别的月份的文件"),
        (Self::AnotherMonthRenamed, "another-month-renamed", "别的月份的文件改了名"),
        (Self::LastMonthRenamed, "last-month-renamed", "上月的文件改了名"),
        (Self::LastMonthSavedAgain, "last-month-saved-again", "上月的内容另存为本月"),
        (Self::FileTwice, "file-twice", "同一文件报了两次"),
        (Self::FileTwiceSavedAgain, "file-twice-saved-again", "同一文件另存后又报了一次"),
        (Self::Cumulative, "cumulative", "约定只报新增，报了累计"),
        (Self::IdAndMoneySwapped, "id-and-money-swapped", "证件号码与金额两列互换"),
        (Self::IdAndNameSwapped, "id-and-name-swapped", "证件号码与姓名两列互换"),
        (Self::NameAndVillageSwapped, "name-and-village-swapped", "姓名与村两列互换"),
        (Self::IdSlipped, "id-slipped", "证件号码一列错下一行"),
        (Self::MoneySwapped, "money-swapped", "两列金额互换"),
        (Self::TenThousands, "ten-thousands", "以万元填报而没有写明"),
        (Self::TwoRegistries, "two-registries", "有两份底册"),
        (Self::PersonInTwoHouseholds, "person-in-two-households", "一人在两户"),
        (Self::HouseholdInTwoVillages, "household-in-two-villages", "一户在两村"),
        (Self::FolderForFile, "folder-for-file", "该是文件的地方是文件夹"),
        (Self::BrokenLink, "broken-link", "断开的链接"),
        (Self::NoPermission, "no-permission", "没有读取权限"),
    ];
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(fault, ..)| *fault == self).map_or("", |(_, name, _)| name)
    }
    /// For people.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(fault, ..)| *fault == self).map_or("", |(.., title)| title)
    }
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(fault, ..)| *fault)
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inflicted {
    /// The contract's name.
    pub feed: &'static str,
    /// The files concerned, under the month's folder.
    pub files: Vec<String>,
    /// Households whose own rows are wrong now; of a fault of a whole file, none.
    pub households: BTreeSet<String>,
}

/// Below this many rows a list may be what it was by chance, and so may two sums.
const LONG: usize = 30;

/// So many rows may come and go again.
const FEW: usize = 5;

/// A clean county's inbox and its last three months.
struct Scene<'a> {
    inbox: &'a Path,
    months: [Month; 3],
    dice: Dice,
}

/// Inflicts a fault on the last of `months`, of which there must be three, on an extract in which it shows.
///
/// # Errors
/// A folder that is no clean county's, and one in which no extract can have the fault: too few rows, or nothing has changed.
pub fn inflict(dir: &Path, months: &[Month], fault: Fault, seed: u64) -> Result<Inflicted, SynthError> {
    let Some([before, last, now]) = months.last_chunk::<3>() else {
        return Err(SynthError::Options("要有三个月才能施加差错".to_owned()));
    };
    let inbox = dir.join("inbox");
    let mut scene =
        Scene { inbox: &inbox, months: [*before, *last, *now], dice: Dice::new(seed, Purpose::Fault, fault as u64) };
    let first = scene.dice.below(FEEDS.len());
    let mut feeds = FEEDS[first..].iter().chain(&FEEDS[..first]);
    let found = feeds.find_map(|spec| scene.try_on(fault, spec).transpose());
    found.unwrap_or_else(|| Err(SynthError::Options(format!("没有可以“{}”的数据；请加大人数", fault.title()))))
}

impl Scene<'_> {
    fn now(&self) -> Month {
        self.months[2]
    }
    /// The name of a feed's file of a month.
    fn file(&self, spec: &FeedSpec, month: Month) -> String {
        format!("{}/{}{}.csv", spec.department, month.in_chinese(), spec.title)
    }
    fn path(&self, spec: &FeedSpec, month: Month) -> PathBuf {
        self.inbox.join(month.to_string()).join(self.file(spec, month))
    }
    fn sheet(&self, spec: &FeedSpec, month: Month) -> Result<Sheet, SynthError> {
        Sheet::read(&self.path(spec, month))
    }
    fn done(&self, spec: &FeedSpec, files: &[String]) -> Result<Option<Inflicted>, SynthError> {
        Ok(Some(Inflicted { feed: spec.name, files: files.to_vec(), households: BTreeSet::new() }))
    }

    /// Inflicts the fault on this feed, if it would show there.
    fn try_on(&mut self, fault: Fault, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        match fault {
            Fault::EmptyFile | Fault::FolderForFile | Fault::BrokenLink | Fault::NoPermission => {
                self.spoil(fault, spec)
            }
            Fault::AnotherMonth => self.another_month(spec),
            Fault::AnotherMonthRenamed => self.old_rows(spec, self.months[0], false),
            Fault::LastMonthRenamed => self.old_rows(spec, self.months[1], false),
            Fault::LastMonthSavedAgain => self.old_rows(spec, self.months[1], true),
            Fault::FileTwice => self.file_twice(spec, false),
            Fault::FileTwiceSavedAgain => self.file_twice(spec, true),
            Fault::Cumulative => self.cumulative(spec),
            Fault::IdAndMoneySwapped => self.swap(spec, "person", rows::money_columns),
            Fault::IdAndNameSwapped => self.swap(spec, "person", |_| vec!["name"]),
            Fault::NameAndVillageSwapped => self.swap(spec, "name", |_| vec!["village"]),
            Fault::IdSlipped => self.id_slipped(spec),
            Fault::MoneySwapped => self.money_swapped(spec),
            Fault::TenThousands => self.ten_thousands(spec),
            Fault::TwoRegistries => self.two_registries(spec),
            Fault::PersonInTwoHouseholds => self.person_in_two_households(spec),
            Fault::HouseholdInTwoVillages => self.household_in_two_villages(spec),
        }
    }

    /// The file itself is not what it should be.
    fn spoil(&mut self, fault: Fault, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        let path = self.path(spec, self.now());
        let failed = |error| io_error(&path)(error);
        if fault == Fault::NoPermission {
            forbid(&path).map_err(failed)?;
            return self.done(spec, &[self.file(spec, self.now())]);
        }
        fs::remove_file(&path).map_err(failed)?;
        match fault {
            Fault::FolderForFile => fs::create_dir(&path),
            Fault::BrokenLink => link_to_nothing(&path),
            _ => fs::write(&path, ""),
        }
        .map_err(failed)?;
        self.done(spec, &[self.file(spec, self.now())])
    }

    /// An older file beside the others of this month, in place of this month's, under its own name.
    fn another_month(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        let old = self.months[self.dice.below(2)];
        let folder = self.inbox.join(self.now().to_string());
        let (from, to) = (self.path(spec, old), folder.join(self.file(spec, old)));
        fs::remove_file(self.path(spec, self.now())).map_err(io_error(&to))?;
        fs::copy(from, &to).map_err(io_error(&to))?;
        self.done(spec, &[self.file(spec, old)])
    }

    /// An older month's rows under this month's name, if that is a difference, and one that can be told: a short list may well be what
    /// it was the month before.
    fn old_rows(&mut self, spec: &FeedSpec, old: Month, again: bool) -> Result<Option<Inflicted>, SynthError> {
        let (mut sheet, last) = (self.sheet(spec, old)?, self.sheet(spec, self.months[1])?);
        let can_be_told = match spec.kind {
            Kind::Events => !sheet.rows.is_empty(),
            _ if old == self.months[1] => rows::CHANGES.contains(&spec.feed) && sheet.rows.len() >= LONG,
            // The registry is measured against last month's alone.
            Kind::Registry => false,
            Kind::Snapshot if rows::SELDOM.contains(&spec.feed) => false,
            Kind::Snapshot => {
                let grew_or_shrank = sheet.rows.len().abs_diff(last.rows.len()) >= FEW;
                sheet.rows.len() >= LONG && (grew_or_shrank || rows::CHANGES.contains(&spec.feed))
            }
        };
        if !can_be_told || sheet.same_rows(&self.sheet(spec, self.now())?) {
            return Ok(None);
        }
        if again {
            sheet.shuffle(&mut self.dice);
            sheet.saved_again = true;
        }
        sheet.write(&self.path(spec, self.now()))?;
        self.done(spec, &[self.file(spec, self.now())])
    }

    fn file_twice(&mut self, spec: &FeedSpec, again: bool) -> Result<Option<Inflicted>, SynthError> {
        let mut sheet = self.sheet(spec, self.now())?;
        if sheet.rows.is_empty() {
            return Ok(None);
        }
        if again {
            sheet.shuffle(&mut self.dice);
            sheet.saved_again = true;
        }
        let file = self.file(spec, self.now());
        let copy = file.replace(".csv", "(1).csv");
        sheet.write(&self.inbox.join(self.now().to_string()).join(&copy))?;
        self.done(spec, &[file, copy])
    }

    fn cumulative(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        if spec.kind != Kind::Events {
            return Ok(None);
        }
        let mut all = self.sheet(spec, self.months[1])?;
        if all.rows.is_empty() {
            return Ok(None);
        }
        if self.dice.percent(50) {
            all.rows.extend(self.sheet(spec, self.months[0])?.rows);
        }
        all.rows.extend(self.sheet(spec, self.now())?.rows);
        all.write(&self.path(spec, self.now()))?;
        self.done(spec, &[self.file(spec, self.now())])
    }

    /// The values of two columns under each other's heading.
    fn swap(
        &mut self,
        spec: &FeedSpec,
        column: &str,
        others: impl Fn(&FeedSpec) -> Vec<&'static str>,
    ) -> Result<Option<Inflicted>, SynthError> {
        let others: Vec<&str> = others(spec).into_iter().filter(|name| spec.column(name).is_some()).collect();
        let mut sheet = self.sheet(spec, self.now())?;
        // Names that are no names are told by how many of a list's disagree, and a registry by its first village.
        let least = if column == "name" && spec.kind != Kind::Registry { 12 } else { 2 };
        if others.is_empty() || spec.feed.is_roster() || sheet.rows.len() < least {
            return Ok(None);
        }
        let (Some(one), Some(other)) = (spec.column(column), spec.column(self.dice.pick(&others))) else {
            return Ok(None);
        };
        sheet.swap(one, other);
        sheet.write(&self.path(spec, self.now()))?;
        self.done(spec, &[self.file(spec, self.now())])
    }

    /// Every number one row further down, the last one at the top: another person's, and a good one.
    fn id_slipped(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        let mut sheet = self.sheet(spec, self.now())?;
        let (Some(id), Some(_)) = (spec.column("person"), spec.column("name")) else { return Ok(None) };
        if spec.kind == Kind::Registry || spec.feed.is_roster() || sheet.rows.len() < 12 {
            return Ok(None);
        }
        let numbers: Vec<String> = sheet.rows.iter().map(|row| row[id].clone()).collect();
        for (row, number) in sheet.rows.iter_mut().skip(1).zip(&numbers) {
            row[id].clone_from(number);
        }
        sheet.rows[0][id].clone_from(&numbers[numbers.len() - 1]);
        sheet.write(&self.path(spec, self.now()))?;
        self.done(spec, &[self.file(spec, self.now())])
    }

    /// Two columns of amounts, where one can tell: three rows of which one is the larger, or a long list that is kept from month to month.
    fn money_swapped(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        let money: Vec<usize> = rows::money_columns(spec).iter().filter_map(|name| spec.column(name)).collect();
        let (mut sheet, last) = (self.sheet(spec, self.now())?, self.sheet(spec, self.months[1])?);
        let enough = if spec.kind == Kind::Events { 5 } else { LONG };
        if money.len() < 2 || sheet.rows.len() < enough || last.rows.len() < enough {
            return Ok(None);
        }
        let first = self.dice.below(money.len());
        let second = (first + 1 + self.dice.below(money.len() - 1)) % money.len();
        // What the fund pays and what the patient pays may each be the larger part.
        let is_told = spec.feed != Feed::HospitalBills || first == 0 || second == 0;
        if !is_told {
            return Ok(None);
        }
        sheet.swap(money[first], money[second]);
        sheet.write(&self.path(spec, self.now()))?;
        self.done(spec, &[self.file(spec, self.now())])
    }

    /// Where there are many amounts: of a few the middle one moves as far by itself.
    fn ten_thousands(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        let money: Vec<usize> = rows::money_columns(spec).iter().filter_map(|name| spec.column(name)).collect();
        let mut sheet = self.sheet(spec, self.now())?;
        let amounts =
            |sheet: &Sheet, column: usize| sheet.rows.iter().filter(|row| rows::is_amount(&row[column])).count();
        let mut known = self.sheet(spec, self.months[1])?;
        known.rows.extend(self.sheet(spec, self.months[0])?.rows);
        if money.is_empty() || money.iter().any(|column| amounts(&sheet, *column).min(amounts(&known, *column)) < LONG)
        {
            return Ok(None);
        }
        for row in &mut sheet.rows {
            for column in &money {
                row[*column] = rows::in_ten_thousands(&row[*column]);
            }
        }
        sheet.write(&self.path(spec, self.now()))?;
        self.done(spec, &[self.file(spec, self.now())])
    }

    /// Last month's registry beside this month's, or this month's saved a second time.
    fn two_registries(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        if spec.feed != Feed::Registry {
            return Ok(None);
        }
        let month = self.months[1 + self.dice.below(2)];
        let mut second = self.sheet(spec, month)?;
        second.shuffle(&mut self.dice);
        let name = format!("{}/{}{}（核对）.csv", spec.department, self.now().in_chinese(), spec.title);
        second.write(&self.inbox.join(self.now().to_string()).join(&name))?;
        self.done(spec, &[self.file(spec, self.now()), name])
    }

    /// A member stands a second time under another household, with another number of his own.
    fn person_in_two_households(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        let columns = ["person_no", "household_id", "relation"].map(|name| spec.column(name));
        let (Feed::Registry, [Some(person_no), Some(household), Some(relation)]) = (spec.feed, columns) else {
            return Ok(None);
        };
        let mut sheet = self.sheet(spec, self.now())?;
        let member = sheet.rows[self.dice.below(sheet.rows.len())].clone();
        let Some(host) = sheet.rows.iter().find(|row| row[household] != member[household]).cloned() else {
            return Ok(None);
        };
        let mut again = host.clone();
        for name in ["person", "name", "labour", "health", "student_status"] {
            if let Some(column) = spec.column(name) {
                again[column].clone_from(&member[column]);
            }
        }
        again[person_no] = format!("{}9", member[person_no]);
        again[relation] = "其他".to_owned();
        sheet.rows.push(again);
        sheet.write(&self.path(spec, self.now()))?;
        let households = BTreeSet::from([member[household].clone(), host[household].clone()]);
        Ok(Some(Inflicted { feed: spec.name, files: vec![self.file(spec, self.now())], households }))
    }

    /// One member's town and village are another household's.
    fn household_in_two_villages(&mut self, spec: &FeedSpec) -> Result<Option<Inflicted>, SynthError> {
        let columns = ["household_id", "relation", "town", "village"].map(|name| spec.column(name));
        let (Feed::Registry, [Some(household), Some(relation), Some(town), Some(village)]) = (spec.feed, columns)
        else {
            return Ok(None);
        };
        let mut sheet = self.sheet(spec, self.now())?;
        let first = self.dice.below(sheet.rows.len());
        let order = (first..sheet.rows.len()).chain(0..first);
        let Some(member) = order.into_iter().find(|at| sheet.rows[*at][relation] != "户主") else { return Ok(None) };
        let own = sheet.rows[member].clone();
        let Some(other) = sheet.rows.iter().find(|row| row[village] != own[village]).cloned() else { return Ok(None) };
        for column in [town, village] {
            sheet.rows[member][column].clone_from(&other[column]);
        }
        sheet.write(&self.path(spec, self.now()))?;
        let households = BTreeSet::from([own[household].clone()]);
        Ok(Some(Inflicted { feed: spec.name, files: vec![self.file(spec, self.now())], households }))
    }
}

#[cfg(unix)]
fn forbid(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o000))
}

#[cfg(unix)]
fn link_to_nothing(path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink("已移走.csv", path)
}

#[cfg(not(unix))]
fn forbid(_path: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn link_to_nothing(_path: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
