//! Warnings of invented households, as the towns' lists take them: as many as asked for, over the eight towns.

use bidui_emit::{
    ListContext, ListPlan, Relations, compile_choices, compile_lists, people_schema, relation_schema, warned_schema,
};
use polars::prelude::*;

use crate::county::{text, texts};

const TOWNS: [(&str, &str); 4] =
    [("450206100", "拉堡镇"), ("450206102", "百朋镇"), ("450206103", "成团镇"), ("450206106", "三都镇")];
const REASONS: &str = "1.【红】近12个月住院个人自付合计23580.50元\n2.【橙】家庭有持证残疾人2人，2022年人均纯收入6177元，低于监测线7300元（暂定）";
const ACTIONS: &str = "核查报销和医疗救助是否到位；评估家庭支出负担和收入影响；落实残疾人补贴、低保等政策";

/// 核查清单 alone: the other lists have no rows here.
pub(crate) fn plans() -> Vec<ListPlan> {
    let all = texts("lists").into_iter().flat_map(|(name, text)| compile_lists(&text, &name).unwrap());
    all.filter(|list| list.id == "verification").collect()
}

pub(crate) fn context() -> ListContext {
    ListContext {
        month: "2023-03".parse().unwrap(),
        county: "柳江区".to_owned(),
        bureau: "柳州市柳江区乡村振兴局".to_owned(),
        run_note: Vec::new(),
        choices: compile_choices(&text("verification_results.toml"), "verification_results.toml").unwrap(),
        towns: TOWNS.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect(),
        villages: Vec::new(),
        departments: Vec::new(),
        created: (2023, 4, 6),
    }
}

pub(crate) fn relations(rows: usize) -> Relations {
    let mut households = relation_schema("households").unwrap();
    households.with_column("monitor_kind".into(), DataType::String);
    households.with_column("dibao_members".into(), DataType::Int64);
    households.with_column("measures".into(), DataType::Int64);
    let names = ["persons", "signals", "evidence", "links", "flaws", "rejects", "feeds", "facts", "totals"];
    let mut relations: Relations =
        names.iter().map(|name| ((*name).to_owned(), frame(&relation_schema(name).unwrap(), 0))).collect();
    relations.insert("warnings".to_owned(), frame(&relation_schema("warnings").unwrap(), rows));
    relations.insert("households".to_owned(), frame(&households, rows));
    relations.insert("people".to_owned(), frame(&people_schema(), 0));
    relations.insert("warned".to_owned(), frame(&warned_schema(), rows));
    relations
}

fn frame(schema: &Schema, rows: usize) -> DataFrame {
    let columns = schema.iter().map(|(name, kind)| {
        let column = match kind {
            DataType::String => Column::new(name.clone(), (0..rows).map(|row| word(name, row)).collect::<Vec<_>>()),
            _ => Column::new(name.clone(), (0..rows).map(|row| number(name, row)).collect::<Vec<_>>()),
        };
        column.cast(kind).unwrap()
    });
    DataFrame::new(rows, columns.collect()).unwrap()
}

fn word(column: &str, row: usize) -> String {
    let town = TOWNS[row % TOWNS.len()];
    match column {
        "household_id" => format!("H{row:08}"),
        "month" => "2023-03".to_owned(),
        "level" => "red".to_owned(),
        "level_name" => "红".to_owned(),
        "town_code" => town.0.to_owned(),
        "town" => town.1.to_owned(),
        "village" => "怀洪村".to_owned(),
        "hamlet" => format!("第{}屯", row % 60),
        "route" => "registry".to_owned(),
        "reasons" => REASONS.to_owned(),
        "actions" => ACTIONS.to_owned(),
        "departments" => "医疗保障局、残疾人联合会、乡村振兴局".to_owned(),
        "risks" => "因病、因残".to_owned(),
        "household_kind" => "一般农户".to_owned(),
        "head_name" | "person_names" => format!("虚构{}", row % 900),
        "head_id_masked" | "person_ids" => format!("999999********{:04}", row % 10_000),
        "phone" => format!("1990000{:04}", row % 10_000),
        _ => String::new(),
    }
}

fn number(column: &str, row: usize) -> i32 {
    match column {
        "issued" | "due" => 19_453,
        "list_no" => (row / TOWNS.len()) as i32 + 1,
        _ => (row % 7) as i32,
    }
}
