//! Towns, villages and the way a household's warning takes to a town.

/// Nine digits of the national statistics code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TownCode(pub String);

/// Twelve digits of the national statistics code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VillageCode(pub String);

/// What a village or town text was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A village of the county.
    Village(VillageCode),
    /// A town of the county.
    Town(TownCode),
    /// A town or village that has been moved out of the county: its present code and name.
    MovedOut {
        code: String,
        name: String,
    },
    /// More than one place has this name.
    Ambiguous,
    Unknown,
}

/// How a household found its town.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// By the registry's village code.
    Registry,
    /// To the town that manages its resettlement site.
    Resettlement,
    /// Its village lies in a town that has left the county.
    Moved,
    /// No known village.
    Unrouted,
}

impl Route {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Resettlement => "resettlement",
            Self::Moved => "moved",
            Self::Unrouted => "unrouted",
        }
    }
}
