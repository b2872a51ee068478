#!/usr/bin/env python3
"""Linkage of whole months: invents messy counties, runs a month of each, and holds its links against the truth.

Usage: county.py --bidui PROGRAM [--persons 50000] [--seed 1] [--month 2023-03] [--only WORD] [--work FOLDER] [--json FILE]

Every county is of the same people; what differs is the damage: the usual one, five times as much, and rows under another person's number. The
program does not see the truth; `bidui link-quality` compares afterwards. Time and memory are those of `bidui run` on cold data. Counties and
what was published stay in the folder if one is given, and are used again. Works with python3 of 3.11 or later.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
import measure  # noqa: E402: lies a folder above

MONTHS_BEFORE = 3
FORMS = {
    "usual": [],
    "damage x5": ["--damage", "5"],
    "borrowed 2%": ["--borrowed", "0.02"],
}


def main() -> None:
    options = arguments()
    work = options.work or Path(tempfile.mkdtemp(prefix="bidui-county-"))
    forms = {form: how for form, how in FORMS.items() if options.only in form}
    results = {}
    for form, how in forms.items():
        folder = work / f"{form.replace(' ', '-').replace('%', '')}-{options.persons}-{options.seed}"
        invent(options, folder, how)
        results[form] = judge(options, folder)
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if not options.work:
        shutil.rmtree(work)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bidui", type=Path, default=ROOT / "target/release/bidui", help="a release program")
    parser.add_argument("--persons", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--month", default="2023-03")
    parser.add_argument("--only", default="", help="forms whose name holds this word")
    parser.add_argument("--work", type=Path, help="counties and results; a temporary folder unless given")
    parser.add_argument("--json", type=Path, help="all figures, as link-quality gives them")
    parser.add_argument("--config", type=Path, default=ROOT / "config/bidui.toml")
    options = parser.parse_args()
    options.bidui = options.bidui.resolve()
    return options


def months(last: str) -> str:
    """The month and those that its comparisons look back at."""
    year, month = map(int, last.split("-"))
    first = year * 12 + month - 1 - MONTHS_BEFORE
    return f"{first // 12}-{first % 12 + 1:02}..{last}"


def invent(options: argparse.Namespace, folder: Path, how: list) -> None:
    if (folder / "truth/rows.csv").exists():
        return
    command = [options.bidui, "synth", folder, "--messy", "--persons", options.persons, "--seed", options.seed]
    command += ["--months", months(options.month), "--config", options.config, "--quiet", *how]
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT)


def judge(options: argparse.Namespace, folder: Path) -> dict:
    for old in ("out", "state"):
        shutil.rmtree(folder / old, ignore_errors=True)
    folders = ["--inbox", folder / "inbox", "--out", folder / "out", "--state", folder / "state"]
    command = [options.bidui, "run", options.month, "--config", options.config, "--quiet", *folders]
    reading = measure.run([str(word) for word in command], ROOT)
    command = [options.bidui, "link-quality", options.month, "--truth", folder / "truth/rows.csv", "--json"]
    command += ["--config", options.config, "--out", folder / "out"]
    said = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, cwd=ROOT)
    figures = json.loads(said.stdout)
    figures["run"] = {"seconds": reading.seconds, "cpu_seconds": reading.cpu_seconds, "mib": reading.peak_mib}
    return figures


def table(results: dict) -> str:
    lines = [
        "| county | rows | recall | precision | F1 | for review | strangers linked | run s | processor s | MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    share = lambda value, digits=4: "–" if value is None else f"{value:.{digits}f}"
    for form, figures in results.items():
        overall, run = figures["overall"], figures["run"]
        strangers = f"{overall['outside_linked']} of {overall['outside']}"
        cells = [form, f"{overall['rows']:,}", share(overall["recall"]), share(overall["precision"], 6), share(overall["f1"])]
        cells += ["–" if overall["review_share"] is None else f"{overall['review_share']:.2%}", strangers]
        cells += [f"{run['seconds']:.1f}", f"{run['cpu_seconds']:.1f}", f"{run['mib']:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
