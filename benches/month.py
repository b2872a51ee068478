#!/usr/bin/env python3
"""Makes a clean county and runs its last month, cold and warm, in child processes.

Usage: benches/month.py [PERSONS] [FOLDER]   (500000 persons in a temporary folder)
Prints wall seconds and peak memory (the operating system's own account of the child) for each step, and the size of what was read.
Absolute times are the machine's; compare two builds side by side in one session.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PERSONS = sys.argv[1] if len(sys.argv) > 1 else "500000"
FOLDER = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="bidui-bench-")
BIDUI = os.environ.get("BIDUI", os.path.join(ROOT, "target/release/bidui"))


def step(name, *arguments):
    """Runs in a child of a child, so that its peak memory is its own."""
    start = time.time()
    pid = os.fork()
    if pid == 0:
        done = subprocess.run([BIDUI, *arguments, "--quiet"], cwd=ROOT)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"{name:<28} {time.time() - start:8.1f} s   peak {peak / 1024:8.0f} MiB   exit {done.returncode}", flush=True)
        os._exit(done.returncode)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        sys.exit(f"{name} failed")


def size(folder):
    files = [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]
    return len(files), sum(os.path.getsize(file) for file in files)


county = os.path.join(FOLDER, f"county-{PERSONS}")
paths = ["--inbox", f"{county}/inbox", "--out", f"{county}/out", "--state", f"{county}/state"]
if not os.path.exists(county):
    step("synth --clean", "synth", county, "--persons", PERSONS, "--clean", "--seed", "1")
files, total = size(f"{county}/inbox")
print(f"inbox: {files} files, {total / 1e6:.0f} MB; in {county}")
step("run, cold (four months)", "run", "2023-03", *paths)
step("run, warm", "run", "2023-03", *paths)
