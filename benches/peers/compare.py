#!/usr/bin/env python3
"""Compares signals, those that are not shown among them and those for review not, as sets of (household, rule, level).

Usage: compare.py MONTH FILE FILE…   (signals.csv of a run, of a peer, or of the truth; the first is what the others are held against)
"""
import csv
import sys


def signals(path, month):
    """The signals of the month that fired; a file without these columns holds nothing else."""
    with open(path, encoding="utf-8", newline="") as file:
        return {
            (row["household_id"], row["rule_id"], row["level"])
            for row in csv.DictReader(file)
            if row.get("month", month) == month and row.get("state", "live") != "review"
        }


def differences(month, files):
    """A line for each file that differs, and examples; nothing where all are equal."""
    first = signals(files[0], month)
    lines = []
    for file in files[1:]:
        other = signals(file, month)
        if first != other:
            lines.append(f"{file}: {len(first - other)} signals are missing, {len(other - first)} are too many, of {len(first)}")
            lines += [f"  missing {signal}" for signal in sorted(first - other)[:10]]
            lines += [f"  too many {signal}" for signal in sorted(other - first)[:10]]
    return len(first), lines


if __name__ == "__main__":
    count, lines = differences(sys.argv[1], sys.argv[2:])
    print("\n".join(lines) or f"equal: {count} signals in each of {len(sys.argv) - 2} files")
    sys.exit(bool(lines))
