//! What a messy county writes reads back, and the truth knows every row of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;

use bidui_model::Month;
use bidui_synth::{SynthOptions, SynthVillage, generate};
use calamine::{Data, Reader, SheetVisible, Sheets, open_workbook_auto};

fn county() -> tempfile::TempDir {
    let first: Month = "2022-12".parse().unwrap();
    let village = |number: u32| SynthVillage {
        code12: format!("4502061022{number:02}"),
        name: format!("第{number}村村民委员会"),
        short_name: format!("第{number}村"),
        aliases: vec![format!("第{number}村委会")],
        town_code: "450206102".to_owned(),
        town_name: if number < 5 { "百朋镇" } else { "成团镇" }.to_owned(),
    };
    let options = SynthOptions {
        persons: 1_500,
        months: first.through(first.plus(3)).collect(),
        seed: 7,
        messy: true,
        villages: (1..10).map(village).collect(),
        moved_out: Vec::new(),
        sites: Vec::new(),
        damage_rate: 3.0,
        borrowed_share: None,
    };
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), &options, &mut |_| {}).unwrap();
    folder
}

/// Truth rows by month, file and sheet: row number, 人编号, damage and link.
type Truth = BTreeMap<(String, String, String), Vec<(usize, String, String, String)>>;

fn truth(folder: &Path) -> Truth {
    let mut rows = Truth::new();
    for record in csv::Reader::from_path(folder.join("truth/rows.csv")).unwrap().records() {
        let record = record.unwrap();
        let text = |index: usize| record[index].to_owned();
        let row = (record[4].parse().unwrap(), text(5), text(7), text(8));
        rows.entry((text(0), text(2), text(3))).or_default().push(row);
    }
    rows
}

fn ids(folder: &Path) -> BTreeMap<String, String> {
    let mut reader = csv::Reader::from_path(folder.join("truth/persons.csv")).unwrap();
    reader.records().map(|record| record.unwrap()).map(|record| (record[0].to_owned(), record[2].to_owned())).collect()
}

#[test]
fn workbooks_of_both_kinds_have_every_row_where_the_truth_says() {
    let folder = county();
    let (rows, ids) = (truth(folder.path()), ids(folder.path()));
    let (mut old, mut new, mut numbers) = (0, 0, 0);
    for ((month, file, sheet), rows) in rows.iter().filter(|((_, _, sheet), _)| !sheet.is_empty()) {
        let path = folder.path().join("inbox").join(month).join(file);
        let mut book: Sheets<_> = open_workbook_auto(&path).unwrap();
        *if matches!(book, Sheets::Xls(_)) { &mut old } else { &mut new } += rows.len();
        let range = book.worksheet_range(sheet).unwrap();
        let start = range.start().unwrap().0 as usize;
        for (row, person_no, damage, link) in rows {
            let cells = range.rows().nth(row - 1 - start).unwrap();
            if damage == "id_number_cell" {
                numbers += 1;
                assert!(cells.iter().any(|cell| matches!(cell, Data::Float(number) if *number > 1e17)));
            }
            if damage.is_empty() && link == "id" {
                let id = &ids[person_no];
                assert!(cells.iter().any(|cell| cell.to_string().contains(id)), "{month} {file} {sheet} {row}");
            }
        }
    }
    assert!(old > 300 && new > 5_000 && numbers > 0, "{old} {new} {numbers}");
}

#[test]
fn the_registry_has_a_sheet_for_each_town_and_one_that_nobody_sees() {
    let folder = county();
    let path = folder.path().join("inbox/2023-03/乡村振兴局/2023年3月农村人口底册.xlsx");
    let book = open_workbook_auto(&path).unwrap();
    let sheets: Vec<(String, SheetVisible)> =
        book.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), sheet.visible)).collect();
    let visible = |wanted| sheets.iter().filter(|(_, visible)| *visible == wanted).count();
    assert_eq!((visible(SheetVisible::Visible), visible(SheetVisible::Hidden)), (2, 1), "{sheets:?}");
}

/// A part of a workbook, as text.
fn part(path: &Path, name: &str) -> String {
    let mut book = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    std::io::read_to_string(book.by_name(name).unwrap()).unwrap()
}

#[test]
fn a_wide_household_goes_on_in_a_second_row_beneath_merged_cells() {
    let folder = county();
    let (mut side_by_side, mut second_rows) = (0, 0);
    for ((month, file, _), rows) in truth(folder.path()).iter().filter(|((_, file, _), _)| file.contains("低保边缘"))
    {
        let by_row = |wanted: usize| rows.iter().filter(|(row, ..)| *row == wanted).count();
        side_by_side += rows.iter().filter(|(row, ..)| by_row(*row) > 1).count();
        let sheet = part(&folder.path().join("inbox").join(month).join(file), "xl/worksheets/sheet1.xml");
        for (row, person_no, ..) in rows.iter().filter(|(_, person_no, ..)| person_no.ends_with("06")) {
            // Merged with the cell above: from the row before to this one.
            let merged =
                sheet.split("<mergeCell ").any(|cell| cell.contains(&format!("{row}\"/>")) && !cell.contains("1:"));
            assert!(merged, "{month} {row} {person_no}");
            second_rows += 1;
        }
    }
    assert!(side_by_side > 20 && second_rows > 0, "{side_by_side} {second_rows}");
}

#[test]
fn a_filter_hides_rows_that_are_data() {
    let folder = county();
    let path = folder.path().join("inbox/2023-03/住房和城乡建设局/2023年3月危房鉴定台账.xlsx");
    let sheet = part(&path, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<autoFilter ref=") && sheet.contains("hidden=\"1\""));
}

#[test]
fn days_may_count_from_1904() {
    let folder = county();
    let path = folder.path().join("inbox/2023-03/公安局/2023年3月服刑强戒人员名单.xlsx");
    assert!(part(&path, "xl/workbook.xml").contains("date1904=\"1\""));
    let mut book: Sheets<_> = open_workbook_auto(&path).unwrap();
    let range = book.worksheet_range("Sheet1").unwrap();
    let days: Vec<u16> = range
        .rows()
        .flatten()
        .filter_map(|cell| match cell {
            Data::DateTime(day) => Some(day.to_ymd_hms_milli().0),
            _ => None,
        })
        .collect();
    assert!(!days.is_empty() && days.iter().all(|year| (2019..=2023).contains(year)), "{days:?}");
}

#[test]
fn a_workbook_may_be_named_et_and_amounts_stand_beneath_ten_thousands() {
    let folder = county();
    let book = std::fs::read(folder.path().join("inbox/2023-03/民政局/2023年3月刚性支出困难家庭名册.et")).unwrap();
    assert!(book.starts_with(b"PK"));
    let losses = folder.path().join("inbox/2023-03/农业农村局");
    let file = std::fs::read_dir(losses).unwrap().map(|entry| entry.unwrap().path());
    let file = file.into_iter().find(|path| path.to_string_lossy().contains("产业")).unwrap();
    assert!(std::fs::read_to_string(file).unwrap().contains("损失金额（万元）"));
}

#[test]
fn every_quirk_of_rows_is_there() {
    let folder = county();
    let damage = std::fs::read_to_string(folder.path().join("truth/damage.csv")).unwrap();
    for code in [
        "id_lower_x",
        "id_x_lookalike",
        "id_full_width",
        "id_quote",
        "id_nbsp",
        "id_blanks",
        "id_15",
        "id_g_prefix",
        "id_number_cell",
        "id_e17",
        "id_000",
        "id_one_off",
        "id_swapped",
        "id_missing",
        "id_placeholder",
        "id_other_document",
        "id_old",
        "list_shifted",
        "id_of_head",
        "id_borrowed",
        "registry_id",
        "name_blanks",
        "name_digit",
        "name_suffix_head",
        "name_dot_variant",
        "name_illegible",
        "name_missing",
        "name_variant",
        "name_homophone",
        "phone_wrong",
        "village_wrong",
        "birth_wrong",
        "sex_wrong",
        "head_name_variant",
        "row_duplicate",
        "bill_twice",
        "file_twice",
        "row_not_sent",
        "feed_missing",
        "feed_half_empty",
    ] {
        assert!(damage.contains(&format!(",{code},")), "{code}\n{damage}");
    }
}

#[test]
fn four_byte_characters_survive_gb18030() {
    let folder = county();
    let mut texts = 0;
    for entry in std::fs::read_dir(folder.path().join("inbox/2023-03/公安局")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let bytes = std::fs::read(path).unwrap();
            assert!(std::str::from_utf8(&bytes).is_err());
            let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
            assert!(!broken && text.contains("死亡"));
            texts += 1;
        }
    }
    assert_eq!(texts, 1);
}
