# SPDX-License-Identifier: MIT
"""For make_architectures.py: a model of transformers from a configuration and computed weights, right or wrong on
purpose, and with the roundings that rftgen makes."""

import copy
import json
import pathlib
import re

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from architecture_weights import make_tensor

# How a nested model's parameters were called by transformers 4; its own names are those of transformers 5.
OLD_NAMES = [(r"^model\.language_model\.", "language_model.model."), (r"^lm_head\.", "language_model.lm_head."),
             (r"^model\.", "")]


def disk_name(name, naming):
    for pattern, new in OLD_NAMES if naming == "old" else []:
        if re.search(pattern, name):
            return re.sub(pattern, new, name)
    return name


def class_of(config):
    return getattr(transformers, config["architectures"][0])


def parse_config(config, directory):
    """What transformers makes of a config.json."""
    directory = pathlib.Path(directory)
    (directory / "config.json").write_text(json.dumps(config))
    return AutoConfig.from_pretrained(directory)


def shapes_of(config, directory, naming, has_head):
    """{name on disk: shape} of every parameter; has_head: with a head of its own whatever the configuration says."""
    with torch.device("meta"):
        model = class_of(config)(parse_config(config, directory))
    parameters = dict(model.named_parameters())
    if has_head:
        parameters["lm_head.weight"] = model.lm_head.weight
    return {disk_name(name, naming): list(p.shape) for name, p in parameters.items()}


def load(config, weights, directory, is_right=True):
    """The model, from files as they lie on disk. If it is right, every parameter is in them, and nothing else."""
    directory = pathlib.Path(directory)
    (directory / "config.json").write_text(json.dumps(config))
    save_file({k: v.contiguous() for k, v in weights.items()}, directory / "model.safetensors", {"format": "pt"})
    model, info = class_of(config).from_pretrained(directory, dtype=torch.float32, attn_implementation="eager",
                                                   output_loading_info=True)
    assert not is_right or not any(info.values()), info
    return model.eval()


def text_model(model):
    inner = model.model
    return getattr(inner, "language_model", inner)


def force_long(model):
    """Long factors of RoPE for sequences of every length: rftgen decides by the longest that a sample may become."""
    rope = text_model(model).rotary_emb
    if rope.rope_type != "longrope":
        return
    init = transformers.modeling_rope_utils.ROPE_INIT_FUNCTIONS["longrope"]
    long, _ = init(rope.config, None, seq_len=rope.config.rope_parameters["original_max_position_embeddings"] + 1)
    rope.original_inv_freq.copy_(long)


def set_key(config, path, value):
    *parents, last = path.split(".")
    for parent in parents:
        config = config[parent]
    if value is None and not parents:
        config[last] = None  # null, as on disk
    elif value is None:
        config.pop(last, None)
    else:
        config[last] = value


def misread(config, weights, change, directory):
    """The same files, read wrongly."""
    config, changed = copy.deepcopy(config), {}
    for path, value in change.get("set", {}).items():
        set_key(config, path, value)
    for name, tensor in weights.items():
        tensor = tensor.float()
        if "zero" in change and re.search(change["zero"], name):
            tensor = torch.zeros_like(tensor)
        if "ones" in change and re.search(change["ones"], name):
            tensor = torch.ones_like(tensor)
        if "add" in change and re.search(change["add"][0], name):
            tensor = tensor + change["add"][1]
        if "drop" not in change or not re.search(change["drop"], name):
            changed[name] = tensor
    model = load(config, changed, directory, is_right=False)
    if "embed_scale" in change:
        text_model(model).embed_tokens.embed_scale.fill_(change["embed_scale"])
    if "long" in change:
        force_long(model)
    return model


def to_bf16(x):
    return x.to(torch.bfloat16).float()


class Peaks:
    """Of the rows that see at least eight keys: how many give one key more than 0.3."""
    n, n_peaked = 0, 0


def rounded_attention(module, query, key, value, attention_mask, scaling=None, softcap=None, **kwargs):
    n = module.num_key_value_groups
    key, value = to_bf16(key).repeat_interleave(n, 1), to_bf16(value).repeat_interleave(n, 1)
    scores = torch.matmul(to_bf16(query), key.transpose(2, 3)) * scaling
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = torch.softmax(scores, dim=-1)
    greatest = weights[:, :, 7:].amax(-1)
    Peaks.n += greatest.numel()
    Peaks.n_peaked += int((greatest > 0.3).sum())
    attended = torch.matmul(to_bf16(weights), value)
    return to_bf16(attended).transpose(1, 2).contiguous(), weights


ALL_ATTENTION_FUNCTIONS.register("rounded", rounded_attention)
ALL_MASK_ATTENTION_FUNCTIONS.register("rounded", eager_mask)


def rounded_logits(model, ids):
    """Logits with bf16 where rftgen has bf16: inputs of matrices, queries, keys, values, softmax weights."""
    hooks = [module.register_forward_pre_hook(lambda _, inputs: (to_bf16(inputs[0]),))
             for module in model.modules() if isinstance(module, torch.nn.Linear)]
    config, before = text_model(model).config, model.config._attn_implementation
    config._attn_implementation = "rounded"
    Peaks.n = Peaks.n_peaked = 0
    result = logits_of(model, ids)
    config._attn_implementation = before
    for hook in hooks:
        hook.remove()
    return result, Peaks.n_peaked / max(Peaks.n, 1)


def logits_of(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].float()


def greedy(model, prompt, n_new):
    """The continuation and the margins, each step computed anew from the whole sequence."""
    ids, margins = list(prompt), []
    for _ in range(n_new):
        top = torch.topk(logits_of(model, ids)[-1], 2)
        ids.append(int(top.indices[0]))
        margins.append(round(float(top.values[0] - top.values[1]), 4))
    return ids[len(prompt):], margins


def error_of(logits, reference):
    """Squared differences over squared logits."""
    return float(((logits - reference) ** 2).sum() / (reference ** 2).sum())


def make_weights(shapes, kinds, kind_of, seed):
    return {name: make_tensor(name, seed, shape, kinds[kind_of(name)]) for name, shape in shapes.items()}
