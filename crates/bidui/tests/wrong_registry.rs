//! A registry with a column that slipped makes every other extract look wrong: the run says so and publishes nothing. A list of which
//! many rows cannot be read as rows is held, and few are told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use support::{County, edit};

const MONTH: &str = "2023-03";

static PLAIN: LazyLock<County> = LazyLock::new(|| County::invent(600, &["--clean", "--seed", "9"]));

/// A CSV file's heading and records.
struct Sheet {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let words = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let heading = words(reader.headers().unwrap());
        Self { heading, rows: reader.records().map(|record| words(&record.unwrap())).collect() }
    }
    fn write(&self, path: &Path) {
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(&self.heading).unwrap();
        self.rows.iter().for_each(|row| writer.write_record(row).unwrap());
        writer.flush().unwrap();
    }
    fn column(&self, heading: &str) -> usize {
        self.heading.iter().position(|other| other == heading).unwrap()
    }
    /// Moves a column down by some rows, its last values to the top.
    fn slip(&mut self, heading: &str, rows: usize) {
        let column = self.column(heading);
        let mut values: Vec<String> = self.rows.iter().map(|row| row[column].clone()).collect();
        values.rotate_right(rows);
        self.rows.iter_mut().zip(values).for_each(|(row, value)| row[column] = value);
    }
}

/// The run is refused, names the registry and these words, and publishes nothing.
#[track_caller]
fn blames_the_registry(change: impl FnOnce(&mut Sheet), words: &[&str]) {
    let county = PLAIN.copy();
    let path = county.extract(MONTH, "人口底册");
    let mut sheet = Sheet::read(&path);
    change(&mut sheet);
    sheet.write(&path);
    let said = county.run(MONTH).expect(1).naming(&["底册“乡村振兴局/2023年3月农村人口底册.csv”有误"]).naming(words);
    assert_eq!(said.stdout, "");
    assert!(!county.path("out").join(MONTH).exists());
}

#[test]
fn a_registry_whose_numbers_or_names_slipped_is_at_fault() {
    let words = ["份的姓名与底册不符（《", "证件号码相同而姓名不同"];
    blames_the_registry(|sheet| sheet.slip("证件号码", 1), &words);
    blames_the_registry(|sheet| sheet.slip("姓名", 1), &words);
}

#[test]
fn a_registry_in_which_head_and_spouse_have_each_others_number_is_at_fault() {
    let exchange = |sheet: &mut Sheet| {
        let (household, number) = (sheet.column("户编号"), sheet.column("证件号码"));
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, row) in sheet.rows.iter().enumerate() {
            members.entry(row[household].clone()).or_default().push(at);
        }
        for pair in members.values().filter(|members| members.len() > 1) {
            let first = sheet.rows[pair[0]][number].clone();
            sheet.rows[pair[0]][number] = std::mem::replace(&mut sheet.rows[pair[1]][number], first);
        }
    };
    blames_the_registry(exchange, &["份的姓名与底册不符（《"]);
}

#[test]
fn a_registry_whose_households_or_villages_slipped_is_at_fault() {
    blames_the_registry(|sheet| sheet.slip("户编号", 2), &["户的成员登记在不同的村", "同户成员不在一户"]);
    let places = |sheet: &mut Sheet| ["乡(镇)", "行政村"].iter().for_each(|heading| sheet.slip(heading, 3));
    blames_the_registry(places, &["户的成员登记在不同的村", "同村人不在一村"]);
}

#[test]
fn a_tenth_of_the_households_that_stand_twice_is_a_registry_at_fault() {
    let again = |sheet: &mut Sheet| {
        let (number, household) = (sheet.column("人编号"), sheet.column("户编号"));
        let mut copies: Vec<Vec<String>> = sheet.rows.iter().take(60).cloned().collect();
        for row in &mut copies {
            row[number].push('X');
            row[household].push('X');
        }
        sheet.rows.extend(copies);
    };
    blames_the_registry(again, &["有60行的证件号码在底册中已经出现过"]);
}

#[test]
fn a_registry_with_a_column_filled_down_is_not_run() {
    for (heading, word) in [("户类型", "一般农户"), ("监测对象类别", ""), ("劳动技能", "普通劳动力")]
    {
        let county = PLAIN.copy();
        let path = county.extract(MONTH, "人口底册");
        let mut sheet = Sheet::read(&path);
        let column = sheet.column(heading);
        sheet.rows.iter_mut().for_each(|row| word.clone_into(&mut row[column]));
        sheet.write(&path);
        county.run(MONTH).expect(1).naming(&["人口底册.csv”的", &format!("“{heading}”本月599行全是"), "行是别的值"]);
        assert!(!county.path("out").join(MONTH).exists());
    }
}

#[test]
fn rows_that_cannot_be_read_are_told_and_many_hold_the_list() {
    let run = |every: usize| {
        let county = PLAIN.copy();
        edit(&county.extract(MONTH, "参保名单"), |text| {
            let line = |(at, line): (usize, &str)| {
                let broken = at > 0 && at % every == 0;
                if broken { line.replacen(',', ",\"", 1) + "\n" } else { format!("{line}\n") }
            };
            text.lines().enumerate().map(line).collect()
        });
        county.run(MONTH).expect(0)
    };
    run(12).naming(&["《医保_参保》暂缓使用", "参保名单.csv”第13行起有49行", "的2%"]);
    let few = run(400).naming(&["《医保_参保》", "参保名单.csv”第401行起有1行", "已剔除；请更正后重新报送"]);
    assert!(!few.stdout.contains("暂缓使用"));
}
