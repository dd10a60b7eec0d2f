# SPDX-License-Identifier: MIT
"""The tests' tiny checkpoint as one GGUF file (version 3), for tools that change it."""
import json
import struct

ALIGN = 32
U32, F32, STRING, ARRAY = 4, 6, 8, 9
TYPES = {"F32": 0, "F16": 1, "BF16": 30}
NAMES = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
         "mlp.down_proj": "ffn_down"}


def text(value):
    data = value.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def item(key, kind, value):
    if kind == STRING:
        return text(key) + struct.pack("<I", kind) + text(value)
    if kind == ARRAY:  # of strings, or of u32
        element = U32 if value and isinstance(value[0], int) else STRING
        body = b"".join(struct.pack("<I", v) if element == U32 else text(v) for v in value)
        return text(key) + struct.pack("<IIQ", kind, element, len(value)) + body
    return text(key) + struct.pack("<I" + {U32: "I", F32: "f"}[kind], kind, value)


def tensor_name(name):
    name = name.replace("model.embed_tokens", "token_embd").replace("model.norm", "output_norm").replace("lm_head", "output")
    name = name.replace("model.layers.", "blk.")
    for old, new in NAMES.items():
        name = name.replace(old, new)
    return name


def metadata(directory):
    config = json.loads((directory / "config.json").read_text())
    tokenizer = json.loads((directory / "tokenizer.json").read_text())
    tokens = {id: token for token, id in tokenizer["model"]["vocab"].items()}
    tokens.update({added["id"]: added["content"] for added in tokenizer["added_tokens"]})
    merges = [m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]] or ["a b"]
    words = [tokens.get(id, f"[unused{id}]") for id in range(config["vocab_size"])]
    added = {added["id"] for added in tokenizer["added_tokens"]}
    kinds = [3 if id in added else 1 if id in tokens else 5 for id in range(config["vocab_size"])]
    if "a b" in merges:
        words[-1] = "ab"  # the reader wants a merge's parts and their join to be tokens
    return [
        item("general.architecture", STRING, "llama"),
        item("llama.block_count", U32, config["num_hidden_layers"]),
        item("llama.context_length", U32, config["max_position_embeddings"]),
        item("llama.embedding_length", U32, config["hidden_size"]),
        item("llama.feed_forward_length", U32, config["intermediate_size"]),
        item("llama.attention.head_count", U32, config["num_attention_heads"]),
        item("llama.attention.head_count_kv", U32, config["num_key_value_heads"]),
        item("llama.attention.layer_norm_rms_epsilon", F32, config["rms_norm_eps"]),
        item("llama.rope.freq_base", F32, config["rope_theta"]),
        item("tokenizer.ggml.model", STRING, "gpt2"),
        item("tokenizer.ggml.pre", STRING, "gpt-2"),
        item("tokenizer.ggml.tokens", ARRAY, words),
        item("tokenizer.ggml.token_type", ARRAY, kinds),
        item("tokenizer.ggml.merges", ARRAY, merges),
        item("tokenizer.ggml.eos_token_id", U32, config["eos_token_id"]),
    ]


def write(directory, path):
    """Makes a GGUF file of a checkpoint directory with one safetensors file."""
    data = (directory / "model.safetensors").read_bytes()
    n = struct.unpack("<Q", data[:8])[0]
    header = {name: entry for name, entry in json.loads(data[8:8 + n]).items() if name != "__metadata__"}
    items = metadata(directory)
    infos, body = [], b""
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensor, kind = data[8 + n + begin:8 + n + end], entry["dtype"]
        if len(entry["shape"]) == 1 and kind == "BF16":  # norms are f32 in such files
            tensor, kind = b"".join(b"\0\0" + tensor[i:i + 2] for i in range(0, len(tensor), 2)), "F32"
        body += bytes(-len(body) % ALIGN)
        shape = list(reversed(entry["shape"]))
        infos.append(text(tensor_name(name)) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, TYPES[kind], len(body)))
        body += tensor
    head = struct.pack("<IIQQ", 0x46554747, 3, len(infos), len(items)) + b"".join(items) + b"".join(infos)
    path.write_bytes(head + bytes(-len(head) % ALIGN) + body)
