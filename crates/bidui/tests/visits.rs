//! What people find who go from door to door, and households that the next registry does not know any more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bidui_synth::SheetCell;
use mutate::{Page, save_xlsx, text, word};
use support::{County, say};

const NEEDS: &str = "departments/住房和城乡建设局/走访需求清单.xlsx";
const FINDINGS: &str = "district/走访和核查发现汇总.xlsx";

fn receive(county: &County, month: &str, path: &Path) {
    say(county.command(&["receive", month]).arg(path)).expect(0);
}

/// The register of visits with the most rows.
fn longest(county: &County, month: &str) -> (PathBuf, Page) {
    longest_of(county, month, "遍访名册")
}

/// The same of a list whose first sheet is called as it is.
fn longest_of(county: &County, month: &str, list: &str) -> (PathBuf, Page) {
    let towns = std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap();
    let files = towns.map(|town| town.unwrap().path().join(format!("{list}.xlsx")));
    let pages = files.map(|path| (path.clone(), Page::read(&path, list, "序号")));
    pages.max_by_key(|(_, page)| page.rows.len()).unwrap()
}

fn column(page: &Page, key: &str, title: &str) -> BTreeMap<String, String> {
    let (key, at) = (page.column(key), page.column(title));
    let rows = page.rows.iter().filter(|row| text(&row[key]).starts_with('H'));
    rows.map(|row| (text(&row[key]), text(&row[at]))).collect()
}

#[test]
fn what_visits_find_reaches_the_district_and_the_departments() {
    let county = County::invent(1_000, &["--clean", "--months", "2022-12..2023-03", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let (_, mut page) = longest(&county, "2023-01");
    let homes: Vec<String> = column(&page, "户编号", "户主姓名").into_keys().collect();
    let [troubled, quiet] = [homes[0].clone(), homes[1].clone()];
    page.fill("户编号", |home| match home {
        home if home == troubled => vec![
            ("走访日期", SheetCell::Day(44_972.0)),
            ("三保障和饮水有无问题", word("住房安全")),
            ("小额信贷意愿", word("有")),
            ("帮扶需求", word("N05")),
            // As the line for signatures begins.
            ("发现的问题", word("走访人已拍照，墙体开裂")),
        ],
        home if home == quiet => {
            vec![("走访日期", SheetCell::Day(44_973.0)), ("三保障和饮水有无问题", word("没有问题"))]
        }
        _ => Vec::new(),
    });
    let path = county.path("收回.xlsx");
    save_xlsx(&path, &[page]);
    receive(&county, "2023-01", &path);
    county.run("2023-02").expect(0);

    let findings =
        |month: &str, sheet: &str| Page::read(&county.path(&format!("out/{month}/{FINDINGS}")), sheet, "序号");
    assert_eq!(
        column(&findings("2023-02", "三保障和饮水问题"), "户编号", "问题"),
        [(troubled.clone(), "住房安全".into())].into()
    );
    assert_eq!(
        column(&findings("2023-02", "发展意愿"), "户编号", "意愿"),
        [(troubled.clone(), "小额信贷".into())].into()
    );
    let (_, page) = longest(&county, "2023-02");
    let visited = column(&page, "户编号", "上次遍访");
    assert_eq!(visited.values().filter(|day| !day.is_empty()).count(), 2);
    let progress = Page::read(&county.path(&format!("out/2023-02/{FINDINGS}")), "进度", "乡镇");
    let seen: f64 =
        progress.rows.iter().filter_map(|row| text(&row[progress.column("本年已遍访")]).parse::<f64>().ok()).sum();
    assert!((seen - 2.0).abs() < 0.1, "{seen}");

    // Its department is asked until it has done something about it.
    let mut needs = Page::read(&county.path(&format!("out/2023-02/{NEEDS}")), "走访需求", "序号");
    assert_eq!(column(&needs, "需求编号", "户编号"), [(format!("{troubled}-N05"), troubled.clone())].into());
    needs.fill("需求编号", |_| vec![("办理情况", word("已落实")), ("落实日期", SheetCell::Day(45_000.0))]);
    save_xlsx(&path, &[needs]);
    receive(&county, "2023-02", &path);

    // A household joins another, one gets another number, and one is gone.
    let others = county.relation("2023-02", "cases").into_iter().filter(|case| case["household_id"] != troubled);
    let mut open: Vec<support::Record> = others.filter(|case| case["state"] == "open").collect();
    // The first is warned of for one of its members.
    open.sort_by_key(|case| case["person_nos"].is_empty());
    let [joined, renumbered, gone] = [0, 1, 2].map(|at| open[at].clone());
    assert!(!joined["person_nos"].is_empty());
    let registry = county.extract("2023-03", "农村人口底册");
    let (mut rows, text_of) = (Vec::new(), std::fs::read_to_string(&registry).unwrap());
    for line in text_of.lines() {
        let mut cells: Vec<&str> = line.split(',').collect();
        if cells[1] == gone["household_id"] {
            continue;
        }
        if cells[1] == joined["household_id"] {
            cells[1] = &troubled;
        }
        if cells[1] == renumbered["household_id"] {
            cells[1] = "H99999999";
        }
        rows.push(cells.join(","));
    }
    std::fs::write(&registry, rows.join("\n") + "\n").unwrap();
    let said = county.run("2023-03").expect(0).stdout;
    assert!(said.contains("未办结的2户本月底册里没有"), "{said}");
    assert!(!county.path(&format!("out/2023-03/{NEEDS}")).exists(), "what was met is asked no more");
    let cases = county.relation("2023-03", "cases");
    let of = |case: &support::Record| cases.iter().find(|now| now["case_id"] == case["case_id"]).unwrap();
    let into = format!("名现在户编号{troubled}");
    assert!(of(&joined)["registry_note"].contains(&into), "{:?}", of(&joined));
    // Nobody is named on the list of a household in which he does not live.
    let folders = std::fs::read_dir(county.path("out/2023-03/towns")).unwrap();
    let older = folders.map(|town| Page::read(&town.unwrap().path().join("核查清单.xlsx"), "以前未办结", "序号"));
    let about: Vec<String> =
        older.filter_map(|page| column(&page, "户编号", "预警对象").remove(&joined["household_id"])).collect();
    let members = joined["person_nos"].split('、').count();
    assert_eq!(about, [format!("另{members}人现在户编号{troubled}")]);
    let now = of(&renumbered);
    assert_eq!((now["household_id"].as_str(), now["registry_note"].as_str()), ("H99999999", ""));
    assert_eq!((&now["state"], &now["village"]), (&renumbered["state"], &renumbered["village"]));
    assert!(said.contains("有预警或答复的1户本月底册换了户编号（其中1户有未办结的预警）"), "{said}");
    let told = say(&mut county.command(&["case", &renumbered["case_id"]])).expect(0).stdout;
    let became = format!("{} → H99999999", renumbered["household_id"]);
    assert!(told.contains("底册换了户编号") && told.contains(&became), "{told}");
    assert!(of(&gone)["registry_note"].contains("成员也不在底册"));
    assert_eq!((&of(&gone)["village"], &of(&gone)["hamlet"]), (&gone["village"], &gone["hamlet"]), "as it was known");
    let sheet = Page::read(&county.path("out/2023-03/district/未归属清单.xlsx"), "底册已无此户", "序号");
    assert_eq!(column(&sheet, "户编号", "环节").len(), 2);
}

/// The registry of a month as `change` makes its rows, heading first.
fn change_registry(county: &County, month: &str, change: impl Fn(&mut Vec<String>) -> bool) {
    let registry = county.extract(month, "农村人口底册");
    let told = std::fs::read_to_string(&registry).unwrap();
    let mut lines = told.lines();
    let mut rows = vec![lines.next().unwrap().to_owned()];
    for line in lines {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if change(&mut cells) {
            rows.push(cells.join(","));
        }
    }
    std::fs::write(&registry, rows.join("\n") + "\n").unwrap();
}

#[test]
fn what_became_of_a_household_is_known_for_longer_than_a_month() {
    let county = County::invent(1_000, &["--clean", "--months", "2022-12..2023-03", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let cases = county.relation("2023-01", "cases");
    let open: Vec<&support::Record> = cases.iter().filter(|case| case["state"] == "open").collect();
    let [renumbered, gone] = [0, 1].map(|at| open[at].clone());
    // With a warning that goes on and without.
    let (town, village) = ("百朋镇", "百朋村村民委员会");
    let mut moved: Vec<&support::Record> = open[2..].iter().copied().filter(|case| case["town"] != town).collect();
    // So few of a town that its registry does not look cut off.
    moved.sort_by_key(|case| case["town"].clone());
    moved.dedup_by_key(|case| case["town"].clone());
    assert!(moved.len() > 3);
    let mut quiet = 0;
    for month in ["2023-02", "2023-03"] {
        change_registry(&county, month, |cells| {
            if moved.iter().any(|case| case["household_id"] == cells[1]) {
                (cells[8], cells[9], cells[10]) = (town.to_owned(), village.to_owned(), String::new());
            }
            if cells[1] == renumbered["household_id"] {
                cells[1] = "H99999999".to_owned();
            }
            cells[1] != gone["household_id"]
        });
        county.run(month).expect(0);
        let now = county.relation(month, "cases");
        let of = |case: &support::Record| now.iter().find(|now| now["case_id"] == case["case_id"]).unwrap().clone();
        assert_eq!(of(&renumbered)["household_id"], "H99999999", "{month}");
        assert_eq!((&of(&gone)["village"], &of(&gone)["hamlet"]), (&gone["village"], &gone["hamlet"]), "{month}");
        // Whose household it is now asks, and nobody else.
        let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for folder in std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap() {
            let path = folder.unwrap().path();
            for sheet in ["核查清单", "以前未办结"] {
                let page = Page::read(&path.join("核查清单.xlsx"), sheet, "序号");
                for household in column(&page, "户编号", "预警编号").into_keys() {
                    asked.entry(household).or_default().push(path.file_name().unwrap().to_string_lossy().into_owned());
                }
            }
        }
        assert_eq!(asked["H99999999"].len(), 1, "{month}");
        assert!(!asked.contains_key(&renumbered["household_id"]), "{month}");
        for case in moved.iter().filter(|case| of(case)["state"] == "open") {
            assert_eq!(of(case)["town"], town, "{month}: {case:?}");
            let [folder] = asked[&case["household_id"]].as_slice() else { panic!("{month}: {case:?}") };
            assert!(folder.ends_with(town), "{month}: {folder}");
            quiet += usize::from(of(case)["last_warned"].as_str() < month);
        }
    }
    assert!(quiet > 0, "one of them at least is warned of no more");
}

#[test]
fn two_households_that_exchange_their_numbers_keep_what_is_known_of_each() {
    let county = County::invent(1_000, &["--clean", "--months", "2022-12..2023-02", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let cases = county.relation("2023-01", "cases");
    let open: Vec<&support::Record> = cases.iter().filter(|case| case["state"] == "open").collect();
    let one = open[0];
    let other = open.iter().find(|other| other["town"] != one["town"]).unwrap();
    let exchanged = |cell: &str| -> Option<String> {
        let (one, other) = (&one["household_id"], &other["household_id"]);
        if cell == one.as_str() { Some(other.clone()) } else { (cell == other.as_str()).then(|| one.clone()) }
    };
    change_registry(&county, "2023-02", |cells| {
        if let Some(number) = exchanged(&cells[1]) {
            cells[1] = number;
        }
        true
    });
    let said = county.run("2023-02").expect(0).stdout;
    assert!(said.contains("有预警或答复的2户本月底册换了户编号（其中2户有未办结的预警）"), "{said}");
    let now = county.relation("2023-02", "cases");
    for case in [one, other] {
        let of = now.iter().find(|now| now["case_id"] == case["case_id"]).unwrap();
        assert_eq!(Some(of["household_id"].clone()), exchanged(&case["household_id"]));
        assert_eq!((&of["town"], &of["village"]), (&case["town"], &case["village"]));
    }
    let of_both = now.iter().filter(|case| exchanged(&case["household_id"]).is_some());
    assert_eq!(of_both.count(), 2, "each has its one case");
}

#[test]
fn a_visit_to_a_household_that_was_never_warned_of_follows_its_number() {
    let county = County::invent(1_000, &["--clean", "--months", "2022-12..2023-04", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let warned: BTreeSet<String> =
        county.relation("2023-01", "cases").into_iter().map(|mut case| case.remove("household_id").unwrap()).collect();
    let (_, mut page) = longest(&county, "2023-01");
    let homes = column(&page, "户编号", "户主姓名").into_keys().filter(|home| !warned.contains(home));
    let homes: Vec<String> = homes.take(2).collect();
    let visited = vec![("走访日期", SheetCell::Day(44_972.0)), ("三保障和饮水有无问题", word("没有问题"))];
    page.fill("户编号", |home| if homes.iter().any(|visited| visited == home) { visited.clone() } else { Vec::new() });
    let path = county.path("收回.xlsx");
    save_xlsx(&path, &[page]);
    receive(&county, "2023-01", &path);
    // Twice a new number; between them a month in which nothing happens.
    for (month, number, is_new) in
        [("2023-02", "H99999998", true), ("2023-03", "H99999998", false), ("2023-04", "H99999999", true)]
    {
        change_registry(&county, month, |cells| {
            if cells[1] == homes[0] {
                cells[1] = number.to_owned();
            }
            true
        });
        let said = county.run(month).expect(0).stdout;
        let told = "有预警或答复的1户本月底册换了户编号（其中0户有未办结的预警）";
        assert_eq!(said.contains(told), is_new, "{month}: {said}");
        let (_, page) = longest(&county, month);
        let mut days = column(&page, "户编号", "上次遍访");
        days.retain(|_, day| !day.is_empty());
        let expected: BTreeSet<&str> = [number, homes[1].as_str()].into();
        assert_eq!(days.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{month}");
        assert_eq!(days[number], "44972", "{month}");
    }
}

#[test]
fn what_was_verified_of_members_stays_verified_when_they_are_numbered_anew() {
    let county = County::invent(1_000, &["--clean", "--months", "2022-12..2023-02", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let said = vec![("核查结果", word("22")), ("情况说明", word("已缴费")), ("核查日期", SheetCell::Day(44_972.0))];
    let (mut answered, filled) = (BTreeSet::new(), county.path("核查.xlsx"));
    for town in std::fs::read_dir(county.path("out/2023-01/towns")).unwrap() {
        let list = town.unwrap().path().join("核查清单.xlsx");
        if list.exists() {
            let mut page = Page::read(&list, "核查清单", "序号");
            page.fill("户编号", |_| said.clone());
            answered.extend(column(&page, "户编号", "序号").into_keys());
            save_xlsx(&filled, &[page]);
            receive(&county, "2023-01", &filled);
        }
    }
    // What rests on what was answered, of rules about members.
    let resting = |anew: bool| {
        let name = |household: &str| if anew { household.replacen('H', "N", 1) } else { household.to_owned() };
        let answered: BTreeSet<String> = answered.iter().map(|household| name(household)).collect();
        let signals = county.relation("2023-02", "signals").into_iter();
        let of_members = signals.filter(|one| answered.contains(&one["household_id"]) && !one["persons"].is_empty());
        of_members.map(|one| (one["rule_id"].clone(), one["state"].clone())).fold(BTreeMap::new(), |mut counts, one| {
            *counts.entry(one).or_insert(0) += 1;
            counts
        })
    };
    county.run("2023-02").expect(0);
    let known = resting(false);
    let cooling: i32 = known.iter().filter(|((_, state), _)| state == "cooling").map(|(_, count)| count).sum();
    assert!(cooling > 5, "{known:?}");
    change_registry(&county, "2023-02", |cells| {
        if answered.contains(&cells[1]) {
            (cells[0], cells[1]) = (cells[0].replacen('H', "N", 1), cells[1].replacen('H', "N", 1));
        }
        true
    });
    county.run("2023-02").expect(0);
    assert_eq!(resting(true), known);
}

#[test]
fn a_household_that_is_monitored_a_second_time_is_told_to_be_helped_anew() {
    let county = County::invent(1_000, &["--clean", "--months", "2022-12..2023-04", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let (file, mut page) = longest_of(&county, "2023-01", "核查清单");
    let folder = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let at = page.column("户编号");
    let home = text(&page.rows.iter().find(|row| text(&row[page.column("监测类别")]).is_empty()).unwrap()[at]);
    let included = vec![("核查结果", word("11")), ("核查日期", SheetCell::Day(44_972.0))];
    page.fill("户编号", |household| if household == home { included.clone() } else { Vec::new() });
    let path = county.path("核查.xlsx");
    save_xlsx(&path, &[page]);
    receive(&county, "2023-01", &path);
    // Monitored, its risk gone, and monitored again: whether its case still stands or not, its helper is asked for from the day of now.
    for (month, [status, identified, gone], asked) in [
        ("2023-02", ["未消除", "2023-02-20", ""], Some(44_977)),
        ("2023-03", ["已消除", "2023-02-20", "2023-03-20"], None),
        ("2023-04", ["未消除", "2023-04-10", ""], Some(45_026)),
    ] {
        change_registry(&county, month, |cells| {
            if cells[1] == home {
                (cells[13], cells[14]) = ("突发严重困难户".to_owned(), status.to_owned());
                (cells[15], cells[18]) = (identified.to_owned(), gone.to_owned());
            }
            true
        });
        county.run(month).expect(0);
        let list = county.path(&format!("out/{month}/towns/{folder}/帮扶时限清单.xlsx"));
        let of = |sheet: &str, title: &str| column(&Page::read(&list, sheet, "序号"), "户编号", title);
        let mut told = of("未落实帮扶责任人", "纳入日期");
        told.extend(of("台账外新识别", "识别日期"));
        let asked = asked.map(|day: i32| day.to_string());
        assert_eq!(told.get(&home), asked.as_ref(), "{month}: {told:?}");
    }
}

#[test]
fn who_told_of_a_visit_is_not_listed_as_unvisited() {
    let county = County::invent(6_000, &["--months", "2023-02..2023-03", "--seed", "31"]);
    county.run("2023-02").expect(0);
    let unvisited = |county: &County, month: &str| -> BTreeMap<String, (PathBuf, String)> {
        let towns = std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap();
        let lists = towns.map(|town| town.unwrap().path().join("网格走访清单.xlsx")).filter(|list| list.exists());
        lists
            .flat_map(|list| {
                let rows = column(&Page::read(&list, "未走访", "序号"), "户编号", "上次走访");
                rows.into_iter().map(move |(household, last)| (household, (list.clone(), last)))
            })
            .collect()
    };
    let trial = county.copy();
    trial.run("2023-03").expect(0);
    let (now, later) = (unvisited(&county, "2023-02"), unvisited(&trial, "2023-03"));
    let mut both = now.iter().filter(|(household, _)| later.contains_key(*household));
    // One was visited in March, the other in February, when the list was worked.
    let ((march, (list, _)), february) = (both.next().unwrap(), both.next().unwrap());
    let path = county.path("走访.xlsx");
    for (household, list, day) in [(march, list, 45_000.0), (february.0, &february.1.0, 44_984.0)] {
        let mut page = Page::read(list, "未走访", "序号");
        page.fill("户编号", |of| match of {
            of if of == household => vec![("走访日期", SheetCell::Day(day)), ("是否发现问题", word("否"))],
            _ => Vec::new(),
        });
        save_xlsx(&path, &[page]);
        receive(&county, "2023-02", &path);
    }
    county.run("2023-03").expect(0);
    let now = unvisited(&county, "2023-03");
    assert!(!now.contains_key(march));
    assert_eq!(now[february.0].1, "44984");
    assert_eq!(now.len() + 1, later.len());
    // A year too early or too late is asked about.
    for (day, words) in [(44_984.0 - 365.0, "“走访日期”早于清单下发日"), (45_000.0 + 365.0, "晚三个月以上")]
    {
        let mut page = Page::read(list, "未走访", "序号");
        page.fill("户编号", |of| if of == march { vec![("走访日期", SheetCell::Day(day))] } else { Vec::new() });
        save_xlsx(&path, &[page]);
        let said = say(county.command(&["receive", "2023-02", "--dry-run"]).arg(&path)).expect(0).stdout;
        assert!(said.contains(words), "{said}");
    }
}
