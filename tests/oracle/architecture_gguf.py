# SPDX-License-Identifier: MIT
"""For make_architectures.py: runs llama.cpp's converter (convert_hf_to_gguf.py's classes) on a checkpoint, and says in
words what it did: the metadata it wrote, and for each tensor from which it was made and how. The words are found by
trying, so they hold to the bit.

A tensor's row is [name, tensor, ...]: as it is; [..., "permute", heads]: rows of each head reordered, so that the two
halves alternate; [..., "add", 1]: plus 1, in f32; [name, [numbers]]: these f32.
"""

import json
import logging
import pathlib
import sys

import numpy as np
from safetensors.torch import save_file

LEFT_OUT = ("GGUF.", "general.name", "general.size_label", "general.type", "general.sampling", "general.base",
            "general.tags", "general.quantization_version")
TYPES = {"UINT32": "u32", "INT32": "i32", "FLOAT32": "f32", "BOOL": "bool", "STRING": "text", "UINT64": "u64"}


def write_tokenizer(directory, vocab):
    """The converter counts a vocabulary's entries."""
    model = {"vocab": {f"t{i}": i for i in range(vocab)}}
    (directory / "tokenizer.json").write_text(json.dumps({"model": model, "added_tokens": []}))


def run_converter(llama_cpp, config, weights, directory):
    sys.path[:0] = [path for path in (llama_cpp, f"{llama_cpp}/gguf-py") if path not in sys.path]
    import conversion
    import gguf
    logging.disable(logging.WARNING)
    (directory / "config.json").write_text(json.dumps(config))
    save_file({k: v.contiguous() for k, v in weights.items()}, directory / "model.safetensors", {"format": "pt"})
    write_tokenizer(directory, config.get("text_config", config)["vocab_size"])
    path = directory / "model.gguf"
    converter = conversion.get_model_class(config["architectures"][0])
    instance = converter(directory, gguf.LlamaFileType.MOSTLY_BF16, path, eager=True)
    for each in {instance, getattr(instance, "impl", instance)}:
        each.set_vocab = lambda: None  # tokens are not what is compared
    instance.write()
    logging.disable(logging.NOTSET)
    return gguf.GGUFReader(path)


def value_of(field):
    names = [t.name for t in field.types]
    if names[0] != "ARRAY":
        value = field.contents()
        return [field.name, TYPES[names[0]], float(np.float32(value)) if names[0] == "FLOAT32" else value]
    return [field.name, TYPES[names[1]] + "[]", field.contents()]


def permute(array, n_heads):
    halves = array.reshape(n_heads, 2, array.shape[0] // n_heads // 2, *array.shape[1:])
    return halves.swapaxes(1, 2).reshape(array.shape)


def as_f32(tensor):
    """A reader's tensor, outermost dimension first."""
    shape = [int(n) for n in reversed(tensor.shape)]
    if tensor.tensor_type.name == "BF16":
        words = np.ascontiguousarray(tensor.data).view(np.uint16).astype(np.uint32) << 16
        return words.view(np.float32).reshape(shape)
    assert tensor.tensor_type.name == "F32"
    return np.array(tensor.data, np.float32).reshape(shape)


def describe(tensor, sources, heads):
    """The row of a tensor of the file; sources: {name: f32 array}."""
    values = as_f32(tensor)
    for name, source in sources.items():
        if source.shape != values.shape:
            continue
        if np.array_equal(values, source):
            return [tensor.name, name]
        if np.array_equal(values, source + np.float32(1)):
            return [tensor.name, name, "add", 1]
        for n in heads:
            if source.shape[0] % (2 * n) == 0 and np.array_equal(values, permute(source, n)):
                return [tensor.name, name, "permute", n]
    assert tensor.name.startswith("rope_f"), tensor.name
    return [tensor.name, [float(v) for v in values]]


def convert(llama_cpp, config, weights, directory):
    """metadata [[key, type, value]], tensors [row]."""
    reader = run_converter(llama_cpp, config, weights, pathlib.Path(directory))
    text = config.get("text_config", config)
    metadata = [value_of(field) for field in reader.fields.values() if not field.name.startswith(LEFT_OUT)]
    metadata.append(["tokenizer.ggml.eos_token_id", "u32", text["eos_token_id"]])
    sources = {name: tensor.float().numpy() for name, tensor in weights.items()}
    heads = sorted({text["num_attention_heads"], text["num_key_value_heads"]})
    return metadata, [describe(tensor, sources, heads) for tensor in reader.tensors]
