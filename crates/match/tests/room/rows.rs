//! Invented rows and contracts, and the sealed chunks that they become.

use bidui_model::{
    ColumnContract, ColumnType, DataContract, DatePrecision, FeedKind, Guard, IdStatus, LinkBy, Month, NameToken,
    Reshape, SealedChunk, SealedColumn, SourceId, TextColumn, Token,
};

/// A row of the registry. `id` 0 is no number; `name` 0 is no name; empty words are missing ones.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) no: &'static str,
    pub(crate) household: &'static str,
    pub(crate) id: u128,
    pub(crate) name: u64,
    pub(crate) relation: &'static str,
    pub(crate) labour: &'static str,
    pub(crate) town: &'static str,
    pub(crate) village: &'static str,
    pub(crate) hamlet: &'static str,
    pub(crate) household_kind: &'static str,
    pub(crate) monitor_kind: &'static str,
    pub(crate) identified_on: Option<i32>,
    pub(crate) birth: Option<i32>,
    pub(crate) sex: &'static str,
}

pub(crate) const PERSON: Person = Person {
    no: "",
    household: "",
    id: 0,
    name: 0,
    relation: "",
    labour: "",
    town: "",
    village: "",
    hamlet: "",
    household_kind: "",
    monitor_kind: "",
    identified_on: None,
    birth: None,
    sex: "",
};

/// A row of a feed; a feed takes of it the columns that its contract has.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// 0 for its place in the file.
    pub(crate) row: u32,
    pub(crate) id: u128,
    /// Its number among the feed's loose rows.
    pub(crate) loose: u32,
    pub(crate) status: IdStatus,
    pub(crate) name: u64,
    pub(crate) amount: Option<i64>,
    pub(crate) on: Option<i32>,
    pub(crate) kind: &'static str,
    pub(crate) working: Option<bool>,
    pub(crate) days: Option<i64>,
    pub(crate) score: Option<f64>,
    pub(crate) village: &'static str,
    pub(crate) hamlet: &'static str,
}

pub(crate) const ROW: Row = Row {
    row: 0,
    id: 0,
    loose: 0,
    status: IdStatus::Valid,
    name: 0,
    amount: None,
    on: None,
    kind: "",
    working: None,
    days: None,
    score: None,
    village: "",
    hamlet: "",
};

/// A row of one person, whose name number is his ID's.
pub(crate) fn of(id: u128) -> Row {
    Row { id, name: id as u64, ..ROW }
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// Days since 1970 of `2023-03-05`.
pub(crate) fn day(text: &str) -> i32 {
    month(&text[..7]).first_day() + text[8..].parse::<i32>().unwrap() - 1
}

/// A token that looks like a hash, so that the index is used as it is in life.
pub(crate) fn token(id: u128) -> Token {
    Token(if id == 0 { 0 } else { id.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).max(1) })
}

fn contract(name: &str, kind: FeedKind, link: LinkBy, columns: &[(&str, ColumnType)]) -> DataContract {
    let column = |(name, kind): &(&str, ColumnType)| ColumnContract {
        name: (*name).to_owned(),
        kind: *kind,
        headings: vec![(*name).to_owned()],
        required: false,
        choices: Vec::new(),
        aliases: Vec::new(),
        stored: *kind != ColumnType::Phone,
        fen_per_unit: 100,
    };
    DataContract {
        name: name.to_owned(),
        department: "某局".to_owned(),
        files: Vec::new(),
        kind,
        required: false,
        expected_by_day: None,
        sensitive: false,
        roster: false,
        guard: Guard::default(),
        link,
        columns: columns.iter().map(column).collect(),
        unique: Vec::new(),
        reshape: Reshape::None,
    }
}

fn by_person() -> LinkBy {
    LinkBy::Person { id: "person".to_owned(), name: Some("name".to_owned()) }
}

pub(crate) fn registry_contract() -> DataContract {
    use ColumnType::{Date, IdNumber, Name, Phone, Text, Town, Village};
    let columns = [
        ("person_no", Text),
        ("household_id", Text),
        ("person", IdNumber),
        ("name", Name),
        ("relation", Text),
        ("labour", Text),
        ("town", Town),
        ("village", Village),
        ("hamlet", Text),
        ("household_kind", Text),
        ("monitor_kind", Text),
        ("identified_on", Date),
        ("phone", Phone),
    ];
    contract("底册", FeedKind::Registry, by_person(), &columns)
}

/// A feed about persons, by the name that its rows' columns have in [`Row`].
pub(crate) fn person_contract(name: &str, kind: FeedKind) -> DataContract {
    use ColumnType::{Date, Flag, IdNumber, Integer, Money, Name, Number, Text};
    let columns = [
        ("person", IdNumber),
        ("name", Name),
        ("amount", Money),
        ("on", Date),
        ("kind", Text),
        ("working", Flag),
        ("days", Integer),
        ("score", Number),
    ];
    contract(name, kind, by_person(), &columns)
}

pub(crate) fn place_contract(name: &str) -> DataContract {
    use ColumnType::{Date, Integer, Text, Village};
    let link = LinkBy::Place { village: "village".to_owned(), hamlet: Some("hamlet".to_owned()) };
    let columns = [("village", Village), ("hamlet", Text), ("on", Date), ("days", Integer)];
    contract(name, FeedKind::Events, link, &columns)
}

pub(crate) fn town_contract(name: &str) -> DataContract {
    let link = LinkBy::Town { town: "village".to_owned() };
    contract(name, FeedKind::Events, link, &[("village", ColumnType::Town), ("days", ColumnType::Integer)])
}

fn words<'a>(values: impl Iterator<Item = &'a str>) -> SealedColumn {
    let mut column = TextColumn::default();
    for value in values {
        let place = column.words.iter().position(|word| word == value);
        let code = match place {
            _ if value.is_empty() => 0,
            Some(place) => place + 1,
            None => {
                column.words.push(value);
                column.words.len()
            }
        };
        column.codes.push(code as u32);
    }
    SealedColumn::Text(column)
}

fn dates(days: Vec<Option<i32>>) -> SealedColumn {
    SealedColumn::Date { precision: vec![DatePrecision::Day; days.len()], days }
}

fn ids(ids: Vec<(u128, IdStatus)>) -> SealedColumn {
    let status =
        ids.iter().map(|(id, status)| if *id == 0 && status == &IdStatus::Valid { IdStatus::Missing } else { *status });
    SealedColumn::Id { status: status.collect(), tokens: ids.iter().map(|(id, _)| token(*id)).collect() }
}

pub(crate) fn person_chunk(persons: &[Person], first: u32) -> SealedChunk {
    let text = |pick: fn(&Person) -> &'static str| words(persons.iter().map(pick));
    let columns = [
        ("person_no", text(|person| person.no)),
        ("household_id", text(|person| person.household)),
        ("person", ids(persons.iter().map(|person| (person.id, IdStatus::Valid)).collect())),
        ("name", SealedColumn::Name(persons.iter().map(|person| NameToken(person.name)).collect())),
        ("relation", text(|person| person.relation)),
        ("labour", text(|person| person.labour)),
        ("town", text(|person| person.town)),
        ("village", text(|person| person.village)),
        ("hamlet", text(|person| person.hamlet)),
        ("household_kind", text(|person| person.household_kind)),
        ("monitor_kind", text(|person| person.monitor_kind)),
        ("identified_on", dates(persons.iter().map(|person| person.identified_on).collect())),
        ("phone", SealedColumn::Dropped),
        ("birth", dates(persons.iter().map(|person| person.birth).collect())),
        ("sex", text(|person| person.sex)),
    ];
    let rows = (0..persons.len() as u32).map(|at| first + at).collect();
    chunk(rows, columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect())
}

pub(crate) fn row_chunk(contract: &DataContract, rows: &[Row], first: u32) -> SealedChunk {
    let column = |name: &str| match name {
        "person" => ids(rows.iter().map(|row| (row.id, row.status)).collect()),
        "name" => SealedColumn::Name(rows.iter().map(|row| NameToken(row.name)).collect()),
        "amount" => SealedColumn::Money(rows.iter().map(|row| row.amount).collect()),
        "on" => dates(rows.iter().map(|row| row.on).collect()),
        "kind" => words(rows.iter().map(|row| row.kind)),
        "working" => SealedColumn::Flag(rows.iter().map(|row| row.working).collect()),
        "days" => SealedColumn::Integer(rows.iter().map(|row| row.days).collect()),
        "score" => SealedColumn::Number(rows.iter().map(|row| row.score).collect()),
        "village" => words(rows.iter().map(|row| row.village)),
        "hamlet" => words(rows.iter().map(|row| row.hamlet)),
        other => panic!("no such column: {other}"),
    };
    let columns = contract.columns.iter().map(|of| (of.name.clone(), column(&of.name))).collect();
    let numbers = rows.iter().zip(first..).map(|(row, at)| if row.row == 0 { at } else { row.row }).collect();
    SealedChunk { loose: rows.iter().map(|row| row.loose).collect(), ..chunk(numbers, columns) }
}

fn chunk(rows: Vec<u32>, columns: Vec<(String, SealedColumn)>) -> SealedChunk {
    SealedChunk { sources: vec![SourceId(0); rows.len()], rows, columns, ..SealedChunk::default() }
}
