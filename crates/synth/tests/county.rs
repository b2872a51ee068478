//! Laws of the invented county, over what it writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use bidui_model::{IdNumber, Month};
use bidui_synth::{SynthOptions, SynthReport, SynthVillage, generate};

fn village(town: (&str, &str), code: &str, stem: &str) -> SynthVillage {
    SynthVillage {
        code12: code.to_owned(),
        name: format!("{stem}村村民委员会"),
        short_name: format!("{stem}村"),
        aliases: vec![format!("{stem}村委会")],
        town_code: town.0.to_owned(),
        town_name: town.1.to_owned(),
    }
}

fn options(persons: u64, messy: bool) -> SynthOptions {
    let baipeng = ("450206102", "百朋镇");
    let chengtuan = ("450206103", "成团镇");
    let first: Month = "2022-12".parse().unwrap();
    SynthOptions {
        persons,
        months: first.through(first.plus(3)).collect(),
        seed: 42,
        messy,
        villages: (0..40)
            .flat_map(|number| {
                [(baipeng, '百'), (chengtuan, '成')].map(|(town, mark)| {
                    let stem = format!("{mark}{}", char::from_u32('甲' as u32 + number).unwrap());
                    village(town, &format!("{}2{number:02}", town.0), &stem)
                })
            })
            .collect(),
        moved_out: vec![village(("450204101", "洛满镇"), "450204101204", "露南")],
        sites: vec!["兴柳新居".to_owned()],
        damage_rate: 1.0,
        borrowed_share: None,
    }
}

fn write(options: &SynthOptions) -> (tempfile::TempDir, SynthReport) {
    let folder = tempfile::tempdir().unwrap();
    let report = generate(folder.path(), options, &mut |_| {}).unwrap();
    (folder, report)
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Records of a CSV file by heading.
fn read(path: &Path) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|record| record.unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    for messy in [false, true] {
        let one = files(write(&options(700, messy)).0.path());
        let two = files(write(&options(700, messy)).0.path());
        let changed: Vec<_> = one.keys().filter(|name| one[*name] != two[*name]).collect();
        assert!(changed.is_empty() && one.len() == two.len(), "{changed:?}");
        let other = files(write(&SynthOptions { seed: 43, ..options(700, messy) }).0.path());
        assert_ne!(one, other);
    }
}

#[test]
fn a_clean_county_has_every_extract_of_every_month_and_valid_unique_numbers() {
    let (folder, report) = write(&options(2_000, false));
    assert_eq!(report.persons, 2_000);
    assert_eq!(report.files, 32 * 4);
    assert_eq!(report.damaged_rows, 0);
    let mut seen = HashSet::new();
    for person in read(&folder.path().join("truth/persons.csv")) {
        let id = IdNumber::from_canonical(person["id_number"].as_bytes()).expect("a valid number");
        assert!(seen.insert(id), "given twice");
    }
    assert_eq!(seen.len(), 2_000);
    let registry = read(&folder.path().join("inbox/2023-03/乡村振兴局/2023年3月农村人口底册.csv"));
    let heads: HashSet<&str> =
        registry.iter().filter(|row| row["与户主关系"] == "户主").map(|row| row["户编号"].as_str()).collect();
    let households: HashSet<&str> = registry.iter().map(|row| row["户编号"].as_str()).collect();
    assert_eq!(heads.len(), households.len());
    for row in &registry {
        let male = matches!(row["与户主关系"].as_str(), "之子" | "之父" | "之孙子");
        let female = matches!(row["与户主关系"].as_str(), "之女" | "之母" | "之孙女" | "之儿媳");
        let id = IdNumber::from_canonical(row["证件号码"].as_bytes()).unwrap();
        assert!(!(male && id.sex().in_chinese() == "女" || female && id.sex().in_chinese() == "男"));
    }
}

#[test]
fn clean_rows_are_the_rows_of_the_truth() {
    let (folder, report) = write(&options(1_500, false));
    let truth = read(&folder.path().join("truth/rows.csv"));
    assert_eq!(truth.len() as u64, report.rows);
    // Several members may stand in one row.
    let mut by_file: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for row in &truth {
        assert!(matches!(row["link_expected"].as_str(), "id" | "outside" | "place"));
        let file = format!("inbox/{}/{}", row["month"], row["file"]);
        by_file.entry(file).or_default().insert(row["row"].parse().unwrap());
    }
    for (file, rows) in by_file {
        assert_eq!(read(&folder.path().join(&file)).len(), rows.len(), "{file}");
    }
    let record = |row: &HashMap<String, String>| {
        let path = folder.path().join(format!("inbox/{}/{}", row["month"], row["file"]));
        std::fs::read_to_string(path).unwrap().lines().nth(row["row"].parse::<usize>().unwrap() - 1).unwrap().to_owned()
    };
    let persons: HashMap<String, String> = read(&folder.path().join("truth/persons.csv"))
        .into_iter()
        .map(|person| (person["person_no"].clone(), person["id_number"].clone()))
        .collect();
    for row in truth.iter().filter(|row| row["link_expected"] == "id").step_by(97) {
        assert!(record(row).contains(&persons[&row["person_no"]]));
    }
}

#[test]
fn every_rule_has_a_signal_in_the_last_month_and_few_households_are_warned() {
    let (folder, report) = write(&options(3_000, false));
    let signals = read(&folder.path().join("truth/signals.csv"));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for signal in signals.iter().filter(|signal| signal["month"] == "2023-03") {
        *counts.entry(signal["rule_id"].as_str()).or_default() += 1;
    }
    assert_eq!(counts.len(), 44, "{counts:?}");
    let percent = report.warned_households * 100 / report.households;
    assert!((4..=12).contains(&percent), "{percent}% of {} households: {counts:?}", report.households);
}

#[test]
fn a_messy_county_lives_the_life_of_the_clean_one() {
    let (clean, _) = write(&options(1_000, false));
    let (messy, report) = write(&options(1_000, true));
    let signals = |folder: &Path| std::fs::read(folder.join("truth/signals.csv")).unwrap();
    assert_eq!(signals(clean.path()), signals(messy.path()));
    assert!(report.damaged_rows > 100);
}

#[test]
fn a_damage_rate_of_nothing_leaves_every_row_whole() {
    let (folder, _) = write(&SynthOptions { damage_rate: 0.0, ..options(1_000, true) });
    let codes: BTreeSet<String> =
        read(&folder.path().join("truth/rows.csv")).into_iter().map(|row| row["damage"].clone()).collect();
    // Student numbers are a matter of the heading, not of damage.
    assert!(codes.iter().all(|code| code.is_empty() || code == "id_g_prefix"), "{codes:?}");
}

#[test]
fn months_that_leave_a_gap_are_refused() {
    let mut gap = options(100, false);
    gap.months.remove(1);
    let error = generate(tempfile::tempdir().unwrap().path(), &gap, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("连续"));
}

/// Least and most of `rows_vs_previous` in a contract, if it has a guard.
fn guard(name: &str) -> Option<(f64, f64)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/feeds").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once("rows_vs_previous = [")?;
    let (least, rest) = rest.split_once(',')?;
    let (most, _) = rest.split_once(']')?;
    Some((least.trim().parse().unwrap(), most.trim().parse().unwrap()))
}

#[test]
fn no_guard_holds_a_list_but_the_half_empty_one() {
    for (messy, seed) in [(false, 42), (false, 1), (true, 42), (true, 1)] {
        let (folder, _) = write(&SynthOptions { seed, ..options(2_000, messy) });
        let mut rows: BTreeMap<(String, String), f64> = BTreeMap::new();
        for row in read(&folder.path().join("truth/rows.csv")) {
            *rows.entry((row["feed"].clone(), row["month"].clone())).or_default() += 1.0;
        }
        let months = ["2022-12", "2023-01", "2023-02", "2023-03"];
        for (feed, _) in rows.keys().filter(|(_, month)| month == "2022-12") {
            let Some((least, most)) = guard(feed) else { continue };
            let mut previous = None;
            for month in months {
                let count = rows.get(&(feed.clone(), month.to_owned())).copied().unwrap_or(0.0);
                let good = previous.is_none_or(|before| (least..=most).contains(&(count / before)));
                let half_empty = messy && feed == "教育_在校学生" && month == "2023-02";
                assert_eq!(good, !half_empty, "{feed} {month}: {count} after {previous:?}");
                previous = if good { Some(count) } else { previous };
            }
        }
    }
}

/// Rows of March's extract, by the record number of the truth, with the registry's row of their person if there is one.
fn with_registry(folder: &Path, feed: &str, file: &str) -> Vec<(HashMap<String, String>, HashMap<String, String>)> {
    let inbox = folder.join("inbox/2023-03");
    let people: HashMap<String, HashMap<String, String>> = read(&inbox.join("乡村振兴局/2023年3月农村人口底册.csv"))
        .into_iter()
        .map(|person| (person["人编号"].clone(), person))
        .collect();
    let rows = read(&inbox.join(file));
    read(&folder.join("truth/rows.csv"))
        .into_iter()
        .filter(|truth| truth["month"] == "2023-03" && truth["feed"] == feed && truth["link_expected"] == "id")
        .map(|truth| {
            let at = truth["row"].parse::<usize>().unwrap() - 2;
            (rows[at].clone(), people[&truth["person_no"]].clone())
        })
        .collect()
}

#[test]
fn a_clean_county_says_of_everybody_what_the_registry_says() {
    let (folder, _) = write(&options(1_500, false));
    let insured = with_registry(folder.path(), "医保_参保", "医疗保障局/2023年3月参保名单.csv");
    assert!(insured.len() > 1_000);
    for (row, person) in insured {
        assert_eq!((&row["乡镇"], &row["行政村"]), (&person["乡(镇)"], &person["行政村"]));
    }
    let jobs = with_registry(folder.path(), "人社_务工月监测", "人力资源和社会保障局/2023年3月务工月监测台账.csv");
    assert!(jobs.len() > 300 && jobs.iter().all(|(row, person)| row["联系电话"] == person["人联系电话"]));
    let students = with_registry(folder.path(), "教育_在校学生", "教育局/2023年3月在校学生花名册.csv");
    let heads: HashMap<String, String> =
        read(&folder.path().join("inbox/2023-03/乡村振兴局/2023年3月农村人口底册.csv"))
            .into_iter()
            .filter(|person| person["与户主关系"] == "户主")
            .map(|head| (head["户编号"].clone(), head["姓名"].clone()))
            .collect();
    assert!(students.len() > 100);
    for (row, person) in students {
        let id = &person["证件号码"];
        assert_eq!(row["出生日期"], format!("{}-{}-{}", &id[6..10], &id[10..12], &id[12..14]));
        let is_male = id.as_bytes()[16] % 2 == 1;
        assert_eq!(row["性别"], if is_male { "男" } else { "女" });
        let head = if person["与户主关系"] == "户主" { "" } else { &heads[&person["户编号"]] };
        assert_eq!(row["监护人姓名"], head);
    }
}

#[test]
fn a_share_of_rows_may_be_under_another_persons_number_and_all_else_is_their_own() {
    let shares = [None, Some(0.0), Some(0.1)].map(|borrowed_share| {
        let (folder, _) = write(&SynthOptions { borrowed_share, ..options(1_500, true) });
        let rows: Vec<_> = read(&folder.path().join("truth/rows.csv"))
            .into_iter()
            .filter(|row| row["feed"] != "乡村振兴_农村人口底册" && !row["person_no"].is_empty())
            .collect();
        let borrowed =
            rows.iter().filter(|row| ["id_of_head", "id_borrowed"].iter().any(|code| row["damage"].contains(code)));
        let borrowed: Vec<_> = borrowed.collect();
        assert!(borrowed.iter().all(|row| !row["links_to"].is_empty() && row["links_to"] != row["person_no"]));
        borrowed.len() as f64 / rows.len() as f64
    });
    assert!(shares[0] > 0.0 && shares[0] < 0.003, "{shares:?}");
    assert!(shares[1] == 0.0 && (0.07..0.11).contains(&shares[2]), "{shares:?}");
}

#[test]
fn parts_of_income_add_up_to_it_and_subsidies_go_to_those_who_work_in_another_province() {
    let (folder, _) = write(&options(1_500, false));
    let inbox = folder.path().join("inbox/2023-03");
    let incomes = read(&inbox.join("农业农村局/2023年3月收入测算表.csv"));
    assert!(incomes.len() > 300);
    for row in &incomes {
        for year in ["2021年人均", "2022年人均"] {
            let yuan = |what: &str| row[&format!("{year}{what}")].parse::<f64>().unwrap();
            let parts = ["工资性收入", "生产经营性净收入", "财产性收入", "转移性收入"].map(yuan);
            assert!(parts.iter().all(|part| *part >= 0.0), "{row:?}");
            assert!((parts.iter().sum::<f64>() - yuan("纯收入")).abs() < 0.01, "{row:?}");
        }
    }
    let jobs = read(&inbox.join("人力资源和社会保障局/2023年3月务工月监测台账.csv"));
    let outside: HashSet<&String> =
        jobs.iter().filter(|job| job["务工所在地"].contains('省')).map(|job| &job["证件号码"]).collect();
    let subsidies = read(&inbox.join("人力资源和社会保障局/2023年3月跨省务工交通补助发放表.csv"));
    assert!(!subsidies.is_empty() && subsidies.iter().all(|row| outside.contains(&row["身份证号"])));
    assert!(subsidies.len() < outside.len());
}
