//! How sure we are whose row it is.

/// The class of a link; it travels with everything that rests on the row. Strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkClass {
    /// The ID token agrees and so does the name.
    Certain,
    /// The ID token agrees; the name does not, or one side has none.
    Likely,
    /// The row is about a place, and the place is known.
    Place,
    /// Nobody in the registry.
    None,
}

impl LinkClass {
    pub const ALL: &'static [Self] = &[Self::Certain, Self::Likely, Self::Place, Self::None];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Place => "place",
            Self::None => "none",
        }
    }
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Certain => "证件号码与姓名一致",
            Self::Likely => "证件号码一致，姓名待核",
            Self::Place => "按村屯关联",
            Self::None => "未关联",
        }
    }
}

/// Why a row has no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnlinkedReason {
    /// A valid ID number of somebody outside the registry.
    NotInRegistry,
    IdMissing,
    /// Malformed, wrong check digit, impossible birth date, another document.
    IdUnusable,
    IdDamagedByExcel,
    PlaceUnknown,
}

impl UnlinkedReason {
    pub const ALL: &'static [Self] =
        &[Self::NotInRegistry, Self::IdMissing, Self::IdUnusable, Self::IdDamagedByExcel, Self::PlaceUnknown];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotInRegistry => "not_in_registry",
            Self::IdMissing => "id_missing",
            Self::IdUnusable => "id_unusable",
            Self::IdDamagedByExcel => "id_damaged_by_excel",
            Self::PlaceUnknown => "place_unknown",
        }
    }
}
