#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A judge for verify.command: Python programs, judged by running tests in a sandbox (bubblewrap). Standard library only.

    judge_python.py [--cpu SECONDS] [--wall SECONDS] [--memory MIB] [--python PATH] [--bind FOLDER]...

The program is the last ```python block of the completion that defines the entry point, behind earlier blocks that define what it uses;
else the last that defines something, else the last one; without any, what stands in the answer, or all of the completion. gold is what
the tests are:
    "assert add(1, 2) == 3"                            a text of Python
    ["assert add(1, 2) == 3", ...]                     several of them (MBPP's test_list); score: the part that passed
    {"tests": either, "setup": "import math",          setup runs before the tests, and not where the program runs
     "entry_point": "add", "uses": ["Pair"]}           HumanEval: check(candidate) is called with the entry point

Program and tests are two processes in two sandboxes. The program never sees a test: it is called with arguments and returns
values, as JSON, and the tests compare these with what they expect in an interpreter of their own. So there is nothing that a
program could patch, print or end to seem right. The tests take one name from the program, the entry point: without one that
is named, the only name that they call and that nothing else defines. More than that would let a program judge itself, as in
"assert close(f(1), 2)"; who knows that it does not names them in "uses".

An object that is no plain data stays with the program. Its methods can be called and it can be passed back, but its length, items,
attributes, truth and whatever else it says of itself are not believed: a test that looks at them is undecided.

Undecided, and never right: no sandbox, no tests, tests that call nothing of the program, or that look at what is no plain data, a
program that neither ends nor computes.
"""
import argparse
import ast
import builtins
import collections
import json
import os
import platform
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import time
import types

MESSAGE_BYTES = 16 << 20  # of one call or one value
PROGRAM_CHARS = 1 << 18
N_PROCESSES = 16
N_FILES = 24
FILE_BYTES = 4 << 20
FOLDER_BYTES = 64 << 20
NOBODY = 65534
MODULES = ("math", "re", "collections", "itertools", "cmath", "heapq", "datetime", "random")  # what tests take for granted
# Iteration ends quietly by these: all(map(f, cases)) would be true of a program that raises one.
NOT_RAISED = {"StopIteration", "StopAsyncIteration"}


class Undecided(BaseException):
    """Neither right nor wrong. Not an Exception, so that no test catches it; the first counts even where one does."""

    first = None

    def __init__(self, reason):
        super().__init__(reason)
        Undecided.first = Undecided.first or reason


# ---- values that go from one sandbox to the other: plain data by tags, anything else by a number ----


SEQUENCES = {kind.__name__: kind for kind in (list, tuple, set, frozenset, collections.deque)}
MAPPINGS = {kind.__name__: kind for kind in (dict, collections.Counter, collections.OrderedDict)}
VIEWS = {
    "dict_keys": lambda items: dict.fromkeys(items).keys(),
    "dict_values": lambda items: dict(enumerate(items)).values(),
    "dict_items": lambda items: dict(items).items(),
}
UNCHANGING = (str, int, float, complex, bytes, tuple, frozenset)
PLAIN = (*UNCHANGING, bytearray, list, set, dict)


def encode(value, other):
    """`other` names what is no plain data, or refuses it. Of a subclass the plain data are taken, and marked."""
    if value is None or type(value) is bool:
        return value
    kind = type(value)
    name = kind.__name__
    if kind is str:
        return value
    if kind is int:
        return {"int": hex(value)}
    if kind is float:
        return {"float": value.hex()}
    if kind is complex:
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if kind is bytes or kind is bytearray:
        return {name: value.hex()}
    if kind is range:
        return {"range": [hex(value.start), hex(value.stop), hex(value.step)]}
    if kind in SEQUENCES.values() or kind.__module__ == "builtins" and name in VIEWS:
        return {name: [encode(item, other) for item in value]}
    if kind in MAPPINGS.values():
        return {name: [[encode(k, other), encode(v, other)] for k, v in dict.items(value)]}
    if issubclass(kind, Flat) and issubclass(kind, UNCHANGING):
        return {"object": other(value)}  # goes home
    for base in PLAIN:
        if issubclass(kind, base):
            return {"flat": [encode(str.__str__(value) if base is str else base(value), other), other(value)]}
    return {"object": other(value)}


class Flat:
    """The plain data of a subclass; what else that has stays with the program."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise Undecided("a test looks at what a subclass of plain data adds")

    def __missing__(self, key):
        raise Undecided("a test looks at what a subclass of plain data adds")


FLAT = {kind: type(kind.__name__, (kind, Flat), {}) for kind in PLAIN}


def decode(tree, other, iterate=None):
    if tree is None or isinstance(tree, (bool, str)):
        return tree
    ((kind, content),) = tree.items()
    inner = lambda item: decode(item, other, iterate)
    if kind == "object":
        return other(content)
    if kind == "iterator" and iterate is not None:
        return iterate(content)
    if kind == "flat":
        plain = inner(content[0])
        value = FLAT[type(plain)](plain)
        value.__dict__["number"] = content[1]
        return value
    if kind in MAPPINGS:
        return MAPPINGS[kind]({inner(k): inner(v) for k, v in content})
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
    return {**SEQUENCES, **VIEWS}[kind]([inner(item) for item in content])


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


def names_of_module(name):
    """Of a new one, which can be found by its name: dataclasses and pickle look there."""
    sys.modules[name] = types.ModuleType(name)
    return sys.modules[name].__dict__


# ---- the program's sandbox: nothing in here is believed ----


def serve_program():
    fd_in, fd_out, _ = take_streams()
    line = Line(fd_in, fd_out)
    names, objects = names_of_module("program"), []

    def keep(value):
        objects.append(value)
        return [len(objects) - 1, callable(value)]

    def tree_of(value):
        kind = type(value)  # one of Python's own iterators is nothing but what comes out of it
        if kind.__module__ in ("builtins", "itertools") and hasattr(kind, "__next__"):
            return {"iterator": keep(value)[0]}
        return encode(value, keep)

    def run(request):
        if "program" in request:
            exec(compile(request["program"], "program", "exec", dont_inherit=True), names)
            return None
        if "next" in request:
            return next(objects[request["next"]])
        target = names[request["name"]] if "name" in request else objects[request["object"]]
        if "attribute" in request:
            target = getattr(target, request["attribute"])
        if "arguments" not in request:
            return target
        find = lambda key: names[key] if isinstance(key, str) else objects[key]
        arguments, keywords = decode(request["arguments"], find)
        return target(*arguments, **keywords)

    while (request := line.receive()) is not None:
        try:
            line.send({"value": tree_of(run(request))})
        except BaseException as error:  # also SystemExit
            if "next" in request and type(error) is StopIteration:
                line.send({"end": True})
                continue
            kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ in ("builtins", __name__)]
            line.send({"error": type(error).__name__, "kinds": kinds, "text": str(error)[:200]})


# ---- the tests' sandbox ----


class Program:
    """The program, called from its tests."""

    def __init__(self, line):
        self.line, self.n_calls, self.has_ended = line, 0, False

    END = object()

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
            raise self.error_of(reply)
        if "next" in request and reply.get("end"):
            return self.END
        return decode(reply["value"], lambda content: remote_of(self, *content), lambda number: Items(self, number))

    def error_of(self, reply):
        """The nearest builtin exception."""
        name, text = reply["error"], str(reply.get("text"))
        for kind_name in reply.get("kinds", ()):
            if kind_name == "Undecided":
                return Undecided(text)
            kind = getattr(builtins, str(kind_name), None)
            is_error = isinstance(kind, type) and issubclass(kind, Exception)
            if not is_error or kind_name in NOT_RAISED or (kind is Exception and name != "Exception"):
                break
            try:
                return kind(text)
            except TypeError:  # one that wants more than a text; its base may not
                pass
        return ProgramError("%s: %s" % (name, text))

    def call(self, target, arguments, keywords):
        def name_of(value):
            if type(value) in FLAT.values():
                return value.__dict__["number"][0]
            if issubclass(type(value), Remote) and "attribute" not in target_of(value):
                return target_of(value).get("name", target_of(value).get("object"))
            raise Undecided("a test passes a value of the type %s" % type(value).__name__)

        self.n_calls += 1
        return self.ask(arguments=encode((arguments, keywords), name_of), **target)


class ProgramError(Exception):
    pass


class Items:
    """What comes out of one of Python's iterators. A test that goes through it twice finds nothing the second time, and whatever it
    says of all of that is true."""

    def __init__(self, program, number):
        self._program, self._number, self._is_read = program, number, False

    def __iter__(self):
        if self._is_read:
            raise Undecided("a test goes twice through what can be read once")
        self._is_read = True
        return Walk(self)

    def __next__(self):
        item = self._program.ask(next=self._number)
        if item is self._program.END:
            raise StopIteration
        return item

    def __getattr__(self, name):
        raise Undecided("a test asks an iterator for more than its items")

    __class__ = property(lambda self: self.__getattr__("__class__"))


class Walk:
    def __init__(self, items):
        self._items = items

    def __iter__(self):
        return self

    def __next__(self):
        return self._items.__next__()


class Remote:
    """What lives in the program's sandbox. Its methods can be called, and it can be passed back. It could be made to say anything
    of itself, something else each time, so that whoever looks at it ends undecided."""

    __slots__ = ("program", "target")

    def __init__(self, program, target):
        object.__setattr__(self, "program", program)
        object.__setattr__(self, "target", target)

    def __getattribute__(self, name):
        if name.startswith("__"):
            no_plain_data()
        value = program_of_remote(self).ask(attribute=name, **target_of(self))
        return value if issubclass(type(value), Remote) else no_plain_data()


class RemoteCallable(Remote):
    __slots__ = ()

    def __call__(self, *arguments, **keywords):
        return program_of_remote(self).call(target_of(self), arguments, keywords)


program_of_remote, target_of = Remote.program.__get__, Remote.target.__get__


def remote_of(program, number, is_callable):
    return (RemoteCallable if is_callable else Remote)(program, {"object": int(number)})


def no_plain_data(*_, **__):
    raise Undecided("a test looks at a value that is no plain data")


OPERATORS = ("add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor").split()
LOOKS = ("eq ne lt le gt ge bool hash str repr format bytes len length_hint iter next reversed contains getitem setitem delitem missing "
         "neg pos abs invert int float complex index round trunc floor ceil enter exit aenter aexit await aiter anext setattr delattr "
         "dir copy deepcopy reduce reduce_ex instancecheck subclasscheck mro_entries fspath sizeof").split()
for name in [*LOOKS, *OPERATORS, *("r" + name for name in OPERATORS), *("i" + name for name in OPERATORS)]:
    setattr(Remote, "__%s__" % name, no_plain_data)


def known_names(nodes):
    """What they define anywhere, and Python's own."""
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    imported = {(name.asname or name.name).split(".")[0] for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))
                for name in node.names}
    return stored | defined | arguments | imported | set(dir(builtins))


def called_names(texts):
    """What the texts call by a name that neither they nor Python define."""
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return called - known_names(nodes) - set(MODULES)


def compares_identity(texts):
    """Whether they use `is` for more than constants and types."""
    def is_settled(node):
        return isinstance(node, ast.Constant) or isinstance(node, ast.Name) and hasattr(builtins, node.id) or \
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"

    for node in (node for text in texts for node in ast.walk(ast.parse(text))):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for operator, left, right in zip(node.ops, sides, sides[1:]):
                if isinstance(operator, (ast.Is, ast.IsNot)) and not is_settled(left) and not is_settled(right):
                    return True
    return False


def units_of(gold):
    return gold["tests"] if isinstance(gold["tests"], list) else [gold["tests"]]


def entry_point(gold, units):
    if gold.get("entry_point"):
        return gold["entry_point"]
    names = sorted(called_names([gold.get("setup", ""), *units]))
    if len(names) != 1:
        raise Undecided("the tests call %s; gold must name its \"entry_point\"" % (" and ".join(names) or "nothing of the program"))
    return names[0]


def run_tests(program, source, gold):
    """The verdict; exceptions are failed tests."""
    units = units_of(gold)
    entry = entry_point(gold, units)
    if compares_identity([gold.get("setup", ""), *units]):
        raise Undecided("a test asks whether two values are the same object; values arrive as copies")
    names = names_of_module("tests")
    names.update((module, __import__(module)) for module in MODULES)
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
            if isinstance(error, TypeError) and str(error).startswith("catching classes"):
                raise Undecided("a test catches an exception of the program's")
            reason = reason or "test %d: %s: %s" % (i + 1, type(error).__name__, error)
    if Undecided.first is not None:
        raise Undecided(Undecided.first)
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
    return type(value)(program, {"name": name}) if issubclass(type(value), Remote) else value


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
    os.write(fd_verdict, json.dumps(verdict, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    os._exit(0)


# ---- the judge ----


# Memory that no process seems to hold: mq_open, msgget, shmget, add_key, memfd_create, io_uring_setup, memfd_secret; and mmap.
SYSTEMS = {
    "x86_64": (0xC000003E, (240, 68, 29, 248, 319, 425, 447), 9),
    "aarch64": (0xC00000B7, (180, 186, 194, 217, 279, 425, 447), 222),
}


def memory_filter():
    """For seccomp(2): refuses these, and mappings that are shared. b"" where the machine's numbers are not known."""
    if platform.machine() not in SYSTEMS:
        return b""
    machine, calls, mmap = SYSTEMS[platform.machine()]
    load, is_equal, is_at_least, has_bit, end = 0x20, 0x15, 0x35, 0x45, 0x06
    refuse = len(calls) + 8  # the last line's number
    lines = [(load, 0, 0, 4), (is_equal, 0, refuse - 2, machine), (load, 0, 0, 0)]
    lines += [(is_equal, refuse - 4 - i, 0, call) for i, call in enumerate(calls)]
    lines.append((is_at_least, refuse - len(lines) - 1, 0, 0x40000000))  # x32's
    lines += [(is_equal, 0, 2, mmap), (load, 0, 0, 40), (has_bit, 1, 0, 1), (end, 0, 0, 0x7FFF0000), (end, 0, 0, 0x00050001)]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


class Sandbox:
    def __init__(self, options):
        self.options = options
        self.bwrap = shutil.which("bwrap")
        self.problem = None
        with open(__file__, encoding="utf-8") as file:
            self.source = file.read()
        self.filter = memory_filter()
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
        command, fds = self.command(role), pass_fds
        if self.filter:
            filters = os.pipe()
            fds = (*pass_fds, filters[0])
            os.write(filters[1], self.filter)
            os.close(filters[1])
            command[1:1] = ["--seccomp", str(filters[0])]
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, pass_fds=fds, cwd="/", env={}, **who)
        for fd in fds[len(pass_fds):]:
            os.close(fd)
        return process


def parsed(text):
    if len(text) > PROGRAM_CHARS:  # this is outside of every sandbox
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def without_indent(block, indent):
    """Of a block in a list's item the lines begin with the fence's indent."""
    lines = [line[len(indent):] if line[:len(indent)].isspace() else line for line in block.splitlines(keepends=True)]
    text = "".join(lines) if indent else block
    return text if parsed(text) else textwrap.dedent(text)


def blocks_of(text):
    """Those that say they are Python, else all."""
    for word in ("(?:python3?|py)[ \\t]*", "[^\\n`]*"):
        for close in (r"^\1```", r"^[ \t]*```", r"```"):  # a text of the program may hold a fence
            found = re.findall(r"(?<![ \t])([ \t]*)```%s\r?\n(.*?)(?:%s|\Z)" % (word, close), text, re.DOTALL | re.IGNORECASE | re.MULTILINE)
            blocks = [without_indent(block, indent) for indent, block in found]
            if blocks and all(parsed(block) or "```" not in block for block in blocks):
                break
        if blocks:
            return blocks
    return []


def definitions(text):
    """The names that it defines at its top."""
    names = set()
    for node in getattr(parsed(text), "body", ()):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)):
            names.update(name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
            names.update((name.asname or name.name).split(".")[0] for name in getattr(node, "names", ()))
    return names


def with_helpers(program, earlier):
    """Behind the earlier blocks that define what it uses and does not define."""
    for block in reversed(earlier):
        nodes = list(ast.walk(parsed(program) or ast.Module([], [])))
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        if definitions(block) & (used - known_names(nodes)):
            program = block + "\n" + program
    return program


def program_of(request, gold):
    """What rftgen takes for the answer of a completion may be a number in its prose: blocks of the completion go first."""
    text, answer = request["completion"], request.get("answer")
    answer = answer if isinstance(answer, str) else ""
    blocks, others = blocks_of(text), [answer, *blocks_of(answer)]
    try:
        entry = entry_point(gold, units_of(gold))
    except Undecided:
        entry = None
    for group in (blocks, others):
        for i in reversed(range(len(group))):
            if entry in definitions(group[i]):
                return with_helpers(group[i], group[:i] if group is blocks else ())
    others = [] if blocks else [program for program in others if definitions(program)]
    programs = [block for block in blocks if re.search(r"^(def|class|async def)\s", block, re.MULTILINE)]
    return (programs or blocks or others or [text])[-1]


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
    os.write(work, json.dumps([program_of(request, gold), gold]).encode())
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
        reply = json.dumps({"id": request["id"], **judge(sandbox, request)}, ensure_ascii=False)
        print(reply.encode("utf-8", "replace").decode(), flush=True)


if __name__ == "__main__":
    main()
