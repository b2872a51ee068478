//! No ID number of anybody leaves the inbox, no name but onto the lists, and the key only lies in its file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/canary.rs"]
mod canary;
#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use canary::{Find, Needles, Secret, forms_of_id};
use mutate::{Page, save_xlsx, word};
use support::{County, files_under, say};

const MONTH: &str = "2023-03";
const KEY: &str = "key/bidui.key";

/// A county that said all it can say, with what it said in `said/` and its temporary files in `temporary/`.
fn outspoken_county() -> County {
    let county = County::invent(1_500, &["--messy", "--seed", "3", "--damage", "3"]);
    fs::create_dir(county.path("temporary")).unwrap();
    fs::create_dir(county.path("said")).unwrap();
    let speak = |name: &str, words: &[&str]| {
        let mut command = county.command(words);
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("TMPDIR", county.path("temporary"));
        let said = say(&mut command);
        fs::write(county.path("said").join(name), format!("{}{}", said.stdout, said.stderr)).unwrap();
        said
    };
    speak("run", &["run", "2023-02"]).expect(0);
    write_everywhere(&county, "2023-02");
    speak("receive", &["receive", "2023-02", county.path("returned").to_str().unwrap()])
        .expect(0)
        .naming(&["新答复", "未采用"]);
    speak("run in JSON", &["run", MONTH, "--log-format", "json"]).expect(0);
    let mut households: Vec<String> =
        county.relation(MONTH, "signals").into_iter().map(|signal| signal["household_id"].clone()).collect();
    households.dedup();
    for household in households.iter().step_by(9) {
        speak(household, &["explain", MONTH, household]).expect(0);
    }
    speak("one rule", &["explain", MONTH, &households[0], "--rule", "uninsured"]).expect(0);
    county
}

/// The towns' lists of a month, with somebody's name and number in every cell that takes words, and in some that take none.
fn write_everywhere(county: &County, month: &str) {
    let people = county.truth("persons");
    fs::create_dir(county.path("returned")).unwrap();
    let mut at = 0;
    for town in fs::read_dir(county.path("out").join(month).join("towns")).unwrap() {
        let town = town.unwrap();
        let mut page = Page::read(&town.path().join("核查清单.xlsx"), "核查清单", "序号");
        page.fill("预警编号", |_| {
            at += 1;
            let person = &people[at * 7 % people.len()];
            let words = format!("{}（{}）", person["name"], person["id_number"]);
            let result = if at.is_multiple_of(3) { words.as_str() } else { "22" };
            ["情况说明", "主要支出", "核查人1", "核查人2", "农户确认", "镇审核人", "审核意见", "转往乡镇", "帮扶需求1"]
                .into_iter()
                .map(|title| (title, word(&words)))
                .chain([("核查结果", word(result)), ("核查日期", word(&person["id_number"]))])
                .collect()
        });
        save_xlsx(&county.path("returned").join(format!("{at}.xlsx")), &[page]);
    }
}

fn needles(county: &County) -> Needles {
    let mut needles = Needles::default();
    let places = words_of_places(county);
    for person in county.truth("persons") {
        needles.add_id(&person["id_number"], &person["person_no"]);
        // Somebody may be called as a village is, whose name stands in the relations.
        if !places.contains(&person["name"]) {
            needles.add_name(&person["name"], &person["person_no"]);
        }
    }
    let text = fs::read_to_string(county.path("state").join(KEY)).unwrap();
    let digits = text.split_whitespace().last().unwrap();
    let bytes = (0..32).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap());
    needles.add_key(&bytes.collect::<Vec<_>>());
    needles
}

/// Words that the configuration and the households' addresses hold.
fn words_of_places(county: &County) -> String {
    let config = support::repository().join("config");
    let mut words: String =
        files_under(&config).iter().map(|file| fs::read_to_string(config.join(file)).unwrap()).collect();
    let hamlets: BTreeSet<String> =
        county.relation(MONTH, "households").into_iter().map(|household| household["hamlet"].clone()).collect();
    words.extend(hamlets);
    words
}

/// Names are for the lists.
fn is_list(file: &str) -> bool {
    let file = file.trim_start_matches(MONTH).trim_start_matches("2023-02").trim_start_matches('/');
    ["towns/", "district/", "departments/"].iter().any(|folder| file.starts_with(folder)) && file.contains(".xlsx")
}

#[test]
fn ids_are_nowhere_names_only_on_lists_and_the_key_only_in_its_file() {
    let county = outspoken_county();
    let needles = needles(&county);
    let out = needles.search_folder(&county.path("out"));
    let (on_lists, elsewhere): (Vec<Find>, Vec<Find>) =
        out.into_iter().partition(|find| find.secret == Secret::Name && is_list(&find.file));
    assert_eq!(elsewhere, []);
    assert!(on_lists.len() > 50, "the lists name their people, and the search finds them");
    assert_eq!(needles.search_folder(&county.path("said")), []);
    let sealed: Vec<Find> =
        needles.search_folder(&county.path("state")).into_iter().filter(|find| find.file != KEY).collect();
    assert_eq!(sealed, []);
    assert_eq!(files_under(&county.path("temporary")), Vec::<String>::new());
    no_strangers_number(&county);
}

/// Numbers of people who are in no registry are ID numbers too: nothing that passes as one may stand in any text.
fn no_strangers_number(county: &County) {
    for folder in ["out", "said", "state/sealed"] {
        for file in files_under(&county.path(folder)) {
            let bytes = fs::read(county.path(folder).join(&file)).unwrap();
            let mut found = 0;
            if !bytes.starts_with(b"PK") && !bytes.starts_with(b"PAR1") {
                let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
                let valid = |at: &usize| bidui_model::IdNumber::from_canonical(&bytes[*at..*at + 18]).is_some();
                let places = 0..(bytes.len() + 1).saturating_sub(18);
                found = places.filter(valid).filter(|at| (*at == 0 || !is_word(at - 1)) && !is_word(at + 18)).count();
            }
            assert_eq!(found, 0, "{folder}/{file}");
        }
    }
}

#[test]
fn only_their_owner_may_read_what_is_published_and_sealed() {
    use std::os::unix::fs::PermissionsExt;
    let county = County::invent(300, &["--clean"]);
    county.run(MONTH).expect(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in ["out", "state"] {
        for file in files_under(&county.path(folder)) {
            let path = county.path(folder).join(&file);
            assert_eq!(mode(&path), 0o600, "{folder}/{file}");
            for parent in path.ancestors().skip(1).take_while(|parent| *parent != county.root()) {
                assert_eq!(mode(parent), 0o700, "{}", parent.display());
            }
        }
    }
}

#[test]
fn a_planted_canary_is_found_in_every_form_and_kind_of_file() {
    let folder = tempfile::tempdir().unwrap();
    let id = "11010519491231002X";
    let mut needles = Needles::default();
    needles.add_id(id, "canary");
    needles.add_name("欧阳·木栗", "canary");
    for (at, (_, bytes)) in forms_of_id(id).into_iter().enumerate() {
        let name = format!("{at:02}.bin");
        fs::write(folder.path().join(&name), [b"before ".to_vec(), bytes, b" after".to_vec()].concat()).unwrap();
    }
    let mut book = zip::ZipWriter::new(fs::File::create(folder.path().join("book.xlsx")).unwrap());
    book.start_file("xl/sheet.xml", zip::write::SimpleFileOptions::default()).unwrap();
    book.write_all("<v>欧阳·木栗</v>".repeat(50).as_bytes()).unwrap();
    book.finish().unwrap();
    plant_in_parquet(&folder.path().join("rows.parquet"), id);
    let finds = needles.search_folder(folder.path());
    let files: BTreeSet<&str> = finds.iter().map(|find| &find.file[..find.file.find('.').unwrap()]).collect();
    let missed: Vec<String> = files_under(folder.path())
        .into_iter()
        .filter(|file| !files.contains(file.split('.').next().unwrap()))
        .collect();
    assert_eq!(missed, Vec::<String>::new());
    assert!(finds.iter().any(|find| find.secret == Secret::Name && find.file == "book.xlsx part 0"));
}

fn plant_in_parquet(path: &Path, id: &str) {
    use polars::prelude::{Column, DataFrame};
    let column = Column::new("found".into(), vec![id; 500]);
    let mut frame = DataFrame::new(500, vec![column]).unwrap();
    polars_io::parquet::write::ParquetWriter::new(fs::File::create(path).unwrap()).finish(&mut frame).unwrap();
    let bytes = fs::read(path).unwrap();
    assert!(bytes.len() < 500 * 18, "compressed, or the test tests little");
}

#[test]
fn a_town_is_given_only_its_own_households() {
    let county = County::invent(1_500, &["--messy", "--seed", "3"]);
    county.run(MONTH).expect(0);
    let mut needles = Needles::default();
    let warnings = county.relation(MONTH, "warnings");
    for warning in &warnings {
        let (household, town) = (&warning["household_id"], &warning["town_code"]);
        needles.add_word(household, &format!("{town}_ {household}"));
    }
    let mut finds = needles.search_folder(&county.path("out").join(MONTH).join("towns"));
    finds.retain(|find| find.file.contains("/核查清单"));
    assert!(finds.len() >= warnings.len() - 3, "{} of {}", finds.len(), warnings.len());
    for find in finds {
        let town = find.whose.split(' ').next().unwrap();
        assert!(find.file.starts_with(town), "{find:?}");
    }
}

/// A number whose check digit does not hold hides as well.
const IN_NAMES: [&str; 2] = ["450221196703224515", "45022119670322451X"];

#[test]
fn no_number_in_a_files_name_goes_on_from_it() {
    let county = County::invent(300, &["--clean", "--seed", "5"]);
    let inbox = county.path("inbox").join(MONTH);
    for file in files_under(&inbox) {
        let (stem, ending) = file.rsplit_once('.').unwrap();
        fs::rename(inbox.join(&file), inbox.join(format!("{stem}韦文{}.{ending}", IN_NAMES[0]))).unwrap();
    }
    let extract = |word: &str| county.extract(MONTH, word);
    let twin = extract("低保在册").with_file_name(format!("低保在册{}.xlsx", IN_NAMES[1]));
    fs::copy(extract("低保在册"), twin).unwrap();
    fs::write(extract("死亡"), "PK\u{3}\u{4}cut off").unwrap();
    fs::write(inbox.join(format!("医疗保障局/韦文{}病历.csv", IN_NAMES[0])), "姓名\n").unwrap();
    for folder in [inbox.join(IN_NAMES[0]), county.path("inbox").join(format!("2023-3 {}", IN_NAMES[1]))] {
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("名单.csv"), "姓名\n").unwrap();
    }

    let said = |words: &[&str], code: i32| {
        let said = say(&mut county.command(words)).expect(code);
        format!("{}{}", said.stdout, said.stderr)
    };
    let checked = said(&["check", MONTH], 0);
    let first = said(&["run", MONTH], 0);
    let sealed = county.path("state/sealed").join(MONTH);
    let written = || {
        let of = |file: String| fs::metadata(sealed.join(&file)).unwrap().modified().map(|at| (file, at)).unwrap();
        files_under(&sealed).into_iter().filter(|file| file.ends_with(".json")).map(of).collect::<Vec<_>>()
    };
    let before = written();
    let second = said(&["run", MONTH], 0);
    assert_eq!(written(), before, "what is sealed is found again under the names as they lie in the inbox");
    let registry = extract("人口底册").file_name().unwrap().to_string_lossy().into_owned();
    let explained = said(&["explain", MONTH, "--row", &format!("乡村振兴局/{registry}:5")], 0);
    for said in [&checked, &first, &second, &explained] {
        assert!(IN_NAMES.iter().all(|number| !said.contains(number)), "{said}");
        assert!(said.contains("450221********4515"), "{said}");
    }
    assert!(checked.contains("“医疗保障局/韦文450221********4515病历.csv”"), "{checked}");

    let mut needles = Needles::default();
    IN_NAMES.iter().for_each(|number| needles.add_id(number, "a file's name"));
    assert_eq!(needles.search_folder(&county.path("out")), []);
    assert_eq!(needles.search_folder(&county.path("state")), []);
    let page = fs::read_to_string(county.path("out").join(MONTH).join("district/报告.html")).unwrap();
    assert!(page.contains("医疗保障局/韦文450221********4515病历.csv"), "the page still names the file");
}
