#!/usr/bin/env python3
"""The whole benchmark in one command: builds, invents counties, runs ours and the peers in turns, compares what they found, and writes the
tables of docs/performance.md.

Usage: benches/bench.py [--persons 500000,5000000] [--runs 3] [--work FOLDER] [--peers-up-to 5000000] [--workbooks 43000] [--parts] [--no-build] [--no-docs]

Counties stay in the folder and are used again. Every run is cold: nothing is sealed, and the output is new. Files are in the system's cache for
all alike, since each county is read once before its first run. Absolute figures are the machine's; what holds is ratios within one run of this
command on an idle machine. Needs python3 of 3.11 or later, a package index for the peers the first time, and room: about 3.5 GB per
million persons.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

import measure
import tables
import workbooks

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Another configuration, for those who weigh one.
CONFIG = pathlib.Path(os.environ.get("BIDUI_CONFIG", ROOT / "config"))
sys.path.insert(0, str(ROOT / "benches/peers"))
import compare  # noqa: E402: a peer's module, which lies beside them

MONTH, MONTHS, SEED = "2023-03", "2022-12..2023-03", "1"
PEERS = {"DuckDB": "duckdb_month.py", "Polars": "polars_month.py"}


def main():
    options = arguments()
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="bidui-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    if not options.no_build:
        say("building")
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)
        parts = ["--manifest-path", "benches/parts/Cargo.toml", "--target-dir", "target"]
        subprocess.run(["cargo", "build", "--profile", "parts", *parts, "--bin", "floor"], cwd=ROOT, check=True)
    bidui = pathlib.Path(os.environ.get("BIDUI", ROOT / "target/release/bidui"))
    if options.peers_up_to and not peer_python().exists():
        subprocess.run([ROOT / "benches/peers/setup.sh"], check=True)
    results = {"machine": machine(), "versions": versions(bidui), "sizes": []}
    for persons in options.persons:
        county = make_county(bidui, work, persons)
        results["sizes"].append(measure_county(bidui, county, persons, options))
    if options.workbooks:
        results["workbooks"] = measure_workbooks(bidui, work, options)
    if options.parts:
        results["parts"] = measure_parts()
    (work / "results.json").write_text(json.dumps(results, ensure_ascii=False, indent=1))
    text = tables.render(results)
    print("\n\n".join(text.values()))
    if not options.no_docs:
        tables.write_into(ROOT / "docs/performance.md", text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", default="500000,5000000", type=lambda text: [int(size) for size in text.split(",") if size])
    parser.add_argument("--runs", default=3, type=int)
    parser.add_argument("--work", type=pathlib.Path, help="counties and results; a temporary folder unless given")
    parser.add_argument("--peers-up-to", default=5_000_000, type=int, help="the peers run up to this many persons; 0 for no peers")
    parser.add_argument("--workbooks", default=43_000, type=int, help="persons of the county whose extracts are workbooks; 0 for none")
    parser.add_argument("--parts", action="store_true", help="criterion's benches as well; builds for a quarter of an hour the first time")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--no-docs", action="store_true", help="print the tables only")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_county(bidui, work, persons):
    county = work / f"county-{persons}"
    if not (county / "complete").exists():
        say(f"inventing {persons} persons")
        shutil.rmtree(county, ignore_errors=True)
        measure.run([str(bidui), "synth", str(county), "--persons", str(persons), "--months", MONTHS, "--seed", SEED, "--clean", "--quiet"], ROOT)
        (county / "complete").touch()
    return county


def measure_county(bidui, county, persons, options):
    """Ours and the peers in turns, so that a slow minute of the machine strikes all."""
    read_once(county / "inbox")
    peers = PEERS if persons <= options.peers_up_to else {}
    readings = {"bidui": [], **{name: [] for name in peers}}
    for at in range(options.runs):
        say(f"{persons} persons, run {at + 1} of {options.runs}")
        readings["bidui"].append(told("bidui", run_ours(bidui, county)))
        for name, script in peers.items():
            readings[name].append(told(name, run_peer(script, county)))
    found = [county / "out" / MONTH / "data/signals.csv", county / "truth/signals.csv"]
    count, lines = compare.differences(MONTH, [str(path) for path in found + [out_of(county, script) / "signals.csv" for script in peers.values()]])
    if lines:
        raise SystemExit("the sets of (household, rule, level) differ:\n" + "\n".join(lines))
    say(f"{persons} persons: {count} signals, equal in ours, the truth and {len(peers)} peers")
    ours = min(readings["bidui"], key=lambda reading: reading.seconds)
    files, size, rows = amount_read(county)
    floor = [measure_floor(county) for _ in range(options.runs)]
    return {
        "persons": persons, "files": files, "bytes": size, "rows": rows, "signals": count, "floor": floor,
        "stages": measure.stages(ours.errors, ours.seconds), "stages_of": ours.seconds,
        "warm": of_readings([run_ours(bidui, county, fresh=False)]),
        "readings": {name: of_readings(each) for name, each in readings.items()},
    }


def of_readings(readings):
    return {
        "median": measure.middle(readings, "seconds"), "least": measure.least(readings, "seconds"),
        "all": [reading.seconds for reading in readings], "cpu": measure.middle(readings, "cpu_seconds"),
        "peak_mib": max(reading.peak_mib for reading in readings),
    }


def read_once(inbox):
    """Brings every file into the system's cache."""
    for path in inbox.rglob("*.*"):
        with open(path, "rb") as file:
            while file.read(1 << 22):
                pass


def amount_read(county, inbox=None):
    """Files, bytes and rows that a run read, by its manifest; rows are those of the CSV beside it where the files are workbooks."""
    inputs = json.loads((county / "out" / MONTH / "manifest.json").read_text())["inputs"]
    rows = 0
    for each in inputs:
        with open(((inbox or county / "inbox") / each["file"]).with_suffix(".csv"), "rb") as file:
            rows -= 1
            while block := file.read(1 << 22):
                rows += block.count(b"\n")
    return len(inputs), sum(each["bytes"] for each in inputs), rows


def told(name, reading):
    """Says a reading as it comes, so that it is seen even if the sets turn out to differ."""
    say(f"  {name}: {reading.seconds:.2f} s, CPU {reading.cpu_seconds:.2f} s, {reading.peak_mib:.0f} MiB")
    return reading


def run_ours(bidui, county, fresh=True):
    if fresh:
        for folder in ("state", "out"):
            shutil.rmtree(county / folder, ignore_errors=True)
    paths = ["--inbox", county / "inbox", "--out", county / "out", "--state", county / "state"]
    command = [bidui, "run", MONTH, "--config", CONFIG / "bidui.toml", *paths, "--log-format", "json"]
    return measure.run(list(map(str, command)), ROOT)


def run_peer(script, county):
    shutil.rmtree(out_of(county, script), ignore_errors=True)
    command = [peer_python(), ROOT / "benches/peers" / script, MONTH, "--config", CONFIG, "--inbox", county / "inbox", "--out", out_of(county, script)]
    return measure.run(list(map(str, command)), ROOT)


def out_of(county, script):
    return county / f"out-{script.removesuffix('.py')}"


def peer_python():
    return ROOT / "benches/peers/.venv/bin/python"


def measure_floor(county):
    """Seconds of what no program can spare: reading every byte of a run's inputs, their SHA-256, cells, HMAC of ID numbers (benches/parts)."""
    binary = ROOT / "target/parts/floor"
    if not binary.exists():
        return None
    done = subprocess.run([binary, county / "inbox", county / "out" / MONTH / "manifest.json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def measure_workbooks(bidui, work, options):
    """The same county as CSV and as workbooks, cold."""
    persons = options.workbooks
    county = make_county(bidui, work, persons)
    folder = work / f"workbooks-{persons}"
    if not (folder / "complete").exists():
        say("writing workbooks")
        shutil.rmtree(folder, ignore_errors=True)
        workbooks.convert(peer_python(), county, folder)
        (folder / "complete").touch()
    read_once(folder / "inbox")
    readings = [run_ours(bidui, folder) for _ in range(options.runs)]
    count, lines = compare.differences(MONTH, [str(each / "signals.csv") for each in (county / "truth", folder / "out" / MONTH / "data")])
    if lines:
        raise SystemExit("signals of the workbooks differ from the truth:\n" + "\n".join(lines))
    ours = min(readings, key=lambda reading: reading.seconds)
    files, size, rows = amount_read(folder, inbox=county / "inbox")
    return {
        "persons": persons, "rows": rows, "files": files, "bytes": size, "signals": count, "floor": measure_floor(folder), "stages": measure.stages(ours.errors, ours.seconds), "reading": of_readings(readings),
    }


def measure_parts():
    """Rates of criterion's benches in millions a second, by group and name."""
    home = ROOT / "target/criterion"
    where = ["--manifest-path", "benches/parts/Cargo.toml", "--target-dir", "target"]
    environment = os.environ | {"CRITERION_HOME": str(home)}
    subprocess.run(["cargo", "bench", "--profile", "parts", *where], cwd=ROOT, env=environment, check=True)
    found = {}
    for path in home.glob("*/*/new/estimates.json"):
        about = json.loads(path.with_name("benchmark.json").read_text())
        nanoseconds = json.loads(path.read_text())["median"]["point_estimate"]
        found[about["full_id"]] = about["throughput"]["Elements"] / nanoseconds * 1e3
    return found


def machine():
    """What a reader must know to compare, and nothing that names the machine."""
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal")) / 2**20
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory), "system": f"{platform.system()} {platform.release().split('-')[0]}",
            "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}


def versions(bidui):
    pins = (ROOT / "benches/peers/requirements.txt").read_text().splitlines()
    found = dict(line.split("==") for line in pins if "==" in line)
    ours = subprocess.run([bidui, "--version"], capture_output=True, text=True).stdout.strip()
    return {"bidui": ours, **found}


if __name__ == "__main__":
    main()
