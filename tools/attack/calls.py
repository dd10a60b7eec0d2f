# SPDX-License-Identifier: MIT
"""The n-th system call of a kind fails, or the program is killed there (strace), then the same command is given again.

python3 tools/attack/calls.py RFTGEN DIRECTORY [SECONDS]

Whatever failed: no dataset that is not whole, one line of error, nothing left behind after the next run, and the right bytes.
"""
import subprocess
import sys
from pathlib import Path

from common import DEMO, OUTPUTS, Report, command, empty, fresh, run, sha256

SETS = {"device.backend": "cpu", "data.limit": 12, "generate.samples": 4, "generate.chunk": 1, "device.threads": 1}
CALLS = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "openat", "rename", "renameat2", "linkat", "unlink", "flock", "close",
         "mmap", "fchmod", "getrandom")
FAULTS = ("signal=KILL", "error=ENOSPC", "error=EIO", "error=EINTR")
N_MAX = 60  # the first so many calls of a kind
# What fails before main, or whose failure means nothing.
LEFT_OUT = {(call, fault) for call in ("openat", "close", "mmap") for fault in FAULTS if fault != "signal=KILL"}


def main(rftgen, directory, seconds=1200):
    report = Report("calls", float(seconds))
    work = fresh(directory)
    words = command(rftgen, DEMO, SETS)
    code, text = run(words, work)
    wanted = [sha256(work / name) for name in OUTPUTS[:2]]
    if code != 0 or None in wanted:
        report.fail("the run itself", text)
        return report.finish()

    def outputs():
        return [sha256(work / name) for name in OUTPUTS[:2]]

    def one(call, fault, when):
        """Whether the call was reached."""
        empty(work)
        trace = ["strace", "-qq", "-f", "-o", str(Path(directory).with_suffix(".trace")), "-e", f"trace={call}", "-e",
                 f"inject={call}:{fault}:when={when}"]
        code, text = run(trace + words, work)
        where = f"{call} {when} {fault}"
        reached = b"INJECTED" in Path(directory).with_suffix(".trace").read_bytes() or code != 0
        report.count("killed" if fault == "signal=KILL" else "failed", reached)
        if outputs()[0] not in (None, wanted[0]):
            report.fail(f"{where}: a dataset that is not whole", text)
        if code == 0 and outputs() != wanted:
            report.fail(f"{where}: success with other bytes", text)
        if code > 0 and text.count("rftgen: error: ") != 1:
            report.fail(f"{where}: not one line of error", text)
        done = (work / OUTPUTS[0]).exists() and not (work / (OUTPUTS[0] + ".journal")).exists()
        if not done:
            code, text = run(words, work)
            if code != 0 or outputs() != wanted:
                report.fail(f"{where}: then exit code {code}", text)
            left = sorted(path.name for path in work.iterdir() if path.name not in OUTPUTS)
            if left:
                report.fail(f"{where}: left behind", str(left))
        return reached

    for fault in FAULTS:
        for call in CALLS:
            for when in range(1, N_MAX + 1):
                if (call, fault) in LEFT_OUT or not report.has_time() or not one(call, fault, when):
                    break
    return report.finish()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if subprocess.call(["strace", "-V"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        sys.exit("calls: strace is needed")
    sys.exit(main(Path(sys.argv[1]).resolve(), *sys.argv[2:]))
