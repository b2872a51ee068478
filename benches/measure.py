"""Runs a command in a process of its own and reads what the operating system counted for it."""
import dataclasses
import json
import os
import statistics
import subprocess
import tempfile
import time


@dataclasses.dataclass
class Reading:
    """One run. The memory is the largest of the process and of its children, each for itself."""
    seconds: float
    cpu_seconds: float
    peak_mib: float
    errors: str


def run(command, folder, environment=None):
    """Runs to the end and fails loudly."""
    with tempfile.TemporaryFile() as errors:
        begun = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode("utf-8", "replace")
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{text[-4000:]}")
    return Reading(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def middle(readings, value):
    return statistics.median(getattr(reading, value) for reading in readings)


def least(readings, value):
    return min(getattr(reading, value) for reading in readings)


def stages(errors, seconds):
    """Names and seconds of a run's stages, from its JSON lines: a stage lasts until the next begins, the last until the end."""
    begun = []
    for line in errors.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if "timestamp" in event:
            begun.append((event["fields"]["message"], seconds_of(event["timestamp"])))
    found = {}
    for at, (name, start) in enumerate(begun):
        # The process's own start and end lie outside the lines; they are told as the rest.
        if at + 1 < len(begun):
            found[name] = found.get(name, 0) + begun[at + 1][1] - start
        else:
            found[name] = found.get(name, 0) + max(0.0, seconds - (start - begun[0][1]))
    return found


def seconds_of(timestamp):
    """Seconds of the day; a run over midnight is not measured."""
    hours, minutes, rest = timestamp[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)
