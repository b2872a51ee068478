"""How long the desk waits for a large ledger: `bidui cases` and `bidui case` over a million cases, beside what SQLite's own count of the same table takes.

    python3 benches/ledger.py [--cases 1000000] [--program target/release/bidui]

Needs python3 alone. The ledger is made up here, by the program's own tables: ten years of cases, of which one in fifty still stands.
"""

import argparse
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import time

TOWNS = ["450206100", "450206102", "450206103", "450206106", "450206107", "450206108", "450206109", "450206110"]
HERE = pathlib.Path(__file__).resolve().parent.parent


def number(month, serial):
    digits = f"{month[2:4]}{month[5:]}{serial:05}"
    rest = 0
    for digit in digits:
        rest = (rest + int(digit)) * 2 % 11
    return f"{digits[:4]}-{digits[4:]}{'0123456789X'[(12 - rest) % 11]}"


def make(path, cases):
    text = (HERE / "crates/ledger/src/schema.rs").read_text()
    steps = re.findall(r'^    "\n(.*?)\n",', text, re.S | re.M)
    months = [f"{year}-{month:02}" for year in range(2014, 2024) for month in range(1, 13)]
    file = sqlite3.connect(path)
    file.executescript(f"PRAGMA journal_mode=WAL; PRAGMA user_version={len(steps)};" + "".join(steps))
    for at, month in enumerate(months):
        file.execute("INSERT INTO batches VALUES (?, 'run', ?, 1, ?, '')", (at + 1, month, month))
    share = cases // len(months)
    for at, month in enumerate(months):
        numbers, events, reasons, lines = [], [], [], []
        for serial in range(1, share + 1):
            household, case, town = f"H{at:03}{serial:06}", number(month, serial), TOWNS[serial % len(TOWNS)]
            stands = serial % 50 == 0
            event = at * share + serial
            numbers.append((case, household, month, serial))
            events.append((event, at + 1, household, case, "raised", month, "yellow", town, 17000 + 30 * at))
            reasons.append((event, "medical-self-paid", "yellow", 21000.0))
            lines.append((case, household, month, "open" if stands else "closed", "yellow", town, month, "", 0, 17000 + 30 * at,
                          "" if stands else "22", "" if stands else "changed", "" if stands else month, None, 0 if stands else 1,
                          None, 0, "" if stands else month, month, ""))
        file.executemany("INSERT INTO case_numbers VALUES (?, ?, ?, ?)", numbers)
        file.executemany("INSERT INTO events (id, batch, household, case_no, kind, month, level, town, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", events)
        file.executemany("INSERT INTO reasons (event, rule, level, value) VALUES (?, ?, ?, ?)", reasons)
        file.executemany(f"INSERT INTO cases VALUES ({', '.join('?' * 20)})", lines)
    file.commit()
    file.close()
    return number(months[60], 7)


def best(run, times=5):
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        took.append(time.perf_counter() - begun)
    return min(took)


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--program", default=str(HERE / "target/release/bidui"))
    asked = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "ledger.db"
        case = make(path, asked.cases)
        command = lambda *words: subprocess.run(
            [asked.program, *words, "--config", HERE / "config/bidui.toml", "--state", folder], check=True, capture_output=True
        )

        def count():
            file = sqlite3.connect(path)
            file.execute("SELECT town, COUNT(*), SUM(state = 'closed'), SUM(state = 'open'), SUM(state = 'open' AND due < 19000) FROM cases GROUP BY town").fetchall()
            file.close()

        print(f"{asked.cases} cases, {path.stat().st_size >> 20} MiB")
        for name, run in (("SQLite counts the cases by town", count), ("bidui cases", lambda: command("cases")),
                          ("bidui cases --town", lambda: command("cases", "--town", "百朋镇")), ("bidui case", lambda: command("case", case))):
            print(f"  {name:32} {best(run):6.3f} s")


main()
