# SPDX-License-Identifier: MIT
"""What the attacks have in common: running the program, comparing what came out, counting."""
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
DEMO = SOURCE / "configs" / "demo.ini"
OUTPUTS = ("demo-rft.json", "demo-records.jsonl", "demo-summary.json")


def sha256(path):
    """Hexadecimal SHA-256 of a file; None if there is none."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def fresh(directory):
    """An empty directory."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    return Path(directory)


def empty(directory):
    for path in Path(directory).iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def command(rftgen, config, sets=(), extra=()):
    words = [str(rftgen), *extra, "-c", str(config), "--quiet"]
    for key, value in dict(sets).items():
        words += ["--set", f"{key}={value}"]
    return words


def run(words, directory, timeout=300):
    """(exit code, messages)"""
    done = subprocess.run(words, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


class Report:
    """Counts what was tried, keeps what failed, and knows when time is up."""

    def __init__(self, name, seconds):
        self.name = name
        self.end = time.monotonic() + seconds
        self.counts = {}
        self.failures = []

    def count(self, what, n=1):
        self.counts[what] = self.counts.get(what, 0) + n

    def fail(self, what, text=""):
        self.failures.append(what)
        print(f"{self.name}: FAILED: {what}: {text.strip()[-400:]}", flush=True)

    def has_time(self):
        return time.monotonic() < self.end

    def finish(self):
        counts = ", ".join(f"{n} {what}" for what, n in self.counts.items())
        print(f"{self.name}: {counts or 'nothing tried'}; {len(self.failures)} failed", flush=True)
        return 1 if self.failures else 0
