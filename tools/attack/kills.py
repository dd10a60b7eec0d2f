# SPDX-License-Identifier: MIT
"""Signals at random moments, another schedule at each resume, the journal damaged between two of them.

python3 tools/attack/kills.py RFTGEN DIRECTORY [KILLS [SECONDS [SEED]]]

Nothing that was in the journal may be gone after the next run, no dataset may be anything but the whole one, and the bytes at the
end are those of a run that was left in peace.
"""
import random
import signal
import subprocess
import sys
from pathlib import Path

from common import DEMO, OUTPUTS, Report, command, empty, fresh, run, sha256

SIGNALS = {signal.SIGKILL: 6, signal.SIGINT: 1, signal.SIGTERM: 1, signal.SIGHUP: 1}
BASE = {"device.backend": "cpu", "device.threads": 1}


def schedule(rnd):
    return dict(BASE, **{
        "device.device": rnd.choice(["plain", "vector", "0"]),
        "generate.chunk": rnd.choice([1, 2, 3, 5, 10, "auto"]),
        "generate.questions_in_flight": rnd.choice([1, 2, 4, "auto"]),
    })


def samples(journal):
    """The lines of samples, by number; None without a journal."""
    if not journal.exists():
        return None
    lines = (line.split(b" ", 2) for line in journal.read_bytes().split(b"\n")[:-1])
    return {tuple(words[:2]) for words in lines if len(words) == 3 and words[0].isdigit()}


def damage(journal, rnd):
    """A torn end, flipped bits, garbage, a tail of zeros."""
    text = bytearray(journal.read_bytes())
    kind = rnd.randrange(5)
    if kind == 0:
        del text[rnd.randrange(1, len(text)):]
    elif kind == 1:
        for _ in range(rnd.randrange(1, 4)):
            text[rnd.randrange(len(text))] ^= 1 << rnd.randrange(8)
    elif kind == 2:
        at = rnd.randrange(len(text))
        text[at:at] = bytes(rnd.randrange(256) for _ in range(rnd.randrange(1, 40)))
    elif kind == 3:
        text += bytes(rnd.randrange(1, 5000))
    else:  # the whole first line
        del text[:text.index(b"\n") + 1 if b"\n" in text else 0]
    journal.write_bytes(text)


def main(rftgen, directory, kills=200, seconds=600, seed=1):
    rnd = random.Random(int(seed))
    report = Report("kills", float(seconds))
    work = fresh(directory)
    journal = work / "demo-rft.json.journal"
    code, text = run(command(rftgen, DEMO, BASE), work)
    wanted = [sha256(work / name) for name in OUTPUTS[:2]]
    if code != 0 or None in wanted:
        report.fail("the run itself", text)
        return report.finish()
    empty(work)
    before, n = set(), 0

    def check_end(text):
        nonlocal before
        if [sha256(work / name) for name in OUTPUTS[:2]] != wanted:
            report.fail("other bytes at the end", text)
        left = sorted(path.name for path in work.iterdir() if path.name not in OUTPUTS)
        if left:
            report.fail("left behind", str(left))
        report.count("runs to the end")
        empty(work)
        before = set()

    while n < int(kills) and report.has_time():
        words = command(rftgen, DEMO, schedule(rnd))
        process = subprocess.Popen(words, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            text = process.communicate(timeout=rnd.uniform(0, rnd.choice([0.05, 0.3, 1.5])))[0].decode("utf-8", "replace")
            if process.returncode != 0:
                report.fail(f"exit code {process.returncode} without a signal", text)
                empty(work)
                before = set()
            else:
                check_end(text)
            continue
        except subprocess.TimeoutExpired:
            sent = rnd.choices(list(SIGNALS), list(SIGNALS.values()))[0]
            process.send_signal(sent)
            text = process.communicate()[0].decode("utf-8", "replace")
        n += 1
        report.count(sent.name)
        if process.returncode == 0:
            check_end(text)
            continue
        if process.returncode not in (-sent, 130):
            report.fail(f"exit code {process.returncode} after {sent.name}", text)
        if sha256(work / OUTPUTS[0]) not in (None, wanted[0]):
            report.fail("a dataset that is not whole", text)
        now = samples(journal)
        if not before <= (now or set()):
            report.fail(f"{len(before - (now or set()))} samples lost", text)
        before = now or set()
        if before and rnd.random() < 0.3:
            damage(journal, rnd)
            report.count("journals damaged")
            before = set()
    code, text = run(command(rftgen, DEMO, BASE), work)
    if code != 0:
        report.fail(f"exit code {code} of the last run", text)
    else:
        check_end(text)
    return report.finish()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), *sys.argv[2:]))
