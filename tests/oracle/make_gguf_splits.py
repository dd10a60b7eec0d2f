# SPDX-License-Identifier: MIT
"""Writes data/gguf_splits.json: for every name of a split pattern of GGUF files, the pieces that the tokenizers library
makes of texts with the same patterns as Split pre-tokenizers, bytes as characters. Needs: pip install tokenizers.
"""
import json
import pathlib

from tokenizers import Tokenizer

from make_tokenizers import NASTY
from tokenizer_families import GGUF_SPLITS, gguf_pre_tokenizer

MORE = ["HTTPServer fooBar \u00c9T\u00c9 \u00e9t\u00e9's", "a/b//c/\n/d", "x\u4e00\u3042\u30abz \uac00 9\u0663\u00bd 1234567", "'ve'LL'\u017f \u2019s", "e\u0301\u0302f \u0301",
        "$5+3=8^2|~`x`<y>", "  \n \r\n\r x \t\t", "!abc .def #1 _g", "\uff01\uff1a\u3002\u2019 \u00abq\u00bb"]


def main():
    texts = list(dict.fromkeys([t for t in NASTY if t] + MORE))
    lines = []
    for names, patterns, whole_words, adds_bos in GGUF_SPLITS:
        whole = {"version": "1.0", "added_tokens": [], "pre_tokenizer": gguf_pre_tokenizer(patterns),
                 "model": {"type": "BPE", "vocab": {}, "merges": []}}
        split = Tokenizer.from_str(json.dumps(whole)).pre_tokenizer
        pieces = [[piece for piece, _ in split.pre_tokenize_str(text)] for text in texts]
        lines.append({"names": names.split(), "whole_words": whole_words, "adds_bos": adds_bos, "pieces": pieces})
    path = pathlib.Path(__file__).parent / "data" / "gguf_splits.json"
    rows = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    path.write_text(f'{{"texts":{json.dumps(texts)},\n"splits":[\n{rows}\n]}}\n', encoding="utf-8")
    print(f"{path}: {len(lines)} ways to split, {len(texts)} texts, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
