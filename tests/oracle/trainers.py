# SPDX-License-Identifier: MIT
"""Loads what rftgen writes with datasets.load_dataset, and takes the training formats through TRL's own data preparation
and one step of training of a tiny random model: SFTTrainer for messages, prompt_completion and alpaca, DPOTrainer for
pairs. What is tokenised must be, token for token, the chat template's text of the rows, completions must end with the
end token, and the loss must lie on them alone where the format says so.

    python3 trainers.py RFTGEN SOURCE_DIR

Needs torch, transformers, datasets and trl; exit code 77 without them. The samples are the demo's. With RFTGEN_SHARED_DATA the tokenizer and template of SmolLM2 are tried, too."""
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1", TRANSFORMERS_VERBOSITY="error",
                  CUDA_VISIBLE_DEVICES="", TRL_EXPERIMENTAL_SILENCE="1", TOKENIZERS_PARALLELISM="false")
try:
    import datasets
    import torch
    import transformers
    import trl
except ImportError as error:
    print(f"skipped: {error}; RFTGEN_TRAINERS_PYTHON names a python with torch, transformers, datasets and trl")
    sys.exit(77)

FORMATS = {
    "rft_json": None,  # an array of arrays: no table
    "jsonl": ["id", "repeat", "question", "gold", "sample", "completion", "prompt"],
    "messages": ["messages"],
    "prompt_completion": ["prompt", "completion"],
    "alpaca": ["instruction", "input", "output"],
    "pairs": ["prompt", "chosen", "rejected"],
}


warnings.simplefilter("ignore", FutureWarning)


def check(good, what):
    if not good:
        sys.exit(f"FAILED: {what}")


def make(rftgen, source, work, name, *more):
    """Runs the demo into work/NAME: rows.jsonl, records.jsonl, unsolved.jsonl and a card."""
    where = os.path.join(work, name)
    os.makedirs(where)
    sets = {"data.limit": 20, "device.backend": "cpu", "select.keep": "all", "output.format": name,
            "output.path": "rows.jsonl", "output.records": "records.jsonl", "output.unsolved": "unsolved.jsonl",
            "output.card": "README.md", "output.summary": "", "output.pairs": 3}
    arguments = [a for key, value in sets.items() for a in ("--set", f"{key}={value}")]
    subprocess.run([rftgen, "-c", os.path.join(source, "configs/demo.ini"), "--quiet", *arguments, *more], cwd=where,
                   check=True)
    return where


def load(file):
    return datasets.load_dataset("json", data_files=file, split="train")


def lines_of(file):
    with open(file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def check_tables(where, name):
    """As files, and as a dataset that the card describes."""
    if FORMATS[name] is None:
        check(len(load(f"{where}/rows.jsonl")) == len(json.load(open(f"{where}/rows.jsonl"))), f"{name}: rows")
        return
    for file in ("rows", "records", "unsolved"):
        table, lines = load(f"{where}/{file}.jsonl"), lines_of(f"{where}/{file}.jsonl")
        check(table.column_names == list(lines[0]), f"{name}: columns of {file}: {table.column_names}")
        check(table.to_list() == lines, f"{name}: {file} is loaded otherwise than written")
        config = "default" if file == "rows" else file
        by_card = datasets.load_dataset(where, config, split="train")
        check(by_card.to_list() == lines, f"{name}: {file} by the card")
    table = load(f"{where}/rows.jsonl")
    check(table.column_names == FORMATS[name], f"{name}: columns: {table.column_names}")
    print(f"  {name}: {len(table)} rows, columns {', '.join(table.column_names)}; records, unsolved; by the card, too")


def model_for(tokenizer):
    torch.manual_seed(0)
    config = transformers.LlamaConfig(vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32,
                                      num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2,
                                      eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return transformers.LlamaForCausalLM(config)


def options(kind, work, **more):
    return kind(output_dir=os.path.join(work, "out"), max_steps=1, per_device_train_batch_size=4, report_to="none",
                use_cpu=True, bf16=False, save_strategy="no", disable_tqdm=True, logging_strategy="no", **more)


def train(trainer, name):
    trainer.remove_callback(transformers.PrinterCallback)
    check(trainer.train().global_step == 1, f"{name}: no step")


def template(tokenizer, messages, **more):
    return tokenizer.apply_chat_template(messages, tokenize=False, **more)


def check_sft(tokenizer, rows, work, name):
    """The text is the template's; the loss is where it belongs; a step can be trained."""
    if name == "alpaca":  # as plain texts, which is how TRL takes columns of these meanings
        rows = rows.rename_columns({"instruction": "prompt", "output": "completion"}).remove_columns("input")
    trainer = trl.SFTTrainer(model=model_for(tokenizer), args=options(trl.SFTConfig, work, max_length=None),
                             train_dataset=rows, processing_class=tokenizer)
    prepared = trainer.train_dataset
    check(len(prepared) == len(rows), f"{name}: rows were lost")
    for row, example in zip(rows, prepared):
        ids = example["input_ids"]
        if name == "messages":
            wanted, completion = template(tokenizer, row["messages"]), row["messages"][-1]["content"]
        elif name == "alpaca":
            wanted, completion = row["prompt"] + row["completion"] + tokenizer.eos_token, row["completion"]
        else:
            wanted, completion = template(tokenizer, row["prompt"] + row["completion"]), row["completion"][0]["content"]
        check(ids == tokenizer(wanted, add_special_tokens=False)["input_ids"], f"{name}: other tokens than {wanted!r}")
        labels = trainer.data_collator([example])["labels"][0].tolist()
        trained = [i for i in labels if i != -100]
        text = tokenizer.decode(trained)
        check(text.rstrip("\n").endswith(completion + tokenizer.eos_token), f"{name}: does not end so: {text!r}")
        if name == "messages":
            check(trained == ids, f"{name}: not all is trained on")
        else:
            check(text.rstrip("\n") == completion + tokenizer.eos_token, f"{name}: trained on {text!r}")
            check(labels[:len(ids) - len(trained)] == [-100] * (len(ids) - len(trained)), f"{name}: mask")
    train(trainer, name)
    print(f"  {name}: {len(rows)} rows through SFTTrainer, one step")


def check_dpo(tokenizer, rows, work):
    trainer = trl.DPOTrainer(model=model_for(tokenizer), ref_model=model_for(tokenizer), train_dataset=rows,
                             args=options(trl.DPOConfig, work, max_length=None), processing_class=tokenizer)
    prepared = trainer.train_dataset
    check(len(prepared) == len(rows), "pairs: rows were lost")
    for row, example in zip(rows, prepared):
        prompt = template(tokenizer, row["prompt"], add_generation_prompt=True)
        check(tokenizer.decode(example["prompt_ids"]) == prompt, f"pairs: another prompt than {prompt!r}")
        for side in ("chosen", "rejected"):
            text = tokenizer.decode(example[f"{side}_ids"])
            check(text.rstrip("\n") == row[side][0]["content"] + tokenizer.eos_token, f"pairs: {side} is {text!r}")
        check(example["chosen_ids"] != example["rejected_ids"], "pairs: a text against itself")
    train(trainer, "pairs")
    print(f"  pairs: {len(rows)} rows through DPOTrainer, one step")


def tokenizers(source, work):
    """The demo's, whose template gives the demo's prompt, and SmolLM2's."""
    demo = transformers.AutoTokenizer.from_pretrained(os.path.join(source, "configs/demo/model"))
    with open(os.path.join(source, "configs/demo/prompt.txt"), encoding="utf-8") as file:
        prompt = file.read()
    asked = [{"role": "user", "content": "{question}"}]
    check(template(demo, asked, add_generation_prompt=True) == prompt, "the demo's prompt is not its chat template's text")
    yield "demo", demo
    shared = os.path.join(os.environ.get("RFTGEN_SHARED_DATA", ""), "checkpoints/smollm2-instruct")
    if not os.path.isdir(shared):
        print("skipped: SmolLM2's tokenizer: RFTGEN_SHARED_DATA does not lead to it")
        return
    copy = os.path.join(work, "smollm2")
    os.makedirs(copy)
    for name in ("tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"):
        shutil.copy(os.path.join(shared, name), copy)
    with lzma.open(os.path.join(shared, "tokenizer.json.xz")) as packed:
        with open(os.path.join(copy, "tokenizer.json"), "wb") as file:
            file.write(packed.read())
    yield "smollm2-instruct", transformers.AutoTokenizer.from_pretrained(copy)


def main():
    rftgen, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    print(", ".join(f"{m.__name__} {m.__version__}" for m in (trl, transformers, datasets, torch)))
    with tempfile.TemporaryDirectory(prefix="rftgen-trainers.") as work:
        datasets.config.HF_DATASETS_CACHE = os.path.join(work, "cache")
        places = {name: make(rftgen, source, work, name) for name in FORMATS}
        for name, where in places.items():
            check_tables(where, name)
        for label, tokenizer in tokenizers(source, work):
            print(f"{label}:")
            for name in ("messages", "prompt_completion", "alpaca"):
                check_sft(tokenizer, load(f"{places[name]}/rows.jsonl"), work, name)
            check_dpo(tokenizer, load(f"{places['pairs']}/rows.jsonl"), work)


main()
