//! How sure we are whose row it is.

/// The class of a link; it travels with everything that rests on the row. Strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkClass {
    /// The ID token agrees and so does the name.
    Certain,
    /// The row is about a place, and the place is known.
    Place,
    /// A person at the bureau has decided whose row it is.
    Decided,
    /// The ID number is one under which the registry knew the person before.
    Alias,
    /// The ID token agrees; the name does not, or one side has none.
    Likely,
    /// The ID number is broken; with one digit mended, or two neighbours exchanged, it and the name agree.
    Repaired,
    /// A spreadsheet program took the last three digits; the fifteen before them and the name agree.
    DamagedByExcel,
    /// No ID number; several other values agree together with nobody but this person.
    Composite,
    /// No ID number; the weights of all values together speak for this person and clearly for nobody else.
    Weighted,
    /// Somebody of the registry, but it takes a person to say who.
    Review,
    /// Nobody in the registry.
    None,
}

impl LinkClass {
    pub const ALL: &'static [Self] = &[
        Self::Certain,
        Self::Place,
        Self::Decided,
        Self::Alias,
        Self::Likely,
        Self::Repaired,
        Self::DamagedByExcel,
        Self::Composite,
        Self::Weighted,
        Self::Review,
        Self::None,
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Place => "place",
            Self::Decided => "decided",
            Self::Alias => "alias",
            Self::Likely => "likely",
            Self::Repaired => "repaired",
            Self::DamagedByExcel => "damaged_by_excel",
            Self::Composite => "composite",
            Self::Weighted => "weighted",
            Self::Review => "review",
            Self::None => "none",
        }
    }
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.code() == code)
    }
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Certain => "证件号码与姓名一致",
            Self::Place => "按村屯关联",
            Self::Decided => "人工认定",
            Self::Alias => "原证件号码一致",
            Self::Likely => "证件号码一致，姓名待核",
            Self::Repaired => "证件号码错一位，更正后与姓名一致",
            Self::DamagedByExcel => "证件号码后三位丢失，前十五位与姓名一致",
            Self::Composite => "证件号码不能用，姓名等多项一致",
            Self::Weighted => "证件号码不能用，按各项相符程度关联",
            Self::Review => "待认定",
            Self::None => "未关联",
        }
    }
    /// Whether the link was made without a good ID number of the row: such a link is shown as doubtful and escalates nothing.
    #[must_use]
    pub fn is_weak(self) -> bool {
        matches!(self, Self::Repaired | Self::DamagedByExcel | Self::Composite | Self::Weighted)
    }
    /// Whether the row has a person or a place.
    #[must_use]
    pub fn is_linked(self) -> bool {
        self < Self::Review
    }
}

/// Why a row has no link by its ID number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnlinkedReason {
    /// A valid ID number of somebody outside the registry.
    NotInRegistry,
    IdMissing,
    /// Malformed, wrong check digit, impossible birth date, another document.
    IdUnusable,
    IdDamagedByExcel,
    PlaceUnknown,
    /// The ID number is somebody's whose name is another one, and the name is somebody else's.
    NameOfAnother,
    /// A person at the bureau has decided that it is nobody of the registry.
    DecidedNobody,
    /// The ID number is somebody's whose name is another one, and his town has found that it is not he.
    NotThisPerson,
    /// The row's number is whole; the one that the registry has of the person is not.
    RegistryNumber,
}

impl UnlinkedReason {
    pub const ALL: &'static [Self] = &[
        Self::NotInRegistry,
        Self::IdMissing,
        Self::IdUnusable,
        Self::IdDamagedByExcel,
        Self::PlaceUnknown,
        Self::NameOfAnother,
        Self::DecidedNobody,
        Self::NotThisPerson,
        Self::RegistryNumber,
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotInRegistry => "not_in_registry",
            Self::IdMissing => "id_missing",
            Self::IdUnusable => "id_unusable",
            Self::IdDamagedByExcel => "id_damaged_by_excel",
            Self::PlaceUnknown => "place_unknown",
            Self::NameOfAnother => "name_of_another",
            Self::DecidedNobody => "decided_nobody",
            Self::NotThisPerson => "not_this_person",
            Self::RegistryNumber => "registry_number",
        }
    }
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NotInRegistry => "证件号码有效，不在底册中",
            Self::IdMissing => "没有证件号码",
            Self::IdUnusable => "证件号码不能用",
            Self::IdDamagedByExcel => "证件号码被Excel损坏",
            Self::PlaceUnknown => "村屯无法识别",
            Self::NameOfAnother => "证件号码是一个人的，姓名是另一个人的",
            Self::DecidedNobody => "已认定不是底册中的人",
            Self::NotThisPerson => "号码是一个人的，乡镇核实不是他",
            Self::RegistryNumber => "证件号码有效，底册里他的号码不能用",
        }
    }
}
