//! Laws of the ladder over whole runs: the order of rows never shows, a stranger in the registry changes nobody's link, and nobody is linked
//! to a person whose own whole number is another one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use support::{County, Record};

const MONTH: &str = "2023-03";
const LIST: &str = "医保_参保";

/// A clean county in whose insurance list every fifth number is broken in one of several ways, and some numbers are other people's.
static BROKEN: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(1_500, &["--clean", "--seed", "21", "--months", "2023-03"]);
    change(&county, "参保", |heading, rows| {
        let number = heading.iter().position(|word| word == "证件号码").unwrap();
        let all: Vec<String> = rows.iter().map(|row| row[number].clone()).collect();
        for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| at % 35 == 3) {
            row[number].clone_from(&all[(at + 9) % all.len()]);
        }
        for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| at % 5 == 0) {
            let own = row[number].clone();
            row[number] = match at % 4 {
                0 => String::new(),
                1 => format!("{}000", &own[..15]),
                2 => format!("{}{}{}", &own[..16], (own.as_bytes()[16] - b'0' + 1) % 10, &own[17..]),
                _ => "办理中".to_owned(),
            };
        }
    });
    county
});

/// Rewrites a CSV extract of the month.
fn change(county: &County, word: &str, change: impl FnOnce(&[String], &mut Vec<Vec<String>>)) {
    let path = county.extract(MONTH, word);
    let (heading, mut rows) = read(&path);
    change(&heading, &mut rows);
    let mut writer = csv::Writer::from_path(&path).unwrap();
    writer.write_record(&heading).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.flush().unwrap();
}

fn read(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let words = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let heading = words(reader.headers().unwrap());
    (heading, reader.records().map(|record| words(&record.unwrap())).collect())
}

/// What became of each row of the list: the row itself, with class and person, in the order of the rows' words.
fn outcome(county: &County) -> Vec<(Vec<String>, String, String)> {
    county.run(MONTH).expect(0);
    let (_, rows) = read(&county.extract(MONTH, "参保"));
    let links = county.relation(MONTH, "links").into_iter().filter(|link| link["feed"] == LIST);
    let by_row: BTreeMap<usize, Record> = links.map(|link| (link["row"].parse().unwrap(), link)).collect();
    let of = |(at, row): (usize, Vec<String>)| {
        let link = &by_row[&(at + 2)];
        (row, link["link_class"].clone(), link["person_no"].clone())
    };
    let mut all: Vec<_> = rows.into_iter().enumerate().map(of).collect();
    all.sort();
    all
}

static PLAIN: LazyLock<Vec<(Vec<String>, String, String)>> = LazyLock::new(|| outcome(&BROKEN.copy()));

fn count(class: &str) -> usize {
    PLAIN.iter().filter(|(_, of, _)| of == class).count()
}

#[test]
fn the_order_of_rows_never_shows() {
    assert!(
        count("repaired") > 30 && count("damaged_by_excel") > 30 && count("weighted") > 50,
        "nothing to hold it by"
    );
    let county = BROKEN.copy();
    change(&county, "参保", |_, rows| rows.reverse());
    change(&county, "人口底册", |_, rows| {
        let half = rows.len() / 2;
        rows.rotate_left(half);
    });
    assert_eq!(outcome(&county), *PLAIN);
}

#[test]
fn a_stranger_in_the_registry_changes_nobodys_link() {
    let county = BROKEN.copy();
    change(&county, "人口底册", |heading, rows| {
        let at = |word: &str| heading.iter().position(|found| found == word).unwrap();
        let mut stranger = rows[0].clone();
        stranger[at("人编号")] = "9999999999".to_owned();
        stranger[at("户编号")] = "9999999".to_owned();
        stranger[at("证件号码")] = "11010519491231002X".to_owned();
        stranger[at("姓名")] = "欧阳陌生".to_owned();
        stranger[at("人联系电话")] = String::new();
        rows.push(stranger);
    });
    assert_eq!(outcome(&county), *PLAIN);
}

#[test]
fn a_namesake_in_the_same_place_sends_a_row_to_review_and_no_other() {
    let weighted = PLAIN.iter().find(|(_, class, _)| class == "weighted").unwrap().clone();
    let county = BROKEN.copy();
    change(&county, "人口底册", |heading, rows| {
        let at = |word: &str| heading.iter().position(|found| found == word).unwrap();
        let mut namesake = rows.iter().find(|row| row[at("人编号")] == weighted.2).unwrap().clone();
        namesake[at("人编号")] = "9999999999".to_owned();
        namesake[at("证件号码")] = "11010519491231002X".to_owned();
        rows.push(namesake);
    });
    let after = outcome(&county);
    let changed: Vec<_> = after.iter().zip(PLAIN.iter()).filter(|(now, before)| now != before).collect();
    assert!(changed.iter().any(|(now, _)| now.0 == weighted.0 && now.1 == "review"), "{changed:?}");
    assert!(
        changed.iter().all(|(now, _)| now.0[..] == weighted.0[..] || now.0.contains(&weighted.0[1])),
        "{changed:?}"
    );
}

/// A whole number of the city, which no registered person has.
fn strange_number(sequence: usize) -> String {
    let mut number = format!("45020219800101{:03}", sequence + 1);
    number.push(char::from(bidui_model::check_character(number.as_bytes()).unwrap()));
    number
}

#[test]
fn a_strangers_row_is_not_linked_for_a_name_that_a_person_without_number_has_too() {
    const WITHOUT: usize = 15;
    let county = County::invent(1_500, &["--clean", "--seed", "21", "--months", "2023-03"]);
    let mut without: Vec<(String, String, String)> = Vec::new();
    change(&county, "人口底册", |heading, rows| {
        let at = |word: &str| heading.iter().position(|found| found == word).unwrap();
        let (number, name, no) = (at("证件号码"), at("姓名"), at("人编号"));
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        rows.iter().for_each(|row| *names.entry(row[name].clone()).or_default() += 1);
        for row in rows.iter_mut().filter(|row| names[&row[name]] == 1).step_by(40).take(WITHOUT) {
            without.push((std::mem::take(&mut row[number]), row[name].clone(), row[no].clone()));
        }
    });
    assert_eq!(without.len(), WITHOUT);
    // No other row says when the first of them was born, so that the namesake's row has nothing against it but how little it says for it.
    for file in support::files_under(&county.path("inbox")).iter().filter(|file| !file.contains("参保")) {
        let path = county.path("inbox").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: String = text.split_inclusive('\n').filter(|line| !line.contains(&without[0].0)).collect();
        std::fs::write(path, lines).unwrap();
    }
    change(&county, "参保", |heading, rows| {
        let at = |word: &str| heading.iter().position(|found| found == word).unwrap();
        // The first of them stands on no list; a namesake of the same town does, and many of other names do.
        let own = rows.iter().position(|row| row[at("证件号码")] == without[0].0).unwrap();
        rows[own][at("证件号码")] = strange_number(0);
        rows[own][at("行政村")].clear();
        let pattern = rows[own].clone();
        rows.extend((1..200).map(|sequence| {
            let mut other = pattern.clone();
            (other[at("证件号码")], other[at("姓名")]) = (strange_number(sequence), "欧阳陌生".to_owned());
            other
        }));
    });
    let found = outcome(&county);
    let of = |number: &str| found.iter().find(|(row, ..)| row[0] == number).unwrap();
    assert_eq!(of(&strange_number(0)).1, "review", "a namesake is shown, and not linked");
    let own = without[1..].iter().filter(|(number, _, person)| {
        let (_, class, linked) = of(number);
        class == "weighted" && linked == person
    });
    assert!(own.count() >= WITHOUT - 3, "their own rows, which agree in the village too, are linked");
}

#[test]
fn nobody_is_linked_to_a_person_whose_whole_number_is_another() {
    let (heading, persons) = read(&BROKEN.extract(MONTH, "人口底册"));
    let at = |word: &str| heading.iter().position(|found| found == word).unwrap();
    let owners: BTreeMap<&str, &str> =
        persons.iter().map(|row| (row[at("证件号码")].as_str(), row[at("人编号")].as_str())).collect();
    let (columns, _) = read(&BROKEN.extract(MONTH, "参保"));
    let number = columns.iter().position(|word| word == "证件号码").unwrap();
    let whole =
        || PLAIN.iter().filter_map(|(row, class, person)| Some((owners.get(row[number].as_str())?, class, person)));
    assert!(whole().filter(|(_, class, _)| *class == "review").count() > 20, "nobody stands under another's number");
    for (owner, class, person) in whole() {
        assert!(person.is_empty() || person == owner, "{class}: {person} under the number of {owner}");
    }
}
