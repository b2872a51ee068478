#!/usr/bin/env python3
"""Splink on the register: splink_register.py LEFT RIGHT OUT. It compares what register.toml compares, at the same levels, over the same blocks."""

import csv
import sys

import duckdb
import splink.comparison_level_library as levels
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


def read(path: str, id_column: str):
    text = f"select nullif(trim(columns(*)), '') from read_csv('{path}', all_varchar = true)"
    return duckdb.sql(f"select * rename ({id_column} as id) from ({text})").arrow().read_all()


def of_levels(column: str, *steps) -> dict:
    return {"output_column_name": column, "comparison_levels": [levels.NullLevel(column), *steps, levels.ElseLevel()]}


def equal(column: str, frequent: bool = True):
    return levels.ExactMatchLevel(column, term_frequency_adjustments=frequent)


def when(label: str, condition: str) -> dict:
    return {"sql_condition": condition, "label_for_charts": label}


def comparisons() -> list:
    swapped = "born_l = substr(born_r, 1, 4) || substr(born_r, 7, 2) || substr(born_r, 5, 2)"
    parts = " + ".join(
        f"(substr(born_l, {start}, {length}) = substr(born_r, {start}, {length}))::int" for start, length in ((1, 4), (5, 2), (7, 2))
    )
    return [
        of_levels("name", equal("name"), levels.JaroWinklerLevel("name", 0.8), levels.DamerauLevenshteinLevel("name", 1)),
        of_levels("sex", equal("sex", False)),
        of_levels("born", equal("born", False), when("swapped", swapped), levels.DamerauLevenshteinLevel("born", 1), when("two parts", f"{parts} >= 2")),
        of_levels("town", when("household", "head_l = head_r and village_l = village_r"), when("head", "head_l = head_r"), when("village and hamlet", "village_l = village_r and hamlet_l = hamlet_r"), when("village", "village_l = village_r"), equal("town", False)),
        of_levels("phone", equal("phone"), levels.DamerauLevenshteinLevel("phone", 1)),
    ]


def blocks() -> list:
    year, month, day = "substr(born, 1, 4)", "substr(born, 1, 6)", "substr(born, 5, 4)"
    keys = [
        ["name", year], ["born", "sex"], ["name", "village"], ["phone"], ["head", year, "village"], ["village", month], ["name", "head"], ["name", day],
        ["name", "town"], ["head", "village"], ["village", "hamlet", year],
    ]
    return [block_on(*key) for key in keys]


def link(left: str, right: str, out: str) -> None:
    settings = SettingsCreator(
        unique_id_column_name="id",
        link_type="link_only",
        blocking_rules_to_generate_predictions=blocks(),
        comparisons=comparisons(),
    )
    database = DuckDBAPI()
    tables = [database.register(read(left, "row")), database.register(read(right, "person"))]
    linker = Linker(tables, settings, log_level="ERROR")
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("name", "born", "sex")], recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for keys in (["born", "sex"], ["name", "village"]):
        training.estimate_parameters_using_expectation_maximisation(
            block_on(*keys), estimate_without_term_frequencies=True
        )
    found = linker.inference.predict(threshold_match_probability=0.1).as_duckdbpyrelation()
    found = found.select("id_l, id_r, match_probability, match_weight")
    with open(out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["left_id", "right_id", "probability", "weight"])
        for one, other, *scores in found.fetchall():
            # Splink orders the two tables by name; rows of the left begin with R.
            pair = (one, other) if one.startswith("R") else (other, one)
            writer.writerow([*pair, *scores])


if __name__ == "__main__":
    link(*sys.argv[1:])
