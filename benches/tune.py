"""How long a changed rule takes over published months: `bidui tune`, beside the same question asked of the same files with DuckDB.

    python3 benches/tune.py --out OUT --state STATE --month 2023-03 [--months 12] [--set income-under-10000.blue=11000] [--program target/release/bidui]

OUT and STATE are the folders of months that were run (README: "An invented county"). DuckDB is asked only where its Python package is there
(benches/peers/setup.sh); it gives the households that the changed rule fires for, and no more: neither what was suppressed nor what towns found.
"""

import argparse
import pathlib
import statistics
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
RUNS = 7


def median(run):
    took = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        run()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--out", required=True)
    asked.add_argument("--state", required=True)
    asked.add_argument("--month", required=True)
    asked.add_argument("--months", type=int, default=12)
    asked.add_argument("--set", default="income-under-10000.blue=11000")
    asked.add_argument("--config", default=str(HERE / "config/bidui.toml"))
    asked.add_argument("--program", default=str(HERE / "target/release/bidui"))
    asked = asked.parse_args()

    def tune(months, *more):
        command = [asked.program, "tune", asked.month, "--months", str(months), "--quiet", "--config", asked.config,
                   "--out", asked.out, "--state", asked.state, *more]
        return lambda: subprocess.run(command, check=True, capture_output=True)

    published = sorted(folder.name for folder in pathlib.Path(asked.out).iterdir() if (folder / "manifest.json").is_file())[-asked.months:]
    print(f"{len(published)} months, medians of {RUNS}")
    print(f"  bidui tune, one month, a changed rule          {median(tune(1, '--set', asked.set)):.3f} s")
    print(f"  bidui tune, {len(published)} months, a changed rule         {median(tune(len(published), '--set', asked.set)):.3f} s")
    print(f"  bidui tune, {len(published)} months, every rule anew        {median(tune(len(published), '--everything')):.3f} s")
    print(f"  bidui tune, {len(published)} months, with curves            {median(tune(len(published), '--curves')):.3f} s")
    try:
        import duckdb
    except ImportError:
        print("  DuckDB is not here (benches/peers/setup.sh)")
        return
    name, number = asked.set.split(".")[0], float(asked.set.split("=")[1])
    if name != "income-under-10000":
        print("  DuckDB is asked of income-under-10000 alone")
        return

    def peer(months):
        def run():
            for month in months:
                duckdb.sql(f"SELECT household_id FROM '{asked.out}/{month}/data/households.parquet' "
                           f"WHERE (household_kind = '脱贫户' OR monitor_kind <> '') AND income_2022 < {number}").fetchall()
        return run

    print(f"  DuckDB, one month, the rule's condition alone  {median(peer(published[-1:])):.3f} s")
    print(f"  DuckDB, {len(published)} months                             {median(peer(published)):.3f} s")


if __name__ == "__main__":
    main()
