//! Lists of one month say the same of a household as the ledger, the signals and one another, or say that they do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use bidui_synth::SheetCell;
use mutate::{Page, save_xlsx, text, word};
use support::{County, Record, edit, say};

const FIRST: &str = "2023-01";
const SECOND: &str = "2023-02";
const THIRD: &str = "2023-03";
/// 2023-02-10.
const INCLUDED: f64 = 44_967.0;
/// The tenth of July 2022.
const HELPED_SINCE: f64 = 44_752.0;
/// 2023-03-01.
const FREED: f64 = 44_986.0;

/// A county in which every town answered the first month: who is monitored is by turns verified so, exempted, or not true; the others are to be
/// included, or it was not true.
static ANSWERED: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(8_000, &["--clean", "--months", "2022-12..2023-03", "--seed", "31"]);
    county.run(FIRST).expect(0);
    let known = households(&county, FIRST);
    let cases = county.relation(FIRST, "cases").into_iter();
    let is_monitored: BTreeMap<String, bool> =
        cases.map(|case| (case["case_id"].clone(), known[&case["household_id"]]["risk_status"] == "未消除")).collect();
    let (mut turn, mut other) = (0, 0);
    for mut page in pages(&county, FIRST, "核查清单", "核查清单") {
        page.fill("预警编号", |number| {
            if !number.contains('-') {
                return Vec::new();
            }
            let codes: &[&str] = if is_monitored[number] { &["12", "41", "22"] } else { &["11", "22"] };
            let count = if is_monitored[number] { &mut turn } else { &mut other };
            *count += 1;
            let code = codes[*count % codes.len()];
            let until = if code == "41" { SheetCell::Day(45_291.0) } else { SheetCell::Empty };
            let proof = if code == "41" { word("长期住养老院，附证明") } else { SheetCell::Empty };
            vec![
                ("情况说明", proof),
                ("核查结果", word(code)),
                ("核查日期", SheetCell::Day(44_970.0)),
                ("有效期/复核月份", until),
            ]
        });
        receive(&county, FIRST, &[page]);
    }
    county.run(SECOND).expect(0);
    county
});

/// A county that nobody answered.
static UNANSWERED: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(5_000, &["--clean", "--seed", "5"]);
    county.run(THIRD).expect(0);
    county
});

/// The sheet of every town, and of those without one.
fn pages(county: &County, month: &str, list: &str, sheet: &str) -> Vec<Page> {
    let out = county.path("out").join(month);
    let towns = fs::read_dir(out.join("towns")).unwrap().map(|town| town.unwrap().path().join(format!("{list}.xlsx")));
    let mut files: Vec<PathBuf> = towns.chain([out.join(format!("district/{list}（未归属乡镇）.xlsx"))]).collect();
    files.retain(|file| file.is_file());
    files.sort();
    files.iter().map(|file| Page::read(file, sheet, "序号")).collect()
}

fn receive(county: &County, month: &str, pages: &[Page]) -> String {
    let path = county.path("收回.xlsx");
    save_xlsx(&path, pages);
    say(county.command(&["receive", month]).arg(&path)).expect(0).stdout
}

/// The rows of some pages by heading; lines without a number are none.
fn rows(pages: &[Page]) -> Vec<Record> {
    let of_page = |page: &Page| {
        let is_row = |row: &&mutate::Row| matches!(row[0], SheetCell::Number(_));
        let record = |row: &mutate::Row| page.heading.iter().cloned().zip(row.iter().map(text)).collect::<Record>();
        page.rows.iter().filter(is_row).map(record).collect::<Vec<_>>()
    };
    pages.iter().flat_map(of_page).collect()
}

fn everywhere(county: &County, month: &str, list: &str, sheet: &str) -> Vec<Record> {
    rows(&pages(county, month, list, sheet))
}

fn of<'a>(rows: &'a [Record], household: &str) -> Option<&'a Record> {
    rows.iter().find(|row| row["户编号"] == household)
}

fn ids(rows: &[Record]) -> BTreeSet<String> {
    rows.iter().map(|row| row["户编号"].clone()).collect()
}

fn households(county: &County, month: &str) -> BTreeMap<String, Record> {
    let all = county.relation(month, "households").into_iter();
    all.map(|household| (household["household_id"].clone(), household)).collect()
}

#[test]
fn a_monitored_household_whose_own_risk_fires_is_no_candidate() {
    let county = UNANSWERED.copy();
    let candidates = everywhere(&county, THIRD, "风险消除候选清单", "候选");
    let household = &candidates.iter().find(|row| row["返贫致贫风险"].contains("因病")).unwrap()["户编号"];
    let person = county.truth("persons").into_iter().find(|person| person["household_id"] == *household).unwrap();
    let file = county.extract(THIRD, "住院结算");
    let row = format!("{},{},ZY99999999999,2023-03-10,20000,8000,12000,,", person["id_number"], person["name"]);
    edit(&file, |text| format!("{}\n{row}\n", text.trim_end()));
    county.run(THIRD).expect(0);

    assert!(of(&everywhere(&county, THIRD, "风险消除候选清单", "候选"), household).is_none());
    let unfit = everywhere(&county, THIRD, "风险消除候选清单", "不宜消除");
    let unfit = of(&unfit, household).unwrap();
    assert_eq!(unfit["无预警"], "✗");
    let why = &unfit["不宜消除的原因"];
    assert!(why.contains("住院自付费用过高（橙）：近12个月住院个人自付合计12000元"), "{why}");
    assert!(!why.contains("未办结"), "{why}");
    let quiet = everywhere(&county, THIRD, "周例会清单", "触发而未下发");
    let seen = of(&quiet, household).unwrap();
    assert!(seen["为什么没有下发"].starts_with("已是监测对象"), "{seen:?}");
    assert!(seen["怎么办"].starts_with("已在监测"), "{seen:?}");
}

#[test]
fn every_signal_that_is_not_issued_stands_on_a_towns_list() {
    let signals = ANSWERED.relation(SECOND, "signals").into_iter();
    let quiet: Vec<Record> = signals.filter(|signal| ["suppressed", "cooling"].contains(&&*signal["state"])).collect();
    let listed = everywhere(&ANSWERED, SECOND, "周例会清单", "触发而未下发");
    let mut expected: Vec<(&String, &String)> =
        quiet.iter().map(|signal| (&signal["household_id"], &signal["state_reason"])).collect();
    let mut found: Vec<(&String, &String)> =
        listed.iter().map(|row| (&row["户编号"], &row["为什么没有下发"])).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let what = |word: &str| listed.iter().filter(|row| row["怎么办"].starts_with(word)).count();
    assert!(what("豁免期内") > 0 && what("正在办理") > 0 && what("核查属实") > 0 && what("答复说") > 0);

    // What was found true and still fires speaks against an elimination; what was not true or is exempted does not.
    let unfit = everywhere(&ANSWERED, SECOND, "风险消除候选清单", "不宜消除");
    let (mut against, mut harmless) = (0, 0);
    let of_household = quiet.iter().fold(BTreeMap::<&String, Vec<&Record>>::new(), |mut by, signal| {
        by.entry(&signal["household_id"]).or_default().push(signal);
        by
    });
    for (household, signals) in of_household {
        let Some(row) = of(&unfit, household) else { continue };
        let is_true = |signal: &&Record| {
            let reason = &signal["state_reason"];
            signal["level"] != "blue"
                && (reason.starts_with("已是监测") || reason.contains("“12 ") || reason.contains("“11 "))
        };
        let fires = signals.iter().copied().any(|signal| is_true(&signal));
        *(if fires { &mut against } else { &mut harmless }) += 1;
        assert_eq!(row["不宜消除的原因"].contains("本月还有"), fires, "{row:?} {signals:?}");
        assert!(!fires || row["无预警"] == "✗", "{row:?}");
    }
    assert!(against > 0 && harmless > 0, "{against} {harmless}");
}

#[test]
fn who_was_included_and_is_not_in_the_registry_is_told_and_visited() {
    let county = ANSWERED.copy();
    let (mut included, mut freed) = (Vec::new(), None);
    let mut all = pages(&county, SECOND, "帮扶落实跟进表", "帮扶落实跟进");
    for page in &mut all {
        let (household, stage) = (page.column("户编号"), page.column("环节"));
        let waits = page.rows.iter().filter(|row| text(&row[stage]).starts_with("识别中"));
        let waits: Vec<String> = waits.map(|row| text(&row[household])).collect();
        page.fill("户编号", |household| {
            let kind = word("突发严重困难户");
            let mut values = vec![("纳入日期", SheetCell::Day(INCLUDED)), ("监测对象类别", kind)];
            if waits.first().is_some_and(|first| first == household)
                && freed.get_or_insert(household.to_owned()) == household
            {
                // Helped for half a year: else it would not be believed.
                values[0].1 = SheetCell::Day(HELPED_SINCE);
                values.extend(
                    ["帮扶责任人落实日期", "帮扶计划制定日期"].map(|title| (title, SheetCell::Day(HELPED_SINCE))),
                );
                values.extend([("帮扶措施1", word("产业帮扶")), ("风险消除日期", SheetCell::Day(FREED))]);
            }
            if waits.iter().any(|waits| waits == household) { values } else { Vec::new() }
        });
        included.extend(waits);
    }
    for page in all {
        receive(&county, SECOND, &[page]);
    }
    let freed = freed.unwrap();
    let stand: Vec<&String> = included.iter().filter(|household| **household != freed).collect();
    let [other_kind, gone, missing, ..] = stand[..] else { panic!("{included:?}") };
    let in_registry = |household: &str| match household {
        household if household == other_kind => Some(["边缘易致贫户", "未消除", "2023-02-10"]),
        household if household == freed => Some(["突发严重困难户", "未消除", "2022-07-10"]),
        household if household == gone => Some(["突发严重困难户", "已消除", "2022-02-10"]),
        _ => None,
    };
    edit(&county.extract(THIRD, "农村人口底册"), |text| {
        let line = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if let Some(now) = in_registry(cells[1]) {
                cells[13..16].copy_from_slice(&now);
            }
            cells.join(",")
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
    });
    let said = county.run(THIRD).expect(0).stdout;
    let settle = format!("两边核对：district/台账与底册不一致清单.xlsx 有{}户", included.len());
    assert!(said.contains(&settle), "{said}");

    let towns = everywhere(&county, THIRD, "帮扶时限清单", "台账与底册不一致");
    let district =
        Page::read(&county.path("out/2023-03/district/台账与底册不一致清单.xlsx"), "台账与底册不一致", "序号");
    let district = rows(&[district]);
    assert_eq!(ids(&district), ids(&towns));
    assert_eq!(ids(&towns), included.iter().cloned().collect());
    let how = |household: &str| of(&towns, household).unwrap()["哪里不一致"].clone();
    assert_eq!(how(other_kind), "监测类别不一致");
    assert_eq!(how(gone), "台账已填纳入、没有填消除，底册风险已消除");
    assert_eq!(how(&freed), "台账已填风险消除，底册未消除");
    assert_eq!(how(missing), "台账已填纳入，底册不是监测对象");
    assert_eq!(of(&towns, missing).unwrap()["到本月几个月"], "1");

    // Who tells once more what the registry has otherwise is told so.
    let mut again = pages(&county, THIRD, "帮扶落实跟进表", "帮扶落实跟进");
    let kind = || vec![("纳入日期", SheetCell::Day(INCLUDED)), ("监测对象类别", word("突发严重困难户"))];
    let told = |household: &str| if household == other_kind { kind() } else { Vec::new() };
    again.iter_mut().for_each(|page| page.fill("户编号", told));
    let said: String = again.into_iter().map(|page| receive(&county, THIRD, &[page])).collect();
    assert_eq!(said.matches("与2023年3月底册里的（边缘易致贫户）不同").count(), 1, "{said}");

    let known = households(&county, THIRD);
    let lost: BTreeSet<String> =
        included.iter().filter(|household| known[*household]["monitor_kind"].is_empty()).cloned().collect();
    for (list, sheet) in [("遍访名册", "遍访名册"), ("户户核核查表", "户户核")] {
        let rows = everywhere(&county, THIRD, list, sheet);
        for household in &lost {
            assert_eq!(of(&rows, household).unwrap()["监测类别"], "台账已填纳入", "{list}");
        }
    }
    let followed = everywhere(&county, THIRD, "帮扶落实跟进表", "帮扶落实跟进");
    assert_eq!(of(&followed, missing).unwrap()["底册登记"], "不是监测对象");
    assert_eq!(of(&followed, gone).unwrap()["底册登记"], "突发严重困难户，风险已消除");
    // Of those whom nobody watches, it is said who was included.
    let suspects = everywhere(&county, THIRD, "应纳未纳疑似清单", "疑似应纳未纳");
    let told = |household: &String| {
        let told = of(&suspects, household).map(|row| row["监测情况"].as_str());
        assert!(told.is_none_or(|told| told.starts_with("台账已填纳入2023-02-10，底册")), "{told:?}");
        told.is_some()
    };
    assert!(lost.iter().filter(|household| told(household)).count() > 0);
    // Their gaps in what they are entitled to are looked for, too.
    let persons = county.relation(THIRD, "persons").into_iter();
    let uninsured = persons.filter(|person| person["insured"] == "0" && person["age"] != "0");
    let uninsured: BTreeSet<String> =
        uninsured.map(|person| person["household_id"].clone()).filter(|household| lost.contains(household)).collect();
    let gaps = ids(&everywhere(&county, THIRD, "政策落差清单", "未参保"));
    assert!(!uninsured.is_empty() && uninsured.is_subset(&gaps), "{uninsured:?}");
}

#[test]
fn a_household_whose_risk_was_gone_may_be_missing_among_the_monitored() {
    let county = UNANSWERED.copy();
    let suspects = |sheet: &str| everywhere(&county, THIRD, "应纳未纳疑似清单", sheet);
    let never = suspects("疑似应纳未纳").into_iter().find(|row| row["收入"] == "✓" && row["监测情况"].is_empty());
    let household = never.unwrap()["户编号"].clone();
    let head = county.truth("persons").into_iter().find(|person| person["household_id"] == household).unwrap();
    edit(&county.extract(THIRD, "低保边缘"), |text| {
        let mut cells: Vec<&str> = text.lines().last().unwrap().split(',').collect();
        let heading: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let at = |word: &str| heading.iter().position(|title| title.contains(word)).unwrap();
        (cells[at("身份证号1")], cells[at("姓名1")]) = (&head["id_number"], &head["name"]);
        format!("{}\n{}\n", text.trim_end(), cells.join(","))
    });
    edit(&county.extract(THIRD, "农村人口底册"), |text| {
        let line = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[1] == household {
                cells[13..16].copy_from_slice(&["边缘易致贫户", "已消除", "2021-02-10"]);
            }
            cells.join(",")
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
    });
    county.run(THIRD).expect(0);
    for sheet in ["疑似应纳未纳", "享受救助未纳入"] {
        let rows = suspects(sheet);
        let row = of(&rows, &household).unwrap_or_else(|| panic!("{household} is not on {sheet}"));
        assert_eq!(row["监测情况"], "风险已消除");
    }
}

#[test]
fn a_household_to_be_looked_at_within_the_year_stays_on_its_towns_list() {
    let county = ANSWERED.copy();
    let signals = county.relation(SECOND, "signals").into_iter();
    let new = signals.filter(|signal| signal["rule_id"] == "dibao-whole-new" && signal["state"] == "live");
    let household = new.map(|signal| signal["household_id"].clone()).min().unwrap();
    let members = county.truth("persons").into_iter().filter(|person| person["household_id"] == household);
    let members: Vec<String> = members.map(|person| person["id_number"].clone()).collect();
    edit(&county.extract(THIRD, "低保在册"), |text| {
        let stays = |line: &&str| !members.iter().any(|id| line.contains(id.as_str()));
        text.lines().filter(stays).collect::<Vec<_>>().join("\n") + "\n"
    });
    let check = |progress: &str| {
        county.run(THIRD).expect(0);
        let listed = everywhere(&county, THIRD, "两类对象专项排查清单", "专项排查");
        let row = of(&listed, &household).unwrap_or_else(|| panic!("{household} fell off the list"));
        assert_eq!(row["本月情况"], "本月已不是新增整户低保（最近2023-02）");
        assert!(row["类别"].contains("新增整户低保"), "{row:?}");
        assert_eq!(row["进展"], progress);
    };
    check("待排查");
    // Who was issued is known to the ledger, wherever the earlier months are.
    fs::remove_dir_all(county.path("out").join(SECOND)).unwrap();
    check("待排查");
}

/// The key of a gap that stands on a town's sheet, and the page of the town.
fn gap(county: &County, month: &str, key: Option<&str>) -> (String, Page) {
    let towns = pages(county, month, "政策落差清单", "未参保");
    let mut found = towns.into_iter().flat_map(|page| {
        let keys: Vec<String> = rows(std::slice::from_ref(&page)).iter().map(|row| row["落差编号"].clone()).collect();
        keys.into_iter().map(move |key| (key, page.clone()))
    });
    found.find(|(found, _)| key.is_none_or(|key| key == found)).unwrap()
}

fn of_department(county: &County, month: &str) -> Page {
    let path = county.path("out").join(month).join("departments/医疗保障局/政策落差清单.xlsx");
    Page::read(&path, "政策落差", "序号")
}

#[test]
fn a_town_and_a_department_that_contradict_each_other_are_told() {
    let fill = |page: &Page, key: &str, said: &str| {
        let mut page = page.clone();
        page.fill("落差编号", |found| if found == key { vec![("核实结果", word(said))] } else { Vec::new() });
        page
    };
    let (key, town) = gap(&ANSWERED, SECOND, None);
    let bureau = of_department(&ANSWERED, SECOND);
    let (by_town, by_bureau) = (fill(&town, &key, "属实，未落实"), fill(&bureau, &key, "不符合条件"));
    let told_town = "部门就同一项填的是“不符合条件”（2023-02清单），两边说法不一";
    let told_bureau = "乡镇就同一项填的是“属实，未落实”（2023-02清单），两边说法不一";

    // In one folder; and then again, the other way about.
    let county = ANSWERED.copy();
    let folder = county.path("收回");
    fs::create_dir(&folder).unwrap();
    save_xlsx(&folder.join("镇.xlsx"), std::slice::from_ref(&by_town));
    save_xlsx(&folder.join("局.xlsx"), std::slice::from_ref(&by_bureau));
    let said = say(county.command(&["receive", SECOND]).arg(&folder)).expect(0).stdout;
    assert!(said.contains(told_town) && said.contains(told_bureau), "{said}");

    let county = ANSWERED.copy();
    let said = receive(&county, SECOND, std::slice::from_ref(&by_bureau));
    assert!(!said.contains("说法不一"), "{said}");
    let said = receive(&county, SECOND, std::slice::from_ref(&by_town));
    assert!(said.contains(told_town), "{said}");
    let county = ANSWERED.copy();
    receive(&county, SECOND, std::slice::from_ref(&by_town));
    let said = receive(&county, SECOND, std::slice::from_ref(&by_bureau));
    assert!(said.contains(told_bureau), "{said}");

    // Both find the other's word on the next list, and the district the pair.
    county.run(THIRD).expect(0);
    let apart = |county: &County| {
        let path = county.path("out").join(THIRD).join("district/政策落差说法不一清单.xlsx");
        rows(&[Page::read(&path, "说法不一", "序号")])
    };
    let (_, page) = gap(&county, THIRD, Some(&key));
    let of_town = rows(&[page]).into_iter().find(|row| row["落差编号"] == key).unwrap();
    assert_eq!(of_town["上次核实"], "2023-02：属实，未落实");
    assert_eq!(of_town["部门答复"], "2023-02：不符合条件（与本镇不一致，请共同核定）");
    let of_bureau = rows(&[of_department(&county, THIRD)]).into_iter().find(|row| row["落差编号"] == key).unwrap();
    assert_eq!(of_bureau["乡镇核实"], "2023-02：属实，未落实（与本部门不一致，请共同核定）");
    let listed = apart(&county);
    assert_eq!(listed.iter().map(|row| &row["落差编号"]).collect::<Vec<_>>(), [&key]);
    assert_eq!((&*listed[0]["乡镇核实"], &*listed[0]["部门答复"]), ("2023-02：属实，未落实", "2023-02：不符合条件"));
    // Once they agree it is over.
    let said = receive(&county, SECOND, &[fill(&bureau, &key, "属实，未落实")]);
    assert!(!said.contains("说法不一"), "{said}");
    county.run(THIRD).expect(0);
    assert!(apart(&county).is_empty());
}
