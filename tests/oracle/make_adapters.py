# SPDX-License-Identifier: MIT
"""Makes tests/oracle/data/adapters: LoRA adapters as PEFT saves them, and the weights that PEFT merges them to.

    python3 -m venv venv && venv/bin/pip install torch transformers peft safetensors
    venv/bin/python tests/oracle/make_adapters.py                               (seconds; the output is committed)

    untied/, tied/                 tiny random Llama models in f32
    <variant>/adapter_*            what PeftModel.save_pretrained writes, but for the card
    <variant>/merged.safetensors   every tensor of the model that the adapter changes, after merge_and_unload, in f32

An adapter of a tied model's embedding is the exception: what PEFT runs with it has two matrices, the embedding with
the adapter and the head without. merge_and_unload changes both, since they share their memory (PEFT warns of it). The
fixture holds what PEFT runs.
"""

import json
import pathlib
import shutil
import tempfile

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

DATA = pathlib.Path(__file__).parent / "data" / "adapters"
SHAPE = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2,
         "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
         "bos_token_id": None, "eos_token_id": 0}
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

# name: (base, dtype of the adapter, LoraConfig). PEFT saves patterns sorted, so the first that matches must be the first
# of the sorted ones, too.
VARIANTS = {
    "plain": ("untied", torch.float32, {"r": 8, "lora_alpha": 12, "target_modules": ["q_proj", "v_proj"]}),
    "all-linear": ("untied", torch.bfloat16, {"r": 5, "lora_alpha": 7, "target_modules": "all-linear"}),
    "rslora": ("untied", torch.float16, {"r": 6, "lora_alpha": 5, "use_rslora": True, "target_modules": ALL}),
    "patterns": ("untied", torch.float32, {
        "r": 4, "lora_alpha": 8, "target_modules": ALL, "exclude_modules": ["layers.2.mlp.up_proj", "o_proj"],
        "rank_pattern": {"k_proj": 2, r"model\.layers\.[01]\.mlp\.(gate|down)_proj": 3, "model.layers.2.*_proj": 1},
        "alpha_pattern": {"^model.layers.1.self_attn.v_proj": 9, r"layers\.\d+\.self_attn\.q_proj": 32, "down_proj": 3}}),
    "saved": ("untied", torch.float32, {
        "r": 2, "lora_alpha": 2, "target_modules": ["down_proj"],
        "modules_to_save": ["embed_tokens", "lm_head", "norm"]}),
    "layers": ("untied", torch.float32, {
        "r": 3, "lora_alpha": 6, "target_modules": ["o_proj", "up_proj"], "layers_to_transform": [0, 2],
        "layers_pattern": "layers"}),
    "regex": ("untied", torch.float32, {
        "r": 3, "lora_alpha": 4, "target_modules": r".*\.(?:0|2)\..*(?<!v)_proj", "bias": "all"}),
    "embedding": ("untied", torch.float32, {
        "r": 4, "lora_alpha": 6, "target_modules": ["embed_tokens", "lm_head", "k_proj"]}),
    "tied-embedding": ("tied", torch.float32, {"r": 4, "lora_alpha": 6, "target_modules": ["embed_tokens", "q_proj"]}),
    "tied-saved": ("tied", torch.float32, {
        "r": 2, "lora_alpha": 6, "target_modules": ["v_proj"], "modules_to_save": ["lm_head"]}),
}


def make_base(name):
    torch.manual_seed(7)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=name == "tied"))
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.2 + (1 if "norm" in key else 0))
    model.save_pretrained(DATA / name)
    (DATA / name / "generation_config.json").write_text('{"eos_token_id": 0}\n', encoding="utf-8")


def load_base(name):
    return LlamaForCausalLM.from_pretrained(DATA / name, dtype=torch.float32)


def make_adapter(base, dtype, config, directory):
    """Trained weights are as random as these: B is not zero, and what is saved beside differs from the base's."""
    torch.manual_seed(11)
    model = get_peft_model(load_base(base), LoraConfig(task_type="CAUSAL_LM", **config))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn_like(parameter) * 0.3)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        settings = json.loads(pathlib.Path(scratch, "adapter_config.json").read_text(encoding="utf-8"))
        settings["base_model_name_or_path"] = base
        for key in ("target_modules", "exclude_modules", "modules_to_save"):  # sets: in no order
            if isinstance(settings[key], list):
                settings[key].sort()
        (directory / "adapter_config.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
        tensors = load_file(pathlib.Path(scratch, "adapter_model.safetensors"))
    save_file({name: t.to(dtype) for name, t in tensors.items()}, directory / "adapter_model.safetensors")


def merged_weights(base, directory):
    model = PeftModel.from_pretrained(load_base(base), directory)
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    tied = {}
    if base == "tied":
        for name, module in (("model.embed_tokens.weight", embedding), ("lm_head.weight", head)):
            weight = module.weight
            if hasattr(module, "get_delta_weight"):
                weight = weight + module.get_delta_weight("default")
            elif hasattr(module, "modules_to_save"):
                weight = module.modules_to_save["default"].weight
            tied[name] = weight.detach().clone()
    return {**{name: t.detach() for name, t in model.merge_and_unload().state_dict().items()}, **tied}


def main():
    shutil.rmtree(DATA, ignore_errors=True)
    for base in ("untied", "tied"):
        make_base(base)
    for name, (base, dtype, config) in VARIANTS.items():
        directory = DATA / name
        directory.mkdir()
        make_adapter(base, dtype, config, directory)
        before = {**load_base(base).state_dict()}
        merged = {key: t.contiguous().clone() for key, t in merged_weights(base, directory).items()
                  if not torch.equal(t, before[key])}
        save_file(merged, directory / "merged.safetensors")
        print(f"{name}: {len(merged)} tensors changed")


if __name__ == "__main__":
    main()
