#!/usr/bin/env python3
"""FEBRL4 with recordlinkage: recordlinkage_febrl4.py LEFT RIGHT OUT [--with-number]

Its ECM classifier, which learns without a truth, at its own threshold. It links or does not: the probability written is 1.
"""

import sys

import pandas
import recordlinkage

NEAR = ["given_name", "surname", "address_1", "address_2", "suburb"]
EQUAL = ["date_of_birth", "postcode", "street_number", "state"]


def link(left: str, right: str, out: str, number: bool) -> None:
    tables = [pandas.read_csv(path, dtype=str, index_col="rec_id", skipinitialspace=True) for path in (left, right)]
    index = recordlinkage.Index()
    for column in ["given_name", "surname", "date_of_birth", "postcode"] + (["soc_sec_id"] if number else []):
        index.block(column)
    compare = recordlinkage.Compare()
    for column in NEAR:
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in EQUAL + (["soc_sec_id"] if number else []):
        compare.exact(column, column, label=column)
    features = compare.compute(index.index(*tables), *tables)
    links = recordlinkage.ECMClassifier().fit_predict(features)
    rows = pandas.DataFrame([(a, b, 1, 1) for a, b in links], columns=["left_id", "right_id", "probability", "weight"])
    rows.to_csv(out, index=False)


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--with-number"]
    link(*arguments, number="--with-number" in sys.argv)
