#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A judge for verify.command: Python programs, judged by running tests in a sandbox (bubblewrap). Standard library only.

    judge_python.py [--cpu SECONDS] [--wall SECONDS] [--memory MIB] [--python PATH] [--bind FOLDER]...

The program is the last ```python block of the completion that defines something, else the last one, else all of it. gold is what the tests are:
    "assert add(1, 2) == 3"                            a text of Python
    ["assert add(1, 2) == 3", ...]                     several of them (MBPP's test_list); score: the part that passed
    {"tests": either, "setup": "import math",          setup runs before the tests, and not where the program runs
     "entry_point": "add", "uses": ["Pair"]}           HumanEval: check(candidate) is called with the entry point

Program and tests are two processes in two sandboxes. The program never sees a test: it is called with arguments and returns
values, as JSON, and the tests compare these with what they expect in an interpreter of their own. So there is nothing that a
program could patch, print or end to seem right. The tests take one name from the program, the entry point: without one that
is named, the only name that they call and that nothing else defines. More than that would let a program judge itself, as in
"assert close(f(1), 2)"; who knows that it does not names them in "uses".

Undecided, and never right: no sandbox, no tests, tests that call nothing of the program, values that are no plain data, a
program that neither ends nor computes.
"""
import argparse
import ast
import builtins
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time

MESSAGE_BYTES = 16 << 20  # of one call or one value
N_PROCESSES = 16
N_FILES = 24
FILE_BYTES = 4 << 20
FOLDER_BYTES = 64 << 20
NOBODY = 65534
MODULES = ("math", "re", "collections", "itertools", "cmath", "heapq", "datetime", "random")  # what tests take for granted
# Iteration ends quietly by these: all(map(f, cases)) would be true of a program that raises one.
NOT_RAISED = {"StopIteration", "StopAsyncIteration"}


class Undecided(BaseException):
    """Neither right nor wrong. Not an Exception, so that no test catches it."""


# ---- values that go from one sandbox to the other: plain data by tags, anything else by a number ----


def encode(value, other):
    """`other` names what is no plain data, or refuses it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return {"int": hex(int(value))}
    if isinstance(value, float):
        return {"float": float(value).hex()}
    if isinstance(value, complex):
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if isinstance(value, (bytes, bytearray)):
        return {type(value).__name__ if type(value) is bytearray else "bytes": bytes(value).hex()}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [encode(item, other) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(k, other), encode(v, other)] for k, v in value.items()]}
    if isinstance(value, range):
        return {"range": [hex(value.start), hex(value.stop), hex(value.step)]}
    return {"object": other(value)}


def decode(tree, other):
    if tree is None or isinstance(tree, (bool, str)):
        return tree
    ((kind, content),) = tree.items()
    if kind == "object":
        return other(content)
    if kind == "dict":
        return {decode(k, other): decode(v, other) for k, v in content}
    scalars = {
        "int": lambda c: int(c, 16),
        "float": float.fromhex,
        "complex": lambda c: complex(float.fromhex(c[0]), float.fromhex(c[1])),
        "bytes": bytes.fromhex,
        "bytearray": bytearray.fromhex,
        "range": lambda c: range(*(int(n, 16) for n in c)),
    }
    if kind in scalars:
        return scalars[kind](content)
    sequence = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind]
    return sequence(decode(item, other) for item in content)


class Line:
    """Lines of JSON on two descriptors."""

    def __init__(self, fd_in, fd_out):
        self.fd_in, self.fd_out, self.buffer = fd_in, fd_out, b""

    def send(self, tree):
        data = json.dumps(tree).encode() + b"\n"
        if len(data) > MESSAGE_BYTES:
            raise ValueError("a value that is too large")
        while data:
            data = data[os.write(self.fd_out, data):]

    def receive(self):
        """None at the end."""
        parts, n = [self.buffer], len(self.buffer)
        while b"\n" not in parts[-1]:
            part = os.read(self.fd_in, 1 << 16)
            n += len(part)
            if not part:
                return None
            if n > MESSAGE_BYTES:
                raise ValueError("a value that is too large")
            parts.append(part)
        line, _, self.buffer = b"".join(parts).partition(b"\n")
        return json.loads(line)


def limit_self(cpu_s, memory_bytes):
    for name, bound in (("CPU", cpu_s), ("AS", memory_bytes), ("FSIZE", FILE_BYTES), ("NPROC", N_PROCESSES),
                        ("NOFILE", N_FILES), ("CORE", 0)):
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (bound, bound))


def take_streams():
    """Our ends of 0 to 2 under other numbers; 0 to 2 lead nowhere."""
    ours = [os.dup(fd) for fd in range(3)]
    null = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    return ours


# ---- the program's sandbox: nothing in here is believed ----


def serve_program():
    fd_in, fd_out, _ = take_streams()
    line = Line(fd_in, fd_out)
    names, objects = {"__name__": "program"}, []

    def keep(value):
        objects.append(value)
        return len(objects) - 1

    def run(request):
        if "program" in request:
            exec(compile(request["program"], "program", "exec"), names)
            return None
        target = names[request["name"]] if "name" in request else objects[request["object"]]
        if "attribute" in request:
            target = getattr(target, request["attribute"])
        if "arguments" not in request:
            return target if not callable(target) else Callable(target)
        find = lambda key: names[key] if isinstance(key, str) else objects[key]
        arguments, keywords = decode(request["arguments"], find)
        return target(*arguments, **keywords)

    class Callable:
        def __init__(self, value):
            self.value = value

    while (request := line.receive()) is not None:
        try:
            value = run(request)
            reply = {"callable": keep(value.value)} if type(value) is Callable else {"value": encode(value, keep)}
            line.send(reply)
        except BaseException as error:  # also SystemExit
            line.send({"error": type(error).__name__, "text": str(error)[:200]})


# ---- the tests' sandbox ----


class Program:
    """The program, called from its tests."""

    def __init__(self, line):
        self.line, self.n_calls, self.has_ended = line, 0, False

    def ask(self, **request):
        try:
            self.line.send(request)
            reply = self.line.receive()
        except BrokenPipeError:
            reply = None
        if reply is None:
            self.has_ended = True
            raise ProgramError("the program ended")
        if "error" in reply:
            kind = getattr(builtins, str(reply["error"]), None)
            is_plain = isinstance(kind, type) and issubclass(kind, Exception) and kind.__name__ not in NOT_RAISED
            error = ProgramError("%s: %s" % (reply["error"], reply.get("text")))
            try:
                error = kind(str(reply.get("text"))) if is_plain else error
            except TypeError:  # one that wants more than a text
                pass
            raise error
        if "callable" in reply:
            return Remote(self, {"object": int(reply["callable"])})
        return decode(reply["value"], lambda number: Remote(self, {"object": int(number)}))

    def call(self, target, arguments, keywords):
        def name_of(value):
            if isinstance(value, Remote) and value._program is self and "attribute" not in value._target:
                return value._target.get("name", value._target.get("object"))
            raise Undecided("a test passes a value of the type %s" % type(value).__name__)

        self.n_calls += 1
        return self.ask(arguments=encode((arguments, keywords), name_of), **target)


class ProgramError(Exception):
    pass


def no_plain_data(*_):
    raise Undecided("a test looks at a value that is no plain data")


class Remote:
    """What lives in the program's sandbox. It can be called, iterated over and passed back; it is equal to nothing."""

    def __init__(self, program, target):
        self._program, self._target = program, target

    def __call__(self, *arguments, **keywords):
        return self._program.call(self._target, arguments, keywords)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._program.ask(attribute=name, **self._target)

    def _method(self, name, *arguments):
        return self._program.call({"attribute": name, **self._target}, arguments, {})

    def __iter__(self):
        items = []  # a list by the program's own word: it could be anything, as any value could
        iterator = self._method("__iter__")
        while isinstance(iterator, Remote):
            try:
                reply = iterator._program.ask(attribute="__next__", arguments=encode(((), {}), None), **iterator._target)
            except ProgramError as error:
                if str(error).startswith("StopIteration"):
                    return iter(items)
                raise
            items.append(reply)
            if len(items) > 1000000:
                raise Undecided("an iterator without end")
        return iter(iterator)

    def __len__(self):
        try:
            return self._method("__len__")
        except AttributeError:
            raise TypeError("it has no len()")

    def __getitem__(self, key):
        return self._method("__getitem__", key)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __str__ = __repr__ = __contains__ = no_plain_data
    __hash__ = object.__hash__


def called_names(texts):
    """What the texts call by a name that neither they nor Python define."""
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    imported = {(name.asname or name.name).split(".")[0] for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))
                for name in node.names}
    return called - stored - defined - arguments - imported - set(dir(builtins)) - set(MODULES)


def entry_point(gold, units):
    if gold.get("entry_point"):
        return gold["entry_point"]
    names = sorted(called_names([gold.get("setup", ""), *units]))
    if len(names) != 1:
        raise Undecided("the tests call %s; gold must name its \"entry_point\"" % (" and ".join(names) or "nothing of the program"))
    return names[0]


def run_tests(program, source, gold):
    """The verdict; exceptions are failed tests."""
    units = gold["tests"] if isinstance(gold["tests"], list) else [gold["tests"]]
    entry = entry_point(gold, units)
    names = {"__name__": "tests", **{module: __import__(module) for module in MODULES}}
    program.ask(program=source)
    for name in (entry, *gold.get("uses", ())):
        names[name] = program_value(program, name)
    try:
        exec(compile(gold.get("setup", ""), "setup", "exec"), names)
    except Exception as error:
        raise Undecided("setup: %s: %s" % (type(error).__name__, error))
    n_passed, reason = 0, None
    for i, unit in enumerate(units):
        try:
            exec(compile(unit, "test %d" % (i + 1), "exec"), names)
            if gold.get("entry_point") and callable(names.get("check")) and entry != "check":
                names["check"](names[entry])
            n_passed += 1
        except Exception as error:
            if isinstance(error, (NameError, ImportError)) and is_of_tests(error):
                raise Undecided("the tests use what is not there: %s; gold may name it in \"uses\"" % error)
            reason = reason or "test %d: %s: %s" % (i + 1, type(error).__name__, error)
    if program.n_calls == 0:
        raise Undecided("the tests call nothing of the program")
    verdict = {"verdict": "right" if reason is None else "wrong", "reason": reason}
    if isinstance(gold["tests"], list):
        verdict["score"] = n_passed / len(units)
    return verdict


def is_of_tests(error):
    """Whether the tests' own text raised it, and not a call of the program."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename.startswith("test ")


def program_value(program, name):
    try:
        value = program.ask(name=name)
    except KeyError:
        raise ProgramError("it defines no %s" % name[:60])
    return Remote(program, {"name": name}) if isinstance(value, Remote) else value


def serve_tests(source, gold):
    fd_in, fd_out, fd_verdict = take_streams()
    program = Program(Line(fd_in, fd_out))
    try:
        verdict = run_tests(program, source, gold)
    except Undecided as error:
        verdict = {"verdict": "undecided", "reason": str(error)}
    except Exception as error:  # of the program as it was loaded, or of the setup
        verdict = {"verdict": "wrong", "reason": "the program: %s: %s" % (type(error).__name__, error)}
    verdict["reason"] = verdict["reason"] and verdict["reason"][:300]
    verdict["ended"] = program.has_ended
    os.write(fd_verdict, json.dumps(verdict).encode() + b"\n")
    os._exit(0)


# ---- the judge ----


class Sandbox:
    def __init__(self, options):
        self.options = options
        self.bwrap = shutil.which("bwrap")
        self.problem = None
        with open(__file__, encoding="utf-8") as file:
            self.source = file.read()
        if self.bwrap is None:
            self.problem = "bubblewrap (bwrap) is not installed"
            return
        known = subprocess.run([self.bwrap, "--help"], capture_output=True, text=True).stdout
        self.has_size, self.has_no_userns = "--size" in known, "--disable-userns" in known
        process = self.start("nothing", subprocess.DEVNULL, subprocess.DEVNULL, subprocess.PIPE)
        said = process.communicate()[1].decode(errors="replace").strip()
        if process.returncode != 0:
            self.problem = "no sandbox: " + (said.splitlines() or ["exit code %d" % process.returncode])[-1]

    def command(self, role):
        options = self.options
        words = [self.bwrap, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv",
                 "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "PYTHONHASHSEED", "0", "--setenv", "LC_ALL", "C.UTF-8",
                 "--uid", str(NOBODY), "--gid", str(NOBODY), "--ro-bind", "/usr", "/usr"]
        for folder in ("bin", "lib", "lib32", "lib64", "libx32"):
            if os.path.islink("/" + folder):
                words += ["--symlink", os.readlink("/" + folder), "/" + folder]
            elif os.path.isdir("/" + folder):
                words += ["--ro-bind", "/" + folder, "/" + folder]
        for folder in options.bind:
            words += ["--ro-bind", folder, folder]
        words += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
        if self.has_size:  # without a bound on it, a folder in memory would be memory without a bound
            words += ["--size", str(FOLDER_BYTES), "--tmpfs", "/tmp"]
        if self.has_no_userns:
            words.append("--disable-userns")
        words += ["--remount-ro", "/", "--chdir", "/tmp" if self.has_size else "/"]
        return words + [options.python, "-I", "-c", self.source, "--role", role, "--cpu", str(options.cpu),
                        "--memory", str(options.memory)]

    def start(self, role, stdin, stdout, stderr, pass_fds=()):
        """Root is nobody in there, as limits of processes do not hold for root. Our environment stays outside: bwrap's own could be
        read in /proc/1/environ."""
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.Popen(self.command(role), stdin=stdin, stdout=stdout, stderr=stderr, pass_fds=pass_fds, cwd="/", env={},
                                **who)


def program_of(request):
    if isinstance(request.get("answer"), str):
        return request["answer"]
    text = request["completion"]
    for fence in (r"```(?:python|py|python3)[ \t]*\r?\n(.*?)(?:```|\Z)", r"```[^\n`]*\n(.*?)(?:```|\Z)"):
        blocks = re.findall(fence, text, re.DOTALL | re.IGNORECASE)
        if blocks:
            programs = [block for block in blocks if re.search(r"^(def|class|async def)\s", block, re.MULTILINE)]
            return (programs or blocks)[-1]
    return text


def tests_of(gold):
    """None: there are none."""
    if not isinstance(gold, dict):
        gold = {"tests": gold}
    tests = gold.get("tests")
    texts = tests if isinstance(tests, list) else [tests]
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        return None
    try:
        for text in [*texts, gold.get("setup", "")]:
            ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    return gold


def read_verdict(fd, seconds):
    """What the tests say, or as much of it as came in time; whether it came to its end."""
    text, until = b"", time.monotonic() + seconds
    while len(text) < 1 << 20:
        if not select.select([fd], [], [], max(0, until - time.monotonic()))[0]:
            return text, False
        part = os.read(fd, 1 << 16)
        if not part:
            return text, True
        text += part
    return text, True


def end(process):
    process.kill()
    return process.wait()


def judge(sandbox, request):
    gold = tests_of(request["gold"])
    if sandbox.problem is not None:
        return {"verdict": "undecided", "reason": sandbox.problem}
    if gold is None:
        return {"verdict": "undecided", "reason": "gold holds no tests in Python"}
    to_program, to_tests, verdict = os.pipe(), os.pipe(), os.pipe()
    work = os.memfd_create("work")  # program and tests for the tests' side
    os.write(work, json.dumps([program_of(request), gold]).encode())
    os.lseek(work, 0, os.SEEK_SET)
    os.set_inheritable(work, True)
    program = sandbox.start("program", to_program[0], to_tests[1], subprocess.DEVNULL)
    tests = sandbox.start("tests:%d" % work, to_tests[0], to_program[1], verdict[1], (work,))
    for fd in (*to_program, *to_tests, verdict[1], work):
        os.close(fd)
    text, is_whole = read_verdict(verdict[0], sandbox.options.wall)
    os.close(verdict[0])
    end(tests)
    said = text.decode(errors="replace").strip().splitlines() or ["the tests ended without a verdict"]
    try:
        reply = json.loads(said[-1])
    except ValueError:
        reply = {"verdict": "undecided", "reason": said[-1][:200] if is_whole else "no end within %d s" % sandbox.options.wall}
    if reply.pop("ended", False) and has_timed_out(program):
        reply["reason"] = "more than %d s of processor time" % sandbox.options.cpu
    end(program)
    return reply


def has_timed_out(program):
    """Of a program that has closed its pipe: whether the limit of processor time ended it."""
    try:
        return program.wait(1) in (128 + signal.SIGKILL, 128 + signal.SIGXCPU)
    except subprocess.TimeoutExpired:
        return False


def main():
    parser = argparse.ArgumentParser(description="judges Python programs by tests, in a sandbox")
    parser.add_argument("--cpu", type=int, default=5, help="seconds of processor time of each side")
    parser.add_argument("--wall", type=int, default=20, help="seconds for everything")
    parser.add_argument("--memory", type=int, default=512, help="MiB of address space of each process")
    parser.add_argument("--python", default="/usr/bin/python3", help="the interpreter in the sandbox")
    parser.add_argument("--bind", action="append", default=[], help="a folder that is seen in the sandbox, read-only")
    parser.add_argument("--role", default="judge", help=argparse.SUPPRESS)
    options = parser.parse_args()
    role, _, work = options.role.partition(":")
    if role != "judge":
        if role == "tests":
            source, gold = json.loads(open(int(work), "rb").read())
        limit_self(options.cpu, options.memory << 20)
        if role == "program":
            serve_program()
        elif role == "tests":
            serve_tests(source, gold)
        return
    sandbox = Sandbox(options)
    if sandbox.problem is not None:
        print("judge_python.py: %s; nothing is run" % sandbox.problem, file=sys.stderr, flush=True)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"], **judge(sandbox, request)}), flush=True)


if __name__ == "__main__":
    main()
