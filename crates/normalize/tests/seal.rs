//! Chunks of invented rows through the sealer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bidui_model::{
    CellKind, ColumnContract, ColumnType, DataContract, DatePrecision, FeedKind, FlawCode, Guard, IdStatus, Ladder,
    LinkBy, Month, Placeholders, RawChunk, RawColumn, Reject, RejectCode, Reshape, SealedChunk, SealedColumn, SourceId,
    Token,
};
use bidui_normalize::{
    FeedSealer, Gazetteer, HashAlgorithm, LadderKeys, MasterKey, NameSounds, SealKeys, WatchSetting, canonical_id,
};

const ONE: &str = "11010519491231002X";
const OTHER: &str = "440524188001010014";
const THIRD: &str = "450221199001011236";

fn gazetteer() -> Gazetteer {
    Gazetteer::compile(
        include_str!("../../../config/towns.toml"),
        "towns.toml",
        include_str!("../../../config/villages.csv"),
        "villages.csv",
    )
    .unwrap()
}

fn keys(byte: &str) -> SealKeys {
    let master = MasterKey::parse(&format!("bidui-key-v1 {}", byte.repeat(32))).unwrap();
    SealKeys::derive(&master, HashAlgorithm::HmacSha256)
}

fn column(name: &str, kind: ColumnType) -> ColumnContract {
    ColumnContract {
        name: name.to_owned(),
        kind,
        headings: vec![name.to_owned()],
        required: name == "person",
        choices: vec![],
        aliases: vec![],
        stored: true,
        fen_per_unit: 100,
    }
}

fn contract(columns: &[(&str, ColumnType)]) -> DataContract {
    DataContract {
        name: "甲_乙".to_owned(),
        department: "甲".to_owned(),
        files: vec![],
        kind: FeedKind::Events,
        required: false,
        expected_by_day: None,
        sensitive: false,
        roster: false,
        guard: Guard::default(),
        link: LinkBy::Person { id: "person".to_owned(), name: Some("name".to_owned()) },
        columns: columns.iter().map(|(name, kind)| column(name, *kind)).collect(),
        unique: vec![],
        reshape: Reshape::None,
    }
}

/// Rows of text; `#` in front makes a number cell, `!` an error.
fn chunk(rows: &[&[&str]]) -> RawChunk {
    let mut columns = vec![RawColumn::default(); rows[0].len()];
    for row in rows {
        for (column, text) in columns.iter_mut().zip(*row) {
            match (text.strip_prefix('#'), text.strip_prefix('!')) {
                (Some(number), _) => column.push(CellKind::Number, number),
                (_, Some(error)) => column.push(CellKind::Error, error),
                _ if text.is_empty() => column.push(CellKind::Empty, ""),
                _ => column.push(CellKind::Text, text),
            }
        }
    }
    RawChunk { source: Some(SourceId(7)), rows: (2..).take(rows.len()).collect(), columns, ..RawChunk::default() }
}

fn seal(contract: &DataContract, rows: &[&[&str]]) -> SealedChunk {
    let (keys, gazetteer) = (keys("01"), gazetteer());
    let month = "2023-03".parse::<Month>().unwrap();
    FeedSealer::new(contract, &keys, &gazetteer, month).seal(chunk(rows))
}

fn get<'a>(sealed: &'a SealedChunk, name: &str) -> &'a SealedColumn {
    &sealed.columns.iter().find(|(column, _)| column == name).unwrap().1
}
fn tokens(sealed: &SealedChunk) -> (&[Token], &[IdStatus]) {
    match get(sealed, "person") {
        SealedColumn::Id { tokens, status } => (tokens, status),
        other => panic!("{other:?}"),
    }
}
fn texts(sealed: &SealedChunk, name: &str) -> Vec<String> {
    match get(sealed, name) {
        SealedColumn::Text(text) => (0..text.codes.len()).map(|row| text.get(row).unwrap_or("").to_owned()).collect(),
        other => panic!("{other:?}"),
    }
}
fn flaws(sealed: &SealedChunk) -> Vec<(u32, &str, FlawCode, &str)> {
    sealed.flaws.iter().map(|flaw| (flaw.row, flaw.column.as_str(), flaw.code, flaw.found.as_str())).collect()
}

#[test]
fn one_person_has_one_token_however_written() {
    let contract = contract(&[("name", ColumnType::Name), ("person", ColumnType::IdNumber)]);
    let sealed =
        seal(&contract, &[&["韦某", ONE], &["韦 某（户主）", "'11010519491231002x"], &["覃某", ONE], &["韦某", OTHER]]);
    let (ids, status) = tokens(&sealed);
    assert!(ids[0].is_some() && ids[0] == ids[1] && ids[0] != ids[3]);
    assert_eq!(status, [IdStatus::Valid; 4]);
    let SealedColumn::Name(names) = get(&sealed, "name") else {
        panic!("names become tokens");
    };
    assert!(names[0].is_some() && names[0] == names[1]);
    assert_ne!(names[0], names[2], "another name");
    assert_ne!(names[0], names[3], "the same name of another person");
    assert!(sealed.flaws.is_empty());
    assert_eq!((sealed.rows.as_slice(), sealed.sources.len()), ([2, 3, 4, 5].as_slice(), 4));
}

#[test]
fn a_heading_in_ten_thousands_beats_the_contract_and_a_unit_in_the_cell_beats_both() {
    let contract = contract(&[("paid", ColumnType::Money)]);
    let mut raw = chunk(&[&["1.5"], &["300元"], &["#2"]]);
    raw.units = vec![(0, 1_000_000)];
    let (keys, gazetteer) = (keys("01"), gazetteer());
    let month = "2023-03".parse::<Month>().unwrap();
    let sealed = FeedSealer::new(&contract, &keys, &gazetteer, month).seal(raw);
    let SealedColumn::Money(fen) = get(&sealed, "paid") else { panic!("money") };
    assert_eq!(fen, &[Some(1_500_000), Some(30_000), Some(2_000_000)]);
}

#[test]
fn bad_ids_have_no_token_and_a_masked_flaw() {
    let contract = contract(&[("name", ColumnType::Name), ("person", ColumnType::IdNumber)]);
    let sealed = seal(
        &contract,
        &[
            &["甲", "#450221199001011200"],
            &["乙", "450221199001011234"],
            &["丙", "无"],
            &["丁?", "E12345678"],
            &["", ONE],
            &["己", "!#REF!"],
        ],
    );
    let (ids, status) = tokens(&sealed);
    assert!(ids[..4].iter().all(|token| !token.is_some()));
    assert_eq!(
        status[..4],
        [IdStatus::DamagedByExcel, IdStatus::CheckDigit, IdStatus::Missing, IdStatus::OtherDocument]
    );
    assert_eq!(
        flaws(&sealed),
        [
            (2, "person", FlawCode::IdDamagedByExcel, "450221********1200"),
            (3, "person", FlawCode::IdCheckDigit, "450221********1234"),
            (4, "person", FlawCode::IdMissing, "无"),
            (5, "person", FlawCode::IdOtherDocument, "E1********78"),
            (5, "name", FlawCode::NameIllegible, "丁＊＊"),
            (6, "name", FlawCode::NameMissing, ""),
            (7, "person", FlawCode::CellError, "#REF!"),
        ]
    );
}

#[test]
fn in_a_damaged_column_a_round_number_is_damage_too() {
    let contract = contract(&[("person", ColumnType::IdNumber)]);
    let round = "450221199001019000";
    let sealed = seal(&contract, &[&[round], &[ONE]]);
    assert!(tokens(&sealed).0[0].is_some(), "sequence 900 is issued");
    let sealed = seal(&contract, &[&[round], &["450221199001011000"]]);
    assert_eq!(tokens(&sealed).1, [IdStatus::DamagedByExcel; 2]);
    assert!(!tokens(&sealed).0[0].is_some());
}

#[test]
fn no_number_slips_into_the_store_through_a_remark() {
    let contract = contract(&[("person", ColumnType::IdNumber), ("remark", ColumnType::Text)]);
    let sealed = seal(
        &contract,
        &[
            &[ONE, "由母亲450221199001011236代领"],
            &[ONE, "４５０２２１１９９００１０１１２３６"],
            &[ONE, "450221 1990 0101 1236"],
            &[ONE, "2022-01-05至2022-12-31"],
        ],
    );
    assert_eq!(
        texts(&sealed, "remark"),
        ["由母亲450221********1236代领", "450221********1236", "450221********1236", "2022-01-05至2022-12-31"]
    );
    assert!(!format!("{sealed:?}").contains(THIRD));
}

#[test]
fn values_are_typed_and_what_cannot_be_read_is_a_flaw() {
    let contract = contract(&[
        ("amount", ColumnType::Money),
        ("days", ColumnType::Integer),
        ("paid_on", ColumnType::Date),
        ("person", ColumnType::IdNumber),
        ("phone", ColumnType::Phone),
        ("working", ColumnType::Flag),
    ]);
    let sealed = seal(
        &contract,
        &[&["¥1,234.50", "3天", "2023.1", ONE, "13800001234", "√"], &["五百", "无", "2023-02-30", ONE, "", "也许"]],
    );
    assert!(matches!(get(&sealed, "amount"), SealedColumn::Money(values) if *values == [Some(123_450), None]));
    assert!(matches!(get(&sealed, "days"), SealedColumn::Integer(values) if *values == [Some(3), None]));
    assert!(matches!(get(&sealed, "working"), SealedColumn::Flag(values) if *values == [Some(true), None]));
    assert!(matches!(get(&sealed, "phone"), SealedColumn::Dropped));
    assert!(matches!(get(&sealed, "paid_on"), SealedColumn::Date { days, precision }
        if *days == [Some(19_358), None] && precision[0] == DatePrecision::Month));
    assert_eq!(
        flaws(&sealed).iter().map(|flaw| flaw.2).collect::<Vec<_>>(),
        [FlawCode::MoneyUnreadable, FlawCode::DateImpossible, FlawCode::FlagUnreadable]
    );
}

#[test]
fn choices_are_checked_and_required_blanks_are_flaws() {
    let mut contract =
        contract(&[("grade", ColumnType::Text), ("kind", ColumnType::Text), ("person", ColumnType::IdNumber)]);
    contract.columns[0].choices = vec!["C级".to_owned(), "D级".to_owned()];
    contract.columns[0].required = true;
    contract.columns[1].choices = vec![String::new(), "甲".to_owned()];
    contract.columns[1].required = true;
    let sealed = seal(&contract, &[&["Ｃ级", "", ONE], &["", "无", ONE], &["E级", "甲", ONE]]);
    assert_eq!(texts(&sealed, "grade"), ["C级", "", ""]);
    assert_eq!(
        flaws(&sealed),
        [(3, "grade", FlawCode::RequiredMissing, ""), (4, "grade", FlawCode::ChoiceUnknown, "E＊")]
    );
}

#[test]
fn places_become_codes_with_the_town_beside_them() {
    let contract =
        contract(&[("person", ColumnType::IdNumber), ("town", ColumnType::Town), ("village", ColumnType::Village)]);
    let sealed = seal(
        &contract,
        &[
            &[ONE, "百朋镇", "怀洪村委会"],
            &[ONE, "百朋镇", "百朋"],
            &[ONE, "洛满镇", "福塘村"],
            &[ONE, "", "幸福村"],
            &[ONE, "百朋", ""],
        ],
    );
    assert_eq!(texts(&sealed, "village"), ["450206102204", "", "450204101206", "", ""]);
    assert_eq!(texts(&sealed, "town"), ["450206102", "450206102", "450204101", "", "450206102"]);
    assert_eq!(
        flaws(&sealed).iter().map(|flaw| (flaw.0, flaw.1, flaw.2)).collect::<Vec<_>>(),
        [
            (3, "village", FlawCode::PlaceAmbiguous),
            (4, "town", FlawCode::PlaceMovedOut),
            (4, "village", FlawCode::PlaceMovedOut),
            (5, "village", FlawCode::PlaceUnknown),
        ]
    );
}

#[test]
fn the_registry_gets_birth_and_sex_from_the_number() {
    let mut contract = contract(&[("person", ColumnType::IdNumber), ("person_no", ColumnType::Text)]);
    contract.kind = FeedKind::Registry;
    let sealed = seal(&contract, &[&[THIRD, "1"], &[ONE, "2"], &["无", "3"]]);
    assert_eq!(texts(&sealed, "sex"), ["男", "女", ""]);
    assert!(
        matches!(get(&sealed, "birth"), SealedColumn::Date { days, .. } if *days == [Some(7_305), Some(-7_306), None])
    );
    let names: Vec<&str> = sealed.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["person", "person_no", "birth", "sex"]);
}

#[test]
fn a_card_that_contradicts_its_columns_is_a_flaw() {
    let contract =
        contract(&[("category", ColumnType::Text), ("grade", ColumnType::Text), ("person", ColumnType::IdNumber)]);
    let card = format!("{THIRD}42");
    let sealed = seal(&contract, &[&["肢体", "二级", &card], &["视力", "一级", &card], &["", "", &card]]);
    assert_eq!(
        flaws(&sealed),
        [
            (3, "category", FlawCode::CardContradicts, "视力（证号为肢体）"),
            (3, "grade", FlawCode::CardContradicts, "一级（证号为二级）"),
        ]
    );
    assert_eq!(tokens(&sealed).0[0], tokens(&seal(&contract, &[&["", "", THIRD]])).0[0]);
}

#[test]
fn a_repeated_key_is_set_aside_and_nothing_of_it_stays() {
    let mut contract =
        contract(&[("bill", ColumnType::Text), ("amount", ColumnType::Money), ("person", ColumnType::IdNumber)]);
    contract.unique = vec!["bill".to_owned()];
    let (keys, gazetteer) = (keys("01"), gazetteer());
    let month = "2023-03".parse::<Month>().unwrap();
    let mut sealer = FeedSealer::new(&contract, &keys, &gazetteer, month);
    let first = sealer.seal(chunk(&[
        &["B1", "1", ONE],
        &["B2", "2", ONE],
        &["Ｂ1", "坏", ONE],
        &["", "4", ONE],
        &["", "5", ONE],
    ]));
    assert_eq!(first.rows, [2, 3, 5, 6]);
    assert_eq!(texts(&first, "bill"), ["B1", "B2", "", ""]);
    assert!(matches!(get(&first, "amount"), SealedColumn::Money(values) if values.len() == 4));
    assert!(first.flaws.is_empty(), "the flaw went with its row");
    let second = sealer.seal(chunk(&[&["B2", "2", ONE], &["B3", "3", ONE]]));
    assert_eq!(second.rows, [3]);
    let expected = Reject { source: SourceId(7), row: 2, code: RejectCode::Duplicate };
    assert_eq!(second.rejects, [expected]);
}

#[test]
fn long_keys_stay_distinct_and_hide_the_ids_in_them() {
    let mut contract = contract(&[("bill", ColumnType::Text), ("person", ColumnType::IdNumber)]);
    contract.unique = vec!["bill".to_owned()];
    let sealed =
        seal(&contract, &[&["450221199001011236", ONE], &["450221199001021236", ONE], &["99887766554433221100", ONE]]);
    assert_eq!(sealed.rows.len(), 3);
    let bills = texts(&sealed, "bill");
    assert!(bills[0].starts_with("450221********1236#") && bills[0] != bills[1]);
    assert_eq!(bills[2], "99887766554433221100");
}

#[test]
fn every_row_is_somewhere_and_another_key_changes_only_tokens() {
    let contract = contract(&[("person", ColumnType::IdNumber), ("remark", ColumnType::Text)]);
    let rows: &[&[&str]] = &[&[ONE, "甲"], &["", ""], &[OTHER, "乙"]];
    let gazetteer = gazetteer();
    let month = "2023-03".parse::<Month>().unwrap();
    let sealed: Vec<SealedChunk> =
        ["01", "02"].map(|byte| FeedSealer::new(&contract, &keys(byte), &gazetteer, month).seal(chunk(rows))).into();
    assert_eq!(sealed[0].rows.len() + sealed[0].rejects.len(), rows.len());
    assert_ne!(tokens(&sealed[0]).0[0], tokens(&sealed[1]).0[0]);
    assert_eq!(texts(&sealed[0], "remark"), texts(&sealed[1], "remark"));
    assert_eq!(sealed[0].flaws, sealed[1].flaws);
}

#[test]
fn a_column_that_the_file_lacks_is_no_flaw_of_every_row() {
    let contract =
        contract(&[("name", ColumnType::Name), ("person", ColumnType::IdNumber), ("remark", ColumnType::Text)]);
    let sealed = seal(&contract, &[&["", ONE, ""], &["", OTHER, ""]]);
    assert!(sealed.flaws.is_empty());
}

#[test]
fn a_dash_for_an_amount_and_no_tick_are_answers() {
    let mut contract = contract(&[
        ("amount", ColumnType::Money),
        ("paid_on", ColumnType::Date),
        ("person", ColumnType::IdNumber),
        ("working", ColumnType::Flag),
    ]);
    for column in &mut contract.columns {
        column.required = true;
    }
    let sealed = seal(&contract, &[&["—", "—", ONE, ""], &["", "", ONE, "√"]]);
    assert_eq!(
        flaws(&sealed),
        [
            (2, "paid_on", FlawCode::RequiredMissing, "—"),
            (3, "amount", FlawCode::RequiredMissing, ""),
            (3, "paid_on", FlawCode::RequiredMissing, ""),
        ]
    );
}

#[test]
fn a_row_that_slipped_sideways_shows_nobody() {
    let mut contract = contract(&[
        ("amount", ColumnType::Money),
        ("days", ColumnType::Integer),
        ("grade", ColumnType::Text),
        ("paid_on", ColumnType::Date),
        ("person", ColumnType::IdNumber),
        ("remark", ColumnType::Text),
        ("share", ColumnType::Number),
        ("working", ColumnType::Flag),
    ]);
    contract.columns[2].choices = vec!["C级".to_owned()];
    let sealed = seal(
        &contract,
        &[
            &["韦颖", "韦颖", "韦颖", "韦颖", ONE, "", "韦颖", "韦颖"],
            &[
                "x13877221234",
                "x13877221234",
                "13877221234",
                "13877221234",
                ONE,
                "13877221234",
                "x13877221234",
                "13877221234",
            ],
            &[
                "450221198、80722712X",
                "450221199001011236x",
                THIRD,
                THIRD,
                ONE,
                "450221 1988 0722 712",
                "450221198、80722712X",
                THIRD,
            ],
        ],
    );
    let shown = format!("{sealed:?}");
    for secret in ["韦", "颖", "13877221234", THIRD, "80722712", "0722 712"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert_eq!(texts(&sealed, "grade"), ["", "", ""]);
    assert_eq!(texts(&sealed, "remark"), ["", "138＊＊＊＊", "450221********2712"]);
}

#[test]
fn an_event_after_its_month_is_a_flaw_and_a_plan_is_not() {
    let mut contract = contract(&[("on", ColumnType::Date), ("person", ColumnType::IdNumber)]);
    let rows: &[&[&str]] = &[&["2023-03-31", ONE], &["2023-04-01", ONE]];
    let events = seal(&contract, rows);
    assert!(matches!(get(&events, "on"), SealedColumn::Date { days, .. } if days[0].is_some() && days[1].is_none()));
    assert_eq!(flaws(&events), [(3, "on", FlawCode::DateImpossible, "2023-04-01")]);
    for kind in [FeedKind::Snapshot, FeedKind::Registry] {
        contract.kind = kind;
        assert!(flaws(&seal(&contract, rows)).is_empty());
    }
}

#[test]
fn the_sample_is_the_same_in_whatever_chunks_a_feed_comes() {
    let numbers = (0..1500).filter_map(|at| {
        let seventeen = format!("450221199{}0{}1{}{:03}", at % 10, at % 9 + 1, at % 8, at % 997 + 1);
        let checked = |last: char| {
            let number = format!("{seventeen}{last}");
            let read = canonical_id(bidui_model::RawCell { kind: CellKind::Text, text: &number });
            (read.status == IdStatus::Valid).then_some(number)
        };
        "0123456789X".chars().find_map(checked)
    });
    let numbers: Vec<String> = numbers.collect();
    let rows: Vec<[&str; 2]> = numbers.iter().map(|number| ["韦某", number.as_str()]).collect();
    let contract = contract(&[("name", ColumnType::Name), ("person", ColumnType::IdNumber)]);
    let month = "2023-03".parse::<Month>().unwrap();
    let master = MasterKey::parse(&format!("bidui-key-v1 {}", "01".repeat(32))).unwrap();
    let ladder_keys = LadderKeys::derive(&master, HashAlgorithm::HmacSha256, &Ladder::default());
    let (keys, gazetteer, sounds) = (keys("01"), gazetteer(), NameSounds::new(&[]));
    let placeholders = Placeholders::default();
    let setting =
        WatchSetting { month, keys: &ladder_keys, sounds: &sounds, placeholders: &placeholders, roster: None };
    let sample = |size: usize| -> Vec<(u32, u64)> {
        let mut sealer = FeedSealer::new(&contract, &keys, &gazetteer, month).watched(setting);
        for (first, part) in (2_u32..).step_by(size).zip(rows.chunks(size)) {
            let part: Vec<&[&str]> = part.iter().map(|row| &row[..]).collect();
            let numbered = (first..).take(part.len()).collect();
            sealer.seal(RawChunk { rows: numbered, ..chunk(&part) });
        }
        sealer.finish().loose.iter().map(|loose| (loose.row.row, loose.row.digest)).collect()
    };
    assert!(rows.len() > 1000);
    assert_eq!(sample(5000).len(), 400);
    for size in [1, 7, 399, 400, 401] {
        assert_eq!(sample(size), sample(5000), "{size}");
    }
}

#[test]
fn a_name_that_slipped_into_another_column_is_not_kept() {
    let contract =
        contract(&[("name", ColumnType::Name), ("person", ColumnType::IdNumber), ("measure", ColumnType::Text)]);
    let sealed = seal(
        &contract,
        &[
            &["韦大胜", ONE, "产业帮扶"],
            &["产业帮扶", OTHER, "覃政明"],
            // Two names beside each other may be a person's and his helper's; and a name nobody knows is one.
            &["覃政明", THIRD, "韦大胜"],
            &["买买提·艾力", ONE, "江苏"],
        ],
    );
    assert_eq!(texts(&sealed, "measure"), ["产业帮扶", "", "韦大胜", "江苏"]);
    let told: Vec<_> = flaws(&sealed).into_iter().filter(|(.., code, _)| *code == FlawCode::NameElsewhere).collect();
    assert_eq!(told, [(3, "measure", FlawCode::NameElsewhere, "")]);
    assert!(!format!("{sealed:?}").contains("覃政明"));
}
