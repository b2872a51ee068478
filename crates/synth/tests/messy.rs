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
