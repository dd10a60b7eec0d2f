#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A judge for test_judges.sh: right if a hash of the completion says so; the first argument says how it misbehaves, on every third
request (which a fresh process decides) or on completions that a hash picks (which nobody decides)."""
import hashlib
import json
import os
import select
import signal
import sys
import time

mode = sys.argv[1] if len(sys.argv) > 1 else "plain"
signal.signal(signal.SIGTERM, signal.SIG_IGN)

def out(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def misbehave(request):
    if mode == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif mode == "exit":
        os._exit(0)
    elif mode == "hang":
        time.sleep(1000)
    elif mode == "garbage":
        out("Traceback (most recent call last):\n")
    elif mode == "much":
        out("x" * (3 << 20) + "\n")
    elif mode == "unknown":
        out(json.dumps({"id": "0" * 32, "verdict": "right"}) + "\n")
    elif mode == "no_verdict":
        out(json.dumps({"id": request["id"], "verdict": "maybe"}) + "\n")
    elif mode == "close":
        os.close(1)
        time.sleep(1000)
    elif mode == "grandchild":
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1000)
        os._exit(1)


def answer(request):
    pick = hashlib.sha256(request["completion"].encode()).digest()
    if mode != "plain" and pick[2] % (8 if mode == "hang" else 4) == 0:
        misbehave(request)
    verdict = "right" if pick[0] % 2 else "wrong"
    line = json.dumps({"id": request["id"], "verdict": verdict, "reason": f"hash {pick[0]}", "score": pick[0] / 256}) + "\n"
    if mode == "twice":
        line += json.dumps({"id": request["id"], "verdict": "undecided"}) + "\n"
    return line


out('{"ready": true}\n')  # the time that Python takes to start is not the time that an answer takes
n = 0
buffer = b""
waiting = []
while True:
    timeout = 0.02 if waiting else None
    if not select.select([0], [], [], timeout)[0]:
        out("".join(reversed(waiting)))  # in another order than they came
        waiting = []
        continue
    data = os.read(0, 1 << 16)
    if not data:
        break
    buffer += data
    *lines, buffer = buffer.split(b"\n")
    for line in lines:
        n += 1
        if mode == "third" and n % 3 == 0:
            os._exit(3)
        text = answer(json.loads(line))
        if mode == "order":
            waiting.append(text)
        else:
            out(text)
