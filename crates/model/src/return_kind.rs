//! Lists that come back: what kind of answers a sheet gathers, and how the key of its rows is compared.

/// What a sheet that comes back is about. The configuration and the ledger name it by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReturnKind {
    /// What a town found about a warned household.
    Verification,
    /// What became of a household that was included.
    FollowUp,
    /// What a department did about a need.
    Tasks,
    /// What a second look at an answer found.
    Sample,
    /// What a town says of an anomaly of the data.
    Anomalies,
    /// Who was visited.
    Visits,
    /// What a check of registry against departments' values found.
    HouseholdCheck,
    /// Whose a row is that the program could not tell.
    LinkReview,
    /// What a town says of a bad value.
    DataCheck,
    /// What became of a policy that somebody should have and the data do not know of.
    PolicyGap,
}

impl ReturnKind {
    pub const ALL: &'static [Self] = &[
        Self::Verification,
        Self::FollowUp,
        Self::Tasks,
        Self::Sample,
        Self::Anomalies,
        Self::Visits,
        Self::HouseholdCheck,
        Self::LinkReview,
        Self::DataCheck,
        Self::PolicyGap,
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::FollowUp => "followup",
            Self::Tasks => "tasks",
            Self::Sample => "sample",
            Self::Anomalies => "anomalies",
            Self::Visits => "visits",
            Self::HouseholdCheck => "household_check",
            Self::LinkReview => "link_review",
            Self::DataCheck => "data_check",
            Self::PolicyGap => "policy_gap",
        }
    }
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// The key of a row as it is compared: without blanks and characters that nobody sees, full width made half, every dash a hyphen, small
/// letters made capital. What people retype, or a program reflows, is the same key; rows whose keys are equal so are one row.
#[must_use]
pub fn canonical_row_key(text: &str) -> String {
    text.chars().filter_map(plain).flat_map(char::to_uppercase).collect()
}

fn plain(character: char) -> Option<char> {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Some('-'),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => None,
        other => (!other.is_whitespace() && !other.is_control()).then_some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_kind() {
        for kind in ReturnKind::ALL {
            assert_eq!(ReturnKind::from_code(kind.code()), Some(*kind));
        }
        assert_eq!(ReturnKind::from_code("verify"), None);
    }

    #[test]
    fn a_key_that_was_retyped_is_the_same_key() {
        for text in ["2303-00042X", " 2303－00042x\u{a0}", "２３０３—０００４２Ｘ", "2303-\n00042X\u{feff}"]
        {
            assert_eq!(canonical_row_key(text), "2303-00042X", "{text:?}");
        }
        let once = canonical_row_key("甲.xlsx\n第3行，（姓名）");
        assert_eq!(canonical_row_key(&once), once);
    }
}
