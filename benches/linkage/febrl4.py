#!/usr/bin/env python3
"""bidui link and its peers on FEBRL4: febrl4.py FOLDER [--runs 3] [--work FOLDER] [--only bidui] [--bidui PROGRAM]

FOLDER holds a.csv, b.csv and truth.csv. Each program is a process of its own: reading, training, linking and writing count. Nobody sees the truth;
but for the peers the best threshold is also shown, chosen with the truth in hand. Closed: all records. Open: the records 0 to 1249 taken out of the left
table and 1250 to 2499 out of the right, and at most one partner a record (for Splink, greedily by weight).
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = HERE / ".venv/bin/python"


def rows(path: Path) -> list[dict]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def forms(folder: Path, work: Path) -> dict:
    """The two tables and the truth of each form."""
    truth = {(row["rec_id_a"], row["rec_id_b"]) for row in rows(folder / "truth.csv")}
    made = {"closed": (folder / "a.csv", folder / "b.csv", truth)}
    number = lambda record: int(record.split("-")[1])
    kept = {}
    for side, out in (("a", range(0, 1250)), ("b", range(1250, 2500))):
        table = [row for row in rows(folder / f"{side}.csv") if number(row["rec_id"]) not in out]
        kept[side] = {row["rec_id"] for row in table}
        with open(work / f"open_{side}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, table[0].keys())
            writer.writeheader()
            writer.writerows(table)
    both = {(a, b) for a, b in truth if a in kept["a"] and b in kept["b"]}
    made["open"] = (work / "open_a.csv", work / "open_b.csv", both)
    return made


def run(command: list) -> tuple[float, float, float]:
    """Wall seconds, processor seconds, and memory in MB of one process."""
    begun = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    if process.returncode:
        sys.exit(f"{command[0]}: {errors.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def score(links: set, truth: set) -> tuple[float, float, float]:
    right = len(links & truth)
    precision, recall = right / max(len(links), 1), right / len(truth)
    return precision, recall, 2 * right / (len(links) + len(truth))


def one_to_one(pairs: list) -> list:
    taken, kept = set(), []
    for row in sorted(pairs, key=lambda row: (-float(row["weight"]), row["left_id"], row["right_id"])):
        if not {row["left_id"], row["right_id"]} & taken:
            taken |= {row["left_id"], row["right_id"]}
            kept.append(row)
    return kept


def best(pairs: list, truth: set) -> tuple[float, float, float]:
    links, found = set(), (0.0, 0.0, 0.0)
    for row in sorted(pairs, key=lambda row: -float(row["weight"])):
        links.add((row["left_id"], row["right_id"]))
        found = max(found, score(links, truth), key=lambda scores: scores[2])
    return found


def systems(args, work: Path) -> list:
    """Name, the command for two tables, and how links are told from the rest."""
    model, number = HERE / "febrl4.toml", work / "febrl4_with_number.toml"
    number.write_text(model.read_text() + (HERE / "febrl4_number.toml").read_text())
    several = work / "febrl4_many_to_many.toml"
    several.write_text(model.read_text().replace('"one_to_one"', '"many_to_many"'))

    def ours(model):
        trained = work / "trained.json"
        return lambda a, b, out: [args.bidui, "link", a, b, "--model", model, "--trained", trained, "--train", "--out", out]

    def splink(model, *more):
        return lambda a, b, out: [PYTHON, HERE / "splink_febrl4.py", a, b, out, model, *more]

    def ecm(*more):
        return lambda a, b, out: [PYTHON, HERE / "recordlinkage_febrl4.py", a, b, out, *more]

    all_of_them = [
        ("bidui", ours(model)),
        ("bidui, several partners allowed", ours(several)),
        ("splink, detailed", splink("detailed")),
        ("splink, advanced", splink("advanced")),
        ("splink, what bidui compares", splink("same")),
        ("recordlinkage, ECM", ecm()),
        ("bidui, with the number", ours(number)),
        ("splink, detailed, with the number", splink("detailed", "--with-number")),
        ("splink, advanced, with the number", splink("advanced", "--with-number")),
        ("recordlinkage, ECM, with the number", ecm("--with-number")),
    ]
    return [system for system in all_of_them if system[0].startswith(args.only)]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What every benchmark of this folder takes."""
    parser.add_argument("--work", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--bidui", type=Path, default=Path(os.environ.get("BIDUI", ROOT / "target/release/bidui")))


def with_peers(measure, args) -> None:
    """Measures in the folder asked for or a temporary one, with the peers installed."""
    if not PYTHON.exists():
        subprocess.run([HERE / "setup.sh"], check=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        measure(args, work)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments(parser)
    with_peers(measure, parser.parse_args())


def shown(scores: tuple) -> str:
    return " / ".join(f"{part:.4f}" for part in scores)


def measure(args, work: Path) -> None:
    tables = forms(args.folder, work)
    print("| system | form | precision / recall / F1 at its threshold | best threshold, by the truth | wall s | processor s | MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, command in systems(args, work):
        for form, (a, b, truth) in tables.items():
            out = work / "links.csv"
            costs = [run(command(a, b, out)) for _ in range(args.runs)]
            wall, processor, memory = (min(cost[at] for cost in costs) for at in range(3))
            pairs = rows(out)
            if form == "open" and not name.startswith("bidui"):
                pairs = one_to_one(pairs)
            linked = [row for row in pairs if row.get("class", "link") == "link" and ("class" in row or float(row["probability"]) >= 0.95)]
            at_its = score({(row["left_id"], row["right_id"]) for row in linked}, truth)
            by_truth = "" if name.startswith(("bidui", "recordlinkage")) else shown(best(pairs, truth))
            print(f"| {name} | {form} | {shown(at_its)} | {by_truth} | {wall:.2f} | {processor:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
