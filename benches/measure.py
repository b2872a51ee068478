"""Runs a command in a process of its own and reads what the operating system counted for it."""
import dataclasses
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time


@dataclasses.dataclass
class Reading:
    """One run. The memory is the most that the process and its children held at one time: as the operating system counted it for the
    largest of them, or as looking twenty times a second found it for all, whichever is more."""
    seconds: float
    cpu_seconds: float
    peak_mib: float
    errors: str


def run(command, folder, environment=None):
    """Runs to the end and fails loudly."""
    with tempfile.TemporaryFile() as errors:
        begun = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        watch = Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        together = watch.finish()
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode("utf-8", "replace")
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{text[-4000:]}")
    return Reading(seconds, usage.ru_utime + usage.ru_stime, max(usage.ru_maxrss / 1024, together), text)


class Watch(threading.Thread):
    """Looks at a process and its children while they run."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.over = pid, 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            self.peak = max(self.peak, held(self.pid, is_child=False))

    def finish(self):
        """MiB."""
        self.over.set()
        self.join()
        return self.peak * os.sysconf("SC_PAGESIZE") / 2**20


def held(pid, is_child):
    """Pages of a process and of all below it. Of a child the pages of files do not count: they are the parent's too."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            _, resident, shared = map(int, file.read().split()[:3])
        children = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                children += file.read().split()
    except (OSError, ValueError):
        # It ended while we looked.
        return 0
    return resident - (shared if is_child else 0) + sum(held(child, is_child=True) for child in children)


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
