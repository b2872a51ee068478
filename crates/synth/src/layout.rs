//! What one file looks like: its form, its columns and their headings, and what stands around the data. A clean county has one layout; a
//! messy one rolls another for every feed, month and file, as exports drift.

use crate::dice::{Dice, Purpose};
use crate::feed::{ColumnSpec, Feed, FeedSpec};
use crate::spelling::{DateStyle, FlagStyle, MoneyStyle, Style};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text {
        encoding: Encoding,
        delimiter: char,
        quoted: bool,
    },
    Xlsx,
    /// BIFF8.
    Xls,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf8Bom,
    Gb18030,
}

/// How a feed's rows are spread over files or sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    One,
    Town,
    /// A file for each school of a town, or of the district.
    School,
}

/// What stands in a column of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// 序号
    Serial,
    /// The feed's column of this index.
    Feed(usize),
    /// A column that no contract asks for; in 临时救助 some of its cells hold an identity number, where nobody expects one.
    Remark,
    /// The first of two columns of one heading, with what the second does not mean.
    Decoy,
}

/// The look of one file.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) form: Form,
    pub(crate) extension: &'static str,
    pub(crate) sheets: Split,
    pub(crate) columns: Vec<Column>,
    /// Parallel to the columns; `上级/下级` stands in two rows.
    pub(crate) headings: Vec<String>,
    pub(crate) titles: usize,
    pub(crate) footer: bool,
    /// A sheet that people do not see, with a row that must not be read.
    pub(crate) hidden_sheet: bool,
    pub(crate) blank_every: u32,
    pub(crate) heading_every: u32,
    /// A filter over the heading, with every third row out of sight: still data.
    pub(crate) filtered: bool,
    /// A workbook from a Mac, which counts days from 1904.
    pub(crate) since_1904: bool,
    pub(crate) style: Style,
}

const CSV: Form = text(Encoding::Utf8, ',', false);
const GB: Form = text(Encoding::Gb18030, ',', false);

const fn text(encoding: Encoding, delimiter: char, quoted: bool) -> Form {
    Form::Text { encoding, delimiter, quoted }
}

impl Form {
    pub(crate) fn is_workbook(self) -> bool {
        matches!(self, Self::Xlsx | Self::Xls)
    }
}

/// How a feed's rows are spread over files.
pub(crate) fn files_of(feed: Feed, month: usize, messy: bool) -> Split {
    match feed {
        Feed::Students if messy => Split::School,
        Feed::Jobs if messy && month % 2 == 1 => Split::Town,
        _ => Split::One,
    }
}

/// The plain layout.
pub(crate) fn clean(spec: &FeedSpec) -> Layout {
    Layout {
        form: CSV,
        extension: "csv",
        sheets: Split::One,
        columns: (0..spec.columns.len()).map(Column::Feed).collect(),
        headings: spec.columns.iter().map(|column| column.headings[0].to_owned()).collect(),
        titles: 0,
        footer: false,
        hidden_sheet: false,
        blank_every: 0,
        heading_every: 0,
        filtered: false,
        since_1904: false,
        style: Style::CLEAN,
    }
}

/// The form in which a department sends a feed.
fn form_of(feed: Feed, month: usize, dice: &mut Dice) -> (Form, &'static str) {
    match feed {
        Feed::Students if dice.percent(50) => (Form::Xls, "xls"),
        Feed::MinimumAllowance | Feed::Rebuilding | Feed::UnsafeWater => (Form::Xls, "xls"),
        Feed::Insured => (Form::Parquet, "parquet"),
        Feed::Dropouts => (text(Encoding::Gb18030, '\t', false), "xls"),
        Feed::Unemployment => (text(Encoding::Utf8, '\t', false), "xls"),
        Feed::Tuition => (text(Encoding::Utf8Bom, ',', true), "csv"),
        Feed::Pensions => (text(Encoding::Utf8Bom, ',', false), "csv"),
        Feed::Deaths => (text(Encoding::Gb18030, ',', true), "csv"),
        Feed::Measures => (text(Encoding::Utf8, '\t', false), "txt"),
        Feed::HospitalBills if month % 2 == 1 => (CSV, "csv"),
        Feed::ExtremePoverty | Feed::MajorDiseases | Feed::HospitalBills => (GB, "csv"),
        Feed::IndustryFailures => (CSV, "csv"),
        // WPS's own extension, which it also gives to workbooks of the other kind.
        Feed::RigidSpending => (Form::Xlsx, "et"),
        Feed::Jobs if month % 2 == 1 => (CSV, "csv"),
        _ => (Form::Xlsx, "xlsx"),
    }
}

/// A rolled layout of one file: `part` tells a feed's files apart. In a large county `.xls`, which is put together in memory, gives way to `.xlsx`.
pub(crate) fn messy(seed: u64, spec: &FeedSpec, month: usize, part: &str, large: bool) -> Layout {
    let key = part.bytes().fold(17u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte))) % (1 << 24);
    let stream = (spec.feed as u64) << 40 | (month as u64) << 24 | key;
    let mut dice = Dice::new(seed, Purpose::Layout, stream);
    let feed = spec.feed;
    let (mut form, mut extension) = form_of(feed, month, &mut dice);
    if large && form == Form::Xls {
        (form, extension) = (Form::Xlsx, "xlsx");
    }
    let levels = form == Form::Xlsx && matches!(feed, Feed::Registry | Feed::Jobs | Feed::Income);
    let mut layout = clean(spec);
    layout.form = form;
    layout.extension = extension;
    layout.headings = headings(spec, month, levels, &mut dice);
    if levels {
        gather(&mut layout);
    } else if feed != Feed::NearAllowance && dice.percent(60) {
        shuffle(&mut layout, &mut dice);
    }
    double_heading(&mut layout, spec, month);
    if form.is_workbook() {
        dress(&mut layout, feed, &mut dice);
    } else if matches!(form, Form::Text { .. }) {
        layout.titles = usize::from(matches!(feed, Feed::Deaths | Feed::ExtremePoverty));
        layout.footer = matches!(feed, Feed::Tuition | Feed::ExtremePoverty);
    }
    if feed == Feed::Relief {
        layout.columns.push(Column::Remark);
        layout.headings.push("备注".to_owned());
    }
    layout.style = style_of(feed, form, &mut dice);
    if layout.headings.iter().any(|heading| heading.ends_with("（万元）")) {
        layout.style.money = MoneyStyle::UnderTenThousands;
    }
    layout
}

fn headings(spec: &FeedSpec, month: usize, levels: bool, dice: &mut Dice) -> Vec<String> {
    if spec.feed == Feed::NearAllowance {
        // All pairs are named in one way, which changes from month to month: 姓名1, 成员1姓名, and 姓名 beneath 成员1.
        let mut choose = |column: &ColumnSpec| {
            let way = if matches!(column.name, "name" | "person") { month % 3 } else { dice.below(3) };
            column.headings[way].to_owned()
        };
        return spec.columns.iter().map(&mut choose).collect();
    }
    let mut headings: Vec<String> = spec.columns.iter().map(|column| heading(column.headings, levels, dice)).collect();
    if let Some(loss) = spec.column("loss").filter(|_| spec.feed == Feed::IndustryFailures && month % 2 == 1) {
        headings[loss] = "损失金额（万元）".to_owned();
    }
    headings
}

fn heading(headings: &[&str], levels: bool, dice: &mut Dice) -> String {
    if levels && let Some(two) = headings.iter().find(|heading| heading.contains('/')) {
        return (*two).to_owned();
    }
    if dice.percent(55) {
        return headings[0].to_owned();
    }
    let plain: Vec<&str> = headings.iter().copied().filter(|heading| !heading.contains(['/', '#'])).collect();
    dice.pick(&plain).to_owned()
}

/// Brings the columns of one upper heading together, where the first of them stood.
fn gather(layout: &mut Layout) {
    let upper = |heading: &String| heading.split_once('/').map(|(upper, _)| upper.to_owned());
    let first_of = |index: usize| {
        let own = upper(&layout.headings[index]);
        (0..=index).find(|other| own.is_some() && upper(&layout.headings[*other]) == own).unwrap_or(index)
    };
    let mut order: Vec<usize> = (0..layout.columns.len()).collect();
    order.sort_by_key(|index| first_of(*index));
    layout.columns = order.iter().map(|index| layout.columns[*index]).collect();
    layout.headings = order.iter().map(|index| layout.headings[*index].clone()).collect();
}

fn shuffle(layout: &mut Layout, dice: &mut Dice) {
    for index in (1..layout.columns.len()).rev() {
        let other = dice.below(index + 1);
        layout.columns.swap(index, other);
        layout.headings.swap(index, other);
    }
}

/// In some months the national export has a heading twice, and the second is the one meant.
fn double_heading(layout: &mut Layout, spec: &FeedSpec, month: usize) {
    let (name, heading) = match spec.feed {
        Feed::Registry if month.is_multiple_of(2) => ("risk_status", "风险是否已消除"),
        Feed::Measures if month % 2 == 1 => ("measure", "措施类型"),
        _ => return,
    };
    let Some(place) =
        spec.column(name).and_then(|index| layout.columns.iter().position(|column| *column == Column::Feed(index)))
    else {
        return;
    };
    layout.headings[place] = heading.to_owned();
    layout.columns.insert(place, Column::Decoy);
    layout.headings.insert(place, heading.to_owned());
}

/// Titles, footers, sheets and the like of a workbook.
fn dress(layout: &mut Layout, feed: Feed, dice: &mut Dice) {
    layout.titles = match feed {
        Feed::Students => dice.below(2),
        Feed::Detained | Feed::Exemptions => 1,
        _ => 1 + dice.below(3),
    };
    layout.footer = !matches!(feed, Feed::Detained);
    layout.hidden_sheet =
        layout.form == Form::Xlsx && matches!(feed, Feed::Registry | Feed::ChronicDiseases | Feed::Relief);
    if matches!(feed, Feed::Registry | Feed::PublicPosts) {
        layout.sheets = Split::Town;
    }
    layout.blank_every = match feed {
        Feed::ChronicDiseases | Feed::Disasters => 7,
        Feed::Registry => 150,
        _ => 0,
    };
    layout.heading_every = if feed == Feed::MinimumAllowance { 12 } else { 0 };
    layout.filtered = feed == Feed::HouseAppraisals;
    layout.since_1904 = layout.form == Form::Xlsx && feed == Feed::Detained;
    if dice.percent(60) {
        layout.columns.insert(0, Column::Serial);
        layout.headings.insert(0, "序号".to_owned());
    }
}

fn style_of(feed: Feed, form: Form, dice: &mut Dice) -> Style {
    let mut style = Style::rolled(dice, form.is_workbook());
    match feed {
        Feed::Disasters => style.date = DateStyle::Serial,
        Feed::Disabled | Feed::Detained if form == Form::Xlsx => style.date = DateStyle::Cell,
        Feed::MinimumAllowance => style.date = DateStyle::CompactMonth,
        Feed::Pensions => style.date = DateStyle::DotMonth,
        Feed::HospitalBills => style.date = DateStyle::WithTime,
        Feed::Income => style.money = MoneyStyle::Commas,
        Feed::Relief => style.money = MoneyStyle::TenThousands,
        Feed::HouseAppraisals => style.flag = FlagStyle::Tick,
        _ => {}
    }
    style
}
