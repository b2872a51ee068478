//! Rows that the ladder leaves to a person: the list that shows them, and what becomes of what was decided.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use calamine::{Reader, Xlsx, open_workbook};
use support::{County, Record, Said, edit, say};

const BEFORE: &str = "2023-02";
const MONTH: &str = "2023-03";
const LIST: &str = "district/待认定关联清单.xlsx";

/// Both months are published, so that what a test decides can be held against them.
static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(3_000, &["--damage", "5", "--borrowed", "0.02", "--seed", "10"]);
    county.run(BEFORE).expect(0);
    county.run(MONTH).expect(0);
    county
});

/// A row's place.
fn place(record: &Record) -> [String; 4] {
    ["feed", "file", "sheet", "row"].map(|column| record[column].clone())
}

fn in_class(county: &County, month: &str, class: &str) -> Vec<Record> {
    county.relation(month, "links").into_iter().filter(|link| link["link_class"] == class).collect()
}

/// Every cell of every sheet.
fn cells(path: &Path) -> Vec<String> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let names = workbook.sheet_names();
    let of_sheet = |name: &String| {
        let range = workbook.worksheet_range(name).unwrap();
        range.rows().flatten().map(ToString::to_string).collect::<Vec<_>>()
    };
    names.iter().flat_map(of_sheet).collect()
}

fn decide(county: &County, lines: &[String]) {
    let text = format!("row_digest,person_no,author,date,revoked_on,note\n{}\n", lines.join("\n"));
    std::fs::write(county.path("state/link-decisions.csv"), text).unwrap();
}

fn explain(county: &County, row: &str) -> Said {
    say(&mut county.command(&["explain", MONTH, "--row", row]))
}

/// Links of the rows with this digest.
fn of_digest(county: &County, month: &str, digest: &str) -> Vec<Record> {
    county.relation(month, "links").into_iter().filter(|link| link["row_digest"] == digest).collect()
}

/// A clean county in whose list of the insured two members of one household stand under each other's number, in both months. Gives the
/// county, and what the row of the second member says: his own name, and the other's number.
fn with_numbers_exchanged() -> County {
    let county = County::invent(3_000, &["--clean", "--seed", "9"]);
    let insured = |month: &str| std::fs::read_to_string(county.extract(month, "参保")).unwrap();
    let (before, after) = (insured(BEFORE), insured(MONTH));
    let persons = county.truth("persons");
    let listed = |person: &Record| {
        let begins = format!("{},{},", person["id_number"], person["name"]);
        !person["id_number"].is_empty() && [&before, &after].iter().all(|text| text.contains(&begins))
    };
    let is_pair = |pair: &&[Record]| {
        pair[0]["household_id"] == pair[1]["household_id"]
            && pair[0]["name"] != pair[1]["name"]
            && pair.iter().all(listed)
    };
    let pair = persons.windows(2).find(is_pair).expect("two insured members of a household");
    let (one, other) = (pair[0]["id_number"].as_str(), pair[1]["id_number"].as_str());
    for month in [BEFORE, MONTH] {
        let exchange = |text: String| text.replace(one, "\u{0}").replace(other, one).replace('\u{0}', other);
        edit(&county.extract(month, "参保"), exchange);
        county.run(month).expect(0);
    }
    county
}

#[test]
fn every_row_in_review_has_its_candidates_on_the_list() {
    let candidates = COUNTY.relation(MONTH, "candidates");
    let mut by_row: BTreeMap<[String; 4], Vec<&Record>> = BTreeMap::new();
    for candidate in &candidates {
        by_row.entry(place(candidate)).or_default().push(candidate);
    }
    let review = in_class(&COUNTY, MONTH, "review");
    assert!(review.len() > 10);
    for row in &review {
        let own = &by_row[&place(row)];
        assert!(own.iter().any(|candidate| candidate["row_digest"] == row["row_digest"]), "{row:?}");
    }
    let rows: BTreeSet<_> = review.iter().map(place).collect();
    assert!(by_row.keys().all(|place| rows.contains(place)), "candidates of rows that are not in review");
    let cells = cells(&COUNTY.path("out").join(MONTH).join(LIST));
    for candidate in &candidates {
        assert!(cells.iter().any(|cell| cell.ends_with(&format!("人编号：{}", candidate["person_no"]))));
    }
    let keys: BTreeSet<String> =
        candidates.iter().map(|candidate| format!("{}/{}", candidate["row_digest"], candidate["person_no"])).collect();
    assert_eq!(cells.iter().filter(|cell| keys.contains(*cell)).count(), candidates.len(), "a line a candidate");
}

#[test]
fn the_list_shows_what_the_row_says_and_no_whole_number() {
    let ids: BTreeSet<String> = COUNTY.truth("persons").into_iter().map(|person| person["id_number"].clone()).collect();
    let cells = cells(&COUNTY.path("out").join(MONTH).join(LIST));
    let whole = |cell: &String| {
        let digits = |part: &str| part.len() >= 15 && part.bytes().filter(u8::is_ascii_digit).count() >= 15;
        cell.split(|c: char| !c.is_ascii_alphanumeric()).any(digits)
    };
    // A digest may be digits alone, and is no number.
    let is_key =
        |cell: &str| cell.split_once('/').is_some_and(|(digest, _)| digest.len() == 16 && !digest.contains(' '));
    let shown: Vec<&String> = cells.iter().filter(|cell| !is_key(cell) && whole(cell)).collect();
    assert!(shown.is_empty(), "{} cells hold a number", shown.len());
    assert!(!cells.iter().any(|cell| ids.iter().any(|id| !id.is_empty() && cell.contains(id.as_str()))));
    assert!(cells.iter().filter(|cell| cell.starts_with("姓名：") && !cell.starts_with("姓名：—")).count() > 10);
}

#[test]
fn a_decision_holds_in_its_month_and_the_next_until_it_is_revoked() {
    let county = with_numbers_exchanged();
    let review = in_class(&county, MONTH, "review");
    assert_eq!(review.len(), 2, "the two rows that were exchanged");
    let (row, digest) = (&review[0], &review[0]["row_digest"]);
    let before = of_digest(&county, BEFORE, digest);
    assert_eq!(before.len(), 1, "the same row in the month before");
    let candidates = county.relation(MONTH, "candidates");
    let chosen = candidates.iter().rfind(|candidate| &candidate["row_digest"] == digest).unwrap();
    let line = |revoked: &str| format!("{digest},{},甲,2023-03-08,{revoked},", chosen["person_no"]);
    decide(&county, &[line("")]);
    for month in [BEFORE, MONTH] {
        county.run(month).expect(0);
        let links = of_digest(&county, month, digest);
        assert!(!links.is_empty());
        for link in links {
            assert_eq!((link["link_class"].as_str(), &link["person_no"]), ("decided", &chosen["person_no"]));
        }
        let open = county.relation(month, "candidates");
        assert!(open.iter().all(|candidate| &candidate["row_digest"] != digest), "it is not asked again");
    }
    let said = explain(&county, &format!("{}:{}", row["file"], row["row"])).expect(0);
    said.naming(&["人工认定", &format!("是人编号 {}（甲，2023-03-08）", chosen["person_no"]), digest]);
    decide(&county, &[line("2023-04-01")]);
    county.run(MONTH).expect(0);
    assert!(of_digest(&county, MONTH, digest).iter().all(|link| link["link_class"] == "review"));
}

#[test]
fn a_row_that_is_nobodys_by_decision_is_not_linked_and_an_unknown_person_is_noted() {
    let review = in_class(&COUNTY, MONTH, "review");
    let (nobodys, unknown) = (&review[0]["row_digest"], &review.last().unwrap()["row_digest"]);
    assert_ne!(nobodys, unknown);
    let county = COUNTY.copy();
    decide(&county, &[format!("{nobodys},,甲,2023-04-08,,"), format!("{unknown},H9999999999,甲,2023-04-08,,")]);
    county.run(MONTH).expect(0).naming(&["认定的人编号不在本月底册中"]);
    for link in of_digest(&county, MONTH, nobodys) {
        assert_eq!((link["link_class"].as_str(), link["reason"].as_str()), ("none", "decided_nobody"));
    }
    assert!(of_digest(&county, MONTH, unknown).iter().all(|link| link["link_class"] == "review"));
}

#[test]
fn a_row_is_explained_by_the_passes_and_its_candidates() {
    let row = &in_class(&COUNTY, MONTH, "review")[0];
    let said = explain(&COUNTY, &format!("{}:{}", row["file"], row["row"])).expect(0);
    said.naming(&["待认定", "试过的各道", "候选人", "人编号", "人工认定：没有", &row["row_digest"]]);
    let weighted = &in_class(&COUNTY, MONTH, "weighted")[0];
    let said = explain(&COUNTY, &format!("{}:{}", weighted["file"], weighted["row"])).expect(0);
    let said = said.naming(&["疑似，身份待核", "由哪一道认出：按权重关联", "各项分量", "合计", &weighted["person_no"]]);
    // Few of those who are linked by weight may be anybody else.
    said.naming(&["别的候选人：没有概率达到0.005的"]);
    let certain = &in_class(&COUNTY, MONTH, "certain")[0];
    let said = explain(&COUNTY, &format!("{}:{}", certain["file"], certain["row"])).expect(0);
    assert!(!said.naming(&["证件号码与姓名一致"]).stdout.contains("行标识"));
}

#[test]
fn a_warning_on_a_weak_link_is_explained_with_the_pass() {
    let evidence = COUNTY.relation(MONTH, "evidence");
    let weak = |class: &str| {
        let found = evidence.iter().find(|row| row["link_class"] == class && row["feed_month"] == MONTH);
        found.unwrap_or_else(|| panic!("no evidence of class {class}"))["household_id"].clone()
    };
    let explain = |household: &str| say(&mut COUNTY.command(&["explain", MONTH, household])).expect(0);
    explain(&weak("repaired")).naming(&["证件号码错一位，更正后与姓名一致", "认人："]);
    explain(&weak("weighted")).naming(&["认人：按权重关联", "合计 "]);
}

#[test]
fn a_row_that_is_not_there_is_said_to_be_set_aside_or_missing() {
    let rejected = &COUNTY.relation(MONTH, "rejects")[0];
    explain(&COUNTY, &format!("{}:{}", rejected["file"], rejected["row"]))
        .expect(0)
        .naming(&["已剔除", &rejected["title"]]);
    let file = &rejected["file"];
    explain(&COUNTY, &format!("{file}:999999")).expect(2).naming(&["第999999行没有数据", "有数据的行从第"]);
    explain(&COUNTY, &format!("{}:5", file.rsplit_once('/').unwrap().1)).expect(2).naming(&["本月没有读入", file]);
    explain(&COUNTY, file).expect(2).naming(&["文件:行号"]);
    say(&mut COUNTY.command(&["explain", MONTH])).expect(2).naming(&["缺少"]);
}

/// A clean county in whose list of the insured the first rows have lost their numbers.
fn without_numbers(rows: usize) -> County {
    let county = County::invent(3_000, &["--clean", "--seed", "12"]);
    let without = |text: String| {
        let row = |(at, line): (usize, &str)| match line.split_once(',') {
            Some((_, rest)) if (1..=rows).contains(&at) => format!(",{rest}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().enumerate().map(row).collect()
    };
    edit(&county.extract(MONTH, "参保"), without);
    county
}

/// How each row of the list of the insured is linked.
fn insured(county: &County) -> Vec<[String; 4]> {
    let links = county.relation(MONTH, "links").into_iter().filter(|link| link["feed"] == "医保_参保");
    links.map(|link| ["row", "link_class", "reason", "person_no"].map(|column| link[column].clone())).collect()
}

#[test]
fn a_registry_that_was_corrected_is_asked_anew() {
    let county = without_numbers(60);
    county.run(MONTH).expect(0);
    let weighted: Vec<String> =
        insured(&county).into_iter().filter(|row| row[1] == "weighted").map(|row| row[3].clone()).collect();
    assert!(weighted.len() > 10, "{}", weighted.len());
    // One of them is somebody else of another village in truth, and another one has left.
    let registry = county.extract(MONTH, "人口底册");
    let (renamed, gone) = (weighted[0].clone(), weighted[1].clone());
    edit(&registry, |text| {
        let mut lines = text.lines();
        let heading = lines.next().unwrap();
        let name = heading.split(',').position(|cell| cell == "姓名").unwrap();
        let number = heading.split(',').position(|cell| cell == "人编号").unwrap();
        let row = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[number] == renamed {
                cells[name] = "欧阳不同";
            }
            (cells[number] != gone).then(|| cells.join(","))
        };
        let rows: Vec<String> = lines.filter_map(row).collect();
        format!("{heading}\n{}\n", rows.join("\n"))
    });
    county.run(MONTH).expect(0);
    let again = insured(&county);
    assert!(again.iter().all(|row| row[3] != renamed && row[3] != gone), "linked to whom the registry does not have");
    for folder in ["state", "out"] {
        std::fs::remove_dir_all(county.path(folder)).unwrap();
    }
    county.run(MONTH).expect(0);
    assert_eq!(again, insured(&county));
}

#[test]
fn a_row_whose_decision_is_revoked_is_weighed_like_any_other() {
    let county = without_numbers(60);
    let fresh = county.copy();
    fresh.run(MONTH).expect(0);
    let open = fresh.relation(MONTH, "links").into_iter().find(|link| link["link_class"] == "weighted").unwrap();
    // Who is insured by such a row alone is not warned of, and whoever asks why is told.
    let asked = ["explain", MONTH, &open["household_id"], "--rule", "uninsured"];
    say(&mut fresh.command(&asked)).expect(0).naming(&["疑似、身份待核的行，不算它们为0"]);
    std::fs::remove_dir_all(fresh.path("out")).unwrap();
    std::fs::remove_dir_all(fresh.path("state/sealed")).unwrap();
    // The month is sealed anew while a decision stands.
    let digest = &open["row_digest"];
    decide(&fresh, &[format!("{digest},,韦审核,2023-04-10,,")]);
    fresh.run(MONTH).expect(0);
    assert!(of_digest(&fresh, MONTH, digest).iter().all(|link| link["person_no"].is_empty()));
    decide(&fresh, &[format!("{digest},,韦审核,2023-04-10,2023-04-11,")]);
    fresh.run(MONTH).expect(0);
    assert!(of_digest(&fresh, MONTH, digest).iter().all(|link| link["person_no"] == open["person_no"]));
}

#[test]
fn a_number_that_excel_cut_and_whose_check_digit_fits_is_asked_by_what_is_left() {
    let county = County::invent(3_000, &["--clean", "--seed", "9"]);
    let persons = county.truth("persons");
    let numbers: BTreeSet<&str> = persons.iter().map(|person| person["id_number"].as_str()).collect();
    let insured = std::fs::read_to_string(county.extract(MONTH, "参保")).unwrap();
    let cut = |person: &&Record| {
        let rounded = format!("{}000", person["id_number"].get(..15)?);
        let fits = bidui_model::IdNumber::from_canonical(rounded.as_bytes()).is_some();
        let is_nobodys = !rounded.ends_with("0000") && !numbers.contains(rounded.as_str());
        let is_listed = insured.contains(&format!("{},{},", person["id_number"], person["name"]));
        (fits && is_nobodys && is_listed).then_some(rounded)
    };
    let whose = persons.iter().find(|person| cut(person).is_some()).unwrap();
    let rounded = cut(&whose).unwrap();
    edit(&county.extract(MONTH, "参保"), |text| text.replace(&whose["id_number"], &rounded));
    county.run(MONTH).expect(0);
    let found: Vec<Record> = in_class(&county, MONTH, "damaged_by_excel");
    assert_eq!(found.len(), 1);
    let row: usize = found[0]["row"].parse().unwrap();
    let line = std::fs::read_to_string(county.extract(MONTH, "参保")).unwrap().lines().nth(row - 1).unwrap().to_owned();
    assert!(line.starts_with(&rounded), "{line}");
    let of =
        |column: &str| persons.iter().find(|person| person["id_number"] == whose["id_number"]).unwrap()[column].clone();
    assert_eq!(found[0]["household_id"], of("household_id"));
}
