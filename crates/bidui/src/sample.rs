//! What the tests of several files here start from.

use bidui_model::{DataContract, FeedKind, Guard, LinkBy, Reshape};

/// The contract of a list of persons without any column, name or guard.
pub(crate) fn list_of_persons() -> DataContract {
    DataContract {
        name: "甲".into(),
        department: "乙".into(),
        files: Vec::new(),
        kind: FeedKind::Snapshot,
        required: false,
        expected_by_day: None,
        sensitive: false,
        roster: false,
        guard: Guard::default(),
        link: LinkBy::Person { id: "person".into(), name: None },
        columns: Vec::new(),
        unique: Vec::new(),
        reshape: Reshape::None,
    }
}
