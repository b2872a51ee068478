#!/usr/bin/env python3
"""FEBRL4 with Splink: splink_febrl4.py LEFT RIGHT OUT detailed|advanced|same [--with-number]

`detailed` and `advanced` are the two better models of Splink's own published example of this data, training steps included. `same`
compares what benches/linkage/febrl4.toml compares, at the same levels, over the same blocks. Without --with-number the social security number is taken
out of comparisons, blocks and deterministic rules. Writes left id, right id and probability of every pair from 0.01 on.
"""

import csv
import sys

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


def read(path: str):
    """All columns as text, blanks as null, and the full name that the advanced model compares."""
    return duckdb.sql(
        f"""
        select *, given_name || '_' || surname as full_name from (
            select nullif(trim(columns(*)), '') from read_csv('{path}', all_varchar = true)
        )
        """
    ).arrow().read_all()


def date_of_birth():
    return compare.DateOfBirthComparison(
        "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
    )


def by_edits(column: str, most: int) -> dict:
    """Equal with its frequency, then one edit more a level."""
    steps = [levels.DamerauLevenshteinLevel(column, edits) for edits in range(1, most + 1)]
    return of_levels(column, [levels.ExactMatchLevel(column, term_frequency_adjustments=True), *steps])


def by_letters(column: str, *more) -> dict:
    near = [levels.JaroWinklerLevel(column, 0.92), levels.JaroWinklerLevel(column, 0.8)]
    return of_levels(column, [levels.ExactMatchLevel(column, term_frequency_adjustments=True), *near, *more])


def of_levels(column: str, steps: list) -> dict:
    return {"output_column_name": column, "comparison_levels": [levels.NullLevel(column), *steps, levels.ElseLevel()]}


def crossed(left: str, right: str, least: float) -> dict:
    return {
        "sql_condition": f"jaro_winkler_similarity({left}_l, {right}_r) >= {least}",
        "label_for_charts": f"{left} as {right}",
    }


def detailed(number: bool) -> list:
    frequent = {"term_frequency_adjustments": True}
    return [
        compare.NameComparison("given_name").configure(**frequent),
        compare.NameComparison("surname").configure(**frequent),
        date_of_birth(),
        *([compare.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2])] if number else []),
        compare.ExactMatch("street_number").configure(**frequent),
        compare.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(**frequent),
    ]


def full_name() -> dict:
    nobody = "(given_name_l is null or given_name_r is null) and (surname_l is null or surname_r is null)"
    switched = "jaro_winkler_similarity(given_name_l, surname_r) + jaro_winkler_similarity(surname_l, given_name_r)"
    steps = [
        {"sql_condition": nobody, "label_for_charts": "null", "is_null_level": True},
        levels.ExactMatchLevel("full_name", term_frequency_adjustments=True),
        levels.JaroWinklerLevel("full_name", 0.9),
        levels.JaroWinklerLevel("full_name", 0.7),
        levels.ColumnsReversedLevel("given_name", "surname"),
        {"sql_condition": f"{switched} >= 1.8", "label_for_charts": "switched, near"},
        {"sql_condition": f"{switched} >= 1.4", "label_for_charts": "switched, less near"},
        levels.ExactMatchLevel("given_name", term_frequency_adjustments=True),
        levels.ExactMatchLevel("surname", term_frequency_adjustments=True),
        {
            "sql_condition": "given_name_l = surname_r or surname_l = given_name_r",
            "label_for_charts": "one name in the other's place",
        },
        levels.JaroWinklerLevel("given_name", 0.9),
        levels.JaroWinklerLevel("surname", 0.9),
        levels.ElseLevel(),
    ]
    return {"output_column_name": "full_name", "comparison_levels": steps}


def advanced(number: bool) -> list:
    of_number = [by_edits("soc_sec_id", 2)] if number else []
    return [full_name(), date_of_birth(), *of_number, by_edits("street_number", 1), by_edits("postcode", 2)]


def same(number: bool) -> list:
    swapped = "date_of_birth_l = substr(date_of_birth_r, 1, 4) || substr(date_of_birth_r, 7, 2) || substr(date_of_birth_r, 5, 2)"
    of_birth = [
        levels.ExactMatchLevel("date_of_birth", term_frequency_adjustments=True),
        {"sql_condition": swapped, "label_for_charts": "day and month swapped"},
        levels.DamerauLevenshteinLevel("date_of_birth", 1),
        levels.DamerauLevenshteinLevel("date_of_birth", 2),
    ]
    return [
        by_letters("given_name", crossed("given_name", "surname", 0.92)),
        by_letters("surname", crossed("surname", "given_name", 0.92)),
        of_levels("date_of_birth", of_birth),
        *([by_edits("soc_sec_id", 2)] if number else []),
        by_letters("address_1", crossed("address_1", "address_2", 0.92), crossed("address_2", "address_1", 0.92)),
        by_letters("address_2"),
        by_letters("suburb"),
        by_edits("postcode", 2),
        by_edits("street_number", 1),
        by_edits("state", 1),
    ]


SWAPPED = "l.given_name = r.surname and l.surname = r.given_name"


def blocks(model: str, number: bool) -> list:
    of_number = [block_on("soc_sec_id")] if number else []
    if model != "same":
        rest = [block_on("state", "address_1"), block_on("street_number", "address_1"), block_on("postcode")]
        return [block_on("given_name", "surname"), SWAPPED, block_on("date_of_birth"), *of_number, *rest]
    keys = [
        ["date_of_birth"], ["given_name", "surname"], ["surname", "postcode"], ["given_name", "postcode"], ["address_1"],
        ["suburb", "postcode"], ["given_name", "suburb"], ["surname", "suburb"], ["street_number", "postcode"], ["address_2"],
    ]
    return [*of_number, *(block_on(*key) for key in keys), SWAPPED]


def link(left: str, right: str, out: str, model: str, number: bool) -> None:
    comparisons = {"detailed": detailed, "advanced": advanced, "same": same}[model](number)
    settings = SettingsCreator(
        unique_id_column_name="rec_id",
        link_type="link_only",
        blocking_rules_to_generate_predictions=blocks(model, number),
        comparisons=comparisons,
    )
    database = DuckDBAPI()
    tables = [database.register(read(path)) for path in (left, right)]
    linker = Linker(tables, settings, log_level="ERROR")
    sure = [block_on("given_name", "surname", "date_of_birth")]
    if number:
        sure.insert(0, block_on("soc_sec_id"))
    training = linker.training
    training.estimate_probability_two_random_records_match(sure, recall=0.8 if number else 0.45)
    training.estimate_u_using_random_sampling(max_pairs=1e6 if model == "detailed" else 1e7, seed=1)
    for rule in ("date_of_birth", "postcode"):
        training.estimate_parameters_using_expectation_maximisation(
            block_on(rule), estimate_without_term_frequencies=True
        )
    found = linker.inference.predict(threshold_match_probability=0.01)
    ours = found.as_duckdbpyrelation().select("rec_id_l, rec_id_r, match_probability, match_weight")
    with open(out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["left_id", "right_id", "probability", "weight"])
        writer.writerows(ours.fetchall())


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--with-number"]
    link(*arguments, number="--with-number" in sys.argv)
