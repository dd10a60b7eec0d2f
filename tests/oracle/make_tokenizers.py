# SPDX-License-Identifier: MIT
"""Makes tests/oracle/data/tokenizers/<name>/: small trained tokenizers, and what the tokenizers library does with them.

    python3 -m venv venv && venv/bin/pip install tokenizers
    venv/bin/python tests/oracle/make_tokenizers.py      (seconds; the output is committed)

<name>/tokenizer.json, and <name>/cases.json: prefix_ids (what add_special_tokens=True puts before a text), cases, each
{text, ids (add_special_tokens=False), decoded (of those ids, special tokens left out)}, and rows of random ids, each
{ids, decoded}. Texts may hold U+0000. Five tokenizers have every kind of part and of added token between them, the others
are put together as families of models have them (tokenizer_families.py).
"""

import itertools
import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import tokenizer_families

OUT = pathlib.Path(__file__).parent / "data" / "tokenizers"
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")

NASTY = [
    "", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n\n", " \n \n", "\t\t x", "a", " a", "a ", "  a  b  ",
    "hello world", "How many metres are there in 3.5 km?", "1 kg = 1000 g", "6 × 1000 = 6000", "12345678901234567890",
    "1,234,567.89", "½ ¼ ² ³ Ⅷ ٣٤٥ ०१२ 一二三", "don't I'LL we've it'S '' 'x", "rock'n'roll", "a.b.c...", "?!?!",
    "--- === ***", "x=y;z", "foo(bar)[0]{1}<2>", "\\n \\t \\\\", "\"quoted\" ‘single’ “double”", "C:\\dir\\file.txt",
    "http://example.org/?q=1&r=2", "snake_case camelCase SCREAMING", "é", "e\u0301", "Å", "A\u030A", "\u212B",
    "Ångström A\u030Angstro\u0308m", "ﬁ ﬂ ﬃ", "ñandú nin\u0303o", "\u1E9B\u0323", "o\u0302\u0323 o\u0323\u0302",
    "\uAC00 \u1100\u1161", "한국어 문장입니다", "日本語のテキスト", "中文 句子。全角，标点！", "ｆｕｌｌ　ｗｉｄｔｈ", "Привет, мир!", "Ωμέγα ΣΊΣΥΦΟΣ",
    "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "ǅ ǆ Ǆ İ ı ß ẞ", "😀", "😀😀 😀", "👨\u200D👩\u200D👧",
    "🇩🇪🇫🇷", "👍🏽", "❤\uFE0F", "a\u0301\u0302\u0303b", "\u0301", " \u0301", "\u0301a",
    "zero\u200Bwidth\u200Cjoin\u200Der", "\uFEFFbom", "soft\u00ADhyphen", "nbsp\u00A0here\u00A0 \u00A0",
    "em\u2003space\u3000ideographic", "\u2028line\u2029para", "next\u0085line", "mvs\u180Ehere", "\u0000", "a\u0000b",
    "\u0001\u0002\u0003", "\u001b[31m", "\u007f", "\u0080\u009f", "\uFFFD", "\uFFFF", "\U0010FFFF",
    "\U00020000\U0001D400", "\uE000private", "▁", "▁▁a▁b", " ▁ ", "a▁", "Ġ Ċ ĉ", "<0x41>", "<0x0A><0xE4>", "<unk>",
    "<s>", "</s>", "<s>a</s>", "a<s>b", "<|sep|>", "a<|sep|>b", "a <|sep|> b", "a  \n<|sep|>\t b", "<|sep|><|sep|>",
    "<|sep|", "<|SEP|>", "x [MASK] y", "x  [MASK]y", "[MASK] [MASK]", "<|tail|>  after", "before  <|tail|>",
    "<|tail|>\n\n<|tail|>", "<answer>42</answer>", "<answer> 42 </answer>", "<answer>", "</answer", "quintal",
    "a quintal.", "quintals", "a_quintal", "2quintal", "quintal2", "équintal", "quintal-quintal", "QUINTAL",
    "caf\u00E9token", "cafe\u0301token", "a caf\u00E9token b", "in in", "<|begin|>text<|begin|>", "  <|begin|>  ",
    "<|user|>\nHow many ft are 7 yd?<|end|>\n<|assistant|>\n", "abcabcabc" * 5, " " * 33, "\n" * 17, "ab " * 20,
    "1 yd = 3 ft\n7 × 3 = 21\n<answer>21</answer>", "Length\tvalue\r\n5\t6\r\n", "…", "€5 £3 ¥7 ₹9", "°C °F µm Ω",
    "10⁻³ m²·s⁻¹",
]


def corpus():
    """A few hundred sentences, put together from parts."""
    quantities = "metre gram litre second tonne yard foot inch gallon quart hour week mile".split()
    frames = ["How many {b}s are there in {n} {a}s?", "Convert {n} {a}s to {b}s, please.", "A {a} is not a {b}.",
              "{n} {a}s = {m} {b}s", "I don't think that {n} {a}s is what we've measured in {b}s.",
              "<{a}> \"{b}\" ({n}; {m})"]
    other = ["Ein Kilometer hat tausend Meter, größer geht's kaum.", "Un mètre fait cent centimètres, n'est-ce pas ?",
             "Сколько граммов в килограмме?", "一公里有一千米。", "一メートルは百センチです。", "Μία ώρα έχει εξήντα λεπτά.",
             "def area(a, b):\n    return a * b\n"]
    lines = [f.format(a=a, b=b, n=3 * i % 97, m=7 * i % 1013) for i, ((a, b), f) in
             enumerate(itertools.product(itertools.permutations(quantities, 2), frames)) if i % 5 < 2]
    return lines + other * 4


def train(pre_tokenizer, alphabet, specials, size, normalizer=None):
    tokenizer = Tokenizer(models.BPE(byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=specials, show_progress=False))
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(m) for m in model["merges"]]


def add_tokens(tokenizer):
    """Every flag of an added token; the two kinds interleaved, so that ids do not tell them apart. (Normalised tokens under
    a normalizer that prepends come out of the decoder differently from version to version of the library: not here.)"""
    prepends = tokenizer.normalizer is not None and "Prepend" in repr(tokenizer.normalizer)
    for token in [
        AddedToken("<|begin|>", special=True, normalized=False),
        AddedToken("<|sep|>", special=True, lstrip=True, rstrip=True),
        AddedToken("[MASK]", special=True, lstrip=True, normalized=False),
        AddedToken("<answer>", special=False, normalized=False),
        AddedToken("</answer>", special=False, normalized=False),
        AddedToken("<|tail|>", special=False, rstrip=True, normalized=False),
        AddedToken("quintal", special=False, single_word=True, normalized=not prepends),
        AddedToken("caf\u00E9token", special=False, normalized=not prepends),
        AddedToken("<|user|>", special=True, normalized=False),
        AddedToken("<|assistant|>", special=True, normalized=False),
        AddedToken("<|end|>", special=True, normalized=False),
        AddedToken("in", special=False, single_word=True, lstrip=True, rstrip=True, normalized=False),
    ]:
        (tokenizer.add_special_tokens if token.special else tokenizer.add_tokens)([token])


def byte_level():
    """GPT-4's kind: NFC, a split pattern, whole words taken from the vocabulary first."""
    pre = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"),
                                   pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    vocab, merges = train(pre, pre_tokenizers.ByteLevel.alphabet(), ["<|pad|>"], 700, normalizers.NFC())
    vocab["Ġrock"], vocab["xyz"] = len(vocab), len(vocab) + 1  # no merges lead there
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=True))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizers.NFC(), pre, decoders.ByteLevel()
    begin = processors.TemplateProcessing(single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B",
                                          special_tokens=[("<|begin|>", len(vocab))])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), begin])
    tokenizer.add_special_tokens([AddedToken("<|pad|>", special=True, normalized=False)])
    add_tokens(tokenizer)
    return tokenizer


def byte_level_digits():
    """GPT-2's kind: its own split, a space before the text, digits one by one."""
    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                   pre_tokenizers.ByteLevel(add_prefix_space=True)])
    vocab, merges = train(pre, pre_tokenizers.ByteLevel.alphabet(), ["<|pad|>"], 600)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    add_tokens(tokenizer)
    return tokenizer


def sentence_piece(kind):
    """SentencePiece's kind in three spellings: the space marker written by a normalizer, or by Metaspace."""
    specials = ["<unk>", "<s>", "</s>"]
    fallback = [f"<0x{b:02X}>" for b in range(256)]
    vocab, merges = train(pre_tokenizers.Metaspace(), [], specials + fallback, 620)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    strip = [decoders.Strip(content=" ", left=1, right=0)]
    if kind == "normalizer":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        scheme, split, strip = ("first", False, strip) if kind == "first" else ("never", True, [])
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
    spaces = decoders.Replace("▁", " ")
    tokenizer.decoder = decoders.Sequence([spaces, decoders.ByteFallback(), decoders.Fuse(), *strip])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", vocab["<s>"])])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in specials])
    add_tokens(tokenizer)
    return tokenizer


TOKENIZERS = {
    "byte-level": (byte_level, False), "byte-level-digits": (byte_level_digits, True),
    "spm-normalizer": (lambda: sentence_piece("normalizer"), True),
    "spm-metaspace-first": (lambda: sentence_piece("first"), False),
    "spm-metaspace-never": (lambda: sentence_piece("never"), False),
}
SMALL_FAMILIES = ["gemma", "phi-3", "mistral-nemo", "phi-4-mini", "gpt-neox", "deepseek-llm", "deepseek-v3"]
SIZE = 420  # of their vocabularies


def family(name):
    parts = tokenizer_families.FAMILIES[name]
    return Tokenizer.from_str(tokenizer_families.build(parts, corpus(), SIZE, tokenizer_families.every_flag(parts)))


def rows_of_ids(tokenizer, n=40):
    """Half of them of single bytes and other short tokens, which seldom make whole characters."""
    rng, size = random.Random(1), max(tokenizer.get_vocab().values()) + 2
    short = sorted(i for t, i in tokenizer.get_vocab().items() if len(t) == 1 or t.startswith("<0x"))
    for k in range(n):
        ids = [rng.choice(short) if k % 2 else rng.randrange(size) for _ in range(rng.randrange(1, 12))]
        yield {"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)}


def make(name, build, merges_as_strings):
    directory = OUT / name
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = build()
    record = json.loads(tokenizer.to_str())
    if merges_as_strings:  # as older versions of the library write them
        record["model"]["merges"] = [" ".join(m) for m in record["model"]["merges"]]
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    (directory / "tokenizer.json").write_text(text + "\n", encoding="utf-8")
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    cases = []
    for text in dict.fromkeys(NASTY):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    prefix = tokenizer.encode("", add_special_tokens=True).ids
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    rows = ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows_of_ids(tokenizer))
    (directory / "cases.json").write_text(f'{{"prefix_ids": {prefix},\n"cases": [\n{lines}\n],\n"rows": [\n{rows}\n]}}\n',
                                          encoding="utf-8")
    changed = sum(c["text"] != c["decoded"] for c in cases)
    print(f"{name}: {tokenizer.get_vocab_size()} tokens, prefix {prefix}, {len(cases)} cases, {changed} not restored")


if __name__ == "__main__":
    for tokenizer_name, (builder, as_strings) in TOKENIZERS.items():
        make(tokenizer_name, builder, as_strings)
    for family_name in SMALL_FAMILIES:
        make("family-" + family_name, lambda: family(family_name), False)
