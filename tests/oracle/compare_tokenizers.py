# SPDX-License-Identifier: MIT
"""Compares rftgen's tokenizers with the tokenizers library, many strings a family, and prints a table.

    venv/bin/python tests/oracle/compare_tokenizers.py build-tests/oracle_tokenize [--checkpoints DIR] [--strings N] [FAMILY...]

Families of tokenizer_families.py are trained on the texts of this repository; with --checkpoints, every tokenizer.json
(or .json.xz) in a folder of DIR is compared, too. GGUF files (gguf-...) are compared with a tokenizer.json of the same
parts, those of kind "llama" with the sentencepiece library. For each of N random strings, and for strings that hold
every assigned character: the ids, and the text of those ids; for N random rows of ids: their text. Texts are compared
as the library gives them, with U+FFFD for what is no UTF-8. Needs: pip install tokenizers sentencepiece. Run by hand:
a quarter of an hour. Exit status 1 if anything differs; the first differences are shown.

Version 0.23 of tokenizers decodes tokens that are `normalized` as their normalised text (Llama 2's "<s>", for one);
0.22 and older ones give their own text, as rftgen does.
"""

import argparse
import io
import lzma
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unicodedata

from tokenizers import Tokenizer

import gguf_vocabularies
import tokenizer_families
from make_tokenizers import NASTY

SIZE = 4000  # of trained vocabularies
ROOT = pathlib.Path(__file__).parents[2]
PHRASES = """How many metres are there in 3.5 km? / I don't think it's what we've measured; they'LL say I'm wrong / Größer geht's kaum, süße Straße /
L'été où l'on s'aime, n'est-ce pas ? / ¿Cuántos años tienes, señor? / Сколько граммов в килограмме? / Μία ώρα έχει εξήντα λεπτά / 一公里有一千米。 /
一メートルは百センチです。カタカナ、ひらがな / 한국어 문장입니다. 정말요? / שלום עולם, מה שלומך? / مرحبا بالعالم، كيف الحال؟ / नमस्ते दुनिया, आप कैसे हैं? /
สวัสดีชาวโลก / Xin chào thế giới, tiếng Việt / İstanbul'da ışık / ქართული ენა / Հայերեն լեզու / বাংলা ভাষা / தமிழ் மொழி / አማርኛ / ភាសាខ្មែរ / Ꮳꮃꭹ / 𝕬𝖇𝖈 𝟙𝟚𝟛 /
for (int i = 0; i < n; ++i) {\\n\\t\\tx[i] += y[i] * 2.5e-3f; // scale\\n} / def f(a, b=None):\\n    return {**a, 'k': b}\\r\\n / SELECT * FROM t WHERE id='x''y'; /
<div class="a-b">\\n  <p>Text &amp; more</p>\\n</div> / https://example.org/a?b=1&c=%20#d / $\\\\frac{1}{2}\\\\sum_{i=0}^{n} x_i$ / 10⁻³ m²·s⁻¹ ½ ⅔ Ⅷ ① / x=y+1;z-=3 /
👍🏽 👨‍👩‍👧 🇩🇪🇫🇷 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 / 1,234,567.89 / 2024-01-31T23:59:59Z / "'ſ 'S 'ſt 'LL 'ﬅ ıİ K Å" / e\u0301 A\u030A o\u0302\u0323 \u1100\u1161\u11a8""".split(" /")


def sources():
    """Texts to train on, and to take lines from."""
    files = [p for where in ("core", "docs", "tests/oracle", "tools") for p in sorted((ROOT / where).rglob("*"))
             if p.suffix in {".c", ".h", ".md", ".py", ".sh"}]
    return [p.read_text(encoding="utf-8") for p in files] + [p.replace("\\n", "\n").replace("\\t", "\t") for p in PHRASES] * 40


def random_character(rng):
    while True:
        c = chr(rng.choice([rng.randrange(0x250), rng.randrange(0x3000), rng.randrange(0x10000), rng.randrange(0x20000)]))
        if unicodedata.category(c) not in ("Cs", "Cn"):  # unassigned here may be a letter elsewhere
            return c


def spaces(rng):
    kinds = [" ", " ", " ", "\n", "\t", "\r\n", "\r", "\u00a0", "\u3000", "\u2028", "\u0085", "\u200b"]
    return "".join(rng.choice(kinds) * rng.choice([1, 1, 2, 3, 7]) for _ in range(rng.choice([1, 1, 2, 3])))


def fragment(rng, lines, added):
    kind = rng.randrange(12)
    if kind < 2:
        return rng.choice(PHRASES)
    if kind < 4:
        return rng.choice(lines)
    if kind == 4:
        return spaces(rng)
    if kind == 5 and added:
        token = rng.choice(added)
        return rng.choice(["", " ", "  \n", "a", "_", "\u00e9", "1"]) + token[:rng.choice([99, 99, 99, -1])] + rng.choice(
            ["", " ", "\n ", "b", "-", "\u0301"])
    if kind == 6:
        return "".join(random_character(rng) for _ in range(rng.randrange(1, 12)))
    if kind == 7:
        return str(rng.randrange(10 ** rng.randrange(1, 15)))
    if kind == 8:
        return rng.choice(NASTY)
    if kind == 9:
        return "".join(rng.choice(" '\"!?.,;:-_/\\()[]{}<>|@#$%^&*+=~`") for _ in range(rng.randrange(1, 9)))
    if kind == 10:
        return rng.choice(["a", "ab", "\u4e2d", "\U0001f600", " ", "\n", "x ", "-", "="]) * rng.randrange(1, 40)
    words = rng.choice(PHRASES).split(" ")
    return rng.choice([str.upper, str.lower, str.title])(rng.choice(words))


def every_character():
    """Each assigned character beside letters, digits, signs, white space and what it might combine with, 16 a string."""
    all_of_them = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cs", "Cn", "Co")]
    for i in range(0, len(all_of_them), 16):
        yield "".join(f" a{c}b1{c} {c}{c}\n'{c}s\ucec8{c}\u1100{c}e{c}\u0301" for c in all_of_them[i:i + 16])


def strings(n, seed, lines, added):
    rng = random.Random(seed)
    out = list(dict.fromkeys(NASTY))
    for kind in range(5):  # 100 KB each: of everything, one letter, white space, no white space, lines
        pieces = {0: lambda: fragment(rng, lines, added), 1: lambda: "a" * 1000, 2: lambda: spaces(rng),
                  3: lambda: fragment(rng, lines, []).replace(" ", ""), 4: lambda: rng.choice(lines) + "\n"}[kind]
        text = ""
        while len(text) < 100_000:
            text += pieces()
        out.append(text)
    while len(out) < n:
        out.append("".join(fragment(rng, lines, added) for _ in range(rng.choice([1, 1, 2, 3, 6]))))
    return out + list(every_character())


def id_rows(n, seed, tokenizer):
    """Half of them of any ids, half of short tokens, among which are single bytes."""
    rng, size = random.Random(seed), max(tokenizer.get_vocab().values()) + 3
    short = [i for t, i in tokenizer.get_vocab().items() if len(t) <= 2 or t.startswith("<0x")]
    return [[rng.choice(short) if k % 2 else rng.randrange(size) for _ in range(rng.randrange(1, 40))] for k in range(n)]


def ask(program, where, requests):
    data = b"".join(kind + struct.pack("<I", len(body)) + body for kind, body in requests)
    out = subprocess.run([program, str(where)], input=data, stdout=subprocess.PIPE, check=True).stdout
    replies, at = [], 0
    for _ in requests:
        n = struct.unpack_from("<I", out, at)[0]
        replies.append(out[at + 4:at + 4 + n])
        at += 4 + n
    return replies


def as_bytes(ids):
    return struct.pack(f"<{len(ids)}I", *ids)


def as_ids(reply):
    return list(struct.unpack(f"<{len(reply) // 4}I", reply))


def as_text(reply):
    return reply.decode("utf-8", "replace")


class Counter:
    def __init__(self, family):
        self.family, self.n = family, {"ids": 0, "text": 0, "random": 0}

    def compare(self, what, source, expected, got):
        if expected == got:
            return
        self.n[what] += 1
        if self.n[what] <= 3:
            at = next((i for i, (a, b) in enumerate(zip(expected, got)) if a != b), min(len(expected), len(got)))
            print(f"{self.family}: {what} of {source[:200]!r} at {at}: expected {expected[max(0, at - 3):at + 8]!r}, "
                  f"got {got[max(0, at - 3):at + 8]!r}")


def report(counter, kind, n_tokens, texts):
    size = sum(len(t.encode()) for t in texts) / 1e6
    print(f"| {counter.family} | {kind} | {n_tokens} | {len(texts)} | {size:.1f} | {counter.n['ids']} | {counter.n['text']} | "
          f"{counter.n['random']} |", flush=True)
    return sum(counter.n.values())


def compare(program, family, kind, tokenizer, where, n, lines):
    """where: the directory or the file that rftgen opens."""
    added = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
    texts, rows = strings(n, family, lines, added), id_rows(n, family, tokenizer)
    n, counter = len(texts), Counter(family)
    encoded = [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
    replies = ask(program, where, [(b"E", t.encode()) for t in texts] + [(b"D", as_bytes(i)) for i in encoded + rows])
    for text, ids, reply in zip(texts, encoded, replies):
        counter.compare("ids", text, ids, as_ids(reply))
    for text, ids, reply in zip(texts, encoded, replies[n:]):
        counter.compare("text", text, tokenizer.decode(ids), as_text(reply))
    for ids, reply in zip(rows, replies[2 * n:]):
        counter.compare("random", ids, tokenizer.decode(ids), as_text(reply))
    return report(counter, kind, tokenizer.get_vocab_size(), texts)


def compare_sentence_piece(program, family, directory, n, lines, user_defined):
    """A GGUF file of kind "llama" against the sentencepiece library. Pieces of the user are matched in the text as it is
    written, so none with U+2581 in it is compared where there are some. (Random ids: the library writes ill-formed bytes
    in its own way.)"""
    import sentencepiece

    model, add_space = io.BytesIO(), not user_defined
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=3000, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=add_space,
        user_defined_symbols=user_defined, minloglevel=2)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    where = directory / "m.gguf"
    where.write_bytes(gguf_vocabularies.sentence_piece(processor, user_defined, add_space))
    texts = [t for t in strings(n, family, lines, user_defined) if "\0" not in t and not (user_defined and "\u2581" in t)]
    counter, encoded = Counter(family), [processor.encode(t) for t in texts]
    replies = ask(program, where, [(b"M", t.encode()) for t in texts] + [(b"D", as_bytes(i)) for i in encoded])
    for text, ids, reply in zip(texts, encoded, replies):
        counter.compare("ids", text, ids, as_ids(reply))
    for text, ids, reply in zip(texts, encoded, replies[len(texts):]):
        counter.compare("text", text, processor.decode(ids), as_text(reply))
    return report(counter, "GGUF", processor.get_piece_size(), texts)


def jobs(checkpoints, texts, lines, program, n):
    """(name, what compares it in a folder and returns the number of differences)"""
    def trained(family):
        return tokenizer_families.build(family, texts, SIZE, tokenizer_families.every_flag(family))

    def directory_job(name, kind, data):
        def run(where):
            (where / "tokenizer.json").write_bytes(data())
            return compare(program, name, kind, Tokenizer.from_file(str(where / "tokenizer.json")), where, n, lines)
        return name, run

    def gguf_job(name, patterns, whole_words):
        def run(where):
            whole = tokenizer_families.build(tokenizer_families.gguf_family(patterns, whole_words), texts, SIZE)
            (where / "m.gguf").write_bytes(gguf_vocabularies.byte_level(whole, name))
            return compare(program, "gguf-" + name, "GGUF", Tokenizer.from_str(whole), where / "m.gguf", n, lines)
        return "gguf-" + name, run

    for path in sorted(checkpoints.glob("*/tokenizer.json*")) if checkpoints else []:
        if path.name in ("tokenizer.json", "tokenizer.json.xz"):
            opener = lzma.open if path.suffix == ".xz" else open
            yield directory_job(path.parent.name, "published", lambda p=path, o=opener: o(p, "rb").read())
    for name, family in tokenizer_families.FAMILIES.items():
        yield directory_job(name, "trained", lambda f=family: trained(f).encode())
    for names, patterns, whole_words, _ in tokenizer_families.GGUF_SPLITS:
        yield gguf_job(names.split()[0], patterns, whole_words)
    for name, symbols in ("gguf-llama", []), ("gguf-gemma", ["\u2581" * k for k in range(2, 9)] + ["\n\n", "\n\n\n", "<h1>"]):
        yield name, lambda where, f=name, s=symbols: compare_sentence_piece(program, f, where, n, lines, s)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    parser.add_argument("--checkpoints", type=pathlib.Path)
    parser.add_argument("--strings", type=int, default=10000)
    args = parser.parse_intermixed_args()
    texts, n_wrong = sources(), 0
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    print("| family | tokenizer | tokens | strings | MB | other ids | other text | other text of random ids |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name, run in jobs(args.checkpoints, texts, lines, args.program, args.strings):
        if not args.families or name in args.families:
            with tempfile.TemporaryDirectory() as directory:
                n_wrong += run(pathlib.Path(directory))
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
