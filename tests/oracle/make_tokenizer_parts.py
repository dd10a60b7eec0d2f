#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes data/tokenizer_parts.json: what Hugging Face's tokenizers library makes of texts with each normalizer,
pre-tokenizer and decoder alone, and with small BPE models and added tokens. Needs: pip install tokenizers (0.22 or later).

A row is {"role", "part", "text" or "tokens", "pieces"} or, for role "tokenizer", {"json", "text", "ids"}.
"""
import json
import pathlib

from tokenizers import Tokenizer

TEXTS = [
    "", " ", "Hello world", "  two  spaces ", "a\tb\nc\r\n d", "I'll say it's 42, don't you? 1234567", "caf\u00e9 cafe\u0301",
    "\u01c5\u0130I\u0131 \u00c9\u00df", "\u2460\u00bd\u0663\u2167 x9y", "\u4e2d\u6587\u5b57 \u3042\u30ab", "a\u00a0b\u2003c\u3000d\u0085e",
    "a\u180eb\u200bc", "\ufb01\uff21\u212b\u1e9b\u0323", "\uac00\u1100\u1161\u11a8", "q\u0307\u0323q\u0323\u0307", "\u0344\u0958",
    "!?...--_-\u00ab\u00bb\u3002$+<=>^`|~", "\u2581a \u2581b\u2581", "aaabab", "x--y---z-", "<0x41>", "\U0001f600\U0001f468\u200d\U0001f469",
    "  lead", "trail  ", "\n\n\n", "a,b,,c", "AbC DeF", "\u0391\u03a3 \u03a3",
    "\ucec8\u11a7\u11a8 e\u07fd\u0301", "\U00011935\U00011930 \U00011938 \u32ff\U0001f16c \u0301\u1df6\u0334",
]

NORMALIZERS = [
    {"type": "NFC"}, {"type": "NFD"}, {"type": "NFKC"}, {"type": "NFKD"}, {"type": "Lowercase"},
    {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Strip", "strip_left": True, "strip_right": False},
    {"type": "Strip", "strip_left": False, "strip_right": True}, {"type": "Prepend", "prepend": "\u2581"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
    {"type": "Replace", "pattern": {"String": "ab"}, "content": ""},
    {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
    {"type": "Replace", "pattern": {"Regex": "a*"}, "content": "-"},
    {"type": "Replace", "pattern": {"Regex": "(?<=\\w)\\w"}, "content": "\u00b7"},
    {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}, {"type": "Prepend", "prepend": "_"}]},
]


def split(regex, behavior, invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: regex}, "behavior": behavior, "invert": invert}


BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
WORDS = ("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
         "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")
PRE_TOKENIZERS = [
    *(split("-", b, i, "String") for b in BEHAVIORS for i in (False, True)),
    *(split("\\s|,", b) for b in BEHAVIORS), split(WORDS, "Isolated"), split(WORDS, "Removed", True),
    split("\\w+|[^\\w\\s]+", "Isolated"), split("[\\s]|[^\\S]", "Isolated"), split("\\d{1,3}(?=(?:\\d{3})*\\b)", "Isolated"),
    split("[[:upper:]]", "MergedWithNext"), split("^.|.$", "Isolated"), split("x?", "Isolated"), split("", "Isolated"),
    split("\\p{L}++|\\p{N}?+", "Isolated"), split("[a-z]{,2}\\d", "Isolated"), split("(?i:B)|(?x: \\d )", "Isolated"),
    split("\\u4e2d|[\\u3042-\\u30ab]", "Isolated"),
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
    {"type": "Digits", "individual_digits": True}, {"type": "Digits", "individual_digits": False},
    {"type": "Whitespace"}, {"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "Isolated"},
    {"type": "Punctuation", "behavior": "Contiguous"},
    *({"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": s, "split": p}
      for s in ("always", "first", "never") for p in (True, False)),
    {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "\u2581",
                                           "prepend_scheme": "first", "split": True}]},
    {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True},
                                           {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
]

TOKENS = [
    [], ["\u2581Hello", "\u2581wor", "ld"], ["\u0120Hello", "\u0120w\u00c3\u00a9", "\u010a"], ["<0x41>", "<0x0a>", "b", "<0x4G>", "<0xC3>", "<0xA9>"],
    ["a b", "\u2581\u2581", "  c "], ["\u2581"], ["\u2581\u2581x", "\u2581\u2581y"], [" ", " a"], ["aab", "ba a"], ["\u4e2d", "\u0120x"],
    ["<0xC3>", "b", "<0x41>", "<0xA9>"], ["<0xE4>", "<0xB8>", "<0xAD>", "<0xE4>", "<0xB8>", "<0xAD>"], ["<0xF0>", "<0x9F>", "<0x98>"],
]
DECODERS = [
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, {"type": "ByteFallback"},
    {"type": "Fuse"}, {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
    {"type": "Replace", "pattern": {"Regex": "a+"}, "content": "<>"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    {"type": "Strip", "content": "a", "start": 2, "stop": 0},
    *({"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": s, "split": True} for s in ("always", "first", "never")),
    {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
                                      {"type": "ByteFallback"}, {"type": "Fuse"},
                                      {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
]


def bpe(merges, **more):
    characters = " abcdexyzABC\u2581\u00e9-"
    vocab = {}
    for token in ["<unk>", *characters, *("".join(m) for m in merges), *more.pop("extra", [])]:
        vocab.setdefault(token, len(vocab))
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocab, "merges": merges}
    added, normalizer, pre_tokenizer = more.pop("added", []), more.pop("normalizer", None), more.pop("pre_tokenizer", None)
    model.update(more)
    tokens = [{"id": len(vocab) + i, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
               "special": True, **token} for i, token in enumerate(added)]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": None, "decoder": None, "model": model}


MERGES = [["a", "b"], ["b", "c"], ["ab", "c"], ["a", "a"], ["aa", "aa"], ["c", "d"], ["bc", "d"], ["b", "cd"], ["abc", "d"],
          ["x", "y"], ["y", "x"], ["xy", "xy"], ["\u2581", "a"]]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
ADDED = [{"content": "<x>"}, {"content": "<x><y>"}, {"content": "<y>", "special": False}, {"content": "[l]", "lstrip": True},
         {"content": "[r]", "rstrip": True}, {"content": "[b]", "lstrip": True, "rstrip": True},
         {"content": "one", "single_word": True}, {"content": "  ", "special": False}]
FIRST = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True}
TOKENIZERS = [
    bpe(MERGES, added=ADDED, pre_tokenizer=FIRST), bpe(MERGES, normalizer=NORMALIZERS[5], pre_tokenizer=FIRST),
    bpe(MERGES, normalizer=NORMALIZERS[10], pre_tokenizer=FIRST),
    bpe(MERGES), bpe(MERGES, unk_token="<unk>"), bpe(MERGES, unk_token="<unk>", fuse_unk=True),
    bpe(MERGES, unk_token="<unk>", fuse_unk=True, byte_fallback=True, extra=BYTES),
    bpe(MERGES, unk_token="<unk>", byte_fallback=True, extra=BYTES[:0xa0]),
    bpe(MERGES, ignore_merges=True, extra=["cab", "aabb"]), bpe(MERGES, added=ADDED),
    bpe(MERGES, added=[{**t, "normalized": True, "special": False} for t in ADDED], normalizer={"type": "Prepend", "prepend": "\u2581"}),
    bpe(MERGES, added=[*ADDED, {"content": "A\u0301B", "normalized": True}],
        normalizer={"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}),
]
INPUTS = [
    "", "abcd", "aabcd", "aaaaaaa", "xyxyxyx", "abab cab aabb", "cab", "aabb", "?a??b!", "a\u4e2db\u00ffc\U0001f600", "ab\u00e9 \u00ff\u00ff",
    "<x>ab<y>", "a<x><y>b<x", "a  [l]  b", "a  [r]  b", "a [b] [b] b", "[l] [l]", "[r]  [l]", "one", "a one b", "onea", "aone", "one-one", "\u00e9one",
    "a_one", "one<x>one", "    ", "   a", "a\u0301b \u00c1b \u00e1B", "A\u0301B", "abcdabcdabcdxyz\u2581a", "<x", "a\u2003[l]\u2003", "  a  ",
]


def tokenizer_with(role, part):
    whole = bpe([])
    whole[role] = part
    return Tokenizer.from_str(json.dumps(whole))


def rows():
    for part in NORMALIZERS:
        normalizer = tokenizer_with("normalizer", part).normalizer
        for text in TEXTS:
            if text:  # an empty text never reaches a normalizer
                pieces = [p for p in [normalizer.normalize_str(text)] if p]
                yield {"role": "normalizer", "part": part, "text": text, "pieces": pieces}
    for part in PRE_TOKENIZERS:
        pre_tokenizer = tokenizer_with("pre_tokenizer", part).pre_tokenizer
        for text in TEXTS:
            if text:
                pieces = [p for p, _ in pre_tokenizer.pre_tokenize_str(text)]
                yield {"role": "pre_tokenizer", "part": part, "text": text, "pieces": pieces}
    for part in DECODERS:
        decoder = tokenizer_with("decoder", part).decoder
        for tokens in TOKENS:
            yield {"role": "decoder", "part": part, "tokens": tokens, "pieces": [decoder.decode(tokens)]}
    for whole in TOKENIZERS:
        tokenizer = Tokenizer.from_str(json.dumps(whole))
        cases = [{"text": t, "ids": tokenizer.encode(t, add_special_tokens=False).ids} for t in INPUTS]
        yield {"role": "tokenizer", "json": whole, "cases": cases}


def main():
    path = pathlib.Path(__file__).parent / "data" / "tokenizer_parts.json"
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows()]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{path}: {len(lines)} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
