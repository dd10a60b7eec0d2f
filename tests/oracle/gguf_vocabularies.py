# SPDX-License-Identifier: MIT
"""GGUF files of a tokenizer alone, for compare_tokenizers.py: byte-level BPE of a tokenizer.json, and SentencePiece's BPE.
Both functions return the bytes of a file.
"""

import json
import struct

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


PACK = {U32: lambda v: struct.pack("<I", v), I32: lambda v: struct.pack("<i", v), F32: lambda v: struct.pack("<f", v),
        BOOL: lambda v: struct.pack("<B", v), STRING: text}


def entry(key, kind, value):
    """A list becomes an array."""
    head = text("tokenizer.ggml." + key)
    if not isinstance(value, list):
        return head + struct.pack("<I", kind) + PACK[kind](value)
    return head + struct.pack("<IIQ", ARRAY, kind, len(value)) + b"".join(map(PACK[kind], value))


def file_of(*entries):
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries)


def byte_level(whole, pre):
    """Of the text of a tokenizer.json."""
    record = json.loads(whole)
    tokens = {i: t for t, i in record["model"]["vocab"].items()} | {t["id"]: t["content"] for t in record["added_tokens"]}
    added = {t["id"]: CONTROL if t["special"] else USER_DEFINED for t in record["added_tokens"]}
    order = range(max(tokens) + 1)
    merges = [m if isinstance(m, str) else " ".join(m) for m in record["model"]["merges"]]
    return file_of(entry("model", STRING, "gpt2"), entry("pre", STRING, pre), entry("add_bos_token", BOOL, False),
                   entry("tokens", STRING, [tokens[i] for i in order]), entry("merges", STRING, merges),
                   entry("token_type", I32, [added.get(i, NORMAL) for i in order]))


def sentence_piece(processor, user_defined, add_space_prefix):
    """Of a SentencePieceProcessor; llama.cpp's converter writes user-defined pieces with spaces."""
    def kind(i):
        piece = processor.id_to_piece(i)
        return (UNKNOWN if processor.is_unknown(i) else CONTROL if processor.is_control(i) else BYTE if processor.is_byte(i)
                else USER_DEFINED if piece in user_defined else NORMAL)

    order = range(processor.get_piece_size())
    kinds = [kind(i) for i in order]
    pieces = [processor.id_to_piece(i).replace("\u2581", " " if kinds[i] == USER_DEFINED else "\u2581") for i in order]
    return file_of(entry("model", STRING, "llama"), entry("tokens", STRING, pieces), entry("token_type", I32, kinds),
                   entry("scores", F32, [processor.get_score(i) for i in order]),
                   entry("add_space_prefix", BOOL, add_space_prefix))
