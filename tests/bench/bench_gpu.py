#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast a GPU makes samples, and beside it, in the same run, what Python scripts do: transformers' generate with
num_return_sequences=5, called twice for ten samples.

    tests/bench/bench_gpu.py BUILD_DIRECTORY [--backend cuda] [--device NAME] [--shapes A,B] [--sequences 1,5,10,64,256]

Random bf16 weights, prompts of 200 tokens, 100 new tokens, ten samples of a prompt. Ours is bench_decode's rate between the first
and the last burst; theirs is the second of two calls, prefill included. "bandwidth" is the share of what bench_decode's large product
with one column reads ("stream"). torch and transformers are optional: without them, or with --no-transformers, their columns stay
empty.
"""
import argparse
import re
import subprocess
import sys
import time

SHAPES = {  # layers, dim, heads, kv heads, head dim, ffn, vocabulary, tied
    "smollm2-360m": (32, 960, 15, 5, 64, 2560, 49152, True),
    "qwen2.5-1.5b": (28, 1536, 12, 2, 128, 8960, 151936, True),
    "llama-3.1-8b": (32, 4096, 32, 8, 128, 14336, 128256, False),
}
PROMPT, NEW, SAMPLES = 200, 100, 10


def ours(arguments, shape):
    """Rates by number of sequences, the stream's GB/s, and the text that was printed."""
    command = [f"{arguments.build}/bench_decode", "what=stream,prefill,decode", f"shape={shape}", f"backend={arguments.backend}",
               f"sequences={arguments.sequences}", f"samples={SAMPLES}", f"prompt={PROMPT}", f"new={NEW}", "stream=2048",
               "temperature=0.7", "limit=120"]
    if arguments.device:
        command.append(f"device={arguments.device}")
    text = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    stream = re.search(r"stream: .*: ([0-9.]+) GB/s", text)
    rates = {}
    in_decode = False
    for line in text.splitlines():
        in_decode = (in_decode or "tokens/s" in line and "ms/step" in line) and "device memory" not in line
        row = re.match(r" +([0-9]+) +([0-9.]+) +([0-9.]+) ", line)
        if in_decode and row:
            rates[int(row[1])] = (float(row[2]), float(row[3]))
    return rates, float(stream[1]) if stream else 0.0, text


def theirs(torch, transformers, shape):
    """Tokens per second of two calls with five sequences each, and their peak of device memory in MB."""
    layers, dim, heads, kv_heads, head_dim, ffn, vocabulary, tied = SHAPES[shape]
    config = transformers.LlamaConfig(num_hidden_layers=layers, hidden_size=dim, num_attention_heads=heads, num_key_value_heads=kv_heads,
                                      head_dim=head_dim, intermediate_size=ffn, vocab_size=vocabulary, tie_word_embeddings=tied,
                                      max_position_embeddings=8192, bos_token_id=1, eos_token_id=None, pad_token_id=0)
    torch.manual_seed(1)
    with torch.device("cuda"):
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).eval()
    prompt = torch.randint(3, vocabulary, (1, PROMPT), device="cuda")
    torch.cuda.reset_peak_memory_stats()
    seconds = 0.0
    for _ in range(2):  # the first warms up
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(2):
            model.generate(prompt, do_sample=True, temperature=0.7, top_k=0, num_return_sequences=SAMPLES // 2, max_new_tokens=NEW,
                           min_new_tokens=NEW)
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    peak = torch.cuda.max_memory_allocated() / 1e6
    del model
    torch.cuda.empty_cache()
    return SAMPLES * NEW / seconds, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--backend", default="cuda")
    parser.add_argument("--device", default="")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--sequences", default="1,5,10,64,256")
    parser.add_argument("--no-transformers", action="store_true")
    arguments = parser.parse_args()
    torch = transformers = None
    if not arguments.no_transformers:
        try:
            import torch
            import transformers
        except ImportError as error:
            print(f"transformers are not measured: {error}", file=sys.stderr)
    rows = []
    for shape in arguments.shapes.split(","):
        rates, stream, text = ours(arguments, shape)
        print(text)
        their_rate, their_peak = (0.0, 0.0)
        if transformers and torch.cuda.is_available() and shape in SHAPES:
            their_rate, their_peak = theirs(torch, transformers, shape)
            print(f"  transformers {transformers.__version__}: {their_rate:.1f} tokens/s, peak {their_peak:.1f} MB\n")
        for sequences, (rate, _) in sorted(rates.items()):
            weights = float(re.search(r"([0-9.]+) MB of weights a step", text)[1]) * 1e6
            share = weights * rate / sequences / 1e9 / stream if stream else 0.0
            rows.append((shape, sequences, rate, share, their_rate))
    print(f"{'shape':<14} {'sequences':>9} {'tokens/s':>10} {'bandwidth':>9} {'transformers':>12} {'ratio':>6}")
    for shape, sequences, rate, share, their_rate in rows:
        ratio = f"{their_rate:12.1f} {rate / their_rate:6.1f}" if their_rate else f"{'-':>12} {'-':>6}"
        print(f"{shape:<14} {sequences:9d} {rate:10.1f} {share:8.0%}  {ratio}")


if __name__ == "__main__":
    main()
