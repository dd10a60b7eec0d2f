# SPDX-License-Identifier: MIT
"""The tokenizers of the model families, put together as their tokenizer.json files are, over a vocabulary trained on any
text: for families whose published tokenizer is not at hand, and for small fixtures. build(FAMILIES[name], texts, size) gives the
text of a tokenizer.json. Normalizer, pre-tokenizer, decoder, post-processor, the model's flags and the kinds of added
tokens are the family's; vocabulary and merges are not.
"""

import json

from tokenizers import Tokenizer, trainers
from tokenizers.pre_tokenizers import ByteLevel

MARK = "\u2581"
CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def cased(tail, digits):
    """Words that begin where the case changes: o200k and Tekken."""
    before = r"[^\r\n\p{L}\p{N}]?"
    return (f"{before}{UPPER}*{LOWER}+{tail}|{before}{UPPER}+{LOWER}*{tail}|{digits}" r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES)


O200K, TEKKEN = cased(CONTRACTIONS + "?", r"\p{N}{1,3}"), cased("", r"\p{N}")
DEEPSEEK_LLM_LETTERS = (
    "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377"
    "\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5"
    "\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d"
    "\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4"
    "\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115"
    "\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b"
    "\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf"
    "\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb"
    "\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943]+")
DEEPSEEK_SIGNS = "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+"
DEEPSEEK_CJK = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
DEEPSEEK_V3_WORDS = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
                     r"| ?[\p{P}\p{S}]+[\r\n]*|" + SPACES)
DEEPSEEK_V3 = [r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", DEEPSEEK_V3_WORDS]


# ---- parts ----

def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def byte_level(regex=False):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": regex}


def digits(one_by_one=True):
    return {"type": "Digits", "individual_digits": one_by_one}


def row(kind, *parts):
    return {"type": "Sequence", kind: list(parts)}


def pre(*parts):
    return row("pretokenizers", *parts)


def replace(what, by):
    return {"type": "Replace", "pattern": {"String": what}, "content": by}


def begin(token):
    """A post-processor that puts a token before the text."""
    single = [{"SpecialToken": {"id": token, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    return {"type": "TemplateProcessing", "single": single, "pair": single, "special": token}


SPM_DECODER = [replace(MARK, " "), {"type": "ByteFallback"}, {"type": "Fuse"}]
CUT = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
MARKS = row("normalizers", {"type": "Prepend", "prepend": MARK}, replace(" ", MARK))
METASPACE = {"type": "Metaspace", "replacement": MARK, "prepend_scheme": "first", "split": False}
SPM_MODEL = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}


def special(*contents, **flags):
    return [{"content": c, "special": True, "normalized": False, **flags} for c in contents]


def ordinary(*contents, **flags):
    return [{"content": c, "special": False, "normalized": False, **flags} for c in contents]


def bpe_family(pre_tokenizer, added, **more):
    """Byte-level BPE."""
    return {"normalizer": None, "pre_tokenizer": pre_tokenizer, "decoder": byte_level(True), "post_processor": byte_level(True),
            "first": [], "added": added, "model": {}, **more}


def spm_family(added, first=("<unk>", "<s>", "</s>"), **more):
    """SentencePiece's BPE: bytes are tokens, unknown characters are their bytes."""
    return {"normalizer": MARKS, "pre_tokenizer": None, "decoder": row("decoders", *SPM_DECODER, CUT), "post_processor": None,
            "first": special(*first), "added": added, "model": SPM_MODEL, "bytes": True, **more}


NFC = {"type": "NFC"}
CHATML = special("<|endoftext|>", "<|im_start|>", "<|im_end|>")
GEMMA_WORDS = ordinary(*("\n" * n for n in range(2, 6)), *(MARK * n for n in range(2, 6)), "<h1>", "</h1>", "<table>")
NEOX_SPACES = [{"content": " " * n, "special": False, "normalized": True} for n in range(24, 1, -1)]
LLAMA3_TOKENS = special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
DEEPSEEK_TOKENS = special("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>") + ordinary(
    "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>", "<think>", "</think>")
PHI4_TOKENS = special("<|dummy_0|>", "<|endoftext|>", "<|im_start|>", "<|im_sep|>", "<|im_end|>", lstrip=True, rstrip=True)
PHI4_MINI_TOKENS = special("<|endoftext|>") + special("<|user|>", "<|assistant|>", "<|end|>", rstrip=True) + ordinary("<|tool|>", rstrip=True)
STARCODER_TOKENS = special("<|end_of_text|>", "<fim_prefix>", "<|start_of_role|>", "<|end_of_role|>")
BEGIN_LLAMA3 = row("processors", byte_level(True), begin("<|begin_of_text|>"))

FAMILIES = {
    "qwen2": bpe_family(pre(split(QWEN2), byte_level()), CHATML, normalizer=NFC),
    "qwen3": bpe_family(pre(split(QWEN2), byte_level()), CHATML + ordinary("<think>", "</think>", "<tool_call>"), normalizer=NFC),
    "llama-2": spm_family([], post_processor=begin("<s>")),
    "tinyllama": spm_family(ordinary("[PAD]"), post_processor=begin("<s>")),
    "llama-3": bpe_family(pre(split(CL100K), byte_level()), LLAMA3_TOKENS, post_processor=BEGIN_LLAMA3, model={"ignore_merges": True}),
    "mistral-v0.1": spm_family([], post_processor=begin("<s>")),
    "mistral-v0.3": spm_family(special("[INST]", "[/INST]", "[AVAILABLE_TOOLS]"), normalizer=None, pre_tokenizer=METASPACE,
                               post_processor=begin("<s>")),
    "mistral-nemo": bpe_family(pre(split(TEKKEN), byte_level()), special("<unk>", "<s>", "</s>", "[INST]", "[/INST]"),
                               post_processor=begin("<s>"), model={"ignore_merges": True}),
    "smollm2": bpe_family(pre(digits(), byte_level(True)), CHATML),
    "smollm3": bpe_family(pre(split(CL100K), byte_level()), CHATML + ordinary("<think>", "</think>"), model={"ignore_merges": True}),
    "phi-3": spm_family(ordinary("</s>", rstrip=True) + special("<|end|>", "<|user|>", "<|assistant|>", rstrip=True),
                        first=("<unk>", "<s>")),
    "phi-4": bpe_family(pre(split(CL100K, "Removed", True), byte_level()), PHI4_TOKENS),
    "phi-4-mini": bpe_family(pre(split(O200K, "Removed", True), byte_level()), PHI4_MINI_TOKENS),
    "gemma": spm_family(GEMMA_WORDS + special("<start_of_turn>", "<end_of_turn>"), first=("<pad>", "<eos>", "<bos>", "<unk>"),
                        normalizer=replace(" ", MARK), pre_tokenizer=split(" ", "MergedWithPrevious", kind="String"),
                        decoder=row("decoders", *SPM_DECODER), post_processor=begin("<bos>")),
    "gpt-neox": bpe_family(byte_level(True), special("<|endoftext|>", "<|padding|>") + NEOX_SPACES, normalizer=NFC),
    "olmo": bpe_family(byte_level(True), ordinary("|||IP_ADDRESS|||", normalized=True) + special("<|endoftext|>") + NEOX_SPACES,
                       normalizer=NFC),
    "olmo-2": bpe_family(pre(split(CL100K), byte_level()), special("<|endoftext|>") + ordinary("|||EMAIL_ADDRESS|||")),
    "granite": bpe_family(pre(digits(), byte_level(True)), STARCODER_TOKENS),
    "granite-4": bpe_family(pre(split(CL100K), byte_level()), STARCODER_TOKENS),
    "deepseek-llm": bpe_family(pre(split(r"[\r\n]"), split(DEEPSEEK_LLM_LETTERS), split(DEEPSEEK_SIGNS), split(r"\s+$"),
                                   split(DEEPSEEK_CJK), digits(), byte_level()), DEEPSEEK_TOKENS),
    "deepseek-coder": bpe_family(pre(split(r"[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(DEEPSEEK_CJK), digits(),
                                     byte_level()), DEEPSEEK_TOKENS),
    "deepseek-v3": bpe_family(pre(*map(split, DEEPSEEK_V3), byte_level()), DEEPSEEK_TOKENS, post_processor=begin(DEEPSEEK_TOKENS[0]["content"])),
    "r1-distill-qwen": bpe_family(pre(split(QWEN2), byte_level()), DEEPSEEK_TOKENS, normalizer=row("normalizers"),
                                  post_processor=begin(DEEPSEEK_TOKENS[0]["content"])),
    "r1-distill-llama": bpe_family(pre(split(CL100K), byte_level()), DEEPSEEK_TOKENS + LLAMA3_TOKENS,
                                   post_processor=row("processors", byte_level(True), begin(DEEPSEEK_TOKENS[0]["content"])),
                                   model={"ignore_merges": True}),
}

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
# What a GGUF file's tokenizer.ggml.pre stands for: the names, the patterns one after the other, whether whole words are
# looked up before merging, whether a text begins with BOS.
GGUF_SPLITS = [
    ("default", [r"[\p{P}$+<=>^~|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"], False, False),
    ("gpt-2 phi-2 mpt olmo jais trillion gigachat mellum a.x-4.0 exaone4 granite-docling", [GPT2], False, False),
    ("smollm starcoder refact command-r codeshell exaone minerva-7b mellum2", [r"\p{N}", GPT2], False, False),
    ("llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral lfm2 midm-2.0", [CL100K], True, True),
    ("glm4 glm5", [CL100K], True, False),
    ("dbrx smaug-bpe chatglm-bpe", [CL100K], False, False),
    ("qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan solar-open kormo grok-2", [QWEN2], False, False),
    ("qwen35", [CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + SPACES], False, False),
    ("ufakzeka", [r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES], False, False),
    ("falcon", [r"[\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]"], False, False),
    ("deepseek-llm", [r"[\r\n]", DEEPSEEK_LLM_LETTERS, DEEPSEEK_SIGNS, r"\s+$", DEEPSEEK_CJK, r"\p{N}+"], False, False),
    ("deepseek-coder", [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", DEEPSEEK_CJK, r"\p{N}"], False, False),
    ("deepseek-v3 hunyuan-dense joyai-llm hy_v4", DEEPSEEK_V3, False, False),
    ("tekken", [TEKKEN], True, True),
    ("gpt-4o llama4 kanana2 talkie minimax-m2", [O200K], False, False),
    ("bailingmoe bailingmoe2 llada-moe", [
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"], False, False),
    ("seed-coder", [CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|" + SPACES], False, False),
]


def gguf_pre_tokenizer(patterns):
    return pre(*map(split, patterns), byte_level())


def gguf_family(patterns, whole_words):
    """What a GGUF file of byte-level BPE stands for, as a tokenizer.json."""
    return bpe_family(gguf_pre_tokenizer(patterns), CHATML + ordinary("<think>", "  "), model={"ignore_merges": whole_words})


def every_flag(family):
    """Added tokens that a family does not have, one for each flag. (Normalised ones under a normalizer that prepends are
    decoded differently from version to version of the library.)"""
    normal = family["normalizer"] != MARKS
    return [*special("[MASK]", lstrip=True), *special("<|sep|>", lstrip=True, rstrip=True), *ordinary("quintal", single_word=True),
            *ordinary("in", single_word=True, lstrip=True, rstrip=True), *ordinary("caf\u00e9token", normalized=normal)]


def flags(token, number):
    return {"id": number, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, **token}


def with_ids(processor, ids):
    """A post-processor whose templates know the ids of their tokens."""
    if processor is None or "type" not in processor:
        return processor
    if processor["type"] == "Sequence":
        return {**processor, "processors": [with_ids(p, ids) for p in processor["processors"]]}
    if processor["type"] != "TemplateProcessing":
        return processor
    token = processor["special"]
    named = {token: {"id": token, "ids": [ids[token]], "tokens": [token]}}
    return {**{k: v for k, v in processor.items() if k != "special"}, "special_tokens": named}


def build(family, texts, size, more_added=()):
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": {}, "merges": []}
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": family["normalizer"],
             "pre_tokenizer": family["pre_tokenizer"], "post_processor": None, "decoder": family["decoder"], "model": model}
    learner = Tokenizer.from_str(json.dumps(whole))
    first = [t["content"] for t in family["first"]] + [f"<0x{b:02X}>" for b in range(256) if family.get("bytes")]
    learner.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=first, initial_alphabet=[] if family.get("bytes") else ByteLevel.alphabet(),
        max_token_length=16, show_progress=False))
    learned = json.loads(learner.to_str())["model"]
    vocab = dict(learned["vocab"])
    added = [*family["first"], *family["added"], *more_added]
    if family.get("bytes"):  # these files have them in the vocabulary, too
        for token in family["added"]:
            vocab.setdefault(token["content"], len(vocab))
    numbers = {}
    for token in added:
        numbers[token["content"]] = vocab.get(token["content"], len(vocab) + sum(c not in vocab for c in numbers))
    model.update({"vocab": vocab, "merges": learned["merges"], **family["model"]})
    whole["added_tokens"] = sorted((flags(t, numbers[t["content"]]) for t in added), key=lambda t: t["id"])
    whole["post_processor"] = with_ids(family["post_processor"], numbers)
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
