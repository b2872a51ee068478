//! What a receipt says of answers that were taken and do not go with what else is known.
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
use support::{County, say};

const KEY: &str = "预警编号";

static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(5_000, &["--months", "2022-12..2023-02", "--seed", "16"]);
    county.run("2023-01").expect(0);
    county
});

/// The longest list among those with a monitored household, and the name of its town.
fn longest(county: &County) -> (String, Page) {
    let towns = fs::read_dir(county.path("out/2023-01/towns")).unwrap().map(|town| town.unwrap().path());
    let page = |town: PathBuf| {
        let name = town.file_name().unwrap().to_str().unwrap().split('_').nth(1).unwrap().to_owned();
        (name, Page::read(&town.join("核查清单.xlsx"), "核查清单", "序号"))
    };
    let is_monitored = |page: &Page| page.rows.iter().any(|row| text(&row[page.column("监测类别")]).ends_with('户'));
    towns.map(page).max_by_key(|(_, page)| (is_monitored(page), page.rows.len())).unwrap()
}

#[test]
fn an_answer_that_does_not_go_with_what_is_known_is_taken_and_told() {
    let county = COUNTY.copy();
    let (town, mut page) = longest(&county);
    let kind = page.column("监测类别");
    let keys: BTreeMap<String, String> = page
        .rows
        .iter()
        .filter(|row| text(&row[page.column(KEY)]).contains('-'))
        .map(|row| (text(&row[page.column(KEY)]), text(&row[kind])))
        .collect();
    let monitored = keys.iter().find(|(_, kind)| !kind.is_empty()).unwrap().0.clone();
    let mut others = keys.iter().filter(|(_, kind)| kind.is_empty()).map(|(key, _)| key.clone());
    let [to_itself, stranger, early, complete, bare, absurd] = std::array::from_fn(|_| others.next().unwrap());
    let dated = || ("核查日期", SheetCell::Day(44_972.0));
    // It begins as the line for signatures does.
    let told = || ("情况说明", word("核查人入户核实"));
    let name: &'static str = Box::leak(town.clone().into_boxed_str());
    page.fill(KEY, |key| match key {
        key if key == to_itself => {
            vec![("核查结果", word("31")), ("转往乡镇", word(name)), told(), dated()]
        }
        key if key == stranger || key == monitored => vec![("核查结果", word("12")), told(), dated()],
        // Before the sixth of February.
        key if key == early => vec![("核查结果", word("22")), told(), ("核查日期", SheetCell::Day(44_945.0))],
        key if key == complete => vec![
            ("核查结果", word("11")),
            ("返贫致贫风险类型", word("因病")),
            ("纳入对象类别", word("突发严重困难户")),
            ("启动识别日期", SheetCell::Day(44_972.0)),
            dated(),
        ],
        // The year before, and a few digits too many.
        key if key == absurd => vec![
            ("核查结果", word("22")),
            told(),
            ("启动识别日期", SheetCell::Day(44_607.0)),
            ("人均纯收入（元）", SheetCell::Number(12_345_678.0)),
            dated(),
        ],
        key if key == bare => vec![("核查结果", word("11")), dated()],
        _ => Vec::new(),
    });
    let row = |key: &str| {
        let at = page.rows.iter().position(|row| text(&row[page.column(KEY)]) == key).unwrap();
        format!("第{}行", page.number(at))
    };
    let path = county.path("百朋.xlsx");
    save_xlsx(&path, std::slice::from_ref(&page));
    let said = say(county.command(&["receive", "2023-01", "--dry-run"]).arg(&path)).expect(0).stdout;
    let of = |key: &str| said.lines().filter(|line| line.contains(&row(key))).collect::<Vec<_>>();
    assert!(said.contains("采用7行"), "{said}");
    for (key, words) in [
        (&to_itself, format!("填的就是本镇（{town}），没有转出")),
        (&stranger, "而2023年1月底册里这一户不是监测对象".to_owned()),
        (&early, "“核查日期”早于清单下发日（2023-02-06），请核对；已照填的记入".to_owned()),
    ] {
        assert!(of(key).len() == 1 && of(key)[0].contains(&words), "{words}: {said}");
    }
    let told = of(&absurd).join("\n");
    assert!(told.contains("“启动识别日期”早于清单下发日") && told.contains("超过100万元"), "{said}");
    assert!(of(&monitored).is_empty() && of(&complete).is_empty(), "{said}");
    let columns = ["返贫致贫风险类型", "纳入对象类别", "启动识别日期"];
    assert!(of(&bare).len() == 3 && columns.iter().all(|column| said.contains(&format!("还须填“{column}”"))), "{said}");
}

#[test]
fn what_became_of_a_policy_comes_back_and_stands_on_the_next_list_and_who_is_nobodys_on_the_districts() {
    let county = COUNTY.copy();
    let lists = |month: &str| -> Vec<Page> {
        let towns = fs::read_dir(county.path("out").join(month).join("towns")).unwrap();
        towns.map(|town| Page::read(&town.unwrap().path().join("政策落差清单.xlsx"), "未参保", "序号")).collect()
    };
    let gaps = |page: &Page| -> Vec<String> {
        let keys = page.rows.iter().map(|row| text(&row[page.column("落差编号")]));
        keys.filter(|key| key.ends_with("-YB")).collect()
    };
    let mut page = lists("2023-01").into_iter().max_by_key(|page| gaps(page).len()).unwrap();
    let gap = gaps(&page)[0].clone();
    page.fill("落差编号", |key| match key == gap {
        true => vec![("核实结果", word("已落实，数据未到")), ("落实日期", SheetCell::Day(44_972.0))],
        false => Vec::new(),
    });
    let path = county.path("落差.xlsx");
    save_xlsx(&path, &[page]);
    // A whole town sends its households away and does not know where.
    let (_, mut away) = longest(&county);
    away.fill(KEY, |key| if key.contains('-') { vec![("核查结果", word("31"))] } else { Vec::new() });
    let strangers = county.path("非本镇.xlsx");
    save_xlsx(&strangers, &[away]);
    say(county.command(&["receive", "2023-01"]).arg(&strangers)).expect(0);
    let said = say(county.command(&["receive", "2023-01"]).arg(&path)).expect(0).stdout;
    assert!(said.contains("采用1行") && said.contains("2023-01《政策落差清单》1行"), "{said}");
    county.run("2023-02").expect(0);
    let pages = lists("2023-02");
    let page = pages.iter().find(|page| gaps(page).contains(&gap)).unwrap();
    let row = page.rows.iter().find(|row| text(&row[page.column("落差编号")]) == gap).unwrap();
    assert_eq!(text(&row[page.column("上次核实")]), "2023-01：已落实，数据未到");
    // Those whose warning is gone are the district's to place, and nobody's to verify.
    let cases = county.relation("2023-02", "cases").into_iter().filter(|case| case["stage"] == "待区里查明去向");
    let unplaced: BTreeSet<String> = cases.map(|case| case["case_id"].clone()).collect();
    let numbers = |file: &str, sheet: &str| -> BTreeSet<String> {
        let page = Page::read(&county.path("out/2023-02").join(file), sheet, "序号");
        page.rows.iter().map(|row| text(&row[page.column(KEY)])).filter(|key| key.contains('-')).collect()
    };
    assert!(!unplaced.is_empty());
    assert_eq!(numbers("district/未归属清单.xlsx", "镇报非本镇"), unplaced);
    for town in fs::read_dir(county.path("out/2023-02/towns")).unwrap() {
        let town = town.unwrap().file_name().into_string().unwrap();
        assert!(numbers(&format!("towns/{town}/核查清单.xlsx"), "以前未办结").is_disjoint(&unplaced));
    }
}

#[test]
fn what_nobody_can_mean_as_it_stands_is_told() {
    let county = COUNTY.copy();
    let (_, mut page) = longest(&county);
    let at = page.column(KEY);
    let keys: Vec<String> = page.rows.iter().map(|row| text(&row[at])).filter(|key| key.contains('-')).collect();
    let monitored = page.rows.iter().find(|row| text(&row[page.column("监测类别")]).ends_with('户')).unwrap();
    let monitored = text(&monitored[at]);
    let sizes = page.column("人口");
    let several = |row: &&Vec<SheetCell>| matches!(row[sizes], SheetCell::Number(size) if size > 1.0);
    let family = page.rows.iter().filter(several).map(|row| text(&row[at])).find(|key| *key != monitored).unwrap();
    let mut others = keys.iter().filter(|key| **key != monitored && **key != family);
    let [undated, late, opposed, refused] = std::array::from_fn(|_| others.next().unwrap().clone());
    let told = || ("情况说明", word("已核实"));
    let dated = || ("核查日期", SheetCell::Day(44_972.0));
    page.fill(KEY, |key| match key {
        key if key == monitored => vec![("核查结果", word("11")), told(), dated()],
        key if key == family => vec![("核查结果", word("32")), told(), dated()],
        key if key == undated => vec![("核查结果", word("22")), told()],
        key if key == late => vec![("核查结果", word("22")), told(), ("核查日期", SheetCell::Day(45_100.0))],
        key if key == opposed => vec![("核查结果", word("22")), told(), dated(), ("是否拟纳入", word("是"))],
        key if key == refused => {
            vec![("核查结果", word("22")), told(), dated(), ("审核意见", word("不同意，退回重核"))]
        }
        _ => Vec::new(),
    });
    let path = county.path("可疑.xlsx");
    save_xlsx(&path, &[page]);
    let said = say(county.command(&["receive", "2023-01", "--dry-run"]).arg(&path)).expect(0).stdout;
    for sentence in [
        "而底册里这一户已是监测对象",
        "这一项是全户都不在了",
        "1行没有填“核查日期”",
        "“核查日期”比清单下发日（2023-02-06）晚三个月以上",
        "而“是否拟纳入”填的与它相反",
        "“审核意见”写的是不同意、退回或重核，这一行没有采用",
        "采用5行（新答复5",
    ] {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
    assert_eq!((said.matches("  请核对").count(), said.matches("  此格未采用").count()), (4, 0), "{said}");
}

#[test]
fn another_towns_row_is_told_and_an_answer_that_ends_an_inclusion_is() {
    let county = COUNTY.copy();
    let (own, mut page) = longest(&county);
    let town = fs::read_dir(county.path("out/2023-01/towns")).unwrap().map(|town| town.unwrap().path());
    let is_other = |town: &PathBuf| !town.to_str().unwrap().ends_with(&own);
    let has_rows = |town: &PathBuf| !Page::read(&town.join("核查清单.xlsx"), "核查清单", "序号").rows.is_empty();
    let other = town.filter(is_other).find(has_rows).unwrap();
    let name = other.file_name().unwrap().to_str().unwrap().split('_').nth(1).unwrap().to_owned();
    let row = Page::read(&other.join("核查清单.xlsx"), "核查清单", "序号").rows[0].clone();
    page.rows[0] = row;
    let include =
        || vec![("核查结果", word("11")), ("情况说明", word("已核实")), ("核查日期", SheetCell::Day(44_972.0))];
    let keys: Vec<String> = page.rows.iter().map(|row| text(&row[page.column(KEY)])).collect();
    let few = [&keys[..7], &keys[keys.len() - 1..]].concat();
    page.fill(KEY, |key| if few.iter().any(|one| one == key) { include() } else { Vec::new() });
    let path = county.path("贴入.xlsx");
    save_xlsx(&path, std::slice::from_ref(&page));
    let receive = || say(county.command(&["receive", "2023-01"]).arg(&path)).expect(0).stdout;
    let said = receive();
    assert!(said.matches(&format!("这一行是{name}清单上的")).count() == 1, "{said}");
    let last = keys.last().unwrap().clone();
    page.fill(KEY, |key| if key == last { vec![("核查结果", word("35"))] } else { Vec::new() });
    save_xlsx(&path, std::slice::from_ref(&page));
    let said = receive();
    assert!(said.matches("就不再纳入、全部办结").count() == 1, "{said}");
    // Who is only put off is told whether that ends it, too: here the answer takes the place of the one that began it.
    let first = keys[1].clone();
    page.fill(KEY, |key| match key == first {
        true => vec![("核查结果", word("14")), ("有效期/复核月份", word("2023年8月"))],
        false => Vec::new(),
    });
    save_xlsx(&path, &[page]);
    let said = receive();
    assert!(said.matches("就不再纳入，这一户现为“待复核”").count() == 1, "{said}");
}

#[test]
fn what_becomes_of_a_case_is_told_as_the_ledger_has_it() {
    let county = COUNTY.copy();
    let lists = |month: &str| -> Vec<Page> {
        let towns = fs::read_dir(county.path("out").join(month).join("towns")).unwrap();
        towns.map(|town| Page::read(&town.unwrap().path().join("核查清单.xlsx"), "核查清单", "序号")).collect()
    };
    let receive = |month: &str, page: &Page, options: &[&str]| {
        let path = county.path("收回.xlsx");
        save_xlsx(&path, std::slice::from_ref(page));
        say(county.command(&["receive", month]).args(options).arg(&path)).expect(0).stdout
    };
    let dated = || ("核查日期", SheetCell::Day(44_972.0));
    let mut included = BTreeSet::new();
    for mut page in lists("2023-01") {
        page.fill(KEY, |key| {
            let asked =
                [("返贫致贫风险类型", "因病"), ("纳入对象类别", "突发严重困难户")].map(|(key, it)| (key, word(it)));
            let started = ("启动识别日期", SheetCell::Day(44_972.0));
            included.insert(key.to_owned());
            [("核查结果", word("11")), dated(), started].into_iter().chain(asked).collect()
        });
        receive("2023-01", &page, &[]);
    }
    county.run("2023-02").expect(0);
    // Of one list a household that is to be included since January, and one that is new.
    let is_plain = |page: &Page, row: &[SheetCell]| {
        text(&row[page.column(KEY)]).contains('-') && text(&row[page.column("监测类别")]).is_empty()
    };
    let mut stood = 0;
    for mut page in lists("2023-02") {
        let at = page.column(KEY);
        let plain: Vec<String> =
            page.rows.iter().filter(|row| is_plain(&page, row)).map(|row| text(&row[at])).collect();
        let old = plain.iter().find(|key| included.contains(*key)).cloned();
        let new = plain.iter().find(|key| !included.contains(*key)).cloned();
        let both: Vec<&String> = old.iter().chain(&new).collect();
        page.fill(KEY, |key| match both.iter().any(|one| *one == key) {
            true => vec![("核查结果", word("12")), ("情况说明", word("户编号H00000001")), dated()],
            false => Vec::new(),
        });
        for options in [&["--dry-run"][..], &[]] {
            let said = receive("2023-02", &page, options);
            let of = |key: &String| {
                let place = page.rows.iter().position(|row| text(&row[at]) == *key).unwrap();
                let row = format!("第{}行", page.number(place));
                said.lines().filter(|line| line.contains(&row)).map(str::to_owned).collect::<Vec<_>>().join("\n")
            };
            if let Some(key) = &old {
                stood += 1;
                assert!(of(key).contains("不能照办，没有办结，这一户现为“识别中”"), "{said}");
            }
            if let Some(key) = &new {
                assert!(of(key).contains("不能照办，没有办结，这一户现为“识别中”"), "{said}");
            }
        }
        // Who is said to be monitored and is not stays to be included, whoever said it first.
        for key in [&old, &new].into_iter().flatten() {
            let case = say(&mut county.command(&["case", key])).expect(0).stdout;
            assert!(case.contains("识别中"), "{case}");
        }
    }
    assert!(stood > 0);
}
