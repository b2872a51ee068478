//! Inclusions and eliminations per town, over a month whose registry was edited: the relation `stability` and the list of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use calamine::{Data, Reader, Xlsx, open_workbook};
use support::{County, Record, edit};

const MONTH: &str = "2023-03";
/// Columns of the clean registry.
const HOUSEHOLD: usize = 1;
const TOWN: usize = 8;
const IDENTIFIED: usize = 15;
const ELIMINATED: usize = 18;

/// Gives so many households of a town these days of identification and elimination.
fn passages(county: &County, town: &str, households: usize, identified: &str, eliminated: &str) {
    edit(&county.extract(MONTH, "农村人口底册"), |text| {
        let mut changed: BTreeSet<String> = BTreeSet::new();
        let line = |line: &str| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            let is_free = cells[IDENTIFIED].is_empty() || changed.contains(&cells[HOUSEHOLD]);
            if cells[TOWN] == town && is_free && (changed.len() < households || changed.contains(&cells[HOUSEHOLD])) {
                changed.insert(cells[HOUSEHOLD].clone());
                cells[IDENTIFIED] = identified.to_owned();
                cells[ELIMINATED] = eliminated.to_owned();
            }
            cells.join(",")
        };
        let lines: Vec<String> = text.lines().map(line).collect();
        lines.join("\n") + "\n"
    });
}

fn of_town(county: &County, town: &str) -> Record {
    county.relation(MONTH, "stability").into_iter().find(|row| row["town"] == town).unwrap()
}

#[test]
fn a_rush_at_the_months_end_and_those_who_came_back_are_seen_in_their_town() {
    let county = County::invent(2_000, &["--clean", "--seed", "5"]);
    passages(&county, "百朋镇", 6, "2023-03-28", "");
    passages(&county, "拉堡镇", 7, "2022-10-05", "2023-03-10");
    passages(&county, "成团镇", 2, "2023-03-03", "2022-11-01");
    county.run(MONTH).expect(0);

    let rush = of_town(&county, "百朋镇");
    assert_eq!((rush["included"].as_str(), rush["largest_same_day"].as_str()), ("6", "6"));
    assert_eq!(rush["flags"], "大进大出、突击纳入");
    assert_eq!(rush["last5_included_share"].parse::<f64>().unwrap(), 1.0);
    let out = of_town(&county, "拉堡镇");
    assert_eq!(
        (out["eliminated"].as_str(), out["shortest_months"].as_str(), out["flags"].as_str()),
        ("7", "5", "大进大出、过早消除")
    );
    let back = of_town(&county, "成团镇");
    assert_eq!((back["in_out_in"].as_str(), back["flags"].as_str()), ("2", ""));

    let towns: Vec<Record> = county.relation(MONTH, "stability");
    let sum = |column: &str| {
        let of = |row: &&Record| row["town"] != "全区";
        towns.iter().filter(of).map(|row| row[column].parse::<i64>().unwrap()).sum::<i64>()
    };
    let all = of_town(&county, "全区");
    assert_eq!(towns.len(), 9);
    for column in ["included", "eliminated", "in_out_in"] {
        assert_eq!(all[column].parse::<i64>().unwrap(), sum(column), "{column}");
    }

    let path = county.path("out").join(MONTH).join("district/进出稳定性.xlsx");
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range("进出稳定性").unwrap();
    let row = range.rows().find(|row| row[0] == Data::String("百朋镇".to_owned())).unwrap();
    assert_eq!(row[1], Data::Float(6.0));
    assert_eq!(row.last().unwrap().to_string(), "大进大出\n突击纳入");
}
