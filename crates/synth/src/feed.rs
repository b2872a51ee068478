//! What a feed of the catalogue is.

use crate::feeds::FEEDS;

/// An extract, or the registry itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Feed {
    Registry,
    Students,
    Dropouts,
    Exemptions,
    Tuition,
    MinimumAllowance,
    ExtremePoverty,
    Relief,
    Disabled,
    Deaths,
    Detained,
    Jobs,
    Unemployment,
    PublicPosts,
    Pensions,
    Income,
    IndustryFailures,
    HouseAppraisals,
    Rebuilding,
    MajorDiseases,
    ChronicDiseases,
    Insured,
    HospitalBills,
    WaterOutages,
    UnsafeWater,
    Disasters,
    Measures,
    NearAllowance,
    RigidSpending,
    GridVisits,
    TravelSubsidies,
    IndustryAwards,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Registry,
    Snapshot,
    Events,
}

/// What a feed is called and what it looks like.
pub(crate) struct FeedSpec {
    pub(crate) feed: Feed,
    /// The name of its contract.
    pub(crate) name: &'static str,
    pub(crate) department: &'static str,
    /// What its files are called, after the month.
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    pub(crate) columns: &'static [ColumnSpec],
}

pub(crate) struct ColumnSpec {
    pub(crate) name: &'static str,
    /// Canonical first. `上级/下级` is a two-level heading, `#2` the second column of that heading.
    pub(crate) headings: &'static [&'static str],
    /// Says something of the person beside number and name. A messy county has it with gaps and errors.
    pub(crate) beside: bool,
}

impl Feed {
    /// A row is a household: its members stand side by side, or in one cell.
    pub(crate) fn is_roster(self) -> bool {
        matches!(self, Self::NearAllowance | Self::RigidSpending)
    }
    pub(crate) fn spec(self) -> &'static FeedSpec {
        &FEEDS[self as usize]
    }
}

impl FeedSpec {
    /// The first column of that name; a wide list has a name and a number for each member.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

pub(crate) const fn column(name: &'static str, headings: &'static [&'static str]) -> ColumnSpec {
    ColumnSpec { name, headings, beside: false }
}

/// A column that says where a person lives, when he was born, with whom he lives, or how to call him; `particulars.rs` fills it.
pub(crate) const fn beside(name: &'static str, headings: &'static [&'static str]) -> ColumnSpec {
    ColumnSpec { name, headings, beside: true }
}
